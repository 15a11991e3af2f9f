"""Distances by class and class: the tables themselves, and what they ask of a pair.

The numbers are those of the printed tables as reprints give them; distances are put in by the direct geodesic problem.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geo.errors import RuleError
from geo.rules.evaluate import evaluate
from geo.rules.finding import Verdict
from geo.rules.rule import RulePack
from geo.rules.schema import BUILT_IN_PACKS
from geo.rules.tables import MEASURED_TO, PARTS, read_table
from layers.catalog import LAYERS
from layers.siting.checks import SUBJECT_LAYERS, load_rules
from tests.geo.rule_scenes import east_of, frame, meridian

PACK = load_rules([BUILT_IN_PACKS / "tables.toml"])
RULES = {rule.id: rule for rule in PACK.rules}
HEADER = (
    "table",
    "edition",
    "target_layer",
    "subject.kind",
    "target.use",
    "distance_m",
    "bracket_m",
    "bracket_if",
)


def line(*values):
    return dict(zip((*HEADER, "standing", "source"), (*values, "verified", "by hand"), strict=True))


def table(*rows):
    return read_table({"table": "t.csv", "rows": list(rows)})


def limits(made, subject, *targets):
    own, others = pd.DataFrame([subject]), pd.DataFrame(list(targets))
    return made.limits(own, made.truths("subject", own)[:, 0], others, made.truths("target", others))


def check(rule, subject, target, on=date(2026, 1, 1)):
    """Return the finding of a rule for one subject before one target."""
    kind = RULES[rule].subject_kinds[0]
    own = {"kind": kind, "state": "new", "purpose": None, "outline": "equipment"} | subject
    layers = {RULES[rule].target: frame(target)}
    ((finding,),) = evaluate(RulePack((RULES[rule],), "v"), frame(own), layers, on)
    return finding


def test_every_cell_states_its_source_and_has_fields_that_exist():
    subject_fields = {f.name for layer in SUBJECT_LAYERS for f in LAYERS[layer].all_fields}
    for rule in PACK.rules:
        cells = rule.parameters["distance"].select(rule.edition, rule.standing.value, rule.target).cells
        assert cells, rule.id
        fields = {f.name for f in LAYERS[rule.target].all_fields}
        for cell in cells:
            assert cell.source
            assert set(cell.fields("subject")) <= subject_fields, rule.id
            assert set(cell.fields("target")) <= fields, rule.id
        assert MEASURED_TO[rule.target] in PARTS


def test_every_line_is_read_by_exactly_one_rule_or_waits_for_a_layer():
    for name in {rule.parameters["distance"].name for rule in PACK.rules}:
        users = [rule for rule in PACK.rules if rule.parameters["distance"].name == name]
        for cell in users[0].parameters["distance"].cells:
            read_by = [
                rule.id
                for rule in users
                if (rule.edition, rule.standing.value, rule.target)
                == (cell.edition, cell.standing, cell.target_layer)
            ]
            assert len(read_by) == (cell.target_layer != "-"), (name, cell.source, read_by)


def test_words_of_the_tables_are_words_of_the_layers():
    """A class that no feature can hold would leave its number without use."""
    for rule in PACK.rules:
        for cell in rule.parameters["distance"].select(rule.edition, rule.standing.value, rule.target).cells:
            for name, test in cell.target.items():
                choices = LAYERS[rule.target].field(name).choices
                assert not choices or any(test(word) for word in choices), (rule.id, name)


def test_known_classes_give_one_number():
    made = table(
        line("T", "1", "zones", "a", "home", "30", "", ""), line("T", "1", "zones", "b", "home", "50", "", "")
    )
    found = limits(made, {"kind": "b"}, {"use": "home"}, {"use": "other"})
    assert found.applies.tolist() == [True, False]
    assert (found.least_m[0], found.largest_m[0]) == (50.0, 50.0)


def test_unknown_classes_give_a_range_and_break_nothing_for_sure():
    made = table(
        line("T", "1", "zones", "a", "home", "30", "", ""), line("T", "1", "zones", "b", "home", "50", "", "")
    )
    found = limits(made, {"kind": None}, {"use": "home"})
    assert (found.least_m[0], found.largest_m[0]) == (0.0, 50.0)


def test_brackets_are_chosen_by_their_condition_and_open_without_it():
    made = table(line("T", "1", "zones", "", "", "100", "75", "target.small_place"))
    found = limits(
        made, {"kind": "a"}, *({"use": "x", "small_place": value} for value in (True, False, None))
    )
    assert found.least_m.tolist() == [75.0, 100.0, 75.0]
    assert found.largest_m.tolist() == [75.0, 100.0, 100.0]


def test_a_number_that_is_not_known_passes_nobody():
    found = limits(table(line("T", "1", "zones", "", "", "", "", "")), {"kind": "a"}, {"use": "x"})
    assert (found.least_m[0], found.largest_m[0]) == (0.0, np.inf)


def test_a_multiple_of_a_missing_height_is_not_zero():
    made = table(line("T", "1", "power_lines", "", "", "1.5 x pole_height_m", "", ""))
    found = limits(made, {"kind": "a"}, {"pole_height_m": 40.0}, {"pole_height_m": None})
    assert found.largest_m.tolist() == [60.0, np.inf]


def test_intervals_take_their_closed_ends():
    made = table(
        line("T", "1", "zones", "(0,50]", "", "45", "", ""),
        line("T", "1", "zones", "(50,]", "", "50", "", ""),
    )
    assert [limits(made, {"kind": v}, {"use": "x"}).largest_m[0] for v in (50.0, 50.1)] == [45.0, 50.0]


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("distance_m", "ten", "t.csv:2"),
        ("bracket_m", "5", "brackets"),
        ("bracket_if", "target.use = small", "brackets"),
    ],
)
def test_a_wrong_line_is_named(column, text, words):
    row = line("T", "1", "zones", "", "", "10", "", "") | {column: text}
    with pytest.raises(ValueError, match=words):
        table(row)


def test_a_wrong_column_is_named():
    with pytest.raises(ValueError, match="subjekt"):
        table(line("T", "1", "zones", "", "", "10", "", "") | {"subjekt.kind": "x"})


def test_a_rule_without_lines_is_refused(tmp_path):
    text = (
        (BUILT_IN_PACKS / "tables.toml")
        .read_text(encoding="utf-8")
        .replace('edition = "2014"', 'edition = "1914"')
    )
    (tmp_path / "tables.toml").write_text(text, encoding="utf-8")
    for path in BUILT_IN_PACKS.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (rule,) = (r for r in load_rules([tmp_path / "tables.toml"]).rules if r.id == "gb50074-2014-roads")
    subject = {"kind": "oil_depot", "state": "new", "purpose": None, "geometry": east_of(102.0, 30.0)}
    with pytest.raises(RuleError, match="1914"):
        evaluate(
            RulePack((rule,), "v"),
            frame(subject),
            {"roads": frame({"geometry": meridian()})},
            date(2026, 1, 1),
        )


DEPOT = {"facility_class": "depot_above_ground", "site_grade": "3", "geometry": east_of(102.0, 60.0)}


@pytest.mark.parametrize(
    ("small", "verdict"),
    [(False, Verdict.PROHIBITED), (True, Verdict.NO_BAN), (None, Verdict.INSUFFICIENT_DATA)],
)
def test_sixty_metres_suffice_for_a_small_place_alone(small, verdict):
    """Grade 3, above-ground tanks: 80 m to homes, 40 m to smaller places."""
    home = {"building_class": "home", "small_place": small, "geometry": meridian()}
    assert check("gb50074-2014-buildings", DEPOT, home).verdict is verdict


def test_the_edition_follows_the_day_of_the_decision():
    """22 m of a station without vapour recovery: the railway distance of 2012, no longer asked for in 2021."""
    station = {"facility_class": "dispenser", "vapour_recovery": False, "geometry": east_of(102.0, 18.0)}
    rails = {"geometry": meridian()}
    before, after = date(2021, 9, 30), date(2021, 10, 1)
    old = [check("gb50156-2012-railways", station, rails, on) for on in (before, after)]
    new = [check("gb50156-2021-railways", station, rails, on) for on in (before, after)]
    assert [f.verdict for f in old] == [Verdict.PROHIBITED, Verdict.NOT_IN_FORCE]
    assert [f.verdict for f in new] == [Verdict.NOT_IN_FORCE, Verdict.NO_BAN]
    assert (old[0].limit_m, old[0].margin_m, new[1].limit_m) == (22.0, -4.0, 15.5)
    assert new[1].advisory
    assert not old[0].advisory


def test_exactly_the_distance_is_kept():
    rails = {"railway_class": "national", "geometry": meridian(), "accuracy_m": 0.0}
    subject = DEPOT | {"geometry": east_of(102.0, 50.0), "accuracy_m": 0.0}
    finding = check("gb50074-2014-railways", subject, rails)
    assert (finding.verdict, finding.margin_m, finding.decided) == (Verdict.NO_BAN, 0.0, False)


def test_a_finding_names_table_measure_points_and_the_metres_missing():
    home = {"name": "张家村", "building_class": "home", "small_place": False, "geometry": meridian()}
    finding = check("gb50074-2014-buildings", DEPOT, home)
    assert finding.explanation.zh == (
        "储罐外壁距“张家村”建筑物最外侧轴线 60.0 m，GB 50074-2014 表4.0.10 要求不小于 80 m，"
        "缺 20.0 m，不确定度 ±2.0 m。"
    )
    assert (finding.measured_from, finding.measured_to) == ("tank_wall", "building_axis")


def test_the_worst_target_decides_not_the_nearest():
    """A road 30 m off is kept from (15 m); homes 70 m off are not (80 m), though they lie farther."""
    homes = {"building_class": "home", "small_place": False, "geometry": meridian(101.9999)}
    works = {"building_class": "works_ab", "geometry": meridian()}
    own = {"kind": "oil_depot", "state": "new", "purpose": None, "outline": "equipment"} | DEPOT
    rule = RULES["gb50074-2014-buildings"]
    ((finding,),) = evaluate(
        RulePack((rule,), "v"), frame(own), {"buildings": frame(works, homes)}, date(2026, 1, 1)
    )
    assert finding.verdict is Verdict.PROHIBITED
    assert finding.target.id == "t1"
    assert 69.0 < finding.distance_m < 71.0
