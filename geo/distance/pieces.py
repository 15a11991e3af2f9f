"""Geometries cut into short geodesic pieces, the only thing that the distance engine measures between.

A piece runs from one vertex to the next along the geodesic and is at most `MAX_PIECE_M` long; a point is a
piece of no length. Pieces that short can be treated as straight chords in space: along the normals of the
ellipsoid the chord lies within 1e-8 m of the geodesic, and it dips below the surface by `sag_m`, 5 mm at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.ellipsoid import CGCS2000, FloatArray, curvature_radius_m, to_cartesian_m
from geo.errors import GeometryError, OutOfRangeError

__all__ = [
    "MAX_PIECE_M",
    "Geometries",
    "IntArray",
    "Outline",
    "Pieces",
    "check_coordinates",
    "check_kinds",
    "check_validity",
    "cut_pieces",
    "densify",
    "expand_ranges",
    "explode",
    "trace_outline",
]

IntArray = NDArray[np.int64]
Geometries = Sequence[shapely.Geometry] | NDArray[np.object_]

MAX_PIECE_M = 500.0
"""Longest piece. [m] Sag 5 mm; the error of a foot point on it grows with the cube (0.2 µm here)."""


@dataclass(frozen=True)
class Pieces:
    """Pieces in the order of their geometries and vertices."""

    lon_lat: FloatArray
    """Both ends, shape (n, 2, 2): piece, end, longitude and latitude. [°]"""
    origin_m: FloatArray
    """First end, geocentric, shape (3, n). [m]"""
    span_m: FloatArray
    """From the first end to the last, shape (3, n). [m]"""
    sag_m: FloatArray
    """How deep the middle of the chord lies below the surface, shape (n,). [m]"""
    owner: IntArray
    """Position of the geometry, shape (n,), ascending."""
    line: IntArray
    """Number of the connected line, ring or point, shape (n,), ascending."""

    def __len__(self) -> int:
        return len(self.owner)


@dataclass(frozen=True)
class Outline:
    """Vertices of the points, lines and rings of geometries, one geometry after the other."""

    coordinates: FloatArray
    """Longitude and latitude of the vertices, shape (m, 2). [°]"""
    line: IntArray
    """Number of the line, ring or point of each vertex, shape (m,), ascending from 0."""
    owner: IntArray
    """Position of the geometry of each line, ascending."""
    is_point: NDArray[np.bool_]
    """Which lines are points."""

    @cached_property
    def first_vertex(self) -> IntArray:
        """Where the vertices of each geometry begin, shape (n + 1,)."""
        owner = self.owner[self.line]
        return np.flatnonzero(np.diff(owner, prepend=-1, append=owner[-1] + 1))

    def select(self, position: IntArray) -> "Outline":
        """Outline of some of the geometries; their owner is the place in `position`."""
        owner, vertex = expand_ranges(self.first_vertex[position], self.first_vertex[position + 1])
        line = self.line[vertex]
        new = np.flatnonzero(np.diff(line, prepend=-1))
        numbers = np.repeat(np.arange(len(new)), np.diff(new, append=len(line)))
        return Outline(self.coordinates[vertex], numbers, owner[new], self.is_point[line[new]])


def expand_ranges(start: IntArray, stop: IntArray) -> tuple[IntArray, IntArray]:
    """For half-open ranges one after the other: which range each number comes from, and the numbers.

    Examples
    --------
    >>> [part.tolist() for part in expand_ranges(np.array([5, 0]), np.array([7, 1]))]
    [[0, 0, 1], [5, 6, 0]]
    """
    count = stop - start
    source = np.repeat(np.arange(count.size), count)
    shift = start - (np.cumsum(count) - count)
    return source, np.arange(source.size) + shift[source]


def check_kinds(geometries: Geometries, role: str) -> NDArray[np.object_]:
    """Geometries as an array.

    Raises
    ------
    GeometryError
        If one is missing or empty. Names role and position.
    """
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    for wrong, fault in ((~shapely.is_geometry(array), "is missing"), (shapely.is_empty(array), "is empty")):
        if wrong.any():
            raise GeometryError(f"{role} {np.argmax(wrong)} {fault}")
    return array


def check_coordinates(outline: Outline, role: str) -> None:
    """Check that each vertex is on the globe.

    Raises
    ------
    GeometryError
        If a coordinate is not a number. Names role and position.
    OutOfRangeError
        If one leaves longitude [-180, 180] or latitude [-90, 90]. Names role and position.
    """
    lon, lat = outline.coordinates.T
    outside = ~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))
    if not outside.any():
        return
    first = int(np.argmax(outside))
    where = f"{role} {outline.owner[outline.line[first]]} has the coordinate ({lon[first]}, {lat[first]})"
    if not np.isfinite(outline.coordinates[first]).all():
        raise GeometryError(f"{where}, which is not a number")
    raise OutOfRangeError(f"{where}: longitude is outside [-180, 180] or latitude outside [-90, 90]")


def check_validity(geometries: NDArray[np.object_], role: str) -> None:
    """Check that lines and polygons are valid.

    Raises
    ------
    GeometryError
        If one is not. Names role, position and reason.
    """
    extended = np.flatnonzero(shapely.get_type_id(geometries) != shapely.GeometryType.POINT)
    invalid = extended[~shapely.is_valid(geometries[extended])]
    if invalid.size:
        reason = shapely.is_valid_reason(geometries[invalid[0]])
        raise GeometryError(f"{role} {invalid[0]} is invalid: {reason}")


def explode(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], IntArray]:
    """Points, lines and polygons that geometries consist of, and the position of the geometry of each."""
    parts, owner = geometries, np.arange(len(geometries))
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
        kept = ~shapely.is_empty(parts)
        parts, owner = parts[kept], owner[kept]
    return parts, owner


def trace_outline(parts: NDArray[np.object_], owner: IntArray) -> Outline:
    """Vertices of points, lines and polygons (their rings), in their order."""
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    if polygon.any():
        boundaries = parts.copy()
        boundaries[polygon] = shapely.boundary(parts[polygon])
        parts, index = shapely.get_parts(boundaries, return_index=True)
        owner = owner[index]
    coordinates, line = shapely.get_coordinates(parts, return_index=True)
    return Outline(coordinates, line, owner, shapely.get_type_id(parts) == shapely.GeometryType.POINT)


def cut_pieces(outline: Outline) -> Pieces:
    """Pieces of an outline, in its order."""
    coordinates, line = densify(outline.coordinates, outline.line, MAX_PIECE_M)
    alone = outline.is_point[line]
    start = np.flatnonzero(np.append(line[1:] == line[:-1], False) | alone)
    end = np.where(alone[start], start, start + 1)
    xyz_m = to_cartesian_m(*coordinates.T)
    origin_m = xyz_m[:, start]
    span_m = xyz_m[:, end] - origin_m
    lon_lat = np.stack([coordinates[start], coordinates[end]], axis=1)
    line = line[start]
    return Pieces(lon_lat, origin_m, span_m, _compute_sag_m(lon_lat, span_m), outline.owner[line], line)


def densify(coordinates: FloatArray, line: IntArray, max_m: float) -> tuple[FloatArray, IntArray]:
    """Vertices of lines with points put in along the geodesics, so that no edge is longer than `max_m`.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2)
        Longitude and latitude of the vertices of all lines one after the other. [°]
    line : ndarray, shape (n,)
        Number of the line of each vertex, ascending.
    max_m : float
        Longest edge allowed. [m]

    Returns
    -------
    coordinates, line : ndarray
        The same with the new vertices; the given ones are kept to the last bit.
    """
    edges = np.flatnonzero(line[1:] == line[:-1])
    span_m = to_cartesian_m(*coordinates[edges + 1].T) - to_cartesian_m(*coordinates[edges].T)
    long = edges[(span_m**2).sum(axis=0) > max_m**2]
    if not long.size:
        return coordinates, line
    start_lon, start_lat = coordinates[long].T
    azimuth_deg, _, length_m = CGCS2000.inv(start_lon, start_lat, *coordinates[long + 1].T)
    parts = np.ceil(length_m / max_m).astype(np.int64)
    edge = np.repeat(np.arange(long.size), parts - 1)
    step = np.arange(edge.size) - np.repeat(np.cumsum(parts - 1) - (parts - 1), parts - 1) + 1
    along_m = length_m[edge] * step / parts[edge]
    lon, lat, _ = CGCS2000.fwd(start_lon[edge], start_lat[edge], azimuth_deg[edge], along_m)
    before = long[edge] + 1
    return np.insert(coordinates, before, np.stack([lon, lat], axis=1), axis=0), np.insert(
        line, before, line[before]
    )


def _compute_sag_m(lon_lat: FloatArray, span_m: FloatArray) -> FloatArray:
    """Depth of the middle of chords below the ellipsoid, from the curvature along them."""
    sag_m = np.zeros(len(lon_lat))
    edges = np.flatnonzero(span_m.any(axis=0))
    (lon1, lat1), (lon2, lat2) = lon_lat[edges, 0].T, lon_lat[edges, 1].T
    east = np.radians((lon2 - lon1 + 180.0) % 360.0 - 180.0) * np.cos(np.radians(lat1))
    azimuth_deg = np.degrees(np.arctan2(east, np.radians(lat2 - lat1)))
    squared_m2: FloatArray = (span_m[:, edges] ** 2).sum(axis=0)
    sag_m[edges] = squared_m2 / (8.0 * curvature_radius_m((lat1 + lat2) / 2.0, azimuth_deg))
    return sag_m
