"""Partitioned grids from GeoParquet to GeoParquet: one process, two workers, a killed worker, bad input."""

import os
import signal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.errors import OutOfRangeError
from geo.grids import find_shares, make_grid, spread_shares
from layers.errors import CancelledError, FormatError, LayersError, NotAvailableError, UnknownFieldError
from layers.partitions import GridPlan, compute_partitioned_grid, connect

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
    pd.testing.assert_frame_equal(read(made.folder), expected, check_exact=True)
    assert (made.objects, made.cells) == (200, len(expected))
    assert made.mass == pytest.approx(expected["mass"].sum(), rel=1e-12)
    assert told[-1] == (1.0, "computing partitions")
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert os.listdir(tmp_path) == ["grid"]


def test_two_workers_one_of_them_killed_write_the_same_bytes(source, tmp_path):
    dask_geopandas = pytest.importorskip("dask_geopandas")
    alone = compute_partitioned_grid(source, tmp_path / "alone", PLAN)
    with connect(None, workers=2) as client:
        victims = list(client.run(os.getpid).values())[:1]

        def kill_one(fraction, _message):
            if fraction > 0.4 and victims:
                os.kill(victims.pop(), signal.SIGKILL)

        together = compute_partitioned_grid(source, tmp_path / "two", PLAN, client=client, progress=kill_one)
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
