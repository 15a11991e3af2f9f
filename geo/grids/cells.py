"""H3 cells: which one holds a point, outlines, true areas, centres, neighbours, parents.

H3 lays its cells out on a sphere, taking latitudes as they are. Areas here are those of the cell's vertices read as
CGCS2000 longitude and latitude and joined by geodesics, in Yunnan 0.1 % to 0.3 % below H3's own figures. H3's own
edges are great circles of that sphere: within 1 cm of the geodesics from resolution 5 on, 50 m off at resolution 0.

Resolutions run from 0 to 15. Cells are numbers (uint64), in the order of which they are sorted everywhere.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from h3ronpy import cells_to_string, grid_disk, grid_ring_distances
from h3ronpy.vector import cells_to_coordinates, cells_to_wkb_polygons, coordinates_to_cells
from numpy.typing import ArrayLike, NDArray

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, densify
from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.grids.lattice import cells_of_hexagons, find_clear_places, number_hexagons
from geo.grids.plane import TURN_M, Curves, Rings, ring_areas_m2, to_plane, unwrap

__all__ = [
    "Cells",
    "cell_area_km2",
    "cell_centres",
    "cell_names",
    "cell_polygons",
    "cells_of_points",
    "check_resolution",
    "draw_cells",
    "find_neighbours",
    "get_edge_m",
    "get_parents",
    "get_resolutions",
    "outline_cells",
]

Cells = NDArray[np.uint64]

_POINTS_PER_TASK = 1 << 17
"""More points than this are worth threads."""

# Points scattered evenly, of which in a sample of every 16th a tenth share hexagons, save 7 of 10 questions.
_SAMPLED, _SCATTERED = 16, 0.9

_WKB_HEAD = 13
"""Bytes before the vertices of a polygon of one ring: byte order, type, number of rings, number of vertices."""

_POLAR_PIECE_M = 250.0
"""Edges of a cell that holds a pole are cut to this before they are drawn as chords. [m]"""

_OUTLINE_TOLERANCE = 1e-7
"""How far a drawn outline may lie off the geodesics, as a part of an average edge. [1]"""


def check_resolution(resolution: int) -> None:
    """Raise an OutOfRangeError unless a resolution is one of H3's."""
    if not 0 <= resolution <= 15:
        raise OutOfRangeError(
            f"H3 resolution {resolution} outside [0, 15]", zh=f"H3 分辨率 {resolution} 超出 [0, 15]"
        )


@cache
def get_edge_m(resolution: int) -> float:
    """Average edge of a cell in metres; the edges of single cells are 0.6 to 1.3 times as long."""
    return float(h3.average_hexagon_edge_length(resolution, unit="m"))


def cells_of_points(lon: ArrayLike, lat: ArrayLike, resolution: int) -> Cells:
    """H3 cells that hold points, the same as H3's own answer for every point, also for one on an edge or a vertex.

    H3's vectorised port rounds otherwise than H3 in the last digit. Where a point lies so near to an edge that this
    may matter, H3 itself decides. Of many points that share cells the hexagons of the lattice are found, and the port
    is asked once for each of those.

    Parameters
    ----------
    lon, lat : array_like of the same shape (n,)
        CGCS2000. [°]
    resolution : int
        0 to 15.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Raises
    ------
    OutOfRangeError
        If the resolution is out of range, or a coordinate is no number or no longitude and latitude.
    """
    check_resolution(resolution)
    east, north = (np.atleast_1d(np.ascontiguousarray(value, dtype=float)) for value in (lon, lat))
    outside = np.flatnonzero(~((np.abs(east) <= 180) & (np.abs(north) <= 90)))
    if outside.size:
        x, y = east[outside[0]], north[outside[0]]
        raise OutOfRangeError(
            f"row {outside[0]}: ({x}, {y}) is no longitude and latitude",
            zh=f"第 {outside[0]} 行：({x}, {y}) 不是有效经纬度",
        )
    if len(east) <= _POINTS_PER_TASK:
        return _find_cells(east, north, resolution)
    some = number_hexagons(east[::_SAMPLED].copy(), north[::_SAMPLED].copy(), resolution)
    if len(pd.unique(some)) > _SCATTERED * len(some):
        return _run_in_parts(_find_cells, east, north, resolution)
    code, hexagons = pd.factorize(_run_in_parts(number_hexagons, east, north, resolution))
    cells = cells_of_hexagons(hexagons, resolution)[code]
    left = np.flatnonzero(hexagons[code] < 0)
    cells[left] = _find_cells(east[left], north[left], resolution)
    return cells


def _run_in_parts(
    find: Callable[[FloatArray, FloatArray, int], NDArray[Any]],
    lon: FloatArray,
    lat: FloatArray,
    resolution: int,
) -> NDArray[Any]:
    """Results for places, found on all processors."""
    parts = [slice(i, i + _POINTS_PER_TASK) for i in range(0, len(lon), _POINTS_PER_TASK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(lambda part: find(lon[part], lat[part], resolution), parts)))


def _find_cells(lon: FloatArray, lat: FloatArray, resolution: int) -> Cells:
    cells = np.array(coordinates_to_cells(lat, lon, resolution), dtype=np.uint64)
    rows = np.flatnonzero(~find_clear_places(lon, lat, resolution))
    for row, y, x in zip(rows.tolist(), lat[rows].tolist(), lon[rows].tolist(), strict=True):
        cells[row] = h3.latlng_to_cell(y, x, resolution)
    return cells


def cell_names(cells: Cells) -> NDArray[np.object_]:
    """Names of cells in hexadecimal digits, shape (n,), as H3 writes them."""
    return np.asarray(pa.array(cells_to_string(cells)).to_numpy(zero_copy_only=False))


def get_resolutions(cells: Cells) -> IntArray:
    """Resolutions of cells, shape (n,)."""
    return ((cells >> np.uint64(52)) & np.uint64(15)).astype(np.int64)


def get_parents(cells: Cells, resolution: int) -> Cells:
    """Ancestors of cells at a coarser resolution, shape (n,).

    On the ground a parent does not cover its children exactly: they stick out on one side and fall short on another.

    Raises
    ------
    OutOfRangeError
        If a cell is coarser than the resolution.
    """
    check_resolution(resolution)
    own = get_resolutions(cells)
    if (own < resolution).any():
        raise OutOfRangeError(f"a cell of resolution {own.min()} has no parent at {resolution}")
    # Bits 52 to 55 hold the resolution; three bits a level below them the place in the parent, 7 for none.
    unused = np.uint64((1 << 3 * (15 - resolution)) - 1)
    cleared = cells & ~np.uint64(15 << 52)
    return np.asarray(cleared | np.uint64(resolution << 52) | unused)


def cell_centres(cells: Cells) -> FloatArray:
    """Longitude and latitude of the centres of cells, shape (n, 2) [°]."""
    batch = cells_to_coordinates(cells)
    return np.column_stack([np.array(batch["lng"]), np.array(batch["lat"])])


def cell_polygons(cells: Cells) -> GeometryArray:
    """Outlines of cells, counter-clockwise, shape (n,), as CGCS2000 longitude and latitude [°].

    Cells across the antimeridian come out as polygons round the wrong side of the globe; their areas are right.
    """
    return np.asarray(shapely.from_wkb(pa.array(cells_to_wkb_polygons(cells)).to_numpy(zero_copy_only=False)))


def _trace_cells(cells: Cells) -> tuple[FloatArray, IntArray]:
    """Vertices of the outlines of cells, closed, and the position of the cell of each."""
    outlines = pa.array(cells_to_wkb_polygons(cells))
    _, offsets, data = outlines.buffers()
    first = np.frombuffer(offsets, dtype=np.int64, count=len(cells) + 1)
    size, values = np.diff(first), np.frombuffer(data, dtype=np.uint8)
    # Each is the byte order, the type, one ring, its number of vertices (13 bytes) and the vertices (16 bytes each).
    count = (size - _WKB_HEAD) // 16
    cell = np.repeat(np.arange(len(cells)), count)
    if (size == size[0]).all():
        vertices = values[first[0] : first[-1]].reshape(len(cells), -1)[:, _WKB_HEAD:].copy()
        return vertices.view("<f8").reshape(-1, 2), cell
    number = np.arange(cell.size) - np.repeat(np.cumsum(count) - count, count)
    place = (first[:-1][cell] + _WKB_HEAD + 16 * number)[:, None] + np.arange(16)
    return values[place].view("<f8"), cell


def cell_area_km2(cells: Cells) -> FloatArray:
    """Areas of cells with geodesic edges on the CGCS2000 ellipsoid, shape (n,) [km²]."""
    return ring_areas_m2(*_trace_cells(cells)) / 1e6 if cells.size else np.empty(0)


def outline_cells(cells: Cells) -> Curves:
    """Outlines of cells of one resolution in the equal-area plane, drawn within 1e-7 of an edge of the geodesics.

    A cell across 180° goes on beyond it; one that holds a pole is a band up to the edge of the plane, three times round
    the Earth.
    """
    number = np.arange(len(cells))
    if not cells.size:
        return Curves(Rings(np.empty((0, 2)), number, number, number > 0), np.empty((0, 2)), number)
    lon_lat, ring = _trace_cells(cells)
    step = np.diff(lon_lat[:, 0], prepend=0.0)
    step[np.searchsorted(ring, number)] = 0.0
    polar = np.flatnonzero(np.abs(np.bincount(ring, weights=unwrap(step, 0.0))) > 180.0)
    tolerance_m = _OUTLINE_TOLERANCE * get_edge_m(int(get_resolutions(cells[:1])[0]))
    curves = Rings(lon_lat, ring, number, np.zeros(len(cells), dtype=np.bool_)).bend(
        np.full(len(cells), tolerance_m)
    )
    for cell in polar.tolist():
        curves = _exchange_ring(curves, cell, _draw_polar_cell(lon_lat[ring == cell]))
    return curves


def draw_cells(cells: Cells) -> GeometryArray:
    """Outlines as of :func:`outline_cells`, as shapely polygons."""
    return outline_cells(cells).draw().build()


def _exchange_ring(curves: Curves, ring: int, vertex: FloatArray) -> Curves:
    """Curves with chords in the place of a ring."""
    of_ring = curves.rings.ring
    first, last = np.searchsorted(of_ring, [ring, ring + 1])
    count = len(vertex)

    def put(column: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([column[:first], new, column[last:]])

    return Curves(
        replace(
            curves.rings,
            vertex=put(curves.rings.vertex, vertex),
            ring=put(of_ring, np.full(count, ring)),
        ),
        put(curves.bend_m, np.zeros((count, 2))),
        put(curves.parts, np.ones(count, np.int64)),
    )


def _draw_polar_cell(lon_lat: FloatArray) -> FloatArray:
    lon_lat, _ = densify(lon_lat, np.zeros(len(lon_lat), dtype=np.int64), _POLAR_PIECE_M)
    xy_m = to_plane(lon_lat)
    step_m = np.diff(xy_m[:, 0])
    step_m -= TURN_M * np.round(step_m / TURN_M)
    x_m = xy_m[0, 0] + np.append(0.0, np.cumsum(step_m))
    turn_m = np.sign(x_m[-1] - x_m[0]) * TURN_M
    band = [np.column_stack([x_m[:-1] + turn_m * number, xy_m[:-1, 1]]) for number in (-1, 0, 1)]
    pole_m = to_plane(np.array([[0.0, np.copysign(90.0, lon_lat[0, 1])]]))[0, 1]
    west_m, east_m = x_m[0] - turn_m, x_m[0] + 2.0 * turn_m
    end = [[east_m, xy_m[0, 1]], [east_m, pole_m], [west_m, pole_m], band[0][0]]
    return np.vstack([*band, end])


def find_neighbours(cells: Cells, rings: int, nearest: int = 0) -> tuple[IntArray, Cells]:
    """Cells within so many steps of cells, and no fewer than `nearest`: from 0 on they are among their neighbours.

    Returns
    -------
    position : ndarray of int64
        Which of `cells` it is a neighbour of, ascending.
    cell : ndarray of uint64
    """
    if nearest == 0:
        disks = pa.array(grid_disk(cells, rings))
    else:
        disks = pa.array(grid_ring_distances(cells, nearest, rings)["cell"])
    return np.repeat(np.arange(len(cells)), disks.value_lengths().to_numpy()), disks.values.to_numpy()
