"""``intersects``: the subject touches or overlaps a target.

Measured from the nearest parts of both where they are apart, and from the deepest point that they share to the edge
where they are not: the margin then is negative, and says how far one of them has to move at least. Touching counts as
overlapping and is never decided. With ``only_same`` a target counts where it names what the subject is, such as an area
whose list bans kinds of project.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.expression import TRUE, UNKNOWN, parse_condition
from geo.rules.finding import is_decided
from geo.rules.measuring import Measured, Sheet, Yardstick, same_fields
from geo.rules.predicates.areas import Area, depth_of_overlap, gather
from geo.rules.predicates.base import Predicate, Reading, Scene, position, reference, text
from geo.rules.predicates.readings import lacking, nothing_there, unsure, weigh
from geo.rules.rule import Rule
from geo.text import Text, say_metres

__all__ = ["PREDICATE"]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it touches or overlaps a target."""
    only_same = rule.parameters.get("only_same")
    if only_same is None:
        return _read(rule, scene, who)
    of_target, of_subject = same_fields(only_same)
    codes, values = scene.factors(who).values(of_subject)
    unknown = who[codes < 0]
    found = [_unless_apart(rule, of_subject, reading) for reading in _read(rule, scene, unknown)]
    readings = dict(zip(unknown.tolist(), found, strict=True))
    for code, value in enumerate(values):
        some = who[codes == code]
        readings |= zip(some.tolist(), _read(_narrowed(rule, of_target, value), scene, some), strict=True)
    return [readings[int(subject)] for subject in who]


def _unless_apart(rule: Rule, field: str, reading: Reading) -> Reading:
    """Return the reading of a subject without a value: open where it touches a target, whatever that names."""
    if not reading.holds:
        return reading
    asked = [f"subject.{field}"]
    return lacking(asked, wording.missing(asked, rule.labels), limit=0.0, unit="m", limit_m=0.0)


def _narrowed(rule: Rule, field: str, value: object) -> Rule:
    """Return a rule to which only targets with a value of a field count."""
    return replace(
        rule, target_filter=parse_condition(f"({rule.target_filter.text}) and {field} == {value!r}")
    )


def _read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it touches or overlaps a target that counts."""
    sheet = scene.sheet(rule.target)
    counts = sheet.prepared.truth(rule.target_filter)
    yardstick = Yardstick.plain(len(counts), 0.0)
    rows = [counts == TRUE, counts == UNKNOWN]
    sure = sheet.measure(who, rows[0], yardstick)
    alone = sure is None or bool((sure.target < 0).any())
    measured = [sure, sheet.measure(who, rows[1], yardstick, far=alone)]
    readings = []
    for i, subject in enumerate(who):
        certain, possible = (
            _read_set(sheet, i, int(subject), some, found) for some, found in zip(rows, measured, strict=True)
        )
        opened = possible and unsure(rule, sheet, possible[0], possible[1])
        reading = weigh(certain and certain[0], possible and possible[0], opened)
        readings.append(reading or nothing_there(rule, limit=0.0, unit="m", limit_m=0.0))
    return readings


def _subject_fields(parameters: Mapping[str, Any]) -> Sequence[str]:
    same = parameters["only_same"]
    return () if same is None else (same_fields(same)[1],)


def _target_fields(parameters: Mapping[str, Any], _layer: str) -> Sequence[str]:
    same = parameters["only_same"]
    return () if same is None else (same_fields(same)[0],)


PREDICATE = Predicate(
    name="intersects",
    parameters={},
    optional={"only_same": text},
    read=read,
    subject_fields=_subject_fields,
    target_fields=_target_fields,
    measures="overlap",
)
"""``only_same``: a field that has to be the same for a target to count; ``"banned_kind=kind"`` where it has another
name in the target than in the subject."""


def _read_set(
    sheet: Sheet, i: int, subject: int, rows: NDArray[np.bool_], found: Measured | None
) -> tuple[Reading, int] | None:
    """Return the reading for some targets and the deciding one; None where there is none."""
    if found is None or found.target[i] < 0:
        return None
    overlaps = [] if found.distance_m[i] > 0.0 else _overlaps(sheet, subject, rows)
    if overlaps:
        surest = max(overlaps, key=lambda area: (_certainty_m(area), -int(area.targets[0])))
        return _overlapping(sheet, surest), int(surest.targets[0])
    return _apart(sheet, i, found), int(found.target[i])


def _overlaps(sheet: Sheet, subject: int, rows: NDArray[np.bool_]) -> list[Area]:
    """Return the area of targets of each accuracy that the subject touches."""
    touched = sheet.within(np.array([subject]), rows, 0.0).target
    areas = []
    for accuracy_m in pd.unique(sheet.accuracy_m[touched]):
        equal = np.isnan(sheet.accuracy_m) if np.isnan(accuracy_m) else sheet.accuracy_m == accuracy_m
        areas.append(gather(sheet, subject, rows & equal, depth_of_overlap))
    return [area for area in areas if area is not None]


def _certainty_m(area: Area) -> float:
    return -np.inf if np.isnan(area.doubt_m) else area.depth.depth_m - area.doubt_m


def _overlapping(sheet: Sheet, area: Area) -> Reading:
    doubt_m = None if np.isnan(area.doubt_m) else area.doubt_m
    margin_m = -area.depth.depth_m
    decided = is_decided(margin_m, doubt_m)
    target = reference(sheet, area.targets[0])
    name, doubt = target.name or target.id, wording.doubt_of(doubt_m)
    explanation = Text(
        f"与“{name}”重叠或相接，深入至少 {say_metres(-margin_m)}，{doubt.zh}。",
        f"It overlaps or touches {name}, by at least {say_metres(-margin_m)}, {doubt.en}.",
    )
    return Reading(
        holds=True,
        decided=decided,
        explanation=wording.join(explanation, None if decided else wording.too_vague(margin_m, doubt_m)),
        needs=() if decided else _needs(target.layer, target.id, doubt_m),
        limit=0.0,
        found=0.0,
        unit="m",
        limit_m=0.0,
        distance_m=0.0,
        margin_m=margin_m + 0.0,
        doubt_m=doubt_m,
        start=area.depth.start,
        end=area.depth.end,
        measured_from="deepest_point",
        measured_to="boundary",
        target=target,
    )


def _apart(sheet: Sheet, i: int, found: Measured) -> Reading:
    distance_m, doubt = float(found.distance_m[i]), float(found.doubt_m[i])
    doubt_m = None if np.isnan(doubt) else doubt
    decided = is_decided(distance_m, doubt_m)
    target = reference(sheet, found.target[i])
    name, said = target.name or target.id, wording.doubt_of(doubt_m)
    explanation = Text(
        f"与“{name}”不重叠，最近相距 {say_metres(distance_m)}，{said.zh}。",
        f"It does not overlap {name}, which is {say_metres(distance_m)} away at the nearest, {said.en}.",
    )
    return Reading(
        holds=False,
        decided=decided,
        explanation=wording.join(explanation, None if decided else wording.too_vague(distance_m, doubt_m)),
        needs=() if decided else _needs(target.layer, target.id, doubt_m),
        limit=0.0,
        found=distance_m,
        unit="m",
        limit_m=0.0,
        distance_m=distance_m,
        margin_m=distance_m,
        doubt_m=doubt_m,
        start=position(found.ends[i, :2]),
        end=position(found.ends[i, 2:]),
        measured_from="boundary",
        measured_to="boundary",
        target=target,
    )


def _needs(layer: str, target: str, doubt_m: float | None) -> tuple[str, ...]:
    if doubt_m is None:
        return ("subject.accuracy_m", f"{layer}/{target}.accuracy_m")
    return (f"{layer}/{target}.geom",)
