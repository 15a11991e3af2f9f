"""The command line: answers, files, exit codes, languages; a few runs as real processes."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from layers.store import Store
from tests.api.conftest import ponds
from tests.api.test_checks import rivers
from web.assets import stale_assets

ROOT = Path(__file__).parents[2]

Run = Callable[..., Result]


@pytest.fixture
def run(new_sqlite_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a migrated, empty SQLite database."""
    monkeypatch.setenv("RISKMAP_DATABASE_URL", new_sqlite_url())
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def invoke(*arguments: object, **environment: str) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)

    return invoke


@pytest.fixture
def fill() -> Callable[[], None]:
    def write() -> None:
        with Store.open(os.environ["RISKMAP_DATABASE_URL"]) as store:
            store.write("tailings_ponds", ponds())
            store.write("rivers", rivers())

    return write


def test_init_makes_the_database_and_again_changes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", f"sqlite:///{tmp_path}/new/risk.db")
    for _ in range(2):
        done = run("init", "--format", "json")
        assert done.exit_code == 0
        assert json.loads(done.stdout)["database"].endswith("risk.db")


def test_default_database_stands_in_the_users_data_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RISKMAP_DATABASE_URL")
    assert run("init", XDG_DATA_HOME=str(tmp_path)).exit_code == 0
    assert (tmp_path / "riskmap" / "riskmap.db").is_file()


def test_missing_database_says_what_to_run(run: Run, tmp_path: Path) -> None:
    done = run("setback", RISKMAP_DATABASE_URL=f"sqlite:///{tmp_path}/none.db")
    assert done.exit_code == 3
    assert "riskmap init" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ((), {"LC_ALL": "C.UTF-8"}, "error: unknown layer"),
        ((), {"LC_ALL": "zh_CN.UTF-8"}, "错误：没有图层"),
        ((), {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"}, "错误：没有图层"),
        (("--lang", "zh"), {"LC_ALL": "C.UTF-8"}, "错误：没有图层"),
        (("--lang", "en"), {"LC_ALL": "zh_CN.UTF-8"}, "error: unknown layer"),
    ],
)
def test_errors_speak_the_language_of_the_terminal(
    run: Run, arguments: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    done = run(*arguments, "export", "moons", "moons.csv", **environment)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fly"], 2),
        (["import", "none.csv", "--layer", "rivers"], 2),
        (["import", "none.csv"], 2),
        (["export", "rivers", "rivers.docx"], 2),
        (["export", "rivers", "rivers.csv", "--where", "colour=red"], 2),
        (["export", "rivers", "rivers.csv", "--bbox", "1,2"], 2),
        (["nearest", "none.csv", "--layer", "rivers", "--out", "x.docx"], 2),
        (["setback", "--on", "someday"], 2),
        (["setback", "--layer", "moons"], 2),
        (["grid", "facility_count", "--res", "99", "--out", "x.csv"], 2),
        (["grid", "facility_count", "--res", "7..5", "--out", "x.csv"], 2),
        (["grid", "facility_count", "--res", "5..", "--out", "x.csv"], 2),
        (["grid", "facility_count", "--res", "5..7", "--out", "x.csv"], 3),
        (["check", "none.geojson"], 2),
        (["check", "none.geojson", "--on", "someday"], 2),
        (["rules", "show", "no-such-rule"], 2),
        (["rules", "list", "--kind", "castle"], 2),
        (["rules", "lint", "none.toml"], 2),
        (["rules", "test"], 2),
        (["grid", "facility_count", "--res", "7", "--out", "x.csv"], 3),
        (["grid", "happiness", "--res", "7", "--out", "x.csv"], 2),
        (["grid", "facility_count", "--res", "7", "--out", "nowhere/x.csv"], 2),
        (["serve", "--host", "0.0.0.0"], 2),
    ],
    ids=str,
)
def test_wrong_use_ends_with_its_code_and_no_traceback(
    run: Run, arguments: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    assert list(tmp_path.glob("x.*")) == []


def test_areas_of_a_province_are_loaded_once(run: Run) -> None:
    assert run("init").exit_code == 0
    answer = json.loads(run("areas", "540000", "--format", "json").stdout)
    assert answer["inserted"] == 1 + 7 + 74  # Tibet: 7 prefectures, 74 counties
    assert "82" in run("areas", "540000").stdout
    assert run("areas", "999999").exit_code == 2


def test_import_reports_and_writes_the_sheet_to_correct(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ponds.csv"
    path.write_text("编号,lon,lat,坝高(m),等别x\na,103,26,12,I\nb,103,26,-4,II\n", encoding="utf-8")
    sheet = tmp_path / "wrong.xlsx"
    options = ("--crs", "EPSG:4490", "--accuracy", 5, "--set", "state=new", "--map", "design_grade=等别x")
    done = run("import", path, "--layer", "tailings_ponds", *options, "--rejected", sheet, "--format", "json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["accepted"], report["inserted"], report["rejected_rows"]) == (1, 1, 1)
    assert sheet.is_file()

    shown = run("--lang", "zh", "import", path, "--layer", "tailings_ponds", *options)
    assert shown.exit_code == 0
    for words in ("被拒绝的行", "坝高(m)", "未变"):
        assert words in shown.stdout

    exported = tmp_path / "back.csv"
    assert run("export", "tailings_ponds", exported, "--headers", "zh").exit_code == 0
    table = pd.read_csv(exported)
    assert table["编号"].tolist() == ["a"]
    assert table["总坝高(m)"].tolist() == [12]


def test_import_that_takes_no_row_is_bad_input(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ponds.csv"
    path.write_text("id,lon,lat\na,103,99\n")
    done = run("import", path, "--layer", "tailings_ponds", "--crs", "EPSG:4490")
    assert done.exit_code == 2
    assert "Rejected rows" in done.stdout


def test_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ponds.csv"
    path.write_text("id,lon,lat\na,103,26\n")
    done = run(
        "import", path, "--layer", "tailings_ponds", "--crs", "EPSG:4490", "--dry-run", "--format", "json"
    )
    assert json.loads(done.stdout)["dry_run"] is True
    with Store.open(os.environ["RISKMAP_DATABASE_URL"]) as store:
        assert store.count("tailings_ponds") == 0


def test_export_chooses_features(run: Run, fill: Callable[[], None], tmp_path: Path) -> None:
    fill()
    path = tmp_path / "ponds.gpkg"
    done = run(
        "export", "tailings_ponds", path, "--where", "state=new", "--crs", "EPSG:4326", "--format", "json"
    )
    assert json.loads(done.stdout)["rows"] == 1
    frame = gpd.read_file(path)
    assert frame["id"].tolist() == ["p1"]
    assert frame.crs.to_epsg() == 4326


def test_setback_answers_as_table_and_json(run: Run, fill: Callable[[], None]) -> None:
    fill()
    done = run("setback", "--on", "2026-06-01", "--format", "json")
    assert done.exit_code == 0, done.output
    body = json.loads(done.stdout)
    assert set(body) == {
        "checked_on",
        "rules_version",
        "data_version",
        "proposals",
        "awaiting_confirmation",
        "advisory_counted",
    }
    assert {proposal["id"]: proposal["verdict"] for proposal in body["proposals"]} == {
        "p1": "prohibited",
        "p2": "legacy_rectify",
    }
    table = run("--lang", "zh", "setback", "--on", "2026-06-01", "--limit", 1).stdout
    assert "不通过" in table
    assert "共 2 个设施" in table
    assert "p2" not in table
    assert run("setback", "--on", "2026-06-01", "--format", "json").stdout == done.stdout


def test_nearest_writes_one_row_per_row(run: Run, fill: Callable[[], None], tmp_path: Path) -> None:
    fill()
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("经度,纬度\n103.001,26\n120,30\n", encoding="utf-8")
    options = ("--layer", "tailings_ponds", "--crs", "EPSG:4490", "--within", 500, "--out", out)
    done = run(
        "nearest", path, *options, "--where", "state=new", "--where", "state=in_service", "--format", "json"
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"file": str(out), "rows": 2, "with_target": 1}
    assert out.read_bytes().startswith(b"id,target_id,distance_m,inside,from_lon,from_lat,to_lon,to_lat")
    table = pd.read_csv(out)
    assert table["target_id"].tolist()[0] == "p1"
    # One thousandth of a degree of the parallel of 26 N: 100.1 m by the cosine and the radius there.
    assert table["distance_m"].tolist()[0] == pytest.approx(100.1, abs=0.1)


def test_grid_writes_the_contracts_columns(run: Run, fill: Callable[[], None], tmp_path: Path) -> None:
    fill()
    out = tmp_path / "grid.parquet"
    done = run("grid", "facility_count", "--res", 7, "--out", out, "--format", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["cells"] == 2
    frame = pd.read_parquet(out)
    assert list(frame.columns)[:5] == ["h3", "h3_hex", "area_km2", "mass", "density"]
    assert str(frame["h3"].dtype) == "uint64"


def test_grid_of_several_resolutions_writes_one_file_each(
    run: Run, fill: Callable[[], None], tmp_path: Path
) -> None:
    fill()
    done = run("grid", "facility_count", "--res", "5..6", "--out", tmp_path / "grid.csv", "--format", "json")
    assert done.exit_code == 0, done.output
    written = [Path(one["file"]) for one in json.loads(done.stdout)["grids"]]
    assert [path.name for path in written] == ["grid-res5.csv", "grid-res6.csv"]
    assert sorted(tmp_path.glob("grid*")) == written
    resolutions = [{(int(cell) >> 52) & 15 for cell in pd.read_csv(path)["h3"]} for path in written]
    assert resolutions == [{5}, {6}]


@pytest.mark.skipif(stale_assets(), reason="the web libraries are not built")
def test_map_writes_one_file(run: Run, fill: Callable[[], None], tmp_path: Path) -> None:
    fill()
    out = tmp_path / "map.html"
    assert run("map", out).exit_code == 0
    assert "一号尾矿库" in out.read_text(encoding="utf-8")


def riskmap(*arguments: object, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


TWO_COMMANDS = """
import sys
from api.cli import app
for arguments in (["setback", "--on", "2026-06-01"], ["grid", "facility_count", "--res", "6", "--out", sys.argv[1]]):
    app([*arguments, "--format", "json"], standalone_mode=False)
"""


def test_same_answer_whatever_the_process(run: Run, fill: Callable[[], None], tmp_path: Path) -> None:
    fill()
    shutil.copy(os.environ["RISKMAP_DATABASE_URL"].removeprefix("sqlite:///"), tmp_path / "copy.db")
    surroundings = [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "OMP_NUM_THREADS": "1"},
        {
            "PYTHONHASHSEED": "2",
            "TZ": "America/New_York",
            "LC_ALL": "C.UTF-8",
            "RISKMAP_DATABASE_URL": f"sqlite:///{tmp_path}/copy.db",
        },
    ]
    folders = [tmp_path / "a", tmp_path / "b"]
    processes = []
    for folder, environment in zip(folders, surroundings, strict=True):
        folder.mkdir()
        command = [sys.executable, "-c", TWO_COMMANDS, "grid.gpkg"]
        surrounding = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        processes.append(subprocess.Popen(command, cwd=folder, env=surrounding, stdout=subprocess.PIPE))
    answers = [process.communicate()[0] for process in processes]
    assert answers[0] == answers[1]
    assert b"prohibited" in answers[0]
    assert b"facility_count" in answers[0]
    grids = [(folder / "grid.gpkg").read_bytes() for folder in folders]
    assert grids[0] == grids[1]


def test_broken_settings_and_unknown_options_end_with_2() -> None:
    process = riskmap("init", RISKMAP_ACCESS_KEYS="a-secret-without-a-name")
    _, errors = process.communicate()
    assert process.returncode == 2
    assert b"RISKMAP_ACCESS_KEYS" in errors
    assert b"a-secret-without-a-name" not in errors


@pytest.mark.skipif(stale_assets(), reason="the web libraries are not built")
def test_serve_says_where_and_stops_when_asked(run: Run, fill: Callable[[], None]) -> None:
    fill()
    server = riskmap("serve", "--port", 0, RISKMAP_DATABSE_URL="x", LC_ALL="C.UTF-8")
    assert server.stderr is not None
    try:
        first = server.stderr.readline().decode()
        found = re.search(r"map: (http://127\.0\.0\.1:\d+)", first)
        assert found, first
        with urllib.request.urlopen(f"{found[1]}/healthz", timeout=20) as answer:
            assert json.load(answer) == {"status": "ok"}
        with socket.create_connection(("127.0.0.1", int(found[1].rpartition(":")[2]))):
            pass
        busy = riskmap("serve", "--port", found[1].rpartition(":")[2], LC_ALL="C.UTF-8")
        assert b"choose another with --port" in busy.communicate()[1]
        assert busy.returncode == 4
    finally:
        server.send_signal(signal.SIGINT)
        log = server.communicate(timeout=20)[1].decode()
    assert server.returncode == 0
    assert "setting database_url = sqlite:///" in log
    assert "RISKMAP_DATABSE_URL: is it misspelt?" in log


@pytest.mark.parametrize("command", [["map", "m.html"], ["export", "rivers", "m.csv"]], ids=["map", "export"])
def test_file_that_cannot_be_written_is_named_without_a_traceback(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    run("init")
    (tmp_path / "taken").write_text("a file, no folder")
    *words, name = command
    result = run(*words, str(tmp_path / "taken" / name))
    assert result.exit_code == 4, result.output
    assert "taken" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_is_there_before_anything_heavy_is_imported():
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom api.cli import app\n"
        "assert CliRunner().invoke(app, sys.argv[1:]).exit_code == 0\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    for words in (["--help"], ["check", "--help"], ["rules", "--help"], ["--version"]):
        run = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
        heavy = {"alembic", "geopandas", "numpy", "pandas", "rasterio", "shapely", "sqlalchemy"}
        assert heavy.isdisjoint(run.stdout.split()), words


def test_setback_counts_unverified_rules_on_request(run: Run, fill: Callable[[], None]) -> None:
    fill()
    done = run("setback", "--on", "2026-06-01", "--with-advisory", "--format", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["advisory_counted"] is True
