r"""Areas and centres of the overlaps of polygons, from their edges alone.

A polygon is the sum of the strips under its edges, those under edges to the east taken off. So the overlap of two
polygons is a sum over pairs of edges :math:`e, f`: with signs :math:`s`, over the stretch of :math:`x` that both span,

.. math:: \sum_{e, f} s_e s_f \int \min(y_e - y_f, 0)\,dx

as whatever depends on one of the two alone cancels around the other polygon. There is no case to tell apart: edges may
meet, touch or lie on each other.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.grids.plane import Rings

__all__ = ["Outlines", "gather_outlines", "measure_outlines", "measure_overlaps"]

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
    """

    edge: FloatArray
    first: IntArray

    def find_middles(self) -> FloatArray:
        """Middles of the polygons from west to east, shape (polygons,) [m]."""
        return np.asarray(_find_middles(self.edge, self.first))


@njit(cache=True, nogil=True)
def _find_middles(edge: FloatArray, first: IntArray) -> FloatArray:  # pragma: no cover  # compiled
    middles = np.empty(len(first) - 1)
    for polygon in range(len(middles)):
        west = east = edge[first[polygon], 0]
        for number in range(first[polygon], first[polygon + 1]):
            west, east = min(west, edge[number, 0]), max(east, edge[number, 0])
        middles[polygon] = (west + east) / 2.0
    return middles


def gather_outlines(rings: Rings) -> Outlines:
    """Edges of polygons in the plane."""
    first_vertex = np.searchsorted(rings.ring, np.arange(len(rings.polygon) + 1))
    edge = np.empty((len(rings.vertex) - len(rings.polygon), 4))
    first = np.zeros(rings.count + 1, np.int64)
    vertex = np.ascontiguousarray(rings.vertex)
    _gather(vertex, first_vertex, rings.polygon, rings.is_hole, edge, first)
    return Outlines(edge, first)


@njit(cache=True, nogil=True)
def _gather(
    xy: FloatArray,
    first_vertex: IntArray,
    polygon: IntArray,
    is_hole: NDArray[np.bool_],
    edge: FloatArray,
    first: IntArray,
) -> None:  # pragma: no cover  # compiled
    count = 0
    for ring in range(len(polygon)):
        begin, end = first_vertex[ring], first_vertex[ring + 1] - 1
        double = 0.0
        for vertex in range(begin, end):
            x, y = xy[vertex, 0] - xy[begin, 0], xy[vertex, 1] - xy[begin, 1]
            double += x * (xy[vertex + 1, 1] - xy[begin, 1]) - (xy[vertex + 1, 0] - xy[begin, 0]) * y
        turned = (double > 0.0) == is_hole[ring]
        for vertex in range(begin, end):
            start, stop = (vertex + 1, vertex) if turned else (vertex, vertex + 1)
            edge[count, 0], edge[count, 1] = xy[start, 0], xy[start, 1]
            edge[count, 2], edge[count, 3] = xy[stop, 0], xy[stop, 1]
            count += 1
        first[polygon[ring] + 1] = count


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
    edge, west, widest = _sort_edges(mine.edge, mine.first)
    return _overlap(edge, west, mine.first, widest, theirs.edge, theirs.first, my_code, their_code, shift_m)


@njit(cache=True, nogil=True)
def _sort_edges(
    edge: FloatArray, first: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:  # pragma: no cover  # compiled
    """Edges of each polygon by their western ends, those ends, and the width of its widest edge."""
    sorted_edge, west, widest = np.empty_like(edge), np.empty(len(edge)), np.zeros(len(first) - 1)
    for polygon in range(len(widest)):
        begin, end = first[polygon], first[polygon + 1]
        order = np.argsort(np.minimum(edge[begin:end, 0], edge[begin:end, 2]), kind="mergesort")
        for number in range(end - begin):
            x, y, x_2, y_2 = edge[begin + order[number]]
            sorted_edge[begin + number] = x, y, x_2, y_2
            west[begin + number] = min(x, x_2)
            widest[polygon] = max(widest[polygon], abs(x_2 - x))
    return sorted_edge, west, widest


@njit(cache=True, nogil=True)
def _overlap(
    edges: FloatArray,
    west: FloatArray,
    first: IntArray,
    widest: FloatArray,
    others: FloatArray,
    other_first: IntArray,
    code: IntArray,
    other_code: IntArray,
    shift: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # pragma: no cover  # compiled
    """Take pairs one by one: their areas and centres from the edges near to each other."""
    areas, centres = np.zeros(len(code)), np.zeros((len(code), 2))
    near = np.empty((np.max(np.diff(first)), 4)) if len(first) > 1 else np.empty((0, 4))
    near_west = np.empty(len(near))
    theirs = np.empty((np.max(np.diff(other_first)), 4)) if len(other_first) > 1 else np.empty((0, 4))
    for pair in range(len(code)):
        other_begin, other_end = other_first[other_code[pair]], other_first[other_code[pair] + 1]
        east, north = others[other_begin, 0], others[other_begin, 1]
        from_x, to_x, to_y = _find_limits(others, other_begin, other_end)
        begin, end, wide = first[code[pair]], first[code[pair] + 1], widest[code[pair]]
        count, low_y, low_x, high_x = 0, np.inf, np.inf, -np.inf
        for e in range(begin + np.searchsorted(west[begin:end], from_x + shift[pair] - wide), end):
            if west[e] - shift[pair] >= to_x:
                break
            x, y, x_2, y_2 = edges[e]
            x, x_2 = x - shift[pair], x_2 - shift[pair]
            if max(x, x_2) > from_x and min(y, y_2) < to_y and x != x_2:
                near[count] = x - east, y - north, x_2 - east, y_2 - north
                near_west[count] = min(x, x_2) - east
                low_y, low_x, high_x = min(low_y, y, y_2), min(low_x, x, x_2), max(high_x, x, x_2)
                count += 1
        other_count = 0
        for f in range(other_begin, other_end):
            u, v, u_2, v_2 = others[f]
            # What lies below all that is near takes nothing off it.
            if max(v, v_2) > low_y and max(u, u_2) > low_x and min(u, u_2) < high_x and u != u_2:
                theirs[other_count] = u - east, v - north, u_2 - east, v_2 - north
                other_count += 1
        area, moment_x, moment_y = _balance(near[:count], near_west[:count], wide, theirs[:other_count])
        if area > 0.0:
            areas[pair] = area
            centres[pair, 0] = shift[pair] + east + moment_x / area
            centres[pair, 1] = north + moment_y / area
    return areas, centres


@njit(cache=True, inline="always")
def _find_limits(
    edge: FloatArray, begin: int, end: int
) -> tuple[float, float, float]:  # pragma: no cover  # compiled
    """Return the western, eastern and northern end of a polygon."""
    west, east, north = edge[begin, 0], edge[begin, 0], edge[begin, 1]
    for number in range(begin, end):
        west, east = min(west, edge[number, 0]), max(east, edge[number, 0])
        north = max(north, edge[number, 1])
    return west, east, north


@njit(cache=True, nogil=True)
def _balance(
    mine: FloatArray, west: FloatArray, widest: float, theirs: FloatArray
) -> tuple[float, float, float]:  # pragma: no cover  # compiled
    """Area and moments of the overlap; 0 if no more than rounding."""
    area, moment_x, moment_y, gross = 0.0, 0.0, 0.0, 0.0
    for f in range(len(theirs)):
        u, v, u_2, v_2 = theirs[f]
        f_west, f_east, f_slope = min(u, u_2), max(u, u_2), (v_2 - v) / (u_2 - u)
        for e in range(np.searchsorted(west, f_west - widest), len(west)):
            if west[e] >= f_east:
                break
            x, y, x_2, y_2 = mine[e]
            left, right = max(f_west, west[e]), min(f_east, max(x, x_2))
            if left >= right:
                continue
            slope = (y_2 - y) / (x_2 - x)
            low, low_2 = y + slope * (left - x), y + slope * (right - x)
            high, high_2 = v + f_slope * (left - u), v + f_slope * (right - u)
            off, off_2, both, both_2 = low - high, low_2 - high_2, low + high, low_2 + high_2
            if off >= 0.0 and off_2 >= 0.0:
                continue
            if off > 0.0:
                t = off / (off - off_2)
                left, off, both = left + t * (right - left), 0.0, both + t * (both_2 - both)
            elif off_2 > 0.0:
                t = off / (off - off_2)
                right, off_2, both_2 = left + t * (right - left), 0.0, both + t * (both_2 - both)
            width = (right - left) if (x_2 > x) == (u_2 > u) else left - right
            part = 0.5 * width * (off + off_2)
            area += part
            gross += abs(part)
            moment_x += width * (left * (2.0 * off + off_2) + right * (off + 2.0 * off_2)) / 6.0
            moment_y += width * (off * (2.0 * both + both_2) + off_2 * (both + 2.0 * both_2)) / 12.0
    if area <= _NOISE * gross:
        return 0.0, 0.0, 0.0
    return area, moment_x, moment_y
