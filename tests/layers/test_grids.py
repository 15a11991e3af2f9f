"""Grids over stored layers: metrics with answers by hand, runs, states, explanations, comparison, files."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer
from sqlalchemy import text

from geo.errors import OutOfRangeError, RasterError
from geo.grids import cell_polygons
from layers.errors import CancelledError, ConflictError, FormatError, NotAvailableError, NotFoundError
from layers.grids import (
    Grid,
    GridRequest,
    compute_grids,
    diff_grids,
    drop_grids,
    explain_stored_cell,
    fill_area,
    find_grid,
    list_grids,
    read_cells,
    read_empty_cells,
    read_metrics,
    store_grids,
    write_grid,
)
from layers.grids.scores import BASE_SCORES, GRADE_FACTORS, score_facilities
from layers.store import Store
from layers.words import KINDS

DOCS = Path(__file__).parents[2] / "docs"
HERE, AWAY = shapely.Point(103.0, 26.0), shapely.Point(104.0, 27.0)
METRICS = read_metrics()


def facilities(**columns: Any) -> gpd.GeoDataFrame:
    geometry = columns.pop("geom")
    return gpd.GeoDataFrame({**columns, "geom": geometry}, geometry="geom", crs="EPSG:4490")


def fill(store: Store) -> None:
    store.write(
        "enterprises",
        facilities(
            id=["a", "b", "c", "d"],
            name=["甲厂", "乙厂", "丙厂", "丁厂"],
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


def compute(store: Store, metric: str, *resolutions: int, **options: Any) -> list[Grid]:
    return compute_grids(store, GridRequest(METRICS[metric], resolutions, **options), METRICS)


def cell_at(point: shapely.Point, resolution: int) -> str:
    return str(h3.latlng_to_cell(point.y, point.x, resolution))


def write_people(
    folder: Path, store: Store, values: Any, west: float = 102.9, north: float = 26.1, step: float = 0.01
) -> Path:
    """A raster of people per cell, and its row in the layer of rasters."""
    path = folder / "people.tif"
    data = np.asarray(values, dtype="float32")
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": -9999.0, "crs": "EPSG:4490"}
    transform = Affine(step, 0.0, west, 0.0, -step, north)
    with rasterio.open(
        path, "w", height=data.shape[0], width=data.shape[1], transform=transform, **profile
    ) as target:
        target.write(data, 1)
    store.write("rasters", describe_raster(path, "population"))
    return path


def describe_raster(path: Path, kind: str) -> gpd.GeoDataFrame:
    box = shapely.box(102.9, 25.9, 103.1, 26.1)
    return facilities(
        id=[kind], raster_kind=[kind], path=[str(path)], cell_size_m=[1000.0], source=["t"], geom=[box]
    )


# Counting


def test_grid_adds_up_scores_per_cell(store: Store) -> None:
    fill(store)
    (grid,) = compute(store, "facility_count", 7)
    frame = grid.frame.set_index("h3_hex")
    here, away = cell_at(HERE, 7), cell_at(AWAY, 7)
    assert set(frame.index) == {here, away}
    # By hand: chemical 3 x 2 (red) + smelter 2 x 1 (no grade) + pond 4; the closed works are left out.
    counts = ["mass", "objects", "incomplete", "illustrative", "unknown"]
    assert frame.loc[here, counts].tolist() == [12, 3, 1, 1, 0]
    # No kind 1 x 0.5 (blue) + fuel station 1; its layer has no grades.
    assert frame.loc[away, counts].tolist() == [1.5, 2, 1, 0, 0]
    assert (frame["density"] == frame["mass"] / frame["area_km2"]).all()
    assert grid.run.result["mass"] == 13.5
    assert grid.run.result["classes"]["breaks"] == [frame.loc[here, "density"]]


def test_parents_hold_the_sum_and_the_worst_child(store: Store) -> None:
    near = shapely.Point(103.03, 26.0)
    store.write(
        "protection_targets", facilities(id=["a", "b", "c"], source=["t"] * 3, geom=[HERE, HERE, near])
    )
    fine, coarse = compute(store, "protection_targets", 5, 8)
    assert len(fine.frame) == 2
    assert fine.run.parameters["pyramid"] == coarse.run.parameters["pyramid"]
    (parent,) = coarse.frame.to_dict("records")
    assert (parent["mass"], parent["objects"]) == (3.0, 3)
    worst = fine.frame.sort_values("density").iloc[-1]
    assert (parent["worst_density"], parent["worst_h3"]) == (worst["density"], worst["h3_hex"])
    assert parent["density"] == pytest.approx(3.0 / parent["area_km2"], rel=1e-15)


def test_line_and_bandwidth_conserve_the_total(store: Store) -> None:
    line = shapely.LineString([(103.0, 26.0), (103.2, 26.1)])
    store.write("roads", facilities(id=["r"], source=["t"], geom=[line]))
    metrics = read_metrics() | {"road_km": make_metric("length_km", "roads")}
    request = GridRequest(metrics["road_km"], (6, 7), bandwidth_m=3_000.0)
    fine, coarse = compute_grids(store, request, metrics)
    assert fine.frame["mass"].sum() == pytest.approx(coarse.frame["mass"].sum(), rel=1e-12)
    # By an independent program (geographiclib): 22.8 km; here to the digits of the frame's own figures.
    assert fine.run.result["mass"] == pytest.approx(22.8, abs=0.2)


def make_metric(quantity: str, layer: str, **changes: Any) -> Any:
    told = METRICS["protection_targets"].to_dict()
    told |= {"name": "own", "quantity": quantity, "objects": [{"layer": layer, "where": {}}], **changes}
    return type(METRICS["population"]).from_dict(told)


def test_unknown_weights_are_counted_and_never_zero(store: Store) -> None:
    store.write(
        "protection_targets",
        facilities(
            id=["a", "b", "c"], people_day=[10, None, None], source=["t"] * 3, geom=[HERE, HERE, AWAY]
        ),
    )
    metric = make_metric("field", "protection_targets", field="people_day")
    (grid,) = compute_grids(store, GridRequest(metric, (7,)), METRICS)
    frame = grid.frame.set_index("h3_hex")
    assert frame.loc[cell_at(HERE, 7), ["mass", "objects", "unknown", "state"]].tolist() == [
        10,
        2,
        1,
        "value",
    ]
    away = frame.loc[cell_at(AWAY, 7)]
    assert np.isnan(away["mass"])
    assert (away["state"], away["unknown"]) == ("missing", 1)
    assert pd.isna(away["colour"])
    assert grid.run.result["unknown"] == 2


def test_nothing_known_at_all_is_not_available(store: Store) -> None:
    store.write("protection_targets", facilities(id=["a"], source=["t"], geom=[HERE]))
    metric = make_metric("field", "protection_targets", field="people_day")
    with pytest.raises(NotAvailableError, match="weight of none"):
        compute_grids(store, GridRequest(metric, (7,)), METRICS)


@pytest.mark.parametrize(
    ("metric", "needed"),
    [
        ("facility_count", "riskmap sample"),
        ("hazard_load", "hazard units"),
        ("people_at_risk", "import plants"),
        ("individual_risk", "riskmap distance"),
        ("expected_fatalities", "riskmap distance"),
        ("violations", "riskmap audit"),
        ("legacy", "riskmap audit"),
        ("tailings_exposure", "tailings ponds"),
        ("hca_mileage", "pipelines"),
        ("protection_targets", "import some"),
        ("population", "no population raster"),
        ("composite", "none of the metrics"),
    ],
)
def test_metric_of_an_empty_store_is_not_a_grid_of_zeros(store: Store, metric: str, needed: str) -> None:
    with pytest.raises(NotAvailableError, match=needed):
        compute(store, metric, 7)


@pytest.mark.parametrize("resolution", [-1, 16])
def test_resolution_out_of_range_is_refused(resolution: int) -> None:
    with pytest.raises(OutOfRangeError):
        GridRequest(METRICS["facility_count"], (resolution,))


def test_too_fine_a_grid_is_refused_with_its_size_before_it_is_computed(store: Store) -> None:
    wide = shapely.box(100.0, 24.0, 104.0, 28.0)
    store.write("protection_targets", facilities(id=["a"], source=["t"], geom=[wide]))
    with pytest.raises(OutOfRangeError, match=r"about [\d,]{9,} shares"):
        compute(store, "protection_targets", 13)


# Findings


def test_violations_are_the_decided_ones_alone(store: Store) -> None:
    ids = ["clean", "bad", "vague", "unchecked"]
    store.write(
        "enterprises",
        facilities(id=ids, name=ids, source=["t"] * 4, geom=[HERE, HERE, AWAY, shapely.Point(105.0, 25.0)]),
    )
    rows: list[dict[str, Any]] = [
        finding("clean", "r1", "no_ban", True, 100.0),
        finding("bad", "r1", "prohibited", True, -20.0),
        finding("bad", "r2", "prohibited", True, -30.0),
        finding("bad", "r3", "prohibited", True, -40.0, advisory=True),
        finding("vague", "r1", "prohibited", False, -1.0),
        finding("vague", "r2", "legacy_rectify", True, -1.0),
    ]
    store.write("findings", gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490"))
    (grid,) = compute(store, "violations", 7)
    frame = grid.frame.set_index("h3_hex")
    columns = ["mass", "missing_m", "undecided", "state", "colour"]
    assert frame.loc[cell_at(HERE, 7), columns].tolist() == [2.0, 50.0, 0.0, "value", "red"]
    assert frame.loc[cell_at(AWAY, 7), columns].tolist() == [0.0, 0.0, 1.0, "zero", "blue"]
    assert frame.loc[cell_at(shapely.Point(105.0, 25.0), 7), "state"] == "missing"
    assert "尾矿库" in grid.run.result["left_out"][0]["zh"]
    (late,) = compute(store, "legacy", 7)
    assert late.frame.set_index("h3_hex").loc[cell_at(AWAY, 7), ["mass", "colour"]].tolist() == [
        1.0,
        "orange",
    ]
    store_grids(store, [grid])
    told = explain_stored_cell(store, grid.run.id, cell_at(HERE, 7), METRICS)
    assert [(one["id"], one["mass"]) for one in told["objects"]] == [("bad", 2.0), ("clean", 0.0)]
    assert [clause["zh"] for clause in told["objects"][0]["clauses"]] == [
        "《某法》第一条：不得建设，缺 20.0 m",
        "《某法》第一条：不得建设，缺 30.0 m",
    ]


def finding(
    subject: str, rule: str, verdict: str, decided: bool, margin_m: float, *, advisory: bool = False
) -> dict[str, Any]:
    published = {
        "title": {"zh": "不得建设", "en": "no building"},
        "authority": {"zh": "某法", "en": "Some Law"},
        "clause": "art. 1",
        "clause_zh": "第一条",
        "margin_m": margin_m,
    }
    return {
        "id": f"{subject}/{rule}", "source": "riskmap audit", "rule": rule, "subject_layer": "enterprises",
        "subject_id": subject, "verdict": verdict, "decided": decided, "advisory": advisory, "margin_m": margin_m,
        "finding": published, "geom": None,
    }  # fmt: skip


# Rasters


def test_population_is_conserved_and_gaps_are_missing(store: Store, tmp_path: Path) -> None:
    people = np.arange(400.0).reshape(20, 20)
    people[:, :5] = -9999.0
    write_people(tmp_path, store, people)
    fine, coarse = compute(store, "population", 6, 8)
    total = people[people >= 0].sum()
    assert fine.frame["mass"].sum() == pytest.approx(total, rel=1e-12)
    assert coarse.frame["mass"].sum() == pytest.approx(total, rel=1e-12)
    centres = np.array([h3.cell_to_latlng(cell) for cell in fine.frame["h3_hex"]])
    assert centres[:, 1].min() > 102.93


def test_population_of_a_cell_by_hand(store: Store, tmp_path: Path) -> None:
    # 100 people in each pixel of 0.01 x 0.01 degrees: a cell inside has 100 times its area over the pixel's.
    write_people(tmp_path, store, np.full((20, 20), 100.0))
    (grid,) = compute(store, "population", 8)
    (outline,) = cell_polygons(np.array([int(cell_at(HERE, 8), 16)], dtype=np.uint64))
    mass = grid.frame.set_index("h3_hex").loc[cell_at(HERE, 8), "mass"]
    assert mass == pytest.approx(100.0 * outline.area / 1e-4, rel=1e-6)


def test_mean_elevation_of_a_cell_by_hand(store: Store, tmp_path: Path) -> None:
    cell = cell_at(HERE, 6)
    (outline,) = cell_polygons(np.array([int(cell, 16)], dtype=np.uint64))
    west, south, east, north = outline.bounds
    middle = (west + east) / 2
    path = tmp_path / "heights.tif"
    # Two pixels over the cell, the eastern one 300 m higher.
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 1, "width": 2, "crs": "EPSG:4490"}
    transform = Affine(middle - west, 0.0, west, 0.0, south - north, north)
    with rasterio.open(path, "w", transform=transform, **profile) as target:
        target.write(np.array([[100.0, 400.0]], dtype="float32"), 1)
    store.write("rasters", describe_raster(path, "elevation"))
    (grid,) = compute(store, "elevation", 6)
    found = grid.frame.set_index("h3_hex").loc[cell]
    eastern = shapely.box(middle, south, east, north).intersection(outline).area / outline.area
    assert found["density"] == pytest.approx(100.0 + 300.0 * eastern, rel=1e-6)
    assert (found["highest"], found["incomplete"]) == (400.0, 0)
    assert (grid.frame["incomplete"] == 1).sum() == len(grid.frame) - 1
    assert grid.frame["density"].between(100.0, 400.0).all()


def test_population_in_another_system_is_transformed_and_negative_people_are_refused(
    store: Store, tmp_path: Path
) -> None:
    path = write_people(tmp_path, store, np.full((20, 20), 5.0))
    plain = compute(store, "population", 7)[0]
    with rasterio.open(path, "w", driver="GTiff", dtype="float32", count=1, height=22, width=20, crs="EPSG:4509",
                       transform=Affine(1000.0, 0.0, 390_000.0, 0.0, -1000.0, 2_888_000.0)) as target:  # fmt: skip
        target.write(np.full((22, 20), 5.0, dtype="float32"), 1)
    other = compute(store, "population", 7)[0]
    assert other.frame["mass"].sum() == pytest.approx(2200.0, rel=1e-12)
    assert other.run.id != plain.run.id
    with rasterio.open(path, "r+") as target:
        target.write(np.full((22, 20), -5.0, dtype="float32"), 1)
    with pytest.raises(RasterError, match="negative"):
        compute(store, "population", 7)
    path.unlink()
    with pytest.raises(NotAvailableError, match="its file is gone"):
        compute(store, "population", 7)


def test_people_at_risk_count_once_and_are_shared_among_the_plants(store: Store, tmp_path: Path) -> None:
    write_people(tmp_path, store, np.full((20, 20), 100.0))
    square = shapely.box(102.98, 25.98, 103.02, 26.02)
    store.write("enterprises", facilities(
        id=["a", "b", "c"], source=["t"] * 3, major_hazard_source=[True, True, True],
        geom=[HERE, HERE, shapely.Point(103.05, 26.05)],
    ))  # fmt: skip
    store.write("risk_contours", facilities(
        id=["a7", "b7"], subject_id=["a", "b"], risk_per_year=[3e-7, 3e-7], source=["t"] * 2, geom=[square, square],
    ))  # fmt: skip
    (grid,) = compute(store, "people_at_risk", 7)
    # Both zones are 16 pixels of 100 people; c has neither contour nor distance.
    assert grid.run.result["mass"] == pytest.approx(1600.0, rel=1e-6)
    assert grid.run.result["unknown"] == 1
    store_grids(store, [grid])
    told = explain_stored_cell(store, grid.run.id, cell_at(HERE, 7), METRICS)
    assert [one["id"] for one in told["objects"]] == ["a", "b"]
    assert [one["part"] for one in told["objects"]] == pytest.approx([0.5, 0.5])


def test_risk_between_contours_is_a_bound_from_below(store: Store, tmp_path: Path) -> None:
    write_people(tmp_path, store, np.full((20, 20), 100.0))
    outer, inner = shapely.box(102.96, 25.96, 103.04, 26.04), shapely.box(102.99, 25.99, 103.01, 26.01)
    store.write("risk_contours", facilities(
        id=["o", "i"], subject_id=["p", "p"], risk_per_year=[1e-6, 1e-5], source=["t"] * 2, geom=[outer, inner],
    ))  # fmt: skip
    (risk,) = compute(store, "individual_risk", 8)
    frame = risk.frame.set_index("h3_hex")
    inside = frame.loc[cell_at(shapely.Point(102.975, 26.025), 8)]
    # A cell between the contours has the outer one's risk throughout.
    assert inside["density"] == pytest.approx(1e-6, rel=1e-6)
    assert (inside["max_risk"], inside["colour"]) == (1e-6, "yellow")
    assert frame.loc[cell_at(HERE, 8), "max_risk"] == 1e-5
    (deaths,) = compute(store, "expected_fatalities", 8)
    # 64 pixels of 100 people at 1e-6, 4 of them at 9e-6 more.
    assert deaths.run.result["mass"] == pytest.approx(6400 * 1e-6 + 400 * 9e-6, rel=1e-6)


def write_risk(folder: Path, store: Store, subject: str, values: Any) -> Path:
    """A risk raster of 1 km pixels in a Gauss-Krueger zone, as those of assessments are, and its row."""
    path = folder / f"{subject}.tif"
    data = np.asarray(values, dtype="float32")
    west, south = Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True).transform(HERE.x, HERE.y)
    transform = Affine(1000.0, 0.0, west - 1000.0, 0.0, -1000.0, south + 1000.0)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=data.shape[0], width=data.shape[1],
        crs="EPSG:4543", transform=transform,
    ) as target:  # fmt: skip
        target.write(data, 1)
    row = describe_raster(path, "risk").assign(id=f"{subject} risk")
    row["extra"] = [{"metric": "individual_risk", "subject_id": subject}]
    store.write("rasters", row)
    return path


def test_risk_is_exact_where_a_raster_is_and_a_bound_elsewhere(store: Store, tmp_path: Path) -> None:
    square = shapely.box(102.96, 25.96, 103.04, 26.04)
    far = shapely.box(103.16, 25.96, 103.24, 26.04)
    store.write(
        "enterprises", facilities(id=["p", "q"], name=["甲厂", "乙厂"], source=["t"] * 2, geom=[HERE, AWAY])
    )
    store.write("risk_contours", facilities(
        id=["o", "f"], subject_id=["p", "q"], risk_per_year=[1e-6, 1e-6], source=["t"] * 2, geom=[square, far],
    ))  # fmt: skip
    # Four pixels around the plant: the cell at their corner has parts of all.
    path = write_risk(tmp_path, store, "p", [[1e-6, 2e-6], [4e-6, 8e-6]])
    grid, coarse = compute(store, "individual_risk", 8, 6)
    frame = grid.frame.set_index("h3_hex")
    middle = frame.loc[cell_at(HERE, 8)]
    (outline,) = cell_polygons(np.array([int(cell_at(HERE, 8), 16)], dtype=np.uint64))
    flat = shapely.transform(
        outline, lambda lon_lat: np.column_stack(
            Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True).transform(*lon_lat.T)
        ),
    )  # fmt: skip
    with rasterio.open(path) as raster:
        west, north = raster.transform.c, raster.transform.f
    risk = {(0, 0): 1e-6, (1, 0): 2e-6, (0, 1): 4e-6, (1, 1): 8e-6}
    by_hand = sum(
        value
        * flat.intersection(
            shapely.box(west + 1000 * x, north - 1000 * (y + 1), west + 1000 * (x + 1), north - 1000 * y)
        ).area
        for (x, y), value in risk.items()
    )
    assert middle["density"] == pytest.approx(by_hand / flat.area, rel=1e-6)
    assert middle["max_risk"] == pytest.approx(8e-6, rel=1e-6)
    assert (middle["by_raster"], middle["by_contours"], middle["colour"]) == (1.0, 0.0, "orange")
    other = frame.loc[cell_at(shapely.Point(103.2, 26.0), 8)]
    assert other["density"] == pytest.approx(1e-6, rel=1e-6)
    assert (other["by_raster"], other["by_contours"]) == (0.0, 1.0)
    assert coarse.frame["mass"].sum() == pytest.approx(grid.frame["mass"].sum(), rel=1e-12)
    store_grids(store, [grid])
    told = explain_stored_cell(store, grid.run.id, cell_at(HERE, 8), METRICS)
    assert [(one["layer"], one["name"]) for one in told["objects"]] == [("enterprises", "甲厂")]
    assert "risk raster" in told["objects"][0]["clauses"][0]["en"]
    path.unlink()
    (bound,) = compute(store, "individual_risk", 8)
    assert bound.frame.set_index("h3_hex").loc[cell_at(HERE, 8), "by_contours"] == 1.0
    assert "p.tif" in bound.run.result["left_out"][0]["en"]


def test_heights_below_the_sea_are_heights_and_what_has_no_value_is_none(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "heights.tif"
    values = np.full((20, 20), -154.0, dtype="float32")  # the shore of Aydingkol, Turfan
    values[:, :5] = -9999.0
    values[:, 10:] = 0.0
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": -9999.0, "crs": "EPSG:4490"}
    transform = Affine(0.01, 0.0, 102.9, 0.0, -0.01, 26.1)
    with rasterio.open(path, "w", height=20, width=20, transform=transform, **profile) as target:
        target.write(values, 1)
    store.write("rasters", describe_raster(path, "elevation"))
    grid, coarse = compute(store, "elevation", 7, 5)
    frame = grid.frame.set_index("h3_hex")
    low = frame.loc[cell_at(shapely.Point(102.975, 26.0), 7)]
    assert (low["density"], low["highest"], low["state"]) == (pytest.approx(-154.0), -154.0, "value")
    level = frame.loc[cell_at(shapely.Point(103.05, 26.0), 7)]
    assert (level["density"], level["state"]) == (0.0, "value")
    assert cell_at(shapely.Point(102.91, 26.0), 7) not in frame.index
    assert coarse.frame["mass"].sum() == pytest.approx(grid.frame["mass"].sum(), rel=1e-12)
    store_grids(store, [grid])
    told = explain_stored_cell(store, grid.run.id, cell_at(shapely.Point(102.975, 26.0), 7), METRICS)
    assert told["density"] == pytest.approx(-154.0)
    assert told["objects"][0]["part"] == 1.0


def test_hazard_load_is_r_and_unknown_where_people_are(store: Store, tmp_path: Path) -> None:
    site = shapely.box(102.999, 25.999, 103.001, 26.001)
    chlorine = [{"cas": "7782-50-5", "mass_kg": 40_000.0}]
    store.write("enterprises", facilities(id=["e"], source=["t"], geom=[site]))
    store.write("hazard_units", facilities(
        id=["tank", "small", "bare"], enterprise_id=["e"] * 3, unit_kind=["tank"] * 3, source=["t"] * 3,
        inventory=[chlorine, [{"cas": "7782-50-5", "mass_kg": 400.0}], None], geom=[HERE] * 3,
    ))  # fmt: skip
    (grid,) = compute(store, "hazard_load", 7)
    # Without people only the small unit, no major hazard, is known.
    assert (grid.run.result["mass"], grid.run.result["unknown"]) == (0.0, 2)
    write_people(tmp_path, store, np.zeros((20, 20)))
    (grid,) = compute(store, "hazard_load", 7)
    # GB 18218-2018: chlorine Q = 5 t, beta = 4; nobody within 500 m: alpha = 0.5; R = 0.5 x 4 x 40 / 5.
    assert grid.run.result["mass"] == pytest.approx(16.0)
    assert grid.run.result["unknown"] == 1


# Composite


def test_composite_ranks_and_its_sensitivity(store: Store, tmp_path: Path) -> None:
    fill(store)
    weights = {"facility_count": 3.0, "protection_targets": 1.0, "individual_risk": 2.0}
    metric = type(METRICS["composite"]).from_dict(METRICS["composite"].to_dict() | {"weights": weights})
    store.write("protection_targets", facilities(id=["x"], source=["t"], geom=[AWAY]))
    (grid,) = compute_grids(store, GridRequest(metric, (7,)), METRICS)
    frame = grid.frame.set_index("h3_hex")
    here, away = frame.loc[cell_at(HERE, 7)], frame.loc[cell_at(AWAY, 7)]
    # By hand: ranks of facilities 100 and 50, of targets 0 and 100; weights 3/4 and 1/4; no risk is stored.
    assert (here["density"], away["density"]) == (pytest.approx(75.0), pytest.approx(62.5))
    assert "个人风险" in grid.run.result["left_out"][0]["zh"]
    # Weights 1.5 to 1, 4.5 to 1, 3 to 0.5, 3 to 1.5.
    assert (here["index_low"], here["index_high"]) == (pytest.approx(60.0), pytest.approx(300 / 3.5))
    changes = grid.run.result["sensitivity"]["changes"]
    assert changes[0]["greatest_change"] == pytest.approx(15.0)


def test_a_cell_in_which_every_part_of_the_index_is_0_is_zero_and_not_empty(store: Store) -> None:
    store.write(
        "protection_targets",
        facilities(id=["a", "b"], people_day=[10, 0], source=["t"] * 2, geom=[HERE, AWAY]),
    )
    part = make_metric("field", "protection_targets", field="people_day")
    told = METRICS["composite"].to_dict() | {"weights": {"own": 1.0}}
    metric = type(part).from_dict(told)
    (grid,) = compute_grids(store, GridRequest(metric, (7,)), METRICS | {"own": part})
    frame = grid.frame.set_index("h3_hex")
    assert frame.loc[cell_at(HERE, 7), ["density", "state"]].tolist() == [100.0, "value"]
    assert frame.loc[cell_at(AWAY, 7), ["density", "state"]].tolist() == [0.0, "zero"]


# Area, date, states


def test_area_takes_cells_by_their_centre_and_tells_the_three_states(store: Store) -> None:
    fill(store)
    store.write("coverage", facilities(
        id=["e", "h", "t"], surveyed_layer=["enterprises", "hazard_sites", "tailings_ponds"], complete=[True] * 3,
        surveyed_on=[pd.Timestamp("2026-01-01").date()] * 3, declared_by=["x"] * 3, source=["t"] * 3,
        geom=[shapely.box(102.9, 25.9, 103.05, 26.05)] * 3,
    ))  # fmt: skip
    area = (102.9, 25.9, 103.3, 26.05)
    (grid,) = compute(store, "facility_count", 7, area=area)
    assert grid.frame["h3_hex"].tolist() == [cell_at(HERE, 7)]
    full = fill_area(grid.frame, grid.covered, shapely.box(*area), 7).set_index("h3_hex")
    assert full.loc[cell_at(HERE, 7), "state"] == "value"
    near, far = (
        full.loc[cell_at(shapely.Point(102.94, 25.95), 7)],
        full.loc[cell_at(shapely.Point(103.2, 26.0), 7)],
    )
    assert (near["state"], near["mass"], near["objects"]) == ("no_object", 0.0, 0)
    assert far["state"] == "missing"
    assert np.isnan(far["mass"])
    store_grids(store, [grid])
    empty = read_empty_cells(find_grid(store, grid.run.id), area, [cell_at(HERE, 7)]).set_index("h3_hex")
    assert empty.loc[near.name, "state"] == "no_object"
    assert empty.loc[far.name, "state"] == "missing"
    states = [
        explain_stored_cell(store, grid.run.id, name, METRICS)["state"] for name in (near.name, far.name)
    ]
    assert states == ["no_object", "missing"]


def test_date_reads_the_past_and_the_change_is_told(store: Store) -> None:
    first, second = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    store.write("protection_targets", facilities(id=["a"], source=["t"], geom=[HERE]), moment=first)
    store.write(
        "protection_targets", facilities(id=["b", "c"], source=["t"] * 2, geom=[HERE, AWAY]), moment=second
    )
    before = compute(store, "protection_targets", 7, at=datetime(2025, 6, 1, tzinfo=UTC))[0]
    after = compute(store, "protection_targets", 7)[0]
    store_grids(store, [before])
    store_grids(store, [after])
    change = diff_grids(store, before.run.id, after.run.id).set_index("h3_hex")
    assert change.loc[cell_at(HERE, 7), ["mass_a", "mass_b", "mass", "state"]].tolist() == [1, 2, 1, "value"]
    # In 2025 nobody had data there.
    assert change.loc[cell_at(AWAY, 7), "state"] == "missing"
    coarse = compute(store, "protection_targets", 6)[0]
    store_grids(store, [coarse])
    with pytest.raises(OutOfRangeError, match="resolution"):
        diff_grids(store, before.run.id, coarse.run.id)


def test_high_consequence_areas_of_a_past_day_are_those_of_what_stood_there(store: Store) -> None:
    first, second = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    line = shapely.LineString([(103.0, 26.0), (103.05, 26.0)])
    known = {"source": ["t"], "accuracy_m": [1.0]}
    size = {"kind": ["gas_pipeline"], "diameter_mm": [508.0], "pressure_mpa": [6.3]}
    store.write("pipelines", facilities(id=["g"], **size, **known, geom=[line]), moment=first)
    far = {**known, "geom": [AWAY]}
    store.write("buildings", facilities(id=["f"], households=[1], storeys=[1], **far), moment=first)
    store.write("protection_targets", facilities(id=["f"], **far), moment=first)
    store.write("hazard_sites", facilities(id=["f"], kind=["oil_depot"], **far), moment=first)
    village = {**known, "geom": [shapely.Point(103.025, 26.0009)]}
    store.write("buildings", facilities(id=["v"], households=[120], storeys=[2], **village), moment=second)
    before = compute(store, "hca_mileage", 7, at=datetime(2025, 6, 1, tzinfo=UTC))[0]
    after = compute(store, "hca_mileage", 7)[0]
    assert before.run.result["mass"] == 0.0
    assert after.run.result["mass"] == pytest.approx(0.4, abs=0.001)  # 200 m to both sides of the village
    store_grids(store, [before])
    cell = before.frame["h3_hex"].iloc[0]
    assert explain_stored_cell(store, before.run.id, cell, METRICS)["state"] == "zero"


def test_hot_spots_and_the_extra_that_they_need(store: Store) -> None:
    places = [shapely.Point(103.0 + 0.01 * (i % 5), 26.0 + 0.01 * (i // 5)) for i in range(25)]
    corners = [shapely.Point(102.85, 25.85), shapely.Point(103.2, 26.2)]
    geometry = places + corners
    store.write(
        "protection_targets",
        facilities(id=[f"p{i}" for i in range(27)], source=["t"] * 27, geom=geometry),
    )
    (grid,) = compute(store, "protection_targets", 7, hotspots=True)
    spots = grid.frame.set_index("h3_hex")["spot"]
    assert spots[cell_at(places[12], 7)] == "hot"
    assert spots[cell_at(corners[0], 7)] == "none"
    assert grid.run.result["spots"]["hot"] == (spots == "hot").sum() >= 5


# Runs


def test_same_input_gives_the_same_run_and_stores_nothing_new(store: Store) -> None:
    fill(store)
    grids = [compute(store, "facility_count", 6)[0] for _ in range(2)]
    assert grids[0].run == grids[1].run
    pd.testing.assert_frame_equal(grids[0].frame, grids[1].frame)
    for grid in grids:
        store_grids(store, [grid])
    assert len(store.versions("grid_runs", grids[0].run.id)) == 1
    assert store.count("grid_cells", where={"run_id": grids[0].run.id}) == len(grids[0].frame)
    latest = store.latest_run("grid")
    assert latest is not None
    assert latest.id == grids[0].run.id
    read = read_cells(store, latest.id)
    assert read["mass"].tolist() == grids[0].frame["mass"].tolist()
    assert read["colour"].tolist() == grids[0].frame["colour"].tolist()


def test_changed_input_gives_another_run_and_the_old_one_is_still_explained(store: Store) -> None:
    fill(store)
    before = compute(store, "facility_count", 6)[0]
    store_grids(store, [before])
    store.patch_feature("enterprises", "a", {"properties": {"colour_grade": "blue"}}, expected_version=1)
    assert compute(store, "facility_count", 6)[0].run.id != before.run.id
    told = explain_stored_cell(store, before.run.id, cell_at(HERE, 6), METRICS)
    assert (told["mass"], told["objects"][0]["id"], told["objects"][0]["mass"]) == (12.0, "a", 6.0)


def test_changed_raster_cannot_be_explained(store: Store, tmp_path: Path) -> None:
    path = write_people(tmp_path, store, np.full((20, 20), 5.0))
    (grid,) = compute(store, "population", 7)
    store_grids(store, [grid])
    with rasterio.open(path, "r+") as target:
        target.write(np.full((20, 20), 6.0, dtype="float32"), 1)
    with pytest.raises(ConflictError, match="compute it again"):
        explain_stored_cell(store, grid.run.id, cell_at(HERE, 7), METRICS)


def test_cell_of_every_level_is_the_sum_of_its_objects(store: Store) -> None:
    fill(store)
    grids = compute(store, "facility_count", 5, 6, 7, 8)
    store_grids(store, grids)
    for grid in grids:
        for row in grid.frame.to_dict("records"):
            told = explain_stored_cell(store, grids[0].run.parameters["pyramid"], row["h3_hex"], METRICS)
            assert sum(one["mass"] for one in told["objects"]) == pytest.approx(row["mass"], rel=1e-12)
            assert told["mass"] == pytest.approx(row["mass"], rel=1e-12)
    with pytest.raises(OutOfRangeError, match="finer"):
        explain_stored_cell(store, grids[0].run.id, cell_at(HERE, 9), METRICS)
    with pytest.raises(OutOfRangeError, match="no H3 cell"):
        explain_stored_cell(store, grids[0].run.id, "xyz", METRICS)


def test_pyramid_gives_the_resolution_of_the_zoom(store: Store) -> None:
    fill(store)
    grids = compute(store, "facility_count", 5, 6, 7)
    store_grids(store, grids)
    pyramid = grids[0].run.parameters["pyramid"]
    # 9 pixels at zoom 10 are 1,376 m: edges of 1,406 m (resolution 7) just suit.
    assert [find_grid(store, pyramid, zoom).resolution for zoom in (2, 9, 10, 18)] == [5, 6, 7, 7]
    assert find_grid(store, grids[2].run.id).resolution == 5
    assert [grid.resolution for grid in list_grids(store)] == [5, 6, 7]


def test_a_dropped_grid_is_gone_with_its_partition_and_comes_back_the_same(store: Store) -> None:
    fill(store)
    grids = compute(store, "facility_count", 6, 7)
    store_grids(store, grids)
    (other,) = compute(store, "facility_count", 5)
    store_grids(store, [other])
    before = read_cells(store, grids[0].run.id)
    partitions = count_partitions(store)
    assert set(drop_grids(store, grids[0].run.parameters["pyramid"])) == {grid.run.id for grid in grids}
    assert [grid.id for grid in list_grids(store)] == [other.run.id]
    assert store.count("grid_cells") == len(other.frame)
    assert count_partitions(store) == (None if partitions is None else partitions - 2)
    with pytest.raises(NotFoundError, match="no grid"):
        drop_grids(store, grids[0].run.id)
    store_grids(store, compute(store, "facility_count", 6, 7))
    pd.testing.assert_frame_equal(read_cells(store, grids[0].run.id), before)


def count_partitions(store: Store) -> int | None:
    """How many tables PostGIS keeps cells in; None for SQLite, which has one."""
    if not store.url_display.startswith("postgresql"):
        return None
    sql = text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'grid_cells'::regclass")
    return store.ask(lambda connection: int(connection.execute(sql).scalar_one()))


@pytest.mark.parametrize("failing", ["grid_cells", "grid_runs"])
def test_cancelled_or_failed_run_leaves_the_former_one_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    fill(store)
    former = compute(store, "facility_count", 6)
    store_grids(store, former)
    store.write("hazard_sites", facilities(id=["n"], kind=["fuel_station"], source=["t"], geom=[HERE]))
    write: Callable[..., Any] = Store.write

    def fail(self: Store, layer: str, *arguments: Any, **options: Any) -> Any:
        if layer == failing:
            raise CancelledError("full disk")
        return write(self, layer, *arguments, **options)

    monkeypatch.setattr(Store, "write", fail)
    with pytest.raises(CancelledError):
        store_grids(store, compute(store, "facility_count", 6, 7))
    assert [grid.id for grid in list_grids(store)] == [former[0].run.id]
    assert read_cells(store, former[0].run.id)["mass"].sum() == 13.5


def test_cancelling_while_cells_are_written_leaves_none(store: Store) -> None:
    fill(store)

    def cancel(_fraction: float, _message: str) -> None:
        raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        store_grids(store, compute(store, "facility_count", 7), cancel)
    assert store.count("grid_cells") == 0
    assert store.count("grid_runs") == 0


# Files


@pytest.mark.parametrize("suffix", ["csv", "parquet", "gpkg", "geojson", "tif"])
def test_grid_files_hold_the_columns_and_the_same_bytes(store: Store, tmp_path: Path, suffix: str) -> None:
    fill(store)
    frame = compute(store, "facility_count", 5, area=(102.0, 25.0, 105.0, 28.0))[0].frame
    paths = [tmp_path / folder / f"grid.{suffix}" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        write_grid(frame, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    if suffix == "tif":
        with rasterio.open(paths[0]) as picture:
            (value,) = next(picture.sample([(103.0, 26.0)]))
            assert picture.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert value == frame.set_index("h3_hex").loc[cell_at(HERE, 5), "density"]
        return
    read = {"csv": pd.read_csv, "parquet": gpd.read_parquet}.get(suffix, gpd.read_file)(paths[0])
    assert list(read.columns)[:5] == ["h3", "h3_hex", "area_km2", "mass", "density"]
    assert read["mass"].tolist() == frame["mass"].tolist()
    assert [f"{int(cell):x}" for cell in read["h3"]] == frame["h3_hex"].tolist()
    if suffix == "parquet":
        assert read.crs.to_epsg() == 4490


def test_full_disk_leaves_the_former_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    (grid,) = compute(store, "facility_count", 7)
    path = tmp_path / "grid.parquet"
    write_grid(grid.frame, path)
    before = path.read_bytes()

    def fail(self: gpd.GeoDataFrame, path: Path, **_options: Any) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", fail)
    with pytest.raises(FormatError, match="No space left"):
        write_grid(grid.frame, path)
    assert path.read_bytes() == before
    assert list(tmp_path.glob("*grid*")) == [path]


# Registry

OWN = """
schema_version = 1

[schools]
zh = "学校"
en = "Schools"
unit_zh = "所"
unit_en = "schools"
formula_zh = "学校数"
formula_en = "number of schools"
source = "own"
version = "1"
quantity = "count"
objects = [{ layer = "protection_targets", where = { use = ["school"] } }]
"""


def test_a_user_adds_a_metric(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    store.write(
        "protection_targets",
        facilities(id=["a", "b"], use=["school", "shop"], source=["t"] * 2, geom=[HERE, HERE]),
    )
    metrics = read_metrics([path])
    (grid,) = compute_grids(store, GridRequest(metrics["schools"], (7,)), metrics)
    assert grid.run.result["mass"] == 1.0
    assert grid.run.parameters["definition"]["objects"][0]["where"] == {"use": ["school"]}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "own"', 'source = "own"\ncolour = 3', r"own.toml:12: schools.colour: unknown key"),
        (
            'quantity = "count"',
            'quantity = "happiness"',
            r"own.toml:13: schools.quantity: unknown 'happiness'",
        ),
        ('layer = "protection_targets"', 'layer = "moons"', r"own.toml:14: schools.objects: unknown layer"),
        ("use =", "usage =", r"own.toml:14: schools.objects: .*no field 'usage'"),
        ('en = "Schools"\n', "", r"schools.en: must be given"),
        ("schema_version = 1", "schema_version = 2", r"own.toml:2: schema_version"),
        (
            'version = "1"\n',
            'version = "1"\nclasses = { method = "fixed" }\n',
            r"schools.classes: limits belong",
        ),
        (
            'quantity = "count"\nobjects',
            'quantity = "composite"\nweights = { population = -1.0 }\nobjects',
            r"schools.(objects|population)",
        ),
        ("[schools]", "[schools", r"cannot be read as TOML"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(FormatError, match=said):
        read_metrics([path])


@pytest.mark.parametrize("weight", ["-1.0", "nan", "inf", "true", '"3"'])
def test_weights_of_a_composite_are_numbers_not_below_0(tmp_path: Path, weight: str) -> None:
    path = tmp_path / "own.toml"
    text = OWN[: OWN.index("quantity")] + f'quantity = "composite"\nweights = {{ population = {weight} }}\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match="negative or no number"):
        read_metrics([path])


def test_every_metric_survives_its_description_and_is_documented() -> None:
    text = (DOCS / "grids.md").read_text(encoding="utf-8")
    for metric in METRICS.values():
        assert type(metric).from_dict(metric.to_dict()) == metric
        assert f"`{metric.name}`" in text


def test_scores_stand_in_the_documentation() -> None:
    rows = re.findall(
        r"^\| (.*`.*) \| ([\d.]+) \|$", (DOCS / "scores.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    printed = {word: float(score) for words, score in rows for word in re.findall(r"`(\w+)`", words)}
    assert printed == BASE_SCORES | GRADE_FACTORS
    assert set(BASE_SCORES) < set(KINDS)


def test_every_facility_has_a_score_whatever_is_missing() -> None:
    frame = facilities(kind=[None, "chemical_park"], colour_grade=[None, None], geom=[HERE, HERE])
    scores = score_facilities("enterprises", frame)
    assert scores.score.tolist() == [1.0, 1.0]
    assert scores.is_incomplete.tolist() == [True, True]
