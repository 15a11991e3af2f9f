"""Real elevation at 5 arc-minutes from pvlib's world table."""

from importlib import resources
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from files import raster_feature, write_raster

__all__ = ["extract_elevation"]

_BOUNDS = (97.0, 21.0, 106.5, 30.0)
_CELLS_PER_DEGREE = 12
_STEP_M, _BASE_M = 28, -450
"""pvlib stores (elevation - base) / step as one byte. [m]"""


def extract_elevation(path: Path) -> dict[str, Any]:
    """Write Yunnan's part of the table as int16 metres and return its feature for ``rasters``."""
    west, south, east, north = _BOUNDS
    rows = slice(round((90 - north) * _CELLS_PER_DEGREE), round((90 - south) * _CELLS_PER_DEGREE))
    columns = slice(round((180 + west) * _CELLS_PER_DEGREE), round((180 + east) * _CELLS_PER_DEGREE))
    with (
        resources.as_file(resources.files("pvlib.data") / "Altitude.h5") as table,
        h5py.File(table) as source,
    ):
        stored = source["Altitude"][rows, columns].astype(np.int16)
    values = stored * np.int16(_STEP_M) + np.int16(_BASE_M)
    write_raster(path, values, west, north, 1 / _CELLS_PER_DEGREE, -32768, STATUS="real, 28 m steps")
    return raster_feature(
        path,
        id="elevation-5min",
        name="高程（5角分，真实）",
        raster_kind="elevation",
        unit="m",
        cell_size_m=9250.0,
        source="pvlib 0.16.1 data/Altitude.h5 (Mapzen terrain: SRTM, GMTED2010, ETOPO1), BSD-3-Clause",
    )
