"""The commands of the README do what it says, and its links lead somewhere."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from api.cli import app

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
LEFT_BEHIND = {
    "setback.json",
    "points.csv",
    "nearest.csv",
    "around.xlsx",
    "distance",
    "ponds.xlsx",
    "grid.parquet",
    "index.csv",
    "report.pdf",
    "map.html",
}


def tour(page: str) -> list[str]:
    """Lines of the indented shell blocks: the five-minute tour."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^   ```sh\n(.*?)^   ```$", text, flags=re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]


def run_riskmap(line: str) -> None:
    """Run a line of the tour in this process; its output goes where the line sends it."""
    command, _, _file = line.partition(" > ")
    with pytest.raises(SystemExit) as end:
        app(shlex.split(command)[1:])
    assert not end.value.code, line


def test_both_languages_show_the_same_tour():
    assert tour("README.md") == tour("README.zh.md")


def test_tour_works_on_the_samples(tmp_path, monkeypatch, new_sqlite_url, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RISKMAP_DATABASE_URL", new_sqlite_url())
    Path("data").symlink_to(ROOT / "data")
    run_riskmap("riskmap sample")
    for line in tour("README.md"):
        if line.startswith(".venv/bin/riskmap"):
            capsys.readouterr()
            run_riskmap(line)
            if " > " in line:
                Path(line.split(" > ")[1]).write_text(capsys.readouterr().out, encoding="utf-8")
        else:
            subprocess.run(line, shell=True, check=True)
    made = {
        path.name
        for path in tmp_path.iterdir()
        if path.stat().st_size and not path.is_symlink() and not path.name.startswith("riskmap")
    }
    assert made == LEFT_BEHIND


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
