"""River setback verdicts.

Rivers run along meridians; a facility stands at the end of a geodesic that leaves its river at a right angle, so the
distance is the one put in (direct problem of pyproj.Geod), whatever the engine computes.
"""

from datetime import date

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiPolygon, Point, Polygon

from geo.rules.evaluate import evaluate
from geo.rules.finding import Conclusion, Verdict, conclude, worst_verdict
from geo.rules.rule import RulePack
from layers.siting.checks import load_setback_rules

GEOD = Geod(a=6378137, rf=298.257222101)
ON = date(2026, 11, 22)
MAIN, TRIBUTARY, CHEMICAL = "yrpl-26-3-main", "yrpl-26-3-tributary", "yrpl-26-2-chemical"
PACK = load_setback_rules()


def rule(name):
    return RulePack(tuple(r for r in PACK.rules if r.id == name), PACK.version)


def east_of(lon, distance_m, lat=26.5):
    return Point(GEOD.fwd(lon, lat, 90.0, distance_m)[:2])


def river(lon=102.0, **attributes):
    row = {
        "id": "jinsha",
        "name": "金沙江",
        "role": "main_stem",
        "important_by": None,
        "catchment_km2": None,
        "basin": "yangtze",
        "reach": None,
        "line_kind": "outer",
        "half_width_m": None,
        "accuracy_m": 5.0,
        "geometry": LineString([(lon, 26.0), (lon, 26.5), (lon, 27.0)]),
    }
    return row | attributes


def facility(geometry, **attributes):
    row = {
        "id": "p1",
        "name": "示例库",
        "kind": "tailings_pond",
        "state": "new",
        "purpose": None,
        "accuracy_m": 5.0,
        "geometry": geometry,
    }
    return row | attributes


def frame(*rows):
    return gpd.GeoDataFrame(list(rows), geometry="geometry", crs=4490)


def check(subject, *rivers, name=MAIN, on=ON):
    targets = {"rivers": frame(*rivers)} if rivers else {}
    ((finding,),) = evaluate(rule(name), frame(subject), targets, on)
    return finding


@pytest.mark.parametrize(
    ("distance_m", "verdict", "decided"),
    [
        pytest.param(200.0, Verdict.PROHIBITED, True, id="deep inside"),
        pytest.param(2980.0, Verdict.PROHIBITED, True, id="20 m inside"),
        pytest.param(2995.0, Verdict.PROHIBITED, False, id="inside by less than the doubt"),
        pytest.param(2990.0, Verdict.PROHIBITED, False, id="margin equals the doubt"),
        pytest.param(3000.0, Verdict.PROHIBITED, False, id="exactly at the limit"),
        pytest.param(3000.001, Verdict.NO_BAN, False, id="1 mm beyond the limit"),
        pytest.param(3010.5, Verdict.NO_BAN, True, id="beyond the doubt"),
        pytest.param(80000.0, Verdict.NO_BAN, True, id="far away"),
    ],
)
def test_new_pond_by_distance(distance_m, verdict, decided):
    finding = check(facility(east_of(102.0, distance_m)), river())
    assert (finding.verdict, finding.decided) == (verdict, decided)
    assert finding.distance_m == pytest.approx(distance_m, abs=0.0011)
    assert finding.margin_m == pytest.approx(distance_m - 3000.0, abs=0.0011)
    assert (finding.limit_m, finding.doubt_m, finding.found) == (3000.0, 10.0, finding.distance_m)
    # Beyond 10 km the engine settles the distance to 1 mm, where the foot may still slide by centimetres.
    assert finding.end == pytest.approx((102.0, 26.5), abs=1e-7 if distance_m < 10_000 else 1e-6)
    assert finding.target is not None
    assert (finding.target.layer, finding.target.id) == ("rivers", "jinsha")


@pytest.mark.parametrize(
    ("state", "purpose", "verdict"),
    [
        ("new", None, Verdict.PROHIBITED),
        ("expand", "safety", Verdict.PROHIBITED),
        ("rebuild", "safety", Verdict.CONDITIONAL),
        ("rebuild", "ecology", Verdict.CONDITIONAL),
        ("rebuild", "other", Verdict.PROHIBITED),
        ("rebuild", None, Verdict.INSUFFICIENT_DATA),
        ("in_service", None, Verdict.LEGACY_RECTIFY),
        ("re_mining", None, Verdict.INSUFFICIENT_DATA),
        ("closed", None, Verdict.NO_BAN),
        (None, None, Verdict.INSUFFICIENT_DATA),
    ],
)
def test_pond_within_3_km_by_state(state, purpose, verdict):
    finding = check(facility(east_of(102.0, 1000.0), state=state, purpose=purpose), river())
    assert finding.verdict is verdict


def test_missing_state_and_purpose_are_named():
    assert "subject.state" in check(facility(east_of(102.0, 1.0), state=None), river()).needs
    assert "subject.purpose" in check(facility(east_of(102.0, 1.0), state="rebuild"), river()).needs


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("new", "prohibited"),
        ("expand", "prohibited"),
        ("rebuild", "no_ban"),
        ("in_service", "legacy_rectify"),
    ],
)
def test_chemical_park_within_1_km_of_any_tributary(state, verdict):
    stream = river(role="tributary", catchment_km2=12.0)
    finding = check(facility(east_of(102.0, 900.0), kind="chemical_park", state=state), stream, name=CHEMICAL)
    assert finding.verdict.value == verdict


@pytest.mark.parametrize(
    ("attributes", "verdict"),
    [
        pytest.param({"important_by": "statute"}, "prohibited", id="named by statute"),
        pytest.param({"important_by": "local_list"}, "prohibited", id="local list"),
        pytest.param({"catchment_km2": 11657.0}, "prohibited", id="large catchment"),
        pytest.param(
            {"catchment_km2": 9240.7}, "insufficient_data", id="Longchuan alone: no important tributary known"
        ),
        pytest.param({}, "insufficient_data", id="catchment unknown"),
    ],
)
def test_tributary_counts_by_mark_or_catchment(attributes, verdict):
    finding = check(facility(east_of(102.0, 500.0)), river(role="tributary", **attributes), name=TRIBUTARY)
    assert finding.verdict.value == verdict


def test_small_tributary_beside_an_important_one_is_no_obstacle():
    finding = check(
        facility(east_of(102.0, 500.0)),
        river(role="tributary", catchment_km2=9240.7, id="longchuan"),
        river(101.5, role="tributary", important_by="statute", id="pudu"),
        name=TRIBUTARY,
    )
    assert finding.verdict is Verdict.NO_BAN
    assert finding.target is not None
    assert finding.target.id == "pudu"


def test_unmarked_tributary_asks_for_its_catchment():
    finding = check(
        facility(east_of(102.0, 500.0)),
        river(role="tributary", id="anning"),
        river(101.5, role="tributary", important_by="statute", id="pudu"),
        name=TRIBUTARY,
    )
    assert finding.verdict is Verdict.INSUFFICIENT_DATA
    assert "rivers/anning.catchment_km2" in finding.needs
    assert conclude([finding]) is Conclusion.UNDECIDABLE


def test_unmarked_tributary_far_away_asks_for_nothing():
    finding = check(facility(east_of(102.0, 50_000.0)), river(role="tributary", id="anning"), name=TRIBUTARY)
    assert (finding.verdict, finding.decided, finding.needs) == (Verdict.NO_BAN, True, ())


def test_river_of_another_basin_does_not_count():
    finding = check(facility(east_of(102.0, 500.0)), river(basin="mekong"))
    assert (finding.verdict, finding.needs) == (Verdict.INSUFFICIENT_DATA, ("layer rivers",))


@pytest.mark.parametrize("rivers", [(), (river(role="other"),)], ids=["no layer", "nothing that counts"])
def test_no_river_is_insufficient_data_not_a_pass(rivers):
    finding = check(facility(east_of(102.0, 500.0)), *rivers)
    assert (finding.verdict, finding.decided) == (Verdict.INSUFFICIENT_DATA, False)
    assert conclude([finding]) is Conclusion.UNDECIDABLE


def test_vague_line_further_away_is_not_hidden_by_a_precise_one():
    precise = river(101.99, id="precise", accuracy_m=5.0)
    vague = river(101.98, id="vague", line_kind="centre", accuracy_m=2500.0)
    finding = check(facility(east_of(102.0, 2500.0)), precise, vague)  # 3.5 km and 4.5 km
    assert finding.target is not None
    assert finding.target.id == "vague"
    assert (finding.verdict, finding.decided) == (Verdict.NO_BAN, False)
    assert conclude([finding]) is Conclusion.UNDECIDABLE


@pytest.mark.parametrize(("subject_m", "line_m"), [(None, 5.0), (5.0, None), (None, None)])
def test_unknown_accuracy_decides_nothing(subject_m, line_m):
    finding = check(facility(east_of(102.0, 100.0), accuracy_m=subject_m), river(accuracy_m=line_m))
    assert (finding.verdict, finding.decided, finding.doubt_m) == (Verdict.PROHIBITED, False, None)
    assert conclude([finding]) is Conclusion.UNDECIDABLE


def test_centre_line_known_to_2_5_km_as_in_open_data():
    centre = river(line_kind="centre", accuracy_m=2500.0)
    outcomes = {}
    for distance_m in (200.0, 4000.0, 8000.0):
        finding = check(facility(east_of(102.0, distance_m)), centre)
        outcomes[distance_m] = (finding.verdict.value, finding.decided)
        assert "screening only" in finding.explanation.en
    assert outcomes == {200.0: ("prohibited", True), 4000.0: ("no_ban", False), 8000.0: ("no_ban", True)}


def test_half_width_is_subtracted_from_a_centre_line():
    finding = check(facility(east_of(102.0, 3100.0)), river(line_kind="centre", half_width_m=150.0))
    assert finding.distance_m == pytest.approx(2950.0, abs=0.0011)
    assert finding.verdict is Verdict.PROHIBITED


def test_outer_and_water_side_line_disagree():
    outer = river(102.0, id="outer", reach="r1", line_kind="outer")
    water_side = river(101.998, id="inner", reach="r1", line_kind="water_side")  # about 199 m further
    finding = check(facility(east_of(102.0, 2900.0)), outer, water_side)
    assert finding.verdict is Verdict.DEPENDS_ON_BANK_LINE
    assert finding.distance_m == pytest.approx(2900.0, abs=0.0011)
    assert finding.measured_to == "outer"
    assert conclude([finding]) is Conclusion.UNDECIDABLE


@pytest.mark.parametrize(("distance_m", "verdict"), [(2700.0, Verdict.PROHIBITED), (3200.0, Verdict.NO_BAN)])
def test_outer_and_water_side_line_agree(distance_m, verdict):
    outer = river(102.0, id="outer", reach="r1", line_kind="outer")
    water_side = river(101.998, id="inner", reach="r1", line_kind="water_side")
    assert check(facility(east_of(102.0, distance_m)), outer, water_side).verdict is verdict


def test_better_line_replaces_the_centre_line_of_its_reach():
    outer = river(101.99, id="outer", reach="r1", line_kind="outer")
    centre = river(102.0, id="centre", reach="r1", line_kind="centre", accuracy_m=2500.0)
    finding = check(facility(east_of(102.0, 2500.0)), outer, centre)
    assert finding.target is not None
    assert (finding.target.id, finding.doubt_m, finding.verdict) == ("outer", 10.0, Verdict.NO_BAN)


@pytest.mark.parametrize(
    ("on", "verdicts"),
    [
        (date(2019, 5, 1), {"not_in_force"}),
        (date(2020, 6, 1), {"not_in_force", "prohibited"}),
        (date(2024, 6, 1), {"prohibited"}),
        (date(2026, 1, 1), {"prohibited", "not_in_force"}),
    ],
)
def test_decision_date_decides_what_applies(on, verdicts):
    main = RulePack(tuple(r for r in PACK.rules if r.id.endswith("main")), PACK.version)
    ((*findings,),) = evaluate(main, frame(facility(east_of(102.0, 100.0))), {"rivers": frame(river())}, on)
    assert {finding.verdict.value for finding in findings} == verdicts


def test_advisory_rule_is_shown_but_not_counted():
    finding = check(facility(east_of(102.0, 100.0)), river(), name="eight-ministries-2020-main")
    assert (finding.advisory, finding.verdict) == (True, Verdict.PROHIBITED)
    assert worst_verdict([finding]) is Verdict.NO_BAN
    assert conclude([finding]) is Conclusion.PASS


def square(lon, size=0.001, lat=26.5):
    return Polygon([(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size)])


def test_pond_across_the_line_is_at_distance_zero():
    finding = check(facility(square(101.9995)), river())
    assert (finding.distance_m, finding.verdict, finding.decided) == (0.0, Verdict.PROHIBITED, True)


def test_river_in_a_hole_is_outside_but_near():
    ring = Polygon(
        [(101.9, 25.9), (102.1, 25.9), (102.1, 27.1), (101.9, 27.1)],
        [[(101.99, 25.95), (102.01, 25.95), (102.01, 27.05), (101.99, 27.05)]],
    )
    finding = check(facility(ring), river())
    assert finding.distance_m is not None
    assert 900.0 < finding.distance_m < 1000.0  # 0.01 degrees of longitude at 26 to 27 N


def test_nearest_part_of_a_multi_part_pond_counts():
    near, far = square(102.01), square(102.2)
    both = check(facility(MultiPolygon([far, near])), river())
    assert both.distance_m == check(facility(near), river()).distance_m
    assert both.measured_from == "boundary"


def test_point_facility_says_that_its_boundary_may_be_nearer():
    finding = check(facility(east_of(102.0, 100.0)), river())
    assert finding.measured_from == "point"
    assert "boundary may lie nearer" in finding.explanation.en


def test_kinds_that_no_rule_covers_get_no_finding():
    other = facility(east_of(102.0, 100.0), kind="smelter")
    assert evaluate(PACK, frame(other), {"rivers": frame(river())}, ON) == [[]]


def test_unknown_kind_is_asked_for_where_it_matters():
    near, far = (check(facility(east_of(102.0, d), kind=None), river()) for d in (100.0, 50_000.0))
    assert (near.verdict, near.needs[0]) == (Verdict.INSUFFICIENT_DATA, "subject.kind")
    assert (far.verdict, far.decided) == (Verdict.NO_BAN, True)


def test_no_subjects_no_findings():
    assert evaluate(PACK, frame(facility(Point(102, 26))).iloc[:0], {"rivers": frame(river())}, ON) == []


def test_undecided_finding_says_what_survey_would_decide_it():
    finding = check(facility(east_of(102.0, 2900.0)), river(accuracy_m=500.0))
    assert "Cannot be decided at this accuracy" in finding.explanation.en
    assert "95.0 m" in finding.explanation.en  # margin 100 m less the pond's own 5 m
    assert "该精度下无法判定" in finding.explanation.zh


@settings(max_examples=25, deadline=None)
@given(distance_m=st.floats(1.0, 6000.0), limit_m=st.floats(1.0, 6000.0), less_m=st.floats(0.0, 3000.0))
def test_larger_limit_never_improves_a_verdict(distance_m, limit_m, less_m):
    from dataclasses import replace

    order = list(Verdict)
    subject, rivers = frame(facility(east_of(102.0, distance_m))), {"rivers": frame(river())}

    def verdict(limit):
        pack = RulePack(
            tuple(replace(r, parameters={**r.parameters, "distance_m": limit}) for r in rule(MAIN).rules),
            "test",
        )
        return order.index(evaluate(pack, subject, rivers, ON)[0][0].verdict)

    assert verdict(limit_m) <= verdict(max(limit_m - less_m, 0.0))


def test_published_form_has_the_fields_of_the_contract():
    data = check(facility(east_of(102.0, 100.0)), river()).to_dict()
    assert list(data)[:10] == [
        "rule",
        "title",
        "authority",
        "edition",
        "clause",
        "in_force_from",
        "in_force_to",
        "standing",
        "advisory",
        "verdict",
    ]
    assert data["from"] != data["to"]
    assert data["evidence"] == {"type": "LineString", "coordinates": [data["from"], data["to"]]}
    assert data["in_force_from"] == "2021-03-01"
    assert data["title"]["zh"].startswith("长江干流岸线")
