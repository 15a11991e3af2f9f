"""What the air receives: jets, evaporating pools and clouds all at once, and what they are after taking in air.

Aerosols. A jet or cloud with droplets has the density of vapour and droplets together. Models for gases alone take it
after it has mixed with just the air whose heat evaporates the droplets, adiabatically and in equilibrium (C. J.
Wheatley, Discharge of ammonia to moist atmospheres, SRD R410, 1986, without the moisture): cold, and for ammonia
heavier than air although its gas is lighter. SLAB takes the droplets as they are.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy.constants import R as GAS_CONSTANT
from scipy.constants import g as GRAVITY_M_S2
from scipy.optimize import brentq

from geo.hazard.air import AIR_MOLAR_MASS_KG_MOL
from geo.hazard.plant import Surroundings
from geo.hazard.releases.release import evaporation_of
from geo.hazard.scenario import Phase, Release
from geo.hazard.substances import Substance
from geo.hazard.tables import Table
from geo.hazard.weather import Weather

__all__ = [
    "AIR_HEAT_CAPACITY_J_KG_K",
    "Diluted",
    "Shape",
    "Source",
    "dilute",
    "sources_of",
]

AIR_HEAT_CAPACITY_J_KG_K = 1005.0
"""Of dry air at constant pressure, 250 to 300 K. [J/(kg K)] US standard atmosphere 1976: 3.5 R / M."""


class Shape(StrEnum):
    """How the source gives its material to the air."""

    JET = "jet"
    POOL = "pool"
    PUFF = "puff"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of a cloud.

    Attributes
    ----------
    shape : Shape
    rate_kg_s : float or None
        None: all at once.
    duration_s : float
    mass_kg : float
    height_m : float
    velocity_m_s, area_m2 : float
        Of the expanded jet, or of the pool's surface; for a puff its footprint.
    temperature_k, density_kg_m3 : float
        Before any air has mixed in, droplets counted.
    liquid_fraction : float
        Share of its mass that is droplets.
    mole_fraction : float
        Of the substance at the source: 1, or what the vapour pressure leaves over a pool that does not boil.
    molar_mass_kg_mol : float
    """

    shape: Shape
    rate_kg_s: float | None
    duration_s: float
    mass_kg: float
    height_m: float
    velocity_m_s: float
    area_m2: float
    temperature_k: float
    density_kg_m3: float
    liquid_fraction: float
    mole_fraction: float
    molar_mass_kg_mol: float


@dataclass(frozen=True, kw_only=True)
class Diluted:
    """A source after the air it needs to evaporate its droplets has mixed in.

    Attributes
    ----------
    air_ratio : float
        Mass of air per mass of substance.
    density_kg_m3, temperature_k : float
    mole_fraction : float
        Of the substance.
    concentration_kg_m3 : float
        Of the substance in the mixture.
    reduced_gravity_m_s2 : float
        g (rho - rho_air) / rho_air; negative where it rises.
    """

    air_ratio: float
    density_kg_m3: float
    temperature_k: float
    mole_fraction: float
    concentration_kg_m3: float
    reduced_gravity_m_s2: float


def sources_of(
    release: Release, substance: Substance, weather: Weather, surroundings: Surroundings, releases: Table
) -> tuple[Source, ...]:
    """Return the sources of a release: what flies, and what its pool gives off in this weather."""
    found = []
    if release.airborne_fraction > 0:
        found.append(_airborne(release, substance))
    if release.pool is not None:
        found.append(_evaporating(release, substance, weather, surroundings, releases))
    return tuple(source for source in found if source.mass_kg > 0)


def _airborne(release: Release, substance: Substance) -> Source:
    mass = release.mass_kg * release.airborne_fraction
    density, at_once = release.airborne_density_kg_m3, release.rate_kg_s is None
    rate = None if release.rate_kg_s is None else release.rate_kg_s * release.airborne_fraction
    cylinder = math.pi * (mass / density / math.pi) ** (2 / 3)  # as high as its radius
    area = cylinder if rate is None else rate / (density * release.velocity_m_s)
    is_gas = release.phase is Phase.GAS
    return Source(
        shape=Shape.PUFF if at_once else Shape.JET,
        rate_kg_s=rate,
        duration_s=release.duration_s,
        mass_kg=mass,
        height_m=release.height_m,
        velocity_m_s=release.velocity_m_s,
        area_m2=area,
        temperature_k=release.temperature_k,
        density_kg_m3=density,
        liquid_fraction=0.0 if is_gas else 1 - release.vapour_fraction / release.airborne_fraction,
        mole_fraction=1.0,
        molar_mass_kg_mol=substance.fluid.molar_mass_kg_mol,
    )


def _evaporating(
    release: Release, substance: Substance, weather: Weather, surroundings: Surroundings, releases: Table
) -> Source:
    pool = release.pool
    assert pool is not None
    rate, duration = evaporation_of(pool, release.temperature_k, substance, surroundings, weather, releases)
    fluid, pressure = substance.fluid, surroundings.pressure_pa
    boiling_k = fluid.boiling_point_k(pressure)
    temperature, share = boiling_k, 1.0
    if not pool.boils:
        temperature = min(max(release.temperature_k, surroundings.temperature_k), boiling_k)
        share = min(fluid.vapour_pressure_pa(temperature) / pressure, 1.0)
    molar_mass = share * fluid.molar_mass_kg_mol + (1 - share) * AIR_MOLAR_MASS_KG_MOL
    density = pressure * molar_mass / (GAS_CONSTANT * temperature)
    return Source(
        shape=Shape.POOL,
        rate_kg_s=rate,
        duration_s=duration,
        mass_kg=rate * duration,
        height_m=0.0,
        velocity_m_s=0.0,
        area_m2=pool.area_m2,
        temperature_k=temperature,
        density_kg_m3=float(density),
        liquid_fraction=0.0,
        mole_fraction=share,
        molar_mass_kg_mol=fluid.molar_mass_kg_mol,
    )


def dilute(source: Source, substance: Substance, surroundings: Surroundings) -> Diluted:
    """Return a source after its droplets have evaporated; a source without droplets as it is."""
    moles = 1 / source.molar_mass_kg_mol
    temperature = source.temperature_k
    ratio = moles * (1 / source.mole_fraction - 1) * AIR_MOLAR_MASS_KG_MOL
    if source.liquid_fraction > 0:
        temperature, ratio = _evaporate_droplets(source, substance, surroundings)
    moles_air = ratio / AIR_MOLAR_MASS_KG_MOL
    volume = (moles + moles_air) * GAS_CONSTANT * temperature / surroundings.pressure_pa
    density = (1 + ratio) / volume if source.liquid_fraction > 0 else source.density_kg_m3
    air_density = air_density_kg_m3(surroundings)
    return Diluted(
        air_ratio=ratio,
        density_kg_m3=float(density),
        temperature_k=temperature,
        mole_fraction=moles / (moles + moles_air),
        concentration_kg_m3=float(density / (1 + ratio)),
        reduced_gravity_m_s2=float(GRAVITY_M_S2 * (density - air_density) / air_density),
    )


def _evaporate_droplets(
    source: Source, substance: Substance, surroundings: Surroundings
) -> tuple[float, float]:
    """Return the temperature at which the last droplet goes, and the mass of air per mass of substance then.

    The air's heat evaporates the droplets; what they give off cannot exceed their vapour pressure, so the mixture cools
    below the boiling point. The vapour pressure follows Clausius and Clapeyron from there.
    """
    fluid, boiling_k = substance.fluid, source.temperature_k
    latent = fluid.latent_heat_j_kg(boiling_k)
    cp_vapour = fluid.gas_heat_capacity_j_kg_k(boiling_k, surroundings.pressure_pa)
    slope_k = latent * source.molar_mass_kg_mol / GAS_CONSTANT
    highest_k = min(boiling_k, surroundings.temperature_k) - 1e-3

    def air_ratio(temperature_k: float) -> float:
        heat = source.liquid_fraction * latent - cp_vapour * (boiling_k - temperature_k)
        return max(heat, 0.0) / (AIR_HEAT_CAPACITY_J_KG_K * (surroundings.temperature_k - temperature_k))

    def excess(temperature_k: float) -> float:
        saturated = math.exp(slope_k * (1 / boiling_k - 1 / temperature_k))
        moles_air = air_ratio(temperature_k) * source.molar_mass_kg_mol / AIR_MOLAR_MASS_KG_MOL
        return saturated - 1 / (1 + moles_air)

    # Numerical: no mixture is colder than that.
    temperature = float(brentq(excess, 0.3 * boiling_k, highest_k)) if excess(highest_k) > 0 else highest_k
    return temperature, air_ratio(temperature)


def air_density_kg_m3(surroundings: Surroundings) -> float:
    """Return the density of dry air."""
    specific = GAS_CONSTANT * surroundings.temperature_k / AIR_MOLAR_MASS_KG_MOL
    return float(surroundings.pressure_pa / specific)
