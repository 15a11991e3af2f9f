"""Liquid through a hole, driven by pressure and by its head.

TNO Yellow Book (CPR 14E), equation 2.194 (Bernoulli and Torricelli). Limits: the liquid does not flash inside the
hole: subcooled, or saturated with a flow path under about 0.1 m; Reynolds number above 100.
"""

import math

from scipy.constants import g as GRAVITY_M_S2

__all__ = ["liquid_flux_kg_m2_s", "liquid_velocity_m_s"]


def liquid_velocity_m_s(
    pressure_pa: float, back_pressure_pa: float, density_kg_m3: float, head_m: float
) -> float:
    """Return the speed of a liquid in the narrowest section of its jet; 0 where nothing drives it."""
    drive_pa = pressure_pa - back_pressure_pa + density_kg_m3 * GRAVITY_M_S2 * head_m
    return math.sqrt(2 * max(drive_pa, 0.0) / density_kg_m3)


def liquid_flux_kg_m2_s(
    pressure_pa: float, back_pressure_pa: float, density_kg_m3: float, head_m: float
) -> float:
    """Return the mass flux of a liquid through a hole, before the discharge coefficient, in kg/(m2 s).

    Parameters
    ----------
    pressure_pa, back_pressure_pa : float
        Absolute, above the liquid and outside.
    density_kg_m3 : float
    head_m : float
        Height of the liquid above the hole.

    Examples
    --------
    Water under 10 m of head leaves with 14.0 m/s:

    >>> round(liquid_flux_kg_m2_s(101325, 101325, 1000, 10))
    14005
    """
    return density_kg_m3 * liquid_velocity_m_s(pressure_pa, back_pressure_pa, density_kg_m3, head_m)
