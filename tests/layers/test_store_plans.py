"""Queries of a rectangle use the spatial index, on both databases."""

from datetime import datetime

import pytest
import shapely
import sqlalchemy as sa

from layers.store import Store
from layers.store.database import Database
from layers.store.reading import conditions
from layers.store.schema import layer_table
from tests.layers.frames import frame, many_points

BOUNDS = (101.0, 25.0, 101.1, 25.1)


@pytest.fixture
def filled(store_url):
    with Store.open(store_url) as store:
        store.write("enterprises", many_points(3_000))
    database = Database(store_url)
    yield database
    database.close()


def _plan(database: Database, query: sa.Select) -> str:
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    compiled = query.compile(database.engine)
    with database.reading() as connection:
        parameters = tuple(compiled.params[name] for name in compiled.positiontup or ())
        rows = connection.exec_driver_sql(f"{explain} {compiled}", parameters or compiled.params).all()
    return "\n".join(str(row[-1]) for row in rows)


def test_rectangle_is_found_by_the_spatial_index(filled):
    table = layer_table("enterprises")
    condition = conditions(filled.dialect, "enterprises", bounds=BOUNDS)
    plan = _plan(filled, sa.select(table.c.id).where(condition).order_by(table.c.id).limit(10))
    if filled.engine.dialect.name == "sqlite":
        assert "SCAN enterprises_rtree VIRTUAL TABLE INDEX 2:" in plan
        assert "SEARCH enterprises USING INTEGER PRIMARY KEY" in plan
        assert "SCAN enterprises\n" not in plan + "\n"
    else:
        assert "ix_enterprises_geom" in plan
        assert "Seq Scan" not in plan


def test_ids_are_found_by_the_index_of_current_versions(filled):
    table = layer_table("enterprises")
    condition = conditions(filled.dialect, "enterprises", ids=["E000001", "E000002"])
    plan = _plan(filled, sa.select(table.c.name).where(condition))
    assert "uq_enterprises_" in plan
    assert "Seq Scan" not in plan
    assert "SCAN enterprises\n" not in plan + "\n"


def test_rectangle_gives_the_same_as_asking_every_point(store):
    """Independent computation: shapely on the whole layer, at edges between 32-bit numbers too."""
    points = many_points(2_000)
    store.write("enterprises", points)
    lon, lat = points.geom.x[0], points.geom.y[0]
    for bounds in [
        BOUNDS,
        (101, 25, 103, 26),
        (lon, lat, lon, lat),
        (lon + 1e-12, 24, 105, 28),
        (99, 20, lon, 30),
    ]:
        expected = points["id"][points.intersects(shapely.box(*bounds))].tolist()
        assert store.read("enterprises", bounds=bounds)["id"].tolist() == expected
        assert store.count("enterprises", bounds=bounds) == len(expected)


def test_spatial_index_holds_past_versions_too(store):
    for lon in (101.0, 102.0):
        store.write("tailings_ponds", frame([shapely.Point(lon, 26)], id=["P"]))
    [first, _] = store.versions("tailings_ponds", "P")
    past = datetime.fromisoformat(first["properties"]["valid_from"])
    around_first = (100.9, 25.9, 101.1, 26.1)
    assert store.count("tailings_ponds", bounds=around_first) == 0
    assert store.count("tailings_ponds", bounds=around_first, at=past) == 1
