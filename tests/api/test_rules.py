"""The rules at the doors: list, one, own packs, their lint and their cases."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.settings import Settings
from geo.errors import RuleError
from layers.siting.checks import load_rules
from tests.api.conftest import open_client
from tests.api.test_checks import RULE

OWN = f"""
[[rule]]
id = "county-main-stem"
overrides = "{RULE}"
distance_m = 5000.0
source = "county list"
"""

SAID = 'loosens = true\nloosens_because_zh = "试算"\nloosens_because_en = "a trial"\n'

CASES = """
rule = "county-main-stem"
subject = { kind = "tailings_pond", accuracy_m = 5.0 }
target = { role = "main_stem", basin = "yangtze", line_kind = "outer" }

[cases]
pass = [{ distance_m = 5100.0, verdict = "no_ban" }]
fail = [{ distance_m = 4900.0, verdict = "prohibited" }]
"""

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def own_pack(tmp_path: Path) -> Path:
    path = tmp_path / "county.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_every_rule_is_published_with_text_parameters_standing_and_dates(sqlite_client: Any) -> None:
    body = sqlite_client.get("/api/v1/rules").json()
    pack = load_rules()
    assert body["rules_version"] == pack.version
    assert [rule["id"] for rule in body["rules"]] == [rule.id for rule in pack.rules]
    one = sqlite_client.get(f"/api/v1/rules/{RULE}").json()
    assert one == next(rule for rule in body["rules"] if rule["id"] == RULE)
    assert one["title"]["zh"].startswith("长江干流岸线三公里")
    assert one["parameters"]["distance_m"] == 3000.0
    assert (one["standing"], one["advisory"], one["in_force_from"]) == ("verified", False, "2021-03-01")
    assert one["states"]["new"] == "prohibited"
    assert one["target_filter"] == "role == 'main_stem' and basin == 'yangtze'"
    assert one["exemptions"][0]["verdict"] == "conditional"


def test_rules_are_chosen_by_kind_standing_and_day(sqlite_client: Any) -> None:
    def ids(query: str) -> set[str]:
        return {rule["id"] for rule in sqlite_client.get(f"/api/v1/rules?{query}").json()["rules"]}

    assert RULE in ids("kind=tailings_pond")
    assert RULE not in ids("kind=school")
    assert RULE in ids("standing=verified&on=2026-06-01")
    assert RULE not in ids("on=2019-05-01")
    assert RULE not in ids("standing=seed")
    assert sqlite_client.get("/api/v1/rules?standing=certain").status_code == 422


def test_unknown_rule_is_not_found(sqlite_client: Any) -> None:
    answer = sqlite_client.get("/api/v1/rules/no-such-rule")
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "NotFoundError")


def test_commands_say_the_same_as_the_interface(run: Run, sqlite_client: Any) -> None:
    listed = json.loads(run("rules", "list", "--format", "json").stdout)
    assert listed == sqlite_client.get("/api/v1/rules").json()
    shown = json.loads(run("rules", "show", RULE, "--format", "json").stdout)
    assert shown == sqlite_client.get(f"/api/v1/rules/{RULE}").json()


@pytest.mark.parametrize(("language", "words"), [("zh", "禁止"), ("en", "Prohibited")])
def test_rule_is_shown_in_both_languages(run: Run, language: str, words: str) -> None:
    done = run("--lang", language, "rules", "show", RULE)
    assert done.exit_code == 0
    assert words in done.stdout
    assert "3\u202f000" in done.stdout
    listed = run("--lang", language, "rules", "list", "--kind", "tailings_pond")
    assert RULE in listed.stdout


def test_own_packs_come_by_setting_as_files_and_folders(
    run: Run, own_pack: Path, monkeypatch: pytest.MonkeyPatch, new_sqlite_url: Callable[[], str]
) -> None:
    for setting in (own_pack, own_pack.parent):
        monkeypatch.setenv("RISKMAP_RULE_PACKS", str(setting))
        shown = json.loads(run("rules", "show", "county-main-stem", "--format", "json").stdout)
        assert (shown["overrides"], shown["parameters"]["distance_m"]) == (RULE, 5000.0)
        assert run("rules", "show", RULE).exit_code == 2
    with open_client(new_sqlite_url(), rule_packs=str(own_pack)) as client:
        assert client.get("/api/v1/rules/county-main-stem").status_code == 200
        assert client.get(f"/api/v1/rules/{RULE}").status_code == 404


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN.replace("distance_m", "distnace_m"), ("county.toml:5", "distnace_m")),
        (OWN.replace("county-main-stem", "yrpl-26-2-chemical"), ("county.toml:3", "yrpl-26-2-chemical")),
        (OWN.replace(RULE, "no-such-rule"), ("county.toml:4", "no-such-rule")),
        ("rule = 3", ("county.toml",)),
        ("[[rule", ("county.toml",)),
    ],
    ids=["typo", "taken", "nothing-to-override", "no-tables", "no-toml"],
)
def test_broken_pack_is_refused_by_file_line_and_key(
    run: Run, own_pack: Path, text: str, words: tuple[str, ...], new_sqlite_url: Callable[[], str]
) -> None:
    own_pack.write_text(text, encoding="utf-8")
    done = run("rules", "lint", own_pack)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert all(word in done.stderr for word in words), done.stderr
    # The server does not start with rules that it cannot read.
    with pytest.raises(RuleError), open_client(new_sqlite_url(), rule_packs=str(own_pack)):
        pass


def test_lint_names_what_a_person_should_know(run: Run, own_pack: Path) -> None:
    own_pack.write_text(OWN + 'standing = "recalled"\nin_force_to = 2022-01-01\n' + SAID, encoding="utf-8")
    answer = json.loads(run("rules", "lint", own_pack, "--on", "2026-06-01", "--format", "json").stdout)
    assert answer["packs"] == ["county.toml"]
    remarks = [one["remark"] for one in answer["remarks"]]
    assert len(remarks) == 4
    assert {one["rule"] for one in answer["remarks"]} == {"county-main-stem"}
    assert "left out of the whole verdict" in remarks[0]
    assert "looser than it: a trial" in remarks[3]


def test_cases_of_an_own_pack_run_and_gaps_are_named(run: Run, own_pack: Path) -> None:
    folder = own_pack.parent / "cases"
    folder.mkdir()
    cases = folder / "county-main-stem.toml"
    cases.write_text(CASES, encoding="utf-8")
    done = run("rules", "test", own_pack, "--format", "json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["cases"], report["failed"], report["passed"]) == (2, 0, False)
    assert all(problem.startswith("county-main-stem: no case for") for problem in report["problems"])

    cases.write_text(CASES.replace("5100.0", "4000.0"), encoding="utf-8")
    done = run("rules", "test", own_pack)
    assert done.exit_code == 1
    assert "Cases that failed" in done.stdout
    assert "2 cases, 1 failed" in done.stdout


def test_packs_are_separated_as_in_path() -> None:
    assert [path.name for path in Settings(rule_packs="a.toml:b.toml").rule_pack_paths] == [
        "a.toml",
        "b.toml",
    ]
    assert Settings().rule_pack_paths == []
