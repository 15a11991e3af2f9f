"""Grids as the routes and the command line both compute and tell them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from geo.errors import OutOfRangeError
from geo.progress import Progress, say_nothing, stage
from layers.errors import FormatError
from layers.grids import (
    Grid,
    GridRequest,
    Metric,
    check_grid_path,
    compute_grids,
    enter_grid,
    fill_area,
    find_area,
    find_grid,
    find_metric,
    read_cells,
    read_metrics,
    store_grids,
    write_grid,
)
from layers.grids.folders import RUN_FILE
from layers.grids.partitions import connect
from layers.grids.scheduled import compute_cluster_grid
from layers.store import Store

__all__ = [
    "describe_metric",
    "enter_grids",
    "make_request",
    "name_files",
    "parse_resolutions",
    "run_cluster_grid",
    "run_grids",
    "write_stored_grid",
]
Bounds = tuple[float, float, float, float]


def parse_resolutions(text: str) -> tuple[int, ...]:
    """Return the resolutions of ``N`` or ``N..M``.

    Raises
    ------
    OutOfRangeError
        If this is neither, or no resolution of H3.
    """
    first, dots, last = text.partition("..")
    low = _parse_resolution(text, first)
    high = _parse_resolution(text, last) if dots else low
    if low > high:
        raise OutOfRangeError(
            f"--res {text}: the first resolution is above the last",
            zh=f"--res {text}：起始分辨率大于终止分辨率",
        )
    return tuple(range(low, high + 1))


def _parse_resolution(text: str, part: str) -> int:
    if not part.isdecimal() or int(part) > 15:
        raise OutOfRangeError(
            f"--res {text} is no H3 resolution (0 to 15)", zh=f"--res {text} 不是 H3 分辨率（0–15）"
        )
    return int(part)


def name_files(out: Path, resolutions: tuple[int, ...]) -> dict[int, Path]:
    """Return the file of each resolution: `out` itself for one, ``NAME-resN`` beside it for several."""
    if len(resolutions) == 1:
        return {resolutions[0]: out}
    return {one: out.with_name(f"{out.stem}-res{one}{out.suffix}") for one in resolutions}


def make_request(
    metric: str,
    resolutions: tuple[int, ...],
    *,
    area: str | Bounds | None = None,
    at: datetime | None = None,
    bandwidth_m: float | None = None,
    hotspots: bool = False,
    clusters: bool = False,
    metric_files: Iterable[Path] = (),
) -> tuple[GridRequest, dict[str, Metric]]:
    """Return what is to be computed, and all metrics that there are.

    Raises
    ------
    NotFoundError
        If there is no such metric.
    FormatError
        If a file of metrics does not fit.
    OutOfRangeError
        If a resolution is out of range.
    """
    metrics = read_metrics(metric_files)
    request = GridRequest(
        find_metric(metrics, metric), resolutions, area, at, bandwidth_m, hotspots, clusters
    )
    return request, metrics


def run_grids(
    store: Store,
    *,
    request: GridRequest,
    metrics: dict[str, Metric],
    out: Path | None = None,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Compute grids, store them, write them to files if one is named, and return their runs, the finest last.

    With an area the files hold its empty cells as well.
    """
    say = progress or say_nothing
    files = {} if out is None else name_files(out, request.resolutions)
    for path in files.values():
        check_grid_path(path)
    grids = sorted(
        compute_grids(store, request, metrics, stage(say, 0.0, 0.8)),
        key=lambda grid: grid.run.parameters["resolution"],
    )
    store_grids(store, grids, stage(say, 0.8, 0.9))
    _write_files(grids, files, find_area(store, request.area), stage(say, 0.9, 1.0))
    return [
        {
            "run": grid.run.id,
            **{name: grid.run.parameters[name] for name in ("metric", "resolution", "pyramid", "area", "at")},
            **grid.run.result,
            **({"file": str(files[grid.run.parameters["resolution"]])} if files else {}),
        }
        for grid in grids
    ]


def _write_files(grids: Sequence[Grid], files: Mapping[int, Path], area: Any | None, say: Progress) -> None:
    by_resolution = {grid.run.parameters["resolution"]: grid for grid in grids}
    for number, (resolution, path) in enumerate(files.items()):
        say(number / len(files), f"writing {path.name}")
        grid = by_resolution[resolution]
        write_grid(
            grid.frame if area is None else fill_area(grid.frame, grid.covered, area, resolution), path
        )


def run_cluster_grid(
    store: Store,
    *,
    request: GridRequest,
    metrics: dict[str, Metric],
    out: Path,
    scheduler: str | None,
    workers: int = 2,
    source: Path | None = None,
    partition_resolution: int | None = None,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Compute grids in partitions: on a Dask cluster (``tcp://…``), processes of its own (``local``), or in this one.

    The runs are entered into the database, their cells stay in the folder; they are returned, the finest last.

    Raises
    ------
    FormatError
        If `out` looks like a file: partitions are written to a folder.
    """
    if out.suffix or (out.exists() and not out.is_dir()):
        raise FormatError(
            f"{out.name}: a grid in partitions is a folder of GeoParquet files; name one without a suffix",
            zh=f"{out.name}：分区网格输出为 GeoParquet 文件夹，请给出不带后缀的文件夹名",
        )
    arguments: dict[str, Any] = {
        "source": source,
        "partition_resolution": partition_resolution,
        "progress": progress,
    }
    folder = out.absolute()
    if scheduler is None:
        runs = compute_cluster_grid(store, request, metrics, folder, **arguments)
    else:
        with connect(None if scheduler == "local" else scheduler, workers=workers) as client:
            runs = compute_cluster_grid(store, request, metrics, folder, client=client, **arguments)
    for run in runs:
        enter_grid(store, Path(run["file"]))
    return runs


def enter_grids(store: Store, folder: Path) -> list[str]:
    """Enter the grids of a folder of partitions, computed elsewhere, into the database, and return their runs.

    Raises
    ------
    FormatError
        If it holds none.
    """
    levels = sorted(path.parent for path in folder.glob(f"res*/{RUN_FILE}"))
    return [enter_grid(store, level) for level in levels or [folder]]


def write_stored_grid(
    store: Store, run: str, results: Path, suffix: str, progress: Progress | None = None
) -> dict[str, Any]:
    """Write a stored grid to a file as ``riskmap grid --out`` does, and return its name.

    Parameters
    ----------
    store : Store
    run : str
        Of a grid, or of a pyramid: its finest one.
    results : Path
        Folder of the file; made if it is not there.
    suffix : str
        Such as ``.tif``.

    Raises
    ------
    NotFoundError
        If there is no such grid.
    FormatError, OutOfRangeError
        As :func:`layers.grids.write_grid`.
    """
    say = progress or say_nothing
    grid = find_grid(store, run)
    results.mkdir(parents=True, exist_ok=True)
    path = results / f"{grid.metric}-res{grid.resolution}{suffix}"
    check_grid_path(path)
    say(0.0, "reading cells")
    frame = read_cells(store, grid.id, progress=stage(say, 0.0, 0.5))
    stated = grid.parameters["area"]
    area = find_area(store, tuple(stated) if isinstance(stated, list) else stated)
    if area is not None:
        frame = fill_area(frame, grid.covered or shapely.Polygon(), area, grid.resolution)
    say(0.5, f"writing {path.name}")
    write_grid(frame, path)
    return {"run": grid.id, "file": path.name, "cells": len(frame)}


def describe_metric(metric: Metric) -> dict[str, Any]:
    """Return a metric as the doors show it."""
    told = metric.to_dict()
    return {
        **{
            name: told[name]
            for name in ("name", "label", "unit", "formula", "source", "version", "quantity", "rate")
        },
        "layers": list(metric.layers),
        "weights": dict(metric.weights),
        "classes": told["classes"],
    }
