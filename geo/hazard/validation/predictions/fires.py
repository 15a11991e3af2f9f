"""Fire tests through the engine's fire models.

The burning rate of a pool, the emissive power of its flame and the share that a jet radiates are those that the engine
takes for the fuel, not those measured in the test: what is compared is what a user would get.
"""

import math
from collections.abc import Iterable

from geo.hazard.fires.fireball import fireball, fireball_mass_kg
from geo.hazard.fires.jet_fire import JetFire, jet_fire
from geo.hazard.fires.pool_fire import PoolFire, pool_burning_rate_kg_m2_s, pool_fire
from geo.hazard.fires.radiation import water_vapour_pressure_pa
from geo.hazard.substances import find_substance
from geo.hazard.tables import table
from geo.hazard.validation.trials import Trial

__all__ = [
    "predict_fireball_flux",
    "predict_jet_flux",
    "predict_jet_length",
    "predict_pool_emissive_power",
    "predict_pool_flame_length",
    "predict_pool_flame_tilt",
    "predict_pool_flux",
]

_GAS = "methane"
"""What natural gas is computed as."""

_STANDARD_HUMIDITY = 0.7
_STANDARD_TEMPERATURE_K = 288.15


def predict_jet_flux(trial: Trial) -> Iterable[float]:
    """Return the heat radiation at points beside a horizontal jet of natural gas, in W/m²."""
    for each in trial.observations:
        flame = _jet(trial, abs(each.at["height_m"]))
        along, across = each.at["along_m"], each.at["across_m"]
        yield float(flame.flux_w_m2(math.hypot(along, across), math.atan2(across, along)))


def predict_jet_length(trial: Trial) -> Iterable[float]:
    """Return the length of a jet flame of natural gas, in m."""
    return [_jet(trial, 0.0).length_m]


def predict_pool_flux(trial: Trial) -> Iterable[float]:
    """Return the heat radiation around a pool of liquefied natural gas, in W/m²."""
    flame = _pool(trial, _GAS)
    for each in trial.observations:
        yield float(flame.flux_w_m2(each.at["distance_m"], math.radians(each.at["from_downwind_deg"])))


def predict_pool_flame_length(trial: Trial) -> Iterable[float]:
    """Return the length of the flame along its axis, in m."""
    return [_pool(trial, _GAS).length_m]


def predict_pool_flame_tilt(trial: Trial) -> Iterable[float]:
    """Return the angle of the flame from the vertical, in °."""
    return [math.degrees(_pool(trial, _GAS).tilt_rad)]


def predict_pool_emissive_power(trial: Trial) -> Iterable[float]:
    """Return the emissive power of the flame's surface, in W/m²."""
    return [_pool(trial, trial.word("fuel")).emissive_power_w_m2]


def predict_fireball_flux(trial: Trial) -> Iterable[float]:
    """Return the heat radiation of the fireball of a vessel of liquefied natural gas, in W/m²."""
    fires, fuel = table("fires"), find_substance(_GAS)
    pressure_pa, temperature_k = 101_325.0, trial.number("temperature_k")
    boiling_k = fuel.fluid.boiling_point_k(pressure_pa)
    flashed = (
        fuel.fluid.liquid_heat_capacity_j_kg_k(boiling_k)
        * (temperature_k - boiling_k)
        / fuel.fluid.latent_heat_j_kg(boiling_k)
    )
    ball = fireball(
        mass_kg=fireball_mass_kg(trial.number("mass_kg"), min(flashed, 1.0), fires),
        heat_of_combustion_j_kg=fuel.heat_of_combustion_j_kg,
        burst_pressure_pa=trial.number("burst_pressure_pa"),
        vapour_pressure_pa=_moisture_pa(trial),
        fires=fires,
    )
    return map(float, ball.flux_w_m2([each.at["distance_m"] for each in trial.observations]))


def _moisture_pa(trial: Trial) -> float:
    """Return the pressure of water vapour; of mild damp air where the test states none."""
    known = "humidity" in trial.conditions
    humidity = trial.number("humidity") if known else _STANDARD_HUMIDITY
    return water_vapour_pressure_pa(
        trial.number("temperature_k") if known else _STANDARD_TEMPERATURE_K, humidity
    )


def _jet(trial: Trial, height_m: float) -> JetFire:
    fires, fuel = table("fires"), find_substance(_GAS)
    return jet_fire(
        rate_kg_s=trial.number("rate_kg_s"),
        heat_of_combustion_j_kg=fuel.heat_of_combustion_j_kg,
        radiant_fraction=fires[f"radiant_fraction/{_GAS}"].number,
        height_m=height_m,
        vapour_pressure_pa=_moisture_pa(trial),
        fires=fires,
    )


def _pool(trial: Trial, fuel: str) -> PoolFire:
    fires, substance = table("fires"), find_substance(fuel)
    pressure_pa = 101_325.0
    diameter_m = trial.number("diameter_m")
    boiling_k = substance.fluid.boiling_point_k(pressure_pa)
    burning = pool_burning_rate_kg_m2_s(
        substance.number("burning_rate", "kg/(m2*s)"),
        substance.number("extinction", "1/m") if "extinction" in substance.rows else None,
        diameter_m,
    )
    own = f"emissive_power/{fuel}"
    return pool_fire(
        area_m2=math.pi / 4 * diameter_m**2,
        burning_rate_kg_m2_s=burning,
        heat_of_combustion_j_kg=substance.heat_of_combustion_j_kg,
        vapour_density_kg_m3=substance.fluid.gas_density_kg_m3(boiling_k, pressure_pa),
        air_density_kg_m3=1.2,
        wind_m_s=trial.number("wind_m_s"),
        vapour_pressure_pa=_moisture_pa(trial),
        fires=fires,
        emissive_power_w_m2=fires[own].number if own in fires else None,
    )
