"""Partitioned grids from GeoParquet to GeoParquet: one process, two workers, a killed worker, bad input."""

import json
import os
import shutil
import signal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.errors import OutOfRangeError
from geo.grids import cell_polygons, find_shares, make_grid, spread_shares
from layers.errors import CancelledError, FormatError, LayersError, NotAvailableError, UnknownFieldError
from layers.grids import (
    GridRequest,
    compute_grids,
    count_cells,
    diff_grids,
    drop_grids,
    enter_grid,
    explain_stored_cell,
    find_grid,
    list_grids,
    read_cells,
    read_metrics,
    store_grids,
)
from layers.grids.folders import read_run_file
from layers.grids.partitions import GridPlan, compute_partitioned_grid, connect
from layers.grids.scheduled import compute_cluster_grid
from layers.store import Store, upgrade

PLAN = GridPlan(resolution=6, partition_resolution=2, weight="r", bandwidth_m=8_000.0)


@pytest.fixture(scope="module")
def objects():
    rng = np.random.default_rng(3)
    points = shapely.points(rng.uniform(101, 105, 200), rng.uniform(24, 28, 200))
    shapes = np.concatenate([points[:160], shapely.buffer(points[160:], 0.02, quad_segs=2)])
    return gpd.GeoDataFrame({"r": rng.lognormal(0, 2, 200), "name": "x"}, geometry=shapes, crs="EPSG:4490")


@pytest.fixture(scope="module")
def source(objects, tmp_path_factory):
    """Two files of several row groups each."""
    folder = tmp_path_factory.mktemp("objects")
    objects[:120].to_parquet(folder / "a.parquet", row_group_size=40)
    objects[120:].to_parquet(folder / "b.parquet", row_group_size=40)
    return folder


@pytest.fixture(scope="module")
def expected(objects):
    shares = spread_shares(find_shares(objects.geometry.to_numpy(), 6), 8_000.0)
    return make_grid(shares, objects["r"].to_numpy(), {"objects": np.ones(len(objects), dtype=bool)})


def read(folder):
    frames = [pd.DataFrame(gpd.read_parquet(path)) for path in sorted(folder.glob("*.parquet"))]
    return pd.concat(frames, ignore_index=True).drop(columns="geometry").sort_values("h3", ignore_index=True)


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_partitions_make_up_the_grid_computed_at_once(source, expected, tmp_path):
    told = []
    made = compute_partitioned_grid(source, tmp_path / "grid", PLAN, progress=lambda *step: told.append(step))
    pd.testing.assert_frame_equal(read(made.folder)[expected.columns], expected, check_exact=True)
    assert (made.objects, made.cells) == (200, len(expected))
    assert made.mass == pytest.approx(expected["mass"].sum(), rel=1e-12)
    assert told[-1] == (1.0, "colouring cells")
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert os.listdir(tmp_path) == ["grid"]


def test_two_workers_one_of_them_killed_write_the_same_bytes(source, stored, tmp_path):
    dask_geopandas = pytest.importorskip("dask_geopandas")
    alone = compute_partitioned_grid(source, tmp_path / "alone", PLAN)
    with connect(None, workers=2) as client:
        victims = list(client.run(os.getpid).values())[:1]

        def kill_one(fraction, _message):
            if fraction > 0.4 and victims:
                os.kill(victims.pop(), signal.SIGKILL)

        together = compute_partitioned_grid(source, tmp_path / "two", PLAN, client=client, progress=kill_one)
        metrics = read_metrics()
        request = GridRequest(metrics["facility_count"], (7,))
        compute_cluster_grid(stored, request, metrics, tmp_path / "metric", client=client)
    (whole,) = compute_grids(stored, request, metrics)
    found = read(tmp_path / "metric")
    pd.testing.assert_frame_equal(found, whole.frame[found.columns], check_exact=True, check_dtype=False)
    assert not victims
    assert bytes_of(together.folder) == bytes_of(alone.folder)
    frame = dask_geopandas.read_parquet(together.folder)
    assert frame.npartitions == together.partitions


def test_a_scheduler_that_does_not_answer_is_not_available():
    with pytest.raises(NotAvailableError, match="does not answer"), connect("tcp://127.0.0.1:1", timeout_s=1):
        pass


def test_cancelling_leaves_the_former_grid(source, tmp_path):
    folder = tmp_path / "grid"
    compute_partitioned_grid(source, folder, PLAN)
    before = bytes_of(folder)

    def cancel(fraction, _message):
        if fraction > 0.5:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        compute_partitioned_grid(source, folder, GridPlan(5, 2), progress=cancel)
    assert bytes_of(folder) == before
    assert os.listdir(tmp_path) == ["grid"]
    compute_partitioned_grid(source, folder, GridPlan(5, 2))
    assert bytes_of(folder) != before


def test_a_full_disk_leaves_the_former_grid(source, tmp_path, monkeypatch):
    folder = tmp_path / "grid"
    compute_partitioned_grid(source, folder, PLAN)
    before = bytes_of(folder)

    def fail(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", fail)
    with pytest.raises(LayersError, match=r"No space left .* a former one is kept"):
        compute_partitioned_grid(source, folder, GridPlan(5, 2))
    assert bytes_of(folder) == before


def test_objects_weigh_one_without_a_column(source, tmp_path):
    assert compute_partitioned_grid(source, tmp_path / "grid", GridPlan(5, 1)).mass == pytest.approx(200)


def test_files_that_are_none_are_refused(source, objects, tmp_path):
    with pytest.raises(FormatError, match="no GeoParquet file"):
        compute_partitioned_grid(tmp_path, tmp_path / "grid", PLAN)
    (tmp_path / "text.parquet").write_text("text")
    with pytest.raises(FormatError, match="is no GeoParquet"):
        compute_partitioned_grid(tmp_path / "text.parquet", tmp_path / "grid", PLAN)
    pd.DataFrame({"r": [1.0]}).to_parquet(tmp_path / "plain.parquet")
    with pytest.raises(FormatError, match="no description of a geometry column"):
        compute_partitioned_grid(tmp_path / "plain.parquet", tmp_path / "grid", PLAN)
    objects.to_crs("EPSG:32648").to_parquet(tmp_path / "utm.parquet")
    with pytest.raises(FormatError, match="needed is WKB in CGCS2000"):
        compute_partitioned_grid(tmp_path / "utm.parquet", tmp_path / "grid", PLAN)
    with pytest.raises(UnknownFieldError, match="no column mass; it has r, name"):
        compute_partitioned_grid(source, tmp_path / "grid", GridPlan(7, 3, "mass"))


def test_weights_that_are_none_are_refused(objects, tmp_path):
    objects.assign(r=-1.0).to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(OutOfRangeError, match=r"row 0: weight -1\.0"):
        compute_partitioned_grid(tmp_path / "bad.parquet", tmp_path / "grid", PLAN)
    with pytest.raises(OutOfRangeError, match="resolution 16"):
        compute_partitioned_grid(tmp_path / "bad.parquet", tmp_path / "grid", GridPlan(16, 3))


# Metrics in partitions


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A store with facilities that checks have looked at, of every kind of shape."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'riskmap.db'}"
    upgrade(url)
    rng = np.random.default_rng(5)
    points = shapely.points(rng.uniform(102.9, 103.3, 60), rng.uniform(25.9, 26.2, 60))
    works = np.concatenate([points[:40], shapely.buffer(points[40:], 0.01, quad_segs=2)])
    grades = rng.choice(["red", "blue", None], 60)
    frame = {
        "id": [f"w{n:02d}" for n in range(60)],
        "source": "t",
        "kind": "chemical_enterprise",
        "colour_grade": grades,
    }
    findings = {
        "id": [f"f{n}" for n in range(30)], "source": "riskmap audit", "rule": "r", "run_id": "a",
        "subject_layer": "enterprises", "subject_id": [f"w{n:02d}" for n in range(30)],
        "verdict": ["prohibited", "no_ban", "prohibited"] * 10, "decided": [True, True, False] * 10,
        "advisory": False, "margin_m": [-12.5, 3.0, -1.0] * 10, "finding": [{}] * 30,
    }  # fmt: skip
    with Store.open(url) as store:
        store.write("enterprises", gpd.GeoDataFrame(frame, geometry=works, crs="EPSG:4490"))
        checked = gpd.GeoDataFrame(
            findings, geometry=shapely.points(np.full((30, 2), [103.0, 26.0])), crs="EPSG:4490"
        )
        store.write("findings", checked)
        yield store


@pytest.mark.parametrize(
    ("metric", "options"),
    [
        ("facility_count", {"bandwidth_m": 1_500.0}),
        ("violations", {"area": (103.0, 25.95, 103.2, 26.15)}),
        ("legacy", {}),
    ],
)
def test_a_metric_in_partitions_is_the_grid_of_one_machine(stored, tmp_path, metric, options):
    metrics = read_metrics()
    request = GridRequest(metrics[metric], (8,), **options)
    (whole,) = compute_grids(stored, request, metrics)
    compute_cluster_grid(stored, request, metrics, tmp_path / "grid", partition_resolution=5)
    assert len(list((tmp_path / "grid").glob("*.parquet"))) > 1
    found = read(tmp_path / "grid")
    pd.testing.assert_frame_equal(found, whole.frame[found.columns], check_exact=True, check_dtype=False)
    assert set(whole.frame.columns) == set(found.columns)
    run = json.loads((tmp_path / "grid" / "_run.json").read_text())
    assert (run["run"], run["parameters"], run["inputs"]) == (
        whole.run.id,
        whole.run.parameters,
        whole.run.inputs,
    )
    assert {name: run["result"][name] for name in ("cells", "mass", "unknown", "classes")} == {
        name: pytest.approx(whole.run.result[name], rel=1e-12) if name == "mass" else whole.run.result[name]
        for name in ("cells", "mass", "unknown", "classes")
    }
    assert os.listdir(tmp_path) == ["grid"]


def test_what_cannot_be_computed_in_partitions_is_refused(stored, tmp_path):
    metrics = read_metrics()

    def start(metric, *resolutions, **options):
        hotspots = options.pop("hotspots", False)
        request = GridRequest(metrics[metric], resolutions, hotspots=hotspots)
        compute_cluster_grid(stored, request, metrics, tmp_path / "grid", **options)

    with pytest.raises(NotAvailableError, match="no population raster is stored"):
        start("population", 7)
    with pytest.raises(NotAvailableError, match="facility_count cannot be computed from files"):
        start("facility_count", 7, source=tmp_path)
    with pytest.raises(OutOfRangeError, match="they must be coarser"):
        start("facility_count", 6, partition_resolution=7)
    with pytest.raises(OutOfRangeError, match="they must be coarser"):
        start("facility_count", 4, 8, partition_resolution=5)
    elsewhere = GridRequest(metrics["facility_count"], (7,), area=(10.0, 10.0, 10.1, 10.1))
    with pytest.raises(NotAvailableError, match="no object lies here"):
        compute_cluster_grid(stored, elsewhere, metrics, tmp_path / "grid")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("metric", ["facility_count", "composite"])
def test_levels_spots_and_clusters_are_those_of_one_machine(stored, tmp_path, metric):
    metrics = read_metrics()
    request = GridRequest(metrics[metric], (5, 6, 7), hotspots=True, clusters=True)
    whole = {grid.run.parameters["resolution"]: grid for grid in compute_grids(stored, request, metrics)}
    told = compute_cluster_grid(stored, request, metrics, tmp_path / "grid", partition_resolution=4)
    assert [run["resolution"] for run in told] == [5, 6, 7]
    for run in told:
        grid = whole[run["resolution"]]
        found = read(tmp_path / "grid" / f"res{run['resolution']}")
        assert set(found.columns) == set(grid.frame.columns)
        pd.testing.assert_frame_equal(found, grid.frame[found.columns], check_exact=True, check_dtype=False)
        assert run["run"] == grid.run.id
        kept = read_run_file(tmp_path / "grid" / f"res{run['resolution']}")
        assert kept["result"] == grid.run.result
    # The same run, whichever way it was computed: entered or stored again, it stays one.
    store_grids(stored, list(whole.values()))
    assert [enter_grid(stored, tmp_path / "grid" / f"res{n}") for n in (5, 6, 7)] == [
        whole[n].run.id for n in (5, 6, 7)
    ]
    assert find_grid(stored, whole[7].run.id).folder is None
    drop_grids(stored, find_grid(stored, whole[7].run.id).pyramid)


def test_an_entered_grid_is_read_explained_and_compared(stored, tmp_path):
    metrics = read_metrics()
    request = GridRequest(metrics["violations"], (6, 8), bandwidth_m=800.0)
    told = compute_cluster_grid(stored, request, metrics, tmp_path / "grid", partition_resolution=4)
    runs = [enter_grid(stored, Path(run["file"])) for run in told]
    assert {grid.id for grid in list_grids(stored) if grid.folder} == set(runs)
    whole = {
        grid.run.parameters["resolution"]: grid.frame for grid in compute_grids(stored, request, metrics)
    }
    bounds = (103.0, 26.0, 103.1, 26.1)
    inside = whole[8][shapely.intersects(cell_polygons(whole[8]["h3"].to_numpy()), shapely.box(*bounds))]
    found = read_cells(stored, runs[1], bounds)
    pd.testing.assert_frame_equal(
        found[whole[8].columns], inside.reset_index(drop=True), check_exact=True, check_dtype=False
    )
    assert count_cells(stored, runs[1], bounds) == len(found)
    pages = [read_cells(stored, runs[1], bounds, limit=7, offset=n) for n in range(0, len(found), 7)]
    assert [cell for page in pages for cell in page["h3_hex"]] == list(found["h3_hex"])
    assert count_cells(stored, runs[1]) == len(whole[8])
    for resolution, run in zip((6, 8), runs, strict=True):
        cell = whole[resolution].nlargest(1, "mass").iloc[0]
        told_of = explain_stored_cell(stored, run, cell["h3_hex"], metrics)
        assert told_of["mass"] == pytest.approx(cell["mass"], rel=1e-12)
        known = [one["mass"] for one in told_of["objects"] if one["mass"] is not None]
        assert sum(known) == pytest.approx(cell["mass"], rel=1e-12)
    assert diff_grids(stored, runs[1], runs[1])["mass"].dropna().eq(0.0).all()
    assert read_cells(stored, runs[1], (10.0, 10.0, 10.1, 10.1)).empty
    shutil.rmtree(tmp_path / "grid")
    with pytest.raises(NotAvailableError, match="no longer in"):
        read_cells(stored, runs[1])
    assert sorted(drop_grids(stored, find_grid(stored, runs[1]).pyramid)) == sorted(runs)
    with pytest.raises(FormatError, match="no grid in partitions"):
        enter_grid(stored, tmp_path)


def test_a_grid_of_files_is_explained_from_them(stored, tmp_path):
    metrics = read_metrics()
    points = gpd.GeoDataFrame(
        geometry=shapely.points([[103.0, 26.0], [103.0, 26.0], [103.5, 26.0]]), crs="EPSG:4490"
    )
    points.to_parquet(tmp_path / "targets.parquet", row_group_size=2)
    request = GridRequest(metrics["protection_targets"], (7,))
    (told,) = compute_cluster_grid(
        stored, request, metrics, tmp_path / "grid", source=tmp_path / "targets.parquet"
    )
    run = enter_grid(stored, tmp_path / "grid")
    assert told["run"] == run
    dense = read_cells(stored, run).nlargest(1, "mass").iloc[0]
    listed = explain_stored_cell(stored, run, dense["h3_hex"], metrics)
    assert [(one["layer"], one["id"], one["mass"]) for one in listed["objects"]] == [
        ("files", "targets.parquet/1", 1.0),
        ("files", "targets.parquet/2", 1.0),
    ]
    (tmp_path / "targets.parquet").unlink()
    with pytest.raises(NotAvailableError, match=r"no longer at .*targets\.parquet"):
        explain_stored_cell(stored, run, dense["h3_hex"], metrics)
    drop_grids(stored, run)
