"""What drives an outflow: phase inside, flux through the hole, and the jet that forms outside."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from geo.errors import OutOfRangeError
from geo.hazard.parameters import Parameter
from geo.hazard.releases.flash import airborne_share, flash_share, flash_share_of_fluid
from geo.hazard.releases.gas import Jet, expand_gas, gas_flux_kg_m2_s, is_choked
from geo.hazard.releases.liquid import liquid_flux_kg_m2_s, liquid_velocity_m_s
from geo.hazard.releases.material import Material
from geo.hazard.releases.two_phase import (
    Throat,
    enthalpy_inside,
    equilibrium_throat,
    expand_throat,
    fauske_flux_kg_m2_s,
)
from geo.hazard.scenario import Phase
from geo.hazard.tables import Table
from geo.text import Text

__all__ = ["Contents", "Discharge", "RainOut", "discharge_of", "phase_of", "rain_out_of"]

_EQUILIBRIUM_MISSING = Text(
    "物性库无该物质的两相状态：两相流量按 Fauske 式估算",
    "no two-phase states of the substance: the flux is that of Fauske's form",
)
_NO_HEAD = Text(
    "未给出孔上液位高度：未计液柱压力", "height of the liquid above the hole unknown: no head is counted"
)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What stands before the hole.

    Attributes
    ----------
    material : Material
    pressure_pa, back_pressure_pa : float
        Inside and outside, absolute.
    temperature_k : float
    head_m : float or None
    """

    material: Material
    pressure_pa: float
    back_pressure_pa: float
    temperature_k: float
    head_m: float | None


@dataclass(frozen=True, kw_only=True)
class Discharge:
    """An outflow per area of hole.

    Attributes
    ----------
    phase : Phase
    flux_of_share : callable
        Flux [kg/(m2 s)], discharge coefficient counted, when a share of the contents is left.
    jet_of_rate : callable
        The expanded jet of a rate [kg/s].
    warnings, parameters : tuple
    details : dict
    """

    phase: Phase
    flux_of_share: Callable[[float], float]
    jet_of_rate: Callable[[float], Jet]
    warnings: tuple[Text, ...]
    parameters: tuple[Parameter, ...]
    details: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class RainOut:
    """What stays in the air and what falls.

    Attributes
    ----------
    vapour_fraction, airborne_fraction : float
    density_kg_m3 : float
        Of the airborne part with its droplets.
    """

    vapour_fraction: float
    airborne_fraction: float
    density_kg_m3: float


def phase_of(contents: Contents, path_m: float, releases: Table) -> Phase:
    """Return the phase of what leaves the hole.

    Gas below the vapour pressure or above the critical temperature; else liquid, which flashes inside when it would
    boil outside and its flow path is long.
    """
    material = contents.material
    vapour_pressure = material.vapour_pressure_pa
    if vapour_pressure is None:
        return Phase.GAS
    tolerance = releases["phase/saturation_tolerance"].number
    if contents.pressure_pa < (1 - tolerance) * vapour_pressure:
        return Phase.GAS
    flashes = contents.temperature_k > material.boiling_point_k
    long = path_m >= releases["two_phase/shortest_path"].number
    return Phase.TWO_PHASE if flashes and long else Phase.LIQUID


def discharge_of(contents: Contents, phase: Phase, releases: Table) -> Discharge:
    """Return the outflow of the contents in a phase."""
    if phase is Phase.GAS:
        return _discharge_gas(contents, releases)
    held = contents.material.vapour_pressure_pa or 0.0
    contents = replace(contents, pressure_pa=max(contents.pressure_pa, held))
    if phase is Phase.LIQUID:
        return _discharge_liquid(contents, releases)
    return _discharge_two_phase(contents, releases)


def rain_out_of(material: Material, jet: Jet, releases: Table) -> RainOut:
    """Return what of a jet stays in the air, by its flashed share."""
    airborne = airborne_share(
        jet.vapour_fraction,
        releases["flash/airborne_per_flashed"].number,
        releases["flash/no_pool_above"].number,
    )
    if jet.vapour_fraction == 1 or airborne == 0:
        return RainOut(
            vapour_fraction=jet.vapour_fraction, airborne_fraction=airborne, density_kg_m3=jet.density_kg_m3
        )
    quality = jet.vapour_fraction / airborne
    return RainOut(
        vapour_fraction=jet.vapour_fraction,
        airborne_fraction=airborne,
        density_kg_m3=material.mixture_density_kg_m3(quality),
    )


def _discharge_gas(contents: Contents, releases: Table) -> Discharge:
    material, back = contents.material, contents.back_pressure_pa
    coefficient = releases["discharge_coefficient/gas"]

    def flux(share: float) -> float:
        pressure = contents.pressure_pa * share
        return coefficient.number * gas_flux_kg_m2_s(
            pressure,
            contents.temperature_k,
            back,
            material.molar_mass_kg_mol,
            material.gamma,
            material.compressibility,
        )

    def jet(rate: float) -> Jet:
        return expand_gas(
            rate,
            flux(1.0) / coefficient.number,
            contents.pressure_pa,
            contents.temperature_k,
            back,
            material.molar_mass_kg_mol,
            material.gamma,
        )

    choked = is_choked(contents.pressure_pa, back, material.gamma)
    return Discharge(
        phase=Phase.GAS,
        flux_of_share=flux,
        jet_of_rate=jet,
        warnings=(),
        parameters=(coefficient,),
        details={
            "choked": float(choked),
            "gamma": material.gamma,
            "compressibility": material.compressibility,
        },
    )


def _discharge_liquid(contents: Contents, releases: Table) -> Discharge:
    material, back = contents.material, contents.back_pressure_pa
    coefficient = releases["discharge_coefficient/liquid"]
    density, head = material.liquid_density_kg_m3, contents.head_m or 0.0

    def flux(share: float) -> float:
        return coefficient.number * liquid_flux_kg_m2_s(contents.pressure_pa, back, density, head * share)

    velocity = liquid_velocity_m_s(contents.pressure_pa, back, density, head)
    flashed = _flash(contents, velocity)
    mixed = material.mixture_density_kg_m3(flashed) if flashed else density

    def jet(rate: float) -> Jet:
        return Jet(
            velocity_m_s=velocity,
            temperature_k=min(contents.temperature_k, material.boiling_point_k),
            density_kg_m3=mixed,
            area_m2=rate / (mixed * velocity) if velocity else 0.0,
            vapour_fraction=flashed,
        )

    return Discharge(
        phase=Phase.LIQUID,
        flux_of_share=flux,
        jet_of_rate=jet,
        warnings=() if contents.head_m is not None else (_NO_HEAD,),
        parameters=(
            coefficient,
            releases["flash/airborne_per_flashed"],
            releases["flash/no_pool_above"],
        ),
        details={"liquid_density_kg_m3": density, "head_m": head},
    )


def _flash(contents: Contents, velocity_m_s: float) -> float:
    """Return the flashed share of a liquid that has left the hole."""
    material = contents.material
    if contents.temperature_k <= material.boiling_point_k:
        return 0.0
    if material.fluid is None:
        return flash_share(
            contents.temperature_k,
            material.boiling_point_k,
            material.cp_liquid_j_kg_k,
            material.latent_heat_j_kg,
        )
    inside = enthalpy_inside(material.fluid, contents.pressure_pa, contents.temperature_k)
    return flash_share_of_fluid(material.fluid, inside - velocity_m_s**2 / 2, contents.back_pressure_pa)


def _discharge_two_phase(contents: Contents, releases: Table) -> Discharge:
    coefficient = releases["discharge_coefficient/two_phase"]
    throat, jet = _two_phase_flow(contents)

    def flux(share: float) -> float:
        # A boiling liquid keeps its pressure until it is gone.
        return coefficient.number * throat.flux_kg_m2_s

    return Discharge(
        phase=Phase.TWO_PHASE,
        flux_of_share=flux,
        jet_of_rate=jet,
        warnings=() if contents.material.fluid else (_EQUILIBRIUM_MISSING,),
        parameters=(
            coefficient,
            releases["two_phase/shortest_path"],
            releases["flash/airborne_per_flashed"],
            releases["flash/no_pool_above"],
        ),
        details={"throat_pressure_pa": throat.pressure_pa, "throat_density_kg_m3": throat.density_kg_m3},
    )


def _two_phase_flow(contents: Contents) -> tuple[Throat, Callable[[float], Jet]]:
    """Return the throat and the jet: of equilibrium states, or of Fauske's form where there are none."""
    material, back = contents.material, contents.back_pressure_pa
    if material.fluid is not None:
        throat = equilibrium_throat(material.fluid, contents.pressure_pa, contents.temperature_k, back)
        fluid = material.fluid
        return throat, lambda rate: expand_throat(fluid, throat, rate, back)
    vapour_pressure = material.vapour_pressure_pa
    if vapour_pressure is None:
        raise OutOfRangeError(
            "two-phase flow above the critical temperature", "温度高于临界温度，不存在两相流"
        )
    vapour_density = material.vapour_density_kg_m3(vapour_pressure, contents.temperature_k)
    saturated = fauske_flux_kg_m2_s(
        material.inside_latent_heat_j_kg,
        vapour_density,
        material.liquid_density_kg_m3,
        contents.temperature_k,
        material.inside_cp_j_kg_k,
    )
    subcooled = liquid_flux_kg_m2_s(contents.pressure_pa, vapour_pressure, material.liquid_density_kg_m3, 0.0)
    flux = (saturated**2 + subcooled**2) ** 0.5
    velocity = (contents.pressure_pa - back) / flux
    flashed = _flash(contents, 0.0)
    density = material.mixture_density_kg_m3(flashed)
    throat = Throat(
        flux_kg_m2_s=flux,
        pressure_pa=vapour_pressure,
        density_kg_m3=material.liquid_density_kg_m3,
        velocity_m_s=flux / material.liquid_density_kg_m3,
        enthalpy_j_kg=float("nan"),
    )
    return throat, lambda rate: Jet(
        velocity_m_s=velocity,
        temperature_k=material.boiling_point_k,
        density_kg_m3=density,
        area_m2=rate / (density * velocity),
        vapour_fraction=flashed,
    )
