"""Stored plants, their layouts, what makes the risk at a place, and two layouts compared."""

import copy
import tomllib
from typing import Any

import pytest

from geo.ellipsoid import CGCS2000
from layers.samples import samples_folder
from tests.api.conftest import wait_for

PLANTS = samples_folder() / "plants"


def plant(name: str = "explosives") -> dict[str, Any]:
    return tomllib.loads((PLANTS / f"{name}.toml").read_text(encoding="utf-8"))


def even_rose() -> dict[str, Any]:
    """One weather, wind from everywhere alike."""
    return {
        "name": "even",
        "source": "test",
        "direction": "from",
        "weather": [{"period": "day", "stability": "D", "wind_m_s": 5.0, "frequencies": [1 / 16] * 16}],
    }


def test_plant_is_kept_read_and_replaced_by_who_knows_its_version(client: Any) -> None:
    made = client.post("/api/v1/plants", json=plant())
    assert made.status_code == 201, made.text
    assert made.headers["ETag"] == '"1"'
    (row,) = client.get("/api/v1/plants").json()["plants"]
    assert row == {
        "id": "demo-plant-explosives",
        "name": "示例梯恩梯原料库",
        "state": "new",
        "illustrative": True,
        "layout": None,
        "variant_of": None,
        "version": 1,
        "equipment": 1,
    }
    kept = client.get(f"/api/v1/plants/{row['id']}").json()["file"]
    sent = plant()
    assert kept["units"][0]["equipment"][0]["position"] == sent["units"][0]["equipment"][0]["position"]
    kept["units"][0]["equipment"][0]["mass_kg"] = 4000.0
    for version, status in (("1", 200), ("1", 412), ("2", 200)):
        answer = client.put(f"/api/v1/plants/{row['id']}", json=kept, headers={"If-Match": version})
        assert answer.status_code == status, answer.text
    assert client.put(f"/api/v1/plants/{row['id']}", json=kept).status_code == 428
    assert client.post("/api/v1/plants", json=kept).status_code == 412
    assert client.get("/api/v1/plants/none").status_code == 404


class TestPlantsAsFeatures:
    """The general route of features takes plants too, and checks them as the route of plants does."""

    ADDRESS = "/api/v1/layers/plants/features"

    def feature(self, **properties: Any) -> dict[str, Any]:
        return {"type": "Feature", "properties": {"document": plant(), **properties}}

    def test_it_is_kept_as_its_file_says(self, client: Any) -> None:
        made = client.post(self.ADDRESS, json=self.feature())
        assert made.status_code == 201, made.text
        assert made.json()["id"] == "demo-plant-explosives"
        assert made.json()["properties"]["equipment_count"] == 1
        stored = client.get("/api/v1/plants/demo-plant-explosives").json()
        assert stored["file"]["plant"]["state"] == "new"
        changed = plant()
        changed["units"][0]["equipment"][0]["mass_kg"] = 4000.0
        where = f"{self.ADDRESS}/demo-plant-explosives"
        answer = client.patch(where, json={"properties": {"document": changed}}, headers={"If-Match": "1"})
        assert answer.status_code == 200, answer.text
        whole = answer.json() | {"crs": None}
        whole["properties"] = {
            name: value
            for name, value in whole["properties"].items()
            if name in {"document", "name", "state"}
        }
        again = client.post(self.ADDRESS, json=whole, headers={"If-Match": "2"})
        assert again.status_code == 201, again.text

    def test_what_makes_no_sense_is_refused_with_the_path_and_not_stored(self, sqlite_client: Any) -> None:
        wrong = plant()
        wrong["units"][0]["equipment"][0]["mass_kg"] = -5.0
        outside = plant()
        outside["units"][0]["equipment"][0]["position"] = [104.0, 26.0]
        for sent, path in (
            (self.feature(document=None), "properties.document"),
            (self.feature(document=wrong), "units[0].equipment[0].mass_kg"),
            (self.feature(document=outside), "units[0].equipment[0]"),
            (self.feature(state="in_service"), "properties.state"),
            (self.feature() | {"id": "other"}, "id"),
            (self.feature() | {"geometry": BOX}, "geometry"),
        ):
            answer = sqlite_client.post(self.ADDRESS, json=sent)
            assert answer.status_code == 422, answer.text
            assert path in answer.json()["error"]["message"]
        assert sqlite_client.get("/api/v1/plants").json()["plants"] == []


BOX = {"type": "Polygon", "coordinates": [[[103, 26], [103.1, 26], [103.1, 26.1], [103, 26.1], [103, 26]]]}


def test_plant_under_another_address_is_refused(sqlite_client: Any) -> None:
    sqlite_client.post("/api/v1/plants", json=plant())
    answer = sqlite_client.put(
        "/api/v1/plants/demo-plant-explosives", json=plant("lpg"), headers={"If-Match": "1"}
    )
    assert answer.status_code == 422
    assert "plant.id" in answer.json()["error"]["message"]


def test_layouts_get_ids_of_their_own_and_none_of_a_layout(client: Any) -> None:
    client.post("/api/v1/plants", json=plant())
    wanted = {"layout": "<b>方案乙</b>", "file": plant()}
    made = [client.post("/api/v1/plants/demo-plant-explosives/layouts", json=wanted) for _ in range(2)]
    assert [answer.json()["id"] for answer in made] == ["demo-plant-explosives-2", "demo-plant-explosives-3"]
    assert made[0].json()["layout"] == "<b>方案乙</b>"
    assert made[0].json()["variant_of"] == "demo-plant-explosives"
    assert made[0].json()["file"]["plant"]["id"] == "demo-plant-explosives-2"
    again = client.post("/api/v1/plants/demo-plant-explosives-2/layouts", json=wanted)
    assert again.status_code == 422


def test_plant_on_a_plane_is_kept_in_degrees(sqlite_client: Any) -> None:
    # Gauss-Krüger zone 34 (EPSG:4522) of the position in degrees: PROJ, independent of riskmap's own reading.
    from pyproj import Transformer

    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4522", always_xy=True)
    sent, moved = plant(), plant()
    moved["crs"] = "EPSG:4522"
    moved["plant"]["boundary"] = [list(to_plane.transform(*one)) for one in sent["plant"]["boundary"]]
    for unit in moved["units"]:
        for item in unit["equipment"]:
            item["position"] = list(to_plane.transform(*item["position"]))
        if "boundary" in unit:
            unit["boundary"] = [list(to_plane.transform(*one)) for one in unit["boundary"]]
    kept = sqlite_client.post("/api/v1/plants", json=moved).json()["file"]
    assert kept["crs"] == "EPSG:4490"
    placed = kept["units"][0]["equipment"][0]["position"]
    there = sent["units"][0]["equipment"][0]["position"]
    assert CGCS2000.inv(*placed, *there)[2] < 1e-3


def test_file_is_read_and_an_error_names_the_field(sqlite_client: Any) -> None:
    content = (PLANTS / "lpg.toml").read_bytes()
    answer = sqlite_client.post("/api/v1/plants/file", files={"file": ("lpg.toml", content)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["file"]["plant"]["id"] == "demo-plant-lpg"
    assert sqlite_client.get("/api/v1/plants").json()["plants"] == []
    broken = content.replace(b"mass_kg = 40000.0", b"mass_kg = -1.0", 1)
    answer = sqlite_client.post("/api/v1/plants/file", files={"file": ("lpg.toml", broken)})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert "units[0].equipment[0].mass_kg" in error["message"]
    assert "units[0].equipment[0].mass_kg" in error["message_zh"]


def test_words_of_plant_files_have_both_names(sqlite_client: Any) -> None:
    words = sqlite_client.get("/api/v1/plants/words").json()
    assert {"ammonia", "chlorine", "lpg"} <= {one["word"] for one in words["substance"]}
    assert {"pressure_vessel", "atmospheric_tank"} <= {one["word"] for one in words["kind"]}
    assert all(one["zh"] and one["en"] for name in ("substance", "kind") for one in words[name])


@pytest.fixture
def small() -> dict[str, Any]:
    """The LPG depot with one tank."""
    sent = plant("lpg")
    sent["units"][0]["equipment"] = sent["units"][0]["equipment"][:1]
    sent["units"][0]["equipment"][0]["mass_kg"] = 60000.0
    return sent


def test_risk_at_a_place_is_the_sum_of_its_scenarios_and_layouts_differ_by_what_was_moved(
    sqlite_client: Any, small: dict[str, Any]
) -> None:
    tank = small["units"][0]["equipment"][0]["position"]
    place = {"lon": tank[0] + 2e-4, "lat": tank[1]}
    answer = sqlite_client.post(
        "/api/v1/distance/rank", json={"plant": small, "weather": even_rose(), **place}
    )
    assert answer.status_code == 200, answer.text
    ranked = answer.json()
    assert ranked["risk_per_year"] > 0
    assert sum(one["share"] for one in ranked["contributions"]) == pytest.approx(1.0, rel=1e-12)
    shares = [one["share"] for one in ranked["contributions"]]
    assert shares == sorted(shares, reverse=True)

    moved = copy.deepcopy(small)
    moved["units"][0]["equipment"][0] |= {"position": [tank[0] + 2e-4, tank[1]], "name": "新罐"}
    wanted = {"former": small, "present": moved, "weather": even_rose()}
    status = wait_for(sqlite_client, sqlite_client.post("/api/v1/distance/compare", json=wanted).json())
    assert status["state"] == "done", status["error"]
    differences = status["result"]["differences"]
    (change,) = differences["equipment"]
    # 0.0002 degrees of longitude at 26.9 degrees north: 0.0002 * pi/180 * a cos(lat) / W = 19.86 m by hand.
    assert change["moved_m"] == pytest.approx(19.86, abs=0.01)
    assert change["fields"] == [{"field": "name", "before": "甲号卧式储罐", "after": "新罐"}]
    level = next(one for one in differences["contours"] if one["risk_per_year"] == 3e-7)
    # The contour moves with the tank: what it gains on one side it loses on the other.
    assert level["area_m2"] == pytest.approx(level["area_before_m2"], rel=0.01)
    assert level["gained"]["coordinates"]
    assert level["lost"]["coordinates"]
    assert sqlite_client.get("/api/v1/layers/risk_contours/features").json()["features"] == []


def test_risk_of_two_plants_adds_up_at_a_target(sqlite_client: Any, small: dict[str, Any]) -> None:
    lon, lat = small["units"][0]["equipment"][0]["position"]
    school = {
        "type": "Feature",
        "id": "school",
        "geometry": {"type": "Point", "coordinates": [lon + 5e-4, lat]},
        "properties": {
            "name": "学校",
            "target_class": "high_sensitivity",
            "source": "test",
            "accuracy_m": 1.0,
        },
    }
    hamlet = copy.deepcopy(school) | {"id": "hamlet"}
    hamlet["properties"] |= {"name": "村", "target_class": None}
    for target in (school, hamlet):
        made = sqlite_client.post("/api/v1/layers/protection_targets/features", json=target)
        assert made.status_code == 201, made.text
    twin = copy.deepcopy(small)
    twin["plant"] |= {"id": "twin", "name": "邻厂"}
    twin["plant"].pop("feature", None)
    store = plant() | {"source": "explosives only: overpressure, no risk"}
    answers = []
    for plants in ([small], [small, twin, store]):
        wanted = {"plants": plants, "weather": even_rose()}
        status = wait_for(
            sqlite_client, sqlite_client.post("/api/v1/distance/accumulate", json=wanted).json()
        )
        assert status["state"] == "done", status["error"]
        answers.append(status["result"])
    alone, both = answers
    assert [one["has_risk"] for one in both["plants"]] == [True, True, False]
    first, second = ({one["id"]: one for one in answer["targets"]} for answer in answers)
    # The same plant twice at the same place: twice the risk, of which each has half.
    assert second["school"]["risk_per_year"] == pytest.approx(2 * first["school"]["risk_per_year"], rel=1e-9)
    assert second["school"]["main_plant"]["risk_per_year"] == pytest.approx(first["school"]["risk_per_year"])
    assert (first["school"]["limit_per_year"], first["school"]["exceeded"]) == (3e-6, False)
    assert (first["hamlet"]["limit_per_year"], first["hamlet"]["exceeded"]) == (None, None)
    # The store of explosives is new: the stricter criterion counts for all.
    assert (alone["state"], both["state"]) == ("in_service", "new")
    assert (second["school"]["limit_per_year"], second["school"]["exceeded"]) == (3e-7, True)
    assert len(both["contours"]) == len(alone["contours"]) > 3

    only = {"plants": [store], "weather": even_rose()}
    status = wait_for(sqlite_client, sqlite_client.post("/api/v1/distance/accumulate", json=only).json())
    assert not any(one["geometry"]["coordinates"] for one in status["result"]["contours"])
    assert status["result"]["targets"] == []


def test_no_risk_is_ranked_where_none_is_computed(sqlite_client: Any) -> None:
    wanted = {"plant": plant(), "weather": even_rose(), "lon": 103.1, "lat": 26.47}
    answer = sqlite_client.post("/api/v1/distance/rank", json=wanted)
    assert answer.status_code == 503
