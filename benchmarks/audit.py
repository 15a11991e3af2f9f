"""Audit of a register of two sizes: the time per facility must not grow with their number."""

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.report import measure, read_size, sqlite_store, write_report
from benchmarks.world import SEED, fill, squares, strew, strew_towns
from layers.siting.audits import audit
from layers.store import Store

ON = date(2026, 1, 1)
SIZES = {
    "small": (2_000, (150, 600)),
    "medium": (20_000, (1_000, 10_000)),
    "full": (200_000, (10_000, 100_000)),
}
"""Targets, and the facilities of each audit."""


def main() -> None:
    name, (targets, counts) = read_size(SIZES)
    write_report("audit", name, {"runs": [run_audit(targets, count) for count in counts]})


def run_audit(targets: int, count: int) -> dict[str, Any]:
    """Audit so many facilities beside a province, in a store of their own."""
    with sqlite_store() as store:
        fill(store, targets)
        kinds = write_register(store, targets, count)
        seconds, run = measure(audit, store, kinds, on=ON)
    result = {
        "targets": targets,
        "facilities": run.result["subjects"],
        "findings": run.result["findings"],
        "seconds": round(seconds, 2),
        "ms_per_facility": round(1_000.0 * seconds / run.result["subjects"], 2),
    }
    print(f"audit: {result}", flush=True)
    return result


def write_register(store: Store, targets: int, count: int) -> list[str]:
    """Fill the layers of two kinds of facility up to so many in all, and return the layers."""
    rng = np.random.default_rng(SEED + 2)
    towns = strew_towns(np.random.default_rng(SEED), targets)
    more = count - store.count("enterprises") - store.count("tailings_ponds")
    works, ponds = more - more // 4, more // 4
    store.write(
        "enterprises",
        make_register(
            "works",
            squares(rng, strew(rng, towns, works, 6_000.0), 150.0),
            kind=rng.choice(["chemical_enterprise", "smelter", "concentrator", "other"], works),
            facility_class="unit_ab",
            outline="site_boundary",
        ),
    )
    store.write(
        "tailings_ponds",
        make_register(
            "pond",
            squares(rng, strew(rng, towns, ponds, 15_000.0), 500.0),
            purpose="other",
            capacity_m3=rng.uniform(1e5, 2e7, ponds),
            dam_height_m=rng.uniform(15.0, 120.0, ponds),
        ),
    )
    return ["enterprises", "tailings_ponds"]


def make_register(name: str, shapes: np.ndarray[Any, Any], **columns: Any) -> gpd.GeoDataFrame:
    ids = [f"{name}-{number:06d}" for number in range(len(shapes))]
    same = {"id": ids, "name": ids, "source": "made up", "accuracy_m": 5.0, "state": "in_service"}
    return gpd.GeoDataFrame({**same, **columns}, geometry=shapely.force_2d(shapes), crs="EPSG:4490")


if __name__ == "__main__":
    main()
