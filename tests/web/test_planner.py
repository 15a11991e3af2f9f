"""The planner's workbench: from the first click to the downloaded letter, and what may go wrong on the way."""

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import numpy as np
import openpyxl
import pytest
import shapely
from playwright.sync_api import Browser, Download, Locator, Page, expect
from pyproj import Transformer

from layers.documents.clean_text import clean_text
from tests.web.barriers import barriers
from tests.web.conftest import NASTY_NAME, Watch, serving
from tests.web.test_browser import centre_of_map

pytestmark = pytest.mark.browser

BANK = "#14/26.52/103.05"
"""A view on the bank of the surveyed reach."""
ON_BANK = "103.0500, 26.5200\n103.0530, 26.5200\n103.0530, 26.5225\n103.0500, 26.5225"
"""A plot of 300 m by 280 m there."""
CHECK_MS = 60_000
"""A check takes about a second; the machine of a test may be busy."""
CORNERS_ON_SCREEN = """() => {
  const { x, y } = RiskMap.map.getContainer().getBoundingClientRect();
  const corners = window.drawn.coordinates[0].slice(0, -1);
  return corners.map(([lng, lat]) => RiskMap.map.latLngToContainerPoint([lat, lng])).map((p) => [p.x + x, p.y + y]);
}"""
CASES = "/api/v1/layers/proposals/features"

NAMES = {
    "markup": NASTY_NAME,
    "formula": "=cmd|' /C calc'!A0",
    "long": "长" * 199 + "名",
    "quotes": "\"'`<b>&amp;\u202e\u2066مصنع😀",
}


@pytest.fixture(scope="module")
def own_site(sample_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an application whose cases these tests may write."""
    path = tmp_path_factory.mktemp("planner") / "planner.db"
    shutil.copy(sample_url.removeprefix("sqlite:///"), path)
    with serving(database_url=f"sqlite:///{path}") as address:
        yield address


@pytest.fixture(scope="module")
def shared_page(own_site: str, browser: Browser) -> Iterator[tuple[Page, Watch]]:
    """One page of the planner for many tests: to load it takes longer than most of what they do."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    watch = Watch(page, own_site, refusals=(412, 422))
    page.goto(f"{own_site}/?lang=zh{BANK}")
    page.wait_for_selector(".rm-app[data-state=ready]")
    open_workbench(page)
    yield page, watch
    context.close()


@pytest.fixture
def planner(shared_page: tuple[Page, Watch]) -> Iterator[Page]:
    """The shared page with an empty draft at the bank; any problem on it fails the test."""
    page, watch = shared_page
    page.evaluate("RiskMap.app.panel.close(); RiskMap.app.planner.draft.start()")
    page.evaluate("void RiskMap.map.setView([26.52, 103.05], 14, { animate: false })")
    page.locator("#tab-planner").click()
    expect(page.locator(".rm-plot")).to_contain_text("还没有位置")
    yield page
    problems, watch.problems = watch.problems, []
    assert not problems


def open_planner(open_page: Any, site: str, lang: str = "zh", **options: Any) -> Page:
    page: Page = open_page(f"{site}/?lang={lang}{BANK}", site, **options)
    open_workbench(page)
    return page


def open_workbench(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("button", name=re.compile("选址审查|Siting review")).click()


def type_plot(page: Page, lines: str = ON_BANK) -> None:
    page.locator("[data-way=typed]").click()
    page.locator(".rm-step-body textarea").fill(lines)
    page.locator(".rm-step-body .rm-button").click()


def state_project(page: Page, name: str, kind: str = "tailings_pond", state: str = "new") -> None:
    page.locator(".rm-planner [name=name]").fill(name)
    page.locator(".rm-planner [name=kind]").select_option(kind)
    page.locator(".rm-planner [name=state]").select_option(state)


def run_check(page: Page) -> Locator:
    page.locator(".rm-run [type=submit]").click()
    answer = page.locator(".rm-answer")
    expect(answer.locator(".rm-conclusion")).to_be_visible(timeout=CHECK_MS)
    expect(page.locator(".rm-waiting")).to_have_count(0, timeout=CHECK_MS)
    return answer


def save(page: Page) -> None:
    page.locator("[data-action=save]").click()


def show_cases(page: Page) -> Locator:
    page.locator("#tab-cases").click()
    rows = page.locator(".rm-case")
    expect(rows.first).to_be_visible()
    return rows


def download(page: Page, paper: str) -> Download:
    with page.expect_download(timeout=CHECK_MS) as waiting:
        page.locator(f"[data-paper={paper}]").click()
    return waiting.value


WORDS = {
    "zh": {
        "fails": "不通过",
        "law": "长江保护法",
        "letter": "选址安全审查意见",
        "asked": "全库容",
        "same": "一致",
    },
    "en": {
        "fails": "Fails",
        "law": "Yangtze",
        "letter": "siting_opinion",
        "asked": "Full capacity",
        "same": "Same",
    },
}


@pytest.mark.parametrize("lang", WORDS)
def test_the_job_from_the_first_click_to_the_letter(own_site: str, open_page: Any, lang: str) -> None:
    words = WORDS[lang]
    page = open_planner(open_page, own_site, lang)
    type_plot(page)
    state_project(page, f"一号 {lang}")
    asked = page.locator("[data-field=capacity_m3]")
    expect(asked).to_contain_text(words["asked"])
    asked.locator("input").fill("1200000")
    answer = run_check(page)
    expect(answer.locator(".rm-conclusion")).to_contain_text(words["fails"])
    expect(answer.locator(".rm-card").first).to_contain_text(words["law"])
    expect(answer.locator(".rm-ruler").first).to_be_visible()
    expect(page.locator(".rm-distance").first).to_contain_text("±")
    # What the rules miss is marked where it is to be stated; what was stated is not.
    expect(page.locator("[data-field=dam_height_m].is-needed")).to_be_visible()
    expect(page.locator("[data-field=capacity_m3].is-needed")).to_have_count(0)

    assert barriers(page, ".rm-left") + barriers(page, ".rm-right") == []
    letter = download(page, "docx")
    assert letter.suggested_filename == f"{words['letter']}-一号_{lang}.docx"
    text = zipfile.ZipFile(letter.path()).read("word/document.xml").decode()
    assert f"一号 {lang}" in text
    assert Path(download(page, "pdf").path()).read_bytes().startswith(b"%PDF")
    bundle = Path(download(page, "zip").path())
    assert zipfile.ZipFile(bundle).testzip() is None
    verify(page, bundle, words["same"])

    save(page)
    row = show_cases(page).filter(has_text=f"一号 {lang}")
    expect(row).to_contain_text(words["fails"])
    expect(row).to_contain_text("local")
    assert barriers(page, ".rm-left") == []


def verify(page: Page, bundle: Path, same: str) -> None:
    """Have an evidence bundle computed again on the page."""
    step = page.locator("[data-step=verify]")
    step.locator("summary").click()
    content = {"name": "b.zip", "mimeType": "application/zip", "buffer": bundle.read_bytes()}
    step.locator("[type=file]").first.set_input_files(content)
    step.locator("button").click()
    expect(step.locator("[data-verification] [role=status]")).to_contain_text(same, timeout=CHECK_MS)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_text_wherever_they_are_shown(planner: Page, name: str) -> None:
    page = planner
    type_plot(page, "103.05, 26.52")
    state_project(page, name)
    run_check(page)
    expect(page.locator(".rm-right h2")).to_have_text(name)
    expect(page.locator(".rm-case-title")).to_have_text(name)
    sheet = openpyxl.load_workbook(io.BytesIO(Path(download(page, "xlsx").path()).read_bytes()))
    values = [cell for table in sheet for row in table for cell in row if cell.value is not None]
    cells = [cell for cell in values if clean_text(name)[:20] in str(cell.value)]
    assert cells
    assert all(cell.data_type != "f" for cell in cells)
    save(page)
    expect(page.locator(".rm-case-said")).to_contain_text("第 1 版")
    expect(show_cases(page).first.locator(".rm-case-name")).to_have_text(name)
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "安全风险一张图 · riskmap"
    wide = page.evaluate(
        "document.querySelector('.rm-left').scrollWidth - document.querySelector('.rm-left').clientWidth"
    )
    assert wide <= 0


def test_two_people_who_change_one_case_lose_nothing(own_site: str, planner: Page) -> None:
    page = planner
    type_plot(page, "103.05, 26.52")
    state_project(page, "共同的案卷")
    save(page)
    expect(page.locator(".rm-case-said")).to_contain_text("第 1 版")
    case = page.evaluate("RiskMap.app.planner.draft.saved.id")
    theirs = {"properties": {"name": "同事的", "capacity_m3": 5}}
    httpx.patch(f"{own_site}{CASES}/{case}", json=theirs, headers={"If-Match": '"1"'}).raise_for_status()

    page.locator(".rm-planner [name=name]").fill("我的")
    save(page)
    conflict = page.get_by_role("alertdialog")
    expect(conflict).to_contain_text("第 2 版")
    expect(conflict.locator("tr", has_text="名称")).to_contain_text("同事的")
    expect(conflict.locator("tr", has_text="名称")).to_contain_text("我的")
    expect(conflict.get_by_role("button").first).to_be_focused()
    assert barriers(page) == []
    assert stored(own_site, case)["name"] == "同事的"

    conflict.locator("[data-choice=copy]").click()
    expect(page.locator(".rm-case-said")).to_contain_text("第 1 版")
    copy = page.evaluate("RiskMap.app.planner.draft.saved.id")
    assert copy != case
    assert (stored(own_site, case)["name"], stored(own_site, copy)["name"]) == ("同事的", "我的")


def test_a_conflict_is_settled_by_taking_theirs_or_saving_after_them(own_site: str, planner: Page) -> None:
    page = planner
    type_plot(page, "103.05, 26.52")
    state_project(page, "争用")
    save(page)
    expect(page.locator(".rm-case-said")).to_contain_text("第 1 版")
    case = page.evaluate("RiskMap.app.planner.draft.saved.id")
    for version, choice, kept in ((1, "mine", "我的"), (3, "theirs", "同事的")):
        change = {"properties": {"name": "同事的"}}
        headers = {"If-Match": f'"{version}"'}
        httpx.patch(f"{own_site}{CASES}/{case}", json=change, headers=headers).raise_for_status()
        page.locator(".rm-planner [name=name]").fill("我的")
        save(page)
        page.locator(f"[data-choice={choice}]").click()
        expect(page.get_by_role("alertdialog")).to_have_count(0)
        expect(page.locator(".rm-case-title")).to_have_text(kept)
        expect(page.locator(".rm-case-head")).to_contain_text(f"第 {3 if choice == 'mine' else 4} 版")
        assert stored(own_site, case)["name"] == kept


def stored(site: str, case: str) -> dict[str, Any]:
    properties: dict[str, Any] = httpx.get(f"{site}{CASES}/{case}").raise_for_status().json()["properties"]
    return properties


def test_a_revised_plot_is_compared_with_its_former_version(own_site: str, planner: Page) -> None:
    page = planner
    type_plot(page)
    state_project(page, "移动的库")
    run_check(page)
    save(page)
    expect(page.locator(".rm-case-said")).to_contain_text("第 1 版")
    # 10 km east of the river: the ban of 3 km falls away.
    type_plot(page, ON_BANK.replace("103.0", "103.2"))
    expect(page.locator(".rm-answer .rm-warning").first).to_contain_text("重新审查")
    page.locator("summary", has_text="与以前的版本比较").click()
    page.get_by_role("button", name="比较", exact=True).click()
    whole = page.locator(".rm-flip.is-whole")
    expect(whole).to_be_visible(timeout=CHECK_MS)
    expect(whole.locator(".rm-marked").first).to_have_text(re.compile("不通过"))
    flip = page.locator("[data-rule=yrpl-26-3].is-flip, .rm-change.is-flip").first
    expect(flip).to_contain_text("→")
    expect(page.locator(".rm-comparison")).to_contain_text("改动了：位置")
    # What turned stands first and open; rules that pass before and after are folded away.
    expect(page.locator(".rm-comparison > .rm-change").first).to_have_class(re.compile("is-flip"))
    assert barriers(page, ".rm-left") == []
    folded = page.locator(".rm-comparison details")
    expect(folded.locator(".is-flip")).to_have_count(0)
    expect(folded.locator(".rm-change").first).to_be_hidden()
    expect(page.locator(".rm-comparison")).to_contain_text(re.compile(r"另有 \d+ 条规则"))
    # Stored without a new check: the old verdict does not stand with the new plot.
    save(page)
    expect(page.locator(".rm-case-said")).to_contain_text("第 2 版")
    case = stored(own_site, page.evaluate("RiskMap.app.planner.draft.saved.id"))
    assert case["case_status"] == "draft"
    assert "checked" not in case["extra"]


def test_only_what_changed_is_listed_flips_first(planner: Page) -> None:
    rules = planner.evaluate(
        """async () => {
          const { changedFindings } = await import("riskmap/planner/compare.js");
          const finding = (rule, verdict, margin_m) =>
            ({ rule, verdict, decided: true, margin_m, advisory: false, if_crossed: null });
          const before = [finding("same", "no_ban", 5), finding("nearer", "no_ban", 9), finding("gone", "no_ban", 1),
                          finding("flips", "prohibited", -3), finding("lost", "no_ban", 4)];
          const after = [finding("same", "no_ban", 5.04), finding("nearer", "no_ban", 7), finding("flips", "no_ban", 3),
                         finding("lost", "no_ban", null), finding("new", "no_ban", 2)];
          return changedFindings(before, after).map(({ before, after }) => (after ?? before).rule);
        }"""
    )
    assert rules == ["flips", "new", "gone", "nearer", "lost"]


def test_where_it_may_go_is_searched_shown_and_can_be_stopped(planner: Page) -> None:
    page = planner
    type_plot(page, "103.05, 26.52")
    state_project(page, "找地方", kind="drilling")
    page.locator("summary", has_text="可以建在哪里").click()
    page.locator("[data-action=where]").click()
    progress = page.locator(".rm-progress")
    expect(progress).to_be_visible()
    progress.get_by_role("button").click()
    expect(page.locator("[data-step=where]")).to_contain_text("已取消", timeout=CHECK_MS)

    page.locator("[data-action=where]").click()
    areas = page.locator(".rm-areas li")
    expect(areas).to_have_count(4, timeout=2 * CHECK_MS)
    km2 = {
        row.get_attribute("data-region"): float(
            re.sub(r"[^\d.]", "", row.locator("b").inner_text().split("km")[0])
        )
        for row in areas.all()
    }
    whole = page.evaluate("RiskMap.map.getBounds().toBBoxString()")
    west, south, east, north = map(float, whole.split(","))
    measured = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=4490).to_crs(
        "+proj=cea +lat_ts=26.5"
    )
    assert km2["allowed"] + km2["undecided"] + km2["excluded"] == pytest.approx(
        measured.area[0] / 1e6, rel=0.02
    )
    x, y = centre_of_map(page)
    page.mouse.click(x - 300, y - 250)
    expect(page.locator(".rm-right [data-cell]")).to_contain_text("最严格的条款")
    assert barriers(page, ".rm-left") + barriers(page, ".rm-right") == []
    page.get_by_role("button", name="从地图上移除").click()
    expect(areas).to_have_count(0)


def test_a_zipped_shapefile_in_gbk_becomes_the_plot(planner: Page, tmp_path: Path) -> None:
    easting, northing = Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True).transform(
        103.05, 26.52
    )
    plot = shapely.box(easting, northing, easting + 200, northing + 100)
    frame = gpd.GeoDataFrame(
        {"名称": ["矿业一厂"], "类别": ["尾矿库"], "状态": ["扩建"]}, geometry=[plot], crs="EPSG:4543"
    )
    frame.to_file(tmp_path / "plot.shp", encoding="gbk")
    (tmp_path / "plot.cpg").unlink(missing_ok=True)
    archive = tmp_path / "plot.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in sorted(tmp_path.glob("plot.[!z]*")):
            target.write(path, path.name)
    page = planner
    page.locator("[data-way=file]").click()
    page.locator(".rm-step-body [type=file]").set_input_files(archive)
    expect(page.locator(".rm-plot")).to_contain_text(re.compile("面 (19|20).*m²"))
    expect(page.locator(".rm-planner [name=name]")).to_have_value("矿业一厂")
    expect(page.locator(".rm-planner [name=kind]")).to_have_value("tailings_pond")
    expect(page.locator(".rm-planner [name=state]")).to_have_value("expand")
    # The file says nothing of its accuracy, and neither does the form.
    expect(page.locator(".rm-planner [name=accuracy_m]")).to_have_value("")


def test_a_file_of_several_plots_is_checked_and_listed_and_bad_ones_are_explained(planner: Page) -> None:
    page = planner
    page.locator("[data-way=file]").click()
    files = page.locator(".rm-step-body [type=file]")
    page.locator(".rm-step-body [name=crs]").select_option("EPSG:4490")
    rows = (
        f"编号,名称,类别,状态,经度,纬度\nA,{NAMES['formula']},尾矿库,新建,103.05,26.52\n"
        "B,二号,钻探,新建,103.2,26.6\nC,坏,尾矿库,新建,103,96\n"
    )
    files.set_input_files({"name": "plots.csv", "mimeType": "text/csv", "buffer": rows.encode("gbk")})
    plots = page.locator(".rm-plots li")
    expect(plots).to_have_count(2)
    expect(plots.first).to_contain_text(re.compile("不通过|无法判定"), timeout=CHECK_MS)
    expect(page.locator(".rm-step-body [role=alert]")).to_contain_text("第 4 行")
    plots.first.get_by_role("button").click()
    expect(page.locator(".rm-planner [name=name]")).to_have_value(NAMES["formula"])

    for name, content in {"empty.geojson": b"", "text.docx": b"nothing", "broken.zip": b"PK\x03\x04"}.items():
        files.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
        said = page.locator(".rm-step-body [role=alert]")
        expect(said).to_have_count(1)
        expect(said).to_contain_text(re.compile("[\u4e00-\u9fff]{2}"))


TYPED = {
    "1, 103.05, 26.52": (103.05, 26.52),
    "J1 103°03′00″E 26°31′12″N": (103.05, 26.52),
    "北纬26度31分12秒 东经103度3分": (103.05, 26.52),
    "X 2934000 Y 34605000": ("EPSG:4522", 34605000, 2934000),
    "34605000, 2934000": ("EPSG:4522", 34605000, 2934000),
    "2) 2934000.5 18307000": ("EPSG:4496", 18307000, 2934000.5),
    "2934000 605000": ("EPSG:4543", 605000, 2934000),
    "J2 103 03 00, 26 31 12": (103.05, 26.52),
    "１０３．０５，２６．５２": (103.05, 26.52),
    "2\u202f934\u202f000 34\u202f605\u202f000": ("EPSG:4522", 34605000, 2934000),
    "abc": None,
    "103.05": None,
    "2934000 99": None,
}
"""What people type, and the place meant: degrees by hand, or PROJ's of the zone (3° strip 34, 6° strip 18, 102° E)."""


def test_typed_coordinates_are_read_as_people_write_them(planner: Page) -> None:
    page = planner
    read = "async words => (await import('riskmap/planner/typed.js')).parsePoints(words, 102)"
    for words, expected in TYPED.items():
        found = page.evaluate(read, words)
        if expected is None:
            assert found["wrong"]["words"] == words
            continue
        place = expected if len(expected) == 2 else to_degrees(*expected)
        assert found["points"][0] == pytest.approx(place, abs=2e-9), words
    type_plot(page, "103.05, 26.52\nabc")
    expect(page.locator(".rm-step-body [role=alert]")).to_contain_text("第 2 行“abc”")
    expect(page.locator(".rm-plot")).to_contain_text("还没有位置")
    type_plot(page, "X 2934000 Y 605000")
    expect(page.locator(".rm-step-body [role=alert]")).to_contain_text("中央子午线")


def test_a_table_of_corners_becomes_one_plot_in_the_system_that_is_chosen(planner: Page) -> None:
    """A square of 200 m on the plane: 40,000 m² less what the projection stretches, 0.03 % so far from 102° E."""
    page = planner
    page.locator("[data-way=file]").click()
    page.locator(".rm-step-body [name=crs]").select_option(label="中央子午线 102°E")
    corners = ((2934000, 605000), (2934000, 605200), (2934200, 605200), (2934200, 605000))
    rows = "点号,X,Y\n" + "".join(f"J{i},{x},{y}\n" for i, (x, y) in enumerate(corners, start=1))
    files = page.locator(".rm-step-body [type=file]")
    files.set_input_files({"name": "corners.csv", "mimeType": "text/csv", "buffer": rows.encode("gbk")})
    page.locator("[data-action=outline]").click()
    expect(page.locator(".rm-plot")).to_contain_text(re.compile("面 (39|40)\u202f\\d{3} m²"))


def test_what_a_file_leaves_out_is_asked_for_after_the_check(planner: Page) -> None:
    page = planner
    type_plot(page)
    state_project(page, "没有精度")
    page.locator(".rm-planner [name=accuracy_m]").fill("")
    page.locator(".rm-run [type=submit]").click()
    said = page.locator(".rm-run-said")
    expect(said).to_contain_text("下结论需要", timeout=CHECK_MS)
    said.get_by_role("button", name="去填写").click()
    expect(page.locator(".rm-planner [name=accuracy_m]")).to_be_focused()


def test_how_large_a_project_may_be_is_computed_on_demand(planner: Page) -> None:
    """On the bank a new pond of any height fails: no value in the range passes."""
    page = planner
    type_plot(page)
    state_project(page, "多高都不行")
    fold = page.locator("[data-step=largest]")
    fold.locator("summary").click()
    fold.locator("[name=largest]").select_option("dam_height_m")
    fold.get_by_role("button", name="计算").click()
    expect(fold.get_by_role("alert")).to_contain_text("范围")
    fold.locator("[name=largest_most]").fill("100")
    fold.get_by_role("button", name="计算").click()
    expect(fold).to_contain_text("没有可通过的值", timeout=CHECK_MS)
    expect(fold.locator("li").first).to_be_visible()


def to_degrees(crs: str, easting: float, northing: float) -> tuple[float, float]:
    lon, lat = Transformer.from_crs(crs, "EPSG:4490", always_xy=True).transform(easting, northing)
    return lon, lat


def test_a_reload_keeps_what_was_typed_and_says_what_is_missing(planner: Page) -> None:
    page = planner
    page.locator(".rm-run [type=submit]").click()
    expect(page.locator(".rm-run-said")).to_contain_text("位置")
    type_plot(page)
    page.locator(".rm-run [type=submit]").click()
    expect(page.locator(".rm-run-said")).to_contain_text("类别")
    expect(page.locator(".rm-planner [name=kind]")).to_be_focused()
    state_project(page, "没有保存的")
    page.reload()
    page.wait_for_selector(".rm-app[data-state=ready]")
    expect(page.locator(".rm-case-title")).to_have_text("没有保存的")
    expect(page.locator(".rm-plot")).to_contain_text("m²")
    page.get_by_role("button", name="新建").first.click()
    page.locator("[data-choice=drop]").click()
    expect(page.locator(".rm-plot")).to_contain_text("还没有位置")


def test_opening_another_case_asks_about_changes_that_are_not_saved(planner: Page) -> None:
    page = planner
    type_plot(page, "103.05, 26.52")
    state_project(page, "半途而废")
    show_cases(page).filter(has_text="示例选址01").click()
    expect(page.locator(".rm-run-said")).to_contain_text("未保存")
    expect(page.locator(".rm-case-title")).to_have_text("半途而废")
    page.locator("[data-choice=save]").click()
    expect(page.locator(".rm-case-title")).to_contain_text("示例选址01")
    show_cases(page).filter(has_text="半途而废").click()
    expect(page.locator(".rm-case-title")).to_have_text("半途而废")


def test_a_case_opens_by_a_click_on_the_map_and_outlives_the_tab(
    own_site: str, open_page: Any, planner: Page
) -> None:
    type_plot(planner, ON_BANK.replace("26.52", "26.54"))  # no other case of these tests lies there
    state_project(planner, "地图上的案卷")
    save(planner)
    expect(planner.locator(".rm-case-said")).to_contain_text("第 1 版")
    planner.evaluate("RiskMap.app.planner.draft.start()")
    expect(planner.locator(".rm-case-title")).not_to_have_text("地图上的案卷")
    planner.evaluate("void RiskMap.map.setView([26.54125, 103.0515], 15, { animate: false })")
    cases = httpx.get(f"{own_site}{CASES}?limit=2000").json()["features"]
    (case,) = [one["id"] for one in cases if one["properties"]["name"] == "地图上的案卷"]
    shown = "id => RiskMap.app.features.shapes('proposals', id).length > 0"
    planner.wait_for_function(shown, arg=case)
    # A corner of the plot: its name and its symbol lie in the middle.
    x, y = planner.evaluate(
        "(() => { const p = RiskMap.map.latLngToContainerPoint([26.5403, 103.0503]);"
        " const box = RiskMap.map.getContainer().getBoundingClientRect(); return [p.x + box.x, p.y + box.y]; })()"
    )
    planner.mouse.click(x, y)
    expect(planner.locator(".rm-case-title")).to_have_text("地图上的案卷")
    expect(show_cases(planner).and_(planner.locator("[aria-current=true]"))).to_contain_text("地图上的案卷")

    # Somebody else's browser, or the own one after the tab was closed: what was saved is there.
    other = open_planner(open_page, own_site)
    show_cases(other).filter(has_text="地图上的案卷").click()
    expect(other.locator(".rm-case-head")).to_contain_text("第 1 版")
    expect(other.locator(".rm-plot")).to_contain_text("82")


def test_a_plot_drawn_on_the_whole_map_opens_the_review(own_site: str, open_page: Any) -> None:
    page = open_page(f"{own_site}/{BANK}", own_site)
    page.evaluate("RiskMap.app.on('plot', (geometry) => { window.drawn = geometry; })")
    page.get_by_role("button", name="绘制地块并审查").click()
    x, y = centre_of_map(page)
    corners = [(x - 60, y - 60), (x + 60, y - 60), (x + 60, y + 60), (x - 60, y + 60)]
    for corner in [*corners, corners[0]]:
        page.mouse.move(*corner)
        page.mouse.click(*corner)
    expect(page.locator(".rm-planner [name=name]")).to_be_focused()
    # Every corner lies where the pointer was, however fast it went and whatever lies near.
    assert page.evaluate(CORNERS_ON_SCREEN) == pytest.approx(np.array(corners), abs=0.6)
    state_project(page, "")
    expect(page.get_by_label("改建目的")).to_be_hidden()
    answer = run_check(page)
    expect(answer.locator(".rm-conclusion")).to_contain_text("不通过")
    assert_grouped_and_in_words(answer)
    page.get_by_label("位置精度").fill("")
    answer = run_check(page)
    expect(answer.locator(".rm-conclusion")).to_contain_text("无法判定")
    page.get_by_label("位置精度").press("Escape")
    expect(page.locator(".rm-right")).to_be_hidden()


def assert_grouped_and_in_words(answer: Locator) -> None:
    """Every finding stands in one group with its count; what says nothing against the plot is folded."""
    groups = answer.locator(".rm-group")
    for group in groups.all():
        count = int(group.locator("> summary .rm-count").inner_text())
        assert group.locator(".rm-card").count() == count
    assert answer.locator(".rm-group[open][data-group=fail]").count() == 1
    assert answer.locator(".rm-group:not([open])[data-group=pass]").count() == 1
    assert answer.locator(".rm-group:not([open])[data-group=not_in_force]").count() == 1
    needed = answer.locator(".rm-needed li").all_text_contents()
    assert len(needed) == len(set(needed)) > 1
    labels = answer.locator(".rm-needed li, .rm-card dd, .rm-card li, .rm-badge").all_text_contents()
    assert not [label for label in labels if re.search("[a-z]_[a-z]", label)]


def test_the_review_works_by_keyboard_on_a_tablet(own_site: str, open_page: Any) -> None:
    page = open_planner(open_page, own_site, size=(1024, 768))
    page.locator("[data-way=typed]").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("103.05, 26.52")
    page.locator(".rm-step-body .rm-button").focus()
    page.keyboard.press("Enter")
    page.locator(".rm-planner [name=name]").focus()
    page.keyboard.type("键盘")
    for _ in ("kind", "state"):
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.locator(".rm-planner [name=accuracy_m]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".rm-conclusion")).to_be_visible(timeout=CHECK_MS)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, select, textarea, progress')]"
        ".filter(e => e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))"
        ".map(e => e.outerHTML)"
    )
    assert not unnamed


def test_cases_are_noted_under_the_key_and_the_page_says_that_this_is_no_protection(
    sample_url: str, open_page: Any
) -> None:
    with serving(database_url=sample_url, access_keys="规划科:a-long-key-for-tests-only") as address:
        page = open_page(f"{address}/login", address, ready=False)
        page.locator("[name=key]").fill("a-long-key-for-tests-only")
        page.keyboard.press("Enter")
        page.wait_for_selector(".rm-app[data-state=ready]")
        open_workbench(page)
        show_cases(page)
        expect(page.locator("#panel-cases")).to_contain_text("“规划科”")
        expect(page.locator("#panel-cases")).to_contain_text("不是保护")
