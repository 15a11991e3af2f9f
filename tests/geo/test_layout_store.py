"""The layout of a stored park, with the samples' illustrative parks."""

import json
from datetime import date

import geopandas as gpd
import pytest
from shapely import LineString, box

from layers.errors import NotFoundError
from layers.siting.layouts import check_park_layout, load_layout_rules
from layers.store import Store, upgrade

ON = date(2026, 1, 1)


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path / 'layout.db'}"
    upgrade(url)
    with Store.open(url) as opened:
        yield opened


def write(store, layer, **row):
    known = {"name": None, "accuracy_m": 0.5, "source": "test"} | row
    store.write(layer, gpd.GeoDataFrame([known], geometry="geom", crs="EPSG:4490"))


@pytest.fixture
def park(store):
    write(store, "chemical_parks", id="p", name="示例园区", state="new", geom=box(102.0, 26.0, 102.01, 26.01))
    write(
        store,
        "hazard_units",
        id="u",
        park_id="p",
        unit_kind="flare",
        state="new",
        geom=box(102.005, 26.005, 102.0051, 26.0051),
    )
    write(
        store,
        "roads",
        id="r",
        road_grade="class_1",
        half_width_m=5.0,
        geom=LineString([(102.0045, 26.0), (102.0045, 26.01)]),
    )
    return store


def test_the_answer_has_the_shape_of_a_check(park):
    result = check_park_layout(park, "p", on=ON)
    assert list(result)[:3] == ["checked_on", "rules_version", "data_version"]
    assert result["park"] == {"id": "p", "name": "示例园区"}
    whole, unit = result["proposals"]
    assert (whole["layer"], unit["layer"], unit["id"]) == ("chemical_parks", "hazard_units", "u")
    (road,) = [f for f in unit["findings"] if f["rule"] == "gb50160-2008-flare-roads"]
    assert road["evidence"]["type"] == "LineString"
    assert road["verdict"] == "prohibited"
    assert (unit["verdict"], result["verdict"]) == ("prohibited", "prohibited")
    assert result["conclusion"] == "fail"


def test_layers_without_features_are_asked_for_and_layers_with_nothing_near_are_not(park):
    write(
        park, "railways", id="far", railway_class="national", geom=LineString([(103.0, 25.0), (103.0, 25.1)])
    )
    whole = check_park_layout(park, "p", on=ON)["proposals"][0]
    needs = {need for finding in whole["findings"] for need in finding["needs"]}
    assert "layer railways" not in needs
    assert "layer power_lines" in needs


def test_the_same_park_gives_the_same_bytes(park):
    first, second = (json.dumps(check_park_layout(park, "p", on=ON)) for _ in range(2))
    assert first == second


def test_progress_comes_to_its_end(park):
    seen = []
    check_park_layout(park, "p", on=ON, progress=lambda fraction, _message: seen.append(fraction))
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


def test_an_unknown_park_is_named(store):
    with pytest.raises(NotFoundError, match="nowhere"):
        check_park_layout(store, "nowhere", on=ON)


def test_a_park_without_units_is_no_pass_of_anything(store):
    write(store, "chemical_parks", id="p", state="new", geom=box(102.0, 26.0, 102.01, 26.01))
    (whole,) = check_park_layout(store, "p", on=ON)["proposals"]
    assert whole["conclusion"] == "undecidable"
    assert whole["findings"][0]["needs"] == ["layer hazard_units"]


def test_layout_rules_have_source_and_dates():
    for rule in load_layout_rules().rules:
        assert rule.source, rule.id
        assert rule.standing.value != "seed" or rule.in_force_to is not None
