"""Tests of areas: overlap, lying inside, share covered. Depths and areas by pyproj.Geod, or by symmetry."""

import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box

from tests.geo.rule_scenes import GEOD, east_of, going, meridian, read, rule, square

ZONE = box(102.0, 26.4, 102.05, 26.6)
"""Its east and west edge lie on meridians."""
INTERSECTS = rule("intersects")
NOT_INSIDE = rule("inside", holds_when="not_inside")


def west_of(lon, distance_m):
    return Point(going(lon, 26.5, 270.0, distance_m))


@pytest.mark.parametrize(
    ("metres", "holds", "decided"),
    [
        (-300.0, True, True),
        (-1.9, True, False),
        (1.9, False, False),
        (2.1, False, True),
        (300.0, False, True),
    ],
)
def test_overlap_is_decided_outside_the_doubt(metres, holds, decided):
    reading = read(INTERSECTS, west_of(102.0, metres), ZONE)
    assert (reading.holds, reading.decided) == (holds, decided)
    assert reading.margin_m == pytest.approx(metres, abs=0.0011)
    assert reading.doubt_m == 2.0


def test_touching_counts_and_is_never_decided():
    reading = read(INTERSECTS, {"geometry": box(101.99, 26.49, 102.0, 26.51), "accuracy_m": 0.0}, ZONE)
    assert (reading.holds, reading.decided, reading.margin_m) == (True, False, 0.0)


def test_unknown_accuracy_decides_no_overlap():
    reading = read(INTERSECTS, west_of(102.0, -300.0), {"geometry": ZONE, "accuracy_m": None})
    assert (reading.holds, reading.decided, reading.doubt_m) == (True, False, None)
    assert "zones/t0.accuracy_m" in reading.needs


def test_surest_overlap_counts():
    vague = {"geometry": ZONE, "id": "vague", "accuracy_m": None}
    reading = read(INTERSECTS, west_of(102.0, -300.0), vague, {"geometry": ZONE, "id": "sure"})
    assert (reading.decided, reading.target.id) == (True, "sure")


def test_subject_in_a_hole_does_not_overlap():
    holed = Polygon(ZONE.exterior, [box(102.01, 26.45, 102.04, 26.55).exterior])
    reading = read(INTERSECTS, Point(102.02, 26.5), holed)
    assert (reading.holds, reading.decided) == (False, True)


def test_zone_in_pieces_is_as_deep_as_in_one():
    """The cut runs 100 m beside the subject; the edge of the zone is much farther off."""
    cut = going(102.025, 26.5, 0.0, 100.0)[1]
    whole = read(INTERSECTS, Point(102.025, 26.5), ZONE)
    parts = read(
        INTERSECTS, Point(102.025, 26.5), box(102.0, 26.4, 102.05, cut), box(102.0, cut, 102.05, 26.6)
    )
    assert (
        parts.margin_m == whole.margin_m == pytest.approx(-GEOD.inv(102.0, 26.5, 102.025, 26.5)[2], abs=0.01)
    )


def test_line_across_a_plot_is_as_deep_as_it_runs_through_it():
    plot = box(101.99, 26.49, 102.01, 26.51)
    reading = read(INTERSECTS, plot, meridian(102.0))
    half_width_m = GEOD.inv(101.99, 26.5, 102.0, 26.5)[2]
    assert (reading.holds, reading.decided) == (True, True)
    assert -reading.margin_m == pytest.approx(half_width_m, rel=0.12)
    assert -reading.margin_m <= half_width_m + 0.1


def test_zone_that_may_count_leaves_it_open_only_where_it_matters():
    by_level = rule("intersects", target_filter="level == '1'")
    unknown = {"geometry": ZONE, "level": None}
    inside = read(by_level, west_of(102.0, -300.0), unknown)
    assert (inside.holds, inside.needs) == (None, ("zones/t0.level",))
    assert read(by_level, west_of(102.0, 300.0), unknown).holds is False
    with_sure = read(by_level, west_of(102.0, -300.0), unknown, {"geometry": ZONE, "level": "1"})
    assert (with_sure.holds, with_sure.decided) == (True, True)


def test_no_zone_is_no_answer():
    for predicate in (INTERSECTS, NOT_INSIDE, rule("covers_share", share_percent=10.0, compare="gt")):
        assert (read(predicate, Point(102, 26)).holds, read(predicate, Point(102, 26)).needs) == (
            None,
            ("layer zones",),
        )


@pytest.mark.parametrize(("metres", "holds"), [(-300.0, False), (-2.5, False), (2.5, True), (300.0, True)])
def test_point_must_lie_inside(metres, holds):
    reading = read(NOT_INSIDE, west_of(102.0, metres), ZONE)
    assert (reading.holds, reading.decided) == (holds, True)
    assert reading.margin_m == pytest.approx(-metres, abs=0.0011)
    banned_inside = read(rule("inside", holds_when="inside"), west_of(102.0, metres), ZONE)
    assert (banned_inside.holds, banned_inside.margin_m) == (not holds, -reading.margin_m)


def test_part_outside_is_outside_by_its_farthest_point():
    reading = read(NOT_INSIDE, box(101.99, 26.49, 102.01, 26.51), ZONE)
    assert (reading.holds, reading.decided, reading.measured_from) == (True, True, "farthest_point")
    assert reading.distance_m == pytest.approx(GEOD.inv(101.99, 26.51, 102.0, 26.51)[2], abs=0.2)


def test_two_zones_side_by_side_hold_a_subject_together():
    plot = box(102.02, 26.49, 102.03, 26.51)
    assert read(NOT_INSIDE, plot, ZONE).holds is False
    both = read(NOT_INSIDE, plot, box(102.0, 26.4, 102.025, 26.6), box(102.025, 26.4, 102.05, 26.6))
    assert (both.holds, both.margin_m) == (False, read(NOT_INSIDE, plot, ZONE).margin_m)
    assert read(NOT_INSIDE, plot, box(102.0, 26.4, 102.025, 26.6)).holds is True


def test_zone_stored_as_a_point_may_hold_the_subject():
    reading = read(NOT_INSIDE, Point(102.02, 26.5), {"geometry": Point(102.1, 26.5), "id": "park"})
    assert (reading.holds, reading.needs) == (None, ("zones/park.geom",))


@pytest.mark.parametrize(
    ("share", "holds", "decided"), [(49.0, False, True), (50.0, True, False), (51.0, True, True)]
)
def test_share_of_a_box_is_that_of_its_width(share, holds, decided):
    """Between meridians the area on an ellipsoid of revolution is in proportion to the difference of longitude."""
    covering = box(101.9, 26.4, 102.0 + 0.1 * share / 100.0, 26.7)
    half = rule("covers_share", share_percent=50.0, compare="ge")
    reading = read(
        half,
        {"geometry": box(102.0, 26.5, 102.1, 26.6), "accuracy_m": 0.5},
        {"geometry": covering, "accuracy_m": 0.5},
    )
    assert (reading.holds, reading.decided) == (holds, decided)
    assert reading.found == pytest.approx(share, abs=2e-4)


def test_share_counts_overlapping_zones_once_and_takes_holes_off():
    half = rule("covers_share", share_percent=50.0, compare="gt")
    plot = box(102.0, 26.5, 102.1, 26.6)
    left = box(101.9, 26.4, 102.04, 26.7)
    assert read(half, plot, left, left).found == pytest.approx(40.0, abs=1e-3)
    holed = Polygon(box(101.9, 26.4, 102.2, 26.7).exterior, [box(102.0, 26.5, 102.1, 26.6).exterior])
    assert read(half, plot, holed).found == 0.0


def test_share_of_a_point_asks_for_its_boundary():
    reading = read(rule("covers_share", share_percent=50.0, compare="gt"), Point(102.02, 26.5), ZONE)
    assert (reading.holds, reading.needs) == (None, ("subject.geom",))


def test_share_far_from_every_zone_is_none_and_decided():
    reading = read(rule("covers_share", share_percent=0.0, compare="gt"), square(103.0, 26.5), ZONE)
    assert (reading.holds, reading.decided, reading.found) == (False, True, 0.0)


def test_multi_part_subject_overlaps_by_any_part():
    parts = MultiPolygon([square(103.0, 26.5), square(102.02, 26.5)])
    assert read(INTERSECTS, parts, ZONE).holds is True
    assert read(NOT_INSIDE, parts, ZONE).holds is True


def test_line_subject_runs_into_a_zone():
    line = LineString([going(102.0, 26.5, 270.0, 1000.0), going(102.0, 26.5, 90.0, 400.0)])
    reading = read(INTERSECTS, line, ZONE)
    assert (reading.holds, reading.decided) == (True, True)
    assert -reading.margin_m == pytest.approx(400.0, abs=0.01)


def test_distance_is_measured_east_too():
    assert read(INTERSECTS, east_of(102.05, 120.0), ZONE).distance_m == pytest.approx(120.0, abs=0.0011)
