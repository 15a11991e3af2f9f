"""End events: footprints on the polar grid, probabilities of the tree, and what each model contributes."""

import numpy as np
import pytest
from scipy.special import ndtr

from geo.errors import HazardError
from geo.hazard.consequences import (
    Scene,
    explosion_of,
    fireball_of,
    jet_fire_of,
    pool_fire_of,
    toxic_cloud_of,
)
from geo.hazard.dispersion import disperse
from geo.hazard.effects import HeatEffect, polar_footprint
from geo.hazard.event_trees import branches
from geo.hazard.events import events_of
from geo.hazard.releases import release_of
from geo.hazard.scenario import Outcome, ScenarioKind
from geo.hazard.substances import find_substance
from geo.hazard.tables import Override, table
from tests.geo.hazard.hazard_scenes import DAY, GRID, NIGHT, ROSE, equipment, scenario, surroundings

LAYERS = ("individual", "outdoors", "indoors")


def scene_of(substance, kind=ScenarioKind.LEAK, around=None, overrides=(), **changes):
    around = around or surroundings()
    subject, what = equipment(substance, **changes), find_substance(substance)
    release = release_of(scenario(kind), subject, what, around, overrides)
    return Scene.of(subject, what, release, around, overrides)


def run(substance, kind=ScenarioKind.LEAK, around=None, overrides=(), **changes):
    return events_of(
        scenario(kind),
        equipment(substance, **changes),
        find_substance(substance),
        around or surroundings(),
        ROSE,
        GRID,
        overrides,
    )


@pytest.fixture(scope="module")
def methane():
    return run("methane")


@pytest.fixture(scope="module")
def propane_burst():
    return run("propane", ScenarioKind.INSTANTANEOUS, pressure_pa=8e5)


@pytest.fixture(scope="module")
def ammonia():
    return run("ammonia", pressure_pa=9e5)


@pytest.fixture(scope="module")
def benzene():
    return run("benzene", kind=ScenarioKind.LEAK, pressure_pa=1.05e5, liquid_height_m=8.0, dike_area_m2=800.0)


class TestEveryEvent:
    @pytest.mark.parametrize("name", ["methane", "propane_burst", "ammonia", "benzene"])
    def test_footprints_are_shares_on_the_grid(self, name, request):
        for event in request.getfixturevalue(name):
            for layer in LAYERS:
                lethality = getattr(event.footprint, layer)
                assert lethality.shape in {(120, 72), (120, 1)}
                assert ((lethality >= 0) & (lethality <= 1)).all()

    @pytest.mark.parametrize("name", ["methane", "propane_burst", "ammonia", "benzene"])
    def test_probabilities_are_those_of_the_tree(self, name, request):
        for weather in range(3):
            total = sum(
                event.probability
                for event in request.getfixturevalue(name)
                if event.weather in (None, weather)
            )
            assert 0 < total <= 1 + 1e-12

    @pytest.mark.parametrize("name", ["methane", "propane_burst", "ammonia", "benzene"])
    def test_both_sides_of_the_wind_are_alike(self, name, request):
        for event in request.getfixturevalue(name):
            lethality = event.footprint.individual
            np.testing.assert_array_equal(lethality[:, 1:], lethality[:, :0:-1])

    @pytest.mark.parametrize("name", ["methane", "propane_burst", "ammonia", "benzene"])
    def test_events_carry_their_parameters_each_once(self, name, request):
        for event in request.getfixturevalue(name):
            assert len(event.parameters) == len(set(event.parameters)) > 0
            tables = {row.table for row in event.parameters}
            assert {"event_trees", "probits"} & tables

    def test_order_is_by_outcome_then_weather(self, methane):
        order = list(Outcome)
        places = [(order.index(event.outcome), event.weather or 0) for event in methane]
        assert places == sorted(places)

    def test_weathers_of_equal_wind_share_their_footprint(self, methane):
        flash = {event.weather: event for event in methane if event.outcome is Outcome.FLASH_FIRE}
        assert flash[0].footprint is flash[2].footprint
        assert flash[0].footprint is not flash[1].footprint

    def test_same_input_same_result(self, methane):
        for one, other in zip(methane, run("methane"), strict=True):
            np.testing.assert_array_equal(one.footprint.individual, other.footprint.individual)
            assert (one.outcome, one.probability, one.model) == (
                other.outcome,
                other.probability,
                other.model,
            )


class TestOutcomes:
    def test_jet_of_gas_is_the_same_in_every_weather(self, methane):
        (jet,) = [event for event in methane if event.outcome is Outcome.JET_FIRE]
        assert jet.weather is None
        assert jet.model == "jet_fire"
        assert jet.footprint.individual[:, 0].sum() > jet.footprint.individual[:, 36].sum()

    def test_fireball_is_round_and_kills_by_the_probit(self, propane_burst):
        (ball,) = [event for event in propane_burst if event.outcome is Outcome.FIREBALL]
        assert ball.footprint.individual.shape == (120, 1)
        effect = fireball_of(scene_of("propane", ScenarioKind.INSTANTANEOUS, pressure_pa=8e5))
        flux = effect.value(GRID.radius_m, 0.0)
        below = (flux < 37_500) & (ball.footprint.individual[:, 0] > 0)
        dose = flux[below] ** (4 / 3) * min(effect.duration_s, 20.0)
        np.testing.assert_allclose(
            ball.footprint.individual[below, 0], ndtr(-36.38 + 2.56 * np.log(dose) - 5), rtol=1e-9
        )

    def test_pool_of_benzene_burns_and_leans_with_the_wind(self, benzene):
        assert all("mackay_matsugu" in event.source_models for event in benzene)
        pools = {event.weather: event for event in benzene if event.outcome is Outcome.POOL_FIRE}
        assert set(pools) == {0, 1, 2}
        assert pools[0].model == "pool_fire"
        lethality = pools[0].footprint.individual
        assert lethality[:, 0].sum() >= lethality[:, 36].sum()

    def test_ammonia_burns_as_a_jet_with_its_pool_below(self, ammonia):
        jets = [event for event in ammonia if event.outcome is Outcome.JET_FIRE]
        assert [event.model for event in jets] == ["jet_fire+pool_fire"] * 3

    def test_flash_fire_ends_where_the_limit_does(self, methane):
        what, around = find_substance("methane"), surroundings()
        release = release_of(scenario(), equipment(), what, around)
        cloud = disperse(release, what, DAY, around)
        (flash,) = [event for event in methane if event.outcome is Outcome.FLASH_FIRE and event.weather == 0]
        limit = what.limit_kg_m3(what.lfl, 288.15, 101_325.0)
        reach = cloud.flammable(limit, height_m=1.5).length_m
        deadly = GRID.radius_m[flash.footprint.individual[:, 0] >= 0.5]
        assert deadly[-1] == pytest.approx(reach, rel=0.08)

    def test_explosion_without_stated_congestion_is_tnt_in_the_cloud_and_says_so(self, propane_burst):
        blasts = [event for event in propane_burst if event.outcome is Outcome.EXPLOSION]
        assert {event.model for event in blasts} == {"tnt_equivalence"}
        assert any("No congested volume" in warning.en for warning in blasts[0].warnings)
        assert blasts[0].footprint.individual.shape == (120, 72)

    def test_explosion_of_a_congested_volume_is_at_the_source(self):
        events = run(
            "propane",
            ScenarioKind.INSTANTANEOUS,
            pressure_pa=8e5,
            congested_volume_m3=5000.0,
            blast_strength=7,
        )
        blasts = [event for event in events if event.outcome is Outcome.EXPLOSION]
        assert {event.model for event in blasts} == {"multi_energy"}
        assert blasts[0].footprint.individual.shape == (120, 1)

    def test_chlorine_only_poisons(self):
        events = run("chlorine", ScenarioKind.INSTANTANEOUS, pressure_pa=7e5, mass_kg=1000.0)
        assert {event.outcome for event in events} == {Outcome.TOXIC_CLOUD}
        assert [event.weather for event in events] == [0, 1, 2]
        for event in events:
            np.testing.assert_allclose(event.footprint.indoors, 0.1 * event.footprint.outdoors)

    def test_what_harms_nobody_is_no_event(self, methane):
        assert Outcome.HARMLESS not in {event.outcome for event in methane}


class TestScene:
    def test_more_mass_in_the_fireball_kills_farther(self):
        reach = []
        for mass in (5_000.0, 20_000.0, 100_000.0):
            effect = fireball_of(
                scene_of("propane", ScenarioKind.INSTANTANEOUS, pressure_pa=8e5, mass_kg=mass)
            )
            reach.append(polar_footprint(effect, GRID).individual.sum())
        assert reach[0] < reach[1] < reach[2]

    def test_pool_fed_while_burning_is_no_larger_than_what_burns_off(self):
        scene = scene_of("benzene", pressure_pa=1.05e5, liquid_height_m=8.0)
        release, effect = scene.release, pool_fire_of(scene, DAY)
        rate = effect.details["burning_rate_kg_m2_s"]
        area = np.pi / 4 * effect.details["pool_diameter_m"] ** 2
        assert area <= release.pool.area_m2 * (1 + 1e-12)
        assert area <= release.rate_kg_s * (1 - release.airborne_fraction) / rate * (1 + 1e-12)

    def test_gas_leaves_no_pool_to_burn(self):
        assert pool_fire_of(scene_of("methane"), DAY) is None

    def test_jet_needs_a_rate(self):
        with pytest.raises(HazardError, match="all at once"):
            jet_fire_of(scene_of("propane", ScenarioKind.INSTANTANEOUS, pressure_pa=8e5))

    def test_radiant_fraction_can_be_overridden(self):
        own = Override(
            table="fires", key="radiant_fraction/methane", value=0.32, unit="share", author="A", reason="test"
        )
        plain, doubled = (
            jet_fire_of(scene_of("methane", overrides=each)).details["radiated_w"] for each in ((), (own,))
        )
        assert doubled == pytest.approx(2 * plain)

    def test_explosion_of_a_pinhole_kills_nobody_farther_than_the_first_metres(self):
        scene = scene_of("methane")
        cloud = disperse(
            release_of(scenario(hole_diameter_m=1e-4), scene.equipment, scene.substance, scene.surroundings),
            scene.substance,
            NIGHT,
            scene.surroundings,
        )
        effect = explosion_of(scene, cloud)
        assert effect.details["tnt_kg"] < 1e-6
        assert not polar_footprint(effect, GRID).individual.any()

    def test_toxic_load_and_probit_belong_together(self):
        scene = scene_of("ammonia", pressure_pa=9e5)
        cloud = disperse(scene.release, scene.substance, DAY, scene.surroundings)
        effect = toxic_cloud_of(scene, cloud)
        at_300_m = effect.value(np.array([[300.0]]), np.array([[0.0]]))
        assert at_300_m.item() == pytest.approx(cloud.toxic_load(300.0, 0.0, 2.0).item())

    def test_tree_and_events_agree_on_the_outcomes(self, benzene):
        scene = scene_of("benzene", pressure_pa=1.05e5, liquid_height_m=8.0, dike_area_m2=800.0)
        tree = {branch.outcome for branch in branches(scene.release, scene.substance, scene.surroundings)}
        assert {event.outcome for event in benzene} <= tree


class TestPolarFootprint:
    def effect(self, value, **changes):
        values = {
            "model": "test",
            "value": value,
            "duration_s": 20.0,
            "probits": table("probits"),
        }
        return HeatEffect(**(values | changes))

    def test_a_disc_beside_the_source_is_where_it_should_be(self):
        centre_m, radius_m = 100.0, 40.0

        def value(distance, angle):
            away = np.sqrt(distance**2 + centre_m**2 - 2 * distance * centre_m * np.cos(angle))
            return np.where(away <= radius_m, 1e5, 0.0)

        lethality = polar_footprint(self.effect(value), GRID).individual
        inside = GRID.radius_m[lethality[:, 0] == 1]
        assert inside[0] == pytest.approx(60.0, rel=0.06)
        assert inside[-1] == pytest.approx(140.0, rel=0.06)
        assert not lethality[:, 18:55].any()

    def test_nothing_anywhere(self):
        footprint = polar_footprint(self.effect(lambda distance, angle: 0.0 * distance * angle), GRID)
        assert footprint.individual.shape == (120, 72)
        assert not footprint.individual.any()

    def test_round_effects_have_one_column(self):
        effect = self.effect(lambda distance, angle: 1e6 / distance, is_round=True)
        assert polar_footprint(effect, GRID).individual.shape == (120, 1)
