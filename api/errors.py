"""One table from error to HTTP status and exit code, and the one shape of an error.

A class covers its children, so the table stays short::

    {"error": {"type": "ConflictError", "message": "…", "message_zh": "…", "details": …}}
"""

import logging
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from geo.errors import GeoError, RiskmapError
from layers.errors import (
    CancelledError,
    ConflictError,
    FormatError,
    LayersError,
    NotAvailableError,
    NotFoundError,
    StoreError,
    UnknownLayerError,
)

__all__ = [
    "OUTCOMES",
    "AccessError",
    "ErrorBody",
    "PreconditionError",
    "SettingsError",
    "TooManyTriesError",
    "add_error_handlers",
    "describe_error",
    "describe_surprise",
    "exit_code",
    "http_status",
]

_logger = logging.getLogger(__name__)


class SettingsError(RiskmapError):
    """A setting is missing or does not fit."""


class AccessError(RiskmapError):
    """The request lacks a valid access key."""


class TooManyTriesError(RiskmapError):
    """Too many wrong access keys came from one address."""


class PreconditionError(RiskmapError):
    """A change does not say which version it is made to."""


class Outcome(NamedTuple):
    """How the doors answer an error."""

    status: HTTPStatus
    """HTTP status."""
    exit_code: int
    """Exit code of the command line: 2 wrong use or bad input, 3 not available, 4 failed."""


OUTCOMES: dict[type[RiskmapError], Outcome] = {
    RiskmapError: Outcome(HTTPStatus.INTERNAL_SERVER_ERROR, 4),
    GeoError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
    LayersError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
    UnknownLayerError: Outcome(HTTPStatus.NOT_FOUND, 2),
    NotFoundError: Outcome(HTTPStatus.NOT_FOUND, 2),
    FormatError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
    ConflictError: Outcome(HTTPStatus.PRECONDITION_FAILED, 4),
    StoreError: Outcome(HTTPStatus.SERVICE_UNAVAILABLE, 3),
    NotAvailableError: Outcome(HTTPStatus.SERVICE_UNAVAILABLE, 3),
    CancelledError: Outcome(HTTPStatus.CONFLICT, 4),
    SettingsError: Outcome(HTTPStatus.INTERNAL_SERVER_ERROR, 2),
    AccessError: Outcome(HTTPStatus.UNAUTHORIZED, 2),
    TooManyTriesError: Outcome(HTTPStatus.TOO_MANY_REQUESTS, 2),
    PreconditionError: Outcome(HTTPStatus.PRECONDITION_REQUIRED, 2),
}
"""What each error means at the doors; the nearest parent class counts."""


class ErrorBody(BaseModel):
    """What went wrong, for people in both languages and for programs by ``type``."""

    type: str
    message: str
    message_zh: str
    details: Any = None


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorBody


def describe_error(error: RiskmapError) -> dict[str, Any]:
    """Return an error as the doors show it."""
    return {
        "type": type(error).__name__,
        "message": error.message,
        "message_zh": error.zh,
        "details": getattr(error, "details", None),
    }


def describe_surprise() -> dict[str, Any]:
    """Return what is shown of an error that nobody foresaw; its cause stands in the log only."""
    return {
        "type": "InternalError",
        "message": "something went wrong on the server; its log says what",
        "message_zh": "服务器内部错误，详见服务器日志",
        "details": None,
    }


def http_status(error: RiskmapError) -> HTTPStatus:
    """Return the HTTP status of an error."""
    return _outcome(error).status


def exit_code(error: RiskmapError) -> int:
    """Return the command line's exit code of an error."""
    return _outcome(error).exit_code


def _outcome(error: RiskmapError) -> Outcome:
    return next(OUTCOMES[parent] for parent in type(error).__mro__ if parent in OUTCOMES)


def add_error_handlers(app: FastAPI) -> None:
    """Make the application answer every error in the one shape."""
    app.add_exception_handler(RiskmapError, _answer_riskmap_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(Exception, _answer_surprise)


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the response of an error."""
    return JSONResponse({"error": body}, status, headers=headers)


async def _answer_riskmap_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RiskmapError)
    status = http_status(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _logger.error("%s: %s", type(error).__name__, error.message)
    headers = {"WWW-Authenticate": "X-Riskmap-Key"} if status == HTTPStatus.UNAUTHORIZED else None
    return answer(status, describe_error(error), headers)


async def _answer_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    zh = _STATUS_ZH.get(error.status_code, "请求无法处理")
    body = {"type": "HttpError", "message": str(error.detail), "message_zh": zh, "details": None}
    return answer(error.status_code, body, dict(error.headers or {}))


async def _answer_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [_describe_problem(item) for item in error.errors()]
    body = {
        "type": "ValidationError",
        "message": "; ".join(f"{item['where']}: {item['message']}" for item in problems),
        "message_zh": "；".join(f"{item['where']}：{item['message_zh']}" for item in problems),
        "details": problems,
    }
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, body)


async def _answer_surprise(_request: Request, _error: Exception) -> Response:
    # The server logs the traceback itself after this answer.
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, describe_surprise())


def _describe_problem(item: dict[str, Any]) -> dict[str, str]:
    template = _PROBLEMS_ZH.get(item["type"], "值不符合要求")
    context = {key: str(value) for key, value in item.get("ctx", {}).items()}
    return {
        "where": ".".join(str(part) for part in item["loc"]),
        "message": item["msg"],
        "message_zh": template.format_map(_Blank(context)),
    }


class _Blank(dict[str, str]):
    """Leaves nothing where a template names a value that the problem does not have."""

    def __missing__(self, key: str) -> str:
        return ""


_STATUS_ZH = {
    400: "请求格式有误",
    403: "请求被拒绝",
    404: "没有这个地址或内容",
    405: "此地址不支持该方法",
    413: "上传内容超过大小限制",
    415: "不支持的内容类型",
}
_PROBLEMS_ZH = {
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
