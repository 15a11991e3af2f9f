"""Warning levels of tailings ponds: of monitoring points rolled up to monitored items, of items to the pond.

GB 39496-2020 5.5.4. The counts from points to items were read in the standard. From items to the pond it was read that
four blue items count as one yellow item "and so on", where the copy breaks off: that the other counts go on as those of
points do is recalled. The values at which a point warns come from the designer of the pond and are not known here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from geo.errors import OutOfRangeError
from geo.standing import Standing
from geo.tailings import ITEMS
from geo.text import Text

__all__ = [
    "NAMES",
    "ROLL_UP",
    "MonitoringPoint",
    "PondWarning",
    "WarningLevel",
    "item_level",
    "pond_level",
    "read_points",
    "roll_up",
]


class WarningLevel(IntEnum):
    """Level of a warning, from low to high."""

    NORMAL = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


NAMES: Final[Mapping[WarningLevel, Text]] = {
    WarningLevel.NORMAL: Text("正常", "normal"),
    WarningLevel.BLUE: Text("蓝色", "blue"),
    WarningLevel.YELLOW: Text("黄色", "yellow"),
    WarningLevel.ORANGE: Text("橙色", "orange"),
    WarningLevel.RED: Text("红色", "red"),
}
"""What people call the levels."""

ROLL_UP: Final[Mapping[WarningLevel, int]] = {
    WarningLevel.BLUE: 4,
    WarningLevel.YELLOW: 3,
    WarningLevel.ORANGE: 2,
}
"""How many of a level make one of the next: 4 blue a yellow, 3 yellow an orange, 2 orange a red.
GB 39496-2020 5.5.4."""

_WORDS: Final = {level.name.lower(): level for level in WarningLevel}
_KEYS: Final = {"item", "point", "level", "value", "unit"}


@dataclass(frozen=True)
class MonitoringPoint:
    """What a monitoring point of a pond says now.

    Attributes
    ----------
    item : str
        Word of :data:`geo.tailings.ITEMS`.
    point : str
        Its number on the site.
    level : WarningLevel or None
        None where it is unknown, which is not ``NORMAL``.
    """

    item: str
    point: str
    level: WarningLevel | None


def read_points(value: object) -> tuple[MonitoringPoint, ...]:
    """Return the monitoring points of a pond, as they stand in the field ``monitoring_points``.

    Parameters
    ----------
    value : object
        List of ``{item, point, level, value, unit}``; ``level`` is a word of :class:`WarningLevel` or absent, ``value``
        and ``unit`` are for people and not read.

    Raises
    ------
    OutOfRangeError
        If it is no such list, or an item or level is unknown, or a point of an item stands in it twice.
    """
    if not isinstance(value, list | tuple):
        raise _refused("they are no list of points", "应为监测点列表")
    points = tuple(_read_point(number, entry) for number, entry in enumerate(value, start=1))
    twice = [
        name for name, count in Counter((point.item, point.point) for point in points).items() if count > 1
    ]
    if twice:
        item, point = twice[0]
        raise _refused(f"point {point!r} of {item} stands in them twice", f"{item} 的测点“{point}”重复")
    return points


def _read_point(number: int, entry: object) -> MonitoringPoint:
    if not isinstance(entry, Mapping) or not entry.keys() <= _KEYS:
        raise _refused(
            f"number {number} is not an object of {sorted(_KEYS)}",
            f"第 {number} 个测点的键应为 {sorted(_KEYS)}",
        )
    item, point, level = (entry.get(key) for key in ("item", "point", "level"))
    if item not in ITEMS:
        raise _refused(
            f"item {item!r} of number {number} is none of {sorted(ITEMS)}",
            f"第 {number} 个测点的监测项目“{item}”不在 {sorted(ITEMS)} 之中",
        )
    if not isinstance(point, str) or not point:
        raise _refused(f"number {number} has no name in 'point'", f"第 {number} 个测点缺少编号（point）")
    if level is not None and level not in _WORDS:
        raise _refused(
            f"level {level!r} of number {number} is none of {list(_WORDS)}",
            f"第 {number} 个测点的预警等级“{level}”不在 {list(_WORDS)} 之中",
        )
    return MonitoringPoint(str(item), point, None if level is None else _WORDS[str(level)])


def _refused(reason: str, reason_zh: str) -> OutOfRangeError:
    return OutOfRangeError(f"monitoring points cannot be read: {reason}", zh=f"监测点无法读取：{reason_zh}")


def item_level(points: Iterable[WarningLevel]) -> WarningLevel:
    """Return the level of a monitored item from those of its points: the worst, raised where enough of them agree.

    Points are not added up further: of what four blue points make, a yellow item, three do not make an orange one.

    Examples
    --------
    >>> item_level([WarningLevel.BLUE] * 4).name
    'YELLOW'
    """
    counts = Counter(points)
    raised = [WarningLevel(level + 1) for level, enough in ROLL_UP.items() if counts[level] >= enough]
    return max([*counts, *raised], default=WarningLevel.NORMAL)


def pond_level(items: Iterable[WarningLevel]) -> WarningLevel:
    """Return the level of a pond from those of its items: enough of one level count as one of the next.

    Examples
    --------
    >>> pond_level([WarningLevel.BLUE] * 4 + [WarningLevel.YELLOW] * 2).name
    'ORANGE'
    """
    counts = Counter(items)
    for level, enough in ROLL_UP.items():
        counts[WarningLevel(level + 1)] += counts[level] // enough
    return max((level for level, count in counts.items() if count), default=WarningLevel.NORMAL)


@dataclass(frozen=True)
class PondWarning:
    """The warning of a pond, and how it comes about.

    Attributes
    ----------
    items : mapping of str to WarningLevel
        Level of each item of which a point is known, in the order of the items.
    level : WarningLevel
        Of the pond.
    unknown : tuple of MonitoringPoint
        Points whose level is unknown: the real levels may be higher.
    standing : Standing
        Of the pond's level, the less sure part.
    """

    items: Mapping[str, WarningLevel]
    level: WarningLevel
    unknown: tuple[MonitoringPoint, ...]
    standing: Standing = Standing.RECALLED


def roll_up(points: Iterable[MonitoringPoint]) -> PondWarning:
    """Return the warning that monitoring points make together; points of unknown level raise nothing."""
    listed = tuple(points)
    by_item: dict[str, list[WarningLevel]] = {}
    for point in listed:
        if point.level is not None:
            by_item.setdefault(point.item, []).append(point.level)
    items: dict[str, Any] = {item: item_level(by_item[item]) for item in ITEMS if item in by_item}
    return PondWarning(items, pond_level(items.values()), tuple(p for p in listed if p.level is None))
