"""Positions outside China and the slips that explain them; coordinates of 102.5° E, 25.1° N in many disguises."""

import pytest
from shapely import LineString, Point

from geo.crs import resolve_crs
from geo.plausibility import check_in_china
from geo.problems import ProblemKind


def problems(crs, *geometries):
    return check_in_china(geometries, resolve_crs(crs))


@pytest.mark.parametrize(
    ("crs", "xy"),
    [
        ("EPSG:4490", (102.5, 25.1)),
        ("GCJ-02", (102.5, 25.1)),
        ("EPSG:4522", (34_550_434, 2_777_225)),
        ("EPSG:4543", (550_434, 2_777_225)),
        ("EPSG:3857", (11_410_248, 2_887_000)),
        ("EPSG:4490", (73.5, 39.5)),
        ("EPSG:4490", (134.7, 48.4)),
        ("EPSG:4490", (112.0, 4.0)),
    ],
)
def test_places_in_china_pass(crs, xy):
    assert problems(crs, Point(xy)) == []


@pytest.mark.parametrize(
    ("crs", "xy", "kind"),
    [
        ("EPSG:4490", (25.1, 102.5), ProblemKind.SWAPPED_AXES),
        ("BD-09", (25.1, 102.5), ProblemKind.SWAPPED_AXES),
        ("EPSG:4522", (2_777_225, 34_550_434), ProblemKind.SWAPPED_AXES),
        ("EPSG:4543", (2_777_225, 550_434), ProblemKind.SWAPPED_AXES),
        ("EPSG:4490", (34_550_434, 2_777_225), ProblemKind.WRONG_UNIT),
        ("EPSG:4326", (550_434, 2_777_225), ProblemKind.WRONG_UNIT),
        ("EPSG:4522", (102.5, 25.1), ProblemKind.WRONG_UNIT),
        ("EPSG:3857", (25.1, 102.5), ProblemKind.WRONG_UNIT),
        ("EPSG:4543", (34_550_434, 2_777_225), ProblemKind.ZONE_PREFIX),
        ("EPSG:4522", (550_434, 2_777_225), ProblemKind.ZONE_PREFIX),
        ("EPSG:4522", (35_550_434, 2_777_225), ProblemKind.ZONE_PREFIX),
        ("EPSG:4490", (2.35, 48.85), ProblemKind.OUTSIDE_CHINA),
        ("EPSG:4490", (0, 0), ProblemKind.OUTSIDE_CHINA),
        ("EPSG:4490", (float("nan"), 25), ProblemKind.OUTSIDE_CHINA),
        ("EPSG:4522", (1e15, 1e15), ProblemKind.OUTSIDE_CHINA),
    ],
)
def test_slips_are_named(crs, xy, kind):
    (problem,) = problems(crs, Point(xy))
    assert problem.kind is kind
    assert problem.place == pytest.approx(xy, nan_ok=True)
    assert problem.message != problem.zh


def test_message_says_what_to_do_in_both_languages():
    (problem,) = problems("EPSG:4490", Point(25.1, 102.5))
    assert "axes are swapped" in problem.message
    assert "坐标轴次序颠倒" in problem.zh


@pytest.mark.parametrize(
    ("crs", "easting_m", "en", "zh"),
    [
        ("EPSG:4543", 34_550_434, "state the system with zone prefix", "请改用带有带号的坐标系"),
        ("EPSG:4522", 550_434, "state the system without zone prefix", "请改用不带带号的坐标系"),
        ("EPSG:4522", 35_550_434, "several zones need a file each", "各带须分为不同文件"),
    ],
)
def test_a_zone_number_that_does_not_fit_says_which_system_would(crs, easting_m, en, zh):
    (problem,) = problems(crs, Point(easting_m, 2_777_225))
    assert en in problem.message
    assert zh in problem.zh


def test_one_vertex_outside_marks_its_row():
    inside, across = LineString([(102, 25), (103, 25)]), LineString([(102, 25), (2, 25)])
    found = problems("EPSG:4490", inside, None, Point(), across, Point(0, 0))
    assert [(problem.row, problem.place) for problem in found] == [(3, (2, 25)), (4, (0, 0))]


def test_empty():
    assert problems("EPSG:4490") == []
