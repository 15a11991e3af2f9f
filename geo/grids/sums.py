"""Sums by group that do not depend on the order in which the numbers come."""

import numpy as np
from numba import njit

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray

__all__ = ["sum_groups"]

_MOST_PARTIALS = 64
"""Numbers that overlap nowhere and add up to any sum of doubles: 2,100 binary digits in pieces of 53 are 40."""


def sum_groups(group: IntArray, value: FloatArray, count: int) -> FloatArray:
    """Add up values by group, correct to the last bit, whatever order they come in.

    A sum is kept as several numbers that do not overlap, so that nothing is rounded before its end [1]_: what
    :func:`math.fsum` does, group by group.

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

    References
    ----------
    .. [1] J. R. Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric predicates",
       Discrete & Computational Geometry 18 (1997) 305-363, theorem 10.

    Examples
    --------
    >>> sum_groups(np.array([1, 0, 1, 1]), np.array([1.0, 0.5, 1e16, 1.0]), 2).tolist()
    [0.5, 1.0000000000000002e+16]
    """
    first = np.append(0, np.cumsum(np.bincount(group, minlength=count)))
    return _sum_groups(_gather(group, value.astype(np.float64), first.copy()), first)


@njit(cache=True, nogil=True)
def _gather(
    group: IntArray, value: FloatArray, place: IntArray
) -> FloatArray:  # pragma: no cover  # compiled
    """Values of one group side by side."""
    gathered = np.empty(len(value))
    for number in range(len(value)):
        gathered[place[group[number]]] = value[number]
        place[group[number]] += 1
    return gathered


@njit(cache=True, nogil=True)
def _sum_groups(value: FloatArray, first: IntArray) -> FloatArray:  # pragma: no cover  # compiled
    sums, partials = np.zeros(len(first) - 1), np.zeros(_MOST_PARTIALS)
    for group in range(len(sums)):
        count = 0
        for number in range(first[group], first[group + 1]):
            count = _add(partials, count, value[number])
        sums[group] = _round(partials, count)
    return sums


@njit(cache=True, inline="always")
def _add(partials: FloatArray, count: int, value: float) -> int:  # pragma: no cover  # compiled
    """Add a number to a sum, each part of it exactly; return how many parts there are."""
    kept = 0
    for number in range(count):
        part = partials[number]
        if abs(value) < abs(part):
            value, part = part, value
        total = value + part
        rest = part - (total - value)
        if rest != 0.0:
            partials[kept] = rest
            kept += 1
        value = total
    partials[kept] = value
    return kept + 1


@njit(cache=True, inline="always")
def _round(partials: FloatArray, count: int) -> float:  # pragma: no cover  # compiled
    """Round a sum once, half to even: the parts below decide where the first rest is a half."""
    if count == 0:
        return 0.0
    number = count - 1
    total, rest = float(partials[number]), 0.0
    while number > 0 and rest == 0.0:
        number -= 1
        before = total
        total = before + partials[number]
        rest = partials[number] - (total - before)
    if number > 0 and (
        (rest < 0.0 and partials[number - 1] < 0.0) or (rest > 0.0 and partials[number - 1] > 0.0)
    ):
        doubled = 2.0 * rest
        rounded = total + doubled
        if doubled == rounded - total:
            return float(rounded)
    return total
