"""The workbench of a park administrator in a real browser: from choosing a plant to the downloaded table."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ezdxf
import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect
from pyproj import Transformer

from layers.exchange.importing import import_file
from layers.plants.document import parse_plant
from layers.plants.stored import put_plant
from layers.samples import samples_folder
from layers.store import Store, upgrade
from tests.web.barriers import barriers
from tests.web.conftest import NASTY_NAME, serving

pytestmark = pytest.mark.browser

SAMPLES = samples_folder()
TANK = (102.91012, 26.91345)
TO_STRIP = Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True)
IS_TANK_AT = """([lng, lat]) => {
  const found = [];
  RiskMap.map.eachLayer((one) => one.options.icon?.options.className === "rm-park-tank" && found.push(one));
  return found.some((one) => Math.hypot(one.getLatLng().lng - lng, one.getLatLng().lat - lat) < 1e-7);
}"""
"""A hundredth of a metre."""
WHATIF_MS = 300
"""Three times the aim: the machines that tests run on are noisy."""


def small_plant(**plant: Any) -> dict[str, Any]:
    """The LPG depot with one tank inside a wider fence, so that there is room to move it."""
    content = tomllib.loads((SAMPLES / "plants" / "lpg.toml").read_text(encoding="utf-8"))
    west, south, east, north = 102.9090, 26.9125, 102.9115, 26.9145
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    content["plant"] |= {"id": "small", "name": NASTY_NAME, "boundary": ring, "state": "new", **plant}
    del content["plant"]["feature"]
    content["units"][0]["equipment"] = content["units"][0]["equipment"][:1]
    content["units"][0]["equipment"][0]["mass_kg"] = (
        60000.0  # more than the critical 50 t: a risk is computed
    )
    return content


def target(id: str, lon: float, lat: float) -> dict[str, Any]:
    properties = {
        "name": f"目标 {id}",
        "target_class": "high_sensitivity",
        "source": "test",
        "accuracy_m": 1.0,
    }
    return {
        "type": "Feature",
        "id": id,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": properties,
    }


def rose() -> dict[str, Any]:
    """One weather by day, wind from the north only."""
    frequencies = [{"from_deg": 0.0, "stability": "B", "speed_m_s": 3.0, "frequency": 1.0}]
    return {
        "type": "Feature",
        "id": "north",
        "geometry": {"type": "Point", "coordinates": list(TANK)},
        "properties": {"name": "北风", "source": "test", "frequencies": frequencies},
    }


@pytest.fixture(scope="module")
def park_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('park') / 'park.db'}"
    upgrade(url)
    with Store.open(url) as store:
        import_file(store, SAMPLES / "illustrative" / "rasters.geojson", "rasters")
        store.write_feature("wind_roses", rose(), expected_version=None)
        # The contour of 3e-7 reaches 102.91151 east at this latitude: one target is 10 m farther, the other 100 m.
        for id, lon in (("near", 102.91161), ("far", 102.91251)):
            store.write_feature("protection_targets", target(id, lon, 26.91237), expected_version=None)
        put_plant(store, parse_plant(small_plant(), name="small"))
        put_plant(store, parse_plant(small_plant(id="twin", name="邻厂"), name="twin"))
    return url


@pytest.fixture(scope="module")
def park_site(park_url: str) -> Iterator[str]:
    with serving(database_url=park_url) as address:
        yield address


def open_bench(page: Page) -> None:
    page.locator(".rm-workbenches button").filter(has_text="Park layout").or_(
        page.locator(".rm-workbenches button").filter(has_text="园区布局")
    ).click()
    page.locator("#park-plant").wait_for()


def assess(page: Page) -> None:
    page.locator("#park-plant").select_option("small")
    page.locator(".rm-park-tank").wait_for()
    page.locator("#panel-park .rm-button.is-main").click()
    page.locator(".rm-right .rm-park-state").wait_for(timeout=120_000)
    page.locator(".rm-park-levels").wait_for(timeout=120_000)


def outer_contour(page: Page) -> str:
    shape: str | None = page.locator("path.rm-park-contour").first.get_attribute("d")
    assert shape
    return shape


WORDS = {
    "zh": {
        "advisory": "仅供参考",
        "targets": "2 个防护目标",
        "open": "待确认",
        "table": "结果表 Excel",
        "sheet": "打印图纸 A4",
        "print": "打印或导出",
        "contour": "3×10⁻⁷/年",
    },
    "en": {
        "advisory": "Advisory",
        "targets": "2 protection targets",
        "open": "Awaiting confirmation",
        "table": "Table Excel",
        "sheet": "Print sheet A4",
        "print": "Print or export",
        "contour": "3×10⁻⁷ a year",
    },
}


@pytest.mark.parametrize("lang", WORDS)
def test_plant_is_assessed_and_its_table_downloaded(
    park_site: str, open_page: Any, tmp_path: Path, lang: str
) -> None:
    words = WORDS[lang]
    page = open_page(f"{park_site}/?lang={lang}", park_site)
    open_bench(page)
    assess(page)
    panel = page.locator(".rm-right")
    expect(panel.locator("h2")).to_have_text(NASTY_NAME)
    expect(panel.locator(".rm-conclusion")).to_contain_text(words["advisory"])
    expect(panel.locator(".rm-conclusion")).to_contain_text(words["targets"])
    expect(panel.locator(".rm-park-table").first).to_contain_text("3×10⁻⁷")
    expect(page.locator(".rm-park-level").first).to_have_text("3×10⁻⁷")
    expect(panel.locator(".rm-park-basis")).to_contain_text(words["open"])
    assert barriers(page) == []
    # Both targets lie outside every contour: none is marked on the map.
    expect(page.locator(".rm-park-target")).to_have_count(0)
    picture = panel.locator("img.rm-park-fn")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    panel.locator(".rm-park-table .rm-park-link").first.click()
    expect(page.locator(".rm-distance").first).to_contain_text("m · ")
    with page.expect_download() as download:
        panel.get_by_role("link", name=words["table"]).click()
    path = tmp_path / "distance.xlsx"
    download.value.save_as(path)
    assert openpyxl.load_workbook(path).sheetnames
    panel.get_by_role("button", name=words["sheet"]).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("h1")).to_have_text(NASTY_NAME)
    expect(sheet.locator("tbody").first).to_contain_text("102.910120")
    expect(sheet.locator("path.rm-park-contour").first).to_be_visible()
    assert barriers(page, "[role=dialog]") == []
    paper = tmp_path / "sheet.pdf"
    page.pdf(path=paper, prefer_css_page_size=True)
    # A4 in points, and nothing but the sheet: one page.
    content = paper.read_bytes()
    assert content.count(b"/Type /Page\n") == 1
    assert re.search(rb"/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]", content)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name=words["print"]).click()
    # The legend of the map's own sheet names the contour too.
    expect(page.locator(".rm-print[data-ready=true] .rm-sheet-legend")).to_contain_text(words["contour"])


def test_an_assessment_can_be_cancelled_and_what_goes_wrong_is_said(park_site: str, open_page: Any) -> None:
    page = open_page(park_site, park_site, refusals=(503,))
    open_bench(page)
    page.locator("#park-plant").select_option("twin")
    page.locator(".rm-park-tank").wait_for()
    # The job is started as usual; its answer waits until the button has been pressed.
    page.route("**/api/v1/jobs/*/events", lambda route: None)
    page.locator("#panel-park .rm-button.is-main").click()
    bar = page.locator(".rm-park-task .rm-progress")
    with page.expect_response(lambda one: one.request.method == "DELETE") as answer:
        bar.get_by_role("button", name="取消").click()
    assert answer.value.ok
    page.unroute("**/api/v1/jobs/*/events")
    page.reload()
    page.wait_for_selector(".rm-app[data-state=ready]")
    open_bench(page)
    page.locator("#park-plant").select_option("twin")
    page.locator(".rm-park-tank").wait_for()
    body = {
        "error": {
            "type": "X",
            "message": "no model",
            "message_zh": "没有适用的模型，请补充压力",
            "details": None,
        }
    }
    page.route("**/api/v1/distance", lambda route: route.fulfill(status=503, json=body))
    page.locator("#panel-park .rm-button.is-main").click()
    expect(page.get_by_role("alert")).to_have_text("没有适用的模型，请补充压力")


LATE = """async () => {
  const { LivePreview } = await import("riskmap/park/live.js");
  const waiting = [], heard = [], failed = [];
  const ask = (path, { body }) => new Promise((resolve, reject) =>
    waiting.push({ asked: JSON.parse(body).changed, resolve, reject }));
  const live = new LivePreview({ source: { ask } },
    { onanswer: ({ file, result }) => heard.push([file, result]), onerror: ({ message }) => failed.push(message) });
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  for (const layout of ["a", "b", "c"]) live.ask("present", layout, "rose");
  waiting[0].resolve("A");
  await settled();
  const askedAfterFirst = waiting.map(({ asked }) => asked);
  live.forget();
  live.ask("present", "d", "rose");
  waiting[1].resolve("C");
  await settled();
  waiting[2].reject(new Error("said in words"));
  await settled();
  live.ask("present", "e", "rose");
  await settled();
  waiting[3].resolve("E");
  await settled();
  return { askedAfterFirst, heard, failed };
}"""


def test_answers_about_a_layout_that_is_gone_are_dropped(park_site: str, open_page: Any) -> None:
    """One question is under way at a time; of those that wait the newest is sent; what is forgotten says nothing."""
    page = open_page(park_site, park_site)
    assert page.evaluate(LATE) == {
        "askedAfterFirst": ["a", "c"],
        "heard": [["a", "A"], ["e", "E"]],
        "failed": ["said in words"],
    }


def test_several_plants_are_shown_together(park_site: str, open_page: Any) -> None:
    page = open_page(park_site, park_site)
    open_bench(page)
    together = page.locator("section", has=page.get_by_role("heading", name="多家企业叠加"))
    together.get_by_role("button", name="叠加所选企业").click()
    expect(together.get_by_role("alert")).to_contain_text("至少选择两家")
    for box in together.get_by_role("checkbox").all()[:2]:
        box.check()
    together.get_by_role("button", name="叠加所选企业").click()
    panel = page.locator(".rm-right")
    expect(panel.locator("h2")).to_have_text("叠加后的个人风险", timeout=60_000)
    # Twice the same plant at the same place: the nearer target comes inside, half of its risk from each.
    row = panel.locator(".rm-park-targets li").filter(has_text="目标 near")
    expect(row).to_contain_text("限值 3×10⁻⁷")
    expect(row).to_contain_text("占 50 %")
    expect(page.locator(".rm-park-target").first).to_be_visible()
    expect(page.locator(".rm-park-level").first).to_be_visible()

    # The sum is kept: it is shown again from the list, and removed from it.
    kept = together.locator(".rm-park-sums li")
    expect(kept).to_have_count(1)
    expect(kept).to_contain_text("北风")
    panel.get_by_role("button", name="关闭").first.click()
    expect(page.locator(".rm-park-level")).to_have_count(0)
    kept.get_by_role("button", name="显示").click()
    expect(panel.locator("h2")).to_have_text("叠加后的个人风险")
    expect(page.locator(".rm-park-level").first).to_be_visible()
    kept.get_by_role("button", name="删除").click()
    expect(kept).to_have_count(0)


def test_dragged_tank_takes_its_contours_along_and_layouts_are_compared(
    park_site: str, open_page: Any
) -> None:
    page = open_page(park_site, park_site)
    open_bench(page)
    assess(page)
    before = outer_contour(page)
    box = page.locator(".rm-park-tank").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    preview, millis = page.locator(".rm-park-preview"), []
    for step in range(1, 13):
        page.mouse.move(x + 4 * step, y)
        page.wait_for_timeout(100)
        millis.append(float(preview.get_attribute("data-millis") or "inf"))
    expect(page.locator(".rm-park-state.is-coarse")).to_be_visible()
    assert outer_contour(page) != before, "the contour follows while the mouse is down"
    assert min(millis) < WHATIF_MS
    page.mouse.up()
    expect(page.locator(".rm-park-state")).to_have_text("精确结果", timeout=20_000)
    expect(page.locator(".rm-park-effect").first).to_contain_text("3×10⁻⁷ 内新增 1 个防护目标")
    # The target that came inside stands on the map with its risk and limit.
    expect(page.locator(".rm-park-target")).to_have_count(1)
    expect(page.locator(".rm-park-target-tip")).to_have_count(1)  # those of the preview fade away
    expect(page.locator(".rm-park-target-tip")).to_contain_text("目标 near")
    expect(page.locator(".rm-park-target-tip")).to_contain_text("限值 3×10⁻⁷")
    expect(page.locator("[data-tank=tank-a]")).to_contain_text("已改")

    page.get_by_placeholder("新方案名称").fill("东移方案")
    page.get_by_role("button", name="另存为方案").click()
    expect(page.locator("#park-plant option:checked")).to_have_text("\u2003└ 东移方案")
    page.get_by_role("button", name="与当前比较").click()
    page.locator(".rm-park-compare figure").nth(1).wait_for(timeout=30_000)
    assert page.locator(".rm-park-compare .leaflet-container").count() == 2
    differences = page.locator(".rm-park-diff").first
    expect(differences).to_contain_text("移动")
    expect(page.locator(".rm-right .rm-park-effect")).to_contain_text("3×10⁻⁷ 内新增 1 个防护目标")
    page.get_by_role("button", name="差异图").click()
    expect(page.locator(".rm-park-change").filter(has_text="+")).to_be_visible()
    assert barriers(page) == []
    page.locator(".rm-park-compare-bar").get_by_role("button", name="关闭").click()
    expect(page.locator(".rm-park-change")).to_have_count(0)


def test_tank_is_moved_by_keys_and_numbers_in_english(park_site: str, open_page: Any) -> None:
    page = open_page(f"{park_site}/?lang=en", park_site)
    open_bench(page)
    assess(page)
    page.locator(".rm-park-tank").focus()
    page.keyboard.press("Enter")
    lon = page.get_by_label("Longitude (°)")
    expect(lon).to_have_value("102.9101200")
    page.locator(".rm-park-tank").focus()
    page.keyboard.press("Shift+ArrowRight")
    # 10 m east at 26.91 degrees north: 10 / (a cos(lat) / W) = 0.0001007 degrees by hand.
    expect(lon).to_have_value("102.9102207")
    page.get_by_role("button", name="Undo").click()
    expect(lon).to_have_value("102.9101200")
    page.get_by_label("Design maximum (kg)").fill("70000")
    page.keyboard.press("Tab")
    expect(page.locator(".rm-park-tank-row small")).to_contain_text("70 t")
    expect(page.locator(".rm-park-state")).to_have_text("Exact result", timeout=30_000)
    lon.fill("102.95")
    page.keyboard.press("Tab")
    expect(page.locator(".rm-park-preview")).to_contain_text("outside the plant's boundary")
    page.get_by_label("Longitude, latitude").fill("102.9106, 26.9134")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".rm-park-ranks li").first).to_contain_text("%")
    page.get_by_role("button", name="Add a copy").click()
    expect(page.locator(".rm-park-tanks > li")).to_have_count(2)
    assert barriers(page) == []
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".rm-park-tanks > li")).to_have_count(1)


def test_two_people_who_change_a_plant_get_a_conflict_not_a_lost_write(
    park_site: str, browser: Browser
) -> None:
    # Chromium itself writes every refused request to the console: this page is not watched.
    page = browser.new_page()
    page.goto(park_site)
    page.wait_for_selector(".rm-app[data-state=ready]")
    open_bench(page)
    page.locator("#park-plant").select_option("small")
    page.locator(".rm-park-tank-row").click()
    changed = small_plant() | {"source": "somebody else"}
    answer = page.request.put(
        f"{park_site}/api/v1/plants/small", data=changed, headers={"If-Match": version_of(page, park_site)}
    )
    assert answer.ok, answer.text()
    page.get_by_label("温度 (°C)").fill("25")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="保存到当前方案").click()
    expect(page.get_by_role("alert")).to_contain_text("您的修改没有写入")
    assert page.request.get(f"{park_site}/api/v1/plants/small").json()["file"]["source"] == "somebody else"
    page.context.close()


def drawing_of(tank: tuple[float, float], folder: Path) -> Path:
    """A drawing with a block that carries the number of the tank."""
    drawing = ezdxf.new()
    drawing.blocks.new("tank")
    drawing.modelspace().add_blockref("tank", tank).add_attrib("编号", "tank-a")
    drawing.saveas(folder / "plan.dxf")
    return folder / "plan.dxf"


def test_drawing_places_equipment_by_its_system_or_by_two_control_points(
    park_site: str, open_page: Any, tmp_path: Path
) -> None:
    page = open_page(park_site, park_site)
    open_bench(page)
    page.locator("#park-plant").select_option("small")
    page.locator(".rm-park-tank").wait_for()
    page.locator("summary", has_text="由图纸取设备位置").click()
    page.get_by_label("图纸坐标系").fill("EPSG:4543")
    east, north = TO_STRIP.transform(*TANK)
    # The second drawing has its zero 10 m west of the tank and is turned by a right angle: its y runs west.
    points = f"0 0 {east - 10} {north}\n100 0 {east - 10} {north + 100}"
    for place, control, moved in (((east + 20, north), "", 20.0), ((0.0, -40.0), points, 30.0)):
        page.locator("[name=control_points]").evaluate("(box, words) => { box.value = words; }", control)
        page.locator(".rm-park-file").last.set_input_files(drawing_of(place, tmp_path))
        wanted = TO_STRIP.transform(east + moved, north, direction="INVERSE")
        page.wait_for_function(IS_TANK_AT, arg=list(wanted))
        expect(page.get_by_text("图纸中 1 个点，移动了 1 台设备")).to_be_visible()


def version_of(page: Page, site: str) -> str:
    return str(page.request.get(f"{site}/api/v1/plants/small").json()["version"])


def test_plant_file_is_uploaded_and_a_wrong_field_named(
    park_site: str, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(park_site)
    page.wait_for_selector(".rm-app[data-state=ready]")
    open_bench(page)
    sent = small_plant(id="uploaded", name="上传的企业")
    wrong, right = tmp_path / "wrong.json", tmp_path / "right.json"
    right.write_text(json.dumps(sent), encoding="utf-8")
    sent["units"][0]["equipment"][0]["mass_kg"] = -1
    wrong.write_text(json.dumps(sent), encoding="utf-8")
    upload = page.locator("input[type=file]").first
    upload.set_input_files(wrong)
    expect(page.get_by_role("alert")).to_contain_text("units[0].equipment[0].mass_kg")
    upload.set_input_files(right)
    expect(page.locator("#park-plant option:checked")).to_have_text("上传的企业")
    expect(page.locator(".rm-park-tank")).to_have_count(1)
    page.context.close()


def test_spacing_of_a_park_is_drawn_with_its_clauses(sample_site: str, open_page: Any) -> None:
    page = open_page(sample_site, sample_site, size=(1024, 768))
    open_bench(page)
    page.get_by_role("button", name="检查布局").click()
    subject = page.locator(".rm-park-subject").first
    subject.wait_for(timeout=20_000)
    subject.locator("summary").first.click()
    expect(subject.locator(".rm-clause").first).not_to_be_empty()
    page.locator(".rm-workbenches button").first.click()
    expect(page.locator("#panel-park")).to_be_hidden()
