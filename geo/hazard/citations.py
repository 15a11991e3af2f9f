"""Where a number of the parameter tables was read, in Chinese: tables say it in English."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["clause_zh", "source_zh"]

_PATH = Path(__file__).with_suffix(".toml")

_PARTS = (
    (re.compile(r"\bannex (\w+)"), r"附录 \1"),
    (re.compile(r"\btables? ([\d.]+) to ([\d.]+)"), r"表 \1～\2"),
    (re.compile(r"\btables? ([\d.-]+), ([\d.-]+)"), r"表 \1、\2"),
    (re.compile(r"\btable ([\d.-]+)"), r"表 \1"),
    (re.compile(r"\bfigure ([\d.]+)"), r"图 \1"),
    (re.compile(r"\b(?:eq\.|equation) ([\d.-]+)"), r"式 \1"),
    (re.compile(r"\bclause ([\d.]+)"), r"第 \1 条"),
    (re.compile(r"\bsection ([\d.]+)"), r"第 \1 节"),
    (re.compile(r"\bchapter ([\d.]+)"), r"第 \1 章"),
)
"""Parts of a publication, as English and Chinese write them; the numbers stay."""


def source_zh(source: str) -> str:
    """Return in Chinese where a number was read; names of publications, and what a user wrote, stay as they are."""
    return _words()["sources"].get(source, source)


def clause_zh(clause: str) -> str:
    """Return a clause or table in Chinese; formulas stay as they are.

    Examples
    --------
    >>> clause_zh("5.2, table 4")
    '5.2，表 4'
    """
    if clause in _words()["clauses"]:
        return _words()["clauses"][clause]
    changed = clause
    for pattern, chinese in _PARTS:
        changed = pattern.sub(chinese, changed)
    return changed if changed == clause else changed.replace(", ", "，")


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    content: dict[str, dict[str, str]] = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    return content
