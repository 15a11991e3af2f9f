"""Nearest features of a file's rows: geodesic figures from an independent library, order, missing rows."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geographiclib.geodesic import Geodesic

from geo.errors import CrsError
from layers.documents.tables import write_table
from layers.errors import FeatureError, FormatError, NotAvailableError, UnknownFieldError
from layers.nearby.nearest import NEAREST_COLUMNS, find_nearest
from layers.store import Store

CGCS2000 = Geodesic(6_378_137.0, 1 / 298.257222101)
TARGETS = {"a": (103.0, 26.0), "b": (103.5, 26.0)}


@pytest.fixture
def filled(store: Store) -> Store:
    shapes = [*(shapely.Point(place) for place in TARGETS.values()), shapely.box(104.0, 26.0, 104.1, 26.1)]
    data = {"id": [*TARGETS, "area"], "kind": ["mine", "smelter", "smelter"], "geom": shapes}
    store.write("enterprises", gpd.GeoDataFrame(data, geometry="geom", crs="EPSG:4490"))
    return store


def write_csv(folder: Path, text: str) -> Path:
    path = folder / "points.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("header", ["编号,经度,纬度", "id,lon,lat"])
def test_nearest_in_input_order_with_exact_distance(filled: Store, tmp_path: Path, header: str) -> None:
    path = write_csv(tmp_path, f"{header}\nz,103.4,26.1\ny,103.01,26.02\nx,104.05,26.05\n")
    frame = find_nearest(filled, path, "enterprises", crs="EPSG:4490")
    assert list(frame.columns) == [*NEAREST_COLUMNS, "geometry"]
    assert frame["id"].tolist() == ["z", "y", "x"]
    assert frame["target_id"].tolist() == ["b", "a", "area"]
    for row, target in ((0, "b"), (1, "a")):
        lon, lat = TARGETS[target]
        start = frame.loc[row, ["from_lat", "from_lon"]].astype(float)
        expected_m = CGCS2000.Inverse(*start, lat, lon)["s12"]
        assert frame.loc[row, "distance_m"] == pytest.approx(expected_m, abs=5e-4)
        assert frame.loc[row, ["to_lon", "to_lat"]].tolist() == pytest.approx([lon, lat], abs=1e-9)
    assert frame["inside"].tolist() == [False, False, True]
    assert frame.loc[2, "distance_m"] == 0


def test_nearest_within_leaves_far_rows_empty(filled: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,lon,lat\nnear,103.001,26\nfar,103.25,26\n")
    frame = find_nearest(filled, path, "enterprises", crs="EPSG:4490", within_m=200.0)
    assert frame["target_id"].tolist() == ["a", None]
    assert np.isnan(frame.loc[1, "distance_m"])
    assert frame["inside"].tolist() == [False, False]
    assert frame.geometry[1] is None


def test_nearest_keeps_rows_without_position(filled: Store, tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "id": "n", "geometry": None, "properties": {}},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [103, 26]}, "properties": {"q": 1}},
    ]
    path = tmp_path / "rows.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    frame = find_nearest(filled, path, "enterprises", crs="EPSG:4490")
    assert frame["id"].tolist() == ["n", "2"]
    assert frame["target_id"].tolist() == [None, "a"]
    assert frame["inside"].isna().tolist() == [True, False]


def test_nearest_where_chooses_targets(filled: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,lon,lat\np,103,26\n")
    frame = find_nearest(filled, path, "enterprises", crs="EPSG:4490", where={"kind": "smelter"})
    assert frame["target_id"].tolist() == ["b"]
    with pytest.raises(NotAvailableError, match="kind=quarry"):
        find_nearest(filled, path, "enterprises", crs="EPSG:4490", where={"kind": "quarry"})
    with pytest.raises(UnknownFieldError):
        find_nearest(filled, path, "enterprises", crs="EPSG:4490", where={"colour": "red"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,lon,lat\na,103,26\nb,26,103\n", "row 3"),
        ("id,lon,lat\na,2.5,48.9\n", "row 2"),
        ('id,wkt\na,"POLYGON ((103 26, 104 27, 104 26, 103 27, 103 26))"\n', "row 2"),
    ],
    ids=["swapped", "paris", "crossing"],
)
def test_nearest_refuses_wrong_rows_and_names_them(
    filled: Store, tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(FeatureError, match=words):
        find_nearest(filled, write_csv(tmp_path, text), "enterprises", crs="EPSG:4490")


def test_nearest_of_a_table_without_positions_is_refused(filled: Store, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no geometry"):
        find_nearest(filled, write_csv(tmp_path, "id,name\na,b\n"), "enterprises", crs="EPSG:4490")


def test_nearest_needs_a_coordinate_system_and_targets(filled: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,lon,lat\np,103,26\n")
    with pytest.raises(CrsError):
        find_nearest(filled, path, "enterprises")
    with pytest.raises(NotAvailableError, match="rivers"):
        find_nearest(filled, path, "rivers", crs="EPSG:4490")


def test_nearest_of_shifted_coordinates_is_that_of_the_true_place(filled: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,lon,lat\np,103.2,26.05\n")
    plain = find_nearest(filled, path, "enterprises", crs="EPSG:4490")
    shifted = find_nearest(filled, path, "enterprises", crs="GCJ-02")
    moved_m = abs(plain.loc[0, "distance_m"] - shifted.loc[0, "distance_m"])
    assert 10 < moved_m < 1000


@pytest.mark.parametrize("suffix", ["csv", "parquet", "gpkg", "geojson"])
def test_nearest_files_keep_order_and_missing_values(filled: Store, tmp_path: Path, suffix: str) -> None:
    path = write_csv(tmp_path, "id,lon,lat\nz,103.001,26\na,103.25,26\n")
    frame = find_nearest(filled, path, "enterprises", crs="EPSG:4490", within_m=200.0)
    out = tmp_path / f"out.{suffix}"
    write_table(frame, out)
    read: Any = {"csv": pd.read_csv, "parquet": pd.read_parquet}.get(suffix, gpd.read_file)(out)
    assert [name for name in read.columns if name != "geometry"] == list(NEAREST_COLUMNS)
    assert read["id"].tolist() == ["z", "a"]
    assert read["target_id"].isna().tolist() == [False, True]
    assert read["distance_m"].isna().tolist() == [False, True]
