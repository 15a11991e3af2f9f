"""Which comparisons passed when they were computed last, read from ``verdicts.toml``.

The file makes the standing of a model follow from its comparisons without computing them again: a test computes them
all and refuses a file that says something else, and prints the one that is right. Sets that are only recalled or
disputed are not in it, so they verify nothing.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["failed_sets", "passed_sets", "verdicts"]

_PATH = Path(__file__).parent / "verdicts.toml"


@cache
def verdicts() -> Mapping[str, Mapping[str, bool]]:
    """Return whether a set passed, by key of the model and of the set."""
    content: dict[str, dict[str, bool]] = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    return content


def passed_sets(model: str) -> tuple[str, ...]:
    """Return the sets that a model passed, in alphabetical order; empty: no published number verifies it."""
    return tuple(sorted(key for key, passed in verdicts().get(model, {}).items() if passed))


def failed_sets(model: str) -> tuple[str, ...]:
    """Return the sets that a model failed, in alphabetical order; it may be verified by others all the same."""
    return tuple(sorted(key for key, passed in verdicts().get(model, {}).items() if not passed))
