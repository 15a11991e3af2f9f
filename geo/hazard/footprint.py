"""Where an end event kills: lethality around its source, in polar coordinates that follow the wind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.hazard.parameters import Parameter
from geo.hazard.scenario import Outcome
from geo.text import Text

__all__ = ["Event", "Footprint", "PolarGrid"]


@dataclass(frozen=True)
class PolarGrid:
    """Distances and angles at which lethality is computed.

    Attributes
    ----------
    radius_m : ndarray, shape (n_radii,)
        Rising, the first above 0.
    n_angles : int
        Angles are ``2 pi k / n_angles`` clockwise from straight downwind; a multiple of the wind rose's sectors.
    """

    radius_m: NDArray[np.float64]
    n_angles: int


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Probability of death around a source, 0 to 1.

    Arrays have the shape (n_radii, n_angles), or (n_radii, 1) where all directions are alike.

    Attributes
    ----------
    individual : ndarray
        Of someone who stays there without protection (individual risk after GB 36894-2018).
    outdoors, indoors : ndarray
        Of people as they are, for societal risk.
    """

    individual: NDArray[np.float64]
    outdoors: NDArray[np.float64]
    indoors: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One end event of one scenario in one weather.

    Attributes
    ----------
    scenario_id : str
    outcome : Outcome
    weather : int or None
        Index in the wind rose; None: the same in every weather.
    probability : float
        Of this end event, given the scenario and the weather.
    footprint : Footprint
    model : str
        Name of the model, as in the validation pages.
    source_models : tuple of str
        Models of the release that it comes from.
    warnings : tuple of Text
    parameters : tuple of Parameter
    """

    scenario_id: str
    outcome: Outcome
    weather: int | None
    probability: float
    footprint: Footprint
    model: str
    source_models: tuple[str, ...] = ()
    warnings: tuple[Text, ...] = ()
    parameters: tuple[Parameter, ...] = ()
