"""Around here: typed, clicked and from the selection, by keyboard alone, with the list on screen and as a file."""

import io
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from layers.documents.clean_text import clean_text
from tests.web.conftest import NASTY_NAME

pytestmark = pytest.mark.browser

ANSWER_MS = 30_000


def test_around_a_typed_coordinate_by_keyboard(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/?lang=zh#13/26.5/102.9", sample_site)
    page.get_by_role("button", name="周边查询").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("查询位置")).to_be_focused()
    page.keyboard.type("26.5")
    page.keyboard.press("Enter")
    assert page.get_by_label("查询位置").evaluate("field => !field.validity.valid")
    page.get_by_label("查询位置").fill("")
    page.keyboard.type("北纬26°30′00″ 东经102°54′00″")
    page.keyboard.press("Enter")
    first = page.locator(".rm-around-rows li").first
    expect(first.locator(".rm-around-name")).to_have_text(NASTY_NAME, timeout=ANSWER_MS)
    expect(first.locator(".rm-around-distance")).to_have_text("0.0 m 精度未知")
    expect(first.locator(".rm-around-doubt")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert book["周边清单"]["D2"].value == clean_text(NASTY_NAME)
    first.get_by_role("button", name="的详情").click()
    expect(page.locator(".rm-right h2")).to_have_text(NASTY_NAME)


def test_around_a_click_and_the_selection(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/?lang=en#13/26.47/103.09", sample_site)
    page.get_by_role("button", name="Around here").click()
    page.get_by_role("button", name="Click on the map").click()
    box = page.locator(".rm-map .leaflet-container").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".rm-around-sum")).to_contain_text("within 1\u202f000 m", timeout=ANSWER_MS)
    page.locator(".rm-around-form").get_by_label("Radius (m)").fill("6000")
    page.keyboard.press("Enter")
    expect(page.locator(".rm-around-sum")).to_contain_text("within 6\u202f000 m", timeout=ANSWER_MS)
    rows = page.locator(".rm-around-rows li")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="more").click()
    expect(rows.nth(50)).to_be_visible(timeout=ANSWER_MS)
    page.locator(".rm-around-layers button", has_text="Tailings ponds").click()
    expect(page.locator(".rm-around-rows li:not([data-layer=tailings_ponds])")).to_have_count(
        0, timeout=ANSWER_MS
    )
    rows.first.locator(".rm-around-row").click()
    expect(page.locator(".rm-distance").last).to_be_visible()
    name, id_ = rows.first.locator(".rm-around-name").inner_text(), rows.first.get_attribute("data-id")
    rows.first.locator(".rm-around-open").click()
    expect(page.locator(".rm-right h2")).to_have_text(name)
    page.get_by_role("button", name="What is around").click()
    expect(page.get_by_label("Place to ask about")).to_have_value(f"Tailings ponds · {name}")
    expect(rows.first).to_be_visible(timeout=ANSWER_MS)
    expect(page.locator(f".rm-around-rows li[data-id='{id_}']")).to_have_count(0)
    page.locator(".rm-around-form").get_by_label("Radius (m)").fill("0")
    page.keyboard.press("Enter")
    assert (
        page.locator(".rm-around-form").get_by_label("Radius (m)").evaluate("field => !field.validity.valid")
    )
