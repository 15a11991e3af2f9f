"""Where a stored or drawn project may go, as the doors answer it."""

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.ellipsoid import CGCS2000
from geo.errors import OutOfRangeError
from geo.progress import Progress
from geo.rules.predicates import needed_layers, needed_rasters
from geo.rules.rule import RulePack
from geo.rules.targets import Targets
from geo.siting.changes import Step
from geo.siting.largest import find_largest
from geo.siting.project import Project
from geo.siting.sites import RuleShare, SiteMap, find_sites
from layers.admin import area_geometry
from layers.siting.checks import check_subjects, load_rules
from layers.siting.surroundings import StoredSurroundings, extent_of, summarise_needed
from layers.store import Store
from layers.terrain import stored_rasters

__all__ = ["largest_here", "look_at_moves", "read_area", "where"]
Bounds = tuple[float, float, float, float]

MOVES_LOOKED_AT = 100
"""So many moves of a result are looked at: each is a check of its own."""

_DECIMALS = 9
"""Positions are published to 1e-9 degrees."""


def read_area(area: str | Bounds, store: Store | None = None) -> shapely.Geometry:
    """Return the polygon of a division code, or of west, south, east, north.

    Raises
    ------
    FeatureError, NotAvailableError, NotFoundError
        As :func:`layers.admin.area_geometry`.
    OutOfRangeError
        If the bounds are no rectangle.
    """
    if isinstance(area, str):
        return area_geometry(area, store)
    west, south, east, north = area
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise OutOfRangeError(
            f"{area} is no rectangle: state west, south, east, north in degrees",
            zh=f"{area} 不是有效范围：依次给出西、南、东、北（度）",
        )
    return shapely.box(west, south, east, north)


def where(
    store: Store,
    proposal: gpd.GeoDataFrame,
    area: str | Bounds,
    *,
    on: date,
    resolution: int = 9,
    pack: RulePack | None = None,
    radius_m: float | None = None,
    set_aside: Collection[str] = (),
    set_aside_lacking: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return where in an area a project may go (JSON types).

    Parameters
    ----------
    proposal : GeoDataFrame, EPSG:4490
        One subject, as from :func:`layers.siting.checks.subjects_of`.
    area : str or tuple of float
        A division code, or west, south, east, north. [°]
    on, resolution, radius_m, set_aside, set_aside_lacking, progress
        As for :func:`geo.siting.sites.find_sites`.
    pack : RulePack, optional
        The rules; those that come with the product unless stated.

    Returns
    -------
    dict
        ``checked_on``, ``rules_version``, ``data_version``, ``edge_tolerance_m``, ``areas_km2``, ``regions`` (GeoJSON
        geometries by name), ``cells``, ``rules`` and ``notes`` (``zh`` and ``en``).
    """
    pack = pack or load_rules()
    with store.one_state():
        near = _Near(store, pack)
        shape = read_area(area, store)
        sites = find_sites(
            pack,
            proposal,
            shape,
            near.gather,
            on,
            rasters=near.rasters,
            resolution=resolution,
            radius_m=radius_m,
            set_aside=set_aside,
            set_aside_lacking=set_aside_lacking,
            extents=near.extents,
            progress=progress,
        )
    return {
        "checked_on": on.isoformat(),
        "rules_version": pack.version,
        "data_version": near.data_version,
        "advisory_counted": pack.advisory_counted,
        "resolution": sites.resolution,
        "edge_tolerance_m": sites.edge_tolerance_m,
        "areas_km2": {name: round(km2, 6) for name, km2 in sites.areas_km2.items()},
        "regions": {name: _geojson(region) for name, region in sites.regions.items()},
        "cells": _cells(sites.cells),
        "rules": [_rule(share) for share in sites.rules],
        "notes": _notes(sites, near.extents, shape),
    }


def look_at_moves(
    store: Store, subjects: gpd.GeoDataFrame, result: Mapping[str, Any], *, on: date, pack: RulePack
) -> dict[str, Any]:
    """Return a result whose changes say what waits at the places that moves lead to.

    Each change gets ``conclusion_there``: that on the whole plot moved by it, all rules asked again; None for changes
    that are no move, and for what is beyond the first :data:`MOVES_LOOKED_AT` moves of a result.

    Parameters
    ----------
    subjects : GeoDataFrame, EPSG:4490
        What was checked, row by row as in the result.
    result : mapping
        As from :func:`layers.siting.checks.check_subjects` with the same rules and day.
    """
    moves = [
        (row, number, change)
        for row, proposal in enumerate(result["proposals"])
        for number, change in enumerate(proposal["changes"])
        if change["step"] == Step.MOVE.name.lower() and change["azimuth_deg"] is not None
    ][:MOVES_LOOKED_AT]
    found: dict[tuple[int, int], str] = {}
    if moves:
        there = [_moved_subject(subjects.iloc[[row]], change) for row, _, change in moves]
        frame = gpd.GeoDataFrame(pd.concat(there, ignore_index=True), geometry="geometry", crs="EPSG:4490")
        answers = check_subjects(store, frame, on=on, pack=pack)["proposals"]
        found = {
            (row, number): answer["conclusion"]
            for (row, number, _), answer in zip(moves, answers, strict=True)
        }
    proposals = [
        {
            **proposal,
            "changes": [
                {**change, "conclusion_there": found.get((row, number))}
                for number, change in enumerate(proposal["changes"])
            ],
        }
        for row, proposal in enumerate(result["proposals"])
    ]
    return {**result, "proposals": proposals}


def _moved_subject(subject: gpd.GeoDataFrame, change: Mapping[str, Any]) -> gpd.GeoDataFrame:
    project = Project.read(subject)
    lon, lat, _ = CGCS2000.fwd(project.lon, project.lat, change["azimuth_deg"], change["metres"])
    return project.subjects_at(np.array([lon]), np.array([lat]))


def largest_here(
    store: Store,
    subject: gpd.GeoDataFrame,
    attribute: str,
    *,
    on: date,
    between: tuple[float, float],
    tolerance: float,
    pack: RulePack | None = None,
) -> dict[str, Any]:
    """Return the greatest value of an attribute with which a project still passes where it is (JSON types).

    As :class:`geo.siting.largest.Largest`, and ``checked_on``.
    """
    pack = pack or load_rules()
    with store.one_state():
        near = _Near(store, pack)
        layers, around = near.gather(subject)
        found = find_largest(
            pack,
            subject,
            attribute,
            layers,
            on,
            between=between,
            tolerance=tolerance,
            rasters=near.rasters,
            extents=near.extents,
            surroundings=around,
        )
    because = None if found.because is None else {"zh": found.because.zh, "en": found.because.en}
    return {**vars(found), "rules": list(found.rules), "because": because, "checked_on": on.isoformat()}


class _Near:
    """The stored layers as rules need them: near some subjects, and farther away as rules ask for more."""

    def __init__(self, store: Store, pack: RulePack) -> None:
        self._store, self._pack = store, pack
        self._summaries = summarise_needed(store, pack)
        self.extents = {layer: extent_of(summary) for layer, summary in self._summaries.items()}
        self.rasters = stored_rasters(store, needed_rasters(pack))
        self.data_version = store.data_version(needed_layers(pack))

    def gather(
        self, subjects: gpd.GeoDataFrame
    ) -> tuple[Mapping[str, gpd.GeoDataFrame | Targets], StoredSurroundings]:
        """Return what is at hand around some subjects, and where more comes from."""
        around = StoredSurroundings(self._store, subjects, self._pack.for_subjects(subjects), self._summaries)
        return around.layers, around


def _geojson(region: shapely.Geometry) -> dict[str, Any]:
    rounded = shapely.set_precision(region, 10.0**-_DECIMALS)
    return dict(json.loads(shapely.to_geojson(rounded)))


def _cells(cells: pd.DataFrame) -> list[dict[str, Any]]:
    rows = cells.drop(columns="h3").astype(object)
    return [
        {str(name): value for name, value in row.items()}
        for row in rows.where(rows.notna(), None).to_dict("records")
    ]


def _rule(share: RuleShare) -> dict[str, Any]:
    same = share.same_everywhere
    return {
        "rule": share.rule,
        "clause": share.clause,
        "clause_zh": share.clause_zh,
        "drawn": share.drawn,
        "set_aside": share.set_aside,
        "same_everywhere": None if same is None else same.value,
        "excluded_km2": round(share.excluded_km2, 6),
        "undecided_km2": round(share.undecided_km2, 6),
        "needs": list(share.needs),
    }


def _notes(sites: SiteMap, extents: Mapping[str, Bounds], area: shapely.Geometry) -> list[dict[str, str]]:
    """Return what a reader of the map has to know."""
    notes = []
    lacking = [share.rule for share in sites.rules if share.needs]
    if lacking:
        notes.append(
            _say(
                f"缺少数据而全区无法判定的规则：{'、'.join(lacking)}。",
                f"Open all over the area for lack of data: {', '.join(lacking)}.",
            )
        )
    aside = [share.rule for share in sites.rules if share.set_aside]
    if aside:
        notes.append(_say(f"未计入的规则：{'、'.join(aside)}。", f"Left out: {', '.join(aside)}."))
    sampled = [share.rule for share in sites.rules if not share.drawn]
    if sampled:
        notes.append(
            _say(
                f"按单元取样、边界随单元的规则：{'、'.join(sampled)}。",
                f"Sampled on cells, with their edges: {', '.join(sampled)}.",
            )
        )
    box = shapely.box(*shapely.bounds(area))
    away = [
        name
        for name, extent in extents.items()
        if np.isfinite(extent).all() and not shapely.intersects(shapely.box(*extent), box)
    ]
    if away:
        notes.append(
            _say(
                f"以下图层的数据不在本区：{'、'.join(away)}；没有数据不等于不存在。",
                f"Layers without data in this area: {', '.join(away)}; absence of data is not absence of features.",
            )
        )
    return notes


def _say(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}
