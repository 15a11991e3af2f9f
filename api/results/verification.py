"""Results of computing an evidence bundle again."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from api.results.shapes import Shape, TextOut

__all__ = ["VerificationResult"]


class DifferenceOut(Shape):
    """One thing that is not as an evidence bundle says."""

    part: str
    part_said: TextOut
    name: str = Field(description="file, rule, or plot / rule / field")
    expected: Any = Field(description="what the bundle states")
    found: Any = Field(description="what was found, or computed now")


class VerificationResult(Shape):
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
