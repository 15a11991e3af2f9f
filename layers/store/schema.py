"""Tables of the layers, made from the catalogue, and the two tables beside them.

Each layer has one table named by its slug. ``fid`` is the key inside the database, ``(id, valid_from)`` the
key that people know. A row is never deleted: its ``valid_to`` is set when another version takes its place.
"""

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    column,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from layers.catalog import LAYERS, get_layer
from layers.model import Field, FieldType, Layer
from layers.store.types import WORD, Json, ShapelyGeometry, UtcTime

__all__ = ["EMPTY_DIGEST", "LAYER_STATE", "METADATA", "PARTITION_KEYS", "RUNS", "layer_table", "rtree_table"]

EMPTY_DIGEST = "0" * 64
"""Digest of a layer to which nothing was ever written."""

METADATA = MetaData()

_KEY = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER is SQLite's own row number

_COLUMN_TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: WORD,
    FieldType.INTEGER: BigInteger(),
    FieldType.NUMBER: Double(),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.TIME: UtcTime(),
    FieldType.JSON: Json(),
}
_NOT_NULL = frozenset({"id", "valid_from", "version"})
_INDEXED = frozenset({"run_id", "subject_id"})
"""Fields by which the results of one run or of one facility are picked out of many."""

_DERIVED = {"findings": {"crossed": ("finding", "if_crossed")}}
"""Columns that the database takes out of the JSON of another, so that it is not parsed for every question."""
_COUNTED = {
    "findings": (
        "subject_layer",
        "subject_id",
        "rule",
        "verdict",
        "decided",
        "advisory",
        "crossed",
        "margin_m",
    )
}
"""Columns from whose index alone the current features of a layer are counted."""

PARTITION_KEYS: dict[str, tuple[str, ...]] = {"grid_cells": ("run_id", "resolution")}
"""Layers that PostGIS keeps in one partition for each combination of these fields: none is missing in any row, and
every unique key holds them."""


def _column(field: Field, keys: Sequence[str]) -> Column[Any]:
    return Column(field.name, _COLUMN_TYPES[field.type], nullable=field.name not in (*_NOT_NULL, *keys))


def _derive(name: str, source: str, key: str) -> Column[Any]:
    return Column(name, WORD, Computed(type_coerce(column(source), JSON)[key].as_string()))


def _build_table(layer: Layer) -> Table:
    slug = layer.slug
    keys = PARTITION_KEYS.get(slug, ())
    table = Table(
        slug,
        METADATA,
        Column("fid", _KEY, primary_key=True, autoincrement=True),
        *(_column(field, keys) for field in layer.all_fields),
        Column("geom", ShapelyGeometry()),
        # Digest of the content without moments and version: equal content is recognised by it.
        Column("content_digest", Text(), nullable=False),
        *(_derive(name, *taken) for name, taken in _DERIVED.get(slug, {}).items()),
        UniqueConstraint("id", "valid_from", *keys, name=f"uq_{slug}_id_valid_from"),
        UniqueConstraint("id", "version", *keys, name=f"uq_{slug}_id_version"),
    )
    current = table.c.valid_to.is_(None)
    unique = [table.c[name] for name in ("id", *keys)]
    Index(f"uq_{slug}_current", *unique, unique=True, sqlite_where=current, postgresql_where=current)
    Index(f"ix_{slug}_geom", table.c.geom, postgresql_using="gist").ddl_if(dialect="postgresql")
    for field in layer.fields:
        if field.name in _INDEXED:
            Index(f"ix_{slug}_{field.name}", table.c[field.name])
    if slug in _COUNTED:
        counted = [table.c[name] for name in _COUNTED[slug]]
        Index(f"ix_{slug}_counted", *counted, sqlite_where=current, postgresql_where=current)
    return table


_TABLES = {slug: _build_table(layer) for slug, layer in LAYERS.items()}

LAYER_STATE = Table(
    "layer_state",
    METADATA,
    Column("layer", WORD, primary_key=True),
    Column("digest", Text(), nullable=False),
    Column("revision", BigInteger(), nullable=False),
    Column("updated_at", UtcTime()),
    Column("figures", Json()),
)
"""One row for each layer: the digest chain of its content, the number of writes, and the figures of its current
features where the writes have kept them. Its row is also the lock of the layer's writers."""

RUNS = Table(
    "runs",
    METADATA,
    Column("fid", _KEY, primary_key=True, autoincrement=True),
    Column("id", WORD, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("checked_on", Date()),
    Column("parameters", Json(), nullable=False),
    Column("inputs", Json(), nullable=False),
    Column("code_version", Text(), nullable=False),
    Column("result", Json(), nullable=False),
    Column("created_at", UtcTime(), nullable=False),
    UniqueConstraint("id", name="uq_runs_id"),
    Index("ix_runs_kind", "kind", "fid"),
)
"""Runs of checks and grids: what was computed from which content by which code."""


def layer_table(slug: str) -> Table:
    """Return the table of a layer.

    Raises
    ------
    UnknownLayerError
        If there is no layer of that slug.
    """
    return _TABLES[get_layer(slug).slug]


@functools.cache  # queries of one table are compiled once
def rtree_table(slug: str) -> Table:
    """Return the R*Tree of a layer, which exists in SQLite only.

    ``min_lon`` to ``max_lat`` are rounded outwards to 32 bits by SQLite; ``west`` to ``north`` are the same
    bounds in full. [°]
    """
    names = ("min_lon", "max_lon", "min_lat", "max_lat", "west", "south", "east", "north")
    bounds: list[Column[Any]] = [Column(name, Double()) for name in names]
    return Table(f"{slug}_rtree", MetaData(), Column("fid", Integer(), primary_key=True), *bounds)
