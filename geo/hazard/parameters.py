"""Numbers that a computation rests on, each with its source and standing."""

from dataclasses import dataclass

from geo.standing import Standing

__all__ = ["Parameter"]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One row of a parameter table.

    Attributes
    ----------
    table, key : str
        Together they name the row, for example ``leak_frequencies``, ``pressure_vessel/small``.
    value : float or str
    unit : str
        Of the value; empty for words and pure numbers.
    standard, clause : str
        Where the row comes from; ``clause`` also names the table or equation.
    source : str
        Where it was read.
    standing : Standing
    note : str
    overridden_by, reason : str or None
        Author and reason of a user's override; the shipped row is then ``shipped``.
    shipped : Parameter, optional
        The row that an override stands in for.
    """

    table: str
    key: str
    value: float | str
    unit: str
    standard: str
    clause: str
    source: str
    standing: Standing
    note: str = ""
    overridden_by: str | None = None
    reason: str | None = None
    shipped: "Parameter | None" = None
