"""The migrated tables are those of the catalogue, up and down, on both databases."""

import contextlib
import json
import re
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import layers.store.migrations
from layers.catalog import LAYERS
from layers.errors import StoreError
from layers.store import Store, current_revision, downgrade, upgrade
from layers.store.database import Database
from layers.store.migrations import VERSION_TABLE, head_revision
from layers.store.schema import METADATA, layer_table
from tests.layers.frames import ponds


@pytest.fixture
def engine(store_url):
    database = Database(store_url)
    yield database.engine
    database.close()


@pytest.fixture(params=["sqlite", "postgis"])
def new_url(request, tmp_path):
    """An address at which there are no tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new folder %20' / 'riskmap.db'}"
    return request.getfixturevalue("empty_postgis_url")


def _is_compared(item, name, kind, _reflected, _compared_to) -> bool:
    if kind == "index" and item.dialect_kwargs.get("postgresql_using") == "gist":
        return False  # PostGIS alone has them; the next test looks for them
    return kind != "table" or not (name in ("spatial_ref_sys", VERSION_TABLE) or "_rtree" in name)


def test_migrated_tables_are_those_of_the_catalogue(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": _is_compared, "target_metadata": METADATA}
        )
        assert compare_metadata(context, METADATA) == []


def test_every_layer_has_its_spatial_index_and_its_state(engine):
    found = sa.inspect(engine)
    with engine.connect() as connection:
        states = set(connection.scalars(sa.text("SELECT layer FROM layer_state")))
    assert states == set(LAYERS)
    for slug in LAYERS:
        if engine.dialect.name == "sqlite":
            assert f"{slug}_rtree" in found.get_table_names()
        else:
            [index] = [index for index in found.get_indexes(slug) if index["column_names"] == ["geom"]]
            assert index["dialect_options"]["postgresql_using"] == "gist"


def test_geometry_column_is_cgcs2000_in_postgis(postgis_url):
    engine = sa.create_engine(postgis_url)
    with engine.connect() as connection:
        columns = connection.execute(
            sa.text(
                "SELECT f_table_name, f_geometry_column, coord_dimension, srid, type FROM geometry_columns"
                " JOIN pg_class ON oid = to_regclass(f_table_name) WHERE NOT relispartition"
            )
        ).all()
        known = connection.scalar(sa.text("SELECT srtext FROM spatial_ref_sys WHERE srid = 4490"))
    engine.dispose()
    assert {tuple(row) for row in columns} == {(slug, "geom", 2, 4490, "GEOMETRY") for slug in LAYERS}
    assert known.startswith('GEOGCS["China Geodetic Coordinate System 2000"')


def test_tables_go_up_down_and_up_again(new_url):
    upgrade(new_url)
    assert current_revision(new_url) == head_revision()
    with Store.open(new_url) as store:
        store.write("tailings_ponds", ponds())
    upgrade(new_url)
    with Store.open(new_url) as store:
        assert store.count("tailings_ponds") == 3
    downgrade(new_url, "base")
    assert current_revision(new_url) is None
    assert _tables(new_url) <= {VERSION_TABLE, "spatial_ref_sys"}
    upgrade(new_url)
    with Store.open(new_url) as store:
        assert store.count("tailings_ponds") == 0


def test_content_survives_a_migration_up_and_down(new_url):
    upgrade(new_url, "0001")
    with contextlib.closing(Database(new_url)) as database, database.writing() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO proposals (id, valid_from, version, content_digest) "
                "VALUES ('p', '2026-01-01T00:00:00Z', 1, '')"
            )
        )
    for step in (upgrade, lambda url: downgrade(url, "0001"), upgrade):
        step(new_url)
        with contextlib.closing(Database(new_url)) as database, database.reading() as connection:
            assert connection.scalars(sa.text("SELECT id FROM proposals")).all() == ["p"]
    assert current_revision(new_url) == head_revision()


def test_verdict_across_the_doubt_is_taken_out_of_findings_that_are_there(new_url):
    upgrade(new_url, "0009")
    columns = "id, valid_from, version, content_digest, finding"
    known = {"a": '{"if_crossed": "no_ban"}', "b": '{"if_crossed": null}', "c": "{}", "d": None}
    with contextlib.closing(Database(new_url)) as database, database.writing() as connection:
        row = sa.text(
            f"INSERT INTO findings ({columns}) VALUES (:id, '2026-01-01T00:00:00Z', 1, '', :finding)"  # noqa: S608  # names of our own
        )
        connection.execute(row, [{"id": id, "finding": finding} for id, finding in known.items()])
    upgrade(new_url)
    crossed = sa.text("SELECT id, crossed FROM findings ORDER BY id")
    with contextlib.closing(Database(new_url)) as database, database.reading() as connection:
        found = [tuple(each) for each in connection.execute(crossed)]
    assert found == [("a", "no_ban"), ("b", None), ("c", None), ("d", None)]
    downgrade(new_url, "0009")
    with contextlib.closing(Database(new_url)) as database, database.reading() as connection:
        told = connection.scalars(sa.text("SELECT finding FROM findings ORDER BY id")).all()
    assert [json.loads(each) if isinstance(each, str) else each for each in told] == [
        None if each is None else json.loads(each) for each in known.values()
    ]


def _tables(url: str) -> set[str]:
    database = Database(url)
    try:
        return set(sa.inspect(database.engine).get_table_names())
    finally:
        database.close()


def test_failed_migration_changes_nothing(new_url, monkeypatch):
    upgrade(new_url)
    downgrade(new_url, "base")
    database = Database(new_url)
    with database.writing() as connection:
        # The last table that the migration makes stands in its way.
        connection.execute(sa.text("CREATE TABLE runs (fid INTEGER)"))
    database.close()
    with pytest.raises(StoreError, match="runs"):
        upgrade(new_url)
    assert _tables(new_url) <= {VERSION_TABLE, "spatial_ref_sys", "runs"}
    assert current_revision(new_url) is None


@pytest.mark.parametrize(
    ("revision", "reason"),
    [(None, "has no riskmap tables yet; run: riskmap init"), ("9999", "newer riskmap.*riskmap init")],
    ids=["no tables", "newer"],
)
def test_database_at_another_revision_is_refused(new_url, revision, reason):
    upgrade(new_url)
    database = Database(new_url)
    with database.writing() as connection:
        revisions = sa.table(VERSION_TABLE, sa.column("version_num"))
        connection.execute(sa.delete(revisions))
        if revision:
            connection.execute(sa.insert(revisions).values(version_num=revision))
    database.close()
    with pytest.raises(StoreError, match=reason):
        Store.open(new_url)
    if revision:
        with pytest.raises(StoreError, match="newer riskmap"):
            upgrade(new_url)


def test_older_database_is_refused_with_what_to_do(store_url, monkeypatch):
    head = head_revision()
    monkeypatch.setattr(layers.store.migrations, "head_revision", lambda: "9998")
    with pytest.raises(StoreError, match=f"older revision {head}; run: riskmap init"):
        Store.open(store_url)


def test_unknown_revision_is_refused(store_url):
    with pytest.raises(StoreError, match="cannot be taken to revision 4711"):
        downgrade(store_url, "4711")


def test_frozen_migration_does_not_read_the_catalogue():
    for path in (Path(layers.store.migrations.__file__).parent / "versions").glob("*.py"):
        assert not re.search(r"^(from|import) layers", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_sqlite_database_is_in_wal_mode(sqlite_template):
    with sqlite3.connect(sqlite_template) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_column_names_are_never_those_of_the_store():
    for slug in LAYERS:
        names = [column.name for column in layer_table(slug).columns]
        assert len(names) == len(set(names))
