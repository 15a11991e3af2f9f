"""Grids computed in parts: by the coarse H3 cell that is the ancestor of their cells.

A partition owns the cells that descend from its coarse cell. It is given every object that may have a share in one of
them, those of the neighbouring partitions among them as far as kernel and overlap reach (the halo), computes their
shares in full and keeps the ones in its own cells. As shares depend on their object alone and sums not on the order,
its cells come out the same to the last bit as in a grid computed at once.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from geo.crs import GeometryArray
from geo.distance.pieces import IntArray, expand_ranges
from geo.grids.cells import Cells, check_resolution, find_neighbours, get_edge_m, get_parents
from geo.grids.shares import MAX_SHARES, Shares, find_shares
from geo.grids.spread import FARTHEST_CORNER, NEAREST_RING, spread_shares
from geo.grids.tables import make_grid

__all__ = ["assign_partitions", "compute_partition", "share_partition"]

_LEVELS = 4
"""The halo is made of cells so many levels finer than the partition's: a fiftieth as wide."""


def assign_partitions(
    geometries: GeometryArray, partition_resolution: int, resolution: int, bandwidth_m: float | None = None
) -> tuple[IntArray, Cells]:
    """Partitions that each object has to be given to: all in which it has a share, and few more.

    Parameters
    ----------
    geometries : ndarray of shapely geometries
        In CGCS2000. [°]
    partition_resolution, resolution : int
        Of the coarse cells and of the grid.
    bandwidth_m : float, optional
        That of the kernel. [m]

    Returns
    -------
    row : ndarray of int64
        Positions of objects, ascending, one for each partition that an object goes to.
    partition : ndarray of uint64
        The coarse cells.
    """
    check_resolution(partition_resolution)
    level = min(resolution, partition_resolution + _LEVELS)
    shares = find_shares(geometries, level)
    # From the centre of a cell of the halo to a piece of the object in it, from there to the centre of a cell of the
    # grid that the kernel reaches, from that to the centre of its ancestor in the halo (whose descendants stick out).
    corner_m = FARTHEST_CORNER * get_edge_m(level)
    # That is 1 corner at one end and 1.5 at the other: descendants stick out by less than half of one.
    reach_m = 2.5 * corner_m + 2.0 * FARTHEST_CORNER * get_edge_m(resolution) + (bandwidth_m or 0.0)
    own, code = np.unique(shares.cell, return_inverse=True)
    rings = int(np.ceil(reach_m / (NEAREST_RING * get_edge_m(level))))
    owner, ancestor = _find_ancestors(own, rings, partition_resolution, level - partition_resolution)
    partitions, coarse = np.unique(ancestor, return_inverse=True)
    met, coarse = _pair(owner, coarse, len(partitions))
    first = np.searchsorted(met, np.arange(len(own) + 1))
    share, position = expand_ranges(first[code], first[code + 1])
    row, coarse = _pair(shares.row[share], coarse[position], len(partitions))
    return row, partitions[coarse]


def _find_ancestors(own: Cells, rings: int, resolution: int, levels: int) -> tuple[IntArray, Cells]:
    """Ancestors of cells, so many levels coarser, and of all cells around: position of the cell, and ancestor.

    What descends from one ancestor hangs together: it is met on the outermost rings, unless there is so little of it
    that it may lie within.
    """
    is_few = 3 * rings * (rings + 1) + 1 >= 5 * 7**levels // 6
    owner, neighbour = find_neighbours(own, rings, nearest=0 if is_few else rings - 1)
    parent, others = get_parents(own, resolution), get_parents(neighbour, resolution)
    differing = others != parent[owner]
    return np.append(np.arange(len(own)), owner[differing]), np.append(parent, others[differing])


def _pair(first: IntArray, second: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Pairs of numbers, the second below a count, in order and each once."""
    key = np.unique(first * max(count, 1) + second)
    return key // max(count, 1), key % max(count, 1)


def compute_partition(
    geometries: GeometryArray,
    weights: ArrayLike,
    partition: int,
    resolution: int,
    *,
    bandwidth_m: float | None = None,
    marks: Mapping[str, ArrayLike] | None = None,
    limit: int = MAX_SHARES,
) -> pd.DataFrame:
    """Compute the cells of a grid that descend from a coarse cell.

    Parameters
    ----------
    geometries : ndarray of shapely geometries, shape (n,)
        All that :func:`assign_partitions` gives to the partition, in any order; others do no harm. [°]
    weights : array_like, shape (n,)
    partition : int
        The coarse cell.
    resolution : int
    bandwidth_m : float, optional
        Spread by :func:`geo.grids.spread_shares`; not spread without. [m]
    marks, limit
        See :func:`geo.grids.make_grid` and :func:`geo.grids.find_shares`.

    Returns
    -------
    pandas.DataFrame
        As from :func:`geo.grids.make_grid`.
    """
    shares = share_partition(geometries, partition, resolution, bandwidth_m=bandwidth_m, limit=limit)
    return make_grid(shares, weights, marks)


def share_partition(
    geometries: GeometryArray,
    partition: int,
    resolution: int,
    *,
    bandwidth_m: float | None = None,
    limit: int = MAX_SHARES,
) -> Shares:
    """Shares of objects in the cells that descend from a coarse cell; see :func:`compute_partition`."""
    shares = find_shares(geometries, resolution, limit=limit)
    if bandwidth_m is not None:
        shares = spread_shares(shares, bandwidth_m, limit=limit)
    coarse = int(partition) >> 52 & 15
    return shares.select(get_parents(shares.cell, coarse) == np.uint64(partition))
