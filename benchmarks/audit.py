"""Audits of registers of several sizes: the time per facility must not grow with their number.

The province grows with the register: as many more towns with their targets as there are more facilities, so that each
facility has as many neighbours, and the kinds of facility have the same shares. More facilities in the same towns would
be more work for each.
"""

from datetime import date
from typing import Any

import numpy as np

from benchmarks.peers import read_peak_mb
from benchmarks.report import measure, read_size, sqlite_store, write_report
from benchmarks.world import SEED, SHARES, fill, make_layer, strew_towns
from layers.siting.audits import audit
from layers.store import Store

ON = date(2026, 1, 1)
SIZES = {"small": (150, 600), "medium": (1_000, 10_000), "full": (10_000, 30_000, 100_000)}
"""Facilities of each audit."""

TARGETS_PER_FACILITY = 2
REGISTER = {"enterprises": 0.8, "tailings_ponds": 0.2}
"""Part of the facilities that each layer has."""

GROWTH = 1.1
"""The time per facility grows where that of the largest register is more than so many times that of the smallest."""


def main() -> None:
    name, counts = read_size(SIZES)
    runs = [run_audit(count) for count in counts]
    growth = round(runs[-1]["ms_per_facility"] / runs[0]["ms_per_facility"], 2)
    says = "grows" if growth > GROWTH else "does not grow"
    each = ", ".join(f"{run['ms_per_facility']} ms at {run['facilities']:,}" for run in runs)
    print(f"audit: time per facility {each}: it {says} ({growth} times from the smallest to the largest)")
    write_report("audit", name, {"runs": runs, "growth": growth})


def run_audit(count: int) -> dict[str, Any]:
    """Audit so many facilities in a province of their own."""
    targets = TARGETS_PER_FACILITY * count
    with sqlite_store() as store:
        fill(store, targets, {layer: share for layer, share in SHARES.items() if layer not in REGISTER})
        write_register(store, targets, count)
        seconds, run = measure(audit, store, list(REGISTER), on=ON)
    facilities = run.result["subjects"]
    result = {
        "targets": targets,
        "facilities": facilities,
        "findings_per_facility": round(run.result["findings"] / facilities, 2),
        "seconds": round(seconds, 2),
        "ms_per_facility": round(1_000.0 * seconds / facilities, 2),
        "peak_mb": round(read_peak_mb()),
    }
    print(f"audit: {result}", flush=True)
    return result


def write_register(store: Store, targets: int, count: int) -> None:
    """Write so many facilities round the towns of a province."""
    rng, towns = np.random.default_rng(SEED + 2), strew_towns(np.random.default_rng(SEED), targets)
    for layer, share in REGISTER.items():
        store.write(layer, make_layer(layer, rng, towns, round(count * share)))


if __name__ == "__main__":
    main()
