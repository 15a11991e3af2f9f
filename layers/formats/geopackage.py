"""GeoPackage: one file, several layers. Rows are counted by the feature numbers of the file (``fid``)."""

import sqlite3
from contextlib import closing
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
        If it is broken, has several layers and none was chosen, or the layer is computed and not stored.
    """
    check_size(path, MAX_DISK_BYTES)
    check_start(path, (b"SQLite format 3\x00",), "GeoPackage")
    layer = choose_layer(list_source_layers(path), reading.source_layer, path.name)
    _refuse_computed(path, layer)
    table = read_records(path, layer, row_word=FEATURE, first_row=None)
    if table.crs is not None and "Undefined" in table.crs[:60]:
        table.crs, table.crs_basis = None, CrsBasis.NONE
    return table


def _refuse_computed(path: Path, layer: str) -> None:
    """See to it that a layer is a table: a view or a computed column of a hostile file never comes to an end."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as file:
            kinds = file.execute("SELECT type FROM pragma_table_list(?)", [layer]).fetchall()
            computed = file.execute(
                "SELECT 1 FROM pragma_table_xinfo(?) WHERE hidden <> 0", [layer]
            ).fetchone()
    except sqlite3.DatabaseError as error:
        raise FormatError(
            f"{path.name} cannot be read: {error}", zh=f"{path.name} 无法读取：{error}"
        ) from error
    if kinds != [("table",)] or computed:
        raise FormatError(
            f"layer {layer!r} of {path.name} is a view or has computed columns, which are not read; save it as a "
            "layer of its own",
            zh=f"{path.name} 的图层“{layer}”是视图或含有计算列，不予读取；请另存为独立图层",
        )


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
            f"{file} has several layers: {', '.join(names)}; choose one (source_layer)",
            zh=f"{file} 有多个图层：{'、'.join(names)}；请指定其一（source_layer）",
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
