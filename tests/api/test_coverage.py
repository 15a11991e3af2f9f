"""Declared surveys through the doors: written or imported, they turn an open check into a pass."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from typer.testing import CliRunner, Result

from api.cli import app
from tests.api.test_checks import collection, finding_of

RULE = "yrpl-26-2-chemical"
PLOT = {
    "type": "Feature",
    "id": "plot",
    "geometry": {"type": "Point", "coordinates": [102.0, 26.0]},
    "properties": {"kind": "chemical_project", "state": "new", "accuracy_m": 5.0},
}
SURVEY = {
    "type": "Feature",
    "id": "survey",
    "geometry": shapely.geometry.mapping(shapely.box(101.9, 25.9, 102.1, 26.1)),
    "properties": {
        "surveyed_layer": "rivers",
        "complete": True,
        "surveyed_on": "2026-06-01",
        "declared_by": "县水务局",
        "source": "survey",
    },
}


def checked(client: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/check", json=collection(PLOT))
    assert answer.status_code == 200, answer.text
    return finding_of(answer.json()["proposals"][0], RULE)


def test_declaration_written_over_http_decides(client: Any) -> None:
    assert checked(client)["verdict"] == "insufficient_data"
    written = client.post("/api/v1/layers/coverage/features", json=SURVEY)
    assert written.status_code == 201, written.text
    finding = checked(client)
    assert (finding["verdict"], finding["decided"]) == ("no_ban", True)
    assert finding["coverage"][0]["declared_by"] == "县水务局"
    assert client.get("/api/v1/layers/coverage/features/survey").json()["properties"]["version"] == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("surveyed_layer", "rivres", "unknown layer"),
        ("surveyed_layer", "findings", "results"),
        ("condition", "role = 'x'", "cannot be read"),
        ("complete", None, "complete"),
        ("declared_by", None, "declared_by"),
    ],
)
def test_wrong_declaration_is_refused(sqlite_client: Any, field: str, value: object, said: str) -> None:
    wrong = {**SURVEY, "properties": {**SURVEY["properties"], field: value}}
    answer = sqlite_client.post("/api/v1/layers/coverage/features", json=wrong)
    assert answer.status_code == 422, answer.text
    assert said in answer.text


@pytest.fixture
def run(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", store_url)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_declaration_imported_on_the_command_line_decides(run: Callable[..., Result], tmp_path: Path) -> None:
    plots, surveys = tmp_path / "plot.geojson", tmp_path / "surveys.geojson"
    crs = {"type": "name", "properties": {"name": "EPSG:4490"}}
    plots.write_text(json.dumps(collection(PLOT, crs=crs)), encoding="utf-8")
    surveys.write_text(json.dumps(collection(SURVEY, crs=crs)), encoding="utf-8")

    def check() -> dict[str, Any]:
        done = run("check", plots, "--format", "json")
        assert done.exit_code == 0, done.output
        return finding_of(json.loads(done.stdout)["proposals"][0], RULE)

    assert check()["verdict"] == "insufficient_data"
    done = run("import", surveys, "--layer", "coverage")
    assert done.exit_code == 0, done.output
    assert check()["verdict"] == "no_ban"
    exported = tmp_path / "back.geojson"
    assert run("export", "coverage", exported).exit_code == 0
    (back,) = json.loads(exported.read_text(encoding="utf-8"))["features"]
    assert back["properties"]["surveyed_layer"] == "rivers"
