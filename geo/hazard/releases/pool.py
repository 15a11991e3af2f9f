"""Liquid on the ground: how far a pool spreads and how fast it turns to vapour.

Spreading: until the dike or the least depth of the ground is reached, the front no faster than a collapsing column.
Evaporation: heat from the ground where the liquid boils (heat conduction into a half-space, TNO Yellow Book CPR 14E,
section 3.5.3), the wind where it does not (Mackay and Matsugu; Sutton on request). Limits: flat ground,
no infiltration, no slope; sun and air do not warm a boiling pool; a pool that does not boil keeps its temperature.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.constants import g as GRAVITY_M_S2

from geo.errors import OutOfRangeError, ParameterError
from geo.hazard.tables import Table
from geo.hazard.weather import Weather

__all__ = [
    "Evaporation",
    "Ground",
    "Spill",
    "boil",
    "evaporate_by_wind",
    "mackay_matsugu_kg_s",
    "sutton_kg_s",
    "sutton_parameters",
    "wind_law",
]

_STEPS = 360  # numerical
_Vapour = Callable[[NDArray[np.float64], float], float]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Ground under a pool.

    Attributes
    ----------
    depth_m : float
        Least depth to which a liquid spreads.
    conductivity_w_m_k, diffusivity_m2_s : float
    temperature_k : float
    area_m2 : float
        Free area inside the dike; infinite where there is none.
    """

    depth_m: float
    conductivity_w_m_k: float
    diffusivity_m2_s: float
    temperature_k: float
    area_m2: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Spill:
    """Liquid that reaches the ground: ``mass_kg`` evenly over ``duration_s``, at once where that is 0."""

    mass_kg: float
    duration_s: float
    density_kg_m3: float


@dataclass(frozen=True, kw_only=True)
class Evaporation:
    """Course of a pool.

    Attributes
    ----------
    time_s, rate_kg_s, area_m2 : ndarray, shape (n_steps,)
        Ends of equal steps, the mean rate within each, the wetted area.
    duration_s : float
        Until the pool is dry or its evaporation no longer counts.
    """

    time_s: NDArray[np.float64]
    rate_kg_s: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    duration_s: float

    @property
    def mass_kg(self) -> float:
        """Mass that evaporates in all."""
        return float(np.sum(self.rate_kg_s) * self.time_s[0])

    @property
    def mean_kg_s(self) -> float:
        """Mean rate over ``duration_s``."""
        return self.mass_kg / self.duration_s


class _Spreading:
    """Area of a pool step by step; it never shrinks while liquid is left."""

    def __init__(self, spill: Spill, ground: Ground, step_s: float) -> None:
        self.spill, self.ground, self.step_s = spill, ground, step_s
        self.area_m2 = 0.0

    def grow(self, mass_kg: float) -> float:
        """Return the growth of the wetted area in a step with ``mass_kg`` on the ground."""
        volume = mass_kg / self.spill.density_kg_m3
        thin = min(volume / self.ground.depth_m, self.ground.area_m2)
        depth = volume / self.area_m2 if self.area_m2 else math.cbrt(volume)
        speed = math.sqrt(2 * GRAVITY_M_S2 * max(depth - self.ground.depth_m, 0.0))
        start = self.area_m2 or min(volume / depth if depth else 0.0, thin)
        radius = math.sqrt(start / math.pi) + speed * self.step_s
        area = max(self.area_m2, min(math.pi * radius**2, thin))
        grown, self.area_m2 = area - self.area_m2, area
        return grown


def _follow(spill: Spill, ground: Ground, horizon_s: float, vapour_of: _Vapour) -> Evaporation:
    """Return the course of a pool that loses ``vapour_of(growths_m2, step_s)`` in a step, if it holds as much."""
    if spill.mass_kg <= 0 or horizon_s <= 0:
        raise OutOfRangeError("a pool needs a mass and a time above 0", "液池须有正的质量与时间")
    step = horizon_s / _STEPS
    spreading = _Spreading(spill, ground, step)
    growths, rates, areas = np.zeros(_STEPS), np.zeros(_STEPS), np.zeros(_STEPS)
    mass = spilled = 0.0
    last = _STEPS
    for i in range(_STEPS):
        inflow_s = min(max(spill.duration_s - i * step, 0.0), step)
        inflow = spill.mass_kg * inflow_s / spill.duration_s if spill.duration_s else spill.mass_kg * (i == 0)
        spilled, mass = spilled + inflow, mass + inflow
        growths[i] = spreading.grow(mass)
        lost = min(vapour_of(growths[: i + 1], step), mass)
        mass -= lost
        rates[i], areas[i] = lost / step, spreading.area_m2
        if mass <= 1e-9 * spill.mass_kg and (i + 1) * step >= spill.duration_s:
            last = i + 1
            break
    return Evaporation(
        time_s=step * np.arange(1.0, last + 1.0),
        rate_kg_s=rates[:last],
        area_m2=areas[:last],
        duration_s=last * step,
    )


def boil(
    spill: Spill, ground: Ground, boiling_point_k: float, latent_heat_j_kg: float, horizon_s: float
) -> Evaporation:
    """Return the course of a boiling pool: as fast as the ground gives heat to what it wets.

    Parameters
    ----------
    spill : Spill
    ground : Ground
    boiling_point_k : float
        At the pressure of the air; not above the temperature of the ground.
    latent_heat_j_kg : float
    horizon_s : float
        How long the pool is followed.

    References
    ----------
    .. [1] GB/T 37243-2019 annex D: Q = lambda (T0 - Tb) S / (dHv sqrt(pi alpha t)).
    """
    excess_k = max(ground.temperature_k - boiling_point_k, 0.0)
    conduction = ground.conductivity_w_m_k * excess_k / math.sqrt(math.pi * ground.diffusivity_m2_s)

    def vapour_kg(growths_m2: NDArray[np.float64], step_s: float) -> float:
        # Each growth gives heat since it was wetted: the integral of 1/sqrt(t) over the step.
        age_s = step_s * np.arange(len(growths_m2), 0, -1)
        root_s = 2 * (np.sqrt(age_s) - np.sqrt(age_s - step_s))
        return float(conduction / latent_heat_j_kg * np.sum(growths_m2 * root_s))

    return _follow(spill, ground, horizon_s, vapour_kg)


def evaporate_by_wind(
    spill: Spill, ground: Ground, rate_of_radius: Callable[[float], float], horizon_s: float
) -> Evaporation:
    """Return the course of a pool below its boiling point: as fast as the wind carries the vapour away.

    Parameters
    ----------
    rate_of_radius : callable
        Evaporation [kg/s] of a round pool of a radius [m]: see `wind_law`.
    """

    def vapour_kg(growths_m2: NDArray[np.float64], step_s: float) -> float:
        return rate_of_radius(math.sqrt(float(np.sum(growths_m2)) / math.pi)) * step_s

    return _follow(spill, ground, horizon_s, vapour_kg)


def wind_law(vapour_kg_m3: float, weather: Weather, releases: Table) -> Callable[[float], float]:
    """Return the evaporation of a round pool by its radius, by the model that ``pool/evaporation`` names.

    Parameters
    ----------
    vapour_kg_m3 : float
        Vapour over the liquid, ``p M / (R T)``.

    Raises
    ------
    ParameterError
        If the table names no model.
    """
    name = releases["pool/evaporation"].word
    if name == "mackay_matsugu":
        keys = ("factor", "wind_power", "size_power", "schmidt", "schmidt_power")
        constants = {key: releases[f"mackay_matsugu/{key}"].number for key in keys}
        return lambda radius_m: mackay_matsugu_kg_s(vapour_kg_m3, weather.wind_m_s, radius_m, **constants)
    if name == "sutton":
        a, n = sutton_parameters(weather.stability, releases)
        return lambda radius_m: sutton_kg_s(vapour_kg_m3, weather.wind_m_s, radius_m, a, n)
    raise ParameterError(
        f"releases:pool/evaporation is {name!r}, not mackay_matsugu or sutton",
        f"releases:pool/evaporation 为 {name!r}，应为 mackay_matsugu 或 sutton",
    )


def mackay_matsugu_kg_s(
    vapour_kg_m3: float,
    wind_m_s: float,
    radius_m: float,
    factor: float,
    wind_power: float,
    size_power: float,
    schmidt: float,
    schmidt_power: float,
) -> float:
    """Return the evaporation of a round pool by its mass-transfer coefficient, in kg/s.

    References
    ----------
    .. [1] D. Mackay and R. S. Matsugu, "Evaporation rates of liquid hydrocarbon spills on land and water", Canadian
       J. Chem. Eng. 51 (1973) 434; TNO Yellow Book, CPR 14E (2005), equation 3.24: k = C u^0.78 (2 r)^-0.11 Sc^-0.67.
    """
    coefficient = factor * wind_m_s**wind_power * schmidt**schmidt_power
    return float(coefficient * vapour_kg_m3 * math.pi / 4 * (2 * radius_m) ** (2 + size_power))


def sutton_kg_s(vapour_kg_m3: float, wind_m_s: float, radius_m: float, a: float, n: float) -> float:
    """Return the evaporation of a round pool by Sutton's solution as annex D has been read, in kg/s.

    It lies below Mackay and Matsugu by a factor of pi (and below the US EPA's formula by five), as if the area were
    left out of the constant; so it is not the default until somebody has seen the printed equation.

    References
    ----------
    .. [1] GB/T 37243-2019 annex D: Q = a p M / (R T0) u^((2-n)/(2+n)) r^((4+n)/(2+n)).
    """
    return float(a * vapour_kg_m3 * wind_m_s ** ((2 - n) / (2 + n)) * radius_m ** ((4 + n) / (2 + n)))


def sutton_parameters(stability: str, releases: Table) -> tuple[float, float]:
    """Return a and n of a Pasquill class."""
    group = {"A": "unstable", "B": "unstable", "E": "stable", "F": "stable"}.get(stability, "neutral")
    return releases[f"sutton/{group}/a"].number, releases[f"sutton/{group}/n"].number
