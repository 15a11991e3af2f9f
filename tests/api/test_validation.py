"""The page of the validation and the command: computed in the background, strict policy, both languages, exit codes."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from geo.hazard.validation.trials import trial_sets
from layers.letters.fonts import FONTS_FOLDER
from tests.api.conftest import open_client

needs_fonts = pytest.mark.skipif(
    not (FONTS_FOLDER / "NotoSansSC-Regular.ttf").is_file(), reason="the fonts are not built"
)


@pytest.fixture(scope="module")
def ready(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client whose validation has been computed, and the first page that it saw."""
    path = tmp_path_factory.mktemp("validation") / "riskmap.db"
    shutil.copy(sqlite_template, path)
    with open_client(f"sqlite:///{path}") as client:
        first = client.get("/validation?lang=en")
        assert client.get("/validation.json").status_code == 404  # not computed yet
        for _ in range(600):
            if client.get("/validation.json").status_code == 200:
                break
            time.sleep(0.1)
        yield client, first


def test_page_waits_for_the_computation(ready: Any) -> None:
    _, first = ready
    assert first.status_code == 200
    assert '<meta http-equiv="refresh"' in first.text
    assert "<progress" in first.text


@pytest.mark.parametrize(("lang", "word"), [("en", "sets that fail"), ("zh", "不合格的验证集")])
def test_page_shows_every_set_under_its_own_policy(ready: Any, lang: str, word: str) -> None:
    client, _ = ready
    page = client.get(f"/validation?lang={lang}")
    assert word in page.text
    assert "refresh" not in page.text
    policy = page.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    assert f'<style nonce="{nonce}">' in page.text
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert " style=" not in page.text
    told = client.get("/validation.json").json()
    for each in told["sets"]:
        assert f'id="{each["key"]}"' in page.text
        assert each["title"][lang].split("'")[0] in page.text
    for each in told["not_obtainable"]:
        assert each["why"][lang].split("'")[0] in page.text


def test_page_links_nothing_from_elsewhere(ready: Any) -> None:
    client, _ = ready
    addresses = re.findall(r'(?:src|href)="([^"]*)"', client.get("/validation?lang=en").text)
    assert all(address.startswith(("/", "#", "data:,")) and "//" not in address for address in addresses)


@needs_fonts
def test_pictures_are_drawn(ready: Any) -> None:
    client, _ = ready
    picture = client.get("/validation/burro.svg?lang=zh")
    assert picture.status_code == 200, picture.text
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith("<?xml")
    assert "script" not in picture.text
    assert picture.text == client.get("/validation/burro.svg?lang=zh").text
    assert client.get("/validation/atlantis.svg").status_code == 404


def test_strangers_are_sent_to_the_login(locked_client: Any) -> None:
    assert locked_client.get("/validation", headers={"host": "map.example"}).headers["location"] == "/login"
    for address in ("/validation.json", "/validation/burro.svg"):
        assert locked_client.get(address, headers={"host": "map.example"}).status_code == 401


@needs_fonts
def test_packaged_font_has_every_letter_of_the_pictures() -> None:
    from matplotlib.ft2font import FT2Font

    known = FT2Font(str(FONTS_FOLDER / "NotoSansSC-Regular.ttf")).get_charmap()
    for trials in trial_sets().values():
        words = (
            trials.title.zh + trials.title.en + "".join(trial.name + trial.unit for trial in trials.trials)
        )
        assert {letter for letter in words if ord(letter) not in known} == set(), trials.key


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def test_command_answers_a_table() -> None:
    done = run("--lang", "en", "validate", "johnson_jets", "swisdak_tables")
    assert done.exit_code == 0
    assert "390 comparisons count; failing: none" in done.stdout


def test_command_answers_json() -> None:
    done = run("validate", "pool_flame_lengths", "--format", "json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["failing"] == ["pool_flame_lengths"]
    assert told["sets"][0]["comparisons"] == 6


@pytest.mark.parametrize(
    ("name", "code"), [("pool_flame_lengths", 1), ("montoir", 0), ("johnson_jets", 0), ("goldfish", 0)]
)
def test_strict_ends_with_one_when_a_set_that_counts_fails(name: str, code: int) -> None:
    assert run("validate", name, "--strict").exit_code == code


def test_unknown_set_is_wrong_use() -> None:
    done = run("--lang", "en", "validate", "atlantis")
    assert done.exit_code == 2
    assert "no trial set atlantis" in done.stderr


@needs_fonts
def test_command_writes_the_report(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        assert (
            run("--lang", "zh", "validate", "gas_discharge", "goldfish", "--out", str(folder)).exit_code == 0
        )
    names = {path.name for path in folders[0].iterdir()}
    assert names == {"report.html", "validation.json", "values.csv", "gas_discharge.svg", "goldfish.svg"}
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    page = (folders[0] / "report.html").read_text(encoding="utf-8")
    assert 'src="gas_discharge.svg"' in page
    assert 'href="/' not in page
    rows = (folders[0] / "values.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 4 + 8
    assert rows[0].startswith("set,trial,observed,below_detection,predicted,unit,refusal")
