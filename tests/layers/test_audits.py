"""The register: all rules over all facilities, cut and resumed, and what flips."""

from dataclasses import replace
from datetime import date

import pytest
import shapely

from geo.rules.rule import RulePack
from layers.errors import CancelledError
from layers.runs import make_run_id
from layers.siting import audits, surroundings
from layers.siting.audits import Basis, audit, compare, compare_runs, read_audit
from layers.siting.checks import load_setback_rules
from layers.store import Store
from tests.layers.frames import frame

ON = date(2026, 11, 22)
BEFORE_THE_LAW = date(2020, 5, 1)
LAYERS = ["tailings_ponds", "chemical_parks"]
EAST_1_KM = 0.01003  # of longitude at 26 N: 1,003.7 m
"""In degrees."""


@pytest.fixture
def pack() -> RulePack:
    rules = load_setback_rules()
    kept = ("yrpl-26-3-main", "yrpl-26-2-chemical")
    return replace(rules, rules=tuple(rule for rule in rules.rules if rule.id in kept))


@pytest.fixture
def register(new_sqlite_url):
    """Seven ponds 1, 2, … 7 km east of a main stem on the meridian 101, in service but the last; a park by its bank;
    a brook that no rule is about shows that the data reach beyond."""
    with Store.open(new_sqlite_url()) as store:
        fill(store)
        yield store


def fill(store):
    lines = [shapely.LineString([(lon, 25.5 + 0.05 * i) for i in range(21)]) for lon in (101.0, 101.2)]
    store.write(
        "rivers",
        frame(
            lines,
            id=["R1", "R2"],
            name=["金沙江", "小溪"],
            source=["survey"] * 2,
            accuracy_m=[5.0] * 2,
            role=["main_stem", "other"],
            basin=["yangtze"] * 2,
            line_kind=["outer"] * 2,
            reach=["r", "s"],
        ),
    )
    store.write("tailings_ponds", ponds())
    store.write(
        "chemical_parks",
        frame(
            [shapely.Point(101.005, 26.0)],
            id=["C1"],
            name=["园区"],
            source=["survey"],
            accuracy_m=[5.0],
            state=["new"],
        ),
    )


def ponds(**moved):
    """Ponds by km from the line; ``P2=4.0`` puts the second one elsewhere."""
    ids = [f"P{i}" for i in range(1, 8)]
    places = [moved.get(id, float(i)) for i, id in enumerate(ids, start=1)]
    return frame(
        [shapely.Point(101.0 + EAST_1_KM * km, 26.0) for km in places],
        id=ids,
        name=ids,
        source=["survey"] * 7,
        accuracy_m=[5.0] * 7,
        state=["in_service"] * 6 + ["new"],
    )


def test_facilities_in_service_are_to_be_put_right_and_no_breach(register, pack):
    run = audit(register, LAYERS, on=ON, pack=pack)
    # By hand: 1,003.7 and 2,007.4 m are within 3,000 m; 3,011 m is beyond by more than the doubt of 10 m.
    assert run.result["verdicts"] == {"legacy_rectify": 2, "no_ban": 5, "prohibited": 1}
    assert run.result["legacy"] == 2
    entries = {entry["id"]: entry for entry in read_audit(register, run)}
    assert list(entries) == ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "C1"]
    assert entries["P1"]["rules"]["yrpl-26-3-main"][0] == "legacy_rectify"
    assert entries["P4"]["rules"] == {}
    stored = register.read("findings")
    assert sorted(stored["subject_id"]) == ["C1", "P1", "P2"]
    assert set(stored["source"]) == {"riskmap audit"}


def test_audit_that_was_cut_ends_with_the_same_bytes(register, pack, new_sqlite_url):
    def cut(fraction, _message):
        if fraction > 0.6:
            raise CancelledError("cut")

    with pytest.raises(CancelledError):
        audit(register, LAYERS, on=ON, pack=pack, batch_size=2, progress=cut)
    assert register.latest_run("audit") is None
    assert register.latest_run("audit_batch") is not None
    told = []
    resumed = audit(register, LAYERS, on=ON, pack=pack, batch_size=2, progress=lambda f, m: told.append(f))
    fresh = audit(register, LAYERS, on=ON, pack=pack, batch_size=2, resume=False)
    assert resumed == fresh
    assert len(resumed.result["batches"]) == 5
    assert told == sorted(told)


def test_facilities_are_judged_once_whatever_comes_and_goes_meanwhile(store, pack):
    """One goes from the page before, one is added there, and one at the end: nothing that stays is lost or doubled."""
    fill(store)

    def change_once(_fraction, message):
        if message == "tailings_ponds 4/8":
            store.supersede_feature("tailings_ponds", "P1", expected_version=1)
            store.write("tailings_ponds", ponds().iloc[[0, 0]].assign(id=["P0", "P8"]))

    run = audit(store, LAYERS, on=ON, pack=pack, batch_size=4, progress=change_once)
    ids = [entry["id"] for entry in read_audit(store, run)]
    assert ids == ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "C1"]
    assert run.result["changed"] == ["tailings_ponds"]
    assert "P1" not in set(store.read("findings")["subject_id"])


def test_findings_of_another_day_are_not_taken_for_those_of_an_audit_that_was_kept(register, pack):
    first = audit(register, LAYERS, on=ON, pack=pack)
    audit(register, LAYERS, on=BEFORE_THE_LAW, pack=pack)
    assert register.read("findings").empty
    assert audit(register, LAYERS, on=ON, pack=pack) == first
    assert sorted(register.read("findings")["subject_id"]) == ["C1", "P1", "P2"]


def test_runs_that_said_less_stand_in_no_ones_way(register, pack, monkeypatch):
    """As recorded before: ids without a shape, batches that do not say where the next begins, no ``changed``."""
    with monkeypatch.context() as before:
        before.setattr(audits, "make_run_id", lambda kind, *given: make_run_id(kind, *given[1:]))
        before.setattr(audits, "_find_changed", lambda *_: [])
        old = audit(register, LAYERS, on=ON, pack=pack)
    new = audit(register, LAYERS, on=ON, pack=pack)
    assert new.id != old.id
    assert register.run(old.id) == old
    assert compare_runs(register, old, new) == []


def test_size_of_batches_changes_no_verdict(register, pack):
    small, large = (audit(register, LAYERS, on=ON, pack=pack, batch_size=size) for size in (1, 100))
    assert list(read_audit(register, small)) == list(read_audit(register, large))


def test_targets_too_many_to_be_held_change_no_verdict(register, pack, monkeypatch):
    whole = list(read_audit(register, audit(register, LAYERS, on=ON, pack=pack)))
    monkeypatch.setattr(surroundings, "_SMALL", 0)
    monkeypatch.setattr(surroundings, "_HELD", 0)
    run = audit(register, LAYERS, on=ON, pack=pack, batch_size=3)
    assert list(read_audit(register, run)) == whole


def test_findings_of_facilities_that_are_gone_end(register, pack):
    audit(register, LAYERS, on=ON, pack=pack)
    register.supersede_feature("tailings_ponds", "P1", expected_version=1)
    audit(register, LAYERS, on=ON, pack=pack)
    assert sorted(register.read("findings")["subject_id"]) == ["C1", "P2"]


def test_data_that_changed_are_named(register, pack):
    before = audit(register, LAYERS, on=ON, pack=pack)
    register.write("tailings_ponds", ponds(P2=4.0, P7=2.9))
    after = audit(register, LAYERS, on=ON, pack=pack)
    flips = [(f.id, f.rule, f.before, f.after, f.reasons) for f in compare_runs(register, before, after)]
    assert flips == [
        ("P2", "yrpl-26-3-main", "legacy_rectify", "no_ban", ("tailings_ponds/P2.geom",)),
        ("P7", "yrpl-26-3-main", "no_ban", "prohibited", ("tailings_ponds/P7.geom",)),
    ]


def test_change_of_a_target_is_named(register, pack):
    before = audit(register, LAYERS, on=ON, pack=pack)
    register.patch_feature("rivers", "R1", {"properties": {"accuracy_m": 1500.0}}, expected_version=1)
    after = audit(register, LAYERS, on=ON, pack=pack)
    flips = {f.id: f for f in compare_runs(register, before, after)}
    # By hand: margins of -1,996, -993, 11 and 1,015 m against a doubt of 1,505 m; 2,018 m and more are clear.
    assert sorted(flips) == ["C1", "P2", "P3", "P4"]
    assert {f.reasons for f in flips.values()} == {("rivers/R1.accuracy_m",)}
    assert (flips["P2"].before, flips["P2"].decided_before) == ("legacy_rectify", True)
    assert (flips["P2"].after, flips["P2"].decided_after) == ("legacy_rectify", False)


def test_day_and_rule_are_reasons(register, pack):
    flips = compare(register, Basis(BEFORE_THE_LAW, pack), Basis(ON, pack), LAYERS)
    assert [(f.id, f.before, f.after, f.reasons) for f in flips] == [
        ("P1", "no_ban", "legacy_rectify", ("date",)),
        ("P2", "no_ban", "legacy_rectify", ("date",)),
        ("C1", "no_ban", "prohibited", ("date",)),
    ]
    chemical, main = pack.rules
    stricter = replace(main, parameters={**main.parameters, "distance_m": 4500.0})
    changed = RulePack((chemical, stricter), "stricter")
    flips = compare(register, Basis(ON, pack), Basis(ON, changed), LAYERS)
    assert [(f.id, f.before, f.after, f.reasons) for f in flips] == [
        ("P3", "no_ban", "legacy_rectify", ("rule changed",)),
        ("P4", "no_ban", "legacy_rectify", ("rule changed",)),
    ]
    assert register.read("findings").empty


def test_nothing_flips_between_equal_sides(register, pack):
    assert compare(register, Basis(ON, pack), Basis(ON, pack), LAYERS, batch_size=3) == []
