"""Pictures in English: the three workbenches, on a wide screen and on a tablet."""

from playwright.sync_api import Browser, Page

from scripts.screenshots.camera import (
    LONG_MS,
    TABLET,
    open_feature,
    open_page,
    open_view,
    serve,
    settle,
    shoot,
)
from scripts.screenshots.frame import SHOWN
from scripts.screenshots.park import PLANT
from scripts.screenshots.planner import REVIEWED


def take_english_pictures(browser: Browser, database_url: str) -> None:
    """Write all pictures in English."""
    with serve(database_url) as address:
        with open_page(browser) as page:
            open_view(page, f"{address}/?lang=en#13/26.50/103.06")
            open_feature(page, SHOWN)
            shoot(page, "map-en")
            page.locator("#tab-overview").click()
            settle(page)
            shoot(page, "supervisor-en")
            _review(page, address, "planner-en")
            _assess(page)
            shoot(page, "park-en")
        with open_page(browser, TABLET) as page:
            open_view(page, f"{address}/?lang=en#11/26.60/103.05")
            shoot(page, "map-tablet-en")
            _review(page, address, "planner-tablet-en")
            _assess(page)
            _compare(page)
            shoot(page, "park-tablet-en")


def _review(page: Page, address: str, name: str) -> None:
    open_view(page, f"{address}/?lang=en#13/26.47/103.09")
    page.get_by_role("button", name="Siting review", exact=True).click()
    page.get_by_role("tab", name="Cases").click()
    page.locator(".rm-case", has_text=REVIEWED).click()
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator(".rm-answer .rm-conclusion").wait_for()
    settle(page)
    shoot(page, name)


def _assess(page: Page) -> None:
    page.get_by_role("button", name="Park layout", exact=True).click()
    page.locator("#park-plant").select_option(PLANT)
    page.get_by_role("button", name="Compute external safety distance").click()
    page.locator(".rm-park-levels").wait_for(timeout=LONG_MS)
    settle(page)


def _compare(page: Page) -> None:
    """Move a tank and set both layouts side by side."""
    tank = page.locator(".rm-park-tank").first
    tank.focus()
    tank.press("Shift+ArrowLeft")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator(".rm-park-compare figure").nth(1).wait_for(timeout=LONG_MS)
    settle(page)
