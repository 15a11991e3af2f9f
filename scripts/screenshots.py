"""Make the pictures of the product from the product as it runs: ``python -m scripts.screenshots [PART…]``.

A database in a temporary folder gets the samples and their results; the pages are taken with Chromium
(``RISKMAP_CHROMIUM`` or the one on the path) as a person sees them. The parts are those of `PARTS`.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from scripts.prepare import GRID_METRIC

PICTURES = Path(__file__).parent.parent / "docs" / "images"
SIZE: ViewportSize = {"width": 1440, "height": 900}
SHOWN = "demo-pond-01"
"""A pond 20 m inside the 3 km of the main stem, beyond doubt."""
REVIEWED = "示例选址02"
"""A proposed pond 300 m inside the 3 km of the main stem."""
MOVED = "103.1010, 26.4990\n103.1070, 26.4990\n103.1070, 26.5020\n103.1010, 26.5020"
"""Corners of a plot beyond them."""
SEARCHED = "示例选址14"
ZOOMS_OUT = 3
SEARCH_MS = 600_000
ENTERPRISE = "demo-enterprise-04"
CELL = (975, 571)
"""Where a cell with facilities lies in the view, away from their symbols. [px]"""
PLANT = "demo-plant-ammonia"
TOGETHER = ("示例07号化肥企业", "示例01号氯碱企业")
TABLET: ViewportSize = {"width": 1024, "height": 768}
STEPS_WEST = 3
"""Of 10 m."""
ASSESS_MS = 600_000
ANSWER_MS = 120_000
"""For everything else: pictures do not fail because a machine has other things to do."""
START_S = 180.0
SETTLE_MS = 2000
"""Time for tiles and features to be drawn after the last request."""
COLOURS = 256
"""Of a picture file: flat areas and text look the same, and it has a third of the size."""


def take_pictures(parts: Sequence[str] = ()) -> None:
    """Write the pictures of some parts, by default of all, into ``docs/images``."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_samples(Path(folder)) as address,
        open_browser() as page,
    ):
        page.set_default_timeout(ANSWER_MS)
        for part in parts or PARTS:
            PARTS[part](page, address)


def take_frame_pictures(page: Page, address: str) -> None:
    """Write the pictures of the shared frame: a facility, what lies around, the view on a sheet, two days."""
    page.goto(address, wait_until="networkidle")
    _open_feature(page, SHOWN)
    _shoot(page, "map")
    _open(page, f"{address}/#13/26.50/103.06")
    _open_feature(page, SHOWN)
    page.get_by_role("button", name="查询周边").click()
    page.locator(".rm-around-row").first.click()
    _settle(page)
    _shoot(page, "around")
    _open(page, f"{address}/#12/26.60/103.05")
    page.get_by_role("button", name="打印或导出").click()
    page.locator(".rm-print[data-ready=true]").wait_for()
    _shoot(page, "print")
    page.keyboard.press("Escape")
    page.locator("input[name=raster]").first.check()
    page.get_by_role("button", name="卷帘对比").click()
    day = page.get_by_label("右侧数据日期")
    day.select_option(day.locator("option").last.get_attribute("value"))
    _settle(page)
    _shoot(page, "swipe")


def take_planner_pictures(page: Page, address: str) -> None:
    """Write the pictures of the siting review: a case and its verdict, the list, a revision, where it may go."""
    page.goto(f"{address}/#13/26.47/103.09", wait_until="networkidle")
    page.get_by_role("button", name="选址审查", exact=True).click()
    page.get_by_role("tab", name="案卷").click()
    page.locator(".rm-case", has_text=REVIEWED).click()
    page.get_by_role("button", name="审查", exact=True).click()
    page.locator(".rm-answer .rm-conclusion").wait_for()
    page.locator("[data-action=save]").click()
    _settle(page)
    _shoot(page, "planner")
    page.get_by_role("tab", name="案卷").click()
    _settle(page)
    _shoot(page, "planner-cases")
    page.get_by_role("tab", name="审查", exact=True).click()
    _move_plot_east(page)
    page.locator("summary", has_text="与以前的版本比较").click()
    page.get_by_role("button", name="比较", exact=True).click()
    page.locator(".rm-comparison").wait_for()
    _settle(page)
    _shoot(page, "planner-revision")
    _open_other_case(page)
    page.locator("summary", has_text="可以建在哪里").click()
    page.locator("[data-action=where]").click()
    page.locator(".rm-areas").wait_for(timeout=SEARCH_MS)
    page.locator(".rm-areas").scroll_into_view_if_needed()
    _settle(page)
    _shoot(page, "planner-where")


def _move_plot_east(page: Page) -> None:
    """Type the corners of a plot 1.5 km east of the sample's, as a person who has drawn it anew."""
    page.locator("[data-way=typed]").click()
    page.locator(".rm-planner textarea").fill(MOVED)
    page.get_by_role("button", name="采用这些坐标").click()


def _open_other_case(page: Page) -> None:
    """Leave the revision unsaved, open a case that may go to many places, and look from farther away."""
    page.get_by_role("tab", name="案卷").click()
    page.locator(".rm-case", has_text=SEARCHED).click()
    page.locator("[data-choice=drop]").click()
    for _ in range(ZOOMS_OUT):
        page.get_by_role("button", name="缩小").click()
        page.wait_for_timeout(SETTLE_MS / 4)


def _settle(page: Page) -> None:
    page.mouse.move(SIZE["width"] - 1, SIZE["height"] - 1)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE_MS)


def take_park_pictures(page: Page, address: str) -> None:
    """Write the pictures of the park workbench: an assessed plant, a moved tank, two layouts, spacing of a park."""
    page.goto(address, wait_until="networkidle")
    page.get_by_role("button", name="园区布局", exact=True).click()
    page.locator("#park-plant").select_option(PLANT)
    page.get_by_role("button", name="计算外部安全防护距离").click()
    page.locator(".rm-right .rm-park-state").wait_for(timeout=ASSESS_MS)
    page.locator(".rm-park-levels").wait_for(timeout=ASSESS_MS)
    _settle(page)
    _shoot(page, "park")
    tank = page.locator(".rm-park-tank").first
    tank.focus()
    page.keyboard.press("Enter")
    for _ in range(STEPS_WEST):
        tank.press("Shift+ArrowLeft")
    page.locator(".rm-park-state:not(.is-coarse)").wait_for(timeout=ASSESS_MS)
    _settle(page)
    _shoot(page, "park-moved")
    page.locator("[data-action=sheet]").click()
    _settle(page)
    _shoot(page, "park-sheet")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="与当前比较").click()
    page.locator(".rm-park-compare figure").nth(1).wait_for(timeout=ASSESS_MS)
    _settle(page)
    _shoot(page, "park-compare")
    page.get_by_role("button", name="差异图").click()
    _settle(page)
    _shoot(page, "park-difference")
    page.locator(".rm-park-compare-bar").get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="检查布局").click()
    page.locator(".rm-park-subject").first.wait_for(timeout=ASSESS_MS)
    _settle(page)
    _shoot(page, "park-spacing")
    for plant in TOGETHER:
        page.get_by_role("checkbox", name=plant).check()
    page.get_by_role("button", name="叠加所选企业").click()
    page.get_by_role("heading", name="叠加后的个人风险").wait_for(timeout=ASSESS_MS)
    _settle(page)
    _shoot(page, "park-together")


def take_tablet_pictures(page: Page, address: str) -> None:
    """Write the pictures of both workbenches on a tablet, in English: a verdict, and two layouts compared."""
    page.set_viewport_size(TABLET)
    page.goto(f"{address}/?lang=en#13/26.47/103.09", wait_until="networkidle")
    page.get_by_role("button", name="Siting review", exact=True).click()
    page.get_by_role("tab", name="Cases").click()
    page.locator(".rm-case", has_text=REVIEWED).click()
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator(".rm-answer .rm-conclusion").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    _shoot(page, "planner-tablet-en")
    page.get_by_role("button", name="Park layout", exact=True).click()
    page.locator("#park-plant").select_option(PLANT)
    page.get_by_role("button", name="Compute external safety distance").click()
    page.locator(".rm-park-levels").wait_for(timeout=ASSESS_MS)
    tank = page.locator(".rm-park-tank").first
    tank.focus()
    tank.press("Shift+ArrowLeft")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator(".rm-park-compare figure").nth(1).wait_for(timeout=ASSESS_MS)
    page.wait_for_timeout(SETTLE_MS)
    _shoot(page, "park-tablet-en")
    page.set_viewport_size(SIZE)


def take_supervisor_pictures(page: Page, address: str) -> None:
    """Key figures of the demonstration county, the list of violations, and the page of an enterprise."""
    page.goto(address, wait_until="networkidle")
    page.get_by_role("button", name="一张图", exact=True).click()
    page.locator("#tab-overview").click()
    for _ in range(3):  # from all data down to the county
        page.locator("[data-bars=areas] button").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(SETTLE_MS)
    _shoot(page, "supervisor")
    page.locator("[data-tool='overview.charts']").click()
    page.locator(".rm-right canvas").first.wait_for()
    _settle(page)
    _shoot(page, "supervisor-charts")
    page.locator("#tab-findings").click()
    page.locator("[data-list=fail] li button").first.click()
    page.wait_for_timeout(SETTLE_MS)
    _shoot(page, "supervisor-lists")
    page.locator("#tab-overview").click()
    page.locator("[data-tool='overview.gaps']").click()
    page.wait_for_timeout(SETTLE_MS)
    _shoot(page, "supervisor-gaps")
    _take_grid_picture(page, address)
    page.goto(f"{address}/enterprises/{ENTERPRISE}", wait_until="networkidle")
    _shoot(page, "supervisor-enterprise")
    page.goto(f"{address}/validation", wait_until="networkidle")
    page.locator("table").first.wait_for(timeout=ASSESS_MS)
    _shoot(page, "validation")


def _take_grid_picture(page: Page, address: str) -> None:
    """Write the picture of a grid and of what adds up in one of its cells."""
    _open(page, f"{address}/#11/26.60/103.05")
    grids = page.locator("[data-theme=grids] select").first
    grids.select_option(GRID_METRIC)
    _settle(page)
    grids.scroll_into_view_if_needed()
    page.mouse.click(*CELL)
    page.locator(".rm-grid-objects li").first.wait_for()
    _settle(page)
    _shoot(page, "supervisor-grid")


@contextmanager
def serve_samples(folder: Path) -> Iterator[str]:
    """Serve a fresh database with the samples and their results; yield the address."""
    port = _free_port()
    environment = os.environ | {
        "RISKMAP_DATABASE_URL": f"sqlite:///{folder / 'riskmap.db'}",
        "RISKMAP_PORT": str(port),
    }
    subprocess.run([sys.executable, "-m", "scripts.prepare"], env=environment, check=True)
    server = subprocess.Popen([Path(sys.executable).with_name("riskmap"), "serve"], env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait()


@contextmanager
def open_browser() -> Iterator[Page]:
    """Yield an empty page of a headless Chromium."""
    program = os.environ.get("RISKMAP_CHROMIUM") or shutil.which("chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser.new_page(viewport=SIZE, locale="zh-CN")
        browser.close()


def _shoot(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # Covering all colours keeps those of small symbols.
    small = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    small.save(PICTURES / f"{name}.png", optimize=True)


def _open(page: Page, address: str) -> None:
    """Open an address anew, also where only its fragment is another one, and wait until all of it is there."""
    page.goto("about:blank")
    page.goto(address)
    page.locator(".rm-app[data-state=ready]").wait_for()
    _settle(page)


def _open_feature(page: Page, id: str) -> None:
    """Search for a feature as a person does, and open it."""
    page.get_by_role("search").get_by_role("combobox").fill(id)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.mouse.move(SIZE["width"] - 1, SIZE["height"] - 1)
    page.wait_for_timeout(SETTLE_MS)


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


PARTS: dict[str, Callable[[Page, str], None]] = {
    "frame": take_frame_pictures,
    "planner": take_planner_pictures,
    "supervisor": take_supervisor_pictures,
    "park": take_park_pictures,
    "tablet": take_tablet_pictures,
}

if __name__ == "__main__":
    take_pictures(sys.argv[1:])
