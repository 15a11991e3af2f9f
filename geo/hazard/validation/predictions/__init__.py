"""The trials through the functions that the product computes with: one predictor a trial set.

A predictor takes a trial and returns one value for each of its observations, in their unit and order. What it chooses
(burning rate, radiated share, model of the cloud) it takes from the same tables and functions as the engine.
"""

from collections.abc import Callable, Iterable, Mapping

from geo.hazard.validation.predictions import blasts, fires
from geo.hazard.validation.trials import Trial

__all__ = ["PREDICTORS", "Predictor"]

Predictor = Callable[[Trial], Iterable[float]]
"""From a trial to the predicted values."""

PREDICTORS: Mapping[str, Predictor] = {
    "dnv_jets": fires.predict_jet_flux,
    "jet_flame_lengths": fires.predict_jet_length,
    "johnson_jets": fires.predict_jet_flux,
    "montoir": fires.predict_pool_flux,
    "montoir_flame_lengths": fires.predict_pool_flame_length,
    "montoir_flame_tilts": fires.predict_pool_flame_tilt,
    "pool_emissive_powers": fires.predict_pool_emissive_power,
    "shell_fireballs": fires.predict_fireball_flux,
    "swisdak_tables": blasts.predict_tnt_blast,
}
"""By key of the trial set."""
