"""Results of checks: the plots of a file, and the layout of a park."""

from datetime import date

from pydantic import Field

from api.results.shapes import (
    ADVISORY_COUNTED,
    ChangeOut,
    FindingOut,
    RejectionOut,
    Result,
    Shape,
    UnverifiedOut,
)
from geo.rules.finding import Conclusion, Verdict

__all__ = [
    "CheckResult",
    "CheckedPart",
    "CheckedProposal",
    "LaidOutPart",
    "LayoutResult",
    "LookedAtChangeOut",
    "ParkOut",
]


class LookedAtChangeOut(ChangeOut):
    """A step of a plot, and what waits at the place that it leads to."""

    conclusion_there: Conclusion | None = Field(
        description="on the whole plot moved by it, all rules asked again; null where it is no move"
    )


class CheckedPart(Shape):
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


class ParkOut(Shape):
    """The park whose layout was checked."""

    id: str
    name: str | None


class LayoutResult(Result):
    """Verdicts and findings of a park and of each of its units, zones and buildings."""

    checked_on: date
    rules_version: str
    data_version: str
    park: ParkOut
    advisory_counted: bool = Field(description=ADVISORY_COUNTED)
    verdict: Verdict
    conclusion: Conclusion
    proposals: list[LaidOutPart]
    awaiting_confirmation: list[UnverifiedOut] = Field(description="rules applied that are not verified")


class CheckResult(Result):
    """Verdicts and findings of the plots of a file."""

    checked_on: date
    rules_version: str
    data_version: str
    advisory_counted: bool = Field(description=ADVISORY_COUNTED)
    proposals: list[CheckedProposal]
    awaiting_confirmation: list[UnverifiedOut] = Field(description="rules applied that are not verified")
    rejected: list[RejectionOut] = Field(description="rows that could not be read and were not checked")
    notes: list[str] = Field(description="what was taken for granted or converted, in English")
    notes_zh: list[str]
