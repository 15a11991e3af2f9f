"""Who lies in the fans of stored gullies, on both databases."""

import json
from typing import Any

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from api.cli import app
from geo.ellipsoid import CGCS2000
from layers.siting.debris_fans import find_fans
from layers.store import Store
from tests.api.conftest import open_client

GULLY: dict[str, Any] = {
    "name": "示例沟",
    "geohazard_kind": "debris_flow",
    "catchment_km2": 5.0,
    "loose_material_m3": 10_000.0,
    "channel_length_m": 100.0,
    "relief_m": 15.0,
    "mouth_point": {"type": "Point", "coordinates": [102.7, 26.5]},
    "fan_azimuth_deg": 90.0,
}


def _east(distance_m: float) -> shapely.Point:
    lon, lat, _ = CGCS2000.fwd(102.7, 26.5, 90.0, distance_m)
    return shapely.Point(lon, lat)


def _write(store: Store, layer: str, *rows: dict[str, Any]) -> None:
    store.write(layer, gpd.GeoDataFrame(list(rows), geometry="geom", crs="EPSG:4490"))


@pytest.fixture
def filled(store: Store) -> Store:
    line = shapely.LineString([(102.69, 26.5), (102.7, 26.5)])
    lacking = {**GULLY, "id": "gully-2", "name": None, "relief_m": None, "geom": line}
    too_long = {**GULLY, "id": "gully-3", "channel_length_m": 50_000.0, "geom": line}
    slide = {**GULLY, "id": "slide", "geohazard_kind": "landslide", "geom": line}
    _write(store, "geohazards", {**GULLY, "id": "gully-1", "geom": line}, lacking, too_long, slide)
    _write(
        store,
        "buildings",
        {"id": "inside", "name": "甲", "people_day": 12, "people_night": 30, "geom": _east(400.0)},
        {"id": "at the edge", "name": None, "people_day": None, "people_night": 4, "geom": _east(813.0)},
        {"id": "outside", "name": "乙", "people_day": 500, "people_night": 500, "geom": _east(815.0)},
    )
    _write(store, "roads", {"id": "road", "geom": shapely.LineString([(102.704, 26.4), (102.704, 26.6)])})
    return store


def test_people_and_features_in_each_fan(filled: Store) -> None:
    known, lacking, too_long = find_fans(filled)
    assert [fan["id"] for fan in (known, lacking, too_long)] == ["gully-1", "gully-2", "gully-3"]
    assert known["fan"] == {"length_m": 813.6, "width_m": 545.6, "angle_deg": 47.8, "area_m2": 240035.8}
    assert known["standing"] == "recalled"
    assert known["targets"]["buildings"] == {
        "ids": ["at the edge", "inside"],
        "names": [None, "甲"],
        "people_day": {"known": 12, "unknown": 1},
        "people_night": {"known": 34, "unknown": 0},
    }
    assert known["targets"]["roads"]["ids"] == ["road"]
    assert set(known["targets"]) == {"buildings", "roads"}
    assert (lacking["fan"], lacking["needs"], lacking["targets"]) == (None, ["relief_m"], {})
    assert too_long["fan"] is None
    assert "DZ/T 0220" in too_long["problem"]["en"]


def test_no_gullies_no_fans(store: Store) -> None:
    assert find_fans(store) == []


def test_command_shows_them(filled: Store, store_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", store_url)
    out = tmp_path / "fans.json"
    shown = CliRunner().invoke(app, ["--lang", "zh", "fans", "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    assert "12+ / 34" in shown.output
    said = CliRunner().invoke(app, ["fans", "--format", "json"])
    assert json.loads(said.stdout) == json.loads(out.read_text(encoding="utf-8"))
    assert json.loads(said.stdout)["fans"][0]["outline"]["type"] == "Polygon"


def test_interface_tells_them(filled: Store, store_url: str) -> None:
    wanted = json.loads(json.dumps(find_fans(filled)))
    with open_client(store_url) as client:
        assert client.get("/api/v1/fans").json() == {"fans": wanted}
        assert client.get("/api/v1/fans", params={"gully": ["gully-2"]}).json() == {"fans": [wanted[1]]}
        assert client.get("/api/v1/fans", params={"gully": "slide"}).json() == {"fans": []}
        shapes = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(wanted[0]) == set(shapes["GullyOut"]["properties"])
