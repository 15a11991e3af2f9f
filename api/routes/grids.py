"""Grids: start one, list the runs, get the cells of a run."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.access import PrincipalDep
from api.actions import run_grid
from api.deps import BoundsDep, JobsDep, StoreDep
from api.jobs import JobStatus
from api.routes.features import MAX_OFFSET
from layers.errors import NotFoundError
from layers.geojson import json_value

__all__ = ["router"]

router = APIRouter(prefix="/grids", tags=["grids"])

_MAX_CELLS = 100_000


class GridIn(BaseModel):
    """Which grid to compute."""

    model_config = ConfigDict(extra="forbid")

    metric: Literal["facility_count"] = "facility_count"
    resolution: int = Field(default=7, ge=0, le=15)


class GridRun(BaseModel):
    """A stored grid."""

    id: str
    metric: str
    resolution: int
    parameters: dict[str, Any]
    cells: int
    mass: float
    valid_from: str
    code_version: str | None


class GridRuns(BaseModel):
    """Stored grids, newest first."""

    grids: list[GridRun]


class Cell(BaseModel):
    """An H3 cell: mass, exact area, mass per km², and the metric's own columns beside them."""

    model_config = ConfigDict(extra="allow")

    h3_hex: str
    mass: float | None
    density: float | None
    area_km2: float | None


class Cells(BaseModel):
    """Cells of a run, by their index."""

    run: str
    number_matched: int
    cells: list[Cell]


@router.post("", status_code=202)
def start_grid(wanted: GridIn, store: StoreDep, jobs: JobsDep, principal: PrincipalDep) -> JobStatus:
    """Compute a grid over the stored facilities: the answer is a job, its result the run."""
    job = jobs.submit(
        "grid",
        run_grid,
        owner=principal.name,
        store=store,
        metric=wanted.metric,
        resolution=wanted.resolution,
    )
    return job.status()


@router.get("")
def list_grids(store: StoreDep) -> GridRuns:
    """Return the stored grids."""
    frame = store.read("grid_runs")
    frame = frame.sort_values(["valid_from", "id"], ascending=[False, True])
    rows = ({name: json_value(value) for name, value in row.items()} for row in frame.to_dict("records"))
    return GridRuns(grids=[GridRun(**{name: row[name] for name in GridRun.model_fields}) for row in rows])


@router.get("/{run}/cells")
def list_cells(
    run: str,
    store: StoreDep,
    bounds: BoundsDep,
    limit: Annotated[int, Query(ge=0, le=_MAX_CELLS)] = 20_000,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> Cells:
    """Return the cells of a run that hold a facility; cells without one are not there, they are not 0."""
    if not store.count("grid_runs", where={"id": run}):
        raise NotFoundError(f"there is no grid {run!r}", zh=f"没有编号为“{run}”的网格")
    where = {"run_id": run}
    frame = store.read("grid_cells", bounds=bounds, where=where, limit=limit, offset=offset)
    names = list(Cell.model_fields)
    rows = (
        {name: json_value(row[name]) for name in names} | (row["columns"] or {})
        for row in frame[[*names, "columns"]].to_dict("records")
    )
    return Cells(
        run=run,
        number_matched=store.count("grid_cells", bounds=bounds, where=where),
        cells=[Cell(**row) for row in rows],
    )
