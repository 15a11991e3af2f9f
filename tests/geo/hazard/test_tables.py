"""Parameter tables: what is read, what is refused, what a user may put in place of it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import ParameterError
from geo.hazard.parameters import Parameter
from geo.hazard.tables import (
    COLUMNS,
    Override,
    cas_is_valid,
    read_table,
    table,
    table_names,
    unconfirmed,
)
from geo.hazard.units import check_unit, convert
from geo.standing import Standing

ROW = {
    "key": "a",
    "value": "2.5",
    "unit": "m",
    "standard": "GB 0",
    "clause_or_table": "1",
    "source": "S",
    "standing": "recalled",
    "checked_by": "",
    "checked_on": "",
    "note": "",
}


@pytest.fixture
def write(tmp_path):
    """Write rows, each given as what differs from ROW, as ``things.csv``."""

    def _write(*changes):
        rows = [{**ROW, **change} for change in changes]
        header = list(rows[0])
        lines = [",".join(header), *(",".join(row[column] for column in header) for row in rows)]
        path = tmp_path / "things.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return _write


def override(**change):
    return Override(
        **{
            "table": "things",
            "key": "a",
            "value": 3.0,
            "unit": "m",
            "author": "Li",
            "reason": "measured",
            **change,
        }
    )


def test_a_row_keeps_value_unit_source_and_standing(write):
    row = read_table(write({"name_zh": "某物"}))["a"]
    assert (row.name, row.number, row.unit, row.source) == ("things:a", 2.5, "m", "S")
    assert (row.standing, row.clause, row.attribute("name_zh")) == (Standing.RECALLED, "1", "某物")


def test_words_are_words(write):
    rows = read_table(write({"value": "gas", "unit": ""}, {"key": "b", "value": "12", "unit": "text"}))
    assert (rows["a"].word, rows["b"].word, rows["b"].unit) == ("gas", "12", "")
    with pytest.raises(ParameterError, match="number is needed"):
        _ = rows["b"].number


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "furlongs per"}, "cannot be read"),
        ({"value": "x"}, "no number"),
        ({"value": ""}, "no value"),
        ({"value": "nan", "unit": ""}, "no finite number"),
        ({"value": "-1"}, "negative"),
        ({"value": "1.01", "unit": "share"}, r"not within 0\.\.1"),
        ({"value": "1.5", "unit": "1/yr"}, r"not within 0\.\.1"),
        ({"value": "2", "unit": "1/(m*yr)"}, r"not within 0\.\.1"),
        ({"value": "7664-41-8", "unit": "cas"}, "check digit"),
        ({"cas": "7664-41-7;1-2-3"}, "check digit"),
        ({"standing": "sure"}, "standing"),
        ({"standing": ""}, "no standing"),
        ({"source": ""}, "no source"),
        ({"checked_on": "yesterday"}, "no date"),
    ],
)
def test_a_wrong_row_is_refused_with_its_name(write, change, message):
    with pytest.raises(ParameterError, match=f"things:a.*{message}|{message}"):
        read_table(write(change))


def test_a_key_stands_once(write):
    with pytest.raises(ParameterError, match="things:a: stands twice"):
        read_table(write({}, {}))


def test_a_line_of_another_length_is_refused(write):
    path = write({})
    path.write_text(path.read_text() + "b,1\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="cells than the header"):
        read_table(path)


def test_the_columns_are_compulsory(tmp_path):
    path = tmp_path / "things.csv"
    path.write_text("key,value\na,1\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="columns"):
        read_table(path)


def test_branches_add_up_to_one(write):
    def branch(key, value):
        return {"key": key, "value": value, "unit": "share", "branches_of": "q"}

    assert len(read_table(write(branch("a", "0.4"), branch("b", "0.6")))) == 2
    with pytest.raises(ParameterError, match=r"things:q: branches add up to 0\.9"):
        read_table(write(branch("a", "0.4"), branch("b", "0.5")))


def test_an_override_shows_author_reason_and_the_shipped_row(write):
    shipped = read_table(write({}))
    row = shipped.override([override(value=300.0, unit="cm")])["a"]
    assert (row.number, row.unit, row.standing) == (3.0, "m", Standing.SITE_SPECIFIC)
    assert (row.overridden_by, row.reason, row.shipped) == ("Li", "measured", shipped["a"])
    assert row.version != shipped["a"].version
    assert shipped["a"].number == 2.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"author": " "}, "author"),
        ({"reason": ""}, "reason"),
        ({"value": -1.0}, "negative"),
        ({"value": float("nan")}, "finite"),
        ({"value": "deep"}, "another kind"),
        ({"unit": "kg"}, "cannot be converted"),
        ({"key": "b"}, "no row 'b'"),
    ],
)
def test_a_wrong_override_is_refused(write, change, message):
    with pytest.raises(ParameterError, match=message):
        read_table(write({})).override([override(**change)])


def test_overrides_of_other_tables_change_nothing(write):
    shipped = read_table(write({}))
    assert shipped.override([override(table="others")]) is shipped


def test_rows_below_a_prefix_keep_their_order(write):
    rows = read_table(write({"key": "x/b"}, {"key": "x/a"}, {"key": "xa/c"}))
    assert list(rows.below("x")) == ["b", "a"]


def test_an_unknown_table_is_named():
    with pytest.raises(ParameterError, match="'nothing'"):
        table("nothing")


def test_every_shipped_table_loads_and_every_row_has_a_standing_and_a_source():
    assert table_names() == tuple(sorted(table_names()))
    for name in table_names():
        for row in table(name).values():
            assert isinstance(row, Parameter)
            assert isinstance(row.standing, Standing)
            assert row.source


UNREAD = (
    "leak_frequencies",
    "leak_times",
    "holes",
    "ignition_immediate",
    "ignition_delayed",
    "event_trees",
    "individual_risk_criteria",
    "protection_targets",
    "overpressure_limits",
    "escalation",
    "multi_energy",
)
"""Tables known by recollection alone: annexes B to H of GB/T 37243, GB 36894, and those behind them."""


@pytest.mark.parametrize(
    ("name", "start"),
    [*((name, "") for name in UNREAD), ("probits", "toxic/purple_book/"), ("thresholds", "heat/")],
)
def test_what_nobody_compared_with_print_awaits_confirmation(name, start):
    """A row becomes verified when its ``checked_by`` and ``checked_on`` say who compared it with print, and when."""
    rows = [row for key, row in table(name).items() if key.startswith(start)]
    assert rows
    assert [row.key for row in rows if row not in unconfirmed(rows) and not row.checked_by] == []


@pytest.mark.parametrize("name", table_names())
def test_what_counts_as_verified_was_read_in_a_source(name):
    told = [row.key for row in table(name).values() if row.standing is Standing.VERIFIED]
    unread = re.compile(r"not compared|recalled|recollection|professional|judgement|practice")
    assert [key for key in told if unread.search(table(name)[key].source)] == []


def test_every_shipped_table_is_described():
    page = (Path(__file__).parents[3] / "docs" / "hazard-tables.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(table_names())


def test_unconfirmed_lists_each_open_row_once(write):
    rows = read_table(write({}, {"key": "b", "standing": "verified"}, {"key": "c", "standing": "disputed"}))
    assert [row.key for row in unconfirmed([rows["c"], rows["a"], rows["b"], rows["a"]])] == ["a", "c"]


def test_columns_are_those_of_the_reference():
    assert COLUMNS[:4] == ("key", "value", "unit", "standard")


def test_known_cas_numbers_hold():
    # Printed in every catalogue: water, ammonia, chlorine, TNT.
    assert all(cas_is_valid(number) for number in ("7732-18-5", "7664-41-7", "7782-50-5", "118-96-7"))


@given(st.integers(min_value=10, max_value=9_999_999), st.integers(0, 99))
def test_exactly_one_check_digit_holds(first, second):
    assert sum(cas_is_valid(f"{first}-{second:02}-{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize("number", ["", "7664", "7664-417", "7664-41-7-1", "76a4-41-7", "7664-4-17", "-41-7"])
def test_other_shapes_are_no_cas_numbers(number):
    assert not cas_is_valid(number)


def test_units_convert_to_si():
    assert convert(2, "t", "kg") == 2000.0
    assert convert(25.0, "degC", "K") == pytest.approx(298.15)
    assert convert(12.5, "kW/m2", "W/m^2") == pytest.approx(12500)
    assert convert(1.0, "1/(m*yr)", "1/(km yr)") == pytest.approx(1000)


def test_unlike_units_do_not_convert():
    with pytest.raises(ParameterError, match="cannot be converted"):
        convert(1, "m", "s")
    with pytest.raises(ParameterError, match="cannot be read"):
        check_unit("wibble")


CHINESE = re.compile("[\u4e00-\u9fff]")


def test_every_note_stands_in_both_languages():
    rows = [row for name in table_names() for row in table(name).values() if row.note]
    assert len(rows) > 500
    bare = {row.name for row in rows if re.search("[a-z]{3}", row.note) and not CHINESE.search(row.note_zh)}
    assert not bare
    assert not [row.name for row in rows if CHINESE.search(row.note)]


def test_a_note_without_chinese_stands_as_it_is_written(write):
    rows = read_table(
        write({"note": "自测", "note_zh": ""}, {"key": "b", "note": "mine", "note_zh": "自己的"})
    )
    assert (rows["a"].note, rows["a"].note_zh) == ("自测", "自测")
    assert (rows["b"].note, rows["b"].note_zh) == ("mine", "自己的")
    assert "note_zh" not in dict(rows["b"].attributes)
