"""Angles as people write them; expected values by hand (30/60 + 15.5/3600 = 0.504305...)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.angles import parse_degrees
from geo.errors import GeoError, OutOfRangeError

DMS = 102 + 30 / 60 + 15.5 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "102°30′15.5″E",
        "102°30'15.5\"E",
        "102°30’15.5”",
        "102º30'15.5''",
        "E102°30′15.5″",
        "e 102° 30′ 15.5″",
        "东经102度30分15.5秒",
        "102度30分15.5秒",
        "102 30 15.5",
        " 102  30 15.5 ",
        "102-30-15.5",
        "102:30:15.5",
        "１０２°３０′１５．５″",
        "东经１０２度３０分１５．５秒",
    ],
)
def test_degrees_minutes_seconds(text):
    assert parse_degrees(text, "lon") == pytest.approx(DMS, abs=1e-13)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("102.504306", 102.504306),
        ("102.504306°", 102.504306),
        ("102.504306°E", 102.504306),
        ("１０２．５", 102.5),
        ("102°30′", 102.5),
        ("102°30.5′", 102 + 30.5 / 60),
        ("-25.5", -25.5),
        ("−25.5", -25.5),
        ("+25.5", 25.5),
        ("25.5S", -25.5),
        ("南纬25度30分", -25.5),
        ("-102-30-15.5", -DMS),
        ("W102.5", -102.5),
        (102.5, 102.5),
        (102, 102.0),
        ("0", 0.0),
    ],
)
def test_other_forms(text, expected):
    assert parse_degrees(text) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "-",
            "—",
            "无",
            "abc",
            "nan",
            "inf",
            "1e2",
            "102 30",
            "102-30",
            "102,5",
            "102.30.15",
            "102.5.1",
        ),
        *("102 -30 15", "102 30-15", "102°30.5′15″", "25°N 102°E", "--25", "15.5″", "30′15″", "102°30′15″7"),
    ],
)
def test_what_is_no_angle_or_ambiguous_is_refused_by_name(text):
    with pytest.raises(GeoError) as refusal:
        parse_degrees(text)
    assert repr(text) in refusal.value.message
    assert text in refusal.value.zh


@pytest.mark.parametrize("text", ["-102W", "E102E", "东经102E", "-25S"])
def test_two_directions_are_refused(text):
    with pytest.raises(GeoError, match="twice"):
        parse_degrees(text)


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("102°60′", None),
        ("102 30 60", None),
        ("180.1", None),
        ("90.1", "lat"),
        ("90.1N", None),
        ("1023015.5", None),
        (math.nan, None),
        (math.inf, None),
        (-181.0, None),
    ],
)
def test_out_of_range(text, axis):
    with pytest.raises(OutOfRangeError):
        parse_degrees(text, axis)


@pytest.mark.parametrize(("text", "axis"), [("25N", "lon"), ("102E", "lat"), ("北纬25度", "lon")])
def test_letters_of_the_other_axis_are_refused(text, axis):
    with pytest.raises(GeoError, match=f"is not a {axis}"):
        parse_degrees(text, axis)


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59_999), st.sampled_from("EW"))
def test_what_is_written_is_read_back(degrees, minutes, milliseconds, letter):
    expected = (degrees + minutes / 60 + milliseconds / 3_600_000) * (1 if letter == "E" else -1)
    text = f"{degrees}°{minutes:02d}′{milliseconds / 1000:06.3f}″{letter}"
    assert parse_degrees(text, "lon") == pytest.approx(expected, abs=1e-12)
