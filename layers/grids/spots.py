"""Hot and cold spots (Gi*), clusters and outliers (local Moran) of a grid, over the ground on which there are data."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from geo.grids import find_clusters, find_hotspots, permute_neighbours
from geo.progress import Progress, stage

__all__ = ["CLUSTERS", "SPOTS", "add_spots", "count_spots"]

SPOTS = ("hot", "cold")
CLUSTERS = ("high_high", "low_low", "high_low", "low_high")

_MOST_DRAWS = 200_000_000


def add_spots(
    frame: pd.DataFrame,
    fill: Callable[[pd.DataFrame], pd.DataFrame],
    *,
    hotspots: bool,
    clusters: bool,
    progress: Progress,
) -> pd.DataFrame:
    """Return a grid with the tests that are asked for, and with the empty cells that they find.

    Parameters
    ----------
    frame : pandas.DataFrame
        As of :class:`layers.grids.Grid`.
    fill : callable
        Returns a grid with the cells that have data and hold nothing: they count as 0, or the neighbours of a hot cell
        would be missing.
    hotspots : bool
        Adds ``z``, ``p``, ``spot``; see :func:`geo.grids.find_hotspots`.
    clusters : bool
        Adds ``moran_i``, ``p`` (the same, as both tests permute the same sums), ``cluster``; see
        :func:`geo.grids.find_clusters`.
    progress : callable
        To cancel, raise from it.
    """
    progress(0.0, "cells without objects")
    full = fill(frame)
    cells, density = full["h3"].to_numpy(dtype=np.uint64), full["density"].to_numpy(dtype=float)
    permutations, permuting = _count_permutations(len(cells)), stage(progress, 0.1, 0.8)
    test = permute_neighbours(cells, density, permutations=permutations, progress=permuting)
    kept = full["h3"].isin(frame["h3"])
    if hotspots:
        progress(0.8, "hot and cold spots")
        found = find_hotspots(test)
        full[["z", "p", "spot"]] = found[["z", "p", "spot"]]
        kept |= full["spot"].isin(SPOTS)
    if clusters:
        progress(0.9, "clusters and outliers")
        found = find_clusters(test).rename(columns={"i": "moran_i"})
        full[["moran_i", "p", "cluster"]] = found[["moran_i", "p", "cluster"]]
        kept |= full["cluster"].isin(CLUSTERS)
    return full[kept].reset_index(drop=True)


def count_spots(frame: pd.DataFrame) -> dict[str, Any]:
    """Return how many cells of each word a grid has, by the test that was made."""
    words = {"spots": ("spot", SPOTS), "clusters": ("cluster", CLUSTERS)}
    return {
        name: {word: int((frame[column] == word).sum()) for word in of}
        for name, (column, of) in words.items()
        if column in frame
    }


def _count_permutations(cells: int) -> int:
    """Return how many permutations a test of so many cells needs and can afford.

    Under the false-discovery rate the least p-value has to be about the rate over the number of cells, or a few spots
    among many cells could never be found; beyond some thousand cells only what is common is.
    """
    return int(np.clip(20 * cells, 999, max(999, _MOST_DRAWS // (7 * cells))))
