"""Numbers that a computation rests on, each with its source and standing."""

from dataclasses import dataclass
from hashlib import sha256

from geo.errors import ParameterError
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
    note, note_zh : str
        In English and in Chinese; a user's note stands in both, in the language that it is written in.
    checked_by, checked_on : str
        Who compared it with the printed standard, and when (ISO date); empty: nobody yet.
    attributes : tuple of (str, str)
        Further columns of the table, for example name and CAS number of a substance.
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
    note_zh: str = ""
    checked_by: str = ""
    checked_on: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    overridden_by: str | None = None
    reason: str | None = None
    shipped: "Parameter | None" = None

    @property
    def name(self) -> str:
        """Table and key: what a person overrides or confirms."""
        return f"{self.table}:{self.key}"

    @property
    def number(self) -> float:
        """The value of a row that holds a number.

        Raises
        ------
        ParameterError
            If it holds a word.
        """
        if isinstance(self.value, str):
            raise ParameterError(
                f"{self.name} holds the word {self.value!r} where a number is needed",
                f"{self.name} 是文字 {self.value!r}，此处需要数值",
            )
        return self.value

    @property
    def word(self) -> str:
        """The value of a row that holds a word.

        Raises
        ------
        ParameterError
            If it holds a number.
        """
        if not isinstance(self.value, str):
            raise ParameterError(
                f"{self.name} holds the number {self.value} where a word is needed",
                f"{self.name} 是数值 {self.value}，此处需要文字",
            )
        return self.value

    @property
    def version(self) -> str:
        """Digest of all that the row says: a changed row has another one."""
        return sha256(repr(self).encode()).hexdigest()[:12]  # chosen: digits of a version

    def attribute(self, column: str) -> str:
        """Return what the row says in a further column of its table; empty where it says nothing."""
        return dict(self.attributes)[column]
