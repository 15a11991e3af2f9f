"""SQLite: geometries are WKB in a BLOB, found by an R*Tree that is written in the same transaction."""

import functools
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import shapely
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.types import TypeEngine

from geo.progress import Progress
from layers.errors import StoreError
from layers.store.batch import Batch
from layers.store.dialects.common import CHUNK_ROWS, Bounds, wkb
from layers.store.schema import rtree_table

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

DRIVER_ERROR = sqlite3.Error

CACHE_KIB = 65_536
"""Most that a connection keeps of the file. [KiB]"""

WRITING_CACHE_KIB = 262_144
"""The same of a connection that has written: ids are scattered over their indexes, whose pages a bulk write into more
than a million rows would else read and write again and again. [KiB]"""

BUSY_TIMEOUT_S = 30
"""How long a writer waits for another one. [s]"""


def check_url(url: URL, *, create: bool) -> None:
    """Refuse databases that are not a file; make the folder of a new one."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError(
            "SQLite needs a file: write sqlite:///PATH", zh="SQLite 数据库须为文件，请写作 sqlite:///路径"
        )
    path = Path(url.database)
    if create:
        _make_folder(path.parent)
    elif not path.is_file():
        raise StoreError(
            f"there is no database {path}; make it with: riskmap init",
            zh=f"数据库 {path} 不存在，请先运行：riskmap init",
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {folder}: {error.strerror}; choose another in RISKMAP_DATABASE_URL",
            zh=f"无法创建文件夹 {folder}：{error.strerror}；请在 RISKMAP_DATABASE_URL 中另选位置",
        ) from error


def is_writable(url: URL) -> bool:
    """Tell whether the file, and its folder for the log of writes, may be written; a new file may."""
    path = Path(url.database or "")
    return not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def connect(url: URL) -> Engine:
    """Return an engine with WAL, foreign keys, a busy timeout, and real transactions.

    A file that cannot be written is opened for reading; where it has no log of writes, as one that nobody changes. If
    somebody does, its pages could no longer be told from former ones: nothing more is read then, and the error says so.

    The driver's own transactions would leave DDL and reads outside; so it is told to leave them alone, and
    BEGIN is sent here, IMMEDIATE for a writer: two writers wait for each other instead of failing halfway.
    """
    writable = is_writable(url)
    path = Path(url.database or "").resolve()
    fixed = not writable and not path.with_name(f"{path.name}-wal").exists()
    engine = create_engine(
        url if writable else _reading_url(url, path, fixed=fixed), connect_args={"timeout": BUSY_TIMEOUT_S}
    )
    event.listen(engine, "connect", functools.partial(_set_up, writable=writable))
    event.listen(engine, "begin", _begin)
    if fixed:
        event.listen(engine, "begin", functools.partial(_require_unchanged, path, _last_change(path)))
    return engine


def _reading_url(url: URL, path: Path, *, fixed: bool) -> URL:
    query = {"uri": "true", "mode": "ro"} | ({"immutable": "1"} if fixed else {})
    return url.set(database=f"file:{quote(str(path))}", query=query)


def _last_change(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size


def _require_unchanged(path: Path, opened: tuple[int, int], _connection: Connection) -> None:
    if _last_change(path) != opened:
        raise sqlite3.OperationalError(
            "another program changed the file after it was opened for reading only; start again to read it as it is"
        )


def _set_up(connection: Any, _record: object, *, writable: bool) -> None:
    connection.isolation_level = None
    if writable:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.create_function("riskmap_meets", 5, _meets, deterministic=True)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    if writes:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{WRITING_CACHE_KIB}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _meets(wkb: bytes, west: float, south: float, east: float, north: float) -> bool:
    return bool(shapely.intersects(_rectangle(west, south, east, north), shapely.from_wkb(wkb)))


@functools.lru_cache(maxsize=64)
def _rectangle(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    rectangle = shapely.box(west, south, east, north)
    shapely.prepare(rectangle)
    return rectangle


def see_one_state(engine: Engine) -> Engine:
    """Return the engine as it is: with WAL every transaction reads one snapshot."""
    return engine


def prepare(connection: Connection) -> None:
    """Nothing is needed: the R*Tree is part of SQLite."""


def is_among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Return whether a column is one of many values, handed over as one JSON text."""
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def meets(table: Table, bounds: Bounds) -> ColumnElement[bool]:
    """Return whether the geometry and the rectangle have a point in common.

    The R*Tree gives the candidates. A box inside the rectangle settles it; only where a box crosses the
    rectangle's edge the geometry itself is asked.
    """
    west, south, east, north = bounds
    tree = rtree_table(table.name)
    touched = and_(
        tree.c.min_lon <= east, tree.c.max_lon >= west, tree.c.min_lat <= north, tree.c.max_lat >= south
    )
    inside = and_(
        tree.c.min_lon >= west, tree.c.max_lon <= east, tree.c.min_lat >= south, tree.c.max_lat <= north
    )
    return and_(
        table.c.fid.in_(select(tree.c.fid).where(touched)),
        or_(
            table.c.fid.in_(select(tree.c.fid).where(inside)),
            func.riskmap_meets(wkb(table), west, south, east, north),
        ),
    )


def select_extent(table: Table) -> Select[Any]:
    """Return the query for west, south, east and north of the current features."""
    tree = rtree_table(table.name)
    return (
        select(func.min(tree.c.west), func.min(tree.c.south), func.max(tree.c.east), func.max(tree.c.north))
        .join_from(tree, table, tree.c.fid == table.c.fid)
        .where(table.c.valid_to.is_(None))
    )


def insert_batch(connection: Connection, table: Table, batch: Batch, progress: Progress) -> None:
    """Insert rows and their boxes, a few thousand at a time."""
    first = (connection.scalar(select(func.max(table.c.fid))) or 0) + 1
    columns = {
        "fid": range(first, first + len(batch)),
        **{name: _bind(table.c[name].type, values, connection) for name, values in batch.columns.items()},
        "geom": batch.wkb,
        "content_digest": batch.digests,
    }
    # Values are converted column by column and handed to the driver: row by row takes twice as long.
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    rows = list(zip(*(columns[name] for name in statement.positiontup or ()), strict=True))
    boxes_in = insert(rtree_table(table.name))
    for start in range(0, len(rows), CHUNK_ROWS):
        progress(start / len(rows), f"{table.name}: {start} of {len(rows)} features written")
        part = range(start, min(start + CHUNK_ROWS, len(rows)))
        connection.exec_driver_sql(statement.string, rows[part.start : part.stop])
        boxes = _boxes(batch, part, first)
        if boxes:
            connection.execute(boxes_in, boxes)


def drop_partition(connection: Connection, table: Table, keys: Mapping[str, Any]) -> None:
    """Delete rows and their boxes: SQLite has no partitions."""
    mine = and_(*(table.c[name] == value for name, value in keys.items()))
    tree = rtree_table(table.name)
    connection.execute(delete(tree).where(tree.c.fid.in_(select(table.c.fid).where(mine))))
    connection.execute(delete(table).where(mine))


def _bind(column_type: TypeEngine[Any], values: list[Any], connection: Connection) -> list[Any]:
    process = column_type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return values if process is None else [process(value) for value in values]


def _boxes(batch: Batch, part: range, first: int) -> list[dict[str, Any]]:
    bounds = shapely.bounds(batch.geometries[part.start : part.stop]).tolist()
    return [
        {
            "fid": first + row,
            "min_lon": west,
            "max_lon": east,
            "min_lat": south,
            "max_lat": north,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
        }
        for row, (west, south, east, north) in zip(part, bounds, strict=True)
        if batch.wkb[row] is not None
    ]
