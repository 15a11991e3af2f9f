"""``covers_share``: targets cover a share of the subject's area.

Geodesic areas in per cent of the subject's own; targets that overlap each other count once. A shift by the doubt d
moves the share by d x perimeter / (2 x area) at the most: of what a shape sweeps in a shift half is gained, half lost.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.ellipsoid import geodesic_area_m2, geodesic_length_m
from geo.rules import wording
from geo.rules.expression import FALSE, TRUE
from geo.rules.measuring import Sheet, Yardstick
from geo.rules.predicates.areas import polygons_of
from geo.rules.predicates.base import Predicate, Reading, Scene, number, one_of, reference
from geo.rules.predicates.readings import lacking, nothing_there, unsure
from geo.rules.rule import Rule
from geo.text import Text, say_number

__all__ = ["PREDICATE"]

_DECIMALS = 4


def _percent(value: object) -> float:
    share = number(value)
    if not 0.0 <= share <= 100.0:
        raise ValueError("must be a number of per cent, 0 to 100")
    return share


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether the share that targets cover reaches the limit."""
    sheet = scene.sheet(rule.target)
    sheet.require()
    counts = sheet.prepared.truth(rule.target_filter)
    readings = []
    for subject in who:
        sure, possible = (_read_set(rule, sheet, subject, rows) for rows in (counts == TRUE, counts != FALSE))
        if possible is None:
            readings.append(nothing_there(rule, limit=rule.parameters["share_percent"], unit="%"))
        elif sure is not None and sure.holds == possible.holds:
            readings.append(sure)
        elif sure is None and possible.holds is False and possible.decided:
            readings.append(possible)
        else:
            unknown = np.flatnonzero((counts != FALSE) & (counts != TRUE))
            readings.append(unsure(rule, sheet, possible, unknown[0]))
    return readings


PREDICATE = Predicate(
    name="covers_share",
    parameters={"share_percent": _percent, "compare": one_of("gt", "ge")},
    read=read,
    measures="share",
)
"""``share_percent``: the limit; ``compare``: the test holds where the share is greater (``gt``), or at least that."""


def _read_set(rule: Rule, sheet: Sheet, subject: np.int64, rows: NDArray[np.bool_]) -> Reading | None:
    """Return the reading for some targets; None where there is none."""
    if not rows.any():
        return None
    limit = rule.parameters["share_percent"]
    geometry = sheet.subjects.geometry.iloc[subject]
    area_m2 = geodesic_area_m2(geometry)
    if not area_m2:
        asked = Text(
            "对象没有面积，无法计算占比，请补充边界。", "It has no area: bring its boundary for a share."
        )
        return lacking(["subject.geom"], asked, limit=limit, unit="%")
    who = np.array([subject])
    touched = sheet.within(who, rows, 0.0).target
    shape = shapely.union_all(sheet.targets.geometry.to_numpy()[touched], grid_size=1e-9)
    covered = polygons_of(shapely.intersection(geometry, shape, grid_size=1e-9))
    share = round(100.0 * geodesic_area_m2(covered) / area_m2, _DECIMALS)
    doubt_m = _largest_doubt_m(sheet, who, rows, touched)
    doubt = None if doubt_m is None else 50.0 * doubt_m * geodesic_length_m(geometry) / area_m2
    return _reading(rule, sheet, touched, share, doubt_m, doubt)


def _largest_doubt_m(
    sheet: Sheet, who: NDArray[np.int64], rows: NDArray[np.bool_], touched: NDArray[np.int64]
) -> float | None:
    """Return the largest doubt of the targets that may cover a part of the subject; None where there is none. [m]."""
    apart = rows.copy()
    apart[touched] = False
    other = sheet.measure(who, apart, Yardstick.plain(len(rows), 0.0))
    doubts_m = [*sheet.doubt_m(who[0], touched)]
    if other is not None and other.target[0] >= 0 and not other.distance_m[0] > other.doubt_m[0]:
        doubts_m.append(float(other.doubt_m[0]))
    return float(np.max(doubts_m)) if doubts_m else None


def _reading(
    rule: Rule,
    sheet: Sheet,
    touched: NDArray[np.int64],
    share: float,
    doubt_m: float | None,
    doubt: float | None,
) -> Reading:
    limit, compare = rule.parameters["share_percent"], rule.parameters["compare"]
    holds = share > limit if compare == "gt" else share >= limit
    decided = doubt is None or abs(share - limit) > doubt  # false where the doubt is unknown (NaN)
    said = ("大于", "more than") if compare == "gt" else ("不小于", "at least")
    layer = rule.labels.layer(rule.target)
    explanation = Text(
        f"图层“{layer.zh}”覆盖其面积的 {say_number(share, 2)}%，限值为{said[0]} {say_number(limit)}%。",
        f"Layer “{layer.en}” covers {say_number(share, 2)} % of its area; the limit is {said[1]} {say_number(limit)} "
        "%.",
    )
    return Reading(
        holds=holds,
        decided=decided,
        explanation=wording.join(explanation, None if decided else wording.undecided_number()),
        needs=() if decided else ("subject.accuracy_m", f"layer {rule.target}.accuracy_m"),
        limit=limit,
        found=share,
        unit="%",
        doubt_m=None if doubt_m is None or np.isnan(doubt_m) else doubt_m,
        measured_from="boundary",
        measured_to="boundary",
        target=reference(sheet, touched[0]) if len(touched) else None,
    )
