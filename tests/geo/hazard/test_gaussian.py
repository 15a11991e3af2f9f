import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import OutOfRangeError, ParameterError
from geo.hazard.dispersion.gaussian_plume import GaussianPlume, JetMixing, mix_jet, plume_kg_m3
from geo.hazard.dispersion.gaussian_puff import GaussianPuff, puff_kg_m3, start_sigma_m
from geo.hazard.dispersion.spread import Spread, briggs, ccps_puff, plume_spread, tno
from geo.hazard.dispersion.wind import wind_at, wind_warnings
from geo.hazard.tables import Override, table
from geo.hazard.weather import Weather
from tests.geo.hazard.release_cases import CALM, WINDY, surroundings

ROWS = table("dispersion")
HERE = surroundings()
ZERO = np.zeros(1)


def at(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def steady_plume(**changes) -> GaussianPlume:
    given = {
        "rate_kg_s": 1.0,
        "duration_s": 3600.0,
        "wind_m_s": 5.0,
        "release_height_m": 2.0,
        "spread": briggs("D", False, ROWS),
        "along": ccps_puff("D", ROWS),
        "source_sigma_y_m": 0.0,
        "source_sigma_z_m": 0.0,
        "densest_kg_m3": 10.0,
        "averaging": (600.0, 0.2),
        "averaging_bounds_s": (20.0, 3600.0),
    }
    return GaussianPlume(**given | changes)


def one_puff(**changes) -> GaussianPuff:
    given = {
        "mass_kg": 100.0,
        "wind_m_s": 5.0,
        "release_height_m": 0.0,
        "spread": ccps_puff("D", ROWS),
        "source_sigma_m": 2.0,
        "densest_kg_m3": 10.0,
    }
    return GaussianPuff(**given | changes)


# --- dispersion parameters


@pytest.mark.parametrize(
    ("stability", "urban", "sigma_y", "sigma_z"),
    [
        # By hand from the published formulas at 1 km.
        ("A", False, 209.76, 200.0),
        ("D", False, 76.277, 37.947),
        ("F", False, 38.139, 12.308),
        ("B", True, 270.45, 339.41),
        ("D", True, 135.22, 122.79),
        ("F", True, 92.966, 50.596),
    ],
)
def test_briggs_at_one_kilometre(stability, urban, sigma_y, sigma_z):
    spread = briggs(stability, urban, ROWS)
    assert spread.sigma_y_m(at(1000.0))[0] == pytest.approx(sigma_y, rel=1e-4)
    assert spread.sigma_z_m(at(1000.0))[0] == pytest.approx(sigma_z, rel=1e-4)


def test_puff_parameters_of_ccps_example():
    # CCPS (1999), p. 101: class F at 500 m; the print has 6.1 m for 5.05 m across, a slip noted by others.
    spread = ccps_puff("F", ROWS)
    assert spread.sigma_y_m(at(500.0))[0] == pytest.approx(5.0479, rel=1e-4)
    assert spread.sigma_z_m(at(500.0))[0] == pytest.approx(2.2148, rel=1e-4)


def test_tno_parameters_narrow_over_smooth_ground():
    rough, smooth = tno("D", 0.1, ROWS), tno("D", 0.006, ROWS)
    assert rough.sigma_z_m(at(100.0))[0] == pytest.approx(0.20 * 100**0.76)
    assert smooth.sigma_z_m(at(100.0))[0] < 0.7 * rough.sigma_z_m(at(100.0))[0]
    assert smooth.sigma_y_m(at(100.0))[0] == rough.sigma_y_m(at(100.0))[0]


def test_set_of_parameters_is_chosen_in_the_table():
    own = Override(
        table="dispersion", key="plume/parameters", value="tno", unit="", author="Li", reason="smooth"
    )
    assert plume_spread("D", False, 0.1, ROWS) == briggs("D", False, ROWS)
    assert plume_spread("D", False, 0.1, table("dispersion", [own])) == tno("D", 0.1, ROWS)
    with pytest.raises(ParameterError, match="briggs or tno"):
        plume_spread("D", False, 0.1, table("dispersion", [replace(own, value="pasquill")]))


# --- wind


def test_wind_follows_the_power_law():
    assert wind_at(50.0, WINDY, HERE, ROWS) == pytest.approx(5 * 5**0.15)
    assert wind_at(10.0, CALM, HERE, ROWS) == pytest.approx(1.5)


def test_wind_of_a_release_at_the_ground_is_never_below_one_metre_per_second():
    assert wind_at(0.0, CALM, HERE, ROWS) == 1.0
    assert wind_at(0.0, WINDY, HERE, ROWS) == pytest.approx(5 * 0.2**0.15)


@pytest.mark.parametrize("wind", [0.0, -1.0, math.nan, math.inf])
def test_weather_without_wind_is_refused(wind):
    with pytest.raises(OutOfRangeError, match="wind"):
        wind_at(1.0, Weather(stability="D", wind_m_s=wind, by_day=True), HERE, ROWS)


@pytest.mark.parametrize("stability", ["G", "", "AB", "d"])
def test_unknown_stability_is_refused(stability):
    with pytest.raises(OutOfRangeError, match="stability"):
        wind_at(1.0, Weather(stability=stability, wind_m_s=2.0, by_day=True), HERE, ROWS)


def test_low_wind_and_gorges_are_warned_of():
    slow = Weather(stability="F", wind_m_s=1.0, by_day=False)
    assert len(wind_warnings(slow, surroundings(complex_terrain=True), ROWS)) == 2
    assert wind_warnings(CALM, HERE, ROWS) == ()


# --- plume


def test_plume_of_crowl_and_louvar_example():
    # Crowl and Louvar, Chemical Process Safety, example 5-1: 80 g/s of SO2 from 60 m, 6 m/s, class D, 500 m:
    # sigmas 39.0 and 22.7 m, 1.45e-4 g/m3 on the ground.
    spread = briggs("D", False, ROWS)
    sigma_y, sigma_z = spread.sigma_y_m(at(500.0)), spread.sigma_z_m(at(500.0))
    assert (sigma_y[0], sigma_z[0]) == pytest.approx((39.0, 22.7), abs=0.05)
    assert plume_kg_m3(0.080, 6.0, sigma_y, sigma_z, ZERO, ZERO, 60.0)[0] == pytest.approx(1.45e-7, rel=5e-3)


@pytest.mark.parametrize("averaging", [20.0, 600.0, 1800.0])
@pytest.mark.parametrize("distance", [50.0, 800.0])
def test_plume_carries_what_is_released(averaging, distance):
    # The integral of C over a section times the wind is the rate, whatever the averaging time.
    plume = steady_plume()
    y, z = np.linspace(-600, 600, 1201), np.linspace(0, 400, 801)
    section = plume.concentration_kg_m3(*np.broadcast_arrays(distance, y[:, None], z), averaging)
    carried = 5.0 * np.trapezoid(np.trapezoid(section, z, axis=1), y)
    assert carried == pytest.approx(1.0, rel=2e-3)


def test_plume_averaged_over_an_hour_is_thinner_by_thirty_percent():
    plume = steady_plume()
    ten, sixty = (plume.concentration_kg_m3(at(500.0), ZERO, ZERO, time)[0] for time in (600.0, 3600.0))
    assert sixty / ten == pytest.approx(6**-0.2, rel=1e-6)


def test_averaging_beyond_its_bounds_counts_as_the_bound():
    plume = steady_plume()
    instant, shortest = (plume.concentration_kg_m3(at(500.0), ZERO, ZERO, time)[0] for time in (0.0, 20.0))
    assert instant == shortest


def test_plume_is_finite_at_its_source_and_nothing_upwind():
    found = steady_plume().concentration_kg_m3(
        at(-100.0, 0.0, 1e-9, 1e5), np.zeros(4), np.full(4, 2.0), 600.0
    )
    assert np.isfinite(found).all()
    assert found[0] == 0.0
    assert found.max() <= 10.0


@given(st.floats(10.0, 9000.0), st.floats(1.0, 60.0))
def test_long_release_is_a_plume_and_a_short_one_a_puff(distance, mass):
    same = {"spread": ccps_puff("D", ROWS), "averaging": (600.0, 0.0)}
    long = steady_plume(**same, duration_s=1e7).concentration_kg_m3(at(distance), ZERO, ZERO, 600.0)[0]
    sigmas = [each(at(distance)) for each in (same["spread"].sigma_y_m, same["spread"].sigma_z_m)]
    assert long == pytest.approx(min(plume_kg_m3(1.0, 5.0, *sigmas, ZERO, ZERO, 2.0)[0], 10.0), rel=1e-6)
    short = steady_plume(**same, duration_s=1e-3, rate_kg_s=mass * 1e3)
    puff = puff_kg_m3(mass, (sigmas[0], sigmas[0], sigmas[1]), ZERO, ZERO, ZERO, 2.0)[0]
    if puff < 5.0:
        unbounded = replace(short, densest_kg_m3=math.inf)
        assert unbounded.concentration_kg_m3(at(distance), ZERO, ZERO, 600.0)[0] == pytest.approx(
            puff, rel=1e-4
        )


def test_release_of_some_minutes_is_the_sum_of_its_puffs():
    # Independent: 2000 puffs that leave one after the other, at the moment when their middle passes.
    duration, distance = 60.0, 900.0
    spread = ccps_puff("D", ROWS)
    plume = steady_plume(spread=spread, averaging=(600.0, 0.0), duration_s=duration, release_height_m=0.0)
    leaving = (np.arange(2000) + 0.5) * duration / 2000
    now = distance / 5.0 + duration / 2
    sigma_y, sigma_z = spread.sigma_y_m(at(distance)), spread.sigma_z_m(at(distance))
    offset = distance - 5.0 * (now - leaving)
    puffs = puff_kg_m3(duration / 2000, (sigma_y, sigma_y, sigma_z), offset, ZERO, ZERO, 0.0).sum()
    assert plume.concentration_kg_m3(at(distance), ZERO, ZERO, 600.0)[0] == pytest.approx(puffs, rel=1e-4)


@pytest.mark.parametrize("n", [0.7, 1.0, 2.75])
@pytest.mark.parametrize("duration", [10.0, 600.0, 7200.0])
def test_equivalent_duration_of_a_plume_is_the_integral_of_its_course(n, duration):
    plume = steady_plume(duration_s=duration)
    x = at(700.0)
    middle = 700 / 5 + duration / 2
    times = np.linspace(max(middle - 900, 0.0), middle + 900, 40001)
    course = plume.share_of_time(np.full(times.shape, 700.0), times)
    assert plume.equivalent_s(x, n, 1800.0)[0] == pytest.approx(np.trapezoid(course**n, times), rel=5e-3)


def test_load_of_a_long_release_counts_half_an_hour():
    assert steady_plume(duration_s=7200.0).equivalent_s(at(200.0), 2.0, 1800.0)[0] == pytest.approx(1800.0)


# --- jet


def test_jet_in_still_air_decays_like_the_published_centreline():
    # C / C0 = 6 (d/z) sqrt(rho_a / rho_0), z/d above 6 (Chen and Rodi); far from the ground, hardly any wind.
    diameter, velocity, density = 0.1, 200.0, 0.7
    calm = Spread(across=(1e-9, 1.0, 0.0, 0.0), upward=(1e-9, 1.0, 0.0, 0.0))
    area = math.pi * diameter**2 / 4
    jet = mix_jet(area, velocity, density / 1.2, 0.01, calm, 6.0)
    plume = steady_plume(
        rate_kg_s=density * velocity * area,
        duration_s=1e9,
        wind_m_s=0.01,
        release_height_m=1000.0,
        spread=calm,
        along=calm,
        densest_kg_m3=density,
        jet=jet,
    )
    x = at(2.0, 4.0, 8.0)
    found = plume.concentration_kg_m3(x, np.zeros(3), np.full(3, 1000.0), 600.0)
    assert found / density == pytest.approx(6 * diameter / x * math.sqrt(1.2 / density), rel=0.15)


def test_jet_slows_down_to_the_wind():
    jet = mix_jet(0.01, 300.0, 0.6, 5.0, briggs("D", False, ROWS), 6.0)
    assert isinstance(jet, JetMixing)
    assert (np.diff(jet.speed_m_s) <= 1e-12).all()
    assert jet.speed_m_s[-1] == pytest.approx(5.0, rel=1e-3)


def test_jet_is_thinner_near_and_the_same_far():
    jet = mix_jet(0.01, 300.0, 0.6, 5.0, briggs("D", False, ROWS), 6.0)
    with_jet, without = steady_plume(jet=jet), steady_plume()
    x = at(20.0, 5000.0)
    near, far = with_jet.concentration_kg_m3(
        x, np.zeros(2), np.full(2, 2.0), 600.0
    ) / without.concentration_kg_m3(x, np.zeros(2), np.full(2, 2.0), 600.0)
    assert near < 0.5
    assert far == pytest.approx(1.0, abs=0.05)


# --- puff


def test_puff_of_ccps_example():
    # CCPS (1999), p. 101: 1 kg, class F, 500 m: 1 / (sqrt(2) pi^1.5 sigma_y^2 sigma_z), as its sigmas say.
    puff = one_puff(mass_kg=1.0, wind_m_s=2.0, spread=ccps_puff("F", ROWS), source_sigma_m=0.0)
    expected = 1 / (math.sqrt(2) * math.pi**1.5 * 5.0479**2 * 2.2148)
    assert puff.concentration_kg_m3(at(500.0), ZERO, ZERO, 20.0)[0] == pytest.approx(expected, rel=1e-3)


def test_puff_holds_its_mass():
    x, y, z = np.linspace(-150, 150, 151), np.linspace(-150, 150, 151), np.linspace(0, 100, 101)
    sigmas = (at(30.0), at(30.0), at(15.0))
    box = puff_kg_m3(100.0, sigmas, *np.broadcast_arrays(x[:, None, None], y[:, None], z), 5.0)
    held = np.trapezoid(np.trapezoid(np.trapezoid(box, z), y), x)
    assert held == pytest.approx(100.0, rel=1e-3)


def test_puff_starts_as_dense_as_its_source():
    sigma = start_sigma_m(50.0)
    found = puff_kg_m3(100.0, (at(sigma), at(sigma), at(sigma)), ZERO, ZERO, ZERO, 0.0)[0]
    assert found == pytest.approx(2.0)


@pytest.mark.parametrize("n", [0.7, 1.0, 2.75])
@pytest.mark.parametrize("distance", [5.0, 800.0])
def test_equivalent_duration_of_a_puff_is_the_integral_of_its_course(n, distance):
    puff = one_puff()
    times = np.linspace(0.0, 1800.0, 180_001)
    course = puff.share_of_time(np.full(times.shape, distance), times)
    assert puff.equivalent_s(at(distance), n, 1800.0)[0] == pytest.approx(
        np.trapezoid(course**n, times), rel=2e-3
    )
