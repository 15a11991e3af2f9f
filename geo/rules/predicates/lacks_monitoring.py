"""``lacks_monitoring``: the subject, a tailings pond, does not monitor an item that it has to."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.rules.predicates.base import Predicate, Reading, Scene, one_of, text_or_none
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.tailings import MONITORING, missing_monitoring
from geo.text import Text

__all__ = ["PREDICATE"]


def _fields(_parameters: Mapping[str, Any]) -> Sequence[str]:
    return ("monitoring", "method")


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it lacks a required item."""
    return [_read_one(rule, scene.subject_rows[subject]) for subject in who]


PREDICATE = Predicate(
    name="lacks_monitoring",
    parameters={"demanded_by": one_of(*MONITORING)},
    read=read,
    has_target=False,
    subject_fields=_fields,
    measures="number",
)
"""``demanded_by``: whose list of items counts, a key of :data:`geo.tailings.MONITORING`."""


def _read_one(rule: Rule, subject: Mapping[str, Any]) -> Reading:
    asked = MONITORING[rule.parameters["demanded_by"]]
    missing = missing_monitoring(subject, rule.parameters["demanded_by"])
    published: dict[str, Any] = {"limit": 0.0, "unit": "items"}
    if missing is None:
        needs = [
            f"subject.{name}"
            for name, there in (
                ("monitoring", isinstance(subject.get("monitoring"), list | tuple)),
                ("method", text_or_none(subject.get("method")) is not None),
            )
            if not there
        ]
        said = Text(
            "在线监测项目或筑坝方式未知，无法核对，请补充。",
            "What is monitored, or the method of the dam, is unknown: bring it.",
        )
        return lacking(needs, said, **published)
    if not missing:
        said = Text(
            f"本条要求的监测项目齐全（共列 {len(asked)} 项）。",
            f"All required items are monitored ({len(asked)} listed).",
        )
    else:
        said = Text(
            f"缺少监测项目：{'、'.join(item.zh for item in missing)}。",
            f"Not monitored: {', '.join(item.en for item in missing)}.",
        )
    return Reading(
        holds=bool(missing), decided=True, explanation=said, found=float(len(missing)), **published
    )
