"""Lines laid over cells: cut where they cross the edges of cells, each piece in the cell of its middle.

A line along an edge is so counted once, in one of the cells on its sides or partly in both, as H3 puts its points.
"""

import numpy as np
import shapely

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, densify, expand_ranges
from geo.ellipsoid import FloatArray, geodesic_distance_m
from geo.grids.cells import Cells, cells_of_points, draw_cells, get_edge_m
from geo.grids.overlay import EDGE_TOLERANCE_M, Pieces
from geo.grids.plane import TURN_M, bring_near, densify_in_plane, get_edges, to_lonlat, unwrap

__all__ = ["cut_lines"]

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
    edge, begin, end = _lay_out(*_find_crossings(xy_m, start, _find_cells(xy_m, resolution)), len(start))
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


def _find_crossings(xy_m: FloatArray, start: IntArray, cells: Cells) -> tuple[IntArray, FloatArray]:
    """Edges that cross edges of cells, and where on them, from 0 to 1; those in the middle of a cell are passed over.

    An edge as short as here leaves its first cell, or enters its last one, wherever it crosses anything.
    """
    known, code = np.unique(cells, return_inverse=True)
    outlines = draw_cells(known)
    ends = np.stack([xy_m[start], xy_m[start + 1]], axis=1)
    drawn = bring_near(
        np.asarray(shapely.linestrings(ends)), shapely.get_x(shapely.centroid(outlines))[code[start]]
    )
    shapely.prepare(outlines)
    inside = (cells[start] == cells[start + 1]) & shapely.contains_properly(outlines[code[start]], drawn)
    crossing = np.flatnonzero(~inside)
    pairs = [_cross(ends[crossing], outlines, code[start[crossing] + side]) for side in (0, 1)]
    return (
        np.concatenate([crossing[pair] for pair, _ in pairs]),
        np.concatenate([place for _, place in pairs]),
    )


def _cross(ends: FloatArray, outlines: GeometryArray, code: IntArray) -> tuple[IntArray, FloatArray]:
    """Which edges cross the outline of their cell, and where on them; those that run along it do not."""
    corners, outline = shapely.get_coordinates(outlines, return_index=True)
    first = np.searchsorted(outline, np.arange(len(outlines) + 1))
    row, corner = expand_ranges(first[code], first[code + 1] - 1)
    origin, span = ends[row, 0], ends[row, 1] - ends[row, 0]
    border = corners[corner + 1] - corners[corner]
    to_corner = corners[corner] - origin
    to_corner[:, 0] -= TURN_M * np.round(to_corner[:, 0] / TURN_M)
    across = _wedge(span, border)
    with np.errstate(divide="ignore", invalid="ignore"):
        place = _wedge(to_corner, border) / across
        along = _wedge(to_corner, span) / across
    hit = (place > 0.0) & (place < 1.0) & (along >= 0.0) & (along <= 1.0)
    return row[hit], place[hit]


def _wedge(u: FloatArray, v: FloatArray) -> FloatArray:
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def _lay_out(edge: IntArray, place: FloatArray, count: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """Pieces between crossings, in the order of the edges: edge, begin and end from 0 to 1."""
    edges = np.arange(count)
    all_edges = np.concatenate([edges, edge, edges])
    places = np.concatenate([np.zeros(count), place, np.ones(count)])
    order = np.lexsort((places, all_edges))
    all_edges, places = all_edges[order], places[order]
    inner = all_edges[1:] == all_edges[:-1]
    return all_edges[:-1][inner], places[:-1][inner], places[1:][inner]
