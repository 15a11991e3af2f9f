"""Units as they stand in the headers of tables, and their ratio to the unit of a field."""

import re
import unicodedata
from fractions import Fraction

__all__ = ["conversion_factor", "is_unit"]

_WAN = Fraction(10**4)
_YI = Fraction(10**8)
_MU_M2 = Fraction(2000, 3)
"""One mu (亩). [m²]"""

_UNITS: dict[str, dict[str, Fraction]] = {
    "length": {
        "m": Fraction(1), "米": Fraction(1), "metre": Fraction(1), "metres": Fraction(1), "meter": Fraction(1),
        "meters": Fraction(1), "km": Fraction(1000), "公里": Fraction(1000), "千米": Fraction(1000),
        "cm": Fraction(1, 100), "厘米": Fraction(1, 100), "mm": Fraction(1, 1000), "毫米": Fraction(1, 1000),
    },
    "area": {
        "m2": Fraction(1), "平方米": Fraction(1), "平米": Fraction(1), "㎡": Fraction(1), "km2": Fraction(10**6),
        "平方公里": Fraction(10**6), "平方千米": Fraction(10**6), "ha": _WAN, "公顷": _WAN, "hm2": _WAN,
        "亩": _MU_M2, "万亩": _MU_M2 * _WAN, "万m2": _WAN, "万平方米": _WAN, "万km2": _WAN * 10**6,
        "万平方公里": _WAN * 10**6,
    },
    "volume": {
        "m3": Fraction(1), "立方米": Fraction(1), "方": Fraction(1), "立方": Fraction(1), "万m3": _WAN,
        "万立方米": _WAN, "万方": _WAN, "万立方": _WAN, "10^4m3": _WAN, "e4m3": _WAN, "亿m3": _YI, "亿立方米": _YI,
        "亿方": _YI, "10^8m3": _YI, "10^6m3": Fraction(10**6), "l": Fraction(1, 1000), "升": Fraction(1, 1000),
    },
    "mass": {
        "kg": Fraction(1), "千克": Fraction(1), "公斤": Fraction(1), "t": Fraction(1000), "吨": Fraction(1000),
        "万t": Fraction(10**7), "万吨": Fraction(10**7), "g": Fraction(1, 1000), "克": Fraction(1, 1000),
    },
    "pressure": {
        "MPa": Fraction(1), "Mpa": Fraction(1), "mpa": Fraction(1), "MPA": Fraction(1), "兆帕": Fraction(1),
        "kPa": Fraction(1, 1000), "kpa": Fraction(1, 1000), "千帕": Fraction(1, 1000), "bar": Fraction(1, 10),
        "Pa": Fraction(1, 10**6), "帕": Fraction(1, 10**6),
    },
    "voltage": {
        "kV": Fraction(1), "KV": Fraction(1), "kv": Fraction(1), "千伏": Fraction(1), "V": Fraction(1, 1000),
        "伏": Fraction(1, 1000),
    },
    "count": {
        "人": Fraction(1), "户": Fraction(1), "个": Fraction(1), "名": Fraction(1), "万人": _WAN, "万户": _WAN,
        "persons": Fraction(1), "people": Fraction(1),
    },
    "rate": {"/a": Fraction(1), "1/a": Fraction(1), "/年": Fraction(1), "1/年": Fraction(1)},
    "output": {
        "t/a": Fraction(1), "吨/年": Fraction(1), "t/年": Fraction(1), "吨/a": Fraction(1), "万t/a": _WAN,
        "万吨/年": _WAN, "万t/年": _WAN, "万吨/a": _WAN, "kt/a": Fraction(1000), "Mt/a": Fraction(10**6),
    },
    "share": {
        "%": Fraction(1), "百分比": Fraction(1), "percent": Fraction(1), "‰": Fraction(1, 10),
    },
    "angle": {"°": Fraction(1), "度": Fraction(1), "deg": Fraction(1), "degrees": Fraction(1)},
    "density": {"/km2": Fraction(1), "1/km2": Fraction(1)},
}  # fmt: skip
"""Size of each unit in the first of its dimension. ``mPa`` is left out on purpose: it is hardly ever millipascal."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _plain_unit(text: str) -> str:
    """Spelling of the table: ``×10⁴ m³`` becomes ``10^4m3``."""
    text = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"10^{found[1].translate(_SUPERSCRIPTS)}", text)
    text = unicodedata.normalize("NFKC", text).replace("**", "^")
    text = re.sub(r"[\s·.]", "", text)
    text = re.sub(r"^(单位[::]?)?[×xX*]?", "", text)
    text = re.sub(r"^10\^?([468])(?=m|立)", r"10^\1", text)
    return re.sub(r"m\^([23])", r"m\1", text.replace("立方米", "m3"))


def _find_unit(text: str) -> tuple[str, Fraction] | None:
    plain = _plain_unit(text)
    for dimension, sizes in _UNITS.items():
        for spelling in (plain, plain.lower()):
            if spelling in sizes and not (dimension == "pressure" and plain not in sizes):
                return dimension, sizes[spelling]
    return None


def is_unit(text: str) -> bool:
    """Whether a text is a unit of the table."""
    return _find_unit(text) is not None


def conversion_factor(given: str, wanted: str) -> float | None:
    """Factor from one unit to another; ``None`` when either is unknown or they measure different things.

    Examples
    --------
    >>> conversion_factor("万m³", "m³")
    10000.0
    """
    first, second = _find_unit(given), _find_unit(wanted)
    if first is None or second is None or first[0] != second[0]:
        return None
    return float(first[1] / second[1])
