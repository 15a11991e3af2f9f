"""Rules applied to subjects: every rule gives every subject that it covers one finding.

What decides a finding
    Among the targets that count for a rule, the one whose distance *and doubt* leave the worst result: a precise line
    3,400 m away does not hide a vague one 4,000 m away. Targets of equal doubt compete by distance alone, so one exact
    nearest search per doubt is complete. Where it is unknown whether a target counts (a tributary without catchment or
    mark), it is measured too, and a finding that would turn on it is ``insufficient_data``.

Heights above the ellipsoid are not considered: up to 0.05 % in the north-west of Yunnan, 1.4 m in 3 km.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.distance import NearestResult, TargetIndex
from geo.rules import wording
from geo.rules.banks import half_widths_m, preferred_lines, water_side_lines
from geo.rules.expression import FALSE, TRUE, UNKNOWN, Truth
from geo.rules.finding import Finding, Position, TargetRef, Text, Verdict, is_decided
from geo.rules.schema import Exemption, Rule, RulePack

__all__ = ["SUBJECT_COLUMNS", "evaluate"]

SUBJECT_COLUMNS = ("id", "name", "kind", "state", "purpose", "accuracy_m")
"""Columns that the frame of subjects has beside its geometry; missing values are allowed in all but ``id``."""

_DISTANCE_DECIMALS = 3
_POSITION_DECIMALS = 9


def evaluate(
    pack: RulePack,
    subjects: gpd.GeoDataFrame,
    targets: Mapping[str, gpd.GeoDataFrame],
    on: date,
    progress: Callable[[float, str], None] | None = None,
) -> list[list[Finding]]:
    """Return the findings of each subject, in the order of the rules.

    Parameters
    ----------
    pack : RulePack
    subjects : GeoDataFrame, EPSG:4490
        With the columns of ``SUBJECT_COLUMNS``.
    targets : mapping of layer to GeoDataFrame, EPSG:4490
        With the fields of their layers. A layer that is absent or empty makes the rules that need it answer
        ``insufficient_data``.
    on : date
        Day of the decision; rules not in force then answer ``not_in_force``.
    progress : callable, optional
        Called with the fraction done and the id of the rule just evaluated.

    Returns
    -------
    list of list of Finding
        One list per subject, in input order; empty where no rule covers its kind.
    """
    findings: list[list[Finding]] = [[] for _ in range(len(subjects))]
    subjects = subjects.reset_index(drop=True)
    sheets = {layer: _Sheet(subjects, frame.reset_index(drop=True)) for layer, frame in targets.items()}
    for number, rule in enumerate(pack.rules, start=1):
        sheet = sheets.get(rule.target_layer) or _Sheet(subjects, subjects.iloc[:0])
        for position, finding in _RuleRun(rule, on, sheet).findings():
            findings[position].append(finding)
        if progress is not None:
            progress(number / len(pack.rules), rule.id)
    return findings


@dataclass(frozen=True)
class _Measured:
    """The deciding target of each subject; arrays over the subjects measured, NaN and -1 where there is none."""

    target: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    doubt_m: NDArray[np.float64]
    ends: NDArray[np.float64]  # from_lon, from_lat, to_lon, to_lat


class _Sheet:
    """The features of one target layer, measured from the subjects; nearest searches are kept for further rules."""

    def __init__(self, subjects: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> None:
        self.subjects, self.targets = subjects, targets
        self.is_river = "line_kind" in targets.columns
        self._offset_m = half_widths_m(targets) if self.is_river else np.zeros(len(targets))
        self._accuracy_m = _floats(targets, "accuracy_m")
        self._known: dict[tuple[bytes, bytes], NearestResult] = {}

    def measure(self, who: NDArray[np.int64], rows: NDArray[np.bool_], limit_m: float) -> _Measured | None:
        """Return the deciding target among ``rows`` for the subjects at ``who``; None where no row is set."""
        groups = [self._measure_group(who, group) for group in self._groups(rows)]
        if not groups:
            return None
        ranks = np.stack([_rank(g.distance_m - limit_m, g.doubt_m) for g in groups])
        distances = np.stack([g.distance_m for g in groups])
        targets = np.stack([g.target for g in groups])
        best = np.lexsort((targets, distances, ranks), axis=0)[0]
        pick = (best, np.arange(len(who)))
        return _Measured(
            target=targets[pick],
            distance_m=distances[pick],
            doubt_m=np.stack([g.doubt_m for g in groups])[pick],
            ends=np.stack([g.ends for g in groups])[pick],
        )

    def _groups(self, rows: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
        positions = np.flatnonzero(rows)
        keys = pd.DataFrame({"accuracy": self._accuracy_m[positions], "offset": self._offset_m[positions]})
        grouped = keys.groupby(["accuracy", "offset"], dropna=False, sort=True)
        return [positions[index] for index in grouped.indices.values()]

    def _measure_group(self, who: NDArray[np.int64], group: NDArray[np.int64]) -> _Measured:
        near = self._nearest(who, group)
        offset_m = np.nan_to_num(self._offset_m[group[0]])  # unknown half width: nothing can be subtracted
        subject_m = _floats(self.subjects, "accuracy_m")[who]
        ends: NDArray[np.float64] = np.column_stack([near.from_lon, near.from_lat, near.to_lon, near.to_lat])
        return _Measured(
            target=group[near.target],
            distance_m=np.round(np.maximum(near.distance_m - offset_m, 0.0), _DISTANCE_DECIMALS),
            doubt_m=np.round(subject_m + self._accuracy_m[group[0]], _DISTANCE_DECIMALS),
            ends=np.round(ends, _POSITION_DECIMALS),
        )

    def _nearest(self, who: NDArray[np.int64], group: NDArray[np.int64]) -> NearestResult:
        key = (who.tobytes(), group.tobytes())
        if key not in self._known:
            geometries = self.targets.geometry.to_numpy()[group]
            self._known[key] = TargetIndex(geometries).nearest(self.subjects.geometry.to_numpy()[who])
        return self._known[key]


class _RuleRun:
    """One rule applied to the subjects of a sheet."""

    def __init__(self, rule: Rule, on: date, sheet: _Sheet) -> None:
        self.rule, self.on, self.sheet = rule, on, sheet
        kind = sheet.subjects["kind"]
        covered = kind.isin(list(rule.subject_kinds)) | kind.isna()
        self.who = np.flatnonzero(covered.to_numpy(dtype=bool))
        self.rows = [_attributes(sheet.subjects, position) for position in self.who]
        self.exempt = [
            exemption.when.evaluate(sheet.subjects.iloc[self.who]) for exemption in rule.exemptions
        ]

    def findings(self) -> list[tuple[int, Finding]]:
        """Return (position of the subject, finding) for each subject that the rule covers."""
        if not len(self.who):
            return []
        if not self.rule.in_force(self.on):
            return [
                (int(p), self._unmeasured(Verdict.NOT_IN_FORCE, True, (), self._dates())) for p in self.who
            ]
        counts = self.rule.target_filter.evaluate(self.sheet.targets)
        sets = self._target_sets(counts)
        measured = {
            name: self.sheet.measure(self.who, rows, self.rule.distance_m) for name, rows in sets.items()
        }
        return [(int(position), self._decide(i, measured)) for i, position in enumerate(self.who)]

    def _target_sets(self, counts: Truth) -> dict[str, NDArray[np.bool_]]:
        """Return the targets that surely count, those that may, and the other reading of the bank line."""
        if not self.sheet.is_river:
            return {
                "sure": counts == TRUE,
                "maybe": counts == UNKNOWN,
                "other": np.zeros(len(counts), dtype=bool),
            }
        lines = self.sheet.targets
        candidates = lines[counts != FALSE]
        preferred, water_side = np.zeros((2, len(lines)), dtype=bool)
        preferred[counts != FALSE] = preferred_lines(candidates)
        water_side[counts != FALSE] = water_side_lines(candidates)
        sure = preferred & (counts == TRUE)
        water_side &= counts == TRUE
        replaced = lines["reach"].isin(lines.loc[water_side, "reach"]).to_numpy(dtype=bool)
        other = (sure & ~replaced) | water_side if water_side.any() else water_side
        return {"sure": sure, "maybe": preferred & (counts == UNKNOWN), "other": other}

    def _decide(self, i: int, measured: Mapping[str, _Measured | None]) -> Finding:
        sure, maybe, other = measured["sure"], measured["maybe"], measured["other"]
        if sure is None and maybe is None:
            return self._unmeasured(
                Verdict.INSUFFICIENT_DATA,
                False,
                (f"layer {self.rule.target_layer}",),
                wording.no_targets(self.rule),
            )
        finding = None if sure is None else self._measured_finding(i, sure, other)
        if maybe is not None and (finding is None or finding.verdict is not Verdict.PROHIBITED):
            open_question = self._maybe_finding(i, maybe, finding)
            return open_question or finding or self._measured_finding(i, maybe, None)
        assert finding is not None  # sure or maybe is there
        return finding

    def _maybe_finding(self, i: int, maybe: _Measured, sure: Finding | None) -> Finding | None:
        """Return the finding that turns on a target of which it is unknown whether it counts, if one does."""
        finding = self._measured_finding(i, maybe, None)
        sides = {finding.verdict} if finding.decided else {finding.verdict, finding.if_crossed}
        if sides <= {Verdict.NO_BAN}:
            return None
        target = _attributes(self.sheet.targets, maybe.target[i])
        missing = self.rule.target_filter.missing_names(target)
        reference = f"{self.rule.target_layer}/{target['id']}"
        return replace(
            finding,
            verdict=Verdict.INSUFFICIENT_DATA,
            decided=False,
            needs=(*finding.needs, *(f"{reference}.{name}" for name in missing)),
            explanation=wording.join(
                wording.unsure_target(_text(target.get("name")) or str(target["id"]), missing),
                finding.explanation,
            ),
        )

    def _measured_finding(self, i: int, measured: _Measured, other: _Measured | None) -> Finding:
        rule, row = self.rule, self.rows[i]
        target = _attributes(self.sheet.targets, measured.target[i])
        distance_m, doubt_m = float(measured.distance_m[i]), _known(measured.doubt_m[i])
        margin_m = round(distance_m - rule.distance_m, _DISTANCE_DECIMALS)
        banned, needs, exemption = self._verdict_within(i)
        sides = (banned, Verdict.NO_BAN) if margin_m <= 0 else (Verdict.NO_BAN, banned)
        decided = is_decided(margin_m, doubt_m)
        measure = wording.Measure(
            subject=row,
            target=target,
            from_part=_part(self.sheet.subjects.geometry.iloc[int(self.who[i])]),
            limit_m=rule.distance_m,
            distance_m=distance_m,
            margin_m=margin_m,
            doubt_m=doubt_m,
        )
        finding = self._finding(
            verdict=sides[0],
            decided=decided and sides[0] is not Verdict.INSUFFICIENT_DATA,
            if_crossed=sides[1],
            needs=(*needs, *measure.needs(rule.target_layer))
            if Verdict.INSUFFICIENT_DATA in sides or not decided
            else (),
            explanation=wording.measured(rule, measure, sides[0], decided, needs, exemption),
            distance_m=distance_m,
            margin_m=margin_m,
            doubt_m=doubt_m,
            ends=measured.ends[i],
            measured_from=measure.from_part,
            measured_to=_text(target.get("line_kind")) or "boundary",
            target=TargetRef(rule.target_layer, str(target["id"]), _text(target.get("name"))),
        )
        return finding if other is None else self._compare_lines(finding, banned, float(other.distance_m[i]))

    def _compare_lines(self, finding: Finding, banned: Verdict, other_distance_m: float) -> Finding:
        """Return ``depends_on_bank_line`` where the water-side line gives another verdict than the outer line."""
        other = banned if other_distance_m <= self.rule.distance_m else Verdict.NO_BAN
        if other is finding.verdict:
            return finding
        return replace(
            finding,
            verdict=Verdict.DEPENDS_ON_BANK_LINE,
            explanation=wording.join(
                wording.lines_disagree(finding, other_distance_m, other), finding.explanation
            ),
        )

    def _verdict_within(self, i: int) -> tuple[Verdict, tuple[str, ...], Exemption | None]:
        """Return the verdict of a subject inside the limit, what it needs, and the exemption that it rests on."""
        row = self.rows[i]
        unknown = tuple(f"subject.{name}" for name in ("kind", "state") if _text(row.get(name)) is None)
        if unknown:
            return Verdict.INSUFFICIENT_DATA, unknown, None
        verdict = self.rule.states[str(row["state"])]
        for exemption, truth in zip(self.rule.exemptions, self.exempt, strict=True):
            if truth[i] == TRUE:
                return exemption.verdict, (), exemption
            if truth[i] == UNKNOWN:
                needs = tuple(f"subject.{name}" for name in exemption.when.missing_names(row))
                return Verdict.INSUFFICIENT_DATA, needs, exemption
        return verdict, (), None

    def _dates(self) -> Text:
        return wording.not_in_force(self.rule, self.on)

    def _unmeasured(
        self, verdict: Verdict, decided: bool, needs: tuple[str, ...], explanation: Text
    ) -> Finding:
        return self._finding(verdict=verdict, decided=decided, needs=needs, explanation=explanation)

    def _finding(
        self,
        *,
        verdict: Verdict,
        decided: bool,
        needs: tuple[str, ...],
        explanation: Text,
        if_crossed: Verdict | None = None,
        distance_m: float | None = None,
        margin_m: float | None = None,
        doubt_m: float | None = None,
        ends: NDArray[np.float64] | None = None,
        measured_from: str | None = None,
        measured_to: str | None = None,
        target: TargetRef | None = None,
    ) -> Finding:
        rule = self.rule
        start, end = (None, None) if ends is None else (_position(ends[:2]), _position(ends[2:]))
        return Finding(
            rule=rule.id,
            title=rule.title,
            authority=rule.authority,
            edition=rule.edition,
            clause=rule.clause,
            in_force_from=rule.in_force_from,
            in_force_to=rule.in_force_to,
            standing=rule.standing.value,
            advisory=rule.standing.advisory,
            verdict=verdict,
            decided=decided,
            if_crossed=if_crossed,
            predicate=rule.predicate,
            limit=rule.distance_m,
            found=distance_m,
            unit="m",
            limit_m=rule.distance_m,
            distance_m=distance_m,
            margin_m=margin_m,
            doubt_m=doubt_m,
            start=start,
            end=end,
            measured_from=measured_from,
            measured_to=measured_to,
            target=target,
            evidence=_evidence(start, end),
            explanation=explanation,
            remedy=rule.remedy,
            needs=needs,
        )


def _rank(margin_m: NDArray[np.float64], doubt_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how bad a measurement is: 0 within for sure, 1 within perhaps, 2 beyond perhaps, 3 beyond for sure."""
    decided = np.abs(margin_m) > doubt_m  # false where the doubt is unknown (NaN)
    return np.where(margin_m <= 0, np.where(decided, 0, 1), np.where(decided, 3, 2))


def _floats(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column]).to_numpy(dtype=np.float64, na_value=np.nan)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _attributes(frame: pd.DataFrame, position: int | np.int64) -> dict[str, Any]:
    return {str(name): column.iloc[position] for name, column in frame.items()}


def _position(pair: NDArray[np.float64]) -> Position | None:
    return None if np.isnan(pair).any() else (float(pair[0]), float(pair[1]))


def _part(geometry: Any) -> str:
    """Return from which part of the subject is measured, by its dimension."""
    return ("point", "centreline", "boundary")[int(shapely.get_dimensions(geometry))]


def _evidence(start: Position | None, end: Position | None) -> dict[str, Any] | None:
    if start is None or end is None:
        return None
    if start == end:
        return {"type": "Point", "coordinates": list(start)}
    return {"type": "LineString", "coordinates": [list(start), list(end)]}
