"""What is wrong with a value that a schema refuses, in Chinese; pydantic says it in English."""

from collections.abc import Mapping
from typing import Any

__all__ = ["problem_zh"]


def problem_zh(kind: str, context: Mapping[str, Any]) -> str:
    """Return in Chinese what is wrong.

    Parameters
    ----------
    kind : str
        Type of the error, as pydantic names it.
    context : mapping
        Values that it is about, for example the limit that was passed; a check of our own is of the type ``bilingual``
        and brings its sentence as ``zh``.
    """
    template = _PROBLEMS_ZH.get(kind, "值不符合要求")
    return template.format_map(_Blank({key: str(value) for key, value in context.items()}))


class _Blank(dict[str, str]):
    """Leaves nothing where a template names a value that the problem does not have."""

    def __missing__(self, key: str) -> str:
        return ""


_PROBLEMS_ZH = {
    "bilingual": "{zh}",
    "missing": "缺少必填项",
    "extra_forbidden": "不认识的字段",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "finite_number": "应为有限数字",
    "bool_parsing": "应为 true 或 false",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "只能取 {expected}",
    "enum": "只能取 {expected}",
    "json_invalid": "不是有效的 JSON",
    "date_from_datetime_parsing": "应为日期，如 2026-01-31",
    "date_parsing": "应为日期，如 2026-01-31",
    "datetime_parsing": "应为时间，如 2026-01-31T08:00:00Z",
    "datetime_from_date_parsing": "应为时间，如 2026-01-31T08:00:00Z",
    "uuid_parsing": "应为 UUID",
}
