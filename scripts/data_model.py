"""Write ``docs/data-model.md`` from the catalogue of layers: ``python -m scripts.data_model``."""

from pathlib import Path

from layers import words
from layers.catalog import LAYERS
from layers.model import COMMON_FIELDS, Field, Layer, Theme

PAGE = Path(__file__).parent.parent / "docs" / "data-model.md"

_INTRODUCTION = """\
# Data model · 数据模型

Made from `layers/catalog/` by `make docs`; a test keeps it up to date.

Every feature is one row of its layer's table. Its key is `id` and `valid_from`: a change writes a new
version and closes the old one (`valid_to`), nothing is deleted. Geometry is CGCS2000 longitude and latitude
(EPSG:4490), edges are geodesics. A quantity carries its unit in its name. A missing value is null, never 0;
an unknown accuracy is null, and nothing near a limit is decided from it.

数据模型由代码生成。每个要素是其图层表中的一行；修改会写入新版本，旧版本保留。坐标为 CGCS2000 经纬度（EPSG:4490）。
数量的单位写在字段名里。缺失值为空，绝不为 0；精度未知即为空。
"""


def data_model_page() -> str:
    """Return the page, in Markdown."""
    parts = [
        _INTRODUCTION,
        _section(
            "Fields of every layer · 公共字段", _field_table((_GEOMETRY_ROW, *_field_rows(COMMON_FIELDS)))
        ),
    ]
    for theme in Theme:
        parts.extend(_layer_section(layer) for layer in LAYERS.values() if layer.theme == theme)
    parts.extend(
        _section(title, _word_table(table))
        for title, table in (
            ("Kinds · 类别", words.KINDS),
            ("States · 状态", words.STATES),
            ("Purposes of a rebuild · 改建目的", words.PURPOSES),
            ("Roles of a river · 干支流", words.RIVER_ROLES),
            ("Kinds of bank line · 岸线类型", words.LINE_KINDS),
            ("Verdicts, worst first · 结论", words.VERDICTS),
        )
    )
    return "\n".join(parts)


_GEOMETRY_ROW = ("geom", "geometry", "几何", "Geometry, EPSG:4490", "")


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _layer_section(layer: Layer) -> str:
    kinds = ", ".join(layer.geometry) + ("" if layer.geometry_required else ", or none")
    facts = f"Theme {layer.theme}; {kinds}." + (f" Kind for rules: `{layer.kind}`." if layer.kind else "")
    body = f"{facts}\n\n{_field_table(_field_rows(layer.fields))}" if layer.fields else f"{facts}\n"
    return _section(f"`{layer.slug}` · {layer.zh} · {layer.en}", body)


def _field_rows(fields: tuple[Field, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (field.name, field.type.value, field.zh, field.en, _allowed_values(field)) for field in fields
    )


def _allowed_values(field: Field) -> str:
    limits = [
        f"≥ {field.minimum:g}" if field.minimum is not None else "",
        f"≤ {field.maximum:g}" if field.maximum is not None else "",
        field.unit or "",
        ", ".join(f"`{choice}`" for choice in field.choices),
        "required" if field.required else "",
    ]
    return "; ".join(limit for limit in limits if limit)


def _field_table(rows: tuple[tuple[str, ...], ...]) -> str:
    head = "| Field | Type | 名称 | Meaning | Values |\n|---|---|---|---|---|\n"
    return head + "".join(f"| `{name}` | {' | '.join(rest)} |\n" for name, *rest in rows)


def _word_table(table: dict[str, words.Word]) -> str:
    head = "| Word | 中文 | English |\n|---|---|---|\n"
    return head + "".join(f"| `{key}` | {word.zh} | {word.en} |\n" for key, word in table.items())


if __name__ == "__main__":
    PAGE.write_text(data_model_page(), encoding="utf-8")
