"""People around a plant: exact shares of cells, in the raster's own coordinate system."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio import Affine
from shapely import Polygon, box

from geo.errors import RasterError
from layers.plants.people import count_around, population_around


def write_raster(path: Path, values: np.ndarray, crs: str, transform: Affine) -> Path:
    height, width = values.shape
    profile = {"driver": "GTiff", "height": height, "width": width, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", **profile, crs=crs, transform=transform, nodata=-9999) as target:
        target.write(values.astype("float32"), 1)
    return path


@pytest.fixture
def plane_raster(tmp_path: Path) -> Path:
    """One person on every 100 m x 100 m of a Gauss-Krueger plane (CGCS2000, 102 E)."""
    return write_raster(
        tmp_path / "plane.tif", np.ones((400, 400)), "EPSG:4543", Affine(100, 0, 480_000, 0, -100, 2_970_000)
    )


@pytest.fixture
def plant() -> Polygon:
    return box(101.999, 26.699, 102.001, 26.701)


def test_ring_of_a_square_holds_the_people_of_its_area(plane_raster: Path, plant: Polygon) -> None:
    # Sides of the square by hand: 0.002 degrees are 221.6 m (north) and 199.0 m (east) here. Ring of 500 m around it:
    # perimeter 841.2 m x 500 m + pi x 500^2 = 1.206 km2, so 120.6 people.
    count = count_around(plane_raster, plant, 500.0)
    assert count.people == pytest.approx(120.6, rel=2e-3)
    assert count.missing_share == pytest.approx(0.0, abs=1e-6)


def test_everybody_is_counted_once_in_shares_of_cells(plane_raster: Path, plant: Polygon) -> None:
    near = count_around(plane_raster, plant, 500.0).people
    far = count_around(plane_raster, plant, 1000.0).people
    wider = plant.buffer(0)  # the same ground, told otherwise
    assert near is not None
    assert far is not None
    assert far > near
    assert count_around(plane_raster, wider, 500.0).people == pytest.approx(near, rel=1e-12)


def test_cells_without_value_make_the_count_unknown(tmp_path: Path, plant: Polygon) -> None:
    values = np.ones((400, 400))
    values[190:200, 190:200] = -9999
    path = write_raster(
        tmp_path / "holes.tif", values, "EPSG:4543", Affine(100, 0, 480_000, 0, -100, 2_974_000)
    )
    count = count_around(path, plant, 2000.0)
    assert count.people is None
    assert 0 < count.missing_share < 1


def test_plant_off_the_raster_has_no_count(tmp_path: Path, plant: Polygon) -> None:
    path = write_raster(
        tmp_path / "far.tif", np.ones((10, 10)), "EPSG:4490", Affine(0.01, 0, 100, 0, -0.01, 30)
    )
    assert count_around(path, plant, 500.0).people is None
    assert population_around(path, 102.0, 26.7, 1000.0) is None


def test_cells_of_a_population_are_those_whose_centre_is_near(plane_raster: Path) -> None:
    population = population_around(plane_raster, 102.0, 26.7, 1000.0)
    assert population is not None
    assert population.people_night.sum() == pytest.approx(np.pi * 100, rel=0.02)  # pi km2, 100 people each
    assert population.people_night.sum() == len(population.lon)
    assert np.all(population.indoors_night > population.indoors_day)
    assert [row.standing for row in population.parameters] == ["recalled"] * 4


def test_share_without_value_is_told(tmp_path: Path) -> None:
    values = np.full((40, 40), 2.0)
    values[:20] = -9999
    path = write_raster(tmp_path / "half.tif", values, "EPSG:4490", Affine(0.01, 0, 101.8, 0, -0.01, 26.9))
    population = population_around(path, 102.0, 26.7, 5000.0)
    assert population is not None
    assert population.unknown_share == pytest.approx(0.5, abs=0.15)
    assert set(population.people_night) == {2.0}


def test_ground_beyond_the_edge_of_the_raster_has_no_value_either(tmp_path: Path) -> None:
    """By hand: the raster ends at the place, so half of the circle has nobody counted."""
    values = np.full((40, 40), 2.0)
    path = write_raster(tmp_path / "edge.tif", values, "EPSG:4490", Affine(0.001, 0, 102.0, 0, -0.001, 26.72))
    population = population_around(path, 102.0005, 26.7, 1500.0)
    assert population is not None
    assert population.unknown_share == pytest.approx(0.5, abs=0.03)
    assert population.people_night.sum() == pytest.approx(2.0 * len(population.lon))


@pytest.mark.parametrize("count", [count_around, population_around], ids=lambda count: count.__name__)
def test_less_than_nobody_is_refused_by_the_name_of_the_file(
    tmp_path: Path, plant: Polygon, count: Any
) -> None:
    values = np.ones((400, 400))
    values[160:164, 199:202] = -200.0
    path = write_raster(
        tmp_path / "people.tif", values, "EPSG:4543", Affine(100, 0, 480_000, 0, -100, 2_971_000)
    )
    place = (plant,) if count is count_around else (102.0, 26.7)
    with pytest.raises(RasterError, match=r"people\.tif: a cell has -200 people") as refused:
        count(path, *place, 1500.0)
    assert "people.tif" in refused.value.zh
