"""Measured rates of releases through the engine's release models."""

from collections.abc import Iterable

from geo.errors import HazardError
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.releases import release_of
from geo.hazard.scenario import Release, Scenario, ScenarioKind
from geo.hazard.substances import Substance, find_substance
from geo.hazard.validation.predictions.air import surroundings_of
from geo.hazard.validation.trials import Trial

__all__ = [
    "predict_ammonia_rate",
    "predict_gas_rate",
    "release_of_trial",
    "surroundings_of",
]


def predict_gas_rate(trial: Trial) -> Iterable[float]:
    """Return the rate of natural gas through a hole, in kg/s."""
    air = surroundings_of(trial)
    inside = (trial.number("stagnation_temperature_k"), trial.number("stagnation_pressure_pa"))
    release = _release(
        find_substance("methane"), trial.number("hole_diameter_m"), inside, air, 60.0
    )  # chosen: any
    return [_rate(release)]


def predict_ammonia_rate(trial: Trial) -> Iterable[float]:
    """Return the rate of pressurised ammonia through a hole, in kg/s."""
    return [_rate(release_of_trial(trial, find_substance("ammonia"), surroundings_of(trial)))]


def release_of_trial(trial: Trial, substance: Substance, surroundings: Surroundings) -> Release:
    """Return the engine's release through the hole of a trial."""
    inside = (trial.number("storage_temperature_k"), trial.number("storage_pressure_pa"))
    return _release(
        substance,
        trial.number("hole_diameter_m"),
        inside,
        surroundings,
        trial.number("duration_s"),
        trial.number("release_height_m"),
    )


def _release(
    substance: Substance,
    hole_m: float,
    inside: tuple[float, float],
    surroundings: Surroundings,
    duration_s: float,
    height_m: float = 1.0,
) -> Release:
    """Return the release from a vessel so large that its pressure stays."""
    vessel = Equipment(
        id="trial",
        name="trial",
        kind="pressure_vessel",
        lon=0.0,
        lat=0.0,
        substance=substance.key,
        mass_kg=1e7,
        temperature_k=inside[0],
        pressure_pa=inside[1],
        release_height_m=height_m,
    )
    scenario = Scenario(
        id="trial/hole",
        unit_id="trial",
        equipment_id="trial",
        kind=ScenarioKind.LEAK,
        hole="hole",
        hole_diameter_m=hole_m,
        frequency_per_year=0.0,
        duration_s=duration_s,
    )
    return release_of(scenario, vessel, substance, surroundings)


def _rate(release: Release) -> float:
    if release.rate_kg_s is None:
        raise HazardError("a release at once has no rate", "瞬时泄漏没有速率")
    return release.rate_kg_s
