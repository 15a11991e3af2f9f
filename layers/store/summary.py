"""A layer's current features in figures."""

from typing import Any

from sqlalchemy import Connection, func, select

from layers.store.dialects.common import DatabaseDialect
from layers.store.reading import current
from layers.store.records import LayerSummary
from layers.store.schema import layer_table

__all__ = ["ILLUSTRATIVE", "summarise_layer"]

ILLUSTRATIVE = "illustrative"
"""Source of made-up features that show what the product does."""


def summarise_layer(connection: Connection, dialect: DatabaseDialect, slug: str, digest: str) -> LayerSummary:
    """Return the figures of a layer; see `LayerSummary`."""
    table = layer_table(slug)
    c = table.c
    figures: Any = connection.execute(
        select(
            func.count().label("count"),
            func.max(c.valid_from).label("newest"),
            func.min(c.accuracy_m).label("accuracy_min_m"),
            func.max(c.accuracy_m).label("accuracy_max_m"),
            func.count().filter(c.accuracy_m.is_(None)).label("accuracy_unknown"),
            func.count().filter(c.source == ILLUSTRATIVE).label("illustrative"),
        ).where(current(table))
    ).one()
    west, south, east, north = connection.execute(dialect.select_extent(table)).one()
    bounds = None if west is None else (west, south, east, north)
    return LayerSummary(slug=slug, bounds=bounds, digest=digest, **figures._mapping)
