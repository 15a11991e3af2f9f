"""What lies around a place, over HTTP and at the command line: pages, files, refusals, names that are markup."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from typer.testing import CliRunner

from api.cli import app
from layers.documents.clean_text import clean_text
from layers.store import Store
from tests.api.conftest import open_client
from tests.api.register_scene import EVIL
from tests.layers.frames import frame

NAMES = [EVIL, "二" * 200, "Żółć\"'&"]


@pytest.fixture
def filled_url(store_url: str) -> str:
    places = [shapely.Point(103.0 + 0.001 * step, 26.0) for step in range(3)]
    columns = {"accuracy_m": [1.0, None, 1.0], "population": [5, None, 7], "source": ["test"] * 3}
    with Store.open(store_url) as store:
        store.write("settlements", frame(places, id=["s1", "s2", "s/3"], name=NAMES, **columns))
    return store_url


@pytest.fixture
def client(filled_url: str) -> Iterator[Any]:
    with open_client(filled_url) as opened:
        yield opened


def ask(client: Any, **query: Any) -> Any:
    answer = client.get("/api/v1/around", params={"place": "103,26", "radius_m": 150, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_around_over_http(client: Any) -> None:
    answer = ask(client)
    assert [one["name"] for one in answer["features"]] == NAMES[:2]
    assert answer["counts"] == [{"layer": "settlements", "within": 2, "undecided": 1, "perhaps": 0}]
    assert answer["people"] == [{"layer": "settlements", "field": "population", "people": 5, "missing": 1}]
    assert answer["features"][1]["doubt_m"] is None
    assert answer["area"]["type"] == "Polygon"
    assert answer["origin"]["layer"] is None


def test_around_comes_by_pages(client: Any) -> None:
    whole = ask(client, radius_m=1000)
    pages = [ask(client, radius_m=1000, limit=2, offset=offset) for offset in (0, 2)]
    assert [one for page in pages for one in page["features"]] == whole["features"]
    assert [page["number_returned"] for page in pages] == [2, 1]
    assert pages[0]["counts"] == whole["counts"]


def test_around_a_feature_whose_id_has_a_stroke(client: Any) -> None:
    answer = ask(client, place="settlements/s/3")
    assert [one["id"] for one in answer["features"]] == ["s2"]
    assert answer["origin"]["id"] == "s/3"


WRONG = [
    ({"place": "26,103"}, 422),
    ({"place": "here"}, 422),
    ({"place": "nan,26"}, 422),
    ({"place": "settlements/none"}, 404),
    ({"place": "moons/1"}, 404),
    ({"radius_m": 0}, 422),
    ({"radius_m": "nan"}, 422),
    ({"radius_m": 1e9}, 422),
    ({"limit": 501}, 422),
    ({"layer": "moons"}, 404),
]


def test_wrong_questions_are_refused_in_both_languages(client: Any) -> None:
    for query, status in WRONG:
        answer = client.get("/api/v1/around", params={"place": "103,26", "radius_m": 150, **query})
        assert (query, answer.status_code) == (query, status)
        assert answer.json()["error"]["message_zh"]


def test_files_hold_the_whole_list_and_run_no_formula(client: Any) -> None:
    query = {"place": "103,26", "radius_m": 1000}
    book = openpyxl.load_workbook(io.BytesIO(client.get("/api/v1/around.xlsx", params=query).content))
    assert book.sheetnames == ["周边清单", "分图层统计", "人数", "说明"]
    cells = [row[3] for row in book["周边清单"].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(clean_text(name), "s") for name in NAMES]
    assert cells[0].quotePrefix
    text = client.get("/api/v1/around.csv", params=query | {"lang": "en"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Name"] for row in rows] == [f"'{clean_text(EVIL)}", *NAMES[1:]]
    assert [row["Doubt (m)"] for row in rows] == ["1.0", "unknown", "1.0"]
    again = client.get("/api/v1/around.xlsx", params=query)
    assert again.content == client.get("/api/v1/around.xlsx", params=query).content


def test_around_at_the_command_line(filled_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", filled_url)
    asked = ["--lang", "en", "around", "103,26", "--radius", "150"]
    out = tmp_path / "around.csv"
    table = CliRunner().invoke(app, [*asked, "--out", str(out)])
    assert table.exit_code == 0, table.output
    assert "2 in all" in table.output
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 3
    answer = json.loads(CliRunner().invoke(app, [*asked, "--format", "json"]).stdout)
    assert [one["id"] for one in answer["features"]] == ["s1", "s2"]
    assert CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "around.doc")]).exit_code == 2
