"""Layers that riskmap computes; nobody writes or imports them."""

from layers.catalog.fields import LINE_OR_POLYGON, POLYGON, count, flag, json, number, text
from layers.model import AnyGeometry, Field, FieldType, Layer, Theme
from layers.words import VERDICTS

__all__ = [
    "FINDINGS",
    "GRID_CELLS",
    "GRID_RUNS",
    "RISK_CONTOURS",
]

FINDINGS = Layer(
    "findings",
    "检查结果",
    "Findings",
    Theme.FINDINGS,
    AnyGeometry,
    (
        text("run_id", "运行编号", "Run"),
        text("rule", "规则", "Rule"),
        text("subject_layer", "对象图层", "Layer of the subject"),
        text("subject_id", "对象编号", "Subject"),
        text("verdict", "结论", "Verdict", choices=tuple(VERDICTS)),
        flag("decided", "是否可判定", "Decided"),
        flag("advisory", "仅供参考", "Advisory"),
        number("limit_m", "限值", "Limit", "m"),
        number("distance_m", "距离", "Distance", "m"),
        number("margin_m", "余量", "Margin", "m", minimum=None),
        number("doubt_m", "不确定度", "Doubt", "m"),
        text("target_layer", "目标图层", "Layer of the target"),
        text("target_id", "目标编号", "Target"),
        json("finding", "完整结果", "The finding as published"),
    ),
    geometry_required=False,
    computed=True,
)

RISK_CONTOURS = Layer(
    "risk_contours",
    "个人风险等值线",
    "Individual-risk contours",
    Theme.ZONES,
    LINE_OR_POLYGON,
    (
        text("run_id", "运行编号", "Run"),
        text("subject_id", "对象编号", "Subject"),
        number("risk_per_year", "个人风险", "Individual risk", "/a"),
    ),
    computed=True,
)

GRID_RUNS = Layer(
    "grid_runs",
    "网格运行",
    "Grid runs",
    Theme.GRIDS,
    POLYGON,
    (
        text("metric", "指标", "Metric"),
        count("resolution", "分辨率", "H3 resolution"),
        json("parameters", "参数", "Parameters"),
        text("input_digest", "输入摘要", "Digest of the inputs"),
        text("code_version", "程序版本", "Version of the code"),
        count("cells", "单元数", "Cells"),
        number("mass", "总量", "Total mass", "", minimum=None),
    ),
    geometry_required=False,
    computed=True,
)

GRID_CELLS = Layer(
    "grid_cells",
    "网格单元",
    "Grid cells",
    Theme.GRIDS,
    POLYGON,
    (
        Field("run_id", FieldType.TEXT, "运行编号", "Run", required=True),
        Field("resolution", FieldType.INTEGER, "分辨率", "H3 resolution", minimum=0, required=True),
        text("h3_hex", "H3编号", "H3 index"),
        number("area_km2", "面积", "Area", "km²"),
        number("mass", "总量", "Mass", "", minimum=None),
        number("density", "密度", "Density", "/km²", minimum=None),
        json("columns", "其他列", "The metric's own columns"),
    ),
    geometry_required=False,
    computed=True,
)
