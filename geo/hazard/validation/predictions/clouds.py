"""Dispersion trials through the engine's releases and cloud models."""

import math
from collections.abc import Iterable
from dataclasses import replace

from geo.errors import HazardError
from geo.hazard.dispersion import Cloud, disperse
from geo.hazard.dispersion.source import air_density_kg_m3
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.releases import release_of
from geo.hazard.scenario import Phase, Pool, Release, Scenario, ScenarioKind
from geo.hazard.substances import Substance, find_substance
from geo.hazard.tables import table
from geo.hazard.validation.trials import Trial
from geo.hazard.weather import Weather

__all__ = [
    "predict_ammonia_jet",
    "predict_flammable_distance",
    "predict_hydrogen_fluoride_jet",
    "predict_lng_pool",
    "predict_tracer",
]

_REFERENCE_HEIGHT_M = 10.0
_STANDARD_PRESSURE_PA = 101_325.0


def predict_tracer(trial: Trial) -> Iterable[float]:
    """Return the concentrations of a passive tracer on the axis of its plume, in kg/m³."""
    cloud = _tracer_cloud(trial)
    for each in trial.observations:
        yield float(
            cloud.concentration_kg_m3(
                each.at["distance_m"], 0.0, trial.number("sensor_height_m"), trial.number("duration_s")
            )
        )


def predict_lng_pool(trial: Trial) -> Iterable[float]:
    """Return volume fractions on the axis of the cloud from a boiling pool of liquefied natural gas."""
    return _volume_fractions(trial, _pool_cloud(trial), find_substance("methane"))


def predict_flammable_distance(trial: Trial) -> Iterable[float]:
    """Return how far downwind volume fractions reach, in m."""
    cloud, methane = _pool_cloud(trial), find_substance("methane")
    for each in trial.observations:
        limit = methane.limit_kg_m3(
            each.at["level"], trial.number("temperature_k"), trial.number("pressure_pa")
        )
        yield cloud.flammable(limit, height_m=trial.number("sensor_height_m")).length_m


def predict_ammonia_jet(trial: Trial) -> Iterable[float]:
    """Return volume fractions on the axis of the cloud from pressurised ammonia."""
    return _volume_fractions(trial, _jet_cloud(trial, "ammonia"), find_substance("ammonia"))


def predict_hydrogen_fluoride_jet(trial: Trial) -> Iterable[float]:
    """Return volume fractions on the axis of the cloud from pressurised hydrogen fluoride."""
    fluoride = find_substance("hydrogen_fluoride")
    return _volume_fractions(trial, _jet_cloud(trial, "hydrogen_fluoride"), fluoride)


def _volume_fractions(trial: Trial, cloud: Cloud, substance: Substance) -> Iterable[float]:
    """Return volume fractions at the observations, averaged as clouds that burn are."""
    whole = substance.limit_kg_m3(1.0, trial.number("temperature_k"), trial.number("pressure_pa"))
    averaging_s = cloud.times.flammable_averaging_s
    for each in trial.observations:
        there = cloud.concentration_kg_m3(
            each.at["distance_m"], 0.0, trial.number("sensor_height_m"), averaging_s
        )
        yield float(there) / whole


def _weather(trial: Trial) -> Weather:
    """Return the weather; the wind is brought to 10 m by the engine's own profile."""
    stability = trial.word("stability")
    exponent = table("dispersion")[f"wind_exponent/rural/{stability}"].number
    wind = trial.number("wind_m_s") * (_REFERENCE_HEIGHT_M / trial.number("wind_height_m")) ** exponent
    return Weather(stability=stability, wind_m_s=wind, by_day=stability in "ABCD")


def _surroundings(trial: Trial) -> Surroundings:
    known = trial.conditions
    return Surroundings(
        elevation_m=0.0,
        pressure_pa=trial.number("pressure_pa") if "pressure_pa" in known else _STANDARD_PRESSURE_PA,
        temperature_k=trial.number("temperature_k"),
        humidity=trial.number("humidity") if "humidity" in known else 0.5,
        roughness_m=trial.number("roughness_m"),
        urban=False,
        complex_terrain=False,
    )


def _tracer_cloud(trial: Trial) -> Cloud:
    """Return the cloud of a gas as heavy as air that leaves without momentum of its own."""
    surroundings = _surroundings(trial)
    release = Release(
        rate_kg_s=trial.number("rate_kg_s"),
        duration_s=trial.number("duration_s"),
        mass_kg=trial.number("rate_kg_s") * trial.number("duration_s"),
        phase=Phase.GAS,
        velocity_m_s=trial.number("wind_m_s"),
        temperature_k=trial.number("temperature_k"),
        vapour_fraction=1.0,
        airborne_fraction=1.0,
        airborne_density_kg_m3=air_density_kg_m3(surroundings),
        height_m=trial.number("release_height_m"),
        pool=None,
    )
    return disperse(release, find_substance("sulfur_dioxide"), _weather(trial), surroundings)


def _pool_cloud(trial: Trial) -> Cloud:
    """Return the cloud of a spill that boils off as fast as it is poured out, on a pool of the stated size."""
    methane, surroundings = find_substance("methane"), _surroundings(trial)
    mass, duration = trial.number("mass_kg"), trial.number("duration_s")
    boiling_k = methane.fluid.boiling_point_k(surroundings.pressure_pa)
    pool = Pool(
        mass_kg=mass,
        area_m2=math.pi / 4 * trial.number("pool_diameter_m") ** 2,
        evaporation_kg_s=mass / duration,
        evaporation_s=duration,
    )
    release = Release(
        rate_kg_s=mass / duration,
        duration_s=duration,
        mass_kg=mass,
        phase=Phase.LIQUID,
        velocity_m_s=0.0,
        temperature_k=boiling_k,
        vapour_fraction=0.0,
        airborne_fraction=0.0,
        airborne_density_kg_m3=methane.fluid.liquid_density_kg_m3(boiling_k),
        height_m=0.0,
        pool=pool,
    )
    return _disperse_heavy(release, methane, _weather(trial), surroundings)


def _jet_cloud(trial: Trial, key: str) -> Cloud:
    """Return the cloud of a hole in a vessel; the engine's release at the rate that was measured."""
    substance, surroundings = find_substance(key), _surroundings(trial)
    rate, duration = trial.number("rate_kg_s"), trial.number("duration_s")
    vessel = Equipment(
        id="trial",
        name=trial.name,
        kind="pressure_vessel",
        lon=0.0,
        lat=0.0,
        substance=key,
        mass_kg=100 * rate * duration,
        temperature_k=trial.number("storage_temperature_k"),
        pressure_pa=trial.number("storage_pressure_pa"),
        release_height_m=trial.number("release_height_m"),
    )
    scenario = Scenario(
        id=f"trial/{trial.name}",
        unit_id="trial",
        equipment_id="trial",
        kind=ScenarioKind.LEAK,
        hole="hole",
        hole_diameter_m=trial.number("hole_diameter_m"),
        frequency_per_year=0.0,
        duration_s=duration,
    )
    release = release_of(scenario, vessel, substance, surroundings)
    if release.pool is not None:
        raise HazardError(
            f"trial {trial.name!r}: part of the jet rains out in the engine, which no trial measured",
            f"试验 {trial.name!r}：引擎中部分液滴落地，试验未测",
        )
    measured = replace(release, rate_kg_s=rate, duration_s=duration, mass_kg=rate * duration)
    return _disperse_heavy(measured, substance, _weather(trial), surroundings)


def _disperse_heavy(
    release: Release, substance: Substance, weather: Weather, surroundings: Surroundings
) -> Cloud:
    """Return a cloud; refuse one that the engine follows with another model than the set is about."""
    cloud = disperse(release, substance, weather, surroundings)
    if cloud.model != "slab":
        raise HazardError(
            f"the engine follows this cloud with {cloud.model}", f"引擎对该云团采用 {cloud.model} 模型"
        )
    return cloud
