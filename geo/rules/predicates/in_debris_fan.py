"""``in_debris_fan``: the subject touches or overlaps the fan of a debris-flow gully. Screening only.

A gully within the distance whose fan is unknown leaves the test open; those farther off are not asked: no fan of the
relation reaches so far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.debris_fan import FAN_FIELDS, DebrisFan, fan_of
from geo.errors import OutOfRangeError
from geo.rules import wording
from geo.rules.expression import FALSE
from geo.rules.measuring import Sheet
from geo.rules.predicates import intersects
from geo.rules.predicates.base import Predicate, Reading, Scene, metres, reference
from geo.rules.predicates.readings import lacking, nobody_near, nothing_there
from geo.rules.rule import Rule
from geo.text import Text, say_number

__all__ = ["PREDICATE"]

Fan = tuple[DebrisFan, shapely.Polygon]
_NOTHING: dict[str, Any] = {"limit": 0.0, "unit": "m", "limit_m": 0.0}


def _fields(_parameters: Mapping[str, Any], _layer: str) -> Sequence[str]:
    return FAN_FIELDS


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it lies in a fan."""
    sheet = scene.sheet(rule.target)
    rows = rule.target_filter.evaluate(sheet.targets) != FALSE
    if not sheet.has(rows):
        return [nothing_there(rule, **_NOTHING) for _ in who]
    pairs = sheet.within_doubt(who, rows, rule.parameters["distance_m"])
    found = {int(target): _find_fan(rule, sheet, int(target)) for target in np.unique(pairs.target)}
    drawn = {target: fan for target, fan in found.items() if not isinstance(fan, Reading)}
    near = np.unique(pairs.subject[np.isin(pairs.target, list(drawn))])
    inside = dict(zip(near.tolist(), _read_fans(rule, scene, sheet, near, drawn), strict=True))
    unknown = {
        int(subject): fan
        for subject, target in zip(pairs.subject[::-1], pairs.target[::-1], strict=True)
        if isinstance(fan := found[int(target)], Reading)
    }
    readings = []
    for subject in who.tolist():
        reading = inside.get(subject)
        if (reading is None or reading.holds is False) and subject in unknown:
            reading = unknown[subject]
        readings.append(reading or nobody_near(rule, sheet, subject, rows, **_NOTHING))
    return readings


PREDICATE = Predicate(
    name="in_debris_fan",
    parameters={"distance_m": metres},
    read=read,
    target_fields=_fields,
    measures="overlap",
)
"""``distance_m``: how near a gully is for its fan to be asked for."""


def _find_fan(rule: Rule, sheet: Sheet, target: int) -> Fan | Reading:
    """Return the fan of a gully, or the reading that it leaves where it is unknown."""
    row = sheet.prepared.rows[target]
    known = reference(sheet, target)
    name = known.name or known.id
    try:
        fan = fan_of(row)
    except OutOfRangeError as exc:
        said = Text(f"“{name}”：{exc.zh}。", f"{name}: {exc.message}.")
        return lacking([f"{sheet.layer}/{known.id}.geom"], said, target=known, **_NOTHING)
    if not isinstance(fan, list):
        return fan
    labels = [rule.labels.field(field) for field in fan]
    said = Text(
        f"泥石流沟“{name}”缺少{'、'.join(label.zh for label in labels)}，堆积扇范围未知，请补充。",
        f"Gully {name} lacks {', '.join(label.en for label in labels)}: its fan is unknown. Bring it.",
    )
    return lacking([f"{sheet.layer}/{known.id}.{field}" for field in fan], said, target=known, **_NOTHING)


def _read_fans(
    rule: Rule, scene: Scene, sheet: Sheet, who: NDArray[np.int64], drawn: Mapping[int, Fan]
) -> list[Reading]:
    """Return for some subjects whether they touch one of the fans, which stand in place of the gullies."""
    if not len(who):
        return []
    gullies = sheet.targets.iloc[list(drawn)].reset_index(drop=True)
    outlines = gpd.GeoSeries([outline for _, outline in drawn.values()], crs="EPSG:4490")
    by_id = dict(zip(gullies["id"], drawn.values(), strict=True))
    around = Scene(scene.subjects, {rule.target: gullies.set_geometry(outlines)})
    return [_tell_fan(reading, by_id) for reading in intersects.PREDICATE.read(rule, around, who)]


def _tell_fan(reading: Reading, by_id: Mapping[str, Fan]) -> Reading:
    """Return the reading of a fan with what the fan is."""
    assert reading.target is not None
    fan, outline = by_id[reading.target.id]
    said = wording.join(_describe(fan), reading.explanation, *fan.warnings)
    evidence = shapely.geometry.mapping(outline) if reading.holds else reading.evidence
    return replace(reading, explanation=said, measured_to="debris_fan", evidence=evidence)


def _describe(fan: DebrisFan) -> Text:
    length, width = (f"{say_number(size_m, 0)} m" for size_m in (fan.length_m, fan.width_m))
    area = f"{fan.area_m2 / 1e6:.3f} km²"
    return Text(
        f"按DZ/T 0220附录D估算的泥石流堆积扇长 {length}、宽 {width}、"
        f"扇形角 {fan.angle_deg:.1f}°、面积 {area}，仅供初筛。",
        f"The fan estimated after DZ/T 0220 appendix D is {length} long and {width} wide, its angle "
        f"{fan.angle_deg:.1f}°, its area {area}. Screening only.",
    )
