"""The square of web Mercator that map tiles divide: places on it, and addresses of tiles."""

import numpy as np
from numpy.typing import NDArray

from geo.errors import OutOfRangeError

__all__ = ["EARTH_GIRTH_M", "MAX_ZOOM", "check_tile", "on_square"]

MAX_ZOOM = 18
EARTH_GIRTH_M = 40_075_016.7
"""Length of the equator, which is one side of the square. [m]"""
_MAX_LATITUDE_DEG = 85.0511287798066

_Floats = NDArray[np.float64]


def on_square(lonlat: _Floats) -> tuple[_Floats, _Floats]:
    """Return the places of longitudes and latitudes on the square, 0 to 1 from its north-west corner.

    Parameters
    ----------
    lonlat : ndarray, shape (n, 2)
        [°]
    """
    latitude = np.radians(np.clip(lonlat[:, 1], -_MAX_LATITUDE_DEG, _MAX_LATITUDE_DEG))
    x = (lonlat[:, 0] + 180.0) / 360.0
    y = (1.0 - np.arcsinh(np.tan(latitude)) / np.pi) / 2.0
    return np.clip(x, 0.0, 1.0), np.clip(y, 0.0, 1.0)


def check_tile(zoom: int, column: int, row: int) -> None:
    """Refuse the address of a tile that there is not.

    Raises
    ------
    OutOfRangeError
        If the zoom, the column or the row is out of range.
    """
    if not 0 <= zoom <= MAX_ZOOM or not (0 <= column < 2**zoom and 0 <= row < 2**zoom):
        raise OutOfRangeError(f"there is no tile {zoom}/{column}/{row}", zh=f"没有瓦片 {zoom}/{column}/{row}")
