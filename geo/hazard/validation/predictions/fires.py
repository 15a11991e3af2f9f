"""Fire tests through the engine's fire consequences.

The burning rate of a pool, the emissive power of its flame and the share that a jet radiates are those that the engine
takes for the fuel, not those measured in the test: what is compared is what a user would get.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from geo.errors import HazardError
from geo.hazard.consequences import Scene, fireball_of, jet_fire_of, pool_fire_of
from geo.hazard.effects import HeatEffect
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.releases import release_of
from geo.hazard.scenario import Phase, Pool, Release, Scenario, ScenarioKind
from geo.hazard.substances import find_substance
from geo.hazard.validation.predictions.air import surroundings_of, weather_of
from geo.hazard.validation.trials import Trial

__all__ = [
    "predict_fireball_dose",
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

_DOSE_EXPONENT = 4 / 3
"""Of the flux in a thermal load: probits of heat, Eisenberg et al. (1975)."""

_BURNS_S = 600.0
"""Chosen: long enough for a steady fire."""


def predict_jet_flux(trial: Trial) -> Iterable[float]:
    """Return the heat radiation at points beside a horizontal jet of natural gas, in W/m²."""
    for each in trial.observations:
        flame = _jet(trial, abs(each.at["height_m"]))
        along, across = each.at["along_m"], each.at["across_m"]
        yield _at(flame, math.hypot(along, across), math.atan2(across, along))


def predict_jet_length(trial: Trial) -> Iterable[float]:
    """Return the length of a jet flame of natural gas, in m."""
    return [_jet(trial, 0.0).details["flame_length_m"]]


def predict_pool_flux(trial: Trial) -> Iterable[float]:
    """Return the heat radiation around a pool of liquefied natural gas, in W/m²."""
    flame = _pool(trial, _GAS)
    for each in trial.observations:
        yield _at(flame, each.at["distance_m"], math.radians(each.at["from_downwind_deg"]))


def predict_pool_flame_length(trial: Trial) -> Iterable[float]:
    """Return the length of the flame along its axis, in m."""
    return [_pool(trial, _GAS).details["flame_length_m"]]


def predict_pool_flame_tilt(trial: Trial) -> Iterable[float]:
    """Return the angle of the flame from the vertical, in degrees."""
    return [math.degrees(_pool(trial, _GAS).details["tilt_rad"])]


def predict_pool_emissive_power(trial: Trial) -> Iterable[float]:
    """Return the emissive power of the flame's surface, in W/m²."""
    return [_pool(trial, trial.word("fuel")).details["emissive_power_w_m2"]]


def predict_fireball_flux(trial: Trial) -> Iterable[float]:
    """Return the heat radiation of the fireball of a vessel of liquefied natural gas, in W/m²."""
    ball = _fireball(trial)
    return [_at(ball, each.at["distance_m"], 0.0) for each in trial.observations]


def predict_fireball_dose(trial: Trial) -> Iterable[float]:
    """Return the thermal load of such a fireball, which its lethality is computed from, in (W/m²)^(4/3) s."""
    ball = _fireball(trial)
    fluxes = predict_fireball_flux(trial)
    return [flux**_DOSE_EXPONENT * ball.duration_s for flux in fluxes]


def _fireball(trial: Trial) -> HeatEffect:
    air, fuel = surroundings_of(trial), find_substance(_GAS)
    vessel = replace(
        _vessel(_GAS, trial.number("storage_temperature_k"), trial.number("burst_pressure_pa")),
        mass_kg=trial.number("mass_kg"),
    )
    burst = Scenario(
        id="trial/burst",
        unit_id="trial",
        equipment_id="trial",
        kind=ScenarioKind.INSTANTANEOUS,
        hole="rupture",
        hole_diameter_m=None,
        frequency_per_year=0.0,
        duration_s=None,
    )
    ball = fireball_of(Scene.of(vessel, fuel, release_of(burst, vessel, fuel, air), air))
    if ball is None:
        raise HazardError("nothing flashes: no fireball", "没有闪蒸，不形成火球")
    return ball


def _at(effect: HeatEffect, distance_m: float, angle_rad: float) -> float:
    return float(effect.value(np.array([distance_m]), np.array([angle_rad]))[0])


def _vessel(substance: str, temperature_k: float, pressure_pa: float) -> Equipment:
    return Equipment(
        id="trial",
        name="trial",
        kind="pressure_vessel",
        lon=0.0,
        lat=0.0,
        substance=substance,
        mass_kg=1e7,
        temperature_k=temperature_k,
        pressure_pa=pressure_pa,
    )


def _jet(trial: Trial, height_m: float) -> HeatEffect:
    """Return a jet of natural gas of the measured rate, its axis so far above the gauge."""
    air, rate = surroundings_of(trial), trial.number("rate_kg_s")
    release = _gas_release(rate, height_m, air)
    vessel = _vessel(_GAS, air.temperature_k, air.pressure_pa)
    return jet_fire_of(Scene.of(vessel, find_substance(_GAS), release, air))


def _gas_release(rate_kg_s: float, height_m: float, air: Surroundings) -> Release:
    return Release(
        rate_kg_s=rate_kg_s,
        duration_s=_BURNS_S,
        mass_kg=rate_kg_s * _BURNS_S,
        phase=Phase.GAS,
        velocity_m_s=300.0,  # chosen: the model of the jet does not ask for it
        temperature_k=air.temperature_k,
        vapour_fraction=1.0,
        airborne_fraction=1.0,
        airborne_density_kg_m3=0.7,  # chosen: likewise
        height_m=height_m,
        pool=None,
    )


def _pool(trial: Trial, fuel: str) -> HeatEffect:
    """Return the fire on a pool that covers the stated circle from the start."""
    air, substance = surroundings_of(trial), find_substance(fuel)
    boiling_k = substance.fluid.boiling_point_k(air.pressure_pa)
    area = math.pi / 4 * trial.number("diameter_m") ** 2
    mass = area * trial.number("burning_rate_kg_m2_s") * _BURNS_S
    release = Release(
        rate_kg_s=None,
        duration_s=0.0,
        mass_kg=mass,
        phase=Phase.LIQUID,
        velocity_m_s=0.0,
        temperature_k=min(boiling_k, air.temperature_k),
        vapour_fraction=0.0,
        airborne_fraction=0.0,
        airborne_density_kg_m3=substance.fluid.liquid_density_kg_m3(min(boiling_k, air.temperature_k)),
        height_m=0.0,
        pool=Pool(mass_kg=mass, area_m2=area, evaporation_kg_s=mass / _BURNS_S, evaporation_s=_BURNS_S),
    )
    scene = Scene.of(_vessel(fuel, release.temperature_k, air.pressure_pa), substance, release, air)
    fire = pool_fire_of(scene, weather_of(trial))
    assert fire is not None
    return fire
