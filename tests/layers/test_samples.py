"""The samples: complete, honest about what is made up, the same bytes each time, and with known distances."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from geographiclib.geodesic import Geodesic
from pyproj import Transformer
from shapely.geometry import shape

from layers.catalog import LAYERS
from layers.codes import check_adcode
from layers.samples import attributions, load_samples, sample_files, samples_folder
from layers.siting.checks import check_setback, check_subjects, load_rules, subjects_of
from layers.siting.layouts import check_park_layout
from layers.store import Store
from layers.words import VERDICTS

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts" / "samples"
ELLIPSOID = Geodesic(6378137.0, 1 / 298.257222101)

CASE_IDS = {
    "tailings_ponds": "demo-pond",
    "chemical_parks": "demo-park",
    "enterprises": "demo-enterprise",
    "proposals": "demo-proposal",
}


@cache
def read_features(path: Path) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return features


def every_feature() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sample_files():
        for feature in read_features(file.path):
            yield file.path.parent.name, feature


def known_cases() -> list[Any]:
    cases = tomllib.loads((SCRIPTS / "cases.toml").read_text(encoding="utf-8"))
    return [
        pytest.param(layer, f"{CASE_IDS[layer]}-{number:02d}", case, id=f"{CASE_IDS[layer]}-{number:02d}")
        for layer, rows in cases.items()
        for number, case in enumerate(rows, 1)
    ]


@pytest.fixture(scope="module")
def sample_store(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("samples") / "samples.db"
    path.write_bytes(sqlite_template.read_bytes())
    with Store.open(f"sqlite:///{path}") as store:
        load_samples(store)
        yield store


def test_every_layer_of_things_has_samples() -> None:
    made_by_the_platform = {"findings", "risk_contours", "grid_runs", "grid_cells"}
    with_loaders_of_their_own = {"plants"}
    layers = {file.layer for file in sample_files()}
    assert layers == set(LAYERS) - made_by_the_platform - with_loaders_of_their_own


def test_every_file_of_the_folder_is_in_the_manifest() -> None:
    folder = samples_folder()
    listed = {file.path for file in sample_files()}
    rasters = {
        file.path.parent / feature["properties"]["path"]
        for file in sample_files()
        if file.layer == "rasters"
        for feature in read_features(file.path)
    }
    there = {path for path in folder.rglob("*") if path.suffix in {".geojson", ".tif"}}
    assert there == listed | rasters


def test_every_file_is_described() -> None:
    text = (samples_folder() / "SOURCES.md").read_text(encoding="utf-8")
    for file in sample_files():
        assert file.path.name in text


def test_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in samples_folder().rglob("*") if path.is_file()) < 4_000_000


def test_made_up_features_say_so_and_real_ones_name_their_package() -> None:
    for folder, feature in every_feature():
        properties = feature["properties"]
        if folder == "illustrative":
            assert properties["source"] == "illustrative"
            assert "示例" in properties["name"] or "示范" in properties["name"]
        else:
            assert properties["source"].split(",")[-1].strip()
            assert any(word in properties["source"] for word in ("LGPL", "ODbL", "CC BY", "BSD"))


def test_accuracy_is_positive_or_missing_never_zero() -> None:
    values = [feature["properties"].get("accuracy_m") for _, feature in every_feature()]
    assert all(value is None or value > 0 for value in values)
    assert None in values


def test_codes_of_the_demonstration_county_are_nobodys() -> None:
    codes = {
        feature["properties"].get("adcode") for folder, feature in every_feature() if folder == "illustrative"
    }
    assert codes == {None, "539921"}
    assert check_adcode("539921") is None


def test_real_rivers_carry_their_true_accuracy_and_marks() -> None:
    rivers = {
        feature["properties"]["reach"]: feature["properties"]
        for feature in read_features(samples_folder() / "real" / "rivers.geojson")
    }
    stem = [river for river in rivers.values() if river["role"] == "main_stem"]
    assert len(stem) == 7  # five lines of the source, one of them cut into three
    assert {river["accuracy_m"] for river in stem} == {2500.0}
    tributaries = {slug: river for slug, river in rivers.items() if river["role"] == "tributary"}
    assert {river["accuracy_m"] for river in tributaries.values()} == {1500.0}
    assert {slug for slug, river in tributaries.items() if river.get("important_by")} == {
        "yalong",
        "pudu",
        "niulan",
    }
    # Catchments: siting rules, published figures of the three rivers.
    assert {slug: river.get("catchment_km2") for slug, river in tributaries.items()} == {
        "yalong": None, "anning": None, "litang": None, "min": None,
        "longchuan": 9240.7, "pudu": 11657.0, "niulan": 13320.0,
    }  # fmt: skip
    assert all(river["basin"] == "yangtze" and river["line_kind"] == "centre" for river in rivers.values())
    assert all("half_width_m" not in river for river in rivers.values())


def test_main_stem_has_the_published_length() -> None:
    lines = [
        shape(f["geometry"])
        for f in read_features(samples_folder() / "real" / "rivers.geojson")
        if f["properties"]["role"] == "main_stem"
    ]
    length_m = 0.0
    for line in lines:
        for (lon1, lat1), (lon2, lat2) in zip(line.coords[:-1], line.coords[1:], strict=True):
            length_m += ELLIPSOID.Inverse(lat1, lon1, lat2, lon2)["s12"]
    assert length_m == pytest.approx(1_526_000, abs=500)


def test_real_line_is_cut_where_the_surveyed_reach_begins_and_ends() -> None:
    real = {
        f["properties"]["reach"]: shape(f["geometry"])
        for f in read_features(samples_folder() / "real" / "rivers.geojson")
    }
    assert real["jinsha-4a"].coords[-1] == real["jinsha-demo"].coords[0]
    assert real["jinsha-demo"].coords[-1] == real["jinsha-4c"].coords[0]
    surveyed = [
        f
        for f in read_features(samples_folder() / "illustrative" / "rivers.geojson")
        if f["properties"]["reach"] == "jinsha-demo"
    ]
    assert {(f["properties"]["line_kind"], f["properties"]["accuracy_m"]) for f in surveyed} == {
        ("outer", 5.0),
        ("water_side", 5.0),
    }
    assert len(surveyed) == 4
    for bank in surveyed:
        for end, corner in ((0, real["jinsha-demo"].coords[0]), (-1, real["jinsha-demo"].coords[-1])):
            lon, lat = shape(bank["geometry"]).coords[end]
            assert ELLIPSOID.Inverse(lat, lon, corner[1], corner[0])["s12"] < 500


def test_outer_line_runs_behind_the_water_side_line() -> None:
    lines = {
        f["properties"]["id"]: shape(f["geometry"])
        for f in read_features(samples_folder() / "illustrative" / "rivers.geojson")
    }
    for side in ("left", "right"):
        outer, water_side = (
            lines[f"demo-jinsha-demo-outer-{side}"],
            lines[f"demo-jinsha-demo-water-side-{side}"],
        )
        assert not outer.intersects(water_side)
        assert outer.is_simple
        assert water_side.is_simple


def test_wind_frequencies_add_up_to_one() -> None:
    for feature in read_features(samples_folder() / "illustrative" / "wind_roses.geojson"):
        rows = feature["properties"]["frequencies"]
        assert sum(round(row["frequency"] * 10_000) for row in rows) == 10_000
        assert {row["from_deg"] for row in rows} == {22.5 * i for i in range(16)}


def test_inventories_have_right_cas_numbers() -> None:
    numbers = {
        row["cas"]
        for f in read_features(samples_folder() / "illustrative" / "hazard_units.geojson")
        for row in f["properties"]["inventory"]
    }
    assert {"7664-41-7", "7782-50-5", "74-98-6"} <= numbers  # ammonia, chlorine, propane
    for number in numbers:
        *digits, check = (int(c) for c in number if c != "-")
        assert sum(i * digit for i, digit in enumerate(reversed(digits), 1)) % 10 == check


def test_units_stand_on_their_enterprise() -> None:
    folder = samples_folder() / "illustrative"
    enterprises = {
        f["properties"]["id"]: shape(f["geometry"]) for f in read_features(folder / "enterprises.geojson")
    }
    for unit in read_features(folder / "hazard_units.geojson"):
        owner = enterprises[unit["properties"]["enterprise_id"]]
        assert owner.geom_type == "Point" or owner.covers(shape(unit["geometry"]))


def test_facilities_stand_on_dry_ground() -> None:
    folder = samples_folder() / "illustrative"
    water = shape(read_features(folder / "lakes.geojson")[0]["geometry"])
    for name in (
        "tailings_ponds",
        "chemical_parks",
        "enterprises",
        "buildings",
        "protection_targets",
        "proposals",
    ):
        for feature in read_features(folder / f"{name}.geojson"):
            assert not water.intersects(shape(feature["geometry"])), feature["properties"]["id"]


def test_rasters_are_what_their_features_say() -> None:
    for file in sample_files():
        if file.layer != "rasters":
            continue
        for feature in read_features(file.path):
            path = file.path.parent / feature["properties"]["path"]
            assert sha256(path.read_bytes()).hexdigest() == feature["properties"]["sha256"]
            with rasterio.open(path) as raster:
                assert raster.crs.to_epsg() == 4490
                assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert shape(feature["geometry"]).bounds == pytest.approx(tuple(raster.bounds), abs=1e-8)


def test_fine_elevation_has_the_valley_of_the_surveyed_reach() -> None:
    folder = samples_folder() / "illustrative"
    water = shape(read_features(folder / "lakes.geojson")[0]["geometry"])
    with rasterio.open(folder / "elevation_3s.tif") as raster:
        heights = raster.read(1)
        middle = raster.sample([(103.0333, 26.63), (103.07, 26.63)])
        river_m, slope_m = (float(values[0]) for values in middle)
    assert water.contains(shapely.Point(103.0333, 26.63))
    assert heights.min() > 800
    assert river_m < 840 < slope_m


def test_population_adds_up_to_the_settlements() -> None:
    folder = samples_folder() / "illustrative"
    people = sum(f["properties"]["population"] for f in read_features(folder / "settlements.geojson"))
    with rasterio.open(folder / "population_15s.tif") as raster:
        assert float(np.sum(raster.read(1), dtype=float)) == pytest.approx(people, rel=2e-3)


def shortest_m(subject: shapely.Geometry, banks: list[shapely.Geometry]) -> float:
    """Geodesic between the closest points, found in a plane that keeps distances from the subject's middle."""
    middle = subject.centroid
    plane = f"+proj=aeqd +lon_0={middle.x} +lat_0={middle.y} +a=6378137 +rf=298.257222101 +units=m"
    to_plane = Transformer.from_crs("EPSG:4490", plane, always_xy=True).transform
    here, there = (
        shapely.transform(item, to_plane, interleaved=False) for item in (subject, shapely.union_all(banks))
    )
    x, y = shapely.get_coordinates(shapely.shortest_line(here, there)).T
    lon, lat = Transformer.from_crs(plane, "EPSG:4490", always_xy=True).transform(x, y)
    return float(ELLIPSOID.Inverse(lat[0], lon[0], lat[1], lon[1])["s12"])


@pytest.mark.parametrize(("layer", "identity", "case"), known_cases())
def test_case_stands_at_its_distance(layer: str, identity: str, case: dict[str, Any]) -> None:
    folder = samples_folder()
    facility = next(
        f
        for f in read_features(folder / "illustrative" / f"{layer}.geojson")
        if f["properties"]["id"] == identity
    )
    place = case["site"].partition("@")[0]
    reach = {"right": "jinsha-demo", "left": "jinsha-demo"}.get(place.split("-")[0], place)
    banks = [
        f
        for f in read_features(folder / "illustrative" / "rivers.geojson")
        if f["properties"]["reach"] == reach and f["properties"]["line_kind"] == "outer"
    ]
    if place in ("jinsha", "pudu", "niulan", "longchuan", "anning"):
        banks = [
            f
            for f in read_features(folder / "real" / "rivers.geojson")
            if f["properties"]["reach"].startswith(place)
        ]
    found_m = shortest_m(shape(facility["geometry"]), [shape(bank["geometry"]) for bank in banks])
    # The planes in which they were placed are true to 6 parts in a million 20 km from their meridian.
    assert found_m == pytest.approx(case["distance_m"], rel=6e-6, abs=0.001)
    assert facility["properties"].get("state") == case.get("state")
    assert facility["properties"].get("accuracy_m") == case.get("accuracy_m")


def test_cases_cover_every_state_purpose_and_verdict() -> None:
    cases = [param.values[2] for param in known_cases()]
    assert {case.get("state") for case in cases} == {
        None,
        "new",
        "rebuild",
        "expand",
        "in_service",
        "re_mining",
        "closed",
    }
    assert {case.get("purpose") for case in cases} == {None, "safety", "ecology", "other"}
    assert {(case.get("verdict"), case.get("decided")) for case in cases} >= {
        ("prohibited", True), ("prohibited", False), ("no_ban", True), ("no_ban", False), ("conditional", True),
        ("legacy_rectify", True), ("depends_on_bank_line", None), ("insufficient_data", None),
    }  # fmt: skip


def test_loading_accepts_every_row_and_twice_changes_nothing(store: Store) -> None:
    first = load_samples(store)
    assert all(report["rejected"] == [] and report["inserted"] == report["rows_read"] for report in first)
    again = load_samples(store)
    assert all(report["unchanged"] == report["rows_read"] for report in again)
    assert store.count("rivers") == 30


def test_loaded_samples_keep_missing_missing_and_start_at_the_fixed_moment(sample_store: Store) -> None:
    ponds = sample_store.read("tailings_ponds")
    assert ponds["accuracy_m"].isna().sum() == 1
    assert ponds["state"].isna().sum() == 1
    assert set(ponds["valid_from"]) == {datetime(2026, 1, 1, tzinfo=UTC)}
    assert sample_store.read("rivers")["half_width_m"].isna().all()


def test_loading_tells_its_progress_from_0_to_1(sample_store: Store) -> None:
    seen: list[float] = []
    load_samples(sample_store, lambda part, message: seen.append(part))
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


@pytest.fixture(scope="module")
def checked(sample_store: Store) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Findings in force on 2026-11-22 by layer and id."""
    result = check_setback(sample_store, on=date(2026, 11, 22))
    return {
        (row["layer"], row["id"]): [
            finding
            for finding in row["findings"]
            if finding["verdict"] != "not_in_force" and not finding["advisory"]
        ]
        for row in result["proposals"]
    }


@pytest.mark.parametrize(("layer", "identity", "case"), known_cases())
def test_case_has_its_verdict(
    checked: dict[tuple[str, str], list[dict[str, Any]]], layer: str, identity: str, case: dict[str, Any]
) -> None:
    findings = checked[layer, identity]
    worst = min((finding["verdict"] for finding in findings), key=list(VERDICTS).index, default=None)
    if "verdict" in case:
        assert worst == case["verdict"]
    if "decided" in case:
        decided = [finding["decided"] for finding in findings if finding["verdict"] == worst]
        # A ban is decided by one finding; that there is none, by all.
        assert (all(decided) if worst == "no_ban" else any(decided)) is case["decided"]


def test_proposals_show_every_conclusion(sample_store: Store) -> None:
    proposals = subjects_of("proposals", sample_store.read("proposals"))
    result = check_subjects(sample_store, proposals, on=date(2026, 11, 22), pack=load_rules())
    conclusions = {row["id"]: row["conclusion"] for row in result["proposals"]}
    assert {name: conclusions[f"demo-proposal-{name}"] for name in ("02", "06", "08", "14")} == {
        "02": "fail",
        "06": "undecidable",
        "08": "pass",
        "14": "conditional",
    }


def stated_layouts() -> list[dict[str, Any]]:
    units: list[dict[str, Any]] = tomllib.loads((SCRIPTS / "layouts.toml").read_text(encoding="utf-8"))[
        "units"
    ]
    return units


@pytest.fixture(scope="module")
def layouts(sample_store: Store) -> dict[str, dict[str, Any]]:
    """The layout checks of three parks: conclusion, and what was found by unit."""
    parks = (f"demo-park-{number:02d}" for number in (1, 2, 3))
    return {park: check_park_layout(sample_store, park, on=date(2026, 11, 22)) for park in parks}


@pytest.mark.parametrize(
    ("park", "conclusion"),
    [("demo-park-01", "undecidable"), ("demo-park-02", "fail"), ("demo-park-03", "pass")],
)
def test_layouts_of_the_parks_show_what_a_layout_may_be(
    layouts: dict[str, dict[str, Any]], park: str, conclusion: str
) -> None:
    assert layouts[park]["conclusion"] == conclusion


@pytest.mark.parametrize("case", stated_layouts(), ids=lambda case: f"park-{case['park']}-{case['id']}")
def test_units_of_a_layout_have_their_verdicts(
    layouts: dict[str, dict[str, Any]], case: dict[str, Any]
) -> None:
    """Metres are those that the drawing of the plot states; limits are those of the printed tables."""
    park = f"demo-park-{case['park']:02d}"
    (unit,) = [one for one in layouts[park]["proposals"] if one["id"] == f"{park}-{case['id']}"]
    assert unit["conclusion"] == case.get("conclusion", unit["conclusion"])
    for shown in case.get("shows", []):
        (finding,) = [
            one
            for one in unit["findings"]
            if one["rule"] == shown["rule"] and one["target"]["id"] == f"{park}-{shown['beside']}"
        ]
        assert finding["distance_m"] == pytest.approx(shown["distance_m"], abs=0.002)
        assert (finding["verdict"], finding["decided"]) == (shown["verdict"], shown["decided"])
        assert finding["needs"] == shown.get("needs", finding["needs"])
        assert finding["clause"]
        if "limit_m" in shown:
            missing_m = shown["distance_m"] - shown["limit_m"]
            assert finding["limit_m"] == shown["limit_m"]
            assert finding["margin_m"] == pytest.approx(missing_m, abs=0.002)


def test_attributions_name_every_origin_once() -> None:
    lines = attributions()
    assert len(lines) == len(set(lines)) == 5
    text = " ".join(line.en for line in lines)
    for origin in ("GSHHG", "OpenStreetMap", "GeoNames", "SRTM", "illustration"):
        assert origin in text


def test_illustrative_samples_are_the_same_bytes_in_a_fresh_process(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPTS / "make_illustrative.py"), "--vectors", "--out", str(tmp_path)]
    environment = {"PYTHONHASHSEED": "2", "TZ": "Asia/Shanghai", "PATH": ""}
    subprocess.run(command, check=True, env=environment, timeout=120)
    made = sorted(tmp_path.iterdir())
    assert len(made) == 25
    for path in made:
        assert path.read_bytes() == (samples_folder() / "illustrative" / path.name).read_bytes(), path.name
