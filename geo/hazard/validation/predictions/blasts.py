"""Published blast tables, curves and examples through the engine's blast models."""

from collections.abc import Iterable

import numpy as np

from geo.hazard.blasts.air_blast import air_blast_pressure_pa
from geo.hazard.blasts.baker_strehlow import baker_strehlow_pressure_pa
from geo.hazard.blasts.multi_energy import multi_energy_pressure_pa
from geo.hazard.blasts.tnt import SEA_LEVEL_PA, scaled_blast
from geo.hazard.blasts.vapour_cloud import explode_cloud
from geo.hazard.tables import Override, table
from geo.hazard.validation.trials import Trial

__all__ = [
    "predict_air_blast",
    "predict_cloud_curve",
    "predict_cloud_strength",
    "predict_cloud_tnt",
    "predict_tnt_blast",
]


def predict_tnt_blast(trial: Trial) -> Iterable[float]:
    """Return the blast quantity that the trial is named after, at its scaled distances."""
    return map(float, scaled_blast(trial.name, _places(trial, "scaled_distance_m_kg13")))


def predict_air_blast(trial: Trial) -> Iterable[float]:
    """Return the incident overpressure of a kilogram of TNT by the standard's formula, in Pa."""
    return map(float, air_blast_pressure_pa(1.0, _places(trial, "scaled_distance_m_kg13"), table("blasts")))


def predict_cloud_tnt(trial: Trial) -> Iterable[float]:
    """Return the overpressure of a cloud that counts as TNT at the example's yield and heat of TNT, in Pa."""
    stated = {"cloud/yield": "explosion_yield", "cloud/tnt_heat": "tnt_heat_j_kg"}
    blasts = table(
        "blasts",
        [
            Override(table="blasts", key=key, value=trial.number(name), author="validation", reason="example")
            for key, name in stated.items()
        ],
    )
    explosion = explode_cloud(
        flammable_kg=trial.number("flammable_kg"),
        heat_of_combustion_j_kg=trial.number("heat_of_combustion_j_kg"),
        congested_volume_m3=None,
        strength=None,
        fuel_reactivity="medium",
        air_pressure_pa=SEA_LEVEL_PA,
        blasts=blasts,
    )
    return map(float, explosion.pressure_pa(_places(trial, "distance_m")))


def predict_cloud_curve(trial: Trial) -> Iterable[float]:
    """Return the overpressure over that of the air by Baker-Strehlow-Tang; distances scaled by twice the energy."""
    pressure = baker_strehlow_pressure_pa(
        SEA_LEVEL_PA / 2, trial.number("flame_mach"), _places(trial, "scaled_distance"), SEA_LEVEL_PA
    )
    return map(float, pressure / SEA_LEVEL_PA)


def predict_cloud_strength(trial: Trial) -> Iterable[float]:
    """Return the overpressure over that of the air by the multi-energy method; distances scaled by the energy."""
    strength = round(trial.number("strength"))
    pressure = multi_energy_pressure_pa(
        SEA_LEVEL_PA, strength, _places(trial, "scaled_distance"), SEA_LEVEL_PA
    )
    return map(float, pressure / SEA_LEVEL_PA)


def _places(trial: Trial, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([each.at[column] for each in trial.observations])
