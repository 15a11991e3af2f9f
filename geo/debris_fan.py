"""The fan that a debris flow lays down at the mouth of its gully (DZ/T 0220-2006, appendix D). Screening only.

::

    L = 0.8061 + 0.0015 A + 0.000033 W          length, km
    B = 0.5452 + 0.0034 D + 0.000031 W          width, km
    R = 47.8296 - 1.3085 D + 8.8876 H           angle at the apex, °
    S = 0.6667 L B - 0.0833 B² sin R / (1 - cos R)    area, km²

with the catchment A in km², the loose material W in 10⁴ m³, the length D of the main channel and the relief H in km.
The equations were read in a worked example; that H is in km is recalled. That example puts H = 15, in metres, and gets
an angle of 181° with an area of 0.296 km²: in kilometres it is 47.8° and 0.240 km². Quantities come in metres here.

The equation of the area is that of two straight sides which leave the apex at the angle R up to the full width, and a
parabola over that width to the full length; this is the shape drawn.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
import shapely.geometry
from shapely.errors import ShapelyError

from geo.ellipsoid import CGCS2000
from geo.errors import OutOfRangeError
from geo.missing import is_missing
from geo.standing import Standing
from geo.text import Text, say_number

__all__ = ["FAN_FIELDS", "STANDING", "DebrisFan", "debris_fan", "draw_fan", "fan_of"]

STANDING: Final = Standing.RECALLED
"""Of the unit of the relief, the least sure part of the equations."""

FAN_FIELDS: Final = (
    "catchment_km2",
    "loose_material_m3",
    "channel_length_m",
    "relief_m",
    "mouth_point",
    "fan_azimuth_deg",
)
"""Attributes of a gully without which its fan is unknown."""

_HIGHEST_RELIEF_M = 9_000.0
"""No two places on land differ more; a greater number is in another unit. [m]"""

_ARC_POINTS = 33
"""Points of the parabola; their chords stay within 1 m of a fan of usual size."""

_DECIMALS = 9


@dataclass(frozen=True)
class DebrisFan:
    """Size of a fan.

    Attributes
    ----------
    length_m, width_m : float
        Greatest ones. [m]
    angle_deg : float
        Between its sides at the apex. [°]
    area_m2 : float
        As the standard computes it. [m²]
    straight_m : float
        From the apex along the axis to where the full width is reached, no more than the length. [m]
    warnings : tuple of Text
        Why the equations do not fit this gully; empty where they do.
    """

    length_m: float
    width_m: float
    angle_deg: float
    area_m2: float
    straight_m: float
    warnings: tuple[Text, ...]


def debris_fan(
    catchment_km2: float, loose_material_m3: float, channel_length_m: float, relief_m: float
) -> DebrisFan:
    """Return the fan of a gully.

    Parameters
    ----------
    catchment_km2, loose_material_m3, channel_length_m, relief_m : float
        More than 0; the loose material may be 0. [km², m³, m, m]

    Raises
    ------
    OutOfRangeError
        If a quantity is not in its range, the relief is more than any on land (another unit), or the equations give no
        fan: an angle that is not between 0° and 180°, or no area.

    Examples
    --------
    >>> round(debris_fan(5.0, 1e4, 100.0, 15.0).angle_deg, 1)
    47.8
    """
    _check(catchment_km2, loose_material_m3, channel_length_m, relief_m)
    loose, channel_km, relief_km = loose_material_m3 / 1e4, channel_length_m / 1e3, relief_m / 1e3
    length_km = 0.8061 + 0.0015 * catchment_km2 + 0.000033 * loose
    width_km = 0.5452 + 0.0034 * channel_km + 0.000031 * loose
    angle_deg = 47.8296 - 1.3085 * channel_km + 8.8876 * relief_km
    if not 0.0 < angle_deg < 180.0:
        raise _no_fan(f"its angle is {angle_deg:.1f}°", f"扇形角为 {angle_deg:.1f}°")
    angle = math.radians(angle_deg)
    area_km2 = 0.6667 * length_km * width_km - 0.0833 * width_km**2 * math.sin(angle) / (
        1.0 - math.cos(angle)
    )
    if area_km2 <= 0.0:
        raise _no_fan(f"its area is {area_km2:.3f} km²", f"面积为 {area_km2:.3f} km²")
    straight_km = width_km / 2.0 / math.tan(angle / 2.0)
    warnings = (_TOO_NARROW,) if straight_km > length_km else ()
    straight_m = 1e3 * min(straight_km, length_km)
    return DebrisFan(1e3 * length_km, 1e3 * width_km, angle_deg, 1e6 * area_km2, straight_m, warnings)


def _check(catchment_km2: float, loose_material_m3: float, channel_length_m: float, relief_m: float) -> None:
    more_than_0 = {"catchment": catchment_km2, "channel length": channel_length_m, "relief": relief_m}
    for name, value in more_than_0.items():
        if not (math.isfinite(value) and value > 0.0):
            raise _no_fan(f"its {name} is {value}, not more than 0", f"{name} 为 {value}，应大于 0")
    if not (math.isfinite(loose_material_m3) and loose_material_m3 >= 0.0):
        raise _no_fan(f"its loose material is {loose_material_m3}", f"松散固体物质储量为 {loose_material_m3}")
    if relief_m > _HIGHEST_RELIEF_M:
        raise _no_fan(
            f"a relief of {say_number(relief_m, 0)} m is more than any on land: state it in metres",
            f"相对高差 {say_number(relief_m, 0)} m 超过陆地上的任何高差，请以米填写",
        )


def _no_fan(reason: str, reason_zh: str) -> OutOfRangeError:
    return OutOfRangeError(
        f"the equations of DZ/T 0220 give no fan for this gully: {reason}",
        zh=f"DZ/T 0220 的公式对该沟不适用：{reason_zh}",
    )


_TOO_NARROW = Text(
    "按扇形角在最大长度内达不到最大宽度，已超出公式的适用范围，绘制时在末端取最大宽度。",
    "At its angle the fan does not reach its width within its length: the equations do not fit; drawn to the full "
    "width at its end.",
)


def draw_fan(fan: DebrisFan, apex: tuple[float, float], azimuth_deg: float) -> shapely.Polygon:
    """Return the outline of a fan on the ground, EPSG:4490.

    Parameters
    ----------
    fan : DebrisFan
    apex : tuple of float
        Longitude and latitude of the mouth of the gully.
    azimuth_deg : float
        Direction of the axis, clockwise from north. [°]
    """
    across = np.linspace(1.0, -1.0, _ARC_POINTS)
    aside_m = across * fan.width_m / 2.0
    ahead_m = fan.straight_m + (fan.length_m - fan.straight_m) * (1.0 - across**2)
    away_m = np.hypot(ahead_m, aside_m)
    bearing_deg = azimuth_deg + np.degrees(np.arctan2(aside_m, ahead_m))
    lon, lat, _ = CGCS2000.fwd(
        np.full(_ARC_POINTS, apex[0]), np.full(_ARC_POINTS, apex[1]), bearing_deg, away_m
    )
    points = np.round(np.column_stack([lon, lat]), _DECIMALS)
    return shapely.Polygon([apex, *points])


def fan_of(gully: Mapping[str, Any]) -> tuple[DebrisFan, shapely.Polygon] | list[str]:
    """Return the fan of a gully and its outline, or the fields that are missing for it.

    Parameters
    ----------
    gully : mapping
        Attributes as in the layer ``geohazards``.

    Raises
    ------
    OutOfRangeError
        As :func:`debris_fan`.
    """
    missing = [name for name in FAN_FIELDS if is_missing(gully.get(name))]
    apex = _point(gully.get("mouth_point"))
    if apex is None and "mouth_point" not in missing:
        missing.append("mouth_point")
    if apex is None or missing:
        return missing
    fan = debris_fan(*(float(gully[name]) for name in FAN_FIELDS[:4]))
    return fan, draw_fan(fan, apex, float(gully["fan_azimuth_deg"]))


def _point(stated: object) -> tuple[float, float] | None:
    """Return longitude and latitude of a GeoJSON point; None where it is none."""
    if not isinstance(stated, Mapping):
        return None
    try:
        point = shapely.geometry.shape(dict(stated))
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError):
        return None
    return (point.x, point.y) if isinstance(point, shapely.Point) and not point.is_empty else None
