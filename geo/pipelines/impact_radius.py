"""Potential impact radius of a gas pipeline: how far a burst endangers people."""

import math

from geo.errors import OutOfRangeError

__all__ = ["impact_radius_m", "impact_radius_us_m"]

_MM_PER_INCH = 25.4
_PSI_PER_MPA = 1e6 / 6894.757293168361
_M_PER_FOOT = 0.3048


def impact_radius_m(diameter_mm: float, pressure_mpa: float) -> float:
    """Return the potential impact radius after GB 32167-2015, r = 0.099 √(d² p). [m].

    The factor is recalled, not verified.

    Parameters
    ----------
    diameter_mm : float
        Outer diameter. [mm]
    pressure_mpa : float
        Maximum allowable operating pressure. [MPa]

    Raises
    ------
    OutOfRangeError
        If one is not above 0.

    Examples
    --------
    >>> round(impact_radius_m(1016.0, 10.0), 1)
    318.1
    """
    _check(diameter_mm, pressure_mpa)
    return 0.099 * math.sqrt(diameter_mm**2 * pressure_mpa)


def impact_radius_us_m(diameter_mm: float, pressure_mpa: float) -> float:
    """Return the potential impact radius after 49 CFR 192.903, r = 0.69 √(p d²) in psi, inches and feet. [m].

    For checking :func:`impact_radius_m`; both agree to 0.7 %. Parameters and errors are the same.

    Examples
    --------
    >>> round(impact_radius_us_m(1016.0, 10.0), 1)
    320.4
    """
    _check(diameter_mm, pressure_mpa)
    diameter_in, pressure_psi = diameter_mm / _MM_PER_INCH, pressure_mpa * _PSI_PER_MPA
    return 0.69 * math.sqrt(pressure_psi * diameter_in**2) * _M_PER_FOOT


def _check(diameter_mm: float, pressure_mpa: float) -> None:
    for name, value, unit in (("diameter", diameter_mm, "mm"), ("pressure", pressure_mpa, "MPa")):
        if not (math.isfinite(value) and value > 0.0):
            raise OutOfRangeError(f"{name} {value} {unit} is not a number above 0")
