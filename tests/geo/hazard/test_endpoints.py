"""How far a scenario reaches; distances of the accident-consequence method; domino screening."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.ellipsoid import CGCS2000
from geo.errors import OutOfRangeError, ParameterError
from geo.hazard.accident import accident_distances
from geo.hazard.blasts.tnt import incident_pressure_pa
from geo.hazard.blasts.vapour_cloud import explode_cloud
from geo.hazard.domino import added_frequencies, escalations_of
from geo.hazard.endpoints import N_DIRECTIONS, endpoints_of, reach_m
from geo.hazard.scenario import Outcome, ScenarioKind
from geo.hazard.substances import find_substance
from geo.hazard.tables import Override, table
from tests.geo.hazard.hazard_scenes import DAY, ROSE, equipment, scenario, surroundings


def endpoints(substance, kind=ScenarioKind.LEAK, **changes):
    return endpoints_of(
        scenario(kind), equipment(substance, **changes), find_substance(substance), surroundings(), DAY
    )


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


class TestReach:
    def test_inverse_square_by_hand(self):
        reach = reach_m(lambda distance, angle: 1e6 / distance**2 + 0 * angle, 100.0)
        np.testing.assert_allclose(reach, 100.0, rtol=1e-9)

    def test_disc_beside_the_source(self):
        def value(distance, angle):
            return 1e3 / np.sqrt(distance**2 + 50.0**2 - 100.0 * distance * np.cos(angle))

        reach = reach_m(value, 20.0)  # everything within 50 m of a point 50 m downwind
        assert reach[0] == pytest.approx(100.0)
        assert reach[N_DIRECTIONS // 8] == pytest.approx(100.0 * np.cos(np.pi / 4))
        np.testing.assert_array_equal(reach[1:], reach[:0:-1])

    def test_never_and_everywhere(self):
        assert (reach_m(lambda distance, angle: 0 * distance * angle, 1.0) == 0).all()
        assert reach_m(lambda distance, angle: 9 + 0 * distance * angle, 1.0) == pytest.approx(50_000.0)

    @given(st.floats(1.0, 1e5), st.floats(1.01, 5.0))
    def test_lower_threshold_reaches_farther(self, threshold, factor):
        near, far = (
            reach_m(lambda distance, angle: 1e8 / distance**2 + 0 * angle, each, is_round=True)
            for each in (threshold, threshold / factor)
        )
        assert (far > near).all()


class TestEndpoints:
    @pytest.mark.parametrize("substance", ["methane", "ammonia"])
    def test_lower_thresholds_of_heat_and_blast_reach_farther(self, substance):
        found = endpoints(substance, pressure_pa=9e5)
        for quantity in ("heat", "blast"):
            by_effect = {}
            for each in found:
                if each.quantity == quantity:
                    by_effect.setdefault((each.outcome, each.model), []).append(each)
            for group in by_effect.values():
                values = [each.threshold.number for each in group]
                assert values == sorted(values, reverse=True)
                for strong, weak in pairwise(group):
                    assert (weak.reach_m >= strong.reach_m).all()

    def test_toxic_endpoints_come_in_their_order_and_rise_with_lower_limits(self):
        reaches = {each.threshold.key: each.distance_m for each in endpoints("ammonia", pressure_pa=9e5)}
        prefix = "toxic/ammonia/aegl_"
        assert reaches[f"{prefix}1"] > reaches[f"{prefix}2"] > reaches[f"{prefix}3"] > 0
        assert reaches["toxic_load/ammonia/slot"] > reaches["toxic_load/ammonia/slod"] > 0

    def test_poison_is_shown_even_where_ignition_is_certain(self):
        toxic = [each for each in endpoints("ammonia", pressure_pa=9e5) if each.quantity == "toxic"]
        assert toxic
        assert all(each.outcome is Outcome.TOXIC_CLOUD for each in toxic)

    def test_fireball_reaches_as_far_in_every_direction(self):
        found = endpoints("propane", ScenarioKind.INSTANTANEOUS, pressure_pa=8e5)
        ball = [each for each in found if each.outcome is Outcome.FIREBALL]
        assert [each.threshold.number for each in ball] == [37_500, 25_000, 12_500, 4_000, 1_600]
        for each in ball:
            assert np.ptp(each.reach_m) == 0
            assert each.distance_m == each.reach_m[0]


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

    def test_baker_strehlow_by_word(self):
        explosion = explode(blasts=word("cloud/model", "baker_strehlow"))
        assert explosion.model == "baker_strehlow"
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
