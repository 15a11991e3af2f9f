"""Results of audits of the register, and what flips between two of them."""

from datetime import date

from pydantic import Field

from api.results.shapes import ADVISORY_COUNTED, Result, Shape, TextOut
from geo.rules.finding import Conclusion, Verdict

__all__ = ["AuditResult", "FlipsResult"]


class FlipOut(Shape):
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


class FlipsResult(Result):
    """What flips: the result of the job of ``POST /audit`` with ``compare`` naming a day, data or rules."""

    flips: list[FlipOut]


class AuditResult(Result):
    """Counts over the register: the result of the job of ``POST /audit``."""

    run: str
    checked_on: date
    layers: list[str]
    rules_version: str
    advisory_counted: bool = Field(description=ADVISORY_COUNTED)
    batch_size: int
    rules: dict[str, str] = Field(description="digest of each rule applied")
    not_in_force: list[str]
    subjects: int
    verdicts: dict[Verdict, int]
    conclusions: dict[Conclusion, int]
    legacy: int = Field(description="facilities in service inside a zone, to be put right; no violation")
    findings: int = Field(description="findings stored")
    changed: list[str] = Field(
        description="layers whose data changed while it ran: some facilities were judged by the data before, others by "
        "those after"
    )
    notes: list[TextOut] = Field(description="what a reader has to know of it")
    flips: list[FlipOut] | None = Field(default=None, description="where compared with a stored audit")
