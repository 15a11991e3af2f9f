"""Pictures of the doors: the login, a database that may only be read, a wrong address, and the interface."""

import os
import stat
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

from scripts.screenshots.camera import open_page, open_view, serve, settle, shoot

SMALL: ViewportSize = {"width": 960, "height": 600}
KEYS = "市应急局:a-key-that-nobody-guesses"
NOWHERE = "enterprises/demo-enterprise-99"
AS_ANYBODY = ("setpriv", "--bounding-set", "-dac_override")
"""Starts a program of root without its right to write to files that nobody may write to."""


def take_door_pictures(browser: Browser, database_url: str) -> None:
    """Write all pictures of the doors."""
    with serve(database_url, RISKMAP_ACCESS_KEYS=KEYS) as address, open_page(browser, SMALL) as page:
        page.goto(f"{address}/login")
        page.get_by_label("访问密钥").fill("not-the-key")
        page.get_by_role("button").click()
        page.get_by_role("alert").wait_for()
        shoot(page, "login")
        page.get_by_label("访问密钥").fill(KEYS.partition(":")[2])
        page.get_by_role("button").click()
        page.goto(f"{address}/{NOWHERE}")
        shoot(page, "not-found")
        page.goto(f"{address}/docs")
        shoot(page, "interface")
    _take_read_only(browser, Path(database_url.removeprefix("sqlite:///")))


def _take_read_only(browser: Browser, database: Path) -> None:
    """Write what the page says where the database may only be read."""
    database.chmod(stat.S_IRUSR)
    starter = AS_ANYBODY if os.geteuid() == 0 else ()
    with serve(f"sqlite:///{database}", with_help_of=starter) as address, open_page(browser) as page:
        open_view(page, f"{address}/#12/26.50/103.06")
        page.get_by_role("button", name="选址审查", exact=True).click()
        page.get_by_role("tab", name="案卷").click()
        page.locator(".rm-case").first.click()
        page.locator(".rm-planner [name=name]").fill("改名")
        page.locator("[data-action=save]").click()
        settle(page)
        shoot(page, "read-only")
