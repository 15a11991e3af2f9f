"""Which model an explosion of a vapour cloud goes by, and how much of the cloud takes part.

Where a congested volume is stated, the part of the cloud that fills it explodes in its middle: by multi-energy, or by
Baker-Strehlow-Tang if the table says so. Where none is stated, nobody knows where the flame would speed up: the whole
flammable mass counts as TNT at the yield of experience, in the middle of the cloud.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import ParameterError
from geo.hazard.blasts.baker_strehlow import baker_strehlow_pressure_pa
from geo.hazard.blasts.multi_energy import congested_energy_j, multi_energy_pressure_pa
from geo.hazard.blasts.tnt import blast_range_m_kg, incident_pressure_pa, scale_distance
from geo.hazard.blasts.tnt_equivalence import cloud_tnt_kg
from geo.hazard.parameters import Parameter
from geo.hazard.tables import Table

__all__ = ["CloudExplosion", "explode_cloud"]

_COMPARED = 3
"""Least multi-energy strength (van den Berg 1985) whose curve is compared with another source: validation sets
``deflagration_blasts`` and ``detonation_blasts``."""

_SONIC = 1.0
"""Least flame Mach number whose curve is compared with another source: validation set ``blast_curves``."""

Pressure = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class CloudExplosion:
    """An explosion of a vapour cloud.

    Attributes
    ----------
    model : str
        Key in the register of models.
    pressure_pa : callable
        Side-on overpressure by distance from its centre. [Pa]
    at_source : bool
        Whether its centre is the congested volume around the source; else it is the middle of the cloud.
    details : dict of str to float
    parameters : tuple of Parameter
    """

    model: str
    pressure_pa: Pressure
    at_source: bool
    details: dict[str, float]
    parameters: tuple[Parameter, ...]


def explode_cloud(
    *,
    flammable_kg: float,
    heat_of_combustion_j_kg: float,
    congested_volume_m3: float | None,
    strength: int | None,
    fuel_reactivity: str,
    air_pressure_pa: float,
    blasts: Table,
) -> CloudExplosion:
    """Return the explosion of a cloud.

    Parameters
    ----------
    flammable_kg : float
        Fuel between its flammable limits. [kg]
    heat_of_combustion_j_kg : float
        Lower heating value. [J/kg]
    congested_volume_m3 : float or None
        That the cloud can fill; None: none is stated. [m³]
    strength : int or None
        Multi-energy strength of that volume; None: ``cloud/strength``.
    fuel_reactivity : str
        ``low``, ``medium`` or ``high``; Baker-Strehlow-Tang takes its flame speed from it.
    air_pressure_pa : float
        Of the air where it happens. [Pa]
    blasts : Table
        ``blasts``; ``cloud/model`` is ``multi_energy``, ``baker_strehlow`` or ``tnt_equivalence``.

    Raises
    ------
    ParameterError
        If ``cloud/model`` is another word.
    """
    word = blasts["cloud/model"].word if congested_volume_m3 is not None else "tnt_equivalence"
    heat_j = flammable_kg * heat_of_combustion_j_kg
    if word == "tnt_equivalence" or congested_volume_m3 is None:
        return _as_tnt(flammable_kg, heat_of_combustion_j_kg, air_pressure_pa, blasts)
    energy_j = min(heat_j, congested_energy_j(congested_volume_m3, air_pressure_pa, blasts))
    details = {"explosion_energy_j": energy_j, "flammable_kg": flammable_kg}
    used = (blasts["cloud/model"], blasts["cloud/energy_density"])
    if word == "multi_energy":
        chosen = int(blasts["cloud/strength"].number) if strength is None else strength
        return CloudExplosion(
            model=word if chosen >= _COMPARED else f"{word}_weak",
            pressure_pa=lambda distance: multi_energy_pressure_pa(
                energy_j, chosen, distance, air_pressure_pa
            ),
            at_source=True,
            details=details | {"blast_strength": float(chosen)},
            parameters=(*used, blasts["cloud/strength"]) if strength is None else used,
        )
    if word == "baker_strehlow":
        mach = blasts[f"flame_mach/{fuel_reactivity}/{blasts['cloud/congestion'].word}"]
        return CloudExplosion(
            model=word if mach.number >= _SONIC else f"{word}_slow",
            pressure_pa=lambda distance: baker_strehlow_pressure_pa(
                energy_j, mach.number, distance, air_pressure_pa
            ),
            at_source=True,
            details=details | {"flame_mach": mach.number},
            parameters=(*used, blasts["cloud/congestion"], mach),
        )
    raise ParameterError(
        f"blasts:cloud/model {word!r} is none of multi_energy, baker_strehlow, tnt_equivalence",
        f"blasts:cloud/model {word!r} 不是 multi_energy、baker_strehlow、tnt_equivalence 之一",
    )


def _as_tnt(flammable_kg: float, heat_j_kg: float, air_pressure_pa: float, blasts: Table) -> CloudExplosion:
    tnt_kg = cloud_tnt_kg(flammable_kg, heat_j_kg, blasts)
    return CloudExplosion(
        model="tnt_equivalence",
        pressure_pa=lambda distance: _tnt_pressure_pa(tnt_kg, distance, air_pressure_pa),
        at_source=False,
        details={"tnt_kg": tnt_kg, "flammable_kg": flammable_kg},
        parameters=(blasts["cloud/yield"], blasts["cloud/tnt_heat"]),
    )


def _tnt_pressure_pa(
    tnt_kg: float, distance_m: NDArray[np.float64], air_pressure_pa: float
) -> NDArray[np.float64]:
    """Overpressure of TNT; nearer than the fit reaches that of its edge (17 MPa), farther 0 (under 0.3 kPa)."""
    if tnt_kg <= 0:
        return np.zeros(np.shape(distance_m))
    least, most = blast_range_m_kg("incident_pressure")
    per_m = float(scale_distance(tnt_kg, 1.0, air_pressure_pa))
    within = np.clip(distance_m, least * (1 + 1e-12) / per_m, most * (1 - 1e-12) / per_m)
    pressure = incident_pressure_pa(tnt_kg, within, air_pressure_pa)
    return np.where(np.asarray(distance_m) * per_m > most, 0.0, pressure)
