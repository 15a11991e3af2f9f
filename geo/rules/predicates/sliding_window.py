"""``sliding_window``: the sum of a number over targets beside a line, in any window of a length along it.

Windows begin and end at targets, both ends and the distance inclusive, so that a cluster on the border of two fixed
sections is not missed; they run through junctions and from part to part of a line. What lies nearer to the limit than
its doubt may count or not, and so may every target of unknown accuracy; along the line a window is taken longer or
shorter by the doubt. A missing number may be anything from 0 up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.pipelines.route import MM, Route, Way
from geo.pipelines.windows import Passes, Windows, find_passes, pass_by
from geo.rules import wording
from geo.rules.expression import FALSE, TRUE, Truth
from geo.rules.measuring import DISTANCE_DECIMALS, Sheet
from geo.rules.predicates.base import (
    Predicate,
    Reading,
    Scene,
    metres,
    number,
    one_of,
    reference,
    text,
)
from geo.rules.predicates.readings import lacking, nothing_there
from geo.rules.rule import Rule
from geo.rules.targets import floats
from geo.text import Text, say_metres, say_number

__all__ = ["PREDICATE"]


def _fields(parameters: Mapping[str, Any], _layer: str) -> list[str]:
    return [parameters["count_field"]]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each line subject whether the sum in some window reaches the limit."""
    sheet = scene.sheet(rule.target)
    counts = sheet.prepared.truth(rule.target_filter)
    if not sheet.has(counts != FALSE):
        return [nothing_there(rule, limit=rule.parameters["count"])] * len(who)
    amounts = floats(sheet.targets, rule.parameters["count_field"])
    return [_read_one(rule, sheet, subject, counts, amounts) for subject in who]


PREDICATE = Predicate(
    name="sliding_window",
    parameters={
        "distance_m": metres,
        "window_m": metres,
        "count_field": text,
        "count": number,
        "compare": one_of("gt", "ge"),
    },
    read=read,
    target_fields=_fields,
    measures="count",
)
"""``distance_m``: how far from the line is counted, ``window_m``: length of the window along it, both inclusive;
``count_field``: field of the targets that is added; ``count`` and ``compare``: the test holds where the sum in some
window is more than (``gt``) or at least that."""


class _Best(NamedTuple):
    """The fullest window: its sum, its stretches along the line [mm] and its targets."""

    total: float
    stretches: list[tuple[int, int]]
    targets: list[int]


@dataclass(frozen=True)
class _Set:
    """Targets that count in one reading of the data; arrays over the targets."""

    within_m: NDArray[np.float64]
    narrower_m: NDArray[np.float64]
    amount: NDArray[np.float64]


def _read_one(
    rule: Rule, sheet: Sheet, subject: np.int64, counts: Truth, amounts: NDArray[np.float64]
) -> Reading:
    line = sheet.subjects.geometry.iloc[subject]
    if shapely.get_dimensions(line) != 1:
        asked = Text(
            "对象不是线，无法沿线计数，请补充线位。", "It is no line to count along: bring its line."
        )
        return lacking(["subject.geom"], asked, limit=rule.parameters["count"])
    route = Route(line)
    own_m = float(np.nan_to_num(floats(sheet.subjects, "accuracy_m")[subject]))
    sheet.require(rule.parameters["distance_m"] + own_m + sheet.largest_accuracy_m + 1.0)
    doubt_m = sheet.doubt_m(subject, np.arange(len(counts)))
    found, known, least, most = _find_all(rule, route, sheet, counts, amounts, doubt_m)
    holds: bool | None = _reaches(rule, found.total)
    if not holds and _reaches(rule, known.total):
        holds = None
    if not _reaches(rule, most):
        sheet.require_vague(subject)  # more of them could reach it
    decided = holds is not None and _reaches(rule, least.total) == _reaches(rule, most)
    asked_of = known.targets if holds is None else []
    return Reading(
        holds=holds,
        decided=decided,
        explanation=_explain(rule, found, holds, decided=decided),
        needs=() if decided else _needs(rule, sheet, asked_of),
        limit=rule.parameters["count"],
        found=found.total,
        unit=rule.parameters["count_field"],
        doubt_m=_largest(doubt_m[found.targets]),
        start=route.locate(found.stretches[0][0]) if found.stretches else None,
        end=route.locate(found.stretches[-1][1]) if found.stretches else None,
        measured_from="centreline",
        measured_to="boundary",
        target=reference(sheet, found.targets[0]) if found.targets else None,
        evidence=_evidence(route, found),
    )


def _find_all(
    rule: Rule,
    route: Route,
    sheet: Sheet,
    counts: Truth,
    amounts: NDArray[np.float64],
    doubt_m: NDArray[np.float64],
) -> tuple[_Best, _Best, _Best, float]:
    """Return the fullest windows as measured, with all that may count, with what surely counts; and the most."""
    limit_m = rule.parameters["distance_m"]
    sure, maybe, vague = counts == TRUE, counts != FALSE, np.isnan(doubt_m)
    doubt = np.nan_to_num(doubt_m)
    nobody = np.full(len(counts), -np.inf)
    enough = np.where(np.isnan(amounts), rule.parameters["count"] + 1.0, amounts)
    measured = np.full(len(counts), limit_m)
    surely_in = np.where(vague, -np.inf, np.round(limit_m - doubt, DISTANCE_DECIMALS) - 0.5 / MM)
    none = np.zeros(len(counts))
    sets = (
        _Set(np.where(sure, measured, nobody), none, np.nan_to_num(amounts)),
        _Set(np.where(maybe, measured, nobody), none, enough),
        _Set(np.where(sure, surely_in, nobody), doubt, np.nan_to_num(amounts)),
        _Set(np.where(maybe & ~vague, np.round(limit_m + doubt, DISTANCE_DECIMALS), nobody), -doubt, enough),
    )
    rows = np.flatnonzero(maybe)
    passes = find_passes(route, sheet.targets.geometry.to_numpy()[rows], limit_m + float(doubt[rows].max()))
    passes = passes._replace(target=rows[passes.target])
    ways = route.ways(round((rule.parameters["window_m"] + 2.0 * limit_m) * MM))
    found, known, least, most = (_fullest(rule, passes, ways, each) for each in sets)
    return found, known, least, most.total + float(enough[maybe & vague].sum())


def _fullest(rule: Rule, passes: Passes, ways: list[Way], counted: _Set) -> _Best:
    kept = passes.take(passes.distance_m <= counted.within_m[passes.target])
    best = _Best(0.0, [], [])
    for way in ways:
        places = pass_by(kept, way)
        if not len(places.target):
            continue
        windows = Windows(places, rule.parameters["window_m"], counted.narrower_m[places.target])
        if not len(windows.start_mm):
            continue
        totals = windows.total(counted.amount)
        window = int(np.argmax(totals))
        if totals[window] > best.total or not best.targets:
            first = int(np.clip(windows.start_mm[window], 0, way.length_mm))
            last = int(
                np.clip(windows.start_mm[window] + rule.parameters["window_m"] * MM, first, way.length_mm)
            )
            best = _Best(float(totals[window]), way.to_mileage(first, last), windows.holds(window).tolist())
    return best


def _reaches(rule: Rule, total: float) -> bool:
    limit: float = rule.parameters["count"]
    return total > limit if rule.parameters["compare"] == "gt" else total >= limit


def _needs(rule: Rule, sheet: Sheet, targets: list[int]) -> tuple[str, ...]:
    """Return what is missing of targets that may count; better positions where nothing is."""
    needs = []
    for target in targets:
        row = sheet.prepared.rows[target]
        missing = [*rule.target_filter.missing_names(row)]
        if np.isnan(floats(sheet.targets, rule.parameters["count_field"])[target]):
            missing.append(rule.parameters["count_field"])
        needs += [f"{rule.target}/{row['id']}.{field}" for field in dict.fromkeys(missing)]
    return tuple(needs) or ("subject.accuracy_m", f"layer {rule.target}.accuracy_m")


def _largest(doubt_m: NDArray[np.float64]) -> float | None:
    return None if not len(doubt_m) or np.isnan(doubt_m).any() else float(doubt_m.max())


def _explain(rule: Rule, found: _Best, holds: bool | None, *, decided: bool) -> Text:
    limit, field = rule.parameters["count"], rule.labels.field(rule.parameters["count_field"])
    window_m, reach_m = rule.parameters["window_m"], rule.parameters["distance_m"]
    asked = ("大于", "more than") if rule.parameters["compare"] == "gt" else ("不小于", "at least")
    at = ", ".join(f"{say_number(first / MM, 1)}-{say_metres(last / MM)}" for first, last in found.stretches)
    layer = rule.labels.layer(rule.target)
    counted = Text(
        f"两侧各 {say_number(reach_m)} m、任意 {say_number(window_m)} m 长度内，图层“{layer.zh}”的要素 "
        f"{len(found.targets)} 处，{field.zh}合计最多 {say_number(found.total)}{f'（里程 {at}）' if at else ''}，"
        f"限值为{asked[0]} {say_number(limit)}。",
        f"In the fullest {say_number(window_m)} m, within {say_number(reach_m)} m each side, {len(found.targets)} "
        f"features of layer “{layer.en}” have {field.en} of "
        f"{say_number(found.total)}{f' (mileage {at})' if at else ''}; the limit is {asked[1]} {say_number(limit)}.",
    )
    if decided:
        return counted
    if holds is None:
        return wording.join(
            counted, Text("部分要素数量或类别缺失，可能改变结论。", "Missing numbers or kinds could turn it.")
        )
    return wording.join(counted, wording.undecided_number())


def _evidence(route: Route, found: _Best) -> dict[str, Any] | None:
    lines = [line for first, last in found.stretches for line in route.cut(first, last)]
    return {"type": "MultiLineString", "coordinates": lines} if lines else None
