"""Blind spots (数据盲区): where the register lacks data, or holds data that are old or imprecise.

A field counts as needed where a rule that covers the facility asks for it and its finding was left open for want of it
(``needs`` of the findings); every other figure is counted in the layers themselves.
"""

import re
from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import JSON, Connection, case, func, select, type_coerce

from layers.catalog import LAYERS
from layers.register.areas import WHOLE, prefix_of
from layers.register.conclusions import FINDINGS
from layers.register.lists import Choice, wanted_findings
from layers.store import Store
from layers.store.reading import current
from layers.store.schema import layer_table

__all__ = ["IMPRECISE_M", "list_gaps"]

IMPRECISE_M = 100.0
"""An accuracy above this is too coarse for limits of some hundred metres. [m]"""

_NEEDS_LISTED = 40
_OF_TARGET = re.compile(r"^(\w+)/.+\.([a-z]\w*)$")


def list_gaps(store: Store, adcode: str = WHOLE) -> dict[str, Any]:
    """Return where data are missing, old or imprecise in an area.

    Parameters
    ----------
    store : Store
    adcode : str
        Division code; layers are counted by the code of their features, so that in a smaller area those without one
        are not counted.

    Returns
    -------
    dict
        ``layers``: for each layer that people fill ``layer``, ``count``, ``accuracy_unknown``, ``imprecise`` (worse
        than `IMPRECISE_M`), ``accuracy_max_m``, ``without_adcode``, ``without_geometry``, ``oldest``, ``newest`` (ISO),
        ``illustrative`` and ``surveys`` (declarations that the layer is complete somewhere); ``needs``: what open
        findings ask for, as in the findings' own ``needs``, with the number of ``findings`` and of ``facilities``
        of that ``layer``; most facilities first.
    """
    names = tuple(layer.slug for layer in LAYERS.values() if not layer.computed)
    key = ("gaps", adcode, store.data_version(names))

    def find() -> dict[str, Any]:
        surveys = Counter(store.read("coverage", columns=["surveyed_layer"])["surveyed_layer"])
        layers = [
            {**store.ask(partial(_count_gaps, slug=slug, adcode=adcode)), "surveys": surveys.get(slug, 0)}
            for slug in names
        ]
        return {"layers": layers, "needs": store.ask(partial(_open_needs, adcode=adcode))}

    return store.remember("findings", key, find)


def _count_gaps(connection: Connection, slug: str, adcode: str) -> dict[str, Any]:
    table, prefix = layer_table(slug), prefix_of(adcode)
    c = table.c

    def number(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        func.count().label("count"),
        number(c.accuracy_m.is_(None)).label("accuracy_unknown"),
        number(c.accuracy_m > IMPRECISE_M).label("imprecise"),
        func.max(c.accuracy_m).label("accuracy_max_m"),
        number(c.adcode.is_(None)).label("without_adcode"),
        number(c.geom.is_(None)).label("without_geometry"),
        func.min(c.valid_from).label("oldest"),
        func.max(c.valid_from).label("newest"),
        number(c.source == "illustrative").label("illustrative"),
    ).where(current(table), *([c.adcode.startswith(prefix)] if prefix else []))
    row = dict(connection.execute(query).mappings().one())
    return {"layer": slug, **{name: _published(value) for name, value in row.items()}}


def _open_needs(connection: Connection, adcode: str) -> list[dict[str, Any]]:
    """Return what the open findings of an area ask for, by the layer of the facility; most facilities first."""
    c = FINDINGS.c
    query = select(c.subject_layer, c.subject_id, type_coerce(c.finding, JSON)["needs"]).where(
        *wanted_findings(Choice(area=adcode, list="undecidable"))
    )
    findings: Counter[tuple[str, str]] = Counter()
    facilities: dict[tuple[str, str], set[str]] = {}
    for layer, id, needs in connection.execute(query):
        for need in {_of_layer(need) for need in needs or ()}:
            findings[layer, need] += 1
            facilities.setdefault((layer, need), set()).add(id)
    needs = [
        {"layer": layer, "need": need, "findings": number, "facilities": len(facilities[layer, need])}
        for (layer, need), number in findings.items()
    ]
    return sorted(needs, key=lambda one: (-one["facilities"], -one["findings"], one["layer"], one["need"]))[
        :_NEEDS_LISTED
    ]


def _of_layer(need: str) -> str:
    """Return a need with the layer of a target in place of the one target."""
    return _OF_TARGET.sub(r"layer \1.\2", need)


def _published(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
