"""Pyramids, states, colours, hot spots, explanations."""

import math
from itertools import combinations

import esda
import h3.api.numpy_int as h3_numbers
import libpysal.graph
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import OutOfRangeError
from geo.grids import (
    build_pyramid,
    cells_of_points,
    classify,
    explain_cell,
    fill_grid,
    find_clusters,
    find_hotspots,
    find_shares,
    get_parents,
    lift_shares,
    make_grid,
    permute_neighbours,
    roll_up,
    sum_groups,
)
from geo.grids.hotspots import _find_pairs
from tests.strategies import geometries

CENTRE = h3_numbers.latlng_to_cell(25.1, 102.5, 6)
POINTS = shapely.points([102.5, 102.51, 102.9, 104.0], [25.1, 25.11, 25.3, 26.0])


def disk(rings, cell=CENTRE):
    return np.sort(np.array(h3_numbers.grid_disk(cell, rings), dtype=np.uint64))


AMOUNTS = st.floats(0, 1e15).map(lambda value: round(value, 9))


@given(st.lists(st.tuples(st.integers(0, 3), AMOUNTS), max_size=60))
def test_sums_are_correct_to_the_last_bit_in_any_order(pairs):
    group = np.array([g for g, _ in pairs], dtype=np.int64)
    value = np.array([v for _, v in pairs], dtype=float)
    expected = [math.fsum(value[group == g]) for g in range(4)]
    assert sum_groups(group, value, 4).tolist() == expected
    assert sum_groups(group[::-1], value[::-1], 4).tolist() == expected


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(geometries(), st.floats(0, 1e9)), max_size=5), st.integers(0, 6))
def test_parents_hold_exactly_what_their_children_hold(rows, coarse):
    grid = make_grid(find_shares([g for g, _ in rows], 7), [w for _, w in rows])
    parents = roll_up(grid, coarse)
    by_parent = grid.groupby(get_parents(grid["h3"].to_numpy(dtype=np.uint64), coarse))
    assert parents["h3"].tolist() == sorted(by_parent.groups)
    for parent, children in by_parent:
        row = parents.set_index("h3").loc[parent]
        assert row["mass"] == math.fsum(children["mass"])
        assert row["worst_density"] == children["density"].max()
        assert row["worst_h3"] in children["h3"].to_numpy()
    assert parents["mass"].sum() == pytest.approx(grid["mass"].sum(), rel=1e-12)


def test_pyramids_keep_the_worst_of_all_descendants():
    grid = make_grid(find_shares(POINTS, 9), [1.0, 2.0, 30.0, 4.0])
    levels = build_pyramid(grid, [3, 7, 5])
    assert list(levels) == [7, 5, 3]
    for level in levels.values():
        assert level["worst_density"].max() == grid["density"].max()
        assert level["worst_h3"][level["worst_density"].idxmax()] == grid["h3"][grid["density"].idxmax()]
        assert level["mass"].sum() == 37.0
        assert (level["worst_density"] >= level["density"]).all()


def test_missing_children_stay_missing():
    cells = np.array(h3_numbers.cell_to_children(CENTRE, 7), dtype=np.uint64)
    grid = pd.DataFrame(
        {"h3": cells, "mass": [1.0, 2.0, *[np.nan] * 5], "density": [1.0, 2.0, *[np.nan] * 5]}
    )
    row = roll_up(grid, 6).iloc[0]
    assert (row["mass"], row["worst_density"], row["missing_children"]) == (3.0, 2.0, 5)
    none = roll_up(grid.iloc[3:], 6).iloc[0]
    assert np.isnan([none["mass"], none["density"], none["worst_density"]]).all()
    assert none["worst_h3"] == 0


def test_a_grid_is_not_rolled_up_to_finer_cells():
    with pytest.raises(OutOfRangeError, match="cannot be rolled up to 9"):
        roll_up(make_grid(find_shares(POINTS, 7), np.ones(4)), 9)


def test_an_object_in_two_children_counts_once_in_their_parent():
    shares = lift_shares(find_shares([shapely.Point(102.5, 25.1).buffer(0.02)], 9), 4)
    np.testing.assert_allclose(shares.share.sum(), 1.0, rtol=1e-12)
    grid = make_grid(shares, [5.0], {"objects": [True]})
    assert set(grid["objects"]) == {1}


def test_value_zero_no_object_and_missing_are_four_states():
    grid = make_grid(find_shares(POINTS[:3], 6), [3.0, 0.0, 0.0], {"objects": [1, 1, 1]})
    empty, unknown = disk(5)[[0, -1]]
    full = fill_grid(
        grid, np.array([empty, unknown, CENTRE], dtype=np.uint64), [True, False, True]
    ).set_index("h3")
    assert full.loc[CENTRE, "state"] == "value"
    assert full.loc[cells_of_points(102.9, 25.3, 6)[0], "state"] == "zero"
    assert full.loc[empty, ["mass", "density", "objects", "state"]].tolist() == [0.0, 0.0, 0, "no_object"]
    assert full.loc[unknown, ["mass", "density", "objects"]].isna().all()
    assert full.loc[unknown, "state"] == "missing"
    assert full.index.is_monotonic_increasing
    assert full.dtypes.astype(str)[["mass", "density", "objects"]].tolist() == ["float64", "float64", "Int64"]
    assert (full["area_km2"] > 20).all()


def test_fixed_limits_belong_to_the_worse_colour():
    classes = classify([0, 9.99, 10, 50, 99, 100, np.nan], "fixed", [10, 50, 100])
    assert classes.colour.tolist() == ["blue", "blue", "yellow", "orange", "orange", "red", None]
    assert classes.breaks == (10.0, 50.0, 100.0)


def test_quantiles_by_hand():
    """A quarter, a half and three quarters of the way from 1 to 9 among 1, 2, ..., 9; zeros do not count."""
    classes = classify([0, 0, 0, *range(1, 10)], "quantile")
    assert classes.breaks == (3.0, 5.0, 7.0)
    assert classes.colour.tolist()[3:] == ["blue"] * 2 + ["yellow"] * 2 + ["orange"] * 2 + ["red"] * 3


def test_standard_deviations_by_hand():
    """Mean 5 and standard deviation 2, the textbook example 2, 4, 4, 4, 5, 5, 7, 9."""
    classes = classify([2, 4, 4, 4, 5, 5, 7, 9], "standard_deviation")
    assert classes.breaks == (5.0, 7.0, 9.0)
    assert classes.colour.tolist() == ["blue"] * 4 + ["yellow"] * 2 + ["orange", "red"]


def test_natural_breaks_by_hand():
    assert classify([1, 2, 3, 10, 11, 12, 50, 51, 200], "jenks").breaks == (10.0, 50.0, 200.0)


@given(st.lists(st.integers(1, 60), min_size=4, max_size=9).filter(lambda v: len(set(v)) >= 4))
def test_natural_breaks_are_the_tightest_of_all_partitions(values):
    def squares(breaks):
        index = np.searchsorted(breaks, values, side="right")
        return sum(np.var(np.array(values)[index == i]) * (index == i).sum() for i in set(index.tolist()))

    distinct = sorted(set(values))
    best = min(
        squares([distinct[i], distinct[j], distinct[k]])
        for i in range(1, len(distinct))
        for j in range(i + 1, len(distinct))
        for k in range(j + 1, len(distinct))
    )
    assert squares(classify(values, "jenks").breaks) == pytest.approx(best, abs=1e-9)


def test_natural_breaks_of_many_values_fall_into_the_gaps():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.uniform(low, low + 1, 4_000) for low in (1, 10, 30, 70)])
    breaks = classify(values, "jenks").breaks
    assert [low <= value < low + 1 for low, value in zip((10, 30, 70), breaks, strict=True)] == [True] * 3


@pytest.mark.parametrize("method", ["quantile", "jenks", "standard_deviation"])
def test_few_values_give_few_breaks(method):
    assert classify([], method).breaks == ()
    assert set(classify([0.0, np.nan], method).colour) == {"blue", None}
    assert len(classify([5.0, 5.0], method).breaks) <= 1


@pytest.mark.parametrize("limits", [[1, 2], [3, 2, 1], [1, 2, np.inf], None])
def test_limits_that_are_none_are_refused(limits):
    with pytest.raises(OutOfRangeError, match="limits"):
        classify([1.0], "fixed", limits)


def test_limits_with_another_method_are_refused():
    with pytest.raises(OutOfRangeError, match="limits belong"):
        classify([1.0], "jenks", [1, 2, 3])


def test_neighbours_are_those_of_pysal():
    graph = libpysal.graph.Graph
    cells = np.random.default_rng(1).permutation(disk(4))[:40]
    names = [f"{cell:x}" for cell in cells.tolist()]
    focal, neighbour = _find_pairs(cells)
    ours = {(names[i], names[j]) for i, j in zip(focal, neighbour, strict=True)}
    theirs = graph.build_h3(names).adjacency
    assert ours == {pair for pair, weight in theirs.items() if weight > 0}


def test_a_hot_and_a_cold_patch_are_found():
    cells = disk(12)
    rng = np.random.default_rng(7)
    values = rng.normal(10.0, 1.0, len(cells))
    hot, cold = disk(2), disk(2, int(cells[5]))
    values[np.isin(cells, hot)] += 12.0
    values[np.isin(cells, cold)] -= 6.0
    values[-1] = np.nan
    test = permute_neighbours(cells, values)
    spots = find_hotspots(test)
    centre = spots.loc[cells == CENTRE].iloc[0]
    assert centre["spot"] == "hot"
    assert centre["p"] == pytest.approx(1 / 1000)
    assert spots.loc[cells == cells[5], "spot"].item() == "cold"
    assert spots["spot"].iloc[-1] == "missing"
    quiet = ~np.isin(cells, disk(4)) & ~np.isin(cells, disk(4, int(cells[5])))
    assert (spots.loc[quiet, "spot"].isin(["none", "missing"])).mean() > 0.98
    clusters = find_clusters(test)
    assert clusters.loc[cells == CENTRE, "cluster"].item() == "high_high"
    pd.testing.assert_frame_equal(spots, find_hotspots(permute_neighbours(cells, values)), check_exact=True)


def test_gi_star_by_hand():
    """Ord and Getis (1995), equation 14, with the cell itself among its neighbours at weight 1."""
    cells = disk(2)
    values = np.arange(1.0, len(cells) + 1) ** 2
    z = find_hotspots(permute_neighbours(cells, values, permutations=99))["z"].to_numpy()
    for i, cell in enumerate(cells.tolist()):
        near = np.isin(cells, h3_numbers.grid_disk(cell, 1))
        n, weight = len(cells), near.sum()
        spread = values.std() * np.sqrt((n * weight - weight**2) / (n - 1))
        assert z[i] == pytest.approx((values[near].sum() - values.mean() * weight) / spread)


def test_p_values_by_all_draws():
    """19 cells, all 18 over 6, 4 or 3 sets of other cells that could be the neighbours of one."""
    cells = disk(2)
    values = np.random.default_rng(3).uniform(0, 1, 19).round(3)
    p = permute_neighbours(cells, values, permutations=9_999).p
    for i in (0, 7, 12):
        near = np.isin(cells, h3_numbers.grid_disk(int(cells[i]), 1)) & (cells != cells[i])
        sums = np.array([sum(chosen) for chosen in combinations(np.delete(values, i), int(near.sum()))])
        above = (sums >= values[near].sum() - 1e-12).mean()
        assert p[i] == pytest.approx(min(above, 1 - above), abs=0.02)


def test_permutations_tell_how_far_they_are_and_can_be_cancelled(monkeypatch):
    monkeypatch.setattr("geo.grids.hotspots._SUMS_PER_STEP", 5_000)
    cells, values = disk(3), np.random.default_rng(3).uniform(0, 1, 37)
    told = []
    steps = permute_neighbours(cells, values, progress=lambda done, _: told.append(done))
    assert len(told) > 3
    assert (told, told[-1]) == (sorted(told), 1.0)
    np.testing.assert_array_equal(steps.p, permute_neighbours(cells, values).p)

    def cancel(_fraction, _message):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        permute_neighbours(cells, values, progress=cancel)


def test_local_moran_is_esdas():
    cells, values = disk(3), np.random.default_rng(3).uniform(0, 1, 37)
    graph = libpysal.graph.Graph.build_h3([f"{cell:x}" for cell in cells.tolist()])
    expected = esda.Moran_Local(values, graph, transformation="r", permutations=0).Is
    np.testing.assert_allclose(find_clusters(permute_neighbours(cells, values))["i"], expected)


@pytest.mark.parametrize("values", [[1.0] * 19, [np.nan] * 12 + list(range(7)), list(range(18))])
def test_grids_without_a_pattern_to_find_are_refused(values):
    with pytest.raises(OutOfRangeError):
        permute_neighbours(disk(2), values)


def test_explanations_add_up_to_the_cell_at_every_level():
    shapes = [
        *POINTS,
        shapely.Point(102.5, 25.1).buffer(0.03),
        shapely.LineString([(102.4, 25), (102.9, 25.3)]),
    ]
    weights = np.array([1.0, 2.0, 0.0, 4.0, 5.0, 6.0])
    shares = find_shares(shapes, 8)
    grid = make_grid(shares, weights)
    pyramid = build_pyramid(grid, [6, 4])
    for level in (grid, *pyramid.values()):
        for row in level.head(40).itertuples():
            told = explain_cell(shares, weights, row.h3)
            assert told.mass == pytest.approx(row.mass, rel=1e-14)
            assert math.fsum(told.objects["mass"]) == pytest.approx(row.mass, rel=1e-14)
            assert told.density == pytest.approx(row.density, rel=1e-14)
            assert told.objects["mass"].is_monotonic_decreasing


def test_objects_without_weight_are_explained_and_an_empty_cell_has_none():
    shares = find_shares(POINTS, 8)
    told = explain_cell(shares, [0, 1, 1, 1], int(cells_of_points(102.5, 25.1, 8)[0]))
    assert told.objects[["row", "share", "mass"]].to_numpy().tolist() == [[0, 1, 0]]
    assert told.objects["part"].isna().all()
    nothing = explain_cell(shares, [0, 1, 1, 1], int(cells_of_points(99, 22, 8)[0]))
    assert (nothing.mass, len(nothing.objects)) == (0.0, 0)


def test_a_cell_finer_than_the_grid_cannot_be_explained():
    with pytest.raises(OutOfRangeError, match="finer than the grid"):
        explain_cell(find_shares(POINTS, 7), np.ones(4), int(cells_of_points(102.5, 25.1, 9)[0]))
