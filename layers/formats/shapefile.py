"""Shapefiles: a ``.shp`` with its siblings, a folder of them, or a zip archive.

The encoding of the texts is taken from ``.cpg``, else from the language byte of the DBF, else it is detected;
what was taken is said. The coordinate system is that of the ``.prj``. Rows are records, counted from 1.
"""

import csv
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from layers.errors import FormatError
from layers.formats.encoding import choose_encoding, decode_cut
from layers.formats.geopackage import choose_layer
from layers.formats.limits import MAX_DISK_BYTES, check_size, open_archive, unpack
from layers.formats.ogr import read_records
from layers.formats.source import Note, SourceTable

__all__ = ["FIELDS_FILE", "read_shapefile"]

RECORD = Note("record", "记录")

FIELDS_FILE = "fields.csv"
"""Beside a shapefile that was exported here: the full names of the fields that DBF had to cut to ten letters."""

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


def read_shapefile(
    path: Path,
    *,
    source_layer: str | None,
    encoding: str | None,
    crs: str | None,
    coordinates: Mapping[str, str],
) -> SourceTable:
    """Table of one shapefile.

    Raises
    ------
    FormatError
        If a part is missing or broken, an archive is unsafe, or there are several shapefiles and none was chosen.
    """
    if path.is_dir():
        return _read_folder(path, path.name, source_layer, encoding)
    if path.suffix.lower() == ".zip":
        with open_archive(path) as archive, tempfile.TemporaryDirectory(prefix="riskmap-") as folder:
            unpack(archive, Path(folder))
            return _read_folder(Path(folder), path.name, source_layer, encoding)
    return _read_one(path, encoding)


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
    _restore_names(table, path)
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


def _restore_names(table: SourceTable, path: Path) -> None:
    """Give fields the full names of :data:`FIELDS_FILE`, if it lies beside the shapefile."""
    file = path.parent / FIELDS_FILE
    if not file.is_file() or file.stat().st_size > 1024**2:
        return
    try:
        rows = list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error):
        return
    full = {row.get("short"): row.get("name") for row in rows}
    if None not in full and None not in full.values():
        table.cells = table.cells.rename(columns=full)
