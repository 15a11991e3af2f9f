r"""Areas and centres of the overlaps of polygons, from their edges alone.

A polygon is the sum of the strips under its edges, those under edges to the east taken off. So the overlap of two
polygons is a sum over pairs of edges :math:`e, f`: with signs :math:`s`, over the stretch of :math:`x` that both span,

.. math:: \sum_{e, f} s_e s_f \int \min(y_e - y_f, 0)\,dx

as whatever depends on one of the two alone cancels around the other polygon. There is no case to tell apart: edges may
meet, touch or lie on each other. An edge that passes over or under the whole of the other polygon counts by its ends
alone, however it is bent: only those that may meet it are drawn in parts.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.grids.plane import Curves, Rings, get_edges

__all__ = ["Arcs", "Outlines", "gather_arcs", "gather_outlines", "measure_outlines", "measure_overlaps"]

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


@dataclass(frozen=True)
class Arcs:
    """Bent edges of polygons in the plane.

    Attributes
    ----------
    chords : Outlines
    bend : ndarray, shape (n, 2)
        Second derivatives of each edge, from 0 to 1 along it. [m]
    parts : ndarray of int64, shape (n,)
        How many chords it takes where its bend matters.
    """

    chords: Outlines
    bend: FloatArray
    parts: IntArray


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


def gather_arcs(curves: Curves) -> Arcs:
    """Bent edges of polygons in the plane."""
    end = get_edges(curves.rings.ring) + 1
    return Arcs(gather_outlines(curves.rings), curves.bend_m[end], curves.parts[end])


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
    mine: Outlines, theirs: Arcs, my_code: IntArray, their_code: IntArray, shift_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Areas and centres of the overlaps of pairs of polygons.

    Parameters
    ----------
    mine : Outlines
    theirs : Arcs
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
    strips, widest = _sort_strips(mine.edge, mine.first)
    others = (theirs.chords.edge, theirs.bend, theirs.parts, theirs.chords.first)
    return _overlap(strips, mine.first, widest, *others, my_code, their_code, shift_m)


@njit(cache=True, inline="always")
def _write_strip(
    x: float, y: float, x_2: float, y_2: float, strip: FloatArray
) -> None:  # pragma: no cover  # compiled
    """Write the strip under an edge: its western and eastern end, its height at the one, its slope, and its sign."""
    strip[0], strip[1], strip[2] = min(x, x_2), max(x, x_2), y if x < x_2 else y_2
    strip[3] = (y_2 - y) / (x_2 - x) if x != x_2 else 0.0
    strip[4] = 1.0 if x < x_2 else -1.0


@njit(cache=True, nogil=True)
def _sort_strips(
    edge: FloatArray, first: IntArray
) -> tuple[FloatArray, FloatArray]:  # pragma: no cover  # compiled
    """Return strips under the edges of each polygon by their western ends, and the width of its widest."""
    strips, widest = np.empty((len(edge), 5)), np.zeros(len(first) - 1)
    for polygon in range(len(widest)):
        begin, end = first[polygon], first[polygon + 1]
        order = np.argsort(np.minimum(edge[begin:end, 0], edge[begin:end, 2]), kind="mergesort")
        for number in range(end - begin):
            x, y, x_2, y_2 = edge[begin + order[number]]
            _write_strip(x, y, x_2, y_2, strips[begin + number])
            widest[polygon] = max(widest[polygon], abs(x_2 - x))
    return strips, widest


@njit(cache=True, nogil=True)
def _overlap(
    strips: FloatArray,
    first: IntArray,
    widest: FloatArray,
    others: FloatArray,
    bend: FloatArray,
    parts: IntArray,
    other_first: IntArray,
    code: IntArray,
    other_code: IntArray,
    shift: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # pragma: no cover  # compiled
    """Take pairs one by one: their areas and centres from the strips near to each other."""
    areas, centres = np.zeros(len(code)), np.zeros((len(code), 2))
    near = np.empty((np.max(np.diff(first)), 5)) if len(first) > 1 else np.empty((0, 5))
    theirs = np.empty((_find_most(parts, other_first), 5))
    for pair in range(len(code)):
        begin, end, wide = first[code[pair]], first[code[pair] + 1], widest[code[pair]]
        other_begin, other_end = other_first[other_code[pair]], other_first[other_code[pair] + 1]
        east, north = others[other_begin, 0], others[other_begin, 1]
        limits = _find_limits(others, bend, other_begin, other_end)
        count, box = _pick_near(strips[begin:end], wide, shift[pair], east, north, limits, near)
        other_count = _draw_near(others, bend, parts, other_begin, other_end, east, north, box, theirs)
        area, moment_x, moment_y = _balance(near[:count], wide, theirs[:other_count])
        if area > 0.0:
            areas[pair] = area
            centres[pair, 0] = shift[pair] + east + moment_x / area
            centres[pair, 1] = north + moment_y / area
    return areas, centres


@njit(cache=True, nogil=True)
def _find_most(parts: IntArray, first: IntArray) -> int:  # pragma: no cover  # compiled
    """Return the number of chords of the polygon that has most."""
    most = 0
    for polygon in range(len(first) - 1):
        most = max(most, parts[first[polygon] : first[polygon + 1]].sum())
    return most


@njit(cache=True, inline="always")
def _find_limits(
    edge: FloatArray, bend: FloatArray, begin: int, end: int
) -> tuple[float, float, float]:  # pragma: no cover  # compiled
    """Return how far a polygon reaches at most to the west, to the east and to the north."""
    west, east, north = edge[begin, 0], edge[begin, 0], edge[begin, 1]
    for number in range(begin, end):
        sag_x, sag_y = 0.125 * abs(bend[number, 0]), 0.125 * abs(bend[number, 1])
        west, east = min(west, edge[number, 0] - sag_x), max(east, edge[number, 0] + sag_x)
        north = max(north, edge[number, 1] + sag_y)
    return west, east, north


@njit(cache=True, inline="always")
def _pick_near(
    strips: FloatArray,
    widest: float,
    shift: float,
    east: float,
    north: float,
    limits: tuple[float, float, float],
    near: FloatArray,
) -> tuple[int, tuple[float, float, float, float]]:  # pragma: no cover  # compiled
    """Write the strips that begin below the northern limit, count them, and return the box around them.

    Where strips end beyond that limit the box reaches as far, so that nothing below the limit lies over it.
    """
    from_x, to_x, to_y = limits
    count, low_x, high_x, low_y, high_y = 0, np.inf, -np.inf, np.inf, -np.inf
    for e in range(np.searchsorted(strips[:, 0], from_x + shift - widest), len(strips)):
        x, x_2, y, slope, sign = strips[e]
        x, x_2, y_2 = x - shift, x_2 - shift, y + slope * (x_2 - x)
        if x >= to_x:
            break
        if x_2 > from_x and x != x_2:
            high_y = max(high_y, y, y_2)
            if min(y, y_2) < to_y:
                near[count] = x - east, x_2 - east, y - north, slope, sign
                low_x, high_x, low_y = min(low_x, x), max(high_x, x_2), min(low_y, y, y_2)
                count += 1
    return count, (low_x, high_x, low_y, high_y)


@njit(cache=True, inline="always")
def _draw_near(
    edge: FloatArray,
    bend: FloatArray,
    parts: IntArray,
    begin: int,
    end: int,
    east: float,
    north: float,
    box: tuple[float, float, float, float],
    drawn: FloatArray,
) -> int:  # pragma: no cover  # compiled
    """Write the strips under edges that are not below a box, in parts where an edge may meet it, and count them."""
    low_x, high_x, low_y, high_y = box
    count = 0
    for f in range(begin, end):
        x, y, x_2, y_2 = edge[f]
        # Half way an arc is off its chord by an eighth of its bend, and nowhere more.
        sag_x, sag_y = 0.125 * abs(bend[f, 0]), 0.125 * abs(bend[f, 1])
        if max(y, y_2) + sag_y > low_y and max(x, x_2) + sag_x > low_x and min(x, x_2) - sag_x < high_x:
            number = parts[f] if min(y, y_2) - sag_y < high_y else 1
            _draw(x - east, y - north, x_2 - east, y_2 - north, bend[f], drawn[count : count + number])
            count += number
    return count


@njit(cache=True, inline="always")
def _draw(
    x: float, y: float, x_2: float, y_2: float, bend: FloatArray, drawn: FloatArray
) -> None:  # pragma: no cover  # compiled
    """Write the strips under the chords of a bent edge."""
    u, v = x, y
    for step in range(1, len(drawn) + 1):
        t = step / len(drawn)
        sag = 0.5 * t * (1.0 - t)
        u_2, v_2 = x + t * (x_2 - x) - sag * bend[0], y + t * (y_2 - y) - sag * bend[1]
        _write_strip(u, v, u_2, v_2, drawn[step - 1])
        u, v = u_2, v_2


@njit(cache=True, nogil=True)
def _balance(
    mine: FloatArray, widest: float, theirs: FloatArray
) -> tuple[float, float, float]:  # pragma: no cover  # compiled
    """Area and moments of the overlap; 0 if no more than rounding."""
    area, moment_x, moment_y, gross = 0.0, 0.0, 0.0, 0.0
    for f in range(len(theirs)):
        f_west, f_east, v, f_slope, f_sign = theirs[f]
        for e in range(np.searchsorted(mine[:, 0], f_west - widest), len(mine)):
            e_west, e_east, y, slope, sign = mine[e]
            if e_west >= f_east:
                break
            left, right = max(f_west, e_west), min(f_east, e_east)
            if left >= right:
                continue
            low, low_2 = y + slope * (left - e_west), y + slope * (right - e_west)
            high, high_2 = v + f_slope * (left - f_west), v + f_slope * (right - f_west)
            off, off_2, both, both_2 = low - high, low_2 - high_2, low + high, low_2 + high_2
            if off >= 0.0 and off_2 >= 0.0:
                continue
            if off > 0.0:
                t = off / (off - off_2)
                left, off, both = left + t * (right - left), 0.0, both + t * (both_2 - both)
            elif off_2 > 0.0:
                t = off / (off - off_2)
                right, off_2, both_2 = left + t * (right - left), 0.0, both + t * (both_2 - both)
            width = (right - left) * sign * f_sign
            part = 0.5 * width * (off + off_2)
            area += part
            gross += abs(part)
            moment_x += width * (left * (2.0 * off + off_2) + right * (off + 2.0 * off_2)) / 6.0
            moment_y += width * (off * (2.0 * both + both_2) + off_2 * (both + 2.0 * both_2)) / 12.0
    if area <= _NOISE * gross:
        return 0.0, 0.0, 0.0
    return area, moment_x, moment_y
