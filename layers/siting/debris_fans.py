"""Who and what lies in the fans of stored debris-flow gullies. Screening only: see :mod:`geo.debris_fan`."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping

from geo.debris_fan import STANDING, fan_of
from geo.errors import OutOfRangeError
from geo.missing import or_none
from layers.store import Store

__all__ = ["FAN_TARGETS", "find_fans"]

FAN_TARGETS: Mapping[str, Sequence[str]] = {
    "settlements": ("population",),
    "buildings": ("people_day", "people_night"),
    "protection_targets": ("people_day", "people_night"),
    "enterprises": ("staff",),
    "hazard_units": (),
    "hazard_sites": (),
    "tailings_ponds": (),
    "chemical_parks": (),
    "roads": (),
    "railways": (),
}
"""Layers that are looked at, each with the fields that count its people.

The same people may stand in several of them, at home and as a village: their numbers are never added up over layers."""


_SIZES = ("length_m", "width_m", "angle_deg", "area_m2")


def find_fans(store: Store, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the fan of every stored debris-flow gully, by id, with what touches it.

    Positions are taken as they are stored: what they may be off is less than what the relation is.

    Parameters
    ----------
    store : Store
    ids : sequence of str, optional
        Only of these gullies; ids that are none of a gully have no fan.

    Returns
    -------
    list of dict
        ``id``, ``name``; ``fan`` (``length_m``, ``width_m``, ``angle_deg``, ``area_m2``) and ``outline`` (GeoJSON,
        EPSG:4490), None where the fan is unknown; ``needs`` (fields that are missing for it) and ``problem`` (why the
        equations give none, zh and en, or None); ``warnings`` (zh and en); ``standing`` of the equations; ``targets``:
        for each layer with something in the fan ``ids``, ``names``, and for each of its fields of people their
        ``known`` number and of how many features it is ``unknown``.
    """
    gullies = store.read("geohazards", where={"geohazard_kind": "debris_flow"}, ids=ids)
    rows = gullies.drop(columns="geom").to_dict("records")
    return [_find_fan(store, {str(name): value for name, value in row.items()}) for row in rows]


def _find_fan(store: Store, gully: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": gully["id"],
        "name": or_none(gully["name"]),
        "fan": None,
        "outline": None,
        "needs": [],
        "problem": None,
        "warnings": [],
        "standing": STANDING.value,
        "targets": {},
    }
    try:
        fan = fan_of(gully)
    except OutOfRangeError as exc:
        return {**found, "problem": {"zh": exc.zh, "en": exc.message}}
    if isinstance(fan, list):
        return {**found, "needs": fan}
    size, outline = fan
    return {
        **found,
        "fan": {name: round(getattr(size, name), 1) for name in _SIZES},
        "outline": mapping(outline),
        "warnings": [{"zh": warning.zh, "en": warning.en} for warning in size.warnings],
        "targets": _find_targets(store, outline),
    }


def _find_targets(store: Store, outline: shapely.Polygon) -> dict[str, Any]:
    """Return what touches a fan, by layer."""
    west, south, east, north = outline.bounds
    there: dict[str, Any] = {}
    for layer, fields in FAN_TARGETS.items():
        near = store.read(layer, bounds=(west, south, east, north))
        inside = near[np.asarray(shapely.intersects(near.geometry.to_numpy(), outline), dtype=bool)]
        if len(inside):
            there[layer] = {
                "ids": inside["id"].tolist(),
                "names": [or_none(name) for name in inside["name"]],
                **{field: _count(inside, field) for field in fields},
            }
    return there


def _count(inside: gpd.GeoDataFrame, field: str) -> dict[str, int]:
    people = pd.to_numeric(inside[field], errors="coerce")
    return {"known": int(people.sum(skipna=True)), "unknown": int(people.isna().sum())}
