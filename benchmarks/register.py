"""Lists of the register with very many findings: pages, filters, figures, marks, and the Excel of a whole list."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.crowd import CODES, SEED
from benchmarks.report import measure, postgis_store, read_size, sqlite_store, write_report
from benchmarks.world import EAST, NORTH, SOUTH, WEST
from layers.register.figures import area_figures
from layers.register.lists import Choice, count_findings, page_facilities, page_findings
from layers.register.marks import read_marks
from layers.register.sheets import fill_findings_workbook
from layers.store import Store

RUNS = 5
PAGE = 20
RULES = 40
VERDICTS = (
    ("prohibited", True, None),
    ("legacy_rectify", True, None),
    ("prohibited", False, "no_ban"),
    ("conditional", True, None),
    ("no_ban", True, None),
)
"""Verdict, whether it is decided, and the verdict across the doubt."""


@dataclass(frozen=True)
class Size:
    findings: int


SIZES = {"small": Size(10_000), "full": Size(100_000)}


def main() -> None:
    name, size = read_size(SIZES)
    results: dict[str, Any] = {"findings": size.findings}
    with sqlite_store() as store:
        results["sqlite"] = measure_store("sqlite", store, size)
    with postgis_store() as found:
        if found:
            results["postgis"] = measure_store("postgis", found[0], size)
    write_report("register", name, results)


def measure_store(name: str, store: Store, size: Size) -> dict[str, float]:
    """Return how long each action takes: the first time, and the median of some."""
    fill(store, size.findings)
    fails = Choice(list="fail")
    actions: dict[str, Callable[[], Any]] = {
        "count": partial(count_findings, store, fails),
        "figures": partial(area_figures, store),
        "page": partial(page_findings, store, fails, limit=PAGE),
        "page_deep": partial(page_findings, store, fails, limit=PAGE, offset=size.findings // 6),
        "page_by_name": partial(page_findings, store, fails, sort="name", limit=PAGE),
        "page_of_county": partial(page_findings, store, Choice(list="fail", area=CODES[0]), limit=PAGE),
        "page_of_rule": partial(page_findings, store, Choice(list="fail", rule="rule-5"), limit=PAGE),
        "facilities": partial(page_facilities, store, Choice(), limit=PAGE),
        "marks": partial(read_marks, store, "enterprises"),
    }
    result: dict[str, float] = {}
    for action, run in actions.items():
        first, *seconds = [measure(run)[0] for _ in range(RUNS)]
        result |= {f"{action}_first_s": round(first, 3), f"{action}_s": round(float(np.median(seconds)), 3)}
    result["excel_s"] = round(measure(fill_findings_workbook, store, fails)[0], 1)
    print(f"{name}: {result}", flush=True)
    return result


def fill(store: Store, count: int) -> None:
    """Write two findings for each of half as many facilities."""
    rng = np.random.default_rng(SEED)
    number = count // 2
    places = rng.uniform((WEST, SOUTH), (EAST, NORTH), (number, 2))
    columns = {
        "id": [f"e{i:06d}" for i in range(number)],
        "name": [f"企业{i}" for i in range(number)],
        "adcode": rng.choice(CODES, number),
        "kind": "chemical_enterprise",
        "accuracy_m": 5.0,
        "source": "benchmark",
    }
    facilities = gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs="EPSG:4490")
    store.write("enterprises", facilities.rename_geometry("geom"))
    rows = [make_finding(i, i % number, places[i % number], rng.uniform(1.0, 3_000.0)) for i in range(count)]
    store.write("findings", gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490"))


def make_finding(number: int, facility: int, place: Any, missing_m: float) -> dict[str, Any]:
    """Return a finding as it is stored."""
    verdict, decided, crossed = VERDICTS[number % len(VERDICTS)]
    rule = f"rule-{number % RULES}"
    words = {"zh": "不得建在三千米以内", "en": "Not within three kilometres"}
    said = {"rule": rule, "verdict": verdict, "decided": decided, "if_crossed": crossed, "title": words}
    return {
        "id": f"f{number:07d}",
        "name": f"企业{facility}",
        "source": "riskmap audit",
        "rule": rule,
        "subject_layer": "enterprises",
        "subject_id": f"e{facility:06d}",
        "verdict": verdict,
        "decided": decided,
        "advisory": False,
        "margin_m": -missing_m if verdict != "no_ban" else missing_m,
        "limit_m": 3_000.0,
        "doubt_m": 10.0,
        "finding": {**said, "authority": words, "explanation": words, "remedy": words, "needs": []},
        "geom": shapely.LineString([place, place + 0.01]),
    }


if __name__ == "__main__":
    main()
