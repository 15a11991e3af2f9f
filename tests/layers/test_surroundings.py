"""A check reads what is near, and answers what it would answer with every layer read whole."""

import json
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from geo.ellipsoid import CGCS2000
from geo.rules.expression import FALSE, parse_condition
from geo.rules.predicates import needed_layers
from layers.catalog import get_layer
from layers.model import FieldType, GeometryKind
from layers.siting import surroundings
from layers.siting.checks import check_subjects, load_rules, subjects_of
from tests.layers.frames import frame

ON = date(2026, 6, 1)
PLACE = (102.9, 26.2)
PACK = load_rules()
LAYERS = [name for name in needed_layers(PACK) if name not in {"coverage", "wind_roses", "admin_areas"}]
KINDS = (
    "chemical_project",
    "tailings_pond",
    "fuel_station",
    "oil_depot",
    "fireworks_store",
    "quarry",
    "gas_pipeline",
    "chemical_park",
)


def shapes(rng, layer, count):
    """Points, lines and squares 5 m to 500 km away: near ones are as likely as far ones."""
    away_m = 5.0 * 10.0 ** rng.uniform(0.0, 5.0, count)
    lon, lat, _ = CGCS2000.fwd(
        *np.broadcast_to(np.array(PLACE)[:, None], (2, count)), rng.uniform(0, 360, count), away_m
    )
    allowed, found = get_layer(layer).geometry, []
    for x, y, kind, size in zip(
        lon, lat, rng.integers(0, 3, count), 10.0 ** rng.uniform(-4, -2, count), strict=True
    ):
        square = shapely.box(x, y, x + size, y + size)
        options = {
            GeometryKind.POINT: shapely.Point(x, y),
            GeometryKind.LINE: shapely.LineString([(x, y), (x + size, y + 2 * size)]),
            GeometryKind.POLYGON: square,
        }
        found.append(options[allowed[kind % len(allowed)] if len(allowed) < 3 else GeometryKind.LINE])
    return found


def values(rng, field, count):
    if field.name in {"reach", "enterprise_id", "facility_id"}:
        return [rng.choice(["a", "b"]) if rng.random() < 0.6 else None for _ in range(count)]
    if field.choices:
        return [rng.choice(field.choices) if rng.random() < 0.85 else None for _ in range(count)]
    if field.type in {FieldType.NUMBER, FieldType.INTEGER}:
        most = int(min(39, 3 if field.name == "fire_grade" else field.maximum or 39))
        numbers = rng.integers(1, most + 1, count)
        return [int(number) if rng.random() < 0.85 else None for number in numbers]
    if field.type is FieldType.BOOLEAN:
        return [bool(rng.random() < 0.5) if rng.random() < 0.85 else None for _ in range(count)]
    return [None] * count


def features(rng, layer, count):
    fields = [field for field in get_layer(layer).fields if field.type is not FieldType.JSON]
    columns = {field.name: values(rng, field, count) for field in fields if field.name != "built_year"}
    accuracies = rng.choice([np.nan, 1.0, 50.0, 2_000.0], count, p=[0.1, 0.6, 0.2, 0.1])
    ids = [f"{layer}-{number}" for number in rng.permutation(count)]
    return frame(
        shapes(rng, layer, count),
        id=ids,
        name=ids,
        source=["made up"] * count,
        accuracy_m=accuracies,
        **columns,
    )


def surveys(rng):
    """Some layers are declared complete round the place."""
    names = [name for name in LAYERS if name != "risk_contours" and rng.random() < 0.4]
    return frame(
        [shapely.Point(PLACE).buffer(rng.uniform(0.02, 2.0)) for _ in names],
        id=names,
        name=names,
        source=["made up"] * len(names),
        accuracy_m=[1.0] * len(names),
        surveyed_layer=names,
        complete=[True] * len(names),
        declared_by=["somebody"] * len(names),
        surveyed_on=[ON] * len(names),
    )


def subject(kind, accuracy_m, facility_id):
    place = shapely.Point(PLACE).buffer(0.001)
    geometry = shapely.LineString([PLACE, (102.93, 26.21)]) if kind == "gas_pipeline" else place
    row = {
        "id": "X", "name": "X", "kind": kind, "state": "new", "purpose": "other", "accuracy_m": accuracy_m,
        "facility_id": facility_id, "enterprise_id": "a", "external_distance_m": 500.0, "capacity_m3": 2e6,
        "facility_class": "key_facility", "major_hazard_source": True,
    }  # fmt: skip
    return subjects_of("proposals", gpd.GeoDataFrame([row], geometry=[geometry], crs="EPSG:4490"))


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(KINDS),
    accuracy_m=st.sampled_from([None, 5.0, 5.0, 5.0]),
    facility_id=st.sampled_from([None, "enterprises-0", "tailings_ponds-1"]),
    rare=st.sampled_from([0, 3, 2_000]),
    enough=st.sampled_from([1, 8]),
)
def test_answer_is_that_of_whole_layers(store, seed, kind, accuracy_m, facility_id, rare, enough):
    rng = np.random.default_rng(seed)
    for layer in LAYERS:
        store.write(layer, features(rng, layer, int(rng.integers(0, 25))), replacing={})
    store.write("coverage", surveys(rng), replacing={})
    asked = subject(kind, accuracy_m, facility_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surroundings, "_SMALL", 0)
        patch.setattr(surroundings, "_RARE", rare)
        patch.setattr(surroundings, "_ENOUGH", enough)
        store._found.clear()
        near = check_subjects(store, asked, on=ON, pack=PACK)
        patch.setattr(surroundings, "_SMALL", 10**9)
        whole = check_subjects(store, asked, on=ON, pack=PACK)
    assert json.dumps(near) == json.dumps(whole)


def test_conditions_of_rules_leave_out_only_what_surely_does_not_count(store):
    rng = np.random.default_rng(7)
    for layer in ("roads", "zones", "settlements", "rivers", "power_lines", "buildings"):
        store.write(layer, features(rng, layer, 40))
        whole = store.read(layer)
        for rule in PACK.rules:
            for test in (rule, *rule.tests):
                if test.target_layer == layer:
                    counts = test.target_filter.evaluate(whole) != FALSE
                    found = store.read(layer, counts=test.target_filter)
                    assert list(found["id"]) == list(whole["id"][counts]), test.target_filter.text


def test_condition_on_a_field_that_the_layer_lacks_leaves_everything_in(store):
    store.write("lakes", features(np.random.default_rng(1), "lakes", 3))
    assert store.count("lakes", counts=parse_condition("population > 3 or not (storeys == 2)")) == 3
    assert store.count("lakes", counts=parse_condition("population is not None")) == 0


def test_figures_of_a_layer_are_found_out_once_for_its_content(store):
    store.write("roads", features(np.random.default_rng(3), "roads", 5))
    asked = []
    for _ in range(2):
        assert store.remember("roads", "count", lambda: asked.append(1) or store.count("roads")) == 5
    store.write("roads", features(np.random.default_rng(3), "roads", 6))
    assert store.remember("roads", "count", lambda: asked.append(1) or store.count("roads")) == 6
    assert len(asked) == 2


def test_classes_and_largest_numbers(store):
    rows = features(np.random.default_rng(5), "buildings", 30)
    store.write("buildings", rows)
    classes = store.classes("buildings", ["building_class", "fire_grade"], 100)
    assert len(classes) == len(rows[["building_class", "fire_grade"]].drop_duplicates())
    assert store.classes("buildings", ["building_class", "fire_grade"], 3) is None
    assert store.largest("buildings", ["households", "storeys"]) == np.nanmax(
        rows[["households", "storeys"]].astype(float)
    )
    assert store.largest("lakes", []) == 0.0


def test_any_number_of_values_can_be_asked_for(store):
    rows = features(np.random.default_rng(5), "rivers", 8)
    store.write("rivers", rows)
    many = [f"reach {number}" for number in range(5_000)]
    assert list(store.read("rivers", where={"reach": [*many, "a"]})["id"]) == sorted(
        rows.loc[rows["reach"] == "a", "id"]
    )
    assert len(store.read("rivers", where={"reach": [*many, None]})) == rows["reach"].isna().sum()


def spread_subjects(count):
    """Plots two hundred kilometres apart along a line, two of them beside each other."""
    plots = [subject(KINDS[number % 3], 5.0, None) for number in range(count)]
    for number, plot in enumerate(plots):
        plot["id"] = f"X{number}"
        plot.geometry = plot.geometry.translate(xoff=0.0 if number < 2 else 2.0 * number)
    return gpd.GeoDataFrame(pd.concat(plots[::-1], ignore_index=True))


def test_plots_that_lie_far_apart_are_answered_as_among_whole_layers(store, monkeypatch):
    rng = np.random.default_rng(11)
    for layer in LAYERS:
        store.write(layer, features(rng, layer, 12))
    plots, told, answers = spread_subjects(4), [], []
    monkeypatch.setattr(surroundings, "_SMALL", 0)
    for features_of_a_group in (0, 10**9):
        monkeypatch.setattr(surroundings, "_FEATURES_OF_A_GROUP", features_of_a_group)
        answers.append(
            check_subjects(store, plots, on=ON, pack=PACK, progress=lambda part, _: told.append(part))
        )
        assert told == sorted(told)
        assert told.pop() == 1.0
        told.clear()
    assert json.dumps(answers[0]) == json.dumps(answers[1])
    assert [one["id"] for one in answers[0]["proposals"]] == list(plots["id"])


@pytest.mark.parametrize("held", [0, 25, 10**6])
def test_layers_too_large_to_be_held_are_read_in_windows(store, monkeypatch, held):
    rng = np.random.default_rng(12)
    for layer in LAYERS:
        store.write(layer, features(rng, layer, 12))
    plots = spread_subjects(4)
    monkeypatch.setattr(surroundings, "_SMALL", 0)
    whole = check_subjects(store, plots, on=ON, pack=PACK)
    monkeypatch.setattr(surroundings, "_FEATURES_OF_A_GROUP", 10**9)
    monkeypatch.setattr(surroundings, "_HELD", held)
    assert json.dumps(check_subjects(store, plots, on=ON, pack=PACK)) == json.dumps(whole)


def test_plots_of_one_cell_share_their_windows(store):
    summaries = surroundings.summarise_needed(store, PACK)
    groups, held = surroundings.share_layers(store, spread_subjects(1), PACK, summaries)
    assert [group.tolist() for group in groups] == [[0]]
    assert not held
    groups, held = surroundings.share_layers(store, spread_subjects(4), PACK, summaries)
    assert [group.tolist() for group in groups] == [[0, 1, 2, 3]]  # an empty store is read whole
    assert set(held) == set(summaries)
    nobody, _ = surroundings.share_layers(store, spread_subjects(1).iloc[:0], PACK, summaries)
    assert [group.tolist() for group in nobody] == [[]]
