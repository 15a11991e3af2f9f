"""Air at the elevation of a plant: US standard atmosphere 1976."""

from scipy.constants import R

from geo.errors import OutOfRangeError

__all__ = ["AIR_MOLAR_MASS_KG_MOL", "LAND_M", "density_of_kg_m3", "pressure_at_pa"]

LAND_M = (-430.0, 9000.0)
"""Elevations on which a plant can stand: from the shore of the Dead Sea to the highest mountains. Chosen. [m]"""

AIR_MOLAR_MASS_KG_MOL = 0.028_964_4
"""Dry air. [kg/mol] US standard atmosphere 1976, table 3."""


def pressure_at_pa(elevation_m: float) -> float:
    """Return the pressure of the standard atmosphere at an elevation above sea level [Pa].

    Raises
    ------
    OutOfRangeError
        Where no plant can stand.

    References
    ----------
    .. [1] U.S. Standard Atmosphere 1976, NOAA-S/T 76-1562.

    Examples
    --------
    >>> round(pressure_at_pa(2000.0))
    79501
    """
    from fluids.atmosphere import ATMOSPHERE_1976

    _check_elevation(elevation_m)
    return float(ATMOSPHERE_1976(elevation_m).P)


def density_of_kg_m3(temperature_k: float, pressure_pa: float) -> float:
    """Return the density of dry air as an ideal gas [kg/m³]."""
    if not (temperature_k > 0 and pressure_pa > 0):
        raise OutOfRangeError(f"air has no density at {temperature_k} K and {pressure_pa} Pa")
    return float(pressure_pa * AIR_MOLAR_MASS_KG_MOL / (R * temperature_k))


def _check_elevation(elevation_m: float) -> None:
    low_m, high_m = LAND_M
    if not low_m <= elevation_m <= high_m:
        raise OutOfRangeError(
            f"no plant stands at {elevation_m:g} m above sea level ({low_m:g} to {high_m:g})",
            f"海拔 {elevation_m:g} m 超出陆地范围（{low_m:g} 至 {high_m:g}）",
        )
