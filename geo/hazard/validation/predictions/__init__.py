"""The trials through the functions that the product computes with: one predictor a trial set.

A predictor takes a trial and returns one value for each of its observations, in their unit and order. What it chooses
(burning rate, radiated share, model of the cloud) it takes from the same tables and functions as the engine.
"""

from collections.abc import Callable, Iterable, Mapping

from geo.hazard.validation.predictions import blasts, clouds, examples, fires, rates
from geo.hazard.validation.trials import Trial

__all__ = ["PREDICTORS", "Predictor"]

Predictor = Callable[[Trial], Iterable[float]]
"""From a trial to the predicted values."""

PREDICTORS: Mapping[str, Mapping[str, Predictor]] = {
    "gas_discharge": {"gas_outflow": rates.predict_gas_rate},
    "ammonia_discharge": {"equilibrium_outflow": rates.predict_ammonia_rate},
    "gas_examples": {"gas_outflow": examples.predict_hole},
    "liquid_examples": {"liquid_outflow": examples.predict_hole},
    "flashing_examples": {"equilibrium_outflow": examples.predict_hole},
    "rain_out_examples": {"rain_out": examples.predict_rain_out},
    "boiling_pool_examples": {"boiling_pool": examples.predict_boiling_pool},
    "pool_evaporation_examples": {"mackay_matsugu": examples.predict_wind_pool},
    "prairie_grass": {
        "gaussian_plume": clouds.predict_tracer,
        "gaussian_plume_tno": clouds.predict_tracer_again,
    },
    "plume_examples": {"gaussian_plume": examples.predict_plume},
    "epa_plume_tables": {"gaussian_plume": clouds.predict_tracer},
    "puff_examples": {"gaussian_puff": examples.predict_puff},
    "heavy_plume_examples": {"britter_mcquaid": examples.predict_hole},
    "burro": {"slab": clouds.predict_lng_pool, "britter_mcquaid": clouds.predict_lng_pool_again},
    "coyote": {"slab": clouds.predict_lng_pool, "britter_mcquaid": clouds.predict_lng_pool_again},
    "maplin_sands": {"slab": clouds.predict_lng_pool, "britter_mcquaid": clouds.predict_lng_pool_again},
    "lfl_distances": {"slab": clouds.predict_flammable_distance},
    "flash_fire_extents": {"flash_fire": clouds.predict_flash_fire_extent},
    "desert_tortoise": {"slab": clouds.predict_ammonia_jet},
    "goldfish": {"slab": clouds.predict_hydrogen_fluoride_jet},
    "johnson_jets": {"jet_fire": fires.predict_jet_flux},
    "dnv_jets": {"jet_fire": fires.predict_jet_flux},
    "jet_flame_lengths": {"jet_fire": fires.predict_jet_length},
    "montoir": {"pool_fire": fires.predict_pool_flux},
    "phoenix": {"pool_fire": fires.predict_pool_flux},
    "pool_flame_lengths": {"pool_fire": fires.predict_pool_flame_length},
    "pool_flame_tilts": {"pool_fire": fires.predict_pool_flame_tilt},
    "pool_emissive_powers": {"pool_fire": fires.predict_pool_emissive_power},
    "shell_fireballs": {"fireball": fires.predict_fireball_flux},
    "shell_fireball_doses": {"fireball": fires.predict_fireball_dose},
    "fireball_examples": {"fireball": examples.predict_fireball_size},
    "swisdak_tables": {"kingery_bulmash": blasts.predict_tnt_blast},
    "air_blast_table": {"air_blast": blasts.predict_air_blast},
    "cloud_tnt_examples": {"tnt_equivalence": blasts.predict_cloud_tnt},
    "blast_curves": {"baker_strehlow": blasts.predict_cloud_curve},
    "detonation_blasts": {"multi_energy": blasts.predict_cloud_strength},
    "deflagration_blasts": {"multi_energy": blasts.predict_cloud_strength},
}
"""By key of the trial set and of the model, in the order of reports: rates, clouds, fires, blasts.

The first model of a set is the one that the engine takes by itself.
"""
