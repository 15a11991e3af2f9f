"""``inside``: the subject lies, or does not lie, wholly inside targets taken together.

``holds_when = "inside"`` bans what lies wholly inside; ``"not_inside"`` bans what does not: "must go into a park".
Measured from the subject's nearest point to the edge where it is inside, and from its farthest point to the area where
it reaches beyond. The margin is positive on the allowed side.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.expression import FALSE, TRUE
from geo.rules.finding import is_decided
from geo.rules.measuring import DISTANCE_DECIMALS, Measured, Sheet, Yardstick
from geo.rules.predicates.areas import Area, Depth, gather, reach_beyond, room_inside
from geo.rules.predicates.base import Predicate, Reading, Scene, one_of, position, reference
from geo.rules.predicates.readings import lacking, nothing_there, unsure
from geo.rules.rule import Rule
from geo.text import Text, say_metres

__all__ = ["PREDICATE"]


_NO_AREA = Text(
    "部分要素只有点位，范围未知，可能包含本设施，请补充边界。",
    "Some features are stored as points: their extent is unknown and may hold it. Bring their boundaries.",
)


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it lies inside the targets."""
    sheet = scene.sheet(rule.target)
    sheet.require()  # an area that is stored as a point may lie anywhere
    counts = sheet.prepared.truth(rule.target_filter)
    sets = [counts == TRUE, counts != FALSE]
    yardstick = Yardstick.plain(len(counts), 0.0)
    measured = [sheet.measure(who, some, yardstick) for some in sets]
    pointlike = _without_area(sheet, sets[1])
    return [
        _read_one(rule, sheet, i, int(subject), sets, measured, pointlike) for i, subject in enumerate(who)
    ]


PREDICATE = Predicate(
    name="inside", parameters={"holds_when": one_of("inside", "not_inside")}, read=read, measures="overlap"
)


def _read_one(
    rule: Rule,
    sheet: Sheet,
    i: int,
    subject: int,
    sets: list[NDArray[np.bool_]],
    measured: list[Measured | None],
    pointlike: list[str],
) -> Reading:
    """Return the reading from the targets that surely count, opened where those that may count would change it."""
    certain, possible = (
        _read_set(rule, sheet, i, subject, rows, found) for rows, found in zip(sets, measured, strict=True)
    )
    if possible is None:
        return nothing_there(rule, limit=0.0, unit="m", limit_m=0.0)
    if pointlike and not _is_inside(rule, possible):
        return lacking(pointlike, _NO_AREA, limit=0.0, unit="m", limit_m=0.0)
    if certain is not None and certain.holds == possible.holds:
        return certain
    if certain is None and not _is_inside(rule, possible) and possible.decided:
        return possible
    unknown = np.flatnonzero(sets[1] & ~sets[0])
    geometry = sheet.subjects.geometry.iloc[subject]
    nearest = unknown[np.argmin(shapely.distance(sheet.targets.geometry.to_numpy()[unknown], geometry))]
    return unsure(rule, sheet, possible, nearest)


def _without_area(sheet: Sheet, rows: NDArray[np.bool_]) -> list[str]:
    """Return what is missing where targets are stored without their extent: they may hold the subject."""
    pointlike = rows & (shapely.get_dimensions(sheet.targets.geometry.to_numpy()) < 2)
    return [f"{sheet.layer}/{name}.geom" for name in sheet.targets["id"][pointlike]]


def _is_inside(rule: Rule, reading: Reading) -> bool:
    return reading.holds is (rule.parameters["holds_when"] == "inside")


def _read_set(
    rule: Rule, sheet: Sheet, i: int, subject: int, rows: NDArray[np.bool_], found: Measured | None
) -> Reading | None:
    """Return the reading for some targets; None where there is none."""
    if found is None or found.target[i] < 0:
        return None
    area = gather(sheet, subject, rows, _position_in)
    if area is None:
        farthest = reach_beyond(
            sheet.subjects.geometry.iloc[subject], sheet.targets.geometry.iloc[found.target[i]]
        )
        area = Area(found.target[[i]], shapely.Point(), float(found.doubt_m[i]), _signed(farthest, found, i))
        return _reading(rule, sheet, area, is_inside=False)
    is_inside = reach_beyond(sheet.subjects.geometry.iloc[subject], area.shape).start is None
    return _reading(rule, sheet, area, is_inside=is_inside)


def _position_in(subject: shapely.Geometry, shape: shapely.Geometry) -> Depth:
    beyond = reach_beyond(subject, shape)
    return beyond if beyond.start is not None else room_inside(subject, shape)


def _signed(farthest: Depth, found: Measured, i: int) -> Depth:
    """Return how far a subject that touches nothing is beyond: at least its distance."""
    if farthest.depth_m >= found.distance_m[i]:
        return farthest
    ends = found.ends[i]
    return Depth(float(found.distance_m[i]), position(ends[:2]), position(ends[2:]))


def _reading(rule: Rule, sheet: Sheet, area: Area, *, is_inside: bool) -> Reading:
    depth_m = round(area.depth.depth_m, DISTANCE_DECIMALS)
    is_inside = is_inside or depth_m == 0.0  # beyond by less than is printed: on the edge, which is inside
    holds = is_inside == (rule.parameters["holds_when"] == "inside")
    doubt_m = None if np.isnan(area.doubt_m) else area.doubt_m
    margin_m = -depth_m if holds else depth_m
    decided = is_decided(margin_m, doubt_m)
    target = reference(sheet, area.targets[0])
    explanation = _explain(target.name or target.id, depth_m, doubt_m, is_inside=is_inside)
    return Reading(
        holds=holds,
        decided=decided,
        explanation=wording.join(explanation, None if decided else wording.too_vague(margin_m, doubt_m)),
        needs=() if decided else ("subject.accuracy_m", f"{target.layer}/{target.id}.accuracy_m"),
        limit=0.0,
        found=depth_m,
        unit="m",
        limit_m=0.0,
        distance_m=depth_m,
        margin_m=margin_m + 0.0,
        doubt_m=doubt_m,
        start=area.depth.start,
        end=area.depth.end,
        measured_from="boundary" if is_inside else "farthest_point",
        measured_to="boundary",
        target=target,
    )


def _explain(name: str, depth_m: float, doubt_m: float | None, *, is_inside: bool) -> Text:
    doubt = wording.doubt_of(doubt_m)
    if is_inside:
        return Text(
            f"全部位于“{name}”范围内，距其边界 {say_metres(depth_m)}，{doubt.zh}。",
            f"It lies wholly inside {name}, {say_metres(depth_m)} from its edge, {doubt.en}.",
        )
    return Text(
        f"未全部位于“{name}”等范围内，最远处超出 {say_metres(depth_m)}，{doubt.zh}。",
        f"It does not lie wholly inside {name} or its like: its farthest point is {say_metres(depth_m)} beyond, "
        f"{doubt.en}.",
    )
