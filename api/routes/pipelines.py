"""Area classes and high-consequence areas of stored pipelines."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.access import PrincipalDep
from api.deps import JobsDep, StoreDep, WritableStoreDep
from api.jobs import JobStatus
from api.parameters import PipelineId
from api.results.pipelines import PipelineResult
from layers.siting.pipelines import classify_stored, find_segments

__all__ = ["router"]

router = APIRouter(prefix="/pipelines", tags=["checks"])


class PipelineIn(BaseModel):
    """Which pipeline to classify."""

    model_config = ConfigDict(extra="forbid")

    pipeline: str = Field(min_length=1, description="id in the layer pipelines")


class PipelineJob(JobStatus):
    """A job whose result are the segments of a pipeline."""

    result: PipelineResult | None


class SegmentsOut(BaseModel):
    """Segments of a pipeline as lines; ``run`` names the classification."""

    type: str
    run: str | None
    features: list[dict[str, Any]]


@router.post("", status_code=202, response_model=PipelineJob)
def start_classification(
    wanted: PipelineIn, store: WritableStoreDep, jobs: JobsDep, principal: PrincipalDep
) -> JobStatus:
    """Find area classes (GB 50251) and high-consequence areas (GB 32167) of a pipeline: the answer is a job."""
    store.feature("pipelines", wanted.pipeline)  # one that is not there is said now, not by a job that fails
    job = jobs.submit(
        "pipeline", classify_stored, owner=principal.name, store=store, pipeline=wanted.pipeline
    )
    return job.status()


@router.get("/{pipeline:path}/segments")
def get_segments(pipeline: PipelineId, store: StoreDep) -> SegmentsOut:
    """Return the segments as classified with the data as they are now, as GeoJSON; none, and no run, before that."""
    return SegmentsOut(**find_segments(store, pipeline))
