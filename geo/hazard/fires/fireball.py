"""Fireball of a burst vessel: a sphere that radiates evenly for its whole life.

Limits: flammable gas liquefied by pressure, a few kilograms to some hundred tonnes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.hazard.fires.radiation import sphere_view_factor, transmissivity
from geo.hazard.tables import Table

__all__ = ["Fireball", "fireball", "fireball_mass_kg"]


@dataclass(frozen=True, kw_only=True)
class Fireball:
    """A burning cloud that rises.

    Attributes
    ----------
    diameter_m, height_m : float
        Of the sphere, and of its centre above the ground. [m]
    duration_s : float
        [s]
    emissive_power_w_m2 : float
        [W/m²]
    radiant_fraction : float
        Of the heat of combustion.
    vapour_pressure_pa : float
        Of the water in the air between. [Pa]
    fires : Table
        What it was computed from.
    """

    diameter_m: float
    height_m: float
    duration_s: float
    emissive_power_w_m2: float
    radiant_fraction: float
    vapour_pressure_pa: float
    fires: Table

    def flux_w_m2(self, distance_m: ArrayLike) -> NDArray[np.float64]:
        """Heat flux at the ground on a surface that faces the sphere's centre; by distance from below it."""
        distance = np.asarray(distance_m, dtype=np.float64)
        path_m = np.maximum(np.hypot(distance, self.height_m) - self.diameter_m / 2, 0.0)
        return (
            self.emissive_power_w_m2
            * sphere_view_factor(self.diameter_m, distance, self.height_m)
            * transmissivity(path_m, self.vapour_pressure_pa, self.fires)
        )


def fireball_mass_kg(content_kg: float, flash_fraction: float, fires: Table) -> float:
    """Mass that burns in the fireball: three times what flashes, at most everything."""
    return min(content_kg, fires["fireball/flash_multiple"].number * flash_fraction * content_kg)


def fireball(
    *,
    mass_kg: float,
    heat_of_combustion_j_kg: float,
    burst_pressure_pa: float,
    vapour_pressure_pa: float,
    fires: Table,
) -> Fireball:
    """Fireball of a mass of fuel.

    Parameters
    ----------
    mass_kg : float
        That burns, above 0. [kg]
    heat_of_combustion_j_kg : float
        Lower heating value. [J/kg]
    burst_pressure_pa : float
        Absolute, at which the vessel fails; it decides the share that is radiated. [Pa]
    vapour_pressure_pa : float
        Of water in the air. [Pa]
    fires : Table
        ``fires``.

    Notes
    -----
    The duration jumps by 3.7 % at 30 t, where the fit changes its exponent.

    References
    ----------
    .. [1] CCPS, "Guidelines for Evaluating the Characteristics of Vapor Cloud Explosions, Flash Fires, and BLEVEs"
       (1994), section 6: diameter, duration, height.
    .. [2] A. F. Roberts, "Thermal radiation hazards from releases of LPG from pressurised storage", Fire Safety
       Journal 4 (1981) 197-212: share radiated.
    """
    diameter_m = fires["fireball/diameter"].number * mass_kg ** (1 / 3)
    if mass_kg < fires["fireball/heavy_from"].number:
        duration_s = fires["fireball/duration_light"].number * mass_kg ** (1 / 3)
    else:
        duration_s = fires["fireball/duration_heavy"].number * mass_kg ** (1 / 6)
    fraction = fires["fireball/fraction_coefficient"].number * (
        (burst_pressure_pa / 1e6) ** fires["fireball/fraction_exponent"].number
    )
    fraction = min(
        max(fraction, fires["fireball/fraction_least"].number), fires["fireball/fraction_most"].number
    )
    return Fireball(
        diameter_m=diameter_m,
        height_m=fires["fireball/height"].number * diameter_m,
        duration_s=duration_s,
        emissive_power_w_m2=fraction
        * mass_kg
        * heat_of_combustion_j_kg
        / (np.pi * diameter_m**2 * duration_s),
        radiant_fraction=fraction,
        vapour_pressure_pa=vapour_pressure_pa,
        fires=fires,
    )
