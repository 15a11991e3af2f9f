"""Subjects or targets, cut up for measuring between them."""

from functools import cached_property

import numpy as np
import shapely

from geo.distance.containment import densify_polygons, find_contained
from geo.distance.pieces import (
    Geometries,
    IntArray,
    Pieces,
    check_coordinates,
    check_kinds,
    check_validity,
    cut_pieces,
    explode,
    trace_outline,
)
from geo.ellipsoid import FloatArray

__all__ = ["Side", "find_enclosed"]


class Side:
    """Geometries of one side, checked, with their vertices and polygons.

    Parameters
    ----------
    geometries : sequence of shapely.Geometry
        Any kind, EPSG:4490.
    role : str
        What they are, for messages.

    Raises
    ------
    GeometryError, OutOfRangeError
        If one cannot be measured. Names role and position.
    """

    def __init__(self, geometries: Geometries, role: str) -> None:
        array = check_kinds(geometries, role)
        parts, owner = explode(array)
        self.outline = trace_outline(parts, owner)
        check_coordinates(self.outline, role)
        check_validity(array, role)
        areal = np.flatnonzero(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON)
        self.count, self.geometries = len(array), array
        self.polygon_owner = owner[areal]
        self.polygons = densify_polygons(parts[areal], self.polygon_owner, role)

    @cached_property
    def pieces(self) -> Pieces:
        """All of it in pieces."""
        return cut_pieces(self.outline)


def find_enclosed(inner: Side, outer: Side) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs (inner, outer) where a line or point of the one starts inside a polygon of the other, and where it does.

    A line that starts inside lies wholly inside, or else it crosses the boundary.
    """
    if not outer.polygons.size:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty((0, 2))
    start = inner.outline.coordinates[np.flatnonzero(np.diff(inner.outline.line, prepend=-1))]
    line, polygon = find_contained(start, outer.polygons)
    return inner.outline.owner[line], outer.polygon_owner[polygon], start[line]
