"""Column types that mean the same in both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from layers.store.database import Database
from layers.store.types import Json, ShapelyGeometry, UtcTime, dump_json, format_time

TABLE = sa.Table(
    "type_samples",
    sa.MetaData(),
    sa.Column("fid", sa.Integer, primary_key=True),
    sa.Column("geom", ShapelyGeometry()),
    sa.Column("moment", UtcTime()),
    sa.Column("value", Json()),
)


@pytest.fixture
def connection(store_url):
    """A connection with the table of samples, rolled back at the end."""
    database = Database(store_url)
    with database.engine.connect() as opened:
        opened.exec_driver_sql("DROP TABLE IF EXISTS type_samples")
        TABLE.create(opened)
        yield opened
        opened.rollback()
    database.close()


@pytest.mark.parametrize(
    "column",
    [
        {"geom": shapely.Polygon([(101, 26), (102, 26), (101, 27)])},
        {"geom": shapely.Point(102.123456789, 26.987654321)},
        {"moment": datetime(2026, 11, 22, 8, 30, 15, 123456, tzinfo=UTC)},
        {"moment": datetime(1, 1, 2, tzinfo=UTC)},
        {"value": {"b": [1, 2.5, None, "尾矿"], "a": {"x": True}}},
        {"value": "1e5"},
        {"value": 0},
        {"value": []},
        {"value": False},
    ],
    ids=str,
)
def test_value_comes_back(connection, column):
    connection.execute(sa.insert(TABLE).values(**column))
    [name] = column
    found = connection.execute(sa.select(TABLE.c[name])).scalar_one()
    assert found == column[name]
    assert type(found) is type(column[name])
    assert connection.execute(sa.select(sa.func.count()).where(TABLE.c[name].is_(None))).scalar_one() == 0


def test_missing_is_null_not_a_json_null(connection):
    connection.execute(sa.insert(TABLE).values(value=None, geom=None, moment=None))
    row = connection.execute(sa.select(TABLE)).one()
    assert (row.geom, row.moment, row.value) == (None, None, None)
    assert connection.scalar(sa.text("SELECT count(*) FROM type_samples WHERE value IS NULL")) == 1


def test_moment_is_kept_in_utc_and_naive_is_refused(connection):
    beijing = datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=8)))
    connection.execute(sa.insert(TABLE).values(moment=beijing))
    found = connection.execute(sa.select(TABLE.c.moment)).scalar_one()
    assert (found, found.tzinfo) == (datetime(2026, 11, 22, tzinfo=UTC), UTC)
    with pytest.raises(StatementError, match="has no time zone"):
        connection.execute(sa.insert(TABLE).values(moment=datetime(2026, 11, 22)))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_refuses_what_json_cannot_hold(connection, number):
    with pytest.raises(StatementError, match="Out of range float values"):
        connection.execute(sa.insert(TABLE).values(value={"a": number}))


def test_json_text_is_the_same_whatever_the_order_of_keys():
    assert dump_json({"b": 1, "a": "尾"}) == dump_json({"a": "尾", "b": 1}) == '{"a":"尾","b":1}'


def test_moments_sort_as_their_texts():
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=step) for step in (0, 1, 10, 10**6)]
    assert sorted(map(format_time, moments)) == list(map(format_time, moments))
    assert format_time(moments[0]) == "2026-01-01T00:00:00.000000Z"
