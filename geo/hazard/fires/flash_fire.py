"""Flash fire: a cloud burns off where it can burn, and its heat reaches no farther."""

from geo.errors import OutOfRangeError
from geo.hazard.tables import Table

__all__ = ["flash_fire_limit_kg_m3"]


def flash_fire_limit_kg_m3(lfl_kg_m3: float, fires: Table) -> float:
    """Concentration at and above which everybody dies when the cloud burns, and nobody below it.

    Parameters
    ----------
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
    .. [1] AQ/T 3046-2013, annex E.
    """
    if not lfl_kg_m3 > 0:
        raise OutOfRangeError(
            f"lower flammable limit {lfl_kg_m3} kg/m3 is not above 0", f"爆炸下限 {lfl_kg_m3} kg/m3 应大于 0"
        )
    return fires["flash_fire/lfl_share"].number * lfl_kg_m3
