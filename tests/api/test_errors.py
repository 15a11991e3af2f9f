"""One shape and one table for all errors."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter

import api
import geo
import layers
from api.errors import OUTCOMES, describe_error, exit_code, http_status
from geo.errors import PlantError, RiskmapError
from geo.rules.horizon import NarrowError
from geo.text import Text
from layers.errors import ConflictError, NotAvailableError, StoreError
from tests.api.conftest import TestClient, wait_for


def all_errors(parent: type[RiskmapError] = RiskmapError) -> Iterator[type[RiskmapError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from all_errors(child)


ARGUMENTS: dict[type[RiskmapError], tuple[str, ...]] = {
    PlantError: ("units[0]", "what", "什么"),
    NarrowError: ("rivers",),
}
"""What errors are made from that take more, or less, than a message in both languages."""


def import_everything() -> None:
    for package in (geo, layers, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def test_every_error_has_a_status_and_an_exit_code() -> None:
    import_everything()
    for kind in all_errors():
        error = kind(*ARGUMENTS.get(kind, ("what", "什么")))
        assert 400 <= http_status(error) < 600, kind
        assert exit_code(error) in (2, 3, 4), kind
        assert describe_error(error)["type"] == kind.__name__
        # Only the root itself may be a surprise: every branch is placed on purpose.
        assert kind is RiskmapError or any(
            parent in OUTCOMES for parent in kind.__mro__[:-1] if parent is not RiskmapError
        )


def test_table_names_what_the_interface_promises() -> None:
    assert http_status(ConflictError("x")) == 412
    assert (http_status(NotAvailableError("x")), exit_code(NotAvailableError("x"))) == (503, 3)


@pytest.mark.parametrize(
    ("method", "path", "status", "zh"),
    [
        ("GET", "/nowhere", 404, "没有这个地址或内容"),
        ("PUT", "/api/v1/layers", 405, "此地址不支持该方法"),
        ("GET", "/static/../api/main.py", 404, "没有这个地址或内容"),
        ("GET", "/static/%2e%2e/%2e%2e/pyproject.toml", 404, "没有这个地址或内容"),
    ],
)
def test_http_errors_have_the_shape(sqlite_client: Any, method: str, path: str, status: int, zh: str) -> None:
    answer = sqlite_client.request(method, path)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"type", "message", "message_zh", "details"}
    assert error["message_zh"] == zh


def test_invalid_requests_are_explained_in_both_languages(sqlite_client: Any) -> None:
    answer = sqlite_client.post("/api/v1/grids", json={"resolution": 99, "colour": "red"})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["type"] == "ValidationError"
    assert {problem["where"]: problem["message_zh"] for problem in error["details"]} == {
        "body.resolution": "应不大于 15",
        "body.colour": "不认识的字段",
    }
    assert "body.resolution: Input should be less than or equal to 15" in error["message"]


@pytest.mark.parametrize("body", ["{", "", "[" * 100_000, '{"resolution": NaN}', "\x00"])
def test_broken_json_is_refused(sqlite_client: Any, body: str) -> None:
    answer = sqlite_client.post("/api/v1/grids", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message_zh"]


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/v1/exports", '{"layer": "\\ud800", "format": "csv"}'),
        ("/api/v1/layers/rivers/features", '{"type": "Feature", "properties": {"\\ud800": "x"}}'),
        (
            "/api/v1/check",
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"\\ud800": "\\ud800", '
            '"name": "\\ud800"}, "geometry": {"type": "Point", "coordinates": [103, 26]}}]}',
        ),
    ],
)
def test_half_a_character_is_refused_and_written_out(sqlite_client: Any, address: str, body: str) -> None:
    answer = sqlite_client.post(address, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (404, 422)
    assert r"\ud800" in answer.json()["error"]["message"]


def test_who_asks_from_elsewhere_is_not_told_where_the_database_is(sqlite_client: Any) -> None:
    def fail(**_options: Any) -> None:
        raise StoreError(
            "database sqlite:////home/ann/x.db: disk I/O error", told=Text("稍后再试", "try later")
        )

    job = sqlite_client.app.state.jobs.submit("setback", lambda progress: fail())
    error = wait_for(sqlite_client, {"id": job.id})["error"]
    assert (error["type"], error["message"], error["message_zh"]) == ("StoreError", "try later", "稍后再试")


def test_a_body_beyond_the_limit_is_refused(sqlite_client: Any) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 1_000_000

    headers = {"Content-Type": "application/json"}
    answer = sqlite_client.post("/api/v1/grids", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"]["message_zh"].startswith("内容超过此地址允许的大小")


@pytest.mark.parametrize("address", ["/api/v1/grids", "/api/v1/check", "/api/v1/layers/rivers/features"])
def test_a_body_that_says_it_is_beyond_the_limit_is_refused(sqlite_client: Any, address: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = sqlite_client.post(address, content=b" " * 20_000_000, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    error = answer.json()["error"]
    assert error["type"] == "HttpError"
    assert "RISKMAP_UPLOAD_LIMIT_MB" in error["message_zh"]
    assert "RISKMAP_UPLOAD_LIMIT_MB" in error["message"]


def test_a_surprise_is_not_shown(sqlite_client: Any) -> None:
    router = APIRouter()

    @router.get("/surprise")
    def surprise() -> None:
        raise ZeroDivisionError("inner detail")

    sqlite_client.app.include_router(router)
    calm = TestClient(sqlite_client.app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    answer = calm.get("/surprise")
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "InternalError"
    assert "inner detail" not in answer.text
