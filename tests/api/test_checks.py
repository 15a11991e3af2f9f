"""Checks over HTTP: proposals sent along, the stored facilities, their findings, grids."""

import json
from typing import Any

import geopandas as gpd
import pytest
import shapely

from layers.store import Store
from tests.api.conftest import open_client, wait_for

CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
RULE = "yrpl-26-3-main"
"""Tailings ponds keep 3 km from the bank line of the main stem."""
AT_26_N_M_PER_DEGREE_LAT = 110_792.6
"""Meridian arc of one degree around 26 N on CGCS2000, by hand from the series: 1.1079e5. [m]"""


def rivers() -> gpd.GeoDataFrame:
    data = {
        "id": ["r1", "r2"],
        "name": ["干流", "支流"],
        "role": ["main_stem", "tributary"],
        "important_by": [None, "statute"],
        "basin": "yangtze",
        "line_kind": "outer",
        "reach": ["reach-1", "reach-2"],
        "accuracy_m": 5.0,
        "source": "survey",
        "geom": [
            shapely.LineString([(102, 26), (103, 26), (104, 26)]),
            shapely.LineString([(102, 27), (104, 27)]),
        ],
    }
    return gpd.GeoDataFrame(data, geometry="geom", crs="EPSG:4490")


def proposal(offset_m: float, **properties: Any) -> dict[str, Any]:
    lat = 26.0 + offset_m / AT_26_N_M_PER_DEGREE_LAT
    given = {
        "id": f"at {offset_m:g}",
        "kind": "tailings_pond",
        "state": "new",
        "accuracy_m": 5.0,
        **properties,
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [103.0, lat]},
        "properties": given,
    }


def collection(*features: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "crs": CRS, "features": list(features), **members}


def finding_of(checked: dict[str, Any], rule: str) -> dict[str, Any]:
    """The finding of a rule; all packs of the product are applied, so that there are others."""
    (found,) = [finding for finding in checked["findings"] if finding["rule"] == rule]
    return found


@pytest.fixture
def by_the_river(store_url: str) -> Any:
    with Store.open(store_url) as store:
        store.write("rivers", rivers())
    with open_client(store_url) as client:
        yield client


def test_check_answers_in_the_shape_of_the_contract(by_the_river: Any) -> None:
    answer = by_the_river.post("/api/v1/check?on=2025-06-01", json=collection(proposal(2000), proposal(9000)))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {"checked_on", "rules_version", "data_version", "proposals"} <= set(body)
    assert body["checked_on"] == "2025-06-01"
    near, far = body["proposals"]
    assert {"id", "name", "kind", "state", "verdict", "findings"} <= set(near)
    assert (near["id"], near["verdict"], near["conclusion"]) == ("at 2000", "prohibited", "fail")
    finding = finding_of(near, RULE)
    assert finding_of(far, RULE)["verdict"] == "no_ban"
    assert finding["decided"] is True
    assert finding["distance_m"] == pytest.approx(2000, abs=2)
    assert (finding["limit_m"], finding["doubt_m"]) == (3000.0, 10.0)
    assert finding["margin_m"] == pytest.approx(finding["distance_m"] - 3000)
    assert finding["target"] == {"layer": "rivers", "id": "r1", "name": "干流"}
    assert finding["evidence"]["type"] == "LineString"


def test_check_within_the_doubt_is_not_decided(by_the_river: Any) -> None:
    body = by_the_river.post(
        "/api/v1/check", json=collection(proposal(2995), proposal(2000, accuracy_m=None))
    ).json()
    for checked in body["proposals"]:
        finding = finding_of(checked, RULE)
        assert (checked["verdict"], finding["verdict"], finding["decided"]) == (
            "prohibited",
            "prohibited",
            False,
        )


def test_check_stores_nothing(by_the_river: Any) -> None:
    by_the_river.post("/api/v1/check", json=collection(proposal(2000)))
    assert by_the_river.get("/api/v1/findings").json()["number_matched"] == 0
    assert by_the_river.get("/api/v1/layers/proposals").json()["count"] == 0


def test_check_without_a_coordinate_system_counts_as_wgs_84_and_says_so(by_the_river: Any) -> None:
    undeclared = collection(proposal(2000))
    del undeclared["crs"]
    answer = by_the_river.post("/api/v1/check", json=undeclared)
    assert answer.status_code == 200
    body = answer.json()
    assert any("RFC 7946" in note for note in body["notes"])
    assert any("RFC 7946" in note for note in body["notes_zh"])
    # WGS 84 counts as CGCS2000 with 1 m added: 5 m of the river, 5 m of the plot.
    assert finding_of(body["proposals"][0], RULE)["doubt_m"] == 11.0
    stated = by_the_river.post("/api/v1/check?crs=EPSG:4490", json=undeclared).json()
    assert finding_of(stated["proposals"][0], RULE)["doubt_m"] == 10.0
    wrong = collection(proposal(2000), crs={"type": "name", "properties": {"name": "EPSG:4214"}})
    assert by_the_river.post("/api/v1/check", json=wrong).json()["error"]["type"] == "CrsError"
    unknown = collection(proposal(2000), crs=None)
    assert by_the_river.post("/api/v1/check", json=unknown).json()["error"]["type"] == "CrsError"


def test_check_of_shifted_coordinates_moves_them_back(by_the_river: Any) -> None:
    plain = by_the_river.post("/api/v1/check", json=collection(proposal(2000))).json()
    undeclared = {"type": "FeatureCollection", "features": [proposal(2000)]}
    shifted = by_the_river.post("/api/v1/check?crs=GCJ-02", json=undeclared).json()
    distances = [finding_of(body["proposals"][0], RULE)["distance_m"] for body in (plain, shifted)]
    assert 50 < abs(distances[0] - distances[1]) < 1000


@pytest.mark.parametrize(
    "body",
    [
        {"type": "FeatureCollection", "features": []},
        {"type": "Feature", "geometry": None},
        {"features": [{}]},
        collection(*[{}] * 2001),
    ],
    ids=["empty", "not-a-collection", "no-type", "too-many"],
)
def test_check_of_something_else_is_refused(sqlite_client: Any, body: Any) -> None:
    assert sqlite_client.post("/api/v1/check", json=body).status_code == 422


def test_check_lists_rows_that_cannot_be_read(by_the_river: Any) -> None:
    bad = proposal(2000, state="sleeping")
    body = by_the_river.post("/api/v1/check", json=collection(bad, proposal(5000))).json()
    assert [checked["id"] for checked in body["proposals"]] == ["at 5000"]
    (rejected,) = body["rejected"]
    assert (rejected["row"], rejected["column"]) == (1, "state")


def test_setback_job_stores_findings_and_the_run(by_the_river: Any) -> None:
    pond = {
        "type": "Feature",
        "id": "pond",
        "geometry": proposal(2000)["geometry"],
        "properties": {"name": "库", "state": "in_service", "accuracy_m": 5.0},
    }
    assert by_the_river.post("/api/v1/layers/tailings_ponds/features", json=pond).status_code == 201
    before = by_the_river.get("/api/v1/findings/summary").json()
    assert (before["count"], before["run"], before["checked_on"]) == (0, None, None)

    results = []
    for _ in range(2):
        job = by_the_river.post(
            "/api/v1/setback", json={"on": "2026-06-01", "layers": ["tailings_ponds"]}
        ).json()
        status = wait_for(by_the_river, job)
        assert status["state"] == "done", status
        results.append((json.dumps(status["result"]), by_the_river.get("/api/v1/findings").content))
    assert results[0] == results[1]

    found = json.loads(results[0][1])
    (legacy,) = [feature for feature in found["features"] if feature["properties"]["rule"] == RULE]
    assert legacy["properties"]["verdict"] == "legacy_rectify"
    assert legacy["geometry"]["type"] == "LineString"
    assert legacy["properties"]["subject"] == {"layer": "tailings_ponds", "id": "pond", "name": "库"}
    assert "evidence" not in legacy["properties"]

    summary = by_the_river.get("/api/v1/findings/summary").json()
    assert summary["checked_on"] == "2026-06-01"
    counted = {verdict["verdict"]: verdict["decided"] for verdict in summary["verdicts"]}
    assert counted["legacy_rectify"] == 1
    assert summary["verdicts"][0]["verdict"] == "prohibited"

    for query, number in (
        (f"rule={RULE}&verdict=legacy_rectify&decided=true", 1),
        ("verdict=legacy_rectify&advisory=false", 1),
        ("subject_id=pond&limit=0", found["number_matched"]),
        ("subject_layer=enterprises", 0),
        ("bbox=110,26,111,27", 0),
    ):
        answer = by_the_river.get(f"/api/v1/findings?{query}")
        assert answer.status_code == 200
        assert answer.json()["number_matched"] == number


@pytest.mark.parametrize(
    "body",
    [{"layers": ["moons"]}, {"layers": ["rivers"]}, {"layers": []}, {"on": "someday"}, {"day": "2026-01-01"}],
    ids=str,
)
def test_setback_with_wrong_options_starts_no_job(sqlite_client: Any, body: Any) -> None:
    assert sqlite_client.post("/api/v1/setback", json=body).status_code in (404, 422)
    assert sqlite_client.get("/api/v1/jobs").json() == {"jobs": []}


@pytest.mark.parametrize("door", ["setback", "audit"])
def test_a_layer_that_is_only_measured_to_is_refused_with_those_that_are_checked(
    sqlite_client: Any, door: str
) -> None:
    refused = sqlite_client.post(f"/api/v1/{door}", json={"layers": ["enterprises", "rivers"]})
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["message"].startswith("nothing in layer rivers is checked: rules measure to it")
    assert "tailings_ponds, chemical_parks, enterprises" in error["message"]
    assert "图层 rivers 不是审查对象" in error["message_zh"]


def test_findings_query_is_checked(sqlite_client: Any) -> None:
    assert sqlite_client.get("/api/v1/findings?verdict=perhaps").status_code == 422
    assert sqlite_client.get("/api/v1/findings?decided=perhaps").status_code == 422


def test_grid_job_lists_its_run_and_cells(filled_client: Any) -> None:
    assert filled_client.get("/api/v1/grids").json() == {"grids": []}
    status = wait_for(filled_client, filled_client.post("/api/v1/grids", json={"resolution": 7}).json())
    assert status["state"] == "done", status
    run = status["result"]["run"]
    (listed,) = filled_client.get("/api/v1/grids").json()["grids"]
    assert (listed["id"], listed["metric"], listed["resolution"], listed["cells"]) == (
        run,
        "facility_count",
        7,
        2,
    )
    answer = filled_client.get(f"/api/v1/grids/{run}/cells").json()
    assert answer["number_matched"] == 2
    for cell in answer["cells"]:
        assert cell["mass"] == 4.0
        assert cell["density"] == pytest.approx(4.0 / cell["area_km2"])
        assert cell["objects"] == 1
    inside = filled_client.get(f"/api/v1/grids/{run}/cells?bbox=103.05,25.95,103.15,26.05").json()
    assert len(inside["cells"]) == 1
    assert filled_client.get("/api/v1/grids/none/cells").status_code == 404


def test_grid_of_nothing_fails_as_not_available(sqlite_client: Any) -> None:
    status = wait_for(sqlite_client, sqlite_client.post("/api/v1/grids", json={}).json())
    assert (status["state"], status["error"]["type"]) == ("failed", "NotAvailableError")
