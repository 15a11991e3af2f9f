"""Gas through a hole: choked and unchoked outflow, and the expansion of its jet to the pressure of the air.

Ideal gas with a compressibility factor; isentropic flow to the hole. Models: TNO Yellow Book (CPR 14E), section 2.5.2;
notional nozzle of A. D. Birch, D. J. Hughes and F. Swaffield, "Velocity decay of high pressure jets", Combustion
Science and Technology 52 (1987) 161. Limits: single phase up to the hole, path short against its friction length,
heat capacity ratio constant along the expansion.
"""

import math
from dataclasses import dataclass

from scipy.constants import R as GAS_CONSTANT

from geo.errors import OutOfRangeError

__all__ = ["Jet", "critical_pressure_ratio", "expand_gas", "gas_flux_kg_m2_s", "is_choked"]


@dataclass(frozen=True, kw_only=True)
class Jet:
    """A jet expanded to the pressure of the air, before any air has mixed in.

    Attributes
    ----------
    velocity_m_s, temperature_k, density_kg_m3 : float
    area_m2 : float
        Of the notional nozzle that lets the same mass and momentum pass.
    vapour_fraction : float
        Share of its mass that is vapour.
    """

    velocity_m_s: float
    temperature_k: float
    density_kg_m3: float
    area_m2: float
    vapour_fraction: float = 1.0

    @property
    def diameter_m(self) -> float:
        """Diameter of the notional nozzle."""
        return math.sqrt(4 * self.area_m2 / math.pi)


def critical_pressure_ratio(gamma: float) -> float:
    """Return the ratio of back pressure to vessel pressure below which the flow is choked.

    Examples
    --------
    >>> round(critical_pressure_ratio(1.4), 4)
    0.5283
    """
    if gamma <= 1:
        raise OutOfRangeError(f"heat capacity ratio {gamma} must be above 1", f"比热比 {gamma} 应大于 1")
    return float((2 / (gamma + 1)) ** (gamma / (gamma - 1)))


def is_choked(pressure_pa: float, back_pressure_pa: float, gamma: float) -> bool:
    """Return whether gas leaves at the speed of sound."""
    return back_pressure_pa <= critical_pressure_ratio(gamma) * pressure_pa


def gas_flux_kg_m2_s(
    pressure_pa: float,
    temperature_k: float,
    back_pressure_pa: float,
    molar_mass_kg_mol: float,
    gamma: float,
    compressibility: float = 1.0,
) -> float:
    """Return the mass flux of a gas through a hole, before the discharge coefficient, in kg/(m2 s).

    Parameters
    ----------
    pressure_pa, temperature_k : float
        Inside; the pressure is absolute.
    back_pressure_pa : float
        Outside; at or above the inside pressure nothing flows.
    molar_mass_kg_mol, gamma, compressibility : float
        Of the gas as it is inside.

    Returns
    -------
    float
        Continuous at the critical pressure ratio.

    References
    ----------
    .. [1] TNO Yellow Book, CPR 14E (2005), equations 2.22 to 2.25.
    """
    if pressure_pa <= back_pressure_pa:
        return 0.0
    ratio = max(back_pressure_pa / pressure_pa, critical_pressure_ratio(gamma))
    head = ratio ** (2 / gamma) - ratio ** ((gamma + 1) / gamma)
    volume = compressibility * GAS_CONSTANT * temperature_k / molar_mass_kg_mol
    return pressure_pa * math.sqrt(2 * gamma / (gamma - 1) * head / volume)


def expand_gas(
    rate_kg_s: float,
    flux_kg_m2_s: float,
    pressure_pa: float,
    temperature_k: float,
    back_pressure_pa: float,
    molar_mass_kg_mol: float,
    gamma: float,
) -> Jet:
    """Return the jet of a gas at the pressure of the air: momentum and mass kept, temperature that of the vessel.

    The pressure left over in a choked hole speeds the gas up; shocks give the heat of the expansion back, so the
    temperature is that of the gas at rest (Birch 1987, equations 8 to 10).
    """
    specific = GAS_CONSTANT * temperature_k / molar_mass_kg_mol
    ratio = max(back_pressure_pa / pressure_pa, critical_pressure_ratio(gamma))
    speed = math.sqrt(2 * gamma / (gamma - 1) * specific * (1 - ratio ** ((gamma - 1) / gamma)))
    velocity = speed + max(ratio * pressure_pa - back_pressure_pa, 0.0) / flux_kg_m2_s
    density = back_pressure_pa / specific
    return Jet(
        velocity_m_s=velocity,
        temperature_k=temperature_k,
        density_kg_m3=density,
        area_m2=rate_kg_s / (density * velocity),
    )
