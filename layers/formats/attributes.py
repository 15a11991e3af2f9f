"""Attributes of rows: columns to fields, constants, what no field takes, and accuracies."""

from collections.abc import Mapping

import numpy as np

from geo.errors import OutOfRangeError
from layers.errors import FeatureError, FormatError
from layers.formats.mapping import ColumnMap, map_columns
from layers.formats.rows import Rows
from layers.formats.source import Note
from layers.formats.values import CellProblem, as_text, check_text, is_blank, parse_cells
from layers.model import Field

__all__ = ["STORE_FIELDS", "fill_accuracy", "fill_attributes"]

STORE_FIELDS = ("valid_to", "version")
"""Fields that the store sets."""


def fill_attributes(
    rows: Rows,
    chosen: Mapping[str, str],
    constants: Mapping[str, object],
    file: str,
    source_layer: str | None,
) -> None:
    """Fill the values of the layer's fields from columns and constants, and ``extra`` from the other columns.

    Parameters
    ----------
    rows : Rows
    chosen : mapping of field to column
    constants : mapping of field to value
    file, source_layer : str
        What ``source`` becomes where neither a column nor a constant gives it.

    Raises
    ------
    UnknownFieldError
        If the layer has no such field.
    FormatError
        If columns and fields do not go together.
    FeatureError
        If a constant does not fit its field.
    """
    both = sorted(set(chosen) & set(constants))
    if both:
        raise FormatError(
            f"field {both[0]} is given a column and a value", zh=f"字段 {both[0]} 同时指定了列和固定值"
        )
    table = rows.table
    headers = [str(header) for header in table.cells.columns if header not in table.geometry_columns]
    columns = map_columns(rows.layer, headers, chosen, tuple(constants))
    rows.notes.extend(columns.notes)
    for mapped in columns.mapped:
        if mapped.field.name in STORE_FIELDS:
            _check_store_field(rows, mapped.field, mapped.column)
        else:
            _fill_field(rows, mapped.field, mapped.column, mapped.factor)
    for name, value in constants.items():
        rows.values[name] = [_parse_constant(rows.layer.field(name), value)] * len(table)
    if "source" not in rows.values:
        source = f"{file}, {source_layer}" if source_layer else file
        rows.values["source"] = [source] * len(table)
    _require(rows)
    _fill_extra(rows, columns)


def _fill_field(rows: Rows, field: Field, column: str, factor: float | None) -> None:
    cells = rows.table.cells[column].tolist()
    parsed = parse_cells(field, cells, factor)
    for i, problem in parsed.problems:
        rows.reject(i, column, cells[i], problem.en, problem.zh)
    if parsed.naive_times:
        rows.notes.append(
            Note(
                f"column {column!r}: {parsed.naive_times} moment(s) without zone, counted as China Standard Time",
                f"“{column}”列有 {parsed.naive_times} 个时间未注明时区，按北京时间处理",
            )
        )
    rows.values[field.name] = parsed.values


def _check_store_field(rows: Rows, field: Field, column: str) -> None:
    """Pass over ``version``; reject features that have ended."""
    cells = rows.table.cells[column].to_numpy(dtype=object)
    if field.name == "version":
        rows.notes.append(
            Note(
                f"column {column!r} was passed over: the store counts versions",
                f"忽略“{column}”列：版本由系统记录",
            )
        )
        return
    for i in [i for i, cell in enumerate(cells) if not is_blank(cell)]:
        rows.reject(
            i,
            column,
            cells[i],
            "the feature has ended; only current ones are imported",
            "要素已失效；只导入现行要素",
        )


def _parse_constant(field: Field, value: object) -> object:
    if field.name in STORE_FIELDS:
        raise FeatureError(f"{field.name} is set by the store", zh=f"{field.name} 由系统记录")
    parsed = parse_cells(field, [value])
    if parsed.problems:
        problem = parsed.problems[0][1]
        raise FeatureError(f"{field.name}={value}: {problem.en}", zh=f"{field.name}={value}：{problem.zh}")
    return parsed.values[0]


def _require(rows: Rows) -> None:
    for field in rows.layer.all_fields:
        if field.required:
            values = rows.values.get(field.name, [None] * len(rows.table))
            for i in [i for i, value in enumerate(values) if value is None]:
                rows.reject(i, field.name, None, f"{field.name} is missing", f"缺少{field.zh}")


def _fill_extra(rows: Rows, columns: ColumnMap) -> None:
    """Keep the cells of columns that no field takes, beside what a column ``extra`` holds."""
    table = rows.table
    kept: list[dict[str, object]] = [{} for _ in range(len(table))]
    for header in columns.unmapped:
        for i, cell in enumerate(table.cells[header]):
            if is_blank(cell):
                continue
            try:
                kept[i][header] = _plain_json(cell)
            except CellProblem as problem:
                rows.reject(i, header, cell, problem.en, problem.zh)
    for i, given in enumerate(rows.values.get("extra", ())):
        if isinstance(given, dict) and not set(given) & set(kept[i]):
            kept[i] = given | kept[i]
        elif given is not None:
            rows.reject(
                i,
                "extra",
                given,
                "must be an object without the names of other columns",
                "须为对象，且不得与其他列同名",
            )
    rows.values["extra"] = [values or None for values in kept]
    if columns.unmapped:
        rows.notes.append(
            Note(
                f"columns that fit no field are kept in extra: {', '.join(columns.unmapped)}",
                f"未对应字段的列保存在 extra 中：{'、'.join(columns.unmapped)}",
            )
        )


def _plain_json(cell: object) -> object:
    """Cell as a JSON value."""
    if isinstance(cell, str):
        check_text(cell)
        return cell
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, np.ndarray):
        cell = cell.tolist()
    if isinstance(cell, bool | int | dict | list) or (isinstance(cell, float) and np.isfinite(cell)):
        return cell
    return cell.hex() if isinstance(cell, bytes) else as_text(cell)


def fill_accuracy(rows: Rows, accuracy_m: float | None, added_m: float) -> None:
    """Set accuracies: the column, else the argument; unknown stays unknown, and the way to CGCS2000 adds its doubt."""
    if accuracy_m is not None and not (np.isfinite(accuracy_m) and accuracy_m > 0):
        raise OutOfRangeError(
            f"accuracy {accuracy_m} m is not above 0; leave it out when it is unknown",
            zh=f"精度 {accuracy_m} m 须大于 0；未知时请不要填写",
        )
    values = rows.values.get("accuracy_m", [None] * len(rows.table))
    for i in [i for i, value in enumerate(values) if value == 0]:
        rows.reject(
            i, "accuracy_m", 0, "0 is no accuracy; leave it empty when unknown", "精度不能为 0；未知时请留空"
        )
    given = (accuracy_m if value is None else value for value in values)
    rows.values["accuracy_m"] = [None if value is None else value + added_m for value in given]  # type: ignore[operator]  # parsed as numbers
