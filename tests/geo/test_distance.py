"""The distance engine against brute force: golden-section search along every geodesic edge."""

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod

from geo.distance import NearestResult, TargetIndex, blocks, index, nearest
from geo.ellipsoid import INVERSE_FLATTENING, SEMI_MAJOR_M
from geo.errors import GeometryError, OutOfRangeError

GEOD = Geod(a=SEMI_MAJOR_M, rf=INVERSE_FLATTENING)
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0

Float = NDArray[np.float64]


def search_edges(points: Float, starts: Float, ends: Float) -> Float:
    """Smallest geodesic distance of each point to the edges, by golden section along each geodesic."""
    n, m = len(points), len(starts)
    lon, lat = np.repeat(points, m, axis=0).T
    a_lon, a_lat = np.tile(starts, (n, 1)).T
    azimuth, _, length = (np.tile(value, n) for value in GEOD.inv(*starts.T, *ends.T))

    def measure(s: Float) -> Float:
        on_lon, on_lat, _ = GEOD.fwd(a_lon, a_lat, azimuth, s)
        return np.asarray(GEOD.inv(lon, lat, on_lon, on_lat)[2])

    low, high = np.zeros(n * m), length.copy()
    for _ in range(50):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        closer = measure(left) < measure(right)
        low, high = np.where(closer, low, left), np.where(closer, right, high)
    found = np.minimum.reduce([measure((low + high) / 2), measure(np.zeros(n * m)), measure(length)])
    return found.reshape(n, m).min(axis=1)


def edges_of(geometry: shapely.Geometry) -> tuple[Float, Float]:
    lines = shapely.get_parts(shapely.boundary(geometry) if geometry.area else geometry)
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero(line[1:] == line[:-1])
    return (coordinates[start], coordinates[start + 1]) if len(start) else (coordinates, coordinates)


def brute_force(subject: shapely.Geometry, target: shapely.Geometry) -> float:
    """Distance of two geometries that do not overlap: from the vertices of each to the edges of the other."""
    near = search_edges(shapely.get_coordinates(subject), *edges_of(target)).min()
    return float(min(near, search_edges(shapely.get_coordinates(target), *edges_of(subject)).min()))


def same(one: NearestResult, other: NearestResult) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in vars(one)]
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def wander(rng: np.random.Generator, middle: Float, scale_deg: float, vertices: int) -> Float:
    return middle + np.cumsum(rng.normal(size=(vertices, 2)), axis=0) * scale_deg / 3.0


def star(rng: np.random.Generator, middle: Float, radius_deg: float, vertices: int = 12) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = radius_deg * rng.uniform(0.3, 1.0, vertices)
    return shapely.Polygon(middle + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None])


@pytest.mark.parametrize("scale_deg", [1e-4, 1e-3, 1e-2, 0.1, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_points_to_lines_agree_with_brute_force_all_over_china(scale_deg: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(6):
        middle = rng.uniform((73, 3), (136, 54))
        line = wander(rng, middle, scale_deg, 12)
        points = middle + rng.normal(size=(15, 2)) * scale_deg
        found = nearest(shapely.points(points), [shapely.LineString(line)])
        np.testing.assert_allclose(
            found.distance_m, search_edges(points, line[:-1], line[1:]), rtol=0, atol=1e-5
        )


def test_end_points_are_on_both_sides_and_as_far_apart_as_stated() -> None:
    rng = np.random.default_rng(5)
    line = wander(rng, np.array([103.0, 26.0]), 0.2, 30)
    points = np.array([103.0, 26.0]) + rng.normal(size=(100, 2)) * 0.2
    found = nearest(shapely.points(points), [shapely.LineString(line)])
    np.testing.assert_array_equal(np.stack([found.from_lon, found.from_lat], axis=1), points)
    again = GEOD.inv(found.from_lon, found.from_lat, found.to_lon, found.to_lat)[2]
    np.testing.assert_allclose(again, found.distance_m, rtol=0, atol=1e-7)
    to = np.stack([found.to_lon, found.to_lat], axis=1)
    assert search_edges(to, line[:-1], line[1:]).max() < 1e-5


def test_point_to_line_agrees_with_geographiclib_in_python() -> None:
    # Independent code: ternary search with the pure Python library.
    solver = Geodesic(SEMI_MAJOR_M, 1 / INVERSE_FLATTENING)
    line = solver.InverseLine(26.0, 102.0, 26.3, 102.9)

    def measure(s: float) -> float:
        on = line.Position(s)
        return float(solver.Inverse(26.05, 102.5, on["lat2"], on["lon2"])["s12"])

    low, high = 0.0, line.s13
    while high - low > 1e-3:
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if measure(left) < measure(right) else (left, high)
    found = nearest([shapely.Point(102.5, 26.05)], [shapely.LineString([(102, 26), (102.9, 26.3)])])
    assert found.distance_m[0] == pytest.approx(measure((low + high) / 2), abs=1e-6)


@pytest.mark.parametrize("away_deg", [3.0, 9.0])
def test_long_edges_far_away_are_geodesics(away_deg: float) -> None:
    ends = np.array([[98.0, 40.0], [106.0, 41.0]])
    points = np.array([[102.0, 40.5 - away_deg], [102.0, 40.5 + away_deg], [102.0, 40.6]])
    found = nearest(shapely.points(points), [shapely.LineString(ends)])
    np.testing.assert_allclose(found.distance_m, search_edges(points, ends[:1], ends[1:]), rtol=0, atol=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_polygons_and_lines_agree_with_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for scale_deg in (1e-3, 0.02):
        middle = rng.uniform((73, 3), (136, 54))
        subject = star(rng, middle, scale_deg)
        apart = middle + np.array([2.5 * scale_deg, 0.0])
        targets = [star(rng, apart, scale_deg), shapely.LineString(apart + rng.uniform(0, scale_deg, (5, 2)))]
        expected = [brute_force(subject, target) for target in targets]
        found = TargetIndex(targets).within([subject], 1e6)
        np.testing.assert_array_equal(found.target, [0, 1])
        np.testing.assert_allclose(found.distance_m, expected, rtol=0, atol=1e-5)
        assert nearest([subject], targets).target[0] == np.argmin(expected)


DONUT = shapely.Polygon(
    shapely.box(100, 26, 101, 27).exterior, [shapely.box(100.4, 26.4, 100.6, 26.6).exterior]
)
ISLAND = shapely.box(100.48, 26.48, 100.52, 26.52)


@pytest.mark.parametrize(
    ("subject", "touches"),
    [
        (shapely.Point(100.1, 26.1), True),
        (shapely.Point(100.45, 26.5), False),
        (shapely.Point(100.5, 26.5), False),
        (shapely.Point(100.4, 26.4), True),
        (shapely.Point(100, 26.3), True),
        (shapely.box(100.45, 26.45, 100.55, 26.55), False),
        (shapely.box(100.3, 26.45, 100.55, 26.55), True),
        (shapely.box(100.05, 26.05, 100.1, 26.1), True),
        (shapely.box(99, 25, 102, 28), True),
        (shapely.LineString([(99, 26.5), (102, 26.5)]), True),
        (shapely.LineString([(100.45, 26.5), (100.55, 26.5)]), False),
        (shapely.MultiPoint([(90, 20), (100.7, 26.2)]), True),
        (shapely.GeometryCollection([shapely.Point(90, 20), shapely.box(100.7, 26.2, 100.8, 26.3)]), True),
    ],
    ids=str,
)
def test_inside_and_hole(subject: shapely.Geometry, touches: bool) -> None:
    for one, other in ((subject, DONUT), (DONUT, subject)):
        found = nearest([one], [other])
        assert bool(found.inside[0]) is touches
        assert bool(found.distance_m[0] == 0.0) is touches


def test_distance_to_a_hole_is_to_its_edge_and_an_island_counts() -> None:
    inside = shapely.Point(100.45, 26.5)
    in_hole = nearest([inside], [DONUT])
    edge = DONUT.interiors[0].coords
    assert in_hole.distance_m[0] == pytest.approx(
        search_edges(np.array([[100.45, 26.5]]), np.array(edge[:-1]), np.array(edge[1:]))[0], abs=1e-5
    )
    with_island = nearest([inside], [shapely.MultiPolygon([DONUT, ISLAND])])
    assert with_island.distance_m[0] < in_hole.distance_m[0]
    assert nearest([shapely.Point(100.5, 26.5)], [shapely.MultiPolygon([DONUT, ISLAND])]).inside[0]


def test_containment_follows_the_geodesic_not_the_parallel() -> None:
    # The northern edge of the box bows 11.6 km north of the parallel of 45° in the middle.
    box = shapely.box(100, 40, 108, 45)
    middle = GEOD.inv_intermediate(100, 45, 108, 45, npts=1, return_back_azimuth=False)
    top_lat = middle.lats[0]
    north = np.array([top_lat - 2e-8, top_lat + 2e-8, 45.05])
    found = nearest(shapely.points(np.full(3, 104.0), north), [box])
    assert found.inside.tolist() == [True, False, True]
    assert found.distance_m[1] == pytest.approx(2e-8 * 111_130, abs=1e-3)


def test_lines_that_cross_between_vertices_are_at_distance_zero() -> None:
    one, other = shapely.LineString([(100, 26), (101, 27)]), shapely.LineString([(100, 27), (101, 26)])
    found = nearest([one], [other])
    assert found.inside[0]
    assert found.distance_m[0] == 0.0
    assert search_edges(np.array([[found.to_lon[0], found.to_lat[0]]]), *edges_of(one))[0] < 1e-5
    assert search_edges(np.array([[found.to_lon[0], found.to_lat[0]]]), *edges_of(other))[0] < 1e-5


def test_lines_that_overlap_share_a_point_of_both() -> None:
    # Both run down one meridian, so that rounding alone decides on which side each end lies.
    for lon in (73.0, 102.0, -127.0):
        one = shapely.LineString([(lon, 3), (lon, 2.97265625)])
        other = shapely.LineString([(lon, 3), (lon, 2.974609375)])
        for found in (nearest([one], [other]), nearest([other], [one.reverse()])):
            assert found.distance_m[0] == 0.0
            assert (found.from_lon[0], found.from_lat[0]) == pytest.approx(
                (found.to_lon[0], found.to_lat[0]), abs=1e-10
            )


def test_limit_is_inclusive_and_exact() -> None:
    lon, lat, _ = GEOD.fwd(np.full(5, 103.0), np.full(5, 26.0), [0, 77, 150, 211, 300], np.full(5, 3000.0))
    index_ = TargetIndex([shapely.Point(103, 26)])
    assert (index_.nearest(shapely.points(lon, lat), within_m=3000.0).target == 0).all()
    assert (index_.nearest(shapely.points(lon, lat), within_m=2999.999999).target == -1).all()
    assert index_.within(shapely.points(lon, lat), 3000.0).subject.tolist() == [0, 1, 2, 3, 4]


def test_nothing_within_the_limit_is_missing_not_zero() -> None:
    found = nearest([shapely.Point(103, 26)], [shapely.Point(104, 26)], within_m=1000.0)
    assert found.target.tolist() == [-1]
    assert np.isnan([found.distance_m, found.from_lon, found.from_lat, found.to_lon, found.to_lat]).all()
    assert not found.inside[0]


def test_first_of_equally_far_targets_wins() -> None:
    near, edge = shapely.box(103, 26, 103.01, 26.01), shapely.box(103.01, 26, 103.02, 26.01)
    targets = [shapely.Point(120, 30), edge.reverse(), near, edge, edge]
    subjects = [shapely.Point(103.03, 26.005), shapely.Point(103.01, 26.005), shapely.Point(103.015, 26.005)]
    assert nearest(subjects, targets).target.tolist() == [1, 1, 1]
    assert nearest(subjects, targets[::-1]).target.tolist() == [0, 0, 0]


def test_within_agrees_with_every_pair_measured_alone() -> None:
    rng = np.random.default_rng(11)
    subjects = [star(rng, rng.uniform((103, 26), (103.4, 26.4)), 0.02) for _ in range(15)]
    targets = [star(rng, rng.uniform((103, 26), (103.4, 26.4)), 0.02) for _ in range(15)]
    targets += list(shapely.points(rng.uniform((103, 26), (103.4, 26.4), (15, 2))))
    alone = np.array([[nearest([s], [t]).distance_m[0] for t in targets] for s in subjects])
    found = TargetIndex(targets).within(subjects, 5000.0)
    pairs = np.argwhere(alone <= 5000.0)
    np.testing.assert_array_equal(np.stack([found.subject, found.target], axis=1), pairs)
    np.testing.assert_allclose(found.distance_m, alone[tuple(pairs.T)], rtol=0, atol=1e-7)
    np.testing.assert_array_equal(nearest(subjects, targets).distance_m, alone.min(axis=1))


def make_crowd(rng: np.random.Generator) -> tuple[NDArray[np.object_], list[shapely.Geometry]]:
    rivers = [shapely.LineString(wander(rng, rng.uniform((102, 25), (104, 27)), 0.01, 400)) for _ in range(5)]
    ponds = [star(rng, rng.uniform((102, 25), (104, 27)), 0.01) for _ in range(100)]
    points = shapely.points(rng.uniform((102, 25), (104, 27), (2000, 2)))
    return np.array([*points, *ponds], dtype=object), rivers


def test_threads_chunks_cells_and_order_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    subjects, rivers = make_crowd(np.random.default_rng(3))
    targets = TargetIndex(rivers)
    expected = targets.nearest(subjects, 30_000.0, threads=1)
    assert 0 < (expected.target >= 0).sum() < len(subjects)
    assert same(targets.nearest(subjects, 30_000.0, threads=4), expected)
    shuffled = np.random.default_rng(4).permutation(len(subjects))
    again = targets.nearest(subjects[shuffled], 30_000.0)
    np.testing.assert_array_equal(again.distance_m, expected.distance_m[shuffled])
    monkeypatch.setattr(index, "_CHUNK_VERTICES", 300)
    assert same(targets.nearest(subjects, 30_000.0, threads=3), expected)
    monkeypatch.setattr(blocks, "_CELL_DEG", 0.37)
    assert same(targets.nearest(subjects, 30_000.0), expected)


def test_limit_only_takes_away() -> None:
    subjects, rivers = make_crowd(np.random.default_rng(6))
    targets = TargetIndex(rivers)
    free, limited = targets.nearest(subjects), targets.nearest(subjects, 5_000.0)
    within = free.distance_m <= 5_000.0
    np.testing.assert_array_equal(limited.target, np.where(within, free.target, -1))
    np.testing.assert_array_equal(limited.distance_m[within], free.distance_m[within])


offsets = st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
middles = st.tuples(st.floats(73, 136), st.floats(3, 54))


@settings(max_examples=60, deadline=None)
@given(
    middle=middles,
    one=st.lists(offsets, min_size=2, max_size=6),
    other=st.lists(offsets, min_size=2, max_size=6),
)
def test_distance_is_symmetric_and_blind_to_direction_and_longitude(
    middle: tuple[float, float], one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    a, b = (shapely.LineString(np.array(middle) + np.array(line)) for line in (one, other))
    if not (a.is_valid and b.is_valid):
        return
    distance_m = nearest([a], [b]).distance_m[0]
    turned = [shapely.transform(line, lambda xy: xy - (200.0, 0.0)) for line in (a, b)]
    for subject, target in ((b, a), (a.reverse(), b), (a, b.reverse()), turned):
        assert nearest([subject], [target]).distance_m[0] == pytest.approx(distance_m, abs=2e-6)


@settings(max_examples=40, deadline=None)
@given(middle=middles, offset=offsets, seed=st.integers(0, 1000), radius=st.floats(1e-4, 0.05))
def test_cutting_a_polygon_changes_nothing(
    middle: tuple[float, float], offset: tuple[float, float], seed: int, radius: float
) -> None:
    # Cuts are made in degrees; vertices 55 m apart keep edges there within 0.1 mm of the geodesics.
    polygon = shapely.segmentize(star(np.random.default_rng(seed), np.array(middle), radius), 5e-4)
    west, south, east, north = polygon.bounds
    meridian = (west + east) / 2.0
    parts = [
        polygon & shapely.box(west, south, meridian, north),
        polygon & shapely.box(meridian, south, east, north),
    ]
    point = shapely.Point(np.array(middle) + np.array(offset))
    whole = nearest([point], [polygon])
    for halves in ([shapely.GeometryCollection(parts)], parts):
        assert nearest([point], halves).distance_m[0] == pytest.approx(whole.distance_m[0], abs=1e-3)


@pytest.mark.parametrize("lon", [75.0, 78.0, 101.9999999, 102.0, 105.0, 120.0, 135.0])
def test_distance_across_a_zone_edge_equals_the_same_elsewhere(lon: float) -> None:
    rng = np.random.default_rng(8)
    line, points = wander(rng, np.zeros(2), 0.05, 20), rng.normal(size=(50, 2)) * 0.05
    here, there = (
        nearest(shapely.points(points + shift), [shapely.LineString(line + shift)])
        for shift in (np.array([lon, 30.0]), np.array([90.123, 30.0]))
    )
    np.testing.assert_allclose(here.distance_m, there.distance_m, rtol=0, atol=1e-6)


def test_antimeridian_and_pole_are_no_obstacle() -> None:
    targets = [shapely.LineString([(179.9, 10), (-179.9, 10.1)]), shapely.Point(10, 89.9)]
    places = np.array([(-179.8, 10), (179.8, 10), (180, 10.05), (-170, 89.9)])
    subjects = shapely.points(places)
    found = nearest(subjects, targets, within_m=50_000.0)
    expected = np.append(
        search_edges(places[:3], *edges_of(targets[0])), search_edges(places[3:], *edges_of(targets[1]))
    )
    assert found.target.tolist() == [0, 0, 0, 1]
    np.testing.assert_allclose(found.distance_m, expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(nearest(subjects, targets).distance_m, found.distance_m)


def test_empty_sides() -> None:
    assert len(nearest([], [shapely.Point(1, 2)]).target) == 0
    assert nearest([shapely.Point(1, 2)], []).target.tolist() == [-1]
    assert len(TargetIndex([]).within([shapely.Point(1, 2)], 5.0)) == 0
    assert len(TargetIndex([shapely.Point(1, 2)])) == 1


BAD = [
    (None, GeometryError, "1 is missing"),
    (shapely.Point(), GeometryError, "1 is empty"),
    (shapely.Polygon(), GeometryError, "1 is empty"),
    (shapely.Point(np.nan, 26), GeometryError, r"1 .*not a number"),
    (shapely.LineString([(100, 26), (np.inf, 27)]), GeometryError, r"1 .*not a number"),
    (shapely.Point(26, 103), OutOfRangeError, r"1 .*\(26.0, 103.0\): longitude"),
    (shapely.Point(181, 3), OutOfRangeError, "1 has the coordinate"),
    (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), GeometryError, "1 is invalid: Self-intersection"),
    (shapely.LineString([(0, 0), (0, 0)]), GeometryError, "1 is invalid"),
    (shapely.box(-179, 0, 179, 1), GeometryError, "1 crosses the antimeridian"),
]


@pytest.mark.parametrize(("bad", "error", "message"), BAD, ids=[str(case[0]) for case in BAD])
def test_bad_geometry_is_named(bad: shapely.Geometry | None, error: type[Exception], message: str) -> None:
    good = shapely.Point(100, 26)
    with pytest.raises(error, match=f"subject {message}"):
        nearest([good, bad], [good])  # type: ignore[list-item]  # that is the point
    with pytest.raises(error, match=f"target {message}"):
        TargetIndex([good, bad])  # type: ignore[list-item]  # that is the point


@pytest.mark.parametrize("limit_m", [-1.0, np.nan])
def test_bad_limit_is_refused(limit_m: float) -> None:
    with pytest.raises(OutOfRangeError, match="is not a distance"):
        nearest([shapely.Point(1, 2)], [shapely.Point(1, 2)], within_m=limit_m)


def test_duplicate_vertices_height_and_nested_collections_are_taken() -> None:
    line = shapely.LineString([(100, 26, 5.0), (100, 26, 5.0), (100, 26.1, 9.0)])
    nested = shapely.GeometryCollection([shapely.GeometryCollection([line]), shapely.MultiPoint([(120, 30)])])
    found = nearest([shapely.Point(100.1, 26.05, 700.0)], [nested])
    expected = search_edges(np.array([[100.1, 26.05]]), np.array([[100.0, 26.0]]), np.array([[100.0, 26.1]]))
    assert found.distance_m[0] == pytest.approx(expected[0], abs=1e-5)
