"""Barriers in the pages, as axe-core finds them: names, roles, order of headings, contrast."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from geo.hazard.validation.evaluation import evaluate
from tests.web.conftest import serving
from web.assets import WEB_FOLDER
from web.validation import render_report

pytestmark = pytest.mark.browser

AXE = WEB_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.flatMap(
  ({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
    `${id}: ${html.slice(0, 200)}: ${[...any, ...all, ...none].map(({ message }) => message).join('; ')}`))"""


def barriers(page: Page) -> list[str]:
    """What axe finds on a page as it stands; the script comes past the page's own policy."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{AXE.read_text(encoding='utf-8')}\nvoid 0")
    found: list[str] = page.evaluate(RUN)
    return found


def test_the_map_and_its_workbenches(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/?lang=zh", sample_site)
    found = barriers(page)
    for tab in ("overview", "findings"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#panel-{tab} [data-list] li").first).to_be_visible()
        found += barriers(page)
    page.locator("[data-list=fail] li button").first.click()
    expect(page.locator(".rm-right .rm-card").first).to_be_visible()
    found += barriers(page)
    for button in page.locator(".rm-workbenches button").all()[1:]:
        button.click()
        page.wait_for_load_state("networkidle")
        found += barriers(page)
    assert sorted(set(found)) == []


def test_what_the_supervisor_opens(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/?lang=zh", sample_site)
    page.locator("#tab-overview").click()
    found = []
    for tool in ("overview.charts", "overview.gaps", "audit.title", "report.title"):
        page.locator(f"[data-tool='{tool}']").click()
        expect(page.locator(".rm-right h2")).to_be_visible()
        found += barriers(page)
    assert sorted(set(found)) == []


def test_papers_on_screen_and_the_description_of_the_interface(sample_site: str, open_page: Any) -> None:
    for path in ("/enterprises/nasty-1?lang=zh", "/docs"):
        page = open_page(sample_site + path, sample_site, ready=False)
        assert barriers(page) == []


def test_the_login_form(sample_url: str, open_page: Any) -> None:
    with serving(database_url=sample_url, access_keys="ann:ann-secret-key-0123456789") as address:
        page = open_page(f"{address}/login", address, ready=False, refusals=(401, 403))
        assert barriers(page) == []
        page.locator("input").fill("not-the-key-of-anybody")
        page.keyboard.press("Enter")
        expect(page.locator("[role=alert]")).to_be_visible()
        assert barriers(page) == []


def test_the_page_of_the_validation(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(render_report(evaluate(["gas_discharge"]), "zh"))
    assert barriers(page) == []
    page.close()
