"""Grids over stored layers: which facilities count, how much, and the run that is kept.

A run has a row in ``grid_runs``, its cells stand in ``grid_cells``; its id follows from what went into it, so that
computing the same again changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.grids import cell_polygons, find_shares, make_grid
from layers.errors import NotAvailableError
from layers.runs import code_version, make_run_id
from layers.scores import SCORED_LAYERS, SCORES_VERSION, drop_closed, score_facilities
from layers.store import Run, Store
from layers.tables import write_table

__all__ = ["METRICS", "FacilityGrid", "compute_facility_grid", "store_grid", "write_grid"]

Progress = Callable[[float, str], None]

METRICS = ("facility_count",)
"""Metrics that can be computed."""


@dataclass(frozen=True)
class FacilityGrid:
    """A grid and the run it comes from.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per cell that holds a part of a facility, ascending by ``h3``: ``h3`` (uint64), ``h3_hex``,
        ``area_km2``, ``mass`` (sum of scores by share), ``density`` (per km²), ``facilities`` (how many have a part in
        it), ``incomplete`` (of them those whose kind or grade is not known), ``illustrative`` (of them those that are
        examples, not real).
    run : Run
        Kind ``grid``.
    """

    frame: pd.DataFrame
    run: Run


def compute_facility_grid(store: Store, resolution: int, *, progress: Progress | None = None) -> FacilityGrid:
    """Return the scores of all stored facilities on H3 cells, and per square kilometre.

    A facility counts once: a point in its cell, a line by its length in each cell, a polygon by its area.

    Parameters
    ----------
    store : Store
    resolution : int
        H3 resolution, 0 to 15.
    progress : callable, optional
        Called with the fraction done and what is being done.

    Raises
    ------
    NotAvailableError
        If no facility is stored.
    OutOfRangeError
        If the resolution is out of range, or so fine that the grid would not fit.
    """
    say = progress or _say_nothing
    inputs = {layer: store.layer_digest(layer) for layer in SCORED_LAYERS}
    say(0.0, "reading facilities")
    facilities = pd.concat([_read_facilities(store, layer) for layer in SCORED_LAYERS], ignore_index=True)
    if facilities.empty:
        layers = ", ".join(SCORED_LAYERS)
        raise NotAvailableError(
            f"no facility is stored in: {layers}; import some, or load the samples with `riskmap sample`",
            zh=f"以下图层中没有设施：{layers}；请先导入数据，或运行 riskmap sample 载入样例",
        )
    say(0.3, "sharing facilities out over cells")
    frame = _count_on_cells(facilities, resolution)
    return FacilityGrid(frame, _describe_run(resolution, inputs, facilities, frame))


def store_grid(store: Store, grid: FacilityGrid, progress: Progress | None = None) -> None:
    """Store the cells and the run of a grid; one that is stored already stays as it is."""
    store.write("grid_cells", _cell_rows(grid), progress=progress)
    store.write("grid_runs", _run_row(grid))
    store.record_run(grid.run)


def write_grid(frame: pd.DataFrame, path: Path) -> None:
    """Write a grid to a file, with the outlines of the cells where the format has geometries.

    Raises
    ------
    FormatError
        If the format is none of `layers.tables.TABLE_FORMATS`.
    """
    outlines = cell_polygons(frame["h3"].to_numpy())
    write_table(gpd.GeoDataFrame(frame, geometry=outlines, crs="EPSG:4490"), path)


def _say_nothing(_fraction: float, _message: str) -> None:
    pass


def _read_facilities(store: Store, layer: str) -> gpd.GeoDataFrame:
    frame = drop_closed(layer, store.read(layer))
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    scores = score_facilities(layer, frame)
    return gpd.GeoDataFrame(
        {
            "score": scores.score,
            "incomplete": scores.is_incomplete.astype(int),
            "illustrative": (frame["source"] == "illustrative").to_numpy(dtype=int),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )


def _count_on_cells(facilities: gpd.GeoDataFrame, resolution: int) -> pd.DataFrame:
    shares = find_shares(facilities.geometry.to_numpy(), resolution)
    marks = {name: facilities[name].to_numpy(dtype=bool) for name in ("incomplete", "illustrative")}
    every = np.ones(len(facilities), dtype=bool)
    return make_grid(shares, facilities["score"].to_numpy(), {"facilities": every, **marks})


def _describe_run(
    resolution: int, inputs: dict[str, str], facilities: gpd.GeoDataFrame, frame: pd.DataFrame
) -> Run:
    parameters = {
        "metric": "facility_count",
        "resolution": resolution,
        "layers": list(SCORED_LAYERS),
        "scores": f"docs/scores.md, version {SCORES_VERSION}",
    }
    return Run(
        id=make_run_id("grid", parameters, inputs),
        kind="grid",
        checked_on=None,
        parameters=parameters,
        inputs=inputs,
        code_version=code_version(),
        result={
            "cells": len(frame),
            "mass": float(frame["mass"].sum()),
            "facilities": len(facilities),
            "incomplete": int(facilities["incomplete"].sum()),
            "illustrative": int(facilities["illustrative"].sum()),
        },
    )


def _run_row(grid: FacilityGrid) -> gpd.GeoDataFrame:
    run = grid.run
    row: dict[str, Any] = {
        "id": run.id,
        "name": f"{run.parameters['metric']} {run.parameters['resolution']}",
        "source": "riskmap grid",
        "metric": run.parameters["metric"],
        "resolution": run.parameters["resolution"],
        "parameters": run.parameters,
        "input_digest": make_run_id("inputs", run.inputs),
        "code_version": run.code_version,
        "cells": run.result["cells"],
        "mass": run.result["mass"],
    }
    return gpd.GeoDataFrame([{**row, "geom": None}], geometry="geom", crs="EPSG:4490")


def _cell_rows(grid: FacilityGrid) -> gpd.GeoDataFrame:
    frame, run_id = grid.frame, grid.run.id
    own = ["facilities", "incomplete", "illustrative"]
    return gpd.GeoDataFrame(
        {
            "id": [f"{run_id}/{cell}" for cell in frame["h3_hex"]],
            "source": "riskmap grid",
            "run_id": run_id,
            "h3_hex": frame["h3_hex"].astype(object),
            "area_km2": frame["area_km2"],
            "mass": frame["mass"],
            "density": frame["density"],
            "columns": frame[own].astype(object).to_dict("records"),
            "geom": cell_polygons(frame["h3"].to_numpy()),
        },
        geometry="geom",
        crs="EPSG:4490",
    )
