"""Features as GeoJSON, one at a time, and as frames."""

import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.errors import ShapelyError

from geo.errors import GeometryError
from layers.errors import FeatureError, UnknownFieldError
from layers.geojson import feature_texts
from layers.model import Layer
from layers.store.types import SRID, dump_json

__all__ = ["frame_of", "merge_changes", "to_features"]

_KINDS = frozenset(
    {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}
)


def to_features(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as GeoJSON features.

    Parameters
    ----------
    frame : GeoDataFrame
        As from `Store.read`.

    Returns
    -------
    list of dict
        ``id`` stands on top and among the properties; moments and dates are ISO 8601; a missing value is
        ``None``.
    """
    return [json.loads(text) for text in feature_texts(frame)]


def frame_of(layer: Layer, feature: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return one GeoJSON feature as a frame of one row.

    ``version`` and ``valid_to`` are left out: the store sets them.

    Raises
    ------
    FeatureError
        If it is no feature, or its two ids differ.
    UnknownFieldError
        If a property is no field of the layer.
    GeometryError
        If its geometry cannot be read.
    """
    properties = _properties(feature)
    values = {name: value for name, value in properties.items() if name not in ("version", "valid_to")}
    for name in properties:
        layer.field(name)
    feature_id = feature.get("id", properties.get("id"))
    if properties.get("id", feature_id) != feature_id:
        raise FeatureError(
            f"the feature's id is {feature_id!r} on top and {properties['id']!r} in its properties",
            zh=f"要素编号不一致：{feature_id} 与属性中的 {properties['id']}",
        )
    data = {name: pd.Series([value], dtype=object) for name, value in {**values, "id": feature_id}.items()}
    geometry = np.array([_read_geometry(feature.get("geometry"))], dtype=object)
    return gpd.GeoDataFrame({**data, "geom": geometry}, geometry="geom", crs=f"EPSG:{SRID}")


def merge_changes(feature: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a feature with the changes of a partial one: ``geometry`` and single ``properties``.

    Raises
    ------
    UnknownFieldError
        If the changes hold something else.
    FeatureError
        If they change the id.
    """
    unknown = sorted(changes.keys() - {"type", "id", "geometry", "properties"})
    if unknown:
        raise UnknownFieldError(
            f"{', '.join(unknown)}: changes are a feature with geometry, properties or both",
            zh=f"{'、'.join(unknown)}：修改内容应为含 geometry 和（或）properties 的要素",
        )
    changed = _properties(changes)
    if {changes.get("id", feature["id"]), changed.get("id", feature["id"])} != {feature["id"]}:
        raise FeatureError("the id of a feature cannot change", zh="要素编号不能修改")
    kept = {name: value for name, value in feature["properties"].items() if name != "valid_from"}
    return {
        **feature,
        "geometry": changes.get("geometry", feature["geometry"]),
        "properties": {**kept, **changed},
    }


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = feature.get("properties") or {}
    if feature.get("type", "Feature") != "Feature" or not isinstance(properties, Mapping):
        raise FeatureError("a GeoJSON feature is expected", zh="应为 GeoJSON 要素（Feature）")
    return properties


def _read_geometry(geometry: Any) -> shapely.Geometry | None:
    if geometry is None:
        return None
    if not isinstance(geometry, Mapping) or geometry.get("type") not in _KINDS:
        raise GeometryError("the geometry is no GeoJSON geometry", zh="几何不是有效的 GeoJSON 几何")
    try:
        return shapely.from_geojson(dump_json(geometry))
    except (ShapelyError, TypeError, ValueError) as error:
        raise GeometryError(f"the geometry cannot be read: {error}", zh=f"无法读取几何：{error}") from error
