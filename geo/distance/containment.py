"""Which points lie inside which polygons, with edges that are geodesics."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance.pieces import IntArray, densify
from geo.ellipsoid import FloatArray
from geo.errors import GeometryError

__all__ = ["densify_polygons", "find_contained"]

_EDGE_M = 50.0
"""Longest edge of a polygon tested in degrees. [m] Its bow off the geodesic is 0.07 mm at 54° N."""


def densify_polygons(polygons: NDArray[np.object_], owner: IntArray, role: str) -> NDArray[np.object_]:
    """Polygons in degrees whose straight edges follow the geodesics to 0.1 mm.

    Raises
    ------
    GeometryError
        If an edge spans more than 180° of longitude: inside and outside would be a guess.
    """
    if not polygons.size:
        return polygons
    kind, coordinates, (ring_start, polygon_start) = shapely.to_ragged_array(polygons, include_z=False)
    ring = np.repeat(np.arange(len(ring_start) - 1), np.diff(ring_start))
    wide = (np.abs(np.diff(coordinates[:, 0])) > 180.0) & (ring[1:] == ring[:-1])
    if wide.any():
        polygon = np.searchsorted(polygon_start, ring[np.argmax(wide)], side="right") - 1
        raise GeometryError(f"{role} {owner[polygon]} crosses the antimeridian; split it there")
    coordinates, ring = densify(coordinates, ring, _EDGE_M)
    offsets = np.searchsorted(ring, np.arange(len(ring_start))), polygon_start
    return np.asarray(shapely.from_ragged_array(kind, coordinates, offsets))


def find_contained(lon_lat: FloatArray, polygons: NDArray[np.object_]) -> tuple[IntArray, IntArray]:
    """Pairs (point, polygon) of points inside densified polygons; points on a boundary are left out.

    Parameters
    ----------
    lon_lat : ndarray, shape (n, 2)
        Points. [°]
    polygons : ndarray of shapely.Polygon
        From `densify_polygons`.
    """
    if not polygons.size:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    polygon, point = shapely.STRtree(np.asarray(shapely.points(lon_lat))).query(
        polygons, predicate="contains_properly"
    )
    return point, polygon
