"""What the tables say of their sources, in Chinese."""

import re

import pytest

from geo.hazard.citations import clause_zh, source_zh
from geo.hazard.tables import table, table_names
from geo.standing import Standing

NAMES = {"CPR 14E Yellow Book", "aefarrell/GasDispersion.jl"}
"""Publications and repositories: they keep their names."""


def test_sources_of_what_awaits_confirmation_are_told_in_chinese() -> None:
    rows = [row for name in table_names() for row in table(name).values()]
    open_sources = {row.source for row in rows if row.standing is not Standing.VERIFIED}
    english = {source for source in open_sources if not re.search("[\u4e00-\u9fff]", source_zh(source))}
    assert english == NAMES | {"CCPS Guidelines for Use of Vapor Cloud Dispersion Models (1996)"}
    assert source_zh("what somebody wrote") == "what somebody wrote"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("annex F", "附录 F"),
        ("5.2, table 4", "5.2，表 4"),
        ("table 3.3 to 3.5", "表 3.3～3.5"),
        ("tables 2, 4", "表 2、4"),
        ("clause 5.4", "第 5.4 条"),
        ("section 4.5.3", "第 4.5.3 节"),
        ("eq. 6.29", "式 6.29"),
        ("LPG jets", "液化石油气喷射火"),
        ("sigma = a x (1 + b x)^p", "sigma = a x (1 + b x)^p"),
        ("6.4", "6.4"),
        ("", ""),
    ],
)
def test_clauses_keep_their_numbers(english: str, chinese: str) -> None:
    assert clause_zh(english) == chinese
