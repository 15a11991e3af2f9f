"""Rules as data: what a rule holds, and how packs of rules are read from TOML.

A pack is a TOML file with ``[[rule]]`` tables. Unknown keys, words and fields are refused with file, line and key;
a rule says for every project state what follows, so that no state falls under a silent default. Which keys belong to
the test itself depends on the rule's predicate; none of them has a default.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from geo.errors import RuleError
from geo.rules.expression import Condition, parse_condition
from geo.rules.finding import Text, Verdict
from geo.rules.predicates import PREDICATES
from geo.rules.predicates.base import Predicate
from geo.rules.rule import Exemption, Rule, RulePack, Standing

__all__ = ["BUILT_IN_PACKS", "Vocabulary", "load_packs"]

BUILT_IN_PACKS = Path(__file__).parent / "packs"
"""Folder of the packs that come with the product."""


@dataclass(frozen=True)
class Vocabulary:
    """Words that rules may use: kinds, states and attributes of subjects, layers with their fields."""

    kinds: frozenset[str]
    states: frozenset[str]
    attributes: frozenset[str]
    fields: Mapping[str, frozenset[str]]


_CHOICES = {
    "level": {"law", "regulation", "policy", "plan", "standard"},
    "predicate": PREDICATES.keys(),
    "severity": {"critical", "major", "minor", "info"},
    "standing": {word.value for word in Standing},
}
_TEXTS = ("id", "edition", "clause", "source", *_CHOICES)
_BILINGUAL = ("title", "authority", "remedy")
_TARGET = {"target_layer", "target_filter"}
_OPTIONAL = {"in_force_from", "in_force_to", "subject_filter", "target_filter", "exemption"}
_KEYS = {
    *_TEXTS,
    *(f"{name}_{language}" for name in _BILINGUAL for language in ("zh", "en")),
    *(_OPTIONAL - _TARGET),
    "subject_kinds",
    "states",
}
_EXEMPTION_KEYS = {"when", "decided_by_zh", "decided_by_en", "proof_zh", "proof_en", "verdict"}


def load_packs(vocabulary: Vocabulary, paths: Iterable[Path] | None = None) -> RulePack:
    """Return the rules of several packs; by default those that come with the product.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words that rules may use.
    paths : iterable of Path, optional
        TOML files, read in this order.

    Raises
    ------
    RuleError
        If a file cannot be read, or a rule has an unknown or missing key, an unknown word, no dates although its
        standing is ``seed``, or an id that another rule has.
    """
    files = sorted(BUILT_IN_PACKS.glob("*.toml")) if paths is None else list(paths)
    rules: dict[str, Rule] = {}
    digest = hashlib.sha256()
    for path in files:
        text = _read(path)
        digest.update(text.encode())
        for rule in _parse(path, text, vocabulary):
            if rule.id in rules:
                raise RuleError(
                    f"{_place(path, text, rule.id)}: rule id {rule.id!r} is taken; give it another id"
                )
            rules[rule.id] = rule
    return RulePack(tuple(rules.values()), digest.hexdigest()[:12])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise RuleError(f"rule pack {path} cannot be read: {exc}") from exc


def _place(path: Path, text: str, word: str) -> str:
    """Return ``file:line`` of the first line with that word."""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line):
            return f"{path.name}:{number}"
    return path.name


def _parse(path: Path, text: str, vocabulary: Vocabulary) -> list[Rule]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise RuleError(f"rule pack {path.name}: {exc}") from exc
    if set(document) != {"rule"}:
        raise RuleError(f"rule pack {path.name}: expected [[rule]] tables only, found {sorted(document)}")
    return [_Reader(path, text, table, vocabulary).rule() for table in document["rule"]]


class _Reader:
    """Turns one ``[[rule]]`` table into a rule, naming file, line and key of whatever is wrong."""

    def __init__(self, path: Path, text: str, table: dict[str, Any], vocabulary: Vocabulary) -> None:
        self._path, self._text, self._table, self._words = path, text, table, vocabulary
        self._id = str(table.get("id", "?"))

    def rule(self) -> Rule:
        predicate = self._predicate()
        keys = _KEYS | predicate.parameters.keys() | (_TARGET if predicate.has_target else set())
        self._check_keys(self._table, keys, keys - _OPTIONAL)
        self._check_words()
        texts: dict[str, Any] = {name: self._text_value(name) for name in _TEXTS}
        standing = Standing(texts.pop("standing"))
        in_force_to = self._date("in_force_to")
        if standing is Standing.SEED and in_force_to is None:
            raise self._error("standing", "a rule of standing seed needs in_force_to")
        return Rule(
            **texts,
            title=self._bilingual(self._table, "title"),
            authority=self._bilingual(self._table, "authority"),
            remedy=self._bilingual(self._table, "remedy"),
            in_force_from=self._date("in_force_from"),
            in_force_to=in_force_to,
            subject_kinds=tuple(self._table["subject_kinds"]),
            subject_filter=self._subject_filter(),
            target_layer=self._table.get("target_layer"),
            target_filter=self._target_filter(),
            parameters={name: self._parameter(name, parse) for name, parse in predicate.parameters.items()},
            states={state: self._verdict(word) for state, word in self._table["states"].items()},
            exemptions=tuple(self._exemption(table) for table in self._table.get("exemption", [])),
            standing=standing,
        )

    def _error(self, word: str, problem: str) -> RuleError:
        return RuleError(f"{_place(self._path, self._text, word)}: rule {self._id!r}: {problem}")

    def _check_keys(self, table: dict[str, Any], known: set[str], compulsory: set[str]) -> None:
        for key in table:
            if key not in known:
                raise self._error(key, f"unknown key {key!r}; keys are {sorted(known)}")
        for key in sorted(compulsory):
            if key not in table:
                raise self._error(self._id, f"missing key {key!r}")

    def _check_words(self) -> None:
        for key, choices in _CHOICES.items():
            self._check_choice(key, self._table[key], choices)
        for kind in self._table["subject_kinds"]:
            self._check_choice("subject_kinds", kind, self._words.kinds)
        if "target_layer" in self._table:
            self._check_choice("target_layer", self._table["target_layer"], self._words.fields.keys())
        states = self._table["states"]
        for state in states:
            self._check_choice("states", state, self._words.states)
        missing = self._words.states - set(states)
        if missing:
            raise self._error(self._id, f"states say nothing about {sorted(missing)}")

    def _check_choice(self, key: str, word: str, choices: Collection[str]) -> None:
        if word not in choices:
            raise self._error(word, f"{key}: unknown word {word!r}; words are {sorted(choices)}")

    def _text_value(self, key: str) -> str:
        value = self._table[key]
        if not isinstance(value, str) or not value.strip():
            raise self._error(key, f"{key} must be a text that is not empty")
        return value

    def _bilingual(self, table: dict[str, Any], key: str) -> Text:
        return Text(zh=str(table[f"{key}_zh"]), en=str(table[f"{key}_en"]))

    def _date(self, key: str) -> date | None:
        value = self._table.get(key)
        if value is not None and type(value) is not date:
            raise self._error(key, f"{key} must be a date like 2021-03-01 without quotes")
        return value

    def _predicate(self) -> Predicate:
        name = self._table.get("predicate")
        if not isinstance(name, str):
            raise self._error(self._id, "missing key 'predicate'")
        self._check_choice("predicate", name, PREDICATES.keys())
        return PREDICATES[name]

    def _parameter(self, key: str, parse: Callable[[object], Any]) -> Any:
        try:
            return parse(self._table[key])
        except ValueError as exc:
            raise self._error(key, f"{key} {exc}") from exc

    def _subject_filter(self) -> Condition | None:
        text = self._table.get("subject_filter")
        return None if text is None else self._condition(text, self._words.attributes)

    def _target_filter(self) -> Condition:
        fields = self._words.fields.get(self._table.get("target_layer", ""), frozenset({"id"}))
        return self._condition(self._table.get("target_filter", "id is not None"), fields)

    def _condition(self, text: str, fields: frozenset[str]) -> Condition:
        try:
            condition = parse_condition(text)
        except RuleError as exc:
            raise self._error(text, str(exc)) from exc
        for name in condition.names:
            if name not in fields:
                raise self._error(name, f"condition {text!r} asks for {name!r}, which is no field there")
        return condition

    def _verdict(self, word: str) -> Verdict:
        self._check_choice("verdict", word, {verdict.value for verdict in Verdict})
        return Verdict(word)

    def _exemption(self, table: dict[str, Any]) -> Exemption:
        self._check_keys(table, _EXEMPTION_KEYS, _EXEMPTION_KEYS)
        return Exemption(
            when=self._condition(table["when"], self._words.attributes),
            decided_by=self._bilingual(table, "decided_by"),
            proof=self._bilingual(table, "proof"),
            verdict=self._verdict(table["verdict"]),
        )
