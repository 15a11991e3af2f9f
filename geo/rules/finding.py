"""What a check answers: findings, verdict words and how several make one verdict.

Distances in a finding are rounded to 1 mm, which is what the distance engine guarantees, *before* they are compared
with a limit: the printed numbers and the verdict can never disagree. Positions are rounded to 1e-9 degrees (0.1 mm).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from geo.text import Text

__all__ = [
    "Answer",
    "Conclusion",
    "CoverageRef",
    "Finding",
    "Position",
    "TargetRef",
    "Verdict",
    "conclude",
    "is_decided",
    "worst_verdict",
]

Position = tuple[float, float]
"""Longitude and latitude, EPSG:4490. [°]"""


class Verdict(StrEnum):
    """Word of a verdict at the measured value, worst first."""

    PROHIBITED = "prohibited"
    DEPENDS_ON_BANK_LINE = "depends_on_bank_line"
    INSUFFICIENT_DATA = "insufficient_data"
    CONDITIONAL = "conditional"
    PERMIT_NEEDED = "permit_needed"
    LEGACY_RECTIFY = "legacy_rectify"
    NOT_IN_FORCE = "not_in_force"
    NO_BAN = "no_ban"


class Conclusion(StrEnum):
    """What a person reads on the screen and in a letter."""

    FAIL = "fail"
    """不通过: something is prohibited beyond doubt."""
    UNDECIDABLE = "undecidable"
    """无法判定: the data or their accuracy do not allow a verdict."""
    CONDITIONAL = "conditional"
    """有条件: a proof, a permit or a rectification is due."""
    PASS = "pass"
    """通过: no rule stands against it, beyond doubt."""


@dataclass(frozen=True)
class TargetRef:
    """What a subject was measured against."""

    layer: str
    id: str
    name: str | None


@dataclass(frozen=True, kw_only=True)
class CoverageRef:
    """A declaration that a layer is complete around a subject.

    Attributes
    ----------
    id, layer : str
        Of the declaration, and the layer that it is about.
    name, source, declared_by, surveyed_on : str or None
        The day in ISO 8601.
    """

    id: str
    layer: str
    name: str | None
    source: str | None
    declared_by: str | None
    surveyed_on: str | None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer of one rule for one subject.

    Attributes
    ----------
    rule, title, authority, edition, clause, in_force_from, in_force_to, standing, edition_zh, clause_zh
        As in the rule; what has no Chinese form is published as it is.
    advisory : bool
        Shown, but left out of the whole verdict: the rule's number is recalled or disputed.
    verdict : Verdict
        At the measured value.
    decided : bool
        False where the doubt is unknown or reaches the limit, or where data are missing.
    if_crossed : Verdict or None
        The verdict on the other side of the limit: what the doubt may turn it into.
    predicate, limit, found, unit
        The test, its limit, the value found and the unit of both.
    limit_m, distance_m, margin_m, doubt_m : float or None
        Distances; the margin is measured minus limit, so negative metres are missing. [m]
    start, end : Position or None
        The two end points (``from`` and ``to`` in JSON).
    measured_from, measured_to : str or None
        Part or kind of line at the two ends.
    target : TargetRef or None
    evidence : dict or None
        GeoJSON geometry, EPSG:4490.
    explanation, remedy : Text
    needs : tuple of str
        What to bring for a decision: ``LAYER/ID.FIELD``, ``subject.FIELD``, ``layer LAYER`` or ``raster KIND``.
    overrides : str or None
        Id of the rule whose place this one takes.
    coverage : tuple of CoverageRef
        Declarations by which nothing that the rule looks for is there but what is in the data.
    """

    rule: str
    title: Text
    authority: Text
    edition: str
    clause: str
    in_force_from: date | None
    in_force_to: date | None
    standing: str
    advisory: bool
    verdict: Verdict
    decided: bool
    if_crossed: Verdict | None
    predicate: str
    limit: float | None
    found: float | None
    unit: str | None
    limit_m: float | None
    distance_m: float | None
    margin_m: float | None
    doubt_m: float | None
    start: Position | None
    end: Position | None
    measured_from: str | None
    measured_to: str | None
    target: TargetRef | None
    evidence: dict[str, Any] | None
    explanation: Text
    remedy: Text
    needs: tuple[str, ...]
    overrides: str | None = None
    coverage: tuple[CoverageRef, ...] = ()
    edition_zh: str = ""
    clause_zh: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as published (JSON types; key order as declared)."""
        data = {_PUBLISHED_NAMES.get(name, name): _plain(value) for name, value in vars(self).items()}
        for name in ("from", "to", "needs"):
            data[name] = None if data[name] is None else list(data[name])
        data["coverage"] = [dict(vars(one)) for one in data["coverage"]]
        for name in ("edition", "clause"):
            data[f"{name}_zh"] = data[f"{name}_zh"] or data[name]
        for name in ("in_force_from", "in_force_to"):
            data[name] = None if data[name] is None else data[name].isoformat()
        for name in ("verdict", "if_crossed"):
            data[name] = None if data[name] is None else data[name].value
        return data


def _plain(value: Any) -> Any:
    return dict(vars(value)) if isinstance(value, Text | TargetRef) else value


class Answer(Protocol):
    """What a conclusion needs of a finding."""

    @property
    def verdict(self) -> Verdict: ...  # noqa: D102  # as in Finding
    @property
    def decided(self) -> bool: ...  # noqa: D102
    @property
    def if_crossed(self) -> Verdict | None: ...  # noqa: D102
    @property
    def advisory(self) -> bool: ...  # noqa: D102


_PUBLISHED_NAMES = {"start": "from", "end": "to"}
"""Names that Python does not allow for a field."""


def is_decided(margin_m: float, doubt_m: float | None) -> bool:
    """Tell whether a margin lies outside its doubt; an unknown doubt decides nothing."""
    return doubt_m is not None and abs(margin_m) > doubt_m


def worst_verdict(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict of the findings that count (advisory ones do not); none at all is ``no_ban``."""
    order = list(Verdict)
    return min((f.verdict for f in findings if not f.advisory), key=order.index, default=Verdict.NO_BAN)


def conclude(findings: Iterable[Answer]) -> Conclusion:
    """Return what a person reads: fail, undecidable, conditional or pass.

    An undecided finding counts as the worse of its two sides: a measured ``no_ban`` that the doubt could turn into
    ``prohibited`` is undecidable, not a pass (docs/decisions/008).
    """
    words = {_conclude_one(finding) for finding in findings if not finding.advisory}
    return min(words, key=list(Conclusion).index, default=Conclusion.PASS)


def _conclude_one(finding: Answer) -> Conclusion:
    sides = {finding.verdict} if finding.decided else {finding.verdict, finding.if_crossed}
    if sides & {Verdict.DEPENDS_ON_BANK_LINE, Verdict.INSUFFICIENT_DATA}:
        return Conclusion.UNDECIDABLE
    if Verdict.PROHIBITED in sides:
        return Conclusion.FAIL if finding.decided else Conclusion.UNDECIDABLE
    if sides & {Verdict.CONDITIONAL, Verdict.PERMIT_NEEDED, Verdict.LEGACY_RECTIFY}:
        return Conclusion.CONDITIONAL
    return Conclusion.PASS
