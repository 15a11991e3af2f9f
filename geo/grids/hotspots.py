"""Statistically significant hot and cold spots of a grid: Getis-Ord Gi* and local Moran, false discoveries controlled.

Both ask whether the values around a cell are higher or lower than those of as many cells drawn at random from the grid.
Neighbours are the cells that touch (H3's ring 1). In Gi* the cell itself counts with the same weight as each neighbour,
1; in local Moran it counts with none. The pseudo p-values are one-sided and come from seeded permutations; of all cells
tested, the share of false discoveries is held at `alpha` by the procedure of Benjamini and Hochberg [3]_.

The grid must hold the cells without objects too, as zeros, or the neighbours of a hot cell are missing; cells without
data are left out. Needs the extra ``hotspots``.

References
----------
.. [1] J. K. Ord, A. Getis, "Local spatial autocorrelation statistics", Geographical Analysis 27 (1995) 286-306.
.. [2] L. Anselin, "Local indicators of spatial association - LISA", Geographical Analysis 27 (1995) 93-115.
.. [3] Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", J. Royal Statistical Society B 57 (1995).
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.errors import ExtraError, OutOfRangeError
from geo.grids.cells import Cells, find_neighbours

__all__ = ["find_clusters", "find_hotspots"]

SELF_WEIGHT = 1.0
"""Weight of a cell among its neighbours in Gi*, each of which has 1. [1]"""

_DRAWS_PER_STEP = 4_000_000

_QUADRANTS = np.array(["", "high_high", "low_high", "low_low", "high_low"], dtype=object)


def find_hotspots(
    cells: Cells, values: ArrayLike, *, alpha: float = 0.05, permutations: int = 999, seed: int = 1
) -> pd.DataFrame:
    """Hot and cold spots by Getis-Ord Gi*.

    Parameters
    ----------
    cells : ndarray of uint64, shape (n,)
        Of one resolution, each once.
    values : array_like, shape (n,)
        NaN where there are no data.
    alpha : float
        Share of false discoveries that is accepted. [1]
    permutations, seed : int
        The least p-value is 1 / (permutations + 1).

    Returns
    -------
    pandas.DataFrame
        By position: ``z`` (standard deviates), ``p``, ``spot`` (``hot``, ``cold``, ``none``; ``missing`` for cells
        without data or without a neighbour that has any; their numbers are NaN).

    Raises
    ------
    OutOfRangeError
        If there are fewer than 8 cells with neighbours, all values are equal, or a cell is there twice.
    ExtraError
        If the extra ``hotspots`` is not installed.
    """
    tested, pairs, value = _prepare(cells, values)
    statistic = _import("esda").G_Local(
        value, _make_graph(pairs), transform="B", permutations=0, star=SELF_WEIGHT
    )
    z, p = np.asarray(statistic.Zs, dtype=float), _find_p(value, pairs, permutations, seed)
    word = np.where(_find_discoveries(p, alpha), np.where(z > 0.0, "hot", "cold"), "none")
    return _lay_out(len(cells), tested, {"z": z, "p": p}, "spot", word)


def find_clusters(
    cells: Cells, values: ArrayLike, *, alpha: float = 0.05, permutations: int = 999, seed: int = 1
) -> pd.DataFrame:
    """Clusters and outliers by local Moran, neighbours weighted to 1 in all.

    Parameters and errors are those of :func:`find_hotspots`.

    Returns
    -------
    pandas.DataFrame
        By position: ``i`` (local Moran's), ``p``, ``cluster`` (``high_high``, ``low_low``, the outliers ``high_low``
        and ``low_high``, ``none``; ``missing``).
    """
    tested, pairs, value = _prepare(cells, values)
    statistic = _import("esda").Moran_Local(value, _make_graph(pairs), transformation="r", permutations=0)
    p = _find_p(value, pairs, permutations, seed)
    word = np.where(_find_discoveries(p, alpha), _QUADRANTS[statistic.q], "none")
    return _lay_out(len(cells), tested, {"i": np.asarray(statistic.Is, dtype=float), "p": p}, "cluster", word)


def _import(name: str) -> Any:
    try:
        return __import__(name, fromlist=["_"])
    except ImportError as exc:
        raise ExtraError(
            "hot spots need the extra 'hotspots': pip install riskmap[hotspots]",
            zh="热点分析需要可选依赖 hotspots：pip install riskmap[hotspots]",
        ) from exc


def _find_p(value: FloatArray, pairs: tuple[IntArray, IntArray], permutations: int, seed: int) -> FloatArray:
    """Pseudo p-values of the sums over neighbours, one-sided, towards the side on which they lie.

    Conditional permutation, as in esda: each cell keeps its value, its neighbours are drawn from all others. The same
    p-values hold for Gi* and local Moran, which add the cell's own value or multiply by it. esda's own permutations are
    passed over, as they are compiled with fast-math, which does not promise the same bits everywhere.
    """
    focal, neighbour = pairs
    count = np.bincount(focal, minlength=len(value))
    observed = np.bincount(focal, weights=value[neighbour], minlength=len(value))
    draws = _draw_others(len(value), int(count.max()), permutations, seed)
    above, below = np.zeros((2, len(value)), dtype=np.int64)
    # Sums of the same numbers in another order are equal.
    slack = 1e-12 * np.abs(value).max()
    step = max(1, _DRAWS_PER_STEP // draws.size)
    for first in range(0, len(value), step):
        cell = np.arange(first, min(first + step, len(value)))
        sums = value[draws + (draws >= cell[:, None, None])].cumsum(axis=2)
        drawn = np.take_along_axis(sums, (count[cell] - 1)[:, None, None], axis=2)[..., 0]
        above[cell] = (drawn >= observed[cell, None] - slack).sum(axis=1)
        below[cell] = (drawn <= observed[cell, None] + slack).sum(axis=1)
    # Draws that equal what was observed count on both sides, or each empty cell among many would be significant.
    return np.asarray((np.minimum(above, below) + 1.0) / (permutations + 1.0))


def _draw_others(count: int, most: int, permutations: int, seed: int) -> IntArray:
    """Numbers of cells drawn without repetition from all but one, shape (permutations, most)."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.choice(count - 1, most, replace=False) for _ in range(permutations)])


def _prepare(cells: Cells, values: ArrayLike) -> tuple[IntArray, tuple[IntArray, IntArray], FloatArray]:
    """Positions that can be tested, their pairs of neighbours and their values."""
    given = np.asarray(values, dtype=float)
    if given.shape != cells.shape or len(np.unique(cells)) != len(cells):
        raise OutOfRangeError(
            f"{given.size} values for {len(np.unique(cells))} different cells",
            zh="单元与数值个数不符或单元重复",
        )
    tested = np.flatnonzero(~np.isnan(given))
    focal, _ = _find_pairs(cells[tested])
    tested = tested[np.bincount(focal, minlength=len(tested)) > 0]
    if len(tested) < 8 or np.ptp(given[tested]) == 0.0:
        raise OutOfRangeError(
            "hot spots need 8 neighbouring cells at least, and values that differ",
            zh="热点分析至少需要 8 个相邻单元，且数值不能全部相同",
        )
    return tested, _find_pairs(cells[tested]), given[tested]


def _make_graph(pairs: tuple[IntArray, IntArray]) -> Any:
    return _import("libpysal.graph").Graph.from_arrays(*pairs, np.ones(len(pairs[0])))


def _find_pairs(cells: Cells) -> tuple[IntArray, IntArray]:
    """Positions of neighbouring cells, those of `Graph.build_h3`."""
    order = np.argsort(cells)
    focal, neighbour = find_neighbours(cells, 1)
    place = np.searchsorted(cells, neighbour, sorter=order).clip(max=max(len(cells) - 1, 0))
    position = order[place]
    kept = (cells[position] == neighbour) & (position != focal)
    return focal[kept], position[kept]


def _find_discoveries(p: FloatArray, alpha: float) -> NDArray[np.bool_]:
    """Which of all tests are significant: those up to the last p below its rank times alpha over their number."""
    ordered = np.sort(p)
    passed = np.flatnonzero(ordered <= alpha * np.arange(1, len(p) + 1) / len(p))
    return p <= ordered[passed[-1]] if passed.size else np.zeros(len(p), dtype=np.bool_)


def _lay_out(
    count: int,
    tested: IntArray,
    numbers: dict[str, FloatArray],
    name: str,
    word: NDArray[np.object_],
) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for column, number in numbers.items():
        columns[column] = np.full(count, np.nan)
        columns[column][tested] = number
    columns[name] = np.full(count, "missing", dtype=object)
    columns[name][tested] = word
    return pd.DataFrame(columns)
