"""What is refused before anything is lost, and said so that a person can put it right."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from layers.errors import FormatError
from layers.formats import Reading, read_source


@pytest.fixture
def run(new_sqlite_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", new_sqlite_url())
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_nearest_does_not_write_over_what_it_reads(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("lon,lat\n102,26\n", encoding="utf-8")
    done = run("nearest", path, "--layer", "rivers", "--out", path)
    assert done.exit_code == 2
    assert "the file that is read" in done.output
    assert path.read_text(encoding="utf-8") == "lon,lat\n102,26\n"


def test_folder_of_the_rejected_rows_is_looked_for_first(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("id,lon,lat\na,102,26\n", encoding="utf-8")
    options = ("--crs", "EPSG:4490", "--rejected", tmp_path / "nowhere" / "r.xlsx")
    done = run("import", path, "--layer", "settlements", *options)
    assert done.exit_code == 2
    assert (
        json.loads(run("export", "settlements", tmp_path / "o.geojson", "--format", "json").stdout)["rows"]
        == 0
    )


def test_layer_of_a_file_without_layers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("lon,lat\n102,26\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"\.csv file has no layers"):
        read_source(path, Reading(source_layer="sheet"))


@pytest.mark.parametrize(
    ("coordinates", "said"),
    [
        ("[[[102, 26], [103, 26], [103, 27], [102, 27]]]", "a ring is not closed"),
        ("[[[102, 26], [103, NaN], [103, 27], [102, 26]]]", "no finite number"),
        ("[[[102, 26], [102, 26]]]", "fewer than four positions"),
    ],
)
def test_geometry_says_what_is_wrong(tmp_path: Path, coordinates: str, said: str) -> None:
    path = tmp_path / "plots.geojson"
    geometry = f'{{"type": "Polygon", "coordinates": {coordinates}}}'
    path.write_text(
        f'{{"type": "FeatureCollection", "features": [{{"type": "Feature", "properties": {{}}, '
        f'"geometry": {geometry}}}]}}',
        encoding="utf-8",
    )
    (rejection,) = read_source(path).rejections
    assert rejection.row == 1
    assert said in rejection.reason


def test_id_among_the_properties_is_the_id(sqlite_client: Any) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [102.0, 26.0]},
        "properties": {"id": "own", "name": "村"},
    }
    answer = sqlite_client.post("/api/v1/layers/settlements/features", json=feature)
    assert (answer.status_code, answer.json()["id"]) == (201, "own")


def test_chinese_comes_out_under_the_posix_locale(new_sqlite_url: Callable[[], str]) -> None:
    environment = {
        **os.environ,
        "LC_ALL": "POSIX",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "RISKMAP_DATABASE_URL": new_sqlite_url(),
    }
    command = [sys.executable, "-m", "api.cli", "--lang", "zh", "rules", "list"]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "规则" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("address", ["findings?layer=tailings_ponds", "layers?at=2026-01-01&zoom=3"])
def test_misspelt_filter_is_refused_with_the_names_that_are_known(sqlite_client: Any, address: str) -> None:
    """What filters nothing would answer with everything, and nobody would see it."""
    answer = sqlite_client.get(f"/api/v1/{address}")
    assert answer.status_code == 422
    wrong = "layer" if "layer=" in address else "at"
    error = answer.json()["error"]
    assert f"unknown parameter '{wrong}'" in error["message"]
    assert f"不认识的参数“{wrong}”" in error["message_zh"]


def test_known_parameters_pass(sqlite_client: Any) -> None:
    assert sqlite_client.get("/api/v1/findings?subject_layer=tailings_ponds&limit=5").status_code == 200
    assert sqlite_client.get("/api/v1/layers/tailings_ponds/features?name=x").status_code == 200
