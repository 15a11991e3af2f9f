"""What all findings of a facility amount to, as the mark that the map draws it with."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import JSON, Connection, case, func, select, true, type_coerce

from layers.register.conclusions import FINDINGS, LISTS, counts, list_of
from layers.siting.audits import AUDITED_LAYERS
from layers.store import Store
from layers.words import VERDICTS

__all__ = ["Mark", "list_marks", "read_marks"]

Bounds = tuple[float, float, float, float]

_PLACES = {word: place for place, word in enumerate(VERDICTS)}


class Mark(NamedTuple):
    """The worst finding of a facility."""

    verdict: str
    decided: bool
    crossed: str | None
    """Verdict on the other side of the doubt."""
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
    order = (list_of().desc(), case(_PLACES, value=c.verdict, else_=len(_PLACES)), c.rule)
    ranked = (
        select(
            c.subject_id,
            c.verdict,
            func.coalesce(c.decided, False).label("decided"),
            type_coerce(c.finding, JSON)["if_crossed"].as_string().label("crossed"),
            list_of().label("list"),
            func.row_number().over(partition_by=c.subject_id, order_by=order).label("rank"),
        )
        .where(counts(), c.subject_layer == layer, true() if ids is None else c.subject_id.in_(ids))
        .subquery()
    )
    rows = connection.execute(select(ranked).where(ranked.c.rank == 1).order_by(ranked.c.subject_id))
    known: dict[Mark, Mark] = {}
    found = {}
    for row in rows:
        mark = Mark(row.verdict, bool(row.decided), row.crossed, LISTS[row.list])
        found[row.subject_id] = known.setdefault(mark, mark)
    return found
