"""Grids of files too large for one machine's memory, by partitions, on Dask.

A GeoParquet file, or a folder of them, is read row group by row group, and each object is written to a scratch folder
of every partition in which it has a share (halo included). Then each partition is computed by itself and written as a
GeoParquet file of its own; the folder of them is the grid. What is held in memory is one row group or one partition per
process. Tasks are pure and write whole files or none, so that one whose worker is killed is simply done again.

With workers on several machines, all paths must mean the same folders to all of them.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import fsum
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import shapely
from pyproj import CRS

from geo.grids import cell_polygons
from geo.grids.cells import check_resolution
from geo.grids.partition import assign_partitions, compute_partition
from geo.grids.tables import check_weights
from layers.errors import FormatError, LayersError, NotAvailableError, UnknownFieldError

__all__ = ["GridPlan", "PartitionedGrid", "compute_partitioned_grid", "connect"]

Progress = Callable[[float, str], None]

_CONSERVED = 1e-9
"""How far the mass of a grid may lie off the weights of its objects. [1]"""


_KNOWN_CRS = ("EPSG:4490", "EPSG:4326", "OGC:CRS84")


@dataclass(frozen=True)
class GridPlan:
    """What is computed.

    Attributes
    ----------
    resolution : int
        Of the grid.
    partition_resolution : int
        Of the coarse cells by which it is cut.
    weight : str or None
        Column of the weights; None: every object weighs 1.
    bandwidth_m : float or None
        Of the kernel. [m]
    """

    resolution: int
    partition_resolution: int
    weight: str | None = None
    bandwidth_m: float | None = None


@dataclass(frozen=True)
class PartitionedGrid:
    """What was written.

    Attributes
    ----------
    folder : pathlib.Path
        One GeoParquet file per partition, named by its coarse cell: ``h3``, ``h3_hex``, ``area_km2``, ``mass``,
        ``density``, ``objects`` and the outline of the cell.
    partitions, objects, cells : int
    mass : float
    """

    folder: Path
    partitions: int
    objects: int
    cells: int
    mass: float


@contextmanager
def connect(scheduler: str | None, workers: int = 2, timeout_s: float = 10.0) -> Iterator[Any]:
    """Open a Dask client for the cluster at an address (``tcp://…``), or for worker processes of its own here.

    Raises
    ------
    NotAvailableError
        If the extra ``cluster`` is not installed, or the scheduler does not answer in time.
    """
    distributed = _import_distributed()
    if scheduler is None:
        with (
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=timeout_s)
    except OSError as exc:
        raise NotAvailableError(
            f"the scheduler {scheduler} does not answer: {exc}", zh=f"调度器 {scheduler} 无应答：{exc}"
        ) from exc
    with client:
        yield client


def _import_distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as exc:
        raise NotAvailableError(
            "grids on several processes need the extra 'cluster': pip install riskmap[cluster]",
            zh="多进程网格计算需要可选依赖 cluster：pip install riskmap[cluster]",
        ) from exc


def compute_partitioned_grid(
    source: Path, folder: Path, plan: GridPlan, *, client: Any = None, progress: Progress | None = None
) -> PartitionedGrid:
    """Compute a grid from GeoParquet to GeoParquet, in partitions.

    Parameters
    ----------
    source : pathlib.Path
        A GeoParquet file or a folder of them, in CGCS2000 or WGS 84.
    folder : pathlib.Path
        Where the grid goes; one of an earlier run there is replaced once the new one is complete, and stays if it does
        not get that far.
    plan : GridPlan
    client : distributed.Client, optional
        From :func:`connect`. Without one the partitions are computed one after the other in this process.
    progress : callable, optional
        Called after every task; to cancel, raise from it.

    Returns
    -------
    PartitionedGrid

    Raises
    ------
    FormatError
        If the source has no file, or one that is no GeoParquet or in another coordinate system.
    UnknownFieldError
        If the column of the weights is not there.
    LayersError
        If the disk is full or cannot be written, or mass was lost.
    GeometryError, OutOfRangeError
        As :func:`geo.grids.find_shares`.
    """
    check_resolution(plan.resolution)
    say = progress or _say_nothing
    groups = _list_row_groups(source)
    scratch = folder.with_name(f".{folder.name}.scratch")
    part = folder.with_name(f".{folder.name}.part")
    try:
        for path in (scratch, part):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        read = [(number, *group, plan, scratch) for number, group in enumerate(groups)]
        told = _run(client, scatter, read, lambda done: say(0.3 * done, "sharing objects out to partitions"))
        partitions = sorted({name for names, _, _ in told for name in names})
        made = [(name, plan, scratch, part) for name in partitions]
        grids = _run(client, gather, made, lambda done: say(0.3 + 0.7 * done, "computing partitions"))
        weight, mass = fsum(weight for _, _, weight in told), fsum(mass for _, mass in grids)
        if abs(mass - weight) > _CONSERVED * weight:
            raise LayersError(f"the grid holds {mass}, its objects weigh {weight}: it was not kept")
        _replace(folder, part)
    except OSError as exc:
        raise LayersError(
            f"the grid cannot be written to {folder.parent}: {exc}; a former one is kept",
            zh=f"网格无法写入 {folder.parent}：{exc}；原有结果保留",
        ) from exc
    finally:
        for path in (scratch, part):
            shutil.rmtree(path, ignore_errors=True)
    filled = [cells for cells, _ in grids if cells]
    return PartitionedGrid(folder, len(filled), sum(count for _, count, _ in told), sum(filled), mass)


def _say_nothing(_fraction: float, _message: str) -> None:
    pass


def _list_row_groups(source: Path) -> list[tuple[Path, int]]:
    files = sorted(source.rglob("*.parquet")) if source.is_dir() else [source]
    files = [path.absolute() for path in files if path.is_file()]
    if not files:
        raise FormatError(f"there is no GeoParquet file at {source}", zh=f"{source} 处没有 GeoParquet 文件")
    try:
        counts = [pa.parquet.read_metadata(path).num_row_groups for path in files]
    except pa.ArrowInvalid as exc:
        raise FormatError(f"{source} is no GeoParquet: {exc}", zh=f"{source} 不是 GeoParquet 文件") from exc
    return [(path, group) for path, count in zip(files, counts, strict=True) for group in range(count)]


def _run(
    client: Any, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], say: Callable[[float], None]
) -> list[Any]:
    """Results of tasks in their order, wherever they were computed."""
    if client is None:
        results = []
        for number, task in enumerate(tasks, 1):
            results.append(function(*task))
            say(number / len(tasks))
        return results
    futures = client.map(lambda task: function(*task), list(tasks), pure=False)
    try:
        for number, future in enumerate(_import_distributed().as_completed(futures), 1):
            # Raises here what the task raised there.
            future.result()
            say(number / len(tasks))
        return list(client.gather(futures))
    finally:
        client.cancel(futures)


def scatter(
    number: int, path: Path, group: int, plan: GridPlan, scratch: Path
) -> tuple[list[str], int, float]:
    """Write the objects of a row group to the partitions that need them; return those, and the objects and weight."""
    frame = _read_objects(path, group, plan)
    geometries = frame.geometry.to_numpy()
    weights = check_weights(frame["weight"].to_numpy(), len(frame))
    row, partition = assign_partitions(
        geometries, plan.partition_resolution, plan.resolution, plan.bandwidth_m
    )
    order = np.argsort(partition, kind="stable")
    names, first = np.unique(partition[order], return_index=True)
    for name, rows in zip(names.tolist(), np.split(row[order], first[1:]), strict=True):
        target = scratch / f"{name:x}" / f"{number:08d}.parquet"
        target.parent.mkdir(exist_ok=True)
        _write_whole(frame.iloc[rows], target)
    return [f"{name:x}" for name in names.tolist()], len(frame), fsum(weights)


def gather(name: str, plan: GridPlan, scratch: Path, folder: Path) -> tuple[int, float]:
    """Compute a partition and write it; return its number of cells and their mass."""
    frames = [gpd.read_parquet(path) for path in sorted((scratch / name).glob("*.parquet"))]
    objects = pd.concat(frames, ignore_index=True)
    grid = compute_partition(
        objects.geometry.to_numpy(),
        objects["weight"].to_numpy(),
        int(name, 16),
        plan.resolution,
        bandwidth_m=plan.bandwidth_m,
        marks={"objects": np.ones(len(objects), dtype=bool)},
    )
    if len(grid):
        outlines = cell_polygons(grid["h3"].to_numpy())
        _write_whole(gpd.GeoDataFrame(grid, geometry=outlines, crs="EPSG:4490"), folder / f"{name}.parquet")
    return len(grid), fsum(grid["mass"])


def _read_objects(path: Path, group: int, plan: GridPlan) -> gpd.GeoDataFrame:
    """Geometries and weights of a row group."""
    file = pa.parquet.ParquetFile(path)
    column = _get_geometry_column(path, file.schema_arrow)
    wanted = [column] if plan.weight is None else [column, plan.weight]
    if plan.weight is not None and plan.weight not in file.schema_arrow.names:
        names = ", ".join(name for name in file.schema_arrow.names if name != column)
        raise UnknownFieldError(
            f"{path.name} has no column {plan.weight}; it has {names}",
            zh=f"{path.name} 中没有列 {plan.weight}；现有 {names}",
        )
    table = file.read_row_group(group, columns=wanted)
    geometries = shapely.from_wkb(table[column].to_numpy(zero_copy_only=False))
    weight = (
        np.ones(len(table)) if plan.weight is None else table[plan.weight].to_pandas().to_numpy(dtype=float)
    )
    return gpd.GeoDataFrame({"weight": weight}, geometry=geometries, crs="EPSG:4490")


def _get_geometry_column(path: Path, schema: pa.Schema) -> str:
    try:
        told = json.loads((schema.metadata or {})[b"geo"])
        column = str(told["primary_column"])
        about = told["columns"][column]
    except (KeyError, ValueError) as exc:
        raise FormatError(
            f"{path.name} is no GeoParquet: it has no description of a geometry column",
            zh=f"{path.name} 不是 GeoParquet：缺少几何列说明",
        ) from exc
    crs = CRS.from_user_input(about.get("crs") or "OGC:CRS84")
    if about["encoding"] != "WKB" or not any(
        crs.equals(CRS(known), ignore_axis_order=True) for known in _KNOWN_CRS
    ):
        raise FormatError(
            f"{path.name}: geometries are {about['encoding']} in {crs.name}; needed is WKB in CGCS2000 or WGS 84",
            zh=f"{path.name}：几何为 {about['encoding']}、{crs.name}；需要 WKB 编码的 CGCS2000 或 WGS 84 坐标",
        )
    return column


def _write_whole(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a file under another name first: a worker that is killed leaves no half one to be read."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    frame.to_parquet(part, index=False, compression="zstd")
    os.replace(part, path)


def _replace(folder: Path, part: Path) -> None:
    former = folder.with_name(f".{folder.name}.former")
    if folder.exists():
        os.replace(folder, former)
    os.replace(part, folder)
    shutil.rmtree(former, ignore_errors=True)
