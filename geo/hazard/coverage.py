"""How much of a cell lies above a limit: steps in space without the stairs of the grid."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["cover_above"]

_FLOOR = 1e-3
"""Values below this share of the limit count as this share, so that a cloud's edge has a finite slope. Numerical."""


def cover_above(field: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Share of each cell in which a positive field is at or above a limit, 0 to 1.

    The field is taken to change evenly, in logarithms, over a cell: halfway between two nodes of which one lies
    inside and the other outside, the share tells where between them the limit runs. A cell whose neighbours are as
    high as itself is whole at the limit itself.

    Parameters
    ----------
    field : ndarray, shape (n, m)
        Of which a cell is the surroundings of a node. NaN counts as 0; infinity as inside.
    limit : float
        Above 0.
    """
    value = np.log(np.clip(np.nan_to_num(field, nan=0.0, posinf=np.inf) / limit, _FLOOR, 1.0 / _FLOOR))
    slope = sum(
        (np.abs(np.gradient(value, axis=axis)) for axis in (0, 1) if value.shape[axis] > 1),
        np.zeros(value.shape),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(slope > 0, value / slope + 0.5, np.where(value >= 0, 1.0, 0.0))
    return np.clip(share, 0.0, 1.0)
