"""``height_difference``: the subject stands higher, or lower, than a target within a distance by more than a limit.

Heights are those of the elevation raster at the two ends of the shortest line between subject and target. The rule
states how sure the difference of two heights of the raster is.
"""

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from geo.distance import TargetPairs
from geo.rules import wording
from geo.rules.expression import FALSE, TRUE, Truth
from geo.rules.finding import is_decided
from geo.rules.measuring import POSITION_DECIMALS, Sheet
from geo.rules.predicates.base import Predicate, Reading, Scene, metres, one_of, position, reference, text
from geo.rules.predicates.readings import beyond, lacking, nobody_near, nothing_there, unsure, weigh
from geo.rules.rule import Rule
from geo.text import Text, say_metres, say_number

__all__ = ["PREDICATE", "heights_m"]

_DECIMALS = 2


def heights_m(path: Path, lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the heights of the cells of a raster in which points lie.

    Parameters
    ----------
    path : Path
        Raster with a coordinate system; the first band holds metres.
    lon_lat : ndarray, shape (n, 2)
        EPSG:4490. [°]

    Returns
    -------
    ndarray, shape (n,)
        NaN outside the raster and where it has no value. [m]
    """
    with rasterio.open(path) as raster:
        transformer = Transformer.from_crs("EPSG:4490", raster.crs.to_wkt(), always_xy=True)
        x, y = transformer.transform(*lon_lat.T)
        found = [value[0] for value in raster.sample(list(zip(x, y, strict=True)), indexes=1, masked=True)]
        bounds = raster.bounds
    inside = (x >= bounds.left) & (x <= bounds.right) & (y >= bounds.bottom) & (y <= bounds.top)
    heights = np.array([np.nan if np.ma.is_masked(value) else float(value) for value in found])
    return np.where(inside, heights, np.nan)


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it stands too high or too low."""
    sheet = scene.sheet(rule.target)
    counts = sheet.prepared.truth(rule.target_filter)
    published = {"limit": rule.parameters["height_m"], "unit": "m"}
    if not sheet.has(counts != FALSE):
        return [nothing_there(rule, **published)] * len(who)
    path = scene.rasters.get("elevation")
    if path is None:
        asked = Text(
            "缺少高程栅格，无法比较高差，请先导入。", "No elevation raster to compare heights: bring one."
        )
        return [lacking(["raster elevation"], asked, **published)] * len(who)
    pairs = sheet.within_doubt(
        who, counts != FALSE, rule.parameters["distance_m"], rule.parameters.get("except_same")
    )
    ends = np.column_stack([pairs.from_lon, pairs.from_lat, pairs.to_lon, pairs.to_lat])
    rise_m = np.round(heights_m(path, ends[:, :2]) - heights_m(path, ends[:, 2:]), _DECIMALS)
    if rule.parameters["subject_is"] == "below":
        rise_m = -rise_m
    return [_read_one(rule, sheet, subject, pairs, ends, rise_m, counts) for subject in who]


PREDICATE = Predicate(
    name="height_difference",
    parameters={
        "distance_m": metres,
        "height_m": metres,
        "height_doubt_m": metres,
        "subject_is": one_of("above", "below"),
        "compare": one_of("gt", "ge"),
    },
    optional={"except_same": text},
    read=read,
    rasters=("elevation",),
    measures="number",
)
"""``distance_m``: targets within it count, the limit itself included; ``height_m``: the limit; ``height_doubt_m``: how
sure a difference of two heights of the raster is (95 %); ``subject_is``: ``above`` or ``below`` the target."""


def _read_one(
    rule: Rule,
    sheet: Sheet,
    subject: np.int64,
    pairs: TargetPairs,
    ends: NDArray[np.float64],
    rise_m: NDArray[np.float64],
    counts: Truth,
) -> Reading:
    own = np.flatnonzero(pairs.subject == subject)
    sure = counts[pairs.target[own]] == TRUE
    near = pairs.distance_m[own] <= rule.parameters["distance_m"]
    certain, possible, outside = (
        _worst(rule, sheet, pairs, ends, rise_m, own[some]) for some in (sure & near, ~sure & near, ~near)
    )
    opened = possible and unsure(rule, sheet, possible[0], possible[1])
    reading = weigh(certain and certain[0], possible and possible[0], opened)
    if outside is not None and outside[0].holds and not (reading is not None and reading.holds):
        reading = beyond(outside[0])
    return reading or nobody_near(
        rule, sheet, subject, counts != FALSE, limit=rule.parameters["height_m"], unit="m"
    )


def _worst(
    rule: Rule,
    sheet: Sheet,
    pairs: TargetPairs,
    ends: NDArray[np.float64],
    rise_m: NDArray[np.float64],
    own: NDArray[np.int64],
) -> tuple[Reading, np.int64] | None:
    """Return the reading of the target with the largest difference, and which it is; None where there is none."""
    if not len(own):
        return None
    unknown = own[np.isnan(rise_m[own])]
    known = own[~np.isnan(rise_m[own])]
    best = known[np.argmax(rise_m[known])] if len(known) else unknown[0]
    limit_m = rule.parameters["height_m"]
    reached = bool(rise_m[best] > limit_m if rule.parameters["compare"] == "gt" else rise_m[best] >= limit_m)
    target = reference(sheet, pairs.target[best])
    published = {
        "limit": limit_m,
        "unit": "m",
        "start": position(np.round(ends[best, :2], POSITION_DECIMALS)),
        "end": position(np.round(ends[best, 2:], POSITION_DECIMALS)),
        "measured_from": "boundary",
        "measured_to": "boundary",
        "target": target,
    }
    if len(unknown) and not reached:
        asked = Text("高程栅格在两端没有数值，无法比较高差。", "The elevation raster has no value at an end.")
        return lacking(["raster elevation"], asked, **published), pairs.target[best]
    decided = is_decided(rise_m[best] - limit_m, rule.parameters["height_doubt_m"])
    reading = Reading(
        holds=reached,
        decided=decided,
        explanation=_explain(rule, target.name or target.id, float(rise_m[best]), decided=decided),
        needs=() if decided else ("subject.height_m", f"{target.layer}/{target.id}.height_m"),
        found=float(rise_m[best]),
        **published,
    )
    return reading, pairs.target[best]


def _explain(rule: Rule, name: str, rise_m: float, *, decided: bool) -> Text:
    above = rule.parameters["subject_is"] == "above"
    said = Text(
        f"比“{name}”{'高' if above else '低'} {say_metres(rise_m)}，限值 {say_number(rule.parameters['height_m'])} m，"
        f"高差不确定度 ±{say_metres(rule.parameters['height_doubt_m'])}。",
        f"It stands {say_metres(rise_m)} {'above' if above else 'below'} {name}; the limit is "
        f"{say_number(rule.parameters['height_m'])} m, doubt of the heights "
        f"±{say_metres(rule.parameters['height_doubt_m'])}.",
    )
    if decided:
        return said
    return wording.join(
        said, Text("该精度下无法判定：请实测两端高程。", "Undecided: survey the heights of both ends.")
    )
