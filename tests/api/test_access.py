"""Who may come in: host names, origins, keys, sessions."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from api.access import COOKIE
from tests.api.conftest import TestClient, open_client

LAYERS = "/api/v1/layers"
ANN = "ann-secret-key-0123456789"


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000"])
def test_host_of_this_machine_is_served(sqlite_client: Any, host: str) -> None:
    assert sqlite_client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "", "[::1", "a@127.0.0.1x"]
)
def test_host_of_another_name_is_refused(sqlite_client: Any, host: str) -> None:
    answer = sqlite_client.get("/healthz", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "HostError"


def test_configured_host_is_served(locked_client: Any) -> None:
    assert locked_client.get("/healthz", headers={"Host": "map.example"}).status_code == 200
    assert locked_client.get("/healthz", headers={"Host": "other.example"}).status_code == 400


def test_without_keys_only_loopback_is_trusted(new_sqlite_url: Callable[[], str]) -> None:
    with open_client(new_sqlite_url(), allowed_hosts="192.0.2.7") as client:
        assert client.get(LAYERS).status_code == 200
        # Listening elsewhere without keys by some other way of starting.
        outside = TestClient(client.app, base_url="http://192.0.2.7", follow_redirects=False)
        assert outside.get(LAYERS).status_code == 401
        assert outside.get("/").status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        LAYERS,
        f"{LAYERS}/rivers/features",
        "/api/v1/search?q=a",
        "/api/v1/findings",
        "/api/v1/grids",
        "/api/v1/jobs",
        "/api/v1/exports/rivers.csv",
        "/tiles/tianditu/vec/1/0/0",
        "/openapi.json",
    ],
)
def test_strangers_get_no_data(locked_client: Any, path: str) -> None:
    answer = locked_client.get(path)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "AccessError"


def test_every_data_route_needs_a_key(locked_client: Any) -> None:
    for path, operations in locked_client.app.openapi()["paths"].items():
        for method in operations:
            address = (
                path.replace("{slug}", "rivers").replace("{z}/{x}/{y}", "1/0/0").replace("{layer}", "vec")
            )
            assert locked_client.request(method, address).status_code == 401, (method, path)


def test_key_in_header_opens(locked_client: Any) -> None:
    assert locked_client.get(LAYERS, headers={"X-Riskmap-Key": ANN}).status_code == 200
    assert locked_client.get(LAYERS, headers={"X-Riskmap-Key": ANN[:-1]}).status_code == 401
    assert locked_client.get(LAYERS, headers={"X-Riskmap-Key": ""}).status_code == 401


def test_log_in_sets_a_guarded_cookie_and_log_out_ends_the_session(locked_client: Any) -> None:
    assert locked_client.get("/").headers["location"] == "/login"
    assert "key" in locked_client.get("/login").text
    entered = locked_client.post("/login", data={"key": ANN})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert ANN not in cookie
    assert locked_client.get(LAYERS).status_code == 200

    session = locked_client.cookies[COOKIE]
    locked_client.post("/logout")
    locked_client.cookies.set(COOKIE, session)
    assert locked_client.get(LAYERS).status_code == 401


def test_cookie_is_secure_over_https(locked_client: Any) -> None:
    over_tls = TestClient(locked_client.app, base_url="https://map.example", follow_redirects=False)
    assert "Secure" in over_tls.post("/login", data={"key": ANN}).headers["set-cookie"]


def test_wrong_key_in_the_form_says_so_in_both_languages(locked_client: Any) -> None:
    answer = locked_client.post("/login", data={"key": "<script>"})
    assert answer.status_code == 401
    assert "访问密钥无效" in answer.text
    assert "not valid" in answer.text
    assert "<script>" not in answer.text
    assert COOKIE not in answer.cookies


def test_a_made_up_session_opens_nothing(locked_client: Any) -> None:
    for session in ("", "x", "ann", "../../x"):
        locked_client.cookies.set(COOKIE, session)
        assert locked_client.get(LAYERS).status_code == 401


def test_too_many_wrong_keys_are_cut_off(locked_client: Any) -> None:
    statuses = [locked_client.post("/login", data={"key": f"guess {n}"}).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert locked_client.get(LAYERS, headers={"X-Riskmap-Key": "guess"}).status_code == 429


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 202),
        ({"Origin": "http://127.0.0.1:8000"}, 202),
        ({"Sec-Fetch-Site": "same-origin"}, 202),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_writes_from_other_origins_are_refused(
    sqlite_client: Any, headers: dict[str, str], status: int
) -> None:
    assert sqlite_client.post("/api/v1/setback", headers=headers).status_code == status


def test_a_form_of_another_kind_cannot_write(sqlite_client: Any) -> None:
    # What a foreign page could send without asking first.
    answer = sqlite_client.post(
        "/api/v1/grids", content='{"resolution": 5}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 422


def test_answers_carry_security_headers(sqlite_client: Any) -> None:
    for path in ("/healthz", LAYERS, "/docs", "/nowhere", "/static/nowhere.js"):
        headers = sqlite_client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert headers["cache-control"] in ("no-store", "no-cache")


def test_no_secret_reaches_the_log(
    new_sqlite_url: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with open_client(new_sqlite_url(), access_keys=f"ann:{ANN}", tianditu_key="tdt-secret") as client:
        client.post("/login", data={"key": ANN})
        client.get(LAYERS, headers={"X-Riskmap-Key": ANN})
        client.get(LAYERS, headers={"X-Riskmap-Key": "a-wrong-secret"})
    assert "setting access_keys = ann:***" in caplog.text
    for secret in (ANN, "tdt-secret", "a-wrong-secret", client.cookies[COOKIE]):
        assert secret not in caplog.text


def test_jobs_of_others_are_not_there(locked_client: Any) -> None:
    ann = {"X-Riskmap-Key": ANN}
    bo = {"X-Riskmap-Key": "bo-secret-key-0123456789"}
    job = locked_client.post("/api/v1/setback", headers=ann).json()
    address = f"/api/v1/jobs/{job['id']}"
    assert locked_client.get(address, headers=ann).status_code == 200
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events"), ("GET", "/files/x")):
        assert locked_client.request(method, address + path, headers=bo).status_code == 404
    assert locked_client.get("/api/v1/jobs", headers=bo).json() == {"jobs": []}
