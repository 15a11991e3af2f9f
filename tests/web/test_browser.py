"""The map in a real browser with the network cut: what people do on it, from the first click on."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from pyproj import Geod, Transformer

from layers.store import Store, upgrade
from tests.web.conftest import NASTY_NAME, serving
from web.standalone import write_standalone

pytestmark = pytest.mark.browser

CGCS2000 = Geod(a=6378137, rf=298.257222101)


def search_box(page: Page) -> Locator:
    return page.locator(".rm-search input")


def show_findings(page: Page) -> None:
    page.get_by_role("tab").nth(1).click()


def test_layers_findings_and_grid_are_shown_in_chinese(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    expect(page).to_have_title(re.compile("安全风险一张图"))
    row = page.locator("[data-slug=tailings_ponds]")
    expect(row).to_contain_text("尾矿库")
    expect(row).to_contain_text("示例数据")
    expect(row).to_contain_text("2026-01-01")

    show_findings(page)
    violations = page.locator("[data-list=fail] li")
    margins = [float(m) for m in violations.evaluate_all(MISSING_METRES)]
    assert margins == sorted(margins, reverse=True)
    assert len(margins) > 5
    violations.first.get_by_role("button").click()
    card = page.locator(".rm-right .rm-card").first
    expect(page.locator(".rm-conclusion")).to_contain_text("不通过")
    expect(card).to_contain_text("长江保护法")
    expect(card).to_contain_text("限值")
    expect(card.locator(".rm-ruler")).to_be_visible()
    expect(page.locator(".rm-distance").first).to_contain_text("±")

    page.get_by_role("tab").first.click()
    page.locator("[data-theme=grids] select").first.select_option(index=1)
    legend = page.locator(".rm-grid-legend")
    expect(legend).to_contain_text("分/km²")
    assert legend.locator("li").count() >= 2


MISSING_METRES = """rows => rows.map(row =>
  row.querySelector('.rm-finding-margin').textContent.replace(/[\\s\\u202f]/g, '').match(/缺([\\d.]+)m/)[1])"""


def test_legacy_facilities_have_their_own_list_and_are_no_violations(
    sample_site: str, open_page: Any
) -> None:
    page = open_page(sample_site, sample_site)
    show_findings(page)
    legacy = page.locator("[data-list=legacy] .rm-finding-name").all_inner_texts()
    violations = page.locator("[data-list=fail] .rm-finding-name").all_inner_texts()
    assert legacy
    assert not set(legacy) & set(violations)
    page.locator("[data-list=legacy] li button").first.click()
    expect(page.locator(".rm-conclusion")).to_contain_text("有条件")


def test_names_are_text_everywhere_and_english_works(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/?lang=en", sample_site)
    expect(page.get_by_role("tab").first).to_have_text("Layers")
    search = search_box(page)
    search.fill("nasty")
    hit = page.locator(".rm-hits li")
    expect(hit.locator(".rm-hit-name")).to_have_text(NASTY_NAME)
    search.press("Enter")
    expect(page.locator(".rm-right h2")).to_have_text(NASTY_NAME)
    expect(page.locator(".rm-right dd").filter(has_text="onerror")).to_have_text(NASTY_NAME)
    expect(page.locator(".rm-label").filter(has_text="onerror")).to_have_text(NASTY_NAME)
    page.mouse.move(*centre_of_map(page))
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "Work-safety risk map · riskmap"

    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("tab").first).to_have_text("图层")
    page.goto(sample_site)
    expect(page.get_by_role("tab").first).to_have_text("图层")


def test_what_was_asked_for_last_is_shown(sample_site: str, open_page: Any) -> None:
    """However fast a person types, and however late an earlier answer comes."""
    page = open_page(sample_site, sample_site)
    held: list[Route] = []
    page.route("**/features/demo-pond-01", lambda route: held.append(route))
    for pond in ("demo-pond-01", "demo-pond-02"):
        with page.expect_request(f"**/features/{pond}"):
            search_box(page).fill(pond)
            search_box(page).press("Enter")
    shown = page.locator(".rm-right code").first
    expect(shown).to_have_text("demo-pond-02")
    with page.expect_response("**/features/demo-pond-01"):
        held[0].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(shown).to_have_text("demo-pond-02")


def centre_of_map(page: Page) -> tuple[float, float]:
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_coordinate_is_found_and_written_in_three_notations(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    search_box(page).fill("东经102度30分15秒，北纬26度6分0秒")
    expect(page.locator(".rm-hits li")).to_contain_text("102.504167, 26.100000")
    search_box(page).press("Enter")
    expect(page).to_have_url(re.compile("#13/"))
    shown = page.locator(".rm-coordinates")
    expect(shown).to_contain_text("102.504")
    page.locator(".rm-system").click()
    expect(shown).to_contain_text("102°30′15")
    page.locator(".rm-system").click()
    # Zone 34, central meridian 102 E: EPSG:4522.
    easting, northing = Transformer.from_crs("EPSG:4490", "EPSG:4522", always_xy=True).transform(
        *lon_lat_of_centre(page)
    )
    x, y = re.findall(r"[\d.]+", shown.inner_text())
    assert float(x) == pytest.approx(northing, abs=0.1)
    assert float(y) == pytest.approx(easting, abs=0.1)


def lon_lat_of_centre(page: Page) -> tuple[float, float]:
    lon, lat = page.evaluate("(() => { const c = RiskMap.map.getCenter(); return [c.lng, c.lat]; })()")
    return lon, lat


COORDINATES = {
    "102.5, 26.1": (102.5, 26.1),
    "26.1 102.5": (102.5, 26.1),
    "26.1N 102.5E": (102.5, 26.1),
    "102°30′E 26°06′N": (102.5, 26.1),
    "北纬26度6分 东经102度30分": (102.5, 26.1),
    "经度：102.5；纬度：26.1": (102.5, 26.1),
    "-70.5, -33.25": (-70.5, -33.25),
    "70.5W 33.25S": (-70.5, -33.25),
    "102.5": None,
    "102.5, 26.1, 7": None,
    "102°75′E 26°06′N": None,
    "26N 27N": None,
    "10号尾矿库 2期": None,
    "200, 95": None,
}
"""What people type, and the longitude and latitude meant; by hand."""


def test_texts_lengths_and_areas_agree_with_independent_values(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    for text, expected in COORDINATES.items():
        found = page.evaluate(
            "async text => (await import('riskmap/coordinates.js')).parseCoordinate(text)", text
        )
        if expected is None:
            assert found is None, text
        else:
            assert (found["lon"], found["lat"]) == pytest.approx(expected), text

    lons, lats = [102.5, 103.1, 103.0], [26.1, 26.2, 26.9]
    ring = [{"lat": lat, "lng": lon} for lon, lat in zip(lons, lats, strict=True)]
    geodesy = "const g = await import('riskmap/geodesy.js'); return"
    length = page.evaluate(f"async ring => {{ {geodesy} g.pathLength(ring); }}", ring)
    measured = page.evaluate(f"async ring => {{ {geodesy} g.ringArea(ring); }}", ring)
    area, perimeter = CGCS2000.polygon_area_perimeter(lons, lats)
    # PROJ's geodesics are an independent implementation of the same algorithm.
    assert length == pytest.approx(CGCS2000.line_length(lons, lats), abs=1e-6)
    assert measured["area"] == pytest.approx(abs(area), rel=1e-9)
    assert measured["perimeter"] == pytest.approx(perimeter, abs=1e-6)


def test_numbers_classes_and_needs_are_written_for_readers(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    written = page.evaluate(
        """() => {
          const { text } = RiskMap.app;
          return [text.metres(2843.2), text.doubt(7), text.doubt(null), text.number(-12345.5, 1), text.number(null)];
        }"""
    )
    assert written == ["2\u202f843.2 m", "±7.0 m", "精度未知", "\u221212\u202f345.5", ""]
    suits = """async zoom => (await import('riskmap/grid_cells.js'))
      .runForZoom([5, 6, 7].map(resolution => ({ resolution })), zoom)"""
    # By hand: 9 pixels at zoom 10 are 1,376 m: edges of 1,406 m (resolution 7) just suit.
    assert [page.evaluate(suits, zoom)["resolution"] for zoom in (2, 9, 10, 18)] == [5, 6, 7, 7]
    need = "async need => (await import('riskmap/needs.js')).describeNeed(RiskMap.app, need)"
    assert page.evaluate(need, "subject.purpose") == "本项目的改建目的"
    assert page.evaluate(need, "rivers/gshhg-anning.catchment_km2") == "河流 gshhg-anning 的流域面积"
    assert page.evaluate(need, "layer zones") == "图层“限制区域”的数据"
    assert page.evaluate(need, "layer buildings.accuracy_m").startswith("图层“建筑物”各要素的")
    assert page.evaluate(need, "raster elevation") == "栅格数据：高程"
    assert page.evaluate(need, "table GB 50160 4.2.12") == "GB 50160 4.2.12 的原文数值"
    assert page.evaluate(need, "admin_areas/530000") == "行政区划 530000"
    assert page.evaluate(need, "subject.geom") == "本项目的图形"
    assert page.evaluate(need, "something else") == "something else"
    assert page.evaluate(
        "() => [[12.345678, 'm'], [null, 'm'], [3, 'features'], [0.1234567, '%'], [5, null]]"
        ".map(([value, unit]) => RiskMap.app.text.quantity(value, unit))"
    ) == ["12.3 m", "未知", "3 处", "0.123457 %", "5"]


def test_what_would_change_a_verdict_is_listed_in_words(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    shown = page.evaluate(
        """async () => {
          const { changeList } = await import('riskmap/changes.js');
          const change = (step, more) => ({ rule: 'r', step, needs: [], conclusion_there: null, ...more });
          const changes = [
            change('bring', { needs: ['subject.purpose'], text: { zh: '补充：subject.purpose。', en: '' } }),
            change('move', { text: { zh: '移出 120.0 m。', en: '' }, conclusion_there: 'pass' }),
          ];
          const findings = [{ rule: 'r', title: { zh: '某条', en: 'One' } }];
          const list = changeList(RiskMap.app, changes, findings);
          return [changeList(RiskMap.app, undefined, findings),
                  ...[...list.querySelectorAll('li')].map(item => item.textContent)];
        }"""
    )
    assert shown == [None, "补充 本项目的改建目的某条", "移位 移出 120.0 m。某条整体移至该处后：通过"]


def test_a_path_is_measured_along_the_geodesic(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/#10/26.52/102.5", sample_site)
    page.get_by_role("button", name="测量距离").click()
    x, y = centre_of_map(page)
    ends = [(x - 100, y), (x + 100, y)]
    for end in [*ends, ends[1]]:
        page.mouse.move(*end)
        page.mouse.click(*end)
    label = page.locator(".rm-distance")
    expect(label).to_contain_text(" km")
    lons, lats = zip(*[lon_lat_at(page, end) for end in ends], strict=True)
    shown_km = float(re.sub(r"[^\d.]", "", label.inner_text()))
    assert shown_km * 1000 == pytest.approx(CGCS2000.line_length(lons, lats), abs=0.5)


def lon_lat_at(page: Page, point: tuple[float, float]) -> tuple[float, float]:
    lon, lat = page.evaluate(
        """([x, y]) => {
          const box = RiskMap.map.getContainer().getBoundingClientRect();
          const at = RiskMap.map.containerPointToLatLng([x - box.left, y - box.top]);
          return [at.lng, at.lat];
        }""",
        list(point),
    )
    return lon, lat


def test_what_a_view_leaves_out_is_said(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site)
    page.evaluate("RiskMap.app.config.featureLimit = 5")
    page.evaluate("() => { RiskMap.map.setZoom(7, { animate: false }); }")
    message = page.locator(".rm-message")
    expect(message).to_contain_text("请放大以显示全部")
    expect(message).to_contain_text(re.compile(r"居民点：\d+ 个中显示 5 个"))


def test_tabs_and_search_work_by_keyboard_on_a_tablet(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site, (1024, 768))
    page.get_by_role("tab").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab").nth(1)).to_be_focused()
    expect(page.locator("#panel-findings")).to_be_visible()
    page.locator("[data-list=fail] li button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".rm-right h2")).to_be_visible()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, select')]"
        ".filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map(e => e.outerHTML)"
    )
    assert not unnamed


def test_an_empty_database_says_what_to_do(tmp_path: Path, open_page: Any) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    upgrade(url)
    with serving(database_url=url) as address:
        page = open_page(address, address)
        expect(page.locator("[data-theme=grids]")).to_contain_text("riskmap grid")
        expect(page.locator(".rm-tree .is-empty")).to_contain_text("个图层暂无数据")
        show_findings(page)
        expect(page.locator("#panel-findings")).to_contain_text("riskmap setback")


def test_a_tiled_base_map_is_off_until_it_is_chosen(sample_url: str, open_page: Any) -> None:
    # A picture of our own stands for the tiles: nothing may leave this machine.
    tiles = "/static/vendor/images/layers.png?{z}/{x}/{y}"
    with serving(database_url=sample_url, osm_tile_url=tiles) as address:
        page = open_page(address, address)
        expect(page.locator("img.leaflet-tile")).to_have_count(0)
        page.get_by_label("OpenStreetMap").check()
        expect(page.locator("img.leaflet-tile-loaded").first).to_be_attached()
        expect(page.locator(".leaflet-control-attribution")).to_contain_text("© OpenStreetMap contributors")
        page.get_by_label("不使用").check()
        expect(page.locator("img.leaflet-tile")).to_have_count(0)


def test_a_facility_and_a_grid_cell_are_opened_by_clicking_the_map(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/#15/26.5/102.9", sample_site)
    page.mouse.click(*centre_of_map(page))
    expect(page.locator(".rm-right h2")).to_have_text(NASTY_NAME)
    page.locator("[data-theme=grids] select").first.select_option(index=1)
    expect(page.locator(".rm-grid-legend li").first).to_be_visible()
    x, y = centre_of_map(page)
    page.mouse.click(x + 60, y + 60)
    expect(page.locator(".rm-right h2")).to_have_text("网格单元")
    expect(page.locator(".rm-right")).to_contain_text("密度（/km²）")


def test_a_grid_is_chosen_and_a_cell_taken_apart(sample_site: str, open_page: Any) -> None:
    page = open_page(f"{sample_site}/#11/26.75/103.05", sample_site)
    panel = page.locator("[data-theme=grids]")
    panel.locator("select").first.select_option("facility_count")
    levels = panel.get_by_label("选择分辨率")
    expect(levels.locator("option")).to_have_text(["分辨率随缩放自动选择", "H3 6 级", "H3 7 级", "H3 8 级"])
    expect(panel).to_contain_text("自然断点")
    expect(panel.locator(".rm-grid-mark").first).to_have_text("蓝")
    assert page.evaluate("RiskMap.app.grid.run.resolution") == 7
    levels.select_option("6")
    page.wait_for_function("RiskMap.app.grid.run.resolution === 6 && RiskMap.app.grid.tiles.looks().size > 0")
    show = """async () => {
      const { grid, source } = RiskMap.app;
      const { cells } = await source.cells(grid.run.id, { limit: 1000 });
      const cell = cells.reduce((a, b) => (a.mass > b.mass ? a : b));
      grid.opened.show(grid.run, cell);
      return cell.mass;
    }"""
    mass = page.evaluate(show)
    objects = page.locator(".rm-grid-objects li")
    expect(objects.first).to_contain_text("份额")
    masses = objects.evaluate_all("rows => rows.map(row => Number(row.textContent.match(/= ([\\d.]+)/)[1]))")
    assert sum(masses) == pytest.approx(mass, rel=1e-4)
    name = objects.first.get_by_role("button").inner_text()
    objects.first.get_by_role("button").click()
    expect(page.locator(".rm-right h2")).to_have_text(name)


def test_the_file_of_its_own_works_without_a_server(sample_url: str, tmp_path: Path, open_page: Any) -> None:
    path = tmp_path / "map.html"
    with Store.open(sample_url) as store:
        write_standalone(store, path)
    page = open_page(path.as_uri(), path.as_uri())
    search_box(page).fill("nasty")
    search_box(page).press("ArrowDown")
    expect(page.locator(".rm-hit-name").first).to_have_text(NASTY_NAME)
    page.locator(".rm-hits li").first.dispatch_event("mousedown")
    expect(page.locator(".rm-right h2")).to_have_text(NASTY_NAME)
    show_findings(page)
    page.locator("[data-list=fail] li button").first.click()
    expect(page.locator(".rm-conclusion")).to_contain_text("不通过")
    page.get_by_role("tab").first.click()
    page.locator("[data-theme=grids] select").first.select_option(index=1)
    expect(page.locator(".rm-grid-legend li").first).to_be_visible()
    assert page.title() == "安全风险一张图 · riskmap"
