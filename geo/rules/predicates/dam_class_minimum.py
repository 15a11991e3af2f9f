"""``dam_class_minimum``: the freeboard or the dry beach of a tailings dam is shorter than its class and type ask for.

The class of the dam is the grade of the pond: the computed one, the stated one where a quantity is missing, and both
where they differ. What they answer differently is open until the grade is settled. What the design adds for
earthquakes is a field of the subject.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.missing import is_missing
from geo.rules import wording
from geo.rules.measuring import DISTANCE_DECIMALS
from geo.rules.predicates.base import Predicate, Reading, Scene, one_of, text, text_or_none
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.tailings import FREEBOARD, GRADE_LIMITS, Grade, design_grade, least_beach_m
from geo.text import Text, say_number

__all__ = ["PREDICATE"]

_QUANTITIES = ("capacity_m3", "dam_height_m")


def _fields(parameters: Mapping[str, Any]) -> Sequence[str]:
    plus = [parameters["plus"]] if parameters["plus"] else []
    own = (parameters["field"], *_QUANTITIES, "design_grade", *plus)
    return own if parameters["field"] == "freeboard_m" else (*own, "method", "beach_shortened")


def _thresholds(_parameters: Mapping[str, Any], field: str) -> list[float] | None:
    if field not in _QUANTITIES:
        return None
    return [limit.capacity_m3 if field == "capacity_m3" else limit.height_m for limit in GRADE_LIMITS]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether it has less than its class asks for."""
    return [_read_one(rule, scene.subject_rows[subject]) for subject in who]


PREDICATE = Predicate(
    name="dam_class_minimum",
    parameters={"field": one_of("freeboard_m", "beach_m")},
    optional={"plus": text},
    read=read,
    has_target=False,
    subject_fields=_fields,
    measures="number",
    thresholds=_thresholds,
)
"""``field``: ``freeboard_m`` or ``beach_m``; the minima are :data:`geo.tailings.FREEBOARD`; ``plus``: field of the
subject with the metres that come on top of them."""


def _read_one(rule: Rule, subject: Mapping[str, Any]) -> Reading:
    field, plus = rule.parameters["field"], rule.parameters["plus"]
    grades = _grades(subject)
    missing = [name for name in (field, plus) if name is not None and is_missing(subject.get(name))]
    if not grades:
        missing += [name for name in _QUANTITIES if is_missing(subject.get(name))]
    if field == "beach_m" and text_or_none(subject.get("method")) is None:
        missing.append("method")
    if missing:
        needs = [f"subject.{name}" for name in missing]
        return lacking(needs, wording.missing(needs, rule.labels))
    readings = [_read_class(rule, grade, subject) for grade in sorted(grades)]
    if len({reading.holds for reading in readings}) == 1:
        return readings[0]
    said = wording.join(readings[0].explanation, _GRADE_UNSETTLED)
    return lacking(["subject.design_grade"], said)


def _grades(subject: Mapping[str, Any]) -> set[Grade]:
    """Return the grades that a pond may have: computed from its quantities, and stated."""
    stated = text_or_none(subject.get("design_grade"))
    grades = {grade for grade in Grade if grade.name == stated}
    if not any(is_missing(subject.get(name)) for name in _QUANTITIES):
        computed = design_grade(*(float(subject[name]) for name in _QUANTITIES)).grade
        assert computed is not None  # only a pit without a dam has none
        grades.add(computed)
    return grades


def _read_class(rule: Rule, grade: Grade, subject: Mapping[str, Any]) -> Reading:
    """Return the reading for one class of dam."""
    field, plus = rule.parameters["field"], rule.parameters["plus"]
    found_m, added_m = float(subject[field]), 0.0 if plus is None else float(subject[plus])
    least_m = shortened_m = FREEBOARD[grade].freeboard_m
    if field == "beach_m":
        least_m, shortened_m = least_beach_m(grade, str(subject["method"]))
    # 0.7 + 0.1 is a little more than 0.8 to the machine: lengths are compared to the millimetre.
    least_m, shortened_m = (round(metres + added_m, DISTANCE_DECIMALS) for metres in (least_m, shortened_m))
    name = rule.labels.field(field)
    of_which = Text(
        f"（其中地震附加 {say_number(added_m)} m）" if plus else "",
        f" ({say_number(added_m)} m of it for earthquakes)" if plus else "",
    )
    said = Text(
        f"{grade.value}级坝要求的{name.zh}不小于 {say_number(least_m)} m{of_which.zh}，现为 {say_number(found_m)} m。",
        f"A dam of class {grade.value} asks for a {name.en} of at least {say_number(least_m)} m{of_which.en}; "
        f"it is {say_number(found_m)} m.",
    )
    measured: dict[str, Any] = {"limit": least_m, "found": found_m, "unit": "m"}
    if shortened_m <= found_m < least_m:
        shortened = subject.get("beach_shortened")
        if is_missing(shortened):
            return lacking(["subject.beach_shortened"], wording.join(said, _MAY_BE_SHORTENED), **measured)
        if bool(shortened):
            return Reading(holds=False, decided=True, explanation=wording.join(said, _SHORTENED), **measured)
    return Reading(holds=found_m < least_m, decided=True, explanation=said, **measured)


_GRADE_UNSETTLED = Text(
    "登记的设计等别与按全库容、坝高计算的等别不同，结论随之不同，请先核实等别。",
    "The stated grade differs from the one by capacity and height, and the answer with it: settle the grade first.",
)
_MAY_BE_SHORTENED = Text(
    "三级及以下的坝经论证可缩短干滩长度至多30%，请说明是否已经论证。",
    "A dam of class 3 or lower may have a beach up to 30 % shorter after proof: state whether it was proved.",
)
_SHORTENED = Text(
    "已经论证缩短，在允许的30%以内。", "A shorter beach was proved to do, within the 30 % allowed."
)
