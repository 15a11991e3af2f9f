"""Rates of releases, and worked examples of standards and guidelines, through the engine's release models."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from geo.errors import HazardError
from geo.hazard.dispersion.britter_mcquaid import decay_of_plume, warmed
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.releases import release_of
from geo.hazard.releases.gas import gas_flux_kg_m2_s
from geo.hazard.releases.liquid import liquid_flux_kg_m2_s
from geo.hazard.scenario import Release, Scenario, ScenarioKind
from geo.hazard.substances import Substance, find_substance
from geo.hazard.tables import table
from geo.hazard.validation.predictions.air import surroundings_of
from geo.hazard.validation.trials import Trial

__all__ = [
    "predict_ammonia_rate",
    "predict_example",
    "predict_gas_rate",
    "release_of_trial",
    "surroundings_of",
]

_GRAVITY_M_S2 = 9.806_65


def predict_gas_rate(trial: Trial) -> Iterable[float]:
    """Return the rate of natural gas through a hole, in kg/s."""
    air = surroundings_of(trial)
    inside = (trial.number("stagnation_temperature_k"), trial.number("stagnation_pressure_pa"))
    release = _release(find_substance("methane"), trial.number("hole_diameter_m"), inside, air, 60.0)
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


def predict_example(trial: Trial) -> Iterable[float]:
    """Return the result of a worked example, in its unit."""
    return [_EXAMPLES[trial.word("kind")](trial)]


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


def _gas(trial: Trial) -> float:
    flux = gas_flux_kg_m2_s(
        trial.number("pressure_pa"),
        trial.number("temperature_k"),
        trial.number("back_pressure_pa"),
        trial.number("molar_mass_kg_mol"),
        trial.number("gamma"),
        trial.number("compressibility"),
    )
    return flux * trial.number("discharge_coefficient") * trial.number("area_m2")


def _liquid(trial: Trial) -> float:
    flux = liquid_flux_kg_m2_s(
        trial.number("pressure_pa"),
        trial.number("back_pressure_pa"),
        trial.number("density_kg_m3"),
        trial.number("head_m"),
    )
    return flux * trial.number("discharge_coefficient") * trial.number("area_m2")


def _heavy_plume(trial: Trial) -> float:
    air = trial.number("air_density_kg_m3")
    gravity = _GRAVITY_M_S2 * (trial.number("density_kg_m3") - air) / air
    flow = trial.number("rate_kg_s") / trial.number("density_kg_m3")
    curve, _ = decay_of_plume(gravity, flow, trial.number("wind_m_s"), table("britter_mcquaid"))
    fraction = curve.fraction(np.array([trial.number("distance_m")]))
    return float(warmed(fraction, trial.number("source_temperature_k"), trial.number("temperature_k"))[0])


_EXAMPLES: Mapping[str, Callable[[Trial], float]] = {
    "gas": _gas,
    "liquid": _liquid,
    "heavy_plume": _heavy_plume,
}
