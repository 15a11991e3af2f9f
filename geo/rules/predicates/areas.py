"""Subjects and areas: what ``intersects``, ``inside`` and ``covers_share`` share.

Targets that touch or overlap stand for one area: it makes no difference whether a zone is stored in one piece or in
several. Shapes are put together on a grid of 1e-9 degrees (0.1 mm); distances are geodesic.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import nearest
from geo.rules.finding import Position
from geo.rules.measuring import DISTANCE_DECIMALS, POSITION_DECIMALS, Sheet

__all__ = ["Area", "Depth", "depth_of_overlap", "gather", "polygons_of", "reach_beyond", "room_inside"]

_GRID_DEG = 1e-9


@dataclass(frozen=True)
class Depth:
    """How far two shapes are from a change of what they have in common.

    Attributes
    ----------
    depth_m : float
        No shift by less than this undoes it. [m]
    start, end : Position or None
        Where it is measured from, and to.
    """

    depth_m: float
    start: Position | None
    end: Position | None


@dataclass(frozen=True)
class Area:
    """Targets as one area around one subject.

    Attributes
    ----------
    targets : ndarray of int
        Positions of the targets, nearest first.
    shape : shapely.Geometry
        Their union.
    doubt_m : float
        Largest doubt between the subject and one of them; NaN where one is unknown. [m]
    depth : Depth
    """

    targets: NDArray[np.int64]
    shape: shapely.Geometry
    doubt_m: float
    depth: Depth


def gather(
    sheet: Sheet,
    subject: int,
    rows: NDArray[np.bool_],
    measure: Callable[[shapely.Geometry, shapely.Geometry], Depth],
) -> Area | None:
    """Return the targets that bear on a subject as one area; None where none touches it.

    Parameters
    ----------
    measure : callable
        ``measure(subject, shape)``: how deep they are in or out of each other. Targets within that depth take part,
        until no more are found: what is measured then has no inner edge as its end.
    """
    who = np.array([subject])
    geometry = sheet.subjects.geometry.iloc[subject]
    pairs = sheet.within(who, rows, 0.0)
    if not len(pairs):
        return None
    while True:
        order = np.argsort(pairs.distance_m, kind="stable")
        targets = pairs.target[order]
        shape = shapely.union_all(sheet.targets.geometry.to_numpy()[targets], grid_size=_GRID_DEG)
        depth = measure(geometry, shape)
        wider = sheet.within(who, rows, depth.depth_m)
        if len(wider) <= len(pairs):
            return Area(targets, shape, float(np.max(sheet.doubt_m(subject, targets))), depth)
        pairs = wider


def depth_of_overlap(subject: shapely.Geometry, shape: shapely.Geometry) -> Depth:
    """Return how deep a subject and an area reach into each other.

    Measured from the deepest point found of what they share to the edge of the area, or of the subject where that is
    farther: a shift by less leaves that point shared. 0 where neither is an area, and where they only touch.
    """
    shared = shapely.GeometryCollection(
        [shapely.intersection(subject, part, grid_size=_GRID_DEG) for part in _by_dimension(shape)]
    )
    depths = [_deepest(shared, _edge(whole)) for whole in (shape, subject)]
    return max(depths, key=lambda depth: depth.depth_m)


def room_inside(subject: shapely.Geometry, shape: shapely.Geometry) -> Depth:
    """Return how far a subject that lies inside an area is from its edge."""
    return _shortest(subject, _edge(shape))


def reach_beyond(subject: shapely.Geometry, shape: shapely.Geometry) -> Depth:
    """Return how far a subject reaches beyond an area; depth 0 where it lies inside."""
    beyond = subject
    for part in _by_dimension(shape):
        beyond = shapely.difference(beyond, part, grid_size=_GRID_DEG)
    if shapely.is_empty(beyond):
        return Depth(0.0, None, None)
    return _farthest(shapely.get_coordinates(beyond), shape)


def _by_dimension(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Return points, lines and areas of a shape apart: they cannot be overlaid together."""
    if shapely.get_type_id(shape) != shapely.GeometryType.GEOMETRYCOLLECTION:
        return [shape]
    parts = shapely.get_parts(shape)
    dimensions = shapely.get_dimensions(parts)
    return [shapely.union_all(parts[dimensions == one]) for one in np.unique(dimensions)]


def polygons_of(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons of a shape as a multi-polygon, empty where it has none."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon(list(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]))


def _edge(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the edge of the polygons of a shape; None where it has none."""
    polygons = polygons_of(shape)
    return None if shapely.is_empty(polygons) else shapely.boundary(polygons)


def _deepest(shared: shapely.Geometry, edge: shapely.Geometry | None) -> Depth:
    if edge is None or shapely.is_empty(shared):
        return Depth(0.0, None, None)
    return _farthest(_candidates(shared), edge)


def _candidates(shape: shapely.Geometry) -> NDArray[np.float64]:
    """Return points of a shape of which one lies deep: vertices, middles of edges, centre of the largest circle."""
    corners = shapely.get_coordinates(shape)
    polygons = polygons_of(shape)
    if not shapely.is_empty(polygons):
        middle = shapely.get_coordinates(shapely.maximum_inscribed_circle(polygons))[:1]
    else:
        middle = (corners[1:] + corners[:-1]) / 2.0
        middle = middle[shapely.distance(shapely.points(middle), shape) < _GRID_DEG]
    return np.concatenate([corners, middle])


def _farthest(points: NDArray[np.float64], shape: shapely.Geometry) -> Depth:
    """Return the distance to a shape from the one of the points that is farthest from it."""
    found = nearest([shapely.Point(pair) for pair in points], [shape])
    best = int(np.argmax(found.distance_m))
    return _depth(found.distance_m[best], points[best], found.to_lon[best], found.to_lat[best])


def _shortest(subject: shapely.Geometry, edge: shapely.Geometry | None) -> Depth:
    if edge is None:
        return Depth(0.0, None, None)
    found = nearest([subject], [edge])
    start = np.array([found.from_lon[0], found.from_lat[0]])
    return _depth(found.distance_m[0], start, found.to_lon[0], found.to_lat[0])


def _depth(depth_m: float, start: NDArray[np.float64], lon: float, lat: float) -> Depth:
    ends = np.round(np.array([*start, lon, lat]), POSITION_DECIMALS).tolist()
    return Depth(round(float(depth_m), DISTANCE_DECIMALS), (ends[0], ends[1]), (ends[2], ends[3]))
