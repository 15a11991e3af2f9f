"""Conditions: three-valued answers worked out by hand, and texts that must be refused."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import RuleError
from geo.rules.expression import FALSE, TRUE, UNKNOWN, parse_condition

IMPORTANT = "role == 'tributary' and (important_by is not None or catchment_km2 >= 10000)"


@pytest.mark.parametrize(
    ("role", "important_by", "catchment_km2", "expected"),
    [
        pytest.param("tributary", "statute", None, TRUE, id="marked by statute"),
        pytest.param("tributary", None, 11657.0, TRUE, id="large catchment"),
        pytest.param("tributary", None, 10000.0, TRUE, id="exactly at the limit"),
        pytest.param("tributary", None, 9240.7, FALSE, id="Longchuan: below the limit"),
        pytest.param("tributary", None, None, UNKNOWN, id="no mark, catchment unknown"),
        pytest.param("main_stem", "statute", 500000.0, FALSE, id="main stem"),
        pytest.param(None, "statute", None, UNKNOWN, id="role unknown"),
        pytest.param(None, None, 5.0, FALSE, id="role unknown but too small anyway"),
    ],
)
def test_important_tributary_is_three_valued(role, important_by, catchment_km2, expected):
    frame = pd.DataFrame([{"role": role, "important_by": important_by, "catchment_km2": catchment_km2}])
    assert parse_condition(IMPORTANT).evaluate(frame).tolist() == [expected]


def test_names_in_order_and_missing_names():
    condition = parse_condition(IMPORTANT)
    assert condition.names == ("role", "important_by", "catchment_km2")
    assert condition.missing_names({"role": "tributary", "catchment_km2": float("nan")}) == (
        "important_by",
        "catchment_km2",
    )


def test_absent_column_is_missing_in_every_row():
    assert parse_condition("no_such == 1").evaluate(pd.DataFrame({"a": [1, 2]})).tolist() == [UNKNOWN] * 2


def test_empty_frame_gives_no_rows():
    assert parse_condition("role == 'main_stem'").evaluate(pd.DataFrame({"role": []})).tolist() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "role =",
        "__import__('os').system('true')",
        "role",
        "1 < 2",
        "'a' == role",
        "role == other",
        "a < b < 3",
        "role in 'abc'",
        "role in [x]",
        "role is 5",
        "role == None",
        "lambda: 1",
        "role == f'{x}'",
        "not (role.upper() == 'A')",
        "not " * 5000 + "role == 'a'",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(RuleError, match="condition"):
        parse_condition(text)


@given(st.lists(st.sampled_from([1.0, 5.0, None]), min_size=1))
def test_de_morgan_and_double_negation(values):
    frame = pd.DataFrame({"a": values, "b": values[::-1]})

    def truth(text):
        return parse_condition(text).evaluate(frame).tolist()

    assert truth("not (a > 2 and b > 2)") == truth("not a > 2 or not b > 2")
    assert truth("not (not a > 2)") == truth("a > 2")
