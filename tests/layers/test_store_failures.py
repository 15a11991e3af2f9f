"""Databases that are not there, go away, or are held by others: a clear error, and nothing half-written."""

import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa

from layers.errors import StoreError
from layers.store import Store, current_revision, upgrade
from layers.store.dialects import sqlite
from layers.store.migrations import head_revision
from tests.layers.frames import many_points, ponds


@pytest.mark.parametrize(
    "url",
    ["", "riskmap.db", "mysql://localhost/x", "postgresql+psycopg2://localhost/x", "sqlite+aiosqlite:///x"],
)
def test_address_of_another_kind_is_refused(url):
    with pytest.raises(StoreError, match="RISKMAP_DATABASE_URL is not understood"):
        Store.open(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_sqlite_without_file_is_refused(url):
    with pytest.raises(StoreError, match="SQLite needs a file"):
        Store.open(url)


def test_missing_file_is_refused_and_not_made(tmp_path):
    path = tmp_path / "riskmap.db"
    for call in (Store.open, current_revision):
        with pytest.raises(StoreError, match=r"there is no database .*riskmap init"):
            call(f"sqlite:///{path}")
    assert not path.exists()


def test_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "riskmap.db"
    path.write_bytes(b"PK\3\4" + bytes(5000))
    for call in (Store.open, upgrade):
        with pytest.raises(StoreError, match="not a database"):
            call(f"sqlite:///{path}")
    assert path.read_bytes() == b"PK\3\4" + bytes(5000)


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make the folder"):
        upgrade(f"sqlite:///{tmp_path}/file/riskmap.db")


def test_server_that_is_not_there_is_refused_without_showing_the_password():
    with pytest.raises(StoreError, match="Check that the server runs") as caught:
        Store.open("postgresql+psycopg://someone:pa55word@127.0.0.1:1/nowhere")
    assert "pa55word" not in caught.value.message + caught.value.zh
    assert "someone:***@127.0.0.1:1/nowhere" in caught.value.message


def test_url_display_hides_the_password(postgis_url):
    with Store.open(postgis_url) as store:
        password = sa.make_url(postgis_url).password
        assert password is not None
        assert f":{password}@" not in store.url_display
        assert ":***@" in store.url_display


def test_plain_postgresql_address_uses_the_driver_that_is_installed(postgis_url):
    with Store.open(postgis_url.replace("postgresql+psycopg", "postgresql")) as store:
        assert store.count("rivers") == 0


def test_server_that_goes_away_during_a_write_leaves_nothing(postgis_url):
    with Store.open(postgis_url) as store:
        digest = store.layer_digest("enterprises")
        with pytest.raises(StoreError, match=r"Nothing was half-written.*try again"):
            store.write("enterprises", many_points(12_000), progress=_kill_at(postgis_url, 0.4))
        # The same store finds its way back.
        assert store.count("enterprises") == 0
        assert store.layer_digest("enterprises") == digest
        assert store.write("enterprises", many_points(10)).inserted == 10


def _kill_at(url: str, fraction: float):
    """Return a progress callback that ends every other connection to the database once it has come so far."""
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    end_others = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    def kill(done: float, _message: str) -> None:
        if done >= fraction:
            with server.connect() as connection:
                connection.execute(end_others)
            server.dispose()

    return kill


def test_error_during_a_write_leaves_nothing(store):
    store.write("enterprises", many_points(10))
    digest = store.layer_digest("enterprises")

    def fail(done: float, _message: str) -> None:
        if done >= 0.4:
            raise OSError("cable pulled")

    with pytest.raises(OSError, match="cable pulled"):
        store.write("enterprises", many_points(12_000).assign(staff=1), progress=fail)
    assert store.count("enterprises") == 10
    assert store.read("enterprises")["version"].tolist() == [1] * 10
    assert store.read("enterprises", bounds=(-180, -90, 180, 90))["id"].size == 10
    assert store.layer_digest("enterprises") == digest


def test_process_killed_during_a_write_leaves_nothing(new_sqlite_url):
    url = new_sqlite_url()
    script = f"""
import os, signal
from layers.store import Store
from tests.layers.frames import many_points
def die(done, message):
    if done >= 0.4:
        os.kill(os.getpid(), signal.SIGKILL)
with Store.open({url!r}) as store:
    store.write("enterprises", many_points(12_000), progress=die)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with Store.open(url) as store:
        assert store.count("enterprises") == 0
        assert store.write("enterprises", many_points(10)).inserted == 10


def test_file_held_by_another_writer_is_an_error_that_says_so(new_sqlite_url, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.1)
    url = new_sqlite_url()
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store.open(url) as store:
        with pytest.raises(StoreError, match=r"database is locked.*no other program holds it"):
            store.write("tailings_ponds", ponds())
        assert store.count("tailings_ponds") == 0
        other.execute("ROLLBACK")
        other.close()
        assert store.write("tailings_ponds", ponds()).inserted == 3


def test_missing_postgis_is_created_where_permitted(empty_postgis_url):
    upgrade(empty_postgis_url)
    assert current_revision(empty_postgis_url) == head_revision()


def test_missing_postgis_that_may_not_be_created_is_an_error_that_says_what_to_run(empty_postgis_url):
    url = sa.make_url(empty_postgis_url)
    role = f"{url.database}_visitor"
    owner = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(sa.text(f"CREATE ROLE {role} LOGIN PASSWORD 'visitor'"))
        try:
            visitor = url.set(username=role, password="visitor").render_as_string(hide_password=False)
            with pytest.raises(
                StoreError, match=r"has no PostGIS.*permission denied.*CREATE EXTENSION postgis"
            ):
                upgrade(visitor)
        finally:
            connection.execute(sa.text(f"DROP ROLE {role}"))
    owner.dispose()
    assert current_revision(empty_postgis_url) is None
