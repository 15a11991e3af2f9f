"""Grids: the metrics, start one, list the runs, cells by place and zoom, what a cell is made of, what changed."""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.background import BackgroundTask

from api.access import PrincipalDep
from api.actions.grids import describe_metric, make_request, run_grids, write_stored_grid
from api.deps import BoundsDep, JobsDep, SettingsDep, StoreDep, WritableStoreDep
from api.jobs import JobStatus
from api.parameters import CellId, FileExtension, Limit, MetricFilter, NewRun, Offset, OldRun, RunId
from api.queries import parse_area, parse_moment
from api.results.shapes import TextOut
from geo.errors import OutOfRangeError
from geo.text import Text, say_number
from layers.errors import NotAvailableError
from layers.geojson import json_value
from layers.grids import (
    GridEstimate,
    GridRequest,
    Metric,
    check_grid_path,
    count_cells,
    diff_grids,
    drop_grids,
    estimate_grid,
    explain_stored_cell,
    find_grid,
    list_grids,
    read_cells,
    read_empty_cells,
    read_metrics,
    write_grid,
)
from layers.store import Store

__all__ = ["router"]

router = APIRouter(prefix="/grids", tags=["grids"])

_MAX_CELLS = 100_000


class GridIn(BaseModel):
    """Which grid to compute: of one resolution, or of all from ``coarsest`` on."""

    model_config = ConfigDict(extra="forbid")

    metric: str = Field(default="facility_count", max_length=100)
    resolution: int = Field(default=7, ge=0, le=15)
    coarsest: int | None = Field(default=None, ge=0, le=15)
    area: str | None = Field(
        default=None, max_length=200, description="name or code of a division, or west,south,east,north"
    )
    date: str | None = Field(default=None, max_length=40, description="state at the end of that day in China")
    bandwidth_m: float | None = Field(default=None, gt=0, le=500_000, allow_inf_nan=False)
    hotspots: bool = Field(default=False, description="hot and cold spots (Gi*)")
    clusters: bool = Field(default=False, description="clusters and outliers (local Moran)")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.coarsest is not None and self.coarsest > self.resolution:
            raise ValueError(f"coarsest {self.coarsest} is finer than the resolution {self.resolution}")
        return self


class MetricOut(BaseModel):
    """A metric: what counts, how much, by what right, in which colours."""

    name: str
    label: TextOut
    unit: TextOut
    formula: TextOut
    source: str
    version: str
    quantity: str
    rate: bool
    layers: list[str]
    weights: dict[str, float]
    classes: dict[str, Any]


class DroppedRuns(BaseModel):
    """Runs whose cells are gone."""

    runs: list[str]


class Metrics(BaseModel):
    """The metrics of the product and of the user."""

    metrics: list[MetricOut]


class GridRun(BaseModel):
    """A stored grid of one resolution; those of one pyramid were computed together."""

    id: str
    metric: str
    label: TextOut | None
    unit: TextOut | None
    rate: bool
    resolution: int
    pyramid: str
    at: str | None
    area: str | list[float] | None
    parameters: dict[str, Any]
    result: dict[str, Any]
    cells: int
    mass: float
    valid_from: str
    code_version: str | None
    in_partitions: bool


class GridRuns(BaseModel):
    """Stored grids, newest first."""

    grids: list[GridRun]


class Cell(BaseModel):
    """An H3 cell: mass, exact area, mass per km², its state, and the metric's own columns beside them."""

    model_config = ConfigDict(extra="allow")

    h3_hex: str
    mass: float | None
    density: float | None
    area_km2: float | None


class EmptyCell(BaseModel):
    """A cell without a row: ``no_object`` where the grid has data, ``missing`` where it has none."""

    h3_hex: str
    area_km2: float
    state: str


class Cells(BaseModel):
    """Cells of a run, by their index."""

    run: str
    resolution: int
    number_matched: int
    cells: list[Cell]
    empty: list[EmptyCell]


class Change(BaseModel):
    """What changed in a cell; null where one of the grids has no data there."""

    h3_hex: str
    area_km2: float
    mass_a: float | None
    mass_b: float | None
    mass: float | None
    density: float | None
    state: str


class Changes(BaseModel):
    """What changed from one grid to another, by cell."""

    cells: list[Change]


class GridEstimateOut(BaseModel):
    """About how large a grid would be; ``refusal`` says with the numbers why it would not be computed."""

    objects: int
    shares: int
    tested_cells: int
    refusal: TextOut | None


@router.post("", status_code=202)
def start_grid(
    wanted: GridIn, store: WritableStoreDep, jobs: JobsDep, principal: PrincipalDep, settings: SettingsDep
) -> JobStatus:
    """Compute a grid over the stored layers: the answer is a job, its result the run of the finest resolution."""
    request, metrics = _request_of(wanted, store, settings.metric_paths)
    return jobs.submit(
        "grid", _run_job, owner=principal.name, store=store, request=request, metrics=metrics
    ).status()


@router.post("/estimate")
def estimate(wanted: GridIn, store: StoreDep, settings: SettingsDep) -> GridEstimateOut:
    """Return about how large a grid would be, before anybody computes it; what is not available is a refusal too."""
    request, metrics = _request_of(wanted, store, settings.metric_paths)
    try:
        size = estimate_grid(store, request, metrics)
    except NotAvailableError as exc:
        size = GridEstimate(0, 0, 0, Text(exc.zh, exc.message))
    return GridEstimateOut.model_validate(asdict(size))


def _request_of(
    wanted: GridIn, store: Store, metric_files: Iterable[Path]
) -> tuple[GridRequest, dict[str, Metric]]:
    coarsest = wanted.resolution if wanted.coarsest is None else wanted.coarsest
    return make_request(
        wanted.metric,
        tuple(range(coarsest, wanted.resolution + 1)),
        area=None if wanted.area is None else parse_area(wanted.area, store),
        at=None if wanted.date is None else parse_moment(wanted.date),
        bandwidth_m=wanted.bandwidth_m,
        hotspots=wanted.hotspots,
        clusters=wanted.clusters,
        metric_files=metric_files,
    )


def _run_job(**arguments: Any) -> dict[str, Any]:
    runs = run_grids(**arguments)
    return {**runs[-1], "runs": [run["run"] for run in runs]}


@router.get("")
def list_runs(store: StoreDep, metric: MetricFilter = None) -> GridRuns:
    """Return the stored grids."""
    grids = [grid for grid in list_grids(store) if metric is None or grid.metric == metric]
    return GridRuns(grids=[GridRun(**grid.describe()) for grid in grids])


@router.get("/metrics")
def list_metrics(settings: SettingsDep) -> Metrics:
    """Return the metrics that can be asked for; whether what they need is stored shows when one is computed."""
    known = read_metrics(settings.metric_paths)
    return Metrics(metrics=[MetricOut(**describe_metric(metric)) for metric in known.values()])


@router.get("/diff")
def list_changes(a: OldRun, b: NewRun, store: StoreDep, bounds: BoundsDep) -> Changes:
    """Return what changed from grid `a` to grid `b`, of the same metric and resolution."""
    frame = diff_grids(store, a, b, bounds)
    return Changes(cells=[Change(**row) for row in _rows(frame.drop(columns="h3"))])


@router.get("/diff.{extension}", response_class=FileResponse)
def download_changes(extension: FileExtension, a: OldRun, b: NewRun, store: StoreDep) -> FileResponse:
    """Return what changed from grid `a` to grid `b` as a file, in the formats of grids."""

    def write(folder: Path) -> str:
        path = folder / f"change.{extension.lower()}"
        check_grid_path(path)
        write_grid(diff_grids(store, a, b), path)
        return path.name

    return _send(write)


@router.get("/{run}/cells")
def list_cells(
    run: RunId,
    store: StoreDep,
    bounds: BoundsDep,
    zoom: Annotated[
        float | None,
        Query(
            ge=0,
            le=24,
            description="zoom level of a map: the resolution of the pyramid that suits it",
        ),
    ] = None,
    empty: Annotated[bool, Query(description="cells within bbox that have no row as well")] = False,
    limit: Annotated[Limit, Field(ge=0, le=_MAX_CELLS)] = 20_000,
    offset: Offset = 0,
) -> Cells:
    """Return the cells of a run, or of the grid of a pyramid that suits the zoom; cells without a row are not 0."""
    grid = find_grid(store, run, zoom)
    frame = read_cells(store, grid.id, bounds, limit=limit, offset=offset)
    matched = count_cells(store, grid.id, bounds)
    gaps: list[dict[str, Any]] = []
    if empty and bounds is not None and matched <= limit:
        gaps = _rows(
            read_empty_cells(grid, bounds, frame["h3_hex"].tolist())[["h3_hex", "area_km2", "state"]]
        )
    return Cells(
        run=grid.id,
        resolution=grid.resolution,
        number_matched=matched,
        cells=[Cell(**row) for row in _rows(frame.drop(columns="h3"))],
        empty=[EmptyCell(**row) for row in gaps],
    )


@router.get("/{run}/cells.{extension}", response_class=FileResponse)
def download_cells(run: RunId, extension: FileExtension, store: StoreDep) -> FileResponse:
    """Return a grid as a file: GeoParquet, GeoPackage, GeoJSON, CSV, or the density as Cloud-Optimized GeoTIFF.

    Larger ones than a screen's take a while: they are asked for as a job (``POST /grids/{run}/exports``).
    """
    grid = find_grid(store, run)
    number = count_cells(store, grid.id)
    if number > _MAX_CELLS:
        raise OutOfRangeError(
            f"{say_number(number)} cells are more than {say_number(_MAX_CELLS)}: ask for the file as a job, POST "
            f"/grids/{run}/exports",
            zh=f"共 {say_number(number)} 个单元，超过 {say_number(_MAX_CELLS)}：请以任务方式导出（POST "
            f"/grids/{run}/exports）",
        )
    return _send(lambda folder: write_stored_grid(store, grid.id, folder, f".{extension.lower()}")["file"])


def _send(write: Callable[[Path], str]) -> FileResponse:
    """Return the file that a function leaves in a folder, which goes once it is sent."""
    folder = Path(tempfile.mkdtemp(prefix="riskmap-grid-"))
    try:
        name = write(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(folder / name, filename=name, background=remove)


class GridExportIn(BaseModel):
    """In which format."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["parquet", "gpkg", "geojson", "csv", "tif"]


@router.post("/{run}/exports", status_code=202)
def start_export(
    run: RunId, wanted: GridExportIn, store: StoreDep, jobs: JobsDep, principal: PrincipalDep
) -> JobStatus:
    """Write a grid to a file: the answer is a job, which holds it."""
    grid = find_grid(store, run)
    folder = jobs.make_folder()
    job = jobs.submit(
        "grid-export",
        write_stored_grid,
        owner=principal.name,
        folder=folder,
        store=store,
        run=grid.id,
        results=folder / "files",
        suffix=f".{wanted.format}",
    )
    return job.status()


@router.get("/{run}/cells/{cell}")
def explain_cell(run: RunId, cell: CellId, store: StoreDep, settings: SettingsDep) -> dict[str, Any]:
    """Return what a cell of a grid, of its resolution or a coarser one, is made of."""
    return explain_stored_cell(store, run, cell, read_metrics(settings.metric_paths))


@router.delete("/{run}")
def drop_run(run: RunId, store: StoreDep) -> DroppedRuns:
    """Remove the cells of a run, or of all runs of a pyramid, for good."""
    return DroppedRuns(runs=drop_grids(store, run))


def _rows(frame: Any) -> list[dict[str, Any]]:
    return [{name: json_value(value) for name, value in row.items()} for row in frame.to_dict("records")]
