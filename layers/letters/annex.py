"""The annex to the opinion letter as an Excel workbook: every check, every corner point, as numbers where they are."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from layers.letters.content import number_findings
from layers.letters.packing import repack
from layers.letters.wording import clean_text

__all__ = ["fill_annex"]

_FORMULA_LIKE = re.compile(r"'*[=+\-@\t\r]")
"""Texts that a spreadsheet would run."""

_CELL_LETTERS = 32_767
"""Limit of a cell (ECMA-376)."""

_NUMBERS = ("limit", "found", "limit_m", "distance_m", "margin_m", "doubt_m")


def fill_annex(content: Mapping[str, Any], result: Mapping[str, Any]) -> bytes:
    """Return the annex as a workbook.

    Parameters
    ----------
    content : mapping
        From :func:`layers.letters.content.build_content`.
    result : mapping
        The published result that it was built from.
    """
    say = content["labels"]
    book = Workbook(write_only=True)
    _add_sheet(book, say["conclusion"], *_summary(content))
    _add_sheet(book, say["checks"], *_checks(content, result))
    _add_sheet(book, say["coordinates"], *_points(content))
    _add_sheet(
        book, say["rules"], *_table(say, content["rules"], ("rule", "title", "basis", "in_force", "standing"))
    )
    keys = ("layer", "count", "newest", "accuracy", "origin", "digest")
    _add_sheet(book, say["sources"], *_table(say, content["sources"], keys))
    lines = [*content["awaiting"], content["disclaimer"]]
    _add_sheet(book, say["awaiting"], [say["awaiting"]], [[line] for line in lines])
    sink = io.BytesIO()
    book.save(sink)
    return repack(sink.getvalue())


def _summary(content: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    say = content["labels"]
    rows: list[list[object]] = [
        [project["id"], project["name"], project["conclusion"], project["verdict"], project["sentence"]]
        for project in content["projects"]
    ]
    rows += [[], *([name, value] for name, value in content["about"])]
    return [say["id"], say["name"], say["conclusion"], say["verdict_word"], say["explanation"]], rows


def _checks(content: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    say, language = content["labels"], content["language"]
    headers = [
        say[name]
        for name in ("project", "no", "rule", "basis", "matter", "verdict", "verdict_word", "decided")
    ]
    headers += [*_NUMBERS, say["unit"], say["target"]]
    headers += [
        say[name]
        for name in ("from_lon", "from_lat", "to_lon", "to_lat", "standing", "explanation", "remedy")
    ]
    rows: list[list[object]] = []
    for project, proposal in zip(content["projects"], result["proposals"], strict=True):
        described = {check["no"]: check for check in (*project["checks"], *project["advisory"])}
        for number, finding in number_findings(proposal["findings"]):
            check = described.get(number)
            rows.append(
                [
                    project["name"],
                    number,
                    finding["rule"],
                    *(
                        ("", finding["title"][language], "")
                        if check is None
                        else (check["basis"], check["title"], check["verdict"])
                    ),
                    finding["verdict"],
                    say["yes" if finding["decided"] else "no_word"],
                    *(finding[name] for name in _NUMBERS),
                    finding["unit"],
                    None
                    if finding["target"] is None
                    else finding["target"]["name"] or finding["target"]["id"],
                    *(finding["from"] or (None, None)),
                    *(finding["to"] or (None, None)),
                    finding["standing"],
                    finding["explanation"][language],
                    finding["remedy"][language],
                ]
            )
    return headers, rows


def _points(content: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    say = content["labels"]
    headers = [say[name] for name in ("project", "no", "lon", "lat", "northing", "easting")]
    rows: list[list[object]] = [
        [project["name"], point["no"], *(_number(point[name]) for name in ("lon", "lat", "x", "y"))]
        for project in content["projects"]
        for point in project["points"]
    ]
    return [*headers, "EPSG:4490 / CGCS2000 GK 3°"], rows


def _number(text: str) -> object:
    return text if text == "—" else float(text)


def _table(
    say: Mapping[str, str], rows: Iterable[Mapping[str, str]], keys: Sequence[str]
) -> tuple[list[str], list[list[object]]]:
    titles = {"title": "matter"}
    return [say[titles.get(key, key)] for key in keys], [[row[key] for key in keys] for row in rows]


def _add_sheet(book: Workbook, title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    rows = list(rows)
    for i, header in enumerate(headers, start=1):
        longest = max([_width(header), *(_width(row[i - 1]) for row in rows if len(row) >= i)])
        sheet.column_dimensions[get_column_letter(i)].width = min(max(longest + 2, 8), 60)
    sheet.append([_head(sheet, header) for header in headers])
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
    cell.quotePrefix = _FORMULA_LIKE.match(text) is not None
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell
