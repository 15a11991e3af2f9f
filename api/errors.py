"""One table from error to HTTP status and exit code, and the one shape of an error.

A class covers its children, so the table stays short::

    {"error": {"type": "ConflictError", "message": "…", "message_zh": "…", "details": …}}
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, Self

from pydantic import BaseModel

from geo.errors import ExtraError, GeoError, RiskmapError
from geo.text import Text
from layers.errors import (
    CancelledError,
    ConflictError,
    FormatError,
    LayersError,
    NotAvailableError,
    NotFoundError,
    ReadOnlyError,
    StoreError,
    UnknownLayerError,
)

__all__ = [
    "OUTCOMES",
    "AccessError",
    "ErrorBody",
    "ListenError",
    "PreconditionError",
    "RejectedError",
    "SettingsError",
    "TooManyTriesError",
    "UnknownParameterError",
    "describe_error",
    "describe_surprise",
    "exit_code",
    "http_status",
    "is_of_the_server",
]


class SettingsError(RiskmapError):
    """A setting is missing or does not fit."""


class AccessError(RiskmapError):
    """The request lacks a valid access key."""


class TooManyTriesError(RiskmapError):
    """Too many wrong access keys came from one address."""


class PreconditionError(RiskmapError):
    """A change does not say which version it is made to."""


class UnknownParameterError(RiskmapError):
    """A request has a query parameter that its address does not know."""


class ListenError(RiskmapError):
    """The server cannot listen at its address."""


class RejectedError(RiskmapError):
    """No row of a file can be read; ``details`` holds row, column, value, reason and reason_zh of each problem."""

    _SHOWN = 5

    details: list[Mapping[str, Any]]

    @classmethod
    def of_rows(cls, rejected: Sequence[Mapping[str, Any]]) -> Self:
        """Return the error that names the first of the rejected rows and carries all of them."""
        shown = rejected[: cls._SHOWN]
        en = "; ".join(_describe_rejection(one, "row {row}", one["reason"]) for one in shown)
        zh = "；".join(_describe_rejection(one, "第 {row} 行", one["reason_zh"]) for one in shown)
        more = len(rejected) - len(shown)
        error = cls(
            f"nothing can be checked: {en}" + (f"; and {more} more" if more else ""),
            zh=f"没有可检查的行：{zh}" + (f"；另有 {more} 处" if more else ""),
        )
        error.details = list(rejected)
        return error


class Outcome(NamedTuple):
    """How the doors answer an error."""

    status: HTTPStatus
    """HTTP status."""
    exit_code: int
    """Exit code of the command line: 2 wrong use or bad input, 3 not available, 4 failed."""


OUTCOMES: dict[type[RiskmapError], Outcome] = {
    RiskmapError: Outcome(HTTPStatus.INTERNAL_SERVER_ERROR, 4),
    GeoError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
    ExtraError: Outcome(HTTPStatus.SERVICE_UNAVAILABLE, 3),
    LayersError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
    UnknownLayerError: Outcome(HTTPStatus.NOT_FOUND, 2),
    NotFoundError: Outcome(HTTPStatus.NOT_FOUND, 2),
    FormatError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
    ConflictError: Outcome(HTTPStatus.PRECONDITION_FAILED, 4),
    StoreError: Outcome(HTTPStatus.SERVICE_UNAVAILABLE, 3),
    ReadOnlyError: Outcome(HTTPStatus.FORBIDDEN, 3),
    NotAvailableError: Outcome(HTTPStatus.SERVICE_UNAVAILABLE, 3),
    CancelledError: Outcome(HTTPStatus.CONFLICT, 4),
    SettingsError: Outcome(HTTPStatus.INTERNAL_SERVER_ERROR, 2),
    UnknownParameterError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
    ListenError: Outcome(HTTPStatus.INTERNAL_SERVER_ERROR, 4),
    RejectedError: Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, 2),
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


def describe_error(error: RiskmapError) -> dict[str, Any]:
    """Return an error as it is shown over HTTP."""
    told = error.told if isinstance(error, StoreError) else Text(error.zh, error.message)
    return {
        "type": type(error).__name__,
        "message": told.en,
        "message_zh": told.zh,
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


def is_of_the_server(error: RiskmapError) -> bool:
    """Tell whether the cause lies with the server, so that its log must name it."""
    return http_status(error) >= HTTPStatus.INTERNAL_SERVER_ERROR


def exit_code(error: RiskmapError) -> int:
    """Return the command line's exit code of an error."""
    return _outcome(error).exit_code


def _describe_rejection(rejection: Mapping[str, Any], row: str, reason: str) -> str:
    cell = "" if rejection["column"] is None else f", {rejection['column']}={rejection['value']}"
    return f"{row.format(**rejection)}{cell}: {reason}"


def _outcome(error: RiskmapError) -> Outcome:
    return next(OUTCOMES[parent] for parent in type(error).__mro__ if parent in OUTCOMES)
