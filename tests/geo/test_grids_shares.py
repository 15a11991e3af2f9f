"""Shares of objects in cells: by hand, conserved, against an overlay computed another way."""

import h3
import h3.api.numpy_int as h3_numbers
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geo.errors import GeometryError, OutOfRangeError
from geo.grids import cell_area_km2, cell_polygons, cells_of_points, estimate_shares, find_shares, make_grid
from tests.strategies import geometries

COLUMNS = {"h3": "uint64", "h3_hex": "str", "area_km2": "float64", "mass": "float64", "density": "float64"}
HERE, THERE = Point(102.5, 25.1), Point(103.5, 26.1)


def cell_of(point, resolution):
    return int(cells_of_points(point.x, point.y, resolution)[0])


def outline_of(cell):
    return cell_polygons(np.array([cell], dtype=np.uint64))[0]


def add_up(shares):
    return np.bincount(shares.row, weights=shares.share, minlength=len(shares.residual))


def by_cell(shares, row=0):
    mine = shares.row == row
    return dict(zip(shares.cell[mine].tolist(), shares.share[mine].tolist(), strict=True))


def assert_conserved(shares, tolerance=1e-6):
    np.testing.assert_allclose(add_up(shares), 1.0, rtol=1e-12)
    assert (shares.share > 0).all()
    assert np.abs(shares.residual).max(initial=0.0) < tolerance
    pairs = pd.DataFrame({"row": shares.row, "cell": shares.cell})
    assert not pairs.duplicated().any()
    assert pairs.sort_values(["row", "cell"]).index.tolist() == list(range(len(pairs)))


def test_mass_and_density_by_hand():
    grid = make_grid(
        find_shares([THERE, HERE, HERE, HERE], 7), [7.0, 1.0, 2.0, 0.0], {"objects": [1, 1, 1, 1]}
    )
    assert grid["h3"].is_monotonic_increasing
    row = grid.set_index("h3").loc[cell_of(HERE, 7)]
    assert (row["mass"], row["objects"]) == (3.0, 3)
    assert row["density"] == 3.0 / row["area_km2"]
    assert grid.set_index("h3").loc[cell_of(THERE, 7), "mass"] == 7.0
    assert grid["h3_hex"].tolist() == [f"{cell:x}" for cell in grid["h3"]]
    assert grid.dtypes.astype(str).to_dict() == {**COLUMNS, "objects": "int64"}


def test_a_cell_s_own_outline_lies_wholly_in_it():
    cell = cell_of(HERE, 7)
    shares = by_cell(find_shares([outline_of(cell)], 7))
    assert shares[cell] == pytest.approx(1.0, abs=1e-6)


def test_two_cells_share_by_their_areas():
    cells = np.array(h3_numbers.grid_disk(cell_of(HERE, 8), 1), dtype=np.uint64)[:2]
    both = MultiPolygon(cell_polygons(cells).tolist()).buffer(0)
    shares = by_cell(find_shares([both], 8))
    area = cell_area_km2(cells)
    assert [shares[int(cell)] for cell in cells] == pytest.approx((area / area.sum()).tolist(), abs=1e-6)


def test_a_line_across_one_edge_is_halved_where_it_crosses():
    """From the middle of an edge as far to either side: to the centres of both cells, nearly square to the edge."""
    cell = cell_of(HERE, 9)
    edge = h3_numbers.origin_to_directed_edges(cell)[0]
    (lat, lon), (lat_2, lon_2) = h3_numbers.directed_edge_to_boundary(edge)
    x, y = (lon + lon_2) / 2, (lat + lat_2) / 2
    lat_0, lon_0 = h3_numbers.cell_to_latlng(cell)
    step = np.array([x - lon_0, y - lat_0]) * 0.5
    line = LineString([(x - step[0], y - step[1]), (x, y), (x + step[0], y + step[1])])
    shares = by_cell(find_shares([line], 9))
    assert set(shares) == {cell, int(h3_numbers.get_directed_edge_destination(edge))}
    assert list(shares.values()) == pytest.approx([0.5, 0.5], abs=1e-5)


def test_a_line_along_an_edge_counts_once():
    lat_lon = h3_numbers.cell_to_boundary(cell_of(HERE, 8))
    line = LineString([(lon, lat) for lat, lon in lat_lon[:3]])
    shares = find_shares([line], 8)
    assert_conserved(shares, 1e-9)
    beside = set(h3_numbers.grid_disk(cell_of(HERE, 8), 1).tolist())
    assert set(shares.cell.tolist()) <= beside


def test_objects_on_a_vertex_count_once():
    lat, lon = h3_numbers.cell_to_boundary(cell_of(HERE, 8))[0]
    around = Point(lon, lat).buffer(1e-4)
    shares = find_shares([Point(lon, lat), around, LineString([(lon, lat), (lon + 1e-4, lat)])], 8)
    assert_conserved(shares)
    assert by_cell(shares, 0) == {int(h3_numbers.latlng_to_cell(lat, lon, 8)): 1.0}
    thirds = by_cell(shares, 1)
    assert list(thirds.values()) == pytest.approx([1 / 3] * 3, abs=0.05)


def test_slivers_and_specks_smaller_than_a_cell_stay():
    x, y = 103.0, 26.0
    slivers = [
        box(x, y, x + 0.1, y + 1e-8),
        box(x, y, x + 1e-9, y + 1e-9),
        LineString([(x, y), (x + 1e-9, y)]),
        LineString([(x, y), (x, y)]),
    ]
    for resolution in (0, 5, 9):
        shares = find_shares(slivers, resolution)
        # A sliver of 1 mm holds only six digits of its own width.
        assert_conserved(shares, 1e-3)
        assert set(shares.row.tolist()) == {0, 1, 2, 3}


def test_holes_are_left_out():
    """A hole exactly as large as a cell and its neighbours: none of them gets a share."""
    disk = np.array(h3_numbers.grid_disk(cell_of(HERE, 8), 1), dtype=np.uint64)
    hole = shapely.union_all(shapely.buffer(cell_polygons(disk), 1e-7))
    ring = HERE.buffer(0.05).difference(hole)
    shares = find_shares([ring], 8)
    assert_conserved(shares)
    assert not set(shares.cell.tolist()) & set(disk.tolist())


def test_parts_of_a_multipart_add_up_like_objects_of_their_own():
    parts = [box(102, 25, 102.05, 25.02), box(102.2, 25.1, 102.22, 25.2)]
    whole, single = find_shares([MultiPolygon(parts)], 7), find_shares(parts, 7)
    area = np.array([shapely.area(part) * np.cos(np.radians(part.centroid.y)) for part in parts])
    expected = make_grid(single, area / area.sum())
    found = make_grid(whole, [1.0])
    assert found["h3"].tolist() == expected["h3"].tolist()
    np.testing.assert_allclose(found["mass"], expected["mass"], rtol=3e-4)


def test_points_of_a_multipoint_count_in_equal_parts():
    assert by_cell(find_shares([MultiPoint([HERE, HERE, THERE])], 7)) == pytest.approx(
        {cell_of(HERE, 7): 2 / 3, cell_of(THERE, 7): 1 / 3}
    )


def test_a_collection_counts_by_what_has_the_highest_dimension():
    collection = shapely.GeometryCollection(
        [HERE, box(103, 26, 103.01, 26.01), LineString([(99, 25), (99, 25.1)])]
    )
    assert by_cell(find_shares([collection], 7)) == by_cell(find_shares([box(103, 26, 103.01, 26.01)], 7))


def test_pieces_of_lines_without_length_do_not_count():
    line = MultiLineString([[(103, 26), (103.05, 26)], [(99, 25), (99, 25)]])
    assert by_cell(find_shares([line], 7)) == by_cell(find_shares([LineString([(103, 26), (103.05, 26)])], 7))


def test_objects_at_the_antimeridian_and_in_cells_across_it():
    """A cell across 180°, cut there; cut straight in degrees, which leaves its edges off the geodesics by 0.1 m."""
    cell = next(c for c in h3.grid_disk(h3.latlng_to_cell(20, 180, 5), 3) if crosses_180(c))
    ring = [(lon % 360, lat) for lat, lon in h3.cell_to_boundary(cell)]
    west = Polygon(ring).intersection(box(179, 0, 180, 90))
    east = shapely.affinity.translate(Polygon(ring).intersection(box(180, 0, 181, 90)), -360)
    shapes = [
        MultiPolygon([west, east]),
        LineString([(180, 20), (179.9, 20.1)]),
        Point(-180, 20),
        Point(180, 20),
    ]
    shares = find_shares(shapes, 5)
    assert_conserved(shares)
    assert by_cell(shares)[h3.str_to_int(cell)] == pytest.approx(1.0, abs=3e-5)
    assert by_cell(shares, 2) == by_cell(shares, 3)


def crosses_180(cell):
    lon = [lon for _, lon in h3.cell_to_boundary(cell)]
    return max(lon) - min(lon) > 180


def test_objects_around_a_pentagon():
    pentagon = h3.get_pentagons(4)[3]
    lat, lon = h3.cell_to_latlng(pentagon)
    shapes = [
        Point(lon, lat).buffer(0.6),
        LineString([(lon - 0.7, lat - 0.5), (lon, lat), (lon + 0.7, lat - 0.2)]),
    ]
    for resolution in (3, 4, 6):
        assert_conserved(find_shares(shapes, resolution))
    inside = outline_of(h3.str_to_int(pentagon))
    assert by_cell(find_shares([inside], 4))[h3.str_to_int(pentagon)] == pytest.approx(1.0, abs=1e-6)


def test_objects_in_and_around_the_cells_of_the_poles():
    shapes = [box(-100, 75, 70, 85), LineString([(10, 60), (20, 87)]), box(-60, -86, -50, -70)]
    for resolution in (0, 1, 2):
        shares = find_shares(shapes, resolution)
        assert_conserved(shares)
        pole = int(h3_numbers.latlng_to_cell(90, 0, resolution))
        assert pole in by_cell(shares, 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(geometries(), st.floats(0, 1e12)), max_size=6), st.integers(0, 8))
def test_mass_is_conserved_at_every_resolution(rows, resolution):
    shares = find_shares([geometry for geometry, _ in rows], resolution)
    assert_conserved(shares, 1e-4)
    weights = [weight for _, weight in rows]
    grid = make_grid(shares, weights)
    assert grid["mass"].sum() == pytest.approx(sum(weights), rel=1e-12)
    assert (grid["density"] * grid["area_km2"]).sum() == pytest.approx(sum(weights), rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(geometries(), st.floats(0, 1e9)), min_size=1, max_size=6), st.randoms())
def test_order_of_objects_does_not_change_a_bit(rows, random):
    shuffled = random.sample(rows, len(rows))
    grids = [
        make_grid(find_shares([g for g, _ in some], 6), [w for _, w in some]) for some in (rows, shuffled)
    ]
    pd.testing.assert_frame_equal(*grids, check_exact=True)


@settings(max_examples=20, deadline=None)
@given(st.lists(geometries(), min_size=2, max_size=6), st.data())
def test_objects_taken_together_add_up(shapes, data):
    """A + B = A and B: shares of an object do not depend on what is computed along with it."""
    cut = data.draw(st.integers(1, len(shapes) - 1))
    together = find_shares(shapes, 6)
    apart = [find_shares(shapes[:cut], 6), find_shares(shapes[cut:], 6)]
    assert np.concatenate([part.share for part in apart]).tobytes() == together.share.tobytes()
    assert np.concatenate([part.cell for part in apart]).tobytes() == together.cell.tobytes()


@settings(max_examples=30, deadline=None)
@given(geometries())
def test_no_object_is_lost_at_any_resolution(shape):
    for resolution in (0, 3, 6, 9):
        if estimate_shares(np.array([shape]), resolution) < 20_000:
            assert_conserved(find_shares([shape], resolution), 1e-4)


def test_empty_input_gives_an_empty_grid_of_the_same_types():
    grid = make_grid(find_shares([], 7), [])
    assert len(grid) == 0
    assert grid.dtypes.astype(str).to_dict() == COLUMNS


@pytest.mark.parametrize("resolution", [-1, 16])
def test_resolutions_outside_are_refused(resolution):
    with pytest.raises(OutOfRangeError, match="resolution"):
        find_shares([HERE], resolution)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_none_are_refused_by_row(weight):
    with pytest.raises(OutOfRangeError, match="row 1: weight"):
        make_grid(find_shares([HERE, HERE], 7), [1, weight])


def test_weights_of_another_length_are_refused():
    with pytest.raises(OutOfRangeError, match="1 geometries but weights of shape"):
        make_grid(find_shares([HERE], 7), [1, 2])


BOW_TIE = Polygon([(102, 25), (103, 26), (103, 25), (102, 26)])
BAD = {
    "missing": (None, "missing or empty"),
    "empty point": (Point(), "missing or empty"),
    "empty polygon": (Polygon(), "missing or empty"),
    "invalid": (BOW_TIE, "invalid: Self-intersection"),
    "across 180": (LineString([(179.9, 20), (-179.9, 20)]), "180° wide or more; cut it"),
    "at a pole": (box(10, 89.9, 20, 90), "pole"),
}


@pytest.mark.parametrize(("geometry", "reason"), BAD.values(), ids=BAD)
def test_geometries_that_cannot_be_shared_out_are_refused(geometry, reason):
    with pytest.raises(GeometryError, match=reason):
        find_shares([HERE, geometry], 4)


@pytest.mark.parametrize("x", [34_550_000, -180.1])
def test_positions_off_the_globe_are_refused(x):
    with pytest.raises(OutOfRangeError, match="row 1"):
        find_shares([HERE, Point(x, 25)], 7)


def test_a_resolution_too_fine_is_refused_with_the_number_and_what_would_do():
    province = box(98, 21, 106, 29)
    with pytest.raises(
        OutOfRangeError, match=r"about [\d\u202f]+ shares .* more than 1\u202f000; use resolution \d or"
    ) as caught:
        find_shares([province], 12, limit=1_000)
    fitting = int(caught.value.message.split("use resolution ")[1].split()[0])
    assert len(find_shares([province], fitting, limit=1_000)) < 1_100
    with pytest.raises(OutOfRangeError, match="take fewer objects"):
        find_shares([province] * 200, 3, limit=100)


def test_estimates_come_close():
    shapes = np.array([box(100, 22, 104, 27), LineString([(100, 22), (104, 27)]), HERE.buffer(0.2)])
    for resolution in (4, 5, 6):
        assert estimate_shares(shapes, resolution) == pytest.approx(
            len(find_shares(shapes, resolution)), rel=0.25
        )


def test_progress_is_told():
    told = []
    find_shares([HERE], 7, progress=lambda fraction, message: told.append((fraction, message)))
    assert told == [(1.0, "sharing objects out over cells")]


def test_an_outline_through_hundreds_of_cells_by_few_vertices():
    triangle = shapely.Polygon([(74.1, 18.0), (73.95, 18.087), (73.95, 17.913), (74.1, 18.0)])
    shares = find_shares([triangle, triangle], 10)
    assert len(shares) > 10_000
    assert_conserved(shares, 1e-6)
    assert np.array_equal(shares.share[shares.row == 0], shares.share[shares.row == 1])
