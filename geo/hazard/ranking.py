"""Which scenarios make the risk at a point: the contributions, largest first."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geo.hazard.scenario import Outcome
from geo.hazard.stamp import Placement, sample_shares

__all__ = ["Contribution", "rank_scenarios"]


@dataclass(frozen=True)
class Contribution:
    """What one end event of one scenario adds to the individual risk at a point.

    Attributes
    ----------
    equipment_id, scenario_id : str
    outcome : Outcome
    risk_per_year : float
    share : float
        Of the total, 0 to 1.
    """

    equipment_id: str
    scenario_id: str
    outcome: Outcome
    risk_per_year: float
    share: float


def rank_scenarios(placements: Iterable[Placement], x_m: float, y_m: float) -> list[Contribution]:
    """Return what makes the risk at a point of the plane, largest first; what adds nothing is left out.

    The contributions add up to the risk at the point to 1e-12 of it.
    """
    point = np.array([[x_m, y_m]])
    found = [
        (-float(risk[0]), placement.id, share.scenario_id, share.outcome)
        for placement in placements
        for share, risk in zip(placement.kernel.shares, sample_shares(placement, point), strict=True)
        if risk[0] > 0.0
    ]
    total = -float(np.sum([risk for risk, *_ in found]))
    return [
        Contribution(equipment_id, scenario_id, outcome, -risk, -risk / total)
        for risk, equipment_id, scenario_id, outcome in sorted(found)
    ]
