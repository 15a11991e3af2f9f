"""``older_than``: more than a number of years lie between a date of the subject and the decision ("idle over 3 years").

Years are those of the calendar: from 29 February they end on 1 March.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.missing import is_missing
from geo.rules import wording
from geo.rules.predicates.base import Predicate, Reading, Scene, number, one_of, text
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.text import Text

__all__ = ["PREDICATE"]

_DAYS_A_YEAR = 365.2425


def _years(value: object) -> int:
    years = number(value)
    if years < 0 or years != int(years):
        raise ValueError("must be a whole number of years, 0 or more")
    return int(years)


def _fields(parameters: Mapping[str, Any]) -> list[str]:
    return [parameters["field"]]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether its date lies too far back."""
    field = rule.parameters["field"]
    return [_read_one(rule, scene.subject_rows[subject].get(field), scene.on) for subject in who]


PREDICATE = Predicate(
    name="older_than",
    parameters={"field": text, "years": _years, "compare": one_of("gt", "ge")},
    read=read,
    has_target=False,
    subject_fields=_fields,
    measures="number",
)
"""``field``: a date of the subject; ``years``: the limit; ``compare``: whether the last day passes (``gt``)."""


def _read_one(rule: Rule, value: object, on: date | None) -> Reading:
    field, years = rule.parameters["field"], rule.parameters["years"]
    published = {"limit": float(years), "unit": "a", "measured_from": field}
    if is_missing(value) or on is None:
        return lacking([f"subject.{field}"], wording.missing([f"subject.{field}"], rule.labels), **published)
    since = pd.Timestamp(value).date()  # type: ignore[arg-type]  # a column of dates
    last_day = _add_years(since, years)
    name = rule.labels.field(field)
    return Reading(
        holds=on > last_day if rule.parameters["compare"] == "gt" else on >= last_day,
        decided=True,
        explanation=Text(
            f"{name.zh}为 {since}，{years} 年期满日为 {last_day}，判定日期为 {on}。",
            f"Its {name.en} is {since}; {years} years end on {last_day}, the decision is of {on}.",
        ),
        found=round((on - since).days / _DAYS_A_YEAR, 2),
        **published,
    )


def _add_years(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)
