"""Where a project may go: regions and cells against the exact engine, areas, steps, the largest that passes."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.ellipsoid import geodesic_area_m2
from geo.errors import GeometryError, OutOfRangeError
from geo.grids import cell_polygons
from geo.rules.evaluate import evaluate
from geo.rules.expression import parse_condition
from geo.rules.finding import Conclusion, Verdict, conclude
from geo.rules.rule import RulePack
from geo.siting.changes import Step, what_would_change
from geo.siting.largest import find_largest
from geo.siting.project import Project
from geo.siting.sites import find_sites
from tests.geo.rule_scenes import GEOD, ON, frame, going, meridian, rule, square

AREA = shapely.box(102.95, 26.45, 103.06, 26.54)
"""Across the tile edge at 103 and the one at 26.5."""
LAYERS = {
    "rivers": frame(
        {
            "geometry": meridian(102.94),
            "line_kind": "outer",
            "reach": "a",
            "half_width_m": None,
            "accuracy_m": 20.0,
        },
        {"geometry": meridian(102.9385), "line_kind": "water_side", "reach": "a", "half_width_m": None},
        {"geometry": meridian(103.08), "line_kind": "centre", "reach": "b", "half_width_m": 60.0},
    ),
    "zones": frame(
        {"geometry": square(102.985, 26.485, 0.02)},
        {"geometry": square(103.005, 26.485, 0.01), "accuracy_m": 120.0},
        {"geometry": shapely.Polygon([(102.96, 26.51), (102.98, 26.535), (102.955, 26.53)])},
    ),
    "buildings": frame(
        *(
            {"geometry": shapely.Point(103.03 + 0.004 * i, 26.46 + 0.003 * i), "households": 3.0 + i}
            for i in range(5)
        ),
        {"geometry": shapely.Point(103.05, 26.53), "households": None},
    ),
    "roads": frame(
        {"geometry": shapely.LineString([(102.95, 26.46), (103.06, 26.465)]), "half_width_m": None}
    ),
    "parks": frame({"geometry": square(102.96, 26.46, 0.06)}),
}
LIMIT = {"measure_from": "boundary", "measure_to": "boundary"}
RULES = {
    "bank": rule(
        "within_distance",
        target_layer="rivers",
        distance_m=1500.0,
        compare="le",
        measure_from="boundary",
        measure_to="bank_line",
    ),
    "zone": rule("intersects", target_layer="zones"),
    "houses": rule(
        "count_within",
        target_layer="buildings",
        distance_m=700.0,
        count_field="households",
        count=8,
        compare="ge",
    ),
    "road": rule(
        "outside_distance",
        target_layer="roads",
        distance_m=100.0,
        compare="ge",
        measure_from="boundary",
        measure_to={"part": "land_boundary", "up_to_m": 60.0},
    ),
    "park": rule("inside", target_layer="parks", holds_when="not_inside"),
}
WORDS = {Conclusion.FAIL: "excluded", Conclusion.UNDECIDABLE: "undecided"}
PLOT = shapely.Polygon([(0, 0), (0.004, 0), (0.004, 0.001), (0.001, 0.001), (0.001, 0.003), (0, 0.003)])
"""An L of about 400 by 330 m."""


def pack(*names, **changed):
    return RulePack(tuple(replace(RULES[name], id=name, **changed) for name in names), "test")


def project(geometry=None, **attributes):
    at = shapely.Point(103.0, 26.5) if geometry is None else geometry
    row = {"name": None, "kind": "other", "state": "new", "purpose": None, "accuracy_m": 2.0}
    return gpd.GeoDataFrame([{"id": "s", **row, **attributes, "geometry": at}], geometry="geometry", crs=4490)


def plot():
    return project(shapely.transform(PLOT, lambda xy: xy + np.array([103.0, 26.5])))


def at_points(rules, subject, lon, lat):
    """Return the engine's own conclusion at places."""
    west, _, east, _ = AREA.bounds
    moved = Project.read(subject, meridian_lon=(west + east) / 2).subjects_at(np.array(lon), np.array(lat))
    return [WORDS.get(conclude(found), "allowed") for found in evaluate(rules, moved, LAYERS, ON)]


@pytest.fixture(scope="module")
def maps():
    """Maps of each rule alone and of all together, for a point and for a plot."""
    subjects = {"point": project(), "plot": plot()}
    sets = [*((name,) for name in RULES), tuple(RULES)]
    return {
        (kind, names): find_sites(
            pack(*names), subject, AREA, LAYERS, ON, resolution=8 if len(names) > 1 else 7
        )
        for kind, subject in subjects.items()
        for names in sets
    }


@pytest.mark.parametrize("kind", ["point", "plot"])
@pytest.mark.parametrize("names", [*((name,) for name in RULES), tuple(RULES)], ids="-".join)
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_regions_agree_with_the_engine(maps, kind, names, seed):
    sites, random = maps[kind, names], np.random.default_rng(seed)
    lon, lat = random.uniform(102.95, 103.06, 20), random.uniform(26.45, 26.54, 20)
    points = shapely.points(lon, lat)
    edges = shapely.union_all([shapely.boundary(shape) for shape in sites.regions.values()])
    apart = (
        shapely.distance(points, edges) > 1.1 * sites.edge_tolerance_m / 99_600
    )  # metres a degree of longitude
    said = at_points(pack(*names), project() if kind == "point" else plot(), lon, lat)
    for point, word, clear in zip(points, said, apart, strict=True):
        if clear:
            found = [
                name for name in ("allowed", "undecided", "excluded") if sites.regions[name].contains(point)
            ]
            assert found == [word], shapely.to_wkt(point, rounding_precision=7)


@pytest.mark.parametrize("kind", ["point", "plot"])
def test_cells_agree_with_the_engine(maps, kind):
    subject, names = project() if kind == "point" else plot(), tuple(RULES)
    every = maps[kind, names].cells
    assert set(every["status"]) >= {"excluded", "mixed"}
    cells = every.sample(40, random_state=1)
    said = at_points(pack(*names), subject, cells["lon"].to_numpy(), cells["lat"].to_numpy())
    assert [WORDS.get(Conclusion(word), "allowed") for word in cells["conclusion"]] == said
    settled = cells["status"] != "mixed"
    assert (cells["status"][settled] == np.array(said, dtype=object)[settled]).all()


@pytest.mark.parametrize("kind", ["point", "plot"])
@pytest.mark.parametrize("names", [*((name,) for name in RULES), tuple(RULES)], ids="-".join)
def test_no_point_of_a_settled_cell_differs(maps, kind, names):
    """A cell is allowed or excluded only where all of it is: its corners too."""
    sites = maps[kind, names]
    settled = sites.cells[sites.cells["status"] != "mixed"]
    outlines = cell_polygons(settled["h3"].to_numpy())
    corners, cell = shapely.get_coordinates(outlines, return_index=True)
    some = np.random.default_rng(1).choice(len(corners), min(60, len(corners)), replace=False)
    corners, cell = corners[some], cell[some]
    said = at_points(pack(*names), project() if kind == "point" else plot(), *corners.T)
    assert said == settled["status"].to_numpy()[cell].tolist()


def test_regions_make_up_the_area(maps):
    for sites in maps.values():
        areas = sites.areas_km2
        parts = areas["allowed"] + areas["undecided"] + areas["excluded"]
        assert parts == pytest.approx(areas["area"], rel=1e-6)
        assert areas["conditional"] <= areas["allowed"]
        # The parallels that bound it are no geodesics: 2e-6 of this area lies between.
        assert areas["area"] == pytest.approx(geodesic_area_m2(AREA) / 1e6, rel=1e-5)


def test_region_of_one_bank_by_hand():
    """A line and a limit of 2,000 m with a doubt of 12 m: edges at 1,988 and 2,012 m square to the meridian."""
    line = {
        "rivers": frame(
            {
                "geometry": meridian(102.94),
                "line_kind": "outer",
                "reach": "a",
                "accuracy_m": 10.0,
                "half_width_m": None,
            }
        )
    }
    limit = {**RULES["bank"].parameters, "distance_m": 2000.0}
    sites = find_sites(pack("bank", parameters=limit), project(), AREA, line, ON, resolution=7)
    for distance_m, word in (
        (1987.4, "excluded"),
        (1988.6, "undecided"),
        (2011.4, "undecided"),
        (2012.6, "allowed"),
    ):
        point = shapely.Point(going(102.94, 26.5, 90.0, distance_m))
        assert sites.regions[word].contains(point), distance_m


def test_a_move_of_one_metre_flips_one_rule():
    """Two banks, one metre on the one side of the limit of one of them: nothing else moves."""
    lines = {
        "rivers": frame(
            *(
                {
                    "geometry": meridian(lon),
                    "line_kind": "outer",
                    "reach": str(lon),
                    "half_width_m": None,
                    "accuracy_m": 0.2,
                }
                for lon in (102.94, 103.08)
            )
        )
    }
    rules = pack("bank", "park")
    limit_m = 1500.0
    here = shapely.Point(going(102.94, 26.5, 90.0, limit_m + 0.5))
    there = shapely.Point(going(102.94, 26.5, 90.0, limit_m - 0.5))
    layers = {**lines, "parks": LAYERS["parks"]}
    first, second = (
        evaluate(rules, project(place, accuracy_m=0.2), layers, ON)[0] for place in (here, there)
    )
    assert [(f.rule, f.verdict, f.decided) for f in first] == [
        ("bank", Verdict.NO_BAN, True),
        ("park", Verdict.PROHIBITED, True),
    ]
    assert [(f.rule, f.verdict, f.decided) for f in second] == [
        ("bank", Verdict.PROHIBITED, True),
        ("park", Verdict.PROHIBITED, True),
    ]
    sites = find_sites(pack("bank"), project(accuracy_m=0.2), AREA, lines, ON, resolution=7)
    assert sites.regions["allowed"].contains(shapely.Point(going(102.94, 26.5, 90.0, limit_m + 1.0)))
    assert sites.regions["excluded"].contains(shapely.Point(going(102.94, 26.5, 90.0, limit_m - 1.0)))


def test_rule_without_data_leaves_all_open_until_it_is_set_aside():
    rules = pack("bank", "zone")
    layers = {"rivers": LAYERS["rivers"]}
    open_map = find_sites(rules, project(), AREA, layers, ON, resolution=7)
    assert open_map.areas_km2["allowed"] == 0
    (share,) = [share for share in open_map.rules if share.rule == "zone"]
    assert share.needs == ("layer zones",)
    assert share.same_everywhere is Conclusion.UNDECIDABLE
    aside = find_sites(rules, project(), AREA, layers, ON, resolution=7, set_aside_lacking=True)
    assert [share.rule for share in aside.rules if share.set_aside] == ["zone"]
    alone = find_sites(pack("bank"), project(), AREA, layers, ON, resolution=7)
    assert aside.regions["allowed"].equals(alone.regions["allowed"])


def test_permit_is_allowed_and_said_to_be_conditional():
    rules = pack("zone", states={"new": Verdict.PERMIT_NEEDED})
    sites = find_sites(rules, project(), AREA, LAYERS, ON, resolution=7)
    assert sites.areas_km2["excluded"] == 0
    assert 0 < sites.areas_km2["conditional"] < sites.areas_km2["allowed"]
    assert sites.areas_km2["allowed"] == pytest.approx(sites.areas_km2["area"], rel=1e-6)


def test_rules_that_do_not_cover_or_do_not_count_leave_the_area_free():
    rules = RulePack(
        (
            replace(RULES["zone"], id="kind", subject_kinds=("tailings_pond",)),
            replace(RULES["zone"], id="state", states={"new": Verdict.NO_BAN}),
        ),
        "test",
    )
    sites = find_sites(rules, project(), AREA, LAYERS, ON, resolution=7)
    assert [share.rule for share in sites.rules] == ["state"]
    assert sites.areas_km2["allowed"] == pytest.approx(sites.areas_km2["area"], rel=1e-9)
    assert set(sites.cells["status"]) == {"allowed"}


def test_disc_is_farther_from_everything_than_its_middle(maps):
    disc = find_sites(pack("bank"), project(), AREA, LAYERS, ON, resolution=7, radius_m=300.0)
    assert disc.areas_km2["allowed"] < maps["point", ("bank",)].areas_km2["allowed"]


def test_moved_shape_keeps_its_size_and_comes_back():
    moved = Project.read(plot(), meridian_lon=102.0)
    home, away = moved.place_at(np.array([moved.lon, 103.4]), np.array([moved.lat, 26.1]))
    assert shapely.hausdorff_distance(home, plot().geometry.iloc[0]) < 1e-10
    assert geodesic_area_m2(away) == pytest.approx(geodesic_area_m2(home), rel=1e-7)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"area": shapely.Point(103, 26)}, GeometryError),
        ({"resolution": 16}, OutOfRangeError),
        ({"resolution": 14}, OutOfRangeError),
        ({"radius_m": -1.0}, OutOfRangeError),
        ({"proposal": project().iloc[:0]}, GeometryError),
    ],
)
def test_bad_input_is_refused(change, error):
    given = {"proposal": project(), "area": AREA, "layers": LAYERS, "on": ON, **change}
    with pytest.raises(error):
        find_sites(pack("bank"), **given)


# Steps


def test_step_out_of_a_belt_leads_straight_away():
    place = shapely.Point(going(102.94, 26.5, 90.0, 1400.0))
    lines = {"rivers": LAYERS["rivers"].iloc[[0]]}
    (findings,) = evaluate(pack("bank"), project(place), lines, ON)
    (move,) = what_would_change(findings)
    # By hand: 100 m missing, a doubt of 22 m, and a millimetre.
    assert move.step is Step.MOVE
    assert move.metres == pytest.approx(122.001, abs=0.002)
    assert move.azimuth_deg == pytest.approx(90.0, abs=0.1)
    (after,) = evaluate(pack("bank"), project(shapely.Point(move.to)), lines, ON)
    assert conclude(after) is Conclusion.PASS


def test_steps_stand_in_the_order_of_their_size():
    place = shapely.Point(going(102.94, 26.5, 90.0, 1490.0))
    layers = {"rivers": LAYERS["rivers"].iloc[[0]], "parks": LAYERS["parks"]}
    (findings,) = evaluate(pack("bank", "zone", "park"), project(place), layers, ON)
    steps = what_would_change(findings)
    assert [(change.rule, change.step) for change in steps] == [
        ("zone", Step.BRING),
        ("bank", Step.SURVEY),
        ("bank", Step.MOVE),
        ("park", Step.MOVE),
    ]
    assert steps[0].needs == ("layer zones",)
    assert steps[1].metres == pytest.approx(10.0, abs=0.01)
    assert steps[3].metres == pytest.approx(GEOD.inv(*place.coords[0], 102.96, place.y)[2] + 3.001, abs=0.1)


# The largest that passes


def test_largest_stands_at_the_threshold():
    height = rule("attribute", target_layer=None, field="dam_height_m", compare="gt", limit=70.0, unit="m")
    rules = RulePack((replace(height, id="height"),), "test")
    found = find_largest(
        rules, project(dam_height_m=90.0), "dam_height_m", {}, ON, between=(0.0, 300.0), tolerance=0.01
    )
    assert (found.value, found.included, found.rules) == (70.0, True, ("height",))
    strict = replace(height, id="height", parameters={**height.parameters, "compare": "ge"})
    found = find_largest(
        RulePack((strict,), ""),
        project(dam_height_m=90.0),
        "dam_height_m",
        {},
        ON,
        between=(0.0, 300.0),
        tolerance=1.0,
    )
    assert (found.value, found.included) == (70.0, False)


def test_largest_by_a_limit_that_follows_from_it():
    """The distance to keep is the attribute itself: 1,500 m from the line less the doubt of 22 m."""
    place = shapely.Point(going(102.94, 26.5, 90.0, 1500.0))
    keep = rule(
        "within_distance",
        target_layer="rivers",
        distance_m={"subject_field": "external_distance_m"},
        compare="le",
        **LIMIT,
    )
    found = find_largest(
        RulePack((replace(keep, id="keep"),), ""),
        project(place, external_distance_m=3000.0),
        "external_distance_m",
        {"rivers": LAYERS["rivers"].iloc[[0]]},
        ON,
        between=(0.0, 5000.0),
        tolerance=0.001,
    )
    assert found.value == pytest.approx(1478.0, abs=0.005)
    assert found.bounded


def test_nothing_or_everything_passes():
    height = rule("attribute", target_layer=None, field="dam_height_m", compare="gt", limit=70.0, unit="m")
    rules = RulePack(
        (replace(height, id="height", subject_filter=parse_condition("dam_height_m < 100")),), "test"
    )
    # Beyond 100 the rule does not cover it: the greatest value with a pass is the end of the range.
    found = find_largest(rules, project(), "dam_height_m", {}, ON, between=(0.0, 200.0), tolerance=1.0)
    assert (found.value, found.bounded) == (200.0, False)
    found = find_largest(rules, project(), "dam_height_m", {}, ON, between=(71.0, 99.0), tolerance=1.0)
    assert found.value is None
