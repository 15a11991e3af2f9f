"""Grids in the database: runs with their cells, read by place and zoom, compared with each other.

Cells of all resolutions of a run are written in one transaction, and the runs after them: who is cancelled or meets a
full disk before leaves no run that could be listed, and the former ones as they were. Grids computed in partitions are
entered as runs whose cells stay in their folder (:mod:`layers.grids.folders`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import OutOfRangeError
from geo.grids import cell_centres, cell_polygons, describe_cells, find_shares
from geo.grids.cells import get_edge_m
from geo.progress import Progress, say_nothing, stage
from geo.rules.survey import Bounds
from layers.errors import NotFoundError
from layers.geojson import json_value
from layers.grids.computing import Grid
from layers.grids.folders import count_folder_cells, read_folder_cells, read_run_file
from layers.runs import make_run_id
from layers.store import Run, Store

__all__ = [
    "StoredGrid",
    "count_cells",
    "diff_grids",
    "drop_grids",
    "enter_grid",
    "find_grid",
    "list_grids",
    "read_cells",
    "read_empty_cells",
    "store_grids",
]

_BASE = ("h3", "h3_hex", "area_km2", "mass", "density")
_SOURCE = "riskmap grid"
_MOST_EMPTY = 5_000
_CELLS_PER_STEP = 20_000
_EDGE_PX = 9.0
"""Cells are drawn with edges of so many pixels at least."""

_METRES_PER_PIXEL = 156_543.0
"""Of web maps at zoom 0 on the equator."""


@dataclass(frozen=True)
class StoredGrid:
    """A stored run of one resolution.

    Attributes
    ----------
    id, metric, pyramid : str
        Grids of several resolutions that were computed together have one pyramid.
    resolution : int
    parameters, result : dict
    covered : Geometry or None
        Ground for which it speaks.
    row : mapping
        As stored in ``grid_runs``.
    folder : Path or None
        Where its cells are, if they are in partitions and not in the database.
    source : Path or None
        GeoParquet that it was computed from, if that were files.
    """

    id: str
    metric: str
    pyramid: str
    resolution: int
    parameters: dict[str, Any]
    result: dict[str, Any]
    covered: shapely.Geometry | None
    row: Mapping[Any, Any]
    folder: Path | None = None
    source: Path | None = None

    def describe(self) -> dict[str, Any]:
        """Return the run as the doors show it, JSON types."""
        definition = self.parameters.get("definition") or {}
        stored = {
            name: json_value(self.row[name]) for name in ("cells", "mass", "valid_from", "code_version")
        }
        return {
            "id": self.id,
            "metric": self.metric,
            "label": definition.get("label"),
            "unit": definition.get("unit"),
            "rate": bool(definition.get("rate")),
            "resolution": self.resolution,
            "pyramid": self.pyramid,
            "at": self.parameters.get("at"),
            "area": self.parameters.get("area"),
            "parameters": self.parameters,
            "result": self.result,
            "in_partitions": self.folder is not None,
            **stored,
        }


def store_grids(store: Store, grids: Sequence[Grid], progress: Progress | None = None) -> None:
    """Store the cells and the runs of grids; what is stored already stays as it is."""
    say = progress or say_nothing
    rows = pd.concat(_describe_cells(grids, stage(say, 0.0, 0.3)), ignore_index=True)
    cells = gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490")
    store.write("grid_cells", cells, progress=stage(say, 0.3, 1.0))
    for grid in grids:
        store.record_run(grid.run)
    runs = gpd.GeoDataFrame(
        [_run_row(grid.run, grid.covered) for grid in grids], geometry="geom", crs="EPSG:4490"
    )
    store.write("grid_runs", runs)


def enter_grid(store: Store, folder: Path) -> str:
    """Enter a grid that was computed in partitions, and return its run: its cells are read from the folder from now on.

    A run of the same id whose cells are in the database stays as it is: they are the same.

    Parameters
    ----------
    store : Store
    folder : pathlib.Path
        Of one resolution, with ``_run.json``.

    Raises
    ------
    FormatError
        If it holds no grid in partitions.
    """
    folder = folder.absolute()
    told = read_run_file(folder)
    if store.count("grid_cells", where={"run_id": told["run"]}, at_most=1):
        return str(told["run"])
    stated = {name: told[name] for name in ("parameters", "inputs", "code_version", "result")}
    run = Run(id=told["run"], kind="grid", checked_on=None, **stated)
    store.record_run(run)
    row = _run_row(run, shapely.from_wkt(told["covered"]))
    row["extra"] = {"folder": str(folder), "source": told["source"]}
    store.write("grid_runs", gpd.GeoDataFrame([row], geometry="geom", crs="EPSG:4490"))
    return run.id


def _run_row(run: Run, covered: shapely.Geometry) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": f"{run.parameters['metric']} {run.parameters['resolution']}",
        "source": _SOURCE,
        "metric": run.parameters["metric"],
        "resolution": run.parameters["resolution"],
        "parameters": run.parameters,
        "input_digest": make_run_id("inputs", run.inputs),
        "code_version": run.code_version,
        "cells": run.result["cells"],
        "mass": run.result["mass"],
        "geom": _areas_of(covered),
    }


def _areas_of(ground: shapely.Geometry) -> shapely.Geometry | None:
    parts = [
        part for part in shapely.get_parts(ground, return_index=False) if shapely.get_dimensions(part) == 2
    ]
    parts = [part for whole in parts for part in shapely.get_parts(whole) if shapely.area(part) > 0.0]
    return shapely.union_all(parts) if parts else None


def _describe_cells(grids: Sequence[Grid], say: Progress) -> list[gpd.GeoDataFrame]:
    """Return the rows of all cells, some thousand at a time."""
    rows: list[gpd.GeoDataFrame] = []
    total, done = sum(len(grid.frame) for grid in grids), 0
    for grid in grids:
        for first in range(0, len(grid.frame), _CELLS_PER_STEP):
            say(done / total, f"describing cells: {done} of {total}")
            rows.append(_cell_rows(grid.run, grid.frame[first : first + _CELLS_PER_STEP]))
            done += len(rows[-1])
    return rows


def _cell_rows(run: Run, frame: pd.DataFrame) -> gpd.GeoDataFrame:
    own = [name for name in frame.columns if name not in _BASE]
    return gpd.GeoDataFrame(
        {
            "id": [f"{run.id}/{cell}" for cell in frame["h3_hex"]],
            "source": _SOURCE,
            "run_id": run.id,
            "resolution": run.parameters["resolution"],
            "h3_hex": frame["h3_hex"].astype(object),
            "area_km2": frame["area_km2"],
            "mass": frame["mass"],
            "density": frame["density"],
            "columns": _records(frame[own]),
            "geom": cell_polygons(frame["h3"].to_numpy(dtype=np.uint64)),
        },
        geometry="geom",
        crs="EPSG:4490",
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON values, missing ones as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {str(name): value.item() if isinstance(value, np.generic) else value for name, value in row.items()}
        for row in plain.to_dict("records")
    ]


def drop_grids(store: Store, id: str) -> list[str]:
    """Remove the cells of a run, or of all of a pyramid, for good; return the runs.

    Their rows in ``grid_runs`` end, as those of any feature do, and what they were computed from stays known: computed
    again, the grid has the same id. A folder of partitions belongs to whoever wrote it and stays.

    Raises
    ------
    NotFoundError
        If there is no such grid.
    """
    mates = [grid for grid in list_grids(store) if id in (grid.id, grid.pyramid)]
    if not mates:
        raise _no_grid(id)
    for grid in mates:
        # First nobody finds the run any more, then its cells go.
        store.supersede_feature("grid_runs", grid.id, expected_version=int(grid.row["version"]))
        store.drop_partition("grid_cells", {"run_id": grid.id, "resolution": grid.resolution})
    return [grid.id for grid in mates]


def _no_grid(id: str) -> NotFoundError:
    return NotFoundError(f"there is no grid {id!r}", zh=f"没有编号为“{id}”的网格")


def list_grids(store: Store) -> list[StoredGrid]:
    """Return the stored grids, newest first."""
    frame = store.read("grid_runs").sort_values(
        ["valid_from", "metric", "resolution", "id"], ascending=[False, True, True, True]
    )
    return [_stored(store, row) for row in frame.to_dict("records")]


def find_grid(store: Store, id: str, zoom: float | None = None) -> StoredGrid:
    """Return a grid by the id of its run or of its pyramid; of those of a pyramid the one that suits a zoom.

    Parameters
    ----------
    zoom : float, optional
        Of a web map; without it a pyramid gives its finest grid.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    frame = store.read("grid_runs")
    pyramids = frame["parameters"].map(lambda told: (told or {}).get("pyramid"))
    own = frame.loc[frame["id"] == id]
    mates = frame[pyramids.isin([id, *pyramids[own.index].dropna()])] if len(frame) else frame
    if own.empty and mates.empty:
        raise _no_grid(id)
    if len(own) and (zoom is None or mates.empty):
        return _stored(store, own.to_dict("records")[0])
    rows = sorted(mates.to_dict("records"), key=lambda row: int(row["resolution"]))
    if zoom is None:
        return _stored(store, rows[-1])
    metres = _EDGE_PX * _METRES_PER_PIXEL / 2.0**zoom
    fitting = [row for row in rows if get_edge_m(int(row["resolution"])) >= metres]
    return _stored(store, fitting[-1] if fitting else rows[0])


def _stored(store: Store, row: Mapping[Any, Any]) -> StoredGrid:
    parameters, extra = row["parameters"] or {}, row["extra"] or {}
    return StoredGrid(
        id=str(row["id"]),
        metric=str(row["metric"]),
        pyramid=str(parameters.get("pyramid", row["id"])),
        resolution=int(row["resolution"]),
        parameters=parameters,
        result=store.run(str(row["id"])).result,
        covered=row["geom"] if isinstance(row["geom"], shapely.Geometry) else None,
        row=row,
        folder=_path_of(extra, "folder"),
        source=_path_of(extra, "source"),
    )


def _path_of(extra: Mapping[str, Any], name: str) -> Path | None:
    return Path(extra[name]) if extra.get(name) else None


def _folder_of(store: Store, run: str) -> Path | None:
    """Where the cells of a run are, if not in the database."""
    found = store.read("grid_runs", ids=[run], columns=["extra"])
    return None if found.empty else _path_of(found["extra"].iloc[0] or {}, "folder")


def read_cells(
    store: Store,
    run: str,
    bounds: Bounds | None = None,
    *,
    hexes: Sequence[str] | None = None,
    limit: int | None = None,
    offset: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return stored cells of a run as of :class:`layers.grids.Grid`, by ``h3``.

    Raises
    ------
    NotAvailableError
        If they were in partitions, and the folder is gone.
    """
    folder = _folder_of(store, run)
    if folder is not None:
        cells = None if hexes is None else [int(cell, 16) for cell in hexes]
        return read_folder_cells(folder, bounds, cells=cells, limit=limit, offset=offset)
    where: dict[str, object] = {"run_id": run}
    if hexes is not None:
        where["h3_hex"] = list(hexes)
    found = store.read(
        "grid_cells", bounds=bounds, where=where, limit=limit, offset=offset, progress=progress
    )
    base = pd.DataFrame(found[["h3_hex", "area_km2", "mass", "density"]])
    base.insert(0, "h3", np.array([int(cell, 16) for cell in base["h3_hex"]], dtype=np.uint64))
    own = pd.DataFrame([row or {} for row in found["columns"]], index=base.index)
    return pd.concat([base, own], axis=1).sort_values("h3", ignore_index=True)


def count_cells(store: Store, run: str, bounds: Bounds | None = None) -> int:
    """Return how many stored cells of a run there are within bounds."""
    folder = _folder_of(store, run)
    if folder is not None:
        return count_folder_cells(folder, bounds)
    return store.count("grid_cells", bounds=bounds, where={"run_id": run})


def read_empty_cells(grid: StoredGrid, bounds: Bounds, known: Sequence[str]) -> pd.DataFrame:
    """Return the cells within bounds that are not stored: ``no_object`` where the grid has data, else ``missing``.

    None where there would be more than a screen shows.
    """
    try:
        cells = np.unique(find_shares([shapely.box(*bounds)], grid.resolution, limit=_MOST_EMPTY).cell)
    except OutOfRangeError:
        return pd.DataFrame({"h3_hex": [], "area_km2": [], "state": []})
    frame = describe_cells(cells)
    centres = cell_centres(cells)
    inside = (
        shapely.intersects_xy(grid.covered, *centres.T)
        if grid.covered is not None
        else np.zeros(len(cells), dtype=bool)
    )
    frame["state"] = np.where(inside, "no_object", "missing")
    return frame[~frame["h3_hex"].isin(list(known))].reset_index(drop=True)


def diff_grids(store: Store, first: str, second: str, bounds: Bounds | None = None) -> pd.DataFrame:
    """Return what changed from one stored grid to another of the same metric and resolution.

    Returns
    -------
    pandas.DataFrame
        One row per cell of either, ascending by ``h3``: ``h3``, ``h3_hex``, ``area_km2``, ``mass_a``, ``mass_b``,
        ``mass`` (second less first), ``density`` (of the change, per km²), ``state`` (``value``, ``zero``: no change,
        ``missing``: one of them has no data there). A cell that one of them has not counts 0 on the ground for which
        that one speaks.

    Raises
    ------
    NotFoundError
        If a grid is not stored.
    OutOfRangeError
        If they differ in metric, definition, resolution or bandwidth.
    """
    pair = [find_grid(store, id) for id in (first, second)]
    for key in ("metric", "definition", "resolution", "bandwidth_m"):
        told = [json.dumps(grid.parameters.get(key), sort_keys=True) for grid in pair]
        if told[0] != told[1]:
            shown = " / ".join(text if len(text) < 60 else text[:57] + "…" for text in told)
            raise OutOfRangeError(
                f"grids {first} and {second} differ in {key} ({shown}): only like can be compared with like",
                zh=f"网格 {first} 与 {second} 的 {key} 不同（{shown}），不能比较",
            )
    frames = [read_cells(store, grid.id, bounds).set_index("h3") for grid in pair]
    cells = np.union1d(*(frame.index.to_numpy(dtype=np.uint64) for frame in frames))
    result = describe_cells(cells)
    centres = cell_centres(cells)
    for name, grid, frame in zip("ab", pair, frames, strict=True):
        mass = frame["mass"].reindex(cells).to_numpy(dtype=float, copy=True)
        absent = ~np.isin(cells, frame.index)
        if grid.covered is not None:
            absent &= shapely.intersects_xy(grid.covered, *centres.T)
            mass[absent] = 0.0
        result[f"mass_{name}"] = mass
    result["mass"] = result["mass_b"] - result["mass_a"]
    result["density"] = result["mass"] / result["area_km2"]
    change = result["mass"].to_numpy()
    result["state"] = np.where(np.isnan(change), "missing", np.where(change == 0.0, "zero", "value"))
    return result
