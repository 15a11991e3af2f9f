"""Polygons that are plainly valid, told without building a graph of their edges.

Nearly all polygons of a register are one ring of a few vertices. Where no two of its edges meet but neighbours, and no
edge turns back on the one before, a ring is simple and its polygon valid. Whatever comes too near to be sure of is left
to GEOS.
"""

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray

__all__ = ["find_invalid"]

_MOST_EDGES = 64
"""All pairs of so many edges are compared faster than GEOS sorts them."""

_ROUNDING = 1e-15
"""Products of differences of coordinates are right to this part of them. [1]"""


def find_invalid(geometries: GeometryArray, lon_lat: FloatArray, row: IntArray) -> IntArray:
    """Find the lines and polygons that are not valid.

    Parameters
    ----------
    geometries : ndarray of shapely geometries
    lon_lat : ndarray, shape (n, 2)
        Their coordinates one after the other, finite. [°]
    row : ndarray, shape (n,)
        Position of the geometry of each.

    Returns
    -------
    ndarray of int64
        Positions, ascending.
    """
    has_one_ring = shapely.get_type_id(geometries) == shapely.GeometryType.POLYGON
    has_one_ring &= shapely.get_num_interior_rings(geometries) == 0
    first = np.searchsorted(row, np.arange(len(geometries) + 1))
    is_plain = _find_plain(np.ascontiguousarray(lon_lat), first, has_one_ring)
    left = np.flatnonzero(~is_plain & (shapely.get_dimensions(geometries) > 0))
    return left[~shapely.is_valid(geometries[left])]


@njit(cache=True, nogil=True)
def _find_plain(
    lon_lat: FloatArray, first: IntArray, has_one_ring: NDArray[np.bool_]
) -> NDArray[np.bool_]:  # pragma: no cover  # compiled
    is_plain = np.zeros(len(has_one_ring), dtype=np.bool_)
    for row in range(len(has_one_ring)):
        if has_one_ring[row]:
            is_plain[row] = _is_plain(lon_lat[first[row] : first[row + 1]])
    return is_plain


@njit(cache=True, nogil=True)
def _is_plain(ring: FloatArray) -> bool:  # pragma: no cover  # compiled
    edges = len(ring) - 1
    if not 3 <= edges <= _MOST_EDGES:
        return False
    for e in range(edges):
        after = e + 1 if e + 1 < edges else 0
        dx, dy = ring[e + 1, 0] - ring[e, 0], ring[e + 1, 1] - ring[e, 1]
        dx_2, dy_2 = ring[after + 1, 0] - ring[after, 0], ring[after + 1, 1] - ring[after, 1]
        if dx * dx_2 + dy * dy_2 <= 0.0 and _find_side(ring[e], ring[e + 1], ring[after + 1]) == 0:
            return False
        for f in range(e + 2, edges if e > 0 else edges - 1):
            if not _are_apart(ring[e], ring[e + 1], ring[f], ring[f + 1]):
                return False
    return True


@njit(cache=True, inline="always")
def _are_apart(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> bool:  # pragma: no cover  # compiled
    """Whether two edges surely do not meet."""
    for axis in range(2):
        if max(a[axis], b[axis]) < min(c[axis], d[axis]) or max(c[axis], d[axis]) < min(a[axis], b[axis]):
            return True
    return _find_side(a, b, c) * _find_side(a, b, d) == 1 or _find_side(c, d, a) * _find_side(c, d, b) == 1


@njit(cache=True, inline="always")
def _find_side(a: FloatArray, b: FloatArray, c: FloatArray) -> int:  # pragma: no cover  # compiled
    """Return 1 for a place to the left of an edge, -1 to the right, 0 where rounding may decide."""
    left, right = (b[0] - a[0]) * (c[1] - a[1]), (b[1] - a[1]) * (c[0] - a[0])
    if abs(left - right) <= _ROUNDING * (abs(left) + abs(right)):
        return 0
    return 1 if left > right else -1
