import numpy as np
import pytest

from geo.hazard.ranking import rank_scenarios
from geo.hazard.scenario import Outcome
from geo.hazard.stamp import Placement, sample
from tests.geo.hazard.risk_scenes import make_disc, make_event, make_events, make_kernel

UNITS = [
    Placement("a", make_kernel(), 0.0, 0.0),
    Placement("b", make_kernel(make_events(0.5)), 250.0, -100.0),
]


def test_contributions_add_up_and_fall():
    ranked = rank_scenarios(UNITS, 120.0, 80.0)
    risks = [one.risk_per_year for one in ranked]
    assert sum(risks) == pytest.approx(float(sample(UNITS, np.array([[120.0, 80.0]]))[0]), rel=1e-12)
    assert sum(one.share for one in ranked) == pytest.approx(1.0, rel=1e-12)
    assert risks == sorted(risks, reverse=True)
    assert {one.equipment_id for one in ranked} == {"a", "b"}


def test_known_shares_by_hand():
    events = [
        make_event(make_disc(100.0), "tank/small", Outcome.JET_FIRE),
        make_event(make_disc(100.0), "tank/rupture", Outcome.FIREBALL),
    ]
    ranked = rank_scenarios([Placement("u", make_kernel(events), 0.0, 0.0)], 50.0, 0.0)
    assert [(one.scenario_id, one.outcome) for one in ranked] == [
        ("tank/small", Outcome.JET_FIRE),
        ("tank/rupture", Outcome.FIREBALL),
    ]
    assert [one.share for one in ranked] == pytest.approx([40 / 46, 6 / 46])


def test_nothing_reaches_a_far_point():
    assert rank_scenarios(UNITS, 1e6, 0.0) == []
    assert rank_scenarios([], 0.0, 0.0) == []
