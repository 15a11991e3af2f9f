"""Flow paths over an elevation raster: where a fluid goes from a point, how far along, and what lies beside its way.

Hollows are filled up to their spill [1]_ and every cell drains to the neighbour of the steepest drop on the filled
surface (D8); where nothing is lower, on flats and filled hollows, along the shortest way to where they drain. A cell
with an unknown neighbour, at the edge of the raster or beside a gap in it, has no known direction: a path ends there.

What the eight directions do to lengths: a straight way between two of them is stepped out up to 8.2 % too long. This
stands in the doubt of mileages, with the size of the cells and every level stretch on the way.

References
----------
.. [1] L. Wang, H. Liu, "An efficient method for identifying and filling surface depressions in digital elevation
   models", Int. J. Geographical Information Science 20 (2006) 193-213: the filling, as in pyflwdir.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geo.crs import local_crs
from geo.ellipsoid import CGCS2000, FloatArray, geodesic_distance_m
from geo.errors import RasterError
from geo.raster import Cell, Patch, RasterFile

__all__ = ["Drainage", "Feet", "FlowPath", "PathEnd", "drain", "trace_flow_path"]

_Ints = NDArray[np.int64]

_METRES = frozenset({"m", "metre", "metres", "meter", "meters", "米"})
"""What rasters call metres."""

_HEIGHT_STEPS_PER_M = 1024.0
"""Heights are rounded to 1/1024 m, so that differences are exact in 32 bits up to 16,384 m."""
_MOST_CELLS = 1500
"""Cells on each side of a block of starts that are read at most: 10 million in all."""
_LEAST_CELLS = 16
_LARGEST_BLOCK = 250
"""Cells on each side of the squares whose starts share a window, at most."""
_KEPT_WINDOWS = 3
"""Windows whose directions are kept; the largest take 140 MB each."""
_STRETCH = 1.0 - np.cos(np.radians(22.5))
"""Largest part of a D8 length that the steps between eight directions add."""
_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))
"""Rows and columns to the neighbours; of equal drops the first is taken."""


class PathEnd(StrEnum):
    """Why a path ends."""

    LENGTH = "length"
    """The length asked for is reached."""
    OUTSIDE = "outside"
    """The start lies outside the raster or in a cell without value."""
    EDGE = "edge"
    """The edge of the raster."""
    GAP = "gap"
    """A gap in the raster."""
    TOO_FAR = "too_far"
    """More cells on the way than are read."""


@dataclass(frozen=True)
class Drainage:
    """Where the cells of a patch drain to; arrays over its cells.

    Attributes
    ----------
    downstream : ndarray of int, shape (rows, columns)
        Flat number of the next cell, -1 where the direction is not known.
    filled_m : ndarray of float, shape (rows, columns)
        Heights with the hollows filled; NaN where unknown. [m]
    level : ndarray of bool, shape (rows, columns)
        Nothing lower beside the cell, or the cell lies in a filled hollow.
    """

    downstream: _Ints
    filled_m: FloatArray
    level: NDArray[np.bool_]


@dataclass(frozen=True)
class FlowPath:
    """The way of a fluid from a point, over the centres of cells.

    Attributes
    ----------
    lon_lat : ndarray, shape (n, 2)
        The start, then the centres of the cells passed, cut at the length asked for; EPSG:4490. [°]
    mileage_m : ndarray, shape (n,)
        Geodesic way from the start. [m]
    level_m : ndarray, shape (n,)
        How much of it runs over level cells. [m]
    cell_m : float
        Diagonal of a cell at the start; NaN where the start lies outside. [m]
    depth_m : float
        Deepest filling on the way. [m]
    end : PathEnd
    position_doubt_m : float
        Added by the coordinate system of the raster. [m]
    """

    lon_lat: FloatArray
    mileage_m: FloatArray
    level_m: FloatArray
    cell_m: float
    depth_m: float
    end: PathEnd
    position_doubt_m: float

    @property
    def length_m(self) -> float:
        """Length of the path, in metres."""
        return float(self.mileage_m[-1])

    def mileage_doubt_m(self, mileage_m: FloatArray) -> FloatArray:
        """Return how far off mileages may be, in metres: a cell, the eight directions, all level stretches before."""
        level_m = np.interp(mileage_m, self.mileage_m, self.level_m)
        stretch_m = _STRETCH * np.maximum(mileage_m, 0.0)
        return np.asarray(self.cell_m + stretch_m + level_m + self.position_doubt_m)

    @property
    def lateral_doubt_m(self) -> float:
        """How far beside the path the fluid may run: half the diagonal of a cell, in metres."""
        return self.cell_m / 2.0 + self.position_doubt_m

    def cut(self, mileage_m: float) -> "shapely.LineString | shapely.Point":
        """Return the path up to a mileage, EPSG:4490."""
        kept = self.mileage_m < mileage_m
        end = [np.interp(mileage_m, self.mileage_m, part) for part in self.lon_lat.T]
        points = np.vstack([self.lon_lat[kept], end])
        return shapely.LineString(points) if len(points) > 1 else shapely.Point(end)

    def box(self, reach_m: float) -> shapely.Polygon:
        """Return a box, EPSG:4490, that holds everything within a distance of the path."""
        lat_deg = reach_m / 110_000.0
        lon_deg = lat_deg / np.cos(np.radians(np.abs(self.lon_lat[:, 1]).max() + lat_deg))
        margin_deg = np.array([lon_deg, lat_deg])
        low, high = self.lon_lat.min(axis=0) - margin_deg, self.lon_lat.max(axis=0) + margin_deg
        west, south, east, north = (float(bound) for bound in (*low, *high))
        return shapely.Polygon.from_bounds(west, south, east, north)

    def feet(self, geometries: Iterable[shapely.Geometry], reach_m: float) -> "list[Feet]":
        """Return for each geometry where its parts lie along the path and how far beside it.

        Parameters
        ----------
        geometries : iterable of shapely.Geometry
            EPSG:4490.
        reach_m : float
            Parts farther beside the path are left out.
        """
        if len(self.mileage_m) < 2:
            return [Feet(np.zeros(0), np.zeros(0), np.zeros((0, 2))) for _ in geometries]
        plane = _plane_about(float(self.lon_lat[0, 0]), float(self.lon_lat[0, 1]))
        line = np.column_stack(plane.transform(*self.lon_lat.T))
        belt = shapely.buffer(shapely.LineString(line), reach_m)
        shapely.prepare(belt)
        return [_find_feet(self, geometry, plane, line, belt, reach_m) for geometry in geometries]


class Feet(NamedTuple):
    """Places of a path from which parts of a geometry are reached square to it; several for each part in a bend.

    Attributes
    ----------
    mileage_m, lateral_m : ndarray, shape (n,)
        Along the path and beside it; mileages below 0 lie behind the start. [m]
    lon_lat : ndarray, shape (n, 2)
        The part of the geometry; EPSG:4490. [°]
    """

    mileage_m: FloatArray
    lateral_m: FloatArray
    lon_lat: FloatArray


def drain(heights_m: FloatArray, widths_m: FloatArray, lengths_m: FloatArray) -> Drainage:
    """Return where cells drain to.

    Parameters
    ----------
    heights_m : ndarray, shape (rows, columns)
        NaN where unknown. [m]
    widths_m, lengths_m : ndarray, shape (rows,)
        Sides of the cells of each row, along it and across. [m]
    """
    from pyflwdir.dem import fill_depressions  # compiles for seconds when imported

    heights = np.round(np.asarray(heights_m) * _HEIGHT_STEPS_PER_M) / _HEIGHT_STEPS_PER_M
    filled = fill_depressions(heights.astype(np.float32), nodata=np.nan)[0].astype(np.float64)
    downstream, falls = _steepest(filled, widths_m, lengths_m)
    blind = _beside_unknown(filled)
    _cross_flats(downstream, filled, ~falls & ~blind, widths_m, lengths_m)
    downstream[blind] = -1
    return Drainage(downstream, filled, ~falls | (filled > heights))


def _cross_flats(
    downstream: _Ints,
    filled: FloatArray,
    level: NDArray[np.bool_],
    widths_m: FloatArray,
    lengths_m: FloatArray,
) -> None:
    """Set where level cells drain to: the next cell on the shortest way over equal heights to one that is not level."""
    cells = np.flatnonzero(level)
    if not len(cells):
        return
    rows, columns = np.divmod(cells, filled.shape[1])
    starts, ends, ways_m = [], [], []
    for down, right in _STEPS:
        beside = cells + down * filled.shape[1] + right  # level cells have all their neighbours
        equal = filled[rows, columns] == filled[rows + down, columns + right]
        starts.append(beside[equal])
        ends.append(cells[equal])
        ways_m.append(np.hypot(down * lengths_m, right * widths_m)[rows[equal]])
    start, end = np.concatenate(starts), np.concatenate(ends)
    numbers, both = np.unique(np.concatenate([start, end]), return_inverse=True)
    graph = coo_array((np.concatenate(ways_m), np.split(both, 2)), shape=(len(numbers), len(numbers))).tocsr()
    outlets = np.flatnonzero(~level.ravel()[numbers])
    before = dijkstra(graph, indices=outlets, min_only=True, return_predecessors=True)[1]
    reached = level.ravel()[numbers] & (before >= 0)
    downstream.ravel()[numbers[reached]] = numbers[before[reached]]


def _steepest(
    filled: FloatArray, widths_m: FloatArray, lengths_m: FloatArray
) -> tuple[_Ints, NDArray[np.bool_]]:
    """Return the neighbour of the steepest drop of each cell, and whether there is a drop."""
    rows, columns = filled.shape
    padded = np.pad(filled, 1, constant_values=np.nan)
    best = np.zeros(filled.shape)
    downstream = np.full(filled.shape, -1, dtype=np.int64)
    flat = np.arange(filled.size).reshape(filled.shape)
    for down, right in _STEPS:
        far_m = np.hypot(down * lengths_m, right * widths_m)[:, None]
        beside = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        slope = (filled - beside) / far_m
        steeper = slope > best  # false where either is unknown
        best[steeper] = slope[steeper]
        downstream[steeper] = flat[steeper] + down * columns + right
    return downstream, downstream >= 0


def _beside_unknown(filled: FloatArray) -> NDArray[np.bool_]:
    """Return which cells are unknown or have an unknown neighbour; all that lies outside is unknown."""
    rows, columns = filled.shape
    unknown = np.pad(np.isnan(filled), 1, constant_values=True)
    beside = unknown[1:-1, 1:-1].copy()
    for down, right in _STEPS:
        beside |= unknown[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
    return beside


def trace_flow_path(path: Path, lon: float, lat: float, length_m: float) -> FlowPath:
    """Return the way of a fluid from a point.

    A window twice as far as the path is long is read, so that its sides do not steer the path.

    Parameters
    ----------
    path : Path
        Elevation raster; the first band holds metres, which is checked where it states a unit.
    lon, lat : float
        Start, EPSG:4490. [°]
    length_m : float
        Where the path is cut.

    Raises
    ------
    RasterError, CrsError
        If the raster cannot be read, or holds no metres.
    """
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _trace_cached(path, stamp, lon, lat, length_m)


@lru_cache(maxsize=4096)
def _trace_cached(path: Path, stamp: int, lon: float, lat: float, length_m: float) -> FlowPath:
    raster = _open_raster(path, stamp)
    cell = raster.find_cell(lon, lat)
    own = None if cell is None else raster.read_window(cell, (cell[0] + 1, cell[1] + 1))
    if cell is None or own is None or np.isnan(own.values).all():
        return _no_path(lon, lat, raster.position_doubt_m)
    side_m = min(float(side[0]) for side in own.cell_sides_m())
    low, high = _window_around(cell, 2.0 * length_m / side_m)
    basin = _read_basin(path, stamp, low, high)
    start = (cell[0] - max(low[0], 0), cell[1] - max(low[1], 0))
    cells = _follow(basin.downstream, start, int(np.ceil(length_m / side_m)) + 2)
    return _lay_path(basin, cells, (lon, lat), length_m, raster.position_doubt_m)


@lru_cache(maxsize=16)
def _open_raster(path: Path, _stamp: int) -> RasterFile:
    raster = RasterFile.open(path)
    if raster.unit is not None and raster.unit.lower() not in _METRES:
        raise RasterError(
            f"{path.name} holds elevations in {raster.unit!r}: bring one in metres",
            zh=f"{path.name} 的高程单位为“{raster.unit}”：请提供以米为单位的高程栅格",
        )
    return raster


def _window_around(cell: Cell, reach: float) -> tuple[Cell, Cell]:
    """Return the window that reaches a number of cells from a cell: one for many starts and lengths.

    Reaches are rounded up to doublings and starts to blocks, so that a plot that is moved, and the paths of several
    rules, share what was computed; the window of a start does not depend on who asked before.
    """
    radius = _LEAST_CELLS
    while radius < reach and radius < _MOST_CELLS:
        radius = min(2 * radius, _MOST_CELLS)
    block = min(radius // 2, _LARGEST_BLOCK)
    row, column = (place // block * block for place in cell)
    return (row - radius, column - radius), (row + block + radius, column + block + radius)


@lru_cache(maxsize=_KEPT_WINDOWS)
def _read_basin(path: Path, stamp: int, low: Cell, high: Cell) -> "_Basin":
    patch = _open_raster(path, stamp).read_window(low, high)
    drainage = drain(patch.values, *patch.cell_sides_m())
    filling_m = np.maximum(drainage.filled_m - patch.values, 0.0)
    return _Basin(replace(patch, values=filling_m), drainage.downstream.astype(np.int32), drainage.level)


@dataclass(frozen=True)
class _Basin:
    """What is kept of a window for the next path: 13 bytes a cell.

    Attributes
    ----------
    filling : Patch
        How deep its cells are filled; NaN where unknown. [m]
    downstream : ndarray of int
        As in :class:`Drainage`.
    level : ndarray of bool
        As in :class:`Drainage`.
    """

    filling: Patch
    downstream: NDArray[np.int32]
    level: NDArray[np.bool_]


def _no_path(lon: float, lat: float, position_doubt_m: float) -> FlowPath:
    return FlowPath(
        np.array([[lon, lat]]), np.zeros(1), np.zeros(1), np.nan, 0.0, PathEnd.OUTSIDE, position_doubt_m
    )


def _follow(downstream: NDArray[np.int32], start: Cell, steps: int) -> _Ints:
    """Return the flat numbers of the cells on the way, the start's first."""
    flat = downstream.ravel()
    cells = [start[0] * downstream.shape[1] + start[1]]
    while len(cells) <= steps and flat[cells[-1]] >= 0:
        cells.append(int(flat[cells[-1]]))
    return np.array(cells, dtype=np.int64)


def _lay_path(
    basin: _Basin,
    cells: _Ints,
    start: tuple[float, float],
    length_m: float,
    position_doubt_m: float,
) -> FlowPath:
    patch = basin.filling
    rows, columns = np.divmod(cells, patch.values.shape[1])
    lon_lat = np.vstack([[start], patch.centres(rows[1:], columns[1:])])
    steps_m = geodesic_distance_m(*lon_lat[:-1].T, *lon_lat[1:].T)
    level = basin.level.ravel()[cells]
    mileage_m = np.concatenate([[0.0], np.cumsum(steps_m)])
    level_m = np.concatenate([[0.0], np.cumsum(steps_m * level[:-1])])
    kept = int(np.searchsorted(mileage_m, length_m))
    end = PathEnd.LENGTH
    if kept == len(mileage_m):
        end = _why_it_ends(patch, rows[-1], columns[-1])
    else:
        lon_lat, mileage_m, level_m = _cut_at(lon_lat, mileage_m, level_m, kept, length_m)
    filling_m = patch.values.ravel()[cells[: len(mileage_m)]]
    width_m, height_m = patch.cell_sides_m()
    cell_m = float(np.hypot(width_m[rows[0]], height_m[rows[0]]))
    depth_m = float(filling_m.max())
    return FlowPath(lon_lat, mileage_m, level_m, cell_m, depth_m, end, position_doubt_m)


def _cut_at(
    lon_lat: FloatArray, mileage_m: FloatArray, level_m: FloatArray, kept: int, length_m: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the first ``kept`` vertices and the point at the length, which lies before the next one."""
    if kept == 0:
        return lon_lat[:1], mileage_m[:1], level_m[:1]
    (lon, lat), ahead = lon_lat[kept - 1], lon_lat[kept]
    azimuth_deg = CGCS2000.inv(lon, lat, ahead[0], ahead[1])[0]
    last = CGCS2000.fwd(lon, lat, azimuth_deg, length_m - mileage_m[kept - 1])[:2]
    level = np.interp(length_m, mileage_m, level_m)
    return (
        np.vstack([lon_lat[:kept], last]),
        np.append(mileage_m[:kept], length_m),
        np.append(level_m[:kept], level),
    )


def _why_it_ends(patch: Patch, row: np.int64, column: np.int64) -> PathEnd:
    rows, columns = patch.values.shape
    at_side = np.array([row == 0, row == rows - 1, column == 0, column == columns - 1])
    if (at_side & patch.at_edge).any():
        return PathEnd.EDGE
    return PathEnd.TOO_FAR if at_side.any() else PathEnd.GAP


@lru_cache(maxsize=256)
def _plane_about(lon: float, lat: float) -> pyproj.Transformer:
    """Return the way to an azimuthal equidistant plane about a point, in metres."""
    return pyproj.Transformer.from_crs("EPSG:4490", local_crs((lon, lat, lon, lat)), always_xy=True)


def _find_feet(
    path: FlowPath,
    geometry: shapely.Geometry,
    plane: pyproj.Transformer,
    line: FloatArray,
    belt: shapely.Polygon,
    reach_m: float,
) -> Feet:
    """Return the feet of a geometry on a path, measured on a plane about its start."""
    flat = shapely.transform(
        shapely.force_2d(geometry), lambda lon_lat: np.column_stack(plane.transform(*lon_lat.T))
    )
    if not shapely.intersects(belt, flat):
        return Feet(np.zeros(0), np.zeros(0), np.zeros((0, 2)))
    points = _sample(flat, shapely.LineString(line), belt, path.cell_m / 8.0)
    mileage_m, lateral_m, number = _project(points, line, path.mileage_m)
    near = (lateral_m <= reach_m) & (mileage_m >= -reach_m)
    x, y = points[number[near]].T
    lon_lat = np.column_stack(plane.transform(x, y, direction="INVERSE"))
    return Feet(mileage_m[near], lateral_m[near], lon_lat)


def _sample(
    geometry: shapely.Geometry, line: shapely.LineString, belt: shapely.Polygon, step_m: float
) -> FloatArray:
    """Return the points that stand for a geometry: its vertices, points along its edges, and its cuts with the path."""
    edges = shapely.boundary(geometry) if shapely.get_dimensions(geometry) == 2 else geometry
    beside = shapely.segmentize(shapely.intersection(edges, belt), step_m)
    return np.vstack(
        [shapely.get_coordinates(part) for part in (beside, shapely.intersection(geometry, line))]
    )


def _project(
    points: FloatArray, line: FloatArray, mileage_m: FloatArray
) -> tuple[FloatArray, FloatArray, _Ints]:
    """Return mileage and distance beside the line of every foot, and of which point it is.

    A foot stands square on a segment, or on the outer side of a bend at a vertex. Behind the start it stands on the
    first segment drawn out backwards; beyond the end there is none.
    """
    start, along = line[:-1], np.diff(line, axis=0)
    along_m = np.diff(mileage_m)
    to_point = points[:, None, :] - start
    share = (to_point * along).sum(axis=2) / (along**2).sum(axis=1)
    on_segment = (share >= 0.0) & (share <= 1.0)
    on_segment[:, 0] |= share[:, 0] < 0.0
    at_vertex = np.zeros_like(on_segment)
    at_vertex[:, 1:] = (share[:, :-1] > 1.0) & (share[:, 1:] < 0.0)
    share = np.where(at_vertex, 0.0, share)
    point, segment = np.nonzero(on_segment | at_vertex)
    part = share[point, segment]
    foot = start[segment] + part[:, None] * along[segment]
    lateral_m = np.hypot(*(points[point] - foot).T)
    return mileage_m[segment] + part * along_m[segment], lateral_m, point
