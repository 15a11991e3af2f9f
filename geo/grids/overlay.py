"""Polygons laid over cells: which part of each lies in which cell.

All of it happens in the equal-area plane of :mod:`geo.grids.plane`. A cell that a polygon's outline touches is cut with
it; one that it does not touch lies wholly inside or wholly outside, and its own area stands in for the cut.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import shapely
from h3ronpy.vector import wkb_to_cells
from numpy.typing import NDArray

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, expand_ranges
from geo.ellipsoid import FloatArray
from geo.grids.cells import (
    Cells,
    cell_area_km2,
    cell_centres,
    cells_of_points,
    find_neighbours,
    get_edge_m,
    outline_cells,
)
from geo.grids.lattice import Hexagons, find_hexagons
from geo.grids.overlaps import Outlines, gather_arcs, gather_outlines, measure_outlines, measure_overlaps
from geo.grids.plane import (
    PIECE_M,
    TURN_M,
    Rings,
    cut_edges,
    measure_polygons,
    read_rings,
    to_lonlat,
    to_plane,
    unwrap,
)

__all__ = ["EDGE_TOLERANCE_M", "Pieces", "cut_polygons", "find_cells_along", "join_pieces"]

_AREA_TOLERANCE = 5e-7
"""How far the area of a drawn polygon may lie off the geodesic one: half of what the shares may."""

EDGE_TOLERANCE_M = 1e-4
"""How far the edges of drawn objects may lie off the geodesics. [m]"""

_MAX_REFINEMENTS = 7
"""Each halves the pieces of edges. Areas that still differ after so many do by the rounding of coordinates."""

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
    if not polygons.size:
        return Pieces(np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0), np.empty((0, 2))), np.empty(
            0
        )
    rings = read_rings(polygons)
    area_m2 = measure_polygons(rings)
    hexagons = _find_hexagons(rings, resolution)
    part, cell = hexagons.part, hexagons.cell
    # An outline that touches no other cell than the one lies in it, and all that it surrounds.
    is_inside = np.bincount(part, minlength=len(polygons)) == 1
    alone = is_inside[part]
    inside = Pieces(part[alone], cell[alone], area_m2[is_inside], _get_centres(rings.select(is_inside)))
    number = np.cumsum(~is_inside) - 1
    rest = np.flatnonzero(~is_inside)
    touched = replace(
        hexagons,
        part=number[part[~alone]],
        cell=cell[~alone],
        inner_part=number[hexagons.inner_part],
        is_found=hexagons.is_found[rest],
    )
    cut = _cut_rest(*_draw(rings.select(~is_inside), area_m2[rest]), touched, resolution)
    return join_pieces([inside, replace(cut, part=rest[cut.part])]), area_m2


def _find_hexagons(rings: Rings, resolution: int) -> Hexagons:
    lon_lat, ring = cut_edges(rings.vertex, rings.ring, PIECE_M)
    return find_hexagons(lon_lat, ring, rings.polygon[ring], rings.count, resolution)


def _get_centres(rings: Rings) -> FloatArray:
    """Centres of polygons in longitude and latitude, found in the plane."""
    flat = replace(rings, vertex=to_plane(rings.vertex))
    return to_lonlat(measure_outlines(gather_outlines(flat))[1])


def _cut_rest(drawn: Rings, mine: Outlines, hexagons: Hexagons, resolution: int) -> Pieces:
    """Pieces of drawn polygons, and their edges, that touch several cells."""
    lost = np.flatnonzero(~hexagons.is_found)
    (lost_part, lost_cell), (far_part, far_cell) = _find_lost(drawn.select(~hexagons.is_found), resolution)
    edge_part = np.concatenate([hexagons.part, lost[lost_part]])
    edge_cell = np.concatenate([hexagons.cell, lost_cell])
    inner_part = np.concatenate([hexagons.inner_part, lost[far_part]])
    inner_cell = np.concatenate([hexagons.inner_cell, far_cell])
    cells, code = np.unique(edge_cell, return_inverse=True)
    theirs = gather_arcs(outline_cells(cells))
    off_m = mine.find_middles()[edge_part] - theirs.chords.find_middles()[code]
    area, centre = measure_overlaps(mine, theirs, edge_part, code, TURN_M * np.round(off_m / TURN_M))
    met = np.flatnonzero(area > 0.0)
    return Pieces(
        np.concatenate([edge_part[met], inner_part]),
        np.concatenate([edge_cell[met], inner_cell]),
        np.concatenate([area[met], cell_area_km2(inner_cell) * 1e6]),
        np.concatenate([to_lonlat(centre[met]), cell_centres(inner_cell)]),
    )


def _draw(rings: Rings, area_m2: FloatArray) -> tuple[Rings, Outlines]:
    """Polygons in the plane and their edges, with points put in until edges and areas are those of geodesics."""
    tolerance_m = np.full(len(area_m2), EDGE_TOLERANCE_M)
    drawn = rings.draw(tolerance_m)
    outlines = gather_outlines(drawn)
    for _ in range(_MAX_REFINEMENTS):
        drawn_m2, _ = measure_outlines(outlines)
        is_off = np.abs(drawn_m2 - area_m2) > _AREA_TOLERANCE * area_m2
        if not is_off.any():
            break
        tolerance_m[is_off] /= 4.0
        drawn = _exchange(drawn, is_off, rings.select(is_off).draw(tolerance_m[is_off]))
        outlines = gather_outlines(drawn)
    return drawn, outlines


def _exchange(drawn: Rings, chosen: NDArray[np.bool_], better: Rings) -> Rings:
    """Polygons with some of them in the place of the former ones."""
    kept = ~chosen[drawn.polygon][drawn.ring]
    new_ring = np.flatnonzero(chosen[drawn.polygon])[better.ring]
    ring = np.concatenate([drawn.ring[kept], new_ring])
    order = np.argsort(ring, kind="stable")
    vertex = np.concatenate([drawn.vertex[kept], better.vertex])[order]
    return replace(drawn, vertex=vertex, ring=ring[order])


def _find_lost(drawn: Rings, resolution: int) -> tuple[tuple[IntArray, Cells], tuple[IntArray, Cells]]:
    """Pairs of polygon and cell that its outline touches, or that it holds, of those not found on the lattice."""
    if not drawn.count:
        none = np.empty(0, np.int64), np.empty(0, np.uint64)
        return none, none
    part, cell = _find_cells_at_outline(drawn.build(), resolution)
    return (part, cell), _find_inner_cells(drawn, resolution, part, cell)


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
    drawn: Rings, resolution: int, edge_part: IntArray, edge_cell: Cells
) -> tuple[IntArray, Cells]:
    """Pairs of polygon and cell: cells whose centre it holds and whose outline its own does not touch."""
    lon_lat = replace(drawn, vertex=to_lonlat(drawn.vertex)).build()
    found = pa.array(wkb_to_cells(shapely.to_wkb(lon_lat).tolist(), resolution))
    part = np.repeat(np.arange(drawn.count), found.value_lengths().to_numpy())
    cell = found.values.to_numpy().astype(np.uint64)
    known, code = np.unique(np.concatenate([edge_cell, cell]), return_inverse=True)
    key = np.concatenate([edge_part, part]) * len(known) + code
    inner = ~np.isin(key[len(edge_part) :], key[: len(edge_part)])
    return part[inner], cell[inner]
