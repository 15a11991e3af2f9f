"""The map over more features than a page can hold, by the browser's own clock; `make bench` measures a million."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser

from benchmarks.browser import PAGE, Size, fill, measure_grid, measure_map, read_heap_mb
from layers.store import Store, upgrade
from tests.web.conftest import serving

pytestmark = pytest.mark.browser

SIZE = Size(12_000, (5, 6, 7))
MOVES = ((420, 0, 0), (0, 0, 1), (-300, 200, 0), (0, 0, -1), (0, 260, 0))
LIMITS = {
    "first_map_ms": 9_000.0,
    "move_p50_ms": 600.0,
    "move_p95_ms": 1_500.0,
    "grid_p50_ms": 600.0,
    "grid_p95_ms": 1_500.0,
    "heap_mb": 1_500.0,
}
"""Three times the aims, also with a grid shown: the machines that tests run on are noisy."""
PAGES = 4


@pytest.fixture(scope="module")
def crowded_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('crowd') / 'crowd.db'}"
    upgrade(url)
    with Store.open(url) as store:
        fill(store, SIZE)
    with serving(database_url=url) as address:
        yield address


def figures(browser: Browser, site: str) -> dict[str, float]:
    page = browser.new_page(viewport=PAGE)
    first_map_ms, move_ms = measure_map(page, site, MOVES)
    grid_ms = measure_grid(page, MOVES)
    heap_mb = read_heap_mb(page)
    page.close()
    return {
        "first_map_ms": first_map_ms,
        "move_p50_ms": float(np.median(move_ms)),
        "move_p95_ms": float(np.percentile(move_ms, 95)),
        "grid_p50_ms": float(np.median(grid_ms)),
        "grid_p95_ms": float(np.percentile(grid_ms, 95)),
        "heap_mb": heap_mb,
    }


def test_a_crowded_map_is_drawn_and_moved_in_time(crowded_site: str, browser: Browser) -> None:
    """Other work on the machine only makes a page slower: one of some in time shows that it can be."""
    seen = []
    for _ in range(PAGES):
        seen.append(figures(browser, crowded_site))
        if all(seen[-1][name] <= limit for name, limit in LIMITS.items()):
            return
    pytest.fail(f"none of {PAGES} pages was in time: {seen}")
