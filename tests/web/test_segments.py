"""Segments of a selected pipeline: classified on request, drawn by grade, listed by mileage."""

import itertools
import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_selected_pipeline_is_classified_and_drawn(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    search = page.locator(".rm-search input")
    search.fill("demo-pipeline-03")
    expect(page.locator(".rm-hits li").first).to_contain_text("示例输气管道03", timeout=30_000)
    search.press("Enter")
    panel = page.locator(".rm-segments")
    expect(panel).to_contain_text("地区等级与高后果区", timeout=30_000)
    panel.get_by_role("button", name="分段识别").click()
    rows = panel.locator(".rm-segment-list > li")
    expect(rows.first).to_contain_text("K0+000 – ", timeout=60_000)
    assert rows.count() > 1
    texts = rows.all_inner_texts()
    assert any("高后果区 I 级" in text for text in texts)
    # Mileages follow each other without gaps: where one segment ends the next begins.
    posts = [re.findall(r"K\d+\+\d{3}", text) for text in texts]
    assert all(one[1] == other[0] for one, other in itertools.pairwise(posts))
    rows.first.get_by_role("button").click()
    rows.first.get_by_role("button").press("Escape")
    expect(rows).to_have_count(0)

    search.fill("demo-pipeline-05")
    expect(page.locator(".rm-hits li").first).to_contain_text("示例化学品管道05", timeout=30_000)
    search.press("Enter")
    expect(page.locator(".rm-right h2")).to_have_text("示例化学品管道05", timeout=30_000)
    expect(page.locator(".rm-segments")).to_have_count(0)
