"""Pictures of the shared frame: what is selected, what lies around, tools, former days, paper."""

from playwright.sync_api import Browser, Page

from scripts.screenshots.camera import open_feature, open_page, open_view, serve, settle, shoot

SHOWN = "demo-pond-01"
"""A pond 20 m inside the 3 km of the main stem, beyond doubt."""
SCREENED = "demo-pond-02"
"""A pond above a settlement."""
CLASSIFIED = "demo-pipeline-03"
GULLY = "demo-geohazard-08"
MEASURED = ((500, 330), (700, 420), (760, 600))
"""Corners of a path over the map. [px]"""


def take_frame_pictures(browser: Browser, database_url: str) -> None:
    """Write all pictures of the frame."""
    with serve(database_url) as address, open_page(browser) as page:
        _take_selection(page, address)
        _take_screening(page, address)
        _take_tools(page, address)
        _take_paper(page, address)
        _take_days(page, address)


def _take_selection(page: Page, address: str) -> None:
    """Write the province, a facility with its findings, and what lies around it."""
    open_view(page, f"{address}/#9/26.60/103.00")
    shoot(page, "map-province")
    open_feature(page, SHOWN)
    shoot(page, "map")
    page.get_by_role("button", name="查询周边").click()
    page.locator(".rm-around-row").first.click()
    settle(page)
    shoot(page, "around")


def _take_screening(page: Page, address: str) -> None:
    """Write what the failure of a pond may reach, the fan of a gully, and the classes of a pipeline."""
    open_view(page, f"{address}/#13/26.50/103.06")
    open_feature(page, SCREENED)
    page.get_by_role("button", name="溃坝可能影响的范围").click()
    page.locator(".rm-screening li").first.wait_for()
    page.locator(".rm-screening").scroll_into_view_if_needed()
    settle(page)
    shoot(page, "screening")
    open_feature(page, GULLY)
    page.locator(".rm-screening button").click()
    page.locator(".rm-screening li").first.wait_for()
    settle(page)
    shoot(page, "fan")
    open_feature(page, CLASSIFIED)
    page.get_by_role("button", name="分段识别").click()
    page.locator(".rm-segment-list > li").first.wait_for()
    page.locator(".rm-segments").scroll_into_view_if_needed()
    settle(page)
    shoot(page, "pipeline-segments")


def _take_tools(page: Page, address: str) -> None:
    """Write search by coordinate, and a measured path."""
    open_view(page, f"{address}/#13/26.55/103.06")
    page.get_by_role("search").get_by_role("combobox").fill("示例01")
    page.get_by_role("option").nth(3).wait_for()
    settle(page)
    shoot(page, "search")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="测量距离").click()
    for x, y in MEASURED:
        page.mouse.click(x, y)
        page.wait_for_timeout(400)  # else two clicks are one double click
    page.mouse.click(*MEASURED[-1])
    settle(page)
    shoot(page, "measure")


def _take_paper(page: Page, address: str) -> None:
    """Write the dialogue for printing, and the whole sheet as it is printed."""
    open_view(page, f"{address}/#12/26.60/103.05")
    page.get_by_role("button", name="打印或导出").click()
    page.locator(".rm-print[data-ready=true]").wait_for()
    settle(page)
    shoot(page, "print")
    shoot(page.locator(".rm-sheet"), "print-sheet")
    page.keyboard.press("Escape")


def _take_days(page: Page, address: str) -> None:
    """Write two days side by side, and the map as it was on a former day."""
    open_view(page, f"{address}/#12/26.60/103.05")
    page.locator("input[name=raster]").first.check()
    page.get_by_role("button", name="卷帘对比").click()
    day = page.get_by_label("右侧数据日期")
    day.select_option(day.locator("option").last.get_attribute("value"))
    settle(page)
    shoot(page, "swipe")
    open_view(page, f"{address}/#12/26.60/103.05")
    page.get_by_role("button", name="查看以前的数据").click()
    page.get_by_role("slider").press("ArrowLeft")
    page.locator(".rm-past").wait_for()
    settle(page)
    shoot(page, "time-slider")
