"""Words of the reports, in Chinese and in English."""

from collections.abc import Mapping
from typing import Any

from geo.text import Text

__all__ = ["COLOURS", "CONCLUSION_WORDS", "LIST_WORDS", "T", "word_of"]

T: dict[str, Text] = {
    name: Text(zh, en)
    for name, zh, en in (
        ("all", "全部数据", "All data"),
        ("about", "基本情况", "About"),
        ("adcode", "行政区划代码", "Division code"),
        ("area", "区划", "Area"),
        ("no_code", "未填写下级区划代码", "No code of a lower division"),
        ("checked_on", "判定日期", "Decided for the day"),
        ("never", "尚未检查", "Not checked yet"),
        ("rules_version", "规则版本", "Version of the rules"),
        ("changed", "检查后有变动的图层", "Layers changed since the check"),
        ("none", "无", "none"),
        ("facilities", "设施", "Facilities"),
        ("violations", "违规（条）", "Violations"),
        ("legacy", "存量整改", "To rectify"),
        ("layer", "图层", "Layer"),
        ("kind", "类别", "Kind"),
        ("name", "名称", "Name"),
        ("id", "编号", "Id"),
        ("clause", "条款", "Clause"),
        ("authority", "依据", "Authority"),
        ("row", "序号", "No."),
        ("matter", "条款内容", "Matter"),
        ("missing_m", "缺少(m)", "Missing (m)"),
        ("doubt_m", "不确定度(m)", "Doubt (m)"),
        ("number", "数量", "Number"),
        ("by_area", "分区划情况", "By area"),
        ("by_layer", "分类型情况", "By layer"),
        ("by_area_chart", "各区划设施结论", "Conclusions by area"),
        ("by_layer_chart", "各类设施结论", "Conclusions by type"),
        ("trend", "变化趋势", "Trend"),
        ("trend_chart", "历次核查的检查结果（条）", "Findings at each audit"),
        (
            "trend_note",
            "按历次全量核查时的检查结果统计；设施按现行区划归属。",
            "Findings as they stood at each audit; facilities count where they lie now.",
        ),
        ("trend_none", "核查不足两次，尚无变化趋势。", "There are not two audits yet to compare."),
        ("map", "分布图", "Map"),
        ("map_caption", "违规设施分布", "Facilities in violation"),
        ("violating", "违规设施", "Facility in violation"),
        ("violations_title", "违规清单（按缺少距离排序）", "Violations, the most metres missing first"),
        ("legacy_title", "存量整改清单", "Existing facilities to rectify"),
        ("rules_title", "违规条款分布", "Clauses that are violated"),
        ("gaps_title", "数据盲区", "Blind spots of the data"),
        ("unknown_accuracy", "精度未知", "Accuracy unknown"),
        ("imprecise", "精度差于100 m", "Worse than 100 m"),
        ("no_place", "无区划代码", "No division code"),
        ("oldest", "最早数据", "Oldest"),
        ("newest", "最新数据", "Newest"),
        ("illustrative", "示例数据", "Illustrative"),
        ("nothing", "没有。", "None."),
        ("listed", "以下列出前 {shown} 条，共 {all} 条。", "The first {shown} of {all} are listed."),
        ("empty_layers", "没有任何数据的图层：", "Layers without any data: "),
        ("method", "方法与声明", "Method and disclaimer"),
        (
            "method_text",
            "距离为 CGCS2000 椭球面上的测地距离；不确定度为双方位置精度之和；余量小于不确定度的不作判定。"
            "未经核对正式文本的规则不计入。没有数据不等于不存在。未检查的设施不计为通过。",
            "Distances are geodesics on the CGCS2000 ellipsoid; the doubt is the sum of both sides' accuracy; a margin "
            "within the doubt decides nothing. Rules not verified are not counted. No data is not nothing there. A "
            "facility that was not checked does not count as passing.",
        ),
        (
            "disclaimer",
            "本报告由程序依据所列规则和数据自动生成，供监管人员使用，不构成法律意见，须由有资质的人员核对。",
            "Computed from the rules and data named here, for the use of supervisors. It is no legal advice and has to "
            "be checked by qualified people.",
        ),
        ("yes", "是", "yes"),
        ("no", "否", "no"),
        ("unknown", "未知", "unknown"),
        ("conclusion", "结论", "Conclusion"),
        ("credit_code", "统一社会信用代码", "Credit code"),
        ("industry_code", "行业代码", "Industry"),
        ("address", "地址", "Address"),
        ("state", "状态", "State"),
        ("staff", "从业人数", "Staff"),
        ("colour", "风险等级", "Colour grade"),
        ("major", "是否构成重大危险源", "Major hazard source"),
        ("position", "位置（CGCS2000）", "Position (CGCS2000)"),
        ("accuracy", "位置精度(m)", "Accuracy (m)"),
        ("source", "数据来源", "Source"),
        ("version", "版本", "Version"),
        ("valid_from", "生效时间", "Valid from"),
        ("surroundings", "周边与依据线", "Surroundings and evidence"),
        (
            "surroundings_caption",
            "数字为下表序号；北向上",
            "Numbers are rows of the findings below; north is up",
        ),
        ("enterprise", "本企业", "This enterprise"),
        ("risk_points", "四色风险点", "Risk points by colour"),
        (
            "risk_points_note",
            "风险等级由企业评定并导入；未评定的不猜测。",
            "Grades are the enterprise's own; none is guessed.",
        ),
        ("inventory", "物质", "Substances"),
        ("hazard", "重大危险源与外部距离", "Major hazard and external distances"),
        (
            "grade_note",
            "分级按 GB 18218-2018 由已存的企业描述文件计算；未存描述文件的不猜测，只列登记的结果。",
            "Grades after GB 18218-2018 are computed from the stored plant files; without one only what is registered "
            "is listed.",
        ),
        ("registered", "登记：是否构成重大危险源", "Registered: major hazard source"),
        (
            "no_plant",
            "没有存入该企业的描述文件：重大危险源分级未知。",
            "No plant file is stored: the grade is unknown.",
        ),
        ("plant", "企业描述", "Plant"),
        ("unit", "单元", "Unit"),
        ("s", "S = Σq/Q", "S = Σq/Q"),
        ("r", "R", "R"),
        ("grade", "重大危险源级别", "Grade of major hazard"),
        ("grade_n", "{grade}级", "grade {grade}"),
        (
            "grade_open",
            "构成重大危险源；周边人数未知，未分级",
            "major hazard; people around unknown, no grade",
        ),
        ("no_major", "不构成重大危险源", "no major hazard"),
        ("people", "厂界外500 m内常住人口", "Residents within 500 m of the boundary"),
        (
            "awaiting",
            "所用参数中有 {number} 项待核对正式文本。",
            "{number} of the numbers used await confirmation.",
        ),
        ("points_map", "四色风险点分布；编号见下表", "Risk points by colour; numbers as in the table"),
        ("external", "外部安全防护距离(m)", "External safety distance (m)"),
        ("contours", "个人风险等值线", "Contours of individual risk"),
        ("findings", "检查结果", "Findings"),
        ("open_number", "无法判定的条款数", "Clauses that stay undecided"),
        ("history", "变更记录", "History"),
        ("changed_fields", "变动字段", "Changed fields"),
        ("first", "首次登记", "first entry"),
        ("verdict", "判定", "Verdict"),
        ("dossier", "企业安全风险档案", "Safety-risk file of an enterprise"),
        ("white_paper", "安全风险白皮书", "Safety-risk white paper"),
    )
}

COLOURS: dict[str, Text] = {
    "red": Text("红（重大风险）", "red (major)"),
    "orange": Text("橙（较大风险）", "orange (large)"),
    "yellow": Text("黄（一般风险）", "yellow (general)"),
    "blue": Text("蓝（低风险）", "blue (low)"),
}
"""The four colours of risk, each with its word."""

CONCLUSION_WORDS: dict[str, Text] = {
    "fail": Text("不通过", "Fails"),
    "undecidable": Text("无法判定", "Undecidable"),
    "conditional": Text("有条件", "Conditional"),
    "pass": Text("通过", "Passes"),
    "unchecked": Text("未检查", "Unchecked"),
}


LIST_WORDS: dict[str, Text] = {
    "fail": Text("违规", "Violations"),
    "legacy": Text("存量整改", "To rectify"),
    "undecidable": Text("无法判定", "Undecidable"),
    "conditional": Text("有条件", "Conditional"),
}
"""Lists of findings, as a trend names them."""


def word_of(words: Mapping[str, Any], word: str | None, language: str) -> str | None:
    """Return the name of a word, itself where it has none."""
    return word if word is None or word not in words else str(getattr(words[word], language))
