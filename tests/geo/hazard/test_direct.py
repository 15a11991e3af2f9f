"""Individual risk of three plants computed a second time, by a plain loop, at ten places each within 1 %."""

from pathlib import Path

import numpy as np
import pytest

from geo.hazard.assessment import Options, make_placements
from geo.hazard.ranking import rank_scenarios
from geo.hazard.risk_field import site_plane
from geo.hazard.stamp import sample
from layers.plants.document import plant_of, read_plant
from tests.geo.hazard.direct import individual_risk
from tests.geo.hazard.risk_scenes import make_rose

PLANTS = Path(__file__).parents[3] / "data" / "samples" / "plants"
REACH_M = {"ammonia": (40.0, 2000.0), "chlorine": (40.0, 3000.0), "lpg": (15.0, 350.0)}


@pytest.mark.parametrize("name", REACH_M)
def test_risk_agrees_with_a_plain_loop(name):
    plant, rose = plant_of(read_plant(PLANTS / f"{name}.toml")), make_rose()
    plane = site_plane(plant)
    near_m, far_m = REACH_M[name]
    azimuth = 2.39996 * np.arange(12)  # the golden angle: all around
    points_m = np.geomspace(near_m, far_m, 12)[:, None] * np.column_stack([np.sin(azimuth), np.cos(azimuth)])
    placements = make_placements(plant, rose, Options())
    found = sample(placements, points_m)
    plain = individual_risk(plant, rose, plane.to_lonlat(points_m))
    assert (plain > 1e-12).all()
    deviation = np.abs(found / plain - 1.0)
    assert (deviation < 0.01).sum() >= 10
    # A place may lie on the edge of a fire, which the grid knows to a step of 1.9 %.
    assert deviation.max() < 0.02
    ranked = rank_scenarios(placements, *points_m[3])
    assert sum(one.risk_per_year for one in ranked) == pytest.approx(found[3], rel=1e-12)
