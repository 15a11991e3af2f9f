"""Whether a plot lies among the data does not depend on what else is checked, nor on which door asks."""

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo.rules.finding import Verdict
from layers.bundles import verify_bundle, write_bundle
from layers.siting.audits import audit
from layers.siting.checks import check_subjects, load_rules, subjects_of
from tests.layers.frames import frame

ON = date(2026, 11, 22)
RULE = "yrpl-26-3-main"
POND = shapely.box(102.0, 25.0, 102.002, 25.002)
"""Far from the one river, amid the roads."""


@pytest.fixture
def filled(store):
    rivers = frame(
        [shapely.LineString([(104, 27), (104.5, 27)])], id=["r"], role="main_stem", basin="yangtze"
    )
    store.write("rivers", rivers.assign(line_kind="outer", accuracy_m=5.0))
    road = shapely.LineString([(101.9, 24.9), (102.1, 25.1)])
    store.write("roads", frame([road], id=["road"], road_grade="class_2", accuracy_m=5.0))
    return store


def subjects(*kinds: str) -> gpd.GeoDataFrame:
    shapes = [POND, shapely.Point(102.05, 25.0)][: len(kinds)]
    ids = [f"p{i}" for i in range(len(kinds))]
    plots = frame(shapes, id=ids, kind=list(kinds), state="new", accuracy_m=1.0)
    return subjects_of("proposals", plots)


def finding_of(result):
    (found,) = [f for f in result["proposals"][0]["findings"] if f["rule"] == RULE]
    return found


def test_alone_and_beside_another_kind_the_finding_is_the_same(filled):
    pack = load_rules()
    alone = check_subjects(filled, subjects("tailings_pond"), on=ON, pack=pack)
    beside = check_subjects(filled, subjects("tailings_pond", "fuel_station"), on=ON, pack=pack)
    assert finding_of(alone) == finding_of(beside)
    assert finding_of(alone)["verdict"] == Verdict.NO_BAN  # no rule of ponds reads roads, and yet they count
    assert alone["proposals"][0] == beside["proposals"][0]


def test_audit_answers_as_the_check_does(filled):
    filled.write("tailings_ponds", frame([POND], id=["p0"], state="new", accuracy_m=1.0))
    audit(filled, ["tailings_ponds"], on=ON)
    kept = filled.read("findings")
    checked = check_subjects(filled, subjects("tailings_pond", "fuel_station"), on=ON, pack=load_rules())
    open_rules = {
        f["rule"] for f in checked["proposals"][0]["findings"] if f["verdict"] == Verdict.INSUFFICIENT_DATA
    }
    assert set(kept.loc[kept["verdict"] == Verdict.INSUFFICIENT_DATA, "rule"]) == open_rules


def test_bundle_carries_the_extents(filled, tmp_path):
    pack = load_rules()
    pond = subjects("tailings_pond")
    result = check_subjects(filled, pond, on=ON, pack=pack)
    write_bundle(filled, result, pond, tmp_path / "b.zip")
    report = verify_bundle(tmp_path / "b.zip")
    assert report.differences == []


def test_outside_everything_absence_is_no_pass(filled):
    far = subjects("tailings_pond").set_geometry([shapely.Point(90.0, 30.0)], crs="EPSG:4490")
    both = gpd.GeoDataFrame(
        pd.concat([far, subjects("tailings_pond", "fuel_station").iloc[1:]], ignore_index=True)
    )
    for some in (far, both):
        assert finding_of(check_subjects(filled, some, on=ON, pack=load_rules()))["verdict"] == (
            Verdict.INSUFFICIENT_DATA
        )
