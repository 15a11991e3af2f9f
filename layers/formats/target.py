"""What a writer gets: the features of a layer in the coordinates and under the headers that the file shall have."""

import datetime as dt
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.crs import SourceCrs
from layers.errors import FormatError
from layers.model import FieldType, Layer

__all__ = ["ExportTable", "crs_name", "require_register_crs", "to_arrow", "write_archive"]

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Time of every entry of an archive, so that the same features give the same bytes."""

_ARROW_TYPES = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.TIME: pa.string(),
    FieldType.JSON: pa.string(),
}


@dataclass(frozen=True)
class ExportTable:
    """Features to be written.

    Attributes
    ----------
    layer : Layer
    frame : GeoDataFrame
        Columns are fields of the layer; geometries in the coordinates of ``crs``.
    crs : SourceCrs
    headers : dict
        Header of each field, in the order of the columns.
    """

    layer: Layer
    frame: gpd.GeoDataFrame
    crs: SourceCrs
    headers: dict[str, str]

    @property
    def geometries(self) -> NDArray[np.object_]:
        """Geometries by row; ``None`` where missing."""
        geometries: NDArray[np.object_] = self.frame.geometry.to_numpy()
        return geometries

    def cells(self, name: str) -> list[object]:
        """Values of a field as plain Python: moments and JSON as text, missing ones ``None``."""
        kind = self.layer.field(name).type
        return [_plain(kind, value) for value in self.frame[name].astype(object)]


def _plain(kind: FieldType, value: object) -> object:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind is FieldType.JSON:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if kind is FieldType.TIME:
        assert isinstance(value, dt.datetime)
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if kind is FieldType.INTEGER:
        return int(str(value))
    return bool(value) if kind is FieldType.BOOLEAN else value


def to_arrow(table: ExportTable, names: Mapping[str, str]) -> pa.Table:
    """Attributes and the geometries (column ``geom``, WKB) as Arrow columns.

    Parameters
    ----------
    table : ExportTable
    names : mapping
        Name of the column of each field.
    """
    columns = {
        name: pa.array(table.cells(field), type=_ARROW_TYPES[table.layer.field(field).type])
        for field, name in names.items()
    }
    wkb = shapely.to_wkb(table.geometries, byte_order=1)
    return pa.table({**columns, "geom": pa.array(list(wkb), type=pa.binary())})


def crs_name(crs: SourceCrs) -> str:
    """Return the name under which an import understands the system: ``EPSG:4490``, ``GCJ-02``, or its WKT."""
    return crs.shift.value if crs.shift is not None else require_register_crs(crs, "")


def require_register_crs(crs: SourceCrs, what: str) -> str:
    """Name of the system in a register, or its WKT.

    Raises
    ------
    FormatError
        If it is a shifted one, which no register knows and a file of this kind cannot state.
    """
    if crs.crs is None:
        raise FormatError(
            f"{what} cannot state {crs.en}; export to GeoJSON, CSV or Excel, or in another system",
            zh=f"{what} 无法注明 {crs.zh}；请导出为 GeoJSON、CSV 或 Excel，或改用其他坐标系",
        )
    return str(crs.crs.to_string())


def write_archive(path: Path, entries: Mapping[str, bytes | Path]) -> None:
    """Write a zip archive whose bytes depend on its content only."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            data = content.read_bytes() if isinstance(content, Path) else content
            archive.writestr(entry, data)
