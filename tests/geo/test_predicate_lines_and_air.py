"""Tests of mileage along a line, wind and heights."""

import math

import numpy as np
import pytest
import rasterio
from shapely import LineString, MultiLineString, Point

from geo.distance import TargetIndex
from geo.rules.predicates.along_line import Mileage, stretches_within
from geo.rules.predicates.downwind import frequencies_by_direction
from tests.geo.rule_scenes import GEOD, east_of, going, read, rule

HERE = (102.0, 26.5)


def line(*metres_east):
    return LineString([going(*HERE, 90.0, metres) for metres in metres_east])


def along(**parameters):
    return rule("along_line", **{"distance_m": 500.0, "length_m": 600.0, "compare": "gt", **parameters})


def test_line_past_a_point_lies_within_on_a_chord():
    """A point 300 m beside the line: the chord in a circle of 500 m is 2 x 400 m (flat to millimetres)."""
    target = Point(going(*HERE, 0.0, 300.0))
    reading = read(along(), line(-2000.0, 0.0, 2000.0), target)
    assert reading.found == pytest.approx(800.0, abs=0.05)
    assert (reading.holds, reading.decided) == (True, True)
    ((start, *_, end),) = reading.evidence["coordinates"]
    assert GEOD.inv(*start, *end)[2] == pytest.approx(800.0, abs=0.05)
    assert "1\u202f600.0-2\u202f400.0 m" in reading.explanation.en


@pytest.mark.parametrize(
    ("length_m", "holds", "decided"), [(799.0, True, False), (780.0, True, True), (830.0, False, True)]
)
def test_length_is_decided_where_the_doubt_cannot_turn_it(length_m, holds, decided):
    target = Point(going(*HERE, 0.0, 300.0))
    reading = read(along(length_m=length_m), line(-2000.0, 2000.0), target)
    assert (reading.holds, reading.decided) == (holds, decided)


def test_parts_of_a_line_follow_one_another():
    both = MultiLineString([line(-2000.0, -1000.0), line(1000.0, 3000.0)])
    mileage = Mileage(both)
    assert mileage.length_m == pytest.approx(3000.0, abs=1e-6)
    (stretch,) = stretches_within(mileage, TargetIndex([Point(going(*HERE, 90.0, 2000.0))]), 100.0)
    assert stretch == pytest.approx((1900.0, 2100.0), abs=0.002)


def test_line_that_touches_the_limit_and_line_far_away():
    target = Point(going(*HERE, 0.0, 500.1))
    assert read(along(length_m=0.0), line(-2000.0, 2000.0), target).found == 0.0
    assert read(along(), line(-2000.0, 2000.0), Point(103.0, 26.5)).found == 0.0


def test_point_has_no_mileage():
    assert read(along(), Point(HERE), Point(HERE)).needs == ("subject.geom",)


def rose(**shares):
    named = {"n": 0.0, "e": 90.0, "s": 180.0, "w": 270.0}
    return [
        {
            "geometry": Point(HERE),
            "frequencies": [{"from_deg": named[k], "frequency": v} for k, v in shares.items()],
        }
    ]


EAST_OF_THE_WORKS = east_of(102.0, 800.0)


@pytest.mark.parametrize(
    ("shares", "limit", "holds"),
    [
        ({"w": 0.6, "e": 0.4}, 50.0, True),
        ({"w": 0.4, "e": 0.6}, 50.0, False),
        ({"w": 0.4, "e": 0.6}, "least", True),
        ({"n": 0.5, "e": 0.5}, "least", False),
    ],
)
def test_wind_from_the_west_carries_to_homes_in_the_east(shares, limit, holds):
    made = rule("downwind", distance_m=1000.0, share_percent=limit)
    reading = read(made, Point(HERE), EAST_OF_THE_WORKS, wind_roses=rose(**shares))
    assert (reading.holds, reading.decided) == (holds, True)


def test_direction_within_the_doubt_of_two_sectors_is_undecided():
    made = rule("downwind", distance_m=1000.0, share_percent=50.0)
    edge = Point(going(*HERE, 90.0 + 11.25 + 0.05, 800.0))
    reading = read(made, Point(HERE), edge, wind_roses=rose(w=0.6, e=0.4))
    assert (reading.holds, reading.decided) == (False, False)


def test_no_rose_no_answer_and_nobody_near_no_ban():
    made = rule("downwind", distance_m=1000.0, share_percent=50.0)
    assert read(made, Point(HERE), EAST_OF_THE_WORKS).needs == ("layer wind_roses",)
    assert read(made, Point(HERE), EAST_OF_THE_WORKS, wind_roses=rose(w=0.6)).needs == ("layer wind_roses",)
    assert read(made, Point(HERE), east_of(102.0, 1500.0), wind_roses=rose(w=1.0)).holds is False


def test_classes_of_a_rose_add_up_and_calms_spread():
    classes = [
        {"from_deg": 0.0, "frequency": 0.2, "stability": "D"},
        {"from_deg": 360.0, "frequency": 0.2, "stability": "F"},
        {"from_deg": 22.5, "frequency": 0.28},
        {"from_deg": None, "frequency": 0.32},
    ]
    shares = frequencies_by_direction(classes)
    assert shares[:3].tolist() == [42.0, 30.0, 2.0]
    assert math.isclose(shares.sum(), 100.0)


@pytest.fixture
def terrain(tmp_path):
    """1,000 m in the west, 1,050 m in the east of 102.004° E, nothing beyond 102.1."""
    heights = np.where(np.arange(200) < 104, 1000.0, 1050.0) * np.ones((10, 1))
    path = tmp_path / "dem.tif"
    options = {
        "driver": "GTiff",
        "height": 10,
        "width": 200,
        "count": 1,
        "dtype": "float64",
        "crs": "EPSG:4490",
    }
    with rasterio.open(
        path, "w", transform=rasterio.Affine(0.001, 0.0, 101.9, 0.0, -0.01, 26.55), **options
    ) as raster:
        raster.write(heights, 1)
    return path


@pytest.mark.parametrize(
    ("subject_is", "height_m", "holds", "decided"),
    [
        ("below", 30.0, True, True),
        ("below", 45.0, True, False),
        ("below", 55.0, False, False),
        ("above", 0.0, False, True),
    ],
)
def test_heights_at_both_ends(terrain, subject_is, height_m, holds, decided):
    made = rule(
        "height_difference",
        distance_m=1000.0,
        height_m=height_m,
        height_doubt_m=10.0,
        subject_is=subject_is,
        compare="gt",
    )
    reading = read(made, Point(HERE), EAST_OF_THE_WORKS, rasters={"elevation": terrain})
    assert (reading.holds, reading.decided) == (holds, decided)
    assert abs(reading.found) == 50.0


def test_missing_heights_are_asked_for(terrain):
    made = rule(
        "height_difference",
        distance_m=90_000.0,
        height_m=1.0,
        height_doubt_m=1.0,
        subject_is="above",
        compare="gt",
    )
    assert read(made, Point(HERE), EAST_OF_THE_WORKS).needs == ("raster elevation",)
    outside = read(made, Point(HERE), Point(102.5, 26.5), rasters={"elevation": terrain})
    assert (outside.holds, outside.needs) == (None, ("raster elevation",))
