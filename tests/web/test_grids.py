"""A grid computed from the map, and what changed from one to the next."""

import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from layers.store import Store
from tests.web.conftest import serving

WAIT_MS = 60_000


def wait_for_grids(page: Any, number: int) -> None:
    """Wait until so many grids of the metric are known and the newest is shown."""
    page.wait_for_function(
        """(number) => {
            const { metric, pyramid, runs: all } = RiskMap.app.grid;
            const runs = all.filter((run) => run.metric === metric);
            return new Set(runs.map((run) => run.pyramid)).size === number && pyramid === runs[0].pyramid;
        }""",
        arg=number,
        timeout=WAIT_MS,
    )


def test_a_grid_is_computed_from_the_map_and_compared_with_a_former_one(
    sample_url: str, tmp_path: Path, open_page: Any
) -> None:
    file = tmp_path / "copy.db"
    with Store.open(sample_url):  # the copy is complete once the log is written back
        shutil.copy(sample_url.removeprefix("sqlite:///"), file)
    url = f"sqlite:///{file}"
    with serving(database_url=url) as site:
        page = open_page(f"{site}/#11/26.75/103.05", site)
        panel = page.locator("[data-theme=grids]")
        form = panel.locator(".rm-grid-start")
        form.locator("summary").click()
        form.get_by_label("指标").select_option("protection_targets", timeout=WAIT_MS)
        form.get_by_label("核密度带宽").fill("500000")
        form.get_by_label("最细分辨率").select_option("9")
        expect(form.get_by_role("alert")).to_contain_text("超过 50\u202f000\u202f000", timeout=WAIT_MS)
        form.get_by_label("核密度带宽").fill("")
        form.get_by_label("最细分辨率").select_option("7")
        form.get_by_label("检验聚类").check()
        expect(form.get_by_role("status")).to_contain_text("待检验", timeout=WAIT_MS)
        form.get_by_role("button", name="开始计算").click()
        panel.get_by_label("显示内容").select_option("cluster", timeout=WAIT_MS)
        legend = panel.locator(".rm-grid-legend")
        expect(legend).to_contain_text("高值聚集", timeout=WAIT_MS)
        expect(legend).to_contain_text("无对象：数据覆盖此处")
        expect(legend).to_contain_text("无数据：不等于零")
        file = panel.locator(".rm-grid-files")
        with page.expect_download(timeout=WAIT_MS) as download:
            file.get_by_text("CSV").click()
        assert "moran_i" in Path(download.value.path()).read_text(encoding="utf-8").splitlines()[0]
        panel.get_by_label("显示内容").select_option("value")
        form.get_by_label("检验聚类").uncheck()
        form.get_by_role("button", name="开始计算").click()
        wait_for_grids(page, 2)
        expect(panel.locator(".rm-grid-legend")).to_contain_text("防护目标", timeout=WAIT_MS)
        page.wait_for_function("() => RiskMap.app.grid.tiles.looks().size > 0", timeout=WAIT_MS)
        with Store.open(url) as store:
            target = {"type": "Point", "coordinates": [103.05, 26.75]}
            feature = {"type": "Feature", "geometry": target, "properties": {"id": "new", "source": "t"}}
            store.write_feature("protection_targets", feature, expected_version=None)
        form.get_by_role("button", name="开始计算").click()
        wait_for_grids(page, 3)
        compare = panel.get_by_label("与另一日期比较")
        compare.select_option(index=1, timeout=WAIT_MS)
        page.wait_for_function(
            "() => RiskMap.app.grid.before && RiskMap.app.grid.cells?.cells?.length > 0", timeout=WAIT_MS
        )
        expect(panel.locator(".rm-grid-legend")).to_contain_text("增加（1）", timeout=WAIT_MS)
        assert page.evaluate("RiskMap.app.grid.cells.cells.reduce((sum, cell) => sum + cell.mass, 0)") == 1
        page.evaluate(
            "() => void (({ opened, run, cells }) => opened.show(run, cells.cells.find(cell => cell.mass > 0)))"
            "(RiskMap.app.grid)"
        )
        changed = page.locator(".rm-right .rm-attributes")
        expect(changed).to_contain_text("变化")
        expect(page.locator(".rm-grid-objects li").filter(has_text="new")).to_be_visible(timeout=WAIT_MS)
        form.get_by_label("数据日期").fill("1999-01-01")
        form.get_by_role("button", name="开始计算").click()
        expect(form.get_by_role("alert")).to_contain_text("没有数据", timeout=WAIT_MS)
