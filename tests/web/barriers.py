"""Barriers in a page, as axe-core finds them: names, roles, order of headings, contrast."""

from playwright.sync_api import Page

from web.assets import WEB_FOLDER

AXE = WEB_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (part) => (await axe.run(part, { resultTypes: ['violations'] })).violations.flatMap(
  ({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
    `${id}: ${html.slice(0, 200)}: ${[...any, ...all, ...none].map(({ message }) => message).join('; ')}`))"""


def barriers(page: Page, part: str = "html") -> list[str]:
    """What axe finds in a part of a page as it stands; the script comes past the page's own policy."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{AXE.read_text(encoding='utf-8')}\nvoid 0")
    found: list[str] = page.evaluate(RUN, part)
    return found
