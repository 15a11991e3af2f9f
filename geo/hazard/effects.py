"""What an end event does at a distance: heat flux, overpressure, concentration, toxic load; and what that kills.

Distances are from the source of the release, angles clockwise from straight downwind. Everything is alike on both
sides of the wind, so half of the angles is computed and mirrored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.hazard.dispersion.cloud import Cloud
from geo.hazard.footprint import Footprint, PolarGrid
from geo.hazard.parameters import Parameter
from geo.hazard.tables import Table
from geo.hazard.vulnerability import (
    ToxicProbit,
    blast_footprint,
    flash_footprint,
    heat_footprint,
    toxic_footprint,
)
from geo.text import Text

__all__ = ["BlastEffect", "Effect", "FlashEffect", "HeatEffect", "ToxicEffect", "polar_footprint"]

Field = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""Value at distances (n, 1) and angles (1, m) from the source."""

_COARSE_ANGLES = 13  # numerical: where a footprint is looked for first
_MARGIN_ROWS = 3  # numerical


class Effect(Protocol):
    """What all effects offer."""

    @property
    def model(self) -> str:
        """Key in the register of models."""

    @property
    def is_round(self) -> bool:
        """Whether all directions are alike."""

    @property
    def warnings(self) -> tuple[Text, ...]:
        """What lies outside a model's limits."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every row that the effect rests on."""

    @property
    def value(self) -> Field:
        """The physical quantity at distances and angles."""

    def lethality(self, values: NDArray[np.float64]) -> Footprint:
        """Return what values kill; neighbours in the array are neighbours on the ground."""


@dataclass(frozen=True, kw_only=True)
class HeatEffect:
    """Heat of a fire.

    Attributes
    ----------
    value : callable
        Heat flux. [W/m²]
    duration_s : float
        Of the fire. [s]
    details : dict
        Intermediate values with the unit in the name.
    """

    quantity: ClassVar[str] = "heat"

    model: str
    value: Field
    duration_s: float
    probits: Table
    is_round: bool = False
    warnings: tuple[Text, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    details: dict[str, float] = field(default_factory=dict)

    def lethality(self, values: NDArray[np.float64]) -> Footprint:
        """Return what heat fluxes kill."""
        return heat_footprint(values, self.duration_s, self.probits)


@dataclass(frozen=True, kw_only=True)
class BlastEffect:
    """Overpressure of an explosion.

    Attributes
    ----------
    value : callable
        Side-on overpressure. [Pa]
    centre_m : float
        How far downwind of the source it happens. [m]
    """

    quantity: ClassVar[str] = "blast"

    model: str
    value: Field
    centre_m: float
    probits: Table
    warnings: tuple[Text, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    details: dict[str, float] = field(default_factory=dict)

    @property
    def is_round(self) -> bool:
        """Whether it happens at the source itself."""
        return self.centre_m == 0

    def lethality(self, values: NDArray[np.float64]) -> Footprint:
        """Return what overpressures kill."""
        return blast_footprint(values, self.probits)


@dataclass(frozen=True, kw_only=True)
class FlashEffect:
    """A cloud that burns off.

    Attributes
    ----------
    value : callable
        Greatest concentration over time, as it burns. [kg/m³]
    limit_kg_m3 : float
        At and above which people die.
    """

    quantity: ClassVar[str] = "flammable"

    model: str
    value: Field
    limit_kg_m3: float
    is_round: bool = False
    warnings: tuple[Text, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    details: dict[str, float] = field(default_factory=dict)

    def lethality(self, values: NDArray[np.float64]) -> Footprint:
        """Return what concentrations kill."""
        return flash_footprint(values, self.limit_kg_m3)


@dataclass(frozen=True, kw_only=True)
class ToxicEffect:
    """A cloud that poisons.

    Attributes
    ----------
    value : callable
        Toxic load. [(mg/m³)^n min]
    cloud : Cloud
    probit : ToxicProbit
    """

    quantity: ClassVar[str] = "toxic"

    model: str
    value: Field
    cloud: Cloud
    probit: ToxicProbit
    probits: Table
    is_round: bool = False
    warnings: tuple[Text, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    details: dict[str, float] = field(default_factory=dict)

    def lethality(self, values: NDArray[np.float64]) -> Footprint:
        """Return what toxic loads kill."""
        return toxic_footprint(values, self.probit, self.probits)


def polar_footprint(effect: Effect, grid: PolarGrid) -> Footprint:
    """Return the lethality of an effect on a polar grid.

    Radii are searched from outside at a few angles for the last where anybody dies; beyond it nothing is computed.

    Parameters
    ----------
    effect : Effect
    grid : PolarGrid

    Returns
    -------
    Footprint
        Shape (n_radii, n_angles), or (n_radii, 1) where all directions are alike.
    """
    radius = np.asarray(grid.radius_m, dtype=np.float64)[:, None]
    if effect.is_round:
        return effect.lethality(effect.value(radius, np.zeros((1, 1))))
    half = grid.n_angles // 2 + 1
    turn = np.arange(half, dtype=np.float64) * (2 * np.pi / grid.n_angles)
    coarse = effect.lethality(effect.value(radius, np.linspace(0.0, np.pi, _COARSE_ANGLES)[None, :]))
    deadly = np.flatnonzero((coarse.individual + coarse.outdoors + coarse.indoors).any(axis=1))
    rows = min(int(deadly[-1]) + 1 + _MARGIN_ROWS, len(radius)) if len(deadly) else 0
    if rows < 2:
        nowhere = np.zeros((len(radius), grid.n_angles))
        return Footprint(individual=nowhere, outdoors=nowhere, indoors=nowhere)
    fine = effect.lethality(effect.value(radius[:rows], turn[None, :]))
    whole = {id(part): _mirror(part, grid) for part in (fine.individual, fine.outdoors, fine.indoors)}
    return Footprint(
        individual=whole[id(fine.individual)],
        outdoors=whole[id(fine.outdoors)],
        indoors=whole[id(fine.indoors)],
    )


def _mirror(half: NDArray[np.float64], grid: PolarGrid) -> NDArray[np.float64]:
    """Return one side of the wind as both, with nothing at the radii beyond."""
    steps = np.arange(grid.n_angles)
    whole = np.zeros((len(grid.radius_m), grid.n_angles))
    whole[: len(half)] = half[:, np.minimum(steps, grid.n_angles - steps)]
    return whole
