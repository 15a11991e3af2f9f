"""Files are written as a whole or stay as they were, and what keeps one from being written names it."""

import errno
import os

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.documents.clean_text import guard_text, unguard_text
from layers.documents.tables import write_table
from layers.documents.whole_files import write_whole, writing_whole

DANGEROUS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "'=1",
)
"""How formulas begin in a spreadsheet: those that OWASP lists, those of full width, and an escaped one."""


def fill_up(path):
    """Write some bytes, then find the disk full, which names no file."""
    with writing_whole(path) as part:
        part.write_bytes(b"ne")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.zip"
    write_whole(path, b"old")
    with pytest.raises(OSError, match="No space left") as caught:
        fill_up(path)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.zip", b"old")]


def test_a_folder_that_is_not_there_names_the_file_too(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "missing" / "a.docx", b"")
    assert caught.value.filename == str(tmp_path / "missing" / "a.docx")


def test_what_a_writer_puts_beside_its_file_goes_along(tmp_path):
    with writing_whole(tmp_path / "a.shp") as part:
        part.write_bytes(b"1")
        part.with_suffix(".dbf").write_bytes(b"2")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.dbf", "a.shp"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_dangerous_text_gets_a_quotation_mark(text):
    assert guard_text(text) == f"'{text}"
    assert unguard_text(guard_text(text)) == text


@given(st.text())
def test_every_text_comes_back(text):
    assert unguard_text(guard_text(text)) == text
    assert not guard_text(text).startswith(tuple("=+-@＝＋－＠\t\r\n"))


def test_no_text_of_a_computed_table_runs_as_a_formula(tmp_path):
    frame = gpd.GeoDataFrame(
        {"id": ["=1+1", "plain", None], "value": [-1.5, 2.0, None]},
        geometry=[shapely.Point(103, 26)] * 3,
        crs="EPSG:4490",
    )
    write_table(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8") == "id,value\n'=1+1,-1.5\nplain,2.0\n,\n"
