import json
import shutil

import geopandas as gpd
import pytest
import shapely

from layers.errors import FeatureError, NotFoundError
from layers.exchange.importing import import_file
from layers.exchange.single_features import patch_feature, put_feature
from layers.samples import samples_folder
from layers.siting import checks
from layers.store import Store
from layers.terrain import check_raster_path, locate_raster, stored_rasters


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


def test_flow_paths_are_loaded_where_elevations_are_stored(store, tmp_path, monkeypatch):
    drained = []
    monkeypatch.setattr(checks, "drain", lambda *given: drained.append(given))
    checks.load_flow_paths(store)
    assert drained == []
    (tmp_path / "heights.tif").touch()
    put(store, {"id": "r", "path": str(tmp_path / "heights.tif")})
    checks.load_flow_paths(store)
    assert len(drained) == 1


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


@pytest.fixture
def guarded(sqlite_template, tmp_path):
    """A store that takes rasters from one folder only."""
    file = shutil.copy(sqlite_template, tmp_path / "guarded.db")
    (tmp_path / "rasters").mkdir()
    with Store.open(f"sqlite:///{file}", [tmp_path / "rasters"]) as opened:
        yield opened


def elsewhere(tmp_path):
    """Ways to name a file that is not in the folder."""
    secret = tmp_path / "secret.tif"
    secret.touch()
    link = tmp_path / "rasters" / "link.tif"
    link.symlink_to(secret)
    folder = tmp_path / "rasters" / "folder"
    folder.symlink_to(tmp_path)
    loop = tmp_path / "rasters" / "loop.tif"
    loop.symlink_to(loop)
    inside = tmp_path / "rasters"
    return [
        str(secret),
        str(link),
        str(folder / "secret.tif"),
        str(inside / ".." / "secret.tif"),
        str(tmp_path / "rasters-too" / "a.tif"),
        "../../../../../../../../../etc/passwd",
        "/etc/passwd",
        str(loop),
        "a\0b.tif",
    ]


def test_files_elsewhere_are_neither_taken_nor_read(guarded, tmp_path):
    for number, path in enumerate(elsewhere(tmp_path)):
        with pytest.raises(FeatureError, match="outside the folders for rasters") as refused:
            check_raster_path(guarded, path, "survey")
        assert "RISKMAP_RASTER_FOLDER" in refused.value.zh
        with pytest.raises(FeatureError, match="outside the folders"):
            locate_raster(guarded, path, "survey")
        if "\0" not in path:
            # It may have come before there was a folder, or by another program.
            put(guarded, {"id": f"wrong-{number}", "path": path})
    assert stored_rasters(guarded) == {}
    own = tmp_path / "rasters" / "own.tif"
    own.touch()
    put(guarded, {"id": "own", "path": str(own)})
    put(guarded, {"id": "demo", "path": "elevation_3s.tif", "source": "illustrative", "cell_size_m": 92.0})
    assert stored_rasters(guarded) == {"elevation": own}
    check_raster_path(guarded, str(tmp_path / "rasters" / "to-come.tif"), "survey")
    check_raster_path(guarded, None, "survey")


def test_missing_files_and_names_are_told_apart(guarded, tmp_path):
    with pytest.raises(NotFoundError, match="names no file"):
        locate_raster(guarded, None, "survey")
    with pytest.raises(NotFoundError, match=r"gone\.tif is not there"):
        locate_raster(guarded, str(tmp_path / "rasters" / "gone.tif"), "survey")


def test_doors_refuse_rasters_elsewhere(guarded, tmp_path):
    feature = {
        "type": "Feature",
        "id": "dem",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[102, 26], [103, 26], [103, 27], [102, 27], [102, 26]]],
        },
        "properties": {"raster_kind": "elevation", "path": "/etc/passwd", "source": "survey"},
    }
    with pytest.raises(FeatureError, match="/etc/passwd lies outside"):
        put_feature(guarded, "rasters", feature, expected_version=None)
    feature["properties"]["path"] = str(tmp_path / "rasters" / "dem.tif")
    put_feature(guarded, "rasters", feature, expected_version=None)
    with pytest.raises(FeatureError, match="/etc/passwd lies outside"):
        patch_feature(guarded, "rasters", "dem", {"properties": {"path": "/etc/passwd"}}, expected_version=1)
    patch_feature(guarded, "rasters", "dem", {"properties": {"name": "DEM"}}, expected_version=1)

    rows = [feature | {"id": "ok"}, feature | {"id": "no"}]
    rows[1]["properties"] = {**feature["properties"], "path": "../../../etc/passwd"}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    file = tmp_path / "rasters.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": rows}))
    report = import_file(guarded, file, "rasters")
    (rejection,) = report.rejected
    assert (rejection.row, rejection.column, rejection.value) == (2, "path", "../../../etc/passwd")
    assert report.inserted == 1
