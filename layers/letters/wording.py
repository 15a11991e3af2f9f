"""Words and sentences of letters and map pictures, in Chinese and in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo.rules.finding import Conclusion, Verdict, conclude
from geo.text import Text

__all__ = [
    "CONCLUSION_SENTENCES",
    "DISCLAIMER",
    "LABELS",
    "SIGNATURES",
    "UNITS",
    "assumptions",
    "conclusion_of",
]

CONCLUSION_SENTENCES: dict[Conclusion, Text] = {
    Conclusion.FAIL: Text(
        "经审查，该选址存在确定的禁止情形，结论为：不通过。",
        "The site is prohibited beyond doubt by at least one clause. Conclusion: fails.",
    ),
    Conclusion.UNDECIDABLE: Text(
        "经审查，现有资料或其精度不足以作出结论，结论为：无法判定。补齐所列资料后应重新审查。",
        "The data or their accuracy do not allow a verdict. Conclusion: undecidable. "
        "Check again when what is listed has been brought.",
    ),
    Conclusion.CONDITIONAL: Text(
        "经审查，未发现确定的禁止情形，但须满足所列许可、论证或整改要求，结论为：有条件。",
        "Nothing is prohibited, but a permit, a proof or a rectification is due. Conclusion: conditional.",
    ),
    Conclusion.PASS: Text(
        "经审查，在所列规则和资料范围内未发现禁止情形，结论为：通过。",
        "Within the rules and data listed, nothing stands against the site. Conclusion: passes.",
    ),
}

DISCLAIMER = Text(
    "本意见由程序依据所列规则文本和数据自动量算生成，供审查人员使用，不构成法律意见，也不代替行政许可。"
    "未经核对正式文本的规则仅供参考；没有数据不等于不存在。最终结论由有资质的人员核对、签字后生效。",
    "Computed from the rules and data listed here, for the use of the people who review the site. It is no legal "
    "advice and replaces no permit. Rules not verified against the official text are advisory; no data is not nothing "
    "there. It takes effect only when qualified people have checked and signed it.",
)

SIGNATURES = (
    Text("编制", "Prepared by"),
    Text("校核", "Checked by"),
    Text("审核", "Reviewed by"),
    Text("批准", "Approved by"),
)

UNITS: dict[str, Text] = {
    "features": Text("处", "features"),
    "people": Text("人", "people"),
    "households": Text("户", "households"),
    "items": Text("项", "items"),
    "level": Text("级", "level"),
    "a": Text("年", "years"),
}
"""Units of findings that are words, not symbols."""

LABELS: dict[str, Text] = {
    "title": Text("选址安全审查意见", "Opinion on the Safety of a Site"),
    "number": Text("编号", "Number"),
    "checked_on": Text("审查基准日", "Decision date"),
    "rules_version": Text("规则版本", "Version of the rules"),
    "data_version": Text("数据版本", "Version of the data"),
    "code_version": Text("程序版本", "Version of the program"),
    "subjects": Text("审查对象数量", "Plots under review"),
    "project": Text("项目概况", "The project"),
    "conclusion": Text("审查结论", "Conclusion"),
    "verdict_word": Text("规则结果", "Verdict"),
    "worst": Text("最严的规则结果", "Worst verdict of a rule"),
    "map": Text("位置与依据图", "Map"),
    "caption": Text(
        "审查对象、周边要素与量算依据线（上北下南）", "The plot, its surroundings and what was measured"
    ),
    "checks": Text("逐条审查表", "Table of checks"),
    "checks_none": Text("没有适用于该类别的规则。", "No rule covers this kind of project."),
    "advisory": Text(
        "仅供参考的条款（数值未经核实，不计入结论）", "Advisory checks (unverified, not counted)"
    ),
    "inactive": Text("基准日不在有效期内的条款", "Clauses not in force on the decision date"),
    "remarks": Text("逐条说明与整改建议", "Explanations and remedies"),
    "changes": Text("怎样可以改变结论（由小到大）", "What would change it, the smallest step first"),
    "there": Text("移至该处后的结论：", "Conclusion there: "),
    "coordinates": Text("范围坐标", "Coordinates of the plot"),
    "rules": Text("依据的规则", "Rules applied"),
    "sources": Text("数据来源与时点", "Sources and dates of the data"),
    "assumptions": Text("假设与量算方法", "Assumptions and method"),
    "awaiting": Text("待确认事项", "Awaiting confirmation"),
    "awaiting_none": Text("无。", "None."),
    "signatures": Text("签署", "Signatures"),
    "signature": Text("签字", "Signature"),
    "date": Text("日期", "Date"),
    "day": Text("　　年　　月　　日", ""),
    "opinion": Text("意见", "Remarks"),
    "seal": Text("（单位公章）", "(Seal)"),
    "four_eyes": Text(
        "编制与校核、审核与批准不得为同一人。", "Four eyes: no two of them may be the same person."
    ),
    "disclaimer": Text("声明", "Disclaimer"),
    "no": Text("序号", "No."),
    "basis": Text("依据条款（版本）", "Clause (edition)"),
    "matter": Text("审查内容", "What is asked"),
    "limit": Text("限值", "Limit"),
    "found": Text("实测值", "Found"),
    "margin": Text("余量", "Margin"),
    "doubt": Text("不确定度", "Doubt"),
    "verdict": Text("结论", "Verdict"),
    "target": Text("量算对象", "Measured to"),
    "remedy": Text("建议：", "Remedy: "),
    "needs": Text("需补充：", "Bring: "),
    "id": Text("编号", "Id"),
    "name": Text("名称", "Name"),
    "layer": Text("图层", "Layer"),
    "area": Text("面积", "Area"),
    "accuracy": Text("位置精度（95%）", "Accuracy (95 %)"),
    "in_force": Text("有效期", "In force"),
    "in_force_from": Text("{0} 起", "from {0}"),
    "in_force_to": Text("至 {1}", "to {1}"),
    "in_force_between": Text("{0} 至 {1}", "{0} to {1}"),
    "in_force_unknown": Text("未载明", "not stated"),
    "standing": Text("核实状况", "Standing"),
    "rule": Text("规则", "Rule"),
    "count": Text("要素数", "Features"),
    "newest": Text("数据时点", "Data of"),
    "origin": Text("来源", "Source"),
    "digest": Text("内容摘要", "Digest"),
    "part": Text("部分", "Part"),
    "lon": Text("经度 °E", "Longitude °E"),
    "lat": Text("纬度 °N", "Latitude °N"),
    "northing": Text("X（北）m", "X (north) m"),
    "easting": Text("Y（东）m", "Y (east) m"),
    "from_lon": Text("起点经度", "From lon"),
    "from_lat": Text("起点纬度", "From lat"),
    "to_lon": Text("终点经度", "To lon"),
    "to_lat": Text("终点纬度", "To lat"),
    "unit": Text("单位", "Unit"),
    "decided": Text("已判定", "Decided"),
    "explanation": Text("说明", "Explanation"),
    "page": Text("第", "Page"),
    "page_of": Text("页，共", "of"),
    "page_end": Text("页", ""),
    "unknown": Text("未知", "unknown"),
    "colon": Text("：", ": "),
    "and": Text("、", ", "),
    "others": Text("（及另外 {} 条）", " (and {} more)"),
    "yes": Text("是", "yes"),
    "no_word": Text("否", "no"),
    "short": Text("缺", "short by"),
    "spare": Text("余", "spare"),
    "undecided": Text("（未判定）", " (undecided)"),
    "illustrative": Text("演示数据", "illustrative"),
}

"""Layers whose fields give the attributes of a plot their names, in this order."""


@dataclass(frozen=True)
class _Answer:
    """A published finding, as far as a conclusion needs it."""

    verdict: Verdict
    decided: bool
    if_crossed: Verdict | None
    advisory: bool = False


def conclusion_of(finding: Mapping[str, Any]) -> Conclusion:
    """Return what one published finding means for a person; that of an advisory one too."""
    crossed = finding["if_crossed"]
    return conclude(
        [
            _Answer(
                Verdict(finding["verdict"]),
                bool(finding["decided"]),
                None if crossed is None else Verdict(crossed),
            )
        ]
    )


def assumptions(language: str) -> list[str]:
    """Return how it was measured and what was taken for granted."""
    texts = (
        Text(
            "坐标系为 CGCS2000（EPSG:4490）；距离为 CGCS2000 椭球面上的测地线长度，计算至毫米，表中取 0.1 m。",
            "Coordinates are CGCS2000 (EPSG:4490); distances are geodesics on its ellipsoid, computed to the "
            "millimetre and printed to 0.1 m.",
        ),
        Text(
            "不确定度为双方位置精度（95% 半径）之和；余量绝对值不大于不确定度，或任一方精度未知时，不予判定。",
            "The doubt is the sum of both sides' accuracies (95 % radius); a margin within it, or an unknown accuracy, "
            "leaves the check undecided.",
        ),
        Text(
            "中心线不是岸线或用地边界；由其量得的结果仅供初筛。",
            "A centre line is no bank line or land boundary; what is measured from one is for screening only.",
        ),
        Text(
            "只反映所列数据时点的已入库要素；没有数据不等于不存在，应现场踏勘核实。",
            "Only what was stored at the dates listed is reflected; no data is not nothing there: survey the site.",
        ),
        Text(
            "规则按审查基准日的有效期适用；标为“仅供参考”的条款不计入结论。",
            "Rules apply as in force on the decision date; advisory ones do not count in the conclusion.",
        ),
    )
    return [str(getattr(text, language)) for text in texts]
