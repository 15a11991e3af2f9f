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
from dataclasses import dataclass, field
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

from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.grids import cell_polygons
from geo.grids.cells import Cells, check_resolution
from geo.grids.partition import assign_partitions, share_partition
from layers.errors import FormatError, LayersError, NotAvailableError, UnknownFieldError
from layers.grids.computing import colour_cells, count_cells, keep_inside, name_worst
from layers.grids.objects import Objects
from layers.grids.registry import ColourRule

__all__ = ["GridPlan", "PartitionedGrid", "compute_partitioned_grid", "connect", "list_files"]

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
        Column of the weights, missing where unknown; None: every object weighs 1.
    bandwidth_m : float or None
        Of the kernel. [m]
    marks, sums, greatest : tuple of str
        Further columns: of ``incomplete`` and ``illustrative`` those that there are (the others are false), what cells
        add up, and of what they keep the greatest.
    area : Geometry or None
        Only cells whose centre lies in it.
    colours : ColourRule
    """

    resolution: int
    partition_resolution: int
    weight: str | None = None
    bandwidth_m: float | None = None
    marks: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    greatest: tuple[str, ...] = ()
    area: shapely.Geometry | None = None
    colours: ColourRule = field(default_factory=ColourRule)


@dataclass(frozen=True)
class PartitionedGrid:
    """What was written.

    Attributes
    ----------
    folder : pathlib.Path
        One GeoParquet file per partition, named by its coarse cell: the columns of :class:`layers.grids.Grid` and the
        outline of the cell.
    partitions, objects, unknown, cells : int
    mass : float
    classes : dict
        Method and breaks of the colours.
    """

    folder: Path
    partitions: int
    objects: int
    unknown: int
    cells: int
    mass: float
    classes: dict[str, Any]


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
    source: Path,
    folder: Path,
    plan: GridPlan,
    *,
    client: Any = None,
    describe: Callable[[PartitionedGrid], dict[str, Any]] | None = None,
    progress: Progress | None = None,
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
    describe : callable, optional
        What is to be said of the grid, written beside the partitions as ``_run.json``.
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
        partitions = sorted({name for given in told for name in given.partitions})
        made = [(name, plan, scratch, part) for name in partitions]
        grids = _run(client, gather, made, lambda done: say(0.3 + 0.6 * done, "computing partitions"))
        filled = [(name, cells) for name, cells in zip(partitions, grids, strict=True) if len(cells)]
        mass = fsum(value for _, cells in filled for value in cells["mass"].dropna())
        _require_conserved(mass, told, plan)
        painted, classes = _colour(filled, plan)
        work = [(name, colours, part) for name, colours in painted]
        _run(client, paint, work, lambda done: say(0.9 + 0.1 * done, "colouring cells"))
        grid = PartitionedGrid(
            folder,
            partitions=len(filled),
            objects=sum(given.objects for given in told),
            unknown=sum(given.unknown for given in told),
            cells=sum(len(cells) for _, cells in filled),
            mass=mass,
            classes=classes,
        )
        if describe:
            text = json.dumps(describe(grid), ensure_ascii=False, indent=1, sort_keys=True)
            (part / "_run.json").write_text(text, encoding="utf-8")
        _replace(folder, part)
    except OSError as exc:
        raise LayersError(
            f"the grid cannot be written to {folder.parent}: {exc}; a former one is kept",
            zh=f"网格无法写入 {folder.parent}：{exc}；原有结果保留",
        ) from exc
    finally:
        for path in (scratch, part):
            shutil.rmtree(path, ignore_errors=True)
    return grid


@dataclass(frozen=True)
class _Scattered:
    """What became of a row group: the partitions that its objects went to, how many there are, what they weigh."""

    partitions: list[str]
    objects: int
    unknown: int
    weight: float


def _require_conserved(mass: float, told: Sequence[_Scattered], plan: GridPlan) -> None:
    weight = fsum(given.weight for given in told)
    if plan.area is None and abs(mass - weight) > _CONSERVED * weight:
        raise LayersError(f"the grid holds {mass}, its objects weigh {weight}: it was not kept")


def _colour(
    filled: Sequence[tuple[str, pd.DataFrame]], plan: GridPlan
) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """Colours of the cells of each partition, by breaks in the values of all of them, and those breaks."""
    cells = pd.concat([frame for _, frame in filled] or [_NO_CELLS], ignore_index=True)
    classes = colour_cells(cells, plan.colours)
    stops = np.cumsum([len(frame) for _, frame in filled])[:-1]
    colours = np.split(cells["colour"].to_numpy(dtype=object), stops)
    return [(name, own) for (name, _), own in zip(filled, colours, strict=False)], classes


_NO_CELLS = pd.DataFrame({"mass": [], "density": []}, dtype=float)


def _say_nothing(_fraction: float, _message: str) -> None:
    pass


def list_files(source: Path) -> list[Path]:
    """Return the GeoParquet files of a source, a file or a folder of them, in order.

    Raises
    ------
    FormatError
        If there is none.
    """
    files = sorted(source.rglob("*.parquet")) if source.is_dir() else [source]
    files = [path.absolute() for path in files if path.is_file()]
    if not files:
        raise FormatError(f"there is no GeoParquet file at {source}", zh=f"{source} 处没有 GeoParquet 文件")
    return files


def _list_row_groups(source: Path) -> list[tuple[Path, int]]:
    files = list_files(source)
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


def scatter(number: int, path: Path, group: int, plan: GridPlan, scratch: Path) -> _Scattered:
    """Write the objects of a row group to the partitions that need them."""
    frame = _read_objects(path, group, plan)
    row, partition = assign_partitions(
        frame.geometry.to_numpy(), plan.partition_resolution, plan.resolution, plan.bandwidth_m
    )
    order = np.argsort(partition, kind="stable")
    names, first = np.unique(partition[order], return_index=True)
    for name, rows in zip(names.tolist(), np.split(row[order], first[1:]), strict=True):
        target = scratch / f"{name:x}" / f"{number:08d}.parquet"
        target.parent.mkdir(exist_ok=True)
        _write_whole(frame.iloc[rows], target)
    known = frame["weight"].dropna()
    return _Scattered(_name(names), len(frame), len(frame) - len(known), fsum(known))


def _name(partitions: Cells) -> list[str]:
    return [f"{cell:x}" for cell in partitions.tolist()]


def gather(name: str, plan: GridPlan, scratch: Path, folder: Path) -> pd.DataFrame:
    """Compute a partition and write it, still without colours; return what is coloured and the mass of its cells."""
    frames = [gpd.read_parquet(path) for path in sorted((scratch / name).glob("*.parquet"))]
    given = pd.concat(frames, ignore_index=True)
    shares = share_partition(
        given.geometry.to_numpy(), int(name, 16), plan.resolution, bandwidth_m=plan.bandwidth_m
    )
    if plan.area is not None:
        shares = keep_inside(shares, plan.area)
    objects = Objects(given.drop(columns="geometry"), shares, shapely.Polygon(), plan.sums, plan.greatest)
    grid = count_cells(objects, shares)
    grid["worst_density"], grid["worst_h3"] = (
        grid["density"],
        name_worst(grid["h3"].to_numpy(), grid["density"]),
    )
    if len(grid):
        outlines = cell_polygons(grid["h3"].to_numpy())
        _write_whole(gpd.GeoDataFrame(grid, geometry=outlines, crs="EPSG:4490"), folder / f"{name}.parquet")
    coloured = plan.colours.of if plan.colours.of in grid else "density"
    return grid[list(dict.fromkeys(["mass", "density", coloured]))]


def paint(name: str, colours: Any, folder: Path) -> None:
    """Add the colours to a partition; done again, it gives the same file."""
    path = folder / f"{name}.parquet"
    frame = gpd.read_parquet(path)
    frame["colour"] = colours
    _write_whole(frame[[*frame.columns.drop(["geometry", "colour"]), "colour", "geometry"]], path)


def _read_objects(path: Path, group: int, plan: GridPlan) -> gpd.GeoDataFrame:
    """Geometries of a row group and what their objects weigh."""
    file = pa.parquet.ParquetFile(path)
    column = _get_geometry_column(path, file.schema_arrow)
    carried = [*plan.marks, *plan.sums, *plan.greatest]
    wanted = [*carried, *([] if plan.weight is None else [plan.weight])]
    for name in wanted:
        if name not in file.schema_arrow.names:
            there = ", ".join(one for one in file.schema_arrow.names if one != column)
            raise UnknownFieldError(
                f"{path.name} has no column {name}; it has {there}",
                zh=f"{path.name} 中没有列 {name}；现有 {there}",
            )
    table = file.read_row_group(group, columns=[column, *wanted])
    geometries = shapely.from_wkb(table[column].to_numpy(zero_copy_only=False))
    columns = {name: table[name].to_pandas().to_numpy() for name in carried}
    unmarked = dict.fromkeys(("incomplete", "illustrative"), np.zeros(len(table), dtype=bool))
    weight = np.ones(len(table)) if plan.weight is None else _read_weights(path, group, table[plan.weight])
    return gpd.GeoDataFrame({"weight": weight, **unmarked, **columns}, geometry=geometries, crs="EPSG:4490")


def _read_weights(path: Path, group: int, column: pa.ChunkedArray) -> FloatArray:
    weight: FloatArray = column.to_pandas().to_numpy(dtype=float)
    wrong = np.flatnonzero((weight < 0) | np.isinf(weight))
    if wrong.size:
        where = f"{path.name}, row group {group}, row {wrong[0]}"
        raise OutOfRangeError(
            f"{where}: weight {weight[wrong[0]]} is negative or infinite",
            zh=f"{where}：权重 {weight[wrong[0]]} 为负或无穷",
        )
    return weight


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
