"""Degrees, minutes and seconds as people write them, read to decimal degrees and written back."""

import re
import unicodedata
from typing import Literal

from geo.errors import GeoError, OutOfRangeError

__all__ = ["Axis", "parse_degrees"]

Axis = Literal["lon", "lat"]
"""What an angle is."""

_MARKS = str.maketrans(
    {
        **dict.fromkeys("º˚度", "°"),
        **dict.fromkeys("′’‘´`＇分", "'"),
        **dict.fromkeys("″”“＂秒", '"'),
        **dict.fromkeys("−–—－", "-"),
    }
)
"""One sign for all in use; translated before compatibility forms are folded, which would take ″ apart."""

_HEMISPHERES: dict[str, tuple[Axis, int]] = {
    "e": ("lon", 1),
    "w": ("lon", -1),
    "n": ("lat", 1),
    "s": ("lat", -1),
    "东经": ("lon", 1),
    "西经": ("lon", -1),
    "北纬": ("lat", 1),
    "南纬": ("lat", -1),
}
_LIMIT_DEG = {"lon": 180, "lat": 90, None: 180}

_WORD = "东经|西经|北纬|南纬"
_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_TEXT = re.compile(
    rf"""(?P<before>{_WORD}|[ensw])?\s*(?P<sign>[+-])?\s*
    (?:
      (?P<decimal>{_NUMBER})\s*°?
    | (?P<d>\d+)\s*°\s*(?P<m>{_NUMBER})\s*'?
    | (?P<d3>\d+)\s*°\s*(?P<m3>\d+)\s*'\s*(?P<s3>{_NUMBER})\s*(?:"|'')?
    | (?P<d4>\d+)(?P<gap>[ ]|-|:)(?P<m4>\d+)(?P=gap)(?P<s4>{_NUMBER})
    )
    \s*(?P<after>{_WORD}|[ensw])?""",
    re.VERBOSE,
)


def parse_degrees(text: str | float, axis: Axis | None = None) -> float:
    """Decimal degrees of a longitude or latitude as written in a table.

    Read are decimal degrees (``102.504306``, ``102.504306°E``), degrees and minutes (``102°30.2583′``), degrees,
    minutes and seconds with signs or words (``102°30′15.5″E``, ``东经102度30分15.5秒``) or as three numbers
    (``102 30 15.5``, ``102-30-15.5``, ``102:30:15.5``), in full-width characters too. Refused as ambiguous are two
    numbers without signs, a comma, and a minus sign together with a letter of the hemisphere.

    Parameters
    ----------
    text : str or float
    axis : {"lon", "lat"}, optional
        What the column holds: a letter of the other axis is refused, and a latitude ends at 90°.

    Returns
    -------
    float
        East and north positive. [°]

    Raises
    ------
    GeoError
        If the text is no angle, or may be read in two ways; it names the text.
    OutOfRangeError
        If minutes or seconds reach 60, or the angle exceeds 180° (latitude: 90°).
    """
    if not isinstance(text, str):
        return _check_range(str(text), float(text), axis)
    folded = unicodedata.normalize("NFKC", text.translate(_MARKS)).casefold()
    match = _TEXT.fullmatch(" ".join(folded.split()))
    if match is None:
        raise GeoError(
            f"{text!r} is not an angle, or may be read in two ways; write 102.504306 or 102°30′15.5″",
            zh=f"“{text}”不是角度或有歧义；请写成 102.504306 或 102°30′15.5″",
        )
    sign, letter_axis = _read_direction(text, match)
    if axis and letter_axis and axis != letter_axis:
        raise GeoError(f"{text!r} is not a {axis}", zh=f"“{text}”不是{'经度' if axis == 'lon' else '纬度'}")
    return _check_range(text, sign * _read_size(text, match) + 0.0, axis or letter_axis)


def _read_direction(text: str, match: re.Match[str]) -> tuple[int, Axis | None]:
    """Return the sign and the axis that a hemisphere names."""
    before, after, sign = match["before"], match["after"], match["sign"]
    if (before and after) or ((before or after) and sign):
        raise GeoError(f"{text!r} gives its direction twice", zh=f"“{text}”的方向重复标注")
    if before or after:
        axis, direction = _HEMISPHERES[before or after]
        return direction, axis
    return (-1 if sign == "-" else 1), None


def _read_size(text: str, match: re.Match[str]) -> float:
    if match["decimal"] is not None:
        return float(match["decimal"])
    degrees = float(match["d"] or match["d3"] or match["d4"])
    minutes = float(match["m"] or match["m3"] or match["m4"])
    seconds = float(match["s3"] or match["s4"] or 0)
    if minutes >= 60 or seconds >= 60:
        raise OutOfRangeError(f"minutes or seconds of {text!r} reach 60", zh=f"“{text}”的分或秒达到或超过 60")
    return degrees + minutes / 60 + seconds / 3600


def _check_range(text: str, degrees: float, axis: Axis | None) -> float:
    limit = _LIMIT_DEG[axis]
    if not abs(degrees) <= limit:
        raise OutOfRangeError(
            f"{text} outside [-{limit}, {limit}] degrees", zh=f"{text} 超出 [-{limit}, {limit}] 度"
        )
    return degrees
