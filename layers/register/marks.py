"""What all findings of a facility amount to, as the mark that the map draws it with."""

from functools import partial

from sqlalchemy import JSON, Connection, case, func, select, type_coerce

from layers.audits import AUDITED_LAYERS
from layers.register.conclusions import FINDINGS, counts, list_of
from layers.store import Store
from layers.words import VERDICTS

__all__ = ["list_cut_layers", "list_marks"]

Bounds = tuple[float, float, float, float]
Mark = tuple[str, bool, str | None]
"""Verdict, whether it is decided, and the verdict on the other side of the doubt."""


def list_marks(store: Store, bounds: Bounds | None, limit: int) -> dict[str, dict[str, Mark]]:
    """Return the worst finding of each facility in view, by layer and id; facilities without findings have none.

    Parameters
    ----------
    store : Store
    bounds : tuple of float, optional
        West, south, east, north. [°]
    limit : int
        Most facilities of one layer, the first by id: as many as the map draws one by one.
    """
    marks = {}
    for layer in AUDITED_LAYERS:
        ids = store.read(layer, bounds=bounds, columns=["id"], limit=limit)["id"].tolist()
        found = store.ask(partial(_worst, layer=layer, ids=ids)) if ids else {}
        if found:
            marks[layer] = found
    return marks


def list_cut_layers(store: Store, bounds: Bounds | None, limit: int) -> list[str]:
    """Return the layers with more facilities in view than :func:`list_marks` looks at."""
    return [layer for layer in AUDITED_LAYERS if store.count(layer, bounds=bounds, at_most=limit + 1) > limit]


def _worst(connection: Connection, layer: str, ids: list[str]) -> dict[str, Mark]:
    c = FINDINGS.c
    place = {word: number for number, word in enumerate(VERDICTS)}
    order = (list_of().desc(), case(place, value=c.verdict, else_=len(place)), c.rule)
    ranked = (
        select(
            c.subject_id,
            c.verdict,
            func.coalesce(c.decided, False).label("decided"),
            type_coerce(c.finding, JSON)["if_crossed"].as_string().label("crossed"),
            func.row_number().over(partition_by=c.subject_id, order_by=order).label("rank"),
        )
        .where(counts(), c.subject_layer == layer, c.subject_id.in_(ids))
        .subquery()
    )
    rows = connection.execute(select(ranked).where(ranked.c.rank == 1).order_by(ranked.c.subject_id))
    return {row.subject_id: (row.verdict, bool(row.decided), row.crossed) for row in rows}
