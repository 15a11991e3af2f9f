"""Properties of a substance as a release needs them: inside its vessel, and boiling at the pressure of the air."""

import math
from dataclasses import dataclass

from scipy.constants import R as GAS_CONSTANT

from geo.hazard.substances import Substance

__all__ = ["Material", "material_of"]


@dataclass(frozen=True, kw_only=True)
class Material:
    """A substance in one vessel under one pressure of the air.

    Attributes
    ----------
    fluid : str or None
        CoolProp's name; None where its states are not known.
    molar_mass_kg_mol : float
    vapour_pressure_pa : float or None
        At the temperature inside; None above the critical temperature.
    boiling_point_k : float
        At the pressure of the air.
    air_pressure_pa : float
    gamma, compressibility : float
        Of the gas inside.
    liquid_density_kg_m3 : float
        Inside.
    boiling_density_kg_m3 : float
        Of the liquid at its boiling point.
    cp_liquid_j_kg_k, cp_vapour_j_kg_k, latent_heat_j_kg : float
        At its boiling point.
    inside_cp_j_kg_k, inside_latent_heat_j_kg : float
        Of the liquid inside; NaN above the critical temperature.
    """

    fluid: str | None
    molar_mass_kg_mol: float
    vapour_pressure_pa: float | None
    boiling_point_k: float
    air_pressure_pa: float
    gamma: float
    compressibility: float
    liquid_density_kg_m3: float
    boiling_density_kg_m3: float
    cp_liquid_j_kg_k: float
    cp_vapour_j_kg_k: float
    latent_heat_j_kg: float
    inside_cp_j_kg_k: float
    inside_latent_heat_j_kg: float

    def vapour_density_kg_m3(self, pressure_pa: float, temperature_k: float) -> float:
        """Return the density of its vapour as an ideal gas."""
        return float(pressure_pa * self.molar_mass_kg_mol / (GAS_CONSTANT * temperature_k))

    def mixture_density_kg_m3(self, vapour_share: float) -> float:
        """Return the density of vapour and droplets at the boiling point, by the share of mass that is vapour."""
        vapour = self.vapour_density_kg_m3(self.air_pressure_pa, self.boiling_point_k)
        return 1 / (vapour_share / vapour + (1 - vapour_share) / self.boiling_density_kg_m3)


def material_of(
    substance: Substance, pressure_pa: float, temperature_k: float, air_pressure_pa: float
) -> Material:
    """Return the properties of a substance in a vessel.

    Raises
    ------
    SubstanceError
        If one of them is unknown; names it.
    OutOfRangeError
        If there are none at such a temperature or pressure.
    """
    fluid = substance.fluid
    boiling_k = fluid.boiling_point_k(air_pressure_pa)
    is_liquid = temperature_k < fluid.critical_temperature_k
    vapour_pa = fluid.vapour_pressure_pa(temperature_k) if is_liquid else None
    gas_pa = pressure_pa if vapour_pa is None else min(pressure_pa, vapour_pa)
    ideal = gas_pa * fluid.molar_mass_kg_mol / (GAS_CONSTANT * temperature_k)
    return Material(
        fluid=substance.coolprop,
        molar_mass_kg_mol=fluid.molar_mass_kg_mol,
        vapour_pressure_pa=vapour_pa,
        boiling_point_k=boiling_k,
        air_pressure_pa=air_pressure_pa,
        gamma=fluid.heat_ratio(temperature_k, gas_pa),
        compressibility=float(ideal / fluid.gas_density_kg_m3(temperature_k, gas_pa)),
        liquid_density_kg_m3=fluid.liquid_density_kg_m3(temperature_k if is_liquid else boiling_k),
        boiling_density_kg_m3=fluid.liquid_density_kg_m3(boiling_k),
        cp_liquid_j_kg_k=fluid.liquid_heat_capacity_j_kg_k(boiling_k),
        cp_vapour_j_kg_k=fluid.gas_heat_capacity_j_kg_k(boiling_k, air_pressure_pa),
        latent_heat_j_kg=fluid.latent_heat_j_kg(boiling_k),
        inside_cp_j_kg_k=fluid.liquid_heat_capacity_j_kg_k(temperature_k) if is_liquid else math.nan,
        inside_latent_heat_j_kg=fluid.latent_heat_j_kg(temperature_k) if is_liquid else math.nan,
    )
