"""Levels of warnings rolled up: counts of GB 39496-2020 5.5.4 by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import OutOfRangeError
from geo.tailings import Grade, least_beach_m
from geo.tailings_warning import WarningLevel, item_level, pond_level, read_points, roll_up

N, B, Y, O, R = WarningLevel  # noqa: E741  # the levels from low to high

levels = st.lists(st.sampled_from(WarningLevel), max_size=12)


@pytest.mark.parametrize(
    ("points", "level"),
    [
        ([], N),
        ([N, N], N),
        ([B, B, B], B),
        ([B, B, B, B], Y),
        ([B] * 8, Y),
        ([Y, Y], Y),
        ([Y, Y, Y], O),
        ([Y, Y, B, B, B, B], Y),
        ([O], O),
        ([O, O], R),
        ([R, N], R),
    ],
)
def test_item_from_its_points_by_hand(points, level):
    assert item_level(points) is level


@pytest.mark.parametrize(
    ("items", "level"),
    [
        ([], N),
        ([B] * 3, B),
        ([B] * 4, Y),
        ([B] * 12, O),
        ([B] * 4 + [Y] * 2, O),
        ([B] * 4 + [Y] * 2 + [O], R),
        ([Y] * 3 + [O], R),
        ([Y] * 2 + [O], O),
        ([O] * 2, R),
    ],
)
def test_pond_from_its_items_by_hand(items, level):
    assert pond_level(items) is level


@given(levels, st.sampled_from(WarningLevel))
def test_one_more_warning_never_lowers_a_level(known, one):
    assert item_level([*known, one]) >= item_level(known)
    assert pond_level([*known, one]) >= pond_level(known)


@given(levels)
def test_order_changes_nothing_and_the_worst_is_kept(known):
    for find in (item_level, pond_level):
        assert find(known) is find(known[::-1])
        assert find(known) >= max(known, default=N)


def _point(item, point, level):
    return {"item": item, "point": point, "level": level, "value": 1.5, "unit": "mm"}


def test_points_make_items_and_items_the_pond():
    stated = [_point("displacement", f"D{i}", "yellow") for i in range(3)]
    stated += [_point("pond_level", "P1", "orange"), _point("rainfall", "R1", None)]
    warning = roll_up(read_points(stated))
    assert warning.items == {"pond_level": O, "displacement": O}
    assert warning.level is R
    assert [point.point for point in warning.unknown] == ["R1"]


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"item": "displacement"}, "no list"),
        ([3], "number 1"),
        ([{"item": "displacement", "point": "D1", "colour": "red"}], "number 1"),
        ([_point("depth", "D1", "red")], "item 'depth'"),
        ([{"item": "displacement", "level": "red"}], "'point'"),
        ([_point("displacement", "D1", "purple")], "level 'purple'"),
        ([_point("displacement", "D1", "red"), _point("displacement", "D1", "blue")], "twice"),
    ],
)
def test_points_that_cannot_be_read_are_refused(stated, said):
    with pytest.raises(OutOfRangeError, match=said) as refused:
        read_points(stated)
    assert refused.value.zh.startswith("监测点无法读取")


@pytest.mark.parametrize(
    ("grade", "method", "least_m"),
    [
        (Grade.I, "upstream", (150.0, 150.0)),
        (Grade.II, "downstream", (70.0, 70.0)),
        (Grade.III, "upstream", (70.0, 49.0)),
        (Grade.IV, "centreline", (35.0, 24.5)),
        (Grade.V, "downstream", (25.0, 17.5)),
    ],
)
def test_least_beach_by_hand(grade, method, least_m):
    assert least_beach_m(grade, method) == least_m


@pytest.mark.parametrize("method", ["one_step", "dry_stack", ""])
def test_other_dams_have_no_row_for_the_beach(method):
    with pytest.raises(OutOfRangeError, match="no dry beach"):
        least_beach_m(Grade.III, method)
