"""Domino screening: whose fire or blast can knock over which other equipment, and how often.

A target counts as lost where heat or overpressure reaches the threshold of its class; heat only of fires that last long
enough, which leaves out fireballs and flash fires. Fragments, protection by water or insulation, and chains of more
than one step are not covered. The result is a screening: it says where to look, not what will happen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.ellipsoid import CGCS2000
from geo.hazard.effects import BlastEffect, Effect, HeatEffect
from geo.hazard.events import Consequence, consequences_of
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.scenario import Outcome, Scenario
from geo.hazard.substances import Substance
from geo.hazard.tables import Override, Table, table
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import spread_directions
from geo.text import Text

__all__ = ["SCREENING", "Escalation", "added_frequencies", "escalations_of"]

SCREENING = Text(
    zh="多米诺效应为筛查结果：仅按阈值判断，未计碎片、防护措施和多级传播。",
    en="Domino effects are a screening by thresholds: without fragments, protection or chains of more than one step.",
)

_SUBDIVISIONS = 720
"""Directions of the cloud, each the same number of times in a sector of 16 or 36."""


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """One end event that can knock over another piece of equipment.

    Attributes
    ----------
    source_id, target_id : str
        Equipment.
    scenario_id : str
    outcome : Outcome
    quantity : str
        ``heat`` or ``blast``.
    threshold : Parameter
        Of the target's class.
    largest : float
        Value at the target, over all weathers and directions, in the threshold's unit; infinite inside a flame.
    frequency_per_year : float
        Of the end event in weathers and directions that reach the threshold.
    """

    source_id: str
    target_id: str
    scenario_id: str
    outcome: Outcome
    quantity: str
    threshold: Parameter
    largest: float
    frequency_per_year: float


def escalations_of(
    scenario: Scenario,
    equipment: Equipment,
    substance: Substance,
    surroundings: Surroundings,
    rose: WindRose,
    targets: Iterable[Equipment],
    overrides: Sequence[Override] = (),
) -> tuple[Escalation, ...]:
    """Return which targets a scenario can knock over.

    Parameters
    ----------
    scenario : Scenario
    equipment : Equipment
        That it happens to; passed over among the targets.
    substance : Substance
        That the equipment holds.
    surroundings : Surroundings
    rose : WindRose
    targets : iterable of Equipment
        Those of a kind that the table ``escalation`` does not know are passed over.
    overrides : sequence of Override

    Returns
    -------
    tuple of Escalation
        By target in their order, then by outcome and quantity.

    Raises
    ------
    GeoError
        If a model refuses.
    """
    rows = table("escalation", overrides)
    spread = spread_directions(rose, _SUBDIVISIONS)
    consequences = tuple(
        consequences_of(scenario, equipment, substance, surroundings, rose.weathers, overrides)
    )
    found: list[Escalation] = []
    for target in targets:
        if target.id == equipment.id or f"kind/{target.kind}" not in rows:
            continue
        found += _escalations_to(target, scenario, equipment, consequences, spread, rows)
    return tuple(found)


def added_frequencies(escalations: Iterable[Escalation]) -> dict[str, float]:
    """Return for each target how often a year others knock it over, in the order of first appearance."""
    added: dict[str, float] = {}
    for escalation in escalations:
        added[escalation.target_id] = added.get(escalation.target_id, 0.0) + escalation.frequency_per_year
    return added


def _escalations_to(
    target: Equipment,
    scenario: Scenario,
    equipment: Equipment,
    consequences: Sequence[Consequence],
    spread: NDArray[np.float64],
    rows: Table,
) -> list[Escalation]:
    """Return the escalations to one target, joined by outcome and quantity."""
    azimuth_deg, _, distance_m = CGCS2000.inv(equipment.lon, equipment.lat, target.lon, target.lat)
    bearing = np.radians(azimuth_deg) - np.arange(_SUBDIVISIONS) * (2 * np.pi / _SUBDIVISIONS)
    threshold_class = rows[f"kind/{target.kind}"].word
    joined: dict[tuple[Outcome, str], tuple[float, float]] = {}
    for consequence in consequences:
        weight = _weight(consequence, spread)
        for quantity, effects in _knocking(consequence.effects, rows["heat/least_duration"].number).items():
            fields = [effect.value(np.full((1, 1), distance_m), bearing[None, :])[0] for effect in effects]
            values = np.max(np.broadcast_arrays(*fields, np.zeros(_SUBDIVISIONS)), axis=0)
            threshold = rows[f"{quantity}/{threshold_class}"].number
            share = float(np.sum(np.where(values >= threshold, weight, 0.0)))
            key = consequence.branch.outcome, quantity
            largest, frequency = joined.get(key, (0.0, 0.0))
            joined[key] = (
                max(largest, float(np.max(values))),
                frequency + scenario.frequency_per_year * consequence.branch.probability * share,
            )
    return [
        Escalation(
            source_id=equipment.id,
            target_id=target.id,
            scenario_id=scenario.id,
            outcome=outcome,
            quantity=quantity,
            threshold=rows[f"{quantity}/{threshold_class}"],
            largest=largest,
            frequency_per_year=frequency,
        )
        for (outcome, quantity), (largest, frequency) in joined.items()
        if frequency > 0
    ]


def _weight(consequence: Consequence, spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that the weather is one of the consequence's and the cloud goes in each direction."""
    chosen = spread if consequence.weathers is None else spread[list(consequence.weathers)]
    return np.asarray(chosen.sum(axis=0))


def _knocking(effects: Iterable[Effect], least_s: float) -> dict[str, list[HeatEffect | BlastEffect]]:
    """Return blasts, and fires that last long enough, by quantity."""
    found: dict[str, list[HeatEffect | BlastEffect]] = {}
    for effect in effects:
        if isinstance(effect, BlastEffect) or (
            isinstance(effect, HeatEffect) and effect.duration_s >= least_s
        ):
            found.setdefault(effect.quantity, []).append(effect)
    return found
