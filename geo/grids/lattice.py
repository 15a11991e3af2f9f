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
from functools import cache

import h3.api.numpy_int as h3
import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray

__all__ = ["find_clear_places"]

_TURN = math.atan2(math.sqrt(3.0), 5.0)

_SURE = 0.935
"""Cosine of 20.8°: no place so near to the middle of a face is nearer to another's."""

_ROUNDING = 1e-10
"""Places this near to an edge may be put on either side of it. [rad] H3's own rounding is a millionth of that,"""

_ROUNDING_AT_MIDDLE = 1e-14
"""and this over the distance, close to the middle of a face. [rad²]"""

_SAMPLING = 0.05
"""Samples on an edge of an outline lie this part of the spacing of the lattice apart."""

_TOUCHING = 1e-6
"""How near to an edge of the lattice an outline touches it. [1] In metres at resolution 8: 1 mm."""

_CLEARANCE = 3.0
"""Nearer to the border of a face than so many spacings the lattice of the next one has a say."""

_OFFSET = 1 << 24


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


def find_clear_places(lon: FloatArray, lat: FloatArray, resolution: int) -> NDArray[np.bool_]:
    """Which places lie so far from the edges of cells that no rounding puts them into another, shape (n,)."""
    middle, axes = _get_axes(resolution)
    return np.asarray(_find_clear(lon, lat, middle, axes, 1.0 / float(np.linalg.norm(axes[0, 0]))))


@njit(cache=True, nogil=True)
def _find_clear(
    lon: FloatArray, lat: FloatArray, middle: FloatArray, axes: FloatArray, spacing: float
) -> NDArray[np.bool_]:  # pragma: no cover  # compiled
    clear = np.empty(len(lon), dtype=np.bool_)
    face = 0
    for place in range(len(lon)):
        east, north = math.radians(lon[place]), math.radians(lat[place])
        x, y, z = math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
        face, cosine, lead = _find_face(x, y, z, middle, face)
        u = (x * axes[face, 0, 0] + y * axes[face, 0, 1] + z * axes[face, 0, 2]) / cosine
        v = (x * axes[face, 1, 0] + y * axes[face, 1, 1] + z * axes[face, 1, 2]) / cosine
        _, _, p, q, r = _round(u, v)
        margin = (0.5 - max(abs(p), abs(q), abs(r))) * spacing
        rounding = _ROUNDING + _ROUNDING_AT_MIDDLE / (1e-12 + spacing * math.sqrt(u * u + v * v))
        clear[place] = margin > rounding and lead > rounding
    return clear


def place_on_faces(
    lon: FloatArray, lat: FloatArray, resolution: int
) -> tuple[IntArray, FloatArray, NDArray[np.bool_]]:
    """Face of each place, its coordinates on the lattice in spacings, shape (n, 2), and whether far from the border."""
    middle, axes = _get_axes(resolution)
    face, uv, lead = _place(lon, lat, middle, axes)
    spacing = 1.0 / float(np.linalg.norm(axes[0, 0]))
    # A spacing of the face is longest in its middle; towards the border the lead grows by 0.71 a radian.
    return face, uv, lead > 0.75 * _CLEARANCE * spacing


@njit(cache=True, nogil=True)
def _place(
    lon: FloatArray, lat: FloatArray, middle: FloatArray, axes: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:  # pragma: no cover  # compiled
    faces, uv, leads = np.empty(len(lon), np.int64), np.empty((len(lon), 2)), np.empty(len(lon))
    face = 0
    for place in range(len(lon)):
        east, north = math.radians(lon[place]), math.radians(lat[place])
        x, y, z = math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
        face, cosine, leads[place] = _find_face(x, y, z, middle, face)
        faces[place] = face
        for axis in range(2):
            dot = x * axes[face, axis, 0] + y * axes[face, axis, 1] + z * axes[face, axis, 2]
            uv[place, axis] = dot / cosine
    return faces, uv, leads
