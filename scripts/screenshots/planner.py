"""Pictures of the siting review: a case from the plot to the papers, and what else can be asked about it."""

import tempfile
from pathlib import Path

import ezdxf
from playwright.sync_api import Browser, Page

from scripts.screenshots.camera import LONG_MS, SETTLE_MS, open_page, open_view, serve, settle, shoot

REVIEWED = "示例选址02"
"""A proposed pond 300 m inside the 3 km of the main stem."""
MOVED = "103.1010, 26.4990\n103.1070, 26.4990\n103.1070, 26.5020\n103.1010, 26.5020"
"""Corners of a plot beyond them."""
SEARCHED = "示例选址14"
DISPUTED = "示例选址05"
ZOOMS_OUT = 3
DRAWN = ((0.0, 0.0), (620.0, 0.0), (620.0, 380.0), (180.0, 420.0), (0.0, 250.0))
"""Corners of a plot in a drawing of its own grid. [m]"""
CONTROL_POINTS = "0 0 609100 2930000\n620 0 609710 2930110"
"""Where the first two of them lie: easting and northing on the strip of 102°, the grid turned by ten degrees. [m]"""
STRIP = "EPSG:4543"


def take_planner_pictures(browser: Browser, database_url: str) -> None:
    """Write all pictures of the siting review."""
    with serve(database_url) as address:
        with open_page(browser) as page:
            _take_case(page, address)
            _take_verification(page)
            _take_revision(page)
            _take_search(page)
        with open_page(browser) as page:
            _take_drawing(page, address)
            _take_conflict(browser, page, address)


def _take_case(page: Page, address: str) -> None:
    """Write a case with its verdict, and the list of cases."""
    _open_case(page, address, REVIEWED)
    page.get_by_role("button", name="审查", exact=True).click()
    page.locator(".rm-answer .rm-conclusion").wait_for()
    page.locator("[data-action=save]").click()
    settle(page)
    shoot(page, "planner")
    page.get_by_role("tab", name="案卷").click()
    page.locator(".rm-case").first.scroll_into_view_if_needed()
    settle(page)
    shoot(page, "planner-cases")
    page.get_by_role("tab", name="审查", exact=True).click()


def _take_verification(page: Page) -> None:
    """Write the verification of the case's own bundle."""
    with page.expect_download(timeout=LONG_MS) as waiting:
        page.locator("[data-paper=zip]").click()
    step = page.locator("[data-step=verify]")
    step.locator("summary").click()
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / waiting.value.suggested_filename
        waiting.value.save_as(bundle)
        step.locator("[type=file]").first.set_input_files(bundle)
        step.locator("button").click()
        step.locator("[data-verification]").get_by_text("一致").wait_for()
    step.scroll_into_view_if_needed()
    settle(page)
    shoot(page, "planner-verify")
    step.locator("summary").click()


def _take_revision(page: Page) -> None:
    """Write the comparison of a moved plot with the former one."""
    page.locator("[data-way=typed]").click()
    page.locator(".rm-planner textarea").first.fill(MOVED)
    page.get_by_role("button", name="采用这些坐标").click()
    page.locator("summary", has_text="与以前的版本比较").click()
    page.get_by_role("button", name="比较", exact=True).click()
    page.locator(".rm-comparison").wait_for()
    settle(page)
    shoot(page, "planner-revision")


def _take_search(page: Page) -> None:
    """Leave the revision unsaved and write where another case, seen from farther away, may go."""
    page.get_by_role("tab", name="案卷").click()
    page.locator(".rm-case", has_text=SEARCHED).click()
    page.locator("[data-choice=drop]").click()
    for _ in range(ZOOMS_OUT):
        page.get_by_role("button", name="缩小").click()
        page.wait_for_timeout(SETTLE_MS / 4)
    page.locator("summary", has_text="可以建在哪里").click()
    page.locator("[data-action=where]").click()
    page.locator(".rm-areas").wait_for(timeout=LONG_MS)
    page.locator(".rm-areas").scroll_into_view_if_needed()
    settle(page)
    shoot(page, "planner-where")


def _take_drawing(page: Page, address: str) -> None:
    """Write a plot of a drawing that has no system but two control points."""
    open_view(page, f"{address}/#13/26.47/103.09")
    page.get_by_role("button", name="选址审查", exact=True).click()
    page.locator("[data-way=file]").click()
    form = page.locator(".rm-step-body")
    form.locator("[name=crs]").select_option(STRIP)
    form.locator("summary").click()
    form.locator("[name=control_points]").fill(CONTROL_POINTS)
    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder) / "地块.dxf"
        write_plot(drawing)
        form.locator("[type=file]").set_input_files(drawing)
        page.locator(".rm-plot b").wait_for()
    page.get_by_role("button", name="缩放到位置").or_(page.locator(".rm-plot .rm-link").first).first.click()
    settle(page)
    shoot(page, "planner-dxf")


def write_plot(path: Path) -> None:
    """Write the drawing of a plot."""
    drawing = ezdxf.new("R2010")
    drawing.modelspace().add_lwpolyline(DRAWN, close=True)
    drawing.saveas(path)


def _take_conflict(browser: Browser, page: Page, address: str) -> None:
    """Write what the second of two people sees who change one case."""
    _open_case(page, address, DISPUTED)
    with open_page(browser) as other:
        _open_case(other, address, DISPUTED)
        _rename(other, f"{DISPUTED}（县局修改）")
        other.locator(".rm-case-said").get_by_text("版").first.wait_for()
    _rename(page, f"{DISPUTED}（市局修改）")
    page.get_by_role("alertdialog").wait_for()
    settle(page)
    shoot(page, "planner-conflict")


def _rename(page: Page, name: str) -> None:
    page.locator(".rm-planner [name=name]").fill(name)
    page.locator("[data-action=save]").click()


def _open_case(page: Page, address: str, name: str) -> None:
    open_view(page, f"{address}/#13/26.47/103.09")
    page.get_by_role("button", name="选址审查", exact=True).click()
    page.get_by_role("tab", name="案卷").click()
    page.locator(".rm-case", has_text=name).click()
    page.locator(".rm-planner [name=name]").wait_for()
