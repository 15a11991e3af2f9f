"""``all_of`` and ``any_of``: several tests of one rule, joined.

What is missing for one test does not matter where another one settles the answer, in truth and in doubt alike. The
finding shows the measurement of the test that settles it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.predicates.base import Predicate, Reading, Scene
from geo.rules.rule import Rule
from geo.text import Text

__all__ = ["combinations"]


def combinations(predicates: Mapping[str, Predicate]) -> tuple[Predicate, Predicate]:
    """Return ``all_of`` and ``any_of`` over these predicates; themselves are added to them by the caller."""

    def reader(settling: bool) -> Callable[[Rule, Scene, NDArray[np.int64]], list[Reading]]:
        def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
            tests = [predicates[test.predicate].read(test, scene, who) for test in rule.tests]
            return [_join([readings[i] for readings in tests], settling=settling) for i in range(len(who))]

        return read

    return (
        Predicate("all_of", parameters={}, read=reader(False), has_target=False, combines=True),
        Predicate("any_of", parameters={}, read=reader(True), has_target=False, combines=True),
    )


def _join(readings: Sequence[Reading], *, settling: bool) -> Reading:
    """Return the reading of several tests, of which one that answers ``settling`` settles it."""
    settled = [reading for reading in readings if reading.holds is settling]
    if settled:
        best = next((reading for reading in settled if reading.decided), settled[0])
        needs = () if best.decided else _all_needs(readings)
        return replace(best, needs=needs, explanation=_explain(best, readings))
    opened = [reading for reading in readings if reading.holds is None]
    undecided = [reading for reading in readings if not reading.decided]
    first = (opened or undecided or list(readings))[0]
    return replace(
        first,
        holds=None if opened else not settling,
        is_absence=False,
        coverage=tuple(dict.fromkeys(one for reading in readings for one in reading.coverage)),
        decided=not undecided,
        needs=_all_needs(readings),
        explanation=_explain(first, readings),
    )


def _all_needs(readings: Sequence[Reading]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(need for reading in readings for need in reading.needs))


def _explain(first: Reading, readings: Sequence[Reading]) -> Text:
    others = [reading.explanation for reading in readings if reading is not first]
    return wording.join(first.explanation, *others)
