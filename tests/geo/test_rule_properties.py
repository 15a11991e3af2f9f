"""What holds for every rule: tightening, shifting, splitting and the order of rules."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance import nearest
from geo.rules.evaluate import evaluate
from geo.rules.finding import Verdict
from geo.rules.rule import RulePack
from layers.catalog import LAYERS
from layers.siting.checks import load_rules
from tests.geo.rule_scenes import east_of, going

ON = date(2026, 11, 22)
PACK = load_rules()
metres = st.floats(0.0, 4000.0)


def some_rules(*predicates):
    """One rule for each predicate, layer and kind of limit, about one kind of subject."""
    chosen = {}
    for rule in PACK.rules:
        if rule.predicate in predicates:
            to = rule.parameters.get("measure_to")
            limit = type(rule.parameters.get("distance_m"))
            chosen.setdefault((rule.predicate, rule.target_layer, to and to.part, limit), rule)
    return [replace(rule, subject_kinds=("mine",)) for rule in chosen.values()]


ATTRIBUTES = {
    "role": "main_stem",
    "basin": "yangtze",
    "line_kind": "outer",
    "important_by": "statute",
    "railway_class": "high_speed",
    "half_width_m": 0.0,
    "land_half_width_m": 0.0,
    "road_class": "national",
    "setting": "other",
    "zone_kind": "water_source",
    "status": "approved",
    "level": "一级",
    "households": 3,
    "population": 2000,
    "mine_kind": "quarry",
    "state": "in_service",
    "crossing_kind": "bridge",
    "carries": "road",
    "size": "large",
    "length_m": 600.0,
    "recognised": True,
    "rank": "village",
    "laying": "overhead",
    "voltage_kv": 110.0,
}


def layer(slug, *shapes, accuracy_m=1.0):
    """Features of a layer, with whatever of the attributes it has."""
    fields = {field.name for field in LAYERS[slug].all_fields}
    row = {name: None for name in fields} | {
        name: value for name, value in ATTRIBUTES.items() if name in fields
    }
    rows = [
        {**row, "id": f"t{i}", "accuracy_m": accuracy_m, "geometry": shape} for i, shape in enumerate(shapes)
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=4490)


def one_subject(shape):
    row = {
        "id": "s",
        "name": None,
        "kind": "mine",
        "state": "new",
        "purpose": None,
        "accuracy_m": 1.0,
        "mine_kind": "open_pit",
        "output_t_per_a": 1000.0,
        "major_hazard_source": True,
        "external_distance_m": 700.0,
        "attached_plant": False,
        "geometry": shape,
    }
    return gpd.GeoDataFrame([row], geometry="geometry", crs=4490)


def edge(lon=102.0):
    """An area whose east edge is a meridian, with vertices every 0.01 degrees."""
    lats = [26.4 + 0.01 * i for i in range(21)]
    return shapely.Polygon([*((lon, lat) for lat in lats), *((lon - 0.05, lat) for lat in reversed(lats))])


def around(rules, *shapes):
    slugs = {rule.target_layer for rule in rules} - {None}
    return {
        slug: layer(
            slug,
            *(
                shapes
                if "POLYGON" in {k.name for k in LAYERS[slug].geometry}
                else [s.boundary for s in shapes]
            ),
        )
        for slug in slugs
    }


def judge(rules, shape, layers):
    (findings,) = evaluate(RulePack(tuple(rules), "test"), one_subject(shape), layers, ON)
    return {f.rule: (f.verdict, f.decided, f.distance_m) for f in findings}


PLAIN = [
    rule
    for rule in some_rules("within_distance", "outside_distance")
    if isinstance(rule.parameters["distance_m"], float)
]


@settings(max_examples=6, deadline=None)
@given(distance_m=metres, factor=st.floats(1.0, 3.0))
def test_tightening_a_limit_never_improves_a_verdict(distance_m, factor):
    order, layers = list(Verdict), around(PLAIN, edge())
    tight = [
        replace(rule, parameters={**rule.parameters, "distance_m": rule.parameters["distance_m"] * factor})
        for rule in PLAIN
    ]
    loose_verdicts, tight_verdicts = (
        judge(rules, east_of(102.0, distance_m), layers) for rules in (PLAIN, tight)
    )
    for key, (verdict, _, _) in loose_verdicts.items():
        assert order.index(tight_verdicts[key][0]) <= order.index(verdict), key


ANY = some_rules("within_distance", "outside_distance", "intersects", "inside")


@settings(max_examples=3, deadline=None)
@given(distance_m=st.floats(-3000.0, 3000.0), shift_deg=st.floats(-20.0, 20.0))
def test_shift_of_longitude_changes_distances_by_less_than_a_micrometre(distance_m, shift_deg):
    """Across zone edges as well; the subject is shifted with its layers. Distances are rounded to 1 mm afterwards."""
    subject, area = shapely.Point(going(102.0, 26.5, 90.0, distance_m)), edge()
    moved = [
        shapely.transform(shape, lambda xy: xy + np.array([shift_deg, 0.0])) for shape in (subject, area)
    ]
    there, here = nearest([moved[0]], [moved[1]]), nearest([subject], [area])
    assert there.distance_m[0] == pytest.approx(here.distance_m[0], abs=1e-6)
    before = judge(ANY, subject, around(ANY, area))
    after = judge(ANY, moved[0], around(ANY, moved[1]))
    assert before.keys() == after.keys()
    for key, (verdict, decided, metres_away) in before.items():
        near_limit = after[key][2] is not None and abs(after[key][2] - metres_away) > 0.0011
        assert not near_limit, key
        assert (verdict, decided) == after[key][:2] or after[key][2] != metres_away, key


@settings(max_examples=3, deadline=None)
@given(distance_m=st.floats(-2400.0, 2400.0), cut=st.integers(1, 19))
def test_splitting_an_area_changes_nothing(distance_m, cut):
    subject, area = shapely.Point(going(102.0, 26.5, 90.0, distance_m)), edge()
    lat = 26.4 + 0.01 * cut
    pieces = [
        shapely.intersection(area, shapely.box(101.0, south, 103.0, north))
        for south, north in ((26.0, lat), (lat, 27.0))
    ]
    whole, parts, multi = (
        judge(ANY, subject, around(ANY, *shapes))
        for shapes in ([area], pieces, [shapely.MultiPolygon([edge(101.5), area])])
    )
    assert whole == parts
    assert {key: value[:2] for key, value in whole.items()} == {
        key: value[:2] for key, value in multi.items()
    }


@settings(max_examples=2, deadline=None)
@given(order=st.permutations(range(len(ANY))))
def test_order_of_rules_changes_nothing(order):
    subject, layers = east_of(102.0, 420.0), around(ANY, edge())
    assert judge(ANY, subject, layers) == judge([ANY[i] for i in order], subject, layers)


def test_subject_in_parts_is_as_near_as_its_nearest_part():
    near, far = east_of(102.0, 420.0).buffer(0.0005), east_of(102.0, 9000.0).buffer(0.0005)
    layers = around(ANY, edge())
    together = judge(ANY, shapely.MultiPolygon([far, near]), layers)
    alone = judge(ANY, near, layers)
    not_inside = {key for key in alone if BY_ID[key].predicate == "inside"}
    assert {k: v for k, v in together.items() if k not in not_inside} == {
        k: v for k, v in alone.items() if k not in not_inside
    }


BY_ID = {rule.id: rule for rule in PACK.rules}
