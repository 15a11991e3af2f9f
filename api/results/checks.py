"""Results of checks as the interface publishes them: the shapes in the OpenAPI description, and their version.

The version grows with every change of a shape: its first number when something is taken away or changes its meaning,
its second when something is added.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geo.rules.finding import Conclusion, Verdict
from geo.standing import Standing

__all__ = [
    "SCHEMA_VERSION",
    "AuditResult",
    "ChangeOut",
    "CheckResult",
    "CheckedPart",
    "CheckedProposal",
    "CoverageOut",
    "FindingOut",
    "FlipsResult",
    "LaidOutPart",
    "LargestResult",
    "LayoutResult",
    "LookedAtChangeOut",
    "ParkOut",
    "PipelineResult",
    "RejectionOut",
    "TargetOut",
    "TextOut",
    "UnverifiedOut",
    "VerificationResult",
    "WhereResult",
]

SCHEMA_VERSION = "1.2"
"""Version of the shapes of this module."""


_ADVISORY = "whether rules of recalled or disputed standing count in the verdicts"


class _Shape(BaseModel):
    # What is not described here is no part of a result.
    model_config = ConfigDict(extra="forbid")


class TextOut(_Shape):
    """A sentence in Chinese and in English."""

    zh: str
    en: str


class TargetOut(_Shape):
    """What a plot was measured against."""

    layer: str
    id: str
    name: str | None


class CoverageOut(_Shape):
    """A declaration that the survey of a layer is complete around a plot."""

    id: str
    layer: str
    name: str | None
    source: str | None
    declared_by: str | None
    surveyed_on: date | None


class FindingOut(_Shape):
    """The answer of one rule for one plot: clause, limit, what was found, margin, doubt and both end points."""

    rule: str = Field(description="id of the rule; never changes its meaning")
    title: TextOut
    authority: TextOut
    edition: str
    edition_zh: str
    clause: str
    clause_zh: str
    in_force_from: date | None
    in_force_to: date | None
    standing: Standing = Field(description="how sure the rule's text and numbers are")
    advisory: bool = Field(description="shown, but left out of the whole verdict")
    verdict: Verdict = Field(description="at the measured value")
    decided: bool = Field(
        description="false where the doubt is unknown or reaches the limit, or data are missing"
    )
    if_crossed: Verdict | None = Field(description="verdict on the other side of the limit")
    predicate: str
    limit: float | None
    found: float | None
    unit: str | None
    limit_m: float | None
    distance_m: float | None
    margin_m: float | None = Field(description="measured minus limit; negative metres are missing")
    doubt_m: float | None = Field(
        description="sum of the accuracies of both sides; null where one is unknown"
    )
    from_: tuple[float, float] | None = Field(alias="from", description="longitude, latitude, EPSG:4490")
    to: tuple[float, float] | None
    measured_from: str | None
    measured_to: str | None
    target: TargetOut | None
    evidence: dict[str, Any] | None = Field(description="GeoJSON geometry, EPSG:4490")
    explanation: TextOut
    remedy: TextOut
    needs: list[str] = Field(description="what to bring for a decision")
    overrides: str | None = Field(description="id of the rule whose place this one takes")
    coverage: list[CoverageOut] = Field(
        description="declarations by which nothing that the rule looks for is there but what is in the data"
    )


class ChangeOut(_Shape):
    """One step that would settle one finding; whether a new place meets all rules is for a check there."""

    rule: str
    step: Literal["bring", "survey", "prove", "move", "redesign"]
    metres: float | None = Field(description="how far to move, or to what sum of both accuracies to survey")
    azimuth_deg: float | None = Field(description="which way to move, clockwise from true north")
    to: tuple[float, float] | None
    needs: list[str]
    text: TextOut


class LookedAtChangeOut(ChangeOut):
    """A step of a plot, and what waits at the place that it leads to."""

    conclusion_there: Conclusion | None = Field(
        description="on the whole plot moved by it, all rules asked again; null where it is no move"
    )


class DifferenceOut(_Shape):
    """One thing that is not as an evidence bundle says."""

    part: str
    part_said: TextOut
    name: str = Field(description="file, rule, or plot / rule / field")
    expected: Any = Field(description="what the bundle states")
    found: Any = Field(description="what was found, or computed now")


class VerificationResult(_Shape):
    """An evidence bundle computed again."""

    bundle: str
    same: bool
    signature: Literal["unsigned", "valid", "enclosed_key", "other_key", "broken"]
    signature_said: TextOut
    checked_on: date | None
    rules_version: str | None
    data_version: str | None
    code_version: str | None
    conclusions: list[dict[str, Any]] | None
    differences: list[DifferenceOut]
    notes: list[TextOut] = Field(description="what is no difference, but should be known")


class CheckedPart(_Shape):
    """A part of a park, its whole verdict, and the finding of every rule that covers it."""

    id: str
    name: str | None
    layer: str
    kind: str | None
    state: str | None
    verdict: Verdict = Field(description="the worst of the findings that are not advisory")
    conclusion: Conclusion = Field(description="what a person reads; an undecided ban is undecidable")
    findings: list[FindingOut]


class CheckedProposal(CheckedPart):
    """A plot: whole verdict, the finding of every rule that covers it, and what would change the verdict."""

    changes: list[LookedAtChangeOut] = Field(description="the smallest step first")


class LaidOutPart(CheckedPart):
    """A part of a park with what would change its verdict."""

    changes: list[ChangeOut] = Field(description="the smallest step first")


class UnverifiedOut(_Shape):
    """A rule that was applied although what it rests on is not verified."""

    rule: str
    title: TextOut
    standing: Literal["seed", "recalled", "disputed", "site_specific"]


class RejectionOut(_Shape):
    """Why a row was not checked; ``row`` as a person counts it in the file."""

    row: int
    column: str | None
    value: Any
    reason: str
    reason_zh: str


class ParkOut(_Shape):
    """The park whose layout was checked."""

    id: str
    name: str | None


class LayoutResult(_Shape):
    """Verdicts and findings of a park and of each of its units, zones and buildings."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-schema-version": SCHEMA_VERSION})

    checked_on: date
    rules_version: str
    data_version: str
    park: ParkOut
    advisory_counted: bool = Field(description=_ADVISORY)
    verdict: Verdict
    conclusion: Conclusion
    proposals: list[LaidOutPart]
    awaiting_confirmation: list[UnverifiedOut] = Field(description="rules applied that are not verified")


class CheckResult(_Shape):
    """Verdicts and findings of the plots of a file."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-schema-version": SCHEMA_VERSION})

    checked_on: date
    rules_version: str
    data_version: str
    advisory_counted: bool = Field(description=_ADVISORY)
    proposals: list[CheckedProposal]
    awaiting_confirmation: list[UnverifiedOut] = Field(description="rules applied that are not verified")
    rejected: list[RejectionOut] = Field(description="rows that could not be read and were not checked")
    notes: list[str] = Field(description="what was taken for granted or converted, in English")
    notes_zh: list[str]


class CellOut(_Shape):
    """An H3 cell: the status of all of it, and the strictest clause at its centre."""

    h3_hex: str
    lon: float
    lat: float
    status: Literal["excluded", "undecided", "allowed", "mixed"]
    conclusion: Conclusion
    rule: str | None
    clause: str | None
    margin_m: float | None
    fails: int
    undecided: int


class RuleShareOut(_Shape):
    """What one rule does to the area, whatever others say."""

    rule: str
    clause: str
    clause_zh: str
    drawn: bool = Field(description="whether its edges are drawn; else they are those of cells")
    set_aside: bool
    same_everywhere: Conclusion | None
    excluded_km2: float
    undecided_km2: float
    needs: list[str]


class AreasOut(_Shape):
    """Areas on the ellipsoid. [km²]."""

    area: float
    allowed: float
    conditional: float = Field(description="part of what is allowed")
    undecided: float
    excluded: float


class RegionsOut(_Shape):
    """GeoJSON geometries, EPSG:4490; allowed, undecided and excluded make up the area."""

    allowed: dict[str, Any]
    conditional: dict[str, Any]
    undecided: dict[str, Any]
    excluded: dict[str, Any]


class ReadingOut(_Shape):
    """What was taken for granted or converted when the project was read."""

    notes: list[str]
    notes_zh: list[str]


class WhereResult(_Shape):
    """Where in an area a project may go: the result of the job of ``POST /where``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-schema-version": SCHEMA_VERSION})

    checked_on: date
    rules_version: str
    data_version: str
    advisory_counted: bool = Field(description=_ADVISORY)
    resolution: int
    edge_tolerance_m: float
    areas_km2: AreasOut
    regions: RegionsOut
    cells: list[CellOut]
    rules: list[RuleShareOut]
    notes: list[TextOut]
    read: ReadingOut


class FlipOut(_Shape):
    """A verdict of one rule on one facility that differs between two audits, with the reasons."""

    layer: str
    id: str
    name: str | None
    rule: str
    before: Verdict
    after: Verdict
    decided_before: bool
    decided_after: bool
    margin_before_m: float | None
    margin_after_m: float | None
    reasons: list[str]


class FlipsResult(_Shape):
    """What flips: the result of the job of ``POST /audit`` with ``compare`` naming a day, data or rules."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-schema-version": SCHEMA_VERSION})

    flips: list[FlipOut]


class AuditResult(_Shape):
    """Counts over the register: the result of the job of ``POST /audit``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-schema-version": SCHEMA_VERSION})

    run: str
    checked_on: date
    layers: list[str]
    rules_version: str
    advisory_counted: bool = Field(description=_ADVISORY)
    batch_size: int
    rules: dict[str, str] = Field(description="digest of each rule applied")
    not_in_force: list[str]
    subjects: int
    verdicts: dict[Verdict, int]
    conclusions: dict[Conclusion, int]
    legacy: int = Field(description="facilities in service inside a zone, to be put right; no violation")
    findings: int = Field(description="findings stored")
    flips: list[FlipOut] | None = Field(default=None, description="where compared with a stored audit")


class ReasonOut(_Shape):
    """Why a stretch has its class or grade."""

    clause: str
    grade: str
    text: TextOut
    targets: list[TargetOut]
    standing: Standing


class SegmentOut(_Shape):
    """A stretch of a pipeline with one class and one grade; mileage in metres."""

    start_m: float
    end_m: float
    start: tuple[float, float]
    end: tuple[float, float]
    area_class: str | None = Field(description="1-1 to 4 (GB 50251), null for oil")
    hca_grade: str = Field(description="none, I, II, III, or insufficient_data")
    hca_grade_other: str = Field(description="by the other reading of items on which copies disagree")
    decided: bool
    reasons: list[ReasonOut]
    needs: list[str]
    geometry: dict[str, Any]


class PipelineOut(_Shape):
    """The pipeline that was classified."""

    layer: str
    id: str
    name: str | None
    kind: str
    diameter_mm: float | None
    pressure_mpa: float | None
    accuracy_m: float | None


class NumberOut(_Shape):
    """A number that a result rests on."""

    name: TextOut
    value: str
    standing: Standing
    source: str


class PipelineResult(_Shape):
    """Area classes and high-consequence areas: the result of the job of ``POST /pipelines``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-schema-version": SCHEMA_VERSION})

    run: str
    pipeline: PipelineOut
    data_version: str
    length_m: float
    impact_radius_m: float | None
    impact_radius_us_m: float | None
    segments: list[SegmentOut]
    numbers: list[NumberOut]
    awaiting_confirmation: list[NumberOut]


class LargestResult(_Shape):
    """The greatest value of a number with a pass: the result of the job of ``POST /largest``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-schema-version": SCHEMA_VERSION})

    attribute: str
    value: float | None = Field(description="greatest that passes, or what it must stay below; null: none")
    included: bool
    bounded: bool = Field(description="false where everything up to the end of the range passes")
    rules: list[str] = Field(description="rules that fail beyond it, or stand in the way of the search")
    because: TextOut | None = Field(description="why the search is not offered")
    checked_on: date
