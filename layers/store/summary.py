"""A layer's current features in figures, kept beside its digest by the writes.

A write takes what it adds into the figures and what it ends out of them. Where something that ends may have been the
only one at an end of a range (the easternmost feature, the largest accuracy), the layer is counted anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from layers.store.batch import Batch
from layers.store.dialects.common import DatabaseDialect
from layers.store.reading import current
from layers.store.records import LayerSummary
from layers.store.schema import EMPTY_DIGEST, LAYER_STATE, layer_table
from layers.store.types import format_time

__all__ = ["ILLUSTRATIVE", "Change", "dump_summary", "kept_summary", "summarise_batch", "summarise_layer"]

ILLUSTRATIVE = "illustrative"
"""Source of made-up features that show what the product does."""

_LOOKED_AT = 1_000
"""Where a write ends more features than that, the layer is counted anew."""


class Change:
    """What a write does to the figures of a layer.

    Parameters
    ----------
    known : LayerSummary or None
        Figures before it; None where they are not known.
    new : Batch, optional
        Features that it adds.
    """

    def __init__(self, known: LayerSummary | None, new: Batch | None = None) -> None:
        self._known = known
        self._added = None if new is None or not len(new) else summarise_batch(new)

    def end(self, connection: Connection, fids: Sequence[int]) -> None:
        """Take out rows, of this layer, that have not ended yet."""
        if self._known is None or not fids:
            return
        gone = None if len(fids) > _LOOKED_AT else _summarise_rows(connection, self._known.slug, fids)
        self._known = None if gone is None else _take_out(self._known, gone, self._added)

    def figures(self, digest: str) -> LayerSummary | None:
        """Return the figures after the write; None where the layer has to be counted."""
        known = self._known
        if known is None:
            return None
        return replace(known if self._added is None else _put_in(known, self._added), digest=digest)


def summarise_layer(connection: Connection, dialect: DatabaseDialect, slug: str, digest: str) -> LayerSummary:
    """Return the figures of a layer; see `LayerSummary`."""
    return kept_summary(connection, slug, digest) or _count_layer(connection, dialect, slug, digest)


def kept_summary(connection: Connection, slug: str, digest: str) -> LayerSummary | None:
    """Return the figures that the writes have kept for a content; None where there are none."""
    if digest == EMPTY_DIGEST:
        return LayerSummary(slug, 0, None, None, None, None, 0, 0, digest)
    kept = connection.scalar(select(LAYER_STATE.c.figures).where(LAYER_STATE.c.layer == slug))
    if kept is None or kept["digest"] != digest:
        return None
    newest, bounds = kept["newest"], kept["bounds"]
    times = {"newest": None if newest is None else datetime.fromisoformat(newest)}
    return LayerSummary(**{**kept, **times, "bounds": None if bounds is None else tuple(bounds)})


def dump_summary(figures: LayerSummary) -> dict[str, Any]:
    """Return figures as they are kept (JSON types)."""
    newest = None if figures.newest is None else format_time(figures.newest)
    return {**asdict(figures), "newest": newest}


def summarise_batch(batch: Batch) -> LayerSummary:
    """Return the figures of features on their way into a layer."""
    return _summarise(batch.layer.slug, batch.columns, batch.geometries)


def _count_layer(connection: Connection, dialect: DatabaseDialect, slug: str, digest: str) -> LayerSummary:
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


def _summarise_rows(connection: Connection, slug: str, fids: Sequence[int]) -> LayerSummary:
    c = layer_table(slug).c
    query = select(c.valid_from, c.accuracy_m, c.source, c.geom).where(c.fid.in_(fids))
    *columns, shapes = zip(*connection.execute(query).all(), strict=True)
    names = ("valid_from", "accuracy_m", "source")
    return _summarise(slug, dict(zip(names, columns, strict=True)), np.array(shapes, dtype=object))


def _summarise(
    slug: str, columns: Mapping[str, Sequence[Any]], geometries: NDArray[np.object_]
) -> LayerSummary:
    known_m = [accuracy_m for accuracy_m in columns["accuracy_m"] if accuracy_m is not None]
    bounds = shapely.total_bounds(geometries)
    west, south, east, north = bounds.tolist()
    return LayerSummary(
        slug=slug,
        count=len(geometries),
        bounds=None if np.isnan(bounds).any() else (west, south, east, north),
        newest=max(columns["valid_from"]),
        accuracy_min_m=min(known_m, default=None),
        accuracy_max_m=max(known_m, default=None),
        accuracy_unknown=len(geometries) - len(known_m),
        illustrative=sum(source == ILLUSTRATIVE for source in columns["source"]),
        digest="",
    )


def _put_in(known: LayerSummary, added: LayerSummary) -> LayerSummary:
    return replace(
        known,
        count=known.count + added.count,
        accuracy_unknown=known.accuracy_unknown + added.accuracy_unknown,
        illustrative=known.illustrative + added.illustrative,
        **_ranges(known, added),
    )


def _take_out(known: LayerSummary, gone: LayerSummary, added: LayerSummary | None) -> LayerSummary | None:
    """Return the figures without some features; None where they may have been alone at the end of a range.

    They were not where what is added lies there too.
    """
    if not all(_is_wider(known, gone, added, name) for name in _ends(gone)):
        return None
    return replace(
        known,
        count=known.count - gone.count,
        accuracy_unknown=known.accuracy_unknown - gone.accuracy_unknown,
        illustrative=known.illustrative - gone.illustrative,
    )


def _is_wider(known: LayerSummary, gone: LayerSummary, added: LayerSummary | None, name: str) -> bool:
    """Tell whether the layer reaches on at one end of a range without some features."""
    end, left = _ends(known)[name], _ends(gone)[name]
    return bool(end > left or (added is not None and name in _ends(added) and _ends(added)[name] >= left))


def _ends(figures: LayerSummary) -> dict[str, Any]:
    """Return the ends of the ranges that are known, each so that what reaches farther is greater."""
    west, south, east, north = figures.bounds or (None, None, None, None)
    least = {"west": west, "south": south, "accuracy_min_m": figures.accuracy_min_m}
    most = {
        "east": east,
        "north": north,
        "accuracy_max_m": figures.accuracy_max_m,
        "newest": figures.newest,
    }
    ends = {**{name: None if end is None else -end for name, end in least.items()}, **most}
    return {name: end for name, end in ends.items() if end is not None}


def _ranges(one: LayerSummary, other: LayerSummary) -> dict[str, Any]:
    """Return the ranges of two sets of features together."""
    first, second = _ends(one), _ends(other)
    names = first.keys() | second.keys()
    ends = {name: max(found[name] for found in (first, second) if name in found) for name in sorted(names)}
    west, south = (-ends[name] if name in ends else None for name in ("west", "south"))
    least_m = ends.get("accuracy_min_m")
    return {
        "bounds": None if west is None else (west, south, ends["east"], ends["north"]),
        "newest": ends.get("newest"),
        "accuracy_min_m": None if least_m is None else -least_m,
        "accuracy_max_m": ends.get("accuracy_max_m"),
    }
