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

from geo.distance.blocks import Blocks, gather_blocks, grow_boxes, make_probes, number_cells
from geo.distance.pieces import Geometries, IntArray, Outline, Pieces, cut_pieces, expand_ranges
from geo.distance.search import Probes, descend, rank_pieces, select_contenders, settle
from geo.distance.segments import approach_point
from geo.distance.sides import Side, find_enclosed
from geo.distance.strips import Strips, build_box_tree, build_levels, take_strips
from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError

__all__ = ["TIE_M", "NearestResult", "TargetIndex", "TargetPairs", "nearest"]

_CHUNK_VERTICES = 16_384
"""Vertices of subjects that are searched for in one go: it bounds the memory and is the unit of work of a thread."""

_BLOCK_LEVEL = 2
"""Level of strips down to which blocks go; from there their probes go by themselves."""

_FEW_PAIRS = 20_000
"""No more pairs of pieces are all ranked: to rule any of them out would take longer."""

_SEED_BEYOND_M = 10_000.0
"""Limits beyond this are cut down to where some target is known to be. [m]"""

TIE_M = 1e-6
"""Targets closer together than this count as equally far: the one that comes first is taken. [m]"""


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


class _Pairs(NamedTuple):
    """Pieces of subjects and of targets that are worth a closer look."""

    probes: Probes
    row: IntArray
    """The piece of a subject that each probe stands for."""
    probe: IntArray
    """Of each pair, its probe."""
    piece: IntArray
    """And its piece of a target."""


_FOUND_NONE = _Found(
    np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0), np.empty((0, 2)), np.empty((0, 2))
)


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
        self._targets = Side(geometries, "target")
        if self._targets.count:
            self._pieces = self._targets.pieces

    @cached_property
    def _strips(self) -> Strips:
        return take_strips(self._pieces)

    @cached_property
    def _levels(self) -> list[Strips]:
        return build_levels(self._pieces, self._strips)

    @cached_property
    def _box_tree(self) -> shapely.STRtree:
        return build_box_tree(self._pieces, self._levels[-1])

    def __len__(self) -> int:
        return self._targets.count

    def nearest(
        self, subjects: Geometries | Side, within_m: float | None = None, threads: int | None = None
    ) -> NearestResult:
        """Find the nearest target of each subject.

        Of targets equally far (to 1e-6 m) the one that comes first is taken. The result does not depend on the number
        of threads.

        Parameters
        ----------
        subjects : sequence of shapely.Geometry, or Side
            As the targets; a side is what several indexes are asked about.
        within_m : float, optional
            Look no farther; the limit itself is within. Without it any distance counts. [m]
        threads : int, optional
            How many threads to use; all processors unless stated.

        Raises
        ------
        GeometryError, OutOfRangeError
            As for the targets; also if `within_m` is negative or not a number.
        """
        side = subjects if isinstance(subjects, Side) else Side(subjects, "subject")
        found = self._search(side, within_m, threads, _keep_nearest)
        target = np.full(side.count, -1, dtype=np.int64)
        target[found.subject] = found.target
        columns = np.full((5, side.count), np.nan)
        columns[:, found.subject] = [found.distance_m, *found.start.T, *found.end.T]
        return NearestResult(target, columns[0], columns[0] == 0.0, *columns[1:])

    def within(self, subjects: Geometries | Side, within_m: float, threads: int | None = None) -> TargetPairs:
        """Every target within a limit of each subject; the limit itself is within.

        Parameters
        ----------
        subjects : sequence of shapely.Geometry, or Side
            As for `nearest`.
        within_m : float
            The limit. [m]
        threads : int, optional
            How many threads to use; all processors unless stated.

        Raises
        ------
        GeometryError, OutOfRangeError
            As for `nearest`.
        """
        side = subjects if isinstance(subjects, Side) else Side(subjects, "subject")
        found = self._search(side, within_m, threads, _keep_each)
        return TargetPairs(found.subject, found.target, found.distance_m, *found.start.T, *found.end.T)

    def _search(
        self,
        side: Side,
        within_m: float | None,
        threads: int | None,
        choose: Callable[[_Found], _Found],
    ) -> _Found:
        """Settled pairs that are chosen among those of each subject, in no particular order."""
        limit_m = np.inf if within_m is None else float(within_m)
        if not limit_m >= 0.0:
            raise OutOfRangeError(f"distance limit {within_m} m is not a distance")

        def search_chunk(chunk: IntArray) -> _Found:
            pieces = side.pieces if side.count == 1 else cut_pieces(side.outline.select(chunk))
            found = self._find_near(pieces, limit_m, every_target=choose is _keep_each)
            return found._replace(subject=chunk[found.subject])

        if not (side.count and self._targets.count):
            return _FOUND_NONE
        near = _map(search_chunk, _split(side.outline), threads)
        return choose(_join([*near, self._find_overlaps(side)]))

    def _find_near(self, subjects: Pieces, limit_m: float, *, every_target: bool) -> _Found:
        """Settled pairs of subjects and targets that pieces of come close, a touch included."""
        is_few = len(subjects) * len(self._pieces) <= _FEW_PAIRS
        probes, row_of, probe, piece = (
            self._pair_all(subjects, limit_m)
            if is_few
            else self._pair_near(subjects, limit_m, every_target=every_target)
        )
        candidates = rank_pieces(probes, self._strips, probe, piece)
        owner = self._pieces.owner
        candidates = select_contenders(candidates, probes, owner, every_target=every_target)
        row = row_of[candidates.probe]
        distance_m, start, end = settle(subjects, self._pieces, candidates, row)
        found = _Found(subjects.owner[row], owner[candidates.piece], distance_m, start, end)
        return found.take(_choose_closest(found, row, candidates.piece, limit_m))

    def _pair_all(self, subjects: Pieces, limit_m: float) -> _Pairs:
        """Every piece of the subjects with every piece of the targets."""
        count = len(self._pieces)
        probe, piece = np.divmod(np.arange(len(subjects) * count), count)
        row = np.arange(len(subjects))
        return _Pairs(make_probes(subjects, row, limit_m), row, probe, piece)

    def _pair_near(self, subjects: Pieces, limit_m: float, *, every_target: bool) -> _Pairs:
        """Pieces of the subjects with those pieces of targets that the hierarchy of strips does not rule out."""
        blocks = gather_blocks(subjects, limit_m)
        block, strip = self._find_strips(blocks, every_target=every_target)
        source, probe = expand_ranges(blocks.first_probe[block], blocks.first_probe[block + 1])
        own_levels = self._levels[: _BLOCK_LEVEL + 1]
        probe, piece = descend(own_levels, blocks.probes, probe, strip[source], every_target=every_target)
        return _Pairs(blocks.probes, blocks.row, probe, piece)

    def _find_strips(self, blocks: Blocks, *, every_target: bool) -> tuple[IntArray, IntArray]:
        """Pairs (block, strip of `_BLOCK_LEVEL`) that probes of the block may need."""
        limit_m = blocks.balls.limit_m
        if limit_m.max() > _SEED_BEYOND_M and not every_target:
            np.minimum(limit_m, self._reach_any_m(blocks), out=limit_m)
        block, boxes = grow_boxes(blocks.bounds, limit_m)
        index, strip = self._box_tree.query(boxes)
        return descend(
            self._levels[_BLOCK_LEVEL:], blocks.balls, block[index], strip, every_target=every_target
        )

    def _reach_any_m(self, blocks: Blocks) -> FloatArray:
        """Distance in metres within which each block surely finds a target: any strip near by will do."""
        middle = shapely.points((blocks.bounds[:, :2] + blocks.bounds[:, 2:]) / 2.0)
        block, strip = self._box_tree.query_nearest(middle, all_matches=False)
        balls, top = blocks.balls, self._levels[-1]
        squared_m2, _ = approach_point(balls.origin_m[:, block], top.origin_m[:, strip], top.span_m[:, strip])
        chord_m = np.sqrt(squared_m2) + balls.half_width_m[block] + top.half_width_m[strip]
        return np.asarray(np.pi / 2.0 * chord_m)

    def _find_overlaps(self, subjects: Side) -> _Found:
        """Pairs at distance 0 of which one has a line or point inside a polygon of the other."""
        inside, around, place_inside = find_enclosed(subjects, self._targets)
        enclosed, enclosing, place_enclosed = find_enclosed(self._targets, subjects)
        place = np.concatenate([place_inside, place_enclosed])
        return _Found(
            np.concatenate([inside, enclosing]),
            np.concatenate([around, enclosed]),
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
    ([0], [111189.0])
    """
    return TargetIndex(targets).nearest(subjects, within_m)


def _split(outline: Outline) -> list[IntArray]:
    """Positions of geometries in spatial order, in chunks of about as many vertices."""
    first = outline.first_vertex
    order = np.argsort(number_cells(outline.coordinates[first[:-1]]), kind="stable")
    vertices = np.cumsum(np.diff(first)[order])
    return np.split(order, 1 + np.flatnonzero(np.diff(vertices // _CHUNK_VERTICES)))


def _keep_nearest(found: _Found) -> _Found:
    """Keep the closest target of each subject; of those equally far the one that comes first."""
    count = int(found.subject.max(initial=-1)) + 1
    best_m = np.full(count, np.inf)
    np.minimum.at(best_m, found.subject, found.distance_m)
    found = found.take(np.flatnonzero(found.distance_m <= best_m[found.subject] + TIE_M))
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, found.subject, found.target)
    return found.take(np.flatnonzero(found.target == first[found.subject]))


def _keep_each(found: _Found) -> _Found:
    """Keep each pair of subject and target once, in their order; of equally close places the last, as the nearest."""
    order = np.lexsort((-np.arange(len(found.subject)), found.distance_m, found.target, found.subject))
    return found.take(_take_first(order, found))


def _choose_closest(found: _Found, row: IntArray, piece: IntArray, limit_m: float) -> IntArray:
    """Positions of the closest pieces of each subject and target within the limit; the first of equally close ones."""
    rivals = np.bincount(found.subject)[found.subject] > 1
    within = found.distance_m <= limit_m
    many = np.flatnonzero(rivals & within)
    keys = (piece, row, found.distance_m, found.target, found.subject)
    order = many[np.lexsort([key[many] for key in keys])]
    return np.concatenate([np.flatnonzero(~rivals & within), _take_first(order, found)])


def _take_first(order: IntArray, found: _Found) -> IntArray:
    """Of ordered positions, the first one of each subject and target."""
    subject, target = found.subject[order], found.target[order]
    new = np.ones(order.size, dtype=bool)
    new[1:] = (subject[1:] != subject[:-1]) | (target[1:] != target[:-1])
    return order[new]


def _join(found: list[_Found]) -> _Found:
    return _Found(
        np.concatenate([each.subject for each in found]),
        np.concatenate([each.target for each in found]),
        np.concatenate([each.distance_m for each in found]),
        np.concatenate([each.start for each in found]),
        np.concatenate([each.end for each in found]),
    )


def _map(search: Callable[[IntArray], _Found], chunks: list[IntArray], threads: int | None) -> list[_Found]:
    """Answers of chunks in their order, from several threads."""
    if len(chunks) == 1 or threads == 1:
        return [search(chunk) for chunk in chunks]
    with ThreadPoolExecutor(min(threads or os.cpu_count() or 1, len(chunks))) as pool:
        return list(pool.map(search, chunks))
