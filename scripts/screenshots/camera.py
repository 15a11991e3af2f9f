"""The camera: the samples as the product serves them, a browser, and pictures as small files."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

PICTURES = Path(__file__).parents[2] / "docs" / "images"
SIZE: ViewportSize = {"width": 1440, "height": 900}
TABLET: ViewportSize = {"width": 1024, "height": 768}
ANSWER_MS = 120_000
"""For answers: pictures do not fail because a machine has other things to do."""
LONG_MS = 600_000
"""For assessments and searches."""
START_S = 180.0
SETTLE_MS = 2000
"""Time for tiles and features to be drawn after the last request."""
IS_IDLE = "() => typeof RiskMap === 'undefined' || RiskMap.app.source.running === 0"
COLOURS = 256
"""Of a picture file: flat areas and text look the same, and it has a third of the size."""


def make_samples(folder: Path) -> str:
    """Return the address of a fresh database in a folder, with the samples and their results."""
    url = f"sqlite:///{folder / 'riskmap.db'}"
    environment = os.environ | {"RISKMAP_DATABASE_URL": url}
    subprocess.run([sys.executable, "-m", "scripts.prepare"], env=environment, check=True)
    return url


@contextmanager
def serve(database_url: str, *, with_help_of: Sequence[str] = (), **settings: str) -> Iterator[str]:
    """Serve a database; yield the address.

    Parameters
    ----------
    database_url : str
    with_help_of : sequence of str
        A program that is to start the server, with its arguments.
    **settings : str
        Further settings of the environment.
    """
    port = _free_port()
    environment = os.environ | settings
    environment |= {"RISKMAP_DATABASE_URL": database_url, "RISKMAP_PORT": str(port)}
    command = [*with_help_of, str(Path(sys.executable).with_name("riskmap")), "serve"]
    server = subprocess.Popen(command, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait()


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield a headless Chromium."""
    program = os.environ.get("RISKMAP_CHROMIUM") or shutil.which("chromium")
    arguments = ["--lang=zh-CN", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@contextmanager
def open_page(browser: Browser, size: ViewportSize = SIZE) -> Iterator[Page]:
    """Yield an empty page of a person who has not been here before."""
    context = browser.new_context(viewport=size, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(ANSWER_MS)
    yield page
    context.close()


def open_view(page: Page, address: str) -> None:
    """Open an address anew, also where only its fragment is another one, and wait until all of it is there."""
    page.goto("about:blank")
    page.goto(address)
    page.locator(".rm-app[data-state=ready]").wait_for()
    settle(page)


def open_feature(page: Page, id: str) -> None:
    """Search for a feature as a person does, and open it."""
    page.get_by_role("search").get_by_role("combobox").fill(id)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page has what it asked for and has drawn it, with the pointer out of the way.

    The browser tells only once that a page has loaded; what scripts ask for later is counted by the page itself.
    """
    size = page.viewport_size or SIZE
    page.mouse.move(size["width"] - 1, size["height"] - 1)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE_MS / 2)
    page.wait_for_function(IS_IDLE)
    page.wait_for_timeout(SETTLE_MS / 2)


def shoot(seen: Page | Locator, name: str) -> None:
    """Write what is to be seen of a page, or one element of it, as ``docs/images/<name>.png``."""
    picture = Image.open(io.BytesIO(seen.screenshot())).convert("RGB")
    # Covering all colours keeps those of small symbols.
    small = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    small.save(PICTURES / f"{name}.png", optimize=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=1)
        except (URLError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(
        f"{address} does not answer: the server ended, or needs more than {START_S:.0f} s to start"
    )
