"""The nearest stored feature of every row of a file."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import SourceCrs
from geo.distance import NearestResult, TargetIndex
from geo.geometry import check_geometries, densify_edges
from geo.plausibility import check_in_china
from geo.problems import ProblemKind
from geo.progress import Progress, say_nothing
from layers.catalog import get_layer
from layers.errors import FeatureError, FormatError, NotAvailableError
from layers.formats import Reading, SourceTable, read_source
from layers.formats.georeference import georeference
from layers.model import AnyGeometry
from layers.store import Store

__all__ = ["NEAREST_COLUMNS", "find_nearest"]

NEAREST_COLUMNS = ("id", "target_id", "distance_m", "inside", "from_lon", "from_lat", "to_lon", "to_lat")
"""Columns of the result, geometry apart."""

_DISTANCE_DECIMALS = 3
"""Millimetres: as far as the distance is exact. [m]"""
_DEGREE_DECIMALS = 9
"""A tenth of a millimetre. [°]"""
_SHOWN = 5
_ID_HEADERS = ("id", "编号", "ID", "Id", "代码", "code")


def find_nearest(
    store: Store,
    path: Path,
    layer: str,
    *,
    crs: str | None = None,
    source_layer: str | None = None,
    encoding: str | None = None,
    where: Mapping[str, object] | None = None,
    within_m: float | None = None,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Return the nearest feature of a layer for every row of a file, in the order of the file.

    Parameters
    ----------
    store : Store
    path : Path
        Any file that can be imported.
    layer : str
        Where the targets are.
    crs : str, optional
        Coordinate system of the file, where it does not state it.
    source_layer, encoding : str, optional
        As for an import.
    where : mapping, optional
        Only features with these values.
    within_m : float, optional
        Look no farther. [m]
    progress : callable, optional

    Returns
    -------
    GeoDataFrame, EPSG:4490
        `NEAREST_COLUMNS` and the shortest line. A row without geometry has no target, no distance and no `inside`;
        one with nothing within the limit has no target and no distance.

    Raises
    ------
    NotAvailableError
        If there is no target to measure to.
    CrsError
        If neither the file nor the user states a coordinate system, or the two differ.
    FormatError, FeatureError
        If the file cannot be read, or a geometry is wrong or outside China; the error names the rows.
    """
    say = progress or say_nothing
    say(0.0, path.name)
    table = read_source(path, Reading(source_layer, encoding, crs))
    place = georeference(table, crs)
    moved = place.move(table.geometries)
    _refuse_problems(table, moved, place.crs)
    present = ~(shapely.is_missing(moved) | shapely.is_empty(moved))
    subjects, _ = densify_edges(moved[present], place.crs)
    say(0.3, layer)
    targets = _read_targets(store, layer, where or {})
    say(0.4, layer)
    found = TargetIndex(targets.geometry.to_numpy()).nearest(subjects, within_m=within_m)
    say(0.9, path.name)
    return _tabulate(row_ids(table), targets["id"].to_numpy(dtype=object), found, present)


def row_ids(table: SourceTable) -> NDArray[np.object_]:
    """Return the id of each row: the file's own, else its column of that name, else the row's number."""
    column = next((header for header in _ID_HEADERS if header in table.cells.columns), None)
    own = table.feature_ids or [None] * len(table)
    cells = table.cells[column] if column is not None else [None] * len(table)
    named = [cell if cell is not None else given for cell, given in zip(cells, own, strict=True)]
    numbers = [str(row) for row in table.rows]
    ids = [number if name is None else str(name) for name, number in zip(named, numbers, strict=True)]
    return np.array(ids, dtype=object)


def _refuse_problems(table: SourceTable, geometries: NDArray[np.object_], source: SourceCrs) -> None:
    """Refuse a file in which a geometry is there and wrong; rows without one are let through."""
    if shapely.is_missing(geometries).all() and not table.geometry_columns:
        headers = ", ".join(map(str, table.cells.columns))
        raise FormatError(
            f"no geometry found; a table needs columns lon and lat, X and Y, or WKT; it has: {headers}",
            zh=f"未找到几何；表格须有 经度/纬度、X/Y 或 WKT 列；现有列：{headers}",
        )
    problems = [
        problem
        for problem in check_geometries(geometries, AnyGeometry, source)
        if problem.kind not in (ProblemKind.MISSING, ProblemKind.EMPTY)
    ]
    sound = geometries.copy()
    sound[[problem.row for problem in problems]] = None
    problems += check_in_china(sound, source)
    if problems:
        named = [f"row {table.rows[problem.row]}: {problem.message}" for problem in problems[:_SHOWN]]
        named_zh = [f"第 {table.rows[problem.row]} 行：{problem.zh}" for problem in problems[:_SHOWN]]
        more = len(problems) - len(named)
        raise FeatureError(
            "; ".join(named) + (f"; and {more} more rows" if more else ""),
            zh="；".join(named_zh) + (f"；另有 {more} 行" if more else ""),
        )


def _read_targets(store: Store, layer: str, where: Mapping[str, object]) -> gpd.GeoDataFrame:
    slug = get_layer(layer).slug
    frame = store.read(slug, where=where, columns=["id"])
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if frame.empty:
        condition = ", ".join(f"{name}={value}" for name, value in where.items())
        raise NotAvailableError(
            f"layer {slug} holds nothing to measure to" + (f" with {condition}" if condition else ""),
            zh=f"图层 {slug} 中没有可量测的要素" + (f"（条件：{condition}）" if condition else ""),
        )
    return frame


def _tabulate(
    ids: NDArray[np.object_],
    target_ids: NDArray[np.object_],
    found: NearestResult,
    present: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    rows = np.flatnonzero(present)
    reached = found.target >= 0
    target_id = np.full(len(ids), None, dtype=object)
    target_id[rows[reached]] = target_ids[found.target[reached]]
    inside = pd.array([pd.NA] * len(ids), dtype="boolean")
    inside[rows] = found.inside
    # Without a type pandas would make text of them, in which None becomes NaN.
    columns: dict[str, object] = {
        "id": pd.Series(ids, dtype=object),
        "target_id": pd.Series(target_id, dtype=object),
    }
    columns["distance_m"] = _spread(found.distance_m, rows, len(ids), _DISTANCE_DECIMALS)
    columns["inside"] = inside
    for name in NEAREST_COLUMNS[4:]:
        columns[name] = _spread(getattr(found, name), rows, len(ids), _DEGREE_DECIMALS)
    frame = pd.DataFrame(columns)
    return gpd.GeoDataFrame(frame, geometry=_lines(frame), crs="EPSG:4490")


def _spread(
    values: NDArray[np.float64], rows: NDArray[np.int64], count: int, decimals: int
) -> NDArray[np.float64]:
    column = np.full(count, np.nan)
    column[rows] = np.round(values, decimals)
    return column


def _lines(frame: pd.DataFrame) -> NDArray[np.object_]:
    ends = frame[list(NEAREST_COLUMNS[4:])].to_numpy().reshape(-1, 2, 2)
    reached = np.isfinite(ends).all(axis=(1, 2))
    lines = np.full(len(frame), None, dtype=object)
    lines[reached] = shapely.linestrings(ends[reached])
    return lines
