"""How far equipment reaches; distances of the accident-consequence method; domino screening."""

import functools

import numpy as np
import pytest
import shapely

from geo.ellipsoid import CGCS2000
from geo.errors import OutOfRangeError, ParameterError
from geo.hazard.accident import accident_distances
from geo.hazard.blasts.tnt import incident_pressure_pa
from geo.hazard.blasts.vapour_cloud import explode_cloud
from geo.hazard.domino import (
    SCREENING,
    Escalation,
    add_escalations,
    added_frequencies,
    escalations_of,
    plant_escalations,
    worst_scenario,
)
from geo.hazard.effects import FlashEffect
from geo.hazard.endpoints import MODEL_REACH_M, far_endpoints
from geo.hazard.events import consequences_of
from geo.hazard.plant import Plant, Unit
from geo.hazard.ranking import rank_scenarios
from geo.hazard.scenario import Outcome, ScenarioKind
from geo.hazard.scenarios import plant_scenarios
from geo.hazard.stamp import Placement, sample
from geo.hazard.substances import find_substance
from geo.hazard.tables import Override, table
from geo.hazard.vulnerability import thresholds
from tests.geo.hazard.hazard_scenes import ROSE, equipment, scenario, surroundings
from tests.geo.hazard.risk_scenes import make_kernel


def explode(**changes):
    values = {
        "flammable_kg": 2000.0,
        "heat_of_combustion_j_kg": 46.3e6,
        "congested_volume_m3": 3000.0,
        "strength": None,
        "fuel_reactivity": "medium",
        "air_pressure_pa": 101_325.0,
        "blasts": table("blasts"),
    }
    return explode_cloud(**(values | changes))


def word(key, value):
    override = Override(table="blasts", key=key, value=value, unit="", author="A", reason="test")
    return table("blasts", [override])


def reached(effect, limit):
    """Return the farthest of many places in all directions at which an effect has a value."""
    radius_m = np.geomspace(0.5, 12_000.0, 40_000)[:, None]
    angle = np.radians([0.0, 5.0, 15.0, 45.0, 90.0, 180.0])[None, :]
    above = np.broadcast_to(effect.value(radius_m, angle) >= limit, (len(radius_m), 6)).any(axis=1)
    return float(radius_m[above].max()) if above.any() else 0.0


class TestAccidentDistances:
    def test_one_tonne_of_tnt(self):
        # Cube root of 1000 times 58.86, 25.76, 15.85 m: the formula put back by hand.
        found = {each.target_class: each for each in accident_distances(1000.0, surroundings())}
        assert found["high_sensitivity"].distance_m == pytest.approx(588.6, rel=1e-3)
        assert found["general_2"].distance_m == pytest.approx(257.6, rel=1e-3)
        assert found["general_3"].distance_m == pytest.approx(158.55, rel=1e-3)
        for each in found.values():
            pressure = incident_pressure_pa(1000.0, each.second_opinion_m)
            assert pressure == pytest.approx(each.limit_pa)

    def test_second_opinion_is_shorter_and_shorter_still_on_the_plateau(self):
        low, high = (
            accident_distances(1000.0, surroundings(pressure_pa=pressure))
            for pressure in (101_325.0, 79_501.0)
        )
        for one, other in zip(low, high, strict=True):
            assert other.second_opinion_m < one.second_opinion_m < one.distance_m == other.distance_m

    def test_limits_can_be_overridden_and_are_named(self):
        own = Override(
            table="overpressure_limits", key="general_3", value=6.9, unit="kPa", author="A", reason="test"
        )
        (*_, last) = accident_distances(1000.0, surroundings(), [own])
        assert last.limit_pa == pytest.approx(6900)
        assert last.parameters[0].overridden_by == "A"

    @pytest.mark.parametrize("mass", [0.0, -5.0, np.nan])
    def test_no_explosive_is_refused(self, mass):
        with pytest.raises(OutOfRangeError, match="TNT"):
            accident_distances(mass, surroundings())


class TestExplodeCloud:
    def test_only_the_congested_part_counts(self):
        # 3000 m3 x 3.5 MJ/m3 = 10.5 GJ of the 92.6 GJ in the cloud
        explosion = explode()
        assert explosion.model == "multi_energy"
        assert explosion.at_source
        assert explosion.details["explosion_energy_j"] == pytest.approx(10.5e9)
        assert explosion.details["blast_strength"] == 7

    def test_small_cloud_does_not_fill_the_volume(self):
        assert explode(flammable_kg=1.0).details["explosion_energy_j"] == pytest.approx(46.3e6)

    def test_strength_is_that_of_the_equipment(self):
        weak, strong = (explode(strength=each).pressure_pa(np.array([100.0])) for each in (2, 7))
        assert weak < strong

    @pytest.mark.parametrize(
        ("strength", "model"), [(2, "multi_energy_weak"), (3, "multi_energy"), (10, "multi_energy")]
    )
    def test_curves_compared_with_nothing_have_a_name_of_their_own(self, strength, model):
        assert explode(strength=strength).model == model

    def test_baker_strehlow_by_word(self):
        explosion = explode(blasts=word("cloud/model", "baker_strehlow"))
        assert explosion.model == "baker_strehlow_slow"
        assert explosion.details["flame_mach"] == 0.44

    def test_without_congestion_it_is_tnt(self):
        explosion = explode(congested_volume_m3=None)
        assert explosion.model == "tnt_equivalence"
        assert not explosion.at_source
        assert explosion.details["tnt_kg"] == pytest.approx(0.04 * 2000 * 46.3 / 4.6)

    def test_tnt_has_an_answer_at_every_distance(self):
        distance = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 500)])
        pressure = explode(congested_volume_m3=None).pressure_pa(distance)
        assert np.isfinite(pressure).all()
        assert pressure[0] > 1e7
        assert pressure[-1] == 0
        assert (np.diff(pressure) <= 0.01 * pressure[1:] + 1e-9).all()

    def test_nothing_flammable_no_blast(self):
        for changes in ({}, {"congested_volume_m3": None}):
            assert explode(flammable_kg=0.0, **changes).pressure_pa(np.array([1.0])).tolist() == [0.0]

    def test_unknown_model_is_refused(self):
        with pytest.raises(ParameterError, match="cloud/model"):
            explode(blasts=word("cloud/model", "guess"))


def at(identity, distance_m, azimuth_deg=90.0, **changes):
    lon, lat, _ = CGCS2000.fwd(102.7, 25.0, azimuth_deg, distance_m)
    return equipment("propane", id=identity, lon=lon, lat=lat, pressure_pa=8e5, **changes)


class TestDomino:
    def escalations(self, *targets, kind=ScenarioKind.LEAK, **changes):
        return escalations_of(
            scenario(kind),
            at("V1", 0.0, **changes),
            find_substance("propane"),
            surroundings(),
            ROSE,
            targets,
        )

    def test_near_targets_are_knocked_over_and_far_ones_are_not(self):
        found = self.escalations(at("near", 25.0), at("far", 3000.0))
        assert {each.target_id for each in found} == {"near"}

    def test_itself_and_unknown_kinds_are_passed_over(self):
        assert self.escalations(at("V1", 10.0), at("S1", 10.0, kind="store")) == ()

    def test_never_more_often_than_the_scenario_happens(self):
        added = added_frequencies(self.escalations(at("near", 10.0), at("next", 40.0)))
        assert all(0 < frequency <= 1e-4 * (1 + 1e-12) for frequency in added.values())
        assert set(added) == {"near", "next"}

    def test_fireballs_are_too_short_to_count(self):
        found = self.escalations(at("near", 100.0), kind=ScenarioKind.INSTANTANEOUS)
        assert "heat" not in {each.quantity for each in found}

    def test_even_rose_treats_all_bearings_alike(self):
        (east,), (north,) = (
            added_frequencies(self.escalations(at("T", 45.0, azimuth))).values() for azimuth in (90.0, 0.0)
        )
        assert east == pytest.approx(north, rel=1e-6)

    def test_thresholds_follow_the_class_of_the_target(self):
        found = self.escalations(at("tank", 30.0, kind="atmospheric_tank"))
        thresholds = {each.quantity: each.threshold.number for each in found}
        assert thresholds.items() <= {"heat": 15_000, "blast": 22_000}.items()
        for each in found:
            assert each.largest >= each.threshold.number


def works(*items, half_m=200.0):
    """Return a square plant, its sides so far from its middle, where the vessels stand."""
    east, _, _ = CGCS2000.fwd(102.7, 25.0, 90.0, half_m)
    _, north, _ = CGCS2000.fwd(102.7, 25.0, 0.0, half_m)
    return Plant(
        id="P1",
        name="plant",
        boundary=shapely.box(2 * 102.7 - east, 2 * 25.0 - north, east, north),
        state="new",
        surroundings=surroundings(),
        units=(Unit(id="U1", name="unit", kind="storage", boundary=None, equipment=items),),
    )


@functools.cache
def far(substance):
    """Return the farthest endpoints of a vessel under pressure."""
    vessel = equipment(substance, pressure_pa=9e5, mass_kg=5_000.0, diameter_m=0.05)
    return far_endpoints(works(vessel), ROSE)


class TestFarEndpoints:
    def test_farthest_over_scenarios_and_weathers(self):
        vessel = at("V1", 0.0, mass_kg=5_000.0, diameter_m=0.05)
        plant, rows = works(vessel), table("thresholds")
        found = {each.threshold.key: each.distance_m for each in far_endpoints(plant, ROSE, "purple_book")}
        by_force = {}
        for one in plant_scenarios(plant, "purple_book"):
            for consequence in consequences_of(
                one, vessel, find_substance("propane"), surroundings(), ROSE.weathers
            ):
                for effect in consequence.effects:
                    if isinstance(effect, FlashEffect):
                        limits = {"flash_fire/lfl_share": effect.limit_kg_m3}
                    else:
                        held = thresholds(effect.quantity, rows).values()
                        limits = {row.key: row.number for row in held}
                    for key, limit in limits.items():
                        by_force[key] = max(by_force.get(key, 0.0), reached(effect, limit))
        assert found == {key: pytest.approx(far_m, rel=2e-3) for key, far_m in by_force.items()}

    def test_lower_thresholds_of_heat_and_blast_reach_farther(self):
        for substance in ("methane", "ammonia"):
            for quantity in ("heat", "blast"):
                rows = [each for each in far(substance) if each.quantity == quantity]
                rows.sort(key=lambda each: each.threshold.number)
                assert [each.distance_m for each in rows] == sorted(
                    (each.distance_m for each in rows), reverse=True
                )

    def test_lower_limits_of_poison_reach_farther_and_are_shown_where_ignition_is_certain(self):
        poison = {each.threshold.key: each for each in far("ammonia") if each.outcome is Outcome.TOXIC_CLOUD}
        distances_m = {key.rpartition("/")[2]: each.distance_m for key, each in poison.items()}
        assert distances_m["aegl_1"] >= distances_m["aegl_2"] > distances_m["aegl_3"] > 0
        assert distances_m["slot"] > distances_m["slod"] > 0

    def test_a_circle_leaves_a_square_in_the_middle_of_a_side(self):
        # From the middle of a square the circle is farthest outside where it faces a side: by reach less half a side.
        (plant,) = (works(at("V1", 0.0, mass_kg=5_000.0, diameter_m=0.05), half_m=50.0),)
        for each in far_endpoints(plant, ROSE, "purple_book"):
            assert each.from_boundary_m == pytest.approx(max(each.distance_m - 50.0, 0.0), abs=0.05)

    def test_equals_are_computed_once_and_carry_their_own_names(self):
        told = []
        vessels = [at(name, 10.0 * turn, mass_kg=5_000.0, diameter_m=0.05) for turn, name in enumerate("AB")]
        found = far_endpoints(
            works(*vessels), ROSE, "purple_book", progress=lambda done, what: told.append((done, what))
        )
        one, other = ([each for each in found if each.equipment_id == name] for name in "AB")
        assert [each.distance_m for each in one] == [each.distance_m for each in other]
        assert {each.scenario_id.partition("/")[0] for each in other} == {"B"}
        assert told == [(0.5, "U1/A"), (1.0, "U1/B")]

    def test_poison_is_not_followed_beyond_what_the_models_hold_for(self):
        vessel = equipment("ammonia", pressure_pa=9e5, mass_kg=120_000.0, diameter_m=0.1)
        far = [each for each in far_endpoints(works(vessel), ROSE) if each.is_beyond]
        assert far
        assert all(each.distance_m == MODEL_REACH_M and each.quantity == "toxic" for each in far)

    def test_names_are_there_for_every_threshold(self):
        found = far_endpoints(works(at("V1", 0.0, mass_kg=5_000.0, diameter_m=0.05)), ROSE, "purple_book")
        assert all(each.name.zh and each.name.en for each in found)


def knocked(target, frequency, source="V1"):
    return Escalation(
        source_id=source,
        target_id=target,
        scenario_id=f"{source}/large",
        outcome=Outcome.JET_FIRE,
        quantity="heat",
        threshold=table("escalation")["heat/pressurised"],
        largest=60e3,
        frequency_per_year=frequency,
    )


class TestDominoInTheRisk:
    """By hand: a tank ruptures 6e-6 times a year; others knock it over 2e-6 + 1e-6 times: 9e-6, half as much again."""

    SCENARIOS = (
        scenario(id="tank/small", equipment_id="tank", hole="small", frequency_per_year=4e-5),
        scenario(
            ScenarioKind.INSTANTANEOUS,
            id="tank/rupture",
            equipment_id="tank",
            hole="rupture",
            frequency_per_year=6e-6,
        ),
    )

    def placed(self, escalations):
        return add_escalations([Placement("tank", make_kernel(), 0.0, 0.0)], escalations, self.SCENARIOS)

    def test_the_rupture_happens_half_as_often_again_and_the_leak_as_before(self):
        (before,), (after,) = (
            self.placed([]),
            self.placed([knocked("tank", 2e-6), knocked("tank", 1e-6, "V2")]),
        )
        place = 150.0, 40.0
        was = {
            (each.scenario_id, each.outcome): each.risk_per_year for each in rank_scenarios([before], *place)
        }
        now = {
            (each.scenario_id, each.outcome): each.risk_per_year for each in rank_scenarios([after], *place)
        }
        assert {name for name, _ in was} == {"tank/small", "tank/rupture"}
        for (name, outcome), risk in now.items():
            assert risk == pytest.approx(
                was[name, outcome] * (1.5 if name == "tank/rupture" else 1.0), rel=1e-12
            )
        points = np.random.default_rng(3).uniform(-800, 800, size=(30, 2))
        total = sample([after], points)
        for point, risk in zip(points, total, strict=True):
            parts = rank_scenarios([after], *point)
            assert sum(each.risk_per_year for each in parts) == pytest.approx(risk, rel=1e-12)

    def test_accidents_happen_as_often_as_the_risk_says(self):
        (after,) = self.placed([knocked("tank", 3e-6)])
        frequencies = {}
        for case in after.kernel.cases:
            if case.weather in {None, 0}:
                name = after.kernel.shares[case.share].scenario_id
                frequencies[name] = frequencies.get(name, 0.0) + case.frequency_per_year
        assert frequencies["tank/rupture"] == pytest.approx(9e-6)
        assert frequencies["tank/small"] == pytest.approx(4e-5)

    def test_the_result_names_the_threshold_and_says_that_it_is_a_screening(self):
        (before,), (after,) = self.placed([]), self.placed([knocked("tank", 1e-6)])
        assert knocked("tank", 1e-6).threshold in after.kernel.parameters
        assert SCREENING in after.kernel.warnings
        assert after.kernel.key != before.kernel.key

    def test_nobody_who_is_not_knocked_over_changes(self):
        (before,) = self.placed([])
        (after,) = self.placed([knocked("elsewhere", 1e-6)])
        assert after.kernel.key == before.kernel.key
        assert after.kernel.table.tobytes() == before.kernel.table.tobytes()

    def test_worst_is_all_at_once_then_ten_minutes_then_the_widest_hole(self):
        small = scenario(id="V/small", hole_diameter_m=0.005)
        large = scenario(id="V/large", hole_diameter_m=0.1)
        slow = scenario(ScenarioKind.TEN_MINUTES, id="V/ten")
        never = scenario(ScenarioKind.INSTANTANEOUS, id="V/rupture", frequency_per_year=0.0)
        assert worst_scenario([small, large]) is large
        assert worst_scenario([slow, large]) is slow
        assert worst_scenario([never, small]) is small
        assert worst_scenario([never]) is None

    def test_neighbours_in_a_plant_find_each_other(self):
        near, far = at("V2", 25.0, diameter_m=0.05), at("V3", 3000.0, diameter_m=0.05)
        found = plant_escalations(works(at("V1", 0.0, diameter_m=0.05), near, far, half_m=4000.0), ROSE)
        assert {(each.source_id, each.target_id) for each in found} == {("V1", "V2"), ("V2", "V1")}
        only = plant_escalations(works(at("V1", 0.0, diameter_m=0.05)), ROSE, targets=[near])
        assert {each.target_id for each in only} == {"V2"}
