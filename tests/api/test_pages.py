"""Pages: the map, the docs, the health check, tiles; nothing is loaded from elsewhere."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from markupsafe import escape

from api.routes.tiles import fetch_tile, tile_url
from layers.errors import NotAvailableError
from tests.api.conftest import open_client
from web.assets import STATIC_FOLDER, stale_assets

needs_assets = pytest.mark.skipif(stale_assets(), reason="the web libraries are not built")


@needs_assets
def test_map_page_is_served_under_its_own_policy(sqlite_client: Any) -> None:
    first, second = sqlite_client.get("/"), sqlite_client.get("/?lang=en")
    assert first.status_code == second.status_code == 200
    assert first.headers["content-type"].startswith("text/html")
    nonces = [
        re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])[1] for page in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}"' in first.text
    assert 'lang="zh' in first.text
    assert 'lang="en' in second.text
    assert "//" not in re.sub(
        r"https?://www\.w3\.org/\S+", "", " ".join(re.findall(r'(?:src|href)="([^"]*)"', first.text))
    )


@needs_assets
def test_map_page_lists_tile_servers_only_where_set(new_sqlite_url: Callable[[], str]) -> None:
    tiles = "https://tile.example/{z}/{x}/{y}.png"
    with open_client(new_sqlite_url(), osm_tile_url=tiles, tianditu_key="tdt-secret") as client:
        page = client.get("/")
    assert "https://tile.example" in page.headers["content-security-policy"]
    assert "/tiles/tianditu" in page.text
    assert "tdt-secret" not in page.text


@needs_assets
def test_static_files_are_kept_by_version(sqlite_client: Any) -> None:
    page = sqlite_client.get("/").text
    address = re.search(r'src="(/static/vendor/leaflet\.js\?v=\w+)"', page)[1]
    assert "immutable" in sqlite_client.get(address).headers["cache-control"]
    assert sqlite_client.get(address.partition("?")[0]).headers["cache-control"] == "no-cache"


def test_static_files_are_what_lies_there_compressed_or_not(sqlite_client: Any) -> None:
    address, file = "/static/js/app.js", STATIC_FOLDER / "js" / "app.js"
    for encoding in ("gzip", "identity"):
        answer = sqlite_client.get(address, headers={"Accept-Encoding": encoding})
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert answer.content == file.read_bytes()
    known = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["etag"]}
    assert sqlite_client.get(address, headers=known).status_code == 304
    part = sqlite_client.get(address, headers={"Accept-Encoding": "gzip", "Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, file.read_bytes()[2:6])


def test_docs_page_loads_nothing_and_runs_nothing(sqlite_client: Any) -> None:
    page = sqlite_client.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert re.findall(r'(?:src|href)="([^"]*)"', page.text) == ["data:,", "/openapi.json", "/"]
    for path, operations in sqlite_client.get("/openapi.json").json()["paths"].items():
        assert f"<code>{path}</code>" in page.text
        assert all(operation["summary"] for operation in operations.values())
    assert "If-Match" in page.text.replace("if-match", "If-Match")


def test_openapi_is_valid_and_complete(sqlite_client: Any) -> None:
    schema = sqlite_client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    ids = [one["operationId"] for item in schema["paths"].values() for one in item.values()]
    assert len(ids) == len(set(ids))
    known = set(schema["components"]["schemas"])
    used = set(re.findall(r"#/components/schemas/([\w.-]+)", str(schema)))
    assert used <= known
    promised = "layers features imports exports check findings grids jobs setback search"
    for word in promised.split():
        assert any(f"/{word}" in path for path in schema["paths"]), word


def test_openapi_says_what_every_operation_does_and_every_parameter_means(sqlite_client: Any) -> None:
    for path, item in sqlite_client.get("/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            summary, description = operation["summary"], operation["description"]
            assert re.match(r"[A-Z][a-z]+ [a-z]", summary), (method, path, summary)
            assert description.replace("``", "`").startswith(summary), (method, path)
            unsaid = [one["name"] for one in operation.get("parameters", ()) if not one.get("description")]
            assert unsaid == [], (method, path)


def test_every_model_of_the_interface_has_a_name_of_its_own(sqlite_client: Any) -> None:
    names = sqlite_client.get("/openapi.json").json()["components"]["schemas"]
    assert [
        name for name in names if "__" in name
    ] == []  # where two are called the same, modules stand before


def test_health_says_nothing_but_its_state(locked_client: Any) -> None:
    answer = locked_client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_without_database_is_bad(sqlite_client: Any, tmp_path: Any) -> None:
    for path in tmp_path.glob("riskmap-*"):
        path.unlink()
    # Closed after that: what the server prepares while it starts may open another connection in between.
    sqlite_client.app.state.store.close()
    answer = sqlite_client.get("/healthz")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text


def test_tiles_are_off_without_key(sqlite_client: Any) -> None:
    answer = sqlite_client.get("/tiles/tianditu/vec/3/1/1")
    assert (answer.status_code, answer.json()["error"]["type"]) == (503, "NotAvailableError")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("moon/3/1/1", 422),
        ("vec/0/0/0", 422),
        ("vec/99/1/1", 422),
        ("vec/3/8/1", 404),
        ("vec/3/-1/1", 422),
        ("vec/x/1/1", 422),
    ],
)
def test_tiles_that_do_not_exist_are_not_asked_for(
    new_sqlite_url: Callable[[], str], path: str, status: int
) -> None:
    with open_client(new_sqlite_url(), tianditu_key="tdt-secret") as client:
        assert client.get(f"/tiles/tianditu/{path}").status_code == status


def test_tile_address_holds_layer_place_and_key() -> None:
    url = tile_url("img", 5, 25, 13, "a key&x")
    assert url.startswith("https://t6.tianditu.gov.cn/img_w/wmts?")
    for part in ("LAYER=img", "TILEMATRIX=5", "TILECOL=25", "TILEROW=13", "tk=a+key%26x", "TILEMATRIXSET=w"):
        assert part in url


class _Tiles(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = {"/tile": ("image/png", b"picture"), "/error": ("application/json", b"{}")}.get(
            self.path, ("", b"")
        )
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def tile_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Tiles)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_tile_is_handed_on_with_its_kind(tile_server: str) -> None:
    assert fetch_tile(f"{tile_server}/tile") == (b"picture", "image/png")


@pytest.mark.parametrize("path", ["/error", "/missing?tk=tdt-secret"])
def test_what_is_no_picture_is_not_handed_on(tile_server: str, path: str) -> None:
    with pytest.raises(NotAvailableError) as caught:
        fetch_tile(tile_server + path)
    assert "tdt-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "address", ["/enterprises/<b>none", "/enterprises/none.pdf", "/nowhere", "/api/v1/jobs/none"]
)
def test_what_is_not_there_is_said_on_a_page_to_people_and_as_json_to_programs(
    sqlite_client: Any, address: str
) -> None:
    page = sqlite_client.get(address, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    told = sqlite_client.get(address)
    assert page.status_code == told.status_code == 404
    assert "script" not in page.headers["content-security-policy"]
    assert all(escape(told.json()["error"][name]) in page.text for name in ("message", "message_zh"))
    assert 'href="/"' in page.text
    assert "<b>" not in page.text
