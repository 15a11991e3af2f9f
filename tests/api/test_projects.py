"""The largest that still passes, and the classes of pipelines, from both doors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from typer.testing import Result

from api.results.pipelines import PipelineResult
from api.results.siting import LargestResult
from layers.store import Store
from tests.api.test_audits import finish
from tests.api.test_checks import collection

LINE = shapely.LineString([(102.0, 26.0), (102.05, 26.0)])
"""Along a parallel, 5,005.9 m (by hand: 0.05 degrees of 111,319.5 cos 26 (1 + e² sin² 26 / 2) = 100,118 m)."""


def features(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490")


@pytest.fixture
def url(store_url: str) -> str:
    """A gas line with a village of 120 households 100 m beside its middle."""
    known = {"source": "survey", "accuracy_m": 1.0}
    size = {"diameter_mm": 508.0, "pressure_mpa": 6.3}
    with Store.open(store_url) as store:
        store.write(
            "pipelines",
            features(
                [
                    {"id": "g1", "name": "输气管道", "kind": "gas_pipeline", **size, **known, "geom": LINE},
                    {"id": "c1", "name": "其他", "kind": "chemical_pipeline", **known, "geom": LINE},
                ]
            ),
        )
        village = {"households": 120, "storeys": 2, **known, "geom": shapely.Point(102.025, 26.0009)}
        far = {"households": 1, "storeys": 1, **known, "geom": shapely.Point(103.0, 26.5)}
        store.write("buildings", features([{"id": "b1", **village}, {"id": "b2", **far}]))
        for layer, extra in (("protection_targets", {}), ("hazard_sites", {"kind": "oil_depot"})):
            store.write(
                layer, features([{"id": "far", **extra, **known, "geom": shapely.Point(103.0, 26.5)}])
            )
    return store_url


def test_pipeline_is_classified_kept_and_drawn(client: Any, run: Callable[..., Result]) -> None:
    before = client.get("/api/v1/pipelines/g1/segments").json()
    assert (before["run"], before["features"]) == (None, [])
    assert client.get("/api/v1/pipelines/none/segments").status_code == 404
    result = finish(client, "pipelines", {"pipeline": "g1"})
    PipelineResult.model_validate(result)
    assert result["length_m"] == pytest.approx(5005.9, abs=0.5)
    dense = [segment for segment in result["segments"] if segment["area_class"] == "3"]
    assert dense
    assert {segment["hca_grade"] for segment in dense} == {"II"}
    # By hand: the class ends 200 m beyond the last building of its window.
    assert dense[-1]["end_m"] - dense[0]["start_m"] == pytest.approx(400.0, abs=1.0)
    drawn = client.get("/api/v1/pipelines/g1/segments").json()
    assert [one["properties"]["start_m"] for one in drawn["features"]] == [
        segment["start_m"] for segment in result["segments"]
    ]
    assert drawn["features"][0]["geometry"]["type"] == "MultiLineString"
    said = json.loads(run("pipelines", "g1", "--format", "json").stdout)
    assert said["pipelines"] == [result]
    table = run("--lang", "zh", "pipelines", "g1")
    assert table.exit_code == 0, table.output
    assert "高后果区" in table.stdout
    assert not {"none", "True", "False", "insufficient_data"} & set(table.stdout.split())


def test_pipeline_of_a_file_is_classified(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "line.geojson"
    rows = [{"id": "f", "kind": "gas_pipeline", "diameter_mm": 508.0, "pressure_mpa": 6.3, "accuracy_m": 1.0}]
    gpd.GeoDataFrame(rows, geometry=[LINE], crs="EPSG:4490").to_file(path)
    (found,) = json.loads(run("pipelines", path, "--format", "json").stdout)["pipelines"]
    assert "3" in {segment["area_class"] for segment in found["segments"]}


def test_what_cannot_be_classified_is_said(client: Any, run: Callable[..., Result]) -> None:
    assert client.post("/api/v1/pipelines", json={"pipeline": "nobody"}).status_code == 404
    done = run("pipelines", "c1")
    assert done.exit_code == 3
    assert "chemical_pipeline" in done.output


POND = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [102.0, 26.2]},
    "properties": {"id": "p", "kind": "quarry", "state": "new", "accuracy_m": 1.0, "mineral": "石灰岩"},
}


def test_largest_has_doors(client: Any, run: Callable[..., Result], tmp_path: Path) -> None:
    body = {"proposal": collection(POND), "attribute": "slope_height_m", "least": 1.0, "most": 500.0}
    found = finish(client, "largest", body)
    LargestResult.model_validate(found)
    assert found["because"] is None
    path = tmp_path / "plot.geojson"
    path.write_text(json.dumps(collection(POND)), encoding="utf-8")
    options = ("--from", 1, "--to", 500, "--format", "json")
    again = json.loads(run("largest", path, "slope_height_m", *options).stdout)
    assert again["value"] == found["value"]
    wrong = run("largest", path, "kind", *options)
    assert wrong.exit_code == 2
    assert "no number of a project" in wrong.output


def test_largest_is_not_offered_where_rules_do_not_say_where_they_turn(client: Any) -> None:
    depot = {**POND, "properties": {**POND["properties"], "kind": "lpg_depot"}}
    body = {"proposal": collection(depot), "attribute": "capacity_m3", "least": 1.0, "most": 1e6}
    found = finish(client, "largest", body)
    assert found["value"] is None
    assert "gb51142-2015-buildings" in found["because"]["en"]
