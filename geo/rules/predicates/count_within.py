"""``count_within``: how many targets, people or households are within a distance.

A target counts wholly as soon as its nearest part is within; one that overlaps deeper than the doubt does so surely.
What lies nearer to the limit than its doubt may count or not, and so may every target of unknown accuracy; where that
could turn the comparison the test is not decided. A missing number may be anything from 0 up: where that could turn it
the test is open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.distance import TargetPairs
from geo.rules import wording
from geo.rules.expression import FALSE, TRUE, Truth
from geo.rules.measuring import POSITION_DECIMALS, Sheet
from geo.rules.predicates.areas import depth_of_overlap
from geo.rules.predicates.base import (
    Predicate,
    Reading,
    Scene,
    metres,
    number,
    one_of,
    position,
    reference,
    text,
)
from geo.rules.predicates.readings import nothing_there
from geo.rules.rule import Rule
from geo.rules.targets import floats
from geo.text import Text, say_number

__all__ = ["FEATURES", "PREDICATE"]

_TOGETHER = 64
"""So many subjects are measured together: it bounds the pairs that are held."""

FEATURES = "features"
"""Word in place of a field: every target counts as one."""

_UNITS = {
    FEATURES: Text("处", "features"),
    "households": Text("户", "households"),
    "population": Text("人", "people"),
    "people_day": Text("人", "people"),
    "people_night": Text("人", "people"),
}


def _fields(parameters: Mapping[str, Any], _layer: str) -> list[str]:
    return [] if parameters["count_field"] == FEATURES else [parameters["count_field"]]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether the number within the distance reaches the limit."""
    sheet = scene.sheet(rule.target)
    counts = sheet.prepared.truth(rule.target_filter)
    if not sheet.has(counts != FALSE):
        unit = _unit(rule).en
        return [nothing_there(rule, limit=rule.parameters["count"], unit=unit)] * len(who)
    field = rule.parameters["count_field"]
    amounts = np.ones(len(counts)) if field == FEATURES else floats(sheet.targets, field)
    readings = []
    for some in np.split(who, range(_TOGETHER, len(who), _TOGETHER)):
        pairs = sheet.within_doubt(
            some, counts != FALSE, rule.parameters["distance_m"], rule.parameters.get("except_same")
        )
        for subject, own in zip(some, _split(pairs, some), strict=True):
            near = _weigh(rule, sheet, subject, own, counts, amounts)
            readings.append(_read_one(rule, sheet, subject, own, near, amounts))
    return readings


def _split(pairs: TargetPairs, subjects: NDArray[np.int64]) -> Iterator[TargetPairs]:
    """Yield the pairs of each subject."""
    order = np.argsort(pairs.subject, kind="stable")
    first, last = (np.searchsorted(pairs.subject[order], subjects, side) for side in ("left", "right"))
    for start, stop in zip(first, last, strict=True):
        yield TargetPairs(*(column[order[start:stop]] for column in vars(pairs).values()))


PREDICATE = Predicate(
    name="count_within",
    parameters={
        "distance_m": metres,
        "count_field": text,
        "count": number,
        "compare": one_of("gt", "ge"),
    },
    optional={"except_same": text},
    read=read,
    target_fields=_fields,
    measures="count",
)
"""``distance_m``: how far is counted, the limit itself included; ``count_field``: field of the targets that is added,
or ``features``; ``count`` and ``compare``: the test holds where the sum is more than (``gt``) or at least that."""


@dataclass(frozen=True)
class _Near:
    """Targets that may be within; arrays over them."""

    target: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    surely_in: NDArray[np.bool_]
    measured_in: NDArray[np.bool_]
    surely_counts: NDArray[np.bool_]
    amount: NDArray[np.float64]


def _read_one(
    rule: Rule,
    sheet: Sheet,
    subject: np.int64,
    pairs: TargetPairs,
    near: _Near,
    amounts: NDArray[np.float64],
) -> Reading:
    counted = near.measured_in & near.surely_counts
    found = _total(near, counted)
    least = _total(near, near.surely_in & near.surely_counts)
    holds: bool | None = _reaches(rule, found)
    missing = near.measured_in & np.isnan(near.amount)
    unsure = near.measured_in & ~near.surely_counts
    if not holds and (missing.any() or _reaches(rule, _total(near, near.measured_in))):
        holds = None
    elsewhere = np.setdiff1d(_find_vague(rule, sheet, subject), near.target)
    perhaps = np.concatenate([near.amount, amounts[elsewhere]])
    most = np.inf if np.isnan(perhaps).any() else float(perhaps.sum())
    if not _reaches(rule, most):
        sheet.require_vague(subject)  # more of them could reach it
    decided = holds is not None and _reaches(rule, least) == _reaches(rule, most)
    doubt_m = sheet.doubt_m(subject, near.target)
    first = np.flatnonzero(counted)
    best = first[np.argmin(near.distance_m[first])] if len(first) else None
    return Reading(
        holds=holds,
        decided=decided,
        explanation=_explain(rule, found, int(counted.sum()), holds, decided=decided),
        needs=() if decided else _needs(rule, sheet, near, missing, unsure, holds),
        limit=rule.parameters["count"],
        found=found,
        unit=_unit(rule).en,
        doubt_m=None if np.isnan(doubt_m).any() or not len(doubt_m) else float(doubt_m.max()),
        start=_end(pairs.from_lon, pairs.from_lat, best),
        end=_end(pairs.to_lon, pairs.to_lat, best),
        measured_from="boundary",
        measured_to="boundary",
        target=None if best is None else reference(sheet, near.target[best]),
    )


def _find_vague(rule: Rule, sheet: Sheet, subject: np.int64) -> NDArray[np.int64]:
    """Return the targets that may lie anywhere round a subject."""
    prepared, condition = sheet.prepared, rule.target_filter
    if np.isnan(sheet.own_m[subject]):
        return np.flatnonzero(prepared.truth(condition) != FALSE)
    return prepared.remember(
        ("vague", condition.text),
        lambda: np.flatnonzero((prepared.truth(condition) != FALSE) & np.isnan(prepared.accuracy_m)),
    )


def _weigh(
    rule: Rule,
    sheet: Sheet,
    subject: np.int64,
    pairs: TargetPairs,
    counts: Truth,
    amounts: NDArray[np.float64],
) -> _Near:
    """Return which targets are within for sure, as measured, or perhaps."""
    limit_m: float = rule.parameters["distance_m"]
    target, distance_m = pairs.target, pairs.distance_m
    doubt_m = sheet.doubt_m(subject, target)
    return _Near(
        target=target,
        distance_m=distance_m,
        surely_in=(distance_m < limit_m - doubt_m) | _is_deep(sheet, subject, pairs, doubt_m - limit_m),
        measured_in=distance_m <= limit_m,
        surely_counts=counts[target] == TRUE,
        amount=amounts[target],
    )


def _is_deep(
    sheet: Sheet, subject: np.int64, pairs: TargetPairs, needed_m: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which targets overlap the subject so deeply that they are within whatever the doubt."""
    deep = np.zeros(len(pairs), dtype=bool)
    own = sheet.subjects.geometry.iloc[subject]
    for i in np.flatnonzero((pairs.distance_m == 0.0) & (needed_m >= 0.0)):
        depth = depth_of_overlap(own, sheet.targets.geometry.iloc[pairs.target[i]])
        deep[i] = depth.depth_m > needed_m[i]
    return deep


def _total(near: _Near, which: NDArray[np.bool_]) -> float:
    return float(np.nansum(near.amount[which]))


def _reaches(rule: Rule, total: float) -> bool:
    limit: float = rule.parameters["count"]
    return total > limit if rule.parameters["compare"] == "gt" else total >= limit


def _needs(
    rule: Rule,
    sheet: Sheet,
    near: _Near,
    missing: NDArray[np.bool_],
    unsure: NDArray[np.bool_],
    holds: bool | None,
) -> tuple[str, ...]:
    names = [f"{rule.target}/{sheet.targets['id'].iloc[target]}" for target in near.target]
    if holds is None:
        fields = [f"{names[i]}.{rule.parameters['count_field']}" for i in np.flatnonzero(missing)]
        for i in np.flatnonzero(unsure):
            row = sheet.prepared.rows[near.target[i]]
            fields += [f"{names[i]}.{field}" for field in rule.target_filter.missing_names(row)]
        return tuple(fields)
    vague = np.flatnonzero(~near.surely_in)
    return ("subject.accuracy_m", *(f"{names[i]}.accuracy_m" for i in vague))


def _unit(rule: Rule) -> Text:
    field = rule.parameters["count_field"]
    return _UNITS.get(field, Text(field, field))


def _explain(rule: Rule, found: float, features: int, holds: bool | None, *, decided: bool) -> Text:
    limit, unit, reach_m = rule.parameters["count"], _unit(rule), rule.parameters["distance_m"]
    asked = ("大于", "more than") if rule.parameters["compare"] == "gt" else ("不小于", "at least")
    layer = rule.labels.layer(rule.target)
    counted = Text(
        f"{say_number(reach_m)} m 范围内有图层“{layer.zh}”的要素 {features} 处，合计 {say_number(found)} {unit.zh}，"
        f"限值为{asked[0]} {say_number(limit)} {unit.zh}。",
        f"Within {say_number(reach_m)} m there are {features} features of layer “{layer.en}”, {say_number(found)} "
        f"{unit.en} in all; the limit is {asked[1]} {say_number(limit)} {unit.en}.",
    )
    if decided:
        return counted
    if holds is None:
        lacking = Text("部分要素数量或类别缺失，可能改变结论。", "Missing numbers or kinds could turn it.")
        return wording.join(counted, lacking)
    return wording.join(counted, wording.undecided_number())


def _end(
    lon: NDArray[np.float64], lat: NDArray[np.float64], best: np.int64 | None
) -> tuple[float, float] | None:
    if best is None:
        return None
    return position(np.round(np.array([lon[best], lat[best]]), POSITION_DECIMALS))
