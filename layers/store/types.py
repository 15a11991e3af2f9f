"""Column types that mean the same in both databases."""

import json
from datetime import UTC, datetime
from typing import Any

import shapely
from geoalchemy2 import Geometry
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["SRID", "WORD", "Json", "ShapelyGeometry", "UtcTime", "dump_json", "format_time"]

SRID = 4490
"""CGCS2000 with longitude and latitude, the system of every stored geometry."""

WORD = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that both databases compare, sort and fold by code point, whatever the locale of the server."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def dump_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, characters as they are.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, which JSON cannot hold.
    TypeError
        If something in it is no JSON value.
    """
    return _ENCODER.encode(value)


def format_time(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with six decimals, so that texts sort as the moments do.

    Raises
    ------
    ValueError
        If the moment has no time zone.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"moment {moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class ShapelyGeometry(TypeDecorator[BaseGeometry]):
    """A shapely geometry in EPSG:4490: ``geometry(Geometry,4490)`` in PostGIS, WKB in SQLite."""

    impl = LargeBinary
    cache_ok = True
    # GeoAlchemy2 reads it when a table is created; the indexes are declared beside the tables.
    spatial_index = False

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        """Return the type of the column; GeoAlchemy2 also asks without a dialect."""
        if dialect is not None and dialect.name == "postgresql":
            return Geometry(srid=SRID, spatial_index=False)
        return LargeBinary()

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> object:
        """Return what the database takes."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return from_shape(value, srid=SRID)
        return shapely.to_wkb(value, byte_order=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> BaseGeometry | None:
        """Return the geometry that the database gave."""
        if value is None:
            return None
        return to_shape(value) if dialect.name == "postgresql" else shapely.from_wkb(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC to the microsecond: ``timestamptz`` in PostgreSQL, ISO 8601 text in SQLite.

    A moment without time zone is refused.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the column."""
        return DateTime(timezone=True) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what the database takes."""
        if value is None:
            return None
        text = format_time(value)
        return value if dialect.name == "postgresql" else text

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment that the database gave, in UTC."""
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value: ``json`` in PostgreSQL, text in SQLite, with the same characters in both.

    NaN and infinity are refused; Python's ``None`` is a missing value.
    """

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the column."""
        # SQLite would give a column declared JSON the affinity of numbers and turn "1e5" into 100000.0.
        return postgresql.JSON(none_as_null=True) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return what the database takes; the engine's serializer makes the same text of it."""
        if value is None:
            return None
        text = dump_json(value)
        return value if dialect.name == "postgresql" else text

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the value that the database gave."""
        return json.loads(value) if value is not None and dialect.name == "sqlite" else value
