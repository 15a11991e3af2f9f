"""Hierarchy of strips over the pieces of lines: tight bounds for the distance to many pieces at once.

A strip is the chord from the first vertex of a chain of pieces to the last, with a half width that covers all
of the chain [1]_. The chain lies within the half width of the chord and the other way round, so the distance to
the chain is the distance to the chord give or take the half width. Everything is in geocentric space: no
projection, hence no zone edge.

References
----------
.. [1] D. H. Ballard, "Strip trees: a hierarchical representation for curves", Comm. ACM 24 (1981) 310-321.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from geo.distance.pieces import IntArray, Pieces
from geo.distance.segments import approach_point
from geo.ellipsoid import FloatArray

__all__ = ["Strips", "bound_runs", "build_box_tree", "build_levels", "take_strips"]

_FAN_OUT = 8
_LEVELS = 4
_BOX_MARGIN_DEG = 1e-5


@dataclass(frozen=True)
class Strips:
    """One level of the hierarchy; the lowest one holds the pieces themselves."""

    origin_m: FloatArray
    """First end of the chords, geocentric, shape (3, n). [m]"""
    span_m: FloatArray
    """From the first end to the last, shape (3, n). [m]"""
    half_width_m: FloatArray
    """Farthest that anything of the chain lies from the chord, shape (n,). [m]"""
    owner: IntArray
    """Position of the geometry, shape (n,)."""
    first_piece: IntArray
    """Where the pieces of each strip begin, shape (n + 1,)."""
    first_child: IntArray
    """Where its strips of the level below begin, shape (n + 1,)."""

    def __len__(self) -> int:
        return len(self.owner)


def take_strips(pieces: Pieces) -> Strips:
    """Return the pieces themselves as the lowest level."""
    every = np.arange(len(pieces) + 1)
    return Strips(pieces.origin_m, pieces.span_m, pieces.sag_m, pieces.owner, every, every)


def build_levels(pieces: Pieces, lowest: Strips) -> list[Strips]:
    """Levels of strips over pieces, from the pieces upwards; a strip never spans two lines."""
    levels = [lowest]
    while len(levels) < _LEVELS:
        below = levels[-1]
        line = pieces.line[below.first_piece[:-1]]
        line_start = np.flatnonzero(np.append(True, line[1:] != line[:-1]))
        within_line = np.arange(len(line)) - np.repeat(line_start, np.diff(np.append(line_start, len(line))))
        first_child = np.append(np.flatnonzero(within_line % _FAN_OUT == 0), len(below))
        levels.append(_build_strips(pieces, below.first_piece[first_child], first_child))
    return levels


def _build_strips(pieces: Pieces, first_piece: IntArray, first_child: IntArray) -> Strips:
    start, stop = first_piece[:-1], first_piece[1:]
    origin_m = pieces.origin_m[:, start]
    span_m = pieces.origin_m[:, stop - 1] + pieces.span_m[:, stop - 1] - origin_m
    strip = np.repeat(np.arange(start.size), stop - start)
    squared_m2, _ = approach_point(pieces.origin_m, origin_m[:, strip], span_m[:, strip])
    half_width_m = np.sqrt(np.maximum.reduceat(squared_m2, start)) + np.maximum.reduceat(pieces.sag_m, start)
    return Strips(origin_m, span_m, half_width_m, pieces.owner[start], first_piece, first_child)


def bound_runs(lon_lat: FloatArray, start: IntArray) -> FloatArray:
    """Bounds (west, south, east, north) in degrees of runs of pieces, shape (n, 4), the bow of geodesics included.

    A run that crosses the antimeridian gets the whole circle.

    Parameters
    ----------
    lon_lat : ndarray, shape (m, 2, 2)
        Ends of the pieces. [°]
    start : ndarray, shape (n,)
        Where the runs start, ascending from 0.
    """
    lower = np.minimum.reduceat(lon_lat.min(axis=1), start) - _BOX_MARGIN_DEG
    upper = np.maximum.reduceat(lon_lat.max(axis=1), start) + _BOX_MARGIN_DEG
    around = np.logical_or.reduceat(np.abs(lon_lat[:, 1, 0] - lon_lat[:, 0, 0]) > 180.0, start)
    lower[around, 0], upper[around, 0] = -180.0, 180.0
    return np.concatenate([lower, upper], axis=1)


def build_box_tree(pieces: Pieces, strips: Strips) -> shapely.STRtree:
    """Spatial index over the boxes of strips, in degrees."""
    boxes = np.asarray(shapely.box(*bound_runs(pieces.lon_lat, strips.first_piece[:-1]).T))
    return shapely.STRtree(boxes)
