"""A SQLite file that cannot be written: it is read, the page says so, and every change is refused whole."""

from collections.abc import Callable, Iterator

import pytest

from layers.errors import StoreError
from layers.store import Store
from tests.api.conftest import TestClient, open_client, ponds


@pytest.fixture
def reading_client(
    new_sqlite_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """A client of an application on a file that may only be read; root, who may write all files, is told the same."""
    url = new_sqlite_url()
    with Store.open(url) as store:
        store.write("tailings_ponds", ponds())
    monkeypatch.setattr("layers.store.dialects.sqlite.is_writable", lambda _url: False)
    with open_client(url) as client:
        yield client


def test_what_is_stored_is_read_and_the_page_says_that_nothing_can_be_written(
    reading_client: TestClient,
) -> None:
    answer = reading_client.get("/api/v1/layers/tailings_ponds/features").json()
    assert [feature["id"] for feature in answer["features"]] == ["p1", "p2"]
    assert '"canWrite": false' in reading_client.get("/").text


def test_a_file_that_others_change_meanwhile_is_read_no_more(
    new_sqlite_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_sqlite_url()
    with Store.open(url) as writer:
        writer.write("tailings_ponds", ponds())
    monkeypatch.setattr("layers.store.dialects.sqlite.is_writable", lambda _url: False)
    with Store.open(url) as reader:
        assert reader.count("tailings_ponds") == 2
        monkeypatch.undo()
        with Store.open(url) as writer:
            writer.supersede_feature("tailings_ponds", "p1", expected_version=1)
        with pytest.raises(StoreError, match="another program changed the file"):
            reader.count("tailings_ponds")


def test_every_change_is_refused_and_changes_nothing(reading_client: TestClient) -> None:
    address = "/api/v1/layers/tailings_ponds/features/p1"
    before = reading_client.get(address).json()
    for answer in (
        reading_client.delete(address, headers={"If-Match": "1"}),
        reading_client.patch(address, json={"properties": {"name": "x"}}, headers={"If-Match": "1"}),
        reading_client.post("/api/v1/layers/tailings_ponds/features", json=before | {"id": "p3"}),
        # Long actions that store are refused before they begin, not at their end.
        reading_client.post("/api/v1/setback"),
        reading_client.post("/api/v1/audit", json={}),
        reading_client.post("/api/v1/grids", json={"metric": "facility_count", "resolution": 7}),
        reading_client.post(
            "/api/v1/imports", data={"layer": "rivers"}, files={"file": ("a.csv", b"id", "text/csv")}
        ),
    ):
        assert (answer.status_code, answer.json()["error"]["type"]) == (403, "ReadOnlyError")
        assert "只读" in answer.json()["error"]["message_zh"]
        # Where the database lies concerns those alone who run the server.
        assert "sqlite" not in answer.text
    assert reading_client.get(address).json() == before
