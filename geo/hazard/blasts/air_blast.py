"""Air-blast formula of the accident-consequence method for explosives.

``dP = 14 Q / R^3 + 4.3 Q^(2/3) / R^2 + 1.1 Q^(1/3) / R`` with dP in 1e5 Pa, Q in kg TNT, R in m. It lies 10 to 19 %
above Kingery-Bulmash between 2 and 20 m/kg^(1/3).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from geo.errors import OutOfRangeError
from geo.hazard.tables import Table

__all__ = ["air_blast_distance_m", "air_blast_pressure_pa"]

_BAR_PA = 1e5
"""By definition of the bar."""
_NEAREST, _FARTHEST = 1e-3, 1e6
"""Scaled distances that bracket every pressure worth asking for. [m/kg^(1/3)] Numerical."""


def air_blast_pressure_pa(mass_kg: float, distance_m: ArrayLike, blasts: Table) -> NDArray[np.float64]:
    """Incident overpressure of a charge; 0 for no charge, infinite at distance 0.

    Parameters
    ----------
    mass_kg : float
        Of TNT. [kg]
    distance_m : array_like
        [m]
    blasts : Table
        ``blasts``.

    Raises
    ------
    OutOfRangeError
        If the mass is negative.

    References
    ----------
    .. [1] GB/T 37243-2019, clause 5.4.
    """
    _check_mass(mass_kg)
    distance = np.asarray(distance_m, dtype=np.float64)
    if mass_kg == 0:
        return np.zeros(distance.shape)
    with np.errstate(divide="ignore"):
        per_z = mass_kg ** (1 / 3) / distance
    cubic, square, linear = (blasts[f"air_blast/{term}"].number for term in ("cubic", "square", "linear"))
    return np.asarray(_BAR_PA * (cubic * per_z**3 + square * per_z**2 + linear * per_z))


def air_blast_distance_m(mass_kg: float, pressure_pa: float, blasts: Table) -> float:
    """Distance in metres at which a charge gives an overpressure; 0 for no charge.

    The pressure falls strictly with distance, so there is one; it is bracketed and bisected (Brent).

    Raises
    ------
    OutOfRangeError
        If the mass is negative or the pressure is outside 1 Pa to 1 GPa.
    """
    if not 1.0 <= pressure_pa <= 1e9:
        raise OutOfRangeError(
            f"overpressure {pressure_pa} Pa outside 1 Pa to 1 GPa", f"超压 {pressure_pa} Pa 超出 1 Pa–1 GPa"
        )
    _check_mass(mass_kg)
    if mass_kg == 0:
        return 0.0

    def excess(log_distance: float) -> float:
        return float(np.log(air_blast_pressure_pa(mass_kg, np.exp(log_distance), blasts) / pressure_pa))

    size_m = mass_kg ** (1 / 3)
    bracket = np.log(_NEAREST * size_m), np.log(_FARTHEST * size_m)
    return float(np.exp(brentq(excess, *bracket, xtol=1e-13, rtol=1e-14)))


def _check_mass(mass_kg: float) -> None:
    if not mass_kg >= 0:
        raise OutOfRangeError(
            f"charge of {mass_kg} kg TNT is not 0 or more", f"TNT 当量 {mass_kg} kg 应不小于 0"
        )
