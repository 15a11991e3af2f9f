r"""Areas and centres of the overlaps of polygons, from their edges alone.

A polygon is the sum of the strips under its edges, those under edges to the east taken off. So the overlap of two
polygons is a sum over pairs of edges :math:`e, f`: with signs :math:`s`, over the stretch of :math:`x` that both span,

.. math:: \sum_{e, f} s_e s_f \int \min(y_e - y_f, 0)\,dx

as whatever depends on one of the two alone cancels around the other polygon. There is no case to tell apart: edges may
meet, touch or lie on each other.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray

__all__ = ["Outlines", "gather_outlines", "gather_polygons", "measure_outlines", "measure_overlaps"]

_NOISE = 1e-13
"""Overlaps below this part of what they are the balance of are rounding. [1]"""


@dataclass(frozen=True)
class Outlines:
    """Edges of polygons in the plane, the polygon on the left of each.

    Attributes
    ----------
    edge : ndarray, shape (n, 4)
        Easting and northing of start and end. [m]
    first : ndarray of int64, shape (polygons + 1,)
        Where the edges of each polygon begin.
    bounds : ndarray, shape (polygons, 4)
        West, south, east, north. [m]
    """

    edge: FloatArray
    first: IntArray
    bounds: FloatArray


def gather_outlines(
    xy_m: FloatArray, ring: IntArray, polygon: IntArray, is_hole: NDArray[np.bool_], count: int
) -> Outlines:
    """Edges of polygons.

    Parameters
    ----------
    xy_m : ndarray, shape (n, 2)
        Vertices of all rings one after the other, the first of each repeated at its end. [m]
    ring : ndarray, shape (n,)
        Number of the ring of each vertex, ascending without a gap.
    polygon, is_hole : ndarray, one per ring
        The polygon it is of, ascending, and whether it bounds a hole.
    count : int
        How many polygons there are; each has a ring.
    """
    start = np.flatnonzero(ring[1:] == ring[:-1])
    edge, ring_of_edge = np.concatenate([xy_m[start], xy_m[start + 1]], axis=1), ring[start]
    corner = xy_m[np.searchsorted(ring, np.arange(len(polygon)))][ring_of_edge]
    x, y, x_2, y_2 = (edge - np.tile(corner, 2)).T
    is_left = np.bincount(ring_of_edge, weights=x * y_2 - x_2 * y, minlength=len(polygon)) > 0.0
    turned = (is_left == is_hole)[ring_of_edge]
    edge[turned] = edge[turned][:, [2, 3, 0, 1]]
    first = np.searchsorted(polygon[ring_of_edge], np.arange(count + 1))
    low = np.minimum.reduceat(edge[:, :2], first[:-1]) if count else np.empty((0, 2))
    high = np.maximum.reduceat(edge[:, :2], first[:-1]) if count else np.empty((0, 2))
    return Outlines(edge, first, np.concatenate([low, high], axis=1))


def gather_polygons(polygons: GeometryArray) -> Outlines:
    """Edges of shapely polygons (no multi-parts)."""
    if not len(polygons):
        return Outlines(np.empty((0, 4)), np.zeros(1, np.int64), np.empty((0, 4)))
    _, xy_m, (ring_start, polygon_start) = shapely.to_ragged_array(polygons, include_z=False)
    ring = np.repeat(np.arange(len(ring_start) - 1), np.diff(ring_start))
    polygon = np.repeat(np.arange(len(polygons)), np.diff(polygon_start))
    is_hole = np.ones(len(polygon), dtype=np.bool_)
    is_hole[polygon_start[:-1]] = False
    return gather_outlines(xy_m, ring, polygon, is_hole, len(polygons))


def measure_outlines(outlines: Outlines) -> tuple[FloatArray, FloatArray]:
    """Areas of polygons [m²] and their centres, shape (n, 2) [m]."""
    return _measure(outlines.edge, outlines.first)


@njit(cache=True, nogil=True)
def _measure(
    edge: FloatArray, first: IntArray
) -> tuple[FloatArray, FloatArray]:  # pragma: no cover  # compiled
    areas, centres = np.zeros(len(first) - 1), np.zeros((len(first) - 1, 2))
    for polygon in range(len(areas)):
        east, north = edge[first[polygon], 0], edge[first[polygon], 1]
        area, moment_x, moment_y = 0.0, 0.0, 0.0
        for number in range(first[polygon], first[polygon + 1]):
            x, y = edge[number, 0] - east, edge[number, 1] - north
            x_2, y_2 = edge[number, 2] - east, edge[number, 3] - north
            double = x * y_2 - x_2 * y
            area += 0.5 * double
            moment_x += double * (x + x_2) / 6.0
            moment_y += double * (y + y_2) / 6.0
        areas[polygon] = area
        centres[polygon, 0] = east + (moment_x / area if area > 0.0 else 0.0)
        centres[polygon, 1] = north + (moment_y / area if area > 0.0 else 0.0)
    return areas, centres


def measure_overlaps(
    mine: Outlines, theirs: Outlines, my_code: IntArray, their_code: IntArray, shift_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Areas and centres of the overlaps of pairs of polygons.

    Parameters
    ----------
    mine, theirs : Outlines
    my_code, their_code : ndarray, shape (n,)
        Positions of the polygons of each pair.
    shift_m : ndarray, shape (n,)
        How far to the east the second polygon is moved first. [m]

    Returns
    -------
    area_m2 : ndarray, shape (n,)
        0 for pairs that do not overlap or by no more than rounding.
    centre_m : ndarray, shape (n, 2)
    """
    return _overlap(mine.edge, mine.first, theirs.edge, theirs.first, my_code, their_code, shift_m)


@njit(cache=True, nogil=True)
def _overlap(
    edges: FloatArray,
    first: IntArray,
    others: FloatArray,
    other_first: IntArray,
    code: IntArray,
    other_code: IntArray,
    shift: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # pragma: no cover  # compiled
    areas, centres = np.zeros(len(code)), np.zeros((len(code), 2))
    near = np.empty((np.max(np.diff(first)), 4)) if len(first) > 1 else np.empty((0, 4))
    for pair in range(len(code)):
        mine = edges[first[code[pair]] : first[code[pair] + 1]]
        theirs = others[other_first[other_code[pair]] : other_first[other_code[pair] + 1]]
        east, north = theirs[0, 0] + shift[pair], theirs[0, 1]
        west_end, east_end, north_end = 0.0, 0.0, 0.0
        for f in range(len(theirs)):
            west_end = min(west_end, theirs[f, 0] - theirs[0, 0])
            east_end = max(east_end, theirs[f, 0] - theirs[0, 0])
            north_end = max(north_end, theirs[f, 1] - north)
        count = 0
        for e in range(len(mine)):
            x, x_2, y, y_2 = mine[e, 0] - east, mine[e, 2] - east, mine[e, 1] - north, mine[e, 3] - north
            if max(x, x_2) > west_end and min(x, x_2) < east_end and min(y, y_2) < north_end and x != x_2:
                near[count] = x, y, x_2, y_2
                count += 1
        area, moment_x, moment_y, gross = 0.0, 0.0, 0.0, 0.0
        for f in range(len(theirs)):
            u, v = theirs[f, 0] - theirs[0, 0], theirs[f, 1] - north
            u_2, v_2 = theirs[f, 2] - theirs[0, 0], theirs[f, 3] - north
            if u == u_2:
                continue
            f_west, f_east, f_slope = min(u, u_2), max(u, u_2), (v_2 - v) / (u_2 - u)
            for e in range(count):
                x, y, x_2, y_2 = near[e]
                left, right = max(f_west, min(x, x_2)), min(f_east, max(x, x_2))
                if left >= right:
                    continue
                slope = (y_2 - y) / (x_2 - x)
                low, low_2 = y + slope * (left - x), y + slope * (right - x)
                high, high_2 = v + f_slope * (left - u), v + f_slope * (right - u)
                off, off_2 = low - high, low_2 - high_2
                if off >= 0.0 and off_2 >= 0.0:
                    continue
                both, both_2 = low + high, low_2 + high_2
                if off > 0.0 or off_2 > 0.0:
                    t = off / (off - off_2)
                    middle, both_middle = left + t * (right - left), both + t * (both_2 - both)
                    if off > 0.0:
                        left, off, both = middle, 0.0, both_middle
                    else:
                        right, off_2, both_2 = middle, 0.0, both_middle
                width = (right - left) if (x_2 > x) == (u_2 > u) else left - right
                part = 0.5 * width * (off + off_2)
                area += part
                gross += abs(part)
                moment_x += width * (left * (2.0 * off + off_2) + right * (off + 2.0 * off_2)) / 6.0
                moment_y += width * (off * (2.0 * both + both_2) + off_2 * (both + 2.0 * both_2)) / 12.0
        if area > _NOISE * gross:
            areas[pair] = area
            centres[pair, 0], centres[pair, 1] = east + moment_x / area, north + moment_y / area
    return areas, centres
