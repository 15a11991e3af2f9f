"""Pictures of the one map: key figures, lists, charts, blind spots, audits, grids, and one enterprise on one page."""

from playwright.sync_api import Browser, Page

from scripts.prepare import GRID_METRIC
from scripts.screenshots.camera import LONG_MS, open_page, open_view, serve, settle, shoot

ENTERPRISE = "demo-enterprise-04"
CELL = (975, 571)
"""Where a cell with facilities lies in the view, away from their symbols. [px]"""
FORMER_DAY = "2019-05-01"
"""Before the law on the Yangtze came into force on 2021-03-01."""
DAY = "2026-06-01"


def take_supervisor_pictures(browser: Browser, database_url: str) -> None:
    """Write all pictures of the one map."""
    with serve(database_url) as address, open_page(browser) as page:
        _take_overview(page, address)
        _take_grid(page, address)
        _take_pages(page, address)
        _take_flips(page, address)


def _take_overview(page: Page, address: str) -> None:
    """Write the key figures of the demonstration county, its charts, lists and blind spots."""
    open_view(page, address)
    page.get_by_role("button", name="一张图", exact=True).click()
    page.locator("#tab-overview").click()
    for _ in range(3):  # from all data down to the county
        page.locator("[data-bars=areas] button").first.click()
        settle(page)
    shoot(page, "supervisor")
    page.locator("[data-tool='overview.charts']").click()
    page.locator(".rm-right canvas").first.wait_for()
    settle(page)
    shoot(page, "supervisor-charts")
    page.locator("#tab-findings").click()
    page.locator("[data-list=fail] li button").first.click()
    settle(page)
    shoot(page, "supervisor-lists")
    page.locator("#tab-overview").click()
    page.locator("[data-tool='overview.gaps']").click()
    settle(page)
    shoot(page, "supervisor-gaps")
    page.locator("[data-tool='report.title']").click()
    settle(page)
    shoot(page, "supervisor-report")


def _take_flips(page: Page, address: str) -> None:
    """Write which verdicts another day's rules change, and why."""
    open_view(page, address)
    page.locator("#tab-overview").click()
    page.locator("[data-tool='audit.title']").click()
    form = page.locator(".rm-audit")
    form.locator("input[name=on]").fill(DAY)
    form.locator("select").select_option("day")
    form.locator("input[name=before]").fill(FORMER_DAY)
    form.locator("button[type=submit]").click()
    page.locator(".rm-flips li").first.wait_for(timeout=LONG_MS)
    settle(page)
    shoot(page, "supervisor-flips")


def _take_grid(page: Page, address: str) -> None:
    """Write a grid and what adds up in one of its cells."""
    open_view(page, f"{address}/#11/26.60/103.05")
    grids = page.locator("[data-theme=grids] select").first
    grids.select_option(GRID_METRIC)
    settle(page)
    grids.scroll_into_view_if_needed()
    page.mouse.click(*CELL)
    page.locator(".rm-grid-objects li").first.wait_for()
    settle(page)
    shoot(page, "supervisor-grid")


def _take_pages(page: Page, address: str) -> None:
    """Write one enterprise on one page, and the validation of the models."""
    page.goto(f"{address}/enterprises/{ENTERPRISE}", wait_until="networkidle")
    shoot(page, "supervisor-enterprise")
    shoot(page.locator("main"), "supervisor-enterprise-page")
    page.goto(f"{address}/validation", wait_until="networkidle")
    page.locator("table").first.wait_for(timeout=LONG_MS)
    shoot(page, "validation")
