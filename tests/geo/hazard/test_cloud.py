import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import HazardError, OutOfRangeError, ParameterError
from geo.hazard.dispersion import Cloud, HeavyGas, disperse
from geo.hazard.dispersion.cloud import Part, Times
from geo.hazard.dispersion.gaussian_plume import GaussianPlume
from geo.hazard.dispersion.gaussian_puff import GaussianPuff
from geo.hazard.dispersion.spread import briggs, ccps_puff
from geo.hazard.releases import release_of
from geo.hazard.scenario import Phase, Release, ScenarioKind
from geo.hazard.substances import find_substance
from geo.hazard.tables import Override, table
from geo.hazard.weather import Weather
from tests.geo.hazard.release_cases import CALM, WINDY, scenario, surroundings, vessel

ROWS = table("dispersion")
HERE = surroundings()
TIMES = Times(exposure_averaging_s=600.0, flammable_averaging_s=20.0, longest_exposure_s=1800.0)
AT_ONCE = scenario(ScenarioKind.INSTANTANEOUS, hole_diameter_m=None)
CASES = {
    "ammonia": vessel("ammonia", 293.15, 0.86e6, liquid_height_m=5.0),
    "chlorine": vessel("chlorine", 293.15, 0.68e6),
    "lpg": vessel("lpg", 293.15, 0.9e6),
    "methane": vessel("methane", 293.15, 4e6),
    "hydrogen": vessel("hydrogen", 293.15, 2e7, mass_kg=500.0),
    "methanol": vessel("methanol", 293.15, 101_325.0, liquid_height_m=8.0, dike_area_m2=500.0),
    "phosgene": vessel("phosgene", 293.15, 3e5),
}


def cloud_of(key, weather=WINDY, case=None, here=HERE, **choices) -> Cloud:
    release = release_of(case or scenario(), CASES[key], find_substance(key), here)
    return disperse(release, find_substance(key), weather, here, **choices)


def ground_plume(**changes) -> GaussianPlume:
    given = {
        "rate_kg_s": 5.0,
        "duration_s": 7200.0,
        "wind_m_s": 4.0,
        "release_height_m": 0.0,
        "spread": briggs("D", False, ROWS),
        "along": ccps_puff("D", ROWS),
        "source_sigma_y_m": 0.0,
        "source_sigma_z_m": 0.0,
        "densest_kg_m3": 1e9,
        "averaging": (600.0, 0.2),
        "averaging_bounds_s": (20.0, 3600.0),
    }
    return GaussianPlume(**given | changes)


def cloud(*parts: Part) -> Cloud:
    return Cloud(model="gaussian_plume", parts=parts, times=TIMES)


# --- flammable


def test_flammable_mass_of_a_plume_is_that_by_hand():
    # Above a limit L the mass per metre is (Q/u) (1 - L/c), c on the axis of the ground: integrated along the way.
    burning = cloud(ground_plume()).flammable(0.01, 0.05)
    x = np.linspace(0.1, 1000.0, 200_000)
    axis = ground_plume().concentration_kg_m3(x, np.zeros(x.shape), np.zeros(x.shape), 20.0)
    per_metre = 5.0 / 4.0 * (np.maximum(1 - 0.01 / axis, 0) - np.maximum(1 - 0.05 / axis, 0))
    assert burning.largest_kg == pytest.approx(np.trapezoid(per_metre, x), rel=0.03)
    reach = x[
        ground_plume().concentration_kg_m3(x, np.zeros(x.shape), np.full(x.shape, 1.5), 20.0) >= 0.01
    ].max()
    assert burning.length_m == pytest.approx(reach, rel=0.03)


@pytest.mark.parametrize("stability", ["B", "D", "F"])
def test_flammable_mass_of_a_puff_is_that_by_hand(stability):
    # A Gaussian ellipsoid of peak c holds erf(s) - 2 s exp(-s^2) / sqrt(pi) of its mass above L, s = sqrt(ln(c/L)). Its
    # sigmas are taken where its centre is; the cloud takes them at each place, which differs by some percent.
    spread = ccps_puff(stability, ROWS)
    puff = GaussianPuff(
        mass_kg=2000.0,
        wind_m_s=5.0,
        release_height_m=0.0,
        spread=spread,
        source_sigma_m=10.0,
        densest_kg_m3=1e9,
    )
    burning = cloud(puff).flammable(0.01)
    for time, mass in zip(burning.time_s, burning.mass_kg, strict=True):
        centre = np.array([5.0 * time])
        peak = puff.concentration_kg_m3(centre, np.zeros(1), np.zeros(1), 20.0)[0]
        if peak < 0.02 or centre[0] < 30:
            continue
        root = math.sqrt(math.log(peak / 0.01))
        share = math.erf(root) - 2 * root * math.exp(-(root**2)) / math.sqrt(math.pi)
        assert mass == pytest.approx(2000 * share, rel=0.06)
    assert burning.largest_kg <= 2000 * 1.08


def test_outline_is_where_the_limit_is_met():
    one = cloud(ground_plume())
    burning = one.flammable(0.01, 0.05)
    edge = one.concentration_kg_m3(burning.x_m, burning.half_width_m, 1.5, 20.0)
    assert edge == pytest.approx(np.full(edge.shape, 0.01), rel=1e-4)


def test_limit_that_is_never_reached_leaves_nothing():
    burning = cloud(ground_plume(densest_kg_m3=0.001)).flammable(0.01)
    assert (burning.x_m.size, burning.length_m, burning.largest_kg) == (0, 0.0, 0.0)
    assert math.isnan(burning.largest_at_s)


@pytest.mark.parametrize(("lower", "upper"), [(0.0, 0.1), (-1.0, 0.1), (0.2, 0.1), (math.nan, 0.1)])
def test_limits_without_sense_are_refused(lower, upper):
    with pytest.raises(OutOfRangeError, match="flammability limits"):
        cloud(ground_plume()).flammable(lower, upper)


def test_flammable_reach_grows_and_its_mass_rises_with_time():
    burning = cloud(ground_plume(duration_s=600.0)).flammable(0.01)
    assert (np.diff(burning.reach_m[:12]) >= 0).all()
    assert burning.mass_kg[0] < burning.largest_kg
    assert burning.mass_kg[-1] < burning.largest_kg


# --- toxic load


def test_toxic_load_of_a_steady_plume_is_the_power_times_half_an_hour():
    plume = ground_plume()
    concentration = cloud(plume).concentration_kg_m3(500.0, 10.0)
    load = cloud(plume).toxic_load(500.0, 10.0, 2.75)
    assert load == pytest.approx((concentration * 1e6) ** 2.75 * 30, rel=1e-6)


def test_toxic_load_of_two_equal_sources_is_that_of_one_twice_as_strong():
    single, double = ground_plume(), ground_plume(rate_kg_s=10.0)
    for n in (1.0, 2.0):
        both = cloud(single, single).toxic_load(500.0, 0.0, n)
        assert both == pytest.approx(cloud(double).toxic_load(500.0, 0.0, n))
    # Below 1 the plain sum: an upper bound.
    assert cloud(single, single).toxic_load(500.0, 0.0, 0.7) >= cloud(double).toxic_load(500.0, 0.0, 0.7)


def test_toxic_load_of_a_short_release_is_not_that_of_its_mean():
    # Dose is the integral of C^n, not the mean concentration to the power of n over the half hour.
    short = cloud(ground_plume(duration_s=60.0))
    largest = short.concentration_kg_m3(100.0, 0.0) * 1e6
    assert short.toxic_load(100.0, 0.0, 2.0) == pytest.approx(largest**2 * 1.0, rel=0.1)


@pytest.mark.parametrize("n", [0.0, -1.0, math.nan])
def test_exponent_without_sense_is_refused(n):
    with pytest.raises(OutOfRangeError, match="exponent"):
        cloud(ground_plume()).toxic_load(1.0, 0.0, n)


# --- choice of models


@pytest.mark.parametrize(
    ("key", "case", "model"),
    [
        ("methane", None, "gaussian_plume"),
        ("methane", AT_ONCE, "gaussian_puff"),
        ("hydrogen", None, "gaussian_plume"),
        ("lpg", None, "slab"),
        ("lpg", AT_ONCE, "slab"),
        ("ammonia", None, "slab+gaussian_plume"),
    ],
)
def test_model_follows_from_the_weight_of_the_source(key, case, model):
    assert cloud_of(key, case=case).model == model


def test_model_of_heavy_clouds_is_chosen_by_argument_or_table():
    own = Override(
        table="dispersion",
        key="heavy/model",
        value="britter_mcquaid",
        unit="",
        author="Li",
        reason="second opinion",
    )
    assert cloud_of("lpg", heavy_gas=HeavyGas.BRITTER_MCQUAID).model == "britter_mcquaid"
    assert cloud_of("lpg", overrides=[own]).model == "britter_mcquaid"
    assert cloud_of("lpg", heavy_gas="never").model == "gaussian_plume"
    with pytest.raises(ParameterError, match="none of slab"):
        cloud_of("lpg", heavy_gas="degadis")


def test_slab_gives_way_to_the_curves_and_says_so():
    found = cloud_of("lpg", here=surroundings(roughness_m=20.0))
    assert found.model == "britter_mcquaid"
    assert any("in its place" in warning.en for warning in found.warnings)


def test_heavy_gas_in_strong_wind_is_less_heavy():
    breeze, gale = (cloud_of("lpg", Weather(stability="D", wind_m_s=u, by_day=True)) for u in (2.0, 20.0))
    assert gale.details["jet_heaviness"] < breeze.details["jet_heaviness"]


def test_cloud_lists_its_rows_and_warnings():
    found = cloud_of("methane", Weather(stability="F", wind_m_s=1.0, by_day=False))
    names = {row.name for row in found.parameters}
    assert {"dispersion:briggs/rural/F/z/a", "releases:discharge_coefficient/gas"} <= names
    assert len(names) == len(found.parameters)
    assert any("below 1.5" in warning.en for warning in found.warnings)


def test_release_that_leaves_nothing_in_the_air_is_refused():
    nothing = Release(
        rate_kg_s=1.0,
        duration_s=10.0,
        mass_kg=10.0,
        phase=Phase.LIQUID,
        velocity_m_s=1.0,
        temperature_k=290.0,
        vapour_fraction=0.0,
        airborne_fraction=0.0,
        airborne_density_kg_m3=800.0,
        height_m=0.0,
        pool=None,
    )
    with pytest.raises(HazardError, match="nothing of the release"):
        disperse(nothing, find_substance("methanol"), WINDY, HERE)


def test_weather_without_wind_is_refused():
    with pytest.raises(OutOfRangeError, match="wind"):
        cloud_of("chlorine", Weather(stability="F", wind_m_s=0.0, by_day=False))


# --- properties of every cloud

X, Y = np.meshgrid(
    np.concatenate((-np.geomspace(500, 0.1, 15), [0.0], np.geomspace(0.1, 2e4, 60))), [-80.0, 0.0, 80.0]
)


@pytest.mark.parametrize("heavy_gas", ["slab", "britter_mcquaid", "never"])
@pytest.mark.parametrize("weather", [WINDY, CALM], ids=["D5", "F1.5"])
@pytest.mark.parametrize("case", [None, AT_ONCE], ids=["leak", "at_once"])
@pytest.mark.parametrize("key", list(CASES))
def test_clouds_are_finite_and_alike_on_both_sides(key, case, weather, heavy_gas):
    found = cloud_of(key, weather, case, heavy_gas=heavy_gas)
    concentration, load = found.concentration_kg_m3(X, Y), found.toxic_load(X, Y, 1.5)
    for values in (concentration, load):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert values.max() > 0
    assert concentration[0] == pytest.approx(concentration[2], rel=1e-9, abs=1e-300)
    assert (concentration[1] >= concentration[0] * (1 - 1e-9)).all()


@settings(max_examples=15)
@given(st.sampled_from(["methane", "methanol"]), st.floats(0.005, 0.15), st.floats(1.1, 2.0))
def test_larger_holes_make_denser_clouds(key, diameter, factor):
    near, far = (
        cloud_of(key, case=scenario(hole_diameter_m=each), heavy_gas="never").concentration_kg_m3(
            [300.0, 2000.0], 0.0
        )
        for each in (diameter, diameter * factor)
    )
    assert (far >= near * (1 - 1e-9)).all()


def test_same_input_gives_the_same_bytes():
    first, second = (cloud_of("chlorine").toxic_load(X, Y, 2.75) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_thinner_air_thins_volume_less_than_mass():
    # Of a gas at rest the same mass takes 27 % more room at 2000 m; the passive plume of a mass stays the same.
    high = surroundings(elevation_m=2000.0, pressure_pa=79_501.0)
    low_cloud, high_cloud = cloud_of("methane"), cloud_of("methane", here=high)
    ratio = high_cloud.concentration_kg_m3(1000.0, 0.0) / low_cloud.concentration_kg_m3(1000.0, 0.0)
    assert ratio == pytest.approx(1.0, abs=0.05)


def test_scalars_and_arrays_are_taken_alike():
    found = cloud_of("methane")
    one = found.concentration_kg_m3(100.0, 0.0)
    assert one.shape == ()
    assert found.concentration_kg_m3([[100.0, 200.0]], [[0.0], [5.0]]).shape == (2, 2)
