"""The nearest target of every subject, and every target within a limit.

Subjects are worked through in spatial order, in blocks of one cell of longitude and latitude: a block looks for the
strips of targets that any of its subjects may need, its subjects then go down the strips by themselves.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance.containment import densify_polygons, find_contained
from geo.distance.pieces import (
    MAX_PIECE_M,
    Geometries,
    IntArray,
    Pieces,
    check_geometries,
    cut_pieces,
    explode,
)
from geo.distance.search import (
    Probes,
    descend,
    keep_first,
    rank_pieces,
    select_contenders,
    settle,
)
from geo.distance.segments import approach_point
from geo.distance.strips import Strips, bound_runs, build_box_tree, build_levels, expand_ranges
from geo.ellipsoid import FloatArray, to_cartesian_m
from geo.errors import OutOfRangeError

__all__ = ["NearestResult", "TargetIndex", "TargetPairs", "nearest"]

_CELL_DEG = 0.02
"""Side of the cell that a block of subjects comes from. [°]"""

_CHUNK_ROWS = 32_768
"""Pieces of subjects that are searched for in one go; it bounds the memory and is the unit of work of a thread."""

_SEED_BEYOND_M = 10_000.0
"""Limits beyond this are cut down to where some target is known to be. [m]"""

_TIE_M = 1e-6
"""Targets closer together than this count as equally far: the one that comes first is taken. [m]"""

_MIN_RADIUS_M = 6_330_000.0
"""Less than any radius of curvature of the ellipsoid. [m]"""


@dataclass(frozen=True)
class NearestResult:
    """The nearest target of each subject: one row per subject, in their order, arrays of shape (n,)."""

    target: IntArray
    """Position in the targets; -1 where none is within the limit."""
    distance_m: FloatArray
    """Geodesic distance, 0 where the two touch or overlap; NaN where none is within the limit. [m]"""
    inside: NDArray[np.bool_]
    """Subject and target share a point: it lies inside an area, overlaps or crosses it, or touches it."""
    from_lon: FloatArray
    """Where the shortest line starts on the subject; NaN where none is within the limit. [°]"""
    from_lat: FloatArray
    to_lon: FloatArray
    """Where it ends on the target. [°]"""
    to_lat: FloatArray


@dataclass(frozen=True)
class TargetPairs:
    """Targets within a limit: one row per pair, by subject, then by target."""

    subject: IntArray
    """Position in the subjects."""
    target: IntArray
    """Position in the targets."""
    distance_m: FloatArray
    """Geodesic distance, 0 where the two touch or overlap. [m]"""
    from_lon: FloatArray
    """Where the shortest line starts on the subject. [°]"""
    from_lat: FloatArray
    to_lon: FloatArray
    """Where it ends on the target. [°]"""
    to_lat: FloatArray

    def __len__(self) -> int:
        return len(self.subject)


class _Found(NamedTuple):
    """Settled pairs."""

    subject: IntArray
    target: IntArray
    distance_m: FloatArray
    start: FloatArray
    end: FloatArray

    def take(self, index: IntArray) -> "_Found":
        return _Found(
            self.subject[index],
            self.target[index],
            self.distance_m[index],
            self.start[index],
            self.end[index],
        )


class _Prepared:
    """Geometries of one side, checked and cut."""

    def __init__(self, geometries: Geometries, role: str) -> None:
        array = check_geometries(geometries, role)
        self.role = role
        self.count = len(array)
        self.parts, self.owner = explode(array)
        self.pieces = cut_pieces(self.parts, self.owner)

    @cached_property
    def polygon_owner(self) -> IntArray:
        owner: IntArray = self.owner[shapely.get_type_id(self.parts) == shapely.GeometryType.POLYGON]
        return owner

    @cached_property
    def polygons(self) -> NDArray[np.object_]:
        areal = self.parts[shapely.get_type_id(self.parts) == shapely.GeometryType.POLYGON]
        return densify_polygons(areal, self.polygon_owner, self.role)

    @cached_property
    def line_starts(self) -> IntArray:
        """First piece of each line, ring or point: lies inside a polygon if the whole line does."""
        return keep_first(np.arange(len(self.pieces)), self.pieces.line)


class TargetIndex:
    """Targets prepared once and asked many times.

    Distances are geodesic on the CGCS2000 ellipsoid, between the closest points of subject and target; edges are
    geodesics. They agree with a brute-force computation to 1 mm up to 1,000 km and to 1e-5 m below 10 km, anywhere on
    the ellipsoid. No projection is used. What is closer than 1e-5 m touches and has the distance 0; so has what
    overlaps, crosses, contains or lies inside. A subject in a hole of a target is outside it.

    Parameters
    ----------
    geometries : sequence of shapely.Geometry
        Points, lines, polygons, multi-parts and collections, EPSG:4490, longitude before latitude.

    Raises
    ------
    GeometryError
        If one is missing, empty, invalid, not a number or an areal one crosses the antimeridian.
    OutOfRangeError
        If a coordinate is outside longitude [-180, 180] or latitude [-90, 90].
    """

    def __init__(self, geometries: Geometries) -> None:
        self._targets = _Prepared(geometries, "target")
        self._levels: list[Strips] = []
        if self._targets.count:
            self._levels = build_levels(self._targets.pieces)
            self._box_tree = build_box_tree(self._targets.pieces, self._levels[-1])

    def __len__(self) -> int:
        return self._targets.count

    def nearest(
        self, subjects: Geometries, within_m: float | None = None, threads: int | None = None
    ) -> NearestResult:
        """Find the nearest target of each subject.

        Of targets equally far (to 1e-6 m) the one that comes first is taken. The result does not depend on the number
        of threads.

        Parameters
        ----------
        subjects : sequence of shapely.Geometry
            As the targets.
        within_m : float, optional
            Look no farther; the limit itself is within. Without it any distance counts. [m]
        threads : int, optional
            How many threads to use; all processors unless stated.

        Raises
        ------
        GeometryError, OutOfRangeError
            As for the targets; also if `within_m` is negative or not a number.
        """
        prepared = _Prepared(subjects, "subject")
        found = self._search(prepared, within_m, threads, every_target=False)
        index = found.subject
        target = np.full(prepared.count, -1, dtype=np.int64)
        target[index] = found.target
        columns = np.full((5, prepared.count), np.nan)
        columns[:, index] = [found.distance_m, *found.start.T, *found.end.T]
        return NearestResult(target, columns[0], columns[0] == 0.0, *columns[1:])

    def within(self, subjects: Geometries, within_m: float, threads: int | None = None) -> TargetPairs:
        """Every target within a limit of each subject; the limit itself is within.

        Parameters
        ----------
        subjects : sequence of shapely.Geometry
            As the targets.
        within_m : float
            The limit. [m]
        threads : int, optional
            How many threads to use; all processors unless stated.

        Raises
        ------
        GeometryError, OutOfRangeError
            As for `nearest`.
        """
        found = self._search(_Prepared(subjects, "subject"), within_m, threads, every_target=True)
        return TargetPairs(found.subject, found.target, found.distance_m, *found.start.T, *found.end.T)

    def _search(
        self, subjects: _Prepared, within_m: float | None, threads: int | None, *, every_target: bool
    ) -> _Found:
        """Settled pairs by subject, then by target; without `every_target` one for each subject that has any."""
        limit_m = np.inf if within_m is None else float(within_m)
        if not limit_m >= 0.0:
            raise OutOfRangeError(f"distance limit {within_m} m is not a distance")
        if not (subjects.count and self._targets.count):
            none = np.empty(0, dtype=np.int64)
            return _Found(none, none, np.empty(0), np.empty((0, 2)), np.empty((0, 2)))

        def search_chunk(rows: IntArray) -> _Found:
            return self._search_chunk(subjects.pieces, rows, limit_m, every_target)

        choose = _keep_closest if every_target else _keep_nearest
        found = _merge(_map(search_chunk, _split_rows(subjects.pieces), threads))
        return choose(_merge([found, self._find_contained(subjects)]))

    def _search_chunk(self, subjects: Pieces, rows: IntArray, limit_m: float, every_target: bool) -> _Found:
        """Settled pairs of some pieces of subjects, which hold all pieces of each subject."""
        rows, first_row = _sort_into_blocks(subjects, rows)
        block, strip = self._find_strips(subjects, rows, first_row, limit_m, every_target)
        source, row = expand_ranges(first_row[block], first_row[block + 1])
        probes = _make_probes(subjects, rows, limit_m)
        probe, piece = descend(self._levels[1:-1], probes, row, strip[source], every_target=every_target)
        candidates = rank_pieces(probes, self._levels[0], probe, piece)
        candidates = select_contenders(candidates, probes, self._levels[0].owner, every_target=every_target)
        row = rows[candidates.probe]
        distance_m, start, end = settle(subjects, self._targets.pieces, candidates, row)
        found = _Found(subjects.owner[row], self._levels[0].owner[candidates.piece], distance_m, start, end)
        found = found.take(np.flatnonzero(distance_m <= limit_m))
        return _keep_closest(found) if every_target else _keep_nearest(found)

    def _find_strips(
        self, subjects: Pieces, rows: IntArray, first_row: IntArray, limit_m: float, every_target: bool
    ) -> tuple[IntArray, IntArray]:
        """Pairs (block of rows, strip of the second highest level) that the rows may need."""
        bounds = bound_runs(subjects.lon_lat[rows], first_row[:-1])
        balls = _wrap_blocks(subjects, rows, first_row, bounds, limit_m)
        if limit_m > _SEED_BEYOND_M and not every_target:
            np.minimum(balls.limit_m, self._reach_any_m(balls, bounds), out=balls.limit_m)
        block, boxes = _grow_boxes(bounds, balls.limit_m)
        index, strip = self._box_tree.query(boxes)
        return descend(self._levels[-1:], balls, block[index], strip, every_target=every_target)

    def _reach_any_m(self, balls: Probes, bounds: FloatArray) -> FloatArray:
        """Distance in metres within which each block surely finds a target: any strip near by will do."""
        middle = shapely.points((bounds[:, :2] + bounds[:, 2:]) / 2.0)
        block, strip = self._box_tree.query_nearest(middle, all_matches=False)
        top = self._levels[-1]
        squared_m2, _ = approach_point(balls.origin_m[:, block], top.origin_m[:, strip], top.span_m[:, strip])
        chord_m = np.sqrt(squared_m2) + balls.half_width_m[block] + top.half_width_m[strip]
        return np.asarray(np.pi / 2.0 * chord_m)

    def _find_contained(self, subjects: _Prepared) -> _Found:
        """Pairs of which one lies wholly inside a polygon of the other, or has a part that does."""
        targets = self._targets
        inner = _contain(subjects, targets)
        outer = _contain(targets, subjects)
        place = np.concatenate([inner[2], outer[2]])
        return _Found(
            np.concatenate([inner[0], outer[1]]),
            np.concatenate([inner[1], outer[0]]),
            np.zeros(len(place)),
            place,
            place,
        )


def nearest(subjects: Geometries, targets: Geometries, within_m: float | None = None) -> NearestResult:
    """Find the nearest target of each subject; `TargetIndex` serves many questions to the same targets.

    Parameters
    ----------
    subjects, targets : sequence of shapely.Geometry
        Any kind, EPSG:4490.
    within_m : float, optional
        Look no farther; the limit itself is within. [m]

    Raises
    ------
    GeometryError, OutOfRangeError
        As for `TargetIndex` and its `nearest`.

    Examples
    --------
    >>> found = nearest([shapely.Point(103, 26)], [shapely.LineString([(102, 27), (104, 27)])])
    >>> found.target.tolist(), found.distance_m.round().tolist()
    ([0], [110993.0])
    """
    return TargetIndex(targets).nearest(subjects, within_m)


def _contain(inner: _Prepared, outer: _Prepared) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs (inner, outer) where a line or point of the one starts inside a polygon of the other, and where."""
    if not outer.polygons.size:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty((0, 2))
    start = inner.pieces.lon_lat[inner.line_starts, 0]
    line, polygon = find_contained(start, outer.polygons)
    return inner.pieces.owner[inner.line_starts[line]], outer.polygon_owner[polygon], start[line]


def _split_rows(subjects: Pieces) -> list[IntArray]:
    """Pieces in spatial order of their subjects, in chunks that hold all pieces of a subject."""
    first = keep_first(np.arange(len(subjects)), subjects.owner)
    order = np.argsort(_number_cells(subjects.lon_lat[first]), kind="stable")
    first = np.append(first, len(subjects))
    _, rows = expand_ranges(first[:-1][order], first[1:][order])
    stop = np.cumsum(np.diff(first)[order])
    cuts = stop[np.flatnonzero(np.diff(stop // _CHUNK_ROWS))]
    return np.split(rows, cuts)


def _number_cells(lon_lat: FloatArray) -> IntArray:
    """Identify the cell that the first end of each piece lies in."""
    column, row = np.floor(lon_lat[:, 0].T / _CELL_DEG).astype(np.int64)
    return np.asarray(column * 1_000_000 + row)


def _sort_into_blocks(subjects: Pieces, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Rows by cell, and where each block of one cell starts (and the last one ends)."""
    cell = _number_cells(subjects.lon_lat[rows])
    order = np.argsort(cell, kind="stable")
    first_row = np.flatnonzero(np.diff(cell[order], prepend=cell[order[0]] - 1, append=-(2**62)))
    return rows[order], first_row


def _wrap_blocks(
    subjects: Pieces, rows: IntArray, first_row: IntArray, bounds: FloatArray, limit_m: float
) -> Probes:
    """Ball around each block of rows, as a probe that stands for all of them."""
    centre_m = to_cartesian_m(*((bounds[:, :2] + bounds[:, 2:]) / 2.0).T)
    block = np.repeat(np.arange(len(bounds)), np.diff(first_row))
    away_m = np.sqrt(((subjects.origin_m[:, rows] - centre_m[:, block]) ** 2).sum(axis=0))
    radius_m = np.maximum.reduceat(away_m, first_row[:-1]) + MAX_PIECE_M
    count = len(bounds)
    return Probes(centre_m, None, radius_m, np.full(count, limit_m), np.arange(count))


def _make_probes(subjects: Pieces, rows: IntArray, limit_m: float) -> Probes:
    """Probes of the rows; those of one subject search together."""
    span_m = subjects.span_m[:, rows]
    _, group = np.unique(subjects.owner[rows], return_inverse=True)
    limits = np.full(len(rows), limit_m)
    return Probes(
        subjects.origin_m[:, rows], span_m if span_m.any() else None, subjects.sag_m[rows], limits, group
    )


def _grow_boxes(bounds: FloatArray, reach_m: FloatArray) -> tuple[IntArray, NDArray[np.object_]]:
    """Boxes in degrees that hold all that lies within reach of bounds, and the number of the bounds of each.

    What sticks out over the antimeridian comes back in on the other side as another box.
    """
    angle = np.minimum(reach_m / _MIN_RADIUS_M, np.pi)
    west, south, east, north = bounds.T
    farthest = np.radians(np.maximum(np.abs(south), np.abs(north)))
    polar = farthest + angle > 1.57
    ratio = np.sin(np.where(polar, 0.0, angle)) / np.cos(np.where(polar, 0.0, farthest))
    widening = np.where(polar, 360.0, np.degrees(np.arcsin(np.minimum(ratio, 1.0))) * 1.01)
    rise = np.degrees(angle) * 1.01
    boxes = np.stack([west - widening, south - rise, east + widening, north + rise])
    number = np.arange(len(bounds))
    over = [(number[boxes[0] < -180.0], 360.0), (number[boxes[2] > 180.0], -360.0)]
    numbers = np.concatenate([number, *(index for index, _ in over)])
    turned = [boxes[:, index] + np.array([[turn], [0.0], [turn], [0.0]]) for index, turn in over]
    return numbers, shapely.box(*np.concatenate([boxes, *turned], axis=1))


def _keep_nearest(found: _Found) -> _Found:
    """Keep the closest target of each subject; of those equally far the one that comes first."""
    subject, number = np.unique(found.subject, return_inverse=True)
    best_m = np.full(len(subject), np.inf)
    np.minimum.at(best_m, number, found.distance_m)
    found = found.take(np.flatnonzero(found.distance_m <= best_m[number] + _TIE_M))
    order = np.lexsort((found.distance_m, found.target, found.subject))
    return found.take(keep_first(order, found.subject))


def _keep_closest(found: _Found) -> _Found:
    """Keep each pair of subject and target once, at its smallest distance."""
    order = np.lexsort((found.distance_m, found.target, found.subject))
    return found.take(keep_first(order, found.subject, found.target))


def _merge(found: list[_Found]) -> _Found:
    return _Found(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _map(search: Callable[[IntArray], _Found], chunks: list[IntArray], threads: int | None) -> list[_Found]:
    """Answers of chunks in their order, from several threads."""
    workers = min(threads or os.cpu_count() or 1, len(chunks))
    if workers == 1:
        return [search(chunk) for chunk in chunks]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(search, chunks))
