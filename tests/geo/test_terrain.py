"""Flow paths followed by hand. Cells are 0.001° (99.4 m by 110.8 m at 26.5° N) unless stated."""

import time
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine

from geo.ellipsoid import CGCS2000
from geo.errors import RasterError
from geo.rules.evaluate import evaluate
from geo.rules.expression import parse_condition
from geo.rules.finding import Verdict
from geo.rules.predicates import PREDICATES
from geo.rules.rule import Rule, RulePack
from geo.standing import Standing
from geo.terrain import PathEnd, drain, trace_flow_path
from geo.text import Text

WEST, NORTH, CELL = 102.7, 26.5, 0.001
NAN = np.nan


def write(path, heights, cell=CELL, west=WEST, north=NORTH):
    heights = np.asarray(heights, dtype="float64")
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=heights.shape[0],
        width=heights.shape[1],
        count=1,
        dtype="float64",
        crs="EPSG:4490",
        transform=Affine(cell, 0.0, west, 0.0, -cell, north),
        nodata=-9999.0,
    ) as raster:
        raster.write(np.where(np.isnan(heights), -9999.0, heights), 1)
    return path


def centre(row, column, cell=CELL):
    return WEST + (column + 0.5) * cell, NORTH - (row + 0.5) * cell


def cells_of(path, cell=CELL):
    """Return rows and columns of the vertices of a path."""
    lon, lat = path.lon_lat.T
    rows, columns = np.floor((NORTH - lat) / cell), np.floor((lon - WEST) / cell)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def downstream(heights, width_m=100.0, length_m=100.0):
    heights = np.asarray(heights, dtype=float)
    sides = np.full(len(heights), width_m), np.full(len(heights), length_m)
    return drain(heights, *sides).downstream.tolist()


def test_steepest_of_three_by_three():
    """From the middle: 1 m down over 141 m against 0.8 m over 100 m; the straight one is steeper."""
    assert downstream([[9, 9, 9], [9, 5, 4.2], [9, 9, 4]])[1][1] == 5
    assert downstream([[9, 9, 9], [9, 5, 4.2], [9, 9, 3.8]])[1][1] == 8


def test_sides_of_cells_count():
    """The same drop to the east and to the south: the narrower side is the steeper one."""
    heights = [[9, 9, 9], [9, 5, 4], [9, 4, 9]]
    assert downstream(heights, width_m=80.0)[1][1] == 5
    assert downstream(heights, width_m=120.0)[1][1] == 7


def test_border_cells_have_no_known_direction():
    found = np.array(downstream([[9, 9, 9], [9, 5, 4], [9, 9, 9]]))
    assert found[1, 1] == 5
    assert (np.delete(found.ravel(), 4) == -1).all()


@pytest.mark.parametrize("heights", [[[5]], [[5, 4, 3]], [[NAN]], [[5, 4], [3, 2]]])
def test_too_small_for_a_direction(heights):
    assert (np.array(downstream(heights)) == -1).all()


def test_cells_beside_a_gap_have_no_known_direction():
    heights = np.add.outer(np.arange(5.0, 0.0, -1.0), np.zeros(5))
    heights[3, 2] = NAN
    found = np.array(downstream(heights))
    assert found[1, 1] == 2 * 5 + 1
    assert (found[2, 1:4] == -1).all()


def test_hollow_is_left_over_its_lowest_rim():
    """The pit at (2, 2) spills at 6 m to the east; rim and pit are filled to it."""
    heights = np.full((5, 6), 9.0)
    heights[2] = [9, 9, 2, 6, 5, 4]
    drainage = drain(heights, np.full(5, 100.0), np.full(5, 100.0))
    assert drainage.filled_m[2].tolist() == [9, 9, 6, 6, 5, 4]
    assert drainage.downstream[2, 2:5].tolist() == [15, 16, 17]
    assert drainage.level[2, 1:5].tolist() == [False, True, False, False]


def test_flat_drains_to_its_outlet():
    heights = np.full((5, 7), 9.0)
    heights[1:4, 1:6] = 5.0
    heights[2, 6] = 4.0
    drainage = drain(heights, np.full(5, 100.0), np.full(5, 100.0))
    for row in range(1, 4):
        for column in range(1, 6):
            cell, seen = row * 7 + column, 0
            while drainage.downstream.ravel()[cell] >= 0:
                cell, seen = int(drainage.downstream.ravel()[cell]), seen + 1
                assert seen < 35
            assert cell == 2 * 7 + 6


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 4), min_size=36, max_size=36))
def test_every_path_leaves(numbers):
    """However rough or flat: no cell drains in a circle, none uphill on the filled surface."""
    heights = np.array(numbers, dtype=float).reshape(6, 6)
    drainage = drain(heights, np.full(6, 90.0), np.full(6, 110.0))
    flat, filled = drainage.downstream.ravel(), drainage.filled_m.ravel()
    for start in range(36):
        cell, steps = start, 0
        while flat[cell] >= 0:
            assert filled[flat[cell]] <= filled[cell]
            cell, steps = int(flat[cell]), steps + 1
            assert steps <= 36
        assert cell // 6 in (0, 5) or cell % 6 in (0, 5)


@pytest.fixture
def south(tmp_path):
    """50 by 50 cells falling to the south by 10 m each."""
    return write(tmp_path / "south.tif", np.repeat(np.arange(500.0, 0.0, -10.0)[:, None], 50, axis=1))


def test_path_down_a_plane(south):
    path = trace_flow_path(south, *centre(10, 20), 1000.0)
    assert path.end is PathEnd.LENGTH
    assert cells_of(path)[:-1] == [(10 + i, 20) for i in range(10)]
    assert path.length_m == 1000.0
    end = CGCS2000.fwd(*centre(10, 20), 180.0, 1000.0)
    assert path.lon_lat[-1] == pytest.approx(end[:2], abs=1e-9)
    assert path.level_m[-1] == 0.0
    assert path.cell_m == pytest.approx(np.hypot(99.7, 110.8), abs=0.3)


def test_path_starts_at_the_point_not_at_its_cell(south):
    lon, lat = centre(10, 20)
    path = trace_flow_path(south, lon + 0.0004, lat, 500.0)
    assert path.lon_lat[0].tolist() == [lon + 0.0004, lat]
    assert cells_of(path)[1] == (11, 20)


def test_path_to_the_edge(south):
    path = trace_flow_path(south, *centre(45, 20), 1000.0)
    assert path.end is PathEnd.EDGE
    assert cells_of(path)[-1] == (49, 20)
    assert path.length_m == pytest.approx(4 * 110.8, abs=0.3)


def test_path_to_a_gap(tmp_path):
    heights = np.repeat(np.arange(500.0, 0.0, -10.0)[:, None], 50, axis=1)
    heights[20, 20] = NAN
    path = trace_flow_path(write(tmp_path / "gap.tif", heights), *centre(10, 20), 2000.0)
    assert path.end is PathEnd.GAP
    assert cells_of(path)[-1] == (19, 20)


@pytest.mark.parametrize("place", [(101.0, 26.48), (WEST + 0.0005, NORTH + 0.01)])
def test_path_from_outside(south, place):
    path = trace_flow_path(south, *place, 1000.0)
    assert path.end is PathEnd.OUTSIDE
    assert path.length_m == 0.0


def test_path_from_a_gap_and_in_one_cell(tmp_path):
    assert trace_flow_path(write(tmp_path / "a.tif", [[NAN]]), *centre(0, 0), 100.0).end is PathEnd.OUTSIDE
    assert trace_flow_path(write(tmp_path / "b.tif", [[7]]), *centre(0, 0), 100.0).end is PathEnd.EDGE


def test_level_stretches_stand_in_the_doubt(tmp_path):
    heights = np.repeat(np.arange(500.0, 0.0, -10.0)[:, None], 50, axis=1)
    heights[20:24] = heights[24]
    path = trace_flow_path(write(tmp_path / "step.tif", heights), *centre(18, 20), 1500.0)
    level_m = 4 * 110.8
    assert cells_of(path)[1:12] == [(row, 20) for row in range(19, 30)]  # straight across the bench
    assert path.level_m[-1] == pytest.approx(level_m, abs=15.0)
    steep, flat = path.mileage_doubt_m(np.array([100.0, 1500.0]))
    assert steep == pytest.approx(path.cell_m + 7.6, abs=0.1)
    assert flat == pytest.approx(path.cell_m + 114.2 + path.level_m[-1], abs=0.2)


def test_windows_are_small(south, monkeypatch):
    """200 m of path do not read 50 by 50 cells."""
    from geo import terrain

    seen = []
    monkeypatch.setattr(
        terrain, "drain", lambda values, *sides: seen.append(values.shape) or drain(values, *sides)
    )
    trace_flow_path(south, *centre(25, 26), 200.0)
    assert seen == [(40, 40)]  # 16 cells beside the 8 by 8 of the start's block


def test_paths_of_near_starts_and_like_lengths_share_a_window(south, monkeypatch):
    """And the path of a start is the same, whoever asked before."""
    from geo import terrain

    seen = []
    monkeypatch.setattr(
        terrain, "drain", lambda values, *sides: seen.append(values.shape) or drain(values, *sides)
    )
    first = trace_flow_path(south, *centre(10, 20), 1000.0)
    trace_flow_path(south, *centre(11, 19), 1010.0)
    trace_flow_path(south, *centre(10, 20), 900.0)
    assert len(seen) == 1
    terrain._trace_cached.cache_clear()
    terrain._read_basin.cache_clear()
    trace_flow_path(south, *centre(11, 19), 1010.0)
    again = trace_flow_path(south, *centre(10, 20), 1000.0)
    assert again.lon_lat.tolist() == first.lon_lat.tolist()
    assert len(seen) == 2


def test_a_million_cells_in_a_second():
    heights = np.random.default_rng(1).random((1000, 1000)).cumsum(axis=0)
    sides = np.full(1000, 83.0), np.full(1000, 92.0)
    drain(heights[:9, :9], sides[0][:9], sides[1][:9])  # compiles
    start = time.perf_counter()
    drain(heights, *sides)
    assert time.perf_counter() - start < 4.0  # 0.5 s alone; other tests share the machine


def feet(path, geometry, reach_m=200.0):
    (found,) = path.feet([geometry], reach_m)
    return found


def test_foot_of_a_point(south):
    path = trace_flow_path(south, *centre(10, 20), 1000.0)
    lon, lat, _ = CGCS2000.fwd(*centre(10, 20), 180.0, 400.0)
    beside = CGCS2000.fwd(lon, lat, 90.0, 150.0)[:2]
    found = feet(path, shapely.Point(beside))
    assert found.mileage_m == pytest.approx([400.0], abs=0.01)
    assert found.lateral_m == pytest.approx([150.0], abs=0.01)
    assert found.lon_lat[0] == pytest.approx(beside, abs=1e-9)


def test_foot_behind_the_start_and_none_beyond_the_end(south):
    path = trace_flow_path(south, *centre(10, 20), 1000.0)
    above, below = (shapely.Point(CGCS2000.fwd(*centre(10, 20), 180.0, m)[:2]) for m in (-90.0, 1050.0))
    assert feet(path, above).mileage_m == pytest.approx([-90.0], abs=0.01)
    assert not len(feet(path, below).mileage_m)


def test_polygon_across_the_path_is_reached_at_its_first_edge(south):
    path = trace_flow_path(south, *centre(10, 20), 1000.0)
    lon, lat = centre(10, 20)
    found = feet(path, shapely.box(lon - 0.05, lat - 0.02, lon + 0.05, lat - 0.004))
    assert found.mileage_m.min() == pytest.approx(0.004 * 110_790, abs=1.0)


def test_start_inside_a_polygon(south):
    path = trace_flow_path(south, *centre(10, 20), 1000.0)
    lon, lat = centre(10, 20)
    found = feet(path, shapely.box(lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05))
    first = np.argmin(np.abs(found.mileage_m))
    assert found.mileage_m[first] == pytest.approx(0.0, abs=1e-6)
    assert found.lateral_m[first] == pytest.approx(0.0, abs=1e-6)


def test_polygon_whose_hole_holds_the_path_is_not_reached(south):
    path = trace_flow_path(south, *centre(10, 20), 500.0)
    lon, lat = centre(12, 20)
    outer, hole = (
        shapely.box(lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02),
        shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01),
    )
    assert not len(feet(path, shapely.difference(outer, hole)).mileage_m)


# --- the rule ---------------------------------------------------------------------------------------------------------


def u_valley():
    """A valley in walls: south 20 cells, east 6, back north 20; cells of 0.0002° (22 m by 20 m)."""
    heights = np.full((60, 60), 5000.0)
    bed = [(row, 20) for row in range(10, 31)]
    bed += [(30, column) for column in range(21, 27)] + [(row, 26) for row in range(29, -1, -1)]
    for number, (row, column) in enumerate(bed):
        heights[row, column] = 1000.0 - 10.0 * number
    return heights


OVERHEAD = {"distance_m": 600.0, "half_width_m": 20.0, "compare": "le"}


def overhead_rule(**changes):
    words = Text("", "")
    return Rule(
        id="overhead",
        title=words,
        authority=words,
        edition="",
        edition_zh="",
        clause="",
        clause_zh="",
        level="plan",
        in_force_from=None,
        in_force_to=None,
        subject_kinds=("tailings_pond",),
        subject_filter=None,
        target_layer="settlements",
        target_filter=parse_condition("id is not None"),
        predicate="downstream_within",
        parameters={**OVERHEAD, **changes},
        severity="major",
        states={"new": Verdict.PROHIBITED},
        exemptions=(),
        remedy=words,
        standing=Standing.VERIFIED,
        source="",
    )


def check(raster, toe, targets, accuracy_m=1.0, rule=None):
    pond = {"id": "p", "name": None, "kind": "tailings_pond", "state": "new", "purpose": None}
    subject = pond | {
        "accuracy_m": accuracy_m,
        "toe_point": toe and {"type": "Point", "coordinates": list(toe)},
    }
    subjects = gpd.GeoDataFrame([subject], geometry=[shapely.Point(WEST, NORTH)], crs="EPSG:4490")
    layer = gpd.GeoDataFrame(
        {"id": [f"t{i}" for i in range(len(targets))], "accuracy_m": [1.0] * len(targets)},
        geometry=targets,
        crs="EPSG:4490",
    )
    rasters = {} if raster is None else {"elevation": raster}
    pack = RulePack((rule or overhead_rule(),), "test")
    ((finding,),) = evaluate(pack, subjects, {"settlements": layer}, date(2026, 1, 1), rasters=rasters)
    return finding


@pytest.fixture
def bend(tmp_path):
    return write(tmp_path / "bend.tif", u_valley(), cell=0.0002)


def test_bend_near_by_but_far_along(bend):
    """120 m across the wall, but 2 · 20 cells of 22 m and 6 of 20 m along the bed, about 1,000 m: no ban."""
    target = shapely.Point(centre(10, 26, 0.0002))
    assert CGCS2000.inv(*centre(10, 20, 0.0002), target.x, target.y)[2] == pytest.approx(119.6, abs=1.0)
    finding = check(bend, centre(10, 20, 0.0002), [target])
    assert (finding.verdict, finding.decided) == (Verdict.NO_BAN, True)


def test_bend_within_along_the_bed(bend):
    """Ten cells south of the toe, on the bed."""
    target = shapely.Point(centre(20, 20, 0.0002))
    toe = centre(10, 20, 0.0002)
    narrow = check(bend, toe, [target], rule=overhead_rule(half_width_m=15.0))
    assert (narrow.verdict, narrow.decided) == (
        Verdict.PROHIBITED,
        False,
    )  # 15 m of width against 17 m of doubt
    wide = check(bend, toe, [target])
    assert (wide.verdict, wide.decided) == (Verdict.PROHIBITED, True)
    assert wide.distance_m == pytest.approx(10 * 22.155, abs=0.1)
    assert wide.margin_m == pytest.approx(wide.distance_m - 600.0)
    assert wide.evidence["type"] == "LineString"


def test_beside_the_path_though_outside_the_circle(south):
    """990 m along and 195 m beside the path is 1,009 m from the toe: a circle of 1 km would let it pass."""
    toe = centre(10, 20)
    lon, lat, _ = CGCS2000.fwd(*toe, 180.0, 990.0)
    target = shapely.Point(CGCS2000.fwd(lon, lat, 90.0, 195.0)[:2])
    assert CGCS2000.inv(*toe, target.x, target.y)[2] > 1000.0
    finding = check(south, toe, [target], rule=overhead_rule(distance_m=1000.0, half_width_m=200.0))
    assert (finding.verdict, finding.decided) == (Verdict.PROHIBITED, False)
    assert finding.distance_m == pytest.approx(990.0, abs=0.01)


def test_at_the_limit_by_comparison(south):
    """A limit put at the very mileage: ``le`` takes it in, ``lt`` does not, neither is decided."""
    toe = centre(10, 20)
    target = shapely.Point(CGCS2000.fwd(*toe, 180.0, 500.0)[:2])
    limit_m = check(south, toe, [target], rule=overhead_rule(half_width_m=200.0)).distance_m
    for compare, verdict in (("le", Verdict.PROHIBITED), ("lt", Verdict.NO_BAN)):
        rule = overhead_rule(distance_m=limit_m, half_width_m=200.0, compare=compare)
        finding = check(south, toe, [target], rule=rule)
        assert (finding.verdict, finding.decided, finding.margin_m) == (verdict, False, 0.0)


def test_missing_things_are_named(bend):
    target = shapely.Point(centre(20, 20, 0.0002))
    toe = centre(10, 20, 0.0002)
    assert check(None, toe, [target]).needs == ("raster elevation",)
    assert check(bend, None, [target]).needs == ("subject.toe_point",)
    assert check(bend, toe, []).needs == ("layer settlements",)
    assert check(bend, (101.0, 20.0), [target]).needs == ("raster elevation",)
    assert {check(None, toe, [target]).verdict, check(bend, toe, []).verdict} == {Verdict.INSUFFICIENT_DATA}


def test_unknown_accuracy_decides_nothing(bend):
    finding = check(bend, centre(10, 20, 0.0002), [shapely.Point(centre(20, 20, 0.0002))], accuracy_m=np.nan)
    assert (finding.verdict, finding.decided) == (Verdict.PROHIBITED, False)
    far = check(bend, centre(10, 20, 0.0002), [shapely.Point(110.0, 30.0)], accuracy_m=np.nan)
    assert (far.verdict, far.decided, far.needs) == (Verdict.NO_BAN, False, ("subject.accuracy_m",))


def test_path_that_ends_too_early_says_where(tmp_path):
    raster = write(tmp_path / "cut.tif", u_valley()[:25], cell=0.0002)
    finding = check(raster, centre(10, 20, 0.0002), [shapely.Point(110.0, 30.0)])
    assert finding.verdict is Verdict.INSUFFICIENT_DATA
    assert "raster elevation" in finding.needs
    assert "310.2 m" in finding.explanation.en  # 14 cells of 22.155 m
    met = check(raster, centre(10, 20, 0.0002), [shapely.Point(centre(20, 20, 0.0002))])
    assert met.verdict is Verdict.PROHIBITED


@settings(deadline=None, max_examples=15)
@given(st.floats(100, 900), st.floats(0, 400))
def test_a_shorter_limit_never_bans_more(tmp_path_factory, limit_m, less_m):
    raster = tmp_path_factory.getbasetemp() / "shared.tif"
    if not raster.exists():
        write(raster, u_valley(), cell=0.0002)
    targets = [shapely.Point(centre(row, 20, 0.0002)) for row in (15, 28)]
    wide, narrow = (
        check(raster, centre(10, 20, 0.0002), targets, rule=overhead_rule(distance_m=value))
        for value in (limit_m, max(limit_m - less_m, 0.0))
    )
    assert not (narrow.verdict is Verdict.PROHIBITED and wide.verdict is Verdict.NO_BAN)


def test_the_predicate_reads_elevation():
    assert PREDICATES["downstream_within"].rasters == ("elevation",)


@pytest.mark.parametrize(("unit", "fits"), [("metre", True), ("m", True), ("ft", False)])
def test_elevations_in_feet_are_refused(tmp_path, unit, fits):
    path = write(tmp_path / "heights.tif", np.tile(np.linspace(2000.0, 1900.0, 20), (5, 1)))
    with rasterio.open(path, "r+") as raster:
        raster.units = (unit,)
    if fits:
        assert trace_flow_path(path, *centre(2, 2), 500.0).end is PathEnd.LENGTH
    else:
        with pytest.raises(RasterError, match="'ft'"):
            trace_flow_path(path, *centre(2, 2), 500.0)
