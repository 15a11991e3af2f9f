"""``jurisdiction_count``: the number of features in a division against a ceiling (total control).

A feature counts where a point inside it lies in the division, or by its division code where the boundary is not there;
the subject itself does not count. The rule names the division by its code; a subject outside it is not concerned.
"""

import re

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.rules.expression import FALSE, TRUE, UNKNOWN, Truth
from geo.rules.measuring import Sheet
from geo.rules.predicates.base import Predicate, Reading, Scene, number, one_of
from geo.rules.predicates.readings import lacking, nothing_there
from geo.rules.rule import Rule
from geo.text import Text

__all__ = ["PREDICATE"]


def _adcode(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{6}", value):
        raise ValueError("must be a division code of six digits in quotes")
    return value


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
    if not len(divisions):
        return [_read_by_code(rule, sheet, subject, counts) for subject in who]
    shape = shapely.union_all(divisions.geometry.to_numpy())
    shapely.prepare(shape)
    inside = _lies_in(shape, sheet.targets.geometry.to_numpy())
    concerned = _lies_in(shape, scene.subjects.geometry.to_numpy()[who])
    name = next((name for name in divisions["name"] if isinstance(name, str)), code)
    return [
        _read_one(rule, sheet, subject, np.where(inside, counts, FALSE), name)
        if here
        else _elsewhere(rule, name)
        for subject, here in zip(who, concerned, strict=True)
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


def _read_by_code(rule: Rule, sheet: Sheet, subject: np.int64, counts: Truth) -> Reading:
    """Return the reading where the boundary of the division is not there: by the codes of features."""
    code = rule.parameters["adcode"]
    own = _is_of(code, sheet.subjects)[subject]
    if own == UNKNOWN:
        asked = Text(
            f"缺少行政区 {code} 的边界，本项目也没有区划代码。",
            f"The boundary of division {code} is missing, and so is the division code of the project.",
        )
        needs = [f"admin_areas/{code}", "subject.adcode"]
        return lacking(needs, asked, limit=rule.parameters["count"], unit="features")
    if own == FALSE:
        return _elsewhere(rule, code)
    return _read_one(rule, sheet, subject, np.minimum(counts, _is_of(code, sheet.targets)), code)


def _is_of(code: str, frame: pd.DataFrame) -> Truth:
    """Return whether the code of each feature is that of a division or of one of its parts."""
    prefix = re.sub("(0000|00)$", "", code)
    codes = frame["adcode"] if "adcode" in frame.columns else pd.Series([None] * len(frame), dtype=object)
    return np.array(
        [(TRUE if own.startswith(prefix) else FALSE) if isinstance(own, str) else UNKNOWN for own in codes],
        dtype=np.int8,
    )


def _lies_in(shape: shapely.Geometry, geometries: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.asarray(shapely.intersects(shape, shapely.point_on_surface(geometries)))


def _read_one(rule: Rule, sheet: Sheet, subject: np.int64, counts: Truth, division: str) -> Reading:
    own = sheet.subjects.iloc[subject]
    itself = (sheet.targets["id"] == own["id"]).to_numpy() & (own.get("layer") == sheet.layer)
    if not pd.isna(own.get("facility_id")):
        itself |= (sheet.targets["id"] == own["facility_id"]).to_numpy()
    least, most = (int((some & ~itself).sum()) for some in (counts == TRUE, counts != FALSE))
    holds = _reaches(rule, least)
    is_open = holds != _reaches(rule, most)
    asked = ("大于", "more than") if rule.parameters["compare"] == "gt" else ("不小于", "at least")
    limit = rule.parameters["count"]
    unsure = np.flatnonzero((counts != FALSE) & (counts != TRUE) & ~itself)
    layer = rule.labels.layer(rule.target)
    return Reading(
        holds=None if is_open else holds,
        decided=not is_open,
        explanation=Text(
            f"“{division}”内图层“{layer.zh}”现有 {least} 处（本项目除外），限值为{asked[0]} {limit:,.10g} 处。",
            f"{division} holds {least} features of layer “{layer.en}”, this one apart; the limit is {asked[1]} "
            f"{limit:,.10g}.",
        ),
        needs=tuple(_unknown(rule, sheet, target) for target in unsure) if is_open else (),
        limit=limit,
        found=float(least),
        unit="features",
    )


def _unknown(rule: Rule, sheet: Sheet, target: np.int64) -> str:
    row = sheet.prepared.rows[target]
    missing = (*rule.target_filter.missing_names(row), "adcode")
    return f"{rule.target}/{row['id']}.{missing[0]}"


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
