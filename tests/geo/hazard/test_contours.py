"""Contours against circles, holes and limits that are known."""

import numpy as np
import pytest
import shapely

from geo.errors import OutOfRangeError
from geo.hazard import risk_field
from geo.hazard.contours import (
    contour_area,
    find_outermost,
    refine_contour,
    touches_border,
    transform_polygons,
)
from geo.hazard.kernel import make_polar_grid
from geo.hazard.risk_field import make_field
from geo.hazard.stamp import Ground, Placement, SitePlane, Stamps, make_ground, sample
from tests.geo.hazard.risk_scenes import (
    even_rose,
    make_disc,
    make_event,
    make_events,
    make_kernel,
    make_rose,
    rotate_rose,
)

AZIMUTHS = 2 * np.pi * np.arange(72) / 72


def bell(points):
    """Risk that falls like a Gaussian: the level 1e-6 lies at 1000 m * sqrt(ln 10)."""
    return 1e-5 * np.exp(-((points / 1000.0) ** 2).sum(axis=-1))


BELL_RADIUS_M = 1000.0 * np.sqrt(np.log(10.0))


def on_grid(risk_at, step_m=50.0, half_m=3000.0):
    axis = np.arange(-half_m, half_m + 1, step_m)
    ground = Ground(axis, axis)
    return ground, risk_at(np.stack(np.meshgrid(axis, axis), axis=-1))


def test_contour_of_a_gaussian_is_its_circle():
    ground, risk = on_grid(bell)
    rough = contour_area(ground, risk, 1e-6)
    assert rough.area == pytest.approx(np.pi * BELL_RADIUS_M**2, rel=1e-3)
    fine = refine_contour(rough, bell, 1e-6, 50.0)
    corners = shapely.get_coordinates(fine)
    assert np.hypot(*corners.T) == pytest.approx(np.full(len(corners), BELL_RADIUS_M), abs=0.01)
    reached = find_outermost(fine, (0.0, 0.0), AZIMUTHS, bell, 1e-6)
    assert np.hypot(*reached.T) == pytest.approx(np.full(72, BELL_RADIUS_M), abs=0.001)


def test_ring_of_risk_has_a_hole():
    def ring(points):
        return 1e-6 * np.exp(-(((np.hypot(*np.moveaxis(points, -1, 0)) - 1000.0) / 200.0) ** 2))

    area = contour_area(*on_grid(ring), 1e-7)
    width_m = 200.0 * np.sqrt(np.log(10.0))
    assert len(area.geoms) == 1
    assert len(area.geoms[0].interiors) == 1
    assert area.area == pytest.approx(4 * np.pi * 1000.0 * width_m, rel=5e-3)
    assert np.hypot(*find_outermost(area, (0.0, 0.0), AZIMUTHS).T) == pytest.approx(
        np.full(72, 1000.0 + width_m), rel=3e-3
    )


def test_saddle_on_the_level_gives_valid_polygons():
    axis = np.array([0.0, 1.0, 2.0])
    risk = np.array([[1e-5, 1e-7, 1e-7], [1e-7, 1e-6, 1e-7], [1e-7, 1e-7, 1e-5]])
    for level in (1e-6, 5e-7, 2e-6):
        assert contour_area(Ground(axis, axis), risk, level).is_valid


def test_level_that_is_nowhere_exceeded_has_no_contour():
    ground, risk = on_grid(bell)
    area = contour_area(ground, risk, 1e-4)
    assert area.is_empty
    assert refine_contour(area, bell, 1e-4, 50.0).is_empty
    assert np.isnan(find_outermost(area, (0.0, 0.0), AZIMUTHS)).all()
    assert not touches_border(ground, area)
    assert contour_area(ground, np.zeros(ground.shape), 3e-7).is_empty


def test_contour_at_the_floor_is_refused():
    with pytest.raises(OutOfRangeError, match="no contour at 1e-12"):
        contour_area(*on_grid(bell), 1e-12)


def test_contour_cut_off_by_the_grid_is_known():
    ground, risk = on_grid(bell, half_m=1000.0)
    assert touches_border(ground, contour_area(ground, risk, 1e-6))
    ground, risk = on_grid(bell)
    assert not touches_border(ground, contour_area(ground, risk, 1e-6))


def test_rays_that_miss_an_area_have_no_end():
    square = shapely.MultiPolygon([shapely.box(100.0, -10.0, 200.0, 10.0)])
    east, north = find_outermost(square, (0.0, 0.0), np.array([np.pi / 2, 0.0]))
    assert east == pytest.approx([200.0, 0.0])
    assert np.isnan(north).all()


def test_even_rose_gives_circles():
    one = [Placement("u", make_kernel(rose=even_rose()), 30.0, -20.0)]
    ground = make_ground(np.array([[30.0, -20.0]]), 4000.0)
    risk = Stamps(ground).risk_per_year(one)
    for level in (3e-7, 1e-6, 3e-6):
        area = contour_area(ground, risk, level)
        reached = find_outermost(area, (30.0, -20.0), AZIMUTHS, lambda p: sample(one, p), level)
        radius_m = np.hypot(*(reached - (30.0, -20.0)).T)
        assert radius_m == pytest.approx(np.full(72, radius_m[0]), rel=1e-6)


@pytest.mark.parametrize("shift_m", [0.0, 2.5, 5.0])
def test_what_is_smaller_than_a_cell_is_left_out_wherever_the_grid_lies(shift_m):
    """A node meets a circle of 6 m or none does, by chance; one of 30 m always holds many."""
    found = []
    for radius_m in (6.0, 30.0):
        kernel = make_kernel([make_event(make_disc(radius_m))])
        standing = Placement("a", kernel, 0.0, 0.0), Placement("b", kernel, 405.0 + shift_m, shift_m)
        found.append(len(make_field(standing, [1e-6]).areas[1e-6].geoms))
    assert found == [0, 2]


def reach(placements, step_m, level=1e-6, step_far_m=50.0, exact=True):
    """Distances of a contour in every direction: found on the risk itself, or as the grid alone gives them."""
    ground = make_ground(np.array([[0.0, 0.0]]), 4000.0, step_m, step_far_m)
    area = contour_area(ground, Stamps(ground).risk_per_year(placements), level)
    found = find_outermost(
        area, (0.0, 0.0), AZIMUTHS, (lambda points: sample(placements, points)) if exact else None, level
    )
    return np.hypot(*found.T)


@pytest.mark.parametrize("level", [3e-7, 1e-6, 3e-6])
def test_halving_the_grid_changes_radii_by_less_than_a_hundredth(level):
    units = [Placement("u", make_kernel(), 0.0, 0.0)]
    assert reach(units, 5.0, level, 25.0) == pytest.approx(reach(units, 10.0, level), rel=0.001)
    if (
        level == 3e-7
    ):  # the others run along the edge of a fireball, which the grid alone knows to half a step
        assert reach(units, 5.0, level, 25.0, exact=False) == pytest.approx(
            reach(units, 10.0, level, exact=False), rel=0.002
        )


def test_halving_the_steps_of_the_polar_grid_changes_radii_by_less_than_a_hundredth():
    """Kernels at the standard step of 1.9 % and half a degree, and at half of both."""
    found = []
    for fineness in (1, 2):
        grid = make_polar_grid(5.0, 3000.0, 337 * fineness, 720 * fineness)
        units = [Placement("u", make_kernel(make_events(grid=grid), grid=grid), 0.0, 0.0)]
        found.append(reach(units, 10.0, 3e-7))
    assert found[0] == pytest.approx(found[1], rel=0.01)
    assert found[0].min() > 100.0


def test_rotating_the_rose_rotates_contours():
    turned = [Placement("u", make_kernel(rose=rotate_rose(make_rose(), 4)), 0.0, 0.0)]
    assert reach(turned, 10.0) == pytest.approx(
        np.roll(reach([Placement("u", make_kernel(), 0.0, 0.0)], 10.0), 18), rel=0.002
    )


def test_contours_on_the_ellipsoid_keep_their_area_and_turn_the_right_way():
    plane = SitePlane(102.7, 25.0)
    area = contour_area(*on_grid(bell), 1e-6)
    lonlat = transform_polygons(area, plane)
    assert lonlat.is_valid
    assert lonlat.geoms[0].exterior.is_ccw
    back = shapely.transform(lonlat, plane.to_plane)
    assert back.area == pytest.approx(area.area, rel=1e-9)


def test_specks_around_equipment_are_left_out_and_small_parts_far_from_it_are_not():
    around, far, large = shapely.box(1, 1, 6, 6), shapely.box(300, 0, 305, 5), shapely.box(-30, 0, -5, 25)
    contour = shapely.MultiPolygon([around, far, large])
    kept = risk_field._drop_specks(contour, shapely.MultiPoint([(0, 0), (-100, 0)]))
    assert kept.equals(shapely.MultiPolygon([far, large]))
    assert risk_field._drop_specks(shapely.MultiPolygon(), shapely.MultiPoint([(0, 0)])).is_empty
    assert make_field((), [1e-6]).areas[1e-6].is_empty
