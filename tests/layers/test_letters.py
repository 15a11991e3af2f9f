"""The opinion letter: what it says, in which fonts, and that nothing in it runs."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from PIL import Image
from pypdf import PdfReader

from geo.rules.wording import name_need
from layers.documents.clean_text import clean_text
from layers.errors import FormatError, NotAvailableError
from layers.letters import fonts, write_letter
from layers.letters.content import PRINTED_POINTS, build_content
from layers.letters.typesetting import set_png
from layers.letters.word import WORD_TEMPLATE
from layers.siting.vocabulary import LABELS
from layers.store import Store
from scripts.letter_template import build_template
from tests.layers.decisions import HARD_NAME, Decision, decide, fill_store, plots, rivers


@pytest.fixture(scope="module")
def decision(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decision]:
    """One plot 1 km from the main stem, which fails, and one at 4 km, which passes."""
    url = f"sqlite:///{tmp_path_factory.mktemp('decision') / 's.db'}"
    fill_store(url)
    with Store.open(url) as store:
        yield decide(store, plots(1000.0, 4000.0))


@pytest.fixture(scope="module")
def letters(decision: Decision, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The letter of the decision as each kind of file."""
    folder = tmp_path_factory.mktemp("letters")
    return {suffix: write(decision, folder / f"o.{suffix}") for suffix in ("pdf", "docx", "xlsx")}


def write(decision: Decision, path: Path, **options: Any) -> Path:
    write_letter(*decision, path, **options)
    return path


def pdf_text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def docx_text(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_pdf_says_what_a_letter_has_to_say(letters: dict[str, Path]):
    text = squeeze(pdf_text(letters["pdf"]))
    for words in (
        "选址安全审查意见",
        "牂",
        "𣲗",
        "不通过",
        "《中华人民共和国长江保护法》第二十六条第三款（2020年12月26日）",
        "3000m",  # limit
        "1000.0m",  # found
        "缺2000.0m",  # margin
        "±10.0m",  # doubt: 5 m on either side
        "EPSG:4490",
        "EPSG:4522",  # 3-degree zone 34 around 102 E: 4513 + 34 - 25
        "已核对正文",
        "survey",
        "含1个演示要素",
        "编制",
        "批准",
        "第1页，共",
        "不构成法律意见",
        "8000000",
        "怎样可以改变结论",
        "移动2010.0m",  # 2,000 m missing and 10 m of doubt
    ):
        assert words in text, words


def test_word_and_annexes_say_what_would_change_it(letters: dict[str, Path]):
    text = squeeze(docx_text(letters["docx"]))
    assert "怎样可以改变结论（由小到大）" in text
    assert "移动2010.0m" in text


def test_pdf_holds_only_fonts_from_packages(letters: dict[str, Path]):
    reader = PdfReader(letters["pdf"])
    names = {
        font.get_object()["/BaseFont"]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert names
    # Libertinus comes inside typst and stands in for the Hebrew of the hard name.
    assert all(re.search("NotoSansSC|LibertinusSerif", name) for name in names), names
    assert "/CreationDate" not in (reader.metadata or {})


def test_english_on_request(decision: Decision, tmp_path: Path):
    text = " ".join(pdf_text(write(decision, tmp_path / "o.pdf", language="en")).split())
    for words in (
        "Opinion on the Safety of a Site",
        "Fails",
        "Yangtze River Protection Law",
        "short by",
        "Page 1 of",
    ):
        assert words in text, words


def test_names_stay_text_in_the_pdf(letters: dict[str, Path]):
    text = squeeze(pdf_text(letters["pdf"]))
    assert squeeze("<script>alert(1)</script>") in text
    assert squeeze('#panic("x") $x$ *b* {{ 7*7 }}') in text
    assert "\u202e" not in text


def test_word_letter_holds_the_same_and_stays_editable(letters: dict[str, Path]):
    path = letters["docx"]
    text = docx_text(path)
    for words in (
        "牂牁江𣲗",
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "不通过",
        "缺 2\u202f000.0 m",
        "±10.0 m",
        "年　　月",
    ):
        assert words in text, words
    assert "{%" not in text
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("word/styles.xml").decode()
        assert "宋体" in styles
        assert "仿宋" in archive.read("word/document.xml").decode()
        assert '<w:altName w:val="Noto Serif CJK SC"/>' in archive.read("word/fontTable.xml").decode()
        footer = "".join(archive.read(name).decode() for name in archive.namelist() if "footer" in name)
        assert "NUMPAGES" in footer
        assert sum(name.startswith("word/media/") for name in archive.namelist()) == 2


def test_annex_keeps_numbers_as_numbers_and_texts_as_texts(letters: dict[str, Path]):
    book = openpyxl.load_workbook(letters["xlsx"])
    rows = list(book["逐条审查表"].iter_rows(values_only=True))
    head, first = rows[0], dict(zip(rows[0], rows[1], strict=True))
    assert first["规则"] == "yrpl-26-3-main"
    assert (first["limit_m"], first["margin_m"], first["doubt_m"]) == (
        3000,
        pytest.approx(-2000, abs=0.01),
        10,
    )
    assert len(head) == len(set(head))
    cells = [
        cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)
    ]
    assert all(cell.data_type == "s" for cell in cells)
    formula_like = [cell for cell in cells if cell.value[:1] in "=+-@"]
    assert any(cell.value == "=HYPERLINK(1)" for cell in formula_like)
    assert all(cell.quotePrefix for cell in formula_like)


def test_annex_lists_every_corner_where_the_letter_stops(new_sqlite_url: Callable[[], str], tmp_path: Path):
    with Store.open(new_sqlite_url()) as store:
        store.write("rivers", rivers())
        round_plot = plots(1000.0)
        round_plot.geometry = [shapely.Point(103, 26.02).buffer(0.001, quad_segs=25)]
        made = decide(store, round_plot)
        book = openpyxl.load_workbook(write(made, tmp_path / "o.xlsx"))
        assert book["范围坐标"].max_row == 1 + 100
        text = squeeze(pdf_text(write(made, tmp_path / "o.pdf")))
    assert f"共100点，此处列前{PRINTED_POINTS}点" in text


def test_map_picture_shows_the_plot_and_the_evidence(letters: dict[str, Path]):
    with zipfile.ZipFile(letters["docx"]) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("word/media/"))
        picture = Image.open(io.BytesIO(archive.read(names[0]))).convert("RGB")
    assert picture.size == (3200, 2240)
    pixels = np.asarray(picture).reshape(-1, 3)
    for red, green, blue in ((0xC4, 0x00, 0x1D), (0xB3, 0x00, 0x1B), (0x1E, 0x6F, 0xD0)):
        assert (pixels == (red, green, blue)).all(axis=1).any(), "evidence, plot, river"


def test_names_are_escaped_in_the_picture(decision: Decision):
    from layers.letters.drawing import draw_map

    svg = draw_map(decision.subjects, [], {}, "zh")
    assert "&lt;script&gt;" in svg
    assert "<script" not in svg
    assert set_png(svg).startswith(b"\x89PNG")


def _evidence(metres_east: float, **over: object) -> dict[str, object]:
    """A finding whose line runs east from the plot; 100 km of it to the degree at this latitude."""
    line = {"type": "LineString", "coordinates": [[103.0, 26.02], [103.0 + metres_east / 1e5, 26.02]]}
    plain = {"verdict": "no_ban", "decided": True, "if_crossed": None, "advisory": False, "evidence": line}
    return {**plain, "distance_m": metres_east, "limit_m": metres_east, "doubt_m": 1.0, **over}


@pytest.mark.parametrize(
    ("far", "leaves"),
    [
        (
            _evidence(60_000.0, advisory=True, verdict="insufficient_data", limit_m=None, distance_m=None),
            True,
        ),
        (_evidence(60_000.0), True),
        (_evidence(4_000.0), False),
        (_evidence(60_000.0, verdict="prohibited"), False),
    ],
    ids=["advisory path", "far pass", "near pass", "far ban"],
)
def test_far_evidence_leaves_the_map_unless_it_decides(far: dict[str, object], leaves: bool):
    from layers.letters.drawing import draw_map

    plot = gpd.GeoDataFrame(
        {"id": ["a"], "name": ["示例"]}, geometry=[shapely.Point(103, 26.02).buffer(0.001)], crs="EPSG:4490"
    )
    svg = draw_map(plot, [(1, _evidence(900.0, verdict="prohibited")), (2, far)], {}, "zh")
    assert ("延伸至图外" in svg) is leaves
    assert ("200 m</text>" in svg) is leaves, "the scale bar is that of the near view"
    assert "[2]" in svg, "what leaves the map has its number at the edge"


def test_template_of_the_users(decision: Decision, tmp_path: Path):
    document = docx.Document()
    document.add_paragraph("{{ projects[0].name }}：{{ projects[0].conclusion }}")
    document.save(str(tmp_path / "own.docx"))
    path = write(decision, tmp_path / "o.docx", template=tmp_path / "own.docx")
    assert docx_text(path) == f"{clean_text(HARD_NAME)}：不通过"


@pytest.mark.parametrize(
    "text",
    ["{{ nothing_of_that_name }}", "{% for %}", "{{ title.__class__.__mro__ }}"],
    ids=["unknown", "wrong", "escape"],
)
def test_wrong_templates_are_refused(decision: Decision, tmp_path: Path, text: str):
    document = docx.Document()
    document.add_paragraph(text)
    document.save(str(tmp_path / "own.docx"))
    with pytest.raises(FormatError, match=r"own\.docx cannot be filled"):
        write(decision, tmp_path / "o.docx", template=tmp_path / "own.docx")


def test_template_that_is_no_word_file_is_refused(decision: Decision, tmp_path: Path):
    (tmp_path / "own.docx").write_text("text")
    with pytest.raises(FormatError, match=r"own\.docx cannot be filled"):
        write(decision, tmp_path / "o.docx", template=tmp_path / "own.docx")


def test_committed_template_is_what_the_script_makes():
    # Part by part: how well a zip packs depends on the library of the machine.
    committed, made = (
        zipfile.ZipFile(io.BytesIO(data)) for data in (WORD_TEMPLATE.read_bytes(), build_template())
    )
    assert committed.namelist() == made.namelist()
    assert all(committed.read(name) == made.read(name) for name in made.namelist())


def test_other_kinds_of_file_are_refused(decision: Decision, tmp_path: Path):
    with pytest.raises(FormatError, match=r"\.docx, \.pdf, \.xlsx"):
        write(decision, tmp_path / "o.odt")


def test_missing_fonts_say_what_to_run(decision: Decision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fonts, "FONTS_FOLDER", tmp_path)
    with pytest.raises(NotAvailableError, match="make assets"):
        write(decision, tmp_path / "o.pdf")


def test_plot_without_facts_and_layer_without_data(new_sqlite_url: Callable[[], str], tmp_path: Path):
    with Store.open(new_sqlite_url()) as store:
        bare = plots(1000.0, name=[None], state=[None], accuracy_m=[np.nan], capacity_m3=[np.nan])
        text = squeeze(pdf_text(write(decide(store, bare), tmp_path / "o.pdf")))
    assert "无法判定" in text
    assert "图层“河流”没有数据" in text
    assert "1个审查对象的位置精度未知" in text
    assert "nan" not in text.lower()


def test_points_and_lists_are_written_for_people(decision: Decision):
    toe = {"type": "Point", "coordinates": [103.0, 26.01]}
    plot = plots(1000.0, toe_point=[toe], monitoring=[["pond_level", "video"]])
    made = decide(decision.store, plot)
    (project,) = build_content(made.result, made.subjects, {}, [], "zh")["projects"]
    facts = dict(project["facts"])
    assert facts["初期坝坡脚点"] == "103.0000000°, 26.0100000°"
    assert facts["在线监测项目"] == "库水位、视频监控"


def test_what_is_said_alike_of_several_rules_is_said_once(decision: Decision):
    (near, _) = decision.result["proposals"]
    doubled = {**near, "findings": [*near["findings"], {**near["findings"][0], "rule": "another"}]}
    result = {**decision.result, "proposals": [doubled]}
    (project,) = build_content(result, decision.subjects.iloc[:1], {}, [], "zh")["projects"]
    first = project["remarks"][0]
    assert "、" in first["no"]
    assert first["title"].endswith("（及另外 1 条）")
    words = [(one["explanation"], one["remedy"]) for one in project["remarks"]]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("need", "zh"),
    [
        ("subject.state", "审查对象的状态"),
        ("layer rivers", "图层“河流”"),
        ("rivers/r1.accuracy_m", "图层“河流” r1 的位置精度"),
        ("raster elevation", "高程栅格"),
        ("admin_areas/530000", "图层“行政区划” 530000"),
        ("rivers/a.b.accuracy_m < 3.0", "图层“河流” a.b 的位置精度 < 3.0"),
        ("study dam_break", "溃坝专题研究"),
        ("table GB 50089-2018 tables 4.2 and 4.3", "GB 50089-2018 表4.2、4.3（印刷文本）"),
        ("table GB 50161, stores of class 1.1", "GB 50161 危险等级仓库 1.1（印刷文本）"),
        ("nothing known", "nothing known"),
    ],
)
def test_need_in_words(need: str, zh: str):
    assert name_need(need, LABELS).zh == zh


def test_clean_text_keeps_what_documents_can_hold():
    assert clean_text("a\x00b\u202ec\ud800d\ne") == "a\ufffdb\ufffdc\ufffdd\ne"
