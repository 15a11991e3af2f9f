"""Tables: CSV and Excel workbooks (``.xlsx``).

Geometries come from coordinate columns or a WKT column (:mod:`layers.formats.coordinates`). Rows are counted as a
person sees them: the line of a CSV file on which the record begins, the row number of the sheet.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import shapely
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from geo.text import spell_halves
from layers.documents.clean_text import guard_text, runs_as_formula, unguard_text
from layers.errors import FormatError
from layers.formats.coordinates import attach_geometries
from layers.formats.encoding import decode_text
from layers.formats.limits import MAX_TEXT_BYTES, check_size, open_archive, refuse_doctype
from layers.formats.source import Note, Reading, Rejection, SourceTable, object_array
from layers.formats.target import ExportTable, crs_name, write_archive
from layers.formats.values import as_text, is_blank

__all__ = [
    "REASON_HEADER",
    "ROW_HEADER",
    "build_table",
    "fit_cell",
    "read_csv",
    "read_xlsx",
    "write_csv",
    "write_sheet",
    "write_xlsx",
]

LINE = Note("line", "行")
ROW = Note("row", "行")

REASON_HEADER = "问题说明 (what is wrong)"
ROW_HEADER = "原行号 (row in the file)"
"""Columns that the sheet of rejected rows has beside the original ones; an import passes over them."""

_OWN_HEADERS = frozenset({REASON_HEADER, ROW_HEADER})
_REMARK = re.compile(r"\s*[^：:]{1,20}[：:]")
"""What stands above a table as often as its title, in two or three cells of a row."""
_DELIMITERS = (",", "\t", ";", "|")
_SHEET_ROWS = 1_048_576
_CELL_LETTERS = 32_767
"""Limits of a sheet (ECMA-376)."""

_PLACE_HEADERS = {
    "degrees": (("lon", "lat"), ("经度", "纬度")),
    "plane": (("easting", "northing"), ("东坐标", "北坐标")),
    "wkt": (("wkt",), ("几何WKT",)),
}
"""Headers of the geometry, in English and in Chinese."""

_Row = tuple[int, Sequence[object]]


def read_csv(path: Path, reading: Reading) -> SourceTable:
    """Table of a CSV file; the delimiter is comma, tab, semicolon or bar.

    Raises
    ------
    FormatError
        If it is too large, no text, has an open quotation, or no header with rows.
    """
    check_size(path, MAX_TEXT_BYTES)
    notes: list[Note] = []
    text = decode_text(path.read_bytes(), reading.encoding, path.name, notes)
    rows = [(line, [unguard_text(cell) for cell in cells]) for line, cells in _split_lines(text, path.name)]
    table = build_table(rows, path.name, LINE, notes)
    attach_geometries(table, reading.crs, reading.coordinates)
    return table


def _split_lines(text: str, name: str) -> Iterable[tuple[int, list[str]]]:
    """Yield each record with the number of the line on which it begins; empty lines are passed over."""
    csv.field_size_limit(MAX_TEXT_BYTES)  # WKT of a large polygon is one cell
    header = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(
            f"{name} is broken from line {line} on: {error}", zh=f"{name} 从第 {line} 行起格式有误：{error}"
        ) from error


def build_table(rows: Iterable[_Row], name: str, row_word: Note, notes: list[Note]) -> SourceTable:
    """Table of numbered rows of cells, the first being the header that has several cells and is no row of remarks.

    Raises
    ------
    FormatError
        If there is no header, no row under it, or two columns have one header.
    """
    given = list(rows)
    width = max((_width(cells) for _, cells in given), default=0)
    least = min(2, width)
    top = next(
        (i for i, (_, cells) in enumerate(given) if _width(cells) >= least > 0 and not _remarks(cells)), None
    )
    if top is None or top + 1 == len(given):
        raise FormatError(f"{name} has no rows under a header", zh=f"{name} 没有表头或数据行")
    if top:
        notes.append(
            Note(f"{top} row(s) above the header were passed over", f"跳过了表头之前的 {top} 行标题")
        )
    body = given[top + 1 :]
    headers = _name_headers(given[top][1], max(_width(cells) for _, cells in body), name)
    rejections = [
        _refuse_width(number, cells, len(headers)) for number, cells in body if _width(cells) > len(headers)
    ]
    columns = {
        header: object_array(_cell(cells, i) for _, cells in body)
        for i, header in enumerate(headers)
        if header is not None and header not in _OWN_HEADERS
    }
    _refuse_nameless(headers, body, name, given[top][0])
    return SourceTable(
        cells=pd.DataFrame(columns, dtype=object),
        geometries=np.full(len(body), None, dtype=object),
        rows=np.array([number for number, _ in body], dtype=np.int64),
        row_word=row_word,
        notes=notes,
        rejections=rejections,
    )


def _remarks(cells: Sequence[object]) -> bool:
    """Say whether all that a row has are remarks about the table: ``填报单位：某局``, ``单位：人``."""
    filled = [cell for cell in cells if not is_blank(cell)]
    return all(isinstance(cell, str) and _REMARK.match(cell) for cell in filled)


def _width(cells: Sequence[object]) -> int:
    """Return the number of cells up to the last that holds something."""
    return next((i + 1 for i in range(len(cells) - 1, -1, -1) if not is_blank(cells[i])), 0)


def _cell(cells: Sequence[object], i: int) -> object:
    return None if i >= len(cells) or is_blank(cells[i]) else cells[i]


def _name_headers(cells: Sequence[object], body_width: int, name: str) -> list[str | None]:
    """Headers, ``None`` for empty ones; empty ones at the end count only where rows have cells under them."""
    count = max(_width(cells), min(len(cells), body_width))
    headers = [None if is_blank(cell) else " ".join(str(cell).split()) for cell in cells[:count]]
    named = [header for header in headers if header is not None]
    twice = next((header for header in named if named.count(header) > 1), None)
    if twice is not None:
        raise FormatError(
            f"{name} has two columns named {twice!r}; rename one",
            zh=f"{name} 有两列同名“{twice}”；请修改其中一列",
        )
    return headers


def _refuse_nameless(headers: Sequence[str | None], body: Sequence[_Row], name: str, row: int) -> None:
    for i, header in enumerate(headers):
        if header is None and any(_cell(cells, i) is not None for _, cells in body):
            raise FormatError(
                f"{name}: column {i + 1} has cells but no header in row {row}; give it one, and take away group "
                "headings (merged cells) above the headers",
                zh=f"{name} 第 {i + 1} 列有数据但第 {row} 行没有表头；请补充列名，并删除表头之上的合并标题行",
            )


def _refuse_width(number: int, cells: Sequence[object], width: int) -> Rejection:
    return Rejection(
        number,
        None,
        str(cells[width]) if width < len(cells) else None,
        f"{len(cells)} cells, but the header has {width}: a delimiter in a text must stand in quotes",
        f"本行有 {len(cells)} 个单元格，表头只有 {width} 列：含分隔符的文本须加引号",
    )


def read_xlsx(path: Path, reading: Reading) -> SourceTable:
    """Table of one sheet of a workbook; of formulas, the stored values.

    Raises
    ------
    FormatError
        If it cannot be read, the sheet is not there, or several sheets hold rows and none was chosen.
    """
    formulas = _check_workbook(path)
    notes: list[Note] = []
    try:
        sheet, rows = _read_sheet(path, reading.source_layer)
        bare = _formula_cells(path, sheet) if formulas else {}
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError,
            IndexError, EOFError, SyntaxError) as error:  # fmt: skip
        raise FormatError(
            f"{path.name} is no workbook that can be read: {error}",
            zh=f"{path.name} 不是可读取的工作簿：{error}",
        ) from error
    table = build_table(rows, f"{path.name}, {sheet}", ROW, notes)
    _settle_formulas(table, dict(rows), bare)
    attach_geometries(table, reading.crs, reading.coordinates)
    return table


def _check_workbook(path: Path) -> bool:
    """Refuse an unsafe archive; say whether any sheet holds formulas."""
    with open_archive(path, MAX_TEXT_BYTES) as archive:
        formulas = False
        for entry in archive.infolist():
            if entry.filename.lower().endswith((".xml", ".rels")):
                with archive.open(entry) as file:
                    refuse_doctype(file.read(2048), f"{path.name}, {entry.filename}")
            if entry.filename.startswith("xl/worksheets/") and not formulas:
                formulas = re.search(rb"<(\w+:)?f[ >/]", archive.read(entry)) is not None
    return formulas


def _read_sheet(path: Path, source_layer: str | None) -> tuple[str, list[_Row]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        names = [sheet.title for sheet in book.worksheets]
        if source_layer is not None:
            if source_layer not in names:
                raise FormatError(
                    f"{path.name} has no sheet {source_layer!r}; it has: {', '.join(names)}",
                    zh=f"{path.name} 没有工作表“{source_layer}”；现有：{'、'.join(names)}",
                )
            return source_layer, _sheet_rows(book[source_layer])
        filled = {name: rows for name in names if (rows := _sheet_rows(book[name]))}
    finally:
        book.close()
    if not filled:
        raise FormatError(f"{path.name} has no rows", zh=f"{path.name} 没有数据")
    if len(filled) > 1:
        raise FormatError(
            f"{path.name} has several sheets with rows: {', '.join(filled)}; choose one (source_layer)",
            zh=f"{path.name} 有多个含数据的工作表：{'、'.join(filled)}；请指定其一（source_layer）",
        )
    return next(iter(filled.items()))


def _sheet_rows(sheet: Any) -> list[_Row]:
    sheet.reset_dimensions()  # what the file says about its size may be wrong
    return [
        (number, cells)
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1)
        if _width(cells) > 0
    ]


def _formula_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Formulas of a sheet by row number and position in the row."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        book[sheet].reset_dimensions()
        return {
            (number, i): str(cell.value)
            for number, cells in enumerate(book[sheet].iter_rows(), start=1)
            for i, cell in enumerate(cells)
            if cell.data_type == "f"
        }
    finally:
        book.close()


def _settle_formulas(
    table: SourceTable, rows: Mapping[int, Sequence[object]], formulas: Mapping[tuple[int, int], str]
) -> None:
    """Note formulas whose stored values were taken; reject rows with formulas that have none."""
    wanted = set(table.rows.tolist())
    for (number, i), formula in formulas.items():
        if number in wanted and _cell(rows.get(number, ()), i) is None:
            table.rejections.append(
                Rejection(
                    number,
                    None,
                    formula,
                    "the formula has no stored value; open the workbook, let it compute, and save it",
                    "公式没有已保存的结果；请在表格软件中重新计算并保存",
                )
            )
    if formulas:
        table.notes.append(
            Note(
                f"{len(formulas)} cell(s) hold formulas; their stored values were taken",
                f"有 {len(formulas)} 个单元格为公式，取其已保存的结果",
            )
        )


def refuse_xls(path: Path, _: Reading) -> SourceTable:
    """Refuse the old Excel format.

    Raises
    ------
    FormatError
    """
    raise FormatError(
        f"{path.name} is in the old Excel format; save it as .xlsx",
        zh=f"{path.name} 是旧版 Excel 格式；请另存为 .xlsx",
    )


def write_csv(table: ExportTable, path: Path) -> list[Note]:
    """Write UTF-8 with byte order mark, as spreadsheets need it for Chinese text.

    Texts that a spreadsheet would run as a formula get a quotation mark before them; an import takes it away.
    """
    headers, rows = _lay_out(table)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        for row in rows:
            writer.writerow([_csv_cell(cell) for cell in row])
    return []


def _csv_cell(cell: object) -> object:
    if isinstance(cell, str):
        return guard_text(cell)
    return as_text(cell) if isinstance(cell, bool) else repr(cell) if isinstance(cell, float) else cell


def _lay_out(table: ExportTable) -> tuple[list[str], Iterable[Sequence[object]]]:
    """Headers and rows: the fields, then lon and lat if all are points, else WKT, then the coordinate system."""
    chinese = table.headers["id"] != "id"
    geometries = table.geometries
    types = shapely.get_type_id(geometries)
    there = types >= 0
    if np.isin(types, (-1, 0)).all() and there.any():
        headers = _PLACE_HEADERS["plane" if table.crs.projected else "degrees"][chinese]
        places = [
            [None if np.isnan(value) else float(value) for value in axis(geometries)]
            for axis in (shapely.get_x, shapely.get_y)
        ]
    else:
        headers = _PLACE_HEADERS["wkt"][chinese]
        places = [[text or None for text in shapely.to_wkt(geometries, rounding_precision=-1)]]
    name = crs_name(table.crs)
    columns = [
        *(table.cells(field) for field in table.headers),
        *places,
        [name if exists else None for exists in there],
    ]
    return [*table.headers.values(), *headers, "几何坐标系" if chinese else "geom_crs"], zip(
        *columns, strict=True
    )


def write_xlsx(table: ExportTable, path: Path) -> list[Note]:
    """Write one sheet. Texts are typed as text and marked so that none of them runs as a formula.

    Raises
    ------
    FormatError
        If there are more rows than a sheet has, or a text is too long for a cell.
    """
    headers, rows = _lay_out(table)
    write_sheet(path, table.layer.slug, headers, rows)
    return []


def write_sheet(path: Path, title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a workbook of one sheet with a bold, frozen header; its bytes depend on its content only.

    Raises
    ------
    FormatError
        If there are more rows than a sheet has, or a text is too long for a cell or cannot be in one.
    """
    body = list(rows)
    _check_sheet(body)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    top = [_text_cell(sheet, header) for header in headers]
    for cell in top:
        cell.font = Font(bold=True)
    sheet.append(top)
    for row in body:
        sheet.append([_sheet_cell(sheet, cell) for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    core = entries["docProps/core.xml"].decode()
    entries["docProps/core.xml"] = re.sub(r">[0-9T:.-]+Z<", ">2000-01-01T00:00:00Z<", core).encode()
    write_archive(path, entries)


def fit_cell(text: str) -> str | None:
    """Return a text as a cell can hold it, control and half characters written out; ``None`` for one too long."""
    visible = ILLEGAL_CHARACTERS_RE.sub(lambda found: f"\\x{ord(found.group()):02x}", spell_halves(text))
    return visible if len(visible) <= _CELL_LETTERS else None


def _check_sheet(rows: Sequence[Sequence[object]]) -> None:
    """Refuse what a sheet cannot hold before anything is written."""
    if len(rows) >= _SHEET_ROWS:
        raise FormatError(
            f"a sheet holds {_SHEET_ROWS} rows, there are {len(rows)}; export to CSV or GeoPackage",
            zh=f"工作表最多 {_SHEET_ROWS} 行，现有 {len(rows)} 行；请导出为 CSV 或 GeoPackage",
        )
    for text in (cell for row in rows for cell in row if isinstance(cell, str)):
        if len(text) > _CELL_LETTERS:
            raise FormatError(
                f"a text of {len(text)} letters does not fit a cell ({_CELL_LETTERS}); export to GeoPackage",
                zh=f"文本长 {len(text)} 字，超过单元格上限 {_CELL_LETTERS}；请导出为 GeoPackage",
            )
        if ILLEGAL_CHARACTERS_RE.search(text):
            raise FormatError(
                f"a text has control characters, which no sheet holds: {text[:40]!r}",
                zh=f"文本含有控制字符，无法写入工作表：{text[:40]!r}",
            )


def _sheet_cell(sheet: Any, value: object) -> object:
    """Cell of text, of a number with all its digits (the library would keep 16), or the value as it is."""
    if isinstance(value, str):
        return _text_cell(sheet, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        cell: Cell = WriteOnlyCell(sheet, value=repr(value))
        cell.data_type = "n"
        return cell
    return value


def _text_cell(sheet: Any, text: str) -> Cell:
    """Cell of type text, with the mark that a spreadsheet sets for a leading apostrophe."""
    cell: Cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.quotePrefix = runs_as_formula(text)
    return cell
