"""The map as one file: everything inside, nothing dangerous, nothing too large."""

import re
from pathlib import Path

import pytest

from geo.errors import OutOfRangeError
from layers.errors import UnknownLayerError
from layers.store import Store
from web.standalone import write_standalone


@pytest.fixture
def sample_store(sample_url: str):
    with Store.open(sample_url) as store:
        yield store


def test_same_store_gives_same_bytes_and_counts_what_is_inside(sample_store: Store, tmp_path: Path):
    report = write_standalone(sample_store, tmp_path / "a.html")
    write_standalone(sample_store, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert report.size_bytes == (tmp_path / "a.html").stat().st_size
    assert report.features == sum(summary.count for summary in sample_store.summaries())


def test_file_loads_nothing_and_forbids_itself_to(sample_store: Store, tmp_path: Path):
    write_standalone(sample_store, tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert re.findall(r"""<(?:script|img|iframe)[^>]+src=["'](?!data:)""", page) == []
    assert re.findall(r"<link[^>]+href=[\"'](?!data:)", page) == []
    assert "default-src &#39;none&#39;" in page


def test_names_cannot_break_out_of_the_data(sample_store: Store, tmp_path: Path):
    write_standalone(sample_store, tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "nasty-1" in page
    assert "<script>document.title=" not in page
    assert "<img src=x" not in page


def test_too_many_features_are_refused_with_their_numbers(sample_store: Store, tmp_path: Path):
    with pytest.raises(OutOfRangeError, match=r"limit is 100; the largest layers are \w+ \d+.*max_features"):
        write_standalone(sample_store, tmp_path / "map.html", max_features=100)
    assert not (tmp_path / "map.html").exists()


def test_only_the_layers_asked_for_are_inside(sample_store: Store, tmp_path: Path):
    whole = write_standalone(sample_store, tmp_path / "whole.html")
    part = write_standalone(sample_store, tmp_path / "part.html", layers=["rivers"], lang="en")
    assert part.features == sample_store.count("rivers")
    assert part.size_bytes < whole.size_bytes
    page = (tmp_path / "part.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page
    assert "nasty-1" not in page


def test_unknown_layer_is_refused(sample_store: Store, tmp_path: Path):
    with pytest.raises(UnknownLayerError, match="volcanoes"):
        write_standalone(sample_store, tmp_path / "map.html", layers=["volcanoes"])


def test_progress_names_each_layer(sample_store: Store, tmp_path: Path):
    seen: list[tuple[float, str]] = []
    write_standalone(
        sample_store, tmp_path / "map.html", progress=lambda done, what: seen.append((done, what))
    )
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert "rivers" in {what for _, what in seen}
