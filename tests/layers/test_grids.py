"""The first grid: scores by hand, cells, runs, files."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import pandas as pd
import pytest
import shapely

from geo.errors import OutOfRangeError
from layers.errors import NotAvailableError
from layers.grids import compute_facility_grid, store_grid, write_grid
from layers.scores import BASE_SCORES, GRADE_FACTORS, score_facilities
from layers.store import Store
from layers.words import KINDS

DOCS = Path(__file__).parents[2] / "docs" / "scores.md"
HERE, AWAY = shapely.Point(103.0, 26.0), shapely.Point(104.0, 27.0)


def facilities(**columns: Any) -> gpd.GeoDataFrame:
    geometry = columns.pop("geom")
    return gpd.GeoDataFrame({**columns, "geom": geometry}, geometry="geom", crs="EPSG:4490")


def fill(store: Store) -> None:
    store.write(
        "enterprises",
        facilities(
            id=["a", "b", "c", "d"],
            kind=["chemical_enterprise", "smelter", None, "other"],
            colour_grade=["red", None, "blue", "red"],
            state=["in_service", "new", "in_service", "closed"],
            source=["illustrative", "list", "list", "list"],
            geom=[HERE, HERE, AWAY, HERE],
        ),
    )
    store.write(
        "tailings_ponds",
        facilities(id=["t"], state=["closed"], source=["list"], geom=[HERE.buffer(0.001)]),
    )
    store.write("hazard_sites", facilities(id=["s"], kind=["fuel_station"], source=["list"], geom=[AWAY]))


def test_grid_adds_up_scores_per_cell(store: Store) -> None:
    fill(store)
    grid = compute_facility_grid(store, 7)
    frame = grid.frame.set_index("h3_hex")
    here, away = (h3.latlng_to_cell(point.y, point.x, 7) for point in (HERE, AWAY))
    assert set(frame.index) == {here, away}
    # By hand: chemical 3 x 2 (red) + smelter 2 x 1 (no grade) + pond 4; the closed works are left out.
    assert frame.loc[here, ["mass", "facilities", "incomplete", "illustrative"]].tolist() == [12, 3, 1, 1]
    # No kind 1 x 0.5 (blue) + fuel station 1; its layer has no grades.
    assert frame.loc[away, ["mass", "facilities", "incomplete", "illustrative"]].tolist() == [1.5, 2, 1, 0]
    assert (frame["density"] == frame["mass"] / frame["area_km2"]).all()
    assert grid.run.result == {"cells": 2, "mass": 13.5, "facilities": 5, "incomplete": 2, "illustrative": 1}


def test_same_input_gives_the_same_run_and_stores_nothing_new(store: Store) -> None:
    fill(store)
    grids = [compute_facility_grid(store, 6) for _ in range(2)]
    assert grids[0].run == grids[1].run
    pd.testing.assert_frame_equal(grids[0].frame, grids[1].frame)
    for grid in grids:
        store_grid(store, grid)
    assert len(store.versions("grid_runs", grids[0].run.id)) == 1
    assert store.count("grid_cells", where={"run_id": grids[0].run.id}) == len(grids[0].frame)
    latest = store.latest_run("grid")
    assert latest is not None
    assert latest.id == grids[0].run.id


def test_changed_input_gives_another_run(store: Store) -> None:
    fill(store)
    before = compute_facility_grid(store, 6).run.id
    store.patch_feature("enterprises", "a", {"properties": {"colour_grade": "blue"}}, expected_version=1)
    assert compute_facility_grid(store, 6).run.id != before


def test_empty_store_is_not_a_grid_of_zeros(store: Store) -> None:
    with pytest.raises(NotAvailableError, match="riskmap sample"):
        compute_facility_grid(store, 7)


@pytest.mark.parametrize("resolution", [-1, 16])
def test_resolution_out_of_range_is_refused(store: Store, resolution: int) -> None:
    fill(store)
    with pytest.raises(OutOfRangeError):
        compute_facility_grid(store, resolution)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "gpkg", "geojson"])
def test_grid_files_hold_the_columns_and_the_same_bytes(store: Store, tmp_path: Path, suffix: str) -> None:
    fill(store)
    frame = compute_facility_grid(store, 7).frame
    paths = [tmp_path / folder / f"grid.{suffix}" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        write_grid(frame, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}.get(suffix, gpd.read_file)(paths[0])
    assert list(read.columns)[:5] == ["h3", "h3_hex", "area_km2", "mass", "density"]
    assert read["mass"].tolist() == frame["mass"].tolist()
    assert [f"{int(cell):x}" for cell in read["h3"]] == frame["h3_hex"].tolist()


def test_scores_stand_in_the_documentation() -> None:
    rows = re.findall(r"^\| (.*`.*) \| ([\d.]+) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    printed = {word: float(score) for words, score in rows for word in re.findall(r"`(\w+)`", words)}
    assert printed == BASE_SCORES | GRADE_FACTORS
    assert set(BASE_SCORES) < set(KINDS)


def test_every_facility_has_a_score_whatever_is_missing() -> None:
    frame = facilities(kind=[None, "chemical_park"], colour_grade=[None, None], geom=[HERE, HERE])
    scores = score_facilities("enterprises", frame)
    assert scores.score.tolist() == [1.0, 1.0]
    assert scores.is_incomplete.tolist() == [True, True]
