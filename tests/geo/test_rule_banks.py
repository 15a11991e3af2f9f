"""Which lines stand for a bank; every expected answer by hand from the order outer, water side, centre."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from geo.rules.banks import half_widths_m, preferred_lines, water_side_lines


def lines(*rows):
    columns = ("reach", "line_kind", "accuracy_m", "half_width_m")
    geometry = [LineString([(102, 26), (102.1, 26)])] * len(rows)
    return gpd.GeoDataFrame(
        [dict(zip(columns, row, strict=True)) for row in rows], geometry=geometry, crs=4490
    )


def test_outer_before_water_side_before_centre():
    frame = lines(("a", "centre", 1.0, 50.0), ("a", "water_side", 5.0, None), ("a", "outer", 30.0, None))
    assert preferred_lines(frame).tolist() == [False, False, True]


def test_smaller_accuracy_wins_and_unknown_comes_last():
    frame = lines(("a", "outer", 30.0, None), ("a", "outer", 5.0, None), ("a", "outer", None, None))
    assert preferred_lines(frame).tolist() == [False, True, False]


def test_both_banks_of_one_survey_count():
    frame = lines(("a", "outer", 5.0, None), ("a", "outer", 5.0, None), ("a", "centre", 2500.0, None))
    assert preferred_lines(frame).tolist() == [True, True, False]


def test_lines_without_reach_stand_for_themselves():
    frame = lines((None, "centre", 2500.0, None), (None, "outer", 5.0, None), ("a", "unknown", None, None))
    assert preferred_lines(frame).tolist() == [True, True, True]


def test_water_side_is_the_other_reading_only_beside_an_outer_line():
    frame = lines(
        ("a", "outer", 5.0, None),
        ("a", "water_side", 5.0, None),
        ("a", "water_side", 9.0, None),
        ("b", "water_side", 5.0, None),
        (None, "water_side", 5.0, None),
    )
    assert water_side_lines(frame).tolist() == [False, True, False, False, False]


def test_half_width_is_taken_from_centre_lines_only():
    frame = lines(
        ("a", "centre", 1.0, 80.0),
        ("b", "centre", 1.0, None),
        ("c", "outer", 1.0, 80.0),
        ("d", "unknown", 1.0, 80.0),
    )
    np.testing.assert_equal(half_widths_m(frame), [80.0, np.nan, 0.0, np.nan])


@pytest.mark.parametrize("choose", [preferred_lines, water_side_lines])
def test_no_lines_no_choice(choose):
    assert choose(lines(("a", "outer", 5.0, None)).iloc[:0]).tolist() == []
