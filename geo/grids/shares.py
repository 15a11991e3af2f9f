"""Objects shared out over cells by overlap: points by cell, lines by length, polygons by area on the ellipsoid.

Edges of objects and of cells are geodesics. An object counts by its parts of the highest dimension: a collection of a
polygon and a point by the polygon alone, several points in equal parts, a line without length as a point. The shares
of each object add up to one; what they added up to before they were made to is kept as its residual.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from geo.crs import GeometryArray, as_geometries
from geo.distance.pieces import IntArray, explode
from geo.ellipsoid import FloatArray
from geo.errors import GeometryError, OutOfRangeError
from geo.grids.cells import Cells, cells_of_points, check_resolution, get_edge_m
from geo.grids.cuts import cut_lines
from geo.grids.overlay import Pieces, cut_polygons, join_pieces
from geo.grids.plane import to_plane
from geo.grids.validity import find_invalid
from geo.progress import Progress
from geo.text import say_number

__all__ = [
    "MAX_SHARES",
    "Shares",
    "check_geometries",
    "estimate_shares",
    "find_shares",
    "merge_pieces",
]

MAX_SHARES = 50_000_000
"""More shares than this are refused before any is computed: 40 bytes each."""

_POLAR_DEG = 88.0
"""Lines and polygons beyond this latitude are refused. [°] The plane ends at the poles."""

_M_PER_DEG = 111_700.0
"""No degree is longer. [m]"""

_OBJECTS_PER_STEP = 50_000
"""Progress is told after so many objects."""

_OBJECTS_PER_TASK = 1_000
"""Fewer objects are not worth a thread."""


@dataclass(frozen=True)
class Shares:
    """Shares of objects in cells, by object and cell, each pair once.

    Attributes
    ----------
    row : ndarray of int64, shape (n,)
        Position of the object.
    cell : ndarray of uint64, shape (n,)
    share : ndarray of float64, shape (n,)
        Over 0, up to 1; the shares of an object add up to 1.
    lon_lat : ndarray, shape (n, 2)
        Centre of what lies of the object in the cell. [°]
    residual : ndarray, shape (objects,)
        What the pieces of each object added up to, over its length, area or count, less 1.
    resolution : int
    """

    row: IntArray
    cell: Cells
    share: FloatArray
    lon_lat: FloatArray
    residual: FloatArray
    resolution: int

    def __len__(self) -> int:
        return len(self.row)

    def select(self, chosen: NDArray[np.bool_]) -> "Shares":
        """Keep some of the shares; objects keep their positions."""
        return Shares(
            self.row[chosen],
            self.cell[chosen],
            self.share[chosen],
            self.lon_lat[chosen],
            self.residual,
            self.resolution,
        )


def find_shares(
    geometries: Sequence[shapely.Geometry | None] | GeometryArray,
    resolution: int,
    *,
    limit: int = MAX_SHARES,
    progress: Progress | None = None,
) -> Shares:
    """Share of each object in each cell that it overlaps.

    Parameters
    ----------
    geometries : array_like of shapely geometries, shape (n,)
        In CGCS2000, valid. [°]
    resolution : int
        0 to 15.
    limit : int
        Refuse to start if there would be more shares than this.
    progress : callable, optional

    Returns
    -------
    Shares
        In the order of the objects, those of an object by cell. Each object's depend on it alone.

    Raises
    ------
    GeometryError
        If a geometry is missing, empty, invalid, lies across 180° or, as a line or polygon, beside a pole.
    OutOfRangeError
        If a coordinate is no longitude and latitude, the resolution is out of range or too fine.
    """
    check_resolution(resolution)
    given = as_geometries(geometries)
    check_geometries(given)
    _refuse_too_many(given, resolution, limit)
    if not len(given):
        return _share_out(given, resolution)
    first_rows: list[int] = []
    steps: list[Shares] = []
    for first in range(0, len(given), _OBJECTS_PER_STEP):
        step = given[first : first + _OBJECTS_PER_STEP]
        parts = np.array_split(step, min(os.cpu_count() or 1, 1 + len(step) // _OBJECTS_PER_TASK))
        first_rows += (first + np.cumsum([0, *(len(part) for part in parts[:-1])])).tolist()
        steps += _run_beside(partial(_share_out, resolution=resolution), parts)
        if progress:
            progress(min(1.0, (first + _OBJECTS_PER_STEP) / len(given)), "sharing objects out over cells")
    return Shares(
        np.concatenate([step.row + first for first, step in zip(first_rows, steps, strict=True)]),
        np.concatenate([step.cell for step in steps]),
        np.concatenate([step.share for step in steps]),
        np.concatenate([step.lon_lat for step in steps]),
        np.concatenate([step.residual for step in steps]),
        resolution,
    )


def _run_beside(job: Callable[[GeometryArray], Shares], parts: Sequence[GeometryArray]) -> list[Shares]:
    if len(parts) == 1:
        return [job(parts[0])]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(job, parts))


def check_geometries(geometries: GeometryArray) -> None:
    """Check that geometries can be shared out.

    Raises
    ------
    GeometryError
        If one is missing, empty, invalid or lies across 180°. Names the row.
    OutOfRangeError
        If a coordinate is no longitude and latitude. Names the row.
    """
    absent = np.flatnonzero(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    if absent.size:
        raise GeometryError(
            f"row {absent[0]}: geometry is missing or empty", zh=f"第 {absent[0]} 行：几何缺失或为空"
        )
    lon_lat, row = shapely.get_coordinates(geometries, return_index=True)
    outside = np.flatnonzero(~((np.abs(lon_lat[:, 0]) <= 180) & (np.abs(lon_lat[:, 1]) <= 90)))
    if outside.size:
        (x, y), where = lon_lat[outside[0]], row[outside[0]]
        raise OutOfRangeError(
            f"row {where}: ({x}, {y}) is no longitude and latitude",
            zh=f"第 {where} 行：({x}, {y}) 不是有效经纬度",
        )
    extended = np.flatnonzero(shapely.get_dimensions(geometries) > 0)
    _check_places(geometries, extended)
    invalid = find_invalid(geometries, lon_lat, row)
    # Of what is invalid, a line without length can still be put where it is.
    invalid = invalid[shapely.get_dimensions(geometries[invalid]) == 2]
    if invalid.size:
        reason = shapely.is_valid_reason(geometries[invalid[0]])
        raise GeometryError(
            f"row {invalid[0]}: geometry is invalid: {reason}", zh=f"第 {invalid[0]} 行：几何无效：{reason}"
        )


def _check_places(geometries: GeometryArray, extended: IntArray) -> None:
    parts, owner = explode(geometries[extended])
    bounds = shapely.bounds(parts).reshape(-1, 4)
    wide = np.flatnonzero(bounds[:, 2] - bounds[:, 0] >= 180.0)
    if wide.size:
        row = extended[owner[wide[0]]]
        raise GeometryError(
            f"row {row}: geometry is 180° wide or more; cut it at the antimeridian",
            zh=f"第 {row} 行：几何跨越 180° 或更宽；请在 180° 经线处切开",
        )
    polar = np.flatnonzero(np.abs(bounds[:, [1, 3]]).max(axis=1, initial=0.0) > _POLAR_DEG)
    if polar.size:
        row = extended[owner[polar[0]]]
        raise GeometryError(
            f"row {row}: lines and polygons beyond {_POLAR_DEG:g}° of latitude, at a pole, cannot be shared out",
            zh=f"第 {row} 行：纬度超过 {_POLAR_DEG:g}°（极点附近）的线和面不能分摊",
        )


def estimate_shares(geometries: GeometryArray, resolution: int) -> int:
    """About how many shares geometries will have at a resolution: by their areas, lengths and numbers of parts."""
    area_m2, line_m, outline_m, parts = _measure_roughly(geometries)
    edge_m = get_edge_m(resolution)
    # A hexagon has 2.6 squares of its edge: sqrt(27) / 2.
    cell_m2 = 2.6 * edge_m**2
    # A random line of length L meets L·P / (π·A) cells of perimeter P and area A; an outline half as many from outside.
    met = 6.0 * edge_m * (line_m + outline_m / 2.0) / (np.pi * cell_m2)
    return int(area_m2 / cell_m2 + met + parts)


def _bound_shares(geometries: GeometryArray, resolution: int) -> float:
    """Return a number that the shares do not exceed: the cells at the rectangle around each geometry."""
    west, south, east, north = shapely.bounds(geometries).reshape(-1, 4).T
    edge_m = get_edge_m(resolution)
    width_m, height_m = (_M_PER_DEG * span + 6.0 * edge_m for span in (east - west, north - south))
    # The smallest cells, pentagons, have over half the area of an average one, which is 2.6 squares of the edge.
    return float((width_m * height_m).sum() / (1.3 * edge_m**2))


def _measure_roughly(geometries: GeometryArray) -> tuple[float, float, float, int]:
    """Area of the polygons, length of the lines and of the outlines, and the number of all parts."""
    parts, _ = explode(geometries)
    kind = shapely.get_dimensions(parts)
    lines, polygons = (shapely.transform(parts[kind == dimension], to_plane) for dimension in (1, 2))
    area_m2, outline_m = float(shapely.area(polygons).sum()), float(shapely.length(polygons).sum())
    return area_m2, float(shapely.length(lines).sum()), outline_m, len(parts)


def _refuse_too_many(geometries: GeometryArray, resolution: int, limit: int) -> None:
    if _bound_shares(geometries, resolution) <= limit:
        return
    expected = estimate_shares(geometries, resolution)
    if expected <= limit:
        return
    fitting = [r for r in range(resolution) if estimate_shares(geometries, r) <= limit]
    advice = f"use resolution {fitting[-1]} or coarser" if fitting else "take fewer objects"
    advice_zh = f"请用分辨率 {fitting[-1]} 或更粗" if fitting else "请减少对象"
    raise OutOfRangeError(
        f"resolution {resolution} would give about {say_number(expected)} shares of objects in cells, "
        f"more than {say_number(limit)}; {advice}",
        zh=f"分辨率 {resolution} 约产生 {say_number(expected)} 个对象份额，超过 {say_number(limit)}；{advice_zh}",
    )


def _share_out(geometries: GeometryArray, resolution: int) -> Shares:
    parts, owner = explode(geometries)
    top = np.full(len(geometries), -1)
    dimension = shapely.get_dimensions(parts)
    np.maximum.at(top, owner, dimension)
    pieces, expected = [], np.zeros(len(geometries))
    for kind, cut in ((0, _put_points), (1, cut_lines), (2, cut_polygons)):
        mine = np.flatnonzero((dimension == kind) & (top[owner] == kind))
        if not mine.size:
            continue
        found, measure = cut(parts[mine], resolution)
        expected += np.bincount(owner[mine], weights=measure, minlength=len(geometries))
        pieces.append(Pieces(owner[mine[found.part]], found.cell, found.measure, found.lon_lat))
    is_lost = np.ones(len(geometries), dtype=np.bool_)
    for one in pieces:
        is_lost[one.part] = False
    lost = np.flatnonzero(is_lost)
    points, count = _put_points(_get_first_points(geometries[lost]), resolution)
    expected[lost] = count
    pieces.append(Pieces(lost, points.cell, points.measure, points.lon_lat))
    found = join_pieces(pieces)
    raw = np.bincount(found.part, weights=found.measure, minlength=len(geometries))
    found = Pieces(found.part, found.cell, found.measure / raw[found.part], found.lon_lat)
    return merge_pieces(found, raw / expected - 1.0, resolution)


def _put_points(points: GeometryArray, resolution: int) -> tuple[Pieces, FloatArray]:
    lon_lat = shapely.get_coordinates(points)
    count = np.ones(len(points))
    cells = cells_of_points(lon_lat[:, 0], lon_lat[:, 1], resolution)
    return Pieces(np.arange(len(points)), cells, count, lon_lat), count


def _get_first_points(geometries: GeometryArray) -> GeometryArray:
    lon_lat, row = shapely.get_coordinates(geometries, return_index=True)
    return np.asarray(shapely.points(lon_lat[np.searchsorted(row, np.arange(len(geometries)))]))


def merge_pieces(pieces: Pieces, residual: FloatArray, resolution: int) -> Shares:
    """Pieces of one object in one cell put together; their measures are shares already, objects in any order."""
    merged = _merge(pieces.part, pieces.cell, pieces.measure, pieces.lon_lat, len(residual))
    return Shares(*merged, residual, resolution)


@njit(cache=True, nogil=True)
def _merge(
    part: IntArray, cell: Cells, share: FloatArray, lon_lat: FloatArray, count: int
) -> tuple[IntArray, Cells, FloatArray, FloatArray]:  # pragma: no cover  # compiled
    """Object by object, cell by cell: shares added up, places averaged over them from the first one on."""
    first = np.zeros(count + 1, np.int64)
    for owner in part:
        first[owner + 1] += 1
    first = np.cumsum(first)
    place, order = first.copy(), np.empty(len(part), np.int64)
    for piece in range(len(part)):
        order[place[part[piece]]] = piece
        place[part[piece]] += 1
    rows, cells = np.empty(len(part), np.int64), np.empty(len(part), np.uint64)
    totals, centres, size = np.empty(len(part)), np.empty((len(part), 2)), 0
    for row in range(count):
        mine = order[first[row] : first[row + 1]]
        for number in range(1, len(mine)):
            if cell[mine[number]] < cell[mine[number - 1]]:
                mine = mine[np.argsort(cell[mine], kind="mergesort")]
                break
        number = 0
        while number < len(mine):
            here, lon, lat = cell[mine[number]], lon_lat[mine[number], 0], lon_lat[mine[number], 1]
            total, east, north = 0.0, 0.0, 0.0
            while number < len(mine) and cell[mine[number]] == here:
                piece = mine[number]
                off = lon_lat[piece, 0] - lon
                total += share[piece]
                east += share[piece] * (off - 360.0 * np.round(off / 360.0))
                north += share[piece] * (lon_lat[piece, 1] - lat)
                number += 1
            lon += east / total
            rows[size], cells[size], totals[size] = row, here, total
            centres[size, 0] = lon - 360.0 * np.round(lon / 360.0)
            centres[size, 1] = lat + north / total
            size += 1
    return rows[:size].copy(), cells[:size].copy(), totals[:size].copy(), centres[:size].copy()
