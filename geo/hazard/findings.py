"""Protection targets judged against the zones of a plant: findings in the shape of those of the siting rules.

A target lies at its worst point: risk is taken as the largest over its boundary and inside, overpressure at its nearest
point. ``distance_m`` is measured from the plant's boundary to the target, ``margin_m`` from the edge of the zone: how
far the target's deepest point lies inside it (negative) or its nearest point outside; ``limit_m`` is the difference,
the distance at which the criterion would be met.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import shapely

from geo.distance import TargetIndex
from geo.ellipsoid import FloatArray
from geo.errors import HazardError
from geo.hazard.contours import RiskAt
from geo.hazard.criteria import TARGET_CLASSES, class_names, is_acceptable
from geo.hazard.distance import DISTANCE_DECIMALS, Target, Zone
from geo.hazard.parameters import Parameter
from geo.hazard.stamp import SitePlane
from geo.rules.finding import Finding, TargetRef, Verdict, is_decided
from geo.standing import Standing
from geo.text import Text, say_metres

__all__ = ["CONSEQUENCE_RULE", "RISK_RULE", "Site", "judge_targets"]

RISK_RULE = "gb-36894-individual-risk"
CONSEQUENCE_RULE = "gbt-37243-overpressure"

_IN_FORCE = {RISK_RULE: date(2019, 3, 1), CONSEQUENCE_RULE: date(2019, 6, 1)}
_TITLES = {
    RISK_RULE: Text("个人风险基准", "Individual-risk criterion"),
    CONSEQUENCE_RULE: Text("爆炸超压限值", "Limit of blast overpressure"),
}
_AUTHORITIES = {
    RISK_RULE: Text(
        "GB 36894-2018 危险化学品生产装置和储存设施风险基准",
        "GB 36894-2018, risk criteria for production and storage installations of hazardous chemicals",
    ),
    CONSEQUENCE_RULE: Text(
        "GB/T 37243-2019 危险化学品生产装置和储存设施外部安全防护距离确定方法",
        "GB/T 37243-2019, determination of external safety distances",
    ),
}
_REMEDY = Text(
    "减少存量、降低泄漏频率、增设检测与切断、迁移装置或目标，然后重新计算。",
    "Store less, lower leak frequencies, detect and isolate faster, or move unit or target; then compute again.",
)
_ADVISORY = Text(
    "计算所用数值尚有未经核实者，仅供参考，不计入总结论。",
    "Numbers of the computation await confirmation: advisory, not counted.",
)

POSITION_DECIMALS = 9
"""Positions are rounded to 1e-9 degrees, 0.1 mm. Chosen."""

_STEP_M = 10.0  # numerical: between points of a target at which risk is read
_MOST_POINTS = 400  # numerical


class Site(Protocol):
    """What distances are measured from: a plant, or several together."""

    @property
    def boundary(self) -> shapely.Geometry:
        """Area, EPSG:4490."""

    @property
    def accuracy_m(self) -> float | None:
        """95 % radius of its position; None: unknown."""


@dataclass(frozen=True)
class _Reading:
    """What was measured of a target against one zone and method."""

    rule: str
    criterion: Parameter
    found: float
    unit: str
    crossed: bool
    distance_m: float
    margin_m: float
    start: tuple[float, float]
    end: tuple[float, float]


def judge_targets(
    plant: Site,
    plane: SitePlane,
    zones: Iterable[Zone],
    targets: Sequence[Target],
    risk_at: RiskAt,
    pressure_at_pa: RiskAt,
    parameters: Sequence[Parameter],
    *,
    count_unconfirmed: bool = False,
) -> list[Finding]:
    """Judge targets, in their order: one finding for each method that applies.

    Parameters
    ----------
    plant : Site
        A plant, or several together.
    plane : SitePlane
    zones : iterable of Zone
        Of the criterion that the plant's state asks for, all classes.
    targets : sequence of Target
    risk_at, pressure_at_pa : callable
        Individual risk and overpressure at points of the plane.
    parameters : sequence of Parameter
        What the zones rest on; unless all are confirmed the findings are advisory.
    count_unconfirmed : bool
        Count them all the same.

    Returns
    -------
    list of Finding
        Without any target one finding says that nothing was there to judge.

    Raises
    ------
    HazardError
        If a target's class is unknown.
    """
    zone_of = {name: zone for zone in zones for name in zone.target_classes}
    standing = _worst_standing(parameters)
    advisory = standing.advisory and not count_unconfirmed
    if not targets:
        return [_nothing_given(standing, advisory)]
    for target in targets:
        if target.target_class not in {None, *TARGET_CLASSES}:
            raise HazardError(
                f"target {target.id!r}: class {target.target_class!r} is none of {', '.join(TARGET_CLASSES)}",
                f"防护目标 {target.id!r}：类别 {target.target_class!r} 无效",
            )
    readings = _read(targets, zone_of, plant, plane, risk_at, pressure_at_pa)
    findings = []
    for row, target in enumerate(targets):
        if target.target_class is None:
            findings.append(_unclassified(target, standing, advisory))
        findings += [_finding(plant, target, reading, standing, advisory) for reading in readings[row]]
    return findings


def _worst_standing(parameters: Iterable[Parameter]) -> Standing:
    order = (Standing.DISPUTED, Standing.RECALLED, Standing.SEED, Standing.SITE_SPECIFIC, Standing.VERIFIED)
    return min((row.standing for row in parameters), key=order.index, default=Standing.VERIFIED)


def _read(
    targets: Sequence[Target],
    zone_of: Mapping[str, Zone],
    plant: Site,
    plane: SitePlane,
    risk_at: RiskAt,
    pressure_at_pa: RiskAt,
) -> list[list[_Reading]]:
    """Return what was measured of each target by each method that applies to its class."""
    near = TargetIndex([plant.boundary]).nearest([target.geometry for target in targets])
    starts = np.round(
        np.column_stack([near.to_lon, near.to_lat]), POSITION_DECIMALS
    )  # on the plant's boundary
    ends = np.round(np.column_stack([near.from_lon, near.from_lat]), POSITION_DECIMALS)
    distances_m = np.round(near.distance_m, DISTANCE_DECIMALS)
    readings: list[list[_Reading]] = [[] for _ in targets]
    for name, zone in zone_of.items():
        rows = [row for row, target in enumerate(targets) if target.target_class == name]
        if not rows:
            continue
        shapes = [targets[row].geometry for row in rows]
        points = [_points_of(shapely.transform(shape, plane.to_plane)) for shape in shapes]
        for rule, criterion, value_at, unit, area in (
            (RISK_RULE, zone.criterion, risk_at, "/a", zone.risk_area),
            (CONSEQUENCE_RULE, zone.pressure_limit, pressure_at_pa, "Pa", zone.pressure_area),
        ):
            if criterion is None:
                continue
            values = _largest(value_at, points)
            crossed = [not is_acceptable(value, criterion) for value in values]
            crossing = [
                plane.to_lonlat(one) if cross else None for one, cross in zip(points, crossed, strict=True)
            ]
            margins_m = _margins_m(area, shapes, crossing, distances_m[rows])
            for place, row in enumerate(rows):
                readings[row].append(
                    _Reading(
                        rule=rule,
                        criterion=criterion,
                        found=values[place],
                        unit=unit,
                        crossed=crossed[place],
                        distance_m=float(distances_m[row]),
                        margin_m=margins_m[place],
                        start=(float(starts[row, 0]), float(starts[row, 1])),
                        end=(float(ends[row, 0]), float(ends[row, 1])),
                    )
                )
    return readings


def _largest(value_at: RiskAt, points: Sequence[FloatArray]) -> list[float]:
    """Return the largest value at the points of each target."""
    first = np.cumsum([0, *(len(one) for one in points)])[:-1]
    return [float(value) for value in np.maximum.reduceat(value_at(np.concatenate(points)), first)]


def _points_of(shape: shapely.Geometry) -> FloatArray:
    """Points of a target in the plane, at most 10 m apart on its edges, and a lattice inside."""
    step_m = max(_STEP_M, float(shapely.length(shape)) / _MOST_POINTS)
    edges = shapely.get_coordinates(shapely.segmentize(shape, step_m))
    west, south, east, north = shapely.bounds(shape)
    if shapely.area(shape) == 0:
        return edges
    step_m = max(_STEP_M, np.sqrt((east - west) * (north - south) / _MOST_POINTS))
    x_m, y_m = np.meshgrid(np.arange(west, east, step_m), np.arange(south, north, step_m))
    lattice = np.column_stack([x_m.ravel(), y_m.ravel()])
    inside = shapely.contains_xy(shape, *lattice.T)
    return np.concatenate([edges, lattice[inside]])


def _margins_m(
    area: shapely.MultiPolygon,
    shapes: Sequence[shapely.Geometry],
    crossing: Sequence[FloatArray | None],
    distances_m: FloatArray,
) -> list[float]:
    """Return how far targets lie outside a zone, or how far the deepest of their points lies inside (negative).

    ``crossing`` holds the points of those that exceed the criterion.
    """
    if area.is_empty:
        return [float(distance_m) for distance_m in distances_m]
    outside_m = TargetIndex([area]).nearest(shapes).distance_m
    margins_m = np.minimum(np.round(outside_m, DISTANCE_DECIMALS), distances_m)
    edge = TargetIndex([area.boundary])
    for place, points in enumerate(crossing):
        if points is not None:
            inside = points[shapely.contains_xy(area, *points.T)]
            depth_m = edge.nearest([shapely.Point(one) for one in inside]).distance_m
            margins_m[place] = 0.0 - np.round(depth_m.max(initial=0.0), DISTANCE_DECIMALS)
    return [float(margin_m) for margin_m in margins_m]


def _finding(plant: Site, target: Target, reading: _Reading, standing: Standing, advisory: bool) -> Finding:
    doubt_m = None
    if target.accuracy_m is not None and plant.accuracy_m is not None:
        doubt_m = round(target.accuracy_m + plant.accuracy_m, DISTANCE_DECIMALS)
    here, beyond = Verdict.PROHIBITED, Verdict.NO_BAN
    verdict, if_crossed = (here, beyond) if reading.crossed else (beyond, here)
    decided = is_decided(reading.margin_m, doubt_m)
    return _make_finding(
        reading.rule,
        standing,
        advisory,
        clause=reading.criterion.clause,
        verdict=verdict,
        decided=decided,
        if_crossed=if_crossed,
        limit=reading.criterion.number,
        found=reading.found,
        unit=reading.unit,
        limit_m=round(reading.distance_m - reading.margin_m, DISTANCE_DECIMALS),
        distance_m=reading.distance_m,
        margin_m=reading.margin_m,
        doubt_m=doubt_m,
        start=reading.start,
        end=reading.end,
        measured_from="boundary",
        measured_to="boundary" if shapely.get_dimensions(target.geometry) == 2 else "point",
        target=TargetRef(target.layer, target.id, target.name),
        evidence=_evidence(reading.start, reading.end),
        explanation=_explain(target, reading, doubt_m, decided, advisory),
        remedy=_REMEDY,
        needs=_needs(plant, target, decided),
    )


def _make_finding(rule: str, standing: Standing, advisory: bool, **fields: Any) -> Finding:
    return Finding(
        **{
            "rule": rule,
            "title": _TITLES[rule],
            "authority": _AUTHORITIES[rule],
            "edition": "2018" if rule == RISK_RULE else "2019",
            "in_force_from": _IN_FORCE[rule],
            "in_force_to": None,
            "standing": standing.value,
            "advisory": advisory,
            "predicate": "individual_risk" if rule == RISK_RULE else "overpressure",
            **fields,
        }
    )


def _explain(target: Target, reading: _Reading, doubt_m: float | None, decided: bool, advisory: bool) -> Text:
    assert target.target_class is not None
    name, group = target.name or target.id, class_names()[target.target_class]
    is_risk = reading.rule == RISK_RULE
    what = Text("个人风险", "an individual risk") if is_risk else Text("超压", "an overpressure")
    unit = Text("/年", " a year") if is_risk else Text(" Pa", " Pa")
    side = Text("以内", "inside") if reading.crossed else Text("以外", "outside")
    found, limit = f"{reading.found:.3g}", f"{reading.criterion.number:.3g}"
    margin, distance = say_metres(abs(reading.margin_m)), say_metres(reading.distance_m)
    doubt = Text("不确定度未知", "doubt unknown")
    if doubt_m is not None:
        doubt = Text(f"不确定度 ±{say_metres(doubt_m)}", f"doubt ±{say_metres(doubt_m)}")
    end = (
        Text("。", ".") if decided else Text("，该精度下无法判定。", "; cannot be decided at this accuracy.")
    )
    note = Text(_ADVISORY.zh, f" {_ADVISORY.en}") if advisory else Text("", "")
    return Text(
        f"“{name}”（{group.zh}）处{what.zh} {found}{unit.zh}，限值 {limit}{unit.zh}；"
        f"位于防护范围边缘{side.zh} {margin}，"
        f"距企业边界 {distance}，{doubt.zh}{end.zh}{note.zh}",
        f"{name} ({group.en}) has {what.en} of {found}{unit.en}, the limit is {limit}{unit.en}; it lies {margin} "
        f"{side.en} the edge of the zone and {distance} from the plant's boundary, {doubt.en}{end.en}{note.en}",
    )


def _needs(plant: Site, target: Target, decided: bool) -> tuple[str, ...]:
    if decided:
        return ()
    sides: Mapping[str, float | None] = {
        f"{target.layer}/{target.id}.accuracy_m": target.accuracy_m,
        "subject.accuracy_m": plant.accuracy_m,
    }
    unknown = tuple(name for name, accuracy_m in sides.items() if accuracy_m is None)
    return unknown or tuple(sides)


def _unclassified(target: Target, standing: Standing, advisory: bool) -> Finding:
    name = target.name or target.id
    return _undecided(
        standing,
        advisory,
        target=TargetRef(target.layer, target.id, target.name),
        explanation=Text(
            f"“{name}”尚未确定防护目标类别，无法选取基准，请补充。",
            f"The class of {name} is not stated, so no criterion can be chosen: bring it.",
        ),
        needs=(f"{target.layer}/{target.id}.target_class",),
    )


def _nothing_given(standing: Standing, advisory: bool) -> Finding:
    return _undecided(
        standing,
        advisory,
        target=None,
        explanation=Text(
            "未提供防护目标；没有数据不等于不存在，请先导入。",
            "No protection targets were given; no data is not nothing there: import them.",
        ),
        needs=("layer protection_targets",),
    )


def _undecided(standing: Standing, advisory: bool, **fields: Any) -> Finding:
    numbers = ("limit", "found", "limit_m", "distance_m", "margin_m", "doubt_m", "start", "end", "evidence")
    return _make_finding(
        RISK_RULE,
        standing,
        advisory,
        clause="",
        verdict=Verdict.INSUFFICIENT_DATA,
        decided=False,
        if_crossed=Verdict.PROHIBITED,
        unit="/a",
        measured_from=None,
        measured_to=None,
        remedy=_REMEDY,
        **dict.fromkeys(numbers),
        **fields,
    )


def _evidence(start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    if start == end:
        return {"type": "Point", "coordinates": list(start)}
    return {"type": "LineString", "coordinates": [list(start), list(end)]}
