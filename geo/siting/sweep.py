"""Shapes on the plane: what a moved shape sweeps over, grown and shrunk, and where sums reach a limit.

A shape that is moved comes within a distance of a target where its anchor comes within that distance of the target
swept by the shape seen backwards (Minkowski sum of the target and the reflected shape).
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CHORD_M",
    "EMPTY",
    "areas_of",
    "difference",
    "grow",
    "intersection",
    "reach_sum",
    "shrink",
    "sweep",
    "union",
]

_Shapes = NDArray[np.object_]

EMPTY = shapely.Polygon()

CHORD_M = 0.05
"""How far the chords of a round edge may stay inside of it. [m]"""


def union(shapes: Sequence[shapely.Geometry] | _Shapes) -> shapely.Geometry:
    """Return the union of shapes; empty ones change nothing of it, not even its corners."""
    every = np.asarray(shapes, dtype=object)
    return shapely.union_all(every[~shapely.is_empty(every)])


def intersection(shapes: Sequence[shapely.Geometry]) -> shapely.Geometry:
    """Return what all of some shapes share."""
    return shapely.intersection_all(np.asarray(shapes, dtype=object))


def difference(shape: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    """Return a shape without another one."""
    return shape if shapely.is_empty(other) else shapely.difference(shape, other)


def grow(shape: shapely.Geometry, by_m: float) -> shapely.Geometry:
    """Return the area within a distance of a shape; none for a negative distance."""
    if shapely.is_empty(shape) or not by_m >= 0.0:
        return EMPTY
    if by_m == 0.0:
        return areas_of(shape)
    corner = 2.0 * np.sqrt(
        2.0 * CHORD_M / max(by_m, 8.0 * CHORD_M)
    )  # angle whose chord stays that far inside
    return shapely.buffer(shape, by_m, quad_segs=int(np.ceil(np.pi / 2.0 / corner)))


def shrink(shape: shapely.Geometry, by_m: float, window: shapely.Geometry) -> shapely.Geometry:
    """Return all of an area that is farther than a distance from its edge; right inside a window only."""
    if not by_m >= 0.0:
        return EMPTY
    area = areas_of(shape)
    return area if by_m == 0.0 else difference(area, grow(difference(window, area), by_m))


def sweep(shapes: _Shapes, moved: shapely.Geometry) -> shapely.Geometry:
    """Return the places of an anchor at which the shape round it touches one of some shapes.

    Parameters
    ----------
    shapes : ndarray of shapely.Geometry
    moved : shapely.Geometry
        The shape with its anchor at the origin.
    """
    if shapely.get_type_id(moved) == shapely.GeometryType.POINT:
        return union(shapes)
    mirrored = shapely.transform(moved, np.negative)
    return union([_sum(shapes, piece) for piece in _convex_pieces(mirrored)])


def reach_sum(
    shapes: _Shapes, amounts: NDArray[np.float64], limit: float, *, or_equal: bool
) -> shapely.Geometry:
    """Return where the amounts of the shapes that overlap there add up to more than a limit, or at least to it.

    Only places on a shape are looked at.
    """
    there = ~shapely.is_empty(shapes)
    shapes, amounts = shapes[there], amounts[there]
    alone = _reaches(amounts, limit, or_equal=or_equal)
    enough, rest, amounts = union(shapes[alone]), shapes[~alone], amounts[~alone]
    if not _reaches(amounts.sum(), limit, or_equal=or_equal):
        return enough
    edges = shapely.union_all(shapely.boundary(rest))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    shapely.prepare(faces)
    shape, face = shapely.STRtree(shapely.point_on_surface(faces)).query(rest, predicate="contains")
    sums = np.bincount(face, weights=amounts[shape], minlength=len(faces))
    return union([enough, *faces[_reaches(sums, limit, or_equal=or_equal)]])


def _reaches(amount: ArrayLike, limit: float, *, or_equal: bool) -> NDArray[np.bool_]:
    return np.asarray(np.asarray(amount) >= limit if or_equal else np.asarray(amount) > limit)


def areas_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a shape; empty where it has none."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = parts[shapely.get_dimensions(parts) == 2]
    return union(polygons) if len(polygons) else EMPTY


def _convex_pieces(shape: shapely.Geometry) -> list[NDArray[np.float64]]:
    """Return the corners of convex pieces that make up a shape, each shape (k, 2)."""
    pieces: list[shapely.Geometry] = []
    for part in shapely.get_parts(shapely.get_parts(shape)):
        hull = shapely.convex_hull(part)
        if shapely.get_dimensions(part) == 2 and shapely.area(part) < (1.0 - 1e-9) * shapely.area(hull):
            pieces.extend(shapely.get_parts(shapely.constrained_delaunay_triangles(part)))
        elif shapely.get_dimensions(part) == 1:
            pieces.extend(_segments(np.array([part], dtype=object)))
        else:
            pieces.append(hull)
    return [np.unique(shapely.get_coordinates(piece), axis=0) for piece in pieces]


def _segments(shapes: _Shapes) -> _Shapes:
    """Return the edges of lines and rings one by one."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    areas, lines = parts[shapely.get_dimensions(parts) == 2], parts[shapely.get_dimensions(parts) == 1]
    corners, line = shapely.get_coordinates(
        np.concatenate([lines, shapely.get_rings(areas)]), return_index=True
    )
    edge = np.flatnonzero(line[1:] == line[:-1])
    return np.asarray(shapely.linestrings(np.stack([corners[edge], corners[edge + 1]], axis=1)))


def _sum(shapes: _Shapes, piece: NDArray[np.float64]) -> shapely.Geometry:
    """Return the Minkowski sum of shapes and a convex piece."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    dimension = shapely.get_dimensions(parts)
    swept = [_hulls(parts[dimension == 0], piece), _hulls(_segments(parts), piece)]
    bodies = shapely.transform(parts[dimension == 2], lambda xy: xy + piece[0])
    return union(np.concatenate([*swept, bodies]))


def _hulls(shapes: _Shapes, piece: NDArray[np.float64]) -> _Shapes:
    if not len(shapes):
        return shapes
    corners = shapely.get_coordinates(shapes).reshape(len(shapes), -1, 1, 2)
    sums = (corners + piece).reshape(len(shapes), -1, 2)
    if sums.shape[1] == 1:
        return np.asarray(shapely.points(sums[:, 0]))
    return np.asarray(shapely.convex_hull(shapely.linestrings(sums)))
