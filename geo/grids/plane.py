r"""The plane in which grids are overlaid: areas in it are areas on the ellipsoid.

Lambert's cylindrical equal-area projection of the CGCS2000 ellipsoid (PROJ's ``cea``, true to scale at 30° N). A
straight line in it is no geodesic: with longitude :math:`\lambda` and the area function :math:`y` as coordinates, in
which :math:`dA = d\lambda\,dy`, the geodesic equations are

.. math:: \lambda'' = 2 \sin\varphi\, \lambda' y' / r^2, \qquad y'' = -\sin\varphi\, s'^2

with the radius :math:`r` of the parallel and the length :math:`s`. Between chord and geodesic of an edge with the
easting :math:`e` and the northing :math:`n` lies, to first order, the area

.. math:: \tfrac{1}{12} \sin\varphi\, \Delta\lambda\, (e^2 + 3 n^2).

Added to the area under the chords it gives the area under geodesics, without solving for any geodesic.
"""

from functools import cache, partial

import numpy as np
import shapely
from pyproj import Transformer

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, densify
from geo.ellipsoid import CGCS2000, INVERSE_FLATTENING, SEMI_MAJOR_M, FloatArray

__all__ = [
    "TURN_M",
    "bring_near",
    "draw_polygons",
    "polygon_areas_m2",
    "ring_areas_m2",
    "to_lonlat",
    "to_plane",
    "unwrap",
]

_TRUE_AT_DEG = 30.0
_E2 = (2.0 - 1.0 / INVERSE_FLATTENING) / INVERSE_FLATTENING
_SIN_TRUE = np.sin(np.radians(_TRUE_AT_DEG))
_STRETCH = np.cos(np.radians(_TRUE_AT_DEG)) / np.sqrt(1.0 - _E2 * _SIN_TRUE**2)
"""Metres east in the plane per metre on the equator."""

TURN_M = 2.0 * np.pi * SEMI_MAJOR_M * _STRETCH
"""Width of the plane: once round the Earth. [m]"""

_AREA_PIECE_M = 2_000.0
"""Edges are cut to this before their areas are taken. [m] Leaves 1e-10 of a cell of any resolution."""

_POLAR_DEG = 85.0
"""Beyond this latitude areas are taken from GeographicLib, ring by ring. [°]"""


@cache
def _projection() -> Transformer:
    """PROJ's projection; longitudes beyond 180° stay what they are."""
    return Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=cea +lat_ts={_TRUE_AT_DEG} +a={SEMI_MAJOR_M} +rf={INVERSE_FLATTENING} +over"
    )


def to_plane(lon_lat: FloatArray) -> FloatArray:
    """Coordinates in the equal-area plane, shape (n, 2), in metres, of longitude and latitude in degrees."""
    x_m, y_m = _projection().transform(lon_lat[:, 0], lon_lat[:, 1])
    return np.column_stack([x_m, y_m])


def to_lonlat(xy_m: FloatArray) -> FloatArray:
    """Longitude and latitude, shape (n, 2), in degrees, of coordinates in the equal-area plane.

    PROJ's inverse is good to 1.5 mm; a step of Newton's method takes the rest away.
    """
    lon, lat = _projection().transform(xy_m[:, 0], xy_m[:, 1], direction="INVERSE")
    sin_lat = np.sin(np.radians(lat))
    w2 = 1.0 - _E2 * sin_lat**2
    slope = SEMI_MAJOR_M * (1.0 - _E2) * np.cos(np.radians(lat)) / (w2**2 * _STRETCH)
    miss_m = xy_m[:, 1] - to_plane(np.column_stack([lon, lat]))[:, 1]
    step = np.divide(miss_m, slope, out=np.zeros_like(miss_m), where=slope > 1.0)
    return np.column_stack([lon, lat + np.degrees(step)])


def unwrap(lon: FloatArray, near: FloatArray) -> FloatArray:
    """Longitudes as they are met on the shorter way from others: within 180° of `near`, beyond ±180° if need be."""
    turns: FloatArray = np.round((lon - near) / 360.0)
    return np.asarray(lon - 360.0 * turns)


def ring_areas_m2(lon_lat: FloatArray, ring: IntArray) -> FloatArray:
    """Areas inside closed rings with geodesic edges, whichever way they turn, in square metres.

    Parameters
    ----------
    lon_lat : ndarray, shape (n, 2)
        Vertices of all rings one after the other, the first of each repeated at its end. [°]
    ring : ndarray, shape (n,)
        Number of the ring of each vertex: 0, 1, ... without a gap.

    Returns
    -------
    ndarray, one per ring
        The smaller side of the globe. Within 1e-9 of GeographicLib's.
    """
    count = int(ring[-1]) + 1 if ring.size else 0
    first = np.searchsorted(ring, np.arange(count))
    polar = np.maximum.reduceat(np.abs(lon_lat[:, 1]), first) > _POLAR_DEG if count else np.empty(0, bool)
    lon_lat, ring = densify(lon_lat, ring, _AREA_PIECE_M)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    owner = ring[start]
    d_lon = np.radians(unwrap(lon_lat[start + 1, 0] - lon_lat[start, 0], np.zeros(start.size)))
    y_m = to_plane(lon_lat)[:, 1] * _STRETCH
    first = np.searchsorted(ring, np.arange(count))
    above_m = (y_m[start] - y_m[first[owner]] + y_m[start + 1] - y_m[first[owner]]) / 2.0
    sin_lat = np.sin(np.radians((lon_lat[start, 1] + lon_lat[start + 1, 1]) / 2.0))
    w2 = 1.0 - _E2 * sin_lat**2
    parallel_m = SEMI_MAJOR_M * np.sqrt((1.0 - sin_lat**2) / w2)
    meridian_m = SEMI_MAJOR_M * (1.0 - _E2) / w2**1.5
    north_m = np.radians(lon_lat[start + 1, 1] - lon_lat[start, 1]) * meridian_m
    lens_m2 = sin_lat * d_lon * ((d_lon * parallel_m) ** 2 + 3.0 * north_m**2) / 12.0
    under_m2 = SEMI_MAJOR_M * d_lon * above_m + lens_m2
    areas_m2 = np.abs(np.bincount(owner, weights=under_m2, minlength=count).astype(np.float64))
    for number in np.flatnonzero(polar).tolist():
        lon, lat = lon_lat[ring == number][:-1].T
        areas_m2[number] = abs(CGCS2000.polygon_area_perimeter(lon, lat)[0])
    return areas_m2


def polygon_areas_m2(polygons: GeometryArray) -> FloatArray:
    """Areas of polygons (no multi-parts) with geodesic edges, holes taken off, in square metres."""
    if not polygons.size:
        return np.empty(0)
    _, lon_lat, (ring_start, polygon_start) = shapely.to_ragged_array(polygons, include_z=False)
    ring = np.repeat(np.arange(len(ring_start) - 1), np.diff(ring_start))
    areas_m2 = ring_areas_m2(lon_lat, ring)
    polygon = np.repeat(np.arange(len(polygons)), np.diff(polygon_start))
    is_shell = np.isin(np.arange(len(areas_m2)), polygon_start[:-1])
    total = np.bincount(polygon, weights=np.where(is_shell, areas_m2, -areas_m2))
    return total.astype(np.float64)


def draw_polygons(polygons: GeometryArray, max_m: float) -> GeometryArray:
    """Polygons (no multi-parts) in the plane, points put in along their geodesic edges.

    A polygon that crosses 180° goes on beyond it.

    Parameters
    ----------
    polygons : ndarray of shapely.Polygon
        In longitude and latitude. [°]
    max_m : float
        Longest edge left. [m]
    """
    if not polygons.size:
        return polygons
    kind, lon_lat, (ring_start, polygon_start) = shapely.to_ragged_array(polygons, include_z=False)
    ring = np.repeat(np.arange(len(ring_start) - 1), np.diff(ring_start))
    lon_lat, ring = densify(lon_lat, ring, max_m)
    ring_start = np.asarray(np.searchsorted(ring, np.arange(len(ring_start))))
    first = np.repeat(lon_lat[ring_start[polygon_start[:-1]], 0], np.diff(ring_start[polygon_start]))
    xy_m = to_plane(np.column_stack([unwrap(lon_lat[:, 0], first), lon_lat[:, 1]]))
    return np.asarray(shapely.from_ragged_array(kind, xy_m, (ring_start, polygon_start)))


def bring_near(geometries: GeometryArray, x_m: FloatArray) -> GeometryArray:
    """Geometries in the plane moved by whole turns round the Earth, so that each lies within half of one of `x_m`."""
    middle_m = shapely.get_x(shapely.centroid(geometries))
    turns = np.round((x_m - middle_m) / TURN_M)
    moved = geometries.copy()
    for turn in np.unique(turns[turns != 0.0]).tolist():
        chosen = turns == turn
        moved[chosen] = shapely.transform(moved[chosen], partial(np.add, np.array([turn * TURN_M, 0.0])))
    return moved
