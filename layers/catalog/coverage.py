"""The layer of declarations: which layer was surveyed completely, where and when.

Only such a declaration turns "nothing found within reach" into a passed rule.
"""

from collections.abc import Callable

from geo.errors import RuleError
from geo.rules.expression import parse_condition
from layers.catalog.fields import POLYGON
from layers.errors import UnknownLayerError
from layers.model import Field, FieldType, Layer, Theme

__all__ = ["describe_coverage"]


def describe_coverage(get_layer: Callable[[str], Layer]) -> Layer:
    """Return the layer of declarations, which names others of the catalogue: `get_layer` finds them."""

    def check_surveyed(slug: str) -> str | None:
        try:
            layer = get_layer(slug)
        except UnknownLayerError as exc:
            return str(exc)
        return f"layer {slug} holds results, nobody surveys it" if layer.computed else None

    return Layer(
        "coverage",
        "普查完整声明",
        "Declarations of complete surveys",
        Theme.ZONES,
        POLYGON,
        (
            Field(
                "surveyed_layer",
                FieldType.TEXT,
                "普查图层",
                "Surveyed layer",
                aliases=("图层", "layer"),
                required=True,
                check=check_surveyed,
            ),
            Field(
                "condition",
                FieldType.TEXT,
                "普查要素条件",
                "Features that it is about, as a condition (all of the layer where empty)",
                aliases=("条件", "filter"),
                check=_check_condition,
            ),
            Field(
                "complete",
                FieldType.BOOLEAN,
                "是否完整",
                "Survey is complete",
                aliases=("完整",),
                required=True,
            ),
            Field(
                "surveyed_on",
                FieldType.DATE,
                "普查日期",
                "Day of the survey",
                aliases=("调查日期",),
                required=True,
            ),
            Field(
                "declared_by",
                FieldType.TEXT,
                "声明单位",
                "Declared by",
                aliases=("声明人", "责任单位"),
                required=True,
            ),
        ),
    )


def _check_condition(text: str) -> str | None:
    """Say what is wrong with the condition of a declaration."""
    try:
        parse_condition(text)
    except RuleError as exc:
        return str(exc)
    return None
