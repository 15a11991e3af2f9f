"""PostgreSQL with PostGIS: ``geometry(Geometry,4490)``, GiST, and COPY for bulk."""

from collections.abc import Sequence
from typing import Any

import psycopg
import shapely
from psycopg import sql
from sqlalchemy import (
    ARRAY,
    URL,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    Table,
    any_,
    bindparam,
    create_engine,
    func,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from layers.errors import StoreError
from layers.model import FieldType
from layers.store.batch import Batch
from layers.store.dialects.common import CHUNK_ROWS, Bounds, Progress
from layers.store.types import SRID, WORD, dump_json

__all__ = [
    "DRIVER_ERROR",
    "check_url",
    "connect",
    "insert_batch",
    "is_among",
    "meets",
    "prepare",
    "select_extent",
    "wkb",
]

DRIVER_ERROR = psycopg.Error

CONNECT_TIMEOUT_S = 10
"""How long to wait for the server. [s]"""

_ANALYZE_FROM_ROWS = 1_000
"""So many new rows and the planner should know of them at once, not at the next autovacuum."""


def check_url(url: URL, *, create: bool) -> None:
    """Nothing to refuse: the server answers for itself."""


def connect(url: URL) -> Engine:
    """Return an engine that tries its connections before use, so that a restart of the server does no harm."""
    arguments = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "riskmap"}
    return create_engine(url, pool_pre_ping=True, json_serializer=dump_json, connect_args=arguments)


def prepare(connection: Connection) -> None:
    """Bring in PostGIS where it is missing, and check that it knows CGCS2000; let one process do so at a time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('riskmap migrations'))"))
    if not connection.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")):
        _create_extension(connection)
    known = text("SELECT count(*) FROM spatial_ref_sys WHERE srid = :srid")
    if not connection.scalar(known, {"srid": SRID}):
        raise StoreError(
            f"PostGIS does not know EPSG:{SRID} (CGCS2000): its table spatial_ref_sys is incomplete; "
            "ask the administrator to reinstall the extension",
            zh=f"PostGIS 的 spatial_ref_sys 中没有 EPSG:{SRID}（CGCS2000），请管理员重新安装 PostGIS 扩展",
        )


def _create_extension(connection: Connection) -> None:
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION postgis"))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        database = connection.engine.url.database
        raise StoreError(
            f"database {database} has no PostGIS and this user cannot bring it in ({_first_line(error)}); "
            f"install PostGIS on the server and let an administrator run in {database}: "
            "CREATE EXTENSION postgis",
            zh=f"数据库 {database} 没有 PostGIS 扩展，当前用户也无法创建；请在服务器安装 PostGIS，"
            f"并由管理员在 {database} 中执行：CREATE EXTENSION postgis",
        ) from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).partition("\n")[0]


def wkb(table: Table) -> ColumnElement[bytes]:
    """Return the geometry as WKB without SRID."""
    return func.ST_AsBinary(table.c.geom, "NDR", type_=LargeBinary)


def is_among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Return whether a column is one of many values, handed over as one array."""
    return column == any_(bindparam(None, list(values), type_=ARRAY(WORD)))


def meets(table: Table, bounds: Bounds) -> ColumnElement[bool]:
    """Return whether the geometry and the rectangle have a point in common; PostGIS asks the GiST index."""
    # ST_Envelope turns a rectangle without width or height into a line or point: as a polygon it would meet nothing.
    rectangle = func.ST_Envelope(func.ST_MakeEnvelope(*bounds, SRID))
    return func.ST_Intersects(table.c.geom, rectangle)


def select_extent(table: Table) -> Select[Any]:
    """Return the query for west, south, east and north of the current features."""
    # ST_Extent would answer with the 32-bit boxes of the index.
    geom = table.c.geom
    return select(
        func.min(func.ST_XMin(geom)),
        func.min(func.ST_YMin(geom)),
        func.max(func.ST_XMax(geom)),
        func.max(func.ST_YMax(geom)),
    ).where(table.c.valid_to.is_(None))


def insert_batch(connection: Connection, table: Table, batch: Batch, progress: Progress) -> None:
    """Copy rows in."""
    names = [*batch.columns, "geom", "content_digest"]
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    rows = zip(*_columns(batch), strict=True)
    with driver.cursor() as cursor, cursor.copy(copy_in) as copy:
        for number, row in enumerate(rows):
            if number % CHUNK_ROWS == 0:
                progress(number / len(batch), f"{table.name}: {number} of {len(batch)} features written")
            copy.write_row(row)
    if len(batch) >= _ANALYZE_FROM_ROWS:
        connection.execute(text(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}"))


def _columns(batch: Batch) -> list[list[Any]]:
    types = {field.name: field.type for field in batch.layer.all_fields}
    columns = [
        [None if value is None else dump_json(value) for value in values]
        if types[name] is FieldType.JSON
        else values
        for name, values in batch.columns.items()
    ]
    with_srid = shapely.set_srid(batch.geometries, SRID)
    geometries = shapely.to_wkb(with_srid, hex=True, include_srid=True)
    return [*columns, geometries.tolist(), batch.digests]
