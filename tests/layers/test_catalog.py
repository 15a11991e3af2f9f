"""The catalogue of layers keeps its promises: names, units, words, and no two meanings of one header."""

import re

import pytest

from layers import words
from layers.catalog import LAYERS, get_layer
from layers.errors import UnknownFieldError, UnknownLayerError
from layers.model import COMMON_FIELDS, FieldType, Layer, Theme

AGREED = (
    "enterprises hazard_units tailings_ponds chemical_parks park_zones pipelines pipeline_sites rivers lakes "
    "protection_targets buildings settlements roads railways crossings power_lines mines dams hazard_sites zones "
    "geohazards admin_areas wind_roses proposals coverage findings risk_contours plants grid_runs grid_cells rasters"
)

UNITS = {
    "m": "m",
    "m2": "m²",
    "m3": "m³",
    "km2": "km²",
    "mm": "mm",
    "deg": "°",
    "percent": "%",
    "kg": "kg",
    "kv": "kV",
    "mpa": "MPa",
    "per_year": "/a",
    "t_per_a": "t/a",
}
"""Endings of names and the unit that they stand for."""

WITHOUT_UNIT = {"mass", "density"}
"""Columns of a grid: their unit is the metric's."""

layers = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def test_layers_are_those_agreed_in_their_order():
    assert " ".join(LAYERS) == AGREED


@layers
def test_layer_has_both_names_a_theme_and_a_slug_that_is_a_table_name(layer: Layer):
    assert re.fullmatch(r"[a-z][a-z_]{2,29}", layer.slug)
    assert _is_chinese(layer.zh)
    assert layer.en.isascii()
    assert layer.en
    assert layer.theme in Theme
    assert layer.geometry
    assert layer.kind is None or layer.kind in words.KINDS


def test_common_fields_are_those_agreed():
    agreed = ["id", "name", "adcode", "accuracy_m", "source", "valid_from", "valid_to", "version", "extra"]
    assert [field.name for field in COMMON_FIELDS] == agreed


@layers
def test_fields_have_both_names_and_are_names_of_columns(layer: Layer):
    for field in layer.all_fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name), field.name
        assert _is_chinese(field.zh), field.name
        assert field.en, field.name
        assert not _is_chinese(field.en), field.name


@layers
def test_field_names_occur_once_and_leave_the_columns_of_the_store_alone(layer: Layer):
    names = [field.name for field in layer.all_fields]
    assert len(names) == len(set(names))
    assert not {"fid", "geom", "content_digest"} & set(names)


@layers
def test_headers_mean_one_field_of_a_layer(layer: Layer):
    """An import takes name, Chinese label and aliases: none may stand for two fields."""
    meanings: dict[str, set[str]] = {}
    for field in layer.all_fields:
        for header in {field.name, field.zh, *field.aliases}:
            meanings.setdefault(header.casefold(), set()).add(field.name)
    assert {header: names for header, names in meanings.items() if len(names) > 1} == {}


@layers
def test_numbers_carry_their_unit_in_name_and_field(layer: Layer):
    for field in layer.all_fields:
        if field.type is FieldType.NUMBER and field.name not in WITHOUT_UNIT:
            ending = next(
                (e for e in sorted(UNITS, key=len, reverse=True) if field.name.endswith(f"_{e}")), None
            )
            assert ending, f"{layer.slug}.{field.name} has no unit in its name"
            assert field.unit == UNITS[ending], f"{layer.slug}.{field.name}"


@layers
def test_choices_are_words_and_limits_make_sense(layer: Layer):
    for field in layer.all_fields:
        assert len(field.choices) == len(set(field.choices)), field.name
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*|[A-Z]+", choice) for choice in field.choices), field.name
        assert not field.choices or field.type is FieldType.TEXT, field.name
        assert field.check is None or field.type in (FieldType.TEXT, FieldType.JSON), field.name
        if field.minimum is not None and field.maximum is not None:
            assert field.minimum < field.maximum, field.name
        if field.minimum is not None or field.maximum is not None or field.unit is not None:
            assert field.type in (FieldType.NUMBER, FieldType.INTEGER), field.name


def test_words_of_rules_are_the_choices_of_fields():
    assert get_layer("tailings_ponds").field("state").choices == tuple(words.STATES)
    assert get_layer("proposals").field("purpose").choices == tuple(words.PURPOSES)
    assert get_layer("rivers").field("role").choices == tuple(words.RIVER_ROLES)
    assert get_layer("rivers").field("line_kind").choices == tuple(words.LINE_KINDS)
    assert get_layer("findings").field("verdict").choices == tuple(words.VERDICTS)
    for slug in ("pipelines", "hazard_sites"):
        assert set(get_layer(slug).field("kind").choices) <= words.KINDS.keys()


def test_words_agreed_are_there_in_their_order():
    assert list(words.STATES) == ["new", "rebuild", "expand", "in_service", "re_mining", "closed"]
    assert list(words.PURPOSES) == ["safety", "ecology", "other"]
    assert list(words.RIVER_ROLES) == ["main_stem", "tributary", "other"]
    assert list(words.LINE_KINDS) == ["outer", "water_side", "centre", "unknown"]
    assert list(words.VERDICTS) == [
        "prohibited",
        "depends_on_bank_line",
        "insufficient_data",
        "conditional",
        "permit_needed",
        "legacy_rectify",
        "not_in_force",
        "no_ban",
    ]


@pytest.mark.parametrize("table", ["KINDS", "STATES", "PURPOSES", "RIVER_ROLES", "LINE_KINDS", "VERDICTS"])
def test_words_have_names_in_both_languages(table):
    for word, names in getattr(words, table).items():
        assert re.fullmatch(r"[a-z_]+", word)
        assert _is_chinese(names.zh), word
        assert names.en, word
        assert names.en.isascii(), word


def test_unknown_layer_and_field_are_named_with_what_there_is():
    with pytest.raises(UnknownLayerError, match="unknown layer 'pond'; layers are: enterprises, ") as caught:
        get_layer("pond")
    assert "没有图层“pond”" in caught.value.zh
    with pytest.raises(
        UnknownFieldError, match=r"layer rivers has no field 'width'; it has: id, name, "
    ) as found:
        get_layer("rivers").field("width")
    assert "没有字段“width”" in found.value.zh
