"""What a rule is.

A rule joins a *predicate* (a test that is made on the ground, see :mod:`geo.rules.predicates`) with what follows from
it for each project state.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd

from geo.errors import RuleError
from geo.rules.expression import Condition
from geo.rules.finding import Verdict
from geo.rules.labels import Labels
from geo.standing import Standing
from geo.text import Text

__all__ = ["Exemption", "Rule", "RulePack"]


@dataclass(frozen=True)
class Exemption:
    """An exception clause: when it may hold, who decides, the proof asked, and the verdict then."""

    when: Condition
    decided_by: Text
    proof: Text
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One siting rule.

    Attributes
    ----------
    id : str
        Never changes its meaning.
    title, authority, remedy : Text
    edition, clause, level, severity, source : str
    edition_zh, clause_zh : str
        As a Chinese letter cites them.
    in_force_from, in_force_to : date or None
        Both days included.
    subject_kinds : tuple of str
    subject_filter : Condition or None
        Which subjects of these kinds are covered; all where None.
    target_layer : str or None
        None for predicates that look at the subject alone.
    target_filter : Condition
        Which features of the target layer count.
    predicate : str
        Name of the test.
    parameters : mapping
        What the predicate asks for, by name; a quantity carries its unit in the name (``distance_m``).
    states : mapping of project state to Verdict
        The verdict where the predicate holds; every state is named.
    exemptions : tuple of Exemption
    standing : Standing
    tests : tuple of Rule
        What a combination joins: the same rule, each with one test of its own.
    overrides : str or None
        Id of the rule whose place this one takes.
    loosened : Text or None
        Why it is looser than the rule whose place it takes; None where it is not.
    counted : bool
        Whether it counts in the whole verdict although its standing is advisory.
    labels : Labels
        What its sentences call layers and fields; no part of what it says.
    """

    id: str
    title: Text
    authority: Text
    edition: str
    edition_zh: str
    clause: str
    clause_zh: str
    level: str
    in_force_from: date | None
    in_force_to: date | None
    subject_kinds: tuple[str, ...]
    subject_filter: Condition | None
    target_layer: str | None
    target_filter: Condition
    predicate: str
    parameters: Mapping[str, Any]
    severity: str
    states: Mapping[str, Verdict]
    exemptions: tuple[Exemption, ...]
    remedy: Text
    standing: Standing
    source: str
    tests: tuple["Rule", ...] = ()
    overrides: str | None = None
    loosened: Text | None = None
    counted: bool = False
    labels: Labels = field(default_factory=Labels, compare=False, repr=False)

    @property
    def advisory(self) -> bool:
        """Whether it is shown, but left out of the whole verdict."""
        return self.standing.advisory and not self.counted

    @property
    def target(self) -> str:
        """The target layer, for predicates that have one."""
        if self.target_layer is None:
            raise RuleError(f"rule {self.id!r}: predicate {self.predicate!r} needs a target_layer")
        return self.target_layer

    def in_force(self, on: date) -> bool:
        """Tell whether the rule applies to a decision of that day."""
        return (self.in_force_from is None or self.in_force_from <= on) and (
            self.in_force_to is None or on <= self.in_force_to
        )


@dataclass(frozen=True)
class RulePack:
    """Rules in the order of their files, and a version that changes with any of their bytes.

    ``advisory_counted`` says that rules of recalled or disputed standing count in the whole verdict.
    """

    rules: tuple[Rule, ...]
    version: str
    advisory_counted: bool = False

    def for_kinds(self, kinds: Iterable[str]) -> "RulePack":
        """Return the pack with only those rules that check one of these kinds."""
        wanted = set(kinds)
        rules = tuple(r for r in self.rules if wanted & set(r.subject_kinds))
        return replace(self, rules=rules)

    def for_subjects(self, subjects: pd.DataFrame) -> "RulePack":
        """Return the pack with only those rules that may check one of some subjects: all where a kind is unknown."""
        kinds = subjects["kind"]
        return self if kinds.isna().any() else self.for_kinds(kinds.unique())

    def with_advisory(self) -> "RulePack":
        """Return the pack with its advisory rules counted in the whole verdict."""
        rules = tuple(replace(rule, counted=True) for rule in self.rules)
        return replace(self, rules=rules, advisory_counted=True)
