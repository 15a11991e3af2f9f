r"""The plane in which grids are overlaid: areas in it are areas on the ellipsoid.

Lambert's cylindrical equal-area projection of the CGCS2000 ellipsoid (PROJ's ``cea``, true to scale at 30° N). A
straight line in it is no geodesic: with longitude :math:`\lambda` and the area function :math:`y` as coordinates, in
which :math:`dA = d\lambda\,dy`, the geodesic equations are

.. math:: \lambda'' = 2 \sin\varphi\, \lambda' y' / r^2, \qquad y'' = -\sin\varphi\, s'^2

with the radius :math:`r` of the parallel and the length :math:`s`. Between chord and geodesic of an edge with the
easting :math:`e` and the northing :math:`n` lies, to first order, the area

.. math:: \tfrac{1}{12} \sin\varphi\, \Delta\lambda\, (e^2 + 3 n^2).

Added to the area under the chords it gives the area under geodesics, without solving for any geodesic. In the same
way the geodesic of an edge of up to a kilometre is, to a few micrometres, the chord less
:math:`\tfrac{1}{2} t (1 - t) (\lambda'', y'')` at the place :math:`t` from 0 to 1.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, densify
from geo.ellipsoid import CGCS2000, INVERSE_FLATTENING, SEMI_MAJOR_M, FloatArray

__all__ = [
    "PIECE_M",
    "TURN_M",
    "Curves",
    "Rings",
    "cut_edges",
    "measure_polygons",
    "read_rings",
    "ring_areas_m2",
    "to_lonlat",
    "to_plane",
    "unwrap",
]

_TRUE_AT_DEG = 30.0
"""Parallel along which the plane is true to scale: one through China. [°] Areas are right everywhere."""
_E2 = (2.0 - 1.0 / INVERSE_FLATTENING) / INVERSE_FLATTENING
_SIN_TRUE = np.sin(np.radians(_TRUE_AT_DEG))
_STRETCH = np.cos(np.radians(_TRUE_AT_DEG)) / np.sqrt(1.0 - _E2 * _SIN_TRUE**2)
"""Metres east in the plane per metre on the equator."""

TURN_M = 2.0 * np.pi * SEMI_MAJOR_M * _STRETCH
"""Width of the plane: once round the Earth. [m]"""

PIECE_M = 1_000.0
"""Edges longer than this are cut to it at points that GeographicLib finds. [m]"""

_AREA_PIECE_M = 2_000.0
"""Edges are cut to this before their areas are taken. [m] Leaves 1e-10 of a cell of any resolution."""

_M_PER_DEG = 111_700.0
"""No degree is longer. [m]"""

_POLAR_DEG = 85.0
"""Beyond this latitude areas are taken from GeographicLib, ring by ring. [°]"""


def to_plane(lon_lat: FloatArray) -> FloatArray:
    """Coordinates in the equal-area plane, shape (n, 2), in metres, of longitude and latitude in degrees."""
    return np.asarray(_project(np.ascontiguousarray(lon_lat, dtype=np.float64)))


@njit(cache=True, inline="always")
def _rise(sin_lat: float) -> float:  # pragma: no cover  # compiled
    """Integral of the radius of parallels times that of meridians, from the equator, over half the axis squared."""
    e2 = _E2 * sin_lat * sin_lat
    # artanh(e sin φ) / e as its series: the first term left out is 1e-18.
    series = 1.0 / 13.0 + e2 * (1.0 / 15.0)
    for number in (11.0, 9.0, 7.0, 5.0, 3.0, 1.0):
        series = 1.0 / number + e2 * series
    return (1.0 - _E2) * sin_lat * (1.0 / (1.0 - e2) + series)


@njit(cache=True, nogil=True)
def _project(lon_lat: FloatArray) -> FloatArray:  # pragma: no cover  # compiled
    xy_m = np.empty((len(lon_lat), 2))
    for place in range(len(lon_lat)):
        xy_m[place, 0] = math.radians(lon_lat[place, 0]) * (SEMI_MAJOR_M * _STRETCH)
        xy_m[place, 1] = _rise(math.sin(math.radians(lon_lat[place, 1]))) * (SEMI_MAJOR_M / (2.0 * _STRETCH))
    return xy_m


def to_lonlat(xy_m: FloatArray) -> FloatArray:
    """Longitude and latitude, shape (n, 2), in degrees, of coordinates in the equal-area plane.

    The latitude comes from the series in the authalic one [1]_, good to 1 cm; a step of Newton's method takes the
    rest away. Longitudes beyond 180° stay what they are.

    References
    ----------
    .. [1] J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987), equation (3-18).
    """
    return np.asarray(_unproject(np.ascontiguousarray(xy_m, dtype=np.float64)))


@njit(cache=True, nogil=True)
def _unproject(xy_m: FloatArray) -> FloatArray:  # pragma: no cover  # compiled
    lon_lat, most = np.empty((len(xy_m), 2)), _rise(1.0)
    first = _E2 / 3.0 + 31.0 * _E2**2 / 180.0 + 517.0 * _E2**3 / 5040.0
    second, third = 23.0 * _E2**2 / 360.0 + 251.0 * _E2**3 / 3780.0, 761.0 * _E2**3 / 45360.0
    for place in range(len(xy_m)):
        rise = xy_m[place, 1] * (2.0 * _STRETCH / SEMI_MAJOR_M)
        beta = math.asin(min(1.0, max(-1.0, rise / most)))
        lat = (
            beta + first * math.sin(2.0 * beta) + second * math.sin(4.0 * beta) + third * math.sin(6.0 * beta)
        )
        sin_lat, cos_lat = math.sin(lat), math.cos(lat)
        if cos_lat > 1e-7:
            w2 = 1.0 - _E2 * sin_lat * sin_lat
            lat += (rise - _rise(sin_lat)) * w2 * w2 / (2.0 * (1.0 - _E2) * cos_lat)
        lon_lat[place, 0] = math.degrees(xy_m[place, 0] / (SEMI_MAJOR_M * _STRETCH))
        lon_lat[place, 1] = math.degrees(lat)
    return lon_lat


def unwrap(lon: FloatArray, near: FloatArray | float) -> FloatArray:
    """Longitudes as they are met on the shorter way from others: within 180° of `near`, beyond ±180° if need be."""
    turns: FloatArray = np.round((lon - near) / 360.0)
    return np.asarray(lon - 360.0 * turns)


def densify_in_plane(
    lon_lat: FloatArray, line: IntArray, tolerance_m: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Vertices of lines in the plane, with points put in along the geodesics; a line across 180° goes on beyond it.

    Parameters
    ----------
    lon_lat : ndarray, shape (n, 2)
        Vertices of all lines one after the other. [°]
    line : ndarray, shape (n,)
        Number of the line of each vertex: 0, 1, ... without a gap.
    tolerance_m : ndarray, one per line
        How far chords in the plane may lie off the geodesics. [m]

    Returns
    -------
    xy_m, line : ndarray
        The same in the plane with the new vertices.
    """
    xy_m, line, bend_m, parts = bend_in_plane(lon_lat, line, tolerance_m)
    return _put_in(xy_m, bend_m, parts, line)


def bend_in_plane(
    lon_lat: FloatArray, line: IntArray, tolerance_m: FloatArray
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Vertices of lines in the plane, and how the geodesics between them are bent, no edge longer than a kilometre.

    Parameters are those of :func:`densify_in_plane`.

    Returns
    -------
    xy_m, line : ndarray
        The same in the plane.
    bend_m : ndarray, shape (n, 2)
        Second derivatives of the edge that ends in each vertex, from 0 to 1 along it. [m]
    parts : ndarray, shape (n,)
        How many chords that edge takes.
    """
    lon_lat, line = cut_edges(lon_lat, line, PIECE_M)
    xy_m, bend_m, parts = _lay_out(np.ascontiguousarray(lon_lat), line, tolerance_m)
    return xy_m, line, bend_m, parts


@njit(cache=True, nogil=True)
def _lay_out(
    lon_lat: FloatArray, line: IntArray, tolerance_m: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:  # pragma: no cover  # compiled
    """Vertices in the plane, and of the edge that ends in each its second derivatives and how many parts it needs."""
    xy_m, bend_m, parts = np.empty((len(line), 2)), np.zeros((len(line), 2)), np.ones(len(line), np.int64)
    first, before = 0.0, 0.0
    for end in range(len(line)):
        is_first = end == 0 or line[end] != line[end - 1]
        first = lon_lat[end, 0] if is_first else first
        lon = lon_lat[end, 0] - 360.0 * np.round((lon_lat[end, 0] - first) / 360.0)
        sin_lat = math.sin(math.radians(lon_lat[end, 1]))
        xy_m[end, 0] = math.radians(lon) * (SEMI_MAJOR_M * _STRETCH)
        xy_m[end, 1] = _rise(sin_lat) * (SEMI_MAJOR_M / (2.0 * _STRETCH))
        if not is_first:
            east, north = xy_m[end, 0] - xy_m[end - 1, 0], xy_m[end, 1] - xy_m[end - 1, 1]
            span, rise = east / (SEMI_MAJOR_M * _STRETCH), math.radians(lon_lat[end, 1] - lon_lat[end - 1, 1])
            bend_m[end, 0], bend_m[end, 1] = _bend(span, rise, (before + sin_lat) / 2.0)
            length, across = (
                math.sqrt(east * east + north * north),
                east * bend_m[end, 1] - north * bend_m[end, 0],
            )
            if length > 0.0:
                parts[end] = max(
                    1, math.ceil(math.sqrt(abs(across) / (8.0 * length * tolerance_m[line[end]])))
                )
        before = sin_lat
    return xy_m, bend_m, parts


@njit(cache=True, inline="always")
def _bend(span: float, rise: float, sin_lat: float) -> tuple[float, float]:  # pragma: no cover  # compiled
    """Second derivatives of an edge in the plane, from 0 to 1 [m], of its spans and the sine at its middle."""
    w2 = 1.0 - _E2 * sin_lat * sin_lat
    radius = math.sqrt((1.0 - sin_lat * sin_lat) / w2)
    east, north = span * radius, rise * (1.0 - _E2) / (w2 * math.sqrt(w2))
    bend_lon = 2.0 * sin_lat * span * north / radius if radius > 0.0 else 0.0
    bend_north = -sin_lat * (east * east + north * north) / (_STRETCH * _STRETCH)
    return bend_lon * (SEMI_MAJOR_M * _STRETCH), bend_north * (SEMI_MAJOR_M * _STRETCH)


@njit(cache=True, nogil=True)
def _put_in(
    xy_m: FloatArray, bend_m: FloatArray, parts: IntArray, line: IntArray
) -> tuple[FloatArray, IntArray]:  # pragma: no cover  # compiled
    """Vertices with those in between that cut each edge into its parts."""
    size = parts.sum()
    new_m, new_line, count = np.empty((size, 2)), np.empty(size, np.int64), 0
    for end in range(len(line)):
        for step in range(1, parts[end]):
            place = step / parts[end]
            for axis in range(2):
                start = xy_m[end - 1, axis]
                off = place * (xy_m[end, axis] - start) - 0.5 * place * (1.0 - place) * bend_m[end, axis]
                new_m[count, axis] = start + off
            new_line[count] = line[end]
            count += 1
        new_m[count, 0], new_m[count, 1], new_line[count] = xy_m[end, 0], xy_m[end, 1], line[end]
        count += 1
    return new_m, new_line


def cut_edges(lon_lat: FloatArray, line: IntArray, max_m: float) -> tuple[FloatArray, IntArray]:
    """Vertices with points put in along geodesics, so that no edge is longer; short ones are told by their degrees."""
    longest_deg = _find_longest(lon_lat, line)
    return (lon_lat, line) if longest_deg * _M_PER_DEG < max_m else densify(lon_lat, line, max_m)


@njit(cache=True, nogil=True)
def _find_longest(lon_lat: FloatArray, line: IntArray) -> float:  # pragma: no cover  # compiled
    """Length of the longest edge where degrees of longitude are as long as those of latitude, in degrees."""
    longest = 0.0
    for end in range(1, len(line)):
        if line[end] == line[end - 1]:
            east, north = lon_lat[end, 0] - lon_lat[end - 1, 0], lon_lat[end, 1] - lon_lat[end - 1, 1]
            longest = max(longest, east * east + north * north)
    return math.sqrt(longest)


def get_edges(line: IntArray) -> IntArray:
    """Vertices at which edges start: all but the last of each line."""
    return np.flatnonzero(line[1:] == line[:-1])


def ring_areas_m2(lon_lat: FloatArray, ring: IntArray) -> FloatArray:
    """Areas inside closed rings with geodesic edges, whichever way they turn, in square metres.

    Parameters
    ----------
    lon_lat : ndarray, shape (n, 2)
        Vertices of all rings one after the other, the first of each repeated at its end. [°]
    ring : ndarray, shape (n,)
        Number of the ring of each vertex: 0, 1, ... without a gap.

    Returns
    -------
    ndarray, one per ring
        The smaller side of the globe. Within 1e-9 of GeographicLib's; beyond 85° of latitude GeographicLib's own.
    """
    if not ring.size:
        return np.empty(0)
    polar = np.unique(ring[np.abs(lon_lat[:, 1]) > _POLAR_DEG])
    polar_m2 = [_measure_polar_ring(lon_lat[ring == number]) for number in polar.tolist()]
    lon_lat, ring = cut_edges(lon_lat, ring, _AREA_PIECE_M)
    first = np.flatnonzero(np.diff(ring, prepend=-1, append=ring[-1] + 1))
    areas_m2 = _sum_areas(np.ascontiguousarray(lon_lat), first)
    areas_m2[polar] = polar_m2
    return areas_m2


@njit(cache=True, nogil=True)
def _sum_areas(lon_lat: FloatArray, first: IntArray) -> FloatArray:  # pragma: no cover  # compiled
    """Areas under geodesics, ring by ring: those under chords in the plane and the lenses between."""
    areas_m2 = np.empty(len(first) - 1)
    for ring in range(len(areas_m2)):
        lon_0, lat, above, area_m2 = lon_lat[first[ring], 0], lon_lat[first[ring], 1], 0.0, 0.0
        sin_lat = math.sin(math.radians(lat))
        base, before = _rise(sin_lat), 0.0
        for vertex in range(first[ring] + 1, first[ring + 1]):
            next_lat, next_sin = lon_lat[vertex, 1], math.sin(math.radians(lon_lat[vertex, 1]))
            # Heights over the first vertex keep the digits of small rings.
            next_above = _rise(next_sin) - base
            along = lon_lat[vertex, 0] - lon_0
            along = math.radians(along - 360.0 * np.round(along / 360.0))
            span, rise = along - before, math.radians(next_lat - lat)
            middle = 0.5 * (sin_lat + next_sin) * (1.0 + 0.125 * rise * rise)
            w2 = 1.0 - _E2 * middle * middle
            east2 = span * span * (1.0 - middle * middle) / w2
            north2 = (rise * (1.0 - _E2)) ** 2 / (w2 * w2 * w2)
            area_m2 += span * (above + next_above) / 4.0
            area_m2 += middle * span * (east2 + 3.0 * north2) / 12.0
            before, lat, sin_lat, above = along, next_lat, next_sin, next_above
        areas_m2[ring] = abs(area_m2) * SEMI_MAJOR_M * SEMI_MAJOR_M
    return areas_m2


def _measure_polar_ring(lon_lat: FloatArray) -> float:
    return abs(float(CGCS2000.polygon_area_perimeter(*lon_lat[:-1].T)[0]))


@dataclass(frozen=True)
class Rings:
    """Rings of polygons, one after the other: what is done to all of them is done to arrays, not to objects.

    Attributes
    ----------
    vertex : ndarray, shape (n, 2)
        The first of each ring repeated at its end. Longitude and latitude [°], or in the plane [m].
    ring : ndarray, shape (n,)
        Number of the ring of each vertex: 0, 1, ... without a gap.
    polygon, is_hole : ndarray, one per ring
        Number of the polygon, ascending without a gap, and whether it bounds a hole.
    """

    vertex: FloatArray
    ring: IntArray
    polygon: IntArray
    is_hole: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Number of polygons."""
        return int(self.polygon[-1]) + 1 if len(self.polygon) else 0

    def select(self, chosen: NDArray[np.bool_]) -> "Rings":
        """Return some of the polygons, numbered anew."""
        if chosen.all():
            return self
        kept = chosen[self.polygon]
        at = np.flatnonzero(kept[self.ring])
        number = np.cumsum(kept) - 1
        return Rings(
            self.vertex.take(at, axis=0),
            number[self.ring[at]],
            (np.cumsum(chosen) - 1)[self.polygon[kept]],
            self.is_hole[kept],
        )

    def bend(self, tolerance_m: FloatArray) -> "Curves":
        """Return the polygons in the plane, their edges bent as geodesics are.

        A polygon that crosses 180° goes on beyond it.

        Parameters
        ----------
        tolerance_m : ndarray, one per polygon
            How far the chords of :meth:`Curves.draw` may lie off the geodesics. [m]
        """
        if not self.count:
            return Curves(self, np.empty((0, 2)), np.empty(0, np.int64))
        xy_m, ring, bend_m, parts = bend_in_plane(self.vertex, self.ring, tolerance_m[self.polygon])
        return Curves(replace(self, vertex=xy_m, ring=ring), bend_m, parts)

    def draw(self, tolerance_m: FloatArray) -> "Rings":
        """Return the polygons in the plane, points put in along their geodesic edges; see :meth:`bend`."""
        return self.bend(tolerance_m).draw()

    def build(self) -> GeometryArray:
        """Return the polygons as shapely has them."""
        ring_start = np.searchsorted(self.ring, np.arange(len(self.polygon) + 1))
        polygon_start = np.searchsorted(self.polygon, np.arange(self.count + 1))
        starts = (np.asarray(ring_start), np.asarray(polygon_start))
        return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, self.vertex, starts))


@dataclass(frozen=True)
class Curves:
    """Rings in the plane with bent edges.

    Attributes
    ----------
    rings : Rings
        In the plane. [m]
    bend_m : ndarray, shape (n, 2)
        Second derivatives of the edge that ends in each vertex, from 0 to 1 along it. [m]
    parts : ndarray, shape (n,)
        How many chords that edge takes.
    """

    rings: Rings
    bend_m: FloatArray
    parts: IntArray

    def draw(self) -> Rings:
        """Return the rings with points put in along their edges."""
        if not self.rings.count:
            return self.rings
        xy_m, ring = _put_in(self.rings.vertex, self.bend_m, self.parts, self.rings.ring)
        return replace(self.rings, vertex=xy_m, ring=ring)


def read_rings(polygons: GeometryArray) -> Rings:
    """Rings of shapely polygons (no multi-parts)."""
    if not len(polygons):
        none = np.empty(0, np.int64)
        return Rings(np.empty((0, 2)), none, none, np.empty(0, np.bool_))
    if not shapely.get_num_interior_rings(polygons).any():
        # One ring each, as nearly all have: no ring is made an object for it.
        vertex, ring = shapely.get_coordinates(polygons, return_index=True)
        return Rings(vertex, ring, np.arange(len(polygons)), np.zeros(len(polygons), np.bool_))
    _, vertex, (ring_start, polygon_start) = shapely.to_ragged_array(polygons, include_z=False)
    is_hole = np.ones(len(ring_start) - 1, dtype=np.bool_)
    is_hole[polygon_start[:-1]] = False
    return Rings(
        vertex,
        np.repeat(np.arange(len(ring_start) - 1), np.diff(ring_start)),
        np.repeat(np.arange(len(polygons)), np.diff(polygon_start)),
        is_hole,
    )


def measure_polygons(rings: Rings) -> FloatArray:
    """Areas of polygons with geodesic edges, holes taken off, in square metres."""
    if not rings.count:
        return np.empty(0)
    areas_m2 = ring_areas_m2(rings.vertex, rings.ring)
    signed = np.where(rings.is_hole, -areas_m2, areas_m2)
    return np.bincount(rings.polygon, weights=signed).astype(np.float64)
