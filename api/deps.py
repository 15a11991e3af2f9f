"""What routes ask for, parsed at the edge: the store, the jobs, the layer, and the query of a layer."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from api.errors import PreconditionError
from api.jobs import Jobs
from api.settings import Settings
from geo.errors import OutOfRangeError
from layers.catalog import get_layer
from layers.errors import FeatureError
from layers.model import Field, FieldType, Layer
from layers.store import Store

__all__ = [
    "AtDep",
    "BoundsDep",
    "JobsDep",
    "LayerDep",
    "RequiredVersionDep",
    "SettingsDep",
    "StoreDep",
    "VersionDep",
    "WhereDep",
    "parse_moment",
    "parse_value",
    "parse_where",
    "today",
]

Bounds = tuple[float, float, float, float]

CHINA_TIME = timezone(timedelta(hours=8))
"""A date without time means the end of that day in China."""

_RESERVED = frozenset({"bbox", "at", "limit", "offset", "crs", "headers", "format", "lang"})
"""Query parameters that are no filters."""


def get_settings(request: Request) -> Settings:
    """Return the settings of the application."""
    settings: Settings = request.app.state.settings
    return settings


def get_store(request: Request) -> Store:
    """Return the open store of the application."""
    store: Store = request.app.state.store
    return store


def get_jobs(request: Request) -> Jobs:
    """Return the jobs of the application."""
    jobs: Jobs = request.app.state.jobs
    return jobs


def find_layer(slug: str) -> Layer:
    """Return the layer of the path."""
    return get_layer(slug)


def parse_bounds(
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees, CGCS2000")] = None,
) -> Bounds | None:
    """Return the bounds of a query, ``None`` when all is asked for.

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


def parse_at(
    at: Annotated[
        str | None,
        Query(description="date (end of that day in China) or time with zone; default: current state"),
    ] = None,
) -> datetime | None:
    """Return the moment of a query, ``None`` for the current state."""
    return None if at is None else parse_moment(at)


def parse_moment(text: str) -> datetime:
    """Return a moment from a date or a time with zone.

    Raises
    ------
    FeatureError
        If it is neither, or a time without zone.
    """
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time.max, CHINA_TIME).astimezone(UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise FeatureError(
            f"{text!r} is neither a date (2026-01-31) nor a time with zone (2026-01-31T08:00:00Z)",
            zh=f"“{text}”既不是日期（2026-01-31），也不是带时区的时间（2026-01-31T08:00:00Z）",
        )
    return moment.astimezone(UTC)


def today() -> date:
    """Return the day in China."""
    return datetime.now(CHINA_TIME).date()


def parse_filters(layer: Annotated[Layer, Depends(find_layer)], request: Request) -> dict[str, object]:
    """Return the filters of a query on a layer; a parameter given twice means either value."""
    given = request.query_params
    return parse_where(layer, {name: given.getlist(name) for name in given if name not in _RESERVED})


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


def parse_version(
    if_match: Annotated[str | None, Header(description='version that is changed, such as "3"')] = None,
) -> int | None:
    """Return the version of the header ``If-Match``, ``None`` when it is not there.

    Raises
    ------
    PreconditionError
        If it is not a version.
    """
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit():
        raise PreconditionError(
            f'If-Match must hold the version, such as "3", not {if_match!r}',
            zh=f'If-Match 应为版本号（如 "3"），而不是“{if_match}”',
        )
    return int(text)


def require_version(version: Annotated[int | None, Depends(parse_version)]) -> int:
    """Return the version of the header ``If-Match``.

    Raises
    ------
    PreconditionError
        If it is missing.
    """
    if version is None:
        raise PreconditionError(
            "say which version is changed: send its number in the header If-Match",
            zh="请在请求头 If-Match 中给出所修改的版本号",
        )
    return version


SettingsDep = Annotated[Settings, Depends(get_settings)]
StoreDep = Annotated[Store, Depends(get_store)]
JobsDep = Annotated[Jobs, Depends(get_jobs)]
LayerDep = Annotated[Layer, Depends(find_layer)]
BoundsDep = Annotated[Bounds | None, Depends(parse_bounds)]
AtDep = Annotated[datetime | None, Depends(parse_at)]
WhereDep = Annotated[dict[str, object], Depends(parse_filters)]
VersionDep = Annotated[int | None, Depends(parse_version)]
RequiredVersionDep = Annotated[int, Depends(require_version)]
