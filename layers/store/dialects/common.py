"""What a database has to do in its own way, and the ways that both share."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import URL, ColumnElement, Connection, Engine, LargeBinary, Select, Table, type_coerce

from geo.progress import Progress
from layers.store.batch import Batch

__all__ = ["CHUNK_ROWS", "Bounds", "DatabaseDialect", "wkb"]

Bounds = tuple[float, float, float, float]
"""West, south, east, north. [°]"""

CHUNK_ROWS = 5_000
"""Rows between two calls of a progress callback while inserting."""


class DatabaseDialect(Protocol):
    """The functions that each module beside this one has."""

    @property
    def DRIVER_ERROR(self) -> type[Exception]:
        """Root of the driver's errors, which reach us unwrapped where the driver is used directly."""

    def check_url(self, url: URL, *, create: bool) -> None:
        """Refuse what cannot be opened, before a driver leaves traces; make the folder when creating."""

    def is_writable(self, url: URL) -> bool:
        """Tell whether the database may be written; what only its server knows counts as writable."""

    def connect(self, url: URL) -> Engine:
        """Return an engine whose connections are set up for riskmap."""

    def see_one_state(self, engine: Engine) -> Engine:
        """Return the engine for reading: each transaction sees the data as they were when it began to read."""

    def prepare(self, connection: Connection) -> None:
        """Bring in what the tables need before the first migration."""

    def wkb(self, table: Table) -> ColumnElement[bytes]:
        """Return the geometry as WKB."""

    def is_among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Return whether a column is one of many values, in one parameter."""

    def meets(self, table: Table, bounds: Bounds) -> ColumnElement[bool]:
        """Return whether the geometry and the rectangle have a point in common, found by the spatial index."""

    def select_extent(self, table: Table) -> Select[Any]:
        """Return the query for west, south, east and north of the current features."""

    def insert_batch(self, connection: Connection, table: Table, batch: Batch, progress: Progress) -> None:
        """Insert new rows in bulk; a layer with partitions gets those that it has not yet."""

    def drop_partition(self, connection: Connection, table: Table, keys: Mapping[str, Any]) -> None:
        """Remove all rows of one partition of a layer (:data:`layers.store.schema.PARTITION_KEYS`)."""


def wkb(table: Table) -> ColumnElement[bytes]:
    """Return the geometry column as the bytes it holds."""
    return type_coerce(table.c.geom, LargeBinary)
