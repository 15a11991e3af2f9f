"""What findings and facilities amount to, said in queries: the same four answers as `geo.rules.finding.conclude`.

An undecided finding counts as the worse of its two sides (docs/decisions/008).
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, case, func, literal, or_, select

from layers.catalog import get_layer
from layers.siting.audits import AUDITED_LAYERS
from layers.store.reading import current
from layers.store.schema import layer_table
from layers.words import MINE_KINDS

__all__ = [
    "CONCLUSIONS",
    "FINDINGS",
    "LISTS",
    "counts",
    "kind_of",
    "list_of",
    "that_count",
    "worst_findings",
]

LISTS: Final = ("pass", "conditional", "legacy", "undecidable", "fail")
"""Lists of findings, the worst last; a finding stands in one of them, by its place here."""

CONCLUSIONS: Final = ("fail", "undecidable", "conditional", "pass", "unchecked")
"""Answers about a facility, worst first; ``unchecked`` where no check has looked at it as it stands now."""

FINDINGS = layer_table("findings")

_OPEN = ("depends_on_bank_line", "insufficient_data")
_DUE = ("conditional", "permit_needed", "legacy_rectify")


def list_of() -> ColumnElement[int]:
    """Return the place in `LISTS` of a finding."""
    c = FINDINGS.c
    decided = func.coalesce(c.decided, False)

    def says(words: tuple[str, ...]) -> ColumnElement[bool]:
        return or_(c.verdict.in_(words), and_(decided.is_(False), func.coalesce(c.crossed, "").in_(words)))

    return case(
        (says(_OPEN), _place("undecidable")),
        (and_(decided.is_(True), c.verdict == "prohibited"), _place("fail")),
        (says(("prohibited",)), _place("undecidable")),
        (c.verdict == "legacy_rectify", _place("legacy")),
        (says(_DUE), _place("conditional")),
        else_=_place("pass"),
    )


def _place(name: str) -> ColumnElement[int]:
    return literal(LISTS.index(name))


def counts() -> ColumnElement[bool]:
    """Return whether a finding counts now: a current one about a facility, of a rule that is more than advice."""
    return and_(current(FINDINGS), that_count())


def that_count() -> ColumnElement[bool]:
    """Return whether a finding, of whatever time, is about a facility and of a rule that is more than advice."""
    c = FINDINGS.c
    return and_(
        c.subject_layer.in_(AUDITED_LAYERS),
        func.coalesce(c.advisory, False).is_(False),
        c.verdict != "not_in_force",
    )


def worst_findings(layer: str) -> FromClause:
    """Return the worst place in `LISTS` and the least margin of each facility of a layer that has findings.

    Columns are ``subject_id``, ``worst``, ``legacy`` (1 where something is to be rectified) and ``margin_m``, the least
    margin of a violation or of something to rectify.
    """
    c, place = FINDINGS.c, list_of()
    stands = place.in_((LISTS.index("fail"), LISTS.index("legacy")))
    return (
        select(
            c.subject_id,
            func.max(place).label("worst"),
            func.max(case((place == LISTS.index("legacy"), 1), else_=0)).label("legacy"),
            func.min(case((stands, c.margin_m))).label("margin_m"),
        )
        .where(counts(), c.subject_layer == layer)
        .group_by(c.subject_id)
        .subquery()
    )


def kind_of(layer: str) -> ColumnElement[Any]:
    """Return the word of `layers.words.KINDS` of a facility of a layer; null where it is unknown."""
    description, table = get_layer(layer), layer_table(layer)
    if description.kind is not None:
        return literal(description.kind)
    if layer == "mines":
        return case(MINE_KINDS, value=table.c.mine_kind)
    return table.c["kind"] if "kind" in table.c else literal(None)
