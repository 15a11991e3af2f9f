"""Audits of the register and the search for places, from both doors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from api.results.audits import AuditResult, FlipsResult
from api.results.shapes import SCHEMA_VERSION
from api.results.siting import WhereResult
from layers.store import Store
from tests.api.conftest import ponds, wait_for
from tests.api.test_checks import RULE, collection, proposal, rivers


@pytest.fixture
def url(new_sqlite_url: Callable[[], str]) -> str:
    """A database with the river and two ponds on it, one new and one in service."""
    address = new_sqlite_url()
    with Store.open(address) as store:
        store.write("rivers", rivers())
        store.write("tailings_ponds", ponds(accuracy_m=5.0))
    return address


SAID = 'loosens = true\nloosens_because_zh = "试算"\nloosens_because_en = "a trial"\n'


def finish(client: Any, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 202, answer.text
    status = wait_for(client, answer.json())
    assert status["state"] == "done", status
    return status["result"]


def test_audit_counts_and_stores_from_both_doors(client: Any, run: Callable[..., Result]) -> None:
    body = finish(client, "audit", {"on": "2026-06-01", "layers": ["tailings_ponds"]})
    assert (body["subjects"], body["verdicts"]["prohibited"], body["checked_on"]) == (2, 1, "2026-06-01")
    stored = client.get(f"/api/v1/findings?rule={RULE}").json()
    verdicts = {
        one["properties"]["subject"]["id"]: one["properties"]["verdict"] for one in stored["features"]
    }
    assert verdicts == {"p1": "prohibited", "p2": "legacy_rectify"}
    options = ("audit", "tailings_ponds", "--on", "2026-06-01")
    assert json.loads(run(*options, "--format", "json").stdout) == body
    table = run("--lang", "zh", *options, "--strict")
    assert table.exit_code == 1
    assert "全量核查" in table.stdout


def test_results_of_jobs_fit_their_published_shapes(client: Any) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for name in ("WhereResult", "AuditResult", "FlipsResult"):
        assert schemas[name]["x-schema-version"] == SCHEMA_VERSION
    wanted = {"on": "2026-06-01", "layers": ["tailings_ponds"]}
    counts = finish(client, "audit", wanted)
    AuditResult.model_validate(counts)
    AuditResult.model_validate(finish(client, "audit", {**wanted, "compare": counts["run"]}))
    FlipsResult.model_validate(finish(client, "audit", {**wanted, "compare": "2019-05-01"}))
    body = {"proposal": collection(proposal(2000.0)), "area": "102.99,25.99,103.01,26.01", "resolution": 7}
    WhereResult.model_validate(finish(client, "where", body))


def test_advisory_rules_count_where_asked_for(
    client: Any, run: Callable[..., Result], tmp_path: Path
) -> None:
    wanted = {"on": "2026-06-01", "layers": ["tailings_ponds"]}
    plain, counted = (finish(client, "audit", {**wanted, "with_advisory": on}) for on in (False, True))
    assert (plain["advisory_counted"], counted["advisory_counted"]) == (False, True)
    assert plain["run"] != counted["run"]
    plots = collection(proposal(9000.0))
    answers = [
        client.post(f"/api/v1/check{query}", json=plots).json() for query in ("", "?with_advisory=true")
    ]
    assert [answer["advisory_counted"] for answer in answers] == [False, True]
    assert any(finding["advisory"] for finding in answers[0]["proposals"][0]["findings"])
    assert not any(finding["advisory"] for finding in answers[1]["proposals"][0]["findings"])
    path = tmp_path / "plot.geojson"
    path.write_text(json.dumps(plots), encoding="utf-8")
    done = run("check", path, "--with-advisory", "--format", "json")
    assert json.loads(done.stdout)["advisory_counted"] is True


def test_steps_of_a_check_say_what_waits_there(client: Any) -> None:
    answer = client.post("/api/v1/check?on=2026-06-01", json=collection(proposal(2000.0))).json()
    changes = answer["proposals"][0]["changes"]
    moves = [change for change in changes if change["step"] == "move"]
    assert {change["rule"] for change in moves} == {RULE}
    assert all(change["conclusion_there"] in {"undecidable", "pass", "conditional"} for change in moves)
    assert all(change["conclusion_there"] is None for change in changes if change["step"] != "move")


def test_audit_names_what_flips(client: Any, run: Callable[..., Result], tmp_path: Path) -> None:
    wanted = {"on": "2026-06-01", "layers": ["tailings_ponds"]}
    by_day = finish(client, "audit", {**wanted, "compare": "2019-05-01"})["flips"]
    flip = next(one for one in by_day if (one["id"], one["rule"]) == ("p1", RULE))
    assert (flip["before"], flip["after"], flip["reasons"]) == ("no_ban", "prohibited", ["date"])

    first = finish(client, "audit", wanted)["run"]
    options = ("audit", "tailings_ponds", "--on", "2026-06-01")
    same = json.loads(run(*options, "--compare", first, "--format", "json").stdout)
    assert same["flips"] == []
    pack = tmp_path / "county.toml"
    pack.write_text(f'[[rule]]\nid = "county"\noverrides = "{RULE}"\nactive = false\n{SAID}')
    changed = run(*options, "--compare", f"rules:{pack}", "--format", "json")
    assert RULE in {one["rule"] for one in json.loads(changed.stdout)["flips"]}
    shown = run(*options, "--compare", f"rules:{pack}")
    assert "Flips" in shown.stdout


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("audit", {"layers": ["moons"]}, 404),
        ("audit", {"compare": "no-such-run"}, 404),
        ("audit", {"compare": "rules:/etc/passwd"}, 422),
        ("audit", {"compare": "data:someday"}, 422),
        ("where", {"area": "1,2", "proposal": collection(proposal(2000))}, 422),
        ("where", {"area": "无此地", "proposal": collection(proposal(2000))}, 404),
        ("where", {"area": "103,26,103.1,26.1"}, 422),
    ],
)
def test_wrong_wishes_start_no_job(client: Any, path: str, body: dict[str, Any], status: int) -> None:
    assert client.post(f"/api/v1/{path}", json=body).status_code == status
    assert client.get("/api/v1/jobs").json() == {"jobs": []}


def test_where_from_both_doors(client: Any, run: Callable[..., Result], tmp_path: Path) -> None:
    area = "103.0,26.0,103.05,26.05"
    plot = tmp_path / "proposals.geojson"
    plot.write_text(json.dumps(collection(proposal(2000))))
    body = finish(
        client,
        "where",
        {"proposal": collection(proposal(2000)), "area": area, "on": "2026-06-01", "resolution": 7},
    )
    # Within 3 km of the river nothing may be put: at least 3 km of the 5.5 km from south to north.
    assert body["areas_km2"]["excluded"] == pytest.approx(3.0 * 5.0, rel=0.05)
    assert body["cells"]
    options = ("where", plot, "--area", area, "--on", "2026-06-01", "--res", 7)
    assert json.loads(run(*options, "--format", "json").stdout) == body
    out = tmp_path / "where.json"
    shown = run(*options, "--out", out)
    assert "Where it may go" in shown.stdout
    assert json.loads(out.read_text(encoding="utf-8")) == body


def test_where_takes_one_project(run: Callable[..., Result], tmp_path: Path) -> None:
    plots = tmp_path / "plots.geojson"
    plots.write_text(json.dumps(collection(proposal(2000), proposal(3000))))
    done = run("where", plots, "--area", "103.0,26.0,103.05,26.05")
    assert done.exit_code == 2
    assert "one project" in done.stderr
