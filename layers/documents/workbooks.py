"""Excel workbooks: texts stay texts, numbers numbers, and the same sheets give the same bytes."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from layers.documents.clean_text import clean_text, runs_as_formula
from layers.documents.packing import repack

__all__ = ["Sheet", "fill_workbook"]

_TEXT = "riskmap text"
"""Name of the style of texts."""

_CELL_LETTERS = 32_767
"""Limit of a cell (ECMA-376)."""

_TITLE_LETTERS = 31
"""Limit of a sheet's title in Excel."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: a title, a row of headers, and rows; None leaves a cell empty."""

    title: str
    headers: Sequence[str]
    rows: Iterable[Sequence[object]]


def fill_workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return sheets as a workbook (xlsx), in their order."""
    book = Workbook(write_only=True)
    # By name: a style of each cell's own would be looked up anew, which takes most of the time of a long list.
    book.add_named_style(NamedStyle(_TEXT, alignment=Alignment(wrap_text=True, vertical="top")))
    for sheet in sheets:
        _add_sheet(book, sheet)
    sink = io.BytesIO()
    book.save(sink)
    return repack(sink.getvalue())


def _add_sheet(book: Workbook, content: Sheet) -> None:
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", content.title)[:_TITLE_LETTERS])
    sheet.freeze_panes = "A2"
    rows = list(content.rows)
    for i, header in enumerate(content.headers, start=1):
        longest = max([_width(header), *(_width(row[i - 1]) for row in rows if len(row) >= i)])
        sheet.column_dimensions[get_column_letter(i)].width = min(max(longest + 2, 8), 60)
    sheet.append([_head(sheet, header) for header in content.headers])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _width(value: object) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in str(value if value is not None else ""))


def _head(sheet: WriteOnlyWorksheet, text: str) -> Any:
    cell = _cell(sheet, text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="EBEBEB")
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Any) -> Any:
    """Return a cell; a text stays a text, whatever it begins with."""
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value=value)
    text = clean_text(value)[:_CELL_LETTERS]
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.style = _TEXT
    if runs_as_formula(text):
        cell.quotePrefix = True
    return cell
