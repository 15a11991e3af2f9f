"""Frames as GeoJSON text and back, with the types of their layers; their extents as JSON and back."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.rules.evaluate import SUBJECT_COLUMNS
from geo.rules.survey import Bounds
from layers.catalog import LAYERS, get_layer
from layers.geojson import collection_text, feature_texts
from layers.model import Field, FieldType

__all__ = ["EXTENTS", "frame_text", "layer_frame", "read_extents", "subjects_frame", "write_extents"]

EXTENTS = "extents.json"
"""Name of the part with the extent of each layer."""

_DTYPES = {
    FieldType.INTEGER: "Int64",
    FieldType.NUMBER: "float64",
    FieldType.BOOLEAN: "boolean",
    FieldType.TIME: "datetime64[us, UTC]",
}


def frame_text(frame: gpd.GeoDataFrame) -> str:
    """Return a frame in EPSG:4490 as a FeatureCollection, one feature per line."""
    return collection_text(f"\n{text}" for text in feature_texts(frame)) + "\n"


def layer_frame(layer: str, text: str) -> gpd.GeoDataFrame:
    """Return the features of a layer from :func:`frame_text`."""
    return _frame(text, get_layer(layer).all_fields, "geom")


def subjects_frame(text: str) -> gpd.GeoDataFrame:
    """Return the subjects of a check from :func:`frame_text`."""
    document = json.loads(text)
    fields = {
        field.name: field
        for feature in document["features"]
        for field in LAYERS[feature["properties"]["layer"]].all_fields
    }
    proposals = {field.name: field for field in get_layer("proposals").all_fields}
    common = [fields.get(name, proposals[name]) for name in SUBJECT_COLUMNS]
    names = dict.fromkeys(name for feature in document["features"] for name in feature["properties"])
    wanted = {field.name: field for field in (*common, *fields.values()) if field.name in names}
    layer = Field("layer", FieldType.TEXT, "图层", "Layer")
    return _frame(text, [layer, *wanted.values()], "geometry")


def write_extents(extents: Mapping[str, Bounds]) -> bytes:
    """Return extents of layers as JSON; null where a layer is empty (NaN)."""
    boxes = {layer: None if np.isnan(box).any() else list(box) for layer, box in sorted(extents.items())}
    return (json.dumps(boxes, allow_nan=False, indent=1) + "\n").encode()


def read_extents(content: bytes) -> dict[str, Bounds]:
    """Return the extents from :func:`write_extents`, NaN where a layer is empty."""
    extents: dict[str, Bounds] = {}
    for layer, box in json.loads(content).items():
        west, south, east, north = (np.nan,) * 4 if box is None else map(float, box)
        extents[layer] = (west, south, east, north)
    return extents


def _frame(text: str, fields: Iterable[Field], geometry_name: str) -> gpd.GeoDataFrame:
    features = json.loads(text)["features"]
    columns = {
        field.name: _column(field, [feature["properties"].get(field.name) for feature in features])
        for field in fields
    }
    texts = [None if f["geometry"] is None else json.dumps(f["geometry"]) for f in features]
    shapes = shapely.from_geojson(np.array(texts, dtype=object))
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490")
    return frame if geometry_name == "geometry" else frame.rename_geometry(geometry_name)


def _column(field: Field, values: list[Any]) -> pd.Series:
    if field.type is FieldType.DATE:
        values = [None if value is None else date.fromisoformat(value) for value in values]
    if field.type is FieldType.TIME:
        return pd.Series(pd.to_datetime(values, utc=True, format="ISO8601"), dtype=_DTYPES[field.type])
    return pd.Series(values, dtype=_DTYPES.get(field.type, "object"))
