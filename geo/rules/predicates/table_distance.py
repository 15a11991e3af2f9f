"""``table_distance``: the distance that a printed table asks for between a class and a class is not kept.

The table is a CSV file beside the pack (:mod:`geo.rules.tables`); a rule reads the lines of its own edition, standing
and target layer. "Not less than": what stands exactly at the distance keeps it. Where a class is missing on either side
the test is still settled for what keeps the largest distance that may apply, or breaks the smallest.

Distances start where the table says (``measure_from``). A subject of which only the site is known is measured from its
boundary: what keeps the distance from there keeps it all the more from the equipment inside, but what does not may do
so, and stays undecided until the outline of the equipment is there (``outline = "equipment"``). Roads are stored by
their centre line: half their width is subtracted, and where it is unknown the edge may lie up to ``edge_up_to_m`` off.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import RuleError
from geo.rules import wording
from geo.rules.expression import FALSE, TRUE, Condition, Factors, Truth, parse_condition
from geo.rules.finding import TargetRef, is_decided
from geo.rules.horizon import NarrowError
from geo.rules.measuring import DISTANCE_DECIMALS, POSITION_DECIMALS, Yardstick
from geo.rules.predicates.base import (
    Predicate,
    Reading,
    Scene,
    metres,
    one_of,
    position,
    text,
    text_or_none,
)
from geo.rules.predicates.readings import nothing_there
from geo.rules.rule import Rule
from geo.rules.tables import MEASURED_TO, PARTS, Limits, SpacingTable, missing_fields, read_table
from geo.rules.targets import Row, Rows, Targets, floats
from geo.text import Text, say_metres, say_number

__all__ = ["PREDICATE", "Spacing", "read"]

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Bools = NDArray[np.bool_]

_NOT_LISTED = Text("本表没有针对该设施类别的规定。", "The table has nothing for facilities of this class.")


@dataclass(frozen=True)
class _Pair:
    """One subject before one target."""

    subject: int
    target: int
    distance_m: float
    doubt_m: float
    ends: _Floats
    least_m: float
    largest_m: float
    slack_m: float
    truths: Truth


class _Asked:
    """What a table asks of the targets of a layer, whoever they are measured from.

    Parameters
    ----------
    table : SpacingTable
        The lines that a rule reads.
    targets : Targets
    edge_up_to_m : float or None
        As the parameter of the rule. [m]
    """

    def __init__(self, table: SpacingTable, targets: Targets, edge_up_to_m: float | None) -> None:
        self._table, self._edge_up_to_m = table, edge_up_to_m
        self._geometries = targets.frame.geometry.to_numpy()
        self.frame: pd.DataFrame = table.readable("target", targets.frame)
        is_same = self.frame is targets.frame
        self.rows = targets.rows if is_same else Rows(self.frame)
        self._factors = targets.factors if is_same else Factors(self.frame)
        self._truths: dict[str, Truth] = {}

    def truth(self, condition: Condition) -> Truth:
        """Return the truth of a condition for each target."""
        if condition.text not in self._truths:
            self._truths[condition.text] = condition.evaluate(self._factors)
        return self._truths[condition.text]

    @cached_property
    def classes(self) -> tuple[_Ints, pd.DataFrame]:
        """The class of each target as a number, and one target of each class."""
        fields = [name for name in self._table.fields("target") if name in self.frame.columns]
        if not fields:
            return np.zeros(len(self.frame), dtype=np.int64), self.frame.iloc[:1]
        numbers = self.frame.groupby(fields, dropna=False, sort=False).ngroup()
        number_of = np.asarray(numbers, dtype=np.int64)
        return number_of, self.frame.iloc[np.unique(number_of, return_index=True)[1]]

    @cached_property
    def class_truths(self) -> Truth:
        """Whether each cell is for each class."""
        return self._table.truths("target", self.classes[1])

    @cached_property
    def edges_m(self) -> tuple[_Floats, _Floats]:
        """What is subtracted from the distance to each target, and how much nearer its edge may lie. [m]."""
        count, up_to_m = len(self.frame), self._edge_up_to_m
        if up_to_m is None:
            return np.zeros(count), np.zeros(count)
        is_line = shapely.get_dimensions(self._geometries) < 2
        half_width_m = np.where(is_line, floats(self.frame, "half_width_m"), 0.0)
        return np.nan_to_num(half_width_m), np.where(np.isnan(half_width_m), up_to_m, 0.0)


class Spacing:
    """The table of a rule before the subjects and the targets of a scene.

    Parameters
    ----------
    rule : Rule
        Of the predicate ``table_distance``.
    scene : Scene
    who : ndarray of int
        Positions of the subjects.
    """

    def __init__(self, rule: Rule, scene: Scene, who: NDArray[np.int64]) -> None:
        table: SpacingTable = rule.parameters["distance"]
        self.rule, self.sheet, self.who, self._scene = rule, scene.sheet(rule.target), who, scene
        self.table = table.select(rule.edition, rule.standing.value, rule.target)
        if not self.table.cells:
            raise RuleError(
                f"rule {rule.id!r}: {table.name} has no line of edition {rule.edition!r}, standing "
                f"{rule.standing.value!r} and target_layer {rule.target!r}"
            )
        self.subjects: pd.DataFrame = self.table.readable("subject", scene.subjects)
        prepared, edge_up_to_m = self.sheet.prepared, rule.parameters["edge_up_to_m"]
        # What is kept holds the table: no other one can come to have its identity.
        self._asked = prepared.remember(
            ("table", id(self.table), edge_up_to_m), lambda: _Asked(self.table, prepared, edge_up_to_m)
        )
        self._except_same: str | None = rule.parameters["except_same"]
        self._known_limits: dict[int, Limits] = {}

    @cached_property
    def _subject_truths(self) -> Truth:
        return self.table.truths("subject", self._own)

    @cached_property
    def _own(self) -> Factors:
        """Classes of the subjects at ``who``."""
        scene = self._scene
        return (
            scene.factors(self.who) if self.subjects is scene.subjects else Factors(self.subjects, self.who)
        )

    @cached_property
    def _counts(self) -> Truth:
        return self._asked.truth(self.rule.target_filter)

    @cached_property
    def subject_rows(self) -> list[Row]:
        """Attributes of the subjects at ``who``."""
        scene = self._scene
        rows = scene.subject_rows if self.subjects is scene.subjects else Rows(self.subjects)
        return [rows[subject] for subject in self.who]

    def target_row(self, target: int) -> Row:
        """Return the attributes of a target."""
        return self._asked.rows[target]

    def is_listed(self, i: int) -> bool:
        """Tell whether the table has, or may have, something for the class of the subject at ``who[i]``."""
        return bool((self._subject_truths[:, i] != FALSE).any())

    def groups(self) -> Iterator[tuple[_Ints, Limits]]:
        """Yield positions in ``who`` of listed subjects of one class, and what they have to keep from each target."""
        brackets = [cell.bracket_if for cell in self.table.cells if cell.bracket_if]
        asked = [name for _, side, name in brackets if side == "subject"]
        keys: dict[tuple[Any, ...], list[int]] = {}
        for i, row in enumerate(self.subject_rows):
            if not self.is_listed(i):
                continue
            own = tuple(None if pd.isna(row.get(name)) else row[name] for name in asked)
            keys.setdefault((self._subject_truths[:, i].tobytes(), own), []).append(i)
        for members in keys.values():
            yield np.array(members, dtype=np.int64), self._limits(members[0])

    def _limits(self, i: int) -> Limits:
        """Return what the subject at ``who[i]`` has to keep from each target."""
        number_of, classes = self._asked.classes
        own = Factors(self.subjects, self.who[[i]])
        of_class = self.table.limits(own, self._subject_truths[:, i], classes, self._asked.class_truths)
        return Limits(
            of_class.applies[number_of] & (self._counts != FALSE),
            np.where(self._counts == TRUE, of_class.least_m[number_of], 0.0),
            of_class.largest_m[number_of],
            of_class.truths,
        )

    def deciding(self) -> list[Reading | None]:
        """Return for each subject the reading of the target that decides; None where the table says nothing."""
        found: list[Reading | None] = [None] * len(self.who)
        for members, limits in self.groups():
            for pair in self._measured(members, limits):
                reading = self.reading(pair)
                best = found[pair.subject]
                if best is None or _badness(reading) < _badness(best):
                    found[pair.subject] = reading
            self._require_deciding(members, [found[int(i)] for i in members])
        return found

    @cached_property
    def _classes_anywhere(self) -> pd.DataFrame:
        """One target of each class that the whole layer has; a class that is not at hand has no other attributes."""
        horizon = self.sheet.horizon
        if horizon is None or horizon.is_whole:
            return self._asked.classes[1]
        classes = horizon.classes(
            [name for name in self.table.fields("target") if name in self._asked.frame.columns]
        )
        if classes is None:  # too many of them
            raise NarrowError(self.sheet.layer)
        return self.table.readable("target", classes)

    @cached_property
    def _truths_anywhere(self) -> Truth:
        classes = self._classes_anywhere
        return (
            self._asked.class_truths
            if classes is self._asked.classes[1]
            else self.table.truths("target", classes)
        )

    def _limits_anywhere(self, i: int) -> Limits:
        """Return what the subject at ``who[i]`` has to keep from targets of each class that the whole layer has."""
        if i not in self._known_limits:
            classes = self._classes_anywhere
            own, truths = Factors(self.subjects, self.who[[i]]), self._truths_anywhere
            self._known_limits[i] = self.table.limits(own, self._subject_truths[:, i], classes, truths)
        return self._known_limits[i]

    def _largest_m(self, i: int) -> float:
        """Return the largest number that is known for the subject at ``who[i]``, in the whole layer. [m]."""
        limits = self._limits_anywhere(i)
        largest_m = limits.largest_m[limits.applies]
        return float(largest_m[np.isfinite(largest_m)].max(initial=0.0))

    def _of_classes(self, rows: _Bools) -> Condition:
        """Return the condition for targets that belong to some of the classes that the whole layer has."""
        classes = self._classes_anywhere[rows]
        parts = [f"({self.rule.target_filter.text})"]
        for name in classes.columns:
            words = [
                word.item() if isinstance(word, np.generic) else word
                for word in classes[name].dropna().unique()
            ]
            known = f"{name} in {words!r}" if words else None
            missing = f"{name} is None" if classes[name].isna().any() else None
            parts.append("(" + " or ".join(part for part in (known, missing) if part) + ")")
        return parse_condition(" and ".join(parts))

    def _beside_m(self) -> float:
        """Return what is subtracted from the distance to any target of the layer at the most. [m]."""
        up_to_m, horizon = self.rule.parameters["edge_up_to_m"], self.sheet.horizon
        return 0.0 if up_to_m is None else max(up_to_m, 0.0 if horizon is None else horizon.half_width_m)

    def _require_deciding(self, members: _Ints, found: list[Reading | None]) -> None:
        """See to it that no target that is not at hand decides for subjects of one class.

        Beyond what is at hand there are only targets that keep every known distance. They come after what breaks one,
        and after what is nearer; a number that is not known is open at any distance.
        """
        horizon = self.sheet.horizon
        if horizon is None or horizon.is_whole:
            return
        limits = self._limits_anywhere(int(members[0]))
        if not limits.applies.any():
            return
        own_m = floats(self.subjects, "accuracy_m")[self.who[members]]
        unknown = limits.applies & np.isinf(limits.largest_m)
        widest_m = self._largest_m(int(members[0])) + self._beside_m()
        self.sheet.require(widest_m + float(np.nan_to_num(own_m).max()) + horizon.accuracy_m + 0.01)
        for i, reading, own in zip(members, found, own_m, strict=True):
            if reading is None or reading.distance_m is None:
                raise NarrowError(self.sheet.layer, counts=self._of_classes(limits.applies))
            is_vague = np.isnan(own) or np.isfinite(horizon.vague_within_m)
            others = (2 if unknown.any() else 3 if is_vague else 4, horizon.within_m - widest_m - 0.01)
            if _badness(reading) >= others:
                self.sheet.require(reading.distance_m + widest_m + 0.1)
                if unknown.any():  # all others are kept
                    raise NarrowError(self.sheet.layer, counts=self._of_classes(unknown))
                self.sheet.require_vague(self.who[i])

    def all_pairs(self) -> Iterator[tuple[int, Reading]]:
        """Yield (position in ``who``, reading) of every pair that is not kept beyond doubt.

        A pair whose number is not known is there for the nearest target of each subject alone.
        """
        for members, limits in self.groups():
            known = limits.applies & np.isfinite(limits.largest_m)
            if known.any():
                yield from self._not_kept(members, limits, known)
            for pair in self._nearest(members, limits.applies & ~known, np.zeros(len(known)), limits):
                yield pair.subject, self.reading(pair)

    def _not_kept(self, members: _Ints, limits: Limits, known: _Bools) -> Iterator[tuple[int, Reading]]:
        offset_m, slack_m = self._asked.edges_m
        own_m = floats(self.subjects, "accuracy_m")[self.who[members]]
        doubt_m = np.nan_to_num(own_m).max(initial=0.0) + np.nan_to_num(self.sheet.accuracy_m[known]).max(
            initial=0.0
        )
        reach_m = (limits.largest_m + offset_m + slack_m)[known].max() + doubt_m
        near = self.sheet.within(self.who[members], known, float(reach_m), self._except_same)
        back = {int(self.who[i]): int(i) for i in members}
        distance_m = np.round(np.maximum(near.distance_m - offset_m[near.target], 0.0), DISTANCE_DECIMALS)
        doubts_m = floats(self.subjects, "accuracy_m")[near.subject] + self.sheet.accuracy_m[near.target]
        room_m = distance_m - slack_m[near.target] - limits.largest_m[near.target]
        open_ = ~((room_m >= 0) & (room_m > np.nan_to_num(doubts_m, nan=np.inf)))
        # A target of unknown accuracy is listed where it is measured too near; elsewhere it would list them all.
        open_ &= (room_m < 0) | ~np.isnan(doubts_m)
        ends = np.round(
            np.column_stack([near.from_lon, near.from_lat, near.to_lon, near.to_lat]), POSITION_DECIMALS
        )
        for k in np.flatnonzero(open_):
            target = int(near.target[k])
            pair = _Pair(
                back[int(near.subject[k])],
                target,
                float(distance_m[k]),
                round(float(doubts_m[k]), DISTANCE_DECIMALS),
                ends[k],
                float(limits.least_m[target]),
                float(limits.largest_m[target]),
                float(slack_m[target]),
                limits.truths[:, self._asked.classes[0][target]],
            )
            yield pair.subject, self.reading(pair)

    def _measured(self, members: _Ints, limits: Limits) -> Iterator[_Pair]:
        """Yield what may decide: the worst against what surely applies, against what may, and what is not known."""
        finite = np.isfinite(limits.largest_m)
        sharp = limits.applies & finite & (limits.least_m == limits.largest_m)
        open_ = limits.applies & ~sharp
        yield from self._nearest(members, sharp, limits.largest_m, limits)
        yield from self._nearest(members, open_ & (limits.least_m > 0.0), limits.least_m, limits)
        yield from self._nearest(members, open_ & finite, limits.largest_m, limits)
        yield from self._nearest(members, limits.applies & ~finite, np.zeros(len(finite)), limits)

    def _nearest(self, members: _Ints, rows: _Bools, limit_m: _Floats, limits: Limits) -> Iterator[_Pair]:
        if not rows.any():
            return
        offset_m, slack_m = self._asked.edges_m
        widest_m = self._largest_m(int(members[0])) + self._beside_m()
        yardstick = Yardstick(limit_m, offset_m, slack_m, widest_m)
        measured = self.sheet.measure(self.who[members], rows, yardstick, self._except_same, far=False)
        if measured is None:
            return
        for k, i in enumerate(members):
            target = int(measured.target[k])
            if target >= 0:
                yield _Pair(
                    int(i),
                    target,
                    float(measured.distance_m[k]),
                    float(measured.doubt_m[k]),
                    measured.ends[k],
                    float(limits.least_m[target]),
                    float(limits.largest_m[target]),
                    float(slack_m[target]),
                    limits.truths[:, self._asked.classes[0][target]],
                )

    def reading(self, pair: _Pair) -> Reading:
        """Return the reading of one pair."""
        subject, target = self.subject_rows[pair.subject], self.target_row(pair.target)
        from_part = self._from_part(int(self.who[pair.subject]), subject)
        holds, decided = _judge(pair)
        doubt_m = None if np.isnan(pair.doubt_m) else pair.doubt_m
        limit_m = _decisive_m(pair, holds)
        needs = () if decided else self._needs(pair, holds, subject, target)
        if holds and from_part in {"site_boundary", "point"}:
            decided, needs = False, (*needs, "subject.outline")
        to_part = MEASURED_TO[self.rule.target]
        return Reading(
            holds=holds,
            decided=decided,
            explanation=self._explain(pair, from_part, holds, decided=decided),
            needs=needs,
            limit=limit_m,
            found=pair.distance_m,
            unit="m",
            limit_m=limit_m,
            distance_m=pair.distance_m,
            margin_m=None if limit_m is None else round(pair.distance_m - limit_m, DISTANCE_DECIMALS),
            doubt_m=doubt_m,
            start=position(pair.ends[:2]),
            end=position(pair.ends[2:]),
            measured_from=from_part,
            measured_to=to_part,
            target=TargetRef(self.sheet.layer, str(target["id"]), text_or_none(target.get("name"))),
        )

    def _from_part(self, position_of: int, subject: Mapping[str, Any]) -> str:
        stated: str = self.rule.parameters["measure_from"]
        if subject.get("outline") == "equipment":
            return stated
        area = self.sheet.shapes.dimensions[position_of] == 2
        return "site_boundary" if area else "point"

    def _needs(
        self, pair: _Pair, holds: bool | None, subject: Mapping[str, Any], target: Mapping[str, Any]
    ) -> tuple[str, ...]:
        name = f"{self.sheet.layer}/{target['id']}"
        if holds is not None:
            sides = (("subject", subject), (name, target))
            unknown = [f"{side}.accuracy_m" for side, row in sides if pd.isna(row.get("accuracy_m"))]
            return tuple(unknown) or (f"{name}.accuracy_m", "subject.accuracy_m")
        cells = self.table.cells
        fields = [
            *(f"subject.{field}" for field in missing_fields(cells, "subject", subject, pair.truths)),
            *(f"{name}.{field}" for field in missing_fields(cells, "target", target, pair.truths)),
        ]
        if pair.slack_m and pair.distance_m >= pair.largest_m:
            return (f"{name}.half_width_m",)
        return tuple(fields or self._finer(pair, name) or (f"table {table}" for table in self._tables(pair)))

    def _finer(self, pair: _Pair, name: str) -> list[str]:
        """Return the class of the target that has to be stated more closely: several cells are for it."""
        cells = [cell for cell, truth in zip(self.table.cells, pair.truths, strict=True) if truth != FALSE]
        if np.isinf(pair.largest_m) or len({cell.target_words for cell in cells}) < 2:
            return []
        return list(dict.fromkeys(f"{name}.{field}" for cell in cells for field in cell.target))

    def _tables(self, pair: _Pair) -> list[str]:
        """Return the printed tables of the cells that are, or may be, for the pair."""
        may = [cell for cell, truth in zip(self.table.cells, pair.truths, strict=True) if truth != FALSE]
        return list(dict.fromkeys(cell.table for cell in may))

    def _explain(self, pair: _Pair, from_part: str, holds: bool | None, *, decided: bool) -> Text:
        target = self.target_row(pair.target)
        name = text_or_none(target.get("name")) or str(target["id"])
        start, end = PARTS[from_part], PARTS[MEASURED_TO[self.rule.target]]
        doubt = wording.doubt_of(None if np.isnan(pair.doubt_m) else pair.doubt_m)
        tables, asked = self._tables(pair), _asked(pair)
        margin = _margin(pair, holds)
        tables_zh = "、".join(wording.name_table(table).zh for table in tables)
        said = Text(
            f"{start.zh}距“{name}”{end.zh} {say_metres(pair.distance_m)}，{tables_zh} {asked.zh}{margin.zh}，"
            f"{doubt.zh}。",
            f"From the {start.en} to the {end.en} of {name} it is {say_metres(pair.distance_m)}; {', '.join(tables)} "
            f"{asked.en}{margin.en}, {doubt.en}.",
        )
        boundary = holds and from_part in {"site_boundary", "point"}
        vague = None if decided or holds is None or boundary else _vague(pair, holds=holds)
        return wording.join(said, _OPEN if holds is None else None, _SITE if boundary else None, vague)


_OPEN = Text(
    "类别或表中数值不全，无法判定，请补充。", "Classes or numbers are missing for a verdict: bring them."
)
_SITE = Text(
    "起算点为设备，现只有场地位置，无法判定，请补充设备外缘。",
    "It is measured from the equipment, of which only the site is known: bring its outline.",
)


def _vague(pair: _Pair, *, holds: bool) -> Text:
    limit_m = _decisive_m(pair, holds) or 0.0
    return wording.too_vague(pair.distance_m - limit_m, None if np.isnan(pair.doubt_m) else pair.doubt_m)


def _asked(pair: _Pair) -> Text:
    """Say what the table asks for."""
    if np.isinf(pair.largest_m):
        return Text(
            "的数值未收录，须查阅印刷文本", "has a number that is not known here: see the printed text"
        )
    if pair.least_m == pair.largest_m:
        return Text(
            f"要求不小于 {say_number(pair.largest_m)} m", f"asks for at least {say_number(pair.largest_m)} m"
        )
    return Text(
        f"要求不小于 {say_number(pair.least_m)} 至 {say_number(pair.largest_m)} m（视类别）",
        f"asks for at least {say_number(pair.least_m)} to {say_number(pair.largest_m)} m, by class",
    )


def _margin(pair: _Pair, holds: bool | None) -> Text:
    limit_m = _decisive_m(pair, holds)
    if limit_m is None or holds is None:
        return Text("", "")
    margin_m = pair.distance_m - limit_m
    words = ("缺", "missing") if margin_m < 0 else ("余", "to spare")
    return Text(f"，{words[0]} {say_metres(abs(margin_m))}", f", {say_metres(abs(margin_m))} {words[1]}")


def _decisive_m(pair: _Pair, holds: bool | None) -> float | None:
    """Return the limit that a reading is about; None where it is not known. [m]."""
    if holds:
        return pair.least_m
    return None if np.isinf(pair.largest_m) else pair.largest_m


def _judge(pair: _Pair) -> tuple[bool | None, bool]:
    """Return whether the distance is not kept (None: open), and whether the doubt leaves it at that."""
    doubt_m = None if np.isnan(pair.doubt_m) else pair.doubt_m
    if pair.distance_m < pair.least_m:
        return True, is_decided(round(pair.distance_m - pair.least_m, DISTANCE_DECIMALS), doubt_m)
    margin_m = round(pair.distance_m - pair.slack_m - pair.largest_m, DISTANCE_DECIMALS)
    return (False, is_decided(margin_m, doubt_m)) if margin_m >= 0 else (None, False)


def _badness(reading: Reading) -> tuple[int, float]:
    """Return how much a reading decides, smallest first: broken, open, kept perhaps, kept beyond doubt."""
    if reading.holds is None:
        rank = 2
    elif reading.holds:
        rank = 0 if reading.decided else 1
    else:
        rank = 4 if reading.decided else 3
    return rank, reading.margin_m if reading.margin_m is not None else reading.distance_m or 0.0


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject the target that decides, and whether it is nearer than the table allows."""
    sheet = scene.sheet(rule.target)
    if not sheet.has(np.ones(len(sheet.targets), dtype=bool)):
        return [nothing_there(rule, unit="m")] * len(who)
    spacing = Spacing(rule, scene, who)
    return [
        reading or (nothing_there(rule, unit="m") if spacing.is_listed(i) else _unlisted())
        for i, reading in enumerate(spacing.deciding())
    ]


def _unlisted() -> Reading:
    return Reading(holds=False, decided=True, explanation=_NOT_LISTED)


def _subject_fields(parameters: Mapping[str, Any]) -> list[str]:
    """Return the fields of the subject that the table reads."""
    return ["outline", *parameters["distance"].fields("subject")]


def _target_fields(parameters: Mapping[str, Any], layer: str) -> list[str]:
    """Return the fields of the targets in a layer that lines of the table for that layer read."""
    return parameters["distance"].of_layer(layer).fields("target")  # type: ignore[no-any-return]  # a SpacingTable


PREDICATE = Predicate(
    name="table_distance",
    parameters={
        "distance": read_table,
        "measure_from": one_of("equipment_edge", "tank_wall", "store_wall"),
    },
    optional={"edge_up_to_m": metres, "except_same": text},
    read=read,
    subject_fields=_subject_fields,
    target_fields=_target_fields,
    measures="distance",
)
"""``distance = { table = "….csv" }``; ``measure_from``: where the table starts to measure; ``edge_up_to_m``: for roads,
how far their edge may lie from the stored centre line where the half width is not known; ``except_same``: a field by
which targets belong to the subject and do not count, ``"id=enterprise_id"`` where the subject calls it otherwise."""
