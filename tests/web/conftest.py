"""Fixtures of the pages: a store with samples and findings, the served application, and a browser without a network."""

import os
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.main import create_app
from api.settings import Settings
from layers.grids import GridRequest, compute_grids, read_metrics, store_grids
from layers.runs import make_run_id
from layers.samples import load_samples
from layers.siting.checks import check_setback, store_findings
from layers.store import Run, Store, upgrade
from tests.services import require_service

CHECKED_ON = date(2026, 11, 22)

NASTY_NAME = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\"'😀\u202eשלום"
"""Markup, quotes, an emoji, a right-to-left override and Hebrew."""

expect.set_options(timeout=30_000)
"""Patience with a busy machine; what is there at once is not waited for."""


@pytest.fixture(scope="session")
def sample_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the samples, their findings, one grid, and one feature of a nasty name."""
    url = f"sqlite:///{tmp_path_factory.mktemp('web') / 'samples.db'}"
    upgrade(url)
    with Store.open(url) as store:
        load_samples(store)
        store.write_feature("enterprises", nasty_enterprise(), expected_version=None)
        result = check_setback(store, on=CHECKED_ON)
        store_findings(store, result)
        parameters = {"layers": ["tailings_ponds"]}
        run_id = make_run_id("setback", CHECKED_ON.isoformat(), parameters, {})
        store.record_run(Run(run_id, "setback", CHECKED_ON, parameters, {}, "test", {}, None))
        metrics = read_metrics()
        store_grids(store, compute_grids(store, GridRequest(metrics["facility_count"], (6, 7, 8)), metrics))
    return url


def nasty_enterprise() -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": "nasty-1",
        "geometry": {"type": "Point", "coordinates": [102.9, 26.5]},
        "properties": {"id": "nasty-1", "name": NASTY_NAME, "address": NASTY_NAME, "source": "test"},
    }


@contextmanager
def serving(**settings: Any) -> Iterator[str]:
    """Serve the application on a free port of this machine and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(Settings(**settings)), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="session")
def sample_site(sample_url: str) -> Iterator[str]:
    """Address of the application with the samples."""
    with serving(database_url=sample_url) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium that can reach nothing but this machine; its event loop must not run on beside other tests."""
    path = Path(os.environ.get("RISKMAP_CHROMIUM", "/usr/bin/chromium"))
    require_service(path.is_file(), f"Chromium ({path}; RISKMAP_CHROMIUM names another)")
    # Chromium's sandbox does not work for root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    cut = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*sandbox, cut])
        yield chromium
        chromium.close()


class Watch:
    """What a page did that it must not do."""

    def __init__(self, page: Page, home: str, refusals: Collection[int] = ()) -> None:
        self.problems: list[str] = []
        self._refusals = [f"responded with a status of {status}" for status in refusals]
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._see(request.url, home))

    def _hear(self, message: Any) -> None:
        if any(refusal in message.text for refusal in self._refusals):
            return  # the browser writes down every refusal, also one that the page explains to its reader
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _see(self, url: str, home: str) -> None:
        if not url.startswith((home, "data:", "blob:")):
            self.problems.append(f"request: {url}")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Any]:
    """Open an address in a fresh page and wait until the map is ready; any problem fails the test at its end.

    ``refusals`` are the HTTP statuses that the test provokes.
    """
    watches = []
    contexts = []

    def open_(
        address: str,
        home: str,
        size: tuple[int, int] = (1366, 768),
        refusals: Collection[int] = (),
        ready: bool = True,
    ) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page, home, refusals))
        page.goto(address)
        if ready:
            page.wait_for_selector(".rm-app[data-state=ready]")
        return page

    yield open_
    problems = [problem for watch in watches for problem in watch.problems]
    for context in contexts:
        context.close()
    assert not problems
