"""Trial sets: measured or published values with their conditions, read from ``data/*.toml`` and checked.

A file holds one set::

    title, quantity, note
                         {zh, en}; the note says what one must know of the set
    kind                 "measured" or "published" (a table or worked example of someone else)
    unit                 of the values
    model                key of the model that is tested
    limits               key of the acceptance limits in limits.toml
    source, read_in      publication, and where the values were read
    licence, standing    why they may be here, and how sure they are
    columns              names of the numbers in a row; the last is ``value``
    [[trials]]           name, unit where it differs, rows = [[...], ...], censored = [row numbers, from 0],
                         and conditions: any further key

All numbers are SI with the unit in the name, but for what ``unit`` states.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from geo.errors import HazardError
from geo.standing import Standing
from geo.text import Text

__all__ = [
    "DATA_FOLDER",
    "Missing",
    "Observation",
    "Trial",
    "TrialSet",
    "not_obtainable",
    "read_trial_set",
    "trial_sets",
]

DATA_FOLDER = Path(__file__).parent / "data"
"""One file a trial set."""

_KINDS = frozenset({"measured", "published"})
_SET_KEYS = frozenset(
    (
        *("title", "kind", "quantity", "unit", "model", "limits", "source", "read_in"),
        *("licence", "standing", "note", "columns", "trials"),
    )
)
_TRIAL_KEYS = frozenset({"name", "unit", "rows", "censored"})


@dataclass(frozen=True)
class Observation:
    """One measured or published value.

    Attributes
    ----------
    at : mapping of str to float
        Where or when it was measured: the other columns of its row.
    value : float
    censored : bool
        Whether the value is a detection limit that the truth lies below.
    """

    at: Mapping[str, float]
    value: float
    censored: bool


@dataclass(frozen=True)
class Trial:
    """One release, fire or charge and what was seen of it."""

    name: str
    unit: str
    conditions: Mapping[str, float | str]
    observations: tuple[Observation, ...]

    def number(self, key: str) -> float:
        """Return a condition that is a number.

        Raises
        ------
        HazardError
            If the trial does not state it.
        """
        value = self.conditions.get(key)
        if not isinstance(value, float):
            raise HazardError(
                f"trial {self.name!r} states no number {key!r}", f"试验 {self.name!r} 缺少 {key!r}"
            )
        return value

    def word(self, key: str) -> str:
        """Return a condition that is a word.

        Raises
        ------
        HazardError
            If the trial does not state it.
        """
        value = self.conditions.get(key)
        if not isinstance(value, str):
            raise HazardError(
                f"trial {self.name!r} states no word {key!r}", f"试验 {self.name!r} 缺少 {key!r}"
            )
        return value


@dataclass(frozen=True)
class TrialSet:
    """Trials of one series that are judged together."""

    key: str
    title: Text
    kind: str
    quantity: Text
    unit: str
    model: str
    limits: str
    source: str
    read_in: str
    licence: str
    standing: Standing
    note: Text
    trials: tuple[Trial, ...]

    @property
    def advisory(self) -> bool:
        """Whether it is shown but counts neither for the verdict nor for the number of comparisons."""
        return self.standing.advisory


@dataclass(frozen=True)
class Missing:
    """A trial series whose values could not be had."""

    name: str
    wanted: Text
    why: Text
    where: str


@cache
def trial_sets() -> Mapping[str, TrialSet]:
    """Return all trial sets by key, in alphabetical order of their files."""
    return {path.stem: read_trial_set(path) for path in sorted(DATA_FOLDER.glob("*.toml"))}


@cache
def not_obtainable() -> tuple[Missing, ...]:
    """Return the trials that one would expect here and that could not be had."""
    text = (Path(__file__).parent / "not_obtainable.toml").read_text(encoding="utf-8")
    return tuple(
        Missing(each["name"], Text(**each["wanted"]), Text(**each["why"]), each["where"])
        for each in tomllib.loads(text)["missing"]
    )


def read_trial_set(path: Path) -> TrialSet:
    """Return the trial set of a file.

    Raises
    ------
    HazardError
        If the file is no TOML, a key is missing or unknown, or a row does not fit its columns.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise _file_error(path, str(error)) from error
    if content.keys() != _SET_KEYS:
        raise _file_error(path, f"missing or unknown keys: {sorted(content.keys() ^ _SET_KEYS)}")
    empty = [
        key for key in ("kind", "unit", "model", "limits", "source", "read_in", "licence") if not content[key]
    ]
    if empty or content["kind"] not in _KINDS or content["columns"][-1] != "value":
        raise _file_error(
            path, f"empty keys {empty}, kind {content['kind']!r} or columns {content['columns']}"
        )
    standing = Standing(content.pop("standing"))
    title, quantity, note = (Text(**content.pop(key)) for key in ("title", "quantity", "note"))
    columns, trials = content.pop("columns"), content.pop("trials")
    return TrialSet(
        key=path.stem,
        title=title,
        quantity=quantity,
        note=note,
        standing=standing,
        trials=tuple(_read_trial(path, each, columns, content["unit"]) for each in trials),
        **content,
    )


def _read_trial(path: Path, content: Mapping[str, Any], columns: list[str], unit: str) -> Trial:
    """Return one ``[[trials]]`` table."""
    censored = frozenset(content.get("censored", ()))
    rows = content["rows"]
    if not rows or any(len(row) != len(columns) for row in rows) or any(i >= len(rows) for i in censored):
        raise _file_error(path, f"trial {content['name']!r}: rows do not fit the columns {columns}")
    return Trial(
        name=content["name"],
        unit=content.get("unit", unit),
        conditions={key: value for key, value in content.items() if key not in _TRIAL_KEYS},
        observations=tuple(
            Observation(
                at=dict(zip(columns[:-1], map(float, row[:-1]), strict=True)),
                value=float(row[-1]),
                censored=index in censored,
            )
            for index, row in enumerate(rows)
        ),
    )


def _file_error(path: Path, what: str) -> HazardError:
    return HazardError(f"trial set {path.name}: {what}", f"验证数据 {path.name}：{what}")
