"""Exact distances from subjects to the features of a layer, with their doubt.

What decides a rule is not always the nearest target: a precise line 3,400 m away does not hide a vague one 4,000 m
away. Among the targets that count, the one is taken whose distance *and doubt* leave the worst result. Targets of equal
doubt, limit and offset compete by distance alone, so one exact nearest search for each such group is complete.

A facility is never measured against itself, nor a proposal against the facility that it changes.

Heights above the ellipsoid are not considered: up to 0.05 % in the north-west of Yunnan, 1.4 m in 3 km.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.distance import (
    TIE_M,
    NearestResult,
    TargetPairs,
)
from geo.rules.horizon import Horizon, NarrowError
from geo.rules.targets import Rows, Shapes, Targets, digest

__all__ = [
    "DISTANCE_DECIMALS",
    "POSITION_DECIMALS",
    "Measured",
    "Sheet",
    "Yardstick",
    "rank",
    "same_fields",
]

DISTANCE_DECIMALS = 3
"""Distances are rounded to 1 mm, the accuracy of the engine, before they are compared with a limit."""

POSITION_DECIMALS = 9
"""Positions are rounded to 1e-9 degrees, 0.1 mm."""

_ROUNDED_M = 10.0**-DISTANCE_DECIMALS

_FIRST_RING_M, _WIDER = 250.0, 4.0
"""The nearest that is not the subject's own is looked for within this distance, then in wider and wider rings. [m]"""

_WORLD_M = 21_000_000.0
"""No two places are farther apart. [m]"""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Yardstick:
    """How the targets of a layer are measured; arrays over its features.

    Attributes
    ----------
    limit_m : ndarray of float
        Limit of each target. [m]
    offset_m : ndarray of float
        What is subtracted from the distance to the stored line: half the width of what it stands for. [m]
    slack_m : ndarray of float
        How much nearer the edge may lie where half the width is not known, else 0. [m]
    widest_m : float
        No feature of the layer has more of the three together, be it at hand or not. [m]
    """

    limit_m: _Floats
    offset_m: _Floats
    slack_m: _Floats
    widest_m: float

    @classmethod
    def plain(cls, count: int, limit_m: float) -> "Yardstick":
        """Return the yardstick of one limit for all, measured to the geometry as it is stored."""
        return cls(np.full(count, limit_m), np.zeros(count), np.zeros(count), limit_m)


@dataclass(frozen=True)
class Measured:
    """The deciding target of each subject; arrays over the subjects measured.

    Attributes
    ----------
    target : ndarray of int
        Position in the sheet's targets; -1 where there is none.
    distance_m : ndarray of float
        Half widths are subtracted. NaN where there is no target. [m]
    doubt_m : ndarray of float
        Sum of both accuracies; NaN where one is unknown. [m]
    ends : ndarray of float, shape (n, 4)
        Longitude and latitude on the subject, then on the target. [°]
    """

    target: _Ints
    distance_m: _Floats
    doubt_m: _Floats
    ends: _Floats


class Sheet:
    """The features of one target layer, measured from the subjects; what is expensive is kept for further rules.

    Parameters
    ----------
    layer : str
        Slug of the target layer.
    subjects : GeoDataFrame, EPSG:4490
        Index 0, 1, 2, …
    targets : GeoDataFrame, EPSG:4490, or Targets
    horizon : Horizon, optional
        How much of the layer the targets are; all of it unless stated. Whatever asks for more then raises
        :class:`geo.rules.horizon.NarrowError`.
    subject_rows, shapes : Rows and Shapes, optional
        Attributes and geometries of the subjects, where they were taken out already.
    """

    def __init__(
        self,
        layer: str,
        subjects: gpd.GeoDataFrame,
        targets: "gpd.GeoDataFrame | Targets",
        horizon: Horizon | None = None,
        subject_rows: Rows | None = None,
        shapes: Shapes | None = None,
    ) -> None:
        self.shapes = Shapes(subjects) if shapes is None else shapes
        self.subject_rows = Rows(subjects) if subject_rows is None else subject_rows
        self.prepared = targets if isinstance(targets, Targets) else Targets(targets)
        self.layer, self.subjects, self.targets, self.horizon = layer, subjects, self.prepared.frame, horizon
        self.own_m, self.accuracy_m = self.shapes.accuracy_m, self.prepared.accuracy_m
        self._owners: dict[str | None, tuple[_Ints, _Ints]] = {}
        self._known: dict[tuple[bytes, bytes, str | None], NearestResult] = {}

    @property
    def largest_accuracy_m(self) -> float:
        """Largest known accuracy in the whole layer, 0 where there is none. [m]."""
        if self.horizon is not None:
            return self.horizon.accuracy_m
        return float(np.nan_to_num(self.accuracy_m).max(initial=0.0))

    def require(self, within_m: float = np.inf) -> None:
        """See to it that everything within a distance of the subjects is at hand, or simply everything."""
        if self.horizon is not None and within_m > self.horizon.within_m:
            raise NarrowError(self.layer, within_m)

    def require_box(self, box: shapely.Geometry) -> None:
        """See to it that everything that meets a box is at hand. [°]."""
        horizon = self.horizon
        if horizon is None or horizon.is_whole or shapely.box(*horizon.bounds).covers(box):
            return
        raise NarrowError(self.layer, 2.0 * max(horizon.within_m, 1.0))

    def require_vague(self, subject: int | np.int64) -> None:
        """See to it that every target of unknown doubt is at hand."""
        if self.horizon is None or self.horizon.is_whole:
            return
        if np.isnan(self.own_m[subject]):
            self.require()
        if np.isfinite(self.horizon.vague_within_m):
            raise NarrowError(self.layer, vague_only=True)

    def has(self, rows: NDArray[np.bool_]) -> bool:
        """Tell whether any target is among some that count, in the whole layer."""
        if not rows.any():
            self.require()
        return bool(rows.any())

    def doubt_m(self, subject: int | np.int64, targets: _Ints) -> _Floats:
        """Return the sum in metres of both accuracies for one subject and some targets; NaN where one is unknown."""
        own_m = self.own_m[subject]
        return np.asarray(np.round(own_m + self.accuracy_m[targets], DISTANCE_DECIMALS))

    def measure(
        self,
        who: _Ints,
        rows: NDArray[np.bool_],
        yardstick: Yardstick,
        except_same: str | None = None,
        *,
        far: bool = True,
    ) -> Measured | None:
        """Return the deciding target among ``rows`` for the subjects at ``who``; None where no row is set.

        Parameters
        ----------
        except_same : str, optional
            Field by which targets belong to the subject: those with its value are left out. ``"id=enterprise_id"``
            where it has another name in the target than in the subject.
        far : bool
            Whether a target that surely lies beyond its limit is of interest, where none lies nearer: it may be missing
            otherwise.
        """
        groups = self.groups(rows, yardstick)
        if not groups:
            nothing, nowhere_m = np.full(len(who), 5), np.full(len(who), np.nan)
            self._require_deciding(who, nothing, nowhere_m, yardstick, far=far)
            return None
        found = [self._measure_group(who, group, yardstick, except_same) for group in groups]
        margins, ranks = [], []
        for group, one in zip(groups, found, strict=True):
            margins.append(one.distance_m - yardstick.limit_m[group[0]])
            ranks.append(rank(margins[-1], one.doubt_m, yardstick.slack_m[group[0]]))
        if len(groups) == 1:
            self._require_deciding(who, ranks[0], margins[0], yardstick, far=far)
            return found[0]
        targets = np.stack([one.target for one in found])
        best = np.lexsort((targets, np.stack(margins), np.stack(ranks)), axis=0)[0]
        pick = (best, np.arange(len(who)))
        self._require_deciding(who, np.stack(ranks)[pick], np.stack(margins)[pick], yardstick, far=far)
        return Measured(
            target=targets[pick],
            distance_m=np.stack([one.distance_m for one in found])[pick],
            doubt_m=np.stack([one.doubt_m for one in found])[pick],
            ends=np.stack([one.ends for one in found])[pick],
        )

    def within(
        self, who: _Ints, rows: NDArray[np.bool_], within_m: float, except_same: str | None = None
    ) -> TargetPairs:
        """Return every target among ``rows`` within a distance; positions are those of the sheet.

        Distances are rounded as all others are. Subjects are the positions in ``self.subjects``.
        """
        group = np.flatnonzero(rows)
        reach_m = within_m + 0.5 * 10.0**-DISTANCE_DECIMALS  # what rounds to the limit is within
        self.require(reach_m)
        pairs = self.prepared.within(group, self.shapes.side(who), reach_m)
        subject, target = who[pairs.subject], group[pairs.target]
        owner, own = self._labels(except_same)
        kept = (own[subject] < 0) | (owner[target] != own[subject])
        return TargetPairs(
            subject[kept],
            target[kept],
            np.round(pairs.distance_m[kept], DISTANCE_DECIMALS),
            pairs.from_lon[kept],
            pairs.from_lat[kept],
            pairs.to_lon[kept],
            pairs.to_lat[kept],
        )

    def within_doubt(
        self, who: _Ints, rows: NDArray[np.bool_], within_m: float, except_same: str | None = None
    ) -> TargetPairs:
        """Return every target among ``rows`` that lies within a distance or may do so for all its doubt.

        A target of unknown accuracy is returned where it is measured within.
        """
        own_m = self.own_m
        widest_m = max(float(np.nan_to_num(own_m[who]).max(initial=0.0)), self.largest_accuracy_m)
        pairs = self.within(who, rows, within_m + 2.0 * widest_m, except_same)
        doubt_m = np.nan_to_num(own_m[pairs.subject] + self.accuracy_m[pairs.target])
        kept = pairs.distance_m <= np.round(within_m + doubt_m, DISTANCE_DECIMALS)
        return TargetPairs(*(column[kept] for column in vars(pairs).values()))

    def is_vague(self, subject: int | np.int64, rows: NDArray[np.bool_]) -> bool:
        """Tell whether the distance to any of some targets is of unknown doubt."""
        vague = self.prepared.remember("vague", lambda: np.flatnonzero(np.isnan(self.accuracy_m)))
        if rows[vague].any() or (np.isnan(self.own_m[subject]) and rows.any()):
            return True
        self.require_vague(subject)
        return False

    def is_foreign(self, subject: int | np.int64, except_same: str | None = None) -> NDArray[np.bool_]:
        """Tell for each target whether it is measured to from a subject: it is neither itself nor of its owner."""
        owner, own = self._labels(except_same)
        return np.asarray((own[subject] < 0) | (owner != own[subject]))

    def groups(self, rows: NDArray[np.bool_], yardstick: Yardstick) -> list[_Ints]:
        """Return the positions of targets that compete by distance alone: equal accuracy, offset, slack and limit."""
        columns = (yardstick.offset_m, yardstick.slack_m, yardstick.limit_m)
        name = "groups", digest(rows, *columns)
        return self.prepared.remember(name, lambda: self._group(rows, columns))

    def _group(self, rows: NDArray[np.bool_], yardstick: tuple[_Floats, ...]) -> list[_Ints]:
        positions = np.flatnonzero(rows)
        if not len(positions):
            return []
        columns = (self.accuracy_m, *yardstick)
        keys = np.column_stack([np.nan_to_num(column[positions], nan=-1.0) for column in columns])
        if (keys == keys[0]).all():
            return [positions]
        _, number = np.unique(keys, axis=0, return_inverse=True)
        order = np.argsort(number, kind="stable")
        return np.split(positions[order], np.flatnonzero(np.diff(number[order])) + 1)

    def _require_deciding(
        self, who: _Ints, ranks: _Ints, margin_m: _Floats, yardstick: Yardstick, *, far: bool
    ) -> None:
        """See to it that no target that is not at hand would decide instead; why: :mod:`geo.rules.horizon`."""
        horizon = self.horizon
        if horizon is None or horizon.is_whole or not len(who):
            return
        own_m = self.own_m[who]
        self.require(yardstick.widest_m + float(np.nan_to_num(own_m).max()) + horizon.accuracy_m + _ROUNDED_M)
        sure_m = horizon.within_m - yardstick.widest_m - _ROUNDED_M
        others_rank = np.where(np.isnan(own_m) | np.isfinite(horizon.vague_within_m), 3, 4)
        open_ = (ranks > others_rank) | ((ranks == others_rank) & ~(margin_m <= sure_m))
        if not far:
            open_ &= others_rank == 3
        if not open_.any():
            return
        if (np.isfinite(horizon.vague_within_m) & ~np.isnan(own_m) & (ranks > 3))[open_].any():
            raise NarrowError(self.layer, vague_only=True)
        wanted_m = margin_m[open_] + yardstick.widest_m + 2.0 * _ROUNDED_M
        raise NarrowError(self.layer, float(np.nan_to_num(wanted_m, nan=np.inf).max()))

    def _measure_group(
        self, who: _Ints, group: _Ints, yardstick: Yardstick, except_same: str | None
    ) -> Measured:
        near = self._nearest(who, group, except_same)
        there = near.target >= 0
        subject_m = self.own_m[who]
        ends: _Floats = np.column_stack([near.from_lon, near.from_lat, near.to_lon, near.to_lat])
        distance_m = np.maximum(near.distance_m - yardstick.offset_m[group[0]], 0.0)
        return Measured(
            target=np.where(there, group[near.target], -1),
            distance_m=np.round(distance_m, DISTANCE_DECIMALS),
            doubt_m=np.round(subject_m + self.accuracy_m[group[0]], DISTANCE_DECIMALS),
            ends=np.round(ends, POSITION_DECIMALS),
        )

    def _nearest(self, who: _Ints, group: _Ints, except_same: str | None) -> NearestResult:
        key = (who.tobytes(), group.tobytes(), except_same)
        if key not in self._known:
            owner, own = self._labels(except_same)
            has_own = np.isin(own[who], owner[group])
            found = [np.full(len(who), -1), *np.full((6, len(who)), np.nan)]
            for some, search in ((~has_own, self._nearest_any), (has_own, self._nearest_other)):
                if some.any():
                    for column, values in zip(
                        found, search(who[some], group, owner[group], own[who[some]]), strict=True
                    ):
                        column[some] = values
            self._known[key] = NearestResult(
                found[0].astype(np.int64), found[1], found[2].astype(bool), *found[3:]
            )
        return self._known[key]

    def _nearest_any(self, who: _Ints, group: _Ints, _owner: _Ints, _own: _Ints) -> tuple[_Floats, ...]:
        return _columns(self.prepared.nearest(group, self.shapes.side(who)))

    def _nearest_other(self, who: _Ints, group: _Ints, owner: _Ints, own: _Ints) -> tuple[_Floats, ...]:
        """Return the nearest target of another owner than the subject's: the nearest of all in a ring that has one."""
        found = np.full((7, len(who)), np.nan)
        found[0] = -1.0
        open_, ring_m = np.arange(len(who)), _FIRST_RING_M
        while len(open_) and ring_m < _WIDER * _WORLD_M:
            pairs = self.prepared.within(group, self.shapes.side(who[open_]), ring_m)
            foreign = owner[pairs.target] != own[open_[pairs.subject]]
            pairs = TargetPairs(*(column[foreign] for column in vars(pairs).values()))
            first = _nearest_pairs(pairs)
            found[:, open_[pairs.subject[first]]] = _pair_columns(pairs, first)
            open_, ring_m = np.delete(open_, pairs.subject[first]), _WIDER * ring_m
        return tuple(found)

    def _labels(self, except_same: str | None) -> tuple[_Ints, _Ints]:
        """Return a number for each target and for each subject; equal ones belong together, -1 is nobody's."""
        if except_same not in self._owners:
            self._owners[except_same] = self._make_labels(except_same)
        return self._owners[except_same]

    def _make_labels(self, except_same: str | None) -> tuple[_Ints, _Ints]:
        if except_same is None and not self._has_registered:
            return np.arange(len(self.targets)), np.full(len(self.subjects), -1)
        target_field, own_field = (None, None) if except_same is None else same_fields(except_same)
        owners = self.prepared.remember(("owners", target_field), lambda: self.prepared.owners(target_field))
        return owners.numbers, owners.names.get_indexer(
            pd.Index(self._own_names(owners.by_id, own_field), dtype=object)
        )

    @property
    def _has_registered(self) -> bool:
        """Whether any subject may be among the targets, or change one of them."""
        layers, changed = (
            self.subject_rows.values(name) if name in self.subject_rows.names else []
            for name in ("layer", "facility_id")
        )
        return any(layer == self.layer for layer in layers) or not bool(np.all(pd.isna(changed)))

    def _own_names(self, by_id: Mapping[str, str], own_field: str | None) -> list[str]:
        """Return for each subject the label of its own among the targets; empty where it has none."""
        subjects = self.subjects
        nobody = pd.Series([None] * len(subjects))
        same_layer = subjects.get("layer", nobody) == self.layer
        registered = subjects["id"].where(same_layer, subjects.get("facility_id", nobody))
        owners = nobody if own_field is None else subjects.get(own_field, nobody)
        return [
            by_id.get(known, "") if pd.isna(owner) else f"={owner}"
            for known, owner in zip(registered, owners, strict=True)
        ]


def same_fields(except_same: str) -> tuple[str, str]:
    """Return the fields of the target and of the subject that are the same where both belong together.

    Examples
    --------
    >>> same_fields("id=enterprise_id"), same_fields("enterprise_id")
    (('id', 'enterprise_id'), ('enterprise_id', 'enterprise_id'))
    """
    of_target, _, of_subject = except_same.partition("=")
    return of_target, of_subject or of_target


def _columns(near: NearestResult) -> tuple[_Floats, ...]:
    numbers = (near.target, near.distance_m, near.inside)
    return (
        *(np.asarray(n, dtype=float) for n in numbers),
        near.from_lon,
        near.from_lat,
        near.to_lon,
        near.to_lat,
    )


def _nearest_pairs(pairs: TargetPairs) -> _Ints:
    """Return the position of the nearest pair of each subject; of those equally far the one that comes first."""
    best_m = np.full(int(pairs.subject.max(initial=-1)) + 1, np.inf)
    np.minimum.at(best_m, pairs.subject, pairs.distance_m)
    nearest = np.flatnonzero(pairs.distance_m <= best_m[pairs.subject] + TIE_M)
    _, first = np.unique(pairs.subject[nearest], return_index=True)
    return nearest[first]


def _pair_columns(pairs: TargetPairs, rows: _Ints) -> _Floats:
    """Return some pairs as the columns of a nearest result, shape (7, n)."""
    columns = (pairs.target, pairs.distance_m, pairs.distance_m == 0.0)
    ends = (pairs.from_lon, pairs.from_lat, pairs.to_lon, pairs.to_lat)
    return np.stack([np.asarray(column, dtype=np.float64)[rows] for column in (*columns, *ends)])


def rank(margin_m: _Floats, doubt_m: _Floats, slack_m: _Floats | float) -> _Ints:
    """Return how bad a measurement is.

    0 within for sure, 1 within perhaps, 2 open since a width is unknown, 3 beyond perhaps, 4 beyond for sure, 5 no
    target at all.
    """
    within = margin_m <= 0
    nearest_margin_m = np.where(within, margin_m, np.maximum(margin_m - slack_m, 0.0))
    decided = np.abs(nearest_margin_m) > doubt_m  # false where the doubt is unknown (NaN)
    is_open = ~within & (margin_m <= slack_m) & (slack_m > 0)
    ranks = np.where(within, np.where(decided, 0, 1), np.where(is_open, 2, np.where(decided, 4, 3)))
    return np.where(np.isnan(margin_m), 5, ranks)
