"""Validation, each problem by its own geometry; densification against geodesics by brute force."""

import math

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import (
    GeometryCollection,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from geo.crs import from_cgcs2000, from_lonlat, resolve_crs, to_lonlat
from geo.errors import CrsError, GeometryError
from geo.geometry import check_geometries, densify_edges
from geo.problems import ProblemKind

EVERY_KIND = ("point", "line", "polygon")
DEGREES = resolve_crs("EPSG:4490")
ELLIPSOID = Geodesic(6378137, 1 / 298.257222101)

BOW_TIE = Polygon([(102, 25), (102.2, 25.2), (102.2, 25), (102, 25.2)])
with np.errstate(invalid="ignore"):
    LATE_NAN = LineString(np.array([[102, 25], [103, math.nan]]))


class TestCheck:
    """Validation row by row."""

    @pytest.mark.parametrize(
        ("geometry", "kind"),
        [
            (None, ProblemKind.MISSING),
            (Point(), ProblemKind.EMPTY),
            (MultiPolygon(), ProblemKind.EMPTY),
            (GeometryCollection(), ProblemKind.EMPTY),
            (GeometryCollection([Point(102, 25)]), ProblemKind.WRONG_KIND),
            (Point(math.nan, 25), ProblemKind.NOT_FINITE),
            (Point(102, math.inf), ProblemKind.NOT_FINITE),
            (LATE_NAN, ProblemKind.NOT_FINITE),
            (LineString([(102, 25), (102, 25), (102, 25)]), ProblemKind.ZERO_LENGTH),
            (Polygon([(102, 25), (102.1, 25.1), (102, 25)]), ProblemKind.ZERO_AREA),
            (Polygon([(102, 25), (103, 25), (104, 25), (102, 25)]), ProblemKind.ZERO_AREA),
            (BOW_TIE, ProblemKind.INVALID),
            (Polygon(box(0, 0, 4, 4).exterior, [box(5, 5, 6, 6).exterior]), ProblemKind.INVALID),
            (MultiPolygon([box(0, 0, 4, 4), box(3, 3, 6, 6)]), ProblemKind.INVALID),
            (MultiLineString([[(0, 0), (1, 1)], [(2, 2), (2, 2)]]), ProblemKind.INVALID),
        ],
    )
    def test_problems(self, geometry, kind):
        (problem,) = check_geometries([Point(102, 25), geometry], EVERY_KIND, DEGREES)
        assert (problem.row, problem.kind) == (1, kind)
        assert problem.message != problem.zh

    @pytest.mark.parametrize(
        "geometry",
        [
            Point(102, 25),
            Point(102, 25, math.nan),
            MultiPoint([(102, 25), (102, 25)]),
            LineString([(102, 25), (102.2, 25.2), (102.2, 25), (102, 25.2)]),
            LinearRing([(102, 25), (103, 25), (103, 26)]),
            Polygon(box(102, 25, 103, 26).exterior, [box(102.2, 25.2, 102.4, 25.4).exterior]),
            MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]),
        ],
    )
    def test_sound_geometries_pass(self, geometry):
        assert check_geometries([geometry], EVERY_KIND, DEGREES) == []

    @pytest.mark.parametrize(
        ("geometry", "allowed", "message"),
        [
            (Point(102, 25), ("line", "polygon"), "geometry is a point; the layer takes line or polygon"),
            (box(0, 0, 1, 1), ("point",), "geometry is a polygon; the layer takes point"),
            (LineString([(0, 0), (1, 1)]), (), "geometry is a line; the layer takes none"),
        ],
    )
    def test_wrong_kinds(self, geometry, allowed, message):
        (problem,) = check_geometries([geometry], allowed, DEGREES)
        assert problem.message == message

    def test_a_crossing_is_placed_in_degrees_whatever_the_source(self):
        """The bow-tie crosses in its middle."""
        zone = resolve_crs("EPSG:4522")
        (problem,) = check_geometries(from_cgcs2000([BOW_TIE], zone), EVERY_KIND, zone)
        assert problem.place == pytest.approx((102.1, 25.1), abs=2e-4)
        assert "self-intersection at 102.0999997, 25.1001157" in problem.message
        assert "边界自相交" in problem.zh

    def test_a_vertex_that_is_no_number_is_named(self):
        (problem,) = check_geometries([LATE_NAN], EVERY_KIND, DEGREES)
        assert problem.message == "vertex 2 is (103.0, nan), not a position"

    def test_each_row_once_and_in_order(self):
        given = [BOW_TIE, None, Point(102, 25), LATE_NAN, BOW_TIE]
        found = check_geometries(given, ("polygon",), DEGREES)
        assert [(problem.row, problem.kind.value) for problem in found] == [
            (0, "invalid"),
            (1, "missing"),
            (2, "wrong_kind"),
            (3, "wrong_kind"),
            (4, "invalid"),
        ]

    def test_empty_input(self):
        assert check_geometries([], EVERY_KIND, DEGREES) == []


def brute_force_m(geometry, source, samples=17):
    """Largest distance between the source's straight edges and the geodesics between vertices, by GeographicLib.

    Distance of a sample from a geodesic: reduced length times the angle between the ways to the sample and to the end.
    """
    lonlat = shapely.get_coordinates(geometry)
    xy = from_lonlat(lonlat, source)
    worst_m = 0.0
    for start, end in zip(range(len(xy) - 1), range(1, len(xy)), strict=True):
        shares = np.linspace(0, 1, samples + 2)[1:-1, None]
        places = to_lonlat(xy[start] + (xy[end] - xy[start]) * shares, source)
        (lon1, lat1), (lon2, lat2) = lonlat[start], lonlat[end]
        azimuth = ELLIPSOID.Inverse(lat1, lon1, lat2, lon2)["azi1"]
        for lon, lat in places:
            way = ELLIPSOID.Inverse(lat1, lon1, lat, lon, Geodesic.ALL)
            worst_m = max(worst_m, abs(way["m12"] * math.sin(math.radians(way["azi1"] - azimuth))))
    return worst_m


ALONG_PARALLEL = LineString([(102, 27), (103, 27)])
UP_MERIDIAN = LineString([(102, 27), (102, 28)])
ACROSS_ZONE = LineString([(101, 26), (103.4, 26.7)])


class TestDensify:
    """Edges of the source against geodesic edges."""

    def test_an_edge_along_a_parallel_by_hand(self):
        """The geodesic over 1° at 27° N rises N (Δλ/2)² / 2 · sin φ cos φ = 98.3 m over the parallel.

        N = 6,382,540 m. In n pieces it rises 98.3 m / n²: 314 pieces for 1 mm, 331 with a tenth in reserve.
        """
        (dense,), report = densify_edges([ALONG_PARALLEL], DEGREES)
        assert 312 <= report.vertices_added <= 345
        assert np.all(shapely.get_coordinates(dense)[:, 1] == 27)
        assert report.long_edges == 1
        assert report.longest_edge_m == pytest.approx(ELLIPSOID.Inverse(27, 102, 27, 103)["s12"], abs=1e-6)

    def test_a_meridian_needs_nothing(self):
        (dense,), report = densify_edges([UP_MERIDIAN], DEGREES)
        assert dense.equals_exact(UP_MERIDIAN, 0)
        assert (report.vertices_added, report.long_edges) == (0, 1)

    @pytest.mark.parametrize(
        "text", ["EPSG:4490", "EPSG:4522", "EPSG:4543", "EPSG:4507", "EPSG:3857", "EPSG:32647"]
    )
    @pytest.mark.parametrize(
        "line", [ALONG_PARALLEL, UP_MERIDIAN, ACROSS_ZONE], ids=["parallel", "meridian", "across"]
    )
    def test_no_edge_moves_by_more_than_a_millimetre(self, text, line):
        source = resolve_crs(text)
        (dense,), report = densify_edges(from_cgcs2000([line], source), source)
        assert report.long_edges == 1
        assert brute_force_m(dense, source, samples=5) <= 0.001

    def test_without_added_vertices_edges_would_move(self):
        zone = resolve_crs("EPSG:4522")
        assert brute_force_m(ALONG_PARALLEL, DEGREES) == pytest.approx(98.3, abs=0.05)
        assert brute_force_m(ACROSS_ZONE, zone) > 0.1

    @pytest.mark.parametrize("text", ["GCJ-02", "BD-09"])
    @pytest.mark.parametrize(
        "ends", [((102, 27), (102.05, 27.03)), ((104.99, 26.5), (105.02, 26.51)), ((102, 27), (102, 27.1))]
    )
    def test_shifted_coordinates_wave(self, text, ends):
        source = resolve_crs(text)
        (dense,), report = densify_edges([LineString(ends)], source)
        assert report.vertices_added > 10
        assert brute_force_m(dense, source, samples=25) <= 0.001

    @settings(max_examples=25, deadline=None)
    @given(
        st.sampled_from(["EPSG:4490", "EPSG:4522", "EPSG:3857", "GCJ-02", "BD-09"]),
        st.tuples(st.floats(97, 106), st.floats(21, 29)),
        st.floats(0, 2 * math.pi),
        st.floats(10, 3_000),
    )
    def test_any_short_edge(self, text, start, direction, length_m):
        source = resolve_crs(text)
        east, north = (length_m / 1e5 * f(direction) for f in (math.cos, math.sin))
        line = LineString([start, (start[0] + east, start[1] + north)])
        (dense,), _ = densify_edges(from_cgcs2000([line], source), source)
        assert brute_force_m(dense, source, samples=3) <= 0.001

    def test_shared_edges_stay_shared(self):
        left = Polygon([(102, 25), (102.7, 25.3), (102.5, 26), (102, 26)])
        right = Polygon([(103, 26), (102.5, 26), (102.7, 25.3), (103, 25)])
        zone = resolve_crs("EPSG:4522")
        for source in (DEGREES, zone):
            dense, _ = densify_edges(from_cgcs2000([left, right], source), source)
            vertices = [set(map(tuple, shapely.get_coordinates(polygon))) for polygon in dense]
            assert len(vertices[0] & vertices[1]) > 10
            assert shapely.is_valid(dense).all()
            assert shapely.relate(*dense) == "FF2F11212"

    def test_every_kind_keeps_its_shape(self):
        hole = Polygon(box(102, 25, 103, 26).exterior, [box(102.2, 25.2, 102.4, 25.4).exterior])
        given = [
            None,
            Point(102, 25),
            MultiPoint([(102, 25), (103, 25)]),
            MultiLineString([[(102, 25), (102.0001, 25)], [(102, 26), (103, 26)]]),
            LineString(),
            hole,
            MultiPolygon([hole, box(104, 25, 104.1, 25.1)]),
            ALONG_PARALLEL,
        ]
        dense, report = densify_edges(given, DEGREES)
        assert dense[0] is None
        assert dense[1].equals_exact(given[1], 0)
        assert dense[2].equals_exact(given[2], 0)
        assert dense[4].is_empty
        for index in (3, 5, 6, 7):
            assert dense[index].geom_type == given[index].geom_type
            given_vertices = set(map(tuple, shapely.get_coordinates(given[index])))
            assert given_vertices <= set(map(tuple, shapely.get_coordinates(dense[index])))
            assert shapely.hausdorff_distance(dense[index], given[index]) < 1e-9
        assert report.vertices_added == len(shapely.get_coordinates(dense)) - len(
            shapely.get_coordinates(given)
        )
        assert report.long_edge_rows.tolist() == [3, 5, 6, 7]

    def test_a_row_does_not_depend_on_its_company(self):
        given = [ALONG_PARALLEL, UP_MERIDIAN, box(102, 25, 102.5, 25.5), ACROSS_ZONE]
        together, _ = densify_edges(given, DEGREES)
        for geometry, dense in zip(given, together, strict=True):
            assert densify_edges([geometry], DEGREES)[0][0].wkb == dense.wkb

    def test_doubled_vertices_are_kept(self):
        doubled = LineString([(102, 25), (102, 25), (102.001, 25), (102.001, 25)])
        (dense,), report = densify_edges([doubled], DEGREES)
        assert dense.equals_exact(doubled, 0)
        assert report.long_edges == 0

    def test_too_many_vertices_are_refused_by_row(self):
        with pytest.raises(GeometryError, match="row 1: an edge of 39") as refusal:
            densify_edges(
                [UP_MERIDIAN, LineString([(80, 27), (120, 27)])], DEGREES, max_vertices_added=10_000
            )
        assert "第 1 行" in refusal.value.zh

    def test_positions_without_counterpart_are_refused_by_row(self):
        with pytest.raises(CrsError, match="row 1"):
            densify_edges([UP_MERIDIAN, LATE_NAN], DEGREES)

    def test_collections_are_refused(self):
        with pytest.raises(GeometryError, match="row 1 is neither"):
            densify_edges([Point(1, 2), GeometryCollection([UP_MERIDIAN])], DEGREES)

    @pytest.mark.parametrize("given", [[], [None], [Point(102, 25)]])
    def test_nothing_to_do(self, given):
        dense, report = densify_edges(given, DEGREES)
        assert len(dense) == len(given)
        assert (report.vertices_added, report.long_edges, report.long_edge_rows.tolist()) == (0, 0, [])
        assert math.isnan(report.longest_edge_m)
