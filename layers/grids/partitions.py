"""Grids of files too large for one machine's memory, by partitions, on Dask.

A GeoParquet file, or a folder of them, is read row group by row group, and each object is written to scratch files for
every partition in which it has a share (halo included). Then each partition is computed by itself and written as a
GeoParquet file of its own; the folder of them is the grid. What is held in memory is one row group or one partition per
process. Tasks are pure and write whole files or none, so that one whose worker is killed is simply done again.

With workers on several machines, all paths must mean the same folders to all of them.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
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
import pyarrow.parquet as pq
import shapely

from geo.errors import OutOfRangeError
from geo.grids import cell_polygons
from geo.grids.cells import Cells, check_resolution, get_parents
from geo.grids.partition import assign_partitions, share_partition
from geo.progress import Progress, say_nothing, stage
from layers.errors import LayersError, NotAvailableError
from layers.grids.computing import build_levels, colour_cells, keep_inside, name_worst
from layers.grids.folders import RUN_FILE, name_level
from layers.grids.objects import Objects
from layers.grids.registry import ColourRule
from layers.grids.scattered import read_scattered, write_scattered
from layers.grids.sources import list_row_groups, read_objects

__all__ = [
    "GridLevel",
    "GridPlan",
    "PartitionedGrid",
    "compute_partitioned_grid",
    "connect",
    "write_partitions",
]

Finish = Callable[[pd.DataFrame, int, Progress], tuple[pd.DataFrame, dict[str, Any]]]
"""Takes the cells of a resolution, the resolution and progress; returns them finished and what is to be told."""

_CONSERVED = 1e-9
"""How far the mass of a grid may lie off the weights of its objects. [1]"""


@dataclass(frozen=True)
class GridPlan:
    """What is computed.

    Attributes
    ----------
    resolution : int
        Of the grid.
    partition_resolution : int
        Of the coarse cells by which it is cut: no finer than the coarsest grid, so that every parent has its children
        in its own partition.
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
    coarser : tuple of int
        Resolutions rolled up from the grid.
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
    coarser: tuple[int, ...] = ()

    @property
    def resolutions(self) -> tuple[int, ...]:
        """All resolutions, the finest first."""
        return (self.resolution, *sorted(self.coarser, reverse=True))


@dataclass(frozen=True)
class GridLevel:
    """What was written at one resolution.

    Attributes
    ----------
    cells : int
        Those with an object.
    mass : float
        Sum over the cells ascending by ``h3``, as that of a grid computed at once.
    told : dict
        Method and breaks of the colours (``classes``), and how many spots and clusters there are.
    """

    cells: int
    mass: float
    told: dict[str, Any]


@dataclass(frozen=True)
class PartitionedGrid:
    """What was written.

    Attributes
    ----------
    folder : pathlib.Path
        One GeoParquet file per partition, named by its coarse cell: the columns of :class:`layers.grids.Grid` and the
        outline of the cell. With several resolutions each has such a folder in it, ``res7``.
    partitions, objects, unknown, incomplete, illustrative : int
    levels : dict of int to GridLevel
        By resolution, the finest first.
    """

    folder: Path
    partitions: int
    objects: int
    unknown: int
    incomplete: int
    illustrative: int
    levels: dict[int, GridLevel]

    @property
    def cells(self) -> int:
        """Cells of the finest grid."""
        return self.levels[max(self.levels)].cells

    @property
    def mass(self) -> float:
        """Mass of the finest grid."""
        return self.levels[max(self.levels)].mass


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
            # Any free port, of this machine alone: without an address it is 8787, which another grid may have.
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
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
    describe: Callable[[PartitionedGrid, int], dict[str, Any]] | None = None,
    finish: Finish | None = None,
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
        What is to be said of the grid of a resolution, written beside its partitions as ``_run.json``.
    finish : callable, optional
        Colours all cells of a resolution, finds spots among them and returns them with what is to be told; this process
        then holds all cells with all columns. Without it they are coloured by the plan, which takes one number of each.
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
    if plan.partition_resolution > min(plan.resolutions):
        raise OutOfRangeError(
            f"partitions of resolution {plan.partition_resolution} are finer than the grid of {min(plan.resolutions)}",
            zh=f"分区分辨率 {plan.partition_resolution} 比网格分辨率 {min(plan.resolutions)} 更细",
        )
    say = progress or say_nothing
    groups = list_row_groups(source)
    with _replacing(folder) as part, _scratch(folder) as scratch:
        read = [(number, *group, plan, scratch) for number, group in enumerate(groups)]
        told = _run(client, scatter, read, stage(say, 0.0, 0.3), "sharing objects out to partitions")
        places = _find_places(told, scratch)
        partitions = sorted(places)
        made = [(name, places[name], plan, part, finish is not None) for name in partitions]
        gathered = _run(client, gather, made, stage(say, 0.3, 0.8), "computing partitions")
        filled = [(name, cells) for name, cells in zip(partitions, gathered, strict=True) if cells]
        _require_known(filled, told)
        levels: dict[int, GridLevel] = {}
        for number, resolution in enumerate(plan.resolutions):
            cells = [(name, own[resolution]) for name, own in filled]
            start, step = 0.8 + 0.2 * number / len(plan.resolutions), 0.1 / len(plan.resolutions)
            own = stage(say, start, start + step)
            levels[resolution], function, work = _finish(cells, plan, resolution, finish, part, own)
            _run(client, function, work, stage(say, start + step, start + 2.0 * step), "colouring cells")
        grid = PartitionedGrid(
            folder,
            partitions=len(filled),
            objects=sum(given.objects for given in told),
            unknown=sum(given.unknown for given in told),
            incomplete=sum(given.incomplete for given in told),
            illustrative=sum(given.illustrative for given in told),
            levels=levels,
        )
        _require_conserved(grid.mass, told, plan)
        if describe is not None:
            for resolution in plan.resolutions:
                _write_run(name_level(part, resolution, plan.resolutions), describe(grid, resolution))
    return grid


def _require_known(filled: Sequence[Any], told: "Sequence[_Scattered]") -> None:
    """Refuse a grid without cells, and one of which nothing is known, as those computed at once are refused."""
    if not filled:
        raise NotAvailableError("no object lies here", zh="此处没有对象")
    objects = sum(given.objects for given in told)
    if objects == sum(given.unknown for given in told):
        raise NotAvailableError(
            f"the weight of none of the {objects} objects is known", zh=f"{objects} 个对象的权重均未知"
        )


def write_partitions(
    levels: Mapping[int, tuple[pd.DataFrame, dict[str, Any]]],
    folder: Path,
    partition_resolution: int,
    progress: Progress = say_nothing,
) -> None:
    """Write grids that were computed at once in partitions, as :func:`compute_partitioned_grid` does.

    Parameters
    ----------
    levels : mapping of int to tuple
        By resolution the frame, as of :class:`layers.grids.Grid`, and what ``_run.json`` says.
    folder : pathlib.Path
    partition_resolution : int
    progress : callable, optional

    Raises
    ------
    LayersError
        If the disk is full or cannot be written; a former grid is kept.
    """
    with _replacing(folder) as part:
        for number, (resolution, (frame, told)) in enumerate(levels.items()):
            own = name_level(part, resolution, levels)
            own.mkdir(exist_ok=True)
            work = [(name, cells, own) for name, cells in _split(frame, partition_resolution)]
            say = stage(progress, number / len(levels), (number + 1) / len(levels))
            _run(None, write_cells, work, say, f"writing cells of resolution {resolution}")
            _write_run(own, told)


def _write_run(folder: Path, told: Mapping[str, Any]) -> None:
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / RUN_FILE).write_text(text, encoding="utf-8")


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, and put it in the place of the former one once all is written."""
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        _replace(folder, part)
    except OSError as exc:
        raise LayersError(
            f"the grid cannot be written to {folder.parent}: {exc}; a former one is kept",
            zh=f"网格无法写入 {folder.parent}：{exc}；原有结果保留",
        ) from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    scratch = folder.with_name(f".{folder.name}.scratch")
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(frozen=True)
class _Scattered:
    """What became of a row group: the partitions that its objects went to, how many there are, what they weigh."""

    partitions: list[str]
    objects: int
    unknown: int
    incomplete: int
    illustrative: int
    weight: float


def _require_conserved(mass: float, told: Sequence[_Scattered], plan: GridPlan) -> None:
    weight = fsum(given.weight for given in told)
    if plan.area is None and abs(mass - weight) > _CONSERVED * weight:
        raise LayersError(f"the grid holds {mass}, its objects weigh {weight}: it was not kept")


def _finish(
    filled: Sequence[tuple[str, pd.DataFrame]],
    plan: GridPlan,
    resolution: int,
    finish: Finish | None,
    part: Path,
    say: Progress,
) -> tuple[GridLevel, Callable[..., None], list[tuple[Any, ...]]]:
    """Return what is told of a resolution, and what is left to do for each of its partitions."""
    cells = pd.concat([frame for _, frame in filled] or [_NO_CELLS], ignore_index=True)
    count, folder = len(cells), name_level(part, resolution, plan.resolutions)
    if finish is not None:
        cells, told = finish(cells, resolution, say)
        work: list[tuple[Any, ...]] = [
            (name, frame, folder) for name, frame in _split(cells, plan.partition_resolution)
        ]
    else:
        told = {"classes": colour_cells(cells, plan.colours)}
        stops = np.cumsum([len(frame) for _, frame in filled])[:-1]
        colours = np.split(cells["colour"].to_numpy(dtype=object), stops)
        work = [(name, own, folder) for (name, _), own in zip(filled, colours, strict=False)]
    level = GridLevel(count, float(np.sum(cells["mass"].dropna())), told)
    return level, paint if finish is None else write_cells, work


def _split(cells: pd.DataFrame, partition_resolution: int) -> list[tuple[str, pd.DataFrame]]:
    """Cells by the name of their partition, in order."""
    coarse = get_parents(cells["h3"].to_numpy(dtype=np.uint64), partition_resolution)
    names = np.unique(coarse)
    return [(name, cells[coarse == own]) for name, own in zip(_name(names), names, strict=True)]


_NO_CELLS = pd.DataFrame({"mass": [], "density": []}, dtype=float)


def _run(
    client: Any,
    function: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    say: Progress,
    message: str,
) -> list[Any]:
    """Results of tasks in their order, wherever they were computed."""
    if client is None:
        results = []
        for number, task in enumerate(tasks, 1):
            results.append(function(*task))
            say(number / len(tasks), message)
        return results
    futures = client.map(lambda task: function(*task), list(tasks), pure=False)
    try:
        for number, future in enumerate(_import_distributed().as_completed(futures), 1):
            # Raises here what the task raised there.
            future.result()
            say(number / len(tasks), message)
        return list(client.gather(futures))
    finally:
        client.cancel(futures)


def scatter(number: int, path: Path, group: int, plan: GridPlan, scratch: Path) -> _Scattered:
    """Write the objects of a row group to the partitions that need them."""
    frame = read_objects(path, group, plan.weight, [*plan.marks, *plan.sums, *plan.greatest])
    row, partition = assign_partitions(
        frame.geometry.to_numpy(), plan.partition_resolution, plan.resolution, plan.bandwidth_m
    )
    names = write_scattered(frame, row, partition, _name_scattered(scratch, number))
    known = frame["weight"].dropna()
    return _Scattered(
        names,
        objects=len(frame),
        unknown=len(frame) - len(known),
        incomplete=int(frame["incomplete"].sum()),
        illustrative=int(frame["illustrative"].sum()),
        weight=fsum(known),
    )


def _name(partitions: Cells) -> list[str]:
    return [f"{cell:x}" for cell in partitions.tolist()]


def _name_scattered(scratch: Path, number: int) -> Path:
    return scratch / f"{number:08d}.arrow"


def _find_places(told: Sequence[_Scattered], scratch: Path) -> dict[str, list[tuple[Path, int]]]:
    """By partition the files that its objects were written to, and which batch of each is its own."""
    places: dict[str, list[tuple[Path, int]]] = {}
    for number, given in enumerate(told):
        for batch, name in enumerate(given.partitions):
            places.setdefault(name, []).append((_name_scattered(scratch, number), batch))
    return places


def gather(
    name: str, places: Sequence[tuple[Path, int]], plan: GridPlan, folder: Path, whole: bool
) -> dict[int, pd.DataFrame]:
    """Compute the grids of a partition, still without colours; return by resolution what is needed to finish them.

    That is all of their cells with all columns (`whole`), which are then written later, or else what is coloured and
    the mass of cells that are written already. A partition without a cell gives no grids.
    """
    given = read_scattered(places)
    shares = share_partition(
        given.geometry.to_numpy(), int(name, 16), plan.resolution, bandwidth_m=plan.bandwidth_m
    )
    if plan.area is not None:
        shares = keep_inside(shares, plan.area)
    if not len(shares):
        return {}
    objects = Objects(given.drop(columns="geometry"), shares, shapely.Polygon(), plan.sums, plan.greatest)
    levels = build_levels(objects, shares, plan.resolution, plan.coarser)
    for resolution, grid in levels.items():
        grid["worst_h3"] = name_worst(grid["worst_h3"].to_numpy(dtype=np.uint64), grid["worst_density"])
        if not whole:
            write_cells(name, grid, name_level(folder, resolution, plan.resolutions))
            coloured = plan.colours.of if plan.colours.of in grid else "density"
            levels[resolution] = grid[list(dict.fromkeys(["mass", "density", coloured]))]
    return levels


def write_cells(name: str, cells: pd.DataFrame, folder: Path) -> None:
    """Write the cells of a partition with their outlines."""
    folder.mkdir(exist_ok=True)
    outlines = cell_polygons(cells["h3"].to_numpy(dtype=np.uint64))
    _write_whole(gpd.GeoDataFrame(cells, geometry=outlines, crs="EPSG:4490"), folder / f"{name}.parquet")


def paint(name: str, colours: Any, folder: Path) -> None:
    """Add the colours to a partition; done again, it gives the same file."""
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    if "colour" in table.column_names:
        table = table.drop_columns(["colour"])
    table = table.add_column(
        table.num_columns - 1, "colour", pa.array(colours, pa.string(), from_pandas=True)
    )
    part = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(table, part, compression="zstd")
    os.replace(part, path)


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
