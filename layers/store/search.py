"""Search of features by name or id."""

from collections.abc import Iterable

import shapely
from sqlalchemy import Connection, case, func, or_, select

from layers.catalog import LAYERS
from layers.store.reading import current
from layers.store.records import Hit
from layers.store.schema import layer_table
from layers.store.values import check_text

__all__ = ["SEARCHED_LAYERS", "search_layers"]

_COMPUTED = frozenset({"findings", "grid_cells", "grid_runs", "risk_contours"})

SEARCHED_LAYERS = tuple(slug for slug in LAYERS if slug not in _COMPUTED)
"""Layers searched when none is named: those that people fill, not what was computed from them."""


def search_layers(connection: Connection, text: str, layers: Iterable[str], limit: int) -> list[Hit]:
    """Return features whose name or id contains a text; see `Store.search`."""
    wanted = check_text(text).strip()
    if not wanted:
        return []
    ranked = [found for slug in layers for found in _search_layer(connection, slug, wanted, limit)]
    ranked.sort(key=lambda found: found[0])
    return [hit for _, hit in ranked[:limit]]


def _search_layer(
    connection: Connection, slug: str, text: str, limit: int
) -> list[tuple[tuple[int, int], Hit]]:
    """Return the best hits of a layer with their rank: the whole name or id, its start, any part; short ones first."""
    c = layer_table(slug).c
    # Both databases fold A to Z only: names are compared by code point.
    folded = "".join(letter.lower() if letter.isascii() else letter for letter in text)
    sides = [func.lower(c.name), func.lower(c.id)]
    whole = or_(*(side == folded for side in sides))
    start = or_(*(side.startswith(folded, autoescape=True) for side in sides))
    part = or_(*(side.contains(folded, autoescape=True) for side in sides))
    rank = case((whole, 0), (start, 1), else_=2)
    length = func.coalesce(func.length(c.name), func.length(c.id))
    query = (
        select(rank, length, c.id, c.name, c.geom)
        .where(part, current(layer_table(slug)))
        .order_by(rank, length, c.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return [((row[0], row[1]), Hit(slug, row.id, row.name, *_place(row.geom))) for row in rows]


def _place(geometry: shapely.Geometry | None) -> tuple[float | None, float | None]:
    if geometry is None:
        return None, None
    point = shapely.point_on_surface(geometry)
    return point.x, point.y
