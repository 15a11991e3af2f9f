"""``in_run_out``: a target may lie in the run-out of the subject, a tailings pond whose dam breaks. Screening only.

The published relations scatter by a factor of 3 to 10, so the test never says that the tailings *do* get there: it is
false where nothing lies along the path even within the longest run-out, and open, asking for a study, elsewhere.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.expression import FALSE
from geo.rules.predicates.base import Predicate, Reading, Scene, metres, number, reference
from geo.rules.predicates.downstream_within import toe_of
from geo.rules.predicates.readings import lacking, nothing_there
from geo.rules.rule import Rule
from geo.rules.targets import floats
from geo.tailings import RunOutBand, lay_run_out, run_out
from geo.terrain import trace_flow_path
from geo.text import Text, say_metres, say_number

__all__ = ["PREDICATE"]

_STUDY = "study dam_break"


def _scatter(value: object) -> float:
    factor = number(value)
    if factor < 1:
        raise ValueError("must be a factor of 1 or more")
    return factor


def _fields(_parameters: Mapping[str, Any]) -> Sequence[str]:
    return ("capacity_m3", "dam_height_m", "toe_point")


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether a target may lie in its run-out."""
    return [_read_one(rule, scene, subject) for subject in who]


PREDICATE = Predicate(
    name="in_run_out",
    parameters={"half_width_m": metres, "scatter": _scatter},
    read=read,
    subject_fields=_fields,
    grows_with=_fields,
    rasters=("elevation",),
)
"""``half_width_m``: how far beside the path targets count; ``scatter``: factor of the band about the relations."""


def _read_one(rule: Rule, scene: Scene, subject: np.int64) -> Reading:
    sheet, row = scene.sheet(rule.target), scene.subject_rows[subject]
    toe, raster = toe_of(row), scene.rasters.get("elevation")
    capacity_m3, height_m = (
        floats(scene.subjects, name)[subject] for name in ("capacity_m3", "dam_height_m")
    )
    given = {
        "subject.toe_point": toe is not None,
        "subject.capacity_m3": capacity_m3 > 0,
        "subject.dam_height_m": height_m > 0,
        "raster elevation": raster is not None,
    }
    if toe is None or raster is None or not all(given.values()):
        needs = [need for need, there in given.items() if not there]
        return lacking(needs, wording.missing(needs, rule.labels))
    counts = sheet.prepared.truth(rule.target_filter) != FALSE
    if not sheet.has(counts):
        return nothing_there(rule)
    run = run_out(float(capacity_m3), float(height_m), rule.parameters["scatter"])
    band = lay_run_out(run, partial(trace_flow_path, raster, *toe), rule.parameters["half_width_m"])
    sheet.require_box(band.path.box(rule.parameters["half_width_m"]))
    reached = band.reach(sheet.targets.geometry[counts])
    inside = reached[reached["zone"].notna()].sort_values("mileage_m", kind="stable")
    said, layer = _describe(band), rule.labels.layer(rule.target)
    way = np.round(band.path.lon_lat, 9).tolist()
    # A path that ends where it starts, such as outside the raster, is a point.
    evidence = (
        {"type": "LineString", "coordinates": way}
        if len(way) > 1
        else {"type": "Point", "coordinates": way[0]}
    )
    if len(inside):
        first = inside.index[0]
        target = reference(sheet, first)
        where = Text(
            f"带内有 {len(inside)} 处图层“{layer.zh}”的要素，最近的是“{target.name or target.id}”，"
            f"沿路径 {say_metres(inside['mileage_m'].iloc[0])}。",
            f"{len(inside)} features of layer “{layer.en}” lie in the band, the first, {target.name or target.id}, "
            f"{say_metres(inside['mileage_m'].iloc[0])} along the path.",
        )
        return lacking([_STUDY], wording.join(where, said), target=target, evidence=evidence)
    if not band.reaches_end:
        return lacking([_STUDY, "raster elevation"], wording.join(said, _cut(band)), evidence=evidence)
    nobody = Text(f"带内没有图层“{layer.zh}”的要素。", f"No feature of layer “{layer.en}” lies in the band.")
    return Reading(holds=False, decided=True, explanation=wording.join(nobody, said), evidence=evidence)


def _describe(band: RunOutBand) -> Text:
    low_m, central_m, high_m = band.ends_m
    return Text(
        f"溃坝流动距离为一个带：{say_number(low_m / 1000, 1)} 至 {say_number(high_m / 1000, 1)} km（居中 "
        f"{say_number(central_m / 1000, 1)} km，离散系数 {band.run_out.scatter:g}），沿路径两侧各 "
        f"{say_number(band.half_width_m)} m 计，仅供初筛，须做专题研究。",
        f"The run-out is a band: {say_number(low_m / 1000, 1)} to {say_number(high_m / 1000, 1)} km (middle "
        f"{say_number(central_m / 1000, 1)} km, scatter factor {band.run_out.scatter:g}), "
        f"{say_number(band.half_width_m)} m to each side of the flow path. Screening only: a dam-break study has to "
        "show it.",
    )


def _cut(band: RunOutBand) -> Text:
    return Text(
        f"路径在里程 {say_metres(band.path.length_m)} 处超出高程栅格，其后未知。",
        f"The path leaves the elevation raster at mileage {say_metres(band.path.length_m)}; what follows is unknown.",
    )
