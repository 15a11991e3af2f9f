"""Flash fire: a cloud burns off where it can burn, and its heat reaches no farther."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import OutOfRangeError
from geo.hazard.tables import Table

__all__ = ["is_inside_flash_fire"]


def is_inside_flash_fire(concentration_kg_m3: ArrayLike, lfl_kg_m3: float, fires: Table) -> NDArray[np.bool_]:
    """Return where a cloud burns: at or above the lower flammable limit, or the stated share of it.

    Parameters
    ----------
    concentration_kg_m3 : array_like
        Greatest over time. NaN counts as outside. [kg/m³]
    lfl_kg_m3 : float
        Lower flammable limit at ambient conditions. [kg/m³]
    fires : Table
        ``fires``; ``flash_fire/lfl_share`` is 1, or 0.5 as the cautious option.

    Raises
    ------
    OutOfRangeError
        If the limit is not above 0.

    References
    ----------
    .. [1] AQ/T 3046-2013, annex E: everybody inside dies, nobody outside.
    """
    if not lfl_kg_m3 > 0:
        raise OutOfRangeError(
            f"lower flammable limit {lfl_kg_m3} kg/m3 is not above 0", f"爆炸下限 {lfl_kg_m3} kg/m3 应大于 0"
        )
    return (
        np.asarray(concentration_kg_m3, dtype=np.float64) >= fires["flash_fire/lfl_share"].number * lfl_kg_m3
    )
