"""Cells of a file as values of a field: parsing, ranges, choices and codes."""

import datetime as dt
import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import numpy as np
import pandas as pd

from layers.formats.encoding import find_mojibake
from layers.model import Field, FieldType
from layers.words import find_choice

__all__ = ["CellProblem", "ParsedColumn", "as_text", "check_text", "is_blank", "parse_cells"]

CHINA_TIME = dt.timezone(dt.timedelta(hours=8))
"""Zone of a moment that states none: China Standard Time."""

_MISSING_MARKS = frozenset(
    {"-", "--", "—", "——", "/", "\\", "无", "不详", "未知", "暂无", "null", "none", "n/a", "na"}
)
"""Cells that say "no value" in columns that are not text."""

_EXCEL_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_TRUE = frozenset({"true", "yes", "y", "t", "1", "是", "有", "√"})
_FALSE = frozenset({"false", "no", "n", "f", "0", "否", "×"})
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")


class CellProblem(ValueError):
    """A cell that is no value of its field.

    Parameters
    ----------
    en, zh : str
        What is wrong.
    """

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


@dataclass
class ParsedColumn:
    """Values of one field.

    Attributes
    ----------
    values : list
        By row; ``None`` where missing or wrong.
    problems : list of (int, CellProblem)
        Position of each wrong cell.
    naive_times : int
        Moments without zone, counted as China Standard Time.
    """

    values: list[object]
    problems: list[tuple[int, CellProblem]] = dataclass_field(default_factory=list)
    naive_times: int = 0


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing: ``None``, NaN, NaT, or text of spaces only."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return True
    if isinstance(cell, float):
        return math.isnan(cell)
    return isinstance(cell, str) and not cell.strip()


def as_text(cell: object) -> str:
    """Text of a cell as a person sees it: ``530000.0`` is ``530000``, midnight is the date alone."""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float | np.floating) and math.isfinite(cell) and float(cell).is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time() and cell.tzinfo is None
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell).strip()


def parse_cells(field: Field, cells: Sequence[object], factor: float | None = None) -> ParsedColumn:
    """Values of a field from the cells of a column.

    Parameters
    ----------
    field : Field
    cells : sequence
    factor : float, optional
        Factor from the column's unit to the field's.

    Returns
    -------
    ParsedColumn
    """
    column = ParsedColumn([None] * len(cells))
    parse = _PARSERS[field.type]
    seen: dict[tuple[type, object], object] = {}
    for i, cell in enumerate(cells):
        if is_blank(cell):
            continue
        try:
            if isinstance(cell, dict | list | np.ndarray):
                column.values[i] = _parse_one(field, cell, parse, factor)
                continue
            key = (type(cell), cell)
            if key not in seen:
                seen[key] = _parse_one(field, cell, parse, factor)
            column.values[i] = seen[key]
        except CellProblem as problem:
            column.problems.append((i, problem))
    if field.type is FieldType.TIME:
        column.naive_times = sum(
            _is_naive(cell) for cell, value in zip(cells, column.values, strict=True) if value is not None
        )
    return column


def _parse_one(
    field: Field, cell: object, parse: Callable[[Field, object], object], factor: float | None
) -> object:
    if isinstance(cell, str):
        check_text(cell)
        if field.type is not FieldType.TEXT and cell.strip().casefold() in _MISSING_MARKS:
            return None
    value = parse(field, cell)
    if factor is not None and isinstance(value, int | float):
        value = _scale(value, factor)
    if field.type is FieldType.INTEGER and isinstance(value, int | float):
        value = _whole(value)
    _check_range(field, value)
    return value


def check_text(text: str) -> None:
    """Refuse a text that was garbled before, cannot be stored, or is a spreadsheet's error value.

    Raises
    ------
    CellProblem
    """
    if text in _EXCEL_ERRORS:
        raise CellProblem(f"the cell holds the error {text}", f"单元格为错误值 {text}")
    sign = find_mojibake(text)
    if sign is not None:
        raise CellProblem(
            f"the text was garbled by a wrong encoding ({sign})", f"文本因编码错误而损坏（{sign}）"
        )
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise CellProblem("the text has a NUL or half a character", "文本含有 NUL 或不完整的字符")


def _scale(value: float, factor: float) -> float:
    """Product rounded to 15 digits, as 1.005 × 10⁴ is 10050 and not 10049.999999999998."""
    return float(f"{value * factor:.15g}")


def _whole(value: float) -> int:
    if value != value // 1 or not -(2**63) <= value < 2**63:
        raise CellProblem("not a whole number of up to 18 digits", "不是 18 位以内的整数")
    return int(value)


def _check_range(field: Field, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    unit = f" {field.unit}" if field.unit else ""
    if field.minimum is not None and value < field.minimum:
        raise CellProblem(
            f"below the least value {field.minimum:g}{unit}", f"小于最小值 {field.minimum:g}{unit}"
        )
    if field.maximum is not None and value > field.maximum:
        raise CellProblem(
            f"above the greatest value {field.maximum:g}{unit}", f"大于最大值 {field.maximum:g}{unit}"
        )


def _parse_text(field: Field, cell: object) -> object:
    text = as_text(cell)
    if field.choices:
        choice = find_choice(text, field.choices)
        if choice is None:
            raise CellProblem(
                f"not one of {', '.join(field.choices)}", f"不是允许的值：{_name_choices(field)}"
            )
        return choice
    wrong = field.check(text) if field.check is not None else None
    if wrong is not None:
        raise CellProblem(wrong, wrong)
    return text


def _name_choices(field: Field) -> str:
    from layers.words import CHOICES

    return "、".join(CHOICES[word].zh if word in CHOICES else word for word in field.choices)


def _parse_number(field: Field, cell: object) -> object:
    if isinstance(cell, bool | np.bool_ | dt.date | dict | list):
        raise CellProblem("not a number", "不是数字")
    if isinstance(cell, int | float | np.number):
        number = float(cell)
    else:
        text = unicodedata.normalize("NFKC", str(cell)).strip()
        if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
            text = text.replace(",", "")
        if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) is None:
            raise CellProblem("not a number", "不是数字")
        number = float(text)
    if not math.isfinite(number):
        raise CellProblem("not a finite number", "不是有限的数")
    return number


def _parse_integer(field: Field, cell: object) -> object:
    """Whole numbers as they are written: a float would lose digits beyond 15."""
    if isinstance(cell, int | np.integer) and not isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", cell):
        return int(cell)
    return _parse_number(field, cell)


def _parse_boolean(field: Field, cell: object) -> object:
    text = as_text(cell).casefold()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise CellProblem("neither yes nor no", "不是“是”或“否”")


def _parse_date(field: Field, cell: object) -> object:
    if isinstance(cell, dt.datetime):
        if cell.time() != dt.time():
            raise CellProblem("a moment where a date is expected", "应为日期，而不是时刻")
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    text = unicodedata.normalize("NFKC", as_text(cell))
    match = _DATE.fullmatch(re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", text))
    if match is None:
        raise CellProblem("not a date; expected 2026-11-22", "不是日期；应为 2026-11-22 这样的格式")
    year, month, day = match[1], match[2] or match[4], match[3] or match[5]
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError as error:
        raise CellProblem(f"no such date: {error}", "日期不存在") from error


def _parse_time(field: Field, cell: object) -> object:
    if isinstance(cell, dt.datetime):
        moment = pd.Timestamp(cell)
    elif isinstance(cell, dt.date):
        moment = pd.Timestamp(dt.datetime.combine(cell, dt.time()))
    else:
        text = as_text(cell)
        try:
            moment = pd.Timestamp(dt.datetime.fromisoformat(text.replace("/", "-")))
        except ValueError:
            day = _parse_date(field, text)
            assert isinstance(day, dt.date)
            moment = pd.Timestamp(dt.datetime.combine(day, dt.time()))
    aware = moment.tz_localize(CHINA_TIME) if moment.tzinfo is None else moment
    return aware.tz_convert("UTC")


def _is_naive(cell: object) -> bool:
    if isinstance(cell, dt.datetime):
        return cell.tzinfo is None
    return isinstance(cell, dt.date) or not re.search(r"(Z|[+-]\d{2}:?\d{2})$", str(cell).strip())


def _parse_json(field: Field, cell: object) -> object:
    if isinstance(cell, np.ndarray):
        return cell.tolist()
    if isinstance(cell, dict | list):
        return cell
    try:
        return json.loads(as_text(cell), parse_constant=_refuse_constant)
    except ValueError as error:
        raise CellProblem(f"not JSON: {error}", f"不是有效的 JSON：{error}") from error


def _refuse_constant(text: str) -> object:
    raise ValueError(f"{text} is not allowed")


_PARSERS: dict[FieldType, Callable[[Field, object], object]] = {
    FieldType.TEXT: _parse_text,
    FieldType.INTEGER: _parse_integer,
    FieldType.NUMBER: _parse_number,
    FieldType.BOOLEAN: _parse_boolean,
    FieldType.DATE: _parse_date,
    FieldType.TIME: _parse_time,
    FieldType.JSON: _parse_json,
}
