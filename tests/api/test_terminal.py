"""Terminals of Chinese offices speak GBK: every answer can be written there."""

import codecs

import pytest

from api.cli.app import write_plainly


@pytest.fixture
def plainly() -> str:
    codecs.register_error("test.plainly", write_plainly)
    return "test.plainly"


def test_what_gbk_lacks_is_written_plainly(plainly: str) -> None:
    said = "缺 \u22122\u202f980.0 m，3 km²，±5 m，3×10⁻⁷，😀"
    assert said.encode("gbk", plainly).decode("gbk") == "缺 -2 980.0 m，3 km2，±5 m，3×10-7，?"


def test_it_is_for_writing_alone(plainly: str) -> None:
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", plainly)
