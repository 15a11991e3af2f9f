"""What a cell is made of: as density, as a list of objects, as clauses; and the three ways in which it can be empty."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import shapely

from geo.errors import OutOfRangeError
from geo.grids import Explanation, cell_centres, cell_polygons, explain_cell, find_shares, spread_shares
from geo.progress import say_nothing
from geo.rules.survey import Bounds
from geo.text import Text
from layers.errors import ConflictError
from layers.grids.computing import GridRequest, find_area, keep_inside, measure, prepare, widen
from layers.grids.objects import Objects
from layers.grids.registry import Metric
from layers.grids.sources import read_objects_within
from layers.grids.storing import StoredGrid, find_grid, read_cells
from layers.store import Store

__all__ = ["explain_stored_cell", "parse_cell"]

_LOCAL = frozenset(
    {"count", "field", "length_km", "area_km2", "score", "hazard_r", "violations", "legacy", "hca_length"}
)
"""Quantities of which each object's weight depends on itself alone, so that only those near the cell are read."""

_STORED = (
    "worst_density",
    "worst_h3",
    "colour",
    "spot",
    "z",
    "cluster",
    "moran_i",
    "p",
    "index_low",
    "index_high",
    "by_raster",
    "by_contours",
)
"""Columns told as they are stored, None where the grid has none such."""

_TOLERANCE = 1e-9


def parse_cell(text: str) -> int:
    """Return the H3 cell of a hexadecimal index.

    Raises
    ------
    OutOfRangeError
        If it is none.
    """
    try:
        cell = int(text, 16)
    except ValueError:
        cell = 0
    if not 0 < cell < 1 << 63 or not h3.is_valid_cell(cell):
        raise OutOfRangeError(f"{text!r} is no H3 cell", zh=f"“{text}”不是有效的 H3 单元编号")
    return cell


def explain_stored_cell(
    store: Store, run: str, cell_text: str, metrics: Mapping[str, Metric], limit: int = 200
) -> dict[str, Any]:
    """Return what a cell of a stored grid, of its resolution or a coarser one, is made of.

    Parameters
    ----------
    store : Store
    run : str
        Of a grid or a pyramid.
    cell_text : str
    metrics : mapping of str to Metric
        Those that a composite is made of.
    limit : int
        At most so many objects are listed; the sums are those of all.

    Returns
    -------
    dict
        JSON types: ``run``, ``metric``, ``label``, ``unit``, ``formula``, ``source``, ``version``, ``cell``,
        ``resolution``, ``state``, ``area_km2``, ``mass``, ``density``, ``worst_density``, ``worst_h3``, ``colour``,
        ``spot``, ``z``, ``cluster``, ``moran_i``, ``p``, ``index_low``, ``index_high``, ``by_raster``,
        ``by_contours``, ``number_of_objects``, ``unknown``, ``objects`` (``layer``, ``id``, ``name``, ``share``,
        ``weight``, ``mass``, ``part``, ``unknown``, ``incomplete``, ``illustrative``, ``clauses``), ``clauses``.

    Raises
    ------
    NotFoundError
        If there is no such grid.
    OutOfRangeError
        If this is no cell, or a finer one than the grid's.
    ConflictError
        If the grid cannot be computed again as it was: rasters have changed since.
    """
    cell = parse_cell(cell_text)
    grid = find_grid(store, run)
    resolution = h3.get_resolution(cell)
    if resolution > grid.parameters["finest"]:
        raise OutOfRangeError(
            f"cell {cell_text} of resolution {resolution} is finer than the grid, of {grid.parameters['finest']}",
            zh=f"单元 {cell_text} 的分辨率 {resolution} 比网格（{grid.parameters['finest']}）更细",
        )
    objects = _measure_again(store, grid, cell, metrics)
    told = explain_cell(objects.shares, objects.weights, cell, signed=objects.signed)
    stored = read_cells(store, _mate(store, grid, resolution), hexes=[f"{cell:x}"])
    _require_same(grid, told, stored)
    metric = Metric.from_dict(grid.parameters["definition"])
    listed = _list_objects(objects, told)
    state = _find_state(grid, told, listed, objects.signed)
    row = {} if stored.empty else stored.iloc[0].to_dict()
    mass = None if state == "missing" else told.mass
    return {
        "run": grid.id,
        "metric": metric.name,
        **{name: {"zh": text.zh, "en": text.en} for name, text in _texts(metric).items()},
        "source": metric.source,
        "version": metric.version,
        "cell": f"{cell:x}",
        "resolution": resolution,
        "state": state,
        "area_km2": told.area_km2,
        "mass": mass,
        "density": None if mass is None else told.density,
        **{name: _plain(row.get(name)) for name in _STORED},
        "number_of_objects": len(listed),
        "unknown": int(listed["unknown"].sum()),
        "objects": [_publish(one) for one in listed.head(limit).to_dict("records")],
        "clauses": [{"zh": text.zh, "en": text.en} for text in _write(metric, told, listed, state)],
    }


def _texts(metric: Metric) -> dict[str, Text]:
    return {"label": metric.label, "unit": metric.unit, "formula": metric.formula}


def _measure_again(store: Store, grid: StoredGrid, cell: int, metrics: Mapping[str, Metric]) -> Objects:
    request = _request_of(grid)
    if grid.source is not None:
        return _measure_files(grid.source, find_area(store, request.area), request, cell)
    inputs = store.run(grid.id).inputs
    now = {layer: store.layer_digest(layer) for layer in inputs if " " not in layer}
    changed = any(inputs[layer] != digest for layer, digest in now.items())
    scene, ground = prepare(store, request, say_nothing)
    if changed and scene.at is None:
        # Every past state can be read: that of the moment in which the grid was stored.
        scene.at = grid.row["valid_from"]
    if request.metric.quantity in _LOCAL:
        scene.bounds = _around(cell, scene.bounds, request)
    objects = measure(scene, request.metric, metrics, request.bandwidth_m)
    return _keep_inside(objects, ground)


def _request_of(grid: StoredGrid) -> GridRequest:
    parameters = grid.parameters
    area = parameters["area"]
    return GridRequest(
        metric=Metric.from_dict(parameters["definition"]),
        resolutions=(parameters["finest"],),
        area=tuple(area) if isinstance(area, list) else area,
        at=None if parameters["at"] is None else pd.Timestamp(parameters["at"]).to_pydatetime(),
        bandwidth_m=parameters["bandwidth_m"],
    )


def _measure_files(source: Path, ground: Any | None, request: GridRequest, cell: int) -> Objects:
    """Return the objects near a cell that a grid of files was computed from."""
    frame = read_objects_within(source, request.metric.field, _around(cell, None, request))
    shares = find_shares(frame.geometry.to_numpy(), request.finest)
    if request.bandwidth_m is not None:
        shares = spread_shares(shares, request.bandwidth_m)
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(layer="files", name=None)
    return _keep_inside(Objects(table, shares, shapely.Polygon()), ground)


def _keep_inside(objects: Objects, ground: Any | None) -> Objects:
    return objects if ground is None else objects.with_shares(keep_inside(objects.shares, ground))


def _around(cell: int, bounds: Bounds | None, request: GridRequest) -> Bounds:
    (outline,) = cell_polygons(np.array([cell], dtype=np.uint64))
    west, south, east, north = outline.bounds
    # Descendants stick out of their ancestors by less than a fifth of their width.
    more_x, more_y = 0.2 * (east - west), 0.2 * (north - south)
    near = widen((west - more_x, south - more_y, east + more_x, north + more_y), request)
    if bounds is None:
        return near
    both = shapely.intersection(shapely.box(*near), shapely.box(*bounds))
    return near if both.is_empty else both.bounds


def _mate(store: Store, grid: StoredGrid, resolution: int) -> str:
    """Return the run of the same pyramid at a resolution, else the grid's own, which has no such cell."""
    for row in store.read("grid_runs", where={"resolution": resolution, "metric": grid.metric}).to_dict(
        "records"
    ):
        if (row["parameters"] or {}).get("pyramid") == grid.pyramid:
            return str(row["id"])
    return grid.id


def _require_same(grid: StoredGrid, told: Explanation, stored: pd.DataFrame) -> None:
    if stored.empty or pd.isna(stored["mass"].iloc[0]):
        return
    kept = float(stored["mass"].iloc[0])
    if abs(kept - told.mass) > _TOLERANCE * max(abs(kept), 1.0):
        raise ConflictError(
            f"grid {grid.id} was computed from other data ({kept:g} in this cell, now {told.mass:g}): compute it again",
            zh=f"网格 {grid.id} 由其他数据计算（本单元原为 {kept:g}，现为 {told.mass:g}）：请重新计算",
        )


def _list_objects(objects: Objects, told: Explanation) -> pd.DataFrame:
    """Return the objects of a cell, those of one feature together, the heaviest first."""
    rows = told.objects["row"].to_numpy(dtype=np.int64)
    known = objects.table.iloc[rows].reset_index(drop=True)
    listed = pd.DataFrame(
        {
            **{name: known[name] for name in ("layer", "id", "name", "incomplete", "illustrative")},
            "share": told.objects["share"],
            "weight": told.objects["weight"],
            "mass": told.objects["mass"],
            "unknown": objects.is_unknown[rows],
            "partly": objects.is_unknown[rows],
            "clauses": [objects.clauses.get(row, ()) for row in rows.tolist()],
        }
    )
    if listed.empty:
        return listed.assign(part=pd.Series(dtype=float))
    joined = listed.groupby(["layer", "id"], sort=False, as_index=False).agg(
        {
            "name": "first",
            "share": "mean",
            "weight": "sum",
            "mass": "sum",
            "unknown": "all",
            "partly": "any",
            "incomplete": "any",
            "illustrative": "any",
            "clauses": _join_clauses,
        }
    )
    # A pipeline of which some segments are known is no unknown one.
    joined["incomplete"] |= joined["partly"] & ~joined["unknown"]
    joined["part"] = joined["mass"] / told.mass if told.mass != 0.0 else np.nan
    return joined.sort_values(["mass", "layer", "id"], ascending=[False, True, True], ignore_index=True)


def _join_clauses(given: "pd.Series[Any]") -> tuple[Text, ...]:
    """Return each clause of the parts of an object once."""
    return tuple(dict.fromkeys(clause for clauses in given for clause in clauses))


def _find_state(grid: StoredGrid, told: Explanation, listed: pd.DataFrame, signed: bool) -> str:
    """Return ``value``, ``zero`` (objects of no weight), ``no_object``, or ``missing`` (no data here)."""
    if len(listed):
        if listed["unknown"].all():
            return "missing"
        return "value" if told.mass > 0.0 or signed else "zero"
    centre = cell_centres(np.array([told.cell], dtype=np.uint64))[0]
    covered = grid.covered is not None and bool(shapely.intersects_xy(grid.covered, *centre))
    return "no_object" if covered else "missing"


def _publish(row: Mapping[Any, Any]) -> dict[str, Any]:
    unknown = bool(row["unknown"])
    return {
        **{
            name: _plain(row[name])
            for name in ("layer", "id", "name", "share", "part", "incomplete", "illustrative")
        },
        "unknown": unknown,
        "weight": None if unknown else float(row["weight"]),
        "mass": None if unknown else float(row["mass"]),
        "clauses": [{"zh": text.zh, "en": text.en} for text in row["clauses"]],
    }


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _write(metric: Metric, told: Explanation, listed: pd.DataFrame, state: str) -> list[Text]:
    """Return the cell in sentences: what it holds, and by what right."""
    zh, en = metric.unit.zh, metric.unit.en
    summary = {
        "value": Text(
            f"单元面积 {told.area_km2:.6g} km²，{len(listed)} 个对象合计 {told.mass:.6g} {zh}，"
            f"密度 {told.density:.6g}。",
            f"{told.area_km2:.6g} km² hold {told.mass:.6g} {en} of {len(listed)} objects: density {told.density:.6g}.",
        ),
        "zero": Text(
            f"单元内有 {len(listed)} 个对象，其值均为 0。",
            f"The {len(listed)} objects here all weigh nothing: zero.",
        ),
        "no_object": Text(
            "数据覆盖此处，单元内没有对象。", "The data reach here, and no object lies in the cell."
        ),
        "missing": Text(
            "此处没有数据或对象的值未知：不等于零。",
            "There are no data here, or no value is known: this is not zero.",
        ),
    }[state]
    clauses = [summary, Text(f"计算：{metric.formula.zh}。", f"Formula: {metric.formula.en}.")]
    clauses.append(
        Text(
            f"依据：{metric.source}（第 {metric.version} 版）。",
            f"Source: {metric.source} (version {metric.version}).",
        )
    )
    unknown = int(listed["unknown"].sum()) if len(listed) else 0
    if unknown and state != "missing":
        clauses.append(
            Text(
                f"另有 {unknown} 个对象的值未知，未计入：总量是下限。",
                f"{unknown} objects are unknown and in no sum: a bound from below.",
            )
        )
    return clauses
