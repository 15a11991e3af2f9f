"""One proposal against very many targets and all rules, beside hand-written PostGIS; and many plots in one call.

The hand-written queries answer the rules of ``QUERIES``: for each the nearest feature that counts, by an index-ordered
search over geography, and from it whether the limit is kept. Their answers are compared with ours.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import shapely
from psycopg import sql

from benchmarks.report import measure, percentiles, postgis_store, read_size, sqlite_store, write_report
from benchmarks.world import KINDS, fill, make_proposals
from geo.rules.rule import RulePack
from layers.siting.checks import check_subjects, load_rules
from layers.store import Store

ON = date(2026, 1, 1)


@dataclass(frozen=True)
class Size:
    targets: int
    proposals: int
    plots: int


SIZES = {"small": Size(20_000, 12, 40), "full": Size(1_000_000, 200, 1_000)}

APPROVED = "status = 'approved' AND zone_kind"
QUERIES = {
    "highway-18-bridge": (
        "crossings",
        "(crossing_kind = 'ferry' OR (crossing_kind = 'bridge' AND size IN ('medium', 'large', 'extra_large')))"
        " AND carries = 'road'",
        200.0,
    ),
    "highway-18-tunnel": ("crossings", "crossing_kind = 'tunnel' AND carries = 'road'", 100.0),
    "power-10-cable": ("power_lines", "laying = 'buried'", 0.75),
    "rhc-19-homes": ("protection_targets", "true", 500.0),
    "rhc-19-water-source": ("zones", f"{APPROVED} = 'water_source'", 500.0),
    "rhc-19-farmland": ("zones", f"{APPROVED} = 'basic_farmland'", 500.0),
    "rhc-19-lakes": ("lakes", "true", 500.0),
    "rhc-19-reserves": ("zones", f"{APPROVED} IN ('scenic_area', 'nature_reserve')", 500.0),
    "rhc-19-rivers": ("rivers", "true", 500.0),
    "yrpl-26-2-chemical": ("rivers", "role IN ('main_stem', 'tributary') AND basin = 'yangtze'", 1_000.0),
}
"""Rule, its layer, the features that count, its limit. [m]"""

QUERY = """
WITH proposal AS (SELECT ST_GeomFromWKB(%(wkb)s, 4490)::geography AS p),
near AS (SELECT id, g, p FROM {table}, proposal WHERE {counts} ORDER BY g <-> p LIMIT 5)
SELECT id, ST_Distance(g, p) AS distance_m, ST_DWithin(g, p, %(limit)s)
FROM near ORDER BY distance_m LIMIT 1
"""

TOLERANCE_M = 0.01


def main() -> None:
    name, size = read_size(SIZES)
    proposals = make_proposals(max(size.proposals, size.plots), size.targets)
    results: dict[str, Any] = {
        "proposals": size.proposals,
        "plots": size.plots,
        "rules": len(load_rules().rules),
    }
    with sqlite_store() as store:
        results["sqlite"] = run_store("sqlite", store, size, proposals)
    with postgis_store() as found:
        if found:
            store, address = found
            results["postgis"] = run_store("postgis", store, size, proposals)
            results["sql"] = run_sql(store, address, proposals[: size.proposals])
    write_report("siting", name, results)


def run_store(name: str, store: Store, size: Size, proposals: list[gpd.GeoDataFrame]) -> dict[str, Any]:
    """Time checks of single proposals and of many plots at once."""
    seconds, targets = measure(fill, store, size.targets)
    print(f"{name}: {targets:,} targets written in {seconds:.1f} s", flush=True)
    pack = load_rules()
    single = [measure(check, store, p, pack)[0] for p in proposals[: size.proposals]]
    one = percentiles(single)
    print(f"{name}: one proposal, {len(pack.rules)} rules: {one}", flush=True)
    together = gpd.GeoDataFrame(pd.concat(proposals[: size.plots], ignore_index=True))
    plots_s, _ = measure(check, store, together, pack)
    print(f"{name}: {size.plots:,} plots in one call: {plots_s:.2f} s", flush=True)
    return {"targets": targets, "one_proposal": one, "plots_s": round(plots_s, 3)}


def check(store: Store, subjects: gpd.GeoDataFrame, pack: RulePack) -> dict[str, Any]:
    return check_subjects(store, subjects, on=ON, pack=pack)


def run_sql(store: Store, address: str, proposals: list[gpd.GeoDataFrame]) -> dict[str, Any]:
    """Time the same rules by us and by hand-written queries, and compare what they say."""
    chemical = [p for p in proposals if p["kind"].iloc[0] == KINDS[0]]
    whole = load_rules()
    pack = RulePack(tuple(rule for rule in whole.rules if rule.id in QUERIES), whole.version)
    assert len(pack.rules) == len(QUERIES)
    with psycopg.connect(address) as connection:
        prepare_tables(connection)
        ask = make_asker(connection)
        check(store, chemical[0], pack), ask(chemical[0])
        ours, theirs, differing = [], [], 0
        for proposal in chemical:
            mine_s, mine = measure(check, store, proposal, pack)
            other_s, other = measure(ask, proposal)
            ours.append(mine_s)
            theirs.append(other_s)
            differing += count_differences(mine, other)
    result = {
        "rules": sorted(QUERIES),
        "checks": len(chemical) * len(QUERIES),
        "differing": differing,
        "riskmap": percentiles(ours),
        "sql": percentiles(theirs),
    }
    print(f"postgis, the same {len(QUERIES)} rules: {result}", flush=True)
    return result


def prepare_tables(connection: psycopg.Connection) -> None:
    """Make tables of geography with their own index, as somebody would who has only this to do."""
    for layer in sorted({layer for layer, _, _ in QUERIES.values()}):
        names = {"table": sql.Identifier(f"g_{layer}"), "layer": sql.Identifier(layer)}
        for statement in (
            "CREATE TEMP TABLE {table} AS SELECT *, geom::geography AS g FROM {layer}",
            "CREATE INDEX ON {table} USING gist (g)",
            "ANALYZE {table}",
        ):
            connection.execute(sql.SQL(statement).format(**names))


def make_asker(connection: psycopg.Connection) -> Callable[[gpd.GeoDataFrame], dict[str, tuple[bool, float]]]:
    def ask(proposal: gpd.GeoDataFrame) -> dict[str, tuple[bool, float]]:
        wkb = shapely.to_wkb(proposal.geometry.iloc[0])
        answers = {}
        for rule, (layer, counts, limit_m) in QUERIES.items():
            query = sql.SQL(QUERY).format(table=sql.Identifier(f"g_{layer}"), counts=sql.SQL(counts))
            row = connection.execute(query, {"wkb": wkb, "limit": limit_m}).fetchone()
            assert row is not None
            answers[rule] = (row[2], row[1])
        return answers

    return ask


def count_differences(mine: dict[str, Any], other: dict[str, tuple[bool, float]]) -> int:
    """Return how many rules differ in what they find; where targets are within, in that alone."""
    found = {finding["rule"]: finding for finding in mine["proposals"][0]["findings"]}
    return sum(is_different(found[rule], *answer) for rule, answer in other.items())


def is_different(finding: dict[str, Any], within: bool, distance_m: float) -> bool:
    is_within = finding["distance_m"] <= finding["limit_m"]
    close = abs(distance_m - finding["limit_m"]) <= 2.0 * (finding["doubt_m"] or 0.0)
    apart = abs(finding["distance_m"] - distance_m) > TOLERANCE_M + 1e-5 * distance_m
    return (is_within != within) or (apart and not (within or close))


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"{time.perf_counter() - start:.0f} s")
