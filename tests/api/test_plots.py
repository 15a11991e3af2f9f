"""Reading the plots of a file: what comes back can be drawn, completed and checked."""

import json
from io import BytesIO
from zipfile import ZipFile

import ezdxf
import geopandas as gpd
import pytest
import shapely
from pyproj import Transformer

WGS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


def send(client, name: str, content: bytes, **reading: str):
    return client.post("/api/v1/plots", files={"file": (name, content)}, data=reading)


def test_plots_of_a_file_come_back_in_cgcs2000_with_their_attributes(sqlite_client):
    text = "编号,名称,类别,建设性质,经度,纬度\nP1,=cmd|' /C calc'!A0,尾矿库,新建,103.0,26.5\nP2,二,油库,,103.1,26.6\n"
    answer = send(sqlite_client, "plots.csv", text.encode("gbk"), crs="EPSG:4490", accuracy_m="5")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::4490"
    first, second = body["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [103.0, 26.5]}
    assert first["properties"]["name"] == "=cmd|' /C calc'!A0"
    assert (first["properties"]["kind"], first["properties"]["state"]) == ("tailings_pond", "new")
    assert second["properties"]["state"] is None
    assert second["properties"]["accuracy_m"] == 5.0


def test_a_zipped_shapefile_with_chinese_names_is_read(sqlite_client, tmp_path):
    plot = shapely.box(500_000, 2_930_000, 500_100, 2_930_100)
    frame = gpd.GeoDataFrame({"名称": ["矿业一厂"]}, geometry=[plot], crs="EPSG:4543")
    frame.to_file(tmp_path / "plots.shp", encoding="gbk")
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for path in sorted(tmp_path.glob("plots.*")):
            archive.write(path, path.name)
    (feature,) = send(sqlite_client, "plots.zip", buffer.getvalue()).json()["features"]
    assert feature["properties"]["name"] == "矿业一厂"
    # EPSG:4543 has its meridian at 102° E and a false easting of 500 km.
    assert abs(min(x for x, _ in feature["geometry"]["coordinates"][0]) - 102.0) < 1e-9


def test_rows_that_cannot_be_read_are_named_beside_the_others(sqlite_client):
    text = "编号,经度,纬度\nP1,103.0,26.5\nP2,103.0,96.5\n"
    body = send(sqlite_client, "plots.csv", text.encode(), crs="EPSG:4490").json()
    assert [feature["id"] for feature in body["features"]] == ["P1"]
    assert body["rejected"][0]["row"] == 3
    assert body["rejected"][0]["reason_zh"]


def test_a_file_without_a_plot_or_too_many_is_refused_in_both_languages(sqlite_client):
    none = send(sqlite_client, "plots.csv", b"id,lon,lat\nP1,103.0,96.5\n", crs="EPSG:4490")
    rows = "".join(f"P{i},103.0,26.5\n" for i in range(201))
    many = send(sqlite_client, "plots.csv", f"id,lon,lat\n{rows}".encode(), crs="EPSG:4490")
    for answer in (none, many, send(sqlite_client, "plots.txt", b"nothing")):
        assert answer.status_code == 422
        assert answer.json()["error"]["message_zh"]
    assert "201" in many.json()["error"]["message"]


def test_nothing_is_stored(sqlite_client):
    plot = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [103.0, 26.5]}}
    collection = {"type": "FeatureCollection", "crs": WGS84, "features": [plot]}
    answer = send(sqlite_client, "plots.geojson", json.dumps(collection).encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["features"][0]["properties"]["accuracy_m"] is None
    assert sqlite_client.get("/api/v1/layers/proposals/features").json()["number_matched"] == 0


def test_a_drawing_without_a_system_is_placed_by_two_control_points(sqlite_client, tmp_path):
    drawing = ezdxf.new()
    drawing.modelspace().add_point((100.0, 50.0))
    path = tmp_path / "site.dxf"
    drawing.saveas(path)
    # The drawing is turned by a right angle: x runs north, y west; 100 m along x and 50 m along y from the first point.
    points = "0 0 500000 2930000\n200, 0, 500000, 2930200"
    answer = send(sqlite_client, "site.dxf", path.read_bytes(), crs="EPSG:4543", control_points=points)
    assert answer.status_code == 200, answer.text
    (feature,) = answer.json()["features"]
    to_degrees = Transformer.from_crs("EPSG:4543", "EPSG:4490", always_xy=True)
    assert feature["geometry"]["coordinates"] == pytest.approx(
        to_degrees.transform(499_950.0, 2_930_100.0), abs=1e-8
    )
    assert any("控制点" in note for note in answer.json()["notes_zh"])
    wrong = send(sqlite_client, "site.dxf", path.read_bytes(), crs="EPSG:4543", control_points="0 0 500000")
    assert wrong.status_code == 422
    assert "第 1 行控制点" in wrong.json()["error"]["message_zh"]
