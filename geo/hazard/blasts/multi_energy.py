"""Vapour-cloud explosion by the TNO multi-energy method: a hemisphere of stoichiometric cloud of a chosen strength.

Only the congested or confined part of a cloud counts; the open rest burns as a flash fire. Curves as read off the
charts at nodes: strengths 1, 4, 5, 6 follow a published fit as found in a public script, 2 and 3 lie between, 7 to 10
are recalled; all of them await comparison with the printed charts.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import OutOfRangeError
from geo.hazard.blasts.curves import read_curve
from geo.hazard.fluids import STANDARD_PRESSURE_PA
from geo.hazard.tables import Table, table

__all__ = ["congested_energy_j", "multi_energy_pressure_pa"]

_STRENGTHS = range(1, 11)
"""Of the curves: 1 to 10. Van den Berg (1985)."""


@cache
def _curve(strength: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = table("multi_energy").below(str(strength))
    return np.array([float(node) for node in rows]), np.array([row.number for row in rows.values()])


def congested_energy_j(congested_volume_m3: float, air_pressure_pa: float, blasts: Table) -> float:
    """Heat of combustion of a congested volume filled with a stoichiometric mixture: ``3.5e6 J/m³`` at sea level.

    Thinner air holds less fuel: the energy is proportional to the air pressure.

    Raises
    ------
    OutOfRangeError
        If the volume is negative.
    """
    if not congested_volume_m3 >= 0:
        raise OutOfRangeError(
            f"congested volume {congested_volume_m3} m3 is negative",
            f"拥塞体积 {congested_volume_m3} m³ 为负",
        )
    return (
        blasts["cloud/energy_density"].number * congested_volume_m3 * air_pressure_pa / STANDARD_PRESSURE_PA
    )


def multi_energy_pressure_pa(
    energy_j: float, strength: int, distance_m: ArrayLike, air_pressure_pa: float
) -> NDArray[np.float64]:
    """Side-on overpressure of a vapour-cloud explosion.

    Parameters
    ----------
    energy_j : float
        Heat of combustion of the congested part. [J]
    strength : int
        1 (open) to 10 (detonation).
    distance_m : array_like
        From the centre of the congested volume; inside it the pressure is that of its edge. [m]
    air_pressure_pa : float
        Of the air where it happens. [Pa]

    Returns
    -------
    ndarray
        0 everywhere without energy. Beyond a scaled distance of 100 it falls with the distance. [Pa]

    Raises
    ------
    OutOfRangeError
        If the strength is none of 1 to 10 or the energy is negative.

    References
    ----------
    .. [1] A. C. van den Berg, "The multi-energy method", Journal of Hazardous Materials 12 (1985) 1-10.
    .. [2] F. Díaz Alonso et al., "Characteristic overpressure-impulse-distance curves for vapour cloud explosions
       using the TNO Multi-Energy model", Journal of Hazardous Materials 137 (2006) 734-741: fits to the charts.
    """
    if strength not in _STRENGTHS or not energy_j >= 0:
        raise OutOfRangeError(
            f"strength {strength} (1 to 10) or energy {energy_j} J (0 or more) out of range",
            f"爆炸强度 {strength}（应为 1–10）或能量 {energy_j} J（应不小于 0）超出范围",
        )
    distance = np.asarray(distance_m, dtype=np.float64)
    if energy_j == 0:
        return np.zeros(distance.shape)
    scaled = distance / (energy_j / air_pressure_pa) ** (1 / 3)
    nodes, values = _curve(int(strength))
    return read_curve(scaled, nodes, values, plateau=float(values[0])) * air_pressure_pa
