"""Grids of coarser cells from finer ones, by H3 parentage.

A parent's mass is the exact sum of its children's. On the ground a parent does not cover its children exactly: seven
hexagons do not make one, up to a seventh of what a child holds may lie outside its parent's outline. The mass of a
parent is that of its children, its density is that mass over the parent's own area; the sums of whole grids agree
exactly, single cells agree with a grid computed at the parent's resolution only about.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.grids.cells import Cells, get_parents, get_resolutions
from geo.grids.overlay import Pieces
from geo.grids.shares import Shares, merge_pieces
from geo.grids.sums import sum_groups
from geo.grids.tables import describe_cells

__all__ = ["build_pyramid", "lift_shares", "roll_up"]


def build_pyramid(
    grid: pd.DataFrame, resolutions: Iterable[int], *, sums: Sequence[str] = ("mass",), worst: str = "density"
) -> dict[int, pd.DataFrame]:
    """Grids of coarser resolutions, each made of the next finer one of them.

    Parameters
    ----------
    grid : pandas.DataFrame
        Of one resolution, from :func:`geo.grids.make_grid`.
    resolutions : iterable of int
        Coarser than the grid's.
    sums, worst
        See :func:`roll_up`.

    Returns
    -------
    dict of int to pandas.DataFrame
        By resolution, finest first.
    """
    levels = {}
    for resolution in sorted(resolutions, reverse=True):
        grid = levels[resolution] = roll_up(grid, resolution, sums=sums, worst=worst)
    return levels


def roll_up(
    grid: pd.DataFrame, resolution: int, *, sums: Sequence[str] = ("mass",), worst: str = "density"
) -> pd.DataFrame:
    """Sum cells up to their parents, and keep the worst child beside the mean.

    Parameters
    ----------
    grid : pandas.DataFrame
        Of one resolution: ``h3``, the columns of `sums`, and `worst` or what a former call made of it.
    resolution : int
        That of the parents.
    sums : sequence of str
        Columns to add up; ``mass`` is one of them. Counts of objects are none: an object may be in two children.
        Missing values (NaN) are left out; a parent of nothing but missing ones is missing.
    worst : str
        Column of which the greatest of all descendants is kept.

    Returns
    -------
    pandas.DataFrame
        One row per parent, ascending by ``h3``: ``h3``, ``h3_hex``, ``area_km2``, `sums`, ``density``,
        ``worst_<worst>``, ``worst_h3`` (uint64; the cell it is of, the first of equal ones, 0 where all are missing),
        ``missing_children`` (int64; children of the grid without data).

    Raises
    ------
    OutOfRangeError
        If the resolution is finer than the grid's.
    """
    own = grid["h3"].to_numpy(dtype=np.uint64)
    if own.size and (get_resolutions(own) < resolution).any():
        raise OutOfRangeError(
            f"a grid of resolution {get_resolutions(own).min()} cannot be rolled up to {resolution}",
            zh=f"分辨率 {get_resolutions(own).min()} 的网格不能汇总到 {resolution}",
        )
    parents, code = np.unique(get_parents(own, resolution), return_inverse=True)
    frame = describe_cells(parents)
    for name in sums:
        frame[name] = _add_present(code, grid[name].to_numpy(dtype=float), len(parents))
    frame["density"] = frame["mass"] / frame["area_km2"]
    kept = f"worst_{worst}"
    value = grid[kept if kept in grid else worst].to_numpy(dtype=float)
    cell = grid["worst_h3"].to_numpy(dtype=np.uint64) if "worst_h3" in grid else own
    frame[kept], frame["worst_h3"] = _find_worst(code, value, cell, len(parents))
    missing = np.isnan(grid["mass"].to_numpy(dtype=float))
    frame["missing_children"] = np.bincount(code[missing], minlength=len(parents)).astype(np.int64)
    return frame


def _add_present(group: IntArray, value: FloatArray, count: int) -> FloatArray:
    present = ~np.isnan(value)
    total = sum_groups(group[present], value[present], count)
    total[np.bincount(group[present], minlength=count) == 0] = np.nan
    return total


def _find_worst(group: IntArray, value: FloatArray, cell: Cells, count: int) -> tuple[FloatArray, Cells]:
    present = np.flatnonzero(~np.isnan(value))
    order = present[np.lexsort((cell[present], -value[present], group[present]))]
    chosen, first = np.unique(group[order], return_index=True)
    greatest, place = np.full(count, np.nan), np.zeros(count, dtype=np.uint64)
    greatest[chosen], place[chosen] = value[order[first]], cell[order[first]]
    return greatest, place


def lift_shares(shares: Shares, resolution: int) -> Shares:
    """Shares of objects in the ancestors of their cells: who is in a parent, each object once."""
    parents = get_parents(shares.cell, resolution)
    return merge_pieces(
        Pieces(shares.row, parents, shares.share, shares.lon_lat), shares.residual, resolution
    )
