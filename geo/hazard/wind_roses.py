"""Wind roses: read from files, checked, calm hours spread, sectors interpolated to fine directions.

A rose has one row for each class of speed and stability, by day and by night, with the share of the YEAR in which the
wind blows FROM each of 16 or 36 sectors. Everything adds up to 1. Three kinds of files say the same::

    # name: Example                                      name = "Example"
    # source: station, years                             source = "station, years"
    # direction: from                                    direction = "from"
    period,stability,wind_m_s,N,NNE,...,NNW,calm         [[weather]]
    day,D,5.0,0.01,0.02,...,0.01,0                       period = "day"; stability = "D"; wind_m_s = 5.0
                                                         frequencies = [0.01, 0.02, ...]; calm = 0.0

(CSV on the left, TOML on the right; JSON has the keys of TOML.) ``direction`` is compulsory, so that nobody hands over
where the wind blows to. Columns of 36 sectors are called ``0``, ``10``, ... ``350``.
"""

import csv
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import HazardError
from geo.hazard.weather import Weather, WindRose

__all__ = [
    "COMPASS",
    "check_rose",
    "parse_rose",
    "read_rose",
    "spread_directions",
]

COMPASS: Final = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
"""Sixteen sectors by name, clockwise."""

SUM_TOLERANCE = 1e-6
"""How far the frequencies of a rose may be from adding up to 1. Numerical."""

_SECTORS = (16, 36)  # chosen: the compass, and every 10°
_PERIODS = {"day": True, "night": False}
_STABILITIES = frozenset("ABCDEF")
_COLUMNS = ("period", "stability", "wind_m_s")
_WIND_RANGE_M_S = (0.1, 60.0)  # chosen: beyond it a unit is mistaken

_Floats = NDArray[np.float64]


def read_rose(path: Path) -> WindRose:
    """Return the wind rose of a CSV, TOML or JSON file.

    Raises
    ------
    HazardError
        If the file is none of them, cannot be parsed or breaks a check; the message names the field.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        match path.suffix.lower():
            case ".csv":
                data = _read_csv(text)
            case ".toml":
                data = tomllib.loads(text)
            case ".json":
                data = json.loads(text)
            case ending:
                raise _error(
                    path.name, f"{ending!r} is none of .csv, .toml, .json", "仅支持 .csv、.toml、.json"
                )
    except (ValueError, RecursionError, OSError) as exc:
        raise _error(path.name, f"cannot be read: {exc}", f"无法读取：{exc}") from exc
    return parse_rose(data)


def parse_rose(data: Mapping[str, Any]) -> WindRose:
    """Return the wind rose of a mapping with the keys of a TOML file.

    Hours of calm of a period are spread over the sectors as in the period's lowest speed class, and added to it; where
    several stabilities share that speed, by their frequencies.

    Parameters
    ----------
    data : mapping
        ``name``, ``source``, ``direction`` (``"from"``) and ``weather``, a list of mappings with ``period``,
        ``stability``, ``wind_m_s``, ``frequencies`` and, where there is calm, ``calm``.

    Raises
    ------
    HazardError
        If something is missing or breaks a check; the message names the field.
    """
    for key in ("name", "source", "direction", "weather"):
        if not data.get(key):
            raise _error(key, "is missing", "缺失")
    if data["direction"] != "from":
        raise _error(
            "direction",
            f"{data['direction']!r}: must be 'from'; turn a rose of where the wind blows to by 180 degrees",
            f"{data['direction']!r}：须为 'from'（来向）；若为去向请旋转 180 度",
        )
    rows = data["weather"]
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise _error("weather", "is no list of tables", "不是表的列表")
    weathers = tuple(_parse_weather(f"weather[{number}]", row) for number, row in enumerate(rows))
    frequencies = _parse_frequencies(rows)
    calm = np.array(
        [_number(f"weather[{number}].calm", row.get("calm") or 0.0) for number, row in enumerate(rows)]
    )
    rose = WindRose(
        name=str(data["name"]),
        source=str(data["source"]),
        weathers=weathers,
        frequencies=_spread_calm(weathers, frequencies, calm),
    )
    check_rose(rose)
    return rose


def check_rose(rose: WindRose) -> None:
    """Refuse a rose that the engine cannot use.

    Raises
    ------
    HazardError
        If it has neither 16 nor 36 sectors, the same weather twice, a wind speed or stability that is none, a
        frequency that is negative or no number, or a sum that differs from 1 by more than 1e-6.
    """
    if rose.frequencies.ndim != 2 or rose.frequencies.shape[0] != len(rose.weathers):
        raise _error("frequencies", "needs one row for each weather", "每种天气须有一行")
    sectors = rose.frequencies.shape[1]
    if sectors not in _SECTORS:
        raise _error(
            "frequencies", f"{sectors} sectors: must be 16 or 36", f"{sectors} 个方位：须为 16 或 36"
        )
    for number, weather in enumerate(rose.weathers):
        _check_weather(f"weather[{number}]", weather)
        if weather in rose.weathers[:number]:
            raise _error(f"weather[{number}]", "stands twice", "重复出现")
    wrong = np.argwhere(~(np.isfinite(rose.frequencies) & (rose.frequencies >= 0)))
    if len(wrong):
        row, sector = (int(index) for index in wrong[0])
        value = rose.frequencies[row, sector]
        raise _error(
            f"weather[{row}].frequencies[{sector}]", f"{value} is no share of the year", f"{value} 不是频率"
        )
    total = float(rose.frequencies.sum())
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise _error(
            "frequencies", f"add up to {total:.9g}, not to 1 (calm included)", f"合计 {total:.9g}，不等于 1"
        )


def spread_directions(rose: WindRose, n_angles: int) -> _Floats:
    """Probability that the cloud goes TO each of many directions, for each weather.

    The cumulative probability is interpolated through the borders of the sectors by monotone cubics (PCHIP), so that
    every sector keeps its probability, nothing becomes negative, and the density has no steps that would show as
    spikes in contours. Clouds go where the wind blows to: the direction that it comes from, plus 180°.

    Parameters
    ----------
    rose : WindRose
    n_angles : int
        A multiple of the rose's sectors.

    Returns
    -------
    ndarray, shape (n_weathers, n_angles)
        Column ``k`` belongs to azimuths within half a step of ``2 pi k / n_angles``. Adds up to 1 over everything.

    Raises
    ------
    HazardError
        If the angles are no multiple of the sectors.

    References
    ----------
    .. [1] F. N. Fritsch, J. Butland, "A method for constructing local monotone piecewise cubic interpolants", SIAM J.
       Sci. Stat. Comput. 5 (1984) 300-304.
    """
    from scipy.interpolate import PchipInterpolator  # a third of a second; only the engine needs it

    sectors = rose.frequencies.shape[1]
    if n_angles % sectors:
        raise HazardError(
            f"{n_angles} angles cannot be shared among {sectors} sectors",
            f"{n_angles} 个角度无法均分到 {sectors} 个方位",
        )
    around = np.hstack([rose.frequencies[:, -2:], rose.frequencies, rose.frequencies[:, :3]])
    cumulative = np.concatenate([np.zeros((len(around), 1)), np.cumsum(around, axis=1)], axis=1)
    borders = np.arange(-2.0, sectors + 4.0) - 0.5  # of the sectors, in sectors from north
    fine_borders = (np.arange(n_angles + 1) - 0.5) * (sectors / n_angles)
    with np.errstate(
        over="ignore"
    ):  # slopes of denormal frequencies: their harmonic mean is 0, as it should be
        fine = np.diff(PchipInterpolator(borders, cumulative, axis=1)(fine_borders), axis=1)
    whole = rose.frequencies.sum(axis=1, keepdims=True)
    fine = np.maximum(fine, 0.0)
    share = np.divide(whole, fine.sum(axis=1, keepdims=True), out=np.zeros_like(whole), where=whole > 0)
    return np.roll(fine * share, n_angles // 2, axis=1)  # both 16 and 36 are even


def _read_csv(text: str) -> dict[str, Any]:
    """Return the keys of a TOML file from a CSV."""
    lines = text.splitlines()
    notes = [line[1:].partition(":") for line in lines if line.startswith("#")]
    data: dict[str, Any] = {key.strip(): value.strip() for key, _, value in notes}
    reader = csv.DictReader((line for line in lines if line and not line.startswith("#")), strict=True)
    columns = list(reader.fieldnames or ())
    sectors = [column for column in columns if column not in {*_COLUMNS, "calm"}]
    missing = [column for column in _COLUMNS if column not in columns]
    if missing:
        raise _error(missing[0], "no such column", "缺少该列")
    _check_sector_columns(sectors)
    data["weather"] = [
        {
            **{column: row[column] for column in _COLUMNS},
            "frequencies": [row[sector] for sector in sectors],
            "calm": row.get("calm"),
        }
        for row in reader
    ]
    return data


def _check_sector_columns(columns: Sequence[str]) -> None:
    degrees = tuple(str(10 * sector) for sector in range(36))  # by definition of a degree
    if tuple(columns) not in {COMPASS, degrees}:
        raise _error(
            "columns",
            "sectors must be N, NNE, ... NNW or 0, 10, ... 350, clockwise from north",
            "方位列须为 N、NNE、…、NNW 或 0、10、…、350，自北顺时针",
        )


def _parse_weather(where: str, row: Mapping[str, Any]) -> Weather:
    for key in (*_COLUMNS, "frequencies"):
        if row.get(key) in (None, ""):
            raise _error(f"{where}.{key}", "is missing", "缺失")
    period = str(row["period"]).strip()
    if period not in _PERIODS:
        raise _error(
            f"{where}.period", f"{period!r} is neither day nor night", f"{period!r} 须为 day 或 night"
        )
    return Weather(
        stability=str(row["stability"]).strip(),
        wind_m_s=_number(f"{where}.wind_m_s", row["wind_m_s"]),
        by_day=_PERIODS[period],
    )


def _check_weather(where: str, weather: Weather) -> None:
    if weather.stability not in _STABILITIES:
        raise _error(
            f"{where}.stability",
            f"{weather.stability!r} is none of A to F",
            f"{weather.stability!r} 不是 A 至 F",
        )
    low, high = _WIND_RANGE_M_S
    if not low <= weather.wind_m_s <= high:
        raise _error(
            f"{where}.wind_m_s",
            f"{weather.wind_m_s} m/s outside [{low}, {high}]; give hours of calm as 'calm'",
            f"{weather.wind_m_s} m/s 超出 [{low}, {high}]；静风请填在 calm",
        )


def _parse_frequencies(rows: Sequence[Mapping[str, Any]]) -> _Floats:
    values = [
        [
            _number(f"weather[{number}].frequencies[{sector}]", value)
            for sector, value in enumerate(row["frequencies"])
        ]
        for number, row in enumerate(rows)
    ]
    for number, row in enumerate(values):
        if len(row) != len(values[0]):
            raise _error(
                f"weather[{number}].frequencies",
                f"has {len(row)} sectors, the first row has {len(values[0])}",
                f"有 {len(row)} 个方位，首行为 {len(values[0])} 个",
            )
    return np.array(values, dtype=np.float64)


def _spread_calm(weathers: Sequence[Weather], frequencies: _Floats, calm: _Floats) -> _Floats:
    """Return the frequencies with the calm hours of each period added to its lowest speed class."""
    if not calm.any():
        return frequencies
    if (calm < 0).any():
        raise _error(f"weather[{int(np.argmax(calm < 0))}].calm", "is negative", "为负")
    spread = frequencies.copy()
    for by_day in (True, False):
        rows = [number for number, weather in enumerate(weathers) if weather.by_day is by_day]
        hours = float(calm[rows].sum())
        if not hours:
            continue
        lowest = min(weathers[number].wind_m_s for number in rows)
        slow = [number for number in rows if weathers[number].wind_m_s == lowest]
        share = frequencies[slow]
        if not share.sum() > 0:
            raise _error(
                "calm", "the lowest speed class never blows, so calm has no sectors", "最低风速级无频率"
            )
        spread[slow] += hours * share / share.sum()
    return spread


def _number(where: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # the error is the answer to what is no number
    except (TypeError, ValueError):
        raise _error(where, f"{value!r} is no number", f"{value!r} 不是数值") from None


def _error(where: str, what: str, zh: str) -> HazardError:
    return HazardError(f"wind rose: {where}: {what}", f"风玫瑰：{where}：{zh}")
