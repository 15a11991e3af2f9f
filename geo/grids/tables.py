"""Shares of objects times their weights, summed on cells: mass, density and counts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.grids.cells import Cells, cell_area_km2, cell_names
from geo.grids.shares import Shares
from geo.grids.sums import sum_groups

__all__ = ["check_weights", "describe_cells", "fill_grid", "make_grid"]


def make_grid(
    shares: Shares,
    weights: ArrayLike,
    marks: Mapping[str, ArrayLike] | None = None,
    *,
    signed: bool = False,
) -> pd.DataFrame:
    """Weight of objects on the cells that hold any, and per square kilometre.

    Parameters
    ----------
    shares : Shares
        Of n objects.
    weights : array_like, shape (n,)
        Not negative, in any unit; a weight of 0 makes a cell of mass 0, not of no object.
    marks : mapping of str to array_like of bool, shape (n,), optional
        Counts to come along: column, and which objects count in it.
    signed : bool
        Weights may be below 0.

    Returns
    -------
    pandas.DataFrame
        One row per cell, ascending by ``h3``: ``h3`` (uint64), ``h3_hex``, ``area_km2``, ``mass`` (sum of shares times
        weights, independent of the order of the objects), ``density`` (mass per km²), and for each mark the number of
        marked objects with a share in the cell (int64). No objects give no rows.

    Raises
    ------
    OutOfRangeError
        If a weight is negative or no number, or there are not as many as objects.
    """
    given = check_weights(weights, len(shares.residual), signed=signed)
    cells, code = np.unique(shares.cell, return_inverse=True)
    frame = describe_cells(cells)
    frame["mass"] = sum_groups(code, shares.share * given[shares.row], len(cells))
    frame["density"] = frame["mass"] / frame["area_km2"]
    for name, marked in (marks or {}).items():
        frame[name] = _count(code, np.asarray(marked, dtype=bool)[shares.row], len(cells))
    return frame


def describe_cells(cells: Cells) -> pd.DataFrame:
    """Table of cells with their names and areas: ``h3``, ``h3_hex``, ``area_km2``."""
    names = pd.array(cell_names(cells), dtype="str")
    return pd.DataFrame({"h3": cells, "h3_hex": names, "area_km2": cell_area_km2(cells)})


def fill_grid(grid: pd.DataFrame, cells: Cells, is_covered: ArrayLike) -> pd.DataFrame:
    """Complete a grid by the cells in which it has nothing, and tell nothing from zero and from unknown.

    Parameters
    ----------
    grid : pandas.DataFrame
        From :func:`make_grid`.
    cells : ndarray of uint64, shape (n,)
        The area asked for; those of the grid need not be among them.
    is_covered : array_like of bool, shape (n,)
        Whether the layers that the grid is made of have data there.

    Returns
    -------
    pandas.DataFrame
        The cells of both, ascending by ``h3``, the columns of the grid and ``state``: ``value``; ``zero`` (objects, but
        of no weight); ``no_object`` (mass, density and counts 0); ``missing`` (no data: mass and density NaN, counts
        missing).
    """
    new, first = np.unique(cells, return_index=True)
    absent = ~np.isin(new, grid["h3"].to_numpy())
    covered = np.asarray(is_covered, dtype=bool)[first][absent]
    counts = grid.columns[grid.dtypes == np.int64]
    known = grid.astype(dict.fromkeys(counts, "Int64"))
    more = describe_cells(new[absent])
    for name in known.columns.difference(list(more), sort=False):
        more[name] = pd.Series(0, index=more.index).where(covered).astype(known[name].dtype)
    full = pd.concat([known, more], ignore_index=True)
    state = [np.where(grid["mass"] > 0.0, "value", "zero"), np.where(covered, "no_object", "missing")]
    full["state"] = pd.array(np.concatenate(state), dtype="str")
    return full.sort_values("h3", ignore_index=True)


def check_weights(weights: ArrayLike, count: int, *, signed: bool = False) -> FloatArray:
    """Weights of objects as an array; only `signed` ones may be below 0.

    Raises
    ------
    OutOfRangeError
        If one is negative and may not be, or no number, or there are not `count` of them.
    """
    given = np.asarray(weights, dtype=float)
    if given.shape != (count,):
        raise OutOfRangeError(
            f"{count} geometries but weights of shape {given.shape}",
            zh=f"几何有 {count} 个，权重的形状却为 {given.shape}",
        )
    wrong = np.flatnonzero(~(np.isfinite(given) & (signed | (given >= 0))))
    if wrong.size:
        raise OutOfRangeError(
            f"row {wrong[0]}: weight {given[wrong[0]]} is negative or not a number",
            zh=f"第 {wrong[0]} 行：权重 {given[wrong[0]]} 为负或不是数字",
        )
    return given


def _count(group: IntArray, marked: ArrayLike, count: int) -> IntArray:
    return np.bincount(group[np.asarray(marked)], minlength=count).astype(np.int64)
