"""Lengths, distances and areas on the CGCS2000 ellipsoid, and its Cartesian coordinates.

Everything geodesic is GeographicLib's [1]_ as it comes with PROJ: good to 15 nm. Coordinates are longitude
and latitude in EPSG:4490, in that order. Heights are not looked at.

References
----------
.. [1] C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87 (2013) 43-55.
"""

from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

from geo.errors import GeometryError, OutOfRangeError

__all__ = [
    "CGCS2000",
    "INVERSE_FLATTENING",
    "MEAN_RADIUS_M",
    "SEMI_MAJOR_M",
    "FloatArray",
    "curvature_radius_m",
    "geodesic_area_m2",
    "geodesic_distance_m",
    "geodesic_length_m",
    "surface_normal",
    "to_cartesian_m",
    "to_geographic",
]

FloatArray = NDArray[np.float64]

SEMI_MAJOR_M: Final = 6_378_137.0
"""Semi-major axis of CGCS2000. [m] EPSG ellipsoid 1024."""

INVERSE_FLATTENING: Final = 298.257222101
"""Inverse flattening of CGCS2000. [1] EPSG ellipsoid 1024."""

MEAN_RADIUS_M: Final = 6_371_008.8
"""Mean radius R1 of the ellipsoid. [m] Moritz (2000), J. Geodesy 74, 128-133."""

CGCS2000: Final = Geod(a=SEMI_MAJOR_M, rf=INVERSE_FLATTENING)
"""The geodesic solver of the ellipsoid."""

_FLATTENING = 1.0 / INVERSE_FLATTENING
_SEMI_MINOR_M = SEMI_MAJOR_M * (1.0 - _FLATTENING)
_E2 = _FLATTENING * (2.0 - _FLATTENING)
_SECOND_E2 = _E2 / (1.0 - _E2)


def geodesic_distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Geodesic distance between points.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : array_like, broadcastable
        Longitude and latitude, EPSG:4490. [°]

    Returns
    -------
    ndarray, broadcast shape of the inputs
        Distance; NaN where an input is NaN. [m]

    Raises
    ------
    OutOfRangeError
        If a latitude is outside [-90, 90].

    Examples
    --------
    >>> round(float(geodesic_distance_m(0, 0, 1, 0)), 3)
    111319.491
    """
    numbers = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (lon1, lat1, lon2, lat2))
    )
    for latitude in (numbers[1], numbers[3]):
        outside = np.abs(latitude) > 90.0
        if outside.any():
            raise OutOfRangeError(f"latitude {latitude[outside].flat[0]} outside [-90, 90]")
    lon_1, lat_1, lon_2, lat_2 = (np.ascontiguousarray(value).ravel() for value in numbers)
    distance_m = np.asarray(CGCS2000.inv(lon_1, lat_1, lon_2, lat_2)[2], dtype=np.float64)
    return distance_m.reshape(numbers[0].shape)


def geodesic_length_m(geometry: shapely.Geometry) -> float:
    """Length of the lines of a geometry, the rings of its polygons included (holes too).

    Parameters
    ----------
    geometry : shapely.Geometry
        Any kind, EPSG:4490; edges are geodesics.

    Returns
    -------
    float
        Length; 0 for points and empty geometries. [m]

    Raises
    ------
    OutOfRangeError
        If a latitude is outside [-90, 90].
    """
    parts = _get_simple_parts(geometry)
    rings = shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    lines = parts[shapely.get_dimensions(parts) == 1]
    coordinates, line = shapely.get_coordinates(np.concatenate([lines, rings]), return_index=True)
    edge = np.flatnonzero(line[1:] == line[:-1])
    return float(geodesic_distance_m(*coordinates[edge].T, *coordinates[edge + 1].T).sum())


def geodesic_area_m2(geometry: shapely.Geometry) -> float:
    """Area of the polygons of a geometry, holes taken off, whatever way its rings turn.

    Parameters
    ----------
    geometry : shapely.Geometry
        Any kind, EPSG:4490; edges are geodesics.

    Returns
    -------
    float
        Area; 0 for points, lines and empty geometries. [m²]

    Raises
    ------
    GeometryError
        If a polygon is not valid.
    """
    if not shapely.is_valid(geometry):
        raise GeometryError(f"no area of an invalid geometry: {shapely.is_valid_reason(geometry)}")
    parts = _get_simple_parts(geometry)
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    oriented = shapely.orient_polygons(polygons, exterior_cw=False)
    return float(sum(CGCS2000.geometry_area_perimeter(polygon)[0] for polygon in oriented))


def _get_simple_parts(geometry: shapely.Geometry) -> NDArray[np.object_]:
    """Points, lines and polygons of a geometry, collections opened up."""
    parts = np.array([geometry], dtype=object)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def surface_normal(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Compute unit vectors that point up from the ellipsoid, shape (3, n)."""
    phi, lam = np.radians(lat), np.radians(lon)
    cos_phi = np.cos(phi)
    return np.stack([cos_phi * np.cos(lam), cos_phi * np.sin(lam), np.sin(phi)])


def to_cartesian_m(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Geocentric coordinates X, Y, Z of points on the ellipsoid in metres, shape (3, n)."""
    normal = surface_normal(lon, lat)
    prime_vertical_m = SEMI_MAJOR_M / np.sqrt(1.0 - _E2 * normal[2] ** 2)
    normal *= prime_vertical_m
    normal[2] *= 1.0 - _E2
    return normal


def to_geographic(xyz_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude of geocentric points close to the ellipsoid.

    Parameters
    ----------
    xyz_m : ndarray, shape (3, n)
        Geocentric coordinates. [m]

    Returns
    -------
    lon, lat : ndarray, shape (n,)
        Foot of the normal on the ellipsoid. Good to 1e-9 m at heights below 10 km. [°]

    References
    ----------
    .. [1] B. R. Bowring, "Transformation from spatial to geographical coordinates", Survey Review 23 (1976)
       323-327.
    """
    x, y, z = xyz_m
    from_axis_m = np.hypot(x, y)
    beta = np.arctan2(SEMI_MAJOR_M * z, _SEMI_MINOR_M * from_axis_m)
    lat = np.arctan2(
        z + _SECOND_E2 * _SEMI_MINOR_M * np.sin(beta) ** 3,
        from_axis_m - _E2 * SEMI_MAJOR_M * np.cos(beta) ** 3,
    )
    return np.degrees(np.arctan2(y, x)), np.degrees(lat)


def curvature_radius_m(lat: FloatArray, azimuth_deg: FloatArray) -> FloatArray:
    """Radius of curvature in metres of the normal section at a latitude in a direction (Euler's formula)."""
    w2 = 1.0 - _E2 * np.sin(np.radians(lat)) ** 2
    prime_vertical_m = SEMI_MAJOR_M / np.sqrt(w2)
    meridian_m = prime_vertical_m * (1.0 - _E2) / w2
    azimuth = np.radians(azimuth_deg)
    curvature: FloatArray = np.cos(azimuth) ** 2 / meridian_m + np.sin(azimuth) ** 2 / prime_vertical_m
    return 1.0 / curvature
