"""``downstream_within``: a target lies within a way along the flow path below the subject's dam toe, not a circle.

The way is that of a fluid over the elevation raster from the toe of the starter dam (:mod:`geo.terrain`). A target
counts where a part of it lies no farther beside the path than a stated width; its mileage is where that part is reached
square to the path, the first one in a bend. Both may be off: the mileage by the accuracies of both sides, a cell, the
eight directions and every level stretch before, the offset by the accuracies and half a cell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError

from geo.rules import wording
from geo.rules.expression import FALSE, TRUE
from geo.rules.measuring import DISTANCE_DECIMALS, POSITION_DECIMALS, Sheet
from geo.rules.predicates.base import (
    Predicate,
    Reading,
    Scene,
    metres,
    one_of,
    position,
    reference,
)
from geo.rules.predicates.readings import lacking, nothing_there, unsure, weigh
from geo.rules.rule import Rule
from geo.terrain import Feet, FlowPath, PathEnd, trace_flow_path
from geo.text import Text, say_metres, say_number

__all__ = ["PREDICATE", "toe_of"]

_TOE = "subject.toe_point"
_RASTER = "raster elevation"
_LONGER = 1.25
"""How much farther than the limit a path is followed at first, for targets that only doubt could bring within."""
_ENDS = {
    PathEnd.OUTSIDE: Text("坡脚点不在高程栅格范围内", "the dam toe lies outside the elevation raster"),
    PathEnd.EDGE: Text("路径到达高程栅格边缘", "the path reaches the edge of the elevation raster"),
    PathEnd.GAP: Text("路径到达高程栅格的空缺处", "the path reaches a gap in the elevation raster"),
    PathEnd.TOO_FAR: Text("路径超出读取的像元范围", "the path leaves the cells that are read"),
}


def toe_of(subject: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return longitude and latitude of the toe of the starter dam; None where it is missing or no point."""
    stated = subject.get("toe_point")
    if not isinstance(stated, Mapping):
        return None
    try:
        toe = shapely.geometry.shape(dict(stated))
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError):
        return None
    return (toe.x, toe.y) if isinstance(toe, shapely.Point) and not toe.is_empty else None


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether a target lies within the way below its dam toe."""
    return [_read_one(rule, scene, subject) for subject in who]


PREDICATE = Predicate(
    name="downstream_within",
    parameters={"distance_m": metres, "half_width_m": metres, "compare": one_of("le", "lt")},
    read=read,
    rasters=("elevation",),
    measures="distance",
)
"""``distance_m``: the limit along the path; ``half_width_m``: how far beside the path targets count, the limit itself
included; ``compare``: whether the limit along the path is within (``le``) or not (``lt``)."""


@dataclass(frozen=True)
class _Valley:
    """The path below one subject and what lies along it.

    Attributes
    ----------
    own_m : float
        Accuracy of the subject; NaN where unknown. [m]
    """

    rule: Rule
    sheet: Sheet
    path: FlowPath
    own_m: float


@dataclass(frozen=True)
class _Find:
    """The deciding part of a target."""

    target: int
    mileage_m: float
    lateral_m: float
    doubt_m: float
    lon_lat: NDArray[np.float64]
    holds: bool
    decided: bool

    @property
    def order(self) -> tuple[int, float, float, int]:
        """The worse first: surely within, within, perhaps within, surely not."""
        rank = (0 if self.decided else 1) if self.holds else (4 if self.decided else 3)
        return rank, self.mileage_m, self.lateral_m, self.target


def _published(rule: Rule) -> dict[str, Any]:
    limit_m = rule.parameters["distance_m"]
    return {"limit": limit_m, "unit": "m", "limit_m": limit_m, "measured_from": "dam_toe"}


def _read_one(rule: Rule, scene: Scene, subject: np.int64) -> Reading:
    sheet, published = scene.sheet(rule.target), _published(rule)
    toe, raster = toe_of(scene.subject_rows[subject]), scene.rasters.get("elevation")
    counts = sheet.prepared.truth(rule.target_filter)
    if toe is None or raster is None:
        needs = [need for need, value in ((_TOE, toe), (_RASTER, raster)) if value is None]
        return lacking(needs, _cannot_follow(needs), **published)
    if not sheet.has(counts != FALSE):
        return nothing_there(rule, **published)
    own_m = float(sheet.own_m[subject])
    valley = _Valley(rule, sheet, _follow(rule, sheet, raster, toe, own_m), own_m)
    if valley.path.end is PathEnd.OUTSIDE:
        return _cut_short(valley)
    near = _near(valley, counts != FALSE)
    feet = valley.path.feet(sheet.targets.geometry.iloc[near], _reach_m(valley))
    finds = [_find(valley, int(target), each) for target, each in zip(near, feet, strict=True)]
    sure = min((f for f in finds if f and counts[f.target] == TRUE), key=lambda f: f.order, default=None)
    perhaps = min((f for f in finds if f and counts[f.target] != TRUE), key=lambda f: f.order, default=None)
    certain = None if sure is None else _report(valley, sure)
    possible = None if perhaps is None else _report(valley, perhaps)
    opened = None if perhaps is None or possible is None else unsure(rule, sheet, possible, perhaps.target)
    reading = weigh(certain, possible, opened)
    if reading is not None and (reading.holds is not False or not reading.decided):
        return reading if reading.holds or _is_followed(valley) else _cut_short(valley, reading)
    return _nobody(valley, subject, counts != FALSE) if _is_followed(valley) else _cut_short(valley)


def _follow(rule: Rule, sheet: Sheet, raster: Path, toe: tuple[float, float], own_m: float) -> FlowPath:
    """Return the path, followed as far beyond the limit as doubt could bring a target within."""
    limit_m = rule.parameters["distance_m"]
    path = trace_flow_path(raster, *toe, _LONGER * limit_m)
    if path.end is not PathEnd.LENGTH:
        return path
    vague_m = float(np.nan_to_num(own_m)) + sheet.largest_accuracy_m
    wanted_m = limit_m + vague_m + float(path.mileage_doubt_m(np.array(path.length_m)))
    return path if wanted_m <= path.length_m else trace_flow_path(raster, *toe, wanted_m)


def _is_followed(valley: _Valley) -> bool:
    return valley.path.length_m >= float(valley.rule.parameters["distance_m"])


def _reach_m(valley: _Valley) -> float:
    """Return how far beside the path a target is looked at."""
    vague_m = np.nan_to_num(valley.own_m) + valley.sheet.largest_accuracy_m
    return float(valley.rule.parameters["half_width_m"] + valley.path.lateral_doubt_m + vague_m)


def _near(valley: _Valley, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the targets that may lie along the path, by its bounds."""
    box = valley.path.box(_reach_m(valley))
    valley.sheet.require_box(box)
    found = valley.sheet.targets.sindex.query(box)
    return np.sort(found[rows[found]])


def _find(valley: _Valley, target: int, feet: Feet) -> _Find | None:
    """Return the part of a target that decides; None where it lies too far off."""
    rule, path = valley.rule, valley.path
    limit_m, half_width_m = rule.parameters["distance_m"], rule.parameters["half_width_m"]
    both_m = valley.own_m + valley.sheet.accuracy_m[target]
    mileages_m = np.round(feet.mileage_m, DISTANCE_DECIMALS)
    doubts_m = np.round(path.mileage_doubt_m(feet.mileage_m) + both_m, DISTANCE_DECIMALS)
    finds = []
    for i, (mileage_m, lateral_m, doubt_m) in enumerate(
        zip(mileages_m, np.round(feet.lateral_m, DISTANCE_DECIMALS), doubts_m, strict=True)
    ):
        within = mileage_m <= limit_m if rule.parameters["compare"] == "le" else mileage_m < limit_m
        holds = bool(within and mileage_m >= 0 and lateral_m <= half_width_m)
        along_m, beside_m = max(mileage_m - limit_m, -mileage_m), lateral_m - half_width_m
        lateral_doubt_m = path.lateral_doubt_m + both_m
        if holds:
            decided = limit_m - mileage_m > doubt_m and -beside_m > lateral_doubt_m
        else:
            decided = along_m > doubt_m or beside_m > lateral_doubt_m
        finds.append(
            _Find(
                target,
                float(mileage_m),
                float(lateral_m),
                float(doubt_m),
                feet.lon_lat[i],
                holds,
                bool(decided),
            )
        )
    return min(finds, key=lambda find: find.order, default=None)


def _report(valley: _Valley, find: _Find) -> Reading:
    """Return the reading of the deciding part of a target; a target beside the path has no distance along it."""
    rule, sheet = valley.rule, valley.sheet
    limit_m = rule.parameters["distance_m"]
    target = reference(sheet, find.target)
    along = find.holds or find.mileage_m >= limit_m
    distance_m = find.mileage_m if along else None
    doubt_m = None if np.isnan(find.doubt_m) else find.doubt_m
    toe = valley.path.lon_lat[0]
    explanation = wording.join(
        _where(rule, target.name or target.id, find, doubt_m),
        None if find.decided else _undecided(doubt_m),
        _about(valley),
    )
    return Reading(
        holds=find.holds,
        decided=find.decided,
        explanation=explanation,
        needs=() if find.decided else _needs(doubt_m, target.layer, target.id),
        **_published(rule),
        found=distance_m,
        distance_m=distance_m,
        margin_m=None if distance_m is None else round(distance_m - limit_m, DISTANCE_DECIMALS),
        doubt_m=doubt_m,
        start=position(np.round(toe, POSITION_DECIMALS)),
        end=position(np.round(find.lon_lat, POSITION_DECIMALS)),
        measured_to="flow_path",
        target=target,
        evidence=_line(valley, max(find.mileage_m, 0.0)),
    )


def _nobody(valley: _Valley, subject: np.int64, rows: NDArray[np.bool_]) -> Reading:
    """Return the reading where nothing lies along the path as far as doubt reaches."""
    rule, path = valley.rule, valley.path
    limit_m, half_width_m = rule.parameters["distance_m"], rule.parameters["half_width_m"]
    vague = valley.sheet.is_vague(subject, rows)
    short = path.length_m < limit_m + float(path.mileage_doubt_m(np.array(limit_m)))
    layer = rule.labels.layer(rule.target)
    said = Text(
        f"自坡脚沿下泄路径 {say_number(limit_m)} m 内、路径两侧 {say_number(half_width_m)} m "
        f"范围没有图层“{layer.zh}”的要素。",
        f"Along {say_number(limit_m)} m of the flow path below the dam toe, {say_number(half_width_m)} m to each "
        f"side, there is no feature of layer “{layer.en}”.",
    )
    return Reading(
        holds=False,
        decided=not (vague or short),
        explanation=wording.join(
            said,
            wording.too_vague(0.0, None) if vague else None,
            _ends(path) if short else None,
            _level(path),
        ),
        needs=(
            *(_vague_sides(valley) if vague else ()),
            *((_RASTER,) if short else ()),
        ),
        **_published(rule),
        start=position(np.round(path.lon_lat[0], POSITION_DECIMALS)),
        evidence=_line(valley, limit_m),
    )


def _cut_short(valley: _Valley, reading: Reading | None = None) -> Reading:
    """Return the reading of a path that ends before the limit and along which nothing lies for sure."""
    asked = wording.join(None if reading is None else reading.explanation, _ends(valley.path), _about(valley))
    needs = [_RASTER, *(() if reading is None else reading.needs)]
    return lacking(needs, asked, **_published(valley.rule), evidence=_line(valley, valley.path.length_m))


def _vague_sides(valley: _Valley) -> list[str]:
    known = not np.isnan(valley.own_m)
    return [f"layer {valley.rule.target}.accuracy_m"] if known else ["subject.accuracy_m"]


def _line(valley: _Valley, mileage_m: float) -> dict[str, Any]:
    """Return the path up to a mileage as GeoJSON."""
    line = shapely.transform(valley.path.cut(mileage_m), lambda xy: np.round(xy, POSITION_DECIMALS))
    found: dict[str, Any] = shapely.geometry.mapping(line)
    return {"type": found["type"], "coordinates": _lists(found["coordinates"])}


def _lists(coordinates: Any) -> Any:
    return [_lists(part) for part in coordinates] if isinstance(coordinates, tuple) else float(coordinates)


def _needs(doubt_m: float | None, layer: str, target: str) -> tuple[str, ...]:
    if doubt_m is None:
        return ("subject.accuracy_m", f"{layer}/{target}.accuracy_m")
    return (_RASTER, f"{layer}/{target}.accuracy_m")


def _cannot_follow(needs: list[str]) -> Text:
    return wording.join(
        Text(
            "缺少初期坝坡脚点，无法推求下泄路径，请补充。",
            "Without the toe point of the starter dam the flow path cannot be found: bring it.",
        )
        if _TOE in needs
        else None,
        Text(
            "缺少高程栅格，无法推求下泄路径，请先导入。",
            "Without an elevation raster the flow path cannot be found: bring one.",
        )
        if _RASTER in needs
        else None,
    )


def _where(rule: Rule, name: str, find: _Find, doubt_m: float | None) -> Text:
    limit_m, half_width_m = rule.parameters["distance_m"], rule.parameters["half_width_m"]
    included = rule.parameters["compare"] == "le"
    doubt = wording.doubt_of(doubt_m)
    return Text(
        f"“{name}”在自坡脚起沿下泄路径 {say_metres(find.mileage_m)} 处（限值 {say_number(limit_m)} m，"
        f"{'含' if included else '不含'}），距路径 {say_metres(find.lateral_m)}（计入宽度为两侧各 "
        f"{say_number(half_width_m)} m，条文未规定），里程{doubt.zh}。",
        f"{name} lies {say_metres(find.mileage_m)} along the flow path below the dam toe (limit {say_number(limit_m)} "
        f"m, {'included' if included else 'not included'}) and {say_metres(find.lateral_m)} beside it "
        f"({say_number(half_width_m)} m to each side count, the clause states no width); mileage with {doubt.en}.",
    )


def _undecided(doubt_m: float | None) -> Text:
    if doubt_m is None:
        return wording.too_vague(0.0, None)
    return Text(
        "该精度下无法判定：请采用更高分辨率的高程栅格，并实测坡脚与目标位置。",
        "Cannot be decided at this accuracy: use a finer elevation raster and survey the toe and the target.",
    )


def _ends(path: FlowPath) -> Text:
    why = _ENDS.get(path.end, Text("路径过短", "the path is too short"))
    return Text(
        f"{why.zh}（里程 {say_metres(path.length_m)}），其后无法推求，请补充高程栅格。",
        f"At mileage {say_metres(path.length_m)} {why.en}; what follows is unknown: bring elevations there.",
    )


def _about(valley: _Valley) -> Text | None:
    """Say from what the path was found."""
    path = valley.path
    if path.end is PathEnd.OUTSIDE:
        return None
    cells = Text(
        f"路径按高程栅格最陡方向（D8）推得，像元对角线 {say_metres(path.cell_m)}。",
        f"The path follows the steepest descent (D8) over cells of {say_metres(path.cell_m)} diagonal.",
    )
    return wording.join(cells, _level(path))


def _level(path: FlowPath) -> Text | None:
    """Say how much of a path runs over flats and filled hollows."""
    if not path.level_m[-1]:
        return None
    return Text(
        f"路径中 {say_metres(path.level_m[-1])} 为平坦或填洼段（最深填 {say_metres(path.depth_m)}），已计入不确定度。",
        f"{say_metres(path.level_m[-1])} of the path cross flats or filled hollows ({say_metres(path.depth_m)} deep "
        "at most), which stand in the doubt.",
    )
