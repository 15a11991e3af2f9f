"""Area classes and high-consequence areas: by-hand lines on a meridian, and brute force over all windows."""

import json
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point

from geo.errors import GeometryError, OutOfRangeError
from geo.pipelines.classification import classify_pipeline
from geo.pipelines.impact_radius import impact_radius_m, impact_radius_us_m
from geo.standing import Standing
from tests.geo.rule_scenes import GEOD, frame, going, read, rule

LON, SOUTH = 102.0, 26.0


def at(mileage_m):
    return going(LON, SOUTH, 0.0, mileage_m)


def line(*mileages_m):
    return LineString([at(m) for m in mileages_m])


def beside(mileage_m, offset_m, **columns):
    point = Point(going(*at(mileage_m), 90.0, offset_m))
    return {"geometry": point, "accuracy_m": 0.0, "households": 0, "storeys": 2} | columns


FAR = beside(500_000, 0)
NO_PLACE = frame(beside(500_000, 0, target_class="high_sensitivity", people_day=1, kind="fuel_station"))
NOTHING_NEAR = {"protection_targets": NO_PLACE, "hazard_sites": NO_PLACE}


def gas(geometry, *buildings, diameter_mm=610.0, pressure_mpa=6.3, accuracy_m=0.0, **layers):
    targets = NOTHING_NEAR | {name: frame(*rows) for name, rows in layers.items()}
    return classify_pipeline(
        geometry, diameter_mm, pressure_mpa, "gas", frame(*buildings, FAR), targets, accuracy_m
    )


def stretches(result):
    return [(round(s.start_m, 2), round(s.end_m, 2), s.area_class, s.hca_grade) for s in result.segments]


def test_published_impact_radius():
    # 1,016 mm at 10 MPa: 318.1 m after GB 32167-2015, 320.4 m after 49 CFR 192.903.
    assert impact_radius_m(1016.0, 10.0) == pytest.approx(318.1, abs=0.05)
    assert impact_radius_us_m(1016.0, 10.0) == pytest.approx(320.4, abs=0.05)
    # 40 inches at 1,450.377 psi by hand: 0.69 x 40 x 38.0838 ft.
    assert impact_radius_us_m(1016.0, 10.0) == pytest.approx(0.69 * 40 * 1450.377**0.5 * 0.3048, rel=1e-6)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_impact_radius_of_nonsense(wrong):
    with pytest.raises(OutOfRangeError):
        impact_radius_m(wrong, 10.0)
    with pytest.raises(OutOfRangeError):
        impact_radius_us_m(1016.0, wrong)


def test_class_3_ends_200_m_beyond_its_buildings():
    result = gas(line(0, 10_000), beside(4000, 50, households=60), beside(6000, -50, households=40))
    assert stretches(result) == [
        (0.0, 3800.0, "1-1", "none"),
        (3800.0, 6200.0, "3", "II"),
        (6200.0, 10_000.0, "1-1", "none"),
    ]
    middle = result.segments[1]
    assert middle.decided
    assert [reason.clause for reason in middle.reasons] == ["GB 50251", "GB 32167-2015 table 2 item b"]
    assert [target.id for target in middle.reasons[0].targets] == ["t0", "t1"]
    assert "4\u202f000.0-6\u202f000.0 m" in middle.reasons[0].text.en
    assert middle.start == pytest.approx(at(3800), abs=2e-9)


def test_a_metre_too_far_apart_is_no_class_3():
    result = gas(line(0, 10_000), beside(4000, 50, households=60), beside(6001, -50, households=40))
    assert [one[:3] for one in stretches(result)] == [
        (0.0, 3800.0, "1-1"),
        (3800.0, 4200.0, "2"),
        (4200.0, 5801.0, "1-1"),
        (5801.0, 6201.0, "2"),
        (6201.0, 10_000.0, "1-1"),
    ]


@pytest.mark.parametrize(
    ("households", "expected"), [(0, "1-1"), (1, "1-2"), (15, "1-2"), (16, "2"), (99, "2"), (100, "3")]
)
def test_classes_by_households(households, expected):
    result = gas(line(0, 4000), beside(2000, 200, households=households))
    assert {s.area_class for s in result.segments if s.start_m < 2000 < s.end_m} == {expected}


def test_class_4_where_four_storeys_prevail():
    high = [beside(2000, 20 + 10 * i, households=30, storeys=4) for i in range(3)]
    low = [beside(2000, -20 - 10 * i, households=10, storeys=3) for i in range(2)]
    (segment,) = [s for s in gas(line(0, 6000), *high, *low).segments if s.start_m < 2000 < s.end_m]
    assert (segment.area_class, segment.hca_grade) == ("4", "III")
    (even,) = [s for s in gas(line(0, 6000), *high, *low, low[0]).segments if s.start_m < 2000 < s.end_m]
    assert (even.area_class, even.hca_grade) == ("3", "II")


def test_missing_storeys_and_households():
    result = gas(line(0, 6000), beside(2000, 20, households=120, storeys=np.nan))
    (segment,) = [s for s in result.segments if s.start_m < 2000 < s.end_m]
    assert (segment.area_class, segment.hca_grade, segment.decided) == ("insufficient_data",) * 2 + (False,)
    assert segment.needs == ("buildings/t0.storeys",)
    result = gas(line(0, 6000), beside(2000, 20, households=np.nan))
    (segment,) = [s for s in result.segments if s.start_m < 2000 < s.end_m]
    assert (segment.area_class, segment.needs) == ("insufficient_data", ("buildings/t0.households",))


def test_no_layer_is_not_nothing_there():
    result = classify_pipeline(line(0, 6000), 610.0, 6.3, "gas", None, {}, 0.0)
    (segment,) = result.segments
    assert (segment.area_class, segment.hca_grade, segment.decided) == ("insufficient_data",) * 2 + (False,)
    assert segment.needs == ("layer buildings", "layer protection_targets", "layer hazard_sites")


def test_missing_diameter_leaves_the_grade_open_but_not_the_class():
    result = gas(line(0, 6000), beside(2000, 20, households=20), diameter_mm=None, pressure_mpa=10.0)
    assert {s.hca_grade for s in result.segments} == {"insufficient_data"}
    assert {s.area_class for s in result.segments} == {"1-1", "2"}
    assert all("subject.diameter_mm" in s.needs for s in result.segments)
    assert result.impact_radius_m is None


def test_class_4_is_not_kept_open_by_a_missing_diameter():
    high = [beside(2000, 20, households=200, storeys=6)]
    result = gas(line(0, 6000), *high, diameter_mm=None, pressure_mpa=10.0)
    assert [s.hca_grade for s in result.segments if s.area_class == "4"] == ["III"]


def test_specific_place_in_the_impact_radius_of_a_large_line():
    school = {"target_class": "high_sensitivity", "people_day": 300}
    large = {"diameter_mm": 1016.0, "pressure_mpa": 10.0}
    result = gas(line(0, 6000), protection_targets=[beside(3000, 318.0, **school)], **large)
    assert stretches(result)[1] == (2800.0, 3200.0, "1-1", "II")
    assert result.segments[1].reasons[-1].clause == "GB 32167-2015 table 2 item c"
    beyond = gas(line(0, 6000), protection_targets=[beside(3000, 318.2, **school)], **large)
    assert {s.hca_grade for s in beyond.segments} == {"none"}
    assert (round(result.impact_radius_m, 1), round(result.impact_radius_us_m, 1)) == (318.1, 320.4)


def test_disputed_items_give_both_readings_and_say_which_is_used():
    school = beside(3000, 200.0, target_class="high_sensitivity", people_day=300)
    pump = beside(4000, 200.0, kind="fuel_station")
    result = gas(line(0, 6000), protection_targets=[school], hazard_sites=[pump])
    grades = [(s.hca_grade, s.hca_grade_other) for s in result.segments]
    assert grades == [("none", "none"), ("I", "II"), ("none", "none"), ("II", "III"), ("none", "none")]
    disputed = [number for number in result.awaiting_confirmation if number.standing is Standing.DISPUTED]
    assert [number.value for number in disputed] == [
        "200 m: grade I used, II in another copy",
        "200 m: grade II used, III in another copy",
    ]
    assert result.segments[1].reasons[-1].standing is Standing.DISPUTED


def test_fuel_station_inside_class_3_adds_nothing():
    result = gas(
        line(0, 6000), beside(3000, 10, households=150), hazard_sites=[beside(3000, 10, kind="fuel_station")]
    )
    assert [(s.hca_grade, s.hca_grade_other) for s in result.segments if s.area_class == "3"] == [
        ("II", "II")
    ]


def test_recalled_numbers_await_confirmation():
    standings = {number.name.en: number.standing for number in gas(line(0, 6000)).awaiting_confirmation}
    assert standings["Potential impact radius"] is Standing.RECALLED
    assert standings["Class ends beyond the last building"] is Standing.RECALLED
    assert "Households of class 3" not in standings


def test_published_form_is_json_and_repeatable():
    made = [json.dumps(gas(line(0, 6000), beside(3000, 10, households=150)).to_dict()) for _ in range(2)]
    assert made[0] == made[1]
    published = json.loads(made[0])
    assert published["segments"][1]["reasons"][0]["targets"][0]["id"] == "t0"
    assert all(number["standing"] != "verified" for number in published["awaiting_confirmation"])


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6000), st.integers(-240, 240), st.integers(0, 60)), min_size=1, max_size=9
    )
)
def test_turning_the_line_round_changes_nothing(found):
    buildings = [beside(m, o, households=n, storeys=4 if n % 2 else 1) for m, o, n in found]
    there, back = gas(line(0, 6000), *buildings), gas(line(6000, 0), *buildings)
    turned = [(6000 - s.end_m, 6000 - s.start_m, s.area_class, s.hca_grade) for s in reversed(back.segments)]
    for one, other in zip(there.segments, turned, strict=True):
        assert (one.start_m, one.end_m) == pytest.approx(other[:2], abs=0.003)
        assert (one.area_class, one.hca_grade) == other[2:]


OIL = {
    "settlements": {"households": 10},
    "roads": {"road_class": "county"},
    "railways": {"railway_class": "national"},
    "hazard_sites": {"kind": "oil_depot"},
    "zones": {"zone_kind": "other"},
    "rivers": {"line_kind": "outer", "half_width_m": np.nan},
    "lakes": {"lake_kind": "lake"},
}


def oil(*buildings, **layers):
    far = {name: frame(beside(500_000, 0, **columns)) for name, columns in OIL.items()}
    near = {name: frame(*rows) for name, rows in layers.items()}
    return classify_pipeline(line(0, 6000), None, None, "oil", frame(*buildings, FAR), far | near, 0.0)


@pytest.mark.parametrize(
    ("layer", "columns", "offset_m", "grades"),
    [
        ("settlements", {"households": 50}, 200.0, ("II", "II")),
        ("settlements", {"households": 49}, 100.0, ("none", "none")),
        ("roads", {"road_class": "national"}, 50.0, ("I", "I")),
        ("roads", {"road_class": "national"}, 50.1, ("none", "none")),
        ("railways", {"railway_class": None}, 50.0, ("I", "I")),
        ("hazard_sites", {"kind": "fireworks_store"}, 50.0, ("I", "I")),
        ("zones", {"zone_kind": "nature_reserve"}, 200.0, ("II", "I")),
        ("zones", {"zone_kind": "water_source"}, 200.0, ("III", "III")),
        ("rivers", {"line_kind": "outer", "half_width_m": np.nan}, 200.0, ("III", "III")),
        ("rivers", {"line_kind": "centre", "half_width_m": 30.0}, 230.0, ("III", "III")),
        ("rivers", {"line_kind": "centre", "half_width_m": np.nan}, 230.0, ("insufficient_data",) * 2),
        ("lakes", {"lake_kind": "reservoir"}, 200.0, ("III", "III")),
        ("lakes", {"lake_kind": None}, 200.0, ("insufficient_data",) * 2),
    ],
)
def test_items_of_oil_lines(layer, columns, offset_m, grades):
    result = oil(**{layer: [beside(3000, offset_m, **columns)]})
    (segment,) = [s for s in result.segments if s.start_m <= 3000 < s.end_m]
    assert (segment.hca_grade, segment.hca_grade_other) == grades
    assert segment.area_class is None


def test_households_along_an_oil_line():
    result = oil(beside(3000, 10, households=100))
    assert [(s.hca_grade, s.start_m, s.end_m) for s in result.segments][1] == ("II", 2800.0, 3200.0)
    assert result.segments[1].reasons[0].clause == "GB 32167-2015 table 1 item b"


def test_doubt_of_positions():
    result = gas(line(0, 6000), beside(3000, 199.0, households=100, accuracy_m=2.0))
    assert [(s.area_class, s.decided) for s in result.segments] == [
        ("1-1", True),
        ("3", False),
        ("1-1", True),
    ]
    vague = gas(line(0, 6000), beside(3000, 10, households=100), accuracy_m=None)
    assert not any(s.decided for s in vague.segments)


def test_cluster_on_the_border_of_two_parts():
    buildings = [beside(m, 10, households=50) for m in (2900, 3100)]
    whole = gas(line(0, 6000), *buildings)
    for parts in ([line(0, 3000), line(3000, 6000)], [line(0, 3000), line(6000, 3000)]):
        joined = gas(MultiLineString(parts), *buildings)
        lengths = [
            sum(s.end_m - s.start_m for s in r.segments if s.area_class == "3") for r in (whole, joined)
        ]
        assert lengths == pytest.approx([600.0, 600.0], abs=0.002)
    far = [beside(m, 10, households=50) for m in (2900, 3600)]
    apart = gas(MultiLineString([line(0, 3000), line(3500, 6000)]), *far)
    assert not any(s.area_class == "3" for s in apart.segments)
    assert any(s.end_m == pytest.approx(3000, abs=0.001) for s in apart.segments)


def test_class_runs_into_every_branch():
    junction = at(3000)
    branch = LineString([junction, going(*junction, 90.0, 3000)])
    result = gas(MultiLineString([line(0, 6000), branch]), beside(2950, -10, households=100))
    dense = [(s.start_m, s.end_m) for s in result.segments if s.area_class == "3"]
    # 50 m from the junction: for the way from the branch to the north it lies at the junction itself.
    assert dense == [pytest.approx((2750, 3200), abs=0.002), pytest.approx((6000, 6200), abs=0.002)]


@pytest.mark.parametrize("wrong", [None, LineString(), Point(LON, SOUTH), shapely.box(0, 0, 1, 1)])
def test_what_is_no_line(wrong):
    with pytest.raises(GeometryError):
        gas(wrong)


def test_medium_must_be_known():
    with pytest.raises(OutOfRangeError):
        classify_pipeline(line(0, 10), None, None, "water", None, {})


places = st.lists(
    st.tuples(st.integers(0, 12_000), st.integers(-240, 240), st.integers(0, 60)), min_size=1, max_size=20
)


@settings(max_examples=30, deadline=None)
@given(places, st.integers(1, 11_999))
def test_as_brute_force_over_all_windows(found, border_m):
    """The worst class at every half metre, from all windows that begin at a whole metre; mileages are whole metres."""
    route = MultiLineString([line(0, border_m), line(border_m, 12_000)])
    result = gas(route, *(beside(m, o, households=n, storeys=1) for m, o, n in found))
    inside = [(m, n) for m, o, n in found if abs(o) <= 200 and n > 0]
    worst = np.zeros(12_000, dtype=int)
    for start in range(-2000, 12_001):
        held = [(m, n) for m, n in inside if start <= m <= start + 2000]
        if held:
            total = sum(n for _, n in held)
            level = 3 if total >= 100 else 2 if total > 15 else 1
            low, high = min(held)[0] - 200, max(held)[0] + 200
            worst[max(low, 0) : high] = np.maximum(worst[max(low, 0) : high], level)
    words = np.array(["1-1", "1-2", "2", "3"])[worst]
    for segment in result.segments:
        low, high = round(segment.start_m), round(segment.end_m)
        assert segment.start_m == pytest.approx(low, abs=0.002)
        assert set(words[low:high]) <= {segment.area_class}


def test_ten_thousand_buildings_along_500_km_in_seconds():
    rng = np.random.default_rng(32167)
    count, length_m = 10_000, 500e3
    mileage, offset = rng.uniform(0, length_m, count), rng.uniform(-400, 400, count)
    lon, lat, _ = GEOD.fwd(np.full(count, LON), np.full(count, 22.0), np.zeros(count), mileage)
    lon, lat, _ = GEOD.fwd(lon, lat, np.full(count, 90.0), offset)
    columns = {
        "id": [f"b{i}" for i in range(count)],
        "households": rng.integers(0, 12, count),
        "storeys": rng.integers(1, 6, count),
        "accuracy_m": 1.0,
    }
    buildings = gpd.GeoDataFrame(columns, geometry=shapely.points(lon, lat), crs=4490)
    vertices = GEOD.fwd(*np.full((2, 5001), [[LON], [22.0]]), np.zeros(5001), np.linspace(0, length_m, 5001))
    route = LineString(np.column_stack(vertices[:2]))
    start = time.perf_counter()
    result = classify_pipeline(route, 610.0, 6.3, "gas", buildings, NOTHING_NEAR, 1.0)
    assert time.perf_counter() - start < 30.0  # about 1 s on its own; the machine may be busy
    assert result.length_m == pytest.approx(length_m, abs=0.01)
    assert {s.area_class for s in result.segments} == {"2", "3", "4"}


@pytest.mark.parametrize(("offset_m", "holds"), [(318.07, True), (318.08, False)])
def test_predicate_of_the_impact_radius(offset_m, holds):
    made = rule(
        "within_impact_radius",
        target_layer="protection_targets",
        measure_from="centreline",
        measure_to="boundary",
        compare="le",
    )
    subject = {"geometry": line(0, 6000), "accuracy_m": 0.0, "diameter_mm": 1016.0, "pressure_mpa": 10.0}
    reading = read(made, subject, beside(3000, offset_m))
    assert (reading.holds, reading.decided, reading.limit_m) == (holds, True, 318.075)
    asked = read(made, subject | {"pressure_mpa": np.nan}, beside(3000, offset_m))
    assert (asked.holds, asked.needs) == (None, ("subject.pressure_mpa",))
