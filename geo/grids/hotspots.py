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

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike, NDArray

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.errors import ExtraError, OutOfRangeError
from geo.grids.cells import Cells, find_neighbours
from geo.progress import Progress, say_nothing

__all__ = ["NeighbourTest", "find_clusters", "find_hotspots", "permute_neighbours"]

SELF_WEIGHT = 1.0
"""Weight of a cell among its neighbours in Gi*, each of which has 1. [1]"""

_SUMS_PER_STEP = 5_000_000
"""Progress is told, and a job can be cancelled, after so many sums of drawn values."""

_QUADRANTS = np.array(["", "high_high", "low_high", "low_low", "high_low"], dtype=object)


@dataclass(frozen=True)
class NeighbourTest:
    """How likely it is by chance that the values around each cell are as high or as low as they are.

    Attributes
    ----------
    count : int
        Cells that were given.
    tested : ndarray of int64, shape (n,)
        Positions of those with data and a neighbour with data.
    graph : libpysal.graph.Graph
        Which of the tested cells touch, by position among them.
    value : ndarray, shape (n,)
    p : ndarray, shape (n,)
        Pseudo p-values, one-sided.
    """

    count: int
    tested: IntArray
    graph: Any
    value: FloatArray
    p: FloatArray

    def find_discoveries(self, alpha: float) -> NDArray[np.bool_]:
        """Which of all tests are significant: those up to the last p below its rank times alpha over their number."""
        ordered = np.sort(self.p)
        passed = np.flatnonzero(ordered <= alpha * np.arange(1, len(ordered) + 1) / len(ordered))
        return self.p <= ordered[passed[-1]] if passed.size else np.zeros(len(ordered), dtype=np.bool_)

    def lay_out(self, name: str, word: NDArray[np.object_], **numbers: FloatArray) -> pd.DataFrame:
        """Return numbers and a word of the tested cells by position of all; others have NaN and ``missing``."""
        columns: dict[str, Any] = {}
        for column, number in (*numbers.items(), ("p", self.p)):
            columns[column] = np.full(self.count, np.nan)
            columns[column][self.tested] = number
        columns[name] = np.full(self.count, "missing", dtype=object)
        columns[name][self.tested] = word
        return pd.DataFrame(columns)


def permute_neighbours(
    cells: Cells,
    values: ArrayLike,
    *,
    permutations: int = 999,
    seed: int = 1,
    progress: Progress | None = None,
) -> NeighbourTest:
    """Compare the sums over the neighbours of cells with those over as many cells drawn at random.

    Conditional permutation, as in esda: each cell keeps its value, its neighbours are drawn from all others. The same
    p-values hold for Gi* and local Moran, which add the cell's own value or multiply by it. esda's own permutations are
    passed over, as they are compiled with fast-math, which does not promise the same bits everywhere.

    Parameters
    ----------
    cells : ndarray of uint64, shape (n,)
        Of one resolution, each once.
    values : array_like, shape (n,)
        NaN where there are no data.
    permutations, seed : int
        The least p-value is 1 / (permutations + 1).
    progress : callable, optional
        Called with the fraction done and what is being done; to cancel, raise from it.

    Raises
    ------
    OutOfRangeError
        If there are fewer than 8 cells with neighbours, all values are equal, or a cell is there twice.
    ExtraError
        If the extra ``hotspots`` is not installed.
    """
    say = progress or say_nothing
    say(0.0, "finding neighbours")
    tested, (focal, neighbour), value = _prepare(cells, values)
    graph = _import("libpysal.graph").Graph.from_arrays(focal, neighbour, np.ones(len(focal)))
    count = np.bincount(focal, minlength=len(value))
    observed = np.bincount(focal, weights=value[neighbour], minlength=len(value)).astype(float)
    draws = _draw_others(len(value), int(count.max()), permutations, seed)
    above, below = np.zeros((2, len(value)), dtype=np.int64)
    # Sums of the same numbers in another order are equal.
    slack = 1e-12 * float(np.abs(value).max())
    step = max(1, _SUMS_PER_STEP // permutations)
    for first in range(0, len(value), step):
        last = min(first + step, len(value))
        _count_beyond(value, observed, slack, count, draws, first, last, above, below)
        say(last / len(value), "permuting neighbours")
    # Draws that equal what was observed count on both sides, or each empty cell among many would be significant.
    p = (np.minimum(above, below) + 1.0) / (permutations + 1.0)
    return NeighbourTest(len(cells), tested, graph, value, np.asarray(p))


def find_hotspots(test: NeighbourTest, *, alpha: float = 0.05) -> pd.DataFrame:
    """Hot and cold spots by Getis-Ord Gi*.

    Parameters
    ----------
    test : NeighbourTest
        Of :func:`permute_neighbours`.
    alpha : float
        Share of false discoveries that is accepted. [1]

    Returns
    -------
    pandas.DataFrame
        By position: ``z`` (standard deviates), ``p``, ``spot`` (``hot``, ``cold``, ``none``; ``missing`` for cells
        without data or without a neighbour that has any; their numbers are NaN).

    Raises
    ------
    ExtraError
        If the extra ``hotspots`` is not installed.
    """
    statistic = _import("esda").G_Local(
        test.value, test.graph, transform="B", permutations=0, star=SELF_WEIGHT
    )
    z = np.asarray(statistic.Zs, dtype=float)
    word = np.where(test.find_discoveries(alpha), np.where(z > 0.0, "hot", "cold"), "none")
    return test.lay_out("spot", word, z=z)


def find_clusters(test: NeighbourTest, *, alpha: float = 0.05) -> pd.DataFrame:
    """Clusters and outliers by local Moran, neighbours weighted to 1 in all.

    Parameters and errors are those of :func:`find_hotspots`.

    Returns
    -------
    pandas.DataFrame
        By position: ``i`` (local Moran's), ``p``, ``cluster`` (``high_high``, ``low_low``, the outliers ``high_low``
        and ``low_high``, ``none``; ``missing``).
    """
    statistic = _import("esda").Moran_Local(test.value, test.graph, transformation="r", permutations=0)
    word = np.where(test.find_discoveries(alpha), _QUADRANTS[statistic.q], "none")
    return test.lay_out("cluster", word, i=np.asarray(statistic.Is, dtype=float))


def _import(name: str) -> Any:
    try:
        return __import__(name, fromlist=["_"])
    except ImportError as exc:
        raise ExtraError(
            "hot spots need the extra 'hotspots': pip install riskmap[hotspots]",
            zh="热点分析需要可选依赖 hotspots：pip install riskmap[hotspots]",
        ) from exc


@njit(cache=True, nogil=True)
def _count_beyond(
    value: FloatArray,
    observed: FloatArray,
    slack: float,
    count: IntArray,
    draws: IntArray,
    first: int,
    last: int,
    above: IntArray,
    below: IntArray,
) -> None:  # pragma: no cover  # compiled
    """Count for some cells the draws whose sum is no less, and no more, than what was observed."""
    for cell in range(first, last):
        for draw in range(len(draws)):
            total = 0.0
            for place in range(count[cell]):
                other = draws[draw, place]
                total += value[other + (other >= cell)]
            above[cell] += total >= observed[cell] - slack
            below[cell] += total <= observed[cell] + slack


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


def _find_pairs(cells: Cells) -> tuple[IntArray, IntArray]:
    """Positions of neighbouring cells, those of `Graph.build_h3`."""
    order = np.argsort(cells)
    focal, neighbour = find_neighbours(cells, 1)
    place = np.searchsorted(cells, neighbour, sorter=order).clip(max=max(len(cells) - 1, 0))
    position = order[place]
    kept = (cells[position] == neighbour) & (position != focal)
    return focal[kept], position[kept]
