"""The tile server beside tipg on the same PostGIS: requests a second and how long each takes.

Both are one process, asked by the same clients for the same tiles of the same layer, one after the other. The answers
are not the same: tipg sends every feature up to 10,000 in a tile and leaves the rest out unsaid; ours sends symbols
that stand for all of them and carry their number. So bytes, and the tiles that tipg cut, stand beside the times.
"""

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from benchmarks.crowd import SEED, fill_crowd, read_layers, serving, serving_map
from benchmarks.report import measure, postgis_store, read_size, write_report
from benchmarks.world import Floats

LAYER = "enterprises"
ZOOMS = range(6, 15)
CLIENTS = 4
TIPG_LIMIT = 10_000
BANDS = ((6, 8), (9, 11), (12, 14))
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Size:
    facilities: int
    tiles: int
    """Of each zoom."""


SIZES = {"small": Size(50_000, 10), "full": Size(1_000_000, 60)}

Tile = tuple[int, int, int]


def main() -> None:
    name, size = read_size(SIZES)
    with postgis_store() as found, tempfile.TemporaryDirectory() as folder:
        if found is None:
            return
        store, address = found
        seconds, places = measure(fill_crowd, store, size.facilities)
        print(f"{size.facilities:,} facilities written in {seconds:.1f} s", flush=True)
        tiles = choose_tiles(places[LAYER], size.tiles)
        with serving_map(address.replace("postgresql:", "postgresql+psycopg:"), Path(folder)) as riskmap:
            version = {layer["slug"]: layer["tile_version"] for layer in read_layers(riskmap)}[LAYER]
            ours = ask_all(f"{riskmap}/tiles/layers/{LAYER}/{version}/{{0}}/{{1}}/{{2}}", tiles)
        command = ["-m", "uvicorn", "tipg.main:app", "--port", "{port}", "--log-level", "warning"]
        wanted = {"DATABASE_URL": address, "TIPG_DB_TABLES": f'["public.{LAYER}"]'}
        with serving(command, f"/collections/public.{LAYER}", **wanted) as tipg:
            path = f"{tipg}/collections/public.{LAYER}/tiles/WebMercatorQuad/{{0}}/{{1}}/{{2}}"
            theirs = ask_all(path, tiles)
    results = {
        "facilities": size.facilities,
        "tiles": len(tiles),
        "cut_by_tipg": count_crowded(places[LAYER], tiles),
        "riskmap": ours,
        "tipg": theirs,
    }
    write_report("tiles", name, results)


def choose_tiles(places: Floats, count: int) -> list[Tile]:
    """Return tiles with something in them, so many of each zoom, in an order of no pattern."""
    rng = np.random.default_rng(SEED)
    chosen = [
        (zoom, int(column), int(row))
        for zoom in ZOOMS
        for column, row in locate_tiles(places[rng.integers(len(places), size=count)], zoom)
    ]
    return [chosen[i] for i in rng.permutation(len(chosen))]


def locate_tiles(places: Floats, zoom: int) -> NDArray[np.int64]:
    """Return column and row of the web Mercator tiles in which places lie, shape (n, 2)."""
    x = (places[:, 0] + 180.0) / 360.0
    y = (1.0 - np.arcsinh(np.tan(np.radians(places[:, 1]))) / np.pi) / 2.0
    return np.asarray(np.column_stack([x, y]) * 2**zoom, dtype=np.int64)


def count_crowded(places: Floats, tiles: Sequence[Tile]) -> int:
    """Return how many of the tiles hold more features than tipg sends."""
    crowded = 0
    for zoom in ZOOMS:
        columns_rows, numbers = np.unique(locate_tiles(places, zoom), axis=0, return_counts=True)
        full = {(zoom, *map(int, tile)) for tile in columns_rows[numbers > TIPG_LIMIT]}
        crowded += sum(tile in full for tile in tiles)
    return crowded


def ask_all(address: str, tiles: Sequence[Tile]) -> dict[str, Any]:
    """Return how fast a server answers several clients, far and near."""
    with httpx.Client(timeout=TIMEOUT_S) as client:

        def ask(tile: Tile) -> tuple[float, float]:
            start = time.perf_counter()
            answer = client.get(address.format(*tile))
            assert answer.status_code in (200, 204), answer.text
            return time.perf_counter() - start, len(answer.content) / 1000

        ask(tiles[0])
        with ThreadPoolExecutor(CLIENTS) as pool:
            whole_s, answers = measure(lambda: list(pool.map(ask, tiles)))
    seconds = np.array([each for each, _ in answers])
    zooms = np.array([zoom for zoom, _, _ in tiles])
    result = {
        "per_s": round(len(tiles) / whole_s, 1),
        "all": describe(seconds),
        **{f"zoom {low}-{high}": describe(seconds[(zooms >= low) & (zooms <= high)]) for low, high in BANDS},
        "kb_mean": round(float(np.mean([kb for _, kb in answers])), 1),
    }
    print(f"{address.split('/')[2]}: {result}", flush=True)
    return result


def describe(seconds: Floats) -> dict[str, float]:
    return {f"p{part}_ms": round(1000 * float(np.percentile(seconds, part)), 1) for part in (50, 95)}


if __name__ == "__main__":
    main()
