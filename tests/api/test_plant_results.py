"""What is kept of assessed plants: the raster of individual risk, several plants together, and how both end."""

import copy
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from shapely.geometry import mapping

from api.actions.distances import DistanceOptions, run_distance, run_together
from geo.hazard.kernel_store import KernelStore
from geo.hazard.weather import Weather, WindRose
from layers.errors import FormatError, NotFoundError
from layers.exchange.importing import import_file
from layers.plants.distance_store import store_assessment
from layers.plants.document import PlantFile, parse_plant
from layers.plants.results import SUM_SOURCE, drop_assessment, drop_sum, list_sums, read_sum
from layers.plants.stored import add_layout, end_plant, put_plant, stored_plant
from layers.sample_folder import samples_folder
from layers.store import Store
from layers.tiles.rasters import RasterTiles

KERNELS = KernelStore()
"""Shared by the tests: all of them have the same tank."""


def rose_of(wind_m_s: float) -> WindRose:
    return WindRose(
        name="even",
        source="test",
        weathers=(Weather(stability="D", wind_m_s=wind_m_s, by_day=True),),
        frequencies=np.full((1, 16), 1 / 16),
    )


ROSE, CALMER = rose_of(5.0), rose_of(4.0)


def quiet(_done: float, _what: str) -> None:
    """Take the place of a progress callback."""


def plant(id: str = "demo-plant-lpg", **changes: Any) -> PlantFile:
    """The LPG depot with one tank, under another id."""
    text = (samples_folder() / "plants" / "lpg.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text) | {"illustrative": False, "source": "test"}
    content["units"][0]["equipment"] = content["units"][0]["equipment"][:1]
    content["units"][0]["equipment"][0]["mass_kg"] = 60000.0
    content["plant"] |= {"id": id, "name": f"厂{id}", "accuracy_m": 1.0, **changes}
    if id != "demo-plant-lpg" and "feature" not in changes:
        content["plant"].pop("feature", None)
    return parse_plant(content, name=id)


@pytest.fixture
def kept(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with a folder for rasters, on both databases, with a school beside the depot."""
    tank = plant().units[0].equipment[0].position
    school = {
        "type": "Feature",
        "id": "school",
        "geometry": {"type": "Point", "coordinates": [tank[0] + 5e-4, tank[1]]},
        "properties": {
            "name": "学校",
            "target_class": "high_sensitivity",
            "source": "test",
            "accuracy_m": 1.0,
        },
    }
    with Store.open(store_url, [tmp_path / "rasters"]) as store:
        store.write_feature("protection_targets", school, expected_version=None)
        yield store


def assess(store: Store, file: PlantFile, rose: WindRose = ROSE) -> dict[str, Any]:
    options = DistanceOptions(
        rose=rose, population=None, keep=True, count_unconfirmed=False, bands=False, effects=False, domino=False,
        language="en",
    )  # fmt: skip
    return run_distance(file=file, options=options, store=store, kernels=KERNELS, progress=quiet)


def add_up(store: Store, *files: PlantFile) -> dict[str, Any]:
    return run_together(files=files, rose=ROSE, store=store, kernels=KERNELS, keep=True, progress=quiet)


def test_raster_of_a_run_is_kept_shown_and_removed_with_it(kept: Store, tmp_path: Path) -> None:
    put_plant(kept, plant())
    result = assess(kept, plant())
    assert result["stored"]["rasters"] == 1
    (row,) = kept.read("rasters").to_dict("records")
    assert (row["id"], row["raster_kind"], row["unit"]) == ("demo-plant-lpg/risk", "risk", "/a")
    assert (row["source"], row["accuracy_m"]) == ("riskmap distance", 1.0)
    told = row["extra"]
    assert (told["metric"], told["run_id"], told["plant_id"]) == (
        "individual_risk",
        result["digest"],
        "demo-plant-lpg",
    )
    assert told["subject_id"] == "demo-hazard-site-14"
    # GB 36894-2018, table 1, plants in service: 3e-6 a year for people of high sensitivity.
    assert told["criteria_per_year"]["high_sensitivity"] == 3e-6
    path = Path(row["path"])
    assert path.is_relative_to(tmp_path / "rasters")
    with rasterio.open(path) as raster:
        values = raster.read(1)
        assert (raster.transform.a, row["cell_size_m"]) == (10.0, 10.0)
    assert values.max() > 1e-6
    # Where the contour of 3e-7 is, cells have more; the outline of the raster holds it.
    (contour,) = (one for one in result["contours"] if one["risk_per_year"] == 3e-7)
    assert row["geom"].covers(shapely.geometry.shape(contour["geometry"]))
    (shown,) = RasterTiles(kept).list()
    assert (shown.problem, shown.kind) == (None, "risk")

    path.unlink()
    (shown,) = RasterTiles(kept).list()
    assert shown.problem is not None
    assert str(path) in shown.problem
    assert "is not there" in shown.problem

    again = assess(kept, plant(), CALMER)
    (row,) = kept.read("rasters").to_dict("records")
    assert row["extra"]["run_id"] == again["digest"] != result["digest"]
    assert [one.name for one in (tmp_path / "rasters" / "risk").iterdir()] == [Path(row["path"]).name]

    end_plant(kept, "demo-plant-lpg", expected_version=1)
    assert not list((tmp_path / "rasters" / "risk").iterdir())
    assert [len(kept.read(layer)) for layer in ("rasters", "risk_contours", "findings", "plants")] == [0] * 4


def test_results_end_with_the_plant_that_they_speak_of(kept: Store) -> None:
    def count() -> list[int]:
        return [len(kept.read(layer)) for layer in ("rasters", "risk_contours", "findings")]

    put_plant(kept, plant())
    assess(kept, plant())
    before = count()
    assert min(before) > 0
    present = stored_plant(kept, "demo-plant-lpg")
    put_plant(kept, present.file, expected_version=present.version)
    layout = add_layout(kept, "demo-plant-lpg", "B", present.file)
    end_plant(kept, layout.file.plant.id, expected_version=layout.version)
    assert count() == before  # the same file again, and a layout that goes, change nothing of the plant
    moved = json.loads(json.dumps(present.file.model_dump(mode="json", exclude_none=True)))
    moved["units"][0]["equipment"][0]["mass_kg"] = 50000.0
    version = stored_plant(kept, "demo-plant-lpg").version
    put_plant(kept, parse_plant(moved, name="moved"), expected_version=version)
    assert count() == [0, 0, 0]


def rows_of(store: Store) -> list[list[str]]:
    return [sorted(store.read(layer)["id"]) for layer in ("rasters", "risk_contours", "findings")]


def test_results_of_what_is_not_the_plant_as_it_stands_are_told_and_not_kept(kept: Store) -> None:
    put_plant(kept, plant())
    assess(kept, plant())
    digest = kept.layer_digest("risk_contours")
    layout = add_layout(kept, "demo-plant-lpg", "B", plant(accuracy_m=2.0)).file
    taken = plant("second", feature={"layer": "hazard_sites", "id": "demo-hazard-site-14"})
    for file, why in (
        (layout, "'demo-plant-lpg-2' is a layout of 'demo-plant-lpg' that nobody has built"),
        (plant(accuracy_m=2.0), "the stored plant 'demo-plant-lpg' is another one than this file"),
        (taken, "hazard_sites/demo-hazard-site-14 is the stored plant 'demo-plant-lpg'"),
    ):
        before = rows_of(kept)
        answer = assess(kept, file)
        assert (answer["stored"], why in answer["warnings"][0]["en"]) == (None, True)
        assert "未入库" in answer["warnings"][0]["zh"] or "不入库" in answer["warnings"][0]["zh"]
        assert rows_of(kept) == before
    assert kept.layer_digest("risk_contours") == digest
    with pytest.raises(FormatError, match="that nobody has built"):
        add_up(kept, layout, plant("west"))


def test_features_of_two_layers_with_one_id_keep_their_own_results(kept: Store) -> None:
    one = plant("one", feature={"layer": "enterprises", "id": "7"})
    other = plant("other", feature={"layer": "hazard_sites", "id": "7"})
    assess(kept, one)
    mine = rows_of(kept)
    assert min(map(len, mine)) > 0
    assess(kept, other)
    assert [len(rows) for rows in rows_of(kept)] == [2 * len(rows) for rows in mine]
    drop_assessment(kept, other)
    assert rows_of(kept) == mine


def test_sum_of_plants_is_kept_listed_and_ends_when_one_of_them_changes(kept: Store, tmp_path: Path) -> None:
    files = [plant("east"), plant("west"), plant("north")]
    for file in files:
        put_plant(kept, file)
    east, west, north = (stored_plant(kept, file.plant.id).file for file in files)
    pair, other = add_up(kept, east, west), add_up(kept, west, north)
    reached = sum(bool(one["geometry"]["coordinates"]) for one in pair["contours"])
    assert pair["stored"] == {"contours": reached, "findings": 1, "rasters": 1}
    assert reached > 1
    _check_sum_raster(kept, pair)
    contours = kept.read("risk_contours")
    assert set(contours["source"]) == {SUM_SOURCE}
    assert contours["subject_id"].isna().all()  # nobody adds them to those of their plants
    listed = list_sums(kept)
    assert [[one["id"] for one in row["plants"]] for row in listed] == [["east", "west"], ["west", "north"]]
    assert not any(row["targets_changed"] for row in listed)
    assert read_sum(kept, listed[0]["run"])["targets"] == pair["targets"]

    findings = kept.read("findings")
    assert set(findings["subject_layer"]) == {"plants"}
    (first,) = findings[findings["run_id"] == listed[0]["run"]].to_dict("records")
    assert (first["rule"], first["target_id"]) == ("gb-36894-individual-risk-together", "school")
    assert first["finding"]["found"] == pair["targets"][0]["risk_per_year"]
    assert "厂east" in first["finding"]["explanation"]["zh"]

    add_up(kept, east, west)  # the same once more is the same run
    assert list_sums(kept) == listed
    add_up(kept, west, east)  # the same plants: their sum takes the place of the former
    assert len(list_sums(kept)) == 2

    # The same file once more changes nothing; another tank ends what speaks of it, and only that.
    put_plant(kept, east, expected_version=1)
    assert len(list_sums(kept)) == 2
    moved = json.loads(json.dumps(east.model_dump(mode="json", exclude_none=True)))
    moved["units"][0]["equipment"][0]["mass_kg"] = 50000.0
    put_plant(kept, parse_plant(moved, name="east"), expected_version=1)
    (left,) = list_sums(kept)
    assert [one["id"] for one in left["plants"]] == ["west", "north"]
    assert set(kept.read("findings")["run_id"]) == {left["run"]}
    with pytest.raises(NotFoundError, match="has changed since"):
        read_sum(kept, listed[0]["run"])

    school = kept.feature("protection_targets", "school")
    kept.patch_feature("protection_targets", "school", {"properties": {"name": "小学"}}, expected_version=1)
    assert school["properties"]["name"] == "学校"
    assert [(row["targets_changed"], row["plants_changed"]) for row in list_sums(kept)] == [(True, False)]
    end_plant(kept, "north", expected_version=1)
    assert list_sums(kept) == []
    assert [len(kept.read(layer)) for layer in ("risk_contours", "findings", "rasters")] == [0] * 3
    assert not list((tmp_path / "rasters" / "risk").iterdir())
    assert other["stored"]["contours"] == reached


def _check_sum_raster(kept: Store, pair: dict[str, Any]) -> None:
    """The raster of two equal plants at one place holds twice the risk of one, and belongs to neither of them."""
    (row,) = (
        row
        for row in kept.read("rasters").to_dict("records")
        if [plant["id"] for plant in row["extra"]["plants"]] == ["east", "west"]
    )
    assert (row["raster_kind"], row["unit"], row["source"]) == ("risk", "/a", SUM_SOURCE)
    assert "subject_id" not in row["extra"]
    assess(kept, plant("east"))
    (alone,) = kept.read("rasters", ids=["east/risk"])["path"]
    with rasterio.open(row["path"]) as both, rasterio.open(alone) as one:
        x, y = one.xy(one.height // 2 + 5, one.width // 2 + 5)
        (twice,), (once,) = next(both.sample([(x, y)])), next(one.sample([(x, y)]))
    assert once > 0.0
    assert twice == pytest.approx(2.0 * once, rel=1e-6)
    drop_assessment(kept, plant("east"))
    (strict,) = (one for one in pair["contours"] if one["risk_per_year"] == 3e-7)
    assert row["geom"].covers(shapely.geometry.shape(strict["geometry"]))


def test_contours_of_levels_with_the_same_first_digit_are_both_kept(
    new_sqlite_url: Callable[[], str],
) -> None:
    levels = (3e-7, 1e-6, 1.2e-6, 1.25e-6)  # as a replaced criterion may have it
    contours = [
        {"risk_per_year": level, "geometry": mapping(shapely.box(102.7, 25.0, 102.71, 25.01))}
        for level in levels
    ]
    result: dict[str, Any] = {
        "digest": "0" * 64,
        "state": "new",
        "contours": contours,
        "findings": [],
        "zones": [],
        "wind_rose": {"name": "made up", "source": "test"},
        "frequency_library": "api581",
    }
    with Store.open(new_sqlite_url()) as store:
        assert store_assessment(store, plant(), result)["contours"] == len(levels)
        found = store.read("risk_contours")
    assert sorted(found["risk_per_year"]) == list(levels)
    assert {id.rpartition("/")[2] for id in found["id"]} == {"3e-07", "1e-06", "1.2e-06", "1.25e-06"}


def test_sum_can_be_ended_by_hand_and_needs_different_plants(kept: Store) -> None:
    put_plant(kept, plant("east", state="new"))  # another one than in the file that is added up
    add_up(kept, plant("east"), plant("west"))
    (row,) = list_sums(kept)
    assert row["plants_changed"]
    drop_sum(kept, row["run"])
    assert list_sums(kept) == []
    with pytest.raises(NotFoundError):
        drop_sum(kept, row["run"])
    with pytest.raises(FormatError, match="two of the files"):
        add_up(kept, plant("east"), plant("east"))


def write_plants(path: Path, *files: PlantFile, **properties: Any) -> Path:
    features = [
        {
            "type": "Feature",
            "geometry": mapping(shapely.Polygon(file.plant.boundary)),
            "properties": {
                "document": json.dumps(file.model_dump(mode="json", exclude_none=True), ensure_ascii=False),
                **properties,
            },
        }
        for file in files
    ]
    collection = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}},
        "features": features,
    }
    path.write_text(json.dumps(collection), encoding="utf-8")
    return path


def test_imported_plants_are_checked_as_at_other_doors(kept: Store, tmp_path: Path) -> None:
    wrong = copy.deepcopy(plant("wrong"))
    outside = wrong.units[0].equipment[0].model_copy(update={"position": [103.5, 26.9]})
    unit = wrong.units[0].model_copy(update={"equipment": [outside]})
    wrong = wrong.model_copy(update={"units": [unit]})
    report = import_file(kept, write_plants(tmp_path / "plants.geojson", plant("right"), wrong), "plants")
    (rejection,) = report.rejected
    assert (rejection.row, rejection.column) == (2, "document")
    assert rejection.reason.startswith("units[0].equipment[0].position: ")
    assert rejection.reason_zh.startswith("units[0].equipment[0].position：")
    (row,) = kept.read("plants").to_dict("records")
    assert (row["id"], row["name"], row["state"], row["equipment_count"]) == (
        "right",
        "厂right",
        "in_service",
        1,
    )
    assert stored_plant(kept, "right").file.plant.id == "right"

    contradicting = write_plants(tmp_path / "other.geojson", plant("right"), state="new")
    (rejection,) = import_file(kept, contradicting, "plants").rejected
    assert "properties.state" in rejection.reason
    without = write_plants(tmp_path / "none.geojson", plant("right"), document=None)
    (rejection,) = import_file(kept, without, "plants").rejected
    assert "plant is its plant file" in rejection.reason


def test_import_of_a_changed_plant_ends_its_sums(kept: Store, tmp_path: Path) -> None:
    import_file(kept, write_plants(tmp_path / "a.geojson", plant("east")), "plants")
    add_up(kept, stored_plant(kept, "east").file, plant("west"))
    import_file(kept, write_plants(tmp_path / "a.geojson", plant("east")), "plants")
    assert len(list_sums(kept)) == 1
    import_file(kept, write_plants(tmp_path / "b.geojson", plant("east", state="new")), "plants")
    assert list_sums(kept) == []
