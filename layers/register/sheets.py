"""Lists of the register as Excel workbooks with headers in one language; a text stays a text."""

from collections.abc import Mapping
from typing import Any, Final

from geo.text import Text
from layers.catalog import get_layer
from layers.documents.workbooks import Sheet, fill_workbook
from layers.register.areas import WHOLE, area_names, find_area
from layers.register.figures import describe_check
from layers.register.lists import Choice, describe_subjects, page_findings
from layers.store import Store
from layers.words import KINDS, VERDICTS

__all__ = ["LIST_NAMES", "fill_findings_workbook"]

LIST_NAMES: dict[str, Text] = {
    "fail": Text("违规清单", "Violations"),
    "legacy": Text("存量整改清单", "Existing facilities to rectify"),
    "undecidable": Text("无法判定清单", "Undecidable"),
    "conditional": Text("有条件清单", "Conditional"),
    "pass": Text("通过清单", "Passes"),
}
"""Titles of the lists of findings."""

_HEADERS: Final = (
    Text("序号", "No."),
    Text("设施名称", "Facility"),
    Text("设施编号", "Facility id"),
    Text("图层", "Layer"),
    Text("类别", "Kind"),
    Text("行政区划代码", "Division code"),
    Text("行政区划", "Division"),
    Text("判定", "Verdict"),
    Text("是否可判定", "Decided"),
    Text("缺少距离(m)", "Metres missing (m)"),
    Text("实测距离(m)", "Distance (m)"),
    Text("限值(m)", "Limit (m)"),
    Text("不确定度(m)", "Doubt (m)"),
    Text("规则", "Rule"),
    Text("条款内容", "Matter"),
    Text("依据", "Authority"),
    Text("版本", "Edition"),
    Text("条款", "Clause"),
    Text("防护或限制目标", "Target"),
    Text("说明", "Explanation"),
    Text("整改建议", "Remedy"),
    Text("经度", "Longitude"),
    Text("纬度", "Latitude"),
)
_ABOUT: Final = Text("说明", "About")
_FACTS: Final = {
    "list": Text("清单", "List"),
    "area": Text("范围", "Area"),
    "number": Text("条数", "Number"),
    "checked_on": Text("判定日期", "Decided for the day"),
    "rules_version": Text("规则版本", "Version of the rules"),
    "changed": Text("检查后有变动的图层", "Layers changed since the check"),
    "run": Text("检查运行编号", "Run of the check"),
    "crs": Text("坐标系", "Coordinate system"),
    "note": Text("提示", "Note"),
}
_NOTE: Final = Text(
    "本清单由程序依据所列规则和数据自动量算生成，不构成法律意见；未计入仅供参考的规则。",
    "Computed from the rules and data named here; no legal advice. Advisory rules are not counted.",
)
_EVERYTHING: Final = Text("全部数据", "All data")
_YES: Final = Text("是", "yes")
_NO: Final = Text("否", "no")


def fill_findings_workbook(store: Store, choice: Choice, language: str = "zh") -> bytes:
    """Return all findings of a choice as a workbook: the list, the most metres missing first, and what it rests on.

    Parameters
    ----------
    store : Store
    choice : Choice
        With a list; the violations where none is said.
    language : str
        ``zh`` or ``en``.
    """
    findings = page_findings(store, choice)
    subjects, names = describe_subjects(store, findings), area_names(store)
    rows = [
        _row(number, row, subjects.get((row["subject_layer"], row["subject_id"]), {}), names, language)
        for number, row in enumerate(findings.to_dict("records"), start=1)
    ]
    title = LIST_NAMES[choice.list or "fail"]
    facts = _facts(store, choice, len(rows), language)
    return fill_workbook(
        (
            Sheet(_say(title, language), [_say(header, language) for header in _HEADERS], rows),
            Sheet(_say(_ABOUT, language), [_say(_ABOUT, language), ""], facts),
        )
    )


def _row(
    number: int,
    row: Mapping[Any, Any],
    subject: Mapping[str, Any],
    names: Mapping[str, str],
    language: str,
) -> list[object]:
    finding, margin_m = row["finding"] or {}, _number(row["margin_m"])
    target, adcode = finding.get("target") or {}, subject.get("adcode")
    return [
        number,
        row["name"] or row["subject_id"],
        row["subject_id"],
        getattr(get_layer(row["subject_layer"]), language),
        _word(KINDS, subject.get("kind"), language),
        adcode,
        names.get(adcode or ""),
        _word(VERDICTS, row["verdict"], language),
        _say(_YES if row["decided"] is True else _NO, language),
        None if margin_m is None or margin_m >= 0 else -margin_m,
        *(_number(row[name]) for name in ("distance_m", "limit_m", "doubt_m")),
        row["rule"],
        *(finding.get(name, {}).get(language) for name in ("title", "authority")),
        *(_in_language(finding, name, language) for name in ("edition", "clause")),
        target.get("name") or target.get("id"),
        *(finding.get(name, {}).get(language) for name in ("explanation", "remedy")),
        subject.get("lon"),
        subject.get("lat"),
    ]


def _facts(store: Store, choice: Choice, number: int, language: str) -> list[list[object]]:
    check, area = describe_check(store) or {}, find_area(store, choice.area)
    everything = _say(_EVERYTHING, language)
    where = everything if choice.area == WHOLE else f"{area.adcode} {area.name or ''}".strip()
    values: dict[str, object] = {
        "list": _say(LIST_NAMES[choice.list or "fail"], language),
        "area": where,
        "number": number,
        **{name: check.get(name) for name in ("checked_on", "rules_version", "run")},
        "changed": ", ".join(check.get("changed") or ()),
        "crs": "CGCS2000 (EPSG:4490)",
        "note": _say(_NOTE, language),
    }
    return [[_say(_FACTS[name], language), value] for name, value in values.items()]


def _in_language(finding: Mapping[str, Any], name: str, language: str) -> object:
    return (finding.get(f"{name}_zh") if language == "zh" else None) or finding.get(name)


def _word(words: Mapping[str, Any], word: str | None, language: str) -> str | None:
    return word if word is None or word not in words else str(getattr(words[word], language))


def _number(value: Any) -> float | None:
    return None if value is None or value != value else round(float(value), 3)


def _say(text: Text, language: str) -> str:
    return str(getattr(text, language))
