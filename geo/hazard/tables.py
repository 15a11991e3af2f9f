"""Parameter tables: every number of a standard, with its source and standing, read from ``tables/*.csv``.

A table has the columns ``key, value, unit, standard, clause_or_table, source, standing, checked_by, checked_on, note``;
further ones follow and become attributes of the row, except ``note_zh``, the note in Chinese, which a table with notes
has. Two of them are checked: ``cas`` (registry numbers parted by ``;``) and ``branches_of`` (the rows that name the
same question add up to 1). Units: any that pint reads; ``share`` is
a probability or fraction of 0 to 1, ``text`` marks a word that looks like a number, ``cas`` a registry number.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from geo.errors import ParameterError
from geo.hazard.parameters import Parameter
from geo.hazard.units import check_unit, convert
from geo.standing import Standing

__all__ = [
    "COLUMNS",
    "Override",
    "Table",
    "cas_is_valid",
    "parse_rows",
    "read_table",
    "table",
    "table_names",
    "unconfirmed",
]

COLUMNS = (
    "key",
    "value",
    "unit",
    "standard",
    "clause_or_table",
    "source",
    "standing",
    "checked_by",
    "checked_on",
    "note",
)
"""Columns that every table starts with."""

_NOTE_ZH = "note_zh"
_FOLDER = Path(__file__).parent / "tables"
_WORD_UNITS = frozenset({"text", "cas"})
_FREQUENCY_UNITS = frozenset({"1/yr", "1/(m*yr)"})
_NOT_NEGATIVE = frozenset(
    {"kg", "t", "m", "mm", "K", "Pa", "kPa", "MPa", "s", "min", "person", *_FREQUENCY_UNITS}
)
_SUM_TOLERANCE = 1e-9  # numerical


@dataclass(frozen=True, kw_only=True)
class Override:
    """A user's value in place of a shipped one, for one project.

    Attributes
    ----------
    table, key : str
        The row.
    value : float or str
    author, reason : str
        Who answers for it, and why; both are compulsory and printed in every report.
    unit : str or None
        Of the value, converted to the unit of the row; None: the unit of the row.
    """

    table: str
    key: str
    value: float | str
    author: str
    reason: str
    unit: str | None = None


class Table(Mapping[str, Parameter]):
    """Rows of one parameter table by key, in the order of the file.

    Parameters
    ----------
    name : str
    rows : iterable of Parameter

    Raises
    ------
    ParameterError
        If a key stands twice, a value is outside its range, or branches do not add up to 1.
    """

    def __init__(self, name: str, rows: Iterable[Parameter]) -> None:
        self.name = name
        self._rows: dict[str, Parameter] = {}
        for row in rows:
            if row.key in self._rows:
                raise _row_error(row.name, "stands twice", "重复出现")
            _check_value(row)
            self._rows[row.key] = row
        _check_branches(self._rows.values())

    def __getitem__(self, key: str) -> Parameter:
        if key not in self._rows:
            raise ParameterError(
                f"table {self.name!r} has no row {key!r}: add it to {self.name}.csv or override it",
                f"参数表 {self.name!r} 没有 {key!r} 一行：请在 {self.name}.csv 中添加",
            )
        return self._rows[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def below(self, prefix: str) -> dict[str, Parameter]:
        """Return the rows whose key starts with ``prefix/`` by the rest of their keys, in the order of the file."""
        start = f"{prefix}/"
        return {key[len(start) :]: row for key, row in self._rows.items() if key.startswith(start)}

    def override(self, overrides: Sequence[Override]) -> "Table":
        """Return the table with a user's values in place of its own; the shipped rows stay visible in them.

        Raises
        ------
        ParameterError
            If an override names no row, has no author or reason, or breaks a check of the table.
        """
        own = [override for override in overrides if override.table == self.name]
        rows = dict(self._rows)
        for override in own:
            rows[override.key] = _overridden(self[override.key], override)
        return Table(self.name, rows.values()) if own else self


@cache
def _shipped(name: str) -> Table:
    path = _FOLDER / f"{name}.csv"
    if name not in table_names():
        raise ParameterError(f"there is no parameter table {name!r}", f"没有参数表 {name!r}")
    return read_table(path)


def table(name: str, overrides: Sequence[Override] = ()) -> Table:
    """Return a shipped table, checked, with a user's overrides in it.

    Parameters
    ----------
    name : str
        Of the file in ``tables/`` without its ending.
    overrides : sequence of Override
        Those of other tables are passed over.

    Raises
    ------
    ParameterError
        If there is no such table, or a row or an override is wrong.
    """
    return _shipped(name).override(overrides)


@cache
def table_names() -> tuple[str, ...]:
    """Return the names of the shipped tables in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.csv")))


def read_table(path: Path) -> Table:
    """Return the table of a CSV file (UTF-8), its name being that of the file.

    Raises
    ------
    ParameterError
        If a column is missing or a row is wrong; the message names table, key and what is wrong.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, strict=True)
        if tuple(lines.fieldnames or ())[: len(COLUMNS)] != COLUMNS:
            raise ParameterError(
                f"table {path.name} does not start with the columns {', '.join(COLUMNS)}",
                f"参数表 {path.name} 的列应以 {', '.join(COLUMNS)} 开头",
            )
        return Table(path.stem, [_parse_row(path.stem, line) for line in lines])


def parse_rows(name: str, lines: Iterable[Mapping[str, str]]) -> tuple[Parameter, ...]:
    """Return rows that a user states, as those of a table of that name.

    Parameters
    ----------
    name : str
    lines : iterable of mapping
        Cells by column; columns that are left out are empty.

    Raises
    ------
    ParameterError
        If a row is wrong; the message names table, key and what is wrong.
    """
    rows = [
        _parse_row(name, {column: line.get(column, "") for column in dict.fromkeys([*COLUMNS, *line])})
        for line in lines
    ]
    return tuple(Table(name, rows).values())


def unconfirmed(parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters whose standing is not ``verified``: those awaiting confirmation, each once, by name."""
    open_ones = {row for row in parameters if row.standing is not Standing.VERIFIED}
    return tuple(sorted(open_ones, key=lambda row: (row.name, row.version)))


def cas_is_valid(number: str) -> bool:
    """Return whether a CAS registry number has its shape and its check digit.

    Examples
    --------
    >>> cas_is_valid("7664-41-7"), cas_is_valid("7664-41-8")
    (True, False)
    """
    parts = number.split("-")
    if [len(part) for part in parts[1:]] != [2, 1] or not all(part.isdecimal() for part in parts):
        return False
    digits = (parts[0] + parts[1])[::-1]
    return sum(place * int(digit) for place, digit in enumerate(digits, start=1)) % 10 == int(parts[2])


def _row_error(name: str, what: str, zh: str) -> ParameterError:
    return ParameterError(f"{name}: {what}", f"{name}：{zh}")


def _parse_row(name: str, line: dict[str | None, str | None]) -> Parameter:
    """Return a line of the file as a parameter."""
    where = f"{name}:{line['key']}"
    if None in line or None in line.values():
        raise _row_error(where, "has more or fewer cells than the header", "单元格数与表头不符")
    cells = {str(column): (cell or "").strip() for column, cell in line.items()}
    for column in ("key", "source", "standing"):
        if not cells[column]:
            raise _row_error(where, f"states no {column}", f"缺少 {column}")
    if cells["standing"] not in Standing.__members__.values():
        raise _row_error(
            where, f"standing {cells['standing']!r} is none", f"来源状况 {cells['standing']!r} 无效"
        )
    return Parameter(
        table=name,
        key=cells["key"],
        value=_parse_value(where, cells["value"], cells["unit"]),
        unit="" if cells["unit"] in _WORD_UNITS else cells["unit"],
        standard=cells["standard"],
        clause=cells["clause_or_table"],
        source=cells["source"],
        standing=Standing(cells["standing"]),
        note=cells["note"],
        note_zh=cells.get(_NOTE_ZH) or cells["note"],
        checked_by=cells["checked_by"],
        checked_on=_parse_date(where, cells["checked_on"]),
        attributes=tuple(
            (column, cell) for column, cell in cells.items() if column not in {*COLUMNS, _NOTE_ZH}
        ),
    )


def _parse_value(where: str, cell: str, unit: str) -> float | str:
    """Return a cell as a number, or as a word where it is one."""
    if not cell:
        raise _row_error(where, "has no value", "缺少数值")
    if unit == "cas" and not cas_is_valid(cell):
        raise _row_error(where, f"CAS number {cell!r} fails its check digit", f"CAS 号 {cell!r} 校验位错误")
    if unit in _WORD_UNITS:
        return cell
    try:
        number = float(cell)
    except ValueError:
        if unit:
            raise _row_error(where, f"{cell!r} is no number", f"{cell!r} 不是数值") from None
        return cell
    if not math.isfinite(number):
        raise _row_error(where, f"{cell!r} is no finite number", f"{cell!r} 不是有限数值")
    return number


def _parse_date(where: str, cell: str) -> str:
    try:
        return date.fromisoformat(cell).isoformat() if cell else ""
    except ValueError:
        raise _row_error(where, f"{cell!r} is no date (YYYY-MM-DD)", f"{cell!r} 不是日期") from None


def _check_value(row: Parameter) -> None:
    """Refuse a unit that cannot be read, a value outside its range, a CAS number with a wrong digit."""
    check_unit(row.unit)
    for column, cell in row.attributes:
        if column == "cas" and not all(cas_is_valid(number.strip()) for number in cell.split(";") if number):
            raise _row_error(
                row.name, f"CAS number {cell!r} fails its check digit", f"CAS 号 {cell!r} 校验位错误"
            )
    if isinstance(row.value, str):
        return
    if row.unit in _NOT_NEGATIVE and row.value < 0:
        raise _row_error(row.name, f"{row.value} {row.unit} is negative", f"{row.value} {row.unit} 为负")
    if row.unit in {"share", *_FREQUENCY_UNITS} and not 0 <= row.value <= 1:
        raise _row_error(
            row.name, f"{row.value} {row.unit} is not within 0..1", f"{row.value} 不在 0..1 之内"
        )


def _check_branches(rows: Iterable[Parameter]) -> None:
    """Refuse branches of one question that do not add up to 1."""
    sums: dict[str, float] = {}
    for row in rows:
        question = dict(row.attributes).get("branches_of")
        if question:
            name = f"{row.table}:{question}"
            sums[name] = sums.get(name, 0.0) + row.number
    for name, total in sums.items():
        if abs(total - 1) > _SUM_TOLERANCE:
            raise _row_error(
                name, f"branches add up to {total:.9g}, not to 1", f"各分支之和为 {total:.9g}，不为 1"
            )


def _overridden(row: Parameter, override: Override) -> Parameter:
    """Return a row with a user's value."""
    if not override.author.strip() or not override.reason.strip():
        raise _row_error(row.name, "an override needs an author and a reason", "修改参数须注明修改人和理由")
    if isinstance(override.value, str) != isinstance(row.value, str):
        raise _row_error(row.name, f"{override.value!r} is of another kind", f"{override.value!r} 类型不符")
    value = override.value
    if not isinstance(value, str):
        value = convert(value, row.unit if override.unit is None else override.unit, row.unit)
        if not math.isfinite(value):
            raise _row_error(row.name, f"{value} is no finite number", f"{value} 不是有限数值")
    return replace(
        row,
        value=value,
        standing=Standing.SITE_SPECIFIC,
        overridden_by=override.author.strip(),
        reason=override.reason.strip(),
        shipped=row.shipped or row,
    )
