"""From a metric and the stored layers to grids of one or several resolutions, and the runs that are kept of them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.errors import OutOfRangeError
from geo.grids import (
    COLOURS,
    Shares,
    build_pyramid,
    cell_centres,
    cell_names,
    classify,
    fill_grid,
    find_shares,
    lift_shares,
    make_grid,
    spread_shares,
    sum_groups,
)
from geo.grids.cells import Cells, check_resolution, get_edge_m
from geo.progress import Progress, say_nothing, stage
from geo.rules.survey import Bounds
from geo.text import say_number
from layers.admin import area_geometry
from layers.errors import NotAvailableError
from layers.grids.composite import add_sensitivity, measure_composite
from layers.grids.counts import (
    measure_features,
    measure_hca,
    measure_legacy,
    measure_scores,
    measure_violations,
)
from layers.grids.objects import Objects
from layers.grids.people import (
    measure_people_in_distance,
    measure_people_in_run_out,
    measure_raster,
    measure_raster_mean,
)
from layers.grids.registry import ColourRule, Metric
from layers.grids.risks import measure_contour_deaths, measure_contour_risk, measure_hazard
from layers.grids.scenes import Scene
from layers.grids.spots import add_spots, count_spots
from layers.runs import code_version, make_run_id
from layers.store import Run, Store

__all__ = [
    "MAX_CELLS_HELD",
    "MAX_FILLED",
    "Grid",
    "GridRequest",
    "build_levels",
    "colour_cells",
    "compute_grids",
    "count_cells",
    "fill_area",
    "find_area",
    "keep_inside",
    "measure",
    "name_run",
    "name_worst",
    "paint_cells",
    "prepare",
    "widen",
]

MAX_FILLED = 200_000
"""An area of more cells than this is not completed with its empty ones."""

MAX_CELLS_HELD = 2_000_000
"""A grid of more cells than this is refused: each takes 2 kB while the grid is written to the database."""

_METRES_PER_DEG = 111_320.0

_MEASURES = {
    "count": measure_features,
    "field": measure_features,
    "length_km": measure_features,
    "area_km2": measure_features,
    "score": measure_scores,
    "hazard_r": measure_hazard,
    "violations": measure_violations,
    "legacy": measure_legacy,
    "hca_length": measure_hca,
    "raster_sum": measure_raster,
    "raster_mean": measure_raster_mean,
    "people_in_distance": measure_people_in_distance,
    "people_in_run_out": measure_people_in_run_out,
    "contour_risk": measure_contour_risk,
    "contour_deaths": measure_contour_deaths,
}


@dataclass(frozen=True)
class GridRequest:
    """What is to be computed.

    Attributes
    ----------
    metric : Metric
    resolutions : tuple of int
        The finest is computed, the others are rolled up from it.
    area : str or tuple of float or None
        Division code or bounds: only cells whose centre lies in it, so that neighbouring areas share none.
    at : datetime or None
        The state at that moment; None: as it is.
    bandwidth_m : float or None
        Of the kernel that spreads objects; None: they stay where they are. [m]
    hotspots : bool
        Find hot and cold spots (Gi*), which needs the extra ``hotspots``.
    clusters : bool
        Find clusters and outliers (local Moran), which needs the same.
    """

    metric: Metric
    resolutions: tuple[int, ...]
    area: str | Bounds | None = None
    at: datetime | None = None
    bandwidth_m: float | None = None
    hotspots: bool = False
    clusters: bool = False

    def __post_init__(self) -> None:
        if not self.resolutions:
            raise OutOfRangeError("no resolution is asked for", zh="未指定分辨率")
        for resolution in self.resolutions:
            check_resolution(resolution)

    @property
    def finest(self) -> int:
        """The resolution that is computed."""
        return max(self.resolutions)

    def describe(self) -> dict[str, Any]:
        """Return the parameters of the run, as JSON types."""
        return {
            "metric": self.metric.name,
            "definition": self.metric.to_dict(),
            "finest": self.finest,
            "area": list(self.area) if isinstance(self.area, tuple) else self.area,
            "at": None if self.at is None else self.at.isoformat(),
            "bandwidth_m": self.bandwidth_m,
            "hotspots": self.hotspots,
            # Said where it is asked for only: the ids of grids computed before there was this test stay theirs.
            **({"clusters": True} if self.clusters else {}),
        }


@dataclass(frozen=True)
class Grid:
    """A grid of one resolution and the run it comes from.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per cell with an object, ascending by ``h3``: ``h3`` (uint64), ``h3_hex``, ``area_km2``, ``mass``,
        ``density`` (per km²; of a rate the value itself), ``objects`` (how many have a part in it), ``unknown`` (of
        them those whose weight is unknown, which is in no sum), ``incomplete``, ``illustrative``, the metric's own
        columns, ``colour``, ``worst_density`` and ``worst_h3`` (of all descendants in the finest grid, and which it
        is), ``state`` (``value``, ``zero``, ``missing``: all objects unknown), with hot spots ``z``, ``p``, ``spot``,
        with clusters ``moran_i``, ``p``, ``cluster``, and the empty cells that are one (``no_object``).
    run : Run
        Kind ``grid``.
    covered : Geometry
        Ground for which the grid speaks: a cell there without a row holds no object; elsewhere data are missing.
    """

    frame: pd.DataFrame
    run: Run
    covered: Any


def measure(
    scene: Scene, metric: Metric, metrics: Mapping[str, Metric], bandwidth_m: float | None = None
) -> Objects:
    """Return what a metric counts, spread where a bandwidth is given."""
    if metric.quantity == "composite":
        return measure_composite(
            scene, metric, metrics, lambda inner, part: measure(inner, part, metrics, bandwidth_m)
        )
    if bandwidth_m is None:
        return _MEASURES[metric.quantity](scene, metric)
    objects = _MEASURES[metric.quantity](scene.stage(0.0, 0.5), metric)
    spread = spread_shares(objects.shares, bandwidth_m, progress=scene.stage(0.5, 1.0).say)
    return replace(objects, shares=spread)


def prepare(store: Store, request: GridRequest, say: Progress) -> tuple[Scene, Any | None]:
    """Return the scene of a request and its area."""
    area = find_area(store, request.area)
    scene = Scene(store, request.finest, request.at, say=say)
    if area is not None:
        scene.bounds = widen(area.bounds, request)
        scene.used.update({"admin_areas"} if isinstance(request.area, str) else set())
    return scene, area


def find_area(store: Store, area: str | Bounds | None) -> Any | None:
    """Return the ground of a division code or bounds, EPSG:4490; see :func:`layers.admin.area_geometry`."""
    if area is None:
        return None
    return area_geometry(area, store) if isinstance(area, str) else shapely.box(*area)


def widen(bounds: Bounds, request: GridRequest) -> Bounds:
    """Return bounds that hold everything with a share in a cell whose centre they hold."""
    west, south, east, north = bounds
    reach_deg = ((request.bandwidth_m or 0.0) + 3.0 * get_edge_m(request.finest)) / _METRES_PER_DEG
    wider = reach_deg / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.05)
    return (
        max(west - wider, -180.0),
        max(south - reach_deg, -90.0),
        min(east + wider, 180.0),
        min(north + reach_deg, 90.0),
    )


def compute_grids(
    store: Store, request: GridRequest, metrics: Mapping[str, Metric], progress: Progress | None = None
) -> list[Grid]:
    """Return the grids of a metric, the finest first.

    Raises
    ------
    NotAvailableError
        If a layer, a raster or an engine is absent, or nothing is known of any object.
    ExtraError
        If hot spots are asked for without the extra.
    OutOfRangeError
        If the grid would not fit, or a weight is negative or infinite.
    """
    say = progress or say_nothing
    scene, area = prepare(store, request, say)
    say(0.0, "reading layers")
    objects = measure(scene.stage(0.0, 0.6), request.metric, metrics, request.bandwidth_m)
    say(0.6, "adding up cells")
    covered = objects.covered if area is None else shapely.intersection(objects.covered, area)
    shares = objects.shares if area is None else keep_inside(objects.shares, area)
    if not len(shares):
        raise NotAvailableError(
            f"{request.metric.name}: no object lies here", zh=f"指标 {request.metric.name}：此处没有对象"
        )
    if objects.is_unknown[np.unique(shares.row)].all():
        raise NotAvailableError(
            f"{request.metric.name}: the weight of none of the {len(np.unique(shares.row))} objects is known",
            zh=f"指标 {request.metric.name}：{len(np.unique(shares.row))} 个对象的权重均未知",
        )
    _refuse_too_many(len(np.unique(shares.cell)), request.finest)
    levels = build_levels(objects, shares, request.finest, request.resolutions, stage(say, 0.6, 0.66))
    inputs = scene.stage(0.66, 0.69).digests()
    extra: dict[str, Any] = {}
    if request.metric.quantity == "composite":
        say(0.69, "sensitivity to the weights")
        extra["sensitivity"] = add_sensitivity(
            levels[request.finest], replace(objects, shares=shares), request.metric
        )
    grids = []
    for number, (resolution, frame) in enumerate(levels.items()):
        own = stage(say, 0.7 + 0.3 * number / len(levels), 0.7 + 0.3 * (number + 1) / len(levels))
        finished, told = _finish(frame, request, covered, resolution, own)
        told = {**extra, **told}
        grids.append(_make_run(request, resolution, finished, inputs, objects, covered, told))
    return grids


def _refuse_too_many(cells: int, resolution: int) -> None:
    if cells > MAX_CELLS_HELD:
        raise OutOfRangeError(
            f"resolution {resolution} gives {say_number(cells)} cells, more than {say_number(MAX_CELLS_HELD)}; use a "
            "coarser one, name an area, or compute in partitions",
            zh=f"分辨率 {resolution} 产生 {say_number(cells)} 个单元，超过 {say_number(MAX_CELLS_HELD)}；"
            "请用更粗的分辨率、指定区域，或分区计算",
        )


def keep_inside(shares: Shares, area: Any) -> Shares:
    """Keep the shares in cells whose centre lies in an area."""
    shapely.prepare(area)
    cells, code = np.unique(shares.cell, return_inverse=True)
    centres = cell_centres(cells)
    return shares.select(shapely.intersects_xy(area, centres[:, 0], centres[:, 1])[code])


def build_levels(
    objects: Objects,
    shares: Shares,
    finest: int,
    resolutions: Iterable[int],
    progress: Progress = say_nothing,
) -> dict[int, pd.DataFrame]:
    """Return the grids by resolution: masses rolled up from the finest, counts anew at each."""
    cells = count_cells(objects, shares)
    cells["worst_density"], cells["worst_h3"] = cells["density"], cells["h3"]
    levels = {finest: cells}
    coarser = sorted(set(resolutions) - {finest}, reverse=True)
    sums = ("mass", *objects.sums)
    for resolution, rolled in build_pyramid(cells, coarser, sums=sums).items():
        progress(len(levels) / (1 + len(coarser)), f"adding up cells at resolution {resolution}")
        frame = count_cells(objects, lift_shares(shares, resolution))
        for name in (*sums, "density", "worst_density", "worst_h3"):
            frame[name] = rolled[name].to_numpy()
        levels[resolution] = frame
    return levels


def count_cells(objects: Objects, shares: Shares) -> pd.DataFrame:
    """Return the cells of some shares of objects with all that is counted in them; see :class:`Grid`."""
    table, unknown = objects.table, objects.is_unknown
    marks = {
        "objects": np.ones(len(table), dtype=bool),
        "unknown": unknown,
        "incomplete": table["incomplete"].to_numpy(dtype=bool),
        "illustrative": table["illustrative"].to_numpy(dtype=bool),
    }
    frame = make_grid(shares, objects.weights, marks, signed=objects.signed)
    nothing_known = (frame["unknown"] == frame["objects"]).to_numpy()
    frame.loc[nothing_known, ["mass", "density"]] = np.nan
    place = np.searchsorted(frame["h3"].to_numpy(), shares.cell)
    for name in objects.sums:
        frame[name] = _add(table[name].to_numpy(dtype=float), shares, place, len(frame))
    for name in objects.greatest:
        value = np.full(len(frame), -np.inf)
        np.maximum.at(value, place, table[name].to_numpy(dtype=float)[shares.row])
        frame[name] = value
    mass = frame["mass"].to_numpy()
    valued = (mass > 0.0) | objects.signed
    frame["state"] = np.where(np.isnan(mass), "missing", np.where(valued, "value", "zero"))
    return frame


def _add(value: np.ndarray[Any, Any], shares: Shares, place: Any, count: int) -> Any:
    known = ~np.isnan(value[shares.row])
    total = sum_groups(place[known], value[shares.row[known]] * shares.share[known], count)
    total[np.bincount(place[known], minlength=count) == 0] = np.nan
    return total


def _finish(
    frame: pd.DataFrame, request: GridRequest, covered: Any, resolution: int, say: Progress
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Colour a grid and find its hot spots; return it and what the run says of both."""
    frame["worst_h3"] = name_worst(frame["worst_h3"].to_numpy(dtype=np.uint64), frame["worst_density"])
    return paint_cells(frame, request, covered, resolution, say)


def paint_cells(
    frame: pd.DataFrame, request: GridRequest, covered: Any, resolution: int, say: Progress
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a grid with its colours, spots and clusters, and what the run says of them."""
    say(0.0, f"classes at resolution {resolution}")
    told: dict[str, Any] = {"classes": colour_cells(frame, request.metric.classes)}
    if request.hotspots or request.clusters:
        frame = add_spots(
            frame,
            lambda cells: fill_area(cells, covered, None, resolution),
            hotspots=request.hotspots,
            clusters=request.clusters,
            progress=stage(say, 0.1, 1.0),
        )
        told |= count_spots(frame)
    return frame, told


def name_worst(cells: Cells, value: "pd.Series[float]") -> Any:
    """Return the names of the worst cells, None where no value is known."""
    known = value.notna().to_numpy()
    names = np.full(len(cells), None, dtype=object)
    names[known] = cell_names(cells[known])
    return names


def colour_cells(frame: pd.DataFrame, rule: ColourRule) -> dict[str, Any]:
    """Add the column ``colour`` to cells, and return the method and the breaks as the run keeps them."""
    of = rule.of if rule.of in frame else "density"
    values = frame[of].to_numpy(dtype=float)
    if rule.method == "single":
        words = np.array([COLOURS[0], rule.colour, None], dtype=object)
        frame["colour"] = words[np.where(np.isnan(values), 2, (values > 0.0).astype(int))]
        return {"method": "single", "of": of, "breaks": [], "colour": rule.colour}
    classes = classify(values, rule.method, rule.limits)  # type: ignore[arg-type]  # checked when read
    frame["colour"] = classes.colour
    return {"method": rule.method, "of": of, "breaks": list(classes.breaks), "colour": None}


def fill_area(frame: pd.DataFrame, covered: Any, area: Any | None, resolution: int) -> pd.DataFrame:
    """Return a grid with the cells in which it has nothing: ``no_object`` where data are, else ``missing``.

    Parameters
    ----------
    frame : pandas.DataFrame
        As of :class:`Grid`.
    covered : Geometry
    area : Geometry or None
        What is to be filled; None: the ground that is covered.
    resolution : int

    Raises
    ------
    OutOfRangeError
        If there would be more cells than :data:`MAX_FILLED`.
    """
    ground = covered if area is None else area
    if ground.is_empty:
        return frame
    try:
        cells = np.unique(find_shares([ground], resolution, limit=MAX_FILLED).cell)
    except OutOfRangeError as exc:
        raise OutOfRangeError(
            f"the area cannot be completed with its empty cells: {exc.message}",
            zh=f"无法补齐空单元：{exc.zh}",
        ) from exc
    centres = cell_centres(cells)
    if area is not None:
        cells = cells[shapely.intersects_xy(area, *centres.T)]
        centres = cell_centres(cells)
    return _complete(frame, cells, shapely.intersects_xy(covered, *centres.T))


def _complete(frame: pd.DataFrame, cells: Cells, is_covered: Any) -> pd.DataFrame:
    full = fill_grid(frame[["h3", "h3_hex", "area_km2", "mass", "density"]], cells, is_covered)
    full = full[~full["h3"].isin(frame["h3"])]
    rows = pd.concat([frame, full], ignore_index=True)
    empty = rows["state"] == "no_object"
    for name in ("objects", "unknown", "incomplete", "illustrative"):
        rows[name] = rows[name].astype("Int64").where(~empty, 0)
    return rows.sort_values("h3", ignore_index=True)


def name_run(request: GridRequest, resolution: int, inputs: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the id of a run and its parameters, which follow from what is asked for and the digests of the inputs."""
    asked = request.describe()
    parameters = {**asked, "resolution": resolution, "pyramid": make_run_id("pyramid", asked, inputs)}
    return make_run_id("grid", parameters, inputs), parameters


def _make_run(
    request: GridRequest,
    resolution: int,
    frame: pd.DataFrame,
    inputs: dict[str, str],
    objects: Objects,
    covered: Any,
    told: dict[str, Any],
) -> Grid:
    id, parameters = name_run(request, resolution, inputs)
    known = frame["mass"].notna()
    run = Run(
        id=id,
        kind="grid",
        checked_on=None,
        parameters=parameters,
        inputs=inputs,
        code_version=code_version(),
        result={
            "cells": int((frame["state"] != "no_object").sum()),
            "mass": float(np.sum(frame.loc[known, "mass"])),
            "objects": len(objects.table),
            "unknown": int(objects.is_unknown.sum()),
            "incomplete": int(objects.table["incomplete"].sum()),
            "illustrative": int(objects.table["illustrative"].sum()),
            "left_out": [asdict(text) for text in objects.left_out],
            **told,
        },
    )
    return Grid(frame, run, covered)
