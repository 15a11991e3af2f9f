"""Spreading by a compact kernel: by hand, conserved, across every kind of edge."""

import h3.api.numpy_int as h3_numbers
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from geo.ellipsoid import geodesic_distance_m
from geo.errors import OutOfRangeError
from geo.grids import cell_area_km2, cell_centres, cells_of_points, find_shares, make_grid, spread_shares
from geo.grids.cells import get_edge_m
from tests.strategies import geometries

HERE = Point(102.5, 25.1)


def by_cell(shares, row=0):
    mine = shares.row == row
    return dict(zip(shares.cell[mine].tolist(), shares.share[mine].tolist(), strict=True))


def spread_by_hand(lon, lat, resolution, bandwidth_m):
    """Kernel over every cell of a wide disk, distances by GeographicLib."""
    own = h3_numbers.latlng_to_cell(lat, lon, resolution)
    rings = int(bandwidth_m / get_edge_m(resolution)) + 4
    cells = np.array(h3_numbers.grid_disk(own, rings), dtype=np.uint64)
    distance_m = geodesic_distance_m(lon, lat, *cell_centres(cells).T)
    weight = np.where(distance_m < bandwidth_m, (1 - (distance_m / bandwidth_m) ** 2) ** 2, 0.0)
    weight *= cell_area_km2(cells)
    return {int(c): w / weight.sum() for c, w in zip(cells, weight, strict=True) if w > 0}


@pytest.mark.parametrize(
    ("resolution", "bandwidth_m"), [(4, 90_000.0), (6, 5_000.0), (8, 2_000.0), (9, 1_500.0), (9, 190.0)]
)
def test_a_point_is_spread_by_the_quartic_kernel_at_geodesic_distances(resolution, bandwidth_m):
    rng = np.random.default_rng(resolution)
    places = np.column_stack([rng.uniform(98, 106, 5), rng.uniform(21, 53, 5)])
    spread = spread_shares(find_shares(shapely.points(places), resolution), bandwidth_m)
    for row, (lon, lat) in enumerate(places):
        expected = spread_by_hand(lon, lat, resolution, bandwidth_m)
        assert by_cell(spread, row) == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_around_a_pentagon_and_across_faces():
    for pentagon in h3_numbers.get_pentagons(5)[:4]:
        lat, lon = h3_numbers.cell_to_latlng(int(pentagon))
        spread = spread_shares(find_shares([Point(lon + 0.05, lat + 0.03)], 5), 40_000.0)
        assert by_cell(spread) == pytest.approx(
            spread_by_hand(lon + 0.05, lat + 0.03, 5, 40_000.0), rel=1e-6, abs=1e-8
        )


def test_across_180():
    spread = spread_shares(find_shares([Point(179.999, 20)], 6), 15_000.0)
    assert by_cell(spread) == pytest.approx(spread_by_hand(179.999, 20.0, 6, 15_000.0), rel=1e-6, abs=1e-8)
    lon = cell_centres(spread.cell)[:, 0]
    assert (lon < 0).any()
    assert (lon > 0).any()


def test_a_bandwidth_that_reaches_no_centre_leaves_the_share_in_its_cell():
    lat, lon = h3_numbers.cell_to_boundary(h3_numbers.latlng_to_cell(25.1, 102.5, 7))[0]
    shares = find_shares([Point(lon, lat)], 7)
    assert by_cell(spread_shares(shares, 100.0)) == by_cell(shares)


def test_lines_and_polygons_are_spread_piece_by_piece():
    line = LineString([(102.5, 25.1), (102.6, 25.1)])
    shares = find_shares([line, HERE.buffer(0.03)], 8)
    spread = spread_shares(shares, 2_000.0)
    for row in (0, 1):
        mine = shares.row == row
        expected: dict[int, float] = {}
        for (lon, lat), share in zip(shares.lon_lat[mine], shares.share[mine], strict=True):
            for cell, part in spread_by_hand(lon, lat, 8, 2_000.0).items():
                expected[cell] = expected.get(cell, 0.0) + share * part
        assert by_cell(spread, row) == pytest.approx(expected, rel=1e-5, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(geometries(), st.floats(0, 1e12)), max_size=4),
    st.integers(0, 8),
    st.floats(10.0, 5_000.0),
)
def test_mass_is_conserved(rows, resolution, bandwidth_m):
    spread = spread_shares(find_shares([shape for shape, _ in rows], resolution), bandwidth_m)
    np.testing.assert_allclose(np.bincount(spread.row, spread.share, minlength=len(rows)), 1.0, rtol=1e-12)
    weights = [weight for _, weight in rows]
    assert make_grid(spread, weights)["mass"].sum() == pytest.approx(sum(weights), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(geometries(), st.floats(0, 1e9)), min_size=1, max_size=5), st.randoms())
def test_order_of_objects_does_not_change_a_bit(rows, random):
    grids = [
        make_grid(spread_shares(find_shares([g for g, _ in some], 7), 3_000.0), [w for _, w in some])
        for some in (rows, random.sample(rows, len(rows)))
    ]
    pd.testing.assert_frame_equal(*grids, check_exact=True)


def test_nothing_is_spread_to_nothing():
    assert len(spread_shares(find_shares([], 7), 1_000.0)) == 0


@pytest.mark.parametrize("bandwidth_m", [0.0, -1.0, float("nan"), 600_000.0])
def test_bandwidths_out_of_range_are_refused(bandwidth_m):
    with pytest.raises(OutOfRangeError, match="bandwidth"):
        spread_shares(find_shares([HERE], 5), bandwidth_m)


def test_a_kernel_too_wide_is_refused_with_the_number():
    with pytest.raises(OutOfRangeError, match=r"about [\d\u202f]+ shares .* more than 1\u202f000"):
        spread_shares(find_shares([HERE], 9), 10_000.0, limit=1_000)


def test_progress_is_told():
    told = []
    shares = find_shares([HERE, box(102, 25, 102.1, 25.1)], 7)
    spread_shares(shares, 2_000.0, progress=lambda fraction, message: told.append((fraction, message)))
    assert told[-1] == (1.0, "spreading shares over the cells around")


def test_cells_of_points_lie_no_farther_from_their_centres_than_counted_on():
    """The kernel's rings rest on it: 1.4 average edges to the farthest corner, all over the globe."""
    rng = np.random.default_rng(4)
    for resolution in (0, 1, 3, 6, 9):
        lat = np.degrees(np.arcsin(rng.uniform(-0.999, 0.999, 3_000)))
        lon = rng.uniform(-180, 180, 3_000)
        cells = cells_of_points(lon, lat, resolution)
        away_m = geodesic_distance_m(lon, lat, *cell_centres(cells).T)
        assert away_m.max() < 1.4 * get_edge_m(resolution)
