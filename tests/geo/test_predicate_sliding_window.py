"""Sums in windows along a line: by-hand lines on a meridian, buildings at known mileages and offsets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, Polygon

from tests.geo.rule_scenes import GEOD, going, read, rule

LON, SOUTH = 102.0, 26.0


def at(mileage_m):
    """The point of the meridian at a mileage from 26° N."""
    return going(LON, SOUTH, 0.0, mileage_m)


def line(*mileages_m):
    return LineString([at(m) for m in mileages_m])


def building(mileage_m, offset_m, households, **columns):
    lon, lat = at(mileage_m)
    return {"geometry": Point(going(lon, lat, 90.0, offset_m)), "households": households, **columns}


def made(count=100.0, compare="ge", **changes):
    parameters = {"distance_m": 200.0, "window_m": 2000.0} | changes
    return rule(
        "sliding_window",
        target_layer="buildings",
        count_field="households",
        count=count,
        compare=compare,
        **parameters,
    )


def exact(mileage_m, offset_m, households):
    return building(mileage_m, offset_m, households, accuracy_m=0.0)


def subject(geometry, accuracy_m=0.0):
    return {"geometry": geometry, "accuracy_m": accuracy_m}


def test_both_ends_of_the_window_count():
    reading = read(made(), subject(line(0, 9000)), exact(1000, 50, 50), exact(3000, -50, 50))
    assert (reading.holds, reading.found) == (True, 100.0)
    assert reading.explanation.en.count("1\u202f000.0-3\u202f000.0 m") == 1


def test_one_millimetre_more_does_not():
    reading = read(made(), subject(line(0, 9000)), exact(1000, 50, 50), exact(3000.002, -50, 50))
    assert (reading.holds, reading.found) == (False, 50.0)


@pytest.mark.parametrize(("offset_m", "holds"), [(200.0, True), (200.002, False), (-200.0, True)])
def test_the_band_is_inclusive(offset_m, holds):
    assert read(made(), subject(line(0, 9000)), exact(1000, offset_m, 100)).holds is holds


def test_cluster_on_the_border_of_fixed_sections():
    targets = [exact(m, 20, 30) for m in (1700, 1900, 2100, 2300)]
    reading = read(made(), subject(line(0, 4000)), *targets)
    assert (reading.holds, reading.found) == (True, 120.0)


def test_more_than_is_not_at_least():
    assert read(made(compare="gt"), subject(line(0, 9000)), exact(1000, 0, 100)).holds is False


@pytest.mark.parametrize("second", [(3000, 6000), (6000, 3000)])
def test_window_runs_from_part_to_part_whatever_their_direction(second):
    route = MultiLineString([line(0, 3000), line(*second)])
    reading = read(made(), subject(route), exact(2500, 10, 60), exact(4000, 10, 40))
    assert (reading.holds, reading.found) == (True, 100.0)


def test_parts_that_do_not_meet_are_apart():
    route = MultiLineString([line(0, 3000), line(3010, 6000)])
    assert read(made(), subject(route), exact(2500, 10, 60), exact(4000, 10, 40)).found == 60.0


def test_window_runs_into_a_branch_but_not_into_two():
    junction = at(5000)
    east, west = going(*junction, 60.0, 3000), going(*junction, 300.0, 3000)
    route = MultiLineString([line(0, 9000), LineString([junction, east]), LineString([junction, west])])

    def beside(azimuth_deg, households):
        return {
            "geometry": Point(going(*junction, azimuth_deg, 900)), "households": households, "accuracy_m": 0.0
        }  # fmt: skip

    both_arms = read(made(), subject(route), beside(60.0, 60), beside(300.0, 40))
    assert both_arms.found == 100.0
    three = read(made(), subject(route), beside(60.0, 60), beside(300.0, 40), beside(180.0, 30))
    assert three.found == 100.0


def test_window_runs_across_the_closing_point_of_a_ring():
    corners = [going(*at(0), azimuth, 4000) for azimuth in (0, 90, 180, 270)]
    ring = LineString([*corners, corners[0]])

    def towards(azimuth_deg):
        back = GEOD.inv(*corners[0], *going(*at(0), azimuth_deg, 4000))[0]
        return {"geometry": Point(going(*corners[0], back, 800)), "households": 50, "accuracy_m": 0.0}

    assert read(made(), subject(ring), towards(90), towards(270)).found == 100.0


def test_a_target_that_the_line_passes_twice_counts_once():
    there, back = going(*at(0), 0.0, 1500), going(*at(0), 15.0, 1500)
    hairpin = LineString([at(0), there, back, going(*at(0), 90.0, 100)])
    middle = {"geometry": Point(going(*at(0), 5.0, 700)), "households": 60, "accuracy_m": 0.0}
    assert read(made(window_m=4000.0), subject(hairpin), middle).found == 60.0


def test_extent_of_a_polygon_counts_from_where_it_lies_in_the_band():
    # 40 m wide, 100 m long, from mileage 3,000 m on; a point building 2,000 m back.
    corners = [going(*at(m), 90.0, o) for m, o in ((3000, 100), (3000, 140), (3100, 140), (3100, 100))]
    block = {"geometry": Polygon(corners), "households": 50, "accuracy_m": 0.0}
    assert read(made(), subject(line(0, 9000)), block, exact(1000.01, 5, 50)).found == 100.0
    assert read(made(), subject(line(0, 9000)), block, exact(999.0, 5, 50)).found == 50.0
    assert read(made(), subject(line(0, 9000)), block, exact(5099.9, 5, 50)).found == 100.0


def test_missing_number_leaves_it_open_where_it_could_turn_it():
    reading = read(made(), subject(line(0, 9000)), exact(1000, 5, 60), exact(1500, 5, np.nan))
    assert (reading.holds, reading.decided, reading.needs) == (None, False, ("buildings/t1.households",))
    enough = read(made(), subject(line(0, 9000)), exact(1000, 5, 100), exact(1500, 5, np.nan))
    assert (enough.holds, enough.decided) == (True, True)
    far = read(made(), subject(line(0, 9000)), exact(1000, 5, 60), exact(1500, 500, np.nan))
    assert (far.holds, far.decided) == (False, True)


@pytest.mark.parametrize(
    ("offset_m", "holds", "decided"),
    [(196.0, True, True), (198.5, True, False), (201.5, False, False), (203.5, False, True)],
)
def test_doubt_across_the_line(offset_m, holds, decided):
    reading = read(made(), subject(line(0, 9000), 2.0), building(1000, offset_m, 100, accuracy_m=1.0))
    assert (reading.holds, reading.decided) == (holds, decided)


@pytest.mark.parametrize(
    ("gap_m", "holds", "decided"),
    [(1990.0, True, True), (1999.0, True, False), (2001.0, False, False), (2010.0, False, True)],
)
def test_doubt_along_the_line(gap_m, holds, decided):
    targets = [building(m, 5, 50, accuracy_m=1.0) for m in (1000, 1000 + gap_m)]
    reading = read(made(), subject(line(0, 9000), 1.0), *targets)
    assert (reading.holds, reading.decided) == (holds, decided)


def test_unknown_accuracy_decides_nothing_unless_enough_is_sure():
    vague = building(8000, 150, 100, accuracy_m=np.nan)
    assert not read(made(), subject(line(0, 9000)), vague).decided
    assert read(made(), subject(line(0, 9000)), vague, exact(1000, 5, 100)).decided
    assert not read(made(), subject(line(0, 9000), np.nan), exact(1000, 5, 100)).decided


def test_no_line_and_no_buildings():
    assert read(made(), Point(LON, SOUTH), exact(0, 0, 1)).needs == ("subject.geom",)
    assert read(made(), line(0, 9000)).needs == ("layer buildings",)


def test_across_a_gauss_kruger_zone_edge():
    west, east = going(103.5, 26.0, 270.0, 3000), going(103.5, 26.0, 90.0, 3000)

    def beside(distance_m):
        return {
            "geometry": Point(going(*going(103.5, 26.0, 90.0, distance_m), 0.0, 100)), "households": 50
        }  # fmt: skip

    assert read(made(), subject(LineString([west, east])), beside(-900), beside(900)).found == 100.0


places = st.lists(
    st.tuples(st.integers(0, 12_000), st.integers(-260, 260), st.integers(0, 40)), min_size=1, max_size=25
)


@settings(max_examples=40, deadline=None)
@given(places, st.integers(1, 11_999))
def test_as_brute_force_over_all_windows(found, border_m):
    """Every window that begins at a whole metre of the line, whatever its parts; mileages are whole metres."""
    route = MultiLineString([line(0, border_m), line(12_000, border_m)])
    reading = read(made(count=1e6), subject(route), *(exact(*place) for place in found))
    mileage, offset, households = np.array(found).T
    inside = np.abs(offset) <= 200
    starts = np.arange(-2000, 12_001)[:, None]
    in_window = inside & (mileage >= starts) & (mileage <= starts + 2000)
    assert reading.found == (in_window * households).sum(axis=1).max()
