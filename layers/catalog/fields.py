"""Short ways of writing a field of a layer, and the geometries that a layer may hold.

Units stand in the names of the fields.
"""

from collections.abc import Callable
from typing import Any

from layers.model import Field, FieldType, GeometryKind

__all__ = [
    "LINE",
    "LINE_OR_POLYGON",
    "POINT",
    "POINT_OR_POLYGON",
    "POLYGON",
    "count",
    "day",
    "flag",
    "json",
    "number",
    "text",
]

POINT = (GeometryKind.POINT,)
LINE = (GeometryKind.LINE,)
POLYGON = (GeometryKind.POLYGON,)
POINT_OR_POLYGON = (GeometryKind.POINT, GeometryKind.POLYGON)
LINE_OR_POLYGON = (GeometryKind.LINE, GeometryKind.POLYGON)


def text(name: str, zh: str, en: str, *aliases: str, choices: tuple[str, ...] = ()) -> Field:
    """Return a field of text: any, or one word of `choices`."""
    return Field(name, FieldType.TEXT, zh, en, aliases=aliases, choices=choices)


def number(name: str, zh: str, en: str, unit: str, *aliases: str, minimum: float | None = 0.0) -> Field:
    """Return a field of a quantity in `unit`, at least `minimum`; ``None`` where any number goes."""
    return Field(name, FieldType.NUMBER, zh, en, unit=unit, aliases=aliases, minimum=minimum)


def count(name: str, zh: str, en: str, *aliases: str, unit: str | None = None) -> Field:
    """Return a field of a whole number from 0."""
    return Field(name, FieldType.INTEGER, zh, en, unit=unit, aliases=aliases, minimum=0)


def day(name: str, zh: str, en: str, *aliases: str) -> Field:
    """Return a field of a calendar date."""
    return Field(name, FieldType.DATE, zh, en, aliases=aliases)


def flag(name: str, zh: str, en: str, *aliases: str) -> Field:
    """Return a field of yes or no."""
    return Field(name, FieldType.BOOLEAN, zh, en, aliases=aliases)


def json(name: str, zh: str, en: str, check: Callable[[Any], str | None] | None = None) -> Field:
    """Return a field of lists and objects; `check` says what is wrong with a value."""
    return Field(name, FieldType.JSON, zh, en, check=check)
