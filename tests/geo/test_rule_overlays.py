"""Packs of the user's over those of the product; combinations, tables and fields in packs."""

import pytest

from geo.errors import RuleError
from geo.rules.evaluate import evaluate
from geo.rules.finding import Verdict
from geo.rules.schema import Vocabulary, load_packs
from tests.geo.rule_scenes import ON, east_of, frame, meridian

WORDS = Vocabulary(
    kinds=frozenset({"other"}),
    states=frozenset({"new", "closed"}),
    attributes=frozenset({"kind", "state", "size"}),
    fields={"zones": frozenset({"id", "level"}), "rivers": frozenset({"id"})},
)

RULE = """[[rule]]
id = "base"
title_zh = "标题"
title_en = "Title"
authority_zh = "机关"
authority_en = "Authority"
edition = "2020"
clause = "art. 1"
level = "law"
subject_kinds = ["other"]
target_layer = "zones"
predicate = "within_distance"
distance_m = 1000.0
compare = "le"
measure_from = "boundary"
measure_to = "boundary"
severity = "major"
remedy_zh = "整改"
remedy_en = "Move"
standing = "recalled"
source = "text"
[rule.states]
new = "prohibited"
closed = "no_ban"
"""


def load(folder, base=RULE, *overlays):
    paths = []
    for number, text in enumerate((base, *overlays)):
        paths.append(folder / f"pack{number}.toml")
        paths[-1].write_text(text, encoding="utf-8")
    return load_packs(WORDS, paths[:1], paths[1:])


SAID = 'loosens = true\nloosens_because_zh = "县里另有规定"\nloosens_because_en = "the county has a list"\n'


def check(pack, distance_m):
    subject = frame(
        {"id": "s", "kind": "other", "state": "new", "purpose": None, "geometry": east_of(102.0, distance_m)}
    )
    ((*findings,),) = evaluate(pack, subject, {"zones": frame({"geometry": meridian()})}, ON)
    return findings


def test_stricter_limit_takes_the_place_of_the_rule(tmp_path):
    pack = load(
        tmp_path,
        RULE,
        '[[rule]]\nid = "local"\noverrides = "base"\ndistance_m = 2000.0\nsource = "county list"\n',
    )
    assert [rule.id for rule in pack.rules] == ["local"]
    (finding,) = check(pack, 1500.0)
    assert (finding.rule, finding.overrides, finding.verdict) == ("local", "base", Verdict.PROHIBITED)
    assert "in the place of rule base" in finding.explanation.en
    assert pack.rules[0].clause == "art. 1"
    assert pack.rules[0].source == "county list"


def test_advisory_rule_is_switched_on_and_a_rule_switched_off(tmp_path):
    assert check(load(tmp_path), 500.0)[0].advisory
    text = '[[rule]]\nid = "on"\noverrides = "base"\nstanding = "site_specific"\n'
    assert not check(load(tmp_path, RULE, text), 500.0)[0].advisory
    text = '[[rule]]\nid = "off"\noverrides = "base"\nactive = false\n' + SAID
    assert check(load(tmp_path, RULE, text), 500.0) == []


def test_rule_may_be_given_another_test(tmp_path):
    text = (
        '[[rule]]\nid = "local"\noverrides = "base"\n'
        'predicate = "attribute"\nfield = "size"\ncompare = "gt"\nlimit = 3\nunit = ""\n'
    ) + SAID
    (rule,) = load(tmp_path, RULE, text).rules
    assert (rule.predicate, rule.target_layer) == ("attribute", None)


LOCAL = '[[rule]]\nid = "local"\noverrides = "base"\n'


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("distance_m = 999.0\n", "distance_m"),
        ('compare = "lt"\n', "compare"),
        ("active = false\n", "active"),
        ("in_force_to = 2020-12-31\n", "in_force_to"),
        ("in_force_from = 2021-01-01\n", "in_force_from"),
        ("target_filter = \"level == '1'\"\n", "target_filter"),
        ('[rule.states]\nnew = "permit_needed"\nclosed = "no_ban"\n', "states"),
    ],
)
def test_looser_rule_is_refused_unless_it_says_so_and_why(tmp_path, change, key):
    place = r"pack1\.toml:\d: rule 'local': .*" + key
    with pytest.raises(RuleError, match=place + ".*looser than rule 'base'"):
        load(tmp_path, RULE, LOCAL + change)
    with pytest.raises(RuleError, match="loosens needs its reason"):
        load(tmp_path, RULE, LOCAL + "loosens = true\n" + change)
    pack = load(tmp_path, RULE, LOCAL + SAID + change)
    if key != "active":
        assert pack.rules[0].loosened.en == "the county has a list"
    if key == "distance_m":
        (finding,) = check(pack, 999.5)
        assert "It is looser than that rule, because: the county has a list." in finding.explanation.en
        assert "理由：县里另有规定" in finding.explanation.zh


@pytest.mark.parametrize(
    "change",
    [
        "distance_m = 1500.0\n",
        'standing = "verified"\n',
        '[rule.states]\nnew = "prohibited"\nclosed = "legacy_rectify"\n',
        'title_en = "Another"\nsource = "list"\n',
    ],
)
def test_stricter_rule_needs_no_word(tmp_path, change):
    (rule,) = load(tmp_path, RULE, LOCAL + change).rules
    assert rule.loosened is None
    with pytest.raises(RuleError, match="loosens nothing"):
        load(tmp_path, RULE, LOCAL + SAID + change)


def test_new_rules_are_added_and_change_the_version(tmp_path):
    alone = load(tmp_path)
    both = load(tmp_path, RULE, RULE.replace('"base"', '"mine"'))
    assert [rule.id for rule in both.rules] == ["base", "mine"]
    assert alone.version != both.version


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        pytest.param(RULE, r"pack1\.toml:2: .*'base' is taken", id="id redefined"),
        pytest.param(
            '[[rule]]\nid = "x"\noverrides = "nobody"\n',
            r"pack1\.toml:3: .*'nobody', which is no rule",
            id="no such rule",
        ),
        pytest.param(
            '[[rule]]\nid = "x"\noverrides = "base"\n[[rule]]\nid = "y"\noverrides = "base"\n',
            r"pack1\.toml:6: .*overridden already",
            id="overridden twice",
        ),
        pytest.param('[[rule]]\nid = "base"\noverrides = "base"\n', r"'base' is taken", id="own id"),
        pytest.param(
            '[[rule]]\nid = "x"\noverrides = "base"\ndistanse_m = 1.0\n',
            r"pack1\.toml:4: .*'distanse_m'",
            id="typo",
        ),
        pytest.param('[[rule]]\nid = "x"\n', r"pack1\.toml:2: .*missing key", id="not a whole rule"),
    ],
)
def test_mistakes_of_an_overlay_are_named_with_their_place(tmp_path, overlay, message):
    with pytest.raises(RuleError, match=message):
        load(tmp_path, RULE, overlay)


def test_packs_of_the_product_override_nothing(tmp_path):
    with pytest.raises(RuleError, match="only packs of the user's"):
        load(tmp_path, RULE + '\n[[rule]]\nid = "x"\noverrides = "base"\n')


COMBINED = RULE.replace(
    'target_layer = "zones"\npredicate = "within_distance"\ndistance_m = 1000.0\ncompare = "le"\n'
    'measure_from = "boundary"\nmeasure_to = "boundary"\n',
    'predicate = "all_of"\ntests = [\n'
    '  { predicate = "intersects", target_layer = "zones", target_filter = "level == \'1\'" },\n'
    '  { predicate = "attribute", field = "size", compare = "gt", limit = 3, unit = "m" },\n]\n',
)


def test_tests_of_a_combination_are_read_like_rules(tmp_path):
    (rule,) = load(tmp_path, COMBINED).rules
    assert [(test.predicate, test.target_layer, test.id) for test in rule.tests] == [
        ("intersects", "zones", "base"),
        ("attribute", None, "base"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"zones"', '"seas"', "unknown word 'seas'"),
        ("level ==", "levell ==", "'levell', which is no field"),
        ('field = "size"', 'field = "sise"', "'sise' is no field there"),
        ('unit = "m"', 'unitt = "m"', "unknown key 'unitt'"),
        ('predicate = "intersects"', 'predicate = "touches"', "unknown word 'touches'"),
        (", limit = 3", "", "missing key 'limit'"),
    ],
)
def test_mistakes_in_a_combination_are_named(tmp_path, old, new, message):
    assert old in COMBINED
    with pytest.raises(RuleError, match=message):
        load(tmp_path, COMBINED.replace(old, new))


def test_combination_of_one_is_refused(tmp_path):
    text = COMBINED.replace(
        '  { predicate = "attribute", field = "size", compare = "gt", limit = 3, unit = "m" },\n', ""
    )
    with pytest.raises(RuleError, match="two tests or more"):
        load(tmp_path, text)
