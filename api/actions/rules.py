"""Rules as the doors show them: text, parameters, standing, dates; the packs of the user's beside the product's."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

from geo.rules.expression import Condition
from geo.rules.predicates import PREDICATES
from geo.rules.rule import Exemption, Rule, RulePack
from geo.rules.tables import SpacingTable
from layers.errors import NotFoundError
from layers.siting.checks import load_rules
from layers.siting.rule_cases import CaseReport, run_cases

__all__ = ["describe_rule", "find_rule", "lint_packs", "run_pack_cases", "select_rules"]


def find_rule(pack: RulePack, id: str) -> Rule:
    """Return a rule by its id.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    for rule in pack.rules:
        if rule.id == id:
            return rule
    raise NotFoundError(f"there is no rule {id!r}", zh=f"没有编号为“{id}”的规则")


def select_rules(
    pack: RulePack, *, kind: str | None = None, standing: str | None = None, on: date | None = None
) -> list[Rule]:
    """Return the rules that check a kind of subject, have a standing, are in force on a day."""
    return [
        rule
        for rule in pack.rules
        if (kind is None or kind in rule.subject_kinds)
        and (standing is None or rule.standing == standing)
        and (on is None or rule.in_force(on))
    ]


def describe_rule(rule: Rule) -> dict[str, Any]:
    """Return a rule as published (JSON types)."""
    return {
        "id": rule.id,
        "title": asdict(rule.title),
        "authority": asdict(rule.authority),
        "edition": rule.edition,
        "edition_zh": rule.edition_zh,
        "clause": rule.clause,
        "clause_zh": rule.clause_zh,
        "level": rule.level,
        "severity": rule.severity,
        "in_force_from": _plain(rule.in_force_from),
        "in_force_to": _plain(rule.in_force_to),
        "standing": rule.standing.value,
        "advisory": rule.standing.advisory,
        "source": rule.source,
        "subject_kinds": list(rule.subject_kinds),
        "subject_filter": _plain(rule.subject_filter),
        "subject_fields": list(_subject_fields(rule)),
        **_describe_test(rule),
        "states": {state: verdict.value for state, verdict in rule.states.items()},
        "exemptions": [_describe_exemption(exemption) for exemption in rule.exemptions],
        "remedy": asdict(rule.remedy),
        "overrides": rule.overrides,
    }


def lint_packs(overlays: Iterable[Path], on: date) -> list[dict[str, Any]]:
    """Return what a person should know of the rules in packs of the user's, read after the product's.

    Raises
    ------
    RuleError
        If a pack cannot be read or has something wrong; names file, line and key.
    """
    return [
        {"rule": rule.id, "remark": en, "remark_zh": zh}
        for rule in _own_rules(load_rules(overlays=overlays))
        for en, zh in _remarks(rule, on)
    ]


def run_pack_cases(pack: RulePack, cases: Iterable[Path], *, own_only: bool) -> CaseReport:
    """Run cases of rules; all rules of the pack must have some, or only those of the user's."""
    only = [rule.id for rule in _own_rules(pack)] if own_only else None
    return run_cases(pack, cases, only=only)


def _own_rules(pack: RulePack) -> list[Rule]:
    """Return the rules that are not the product's."""
    built_in = {rule.id for rule in load_rules().rules}
    return [rule for rule in pack.rules if rule.id not in built_in]


def _remarks(rule: Rule, on: date) -> Iterable[tuple[str, str]]:
    if rule.standing.advisory:
        yield (
            f"{rule.standing.text.en}: shown, but left out of the whole verdict",
            f"{rule.standing.text.zh}：只提示，不计入总结论",
        )
    if rule.in_force_to is not None and rule.in_force_to < on:
        yield f"no longer in force since {rule.in_force_to}", f"已于 {rule.in_force_to} 后失效"
    if rule.overrides is not None:
        yield f"takes the place of {rule.overrides}", f"替代规则 {rule.overrides}"
    if rule.loosened is not None:
        yield f"looser than it: {rule.loosened.en}", f"比其宽松：{rule.loosened.zh}"


def _subject_fields(rule: Rule) -> dict[str, None]:
    """Return the attributes that a rule asks of its subject: in its conditions and in its test, each once."""
    conditions = [exemption.when for exemption in rule.exemptions]
    if rule.subject_filter is not None:
        conditions.insert(0, rule.subject_filter)
    asked = [name for condition in conditions for name in condition.names]
    for test in rule.tests or (rule,):
        asked += PREDICATES[test.predicate].reads_of_subject(test.parameters)
    return dict.fromkeys(asked)


def _describe_test(rule: Rule) -> dict[str, Any]:
    return {
        "predicate": rule.predicate,
        "target_layer": rule.target_layer,
        "target_filter": None if rule.target_layer is None else rule.target_filter.text,
        "parameters": {name: _plain(_own_cells(rule, value)) for name, value in rule.parameters.items()},
        "tests": [_describe_test(test) for test in rule.tests],
    }


def _own_cells(rule: Rule, value: Any) -> Any:
    """Return a parameter, of a table only the cells that the rule reads."""
    is_table = isinstance(value, SpacingTable)
    return value.select(rule.edition, rule.standing.value, rule.target) if is_table else value


def _describe_exemption(exemption: Exemption) -> dict[str, Any]:
    return {
        "when": exemption.when.text,
        "decided_by": asdict(exemption.decided_by),
        "proof": asdict(exemption.proof),
        "verdict": exemption.verdict.value,
    }


def _plain(value: Any) -> Any:
    """Return a parameter as JSON types: one that a predicate parsed by its fields, a number not known as null."""
    if isinstance(value, Condition):
        return value.text
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        # Of tests that are functions the names of what they read can be told.
        is_code = any(callable(each) for each in value.values())
        return list(value) if is_code else {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
