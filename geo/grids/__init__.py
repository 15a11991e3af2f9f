"""Grids of H3 cells that conserve what they count.

The way from objects to a grid, each step a function on arrays that knows no file and no database::

    shares = find_shares(geometries, 8)             # which part of which object lies in which cell; adds up to 1 each
    shares = spread_shares(shares, 2_000.0)         # optional: by a quartic kernel of 2 km, adds up to 1 as before
    grid = make_grid(shares, weights,               # h3, h3_hex, area_km2, mass, density and a count for each mark
                     {"facilities": is_facility})

    levels = build_pyramid(grid, range(5, 8))       # coarser grids, the worst descendant beside the sum
    full = fill_grid(grid, cells, is_covered)       # state: value, zero, no_object, missing
    classes = classify(grid["density"], "jenks")    # four colours and their breaks
    test = permute_neighbours(full["h3"].to_numpy(), full["density"])
    spots = find_hotspots(test)                     # and find_clusters(test): the permutations are done once
    told = explain_cell(shares, weights, cell)      # the objects in a cell of this level or a coarser one

A metric is a choice of objects and weights: the count of facilities weighs each 1, a load its R value, kilometres of
pipeline their length. Several metrics of the same objects share one call of :func:`find_shares`. What is a rate, not a
sum (the mean individual risk, say), is the quotient of two grids. People and other values of rasters come from
elsewhere.

Every share depends on its object alone and sums are independent of order, so that a grid computed in parts is the same
to the last bit as one computed at once: :mod:`geo.grids.partition`.

:func:`find_shares` and :func:`spread_shares` refuse before they start what would not fit (:data:`MAX_SHARES`), and
call `progress` as they go; to cancel, raise from it.
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
from geo.grids.classes import COLOURS, Classes, classify
from geo.grids.explain import Explanation, explain_cell
from geo.grids.hotspots import NeighbourTest, find_clusters, find_hotspots, permute_neighbours
from geo.grids.pyramid import build_pyramid, lift_shares, roll_up
from geo.grids.shares import MAX_SHARES, Shares, estimate_shares, find_shares
from geo.grids.spread import spread_shares
from geo.grids.sums import sum_groups
from geo.grids.tables import describe_cells, fill_grid, make_grid

__all__ = [
    "COLOURS",
    "MAX_SHARES",
    "Classes",
    "Explanation",
    "NeighbourTest",
    "Shares",
    "build_pyramid",
    "cell_area_km2",
    "cell_centres",
    "cell_names",
    "cell_polygons",
    "cells_of_points",
    "classify",
    "describe_cells",
    "estimate_shares",
    "explain_cell",
    "fill_grid",
    "find_clusters",
    "find_hotspots",
    "find_neighbours",
    "find_shares",
    "get_parents",
    "get_resolutions",
    "lift_shares",
    "make_grid",
    "permute_neighbours",
    "roll_up",
    "spread_shares",
    "sum_groups",
]
