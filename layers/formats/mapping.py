"""Which column of a file fills which field of a layer.

A header matches a field by its name, its Chinese or English label or one of its aliases, without regard to case,
spaces and underscores. A unit may stand behind it in brackets (``坝高(m)``, ``库容(万m³)``) or after a slash
(``坝高/m``); values are then converted to the field's unit.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layers.errors import FormatError
from layers.formats.source import Note
from layers.formats.units import conversion_factor, is_unit
from layers.model import Field, FieldType, Layer

__all__ = ["ColumnMap", "MappedColumn", "map_columns"]

_HEADER = re.compile(r"(?P<label>.*?)\s*[(（\[【](?P<bracket>[^()（）\[\]【】]*)[)）\]】]\s*")
_COUNT_UNITS = ("人", "户")


@dataclass(frozen=True)
class MappedColumn:
    """A column and the field that it fills.

    Attributes
    ----------
    column : str
    field : Field
    factor : float or None
        From the column's unit to the field's; ``None`` where they are the same.
    """

    column: str
    field: Field
    factor: float | None = None


@dataclass(frozen=True)
class ColumnMap:
    """Columns that fill fields, and those that do not.

    Attributes
    ----------
    mapped : tuple of MappedColumn
        In the order of the layer's fields.
    unmapped : tuple of str
        Columns that no field takes; they go to ``extra``.
    notes : tuple of Note
    """

    mapped: tuple[MappedColumn, ...]
    unmapped: tuple[str, ...]
    notes: tuple[Note, ...]


def map_columns(
    layer: Layer,
    headers: Sequence[str],
    chosen: Mapping[str, str] | None = None,
    constants: Sequence[str] = (),
) -> ColumnMap:
    """Match the columns of a file with the fields of a layer.

    Parameters
    ----------
    layer : Layer
    headers : sequence of str
        Of the attribute columns.
    chosen : mapping of field name to header, optional
        What the user says; it wins over every likeness.
    constants : sequence of str
        Fields that get one value for all rows; a column that looks like one of them stays unmapped.

    Returns
    -------
    ColumnMap

    Raises
    ------
    UnknownFieldError
        If the user names a field that the layer does not have.
    FormatError
        If a chosen column is not there, two columns claim one field, or a unit is unknown or of another kind.
    """
    chosen = dict(chosen or {})
    for name, header in chosen.items():
        _check_chosen(layer, headers, name, header)
    notes: list[Note] = []
    claims: dict[str, list[MappedColumn]] = {}
    taken = set(chosen.values())
    for header in headers:
        field = None if header in taken else _find_field(layer, header)
        if field is not None and field.name not in chosen and field.name not in constants:
            claims.setdefault(field.name, []).append(_with_unit(header, field, notes))
    for name, columns in claims.items():
        _refuse_rivals(name, columns)
    found = {name: columns[0] for name, columns in claims.items()}
    found |= {name: _with_chosen_unit(header, layer.field(name), notes) for name, header in chosen.items()}
    mapped = tuple(found[field.name] for field in layer.all_fields if field.name in found)
    used = {column.column for column in mapped}
    return ColumnMap(mapped, tuple(header for header in headers if header not in used), tuple(notes))


def _check_chosen(layer: Layer, headers: Sequence[str], name: str, header: str) -> None:
    layer.field(name)
    if header not in headers:
        raise FormatError(
            f"no column {header!r} for field {name}; the file has: {', '.join(headers)}",
            zh=f"字段 {name} 指定的“{header}”列不存在；文件中的列：{'、'.join(headers)}",
        )


def _refuse_rivals(name: str, columns: Sequence[MappedColumn]) -> None:
    if len(columns) > 1:
        headers = [column.column for column in columns]
        raise FormatError(
            f"columns {' and '.join(map(repr, headers))} could both be {name}; choose one (map {name}=COLUMN)",
            zh=f"列“{'”和“'.join(headers)}”都对应字段 {name}；请指定其一（map {name}=列名）",
        )


def _plain(text: str) -> str:
    return re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", text).casefold())


def _find_field(layer: Layer, header: str) -> Field | None:
    label, _ = _split(header)
    for candidate in (_plain(header), _plain(label)):
        for field in reversed(layer.all_fields):  # a layer's own fields come before the common ones
            if candidate in map(_plain, (field.name, field.zh, field.en, *field.aliases)):
                return field
    return None


def _split(header: str) -> tuple[str, str | None]:
    """Label and what stands in brackets or, if that is a unit, after a slash."""
    match = _HEADER.fullmatch(header.strip())
    if match is not None:
        return match["label"], match["bracket"].strip()
    label, slash, rest = header.rpartition("/")
    return (label, rest.strip()) if slash and is_unit(rest) else (header, None)


def _with_unit(header: str, field: Field, notes: list[Note]) -> MappedColumn:
    if not _is_quantity(field):
        return MappedColumn(header, field)
    if _plain(header) == _plain(field.name):
        return MappedColumn(header, field)
    _, given = _split(header)
    if not given:
        if field.unit not in _COUNT_UNITS:
            notes.append(
                Note(
                    f"column {header!r} states no unit; its values were taken as {field.unit}",
                    f"“{header}”列未注明单位，按 {field.unit} 处理",
                )
            )
        return MappedColumn(header, field)
    return MappedColumn(header, field, _factor(header, given, field, notes))


def _is_quantity(field: Field) -> bool:
    return bool(field.unit) and field.type in (FieldType.NUMBER, FieldType.INTEGER)


def _with_chosen_unit(header: str, field: Field, notes: list[Note]) -> MappedColumn:
    """Convert a chosen column only when its header states a unit: brackets may hold a remark."""
    _, given = _split(header)
    if _is_quantity(field) and given and is_unit(given):
        return MappedColumn(header, field, _factor(header, given, field, notes))
    return MappedColumn(header, field)


def _factor(header: str, given: str, field: Field, notes: list[Note]) -> float | None:
    assert field.unit is not None
    factor = conversion_factor(given, field.unit)
    if factor is None:
        raise FormatError(
            f"column {header!r}: unit {given!r} is unknown or does not fit {field.name} [{field.unit}]; "
            f"if its values are in {field.unit}, say so (map {field.name}={header})",
            zh=f"“{header}”列的单位“{given}”无法识别或与字段 {field.name}（{field.unit}）不符；"
            f"如数值单位确为 {field.unit}，请指明（map {field.name}={header}）",
        )
    if factor == 1.0:
        return None
    notes.append(
        Note(
            f"column {header!r} was converted from {given} to {field.unit} (× {factor:g})",
            f"“{header}”列由 {given} 换算为 {field.unit}（× {factor:g}）",
        )
    )
    return factor
