"""Vapour-cloud explosion by Baker, Strehlow and Tang: blast curves by the Mach number of the flame.

The curves are digitised from charts with a noise of about 10 %; neighbouring supersonic ones cross within it.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import OutOfRangeError
from geo.hazard.blasts.curves import read_curve
from geo.hazard.tables import table

__all__ = ["baker_strehlow_pressure_pa"]

_GROUND_REFLECTION = 2.0
"""The curves are those of a sphere in free air; on the ground all energy goes into half the space."""


@cache
def _curves() -> dict[float, tuple[NDArray[np.float64], NDArray[np.float64], float]]:
    rows = table("baker_strehlow")
    curves = {}
    for mach in dict.fromkeys(key.split("/")[0] for key in rows):
        nodes = rows.below(mach)
        plateau = nodes.pop("plateau").number
        values = np.array([row.number for row in nodes.values()])
        curves[float(mach)] = np.array([float(node) for node in nodes]), values, plateau
    return curves


def baker_strehlow_pressure_pa(
    energy_j: float, flame_mach: float, distance_m: ArrayLike, air_pressure_pa: float
) -> NDArray[np.float64]:
    """Side-on overpressure of a vapour-cloud explosion on the ground.

    Parameters
    ----------
    energy_j : float
        Heat of combustion of the part of the cloud that is congested; not doubled. [J]
    flame_mach : float
        0.2 to 5.2; between two curves it is read in logarithms.
    distance_m : array_like
        From the centre of that part. [m]
    air_pressure_pa : float
        Of the air where it happens. [Pa]

    Returns
    -------
    ndarray
        0 everywhere without energy; at most the curve's plateau. Beyond a scaled distance of 9.5 it falls with the
        distance. [Pa]

    Raises
    ------
    OutOfRangeError
        If the Mach number is outside the curves or the energy is negative.

    References
    ----------
    .. [1] M. J. Tang, Q. A. Baker, "A new set of blast curves from vapor cloud explosion", Process Safety Progress
       18 (1999) 235-240.
    """
    curves = _curves()
    machs = np.array(list(curves))
    if not machs[0] <= flame_mach <= machs[-1] or not energy_j >= 0:
        raise OutOfRangeError(
            f"flame Mach number {flame_mach} ({machs[0]} to {machs[-1]}) or energy {energy_j} J "
            "(0 or more) out of range",
            f"火焰马赫数 {flame_mach}（应为 {machs[0]}–{machs[-1]}）或能量 {energy_j} J（应不小于 0）超出范围",
        )
    distance = np.asarray(distance_m, dtype=np.float64)
    if energy_j == 0:
        return np.zeros(distance.shape)
    scaled = distance * (air_pressure_pa / (_GROUND_REFLECTION * energy_j)) ** (1 / 3)
    upper = int(np.clip(np.searchsorted(machs, flame_mach), 1, len(machs) - 1))
    low, high = (read_curve(scaled, *curves[machs[index]]) for index in (upper - 1, upper))
    share = np.log(flame_mach / machs[upper - 1]) / np.log(machs[upper] / machs[upper - 1])
    return np.asarray(low ** (1 - share) * high**share * air_pressure_pa)
