"""Readings that every predicate needs: nothing known to measure to, targets of which it is unknown if they count."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.measuring import Sheet
from geo.rules.predicates.base import Reading, text_or_none
from geo.rules.rule import Rule
from geo.text import Text, say_number

__all__ = ["beyond", "lacking", "nobody_near", "nothing_there", "unsure", "weigh"]


def nothing_there(rule: Rule, **measurement: Any) -> Reading:
    """Return the reading where no target is known: no data is not nothing there."""
    return Reading(
        holds=None,
        decided=False,
        explanation=wording.no_targets(rule.labels, rule.target),
        needs=(f"layer {rule.target}",),
        is_absence=True,
        **measurement,
    )


def lacking(needs: Sequence[str], explanation: Text, **measurement: Any) -> Reading:
    """Return the reading where something other than a target is missing."""
    return Reading(holds=None, decided=False, explanation=explanation, needs=tuple(needs), **measurement)


def nobody_near(
    rule: Rule, sheet: Sheet, subject: np.int64, rows: NDArray[np.bool_], **measurement: Any
) -> Reading:
    """Return the reading where no target lies within the distance; not decided where the accuracy of one is unknown."""
    reach_m: float = rule.parameters["distance_m"]
    layer = rule.labels.layer(rule.target)
    vague = sheet.is_vague(subject, rows)
    return Reading(
        holds=False,
        decided=not vague,
        explanation=wording.join(
            Text(
                f"{say_number(reach_m)} m 范围内没有图层“{layer.zh}”的要素。",
                f"No feature of layer “{layer.en}” lies within {say_number(reach_m)} m.",
            ),
            wording.too_vague(0.0, None) if vague else None,
        ),
        needs=("subject.accuracy_m", f"layer {rule.target}.accuracy_m") if vague else (),
        **measurement,
    )


def beyond(reading: Reading) -> Reading:
    """Return the reading of a target that is measured beyond the distance, but may lie within."""
    if not reading.holds:
        return replace(reading, holds=False)
    return replace(reading, holds=False, decided=False, needs=("subject.accuracy_m", *reading.needs))


def weigh(certain: Reading | None, possible: Reading | None, opened: Reading | None) -> Reading | None:
    """Return what targets that surely count and targets that may count leave together.

    Parameters
    ----------
    certain, possible : Reading or None
        Of the ones and of the others; None where there is no such target.
    opened : Reading or None
        ``possible`` as :func:`unsure` puts it.
    """
    if possible is None or (certain is not None and certain.holds):
        return certain
    if possible.decided and possible.holds is False:
        return certain or possible
    return opened


def unsure(
    rule: Rule, sheet: Sheet, possible: Reading, target: int | np.int64, also: Sequence[str] = ()
) -> Reading:
    """Return the reading of a target of which it is unknown whether, or with which limit, it counts.

    Parameters
    ----------
    also : sequence of str
        Fields that are missing beside those of the target filter.
    """
    row = sheet.prepared.rows[target]
    missing = list(dict.fromkeys([*rule.target_filter.missing_names(row), *also]))
    name = f"{rule.target}/{row['id']}"
    return replace(
        possible,
        holds=None,
        decided=False,
        needs=(*(f"{name}.{field}" for field in missing), *possible.needs),
        explanation=wording.join(
            wording.unsure_target(text_or_none(row.get("name")) or str(row["id"]), missing, rule.labels),
            possible.explanation,
        ),
    )
