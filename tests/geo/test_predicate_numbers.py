"""Tests of counts, attributes, ages, total control and combinations."""

from datetime import date

import pytest
from shapely import Point, box

from tests.geo.rule_scenes import east_of, read, rule, square

HERE = Point(102.0, 26.5)


def counting(**parameters):
    return rule(
        "count_within",
        **{"distance_m": 1000.0, "count_field": "households", "count": 50.0, "compare": "ge", **parameters},
    )


def houses(*pairs, **attributes):
    return [
        {"geometry": east_of(102.0, metres), "households": number, **attributes} for metres, number in pairs
    ]


@pytest.mark.parametrize(
    ("pairs", "holds", "decided", "found"),
    [
        pytest.param([(500, 30), (900, 20)], True, True, 50.0, id="exactly the limit"),
        pytest.param([(500, 30), (900, 19)], False, True, 49.0, id="one less"),
        pytest.param([(500, 30), (1000, 20)], True, False, 50.0, id="one on the edge counts, undecided"),
        pytest.param([(500, 30), (1001, 20)], False, False, 30.0, id="one just beyond may count"),
        pytest.param([(500, 30), (1003, 20)], False, True, 30.0, id="one beyond its doubt does not"),
        pytest.param([(500, 60), (1001, 20)], True, True, 60.0, id="one at the edge that does not matter"),
        pytest.param([(500, 30), (900, None)], None, False, 30.0, id="missing number could matter"),
        pytest.param([(500, 60), (900, None)], True, True, 60.0, id="missing number cannot matter"),
    ],
)
def test_households_within(pairs, holds, decided, found):
    reading = read(counting(), HERE, *houses(*pairs))
    assert (reading.holds, reading.decided, reading.found) == (holds, decided, found)


def test_missing_number_is_asked_for():
    assert read(counting(), HERE, *houses((900, None))).needs == ("zones/t0.households",)


def test_unknown_accuracy_counts_on_neither_side():
    reading = read(counting(), HERE, *houses((500, 60), accuracy_m=None))
    assert (reading.holds, reading.decided) == (True, False)
    far = read(counting(), HERE, *houses((90_000, 60), accuracy_m=None))
    assert (far.holds, far.decided) == (False, False)


def test_features_are_counted_as_one_each():
    reading = read(counting(count_field="features", count=2.0, compare="gt"), HERE, *houses((1, 9), (2, 9)))
    assert (reading.holds, reading.found, reading.unit) == (False, 2.0, "features")


def test_target_that_may_count_matters_only_near_the_limit():
    lived_in = counting(target_filter="use == 'homes'")
    rows = [*houses((500, 30), use="homes"), *houses((600, 30), use=None)]
    assert read(lived_in, HERE, *rows).holds is None
    assert read(lived_in, HERE, *rows, *houses((10, 40), use="homes")).holds is True


@pytest.mark.parametrize(
    ("compare", "limit", "value", "holds"),
    [
        ("gt", 200.0, 200.0, False),
        ("gt", 200.0, 200.1, True),
        ("ge", 200.0, 200.0, True),
        ("lt", 200.0, 200.0, False),
        ("le", 200.0, 200.0, True),
        ("eq", "A", "A", True),
        ("eq", False, False, True),
        ("eq", False, True, False),
        ("in", ["a", "b"], "b", True),
        ("in", ["a", "b"], "c", False),
        ("gt", 200.0, None, None),
        ("gt", 200.0, float("nan"), None),
    ],
)
def test_attribute(compare, limit, value, holds):
    made = rule("attribute", field="x", compare=compare, limit=limit, unit="m")
    reading = read(made, {"geometry": HERE, "x": value})
    assert (reading.holds, reading.decided) == (holds, holds is not None)
    assert reading.needs == (("subject.x",) if holds is None else ())


@pytest.mark.parametrize(
    ("since", "compare", "holds"),
    [
        (date(2023, 11, 22), "gt", False),
        (date(2023, 11, 22), "ge", True),
        (date(2023, 11, 21), "gt", True),
        (date(2030, 1, 1), "gt", False),
        (None, "gt", None),
    ],
)
def test_older_than_three_years(since, compare, holds):
    made = rule("older_than", field="since", years=3, compare=compare)
    assert read(made, {"geometry": HERE, "since": since}).holds is holds


def test_years_from_the_29th_of_february_end_on_the_1st_of_march():
    made = rule("older_than", field="since", years=1, compare="gt")
    leap = {"geometry": HERE, "since": date(2024, 2, 29)}
    assert [read(made, leap, on=date(2025, 3, day)).holds for day in (1, 2)] == [False, True]


def test_total_control_counts_what_lies_in_the_division():
    made = rule("jurisdiction_count", adcode="530000", count=2.0, compare="ge")
    division = [{"geometry": box(101, 26, 103, 27), "adcode": "530000", "name": "云南"}]
    zones = [square(102.0, 26.5), square(102.1, 26.5), square(104.0, 26.5)]
    assert read(made, HERE, *zones, admin_areas=division).found == 2.0
    assert read(made, HERE, *zones, admin_areas=division).holds is True
    assert read(made, HERE, *zones[1:], admin_areas=division).holds is False
    assert read(made, Point(105, 26), *zones, admin_areas=division).holds is False
    own = {"geometry": HERE, "facility_id": "t0"}
    assert read(made, own, *zones, admin_areas=division).found == 1.0


@pytest.mark.parametrize(
    ("own", "codes", "holds", "found", "needs"),
    [
        pytest.param("530113", ("530000", "530325"), True, 2.0, (), id="county of the province"),
        pytest.param("530113", ("530000", "510000"), False, 1.0, (), id="another province does not count"),
        pytest.param("530113", ("530000", None), None, 1.0, ("zones/t1.adcode",), id="one without a code"),
        pytest.param("530113", ("530000", "530325", None), True, 2.0, (), id="it cannot matter"),
        pytest.param("510100", ("530000", "530325"), False, None, (), id="project elsewhere"),
        pytest.param(
            None,
            ("530000", "530325"),
            None,
            None,
            ("admin_areas/530000", "subject.adcode"),
            id="neither boundary nor code: either would do",
        ),
    ],
)
def test_total_control_counts_by_code_where_the_boundary_is_missing(own, codes, holds, found, needs):
    made = rule("jurisdiction_count", adcode="530000", count=2.0, compare="ge")
    zones = [{"geometry": square(102.0, 26.5), "adcode": code} for code in codes]
    reading = read(made, {"geometry": HERE, "adcode": own}, *zones)
    assert (reading.holds, reading.found, reading.needs) == (holds, found, needs)


def joined(name, *limits):
    tests = [rule("attribute", field=field, compare="gt", limit=limit, unit="m") for field, limit in limits]
    return rule(name, *tests)


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (2.0, 2.0, True, True),
        (2.0, 0.0, False, True),
        (0.0, 0.0, False, False),
        (2.0, None, None, True),
        (0.0, None, False, None),
        (None, None, None, None),
    ],
)
def test_combinations_follow_kleene(a, b, both, either):
    subject = {"geometry": HERE, "a": a, "b": b}
    for name, holds in (("all_of", both), ("any_of", either)):
        reading = read(joined(name, ("a", 1.0), ("b", 1.0)), subject)
        assert (reading.holds, reading.decided) == (holds, holds is not None)


def test_doubt_of_one_test_matters_only_where_it_could_turn_the_whole():
    near = rule(
        "within_distance", distance_m=100.0, compare="le", measure_from="boundary", measure_to="boundary"
    )
    high = rule("attribute", field="a", compare="gt", limit=1.0, unit="m")
    both = rule("all_of", near, high)
    either = rule("any_of", near, high)
    for a, made, holds, decided in (
        (2.0, both, True, False),
        (0.0, both, False, True),
        (2.0, either, True, True),
        (0.0, either, True, False),
    ):
        around = {"zones": [{"geometry": HERE}]}
        reading = read(made, {"geometry": east_of(102.0, 99.5), "a": a}, **around)
        assert (reading.holds, reading.decided) == (holds, decided)
