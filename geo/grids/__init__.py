"""Grids of H3 cells that conserve what they count.

The way from objects to a grid, each step a function on arrays::

    shares = find_shares(geometries, 8)             # which part of which object lies in which cell
    grid = make_grid(shares, weights)               # h3, h3_hex, area_km2, mass, density
"""

from geo.grids.cells import (
    cell_area_km2,
    cell_centres,
    cell_names,
    cell_polygons,
    cells_of_points,
    find_neighbours,
    get_parents,
    get_resolutions,
)
from geo.grids.shares import MAX_SHARES, Shares, estimate_shares, find_shares
from geo.grids.sums import sum_groups
from geo.grids.tables import describe_cells, make_grid

__all__ = [
    "MAX_SHARES",
    "Shares",
    "cell_area_km2",
    "cell_centres",
    "cell_names",
    "cell_polygons",
    "cells_of_points",
    "describe_cells",
    "estimate_shares",
    "find_neighbours",
    "find_shares",
    "get_parents",
    "get_resolutions",
    "make_grid",
    "sum_groups",
]
