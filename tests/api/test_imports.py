"""Imports and exports over HTTP."""

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest

from api.queries import parse_pairs
from api.routes.imports import safe_name
from layers.errors import FeatureError, FormatError
from tests.api.conftest import open_client, wait_for

CSV = (
    "编号,名称,经度,纬度,状态,库容(万m³)\n"
    "t1,甲库,103.1,26.1,new,12\n"
    "t2,乙库,103.2,99,new,3\n"
    "t3,丙库,103.3,26.3,sleeping,3\n"
)
IMPORTS = "/api/v1/imports"


def upload(client: Any, name: str, content: bytes | str, **form: Any) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return client.post(IMPORTS, files={"file": (name, body)}, data={"layer": "tailings_ponds", **form})


def test_import_reports_every_row_and_offers_the_rejected_ones(client: Any) -> None:
    started = upload(client, "尾矿库.csv", CSV, crs="EPSG:4490", accuracy_m="5")
    assert started.status_code == 202
    status = wait_for(client, started.json())
    assert status["state"] == "done", status
    report = status["result"]
    assert (report["rows_read"], report["accepted"], report["inserted"]) == (3, 1, 1)
    assert {rejection["row"] for rejection in report["rejected"]} == {3, 4}
    assert all(rejection["reason_zh"] for rejection in report["rejected"])

    (file,) = status["files"]
    sheet = client.get(file["href"])
    assert "rejected_rows.xlsx" in sheet.headers["content-disposition"]
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).active.values)
    assert len(rows) == 3

    stored = client.get("/api/v1/layers/tailings_ponds/features").json()["features"]
    assert [(pond["id"], pond["properties"]["capacity_m3"]) for pond in stored] == [("t1", 120_000.0)]


def test_dry_run_and_strict_write_nothing(sqlite_client: Any) -> None:
    for option in ("dry_run", "strict"):
        status = wait_for(
            sqlite_client, upload(sqlite_client, "a.csv", CSV, crs="EPSG:4490", **{option: "true"}).json()
        )
        assert status["state"] == "done"
        assert status["result"]["inserted"] == 0
    assert sqlite_client.get("/api/v1/layers/tailings_ponds/features").json()["number_matched"] == 0


def test_import_without_coordinate_system_fails_with_reason(sqlite_client: Any) -> None:
    status = wait_for(sqlite_client, upload(sqlite_client, "a.csv", CSV).json())
    assert status["state"] == "failed"
    assert status["error"]["type"] == "CrsError"
    assert "坐标系" in status["error"]["message_zh"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"layer": "moons"}, 404),
        ({"map": "name"}, 422),
        ({"set": ["state=new", "state=closed"]}, 422),
        ({"accuracy_m": "-1"}, 422),
        ({"accuracy_m": "nan"}, 422),
        ({"dry_run": "perhaps"}, 422),
    ],
)
def test_import_with_wrong_options_starts_no_job(
    sqlite_client: Any, form: dict[str, Any], status: int
) -> None:
    assert upload(sqlite_client, "a.csv", CSV, **form).status_code == status
    assert sqlite_client.get("/api/v1/jobs").json() == {"jobs": []}


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "/etc/cron.d/evil.csv", "..\\..\\evil.csv", "C:\\evil.csv"]
)
def test_upload_cannot_leave_its_folder(sqlite_client: Any, name: str) -> None:
    status = wait_for(sqlite_client, upload(sqlite_client, name, CSV, crs="EPSG:4490").json())
    assert status["result"]["file"] == "evil.csv"


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/..", "\x00", "...", "x" * 300])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(FormatError):
        safe_name(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", "a.csv"), (".hidden", "hidden"), ("尾矿库 1.xlsx", "尾矿库 1.xlsx"), ("a\nb.csv", "ab.csv")],
)
def test_safe_name_keeps_what_is_fit(name: str, expected: str) -> None:
    assert safe_name(name) == expected


def test_upload_beyond_the_limit_is_refused_and_leaves_nothing(
    new_sqlite_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with open_client(new_sqlite_url(), upload_limit_mb=1) as client:
        assert upload(client, "a.csv", b"\0" * 1_100_000).status_code == 413
        left = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".csv"]
        assert left == []
        accepted = upload(client, "a.csv", CSV + " " * 500_000, crs="EPSG:4490")
        assert accepted.status_code == 202
    assert [path for path in tmp_path.iterdir() if path.name.startswith("riskmap-jobs")] == []


def test_older_datum_needs_its_parameters(sqlite_client: Any) -> None:
    text = "id,lon,lat\nt1,103.1,26.1\n"
    refused = wait_for(sqlite_client, upload(sqlite_client, "a.csv", text, crs="EPSG:4214").json())
    assert (refused["state"], refused["error"]["type"]) == ("failed", "CrsError")
    options = {"crs": "EPSG:4214", "helmert": "15.8,-154.4,-82.3,0,0,0,0,10", "accuracy_m": "5"}
    taken = wait_for(sqlite_client, upload(sqlite_client, "a.csv", text, **options).json())
    assert taken["result"]["accepted"] == 1, taken
    (pond,) = sqlite_client.get("/api/v1/layers/tailings_ponds/features").json()["features"]
    assert pond["properties"]["accuracy_m"] == 15.0
    assert upload(sqlite_client, "a.csv", text, crs="EPSG:4214", helmert="1,2,3").status_code == 422


def test_drawing_is_placed_by_control_points(sqlite_client: Any) -> None:
    drawing = "x,y,id\n0,0,t1\n"
    points = "x,y,easting,northing\n0,0,500000,2877000\n100,0,500100,2877000\n"
    form = {"layer": "tailings_ponds", "crs": "EPSG:4543"}
    files = [("file", ("a.csv", drawing.encode())), ("control_points", ("p.csv", points.encode()))]
    status = wait_for(sqlite_client, sqlite_client.post(IMPORTS, files=files, data=form).json())
    assert status["result"]["accepted"] == 1, status
    (pond,) = sqlite_client.get("/api/v1/layers/tailings_ponds/features").json()["features"]
    # The central meridian of EPSG:4543 is 102 E; 2,877 km of meridian arc are 26.0 N.
    assert pond["geometry"]["coordinates"] == pytest.approx([102.0, 26.0], abs=0.005)


def test_several_files_to_import_are_refused(sqlite_client: Any) -> None:
    files = [("file", ("a.csv", b"x")), ("file", ("b.csv", b"y"))]
    answer = sqlite_client.post(IMPORTS, files=files, data={"layer": "rivers"})
    assert answer.status_code == 422
    assert "a.csv, b.csv" in answer.json()["error"]["message"]
    many = [("file", (f"{n}.csv", b"x")) for n in range(20)]
    assert sqlite_client.post(IMPORTS, files=many, data={"layer": "rivers"}).status_code == 400
    assert sqlite_client.post(IMPORTS, data={"layer": "rivers"}).status_code == 422


def test_pairs_keep_what_stands_behind_the_first_equals_sign() -> None:
    assert parse_pairs(["name=a=b", " state =new"]) == {"name": "a=b", "state": "new"}
    with pytest.raises(FeatureError):
        parse_pairs(["=x"])


@pytest.mark.parametrize(
    "extension", ["csv", "geojson", "gpkg", "kml", "kmz", "parquet", "xlsx", "zip", "shp"]
)
def test_layer_downloads_in_every_format(filled: str, extension: str) -> None:
    with open_client(filled) as client:
        answer = client.get(f"/api/v1/exports/tailings_ponds.{extension}?state=new")
    assert answer.status_code == 200, answer.text
    name = f"tailings_ponds.{'zip' if extension == 'shp' else extension}"
    assert f'filename="{name}"' in answer.headers["content-disposition"]
    assert len(answer.content) > 100
    if extension == "geojson":
        assert [feature["properties"]["id"] for feature in answer.json()["features"]] == ["p1"]
    if extension == "shp":
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_download_leaves_no_file_behind(
    new_sqlite_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with open_client(new_sqlite_url()) as client:
        assert client.get("/api/v1/exports/rivers.csv").status_code == 200
        assert client.get("/api/v1/exports/rivers.docx").status_code == 422
        assert client.get("/api/v1/exports/rivers.geojson?headers=zh").status_code == 422
        assert not [name for name in os.listdir(tmp_path) if name.startswith("riskmap-export")]


def test_export_job_holds_the_file_and_comes_back_unchanged(filled_client: Any, tmp_path: Path) -> None:
    wanted = {"layer": "tailings_ponds", "format": "gpkg", "where": {"state": ["new", "in_service"]}}
    status = wait_for(filled_client, filled_client.post("/api/v1/exports", json=wanted).json())
    assert status["state"] == "done", status
    assert status["result"]["rows"] == 2
    (file,) = status["files"]
    path = tmp_path / file["name"]
    path.write_bytes(filled_client.get(file["href"]).content)
    assert path.stat().st_size == file["size_bytes"]
    assert gpd.read_file(path)["id"].tolist() == ["p1", "p2"]

    again = wait_for(filled_client, upload(filled_client, file["name"], path.read_bytes()).json())
    assert again["result"]["accepted"] == 2, json.dumps(again, ensure_ascii=False)


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"layer": "moons"}, 404),
        ({"format": "docx"}, 422),
        ({"where": {"colour": "red"}}, 422),
        ({"where": {"capacity_m3": "much"}}, 422),
        ({"where": {"extra": {"a": 1}}}, 422),
        ({"at": "2026-01-01T00:00:00"}, 422),
        ({"bbox": [1, 2, 3]}, 422),
        ({"bbox": [104, 26, 103, 27]}, 422),
        ({"headers": "fr"}, 422),
    ],
    ids=str,
)
def test_export_of_something_else_starts_no_job(
    sqlite_client: Any, wanted: dict[str, Any], status: int
) -> None:
    body = {"layer": "tailings_ponds", "format": "csv", **wanted}
    assert sqlite_client.post("/api/v1/exports", json=body).status_code == status
    assert sqlite_client.get("/api/v1/jobs").json() == {"jobs": []}


def test_files_of_a_job_are_only_its_own(filled_client: Any) -> None:
    wanted = {"layer": "tailings_ponds", "format": "csv"}
    status = wait_for(filled_client, filled_client.post("/api/v1/exports", json=wanted).json())
    base = f"/api/v1/jobs/{status['id']}/files"
    for name in ("..%2f..%2fetc%2fpasswd", "%2e%2e", "other.csv", "..%2ffiles%2ftailings_ponds.csv"):
        assert filled_client.get(f"{base}/{name}").status_code == 404
