"""What a failure of a tailings pond may reach, its design grade, and what it does not monitor. Screening only.

Limits and widths are those of the rules: which facilities make an overhead pond (头顶库), and how wide the band of
run-outs is taken, stands in their packs. The verdicts are for the check; here is what they rest on.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.missing import or_none
from geo.rules.expression import TRUE
from geo.rules.predicates.downstream_within import toe_of
from geo.rules.rule import Rule
from geo.tailings import (
    MONITORING,
    RELATIONS,
    RunOutBand,
    design_grade,
    lay_run_out,
    missing_monitoring,
    people_in_band,
    run_out,
)
from geo.terrain import FlowPath, PathEnd, trace_flow_path
from layers.catalog import get_layer
from layers.errors import NotAvailableError, NotFoundError
from layers.siting.checks import load_rules
from layers.siting.debris_fans import FAN_TARGETS
from layers.store import Store
from layers.terrain import stored_rasters

__all__ = ["POND_LAYERS", "ZONES", "screen_ponds", "screen_stored"]

POND_LAYERS = ("tailings_ponds", "proposals")
"""Layers that may hold a pond, built or planned."""

ZONES = ("low", "central", "high")
"""Zones of a band: even the least run-out gets there, the middle one does, only the farthest does."""

_OVERHEAD, _RUN_OUT = "tailings-overhead-new", "gb-39496-5-2-1"
"""Rules whose numbers are taken."""

_KIND = "tailings_pond"
_RASTER = "raster elevation"

_Trace = Callable[[float], FlowPath]
"""Gives the flow path below a pond of a length. [m]"""


def screen_stored(store: Store, layer: str, pond: str) -> dict[str, Any]:
    """Return the screening of a stored pond; see :func:`screen_ponds`.

    Raises
    ------
    NotFoundError
        If the layer has no such feature.
    NotAvailableError
        If it is no tailings pond.
    """
    found = store.read(layer, ids=[pond]) if layer in POND_LAYERS else None
    if found is None or found.empty:
        raise NotFoundError(f"layer {layer} has no pond {pond!r}", zh=f"图层 {layer} 中没有尾矿库“{pond}”")
    (screened,) = screen_ponds(store, layer, found)
    return screened


def screen_ponds(store: Store, layer: str, ponds: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return what a failure of each pond may reach, with its grade and the items that it does not monitor.

    Parameters
    ----------
    layer : str
        One of :data:`POND_LAYERS`.
    ponds : GeoDataFrame, EPSG:4490
        Fields of the layer that it lacks are missing in every row.

    Returns
    -------
    list of dict
        ``layer``, ``id``, ``name``; ``grade`` (``design``, ``by_capacity``, ``by_height``, ``stated``, ``standing``);
        ``monitoring``: for each that asks for items those ``missing``, None where it is unknown; ``overhead``
        (``limit_m``, ``half_width_m``, ``targets`` by mileage, not ``certain`` where it is unknown whether they count,
        such as buildings whose households nobody stated), None where the path cannot be followed so far; ``run_out``
        (``estimates``, ``low_m``, ``central_m``, ``high_m``, ``scatter``, ``half_width_m``, ``reaches_end``,
        ``lines``, ``targets``); ``needs``: what has to be brought for what is None.

    Raises
    ------
    NotAvailableError
        If one is no tailings pond.
    """
    elevation = stored_rasters(store, ["elevation"]).get("elevation")
    fields = [field.name for field in get_layer(layer).all_fields]
    rows = pd.DataFrame(ponds).reindex(columns=fields).to_dict("records")
    return [_screen(store, layer, {str(k): v for k, v in row.items()}, elevation) for row in rows]


def _screen(store: Store, layer: str, pond: Mapping[str, Any], elevation: Path | None) -> dict[str, Any]:
    if layer == "proposals" and pond["kind"] != _KIND:
        raise NotAvailableError(
            f"{pond['id']!r} is of kind {pond['kind']!r}, not {_KIND}: only tailings ponds are screened",
            zh=f"“{pond['id']}”的类别为“{pond['kind']}”，不是尾矿库：只对尾矿库进行溃坝初筛",
        )
    own, trace = (layer, str(pond["id"])), _find_trace(pond, elevation)
    band = None if trace is None else _lay_band(pond, trace)
    overhead = None if trace is None else _find_overhead(store, trace, own)
    needs = _needs(pond, elevation)
    is_cut = overhead is None or (band is not None and not band.reaches_end)
    if trace is not None and is_cut:
        needs.append(_RASTER)
    return {
        "layer": layer,
        "id": pond["id"],
        "name": or_none(pond["name"]),
        "grade": _grade(pond),
        "monitoring": {asker: _name_missing(pond, asker) for asker in MONITORING},
        "overhead": overhead,
        "run_out": None if band is None else _describe_band(store, band, own),
        "needs": needs,
    }


def _needs(pond: Mapping[str, Any], elevation: Path | None) -> list[str]:
    """Return what is missing, as findings name it."""
    given = {
        "subject.capacity_m3": _is_known(pond["capacity_m3"]),
        "subject.dam_height_m": _is_known(pond["dam_height_m"]),
        "subject.toe_point": toe_of(pond) is not None,
        "subject.monitoring": isinstance(pond["monitoring"], list | tuple),
        "subject.method": or_none(pond["method"]) is not None,
        _RASTER: elevation is not None,
    }
    return [need for need, there in given.items() if not there]


def _is_known(quantity: float | None) -> bool:
    return quantity is not None and quantity > 0


def _grade(pond: Mapping[str, Any]) -> dict[str, Any]:
    stated = or_none(pond["design_grade"])
    if not (_is_known(pond["capacity_m3"]) and _is_known(pond["dam_height_m"])):
        return dict.fromkeys(("design", "by_capacity", "by_height", "standing")) | {"stated": stated}
    found = design_grade(float(pond["capacity_m3"]), float(pond["dam_height_m"]))
    rows = {"by_capacity": found.by_capacity, "by_height": found.by_height}
    return {
        "design": None if found.grade is None else found.grade.name,
        **{name: None if row is None else row.grade.name for name, row in rows.items()},
        "standing": found.standing.value,
        "stated": stated,
    }


def _name_missing(pond: Mapping[str, Any], asker: str) -> list[dict[str, str]] | None:
    missing = missing_monitoring(pond, asker)
    return None if missing is None else [{"item": m.item, "zh": m.zh, "en": m.en} for m in missing]


@cache
def _rule(id: str) -> Rule:
    return next(rule for rule in load_rules().rules if rule.id == id)


def _find_trace(pond: Mapping[str, Any], elevation: Path | None) -> _Trace | None:
    toe = toe_of(pond)
    return None if toe is None or elevation is None else partial(trace_flow_path, elevation, *toe)


def _lay_band(pond: Mapping[str, Any], trace: _Trace) -> RunOutBand | None:
    """Return the band of run-outs along the valley; None where capacity or height is missing."""
    if not (_is_known(pond["capacity_m3"]) and _is_known(pond["dam_height_m"])):
        return None
    numbers = _rule(_RUN_OUT).tests[0].parameters
    run = run_out(float(pond["capacity_m3"]), float(pond["dam_height_m"]), numbers["scatter"])
    return lay_run_out(run, trace, numbers["half_width_m"])


def _find_overhead(store: Store, trace: _Trace, own: tuple[str, str]) -> dict[str, Any] | None:
    """Return who and what makes the pond an overhead one, by mileage; None where the path is too short to tell."""
    tests = _rule(_OVERHEAD).tests
    limit_m, half_width_m = (tests[0].parameters[name] for name in ("distance_m", "half_width_m"))
    path = trace(limit_m)
    if path.end is not PathEnd.LENGTH:
        return None
    targets = []
    for test in tests:
        near = _read_near(store, test.target, path, half_width_m, own, counts=test.target_filter)
        certain = test.target_filter.evaluate(near) == TRUE
        for row, feet in enumerate(path.feet(near.geometry, half_width_m)):
            ahead = (feet.mileage_m >= 0) & (feet.mileage_m <= limit_m)
            if ahead.any():
                first = np.flatnonzero(ahead)[np.argmin(feet.mileage_m[ahead])]
                places = (feet.mileage_m[first], feet.lateral_m[first])
                named = _name_target(test.target, near.iloc[row], *places)
                targets.append({**named, "certain": bool(certain[row])})
    ordered = sorted(targets, key=lambda one: (one["mileage_m"], one["layer"], one["id"]))
    return {"limit_m": limit_m, "half_width_m": half_width_m, "targets": ordered}


def _read_near(
    store: Store, layer: str, path: FlowPath, half_width_m: float, own: tuple[str, str], **asked: Any
) -> gpd.GeoDataFrame:
    """Return the features of a layer around a path, index 0, 1, 2, …, without the pond itself."""
    west, south, east, north = path.box(half_width_m).bounds
    near = store.read(layer, bounds=(west, south, east, north), **asked)
    return near[near["id"] != own[1]].reset_index(drop=True) if layer == own[0] else near


def _name_target(layer: str, row: "pd.Series[Any]", mileage_m: float, lateral_m: float) -> dict[str, Any]:
    named = {"layer": layer, "id": str(row["id"]), "name": or_none(row["name"])}
    return {**named, "mileage_m": round(float(mileage_m), 1), "lateral_m": round(float(lateral_m), 1)}


def _describe_band(store: Store, band: RunOutBand, own: tuple[str, str]) -> dict[str, Any]:
    run = band.run_out
    low_m, central_m, high_m = (round(end_m, 1) for end_m in band.ends_m)
    return {
        "estimates": [
            {
                "relation": one.name,
                "source": one.source,
                "run_out_m": round(1000.0 * run.estimates_km[one.name], 1),
            }
            for one in RELATIONS
        ],
        "low_m": low_m,
        "central_m": central_m,
        "high_m": high_m,
        "scatter": run.scatter,
        "standing": run.standing.value,
        "half_width_m": band.half_width_m,
        "path_m": round(band.path.length_m, 1),
        "reaches_end": band.reaches_end,
        "lines": {
            zone: json.loads(shapely.to_geojson(line)) for zone, line in zip(ZONES, band.lines(), strict=True)
        },
        "targets": dict(_find_inside(store, band, own)),
    }


def _find_inside(
    store: Store, band: RunOutBand, own: tuple[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield for each layer with something in the band its features by mileage, and their people by zone."""
    for layer, fields in FAN_TARGETS.items():
        near = _read_near(store, layer, band.path, band.half_width_m, own)
        reached = band.reach(near.geometry)
        inside = reached[reached["zone"].notna()].sort_values("mileage_m", kind="stable")
        if len(inside):
            places = (
                {
                    **_name_target(layer, near.iloc[row], one["mileage_m"], one["lateral_m"]),
                    "zone": one["zone"],
                }
                for row, one in zip(inside.index.to_numpy(), inside.to_dict("records"), strict=True)
            )
            yield layer, {"features": list(places), "people": _count_people(reached["zone"], near, fields)}


def _count_people(
    zones: "pd.Series[Any]", near: gpd.GeoDataFrame, fields: Sequence[str]
) -> dict[str, dict[str, dict[str, int]]]:
    """Return for each field of people and each zone how many are known there, and of how many it is unknown."""
    counted = {}
    for field in fields:
        people = pd.to_numeric(near[field], errors="coerce").to_numpy(dtype=np.float64)
        counted[field] = {
            zone: {"known": int(known), "unknown": unknown}
            for zone, (known, unknown) in people_in_band(zones, people).items()
        }
    return counted
