"""Checks of the codes that Chinese registers use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.codes import check_adcode, check_credit_code, check_industry_code, credit_code_check_character

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

PUBLISHED = [
    "91350100M000100Y43",  # worked example to GB 32100-2015: sum 1640, remainder 28, check character 3
    "914403001922038216",
    "91330100799655058B",
    "9144030071526726XG",
    "91110000802100433B",
    "12100000400002259P",
]
"""The example of the standard, and codes that companies and a university publish of themselves."""

bodies = st.text(ALPHABET, min_size=17, max_size=17)


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_credit_code_is_right(code):
    assert check_credit_code(code) is None
    assert credit_code_check_character(code[:17]) == code[17]


def test_all_zeros_have_check_character_zero():
    """By hand: sum 0, remainder 0, and 31 - 0 stands for 0."""
    assert credit_code_check_character("0" * 17) == "0"
    assert credit_code_check_character("1" + "0" * 16) == "Y"  # 31 - 1 = 30


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91350100M000100Y4Z", "not allowed in a credit code: Z"),
        ("91350100M000100Y44", "should be 3, is 4"),
        ("91350100M000100Y4", "has 17"),
        ("91350100M000100Y430", "has 19"),
        ("", "has 0"),
        ("91350100m000100y43", "not allowed in a credit code: m y"),
        ("9135O1OOMOOO1OOY43", "not allowed in a credit code: O"),
        ("９1350100M000100Y43", "not allowed in a credit code: ９"),
        ("91350100M000100Y4 ", "not allowed"),
    ],
)
def test_wrong_credit_code_is_explained_in_both_languages(code, reason):
    complaint = check_credit_code(code)
    assert complaint is not None
    assert reason in complaint
    assert any("\u4e00" <= letter <= "\u9fff" for letter in complaint)


@given(bodies)
def test_code_with_its_check_character_is_right(body):
    assert check_credit_code(body + credit_code_check_character(body)) is None


@given(bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_is_detected(body, position, character):
    code = body + credit_code_check_character(body)
    changed = code[:position] + character + code[position + 1 :]
    assert (check_credit_code(changed) is None) == (changed == code)


@given(bodies, st.integers(0, 15))
def test_any_swap_of_neighbours_in_the_body_is_detected(body, position):
    code = body + credit_code_check_character(body)
    swapped = code[:position] + code[position + 1] + code[position] + code[position + 2 :]
    assert (check_credit_code(swapped) is None) == (swapped == code)


@pytest.mark.parametrize("code", ["110000", "533300", "530128", "659001", "710000", "810000", "820000"])
def test_division_code_is_right(code):
    assert check_adcode(code) is None


@pytest.mark.parametrize(
    "code", ["", "53012", "5301280", "53012a", "160000", "990000", "000000", "５30128", "530128\n"]
)
def test_wrong_division_code_is_explained(code):
    assert check_adcode(code)


@pytest.mark.parametrize("code", ["26", "261", "2614", "C26", "C2614", "A01", "T97"])
def test_industry_code_is_right(code):
    assert check_industry_code(code) is None


@pytest.mark.parametrize("code", ["", "2", "26145", "U26", "c26", "CC26", "C", "C2614 ", "26\n"])
def test_wrong_industry_code_is_explained(code):
    assert check_industry_code(code)
