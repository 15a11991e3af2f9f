"""How numbers are written for people: in one way, everywhere."""

import re
from pathlib import Path

import numpy as np
import pytest

from geo.text import say_metres, say_number

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [
        (980, None, "980"),
        (2980, None, "2\u202f980"),
        (np.int64(12345678901), None, "12\u202f345\u202f678\u202f901"),
        (8e6, None, "8\u202f000\u202f000"),
        (1234.5678, None, "1\u202f234.5678"),
        (0.1 + 0.2, None, "0.3"),
        (1e-7, None, "1e-07"),
        (-12345.45, 1, "\u221212\u202f345.5"),
        (-0.04, 1, "0.0"),  # no minus before what is printed as nothing
        (999.96, 1, "1\u202f000.0"),
    ],
)
def test_numbers_have_thin_spaces_and_a_minus_sign(value, decimals, said):
    assert say_number(value, decimals) == said


def test_metres_are_said_to_the_decimetre():
    assert say_metres(2843.24) == "2\u202f843.2 m"


def test_nobody_writes_numbers_with_commas():
    """A format such as ``:,.1f`` would write a number in a way of its own; this one function knows how."""
    comma = re.compile(r"\{[^{}\n]*:[^{}:\n]*,\.?\d*[a-z%]?\}")
    files = [path for package in ("geo", "layers", "web", "api") for path in (ROOT / package).rglob("*.py")]
    found = [str(path) for path in files if path.name != "text.py" and comma.search(path.read_text("utf-8"))]
    assert files
    assert not found


def test_packs_write_numbers_as_sentences_do():
    comma = re.compile(r'^\w+ = ".*\d,\d{3}\b', re.MULTILINE)
    packs = sorted((ROOT / "geo" / "rules" / "packs").rglob("*.toml"))
    assert packs
    assert not [path.name for path in packs if comma.search(path.read_text("utf-8"))]
