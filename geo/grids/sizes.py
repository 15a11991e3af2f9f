"""Lengths and areas of many objects at once, with geodesic edges on the ellipsoid."""

import numpy as np
import shapely

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray, geodesic_distance_m
from geo.errors import GeometryError
from geo.grids.plane import get_edges, measure_polygons, read_rings

__all__ = ["measure_areas_m2", "measure_lengths_m"]


def measure_lengths_m(shapes: GeometryArray) -> FloatArray:
    """Return the length of the lines of each geometry, the rings of its polygons included; 0 for points.

    The same as :func:`geo.ellipsoid.geodesic_length_m` of each, within rounding.

    Raises
    ------
    OutOfRangeError
        If a latitude is outside [-90, 90].
    """
    parts, owner = _open(shapes)
    is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    is_line = shapely.get_dimensions(parts) == 1
    rings, ring_of = shapely.get_rings(parts[is_polygon], return_index=True)
    lines = np.concatenate([parts[is_line], rings])
    line_owner = np.concatenate([owner[is_line], owner[is_polygon][ring_of]])
    vertex, line = shapely.get_coordinates(lines, return_index=True)
    edge = get_edges(line)
    edges_m = geodesic_distance_m(*vertex[edge].T, *vertex[edge + 1].T)
    return np.bincount(line_owner[line[edge]], weights=edges_m, minlength=len(shapes)).astype(np.float64)


def measure_areas_m2(shapes: GeometryArray) -> FloatArray:
    """Return the area of the polygons of each geometry, holes taken off; 0 for points and lines.

    Within 1e-9 of :func:`geo.ellipsoid.geodesic_area_m2` of each.

    Raises
    ------
    GeometryError
        If a geometry is not valid; the message names the first.
    """
    wrong = np.flatnonzero(~shapely.is_valid(shapes))
    if len(wrong):
        reason = shapely.is_valid_reason(shapes[wrong[0]])
        raise GeometryError(f"no area of an invalid geometry (number {wrong[0]}): {reason}")
    parts, owner = _open(shapes)
    is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    areas_m2 = measure_polygons(read_rings(parts[is_polygon]))
    return np.bincount(owner[is_polygon], weights=areas_m2, minlength=len(shapes)).astype(np.float64)


def _open(shapes: GeometryArray) -> tuple[GeometryArray, IntArray]:
    """Return points, lines and polygons of geometries, collections opened up, and whose each is."""
    parts, owner = np.asarray(shapes, dtype=object), np.arange(len(shapes))
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, whose = shapely.get_parts(parts, return_index=True)
        owner = owner[whose]
    there = ~shapely.is_empty(parts)
    return parts[there], owner[there]
