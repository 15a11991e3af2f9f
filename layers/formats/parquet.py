"""Parquet: GeoParquet, or a plain table with coordinate columns. Rows are counted from 1."""

import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from layers.errors import FormatError
from layers.formats.coordinates import attach_geometries
from layers.formats.limits import MAX_DISK_BYTES, check_size, check_start
from layers.formats.ogr import column_cells
from layers.formats.source import CrsBasis, Note, Reading, SourceTable, flatten_heights
from layers.formats.target import ExportTable, require_register_crs, to_arrow

__all__ = ["read_parquet", "write_parquet"]

ROW = Note("row", "行")


def read_parquet(path: Path, reading: Reading) -> SourceTable:
    """Table of a Parquet file.

    Raises
    ------
    FormatError
        If it is broken, or unpacks to more than is read.
    """
    check_size(path, MAX_DISK_BYTES)
    check_start(path, (b"PAR1",), "Parquet")
    try:
        file = pq.ParquetFile(path)
        _check_unpacked(file, path.name)
        geo = json.loads((file.metadata.metadata or {}).get(b"geo", b"null"))
        return _from_geoparquet(path, geo) if geo else _from_plain(file, reading.crs, reading.coordinates)
    except (pa.ArrowException, ValueError, KeyError, OSError) as error:
        raise FormatError(
            f"{path.name} cannot be read: {error}", zh=f"{path.name} 无法读取：{error}"
        ) from error


def _check_unpacked(file: pq.ParquetFile, name: str) -> None:
    groups = range(file.metadata.num_row_groups)
    size = sum(file.metadata.row_group(i).total_byte_size for i in groups)
    if size > MAX_DISK_BYTES:
        raise FormatError(
            f"{name} unpacks to {size} bytes, more than the {MAX_DISK_BYTES} that are read",
            zh=f"{name} 解压后为 {size} 字节，超过上限 {MAX_DISK_BYTES} 字节",
        )


def _from_plain(file: pq.ParquetFile, crs: str | None, coordinates: Mapping[str, str]) -> SourceTable:
    records = file.read()
    table = _build(
        {name: column_cells(records.column(name)) for name in records.column_names}, records.num_rows
    )
    attach_geometries(table, crs, coordinates)
    return table


def _from_geoparquet(path: Path, geo: Mapping[str, object]) -> SourceTable:
    frame = gpd.read_parquet(path)
    records = pa.Table.from_pandas(
        pd.DataFrame(frame.drop(columns=frame.geometry.name)), preserve_index=False
    )
    table = _build({name: column_cells(records.column(name)) for name in records.column_names}, len(frame))
    table.geometries = flatten_heights(frame.geometry.to_numpy(), table.notes)
    if frame.crs is not None:
        table.crs, table.crs_basis = frame.crs.to_string(), CrsBasis.FILE
    columns = geo.get("columns")
    stated = isinstance(columns, dict) and "crs" in columns.get(frame.geometry.name, {})
    if frame.crs is not None and not stated:
        table.crs, table.crs_basis = "EPSG:4326", CrsBasis.STANDARD
        table.notes.append(
            Note(
                "the file names no coordinate system; taken as WGS 84 after the GeoParquet specification",
                "文件未注明坐标系，按 GeoParquet 规范视为 WGS 84",
            )
        )
    return table


def _build(columns: Mapping[str, np.ndarray], length: int) -> SourceTable:
    return SourceTable(
        cells=pd.DataFrame(dict(columns), index=range(length), dtype=object),
        geometries=np.full(length, None, dtype=object),
        rows=np.arange(1, length + 1),
        row_word=ROW,
    )


def write_parquet(table: ExportTable, path: Path) -> list[Note]:
    """Write GeoParquet; moments and JSON are texts."""
    crs = require_register_crs(table.crs, "GeoParquet")
    attributes = to_arrow(table, table.headers).drop_columns(["geom"])
    frame = gpd.GeoDataFrame(
        attributes.to_pandas(types_mapper=pd.ArrowDtype), geometry=table.geometries, crs=crs
    )
    frame.rename_geometry("geom").to_parquet(path, index=False, schema_version="1.1.0")
    return []
