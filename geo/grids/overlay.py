"""Polygons laid over cells: which part of each lies in which cell.

All of it happens in the equal-area plane of :mod:`geo.grids.plane`. A cell that a polygon's outline touches is cut with
it; one that it does not touch lies wholly inside or wholly outside, and its own area stands in for the cut.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from h3ronpy.vector import wkb_to_cells

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, expand_ranges
from geo.ellipsoid import FloatArray
from geo.grids.cells import Cells, cells_of_points, draw_cells, find_neighbours, get_edge_m
from geo.grids.plane import bring_near, draw_polygons, polygon_areas_m2, to_lonlat, unwrap

__all__ = ["EDGE_TOLERANCE_M", "Pieces", "cut_polygons", "find_cells_along", "join_pieces"]

_AREA_TOLERANCE = 5e-7
"""How far the area of a drawn polygon may lie off the geodesic one: half of what the shares may."""

EDGE_TOLERANCE_M = 1e-4
"""How far the edges of drawn objects may lie off the geodesics. [m]"""

_MAX_REFINEMENTS = 7
"""Each halves the pieces of edges. Areas that still differ after so many do by the rounding of coordinates."""

_MAX_VERTICES = 256
_REACH = 0.45
"""Samples along an outline lie this part of an average edge apart: less than the shortest edge of any cell."""


@dataclass(frozen=True)
class Pieces:
    """Pieces of geometries, each in one cell.

    Attributes
    ----------
    part : ndarray of int64
        Which geometry it is of.
    cell : ndarray of uint64
    measure : ndarray of float64
        Area [m²], length [m] or number of points.
    lon_lat : ndarray, shape (n, 2)
        Where it lies: its centre. [°]
    """

    part: IntArray
    cell: Cells
    measure: FloatArray
    lon_lat: FloatArray


def join_pieces(pieces: list[Pieces]) -> Pieces:
    """All pieces one after the other."""
    columns = zip(*((p.part, p.cell, p.measure, p.lon_lat) for p in pieces), strict=True)
    return Pieces(*(np.concatenate(column) for column in columns))


def cut_polygons(polygons: GeometryArray, resolution: int) -> tuple[Pieces, FloatArray]:
    """Pieces of valid polygons (no multi-parts) in the cells that they overlap, and the polygons' areas.

    Parameters
    ----------
    polygons : ndarray of shapely.Polygon, shape (n,)
        In longitude and latitude, narrower than 180°. [°]
    resolution : int

    Returns
    -------
    pieces : Pieces
        Measured in m².
    area_m2 : ndarray, shape (n,)
        With geodesic edges, from the outlines alone: what the pieces have to add up to.
    """
    area_m2 = polygon_areas_m2(polygons)
    drawn, part = _split(_draw(polygons, area_m2), 2.0 * get_edge_m(resolution))
    edge_part, edge_cell = _find_cells_at_outline(drawn, resolution)
    inner_part, inner_cell = _find_inner_cells(drawn, resolution, edge_part, edge_cell)
    cells, code = np.unique(np.concatenate([edge_cell, inner_cell]), return_inverse=True)
    outlines = draw_cells(cells)
    edge_code, inner_code = code[: len(edge_cell)], code[len(edge_cell) :]
    row, area, centre = _cut(drawn[edge_part], outlines[edge_code])
    found = Pieces(
        np.concatenate([part[edge_part[row]], part[inner_part]]),
        np.concatenate([edge_cell[row], inner_cell]),
        np.concatenate([area, shapely.area(outlines)[inner_code]]),
        to_lonlat(np.concatenate([centre, _get_centres(outlines)[inner_code]])),
    )
    return found, area_m2


def _draw(polygons: GeometryArray, area_m2: FloatArray) -> GeometryArray:
    """Polygons in the plane, with points put in until edges and areas are those of geodesics."""
    tolerance_m = np.full(len(polygons), EDGE_TOLERANCE_M)
    drawn = draw_polygons(polygons, tolerance_m)
    for _ in range(_MAX_REFINEMENTS):
        off = np.flatnonzero(np.abs(shapely.area(drawn) - area_m2) > _AREA_TOLERANCE * area_m2)
        if not off.size:
            break
        tolerance_m[off] /= 4.0
        drawn[off] = draw_polygons(polygons[off], tolerance_m[off])
    return drawn


def _split(drawn: GeometryArray, small_m: float) -> tuple[GeometryArray, IntArray]:
    """Polygons with many vertices halved until each has few, and which polygon each is of."""
    part = np.arange(len(drawn))
    while True:
        west, south, east, north = shapely.bounds(drawn).reshape(-1, 4).T
        is_large = np.maximum(east - west, north - south) > small_m
        large = np.flatnonzero((shapely.get_num_coordinates(drawn) > _MAX_VERTICES) & is_large)
        if not large.size:
            return drawn, part
        w, s, e, n = (side[large] for side in (west, south, east, north))
        is_wide = e - w > n - s
        x, y = np.where(is_wide, (w + e) / 2.0, e), np.where(is_wide, n, (s + n) / 2.0)
        halves = [
            shapely.intersection(drawn[large], shapely.box(w, s, x, y)),
            shapely.intersection(
                drawn[large], shapely.box(np.where(is_wide, x, w), np.where(is_wide, s, y), e, n)
            ),
        ]
        pieces, index = shapely.get_parts(np.concatenate(halves), return_index=True)
        is_area = shapely.get_dimensions(pieces) == 2
        kept = np.setdiff1d(np.arange(len(drawn)), large)
        drawn = np.concatenate([drawn[kept], pieces[is_area]])
        part = np.concatenate([part[kept], np.tile(part[large], 2)[index[is_area]]])


def _find_cells_at_outline(drawn: GeometryArray, resolution: int) -> tuple[IntArray, Cells]:
    """Pairs of polygon and cell, among them every cell that the polygon's outline touches."""
    lat = to_lonlat(np.column_stack([np.zeros(len(drawn)), _get_farthest_y(drawn)]))[:, 1]
    stretch = np.cos(np.radians(lat)) / np.cos(np.radians(30.0))
    spacing_m = _REACH * get_edge_m(resolution) * np.minimum(stretch, 1.0 / stretch)
    xy, part = shapely.get_coordinates(shapely.segmentize(drawn, spacing_m), return_index=True)
    lon, lat = to_lonlat(xy).T
    return find_cells_along(part, unwrap(lon, 0.0), lat, resolution)


def _get_farthest_y(drawn: GeometryArray) -> FloatArray:
    return np.asarray(np.abs(shapely.bounds(drawn).reshape(-1, 4)[:, [1, 3]]).max(axis=1, initial=0.0))


def find_cells_along(
    part: IntArray, lon: FloatArray, lat: FloatArray, resolution: int
) -> tuple[IntArray, Cells]:
    """Pairs of part and cell, in order and without repetition: cells of samples, and the cells beside those.

    With samples less than the shortest edge of a cell apart, every cell that the parts touch is there.
    """
    cells = cells_of_points(lon, lat, resolution)
    new = np.append(True, (cells[1:] != cells[:-1]) | (part[1:] != part[:-1]))[: len(cells)]
    own, code = np.unique(cells[new], return_inverse=True)
    owner, neighbour = find_neighbours(own, 1)
    count = np.bincount(owner, minlength=len(own))
    stop = np.cumsum(count)
    pair, position = expand_ranges(stop[code] - count[code], stop[code])
    known, number = np.unique(neighbour, return_inverse=True)
    key = np.unique(part[new][pair] * len(known) + number[position])
    return key // max(len(known), 1), known[key % max(len(known), 1)]


def _find_inner_cells(
    drawn: GeometryArray, resolution: int, edge_part: IntArray, edge_cell: Cells
) -> tuple[IntArray, Cells]:
    """Pairs of polygon and cell: cells whose centre it holds and whose outline its own does not touch."""
    smallest_m2 = 0.5 * get_edge_m(resolution) ** 2
    large = np.flatnonzero(shapely.area(drawn) > smallest_m2)
    lon_lat = shapely.transform(drawn[large], to_lonlat)
    found = pa.array(wkb_to_cells(shapely.to_wkb(lon_lat).tolist(), resolution))
    part = np.repeat(large, found.value_lengths().to_numpy())
    cell = found.values.to_numpy().astype(np.uint64)
    known, code = np.unique(np.concatenate([edge_cell, cell]), return_inverse=True)
    key = np.concatenate([edge_part, part]) * len(known) + code
    inner = ~np.isin(key[len(edge_part) :], key[: len(edge_part)])
    return part[inner], cell[inner]


def _cut(drawn: GeometryArray, outlines: GeometryArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Areas and centres of the overlaps of polygons and cells, pair by pair; pairs that do not overlap are left out."""
    mine = shapely.bounds(drawn).reshape(-1, 4)
    outlines = bring_near(outlines, (mine[:, 0] + mine[:, 2]) / 2.0)
    theirs = shapely.bounds(outlines).reshape(-1, 4)
    meet = ((mine[:, :2] <= theirs[:, 2:]) & (theirs[:, :2] <= mine[:, 2:])).all(axis=1)
    row = np.flatnonzero(meet)
    shapely.prepare(drawn)
    shapely.prepare(outlines)
    row = row[shapely.intersects(drawn[row], outlines[row])]
    pieces = drawn[row]
    whole = shapely.contains_properly(outlines[row], pieces)
    full = ~whole & shapely.contains_properly(pieces, outlines[row])
    pieces[full] = outlines[row[full]]
    cut = ~whole & ~full
    pieces[cut] = shapely.intersection(pieces[cut], outlines[row[cut]])
    area_m2 = shapely.area(pieces)
    kept = area_m2 > 0.0
    return row[kept], area_m2[kept], _get_centres(pieces[kept])


def _get_centres(geometries: GeometryArray) -> FloatArray:
    return np.asarray(shapely.get_coordinates(shapely.centroid(geometries)))
