"""How far accidents reach: heat, overpressure, flammable and toxic limits, of death and of injury.

Of each piece of equipment the farthest over all its scenarios and weathers. Frequencies do not count here: nothing of
this is an external safety distance.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import TargetIndex
from geo.hazard.digest import digest_of
from geo.hazard.distance import DISTANCE_DECIMALS
from geo.hazard.effects import BlastEffect, Effect, Field, FlashEffect, HeatEffect, ToxicEffect
from geo.hazard.events import Consequence, consequences_of
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Plant, Surroundings, Unit
from geo.hazard.risk_field import site_plane
from geo.hazard.scenario import Outcome, Scenario
from geo.hazard.scenarios import equipment_group, scenarios_of
from geo.hazard.substances import Substance, substances
from geo.hazard.tables import Override, Table, table
from geo.hazard.vulnerability import thresholds
from geo.hazard.weather import Weather, WindRose
from geo.text import Text

__all__ = ["MODEL_REACH_M", "FarEndpoint", "far_endpoints"]

_DIRECTIONS = 72
"""Points of a circle among which the farthest from the boundary is looked for: every 5°. Chosen."""

_NEAREST_M = 0.5  # numerical: first place of a search
_PER_MILLION = 1e-6  # by definition

MODEL_REACH_M = 10_000.0
"""How far the models of dispersion hold: the farthest of an endpoint is not looked for beyond it. [m]
Briggs (1973): the parameters of the plume go to 10 km."""

_FAR_ANGLES_DEG = (0.0, 5.0, 15.0, 45.0, 90.0, 180.0)  # numerical
_FAR_RADII, _FAR_STEPS, _FAR_ROUNDS = 80, 12, 3
"""Angles from downwind, first radii, and divisions of the room between two: to 1e-4 of the distance at an angle.
Numerical."""


@dataclass(frozen=True, kw_only=True)
class FarEndpoint:
    """How far a piece of equipment reaches a threshold at most: over its scenarios, outcomes and weathers.

    Attributes
    ----------
    equipment_id : str
    scenario_id : str
        That reaches farthest.
    outcome : Outcome
    probability : float
        Of the outcome, given the scenario.
    weather : Weather or None
        In which; None: in all alike.
    quantity : str
        ``heat``, ``blast``, ``flammable``, ``toxic`` or ``toxic_load``.
    threshold : Parameter
    distance_m : float
        From the equipment; 0 where the threshold is not reached, :data:`MODEL_REACH_M` where it is reached there
        still. [m]
    is_beyond : bool
        Whether it is reached beyond what the models hold for.
    from_boundary_m : float
        How far outside the plant's boundary it is reached, if the wind blows there; 0 where it stays inside. [m]
    model : str
    """

    equipment_id: str
    scenario_id: str
    outcome: Outcome
    probability: float
    weather: Weather | None
    quantity: str
    threshold: Parameter
    distance_m: float
    is_beyond: bool
    from_boundary_m: float
    model: str

    @property
    def name(self) -> Text:
        """What the threshold stands for."""
        return _THRESHOLD_NAMES[self.threshold.key.rpartition("/")[2]]


_THRESHOLD_NAMES = {
    "certain_death": Text("死亡", "death"),
    "severe": Text("1 分钟内死亡", "death within a minute"),
    "serious_injury": Text("重伤", "serious injury"),
    "injury": Text("轻伤", "injury"),
    "no_harm": Text("长时间暴露无害", "no harm in long exposure"),
    "collapse": Text("房屋损坏，室内伤亡", "buildings fail, deaths indoors"),
    "class_3": Text("一般防护目标中的三类限值", "limit of general class 3"),
    "class_2": Text("玻璃破碎致伤（二类限值）", "broken glass injures (limit of class 2)"),
    "strict": Text("一类及以上限值", "limit of class 1 and above"),
    "lfl_share": Text("可燃云团边界，死亡", "edge of the burning cloud, death"),
    "idlh": Text("立即威胁生命和健康浓度", "immediately dangerous to life or health (IDLH)"),
    "aegl_1": Text("不适（AEGL-1）", "discomfort (AEGL-1)"),
    "aegl_2": Text("不可逆伤害（AEGL-2）", "lasting injury (AEGL-2)"),
    "aegl_3": Text("威胁生命（AEGL-3）", "danger to life (AEGL-3)"),
    "slot": Text("毒性负荷 SLOT（1%–5% 死亡）", "toxic load SLOT, deaths of 1 to 5 %"),
    "slod": Text("毒性负荷 SLOD（50% 死亡）", "toxic load SLOD, deaths of 50 %"),
}


def far_endpoints(
    plant: Plant,
    rose: WindRose,
    library: str = "api581",
    overrides: Sequence[Override] = (),
    own: Sequence[Parameter] = (),
    progress: Callable[[float, str], None] | None = None,
) -> tuple[FarEndpoint, ...]:
    """Return how far each piece of equipment reaches each threshold at most.

    Parameters
    ----------
    plant : Plant
    rose : WindRose
        Of which only the weathers count, each wherever it may blow to.
    library : str
        Of frequencies: it names the sizes of holes.
    overrides : sequence of Override
    own : sequence of Parameter
        Own substances.
    progress : callable, optional
        Called with the fraction done and the name of what was just done; may raise to cancel.

    Returns
    -------
    tuple of FarEndpoint
        By equipment in the plant's order, then by quantity and threshold. Equals are computed once.

    Raises
    ------
    GeoError
        If a model refuses.
    """
    known = substances(overrides, own)
    working = [
        (unit, item)
        for unit in plant.units
        for item in unit.equipment
        if equipment_group(item.kind) != "store"
    ]
    found: dict[str, tuple[FarEndpoint, ...]] = {}
    rows: list[FarEndpoint] = []
    for number, (unit, item) in enumerate(working, start=1):
        key = digest_of(replace(item, id="", name="", lon=0.0, lat=0.0))
        if key not in found:
            place = _Place(unit, item, known[item.substance], plant.surroundings)
            found[key] = place.farthest(rose, library, overrides)
        for row in found[key]:
            hole = row.scenario_id.rpartition("/")[2]
            rows.append(replace(row, equipment_id=item.id, scenario_id=f"{item.id}/{hole}"))
        if progress is not None:
            progress(number / len(working), f"{unit.id}/{item.id}")
    return _measure_from_boundary(rows, plant)


def _measure_from_boundary(rows: Sequence[FarEndpoint], plant: Plant) -> tuple[FarEndpoint, ...]:
    """Return endpoints with the distance from the plant's boundary to the farthest point of their circle."""
    if not rows:
        return ()
    plane = site_plane(plant)
    boundary = shapely.transform(plant.boundary, plane.to_plane)
    places = {item.id: (item.lon, item.lat) for unit in plant.units for item in unit.equipment}
    middles_m = plane.to_plane(np.array([places[row.equipment_id] for row in rows]))
    turn = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
    ahead = np.column_stack([np.sin(turn), np.cos(turn)])
    points_m = middles_m[:, None] + np.array([row.distance_m for row in rows])[:, None, None] * ahead
    away_m = np.asarray(shapely.distance(boundary, shapely.points(points_m)))
    farthest_m = points_m[np.arange(len(rows)), np.argmax(away_m, axis=1)]
    ends = [shapely.Point(one) for one in plane.to_lonlat(farthest_m)]
    measured_m = np.asarray(TargetIndex([plant.boundary]).nearest(ends).distance_m)
    return tuple(
        replace(row, from_boundary_m=round(float(one), DISTANCE_DECIMALS))
        for row, one in zip(rows, measured_m, strict=True)
    )


@dataclass(frozen=True)
class _Place:
    """One piece of equipment with what its consequences depend on."""

    unit: Unit
    equipment: Equipment
    substance: Substance
    surroundings: Surroundings

    def farthest(
        self, rose: WindRose, library: str, overrides: Sequence[Override]
    ) -> tuple[FarEndpoint, ...]:
        """Return the farthest of each threshold."""
        rows = table("thresholds", overrides)
        best: dict[tuple[str, str], FarEndpoint] = {}
        for scenario in scenarios_of(self.unit, self.equipment, library, overrides):
            for consequence in consequences_of(
                scenario,
                self.equipment,
                self.substance,
                self.surroundings,
                rose.weathers,
                overrides,
                always=_always(self.substance),
            ):
                for each in _far_of_consequence(consequence, scenario, rose, rows):
                    key = each.quantity, each.threshold.key
                    if key not in best or each.distance_m > best[key].distance_m:
                        best[key] = each
        return tuple(best.values())


def _far_of_consequence(
    consequence: Consequence, scenario: Scenario, rose: WindRose, rows: Table
) -> Iterator[FarEndpoint]:
    weathers = consequence.weathers
    for effect in consequence.effects:
        for limits in _limits_of(consequence, effect, rows):
            for threshold, distance_m in zip(
                limits.rows, _farthest_m(limits.value, limits.values, effect.is_round), strict=True
            ):
                yield FarEndpoint(
                    equipment_id=scenario.equipment_id,
                    scenario_id=scenario.id,
                    outcome=consequence.branch.outcome,
                    probability=consequence.branch.probability,
                    weather=None if weathers is None else rose.weathers[weathers[0]],
                    quantity=limits.quantity,
                    threshold=threshold,
                    distance_m=distance_m,
                    is_beyond=distance_m >= MODEL_REACH_M,
                    from_boundary_m=0.0,  # measured when all are there
                    model=effect.model,
                )


def _farthest_m(value: Field, limits: Sequence[float], is_round: bool) -> list[float]:
    """Return the outermost distance in any direction at which a value reaches each limit, 0 to 10 km.

    A field costs more by the call than by the point: the rooms between two radii, of which only the inner one reaches
    its limit, are divided for all limits at once.
    """
    angle = np.radians(_FAR_ANGLES_DEG[:1] if is_round else _FAR_ANGLES_DEG)[None, :]
    limit = np.array(limits)
    # Rows are limits, columns rising radii.
    radius = np.tile(np.geomspace(_NEAREST_M, MODEL_REACH_M, _FAR_RADII), (len(limit), 1))
    largest = np.max(value(radius[:1].T, angle) + np.zeros((1, 1)), axis=1)[None, :]
    for _ in range(_FAR_ROUNDS):
        inside, outside = _bracket(radius, largest >= limit[:, None])
        radius = np.geomspace(inside, outside, _FAR_STEPS, axis=1)
        largest = np.max(value(radius.reshape(-1, 1), angle) + np.zeros((1, 1)), axis=1).reshape(radius.shape)
    inside, outside = _bracket(radius, largest >= limit[:, None])
    found = np.sqrt(inside * outside)
    found = np.where(inside >= MODEL_REACH_M * (1 - 1e-9), MODEL_REACH_M, found)
    return [float(each) for each in np.where(outside > _NEAREST_M, found, 0.0)]


def _bracket(
    radius: NDArray[np.float64], reached: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of each row the last radius that is reached and the next; the first twice where none is."""
    columns = radius.shape[1]
    last = np.where(reached.any(axis=1), columns - 1 - np.argmax(reached[:, ::-1], axis=1), -1)
    row = np.arange(len(radius))
    beyond = np.where(last >= 0, np.minimum(last + 1, columns - 1), 0)
    return radius[row, np.maximum(last, 0)], radius[row, beyond]


def _always(substance: Substance) -> tuple[Outcome, ...]:
    """Return outcomes that are shown even where the event tree leaves them no probability."""
    return (Outcome.TOXIC_CLOUD,) if substance.toxic else ()


@dataclass(frozen=True)
class _Limits:
    """A field with the thresholds that it is held against, in the unit of the field."""

    quantity: str
    value: Field
    rows: tuple[Parameter, ...]
    values: tuple[float, ...]


def _limits_of(consequence: Consequence, effect: Effect, rows: Table) -> Iterator[_Limits]:
    """Yield the fields of an effect with their thresholds."""
    if isinstance(effect, HeatEffect | BlastEffect):
        found = tuple(thresholds(effect.quantity, rows).values())
        yield _Limits(effect.quantity, effect.value, found, tuple(row.number for row in found))
    elif isinstance(effect, FlashEffect):
        share = consequence.scene.fires["flash_fire/lfl_share"]
        yield _Limits("flammable", effect.value, (share,), (effect.limit_kg_m3,))
    elif isinstance(effect, ToxicEffect):
        yield from _toxic_limits(consequence, effect, rows)


def _toxic_limits(consequence: Consequence, effect: ToxicEffect, rows: Table) -> Iterator[_Limits]:
    """Yield limits of concentration and of load; those of the table are in ppm of the air of the place."""
    scene, cloud = consequence.scene, effect.cloud
    kg_m3_per_ppm = scene.substance.limit_kg_m3(
        _PER_MILLION, scene.surroundings.temperature_k, scene.surroundings.pressure_pa
    )

    def concentration(distance: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return cloud.concentration_kg_m3(distance * np.cos(angle), distance * np.sin(angle))

    limits = tuple(rows.below(f"toxic/{scene.substance.key}").values())
    if limits:
        values = tuple(row.number * kg_m3_per_ppm for row in limits)
        yield _Limits("toxic", concentration, limits, values)
    loads = rows.below(f"toxic_load/{scene.substance.key}")
    if "n" not in loads:
        return
    n = loads.pop("n").number

    def load(distance: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return cloud.toxic_load(distance * np.cos(angle), distance * np.sin(angle), n)

    mg_m3_per_ppm = kg_m3_per_ppm * 1e6
    doses = tuple(loads.values())
    yield _Limits("toxic_load", load, doses, tuple(row.number * mg_m3_per_ppm**n for row in doses))
