"""Rules applied to subjects: every rule gives every subject that it covers one finding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geo.rules import wording
from geo.rules.expression import FALSE, TRUE, UNKNOWN, Truth
from geo.rules.finding import Finding, Position, Verdict
from geo.rules.horizon import Surroundings
from geo.rules.predicates import PREDICATES
from geo.rules.predicates.base import Reading, Scene, text_or_none
from geo.rules.rule import Exemption, Rule, RulePack
from geo.rules.survey import Bounds
from geo.rules.targets import Targets
from geo.text import Text

__all__ = ["SUBJECT_COLUMNS", "evaluate", "judge"]

SUBJECT_COLUMNS = ("id", "name", "kind", "state", "purpose", "accuracy_m")
"""Columns that the frame of subjects has beside its geometry; missing values are allowed in all but ``id``."""


def evaluate(
    pack: RulePack,
    subjects: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame | Targets],
    on: date,
    rasters: Mapping[str, Path] | None = None,
    progress: Callable[[float, str], None] | None = None,
    extents: Mapping[str, Bounds] | None = None,
    surroundings: Surroundings | None = None,
) -> list[list[Finding]]:
    """Return the findings of each subject, in the order of the rules.

    Parameters
    ----------
    pack : RulePack
    subjects : GeoDataFrame, EPSG:4490
        With the columns of ``SUBJECT_COLUMNS`` and whatever attributes rules ask for.
    layers : mapping of slug to GeoDataFrame, EPSG:4490, or to Targets
        With the fields of their layers. A layer that is absent or empty makes the rules that need it answer
        ``insufficient_data``.
    on : date
        Day of the decision; rules not in force then answer ``not_in_force``.
    rasters : mapping of kind to path, optional
        ``elevation`` and ``population``, as far as they are there.
    progress : callable, optional
        Called with the fraction done and the id of the rule just evaluated.
    extents, surroundings
        As for :class:`geo.rules.predicates.base.Scene`.

    Returns
    -------
    list of list of Finding
        One list per subject, in input order; empty where no rule covers its kind.
    """
    findings: list[list[Finding]] = [[] for _ in range(len(subjects))]
    scene = Scene(subjects.reset_index(drop=True), layers, rasters, on, extents, surroundings)
    unnamed = [_unnamed(scene.subject_rows[subject]) for subject in range(len(subjects))]
    for number, rule in enumerate(pack.rules, start=1):
        for subject, finding in _apply(rule, scene, on, unnamed):
            findings[subject].append(finding)
        if progress is not None:
            progress(number / len(pack.rules), rule.id)
    return findings


def _unnamed(subject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which of the words that decide what follows from a rule a subject lacks."""
    return tuple(name for name in ("kind", "state") if text_or_none(subject.get(name)) is None)


def _apply(
    rule: Rule, scene: Scene, on: date, unnamed: Sequence[tuple[str, ...]]
) -> list[tuple[int, Finding]]:
    """Return (position of the subject, finding) for each subject that the rule covers."""
    everybody = scene.factors(np.arange(len(scene.subjects)))
    codes, kinds = everybody.values("kind")
    of_kind = np.array([*(kind in rule.subject_kinds for kind in kinds), True])[codes]
    scope = (
        np.full(len(of_kind), TRUE)
        if rule.subject_filter is None
        else rule.subject_filter.evaluate(everybody)
    )
    who = np.flatnonzero(of_kind & (scope != FALSE))
    if not len(who):
        return []
    if not rule.in_force(on):
        return [(int(subject), _not_in_force(rule, on)) for subject in who]
    covered = scene.factors(who)
    truths = np.stack([scope[who], *(exemption.when.evaluate(covered) for exemption in rule.exemptions)])
    readings = PREDICATES[rule.predicate].read(rule, scene, who)
    return [
        (
            int(subject),
            _decide(
                rule,
                reading,
                _consequence(rule, scene.subject_rows[subject], truths[:, i], unnamed[int(subject)]),
            ),
        )
        for i, (subject, reading) in enumerate(zip(who, readings, strict=True))
    ]


def judge(rule: Rule, reading: Reading, subject: Mapping[str, Any]) -> Finding:
    """Return the finding of one reading, for a rule without exemptions that surely covers the subject."""
    return _decide(rule, reading, _consequence(rule, subject, np.array([TRUE]), _unnamed(subject)))


@dataclass(frozen=True)
class _Consequence:
    """What follows for a subject where the test of a rule holds."""

    verdict: Verdict
    needs: tuple[str, ...] = ()
    exemption: Exemption | None = None


def _consequence(
    rule: Rule, subject: Mapping[str, Any], truths: Truth, unnamed: tuple[str, ...]
) -> _Consequence:
    """Return what follows; ``truths`` are those of the subject filter and of each exemption."""
    scope, *exempt = truths
    unknown = list(unnamed)
    if scope == UNKNOWN and rule.subject_filter is not None:
        unknown += [name for name in rule.subject_filter.missing_names(subject) if name not in unknown]
    if unknown:
        return _Consequence(Verdict.INSUFFICIENT_DATA, tuple(f"subject.{name}" for name in unknown))
    for exemption, truth in zip(rule.exemptions, exempt, strict=True):
        if truth == TRUE:
            return _Consequence(exemption.verdict, (), exemption)
        if truth == UNKNOWN:
            missing = exemption.when.missing_names(subject)
            return _Consequence(
                Verdict.INSUFFICIENT_DATA, tuple(f"subject.{name}" for name in missing), exemption
            )
    return _Consequence(rule.states[str(subject["state"])])


def _decide(rule: Rule, reading: Reading, consequence: _Consequence) -> Finding:
    banned = consequence.verdict
    verdict, if_crossed = _sides(reading, banned)
    touched = verdict if verdict is not Verdict.NO_BAN or reading.decided else if_crossed
    applies = touched not in {None, Verdict.NO_BAN}
    return _finding(
        rule,
        reading,
        verdict=verdict,
        decided=bool(reading.decided) and verdict is not Verdict.INSUFFICIENT_DATA,
        if_crossed=if_crossed,
        needs=(*consequence.needs, *reading.needs) if applies else reading.needs,
        explanation=wording.join(
            reading.explanation,
            wording.missing(consequence.needs, rule.labels) if applies and consequence.needs else None,
            wording.exempted(consequence.exemption) if applies and consequence.exemption else None,
            wording.unverified(counted=rule.counted) if rule.standing.advisory else None,
            wording.overriding(rule.overrides, rule.loosened) if rule.overrides else None,
        ),
    )


def _sides(reading: Reading, banned: Verdict) -> tuple[Verdict, Verdict | None]:
    """Return the verdict at the measured value and the one on the other side of the limit."""
    if banned is Verdict.NO_BAN:
        return Verdict.NO_BAN, Verdict.NO_BAN
    if reading.holds is None:
        return Verdict.INSUFFICIENT_DATA, banned
    here, beyond = (banned, Verdict.NO_BAN) if reading.holds else (Verdict.NO_BAN, banned)
    if reading.other_line_holds not in {None, reading.holds}:
        return Verdict.DEPENDS_ON_BANK_LINE, beyond
    return here, beyond


def _not_in_force(rule: Rule, on: date) -> Finding:
    explanation = wording.not_in_force(rule, on)
    reading = Reading(holds=False, decided=True, explanation=explanation)
    return _finding(
        rule,
        reading,
        verdict=Verdict.NOT_IN_FORCE,
        decided=True,
        if_crossed=None,
        needs=(),
        explanation=explanation,
    )


def _finding(
    rule: Rule,
    reading: Reading,
    *,
    verdict: Verdict,
    decided: bool,
    if_crossed: Verdict | None,
    needs: tuple[str, ...],
    explanation: Text,
) -> Finding:
    return Finding(
        rule=rule.id,
        title=rule.title,
        authority=rule.authority,
        edition=rule.edition,
        edition_zh=rule.edition_zh,
        clause=rule.clause,
        clause_zh=rule.clause_zh,
        in_force_from=rule.in_force_from,
        in_force_to=rule.in_force_to,
        standing=rule.standing.value,
        advisory=rule.advisory,
        verdict=verdict,
        decided=decided,
        if_crossed=if_crossed,
        predicate=rule.predicate,
        limit=reading.limit,
        found=reading.found,
        unit=reading.unit,
        limit_m=reading.limit_m,
        distance_m=reading.distance_m,
        margin_m=reading.margin_m,
        doubt_m=reading.doubt_m,
        start=reading.start,
        end=reading.end,
        measured_from=reading.measured_from,
        measured_to=reading.measured_to,
        target=reading.target,
        evidence=reading.evidence or _evidence(reading.start, reading.end),
        explanation=explanation,
        remedy=rule.remedy,
        needs=needs,
        overrides=rule.overrides,
        coverage=reading.coverage,
    )


def _evidence(start: Position | None, end: Position | None) -> dict[str, Any] | None:
    if start is None or end is None:
        return None
    if start == end:
        return {"type": "Point", "coordinates": list(start)}
    return {"type": "LineString", "coordinates": [list(start), list(end)]}
