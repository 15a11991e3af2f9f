"""Grids in parts: the same to the last bit as at once."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.grids import cell_polygons, cells_of_points, find_shares, get_parents, make_grid, spread_shares
from geo.grids.partition import assign_partitions, compute_partition
from tests.strategies import geometries


def compute_at_once(shapes, weights, resolution, bandwidth_m):
    shares = find_shares(shapes, resolution)
    return make_grid(shares if bandwidth_m is None else spread_shares(shares, bandwidth_m), weights)


def compute_in_parts(shapes, weights, coarse, resolution, bandwidth_m):
    row, partition = assign_partitions(shapes, coarse, resolution, bandwidth_m)
    grids = [
        compute_partition(
            shapes[row[partition == part]],
            weights[row[partition == part]],
            part,
            resolution,
            bandwidth_m=bandwidth_m,
        )
        for part in np.unique(partition).tolist()
    ]
    return pd.concat([grid for grid in grids if len(grid)], ignore_index=True).sort_values(
        "h3", ignore_index=True
    )


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(geometries(), st.floats(0, 1e9)), min_size=1, max_size=6),
    st.integers(0, 6),
    st.sampled_from([None, 900.0, 4_000.0]),
)
def test_parts_give_the_bytes_of_the_whole(rows, coarse, bandwidth_m):
    shapes, weights = np.array([shape for shape, _ in rows], dtype=object), np.array([w for _, w in rows])
    whole = compute_at_once(shapes, weights, 7, bandwidth_m)
    parts = compute_in_parts(shapes, weights, coarse, 7, bandwidth_m)
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)


@pytest.mark.parametrize("bandwidth_m", [None, 2_500.0])
def test_many_points_in_parts_give_the_bytes_of_the_whole(bandwidth_m):
    rng = np.random.default_rng(11)
    shapes = np.asarray(shapely.points(rng.uniform(102, 103, 1_500), rng.uniform(25, 26, 1_500)))
    weights = rng.lognormal(0, 3, 1_500)
    whole = compute_at_once(shapes, weights, 8, bandwidth_m)
    pd.testing.assert_frame_equal(
        compute_in_parts(shapes, weights, 4, 8, bandwidth_m), whole, check_exact=True
    )


def test_objects_go_to_their_partitions_and_few_others():
    rng = np.random.default_rng(12)
    shapes = np.asarray(shapely.points(rng.uniform(100, 106, 2_000), rng.uniform(22, 28, 2_000)))
    row, partition = assign_partitions(shapes, 4, 9, 500.0)
    needed = spread_shares(find_shares(shapes, 9), 500.0)
    needed = set(zip(needed.row.tolist(), get_parents(needed.cell, 4).tolist(), strict=True))
    assert needed <= set(zip(row.tolist(), partition.tolist(), strict=True))
    assert len(row) < 1.7 * len(shapes)


@pytest.mark.parametrize(("coarse", "bandwidth_m"), [(4, None), (5, 4_000.0), (7, None)])
def test_objects_beside_the_border_of_a_partition_go_to_all_they_have_shares_in(coarse, bandwidth_m):
    corner = shapely.get_coordinates(cell_polygons(cells_of_points([102.5], [25.5], coarse)))[0]
    rng = np.random.default_rng(coarse)
    points = shapely.points(corner + rng.normal(0.0, 0.02, (150, 2)))
    objects = np.concatenate([points[:100], shapely.buffer(points[100:], 0.004, quad_segs=2)])
    shares = find_shares(objects, 8)
    if bandwidth_m:
        shares = spread_shares(shares, bandwidth_m)
    needed = set(zip(shares.row.tolist(), get_parents(shares.cell, coarse).tolist(), strict=True))
    given = set(
        zip(*(column.tolist() for column in assign_partitions(objects, coarse, 8, bandwidth_m)), strict=True)
    )
    assert needed <= given
    assert len({partition for _, partition in needed}) > 2
