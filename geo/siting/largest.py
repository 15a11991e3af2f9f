"""The largest project that still passes at its place."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np

from geo.errors import OutOfRangeError
from geo.rules.evaluate import evaluate
from geo.rules.expression import Condition
from geo.rules.finding import Conclusion, conclude
from geo.rules.horizon import Surroundings
from geo.rules.predicates import PREDICATES
from geo.rules.rule import Rule, RulePack
from geo.rules.survey import Bounds
from geo.rules.targets import Targets
from geo.siting.project import Project
from geo.text import Text

__all__ = ["Largest", "find_largest"]

_ORDER = list(Conclusion)


@dataclass(frozen=True)
class Largest:
    """The greatest value of an attribute with a pass.

    Attributes
    ----------
    attribute : str
    value : float or None
        The greatest one that passes, or the limit that it must stay below; None where none passes.
    included : bool
        Whether that value itself passes.
    bounded : bool
        False where everything up to the end of the range passes.
    rules : tuple of str
        Rules that fail beyond it; where the search is not offered, those that stand in its way.
    because : Text or None
        Why the search is not offered; None where it was made.
    """

    attribute: str
    value: float | None
    included: bool
    bounded: bool
    rules: tuple[str, ...]
    because: Text | None = None


def find_largest(
    pack: RulePack,
    subject: gpd.GeoDataFrame,
    attribute: str,
    layers: Mapping[str, gpd.GeoDataFrame | Targets],
    on: date,
    *,
    between: tuple[float, float],
    tolerance: float,
    rasters: Mapping[str, Path] | None = None,
    wanted: Conclusion = Conclusion.PASS,
    extents: Mapping[str, Bounds] | None = None,
    surroundings: Surroundings | None = None,
) -> Largest:
    """Return the greatest value of an attribute with which a subject still passes where it is.

    The verdict changes at the thresholds that rules state: it is asked at each of them and between them, and the
    answer is exact there. Where it changes in between (limits that follow from the attribute) the change is found by
    bisection. A test that reads the attribute and says neither where it turns nor that it grows with it leaves nothing
    to search by: the search is not offered then.

    Parameters
    ----------
    subject : GeoDataFrame, EPSG:4490
        One subject.
    attribute : str
        A column of numbers.
    between : tuple of float
        Least and greatest value to consider, both included.
    tolerance : float
        How close bisection comes to a change that is no stated threshold. In the attribute's unit.
    wanted : Conclusion
        The worst conclusion that is good enough.
    extents, surroundings
        As for :func:`geo.rules.evaluate.evaluate`.

    Raises
    ------
    OutOfRangeError
        If the range is empty or the tolerance is not above 0.
    """
    low, high = between
    if not low < high or not tolerance > 0.0:
        raise OutOfRangeError(
            f"range {low} to {high} and tolerance {tolerance} must be above 0 in width",
            zh=f"取值范围 {low} 至 {high} 和容差 {tolerance} 应大于 0",
        )
    project = Project.read(subject)
    pack = pack.for_kinds(subject["kind"].dropna())
    if rules_in_the_way := _unpublished(pack, attribute):
        return _not_offered(attribute, rules_in_the_way)

    def ask(values: list[float]) -> list[tuple[bool, tuple[str, ...]]]:
        frames = project.subjects_at(*np.full((2, len(values)), [[project.lon], [project.lat]]))
        frames[attribute] = values
        answers = evaluate(pack, frames, layers, on, rasters, extents=extents, surroundings=surroundings)
        worst = _ORDER.index(wanted)
        return [
            (
                _ORDER.index(conclude(findings)) >= worst,
                tuple(f.rule for f in findings if _ORDER.index(conclude([f])) < worst),
            )
            for findings in answers
        ]

    stated = sorted({low, high, *(t for t in _thresholds(pack, attribute) if low < t < high)})
    values = sorted({*stated, *((a + b) / 2.0 for a, b in pairwise(stated))})
    answers = ask(values)
    passing = [i for i, (passes, _) in enumerate(answers) if passes]
    if not passing:
        return Largest(attribute, None, included=False, bounded=True, rules=answers[0][1])
    best = passing[-1]
    if best == len(values) - 1:
        return Largest(attribute, high, included=True, bounded=False, rules=())
    value, next_value, rules = values[best], values[best + 1], answers[best + 1][1]
    if best % 2 == 0 and not _follows(pack, attribute):  # a threshold passes, all beyond it does not
        return Largest(attribute, value, included=True, bounded=True, rules=rules)
    if not _follows(pack, attribute):  # all up to the threshold passes, the threshold itself does not
        return Largest(attribute, next_value, included=False, bounded=True, rules=rules)
    while next_value - value > tolerance:
        middle = (value + next_value) / 2.0
        ((passes, failing),) = ask([middle])
        value, next_value, rules = (middle, next_value, rules) if passes else (value, middle, failing)
    return Largest(attribute, value, included=True, bounded=True, rules=rules)


def _unpublished(pack: RulePack, attribute: str) -> list[str]:
    """Return the rules that read an attribute in a way that tells nothing of where they turn."""
    return sorted(
        {
            rule.id
            for rule in pack.rules
            for test in _with_tests((rule,))
            if attribute in PREDICATES[test.predicate].reads_of_subject(test.parameters)
            and attribute not in PREDICATES[test.predicate].grows_with(test.parameters)
            and PREDICATES[test.predicate].thresholds(test.parameters, attribute) is None
        }
    )


def _not_offered(attribute: str, rules: list[str]) -> Largest:
    because = Text(
        f"不提供：以下规则读取该属性的方式不公布其转折值：{'、'.join(rules)}。",
        f"Not offered, because these rules read it in a way that does not say where they turn: {', '.join(rules)}.",
    )
    return Largest(attribute, None, included=False, bounded=False, rules=tuple(rules), because=because)


def _thresholds(pack: RulePack, attribute: str) -> Iterator[float]:
    """Yield the numbers at which rules may turn with an attribute of the subject."""
    for rule in _with_tests(pack.rules):
        yield from PREDICATES[rule.predicate].thresholds(rule.parameters, attribute) or ()
        conditions = [rule.subject_filter, *(exemption.when for exemption in rule.exemptions)]
        for condition in conditions:
            if condition is not None:
                yield from _numbers(condition, attribute)


def _numbers(condition: Condition, name: str) -> Iterator[float]:
    for node in ast.walk(ast.parse(condition.text, mode="eval")):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
            value = ast.literal_eval(node.comparators[0])
            if isinstance(value, int | float):
                yield float(value)


def _follows(pack: RulePack, attribute: str) -> bool:
    """Tell whether some test only becomes more likely to hold with the attribute."""
    return any(
        attribute in PREDICATES[rule.predicate].grows_with(rule.parameters)
        for rule in _with_tests(pack.rules)
    )


def _with_tests(rules: tuple[Rule, ...]) -> list[Rule]:
    return [each for rule in rules for each in (rule, *_with_tests(rule.tests))]
