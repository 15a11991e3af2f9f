"""What findings say is said in words: no names of layers, fields or clauses as the program writes them."""

import re
from datetime import date

import pytest

from geo.rules.rule import Rule
from geo.rules.schema import BUILT_IN_PACKS
from layers.catalog import LAYERS
from layers.samples import load_samples
from layers.siting.checks import check_subjects, load_rules, subjects_of
from layers.siting.layouts import load_layout_rules
from layers.siting.vocabulary import LABELS
from layers.store import Store

RULES = {rule.id: rule for rule in (*load_rules().rules, *load_layout_rules().rules)}
_FIELD_LIKE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_clause_and_edition_have_a_chinese_form(rule: Rule) -> None:
    assert is_chinese(rule.clause_zh)
    assert is_chinese(rule.edition_zh)


def test_shipped_packs_state_them() -> None:
    for path in BUILT_IN_PACKS.rglob("*.toml"):
        text = path.read_text(encoding="utf-8")
        rules = text.count("[[rule]]")
        for key in ("clause", "clause_zh", "edition", "edition_zh"):
            assert len(re.findall(rf"^{key} = ", text, re.MULTILINE)) == rules, (path.name, key)


def test_findings_on_the_samples_name_nothing_as_the_program_does(new_sqlite_url) -> None:
    said = set()
    with Store.open(new_sqlite_url()) as store:
        load_samples(store)
        for layer in ("proposals", "tailings_ponds", "mines"):
            frame = store.read(layer, limit=14)
            result = check_subjects(
                store, subjects_of(layer, frame), on=date(2026, 11, 22), pack=load_rules()
            )
            findings = [finding for row in result["proposals"] for finding in row["findings"]]
            said |= {(f["rule"], text) for f in findings for text in f["explanation"].values()}
            changes = [change for row in result["proposals"] for change in row["changes"]]
            said |= {(change["rule"], text) for change in changes for text in change["text"].values()}
    assert said
    slugs = {slug for slug in LAYERS if "_" in slug}
    for rule, text in said:
        assert not (slugs | {"dam_height_m"}) & set(_FIELD_LIKE.findall(text)), (rule, text)
        assert not _FIELD_LIKE.findall(text), (rule, text)
        assert "riskmap" not in text, (rule, text)  # who reads a page or a letter has no command line


def test_labels_are_those_of_the_catalogue() -> None:
    assert LABELS.field("dam_height_m").zh == "总坝高"
    assert LABELS.field("dam_height_m").en == "total dam height"
    assert LABELS.layer("rivers").zh == "河流"
    assert LABELS.word("main_stem").zh == "干流"
    assert LABELS.field("nothing_of_ours").en == "nothing_of_ours"
