"""The layout of a park: every unit, zone and building against the spacing tables and the relations between them.

The spacing tables (predicate ``table_distance``) are read for every pair: one finding for each that is not kept beyond
doubt, with clause, measure points and the metres missing. Of pairs for which the printed number is not known the
nearest one of each unit stands for all. All other rules give each subject the one finding that decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.rules import wording
from geo.rules.evaluate import evaluate, judge
from geo.rules.finding import Finding
from geo.rules.predicates.base import Scene
from geo.rules.predicates.readings import lacking, nothing_there
from geo.rules.predicates.table_distance import Spacing
from geo.rules.rule import Rule, RulePack

__all__ = ["SUBJECT_KINDS", "WORKS_KINDS", "LayoutFindings", "check_layout"]

SUBJECT_KINDS = ("unit", "zone", "building")
"""Kinds of subject in a layout, the words that its rules use."""

WORKS_KINDS = frozenset({"chemical_enterprise", "chemical_project", "chemical_store"})
"""Kinds whose spacing tables apply to the units of a park."""

_SPACING = "table_distance"
_LAYERS = {"unit": "hazard_units", "zone": "park_zones", "building": "buildings"}


@dataclass(frozen=True)
class LayoutFindings:
    """What came of the check of a layout.

    Attributes
    ----------
    subjects : GeoDataFrame
        Units, zones and buildings, in this order, with ``layer``, ``id``, ``name``, ``kind`` and ``state``.
    of_subjects : list of list of Finding
        For each subject.
    of_park : list of Finding
        What could not be looked at for want of a layer.
    """

    subjects: gpd.GeoDataFrame
    of_subjects: list[list[Finding]]
    of_park: list[Finding]


def check_layout(
    pack: RulePack,
    *,
    units: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    surroundings: Mapping[str, gpd.GeoDataFrame],
    state: str | None,
    on: date,
    rasters: Mapping[str, Path] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> LayoutFindings:
    """Return the findings of the layout of one park.

    Parameters
    ----------
    pack : RulePack
        Spacing tables for works, and rules whose subjects are the kinds of :data:`SUBJECT_KINDS`.
    units, zones, buildings : GeoDataFrame, EPSG:4490
        Features of the layers ``hazard_units``, ``park_zones`` and ``buildings``; a unit of which only the point is
        known is not taken for the edge of its equipment.
    surroundings : mapping of slug to GeoDataFrame, EPSG:4490
        All that is measured to: roads, railways, neighbouring works, zones, buildings and units around, too. A layer
        that is not there answers ``insufficient_data``; one that has nothing near the park is kept from.
    state : str or None
        State of the park; it is that of zones and buildings.
    on : date
        Day of the decision.
    rasters : mapping of kind to path, optional
        ``elevation``, as far as it is there.
    progress : callable, optional
        Called with the fraction done and the id of the rule just looked at.
    """
    subjects = _subjects(units, zones, buildings, state)
    scene = Scene(subjects, surroundings, rasters, on)
    found: list[list[Finding]] = [[] for _ in range(len(subjects))]
    of_park: list[Finding] = []
    rules = _applying(pack)
    for number, rule in enumerate(rules, start=1):
        if lacking_layer := _lacking_layer(rule, scene, surroundings):
            of_park += [_asking(rule, lacking_layer)] if rule.in_force(on) else []
        elif rule.predicate == _SPACING:
            of_park += _check_spacing(rule, scene, surroundings, on, found)
        else:
            one = evaluate(RulePack((rule,), pack.version), subjects, surroundings, on, rasters)
            for findings, new in zip(found, one, strict=True):
                findings += new
        if progress is not None:
            progress(number / len(rules), rule.id)
    return LayoutFindings(subjects, found, of_park)


def _lacking_layer(rule: Rule, scene: Scene, stored: Mapping[str, object]) -> str | None:
    """Return the layer of which the park has nothing to look at by a rule; None where there is something.

    A park may well have no buildings, but none without units or zones.
    """
    (kind,) = rule.subject_kinds
    layer = _LAYERS[kind]
    there = bool((scene.subjects["kind"] == kind).any()) or (kind == "building" and layer in stored)
    return None if there else layer


def _asking(rule: Rule, layer: str) -> Finding:
    reading = lacking([f"layer {layer}"], wording.no_targets(rule.labels, layer))
    return judge(rule, reading, {"kind": rule.subject_kinds[0], "state": "new"})


def _applying(pack: RulePack) -> list[Rule]:
    """Return the rules that look at a layout; spacing tables of works look at its units."""
    own = [rule for rule in pack.rules if set(rule.subject_kinds) & set(SUBJECT_KINDS)]
    tables = [
        replace(rule, subject_kinds=("unit",))
        for rule in pack.rules
        if rule.predicate == _SPACING and WORKS_KINDS & set(rule.subject_kinds)
    ]
    return [*tables, *own]


def _subjects(
    units: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, state: str | None
) -> gpd.GeoDataFrame:
    """Return units, zones and buildings as the subjects of rules."""
    is_area = units.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy(dtype=bool)
    is_flare = (units["unit_kind"] == "flare").to_numpy(dtype=bool)
    classes = (
        units["facility_class"].astype(object).where(~is_flare | units["facility_class"].notna(), "flare")
    )
    parts = [
        _as_subjects("hazard_units", "unit", units).assign(
            outline=np.array(["equipment" if area else None for area in is_area], dtype=object),
            facility_class=classes.to_numpy(),
        ),
        _as_subjects("park_zones", "zone", zones).assign(state=state),
        _as_subjects("buildings", "building", buildings).assign(state=state),
    ]
    joined = pd.concat([part.astype(object) for part in parts if len(part)] or parts[:1], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs="EPSG:4490")


def _as_subjects(layer: str, kind: str, frame: gpd.GeoDataFrame) -> pd.DataFrame:
    columns = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    shapes = {"geometry": frame.geometry.to_numpy()}
    return columns.assign(layer=layer, kind=kind, purpose=None, **shapes)


def _check_spacing(
    rule: Rule, scene: Scene, stored: Mapping[str, object], on: date, found: list[list[Finding]]
) -> list[Finding]:
    """Add what pairs do not keep to the findings of their units; return what no layer is there for."""
    who = np.flatnonzero((scene.subjects["kind"] == "unit").to_numpy(dtype=bool))
    if not rule.in_force(on):
        return []
    if rule.target not in stored:
        return [judge(rule, nothing_there(rule, unit="m"), {"kind": "unit", "state": "new"})]
    if not len(scene.sheet(rule.target).targets):
        return []
    spacing = Spacing(rule, scene, who)
    for i, reading in spacing.all_pairs():
        found[int(who[i])].append(judge(rule, reading, spacing.subject_rows[i]))
    return []
