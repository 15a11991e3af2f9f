"""``along_line``: the length of a line subject that lies within a distance of targets, with its mileages.

Mileage runs along the geodesics of the line from its first point; the parts of a multi-part line follow one another.
The distance from a point of the line changes by no more than the way along it, so that whole stretches are known to be
in or out from their ends; what is left is halved down to 0.25 m and the crossing put in between its ends.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import TargetIndex
from geo.ellipsoid import CGCS2000
from geo.rules import wording
from geo.rules.expression import FALSE, TRUE
from geo.rules.measuring import DISTANCE_DECIMALS, POSITION_DECIMALS, Sheet, Yardstick
from geo.rules.predicates.base import Predicate, Reading, Scene, metres, one_of, position, reference, text
from geo.rules.predicates.readings import lacking, nothing_there, unsure
from geo.rules.rule import Rule
from geo.text import Text, say_metres, say_number

__all__ = ["PREDICATE", "Mileage", "stretches_within"]

_STEP_M = 0.25
_FIRST_STEP_M = 500.0

Stretch = tuple[float, float]
"""First and last mileage. [m]"""


class Mileage:
    """A line measured out from its first point.

    Parameters
    ----------
    line : shapely.Geometry
        LineString or MultiLineString, EPSG:4490.
    """

    def __init__(self, line: shapely.Geometry) -> None:
        parts = shapely.get_parts(line)
        self._lon_lat, part = shapely.get_coordinates(parts, return_index=True)
        edge = np.flatnonzero(part[1:] == part[:-1])
        self._azimuth_deg, _, length_m = CGCS2000.inv(*self._lon_lat[edge].T, *self._lon_lat[edge + 1].T)
        self._edge = edge
        self._end_m = np.cumsum(length_m)
        self._start_m = self._end_m - length_m
        starts = np.flatnonzero(np.diff(part[edge], prepend=-1))
        self.part_bounds_m = [*self._start_m[starts], float(self._end_m[-1])]

    @property
    def length_m(self) -> float:
        """Length of the whole line in metres."""
        return float(self._end_m[-1])

    def locate(self, mileages_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return longitude and latitude at mileages, shape (n, 2)."""
        last = len(self._end_m) - 1
        edge = np.minimum(np.searchsorted(self._end_m, mileages_m, side="left"), last)
        start = self._lon_lat[self._edge[edge]]
        along_m = mileages_m - self._start_m[edge]
        lon, lat, _ = CGCS2000.fwd(start[:, 0], start[:, 1], np.asarray(self._azimuth_deg)[edge], along_m)
        return np.column_stack([lon, lat])

    def cut(self, stretch: Stretch) -> shapely.LineString:
        """Return the line between two mileages of the same part."""
        inner = np.concatenate([self._start_m, self._end_m])
        inner = np.unique(inner[(inner > stretch[0]) & (inner < stretch[1])])
        points = self.locate(np.array([stretch[0], *inner, stretch[1]]))
        return shapely.LineString(np.round(points, POSITION_DECIMALS))


def stretches_within(mileage: Mileage, index: TargetIndex, within_m: float) -> list[Stretch]:
    """Return where a line lies within a distance of targets, in order; the limit itself is within.

    Parameters
    ----------
    mileage : Mileage
    index : TargetIndex
    within_m : float
        The limit. [m]

    Returns
    -------
    list of (float, float)
        First and last mileage of each stretch, rounded to 1 mm; stretches of no length are left out. [m]
    """
    stretches: list[Stretch] = []
    for start_m, end_m in zip(mileage.part_bounds_m[:-1], mileage.part_bounds_m[1:], strict=True):
        count = int(np.ceil((end_m - start_m) / _FIRST_STEP_M)) + 1
        at_m, excess_m = _sample(mileage, index, within_m, np.linspace(start_m, end_m, max(count, 2)))
        stretches += _find_stretches(at_m, excess_m)
    return stretches


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each line subject whether enough of it lies within the distance."""
    sheet = scene.sheet(rule.target)
    sheet.require()
    counts = sheet.prepared.truth(rule.target_filter)
    readings = []
    for subject in who:
        certain, possible = (
            _read_set(rule, sheet, subject, rows) for rows in (counts == TRUE, counts != FALSE)
        )
        if possible is None:
            readings.append(nothing_there(rule, limit=rule.parameters["length_m"], unit="m"))
        elif certain is not None and (certain.holds == possible.holds or certain.holds):
            readings.append(certain)
        elif possible.holds is False and possible.decided:
            readings.append(certain or possible)
        else:
            readings.append(
                unsure(rule, sheet, possible, np.flatnonzero((counts != FALSE) & (counts != TRUE))[0])
            )
    return readings


PREDICATE = Predicate(
    name="along_line",
    parameters={"distance_m": metres, "length_m": metres, "compare": one_of("gt", "ge")},
    optional={"except_same": text},
    read=read,
    measures="length",
)
"""``distance_m``: how far from a target, the limit itself included; ``length_m`` and ``compare``: the test holds where
more than (``gt``) or at least that length lies within."""


@dataclass(frozen=True)
class _Along:
    """What lies within, as measured, at the least and at the most. [m]."""

    stretches: list[Stretch]
    least_m: float
    most_m: float

    @property
    def found_m(self) -> float:
        return _length_m(self.stretches)


def _read_set(rule: Rule, sheet: Sheet, subject: np.int64, rows: NDArray[np.bool_]) -> Reading | None:
    """Return the reading for some targets; None where there is none."""
    if not rows.any():
        return None
    geometry = sheet.subjects.geometry.iloc[subject]
    if shapely.get_dimensions(geometry) != 1:
        asked = Text(
            "对象不是线，无法计算里程，请补充线位。", "It is no line and has no mileage: bring its line."
        )
        return lacking(["subject.geom"], asked, limit=rule.parameters["length_m"], unit="m")
    mileage = Mileage(geometry)
    targets = _near_rows(sheet, subject, rows, rule.parameters["distance_m"])
    along = _measure(mileage, sheet, subject, targets, rule.parameters["distance_m"])
    holds = _reaches(rule, along.found_m)
    decided = _reaches(rule, along.least_m) == _reaches(rule, along.most_m)
    nearest = sheet.measure(
        np.array([subject]), rows, Yardstick.plain(len(rows), rule.parameters["distance_m"])
    )
    assert nearest is not None
    reading = Reading(
        holds=holds,
        decided=decided,
        explanation=_explain(rule, along, decided=decided),
        needs=() if decided else ("subject.accuracy_m", f"layer {rule.target}.accuracy_m"),
        limit=rule.parameters["length_m"],
        found=along.found_m,
        unit="m",
        doubt_m=None if np.isnan(nearest.doubt_m[0]) else float(nearest.doubt_m[0]),
        start=position(nearest.ends[0, :2]),
        end=position(nearest.ends[0, 2:]),
        measured_from="centreline",
        measured_to="boundary",
        target=reference(sheet, nearest.target[0]),
    )
    return replace(reading, evidence=_evidence(mileage, along.stretches)) if along.stretches else reading


def _near_rows(
    sheet: Sheet, subject: np.int64, rows: NDArray[np.bool_], within_m: float
) -> NDArray[np.int64]:
    """Return the targets that may be within; those of unknown accuracy always are."""
    doubt_m = sheet.doubt_m(subject, np.arange(len(rows)))
    reach_m = within_m + float(np.nan_to_num(doubt_m[rows]).max(initial=0.0))
    near = np.zeros(len(rows), dtype=bool)
    near[sheet.within(np.array([subject]), rows, reach_m).target] = True
    return np.flatnonzero(rows & (near | np.isnan(doubt_m)))


def _measure(
    mileage: Mileage, sheet: Sheet, subject: np.int64, targets: NDArray[np.int64], within_m: float
) -> _Along:
    """Return what lies within, and how much that could be less or more: each target moved off or near by its doubt."""
    doubt_m = sheet.doubt_m(subject, targets)
    least: list[Stretch] = []
    most: list[Stretch] = []
    for doubt in np.unique(doubt_m):
        equal = targets[np.isnan(doubt_m) if np.isnan(doubt) else doubt_m == doubt]
        index = TargetIndex(sheet.targets.geometry.to_numpy()[equal])
        if np.isnan(doubt):
            most.append((0.0, mileage.length_m))
            continue
        most += stretches_within(mileage, index, within_m + doubt)
        if doubt < within_m:
            least += stretches_within(mileage, index, within_m - doubt)
    index = TargetIndex(sheet.targets.geometry.to_numpy()[targets])
    found = stretches_within(mileage, index, within_m) if len(targets) else []
    return _Along(found, _length_m(_merge(least)), _length_m(_merge(most)))


def _sample(
    mileage: Mileage, index: TargetIndex, within_m: float, at_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mileages, close together where it matters, and how far each is beyond the limit. [m]."""
    excess_m = _excess_m(mileage, index, within_m, at_m)
    while True:
        gap_m = np.diff(at_m)
        highest = (excess_m[1:] + excess_m[:-1] + gap_m) / 2.0
        lowest = (excess_m[1:] + excess_m[:-1] - gap_m) / 2.0
        open_gaps = np.flatnonzero((gap_m > _STEP_M) & (highest > 0.0) & (lowest <= 0.0))
        if not len(open_gaps):
            return at_m, excess_m
        middle_m = (at_m[open_gaps] + at_m[open_gaps + 1]) / 2.0
        found = _excess_m(mileage, index, within_m, middle_m)
        at_m, excess_m = (
            np.insert(at_m, open_gaps + 1, middle_m),
            np.insert(excess_m, open_gaps + 1, found),
        )


def _excess_m(
    mileage: Mileage, index: TargetIndex, within_m: float, at_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    found = index.nearest([shapely.Point(pair) for pair in mileage.locate(at_m)])
    return np.asarray(found.distance_m - within_m)


def _find_stretches(at_m: NDArray[np.float64], excess_m: NDArray[np.float64]) -> list[Stretch]:
    within = np.round(excess_m, DISTANCE_DECIMALS) <= 0.0
    turns = np.flatnonzero(within[1:] != within[:-1])
    outer, inner = excess_m[turns], excess_m[turns + 1]
    share = np.clip(outer / np.where(outer == inner, 1.0, outer - inner), 0.0, 1.0)
    crossings = at_m[turns] + share * (at_m[turns + 1] - at_m[turns])
    bounds = [*([at_m[0]] if within[0] else []), *crossings, *([at_m[-1]] if within[-1] else [])]
    rounded = [round(float(bound), DISTANCE_DECIMALS) for bound in bounds]
    return [(a, b) for a, b in zip(rounded[::2], rounded[1::2], strict=True) if b > a]


def _merge(stretches: list[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for start_m, end_m in sorted(stretches):
        if merged and start_m <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_m))
        else:
            merged.append((start_m, end_m))
    return merged


def _length_m(stretches: list[Stretch]) -> float:
    return round(sum(end_m - start_m for start_m, end_m in stretches), DISTANCE_DECIMALS)


def _reaches(rule: Rule, length_m: float) -> bool:
    limit_m: float = rule.parameters["length_m"]
    return length_m > limit_m if rule.parameters["compare"] == "gt" else length_m >= limit_m


def _explain(rule: Rule, along: _Along, *, decided: bool) -> Text:
    mileages = ", ".join(
        f"{say_number(start_m, 1)}-{say_metres(end_m)}" for start_m, end_m in along.stretches
    )
    reach_m, limit_m = rule.parameters["distance_m"], rule.parameters["length_m"]
    asked = ("大于", "more than") if rule.parameters["compare"] == "gt" else ("不小于", "at least")
    layer = rule.labels.layer(rule.target)
    found = Text(
        f"距图层“{layer.zh}”的要素 {say_number(reach_m)} m 以内的线段共长 {say_metres(along.found_m)}"
        f"{f'（里程 {mileages}）' if mileages else ''}，限值为{asked[0]} {say_number(limit_m)} m。",
        f"{say_metres(along.found_m)} of it lie within {say_number(reach_m)} m of layer “{layer.en}”"
        f"{f' (mileage {mileages})' if mileages else ''}; the limit is {asked[1]} {say_number(limit_m)} m.",
    )
    return wording.join(found, None if decided else wording.undecided_number())


def _evidence(mileage: Mileage, stretches: list[Stretch]) -> dict[str, Any]:
    lines = [mileage.cut(stretch) for stretch in stretches]
    coordinates = [shapely.get_coordinates(line).tolist() for line in lines]
    return {"type": "MultiLineString", "coordinates": coordinates}
