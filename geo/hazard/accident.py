"""Accident-consequence method for explosives: how far the largest detonation exceeds each limit of overpressure.

GB/T 37243-2019, clause 5. The formula is that of the standard and stands for air at sea level; Kingery-Bulmash in the
air of the place goes beside it as a second opinion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import brentq

from geo.hazard.blasts.air_blast import air_blast_distance_m
from geo.hazard.blasts.tnt import blast_range_m_kg, incident_pressure_pa, scale_distance
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Surroundings
from geo.hazard.tables import Override, table

__all__ = ["AIR_BLAST", "AccidentDistance", "accident_distances"]

AIR_BLAST = "air_blast"
"""Key of the model in the register (:mod:`geo.hazard.models`)."""


@dataclass(frozen=True, kw_only=True)
class AccidentDistance:
    """Distance of one class of protection targets from a detonation.

    Attributes
    ----------
    target_class : str
        Key of the table ``overpressure_limits``.
    limit_pa : float
        Incident overpressure that must not be reached. [Pa]
    distance_m : float
        By the formula of the standard. [m]
    second_opinion_m : float
        By Kingery-Bulmash at the air pressure of the place. [m]
    parameters : tuple of Parameter
    """

    target_class: str
    limit_pa: float
    distance_m: float
    second_opinion_m: float
    parameters: tuple[Parameter, ...]


def accident_distances(
    tnt_kg: float, surroundings: Surroundings, overrides: Sequence[Override] = ()
) -> tuple[AccidentDistance, ...]:
    """Return the distance for each class of protection targets, in the order of the table of limits.

    Parameters
    ----------
    tnt_kg : float
        TNT equivalent of the explosives that can detonate together (`severe_scenarios`), above 0. [kg]
    surroundings : Surroundings
    overrides : sequence of Override
        A user's values in the tables ``overpressure_limits`` and ``blasts``.

    Raises
    ------
    OutOfRangeError
        If the mass is not above 0 or a limit lies outside what the models hold for.
    """
    blasts = table("blasts", overrides)
    formula = tuple(blasts.below("air_blast").values())
    return tuple(
        AccidentDistance(
            target_class=name,
            limit_pa=limit.number,
            distance_m=air_blast_distance_m(tnt_kg, limit.number, blasts),
            second_opinion_m=_kingery_bulmash_distance_m(tnt_kg, limit.number, surroundings.pressure_pa),
            parameters=(limit, *formula),
        )
        for name, limit in table("overpressure_limits", overrides).items()
    )


def _kingery_bulmash_distance_m(tnt_kg: float, pressure_pa: float, air_pressure_pa: float) -> float:
    least, most = blast_range_m_kg("incident_pressure")
    per_m = float(scale_distance(tnt_kg, 1.0, air_pressure_pa))

    def excess(distance_m: float) -> float:
        return float(incident_pressure_pa(tnt_kg, distance_m, air_pressure_pa)) - pressure_pa

    return float(brentq(excess, least * (1 + 1e-9) / per_m, most * (1 - 1e-9) / per_m, rtol=1e-12))
