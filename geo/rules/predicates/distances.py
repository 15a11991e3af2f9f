"""Keeping a distance from targets: what ``within_distance`` and ``outside_distance`` share.

From the boundary of the subject (its point or line where it has no boundary) to the nearest part of the target, along
the ellipsoid. For rivers the line that stands for the bank is chosen by :mod:`geo.rules.banks`; where an outer and a
water-side line both exist, both are read. Roads, railways and power lines are stored by their centre line: half the
width of what the rule measures to is subtracted, and where it is unknown the test is open as far as the rule says that
the edge may lie from the centre line. Where it is unknown whether a target counts (a tributary without catchment or
mark), it is measured too, and the test is open where that target would decide it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.banks import half_widths_m, preferred_lines, water_side_lines
from geo.rules.expression import FALSE, TRUE, UNKNOWN, Truth
from geo.rules.finding import is_decided
from geo.rules.measuring import DISTANCE_DECIMALS, Measured, Sheet, Yardstick
from geo.rules.predicates.base import (
    Reading,
    Scene,
    metres,
    number,
    one_of,
    position,
    reference,
    text,
    text_or_none,
)
from geo.rules.predicates.readings import lacking, nothing_there, unsure, weigh
from geo.rules.rule import Rule
from geo.rules.targets import floats

__all__ = [
    "OPTIONAL",
    "PARAMETERS",
    "LimitByField",
    "LimitOfSubject",
    "MeasureTo",
    "Measurement",
    "limit",
    "measure_to",
    "prepare_measurement",
    "read",
    "subject_fields",
    "target_fields",
]

_PARTS = ("point", "centreline", "boundary")
"""From where is measured, by the dimension of the subject."""

_HALF_WIDTHS = {
    "land_boundary": "land_half_width_m",
    "embankment_toe": "half_width_m",
    "outer_conductor": "half_width_m",
}
"""Field with the distance from the stored centre line to the part that a rule measures to."""

_LIMIT_INCLUDED = {"le": True, "lt": False, "gt": True, "ge": False}
"""Whether the ban holds exactly at the limit: "within 1 km" (le), "must be greater than 300 m" (gt)."""


@dataclass(frozen=True)
class LimitByField:
    """A limit that depends on the target.

    Attributes
    ----------
    field : str
    words : mapping of str to float
        Limit by word. [m]
    bands : tuple of (lowest, highest, metres)
        Limit by number, both ends included; of two that share an end the later one has it.
    """

    field: str
    words: Mapping[str, float]
    bands: tuple[tuple[float, float, float], ...]

    def limits_m(self, frame: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the limit of each target, and where the field is missing; NaN where no limit is stated for it."""
        missing = frame[self.field].isna().to_numpy(dtype=bool)
        limits_m = np.full(len(frame), np.nan)
        if self.bands:
            numbers = floats(frame, self.field)
            for lowest, highest, limit_m in self.bands:
                limits_m[(numbers >= lowest) & (numbers <= highest)] = limit_m
        else:
            limits_m = frame[self.field].map(dict(self.words)).to_numpy(dtype=np.float64, na_value=np.nan)
        return limits_m, missing

    @property
    def range_m(self) -> tuple[float, float]:
        """Return the smallest and the largest limit in metres."""
        limits_m = [*self.words.values(), *(band[2] for band in self.bands)]
        return min(limits_m), max(limits_m)


@dataclass(frozen=True)
class LimitOfSubject:
    """A limit that an attribute of the subject states, in metres."""

    field: str


def limit(value: object) -> float | LimitByField | LimitOfSubject:
    """Return a limit: metres, metres by an attribute of the target, or an attribute of the subject.

    ``{ field = "road_class", expressway = 30.0, national = 20.0 }`` states a limit for each word,
    ``{ field = "voltage_kv", bands = [[1.0, 10.0, 5.0], [35.0, 110.0, 10.0]] }`` for ranges of a number, both ends
    included; an end that two share is of the later one. A target whose word or number has no limit does not fall under
    the rule; one without a value may fall under any of them. ``{ subject_field = "external_distance_m" }`` is what was
    fixed for the subject itself.

    Raises
    ------
    ValueError
        If it has neither form.
    """
    if not isinstance(value, dict):
        return metres(value)
    if set(value) == {"subject_field"}:
        return LimitOfSubject(text(value["subject_field"]))
    table = dict(value)
    field = text(table.pop("field", None))
    bands = table.pop("bands", [])
    if bool(bands) == bool(table) or not isinstance(bands, list):
        raise ValueError("by a field needs either limits by word or bands")
    if any(not isinstance(band, list) or len(band) != 3 for band in bands):
        raise ValueError("bands are lists of three numbers: lowest, highest, metres")
    return LimitByField(
        field,
        {word: metres(limit_m) for word, limit_m in table.items()},
        tuple((number(low), number(high), metres(limit_m)) for low, high, limit_m in bands),
    )


@dataclass(frozen=True)
class MeasureTo:
    """To what part of the target is measured.

    Attributes
    ----------
    part : str
    half_width_field : str or None
        Field with the distance from the stored centre line to that part.
    up_to_m : float
        No further from the centre line does that part lie, where the field is missing. [m]
    """

    part: str
    half_width_field: str | None = None
    up_to_m: float = 0.0


def measure_to(value: object) -> MeasureTo:
    """Return to what part of the target a rule measures.

    ``"boundary"`` (the stored geometry), ``"centreline"``, ``"bank_line"``, or a part that lies beside the stored
    centre line: ``{ part = "land_boundary", up_to_m = 60.0 }``, where ``up_to_m`` is how far it may lie from there
    when the feature does not say so. Areas are measured to as they are.

    Raises
    ------
    ValueError
        If it has neither form.
    """
    if isinstance(value, dict):
        if set(value) != {"part", "up_to_m"}:
            raise ValueError("needs the keys part and up_to_m")
        part = one_of(*_HALF_WIDTHS)(value["part"])
        return MeasureTo(part, _HALF_WIDTHS[part], metres(value["up_to_m"]))
    return MeasureTo(one_of("boundary", "centreline", "bank_line", "licence_boundary")(value))


PARAMETERS = {
    "distance_m": limit,
    "measure_from": one_of("boundary", "centreline", "licence_boundary"),
    "measure_to": measure_to,
}
"""``distance_m``: see :func:`limit`; ``measure_to``: see :func:`measure_to`."""

OPTIONAL = {"except_same": text}
"""``except_same``: a field by which targets belong to the subject and do not count (same owner); ``"id=enterprise_id"``
where it has another name in the target than in the subject."""


def subject_fields(parameters: Mapping[str, Any]) -> list[str]:
    """Return the field of the subject that states the limit, if one does; the test grows with it."""
    limit_m = parameters["distance_m"]
    return [limit_m.field] if isinstance(limit_m, LimitOfSubject) else []


def target_fields(parameters: Mapping[str, Any], _layer: str) -> list[str]:
    """Return the fields of the target that the test reads."""
    limit_m, to = parameters["distance_m"], parameters["measure_to"]
    fields = [limit_m.field] if isinstance(limit_m, LimitByField) else []
    return fields if to.half_width_field is None else [*fields, to.half_width_field]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject the deciding target and whether it is nearer than the rule allows."""
    limit_m = rule.parameters["distance_m"]
    if isinstance(limit_m, LimitOfSubject):
        return _read_by_subject(rule, limit_m.field, scene, who)
    sheet = scene.sheet(rule.target)
    if not sheet.has(np.ones(len(sheet.targets), dtype=bool)):
        return [_nothing_there(rule)] * len(who)
    made = prepare_measurement(rule, sheet)
    same = rule.parameters.get("except_same")
    sure = sheet.measure(who, made.sure, made.near, same)
    # What may count and surely lies beyond its limit says nothing beside what counts.
    alone = sure is None or bool((sure.target < 0).any())
    measures = (
        sure,
        sheet.measure(who, made.maybe, made.far, same, far=alone),
        sheet.measure(who, made.other_line, made.near, same) if made.other_line.any() else None,
    )
    return [
        _read_one(_Case(rule, sheet, int(subject), made.near, made.far), i, *measures)
        for i, subject in enumerate(who)
    ]


def _read_by_subject(rule: Rule, field: str, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return the readings where each subject brings its own limit."""
    limits_m = scene.subject_rows.numbers(field)[who]
    readings: dict[int, Reading] = {}
    for limit_m in np.unique(limits_m[~np.isnan(limits_m)]):
        some = who[limits_m == limit_m]
        stated = replace(rule, parameters={**rule.parameters, "distance_m": float(limit_m)})
        readings |= dict(zip(some.tolist(), read(stated, scene, some), strict=True))
    asked = lacking([f"subject.{field}"], wording.missing([f"subject.{field}"], rule.labels), unit="m")
    return [readings.get(int(subject), asked) for subject in who]


@dataclass(frozen=True)
class Measurement:
    """Which targets of a layer a rule measures to, and how; masks over its features.

    Attributes
    ----------
    near, far : Yardstick
        With the least and with the largest limit that may be a target's; NaN where the rule states none for it.
    sure : ndarray of bool
        Targets that count; measured by ``near``.
    maybe : ndarray of bool
        Targets of which it is unknown whether, or with which limit, they count; measured by ``far``.
    other_line : ndarray of bool
        The other reading of the bank line; measured by ``near``. None set where there is no such line.
    """

    near: Yardstick
    far: Yardstick
    sure: NDArray[np.bool_]
    maybe: NDArray[np.bool_]
    other_line: NDArray[np.bool_]


def prepare_measurement(rule: Rule, sheet: Sheet) -> Measurement:
    """Return how a rule measures to the targets of a sheet; its limit is not one that the subject brings."""
    near, far, unlimited = _yardsticks(rule, sheet)
    limit_m, is_bank = rule.parameters["distance_m"], rule.parameters["measure_to"].part == "bank_line"
    by_field = repr(limit_m) if isinstance(limit_m, LimitByField) else None
    sets = sheet.prepared.remember(
        ("target sets", rule.target_filter.text, is_bank, by_field),
        lambda: _target_sets(rule, sheet, np.isnan(far.limit_m)),
    )
    return Measurement(near, far, sets.sure, sets.maybe | (sets.sure & unlimited), sets.other_line)


@dataclass(frozen=True)
class _TargetSets:
    """Which rows of the targets are measured."""

    sure: NDArray[np.bool_]
    maybe: NDArray[np.bool_]
    other_line: NDArray[np.bool_]


@dataclass(frozen=True)
class _Case:
    """One subject before one rule."""

    rule: Rule
    sheet: Sheet
    subject: int
    near: Yardstick
    far: Yardstick


def _yardsticks(rule: Rule, sheet: Sheet) -> tuple[Yardstick, Yardstick, NDArray[np.bool_]]:
    """Return how targets are measured with the least and the largest limit that may be theirs, and where they differ.

    The limit is NaN where the rule states none for a target.
    """
    limit_m, to, targets = rule.parameters["distance_m"], rule.parameters["measure_to"], sheet.targets
    offset_m, slack_m = sheet.prepared.remember(("offsets", to), lambda: _offsets_m(to, targets))
    beside_m = max(to.up_to_m, 0.0 if sheet.horizon is None else sheet.horizon.half_width_m)
    if not isinstance(limit_m, LimitByField):
        limits_m = np.full(len(targets), limit_m)
        yardstick = Yardstick(limits_m, offset_m, slack_m, limit_m + beside_m)
        return yardstick, yardstick, np.zeros(len(targets), dtype=bool)
    limits_m, missing = sheet.prepared.remember(("limits", repr(limit_m)), lambda: limit_m.limits_m(targets))
    least_m, largest_m = limit_m.range_m
    return (
        Yardstick(np.where(missing, least_m, limits_m), offset_m, slack_m, largest_m + beside_m),
        Yardstick(np.where(missing, largest_m, limits_m), offset_m, slack_m, largest_m + beside_m),
        missing,
    )


def _offsets_m(to: MeasureTo, targets: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is subtracted from the distance to each target, and how much nearer it may lie."""
    count = len(targets)
    if to.part == "bank_line":
        # The doubt of a centre line without half width is that of its accuracy; it is for screening only.
        return np.nan_to_num(half_widths_m(targets)), np.zeros(count)
    if to.half_width_field is None:
        return np.zeros(count), np.zeros(count)
    is_line = shapely.get_dimensions(targets.geometry.to_numpy()) < 2
    half_width_m = np.where(is_line, floats(targets, to.half_width_field), 0.0)
    unknown = np.isnan(half_width_m)
    return np.nan_to_num(half_width_m), np.where(unknown, to.up_to_m, 0.0)


def _target_sets(rule: Rule, sheet: Sheet, without_limit: NDArray[np.bool_]) -> _TargetSets:
    """Return the targets that surely count, those that may, and the other reading of the bank line."""
    counts: Truth = np.where(without_limit, FALSE, sheet.prepared.truth(rule.target_filter))
    if rule.parameters["measure_to"].part != "bank_line":
        return _TargetSets(counts == TRUE, counts == UNKNOWN, np.zeros(len(counts), dtype=bool))
    lines = sheet.targets
    candidates = counts != FALSE
    preferred, water_side = preferred_lines(lines, candidates), water_side_lines(lines, candidates)
    sure = preferred & (counts == TRUE)
    water_side &= counts == TRUE
    if water_side.any():
        replaced = lines["reach"].isin(lines.loc[water_side, "reach"]).to_numpy(dtype=bool)
        water_side |= sure & ~replaced
    return _TargetSets(sure, preferred & (counts == UNKNOWN), water_side)


def _read_one(
    case: _Case, i: int, sure: Measured | None, maybe: Measured | None, other: Measured | None
) -> Reading:
    certain = _measured(case, case.near, i, sure)
    if certain is not None and other is not None:
        certain = _with_other_line(case, certain, float(other.distance_m[i]))
    possible = _measured(case, case.far, i, maybe)
    opened = None if possible is None or maybe is None else _opened(case, possible, maybe.target[i])
    return weigh(certain, possible, opened) or _nothing_there(case.rule)


def _measured(case: _Case, yardstick: Yardstick, i: int, measured: Measured | None) -> Reading | None:
    """Return the reading of the deciding target; None where there is no target."""
    if measured is None or measured.target[i] < 0:
        return None
    rule, sheet, number_of = case.rule, case.sheet, measured.target[i]
    target = sheet.prepared.rows[number_of]
    limit_m, slack_m = float(yardstick.limit_m[number_of]), float(yardstick.slack_m[number_of])
    distance_m, doubt = float(measured.distance_m[i]), float(measured.doubt_m[i])
    margin_m = round(distance_m - limit_m, DISTANCE_DECIMALS)
    measure = wording.Measure(
        subject=sheet.subject_rows[case.subject],
        target=target,
        from_part=_from_part(rule, sheet, case.subject),
        to_part=rule.parameters["measure_to"].part,
        limit_m=limit_m,
        limit_included=_LIMIT_INCLUDED[rule.parameters["compare"]],
        must_keep=rule.predicate == "outside_distance",
        distance_m=distance_m,
        margin_m=margin_m,
        doubt_m=None if np.isnan(doubt) else doubt,
    )
    holds, decided = _judge(rule, measure, slack_m)
    explanation = wording.measured(measure, decided)
    if holds is None:
        explanation = wording.join(explanation, wording.width_unknown(measure, slack_m))
    return Reading(
        holds=holds,
        decided=decided,
        explanation=explanation,
        needs=() if decided else _needs(rule, measure, holds),
        limit=limit_m,
        found=distance_m,
        unit="m",
        limit_m=limit_m,
        distance_m=distance_m,
        margin_m=margin_m,
        doubt_m=measure.doubt_m,
        start=position(measured.ends[i, :2]),
        end=position(measured.ends[i, 2:]),
        measured_from=measure.from_part,
        measured_to=_to_part(rule, target),
        target=reference(sheet, number_of),
    )


def _judge(rule: Rule, measure: wording.Measure, slack_m: float) -> tuple[bool | None, bool]:
    """Return whether the target is too near, and whether the doubt leaves it at that."""
    if _is_within(rule, measure.distance_m, measure.limit_m):
        return True, is_decided(measure.margin_m, measure.doubt_m)
    if slack_m and measure.margin_m <= slack_m:
        return None, False
    return False, is_decided(measure.margin_m - slack_m, measure.doubt_m)


def _needs(rule: Rule, measure: wording.Measure, holds: bool | None) -> tuple[str, ...]:
    field = rule.parameters["measure_to"].half_width_field
    if holds is None and field is not None:
        return (f"{rule.target}/{measure.target['id']}.{field}",)
    return measure.needs(rule.target)


def _from_part(rule: Rule, sheet: Sheet, subject: int) -> str:
    part = _PARTS[sheet.shapes.dimensions[subject]]
    stated: str = rule.parameters["measure_from"]
    return stated if part == "boundary" else part


def _to_part(rule: Rule, target: Mapping[str, Any]) -> str:
    part: str = rule.parameters["measure_to"].part
    return (text_or_none(target.get("line_kind")) or part) if part == "bank_line" else part


def _is_within(rule: Rule, distance_m: float, limit_m: float) -> bool:
    return distance_m <= limit_m if _LIMIT_INCLUDED[rule.parameters["compare"]] else distance_m < limit_m


def _with_other_line(case: _Case, reading: Reading, other_distance_m: float) -> Reading:
    limit_m = case.rule.parameters["distance_m"]
    holds = _is_within(case.rule, other_distance_m, limit_m)
    if holds == reading.holds or reading.distance_m is None:
        return replace(reading, other_line_holds=holds)
    disagreement = wording.lines_disagree(reading.distance_m, other_distance_m)
    return replace(
        reading, other_line_holds=holds, explanation=wording.join(disagreement, reading.explanation)
    )


def _opened(case: _Case, possible: Reading, target: np.int64) -> Reading:
    limit_m = case.rule.parameters["distance_m"]
    by_missing = isinstance(limit_m, LimitByField) and pd.isna(case.sheet.targets[limit_m.field].iloc[target])
    return unsure(case.rule, case.sheet, possible, target, also=[limit_m.field] if by_missing else [])


def _nothing_there(rule: Rule) -> Reading:
    limit_m = rule.parameters["distance_m"]
    largest_m = limit_m.range_m[1] if isinstance(limit_m, LimitByField) else limit_m
    return nothing_there(rule, limit=largest_m, unit="m", limit_m=largest_m)
