"""Sums by group that do not depend on the order in which the numbers come."""

import numpy as np

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray

__all__ = ["sum_groups"]


def sum_groups(group: IntArray, value: FloatArray, count: int) -> FloatArray:
    """Add up values by group, correct to the last bit, whatever order they come in.

    Values are sorted, then added in pairs, pairs of pairs and so on, the rounding error of each addition carried along
    (Knuth's two-sum). Only what lies 32 digits below the largest number of a group is lost, and by that order alike
    every time.

    Parameters
    ----------
    group : ndarray, shape (n,)
        Number of the group of each value, 0 to `count` - 1.
    value : ndarray, shape (n,)
        Finite.
    count : int
        How many groups there are.

    Returns
    -------
    ndarray, shape (count,)
        0 for groups without values.

    Examples
    --------
    >>> sum_groups(np.array([1, 0, 1, 1]), np.array([1.0, 0.5, 1e16, 1.0]), 2).tolist()
    [0.5, 1.0000000000000002e+16]
    """
    order = np.lexsort((value, group))
    group, high = group[order], value[order].astype(np.float64)
    low = np.zeros_like(high)
    while group.size:
        first = np.append(True, group[1:] != group[:-1])
        number = np.arange(group.size) - np.flatnonzero(first)[np.cumsum(first) - 1]
        right = np.flatnonzero(number % 2 == 1)
        if not right.size:
            break
        left = right - 1
        total, error = _add(high[left], high[right])
        low[left] += low[right] + error
        high[left] = total
        kept = number % 2 == 0
        group, high, low = group[kept], high[kept], low[kept]
    sums = np.zeros(count)
    sums[group] = high + low
    return sums


def _add(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum of two numbers as rounded, and what the rounding left."""
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)
