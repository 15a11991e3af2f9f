"""Numbers and items of area classes (GB 50251) and high-consequence areas (GB 32167-2015), with their standing.

Where copies of a standard disagree the item holds both grades: the one that more copies state first, which is the one
used, then the other. Grade I is the mildest, III the gravest.
"""

from dataclasses import dataclass

from geo.standing import Standing
from geo.text import Text

__all__ = ["GAS_ITEMS", "NUMBERS", "OIL_ITEMS", "Item", "Number", "class_numbers"]


@dataclass(frozen=True)
class Number:
    """A number that a result rests on.

    Attributes
    ----------
    name : Text
    value : str
        With its unit.
    standing : Standing
    source : str
    """

    name: Text
    value: str
    standing: Standing
    source: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a table of GB 32167-2015 that looks for something beside the line.

    Attributes
    ----------
    item : str
        Number of the table and letter.
    layer : str
        Where that is stored.
    counts : str
        Which of its features count.
    within_m : float or None
        How far from the line; None for the potential impact radius. [m]
    grade, other_grade : int
        As used, and as other copies of the standard state it.
    applies : str
        For which lines.
    standing : Standing
    what : Text
    outside_dense : bool
        Whether the item holds outside areas of class 3 and 4 only.
    """

    item: str
    layer: str
    counts: str
    within_m: float | None
    grade: int
    other_grade: int
    what: Text
    standing: Standing = Standing.VERIFIED
    applies: str = "medium is not None"
    outside_dense: bool = False


_SPECIFIC = "target_class == 'high_sensitivity' or people_day >= 30"
_SPECIFIC_PLACE = Text("特定场所", "specific place")
_LARGE = "diameter_mm > 762 and pressure_mpa > 6.9"
_SMALL = "diameter_mm < 273 and pressure_mpa < 1.6"
_STATION = "kind in ['fuel_station', 'oil_depot', 'lpg_depot']"

GAS_ITEMS = (
    Item(
        item="table 2 item c",
        layer="protection_targets",
        counts=_SPECIFIC,
        within_m=None,
        grade=2,
        other_grade=2,
        what=_SPECIFIC_PLACE,
        applies=_LARGE,
    ),
    Item(
        item="table 2 item d",
        layer="protection_targets",
        counts=_SPECIFIC,
        within_m=None,
        grade=1,
        other_grade=1,
        what=_SPECIFIC_PLACE,
        applies=_SMALL,
    ),
    Item(
        item="table 2 item e",
        layer="protection_targets",
        counts=_SPECIFIC,
        within_m=200.0,
        grade=1,
        other_grade=2,
        what=_SPECIFIC_PLACE,
        standing=Standing.DISPUTED,
        applies=f"not ({_LARGE}) and not ({_SMALL})",
    ),
    Item(
        item="table 2 item f",
        layer="hazard_sites",
        counts=_STATION,
        within_m=200.0,
        grade=2,
        other_grade=3,
        what=Text("加油站、油库等", "fuel station, oil depot or the like"),
        standing=Standing.DISPUTED,
        outside_dense=True,
    ),
)
"""Table 2, gas lines, items c to f; a and b follow from the area class."""

OIL_ITEMS = (
    Item(
        item="table 1 item c",
        layer="settlements",
        counts="households >= 50",
        within_m=200.0,
        grade=2,
        other_grade=2,
        what=Text("50 户及以上的村庄、乡镇", "village or town of 50 households or more"),
    ),
    Item(
        item="table 1 item d",
        layer="roads",
        counts="road_class in ['expressway', 'national', 'provincial']",
        within_m=50.0,
        grade=1,
        other_grade=1,
        what=Text("高速公路、国道、省道", "expressway, national or provincial road"),
    ),
    Item(
        item="table 1 item d",
        layer="railways",
        counts="railway_class is None or railway_class != 'metro'",
        within_m=50.0,
        grade=1,
        other_grade=1,
        what=Text("铁路", "railway"),
    ),
    Item(
        item="table 1 item d",
        layer="hazard_sites",
        counts="id is not None",
        within_m=50.0,
        grade=1,
        other_grade=1,
        what=Text("易燃易爆场所", "flammable or explosive place"),
    ),
    Item(
        item="table 1 item e",
        layer="zones",
        counts="zone_kind == 'nature_reserve'",
        within_m=200.0,
        grade=2,
        other_grade=1,
        what=Text("国家自然保护湿地、森林、河口", "nature-protection wetland, forest or estuary"),
        standing=Standing.DISPUTED,
    ),
    Item(
        item="table 1 item f",
        layer="zones",
        counts="zone_kind == 'water_source'",
        within_m=200.0,
        grade=3,
        other_grade=3,
        what=Text("水源", "water source"),
    ),
    Item(
        item="table 1 item f",
        layer="rivers",
        counts="id is not None",
        within_m=200.0,
        grade=3,
        other_grade=3,
        what=Text("河流", "river"),
    ),
    Item(
        item="table 1 item f",
        layer="lakes",
        counts="lake_kind == 'reservoir'",
        within_m=200.0,
        grade=3,
        other_grade=3,
        what=Text("大中型水库", "large or medium reservoir"),
    ),
)
"""Table 1, oil lines, items c to f; a and b count households as area classes do."""

_HCA = "tables read in secondary copies (HCA)"
_RECALLED = "from memory of the standard"

NUMBERS = {
    "band": Number(Text("线路两侧计数宽度", "Band each side"), "200 m", Standing.VERIFIED, _HCA),
    "window": Number(Text("计数长度", "Length of the window"), "2\u202f000 m", Standing.VERIFIED, _HCA),
    "class_3": Number(Text("三级地区户数", "Households of class 3"), "100 and over", Standing.VERIFIED, _HCA),
    "class_1": Number(
        Text("一级地区户数", "Households of class 1"),
        "0 (type 1), up to 15 (type 2)",
        Standing.RECALLED,
        _RECALLED,
    ),
    "class_4": Number(Text("四级地区楼房层数", "Storeys of class 4"), "4 and more", Standing.VERIFIED, _HCA),
    "prevail": Number(
        Text("四层及以上楼房“普遍集中”的判读", "Four storeys and more “prevail”"),
        "class 3, and more than half of the buildings of the window; traffic and underground facilities not looked at",
        Standing.SITE_SPECIFIC,
        "a reading, to be confirmed on site",
    ),
    "class_end": Number(
        Text("地区等级终点", "Class ends beyond the last building"), "200 m", Standing.RECALLED, _RECALLED
    ),
    "hca_end": Number(
        Text("高后果区终点", "High-consequence area ends beyond what makes it one"),
        "200 m",
        Standing.VERIFIED,
        _HCA,
    ),
    "hca_along": Number(
        Text("高后果区延伸方向", "Which way it reaches"),
        "along the line; as a circle is possible too",
        Standing.SITE_SPECIFIC,
        "the standard does not say; a reading",
    ),
    "radius": Number(
        Text("潜在影响半径", "Potential impact radius"),
        "0.099 √(d² p), mm, MPa, m",
        Standing.RECALLED,
        _RECALLED,
    ),
    "specific": Number(
        Text("特定场所Ⅱ人数", "People of a specific place II"),
        "30 and more by day",
        Standing.RECALLED,
        _RECALLED,
    ),
    "specific_class": Number(
        Text("特定场所Ⅰ的判读", "Specific place I"),
        "protection targets of high sensitivity",
        Standing.SITE_SPECIFIC,
        "a reading of the classes of GB 36894",
    ),
    "reserve": Number(
        Text("表1第e项的判读", "Table 1 item e"),
        "nature reserves of any level",
        Standing.SITE_SPECIFIC,
        "a reading",
    ),
    "half_width": Number(
        Text("河流中心线的未知半宽", "Unknown half width of a river"),
        "up to 1\u202f000 m",
        Standing.SITE_SPECIFIC,
        "a reading",
    ),
    "reservoir": Number(
        Text("大中型水库的判读", "Large or medium reservoirs"),
        "reservoirs of any size",
        Standing.SITE_SPECIFIC,
        "a reading",
    ),
}
"""Numbers and readings that results rest on."""


def class_numbers(medium: str) -> tuple[Number, ...]:
    """Return the numbers that every result for a medium rests on."""
    common = ("band", "window", "class_3", "class_4", "prevail", "hca_end", "hca_along")
    own = ("class_1", "class_end", "radius", "specific", "specific_class")
    other = ("class_end", "reserve", "reservoir")
    return tuple(NUMBERS[name] for name in (*common, *(own if medium == "gas" else other)))
