"""What a cell is made of: the objects in it, their shares, and how they add up to it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from geo.errors import OutOfRangeError
from geo.grids.cells import cell_area_km2, get_parents, get_resolutions
from geo.grids.shares import Shares
from geo.grids.sums import sum_groups
from geo.grids.tables import check_weights

__all__ = ["Explanation", "explain_cell"]


@dataclass(frozen=True)
class Explanation:
    """A cell and the objects in it.

    Attributes
    ----------
    cell : int
    area_km2 : float
    mass : float
        Sum of the objects' mass; 0 with no object or objects of no weight.
    density : float
        Mass per km².
    objects : pandas.DataFrame
        One row per object with a share, the heaviest first: ``row`` (position of the object), ``share`` (of the object,
        in the cell), ``weight`` (of the whole object), ``mass`` (share times weight), ``part`` (of the cell's mass; NaN
        where that is 0). Those with no weight are in it.
    """

    cell: int
    area_km2: float
    mass: float
    density: float
    objects: pd.DataFrame


def explain_cell(shares: Shares, weights: ArrayLike, cell: int, *, signed: bool = False) -> Explanation:
    """Find the objects that make up a cell of the grid's resolution or a coarser one.

    Parameters
    ----------
    shares : Shares
        Of n objects, those from which the grid was made.
    weights : array_like, shape (n,)
    cell : int
        H3 cell, at most as fine as the shares.
    signed : bool
        Weights may be below 0.

    Raises
    ------
    OutOfRangeError
        If the cell is finer than the shares, or a weight is negative or no number.
    """
    given = check_weights(weights, len(shares.residual), signed=signed)
    wanted = np.array([cell], dtype=np.uint64)
    resolution = int(get_resolutions(wanted)[0])
    if resolution > shares.resolution:
        raise OutOfRangeError(
            f"cell {cell:x} of resolution {resolution} is finer than the grid, of {shares.resolution}",
            zh=f"单元 {cell:x} 的分辨率 {resolution} 比网格（{shares.resolution}）更细",
        )
    inside = np.flatnonzero(get_parents(shares.cell, resolution) == wanted[0])
    row, code = np.unique(shares.row[inside], return_inverse=True)
    share = sum_groups(code, shares.share[inside], len(row))
    mass = sum_groups(code, shares.share[inside] * given[shares.row[inside]], len(row))
    total = float(
        sum_groups(np.zeros(len(inside), np.int64), shares.share[inside] * given[shares.row[inside]], 1)[0]
    )
    area_km2 = float(cell_area_km2(wanted)[0])
    part = mass / total if total != 0.0 else np.full(len(row), np.nan)
    objects = pd.DataFrame({"row": row, "share": share, "weight": given[row], "mass": mass, "part": part})
    objects = objects.sort_values(["mass", "row"], ascending=[False, True], ignore_index=True)
    return Explanation(int(cell), area_km2, total, total / area_km2, objects)
