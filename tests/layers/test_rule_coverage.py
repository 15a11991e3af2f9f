"""The page that says which clause is which rule names every rule of the packs, and no other."""

import re
from pathlib import Path

from layers.siting.checks import load_rules

PAGE = Path(__file__).parents[2] / "docs" / "siting-rules.md"


def test_page_and_packs_name_the_same_rules():
    named = set(re.findall(r"`([a-z]+[a-z0-9]*-[\w-]*\*?)`", PAGE.read_text(encoding="utf-8")))
    rules = {rule.id for rule in load_rules().rules}
    patterns = {name: re.compile(re.escape(name).replace(r"\*", ".+")) for name in named}
    nothing = [name for name, pattern in patterns.items() if not any(map(pattern.fullmatch, rules))]
    unnamed = [rule for rule in sorted(rules) if not any(p.fullmatch(rule) for p in patterns.values())]
    assert (nothing, unnamed) == ([], [])
