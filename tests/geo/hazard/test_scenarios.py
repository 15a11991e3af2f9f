"""Losses of containment: frequencies, holes and durations, worked by hand from the tables."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import HazardError, ParameterError
from geo.hazard.scenario import ScenarioKind
from geo.hazard.scenarios import LIBRARIES, plant_scenarios, scenarios_of, severe_scenarios, unmodelled
from geo.hazard.tables import Override, table
from geo.standing import Standing
from tests.geo.hazard.plants import SPHERE, STORE, plant_of

UNIT = plant_of(SPHERE).units[0]
PIPE = replace(SPHERE, id="pipe", kind="pipe", diameter_m=0.1, length_m=200.0, liquid_height_m=None)


def found(equipment, library="api581", overrides=()):
    return {each.hole: each for each in scenarios_of(UNIT, equipment, library, overrides)}


def test_a_pressure_vessel_has_three_leaks_and_a_rupture():
    scenarios = found(SPHERE)
    assert {hole: each.frequency_per_year for hole, each in scenarios.items()} == {
        "small": 4e-5,
        "medium": 1e-4,
        "large": 1e-5,
        "rupture": 6e-6,
    }
    assert [each.hole_diameter_m for each in scenarios.values()] == [0.005, 0.025, 0.1, None]
    assert scenarios["rupture"].kind is ScenarioKind.INSTANTANEOUS
    assert scenarios["rupture"].duration_s is None
    assert scenarios["small"].id == "sphere/small"


# Annex E as recalled: minutes for 5, 25 and 100 mm.
@pytest.mark.parametrize(
    ("detection", "isolation", "minutes"),
    [("A", "A", (20, 10, 5)), ("A", "B", (30, 20, 10)), ("B", "C", (60, 30, 20)), ("C", "A", (60, 40, 20))],
)
def test_leaks_last_until_they_are_isolated(detection, isolation, minutes):
    scenarios = found(replace(SPHERE, detection=detection, isolation=isolation))
    assert tuple(scenarios[hole].duration_s for hole in ("small", "medium", "large")) == tuple(
        60.0 * each for each in minutes
    )


def test_pipes_count_by_the_metre():
    scenarios = found(PIPE)
    # 102 mm row times 200 m: 9e-7, 6e-7 and 7e-8 per metre and year.
    assert {hole: each.frequency_per_year for hole, each in scenarios.items()} == pytest.approx(
        {"small": 1.8e-4, "medium": 1.2e-4, "rupture": 1.4e-5}
    )
    assert scenarios["rupture"].hole_diameter_m == 0.1
    assert scenarios["rupture"].kind is ScenarioKind.LEAK


@pytest.mark.parametrize(
    ("bore_mm", "row"),
    [
        (10, "pipe_19"),
        (25, "pipe_25"),
        (50, "pipe_51"),
        (100, "pipe_102"),
        (150, "pipe_152"),
        (400, "pipe_406"),
        (500, "pipe_over_406"),
    ],
)
def test_a_bore_goes_to_the_nearest_row(bore_mm, row):
    scenario = next(iter(scenarios_of(UNIT, replace(PIPE, diameter_m=bore_mm / 1000))))
    assert scenario.parameters[0].key.split("/")[1] == row


def test_a_hole_wider_than_a_pipe_is_its_full_bore():
    narrow = found(replace(PIPE, diameter_m=0.004))
    assert [each.hole_diameter_m for each in narrow.values()] == [0.004, 0.004]
    assert all(each.kind is ScenarioKind.LEAK for each in narrow.values())


def test_a_hole_wider_than_every_connection_of_a_vessel_is_its_rupture():
    scenarios = found(replace(SPHERE, diameter_m=0.08))
    assert scenarios["medium"].hole_diameter_m == 0.025
    assert (scenarios["large"].kind, scenarios["large"].hole_diameter_m) == (ScenarioKind.INSTANTANEOUS, None)
    assert any(row.key == "wider_than_bore/vessel" for row in scenarios["large"].parameters)


def test_a_pump_breaks_to_its_bore():
    scenarios = found(replace(SPHERE, kind="reciprocating_pump", diameter_m=0.05))
    assert [each.frequency_per_year for each in scenarios.values()] == [0.7, 0.01, 0.001, 0.001]
    assert [each.hole_diameter_m for each in scenarios.values()] == [0.005, 0.025, 0.05, 0.05]


def test_the_dutch_library():
    scenarios = found(SPHERE, "purple_book")
    assert [each.frequency_per_year for each in scenarios.values()] == [5e-7, 5e-7, 1e-5]
    assert scenarios["ten_minutes"].duration_s == 600.0
    # A 10 mm hole is of the medium class: 40 min for ratings C and C.
    assert (scenarios["leak"].hole_diameter_m, scenarios["leak"].duration_s) == (0.01, 2400.0)


@pytest.mark.parametrize(
    ("bore_m", "leak_m", "rupture"), [(0.05, 0.005, 2e-4), (0.1, 0.01, 6e-5), (0.8, 0.05, 2e-5)]
)
def test_dutch_pipes(bore_m, leak_m, rupture):
    scenarios = found(replace(PIPE, diameter_m=bore_m), "purple_book")
    assert scenarios["leak"].hole_diameter_m == pytest.approx(leak_m)
    assert scenarios["rupture"].frequency_per_year == pytest.approx(rupture)


@given(st.floats(0.1, 1e5), st.sampled_from(sorted(LIBRARIES)))
def test_frequencies_of_a_pipe_grow_with_its_length(length_m, library):
    one = scenarios_of(UNIT, replace(PIPE, length_m=length_m), library)
    two = scenarios_of(UNIT, replace(PIPE, length_m=2 * length_m), library)
    for each, double in zip(one, two, strict=True):
        assert double.frequency_per_year == pytest.approx(2 * each.frequency_per_year, rel=1e-12)


@pytest.mark.parametrize("field", ["diameter_m", "length_m"])
def test_a_pipe_needs_bore_and_length(field):
    with pytest.raises(HazardError, match=f"'pipe'.*{field}"):
        scenarios_of(UNIT, replace(PIPE, **{field: None}))


def test_what_a_library_does_not_have_is_named():
    with pytest.raises(HazardError, match=r"purple_book.*'filter'"):
        scenarios_of(UNIT, replace(SPHERE, kind="filter"), "purple_book")
    with pytest.raises(HazardError, match="no frequency library 'oreda'"):
        scenarios_of(UNIT, SPHERE, "oreda")
    with pytest.raises(ParameterError, match="'cauldron'"):
        plant_scenarios(plant_of(replace(SPHERE, kind="cauldron")))


def test_overrides_change_the_scenario_and_stay_visible():
    def override(name, key, value):
        return Override(table=name, key=key, value=value, author="Zhao", reason="plant data")

    scenarios = found(
        SPHERE,
        overrides=[
            override("leak_frequencies", "api581/pressure_vessel/small", 1e-6),
            override("holes", "rupture", "ten_minutes"),
        ],
    )
    assert scenarios["small"].frequency_per_year == 1e-6
    assert scenarios["small"].parameters[0].overridden_by == "Zhao"
    assert scenarios["rupture"].kind is ScenarioKind.TEN_MINUTES
    assert scenarios["rupture"].duration_s == 600


def test_every_scenario_carries_the_rows_it_rests_on():
    for library in LIBRARIES:
        for scenario in plant_scenarios(plant_of(SPHERE, PIPE), library):
            assert scenario.parameters
            assert scenario.parameters[0].standing is Standing.RECALLED


def test_every_row_of_frequencies_makes_a_scenario():
    kinds = {key for key, row in table("equipment_kinds").items() if row.word != "store"}
    used = {
        row.key
        for library in LIBRARIES
        for kind in kinds
        for bore_mm in (19, 25, 51, 102, 152, 203, 254, 305, 406, 600)
        if library == "api581" or table("leak_frequencies").below(f"{library}/{kind}") or kind == "pipe"
        for scenario in scenarios_of(UNIT, replace(PIPE, kind=kind, diameter_m=bore_mm / 1000), library)
        for row in scenario.parameters
        if row.table == "leak_frequencies"
    }
    assert used == set(table("leak_frequencies"))


def test_explosives_detonate_together():
    emulsion = replace(STORE, id="emulsion", substance="emulsion_explosive", mass_kg=5_000.0)
    (scenario,) = severe_scenarios(plant_of(STORE, emulsion, SPHERE))
    assert scenario.equipment_ids == ("store", "emulsion")
    assert scenario.mass_kg == 15_000
    # By hand: 10000 * 4.52/4.52 + 5000 * 3.4/4.52 = 13761.06 kg
    assert scenario.tnt_kg == pytest.approx(13_761.06, abs=0.01)
    assert any(row.name == "substances:tnt/heat_of_explosion" for row in scenario.parameters)


def test_ammonium_nitrate_detonates_only_with_combustibles():
    nitrate = replace(STORE, substance="ammonium_nitrate")
    assert severe_scenarios(plant_of(replace(nitrate, entry="44"))) == ()
    (scenario,) = severe_scenarios(plant_of(replace(nitrate, entry="43")))
    assert scenario.tnt_kg == pytest.approx(10_000 * 1.45 / 4.52)
    with pytest.raises(HazardError, match="43, 44, 45"):
        severe_scenarios(plant_of(nitrate))


def test_stores_have_no_release_and_results_can_say_so():
    plant = plant_of(STORE, SPHERE)
    assert {each.equipment_id for each in plant_scenarios(plant)} == {"sphere"}
    (text,) = unmodelled(plant)
    assert "炸药库" in text.zh
