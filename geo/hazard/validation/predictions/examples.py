"""Worked examples and tables of standards and guidelines through the engine's models.

What an example states goes in, what the engine would take from its own tables stays the engine's.
"""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from scipy.constants import g as GRAVITY_M_S2

from geo.hazard.dispersion.britter_mcquaid import decay_of_plume, warmed
from geo.hazard.dispersion.gaussian_plume import plume_kg_m3
from geo.hazard.dispersion.gaussian_puff import puff_kg_m3
from geo.hazard.dispersion.spread import ccps_puff
from geo.hazard.fires.fireball import fireball
from geo.hazard.releases.discharge import Contents, discharge_of
from geo.hazard.releases.flash import airborne_share
from geo.hazard.releases.gas import gas_flux_kg_m2_s
from geo.hazard.releases.liquid import liquid_flux_kg_m2_s
from geo.hazard.releases.material import material_of
from geo.hazard.releases.pool import Ground, Spill, boil, wind_law
from geo.hazard.releases.two_phase import equilibrium_throat
from geo.hazard.scenario import Phase
from geo.hazard.substances import find_substance
from geo.hazard.tables import table
from geo.hazard.validation.predictions.air import weather_of
from geo.hazard.validation.predictions.clouds import predict_tracer
from geo.hazard.validation.trials import Trial

__all__ = [
    "predict_boiling_pool",
    "predict_fireball_size",
    "predict_hole",
    "predict_plume",
    "predict_puff",
    "predict_rain_out",
    "predict_wind_pool",
]


def predict_hole(trial: Trial) -> Iterable[float]:
    """Return the rate through a hole, in kg/s, or the volume fraction of a heavy plume."""
    return [_HOLES[trial.word("kind")](trial)]


def predict_rain_out(trial: Trial) -> Iterable[float]:
    """Return the share of a superheated liquid that flashes, or the share that stays airborne."""
    rows = table("releases")
    material = material_of(
        find_substance(trial.word("substance")),
        trial.number("pressure_pa"),
        trial.number("temperature_k"),
        trial.number("air_pressure_pa"),
    )
    inside = Contents(
        material=material,
        pressure_pa=trial.number("pressure_pa"),
        back_pressure_pa=trial.number("air_pressure_pa"),
        temperature_k=trial.number("temperature_k"),
        head_m=0.0,
    )
    flashed = discharge_of(inside, Phase.LIQUID, rows).jet_of_rate(1.0).vapour_fraction
    if trial.word("kind") == "flashed":
        return [flashed]
    rule = (rows["flash/airborne_per_flashed"].number, rows["flash/no_pool_above"].number)
    return [airborne_share(flashed, *rule)]


def predict_boiling_pool(trial: Trial) -> Iterable[float]:
    """Return the evaporation of a boiling pool at moments after the spill began, in kg/s."""
    longest = max(each.at["time_s"] for each in trial.observations)
    ground = Ground(
        depth_m=table("ground")["concrete/depth"].number,
        conductivity_w_m_k=trial.number("conductivity_w_m_k"),
        diffusivity_m2_s=trial.number("diffusivity_m2_s"),
        temperature_k=trial.number("temperature_k"),
        area_m2=trial.number("dike_area_m2"),
    )
    spill = Spill(
        mass_kg=trial.number("rate_kg_s") * longest,
        duration_s=longest,
        density_kg_m3=trial.number("density_kg_m3"),
    )
    course = boil(spill, ground, trial.number("boiling_k"), trial.number("latent_heat_j_kg"), longest)
    times = [each.at["time_s"] for each in trial.observations]
    return map(float, np.interp(times, course.time_s, course.rate_kg_s))


def predict_wind_pool(trial: Trial) -> Iterable[float]:
    """Return the evaporation of a pool of a stated depth in the wind, in kg/s."""
    fluid, temperature_k = find_substance(trial.word("substance")).fluid, trial.number("temperature_k")
    area = trial.number("mass_kg") / fluid.liquid_density_kg_m3(temperature_k) / trial.number("depth_m")
    vapour = fluid.gas_density_kg_m3(temperature_k, fluid.vapour_pressure_pa(temperature_k))
    law = wind_law(vapour, weather_of(trial), table("releases"))
    return [law(math.sqrt(area / math.pi))]


def predict_plume(trial: Trial) -> Iterable[float]:
    """Return concentrations on the axis of a passive plume, in kg/m³: by printed standard deviations where stated."""
    if "sigma_y_m" not in trial.conditions:
        return predict_tracer(trial)
    return map(
        float,
        plume_kg_m3(
            trial.number("rate_kg_s"),
            trial.number("wind_m_s"),
            np.full(len(trial.observations), trial.number("sigma_y_m")),
            np.full(len(trial.observations), trial.number("sigma_z_m")),
            np.zeros(len(trial.observations)),
            np.full(len(trial.observations), trial.number("sensor_height_m")),
            trial.number("release_height_m"),
        ),
    )


def predict_puff(trial: Trial) -> Iterable[float]:
    """Return concentrations in the middle of a passive puff on the ground, in kg/m³."""
    spread = ccps_puff(trial.word("stability"), table("dispersion"))
    x = np.array([each.at["distance_m"] for each in trial.observations])
    sigmas = (spread.sigma_y_m(x), spread.sigma_y_m(x), spread.sigma_z_m(x))
    nothing = np.zeros(x.shape)
    return map(float, puff_kg_m3(trial.number("mass_kg"), sigmas, nothing, nothing, nothing, 0.0))


def predict_fireball_size(trial: Trial) -> Iterable[float]:
    """Return the diameter [m] or the duration [s] of a fireball; neither depends on what burns."""
    ball = fireball(
        mass_kg=trial.number("mass_kg"),
        heat_of_combustion_j_kg=1.0,
        burst_pressure_pa=1.0,
        vapour_pressure_pa=0.0,
        fires=table("fires"),
    )
    return [ball.diameter_m if trial.word("kind") == "diameter" else ball.duration_s]


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


def _flashing(trial: Trial) -> float:
    throat = equilibrium_throat(
        trial.word("fluid"),
        trial.number("pressure_pa"),
        trial.number("temperature_k"),
        trial.number("back_pressure_pa"),
    )
    return throat.flux_kg_m2_s * trial.number("discharge_coefficient") * trial.number("area_m2")


def _heavy_plume(trial: Trial) -> float:
    air = trial.number("air_density_kg_m3")
    gravity = GRAVITY_M_S2 * (trial.number("density_kg_m3") - air) / air
    flow = trial.number("rate_kg_s") / trial.number("density_kg_m3")
    curve, _ = decay_of_plume(gravity, flow, trial.number("wind_m_s"), table("britter_mcquaid"))
    fraction = curve.fraction(np.array([trial.number("distance_m")]))
    return float(warmed(fraction, trial.number("source_temperature_k"), trial.number("temperature_k"))[0])


_HOLES: Mapping[str, Callable[[Trial], float]] = {
    "gas": _gas,
    "liquid": _liquid,
    "flashing": _flashing,
    "heavy_plume": _heavy_plume,
}
