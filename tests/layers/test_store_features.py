"""Single features as GeoJSON, and optimistic locking, the same on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import shapely

from geo.errors import GeometryError
from layers.errors import ConflictError, FeatureError, NotFoundError, UnknownFieldError
from layers.store import Store, to_features
from tests.layers.frames import frame, ponds

POND = {
    "type": "Feature",
    "id": "P1",
    "geometry": {"type": "Point", "coordinates": [101.0, 26.0]},
    "properties": {
        "name": "一号尾矿库",
        "state": "new",
        "capacity_m3": 1_500_000,
        "idle_since": "2026-02-28",
    },
}


def test_new_feature_is_returned_as_stored(store):
    stored = store.write_feature("tailings_ponds", POND, expected_version=None)
    assert stored == store.feature("tailings_ponds", "P1")
    assert (stored["type"], stored["id"], stored["geometry"]) == ("Feature", "P1", POND["geometry"])
    properties = stored["properties"]
    assert (properties["id"], properties["version"], properties["valid_to"]) == ("P1", 1, None)
    assert properties["capacity_m3"] == 1_500_000.0
    assert properties["idle_since"] == "2026-02-28"
    assert properties["valid_from"].endswith("Z")
    assert properties["accuracy_m"] is None


def test_feature_without_id_gets_one(store):
    stored = store.write_feature(
        "tailings_ponds", {**POND, "id": None, "properties": {"name": "x"}}, expected_version=None
    )
    assert len(stored["id"]) == 36


def test_new_feature_that_is_there_is_a_conflict(store):
    store.write_feature("tailings_ponds", POND, expected_version=None)
    with pytest.raises(ConflictError, match="at version 1, the change expects a new feature"):
        store.write_feature("tailings_ponds", POND, expected_version=None)


def test_feature_replaces_the_version_it_names(store):
    store.write_feature("tailings_ponds", POND, expected_version=None)
    moved = {**POND, "geometry": {"type": "Point", "coordinates": [101.5, 26.0]}}
    assert store.write_feature("tailings_ponds", moved, expected_version=1)["properties"]["version"] == 2
    with pytest.raises(ConflictError, match="at version 2, the change expects version 1"):
        store.write_feature("tailings_ponds", POND, expected_version=1)
    with pytest.raises(NotFoundError):
        store.write_feature("tailings_ponds", {**POND, "id": "P9"}, expected_version=1)


def test_patch_changes_what_it_names(store):
    store.write_feature("tailings_ponds", POND, expected_version=None)
    patched = store.patch_feature(
        "tailings_ponds", "P1", {"properties": {"state": "closed", "capacity_m3": None}}, expected_version=1
    )
    assert patched["properties"]["state"] == "closed"
    assert patched["properties"]["capacity_m3"] is None
    assert patched["properties"]["name"] == "一号尾矿库"
    assert patched["geometry"] == POND["geometry"]
    assert patched["properties"]["version"] == 2
    moved = store.patch_feature(
        "tailings_ponds", "P1", {"geometry": {"type": "Point", "coordinates": [102, 27]}}, expected_version=2
    )
    assert moved["geometry"]["coordinates"] == [102.0, 27.0]
    assert moved["properties"]["state"] == "closed"


def test_patch_without_change_makes_no_version(store):
    store.write_feature("tailings_ponds", POND, expected_version=None)
    digest = store.layer_digest("tailings_ponds")
    assert store.patch_feature("tailings_ponds", "P1", {}, expected_version=1)["properties"]["version"] == 1
    assert store.layer_digest("tailings_ponds") == digest


def test_patch_refuses_wrong_version_unknown_parts_and_other_id(store):
    store.write_feature("tailings_ponds", POND, expected_version=None)
    with pytest.raises(ConflictError):
        store.patch_feature("tailings_ponds", "P1", {"properties": {"state": "closed"}}, expected_version=7)
    with pytest.raises(UnknownFieldError, match="state: changes are a feature"):
        store.patch_feature("tailings_ponds", "P1", {"state": "closed"}, expected_version=1)
    with pytest.raises(UnknownFieldError, match="no field 'colour'"):
        store.patch_feature("tailings_ponds", "P1", {"properties": {"colour": "red"}}, expected_version=1)
    with pytest.raises(FeatureError, match="id of a feature cannot change"):
        store.patch_feature("tailings_ponds", "P1", {"properties": {"id": "P2"}}, expected_version=1)
    with pytest.raises(NotFoundError):
        store.patch_feature("tailings_ponds", "P2", {}, expected_version=1)
    assert len(store.versions("tailings_ponds", "P1")) == 1


def test_superseded_feature_ends_and_its_versions_stay(store):
    store.write_feature("tailings_ponds", POND, expected_version=None)
    with pytest.raises(ConflictError):
        store.supersede_feature("tailings_ponds", "P1", expected_version=2)
    store.supersede_feature("tailings_ponds", "P1", expected_version=1)
    with pytest.raises(NotFoundError):
        store.feature("tailings_ponds", "P1")
    with pytest.raises(NotFoundError):
        store.supersede_feature("tailings_ponds", "P1", expected_version=1)
    [last] = store.versions("tailings_ponds", "P1")
    assert last["properties"]["valid_to"] > last["properties"]["valid_from"]
    back = store.write_feature("tailings_ponds", POND, expected_version=None)
    assert back["properties"]["version"] == 2


def test_stored_feature_can_be_sent_back(store):
    stored = store.write_feature("tailings_ponds", POND, expected_version=None)
    stored["properties"]["state"] = "closed"
    del stored["properties"]["valid_from"]
    assert store.write_feature("tailings_ponds", stored, expected_version=1)["properties"]["version"] == 2


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        ({"type": "FeatureCollection"}, FeatureError, "GeoJSON feature is expected"),
        ({"properties": [1]}, FeatureError, "GeoJSON feature is expected"),
        ({"properties": {"id": "other"}}, FeatureError, "'P1' on top and 'other'"),
        ({"properties": {"hoehe": 3}}, UnknownFieldError, "no field 'hoehe'"),
        ({"properties": {"state": "planned"}}, FeatureError, "state: 'planned' is none of: new, rebuild"),
        ({"properties": {"capacity_m3": -1}}, FeatureError, "capacity_m3: -1 is below 0"),
        ({"properties": {"capacity_m3": "5"}}, FeatureError, "capacity_m3: '5' is not a finite number"),
        ({"geometry": {"type": "Feature"}}, GeometryError, "no GeoJSON geometry"),
        ({"geometry": {"type": "Point", "coordinates": ["a", 1]}}, GeometryError, "cannot be read"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[1, 1]]]}}, GeometryError, "cannot be read"),
        ({"geometry": {"type": "Point", "coordinates": [float("nan"), 1]}}, GeometryError, "cannot be read"),
        ({"geometry": None}, FeatureError, "geometry is missing"),
        ({"geometry": {"type": "Point", "coordinates": []}}, FeatureError, "geometry is empty"),
        ({"geometry": {"type": "Point", "coordinates": [101, 26, 1500]}}, FeatureError, "heights"),
        ({"geometry": {"type": "Point", "coordinates": [26, 101]}}, FeatureError, "longitude comes first"),
        ({"geometry": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]}}, FeatureError, "is a line"),
        (
            {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
            FeatureError,
            "self-intersection",
        ),
    ],
)
def test_feature_that_does_not_fit_is_refused(store, change, error, reason):
    with pytest.raises(error, match=reason):
        store.write_feature("tailings_ponds", {**POND, **change}, expected_version=None)
    assert store.count("tailings_ponds") == 0


def test_features_of_a_frame_are_valid_geojson(store):
    ring = shapely.Polygon([(101, 26), (102, 26), (101, 27)], [[(101.2, 26.2), (101.4, 26.2), (101.2, 26.4)]])
    store.write("tailings_ponds", frame([ring, shapely.MultiPoint([(1, 2), (3, 4)])], id=["A", "B"]))
    polygon, points = to_features(store.read("tailings_ponds", columns=["name"]))
    assert shapely.geometry.shape(polygon["geometry"]).equals(ring)
    assert points["geometry"] == {"type": "MultiPoint", "coordinates": [[1.0, 2.0], [3.0, 4.0]]}
    assert points["properties"] == {"id": "B", "name": None}
    assert to_features(store.read("rivers")) == []


def test_of_two_concurrent_changes_of_a_version_one_wins(store_url):
    """Two stores, ten rounds: each time exactly one change is taken, and no version is lost or doubled."""
    with Store.open(store_url) as first, Store.open(store_url) as second:
        first.write("tailings_ponds", ponds())
        start = threading.Barrier(2)

        def change(store: Store, name: str, version: int) -> bool:
            start.wait()
            try:
                store.patch_feature(
                    "tailings_ponds", "P1", {"properties": {"name": name}}, expected_version=version
                )
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            for version in range(1, 11):
                attempts = [
                    pool.submit(change, store, f"{store is first} {version}", version)
                    for store in (first, second)
                ]
                assert sorted(attempt.result() for attempt in attempts) == [False, True]
        versions = [found["properties"] for found in first.versions("tailings_ponds", "P1")]
    assert [found["version"] for found in versions] == list(range(1, 12))
    assert [found["valid_to"] for found in versions[:-1]] == [found["valid_from"] for found in versions[1:]]


def test_threads_share_one_store(store):
    """Readers and writers of one store in many threads, as a web server has them."""

    def write_and_read(number: int) -> int:
        store.write(
            "tailings_ponds", frame([shapely.Point(101, 26)], id=[f"T{number}"], name=[f"name {number}"])
        )
        assert store.feature("tailings_ponds", f"T{number}")["properties"]["name"] == f"name {number}"
        assert store.summaries()
        return len(store.read("tailings_ponds"))

    with ThreadPoolExecutor(6) as pool:
        assert max(pool.map(write_and_read, range(18))) == 18


def test_concurrent_bulk_writes_of_the_same_features_leave_one_chain(store_url):
    with Store.open(store_url) as store:

        def write(number: int) -> None:
            store.write("tailings_ponds", ponds(name=[f"{number}"] * 3))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(8)))
        assert [found["properties"]["version"] for found in store.versions("tailings_ponds", "P2")] == list(
            range(1, 9)
        )
