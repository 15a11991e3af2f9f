"""What people and programs write in queries and options, as values: bounds, moments, filters, pairs."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

from geo.crs import DatumGrid, HelmertParameters
from geo.errors import OutOfRangeError
from layers.admin import find_adcode
from layers.errors import FeatureError
from layers.model import Field, FieldType, Layer
from layers.nearby.around import Origin, origin_at, origin_of
from layers.store import Store

__all__ = [
    "Bounds",
    "parse_area",
    "parse_bounds",
    "parse_datum_grid",
    "parse_helmert",
    "parse_moment",
    "parse_pairs",
    "parse_place",
    "parse_value",
    "parse_where",
    "today",
]

Bounds = tuple[float, float, float, float]
"""West, south, east, north. [°]"""

CHINA_TIME = timezone(timedelta(hours=8))
"""A date without time means the end of that day in China."""


def parse_bounds(bbox: str | None) -> Bounds | None:
    """Return bounds from ``west,south,east,north``, ``None`` from ``None``.

    Raises
    ------
    OutOfRangeError
        If they are not four numbers in order and within the range of longitude and latitude.
    """
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise OutOfRangeError(
            f"bbox {bbox!r} is not west,south,east,north in degrees",
            zh=f"范围“{bbox}”应为 西,南,东,北（单位：度）",
        )
    return west, south, east, north


def parse_area(text: str, store: Store) -> str | Bounds:
    """Return a division code as it is, bounds from ``west,south,east,north``, or the code of a name.

    Names are looked up by :func:`layers.admin.find_adcode`.

    Raises
    ------
    OutOfRangeError
        If it is none of these.
    FeatureError
        If several areas have the name.
    NotFoundError
        If none has.
    """
    text = text.strip()
    if text.isdecimal():
        return text
    if text and not any(sign.isdecimal() or sign in ",，" for sign in text):
        return find_adcode(text, store)
    bounds = parse_bounds(text)
    assert bounds is not None
    return bounds


def parse_moment(text: str) -> datetime:
    """Return a moment from a date or a time with zone.

    Raises
    ------
    FeatureError
        If it is neither, or a time without zone.
    """
    try:
        if len(text) == len("2026-01-31"):
            moment = datetime.combine(date.fromisoformat(text), time.max, CHINA_TIME)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # a zone may move the first and the last day out of the calendar
        pass
    raise FeatureError(
        f"{text!r} is neither a date (2026-01-31) nor a time with zone (2026-01-31T08:00:00Z)",
        zh=f"“{text}”既不是日期（2026-01-31），也不是带时区的时间（2026-01-31T08:00:00Z）",
    )


def today() -> date:
    """Return the day in China."""
    return datetime.now(CHINA_TIME).date()


def parse_place(store: Store, text: str, at: datetime | None = None) -> Origin:
    """Return the place of ``lon,lat`` in degrees, or of a stored feature ``layer/id``.

    Raises
    ------
    OutOfRangeError
        If it is neither, or the coordinate is not on the globe.
    UnknownLayerError, NotFoundError, GeometryError
        If there is no such feature, or it has no position.
    """
    layer, slash, id = text.strip().partition("/")
    if slash and not layer[:1].isdigit():
        return origin_of(store, layer, id, at)
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise OutOfRangeError(
            f"place {text!r} is neither lon,lat in degrees nor layer/id",
            zh=f"位置“{text}”应为 经度,纬度（单位：度）或 图层/编号",
        ) from None
    return origin_at(lon, lat)


def parse_where(layer: Layer, given: Mapping[str, list[str]]) -> dict[str, object]:
    """Return filters with values of the fields' types: one value, or a list of which any may match.

    Raises
    ------
    UnknownFieldError
        If the layer has no such field.
    FeatureError
        If a value does not fit the field.
    """
    where: dict[str, object] = {}
    for name, texts in given.items():
        values = [parse_value(layer.field(name), text) for text in texts]
        where[name] = values[0] if len(values) == 1 else values
    return where


def parse_value(field: Field, text: str) -> object:
    """Return the value of a filter; empty text means a missing value.

    Raises
    ------
    FeatureError
        If it does not fit the field.
    """
    if text == "":
        return None
    try:
        match field.type:
            case FieldType.TEXT:
                return text
            case FieldType.INTEGER:
                return int(text)
            case FieldType.NUMBER:
                return float(text)
            case FieldType.DATE:
                return date.fromisoformat(text)
            case FieldType.TIME:
                return parse_moment(text)
            case FieldType.BOOLEAN:
                return {"true": True, "false": False}[text.lower()]
            case FieldType.JSON:
                raise ValueError
    except (ValueError, KeyError):
        raise FeatureError(
            f"{field.name}={text!r}: a {field.type} cannot be filtered by this value",
            zh=f"筛选条件 {field.name}=“{text}”与字段类型（{field.type}）不符",
        ) from None


def parse_pairs(texts: Iterable[str]) -> dict[str, str]:
    """Return ``FIELD=VALUE`` texts as a dict.

    Raises
    ------
    FeatureError
        If one has no ``=`` or names a field twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or name.strip() in pairs:
            raise FeatureError(
                f"{text!r} must read FIELD=VALUE, each field once",
                zh=f"“{text}”应为 字段=值，且每个字段只出现一次",
            )
        pairs[name.strip()] = value
    return pairs


def parse_helmert(text: str) -> HelmertParameters:
    """Return seven parameters and their accuracy from ``dx,dy,dz,rx,ry,rz,scale,accuracy``.

    Metres, arc seconds (position vector convention), parts per million, metres.

    Raises
    ------
    OutOfRangeError
        If they are not eight finite numbers, or the accuracy is not above 0.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
        return HelmertParameters(*numbers)
    except (ValueError, TypeError):
        raise OutOfRangeError(
            f"{text!r} is not dx,dy,dz [m],rx,ry,rz [arc seconds],scale [ppm],accuracy [m]",
            zh=f"“{text}”应为 dx,dy,dz（米）,rx,ry,rz（角秒）,尺度（ppm）,精度（米）",
        ) from None


def parse_datum_grid(text: str) -> DatumGrid:
    """Return a grid of shifts and its accuracy from ``FILE=METRES``.

    Raises
    ------
    OutOfRangeError
        If the accuracy is missing, no number or not above 0.
    CrsError
        If there is no such file.
    """
    name, _, accuracy = text.rpartition("=")
    try:
        accuracy_m = float(accuracy)
    except ValueError:
        accuracy_m = math.nan
    if not name or math.isnan(accuracy_m):
        raise OutOfRangeError(f"{text!r} is not FILE=ACCURACY in metres", zh=f"“{text}”应为 文件=精度（米）")
    return DatumGrid(Path(name), accuracy_m)
