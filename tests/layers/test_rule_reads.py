"""What a test reads of its targets is fetched, or the rule is refused where it is loaded."""

from datetime import date

import pytest
import shapely

from geo.errors import RuleError
from layers.siting.checks import check_subjects, load_rules, subjects_of
from tests.layers.frames import frame

ON = date(2026, 6, 1)

HEAD = """[[rule]]
id = "a-rule"
title_zh = "标题"
title_en = "Title"
authority_zh = "机关"
authority_en = "Authority"
edition = "2020"
clause = "art. 1"
level = "law"
subject_kinds = ["tailings_pond"]
severity = "critical"
remedy_zh = "整改"
remedy_en = "Move"
standing = "verified"
source = "statute text"
"""

STATES = """[rule.states]
new = "prohibited"
expand = "prohibited"
rebuild = "no_ban"
in_service = "no_ban"
re_mining = "no_ban"
closed = "no_ban"
"""

COUNT = """target_layer = "settlements"
predicate = "count_within"
distance_m = 5000.0
count_field = "{field}"
count = 2
compare = "ge"
"""

LIMIT = """target_layer = "settlements"
predicate = "within_distance"
distance_m = {{ field = "{field}", county = 5000.0 }}
compare = "le"
measure_from = "boundary"
measure_to = "boundary"
"""

TABLE = """target_layer = "buildings"
predicate = "table_distance"
distance = { table = "mine.csv" }
measure_from = "equipment_edge"
"""

CELLS = """table,edition,target_layer,subject.method,{column},distance_m,bracket_m,bracket_if,standing,source
own,2020,buildings,upstream,county,5000,,,verified,county list
"""


def load(tmp_path, text, cells=None):
    path = tmp_path / "own.toml"
    path.write_text(HEAD + text + STATES, encoding="utf-8")
    if cells is not None:
        (tmp_path / "mine.csv").write_text(cells, encoding="utf-8")
    return load_rules([path])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(COUNT.format(field="version"), "prohibited"), (LIMIT.format(field="source"), "prohibited")],
)
def test_fields_that_most_rules_do_not_read_are_fetched_for_one_that_names_them(
    store, tmp_path, text, verdict
):
    village = frame([shapely.Point(103.0, 26.0)], id=["v"], accuracy_m=[1.0], source=["county"])
    store.write("settlements", village)
    store.write("settlements", village.assign(name="again"))
    plot = frame([shapely.Point(103.01, 26.0)], id=["p"], accuracy_m=[1.0], state=["new"])
    result = check_subjects(store, subjects_of("tailings_ponds", plot), on=ON, pack=load(tmp_path, text))
    (finding,) = result["proposals"][0]["findings"]
    assert (finding["verdict"], finding["needs"]) == (verdict, [])


def test_a_table_reads_such_a_field_too(store, tmp_path):
    house = frame([shapely.Point(103.0, 26.0)], id=["h"], accuracy_m=[1.0], source=["county"])
    store.write("buildings", house)
    plot = frame(
        [shapely.Point(103.01, 26.0)], id=["p"], accuracy_m=[1.0], state=["new"], method=["upstream"]
    )
    pack = load(tmp_path, TABLE, CELLS.format(column="target.source"))
    result = check_subjects(store, subjects_of("tailings_ponds", plot), on=ON, pack=pack)
    (finding,) = result["proposals"][0]["findings"]
    assert (finding["verdict"], finding["limit_m"]) == ("prohibited", 5000.0)


@pytest.mark.parametrize(
    ("text", "cells", "place"),
    [
        (COUNT.format(field="peeple"), None, r"own.toml:19: rule 'a-rule': 'peeple' is no field"),
        (COUNT.format(field="population") + 'except_same = "owner"\n', None, r"own.toml:22: .*'owner'"),
        (COUNT.format(field="population") + 'except_same = "source"\n', None, r"own.toml:\d+: .*'source'"),
        (COUNT.format(field="population") + 'subject_filter = "version > 1"\n', None, r"'version'"),
        (TABLE, CELLS.format(column="target.sauce"), r"mine.csv:2: .*'target.sauce'"),
        (
            TABLE,
            CELLS.format(column="target.source").replace("subject.method", "subject.extra"),
            r"mine.csv:2: .*'subject.extra'",
        ),
    ],
)
def test_a_field_that_is_not_there_is_refused_with_its_place(tmp_path, text, cells, place):
    with pytest.raises(RuleError, match=place):
        load(tmp_path, text, cells)
