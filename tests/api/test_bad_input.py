"""Bad input at every door that takes a project: a clear error in both languages, and nothing is stored."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from layers.store import Store
from tests.api.conftest import wait_for
from tests.api.test_checks import collection, proposal, rivers

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unclosed": (
        {
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[103, 26.01], [103.001, 26.01], [103.001, 26.011]]],
            }
        },
        "cannot be read",
    ),
    "crossing": (
        {
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[103, 26.01], [103.002, 26.012], [103.002, 26.01], [103, 26.012], [103, 26.01]]
                ],
            }
        },
        "self-intersection",
    ),
    "swapped axes": ({"geometry": {"type": "Point", "coordinates": [26.01, 103.0]}}, "26.01, 103.0"),
    "unknown kind": ({"kind": "castle"}, "castle"),
    "unknown state": ({"state": "sleeping"}, "sleeping"),
}
"""What is wrong with the one plot of a file, and words of the error."""


def bad_plot(name: str) -> dict[str, Any]:
    wrong, _ = WRONG[name]
    plot = proposal(2000, **{key: value for key, value in wrong.items() if key != "geometry"})
    return {**plot, "geometry": wrong.get("geometry", plot["geometry"])}


@pytest.fixture
def url(new_sqlite_url: Callable[[], str]) -> str:
    url = new_sqlite_url()
    with Store.open(url) as store:
        store.write("rivers", rivers())
    return url


def assert_nothing_stored(client: Any) -> None:
    for layer in ("proposals", "findings"):
        assert client.get(f"/api/v1/layers/{layer}").json()["count"] == 0


@pytest.mark.parametrize("name", WRONG)
def test_wrong_plot_is_refused_over_http(client: Any, name: str) -> None:
    plot, words = bad_plot(name), WRONG[name][1]
    body = collection(plot)
    for path, sent in (
        ("/api/v1/check", body),
        ("/api/v1/layers/proposals/features", plot),
    ):
        answer = client.post(path, json=sent)
        assert answer.status_code == 422, (path, answer.text)
        error = answer.json()["error"]
        assert words in json.dumps(error, ensure_ascii=False), (path, error)
        assert error["message_zh"] != error["message"]
    search = {"proposal": body, "area": "103,26,103.02,26.02", "resolution": 9}
    job = wait_for(client, client.post("/api/v1/where", json=search).json())
    assert job["state"] == "failed"
    assert words in json.dumps(job["error"], ensure_ascii=False)
    assert_nothing_stored(client)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_plot_is_refused_by_the_commands(
    client: Any, run: Callable[..., Result], tmp_path: Path, name: str
) -> None:
    path, words = tmp_path / "plot.geojson", WRONG[name][1]
    path.write_text(json.dumps(collection(bad_plot(name))), encoding="utf-8")
    for command in (
        ["check", path],
        ["import", path, "--layer", "proposals", "--strict"],
        ["where", path, "--area", "103,26,103.02,26.02"],
    ):
        done = run(*command)
        assert done.exit_code == 2, (command, done.output)
        assert words in " ".join(done.output.split()), (command, done.output)
        assert "Traceback" not in done.output
    assert_nothing_stored(client)


def test_file_without_coordinate_system_is_refused(
    client: Any, run: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "plots.csv"
    path.write_text("id,kind,state,lon,lat\np,tailings_pond,new,103.0,26.01\n", encoding="utf-8")
    for command in (["check", path], ["import", path, "--layer", "proposals"]):
        done = run(*command)
        assert done.exit_code == 2
        assert "coordinate system is not stated" in done.output
    with path.open("rb") as file:
        answer = client.post("/api/v1/check/file", files={"file": (path.name, file)})
    assert answer.status_code == 422
    assert "coordinate system is not stated" in answer.json()["error"]["message"]
    with path.open("rb") as file:
        sent = client.post("/api/v1/imports", files={"file": (path.name, file)}, data={"layer": "proposals"})
    assert wait_for(client, sent.json())["state"] == "failed"
    assert_nothing_stored(client)


def test_plot_outside_all_data_is_told_so(client: Any, run: Callable[..., Result], tmp_path: Path) -> None:
    plot = {**proposal(0), "geometry": {"type": "Point", "coordinates": [90.0, 32.0]}}
    body = client.post("/api/v1/check", json=collection(plot)).json()
    (checked,) = body["proposals"]
    assert checked["conclusion"] == "undecidable"
    (river,) = [finding for finding in checked["findings"] if finding["rule"] == "yrpl-26-3-main"]
    assert river["verdict"] == "insufficient_data"
    assert "Outside the extent" in river["explanation"]["en"]
    path = tmp_path / "far.geojson"
    path.write_text(json.dumps(collection(plot)), encoding="utf-8")
    assert json.loads(run("check", path, "--format", "json").stdout)["proposals"] == body["proposals"]


@pytest.mark.parametrize(
    ("pack", "place"),
    [
        ('[[rule]]\nid = "own"\noverrides = "yrpl-26-3-main"\ndistnace_m = 5000.0\n', "own.toml:4"),
        ('[[rule]]\nid = "yrpl-26-2-chemical"\noverrides = "yrpl-26-3-main"\n', "own.toml:2"),
    ],
    ids=["typo", "redefined id"],
)
def test_own_pack_with_a_mistake_stops_what_would_read_it(
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    url: str,
    pack: str,
    place: str,
) -> None:
    own, plot = tmp_path / "own.toml", tmp_path / "plot.geojson"
    own.write_text(pack, encoding="utf-8")
    plot.write_text(json.dumps(collection(proposal(2000))), encoding="utf-8")
    monkeypatch.setenv("RISKMAP_RULE_PACKS", str(own))
    for command in (
        ["check", plot],
        ["audit"],
        ["where", plot, "--area", "103,26,103.02,26.02"],
        ["rules", "list"],
        ["rules", "lint", own],
    ):
        done = run(*command)
        assert done.exit_code == 2, (command, done.output)
        assert place in done.output, (command, done.output)
        assert "Traceback" not in done.output
    with Store.open(url) as store:
        assert store.count("findings") == 0
