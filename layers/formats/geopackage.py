"""GeoPackage: one file, several layers. Rows are counted by the feature numbers of the file (``fid``)."""

from pathlib import Path

import pyogrio

from layers.errors import FormatError
from layers.formats.limits import MAX_DISK_BYTES, check_size, check_start
from layers.formats.ogr import list_source_layers, read_records, writing_by_gdal
from layers.formats.source import CrsBasis, Note, Reading, SourceTable
from layers.formats.target import ExportTable, require_register_crs, to_arrow

__all__ = ["choose_layer", "read_geopackage", "write_geopackage"]

FEATURE = Note("feature", "要素")


def read_geopackage(path: Path, reading: Reading) -> SourceTable:
    """Table of one layer of a GeoPackage.

    Raises
    ------
    FormatError
        If it is broken, or has several layers and none was chosen.
    """
    check_size(path, MAX_DISK_BYTES)
    check_start(path, (b"SQLite format 3\x00",), "GeoPackage")
    table = read_records(
        path,
        choose_layer(list_source_layers(path), reading.source_layer, path.name),
        row_word=FEATURE,
        first_row=None,
    )
    if table.crs is not None and "Undefined" in table.crs[:60]:
        table.crs, table.crs_basis = None, CrsBasis.NONE
    return table


def choose_layer(names: list[str], wanted: str | None, file: str) -> str:
    """Return the wanted layer, or the only one.

    Raises
    ------
    FormatError
        If there is none, it is not there, or there are several and none was chosen.
    """
    if not names:
        raise FormatError(f"{file} has no layers", zh=f"{file} 没有任何图层")
    if wanted is None and len(names) > 1:
        raise FormatError(
            f"{file} has several layers: {', '.join(names)}; choose one with --source-layer",
            zh=f"{file} 有多个图层：{'、'.join(names)}；请用 --source-layer 指定",
        )
    if wanted is not None and wanted not in names:
        raise FormatError(
            f"{file} has no layer {wanted!r}; it has: {', '.join(names)}",
            zh=f"{file} 没有图层“{wanted}”；现有：{'、'.join(names)}",
        )
    return wanted or names[0]


def write_geopackage(table: ExportTable, path: Path) -> list[Note]:
    """Write one layer; moments and JSON are texts, because GeoPackage keeps milliseconds only."""
    with writing_by_gdal(path):
        pyogrio.write_arrow(
            to_arrow(table, table.headers),
            path,
            layer=table.layer.slug,
            driver="GPKG",
            geometry_name="geom",
            geometry_type="Unknown",
            crs=require_register_crs(table.crs, "GeoPackage"),
        )
    return []
