"""From a release to the effects of its end events: which part burns, explodes or poisons, and by which model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import HazardError
from geo.hazard.air import density_of_kg_m3
from geo.hazard.blasts.vapour_cloud import explode_cloud
from geo.hazard.dispersion.cloud import Cloud
from geo.hazard.effects import BlastEffect, FlashEffect, HeatEffect, ToxicEffect
from geo.hazard.fires.fireball import fireball, fireball_mass_kg
from geo.hazard.fires.flash_fire import flash_fire_limit_kg_m3
from geo.hazard.fires.jet_fire import jet_fire
from geo.hazard.fires.pool_fire import burning_rate_kg_m2_s, pool_burning_rate_kg_m2_s, pool_fire
from geo.hazard.fires.radiation import transmissivity_parameters, water_vapour_pressure_pa
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.scenario import Release
from geo.hazard.substances import Substance
from geo.hazard.tables import Override, Table, table
from geo.hazard.vulnerability import ToxicProbit, blast_parameters, heat_parameters, toxic_probit
from geo.hazard.weather import Weather
from geo.text import Text

__all__ = [
    "Scene",
    "explosion_of",
    "fireball_of",
    "flash_fire_of",
    "jet_fire_of",
    "pool_fire_of",
    "toxic_cloud_of",
]

_NO_CONGESTION = Text(
    zh="未给出拥塞体积：蒸气云爆炸按全部可燃质量的 TNT 当量计算。",
    en="No congested volume is stated: the explosion counts all flammable mass as TNT at the yield of experience.",
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the consequences of a release are computed from, whatever the weather.

    Attributes
    ----------
    equipment : Equipment
    substance : Substance
    release : Release
    surroundings : Surroundings
    fires, blasts, probits : Table
        With a user's overrides in them.
    """

    equipment: Equipment
    substance: Substance
    release: Release
    surroundings: Surroundings
    fires: Table
    blasts: Table
    probits: Table

    @classmethod
    def of(
        cls,
        equipment: Equipment,
        substance: Substance,
        release: Release,
        surroundings: Surroundings,
        overrides: Sequence[Override] = (),
    ) -> "Scene":
        """Return the scene of a release, with the tables and a user's overrides in them."""
        return cls(
            equipment=equipment,
            substance=substance,
            release=release,
            surroundings=surroundings,
            fires=table("fires", overrides),
            blasts=table("blasts", overrides),
            probits=table("probits", overrides),
        )

    @property
    def vapour_pressure_pa(self) -> float:
        """Partial pressure of the water in the air, in Pa."""
        return water_vapour_pressure_pa(self.surroundings.temperature_k, self.surroundings.humidity)

    def limits_kg_m3(self) -> tuple[float, float]:
        """Return the lower and upper flammable limits, in kg/m³, in the air of the place."""
        lower, upper = (
            self.substance.limit_kg_m3(limit, self.surroundings.temperature_k, self.surroundings.pressure_pa)
            for limit in (self.substance.lfl, self.substance.ufl)
        )
        return lower, upper

    def fire_rows(self, *prefixes: str) -> tuple[Parameter, ...]:
        """Return the rows that a fire rests on: those below the prefixes, absorption in the air, and the probit."""
        below = (row for prefix in prefixes for row in self.fires.below(prefix).values())
        return (*below, *transmissivity_parameters(self.fires), *heat_parameters(self.probits))


def jet_fire_of(scene: Scene) -> HeatEffect:
    """Return the jet fire of what flies: the rain-out burns as a pool.

    Raises
    ------
    HazardError
        If the release comes all at once.
    """
    release = scene.release
    if release.rate_kg_s is None:
        raise HazardError(
            f"release of {scene.equipment.id!r} comes all at once: it has no jet",
            f"{scene.equipment.id!r} 为瞬时泄漏，没有喷射火",
        )
    own = f"radiant_fraction/{scene.substance.key}"
    fraction = scene.fires[own if own in scene.fires else "radiant_fraction/default"]
    fire = jet_fire(
        rate_kg_s=release.rate_kg_s * release.airborne_fraction,
        heat_of_combustion_j_kg=scene.substance.heat_of_combustion_j_kg,
        radiant_fraction=fraction.number,
        height_m=release.height_m,
        vapour_pressure_pa=scene.vapour_pressure_pa,
        fires=scene.fires,
    )
    return HeatEffect(
        model="jet_fire",
        value=fire.flux_w_m2,
        duration_s=release.duration_s,
        probits=scene.probits,
        parameters=(*scene.fire_rows("jet_flame", "jet_fire"), fraction),
        details={"flame_length_m": fire.length_m, "radiated_w": fire.radiated_w},
    )


def pool_fire_of(scene: Scene, weather: Weather) -> HeatEffect | None:
    """Return the fire of the pool that a release leaves; None where nothing rains out.

    A pool that is fed while it burns grows no larger than what burns off as fast as it is fed.
    """
    release, pool = scene.release, scene.release.pool
    if pool is None or pool.area_m2 <= 0:
        return None
    surroundings, fluid = scene.surroundings, scene.substance.fluid
    rate = _burning_rate_kg_m2_s(scene, 2.0 * math.sqrt(pool.area_m2 / math.pi))
    area_m2 = pool.area_m2
    if release.rate_kg_s is not None:
        area_m2 = min(area_m2, release.rate_kg_s * (1.0 - release.airborne_fraction) / rate)
    boiling_k = fluid.boiling_point_k(surroundings.pressure_pa)
    bright = scene.fires.below("emissive_power").get(scene.substance.key)
    fire = pool_fire(
        area_m2=area_m2,
        burning_rate_kg_m2_s=rate,
        heat_of_combustion_j_kg=scene.substance.heat_of_combustion_j_kg,
        vapour_density_kg_m3=fluid.gas_density_kg_m3(boiling_k, surroundings.pressure_pa),
        air_density_kg_m3=density_of_kg_m3(surroundings.temperature_k, surroundings.pressure_pa),
        wind_m_s=weather.wind_m_s,
        vapour_pressure_pa=scene.vapour_pressure_pa,
        fires=scene.fires,
        emissive_power_w_m2=bright.number if bright else None,
    )
    return HeatEffect(
        model="pool_fire",
        value=fire.flux_w_m2,
        duration_s=max(release.duration_s, pool.mass_kg / (rate * area_m2)),
        probits=scene.probits,
        is_round=fire.tilt_rad == 0,
        warnings=fire.warnings,
        parameters=scene.fire_rows("pool_flame", "pool_fire", "emissive_power"),
        details={
            "pool_diameter_m": fire.diameter_m,
            "flame_length_m": fire.length_m,
            "tilt_rad": fire.tilt_rad,
            "emissive_power_w_m2": fire.emissive_power_w_m2,
            "burning_rate_kg_m2_s": rate,
        },
    )


def _burning_rate_kg_m2_s(scene: Scene, diameter_m: float) -> float:
    """Burning rate as measured, where the substance table has it, else from heats."""
    substance, fluid = scene.substance, scene.substance.fluid
    if "burning_rate" in substance.rows:
        thickness = substance.number("extinction", "1/m") if "extinction" in substance.rows else None
        return pool_burning_rate_kg_m2_s(substance.number("burning_rate", "kg/(m2*s)"), thickness, diameter_m)
    boiling_k = fluid.boiling_point_k(scene.surroundings.pressure_pa)
    ambient_k = min(scene.surroundings.temperature_k, boiling_k)
    return burning_rate_kg_m2_s(
        substance.heat_of_combustion_j_kg,
        fluid.latent_heat_j_kg(boiling_k),
        fluid.liquid_heat_capacity_j_kg_k(ambient_k),
        boiling_k,
        ambient_k,
    )


def fireball_of(scene: Scene) -> HeatEffect | None:
    """Return the fireball of a vessel that bursts; None where nothing flashes."""
    release = scene.release
    mass_kg = fireball_mass_kg(release.mass_kg, release.vapour_fraction, scene.fires)
    if mass_kg <= 0:
        return None
    ball = fireball(
        mass_kg=mass_kg,
        heat_of_combustion_j_kg=scene.substance.heat_of_combustion_j_kg,
        burst_pressure_pa=scene.equipment.pressure_pa,
        vapour_pressure_pa=scene.vapour_pressure_pa,
        fires=scene.fires,
    )
    return HeatEffect(
        model="fireball",
        value=lambda distance, angle: ball.flux_w_m2(distance),
        duration_s=ball.duration_s,
        probits=scene.probits,
        is_round=True,
        parameters=scene.fire_rows("fireball"),
        details={
            "fireball_kg": mass_kg,
            "diameter_m": ball.diameter_m,
            "duration_s": ball.duration_s,
            "emissive_power_w_m2": ball.emissive_power_w_m2,
        },
    )


def flash_fire_of(scene: Scene, cloud: Cloud) -> FlashEffect:
    """Return the flash fire of a cloud, at the height of breathing."""
    lower, _ = scene.limits_kg_m3()

    def concentration(distance: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return cloud.concentration_kg_m3(
            distance * np.cos(angle), distance * np.sin(angle), averaging_s=cloud.times.flammable_averaging_s
        )

    return FlashEffect(
        model="flash_fire",
        value=concentration,
        limit_kg_m3=flash_fire_limit_kg_m3(lower, scene.fires),
        warnings=cloud.warnings,
        parameters=(*cloud.parameters, scene.fires["flash_fire/lfl_share"]),
        details={"lfl_kg_m3": lower},
    )


def explosion_of(scene: Scene, cloud: Cloud) -> BlastEffect | None:
    """Return the explosion of a cloud at its largest; None where it cannot burn."""
    lower, upper = scene.limits_kg_m3()
    flammable = cloud.flammable(lower, upper)
    if not flammable.largest_kg > 0:
        return None
    equipment = scene.equipment
    explosion = explode_cloud(
        flammable_kg=flammable.largest_kg,
        heat_of_combustion_j_kg=scene.substance.heat_of_combustion_j_kg,
        congested_volume_m3=equipment.congested_volume_m3,
        strength=equipment.blast_strength,
        fuel_reactivity=scene.substance.flame_speed,
        air_pressure_pa=scene.surroundings.pressure_pa,
        blasts=scene.blasts,
    )
    centre_m = 0.0 if explosion.at_source else flammable.largest_x_m

    def pressure(distance: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        squared = distance**2 + centre_m**2 - 2 * distance * centre_m * np.cos(angle)
        return explosion.pressure_pa(np.sqrt(np.maximum(squared, 0.0)))

    return BlastEffect(
        model=explosion.model,
        value=pressure,
        centre_m=centre_m,
        probits=scene.probits,
        warnings=cloud.warnings if explosion.at_source else (*cloud.warnings, _NO_CONGESTION),
        parameters=(*cloud.parameters, *explosion.parameters, *blast_parameters(scene.probits)),
        details=explosion.details,
    )


def toxic_cloud_of(scene: Scene, cloud: Cloud) -> ToxicEffect:
    """Return what a cloud poisons.

    Raises
    ------
    SubstanceError
        If the probit table has no constants for the substance.
    """
    air = scene.surroundings
    probit = toxic_probit(scene.substance, air.temperature_k, air.pressure_pa, scene.probits)

    def load(distance: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return cloud.toxic_load(distance * np.cos(angle), distance * np.sin(angle), probit.n)

    return ToxicEffect(
        model=cloud.model,
        value=load,
        cloud=cloud,
        probit=probit,
        probits=scene.probits,
        warnings=(*cloud.warnings, *_exposure_warnings(probit, cloud)),
        parameters=(*cloud.parameters, *probit.parameters, scene.probits["toxic/indoors"]),
        details=dict(cloud.details),
    )


def _exposure_warnings(probit: ToxicProbit, cloud: Cloud) -> tuple[Text, ...]:
    """Return the warning that people are exposed for longer than the constants hold."""
    exposure_s = min(cloud.times.exposure_averaging_s, cloud.times.longest_exposure_s)
    if probit.longest_s is None or exposure_s <= probit.longest_s:
        return ()
    return (
        Text(
            f"毒性概率函数常数适用于不超过 {probit.longest_s:g} s 的暴露，所计暴露时间达 {exposure_s:g} s",
            f"the toxic probit holds for exposures up to {probit.longest_s:g} s; up to {exposure_s:g} s are counted",
        ),
    )
