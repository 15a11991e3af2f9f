"""The supervisor's work in a real browser: figures by area, lists, audit with progress, what flips, blind spots."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from docx import Document
from playwright.sync_api import Page, expect

from layers.store import Store, upgrade
from tests.api.register_scene import EVIL, fill_register, row_of
from tests.api.test_checks import rivers
from tests.web.barriers import barriers
from tests.web.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small register of which everything is known by hand."""
    url = f"sqlite:///{tmp_path_factory.mktemp('supervisor') / 'register.db'}"
    upgrade(url)
    with Store.open(url) as store:
        fill_register(store)
    with serving(database_url=url) as address:
        yield address


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[str]:
    """The same by itself, for what changes it, with a river 3 km of which no new pond may come near."""
    url = f"sqlite:///{tmp_path / 'register.db'}"
    upgrade(url)
    with Store.open(url) as store:
        fill_register(store)
        store.write("rivers", rivers())
    with serving(database_url=url) as address:
        yield address


def open_overview(open_page: Any, site: str, lang: str) -> Page:
    page: Page = open_page(f"{site}/?lang={lang}", site)
    page.locator("#tab-overview").click()
    return page


def tile(page: Page, name: str) -> Any:
    return page.locator(f"[data-tile={name}] dd")


@pytest.mark.parametrize(("lang", "province"), [("zh", "云南省"), ("en", "云南省")])
def test_from_the_whole_to_a_facility_by_clicks(site: str, open_page: Any, lang: str, province: str) -> None:
    page = open_overview(open_page, site, lang)
    expect(tile(page, "facilities")).to_have_text("7")
    expect(tile(page, "violations")).to_have_text("2")
    page.get_by_role("button", name=province).click()
    expect(page.locator(".rm-overview-title")).to_have_text(province)
    expect(tile(page, "facilities")).to_have_text("6")
    areas = page.locator("[data-bars=areas] li")
    expect(areas).to_have_count(2)
    counts = [int(number) for number in areas.locator("b").all_inner_texts()]
    assert sum(counts) == 6
    page.get_by_role("button", name="昆明市").click()
    page.get_by_role("button", name="五华区").click()
    rows = page.locator("[data-list=facilities] li")
    expect(rows).to_have_count(2)
    expect(rows.nth(1).locator(".rm-facility-name")).to_have_text(EVIL)
    rows.nth(1).get_by_role("button").click()
    expect(page.locator(".rm-right h2")).to_have_text(EVIL)
    expect(page.locator(".rm-right .rm-card").first).to_be_visible()
    page.locator(".rm-path button").first.click()
    expect(tile(page, "facilities")).to_have_text("7")


def test_conclusions_and_layers_choose_the_facilities(site: str, open_page: Any) -> None:
    page = open_overview(open_page, site, "zh")
    rows = page.locator("[data-list=facilities] li")
    expect(rows).to_have_count(7)
    page.locator("[data-conclusion=undecidable]").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("三号库")
    expect(page.locator("[data-conclusion=undecidable]")).to_have_attribute("aria-pressed", "true")


SHEETS = {
    "zh": ("违规清单", "设施名称", "安全风险白皮书"),
    "en": ("Violations", "Facility", "Safety-risk white paper"),
}


@pytest.mark.parametrize("lang", SHEETS)
def test_the_job_from_the_first_click_to_the_papers(site: str, open_page: Any, lang: str) -> None:
    """From the whole to what is wrong, the list for the desk, and the white paper."""
    title, header, paper = SHEETS[lang]
    files: dict[str, bytes] = {}
    page = open_overview(open_page, site, lang)
    page.locator("[data-bars=areas] button").first.click()
    page.locator("[data-tool='overview.lists']").click()
    violations = page.locator("[data-list=fail]")
    expect(violations.locator("li").first).to_be_visible()
    violations.locator("li button").first.click()
    expect(page.locator(".rm-right .rm-card").first).to_be_visible()
    with page.expect_download() as workbook:
        violations.locator(".rm-download").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(workbook.value.path()).read_bytes()))
    assert (book.sheetnames[0], book.worksheets[0]["B1"].value) == (title, header)
    page.locator("#tab-overview").click()
    page.locator("[data-tool='report.title']").click()
    assert barriers(page, ".rm-right") == []
    for format in ("docx", "pdf"):
        page.locator(f".rm-report [data-format={format}]").click()
        with page.expect_download(timeout=90_000) as letter:
            page.locator(f".rm-report .rm-download[href$={format}]").click(timeout=90_000)
        files[format] = letter.value.path().read_bytes()
    assert files["pdf"].startswith(b"%PDF")
    document = Document(io.BytesIO(files["docx"]))
    assert paper in "\n".join(each.text for each in document.paragraphs)


def test_lists_are_filtered_and_exported(site: str, open_page: Any) -> None:
    page = open_page(site, site)
    page.locator("#tab-findings").click()
    violations = page.locator("[data-list=fail]")
    expect(violations.locator("li")).to_have_count(2)
    expect(violations.locator(".rm-finding-margin").first).to_contain_text("1\u202f200.0 m")
    expect(page.locator("[data-list=legacy] li")).to_have_count(2)
    page.locator("select[name=area]:visible").select_option("530000")
    expect(page.locator("[data-list=legacy] li")).to_have_count(1)
    page.locator("select[name=rule]").select_option("r-river")
    expect(violations.locator("li")).to_have_count(1)
    expect(violations.locator(".rm-finding-name")).to_have_text(EVIL)
    with page.expect_download() as download:
        violations.locator(".rm-download").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert book.sheetnames == ["违规清单", "说明"]
    assert book["违规清单"].max_row == 2
    assert book["违规清单"]["B1"].value == "设施名称"
    violations.locator("li button").click()
    expect(page.locator(".rm-right h2")).to_have_text(EVIL)


def test_blind_spots_name_layer_and_number(site: str, open_page: Any) -> None:
    page = open_overview(open_page, site, "en")
    page.locator("[data-tool='overview.gaps']").click()
    ponds = page.locator(".rm-gaps [data-layer=tailings_ponds]")
    expect(ponds).to_contain_text("of unknown accuracy")
    expect(ponds).to_contain_text("at worst ±250 m")
    expect(page.locator(".rm-needs li")).to_have_count(2)


def test_charts_stand_beside_their_numbers(site: str, open_page: Any) -> None:
    page = open_overview(open_page, site, "zh")
    page.locator("[data-tool='overview.charts']").click()
    areas = page.locator("[data-chart='charts.areas']")
    expect(areas.get_by_role("img", name="各区划设施结论")).to_be_visible()
    areas.locator("summary").click()
    rows = areas.locator("tbody tr")
    expect(rows).to_have_count(2)
    numbers = rows.locator("td").evaluate_all("cells => cells.map((cell) => Number(cell.textContent))")
    assert sum(numbers) == 7
    expect(page.locator(".rm-charts")).to_contain_text("至少核查两次")


def test_an_audit_is_followed_and_renews_the_figures(fresh_site: str, open_page: Any) -> None:
    page = open_overview(open_page, fresh_site, "zh")
    expect(page.locator(".rm-warning").first).to_contain_text("还没有检查过")
    page.locator("[data-tool='audit.title']").click()
    page.locator(".rm-audit button[type=submit]").click()
    expect(page.locator(".rm-audit [role=status]").last).to_contain_text("已核查 7 个设施", timeout=60_000)
    expect(page.locator(".rm-overview-note").first).to_contain_text("全量核查")
    expect(page.locator("[data-conclusion=unchecked] b")).to_have_text("0")


def test_what_flips_between_two_days_is_listed_with_reasons(fresh_site: str, open_page: Any) -> None:
    """The law on the Yangtze came into force on 2021-03-01."""
    page = open_overview(open_page, fresh_site, "en")
    page.locator("[data-tool='audit.title']").click()
    page.locator(".rm-audit input[name=on]").fill("2026-06-01")
    page.locator(".rm-audit select").select_option("day")
    page.locator(".rm-audit input[name=before]").fill("2019-05-01")
    page.locator(".rm-audit button[type=submit]").click()
    flips = page.locator(".rm-flips li")
    expect(flips.first).to_be_visible(timeout=60_000)
    expect(page.locator(".rm-right p").first).to_have_text("2019-05-01 → 2026-06-01")
    row = flips.filter(has_text="main-stem bank line").first
    expect(row).to_contain_text("the rule's dates")
    assert barriers(page, ".rm-right") == []
    row.get_by_role("button").click()
    expect(page.locator(".rm-right .rm-attributes").last).to_be_visible()


def test_a_cancelled_audit_says_so(fresh_site: str, open_page: Any) -> None:
    page = open_overview(open_page, fresh_site, "zh")
    page.locator("[data-tool='audit.title']").click()
    page.locator(".rm-audit button[type=submit]").click()
    page.locator(".rm-progress button").click()
    said = (
        page.locator(".rm-audit").get_by_text("已取消").or_(page.locator(".rm-audit").get_by_text("已核查"))
    )
    expect(said).to_be_visible(timeout=60_000)


LONELY = (99.0, 28.0)
RED = """() => {
  const pixels = [...document.querySelectorAll("canvas.leaflet-tile")].flatMap((tile) => {
    const pen = new OffscreenCanvas(tile.width, tile.height).getContext("2d", { willReadFrequently: true });
    pen.drawImage(tile, 0, 0);
    return [...new Uint32Array(pen.getImageData(0, 0, tile.width, tile.height).data.buffer)];
  });
  return pixels.filter((pixel) => pixel === 0xff1c16c4).length;
}"""
"""How many pixels of the tiles have the colour of a violation, #c4161c."""


@pytest.fixture
def large_site(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Addresses of a database and a server: more enterprises than are drawn one by one, and one violation, the last."""
    url = f"sqlite:///{tmp_path / 'large.db'}"
    upgrade(url)
    ids = [f"e{i:04d}" for i in range(2_100)]
    places = [*shapely.points(np.linspace(102.0, 104.0, len(ids) - 1), 25.0), shapely.Point(LONELY)]
    data = {"id": ids, "name": ids, "source": "test"}
    found = [row_of("enterprises", ids[-1], ids[-1], "r-river", "prohibited", True, None, -1.0)]
    with Store.open(url) as store:
        store.write("enterprises", gpd.GeoDataFrame(data, geometry=places, crs="EPSG:4490"))
        store.write("findings", gpd.GeoDataFrame(found, geometry="geom", crs="EPSG:4490"))
    with serving(database_url=url) as address:
        yield url, address


def test_a_violation_among_very_many_facilities_is_red_until_it_is_gone(
    large_site: tuple[str, str], open_page: Any
) -> None:
    url, site = large_site
    page = open_page(f"{site}/?lang=zh", site)
    page.evaluate("([lng, lat]) => void RiskMap.app.map.setView([lat, lng], 12, { animate: false })", LONELY)
    page.wait_for_function(f"() => ({RED})() > 50")
    with Store.open(url) as store:
        store.write("findings", store.read("findings").iloc[:0], replacing={"source": "riskmap audit"})
    page.evaluate("void RiskMap.app.verdicts.forget() || RiskMap.app.features.renewTiles()")
    page.wait_for_function(f"() => ({RED})() === 0")
