"""The sentences of findings, in Chinese and English.

Metres are printed to 0.1 m, as siting decisions quote them; the finding itself carries millimetres.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from geo.rules.finding import CoverageRef
from geo.rules.labels import Labels
from geo.rules.rule import Exemption, Rule
from geo.text import Text, say_metres, say_number

__all__ = [
    "PARTS",
    "Measure",
    "doubt_of",
    "exempted",
    "join",
    "lines_disagree",
    "measured",
    "missing",
    "name_need",
    "name_table",
    "no_targets",
    "not_in_force",
    "only_data",
    "outside_all_data",
    "overriding",
    "surveyed_none",
    "too_vague",
    "undecided_number",
    "unsure_target",
    "unverified",
    "width_unknown",
]

_LINES = {
    "outer": Text("外缘边界线", "outer line"),
    "water_side": Text("临水边界线", "water-side line"),
    "centre": Text("中心线", "centre line"),
    "unknown": Text("线型不明的线", "line of unknown kind"),
}
PARTS = {
    "boundary": Text("边界", "boundary"),
    "centreline": Text("中心线", "centre line"),
    "point": Text("点位", "point"),
    "licence_boundary": Text("矿权边界", "licence boundary"),
    "land_boundary": Text("用地外缘", "land boundary"),
    "embankment_toe": Text("路堤坡脚、路堑坡顶或桥梁外侧", "embankment toe, cutting top or bridge edge"),
    "outer_conductor": Text("边导线", "outer conductor"),
    "deepest_point": Text("最深处", "deepest point"),
    "farthest_point": Text("最远处", "farthest point"),
    "debris_fan": Text("泥石流堆积扇", "debris fan"),
}
"""Names of the parts of a subject or target that are measured from or to."""

_HALF_WIDTHS = {
    "land_boundary": Text("公路用地半宽", "half width of its land"),
    "embankment_toe": Text("线路外缘半宽", "half width to the toe of its embankment"),
    "outer_conductor": Text("边导线半距", "half distance of its outer conductors"),
}
_ACCURACY_UNKNOWN = Text(
    "该精度下无法判定：位置精度未知，请补充双方的位置精度。",
    "Cannot be decided at this accuracy: the accuracy of a side is unknown; state it for both sides.",
)


@dataclass(frozen=True)
class Measure:
    """One measurement, as far as sentences need it.

    Attributes
    ----------
    subject, target : mapping
        Attributes of both sides.
    from_part, to_part : str
        Words of :data:`PARTS`; ``bank_line`` for the line that stands for a river's bank.
    limit_m, distance_m, margin_m : float
    limit_included : bool
        Whether the limit itself is within.
    must_keep : bool
        The rule asks for a distance, instead of banning what lies within one.
    doubt_m : float or None
        None where the accuracy of a side is unknown.
    """

    subject: Mapping[str, Any]
    target: Mapping[str, Any]
    from_part: str
    to_part: str
    limit_m: float
    limit_included: bool
    must_keep: bool
    distance_m: float
    margin_m: float
    doubt_m: float | None

    def needs(self, layer: str) -> tuple[str, ...]:
        """Return what would have to be known better for a decision."""
        sides = ((f"{layer}/{self.target['id']}", self.target), ("subject", self.subject))
        unknown = [f"{side}.accuracy_m" for side, row in sides if pd.isna(row.get("accuracy_m"))]
        return tuple(
            unknown or [f"{layer}/{self.target['id']}.accuracy_m < {max(self.needed_accuracy_m, 0.0):.1f}"]
        )

    @property
    def needed_accuracy_m(self) -> float:
        """Accuracy of the target's line below which the margin is decided, in metres.

        Where it is 0 or less, the subject has to be surveyed too.
        """
        return abs(self.margin_m) - float(self.subject["accuracy_m"])

    @property
    def target_name(self) -> str:
        """Name of the target, or its id."""
        name = self.target.get("name")
        return name if isinstance(name, str) and name else str(self.target["id"])


def join(*texts: Text | None) -> Text:
    """Return the sentences one after the other, each once."""
    there = dict.fromkeys(text for text in texts if text is not None)
    return Text("".join(text.zh for text in there), " ".join(text.en for text in there))


def not_in_force(rule: Rule, on: date) -> Text:
    """Say that the decision day lies outside the rule's dates."""
    start = "…" if rule.in_force_from is None else rule.in_force_from.isoformat()
    end = "…" if rule.in_force_to is None else rule.in_force_to.isoformat()
    return Text(
        f"判定日期 {on} 不在本条有效期（{start} 至 {end}）内。",
        f"The decision date {on} is outside the dates of this rule ({start} to {end}).",
    )


def no_targets(labels: Labels, layer: str) -> Text:
    """Say that no feature is there to measure to, which is no proof that nothing is there, and what to bring."""
    name, coverage = labels.layer(layer), labels.layer("coverage")
    return Text(
        f"图层“{name.zh}”中没有适用于本条的要素，无法量算；没有数据不等于不存在，"
        f"请导入该图层的数据，或在图层“{coverage.zh}”中声明本地此类要素已普查完整。",
        f"Layer “{name.en}” holds nothing that this rule applies to; no data is not nothing there: import data into "
        f"it, or declare in layer “{coverage.en}” that the survey of it here is complete.",
    )


def surveyed_none(labels: Labels, layer: str, declared: Sequence[CoverageRef]) -> Text:
    """Say that surveys declared complete hold no target around the subject."""
    name = labels.layer(layer)
    return Text(
        f"据普查完整声明（{'；'.join(_declaration(one).zh for one in declared)}），"
        f"本条所涉范围内没有图层“{name.zh}”中适用于本条的要素。",
        f"By surveys declared complete ({'; '.join(_declaration(one).en for one in declared)}) nothing of layer "
        f"“{name.en}” to which this rule applies is within its reach.",
    )


def _declaration(one: CoverageRef) -> Text:
    return Text(
        f"{one.name or one.id}，普查日期 {one.surveyed_on or '不详'}，来源 {one.source or '不详'}，"
        f"声明单位 {one.declared_by or '不详'}",
        f"{one.name or one.id}, surveyed on {one.surveyed_on or 'an unknown day'}, source "
        f"{one.source or 'unknown'}, declared by {one.declared_by or 'nobody'}",
    )


def outside_all_data(labels: Labels, layer: str) -> Text:
    """Say that the subject lies outside the extent of all data, so that finding nothing says nothing."""
    name = labels.layer(layer)
    return Text(
        f"位于已载入数据的范围之外：没有数据不等于没有{name.zh}，请载入当地的数据，或声明当地已普查完整。",
        f"Outside the extent of all loaded data: absence of data is not absence of {name.en}; load the data of the "
        "area, or declare that its survey is complete.",
    )


def only_data(labels: Labels, layer: str) -> Text:
    """Say that what is not in the data was not measured to."""
    name = labels.layer(layer)
    return Text(
        f"只量算了图层“{name.zh}”中已有的要素，当地是否普查完整未经声明。",
        f"Only features in layer “{name.en}” were measured to; nobody declared its survey here complete.",
    )


def unsure_target(name: str, missing: Sequence[str], labels: Labels) -> Text:
    """Say that it is unknown whether the target counts, and which attributes would tell."""
    fields = [labels.field(field) for field in missing]
    return Text(
        f"“{name}”是否适用本条尚不明确，缺少：{'、'.join(field.zh for field in fields)}。",
        f"Whether {name} falls under this rule is unknown: {', '.join(field.en for field in fields)} missing.",
    )


def lines_disagree(outer_m: float, water_side_m: float) -> Text:
    """Say that the outer and the water-side line lead to different verdicts."""
    return Text(
        f"结论取决于采用的岸线：距外缘边界线 {say_metres(outer_m)}，距临水边界线 {say_metres(water_side_m)}。",
        f"The verdict depends on the line: {say_metres(outer_m)} from the outer line, {say_metres(water_side_m)} from "
        "the water-side line.",
    )


def measured(measure: Measure, decided: bool) -> Text:
    """Say what was measured, how sure it is, and what would make it surer."""
    return join(
        _distance(measure),
        None if decided else _undecided(measure),
        _line_note(measure),
        _point_note(measure),
    )


def missing(needs: Sequence[str], labels: Labels) -> Text:
    """Say what a verdict needs: attributes of the subject, layers, rasters."""
    names = [_name_briefly(need, labels) for need in needs]
    return Text(
        f"缺少{'、'.join(name.zh for name in names)}，无法下结论，请补充。",
        f"No verdict without {', '.join(name.en for name in names)}: bring it.",
    )


_TABLE_WORDS = (
    (" (1999 edition)", "（1999年版）"),
    (" (2018)", "（2018年版）"),
    (" tables ", " 表"),
    (" table ", " 表"),
    (" and ", "、"),
    (", works to neighbours", " 与相邻工厂"),
    (", class A workshop", " 甲类厂房"),
    (", class B store", " 乙类仓库"),
    (", stores of class ", " 危险等级仓库 "),
    (", bottle stores", " 瓶装供应站"),
    ("standard of this class of facility", "该类设施的专用标准"),
)
"""What the names of printed tables are made of, besides the numbers of standards."""


def name_table(table: str) -> Text:
    """Return the name of a printed table as the spacing tables state it.

    Examples
    --------
    >>> name_table("GB 50016-2014 table 3.5.1").zh
    'GB 50016-2014 表3.5.1'
    """
    zh = table
    for en, said in _TABLE_WORDS:
        zh = zh.replace(en, said)
    return Text(zh, table)


def name_need(need: str, labels: Labels) -> Text:
    """Return what to bring, in words; what has no known form stays as it is.

    Examples
    --------
    >>> name_need("rivers/r1.accuracy_m < 3.0", Labels()).en
    'accuracy_m of r1 (rivers) < 3.0'
    """
    if need == "study dam_break":
        return Text("溃坝专题研究", "a dam-break study")
    word, _, rest = need.partition(" ")
    if word == "raster":
        kind = labels.word(rest)
        return Text(f"{kind.zh}栅格", f"raster of {kind.en}")
    if word == "table":
        table = name_table(rest)
        return Text(f"{table.zh}（印刷文本）", f"{table.en} (printed text)")
    if word == "layer":
        return _name_in_layer(*rest.partition(".")[::2], labels)
    place, _, field = word.partition(".") if "/" not in word else _part_identity(word)
    rest = f" {rest}" if rest else ""
    slug, _, identity = place.partition("/")
    if place == "subject":
        name = labels.field(field)
        return Text(f"审查对象的{name.zh}{rest}", f"{name.en} of the plot{rest}")
    if not identity:
        return Text(need, need)
    layer, name = labels.layer(slug), labels.field(field)
    if not field:
        return Text(f"图层“{layer.zh}” {identity}{rest}", f"{identity} ({layer.en}){rest}")
    return Text(
        f"图层“{layer.zh}” {identity} 的{name.zh}{rest}", f"{name.en} of {identity} ({layer.en}){rest}"
    )


def _part_identity(word: str) -> tuple[str, str, str]:
    """Return place and field of ``LAYER/ID.FIELD``; an id may hold points, a field does not."""
    place, point, field = word.rpartition(".")
    return (place, point, field) if place and field.replace("_", "").isalnum() else (word, "", "")


def _name_in_layer(slug: str, field: str, labels: Labels) -> Text:
    layer, name = labels.layer(slug), labels.field(field)
    of = Text(f"的{name.zh}", f": {name.en}") if field else Text("", "")
    return Text(f"图层“{layer.zh}”{of.zh}", f"layer {layer.en}{of.en}")


def _name_briefly(need: str, labels: Labels) -> Text:
    """Return what of the subject is missing without saying that it is the subject's."""
    return labels.field(need.rpartition(".")[2]) if need.startswith("subject.") else name_need(need, labels)


def exempted(exemption: Exemption) -> Text:
    """Say who decides on an exception and on what proof."""
    return Text(
        f"例外条款须由{exemption.decided_by.zh}认定，凭据：{exemption.proof.zh}。",
        f"The exception is decided by {exemption.decided_by.en}; proof: {exemption.proof.en}.",
    )


def unverified(*, counted: bool) -> Text:
    """Say that the rule's number is unverified, and whether it counts."""
    if counted:
        return Text(
            "本条数值未经核实，按要求计入总结论。", "This rule's number is unverified: counted, as asked for."
        )
    return Text(
        "本条数值未经核实，仅供参考，不计入总结论。",
        "This rule's number is unverified: advisory, not counted.",
    )


def width_unknown(measure: Measure, up_to_m: float) -> Text:
    """Say that half the width of the target is unknown, and how far that leaves the distance open."""
    width, name = _HALF_WIDTHS[measure.to_part], measure.target_name
    return Text(
        f"“{name}”以中心线存储，{width.zh}未知（至多按 {say_metres(up_to_m)} 计），无法判定，请补充。",
        f"{name} is stored by its centre line and the {width.en} is unknown (at most {say_metres(up_to_m)} assumed): "
        "bring it.",
    )


def too_vague(margin_m: float, doubt_m: float | None) -> Text:
    """Say that the accuracy of both sides leaves it open, and what accuracy would not."""
    if doubt_m is None:
        return _ACCURACY_UNKNOWN
    return Text(
        f"该精度下无法判定：双方位置精度之和须小于 {say_metres(abs(margin_m))}。",
        f"Cannot be decided at this accuracy: both accuracies together must stay under {say_metres(abs(margin_m))}.",
    )


def undecided_number() -> Text:
    """Say that the doubt of positions leaves a number open."""
    return Text(
        "该精度下无法判定：位置精度范围内数值可能越过限值，请提高双方位置精度。",
        "Cannot be decided at this accuracy: within it the number may cross the limit; survey both sides better.",
    )


def overriding(rule: str, loosened: Text | None) -> Text:
    """Say that a local rule stands in the place of another, and why it is looser where it is."""
    local = Text(f"本条为地方规则，替代规则 {rule}。", f"A local rule, in the place of rule {rule}.")
    if loosened is None:
        return local
    looser = Text(
        f"本条比所替代的规则宽松，理由：{loosened.zh}。",
        f"It is looser than that rule, because: {loosened.en}.",
    )
    return join(local, looser)


def _distance(measure: Measure) -> Text:
    line, part, name = _target_part(measure), PARTS[measure.from_part], measure.target_name
    limit, doubt = _limit(measure), doubt_of(measure.doubt_m)
    lacking = measure.margin_m <= 0
    return Text(
        f"{part.zh}距“{name}”{line.zh} {say_metres(measure.distance_m)}，{limit.zh}，{'缺' if lacking else '余'} "
        f"{say_metres(abs(measure.margin_m))}，{doubt.zh}。",
        f"From the {part.en} to the {line.en} of {name} it is {say_metres(measure.distance_m)}; {limit.en}, "
        f"{say_metres(abs(measure.margin_m))} {'missing' if lacking else 'to spare'}, {doubt.en}.",
    )


def _target_part(measure: Measure) -> Text:
    if measure.to_part == "bank_line":
        return _LINES.get(str(measure.target.get("line_kind")), _LINES["unknown"])
    return PARTS[measure.to_part]


def _limit(measure: Measure) -> Text:
    metres = f"{say_number(measure.limit_m)} m"
    if measure.must_keep:
        asked = ("须大于", "more than") if measure.limit_included else ("不得小于", "at least")
        return Text(f"{asked[0]} {metres}", f"it must be {asked[1]} {metres}")
    included = ("（含）", " (included)") if measure.limit_included else ("（不含）", " (not included)")
    return Text(f"限值 {metres}{included[0]}", f"the limit is {metres}{included[1]}")


def doubt_of(doubt_m: float | None) -> Text:
    """Say how sure a measurement is."""
    if doubt_m is None:
        return Text("不确定度未知", "doubt unknown")
    return Text(f"不确定度 ±{say_metres(doubt_m)}", f"doubt ±{say_metres(doubt_m)}")


def _undecided(measure: Measure) -> Text:
    name = measure.target_name
    if measure.doubt_m is None:
        return _ACCURACY_UNKNOWN
    line = Text("岸线", "line") if measure.to_part == "bank_line" else PARTS[measure.to_part]
    if measure.needed_accuracy_m <= 0:
        return Text(
            f"该精度下无法判定：请实测设施边界与“{name}”{line.zh}，两者精度之和须小于 "
            f"{say_metres(abs(measure.margin_m))}。",
            f"Cannot be decided at this accuracy: survey the facility and {name}; both accuracies together must stay "
            f"under {say_metres(abs(measure.margin_m))}.",
        )
    return Text(
        f"该精度下无法判定：请将“{name}”{line.zh}测至精度优于 {say_metres(measure.needed_accuracy_m)}。",
        f"Cannot be decided at this accuracy: survey the {line.en} of {name} to better than "
        f"{say_metres(measure.needed_accuracy_m)}.",
    )


def _line_note(measure: Measure) -> Text | None:
    kind = measure.target.get("line_kind")
    if measure.to_part != "bank_line" or kind in {"outer", "water_side"}:
        return None
    half_width_m = measure.target.get("half_width_m")
    if kind == "centre" and not pd.isna(half_width_m):
        return Text(
            f"中心线不是岸线，已扣除半宽 {say_metres(half_width_m)}，仅供初筛。",
            f"A centre line is no bank line; its half width of {say_metres(half_width_m)} was subtracted. Screening "
            "only.",
        )
    return Text(
        "所用的线不是岸线且半宽未知，仅供初筛。",
        "The line is no bank line and its half width is unknown: screening only.",
    )


def _point_note(measure: Measure) -> Text | None:
    if measure.from_part != "point":
        return None
    return Text(
        "设施仅有点位，边界可能更近，请补充边界。",
        "The facility is stored as a point; its boundary may lie nearer. Bring the boundary.",
    )
