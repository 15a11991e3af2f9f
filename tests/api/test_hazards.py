"""Major hazard installations over HTTP and on the command line."""

import json
import tomllib
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from layers.samples import samples_folder

PLANTS = samples_folder() / "plants"
POPULATION = samples_folder() / "illustrative" / "population_15s.tif"


def plant(name: str = "chlorine") -> dict[str, Any]:
    return tomllib.loads((PLANTS / f"{name}.toml").read_text(encoding="utf-8"))


def test_grade_of_a_chlorine_store_by_hand(sqlite_client: Any) -> None:
    # 80 t / 5 t = 16 = S; 120 people: alpha 2; R = 2 x 4 x 16 = 128, grade 1.
    sent = plant()
    sent["plant"]["people_within_500m"] = 120
    result = sqlite_client.post("/api/v1/hazard", json=sent).json()
    storage, use = result["units"]
    assert (storage["s"], storage["r"], storage["grade"]) == (16.0, 128.0, 1)
    assert (use["is_major"], use["r"], use["grade"]) == (False, None, None)
    assert result["people_within_500m"]["source"] == "plant"


def test_without_people_the_grade_is_open_not_the_lowest(sqlite_client: Any) -> None:
    result = sqlite_client.post("/api/v1/hazard", json=plant()).json()
    assert result["is_major"] is True
    assert result["grade"] is None
    assert result["people_within_500m"] == {
        "people": None,
        "counted": None,
        "missing_share": None,
        "source": None,
    }


def test_wrong_plant_is_refused_with_the_path_of_the_field(sqlite_client: Any) -> None:
    sent = plant()
    sent["units"][0]["equipment"][1]["mass_kg"] = -1
    answer = sqlite_client.post("/api/v1/hazard", json=sent)
    assert answer.status_code == 422
    assert "mass_kg" in answer.text
    sent["units"][0]["equipment"][1] |= {"mass_kg": 40000.0, "position": [103.5, 26.7]}
    answer = sqlite_client.post("/api/v1/hazard", json=sent)
    assert answer.status_code == 422
    assert "units[0].equipment[1]" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("name", "grade"), [("chlorine", 1), ("ammonia", 3), ("lpg", 4), ("explosives", 4)])
def test_command_grades_the_samples(name: str, grade: int) -> None:
    command = ["hazard", str(PLANTS / f"{name}.toml"), "--population", str(POPULATION), "--format", "json"]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["grade"] == grade


def test_command_says_what_is_wrong_with_a_file(tmp_path: Any) -> None:
    path = tmp_path / "plant.toml"
    path.write_text(
        (PLANTS / "lpg.toml").read_text(encoding="utf-8").replace("40000.0", "-1.0"), encoding="utf-8"
    )
    answer = CliRunner().invoke(app, ["hazard", str(path)])
    assert answer.exit_code == 2
    assert "units[0].equipment[0].mass_kg" in answer.stderr
