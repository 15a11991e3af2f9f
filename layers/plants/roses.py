"""Wind roses for the hazard engine: from files, and from the layer ``wind_roses``."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geo.hazard.weather import Weather, WindRose
from geo.hazard.wind_roses import check_rose
from layers.errors import FormatError
from layers.store import Store

__all__ = ["stored_rose"]

_SECTORS = 16
_SECTOR_DEG = 360.0 / _SECTORS
_PERIODS: Mapping[str, tuple[tuple[bool, float], ...]] = {
    **{stability: ((True, 1.0),) for stability in "ABC"},
    "D": ((True, 0.5), (False, 0.5)),
    **{stability: ((False, 1.0),) for stability in "EF"},
}
"""Day and night by stability, where a rose does not say: A to C come with sunshine, E and F without, D with both."""


def stored_rose(store: Store, identifier: str) -> WindRose:
    """Return a stored wind rose.

    Stored roses have classes of direction, speed and stability, but no hours: those of A to C count as day, E and F as
    night, D as half and half, and the source says so. Calms without direction go evenly round.

    Raises
    ------
    NotFoundError
        If there is none of that id.
    FormatError
        If it has no frequencies, or a class without stability or speed.
    HazardError
        If it does not add up to 1.
    """
    properties = store.feature("wind_roses", identifier)["properties"]
    classes = properties.get("frequencies")
    if not classes:
        raise FormatError(
            f"wind rose {identifier!r} has no frequencies", zh=f"风玫瑰 {identifier!r} 没有风频数据"
        )
    rose = _rose_of(properties, _check_classes(classes, identifier))
    check_rose(rose)
    return rose


def _check_classes(classes: Sequence[Mapping[str, Any]], identifier: str) -> Sequence[Mapping[str, Any]]:
    for i, each in enumerate(classes):
        if each.get("stability") not in _PERIODS or not isinstance(each.get("speed_m_s"), int | float):
            raise FormatError(
                f"wind rose {identifier!r}, frequencies[{i}]: needs stability A to F and speed_m_s",
                zh=f"风玫瑰 {identifier!r} 的 frequencies[{i}]：须有稳定度 A–F 和 speed_m_s",
            )
    return classes


def _rose_of(properties: Mapping[str, Any], classes: Sequence[Mapping[str, Any]]) -> WindRose:
    table: dict[Weather, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for each in classes:
        for by_day, share in _PERIODS[each["stability"]]:
            weather = Weather(stability=each["stability"], wind_m_s=float(each["speed_m_s"]), by_day=by_day)
            row = table.setdefault(weather, np.zeros(_SECTORS))
            frequency = float(each["frequency"]) * share
            if each.get("from_deg") is None:
                row += frequency / _SECTORS
            else:
                row[round(float(each["from_deg"]) / _SECTOR_DEG) % _SECTORS] += frequency
    weathers = sorted(table, key=lambda one: (not one.by_day, one.stability, one.wind_m_s))
    return WindRose(
        name=str(properties.get("name") or properties.get("id")),
        source=f"{properties.get('source')}; hours by stability: A-C day, D half, E-F night",
        weathers=tuple(weathers),
        frequencies=np.array([table[weather] for weather in weathers]),
    )
