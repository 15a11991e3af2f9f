"""Grids that stay in their folders: partitions of cells as GeoParquet files, named by the coarse cells that hold them.

A grid too large for a database is read where it was written: of a place only the partitions that reach it, of a cell
the one that it descends from.
"""

import json
from collections.abc import Iterator, Sequence, Sized
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import pyarrow.parquet
import shapely

from geo.grids import cell_polygons
from geo.grids.cells import get_parents
from geo.rules.survey import Bounds
from layers.errors import FormatError, NotAvailableError

__all__ = ["RUN_FILE", "count_folder_cells", "name_level", "read_folder_cells", "read_run_file"]

RUN_FILE = "_run.json"
"""What a folder says of its grid: ``run``, ``parameters``, ``inputs``, ``result``, ``code_version``, ``covered`` (WKT),
``source`` (path of the files that it was computed from, if it was from files)."""

_OVERHANG = 0.2
"""Descendants of a cell stick out of it by less than this part of its width. [1]"""


def name_level(folder: Path, resolution: int, resolutions: Sized) -> Path:
    """Return the folder of one resolution: the grid's own where there is no other, else ``res7`` in it."""
    return folder if len(resolutions) == 1 else folder / f"res{resolution}"


def read_run_file(folder: Path) -> dict[str, Any]:
    """Return what a folder says of its grid.

    Raises
    ------
    FormatError
        If it holds no grid in partitions.
    """
    try:
        told: dict[str, Any] = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        missing = {"run", "parameters", "inputs", "result", "code_version", "covered", "source"} - set(told)
    except (OSError, UnicodeDecodeError, ValueError, TypeError) as exc:
        raise FormatError(
            f"{folder} holds no grid in partitions: {exc}", zh=f"{folder} 不是分区网格文件夹：{exc}"
        ) from exc
    if missing:
        raise FormatError(
            f"{folder / RUN_FILE} does not say: {', '.join(sorted(missing))}",
            zh=f"{folder / RUN_FILE} 缺少：{'、'.join(sorted(missing))}",
        )
    return told


def read_folder_cells(
    folder: Path,
    bounds: Bounds | None = None,
    *,
    cells: Sequence[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> pd.DataFrame:
    """Return cells of a grid in partitions ascending by ``h3``, with its columns but the outlines.

    Parameters
    ----------
    folder : pathlib.Path
    bounds : tuple of float, optional
        Only cells whose outline meets it. [°]
    cells : sequence of int, optional
        Only these.
    limit, offset : int, optional

    Raises
    ------
    NotAvailableError
        If the folder is gone.
    """
    last = None if limit is None else offset + limit
    frames: list[pd.DataFrame] = []
    found = 0
    for path, is_inside in _choose_partitions(folder, bounds, cells):
        if last is not None and found >= last and frames:
            break
        frame = _read_partition(path, None if is_inside else bounds)
        if cells is not None:
            frame = frame[frame["h3"].isin(np.asarray(cells, dtype=np.uint64))]
        found += len(frame)
        frames.append(frame)
    if not frames:
        return _read_partition(_list_partitions(folder)[0], None).head(0)
    return pd.concat(frames, ignore_index=True).iloc[offset:last].reset_index(drop=True)


def count_folder_cells(folder: Path, bounds: Bounds | None = None) -> int:
    """Return how many cells :func:`read_folder_cells` finds in all."""
    return sum(
        pyarrow.parquet.read_metadata(path).num_rows if is_inside else len(_read_partition(path, bounds))
        for path, is_inside in _choose_partitions(folder, bounds, None)
    )


def _choose_partitions(
    folder: Path, bounds: Bounds | None, cells: Sequence[int] | None
) -> Iterator[tuple[Path, bool]]:
    """Files that may hold cells wanted, and whether all of their cells meet the bounds."""
    paths = _list_partitions(folder)
    names = np.array([int(path.stem, 16) for path in paths], dtype=np.uint64)
    wanted, inside = np.ones(len(paths), dtype=bool), np.ones(len(paths), dtype=bool)
    if cells is not None:
        coarse = get_parents(np.asarray(cells, dtype=np.uint64), h3.get_resolution(int(names[0])))
        wanted = np.isin(names, coarse)
    if bounds is not None:
        west, south, east, north = _reach(tuple(names.tolist())).T
        wanted &= (west <= bounds[2]) & (east >= bounds[0]) & (south <= bounds[3]) & (north >= bounds[1])
        inside = (west >= bounds[0]) & (east <= bounds[2]) & (south >= bounds[1]) & (north <= bounds[3])
    for number in np.flatnonzero(wanted).tolist():
        yield paths[number], bool(inside[number])


def _list_partitions(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("[0-9a-f]*.parquet"))
    if not paths:
        raise NotAvailableError(
            f"the cells of this grid are no longer in {folder}: bring the folder back, or compute the grid again",
            zh=f"该网格的单元文件已不在 {folder}：请恢复文件夹或重新计算",
        )
    return paths


@lru_cache(maxsize=16)
def _reach(partitions: tuple[int, ...]) -> Any:
    """Bounds of all that may descend from coarse cells, shape (n, 4), in degrees."""
    bounds = shapely.bounds(cell_polygons(np.array(partitions, dtype=np.uint64)))
    more = _OVERHANG * (bounds[:, 2:] - bounds[:, :2])
    return np.column_stack([bounds[:, :2] - more, bounds[:, 2:] + more])


def _read_partition(path: Path, bounds: Bounds | None) -> pd.DataFrame:
    frame = gpd.read_parquet(path)
    if bounds is not None:
        frame = frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(*bounds))]
    return pd.DataFrame(frame.drop(columns="geometry")).reset_index(drop=True)
