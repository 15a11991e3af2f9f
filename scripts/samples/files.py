"""Sample files: GeoJSON in EPSG:4490 and cloud-optimised GeoTIFF, same input, same bytes."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin
from shapely import Geometry

__all__ = ["SAMPLES", "feature", "raster_feature", "write_layer", "write_raster"]

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
"""Folder of the committed samples."""

_CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}


def feature(geometry: Geometry | None, decimals: int = 9, **properties: Any) -> dict[str, Any]:
    """Return a GeoJSON feature; properties that are None are left out (missing).

    Nine decimals are 0.1 mm, seven are 1 cm.
    """
    mapping = None
    if geometry is not None:
        rounded = shapely.transform(geometry, lambda xy: np.round(xy, decimals))
        mapping = json.loads(shapely.to_geojson(rounded))
    known = {name: value for name, value in properties.items() if value is not None}
    return {"type": "Feature", "properties": known, "geometry": mapping}


def write_layer(path: Path, features: Iterable[Mapping[str, Any]]) -> None:
    """Write one feature per line, in order of id."""
    ordered = sorted(features, key=lambda item: item["properties"]["id"])
    lines = (json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in ordered)
    head = f'{{"type":"FeatureCollection","name":"{path.stem}","crs":{json.dumps(_CRS)},"features":[\n'
    path.write_text(head + ",\n".join(lines) + "\n]}\n", encoding="utf-8", newline="\n")


def write_raster(
    path: Path, values: NDArray[Any], west: float, north: float, cell_deg: float, nodata: float, **tags: str
) -> None:
    """Write one band as a compressed cloud-optimised GeoTIFF, EPSG:4490, rows from the north."""
    profile = {
        "driver": "COG",
        "dtype": values.dtype,
        "count": 1,
        "height": values.shape[0],
        "width": values.shape[1],
        "crs": "EPSG:4490",
        "transform": from_origin(west, north, cell_deg, cell_deg),
        "nodata": nodata,
        "compress": "DEFLATE",
        "predictor": "YES",
        "level": 9,
        "num_threads": 1,
    }
    with rasterio.open(path, "w", **profile) as target:
        target.write(values, 1)
        target.update_tags(**tags)


def raster_feature(path: Path, *, cell_size_m: float, unit: str, **properties: Any) -> dict[str, Any]:
    """Return the feature of layer ``rasters`` that tells of a written file."""
    with rasterio.open(path) as source:
        outline = shapely.box(*source.bounds)
    digest = sha256(path.read_bytes()).hexdigest()
    return feature(
        outline,
        path=path.name,
        unit=unit,
        cell_size_m=cell_size_m,
        crs="EPSG:4490",
        sha256=digest,
        **properties,
    )
