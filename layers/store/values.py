"""Values of features, checked against their field: type, range, words, codes.

Nothing is guessed: text is no number, a date has no time, a moment has a zone, and missing stays missing.
"""

import math
import numbers
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from layers.errors import FeatureError
from layers.model import Field, FieldType
from layers.store.types import dump_json

__all__ = ["as_utc", "check_text", "check_value"]

_INTEGER_LIMIT = 2**63


def as_utc(moment: datetime) -> datetime:
    """Return a moment in UTC.

    Raises
    ------
    FeatureError
        If it has no time zone.
    """
    if moment.utcoffset() is None:
        raise FeatureError(
            f"moment {moment.isoformat()} has no time zone; write it as {moment.isoformat()}Z or with an offset",
            zh=f"时间 {moment.isoformat()} 没有时区，请写明时区（如 {moment.isoformat()}+08:00）",
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise FeatureError(
            f"moment {moment.isoformat()} is outside the years 1 to 9999 in UTC",
            zh=f"时间 {moment.isoformat()} 换算为 UTC 后超出公元 1 至 9999 年",
        ) from None


def check_value(field: Field, value: Any) -> Any:
    """Return a value as it is stored: ``str``, ``int``, ``float``, ``bool``, ``date``, ``datetime`` or JSON.

    ISO 8601 text is taken for dates and moments.

    Parameters
    ----------
    field : Field
        The field that it belongs to.
    value : object
        A value that is not missing.

    Raises
    ------
    FeatureError
        If the value does not fit the field: the reason without the field's name.
    """
    stored = _CONVERTERS[field.type](value)
    if field.choices and stored not in field.choices:
        words = ", ".join(field.choices)
        raise FeatureError(f"{value!r} is none of: {words}", zh=f"“{value}”不在允许的取值中：{words}")
    if field.minimum is not None and stored < field.minimum:
        raise FeatureError(f"{value} is below {field.minimum:g}", zh=f"{value} 小于下限 {field.minimum:g}")
    if field.maximum is not None and stored > field.maximum:
        raise FeatureError(f"{value} is above {field.maximum:g}", zh=f"{value} 大于上限 {field.maximum:g}")
    if field.name == "accuracy_m" and stored == 0:
        raise FeatureError(
            "0 is no accuracy; leave it empty when it is unknown", zh="精度不能为 0；未知时请留空"
        )
    complaint = field.check(stored) if field.check else None
    if complaint:
        raise FeatureError(f"{value!r}: {complaint}", zh=f"“{value}”：{complaint}")
    return stored


def check_text(value: Any) -> str:
    """Return a text that both databases can hold.

    Raises
    ------
    FeatureError
        If it is no text, or has a NUL or half a character in it.
    """
    if not isinstance(value, str):
        raise _refuse(value, "text", "文本")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refuse(value, "text that can be stored: it has half a character", "可存储的文本") from None
    if "\0" in value:  # PostgreSQL cannot hold it
        raise _refuse(value, "text that can be stored: it has a NUL", "可存储的文本（含 NUL 字符）")
    return str(value)


def _refuse(value: Any, expected: str, expected_zh: str) -> FeatureError:
    shown = (
        str(value).encode(errors="backslashreplace").decode()
    )  # half a character cannot be sent or printed
    return FeatureError(f"{value!r} is not {expected}", zh=f"“{shown}”不是{expected_zh}")


def _integer(value: Any) -> int:
    whole = isinstance(value, numbers.Integral) or (isinstance(value, numbers.Real) and value == value // 1)
    if isinstance(value, bool | np.bool_) or not whole or not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise _refuse(value, "a whole number", "整数")
    return int(value)


def _number(value: Any) -> float:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    if not is_number or not math.isfinite(value):
        raise _refuse(value, "a finite number", "有限数值")
    return float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise _refuse(value, "true or false", "是/否（true/false）")
    return bool(value)


def _date(value: Any) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise _refuse(value, "a date such as 2026-11-22", "日期（如 2026-11-22）") from None
    if isinstance(day, datetime):
        if day.tzinfo is not None or day.time() != datetime.min.time():
            raise _refuse(value, "a date: it has a time of day", "日期（含有时刻）")
        return day.date()
    if not isinstance(day, date):
        raise _refuse(value, "a date such as 2026-11-22", "日期（如 2026-11-22）")
    return day


def _time(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise _refuse(value, "a moment such as 2026-11-22T08:00:00Z", "时间（如 2026-11-22T08:00:00Z）")
    return as_utc(moment.to_pydatetime(warn=False) if isinstance(moment, pd.Timestamp) else moment)


def _json(value: Any) -> Any:
    try:
        text = dump_json(value)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _refuse(value, f"JSON ({error})", f"有效的 JSON（{error}）") from None
    if "\\u0000" in text:
        raise _refuse(value, "JSON that can be stored: it has a NUL", "可存储的 JSON（含 NUL 字符）")
    return value


_CONVERTERS: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.TEXT: check_text,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.JSON: _json,
}
