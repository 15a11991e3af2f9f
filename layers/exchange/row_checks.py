"""What some layers ask of the rows of an import, as of single features (:mod:`layers.exchange.single_features`)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from shapely.geometry import mapping, shape

from geo.errors import RiskmapError
from layers.formats.rows import Rows
from layers.plants.results import PLANT_LAYER
from layers.plants.stored import make_plant_feature
from layers.store import Store
from layers.terrain import RASTER_LAYER, check_raster_path

__all__ = ["check_rows"]

_FILLED_BY_IMPORT = frozenset({"source", "accuracy_m"})
"""What an import fills in by itself: of a plant its file says them."""


def check_rows(store: Store, rows: Rows) -> None:
    """Reject the rows that do not make sense in their layer, and fill what follows from them.

    Parameters
    ----------
    store : Store
    rows : Rows
        Their geometries in EPSG:4490.
    """
    check = _CHECKS.get(rows.layer.slug)
    if check is None:
        return
    for i in np.flatnonzero(rows.good).tolist():
        try:
            check(store, rows, i)
        except RiskmapError as error:
            column, shown = ("document", "id") if rows.layer.slug == PLANT_LAYER else ("path", "path")
            rows.reject(i, column, _value(rows, i, shown), error.message, error.zh)


def _check_plant(_store: Store, rows: Rows, i: int) -> None:
    """Take a plant from its file, as all doors do."""
    given = {name: values[i] for name, values in rows.values.items() if values[i] is not None}
    geometry = rows.geometries[i]
    feature: dict[str, Any] = {
        "id": given.pop("id", None),
        "geometry": None if geometry is None else mapping(geometry),
        "properties": {name: value for name, value in given.items() if name not in _FILLED_BY_IMPORT},
    }
    made = make_plant_feature(feature)
    for name, value in {"id": made["id"], **made["properties"]}.items():
        rows.values.setdefault(name, [None] * len(rows.table))[i] = value
    rows.geometries[i] = shape(made["geometry"])


def _check_raster(store: Store, rows: Rows, i: int) -> None:
    check_raster_path(store, _value(rows, i, "path"), _value(rows, i, "source"))


def _value(rows: Rows, i: int, name: str) -> object:
    values = rows.values.get(name)
    return None if values is None else values[i]


_CHECKS: dict[str, Callable[[Store, Rows, int], None]] = {
    PLANT_LAYER: _check_plant,
    RASTER_LAYER: _check_raster,
}
