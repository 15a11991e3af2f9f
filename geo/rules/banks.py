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


def preferred_lines(lines: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell for each line whether it is (one of) the best of its reach.

    Parameters
    ----------
    lines : GeoDataFrame
        With ``reach``, ``line_kind`` and ``accuracy_m``; missing values rank last.
    """
    return _best_of_reach(lines, np.ones(len(lines), dtype=bool))


def water_side_lines(lines: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell for each line whether it is the best water-side line of a reach that has an outer line, too."""
    with_outer = set(lines.loc[lines["line_kind"] == "outer", "reach"].dropna())
    candidates = (lines["line_kind"] == "water_side").to_numpy() & lines["reach"].isin(with_outer).to_numpy()
    return _best_of_reach(lines, candidates)


def half_widths_m(lines: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return what to subtract from a distance to each line: the half width of a centre line, else 0, in metres.

    NaN where the half width of a centre line, or the kind of line, is unknown.
    """
    kind = lines["line_kind"].map(_RANKS)
    half_width_m = lines["half_width_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    is_bank = (kind < _RANKS["centre"]).to_numpy(dtype=bool)
    is_centre = (kind == _RANKS["centre"]).to_numpy(dtype=bool)
    return np.where(is_bank, 0.0, np.where(is_centre, half_width_m, np.nan))


def _best_of_reach(lines: gpd.GeoDataFrame, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reach, _ = pd.factorize(lines["reach"])
    alone = len(lines) + np.arange(len(lines))  # a line without a reach is a reach of its own
    ranked = pd.DataFrame(
        {
            "reach": np.where(reach < 0, alone, reach),
            "rank": lines["line_kind"].map(_RANKS).fillna(_UNKNOWN_RANK).to_numpy(),
            "accuracy_m": lines["accuracy_m"].astype(float).fillna(np.inf).to_numpy(),
        }
    )[candidates]
    best_rank = ranked.groupby("reach")["rank"].transform("min")
    best = ranked[ranked["rank"] == best_rank]
    best = best[best["accuracy_m"] == best.groupby("reach")["accuracy_m"].transform("min")]
    chosen = np.zeros(len(lines), dtype=bool)
    chosen[best.index] = True
    return chosen
