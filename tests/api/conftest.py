"""Fixtures of the doors: an application on each database, a client that speaks to it, a few stored features."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner, Result

from api.cli import app
from api.main import create_app
from api.settings import Settings
from layers.store import Store

with warnings.catch_warnings():
    # The test client works with httpx and asks for its successor in a warning when it is imported.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

__all__ = ["TestClient"]


@contextmanager
def open_client(store_url: str, **settings: Any) -> Iterator[TestClient]:
    served = create_app(Settings(database_url=store_url, **settings))
    with TestClient(served, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


@pytest.fixture
def url(store_url: str) -> str:
    """Address of the database of `client` and `run`: an empty one; modules that need another name it so."""
    return store_url


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    """A client of an application without keys, on both databases."""
    with open_client(url) as opened:
        yield opened


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line on the same database."""
    monkeypatch.setenv("RISKMAP_DATABASE_URL", url)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def sqlite_client(new_sqlite_url: Callable[[], str]) -> Iterator[TestClient]:
    """The same on SQLite only, for what does not depend on the database."""
    with open_client(new_sqlite_url()) as opened:
        yield opened


@pytest.fixture
def locked_client(new_sqlite_url: Callable[[], str]) -> Iterator[TestClient]:
    """A client of an application with two access keys."""
    keys = "ann:ann-secret-key-0123456789,bo:bo-secret-key-0123456789"
    with open_client(new_sqlite_url(), access_keys=keys, allowed_hosts="map.example") as opened:
        yield opened


def ponds(**columns: Any) -> gpd.GeoDataFrame:
    """Two tailings ponds at 103 E, 26 N and 0.1 degrees east of it."""
    data: dict[str, Any] = {
        "id": ["p1", "p2"],
        "name": ["一号尾矿库", "<b>二号</b>尾矿库"],
        "state": ["new", "in_service"],
        "capacity_m3": [1.5e6, float("nan")],
        "accuracy_m": [5.0, float("nan")],
        "source": "illustrative",
        **columns,
    }
    geometry = [shapely.Point(103.0, 26.0), shapely.Point(103.1, 26.0)]
    return gpd.GeoDataFrame({**data, "geom": geometry}, geometry="geom", crs="EPSG:4490")


@pytest.fixture
def filled(store_url: str) -> str:
    """Address of a database that holds the two ponds."""
    with Store.open(store_url) as store:
        store.write("tailings_ponds", ponds())
    return store_url


@pytest.fixture
def filled_client(filled: str) -> Iterator[TestClient]:
    """A client of an application that holds the two ponds, on both databases."""
    with open_client(filled) as opened:
        yield opened


def wait_for(client: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Follow a job's events to its end and return its last status."""
    with client.stream("GET", f"/api/v1/jobs/{job['id']}/events") as events:
        for _ in events.iter_lines():
            pass
    status: dict[str, Any] = client.get(f"/api/v1/jobs/{job['id']}").json()
    return status
