"""``warning_level``: the monitoring of a tailings pond warns at a level or above (GB 39496-2020 5.5.4).

Points of unknown level raise nothing, and leave the test open where the others do not reach the level.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import OutOfRangeError
from geo.rules import wording
from geo.rules.predicates.base import Predicate, Reading, Scene, one_of
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.tailings import ITEMS
from geo.tailings_warning import NAMES, PondWarning, WarningLevel, read_points, roll_up
from geo.text import Text

__all__ = ["PREDICATE"]

_FIELD = "monitoring_points"
_NEEDS = (f"subject.{_FIELD}",)


def _fields(_parameters: Mapping[str, Any]) -> Sequence[str]:
    return (_FIELD,)


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether its monitoring warns at the level or above."""
    return [_read_one(rule, scene.subject_rows[subject]) for subject in who]


PREDICATE = Predicate(
    name="warning_level",
    parameters={"of": one_of("item", "pond"), "least": one_of("blue", "yellow", "orange", "red")},
    read=read,
    has_target=False,
    subject_fields=_fields,
    measures="number",
)
"""``of``: the worst monitored ``item``, or the whole ``pond``, to which items add up; ``least``: the lowest level at
which the test holds."""


def _read_one(rule: Rule, subject: Mapping[str, Any]) -> Reading:
    least = WarningLevel[rule.parameters["least"].upper()]
    published: dict[str, Any] = {"limit": float(least), "unit": "level"}
    stated = subject.get(_FIELD)
    if not isinstance(stated, list | tuple) or not stated:
        return lacking(_NEEDS, wording.missing(_NEEDS, rule.labels), **published)
    try:
        points = read_points(stated)
    except OutOfRangeError as exc:
        return lacking(_NEEDS, Text(f"{exc.zh}。", f"{exc.message}."), **published)
    warning = roll_up(points)
    worst_item = max(warning.items.values(), default=WarningLevel.NORMAL)
    found = warning.level if rule.parameters["of"] == "pond" else worst_item
    said = _explain(rule, warning, found)
    published["found"] = float(found)
    if found < least and warning.unknown:
        return lacking(_NEEDS, wording.join(said, _name_unknown(warning)), **published)
    return Reading(holds=found >= least, decided=True, explanation=said, **published)


def _explain(rule: Rule, warning: PondWarning, found: WarningLevel) -> Text:
    listed = [
        Text(f"{ITEMS[item].zh}{NAMES[level].zh}", f"{ITEMS[item].en} {NAMES[level].en}")
        for item, level in warning.items.items()
    ]
    zh, en = "、".join(item.zh for item in listed), ", ".join(item.en for item in listed)
    whole = rule.parameters["of"] == "pond"
    name = NAMES[found]
    return Text(
        f"各监测项目预警等级：{zh or '未知'}；{'全库' if whole else '最高'}为{name.zh}。",
        f"Levels of the items: {en or 'unknown'}; {'the pond is' if whole else 'the worst is'} {name.en}.",
    )


def _name_unknown(warning: PondWarning) -> Text:
    names = [f"{ITEMS[point.item].zh} {point.point}" for point in warning.unknown]
    names_en = [f"{ITEMS[point.item].en} {point.point}" for point in warning.unknown]
    return Text(
        f"测点{'、'.join(names)}的预警等级未知，请补充。",
        f"The level of {', '.join(names_en)} is unknown: bring it.",
    )
