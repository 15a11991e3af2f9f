"""Fixtures that all tests share: a store on each of the two databases, and a clean environment."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import URL, create_engine, make_url, text

from layers.store import Store, upgrade
from tests.services import require_service

# How long an example takes depends on what else the machine does; speed is measured by the benchmarks.
hypothesis.settings.register_profile("riskmap", deadline=None)
hypothesis.settings.load_profile("riskmap")

KEPT_VARIABLES = ("RISKMAP_TEST_POSTGIS_URL", "RISKMAP_CHROMIUM", "RISKMAP_RASTER_FOLDER")
"""What the tests themselves are told; every other RISKMAP_ variable would change the product."""


@pytest.fixture(scope="session", autouse=True)
def _raster_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Rasters lie in the folders of the tests; it is set before any server of a whole file of tests starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKMAP_RASTER_FOLDER", str(tmp_path_factory.getbasetemp()))
        yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("RISKMAP_") and name not in KEPT_VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv(
        "RISKMAP_KERNEL_FOLDER_MB", "0"
    )  # nothing in the user's folder, nothing from another test
    monkeypatch.setenv("RISKMAP_WORKERS", "1")  # tests already take all processors


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "riskmap.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgis_server() -> URL:
    """Address of the test server: a skip at a desk without one, a failure in CI."""
    address = os.environ.get("RISKMAP_TEST_POSTGIS_URL")
    require_service(address, "RISKMAP_TEST_POSTGIS_URL")
    return make_url(address)


@pytest.fixture(scope="session")
def postgis_template(postgis_server: URL) -> Iterator[str]:
    """Name of a migrated, empty database of this worker, to copy."""
    with _temporary_database(postgis_server, "CREATE DATABASE {name}") as url:
        upgrade(_address(url))
        assert url.database is not None
        yield url.database


@pytest.fixture(scope="session")
def postgis_database(postgis_server: URL, postgis_template: str) -> Iterator[str]:
    """Address of the one database of this worker; `postgis_url` empties it for each test."""
    with _temporary_database(postgis_server, f"CREATE DATABASE {{name}} TEMPLATE {postgis_template}") as url:
        yield _address(url)


@pytest.fixture
def postgis_url(postgis_database: str) -> str:
    """Address of a migrated, empty PostGIS database."""
    _empty_tables(postgis_database)
    return postgis_database


@pytest.fixture
def empty_postgis_url(postgis_server: URL) -> Iterator[str]:
    """A database of its own for one test, without tables and without the extension."""
    with _temporary_database(postgis_server, "CREATE DATABASE {name}") as url:
        yield _address(url)


@pytest.fixture(params=["sqlite", "postgis"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Address of a migrated, empty database; a test that takes it runs on both."""
    if request.param == "sqlite":
        return request.getfixturevalue("new_sqlite_url")()
    url: str = request.getfixturevalue("postgis_url")
    return url


@pytest.fixture
def new_sqlite_url(sqlite_template: Path, tmp_path: Path) -> Callable[[], str]:
    """Make the address of another migrated, empty SQLite file, for tests of what is above the store."""

    def copy_template() -> str:
        path = tmp_path / f"riskmap-{uuid.uuid4().hex[:8]}.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    return copy_template


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store; a test that takes it runs on both databases."""
    with Store.open(store_url) as opened:
        yield opened


@contextmanager
def _temporary_database(server: URL, statement: str) -> Iterator[URL]:
    name = f"riskmap_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement.format(name=name)))
        yield server.set(database=name)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


def _address(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _empty_tables(url: str) -> None:
    """Take the database back to what the migrations left, touching only what a test wrote to."""
    engine = create_engine(url)
    with engine.begin() as connection:
        touched = connection.scalars(text("SELECT layer FROM layer_state WHERE revision > 0 ORDER BY layer"))
        tables = ", ".join(["runs", *touched])
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
        partitions = "SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'"
        for name in connection.scalars(text(partitions)).all():
            connection.execute(text(f"DROP TABLE {name}"))
        connection.execute(
            text("UPDATE layer_state SET digest = repeat('0', 64), revision = 0, updated_at = NULL")
        )
    engine.dispose()
