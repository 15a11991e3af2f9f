"""Shapes that results share, and the version of them all.

The version grows with every change of a shape: its first number when something is taken away or changes its meaning,
its second when something is added.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geo.rules.finding import Verdict
from geo.standing import Standing

__all__ = [
    "ADVISORY_COUNTED",
    "SCHEMA_VERSION",
    "ChangeOut",
    "CoverageOut",
    "FindingOut",
    "RejectionOut",
    "Result",
    "Shape",
    "TargetOut",
    "TextOut",
    "UnverifiedOut",
]

SCHEMA_VERSION = "1.2"
"""Version of the shapes of results of checks."""

ADVISORY_COUNTED = "whether rules of recalled or disputed standing count in the verdicts"
"""What the field ``advisory_counted`` says."""


class Shape(BaseModel):
    """Part of a result: what is not described is no part of it."""

    model_config = ConfigDict(extra="forbid")


class Result(Shape):
    """Result of a check; its description in the interface names the version."""

    model_config = ConfigDict(json_schema_extra={"x-schema-version": SCHEMA_VERSION})


class TextOut(Shape):
    """A sentence in Chinese and in English."""

    zh: str
    en: str


class TargetOut(Shape):
    """What a plot was measured against."""

    layer: str
    id: str
    name: str | None


class CoverageOut(Shape):
    """A declaration that the survey of a layer is complete around a plot."""

    id: str
    layer: str
    name: str | None
    source: str | None
    declared_by: str | None
    surveyed_on: date | None


class FindingOut(Shape):
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


class ChangeOut(Shape):
    """One step that would settle one finding; whether a new place meets all rules is for a check there."""

    rule: str
    step: Literal["bring", "survey", "prove", "move", "redesign"]
    metres: float | None = Field(description="how far to move, or to what sum of both accuracies to survey")
    azimuth_deg: float | None = Field(description="which way to move, clockwise from true north")
    to: tuple[float, float] | None
    needs: list[str]
    text: TextOut


class UnverifiedOut(Shape):
    """A rule that was applied although what it rests on is not verified."""

    rule: str
    title: TextOut
    standing: Literal["seed", "recalled", "disputed", "site_specific"]


class RejectionOut(Shape):
    """Why a row was not checked; ``row`` as a person counts it in the file."""

    row: int
    column: str | None
    value: Any
    reason: str
    reason_zh: str
