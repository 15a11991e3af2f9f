"""Objects in GeoParquet files, too many to be stored: read row group by row group, all of them or those near a cell."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import shapely
from pyproj import CRS

from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.rules.survey import Bounds
from layers.errors import FormatError, NotAvailableError, UnknownFieldError

__all__ = [
    "digest_files",
    "list_files",
    "list_row_groups",
    "read_bounds",
    "read_objects",
    "read_objects_within",
]

_KNOWN_CRS = ("EPSG:4490", "EPSG:4326", "OGC:CRS84")


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


def digest_files(source: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a source, under ``file NAME``."""
    return {f"file {path.name}": _digest(path) for path in list_files(source)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_row_groups(source: Path) -> list[tuple[Path, int]]:
    """Return files and numbers of all row groups of a source.

    Raises
    ------
    FormatError
        If there is no file, or one that is no Parquet.
    """
    files = list_files(source)
    try:
        counts = [pa.parquet.read_metadata(path).num_row_groups for path in files]
    except pa.ArrowInvalid as exc:
        raise FormatError(f"{source} is no GeoParquet: {exc}", zh=f"{source} 不是 GeoParquet 文件") from exc
    return [(path, group) for path, count in zip(files, counts, strict=True) for group in range(count)]


def read_objects(
    path: Path, group: int, weight: str | None = None, carried: Sequence[str] = ()
) -> gpd.GeoDataFrame:
    """Return the objects of a row group: ``geometry``, ``weight`` (NaN: unknown), marks and what is carried along.

    Parameters
    ----------
    path : pathlib.Path
    group : int
    weight : str, optional
        Column of the weights; without one every object weighs 1.
    carried : sequence of str
        Further columns. ``incomplete`` and ``illustrative`` are false where they are not among them.

    Raises
    ------
    FormatError
        If the file is no GeoParquet, or in another coordinate system than CGCS2000 and WGS 84.
    UnknownFieldError
        If a column is not there.
    OutOfRangeError
        If a weight is negative or infinite.
    """
    file = pa.parquet.ParquetFile(path)
    column = _get_geometry_column(path, file.schema_arrow)
    wanted = [*carried, *([] if weight is None else [weight])]
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
    weights = np.ones(len(table)) if weight is None else _read_weights(path, group, table[weight])
    return gpd.GeoDataFrame({"weight": weights, **unmarked, **columns}, geometry=geometries, crs="EPSG:4490")


def read_objects_within(source: Path, weight: str | None, bounds: Bounds) -> gpd.GeoDataFrame:
    """Return the objects of a source that meet bounds, as :func:`read_objects`, with ``id``: file and row from 1.

    Raises
    ------
    NotAvailableError
        If the files are gone.
    FormatError, UnknownFieldError, OutOfRangeError
        As :func:`read_objects`.
    """
    if not source.exists():
        raise NotAvailableError(
            f"the objects of this grid are no longer at {source}", zh=f"该网格的对象文件已不在 {source}"
        )
    ground = shapely.box(*bounds)
    found, first, former = [], 1, None
    for path, group in list_row_groups(source):
        first = first if path == former else 1
        frame, former = read_objects(path, group, weight), path
        frame["id"] = [f"{path.name}/{row}" for row in range(first, first + len(frame))]
        first += len(frame)
        found.append(frame[shapely.intersects(frame.geometry.to_numpy(), ground)])
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True))


def read_bounds(source: Path) -> Bounds | None:
    """Return the rectangle round all objects of a source, in degrees; None without any."""
    boxes = [
        shapely.total_bounds(read_objects(path, group).geometry.to_numpy())
        for path, group in list_row_groups(source)
    ]
    known = np.array([box for box in boxes if np.isfinite(box).all()])
    if not len(known):
        return None
    west, south = known[:, :2].min(axis=0)
    east, north = known[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


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
