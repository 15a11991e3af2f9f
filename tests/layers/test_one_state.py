"""An audit and a search for places while somebody else changes the data, in both databases."""

import json

import geopandas as gpd
import pytest
import shapely

from api.actions.audits import run_audit
from layers.siting import audits, search, surroundings
from layers.siting.audits import audit, read_audit
from layers.siting.checks import load_rules, subjects_of
from layers.siting.search import where
from layers.store import Store
from tests.layers.test_audits import LAYERS, ON, fill
from tests.layers.test_audits import pack as pack  # the fixture

VAGUE = {"properties": {"accuracy_m": 1500.0}}
AREA = (101.01, 25.99, 101.05, 26.01)


@pytest.fixture
def filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Ponds by a main stem, of which every reader takes a window of its own."""
    monkeypatch.setattr(surroundings, "_SMALL", 0)
    monkeypatch.setattr(surroundings, "_HELD", 0)
    fill(store)
    return store


def change(url: str) -> None:
    """Make the river vague, as somebody else would."""
    with Store.open(url) as other:
        other.patch_feature("rivers", "R1", VAGUE, expected_version=1)


def test_batch_of_an_audit_reads_one_state(filled, store_url, pack, monkeypatch):
    whole = list(read_audit(filled, audit(filled, LAYERS, on=ON, pack=pack)))
    calls = []

    def change_first(layer, frame):
        if not calls:
            change(store_url)
        calls.append(layer)
        return subjects_of(layer, frame)

    monkeypatch.setattr(audits, "subjects_of", change_first)
    run = audit(filled, LAYERS, on=ON, pack=pack, resume=False, batch_size=100)
    entries = {entry["id"]: entry for entry in read_audit(filled, run)}
    ponds = [entry for entry in whole if entry["layer"] == "tailings_ponds"]
    assert [entries[entry["id"]] for entry in ponds] == ponds
    assert run.result["changed"] == ["rivers"]
    # The park, which is in the next batch, is judged by the river as it is now: 502 m within 1,000 m, give or take.
    assert entries["C1"]["rules"]["yrpl-26-2-chemical"][1] is False


def test_audit_says_what_changed_while_it_ran(filled, store_url, pack):
    def change_before_the_park(_fraction, message):
        if message == "chemical_parks":
            change(store_url)

    asked = {"on": ON, "layers": LAYERS, "pack": pack}
    told = run_audit(filled, **asked, progress=change_before_the_park)
    assert told["changed"] == ["rivers"]
    (note,) = told["notes"]
    assert "“河流" in note["zh"]
    assert "changed while the audit ran" in note["en"]
    again = run_audit(filled, **asked)
    assert (again["changed"], again["notes"]) == ([], [])
    assert again["run"] != told["run"]


def test_search_for_places_reads_one_state(filled, store_url, monkeypatch):
    row = {"id": "p", "kind": "chemical_project", "state": "new", "purpose": "other", "accuracy_m": 5.0}
    proposal = subjects_of(
        "proposals", gpd.GeoDataFrame([row], geometry=[shapely.Point(101.02, 26.0)], crs="EPSG:4490")
    )
    rules = load_rules()
    near = type(rules)(tuple(rule for rule in rules.rules if rule.id == "yrpl-26-2-chemical"), rules.version)
    before = where(filled, proposal, AREA, on=ON, resolution=7, pack=near)
    read_area = search.read_area

    def change_then_read(area, store):
        change(store_url)
        return read_area(area, store)

    monkeypatch.setattr(search, "read_area", change_then_read)
    with Store.open(store_url) as fresh:  # which remembers nothing of the state before
        during = where(fresh, proposal, AREA, on=ON, resolution=7, pack=near)
    assert json.dumps(during) == json.dumps(before)
    monkeypatch.setattr(search, "read_area", read_area)
    after = where(filled, proposal, AREA, on=ON, resolution=7, pack=near)
    assert after["data_version"] != before["data_version"]
    assert after["areas_km2"]["undecided"] > before["areas_km2"]["undecided"]
