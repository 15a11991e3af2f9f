"""Grids of metrics in partitions, on one machine or many: ``riskmap grid --scheduler``.

What a metric counts is read from the store, or from GeoParquet where it is too much for that, and handed to
:mod:`layers.grids.partitions`, which shares it out over cells. The cells are those of
:func:`layers.grids.compute_grids` to the last bit, and so is what the run says of them. They stay in their folder,
which :func:`layers.grids.enter_grid` makes known to the database.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from geo.errors import OutOfRangeError
from geo.progress import Progress, say_nothing, stage
from geo.text import Text
from layers.errors import LayersError, NotAvailableError
from layers.grids.computing import (
    GridRequest,
    compute_grids,
    find_area,
    measure,
    name_run,
    paint_cells,
    prepare,
)
from layers.grids.folders import name_level
from layers.grids.objects import Objects
from layers.grids.partitions import GridPlan, PartitionedGrid, compute_partitioned_grid, write_partitions
from layers.grids.registry import Metric
from layers.grids.sources import digest_files, read_bounds
from layers.runs import code_version
from layers.store import Store

__all__ = ["LEVELS", "SHARED_OUT", "compute_cluster_grid"]

SHARED_OUT = frozenset(
    {
        *("count", "field", "length_km", "area_km2", "score", "hazard_r"),
        *("violations", "legacy", "hca_length"),
    }
)
"""Quantities whose objects lie in cells by overlap alone: workers share them out. The others come from rasters or from
other metrics, all of whose cells are needed at once: they are computed in one process and written in partitions."""

LEVELS = 5
"""A partition is a cell so many levels coarser than the grid: 16,807 cells."""

_FROM_FILES = ("count", "field")
_OBJECTS_PER_GROUP = 20_000
_MARKS = ("incomplete", "illustrative")


def compute_cluster_grid(
    store: Store,
    request: GridRequest,
    metrics: Mapping[str, Metric],
    folder: Path,
    *,
    source: Path | None = None,
    partition_resolution: int | None = None,
    client: Any = None,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Compute the grids of a metric into a folder of GeoParquet files, and return what their runs say, the finest last.

    Parameters
    ----------
    store : Store
    request : GridRequest
    metrics : mapping of str to Metric
    folder : Path
        A former grid there is replaced once the new one is complete. ``_run.json`` tells parameters and result. Several
        resolutions lie in folders of their own in it, ``res7``.
    source : Path, optional
        GeoParquet, a file or a folder of them, to be counted instead of what is stored.
    partition_resolution : int, optional
        Of the coarse cells by which the grid is cut; by default :data:`LEVELS` coarser than the grid, and no finer than
        the coarsest.
    client : distributed.Client, optional
        From :func:`layers.grids.partitions.connect`; without one everything happens in this process.
    progress : callable, optional
        To cancel, raise from it.

    Returns
    -------
    list of dict
        ``run``, ``metric``, ``resolution``, ``pyramid``, ``area``, ``at``, ``cells``, ``mass``, ``objects``,
        ``unknown``, ``incomplete``, ``illustrative``, ``left_out``, ``classes``, with the tests ``spots`` and
        ``clusters``, ``file`` (the folder of the resolution).

    Raises
    ------
    NotAvailableError
        If what the metric needs is absent, or it is to be counted from files and cannot be.
    OutOfRangeError
        If partitions are finer than a grid, or the grid would not fit: hot spots and metrics that do not lie in cells
        by overlap alone are bound to what one process holds.
    FormatError, UnknownFieldError, LayersError
        As :func:`layers.grids.partitions.compute_partitioned_grid`.
    """
    say = progress or say_nothing
    coarsest = min(request.resolutions)
    coarse = max(0, min(coarsest, request.finest - LEVELS))
    coarse = coarse if partition_resolution is None else partition_resolution
    _check(request, coarse, source)
    if source is not None:
        area = find_area(store, request.area)
        plan = _plan(request, coarse, area, weight=request.metric.field)
        bounds = read_bounds(source)
        ground = shapely.Polygon() if bounds is None else shapely.box(*bounds)
        covered = ground if area is None else shapely.intersection(ground, area)
        given = _Input(digest_files(source), covered, source.absolute())
        return _Work(request, folder, say).compute(source, plan, given, client)
    if request.metric.quantity not in SHARED_OUT:
        return _compute_at_once(store, request, metrics, folder, coarse, say)
    say(0.0, "reading layers")
    scene, area = prepare(store, request, say)
    scene.shares_out = False
    objects = measure(scene.stage(0.0, 0.1), request.metric, metrics)
    covered = objects.covered if area is None else shapely.intersection(objects.covered, area)
    carried = {"marks": _MARKS, "sums": objects.sums, "greatest": objects.greatest}
    plan = _plan(request, coarse, area, weight="weight", **carried)
    written = folder.with_name(f".{folder.name}.objects.parquet")
    try:
        _write_objects(objects, written)
        given = _Input(scene.digests(), covered, left_out=objects.left_out)
        return _Work(request, folder, stage(say, 0.1, 1.0)).compute(written, plan, given, client)
    finally:
        written.unlink(missing_ok=True)


def _plan(request: GridRequest, coarse: int, area: Any, **columns: Any) -> GridPlan:
    return GridPlan(
        request.finest,
        coarse,
        bandwidth_m=request.bandwidth_m,
        area=area,
        colours=request.metric.classes,
        coarser=tuple(sorted(set(request.resolutions) - {request.finest})),
        **columns,
    )


def _check(request: GridRequest, coarse: int, source: Path | None) -> None:
    metric = request.metric
    if not 0 <= coarse <= min(request.resolutions):
        raise OutOfRangeError(
            f"partitions of resolution {coarse} for a grid of resolution {min(request.resolutions)}: "
            "they must be coarser",
            zh=f"网格分辨率为 {min(request.resolutions)}，分区分辨率 {coarse} 必须更粗",
        )
    filtered = any(one.where for one in metric.objects)
    if source is not None and (metric.quantity not in _FROM_FILES or filtered or request.at is not None):
        raise NotAvailableError(
            f"{metric.name} cannot be computed from files: only metrics of the quantities {', '.join(_FROM_FILES)} "
            "without conditions can, and not of a past date",
            zh=f"指标 {metric.name} 不能直接由文件计算：仅支持无筛选条件的 {'、'.join(_FROM_FILES)} 类指标，"
            "且不能指定日期",
        )


def _compute_at_once(
    store: Store,
    request: GridRequest,
    metrics: Mapping[str, Metric],
    folder: Path,
    coarse: int,
    say: Progress,
) -> list[dict[str, Any]]:
    grids = sorted(
        compute_grids(store, request, metrics, stage(say, 0.0, 0.9)),
        key=lambda one: one.run.parameters["resolution"],
    )
    told = {
        grid.run.parameters["resolution"]: (
            grid.frame,
            _describe(grid.run.id, grid.run.parameters, grid.run.inputs, grid.run.result, grid.covered),
        )
        for grid in grids
    }
    write_partitions(told, folder, coarse, stage(say, 0.9, 1.0))
    return [_tell(said, name_level(folder, resolution, told)) for resolution, (_, said) in told.items()]


def _write_objects(objects: Objects, path: Path) -> None:
    columns = ["weight", *_MARKS, *objects.sums, *objects.greatest]
    frame = gpd.GeoDataFrame(objects.table[columns], geometry=objects.geometries, crs="EPSG:4490")
    try:
        frame.to_parquet(path, index=False, row_group_size=_OBJECTS_PER_GROUP)
    except OSError as exc:
        raise LayersError(
            f"the objects cannot be written to {path.parent}: {exc}", zh=f"对象无法写入 {path.parent}：{exc}"
        ) from exc


@dataclass(frozen=True)
class _Input:
    """What a grid is computed from: digests, the ground on which there are data, files, what is left out."""

    digests: dict[str, str]
    covered: shapely.Geometry
    source: Path | None = None
    left_out: tuple[Text, ...] = ()


@dataclass(frozen=True)
class _Work:
    request: GridRequest
    folder: Path
    say: Progress

    def compute(self, source: Path, plan: GridPlan, given: _Input, client: Any) -> list[dict[str, Any]]:
        def finish(cells: Any, resolution: int, say: Progress) -> Any:
            return paint_cells(cells, self.request, given.covered, resolution, say)

        def describe(grid: PartitionedGrid, resolution: int) -> dict[str, Any]:
            run, parameters = name_run(self.request, resolution, given.digests)
            return _describe(
                run, parameters, given.digests, _result(grid, resolution, given), given.covered, given.source
            )

        is_tested = self.request.hotspots or self.request.clusters
        grid = compute_partitioned_grid(
            source, self.folder, plan, client=client, describe=describe,
            finish=finish if is_tested else None, progress=self.say,
        )  # fmt: skip
        return [
            _tell(describe(grid, resolution), name_level(self.folder, resolution, plan.resolutions))
            for resolution in sorted(plan.resolutions)
        ]


def _result(grid: PartitionedGrid, resolution: int, given: _Input) -> dict[str, Any]:
    """Return what a run keeps, as :func:`layers.grids.compute_grids` says it."""
    counted = {name: getattr(grid, name) for name in ("objects", "unknown", "incomplete", "illustrative")}
    level = grid.levels[resolution]
    return {
        "cells": level.cells,
        "mass": level.mass,
        **counted,
        "left_out": [asdict(text) for text in given.left_out],
        **level.told,
    }


def _describe(
    run: str,
    parameters: dict[str, Any],
    inputs: dict[str, str],
    result: dict[str, Any],
    covered: shapely.Geometry,
    source: Path | None = None,
) -> dict[str, Any]:
    """Return what ``_run.json`` says, all that is needed to enter the grid into a database."""
    return {
        "run": run,
        "parameters": parameters,
        "inputs": inputs,
        "result": result,
        "code_version": code_version(),
        "covered": shapely.to_wkt(covered, rounding_precision=-1),
        "source": None if source is None else str(source),
    }


def _tell(said: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    named = {name: said["parameters"][name] for name in ("metric", "resolution", "pyramid", "area", "at")}
    return {"run": said["run"], **named, **said["result"], "file": str(folder)}
