"""Fans of debris flows (DZ/T 0220-2006, appendix D)."""

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.debris_fan import debris_fan, draw_fan, fan_of
from geo.ellipsoid import CGCS2000
from geo.errors import OutOfRangeError

GULLY = {
    "catchment_km2": 5.0,
    "loose_material_m3": 10_000.0,
    "channel_length_m": 100.0,
    "relief_m": 15.0,
    "mouth_point": {"type": "Point", "coordinates": [102.7, 26.5]},
    "fan_azimuth_deg": 90.0,
}
SIZES = ("catchment_km2", "loose_material_m3", "channel_length_m", "relief_m")


def _fan(**over):
    return debris_fan(*({**GULLY, **over}[name] for name in SIZES))


def test_published_example_with_its_relief_in_metres():
    """The example prints 181° and 0.296 km² for H = 15; with H in kilometres it is 47.8° and 0.240 km².

    Catchment, material and channel are such that the printed numbers come out.
    """
    fan = _fan()
    assert fan.angle_deg == pytest.approx(47.8, abs=0.05)
    assert fan.area_m2 == pytest.approx(0.240e6, abs=500.0)
    # Relief taken for kilometres: 15 in the equation of the angle, and the area that follows from it.
    angle = math.radians(47.8296 - 1.3085 * 0.1 + 8.8876 * 15.0)
    length_km, width_km = fan.length_m / 1e3, fan.width_m / 1e3
    area_km2 = 0.6667 * length_km * width_km - 0.0833 * width_km**2 * math.sin(angle) / (1 - math.cos(angle))
    assert math.degrees(angle) == pytest.approx(181.0, abs=0.05)
    assert area_km2 == pytest.approx(0.296, abs=5e-4)


def test_sizes_by_hand():
    """A = 40 km², W = 100 (10⁴ m³), D = 4 km, H = 1.2 km."""
    fan = debris_fan(40.0, 1e6, 4_000.0, 1_200.0)
    assert fan.length_m == pytest.approx(806.1 + 60.0 + 3.3)
    assert fan.width_m == pytest.approx(545.2 + 13.6 + 3.1)
    assert fan.angle_deg == pytest.approx(47.8296 - 5.234 + 10.66512)
    assert fan.warnings == ()


@given(
    st.floats(0.1, 100.0),
    st.floats(0.0, 1e7),
    st.floats(50.0, 8_000.0),
    st.floats(50.0, 4_000.0),
    st.floats(0.0, 360.0),
)
def test_outline_has_the_area_of_the_standard(catchment_km2, loose_m3, channel_m, relief_m, azimuth_deg):
    fan = debris_fan(catchment_km2, loose_m3, channel_m, relief_m)
    outline = draw_fan(fan, (102.7, 26.5), azimuth_deg)
    area_m2, _ = CGCS2000.geometry_area_perimeter(outline)
    assert outline.is_valid
    assert outline.exterior.is_ccw
    if not fan.warnings:
        assert area_m2 == pytest.approx(fan.area_m2, rel=2e-3)
    # A gully that the equations do not fit is drawn wider than they say, never narrower.
    assert area_m2 >= 0.998 * fan.area_m2


def test_outline_reaches_length_and_width():
    fan = _fan()
    outline = draw_fan(fan, (103.5, 26.5), 0.0)
    lon, lat = shapely.get_coordinates(outline).T
    _, _, ahead_m = CGCS2000.inv(103.5, 26.5, 103.5, lat.max())
    assert ahead_m == pytest.approx(fan.length_m, abs=0.01)
    row = (lon - 103.5).argmax()
    _, _, across_m = CGCS2000.inv(lon[row], lat[row], 207.0 - lon[row], lat[row])
    assert across_m == pytest.approx(fan.width_m, abs=0.1)


def test_width_that_its_angle_does_not_reach_is_told():
    fan = _fan(channel_length_m=12_000.0)
    assert fan.straight_m == fan.length_m
    assert fan.warnings
    assert draw_fan(fan, (102.7, 26.5), 30.0).is_valid


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"catchment_km2": 0.0}, "catchment"),
        ({"channel_length_m": -1.0}, "channel length"),
        ({"relief_m": float("nan")}, "relief"),
        ({"loose_material_m3": -1.0}, "loose material"),
        ({"relief_m": 15_000.0}, "in metres"),
        ({"channel_length_m": 40_000.0}, "angle"),
        ({"channel_length_m": 30_000.0}, "area"),
    ],
)
def test_what_the_equations_do_not_fit_is_refused(over, said):
    with pytest.raises(OutOfRangeError, match=said) as refused:
        _fan(**over)
    assert "DZ/T 0220" in refused.value.zh


@pytest.mark.parametrize("name", GULLY)
def test_a_gully_without_an_input_has_no_fan(name):
    assert fan_of({**GULLY, name: None}) == [name]
    assert fan_of({key: value for key, value in GULLY.items() if key != name}) == [name]


@pytest.mark.parametrize(
    "mouth", [{"type": "Point"}, {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "x"]
)
def test_a_mouth_that_is_no_point_is_asked_for(mouth):
    assert fan_of({**GULLY, "mouth_point": mouth}) == ["mouth_point"]


def test_apex_and_ends_of_the_fan_lie_where_the_gully_says():
    _, outline = fan_of(GULLY)
    assert shapely.get_coordinates(outline)[0].tolist() == [102.7, 26.5]
    assert outline.centroid.x > 102.7
