"""What is wrong with one row of a bulk input, as data: the row, the kind, a sentence, the place."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ProblemKind", "RowProblem"]


class ProblemKind(StrEnum):
    """Kinds of problem that the engine finds in geometries."""

    MISSING = "missing"
    EMPTY = "empty"
    WRONG_KIND = "wrong_kind"
    NOT_FINITE = "not_finite"
    ZERO_LENGTH = "zero_length"
    ZERO_AREA = "zero_area"
    INVALID = "invalid"
    NOT_TRANSFORMABLE = "not_transformable"
    OUTSIDE_CHINA = "outside_china"
    SWAPPED_AXES = "swapped_axes"
    WRONG_UNIT = "wrong_unit"
    """Metres labelled as degrees, or degrees labelled as metres."""
    ZONE_PREFIX = "zone_prefix"
    """Zone number in the easting but not in the stated system, or the other way round."""


@dataclass(frozen=True)
class RowProblem:
    """One row that cannot be taken as it is.

    Attributes
    ----------
    row : int
        Position in the input, from 0.
    kind : ProblemKind
    message, zh : str
        What is wrong and what to do, in English and Chinese.
    place : tuple of float or None
        Where in the geometry: longitude and latitude, or the coordinates as given when they have no
        longitude and latitude. [° or unit of the source]
    """

    row: int
    kind: ProblemKind
    message: str
    zh: str
    place: tuple[float, float] | None = None
