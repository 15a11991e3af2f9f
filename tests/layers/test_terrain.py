import shutil

import geopandas as gpd
import pytest
import shapely

from layers.samples import samples_folder
from layers.store import Store
from layers.terrain import stored_rasters


@pytest.fixture
def store(sqlite_template, tmp_path):
    file = shutil.copy(sqlite_template, tmp_path / "riskmap.db")
    with Store.open(f"sqlite:///{file}") as opened:
        yield opened


def put(store, *rows):
    frame = gpd.GeoDataFrame(
        [{"raster_kind": "elevation", "source": "survey", "cell_size_m": 30.0, **row} for row in rows],
        geometry=gpd.GeoSeries([shapely.box(102, 26, 103, 27)] * len(rows)),
        crs="EPSG:4490",
    )
    store.write("rasters", frame.rename_geometry("geom"))


def test_no_rasters(store):
    assert stored_rasters(store) == {}


def test_the_finest_that_is_there(store, tmp_path):
    coarse, fine = (tmp_path / name for name in ("coarse.tif", "fine.tif"))
    coarse.touch()
    fine.touch()
    put(
        store,
        {"id": "a", "path": str(coarse), "cell_size_m": 90.0},
        {"id": "b", "path": str(fine), "cell_size_m": 12.5},
        {"id": "c", "path": str(tmp_path / "gone.tif"), "cell_size_m": 1.0},
        {"id": "d", "path": str(coarse), "cell_size_m": None},
        {"id": "e", "path": None, "cell_size_m": 0.5},
    )
    assert stored_rasters(store, ["elevation", "population"]) == {"elevation": fine}


def test_samples_are_relative_to_their_folder(store):
    put(
        store,
        {"id": "real", "path": "elevation_5min.tif", "cell_size_m": 9250.0},
        {"id": "demo", "path": "elevation_3s.tif", "cell_size_m": 92.0, "source": "illustrative"},
    )
    found = stored_rasters(store, ["elevation"])
    assert found == {"elevation": samples_folder() / "illustrative" / "elevation_3s.tif"}
