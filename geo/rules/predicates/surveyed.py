"""Readings of tests that look for targets, settled by what surveys say of the completeness of the data."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo.rules import wording
from geo.rules.finding import CoverageRef
from geo.rules.predicates.base import Reading, Scene
from geo.rules.rule import Rule
from geo.rules.survey import Survey, must_be_there

__all__ = ["surveyed"]


def surveyed(
    read: Callable[[Rule, Scene, NDArray[np.int64]], Sequence[Reading]],
) -> Callable[[Rule, Scene, NDArray[np.int64]], list[Reading]]:
    """Return the reading of a test with targets, settled by what is known of the completeness of the data."""

    def read_surveyed(test: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
        readings = list(read(test, scene, who))
        vague = [
            i
            for i, (subject, reading) in enumerate(zip(who, readings, strict=True))
            if _is_vague(test, reading) and scene.survey.declared(test, int(subject))
        ]
        if vague and (known := scene.without_strangers(test)) is not None:
            for i, reading in zip(vague, read(test, known, who[vague]), strict=True):
                readings[i] = reading
        return [
            _settle(test, reading, scene.survey, int(subject))
            for subject, reading in zip(who, readings, strict=True)
        ]

    return read_surveyed


def _settle(test: Rule, reading: Reading, survey: Survey, subject: int) -> Reading:
    """Return a reading as the surveys around the subject leave it."""
    if not reading.is_absence and reading.holds is not must_be_there(test):
        return reading
    declared = survey.declared(test, subject)
    if reading.is_absence:
        if not declared and survey.lacks_accuracy_only(test, subject):
            vague = wording.join(reading.explanation, wording.too_vague(0.0, None))
            return replace(reading, needs=(*reading.needs, "subject.accuracy_m"), explanation=vague)
        return _nothing_is_there(test, reading, declared) if declared else reading
    if declared:
        return replace(reading, coverage=declared)
    among_data = survey.lies_among_data
    if among_data is None:
        return reading
    if not among_data[subject]:
        return _doubted(test, reading)
    only_data = wording.join(reading.explanation, wording.only_data(test.labels, test.target))
    return replace(reading, explanation=only_data)


def _is_vague(test: Rule, reading: Reading) -> bool:
    """Tell whether nothing is found, but a target of unknown accuracy may be anywhere."""
    absent = reading.holds is must_be_there(test) and not reading.decided
    return absent and reading.doubt_m is None and any(need.endswith("accuracy_m") for need in reading.needs)


def _nothing_is_there(test: Rule, reading: Reading, declared: tuple[CoverageRef, ...]) -> Reading:
    return replace(
        reading,
        holds=must_be_there(test),
        decided=True,
        needs=(),
        is_absence=False,
        coverage=declared,
        explanation=wording.surveyed_none(test.labels, test.target, declared),
    )


def _doubted(test: Rule, reading: Reading) -> Reading:
    """Return the reading of a subject outside all loaded data: what rests on absence is not known there."""
    return replace(
        reading,
        holds=None,
        decided=False,
        needs=(*reading.needs, f"layer {test.target}"),
        explanation=wording.join(wording.outside_all_data(test.labels, test.target), reading.explanation),
    )
