"""First grid: cells, true areas, conserved mass."""

import geographiclib.geodesic
import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from geo.errors import GeometryError, OutOfRangeError
from geo.grid import cell_area_km2, cell_polygons, cells_of_points, facility_grid

COLUMNS = {"h3": "uint64", "h3_hex": "str", "area_km2": "float64", "mass": "float64", "density": "float64"}
COLUMNS["facilities"] = "int64"


def parse(*cells):
    return np.array([h3.str_to_int(cell) for cell in cells], dtype=np.uint64)


def test_cells_against_the_text_interface_of_h3():
    lon, lat = [102.5, 103.1, 99.9], [25.1, 26.6, 27.7]
    expected = parse(*(h3.latlng_to_cell(y, x, 8) for x, y in zip(lon, lat, strict=True)))
    cells = cells_of_points(lon, lat, 8)
    assert cells.dtype == np.uint64
    assert cells.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("lon", "lat", "resolution", "cell"),
    [(-74.044444, 40.689167, 10, "8a2a1072b59ffff"), (-122.0553238, 37.3615593, 7, "87283472bffffff")],
)
def test_published_cells(lon, lat, resolution, cell):
    """Examples of H3's documentation: the Statue of Liberty, and the example of the README of h3-js."""
    assert f"{cells_of_points(lon, lat, resolution)[0]:x}" == cell


def test_areas_against_geographiclib():
    cells = cells_of_points([102.5, 99.0, 105.9], [25.1, 29.3, 21.5], 7)
    ellipsoid = geographiclib.geodesic.Geodesic(6378137, 1 / 298.257222101)
    for cell, area in zip(cells, cell_area_km2(cells), strict=True):
        polygon = ellipsoid.Polygon()
        for lat, lon in h3.cell_to_boundary(h3.int_to_str(int(cell))):
            polygon.AddPoint(lat, lon)
        assert area == pytest.approx(polygon.Compute()[2] / 1e6, rel=1e-9)


def test_the_cells_of_the_globe_add_up_to_the_ellipsoid():
    """Surface of GRS80: 510,065,621.724 km² (H. Moritz, Geodetic Reference System 1980); CGCS2000 has its figure."""
    assert cell_area_km2(parse(*h3.get_res0_cells())).sum() == pytest.approx(510_065_621.724, rel=1e-10)


def test_outlines_hold_their_points():
    lon, lat = np.array([102.5, 103.1]), np.array([25.1, 26.6])
    outlines = cell_polygons(cells_of_points(lon, lat, 9))
    assert shapely.contains_xy(outlines, lon, lat).all()
    assert all(outline.exterior.is_ccw for outline in outlines)


def test_mass_and_density_by_hand():
    here, there = Point(102.5, 25.1), Point(103.5, 26.1)
    grid = facility_grid([there, here, here, here], [7.0, 1.0, 2.0, 0.0], 7)
    assert grid["h3"].is_monotonic_increasing
    by_cell = grid.set_index("h3")
    row = by_cell.loc[cells_of_points(102.5, 25.1, 7)[0]]
    assert (row["mass"], row["facilities"]) == (3.0, 3)
    assert row["density"] == 3.0 / row["area_km2"]
    assert by_cell.loc[cells_of_points(103.5, 26.1, 7)[0], "mass"] == 7.0
    assert grid["h3_hex"].tolist() == [f"{cell:x}" for cell in grid["h3"]]
    assert grid.dtypes.astype(str).to_dict() == COLUMNS


def test_lines_and_polygons_count_at_an_inner_point():
    crescent = Polygon(box(102, 25, 102.4, 25.4).exterior, [box(102.01, 25.01, 102.39, 25.39).exterior])
    grid = facility_grid([crescent, LineString([(103, 26), (103.0001, 26)])], [1, 1], 9)
    inner = crescent.point_on_surface()
    assert crescent.contains(inner)
    assert cells_of_points(inner.x, inner.y, 9)[0] in grid["h3"].to_numpy()
    assert grid["mass"].sum() == 2


@given(
    st.lists(st.tuples(st.floats(98, 106), st.floats(21, 29), st.floats(0, 1e12)), max_size=60),
    st.integers(0, 12),
)
def test_mass_is_conserved(rows, resolution):
    grid = facility_grid(
        [Point(lon, lat) for lon, lat, _ in rows], [weight for *_, weight in rows], resolution
    )
    assert grid["mass"].sum() == pytest.approx(sum(weight for *_, weight in rows), rel=1e-9)
    assert (grid["density"] * grid["area_km2"]).sum() == pytest.approx(grid["mass"].sum(), rel=1e-9)
    assert grid["facilities"].sum() == len(rows)


def test_empty_input_gives_an_empty_frame_of_the_same_types():
    grid = facility_grid([], [], 7)
    assert len(grid) == 0
    assert grid.dtypes.astype(str).to_dict() == COLUMNS


@pytest.mark.parametrize("resolution", [-1, 16])
def test_resolutions_outside_are_refused(resolution):
    with pytest.raises(OutOfRangeError, match="resolution"):
        facility_grid([Point(102, 25)], [1], resolution)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_none_are_refused_by_row(weight):
    with pytest.raises(OutOfRangeError, match="row 1: weight"):
        facility_grid([Point(102, 25), Point(102, 25)], [1, weight], 7)


@pytest.mark.parametrize("geometry", [None, Point(), Polygon()])
def test_facilities_without_place_are_refused_by_row(geometry):
    with pytest.raises(GeometryError, match="row 1: geometry is missing or empty"):
        facility_grid([Point(102, 25), geometry], [1, 1], 7)


def test_positions_off_the_globe_are_refused():
    with pytest.raises(OutOfRangeError, match="row 0"):
        facility_grid([Point(34_550_000, 2_777_000)], [1], 7)
    with pytest.raises(OutOfRangeError, match="row 1"):
        cells_of_points([102, np.nan], [25, 25], 7)


def test_weights_of_another_length_are_refused():
    with pytest.raises(OutOfRangeError, match="1 geometries but weights of shape"):
        facility_grid([Point(102, 25)], [1, 2], 7)
