"""Grids of rasters: people, elevation, individual risk and deaths, with answers by hand."""

from pathlib import Path
from typing import Any

import h3
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer

from geo.errors import OutOfRangeError, RasterError
from geo.grids import cell_polygons
from layers.errors import CancelledError, NotAvailableError
from layers.grids import (
    GridRequest,
    compute_grids,
    explain_stored_cell,
    store_grids,
)
from layers.store import Store
from tests.layers.grid_stores import (
    AWAY,
    HERE,
    METRICS,
    cell_at,
    compute,
    describe_raster,
    facilities,
    write_people,
)


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


_RISK_STEPS = {
    "people_at_risk": (
        "drawing zones",
        "reading people.tif",
        "cutting zones",
        "zonal statistics",
        "joining zones",
    ),
    "individual_risk": ("risk_contours: 3 of 3 features read", "measuring contours", "sharing objects out"),
    "expected_fatalities": ("risk_contours: 3 of 3 features read", "cutting zones", "zonal statistics"),
}


@pytest.mark.parametrize("metric", _RISK_STEPS)
def test_every_step_of_a_risk_metric_tells_how_far_it_is_and_can_be_cancelled(
    store: Store, tmp_path: Path, metric: str
) -> None:
    write_people(tmp_path, store, np.full((20, 20), 100.0))
    zones = [shapely.box(west, 25.98, west + 0.04, 26.02) for west in (102.96, 102.98, 103.0)]
    store.write("enterprises", facilities(id=["a", "b", "c"], source=["t"] * 3, geom=[HERE] * 3))
    store.write("risk_contours", facilities(
        id=["a7", "b7", "c7"], subject_id=["a", "b", "c"], risk_per_year=[3e-7] * 3, source=["t"] * 3, geom=zones,
    ))  # fmt: skip
    request, told = GridRequest(METRICS[metric], (7,)), list[tuple[float, str]]()
    compute_grids(store, request, METRICS, lambda *step: told.append(step))
    done = [fraction for fraction, _ in told]
    assert done == sorted(done)
    for step in (*_RISK_STEPS[metric], "digest of people.tif" if metric != "individual_risk" else "classes"):
        assert any(step in message for _, message in told), step

        def cancel(_fraction: float, said: str, step: str = step) -> None:
            if step in said:
                raise CancelledError("cancelled")

        with pytest.raises(CancelledError):
            compute_grids(store, request, METRICS, cancel)


def test_people_of_overlapping_zones_are_those_of_their_union(store: Store, tmp_path: Path) -> None:
    write_people(tmp_path, store, np.random.default_rng(7).uniform(0.0, 200.0, (20, 20)))
    rng = np.random.default_rng(8)
    centres = shapely.points(rng.uniform(102.95, 103.05, 12), rng.uniform(25.95, 26.05, 12))
    zones = shapely.buffer(centres, rng.uniform(0.005, 0.03, 12))
    ids = [f"p{i:02}" for i in range(12)]
    store.write("enterprises", facilities(id=ids, source=["t"] * 12, geom=centres))
    store.write("risk_contours", facilities(
        id=ids, subject_id=ids, risk_per_year=[3e-7] * 12, source=["t"] * 12, geom=zones,
    ))  # fmt: skip
    with rasterio.open(tmp_path / "people.tif") as raster:
        people, corner = raster.read(1).astype(float), raster.transform
    west, north = corner.c + 0.01 * np.arange(20), corner.f - 0.01 * np.arange(20)
    pixels = shapely.box(west, north[:, None] - 0.01, west + 0.01, north[:, None])
    inside = shapely.area(shapely.intersection(pixels, shapely.union_all(zones))) / 1e-4
    for grid in compute(store, "people_at_risk", 9, 6):
        assert grid.run.result["mass"] == pytest.approx((inside * people).sum(), rel=1e-6)


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


def test_deaths_are_the_exact_product_of_people_and_risk(store: Store, tmp_path: Path) -> None:
    people = np.random.default_rng(4).uniform(0.0, 300.0, (20, 20))
    write_people(tmp_path, store, people)
    risk = write_risk(tmp_path, store, "p", [[1e-6, 2e-6], [4e-6, 0.0]])
    fine, *_ = compute(store, "expected_fatalities", 9)
    frame = fine.frame.set_index("h3_hex")
    expected = multiply_by_hand(people, risk, 9)
    # What is even in degrees is even on the ground to 4e-5 within a pixel of 0.01 degrees.
    assert frame["mass"].sum() == pytest.approx(sum(expected.values()), rel=1e-5)
    for cell, deaths in expected.items():
        assert frame.loc[cell, "mass"] == pytest.approx(deaths, rel=5e-5, abs=1e-13)
    assert (frame["by_raster"] == 1.0).all()
    assert (frame["by_contours"] == 0.0).all()
    # A cell at the border of the risk raster lacks a part, one inside does not.
    assert set(frame.loc[list(expected), "incomplete"]) == {0, 1}
    for resolution in (5, 8, 10):
        (other,) = compute(store, "expected_fatalities", resolution)
        assert other.run.result["mass"] == pytest.approx(fine.run.result["mass"], rel=1e-12)


def multiply_by_hand(people: Any, risk: Path, resolution: int) -> dict[str, float]:
    """People times risk by cell: pixel by pixel of both rasters and cell by cell, in the plane of the people raster."""
    back = Transformer.from_crs("EPSG:4543", "EPSG:4490", always_xy=True)
    with rasterio.open(risk) as source:
        pixels = [
            (value, shapely.box(*source.transform * (x, y), *source.transform * (x + 1, y + 1)))
            for (y, x), value in np.ndenumerate(source.read(1))
        ]
    pixels = [
        (
            value,
            shapely.transform(
                shapely.segmentize(box, 50.0), lambda xy: np.column_stack(back.transform(*xy.T))
            ),
        )
        for value, box in pixels
    ]
    around = shapely.box(102.98, 25.98, 103.02, 26.02)
    cells = h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(around), resolution, contain="overlap")
    names = {cell: cell_polygons(np.array([int(cell, 16)], dtype=np.uint64))[0] for cell in cells}
    deaths: dict[str, float] = {}
    for (row, column), number in np.ndenumerate(people):
        west, north = 102.9 + 0.01 * column, 26.1 - 0.01 * row
        home = shapely.box(west, north - 0.01, west + 0.01, north)
        for value, pixel in pixels:
            both = home.intersection(pixel)
            for cell, outline in names.items() if both.area else ():
                part = both.intersection(outline).area / home.area
                if part:
                    deaths[cell] = deaths.get(cell, 0.0) + number * value * part
    return deaths


def test_deaths_are_told_by_raster_by_contours_and_as_missing(store: Store, tmp_path: Path) -> None:
    people = np.full((20, 20), 100.0)
    people[:, 10:11] = -9999.0  # a strip of 103.00 to 103.01 in which nobody has counted
    write_people(tmp_path, store, people)
    write_risk(tmp_path, store, "p", np.full((2, 2), 1e-6))
    store.write(
        "enterprises", facilities(id=["p", "q"], name=["甲厂", "乙厂"], source=["t"] * 2, geom=[HERE, AWAY])
    )
    near, beyond = shapely.box(102.92, 25.92, 102.94, 25.94), shapely.box(104.0, 27.0, 104.04, 27.04)
    store.write("risk_contours", facilities(
        id=["p6", "q6", "r6"], subject_id=["p", "q", "r"], risk_per_year=[1e-6] * 3, source=["t"] * 3,
        geom=[shapely.box(102.9, 25.9, 103.1, 26.1), near, beyond],
    ))  # fmt: skip
    grid, coarse = compute(store, "expected_fatalities", 9, 6)
    frame = grid.frame.set_index("h3_hex")
    west, strip = (frame.loc[cell_at(shapely.Point(lon, 26.0), 9)] for lon in (102.994, 103.005))
    assert (west["state"], west["by_raster"], west["by_contours"]) == ("value", 1.0, 0.0)
    assert (strip["state"], strip["unknown"]) == ("missing", 1)
    assert np.isnan(strip["mass"])
    edge = frame[(frame["incomplete"] == 1) & (frame["mass"] > 0.0) & (frame["by_raster"] == 1.0)]
    assert len(edge) > 4
    other = frame.loc[cell_at(shapely.Point(102.93, 25.93), 9)]
    assert (other["by_raster"], other["by_contours"]) == (0.0, 1.0)
    by_contours = frame.loc[frame["by_contours"] == 1.0, "mass"]
    assert by_contours.sum() == pytest.approx(400 * 1e-6, rel=1e-6)  # 4 pixels of 100 people
    # Where the plant r is nobody counts people: unknown, in no sum, and not 0.
    far = frame.loc[cell_at(shapely.Point(104.02, 27.02), 9)]
    assert (far["state"], far["unknown"]) == ("missing", 1)
    assert coarse.frame["mass"].sum() == pytest.approx(frame["mass"].sum(), rel=1e-12)
    store_grids(store, [grid])
    told = explain_stored_cell(store, grid.run.id, west.name, METRICS)
    assert [(one["layer"], one["name"]) for one in told["objects"]] == [("enterprises", "甲厂")]
    assert told["objects"][0]["mass"] == pytest.approx(west["mass"], rel=1e-12)
    assert "population raster and the plant's risk raster" in told["objects"][0]["clauses"][0]["en"]
    assert (told["by_raster"], told["by_contours"]) == (1.0, 0.0)
    bound = explain_stored_cell(store, grid.run.id, other.name, METRICS)
    assert "bound from below" in bound["objects"][0]["clauses"][0]["en"]
    assert explain_stored_cell(store, grid.run.id, far.name, METRICS)["state"] == "missing"


def test_rasters_that_make_too_many_pieces_are_refused_with_the_number(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_people(tmp_path, store, np.full((20, 20), 100.0))
    write_risk(tmp_path, store, "p", np.full((2, 2), 1e-6))
    with pytest.raises(OutOfRangeError, match=r"about [\d\u202f]+ shares .* more than 300\u202f000"):
        compute(store, "expected_fatalities", 13)
    monkeypatch.setattr("layers.grids.people.MAX_CELLS", 10)
    with pytest.raises(OutOfRangeError, match="pixels here are more than 10"):
        compute(store, "expected_fatalities", 7)
