"""What a predicate is: a test that rules share, written once.

A predicate declares the parameters that a rule must give it and reads a scene: for each subject whether the test holds,
and the measurement that shows it. What follows from that (states, exceptions, dates) is none of its business.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.rules.finding import Position, TargetRef, Text
from geo.rules.measuring import Sheet
from geo.rules.rule import Rule

__all__ = ["Predicate", "Reading", "Scene", "attributes", "metres", "one_of", "position", "text_or_none"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a predicate found for one subject.

    Attributes
    ----------
    holds : bool or None
        Whether the test holds at the measured value; None where data are missing to tell (``needs`` says which).
    decided : bool
        False where the doubt could turn it.
    explanation : Text
    needs : tuple of str
        What to bring for a decision.
    other_line_holds : bool or None
        Whether it holds from the water-side line, where a bank has both lines.
    limit, found, unit, limit_m, distance_m, margin_m, doubt_m, start, end, measured_from, measured_to, target
        As in :class:`geo.rules.finding.Finding`.
    """

    holds: bool | None
    decided: bool
    explanation: Text
    needs: tuple[str, ...] = ()
    other_line_holds: bool | None = None
    limit: float | None = None
    found: float | None = None
    unit: str | None = None
    limit_m: float | None = None
    distance_m: float | None = None
    margin_m: float | None = None
    doubt_m: float | None = None
    start: Position | None = None
    end: Position | None = None
    measured_from: str | None = None
    measured_to: str | None = None
    target: TargetRef | None = None


class Scene:
    """The subjects of a check and the layers around them.

    Parameters
    ----------
    subjects : GeoDataFrame, EPSG:4490
        Index 0, 1, 2, …
    layers : mapping of slug to GeoDataFrame, EPSG:4490
    rasters : mapping of kind to path, optional
        ``elevation`` and ``population``, as far as they are there.
    """

    def __init__(
        self,
        subjects: gpd.GeoDataFrame,
        layers: Mapping[str, gpd.GeoDataFrame],
        rasters: Mapping[str, Path] | None = None,
    ) -> None:
        self.subjects = subjects
        self.rasters = rasters or {}
        self._layers = layers
        self._sheets: dict[str, Sheet] = {}

    def layer(self, slug: str) -> gpd.GeoDataFrame:
        """Return the features of a layer, index 0, 1, 2, …; an absent layer has none."""
        return self.sheet(slug).targets

    def sheet(self, layer: str) -> Sheet:
        """Return the distances from the subjects to a layer; an absent layer has no features."""
        if layer not in self._sheets:
            targets = self._layers.get(layer, self.subjects.iloc[:0])
            self._sheets[layer] = Sheet(self.subjects, targets.reset_index(drop=True))
        return self._sheets[layer]


@dataclass(frozen=True)
class Predicate:
    """A test that rules share.

    Attributes
    ----------
    name : str
        Word in rule packs.
    parameters : mapping of str to callable
        The keys that a rule must give, each with the function that reads its value or raises ``ValueError``.
    read : callable
        ``read(rule, scene, who)`` returns one reading for each subject at the positions ``who``.
    has_target : bool
        Whether a rule names a target layer for it.
    """

    name: str
    parameters: Mapping[str, Callable[[object], Any]]
    read: Callable[[Rule, Scene, NDArray[np.int64]], Sequence[Reading]]
    has_target: bool = True


def metres(value: object) -> float:
    """Return a distance from a rule pack. [m].

    Raises
    ------
    ValueError
        If it is not a number, or is negative.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        raise ValueError("must be a number of metres, 0 or more")
    return float(value)


def one_of(*words: str) -> Callable[[object], str]:
    """Return a reader that takes only these words."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"must be one of {sorted(words)}, is {value!r}")
        return str(value)

    return read


def attributes(frame: pd.DataFrame, row: int | np.int64) -> dict[str, Any]:
    """Return one row of a frame by column name."""
    return {str(name): column.iloc[row] for name, column in frame.items()}


def text_or_none(value: object) -> str | None:
    """Return a text that is there and not empty, else None."""
    return value if isinstance(value, str) and value else None


def position(pair: NDArray[np.float64]) -> Position | None:
    """Return longitude and latitude as a pair, None where there is none (NaN)."""
    return None if np.isnan(pair).any() else (float(pair[0]), float(pair[1]))
