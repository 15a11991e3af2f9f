"""The level of each rule on cells: at the centre, and the lowest and highest it may have anywhere in the cell.

A move by r changes the distance to a target, and the depth in an area, by r at the most. A cell therefore is judged
with the distance at its centre minus and plus the radius of the cell; what holds for both holds for all of it. Tests
that are not made of distances (shares, slopes, flow, wind) have no such bound: they are sampled at the centres of
cells, coarser ones where there are many, and their range over such a cell is that over it and its neighbours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.rules.expression import FALSE, TRUE
from geo.rules.measuring import Measured, Sheet, Yardstick, rank
from geo.rules.predicates import PREDICATES
from geo.rules.predicates.base import Reading, Scene, see
from geo.rules.predicates.distances import LimitOfSubject, prepare_measurement
from geo.rules.rule import Rule
from geo.rules.targets import floats
from geo.siting.levels import CLEAR, HOLDS, OPEN, goes_with_subject, level_of

__all__ = [
    "BOUNDED",
    "CellLevels",
    "Cells",
    "Samples",
    "bounded_levels",
    "constant",
    "levels_on_cells",
    "state_limit",
]

_Floats = NDArray[np.float64]
_Levels = NDArray[np.int8]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Samples:
    """Where tests are read that have no bound over a cell.

    Attributes
    ----------
    scene : Scene
        The project at the centre of each sample.
    neighbours : ndarray of int, shape (n, 7)
        Positions of each sample and its neighbours; the sample itself where there is none.
    sample_of : ndarray of int
        Position of the sample that stands for each cell.
    """

    scene: Scene
    neighbours: NDArray[np.int64]
    sample_of: NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Where a project is put, and how far its places reach.

    Attributes
    ----------
    scene : Scene
        The project at the centre of each cell.
    radius_m : float
        No point of a cell is farther from its centre. [m]
    samples : Samples
    known : dict
        Levels by ``id()`` of the sampled test.
    trust : callable, optional
        Returns the levels of a test as the surveys leave them; absence is believed everywhere unless it is given.
    """

    scene: Scene
    radius_m: float
    samples: Samples
    known: dict[int, "CellLevels"] = field(default_factory=dict)
    trust: "Callable[[Rule, CellLevels, Cells], CellLevels] | None" = None

    @property
    def who(self) -> NDArray[np.int64]:
        """Positions of all cells."""
        return np.arange(len(self.scene.subjects))


@dataclass(frozen=True)
class CellLevels:
    """Levels of one rule; arrays over cells.

    Attributes
    ----------
    low, here, high : ndarray of int
        Lowest in the cell, at its centre, highest in the cell.
    margin_m : ndarray of float
        At the centre; NaN where the rule has none. [m]
    """

    low: _Levels
    here: _Levels
    high: _Levels
    margin_m: _Floats


def levels_on_cells(rule: Rule, cells: Cells) -> CellLevels:
    """Return the levels of a rule on cells."""
    if rule.tests:
        return _join(rule, cells)
    if goes_with_subject(rule):
        return _same_everywhere(rule, cells)
    levels = bounded_levels(rule, cells) if rule.predicate in BOUNDED else _sampled(rule, cells)
    return levels if cells.trust is None else cells.trust(rule, levels, cells)


def bounded_levels(rule: Rule, cells: Cells) -> CellLevels:
    """Return the levels of a test that has bounds over a cell, with as much of its layer at hand as they take."""
    return see(rule, cells.scene, lambda scene: BOUNDED[rule.predicate](rule, replace(cells, scene=scene)))


def state_limit(rule: Rule, scene: Scene) -> Rule | None:
    """Return the rule with the limit that the project brings itself; None where it brings none."""
    limit = rule.parameters["distance_m"]
    if not isinstance(limit, LimitOfSubject):
        return rule
    own_m = float(floats(scene.subjects, limit.field)[0])
    return None if np.isnan(own_m) else replace(rule, parameters={**rule.parameters, "distance_m": own_m})


def _join(rule: Rule, cells: Cells) -> CellLevels:
    """Return the levels of several tests: the highest where all must hold, the lowest where any may."""
    pick, settled = (np.max, CLEAR) if rule.predicate == "all_of" else (np.min, HOLDS)
    parts: list[CellLevels] = []
    for test in sorted(
        rule.tests, key=lambda test: (not goes_with_subject(test), test.predicate not in BOUNDED)
    ):
        parts.append(levels_on_cells(test, cells))
        if (parts[-1].low == settled).all() and (parts[-1].high == settled).all():
            return parts[-1]  # whatever the others say
    low, here, high = (
        pick([getattr(part, name) for part in parts], axis=0) for name in ("low", "here", "high")
    )
    margins_m = np.stack([part.margin_m for part in parts])
    shown = (np.stack([part.here for part in parts]) == here) & ~np.isnan(margins_m)
    margin_m = np.take_along_axis(margins_m, np.argmax(shown, axis=0)[None], axis=0)[0]
    return CellLevels(low, here, high, margin_m)


def constant(level: int, count: int) -> CellLevels:
    """Return one level for all of some cells."""
    levels = np.full(count, level, dtype=np.int8)
    return CellLevels(levels, levels, levels, np.full(count, np.nan))


def _same_everywhere(rule: Rule, cells: Cells) -> CellLevels:
    (reading,) = PREDICATES[rule.predicate].read(rule, cells.scene, cells.who[:1])
    return constant(level_of(reading), len(cells.who))


def _sampled(rule: Rule, cells: Cells) -> CellLevels:
    if id(rule) not in cells.known:
        samples = cells.samples
        who = np.arange(len(samples.scene.subjects))
        at_samples, margin_m = _levels(PREDICATES[rule.predicate].read(rule, samples.scene, who))
        around, own = at_samples[samples.neighbours], samples.sample_of
        low, high = around.min(axis=1)[own], around.max(axis=1)[own]
        cells.known[id(rule)] = CellLevels(low, at_samples[own], high, margin_m[own])
    return cells.known[id(rule)]


def _levels(readings: Sequence[Reading]) -> tuple[_Levels, _Floats]:
    margins_m = [np.nan if reading.margin_m is None else reading.margin_m for reading in readings]
    return np.array([level_of(r) for r in readings], dtype=np.int8), np.array(margins_m, dtype=np.float64)


# Keeping a distance


def _distance(rule: Rule, cells: Cells) -> CellLevels:
    stated = state_limit(rule, cells.scene)
    sheet = cells.scene.sheet(rule.target)
    if stated is None or not sheet.has(np.ones(len(sheet.targets), dtype=bool)):
        return constant(OPEN, len(cells.who))
    made, same = prepare_measurement(stated, sheet), stated.parameters.get("except_same")

    def ask(shift_m: float) -> tuple[_Levels, _Levels, _Levels, _Floats]:
        """Return the level, that of the targets that count, that of the other line, and the margin."""
        (sure, margin_m), (maybe, maybe_m), (other, _) = (
            _measure(sheet, cells.who, rows, yardstick, shift_m, same)
            for rows, yardstick in (
                (made.sure, made.near),
                (made.maybe, made.far),
                (made.other_line, made.near),
            )
        )
        levels = _weigh(sure, maybe)
        return levels, sure, other, np.where(levels == sure, margin_m, maybe_m)

    low, low_sure, low_other, _ = ask(cells.radius_m)
    here, sure, other, margin_m = ask(0.0)
    high, high_sure, high_other, _ = ask(-cells.radius_m)
    if made.other_line.any():
        here = _set_where((sure <= 1) != (other <= 1), OPEN, here)
        agree = ((high_sure <= 1) & (high_other <= 1)) | ((low_sure > 1) & (low_other > 1))
        disagree = ((high_sure <= 1) & (low_other > 1)) | ((low_sure > 1) & (high_other <= 1))
        low = _set_where(disagree, OPEN, np.where(agree, low, np.minimum(low, OPEN)))
        high = _set_where(disagree, OPEN, np.where(agree, high, np.maximum(high, OPEN)))
    return CellLevels(low, here, high, margin_m)


def _measure(
    sheet: Sheet, who: NDArray[np.int64], rows: _Mask, yardstick: Yardstick, shift_m: float, same: str | None
) -> tuple[_Levels, _Floats]:
    """Return the rank of the deciding target (5 where there is none) and its margin, seen from nearer by a shift."""
    shifted = replace(
        yardstick, limit_m=yardstick.limit_m + shift_m, widest_m=yardstick.widest_m + max(shift_m, 0.0)
    )
    found = sheet.measure(who, rows, shifted, same)
    if found is None:
        return np.full(len(who), 5, dtype=np.int8), np.full(len(who), np.nan)
    return _ranks(found, shifted)


def _ranks(found: Measured, yardstick: Yardstick) -> tuple[_Levels, _Floats]:
    margin_m = np.round(found.distance_m - yardstick.limit_m[found.target], 3)
    margin_m[found.target < 0] = np.nan
    return rank(margin_m, found.doubt_m, yardstick.slack_m[found.target]).astype(np.int8), margin_m


def _weigh(sure: _Levels, maybe: _Levels) -> _Levels:
    """Return the levels that targets that count and targets that may count leave together."""
    nothing = (sure == 5) & (maybe == 5)
    settled = ((sure <= 1) | (maybe >= CLEAR)) & ~nothing
    return np.where(settled, np.minimum(sure, CLEAR), OPEN).astype(np.int8)


def _set_where(mask: _Mask, level: int, levels: _Levels) -> _Levels:
    return np.where(mask, level, levels).astype(np.int8)


# Areas


def _overlap(rule: Rule, cells: Cells) -> CellLevels:
    """Return the levels of a test of areas: by distance where nothing is touched in the whole cell, else by reading."""
    sheet, count = cells.scene.sheet(rule.target), len(cells.who)
    if rule.predicate == "inside":  # what lies anywhere bears on how the test is read
        sheet.require()
    counts = sheet.prepared.truth(rule.target_filter)
    yardstick = Yardstick.plain(len(counts), 0.0)
    nearest = sheet.measure(cells.who, counts != FALSE, yardstick)
    if nearest is None:
        return constant(OPEN, count)
    apart = partial(_apart_inside, rule) if rule.predicate == "inside" else _apart_intersects
    columns = [apart(sheet, cells, counts == TRUE, counts != FALSE, s) for s in (1.0, 0.0, -1.0)]
    low, here, high = (levels for levels, _ in columns)
    levels = CellLevels(low.copy(), here.copy(), high.copy(), columns[1][1].copy())
    # A target at no known distance is nobody's: NaN is far.
    near = np.flatnonzero(~(nearest.distance_m > cells.radius_m) & (nearest.target >= 0))
    _read_near(rule, cells, levels, near, beside=rule.predicate == "intersects")
    return levels


def _apart_intersects(
    sheet: Sheet, cells: Cells, sure: _Mask, possible: _Mask, side: float
) -> tuple[_Levels, _Floats]:
    yardstick, shift_m = Yardstick.plain(len(sure), 0.0), side * cells.radius_m
    ranks, margin_m = _measure(sheet, cells.who, sure, yardstick, shift_m, None)
    maybe, maybe_m = _measure(sheet, cells.who, possible & ~sure, yardstick, shift_m, None)
    levels = _weigh(ranks, maybe)
    return levels, np.where(levels == ranks, margin_m, maybe_m)


def _apart_inside(
    rule: Rule, sheet: Sheet, cells: Cells, sure: _Mask, possible: _Mask, side: float
) -> tuple[_Levels, _Floats]:
    yardstick, banned_inside = Yardstick.plain(len(sure), 0.0), rule.parameters["holds_when"] == "inside"
    rows = sure if sure.any() else possible
    # What is banned outside is lowest where it is farthest out.
    shift_m = side * cells.radius_m * (1.0 if banned_inside else -1.0)
    ranks, margin_m = _measure(sheet, cells.who, rows, yardstick, shift_m, None)
    outside = np.clip(ranks, 3, CLEAR)
    levels = outside if banned_inside else CLEAR - outside
    shapes = sheet.targets.geometry.to_numpy()[possible]
    if (shapely.get_dimensions(shapes) < 2).any():
        levels = np.full(len(ranks), OPEN)
    elif not sure.any():
        levels = np.where(outside == CLEAR, levels, OPEN)
    return levels.astype(np.int8), margin_m if banned_inside else -margin_m


def _read_near(
    rule: Rule, cells: Cells, levels: CellLevels, near: NDArray[np.int64], *, beside: bool
) -> None:
    """Fill in the levels of some cells from readings at their centres.

    Parameters
    ----------
    beside : bool
        Targets beside the one read count too, with the levels that stand there already.
    """
    for cell, reading in zip(near, PREDICATES[rule.predicate].read(rule, cells.scene, near), strict=True):
        low, here, high = _range_of(reading, cells.radius_m)
        levels.low[cell] = min(low, levels.low[cell]) if beside else low
        levels.here[cell] = here
        levels.high[cell] = max(min(high, levels.high[cell]), here) if beside else high
        levels.margin_m[cell] = np.nan if reading.margin_m is None else reading.margin_m


def _range_of(reading: Reading, radius_m: float) -> tuple[int, int, int]:
    here = level_of(reading)
    if here == OPEN or reading.margin_m is None:
        return HOLDS, here, CLEAR
    doubt_m = np.array([np.nan if reading.doubt_m is None else reading.doubt_m])
    low, high = (
        int(rank(np.array([reading.margin_m + shift_m]), doubt_m, 0.0)[0])
        for shift_m in (-radius_m, radius_m)
    )
    return min(low, here), here, max(high, here)


# Counts


def _count(rule: Rule, cells: Cells) -> CellLevels:
    """Return the levels of a count: what lies within the distance from anywhere in a cell, and from everywhere."""
    sheet, count = cells.scene.sheet(rule.target), len(cells.who)
    rows = sheet.prepared.truth(rule.target_filter) != FALSE
    nearest = sheet.measure(cells.who, rows, Yardstick.plain(len(rows), 0.0), rule.parameters["except_same"])
    if nearest is None:
        return constant(OPEN, count)
    own_m = float(np.nan_to_num(sheet.own_m).max(initial=0.0))
    widest_m = 2.0 * max(own_m, sheet.largest_accuracy_m)
    reach_m = rule.parameters["distance_m"] + widest_m + cells.radius_m
    near = np.flatnonzero(nearest.distance_m <= reach_m)
    far = np.setdiff1d(cells.who, near)
    low, here, high = np.full((3, count), CLEAR, dtype=np.int8)
    levels = CellLevels(low, here, high, np.full(count, np.nan))
    for name, shift_m in (("low", cells.radius_m), ("here", 0.0), ("high", -cells.radius_m)):
        column = getattr(levels, name)
        column[near] = _read_counts(rule, cells, near, shift_m)
        column[far] = _read_counts(rule, cells, far[:1], 0.0)[:1] if len(far) else CLEAR
    return levels


def _read_counts(rule: Rule, cells: Cells, who: NDArray[np.int64], shift_m: float) -> _Levels:
    distance_m = rule.parameters["distance_m"] + shift_m
    if distance_m < 0.0:  # nothing is within it for sure
        return np.full(len(who), CLEAR, dtype=np.int8)
    asked = replace(rule, parameters={**rule.parameters, "distance_m": distance_m})
    return _levels(PREDICATES[rule.predicate].read(asked, cells.scene, who))[0]


BOUNDED: dict[str, Callable[[Rule, Cells], CellLevels]] = {
    "count_within": _count,
    "inside": _overlap,
    "intersects": _overlap,
    "outside_distance": _distance,
    "within_distance": _distance,
}
"""Tests whose levels are bounded all over a cell; all others are sampled."""
