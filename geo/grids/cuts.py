"""Lines laid over cells: cut where they cross the edges of cells, each piece in the cell of its middle.

A line along an edge is so counted once, in one of the cells on its sides or partly in both, as H3 puts its points.
"""

import numpy as np
import shapely
from numba import njit

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, densify
from geo.ellipsoid import FloatArray, geodesic_distance_m
from geo.grids.cells import Cells, cells_of_points, get_edge_m, outline_cells
from geo.grids.lattice import find_clear_places
from geo.grids.overlaps import gather_outlines
from geo.grids.overlay import EDGE_TOLERANCE_M, Pieces
from geo.grids.plane import TURN_M, densify_in_plane, get_edges, to_lonlat, unwrap

__all__ = ["cut_lines"]

_CLEARANCE, _CLEARANCE_M = 1e-4, 0.02
"""So far from the edges of H3's cells places lie inside the cells that geodesics bound: parts of an edge, and [m]."""

_REACH = 0.45
"""Edges of lines are cut to this part of an average edge of a cell, so that none passes over a whole cell."""


def cut_lines(lines: GeometryArray, resolution: int) -> tuple[Pieces, FloatArray]:
    """Pieces of lines (no multi-parts) in the cells that they pass, and the lines' lengths.

    Parameters
    ----------
    lines : ndarray of shapely.LineString, shape (n,)
        In longitude and latitude, edges narrower than 180°. [°]
    resolution : int

    Returns
    -------
    pieces : Pieces
        Measured in m; none for lines without length.
    length_m : ndarray, shape (n,)
        Along geodesics from vertex to vertex: what the pieces have to add up to.
    """
    lon_lat, line = shapely.get_coordinates(lines, return_index=True)
    start = get_edges(line)
    edge_m = geodesic_distance_m(*lon_lat[start].T, *lon_lat[start + 1].T)
    length_m = np.bincount(line[start], weights=edge_m, minlength=len(lines)).astype(np.float64)
    lon_lat, line = densify(lon_lat, line, _REACH * get_edge_m(resolution))
    xy_m, line = densify_in_plane(lon_lat, line, np.full(len(lines), EDGE_TOLERANCE_M))
    start = get_edges(line)
    edge, begin, end = _lay_out(*_find_crossings(xy_m, start, resolution), len(start))
    first_m, last_m = xy_m[start[edge]], xy_m[start[edge] + 1]
    begin_m, end_m = ((1.0 - at[:, None]) * first_m + at[:, None] * last_m for at in (begin, end))
    piece_m = geodesic_distance_m(*to_lonlat(begin_m).T, *to_lonlat(end_m).T)
    kept = np.flatnonzero(piece_m > 0.0)
    middle_m = (begin_m[kept] + end_m[kept]) / 2.0
    cell = _find_cells(middle_m, resolution)
    return Pieces(line[start[edge[kept]]], cell, piece_m[kept], to_lonlat(middle_m)), length_m


def _find_cells(xy_m: FloatArray, resolution: int) -> Cells:
    lon, lat = to_lonlat(xy_m).T
    return cells_of_points(unwrap(lon, 0.0), lat, resolution)


def _find_crossings(xy_m: FloatArray, start: IntArray, resolution: int) -> tuple[IntArray, FloatArray]:
    """Edges that cross edges of cells, and where on them, from 0 to 1; those in the middle of a cell are passed over.

    An edge as short as here leaves its first cell, or enters its last one, wherever it crosses anything.
    """
    lon, lat = to_lonlat(xy_m).T
    lon = unwrap(lon, 0.0)
    cells = cells_of_points(lon, lat, resolution)
    is_clear = find_clear_places(lon, lat, resolution, _CLEARANCE * get_edge_m(resolution) + _CLEARANCE_M)
    inside = (cells[start] == cells[start + 1]) & is_clear[start] & is_clear[start + 1]
    crossing = np.flatnonzero(~inside)
    first = start[crossing]
    known, code = np.unique(np.concatenate([cells[first], cells[first + 1]]), return_inverse=True)
    outlines = gather_outlines(outline_cells(known).draw())
    ends = np.concatenate([xy_m[first], xy_m[first + 1]], axis=1)
    row, place = _cross(np.tile(ends, (2, 1)), outlines.edge, outlines.first, code)
    return np.tile(crossing, 2)[row], place


@njit(cache=True, nogil=True)
def _cross(
    ends: FloatArray, outline: FloatArray, first: IntArray, code: IntArray
) -> tuple[IntArray, FloatArray]:  # pragma: no cover  # compiled
    """Which edges cross the outline of their cell, and where on them; those that run along it do not."""
    rows, places = [0 for _ in range(0)], [0.0 for _ in range(0)]
    for row in range(len(ends)):
        x, y, dx, dy = ends[row, 0], ends[row, 1], ends[row, 2] - ends[row, 0], ends[row, 3] - ends[row, 1]
        for corner in range(first[code[row]], first[code[row] + 1]):
            u, v, u_2, v_2 = outline[corner]
            du, dv = u_2 - u, v_2 - v
            to_x, to_y = u - x, v - y
            to_x -= TURN_M * np.round(to_x / TURN_M)
            across = dx * dv - dy * du
            if across == 0.0:
                continue
            place, along = (to_x * dv - to_y * du) / across, (to_x * dy - to_y * dx) / across
            if 0.0 < place < 1.0 and 0.0 <= along <= 1.0:
                rows.append(row)
                places.append(place)
    return np.array(rows, dtype=np.int64), np.array(places, dtype=np.float64)


def _lay_out(edge: IntArray, place: FloatArray, count: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """Pieces between crossings, in the order of the edges: edge, begin and end from 0 to 1."""
    edges = np.arange(count)
    all_edges = np.concatenate([edges, edge, edges])
    places = np.concatenate([np.zeros(count), place, np.ones(count)])
    order = np.lexsort((places, all_edges))
    all_edges, places = all_edges[order], places[order]
    inner = all_edges[1:] == all_edges[:-1]
    return all_edges[:-1][inner], places[:-1][inner], places[1:][inner]
