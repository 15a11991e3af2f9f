"""The days on which stored data changed, and how much there was at the end of one."""

from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, Table, select

from layers.catalog import LAYERS
from layers.formats.values import CHINA_TIME
from layers.store import Store
from layers.store.schema import layer_table

__all__ = ["count_features_at", "list_days"]

_RESULTS = frozenset({"grid_runs", "grid_cells"})
"""Layers whose content carries its own dates."""


def list_days(store: Store) -> list[date]:
    """Return the days, of China, on which a feature or a finding began or ended, the earliest first.

    Each layer is looked through once for every content that it has.
    """
    found: set[date] = set()
    for slug in LAYERS.keys() - _RESULTS:
        find = partial(store.ask, partial(_days_of, table=layer_table(slug)))
        found |= store.remember(slug, "days", find)
    return sorted(found)


def count_features_at(store: Store, moment: datetime) -> dict[str, int]:
    """Return how many features each layer held at a moment, by slug, in the order of the catalogue."""
    return {slug: store.count(slug, at=moment) for slug in LAYERS if slug not in _RESULTS}


def _days_of(connection: Connection, table: Table) -> frozenset[date]:
    moments: set[datetime | None] = set()
    for column in (table.c.valid_from, table.c.valid_to):
        moments |= set(connection.execute(select(column).distinct()).scalars())
    return frozenset(moment.astimezone(CHINA_TIME).date() for moment in moments if moment is not None)
