"""Errors as HTTP answers, explained in both languages.

Programs get the one shape of :mod:`api.errors`; people who open an address in a browser get a page to read.
"""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ErrorBody, describe_error, describe_surprise, http_status, is_of_the_server
from api.html import answer_page
from geo.errors import RiskmapError
from geo.text import spell_halves
from layers.problems import problem_zh

__all__ = ["ErrorAnswer", "OneShape", "add_error_handlers", "answer"]

_logger = logging.getLogger(__name__)


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorBody


def add_error_handlers(app: FastAPI) -> None:
    """Make the application answer every error in the one shape."""
    app.add_exception_handler(RiskmapError, _answer_riskmap_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(Exception, _answer_surprise)


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the response of an error for programs."""
    return JSONResponse({"error": body}, status, headers=headers)


def _answer_reader(
    request: Request, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> Response:
    """Return the response of an error for whoever asks: a page for the address bar of a browser, else JSON."""
    if "text/html" not in request.headers.get("accept", ""):
        return answer(status, body, headers)
    return answer_page("error.html", {"status": status, **body}, status=status, headers=headers)


class OneShape:
    """ASGI layer that puts the answer to a body over the limit into the one shape.

    Where the stated length is too large the framework sends plain text in place of what the handlers answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and the answer back."""
        is_replaced = False

        async def send_shaped(message: Message) -> None:
            nonlocal is_replaced
            if is_replaced:
                return
            is_replaced = _is_plain_refusal(message)
            if is_replaced:
                await answer(413, _describe_http_error(413, _TOO_LARGE))(scope, receive, send)
            else:
                await send(message)

        await self.app(scope, receive, send_shaped)


def _is_plain_refusal(message: Message) -> bool:
    if message["type"] != "http.response.start" or message["status"] != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")


async def _answer_riskmap_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RiskmapError)
    status = http_status(error)
    if is_of_the_server(error):
        _logger.error("%s: %s", type(error).__name__, error.message)
    headers = {"WWW-Authenticate": "X-Riskmap-Key"} if status == HTTPStatus.UNAUTHORIZED else None
    return _answer_reader(request, status, describe_error(error), headers)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    body = _describe_http_error(error.status_code, str(error.detail))
    return _answer_reader(request, error.status_code, body, dict(error.headers or {}))


def _describe_http_error(status: int, message: str) -> dict[str, Any]:
    zh = _STATUS_ZH.get(status, "请求无法处理")
    return {"type": "HttpError", "message": message, "message_zh": zh, "details": None}


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [_describe_problem(item) for item in error.errors()]
    body = {
        "type": "ValidationError",
        "message": "; ".join(f"{item['where']}: {item['message']}" for item in problems),
        "message_zh": "；".join(f"{item['where']}：{item['message_zh']}" for item in problems),
        "details": problems,
    }
    return _answer_reader(request, HTTPStatus.UNPROCESSABLE_ENTITY, body)


async def _answer_surprise(request: Request, _error: Exception) -> Response:
    # The server logs the traceback itself after this answer.
    return _answer_reader(request, HTTPStatus.INTERNAL_SERVER_ERROR, describe_surprise())


def _describe_problem(item: dict[str, Any]) -> dict[str, str]:
    return {
        "where": spell_halves(".".join(str(part) for part in item["loc"])),
        "message": spell_halves(item["msg"]),
        "message_zh": problem_zh(item["type"], item.get("ctx", {})),
    }


_TOO_LARGE = (
    "the body is larger than this address takes: send less at a time; for files the limit is the setting "
    "RISKMAP_UPLOAD_LIMIT_MB"
)
_STATUS_ZH = {
    400: "请求格式有误",
    403: "请求被拒绝",
    404: "没有这个地址或内容",
    405: "此地址不支持该方法",
    413: "内容超过此地址允许的大小：请减少内容或分次上传；文件的上限由管理员以 RISKMAP_UPLOAD_LIMIT_MB 设定",
    415: "不支持的内容类型",
}
