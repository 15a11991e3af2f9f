"""What a layer is: its slug, names, kinds of geometry and typed fields.

A :class:`Layer` is a description, not a container. The tables of both databases, the columns that an import
recognises, the API's schemas, the labels on the map and ``docs/data-model.md`` are all made from it.

Bulk data travels as a ``geopandas.GeoDataFrame`` in EPSG:4490 whose columns are the layer's field names;
one feature travels as a GeoJSON-like ``dict``. A missing value is ``None``
(``NaN`` in float columns), never 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from layers.codes import check_adcode
from layers.errors import UnknownFieldError

__all__ = ["COMMON_FIELDS", "AnyGeometry", "Field", "FieldType", "GeometryKind", "Layer", "Theme"]


class FieldType(StrEnum):
    """Type of a field's values."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    """A calendar date, ISO 8601 (2026-11-22)."""
    TIME = "time"
    """A moment in UTC, ISO 8601 with zone (2026-11-22T00:00:00Z)."""
    JSON = "json"


class GeometryKind(StrEnum):
    """Kind of geometry, single or multi-part."""

    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"


class Theme(StrEnum):
    """Group of layers in the layer tree, in the order of the tree."""

    BASE = "base"
    ENTERPRISES = "enterprises"
    TAILINGS = "tailings"
    PARKS = "parks"
    PIPELINES = "pipelines"
    RIVERS = "rivers"
    TARGETS = "targets"
    ZONES = "zones"
    GRIDS = "grids"
    FINDINGS = "findings"


AnyGeometry = (GeometryKind.POINT, GeometryKind.LINE, GeometryKind.POLYGON)
"""Every kind of geometry."""


@dataclass(frozen=True)
class Field:
    """One attribute of a layer.

    Attributes
    ----------
    name : str
        Column name; a quantity carries its unit in it (``capacity_m3``).
    type : FieldType
    zh, en : str
        Labels, without the unit.
    unit : str or None
        Unit as printed beside a value.
    choices : tuple of str
        The only words allowed; empty where any value goes.
    aliases : tuple of str
        Further column headers that an import takes for this field.
    minimum, maximum : float or None
        Inclusive range of a number.
    required : bool
        A feature without it is rejected.
    check : callable or None
        Says what is wrong with a value, or ``None`` when nothing is.
    """

    name: str
    type: FieldType
    zh: str
    en: str
    unit: str | None = None
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    check: Callable[[Any], str | None] | None = None


@dataclass(frozen=True)
class Layer:
    """A kind of thing that riskmap stores.

    Attributes
    ----------
    slug : str
        Name in the command line, the API, rules and files.
    zh, en : str
        Names for people.
    theme : Theme
        Where it stands in the layer tree.
    geometry : tuple of GeometryKind
        Kinds of geometry it may hold (multi-part included); empty when it has none.
    fields : tuple of Field
        Its own fields, behind the common ones.
    kind : str or None
        Word of :mod:`layers.words` that rules use for all its features; ``None`` where the field ``kind``
        of each feature says it, or where rules do not check the layer.
    geometry_required : bool
        A feature without geometry is rejected.
    computed : bool
        Its features are results of riskmap: people can read and export them, but not write or import them.
    """

    slug: str
    zh: str
    en: str
    theme: Theme
    geometry: tuple[GeometryKind, ...]
    fields: tuple[Field, ...]
    kind: str | None = None
    geometry_required: bool = True
    computed: bool = False

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Common fields, then the layer's own (geometry apart)."""
        return (*COMMON_FIELDS, *self.fields)

    def field(self, name: str) -> Field:
        """Return the field of that name.

        Raises
        ------
        UnknownFieldError
            If neither the common fields nor the layer's own have it.
        """
        for field in self.all_fields:
            if field.name == name:
                return field
        known = ", ".join(field.name for field in self.all_fields)
        raise UnknownFieldError(
            f"layer {self.slug} has no field {name!r}; it has: {known}",
            zh=f"图层 {self.slug}（{self.zh}）没有字段“{name}”；可用字段：{known}",
        )


COMMON_FIELDS = (
    Field("id", FieldType.TEXT, "编号", "Id", aliases=("ID", "编码", "代码", "序号编码", "code")),
    Field(
        "name", FieldType.TEXT, "名称", "Name", aliases=("名字", "单位名称", "企业名称", "项目名称", "NAME")
    ),
    Field(
        "adcode",
        FieldType.TEXT,
        "行政区划代码",
        "Division code (GB/T 2260)",
        aliases=("区划代码", "区划码"),
        check=check_adcode,
    ),
    Field(
        "accuracy_m",
        FieldType.NUMBER,
        "位置精度",
        "Accuracy of position (95 % radius)",
        unit="m",
        minimum=0.0,
        aliases=("精度", "定位精度", "位置精度(m)", "精度(m)"),
    ),
    Field("source", FieldType.TEXT, "数据来源", "Source", aliases=("来源",)),
    Field("valid_from", FieldType.TIME, "生效时间", "Valid from", aliases=("数据时间", "数据日期")),
    Field("valid_to", FieldType.TIME, "失效时间", "Valid to"),
    Field("version", FieldType.INTEGER, "版本", "Version", minimum=1),
    Field("extra", FieldType.JSON, "其他属性", "Other attributes"),
)
"""Fields of every layer (contract of the data model), geometry apart.

``accuracy_m`` null means unknown, which is never 0. ``valid_to`` null marks the current version.
"""
