"""Rule packs: the one that ships, and packs with mistakes, each refused with file, line and key."""

from datetime import date

import pytest

from geo.errors import RuleError
from geo.rules.finding import Verdict
from geo.rules.schema import Vocabulary, load_packs
from geo.standing import Standing
from layers.siting.checks import load_setback_rules
from layers.words import STATES, VERDICTS

WORDS = Vocabulary(
    kinds=frozenset({"tailings_pond"}),
    states=frozenset({"new", "closed"}),
    attributes=frozenset({"kind", "state", "purpose", "dam_height_m"}),
    fields={"rivers": frozenset({"id", "role", "line_kind"})},
)

RULE = """[[rule]]
id = "a-rule"
title_zh = "标题"
title_en = "Title"
authority_zh = "机关"
authority_en = "Authority"
edition = "2020"
clause = "art. 1"
level = "law"
in_force_from = 2021-03-01
subject_kinds = ["tailings_pond"]
target_layer = "rivers"
target_filter = "role == 'main_stem'"
predicate = "within_distance"
distance_m = 3000.0
compare = "le"
measure_from = "boundary"
measure_to = "bank_line"
severity = "critical"
remedy_zh = "整改"
remedy_en = "Move"
standing = "verified"
source = "statute text"
[rule.states]
new = "prohibited"
closed = "no_ban"
"""


def load(tmp_path, text):
    path = tmp_path / "pack.toml"
    path.write_text(text, encoding="utf-8")
    return load_packs(WORDS, [path])


def test_rule_reads_back_as_written(tmp_path):
    (rule,) = load(tmp_path, RULE).rules
    assert (rule.id, rule.title.zh, rule.parameters["distance_m"], rule.standing) == (
        "a-rule",
        "标题",
        3000.0,
        Standing.VERIFIED,
    )
    assert rule.states == {"new": Verdict.PROHIBITED, "closed": Verdict.NO_BAN}
    assert not rule.in_force(date(2021, 2, 28))
    assert rule.in_force(date(2021, 3, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "severity =", "severitty =", r"pack\.toml:19: .*unknown key 'severitty'", id="typo in a key"
        ),
        pytest.param('clause = "art. 1"\n', "", r"pack\.toml:2: .*missing key 'clause'", id="key missing"),
        pytest.param(
            '["tailings_pond"]', '["volcano"]', r"pack\.toml:11: .*unknown word 'volcano'", id="unknown kind"
        ),
        pytest.param(
            '= "rivers"', '= "oceans"', r"pack\.toml:12: .*unknown word 'oceans'", id="unknown layer"
        ),
        pytest.param(
            "role ==", "rolle ==", r"pack\.toml:13: .*'rolle', which is no field", id="unknown field"
        ),
        pytest.param("role ==", "role = ", r"cannot be read", id="broken condition"),
        pytest.param("3000.0", '"3 km"', r"pack\.toml:15: .*number of metres", id="distance is a text"),
        pytest.param("3000.0", "-1", r"number of metres", id="distance is negative"),
        pytest.param("3000.0", "nan", r"number of metres", id="distance is not a number"),
        pytest.param("3000.0", "inf", r"number of metres", id="distance is infinite"),
        pytest.param("3000.0", "9" * 5000, r"pack\.toml", id="number with too many digits"),
        pytest.param("3000.0", "[" * 5000 + "]" * 5000, r"pack\.toml", id="lists in lists without end"),
        pytest.param('closed = "no_ban"\n', "", r"states say nothing about \['closed'\]", id="state missing"),
        pytest.param('"no_ban"', '"fine"', r"unknown word 'fine'", id="unknown verdict"),
        pytest.param('"verified"', '"seed"', r"seed needs in_force_to", id="seed without end"),
        pytest.param("2021-03-01", '"2021-03-01"', r"must be a date", id="date in quotes"),
        pytest.param('"critical"', '"awful"', r"unknown word 'awful'", id="unknown severity"),
        pytest.param('edition = "2020"', 'edition = " "', r"edition must be a text", id="blank text"),
        pytest.param("[[rule]]", "[[rules]]", r"expected \[\[rule\]\]", id="wrong table"),
        pytest.param("[[rule]]", "[[rule", r"pack\.toml", id="broken TOML"),
    ],
)
def test_mistake_is_refused_with_its_place(tmp_path, old, new, message):
    assert old in RULE
    with pytest.raises(RuleError, match=message):
        load(tmp_path, RULE.replace(old, new))


def test_same_id_twice_is_refused(tmp_path):
    with pytest.raises(RuleError, match="'a-rule' is taken"):
        load(tmp_path, RULE + RULE)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(RuleError, match="cannot be read"):
        load_packs(WORDS, [tmp_path / "none.toml"])


def test_version_changes_with_any_byte_but_not_with_line_ends(tmp_path):
    version = load(tmp_path, RULE).version
    assert load(tmp_path, RULE.replace("art. 1", "art. 2")).version != version
    assert load(tmp_path, RULE.replace("\n", "\r\n")).version == version


def test_built_in_rules_use_the_words_of_the_layers():
    pack = load_setback_rules()
    assert [rule.id for rule in pack.rules] == [
        "yrpl-26-2-chemical",
        "yrpl-26-3-main",
        "yrpl-26-3-tributary",
        "yn-145-tailings-main",
        "yn-145-tailings-tributary",
        "eight-ministries-2020-main",
        "eight-ministries-2020-tributary",
        "negative-list-chemical",
        "negative-list-22-chemical",
        "negative-list-22-main",
        "negative-list-22-tributary",
    ]
    assert all(set(rule.states) == set(STATES) for rule in pack.rules)
    assert {rule.id for rule in pack.rules if rule.standing.advisory} == {
        "eight-ministries-2020-main",
        "eight-ministries-2020-tributary",
        "negative-list-chemical",
        "negative-list-22-chemical",
        "negative-list-22-main",
        "negative-list-22-tributary",
    }


def test_verdict_words_have_names_in_the_same_order():
    assert [verdict.value for verdict in Verdict] == list(VERDICTS)
