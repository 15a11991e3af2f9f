"""The layout of a park, by hand: which pairs are listed, with what missing, and what the relations say."""

import time
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point, box

from geo.layout import check_layout
from layers.catalog import LAYERS
from layers.siting.layouts import load_layout_rules
from tests.geo.rule_scenes import going, meridian

ON = date(2026, 1, 1)
DURING_PLANS = date(2022, 6, 1)
PACK = load_layout_rules()


def layer(slug, *rows):
    """Return features of a layer with all its fields; what is not stated is missing."""
    blank = {field.name: None for field in LAYERS[slug].all_fields}
    filled = [blank | {"id": f"{slug}-{i}", "accuracy_m": 0.5} | row for i, row in enumerate(rows)]
    columns = [*blank, "geometry"]
    return gpd.GeoDataFrame(filled, columns=columns, geometry="geometry", crs="EPSG:4490")


def unit(distance_m, **row):
    """A unit whose western edge lies so far east of the meridian of 102 degrees."""
    near, far = (going(102.0, 26.5, 90.0, distance_m + more)[0] for more in (0.0, 20.0))
    return {"state": "new", "unit_kind": "process_unit", "geometry": box(near, 26.4999, far, 26.5001)} | row


def run(units=(), zones=(), buildings=(), on=ON, **around):
    """Check a layout; ``around`` are further layers, ``contours`` those of the layer ``zones``."""
    if "contours" in around:
        around["zones"] = around.pop("contours")
    own, parts, houses = (
        layer("hazard_units", *units),
        layer("park_zones", *zones),
        layer("buildings", *buildings),
    )
    stored = {slug: layer(slug, *rows) for slug, rows in around.items()}
    surroundings = {"hazard_units": own, "park_zones": parts, "buildings": houses} | stored
    return check_layout(
        PACK, units=own, zones=parts, buildings=houses, surroundings=surroundings, state="new", on=on
    )


def found(result, rule):
    return [finding for one in result.of_subjects for finding in one if finding.rule == rule]


ROAD = {"road_grade": "class_1", "half_width_m": 5.0, "geometry": meridian()}


def test_a_unit_too_near_to_a_road_names_the_clause_the_measure_points_and_the_metres_missing():
    """A flare has to keep 80 m from class 1 roads; 65 m from the centre line are 60 m from the edge."""
    result = run([unit(65.0, unit_kind="flare")], roads=[ROAD])
    (finding,) = found(result, "gb50160-2008-flare-roads")
    assert (finding.limit_m, round(finding.distance_m), round(finding.margin_m)) == (80.0, 60, -20)
    assert (finding.measured_from, finding.measured_to) == ("equipment_edge", "road_edge")
    assert (finding.verdict, finding.decided) == ("prohibited", True)
    assert "GB 50160-2008 表4.1.9 要求不小于 80 m，缺 20.0 m" in finding.explanation.zh


def test_pairs_that_keep_the_distance_are_not_listed():
    result = run([unit(200.0, unit_kind="flare")], roads=[ROAD])
    assert found(result, "gb50160-2008-flare-roads") == []


def test_every_pair_is_listed_not_only_the_worst():
    far = {"road_grade": "class_1", "half_width_m": 0.0, "geometry": meridian(101.9997)}
    result = run([unit(30.0, unit_kind="flare"), unit(60.0, unit_kind="flare")], roads=[ROAD, far])
    pairs = [finding.target.id for finding in found(result, "gb50160-2008-flare-roads")]
    assert pairs == ["roads-0", "roads-1", "roads-0"]  # 0.0003 degrees are 29.9 m: 89.9 m are kept


def test_a_unit_without_class_asks_for_it_where_it_matters():
    result = run([unit(50.0)], roads=[ROAD])
    (finding,) = found(result, "gb50160-2008-flare-roads")
    assert finding.verdict == "insufficient_data"
    assert finding.needs == ("subject.facility_class",)
    assert found(run([unit(500.0)], roads=[ROAD]), "gb50160-2008-flare-roads") == []


def test_own_works_have_no_wall_to_keep_from():
    here = {"geometry": box(101.99, 26.49, 101.9999, 26.51)}
    units = [
        unit(30.0, unit_kind="flare", enterprise_id=owner) for owner in ("enterprises-0", "enterprises-1")
    ]
    result = run(units, enterprises=[here])
    (finding,) = found(result, "gb50160-2008-flare-works")
    assert finding.target.id == "enterprises-0"
    assert result.of_subjects[0] == [f for f in result.of_subjects[0] if f.rule != finding.rule]


def test_distances_inside_a_works_ask_for_the_printed_table_once_a_unit():
    units = [unit(d, facility_class="unit_ab") for d in (0.0, 100.0, 200.0)]
    findings = found(run(units), "gb50160-2008-inside-works")
    assert len(findings) == 3
    assert {finding.needs for finding in findings} == {("table GB 50160-2008 table 4.2.12",)}


def test_class_a_stores_keep_twenty_metres():
    units = [unit(0.0, facility_class="store_a_other"), unit(35.0, facility_class="store_a_3_4")]
    first, second = found(run(units), "gb50016-2014-store-a-to-store-a")
    assert (first.limit_m, round(first.distance_m), first.verdict) == (20.0, 15, "prohibited")
    assert second.target.id == "hazard_units-0"


def zone(kind, west):
    return {"zone_kind": kind, "geometry": box(west, 26.49, west + 0.01, 26.51)}


@pytest.mark.parametrize(("west", "verdict"), [(102.005, "prohibited"), (102.02, "no_ban")])
def test_offices_and_production_are_zones_apart(west, verdict):
    result = run(zones=[zone("production", 102.0), zone("office", west)], on=DURING_PLANS)
    (finding,) = found(result, "yn-104-office-zone")
    assert (finding.verdict, finding.decided) == (verdict, True)


def test_rules_of_a_plan_end_with_it():
    result = run(zones=[zone("production", 102.0), zone("office", 102.005)], on=ON)
    (finding,) = found(result, "yn-104-office-zone")
    assert finding.verdict == "not_in_force"


INSIDE = Point(*going(102.0, 26.5, 90.0, 10.0))


@pytest.mark.parametrize(
    ("building_class", "rule", "verdict"),
    [("control_room", "lh-315-control-rooms", "conditional"), ("office", "lh-315-offices", "prohibited")],
)
def test_control_rooms_and_offices_inside_units(building_class, rule, verdict):
    house = {"building_class": building_class, "geometry": INSIDE}
    result = run([unit(0.0, facility_class="unit_ab")], buildings=[house], on=DURING_PLANS)
    (finding,) = found(result, rule)
    assert finding.verdict == verdict


def test_crowded_places_need_the_external_distances():
    """Without contours nobody knows; inside one the place is banned."""
    crowd = {"building_class": "crowded_place", "geometry": INSIDE}
    (unknown,) = found(run(buildings=[crowd], on=DURING_PLANS), "lh-713-crowded")
    assert (unknown.verdict, unknown.needs) == ("insufficient_data", ("layer zones",))
    contour = {
        "zone_kind": "safety_distance",
        "status": "approved",
        "geometry": box(101.9, 26.4, 102.1, 26.6),
    }
    (inside,) = found(run(buildings=[crowd], contours=[contour], on=DURING_PLANS), "lh-713-crowded")
    assert (inside.verdict, inside.decided) == ("prohibited", True)


def test_a_layer_that_is_not_there_is_asked_for_once_for_the_park():
    result = run([unit(0.0, facility_class="unit_ab"), unit(90.0, facility_class="unit_ab")])
    asked = [need for finding in result.of_park for need in finding.needs]
    assert "layer roads" in asked
    assert len([f for f in result.of_park if f.rule == "gb50160-2008-roads"]) == 1
    nothing_near = run([unit(0.0, facility_class="unit_ab")], roads=[])
    assert "layer roads" not in [need for finding in nothing_near.of_park for need in finding.needs]


def test_two_hundred_units_are_checked_in_a_second():
    random = np.random.default_rng(1)
    places = 102.5 + random.uniform(0.0, 0.02, (500, 2)) * [1.0, 1.0] - [0.0, 76.5]
    shapes = [box(x, y, x + 0.0003, y + 0.0003) for x, y in places]
    words = ("hydrocarbon_tank", "liquid_tank", "unit_ab", "key_facility")
    units = [
        {"unit_kind": "tank", "facility_class": words[i % 4], "state": "new", "geometry": shape}
        for i, shape in enumerate(shapes[:200])
    ]
    houses = [{"building_class": "works_ab", "fire_grade": 2, "geometry": shape} for shape in shapes[200:]]
    roads = [
        ROAD | {"geometry": LineString([(102.5, 26.0 + i / 1000), (102.52, 26.0 + i / 1000)])}
        for i in range(20)
    ]
    start = time.process_time()
    result = run(units, buildings=houses, roads=roads)
    assert time.process_time() - start < 3.0  # about 1 s alone; the machine may be shared
    assert len(found(result, "gb50160-2008-roads")) > 50
