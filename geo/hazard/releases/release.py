"""From a scenario to a release: phase, rate or mass, jet, rain-out, pool."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.constants import R as GAS_CONSTANT

from geo.errors import HazardError
from geo.hazard.fluids import Fluid
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.releases.discharge import (
    Contents,
    Discharge,
    RainOut,
    discharge_of,
    phase_of,
    rain_out_of,
)
from geo.hazard.releases.gas import Jet
from geo.hazard.releases.material import Material, material_of
from geo.hazard.releases.outflow import Outflow, follow_outflow
from geo.hazard.releases.pool import (
    Evaporation,
    Ground,
    Spill,
    boil,
    evaporate_by_wind,
    wind_law,
)
from geo.hazard.scenario import Phase, Pool, Release, Scenario, ScenarioKind
from geo.hazard.substances import Substance
from geo.hazard.tables import Override, Table, table
from geo.hazard.weather import Weather

__all__ = ["evaporation_of", "ground_of", "pool_evaporation", "release_of"]

_RUPTURE = "rupture"
_OUTFLOW_MODELS = {
    Phase.GAS: "gas_outflow",
    Phase.LIQUID: "liquid_outflow",
    Phase.TWO_PHASE: "equilibrium_outflow",
}
"""By the phase of what leaves the hole, as keys of the register of models."""


def release_of(
    scenario: Scenario,
    equipment: Equipment,
    substance: Substance,
    surroundings: Surroundings,
    overrides: Sequence[Override] = (),
) -> Release:
    """Return what comes out of a piece of equipment.

    Parameters
    ----------
    scenario : Scenario
    equipment : Equipment
    substance : Substance
        That it holds.
    surroundings : Surroundings
    overrides : sequence of Override
        A user's values in the tables ``releases`` and ``ground``.

    Raises
    ------
    SubstanceError
        If a property is missing.
    HazardError
        If nothing drives the release or a leak has no hole; names the field.
    OutOfRangeError
        If no state of the substance answers to the equipment's.
    """
    rows = table("releases", overrides)
    material = material_of(
        substance, equipment.pressure_pa, equipment.temperature_k, surroundings.pressure_pa
    )
    contents = Contents(
        material=material,
        pressure_pa=equipment.pressure_pa,
        back_pressure_pa=surroundings.pressure_pa,
        temperature_k=equipment.temperature_k,
        head_m=equipment.liquid_height_m,
    )
    phase = phase_of(contents, _path_m(scenario, equipment, rows), rows)
    discharge = discharge_of(contents, phase, rows)
    outflow = _outflow(scenario, equipment, discharge, rows)
    return _assemble(
        _Case(scenario, equipment, substance, surroundings, material, rows, table("ground", overrides)),
        discharge,
        outflow,
    )


@dataclass(frozen=True)
class _Case:
    """Everything that a release is computed from."""

    scenario: Scenario
    equipment: Equipment
    substance: Substance
    surroundings: Surroundings
    material: Material
    rows: Table
    grounds: Table


def _path_m(scenario: Scenario, equipment: Equipment, rows: Table) -> float:
    """Return the length of the flow path: a broken pipe or nozzle is long, a hole in a wall is not."""
    if scenario.hole != _RUPTURE or scenario.kind is not ScenarioKind.LEAK:
        return 0.0
    return max(equipment.length_m or 0.0, rows["two_phase/shortest_path"].number)


def _outflow(scenario: Scenario, equipment: Equipment, discharge: Discharge, rows: Table) -> Outflow | None:
    """Return the outflow as a constant rate; None for all contents at once."""
    if scenario.kind is ScenarioKind.INSTANTANEOUS:
        return None
    mass = equipment.mass_kg if equipment.section_mass_kg is None else equipment.section_mass_kg
    if scenario.kind is ScenarioKind.TEN_MINUTES:
        duration = rows["catastrophic/ten_minutes"].number
        return Outflow(
            initial_kg_s=mass / duration, rate_kg_s=mass / duration, mass_kg=mass, duration_s=duration
        )
    if scenario.hole_diameter_m is None:
        raise HazardError(
            f"scenario {scenario.id!r} is a leak without hole_diameter_m",
            f"情景 {scenario.id!r} 为泄漏但未给出孔径",
        )
    area = math.pi * scenario.hole_diameter_m**2 / 4
    if discharge.flux_of_share(1.0) <= 0:
        raise HazardError(
            f"nothing drives a release from {equipment.id!r}: pressure_pa {equipment.pressure_pa:g} is not above that"
            " of the air; state liquid_height_m if liquid stands above the hole",
            f"{equipment.id!r} 的压力不高于大气压，无泄漏驱动力：若孔上有液位，请给出 liquid_height_m",
        )
    unlimited = rows["outflow/duration_unlimited"].number
    longest = unlimited if scenario.duration_s is None else scenario.duration_s
    return follow_outflow(lambda share: area * discharge.flux_of_share(share), mass, longest)


def _assemble(case: _Case, discharge: Discharge, outflow: Outflow | None) -> Release:
    """Return the release of an outflow; all contents at once where there is none."""
    rate = None if outflow is None else outflow.rate_kg_s
    mass = case.equipment.mass_kg if outflow is None else outflow.mass_kg
    duration = 0.0 if outflow is None else outflow.duration_s
    jet = discharge.jet_of_rate(mass if rate is None else rate)
    rain_out = _rain_out(case, discharge, jet)
    pool = _pool(case, mass * (1 - rain_out.airborne_fraction), duration, jet.temperature_k)
    ground = case.grounds.below(case.equipment.ground)
    details = discharge.details | {
        "boiling_point_k": case.material.boiling_point_k,
        "flashed_share": rain_out.vapour_fraction,
        "initial_rate_kg_s": math.nan if outflow is None else outflow.initial_kg_s,
        "jet_area_m2": math.nan if outflow is None else jet.area_m2,
        "jet_density_kg_m3": jet.density_kg_m3,
    }
    pool_rows: tuple[Parameter, ...] = ()
    if pool is not None:
        law = case.rows["pool/evaporation"].word
        wind_rows = () if pool.boils else tuple(case.rows.below(law).values())
        pool_rows = (*ground.values(), *case.rows.below("pool").values(), *wind_rows)
    return Release(
        rate_kg_s=rate,
        duration_s=duration,
        mass_kg=mass,
        phase=discharge.phase,
        velocity_m_s=0.0 if outflow is None else jet.velocity_m_s,
        temperature_k=jet.temperature_k,
        vapour_fraction=rain_out.vapour_fraction,
        airborne_fraction=rain_out.airborne_fraction,
        airborne_density_kg_m3=rain_out.density_kg_m3,
        height_m=case.equipment.release_height_m,
        pool=pool,
        models=_models_of(case, discharge.phase, pool),
        warnings=discharge.warnings,
        details={key: value for key, value in details.items() if not math.isnan(value)},
        parameters=discharge.parameters + pool_rows,
    )


def _models_of(case: _Case, phase: Phase, pool: Pool | None) -> tuple[str, ...]:
    """Return the models of a release, as the register names them; only a leak has a rate that a model gave."""
    through_hole = (_OUTFLOW_MODELS[phase],) if case.scenario.kind is ScenarioKind.LEAK else ()
    rain_out = () if phase is Phase.GAS else ("rain_out",)
    evaporation = (
        () if pool is None else ("boiling_pool" if pool.boils else case.rows["pool/evaporation"].word,)
    )
    return through_hole + rain_out + evaporation


def _rain_out(case: _Case, discharge: Discharge, jet: Jet) -> RainOut:
    if discharge.phase is Phase.GAS:
        return RainOut(vapour_fraction=1.0, airborne_fraction=1.0, density_kg_m3=jet.density_kg_m3)
    return rain_out_of(case.material, jet, case.rows)


def ground_of(equipment: Equipment, surroundings: Surroundings, grounds: Table) -> Ground:
    """Return the ground under a piece of equipment; as warm as the air."""
    rows = grounds.below(equipment.ground)
    if not rows:
        known = ", ".join(dict.fromkeys(key.partition("/")[0] for key in grounds))
        raise HazardError(
            f"{equipment.id!r}: ground {equipment.ground!r} is none of {known}",
            f"{equipment.id!r}：地面类型 {equipment.ground!r} 不在 {known} 之中",
        )
    return Ground(
        depth_m=rows["depth"].number,
        conductivity_w_m_k=rows["conductivity"].number,
        diffusivity_m2_s=rows["diffusivity"].number,
        temperature_k=surroundings.temperature_k,
        area_m2=math.inf if equipment.dike_area_m2 is None else equipment.dike_area_m2,
    )


def _pool(case: _Case, mass_kg: float, duration_s: float, temperature_k: float) -> Pool | None:
    """Return the pool of what rains out, in the reference wind; None where nothing does."""
    if mass_kg <= 1e-9 * case.equipment.mass_kg:
        return None
    ground = ground_of(case.equipment, case.surroundings, case.grounds)
    spill = Spill(mass_kg=mass_kg, duration_s=duration_s, density_kg_m3=case.material.boiling_density_kg_m3)
    weather = Weather(stability="D", wind_m_s=case.rows["pool/reference_wind"].number, by_day=True)
    boils = case.material.boiling_point_k < ground.temperature_k
    course = pool_evaporation(
        spill, ground, case.substance, case.surroundings.pressure_pa, temperature_k, weather, case.rows
    )
    return Pool(
        mass_kg=mass_kg,
        area_m2=float(course.area_m2.max()),
        evaporation_kg_s=course.mean_kg_s,
        evaporation_s=course.duration_s,
        boils=boils,
    )


def evaporation_of(
    pool: Pool,
    temperature_k: float,
    substance: Substance,
    surroundings: Surroundings,
    weather: Weather,
    releases: Table,
) -> tuple[float, float]:
    """Return the mean rate of a pool's evaporation in a weather, and how long it lasts.

    Parameters
    ----------
    pool : Pool
        If it boils, the weather changes nothing; else its whole area gives off vapour, until it is dry.
    temperature_k : float
        Of the liquid; that of the air if it is warmer.
    """
    if pool.boils:
        return pool.evaporation_kg_s, pool.evaporation_s
    fluid = substance.fluid
    temperature = max(temperature_k, surroundings.temperature_k)
    law = wind_law(_vapour_kg_m3(fluid, temperature), weather, releases)
    rate = law(math.sqrt(pool.area_m2 / math.pi))
    longest = max(pool.evaporation_s, releases["pool/longest_evaporation"].number)
    return rate, min(pool.mass_kg / rate, longest)


def pool_evaporation(
    spill: Spill,
    ground: Ground,
    substance: Substance,
    air_pressure_pa: float,
    temperature_k: float,
    weather: Weather,
    releases: Table,
) -> Evaporation:
    """Return the course of a pool in a weather: boiling where the ground is warmer than its boiling point.

    Below its boiling point it keeps the temperature of the liquid, or of the ground if that is warmer.
    """
    fluid = substance.fluid
    horizon = max(spill.duration_s, releases["pool/longest_evaporation"].number)
    boiling_k = fluid.boiling_point_k(air_pressure_pa)
    if boiling_k < ground.temperature_k:
        return boil(spill, ground, boiling_k, fluid.latent_heat_j_kg(boiling_k), horizon)
    vapour = _vapour_kg_m3(fluid, max(ground.temperature_k, temperature_k))
    return evaporate_by_wind(spill, ground, wind_law(vapour, weather, releases), horizon)


def _vapour_kg_m3(fluid: Fluid, temperature_k: float) -> float:
    """Return the density of the vapour over a liquid."""
    moles = fluid.vapour_pressure_pa(temperature_k) / (GAS_CONSTANT * temperature_k)
    return float(moles * fluid.molar_mass_kg_mol)
