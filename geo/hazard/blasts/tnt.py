"""Blast of a hemispherical charge of TNT on the ground: Kingery and Bulmash, in Swisdak's simplified form.

At another air pressure than that of the sea the scaled distance and the pressures follow Sachs. Outside the fitted
ranges there is no answer: the polynomials run away.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import OutOfRangeError
from geo.hazard.fluids import STANDARD_PRESSURE_PA
from geo.hazard.tables import table

__all__ = [
    "BLAST_QUANTITIES",
    "blast_range_m_kg",
    "incident_pressure_pa",
    "scaled_blast",
]

SEA_LEVEL_PA = STANDARD_PRESSURE_PA
"""Air pressure to which the fits belong. [Pa]"""

BLAST_QUANTITIES = (
    "incident_pressure",
    "reflected_pressure",
    "incident_impulse",
    "reflected_impulse",
    "arrival",
    "duration",
    "front_velocity",
)
"""What the fits give: kPa, kPa, kPa ms, kPa ms, ms, ms (the last four per kg^(1/3)), km/s."""


@cache
def _pieces(quantity: str) -> tuple[tuple[float, float, tuple[float, ...]], ...]:
    """Return the pieces of a fit: from, to (scaled distance), coefficients of the powers of its logarithm."""
    rows = table("swisdak").below(quantity)
    pieces = []
    for name in dict.fromkeys(key.split("/")[0] for key in rows):
        coefficients = [row.number for key, row in rows.items() if key.startswith(f"{name}/c")]
        pieces.append((rows[f"{name}/from"].number, rows[f"{name}/to"].number, tuple(coefficients)))
    return tuple(pieces)


def blast_range_m_kg(quantity: str) -> tuple[float, float]:
    """Return the scaled distances, in m/kg^(1/3), between which a quantity is fitted."""
    pieces = _pieces(quantity)
    return pieces[0][0], pieces[-1][1]


def scaled_blast(quantity: str, scaled_distance_m_kg: ArrayLike) -> NDArray[np.float64]:
    """Blast quantity of 1 kg of TNT at sea level.

    Parameters
    ----------
    quantity : str
        One of `BLAST_QUANTITIES`.
    scaled_distance_m_kg : array_like
        ``R / W^(1/3)``. [m/kg^(1/3)]

    Returns
    -------
    ndarray
        In the unit of the quantity. Neighbouring pieces of the fit differ by up to 1 % where they meet.

    Raises
    ------
    OutOfRangeError
        If a distance is outside the fitted range, or NaN.

    References
    ----------
    .. [1] M. M. Swisdak, "Simplified Kingery airblast calculations", 26th DoD Explosives Safety Seminar (1994).

    Examples
    --------
    >>> scaled_blast("incident_pressure", [1.0, 10.0]).round(1).tolist()
    [1353.7, 14.9]
    """
    z = np.asarray(scaled_distance_m_kg, dtype=np.float64)
    least, most = blast_range_m_kg(quantity)
    if not ((z >= least) & (z <= most)).all():
        raise OutOfRangeError(
            f"scaled distance {np.min(z):.4g} to {np.max(z):.4g} m/kg^(1/3) outside {least:g} to {most:g} "
            f"for {quantity}",
            f"比例距离 {np.min(z):.4g}–{np.max(z):.4g} m/kg^(1/3) 超出 {quantity} 的适用范围 {least:g}–{most:g}",
        )
    pieces = _pieces(quantity)
    starts = np.array([start for start, _, _ in pieces])
    piece = np.searchsorted(starts, z, side="right") - 1
    logarithm = np.log(z)
    fits = [np.polynomial.polynomial.polyval(logarithm, coefficients) for _, _, coefficients in pieces]
    blast: NDArray[np.float64] = np.exp(np.choose(piece, fits))
    return blast


def scale_distance(mass_kg: float, distance_m: ArrayLike, air_pressure_pa: float) -> NDArray[np.float64]:
    """Scaled distance in m/kg^(1/3) as it would be at sea level (Sachs).

    Raises
    ------
    OutOfRangeError
        If the charge is not above 0.
    """
    if not mass_kg > 0:
        raise OutOfRangeError(f"charge of {mass_kg} kg TNT is not above 0", f"TNT 当量 {mass_kg} kg 应大于 0")
    per_m: float = (air_pressure_pa / SEA_LEVEL_PA / mass_kg) ** (1 / 3)
    return np.asarray(distance_m, dtype=np.float64) * per_m


def incident_pressure_pa(
    mass_kg: float, distance_m: ArrayLike, air_pressure_pa: float = SEA_LEVEL_PA
) -> NDArray[np.float64]:
    """Incident overpressure of a charge.

    Parameters
    ----------
    mass_kg : float
        Of TNT. [kg]
    distance_m : array_like
        [m]
    air_pressure_pa : float
        Of the air where it happens. [Pa]

    Raises
    ------
    OutOfRangeError
        If a distance is outside 0.2 to 198.5 m/kg^(1/3), scaled.
    """
    z = scale_distance(mass_kg, distance_m, air_pressure_pa)
    return np.asarray(scaled_blast("incident_pressure", z) * (1e3 * air_pressure_pa / SEA_LEVEL_PA))
