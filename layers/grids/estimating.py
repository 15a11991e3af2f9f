"""How large a grid would be, before it is computed: objects, their shares in cells, cells; and what does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import pi
from typing import Any

import numpy as np
import shapely

from geo.errors import ExtraError
from geo.grids import MAX_SHARES, estimate_shares
from geo.grids.cells import get_edge_m
from geo.progress import say_nothing
from geo.raster import RasterFile
from geo.text import Text, say_number
from layers.errors import NotAvailableError
from layers.grids.computing import MAX_CELLS_HELD, MAX_FILLED, GridRequest, prepare
from layers.grids.people import MAX_CELLS, ground_of
from layers.grids.registry import Metric
from layers.grids.scenes import Scene
from layers.store import Store

__all__ = ["GridEstimate", "estimate_grid"]

_CELL_M2 = 2.6
"""Area of a hexagon over the square of its edge. [1]"""


@dataclass(frozen=True)
class GridEstimate:
    """About how large a grid of the finest resolution would be.

    Attributes
    ----------
    objects : int
        Features that would be counted; 0 for a raster.
    shares : int
        Pieces of objects in cells, after spreading.
    tested_cells : int
        Cells over which hot spots and clusters would be looked for; 0 without.
    refusal : Text or None
        Why it would not be computed, with the numbers.
    """

    objects: int
    shares: int
    tested_cells: int
    refusal: Text | None


def estimate_grid(store: Store, request: GridRequest, metrics: Mapping[str, Metric]) -> GridEstimate:
    """Return about how large a grid would be; nothing of it is computed.

    Raises
    ------
    NotAvailableError
        If a layer or a raster that it needs is not there, or no object lies in the area.
    """
    scene, area = prepare(store, request, say_nothing)
    objects, shares, covered = _count(scene, request, request.metric, metrics)
    ground: Any = covered if area is None else shapely.intersection(covered, area)
    filled = 0 if ground.is_empty else estimate_shares(np.array([ground], dtype=object), request.finest)
    tested = filled if request.hotspots or request.clusters else 0
    limit = MAX_CELLS if request.metric.quantity.startswith("raster_") else MAX_SHARES
    refusal = (
        _refuse("pieces of objects in cells", "个对象份额", shares, limit)
        or _refuse("cells", "个单元", min(shares, filled), MAX_CELLS_HELD)
        or _refuse("cells to be tested for hot spots or clusters", "个待检验单元", tested, MAX_FILLED)
    )
    return GridEstimate(objects, shares, tested, refusal)


def _refuse(what: str, what_zh: str, number: int, limit: int) -> Text | None:
    if number <= limit:
        return None
    return Text(
        f"约有 {say_number(number)} {what_zh}，超过 {say_number(limit)}：请用更粗的分辨率、更小的范围或更窄的带宽",
        f"about {say_number(number)} {what}, more than {say_number(limit)}: use a coarser resolution, a smaller area "
        "or a narrower bandwidth",
    )


def _count(
    scene: Scene, request: GridRequest, metric: Metric, metrics: Mapping[str, Metric]
) -> tuple[int, int, shapely.Geometry]:
    """Return objects, shares and the ground on which the metric has data."""
    if metric.quantity == "composite":
        return _count_parts(scene, request, metric, metrics)
    if metric.quantity in ("raster_sum", "raster_mean"):
        ground: Any = ground_of(RasterFile.open(scene.raster(str(metric.parameters["raster"]))))
        if scene.bounds is not None:
            ground = shapely.intersection(ground, shapely.box(*scene.bounds))
        return 0, _count_shares(np.array([ground], dtype=object), request), ground
    scene.require(metric.layers, "import some first", "请先导入")
    frames = [scene.read(one) for one in metric.objects]
    geometries = np.concatenate([frame.geometry.to_numpy() for frame in frames])
    if not len(geometries):
        raise NotAvailableError(f"{metric.name}: no object lies here", zh=f"指标 {metric.name}：此处没有对象")
    return len(geometries), _count_shares(geometries, request), scene.covered(metric.layers)


def _count_parts(
    scene: Scene, request: GridRequest, metric: Metric, metrics: Mapping[str, Metric]
) -> tuple[int, int, shapely.Geometry]:
    parts = []
    for name, weight in metric.weights.items():
        try:
            parts += [_count(replace(scene), request, metrics[name], metrics)] if weight else []
        except (NotAvailableError, ExtraError):
            continue  # left out of the index as well
    if not parts:
        raise NotAvailableError(
            f"none of the metrics of {metric.name} is available", zh=f"{metric.name} 的各项指标均不可用"
        )
    objects, shares, grounds = zip(*parts, strict=True)
    return sum(objects), sum(shares), shapely.union_all(grounds)


def _count_shares(geometries: np.ndarray[tuple[int], np.dtype[np.object_]], request: GridRequest) -> int:
    shares = estimate_shares(geometries, request.finest)
    if request.bandwidth_m is None:
        return shares
    cells = pi * request.bandwidth_m**2 / (_CELL_M2 * get_edge_m(request.finest) ** 2)
    return int(shares * max(1.0, cells))
