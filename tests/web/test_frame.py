"""The shared frame in a real browser: paper, links, former days, swipe, circle, rasters, the end of a session."""

import io
import itertools
import re
import unicodedata
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from pyproj import Geod

from layers.samples import load_samples
from layers.store import Store, upgrade
from tests.layers.test_raster_tiles import write_raster
from tests.web.conftest import NASTY_NAME, nasty_enterprise, serving
from tests.web.test_browser import centre_of_map, lon_lat_of_centre, search_box

pytestmark = pytest.mark.browser

CGCS2000 = Geod(a=6378137, rf=298.257222101)
PIXEL_M = 0.0254 / 96
POINTS_PER_MM = 72 / 25.4
RISK = "risk-1"


def put_raster(store: Store, path: Path) -> None:
    row = {"id": RISK, "name": "概率一号", "raster_kind": "risk", "path": str(path), "source": "test"}
    frame = gpd.GeoDataFrame([row], geometry=[shapely.box(102, 26, 103, 27)], crs="EPSG:4490")
    store.write("rasters", frame.rename_geometry("geom"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Samples of 2026-01-01, a raster, and an enterprise that came today."""
    folder = tmp_path_factory.mktemp("frame")
    url = f"sqlite:///{folder / 'frame.db'}"
    upgrade(url)
    with Store.open(url) as store:
        load_samples(store)
        store.write_feature("enterprises", nasty_enterprise(), expected_version=None)
        put_raster(store, write_raster(folder / "risk.tif"))
    with serving(database_url=url) as address:
        yield address


def sheet_pdf(page: Page) -> tuple[PdfReader, str]:
    """Return the PDF of what is printed, and its text."""
    pdf = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    # The font of the machine may name characters by their radicals.
    return pdf, unicodedata.normalize("NFKC", pdf.pages[0].extract_text())


def settle(page: Page) -> None:
    expect(page.locator(".rm-print")).to_have_attribute("data-ready", "true", timeout=60_000)


def size_mm(pdf: PdfReader) -> list[float]:
    box = pdf.pages[0].mediabox
    return [float(box.width) / POINTS_PER_MM, float(box.height) / POINTS_PER_MM]


def test_the_view_goes_onto_paper_to_scale(site: str, open_page: Any) -> None:
    page = open_page(f"{site}/?lang=zh#12/26.75000/103.05000", site)
    page.locator("#layer-zones").uncheck()
    page.locator(f"input[value={RISK}]").check()
    before = lon_lat_of_centre(page)
    opener = page.get_by_role("button", name="打印或导出")
    opener.focus()
    page.keyboard.press("Enter")
    page.get_by_label("图名").fill("示例县<b>一号</b>图")
    page.get_by_label("比例尺").select_option("100000")
    settle(page)
    expect(page.locator(".rm-sheet-bar b")).to_have_text("1 : 100\u202f000")
    # What the bar says it is long, by the width that it has on paper, at that scale; the sphere of web Mercator and
    # the ellipsoid differ by less than 0.4 %.
    bar_px, said = page.locator(".rm-sheet-bar").evaluate(
        "bar => [bar.querySelector('.rm-sheet-rule').getBoundingClientRect().width, bar.innerText]"
    )
    stated = re.search(r"0 – ([\d.]+) km", said)
    assert stated is not None
    assert bar_px * PIXEL_M * 100_000 == pytest.approx(float(stated[1]) * 1000, rel=0.004)

    for paper, width_mm, height_mm in (("a4-landscape", 297, 210), ("a3-portrait", 297, 420)):
        page.get_by_label("纸张").select_option(paper)
        settle(page)
        pdf, text = sheet_pdf(page)
        assert len(pdf.pages) == 1
        expect(page.get_by_label("比例尺")).to_have_value("100000")
        assert size_mm(pdf) == pytest.approx([width_mm, height_mm], abs=0.5)
    for words in (
        "示例县<b>一号</b>图",
        "1 : 100",
        "EPSG:4490",
        "图例",
        "尾矿库",
        "概率一号",
        "资料来源",
        "GSHHG",
    ):
        assert words in text
    assert "2026-01-01" in text
    assert "不得公开" in text
    assert "限制区域" not in text  # is switched off
    assert page.locator(".rm-sheet b", has_text="一号").count() == 0

    # What is moved by hand ends at a round scale, too.
    page.evaluate("void RiskMap.map.setView([26.9, 103.2], 11.63, { animate: false })")
    settle(page)
    expect(page.locator(".rm-sheet-bar b")).to_have_text("1 : 200\u202f000")

    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    assert page.evaluate("RiskMap.map.getZoom()") == 12
    assert lon_lat_of_centre(page) == pytest.approx(before, abs=1e-3)  # three pixels


def test_a_link_restores_the_view_and_the_day(site: str, open_page: Any) -> None:
    page = open_page(f"{site}/?lang=en#11/26.60000/103.00000", site)
    enterprises = page.locator("[data-slug=enterprises] .rm-count")
    today = int(enterprises.inner_text())
    page.locator("#layer-zones").uncheck()
    page.locator("#layer-dams").check()
    page.locator("[data-slug=tailings_ponds] .rm-row-more summary").click()
    page.get_by_label(re.compile("Opacity of .Tailings ponds")).fill("0.4")
    page.locator(f"input[value={RISK}]").check()

    page.get_by_role("button", name="Look at former data").click()
    slider = page.get_by_role("slider", name="Day of the data")
    expect(slider).to_be_focused()
    page.keyboard.press("Home")
    banner = page.locator(".rm-past")
    expect(banner).to_contain_text("Former data: the end of 2026-01-01")
    expect(enterprises).to_have_text(str(today - 1))
    # What knows the present alone waits, and says so.
    waits = "Knows the present data only"
    for button in page.locator(".rm-workbenches button").all():
        button.click()
        for tab in page.locator(".rm-left [role=tab]:visible").all():
            tab.click()
            panel = page.locator(f"#{tab.get_attribute('aria-controls')}")
            knows_days = tab.get_attribute("id") == "tab-layers"
            assert panel.evaluate("panel => panel.inert") != knows_days
            if not knows_days:
                expect(page.locator(".rm-now-only:visible")).to_contain_text(waits)
    page.locator(".rm-workbenches button").first.click()
    search_box(page).fill("demo-pond-01")
    page.locator(".rm-hits li").first.wait_for()
    search_box(page).press("Enter")
    heading = page.locator(".rm-right h2")
    expect(heading).to_have_count(1)
    name = heading.inner_text()
    expect(page).to_have_url(re.compile("select=tailings_ponds"))

    page.get_by_role("button", name="Share this view").click()
    link = page.get_by_label("Link to this view").input_value()
    page.get_by_role("button", name="Close", exact=True).last.click()
    place = page.evaluate("[RiskMap.map.getZoom(), RiskMap.map.getCenter().lat, RiskMap.map.getCenter().lng]")

    other = open_page(link, site)
    assert other.evaluate("document.documentElement.lang") == "en"
    expect(other.locator(".rm-past")).to_contain_text("2026-01-01")
    expect(other.locator("#layer-zones")).not_to_be_checked()
    expect(other.locator("#layer-dams")).to_be_checked()
    expect(other.locator(f"input[value={RISK}]")).to_be_checked()
    expect(other.locator(".rm-right h2")).to_have_text(name)
    assert other.evaluate("RiskMap.app.features.opacityOf('tailings_ponds')") == 0.4
    assert other.evaluate(
        "[RiskMap.map.getZoom(), RiskMap.map.getCenter().lat, RiskMap.map.getCenter().lng]"
    ) == pytest.approx(place, abs=1e-3)

    other.get_by_role("button", name="Back to the present").click()
    expect(other.locator(".rm-past")).to_be_hidden()
    expect(other.locator("[data-slug=enterprises] .rm-count")).to_have_text(str(today))
    expect(other).not_to_have_url(re.compile("at="))


def test_two_days_side_by_side(site: str, open_page: Any) -> None:
    page = open_page(f"{site}/?lang=zh#14/26.5/102.9", site)
    newcomer = page.locator(".folium-map .rm-label", has_text="onerror")
    expect(newcomer).to_have_text(NASTY_NAME)
    page.get_by_role("button", name="卷帘对比").click()
    right = page.locator(".rm-swipe-map .rm-label", has_text="onerror")
    expect(right).to_have_count(1)
    page.get_by_label("右侧数据日期").select_option("2026-01-01")
    expect(right).to_have_count(0)
    expect(newcomer).to_have_count(1)
    line = page.get_by_role("slider", name="卷帘位置")
    line.focus()
    page.keyboard.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", "52")
    assert "52%" in page.locator(".rm-swipe-map").evaluate("map => map.style.clipPath")
    # Both maps follow each other: the right one is dragged.
    x, y = centre_of_map(page)
    before = lon_lat_of_centre(page)
    page.mouse.move(x + 200, y - 100)
    page.mouse.down()
    page.mouse.move(x + 100, y - 100, steps=4)
    page.mouse.up()
    page.wait_for_function("lon => RiskMap.map.getCenter().lng > lon + 0.001", arg=before[0])
    page.get_by_role("button", name="卷帘对比").click()
    expect(page.locator(".rm-swipe-map")).to_have_count(0)


CIRCLE = "async ([lat, lng, r]) => (await import('riskmap/geodesy.js')).circlePolygon({ lat, lng }, r)"


def test_a_circle_is_a_polygon_that_leaves_nothing_out(site: str, open_page: Any) -> None:
    page = open_page(f"{site}/?lang=zh#14/26.5/102.9", site)
    for lat, lon, radius_m in ((26.5, 102.9, 1.0), (26.5, 102.9, 1000.0), (40.0, 80.0, 100_000.0)):
        circle = page.evaluate(CIRCLE, [lat, lon, radius_m])
        check_circle(circle["geometry"], (lon, lat), radius_m, circle["excessM"])
        assert len(circle["geometry"]["coordinates"][0]) == circle["corners"] + 1

    page.evaluate("RiskMap.app.on('plot', plot => { globalThis.drawn = plot; })")
    page.evaluate(
        "RiskMap.map.on('pm:create', ({ layer }) => { globalThis.centre = layer.getLatLng(); }) && 0"
    )
    circle_button = page.get_by_role("button", name="绘制圆并审查")
    circle_button.click()
    page.keyboard.press("Escape")
    expect(page.get_by_label("半径（m）")).to_be_hidden()
    page.get_by_role("button", name="跳到地图").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".folium-map")).to_be_focused()
    circle_button.click()
    page.get_by_label("半径（m）").fill("500")
    page.keyboard.press("Tab")
    page.mouse.move(*centre_of_map(page))
    page.mouse.click(*centre_of_map(page))
    expect(page.locator(".rm-message")).to_contain_text("半径 500.0 m")
    expect(page.locator(".rm-message")).to_contain_text("外切")
    check_circle(page.evaluate("drawn"), tuple(page.evaluate("[centre.lng, centre.lat]")), 500.0, 0.011)


def check_circle(
    geometry: dict[str, Any], centre: tuple[float, float], radius_m: float, excess_m: float
) -> None:
    """PROJ's geodesics, an independent implementation: corners beyond the circle, middles of edges on it."""
    ring = geometry["coordinates"][0]
    polygon = shapely.geometry.shape(geometry)
    assert polygon.is_valid
    assert polygon.exterior.is_ccw
    lon, lat = centre
    rounding_m = 1e-3
    for start, end in itertools.pairwise(ring[:41]):
        azimuth, _, length_m = CGCS2000.inv(*start, *end)
        middle = CGCS2000.fwd(*start, azimuth, length_m / 2)[:2]
        assert CGCS2000.inv(lon, lat, *middle)[2] == pytest.approx(radius_m, abs=rounding_m + 2e-8 * radius_m)
        reach_m = CGCS2000.inv(lon, lat, *start)[2]
        assert radius_m - rounding_m < reach_m <= radius_m + excess_m + rounding_m


def test_a_session_is_ended_and_the_page_fills_the_screen(sample_url: str, open_page: Any) -> None:
    key = "ann-secret-key-0123456789"
    with serving(database_url=sample_url, access_keys=f"ann:{key}") as address:
        page = open_page(f"{address}/login", address, ready=False)
        page.get_by_label("访问密钥").fill(key)
        page.get_by_role("button").click()
        page.wait_for_selector(".rm-app[data-state=ready]")
        full = page.get_by_role("button", name="全屏")
        full.click()
        page.wait_for_function("document.fullscreenElement !== null")
        full.click()
        page.wait_for_function("document.fullscreenElement === null")
        page.get_by_role("button", name="退出登录").click()
        expect(page).to_have_url(re.compile("/login$"))
        page.goto(address)
        expect(page).to_have_url(re.compile("/login$"))


def test_features_that_are_not_shown_are_said(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/?lang=en", sample_site)
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)  # nobody has logged in
    page.evaluate("RiskMap.app.config.featureLimit = 5")
    page.evaluate("() => { RiskMap.map.setZoom(8, { animate: false }); }")
    expect(page.locator(".rm-message")).to_contain_text(re.compile("Enterprises: 5 of 7[0-9] shown"))


CUT_NAMES = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [map, tools] = [box(".folium-map"), box(".rm-tools")];
  const isClear = (name) =>
    name.left > map.left - 4 && name.right < map.right + 4 && name.top > map.top - 4 && name.bottom < map.bottom + 4 &&
    (name.right < tools.left + 4 || name.top > tools.bottom - 4);
  const names = [...document.querySelectorAll(".folium-map .rm-label")];
  return names.filter((name) => !isClear(name.getBoundingClientRect())).map((name) => name.textContent);
}"""
"""Names beyond the frame or under the tools, in the corner; their width is reckoned to within 4 px a side."""


def test_nothing_cuts_a_name_and_the_credits_hide_no_symbol(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/#12/26.6/103.0", sample_site)
    expect(page.locator(".folium-map .rm-label").first).to_be_visible()
    assert page.evaluate(CUT_NAMES) == []
    expect(page.locator(".rm-status .rm-credits")).to_contain_text("OpenStreetMap")
    expect(page.locator(".folium-map .leaflet-control-attribution")).to_have_count(0)


CROWDS = """() => {
  const { features } = RiskMap.app;
  const heads = features.symbols();
  const drawn = [...features.states.values()].flatMap((state) => [...state.drawn.values()].flat());
  const all = drawn.filter((shape) => shape.setCrowd);
  const grade = (symbol) => symbol.options.severity ?? 0;
  const large = heads.find((one) => one.crowd?.length > 9);
  const { x, y } = RiskMap.map.latLngToContainerPoint(large.getLatLng());
  return {
    symbols: all.length,
    stood: heads.reduce((sum, one) => sum + (one.crowd?.length ?? 1), 0),
    worse: heads.filter((head) => (head.crowd ?? []).some((one) => grade(one) > grade(head))).length,
    place: [x, y],
  };
}"""


def test_far_out_the_worst_symbol_stands_for_its_crowd_and_none_is_lost(
    sample_site: str, open_page: Any
) -> None:
    page = open_page(f"{sample_site}/?lang=zh#8/26.65/103.05", sample_site)
    crowds = page.evaluate(CROWDS)
    assert crowds["symbols"] == crowds["stood"] > 100
    assert crowds["worse"] == 0
    place = dict(zip(("x", "y"), crowds["place"], strict=True))
    page.locator(".folium-map").hover(position=place)
    expect(page.locator(".rm-tip")).to_contain_text("单击放大")
    page.locator(".folium-map").click(position=place)
    expect(page.locator(".rm-zoom")).to_have_text("10 级")
    page.evaluate("void RiskMap.map.setZoom(12, { animate: false })")
    page.wait_for_function("() => RiskMap.app.features.symbols().every((symbol) => symbol.crowd === null)")
