"""Barriers in the pages, in Chinese and in English: each workbench, panel and dialog of the frame.

Those of the planner and the park are looked at where their tests have filled them.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from geo.hazard.validation.evaluation import evaluate
from tests.web.barriers import barriers
from tests.web.conftest import NASTY_NAME, serving
from web.catalogues import LANGUAGES, read_messages
from web.validation import render_report

pytestmark = pytest.mark.browser

in_both_languages = pytest.mark.parametrize("lang", LANGUAGES)


def press(page: Page, lang: str, message: str) -> None:
    """Press the button that a message names."""
    page.get_by_role("button", name=read_messages(lang)[message], exact=True).click()


@in_both_languages
def test_the_map_and_its_workbenches(sample_site: str, open_page: Any, lang: str) -> None:
    page = open_page(f"{sample_site}/?lang={lang}", sample_site)
    found = barriers(page)
    for tab in ("overview", "findings"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#panel-{tab} [data-list] li").first).to_be_visible()
        found += barriers(page, ".rm-left")
    page.locator("[data-list=fail] li button").first.click()
    expect(page.locator(".rm-right .rm-card").first).to_be_visible()
    found += barriers(page)
    for button in page.locator(".rm-workbenches button").all()[1:]:
        button.click()
        page.wait_for_load_state("networkidle")
        for tab in page.locator(".rm-left [role=tab]:visible").all():
            tab.click()
            found += barriers(page, ".rm-left")
    assert sorted(set(found)) == []


@in_both_languages
def test_what_the_supervisor_opens(sample_site: str, open_page: Any, lang: str) -> None:
    page = open_page(f"{sample_site}/?lang={lang}", sample_site)
    page.locator("#tab-overview").click()
    found = []
    for tool in ("overview.charts", "overview.gaps", "audit.title", "report.title"):
        page.locator(f"[data-tool='{tool}']").click()
        expect(page.locator(".rm-right h2")).to_be_visible()
        found += barriers(page, ".rm-right")
    assert sorted(set(found)) == []


@in_both_languages
def test_the_tools_of_the_frame(sample_site: str, open_page: Any, lang: str) -> None:
    page = open_page(f"{sample_site}/?lang={lang}#13/26.47/103.09", sample_site)
    page.get_by_role("search").get_by_role("combobox").fill("demo-pond")
    expect(page.get_by_role("option").first).to_be_visible()
    found = barriers(page, ".rm-bar")
    page.keyboard.press("Enter")
    expect(page.locator(".rm-detail-ways")).to_be_visible()
    press(page, lang, "around.this")
    expect(page.locator(".rm-around-rows li").first).to_be_visible(timeout=30_000)
    found += barriers(page, ".rm-right")
    press(page, lang, "draw.circle")
    found += barriers(page, ".rm-map")
    page.keyboard.press("Escape")
    press(page, lang, "swipe.open")
    press(page, lang, "time.open")
    expect(page.locator(".rm-time")).to_be_visible()
    page.locator(".rm-time [type=range]").press("ArrowLeft")
    expect(page.locator(".rm-past")).to_be_visible()
    found += barriers(page)
    press(page, lang, "time.close")
    press(page, lang, "swipe.open")
    press(page, lang, "share.open")
    expect(page.locator("dialog[open]")).to_be_visible()
    found += barriers(page, "dialog")
    page.keyboard.press("Escape")
    press(page, lang, "print.open")
    page.locator(".rm-print[data-ready=true]").wait_for()
    found += barriers(page, ".rm-print")
    assert sorted(set(found)) == []


@in_both_languages
def test_a_grid_and_its_cell(sample_site: str, open_page: Any, lang: str) -> None:
    page = open_page(f"{sample_site}/?lang={lang}#11/26.75/103.05", sample_site)
    page.locator("[data-theme=grids] select").first.select_option("facility_count")
    page.wait_for_function("RiskMap.app.grid.run")
    page.evaluate(SHOW_ITS_CELL)
    expect(page.locator(".rm-grid-objects li button", has_text="onerror")).to_have_text(NASTY_NAME)
    assert barriers(page, ".rm-right") + barriers(page, ".rm-left") == []


SHOW_ITS_CELL = """async () => {
  const { grid, source } = RiskMap.app;
  const { latLngToCell } = await import("h3-js");
  const wanted = latLngToCell(26.5, 102.9, grid.run.resolution);
  const { cells } = await source.cells(grid.run.id, { limit: 1000 });
  grid.opened.show(grid.run, cells.find((cell) => cell.h3_hex === wanted));
}"""
"""The cell of the facility with the nasty name."""


@in_both_languages
def test_papers_on_screen_and_the_description_of_the_interface(
    sample_site: str, open_page: Any, lang: str
) -> None:
    for path in (f"/enterprises/demo-enterprise-04?lang={lang}", f"/docs?lang={lang}"):
        page = open_page(sample_site + path, sample_site, ready=False)
        assert barriers(page) == []
        for picture in page.locator("figure img").all():
            assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_the_login_form(sample_url: str, open_page: Any) -> None:
    with serving(database_url=sample_url, access_keys="ann:ann-secret-key-0123456789") as address:
        page = open_page(f"{address}/login", address, ready=False, refusals=(401, 403))
        assert barriers(page) == []
        page.locator("input").fill("not-the-key-of-anybody")
        page.keyboard.press("Enter")
        expect(page.locator("[role=alert]")).to_be_visible()
        assert barriers(page) == []


@in_both_languages
def test_the_page_of_the_validation(browser: Browser, lang: str) -> None:
    page = browser.new_page()
    page.set_content(render_report(evaluate(["gas_discharge"]), lang))
    assert barriers(page) == []
    page.close()
