import numpy as np
import pytest
import rasterio
from rasterio import Affine

from geo.errors import CrsError, RasterError
from geo.raster import RasterFile


def write(
    path, values, *, west=102.0, north=27.0, cell=0.1, crs="EPSG:4490", nodata=None, scale=1.0, offset=0.0
):
    values = np.asarray(values)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        crs=crs,
        transform=Affine(cell, 0.0, west, 0.0, -cell, north),
        nodata=nodata,
    ) as raster:
        raster.write(values, 1)
        raster.scales, raster.offsets = (scale,), (offset,)
    return path


@pytest.fixture
def grid(tmp_path):
    return RasterFile.open(write(tmp_path / "grid.tif", np.arange(30, dtype="float32").reshape(5, 6)))


def test_window_around_a_point(grid):
    patch, cell = grid.read_around(102.25, 26.75, 1)
    assert cell == (1, 1)
    assert patch.values.tolist() == [[7, 8, 9], [13, 14, 15], [19, 20, 21]]
    assert patch.centres(np.array([1]), np.array([1])).tolist() == [pytest.approx([102.25, 26.75])]
    assert not patch.at_edge.any()


def test_window_is_cut_at_the_edge(grid):
    patch, cell = grid.read_around(102.05, 26.95, 2)
    assert cell == (0, 0)
    assert patch.values.shape == (3, 3)
    assert patch.at_edge.tolist() == [True, False, True, False]


def test_window_wider_than_the_raster(grid):
    patch, cell = grid.read_around(102.55, 26.55, 99)
    assert patch.values.shape == (5, 6)
    assert patch.at_edge.all()
    assert patch.values[cell] == 29


@pytest.mark.parametrize(
    "place", [(101.99, 26.9), (102.61, 26.9), (102.3, 27.01), (102.3, 26.49), (-80.0, 80.0)]
)
def test_outside(grid, place):
    assert grid.read_around(*place, 1) is None


def test_an_edge_belongs_to_the_cell_right_of_and_below_it(tmp_path):
    raster = RasterFile.open(write(tmp_path / "g.tif", np.arange(4.0).reshape(2, 2), cell=0.5))
    patch, cell = raster.read_around(102.5, 26.5, 0)
    assert patch.values[cell] == 3.0
    assert raster.read_around(103.0, 26.5, 0) is None


def test_missing_values_are_nan(tmp_path):
    raster = RasterFile.open(write(tmp_path / "g.tif", np.array([[5, -32768]], dtype="int16"), nodata=-32768))
    patch, _ = raster.read_around(102.05, 26.95, 5)
    assert patch.values[0, 0] == 5
    assert np.isnan(patch.values[0, 1])


def test_sides_of_cells_on_the_ellipsoid(grid):
    """0.1° at 26.75° N: 9,950 m and 11,079 m by the radii of curvature, worked out by hand."""
    patch, cell = grid.read_around(102.25, 26.75, 0)
    width_m, height_m = patch.cell_sides_m()
    assert width_m[cell[0]] == pytest.approx(9_948, abs=3)
    assert height_m[cell[0]] == pytest.approx(11_078, abs=3)


def test_projected_raster(tmp_path):
    """Gauss-Krüger zone at 102° E: 100 m cells are 100 m, and the point comes back where it was."""
    path = write(
        tmp_path / "p.tif", np.zeros((4, 4)), west=500_000.0, north=2_960_000.0, cell=100.0, crs="EPSG:4543"
    )
    raster = RasterFile.open(path)
    patch, cell = raster.read_around(102.0015, 26.7493, 9)
    width_m, height_m = patch.cell_sides_m()
    assert width_m == pytest.approx(100.0, abs=0.01)
    assert height_m == pytest.approx(100.0, abs=0.01)
    lon, lat = patch.centres(np.array([cell[0]]), np.array([cell[1]]))[0]
    assert abs(lon - 102.0015) < 0.0006
    assert abs(lat - 26.7493) < 0.0006


def test_wgs84_adds_a_metre(tmp_path):
    assert (
        RasterFile.open(write(tmp_path / "w.tif", np.zeros((2, 2)), crs="EPSG:4326")).position_doubt_m == 1.0
    )
    assert RasterFile.open(write(tmp_path / "c.tif", np.zeros((2, 2)))).position_doubt_m == 0.0


@pytest.mark.parametrize("crs", [None, "EPSG:2412"])
def test_without_a_usable_system(tmp_path, crs):
    with pytest.raises(CrsError):
        RasterFile.open(write(tmp_path / "g.tif", np.zeros((2, 2)), crs=crs))


def test_no_raster(tmp_path):
    file = tmp_path / "heights.tif"
    file.write_text("no raster")
    with pytest.raises(RasterError, match=r"heights\.tif"):
        RasterFile.open(file)


@pytest.mark.parametrize("stated", [{"scale": 0.1}, {"offset": -500.0}])
def test_numbers_that_are_not_the_values_themselves_are_refused(tmp_path, stated):
    path = write(tmp_path / "packed.tif", np.array([[21_000]], dtype="int16"), **stated)
    with pytest.raises(RasterError, match="-unscale"):
        RasterFile.open(path)


def test_a_file_that_is_cut_off_later_is_named(tmp_path):
    raster = RasterFile.open(write(tmp_path / "g.tif", np.ones((5, 6))))
    raster.path.write_bytes(b"no raster")
    with pytest.raises(RasterError, match=r"g\.tif"):
        raster.read_window((0, 0), (5, 6))
