"""The layout of a stored park, checked: spacing tables, four zones apart, control rooms, crowded places, wind, height.

The result has the shape of every other check, with one entry for the park and one for each of its units, zones and
buildings::

    {"checked_on", "rules_version", "data_version", "advisory_counted", "park": {"id", "name"}, "verdict",
     "conclusion", "proposals": [{"id", "name", "layer", "kind", "state", "verdict", "conclusion", "findings": […],
     "changes": […]}], "awaiting_confirmation": […]}
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.layout import SUBJECT_KINDS, WORKS_KINDS, check_layout
from geo.missing import or_none
from geo.rules.finding import Finding, conclude, worst_verdict
from geo.rules.predicates import needed_layers
from geo.rules.rule import RulePack
from geo.rules.schema import BUILT_IN_PACKS, load_packs
from geo.siting.changes import what_would_change
from layers.errors import NotFoundError
from layers.siting.checks import SUBJECT_LAYERS, list_unverified
from layers.siting.vocabulary import LABELS, make_vocabulary
from layers.store import Store

__all__ = ["check_park_layout", "load_layout_rules"]

_PACKS = (BUILT_IN_PACKS / "tables.toml", BUILT_IN_PACKS / "layout" / "layout.toml")
_PARTS = ("hazard_units", "park_zones", "buildings")
_MARGIN_DEG = 0.005
"""How far around a park is looked: 400 m and more up to 42 degrees of latitude. No table asks for more than 150 m."""


def load_layout_rules() -> RulePack:
    """Return the rules of a layout: spacing tables of works, and relations of units, zones and buildings."""
    vocabulary = make_vocabulary((*SUBJECT_LAYERS, *_PARTS), SUBJECT_KINDS)
    pack = load_packs(vocabulary, _PACKS)
    return pack.for_kinds({*SUBJECT_KINDS, *WORKS_KINDS})


def check_park_layout(
    store: Store,
    park_id: str,
    *,
    on: date,
    rasters: dict[str, Path] | None = None,
    with_advisory: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> dict[str, Any]:
    """Return the findings of the layout of a stored park.

    Parameters
    ----------
    store : Store
    park_id : str
        Id in the layer ``chemical_parks``.
    on : date
        Day of the decision.
    rasters : dict of kind to path, optional
        ``elevation``, for heights.
    with_advisory : bool
        Count rules of recalled or disputed standing in the verdicts.
    progress : callable, optional
        Called with the fraction done and what is being done.

    Raises
    ------
    NotFoundError
        If there is no such park.
    """
    parks = store.read("chemical_parks", ids=[park_id])
    if not len(parks):
        raise NotFoundError(
            f"layer chemical_parks has no feature {park_id!r}", zh=f"图层 chemical_parks 中没有“{park_id}”"
        )
    park = parks.iloc[0]
    pack = load_layout_rules().with_advisory() if with_advisory else load_layout_rules()
    layers = sorted({*needed_layers(pack), *_PARTS})
    units, zones = (store.read(layer, where={"park_id": park_id}) for layer in ("hazard_units", "park_zones"))
    around = _bounds([parks, units, zones])
    there = [layer for layer in layers if store.count(layer)]
    surroundings = {layer: _placed(store.read(layer, bounds=around)) for layer in there}
    surroundings["park_zones"] = _placed(zones)
    surroundings["wind_roses"] = store.read("wind_roses")
    result = check_layout(
        pack,
        units=_placed(units),
        zones=_placed(zones),
        buildings=_buildings(surroundings, park.geom, units.iloc[:0]),
        surroundings=surroundings,
        state=or_none(park["state"]),
        on=on,
        rasters=rasters,
        progress=progress,
    )
    findings = [*result.of_park, *(finding for one in result.of_subjects for finding in one)]
    named = {"id": park_id, "name": or_none(park["name"])}
    whole = {**named, "layer": "chemical_parks", "kind": "chemical_park", "state": or_none(park["state"])}
    rows = result.subjects.to_dict("records")
    return {
        "checked_on": on.isoformat(),
        "rules_version": pack.version,
        "data_version": store.data_version(["chemical_parks", *layers]),
        "park": named,
        "advisory_counted": pack.advisory_counted,
        **_conclusion(findings),
        "proposals": [
            _entry(whole, result.of_park),
            *(_entry(row, one) for row, one in zip(rows, result.of_subjects, strict=True)),
        ],
        "awaiting_confirmation": list_unverified(pack, [findings]),
    }


def _entry(row: dict[Any, Any], findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        **{name: or_none(row[name]) for name in ("id", "name", "layer", "kind", "state")},
        **_conclusion(findings),
        "findings": [finding.to_dict() for finding in findings],
        "changes": [change.to_dict() for change in what_would_change(findings, LABELS)],
    }


def _conclusion(findings: Sequence[Finding]) -> dict[str, str]:
    return {"verdict": worst_verdict(findings).value, "conclusion": conclude(findings).value}


def _placed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the features that have a place."""
    return frame[~(frame.geometry.isna() | frame.geometry.is_empty)]


def _buildings(
    surroundings: dict[str, gpd.GeoDataFrame], park: shapely.Geometry, empty: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the buildings inside the park, and those inside external safety distances around it."""
    buildings, zones = (surroundings.get(layer, empty) for layer in ("buildings", "zones"))
    kinds = zones["zone_kind"] if "zone_kind" in zones.columns else pd.Series(dtype=object)
    safety = zones.geometry[(kinds == "safety_distance").to_numpy(dtype=bool)]
    areas = shapely.STRtree([park, *safety])
    inside, _ = areas.query(buildings.geometry.to_numpy(), predicate="intersects")
    return buildings.iloc[np.unique(inside)]


def _bounds(frames: list[gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """Return the bounds of a park and of what belongs to it, with what may matter around."""
    bounds = np.stack([frame.total_bounds for frame in frames if len(frame)])
    west, south = bounds[:, :2].min(axis=0) - _MARGIN_DEG
    east, north = bounds[:, 2:].max(axis=0) + _MARGIN_DEG
    return float(west), float(south), float(east), float(north)
