"""``attribute``: an attribute of the subject compared with a limit."""

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.missing import is_missing
from geo.rules import wording
from geo.rules.labels import Labels
from geo.rules.predicates.base import Predicate, Reading, Scene, number, one_of, text
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.text import Text, say_number

__all__ = ["PREDICATE"]

_COMPARISONS = {
    "gt": (operator.gt, "大于", "more than"),
    "ge": (operator.ge, "不小于", "at least"),
    "lt": (operator.lt, "小于", "less than"),
    "le": (operator.le, "不大于", "at most"),
    "eq": (operator.eq, "等于", "equal to"),
    "in": (lambda value, words: value in words, "属于", "one of"),
}


def _limit(value: object) -> Any:
    """Return a number, a text, a truth value or a list of texts."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return tuple(value)
    try:
        return number(value)
    except ValueError:
        raise ValueError("must be a number, a text, true, false or a list of texts") from None


def _unit(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text; empty where there is none")
    return value


def _fields(parameters: Mapping[str, Any]) -> list[str]:
    return [parameters["field"]]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether the comparison holds."""
    field = rule.parameters["field"]
    return [_read_one(rule, scene.subject_rows[subject].get(field)) for subject in who]


def _thresholds(parameters: Mapping[str, Any], field: str) -> list[float]:
    limit = parameters["limit"]
    return [limit] if parameters["field"] == field and isinstance(limit, float) else []


PREDICATE = Predicate(
    name="attribute",
    parameters={"field": text, "compare": one_of(*_COMPARISONS), "limit": _limit, "unit": _unit},
    read=read,
    has_target=False,
    subject_fields=_fields,
    measures="number",
    thresholds=_thresholds,
)
"""``field`` of the subject, ``compare`` (gt, ge, lt, le, eq, in), ``limit`` (a list for ``in``) and its ``unit``."""


def _read_one(rule: Rule, value: object) -> Reading:
    field, limit, unit = (rule.parameters[name] for name in ("field", "limit", "unit"))
    compare, zh, en = _COMPARISONS[rule.parameters["compare"]]
    is_number = isinstance(limit, float)
    published = {"limit": limit if is_number else None, "unit": unit or None, "measured_from": field}
    if is_missing(value):
        return lacking([f"subject.{field}"], wording.missing([f"subject.{field}"], rule.labels), **published)
    found = float(value) if is_number else value  # type: ignore[arg-type]  # a column of numbers
    name = rule.labels.field(field)
    wanted, seen = (_print(value, rule.labels) for value in (limit, found))
    tail = f" {unit}" if unit else ""
    return Reading(
        holds=bool(compare(found, limit)),
        decided=True,
        explanation=Text(
            f"{name.zh}为 {seen.zh}{tail}，本条针对{zh} {wanted.zh}{tail} 的情形。",
            f"Its {name.en} is {seen.en}{tail}; the rule is about {en} {wanted.en}{tail}.",
        ),
        found=found if is_number else None,  # type: ignore[arg-type]
        **published,
    )


def _print(value: object, labels: Labels) -> Text:
    if isinstance(value, tuple):
        words = [labels.word(word) for word in value]
        return Text("、".join(word.zh for word in words), ", ".join(word.en for word in words))
    if isinstance(value, float):
        return Text(say_number(value), say_number(value))
    return labels.word(value) if isinstance(value, str) else Text(str(value), str(value))
