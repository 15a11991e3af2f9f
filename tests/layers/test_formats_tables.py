"""Headers, units, cells and encodings of tables."""

import datetime as dt

import pandas as pd
import pytest

from layers.catalog import LAYERS, get_layer
from layers.errors import FormatError, UnknownFieldError
from layers.formats.encoding import canonical_encoding, choose_encoding, find_mojibake
from layers.formats.mapping import map_columns
from layers.formats.source import Note
from layers.formats.units import conversion_factor
from layers.formats.values import as_text, parse_cells
from layers.words import CHOICES, find_choice

PONDS = get_layer("tailings_ponds")


# -- units, factors by hand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("m", "m", 1.0),
        ("米", "m", 1.0),
        ("km", "m", 1000.0),
        ("万m³", "m³", 1e4),
        ("万m3", "m³", 1e4),
        ("万立方米", "m³", 1e4),
        ("×10⁴m³", "m³", 1e4),
        ("10^4 m3", "m³", 1e4),
        ("×104m3", "m³", 1e4),
        ("亿m³", "m³", 1e8),
        ("m", "mm", 1000.0),
        ("cm", "mm", 10.0),
        ("kPa", "MPa", 0.001),
        ("bar", "MPa", 0.1),
        ("t", "kg", 1000.0),
        ("亩", "m²", 2000 / 3),
        ("公顷", "m²", 1e4),
        ("km²", "km²", 1.0),
        ("万人", "人", 1e4),
        ("V", "kV", 0.001),
        ("万吨/年", "t/a", 1e4),
    ],
)
def test_conversion_factor_of_known_units_is_exact(given, wanted, factor):
    assert conversion_factor(given, wanted) == factor


@pytest.mark.parametrize("given", ["mPa", "ft", "m³/s", "必填", "", "kg"])
def test_conversion_factor_of_other_units_is_none(given):
    assert conversion_factor(given, "MPa") is None


def test_every_unit_of_the_catalogue_is_known():
    units = {field.unit for layer in LAYERS.values() for field in layer.all_fields if field.unit}
    assert {unit for unit in units if conversion_factor(unit, unit) != 1.0} == set()


# -- headers -> fields -----------------------------------------------------------------------------------------------


def fields_of(headers, chosen=None):
    return {
        column.field.name: (column.column, column.factor)
        for column in map_columns(PONDS, headers, chosen).mapped
    }


@pytest.mark.parametrize(
    ("header", "field", "factor"),
    [
        ("dam_height_m", "dam_height_m", None),
        ("Dam Height M", "dam_height_m", None),
        ("坝高(m)", "dam_height_m", None),
        ("坝高（米）", "dam_height_m", None),
        ("坝高/m", "dam_height_m", None),
        ("总坝高(cm)", "dam_height_m", 0.01),
        ("库容(万m³)", "capacity_m3", 1e4),
        ("全库容（×10⁴m³）", "capacity_m3", 1e4),
        ("Full capacity (m3)", "capacity_m3", None),
        ("名称(必填)", "name", None),
        ("尾矿库编码", None, None),
        ("编码", "id", None),
        ("下游人数(人)", "people_downstream", None),
    ],
)
def test_map_columns_finds_field_and_unit(header, field, factor):
    assert fields_of([header]) == ({} if field is None else {field: (header, factor)})


def test_map_columns_says_what_it_converted_and_took_for_granted():
    notes = [note.en for note in map_columns(PONDS, ["库容(万m³)", "坝高"]).notes]
    assert notes == [
        "column '库容(万m³)' was converted from 万m³ to m³ (× 10000)",
        "column '坝高' states no unit; its values were taken as m",
    ]


@pytest.mark.parametrize("header", ["坝高(英尺)", "坝高(必填)", "库容(t)"])
def test_map_columns_refuses_unknown_units(header):
    with pytest.raises(FormatError, match="is unknown or does not fit"):
        map_columns(PONDS, [header])


def test_map_columns_takes_a_chosen_column_with_a_remark_in_brackets():
    assert fields_of(["坝高(必填)"], {"dam_height_m": "坝高(必填)"}) == {"dam_height_m": ("坝高(必填)", None)}


def test_map_columns_converts_a_chosen_column_with_a_unit():
    assert fields_of(["h (km)"], {"dam_height_m": "h (km)"}) == {"dam_height_m": ("h (km)", 1000.0)}


def test_map_columns_refuses_two_columns_for_one_field():
    with pytest.raises(FormatError, match=r"'坝高\(m\)' and '总坝高\(m\)' could both be dam_height_m"):
        map_columns(PONDS, ["坝高(m)", "总坝高(m)"])


def test_map_columns_lets_the_user_choose_between_two():
    columns = map_columns(PONDS, ["坝高(m)", "总坝高(m)"], {"dam_height_m": "坝高(m)"})
    assert [column.column for column in columns.mapped] == ["坝高(m)"]
    assert columns.unmapped == ("总坝高(m)",)


def test_map_columns_refuses_unknown_fields_and_columns():
    with pytest.raises(UnknownFieldError, match="no field 'depth'"):
        map_columns(PONDS, ["a"], {"depth": "a"})
    with pytest.raises(FormatError, match="no column 'b' for field name; the file has: a"):
        map_columns(PONDS, ["a"], {"name": "b"})


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_labels_of_every_layer_map_back_to_their_fields(layer):
    for headers in (
        [field.name for field in layer.all_fields],
        [f"{field.zh}({field.unit})" if field.unit else field.zh for field in layer.all_fields],
    ):
        columns = map_columns(layer, headers)
        assert [column.column for column in columns.mapped] == headers
        assert [column.field for column in columns.mapped] == list(layer.all_fields)
        assert {column.factor for column in columns.mapped} == {None}


# -- cells -----------------------------------------------------------------------------------------------------------


def value_of(field, cell, factor=None, layer=PONDS):
    column = parse_cells(layer.field(field), [cell], factor)
    return column.problems[0][1].en if column.problems else column.values[0]


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("dam_height_m", "１２．５", 12.5),
        ("dam_height_m", "1,234.5", 1234.5),
        ("dam_height_m", " 7 ", 7.0),
        ("dam_height_m", "1e2", 100.0),
        ("dam_height_m", "/", None),
        ("dam_height_m", "无", None),
        ("dam_height_m", float("nan"), None),
        ("dam_height_m", pd.NA, None),
        ("people_downstream", 12.0, 12),
        ("name", 530000.0, "530000"),
        ("name", " 甲 ", "甲"),
        ("name", "   ", None),
        ("state", "新建", "new"),
        ("state", "NEW", "new"),
        ("state", "在用", "in_service"),
        ("operation", "停用", "idle"),
        ("design_grade", "Ⅲ", "III"),
        ("design_grade", "三等", "III"),
        ("idle_since", "2020年5月1日", dt.date(2020, 5, 1)),
        ("idle_since", "2020/5/1", dt.date(2020, 5, 1)),
        ("idle_since", "20200501", dt.date(2020, 5, 1)),
        ("idle_since", dt.datetime(2020, 5, 1), dt.date(2020, 5, 1)),
        ("monitoring", '["库水位"]', ["库水位"]),
        ("monitoring", {"a": 1}, {"a": 1}),
        ("valid_from", "2020-05-01T08:00:00Z", pd.Timestamp("2020-05-01T08:00Z")),
        ("valid_from", "2020-05-01 08:00:00", pd.Timestamp("2020-05-01T00:00Z")),
        ("valid_from", "2020年5月1日", pd.Timestamp("2020-04-30T16:00Z")),
    ],
)
def test_parse_cells_reads_what_people_write(field, cell, value):
    assert value_of(field, cell) == value


@pytest.mark.parametrize(
    ("field", "cell", "problem"),
    [
        ("dam_height_m", "12m", "not a number"),
        ("dam_height_m", "1,23", "not a number"),
        ("dam_height_m", True, "not a number"),
        ("dam_height_m", "inf", "not a number"),
        ("dam_height_m", float("inf"), "not a finite number"),
        ("dam_height_m", -1, "below the least value 0 m"),
        ("dam_height_m", "#REF!", "the cell holds the error #REF!"),
        ("people_downstream", "1.5", "not a whole number of up to 18 digits"),
        ("people_downstream", 1e30, "not a whole number of up to 18 digits"),
        ("state", "在建中", "not one of new, rebuild, expand, in_service, re_mining, closed"),
        ("adcode", "99", "a division code has six digits (行政区划代码应为6位数字)"),
        ("idle_since", "2020-13-01", "no such date: month must be in 1..12"),
        ("idle_since", "2020年", "not a date; expected 2026-11-22"),
        ("idle_since", dt.datetime(2020, 5, 1, 8), "a moment where a date is expected"),
        ("name", "锟斤拷库", "the text was garbled by a wrong encoding (锟斤拷)"),
        ("name", "a\ufffdb", "the text was garbled by a wrong encoding (\ufffd)"),
        ("name", "a\x00b", "the text has a NUL or half a character"),
    ],
)
def test_parse_cells_says_what_is_wrong(field, cell, problem):
    assert value_of(field, cell) == problem


def test_parse_cells_scales_without_noise():
    assert value_of("capacity_m3", "1.005", 1e4) == 10050.0  # 1.005 * 1e4 is 10049.999999999998


def test_parse_cells_counts_moments_without_zone():
    column = parse_cells(PONDS.field("valid_from"), ["2020-05-01", "2020-05-01T00:00:00+08:00", None])
    assert column.naive_times == 1


@pytest.mark.parametrize(("cell", "text"), [("是", True), ("否", False), (1, True), ("FALSE", False)])
def test_parse_cells_reads_yes_and_no(cell, text):
    assert value_of("recognised", cell, layer=get_layer("chemical_parks")) is text


def test_as_text_shows_what_a_person_sees():
    assert [as_text(cell) for cell in (1.0, 1.5, True, dt.datetime(2020, 1, 2), " a ")] == [
        "1", "1.5", "true", "2020-01-02", "a",
    ]  # fmt: skip


def test_every_choice_of_the_catalogue_has_names_that_find_it():
    for layer in LAYERS.values():
        for field in layer.fields:
            for choice in field.choices:
                names = (choice, CHOICES[choice].zh, CHOICES[choice].en, *CHOICES[choice].aliases)
                assert [find_choice(name, field.choices) for name in names] == [choice] * len(names), field


# -- encodings -------------------------------------------------------------------------------------------------------

GBK = "金沙江尾矿库".encode("gbk")
UTF8 = "金沙江尾矿库".encode()


@pytest.mark.parametrize(
    ("stated", "name"),
    [("UTF-8", "utf-8"), ("936", "gb18030"), ("GBK", "gb18030"), ("ANSI 936", "gb18030"), ("gb2312", "gb18030"),
     ("65001", "utf-8"), ("OEM 936", "gb18030"), ("Big5", "big5"), ("wrong", None), ("", None)],
)  # fmt: skip
def test_canonical_encoding(stated, name):
    assert canonical_encoding(stated) == name


@pytest.mark.parametrize(("data", "name"), [(GBK, "gb18030"), (UTF8, "utf-8")])
def test_choose_encoding_detects_and_says_so(data, name):
    notes: list[Note] = []
    assert choose_encoding([data], None, None, "x.cpg", notes) == name
    assert notes[0].en.startswith(f"text encoding {name}, detected")


def test_choose_encoding_of_plain_ascii_says_nothing():
    notes: list[Note] = []
    assert (choose_encoding([b"abc"], None, None, "", notes), notes) == ("utf-8", [])


@pytest.mark.parametrize(
    ("data", "stated", "message"),
    [
        (GBK, "utf-8", "the text is not utf-8"),
        (UTF8, "gbk", "the bytes are Chinese text in utf-8"),
        (GBK, "latin-1", "the bytes are Chinese text in gb18030"),
        (UTF8, "klingon", "unknown encoding 'klingon'"),
        (b"\xff\xff\xff", None, "neither UTF-8 nor GB18030"),
    ],
)
def test_choose_encoding_refuses_what_does_not_fit(data, stated, message):
    with pytest.raises(FormatError, match=message) as refused:
        choose_encoding([data], stated, None, "ponds.csv", [])
    assert refused.value.message.startswith("ponds.csv: ")
    assert refused.value.zh.startswith("ponds.csv：")


def test_choose_encoding_forgives_a_last_character_cut_in_two():
    assert choose_encoding([GBK[:-1], UTF8[:0]], None, None, "", [], may_be_cut=True) == "gb18030"


def test_find_mojibake_knows_its_signs():
    assert [find_mojibake(text) for text in ("正常", "烫烫烫", "\ufffd")] == [None, "烫烫烫", "\ufffd"]
