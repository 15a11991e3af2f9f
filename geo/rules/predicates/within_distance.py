"""``within_distance``: the subject lies within a distance of a target.

From the boundary of the subject (its point or line where it has no boundary) to the nearest part of the target, along
the ellipsoid. For rivers the line that stands for the bank is chosen by :mod:`geo.rules.banks`; where an outer and a
water-side line both exist, both are read. Where it is unknown whether a target counts (a tributary without catchment or
mark), it is measured too, and the test is open where that target would decide it.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.banks import preferred_lines, water_side_lines
from geo.rules.expression import FALSE, TRUE, UNKNOWN, Truth
from geo.rules.finding import TargetRef, is_decided
from geo.rules.measuring import DISTANCE_DECIMALS, Measured, Sheet
from geo.rules.predicates.base import (
    Predicate,
    Reading,
    Scene,
    attributes,
    metres,
    one_of,
    position,
    text_or_none,
)
from geo.rules.rule import Rule

__all__ = ["PREDICATE"]

_PARTS = ("point", "centreline", "boundary")
"""From where is measured, by the dimension of the subject."""


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject the deciding target and whether it lies within the limit."""
    sheet = scene.sheet(rule.target)
    sets = _target_sets(sheet, rule.target_filter.evaluate(sheet.targets))
    limit_m = rule.parameters["distance_m"]
    sure, maybe, other = (
        sheet.measure(who, rows, limit_m) for rows in (sets.sure, sets.maybe, sets.other_line)
    )
    return [_read_one(rule, sheet, i, int(subject), sure, maybe, other) for i, subject in enumerate(who)]


PREDICATE = Predicate(
    name="within_distance",
    parameters={
        "distance_m": metres,
        "compare": one_of("le", "lt"),
        "measure_from": one_of("boundary"),
        "measure_to": one_of("boundary", "bank_line"),
    },
    read=read,
)
"""``distance_m``: the limit; ``compare``: whether the limit itself is within (``le``) or not (``lt``)."""


@dataclass(frozen=True)
class _TargetSets:
    """Which rows of the targets are measured."""

    sure: NDArray[np.bool_]
    maybe: NDArray[np.bool_]
    other_line: NDArray[np.bool_]


def _target_sets(sheet: Sheet, counts: Truth) -> _TargetSets:
    """Return the targets that surely count, those that may, and the other reading of the bank line."""
    if not sheet.is_river:
        return _TargetSets(counts == TRUE, counts == UNKNOWN, np.zeros(len(counts), dtype=bool))
    lines = sheet.targets
    candidates = counts != FALSE
    preferred, water_side = np.zeros((2, len(lines)), dtype=bool)
    preferred[candidates] = preferred_lines(lines[candidates])
    water_side[candidates] = water_side_lines(lines[candidates])
    sure = preferred & (counts == TRUE)
    water_side &= counts == TRUE
    replaced = lines["reach"].isin(lines.loc[water_side, "reach"]).to_numpy(dtype=bool)
    other_line = (sure & ~replaced) | water_side if water_side.any() else water_side
    return _TargetSets(sure, preferred & (counts == UNKNOWN), other_line)


def _read_one(
    rule: Rule,
    sheet: Sheet,
    i: int,
    subject: int,
    sure: Measured | None,
    maybe: Measured | None,
    other: Measured | None,
) -> Reading:
    certain = None if sure is None else _measured(rule, sheet, i, subject, sure)
    if certain is not None and other is not None:
        certain = _with_other_line(rule, certain, float(other.distance_m[i]))
    if maybe is None or (certain is not None and certain.holds):
        return certain or _nothing_there(rule)
    possible = _measured(rule, sheet, i, subject, maybe)
    if possible.decided and not possible.holds:
        return certain or possible
    return _open(rule, sheet, possible, int(maybe.target[i]))


def _measured(rule: Rule, sheet: Sheet, i: int, subject: int, measured: Measured) -> Reading:
    limit_m = rule.parameters["distance_m"]
    target = attributes(sheet.targets, measured.target[i])
    distance_m, doubt = float(measured.distance_m[i]), float(measured.doubt_m[i])
    doubt_m = None if np.isnan(doubt) else doubt
    margin_m = round(distance_m - limit_m, DISTANCE_DECIMALS)
    decided = is_decided(margin_m, doubt_m)
    measure = wording.Measure(
        subject=attributes(sheet.subjects, subject),
        target=target,
        from_part=_PARTS[int(shapely.get_dimensions(sheet.subjects.geometry.iloc[subject]))],
        limit_m=limit_m,
        limit_included=rule.parameters["compare"] == "le",
        distance_m=distance_m,
        margin_m=margin_m,
        doubt_m=doubt_m,
    )
    return Reading(
        holds=_is_within(rule, distance_m),
        decided=decided,
        explanation=wording.measured(measure, decided),
        needs=() if decided else measure.needs(rule.target),
        limit=limit_m,
        found=distance_m,
        unit="m",
        limit_m=limit_m,
        distance_m=distance_m,
        margin_m=margin_m,
        doubt_m=doubt_m,
        start=position(measured.ends[i, :2]),
        end=position(measured.ends[i, 2:]),
        measured_from=measure.from_part,
        measured_to=text_or_none(target.get("line_kind")) or "boundary",
        target=TargetRef(rule.target, str(target["id"]), text_or_none(target.get("name"))),
    )


def _is_within(rule: Rule, distance_m: float) -> bool:
    limit_m: float = rule.parameters["distance_m"]
    return distance_m <= limit_m if rule.parameters["compare"] == "le" else distance_m < limit_m


def _with_other_line(rule: Rule, reading: Reading, other_distance_m: float) -> Reading:
    holds = _is_within(rule, other_distance_m)
    if holds == reading.holds or reading.distance_m is None:
        return replace(reading, other_line_holds=holds)
    disagreement = wording.lines_disagree(reading.distance_m, other_distance_m)
    return replace(
        reading, other_line_holds=holds, explanation=wording.join(disagreement, reading.explanation)
    )


def _open(rule: Rule, sheet: Sheet, possible: Reading, target: int) -> Reading:
    """Return the reading of a target of which it is unknown whether it counts."""
    row = attributes(sheet.targets, target)
    missing = rule.target_filter.missing_names(row)
    reference = f"{rule.target}/{row['id']}"
    return replace(
        possible,
        holds=None,
        decided=False,
        needs=(*(f"{reference}.{name}" for name in missing), *possible.needs),
        explanation=wording.join(
            wording.unsure_target(text_or_none(row.get("name")) or str(row["id"]), missing),
            possible.explanation,
        ),
    )


def _nothing_there(rule: Rule) -> Reading:
    """Return the reading where no target is known: no data is not no river."""
    limit_m = rule.parameters["distance_m"]
    return Reading(
        holds=None,
        decided=False,
        explanation=wording.no_targets(rule.target),
        needs=(f"layer {rule.target}",),
        limit=limit_m,
        unit="m",
        limit_m=limit_m,
    )
