"""Former states: the days with a change, what there was at the end of one, and that tiles and findings go by it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import pytest
import shapely

from layers.store import Store
from tests.api.conftest import open_client, ponds
from tests.layers.test_raster_tiles import write_raster

LATE = datetime(2025, 3, 1, 17, tzinfo=UTC)
"""The second of March in China."""
TILE = (8, 201, 108)
"""Of web Mercator, with both ponds in it."""


@pytest.fixture
def former(store_url: str) -> str:
    """Two ponds of 2024, of which one was moved far away in March 2025, and a finding of 2025."""
    with Store.open(store_url) as store:
        store.write("tailings_ponds", ponds(valid_from=datetime(2024, 5, 5, 4, tzinfo=UTC)))
        moved = ponds(valid_from=LATE).iloc[:1]
        moved["geom"] = [shapely.Point(110.0, 30.0)]
        store.write("tailings_ponds", moved)
        store.write("findings", finding())
    return store_url


def finding() -> gpd.GeoDataFrame:
    data = {"id": ["f"], "subject_layer": ["tailings_ponds"], "subject_id": ["p1"], "verdict": ["prohibited"]}
    columns = {"valid_from": [LATE], "source": ["test"], "finding": [{"rule": "r"}]}
    return gpd.GeoDataFrame({**data, **columns, "geom": [None]}, geometry="geom", crs="EPSG:4490")


@pytest.fixture
def client(former: str) -> Any:
    with open_client(former) as opened:
        yield opened


def test_days_are_those_of_china(client: Any) -> None:
    assert client.get("/api/v1/days").json() == {"days": ["2024-05-05", "2025-03-02"]}


@pytest.mark.parametrize(
    ("day", "ponds_then", "findings"), [("2024-05-04", 0, 0), ("2025-03-01", 2, 0), ("2025-03-02", 2, 1)]
)
def test_counts_at_the_end_of_a_day(client: Any, day: str, ponds_then: int, findings: int) -> None:
    counts = client.get(f"/api/v1/days/{day}").json()["counts"]
    assert (counts["tailings_ponds"], counts["findings"]) == (ponds_then, findings)
    assert counts["rivers"] == 0
    assert client.get("/api/v1/findings", params={"at": day}).json()["number_matched"] == findings


def test_a_day_that_is_none_is_refused(client: Any) -> None:
    assert client.get("/api/v1/days/2025-02-30").status_code == 422


def test_tiles_of_a_day_hold_what_was_there(client: Any) -> None:
    layers = client.get("/api/v1/layers").json()["layers"]
    version = next(layer["tile_version"] for layer in layers if layer["slug"] == "tailings_ponds")
    address = f"/tiles/layers/tailings_ponds/{version}/{'/'.join(map(str, TILE))}"

    def ids(**query: str) -> set[str]:
        content = client.get(address, params=query).content
        if not content:
            return set()
        features = mapbox_vector_tile.decode(content)["tailings_ponds"]["features"]
        return {feature["properties"]["id"] for feature in features}

    assert ids(at="2025-03-01") == {"p1", "p2"}
    assert ids() == ids(at="2025-03-02") == {"p2"}
    assert ids(at="2024-05-04") == set()
    assert client.get(address, params={"at": "March"}).status_code == 422


def test_raster_tiles_are_kept_for_ever_at_their_own_address(new_sqlite_url: Any, tmp_path: Path) -> None:
    url = new_sqlite_url()
    write_raster(tmp_path / "risk.tif")
    row = {"id": "a/b", "raster_kind": "risk", "path": str(tmp_path / "risk.tif"), "source": "test"}
    with Store.open(url) as store:
        frame = gpd.GeoDataFrame([row], geometry=[shapely.box(102, 26, 103, 27)], crs="EPSG:4490")
        store.write("rasters", frame.rename_geometry("geom"))
    with open_client(url) as client:
        (told,) = client.get("/api/v1/rasters").json()["rasters"]
        assert [shade["colour"] for shade in told["shades"]] == [
            None,
            "#2a6fb5",
            "#f2c200",
            "#e8780c",
            "#c4161c",
        ]
        assert (told["shades"][0]["least"], told["shades"][-1]["below"]) == (None, None)
        answer = client.get(f"/tiles/rasters/{told['version']}/8/200/109/a%2Fb")
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"]
        assert client.get("/tiles/rasters/old/8/200/109/a/b").headers["cache-control"] == "no-store"
        assert client.get("/tiles/rasters/x/8/200/109/none").status_code == 404
        assert client.get("/tiles/rasters/x/8/999/109/a/b").status_code == 422
