"""Stamps: sampling, sums that do not depend on history, the plane of the site."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.ellipsoid import geodesic_distance_m
from geo.errors import HazardError
from geo.hazard.sampling import sample_points
from geo.hazard.stamp import (
    GROUP,
    Ground,
    Placement,
    SitePlane,
    Stamps,
    make_ground,
    sample,
    sample_shares,
    stamp,
)
from tests.geo.hazard.risk_scenes import FREQUENCIES, GRID, even_rose, make_events, make_kernel

KERNELS = [make_kernel(make_events(size)) for size in (0.5, 0.8, 1.0)]
GROUND = make_ground(np.array([[0.0, 0.0]]), 2000.0, 25.0)


def placements(count: int, seed: int = 1) -> list[Placement]:
    places = np.random.default_rng(seed).uniform(-800, 800, size=(count, 2))
    return [Placement(f"u{i:03d}", KERNELS[i % 3], float(x), float(y)) for i, (x, y) in enumerate(places)]


def look_up_plainly(kernel, dx_m, dy_m):
    """Bilinear interpolation in log radius and azimuth with NumPy alone."""
    risk, grid = kernel.risk_per_year, kernel.grid
    field = np.vstack([risk, np.zeros((2, grid.n_angles))])
    step = np.log(grid.radius_m[1] / grid.radius_m[0])
    place = np.clip(np.log(np.hypot(dx_m, dy_m) / grid.radius_m[0]) / step, 0, len(risk) + 0.5)
    row, turn = place.astype(int), np.arctan2(dx_m, dy_m) % (2 * np.pi) * grid.n_angles / (2 * np.pi)
    column = turn.astype(int)
    f, g = place - row, turn - column
    left, right = column % grid.n_angles, (column + 1) % grid.n_angles
    near = field[row, left] * (1 - g) + field[row, right] * g
    return near * (1 - f) + (field[row + 1, left] * (1 - g) + field[row + 1, right] * g) * f


def test_stamp_equals_plain_interpolation():
    (one,) = placements(1)
    x, y = np.meshgrid(GROUND.x_m - one.x_m, GROUND.y_m - one.y_m)
    found = Stamps(GROUND).risk_per_year([one])
    assert found == pytest.approx(look_up_plainly(one.kernel, x, y), rel=1e-6, abs=1e-20)


def test_nodes_of_the_kernel_are_met_exactly():
    kernel = KERNELS[2]
    angle = 2 * np.pi * np.arange(0, 720, 45) / 720
    for row in (0, 40, 100):
        radius_m = kernel.grid.radius_m[row]
        points = radius_m * np.column_stack([np.sin(angle), np.cos(angle)])
        assert sample([Placement("u", kernel, 0, 0)], points) == pytest.approx(
            kernel.risk_per_year[row, ::45], rel=1e-6
        )


def test_risk_at_the_very_source_is_that_of_the_first_radius():
    kernel = make_kernel(rose=even_rose())
    at_source = sample([Placement("u", kernel, 3.0, 4.0)], np.array([[3.0, 4.0], [3.0, 5.0]]))
    assert at_source == pytest.approx(kernel.risk_per_year[0, :2], rel=1e-6)


def test_points_and_cells_have_the_same_risk_to_the_last_bit():
    units = placements(2 * GROUP + 3)
    risk = Stamps(GROUND).risk_per_year(units)
    x, y = np.meshgrid(GROUND.x_m, GROUND.y_m)
    assert np.array_equal(sample(units, np.column_stack([x.ravel(), y.ravel()])), risk.ravel())


def test_shares_of_placements_add_up():
    (one,) = placements(1)
    points = np.random.default_rng(0).uniform(-3000, 3000, size=(50, 2))
    assert sample_shares(one, points).sum(axis=0) == pytest.approx(sample([one], points), rel=1e-12)


def test_two_units_give_the_sum_of_each():
    one, two = placements(2)
    both = Stamps(GROUND).risk_per_year([one, two])
    assert both == pytest.approx(
        Stamps(GROUND).risk_per_year([one]) + Stamps(GROUND).risk_per_year([two]), rel=1e-12
    )


def test_history_does_not_show_in_the_sum():
    units = placements(40)
    kept = Stamps(GROUND)
    kept.risk_per_year(units)
    for number in (0, 17, 39):
        moved = Placement(units[number].id, units[number].kernel, 123.4, -56.7)
        units = [*units[:number], moved, *units[number + 1 :]]
        kept.risk_per_year(units)
    assert kept.risk_per_year(units).tobytes() == Stamps(GROUND).risk_per_year(units).tobytes()


def test_threads_and_memory_do_not_show_in_the_sum():
    units, fine = placements(20), make_ground(np.array([[0.0, 0.0]]), 3000.0, 5.0, 10.0)
    one = Stamps(fine, threads=1).risk_per_year(units)
    assert one.tobytes() == Stamps(fine, threads=3).risk_per_year(units).tobytes()
    small = Stamps(fine, memory_bytes=1)
    small.risk_per_year(units)
    assert one.tobytes() == small.risk_per_year(units).tobytes()


def test_stamping_part_by_part_is_the_same_sum():
    units, fine = placements(2 * GROUP + 5), make_ground(np.array([[0.0, 0.0]]), 3000.0, 5.0, 10.0)
    kept = Stamps(fine).risk_per_year(units)
    assert stamp(fine, units, threads=1).tobytes() == kept.tobytes()
    assert stamp(fine, units, threads=3).tobytes() == kept.tobytes()
    assert not stamp(fine, []).any()


def test_azimuths_and_radii_are_right_all_around():
    """A table whose values are azimuths, another of radii: both by hand, also on the axes and at the middle."""
    turn = np.linspace(-np.pi, np.pi, 1001)
    dx_m, dy_m = 731.0 * np.sin(turn), 731.0 * np.cos(turn)
    azimuths = np.broadcast_to(np.append(np.arange(720), [720.0, 721.0]) * np.pi / 360, (6, 722)).copy()
    found = sample_points(azimuths, 0.0, 1.0, dx_m, dy_m)
    expected = np.arctan2(dx_m, dy_m) % (2 * np.pi)
    assert np.angle(np.exp(1j * (found - expected))) == pytest.approx(np.zeros(1001), abs=1e-9)
    logs = np.broadcast_to(np.arange(42.0)[:, None], (42, 3)).copy()
    far_m = np.geomspace(1.0, np.exp(40.0), 500)
    assert sample_points(logs, 0.0, 1.0, 0.6 * far_m, 0.8 * far_m) == pytest.approx(
        np.minimum(np.log(far_m), 40.5), abs=1e-9
    )
    assert sample_points(logs, 0.0, 1.0, np.zeros(1), np.zeros(1)).tolist() == [0.0]


def test_moving_everything_moves_everything():
    units, far = placements(3), np.array([512.0, -256.0])  # whole numbers of binary fractions: no rounding
    moved = [Placement(u.id, u.kernel, u.x_m + far[0], u.y_m + far[1]) for u in units]
    points = np.random.default_rng(2).uniform(-1000, 1000, size=(40, 2))
    assert sample(moved, points + far) == pytest.approx(sample(units, points), rel=1e-9)


def test_doubled_frequencies_double_the_risk():
    doubled = make_kernel(frequencies={key: 2 * value for key, value in FREQUENCIES.items()})
    points = np.random.default_rng(2).uniform(-1000, 1000, size=(40, 2))
    assert np.array_equal(
        sample([Placement("u", doubled, 1.0, 2.0)], points),
        2 * sample([Placement("u", make_kernel(), 1.0, 2.0)], points),
    )


def test_nothing_placed_is_no_risk_and_far_away_is_none():
    assert not Stamps(GROUND).risk_per_year([]).any()
    assert sample([], np.array([[1.0, 2.0]])).tolist() == [0.0]
    assert sample([Placement("u", KERNELS[0], 0.0, 0.0)], np.array([[9e5, 0.0]])).tolist() == [0.0]
    beyond = Ground(np.array([9e5, 9.1e5]), np.array([0.0, 10.0]))
    assert not Stamps(beyond).risk_per_year(placements(2)).any()
    empty = make_kernel([])
    assert sample([Placement("u", empty, 0.0, 0.0)], np.array([[1.0, 2.0]])).tolist() == [0.0]


def test_grid_is_fine_near_and_at_most_50_m_far():
    sources = np.array([[0.0, 0.0], [700.0, 100.0]])
    for axis, low, high in zip((0, 1), (0.0, 0.0), (700.0, 100.0), strict=True):
        positions = (make_ground(sources, 4000.0).x_m, make_ground(sources, 4000.0).y_m)[axis]
        steps = np.diff(positions)
        near = (positions[:-1] >= low - 500) & (positions[1:] <= high + 500)
        assert steps[near].max() <= 10.0 + 1e-9
        assert steps.max() <= 50.0 + 1e-9
        assert positions[0] <= low - 4000
        assert positions[-1] >= high + 4000


def test_grid_without_source_is_refused():
    with pytest.raises(HazardError, match="no source"):
        make_ground(np.empty((0, 2)), 100.0)


@given(st.floats(-8000, 8000), st.floats(-8000, 8000))
def test_plane_keeps_distances_from_its_middle_and_returns(x, y):
    plane = SitePlane(102.7, 25.0)
    (lonlat,) = plane.to_lonlat(np.array([[x, y]]))
    assert geodesic_distance_m(102.7, 25.0, *lonlat) == pytest.approx(np.hypot(x, y), abs=1e-6)
    assert plane.to_plane(lonlat)[0] == pytest.approx([x, y], abs=1e-6)


def test_plane_keeps_distances_between_points_10_km_out():
    plane = SitePlane(102.7, 25.0)
    corners = plane.to_lonlat(np.array([[10_000.0, -500.0], [10_000.0, 500.0]]))
    assert geodesic_distance_m(*corners[0], *corners[1]) == pytest.approx(1000.0, rel=2e-6)


def test_grid_of_the_scenes_covers_the_reach():
    assert max(kernel.reach_m for kernel in KERNELS) <= GRID.radius_m[-1] * 1.1
