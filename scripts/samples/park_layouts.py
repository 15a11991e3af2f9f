"""Illustrative stores, tanks and buildings in parks, a known number of metres from each other (``layouts.toml``)."""

import tomllib
from pathlib import Path
from typing import Any

import shapely
from codes import DEMO_ADCODE, is_major_source
from files import feature
from reach import PLANE
from shapely import Geometry
from shapely.affinity import rotate

__all__ = ["make_park_buildings", "make_park_units", "make_plot"]

_PLOT_M = (240.0, 190.0)
"""Length and width of the storage plot of a park. [m]"""

_AT = (0.315, 0.06)
"""Corner of the plot, as shares of the length and the width of the park: on ground that no works stand on."""

_ACCURACY_M = 0.3
_SOURCE = "illustrative"
_METHANOL, _ACETONE = ("67-56-1", "liquid"), ("67-64-1", "liquid")


def _layouts() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "layouts.toml").read_text(encoding="utf-8"))


def _place(park: Geometry, heading: float, at_m: tuple[float, float, float, float]) -> Geometry:
    """Return a rectangle of the plot of a park, in the county's plane."""
    west, south, east, north = rotate(park, -heading, origin=(0, 0), use_radians=True).bounds
    x, y = west + _AT[0] * (east - west) + at_m[0], south + _AT[1] * (north - south) + at_m[1]
    return rotate(shapely.box(x, y, x + at_m[2], y + at_m[3]), heading, origin=(0, 0), use_radians=True)


def make_plot(park: Geometry, heading: float) -> Geometry:
    """Return the storage plot of a park that stands at a heading, in radians, in the county's plane."""
    return _place(park, heading, (0.0, 0.0, *_PLOT_M))


def make_park_units(number: int, park: Geometry, heading: float, enterprise: str) -> list[dict[str, Any]]:
    """Return the stores and tanks on the plot of a park; none where no layout is stated."""
    return [
        feature(
            PLANE.to_lonlat(_place(park, heading, row["at_m"])),
            id=f"demo-park-{number:02d}-{row['id']}",
            name=f"示例{row['name']}",
            adcode=DEMO_ADCODE,
            accuracy_m=_ACCURACY_M,
            source=_SOURCE,
            enterprise_id=enterprise,
            park_id=f"demo-park-{number:02d}",
            unit_kind="tank" if row["facility_class"] == "liquid_tank" else "warehouse",
            state=row["state"],
            inventory=_inventory(row),
            height_m=0.0,
            major_hazard_source=is_major_source(_contents(row)[0], row.get("stored_mass_kg")),
            facility_class=row["facility_class"],
            outline="equipment",
            stored_mass_kg=row.get("stored_mass_kg"),
        )
        for row in _layouts()["units"]
        if row["park"] == number
    ]


def _contents(row: dict[str, Any]) -> tuple[str, str]:
    """Return CAS number and phase of what a store or tank holds."""
    return _METHANOL if row["facility_class"] == "liquid_tank" else _ACETONE


def _inventory(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is stored; its mass is missing where that of the store is."""
    cas, phase = _contents(row)
    known = {"mass_kg": row["stored_mass_kg"]} if "stored_mass_kg" in row else {}
    return [{"cas": cas, **known, "phase": phase, "temperature_c": 25.0, "pressure_mpa": 0.1}]


def make_park_buildings(number: int, park: Geometry, heading: float) -> list[dict[str, Any]]:
    """Return the buildings on the plot of a park; none where no layout is stated."""
    return [
        feature(
            PLANE.to_lonlat(_place(park, heading, row["at_m"])),
            id=f"demo-park-{number:02d}-{row['id']}",
            name=f"示例{row['name']}",
            adcode=DEMO_ADCODE,
            accuracy_m=_ACCURACY_M,
            source=_SOURCE,
            storeys=1,
            use=row["name"],
            people_day=4,
            people_night=1,
            building_class=row["building_class"],
            fire_grade=2,
        )
        for row in _layouts()["buildings"]
        if row["park"] == number
    ]
