"""What lies around a place as an Excel workbook or a CSV file, with headers in one language; a text stays a text."""

import csv
import io
from collections.abc import Mapping
from typing import Final

import shapely

from geo.text import Text
from layers.catalog import get_layer
from layers.documents.clean_text import clean_text, guard_text
from layers.documents.workbooks import Sheet, fill_workbook
from layers.nearby.around import Around, Neighbour
from layers.words import CHOICES, KINDS

__all__ = ["fill_around_csv", "fill_around_workbook"]

_HEADERS: Final = (
    Text("序号", "No."),
    Text("图层", "Layer"),
    Text("编号", "Id"),
    Text("名称", "Name"),
    Text("类别", "Kind"),
    Text("距离(m)", "Distance (m)"),
    Text("不确定度(m)", "Doubt (m)"),
    Text("结论", "Result"),
    Text("量至", "Measured to"),
    Text("量至经度", "To longitude"),
    Text("量至纬度", "To latitude"),
)
_RESULTS: Final[Mapping[tuple[bool, bool], Text]] = {
    (True, True): Text("在范围内", "within"),
    (True, False): Text("在范围内，精度不足以确定", "within, undecided at its accuracy"),
    (False, False): Text("可能在范围内", "may be within"),
}
_SHORTENED: Final = Text("，已减半宽 {:.1f} m", ", less its half width of {:.1f} m")
_SCREENING: Final = Text("，半宽未知，仅供初筛", ", its half width unknown: screening only")
_LIST: Final = Text("周边清单", "Around here")
_LAYERS: Final = Text("分图层统计", "By layer")
_PEOPLE: Final = Text("人数", "People")
_ABOUT: Final = Text("说明", "About")
_LAYER_HEADERS: Final = (
    Text("图层", "Layer"),
    Text("在范围内", "Within"),
    Text("其中未定", "Of these undecided"),
    Text("可能在范围内", "May be within"),
)
_PEOPLE_HEADERS: Final = (
    Text("图层", "Layer"),
    Text("字段", "Field"),
    Text("合计(人)", "Sum (people)"),
    Text("未填写的个数", "Without a number"),
)
_PLACE: Final = Text("查询位置", "Place")
_RADIUS: Final = Text("半径(m)", "Radius (m)")
_DAY: Final = Text("数据日期", "State of the data")
_CRS: Final = Text("坐标系", "Coordinate system")
_NOTE: Final = Text("提示", "Note")
_NOW: Final = Text("现在", "now")
_UNKNOWN: Final = Text("未知", "unknown")
_REMARK: Final = Text(
    "距离为 CGCS2000 椭球面测地距离，从查询位置到要素最近点；0 为相接或重叠。"
    "河流中心线减去半宽，半宽未知的按线量取、仅供初筛；道路等按存储的线量取。"
    "位置精度未知的要素按量得的距离列出；各图层的人数可能重复，不相加。",
    "Geodesic distances on the CGCS2000 ellipsoid to the nearest point of the feature; 0 where they touch or overlap. "
    "Centre lines of rivers less their half width, and as stored, for screening only, where it is unknown; roads and "
    "other lines as stored. "
    "Features of unknown accuracy are listed as measured; layers may tell of the same people and are not added up.",
)


def fill_around_workbook(around: Around, language: str = "zh", day: str | None = None) -> bytes:
    """Return an answer as a workbook (xlsx): the list, the counts by layer, the people, and what it rests on.

    Parameters
    ----------
    around : Around
    language : str
        ``zh`` or ``en``.
    day : str, optional
        Day of a former state.
    """
    layers = [[_layer(slug, language), *numbers] for slug, numbers in around.counts().items()]
    people = [
        [_layer(one.layer, language), _field(one.layer, one.field, language), one.people, one.missing]
        for one in around.people()
    ]
    return fill_workbook(
        (
            Sheet(_say(_LIST, language), _titles(_HEADERS, language), _rows(around, language)),
            Sheet(_say(_LAYERS, language), _titles(_LAYER_HEADERS, language), layers),
            Sheet(_say(_PEOPLE, language), _titles(_PEOPLE_HEADERS, language), people),
            Sheet(_say(_ABOUT, language), [_say(_ABOUT, language), ""], _facts(around, language, day)),
        )
    )


def fill_around_csv(around: Around, language: str = "zh") -> bytes:
    """Return the list as CSV in UTF-8 with byte order mark, as spreadsheets need it for Chinese text.

    Texts that a spreadsheet would run as a formula get a quotation mark before them.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_titles(_HEADERS, language))
    for row in _rows(around, language):
        writer.writerow([_plain(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: object) -> object:
    return guard_text(clean_text(cell)) if isinstance(cell, str) else cell


def _rows(around: Around, language: str) -> list[list[object]]:
    return [[number, *_row(one, language)] for number, one in enumerate(around.neighbours, start=1)]


def _row(one: Neighbour, language: str) -> list[object]:
    return [
        _layer(one.layer, language),
        one.id,
        one.name,
        _kind(one.kind, language),
        one.distance_m,
        _say(_UNKNOWN, language) if one.doubt_m is None else one.doubt_m,
        _say(_RESULTS[one.within, one.decided], language),
        _say_line(one, language),
        *one.end,
    ]


def _say_line(one: Neighbour, language: str) -> str | None:
    """Return to which line of a river was measured, and what was done about its width."""
    if one.line_kind is None and one.half_width_m is not None:
        return None
    line = _kind(one.line_kind or "unknown", language) or ""
    if one.half_width_m is None:
        return line + _say(_SCREENING, language)
    return line + (_say(_SHORTENED, language).format(one.half_width_m) if one.half_width_m else "")


def _facts(around: Around, language: str, day: str | None) -> list[list[object]]:
    origin = around.origin
    lon, lat = shapely.get_coordinates(shapely.centroid(origin.geometry))[0].tolist()
    place = f"{lon:.9f}, {lat:.9f}"
    if origin.layer is not None:
        place = f"{_layer(origin.layer, language)} {origin.name or ''} ({origin.id})"
    return [
        [_say(_PLACE, language), place],
        [_say(_RADIUS, language), around.radius_m],
        [_say(_DAY, language), day or _say(_NOW, language)],
        [_say(_CRS, language), "CGCS2000 (EPSG:4490)"],
        [_say(_NOTE, language), _say(_REMARK, language)],
    ]


def _kind(word: str | None, language: str) -> str | None:
    named = KINDS.get(word or "") or CHOICES.get(word or "")
    return word if named is None else str(getattr(named, language))


def _layer(slug: str, language: str) -> str:
    return str(getattr(get_layer(slug), language))


def _field(layer: str, name: str, language: str) -> str:
    return str(getattr(get_layer(layer).field(name), language))


def _titles(headers: tuple[Text, ...], language: str) -> list[str]:
    return [_say(header, language) for header in headers]


def _say(text: Text, language: str) -> str:
    return str(getattr(text, language))
