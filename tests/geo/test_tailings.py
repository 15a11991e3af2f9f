import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import OutOfRangeError
from geo.standing import Standing
from geo.tailings import (
    FREEBOARD,
    MONITORING,
    Grade,
    combine_grades,
    design_grade,
    larrauri_released_hm3,
    larrauri_run_out_km,
    lay_run_out,
    missing_monitoring,
    people_in_band,
    phreatic_depth_m,
    rico_released_hm3,
    rico_run_out_km,
    run_out,
)
from geo.terrain import FlowPath, PathEnd


@pytest.mark.parametrize(
    ("capacity_m3", "grade"),
    [
        (0.0, "V"),
        (999999.0, "V"),
        (1000000.0, "IV"),
        (9999999.0, "IV"),
        (10000000.0, "III"),
        (99999999.0, "III"),
        (100000000.0, "II"),
        (499999999.0, "II"),
        (500000000.0, "I"),
    ],
)
def test_grade_by_capacity_at_its_borders(capacity_m3, grade):
    """Table of GB 50863 3.3.1; lower limits belong to the higher grade."""
    assert design_grade(capacity_m3, 0.0).by_capacity.grade.name == grade


@pytest.mark.parametrize(
    ("height_m", "grade"),
    [
        (29.99, "V"),
        (30.0, "IV"),
        (59.99, "IV"),
        (60.0, "III"),
        (99.99, "III"),
        (100.0, "II"),
        (199.99, "II"),
        (200.0, "I"),
        (250.0, "I"),
    ],
)
def test_grade_by_height_at_its_borders(height_m, grade):
    assert design_grade(0.0, height_m).by_height.grade.name == grade


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("III", "III", "III"),
        ("III", "IV", "III"),
        ("I", "II", "I"),
        ("III", "V", "IV"),
        ("I", "V", "II"),
        ("II", "V", "III"),
        ("I", "III", "II"),
        ("IV", "V", "IV"),
    ],
)
def test_combination_by_hand(one, other, both):
    """Differing by one: the higher; by more: the higher lowered by one."""
    assert combine_grades(Grade[one], Grade[other]) is Grade[both]
    assert combine_grades(Grade[other], Grade[one]) is Grade[both]


def test_pond_of_8_million_cubic_metres_and_70_metres():
    """800 · 10⁴ m³ is IV, 70 m is III: III."""
    assert design_grade(8e6, 70.0).grade is Grade.III


def test_standing_is_that_of_the_limits_used():
    assert design_grade(8e6, 70.0).standing is Standing.VERIFIED
    assert design_grade(8e6, 120.0).standing is Standing.RECALLED
    assert design_grade(6e8, 20.0).standing is Standing.RECALLED


def test_pits_and_raised_grades():
    assert design_grade(8e6, 70.0, in_pit_without_dam=True).grade is None
    assert design_grade(8e6, 70.0, raised=True).grade is Grade.II
    assert design_grade(6e8, 250.0, raised=True).grade is Grade.I


@pytest.mark.parametrize("bad", [(-1.0, 10.0), (1.0, -0.1), (np.nan, 10.0), (1.0, np.inf)])
def test_no_grade_of_nonsense(bad):
    with pytest.raises(OutOfRangeError):
        design_grade(*bad)


@given(st.floats(0, 1e9), st.floats(0, 300), st.floats(0, 1e9), st.floats(0, 300))
def test_a_larger_pond_never_has_a_lower_grade_by_more_than_the_rule_lowers(capacity, height, more, rise):
    small, large = design_grade(capacity, height), design_grade(capacity + more, height + rise)
    assert large.by_capacity.grade <= small.by_capacity.grade
    assert large.by_height.grade <= small.by_height.grade


def test_share_released_of_7_5_million_cubic_metres():
    """36 % in the relation's own unit; a tutorial that feeds m³ shows 41 %."""
    assert rico_released_hm3(7.5) / 7.5 == pytest.approx(0.3612, abs=1e-4)
    assert rico_released_hm3(7.5e6) / 7.5e6 == pytest.approx(0.4147, abs=1e-4)
    assert larrauri_released_hm3(7.5) / 7.5 == pytest.approx(0.332 * 7.5**-0.05, rel=1e-12)


def test_run_outs_worked_by_hand():
    """VT = 1 hm³ and H = 10 m: VF 0.354 and 0.332 hm³; 1.61 · 3.54^0.66 and 3.04 · (10 · 0.332²)^0.545 km."""
    assert rico_run_out_km(10.0, 1.0, rico_released_hm3(1.0)) == pytest.approx(3.708, abs=2e-3)
    assert larrauri_run_out_km(10.0, 1.0, larrauri_released_hm3(1.0)) == pytest.approx(3.205, abs=2e-3)


def test_run_out_is_a_band():
    run = run_out(1e6, 10.0, 3.0)
    lengths = sorted(run.estimates_km.values())
    assert run.low_km == pytest.approx(lengths[0] / 3.0)
    assert run.high_km == pytest.approx(lengths[1] * 3.0)
    assert run.central_km == pytest.approx((lengths[0] * lengths[1]) ** 0.5)
    assert run.standing is Standing.RECALLED


@pytest.mark.parametrize("bad", [(0.0, 10.0, 3.0), (1e6, 0.0, 3.0), (1e6, 10.0, 0.5), (np.nan, 10.0, 3.0)])
def test_no_run_out_of_nonsense(bad):
    with pytest.raises(OutOfRangeError):
        run_out(*bad)


@pytest.fixture
def band():
    """A straight valley to the south along 102.7° E, 20 km of path; run-outs 1.07, 3.45 and 11.1 km."""

    def trace(length_m):
        lats = np.linspace(26.5, 26.5 - length_m / 110_780.0, 200)
        mileage_m = np.linspace(0.0, length_m, 200)
        lon_lat = np.column_stack([np.full(200, 102.7), lats])
        return FlowPath(lon_lat, mileage_m, np.zeros(200), 30.0, 0.0, PathEnd.LENGTH, 0.0)

    return lay_run_out(run_out(1e6, 10.0, 3.0), trace, 200.0)


def test_targets_in_the_band(band):
    south_m = [500.0, 2000.0, 6000.0, 15_000.0, 2000.0, -500.0]
    east_deg = [0.0, 0.001, 0.0, 0.0, 0.01, 0.0]
    places = [shapely.Point(102.7 + x, 26.5 - y / 110_780.0) for x, y in zip(east_deg, south_m, strict=True)]
    reached = band.reach(gpd.GeoSeries(places, crs="EPSG:4490"))
    assert reached["zone"].tolist() == ["low", "central", "high", None, None, None]
    assert reached["mileage_m"].iloc[:3].to_numpy() == pytest.approx([500.0, 2000.0, 6000.0], abs=5.0)
    assert reached["lateral_m"].iloc[1] == pytest.approx(99.6, abs=0.5)
    people = people_in_band(reached["zone"], np.array([10.0, np.nan, 7.0, 100.0, 100.0, 100.0]))
    assert people == {"low": (10.0, 0), "central": (0.0, 1), "high": (7.0, 0)}


def test_the_band_has_three_ends(band):
    low, central, high = band.lines()
    assert low.length < central.length < high.length
    assert band.reaches_end


def test_no_targets(band):
    assert band.reach(gpd.GeoSeries([], crs="EPSG:4490")).empty


def test_freeboard_falls_with_the_class():
    rows = [FREEBOARD[grade] for grade in Grade]
    assert [row.freeboard_m for row in rows] == [1.5, 1.0, 0.7, 0.5, 0.4]
    assert [row.beach_upstream_m for row in rows] == [150, 100, 70, 50, 40]
    assert [row.beach_other_m for row in rows] == [100, 70, 50, 35, 25]
    assert {row.standing for row in rows} == {Standing.RECALLED}


def items(lacking):
    return None if lacking is None else [requirement.item for requirement in lacking]


def test_missing_monitoring():
    pond = {"method": "upstream", "monitoring": ["displacement", "phreatic_line", "pond_level", "rainfall"]}
    assert items(missing_monitoring(pond, "kunming")) == ["video"]
    assert items(missing_monitoring(pond, "gb_39496")) == ["beach_slope", "basin_displacement"]
    assert items(missing_monitoring({**pond, "method": "dry_stack"}, "gb_39496")) == []
    assert items(missing_monitoring({**pond, "method": "dry_stack", "monitoring": []}, "kunming")) == [
        "displacement"
    ]


def test_unknown_monitoring_is_not_none_missing():
    assert missing_monitoring({"method": "upstream"}, "kunming") is None
    assert missing_monitoring({"monitoring": []}, "kunming") is None
    everything = [requirement.item for requirement in MONITORING["kunming"]]
    assert items(missing_monitoring({"monitoring": everything}, "kunming")) == []


@pytest.mark.parametrize(
    ("height_m", "least_m", "most_m"),
    [
        (0.0, 2.0, 2.0),
        (30.0, 2.0, 2.0),
        (45.0, 3.0, 3.0),
        (80.0, 5.0, 5.0),
        (125.0, 7.0, 7.0),
        (200.0, 8.0, 10.0),
    ],
)
def test_phreatic_line_by_hand(height_m, least_m, most_m):
    assert phreatic_depth_m(height_m) == (least_m, most_m)


@given(st.floats(0.0, 300.0), st.floats(0.0, 300.0))
def test_a_higher_dam_never_needs_a_shallower_line(one, other):
    low, high = sorted((one, other))
    assert phreatic_depth_m(low)[0] <= phreatic_depth_m(high)[0]


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_no_phreatic_line_of_nonsense(bad):
    with pytest.raises(OutOfRangeError, match="state a height"):
        phreatic_depth_m(bad)
