"""Pictures of the park workbench: one plant, its tanks moved, layouts compared, a whole park."""

import tempfile
from pathlib import Path

import ezdxf
from playwright.sync_api import Browser, Page

from scripts.screenshots.camera import LONG_MS, open_page, open_view, serve, settle, shoot

PLANT = "demo-plant-ammonia"
TOGETHER = ("示例07号化肥企业", "示例01号氯碱企业")
PLACE = "103.0085, 26.4905"
STEPS_WEST = 3
"""Of 10 m."""
TANKS = {"sphere-1": (0.0, 0.0), "sphere-2": (-40.0, -10.0)}
"""Places of equipment in a drawing of its own grid. [m]"""
CONTROL_POINTS = "0 0 600400 2931510\n100 0 600500 2931510"
"""Where two places of it lie: easting and northing on the strip of 102°. [m]"""
STRIP = "EPSG:4543"


def take_park_pictures(browser: Browser, database_url: str) -> None:
    """Write all pictures of the park workbench."""
    with serve(database_url) as address:
        with open_page(browser) as page:
            _take_assessment(page, address)
            _take_move(page)
            _take_comparison(page)
            _take_park(page)
        with open_page(browser) as page:
            _take_drawing(page, address)
            _take_conflict(browser, page, address)


def open_plant(page: Page, address: str) -> None:
    """Open the plant in the park workbench."""
    open_view(page, address)
    page.get_by_role("button", name="园区布局", exact=True).click()
    page.locator("#park-plant").select_option(PLANT)
    page.locator(".rm-park-tank").first.wait_for()


def _take_assessment(page: Page, address: str) -> None:
    """Write contours and distances of a plant, and which scenarios make the risk at a place."""
    open_plant(page, address)
    page.get_by_role("button", name="计算外部安全防护距离").click()
    page.locator(".rm-right .rm-park-state").wait_for(timeout=LONG_MS)
    page.locator(".rm-park-levels").wait_for(timeout=LONG_MS)
    page.locator("#panel-park .rm-progress").wait_for(state="hidden", timeout=LONG_MS)
    settle(page)
    shoot(page, "park")
    place = page.locator("input[name=place]")
    place.fill(PLACE)
    place.press("Enter")
    page.locator(".rm-park-ranks").wait_for(timeout=LONG_MS)
    place.evaluate("(box) => box.closest('section').scrollIntoView()")
    settle(page)
    shoot(page, "park-ranking")


def _take_move(page: Page) -> None:
    """Write what a moved tank changes, and the sheet of it."""
    tank = page.locator(".rm-park-tank").first
    tank.focus()
    page.keyboard.press("Enter")
    for _ in range(STEPS_WEST):
        tank.press("Shift+ArrowLeft")
    page.locator(".rm-park-state:not(.is-coarse)").wait_for(timeout=LONG_MS)
    settle(page)
    shoot(page, "park-moved")
    page.locator("[data-action=sheet]").click()
    settle(page)
    shoot(page, "park-sheet")
    page.keyboard.press("Escape")


def _take_comparison(page: Page) -> None:
    """Write the moved layout beside the present one, and their difference."""
    page.get_by_role("button", name="与当前比较").click()
    page.locator(".rm-park-compare figure").nth(1).wait_for(timeout=LONG_MS)
    settle(page)
    shoot(page, "park-compare")
    page.get_by_role("button", name="差异图").click()
    settle(page)
    shoot(page, "park-difference")
    page.locator(".rm-park-compare-bar").get_by_role("button", name="关闭").click()


def _take_park(page: Page) -> None:
    """Write spacing in a park, and the risk of several plants together."""
    page.get_by_role("button", name="检查布局").click()
    page.locator(".rm-park-subject").first.wait_for(timeout=LONG_MS)
    settle(page)
    shoot(page, "park-spacing")
    for plant in TOGETHER:
        page.get_by_role("checkbox", name=plant).check()
    page.get_by_role("button", name="叠加所选企业").click()
    page.get_by_role("heading", name="叠加后的个人风险").wait_for(timeout=LONG_MS)
    settle(page)
    shoot(page, "park-together")


def _take_drawing(page: Page, address: str) -> None:
    """Write the equipment placed by a drawing that has no system but two control points."""
    open_plant(page, address)
    page.locator("summary", has_text="由图纸取设备位置").click()
    page.locator("summary", has_text="控制点").click()
    page.locator("[name=control_points]").fill(CONTROL_POINTS)
    page.get_by_label("图纸坐标系").fill(STRIP)
    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder) / "布置图.dxf"
        write_tanks(drawing)
        page.get_by_label("读取图纸").and_(page.locator("input")).set_input_files(drawing)
        page.get_by_text("图纸中 2 个点").wait_for()
    page.get_by_text("图纸中 2 个点").scroll_into_view_if_needed()
    settle(page)
    shoot(page, "park-dxf")


def write_tanks(path: Path) -> None:
    """Write a drawing in which blocks with the numbers of the equipment stand at its places."""
    drawing = ezdxf.new("R2010")
    drawing.blocks.new("储罐")
    for id, place in TANKS.items():
        drawing.modelspace().add_blockref("储罐", place).add_attrib("编号", id)
    drawing.saveas(path)


def _take_conflict(browser: Browser, page: Page, address: str) -> None:
    """Write what the second of two people is told who move tanks of one plant."""
    open_plant(page, address)
    with open_page(browser) as other:
        open_plant(other, address)
        _move_and_save(other)
        other.get_by_text("已保存；").wait_for()
    _move_and_save(page)
    page.get_by_role("alert").first.wait_for()
    page.get_by_role("alert").first.scroll_into_view_if_needed()
    settle(page)
    shoot(page, "park-conflict")


def _move_and_save(page: Page) -> None:
    tank = page.locator(".rm-park-tank").first
    tank.focus()
    tank.press("Shift+ArrowLeft")
    page.get_by_role("button", name="保存到当前方案").click()
