"""Toxic probits that a user brings: units by hand, what is refused, and that results name the rows."""

import math
from dataclasses import replace

import numpy as np
import pytest

from geo.errors import ParameterError, SubstanceError
from geo.hazard.consequences import Scene, toxic_cloud_of
from geo.hazard.dispersion import disperse
from geo.hazard.events import events_of
from geo.hazard.own_probits import PROBIT_PARTS
from geo.hazard.releases import release_of
from geo.hazard.substances import substances
from geo.hazard.tables import Override, parse_rows, table
from geo.hazard.vulnerability import toxic_probit
from geo.standing import Standing
from tests.geo.hazard.hazard_scenes import DAY, GRID, ROSE, equipment, scenario, surroundings

PROBITS = table("probits")
AIR = (288.15, 101_325.0)
PARTS = {"a": "-8", "b": "2", "n": "1.5", "concentration": "mg/m3", "time": "min", "averaging": "60"}
"""Made up for the tests; no published constants."""


def rows_of(substance="fluorine", source="made up", **changes):
    parts = {**PARTS, **changes}
    return parse_rows(
        "substances",
        (
            {
                "key": f"{substance}/probit/{name}",
                "value": value,
                "unit": "min" if name == "averaging" else "",
                "source": source,
                "standing": "site_specific",
            }
            for name, value in parts.items()
            if value is not None
        ),
    )


FLUID = Override(
    table="substances",
    key="fluorine/fluid",
    value="coolprop:Fluorine",
    author="Ann",
    reason="a library knows it",
)


def fluorine(**changes):
    return substances([FLUID], own=rows_of(**changes))["fluorine"]


def probability(substance, mg_m3, minutes):
    probit = toxic_probit(substance, *AIR, PROBITS)
    return float(probit.probability(mg_m3**probit.n * minutes))


def test_substance_without_constants_says_which_rows_to_add():
    with pytest.raises(SubstanceError, match=r"fluorine/probit/a.*plant file") as caught:
        toxic_probit(substances()["fluorine"], *AIR, PROBITS)
    assert "fluorine/probit/a" in caught.value.zh


def test_constants_in_the_units_of_the_engine_stay_as_they_are():
    probit = toxic_probit(fluorine(), *AIR, PROBITS)
    assert (probit.a, probit.b, probit.n, probit.longest_s) == (-8, 2, 1.5, 3600)


def test_half_die_of_a_dose_by_hand():
    # -8 + 2 ln(C^1.5 t) = 5 at C^1.5 t = e^6.5; at t = 10 min C = (e^6.5 / 10)^(2/3) = 16.4 mg/m3
    concentration = (math.exp(6.5) / 10) ** (2 / 3)
    assert concentration == pytest.approx(16.4, rel=5e-3)
    assert probability(fluorine(), concentration, 10) == pytest.approx(0.5)


def test_seconds_are_sixtieths_of_minutes():
    in_seconds = fluorine(time="s", a=str(-8 - 2 * math.log(60)))
    assert probability(in_seconds, 15.0, 10) == pytest.approx(probability(fluorine(), 15.0, 10))


def test_volume_fractions_become_masses_of_the_air_around():
    # 1 ppm of fluorine (37.997 g/mol) at 15 °C and 1 atm is 37.997 / 23.645 mg/m3.
    by_volume = fluorine(concentration="ppm")
    mg_m3 = 10.0 * 37.997 / 23.645
    assert probability(by_volume, mg_m3, 10) == pytest.approx(probability(fluorine(), 10.0, 10), rel=2e-3)


@pytest.mark.parametrize("part", PROBIT_PARTS)
def test_part_that_is_missing_is_refused(part):
    with pytest.raises(SubstanceError, match=f"fluorine/probit/{part}' is missing") as caught:
        fluorine(**{part: None})
    assert "缺失" in caught.value.zh


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"b": "0"}, "b' is 0.0, not above 0"),
        ({"b": "-1"}, "b' is -1.0, not above 0"),
        ({"n": "0"}, "n' is 0.0, not above 0"),
        ({"averaging": "0"}, "averaging' is 0.0, not above 0"),
        ({"concentration": "kg/m3"}, "'kg/m3', not mg/m3 or ppm"),
        ({"time": "h"}, "'h', not min or s"),
        ({"base": "10"}, "base' is no part of a probit"),
        ({"source": ""}, "states no source"),
        ({"a": "much"}, "holds the word 'much'"),
    ],
)
def test_wrong_rows_are_refused(changes, message):
    with pytest.raises((SubstanceError, ParameterError), match=message):
        fluorine(**changes)


def test_longest_exposure_must_be_a_time():
    wrong = [replace(row, unit="m") if row.key.endswith("averaging") else row for row in rows_of()]
    with pytest.raises(ParameterError, match="'m' cannot be converted to 's'"):
        substances(own=wrong)


def test_pure_numbers_have_no_unit():
    wrong = [replace(row, unit="ppm") if row.key.endswith("/a") else row for row in rows_of()]
    with pytest.raises((SubstanceError, ParameterError), match="unit"):
        substances(own=wrong)


def test_published_constants_are_not_replaced_in_silence():
    with pytest.raises(SubstanceError, match=r"chlorine: constants .* overrides") as caught:
        substances(own=rows_of("chlorine"))
    assert "参数修改" in caught.value.zh


def test_further_substances_are_untouched():
    known = substances(own=rows_of())
    assert known["arsine"].probit is None
    assert known["fluorine"].name == substances()["fluorine"].name


def poisoning(averaging_min):
    vessel, substance, around = equipment("ammonia", pressure_pa=9e5), substances()["ammonia"], surroundings()
    release = release_of(scenario(), vessel, substance, around)
    scene = Scene.of(vessel, substance, release, around)
    cloud = disperse(scene.release, scene.substance, DAY, scene.surroundings)
    own = fluorine(averaging=str(averaging_min)).probit
    return toxic_cloud_of(replace(scene, substance=replace(scene.substance, probit=own)), cloud), cloud


def test_rows_await_confirmation_in_the_result():
    effect, _ = poisoning(60)
    own = [row for row in effect.parameters if "/probit/" in row.key]
    assert [row.key for row in own] == [f"fluorine/probit/{name}" for name in PROBIT_PARTS]
    assert {row.standing for row in own} == {Standing.SITE_SPECIFIC}
    assert all(row.source for row in own)


def test_release_of_the_substance_is_computed_with_them():
    subject = equipment("fluorine", temperature_k=288.15, pressure_pa=9e5)
    without = substances([FLUID])["fluorine"]
    with pytest.raises(SubstanceError, match="fluorine has no toxic probit"):
        events_of(scenario(), subject, without, surroundings(), ROSE, GRID, [FLUID])
    events = events_of(scenario(), subject, fluorine(), surroundings(), ROSE, GRID, [FLUID])
    assert events
    for event in events:
        assert {f"fluorine/probit/{name}" for name in PROBIT_PARTS} <= {row.key for row in event.parameters}


def test_exposure_beyond_the_constants_carries_a_warning():
    within, cloud = poisoning(60)
    beyond, _ = poisoning(0.01)
    assert within.warnings == cloud.warnings
    (warning,) = (each for each in beyond.warnings if each not in cloud.warnings)
    assert "exposures up to 0.6 s" in warning.en
    assert "0.6 s" in warning.zh
    here = np.array([[300.0]]), np.array([[0.0]])
    assert within.value(*here) == beyond.value(*here)
