"""Edges of geometries that come in by the interface: straight as given, geodesics once stored."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping

from geo.crs import resolve_crs
from geo.geometry import densify_edges

__all__ = ["densify_geometry"]


def densify_geometry(geometry: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return a GeoJSON geometry in EPSG:4490 with the vertices that keep its edges in place, to 1 mm.

    As imports do. One that needs no vertex comes back as it is, and so does one that cannot be stored: the store says
    what is wrong with it.
    """
    shape = _read(geometry)
    if shape is None:
        return geometry
    dense = densify_edges([shape], resolve_crs("EPSG:4490"))[0][0]
    added = shapely.get_num_coordinates(dense) > shapely.get_num_coordinates(shape)
    return mapping(dense) if added else geometry


def _read(geometry: Mapping[str, Any] | None) -> shapely.Geometry | None:
    """Return the shape of a sound geometry with edges, else None."""
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (ShapelyError, TypeError, ValueError):
        return None
    if shape is None or shape.geom_type not in {"LineString", "MultiLineString", "Polygon", "MultiPolygon"}:
        return None
    lonlat = shapely.get_coordinates(shape)
    in_range = np.isfinite(lonlat).all() and (np.abs(lonlat) <= (180.0, 90.0)).all()
    return shape if in_range and shape.is_valid else None
