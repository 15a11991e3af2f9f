"""Lists, figures and gaps of the register over HTTP, on both databases."""

import html
import io
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
from docx import Document
from typer.testing import CliRunner

from api.cli import app
from geo.rules.finding import Verdict
from layers.documents.clean_text import clean_text
from layers.errors import FormatError
from layers.letters.wording import conclusion_of
from layers.papers import PAPER_SUFFIXES, set_paper, write_white_paper
from layers.papers.dossier import build_dossier
from layers.papers.white_paper import build_white_paper
from layers.plants.document import parse_plant
from layers.plants.stored import put_plant
from layers.register.areas import key_of
from layers.register.conclusions import LISTS
from layers.register.lists import Choice, page_findings
from layers.samples import samples_folder
from layers.store import Run, Store
from tests.api.conftest import open_client, wait_for
from tests.api.register_scene import EVIL, PONDS, fill_register, row_of


@pytest.fixture
def client(store_url: str) -> Iterator[Any]:
    with Store.open(store_url) as store:
        fill_register(store)
    with open_client(store_url) as opened:
        yield opened


def ask(client: Any, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/register/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(answer: Any) -> list[tuple[str, str]]:
    return [(one["properties"]["subject"]["id"], one["properties"]["rule"]) for one in answer["features"]]


def test_lists_are_sorted_by_the_metres_missing(client: Any) -> None:
    violations = ask(client, "findings", list="fail")
    assert rows(violations) == [("p2", "r-town"), ("p1", "r-river")]
    assert rows(ask(client, "findings", list="legacy")) == [("p5", "r-river"), ("p2", "r-river")]
    assert rows(ask(client, "findings", list="undecidable")) == [("p3", "r-river")]
    assert violations["groups"] == {
        "lists": {"pass": 1, "conditional": 1, "legacy": 2, "undecidable": 1, "fail": 2},
        "kind": {"tailings_pond": 2},
        "rule": {"r-river": 1, "r-town": 1},
        "layer": {"tailings_ponds": 2},
    }


def test_filters_and_pages(client: Any) -> None:
    assert rows(ask(client, "findings", area="530102")) == [
        ("p2", "r-town"),
        ("p1", "r-river"),
        ("p2", "r-river"),
    ]
    assert rows(ask(client, "findings", area="530000", list="legacy")) == [("p2", "r-river")]
    assert rows(ask(client, "findings", list="fail", rule="r-river")) == [("p1", "r-river")]
    assert rows(ask(client, "findings", list="fail", kind="mine")) == []
    page = ask(client, "findings", list="fail", limit=1, offset=1)
    assert (rows(page), page["number_matched"], page["number_returned"]) == ([("p1", "r-river")], 2, 1)
    assert rows(ask(client, "findings", list="legacy", sort="name"))[0][0] == "p2"


def test_wrong_choices_are_refused_in_words(client: Any) -> None:
    for path, status in (
        ("findings?list=bad", 422),
        ("findings?area=5301", 404),
        ("findings?sort=colour", 422),
        ("facilities?conclusion=fine", 422),
        ("overview?area=abcdef", 404),
    ):
        answer = client.get(f"/api/v1/register/{path}")
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]["message"]


def test_figures_add_up_on_every_level(client: Any) -> None:
    whole = ask(client, "overview")
    assert whole["figures"] == {
        "facilities": 7,
        "conclusions": {"fail": 2, "undecidable": 1, "conditional": 2, "pass": 1, "unchecked": 1},
        "legacy": 2,
        "findings": {"pass": 1, "conditional": 1, "legacy": 2, "undecidable": 1, "fail": 2},
    }
    assert whole["check"] is None
    assert [(one["adcode"], one["facilities"]) for one in whole["areas"]] == [("530000", 6), (None, 1)]
    province = ask(client, "overview", area="530000")
    assert province["area"] == {"adcode": "530000", "name": "云南省", "bounds": [102.0, 25.0, 104.0, 27.0]}
    assert [(one["adcode"], one["name"], one["facilities"]) for one in province["areas"]] == [
        ("530100", "昆明市", 4),
        ("530300", None, 2),
    ]
    prefecture = ask(client, "overview", area="530100")
    assert [(one["adcode"], one["facilities"]) for one in prefecture["areas"]] == [
        ("530102", 2),
        ("530103", 1),
        (None, 1),
    ]
    assert [one["adcode"] for one in prefecture["above"]] == ["all", "530000"]
    for level in (whole, province, prefecture):
        for parts in (level["areas"], level["layers"]):
            assert add_up(parts) == level["figures"]
    county = ask(client, "overview", area="530102")
    assert county["areas"] == []
    assert county["figures"]["facilities"] == 2


def add_up(parts: list[dict[str, Any]]) -> dict[str, Any]:
    def total(name: str) -> dict[str, int]:
        return {word: sum(part[name][word] for part in parts) for word in parts[0][name]}

    return {
        **{name: sum(part[name] for part in parts) for name in ("facilities", "legacy")},
        "conclusions": total("conclusions"),
        "findings": total("findings"),
    }


def test_facilities_of_an_area_worst_first(client: Any) -> None:
    answer = ask(client, "facilities", area="530000")
    assert [(one["id"], one["conclusion"]) for one in answer["facilities"]] == [
        ("p2", "fail"),
        ("p1", "fail"),
        ("p3", "undecidable"),
        ("p4", "conditional"),
        ("p7", "pass"),
        ("p6", "unchecked"),
    ]
    assert answer["number_matched"] == 6
    first = answer["facilities"][0]
    assert (first["margin_m"], first["legacy"], first["kind"]) == (-1200.0, True, "tailings_pond")
    only = ask(client, "facilities", conclusion="undecidable")
    assert [one["id"] for one in only["facilities"]] == ["p3"]
    assert only["number_matched"] == 1


def test_an_audit_lets_what_it_saw_pass(store_url: str) -> None:
    """Nothing is stored where nothing stands against a facility; what came later has not been looked at."""
    with Store.open(store_url) as store:
        fill_register(store)
        inputs = {"tailings_ponds": store.layer_digest("tailings_ponds"), "rivers": "other"}
        parameters = {"layers": ["tailings_ponds"], "rules_version": "v1"}
        store.record_run(Run("a1", "audit", date(2026, 11, 22), parameters, inputs, "test", {}))
        late = {
            "type": "Feature",
            "id": "p8",
            "geometry": {"type": "Point", "coordinates": [103.0, 26.0]},
            "properties": {"id": "p8", "adcode": "530302", "source": "test"},
        }
        with open_client(store_url) as client:
            before = ask(client, "overview")
            store.write_feature("tailings_ponds", late, expected_version=None)
            after = ask(client, "overview")
    assert before["check"]["changed"] == ["rivers"]
    assert (before["figures"]["conclusions"]["pass"], before["figures"]["conclusions"]["unchecked"]) == (2, 0)
    assert (after["figures"]["conclusions"]["pass"], after["figures"]["conclusions"]["unchecked"]) == (2, 1)
    assert after["check"]["changed"] == ["rivers", "tailings_ponds"]


def test_workbook_has_chinese_headers_and_texts_stay_texts(client: Any) -> None:
    answer = client.get("/api/v1/register/findings.xlsx", params={"list": "fail", "area": "530102"})
    assert 'filename="fail-530102.xlsx"' in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book["违规清单"]
    headers, first, second = sheet.iter_rows(values_only=True)
    assert headers[:3] == ("序号", "设施名称", "设施编号")
    shown = dict(zip(headers, first, strict=True))
    assert shown["缺少距离(m)"] == 1200
    assert shown["行政区划"] == "五华区"
    assert shown["条款"] == "第一条"
    assert (shown["经度"], shown["纬度"]) == (pytest.approx(102.6), 26)
    assert second[1] == clean_text(EVIL)
    cell = sheet.cell(3, 2)
    assert cell.data_type == "s"
    assert cell.quotePrefix
    facts = dict(row[:2] for row in book["说明"].iter_rows(values_only=True))
    assert (facts["范围"], facts["条数"]) == ("530102 五华区", 2)
    english = client.get("/api/v1/register/findings.xlsx", params={"list": "legacy", "lang": "en"})
    assert openpyxl.load_workbook(io.BytesIO(english.content)).sheetnames[0].startswith("Existing facilities")


def test_marks_are_of_the_worst_finding_of_each_facility_in_view(client: Any) -> None:
    whole = client.get("/api/v1/register/marks").json()["marks"]
    assert whole == {
        "tailings_ponds": {
            "p1": ["prohibited", True, None],
            "p2": ["prohibited", True, None],
            "p3": ["prohibited", False, "no_ban"],
            "p4": ["conditional", True, None],
            "p5": ["legacy_rectify", True, None],
            "p7": ["no_ban", True, None],
        }
    }
    some = client.get("/api/v1/register/marks?bbox=102.45,25.9,102.65,26.1").json()["marks"]
    assert set(some["tailings_ponds"]) == {"p1", "p2"}
    assert client.get("/api/v1/register/marks?layer=enterprises&layer=rivers").json()["marks"] == {}
    assert client.get("/api/v1/register/marks?layer=tailings_ponds").json()["marks"] == whole
    first = client.get("/api/v1/register/marks?limit=2").json()["marks"]["tailings_ponds"]
    assert set(first) == {"p1", "p2"}


def test_tiles_are_kept_for_ever_until_findings_change(client: Any, store_url: str) -> None:
    def version() -> str:
        told: str = client.get("/api/v1/layers/tailings_ponds").json()["tile_version"]
        return told

    def kept(of: str, slugs: str = "tailings_ponds") -> str:
        told: str = client.get(f"/tiles/layers/{slugs}/{of}/0/0/0").headers["cache-control"]
        return told

    before = version()
    assert "immutable" in kept(before)
    assert "immutable" in kept(before, "tailings_ponds,tailings_ponds")  # each layer once
    assert kept(before, "tailings_ponds,mines") == "no-store"
    assert client.get(f"/tiles/layers/tailings_ponds,nowhere/{before}/0/0/0").status_code == 404
    with Store.open(store_url) as store:
        store.write("findings", store.read("findings").iloc[:0], replacing={"subject_id": "p1"})
    assert version() != before
    assert kept(before) == "no-store"
    assert "immutable" in kept(version())


def test_gaps_count_what_is_missing_and_imprecise(client: Any) -> None:
    answer = ask(client, "gaps")
    ponds = next(one for one in answer["layers"] if one["layer"] == "tailings_ponds")
    assert (ponds["count"], ponds["accuracy_unknown"], ponds["imprecise"], ponds["without_adcode"]) == (
        7,
        1,
        1,
        1,
    )
    assert (ponds["accuracy_max_m"], ponds["without_geometry"], ponds["surveys"]) == (250.0, 0, 0)
    assert ponds["oldest"] is not None
    assert answer["needs"] == [
        {"layer": "tailings_ponds", "need": need, "findings": 1, "facilities": 1}
        for need in ("layer rivers.accuracy_m", "subject.accuracy_m")
    ]
    empty = next(one for one in answer["layers"] if one["layer"] == "lakes")
    assert (empty["count"], empty["oldest"], empty["accuracy_max_m"]) == (0, None, None)
    county = next(
        one for one in ask(client, "gaps", area="530102")["layers"] if one["layer"] == "tailings_ponds"
    )
    assert county["count"] == 2


def test_every_finding_stands_in_the_list_of_its_conclusion(store: Store) -> None:
    """The queries say the same as the rules' own words, for each verdict and either side of the doubt."""
    words = [verdict.value for verdict in Verdict if verdict is not Verdict.NOT_IN_FORCE]
    cases = [(verdict, True, None) for verdict in words]
    cases += [(verdict, False, other) for verdict in words for other in words]
    findings = [
        row_of("tailings_ponds", f"p{number}", None, "r", *case, -1.0) for number, case in enumerate(cases)
    ]
    store.write("findings", gpd.GeoDataFrame(findings, geometry="geom", crs="EPSG:4490"))
    for word in LISTS:
        for finding in page_findings(store, Choice(list=word))["finding"]:
            conclusion = conclusion_of(finding).value
            assert conclusion == ("conditional" if word == "legacy" else word)
            assert word != "legacy" or finding["verdict"] == "legacy_rectify"
    assert sum(len(page_findings(store, Choice(list=word))) for word in LISTS) == len(cases)


def test_codes_of_areas_below() -> None:
    assert key_of("530102", "") == "530000"
    assert key_of("530102", "53") == "530100"
    assert key_of("530102", "5301") == "530102"
    assert key_of("530000", "53") is None
    assert key_of(None, "") is None
    assert key_of("530102", "530102") is None


def test_an_empty_register_has_figures_of_zero(store_url: str) -> None:
    with open_client(store_url) as client:
        whole = ask(client, "overview")
        assert whole["figures"]["facilities"] == 0
        assert whole["areas"] == []
        assert ask(client, "findings")["features"] == []
        assert ask(client, "facilities")["facilities"] == []
    assert len(PONDS) == 7


def enterprise(**properties: Any) -> dict[str, Any]:
    given = {"id": "e/1", "name": EVIL, "adcode": "530102", "kind": "chemical_enterprise", "source": "test"}
    return {
        "type": "Feature",
        "id": "e/1",
        "geometry": {"type": "Point", "coordinates": [102.7, 26.0]},
        "properties": {**given, **properties},
    }


def test_the_page_of_an_enterprise_shows_it_with_its_units_and_history(store_url: str) -> None:
    with Store.open(store_url) as store:
        fill_register(store)
        store.write_feature("enterprises", enterprise(), expected_version=None)
        store.write_feature("enterprises", enterprise(staff=12), expected_version=1)
        unit = {
            "type": "Feature",
            "id": "u1",
            "geometry": {"type": "Point", "coordinates": [102.7001, 26.0]},
            "properties": {
                "id": "u1",
                "name": "液氯储罐",
                "enterprise_id": "e/1",
                "colour_grade": "red",
                "inventory": [{"cas": "7782-50-5", "mass_kg": 40000}],
                "source": "test",
            },
        }
        store.write_feature("hazard_units", unit, expected_version=None)
        row = row_of("hazard_units", "u1", "液氯储罐", "r-river", "prohibited", True, None, -700.0)
        store.write("findings", gpd.GeoDataFrame([row], geometry="geom", crs="EPSG:4490"))
    with open_client(store_url) as client:
        page = client.get("/enterprises/e%2F1?lang=zh")
        assert page.status_code == 200
        for words in (
            "不通过",
            "液氯储罐",
            "红（重大风险）",
            "7782-50-5 40.0 t",
            "700.0",
            "从业人数",
            "530102 五华区",
        ):
            assert words in page.text
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text
        assert client.get("/enterprises/e%2F1.pdf").content.startswith(b"%PDF")
        assert "Safety-risk file" in client.get("/enterprises/e%2F1?lang=en").text
        assert client.get("/enterprises/none").status_code == 404


def test_white_paper_is_a_job_with_a_file(client: Any) -> None:
    started = client.post("/api/v1/reports", json={"area": "530000", "format": "docx", "lang": "zh"})
    assert started.status_code == 202
    status = wait_for(client, started.json())
    assert status["state"] == "done", status
    (file,) = status["files"]
    document = Document(io.BytesIO(client.get(file["href"]).content))
    text = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert clean_text(EVIL) in text
    assert "昆明市 530100" in text
    assert "1\u202f200.0" in text
    assert client.post("/api/v1/reports", json={"area": "12"}).status_code == 404


def test_the_trend_counts_findings_as_they_stood_at_each_audit(store_url: str) -> None:
    """Between the audits p1 is put in order and p4 begins to fail: 2 + 1 - 1 violations, 1 - 1 conditional ones."""
    with Store.open(store_url) as store:
        fill_register(store)
        record_audit(store, "a1", date(2025, 1, 1))
        changed = [("p1", "r-river", "no_ban", 100.0), ("p4", "r-town", "prohibited", -5.0)]
        rows = [row_of("tailings_ponds", id, id, rule, word, True, None, m) for id, rule, word, m in changed]
        store.write("findings", gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490"))
        record_audit(store, "a2", date(2026, 1, 1))
        paper = build_white_paper(store, "530000", "en").to_dict()["blocks"]
    with open_client(store_url) as client:
        audits = ask(client, "trend")["audits"]
        county = ask(client, "trend", area="530302")["audits"]
    before = {"pass": 1, "conditional": 1, "legacy": 2, "undecidable": 1, "fail": 2}
    assert [(one["checked_on"], one["findings"]) for one in audits] == [
        ("2025-01-01", before),
        ("2026-01-01", before | {"pass": 2, "conditional": 0}),
    ]
    assert [one["findings"]["fail"] for one in county] == [0, 1]
    captions = [block["caption"] for block in paper if block["type"] == "picture"]
    assert captions[:3] == ["Conclusions by area", "Conclusions by type", "Findings at each audit"]


def record_audit(store: Store, id: str, day: date) -> None:
    parameters = {"layers": ["tailings_ponds"], "rules_version": "v1"}
    store.record_run(Run(id, "audit", day, parameters, {}, "test", {}))


def test_the_same_register_gives_the_same_paper(store: Store, tmp_path: Path) -> None:
    fill_register(store)
    for suffix in PAPER_SUFFIXES:
        written = []
        for number in range(2):
            path = tmp_path / f"{number}{suffix}"
            write_white_paper(store, "all", path, language="en")
            written.append(path.read_bytes())
        assert written[0] == written[1]
    with pytest.raises(FormatError, match=r"\.docx, \.pdf"):
        write_white_paper(store, "all", tmp_path / "paper.odt")


def test_the_command_writes_the_white_paper(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(store_url) as store:
        fill_register(store)
    monkeypatch.setenv("RISKMAP_DATABASE_URL", store_url)
    path = tmp_path / "kunming.pdf"
    done = CliRunner().invoke(app, ["--lang", "zh", "report", "530100", str(path)])
    assert done.exit_code == 0, done.output
    assert "已写入" in done.output
    assert path.read_bytes().startswith(b"%PDF")
    assert CliRunner().invoke(app, ["report", "12", str(path)]).exit_code != 0


def test_the_page_of_an_enterprise_has_the_grade_of_its_plant_and_its_risk_points(store: Store) -> None:
    """40 t of chlorine are S = 8 of the critical 5 t; β = 4 and α = 0.5 (nobody around) make R = 16: grade 3."""
    put_plant(store, parse_plant(chlorine_plant(), name="p"))
    store.write_feature("enterprises", enterprise(colour_grade="red"), expected_version=None)
    for number, colour in enumerate(("red", "blue", None)):
        store.write_feature("hazard_units", hazard_unit(f"u{number}", colour), expected_version=None)
    paper = build_dossier(store, "e/1", "zh").to_dict()["blocks"]
    rows = [row for block in paper if block["type"] == "table" for row in block["rows"]]
    assert ["液氯", "8", "是", "16", "三级"] in rows
    assert [row[3] for row in rows if row[0] in ("1", "2", "3") and row[2] == "装置和储存设施"] == [
        "红（重大风险）",
        "蓝（低风险）",
        "—",
    ]
    captions = [block["caption"] for block in paper if block["type"] == "picture"]
    assert captions[1].startswith("四色风险点分布")
    other = build_dossier(store, "e/1", "en").to_dict()["blocks"]
    assert ["液氯", "8", "yes", "16", "grade 3"] in [
        row for b in other if b["type"] == "table" for row in b["rows"]
    ]


def chlorine_plant() -> dict[str, Any]:
    """The sample of a chlorine plant with one unit of 40 t, as the enterprise of this test."""
    path = samples_folder() / "plants" / "chlorine.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    content["plant"] |= {"feature": {"layer": "enterprises", "id": "e/1"}, "people_within_500m": 0}
    content["units"] = content["units"][:1]
    content["units"][0] |= {"name": "液氯", "equipment": content["units"][0]["equipment"][:1]}
    content["units"][0]["equipment"][0]["mass_kg"] = 40_000.0
    return content


def hazard_unit(id: str, colour: str | None) -> dict[str, Any]:
    properties = {"id": id, "name": EVIL, "enterprise_id": "e/1", "colour_grade": colour, "source": "test"}
    place = {"type": "Point", "coordinates": [102.7001 + 0.0002 * int(id[1:]), 26.0]}
    return {"type": "Feature", "id": id, "geometry": place, "properties": properties}


EVIL_NAMES = {
    "markup": "</td><script>alert(1)</script>",
    "quotes": "\"'`&amp;",
    "emoji": "😀👩‍🔬🏭",
    "long": "很" * 200,
    "right to left": "שלום עולם",
    "formula": "=1+1",
}


@pytest.mark.parametrize("name", EVIL_NAMES.values(), ids=EVIL_NAMES)
def test_names_stay_texts_in_lists_papers_and_pages(new_sqlite_url: Any, name: str) -> None:
    url = new_sqlite_url()
    with Store.open(url) as store:
        store.write_feature("enterprises", enterprise(name=name), expected_version=None)
        row = row_of("enterprises", "e/1", name, "r", "prohibited", True, None, -7.0)
        store.write("findings", gpd.GeoDataFrame([row], geometry="geom", crs="EPSG:4490"))
        document = Document(io.BytesIO(set_paper(build_white_paper(store, "all", "zh"), ".docx")))
        assert set_paper(build_dossier(store, "e/1", "zh"), ".pdf").startswith(b"%PDF")
    cells = [cell.text for table in document.tables for line in table.rows for cell in line.cells]
    assert clean_text(name) in cells
    with open_client(url) as client:
        page = client.get("/enterprises/e%2F1?lang=zh").text
        book = client.get("/api/v1/register/findings.xlsx", params={"list": "fail"}).content
    assert (
        html.escape(clean_text(name), quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        in page
    )
    cell = openpyxl.load_workbook(io.BytesIO(book))["违规清单"]["B2"]
    assert (cell.value, cell.data_type) == (clean_text(name), "s")
