"""Facilities and findings counted once for each state of the data, at the finest level: every other figure is a sum.

So the numbers of a province are those of its prefectures, and these those of their counties, by construction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select

from layers.register.areas import prefix_of
from layers.register.conclusions import CONCLUSIONS, FINDINGS, LISTS, counts, kind_of, list_of, worst_findings
from layers.siting.audits import AUDITED_LAYERS
from layers.store import Run, Store
from layers.store.reading import current
from layers.store.schema import layer_table

__all__ = ["conclusion_of", "in_area", "latest_check", "tally_facilities", "tally_findings"]


def tally_facilities(store: Store) -> pd.DataFrame:
    """Return how many facilities there are of each layer, kind, division code and conclusion.

    Columns are ``layer``, ``kind``, ``adcode`` (None where missing), ``conclusion`` (a word of `CONCLUSIONS`),
    ``legacy`` (whether something is to be rectified) and ``number``.
    """
    audited = store.latest_run("audit")

    def count(connection: Connection) -> pd.DataFrame:
        rows = [row for layer in AUDITED_LAYERS for row in connection.execute(_count_layer(layer, audited))]
        names = ["layer", "kind", "adcode", "place", "legacy", "number"]
        frame = _frame(rows, names)
        frame["conclusion"] = [CONCLUSIONS[place] for place in frame.pop("place")]
        frame["legacy"] = frame["legacy"].astype(bool)
        return frame

    name = ("facilities", store.data_version(AUDITED_LAYERS), audited and audited.id)
    return store.remember("findings", name, lambda: store.ask(count))


def tally_findings(store: Store) -> pd.DataFrame:
    """Return how many findings there are in each list, by rule, and by layer, kind and division code of the facility.

    Columns are ``list`` (a word of `LISTS`), ``rule``, ``layer``, ``kind``, ``adcode`` and ``number``.
    """

    def count(connection: Connection) -> pd.DataFrame:
        rows = [row for layer in AUDITED_LAYERS for row in connection.execute(_count_findings(layer))]
        names = ["list", "rule", "layer", "kind", "adcode", "number"]
        frame = _frame(rows, names)
        frame["list"] = [LISTS[place] for place in frame["list"]]
        return frame

    name = ("findings", store.data_version(AUDITED_LAYERS))
    return store.remember("findings", name, lambda: store.ask(count))


def in_area(tally: pd.DataFrame, adcode: str) -> pd.DataFrame:
    """Return the rows of a tally that lie in an area; everything for `areas.WHOLE`."""
    prefix = prefix_of(adcode)
    return tally.loc[[(code or "").startswith(prefix) for code in tally["adcode"]]]


def latest_check(store: Store) -> Run | None:
    """Return the audit that was recorded last, else the setback check, else None."""
    return store.latest_run("audit") or store.latest_run("setback")


def conclusion_of(layer: str, worst: ColumnElement[Any], audited: Run | None) -> ColumnElement[int]:
    """Return the place in `CONCLUSIONS` of a facility of a layer, whose worst finding has that place in `LISTS`.

    An audit stores nothing where nothing stands against a facility: it passes then, if the audit saw this version.
    """
    seen: ColumnElement[bool] = literal(False)
    if audited is not None and layer in audited.parameters["layers"]:
        moment = audited.created_at
        assert isinstance(moment, datetime)  # every stored run has one
        seen = layer_table(layer).c.valid_from <= moment
    return case(
        (worst == LISTS.index("fail"), CONCLUSIONS.index("fail")),
        (worst == LISTS.index("undecidable"), CONCLUSIONS.index("undecidable")),
        (worst > 0, CONCLUSIONS.index("conditional")),
        (or_(worst == 0, seen), CONCLUSIONS.index("pass")),
        else_=CONCLUSIONS.index("unchecked"),
    )


def _frame(rows: Sequence[Any], names: Sequence[str]) -> pd.DataFrame:
    """Return rows as a frame in which a missing text is None."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    data = {
        name: pd.Series(list(column), dtype="int64" if name == "number" else object)
        for name, column in zip(names, columns, strict=True)
    }
    return pd.DataFrame(data)


def _count_layer(layer: str, audited: Run | None) -> Select[Any]:
    table, worst = layer_table(layer), worst_findings(layer)
    columns = (
        kind_of(layer).label("kind"),
        table.c.adcode.label("adcode"),
        conclusion_of(layer, worst.c.worst, audited).label("place"),
        func.coalesce(worst.c.legacy, 0).label("legacy"),
    )
    each = (
        select(*columns)
        .select_from(table.outerjoin(worst, worst.c.subject_id == table.c.id))
        .where(current(table))
        .subquery()
    )
    return select(literal(layer), *each.c, func.count()).group_by(*each.c)


def _count_findings(layer: str) -> Select[Any]:
    table, c = layer_table(layer), FINDINGS.c
    each = (
        select(list_of().label("list"), c.rule, kind_of(layer).label("kind"), table.c.adcode.label("adcode"))
        .select_from(FINDINGS.join(table, and_(table.c.id == c.subject_id, current(table))))
        .where(counts(), c.subject_layer == layer)
        .subquery()
    )
    e = each.c
    return select(e["list"], e.rule, literal(layer), e.kind, e.adcode, func.count()).group_by(*e)
