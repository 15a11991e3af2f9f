"""Rule packs as files of a bundle: their texts, the tables beside them, and a hash per rule."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.rules.rule import RulePack
from geo.rules.schema import BUILT_IN_PACKS
from layers.siting.checks import load_rules

__all__ = ["RuleFiles", "rule_digests"]


@dataclass(frozen=True)
class RuleFiles:
    """The files that the rules of a decision were read from.

    Attributes
    ----------
    packs, overlays : tuple of Path
        In the order of reading: packs of the product, then the user's.
    """

    packs: tuple[Path, ...]
    overlays: tuple[Path, ...] = ()

    @classmethod
    def of(cls, packs: Iterable[Path] | None, overlays: Iterable[Path] = ()) -> "RuleFiles":
        """Return the files; those that come with the product unless packs are stated."""
        found = sorted(BUILT_IN_PACKS.glob("*.toml")) if packs is None else packs
        return cls(tuple(found), tuple(overlays))

    def load(self, *, advisory_counted: bool = False) -> RulePack:
        """Return the rules; advisory ones are counted where asked for."""
        pack = load_rules(self.packs, self.overlays)
        return pack.with_advisory() if advisory_counted else pack

    def named(self) -> dict[str, list[str]]:
        """Return the names of the packs in a bundle, in the order of reading."""
        return {
            "packs": [_name(f"packs-{i}", path) for i, path in enumerate(self.packs, start=1)],
            "overlays": [_name(f"own-{i}", path) for i, path in enumerate(self.overlays, start=1)],
        }

    def parts(self) -> dict[str, bytes]:
        """Return the packs and the tables that they name, by their names in a bundle."""
        names = self.named()
        found: dict[str, bytes] = {}
        for name, path in zip(
            (*names["packs"], *names["overlays"]), (*self.packs, *self.overlays), strict=True
        ):
            text = path.read_bytes()
            found[name] = text
            folder = name.rpartition("/")[0]
            for table in _tables(tomllib.loads(text.decode("utf-8-sig"))):
                found[f"{folder}/{table}"] = (path.parent / table).read_bytes()
        return dict(sorted(found.items()))


def rule_digests(texts: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each rule in the texts of packs; layout and remarks of a file do not count."""
    return {
        str(rule["id"]): hashlib.sha256(_canonical(rule).encode()).hexdigest()
        for text in texts
        for rule in tomllib.loads(text)["rule"]
    }


def _canonical(rule: Mapping[str, Any]) -> str:
    return json.dumps(rule, ensure_ascii=False, sort_keys=True, default=str)


def _name(folder: str, path: Path) -> str:
    return f"rules/{folder}/{path.name}"


def _tables(value: object) -> Iterator[str]:
    """Yield the names of the tables that a document names, each once per mention."""
    if isinstance(value, Mapping):
        if isinstance(value.get("table"), str):
            yield value["table"]
        for inner in value.values():
            yield from _tables(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _tables(inner)
