"""Where in the demonstration county a project may go: the samples, three searches."""

from datetime import date
from typing import Any

import geopandas as gpd
import shapely

from benchmarks.report import measure, read_size, sqlite_store, write_report
from geo.ellipsoid import CGCS2000
from geo.rules.rule import RulePack
from layers.samples import load_samples
from layers.siting.checks import load_rules, load_setback_rules, subjects_of
from layers.siting.search import where
from layers.store import Store

ON = date(2026, 1, 1)
COUNTY = "539921"
PLACE = (102.95, 26.30)
SIZES = {"small": 7, "full": 9}
"""H3 resolution of the cells."""


def main() -> None:
    name, resolution = read_size(SIZES)
    point, plot = shapely.Point(PLACE), make_plot(400.0)
    with sqlite_store() as store:
        load_samples(store)
        runs = [
            run_search(store, "river setback, point", point, load_setback_rules(), resolution),
            run_search(store, "all rules, point", point, load_rules(), resolution),
            run_search(store, "all rules, plot", plot, load_rules(), resolution),
        ]
    write_report("where", name, {"resolution": resolution, "runs": runs})


def make_plot(radius_m: float) -> shapely.Geometry:
    """Return a plot of eight corners."""
    corners = [CGCS2000.fwd(*PLACE, azimuth_deg, radius_m)[:2] for azimuth_deg in range(0, 360, 45)]
    return shapely.Polygon(corners)


def run_search(
    store: Store, name: str, geometry: shapely.Geometry, pack: RulePack, resolution: int
) -> dict[str, Any]:
    """Search for places of a chemical project."""
    row = {
        "id": "proposal",
        "kind": "chemical_project",
        "state": "new",
        "purpose": "other",
        "accuracy_m": 5.0,
    }
    proposal = subjects_of("proposals", gpd.GeoDataFrame([row], geometry=[geometry], crs="EPSG:4490"))
    seconds, found = measure(
        where, store, proposal, COUNTY, on=ON, resolution=resolution, pack=pack, set_aside_lacking=True
    )
    result = {
        "search": name,
        "cells": len(found["cells"]),
        "rules": len(found["rules"]),
        "areas_km2": found["areas_km2"],
        "seconds": round(seconds, 2),
    }
    print(f"where: {result}", flush=True)
    return result


if __name__ == "__main__":
    main()
