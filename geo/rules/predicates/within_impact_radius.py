"""``within_impact_radius``: a target lies within the potential impact radius of a gas pipeline.

The radius follows from the subject's ``diameter_mm`` and ``pressure_mpa`` (:mod:`geo.pipelines.impact_radius`), rounded
to 1 mm. How is measured: :mod:`geo.rules.predicates.distances`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.pipelines.impact_radius import impact_radius_m
from geo.rules import wording
from geo.rules.measuring import DISTANCE_DECIMALS
from geo.rules.predicates import distances
from geo.rules.predicates.base import Predicate, Reading, Scene, one_of
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.rules.targets import floats

__all__ = ["PREDICATE"]

_FIELDS = ("diameter_mm", "pressure_mpa")


def _fields(_parameters: Mapping[str, Any]) -> tuple[str, ...]:
    return _FIELDS


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject the deciding target and whether it lies within the radius."""
    return [_read_one(rule, scene, subject) for subject in who]


PREDICATE = Predicate(
    name="within_impact_radius",
    parameters={
        "measure_from": one_of("centreline"),
        "measure_to": distances.measure_to,
        "compare": one_of("le", "lt"),
    },
    read=read,
    subject_fields=_fields,
    grows_with=_fields,
)


def _read_one(rule: Rule, scene: Scene, subject: np.int64) -> Reading:
    diameter_mm, pressure_mpa = (float(floats(scene.subjects, name)[subject]) for name in _FIELDS)
    if not (diameter_mm > 0.0 and pressure_mpa > 0.0):
        needs = [
            f"subject.{name}"
            for name, value in zip(_FIELDS, (diameter_mm, pressure_mpa), strict=True)
            if not value > 0.0
        ]
        return lacking(needs, wording.missing(needs, rule.labels), unit="m")
    radius_m = round(impact_radius_m(diameter_mm, pressure_mpa), DISTANCE_DECIMALS)
    stated = replace(rule, parameters={**rule.parameters, "distance_m": radius_m})
    (reading,) = distances.read(stated, scene, np.array([subject]))
    return reading
