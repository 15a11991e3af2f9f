"""The rules that checks apply: text, parameters, standing and dates."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.actions.rules import describe_rule, find_rule, select_rules
from api.deps import RulesDep
from api.parameters import RuleId, StandingFilter
from api.results.shapes import TextOut
from geo.rules.finding import Verdict
from geo.standing import Standing

__all__ = ["router"]

router = APIRouter(prefix="/rules", tags=["rules"])


class RuleTestOut(BaseModel):
    """What is tested on the ground; a combination joins several tests."""

    model_config = ConfigDict(extra="forbid")

    predicate: str
    target_layer: str | None
    target_filter: str | None
    parameters: dict[str, Any]
    tests: list["RuleTestOut"]


class ExemptionOut(BaseModel):
    """An exception clause: when it may hold, who decides, the proof asked, and the verdict then."""

    model_config = ConfigDict(extra="forbid")

    when: str
    decided_by: TextOut
    proof: TextOut
    verdict: Verdict


class RuleOut(RuleTestOut):
    """One siting rule; its id never changes its meaning."""

    id: str
    title: TextOut
    authority: TextOut
    edition: str
    edition_zh: str
    clause: str
    clause_zh: str
    level: str
    severity: str
    in_force_from: date | None
    in_force_to: date | None
    standing: Standing
    advisory: bool
    source: str
    subject_kinds: list[str]
    subject_filter: str | None
    subject_fields: list[str] = Field(description="attributes that it asks of a project or facility")
    states: dict[str, Verdict]
    exemptions: list[ExemptionOut]
    remedy: TextOut
    overrides: str | None


class RulesOut(BaseModel):
    """Rules in the order of their packs, and the version of all of them together."""

    rules_version: str
    rules: list[RuleOut]


@router.get("")
def list_rules(
    rules: RulesDep,
    kind: Annotated[str | None, Query(description="only rules that check this kind")] = None,
    standing: StandingFilter = None,
    on: Annotated[date | None, Query(description="only rules in force on this day")] = None,
) -> RulesOut:
    """Return the rules, those of the user's packs included."""
    chosen = select_rules(rules, kind=kind, standing=standing, on=on)
    return RulesOut(rules_version=rules.version, rules=[RuleOut(**describe_rule(rule)) for rule in chosen])


@router.get("/{rule_id}")
def get_rule(rule_id: RuleId, rules: RulesDep) -> RuleOut:
    """Return one rule."""
    return RuleOut(**describe_rule(find_rule(rules, rule_id)))
