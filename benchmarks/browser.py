"""The map in Chromium over very many facilities and grid cells: first map, moves, memory, by the browser's own clock.

``first_map_ms`` runs from the start of the navigation until every visible tile is drawn, with nothing in the browser's
cache. ``move`` runs from the call that pans or zooms until every visible tile is drawn, ``grid`` is the same with a
grid shown, whose cells are on tiles as well; between two moves is the rest of a person who looks. ``heap_mb`` is what
scripts hold after all moves, told by the DevTools protocol after a collection; ``process_mb`` what the page's process
holds alone. Medians of five pages.
"""

import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from benchmarks.crowd import fill_crowd, serving_map
from benchmarks.report import measure, postgis_store, read_size, sqlite_store, write_report
from layers.grids import GridRequest, compute_grids, read_metrics, store_grids
from layers.store import Store

RUNS = 5
REST_MS = 350
"""Longer than the page waits after a move before it asks for what layers of few features lack."""
METRIC = "facility_count"
START = "#8/25.5/102"
PAGE: ViewportSize = {"width": 1366, "height": 768}
WAIT_MS = 120_000


@dataclass(frozen=True)
class Size:
    facilities: int
    resolutions: tuple[int, ...]


SIZES = {"small": Size(20_000, (5, 6, 7)), "full": Size(1_000_000, (5, 6, 7, 8, 9))}

Move = tuple[int, int, int]
"""To the right and down in pixels, and steps of zoom."""

DRAWN = """(limit) => new Promise((done, fail) => {
  const { map } = RiskMap;
  const end = performance.now() + limit;
  const look = () => {
    const { state } = document.querySelector('.rm-app').dataset;
    let waiting = !['drawn', 'ready'].includes(state);
    map.eachLayer((layer) => { waiting ||= layer instanceof L.GridLayer && layer.isLoading(); });
    if (!waiting) requestAnimationFrame(() => done(performance.now()));
    else if (performance.now() > end) fail(new Error(`page ${state}: not drawn in ${limit} ms`));
    else requestAnimationFrame(look);
  };
  look();
})"""
MOVE = """([dx, dy, dz]) => {
  const { map } = RiskMap;
  const start = performance.now();
  if (dz) map.setZoom(map.getZoom() + dz, { animate: false });
  else map.panBy([dx, dy], { animate: false });
  return start;
}"""
MOVES = (
    (420, 0, 0), (0, 260, 0), (0, 0, 1), (-400, 120, 0), (300, -280, 0), (0, 0, 1), (500, 0, 0), (0, 0, 1),
    (-350, -200, 0), (0, 300, 0), (0, 0, 1), (420, 120, 0), (0, 0, -1), (-420, 0, 0), (0, 0, -2), (0, -240, 0),
    (0, 0, 3), (260, 260, 0), (0, 0, -3), (0, 0, -1),
)  # fmt: skip


def main() -> None:
    name, size = read_size(SIZES)
    results: dict[str, Any] = {"facilities": size.facilities, "runs": RUNS, "moves": len(MOVES)}
    with sqlite_store() as store, postgis_store() as found:
        urls = {"sqlite": store.url_display}
        if found:
            urls["postgis"] = found[1].replace("postgresql:", "postgresql+psycopg:")
        for database, (seconds, cells) in build_scenes(urls, size).items():
            results[database] = {"written_s": round(seconds, 1), "cells": cells}
            print(
                f"{database}: {size.facilities:,} facilities, {cells:,} cells in {seconds:.0f} s", flush=True
            )
        for database, url in urls.items():
            results[database] |= measure_map_of(url)
            print(f"{database}: {results[database]}", flush=True)
    write_report("browser", name, results)


def build_scenes(urls: dict[str, str], size: Size) -> dict[str, tuple[float, int]]:
    """Fill the databases, one process each, and return the seconds and the cells of each."""
    with ProcessPoolExecutor(len(urls), multiprocessing.get_context("spawn")) as pool:
        return dict(zip(urls, pool.map(build_scene, urls.values(), repeat(size)), strict=True))


def build_scene(url: str, size: Size) -> tuple[float, int]:
    """Fill a database, and return the seconds and the number of its cells."""
    with Store.open(url) as store:
        return measure(fill, store, size)


def measure_map_of(url: str) -> dict[str, float]:
    """Serve a database and measure the page; the first page is told beside the medians: nobody has asked before it.

    ``restarted_first_map_ms`` is that of the first page of a server that starts again and has answered nothing yet.
    """
    with tempfile.TemporaryDirectory() as folder:
        with serving_map(url, Path(folder)) as address:
            pages = measure_pages(address)
        with serving_map(url, Path(folder), warm=False) as address:
            restarted = measure_pages(address, runs=1, moves=())
    first = {
        f"first_page_{name}": value for name, value in summarise(pages[:1]).items() if name.endswith("_ms")
    }
    return {**summarise(pages), **first, "restarted_first_map_ms": round(restarted[0]["first_map_ms"], 1)}


def fill(store: Store, size: Size) -> int:
    """Write facilities and their grid, and return the number of cells of all resolutions."""
    fill_crowd(store, size.facilities)
    metrics = read_metrics()
    grids = compute_grids(store, GridRequest(metrics[METRIC], size.resolutions), metrics)
    store_grids(store, grids)
    return sum(len(grid.frame) for grid in grids)


def measure_pages(address: str, runs: int = RUNS, moves: Sequence[Move] = MOVES) -> list[dict[str, Any]]:
    """Return the figures of each page, opened one after another."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("RISKMAP_CHROMIUM", "/usr/bin/chromium"), args=sandbox
        )
        pages = [measure_page(browser, address, moves) for _ in range(runs)]
        browser.close()
    return pages


def measure_page(browser: Browser, address: str, moves: Sequence[Move]) -> dict[str, Any]:
    """Return ``first_map_ms``, ``move_ms``, ``grid_ms`` of each move, ``heap_mb`` and ``process_mb`` of a page."""
    context = browser.new_context(viewport=PAGE)
    page = context.new_page()
    first_map_ms, move_ms = measure_map(page, address, moves)
    result = {
        "first_map_ms": first_map_ms,
        "move_ms": move_ms,
        "grid_ms": measure_grid(page, moves),
        "heap_mb": read_heap_mb(page),
        "process_mb": max(read_private_mb(pid) for pid in find_renderers(browser)),
    }
    context.close()
    return result


def measure_map(page: Page, address: str, moves: Sequence[Move]) -> tuple[float, list[float]]:
    """Return how long a page takes until the first map is drawn, and each move."""
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{address}/?lang=zh{START}")
    first_map_ms: float = page.evaluate(DRAWN, WAIT_MS)
    move_ms = []
    for move in moves:
        page.wait_for_timeout(REST_MS)
        move_ms.append(measure_move(page, move))
    return first_map_ms, move_ms


def measure_move(page: Page, move: Move) -> float:
    """Return how long a move takes until all tiles are drawn. [ms]"""
    start: float = page.evaluate(MOVE, list(move))
    drawn: float = page.evaluate(DRAWN, WAIT_MS)
    return drawn - start


def measure_grid(page: Page, moves: Sequence[Move]) -> list[float]:
    """Return the times of the moves with a grid shown, once its first cells are drawn. [ms]"""
    page.locator("[data-theme=grids] select").first.select_option(METRIC)
    page.locator(".rm-grid-legend li").first.wait_for(timeout=WAIT_MS)
    grid_ms = []
    for move in moves:
        page.wait_for_timeout(REST_MS)
        grid_ms.append(measure_move(page, move))
    return grid_ms


def read_heap_mb(page: Page) -> float:
    """Return what the scripts of a page hold."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6


def read_private_mb(process: int) -> float:
    """Return the memory that a process of Linux shares with no other."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024 / 1e6


def find_renderers(browser: Browser) -> set[int]:
    """Return the processes that draw pages: the one open, and one that waits empty."""
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return {each["id"] for each in told["processInfo"] if each["type"] == "renderer"}


def summarise(pages: list[dict[str, Any]]) -> dict[str, float]:
    """Return the median page of each figure."""

    def median(values: list[float]) -> float:
        return round(float(np.median(values)), 1)

    result = {
        name: median([page[name] for page in pages]) for name in ("first_map_ms", "heap_mb", "process_mb")
    }
    for name in ("move", "grid"):
        for part in (50, 95):
            of_pages = [float(np.percentile(page[f"{name}_ms"], part)) for page in pages]
            result[f"{name}_p{part}_ms"] = median(of_pages)
    return result


if __name__ == "__main__":
    main()
