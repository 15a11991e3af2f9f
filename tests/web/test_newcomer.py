"""A newcomer who has read nothing: from the served page to a first verdict, by what stands on the screen alone."""

import time
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MOST_S = 180.0
"""Three minutes."""
ANSWER_MS = 60_000

SEEN = {
    "zh": {
        "language": "中文",
        "workbench": "选址审查",
        "point": "画点",
        "kind": "项目类别",
        "pond": "尾矿库",
        "state": "建设性质",
        "new": "新建",
        "check": "审查",
        "answers": "不通过|无法判定|有条件|通过",
        "papers": "意见书 Word",
    },
    "en": {
        "language": "English",
        "workbench": "Siting review",
        "point": "Point",
        "kind": "Kind of project",
        "pond": "Tailings pond",
        "state": "State",
        "new": "New",
        "check": "Check",
        "answers": "Fails|Cannot be decided|Conditional|Passes",
        "papers": "Letter, Word",
    },
}
"""What is read on the screen, in the order in which it is looked for."""


@pytest.mark.parametrize("lang", SEEN)
def test_first_verdict_within_three_minutes(sample_site: str, open_page: Any, lang: str) -> None:
    seen = SEEN[lang]
    started = time.monotonic()
    page = open_page(sample_site, sample_site)
    if lang == "en":
        page.get_by_role("button", name=seen["language"]).or_(
            page.get_by_role("link", name=seen["language"])
        ).click()
        page.wait_for_selector(".rm-app[data-state=ready]")
    page.get_by_role("button", name=seen["workbench"], exact=True).click()
    page.get_by_role("button", name=seen["point"], exact=True).click()
    # The first click on the map that a person would make: somewhere in its middle.
    size = page.viewport_size
    page.mouse.click(size["width"] * 0.6, size["height"] * 0.5)
    page.get_by_role("combobox", name=seen["kind"], exact=True).select_option(label=seen["pond"])
    page.get_by_role("combobox", name=seen["state"], exact=True).select_option(label=seen["new"])
    page.get_by_role("button", name=seen["check"], exact=True).click()
    expect(page.get_by_role("button", name=seen["papers"])).to_be_visible(timeout=ANSWER_MS)
    answer = page.locator(".rm-conclusion strong")
    assert answer.inner_text() in seen["answers"].split("|")
    assert time.monotonic() - started < MOST_S
