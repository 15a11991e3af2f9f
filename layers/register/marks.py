"""What all findings of a facility amount to, as the mark that the map draws it with."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select, true

from layers.register.conclusions import FINDINGS, LISTS, counts, list_of
from layers.siting.audits import AUDITED_LAYERS
from layers.store import Store
from layers.words import VERDICTS

__all__ = ["Mark", "list_marks", "read_marks"]

Bounds = tuple[float, float, float, float]

_WORDS = tuple(VERDICTS)
_PLACES = {word: place for place, word in enumerate(_WORDS)}
_BASE = len(VERDICTS) + 2
"""More than a verdict, or none, and whether it is decided can be."""


class Mark(NamedTuple):
    """The worst finding of a facility."""

    verdict: str
    decided: bool
    crossed: str | None
    """Verdict on the other side of the doubt, where it is not decided."""
    list: str
    """Word of `layers.register.conclusions.LISTS`."""

    @property
    def text(self) -> str:
        """The verdict; where it is not decided, a question mark and the verdict on the other side follow."""
        return self.verdict if self.decided else f"{self.verdict}?{self.crossed or ''}"

    @property
    def rank(self) -> tuple[int, int, str]:
        """Sorts marks, the worst first."""
        return -LISTS.index(self.list), _PLACES.get(self.verdict, len(_PLACES)), self.text


def list_marks(
    store: Store, layers: Collection[str], bounds: Bounds | None, limit: int
) -> dict[str, dict[str, tuple[str, bool, str | None]]]:
    """Return the worst finding of each facility in view, by layer and id; facilities without findings have none.

    Told are its verdict, whether it is decided, and the verdict on the other side of the doubt.

    Parameters
    ----------
    store : Store
    layers : collection of str
        Those that the map draws one by one; tiles carry the marks themselves (`layers.tiles.vector`). Layers that no
        check looks at have none.
    bounds : tuple of float, optional
        West, south, east, north. [°]
    limit : int
        Most facilities of one layer, the first by id: as many as the map draws.
    """
    marks = {}
    for layer in AUDITED_LAYERS:
        if layer not in layers:
            continue
        ids = store.read(layer, bounds=bounds, columns=["id"], limit=limit)["id"].tolist()
        found = read_marks(store, layer, ids) if ids else {}
        if found:
            marks[layer] = {id: (mark.verdict, mark.decided, mark.crossed) for id, mark in found.items()}
    return marks


def read_marks(store: Store, layer: str, ids: Sequence[str] | None = None) -> dict[str, Mark]:
    """Return the worst finding of some facilities of a layer, by id; default of all that have any."""
    return store.ask(partial(_worst, layer=layer, ids=ids))


def _worst(connection: Connection, layer: str, ids: Sequence[str] | None) -> dict[str, Mark]:
    c = FINDINGS.c
    query = (
        select(c.subject_id, func.min(_rank()))
        .where(counts(), c.subject_layer == layer, true() if ids is None else c.subject_id.in_(ids))
        .group_by(c.subject_id)
        .order_by(c.subject_id)
    )
    marks: dict[int, Mark] = {}
    return {
        id: marks.get(rank) or marks.setdefault(rank, _mark_of(rank))
        for id, rank in connection.execute(query)
    }


def _rank() -> ColumnElement[int]:
    """Return a number for what a finding says, the smaller the worse: so the worst of a facility is a minimum.

    Its digits are the list, the verdict, and whether that is decided or, if not, the verdict across the doubt.
    """
    c = FINDINGS.c
    undecided = case((func.coalesce(c.decided, False), 0), else_=1 + _place_of(c.crossed))
    return ((len(LISTS) - 1 - list_of()) * _BASE + _place_of(c.verdict)) * _BASE + undecided


def _place_of(verdict: ColumnElement[str]) -> ColumnElement[int]:
    return case(_PLACES, value=verdict, else_=len(VERDICTS))


def _mark_of(rank: int) -> Mark:
    """Return the mark that such a number stands for."""
    rest, undecided = divmod(rank, _BASE)
    worse, place = divmod(rest, _BASE)
    crossed = (None, *_WORDS, None)[undecided]
    return Mark(_WORDS[place], undecided == 0, crossed, LISTS[-1 - worse])
