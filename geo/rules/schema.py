"""Rules as data: what a rule holds, and how packs of rules are read from TOML.

A pack is a TOML file with ``[[rule]]`` tables. Unknown keys, words and fields are refused with file, line and key;
a rule says for every project state what follows, so that no state falls under a silent default. Which keys belong to
the test itself depends on the rule's predicate; none of them has a default.

A pack of the user's is read after those of the product. Its rules have ids of their own; one with ``overrides`` takes
the place of another rule, from which it takes every key that it does not state itself, and with ``active = false`` it
only removes it::

    [[rule]]
    id = "local-main-stem"
    overrides = "yrpl-26-3-main"
    distance_m = 5000.0
    source = "county list of 2026"

A parameter that is an inline table with the key ``table`` names a CSV file beside the pack, whose lines are handed to
the predicate as ``rows`` (a list of dicts of texts). Every line states its ``source``.
"""

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from geo.errors import RuleError
from geo.rules.expression import Condition, parse_condition
from geo.rules.finding import Verdict
from geo.rules.labels import Labels
from geo.rules.predicates import PREDICATES
from geo.rules.predicates.base import Predicate
from geo.rules.rule import Exemption, Rule, RulePack
from geo.rules.strictness import loosened_keys
from geo.standing import Standing
from geo.text import Text

__all__ = ["BUILT_IN_PACKS", "Vocabulary", "load_packs"]

BUILT_IN_PACKS = Path(__file__).parent / "packs"
"""Folder of the packs that come with the product."""


@dataclass(frozen=True)
class Vocabulary:
    """Words that rules may use: kinds, states and attributes of subjects, layers with their fields; their names."""

    kinds: frozenset[str]
    states: frozenset[str]
    attributes: frozenset[str]
    fields: Mapping[str, frozenset[str]]
    labels: Labels = field(default_factory=Labels)


_CHOICES = {
    "level": {"law", "regulation", "policy", "plan", "standard"},
    "predicate": PREDICATES.keys(),
    "severity": {"critical", "major", "minor", "info"},
    "standing": {word.value for word in Standing},
}
_TEXTS = ("id", "edition", "clause", "source", *_CHOICES)
_BILINGUAL = ("title", "authority", "remedy")
_TARGET = {"target_layer", "target_filter"}
_CITED = ("edition", "clause")
"""Texts with a Chinese form, ``edition_zh`` and ``clause_zh``; where a pack leaves it out, both are the same."""
_LOOSENING = {"loosens", "loosens_because_zh", "loosens_because_en"}
_OPTIONAL = {
    *_LOOSENING,
    *(f"{name}_zh" for name in _CITED),
    "in_force_from",
    "in_force_to",
    "subject_filter",
    "target_filter",
    "exemption",
    "overrides",
    "active",
}
_KEYS = {
    *_TEXTS,
    *(f"{name}_{language}" for name in _BILINGUAL for language in ("zh", "en")),
    *(_OPTIONAL - _TARGET),
    "subject_kinds",
    "states",
}
_EXEMPTION_KEYS = {"when", "decided_by_zh", "decided_by_en", "proof_zh", "proof_en", "verdict"}


def load_packs(
    vocabulary: Vocabulary, paths: Iterable[Path] | None = None, overlays: Iterable[Path] = ()
) -> RulePack:
    """Return the rules of several packs; by default those that come with the product.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words that rules may use.
    paths : iterable of Path, optional
        TOML files, read in this order.
    overlays : iterable of Path, optional
        Packs of the user's, read after them; their rules may override those read before.

    Raises
    ------
    RuleError
        If a file cannot be read, or a rule has an unknown or missing key, an unknown word, no dates although its
        standing is ``seed``, an id that another rule has, or overrides a rule that is not there.
    """
    files = sorted(BUILT_IN_PACKS.glob("*.toml")) if paths is None else list(paths)
    shelf = _Shelf(vocabulary)
    for path in files:
        shelf.add(path, overlay=False)
    for path in overlays:
        shelf.add(path, overlay=True)
    return shelf.pack()


class _Shelf:
    """The packs read so far."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = vocabulary
        self.tables: dict[str, tuple[Path, dict[str, Any]]] = {}
        self._rules: dict[str, Rule] = {}
        self._digest = hashlib.sha256()

    def add(self, path: Path, *, overlay: bool) -> None:
        """Read a pack; the rules of an overlay may override others."""
        text = _read(path)
        self._digest.update(text.encode())
        for stated in _parse(path, text):
            reader = _Reader(path, text, stated, self._words, self._digest.update)
            if "overrides" in stated:
                overridden = self._overridden(reader, stated, overlay=overlay)
                reader.inherit(overridden)
            rule = reader.rule()
            if rule.overrides is not None:
                reader.check_loosening(self.tables[rule.overrides][1])
            if rule.id in self.tables:
                raise reader.error(rule.id, f"rule id {rule.id!r} is taken; give it another id", at_id=True)
            self.tables[rule.id] = (reader.home, reader.table)
            if rule.overrides is not None:
                del self._rules[rule.overrides]
            if reader.table.get("active", True):
                self._rules[rule.id] = rule

    def _overridden(
        self, reader: "_Reader", stated: Mapping[str, Any], *, overlay: bool
    ) -> tuple[Path, dict[str, Any]]:
        wanted = stated["overrides"]
        if not overlay:
            raise reader.error("overrides", "only packs of the user's may override rules")
        if wanted not in self._rules:
            raise reader.error(
                str(wanted), f"overrides {wanted!r}, which is no rule, or is overridden already"
            )
        return self.tables[wanted]

    def pack(self) -> RulePack:
        return RulePack(tuple(self._rules.values()), self._digest.hexdigest()[:12])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except OSError as exc:
        raise RuleError(
            f"rule pack {path} cannot be read: {exc.strerror}; check the path and its permissions",
            zh=f"规则包 {path} 无法读取：{exc.strerror}；请检查路径和权限",
        ) from exc
    except UnicodeDecodeError as exc:
        raise RuleError(
            f"rule pack {path} is not in UTF-8: {exc}",
            zh=f"规则包 {path} 不是 UTF-8 编码，请另存为 UTF-8：{exc}",
        ) from exc


def _place(path: Path, text: str, word: str, start: int = 0) -> str:
    """Return ``file:line`` of the first line with that word, searched from a place in the text, then from its top."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    found = pattern.search(text, start) or pattern.search(text)
    return path.name if found is None else f"{path.name}:{text.count(chr(10), 0, found.start()) + 1}"


def _test_keys(predicate: Predicate) -> set[str]:
    """Return the keys that a rule's test has for its predicate."""
    target = _TARGET if predicate.has_target else set()
    tests = {"tests"} if predicate.combines else set()
    return {*predicate.parameters, *predicate.optional, *target, *tests}


def _parse(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as exc:  # also whole numbers and lists without end
        raise RuleError(f"rule pack {path.name}: {exc}") from exc
    tables = document.get("rule")
    is_list = isinstance(tables, list) and all(isinstance(table, dict) for table in tables)
    if set(document) != {"rule"} or not is_list:
        raise RuleError(f"rule pack {path.name}: expected [[rule]] tables only, found {sorted(document)}")
    return list(tables or [])


class _Reader:
    """Turns one ``[[rule]]`` table into a rule, naming file, line and key of whatever is wrong."""

    def __init__(
        self,
        path: Path,
        text: str,
        table: dict[str, Any],
        vocabulary: Vocabulary,
        note: Callable[[bytes], None],
    ) -> None:
        self._path, self._text, self._words, self._note = path, text, vocabulary, note
        self.table, self.home = table, path
        self._id = str(table.get("id", "?"))

    def inherit(self, overridden: tuple[Path, dict[str, Any]]) -> None:
        """Take every key that the table does not state itself from the rule that it overrides."""
        self.home, inherited = overridden
        restated = {f"{name}_zh" for name in _CITED if name in self.table}
        dropped = {"overrides", "active", *_LOOSENING, *restated}
        taken = {key: value for key, value in inherited.items() if key not in dropped}
        if self.table.get("predicate", taken["predicate"]) != taken["predicate"]:
            old = PREDICATES[taken["predicate"]]
            taken = {key: value for key, value in taken.items() if key not in _test_keys(old)}
        self.table = {**taken, **self.table}

    def check_loosening(self, overridden: Mapping[str, Any]) -> None:
        """Refuse a rule that is looser than the one it overrides without saying so and why."""
        looser = loosened_keys(overridden, self.table)
        if looser and self._loosened() is None:
            raise self.error(
                looser[0],
                f"{', '.join(looser)}: looser than rule {self.table['overrides']!r}, or not comparable with it; make "
                "it stricter, or state loosens = true with loosens_because_zh and loosens_because_en",
            )
        if not looser and "loosens" in self.table:
            raise self.error("loosens", f"loosens nothing of rule {self.table['overrides']!r}: leave it out")

    def _loosened(self) -> Text | None:
        """Return why the rule is looser than another; None where it does not say that it is."""
        if self.table.get("loosens") is not True:
            return None
        reasons = [self.table.get(f"loosens_because_{language}") for language in ("zh", "en")]
        if not all(isinstance(reason, str) and reason.strip() for reason in reasons):
            raise self.error("loosens", "loosens needs its reason: loosens_because_zh and loosens_because_en")
        return self._bilingual(self.table, "loosens_because")

    def rule(self) -> Rule:
        predicate = self._predicate(self.table)
        keys = _KEYS | _test_keys(predicate)
        self._check_keys(self.table, keys, keys - _OPTIONAL - predicate.optional.keys())
        self._check_words()
        texts: dict[str, Any] = {name: self._text_value(name) for name in _TEXTS}
        for name in _CITED:
            texts[f"{name}_zh"] = (
                self._text_value(f"{name}_zh") if f"{name}_zh" in self.table else texts[name]
            )
        standing = Standing(texts.pop("standing"))
        in_force_to = self._date("in_force_to")
        if standing is Standing.SEED and in_force_to is None:
            raise self.error("standing", "a rule of standing seed needs in_force_to")
        rule = Rule(
            **texts,
            title=self._bilingual(self.table, "title"),
            authority=self._bilingual(self.table, "authority"),
            remedy=self._bilingual(self.table, "remedy"),
            in_force_from=self._date("in_force_from"),
            in_force_to=in_force_to,
            subject_kinds=tuple(self.table["subject_kinds"]),
            subject_filter=self._subject_filter(),
            target_layer=self.table.get("target_layer"),
            target_filter=self._target_filter(self.table),
            parameters={},
            states={state: self._verdict(word) for state, word in self.table["states"].items()},
            exemptions=tuple(self._exemption(table) for table in self.table.get("exemption", [])),
            standing=standing,
            overrides=self.table.get("overrides"),
            loosened=self._loosened(),
            labels=self._words.labels,
        )
        return self._with_test(rule, self.table)

    def _with_test(self, rule: Rule, table: dict[str, Any]) -> Rule:
        """Return the rule with the test that a table states."""
        predicate = self._predicate(table)
        rule = replace(
            rule,
            predicate=predicate.name,
            target_layer=table.get("target_layer"),
            target_filter=self._target_filter(table),
            parameters=self._parameters(predicate, table),
        )
        if not predicate.combines:
            return rule
        tests = table["tests"]
        if not isinstance(tests, list) or len(tests) < 2 or any(not isinstance(t, dict) for t in tests):
            raise self.error("tests", "tests must be a list of two tests or more, each a table")
        return replace(rule, tests=tuple(self._with_test(rule, self._checked_test(test)) for test in tests))

    def _checked_test(self, table: dict[str, Any]) -> dict[str, Any]:
        predicate = self._predicate(table)
        keys = _test_keys(predicate) | {"predicate"}
        self._check_keys(table, keys, keys - _OPTIONAL - predicate.optional.keys())
        if "target_layer" in table:
            self._check_choice("target_layer", table["target_layer"], self._words.fields.keys())
        return table

    def _parameters(self, predicate: Predicate, table: dict[str, Any]) -> dict[str, Any]:
        given = {
            name: self._parameter(name, table[name], read) for name, read in predicate.parameters.items()
        }
        for name, read in predicate.optional.items():
            given[name] = self._parameter(name, table[name], read) if name in table else None
        if predicate.has_target:
            layer = table["target_layer"]
            self._check_fields(predicate.reads_of_target(given, layer), self._words.fields[layer])
        self._check_fields(predicate.reads_of_subject(given), self._words.attributes)
        return given

    def _check_fields(self, names: Iterable[str], known: Collection[str]) -> None:
        for name in names:
            if name not in known:
                raise self.error(name, f"{name!r} is no field there")

    def error(self, word: str, problem: str, *, at_id: bool = False) -> RuleError:
        """Return an error that names the place of a word of the rule."""
        start = 0 if at_id else self._text.find(f'"{self._id}"')
        return RuleError(
            f"{_place(self._path, self._text, word, max(start, 0))}: rule {self._id!r}: {problem}"
        )

    def _check_keys(self, table: dict[str, Any], known: set[str], compulsory: set[str]) -> None:
        for key in table:
            if key not in known:
                raise self.error(key, f"unknown key {key!r}; keys are {sorted(known)}")
        for key in sorted(compulsory):
            if key not in table:
                raise self.error(self._id, f"missing key {key!r}")

    def _check_words(self) -> None:
        for key, choices in _CHOICES.items():
            self._check_choice(key, self.table[key], choices)
        for kind in self.table["subject_kinds"]:
            self._check_choice("subject_kinds", kind, self._words.kinds)
        if "target_layer" in self.table:
            self._check_choice("target_layer", self.table["target_layer"], self._words.fields.keys())
        states = self.table["states"]
        for state in states:
            self._check_choice("states", state, self._words.states)
        missing = self._words.states - set(states)
        if missing:
            raise self.error(self._id, f"states say nothing about {sorted(missing)}")

    def _check_choice(self, key: str, word: str, choices: Collection[str]) -> None:
        if word not in choices:
            raise self.error(word, f"{key}: unknown word {word!r}; words are {sorted(choices)}")

    def _text_value(self, key: str) -> str:
        value = self.table[key]
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"{key} must be a text that is not empty")
        return value

    def _bilingual(self, table: dict[str, Any], key: str) -> Text:
        return Text(zh=str(table[f"{key}_zh"]), en=str(table[f"{key}_en"]))

    def _date(self, key: str) -> date | None:
        value = self.table.get(key)
        if value is not None and type(value) is not date:
            raise self.error(key, f"{key} must be a date like 2021-03-01 without quotes")
        return value

    def _predicate(self, table: dict[str, Any]) -> Predicate:
        name = table.get("predicate")
        if not isinstance(name, str):
            raise self.error(self._id, "missing key 'predicate'")
        self._check_choice("predicate", name, PREDICATES.keys())
        return PREDICATES[name]

    def _parameter(self, key: str, value: object, parse: Callable[[object], Any]) -> Any:
        if isinstance(value, dict) and "table" in value:
            value = {**value, "rows": self._rows(str(value["table"]))}
        try:
            return parse(value)
        except ValueError as exc:
            raise self.error(key, f"{key} {exc}") from exc

    def _rows(self, name: str) -> list[dict[str, str]]:
        """Return the lines of a CSV file beside the pack."""
        if Path(name).name != name:
            raise self.error("table", f"table {name!r} must be the name of a file beside the pack")
        text = _read(self.home.parent / name)
        self._note(text.encode())
        rows = list(csv.DictReader(io.StringIO(text)))
        for line, row in enumerate(rows, start=2):
            if None in row or None in row.values() or not row.get("source"):
                raise RuleError(f"{name}:{line}: rule {self._id!r}: every line has all columns and a source")
            self._check_columns(name, line, row)
        return rows

    def _check_columns(self, name: str, line: int, row: Mapping[str, str]) -> None:
        """Refuse a line of a table that states a class by a field which its layer, or no subject, has."""
        known = {
            "subject": self._words.attributes,
            "target": self._words.fields.get(row.get("target_layer", ""), frozenset()),
        }
        for column, stated in row.items():
            side, _, field_name = column.partition(".")
            if stated.strip() and side in known and field_name not in known[side]:
                raise RuleError(
                    f"{name}:{line}: rule {self._id!r}: column {column!r}: {field_name!r} is no field there"
                )

    def _subject_filter(self) -> Condition | None:
        text = self.table.get("subject_filter")
        return None if text is None else self._condition(text, self._words.attributes)

    def _target_filter(self, table: dict[str, Any]) -> Condition:
        fields = self._words.fields.get(table.get("target_layer", ""), frozenset({"id"}))
        return self._condition(table.get("target_filter", "id is not None"), fields)

    def _condition(self, text: str, fields: frozenset[str]) -> Condition:
        try:
            condition = parse_condition(text)
        except RuleError as exc:
            raise self.error(text, str(exc)) from exc
        for name in condition.names:
            if name not in fields:
                raise self.error(name, f"condition {text!r} asks for {name!r}, which is no field there")
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
