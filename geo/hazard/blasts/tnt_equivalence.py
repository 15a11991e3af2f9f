"""TNT that would blast like a cloud of fuel."""

from geo.errors import OutOfRangeError
from geo.hazard.tables import Table

__all__ = ["cloud_tnt_kg"]


def cloud_tnt_kg(flammable_kg: float, heat_of_combustion_j_kg: float, blasts: Table) -> float:
    """Mass of TNT, in kg, that stands for a vapour cloud: ``yield M Hc / H_TNT``.

    Parameters
    ----------
    flammable_kg : float
        Fuel between its flammable limits. [kg]
    heat_of_combustion_j_kg : float
        Lower heating value. [J/kg]
    blasts : Table
        ``blasts``; ``cloud/yield`` is 0.04, with 0.03 to 0.10 in use.

    Raises
    ------
    OutOfRangeError
        If a value is negative.
    """
    if not (flammable_kg >= 0 and heat_of_combustion_j_kg >= 0):
        raise OutOfRangeError(
            f"{flammable_kg} kg with {heat_of_combustion_j_kg} J/kg: neither may be negative",
            f"质量 {flammable_kg} kg 与热值 {heat_of_combustion_j_kg} J/kg 不得为负",
        )
    share, tnt_j_kg = blasts["cloud/yield"].number, blasts["cloud/tnt_heat"].number
    return share * (flammable_kg * heat_of_combustion_j_kg / tnt_j_kg)
