"""Stretches of a pipeline that have a level, and the worst level at each place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo.rules.finding import TargetRef
from geo.standing import Standing
from geo.text import Text

__all__ = ["Reason", "Zone", "collect_bounds", "merge_stretches", "paint"]

_Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a stretch has its class or grade.

    Attributes
    ----------
    clause : str
        Standard, table and item.
    grade : str
        Class or grade that follows from it.
    text : Text
    targets : tuple of TargetRef
        Buildings or places, in order along the line.
    standing : Standing
    """

    clause: str
    grade: str
    text: Text
    targets: tuple[TargetRef, ...]
    standing: Standing


@dataclass(frozen=True)
class Zone:
    """A stretch of the line with a level.

    Attributes
    ----------
    start_mm, end_mm : int
    level : int
    explain : callable or None
        Gives the reason for a part of the zone, from its first and last mileage [mm].
    needs : tuple of str
        What is missing to be sure of it.
    """

    start_mm: int
    end_mm: int
    level: int
    explain: Callable[[int, int], Reason] | None = None
    needs: tuple[str, ...] = field(default=())


def merge_stretches(start: _Ints, end: _Ints) -> tuple[_Ints, _Ints]:
    """Return where the union of stretches begins and ends."""
    order = np.argsort(start, kind="stable")
    reach = np.maximum.accumulate(end[order])
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = start[order][1:] > reach[:-1]
    first = np.flatnonzero(begins)
    return start[order][first], reach[np.append(first[1:], len(order)) - 1]


def paint(zones: Iterable[Zone], bounds_mm: _Ints, lowest: int = 0) -> _Ints:
    """Return the highest level of zones in each interval between bounds, which include all ends of the zones."""
    levels = np.full(len(bounds_mm) - 1, lowest)
    for zone in sorted(zones, key=lambda one: one.level):
        first, last = np.searchsorted(bounds_mm, [zone.start_mm, zone.end_mm])
        levels[first:last] = np.maximum(levels[first:last], zone.level)
    return levels


def collect_bounds(zones: Iterable[Sequence[Zone]], more: Iterable[int]) -> _Ints:
    """Return all ends of zones, and more, in order."""
    ends = {end for some in zones for zone in some for end in (zone.start_mm, zone.end_mm)}
    return np.array(sorted(ends | set(more)), dtype=np.int64)
