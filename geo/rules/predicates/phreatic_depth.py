"""``phreatic_depth``: the phreatic line of a tailings dam lies nearer to the surface than the height of the dam allows.

The table goes by the height of the heap. The register holds the total height of the dam, which is no less: what keeps
the depth for it keeps it for the heap. Where the table leaves a range (150 m and over) what lies in it is open.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.missing import is_missing
from geo.rules import wording
from geo.rules.predicates.base import Predicate, Reading, Scene
from geo.rules.predicates.readings import lacking
from geo.rules.rule import Rule
from geo.tailings import phreatic_depth_m
from geo.text import Text, say_number

__all__ = ["PREDICATE"]

_QUANTITIES = ("phreatic_depth_m", "dam_height_m")


def _fields(_parameters: Mapping[str, Any]) -> Sequence[str]:
    return _QUANTITIES


def _grows_with(_parameters: Mapping[str, Any]) -> Sequence[str]:
    return ("dam_height_m",)


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether its phreatic line lies too high."""
    return [_read_one(rule, scene.subject_rows[subject]) for subject in who]


PREDICATE = Predicate(
    name="phreatic_depth",
    parameters={},
    read=read,
    has_target=False,
    subject_fields=_fields,
    measures="number",
    grows_with=_grows_with,
)
"""No parameters: the table is :data:`geo.tailings.PHREATIC_DEPTH`."""


def _read_one(rule: Rule, subject: Mapping[str, Any]) -> Reading:
    needs = [f"subject.{name}" for name in _QUANTITIES if is_missing(subject.get(name))]
    if needs:
        return lacking(needs, wording.missing(needs, rule.labels))
    depth_m, height_m = (float(subject[name]) for name in _QUANTITIES)
    least_m, most_m = phreatic_depth_m(height_m)
    measured: dict[str, Any] = {"limit": least_m, "found": depth_m, "unit": "m"}
    asked = say_number(least_m) if least_m == most_m else f"{say_number(least_m)}—{say_number(most_m)}"
    said = Text(
        f"坝高 {say_number(height_m)} m，浸润线最小埋深应不小于 {asked} m，现为 {say_number(depth_m)} m。",
        f"For a dam of {say_number(height_m)} m the phreatic line lies at least {asked} m deep; it lies "
        f"{say_number(depth_m)} m.",
    )
    if least_m <= depth_m < most_m:
        return lacking(["subject.phreatic_depth_m"], wording.join(said, _IN_RANGE), **measured)
    return Reading(holds=depth_m < least_m, decided=True, explanation=said, **measured)


_IN_RANGE = Text(
    "表列为区间，须按设计确定。", "The table gives a range here: the design has to say which depth is needed."
)
