"""Plant files: what is read, and how a wrong one is refused."""

import copy
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from geo.errors import CrsError, RiskmapError
from layers.errors import FormatError
from layers.plants.document import (
    PlantFile,
    overrides_of,
    parse_plant,
    plant_of,
    read_plant,
    substances_of,
)
from layers.samples import samples_folder

SAMPLES = sorted((samples_folder() / "plants").glob("*.toml"))


@pytest.fixture
def content() -> dict[str, Any]:
    return tomllib.loads((samples_folder() / "plants" / "chlorine.toml").read_text(encoding="utf-8"))


def changed(content: dict[str, Any], path: list[str | int], value: Any) -> dict[str, Any]:
    """A copy with one value replaced; None takes it out."""
    result = copy.deepcopy(content)
    holder: Any = result
    for step in path[:-1]:
        holder = holder[step]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return result


TANK: list[str | int] = ["units", 0, "equipment", 0]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_plants_and_say_that_they_are_made_up(path: Path) -> None:
    file = read_plant(path)
    assert file.illustrative
    assert plant_of(file).id == file.plant.id


def test_units_of_the_file_become_si(content: dict[str, Any]) -> None:
    tank = plant_of(parse_plant(content, name="plant")).units[0].equipment[0]
    air_pa = plant_of(parse_plant(content, name="plant")).surroundings.pressure_pa
    assert air_pa == pytest.approx(
        91_390, abs=60
    )  # ISA at 862 m: 101325 (1 - 0.0065*862/288.15)^5.25588, by hand
    assert tank.pressure_pa == pytest.approx(air_pa + 0.75e6)
    assert tank.temperature_k == pytest.approx(293.15)
    assert tank.diameter_m == pytest.approx(0.08)


def test_absolute_pressure_is_taken_as_it_is(content: dict[str, Any]) -> None:
    given = changed(changed(content, [*TANK, "gauge_pressure_mpa"], None), [*TANK, "pressure_mpa"], 0.9)
    assert plant_of(parse_plant(given, name="plant")).units[0].equipment[0].pressure_pa == 0.9e6


def test_json_and_toml_are_the_same_plant(content: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "plant.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read_plant(path) == parse_plant(content, name="plant")


def test_gauss_krueger_positions_come_out_as_degrees(content: dict[str, Any]) -> None:
    import pyproj

    to_plane = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True)

    def move(position: list[float]) -> list[float]:
        return list(to_plane.transform(*position))

    plane = copy.deepcopy(content)
    plane["crs"] = "EPSG:4543"
    plane["plant"]["boundary"] = [move(position) for position in content["plant"]["boundary"]]
    for unit in plane["units"]:
        for item in unit["equipment"]:
            item["position"] = move(item["position"])
    tank = plant_of(parse_plant(plane, name="plant")).units[0].equipment[0]
    assert (tank.lon, tank.lat) == pytest.approx(
        tuple(content["units"][0]["equipment"][0]["position"]), abs=1e-9
    )


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ([*TANK, "mass_kg"], -5.0, r"units\[0\].equipment\[0\].mass_kg"),
        ([*TANK, "mass_kg"], float("nan"), r"units\[0\].equipment\[0\].mass_kg"),
        ([*TANK, "temperature_c"], -300.0, r"equipment\[0\].temperature_c"),
        ([*TANK, "colour"], "red", r"equipment\[0\].colour"),
        ([*TANK, "gauge_pressure_mpa"], None, "either pressure_mpa"),
        ([*TANK, "pressure_mpa"], 0.9, "either pressure_mpa"),
        (["surroundings", "elevation_m"], None, "surroundings.elevation_m"),
        (["crs"], None, "crs"),
        (["schema_version"], "9", "schema_version"),
        (["units"], [], "units"),
    ],
)
def test_what_does_not_fit_the_schema_is_named(
    content: dict[str, Any], path: list[str | int], value: Any, words: str
) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        parse_plant(changed(content, path, value), name="plant")
    assert re.search("[\u4e00-\u9fff]", caught.value.zh.partition("：")[2].partition("：")[2])
    assert "should" not in caught.value.zh


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ([*TANK, "position"], [103.10, 26.72], "tank-1|equipment\\[0\\]"),
        ([*TANK, "position"], [26.72, 103.02], r"units\[0\].equipment\[0\].position"),
        ([*TANK, "substance"], "unobtainium", "unobtainium"),
        ([*TANK, "kind"], "teapot", "teapot"),
        ([*TANK, "gauge_pressure_mpa"], 0.0, "pressure"),
        ([*TANK, "id"], "tank-2", "units\\[0\\].equipment\\[1\\].id.*already"),
        (
            ["plant", "boundary"],
            [[103.02, 26.72], [103.03, 26.72], [103.03, 26.73], [103.02, 26.73]],
            "not closed",
        ),
        (
            ["plant", "boundary"],
            [[103.02, 26.72], [103.03, 26.73], [103.03, 26.72], [103.02, 26.73], [103.02, 26.72]],
            "plant.boundary",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    content: dict[str, Any], path: list[str | int], value: Any, words: str
) -> None:
    with pytest.raises(RiskmapError, match=words) as error:
        plant_of(parse_plant(changed(content, path, value), name="plant"))
    assert error.value.zh != error.value.message


def test_unknown_coordinate_system_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(CrsError):
        plant_of(parse_plant(changed(content, ["crs"], "EPSG:4214"), name="plant"))


@pytest.mark.parametrize("text", ["{", "= = =", "[plant]\nid = 3", "a = " + "[" * 5000])
def test_file_that_is_no_plant_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"odd\.toml"):
        read_plant(path)


def test_override_needs_an_author_and_a_reason(content: dict[str, Any]) -> None:
    row = {"table": "leak_frequencies", "key": "api581/pressure_vessel/small", "value": 1e-5}
    with pytest.raises(FormatError, match=r"overrides\[0\].author.*overrides\[0\].reason"):
        parse_plant(changed(content, ["overrides"], [row]), name="plant")
    told = row | {"author": "张工", "reason": "本厂十年统计"}
    (override,) = overrides_of(parse_plant(changed(content, ["overrides"], [told]), name="plant"))
    assert (override.author, override.reason) == ("张工", "本厂十年统计")


def test_schema_describes_every_sample() -> None:
    schema = PlantFile.model_json_schema()
    assert set(schema["required"]) >= {"schema_version", "crs", "plant", "surroundings", "units"}
    assert schema["additionalProperties"] is False
    assert schema["title"] == "PlantFile"


def test_substance_that_the_product_does_not_know_can_be_added(content: dict[str, Any]) -> None:
    rows = [
        {"key": f"house_gas/{name}", "value": value, "source": "工厂测定"}
        for name, value in (
            ("name_zh", "自产气"),
            ("name_en", "house gas"),
            ("hazards", "W2"),
            ("state", "gas"),
        )
    ]
    (first, *_) = substances_of(parse_plant(changed(content, ["substances"], rows), name="plant"))
    assert (first.key, first.value, first.standing) == ("house_gas/name_zh", "自产气", "site_specific")
    lacking = [{"key": "house_gas/name_zh", "value": "自产气"}]
    with pytest.raises(FormatError, match=r"substances\[0\].source"):
        parse_plant(changed(content, ["substances"], lacking), name="plant")
    taken = [{"key": "chlorine/name_zh", "value": "氯气", "source": "工厂测定"}]
    with pytest.raises(RiskmapError, match="override"):
        plant_of(parse_plant(changed(content, ["substances"], taken), name="plant"))


@pytest.mark.parametrize(
    ("field", "value", "path", "words"),
    [
        ("substance", "123-45-6", "substance", "check digit"),
        ("substance", "7782-50-5", "substance", "'chlorine'"),
        ("substance", "50-78-2", "substance", "not in the substance table"),
        ("temperature_c", 400.0, "temperature_c", "critical temperature"),
        ("temperature_c", -150.0, "temperature_c", "solid"),
        ("gauge_pressure_mpa", 0.01, "gauge_pressure_mpa", "below the vapour pressure"),
        ("position", [103.5, 26.7], "position", "outside the boundary"),
        ("mass_kg", 1e12, "mass_kg", "check value and unit"),
    ],
)
def test_errors_name_the_field_as_the_file_does(
    content: dict[str, Any], field: str, value: Any, path: str, words: str
) -> None:
    wrong = changed(content, [*TANK, field], value)
    with pytest.raises(RiskmapError, match=words) as caught:
        plant_of(parse_plant(wrong, name="plant"))
    assert caught.value.message.startswith(f"units[0].equipment[0].{path}: ")
    assert caught.value.zh.startswith(f"units[0].equipment[0].{path}：")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"table": "leak_frequencies", "key": "nope", "value": 1e-6}, "no row 'nope'"),
        ({"table": "nowhere", "key": "nope", "value": 1e-6}, "nowhere"),
        (
            {"table": "leak_frequencies", "key": "api581/pressure_vessel/small", "value": 5.0},
            "not within 0..1",
        ),
    ],
)
def test_replaced_rows_that_cannot_be_are_refused_with_their_place(
    content: dict[str, Any], row: dict[str, Any], words: str
) -> None:
    wrong = {**content, "overrides": [{**row, "author": "me", "reason": "test"}]}
    with pytest.raises(FormatError, match=words) as caught:
        plant_of(parse_plant(wrong, name="plant"))
    assert caught.value.message.startswith("overrides[0]: ")
