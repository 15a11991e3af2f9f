"""How far one scenario reaches in one weather: heat, overpressure, flammable and toxic limits, direction by direction.

This is what a map shows of a single accident, without frequencies. Nothing here is an external safety distance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.hazard.effects import BlastEffect, Effect, Field, FlashEffect, HeatEffect, ToxicEffect
from geo.hazard.events import Consequence, consequences_of
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.scenario import Outcome, Scenario
from geo.hazard.substances import Substance
from geo.hazard.tables import Override, Table, table
from geo.hazard.vulnerability import thresholds
from geo.hazard.weather import Weather
from geo.text import Text

__all__ = ["N_DIRECTIONS", "Endpoint", "endpoints_of", "reach_m"]

N_DIRECTIONS = 72
"""Directions in which an endpoint is looked for: every 5°."""

_NEAREST_M, _FARTHEST_M, _RADII = 0.5, 50_000.0, 320
_HALVINGS = 30
_PER_MILLION = 1e-6


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """How far an effect reaches a threshold.

    Attributes
    ----------
    outcome : Outcome
    probability : float
        Of the outcome, given the scenario.
    quantity : str
        ``heat``, ``blast``, ``flammable``, ``toxic`` or ``toxic_load``.
    threshold : Parameter
        Value and unit, with source and standing; its key names it.
    reach_m : ndarray, shape (N_DIRECTIONS,)
        Outermost distance from the source at angles ``2 pi k / N_DIRECTIONS`` clockwise from straight downwind; 0
        where the threshold is not reached. [m]
    distance_m : float
        Greatest of them. [m]
    model : str
    warnings : tuple of Text
    """

    outcome: Outcome
    probability: float
    quantity: str
    threshold: Parameter
    reach_m: NDArray[np.float64]
    distance_m: float
    model: str
    warnings: tuple[Text, ...]


def endpoints_of(
    scenario: Scenario,
    equipment: Equipment,
    substance: Substance,
    surroundings: Surroundings,
    weather: Weather,
    overrides: Sequence[Override] = (),
) -> tuple[Endpoint, ...]:
    """Return how far each outcome of a scenario reaches each threshold in a weather.

    Parameters
    ----------
    scenario : Scenario
    equipment : Equipment
    substance : Substance
    surroundings : Surroundings
    weather : Weather
    overrides : sequence of Override

    Returns
    -------
    tuple of Endpoint
        By outcome, that of a toxic cloud last where it is surely ignited; thresholds of heat and blast from the
        strongest, of gases in the order of the table.

    Raises
    ------
    GeoError
        If a model refuses.
    """
    rows = table("thresholds", overrides)
    return tuple(
        endpoint
        for consequence in consequences_of(
            scenario, equipment, substance, surroundings, [weather], overrides, always=_always(substance)
        )
        for effect in consequence.effects
        for endpoint in _endpoints_of_effect(consequence, effect, rows)
    )


def _always(substance: Substance) -> tuple[Outcome, ...]:
    """Return outcomes that are shown even where the event tree leaves them no probability."""
    return (Outcome.TOXIC_CLOUD,) if substance.toxic else ()


def reach_m(value: Field, threshold: float, is_round: bool = False) -> NDArray[np.float64]:
    """Outermost distance at which a value reaches a threshold, by direction.

    Parameters
    ----------
    value : callable
        At distances (n, 1) and angles (1, m).
    threshold : float
        Above 0.
    is_round : bool
        Whether all directions are alike.

    Returns
    -------
    ndarray, shape (N_DIRECTIONS,)
        0 where it is not reached beyond half a metre; 50 km where it is reached there still. Found by halving to
        1e-9 of a step. [m]
    """
    half = 1 if is_round else N_DIRECTIONS // 2 + 1
    angle = np.arange(half, dtype=np.float64)[None, :] * (2 * np.pi / N_DIRECTIONS)
    radius = np.geomspace(_NEAREST_M, _FARTHEST_M, _RADII)
    above = np.broadcast_to(value(radius[:, None], angle) >= threshold, (_RADII, half))
    last = np.where(above.any(axis=0), _RADII - 1 - np.argmax(above[::-1], axis=0), -1)
    inside = radius[np.maximum(last, 0)]
    outside = radius[np.minimum(last + 1, _RADII - 1)]
    for _ in range(_HALVINGS):
        middle = np.sqrt(inside * outside)
        reached = value(middle[None, :], angle)[0] >= threshold
        inside, outside = np.where(reached, middle, inside), np.where(reached, outside, middle)
    found = np.where(last >= 0, np.sqrt(inside * outside), 0.0)
    steps = np.arange(N_DIRECTIONS)
    return np.full(N_DIRECTIONS, found[0]) if is_round else found[np.minimum(steps, N_DIRECTIONS - steps)]


def _endpoints_of_effect(consequence: Consequence, effect: Effect, rows: Table) -> Iterator[Endpoint]:
    for quantity, threshold, value, limit in _limits_of(consequence, effect, rows):
        reach = reach_m(value, limit, effect.is_round)
        yield Endpoint(
            outcome=consequence.branch.outcome,
            probability=consequence.branch.probability,
            quantity=quantity,
            threshold=threshold,
            reach_m=reach,
            distance_m=float(reach.max()),
            model=effect.model,
            warnings=effect.warnings,
        )


def _limits_of(
    consequence: Consequence, effect: Effect, rows: Table
) -> Iterator[tuple[str, Parameter, Field, float]]:
    """Yield quantity, threshold, field and the threshold in the unit of the field."""
    if isinstance(effect, HeatEffect | BlastEffect):
        for row in thresholds(effect.quantity, rows).values():
            yield effect.quantity, row, effect.value, row.number
    elif isinstance(effect, FlashEffect):
        scene = consequence.scene
        yield "flammable", scene.fires["flash_fire/lfl_share"], effect.value, effect.limit_kg_m3
    elif isinstance(effect, ToxicEffect):
        yield from _toxic_limits(consequence, effect, rows)


def _toxic_limits(
    consequence: Consequence, effect: ToxicEffect, rows: Table
) -> Iterator[tuple[str, Parameter, Field, float]]:
    """Yield limits of concentration and of load; those of the table are in ppm of the air of the place."""
    scene, cloud = consequence.scene, effect.cloud
    kg_m3_per_ppm = scene.substance.limit_kg_m3(
        _PER_MILLION, scene.surroundings.temperature_k, scene.surroundings.pressure_pa
    )

    def concentration(distance: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return cloud.concentration_kg_m3(distance * np.cos(angle), distance * np.sin(angle))

    for row in rows.below(f"toxic/{scene.substance.key}").values():
        yield "toxic", row, concentration, row.number * kg_m3_per_ppm
    loads = rows.below(f"toxic_load/{scene.substance.key}")
    if "n" not in loads:
        return
    n = loads.pop("n").number

    def load(distance: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return cloud.toxic_load(distance * np.cos(angle), distance * np.sin(angle), n)

    mg_m3_per_ppm = kg_m3_per_ppm * 1e6
    for row in loads.values():
        yield "toxic_load", row, load, row.number * mg_m3_per_ppm**n
