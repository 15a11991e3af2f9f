"""Weather as the risk sees it: how often the wind blows from where, how fast, in which stability."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Weather", "WindRose"]


@dataclass(frozen=True, kw_only=True)
class Weather:
    """One class of speed and stability, by day or by night.

    Attributes
    ----------
    stability : str
        Pasquill class ``A`` to ``F``.
    wind_m_s : float
        At 10 m above ground.
    by_day : bool
    """

    stability: str
    wind_m_s: float
    by_day: bool


@dataclass(frozen=True, kw_only=True)
class WindRose:
    """Joint frequencies of direction, speed and stability by day and by night.

    Attributes
    ----------
    name, source : str
    weathers : tuple of Weather, length n_weathers
    frequencies : ndarray, shape (n_weathers, n_sectors)
        Share of the year with the wind blowing FROM the sector; sectors go clockwise, the first is centred on
        north. Adds up to 1 over everything.
    """

    name: str
    source: str
    weathers: tuple[Weather, ...]
    frequencies: NDArray[np.float64]
