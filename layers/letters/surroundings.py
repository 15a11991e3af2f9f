"""What lies around the plots of a decision, and where its data come from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from layers.store import LayerSummary, Store

__all__ = ["DRAWN_RADIUS_M", "LayerSource", "describe_sources", "read_near", "widen"]

DRAWN_RADIUS_M = 20_000.0
"""How far around the plots a map picture looks for features."""

_METRES_PER_DEGREE = 110_000.0
"""Less than a degree of latitude has anywhere, so that a belt in degrees is never too narrow. [m/°]"""


@dataclass(frozen=True)
class LayerSource:
    """A layer that a decision rests on.

    Attributes
    ----------
    summary : LayerSummary
        Of the whole layer.
    sources : tuple of str
        Where its features near the plots come from, sorted.
    """

    summary: LayerSummary
    sources: tuple[str, ...]


def read_near(store: Store, layer: str, plots: gpd.GeoDataFrame, radius_m: float | None) -> gpd.GeoDataFrame:
    """Return the features of a layer that come near one of the plots; all of them where the radius is None.

    Features are taken by their outline boxes, so that some lie farther off, and none nearer is left out.
    """
    if radius_m is None or not len(plots):
        return store.read(layer)
    boxes = [widen(bounds, radius_m) for bounds in shapely.bounds(plots.geometry.to_numpy())]
    west, south = np.min(boxes, axis=0)[:2]
    east, north = np.max(boxes, axis=0)[2:]
    frame = store.read(layer, bounds=(west, south, east, north))
    tree = shapely.STRtree([shapely.box(*box) for box in boxes])
    near, _ = tree.query(shapely.box(*shapely.bounds(frame.geometry.to_numpy()).T))
    return frame.iloc[np.unique(near)].reset_index(drop=True)


def widen(bounds: tuple[float, float, float, float], radius_m: float) -> tuple[float, float, float, float]:
    """Return bounds with a belt around them that is nowhere narrower than a radius."""
    west, south, east, north = bounds
    height = radius_m / _METRES_PER_DEGREE
    farthest = min(max(abs(south), abs(north)) + height, 89.0)
    width = height / math.cos(math.radians(farthest))
    return (
        max(west - width, -180.0),
        max(south - height, -90.0),
        min(east + width, 180.0),
        min(north + height, 90.0),
    )


def describe_sources(store: Store, near: Iterable[tuple[str, gpd.GeoDataFrame]]) -> list[LayerSource]:
    """Return where the data of layers come from, in the order given; ``near`` holds their features near the plots."""
    summaries = {summary.slug: summary for summary in store.summaries()}
    return [
        LayerSource(summaries[slug], tuple(sorted({str(source) for source in frame["source"].dropna()})))
        for slug, frame in near
    ]
