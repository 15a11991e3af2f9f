"""How the findings of an area have developed: counted as they stood at each recorded audit."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from layers.register.areas import prefix_of
from layers.register.conclusions import FINDINGS, LISTS, list_of, that_count
from layers.siting.audits import AUDITED_LAYERS
from layers.store import Store
from layers.store.reading import current
from layers.store.schema import RUNS, layer_table

__all__ = ["MOST_AUDITS", "list_trend"]

MOST_AUDITS = 24
"""Audits that a trend goes back."""


def list_trend(store: Store, adcode: str) -> list[dict[str, Any]]:
    """Return the number of findings in each list at the latest audits, the oldest first.

    Findings keep their versions, so that a former audit is counted as it was; facilities count where they lie now.

    Parameters
    ----------
    store : Store
    adcode : str
        Division code, or `areas.WHOLE`.

    Returns
    -------
    list of dict
        ``run``, ``checked_on`` (ISO day of the decision), ``recorded_at`` (ISO) and ``findings`` (by word of `LISTS`);
        at most `MOST_AUDITS`.

    Raises
    ------
    NotFoundError
        If this is no division code.
    """
    prefix = prefix_of(adcode)
    name = (
        "trend",
        adcode,
        store.data_version(AUDITED_LAYERS),
        getattr(store.latest_run("audit"), "id", None),
    )
    return store.remember("findings", name, lambda: store.ask(partial(_trend, prefix=prefix)))


def _trend(connection: Connection, prefix: str) -> list[dict[str, Any]]:
    c = RUNS.c
    query = (
        select(c.id, c.checked_on, c.created_at)
        .where(c.kind == "audit")
        .order_by(c.fid.desc())
        .limit(MOST_AUDITS)
    )
    return [
        {
            "run": run.id,
            "checked_on": run.checked_on.isoformat(),
            "recorded_at": run.created_at.isoformat(),
            "findings": _count(connection, run.created_at, prefix),
        }
        for run in reversed(connection.execute(query).all())
    ]


def _count(connection: Connection, moment: datetime, prefix: str) -> dict[str, int]:
    f = FINDINGS.c
    stood = and_(f.valid_from <= moment, or_(f.valid_to.is_(None), f.valid_to > moment))
    place = list_of().label("place")
    wanted = [that_count(), stood, *([_in_area(prefix)] if prefix else [])]
    found = connection.execute(select(place, func.count()).where(*wanted).group_by(place))
    numbers: dict[int, int] = {row[0]: row[1] for row in found}
    return {word: numbers.get(index, 0) for index, word in enumerate(LISTS)}


def _in_area(prefix: str) -> ColumnElement[bool]:
    f, parts = FINDINGS.c, []
    for layer in AUDITED_LAYERS:
        t = layer_table(layer)
        lies = select(1).where(t.c.id == f.subject_id, current(t), t.c.adcode.startswith(prefix))
        parts.append(and_(f.subject_layer == layer, exists(lies)))
    return or_(*parts)
