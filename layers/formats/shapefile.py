"""Shapefiles: a ``.shp`` with its siblings, a folder of them, or a zip archive.

The encoding of the texts is taken from ``.cpg``, else from the language byte of the DBF, else it is detected;
what was taken is said. The coordinate system is that of the ``.prj``. Rows are records, counted from 1.
"""

import csv
import shutil
import struct
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray

from layers.documents.clean_text import guard_text, unguard_text
from layers.errors import FormatError
from layers.formats.encoding import choose_encoding, decode_cut
from layers.formats.geopackage import choose_layer
from layers.formats.limits import MAX_DISK_BYTES, MAX_TEXT_BYTES, check_size, open_archive, unpack
from layers.formats.ogr import read_records, writing_by_gdal
from layers.formats.source import Note, Reading, SourceTable
from layers.formats.target import ExportTable, require_register_crs, to_arrow, write_archive
from layers.model import FieldType

__all__ = ["FIELDS_SUFFIX", "TEXTS_SUFFIX", "read_shapefile", "write_shapefile"]

RECORD = Note("record", "记录")

TEXTS_SUFFIX = ".texts.csv"
"""Beside a shapefile that was exported here: the texts that are too long for DBF."""

FIELDS_SUFFIX = ".fields.csv"
"""Beside a shapefile that was exported here: the full names of the fields that DBF had to cut to ten letters."""

_NAME_LETTERS = 10
_TEXT_BYTES = 254
"""Longest name and text that DBF holds."""

_KINDS = {"point": (0,), "multipoint": (4,), "line": (1, 5), "polygon": (3, 6)}
"""Type numbers of shapely by the kinds that shapefiles keep apart."""

_OGR_TYPES = {
    0: "Point",
    4: "MultiPoint",
    1: "LineString",
    5: "MultiLineString",
    3: "Polygon",
    6: "MultiPolygon",
}

_FILE_CODE = 9994
_SHAPE_TYPES = frozenset({0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28})
"""Shape types of the ESRI Shapefile Technical Description (1998), multipatch (31) left out."""

_LANGUAGES = {
    0x4D: "gbk",
    0x7A: "gbk",
    0x4E: "cp949",
    0x4F: "cp950",
    0x78: "cp950",
    0x13: "cp932",
    0x7B: "cp932",
}
"""Language bytes of DBF headers that say something; 0x03 and 0x57 are written for want of better."""


def read_shapefile(path: Path, reading: Reading) -> SourceTable:
    """Table of one shapefile.

    Raises
    ------
    FormatError
        If a part is missing or broken, an archive is unsafe, or there are several shapefiles and none was chosen.
    """
    if path.is_dir():
        return _read_folder(path, path.name, reading.source_layer, reading.encoding)
    if path.suffix.lower() == ".zip":
        with open_archive(path) as archive, tempfile.TemporaryDirectory(prefix="riskmap-") as folder:
            unpack(archive, Path(folder))
            return _read_folder(Path(folder), path.name, reading.source_layer, reading.encoding)
    return _read_one(path, reading.encoding)


def _read_folder(folder: Path, name: str, source_layer: str | None, encoding: str | None) -> SourceTable:
    found = {file.stem: file for file in sorted(folder.iterdir()) if file.suffix.lower() == ".shp"}
    return _read_one(found[choose_layer(list(found), source_layer, name)], encoding)


def _read_one(path: Path, encoding: str | None) -> SourceTable:
    _check_main_file(path)
    dbf, _ = _sibling(path, ".dbf"), _sibling(path, ".shx")
    _check_dbf(dbf)
    # Latin 1 keeps every byte, so that decoding happens here, strictly and by row
    table = read_records(path, None, row_word=RECORD, first_row=1, encoding="ISO-8859-1")
    cpg = _find_sibling(path, ".cpg")
    hint, where = (
        (cpg.read_text("latin-1").strip() or None, cpg.name)
        if cpg
        else (_language(dbf), f"the header of {dbf.name}")
    )
    _decode_cells(table, encoding, hint, where)
    _restore_sidecars(table, path)
    return table


def _find_sibling(path: Path, suffix: str) -> Path | None:
    candidates = (file for file in sorted(path.parent.iterdir()) if file.stem == path.stem)
    return next((file for file in candidates if file.suffix.lower() == suffix), None)


def _sibling(path: Path, suffix: str) -> Path:
    found = _find_sibling(path, suffix)
    if found is None:
        raise FormatError(
            f"{path.name} lacks its sibling {path.stem}{suffix}; a shapefile is .shp, .shx and .dbf together",
            zh=f"{path.name} 缺少同名的 {suffix} 文件；shapefile 须同时具备 .shp、.shx 和 .dbf",
        )
    return found


def _check_main_file(path: Path) -> None:
    """Refuse what is no shapefile by its header alone, before anything large is read."""
    check_size(path, MAX_DISK_BYTES)
    with path.open("rb") as file:
        header = file.read(100)
    size = path.stat().st_size
    problem = None
    if len(header) < 100 or struct.unpack(">i", header[:4])[0] != _FILE_CODE:
        problem = ("does not begin as a shapefile does", "文件头不是 shapefile")
    elif struct.unpack("<i", header[32:36])[0] not in _SHAPE_TYPES:
        problem = ("holds an unknown kind of shape", "几何类型无法识别")
    elif 2 * struct.unpack(">i", header[24:28])[0] > size:
        problem = ("is cut off: it is shorter than its header says", "文件不完整：长度小于文件头所述")
    if problem is not None:
        raise FormatError(f"{path.name} {problem[0]}", zh=f"{path.name} {problem[1]}")


def _check_dbf(path: Path) -> None:
    check_size(path, MAX_DISK_BYTES)
    with path.open("rb") as file:
        header = file.read(32)
    if len(header) < 32 or header[0] & 0x07 not in (2, 3, 4, 5):
        raise FormatError(f"{path.name} is no DBF table", zh=f"{path.name} 不是 DBF 表")
    records, start, width = struct.unpack("<IHH", header[4:12])
    if start + records * width > path.stat().st_size + 1:
        raise FormatError(
            f"{path.name} is cut off: {records} records are promised",
            zh=f"{path.name} 不完整：应有 {records} 条记录",
        )


def _language(dbf: Path) -> str | None:
    with dbf.open("rb") as file:
        return _LANGUAGES.get(file.read(30)[29])


def _decode_cells(table: SourceTable, stated: str | None, hint: str | None, where: str) -> None:
    """Decode headers and texts, which were read as Latin 1."""
    raw = {header: header.encode("latin-1") for header in table.cells.columns}
    texts = {
        header: {cell: cell.encode("latin-1") for cell in table.cells[header] if isinstance(cell, str)}
        for header in raw
    }
    samples = [*raw.values(), *(data for column in texts.values() for data in column.values())]
    encoding = choose_encoding(samples, stated, hint, where, table.notes, may_be_cut=True)
    columns = {}
    for header, cells in texts.items():
        name = decode_cut(raw[header], encoding)
        decoded = {cell: decode_cut(data, encoding) for cell, data in cells.items()}
        _note_cut(table, header, name, {c for c, d in cells.items() if decoded[c].encode(encoding) != d})
        columns[name] = table.cells[header].map(
            lambda cell, d=decoded: d.get(cell, cell) if isinstance(cell, str) else cell
        )
    table.cells = pd.DataFrame(columns, index=table.cells.index, dtype=object)


def _note_cut(table: SourceTable, header: str, name: str, cut: set[str]) -> None:
    """Note texts whose last character was cut in two by the width of the field."""
    rows = table.rows[table.cells[header].isin(cut)] if cut else np.empty(0, dtype=np.int64)
    if len(rows):
        table.notes.append(
            Note(
                f"{len(rows)} text(s) in {name!r} are cut off by the width of the field, first in record {rows[0]}",
                f"“{name}”列有 {len(rows)} 个文本因字段宽度被截断，首见于第 {rows[0]} 条记录",
            )
        )


def _restore_sidecars(table: SourceTable, path: Path) -> None:
    """Give back long texts and full field names, where an export from here left them beside the shapefile."""
    for row in _read_sidecar(path.with_name(path.stem + TEXTS_SUFFIX), ("record", "short", "text")):
        if row[0].isdecimal() and 0 < int(row[0]) <= len(table) and row[1] in table.cells:
            table.cells.loc[int(row[0]) - 1, row[1]] = row[2]
    names = _read_sidecar(path.with_name(path.stem + FIELDS_SUFFIX), ("short", "name"))
    table.cells = table.cells.rename(columns={row[0]: row[1] for row in names})


def _read_sidecar(path: Path, headers: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Columns of a table beside the shapefile; empty when there is none of that name with these headers."""
    if not path.is_file():
        return []
    check_size(path, MAX_TEXT_BYTES)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = list(csv.reader(file))
        except (UnicodeDecodeError, csv.Error) as error:
            raise FormatError(f"{path.name} is broken: {error}", zh=f"{path.name} 已损坏：{error}") from error
    count = len(headers)
    if not rows or tuple(rows[0][:count]) != headers:
        return []
    return [tuple(map(unguard_text, row[:count])) for row in rows[1:] if len(row) >= count]


def write_shapefile(table: ExportTable, path: Path) -> list[Note]:
    """Write shapefiles in UTF-8, one for each kind of geometry: packed (``.zip``) or as they are (``.shp``).

    Field names of more than ten letters are cut, the full ones stand in ``NAME.fields.csv``; texts of more than 254
    bytes stand in ``NAME.texts.csv``. An import reads both.

    Raises
    ------
    FormatError
        If something would be lost: a number that DBF cannot hold, a feature without geometry, or several kinds
        of geometry in one ``.shp``.
    """
    crs = require_register_crs(table.crs, "shapefile")
    kinds = _split_kinds(table)
    if path.suffix.lower() == ".shp" and len(kinds) > 1:
        raise FormatError(
            f"{path.name}: the layer has {' and '.join(kinds)}, a shapefile holds one of them; name the file .zip",
            zh=f"{path.name}：图层含多种几何类型（{'、'.join(kinds)}），单个 shapefile 只能保存一种；请导出为 .zip",
        )
    names = _short_names(list(table.headers))
    with tempfile.TemporaryDirectory(prefix="riskmap-") as scratch:
        folder = Path(scratch)
        for kind, rows in kinds.items():
            stem = path.stem if len(kinds) == 1 else f"{path.stem}_{kind}"
            part = replace(table, frame=table.frame[rows])
            _write_one(part, folder / f"{stem}.shp", names, crs)
            _write_names(table, folder / f"{stem}{FIELDS_SUFFIX}", names)
        files = sorted(folder.iterdir())
        if path.suffix.lower() == ".zip":
            write_archive(path, {file.name: file for file in files})
        else:
            for file in files:
                shutil.copyfile(file, path.parent / file.name)
    cut = [f"{name} → {short}" for name, short in names.items() if name != short]
    return [Note(f"field names cut: {', '.join(cut)}", f"字段名已截短：{'、'.join(cut)}")] if cut else []


def _split_kinds(table: ExportTable) -> dict[str, NDArray[np.bool_]]:
    """Rows of each kind of geometry that a shapefile keeps apart."""
    types = shapely.get_type_id(table.geometries)
    if (types < 0).any():
        lost = table.frame["id"].iloc[int(np.flatnonzero(types < 0)[0])]
        raise FormatError(
            f"feature {lost!r} has no geometry, which a shapefile does not keep; export to GeoPackage",
            zh=f"要素“{lost}”没有几何，shapefile 无法保存；请导出为 GeoPackage",
        )
    kinds = {kind: np.isin(types, ids) for kind, ids in _KINDS.items()}
    return {kind: rows for kind, rows in kinds.items() if rows.any()} or {"point": np.zeros(0, dtype=bool)}


def _short_names(names: list[str]) -> dict[str, str]:
    """Names of at most ten letters, each once."""
    short: dict[str, str] = {}
    for name in names:
        cut, i = name[:_NAME_LETTERS], 1
        while cut in short.values():
            i += 1
            cut = f"{name[: _NAME_LETTERS - len(str(i))]}{i}"
        short[name] = cut
    return short


def _write_one(table: ExportTable, path: Path, names: Mapping[str, str], crs: str) -> None:
    types = set(shapely.get_type_id(table.geometries).tolist())
    records = to_arrow(table, names)
    flags = [
        name
        for name, column in zip(records.column_names, records.columns, strict=True)
        if column.type == "bool"
    ]
    for name in flags:  # DBF has no missing truth value that every program reads
        texts = [None if flag is None else str(flag).lower() for flag in records.column(name).to_pylist()]
        records = records.set_column(
            records.column_names.index(name), name, pa.array(texts, type=pa.string())
        )
    with writing_by_gdal(path):
        pyogrio.write_arrow(
            _move_long_texts(records, path.with_name(path.stem + TEXTS_SUFFIX)),
            path,
            driver="ESRI Shapefile",
            geometry_name="geom",
            geometry_type=_OGR_TYPES[max(types, default=0)],
            crs=crs,
            encoding="UTF-8",
            DBF_DATE_LAST_UPDATE="2000-01-01",
        )
    _check_written(table, path, names)


def _move_long_texts(records: pa.Table, path: Path) -> pa.Table:
    """Return the records without the texts that DBF would cut off; these go to a table beside the shapefile."""
    moved = []
    for position, name in enumerate(records.column_names):
        if records.column(name).type != pa.string():
            continue
        texts = records.column(name).to_pylist()
        long = [i for i, text in enumerate(texts) if text is not None and len(text.encode()) > _TEXT_BYTES]
        moved += [(i + 1, name, texts[i]) for i in long]
        short = [None if i in set(long) else text for i, text in enumerate(texts)] if long else texts
        records = records.set_column(position, name, pa.array(short, type=pa.string()))
    if moved:
        _write_rows(path, [("record", "short", "text"), *moved])
    return records


def _check_written(table: ExportTable, path: Path, names: Mapping[str, str]) -> None:
    """Read the numbers back: DBF writes them in decimals, in which very small ones vanish."""
    written = read_records(path, None, row_word=RECORD, first_row=1, encoding="UTF-8").cells
    for name, short in names.items():
        if table.layer.field(name).type not in (FieldType.NUMBER, FieldType.INTEGER):
            continue
        for identifier, cell, found in zip(table.frame["id"], table.cells(name), written[short], strict=True):
            if cell != found:
                raise FormatError(
                    f"feature {identifier!r}: {name} = {cell} would become {found} in a shapefile; "
                    "export to GeoPackage",
                    zh=f"要素“{identifier}”：{name} = {cell} 在 shapefile 中会变成 {found}；请导出为 GeoPackage",
                )


def _write_names(table: ExportTable, path: Path, names: Mapping[str, str]) -> None:
    fields = [(short, table.layer.field(name)) for name, short in names.items()]
    rows = [(short, field.name, field.zh, field.unit or "") for short, field in fields]
    _write_rows(path, [("short", "name", "zh", "unit"), *rows])


def _write_rows(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(
            [guard_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
        )
