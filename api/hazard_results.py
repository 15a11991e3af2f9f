"""Results of the hazard engine as the interface publishes them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from api.results import TextOut
from geo.standing import Standing

__all__ = ["HazardResult", "ParameterOut"]


class _Shape(BaseModel):
    # What is not described here is no part of a result.
    model_config = ConfigDict(extra="forbid")


class ParameterOut(_Shape):
    """A row of a parameter table; one that stands in for a shipped row says who answers for it, and why."""

    table: str
    key: str
    value: float | str
    unit: str
    standard: str
    clause: str
    source: str
    standing: Standing
    note: str
    overridden_by: str | None
    reason: str | None
    shipped_value: float | str | None


class PlantOut(_Shape):
    """The plant that a result is about."""

    id: str
    name: str
    illustrative: bool


class PeopleOut(_Shape):
    """Residents within 500 m outside the boundary: the number used, what was counted, and from what."""

    people: int | None
    counted: float | None
    missing_share: float | None
    source: str | None


class TermOut(_Shape):
    """One substance of a unit in the sums of S and R."""

    substance: str
    name: TextOut
    equipment: list[str]
    category: str
    mass_t: float
    critical_t: float
    beta: float
    ratio: float
    clause: TextOut


class UnitHazardOut(_Shape):
    """A unit: S, whether it is a major hazard installation, R and grade (null: people around not known)."""

    id: str
    name: str
    kind: Literal["production", "storage"]
    s: float
    is_major: bool
    r: float | None
    grade: int | None
    terms: list[TermOut]


class HazardResult(_Shape):
    """Identification and grading after GB 18218-2018."""

    schema_version: Literal["1.0"]
    plant: PlantOut
    people_within_500m: PeopleOut
    is_major: bool
    grade: int | None
    alpha: float | None
    units: list[UnitHazardOut]
    awaiting_confirmation: list[ParameterOut]
