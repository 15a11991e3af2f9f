"""Area classes (GB 50251) and high-consequence areas (GB 32167-2015) of a pipeline, segment by segment.

The data are read four ways: what surely counts at the least; what counts as measured, missing numbers as none; the
same with whatever missing attributes may hold; and what may count at the most, for all the doubt of positions. Where
the second and the third differ the answer is ``insufficient_data``; where the first and the last differ it is not
decided.

A class or an area reaches 200 m along the line beyond the last building or place that makes it one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import OutOfRangeError
from geo.pipelines.impact_radius import impact_radius_m, impact_radius_us_m
from geo.pipelines.route import MM, Route, Way
from geo.pipelines.tables import GAS_ITEMS, NUMBERS, OIL_ITEMS, Item, Number, class_numbers
from geo.pipelines.windows import Passes, Windows, find_passes, pass_by
from geo.pipelines.zones import Reason, Zone, collect_bounds, merge_stretches, paint
from geo.rules.expression import FALSE, TRUE, Truth, parse_condition
from geo.rules.finding import Position, TargetRef
from geo.rules.targets import floats
from geo.standing import Standing
from geo.text import Text, say_metres, say_number

__all__ = ["AREA_CLASSES", "GRADES", "INSUFFICIENT", "Classification", "Segment", "classify_pipeline"]

INSUFFICIENT = "insufficient_data"
"""Word for a class or grade that the data do not tell."""

AREA_CLASSES = ("1-1", "1-2", "2", "3", "4")
"""Area classes, mildest first; class 1 by type."""

_AREA_CLASSES_ZH = ("一级一类", "一级二类", "二级", "三级", "四级")

GRADES = ("none", "I", "II", "III")
"""Grades of high-consequence areas, mildest first."""

_BAND_M, _WINDOW_M, _END_M = 200.0, 2000.0, 200.0
_CLASS_3_HOUSEHOLDS, _CLASS_1_HOUSEHOLDS, _CLASS_4_STOREYS = 100.0, 15.0, 4.0
_UNKNOWN_HALF_WIDTH_M = 1000.0
_GRADE_OF_CLASS = np.array([0, 0, 0, 2, 3])
_LEAST, _KNOWN, _OPEN, _MOST = _READINGS = range(4)

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of a pipeline with one class and one grade.

    Attributes
    ----------
    start_m, end_m : float
        Mileage, good to 1 mm. [m]
    start, end : Position
    area_class : str or None
        Word of ``AREA_CLASSES``, or ``insufficient_data``; None for oil, to which GB 50251 does not apply.
    hca_grade : str
        Word of ``GRADES``, or ``insufficient_data``; by the reading used.
    hca_grade_other : str
        The same by the other reading of items on which copies of the standard disagree.
    decided : bool
        False where data are missing, or the doubt of positions could change class or grade.
    reasons : tuple of Reason
    needs : tuple of str
        What to bring for a decision.
    """

    start_m: float
    end_m: float
    start: Position
    end: Position
    area_class: str | None
    hca_grade: str
    hca_grade_other: str
    decided: bool
    reasons: tuple[Reason, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Classification:
    """What :func:`classify_pipeline` returns.

    Attributes
    ----------
    segments : list of Segment
        In order of mileage, without gaps.
    length_m : float
    impact_radius_m, impact_radius_us_m : float or None
        For gas; the latter is for checking. None where diameter or pressure is missing. [m]
    numbers : tuple of Number
        Everything that the result rests on.
    """

    segments: list[Segment]
    length_m: float
    impact_radius_m: float | None
    impact_radius_us_m: float | None
    numbers: tuple[Number, ...]

    @property
    def awaiting_confirmation(self) -> tuple[Number, ...]:
        """Whatever of the numbers is not verified."""
        return tuple(number for number in self.numbers if number.standing is not Standing.VERIFIED)

    def to_dict(self) -> dict[str, Any]:
        """Return the classification as published (JSON types)."""
        awaiting = [asdict(number) for number in self.awaiting_confirmation]
        return {**asdict(self), "awaiting_confirmation": awaiting}


def classify_pipeline(
    line: shapely.Geometry,
    diameter_mm: float | None,
    pressure_mpa: float | None,
    medium: str,
    buildings: gpd.GeoDataFrame | None,
    targets: Mapping[str, gpd.GeoDataFrame],
    accuracy_m: float | None = None,
) -> Classification:
    """Classify a pipeline.

    Parameters
    ----------
    line : shapely.Geometry
        LineString or MultiLineString, EPSG:4490. Parts that meet are joined, branches included.
    diameter_mm, pressure_mpa : float or None
        Outer diameter, maximum allowable operating pressure.
    medium : str
        ``oil`` or ``gas``.
    buildings : GeoDataFrame or None
        The layer of buildings (``id``, ``name``, ``households``, ``storeys``, ``accuracy_m``).
    targets : mapping of slug to GeoDataFrame
        Gas: ``protection_targets``, ``hazard_sites``. Oil: ``settlements``, ``roads``, ``railways``,
        ``hazard_sites``, ``zones``, ``rivers``, ``lakes``. A layer that is absent or empty leaves open what needs it.
    accuracy_m : float or None
        Of the line; unknown decides nothing. [m]

    Raises
    ------
    OutOfRangeError
        If the medium is neither oil nor gas, or diameter or pressure is not above 0.
    GeometryError
        If the line is none.
    """
    if medium not in {"oil", "gas"}:
        raise OutOfRangeError(f"medium {medium!r} is neither 'oil' nor 'gas'")
    survey = _Survey(Route(line), medium, _number(diameter_mm), _number(pressure_mpa), _number(accuracy_m))
    survey.count_households(buildings)
    for item in GAS_ITEMS if medium == "gas" else OIL_ITEMS:
        survey.look_for(item, targets.get(item.layer))
    return survey.sum_up()


def _number(value: float | None) -> float:
    return float("nan") if value is None or pd.isna(value) else float(value)


@dataclass
class _Survey:
    """One pipeline while it is classified: the zones found so far in each reading of the data."""

    route: Route
    medium: str
    diameter_mm: float
    pressure_mpa: float
    accuracy_m: float
    ways: list[Way] = field(init=False)
    classes: list[list[Zone]] = field(default_factory=lambda: [[], [], [], []])
    items: list[tuple[Item, list[list[Zone]]]] = field(default_factory=list)
    used: list[Number] = field(default_factory=list)
    missing: list[tuple[int, str, str]] = field(default_factory=list)
    """Mileage, field and need of each building within the band that lacks a number. [mm]"""

    def __post_init__(self) -> None:
        self.ways = self.route.ways(round((_WINDOW_M + 4.0 * _BAND_M) * MM))
        self.used = list(class_numbers(self.medium))

    @property
    def radius_m(self) -> float | None:
        if np.isnan(self.diameter_mm) or np.isnan(self.pressure_mpa):
            return None
        return impact_radius_m(self.diameter_mm, self.pressure_mpa)

    def count_households(self, buildings: gpd.GeoDataFrame | None) -> None:
        """Find the classes by the households of buildings."""
        if buildings is None or not len(buildings):
            self._leave_open(self.classes, 4, ("layer buildings",))
            return
        buildings = buildings.reset_index(drop=True)
        counts = np.full(len(buildings), TRUE)
        sets = self._sets(buildings, counts, _BAND_M, np.zeros(len(buildings)), np.zeros(len(buildings)))
        households, storeys = floats(buildings, "households"), floats(buildings, "storeys")
        passes = find_passes(self.route, buildings.geometry.to_numpy(), max(s.reach_m for s in sets))
        for reading, counted in enumerate(sets):
            open_numbers = reading in (_OPEN, _MOST)
            count = _Count(
                np.where(np.isnan(households), _CLASS_3_HOUSEHOLDS if open_numbers else 0.0, households),
                np.where(np.isnan(storeys), open_numbers, storeys >= _CLASS_4_STOREYS).astype(float),
            )
            kept = passes.take(passes.distance_m <= counted.within_m[passes.target])
            for way in self.ways:
                places = pass_by(kept, way)
                if len(places.target):
                    self.classes[reading] += self._find_classes(way, places, counted, count, buildings)
        if np.isnan(sets[_MOST].doubt_m).any():
            self.classes[_MOST].append(self._whole(4, ("subject.accuracy_m", "layer buildings.accuracy_m")))
        near = passes.take(passes.distance_m <= _BAND_M)
        for name, values in (("households", households), ("storeys", storeys)):
            for row in np.flatnonzero(np.isnan(values[near.target])):
                need = f"buildings/{buildings['id'].iloc[near.target[row]]}.{name}"
                self.missing.append((int(near.foot_mm[row]), name, need))

    def look_for(self, item: Item, frame: gpd.GeoDataFrame | None) -> None:
        """Find the areas that an item makes of what lies beside the line."""
        zones: list[list[Zone]] = [[], [], [], []]
        line: dict[str, object] = {
            "medium": self.medium,
            "diameter_mm": self.diameter_mm,
            "pressure_mpa": self.pressure_mpa,
        }
        condition = parse_condition(item.applies)
        (applies,) = condition.evaluate(pd.DataFrame([line]))
        if applies == FALSE:
            return
        self.items.append((item, zones))
        needs = tuple(f"subject.{name}" for name in condition.missing_names(line))
        within_m = item.within_m or self.radius_m
        if frame is None or not len(frame):
            self._leave_open(zones, item.grade, (f"layer {item.layer}", *needs))
        elif within_m is None:
            self._leave_open(zones, item.grade, needs)
        else:
            self._find_places(item, frame.reset_index(drop=True), within_m, applies, needs, zones)

    def _find_places(
        self,
        item: Item,
        frame: gpd.GeoDataFrame,
        within_m: float,
        applies: np.int8,
        needs: tuple[str, ...],
        zones: list[list[Zone]],
    ) -> None:
        condition = parse_condition(item.counts)
        counts = np.minimum(condition.evaluate(frame), applies)
        offset_m, slack_m = _half_widths(item, frame)
        sets = self._sets(frame, counts, within_m, offset_m, slack_m)
        rows = np.flatnonzero(counts != FALSE)
        passes = find_passes(self.route, frame.geometry.to_numpy()[rows], max(s.reach_m for s in sets))
        passes = passes._replace(target=rows[passes.target])
        for reading, counted in enumerate(sets):
            kept = passes.take(passes.distance_m <= counted.within_m[passes.target])
            for way in self.ways:
                places = pass_by(kept, way)
                for i, target in enumerate(places.target):
                    row = frame.iloc[target]
                    asked = [
                        f"{item.layer}/{row['id']}.{name}"
                        for name in condition.missing_names({str(key): value for key, value in row.items()})
                    ]
                    asked += [f"{item.layer}/{row['id']}.half_width_m"] if slack_m[target] else []
                    reason = _place_reason(item, row, float(places.distance_m[i]), within_m)
                    zones[reading] += _spread(
                        way, places.first_mm[i], places.last_mm[i], item.grade, reason, (*asked, *needs)
                    )
        if np.isnan(sets[_MOST].doubt_m[rows]).any():
            vague = ("subject.accuracy_m", f"layer {item.layer}.accuracy_m")
            zones[_MOST].append(self._whole(item.grade, vague))

    def _leave_open(self, zones: list[list[Zone]], level: int, needs: tuple[str, ...]) -> None:
        for reading in (_OPEN, _MOST):
            zones[reading].append(self._whole(level, needs))

    def _whole(self, level: int, needs: tuple[str, ...]) -> Zone:
        return Zone(0, self.route.length_mm, level, None, needs)

    def _sets(
        self, frame: gpd.GeoDataFrame, counts: Truth, within_m: float, offset_m: _Floats, slack_m: _Floats
    ) -> tuple["_Set", ...]:
        """Return how near targets have to be in each reading; those that do not count are never near enough."""
        doubt_m = self.accuracy_m + floats(frame, "accuracy_m")
        doubt, limit_m = np.nan_to_num(doubt_m), within_m + offset_m
        sure, maybe, nowhere = counts == TRUE, counts != FALSE, np.full(len(counts), -np.inf)
        surely_in = np.where(np.isnan(doubt_m), nowhere, np.round(limit_m - doubt, 3) - 0.5 / MM)
        zero = np.zeros(len(counts))
        return (
            _Set(np.where(sure & (slack_m == 0.0), surely_in, nowhere), doubt, doubt_m),
            _Set(np.where(sure, limit_m, nowhere), zero, doubt_m),
            _Set(np.where(maybe, limit_m + slack_m, nowhere), zero, doubt_m),
            _Set(np.where(maybe, np.round(limit_m + slack_m + doubt, 3), nowhere), -doubt, doubt_m),
        )

    def _find_classes(
        self,
        way: Way,
        places: Passes,
        counted: "_Set",
        count: "_Count",
        buildings: gpd.GeoDataFrame,
    ) -> list[Zone]:
        zones = []
        lived_in = places.take(count.households[places.target] > 0.0)
        for some, dense in ((lived_in, False), (places, True)):
            windows = Windows(some, _WINDOW_M, counted.narrower_m[some.target])
            if not len(windows.start_mm):
                continue
            levels = _dense_levels(windows, count) if dense else _levels(windows.total(count.households))
            zones += self._merge(way, windows, levels, count, buildings)
        return zones

    def _merge(
        self, way: Way, windows: Windows, levels: _Ints, count: "_Count", buildings: gpd.GeoDataFrame
    ) -> list[Zone]:
        """Return the zones of windows of each level, which explain themselves by their fullest window."""
        zones: list[Zone] = []
        totals, (first, last) = windows.total(count.households), windows.extent()
        low, high = first - round(_END_M * MM), last + round(_END_M * MM)
        for level in np.unique(levels[levels > 0]).tolist():
            some = np.flatnonzero(levels == level)

            def explain(start_mm: int, end_mm: int, level: int = level, some: _Ints = some) -> Reason:
                places = way.to_place(start_mm, end_mm)
                here = [(low[some] < b) & (high[some] > a) for a, b in places]
                window = some[np.argmax(np.where(np.any(here, axis=0), totals[some], -1.0))]
                return _class_reason(way, windows, int(window), level, float(totals[window]), buildings)

            for start_mm, end_mm in zip(*merge_stretches(low[some], high[some]), strict=True):
                stretches = way.to_mileage(int(start_mm), int(end_mm))
                zones += [Zone(*stretch, level, explain) for stretch in stretches]
        return zones

    def sum_up(self) -> Classification:
        """Return the segments."""
        every = [*self.classes, *(zones for _, readings in self.items for zones in readings)]
        bounds = collect_bounds(every, self.route.part_bounds_mm)
        classes = [paint(zones, bounds) for zones in self.classes]
        grades = [self._grades(bounds, classes, reading, other=False) for reading in _READINGS]
        others = [self._grades(bounds, classes, reading, other=True) for reading in _READINGS]
        shown = [classes, grades, others] if self.medium == "gas" else [grades, others]
        known = np.all([table[_KNOWN] == table[_OPEN] for table in shown], axis=0)
        decided = known & np.all([table[_LEAST] == table[_MOST] for table in shown], axis=0)
        columns = np.stack([*(table[reading] for table in shown for reading in (_KNOWN, _OPEN)), decided])
        changes = np.flatnonzero((np.diff(columns, axis=1) != 0).any(axis=0)) + 1
        breaks = np.searchsorted(bounds, self.route.breaks_mm)
        edges = np.unique(np.concatenate([[0], changes, breaks, [len(bounds) - 1]]))
        segments = [
            Segment(
                start_m=start_mm / MM,
                end_m=end_mm / MM,
                start=self.route.locate(start_mm, onward=True),
                end=self.route.locate(end_mm),
                area_class=_word(AREA_CLASSES, classes, at) if self.medium == "gas" else None,
                hca_grade=_word(GRADES, grades, at),
                hca_grade_other=_word(GRADES, others, at),
                decided=bool(decided[at]),
                reasons=self._reasons(start_mm, end_mm, int(classes[_KNOWN][at])),
                needs=()
                if decided[at]
                else self._needs(start_mm, end_mm, classes, at, known=bool(known[at])),
            )
            for at, start_mm, end_mm in zip(
                edges[:-1].tolist(), bounds[edges[:-1]].tolist(), bounds[edges[1:]].tolist(), strict=True
            )
        ]
        radius = self.radius_m if self.medium == "gas" else None
        return Classification(
            segments=segments,
            length_m=self.route.length_mm / MM,
            impact_radius_m=radius,
            impact_radius_us_m=None
            if radius is None
            else impact_radius_us_m(self.diameter_mm, self.pressure_mpa),
            numbers=(*self.used, *self._item_numbers()),
        )

    def _grades(self, bounds: _Ints, classes: Sequence[_Ints], reading: int, *, other: bool) -> _Ints:
        """Return the worst grade in each interval, by the reading used or by the other one."""
        worst = _GRADE_OF_CLASS[classes[reading]]
        for item, zones in self.items:
            found = paint(zones[reading], bounds) > 0
            if item.outside_dense:
                found &= classes[reading] < 3
            grade = item.other_grade if other else item.grade
            worst = np.maximum(worst, np.where(found, grade, 0))
        return np.asarray(worst)

    def _reasons(self, start_mm: int, end_mm: int, level: int) -> tuple[Reason, ...]:
        reasons: list[Reason] = []
        for zone in self.classes[_KNOWN]:
            if zone.explain is None or zone.level != level or not _overlap(zone, start_mm, end_mm):
                continue
            reason = zone.explain(max(start_mm, zone.start_mm), min(end_mm, zone.end_mm))
            reasons += [reason] if self.medium == "gas" else []
            reasons += [self._dense_reason(reason, level)] if level >= 3 else []
        for item, zones in self.items:
            if not (item.outside_dense and level >= 3):
                found = [zone for zone in zones[_KNOWN] if _overlap(zone, start_mm, end_mm)]
                reasons += [zone.explain(zone.start_mm, zone.end_mm) for zone in found if zone.explain]
        return tuple({(one.clause, one.text): one for one in reasons}.values())

    def _dense_reason(self, reason: Reason, level: int) -> Reason:
        clause = f"GB 32167-2015 table {2 if self.medium == 'gas' else 1} item {'a' if level == 4 else 'b'}"
        grade = GRADES[int(_GRADE_OF_CLASS[level])]
        return Reason(
            clause=clause, grade=grade, text=reason.text, targets=reason.targets, standing=reason.standing
        )

    def _needs(
        self, start_mm: int, end_mm: int, classes: Sequence[_Ints], at: int, *, known: bool
    ) -> tuple[str, ...]:
        """Return what is missing; better positions where nothing is."""
        readings = (_OPEN,) if not known else (_MOST,)
        needs: list[str] = []
        for zones in (self.classes, *(zones for _, zones in self.items)):
            for reading in readings:
                for zone in zones[reading]:
                    needs += zone.needs if _overlap(zone, start_mm, end_mm) else ()
        if classes[_KNOWN][at] != classes[_OPEN][at]:
            asked = "storeys" if classes[_KNOWN][at] >= 3 else "households"
            reach = round((_WINDOW_M + _END_M) * MM)
            near = [one for one in self.missing if start_mm - reach <= one[0] <= end_mm + reach]
            needs += [need for _, name, need in sorted(near) if name == asked]
        return tuple(dict.fromkeys(needs)) or ("subject.accuracy_m", "layer buildings.accuracy_m")

    def _item_numbers(self) -> list[Number]:
        numbers = []
        for item, _ in self.items:
            grades = GRADES[item.grade]
            if item.other_grade != item.grade:
                grades += f" used, {GRADES[item.other_grade]} in another copy"
            name = Text(
                f"GB 32167-2015 {item.item}：{item.what.zh}", f"GB 32167-2015 {item.item}: {item.what.en}"
            )
            reach = "impact radius" if item.within_m is None else f"{say_number(item.within_m)} m"
            source = "tables read in secondary copies (HCA)"
            numbers.append(Number(name, f"{reach}: grade {grades}", item.standing, source))
            if item.layer == "rivers":
                numbers.append(NUMBERS["half_width"])
        return numbers


@dataclass(frozen=True)
class _Set:
    """How near targets have to be in one reading of the data; arrays over the targets. [m]."""

    within_m: _Floats
    narrower_m: _Floats
    doubt_m: _Floats

    @property
    def reach_m(self) -> float:
        return max(float(self.within_m.max(initial=0.0)), 0.0)


@dataclass(frozen=True)
class _Count:
    """Numbers of each building in one reading of the data."""

    households: _Floats
    is_high: _Floats


def _class_reason(
    way: Way, windows: Windows, window: int, level: int, total: float, buildings: gpd.GeoDataFrame
) -> Reason:
    start = int(np.clip(windows.start_mm[window], 0, way.length_mm))
    end = int(np.clip(windows.start_mm[window] + round(_WINDOW_M * MM), start, way.length_mm))
    at = ", ".join(f"{say_number(a / MM, 1)}-{say_metres(b / MM)}" for a, b in way.to_mileage(start, end))
    held = windows.holds(window)
    high = int((floats(buildings, "storeys")[held] >= _CLASS_4_STOREYS).sum())
    words = AREA_CLASSES[level]
    text = Text(
        f"里程 {at} 两侧各 200 m 内有建筑物 {len(held)} 处，共 {say_number(total)} 户，其中四层及以上 {high} 处，"
        f"为{_AREA_CLASSES_ZH[level]}地区。",
        f"Within 200 m of mileage {at} there are {len(held)} buildings with {say_number(total)} households, "
        f"{high} of them of four storeys or more: area class {words}.",
    )
    refs = tuple(_reference("buildings", buildings.iloc[row]) for row in held)
    standing = NUMBERS["class_3" if level == 3 else "prevail" if level == 4 else "class_1"].standing
    return Reason(clause="GB 50251", grade=words, text=text, targets=refs, standing=standing)


def _levels(totals: _Floats) -> _Ints:
    """Return the class of windows by their households; class 4 needs more than that."""
    bounds = [totals >= _CLASS_3_HOUSEHOLDS, totals > _CLASS_1_HOUSEHOLDS, totals > 0.0]
    return np.select(bounds, [3, 2, 1], default=0)


def _dense_levels(windows: Windows, count: _Count) -> _Ints:
    """Return 4 for windows of class 3 in which more than half of the buildings have four storeys or more, else 0."""
    prevail = 2.0 * windows.total(count.is_high) > windows.total(np.ones_like(count.is_high))
    return np.where(prevail & (windows.total(count.households) >= _CLASS_3_HOUSEHOLDS), 4, 0)


def _half_widths(item: Item, frame: gpd.GeoDataFrame) -> tuple[_Floats, _Floats]:
    """Return how far the bank lies from stored centre lines of rivers, and how far it may where that is unknown."""
    if item.layer != "rivers" or "line_kind" not in frame.columns:
        return np.zeros(len(frame)), np.zeros(len(frame))
    centre = (frame["line_kind"] == "centre").to_numpy(dtype=bool)
    half_width_m = np.where(centre, floats(frame, "half_width_m"), 0.0)
    return np.nan_to_num(half_width_m), np.where(np.isnan(half_width_m), _UNKNOWN_HALF_WIDTH_M, 0.0)


def _spread(
    way: Way, first_mm: float, last_mm: float, level: int, reason: Reason, needs: tuple[str, ...]
) -> list[Zone]:
    end = _END_M * MM
    stretches = way.to_mileage(round(first_mm - end), round(last_mm + end))
    return [Zone(*stretch, level, lambda _first, _last: reason, needs) for stretch in stretches]


def _place_reason(item: Item, row: "pd.Series[Any]", distance_m: float, within_m: float) -> Reason:
    target = _reference(item.layer, row)
    name = target.name or target.id
    text = Text(
        f"{item.what.zh}“{name}”距管道中心线 {say_metres(distance_m)}，在 {say_metres(within_m)} 以内。",
        f"{item.what.en.capitalize()} {name} is {say_metres(distance_m)} from the centre line, within "
        f"{say_metres(within_m)}.",
    )
    return Reason(
        clause=f"GB 32167-2015 {item.item}",
        grade=GRADES[item.grade],
        text=text,
        targets=(target,),
        standing=item.standing,
    )


def _reference(layer: str, row: "pd.Series[Any]") -> TargetRef:
    name = row.get("name")
    return TargetRef(layer, str(row["id"]), name if isinstance(name, str) and name else None)


def _overlap(zone: Zone, start_mm: int, end_mm: int) -> bool:
    return zone.start_mm < end_mm and zone.end_mm > start_mm


def _word(words: Sequence[str], readings: Sequence[_Ints], at: int) -> str:
    known, opened = int(readings[_KNOWN][at]), int(readings[_OPEN][at])
    return words[known] if known == opened else INSUFFICIENT
