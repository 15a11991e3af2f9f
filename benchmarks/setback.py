"""River setback of many points beside the same work by other engines."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.peers import PEERS
from benchmarks.scene import LIMIT_M, Scene, make_scene
from benchmarks.truth import NEAR_LIMIT_M, choose_points, find_distance_m

SIZES = {"small": 100_000, "full": 1_000_000}
OUT = Path(__file__).parent / "out"


def main() -> None:
    size = os.environ.get("BENCH", "small")
    if size not in SIZES:
        sys.exit(f"BENCH={size}: use one of {', '.join(SIZES)}")
    scene = make_scene(SIZES[size])
    print(f"{len(scene.points):,} points, limit {LIMIT_M:,.0f} m; finding the truth", flush=True)
    index, distance_m = find_truth(scene)
    print(f"{len(index):,} points checked by brute force", flush=True)
    results = [result for name in PEERS for result in [run_peer(name, scene, index, distance_m)]]
    OUT.mkdir(exist_ok=True)
    path = OUT / f"setback-{size}.json"
    path.write_text(
        json.dumps({"points": len(scene.points), "checked": len(index), "engines": results}, indent=2)
    )
    print_table(results)
    print(f"written to {path}")


def find_truth(scene: Scene) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Points that are checked and their distance: random ones, and all within 100 m of the limit."""
    index = choose_points(scene)
    return index, find_distance_m(scene, index)


def run_peer(
    name: str, scene: Scene, index: NDArray[np.int64], distance_m: NDArray[np.float64]
) -> dict[str, object]:
    """One engine in a process of its own, and how many points it gets wrong."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        scene.save(folder)
        command = [sys.executable, "-m", "benchmarks.peers", name, str(folder)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        result: dict[str, object] = json.loads(answer)
        if "missing" not in result:
            mask = np.load(folder / "mask.npy")
            wrong = mask[index] != (distance_m <= LIMIT_M)
            near = np.abs(distance_m - LIMIT_M) <= NEAR_LIMIT_M
            result |= {
                "within": int(mask.sum()),
                "wrong": int(wrong.sum()),
                "wrong_near": int(wrong[near].sum()),
            }
    print(json.dumps(result), flush=True)
    return result


def print_table(results: list[dict[str, object]]) -> None:
    table = Table(
        "engine", "way", "seconds", "cpu s", "ratio", "peak MB", "of it input MB", "within", "wrong"
    )
    ours = results[0]["seconds"]
    for result in results:
        if "missing" in result:
            table.add_row(str(result["engine"]), f"MISSING: {result['missing']}")
            continue
        ratio = f"{float(str(result['seconds'])) / float(str(ours)):.2f}"
        keys = (
            "engine",
            "variant",
            "seconds",
            "cpu_seconds",
            "ratio",
            "peak_mb",
            "prepared_mb",
            "within",
            "wrong",
        )
        table.add_row(*(str((result | {"ratio": ratio})[key]) for key in keys))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
