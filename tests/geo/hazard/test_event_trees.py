"""Event trees: end events worked by hand, branches that always add up, trees that are refused."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import ParameterError, SubstanceError
from geo.hazard.event_trees import branches, check_tree, event_tree
from geo.hazard.scenario import Outcome, Phase, Pool, Release
from geo.hazard.substances import substances
from geo.hazard.tables import Override, Table, table
from geo.standing import Standing
from tests.geo.hazard.plants import SURROUNDINGS

KNOWN = substances()
ONE_CAR = replace(SURROUNDINGS, ignition_sources=(("vehicle", 1.0),))

JET = Release(
    rate_kg_s=20.0,
    duration_s=600.0,
    mass_kg=12_000.0,
    phase=Phase.TWO_PHASE,
    velocity_m_s=100.0,
    temperature_k=231.0,
    vapour_fraction=0.3,
    airborne_fraction=1.0,
    airborne_density_kg_m3=5.0,
    height_m=1.0,
    pool=None,
)
AT_ONCE = replace(JET, rate_kg_s=None, duration_s=0.0)
SPILL = replace(
    JET,
    phase=Phase.LIQUID,
    temperature_k=293.0,
    vapour_fraction=0.0,
    airborne_fraction=0.0,
    pool=Pool(mass_kg=12_000.0, area_m2=400.0, evaporation_kg_s=1.0, evaporation_s=600.0),
)


def ends(release, key, surroundings=ONE_CAR, overrides=()):
    found = branches(release, KNOWN[key], surroundings, overrides)
    return {branch.outcome: branch.probability for branch in found}


def test_a_jet_of_propane_by_hand():
    # 20 kg/s of average reactivity: 0.5 at once; one car for 10 min: 1 - 0.6^10 = 0.99395; 0.4 explode, 0.6 flash.
    late = 1 - 0.6**10
    assert ends(JET, "propane") == pytest.approx(
        {
            Outcome.JET_FIRE: 0.5,
            Outcome.FLASH_FIRE: 0.5 * late * 0.6,
            Outcome.EXPLOSION: 0.5 * late * 0.4,
            Outcome.HARMLESS: 0.5 * (1 - late),
        }
    )


def test_propane_at_once_by_hand():
    # 12 t: 0.7 at once, 0.7 of it a fireball; a car within one minute: 0.4.
    assert ends(AT_ONCE, "propane") == pytest.approx(
        {
            Outcome.FIREBALL: 0.49,
            Outcome.FLASH_FIRE: 0.7 * 0.3 * 0.6 + 0.3 * 0.4 * 0.6,
            Outcome.EXPLOSION: 0.7 * 0.3 * 0.4 + 0.3 * 0.4 * 0.4,
            Outcome.HARMLESS: 0.3 * 0.6,
        }
    )


def test_ammonia_that_does_not_burn_at_once_is_toxic():
    assert ends(JET, "ammonia") == pytest.approx({Outcome.JET_FIRE: 0.04, Outcome.TOXIC_CLOUD: 0.96})


def test_a_toxic_gas_of_high_reactivity_may_burn_late():
    found = ends(JET, "ethylene_oxide")
    assert found[Outcome.TOXIC_CLOUD] == pytest.approx(0.5 * 0.6**10)
    assert Outcome.HARMLESS not in found


def test_late_ignition_of_ammonia_can_be_switched_on():
    change = Override(table="ignition_delayed", key="toxic/low", value=1.0, author="Sun", reason="study")
    assert ends(JET, "ammonia", overrides=[change])[Outcome.TOXIC_CLOUD] == pytest.approx(0.96 * 0.6**10)


def test_chlorine_is_only_toxic():
    assert ends(JET, "chlorine") == {Outcome.TOXIC_CLOUD: 1.0}


def test_oxygen_neither_burns_nor_poisons():
    assert ends(JET, "oxygen") == {Outcome.HARMLESS: 1.0}


def test_a_spill_of_benzene_burns_as_a_pool():
    found = ends(SPILL, "benzene")
    assert found[Outcome.POOL_FIRE] == pytest.approx(0.065)
    # 600 s of outflow and 600 s of evaporation: 20 min beside the car.
    assert found[Outcome.HARMLESS] == pytest.approx(0.935 * 0.6**20)


def test_a_cold_liquid_of_class_k2_burns_only_at_once():
    assert ends(SPILL, "styrene") == pytest.approx({Outcome.POOL_FIRE: 0.01, Outcome.HARMLESS: 0.99})
    warm = replace(SPILL, temperature_k=305.0)  # flash point 303.15 K
    assert ends(warm, "styrene")[Outcome.POOL_FIRE] == pytest.approx(0.065)


@pytest.mark.parametrize(
    ("rate_kg_s", "probability"), [(9.999, 0.2), (10.0, 0.5), (100.0, 0.5), (100.001, 0.7)]
)
def test_classes_of_the_rate_at_their_ends(rate_kg_s, probability):
    assert ends(replace(JET, rate_kg_s=rate_kg_s), "propane")[Outcome.JET_FIRE] == probability


@pytest.mark.parametrize(
    ("mass_kg", "probability"), [(999.0, 0.02), (1000.0, 0.04), (10_000.0, 0.04), (10_001.0, 0.09)]
)
def test_classes_of_the_mass_at_their_ends(mass_kg, probability):
    found = ends(replace(AT_ONCE, mass_kg=mass_kg), "methane")
    assert found[Outcome.FIREBALL] == pytest.approx(0.7 * probability)


def test_a_flare_ignites_whatever_reaches_it():
    flare = replace(SURROUNDINGS, ignition_sources=(("flare", 1.0),))
    assert Outcome.HARMLESS not in ends(JET, "propane", flare)


def test_people_ignite_by_their_number():
    crowd = replace(SURROUNDINGS, ignition_sources=(("people", 50.0),))
    release = replace(JET, duration_s=60.0)
    assert ends(release, "propane", crowd)[Outcome.HARMLESS] == pytest.approx(0.5 * 0.99**50)


def test_sources_join():
    both = replace(SURROUNDINGS, ignition_sources=(("vehicle", 1.0), ("power_line", 2.0)))
    release = replace(JET, duration_s=60.0)
    assert ends(release, "propane", both)[Outcome.HARMLESS] == pytest.approx(0.5 * 0.6 * 0.8**2)


def test_a_plant_without_stated_sources_is_one_and_says_so():
    (first, *_) = branches(replace(JET, duration_s=60.0), KNOWN["propane"], SURROUNDINGS)
    names = {row.name for row in first.parameters}
    assert {"ignition_delayed:unstated", "ignition_delayed:source/chemical_plant"} <= names
    assert ends(replace(JET, duration_s=60.0), "propane", SURROUNDINGS)[Outcome.HARMLESS] == pytest.approx(
        0.05
    )


def test_an_unknown_source_is_named():
    bad = replace(SURROUNDINGS, ignition_sources=(("dragon", 1.0),))
    with pytest.raises(ParameterError, match="source/dragon"):
        branches(JET, KNOWN["propane"], bad)


def test_a_flammable_substance_needs_its_ignition_class():
    rows = {key: row for key, row in KNOWN["propane"].rows.items() if key != "ignition_class"}
    with pytest.raises(SubstanceError, match="ignition_class"):
        branches(JET, replace(KNOWN["propane"], rows=rows), ONE_CAR)


RELEASES = st.builds(
    lambda rate, seconds, mass, phase, airborne: replace(
        JET,
        rate_kg_s=rate,
        duration_s=0.0 if rate is None else seconds,
        mass_kg=mass,
        phase=phase,
        airborne_fraction=airborne,
    ),
    st.none() | st.floats(0, 1e4),
    st.floats(0, 1e5),
    st.floats(0, 1e7),
    st.sampled_from(list(Phase)),
    st.floats(0, 1),
)
SOURCES = st.lists(
    st.tuples(
        st.sampled_from(
            [key.removeprefix("source/") for key in table("ignition_delayed") if key.startswith("source/")]
        ),
        st.floats(0, 1e4),
    ),
    max_size=4,
).map(tuple)


RELEASED = [
    key for key, each in KNOWN.items() if each.row("fluid").word.partition(":")[0] not in {"none", "refused"}
]


@given(RELEASES, st.sampled_from(RELEASED), SOURCES)
def test_branches_add_up_to_one(release, key, sources):
    surroundings = replace(SURROUNDINGS, ignition_sources=sources)
    found = branches(release, KNOWN[key], surroundings)
    assert math.fsum(branch.probability for branch in found) == pytest.approx(1, abs=1e-12)
    assert all(0 < branch.probability <= 1 for branch in found)
    assert len({branch.outcome for branch in found}) == len(found)


@given(RELEASES, st.floats(0, 3000))
def test_a_longer_release_is_ignited_no_less(release, more_s):
    longer = replace(release, duration_s=release.duration_s + more_s)
    if release.rate_kg_s is not None:
        assert (
            ends(longer, "propane").get(Outcome.HARMLESS, 0)
            <= ends(release, "propane").get(Outcome.HARMLESS, 0) + 1e-15
        )


def test_parameters_name_all_that_was_used():
    (first, *_) = branches(JET, KNOWN["propane"], ONE_CAR)
    names = {row.name for row in first.parameters}
    assert {
        "ignition_immediate:gas/average/medium",
        "ignition_delayed:source/vehicle",
        "ignition_delayed:explosion",
        "substances:propane/reactivity",
        "event_trees:gas_continuous/1",
    } <= names


def test_overrides_reach_the_tree():
    change = Override(
        table="ignition_immediate", key="gas/average/medium", value=0.1, author="Sun", reason="study"
    )
    assert ends(JET, "propane", overrides=[change])[Outcome.JET_FIRE] == pytest.approx(0.1)


def test_every_shipped_tree_is_complete():
    trees = table("event_trees")
    for name in {key.split("/")[0] for key in trees}:
        check_tree(trees, name)
        for row in trees.below(name).values():
            assert row.word == "unignited" or Outcome(row.word)
            assert row.standing is Standing.RECALLED


def test_a_tree_with_a_gap_or_an_overlap_is_refused():
    rows = list(table("event_trees").values())
    without = Table("event_trees", [row for row in rows if row.key != "liquid/4"])
    with pytest.raises(ParameterError, match="'liquid': 0 end events"):
        check_tree(without, "liquid")
    twice = Table("event_trees", [*rows, replace(rows[0], key="gas_continuous/9")])
    with pytest.raises(ParameterError, match="2 end events"):
        check_tree(twice, "gas_continuous")


def test_trees_by_phase():
    propane = KNOWN["propane"]
    assert event_tree(JET, propane) == "gas_continuous"
    assert event_tree(AT_ONCE, propane) == "gas_instantaneous"
    assert event_tree(SPILL, propane) == "liquid"
    assert event_tree(replace(SPILL, phase=Phase.GAS), propane) == "gas_continuous"
    assert event_tree(JET, KNOWN["chlorine"]) == "not_flammable"
