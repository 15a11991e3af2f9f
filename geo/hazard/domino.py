"""Domino screening: whose fire or blast can knock over which other equipment, and how often.

A target counts as lost where heat or overpressure reaches the threshold of its class; heat only of fires that last long
enough, which leaves out fireballs and flash fires. Fragments, protection by water or insulation, and chains of more
than one step are not covered. The result is a screening: it says where to look, not what will happen.

Where it is wanted the screening feeds the risk: what is knocked over loses its contents in its most severe scenario,
which then happens more often by the added frequency (the convention of the Dutch Purple Book, CPR 18E, section 3.2.4:
domino effects raise the frequency of failure). People whom the first event has killed are counted again by the second,
so that the risk errs on the high side.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo.ellipsoid import CGCS2000
from geo.hazard.digest import digest_of
from geo.hazard.effects import BlastEffect, Effect, HeatEffect
from geo.hazard.events import Consequence, consequences_of
from geo.hazard.kernel import Kernel, pad_table
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Plant, Surroundings
from geo.hazard.scenario import Outcome, Scenario, ScenarioKind
from geo.hazard.scenarios import plant_scenarios
from geo.hazard.stamp import Placement
from geo.hazard.substances import Substance, substances
from geo.hazard.tables import Override, Table, table
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import spread_directions
from geo.text import Text

__all__ = [
    "SCREENING",
    "Escalation",
    "add_escalations",
    "added_frequencies",
    "escalations_of",
    "plant_escalations",
    "worst_scenario",
]

SCREENING = Text(
    zh="多米诺效应为筛查结果：仅按阈值判断，未计碎片、防护措施和多级传播。",
    en="Domino effects are a screening by thresholds: without fragments, protection or chains of more than one step.",
)

_SUBDIVISIONS = 720
"""Directions of the cloud, each the same number of times in a sector of 16 or 36. Numerical."""


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


def plant_escalations(
    plant: Plant,
    rose: WindRose,
    library: str = "api581",
    overrides: Sequence[Override] = (),
    own: Sequence[Parameter] = (),
    targets: Sequence[Equipment] | None = None,
) -> tuple[Escalation, ...]:
    """Return who in a plant can knock over whom, and how often.

    Parameters
    ----------
    plant : Plant
    rose : WindRose
    library : str
        Of frequencies.
    overrides : sequence of Override
    own : sequence of Parameter
        Own substances.
    targets : sequence of Equipment, optional
        By default the plant's own; that of a neighbour has ids of its own.

    Returns
    -------
    tuple of Escalation
        By scenario in the plant's order; those that never happen are left out.

    Raises
    ------
    GeoError
        If a model refuses.
    """
    equipment = {item.id: item for unit in plant.units for item in unit.equipment}
    known = substances(overrides, own)
    return tuple(
        escalation
        for scenario in plant_scenarios(plant, library, overrides)
        for escalation in escalations_of(
            scenario,
            equipment[scenario.equipment_id],
            known[equipment[scenario.equipment_id].substance],
            plant.surroundings,
            rose,
            tuple(equipment.values()) if targets is None else targets,
            overrides,
        )
    )


_SEVERITY = (ScenarioKind.LEAK, ScenarioKind.TEN_MINUTES, ScenarioKind.INSTANTANEOUS)
"""Ways of losing the contents, the most severe last."""


def worst_scenario(scenarios: Iterable[Scenario]) -> Scenario | None:
    """Return the most severe scenario that happens at all: all at once, within ten minutes, or the widest hole."""
    there = [scenario for scenario in scenarios if scenario.frequency_per_year > 0]
    return max(
        there, key=lambda one: (_SEVERITY.index(one.kind), one.hole_diameter_m or 0.0, one.id), default=None
    )


def add_escalations(
    placements: Sequence[Placement], escalations: Sequence[Escalation], scenarios: Iterable[Scenario]
) -> tuple[Placement, ...]:
    """Return placements whose most severe scenario happens more often by what others add.

    Parameters
    ----------
    placements : sequence of Placement
        With the shares of their kernels.
    escalations : sequence of Escalation
        To their equipment; to equipment that is not among them they add nothing.
    scenarios : iterable of Scenario
        Of the plant, from which the frequencies without domino effects are read.

    Returns
    -------
    tuple of Placement
        In their order; those that nobody knocks over are unchanged. Risk is in proportion to frequency, so that the
        shares of the scenario grow by ``(frequency + added) / frequency``.
    """
    added = added_frequencies(escalations)
    of_equipment: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        of_equipment.setdefault(scenario.equipment_id, []).append(scenario)
    placed = []
    for placement in placements:
        worst = worst_scenario(of_equipment.get(placement.id, ()))
        if worst is not None and placement.id in added:
            factor = 1.0 + added[placement.id] / worst.frequency_per_year
            rows = tuple(each.threshold for each in escalations if each.target_id == placement.id)
            placement = replace(placement, kernel=_scale_scenario(placement.kernel, worst.hole, factor, rows))
        placed.append(placement)
    return tuple(placed)


def _scale_scenario(kernel: Kernel, hole: str, factor: float, rows: Sequence[Parameter]) -> Kernel:
    """Return a kernel in which the scenario of a hole happens more often by a factor."""
    factors = [factor if share.scenario_id.endswith(f"/{hole}") else 1.0 for share in kernel.shares]
    shares = tuple(
        share if by == 1.0 else replace(share, risk_per_year=share.risk_per_year * by)
        for share, by in zip(kernel.shares, factors, strict=True)
    )
    cases = tuple(
        replace(case, frequency_per_year=case.frequency_per_year * factors[case.share])
        for case in kernel.cases
    )
    total = np.zeros_like(kernel.risk_per_year)
    for share in shares:
        total[: len(share.risk_per_year)] += share.risk_per_year
    return replace(
        kernel,
        key=digest_of(kernel.key, hole, factor),
        table=pad_table(total),
        shares=shares,
        cases=cases,
        parameters=tuple(dict.fromkeys((*kernel.parameters, *rows))),
        warnings=tuple(dict.fromkeys((*kernel.warnings, SCREENING))),
    )


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
