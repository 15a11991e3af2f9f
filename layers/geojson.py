"""GeoJSON of stored features, with its coordinate system declared.

Coordinates are CGCS2000 longitude and latitude in degrees (EPSG:4490) and say so in the member ``crs``.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

__all__ = ["CRS_MEMBER", "collection_text", "feature_texts", "json_value"]

CRS_MEMBER = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
"""Declares the coordinate system of a collection."""


def collection_text(features: Iterable[str], **members: object) -> str:
    """Return a FeatureCollection from the texts of its features and further members."""
    head = {"type": "FeatureCollection", "crs": CRS_MEMBER, **members}
    return f'{_dump(head)[:-1]},"features":[{",".join(features)}]}}'


Properties = dict[str, Any]


def feature_texts(
    frame: gpd.GeoDataFrame, publish: Callable[[Properties], Properties] = dict
) -> Iterator[str]:
    """Yield each row as the text of a Feature; missing values are null.

    Parameters
    ----------
    frame : GeoDataFrame, EPSG:4490
    publish : callable, optional
        Makes the properties that are shown from those of the row.
    """
    names = [str(name) for name in frame.columns if name != frame.active_geometry_name]
    columns = [frame[name].astype(object).tolist() for name in names]
    geometries = shapely.to_geojson(frame.geometry.to_numpy())
    for geometry, *values in zip(geometries, *columns, strict=True):
        properties = publish({name: json_value(value) for name, value in zip(names, values, strict=True)})
        feature_id = _dump(properties.get("id"))
        yield (
            f'{{"type":"Feature","id":{feature_id},"geometry":{geometry or "null"},'
            f'"properties":{_dump(properties)}}}'
        )


def json_value(value: Any) -> Any:
    """Return a stored value as JSON has it: missing as null, moments in UTC, days as ISO text."""
    if isinstance(value, dict | list | str | bool | int):
        return value
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
