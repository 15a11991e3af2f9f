"""Four colours for the values of cells: blue, yellow, orange, red, by limits that a rule gives or by the values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError

__all__ = ["COLOURS", "Classes", "Method", "classify"]

COLOURS = ("blue", "yellow", "orange", "red")
"""From least to worst."""

Method = Literal["fixed", "quantile", "jenks", "standard_deviation"]

_MOST_VALUES = 2_048
"""Natural breaks are exact up to so many different values; more are taken together in groups of equal number."""


@dataclass(frozen=True)
class Classes:
    """Colours of values, and where one ends and the next begins.

    Attributes
    ----------
    method : str
    breaks : tuple of float
        Ascending, at most three: a value at a break or over it has the next colour. Fewer where there are not enough
        different values; the worst colours then have none.
    colour : ndarray of str or None, shape (n,)
        Of :data:`COLOURS`; None where the value is missing.
    """

    method: Method
    breaks: tuple[float, ...]
    colour: NDArray[np.object_]


def classify(values: ArrayLike, method: Method, limits: Sequence[float] | None = None) -> Classes:
    """Colours of values.

    Breaks are found from the values over 0, so that empty cells do not move them; 0 is blue unless a limit says
    otherwise.

    Parameters
    ----------
    values : array_like, shape (n,)
        NaN where missing.
    method : {"fixed", "quantile", "jenks", "standard_deviation"}
        ``fixed``: at the limits. ``quantile``: a quarter of the values in each colour (linear between values).
        ``jenks``: natural breaks, least sum of squares within colours [1]_. ``standard_deviation``: at the mean, and
        one and two standard deviations (of the population) over it.
    limits : sequence of 3 float, optional
        With ``fixed``, where yellow, orange and red begin; ascending.

    Raises
    ------
    OutOfRangeError
        If the limits are not three ascending numbers, are missing, or given with another method.

    References
    ----------
    .. [1] W. D. Fisher, "On grouping for maximum homogeneity", J. American Statistical Association 53 (1958) 789-798.

    Examples
    --------
    >>> classify([0.5, 2.0, float("nan"), 30.0], "fixed", [1, 10, 30]).colour.tolist()
    ['blue', 'yellow', None, 'red']
    """
    given = np.asarray(values, dtype=float)
    breaks = _find_breaks(given[given > 0.0], method, limits)
    colour = np.array([*COLOURS, None], dtype=object)
    index = np.searchsorted(breaks, given, side="right")
    return Classes(method, tuple(breaks.tolist()), colour[np.where(np.isnan(given), 4, index)])


def _find_breaks(values: FloatArray, method: Method, limits: Sequence[float] | None) -> FloatArray:
    if (limits is None) == (method == "fixed"):
        raise OutOfRangeError(
            "limits belong to the method 'fixed', and to no other", zh="限值只用于 fixed 方法，且必须给出"
        )
    if limits is not None:
        return _check_limits(limits)
    if not values.size:
        return np.empty(0)
    if method == "quantile":
        return np.unique(np.quantile(values, [0.25, 0.5, 0.75]))
    if method == "standard_deviation":
        return np.unique(values.mean() + np.arange(3) * values.std())
    return _find_natural_breaks(values)


def _check_limits(limits: Sequence[float]) -> FloatArray:
    given = np.asarray(limits, dtype=float)
    if given.shape != (3,) or not (np.diff(given) > 0).all() or not np.isfinite(given).all():
        raise OutOfRangeError(
            f"limits {list(limits)} are not three ascending numbers",
            zh=f"限值 {list(limits)} 不是三个递增的数",
        )
    return given


def _find_natural_breaks(values: FloatArray) -> FloatArray:
    """Lowest values of the second to fourth class, those classes being the tightest possible."""
    value, count = np.unique(values, return_counts=True)
    if len(value) > _MOST_VALUES:
        value, count, lowest = _gather(values)
    else:
        lowest = value
    classes = min(len(COLOURS), len(value))
    return lowest[_partition(value, count, classes)]


def _gather(values: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
    """Means, numbers and lowest values of groups of neighbouring values, equal values in one group."""
    ordered = np.sort(values)
    edges = np.linspace(0, len(ordered), _MOST_VALUES + 1).astype(np.int64)[:-1]
    first = np.unique(np.searchsorted(ordered, ordered[edges]))
    count = np.diff(np.append(first, len(ordered)))
    return np.add.reduceat(ordered, first) / count, count, ordered[first]


def _partition(value: FloatArray, count: IntArray, classes: int) -> IntArray:
    """Where the second and further classes begin, by dynamic programming over the last class."""
    centred = value - value.mean()
    number, first, second = (
        np.concatenate([[0.0], np.cumsum(moment)]) for moment in (count, count * centred, count * centred**2)
    )
    total = number[None, :] - number[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = second[None, :] - second[:, None] - (first[None, :] - first[:, None]) ** 2 / total
    # spread[i, j]: squares within the class of values i to j - 1; classes are not empty.
    spread[total <= 0] = np.inf
    best, choices = spread[0], []
    for _ in range(classes - 1):
        costs = best[:, None] + spread
        choices.append(costs.argmin(axis=0))
        best = costs.min(axis=0)
    starts = [len(value)]
    for choice in reversed(choices):
        starts.append(int(choice[starts[-1]]))
    return np.array(starts[:0:-1], dtype=np.int64)
