"""Queries of features, and their rows as a frame."""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.array import from_shapely
from pyproj import CRS
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, literal, or_, select

from geo.errors import OutOfRangeError
from geo.progress import Progress
from geo.rules.expression import Condition
from layers.catalog import get_layer
from layers.errors import FeatureError, UnknownFieldError
from layers.model import Field, FieldType, Layer
from layers.store.dialects.common import Bounds, DatabaseDialect
from layers.store.filters import may_meet
from layers.store.schema import layer_table
from layers.store.types import SRID
from layers.store.values import as_utc, check_text, check_value

__all__ = [
    "conditions",
    "count_features",
    "current",
    "find_largest",
    "find_repeated",
    "read_classes",
    "read_frame",
]

_DTYPES = {
    FieldType.TEXT: "object",
    FieldType.INTEGER: "Int64",
    FieldType.NUMBER: "float64",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "object",
    FieldType.TIME: "datetime64[us, UTC]",
    FieldType.JSON: "object",
}

_ROWS_PER_STEP = 20_000
"""Progress is told after so many rows."""


def current(table: Table) -> ColumnElement[bool]:
    """Return whether a row is the current version of its feature."""
    return table.c.valid_to.is_(None)


def conditions(
    dialect: DatabaseDialect,
    slug: str,
    *,
    bounds: Bounds | None = None,
    where: Mapping[str, object] | None = None,
    ids: Sequence[str] | None = None,
    at: datetime | None = None,
    counts: Condition | None = None,
    after: str | None = None,
) -> ColumnElement[bool]:
    """Return the condition for the features of a layer that were asked for; see `Store.read`."""
    table = layer_table(slug)
    parts = [current(table) if at is None else _valid_at(table, as_utc(at))]
    parts += [_equals(dialect, table, get_layer(slug), *pair) for pair in (where or {}).items()]
    if ids is not None:
        parts.append(dialect.is_among(table.c.id, [check_text(one) for one in ids]))
    if bounds is not None:
        parts.append(dialect.meets(table, check_bounds(bounds)))
    if counts is not None:
        parts.append(may_meet(table, counts))
    if after is not None:
        parts.append(table.c.id > check_text(after))
    return and_(*parts)


def check_bounds(bounds: Bounds) -> Bounds:
    """Return bounds that make sense.

    Raises
    ------
    OutOfRangeError
        If a number is not finite, or west is east of east, or south north of north.
    """
    west, south, east, north = (float(number) for number in bounds)
    if not all(map(math.isfinite, (west, south, east, north))) or west > east or south > north:
        raise OutOfRangeError(
            f"bounds {west}, {south}, {east}, {north} are not west, south, east, north in degrees",
            zh=f"范围 {west}, {south}, {east}, {north} 不是“西, 南, 东, 北”（度）",
        )
    return west, south, east, north


def count_features(
    connection: Connection, slug: str, condition: ColumnElement[bool], at_most: int | None = None
) -> int:
    """Return how many rows of a layer meet a condition; it stops counting at a number."""
    found = select(layer_table(slug).c.fid).where(condition).limit(at_most).subquery()
    return connection.scalar(select(func.count()).select_from(found)) or 0


def read_classes(
    connection: Connection, slug: str, names: Sequence[str], at_most: int
) -> pd.DataFrame | None:
    """Return each combination of values that current features have in some fields; None where there are too many."""
    table, layer = layer_table(slug), get_layer(slug)
    columns: list[ColumnElement[Any]] = [table.c[name] for name in names] or [literal(1)]
    query = select(*columns).where(current(table)).distinct().limit(at_most + 1)
    rows = connection.execute(query).all()
    if len(rows) > at_most:
        return None
    values = zip(*rows, strict=True) if rows else [()] * len(names)
    return pd.DataFrame(
        {
            name: pd.Series(list(column), dtype=_DTYPES[layer.field(name).type])
            for name, column in zip(names, values, strict=False)
        },
        index=range(len(rows)),
    )


def find_largest(connection: Connection, slug: str, names: Sequence[str]) -> float:
    """Return the largest number that current features have in any of some fields; 0 where there is none."""
    table = layer_table(slug)
    query = select(*(func.max(table.c[name]) for name in names)).where(current(table))
    return max((value for value in connection.execute(query).one() if value is not None), default=0.0)


def find_repeated(connection: Connection, slug: str, name: str) -> frozenset[Any]:
    """Return the values of a field that more than one current feature has."""
    table = layer_table(slug)
    column = table.c[name]
    query = select(column).where(current(table), column.is_not(None))
    return frozenset(connection.scalars(query.group_by(column).having(func.count() > 1)))


def read_frame(
    connection: Connection,
    dialect: DatabaseDialect,
    slug: str,
    condition: ColumnElement[bool],
    *,
    columns: Iterable[str] | None = None,
    limit: int | None = None,
    offset: int = 0,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Return the rows of a layer that meet a condition, by id, then by version."""
    table, names = layer_table(slug), _names(get_layer(slug), columns)
    if offset < 0 or (limit is not None and limit < 0):
        raise OutOfRangeError(
            f"limit {limit} and offset {offset} must not be negative",
            zh=f"limit {limit} 和 offset {offset} 不能为负",
        )
    query: Select[Any] = (
        select(*(table.c[name] for name in names), dialect.wkb(table))
        .where(condition)
        .order_by(table.c.id, table.c.version)
        .limit(limit)
        .offset(offset or None)
    )
    if progress is None:
        return _frame(get_layer(slug), names, connection.execute(query).all())
    total, rows = count_features(connection, slug, condition, limit), list[Any]()
    for part in connection.execute(query).partitions(_ROWS_PER_STEP):
        rows += part
        progress(len(rows) / max(total, len(rows)), f"{slug}: {len(rows)} of {total} features read")
    return _frame(get_layer(slug), names, rows)


def _names(layer: Layer, columns: Iterable[str] | None) -> list[str]:
    every = [field.name for field in layer.all_fields]
    if columns is None:
        return every
    wanted = {layer.field(name).name for name in columns if name != "geom"} | {"id"}
    return [name for name in every if name in wanted]


def _frame(layer: Layer, names: Sequence[str], rows: Sequence[Any]) -> gpd.GeoDataFrame:
    *columns, wkb = zip(*rows, strict=True) if rows else [()] * (len(names) + 1)
    data = {
        name: _array(values, _DTYPES[layer.field(name).type])
        for name, values in zip(names, columns, strict=True)
    }
    # A check reads many frames of few rows: arrays are taken as they are, what all frames share is made once.
    empty = _empty_frame()
    geometries = from_shapely(shapely.from_wkb(list(wkb)), crs=empty.crs)
    return gpd.GeoDataFrame({**data, "geom": geometries}, copy=False).__finalize__(empty)


@functools.cache
def _empty_frame() -> gpd.GeoDataFrame:
    """Return a frame that knows its geometry column and its CRS."""
    return gpd.GeoDataFrame({"geom": []}, geometry="geom", crs=CRS.from_epsg(SRID))


def _array(values: Sequence[Any], dtype: str) -> Any:
    if dtype == "object":
        cells = np.empty(len(values), dtype=object)
        cells[:] = values
        return pd.Index(cells, dtype=object)  # of a bare array pandas would guess the type
    kind: Any = dtype  # the stubs know no name that is not written out
    return np.array(values, dtype=np.float64) if dtype == "float64" else pd.array(list(values), dtype=kind)


def _valid_at(table: Table, moment: datetime) -> ColumnElement[bool]:
    return and_(table.c.valid_from <= moment, or_(table.c.valid_to.is_(None), table.c.valid_to > moment))


def _equals(
    dialect: DatabaseDialect, table: Table, layer: Layer, name: str, value: object
) -> ColumnElement[bool]:
    field = layer.field(name)
    if field.type is FieldType.JSON:
        raise UnknownFieldError(
            f"layer {layer.slug}: {name} holds JSON and cannot be filtered by",
            zh=f"图层 {layer.slug} 的字段“{name}”为 JSON，不能用于筛选",
        )
    column = table.c[name]
    if isinstance(value, list | tuple | set | frozenset):
        words = [_check(field, one) for one in value if one is not None]
        is_text = words and field.type is FieldType.TEXT  # any number of them is one parameter
        among = dialect.is_among(column, words) if is_text else column.in_(words)
        return or_(among, column.is_(None)) if None in value else among
    return column.is_(None) if value is None else column == _check(field, value)


def _check(field: Field, value: object) -> Any:
    try:
        return check_value(field, value)
    except FeatureError as error:
        raise FeatureError(f"{field.name}: {error.message}", zh=f"{field.name}：{error.zh}") from error
