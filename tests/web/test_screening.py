"""The failure of a selected pond and the fan of a gully: asked for, drawn, and told with who lies in them."""

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_selected_pond_shows_its_band_and_gully_its_fan(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    search = page.locator(".rm-search input")
    search.fill("demo-pond-02")
    expect(page.locator(".rm-hits li").first).to_contain_text("示例02号尾矿库", timeout=30_000)
    search.press("Enter")
    panel = page.locator(".rm-screening")
    panel.get_by_role("button", name="溃坝可能影响的范围").click(timeout=30_000)
    expect(panel).to_contain_text("路径两侧各 200 m", timeout=60_000)
    expect(panel).to_contain_text("设计等别IV等")
    expect(panel).to_contain_text("共 15 处：示例镇20")
    expect(panel).to_contain_text("居民点：范围内 1 处")
    expect(panel).to_contain_text("7711 – 0 – 0")
    page.keyboard.press("Escape")
    search.fill("demo-geohazard-08")
    expect(page.locator(".rm-hits li").first).to_contain_text("示例泥石流沟1", timeout=30_000)
    search.press("Enter")
    panel.get_by_role("button", name="估算堆积扇").click(timeout=30_000)
    expect(panel).to_contain_text("长 821 m，宽 565 m", timeout=60_000)
    expect(panel).to_contain_text("道路：范围内 2 处")
    page.keyboard.press("Escape")
    search.fill("demo-pipeline-03")
    expect(page.locator(".rm-hits li").first).to_contain_text("示例输气管道03", timeout=30_000)
    search.press("Enter")
    expect(page.locator(".rm-segments")).to_be_visible(timeout=30_000)
    expect(page.locator(".rm-screening")).to_have_count(0)
