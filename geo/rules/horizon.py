"""How much of a layer is at hand around the subjects, and what is known of the rest of it.

A check of one proposal reads the features near it, not a million of them. Everything that asks for more than is at hand
says so (:class:`NarrowError`); it then is read, and the test made again. What is answered in the end is, to the last
bit, what the whole layer gives.

Why that is so. Let every feature within R of the subjects be at hand; any other is farther than R. A rule's limit, its
half widths and its doubts together reach B: the largest of each in the whole layer, and R is made B at least. A target
farther than R then

* does not break a limit: distance - half width - limit > R - B >= 0;
* does not leave one undecided either, unless its doubt is unknown: the margin exceeds the largest doubt;
* comes after every target at hand whose margin is at most R less limit and half width, for its own is more.

So a target at hand that is within, open or within its doubt decides as it stands. Where all at hand are beyond for
sure, the nearest is reported, and R has to reach it. What is of unknown accuracy leaves a test undecided at any
distance: if the layer has such features, the ones that count are read too, wherever they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import GeoError
from geo.rules.expression import Condition
from geo.rules.targets import Targets

__all__ = ["Gather", "Horizon", "NarrowError", "Surroundings"]


@dataclass(frozen=True)
class Horizon:
    """How much of a layer is at hand.

    Attributes
    ----------
    within_m : float
        Every feature that counts within this distance of any subject is at hand; infinite where all of them are. [m]
    vague_within_m : float
        The same for features of unknown accuracy; infinite where the layer has none. [m]
    bounds : tuple of float
        West, south, east, north: every feature that counts and meets it is at hand. [°]
    accuracy_m : float
        Largest known accuracy in the whole layer; 0 where it has none. [m]
    half_width_m : float
        Largest half width of any kind in the whole layer; 0 where it has none. [m]
    classes : callable
        ``classes(fields)``: each combination of values of some fields that the whole layer has, one a row; None where
        there are too many.
    """

    within_m: float
    vague_within_m: float
    bounds: tuple[float, float, float, float]
    accuracy_m: float
    half_width_m: float
    classes: Callable[[Sequence[str]], pd.DataFrame | None]

    @property
    def is_whole(self) -> bool:
        """Whether all features that count are at hand."""
        return bool(np.isinf(self.within_m))


class NarrowError(GeoError):
    """More of a layer is needed than is at hand; whoever reads the test brings it and reads again.

    Parameters
    ----------
    layer : str
    within_m : float
        Up to where; infinite where it is not known how far. [m]
    vague_only : bool
        Whether features of unknown accuracy are needed alone, wherever they are.
    counts : Condition, optional
        All others may be left out; those that do not meet the test's own filter unless stated.
    """

    def __init__(
        self,
        layer: str,
        within_m: float = np.inf,
        *,
        vague_only: bool = False,
        counts: Condition | None = None,
    ) -> None:
        super().__init__(f"layer {layer} is at hand only near the subjects: bring all within {within_m} m")
        self.layer, self.within_m, self.vague_only, self.counts = layer, within_m, vague_only, counts


class Surroundings(Protocol):
    """Where the features around the subjects come from."""

    def horizon(self, layer: str) -> Horizon | None:
        """Return how much of a layer is at hand at first; None where it is all of it."""

    def widen(
        self, asked: NarrowError, horizon: Horizon, counts: Condition | None
    ) -> tuple[gpd.GeoDataFrame | Targets, Horizon]:
        """Return more features of a layer, by id, and how much that is; targets where they are shared.

        Parameters
        ----------
        asked : NarrowError
        horizon : Horizon
            What was at hand.
        counts : Condition, optional
            Features that surely do not meet it may be left out.
        """


Gather = Callable[[gpd.GeoDataFrame], tuple[Mapping[str, gpd.GeoDataFrame | Targets], Surroundings | None]]
"""``gather(subjects)``: the features at hand around subjects, by layer, and where more of them come from."""
