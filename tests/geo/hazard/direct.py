"""Individual risk at a place, computed a second time by a plain loop.

No polar grid, no footprint, no Fourier transform, no stamp, none of the engine's probits: for every scenario, outcome
and weather the heat, overpressure, concentration or toxic load is asked at the place itself, for the wind blowing in
each of 5,760 directions, and turned into a probability of death with the numbers of the guideline written out here.
Scenarios, event trees and models of release and cloud are the engine's: they have published numbers of their own.
"""

import math

import numpy as np
from scipy.special import erf

from geo.ellipsoid import CGCS2000
from geo.hazard.effects import BlastEffect, Effect, FlashEffect, HeatEffect, ToxicEffect
from geo.hazard.events import consequences_of
from geo.hazard.plant import Plant
from geo.hazard.scenarios import equipment_group, scenarios_of
from geo.hazard.substances import substances
from geo.hazard.weather import WindRose

STEPS_A_SECTOR = 360


def individual_risk(plant: Plant, rose: WindRose, places: np.ndarray) -> np.ndarray:
    """Return the individual risk of a plant at places, longitude and latitude, per year."""
    density = direction_density(rose)
    total = np.zeros(len(places))
    for unit in plant.units:
        for item in unit.equipment:
            if equipment_group(item.kind) == "store":
                continue
            azimuth_deg, _, distance_m = CGCS2000.inv(
                np.full(len(places), item.lon), np.full(len(places), item.lat), places[:, 0], places[:, 1]
            )
            for scenario in scenarios_of(unit, item):
                for consequence in consequences_of(
                    scenario, item, substances()[item.substance], plant.surroundings, rose.weathers
                ):
                    rate = scenario.frequency_per_year * consequence.branch.probability
                    weathers = (
                        range(len(rose.weathers)) if consequence.weathers is None else consequence.weathers
                    )
                    blows = density[list(weathers)].sum(axis=0)
                    for place in range(len(places)):
                        total[place] += rate * death_over_directions(
                            consequence.effects, float(distance_m[place]), float(azimuth_deg[place]), blows
                        )
    return total


def death_over_directions(
    effects: tuple[Effect, ...], distance_m: float, azimuth_deg: float, blows: np.ndarray
) -> float:
    """Return the probability of death at a place, summed over where the wind comes from."""
    comes_from_deg = 360.0 * (np.arange(len(blows)) + 0.5) / len(blows)
    goes_to_deg = comes_from_deg + 180.0
    off_wind = np.radians((azimuth_deg - goes_to_deg + 180.0) % 360.0 - 180.0)
    worst = np.zeros(len(blows))
    for effect in effects:
        value = effect.value(np.array([[distance_m]]), np.abs(off_wind)[None, :])
        worst = np.maximum(worst, np.broadcast_to(death(effect, np.atleast_2d(value)), (1, len(blows)))[0])
    return float((blows * worst).sum())


def death(effect: Effect, value: np.ndarray) -> np.ndarray:
    """Return the probability of death of somebody without protection."""
    value = np.nan_to_num(value, nan=0.0, posinf=np.inf)
    with np.errstate(divide="ignore"):
        match effect:
            case HeatEffect():
                dose = value ** (4 / 3) * min(effect.duration_s, 20.0)
                return np.where(value >= 37_500.0, 1.0, probability(-36.38 + 2.56 * np.log(dose)))
            case BlastEffect():
                return (value >= 30_000.0).astype(float)
            case FlashEffect():
                return (value >= effect.limit_kg_m3).astype(float)
            case ToxicEffect():
                return probability(effect.probit.a + effect.probit.b * np.log(value))
    raise AssertionError(effect)


def probability(probit: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + erf((probit - 5.0) / math.sqrt(2.0)))


def direction_density(rose: WindRose) -> np.ndarray:
    """Return the probability of many fine directions that the wind comes from, the first bin starting at north.

    A cubic for each sector's cumulative probability, with the density at a border the harmonic mean of both sides'.
    """
    share = rose.frequencies
    before, after = np.roll(share, 1, axis=1), np.roll(share, -1, axis=1)

    def harmonic(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.divide(2 * a * b, a + b, out=np.zeros_like(a), where=a * b > 0)

    left, right = harmonic(before, share)[..., None], harmonic(share, after)[..., None]
    t = np.linspace(0.0, 1.0, STEPS_A_SECTOR + 1)
    whole = share[..., None]
    cumulative = left * (t - 2 * t**2 + t**3) + right * (t**3 - t**2) + whole * (3 * t**2 - 2 * t**3)
    fine = np.diff(cumulative, axis=-1).reshape(len(share), -1)
    return np.roll(fine, -STEPS_A_SECTOR // 2, axis=1)  # the first sector is centred on north
