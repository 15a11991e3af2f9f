"""Grids over stored layers: what the metrics count, with answers by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.errors import OutOfRangeError
from layers.errors import NotAvailableError
from layers.grids import (
    GridRequest,
    compute_grids,
    estimate_grid,
    explain_stored_cell,
    read_metrics,
    store_grids,
)
from layers.store import Store
from tests.layers.grid_stores import (
    AWAY,
    HERE,
    METRICS,
    cell_at,
    compute,
    facilities,
    fill,
    make_metric,
    write_people,
)


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
    with pytest.raises(OutOfRangeError, match=r"about [\d\u202f]{9,} shares"):
        compute(store, "protection_targets", 13)


def test_grid_that_would_not_fit_is_refused_with_its_cells(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("computing", "estimating"):
        monkeypatch.setattr(f"layers.grids.{module}.MAX_CELLS_HELD", 100)
    store.write(
        "protection_targets", facilities(id=["a"], source=["t"], geom=[shapely.box(103, 26, 103.1, 26.1)])
    )
    request = GridRequest(METRICS["protection_targets"], (10,))
    with pytest.raises(OutOfRangeError, match=r"gives [\d\u202f]{5,} cells, more than 100"):
        compute(store, "protection_targets", 10)
    refusal = estimate_grid(store, request, METRICS).refusal
    assert refusal is not None
    assert "cells, more than 100" in refusal.en
    assert estimate_grid(store, replace(request, resolutions=(6,)), METRICS).refusal is None


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
