"""``design_grade``: the subject has one of some design grades, by its full capacity and dam height.

A stated grade that differs is reported; where the two lead to different answers the test is open until it is settled.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.predicates.base import Predicate, Reading, Scene, text_or_none
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.tailings import GRADE_LIMITS, DesignGrade, Grade, design_grade
from geo.text import Text

__all__ = ["CONFLICT", "PREDICATE"]

CONFLICT = "conflict"
"""Word in place of grades: the test holds where the stated grade is not the computed one."""

_QUANTITIES = ("capacity_m3", "dam_height_m")
_NAMES = {Grade.I: "一", Grade.II: "二", Grade.III: "三", Grade.IV: "四", Grade.V: "五"}


def _grades(value: object) -> frozenset[str] | str:
    known = set(Grade.__members__)
    if value == CONFLICT:
        return CONFLICT
    if isinstance(value, list) and value and all(isinstance(word, str) and word in known for word in value):
        return frozenset(value)
    raise ValueError(f"must be a list of {sorted(known)}, or {CONFLICT!r}")


def _fields(_parameters: Mapping[str, Any]) -> Sequence[str]:
    return (*_QUANTITIES, "design_grade")


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it has one of the grades."""
    return [_read_one(rule, scene.subject_rows[subject]) for subject in who]


def _thresholds(_parameters: Mapping[str, Any], field: str) -> list[float] | None:
    if field not in _QUANTITIES:
        return None
    return [limit.capacity_m3 if field == "capacity_m3" else limit.height_m for limit in GRADE_LIMITS]


PREDICATE = Predicate(
    name="design_grade",
    parameters={"grades": _grades},
    read=read,
    has_target=False,
    subject_fields=_fields,
    measures="number",
    thresholds=_thresholds,
)
"""``grades``: a list such as ``["IV", "V"]``; ``"conflict"``: a stated grade that is not the computed one."""


def _read_one(rule: Rule, subject: Mapping[str, Any]) -> Reading:
    missing = [name for name in _QUANTITIES if pd.isna(subject.get(name))]
    wanted, stated = rule.parameters["grades"], text_or_none(subject.get("design_grade"))
    if wanted == CONFLICT and stated is None:
        missing.append("design_grade")
    if missing:
        needs = [f"subject.{name}" for name in missing]
        return lacking(needs, wording.missing(needs, rule.labels))
    computed = design_grade(float(subject["capacity_m3"]), float(subject["dam_height_m"]))
    assert computed.grade is not None  # only a pit without a dam has none
    said = _explain(computed, stated)
    conflict = stated is not None and stated != computed.grade.name
    if wanted == CONFLICT:
        return Reading(holds=conflict, decided=True, explanation=said)
    holds = computed.grade.name in wanted
    if conflict and (stated in wanted) != holds:
        return lacking(["subject.design_grade"], said)
    return Reading(holds=holds, decided=True, explanation=said)


def _explain(computed: DesignGrade, stated: str | None) -> Text:
    by_capacity, by_height, grade = computed.by_capacity, computed.by_height, computed.grade
    assert by_capacity is not None
    assert by_height is not None
    assert grade is not None
    said = Text(
        f"按全库容为{_NAMES[by_capacity.grade]}等、按坝高为{_NAMES[by_height.grade]}等，设计等别应为{_NAMES[grade]}等"
        f"（界限来源状态：{computed.standing.value}）。",
        f"Grade {by_capacity.grade.name} by capacity and {by_height.grade.name} by height make design grade "
        f"{grade.name} (standing of the limits: {computed.standing.value}).",
    )
    if stated is None or stated == grade.name:
        return said
    told = _NAMES[Grade[stated]] if stated in Grade.__members__ else stated
    conflict = Text(
        f"登记的设计等别为{told}等，与之不符，请核实。",
        f"Grade {stated} is stated, which conflicts: check it.",
    )
    return wording.join(said, conflict)
