"""Which lines stand for a bank.

Lines with the same ``reach`` are alternatives for the same water. The best of them is measured to: ``outer`` before
``water_side`` before ``centre``, then the smaller ``accuracy_m``; lines that tie (the two banks of one survey) all
count. A line without ``reach`` stands for itself. A centre line is no bank: its half width is subtracted from what is
measured, and without a half width the result is for screening only.

References
----------
.. [1] Siting in use: no single legal bank line exists; the outer line (外缘边界线) is the careful reading, the
   water-side line (临水边界线) the other. "Yangtze River" 2024 no. 4.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["half_widths_m", "preferred_lines", "water_side_lines"]

_RANKS = {"outer": 0, "water_side": 1, "centre": 2}
_UNKNOWN_RANK = 3


def preferred_lines(lines: gpd.GeoDataFrame, among: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Tell for each line whether it is (one of) the best of its reach.

    Parameters
    ----------
    lines : GeoDataFrame
        With ``reach``, ``line_kind`` and ``accuracy_m``; missing values rank last.
    among : ndarray of bool, optional
        Lines that count; all of them unless stated.
    """
    return _best_of_reach(lines, np.ones(len(lines), dtype=bool) if among is None else among)


def water_side_lines(lines: gpd.GeoDataFrame, among: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Tell for each line whether it is the best water-side line of a reach that has an outer line, too."""
    among = np.ones(len(lines), dtype=bool) if among is None else among
    ranks, reach = _ranks(lines), _reaches(lines)
    with_outer = reach[among & (ranks == _RANKS["outer"])]
    return _best_of_reach(lines, among & (ranks == _RANKS["water_side"]) & np.isin(reach, with_outer))


def half_widths_m(lines: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return what to subtract from a distance to each line: the half width of a centre line, else 0, in metres.

    NaN where the half width of a centre line, or the kind of line, is unknown.
    """
    ranks = _ranks(lines)
    half_width_m = lines["half_width_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    beside_m = np.where(ranks == _RANKS["centre"], half_width_m, np.nan)
    return np.where(ranks < _RANKS["centre"], 0.0, beside_m)


def _best_of_reach(lines: gpd.GeoDataFrame, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    accuracy_m = lines["accuracy_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    reach, rows = _reaches(lines), np.flatnonzero(candidates)
    for values in (_ranks(lines), np.where(np.isnan(accuracy_m), np.inf, accuracy_m)):
        least = np.full(2 * len(lines), np.inf)
        np.minimum.at(least, reach[rows], values[rows])
        rows = rows[values[rows] == least[reach[rows]]]
    chosen = np.zeros(len(lines), dtype=bool)
    chosen[rows] = True
    return chosen


def _ranks(lines: gpd.GeoDataFrame) -> NDArray[np.int64]:
    codes, kinds = pd.factorize(lines["line_kind"].array)
    return np.array([*(_RANKS.get(kind, _UNKNOWN_RANK) for kind in kinds), _UNKNOWN_RANK])[codes]


def _reaches(lines: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return a number for each reach; a line without a reach is one of its own."""
    codes, _ = pd.factorize(lines["reach"].array)
    return np.where(codes < 0, len(lines) + np.arange(len(lines)), codes)
