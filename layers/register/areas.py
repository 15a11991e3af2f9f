"""Administrative areas by their codes (GB/T 2260): which lie in which, what they are called, where they are."""

from typing import NamedTuple

from sqlalchemy import select

from layers.errors import NotFoundError
from layers.store import Store
from layers.store.reading import current
from layers.store.schema import layer_table

__all__ = ["WHOLE", "Area", "area_bounds", "area_names", "find_area", "key_of", "prefix_of"]

WHOLE = "all"
"""Stands for everything that is stored."""

Bounds = tuple[float, float, float, float]

_AREAS = layer_table("admin_areas")


class Area(NamedTuple):
    """An area: its code (`WHOLE` for everything) and its stored name, None where none is stored."""

    adcode: str
    name: str | None


def prefix_of(adcode: str) -> str:
    """Return the digits with which the codes of all that lies in an area begin.

    Raises
    ------
    NotFoundError
        If this is no code of a province, prefecture or county, nor `WHOLE`.
    """
    if adcode == WHOLE:
        return ""
    if len(adcode) != 6 or not (adcode.isascii() and adcode.isdigit()):
        raise NotFoundError(
            f"{adcode!r} is no division code of six digits (GB/T 2260)",
            zh=f"“{adcode}”不是六位行政区划代码（GB/T 2260）",
        )
    if adcode.endswith("0000"):
        return adcode[:2]
    return adcode[:4] if adcode.endswith("00") else adcode


def key_of(adcode: str | None, prefix: str) -> str | None:
    """Return the code of the area one level below a prefix in which a code lies.

    None where the code says nothing of that level: it is missing, or is that of the area above.
    """
    if adcode is None or len(prefix) >= 6:
        return None
    digits = adcode[: len(prefix) + 2]
    return None if digits == prefix + "00" else digits.ljust(6, "0")


def area_names(store: Store) -> dict[str, str]:
    """Return the names of the stored areas by their code."""

    def find() -> dict[str, str]:
        c = _AREAS.c
        query = select(c.adcode, c.name).where(
            current(_AREAS), c.adcode.is_not(None), c.name.is_not(None), c.level != "town"
        )
        return dict(store.ask(lambda connection: [tuple(row) for row in connection.execute(query)]))

    return store.remember("admin_areas", "names", find)


def find_area(store: Store, adcode: str) -> Area:
    """Return an area; see :func:`prefix_of` for what is no code."""
    prefix_of(adcode)
    return Area(adcode, area_names(store).get(adcode))


def area_bounds(store: Store, adcode: str) -> Bounds | None:
    """Return west, south, east, north of a stored area, None where its boundary is not stored. [°]."""

    def find() -> Bounds | None:
        frame = store.read("admin_areas", where={"adcode": adcode}, columns=["adcode"])
        there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
        if there.empty:
            return None
        west, south, east, north = there.total_bounds.tolist()
        return west, south, east, north

    return None if adcode == WHOLE else store.remember("admin_areas", ("bounds", adcode), find)
