"""Tests of limits that depend on the target or the subject, of parts beside a centre line, and of own facilities."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.rules.measuring import Sheet, Yardstick
from tests.geo.rule_scenes import east_of, frame, meridian, read, rule

PLAIN = {"measure_from": "boundary", "measure_to": "boundary"}
LAND = {"measure_from": "boundary", "measure_to": {"part": "land_boundary", "up_to_m": 60.0}}
CLASSES = {"field": "road_class", "expressway": 30.0, "national": 20.0}


def road(lon=102.0, **attributes):
    return {"geometry": meridian(lon), "road_class": "national", "land_half_width_m": 0.0, **attributes}


def near_road(limit, distance_m, *roads, **parameters):
    made = rule("within_distance", **{"distance_m": limit, "compare": "le", **LAND, **parameters})
    return read(made, east_of(102.0, distance_m), *roads)


@pytest.mark.parametrize(
    ("compare", "distance_m", "holds"),
    [
        ("gt", 299.0, True),
        ("gt", 300.0, True),
        ("gt", 300.001, False),
        ("ge", 299.999, True),
        ("ge", 300.0, False),
    ],
)
def test_must_be_greater_than_or_at_least(compare, distance_m, holds):
    made = rule("outside_distance", distance_m=300.0, compare=compare, **PLAIN)
    reading = read(made, east_of(102.0, distance_m), meridian())
    assert reading.holds is holds
    assert reading.margin_m == pytest.approx(distance_m - 300.0, abs=0.0011)
    assert "must be" in reading.explanation.en


def test_limit_follows_the_class_of_the_target():
    assert near_road(CLASSES, 25.0, road()).holds is False
    reading = near_road(CLASSES, 25.0, road(road_class="expressway"))
    assert (reading.holds, reading.limit_m) == (True, 30.0)


def test_target_with_the_worse_margin_decides_not_the_nearer_one():
    national, expressway = road(102.0, id="n"), road(101.9999, id="e", road_class="expressway")
    reading = near_road(
        CLASSES, 22.0, national, expressway
    )  # 22 m and 32 m: 2 m beyond both; the nearer margin wins
    assert reading.target.id == "e"
    assert reading.limit_m == 30.0


def test_class_without_a_limit_does_not_count():
    assert near_road(CLASSES, 5.0, road(road_class="street")).needs == ("layer zones",)


@pytest.mark.parametrize(("distance_m", "holds"), [(10.0, True), (25.0, None), (40.0, False)])
def test_missing_class_is_open_between_the_least_and_the_largest_limit(distance_m, holds):
    reading = near_road(CLASSES, distance_m, road(road_class=None))
    assert reading.holds is holds
    assert (reading.needs == ("zones/t0.road_class",)) == (holds is None)


def test_bands_of_a_number_include_both_ends():
    bands = {"field": "voltage_kv", "bands": [[1.0, 10.0, 5.0], [35.0, 110.0, 10.0]]}
    for voltage, limit_m in ((1.0, 5.0), (10.0, 5.0), (35.0, 10.0), (110.0, 10.0)):
        assert near_road(bands, 50.0, road(voltage_kv=voltage)).limit_m == limit_m
    assert near_road(bands, 50.0, road(voltage_kv=20.0)).needs == ("layer zones",)


@pytest.mark.parametrize(
    "value", [{"field": "a"}, {"national": 1.0}, {"field": "a", "bands": [[1.0]]}, -1.0, "1 km"]
)
def test_limits_of_other_forms_are_refused(value):
    with pytest.raises(ValueError, match=r"must|needs|bands"):
        rule("within_distance", distance_m=value, compare="le", **PLAIN)


def test_limit_of_the_subject():
    own = rule("within_distance", distance_m={"subject_field": "own_m"}, compare="le", **PLAIN)
    for own_m, holds in ((99.0, False), (101.5, True)):
        assert read(own, {"geometry": east_of(102.0, 100.0), "own_m": own_m}, meridian()).holds is holds
    assert read(own, {"geometry": east_of(102.0, 100.0), "own_m": None}, meridian()).needs == (
        "subject.own_m",
    )


def test_half_width_is_subtracted():
    assert near_road(20.0, 35.0, road(land_half_width_m=20.0)).distance_m == pytest.approx(15.0, abs=0.0011)


@pytest.mark.parametrize(
    ("distance_m", "holds", "decided"),
    [(15.0, True, True), (50.0, None, False), (79.0, None, False), (81.0, False, False), (83.0, False, True)],
)
def test_unknown_half_width_is_open_as_far_as_it_may_be(distance_m, holds, decided):
    reading = near_road(20.0, distance_m, road(land_half_width_m=None))
    assert (reading.holds, reading.decided) == (holds, decided)
    if holds is None:
        assert reading.needs == ("zones/t0.land_half_width_m",)


def test_subject_is_not_measured_against_itself():
    made = rule("within_distance", distance_m=300.0, compare="le", **PLAIN)
    itself = {"geometry": east_of(102.0, 0.0), "id": "s"}
    other = {"geometry": east_of(102.0, 500.0), "id": "other"}
    subject = {"geometry": east_of(102.0, 0.0), "layer": "zones"}
    assert read(made, subject, itself, other).target.id == "other"
    assert read(made, subject, itself).needs == ("layer zones",)
    assert read(made, {**subject, "layer": "proposals"}, itself, other).target.id == "s"
    assert (
        read(made, {**subject, "layer": "proposals", "facility_id": "s"}, itself, other).target.id == "other"
    )


def test_targets_of_the_same_owner_do_not_count():
    made = rule("within_distance", distance_m=300.0, compare="le", except_same="owner", **PLAIN)
    own = {"geometry": east_of(102.0, 10.0), "id": "own", "owner": "a"}
    foreign = {"geometry": east_of(102.0, 200.0), "id": "foreign", "owner": "b"}
    nobody = {"geometry": east_of(102.0, 100.0), "id": "nobody", "owner": None}
    subject = {"geometry": east_of(102.0, 0.0), "owner": "a"}
    assert read(made, subject, own, foreign).target.id == "foreign"
    assert read(made, subject, own, foreign, nobody).target.id == "nobody"
    assert read(made, {**subject, "owner": None}, own, foreign).target.id == "own"


@settings(max_examples=20, deadline=None)
@given(
    metres=st.lists(st.integers(0, 50), min_size=1, max_size=9),
    owners=st.lists(st.integers(0, 3), min_size=9, max_size=9),
)
def test_nearest_of_another_owner_is_that_of_trying_all(metres, owners):
    rows = [
        {"geometry": east_of(102.0, 100.0 * m), "id": f"t{i}", "owner": f"o{owners[i]}"}
        for i, m in enumerate(metres)
    ]
    subjects = frame(*({**row, "layer": "zones"} for row in rows))
    sheet = Sheet("zones", subjects, frame(*rows))
    who = subjects.index.to_numpy()
    found = sheet.measure(who, who >= 0, Yardstick.plain(len(rows), 10.0), "owner")
    for i in who:
        others = [abs(metres[i] - m) * 100.0 for j, m in enumerate(metres) if owners[j] != owners[i]]
        if others:
            assert found.distance_m[i] == pytest.approx(min(others), abs=0.01)
        else:
            assert found.target[i] == -1
