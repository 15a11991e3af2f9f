"""How far the test of a rule holds at a place, in five levels, and what each of them means for the project.

Of several targets the lowest level counts; so it does of tests of which any may hold, and the highest of tests that
must all hold. Whatever makes the test hold lies in sets that are nested: *at most level k*.
"""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.rules.evaluate import evaluate
from geo.rules.finding import Conclusion, Finding, Verdict, conclude
from geo.rules.predicates import PREDICATES
from geo.rules.predicates.base import Reading
from geo.rules.rule import Rule, RulePack

__all__ = [
    "CLEAR",
    "CLEAR_PERHAPS",
    "HOLDS",
    "HOLDS_PERHAPS",
    "OPEN",
    "goes_with_subject",
    "level_of",
    "meanings",
    "severities",
]

HOLDS, HOLDS_PERHAPS, OPEN, CLEAR_PERHAPS, CLEAR = range(5)
"""The test holds; it holds as measured, within the doubt; data are missing, or two bank lines disagree; it does not
hold as measured, within the doubt; it does not hold."""

_ORDER = list(Conclusion)


def goes_with_subject(rule: Rule) -> bool:
    """Tell whether the test of a rule looks at the subject alone: it reads the same everywhere."""
    predicate = PREDICATES[rule.predicate]
    return not (predicate.has_target or predicate.combines or predicate.layers or predicate.rasters)


def level_of(reading: Reading) -> int:
    """Return the level of a reading."""
    if reading.holds is None or reading.other_line_holds not in {None, reading.holds}:
        return OPEN
    if reading.holds:
        return HOLDS if reading.decided else HOLDS_PERHAPS
    return CLEAR if reading.decided else CLEAR_PERHAPS


def meanings(rule: Rule, subject: gpd.GeoDataFrame, on: date) -> tuple[Conclusion, ...] | None:
    """Return what each level of a rule means for a subject; None where the rule does not cover it.

    Kind, state, purpose and exceptions go with the subject, wherever it stands: evaluated on empty ground, the rule
    says what it turns into where its test holds.
    """
    (findings,) = evaluate(RulePack((rule,), ""), subject, {}, on)
    if not findings:
        return None
    finding = findings[0]
    crossed = finding.if_crossed
    banned = finding.verdict if crossed in {None, Verdict.NO_BAN} else crossed
    if finding.verdict is Verdict.NOT_IN_FORCE or banned is None:
        return (Conclusion.PASS,) * 5
    return tuple(_conclude_level(finding, level, banned) for level in range(5))


def severities(conclusions: tuple[Conclusion, ...]) -> NDArray[np.int8]:
    """Return the rank of each level's conclusion: 0 fail, 1 undecidable, 2 conditional, 3 pass."""
    return np.array([_ORDER.index(conclusion) for conclusion in conclusions], dtype=np.int8)


def _conclude_level(finding: Finding, level: int, banned: Verdict) -> Conclusion:
    if banned is Verdict.NO_BAN:
        return Conclusion.PASS
    here, beyond = {
        HOLDS: (banned, Verdict.NO_BAN),
        HOLDS_PERHAPS: (banned, Verdict.NO_BAN),
        OPEN: (Verdict.INSUFFICIENT_DATA, banned),
    }.get(level, (Verdict.NO_BAN, banned))
    decided = level in {HOLDS, CLEAR} and here is not Verdict.INSUFFICIENT_DATA
    return conclude([replace(finding, verdict=here, decided=decided, if_crossed=beyond)])
