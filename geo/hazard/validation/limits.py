"""Acceptance limits of measures: published sets, each with its paper, read from ``limits.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geo.errors import HazardError
from geo.hazard.validation.metrics import METRICS
from geo.standing import Standing
from geo.text import Text

__all__ = ["Limits", "limit_sets", "read_limits"]

_PATH = Path(__file__).parent / "limits.toml"
_TEXT_KEYS = frozenset({"title", "source", "standing", "note", "applies_to"})


@dataclass(frozen=True)
class Limits:
    """Ranges that measures must lie in for a set to pass.

    Attributes
    ----------
    ranges : mapping of str to (float, float)
        Least and greatest, both allowed, by measure.
    """

    key: str
    title: Text
    source: str
    standing: Standing
    note: Text
    applies_to: str
    ranges: Mapping[str, tuple[float, float]]

    def failures(self, measures: Mapping[str, float]) -> tuple[str, ...]:
        """Return the measures outside their ranges; one that is not a number is outside."""
        return tuple(
            name for name, (least, most) in self.ranges.items() if not least <= measures[name] <= most
        )


@cache
def limit_sets() -> Mapping[str, Limits]:
    """Return all sets of limits by key, in the order of the file."""
    return read_limits(_PATH)


def read_limits(path: Path) -> Mapping[str, Limits]:
    """Return the sets of limits of a file.

    Raises
    ------
    HazardError
        If a key is missing, a measure unknown, or a range cannot fail.
    """
    return {
        key: _read_limits(key, content)
        for key, content in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def _read_limits(key: str, content: Mapping[str, object]) -> Limits:
    ranges = {name: content[name] for name in METRICS if name in content}
    unknown = content.keys() - ranges.keys() - _TEXT_KEYS
    if unknown or _TEXT_KEYS - content.keys() or not ranges:
        raise HazardError(f"limits {key!r}: missing or unknown keys, or no range: {sorted(unknown)}")
    pairs: dict[str, tuple[float, float]] = {}
    for name, pair in ranges.items():
        match pair:
            case [float() as least, float() as most] if least < most:
                pairs[name] = (least, most)
            case _:
                raise HazardError(f"limits {key!r}: {name} = {pair} is no range [least, most]")
    title, note = content["title"], content["note"]
    if not isinstance(title, dict) or not isinstance(note, dict) or not content["source"]:
        raise HazardError(f"limits {key!r}: no title, note or source")
    return Limits(
        key=key,
        title=Text(**title),
        source=str(content["source"]),
        standing=Standing(str(content["standing"])),
        note=Text(**note),
        applies_to=str(content["applies_to"]),
        ranges=pairs,
    )
