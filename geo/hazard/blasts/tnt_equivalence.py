"""TNT that would blast like another explosive, or like a cloud of fuel."""

from geo.errors import OutOfRangeError
from geo.hazard.tables import Table

__all__ = ["cloud_tnt_kg", "explosive_tnt_kg"]


def explosive_tnt_kg(mass_kg: float, heat_of_explosion_j_kg: float, blasts: Table) -> float:
    """Mass of TNT, in kg, with the same heat of explosion.

    Parameters
    ----------
    mass_kg : float
        Of the explosive. [kg]
    heat_of_explosion_j_kg : float
        [J/kg]
    blasts : Table
        ``blasts``; ``tnt/heat`` is 4.52 MJ/kg, with 4.2 to 4.7 in use.

    Raises
    ------
    OutOfRangeError
        If a value is negative.
    """
    return _equivalent_kg(mass_kg, heat_of_explosion_j_kg, blasts["tnt/heat"].number)


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
    share = blasts["cloud/yield"].number
    return share * _equivalent_kg(flammable_kg, heat_of_combustion_j_kg, blasts["cloud/tnt_heat"].number)


def _equivalent_kg(mass_kg: float, heat_j_kg: float, tnt_j_kg: float) -> float:
    if not (mass_kg >= 0 and heat_j_kg >= 0):
        raise OutOfRangeError(
            f"{mass_kg} kg with {heat_j_kg} J/kg: neither may be negative",
            f"质量 {mass_kg} kg 与热值 {heat_j_kg} J/kg 不得为负",
        )
    return mass_kg * heat_j_kg / tnt_j_kg
