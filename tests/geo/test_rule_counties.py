"""Plans of a county, city or province apply to what lies in it."""

from datetime import date

import geopandas as gpd
import pytest
import shapely

from geo.rules.evaluate import evaluate
from geo.rules.rule import RulePack
from layers.siting.checks import load_rules

RULES = {rule.id: rule for rule in load_rules().rules}


@pytest.mark.parametrize(
    ("rule", "on", "here", "elsewhere"),
    [
        ("lh-303-key-substances", date(2021, 6, 1), "533122", "533123"),
        ("km-145-monitoring", date(2023, 6, 1), "530113", "530325"),
        ("yn-145-tailings-main", date(2023, 6, 1), "530113", "513426"),
        ("yn24-quarry-new", date(2025, 6, 1), "530113", "513426"),
    ],
)
def test_plan_of_a_county_is_silent_elsewhere(rule, on, here, elsewhere):
    subjects = gpd.GeoDataFrame(
        {
            "id": ["a", "b", "c"],
            "name": None,
            "kind": RULES[rule].subject_kinds[0],
            "state": "in_service",
            "purpose": None,
            "accuracy_m": 1.0,
            "adcode": [here, elsewhere, None],
            "key_substance": "chlorine",
        },
        geometry=[shapely.Point(102.0, 25.0)] * 3,
        crs="EPSG:4490",
    )
    there, away, unknown = evaluate(RulePack((RULES[rule],), ""), subjects, {}, on)
    assert len(there) == 1
    assert away == []
    assert len(unknown) == 1  # nobody said where it lies: the rule may cover it
