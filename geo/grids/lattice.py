r"""H3's lattice on the faces of its icosahedron: in which hexagon places lie, and how far from the edges.

H3 projects the sphere on the faces of an icosahedron from its middle (gnomonic). On each face the cells of resolution
:math:`r` are the hexagons around a triangular lattice: its spacing is half the way from the middle of the face to a
corner, over :math:`\sqrt{7}^r`; its axes run to the corners, at odd resolutions turned by :math:`\arctan(\sqrt{3} /
5)`. Great circles, the edges of cells among them, are straight lines here. The corners of the icosahedron are the
centres of the twelve pentagons.

The numbers of the cells are left to H3 itself. What is found here tells where its rounding cannot matter, and which
hexagons an outline touches.
"""

import math
from dataclasses import dataclass
from functools import cache

import h3.api.numpy_int as h3
import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numba import njit
from numpy.typing import NDArray

from geo.distance.pieces import IntArray, expand_ranges
from geo.ellipsoid import INVERSE_FLATTENING, MEAN_RADIUS_M, SEMI_MAJOR_M, FloatArray

__all__ = [
    "Hexagons",
    "cells_of_hexagons",
    "find_clear_places",
    "find_hexagons",
    "number_hexagons",
    "weigh_cells",
]

Cells = NDArray[np.uint64]

_TURN = math.atan2(math.sqrt(3.0), 5.0)
"""Between the axes of a lattice and those of the next finer one. [rad]"""

_SURE = 0.935
"""Cosine of 20.8°: no place so near to the middle of a face is nearer to another's."""

_WHOLE = np.stack([trace(np.radians(np.arange(-360.0, 361.0))) for trace in (np.sin, np.cos)], axis=1)
"""Sines and cosines of whole degrees from -360 to 360."""

_ROUNDING = 1e-10
"""Places this near to an edge may be put on either side of it. [rad] H3's own rounding is a millionth of that,"""

_ROUNDING_AT_MIDDLE = 1e-14
"""and this over the distance, close to the middle of a face, [rad²]"""

_FAR = _ROUNDING_AT_MIDDLE / _ROUNDING
"""which farther away than this is the lesser of the two. [rad]"""

_SAMPLING = 0.05
"""Samples on an edge of an outline lie this part of the spacing of the lattice apart."""

_TOUCHING = 1e-6
"""How near to an edge of the lattice an outline is taken to touch it. [1] At resolution 8 it is 1 mm,"""

_TOUCHING_M = 1e-3
"""and this beside it: far more than edges of a kilometre are bent by the ellipsoid, or drawn off. [m]"""

_CLEARANCE = 3.0
"""Nearer to the border of a face than so many spacings the lattice of the next one has a say."""

_RECENT = 6
"""A hexagon that a line has touched is looked for among so many of the last ones: it mostly is there."""

_OFFSET = 1 << 24
"""Rows and places are counted from so far before the middle of a face, more than there are at resolution 15."""


@dataclass(frozen=True)
class Hexagons:
    """Cells at and in polygons, each once for a polygon, in the order of the polygons.

    Attributes
    ----------
    part, cell : ndarray
        Cells that an outline touches, and hardly any beside those: up to 3 % of a spacing away.
    inner_part, inner_cell : ndarray
        Cells that a polygon holds wholly.
    is_found : ndarray of bool, one per polygon
        False for those on several faces of the icosahedron or near the border of one: none of theirs are here.
    """

    part: IntArray
    cell: Cells
    inner_part: IntArray
    inner_cell: Cells
    is_found: NDArray[np.bool_]


@cache
def _get_axes(resolution: int) -> tuple[FloatArray, FloatArray]:
    """Middles of the faces, and the two axes of the lattice on each, over its spacing squared.

    Returns
    -------
    middle : ndarray, shape (20, 3)
    axes : ndarray, shape (20, 2, 3)
        Products with a place on the face give its coordinates in spacings.
    """
    pentagons = (h3.cell_to_latlng(cell) for cell in sorted(h3.get_pentagons(0)))
    lat, lon = np.radians(np.array(list(pentagons))).T
    corners = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    # Cosines between corners: 0.447 for neighbours, -0.447 and -1 for the others.
    beside = np.triu(corners @ corners.T > 0.4, 1)
    i, j, k = np.nonzero(beside[:, :, None] & beside[None] & beside[:, None])
    middle = corners[i] + corners[j] + corners[k]
    middle /= np.linalg.norm(middle, axis=1)[:, None]
    reach = corners[i] / (corners[i] * middle).sum(axis=1)[:, None] - middle
    spacing = np.linalg.norm(reach[0]) / 2.0 / math.sqrt(7.0) ** resolution
    along = reach / np.linalg.norm(reach, axis=1)[:, None]
    across = np.cross(middle, along)
    turn = _TURN if resolution % 2 else 0.0
    first = math.cos(turn) * along + math.sin(turn) * across
    second = math.cos(turn) * across - math.sin(turn) * along
    return middle, np.stack([first, second], axis=1) / spacing


@njit(cache=True, inline="always")
def _find_direction(lon: float, lat: float) -> tuple[float, float, float]:  # pragma: no cover  # compiled
    """Return the unit vector to a place in degrees: by sines of whole degrees, and series from there."""
    whole, whole_2 = math.floor(lon + 0.5), math.floor(lat + 0.5)
    d, e = math.radians(lon - whole), math.radians(lat - whole_2)
    d2, e2 = d * d, e * e
    sin_d, cos_d = (
        d * (1.0 - d2 / 6.0 * (1.0 - d2 / 20.0)),
        1.0 - d2 / 2.0 * (1.0 - d2 / 12.0 * (1.0 - d2 / 30.0)),
    )
    sin_e, cos_e = (
        e * (1.0 - e2 / 6.0 * (1.0 - e2 / 20.0)),
        1.0 - e2 / 2.0 * (1.0 - e2 / 12.0 * (1.0 - e2 / 30.0)),
    )
    (sine, cosine), (sine_2, cosine_2) = _WHOLE[int(whole) + 360], _WHOLE[int(whole_2) + 360]
    across = cosine_2 * cos_e - sine_2 * sin_e
    x, y = across * (cosine * cos_d - sine * sin_d), across * (sine * cos_d + cosine * sin_d)
    return x, y, sine_2 * cos_e + cosine_2 * sin_e


@njit(cache=True, inline="always")
def _find_face(
    x: float, y: float, z: float, middle: FloatArray, guess: int
) -> tuple[int, float, float]:  # pragma: no cover  # compiled
    """Nearest face, the cosine of the angle to its middle and by how much the next one's is less."""
    best = guess
    high = x * middle[best, 0] + y * middle[best, 1] + z * middle[best, 2]
    if high > _SURE:
        # The next middle is 41.8° from this one.
        return best, high, 0.7136 * (0.3571 - math.sqrt(1.0 - high * high))
    high, next_high = -2.0, -2.0
    for face in range(20):
        cosine = x * middle[face, 0] + y * middle[face, 1] + z * middle[face, 2]
        if cosine > high:
            best, high, next_high = face, cosine, high
        elif cosine > next_high:
            next_high = cosine
    return best, high, high - next_high


@njit(cache=True, inline="always")
def _round(x: float, y: float) -> tuple[int, int, float, float, float]:  # pragma: no cover  # compiled
    """Hexagon that holds a place of the lattice, and how far along the three ways to its neighbours the place lies."""
    b = y * (2.0 / math.sqrt(3.0))
    a = x - 0.5 * b
    row, column, third = math.floor(a + 0.5), math.floor(b + 0.5), math.floor(0.5 - a - b)
    off_a, off_b, off_c = abs(row - a), abs(column - b), abs(third + a + b)
    if off_a > off_b and off_a > off_c:
        row = -column - third
    elif off_b > off_c:
        column = -row - third
    dx = x - (row + 0.5 * column)
    dy = (y - column * (math.sqrt(3.0) / 2.0)) * (math.sqrt(3.0) / 2.0)
    return int(row), int(column), dx, 0.5 * dx + dy, dy - 0.5 * dx


def find_clear_places(
    lon: FloatArray, lat: FloatArray, resolution: int, least_m: float = 0.0
) -> NDArray[np.bool_]:
    """Find places so far from the edges of H3's cells that no rounding puts them into another.

    Parameters
    ----------
    lon, lat : ndarray, shape (n,)
        In degrees.
    resolution : int
    least_m : float
        How far they have to be at least, on H3's sphere. [m]

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    middle, axes = _get_axes(resolution)
    spacing = 1.0 / float(np.linalg.norm(axes[0, 0]))
    return np.asarray(_number(lon, lat, middle, axes, spacing, least_m / MEAN_RADIUS_M, 0.0)) >= 0


def number_hexagons(lon: FloatArray, lat: FloatArray, resolution: int) -> IntArray:
    """Numbers of the hexagons that hold places, for :func:`cells_of_hexagons`.

    Parameters
    ----------
    lon, lat : ndarray, shape (n,)
        In degrees.
    resolution : int

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 where rounding decides, and near the border of a face.
    """
    middle, axes = _get_axes(resolution)
    spacing = 1.0 / float(np.linalg.norm(axes[0, 0]))
    return np.asarray(_number(lon, lat, middle, axes, spacing, 0.0, 0.75 * _CLEARANCE * spacing))


def cells_of_hexagons(hexagon: IntArray, resolution: int) -> Cells:
    """Cells of numbered hexagons, shape (n,): H3's at their middles, where rounding does not matter."""
    middle, axes = _get_axes(resolution)
    face, a, b = _decode(hexagon)
    spacing2 = 1.0 / float((axes[0, 0] ** 2).sum())
    along, across = (a + 0.5 * b) * spacing2, b * (math.sqrt(3.0) / 2.0 * spacing2)
    x, y, z = (middle[face] + along[:, None] * axes[face, 0] + across[:, None] * axes[face, 1]).T
    lon, lat = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    return np.array(coordinates_to_cells(lat, lon, resolution), dtype=np.uint64)


@njit(cache=True, nogil=True)
def _number(
    lon: FloatArray,
    lat: FloatArray,
    middle: FloatArray,
    axes: FloatArray,
    spacing: float,
    least: float,
    least_lead: float,
) -> IntArray:  # pragma: no cover  # compiled
    numbers = np.full(len(lon), -1)
    face = 0
    for place in range(len(lon)):
        x, y, z = _find_direction(lon[place], lat[place])
        face, cosine, lead = _find_face(x, y, z, middle, face)
        u = (x * axes[face, 0, 0] + y * axes[face, 0, 1] + z * axes[face, 0, 2]) / cosine
        v = (x * axes[face, 1, 0] + y * axes[face, 1, 1] + z * axes[face, 1, 2]) / cosine
        row, column, p, q, r = _round(u, v)
        margin = (0.5 - max(abs(p), abs(q), abs(r))) * spacing
        off2 = (u * u + v * v) * spacing * spacing
        rounding = least + 2.0 * _ROUNDING
        if off2 < _FAR * _FAR:
            rounding = least + _ROUNDING + _ROUNDING_AT_MIDDLE / (1e-12 + math.sqrt(off2))
        if margin > rounding and lead > max(rounding, least_lead):
            numbers[place] = face << 50 | (column + _OFFSET) << 25 | (row + _OFFSET)
    return numbers


def weigh_cells(lon_lat: FloatArray, resolution: int) -> FloatArray:
    r"""Areas of cells from their centres alone, within 4e-8 at resolution 7 and a seventh of that at each finer one.

    All hexagons of a face are alike on it. Its projection from the middle shrinks areas on the sphere by
    :math:`\cos^3 \theta` at the angle :math:`\theta` from there, and the ellipsoid has :math:`a^2 (1 - e^2) / (1 - e^2
    \sin^2 \varphi)^2` for each unit of the sphere. What is left out goes with the square of a cell's width.

    Parameters
    ----------
    lon_lat : ndarray, shape (n, 2)
        Centres of cells. [°]
    resolution : int

    Returns
    -------
    ndarray, shape (n,)
        In km²; NaN for cells near the border of a face, which may lie on both sides of it.
    """
    middle, axes = _get_axes(resolution)
    spacing = 1.0 / float(np.linalg.norm(axes[0, 0]))
    return np.asarray(_weigh_cells(np.ascontiguousarray(lon_lat), middle, spacing))


@njit(cache=True, nogil=True)
def _weigh_cells(
    lon_lat: FloatArray, middle: FloatArray, spacing: float
) -> FloatArray:  # pragma: no cover  # compiled
    area_km2, face = np.empty(len(lon_lat)), 0
    e2 = (2.0 - 1.0 / INVERSE_FLATTENING) / INVERSE_FLATTENING
    of_hexagon = spacing * spacing * math.sqrt(0.75) * SEMI_MAJOR_M * SEMI_MAJOR_M * (1.0 - e2) / 1e6
    for cell in range(len(lon_lat)):
        x, y, z = _find_direction(lon_lat[cell, 0], lon_lat[cell, 1])
        face, cosine, lead = _find_face(x, y, z, middle, face)
        w2 = 1.0 - e2 * z * z
        is_whole = lead > 0.75 * _CLEARANCE * spacing
        area_km2[cell] = of_hexagon * cosine * cosine * cosine / (w2 * w2) if is_whole else np.nan
    return area_km2


def find_hexagons(
    lon_lat: FloatArray, line: IntArray, part: IntArray, count: int, resolution: int
) -> Hexagons:
    """Cells that the outlines of polygons touch, and those inside that they do not touch.

    Parameters
    ----------
    lon_lat : ndarray, shape (n, 2)
        Vertices of all rings one after the other, edges up to a kilometre long. [°]
    line, part : ndarray, shape (n,)
        Number of the ring of each vertex and of the polygon that it belongs to, ascending.
    count : int
        How many polygons there are.
    resolution : int
    """
    middle, axes = _get_axes(resolution)
    spacing = 1.0 / float(np.linalg.norm(axes[0, 0]))
    lon, lat = np.ascontiguousarray(lon_lat.T)
    face, uv, lead = _place(lon, lat, middle, axes)
    first = np.searchsorted(part, np.arange(count))
    # Towards the border the lead over the next face falls by 0.71 a radian.
    strange = (lead < 0.75 * _CLEARANCE * spacing) | (face != face[first[part]])
    is_found = np.bincount(part[strange], minlength=count) == 0
    touching = _TOUCHING + _TOUCHING_M / (spacing * MEAN_RADIUS_M)
    known = is_found[part]
    found = np.empty((2 * len(line) + 64, 3), np.int64)
    size = _trace(uv, line, part, known, touching, found)
    if size > len(found):
        # What found no room was not looked for among the last ones: this time there may be fewer.
        found = np.empty((size, 3), np.int64)
        size = _trace(uv, line, part, known, touching, found)
    found = found[:size]
    own, code = np.unique(_encode(face[first[found[:, 0]]], found[:, 1], found[:, 2]), return_inverse=True)
    pair = np.unique(found[:, 0] * max(len(own), 1) + code)
    met, code = pair // max(len(own), 1), pair % max(len(own), 1)
    gap = _find_gaps(uv, line, np.append(first, len(line)), met, *_decode(own[code])[1:])
    gap = gap[gap[:, 4] == 1]
    row, inner_a = expand_ranges(gap[:, 2], gap[:, 3])
    inner = gap[row, 0]
    surrounded, inner_code = np.unique(_encode(face[first[inner]], inner_a, gap[row, 1]), return_inverse=True)
    return Hexagons(
        met,
        cells_of_hexagons(own, resolution)[code],
        inner,
        cells_of_hexagons(surrounded, resolution)[inner_code],
        is_found,
    )


def _encode(face: IntArray, a: IntArray, b: IntArray) -> IntArray:
    """Numbers of hexagons, in the order of faces, of rows on them and of places in the rows."""
    return face << 50 | (b + _OFFSET) << 25 | (a + _OFFSET)


def _decode(hexagon: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    mask = 2 * _OFFSET - 1
    return hexagon >> 50, (hexagon & mask) - _OFFSET, (hexagon >> 25 & mask) - _OFFSET


@njit(cache=True, nogil=True)
def _find_gaps(
    uv: FloatArray, line: IntArray, first: IntArray, part: IntArray, a: IntArray, b: IntArray
) -> IntArray:  # pragma: no cover  # compiled
    """Find runs of untouched hexagons: polygon, row, begin, end and whether (1) or not (0) they lie inside.

    A run lies between two touched hexagons of its row, on one side of the outline with all untouched ones beside
    it: of those in the row before it is known already.
    """
    gaps, count = np.empty((len(part), 5), np.int64), 0
    before, latest = 0, 0
    for number in range(1, len(part)):
        mine = part[number]
        if mine != part[number - 1]:
            before = latest = count
            continue
        if b[number] != b[number - 1]:
            before, latest = latest if b[number] == b[number - 1] + 1 else count, count
            continue
        begin, end = a[number - 1] + 1, a[number]
        if begin == end:
            continue
        side = -1
        for other in range(before, latest):
            if gaps[other, 2] <= end and gaps[other, 3] > begin:
                side = gaps[other, 4]
                break
        if side < 0:
            x, y = begin + 0.5 * b[number], b[number] * (math.sqrt(3.0) / 2.0)
            side = int(_holds(uv, line, first[mine], first[mine + 1], x, y))
        gaps[count] = mine, b[number], begin, end, side
        count += 1
    return gaps[:count]


@njit(cache=True, inline="always")
def _holds(
    uv: FloatArray, line: IntArray, first: int, last: int, x: float, y: float
) -> bool:  # pragma: no cover  # compiled
    """Whether a polygon holds a place that does not lie on its outline: a ray meets it an odd number of times."""
    inside = False
    for end in range(first + 1, last):
        if line[end] != line[end - 1] or (uv[end, 1] > y) == (uv[end - 1, 1] > y):
            continue
        t = (y - uv[end - 1, 1]) / (uv[end, 1] - uv[end - 1, 1])
        if uv[end - 1, 0] + t * (uv[end, 0] - uv[end - 1, 0]) > x:
            inside = not inside
    return inside


@njit(cache=True, nogil=True)
def _trace(
    uv: FloatArray,
    line: IntArray,
    part: IntArray,
    known: NDArray[np.bool_],
    touching: float,
    found: IntArray,
) -> int:  # pragma: no cover  # compiled
    """Write hexagons that lines touch, some of them again and again, as far as there is room, and count them."""
    count = 0
    for end in range(len(line)):
        if not known[end]:
            continue
        is_first = end == 0 or line[end] != line[end - 1]
        start = end if is_first else end - 1
        a, b, p, q, r = _round(uv[start, 0], uv[start, 1])
        last_a, last_b, last_p, last_q, last_r = _round(uv[end, 0], uv[end, 1])
        farthest = max(abs(p), abs(q), abs(r), abs(last_p), abs(last_q), abs(last_r))
        if not is_first and a == last_a and b == last_b and farthest < 0.5 - touching:
            continue
        dx, dy = uv[end, 0] - uv[start, 0], uv[end, 1] - uv[start, 1]
        steps = math.ceil(math.sqrt(dx * dx + dy * dy) / _SAMPLING)
        near = 0.5 - touching - 0.5 * _SAMPLING * (steps > 0)
        before = (0, 0, 0, 0, 0)
        for step in range(steps + 1):
            t = step / max(steps, 1)
            a, b, p, q, r = _round(uv[start, 0] + t * dx, uv[start, 1] + t * dy)
            i, j, k = (abs(p) > near) * _sign(p), (abs(q) > near) * _sign(q), (abs(r) > near) * _sign(r)
            if step > 0 and before == (a, b, i, j, k):
                continue
            before = (a, b, i, j, k)
            for row, column in ((a, b), (a + i, b), (a, b + j), (a - k, b + k)):
                if not _is_among(found, max(0, count - _RECENT), count, part[end], row, column):
                    if count < len(found):
                        found[count] = part[end], row, column
                    count += 1
    return count


@njit(cache=True, inline="always")
def _is_among(
    found: IntArray, begin: int, end: int, part: int, row: int, column: int
) -> bool:  # pragma: no cover  # compiled
    for number in range(begin, min(end, len(found))):
        if found[number, 0] == part and found[number, 1] == row and found[number, 2] == column:
            return True
    return False


@njit(cache=True, inline="always")
def _sign(value: float) -> int:  # pragma: no cover  # compiled
    return 1 if value > 0.0 else -1


@njit(cache=True, nogil=True)
def _place(
    lon: FloatArray, lat: FloatArray, middle: FloatArray, axes: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:  # pragma: no cover  # compiled
    faces, uv, leads = np.empty(len(lon), np.int64), np.empty((len(lon), 2)), np.empty(len(lon))
    face = 0
    for place in range(len(lon)):
        x, y, z = _find_direction(lon[place], lat[place])
        face, cosine, leads[place] = _find_face(x, y, z, middle, face)
        faces[place] = face
        for axis in range(2):
            dot = x * axes[face, axis, 0] + y * axes[face, axis, 1] + z * axes[face, axis, 2]
            uv[place, axis] = dot / cosine
    return faces, uv, leads
