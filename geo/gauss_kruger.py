"""Gauss-Krüger zones of CGCS2000, 3 and 6 degrees wide: numbers, EPSG codes and plane coordinates.

A zone edge belongs to the zone east of it. Zone prefix: the zone number in millions before the easting.
"""

from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from geo.errors import OutOfRangeError

__all__ = ["PlaneCoordinates", "gauss_kruger_epsg", "gauss_kruger_zone", "plane_coordinates"]

_ZONES = {3: range(25, 46), 6: range(13, 24)}
"""Zones that EPSG has, by width in degrees: China's."""

_FIRST_EPSG = {(3, True): 4513, (3, False): 4534, (6, True): 4491, (6, False): 4502}
"""EPSG code of the first of these zones, by width in degrees and zone prefix."""


@dataclass(frozen=True)
class PlaneCoordinates:
    """Position on a Gauss-Krüger plane of CGCS2000.

    Attributes
    ----------
    easting_m, northing_m : float
        Easting with its zone prefix if it was asked for. [m]
    zone : int
    width_deg : int
        3 or 6. [°]
    central_meridian_deg : int
        [° E]
    epsg : int
        EPSG code of the plane.
    """

    easting_m: float
    northing_m: float
    zone: int
    width_deg: int
    central_meridian_deg: int
    epsg: int


def gauss_kruger_zone(lon: ArrayLike, width_deg: int = 3) -> NDArray[np.int64]:
    """Zone numbers of longitudes; a zone edge counts to the zone east of it.

    Parameters
    ----------
    lon : array_like
        Longitude in China, CGCS2000. [°]
    width_deg : int
        3 or 6. [°]

    Raises
    ------
    OutOfRangeError
        If the width is neither, or a longitude lies outside China's zones (73.5-136.5° E for 3 degrees,
        72-138° E for 6).
    """
    zones = _zones(width_deg)
    east = np.asarray(lon, dtype=float)
    number = np.floor((east + 1.5) / 3) if width_deg == 3 else np.floor(east / 6) + 1
    outside = ~((number >= zones.start) & (number < zones.stop))
    if outside.any():
        raise OutOfRangeError(
            f"longitude {east[outside].flat[0]} lies outside the Gauss-Krüger zones of China",
            zh=f"经度 {east[outside].flat[0]} 超出中国高斯—克吕格投影带范围",
        )
    return number.astype(np.int64)


def central_meridian_deg(zone: int, width_deg: int = 3) -> int:
    """Central meridian of a zone [° E]."""
    return 3 * zone if width_deg == 3 else 6 * zone - 3


def gauss_kruger_epsg(zone: int, width_deg: int = 3, *, zone_prefix: bool = False) -> int:
    """EPSG code of a zone's plane.

    Raises
    ------
    OutOfRangeError
        If the width is neither 3 nor 6, or China has no such zone (25-45 for 3 degrees, 13-23 for 6).
    """
    zones = _zones(width_deg)
    if zone not in zones:
        raise OutOfRangeError(
            f"no {width_deg}-degree zone {zone} in China; they are {zones.start} to {zones.stop - 1}",
            zh=f"中国没有 {width_deg} 度带第 {zone} 带；带号为 {zones.start} 至 {zones.stop - 1}",
        )
    return _FIRST_EPSG[width_deg, zone_prefix] + zone - zones.start


def plane_coordinates(
    lon: float, lat: float, *, width_deg: int = 3, zone_prefix: bool = True
) -> PlaneCoordinates:
    """Gauss-Krüger coordinates of a position, in the zone that it lies in.

    Parameters
    ----------
    lon, lat : float
        CGCS2000. [°]
    width_deg : int
        Zone width, 3 or 6. [°]
    zone_prefix : bool
        Put the zone number before the easting.

    Raises
    ------
    OutOfRangeError
        If the position lies outside China's zones or the width is neither 3 nor 6.
    """
    if not -90 <= lat <= 90:
        raise OutOfRangeError(f"latitude {lat} outside [-90, 90]", zh=f"纬度 {lat} 超出 [-90, 90]")
    zone = int(gauss_kruger_zone(lon, width_deg))
    epsg = gauss_kruger_epsg(zone, width_deg, zone_prefix=zone_prefix)
    to_plane = pyproj.Transformer.from_crs("EPSG:4490", epsg, always_xy=True)
    easting_m, northing_m = to_plane.transform(lon, lat)
    return PlaneCoordinates(
        easting_m, northing_m, zone, width_deg, central_meridian_deg(zone, width_deg), epsg
    )


def _zones(width_deg: int) -> range:
    if width_deg not in _ZONES:
        raise OutOfRangeError(
            f"zone width {width_deg}° is neither 3 nor 6", zh=f"带宽 {width_deg} 度不是 3 度或 6 度"
        )
    return _ZONES[width_deg]
