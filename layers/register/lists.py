"""Findings and facilities of the register as lists to work through, filtered, sorted and paged by the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import shapely
from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all

from geo.errors import OutOfRangeError
from layers.register.areas import prefix_of
from layers.register.conclusions import (
    CONCLUSIONS,
    FINDINGS,
    LISTS,
    counts,
    kind_of,
    list_of,
    worst_findings,
)
from layers.register.tally import conclusion_of, in_area, tally_facilities, tally_findings
from layers.siting.audits import AUDITED_LAYERS
from layers.siting.checks import subjects_of
from layers.store import Store
from layers.store.reading import current
from layers.store.schema import layer_table
from layers.store.values import check_text

__all__ = [
    "SORTS",
    "Choice",
    "count_facilities",
    "count_findings",
    "describe_subjects",
    "page_facilities",
    "page_findings",
    "wanted_findings",
]

SORTS: Final = ("margin", "name", "rule")
"""Orders of a list of findings: metres missing (most first), name of the facility, rule."""


@dataclass(frozen=True)
class Choice:
    """Which findings or facilities are asked for; None leaves a choice open.

    Attributes
    ----------
    area : str
        Division code, or `areas.WHOLE`.
    layer, kind, rule : str or None
        Layer and kind (`layers.words.KINDS`) of the facility; rule of the finding.
    list : str or None
        A word of `LISTS`, for findings.
    conclusion : str or None
        A word of `CONCLUSIONS`, for facilities.
    """

    area: str = "all"
    layer: str | None = None
    kind: str | None = None
    rule: str | None = None
    list: str | None = None
    conclusion: str | None = None

    def __post_init__(self) -> None:
        """Refuse words that are not known."""
        for value, known in (
            (self.list, LISTS),
            (self.conclusion, CONCLUSIONS),
            (self.layer, AUDITED_LAYERS),
        ):
            if value is not None and value not in known:
                raise OutOfRangeError(
                    f"{value!r} is none of: {', '.join(known)}",
                    zh=f"“{value}”不在可选项中：{'、'.join(known)}",
                )

    @property
    def layers(self) -> Sequence[str]:
        """The layers that are looked at."""
        return AUDITED_LAYERS if self.layer is None else (self.layer,)


def page_findings(
    store: Store, choice: Choice, *, sort: str = "margin", limit: int | None = None, offset: int = 0
) -> gpd.GeoDataFrame:
    """Return one page of the findings of a choice, as features of the layer ``findings``, in the order of the list.

    Raises
    ------
    OutOfRangeError
        If there is no such order.
    """
    c = FINDINGS.c
    orders: Mapping[str, ColumnElement[Any]] = {
        "margin": c.margin_m.asc().nulls_last(),
        "name": c.name.asc().nulls_last(),
        "rule": c.rule.asc(),
    }
    if sort not in orders:
        raise OutOfRangeError(
            f"sort {sort!r} is none of: {', '.join(SORTS)}",
            zh=f"排序“{sort}”不可用；可用：{'、'.join(SORTS)}",
        )
    query = (
        select(c.id)
        .where(*wanted_findings(choice))
        .order_by(orders[sort], c.margin_m.asc().nulls_last(), c.id)
        .limit(limit)
        .offset(offset or None)
    )
    ids = store.ask(lambda connection: list(connection.scalars(query)))
    frame = store.read("findings", ids=ids)
    place = {id: number for number, id in enumerate(ids)}
    return frame.iloc[frame["id"].map(place).argsort().to_numpy()].reset_index(drop=True)


def count_findings(store: Store, choice: Choice) -> dict[str, Any]:
    """Return how many findings a choice holds, and how many each other choice would hold.

    Returns
    -------
    dict
        ``lists`` (all of `LISTS`, whatever list is chosen), and ``kind``, ``rule`` and ``layer``: for each of their
        values the number within everything else that is chosen.
    """
    tally = in_area(tally_findings(store), choice.area)
    chosen = {"list": choice.list, "kind": choice.kind, "rule": choice.rule, "layer": choice.layer}

    def number_by(name: str) -> dict[str, int]:
        rows = tally
        for other, value in chosen.items():
            if other != name and value is not None:
                rows = rows[rows[other] == value]
        return {str(key): int(number) for key, number in rows.groupby(name)["number"].sum().items()}

    lists = number_by("list")
    return {
        "lists": {name: lists.get(name, 0) for name in LISTS},
        **{name: number_by(name) for name in ("kind", "rule", "layer")},
    }


def page_facilities(store: Store, choice: Choice, *, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    """Return one page of the facilities of a choice, the worst first, then by the metres missing.

    Returns
    -------
    list of dict
        ``layer``, ``id``, ``name``, ``adcode``, ``kind``, ``conclusion``, ``legacy`` and ``margin_m``.
    """
    audited = store.latest_run("audit")

    def of_layer(layer: str) -> Select[Any]:
        table, worst = layer_table(layer), worst_findings(layer)
        place = conclusion_of(layer, worst.c.worst, audited)
        wanted = [current(table), *_lies(table, layer, choice)]
        if choice.conclusion is not None:
            wanted.append(place == CONCLUSIONS.index(choice.conclusion))
        return (
            select(
                literal(layer).label("layer"),
                table.c.id.label("id"),
                table.c.name.label("name"),
                table.c.adcode.label("adcode"),
                kind_of(layer).label("kind"),
                place.label("place"),
                func.coalesce(worst.c.legacy, 0).label("legacy"),
                worst.c.margin_m.label("margin_m"),
            )
            .select_from(table.outerjoin(worst, worst.c.subject_id == table.c.id))
            .where(*wanted)
        )

    every = union_all(*(of_layer(layer) for layer in choice.layers)).subquery()
    query = (
        select(every)
        .order_by(every.c.place, every.c.margin_m.asc().nulls_last(), every.c.layer, every.c.id)
        .limit(limit)
        .offset(offset or None)
    )
    rows = store.ask(lambda connection: [dict(row) for row in connection.execute(query).mappings()])
    return [
        {**row, "conclusion": CONCLUSIONS[place], "legacy": bool(row["legacy"])}
        for row in rows
        for place in (row.pop("place"),)
    ]


def count_facilities(store: Store, choice: Choice) -> int:
    """Return how many facilities a choice holds."""
    rows = in_area(tally_facilities(store), choice.area)
    for name in ("layer", "kind", "conclusion"):
        value = getattr(choice, name)
        if value is not None:
            rows = rows[rows[name] == value]
    return int(rows["number"].sum())


def describe_subjects(store: Store, findings: gpd.GeoDataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """Return ``adcode``, ``kind``, ``lon`` and ``lat`` (a point inside) of the facilities of some findings.

    Keys are layer and id; what is missing is None.
    """
    subjects: dict[tuple[str, str], dict[str, Any]] = {}
    for layer, ids in findings.groupby("subject_layer")["subject_id"]:
        frame = store.read(str(layer), ids=sorted(set(ids)))
        kinds = subjects_of(str(layer), frame).set_index("id")["kind"]
        points = shapely.get_coordinates(frame.geometry.representative_point().to_numpy())
        there = ~(frame.geometry.isna() | frame.geometry.is_empty)
        places = dict(zip(frame["id"][there], points.tolist(), strict=True))
        for id, adcode in zip(frame["id"], frame["adcode"], strict=True):
            lon, lat = places.get(id, (None, None))
            subjects[str(layer), id] = {"adcode": adcode, "kind": kinds.get(id), "lon": lon, "lat": lat}
    return subjects


def wanted_findings(choice: Choice) -> list[ColumnElement[bool]]:
    """Return the conditions for the findings of a choice."""
    c = FINDINGS.c
    wanted: list[ColumnElement[bool]] = [counts()]
    if choice.list is not None:
        wanted.append(list_of() == LISTS.index(choice.list))
    if choice.rule is not None:
        wanted.append(c.rule == check_text(choice.rule))
    if choice.layer is not None:
        wanted.append(c.subject_layer == choice.layer)
    if choice.kind is not None or prefix_of(choice.area):
        wanted.append(or_(*(_subject_lies(layer, choice) for layer in choice.layers)))
    return wanted


def _subject_lies(layer: str, choice: Choice) -> ColumnElement[bool]:
    """Return whether the facility of a finding, of that layer, is one of a choice: one look into an index each."""
    table, c = layer_table(layer), FINDINGS.c
    found = exists(select(1).where(table.c.id == c.subject_id, current(table), *_lies(table, layer, choice)))
    return and_(c.subject_layer == layer, found)


def _lies(table: Any, layer: str, choice: Choice) -> list[ColumnElement[bool]]:
    prefix = prefix_of(choice.area)
    lies: list[ColumnElement[bool]] = [table.c.adcode.startswith(prefix)] if prefix else []
    if choice.kind is not None:
        lies.append(kind_of(layer) == check_text(choice.kind))
    return lies
