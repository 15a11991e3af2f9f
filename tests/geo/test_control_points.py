"""Control points: transformations known beforehand are found again, and what does not fit is said in metres."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from geo.control_points import FitKind, fit_control_points
from geo.crs import resolve_crs, to_lonlat
from geo.errors import CrsError, GeometryError
from geo.gauss_kruger import plane_coordinates

ZONE_34 = resolve_crs("EPSG:4522")
DRAWING = np.array([[0.0, 0], [1000, 0], [1000, 500], [0, 500]])


def turned(points, *, angle_deg=30.0, scale=2.0, shift=(34_550_000.0, 2_777_000.0)):
    angle = math.radians(angle_deg)
    matrix = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return np.asarray(points) @ matrix.T + shift


def test_two_points_by_hand():
    """(0, 0) goes to (34500000, 2700000), (100, 0) goes 50 m north of it: a quarter turn at half the scale."""
    fit = fit_control_points([(0, 0), (100, 0)], [(34_500_000, 2_700_000), (34_500_000, 2_700_050)], ZONE_34)
    assert fit.scale == pytest.approx(0.5)
    assert fit.rotation_deg == pytest.approx(90)
    assert fit.rms_m is None
    assert fit.residual_m == pytest.approx([0, 0], abs=1e-6)
    moved = fit.move([Point(0, 100), None, LineString([(0, 0), (100, 0)])])
    assert shapely.get_coordinates(moved[0]) == pytest.approx(np.array([[34_499_950, 2_700_000]]))
    assert moved[1] is None
    assert moved[2].length == pytest.approx(50)


@pytest.mark.parametrize("kind", FitKind)
def test_a_similarity_is_found_again(kind):
    fit = fit_control_points(DRAWING, turned(DRAWING), ZONE_34, kind)
    assert fit.scale == pytest.approx(2)
    assert fit.rotation_deg == pytest.approx(30)
    assert fit.rms_m == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(fit.move_points([[123, 456]]), turned([[123, 456]]), rtol=0, atol=1e-6)


def test_an_affinity_takes_up_two_scales():
    places = DRAWING * [1.0, 1.01] + [500_000, 2_777_000]
    affinity = fit_control_points(DRAWING, places, resolve_crs("EPSG:4543"), FitKind.AFFINITY)
    similarity = fit_control_points(DRAWING, places, resolve_crs("EPSG:4543"))
    assert affinity.residual_m == pytest.approx(np.zeros(4), abs=1e-6)
    assert similarity.residual_m.min() > 1


def test_residuals_by_hand():
    """Along one line a shift of the middle point by 3 m across leaves 1, 2, 1 m after the turn-free fit.

    The points balance the shift by moving up 1 m; neither turn nor scale helps. Spare coordinates: 6 - 4.
    """
    drawing = np.array([[0.0, 0], [100, 0], [200, 0]])
    places = np.array([[500_000.0, 2_777_000], [500_100, 2_777_003], [500_200, 2_777_000]])
    fit = fit_control_points(drawing, places, resolve_crs("EPSG:4543"))
    assert fit.residual_m == pytest.approx([1, 2, 1])
    assert fit.rms_m == pytest.approx(math.sqrt((1 + 4 + 1) / 2))


def test_places_in_degrees_are_taken_to_the_zone_plane():
    lonlat = [(102.50, 25.10), (102.52, 25.10), (102.52, 25.12)]
    planes = [plane_coordinates(*place) for place in lonlat]
    drawing = [(plane.easting_m - 34_550_000, plane.northing_m - 2_777_000) for plane in planes]
    fit = fit_control_points(drawing, lonlat, resolve_crs("EPSG:4490"))
    assert fit.crs.projected
    assert fit.scale == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(to_lonlat(fit.move_points(drawing), fit.crs), lonlat, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("text", "added_accuracy_m"), [("EPSG:4490", 0), ("WGS84", 1), ("GCJ-02", 11)])
def test_the_doubt_of_the_places_stays(text, added_accuracy_m):
    fit = fit_control_points([(0, 0), (2000, 0)], [(102.50, 25.10), (102.52, 25.10)], resolve_crs(text))
    assert fit.crs.added_accuracy_m == added_accuracy_m


@pytest.mark.parametrize(
    ("drawing", "kind", "message"),
    [
        (DRAWING[:1], FitKind.SIMILARITY, "1 control points; similarity needs 2"),
        (DRAWING[:2], FitKind.AFFINITY, "2 control points; affinity needs 3"),
        (DRAWING[[0, 0]], FitKind.SIMILARITY, "coincide in the drawing"),
        (DRAWING[[0, 1, 0]], FitKind.AFFINITY, "coincide in the drawing"),
        ([(0, 0), (1, 1), (2, 2)], FitKind.AFFINITY, "on one line in the drawing"),
        ([(0, 0), (1, math.nan)], FitKind.SIMILARITY, "not a number"),
        (DRAWING[:, :1], FitKind.SIMILARITY, "shapes"),
    ],
)
def test_degenerate_points_are_refused(drawing, kind, message):
    places = turned(DRAWING)[: len(drawing)]
    with pytest.raises(GeometryError, match=message):
        fit_control_points(drawing, places, ZONE_34, kind)


def test_coinciding_places_are_refused():
    with pytest.raises(GeometryError, match="coincide in the target"):
        fit_control_points(DRAWING[:2], turned(DRAWING)[[1, 1]], ZONE_34)


@pytest.mark.parametrize("kind", FitKind)
def test_a_mirrored_drawing_is_refused(kind):
    with pytest.raises(GeometryError, match="mirrored"):
        fit_control_points(DRAWING[:, ::-1], turned(DRAWING), ZONE_34, kind)


def test_planes_that_do_not_count_metres_are_refused():
    feet = resolve_crs("+proj=tmerc +lon_0=102 +x_0=500000 +datum=WGS84 +units=us-ft")
    with pytest.raises(CrsError, match="does not count metres"):
        fit_control_points(DRAWING, turned(DRAWING), feet)


@given(st.floats(-180, 180), st.floats(1e-3, 1e3), st.floats(-1e6, 1e6))
def test_any_similarity_is_found_again(angle_deg, scale, shift_m):
    places = turned(DRAWING, angle_deg=angle_deg, scale=scale, shift=(shift_m, -shift_m))
    fit = fit_control_points(DRAWING, places, ZONE_34)
    rectangle = shapely.transform(
        box(10, 20, 300, 400), lambda xy: turned(xy, angle_deg=angle_deg, scale=scale)
    )
    assert fit.move([box(10, 20, 300, 400)])[0].area == pytest.approx(rectangle.area, rel=1e-6)
    assert fit.residual_m.max() < 1e-6
