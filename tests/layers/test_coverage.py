"""Declared surveys: nothing found inside them is nothing there, outside them it is not known."""

from datetime import date

import pytest
import shapely

from geo.ellipsoid import CGCS2000
from geo.rules.expression import implies, parse_condition
from layers.exchange.importing import import_file
from layers.siting.checks import check_subjects, load_rules, subjects_of
from layers.siting.search import where
from layers.store import Store
from tests.layers.frames import declaration, frame

ON = date(2026, 11, 22)
RULE = "yrpl-26-2-chemical"
LIMIT_M = 1000.0
HERE = shapely.Point(102.0, 26.0)
AROUND = shapely.box(101.9, 25.9, 102.1, 26.1)
"""20.0 km by 22.2 km round the plot."""

pack = load_rules().for_kinds(["chemical_project"])


def project(**columns):
    rows = {"id": ["X"], "kind": ["chemical_project"], "state": ["new"], "accuracy_m": [5.0], **columns}
    return subjects_of("proposals", frame([HERE], name=["厂"], source=["drawing"], **rows))


def finding(store: Store, rule: str = RULE, subject=None):
    result = check_subjects(store, project() if subject is None else subject, on=ON, pack=pack)
    return next(f for f in result["proposals"][0]["findings"] if f["rule"] == rule)


def test_empty_layer_says_what_to_bring(store):
    found = finding(store)
    assert (found["verdict"], found["decided"]) == ("insufficient_data", False)
    assert found["needs"] == ["layer rivers"]
    assert "declare in layer “Declarations of complete surveys”" in found["explanation"]["en"]
    assert "河流" in found["explanation"]["zh"]
    assert found["coverage"] == []


def test_declared_survey_makes_it_a_real_pass(store):
    store.write("coverage", declaration("rivers", AROUND))
    found = finding(store)
    assert (found["verdict"], found["decided"], found["needs"]) == ("no_ban", True, [])
    assert found["coverage"] == [
        {
            "id": "C-rivers",
            "layer": "rivers",
            "name": "普查声明",
            "source": "survey",
            "declared_by": "县应急管理局",
            "surveyed_on": "2026-06-01",
        }
    ]
    assert "2026-06-01" in found["explanation"]["zh"]


@pytest.mark.parametrize(
    ("east_m", "verdict"),
    # By hand: 1,000 m of the rule and 5 m of the plot's accuracy must fit between the plot and the edge.
    [(1004.9, "insufficient_data"), (1005.1, "no_ban")],
)
def test_survey_must_hold_all_that_the_rule_looks_at(store, east_m, verdict):
    edge, _, _ = CGCS2000.fwd(102.0, 26.0, 90.0, east_m)
    # Many corners keep the edge, a meridian, at that distance: the nearest point of it is due east.
    store.write("coverage", declaration("rivers", shapely.box(101.9, 25.9, edge, 26.1)))
    assert finding(store)["verdict"] == verdict


def test_survey_of_another_layer_or_said_to_be_incomplete_says_nothing(store):
    store.write("coverage", declaration("lakes", AROUND))
    assert finding(store)["verdict"] == "insufficient_data"
    store.write("coverage", declaration("rivers", AROUND, complete=[False]))
    assert finding(store)["verdict"] == "insufficient_data"


def test_part_known_to_be_incomplete_is_taken_out(store):
    store.write("coverage", declaration("rivers", AROUND))
    hole = shapely.box(102.005, 25.99, 102.02, 26.01)
    store.write("coverage", declaration("rivers", hole, id=["gap"], complete=[False]))
    assert finding(store)["verdict"] == "insufficient_data"


def test_survey_of_one_kind_serves_rules_about_that_kind_only(store):
    store.write("coverage", declaration("rivers", AROUND, condition=["role in ['main_stem', 'tributary']"]))
    rule = next(rule for rule in pack.rules if rule.id == RULE)
    assert implies(rule.target_filter, parse_condition("role in ['main_stem', 'tributary']"))
    assert finding(store)["verdict"] == "no_ban"
    store.write("coverage", declaration("rivers", AROUND, condition=["role == 'main_stem'"]))
    assert finding(store)["verdict"] == "insufficient_data"


def test_plot_of_unknown_accuracy_is_not_decided(store):
    store.write("coverage", declaration("rivers", AROUND))
    found = finding(store, subject=project(accuracy_m=[None]))
    assert found["verdict"] == "insufficient_data"
    assert "subject.accuracy_m" in found["needs"]


def test_what_must_be_there_and_is_not_is_a_ban(store):
    rule = "hcsl-18-into-park"
    assert finding(store, rule)["verdict"] == "insufficient_data"
    store.write("coverage", declaration("chemical_parks", AROUND))
    subject = project(attached_plant=[False])
    found = finding(store, rule, subject)
    assert (found["verdict"], found["decided"]) == ("prohibited", True)
    assert found["coverage"][0]["layer"] == "chemical_parks"


def test_far_features_are_said_to_be_all_that_was_measured_to(store):
    river = shapely.LineString([(102.5, 25.5), (102.5, 26.5)])
    known = {"role": ["main_stem"], "basin": ["yangtze"], "line_kind": ["outer"], "reach": ["r"]}
    store.write("rivers", frame([river], id=["R"], source=["survey"], accuracy_m=[5.0], **known))
    store.write("lakes", frame([AROUND], id=["L"], source=["survey"], accuracy_m=[5.0]))
    found = finding(store)
    assert found["verdict"] == "no_ban"
    assert "only features in layer" in found["explanation"]["en"].lower()
    store.write("coverage", declaration("rivers", AROUND))
    found = finding(store)
    assert "only features" not in found["explanation"]["en"].lower()
    assert found["coverage"][0]["id"] == "C-rivers"


def test_stranger_of_unknown_accuracy_is_not_inside_a_complete_survey(store):
    river = shapely.LineString([(102.5, 25.5), (102.5, 26.5)])
    known = {"role": ["main_stem"], "basin": ["yangtze"], "line_kind": ["outer"], "reach": ["r"]}
    store.write("rivers", frame([river], id=["R"], source=["old map"], accuracy_m=[None], **known))
    store.write("lakes", frame([AROUND], id=["L"], source=["survey"], accuracy_m=[5.0]))
    river_rules = type(pack)(tuple(rule for rule in pack.rules if rule.id == RULE), "x")
    area = (101.98, 25.98, 102.02, 26.02)
    assert finding(store)["decided"] is False
    open_ = where(store, project(), area, on=ON, resolution=8, pack=river_rules)["areas_km2"]
    assert open_["undecided"] == pytest.approx(open_["area"])
    store.write("coverage", declaration("rivers", AROUND))
    assert (finding(store)["verdict"], finding(store)["decided"]) == ("no_ban", True)
    settled = where(store, project(), area, on=ON, resolution=8, pack=river_rules)["areas_km2"]
    assert settled["allowed"] == pytest.approx(settled["area"], rel=1e-6)
    # A line that is stored inside the survey is there, wherever exactly.
    near = shapely.LineString([(102.05, 25.95), (102.05, 26.05)])
    more = {**known, "reach": ["s"]}
    store.write("rivers", frame([near], id=["S"], source=["old map"], accuracy_m=[None], **more))
    assert finding(store)["decided"] is False


def test_places_of_a_search_are_open_outside_the_survey(store):
    river_rules = type(pack)(tuple(rule for rule in pack.rules if rule.id == RULE), "x")
    area = (101.8, 25.9, 102.0, 26.0)
    store.write("coverage", declaration("rivers", AROUND))
    found = where(store, project(), area, on=ON, resolution=8, pack=river_rules)
    km2 = found["areas_km2"]
    # By hand: the survey reaches into the eastern half, 10.0 km by 11.1 km, less 1,005 m along its west and south.
    assert km2["allowed"] == pytest.approx((10.01 - 1.005) * (11.08 - 1.005), rel=5e-3)
    assert km2["excluded"] == 0.0
    assert km2["undecided"] == pytest.approx(km2["area"] - km2["allowed"], rel=1e-6)
    cells = {cell["conclusion"] for cell in found["cells"]}
    assert cells == {"pass", "undecidable"}
    inside = [c for c in found["cells"] if c["status"] == "allowed"]
    assert inside
    for cell in inside[:3] + [c for c in found["cells"] if c["status"] == "undecided"][:3]:
        there = project()
        there["geometry"] = [shapely.Point(cell["lon"], cell["lat"])]
        at_home = check_subjects(store, there.set_geometry("geometry"), on=ON, pack=river_rules)
        assert at_home["proposals"][0]["conclusion"] == cell["conclusion"]


def test_search_far_from_all_data_allows_nothing(store):
    river_rules = type(pack)(tuple(rule for rule in pack.rules if rule.id == RULE), "x")
    river = shapely.LineString([(110.0, 25.5), (110.0, 26.5)])
    known = {"role": ["main_stem"], "basin": ["yangtze"], "line_kind": ["outer"], "reach": ["r"]}
    store.write("rivers", frame([river], id=["R"], source=["survey"], accuracy_m=[5.0], **known))
    found = where(store, project(), (101.95, 25.95, 102.05, 26.05), on=ON, resolution=7, pack=river_rules)
    assert found["areas_km2"]["allowed"] == 0.0
    assert found["areas_km2"]["undecided"] == pytest.approx(found["areas_km2"]["area"])
    assert finding(store)["verdict"] == "insufficient_data"
    (told,) = check_subjects(store, project(), on=ON, pack=river_rules)["proposals"]
    assert {change["step"] for change in told["changes"]} == {"bring"}


def test_declarations_are_imported_and_checked(store, tmp_path):
    path = tmp_path / "surveys.csv"
    path.write_text(
        "id,name,图层,是否完整,普查日期,声明单位,wkt\n"
        f'1,县河流普查,rivers,是,2026-06-01,县水务局,"{AROUND.wkt}"\n'
        f'2,错误,rivres,是,2026-06-01,县水务局,"{AROUND.wkt}"\n'
        f'3,未说明,rivers,,2026-06-01,县水务局,"{AROUND.wkt}"\n',
        encoding="utf-8",
    )
    report = import_file(store, path, "coverage", crs="EPSG:4490")
    assert report.accepted == 1
    assert {(rejection.row, rejection.column) for rejection in report.rejected} >= {
        (3, "图层"),
        (4, "complete"),
    }
    assert finding(store)["verdict"] == "no_ban"


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ("a == 1", "a == 1", True),
        ("a == 1 and b == 2", "a == 1", True),
        ("a == 1", "a == 1 and b == 2", False),
        ("a == 1 or a == 2", "a in [1, 2, 3]", True),
        ("a in [1, 4]", "a in [1, 2, 3]", False),
        ("a == 1", "a == 2 or a == 1", True),
        ("a != 1", "a == 2", False),
        ("not a == 1", "not a == 1", True),
    ],
)
def test_conditions_that_follow(first, second, answer):
    assert implies(parse_condition(first), parse_condition(second)) is answer
