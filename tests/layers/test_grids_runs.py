"""Runs of grids: states, dates, stored, explained, compared, dropped, cancelled, written to files."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from sqlalchemy import text

from api.actions.grids import run_grids
from geo.errors import OutOfRangeError
from layers.errors import CancelledError, ConflictError, FormatError, NotFoundError
from layers.grids import (
    GridRequest,
    diff_grids,
    drop_grids,
    explain_stored_cell,
    fill_area,
    find_grid,
    list_grids,
    read_cells,
    read_empty_cells,
    store_grids,
    write_grid,
)
from layers.store import Store
from tests.layers.grid_stores import AWAY, HERE, METRICS, cell_at, compute, facilities, fill, write_people


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


def test_progress_never_falls_and_cancelling_anywhere_leaves_nothing(store: Store, tmp_path: Path) -> None:
    places = [shapely.Point(103.0 + 0.01 * (i % 5), 26.0 + 0.01 * (i // 5)) for i in range(25)]
    rows = {"id": [f"p{i}" for i in range(25)], "source": ["t"] * 25, "geom": places}
    store.write("protection_targets", facilities(**rows))
    request = GridRequest(
        METRICS["protection_targets"], (7, 8), bandwidth_m=2_000.0, hotspots=True, clusters=True
    )
    told: list[tuple[float, str]] = []

    def run(progress: Callable[[float, str], None]) -> None:
        run_grids(store, request=request, metrics=METRICS, out=tmp_path / "grid.csv", progress=progress)

    steps = (
        "features read", "sharing objects out", "spreading", "adding up cells", "classes", "cells without objects",
        "permuting", "hot and cold spots", "clusters and outliers", "describing cells", "grid_cells", "writing grid",
    )  # fmt: skip
    for message in steps:

        def cancel(_fraction: float, said: str, message: str = message) -> None:
            if message in said:
                raise CancelledError("cancelled")

        with pytest.raises(CancelledError):
            run(cancel)
        if message != "writing grid":
            assert store.count("grid_cells") == store.count("grid_runs") == 0
        assert list(tmp_path.glob("grid*")) == []
    run(lambda *step: told.append(step))
    done = [fraction for fraction, _ in told]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(0.95)  # the second of two files is being written
    assert sum("permuting" in message for _, message in told) == 2  # once a resolution, for both tests


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
