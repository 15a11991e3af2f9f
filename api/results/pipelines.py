"""Results of classifying pipelines."""

from typing import Any

from pydantic import Field

from api.results.shapes import Result, Shape, TargetOut, TextOut
from geo.standing import Standing

__all__ = ["PipelineResult"]


class ReasonOut(Shape):
    """Why a stretch has its class or grade."""

    clause: str
    grade: str
    text: TextOut
    targets: list[TargetOut]
    standing: Standing


class SegmentOut(Shape):
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


class PipelineOut(Shape):
    """The pipeline that was classified."""

    layer: str
    id: str
    name: str | None
    kind: str
    diameter_mm: float | None
    pressure_mpa: float | None
    accuracy_m: float | None


class NumberOut(Shape):
    """A number that a result rests on."""

    name: TextOut
    value: str
    standing: Standing
    source: str


class PipelineResult(Result):
    """Area classes and high-consequence areas: the result of the job of ``POST /pipelines``."""

    run: str
    pipeline: PipelineOut
    data_version: str
    length_m: float
    impact_radius_m: float | None
    impact_radius_us_m: float | None
    segments: list[SegmentOut]
    numbers: list[NumberOut]
    awaiting_confirmation: list[NumberOut]
