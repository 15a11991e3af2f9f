"""Results of screening: what a pond's failure may reach, and who lies in the fans of gullies."""

from typing import Any, Literal

from pydantic import Field

from api.results.shapes import Result, Shape, TargetOut, TextOut
from geo.standing import Standing

__all__ = ["FansResult", "PondResult", "PondsResult"]

GradeName = Literal["I", "II", "III", "IV", "V"]
Zone = Literal["low", "central", "high"]


class GradeOut(Shape):
    """Design grade after GB 50863, 3.3.1; null where capacity or height is missing."""

    design: GradeName | None
    by_capacity: GradeName | None
    by_height: GradeName | None
    stated: str | None
    standing: Standing | None = Field(description="of the limits that the grade rests on")


class ItemOut(TextOut):
    """A monitored item."""

    item: str


class ReachedOut(TargetOut):
    """A feature along the flow path below the dam toe."""

    mileage_m: float = Field(description="along the path to its first part")
    lateral_m: float = Field(description="beside the path")


class OverheadTargetOut(ReachedOut):
    """A feature that makes a pond an overhead one, or may."""

    certain: bool = Field(description="false: whether it counts is unknown, such as a building's households")


class OverheadOut(Shape):
    """Who and what lies along the first stretch of the path (头顶库); the verdict is for the check."""

    limit_m: float
    half_width_m: float = Field(description="to each side of the path; an assumption, no clause states it")
    targets: list[OverheadTargetOut]


class EstimateOut(Shape):
    """Run-out by one published relation."""

    relation: str
    source: str
    run_out_m: float


class InBandOut(ReachedOut):
    """A feature in the band of run-outs."""

    zone: Zone = Field(description="the least run-out that gets there")


class PeopleOut(Shape):
    """People of the features that state them, and of how many features they are unknown."""

    known: int
    unknown: int


class LayerInBandOut(Shape):
    """Features of a layer in the band by mileage, and the people of each field by zone."""

    features: list[InBandOut]
    people: dict[str, dict[Zone, PeopleOut]]


class RunOutOut(Shape):
    """How far the tailings may run: a band along the valley, never one line."""

    estimates: list[EstimateOut]
    low_m: float
    central_m: float
    high_m: float
    scatter: float = Field(description="factor of the band about the relations")
    standing: Standing
    half_width_m: float = Field(
        description="to each side of the path; an assumption, the relations know no width"
    )
    path_m: float = Field(description="length of the path that could be followed")
    reaches_end: bool = Field(description="false: the elevation raster ends before the band does")
    lines: dict[Zone, dict[str, Any]] = Field(description="the path to each end, GeoJSON")
    targets: dict[str, LayerInBandOut] = Field(description="by layer; the same people may stand in several")


class PondResult(Result):
    """What a failure of a pond may reach, its grade, and what it does not monitor. Screening only."""

    layer: str
    id: str
    name: str | None
    grade: GradeOut
    monitoring: dict[str, list[ItemOut] | None] = Field(
        description="missing items by who asks; null: unknown"
    )
    overhead: OverheadOut | None
    run_out: RunOutOut | None
    needs: list[str] = Field(description="what has to be brought for what is null or cut")


class PondsResult(Result):
    """Screening of several ponds."""

    ponds: list[PondResult]


class FanOut(Shape):
    """Size of a fan (DZ/T 0220 appendix D)."""

    length_m: float
    width_m: float
    angle_deg: float
    area_m2: float


class GullyOut(Shape):
    """A debris-flow gully, its fan, and what touches it."""

    id: str
    name: str | None
    fan: FanOut | None
    outline: dict[str, Any] | None = Field(description="GeoJSON")
    needs: list[str] = Field(description="fields that are missing for the fan")
    problem: TextOut | None = Field(description="why the equations give none")
    warnings: list[TextOut]
    standing: Standing
    targets: dict[str, dict[str, Any]] = Field(description="by layer: ids, names, people known and unknown")


class FansResult(Result):
    """The fans of the stored debris-flow gullies. Screening only."""

    fans: list[GullyOut]
