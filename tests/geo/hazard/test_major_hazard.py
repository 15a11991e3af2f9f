"""Identification and grading after GB 18218-2018, worked by hand."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import HazardError, SubstanceError
from geo.hazard.classification import classify
from geo.hazard.major_hazard import assess_major_hazard
from geo.hazard.substances import substances
from geo.hazard.tables import Override, cas_is_valid, table
from geo.standing import Standing
from tests.geo.hazard.plants import SPHERE, STORE, plant_of


def holding(substance, mass_kg, number=1, **fields):
    return replace(SPHERE, id=f"{substance}-{number}", substance=substance, mass_kg=mass_kg, **fields)


def unit_of(*equipment, people=0, overrides=()):
    plant = plant_of(*equipment, people_within_500m=people)
    return assess_major_hazard(plant, overrides=overrides).units[0]


def test_an_ammonia_store_by_hand():
    # S = 240/10 = 24; beta 2 (table 3), alpha 1.5 for 60 people: R = 1.5 * 2 * 24 = 72, grade 2.
    found = assess_major_hazard(
        plant_of(holding("ammonia", 120_000.0), holding("ammonia", 120_000.0, 2), people_within_500m=60)
    )
    (unit,) = found.units
    assert (unit.s, unit.is_major, unit.r, unit.grade) == (24.0, True, 72.0, 2)
    assert (found.alpha, found.is_major, found.grade) == (1.5, True, 2)
    (term,) = unit.terms
    assert (term.mass_t, term.critical_t, term.beta, term.ratio) == (240.0, 10.0, 2.0, 24.0)
    assert term.equipment_ids == ("ammonia-1", "ammonia-2")
    assert (term.clause.zh, term.clause.en) == ("表1 第1项", "table 1, entry 1")


def test_several_substances_by_hand():
    # Chlorine 40/5 = 8 with beta 4, LPG 100/50 = 2 with beta 1.5, propylene (table 2, W2) 5/10 = 0.5 with beta 1.5.
    unit = unit_of(
        holding("chlorine", 40_000.0), holding("lpg", 100_000.0), holding("propylene", 5_000.0), people=100
    )
    assert unit.s == 10.5
    # R = 2.0 * (4 * 8 + 1.5 * 2 + 1.5 * 0.5) = 71.5
    assert (unit.r, unit.grade) == (71.5, 2)
    assert [term.clause.en for term in unit.terms] == [
        "table 1, entry 12",
        "table 1, entry 52",
        "table 2, W2",
    ]


def test_below_the_quantity_there_is_no_grade():
    unit = unit_of(holding("ammonia", 9_999.0))
    assert (unit.is_major, unit.r, unit.grade) == (False, None, None)


def test_exactly_the_quantity_is_a_major_hazard():
    assert unit_of(replace(STORE, mass_kg=5_000.0)).is_major
    assert not unit_of(replace(STORE, mass_kg=4_999.999)).is_major


def test_tenths_add_up_exactly():
    # In binary 0.1 + 0.2 is not 0.3, and ten tenths are less than one.
    assert unit_of(holding("phosgene", 100.0), holding("phosgene", 200.0, 2)).is_major
    tenths = [
        holding(name, mass) for name, mass in (("ammonia", 1_000.0), ("chlorine", 500.0), ("phosgene", 30.0))
    ]
    rest = [holding("methane", 35_000.0)]
    assert unit_of(*tenths, *rest).s == 1.0
    assert unit_of(*tenths, *rest).is_major


@given(st.integers(1, 40), st.integers(1, 10**6))
def test_any_split_of_the_quantity_is_a_major_hazard(parts, seed):
    grams = 10_000_000  # Q of ammonia
    sizes = [grams // parts + (seed % 7 if number == 0 else 0) for number in range(parts - 1)]
    sizes.append(grams - sum(sizes))
    equipment = [holding("ammonia", float(Decimal(size) / 1000), number) for number, size in enumerate(sizes)]
    exact = sum(Fraction(size) for size in sizes)
    assert exact == grams
    assert unit_of(*equipment).is_major


# Table 5, at and below each bound.
@pytest.mark.parametrize(
    ("people", "alpha"),
    [(0, 0.5), (1, 1.0), (29, 1.0), (30, 1.2), (49, 1.2), (50, 1.5), (99, 1.5), (100, 2.0), (10**6, 2.0)],
)
def test_alpha_by_people(people, alpha):
    assert assess_major_hazard(plant_of(SPHERE, people_within_500m=people)).alpha == alpha


# Table 6: ammonia with beta 2 and alpha 1 gives R = 2 q/Q.
@pytest.mark.parametrize(
    ("mass_kg", "grade"),
    [(49_999.0, 4), (50_000.0, 3), (249_999.0, 3), (250_000.0, 2), (499_999.0, 2), (500_000.0, 1)],
)
def test_grades_at_their_bounds(mass_kg, grade):
    assert unit_of(holding("ammonia", mass_kg), people=1).grade == grade


def test_people_not_known_leave_the_grade_open():
    found = assess_major_hazard(plant_of(SPHERE))
    assert found.is_major
    assert (found.people_within_500m, found.alpha, found.units[0].r, found.grade) == (None, None, None, None)


def test_what_the_plant_states_goes_before_what_was_counted():
    assert assess_major_hazard(plant_of(SPHERE), 40).alpha == 1.2
    assert assess_major_hazard(plant_of(SPHERE, people_within_500m=0), 40).alpha == 0.5
    with pytest.raises(HazardError, match="-1 people"):
        assess_major_hazard(plant_of(SPHERE), -1)


def test_units_are_judged_on_their_own():
    plant = plant_of(holding("ammonia", 6_000.0), people_within_500m=1)
    other = replace(plant.units[0], id="other", equipment=(holding("ammonia", 6_000.0, 2),))
    assert not assess_major_hazard(replace(plant, units=(*plant.units, other))).is_major


@pytest.mark.parametrize(("entry", "ratio"), [("43", 2.0), ("44", 0.2), ("45", 0.05)])
def test_ammonium_nitrate_by_entry(entry, ratio):
    unit = unit_of(holding("ammonium_nitrate", 10_000.0, entry=entry))
    assert unit.s == ratio


def test_an_open_entry_is_asked_for():
    with pytest.raises(HazardError, match="37, 38, 39, 40, 41, 42"):
        unit_of(holding("nitrocellulose", 1.0))
    with pytest.raises(HazardError, match="'35'"):
        unit_of(holding("ammonia", 1.0, entry="35"))
    with pytest.raises(HazardError, match="'unobtainium'"):
        unit_of(holding("unobtainium", 1.0))


def test_a_liquid_above_its_boiling_point_is_w5_1():
    stored = classify(holding("methanol", 1.0, temperature_k=298.15), substances()["methanol"])
    heated = classify(holding("methanol", 1.0, temperature_k=350.0), substances()["methanol"])
    assert (stored.category, stored.beta.number) == ("W5.3", 1.0)
    assert (heated.category, heated.beta.number) == ("W5.1", 1.5)
    assert stored.quantity == heated.quantity


def own_rows(category):
    methane = substances()["methane"]
    words = {
        "name_zh": "试样",
        "name_en": "sample",
        "category": category,
        "hazards": "toxic",
        "fluid": "none",
    }
    return [replace(methane.row("name_zh"), key=f"sample/{key}", value=word) for key, word in words.items()]


def test_of_several_categories_the_smallest_quantity_counts():
    plant = plant_of(holding("sample", 5_000.0), people_within_500m=1)
    unit = assess_major_hazard(plant, own=own_rows("J5|W2|W10")).units[0]
    assert (unit.s, unit.terms[0].category) == (0.5, "W2")


def test_a_substance_without_entry_or_category_is_refused():
    rows = [row for row in own_rows("W2") if row.key != "sample/category"]
    with pytest.raises(SubstanceError, match="sample/category"):
        assess_major_hazard(plant_of(holding("sample", 1.0)), own=rows)


def test_an_override_is_seen_in_the_result():
    local = Override(table="critical_quantities", key="1", value=5.0, author="Wu", reason="local rule")
    unit = unit_of(holding("ammonia", 5_000.0), people=1, overrides=[local])
    assert unit.is_major
    assert any(row.overridden_by == "Wu" for row in unit.parameters)


def test_table_1_is_whole():
    rows = table("critical_quantities")
    assert list(rows) == [str(number) for number in range(1, 86)]
    for row in rows.values():
        numbers = [number for number in row.attribute("cas").split(";") if number]
        assert all(cas_is_valid(number) for number in numbers)
        assert row.attribute("name_zh")
        assert row.attribute("name_en")
        assert row.standing is Standing.VERIFIED
    # Spot checks against the printed table.
    assert {key: rows[key].number for key in ("6", "12", "30", "49", "66", "85")} == {
        "6": 0.3,
        "12": 5,
        "30": 0.75,
        "49": 50,
        "66": 200,
        "85": 10,
    }


def test_every_entry_has_a_category_of_table_4():
    categories = table("hazard_categories")
    for key, row in table("entry_categories").items():
        assert key in table("critical_quantities")
        assert f"{row.word}/beta" in categories
        assert row.standing is Standing.RECALLED


def test_table_3_is_keyed_by_substances():
    for key, row in table("beta_toxic").items():
        if key in substances():
            assert substances()[key].cas == row.attribute("cas")
    assert set(table("beta_toxic")) <= set(substances())
