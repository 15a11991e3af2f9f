"""Losses of containment and what comes out of them: the shapes that scenarios, releases and events share."""

from dataclasses import dataclass, field
from enum import StrEnum

from geo.hazard.parameters import Parameter
from geo.text import Text

__all__ = ["OUTCOME_NAMES", "Outcome", "Phase", "Pool", "Release", "Scenario", "ScenarioKind"]


class ScenarioKind(StrEnum):
    """How containment is lost."""

    LEAK = "leak"
    """Through a hole, until it is isolated or empty."""
    TEN_MINUTES = "ten_minutes"
    """All contents within ten minutes at a constant rate."""
    INSTANTANEOUS = "instantaneous"
    """All contents at once."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One loss of containment of one piece of equipment.

    Attributes
    ----------
    id : str
        ``<equipment id>/<hole>``.
    hole : str
        Key of the hole table (``small``, ``medium``, ``large``, ``rupture``, ...).
    hole_diameter_m : float or None
        None where no hole limits the rate.
    frequency_per_year : float
        Of the equipment as it is (a pipe's length is already counted).
    duration_s : float or None
        Until it is isolated; None: until it is empty.
    parameters : tuple of Parameter
        Every row that it rests on.
    """

    id: str
    unit_id: str
    equipment_id: str
    kind: ScenarioKind
    hole: str
    hole_diameter_m: float | None
    frequency_per_year: float
    duration_s: float | None
    parameters: tuple[Parameter, ...] = ()


class Phase(StrEnum):
    """Phase of what leaves the hole, before it flashes."""

    GAS = "gas"
    LIQUID = "liquid"
    TWO_PHASE = "two_phase"


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Liquid on the ground.

    Attributes
    ----------
    mass_kg, area_m2 : float
    evaporation_kg_s : float
        Mean rate over ``evaporation_s``.
    evaporation_s : float
    boils : bool
        Heat from the ground drives it, the same in every weather; else the wind does, and the rate is that of the
        reference wind of the table ``releases``.
    """

    mass_kg: float
    area_m2: float
    evaporation_kg_s: float
    evaporation_s: float
    boils: bool = True


@dataclass(frozen=True, kw_only=True)
class Release:
    """What comes out of a scenario, ready to burn or to disperse.

    Attributes
    ----------
    rate_kg_s : float or None
        Out of the hole, constant over ``duration_s`` (the mean of the time series); None: all at once.
    duration_s : float
        0 for a release at once.
    mass_kg : float
        In all.
    phase : Phase
    velocity_m_s : float
        After expansion to ambient pressure.
    temperature_k : float
        After expansion.
    vapour_fraction, airborne_fraction : float
        Flashed to vapour; airborne as vapour and droplets. The rest falls into the pool.
    airborne_density_kg_m3 : float
        Of the airborne part with its droplets, at ambient pressure; of the liquid where nothing is airborne.
    height_m : float
        Of the hole above ground.
    pool : Pool or None
    models : tuple of str
        What it was computed by, as keys of the register of models: outflow, rain-out, evaporation.
    warnings : tuple of Text
        What lies outside a model's validity limits.
    details : mapping of str to float
        Intermediate values with the unit in the name, for reports and tests.
    parameters : tuple of Parameter
        Every row that it rests on.
    """

    rate_kg_s: float | None
    duration_s: float
    mass_kg: float
    phase: Phase
    velocity_m_s: float
    temperature_k: float
    vapour_fraction: float
    airborne_fraction: float
    airborne_density_kg_m3: float
    height_m: float
    pool: Pool | None
    models: tuple[str, ...] = ()
    warnings: tuple[Text, ...] = ()
    details: dict[str, float] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()


class Outcome(StrEnum):
    """End event of an event tree."""

    JET_FIRE = "jet_fire"
    POOL_FIRE = "pool_fire"
    FIREBALL = "fireball"
    FLASH_FIRE = "flash_fire"
    EXPLOSION = "explosion"
    TOXIC_CLOUD = "toxic_cloud"
    HARMLESS = "harmless"


OUTCOME_NAMES = {
    Outcome.JET_FIRE: Text("喷射火", "jet fire"),
    Outcome.POOL_FIRE: Text("池火", "pool fire"),
    Outcome.FIREBALL: Text("火球", "fireball"),
    Outcome.FLASH_FIRE: Text("闪火", "flash fire"),
    Outcome.EXPLOSION: Text("爆炸", "explosion"),
    Outcome.TOXIC_CLOUD: Text("毒气云", "toxic cloud"),
    Outcome.HARMLESS: Text("无伤害", "harmless"),
}
"""What end events are called."""
