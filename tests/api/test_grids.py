"""Grids over HTTP and on the command line: metrics, jobs, cells by zoom, explanations, comparison."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from typer.testing import CliRunner

from api.cli import app
from geo.text import say_number
from layers.store import Store
from tests.api.conftest import wait_for


@pytest.fixture
def targets(store_url: str) -> str:
    """Address of a database with two protection targets in one cell and one elsewhere."""
    points = [shapely.Point(103.0, 26.0), shapely.Point(103.0, 26.0), shapely.Point(103.2, 26.0)]
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "name": ["学校", "医院", "商场"], "source": "t", "geom": points},
        geometry="geom",
        crs="EPSG:4490",
    )
    with Store.open(store_url) as store:
        store.write("protection_targets", frame)
    return store_url


def compute(client: Any, **wanted: Any) -> dict[str, Any]:
    status = wait_for(
        client, client.post("/api/v1/grids", json={"metric": "protection_targets", **wanted}).json()
    )
    assert status["state"] == "done", status
    result: dict[str, Any] = status["result"]
    return result


def test_grids_of_several_resolutions_are_explained_and_compared(targets: str, client: Any) -> None:
    metrics = {one["name"]: one for one in client.get("/api/v1/grids/metrics").json()["metrics"]}
    assert metrics["hazard_load"]["label"]["en"] == "Load of major hazards"
    result = compute(client, coarsest=5, resolution=7)
    assert len(result["runs"]) == 3
    url = f"/api/v1/grids/{result['pyramid']}"
    assert [client.get(f"{url}/cells?zoom={zoom}").json()["resolution"] for zoom in (2, 9, 10)] == [5, 6, 7]
    answer = client.get(f"{url}/cells?bbox=102.95,25.95,103.25,26.05&empty=true").json()
    assert answer["number_matched"] == 2
    states = {cell["state"] for cell in answer["empty"]}
    # The rectangle round the targets is a line: nothing beside it is known to be empty.
    assert "missing" in states
    (dense,) = (cell for cell in answer["cells"] if cell["mass"] == 2.0)
    told = client.get(f"{url}/cells/{dense['h3_hex']}").json()
    assert [one["name"] for one in told["objects"]] == ["学校", "医院"]
    assert sum(one["mass"] for one in told["objects"]) == told["mass"] == 2.0
    other = compute(client, resolution=7, date="2099-01-01")
    changes = client.get(f"/api/v1/grids/diff?a={result['run']}&b={other['run']}").json()["cells"]
    assert [change["mass"] for change in changes] == [0.0, 0.0]
    file = client.get(f"/api/v1/grids/diff.csv?a={result['run']}&b={other['run']}").text.splitlines()
    assert (len(file), file[0].split(",")[1]) == (3, "h3_hex")
    assert len(client.get("/api/v1/grids?metric=population").json()["grids"]) == 0
    dropped = client.delete(f"/api/v1/grids/{result['pyramid']}").json()["runs"]
    assert sorted(dropped) == sorted(result["runs"])
    assert [grid["id"] for grid in client.get("/api/v1/grids").json()["grids"]] == [other["run"]]
    assert client.delete("/api/v1/grids/none").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"metric": "happiness"}, 404),
        ({"resolution": 16}, 422),
        ({"resolution": 5, "coarsest": 7}, 422),
        ({"bandwidth_m": -1}, 422),
        ({"area": "1,2,3"}, 422),
        ({"area": "鼓楼区"}, 422),
        ({"area": "无此地"}, 404),
        ({"date": "someday"}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_bad_wishes_are_refused_before_a_job_starts(
    sqlite_client: Any, wanted: dict[str, Any], status: int
) -> None:
    assert sqlite_client.post("/api/v1/grids", json=wanted).status_code == status


def test_size_is_told_before_anything_is_computed(targets: str, client: Any) -> None:
    def estimate(**wanted: Any) -> Any:
        return client.post("/api/v1/grids/estimate", json={"metric": "protection_targets", **wanted})

    told = estimate(resolution=9).json()
    assert told == {"objects": 3, "shares": 3, "tested_cells": 0, "refusal": None}
    assert estimate(area="102.9,25.9,103.1,26.1").json()["objects"] == 2
    wide = estimate(resolution=13, bandwidth_m=100_000).json()
    assert say_number(wide["shares"]) in wide["refusal"]["en"]
    assert wide["shares"] > 50_000_000
    assert "no object lies here" in estimate(area="10,10,11,11").json()["refusal"]["en"]
    lacking = client.post("/api/v1/grids/estimate", json={"metric": "population"}).json()
    assert "no population raster is stored" in lacking["refusal"]["en"]
    assert client.get("/api/v1/grids").json()["grids"] == []


def test_files_of_a_stored_grid_are_those_of_the_command_line(
    targets: str, client: Any, tmp_path: Path
) -> None:
    result = compute(client, resolution=7, area="102.9,25.9,103.1,26.1")
    for extension in ("csv", "gpkg", "parquet", "tif"):
        answer = client.get(f"/api/v1/grids/{result['run']}/cells.{extension}")
        assert answer.status_code == 200
        path = tmp_path / f"grid.{extension}"
        path.write_bytes(answer.content)
        if extension == "tif":
            with rasterio.open(path) as raster:
                assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert np.nanmax(raster.read(1)) > 0.0
        elif extension != "csv":
            # With an area its empty cells are in the file as well.
            frame = gpd.read_file(path) if extension == "gpkg" else gpd.read_parquet(path)
            assert set(frame["state"]) >= {"value", "missing"}
            assert frame["mass"].sum() == 2.0
    assert client.get(f"/api/v1/grids/{result['run']}/cells.exe").status_code == 422
    assert client.get("/api/v1/grids/none/cells.csv").status_code == 404
    job = client.post(f"/api/v1/grids/{result['pyramid']}/exports", json={"format": "tif"}).json()
    (file,) = wait_for(client, job)["files"]
    assert client.get(file["href"]).content == (tmp_path / "grid.tif").read_bytes()


def test_bad_cells_and_pairs_are_refused(sqlite_client: Any) -> None:
    assert sqlite_client.get("/api/v1/grids/none/cells/xyz").status_code == 422
    assert sqlite_client.get("/api/v1/grids/none/cells/874054344ffffff").status_code == 404
    assert sqlite_client.get("/api/v1/grids/diff?a=x&b=y").status_code == 404


def test_commands_compute_explain_and_compare(
    targets: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", targets)

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    runs = []
    wanted: dict[str, list[str]] = {"a.csv": [], "b.tif": ["--date", "2099-01-01"]}
    for name, more in wanted.items():
        arguments = ["--res", "7", "--out", tmp_path / name, *more, "--format", "json"]
        done = run("grid", "protection_targets", *arguments)
        assert done.exit_code == 0, done.output
        runs.append(json.loads(done.stdout)["run"])
        assert (tmp_path / name).stat().st_size > 0
    cell = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[1]
    told = json.loads(run("grid-explain", cell, "--run", runs[0], "--format", "json").stdout)
    assert told["mass"] == sum(one["mass"] for one in told["objects"])
    assert run("grid-explain", cell).exit_code == 0
    assert run("grid-explain", "zz").exit_code == 2
    done = run("grid-diff", *runs, "--out", tmp_path / "change.csv", "--format", "json")
    assert json.loads(done.stdout)["change"] == 0.0
    assert json.loads(run("grid-drop", runs[1], "--format", "json").stdout) == {"runs": [runs[1]]}
    assert run("grid-drop", runs[1]).exit_code == 2
    # Who reads the answer as words learns the run too: the commands that take it have no other way to name it.
    assert runs[0] in run("grid", "protection_targets", "--res", "7", "--out", tmp_path / "a.csv").output
    early = run(
        "grid", "protection_targets", "--res", "7", "--date", "2001-01-01", "--out", tmp_path / "c.csv"
    )
    assert early.exit_code == 3
    assert "2001-01-01" in early.output
    assert run("grid", "population", "--res", "7", "--out", tmp_path / "p.csv").exit_code == 3


def test_a_grid_in_partitions_is_a_folder_and_a_run(
    targets: str, client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", targets)
    people = gpd.GeoDataFrame(
        {"people_day": [3.0, 4.0]}, geometry=shapely.points([[103.0, 26.0], [103.2, 26.0]]), crs="EPSG:4490"
    )
    people.to_parquet(tmp_path / "targets.parquet")

    def run(out: str, *more: object, res: str = "7") -> Any:
        arguments = ["grid", "protection_targets", "--res", res, "--out", tmp_path / out, *more]
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    done = run("grid", "--source", tmp_path / "targets.parquet", "--format", "json", res="5..7")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["grids"][-1]
    assert (told["objects"], told["mass"], told["cells"]) == (2, 2.0, 2)
    assert len(gpd.read_parquet(tmp_path / "grid" / "res7")) == 2
    url = f"/api/v1/grids/{told['pyramid']}/cells"
    assert [client.get(f"{url}?zoom={zoom}").json()["resolution"] for zoom in (2, 10)] == [5, 7]
    answer = client.get(f"{url}?bbox=102.9,25.9,103.1,26.1").json()
    assert answer["number_matched"] == 1
    (one,) = client.get(f"{url}/{answer['cells'][0]['h3_hex']}").json()["objects"]
    assert one["id"] == "targets.parquet/1"
    dropped = CliRunner().invoke(app, ["grid-drop", told["pyramid"]])
    assert dropped.exit_code == 0
    entered = CliRunner().invoke(app, ["grid-enter", str(tmp_path / "grid"), "--format", "json"])
    assert json.loads(entered.stdout)["runs"][-1] == told["run"]
    assert client.get("/api/v1/grids").json()["grids"][0]["in_partitions"]
    # The map draws it as well: 12 bytes of head and look, 8 of id, for one cell.
    tile = client.get(f"/tiles/grids/{told['run']}/7/100/54").content
    assert len(tile) == 8 + 2 * 9
    assert CliRunner().invoke(app, ["grid-enter", str(tmp_path)]).exit_code == 2
    assert run("grid.csv", "--source", tmp_path / "targets.parquet").exit_code == 2
    pytest.importorskip("distributed")
    lonely = run("other", "--scheduler", "tcp://127.0.0.1:1")
    assert lonely.exit_code == 3
    assert "127.0.0.1:1" in lonely.output
    assert not (tmp_path / "other").exists()
