"""Societal risk against staircases worked out by hand, and a plain count of deaths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import HazardError
from geo.hazard.criteria import SocietalRegion, judge_societal_risk
from geo.hazard.footprint import Footprint
from geo.hazard.scenario import Outcome
from geo.hazard.societal import (
    Accidents,
    Population,
    count_deaths,
    fn_curve,
)
from geo.hazard.stamp import Placement, SitePlane
from geo.hazard.wind_roses import spread_directions
from tests.geo.hazard.risk_scenes import (
    FREQUENCIES,
    GRID,
    even_rose,
    make_disc,
    make_event,
    make_kernel,
    make_rose,
    make_wedge,
)

PLANE = SitePlane(102.7, 25.0)


def make_population(
    xy_m, people_day=10.0, people_night=20.0, indoors_day=0.5, indoors_night=0.9
) -> Population:
    lon, lat = PLANE.to_lonlat(np.asarray(xy_m, dtype=float)).T
    return Population(
        lon=lon,
        lat=lat,
        people_day=np.full(len(lon), people_day),
        people_night=np.full(len(lon), people_night),
        indoors_day=np.full(len(lon), indoors_day),
        indoors_night=np.full(len(lon), indoors_night),
        source="test",
    )


def area_below(curve):
    """Return the area under a staircase from 0, which is the potential loss of life."""
    return float(np.sum(np.diff(curve.deaths, prepend=0.0) * curve.frequency_per_year))


def test_staircase_by_hand():
    curve = fn_curve(Accidents(np.array([1e-6, 2e-6, 3e-6, 4e-6]), np.array([5.0, 0.4, 20.0, 5.0])))
    assert curve.deaths.tolist() == [0.4, 5.0, 20.0]
    assert curve.frequency_per_year == pytest.approx([1e-5, 8e-6, 3e-6])
    assert curve.pll_per_year == pytest.approx(5e-6 + 0.8e-6 + 60e-6 + 20e-6)
    assert area_below(curve) == pytest.approx(curve.pll_per_year, rel=1e-12)


@given(st.lists(st.tuples(st.floats(1e-12, 1.0), st.floats(1e-3, 1e5)), max_size=60))
def test_curves_never_rise_and_their_area_is_the_loss_of_life(pairs):
    accidents = Accidents(*np.array(pairs, dtype=float).reshape(-1, 2).T)
    curve = fn_curve(accidents)
    assert (np.diff(curve.frequency_per_year) < 0).all() or len(curve.deaths) < 2
    assert (np.diff(curve.deaths) > 0).all()
    assert area_below(curve) == pytest.approx(curve.pll_per_year, rel=1e-9)


def test_nobody_there_is_an_empty_acceptable_curve():
    curve = fn_curve(Accidents.join([]))
    assert curve.deaths.size == 0
    assert (curve.pll_per_year, area_below(curve)) == (0.0, 0.0)
    assert judge_societal_risk(curve.corners) is SocietalRegion.ACCEPTABLE


def test_steps_of_many_accidents_cumulate_before_they_are_judged():
    accidents = Accidents(np.full(100, 2e-6), np.linspace(10.0, 11.0, 100))  # together 2e-4 of 10 or more
    assert judge_societal_risk(fn_curve(accidents).corners) is SocietalRegion.UNACCEPTABLE
    alone = Accidents(np.array([2e-6]), np.array([10.0]))
    assert judge_societal_risk(fn_curve(alone).corners) is SocietalRegion.ALARP


def test_round_event_kills_the_same_by_day_and_by_night_in_proportion():
    kernel = make_kernel([make_event(make_disc(200.0), outcome=Outcome.FIREBALL)], even_rose())
    accidents = count_deaths(
        Placement("u", kernel, 0.0, 0.0), PLANE, make_population([(50.0, 0.0)]), even_rose()
    )
    assert accidents.frequency_per_year == pytest.approx([2e-5, 2e-5])  # half the year each
    assert accidents.deaths == pytest.approx([0.14 * 0.5 * 10, 0.14 * 0.1 * 20])  # outdoors only


def count_plainly(event, population, rose, at_m):
    """Return deaths for each direction by sampling the footprint at the cells."""
    angle = 2 * np.pi * np.arange(GRID.n_angles) / GRID.n_angles
    xy = PLANE.to_plane(np.column_stack([population.lon, population.lat])) - at_m
    log_r, azimuth = np.log(np.hypot(*xy.T)), np.arctan2(*xy.T)
    deaths = np.zeros(GRID.n_angles)
    for direction in range(GRID.n_angles):
        off = (azimuth - angle[direction]) % (2 * np.pi)
        for cell in range(len(xy)):
            row = np.clip(np.searchsorted(np.log(GRID.radius_m), log_r[cell]) - 1, 0, 159)
            f = (log_r[cell] - np.log(GRID.radius_m[row])) / np.log(GRID.radius_m[1] / GRID.radius_m[0])
            for name, people in (("outdoors", 0.5), ("indoors", 0.5)):
                field = getattr(event.footprint, name)
                near, far = (np.interp(off[cell], angle, field[i], period=2 * np.pi) for i in (row, row + 1))
                deaths[direction] += 10.0 * people * (near * (1 - f) + far * f)
    return deaths


def test_deaths_by_direction_equal_a_plain_count():
    rose, at_m = make_rose(), np.array([30.0, -40.0])
    event = make_event(make_wedge(400.0, 0.2), weather=0)
    population = make_population(np.random.default_rng(3).uniform(-500, 500, size=(4, 2)))
    accidents = count_deaths(
        Placement("u", make_kernel([event], rose), *map(float, at_m)), PLANE, population, rose
    )
    plain = count_plainly(event, population, rose, at_m)
    frequency = FREQUENCIES["tank/small"] * spread_directions(rose, GRID.n_angles)[0]
    felt = (plain > 0) & (frequency > 0)
    assert accidents.deaths == pytest.approx(plain[felt], rel=1e-6, abs=1e-12)
    assert accidents.frequency_per_year == pytest.approx(frequency[felt])


def test_loss_of_life_is_the_individual_risk_of_everybody():
    """Where people are outdoors and die as the unprotected person does, PLL = sum of risk times people."""
    footprint = make_wedge(400.0, 0.2)
    event = make_event(
        Footprint(**{name: footprint.individual for name in ("individual", "outdoors", "indoors")})
    )
    placement = Placement("u", make_kernel([event]), 0.0, 0.0)
    xy = np.random.default_rng(5).uniform(-900, 900, size=(30, 2))
    population = make_population(xy, 7.0, 7.0)
    curve = fn_curve(count_deaths(placement, PLANE, population, make_rose()))
    from geo.hazard.stamp import sample

    assert curve.pll_per_year == pytest.approx(7.0 * sample([placement], xy).sum(), rel=1e-6)


def test_people_beyond_the_grid_are_safe():
    kernel = make_kernel([make_event(make_disc(200.0))])
    accidents = count_deaths(
        Placement("u", kernel, 0.0, 0.0), PLANE, make_population([(9e4, 0.0)]), make_rose()
    )
    assert accidents.deaths.size == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [({"people_day": -1.0}, "people_day is -1"), ({"indoors_night": 1.5}, "indoors_night is 1.5")],
)
def test_wrong_populations_are_refused(change, message):
    with pytest.raises(HazardError, match=message):
        make_population([(0.0, 0.0)], **change)


def test_columns_of_different_length_are_refused():
    with pytest.raises(HazardError, match="differ in length"):
        Population(**{**vars(make_population([(0.0, 0.0)])), "lat": np.zeros(2)})


def test_cells_can_be_taken_out():
    population = make_population([(0.0, 0.0), (1.0, 1.0)])
    assert len(population.take(np.array([True, False])).lon) == 1
