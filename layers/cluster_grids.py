"""Grids of metrics in partitions, on one machine or many: ``riskmap grid --scheduler``.

What a metric counts is read from the store, or from GeoParquet where it is too much for that, and handed to
:mod:`layers.partitions`, which shares it out over cells. The cells are those of :func:`layers.grids.compute_grids` to
the last bit. They stay in their folder: a grid that needs a cluster is no grid for the map's database.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo.errors import OutOfRangeError
from geo.text import Text
from layers.errors import LayersError, NotAvailableError
from layers.grids.computing import GridRequest, find_area, measure, name_run, prepare
from layers.grids.objects import Objects
from layers.grids.registry import Metric
from layers.grids.scenes import Progress, say_nothing
from layers.partitions import GridPlan, PartitionedGrid, compute_partitioned_grid, list_files
from layers.store import Store

__all__ = ["LEVELS", "SHARED_OUT", "compute_cluster_grid"]

SHARED_OUT = frozenset(
    {
        *("count", "field", "length_km", "area_km2", "score", "hazard_r"),
        *("violations", "legacy", "hca_length", "contour_risk"),
    }
)
"""Quantities whose objects lie in cells by overlap alone; the others come from rasters or from other metrics."""

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
) -> dict[str, Any]:
    """Compute the grid of a metric into a folder of GeoParquet files, and return what its run says.

    Parameters
    ----------
    store : Store
    request : GridRequest
        Of one resolution, without hot spots.
    metrics : mapping of str to Metric
    folder : Path
        A former grid there is replaced once the new one is complete. ``_run.json`` tells parameters and result.
    source : Path, optional
        GeoParquet, a file or a folder of them, to be counted instead of what is stored.
    partition_resolution : int, optional
        Of the coarse cells by which the grid is cut; by default :data:`LEVELS` coarser than the grid.
    client : distributed.Client, optional
        From :func:`layers.partitions.connect`; without one everything happens in this process.
    progress : callable, optional
        To cancel, raise from it.

    Returns
    -------
    dict
        ``run``, ``metric``, ``resolution``, ``pyramid``, ``area``, ``at``, ``cells``, ``mass``, ``objects``,
        ``unknown``, ``left_out``, ``classes``, ``partitions``, ``file``.

    Raises
    ------
    NotAvailableError
        If the metric is not shared out by overlap, or what it needs is absent.
    OutOfRangeError
        If several resolutions or hot spots are asked for, or partitions finer than the grid.
    FormatError, UnknownFieldError, LayersError
        As :func:`layers.partitions.compute_partitioned_grid`.
    """
    say = progress or say_nothing
    coarse = max(0, request.finest - LEVELS) if partition_resolution is None else partition_resolution
    _check(request, coarse, source)
    if source is not None:
        area = find_area(store, request.area)
        plan = GridPlan(
            request.finest, coarse, request.metric.field, request.bandwidth_m,
            area=area, colours=request.metric.classes,
        )  # fmt: skip
        inputs = {f"file {path.name}": _digest(path) for path in list_files(source)}
        return _compute(source, folder, plan, request, inputs, (), client, say)
    say(0.0, "reading layers")
    scene, area = prepare(store, request, say)
    scene.shares_out = False
    objects = measure(scene, request.metric, metrics)
    plan = GridPlan(
        request.finest, coarse, "weight", request.bandwidth_m, _MARKS, objects.sums, objects.greatest,
        area, request.metric.classes,
    )  # fmt: skip
    written = folder.with_name(f".{folder.name}.objects.parquet")
    try:
        _write_objects(objects, written)
        return _compute(written, folder, plan, request, scene.digests(), objects.left_out, client, say)
    finally:
        written.unlink(missing_ok=True)


def _check(request: GridRequest, coarse: int, source: Path | None) -> None:
    metric = request.metric
    if len(set(request.resolutions)) > 1 or request.hotspots:
        raise OutOfRangeError(
            "in partitions a grid has one resolution and no hot spots",
            zh="分区计算每次只能有一个分辨率，且不含冷热点分析",
        )
    if not 0 <= coarse <= request.finest:
        raise OutOfRangeError(
            f"partitions of resolution {coarse} for a grid of resolution {request.finest}: they must be coarser",
            zh=f"网格分辨率为 {request.finest}，分区分辨率 {coarse} 必须更粗",
        )
    if metric.quantity not in SHARED_OUT:
        raise NotAvailableError(
            f"{metric.name} cannot be computed in partitions: it does not lie in cells by overlap alone",
            zh=f"指标 {metric.name} 不能分区计算：其数值不是单凭重叠分摊的",
        )
    filtered = any(one.where for one in metric.objects)
    if source is not None and (metric.quantity not in _FROM_FILES or filtered or request.at is not None):
        raise NotAvailableError(
            f"{metric.name} cannot be computed from files: only metrics of the quantities {', '.join(_FROM_FILES)} "
            "without conditions can, and not of a past date",
            zh=f"指标 {metric.name} 不能直接由文件计算：仅支持无筛选条件的 {'、'.join(_FROM_FILES)} 类指标，"
            "且不能指定日期",
        )


def _write_objects(objects: Objects, path: Path) -> None:
    columns = ["weight", *_MARKS, *objects.sums, *objects.greatest]
    frame = gpd.GeoDataFrame(objects.table[columns], geometry=objects.geometries, crs="EPSG:4490")
    try:
        frame.to_parquet(path, index=False, row_group_size=_OBJECTS_PER_GROUP)
    except OSError as exc:
        raise LayersError(
            f"the objects cannot be written to {path.parent}: {exc}", zh=f"对象无法写入 {path.parent}：{exc}"
        ) from exc


def _compute(
    source: Path,
    folder: Path,
    plan: GridPlan,
    request: GridRequest,
    inputs: dict[str, str],
    left_out: tuple[Text, ...],
    client: Any,
    say: Progress,
) -> dict[str, Any]:
    run, parameters = name_run(request, request.finest, inputs)
    told = {name: parameters[name] for name in ("metric", "resolution", "pyramid", "area", "at")}

    def describe(grid: PartitionedGrid) -> dict[str, Any]:
        counted = ("cells", "mass", "objects", "unknown", "classes", "partitions")
        result = {name: getattr(grid, name) for name in counted}
        said = {**result, "left_out": [asdict(text) for text in left_out]}
        return {"run": run, "parameters": parameters, "inputs": inputs, "result": said}

    grid = compute_partitioned_grid(
        source, folder, plan, client=client, describe=describe, progress=lambda done, what: say(done, what)
    )
    return {"run": run, **told, **describe(grid)["result"], "file": str(folder)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
