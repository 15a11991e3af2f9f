"""Checks: proposals sent along, and the river setback of all that is stored."""

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.access import PrincipalDep
from api.actions import check_file, run_setback
from api.deps import JobsDep, StoreDep
from api.jobs import JobStatus
from api.queries import today
from geo.errors import CrsError
from layers.catalog import get_layer
from layers.checks import SETBACK_LAYERS

__all__ = ["router"]

router = APIRouter(tags=["checks"])

_MAX_PROPOSALS = 2_000


class ProposalsIn(BaseModel):
    """A GeoJSON FeatureCollection; ``crs`` or the query must name its coordinate system."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]] = Field(min_length=1, max_length=_MAX_PROPOSALS)
    crs: dict[str, Any] | None = None


class CheckOut(BaseModel):
    """Verdicts and findings per proposal; ``rejected`` lists rows that could not be read."""

    model_config = ConfigDict(extra="allow")

    checked_on: date
    rules_version: str
    data_version: str
    proposals: list[dict[str, Any]]


class SetbackIn(BaseModel):
    """Which facilities to check, on which day; by default today in China."""

    model_config = ConfigDict(extra="forbid")

    on: date | None = None
    layers: list[str] = Field(default=list(SETBACK_LAYERS), min_length=1)


@router.post("/check")
def check_proposals(
    proposals: ProposalsIn,
    store: StoreDep,
    on: Annotated[date | None, Query(description="day of the decision; default: today in China")] = None,
    crs: Annotated[str | None, Query(description="coordinate system; wins over the member crs")] = None,
    accuracy_m: Annotated[float | None, Query(ge=0, allow_inf_nan=False)] = None,
) -> CheckOut:
    """Check proposals (id, name, kind, state, purpose and quantities) against the stored layers.

    Nothing is stored.
    """
    if crs is None and proposals.crs is None:
        raise CrsError(
            "the coordinate system is not declared: add the member crs, or ?crs=EPSG:4490",
            zh="未声明坐标系：请在数据中给出 crs，或在地址中加 ?crs=EPSG:4490",
        )
    with tempfile.TemporaryDirectory(prefix="riskmap-check-") as folder:
        path = Path(folder, "proposals.geojson")
        path.write_text(json.dumps(proposals.model_dump(exclude_none=True)), encoding="utf-8")
        result = check_file(store, path, on=on or today(), crs=crs, accuracy_m=accuracy_m)
    return CheckOut(**result)


@router.post("/setback", status_code=202)
def start_setback(
    store: StoreDep, jobs: JobsDep, principal: PrincipalDep, wanted: SetbackIn | None = None
) -> JobStatus:
    """Check all stored facilities against the rivers and store the findings: the answer is a job."""
    wanted = wanted or SetbackIn()
    layers = [get_layer(slug).slug for slug in wanted.layers]
    job = jobs.submit(
        "setback", run_setback, owner=principal.name, store=store, on=wanted.on or today(), layers=layers
    )
    return job.status()
