"""What a pond's failure may reach, on a valley that falls evenly to the east: answers by hand, through every door."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import app
from geo.ellipsoid import CGCS2000
from layers.errors import NotAvailableError, NotFoundError
from layers.siting.ponds import screen_stored
from layers.store import Store
from tests.api.conftest import open_client

TOE = (102.702, 26.5)
POND: dict[str, Any] = {
    "id": "pond",
    "name": "示例库",
    "state": "new",
    "accuracy_m": 5.0,
    "capacity_m3": 8_000_000.0,
    "dam_height_m": 70.0,
    "method": "upstream",
    "design_grade": "III",
    "monitoring": ["beach_slope", "displacement", "phreatic_line", "pond_level"],
    "toe_point": {"type": "Point", "coordinates": list(TOE)},
    "geom": shapely.Point(102.70, 26.5),
}


def east(distance_m: float) -> shapely.Point:
    lon, lat, _ = CGCS2000.fwd(*TOE, 90.0, distance_m)
    return shapely.Point(lon, lat)


def write(store: Store, layer: str, *rows: dict[str, Any]) -> None:
    store.write(layer, gpd.GeoDataFrame(list(rows), geometry="geom", crs="EPSG:4490"))


@pytest.fixture
def filled(new_sqlite_url, tmp_path: Path) -> str:
    """Address of a store with a pond, a village 600 m and a town 3 km below it, and elevations of 6 km."""
    path, cell_deg = tmp_path / "elevation.tif", 0.0005
    heights = np.tile(np.linspace(2000.0, 1500.0, 120), (11, 1))
    heights += 10.0 * np.abs(np.arange(11) - 5)[:, None]  # a valley along the middle row
    profile = {"driver": "GTiff", "height": 11, "width": 120, "count": 1, "dtype": "float64"}
    transform = rasterio.Affine(cell_deg, 0.0, 102.7, 0.0, -cell_deg, 26.5 + 5.5 * cell_deg)
    with rasterio.open(path, "w", crs="EPSG:4490", transform=transform, **profile) as raster:
        raster.write(heights, 1)
    url: str = new_sqlite_url()
    with Store.open(url) as store:
        raster_row = {"id": "dem", "raster_kind": "elevation", "path": str(path), "source": "survey"}
        write(store, "rasters", {**raster_row, "geom": shapely.box(102.7, 26.49, 102.76, 26.51)})
        write(store, "tailings_ponds", POND)
        write(
            store,
            "settlements",
            {"id": "village", "name": "下村", "population": 120, "accuracy_m": 5.0, "geom": east(600.0)},
            {"id": "town", "name": "镇", "population": None, "accuracy_m": 5.0, "geom": east(3000.0)},
        )
        write(store, "proposals", {"id": "works", "kind": "smelter", "state": "new", "geom": east(0.0)})
    return url


def test_screening_of_a_new_pond(filled):
    with Store.open(filled) as store:
        found = screen_stored(store, "tailings_ponds", "pond")
    assert found["grade"] == {
        "design": "III",
        "by_capacity": "IV",
        "by_height": "III",
        "standing": "verified",
        "stated": "III",
    }
    missing = {asker: [item["item"] for item in items] for asker, items in found["monitoring"].items()}
    assert missing["gb_39496"] == ["basin_displacement"]
    assert missing["kunming"] == ["video"]
    ((target),) = found["overhead"]["targets"]
    assert (target["id"], found["overhead"]["limit_m"]) == ("village", 1000.0)
    assert target["mileage_m"] == pytest.approx(600.0, abs=60.0)  # over the centres of cells of 50 m
    run = found["run_out"]
    # By hand: Rico 0.354·8^1.01 = 2.891 hm³, 1.61·(70·2.891)^0.66 = 53.6 km;
    # Larrauri 0.332·8^0.95 = 2.394 hm³, 3.04·(70·2.394²/8)^0.545 = 25.7 km.
    assert [one["run_out_m"] for one in run["estimates"]] == pytest.approx([53_600.0, 25_700.0], rel=0.003)
    assert run["low_m"] == pytest.approx(2_570.0, rel=0.003)
    assert run["high_m"] == pytest.approx(536_000.0, rel=0.003)
    assert (run["scatter"], run["half_width_m"], run["reaches_end"]) == (10.0, 200.0, False)
    below = run["targets"]["settlements"]
    assert [(one["id"], one["zone"]) for one in below["features"]] == [
        ("village", "low"),
        ("town", "central"),
    ]
    assert below["people"]["population"] == {
        "low": {"known": 120, "unknown": 0},
        "central": {"known": 0, "unknown": 1},
        "high": {"known": 0, "unknown": 0},
    }
    assert found["needs"] == ["raster elevation"]


def test_what_is_missing_is_asked_for(filled):
    with Store.open(filled) as store:
        write(store, "tailings_ponds", {"id": "bare", "state": "new", "geom": east(0.0)})
        found = screen_stored(store, "tailings_ponds", "bare")
        with pytest.raises(NotAvailableError, match="smelter"):
            screen_stored(store, "proposals", "works")
        with pytest.raises(NotFoundError, match="settlements"):
            screen_stored(store, "settlements", "village")
    assert (found["grade"]["design"], found["overhead"], found["run_out"]) == (None, None, None)
    assert found["monitoring"] == {"gb_39496": None, "yunnan": None, "kunming": None}
    assert found["needs"] == [
        "subject.capacity_m3",
        "subject.dam_height_m",
        "subject.toe_point",
        "subject.monitoring",
        "subject.method",
    ]


def test_who_lies_below_is_told_whatever_the_pond_holds(filled):
    with Store.open(filled) as store:
        small = POND | {"id": "small", "capacity_m3": 3_000.0, "dam_height_m": 2.0}
        unknown = POND | {"id": "unknown", "capacity_m3": None}
        write(store, "tailings_ponds", small, unknown)
        found = {id: screen_stored(store, "tailings_ponds", id) for id in ("small", "unknown")}
    # By hand: Larrauri 0.332·0.003^0.95 = 0.00133 hm³, 3.04·(2·0.00133²/0.003)^0.545 = 0.077 km, times 10.
    assert found["small"]["run_out"]["high_m"] == pytest.approx(771.0, rel=0.01)
    assert found["small"]["needs"] == []
    assert found["unknown"]["run_out"] is None
    assert found["unknown"]["needs"] == ["subject.capacity_m3"]
    for one in found.values():
        assert [target["id"] for target in one["overhead"]["targets"]] == ["village"]


def test_what_may_count_is_marked_and_ids_are_those_of_a_layer(filled):
    with Store.open(filled) as store:
        write(store, "settlements", {"id": "pond", "name": "库下村", "accuracy_m": 5.0, "geom": east(800.0)})
        write(
            store,
            "buildings",
            {"id": "unknown", "households": None, "geom": east(700.0)},
            {"id": "shed", "households": 0, "geom": east(700.0)},
        )
        found = screen_stored(store, "tailings_ponds", "pond")
    targets = [(one["layer"], one["id"], one["certain"]) for one in found["overhead"]["targets"]]
    assert targets == [
        ("settlements", "village", True),
        ("buildings", "unknown", False),
        ("settlements", "pond", True),
    ]
    below = found["run_out"]["targets"]
    assert [one["id"] for one in below["settlements"]["features"]] == ["village", "pond", "town"]
    assert "tailings_ponds" not in below


def test_doors_answer_alike(filled, tmp_path, monkeypatch):
    with Store.open(filled) as store:
        wanted = screen_stored(store, "tailings_ponds", "pond")
    properties = {name: value for name, value in POND.items() if name != "geom"} | {"kind": "tailings_pond"}
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(POND["geom"]),
    }
    plots = {"type": "FeatureCollection", "features": [feature]}
    client: TestClient
    with open_client(filled) as client:
        assert client.get("/api/v1/ponds/pond").json() == json.loads(json.dumps(wanted))
        (sent,) = client.post("/api/v1/ponds", json=plots).json()["ponds"]
        assert client.get("/api/v1/ponds/nobody").status_code == 404
        shapes = client.get("/openapi.json").json()["components"]["schemas"]
        assert set(wanted) == set(shapes["PondResult"]["properties"])
    assert (sent["layer"], sent["run_out"]["estimates"]) == ("proposals", wanted["run_out"]["estimates"])
    monkeypatch.setenv("RISKMAP_DATABASE_URL", filled)
    file = tmp_path / "plots.geojson"
    file.write_text(json.dumps(plots), encoding="utf-8")
    for asked in ("pond", str(file)):
        table = CliRunner().invoke(app, ["--lang", "zh", "ponds", asked], env={"COLUMNS": "160"})
        assert table.exit_code == 0, table.output
        assert "下村" in table.output
        assert "±200 m" in table.output
    answer = CliRunner().invoke(app, ["ponds", "pond", "--format", "json"])
    assert json.loads(answer.output) == {"ponds": [json.loads(json.dumps(wanted))]}
