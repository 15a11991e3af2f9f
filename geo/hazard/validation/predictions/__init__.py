"""The trials through the functions that the product computes with: one predictor a trial set.

A predictor takes a trial and returns one value for each of its observations, in their unit and order. What it chooses
(burning rate, radiated share, model of the cloud) it takes from the same tables and functions as the engine.
"""

from collections.abc import Callable, Iterable, Mapping

from geo.hazard.validation.predictions import blasts, clouds, fires
from geo.hazard.validation.trials import Trial

__all__ = ["PREDICTORS", "Predictor"]

Predictor = Callable[[Trial], Iterable[float]]
"""From a trial to the predicted values."""

PREDICTORS: Mapping[str, Predictor] = {
    "burro": clouds.predict_lng_pool,
    "coyote": clouds.predict_lng_pool,
    "desert_tortoise": clouds.predict_ammonia_jet,
    "dnv_jets": fires.predict_jet_flux,
    "goldfish": clouds.predict_hydrogen_fluoride_jet,
    "jet_flame_lengths": fires.predict_jet_length,
    "johnson_jets": fires.predict_jet_flux,
    "lfl_distances": clouds.predict_flammable_distance,
    "maplin_sands": clouds.predict_lng_pool,
    "montoir": fires.predict_pool_flux,
    "montoir_flame_lengths": fires.predict_pool_flame_length,
    "montoir_flame_tilts": fires.predict_pool_flame_tilt,
    "pool_emissive_powers": fires.predict_pool_emissive_power,
    "prairie_grass": clouds.predict_tracer,
    "shell_fireballs": fires.predict_fireball_flux,
    "swisdak_tables": blasts.predict_tnt_blast,
}
"""By key of the trial set."""
