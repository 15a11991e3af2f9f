"""Make the pictures of the README from the running product: ``python -m scripts.screenshots``.

A database in a temporary folder gets the samples and their results; the pages are taken with Chromium
(``RISKMAP_CHROMIUM`` or the one on the path) as a person sees them.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Page, ViewportSize, sync_playwright

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
SEARCH_MS = 180_000
ENTERPRISE = "demo-enterprise-04"
PLANT = "demo-plant-ammonia"
TOGETHER = ("示例07号化肥企业", "示例01号氯碱企业")
TABLET: ViewportSize = {"width": 1024, "height": 768}
STEPS_WEST = 3
"""Of 10 m."""
ASSESS_MS = 180_000
ANSWER_MS = 120_000
"""For everything else: pictures do not fail because a machine has other things to do."""
START_S = 180.0
SETTLE_MS = 2000
"""Time for tiles and features to be drawn after the last request."""


def take_pictures() -> None:
    """Write the pictures into ``docs/images``."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_samples(Path(folder)) as address,
        open_browser() as page,
    ):
        page.set_default_timeout(ANSWER_MS)
        page.goto(address, wait_until="networkidle")
        _open_feature(page, SHOWN)
        page.screenshot(path=PICTURES / "map.png")
        take_frame_pictures(page, address)
        take_planner_pictures(page, address)
        take_supervisor_pictures(page, address)
        take_park_pictures(page, address)
        take_tablet_pictures(page, address)


def take_frame_pictures(page: Page, address: str) -> None:
    """Write the pictures of the shared frame: what lies around, the view on a sheet, two days above a raster."""
    _open(page, f"{address}/#13/26.50/103.06")
    _open_feature(page, SHOWN)
    page.get_by_role("button", name="查询周边").click()
    page.locator(".rm-around-row").first.click()
    _settle(page)
    page.screenshot(path=PICTURES / "around.png")
    _open(page, f"{address}/#12/26.60/103.05")
    page.get_by_role("button", name="打印或导出").click()
    page.locator(".rm-print[data-ready=true]").wait_for()
    page.screenshot(path=PICTURES / "print.png")
    page.keyboard.press("Escape")
    page.locator("input[name=raster]").first.check()
    page.get_by_role("button", name="卷帘对比").click()
    day = page.get_by_label("右侧数据日期")
    day.select_option(day.locator("option").last.get_attribute("value"))
    _settle(page)
    page.screenshot(path=PICTURES / "swipe.png")


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
    page.screenshot(path=PICTURES / "planner.png")
    page.get_by_role("tab", name="案卷").click()
    _settle(page)
    page.screenshot(path=PICTURES / "planner-cases.png")
    page.get_by_role("tab", name="审查", exact=True).click()
    _move_plot_east(page)
    page.locator("summary", has_text="与以前的版本比较").click()
    page.get_by_role("button", name="比较", exact=True).click()
    page.locator(".rm-comparison").wait_for()
    _settle(page)
    page.screenshot(path=PICTURES / "planner-revision.png")
    _open_other_case(page)
    page.locator("summary", has_text="可以建在哪里").click()
    page.locator("[data-action=where]").click()
    page.locator(".rm-areas").wait_for(timeout=SEARCH_MS)
    page.locator(".rm-areas").scroll_into_view_if_needed()
    _settle(page)
    page.screenshot(path=PICTURES / "planner-where.png")


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
    page.screenshot(path=PICTURES / "park.png")
    tank = page.locator(".rm-park-tank").first
    tank.focus()
    page.keyboard.press("Enter")
    for _ in range(STEPS_WEST):
        tank.press("Shift+ArrowLeft")
    page.locator(".rm-park-state:not(.is-coarse)").wait_for(timeout=ASSESS_MS)
    _settle(page)
    page.screenshot(path=PICTURES / "park-moved.png")
    page.locator("[data-action=sheet]").click()
    _settle(page)
    page.screenshot(path=PICTURES / "park-sheet.png")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="与当前比较").click()
    page.locator(".rm-park-compare figure").nth(1).wait_for(timeout=ASSESS_MS)
    _settle(page)
    page.screenshot(path=PICTURES / "park-compare.png")
    page.get_by_role("button", name="差异图").click()
    _settle(page)
    page.screenshot(path=PICTURES / "park-difference.png")
    page.locator(".rm-park-compare-bar").get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="检查布局").click()
    page.locator(".rm-park-subject").first.wait_for(timeout=ASSESS_MS)
    _settle(page)
    page.screenshot(path=PICTURES / "park-spacing.png")
    for plant in TOGETHER:
        page.get_by_role("checkbox", name=plant).check()
    page.get_by_role("button", name="叠加所选企业").click()
    page.get_by_role("heading", name="叠加后的个人风险").wait_for(timeout=ASSESS_MS)
    _settle(page)
    page.screenshot(path=PICTURES / "park-together.png")


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
    page.screenshot(path=PICTURES / "planner-tablet-en.png")
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
    page.screenshot(path=PICTURES / "park-tablet-en.png")
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
    page.screenshot(path=PICTURES / "supervisor.png")
    page.locator("[data-tool='overview.charts']").click()
    page.locator(".rm-right canvas").first.wait_for()
    _settle(page)
    page.screenshot(path=PICTURES / "supervisor-charts.png")
    page.locator("#tab-findings").click()
    page.locator("[data-list=fail] li button").first.click()
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=PICTURES / "supervisor-lists.png")
    page.goto(f"{address}/enterprises/{ENTERPRISE}", wait_until="networkidle")
    page.screenshot(path=PICTURES / "supervisor-enterprise.png")


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
        _wait_for(address)
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


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=1)
        except (URLError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"{address} did not answer within {START_S:.0f} s")


if __name__ == "__main__":
    take_pictures()
