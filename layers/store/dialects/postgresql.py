"""PostgreSQL with PostGIS: ``geometry(Geometry,4490)``, GiST, and COPY for bulk."""

import hashlib
from collections.abc import Mapping, Sequence
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
    event,
    func,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from geo.progress import Progress
from layers.errors import StoreError
from layers.model import FieldType
from layers.store.batch import Batch
from layers.store.dialects.common import CHUNK_ROWS, Bounds
from layers.store.schema import PARTITION_KEYS
from layers.store.types import SRID, WORD, dump_json

__all__ = [
    "DRIVER_ERROR",
    "check_url",
    "connect",
    "drop_partition",
    "insert_batch",
    "is_among",
    "is_writable",
    "meets",
    "prepare",
    "see_one_state",
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


def is_writable(url: URL) -> bool:
    """Count every database as writable: the server says what it refuses."""
    return True


def connect(url: URL) -> Engine:
    """Return an engine that tries its connections before use, so that a restart of the server does no harm."""
    arguments = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "riskmap"}
    engine = create_engine(url, pool_pre_ping=True, json_serializer=dump_json, connect_args=arguments)
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    """Leave queries as they are: to compile one that looks into all layers takes seconds, to run it milliseconds."""
    connection.execute("SET jit = off")
    connection.commit()


def see_one_state(engine: Engine) -> Engine:
    """Return the engine with transactions that read one snapshot."""
    return engine.execution_options(isolation_level="REPEATABLE READ")


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
    """Copy rows in, those of a new partition before it becomes part of the table: readers of others do not wait."""
    keys = PARTITION_KEYS.get(table.name)
    if keys is None:
        _copy(connection, table.name, batch, progress)
        return
    rows_by_keys: dict[tuple[Any, ...], list[int]] = {}
    for row, values in enumerate(zip(*(batch.columns[name] for name in keys), strict=True)):
        rows_by_keys.setdefault(values, []).append(row)
    for values, rows in rows_by_keys.items():
        name, part = _name_partition(table, values), batch.take(rows)
        if connection.dialect.has_table(connection, name):
            _copy(connection, name, part, progress)
        else:
            _add_partition(connection, table, name, values, part, progress)


def _name_partition(table: Table, values: Sequence[Any]) -> str:
    text = " ".join(map(str, values))
    return f"{table.name}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _add_partition(
    connection: Connection, table: Table, name: str, values: Sequence[Any], batch: Batch, progress: Progress
) -> None:
    """Make a partition for exactly one run and resolution: a range from it to the next resolution of that run."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    run, resolution = values
    names = {"part": sql.Identifier(name), "whole": sql.Identifier(table.name)}
    driver.execute(sql.SQL("CREATE TABLE {part} (LIKE {whole} INCLUDING DEFAULTS)").format(**names))
    _copy(connection, name, batch, progress)
    limits = {"run": sql.Literal(run), "low": sql.Literal(resolution), "high": sql.Literal(resolution + 1)}
    attach = "ALTER TABLE {whole} ATTACH PARTITION {part} FOR VALUES FROM ({run}, {low}) TO ({run}, {high})"
    driver.execute(sql.SQL(attach).format(**names, **limits))


def drop_partition(connection: Connection, table: Table, keys: Mapping[str, Any]) -> None:
    """Drop the table that the partition is."""
    name = _name_partition(table, [keys[key] for key in PARTITION_KEYS[table.name]])
    preparer = connection.dialect.identifier_preparer
    connection.execute(text(f"DROP TABLE IF EXISTS {preparer.quote(name)}"))


def _copy(connection: Connection, target: str, batch: Batch, progress: Progress) -> None:
    names = [*batch.columns, "geom", "content_digest"]
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(target), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    rows = zip(*_columns(batch), strict=True)
    with driver.cursor() as cursor, cursor.copy(copy_in) as copy:
        for number, row in enumerate(rows):
            if number % CHUNK_ROWS == 0:
                progress(number / len(batch), f"{target}: {number} of {len(batch)} features written")
            copy.write_row(row)
    if len(batch) >= _ANALYZE_FROM_ROWS:
        connection.execute(text(f"ANALYZE {connection.dialect.identifier_preparer.quote(target)}"))


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
