"""Dispersion trials through the engine's releases and cloud models."""

import math
from collections.abc import Iterable
from dataclasses import replace

from geo.errors import HazardError
from geo.hazard.dispersion import Cloud, HeavyGas, disperse
from geo.hazard.dispersion.source import air_density_kg_m3
from geo.hazard.fires.flash_fire import flash_fire_limit_kg_m3
from geo.hazard.plant import Surroundings
from geo.hazard.scenario import Phase, Pool, Release
from geo.hazard.substances import Substance, find_substance
from geo.hazard.tables import Override, table
from geo.hazard.validation.predictions.air import surroundings_of, weather_of
from geo.hazard.validation.predictions.rates import release_of_trial
from geo.hazard.validation.trials import Trial
from geo.hazard.weather import Weather

__all__ = [
    "predict_ammonia_jet",
    "predict_flammable_distance",
    "predict_flash_fire_extent",
    "predict_hydrogen_fluoride_jet",
    "predict_lng_pool",
    "predict_lng_pool_again",
    "predict_tracer",
    "predict_tracer_again",
]

_TNO = Override(
    table="dispersion",
    key="plume/parameters",
    value="tno",
    unit="",
    author="validation",
    reason="the engine's second set of dispersion parameters",
)


def predict_tracer(trial: Trial) -> Iterable[float]:
    """Return the concentrations of a passive tracer on the axis of its plume, in kg/m³."""
    return _tracer_concentrations(trial, _tracer_cloud(trial))


def predict_tracer_again(trial: Trial) -> Iterable[float]:
    """Return the same with TNO's dispersion parameters, which know the roughness of the ground."""
    return _tracer_concentrations(trial, _tracer_cloud(trial, (_TNO,)))


def predict_lng_pool(trial: Trial) -> Iterable[float]:
    """Return volume fractions on the axis of the cloud from a boiling pool of liquefied natural gas."""
    return _volume_fractions(trial, _pool_cloud(trial), find_substance("methane"))


def predict_lng_pool_again(trial: Trial) -> Iterable[float]:
    """Return the same by the engine's second model of heavy clouds."""
    return _volume_fractions(trial, _pool_cloud(trial, HeavyGas.BRITTER_MCQUAID), find_substance("methane"))


def predict_flammable_distance(trial: Trial) -> Iterable[float]:
    """Return how far downwind volume fractions reach, in m."""
    cloud, methane = _pool_cloud(trial), find_substance("methane")
    for each in trial.observations:
        limit = methane.limit_kg_m3(
            each.at["level"], trial.number("temperature_k"), trial.number("pressure_pa")
        )
        yield cloud.flammable(limit, height_m=trial.number("sensor_height_m")).length_m


def predict_flash_fire_extent(trial: Trial) -> Iterable[float]:
    """Return how far downwind of a pool of liquefied natural gas people die when its cloud burns, in m."""
    cloud, methane = _pool_cloud(trial), find_substance("methane")
    for each in trial.observations:
        lower = methane.limit_kg_m3(
            each.at["level"], trial.number("temperature_k"), trial.number("pressure_pa")
        )
        limit = flash_fire_limit_kg_m3(lower, table("fires"))
        yield cloud.flammable(limit, height_m=trial.number("sensor_height_m")).length_m


def predict_ammonia_jet(trial: Trial) -> Iterable[float]:
    """Return volume fractions on the axis of the cloud from pressurised ammonia."""
    return _volume_fractions(trial, _jet_cloud(trial, "ammonia"), find_substance("ammonia"))


def predict_hydrogen_fluoride_jet(trial: Trial) -> Iterable[float]:
    """Return volume fractions on the axis of the cloud from pressurised hydrogen fluoride."""
    fluoride = find_substance("hydrogen_fluoride")
    return _volume_fractions(trial, _jet_cloud(trial, "hydrogen_fluoride"), fluoride)


def _tracer_concentrations(trial: Trial, cloud: Cloud) -> Iterable[float]:
    """Return concentrations at the samplers, averaged over the release."""
    height_m, averaging_s = trial.number("sensor_height_m"), trial.number("duration_s")
    for each in trial.observations:
        yield float(cloud.concentration_kg_m3(each.at["distance_m"], 0.0, height_m, averaging_s))


def _volume_fractions(trial: Trial, cloud: Cloud, substance: Substance) -> Iterable[float]:
    """Return volume fractions at the observations, averaged as clouds that burn are."""
    whole = substance.limit_kg_m3(1.0, trial.number("temperature_k"), trial.number("pressure_pa"))
    averaging_s = cloud.times.flammable_averaging_s
    for each in trial.observations:
        there = cloud.concentration_kg_m3(
            each.at["distance_m"], 0.0, trial.number("sensor_height_m"), averaging_s
        )
        yield float(there) / whole


def _tracer_cloud(trial: Trial, overrides: tuple[Override, ...] = ()) -> Cloud:
    """Return the cloud of a gas as heavy as air that leaves without momentum of its own."""
    surroundings = surroundings_of(trial)
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
    return disperse(release, find_substance("sulfur_dioxide"), weather_of(trial), surroundings, overrides)


def _pool_cloud(trial: Trial, model: HeavyGas = HeavyGas.SLAB) -> Cloud:
    """Return the cloud of a spill that boils off as fast as it is poured out, on a pool of the stated size."""
    methane, surroundings = find_substance("methane"), surroundings_of(trial)
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
    return _disperse_heavy(release, methane, weather_of(trial), surroundings, model)


def _jet_cloud(trial: Trial, key: str) -> Cloud:
    """Return the cloud of a hole in a vessel: the engine's release, scaled to the rate that was measured."""
    substance, surroundings = find_substance(key), surroundings_of(trial)
    rate, duration = trial.number("rate_kg_s"), trial.number("duration_s")
    release = _scale(release_of_trial(trial, substance, surroundings), rate, duration)
    return _disperse_heavy(release, substance, weather_of(trial), surroundings)


def _scale(release: Release, rate_kg_s: float, duration_s: float) -> Release:
    """Return a release at another rate for another time, its pool grown in proportion."""
    assert release.rate_kg_s is not None
    share = rate_kg_s / release.rate_kg_s
    pool = release.pool and replace(
        release.pool,
        mass_kg=release.pool.mass_kg * share,
        area_m2=release.pool.area_m2 * share,
        evaporation_kg_s=release.pool.evaporation_kg_s * share,
    )
    return replace(
        release, rate_kg_s=rate_kg_s, duration_s=duration_s, mass_kg=rate_kg_s * duration_s, pool=pool
    )


def _disperse_heavy(
    release: Release,
    substance: Substance,
    weather: Weather,
    surroundings: Surroundings,
    model: HeavyGas = HeavyGas.SLAB,
) -> Cloud:
    """Return a cloud; refuse one that the engine follows with another model than the set is about.

    A small pool beside a heavy jet may be passive: the first model named is that of the larger source.
    """
    cloud = disperse(release, substance, weather, surroundings, heavy_gas=model)
    if cloud.model.split("+")[0] != model:
        raise HazardError(
            f"the engine follows this cloud with {cloud.model}", f"引擎对该云团采用 {cloud.model} 模型"
        )
    return cloud
