"""End events of a scenario, each with its lethality around the source.

The event tree says what happens with which probability; here each outcome gets its effect and its footprint. What
burns at once burns together: the jet and the pool below it are one event, whose lethality is the greater of the two.
Weathers of equal stability and wind are computed once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import chain

import numpy as np

from geo.hazard.consequences import (
    Scene,
    explosion_of,
    fireball_of,
    flash_fire_of,
    jet_fire_of,
    pool_fire_of,
    toxic_cloud_of,
)
from geo.hazard.dispersion import Cloud, disperse
from geo.hazard.effects import Effect, polar_footprint
from geo.hazard.event_trees import Branch, branches
from geo.hazard.footprint import Event, Footprint, PolarGrid
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.releases import release_of
from geo.hazard.scenario import Outcome, Scenario
from geo.hazard.substances import Substance
from geo.hazard.tables import Override
from geo.hazard.weather import Weather, WindRose

__all__ = ["Consequence", "consequences_of", "events_of"]

_BURN_AT_ONCE = frozenset({Outcome.JET_FIRE, Outcome.FIREBALL, Outcome.POOL_FIRE})


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What one outcome of a scenario does.

    Attributes
    ----------
    branch : Branch
        Outcome and probability.
    scene : Scene
    weathers : tuple of int or None
        In which it does just this, by their index in the wind rose; None: in all of them, wherever the wind blows.
    effects : tuple of Effect
        One or more that happen together.
    """

    branch: Branch
    scene: Scene
    weathers: tuple[int, ...] | None
    effects: tuple[Effect, ...]


def events_of(
    scenario: Scenario,
    equipment: Equipment,
    substance: Substance,
    surroundings: Surroundings,
    rose: WindRose,
    grid: PolarGrid,
    overrides: Sequence[Override] = (),
) -> list[Event]:
    """Return the end events of a scenario in every weather of a wind rose.

    Parameters
    ----------
    scenario : Scenario
    equipment : Equipment
        That it happens to.
    substance : Substance
        That the equipment holds.
    surroundings : Surroundings
    rose : WindRose
        Of which only the weathers count here.
    grid : PolarGrid
        On which footprints are computed.
    overrides : sequence of Override
        A user's values in any table.

    Returns
    -------
    list of Event
        By outcome in the order of ``Outcome``, then by weather. Events that harm nobody by their nature, and those of
        clouds that cannot burn, are left out.

    Raises
    ------
    GeoError
        If a model refuses: see `release_of`, `branches`, `disperse` and the models of fires and blasts.
    """
    events = [
        event
        for consequence in consequences_of(
            scenario, equipment, substance, surroundings, rose.weathers, overrides
        )
        for event in _events_of_consequence(consequence, scenario, grid)
    ]
    order = list(Outcome)
    return sorted(events, key=lambda event: (order.index(event.outcome), event.weather or 0))


def consequences_of(
    scenario: Scenario,
    equipment: Equipment,
    substance: Substance,
    surroundings: Surroundings,
    weathers: Sequence[Weather],
    overrides: Sequence[Override] = (),
    always: Sequence[Outcome] = (),
) -> Iterator[Consequence]:
    """Yield what each outcome of a scenario does in some weathers; errors as for `events_of`.

    Outcomes in ``always`` come even where the event tree leaves them no probability.
    """
    release = release_of(scenario, equipment, substance, surroundings, overrides)
    scene = Scene.of(equipment, substance, release, surroundings, overrides)
    alike: dict[tuple[str, float], list[int]] = {}
    for index, weather in enumerate(weathers):
        alike.setdefault((weather.stability, weather.wind_m_s), []).append(index)
    settings = [_Setting(scene, weathers[indices[0]], tuple(overrides)) for indices in alike.values()]
    tree = branches(release, substance, surroundings, overrides)
    missing = [each for each in always if each not in {branch.outcome for branch in tree}]
    for branch in (*tree, *(Branch(each, 0.0, ()) for each in missing)):
        whatever = branch.outcome in _BURN_AT_ONCE and release.pool is None
        for setting, indices in zip(settings[:1] if whatever else settings, alike.values(), strict=False):
            effects = tuple(setting.effects(branch.outcome))
            if effects:
                which = None if whatever else tuple(indices)
                yield Consequence(branch=branch, scene=scene, weathers=which, effects=effects)


@dataclass(frozen=True)
class _Setting:
    """A release in a weather; its cloud is made when the first event asks for it."""

    scene: Scene
    weather: Weather
    overrides: tuple[Override, ...]

    @cached_property
    def cloud(self) -> Cloud | None:
        """The cloud; None where nothing gets into the air."""
        release = self.scene.release
        evaporates = release.pool is not None and release.pool.evaporation_kg_s > 0
        if release.airborne_fraction <= 0 and not evaporates:
            return None
        return disperse(release, self.scene.substance, self.weather, self.scene.surroundings, self.overrides)

    def effects(self, outcome: Outcome) -> Iterator[Effect]:
        """Yield the effects of an outcome."""
        effects: tuple[Effect | None, ...] = ()
        if outcome in _BURN_AT_ONCE:
            effects = self._fires(outcome)
        elif self.cloud is None:
            return
        elif outcome is Outcome.FLASH_FIRE:
            effects = (flash_fire_of(self.scene, self.cloud),)
        elif outcome is Outcome.EXPLOSION:
            effects = (explosion_of(self.scene, self.cloud),)
        elif outcome is Outcome.TOXIC_CLOUD:
            effects = (toxic_cloud_of(self.scene, self.cloud),)
        yield from (effect for effect in effects if effect is not None)

    def _fires(self, outcome: Outcome) -> tuple[Effect | None, ...]:
        """Return the fires of an outcome: the pool burns along with whatever else is ignited at once."""
        pool = pool_fire_of(self.scene, self.weather)
        if outcome is Outcome.JET_FIRE:
            return jet_fire_of(self.scene), pool
        if outcome is Outcome.FIREBALL:
            return fireball_of(self.scene), pool
        return (pool,)


def _events_of_consequence(consequence: Consequence, scenario: Scenario, grid: PolarGrid) -> Iterator[Event]:
    """Yield the events of a consequence, one for each weather; they share the footprint."""
    scene, branch, effects = consequence.scene, consequence.branch, consequence.effects
    rows = [scenario.parameters, scene.substance.parameters, scene.release.parameters, branch.parameters]
    rows += [effect.parameters for effect in effects]
    warnings = [scene.release.warnings, *(effect.warnings for effect in effects)]
    event = Event(
        scenario_id=scenario.id,
        outcome=branch.outcome,
        weather=None,
        probability=branch.probability,
        footprint=reduce(_worse, (polar_footprint(effect, grid) for effect in effects)),
        model="+".join(effect.model for effect in effects),
        source_models=scene.release.models,
        warnings=tuple(dict.fromkeys(chain.from_iterable(warnings))),
        parameters=tuple(dict.fromkeys(chain.from_iterable(rows))),
    )
    for weather in (None,) if consequence.weathers is None else consequence.weathers:
        yield replace(event, weather=weather)


def _worse(one: Footprint, other: Footprint) -> Footprint:
    """Return the greater lethality of two that happen together."""
    return Footprint(
        individual=np.maximum(one.individual, other.individual),
        outdoors=np.maximum(one.outdoors, other.outdoors),
        indoors=np.maximum(one.indoors, other.indoors),
    )
