"""``downwind``: the wind blows from the subject to a target within a distance, for too large a share of the year.

The direction is that of the shortest line between both; of the sixteen directions of the rose the one counts into
which it falls, and with the doubt of both positions its neighbours may. The rose nearest to the subject is used. Its
frequencies are those of the direction *from* which the wind blows and add up to 1.

With ``share_percent = "least"`` a target passes only where the wind towards it has the least frequency of the year
(全年最小频率风向的上风侧): in valleys with winds both ways that is the only right reading.

References
----------
.. [1] GB 51283-2020, 4.1: works that give off harmful substances lie on the upwind side of homes for the wind of least
   frequency.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.distance import TargetPairs
from geo.ellipsoid import CGCS2000
from geo.rules import wording
from geo.rules.expression import FALSE, TRUE, Truth
from geo.rules.measuring import POSITION_DECIMALS, Sheet, Yardstick
from geo.rules.predicates.base import Predicate, Reading, Scene, metres, number, position, reference, text
from geo.rules.predicates.readings import beyond, lacking, nobody_near, nothing_there, unsure, weigh
from geo.rules.rule import Rule
from geo.text import Text, say_number

__all__ = ["DIRECTIONS", "PREDICATE", "frequencies_by_direction"]

DIRECTIONS = 16
"""Directions of a rose; the first is north, they go clockwise."""

_WIDTH_DEG = 360.0 / DIRECTIONS
_DECIMALS = 3


def _share(value: object) -> float | None:
    """Return per cent, or None for the least frequency."""
    if value == "least":
        return None
    share = number(value)
    if not 0.0 <= share <= 100.0:
        raise ValueError('must be a number of per cent, 0 to 100, or "least"')
    return share


def frequencies_by_direction(frequencies: Sequence[dict[str, Any]] | None) -> NDArray[np.float64] | None:
    """Return the share of the wind from each direction, calms spread evenly. [%].

    Parameters
    ----------
    frequencies : sequence of dict
        ``from_deg`` (None for calms) and ``frequency``, in as many classes of speed and stability as there are.

    Returns
    -------
    ndarray, shape (16,), or None
        None where there is no rose, or its frequencies do not add up to 1 to within 1 %.
    """
    if not isinstance(frequencies, list | tuple):
        return None
    shares = np.zeros(DIRECTIONS)
    for one in frequencies:
        if one.get("from_deg") is None:
            shares += one["frequency"] / DIRECTIONS
        else:
            shares[round(one["from_deg"] / _WIDTH_DEG) % DIRECTIONS] += one["frequency"]
    return np.round(100.0 * shares, _DECIMALS) if abs(shares.sum() - 1.0) <= 0.01 else None


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether the wind carries what it gives off to a target too often."""
    sheet, roses = scene.sheet(rule.target), scene.sheet("wind_roses")
    counts = sheet.prepared.truth(rule.target_filter)
    published = {"limit": rule.parameters["share_percent"], "unit": "%"}
    if not sheet.has(counts != FALSE):
        return [nothing_there(rule, **published)] * len(who)
    roses.require()
    has_geometry = np.array([shape is not None for shape in roses.targets.geometry], dtype=bool)
    near = (
        roses.measure(who, has_geometry, Yardstick.plain(len(has_geometry), 0.0))
        if has_geometry.any()
        else None
    )
    pairs = sheet.within_doubt(
        who, counts != FALSE, rule.parameters["distance_m"], rule.parameters.get("except_same")
    )
    readings = []
    for i, subject in enumerate(who):
        rose = None if near is None else roses.targets.iloc[near.target[i]]
        shares = None if rose is None else frequencies_by_direction(rose["frequencies"])
        if rose is None or shares is None:
            asked = Text("缺少风玫瑰，无法判断风向，请先导入。", "No wind rose that adds up to 1: bring one.")
            readings.append(lacking(["layer wind_roses"], asked, **published))
        else:
            readings.append(
                _read_one(rule, sheet, subject, pairs, shares, str(rose["name"] or rose["id"]), counts)
            )
    return readings


PREDICATE = Predicate(
    name="downwind",
    parameters={"distance_m": metres, "share_percent": _share},
    optional={"except_same": text},
    read=read,
    layers=("wind_roses",),
    measures="number",
)
"""``distance_m``: targets within it count, the limit itself included; ``share_percent``: the largest share of the wind
that may blow from the subject to a target, or ``"least"``: only the least frequency of the rose may."""


def _read_one(
    rule: Rule,
    sheet: Sheet,
    subject: np.int64,
    pairs: TargetPairs,
    shares: NDArray[np.float64],
    rose: str,
    counts: Truth,
) -> Reading:
    own = np.flatnonzero(pairs.subject == subject)
    readings = []
    for pair in own:
        towards = _read_pair(rule, sheet, pairs, pair, shares, rose)
        outside = pairs.distance_m[pair] > rule.parameters["distance_m"]
        readings.append((beyond(towards) if outside else towards, pairs.target[pair]))
    sure = [reading for reading, target in readings if counts[target] == TRUE]
    maybe = [(reading, target) for reading, target in readings if counts[target] != TRUE]
    possible = max(maybe, key=lambda one: _badness(one[0]), default=None)
    opened = possible and unsure(rule, sheet, possible[0], possible[1])
    certain = max(sure, key=_badness, default=None)
    reading = weigh(certain, possible and possible[0], opened)
    return reading or nobody_near(
        rule, sheet, subject, counts != FALSE, limit=rule.parameters["share_percent"], unit="%"
    )


def _badness(reading: Reading) -> tuple[bool, bool, float]:
    """Return how bad a reading is: decided bans, then undecided ones, then undecided passes."""
    return bool(reading.holds), reading.decided == bool(reading.holds), reading.found or 0.0


def _read_pair(
    rule: Rule, sheet: Sheet, pairs: TargetPairs, pair: np.int64, shares: NDArray[np.float64], rose: str
) -> Reading:
    target = reference(sheet, pairs.target[pair])
    start = np.array([pairs.from_lon[pair], pairs.from_lat[pair]])
    end = np.array([pairs.to_lon[pair], pairs.to_lat[pair]])
    doubt_m = float(sheet.doubt_m(pairs.subject[pair], pairs.target[[pair]])[0])
    limit = rule.parameters["share_percent"]
    limit = float(shares.min()) if limit is None else limit
    published: dict[str, Any] = {
        "limit": limit,
        "unit": "%",
        "distance_m": float(pairs.distance_m[pair]),
        "doubt_m": None if np.isnan(doubt_m) else doubt_m,
        "start": position(np.round(start, POSITION_DECIMALS)),
        "end": position(np.round(end, POSITION_DECIMALS)),
        "measured_from": "boundary",
        "measured_to": "boundary",
        "target": target,
    }
    if not pairs.distance_m[pair]:
        asked = Text(
            "两者相接或重叠，没有风向可言。", "Both touch or overlap: there is no direction between them."
        )
        return lacking([f"{target.layer}/{target.id}.geom"], asked, **published)
    # The wind that carries from start to end blows from the bearing of start as seen from end.
    bearing_deg = float(CGCS2000.inv(*end, *start)[0]) % 360.0
    found = float(shares[round(bearing_deg / _WIDTH_DEG) % DIRECTIONS])
    possible = shares[_directions(bearing_deg, doubt_m, float(pairs.distance_m[pair]))]
    decided = bool((possible > limit).all() or (possible <= limit).all()) and not np.isnan(doubt_m)
    name = target.name or target.id
    explanation = Text(
        f"由本设施吹向“{name}”的风（来自 {say_number(bearing_deg, 1)}°）全年占 {say_number(found, 1)}%（{rose}），"
        f"限值 {say_number(limit, 1)}%。",
        f"The wind from here to {name} (from {say_number(bearing_deg, 1)}°) blows {say_number(found, 1)} % of the "
        f"year ({rose}); the limit is {say_number(limit, 1)} %.",
    )
    return Reading(
        holds=found > limit,
        decided=decided,
        explanation=wording.join(explanation, None if decided else wording.undecided_number()),
        needs=() if decided else ("subject.accuracy_m", f"{target.layer}/{target.id}.accuracy_m"),
        found=found,
        **published,
    )


def _directions(bearing_deg: float, doubt_m: float, distance_m: float) -> NDArray[np.int64]:
    """Return the directions into which a bearing may fall."""
    if np.isnan(doubt_m) or doubt_m >= distance_m:
        return np.arange(DIRECTIONS)
    swing_deg = np.degrees(np.arcsin(doubt_m / distance_m))
    first, last = ((bearing_deg + side * swing_deg) / _WIDTH_DEG for side in (-1.0, 1.0))
    return np.arange(round(first), round(last) + 1) % DIRECTIONS
