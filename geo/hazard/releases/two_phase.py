"""Flow of a flashing liquid, and of any real fluid, through a hole or pipe: homogeneous equilibrium.

Isentropic expansion along the real states of the fluid; the flux is the largest that any pressure between inside
and outside allows (CCPS, Guidelines for Consequence Analysis of Chemical Releases, 1999, section 2.1.5; API 520-1,
annex B.1). No fitted constants. Limits: phases in equilibrium and at one speed, so flow paths longer than about
0.1 m; friction is not counted. The form of Fauske (1985) checks it and stands in where states are missing.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from geo.errors import OutOfRangeError
from geo.hazard.releases.gas import Jet

__all__ = [
    "Throat",
    "enthalpy_inside",
    "equilibrium_throat",
    "expand_throat",
    "fauske_flux_kg_m2_s",
    "fluid_state",
]

_PRESSURES = 48  # numerical
_SEARCHES = 40  # numerical


@dataclass(frozen=True, kw_only=True)
class Throat:
    """State in the narrowest section.

    Attributes
    ----------
    flux_kg_m2_s, pressure_pa, density_kg_m3, velocity_m_s : float
    enthalpy_j_kg : float
        Of the fluid at rest inside.
    """

    flux_kg_m2_s: float
    pressure_pa: float
    density_kg_m3: float
    velocity_m_s: float
    enthalpy_j_kg: float


@lru_cache(maxsize=64)
def fluid_state(fluid: str) -> Any:
    """Return the state of a pure fluid by CoolProp's name; one object for all, so update it before each reading."""
    from CoolProp.CoolProp import AbstractState

    return AbstractState("HEOS", fluid)


def _start(fluid: str, pressure_pa: float, temperature_k: float) -> tuple[float, float]:
    """Return enthalpy and entropy inside; at the vapour pressure that of the saturated liquid."""
    import CoolProp

    state = fluid_state(fluid)
    critical = state.T_critical()
    if temperature_k < critical:
        state.update(CoolProp.QT_INPUTS, 0.0, temperature_k)
        if abs(state.p() - pressure_pa) <= 1e-6 * pressure_pa:
            return state.hmass(), state.smass()
    state.update(CoolProp.PT_INPUTS, pressure_pa, temperature_k)
    return state.hmass(), state.smass()


def enthalpy_inside(fluid: str, pressure_pa: float, temperature_k: float) -> float:
    """Return the enthalpy of what a vessel holds as liquid or gas, in J/kg."""
    return _start(fluid, pressure_pa, temperature_k)[0]


@lru_cache(maxsize=1024)
def equilibrium_throat(
    fluid: str, pressure_pa: float, temperature_k: float, back_pressure_pa: float
) -> Throat:
    """Return the narrowest section of the isentropic flow of a real fluid.

    Parameters
    ----------
    fluid : str
        CoolProp's name.
    pressure_pa, temperature_k : float
        Inside; absolute. At the vapour pressure the fluid is a saturated liquid.
    back_pressure_pa : float
        Outside.

    Raises
    ------
    OutOfRangeError
        If the pressure outside is not below that inside.
    """
    import CoolProp

    if back_pressure_pa >= pressure_pa:
        raise OutOfRangeError(
            f"nothing flows from {pressure_pa} Pa against {back_pressure_pa} Pa",
            f"内压 {pressure_pa} Pa 不高于外压 {back_pressure_pa} Pa，无泄漏",
        )
    state = fluid_state(fluid)
    enthalpy, entropy = _start(fluid, pressure_pa, temperature_k)

    def flux(pressure: float) -> tuple[float, float]:
        state.update(CoolProp.PSmass_INPUTS, pressure, entropy)
        density = state.rhomass()
        return density * math.sqrt(2 * max(enthalpy - state.hmass(), 0.0)), density

    pressure = _pressure_of_largest(lambda p: flux(p)[0], back_pressure_pa, pressure_pa)
    largest, density = flux(pressure)
    return Throat(
        flux_kg_m2_s=largest,
        pressure_pa=pressure,
        density_kg_m3=density,
        velocity_m_s=largest / density,
        enthalpy_j_kg=enthalpy,
    )


def _pressure_of_largest(flux: Any, low_pa: float, high_pa: float) -> float:
    """Return the pressure of the largest flux: a scan, then golden sections around the best."""
    step = (high_pa - low_pa) / _PRESSURES
    best = max(range(_PRESSURES), key=lambda i: flux(low_pa + i * step))
    low, high = low_pa + max(best - 1, 0) * step, low_pa + (best + 1) * step
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(_SEARCHES):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if flux(left) >= flux(right):
            high = right
        else:
            low = left
    return low if flux(low) >= flux(high) else high


def expand_throat(fluid: str, throat: Throat, rate_kg_s: float, back_pressure_pa: float) -> Jet:
    """Return the jet at the pressure of the air: mass, momentum and energy of the flow kept.

    Where nearly all pressure turns into speed the momentum balance may ask for more energy than there is; the speed
    is then that of the isentropic expansion.
    """
    import CoolProp

    state = fluid_state(fluid)
    velocity = throat.velocity_m_s + (throat.pressure_pa - back_pressure_pa) / throat.flux_kg_m2_s
    state.update(CoolProp.HmassP_INPUTS, throat.enthalpy_j_kg - velocity**2 / 2, back_pressure_pa)
    density, quality = state.rhomass(), state.Q()
    return Jet(
        velocity_m_s=velocity,
        temperature_k=state.T(),
        density_kg_m3=density,
        area_m2=rate_kg_s / (density * velocity),
        vapour_fraction=quality if 0 <= quality <= 1 else float(state.T() > _boiling_point(state)),
    )


def _boiling_point(state: Any) -> float:
    import CoolProp

    pressure = state.p()
    state.update(CoolProp.PQ_INPUTS, pressure, 0.0)
    return float(state.T())


def fauske_flux_kg_m2_s(
    latent_heat_j_kg: float,
    vapour_density_kg_m3: float,
    liquid_density_kg_m3: float,
    temperature_k: float,
    cp_liquid_j_kg_k: float,
) -> float:
    """Return the flux of a saturated liquid in equilibrium, by properties at its temperature alone, in kg/(m2 s).

    References
    ----------
    .. [1] H. K. Fauske, "Flashing flows or: some practical guidelines for emergency releases", Plant/Operations
       Progress 4 (1985) 132, equation 2: latent heat over change of volume, times 1/sqrt(T cp).
    """
    volume = 1 / vapour_density_kg_m3 - 1 / liquid_density_kg_m3
    return latent_heat_j_kg / volume / math.sqrt(temperature_k * cp_liquid_j_kg_k)
