"""The composite index: percentile ranks of other metrics, weighted, and how much it leans on the weights."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.ellipsoid import FloatArray
from geo.errors import ExtraError
from geo.grids import cell_area_km2, make_grid
from geo.grids.cells import Cells
from geo.text import Text
from layers.errors import NotAvailableError
from layers.grids.objects import Objects, distribute
from layers.grids.registry import Metric
from layers.grids.scenes import Scene

__all__ = ["VARIATION", "add_sensitivity", "measure_composite"]

VARIATION = 0.5
"""Each weight in turn is made so much smaller and larger to see how the index moves."""

_IDLE = "all_zero"
"""Id of the object that holds the cells in which every metric is 0."""

Measure = Callable[[Scene, Metric], Objects]


def measure_composite(
    scene: Scene, metric: Metric, metrics: Mapping[str, Metric], measure: Measure
) -> Objects:
    """Return the metrics as objects, each with its part of the index times area in every cell.

    The rank of a cell is the share (0-100) of the cells that are not zero and have no more density; a cell without
    weight has 0. Metrics that are not available are left out, the weights of the others stand for the whole.

    Raises
    ------
    NotAvailableError
        If none of the metrics is available.
    """
    found: dict[str, Objects] = {}
    left_out: list[Text] = []
    weighty = [name for name, weight in metric.weights.items() if weight > 0.0]
    for number, name in enumerate(weighty):
        own = scene.stage(number / len(weighty), (number + 1) / len(weighty))
        try:
            found[name] = measure(own, metrics[name])
        except (NotAvailableError, ExtraError) as exc:
            left_out.append(
                Text(f"{metrics[name].label.zh}：{exc.zh}", f"{metrics[name].label.en}: {exc.message}")
            )
    if not found:
        raise NotAvailableError(
            f"none of the metrics of {metric.name} is available: {'; '.join(text.en for text in left_out)}",
            zh=f"{metric.name} 的各项指标均不可用：{'；'.join(text.zh for text in left_out)}",
        )
    cells, ranks = _rank_cells(list(found.values()))
    weights = np.array([metric.weights[name] for name in found])
    area_km2 = cell_area_km2(cells)
    part = ranks * (weights / weights.sum())[:, None] * area_km2
    row, place = np.indices(part.shape).reshape(2, -1)
    # Cells in which every metric is 0 are held by an object without weight: they are zero, not empty.
    idle = np.flatnonzero(part.sum(axis=0) == 0.0)
    total = part.sum(axis=1)
    table = pd.DataFrame(
        {
            "layer": "metrics",
            "id": list(found),
            "name": [metrics[name].label.zh for name in found],
            "weight": total,
            "incomplete": [
                bool(one.table["incomplete"].any() or one.is_unknown.any()) for one in found.values()
            ],
            "illustrative": [bool(one.table["illustrative"].any()) for one in found.values()],
        }
    )
    mass = part.ravel()
    if len(idle):
        held = {"layer": "metrics", "id": _IDLE, "name": "各项指标均为 0 · all metrics 0", "weight": 0.0}
        added = pd.DataFrame([{**held, "incomplete": False, "illustrative": False}])
        table = pd.concat([table, added], ignore_index=True)
        row, place = np.append(row, np.full(len(idle), len(found))), np.append(place, idle)
        mass, total = np.append(mass, np.zeros(len(idle))), np.append(total, 0.0)
    shares = distribute(row, cells[place], mass, total, scene.resolution)
    covered = shapely.union_all([one.covered for one in found.values()])
    clauses = {
        n: (_describe_weight(metrics[name], metric.weights[name], weights.sum()),)
        for n, name in enumerate(found)
    }
    return Objects(table, shares, covered, clauses=clauses, left_out=tuple(left_out))


def _rank_cells(found: list[Objects]) -> tuple[Cells, FloatArray]:
    """Return all cells and for each metric the percentile rank of its density in them, 0 where it has none."""
    grids = [make_grid(one.shares, one.weights) for one in found]
    cells = np.unique(np.concatenate([grid["h3"].to_numpy() for grid in grids]))
    ranks = np.zeros((len(grids), len(cells)))
    for n, grid in enumerate(grids):
        density = grid["density"].to_numpy()
        positive = np.sort(density[density > 0.0])
        place = np.searchsorted(cells, grid["h3"].to_numpy())
        if positive.size:
            rank = 100.0 * np.searchsorted(positive, density, side="right") / positive.size
            ranks[n, place] = np.where(density > 0.0, rank, 0.0)
    return cells, ranks


def _describe_weight(metric: Metric, weight: float, total: float) -> Text:
    return Text(
        f"{metric.label.zh}：权重 {weight:g} / {total:g}",
        f"{metric.label.en}: weight {weight:g} of {total:g}",
    )


def add_sensitivity(frame: pd.DataFrame, objects: Objects, metric: Metric) -> dict[str, Any]:
    """Add the least and the greatest index to a grid as each weight changes, and return how it moves on the whole.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the finest resolution; gains ``index_low`` and ``index_high``.
    objects : Objects
        Of :func:`measure_composite`.
    metric : Metric

    Returns
    -------
    dict
        ``variation``; by metric and direction the greatest and the mean change of the index over cells, and the
        correlation of ranks of the cells (Spearman) with those by the weights as they are.
    """
    names = [name for name in objects.table["id"] if name != _IDLE]
    weights = np.array([metric.weights[name] for name in names])
    parts = np.stack([_parts_of(frame, objects, row) for row in range(len(names))])
    ranks = parts * (weights.sum() / weights)[:, None]
    base = parts.sum(axis=0)
    low, high, told = base.copy(), base.copy(), []
    for row, name in enumerate(names):
        for factor in (1.0 - VARIATION, 1.0 + VARIATION):
            changed = weights.copy()
            changed[row] *= factor
            index = (ranks * (changed / changed.sum())[:, None]).sum(axis=0)
            low, high = np.minimum(low, index), np.maximum(high, index)
            told.append({"metric": name, "factor": factor, **_compare(base, index)})
    frame["index_low"], frame["index_high"] = low, high
    return {"variation": VARIATION, "changes": told}


def _parts_of(frame: pd.DataFrame, objects: Objects, row: int) -> FloatArray:
    alone = objects.shares.select(objects.shares.row == row)
    grid = make_grid(alone, objects.weights).set_index("h3")["density"]
    return grid.reindex(frame["h3"]).fillna(0.0).to_numpy(dtype=float)


def _compare(base: FloatArray, index: FloatArray) -> dict[str, float | None]:
    change = np.abs(index - base)
    ranks = pd.Series(base).rank(), pd.Series(index).rank()
    together = (
        ranks[0].corr(ranks[1]) if len(base) > 1 and base.std() > 0.0 and index.std() > 0.0 else float("nan")
    )
    return {
        "greatest_change": float(change.max(initial=0.0)),
        "mean_change": float(change.mean()) if change.size else 0.0,
        "rank_correlation": None if np.isnan(together) else float(together),
    }
