"""H3 cells: which holds a point, exact areas, parents, neighbours, outlines in the plane."""

import geographiclib.geodesic
import h3
import h3.api.numpy_int as h3_numbers
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.ellipsoid import CGCS2000, to_cartesian_m
from geo.errors import OutOfRangeError
from geo.grids import (
    cell_area_km2,
    cell_centres,
    cell_names,
    cell_polygons,
    cells_of_points,
    find_neighbours,
    get_parents,
    get_resolutions,
)
from geo.grids.cells import draw_cells
from geo.grids.lattice import weigh_cells
from geo.grids.plane import to_lonlat, to_plane


def parse(*cells):
    return np.array([h3.str_to_int(cell) for cell in cells], dtype=np.uint64)


def ask_h3(lon, lat, resolution):
    cells = [h3_numbers.latlng_to_cell(y, x, resolution) for x, y in zip(lon, lat, strict=True)]
    return np.array(cells, dtype=np.uint64)


def strew(count, resolution, seed=5):
    """Cells all over the globe."""
    rng = np.random.default_rng(seed)
    lat = np.degrees(np.arcsin(rng.uniform(-0.99, 0.99, count)))
    return np.unique(cells_of_points(rng.uniform(-180, 180, count), lat, resolution))


@pytest.mark.parametrize(
    ("lon", "lat", "resolution", "cell"),
    [(-74.044444, 40.689167, 10, "8a2a1072b59ffff"), (-122.0553238, 37.3615593, 7, "87283472bffffff")],
)
def test_published_cells(lon, lat, resolution, cell):
    """Examples of H3's documentation: the Statue of Liberty, and the example of the README of h3-js."""
    assert cell_names(cells_of_points(lon, lat, resolution)).tolist() == [cell]


@pytest.mark.parametrize("resolution", range(16))
def test_cells_are_those_of_h3_on_vertices_and_edges_too(resolution):
    cells = strew(300, resolution)
    corners = shapely.get_coordinates(cell_polygons(cells))
    edges = (corners[1:] + corners[:-1]) / 2
    for lon_lat in (corners, edges, cell_centres(cells)):
        found = cells_of_points(*lon_lat.T, resolution)
        np.testing.assert_array_equal(found, ask_h3(*lon_lat.T, resolution))


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=30), st.integers(0, 15))
def test_cells_are_those_of_h3_anywhere(places, resolution):
    lon, lat = np.array(places, dtype=float).reshape(-1, 2).T
    np.testing.assert_array_equal(cells_of_points(lon, lat, resolution), ask_h3(lon, lat, resolution))


def test_cells_around_pentagons_are_those_of_h3():
    pentagons = np.array(h3_numbers.get_pentagons(9), dtype=np.uint64)
    lon, lat = cell_centres(pentagons)[np.repeat(np.arange(12), 200)].T
    rng = np.random.default_rng(1)
    lon, lat = lon + rng.uniform(-0.02, 0.02, lon.size), lat + rng.uniform(-0.02, 0.02, lat.size)
    lon = (lon + 180) % 360 - 180
    for resolution in (5, 8, 9, 11):
        np.testing.assert_array_equal(cells_of_points(lon, lat, resolution), ask_h3(lon, lat, resolution))


@pytest.mark.parametrize("resolution", [4, 5, 8, 9, 13])
def test_crowds_of_points_are_in_the_cells_of_h3(monkeypatch, resolution):
    monkeypatch.setattr("geo.grids.cells._POINTS_PER_TASK", 500)
    rng = np.random.default_rng(resolution)
    # Within a few cells of each other: at pentagons, half way between two of them, in Yunnan; then on corners too.
    step_deg = 60.0 / 7.0 ** (resolution / 2.0)
    middles = np.vstack(
        [cell_centres(np.array(h3_numbers.get_pentagons(5), np.uint64))[3:6], [[103.0, 26.0]]]
    )
    between = (middles[0] + middles[1]) / 2.0
    around = np.repeat(np.vstack([middles, between]), 400, axis=0)
    places = around + rng.uniform(-step_deg, step_deg, around.shape)
    corners = shapely.get_coordinates(cell_polygons(cells_of_points(*places[-900:].T, resolution)))
    for lon_lat in (places, np.vstack([places, corners])):
        lon, lat = (lon_lat[:, 0] + 180.0) % 360.0 - 180.0, lon_lat[:, 1].clip(-89.0, 89.0)
        found = cells_of_points(lon, lat, resolution)
        assert len(np.unique(found)) < len(found) / 2
        np.testing.assert_array_equal(found, ask_h3(lon, lat, resolution))


def test_positions_off_the_globe_are_refused():
    with pytest.raises(OutOfRangeError, match="row 1"):
        cells_of_points([102, np.nan], [25, 25], 7)
    with pytest.raises(OutOfRangeError, match="row 0"):
        cells_of_points([34_550_000], [2_777_000], 7)


@pytest.mark.parametrize("resolution", [-1, 16])
def test_resolutions_outside_are_refused(resolution):
    with pytest.raises(OutOfRangeError, match="resolution"):
        cells_of_points([102], [25], resolution)


@pytest.mark.parametrize("resolution", [0, 3, 5, 7, 9])
def test_areas_against_geographiclib(resolution):
    cells = strew(100, resolution)
    ellipsoid = geographiclib.geodesic.Geodesic(6378137, 1 / 298.257222101)
    for cell, area in zip(cells[:40], cell_area_km2(cells[:40]), strict=True):
        polygon = ellipsoid.Polygon()
        for lat, lon in h3.cell_to_boundary(h3.int_to_str(int(cell))):
            polygon.AddPoint(lat, lon)
        assert area == pytest.approx(abs(polygon.Compute()[2]) / 1e6, rel=2e-9)


def test_areas_of_the_smallest_cells_against_their_plane():
    """A cell of 1 m² is flat: half the sum of the cross products of its corners in space."""
    cells = strew(200, 15)
    for outline, area in zip(cell_polygons(cells), cell_area_km2(cells), strict=True):
        corners = to_cartesian_m(*shapely.get_coordinates(outline).T).T
        corners = corners - corners[0]
        flat = np.linalg.norm(np.cross(corners[:-1], corners[1:]).sum(axis=0)) / 2
        assert area * 1e6 == pytest.approx(flat, rel=1e-7)


def test_the_cells_of_the_globe_add_up_to_the_ellipsoid():
    """By the closed formula for an ellipsoid of revolution; Moritz (1980) prints 510,065,621.724 km² for GRS80."""
    flattening = 1 / 298.257222101
    e = np.sqrt(flattening * (2 - flattening))
    surface_km2 = 2 * np.pi * 6378.137**2 * (1 + (1 - e**2) / e * np.arctanh(e))
    assert surface_km2 == pytest.approx(510_065_621.724, rel=2e-11)
    assert cell_area_km2(parse(*h3.get_res0_cells())).sum() == pytest.approx(surface_km2, rel=1e-13)


def test_drawn_cells_have_the_areas_of_cells_and_geodesic_edges():
    for resolution in (2, 5, 8):
        cells = strew(60, resolution)
        cells = cells[np.abs(cell_centres(cells)[:, 1]) < 55]
        drawn = draw_cells(cells)
        np.testing.assert_allclose(shapely.area(drawn) / 1e6, cell_area_km2(cells), rtol=2e-7)
        for outline, polygon in zip(cell_polygons(cells)[:5], drawn[:5], strict=True):
            (lon, lat), (lon_2, lat_2) = outline.exterior.coords[:2]
            azimuth, _, length_m = CGCS2000.inv(lon, lat, lon_2, lat_2)
            middle = CGCS2000.fwd(lon, lat, azimuth, length_m * 0.4371)[:2]
            off_m = polygon.exterior.distance(shapely.Point(to_plane(np.array([middle]))[0]))
            assert off_m < max(1.5e-3, 2e-7 * length_m)


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_cell_at_a_pole_is_a_band_of_three_turns(pole):
    cell = ask_h3([0.0], [pole], 1)
    band = draw_cells(cell)[0]
    assert band.is_valid
    assert band.area / 3e6 == pytest.approx(cell_area_km2(cell)[0], rel=1e-6)


def test_plane_and_back():
    rng = np.random.default_rng(3)
    lon_lat = np.column_stack([rng.uniform(-180, 180, 1000), rng.uniform(-88, 88, 1000)])
    np.testing.assert_allclose(to_lonlat(to_plane(lon_lat)), lon_lat, rtol=0, atol=1e-11)


def test_outlines_hold_their_points():
    lon, lat = np.array([102.5, 103.1]), np.array([25.1, 26.6])
    outlines = cell_polygons(cells_of_points(lon, lat, 9))
    assert shapely.contains_xy(outlines, lon, lat).all()
    assert all(outline.exterior.is_ccw for outline in outlines)


@pytest.mark.parametrize("resolution", [1, 6, 15])
def test_parents_are_those_of_h3(resolution):
    cells = np.concatenate([strew(100, resolution), h3_numbers.get_pentagons(resolution)])
    assert set(get_resolutions(cells)) == {resolution}
    for coarse in {0, resolution - 1, resolution}:
        expected = [h3_numbers.cell_to_parent(cell, coarse) for cell in cells.tolist()]
        assert get_parents(cells, coarse).tolist() == expected


def test_a_cell_has_no_finer_parent():
    with pytest.raises(OutOfRangeError, match="no parent at 8"):
        get_parents(strew(1, 7), 8)


def test_neighbours_are_those_of_h3_around_pentagons_too():
    cells = np.concatenate([strew(20, 4), h3_numbers.get_pentagons(4)])
    position, found = find_neighbours(cells, 2)
    for i, cell in enumerate(cells.tolist()):
        assert set(found[position == i].tolist()) == set(h3_numbers.grid_disk(cell, 2).tolist())


def test_nothing_of_nothing():
    none = cells_of_points([], [], 8)
    assert none.dtype == np.uint64
    assert len(cell_polygons(none)) == len(cell_area_km2(none)) == len(cell_names(none)) == 0
    assert cell_centres(none).shape == (0, 2)


def test_areas_do_not_depend_on_what_else_is_asked_for():
    rng = np.random.default_rng(8)
    cells = np.unique(cells_of_points(rng.uniform(-180, 180, 300), rng.uniform(-89, 89, 300), 8))
    coarse = np.unique(cells_of_points(rng.uniform(-180, 180, 20), rng.uniform(-60, 60, 20), 3))
    alone = np.concatenate([cell_area_km2(part) for part in np.array_split(cells, 37)])
    together = cell_area_km2(np.concatenate([coarse, cells]))[len(coarse) :]
    assert np.array_equal(alone, together)


@pytest.mark.parametrize("resolution", [7, 8, 9, 12])
def test_areas_by_centres_are_those_of_outlines(resolution):
    rng = np.random.default_rng(resolution)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, 2_000)))
    cells = np.unique(cells_of_points(rng.uniform(-180, 180, 2_000), lat, resolution))
    cells = np.append(cells, np.array(h3_numbers.get_pentagons(resolution), dtype=np.uint64))
    by_centre = weigh_cells(cell_centres(cells), resolution)
    known = ~np.isnan(by_centre)
    assert known[:-12].mean() > 0.98
    assert not known[-12:].any()
    # Coordinates of cells of a metre are rounded to 1e-9 of them.
    np.testing.assert_allclose(by_centre[known], cell_area_km2(cells[known]), rtol=4e-8)
