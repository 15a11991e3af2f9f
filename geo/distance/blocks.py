"""Pieces of subjects in blocks of one cell of longitude and latitude, which look for strips of targets together."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance.pieces import IntArray, Pieces
from geo.distance.search import Probes
from geo.distance.strips import bound_runs
from geo.ellipsoid import FloatArray, to_cartesian_m

__all__ = ["Blocks", "gather_blocks", "grow_boxes", "make_probes", "number_cells"]

_CELL_DEG = 0.015
"""Side of a cell. [°]"""

_MIN_RADIUS_M = 6_330_000.0
"""Less than any radius of curvature of the ellipsoid. [m]"""

_WIDENING = 1.01
"""Factor on reaches in degrees, which are those of a sphere."""


@dataclass(frozen=True)
class Blocks:
    """Probes by block, and a ball around each block."""

    probes: Probes
    """Pieces of subjects, block by block; the group is the number of the subject."""
    row: IntArray
    """The piece that each probe stands for."""
    first_probe: IntArray
    """Where the probes of each block begin, shape (n + 1,)."""
    bounds: FloatArray
    """West, south, east, north of each block, shape (n, 4). [°]"""
    balls: Probes
    """Ball around each block, as a probe that stands for all of its probes."""


def number_cells(lon_lat: FloatArray) -> IntArray:
    """Identify the cell that each point of an array of shape (n, 2) lies in."""
    cell: IntArray = np.floor(lon_lat[:, 0] / _CELL_DEG).astype(np.int64) * 1_000_000
    cell += np.floor(lon_lat[:, 1] / _CELL_DEG).astype(np.int64)
    return cell


def make_probes(subjects: Pieces, row: IntArray, limit_m: float) -> Probes:
    """Probes for some pieces of subjects that look no farther than a limit."""
    return Probes(
        subjects.origin_m[:, row],
        subjects.span_m[:, row] if subjects.span_m.any() else None,
        subjects.sag_m[row],
        np.full(len(row), limit_m),
        subjects.owner[row],
    )


def gather_blocks(subjects: Pieces, limit_m: float) -> Blocks:
    """Blocks of the pieces of subjects that look no farther than a limit."""
    cell = number_cells(subjects.lon_lat[:, 0])
    row = np.argsort(cell, kind="stable")
    first_probe = np.flatnonzero(np.diff(cell[row], prepend=cell[row[0]] - 1, append=cell[row[-1]] + 1))
    bounds = bound_runs(subjects.lon_lat[row], first_probe[:-1])
    probes = make_probes(subjects, row, limit_m)
    return Blocks(probes, row, first_probe, bounds, _wrap_blocks(probes, first_probe, bounds, limit_m))


def _wrap_blocks(probes: Probes, first_probe: IntArray, bounds: FloatArray, limit_m: float) -> Probes:
    """Ball around each block; its radius is the half width of the probe."""
    centre_m = to_cartesian_m(*((bounds[:, :2] + bounds[:, 2:]) / 2.0).T)
    offset_m = probes.origin_m - np.repeat(centre_m, np.diff(first_probe), axis=1)
    away_m = np.sqrt((offset_m**2).sum(axis=0)) + probes.half_width_m
    if probes.span_m is not None:
        away_m += np.sqrt((probes.span_m**2).sum(axis=0))
    radius_m = np.maximum.reduceat(away_m, first_probe[:-1])
    return Probes(centre_m, None, radius_m, np.full(len(bounds), limit_m), np.arange(len(bounds)))


def grow_boxes(bounds: FloatArray, reach_m: FloatArray) -> tuple[IntArray, NDArray[np.object_]]:
    """Boxes in degrees that hold all that lies within reach of bounds, and the number of the bounds of each.

    What sticks out over the antimeridian comes back in on the other side as another box.
    """
    angle = np.minimum(reach_m / _MIN_RADIUS_M, np.pi)
    west, south, east, north = bounds.T
    farthest = np.radians(np.maximum(np.abs(south), np.abs(north)))
    polar = farthest + angle > np.pi / 2.0 - 1e-3
    sine = np.divide(np.sin(angle), np.cos(farthest), out=np.ones_like(angle), where=~polar)
    widening = np.where(polar, 360.0, np.degrees(np.arcsin(np.minimum(sine, 1.0))) * _WIDENING)
    rise = np.degrees(angle) * _WIDENING
    boxes = np.stack([west - widening, south - rise, east + widening, north + rise])
    over_west, over_east = np.flatnonzero(boxes[0] < -180.0), np.flatnonzero(boxes[2] > 180.0)
    turn = np.array([[360.0], [0.0], [360.0], [0.0]])
    boxes = np.concatenate([boxes, boxes[:, over_west] + turn, boxes[:, over_east] - turn], axis=1)
    number = np.concatenate([np.arange(len(bounds)), over_west, over_east])
    return number, np.asarray(shapely.box(*boxes))
