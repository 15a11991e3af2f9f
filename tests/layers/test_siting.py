"""Where a project may go, from a store: areas, notes, steps with a look at the place they lead to."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely

from geo.errors import OutOfRangeError
from geo.rules.rule import RulePack
from geo.siting.project import Project
from layers.errors import NotFoundError
from layers.siting.checks import check_subjects, load_setback_rules, subjects_of
from layers.siting.search import largest_here, look_at_moves, read_area, where
from layers.store import Store
from tests.layers.frames import declaration, frame

ON = date(2026, 11, 22)
AREA = (101.0, 26.0, 101.06, 26.05)
COUNTY = shapely.box(101.0, 26.0, 101.06, 26.05)


@pytest.fixture
def pack() -> RulePack:
    rules = load_setback_rules()
    return replace(rules, rules=tuple(rule for rule in rules.rules if rule.id == "yrpl-26-3-main"))


@pytest.fixture
def store(store_url):
    """A main stem along the western edge of a county, and nothing else: its rivers are declared to be all there."""
    with Store.open(store_url) as opened:
        opened.write("coverage", declaration("rivers", shapely.box(100.5, 25.5, 101.5, 26.5)))
        opened.write(
            "rivers",
            frame(
                [shapely.LineString([(101.0, 25.5 + 0.05 * i) for i in range(21)])],
                id=["R1"],
                name=["金沙江"],
                source=["survey"],
                accuracy_m=[5.0],
                role=["main_stem"],
                basin=["yangtze"],
                line_kind=["outer"],
                reach=["r"],
            ),
        )
        opened.write(
            "admin_areas",
            frame(
                [COUNTY], id=["county"], name=["县"], source=["survey"], adcode=["530199"], level=["county"]
            ),
        )
        yield opened


def proposal(lon=101.02, state="new"):
    rows = frame(
        [shapely.Point(lon, 26.02)],
        id=["X"],
        name=["拟建库"],
        source=["drawing"],
        accuracy_m=[1.0],
        kind=["tailings_pond"],
        state=[state],
    )
    return subjects_of("proposals", rows)


def test_belt_along_the_river_is_excluded(store, pack):
    told = []
    found = where(
        store, proposal(), AREA, on=ON, resolution=8, pack=pack, progress=lambda f, m: told.append(f)
    )
    areas = found["areas_km2"]
    assert areas["allowed"] + areas["undecided"] + areas["excluded"] == pytest.approx(areas["area"], rel=1e-6)
    # By hand: 3,000 m less and plus 6 m of doubt, along 0.05 degrees of the meridian (5,539 m at 26 N).
    assert areas["excluded"] == pytest.approx(2.994 * 5.539, rel=2e-3)
    assert areas["undecided"] == pytest.approx(0.012 * 5.539, rel=0.02)
    assert found["notes"] == []
    assert {cell["rule"] for cell in found["cells"]} == {"yrpl-26-3-main"}
    assert all(cell["fails"] == 1 for cell in found["cells"] if cell["status"] == "excluded")
    assert told == sorted(told)
    assert json.loads(json.dumps(found)) == found


def test_area_by_division_code_is_the_same(store, pack):
    by_code, by_bounds = (
        where(store, proposal(), area, on=ON, resolution=7, pack=pack) for area in ("530199", AREA)
    )
    assert by_code == by_bounds


def test_layers_that_are_not_there_are_named(store):
    pack = load_setback_rules()
    contours = replace(pack.rules[0], id="contours", target_layer="risk_contours")
    found = where(
        store,
        proposal(state="rebuild"),
        AREA,
        on=ON,
        resolution=7,
        pack=RulePack(
            (replace(contours, subject_kinds=("tailings_pond",), states={"rebuild": "prohibited"}),), "x"
        ),
    )
    assert found["rules"][0]["needs"] == ["layer risk_contours"]
    assert found["areas_km2"]["undecided"] == pytest.approx(found["areas_km2"]["area"])
    assert "contours" in found["notes"][0]["en"]


def test_same_input_gives_the_same_bytes(store, pack):
    first, second = (
        json.dumps(where(store, proposal(), AREA, on=ON, resolution=8, pack=pack)) for _ in range(2)
    )
    assert first == second


def test_steps_say_what_waits_at_the_place_they_lead_to(store, pack):
    subject = proposal()
    result = check_subjects(store, subject, on=ON, pack=pack)
    (told,) = look_at_moves(store, subject, result, on=ON, pack=pack)["proposals"]
    (move,) = told["changes"]
    assert move["step"] == "move"
    assert move["conclusion_there"] == "pass"
    anchor = Project.read(subject)
    # By hand: 0.02 degrees of longitude at 26.02 N are 2,001.9 m; 998.1 m are missing, and 6 m of doubt.
    assert move["metres"] == pytest.approx(1004.1, abs=0.5)
    assert np.hypot(*(np.array(move["to"]) - [anchor.lon, anchor.lat])) == pytest.approx(0.01003, rel=1e-3)


def test_largest_is_found_in_the_store(store, pack):
    found = largest_here(
        store, proposal(), "capacity_m3", on=ON, between=(0.0, 1e7), tolerance=1.0, pack=pack
    )
    assert found["value"] is None
    assert found["rules"] == ["yrpl-26-3-main"]


def test_wrong_areas_are_refused(store):
    with pytest.raises(OutOfRangeError):
        read_area((102.0, 26.0, 101.0, 27.0))
    with pytest.raises(NotFoundError):
        read_area("539998", store)
