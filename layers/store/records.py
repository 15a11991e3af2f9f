"""What a store answers with, besides features."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

__all__ = ["Hit", "LayerSummary", "Run", "WriteResult"]


@dataclass(frozen=True)
class WriteResult:
    """What a write did with the features given to it.

    Attributes
    ----------
    inserted : int
        Features that were not there: first versions, and ids that had been closed.
    superseded : int
        Features whose content changed: a new version took the place of the old one.
    unchanged : int
        Features whose content was there already; nothing was written for them.
    closed : int
        Features that ended because the frame was the whole layer and does not hold them.
    """

    inserted: int
    superseded: int
    unchanged: int
    closed: int = 0


@dataclass(frozen=True)
class Hit:
    """A feature found by name or id.

    ``lon`` and ``lat`` are a point on it, ``None`` without geometry. [°]
    """

    layer: str
    id: str
    name: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class LayerSummary:
    """The current features of a layer in figures.

    Attributes
    ----------
    slug : str
    count : int
    bounds : tuple of float or None
        West, south, east, north; ``None`` when no feature has a geometry. [°]
    newest : datetime or None
        Latest ``valid_from``.
    accuracy_min_m, accuracy_max_m : float or None
        Range of the known accuracies. [m]
    accuracy_unknown : int
        Features whose accuracy is not known.
    illustrative : int
        Features whose source is ``illustrative``.
    digest : str
        See `Store.layer_digest`.
    """

    slug: str
    count: int
    bounds: tuple[float, float, float, float] | None
    newest: datetime | None
    accuracy_min_m: float | None
    accuracy_max_m: float | None
    accuracy_unknown: int
    illustrative: int
    digest: str


@dataclass(frozen=True)
class Run:
    """A run of a check or a grid: what was computed from which content by which code.

    Attributes
    ----------
    id : str
    kind : str
        Such as ``setback``.
    checked_on : date or None
        Day for which rules were applied.
    parameters : dict
    inputs : dict of str to str
        Digest of each layer that was read.
    code_version : str
    result : dict
    created_at : datetime or None
        When it was recorded; the store sets it where it is ``None``.
    """

    id: str
    kind: str
    checked_on: date | None
    parameters: dict[str, Any]
    inputs: dict[str, str]
    code_version: str
    result: dict[str, Any]
    created_at: datetime | None = None
