"""Results about one project: where in an area it may go, and how large it may be."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from api.results.shapes import ADVISORY_COUNTED, Result, Shape, TextOut
from geo.rules.finding import Conclusion

__all__ = ["LargestResult", "WhereResult"]


class CellOut(Shape):
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


class RuleShareOut(Shape):
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


class AreasOut(Shape):
    """Areas on the ellipsoid. [km²]."""

    area: float
    allowed: float
    conditional: float = Field(description="part of what is allowed")
    undecided: float
    excluded: float


class RegionsOut(Shape):
    """GeoJSON geometries, EPSG:4490; allowed, undecided and excluded make up the area."""

    allowed: dict[str, Any]
    conditional: dict[str, Any]
    undecided: dict[str, Any]
    excluded: dict[str, Any]


class ReadingOut(Shape):
    """What was taken for granted or converted when the project was read."""

    notes: list[str]
    notes_zh: list[str]


class WhereResult(Result):
    """Where in an area a project may go: the result of the job of ``POST /where``."""

    checked_on: date
    rules_version: str
    data_version: str
    advisory_counted: bool = Field(description=ADVISORY_COUNTED)
    resolution: int
    edge_tolerance_m: float
    areas_km2: AreasOut
    regions: RegionsOut
    cells: list[CellOut]
    rules: list[RuleShareOut]
    notes: list[TextOut]
    read: ReadingOut


class LargestResult(Result):
    """The greatest value of a number with a pass: the result of the job of ``POST /largest``."""

    attribute: str
    value: float | None = Field(description="greatest that passes, or what it must stay below; null: none")
    included: bool
    bounded: bool = Field(description="false where everything up to the end of the range passes")
    rules: list[str] = Field(description="rules that fail beyond it, or stand in the way of the search")
    because: TextOut | None = Field(description="why the search is not offered")
    checked_on: date
