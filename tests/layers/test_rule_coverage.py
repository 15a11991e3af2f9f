"""The page of clauses leaves none out, and names every rule of the packs and no other."""

import re
from pathlib import Path

import pytest
import typer.main

from api.cli import app
from layers.siting.checks import load_rules

PAGE = Path(__file__).parents[2] / "docs" / "siting-rules.md"
RULE = re.compile(r"`([a-z]+[a-z0-9]*-[\w-]*\*?)`")
COMMAND = re.compile(r"`riskmap ([a-z-]+)[^`]*`")

CLAUSES = {"R": 13, "T": 29, "L": 15, "P": 18, "E": 14, "F": 14, "M": 9, "X": 22, "Z": 11}
"""How many clauses each section has: one that is taken off the page is missed."""


def read_lines() -> dict[str, str]:
    """Return what the page says of each clause, by number."""
    cells = re.findall(r"^\| ([A-Z]\d+) \| .+? \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(cells) == len(dict(cells)), "a number stands twice"
    return dict(cells)


def is_answered(said: str) -> bool:
    """Tell whether a line names rules or a command, or says none and why."""
    return bool(RULE.search(said) or COMMAND.search(said) or re.match(r"none\b[^:]*: .{20,}", said))


def test_no_clause_is_left_out_and_none_lacks_both_rule_and_reason():
    lines = read_lines()
    assert list(lines) == [
        f"{letter}{number}" for letter, count in CLAUSES.items() for number in range(1, count + 1)
    ]
    assert [number for number, said in lines.items() if not is_answered(said)] == []


@pytest.mark.parametrize("said", ["", "none", "none: ", "none: later", "left out", "see above", "`name`"])
def test_a_line_without_rule_and_reason_is_noticed(said):
    assert not is_answered(said)


def test_page_and_packs_name_the_same_rules():
    named = set(RULE.findall(PAGE.read_text(encoding="utf-8")))
    rules = {rule.id for rule in load_rules().rules}
    patterns = {name: re.compile(re.escape(name).replace(r"\*", ".+")) for name in named}
    nothing = [name for name, pattern in patterns.items() if not any(map(pattern.fullmatch, rules))]
    unnamed = [rule for rule in sorted(rules) if not any(p.fullmatch(rule) for p in patterns.values())]
    assert (nothing, unnamed) == ([], [])


def test_commands_that_the_page_names_are_there():
    known = set(typer.main.get_command(app).commands)
    assert set(COMMAND.findall(PAGE.read_text(encoding="utf-8"))) <= known
