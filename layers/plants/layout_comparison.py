"""Two layouts of a plant beside each other: what was moved or changed, and what that does to risk and distances.

The exact risks of both are compared, not the coarse ones of a preview. Areas are measured on the ellipsoid.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely import MultiPolygon
from shapely.geometry import shape

from geo.ellipsoid import CGCS2000
from layers.plants.distances import describe_geometry
from layers.plants.document import EquipmentRecord, PlantFile

__all__ = ["compare_layouts", "list_changes"]

Result = Mapping[str, Any]
"""An assessment as published."""


def compare_layouts(former: Result, present: Result, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a second layout of a plant changes.

    Parameters
    ----------
    former, present : mapping
        Both assessments as published by :func:`layers.plants.distances.describe_assessment`.
    changes : sequence of mapping
        Of the equipment, from :func:`list_changes`.

    Returns
    -------
    dict
        ``equipment``, ``contours`` (areas gained and lost by level, with their size), ``zones`` (greatest distance by
        criterion) and ``targets`` whose risk differs.
    """
    return {
        "equipment": list(changes),
        "contours": _compare_contours(former, present),
        "zones": _compare_zones(former, present),
        "targets": _compare_targets(former, present),
    }


def list_changes(former: PlantFile, present: PlantFile) -> list[dict[str, Any]]:
    """Return which equipment was added, removed, moved (with metres) or changed (with the fields), by id."""
    before, after = _equipment(former), _equipment(present)
    rows = [_change(id, before.get(id), after.get(id)) for id in sorted(before.keys() | after.keys())]
    return [row for row in rows if row["what"] is not None]


def _equipment(file: PlantFile) -> dict[str, EquipmentRecord]:
    return {item.id: item for unit in file.units for item in unit.equipment}


def _change(id: str, before: EquipmentRecord | None, after: EquipmentRecord | None) -> dict[str, Any]:
    there = after or before
    assert there is not None  # one of both has the id
    row: dict[str, Any] = {"id": id, "name": there.name, "what": None, "moved_m": None, "fields": []}
    if before is None or after is None:
        return row | {"what": "added" if before is None else "removed"}
    (lon, lat), (new_lon, new_lat) = before.position, after.position
    _, _, moved_m = CGCS2000.inv(lon, lat, new_lon, new_lat)
    fields = [
        {"field": name, "before": value, "after": getattr(after, name)}
        for name, value in before.model_dump(exclude={"id", "position"}).items()
        if value != getattr(after, name)
    ]
    if before.position != after.position:
        row |= {"what": "moved", "moved_m": round(float(moved_m), 3)}
    return row | {"what": "changed" if fields else row["what"], "fields": fields}


def _compare_contours(former: Result, present: Result) -> list[dict[str, Any]]:
    before, after = _areas(former), _areas(present)
    rows = []
    for level in sorted(before.keys() | after.keys()):
        was, is_now = before.get(level, MultiPolygon()), after.get(level, MultiPolygon())
        gained, lost = _polygons(is_now - was), _polygons(was - is_now)
        rows.append(
            {
                "risk_per_year": level,
                "area_before_m2": _area_m2(was),
                "area_m2": _area_m2(is_now),
                "gained": describe_geometry(gained),
                "lost": describe_geometry(lost),
            }
        )
    return rows


def _areas(result: Result) -> dict[float, MultiPolygon]:
    return {row["risk_per_year"]: _polygons(shape(row["geometry"])) for row in result["contours"]}


def _polygons(area: shapely.Geometry) -> MultiPolygon:
    """Return the polygons of a valid form of an area: points and lines in which two areas touch are none."""
    parts = shapely.get_parts([shapely.make_valid(area)])
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _area_m2(area: MultiPolygon) -> float:
    size_m2, _ = CGCS2000.geometry_area_perimeter(area)
    return round(abs(float(size_m2)), 1)


def _compare_zones(former: Result, present: Result) -> list[dict[str, Any]]:
    before = {_zone_key(zone): zone["greatest_m"] for zone in former["zones"]}
    return [
        {
            **{name: zone[name] for name in ("target_classes", "column", "criterion_per_year")},
            "pressure_limit_pa": zone["pressure_limit_pa"],
            "greatest_before_m": before.get(_zone_key(zone)),
            "greatest_m": zone["greatest_m"],
        }
        for zone in present["zones"]
    ]


def _zone_key(zone: Mapping[str, Any]) -> tuple[str, ...]:
    return (zone["column"], *zone["target_classes"])


def _compare_targets(former: Result, present: Result) -> list[dict[str, Any]]:
    before, after = _risks(former), _risks(present)
    rows = []
    for key in sorted(before.keys() | after.keys()):
        there = after.get(key) or before[key]
        was, is_now = (None if one is None else one["found"] for one in (before.get(key), after.get(key)))
        if was != is_now:
            target = {name: there["target"][name] for name in ("layer", "id", "name")}
            limit = {"limit": there["limit"], "unit": there["unit"]}
            rows.append({**target, **limit, "found_before": was, "found": is_now})
    return rows


def _risks(result: Result) -> dict[tuple[str, str, str], Any]:
    return {
        (finding["target"]["layer"], finding["target"]["id"], finding["rule"]): finding
        for finding in result["findings"]
        if finding["target"] is not None
    }
