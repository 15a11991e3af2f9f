"""Features over HTTP: queries, versions, conflicts."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import shapely

from layers.exchange.importing import read_features

FEATURES = "/api/v1/layers/tailings_ponds/features"


def test_features_of_a_layer_come_with_crs_and_counts(filled_client: Any) -> None:
    answer = filled_client.get(FEATURES)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert body["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::4490"
    assert (body["number_matched"], body["number_returned"]) == (2, 2)
    first, second = body["features"]
    assert first["id"] == "p1"
    assert first["geometry"] == {"type": "Point", "coordinates": [103.0, 26.0]}
    assert first["properties"]["capacity_m3"] == 1.5e6
    assert second["properties"]["capacity_m3"] is None
    assert second["properties"]["accuracy_m"] is None
    assert second["properties"]["name"] == "<b>二号</b>尾矿库"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("bbox=102.9,25.9,103.05,26.1", ["p1"]),
        ("bbox=103.1,26,103.1,26", ["p2"]),
        ("bbox=110,20,111,21", []),
        ("state=new", ["p1"]),
        ("state=new&state=in_service", ["p1", "p2"]),
        ("capacity_m3=1500000", ["p1"]),
        ("capacity_m3=", ["p2"]),
        ("limit=1&offset=1", ["p2"]),
        ("limit=0", []),
        ("at=2000-01-01", []),
        ("at=2999-01-01", ["p1", "p2"]),
    ],
)
def test_features_query_selects(filled_client: Any, query: str, ids: list[str]) -> None:
    body = filled_client.get(f"{FEATURES}?{query}").json()
    assert [feature["id"] for feature in body["features"]] == ids
    if "limit" in query:
        assert body["number_matched"] == 2


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("bbox=abc", 422, "OutOfRangeError"),
        ("bbox=1,2,3", 422, "OutOfRangeError"),
        ("bbox=nan,0,1,1", 422, "OutOfRangeError"),
        ("bbox=104,26,103,27", 422, "OutOfRangeError"),
        ("bbox=26,103,27,104", 422, "OutOfRangeError"),
        ("colour=red", 422, "UnknownFieldError"),
        ("capacity_m3=much", 422, "FeatureError"),
        ("state=sleeping", 422, "FeatureError"),
        ("extra=1", 422, "FeatureError"),
        ("at=yesterday", 422, "FeatureError"),
        ("at=2026-01-01T00:00:00", 422, "FeatureError"),
        ("limit=-1", 422, "ValidationError"),
        ("limit=1000000", 422, "ValidationError"),
        ("offset=x", 422, "ValidationError"),
    ],
)
def test_features_bad_query_is_refused_with_reason(
    sqlite_client: Any, query: str, status: int, kind: str
) -> None:
    answer = sqlite_client.get(f"{FEATURES}?{query}")
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["type"] == kind
    assert error["message"]
    assert error["message_zh"]


def test_features_unchanged_since_are_not_sent_again(filled_client: Any) -> None:
    etag = filled_client.get(FEATURES).headers["etag"]
    again = filled_client.get(FEATURES, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    filled_client.delete(f"{FEATURES}/p1", headers={"If-Match": '"1"'})
    assert filled_client.get(FEATURES, headers={"If-None-Match": etag}).status_code == 200


def test_unknown_layer_and_feature_are_not_found(sqlite_client: Any) -> None:
    assert sqlite_client.get("/api/v1/layers/moons/features").status_code == 404
    assert sqlite_client.get(f"{FEATURES}/p9").status_code == 404
    assert sqlite_client.get(f"{FEATURES}/p9/versions").status_code == 404


def test_feature_lives_through_create_patch_delete(client: Any) -> None:
    feature = {
        "type": "Feature",
        "id": "p/7 新",
        "geometry": {"type": "Point", "coordinates": [103.5, 26.5]},
        "properties": {"name": "七号", "state": "new"},
    }
    created = client.post(FEATURES, json=feature)
    assert created.status_code == 201
    assert created.headers["etag"] == '"1"'
    address = created.headers["location"]
    assert client.get(address).json()["properties"]["accuracy_m"] is None

    patched = client.patch(address, json={"properties": {"state": "expand"}}, headers={"If-Match": '"1"'})
    assert (patched.status_code, patched.headers["etag"]) == (200, '"2"')
    assert patched.json()["properties"]["name"] == "七号"

    assert client.delete(address, headers={"If-Match": "2"}).status_code == 204
    assert client.get(address).status_code == 404
    states = [
        version["properties"]["state"] for version in client.get(f"{address}/versions").json()["versions"]
    ]
    assert states == ["new", "expand"]


def test_an_id_that_ends_like_an_address_is_readable(client: Any) -> None:
    """``a/versions`` is the feature where no feature ``a`` has versions; its own versions are one step further."""
    point = {"type": "Point", "coordinates": [103.2, 26.2]}
    feature = {"type": "Feature", "properties": {"id": "a/versions", "source": "t"}, "geometry": point}
    created = client.post(FEATURES, json=feature)
    assert created.status_code == 201
    assert client.get(created.headers["location"]).json()["properties"]["id"] == "a/versions"
    assert len(client.get(f"{FEATURES}/a/versions/versions").json()["versions"]) == 1
    missing = client.get(f"{FEATURES}/b/versions")
    assert missing.status_code == 404
    assert "'b'" in missing.json()["error"]["message"]


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_change_without_version_is_refused(filled_client: Any, method: str) -> None:
    body = {"json": {"properties": {"name": "x"}}} if method == "patch" else {}
    answer = getattr(filled_client, method)(f"{FEATURES}/p1", **body)
    assert answer.status_code == 428
    wrong = getattr(filled_client, method)(f"{FEATURES}/p1", headers={"If-Match": "*"}, **body)
    assert wrong.status_code == 428
    assert "also undo what somebody else has changed" in wrong.json()["error"]["message"]
    endless = getattr(filled_client, method)(f"{FEATURES}/p1", headers={"If-Match": "9" * 5000}, **body)
    assert endless.status_code == 428


def test_change_to_an_old_version_is_a_conflict(filled_client: Any) -> None:
    change = {"properties": {"name": "x"}}
    assert filled_client.patch(f"{FEATURES}/p1", json=change, headers={"If-Match": '"7"'}).status_code == 412
    assert filled_client.delete(f"{FEATURES}/p1", headers={"If-Match": '"7"'}).status_code == 412
    assert filled_client.get(f"{FEATURES}/p1").json()["properties"]["name"] == "一号尾矿库"


def test_create_with_a_taken_id_is_a_conflict(filled_client: Any) -> None:
    feature = {"type": "Feature", "id": "p1", "geometry": {"type": "Point", "coordinates": [103, 26]}}
    assert filled_client.post(FEATURES, json=feature).status_code == 412
    replaced = filled_client.post(FEATURES, json=feature, headers={"If-Match": '"1"'})
    assert (replaced.status_code, replaced.headers["etag"]) == (201, '"2"')


def test_two_writers_of_one_version_only_one_wins(filled_client: Any) -> None:
    start = threading.Barrier(4)
    statuses: list[int] = []

    def write(number: int) -> None:
        start.wait()
        change = {"properties": {"name": f"writer {number}"}}
        answer = filled_client.patch(f"{FEATURES}/p1", json=change, headers={"If-Match": '"1"'})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412, 412, 412]
    assert len(filled_client.get(f"{FEATURES}/p1/versions").json()["versions"]) == 2


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [float("nan"), 26]},
        {"type": "Point", "coordinates": []},
        {"type": "LineString", "coordinates": [[103, 26], [104, 26]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
        {"type": "Circle", "coordinates": [103, 26]},
        {"coordinates": [103, 26]},
        None,
    ],
    ids=["nan", "empty", "wrong-kind", "crossing", "no-such-type", "no-type", "missing"],
)
def test_create_with_a_bad_geometry_is_refused(sqlite_client: Any, geometry: Any) -> None:
    text = json.dumps({"type": "Feature", "id": "x", "geometry": geometry, "properties": {}})
    answer = sqlite_client.post(FEATURES, content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert sqlite_client.get(FEATURES).json()["number_matched"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"properties": {"height": 3}},
        {"properties": {"capacity_m3": -1}},
        {"properties": {"capacity_m3": "many"}},
        {"properties": {"state": "sleeping"}},
        {"properties": {"id": "other"}},
        {"id": "other"},
        {"name": "x"},
        [],
    ],
)
def test_patch_that_does_not_fit_changes_nothing(filled_client: Any, change: Any) -> None:
    answer = filled_client.patch(f"{FEATURES}/p1", json=change, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert filled_client.get(f"{FEATURES}/p1").headers["etag"] == '"1"'


def test_create_in_another_coordinate_system_is_refused(sqlite_client: Any) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [103, 26]},
        "crs": {"type": "name", "properties": {"name": "GCJ-02"}},
    }
    answer = sqlite_client.post(FEATURES, json=feature)
    assert (answer.status_code, answer.json()["error"]["type"]) == (422, "CrsError")


def test_layers_describe_what_is_stored(filled_client: Any) -> None:
    layers = {layer["slug"]: layer for layer in filled_client.get("/api/v1/layers").json()["layers"]}
    pond = layers["tailings_ponds"]
    assert pond["count"] == 2
    assert pond["bounds"] == [103.0, 26.0, 103.1, 26.0]
    assert (pond["accuracy_min_m"], pond["accuracy_max_m"], pond["accuracy_unknown"]) == (5.0, 5.0, 1)
    assert pond["illustrative"] == 2
    assert pond["newest"].endswith("Z")
    assert {"name": "capacity_m3", "unit": "m³"}.items() <= next(
        field for field in pond["fields"] if field["name"] == "capacity_m3"
    ).items()
    assert layers["rivers"]["count"] == 0
    assert layers["rivers"]["bounds"] is None
    assert filled_client.get("/api/v1/layers/tailings_ponds").json() == pond


def test_search_finds_by_part_of_the_name(filled_client: Any) -> None:
    (hit,) = filled_client.get("/api/v1/search", params={"q": "一号"}).json()["hits"]
    assert hit == {"layer": "tailings_ponds", "id": "p1", "name": "一号尾矿库", "lon": 103.0, "lat": 26.0}
    assert filled_client.get("/api/v1/search", params={"q": "%"}).json()["hits"] == []
    assert filled_client.get("/api/v1/search", params={"q": ""}).status_code == 422
    assert filled_client.get("/api/v1/search", params={"q": "p", "layer": "moons"}).status_code == 404


LONG_LINE = {"type": "LineString", "coordinates": [[102.0, 26.0], [104.0, 26.0]]}
"""Along a parallel: the geodesic between its ends, 200 km apart, runs 383 m (R Δλ² sin φ cos φ / 8)
farther north in the middle."""


def test_long_edges_are_kept_in_place_like_those_of_imports(client: Any, tmp_path: Path) -> None:
    rivers = "/api/v1/layers/rivers/features"
    feature = {"type": "Feature", "id": "r", "geometry": LONG_LINE, "properties": {"source": "survey"}}
    created = client.post(rivers, json=feature)
    assert created.status_code == 201, created.text
    stored = created.json()["geometry"]["coordinates"]
    assert len(stored) > 100
    assert [stored[0], stored[-1]] == LONG_LINE["coordinates"]
    assert {lat for _, lat in stored} == {26.0}

    path = tmp_path / "rivers.geojson"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
    frame, _ = read_features(path, "rivers")
    assert shapely.get_coordinates(frame.geometry.iloc[0]).tolist() == stored

    moved = {"type": "LineString", "coordinates": [[102.0, 27.0], [104.0, 27.0]]}
    patched = client.patch(f"{rivers}/r", json={"geometry": moved}, headers={"If-Match": '"1"'}).json()
    assert len(patched["geometry"]["coordinates"]) > 100
    renamed = client.patch(f"{rivers}/r", json={"properties": {"name": "江"}}, headers={"If-Match": '"2"'})
    assert renamed.json()["geometry"] == patched["geometry"]


@pytest.mark.parametrize(
    "coordinates",
    [[[103, 26], [103, 200]], [[103, "x"], [104, 26]], [[103, 26]], "x"],
    ids=["range", "text", "one", "no"],
)
def test_line_that_cannot_be_stored_is_refused_in_a_sentence(sqlite_client: Any, coordinates: Any) -> None:
    geometry = {"type": "LineString", "coordinates": coordinates}
    feature = {"type": "Feature", "geometry": geometry, "properties": {}}
    answer = sqlite_client.post("/api/v1/layers/rivers/features", json=feature)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "properties",
    [
        {"accuracy_m": 0},
        {"name": "\ud800"},
        {"valid_from": "9999-12-31T23:59:59-12:00"},
        {"valid_from": "0001-01-01T00:00:00+14:00"},
    ],
    ids=["no accuracy", "half a character", "after the calendar", "before the calendar"],
)
def test_value_that_cannot_be_stored_is_refused_in_a_sentence(sqlite_client: Any, properties: Any) -> None:
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [103, 26]}}
    body = json.dumps(
        {**feature, "properties": properties}
    )  # escaped, as a client that is not Python sends it
    answer = sqlite_client.post(
        "/api/v1/layers/tailings_ponds/features", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert next(iter(properties)) in answer.json()["error"]["message"]


def test_page_beyond_all_numbers_of_a_database_is_refused(sqlite_client: Any) -> None:
    for address in ("layers/rivers/features", "findings"):
        answer = sqlite_client.get(f"/api/v1/{address}?offset={2**63}")
        assert answer.status_code == 422, answer.text
        assert sqlite_client.get(f"/api/v1/{address}?offset={2**63 - 1}").status_code == 200


def test_finding_without_its_words_does_not_hide_the_others(sqlite_client: Any) -> None:
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [103, 26]}, "properties": {}}
    sqlite_client.app.state.store.write_feature("findings", feature, expected_version=None)
    summary = sqlite_client.get("/api/v1/findings/summary")
    assert summary.status_code == 200, summary.text
    assert summary.json()["count"] == 1


@pytest.mark.parametrize("layer", ["findings", "risk_contours", "grid_runs", "grid_cells"])
def test_results_cannot_be_forged(sqlite_client: Any, layer: str) -> None:
    feature = {"type": "Feature", "geometry": None, "properties": {"id": "forged"}}
    answer = sqlite_client.post(f"/api/v1/layers/{layer}/features", json=feature)
    assert answer.status_code == 422, answer.text
    assert "cannot be written" in answer.json()["error"]["message"]
    assert sqlite_client.get(f"/api/v1/layers/{layer}/features").json()["number_matched"] == 0
