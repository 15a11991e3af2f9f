"""``jurisdiction_count``: the number of features in a division against a ceiling (total control).

A feature counts where a point inside it lies in the division, or by its division code where the boundary is not there;
the subject itself does not count. The rule names the division by its code; a subject outside it is not concerned.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.missing import is_missing
from geo.rules.expression import FALSE, TRUE, UNKNOWN, Truth
from geo.rules.measuring import Sheet
from geo.rules.predicates.base import Predicate, Reading, Scene, number, one_of
from geo.rules.predicates.readings import lacking, nothing_there
from geo.rules.rule import Rule
from geo.text import Text, say_number

__all__ = ["PREDICATE"]


def _adcode(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{6}", value):
        raise ValueError("must be a division code of six digits in quotes")
    return value


@dataclass(frozen=True)
class _Division:
    """What is counted in a division.

    Attributes
    ----------
    name : str
    counts : Truth
        Whether each feature of the layer lies in it and counts.
    """

    name: str
    counts: Truth

    @cached_property
    def least(self) -> int:
        """How many surely count."""
        return int((self.counts == TRUE).sum())

    @cached_property
    def most(self) -> int:
        """How many may count."""
        return int((self.counts != FALSE).sum())

    @cached_property
    def unsure(self) -> NDArray[np.int64]:
        """Positions of those that may count, but not for sure."""
        return np.flatnonzero((self.counts != FALSE) & (self.counts != TRUE))


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether its division holds too many features."""
    sheet, code = scene.sheet(rule.target), rule.parameters["adcode"]
    sheet.require()
    scene.sheet("admin_areas").require()
    areas = scene.layer("admin_areas")
    divisions = areas[areas["adcode"] == code] if "adcode" in areas.columns else areas.iloc[:0]
    published = {"limit": rule.parameters["count"], "unit": "features"}
    counts = sheet.prepared.truth(rule.target_filter)
    if not (counts != FALSE).any():
        return [nothing_there(rule, **published)] * len(who)
    subjects = scene.subjects.iloc[who]
    if len(divisions):
        shape = shapely.union_all(divisions.geometry.to_numpy())
        shapely.prepare(shape)
        name = next((name for name in divisions["name"] if isinstance(name, str)), code)
        here, concerned = (_lies_in(shape, frame) for frame in (sheet.targets, subjects))
    else:
        name = code
        here, concerned = (_is_of(code, frame) for frame in (sheet.targets, subjects))
    division = _Division(name, np.minimum(counts, here))
    return [
        _read_one(rule, sheet, subject, division, truth)
        for subject, truth in zip(who, concerned, strict=True)
    ]


PREDICATE = Predicate(
    name="jurisdiction_count",
    parameters={"adcode": _adcode, "count": number, "compare": one_of("gt", "ge")},
    read=read,
    layers=("admin_areas",),
    measures="count",
)
"""``adcode``: the division; ``count`` and ``compare``: the test holds where the features there, the subject apart, are
more than (``gt``) or at least (``ge``) that many."""


def _is_of(code: str, frame: pd.DataFrame) -> Truth:
    """Return whether the code of each feature is that of a division or of one of its parts."""
    prefix = re.sub("(0000|00)$", "", code)
    codes = frame["adcode"] if "adcode" in frame.columns else pd.Series([None] * len(frame), dtype=object)
    return np.array(
        [(TRUE if own.startswith(prefix) else FALSE) if isinstance(own, str) else UNKNOWN for own in codes],
        dtype=np.int8,
    )


def _lies_in(shape: shapely.Geometry, frame: gpd.GeoDataFrame) -> Truth:
    """Return whether a point inside each feature lies in a division."""
    inside = shapely.intersects(shape, shapely.point_on_surface(frame.geometry.to_numpy()))
    return np.where(inside, TRUE, FALSE)


def _read_one(
    rule: Rule, sheet: Sheet, subject: np.int64, division: _Division, concerned: np.int8
) -> Reading:
    if concerned == UNKNOWN:
        return _without_code(rule)
    if concerned == FALSE:
        return _elsewhere(rule, division.name)
    itself = _find_own(sheet, subject)
    own = division.counts[itself]
    least, most = division.least - int((own == TRUE).sum()), division.most - int((own != FALSE).sum())
    holds = _reaches(rule, least)
    is_open = holds != _reaches(rule, most)
    asked = ("大于", "more than") if rule.parameters["compare"] == "gt" else ("不小于", "at least")
    limit = rule.parameters["count"]
    layer = rule.labels.layer(rule.target)
    return Reading(
        holds=None if is_open else holds,
        decided=not is_open,
        explanation=Text(
            f"“{division.name}”内图层“{layer.zh}”现有 {least} 处（本项目除外），限值为{asked[0]} {say_number(limit)} "
            "处。",
            f"{division.name} holds {least} features of layer “{layer.en}”, this one apart; the limit is {asked[1]} "
            f"{say_number(limit)}.",
        ),
        needs=_needs(rule, sheet, np.setdiff1d(division.unsure, itself)) if is_open else (),
        limit=limit,
        found=float(least),
        unit="features",
    )


def _find_own(sheet: Sheet, subject: np.int64) -> list[int]:
    """Return the positions of the features that a subject is, or changes."""
    row = sheet.subject_rows[subject]
    ids = {row["id"] if row.get("layer") == sheet.layer else None, row.get("facility_id")}
    positions = sheet.prepared.remember("positions", lambda: _positions(sheet.targets["id"]))
    return sorted(positions[id] for id in ids if not is_missing(id) and id in positions)


def _positions(ids: pd.Series) -> dict[str, int]:
    return {id: position for position, id in enumerate(ids)}


def _needs(rule: Rule, sheet: Sheet, unsure: NDArray[np.int64]) -> tuple[str, ...]:
    """Return what to bring to know of features whether they count."""
    needs = []
    for target in unsure:
        row = sheet.prepared.rows[target]
        missing = (*rule.target_filter.missing_names(row), "adcode")
        needs.append(f"{rule.target}/{row['id']}.{missing[0]}")
    return tuple(needs)


def _reaches(rule: Rule, number_of: int) -> bool:
    limit: float = rule.parameters["count"]
    return number_of > limit if rule.parameters["compare"] == "gt" else number_of >= limit


def _elsewhere(rule: Rule, division: str) -> Reading:
    return Reading(
        holds=False,
        decided=True,
        explanation=Text(f"不在“{division}”范围内。", f"It does not lie in {division}."),
        limit=rule.parameters["count"],
        unit="features",
    )


def _without_code(rule: Rule) -> Reading:
    """Return the reading where neither the boundary of the division nor the code of the subject is there."""
    code = rule.parameters["adcode"]
    asked = Text(
        f"缺少行政区 {code} 的边界，本项目也没有区划代码。",
        f"The boundary of division {code} is missing, and so is the division code of the project.",
    )
    needs = [f"admin_areas/{code}", "subject.adcode"]
    return lacking(needs, asked, limit=rule.parameters["count"], unit="features")
