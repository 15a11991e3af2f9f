"""What would change a verdict, the smallest step first."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from geo.ellipsoid import CGCS2000
from geo.rules import wording
from geo.rules.finding import Conclusion, Finding, Position, Verdict, conclude
from geo.rules.labels import Labels
from geo.text import Text, say_metres

__all__ = ["Change", "Step", "what_would_change"]

_CLEAR_M = 0.001
"""Beyond the limit and the doubt by this much a distance is decided. [m]"""


class Step(IntEnum):
    """Kinds of step, in the order of their size."""

    BRING = 1
    """A missing attribute, layer or raster."""
    SURVEY = 2
    """A better accuracy."""
    PROVE = 3
    """The proof or permit that a conditional verdict asks for."""
    MOVE = 4
    """Another place."""
    REDESIGN = 5
    """What no move helps against: another size, kind or state."""


@dataclass(frozen=True)
class Change:
    """One step that would settle one finding.

    Attributes
    ----------
    rule : str
    step : Step
    metres : float or None
        How far to move, or to what sum of both accuracies to survey. [m]
    azimuth_deg : float or None
        Which way to move, clockwise from true north; None where any way out will do. [°]
    to : Position or None
        Where the part of the project nearest to the target would be then.
    needs : tuple of str
        What to bring, as in the finding.
    text : Text
    """

    rule: str
    step: Step
    metres: float | None
    azimuth_deg: float | None
    to: Position | None
    needs: tuple[str, ...]
    text: Text

    def to_dict(self) -> dict[str, object]:
        """Return it as published."""
        return {
            "rule": self.rule,
            "step": self.step.name.lower(),
            "metres": self.metres,
            "azimuth_deg": self.azimuth_deg,
            "to": None if self.to is None else list(self.to),
            "needs": list(self.needs),
            "text": {"zh": self.text.zh, "en": self.text.en},
        }


def what_would_change(findings: Iterable[Finding], labels: Labels | None = None) -> list[Change]:
    """Return the steps that would settle each finding that stands against a subject, the smallest first.

    Advisory findings and those that pass are left out. An undecided finding has two steps: a survey, or a move out of
    the doubt. A step settles its own finding; whether a new place meets all rules is for a check there. ``labels`` name
    what to bring.
    """
    changes = [
        change
        for finding in findings
        if not finding.advisory and conclude([finding]) is not Conclusion.PASS
        for change in _changes(finding, labels or Labels())
    ]
    return sorted(changes, key=lambda change: (change.step, change.metres or 0.0, change.rule))


def _changes(finding: Finding, labels: Labels) -> list[Change]:
    missing = tuple(need for need in finding.needs if "accuracy_m" not in need)
    changes = []
    if missing:
        changes.append(_bring(finding, missing, labels))
    is_open = finding.verdict is Verdict.INSUFFICIENT_DATA and bool(missing)
    if not finding.decided and finding.margin_m is not None and not is_open:
        changes.append(_survey(finding))
    if {finding.verdict, finding.if_crossed} & {
        Verdict.CONDITIONAL,
        Verdict.PERMIT_NEEDED,
        Verdict.LEGACY_RECTIFY,
    }:
        changes.append(_prove(finding))
    if finding.margin_m is not None and finding.verdict is not Verdict.INSUFFICIENT_DATA:
        changes.append(_move(finding))
    elif finding.verdict is Verdict.PROHIBITED:
        changes.append(Change(finding.rule, Step.REDESIGN, None, None, None, (), finding.remedy))
    return changes


def _bring(finding: Finding, missing: tuple[str, ...], labels: Labels) -> Change:
    names = [wording.name_need(need, labels) for need in missing]
    text = Text(
        f"补充：{'；'.join(name.zh for name in names)}。", f"Bring: {', '.join(name.en for name in names)}."
    )
    return Change(finding.rule, Step.BRING, None, None, None, missing, text)


def _survey(finding: Finding) -> Change:
    assert finding.margin_m is not None
    better_m = abs(finding.margin_m)
    text = Text(
        f"提高测量精度，双方位置精度之和须小于 {say_metres(better_m)}。",
        f"Survey both sides better: their accuracies together must stay under {say_metres(better_m)}.",
    )
    return Change(finding.rule, Step.SURVEY, better_m, None, None, finding.needs, text)


def _prove(finding: Finding) -> Change:
    return Change(finding.rule, Step.PROVE, None, None, None, finding.needs, finding.remedy)


def _move(finding: Finding) -> Change:
    assert finding.margin_m is not None
    metres = round(max((finding.doubt_m or 0.0) - finding.margin_m, 0.0) + _CLEAR_M, 3)
    azimuth_deg = _way_out(finding)
    to = None
    if azimuth_deg is not None and finding.start is not None:
        lon, lat, _ = CGCS2000.fwd(*finding.start, azimuth_deg, metres)
        to = (round(float(lon), 9), round(float(lat), 9))
    way = (
        Text("", "")
        if azimuth_deg is None
        else Text(f"朝方位角 {azimuth_deg:.0f}° ", f" towards {azimuth_deg:.0f}°")
    )
    text = Text(f"{way.zh}移动 {say_metres(metres)}。", f"Move by {say_metres(metres)}{way.en}.")
    return Change(finding.rule, Step.MOVE, metres, azimuth_deg, to, (), text)


def _way_out(finding: Finding) -> float | None:
    """Return the azimuth that leads out: away from a target, or from the inside of an area to its edge. [°]."""
    if finding.start is None or finding.end is None or finding.start == finding.end:
        return None
    overlaps = finding.measured_from in {"deepest_point", "farthest_point"}
    first, second = (finding.start, finding.end) if overlaps else (finding.end, finding.start)
    azimuth_deg = CGCS2000.inv(*first, *second)[0]
    arriving = CGCS2000.inv(*second, *first)[0] - 180.0
    return round(float(np.mod(azimuth_deg if overlaps else arriving, 360.0)), 3) % 360.0
