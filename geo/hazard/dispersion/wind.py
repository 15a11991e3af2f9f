"""Wind at the height of a release."""

import math

from geo.errors import OutOfRangeError
from geo.hazard.plant import Surroundings
from geo.hazard.tables import Table
from geo.hazard.weather import Weather
from geo.text import Text

__all__ = ["CLASSES", "check_weather", "wind_at", "wind_warnings"]

CLASSES = "ABCDEF"
"""Pasquill classes, from unstable to stable."""

_REFERENCE_HEIGHT_M = 10.0
"""Height of the wind of a weather record. [m] WMO-No. 8 (2018)."""
_COMPLEX_TERRAIN = Text(
    "地形复杂（峡谷、山坡）：扩散模型假定平坦地面，结果仅供参考",
    "complex terrain (gorge, slope): the dispersion models assume flat ground; the result is indicative only",
)


def wind_at(height_m: float, weather: Weather, surroundings: Surroundings, dispersion: Table) -> float:
    """Return the wind at a height by the power law, not below what the models can bear, in m/s.

    Parameters
    ----------
    height_m : float
        Heights under ``wind/lowest_height`` count as that.

    Raises
    ------
    OutOfRangeError
        If the weather has no wind (calm hours belong into the lowest speed class) or no such stability class.

    References
    ----------
    .. [1] US EPA, User's Guide for the Industrial Source Complex (ISC3) Dispersion Models, volume II (1995),
       equation 1-6: u = u_ref (z / z_ref)^p, z_ref = 10 m.
    """
    check_weather(weather)
    area = "urban" if surroundings.urban else "rural"
    exponent = dispersion[f"wind_exponent/{area}/{weather.stability}"].number
    height = max(height_m, dispersion["wind/lowest_height"].number)
    wind = weather.wind_m_s * (height / _REFERENCE_HEIGHT_M) ** exponent
    return float(max(wind, dispersion["wind/lowest"].number))


def check_weather(weather: Weather) -> None:
    """Refuse a weather in which no model holds.

    Raises
    ------
    OutOfRangeError
        If the wind is not above 0 or the stability class is none.
    """
    if not (math.isfinite(weather.wind_m_s) and weather.wind_m_s > 0):
        raise OutOfRangeError(
            f"wind {weather.wind_m_s} m/s: calm hours belong into the lowest speed class",
            f"风速 {weather.wind_m_s} m/s：静风应并入最低风速级",
        )
    if weather.stability not in CLASSES or len(weather.stability) != 1:
        raise OutOfRangeError(
            f"stability {weather.stability!r} is no Pasquill class A to F",
            f"稳定度 {weather.stability!r} 不是 A–F",
        )


def wind_warnings(weather: Weather, surroundings: Surroundings, dispersion: Table) -> tuple[Text, ...]:
    """Return what makes the models unsure in a weather and on a ground."""
    lowest = dispersion["wind/unsure_below"].number
    slow = Text(
        f"风速 {weather.wind_m_s:g} m/s 低于 {lowest:g} m/s：超出扩散模型的验证范围",
        f"wind of {weather.wind_m_s:g} m/s below {lowest:g} m/s: outside the range the models were tested in",
    )
    found = [slow] if weather.wind_m_s < lowest else []
    if surroundings.complex_terrain:
        found.append(_COMPLEX_TERRAIN)
    return tuple(found)
