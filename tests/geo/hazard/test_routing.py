"""Method of the external safety distance: the flow of GB/T 37243-2019 on small plants."""

from dataclasses import replace

import pytest

from geo.errors import ParameterError
from geo.hazard.routing import Method, choose_methods
from geo.hazard.tables import table
from tests.geo.hazard.plants import SPHERE, STORE, plant_of


def tank(substance, mass_kg, **fields):
    return replace(SPHERE, id=f"{substance}", substance=substance, mass_kg=mass_kg, **fields)


def test_toxic_gas_at_the_critical_quantity_calls_for_risk():
    routing = choose_methods(plant_of(tank("ammonia", 10_000.0)))
    assert routing.methods == (Method.RISK,)
    assert routing.gas_units == ("unit",)
    assert "整体" in routing.reasons[0].zh
    assert "all units of the enterprise assessed together" in routing.reasons[0].en


@pytest.mark.parametrize(
    "contents",
    [
        [tank("ammonia", 9_999.0)],
        [tank("benzene", 10_000_000.0)],  # a major hazard, but a liquid
        [tank("methanol", 1_000.0), tank("chlorine", 4_000.0)],
    ],
)
def test_the_rest_goes_by_design_standards(contents):
    routing = choose_methods(plant_of(*contents))
    assert routing.methods == (Method.STANDARDS,)
    assert [row.word for row in routing.standards] == ["GB 50160", "GB 50016", "GB 50074", "GB 51142"]
    assert "no number is computed" in routing.reasons[0].en


def test_gases_add_up_within_a_unit_exactly():
    # 4/10 + 2/5 + 10/50 = 1
    routing = choose_methods(
        plant_of(tank("ammonia", 4_000.0), tank("chlorine", 2_000.0), tank("lpg", 10_000.0))
    )
    assert routing.methods == (Method.RISK,)


def test_liquids_do_not_count_with_the_gases():
    routing = choose_methods(plant_of(tank("ammonia", 9_000.0), tank("benzene", 1_000_000.0)))
    assert routing.methods == (Method.STANDARDS,)


def test_any_explosive_calls_for_consequences():
    routing = choose_methods(plant_of(replace(STORE, mass_kg=1.0)))
    assert routing.methods == (Method.CONSEQUENCE,)
    assert routing.explosive_units == ("unit",)


def test_both_methods_and_the_larger_distance():
    routing = choose_methods(plant_of(STORE, tank("chlorine", 5_000.0)))
    assert routing.methods == (Method.CONSEQUENCE, Method.RISK)
    assert len(routing.reasons) == 3
    assert "larger distance" in routing.reasons[-1].en


def test_ammonium_nitrate_goes_by_its_entry():
    nitrate = replace(STORE, substance="ammonium_nitrate", kind="store")
    assert choose_methods(plant_of(replace(nitrate, entry="43"))).methods == (Method.CONSEQUENCE,)
    assert choose_methods(plant_of(replace(nitrate, entry="44"))).methods == (Method.STANDARDS,)


@pytest.mark.parametrize("key", list(table("scope")))
def test_excluded_plants_are_sent_to_their_regulation(key):
    routing = choose_methods(plant_of(STORE, excluded_as=key))
    assert routing.methods == ()
    assert routing.excluded is not None
    assert routing.excluded.attribute("instead_en") in routing.reasons[0].en
    assert routing.excluded.attribute("instead_zh") in routing.reasons[0].zh


def test_an_unknown_scope_is_refused():
    with pytest.raises(ParameterError, match="circus"):
        choose_methods(plant_of(STORE, excluded_as="circus"))


def test_the_rows_that_decide_are_carried():
    names = {row.name for row in choose_methods(plant_of(tank("ammonia", 10_000.0))).parameters}
    assert {"critical_quantities:1", "entry_categories:1"} <= names
