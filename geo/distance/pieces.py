"""Geometries cut into short geodesic pieces, the only thing that the distance engine measures between.

A piece runs from one vertex to the next along the geodesic and is at most `MAX_PIECE_M` long; a point is a
piece of no length. Pieces that short can be treated as straight chords in space: along the normals of the
ellipsoid the chord lies within 1e-8 m of the geodesic, and it dips below the surface by `sag_m`, 5 mm at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.ellipsoid import CGCS2000, FloatArray, curvature_radius_m, to_cartesian_m
from geo.errors import GeometryError, OutOfRangeError

__all__ = [
    "MAX_PIECE_M",
    "Geometries",
    "IntArray",
    "Pieces",
    "check_geometries",
    "cut_pieces",
    "densify",
    "explode",
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


def check_geometries(geometries: Geometries, role: str) -> NDArray[np.object_]:
    """Geometries as an array, after a check that each one can be measured.

    Raises
    ------
    GeometryError
        If one is missing, empty, invalid or has a coordinate that is not a number. Names role and position.
    OutOfRangeError
        If one leaves longitude [-180, 180] or latitude [-90, 90]. Names role and position.
    """
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    for wrong, fault in ((~shapely.is_geometry(array), "is missing"), (shapely.is_empty(array), "is empty")):
        if wrong.any():
            raise GeometryError(f"{role} {np.argmax(wrong)} {fault}")
    coordinates, position = shapely.get_coordinates(array, return_index=True)
    outside = ~(np.abs(coordinates) <= (180.0, 90.0)).all(axis=1)
    if outside.any():
        first = int(np.argmax(outside))
        where = f"{role} {position[first]} has the coordinate {tuple(coordinates[first].tolist())}"
        if not np.isfinite(coordinates[first]).all():
            raise GeometryError(f"{where}, which is not a number")
        raise OutOfRangeError(f"{where}: longitude is outside [-180, 180] or latitude outside [-90, 90]")
    extended = np.flatnonzero(shapely.get_type_id(array) != shapely.GeometryType.POINT)
    invalid = extended[~shapely.is_valid(array[extended])]
    if invalid.size:
        reason = shapely.is_valid_reason(array[invalid[0]])
        raise GeometryError(f"{role} {invalid[0]} is invalid: {reason}")
    return array


def explode(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], IntArray]:
    """Points, lines and polygons that geometries consist of, and the position of the geometry of each."""
    parts, owner = geometries, np.arange(len(geometries))
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
        kept = ~shapely.is_empty(parts)
        parts, owner = parts[kept], owner[kept]
    return parts, owner


def cut_pieces(parts: NDArray[np.object_], owner: IntArray) -> Pieces:
    """Pieces of the points, lines and rings of `parts`, in their order; polygons count as their rings."""
    lines, line_owner = _open_polygons(parts, owner)
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    coordinates, line = densify(coordinates, line, MAX_PIECE_M)
    alone = (shapely.get_type_id(lines) == shapely.GeometryType.POINT)[line]
    start = np.flatnonzero(np.append(line[1:] == line[:-1], False) | alone)
    end = start + ~alone[start]
    xyz_m = to_cartesian_m(*coordinates.T)
    origin_m = np.ascontiguousarray(xyz_m[:, start])
    span_m = xyz_m[:, end] - origin_m
    lon_lat = coordinates[np.stack([start, end], axis=1)]
    return Pieces(
        lon_lat, origin_m, span_m, _compute_sag_m(lon_lat, span_m), line_owner[line[start]], line[start]
    )


def _open_polygons(parts: NDArray[np.object_], owner: IntArray) -> tuple[NDArray[np.object_], IntArray]:
    """Polygons replaced by their rings."""
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    if not polygon.any():
        return parts, owner
    boundaries = parts.copy()
    boundaries[polygon] = shapely.boundary(parts[polygon])
    lines, index = shapely.get_parts(boundaries, return_index=True)
    return lines, owner[index]


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
    xyz_m = to_cartesian_m(*coordinates.T)
    chord_m = np.sqrt(((xyz_m[:, 1:] - xyz_m[:, :-1]) ** 2).sum(axis=0))
    long = np.flatnonzero((line[1:] == line[:-1]) & (chord_m > max_m))
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
    (lon1, lat1), (lon2, lat2) = lon_lat[:, 0].T, lon_lat[:, 1].T
    east = np.radians((lon2 - lon1 + 180.0) % 360.0 - 180.0) * np.cos(np.radians(lat1))
    azimuth_deg = np.degrees(np.arctan2(east, np.radians(lat2 - lat1)))
    squared_m2: FloatArray = (span_m**2).sum(axis=0)
    return squared_m2 / (8.0 * curvature_radius_m((lat1 + lat2) / 2.0, azimuth_deg))
