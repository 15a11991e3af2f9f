"""What a letter says, as plain texts: the same for Word, PDF and Excel.

:func:`build_content` gives a dict of texts and lists that a template reads by name; ``docs/letters.md`` lists them for
those who write templates of their own. Nothing in it is markup: templates have to write every value as text.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geo.ellipsoid import geodesic_area_m2
from geo.errors import OutOfRangeError
from geo.gauss_kruger import plane_coordinates
from geo.missing import is_missing
from geo.rules.finding import Conclusion, Verdict
from geo.rules.wording import name_need
from geo.standing import Standing
from geo.tailings import MONITORING
from geo.text import Text, say_metres, say_number
from layers.catalog import get_layer
from layers.documents.clean_text import clean_text
from layers.letters.drawing import NumberedFinding, draw_map
from layers.letters.surroundings import LayerSource
from layers.letters.wording import (
    CONCLUSION_SENTENCES,
    DISCLAIMER,
    LABELS,
    SIGNATURES,
    UNITS,
    assumptions,
    conclusion_of,
)
from layers.model import Field
from layers.runs import code_version
from layers.siting.vocabulary import LABELS as LAYER_LABELS
from layers.words import CHOICES, CONCLUSIONS, KINDS, PURPOSES, STATES, VERDICTS

__all__ = ["PRINTED_POINTS", "build_content", "number_findings"]

PRINTED_POINTS = 40
"""Corner points of a plot that a letter prints; the Excel annex holds all."""

_Say = Callable[[Text], str]
_MONITORED = {one.item: Text(one.zh, one.en) for asked in MONITORING.values() for one in asked}
_SHOWN_FIELDS = {"id", "name", "kind", "state", "purpose", "accuracy_m", "case_state"}
"""Fields that the list of facts names in a fixed order, or that say nothing of the project."""


def build_content(
    result: Mapping[str, Any],
    subjects: gpd.GeoDataFrame,
    surroundings: Mapping[str, gpd.GeoDataFrame],
    sources: Sequence[LayerSource],
    language: str,
) -> dict[str, Any]:
    """Return what a letter says.

    Parameters
    ----------
    result : mapping
        As published by a check (:mod:`layers.siting.checks`).
    subjects : GeoDataFrame, EPSG:4490
        What was checked, row by row as in ``result["proposals"]``.
    surroundings : mapping of slug to GeoDataFrame, EPSG:4490
        Drawn on the map pictures.
    sources : sequence of LayerSource
    language : str
        ``zh`` or ``en``.
    """

    def say(text: Text) -> str:
        return str(getattr(text, language))

    proposals = result["proposals"]
    return {
        "language": language,
        "labels": {name: say(text) for name, text in LABELS.items()},
        "title": say(LABELS["title"]),
        "about": _describe_check(result, say),
        "projects": [
            _describe_project(proposal, subjects.iloc[[row]], surroundings, language, say)
            for row, proposal in enumerate(proposals)
        ],
        "rules": _list_rules(proposals, language, say),
        "sources": [_describe_source(source, say) for source in sources],
        "assumptions": assumptions(language),
        "awaiting": _list_unconfirmed(proposals, sources, subjects, say),
        "signatures": [say(role) for role in SIGNATURES],
        "disclaimer": say(DISCLAIMER),
    }


def number_findings(findings: Sequence[Mapping[str, Any]]) -> list[NumberedFinding]:
    """Return findings numbered as in the table of checks: those that count, then advisory ones, then the rest.

    Each group has the worst first; the order of the rules decides between equals.
    """
    conclusions = list(Conclusion)

    def rank(finding: Mapping[str, Any]) -> tuple[int, int]:
        group = 2 if _is_inactive(finding) else int(finding["advisory"])
        return group, conclusions.index(conclusion_of(finding))

    return list(enumerate(sorted(findings, key=rank), start=1))


def _is_inactive(finding: Mapping[str, Any]) -> bool:
    return bool(finding["verdict"] == Verdict.NOT_IN_FORCE)


def _describe_check(result: Mapping[str, Any], say: _Say) -> list[list[str]]:
    values = {
        "checked_on": result["checked_on"],
        "subjects": len(result["proposals"]),
        "rules_version": result["rules_version"],
        "data_version": result["data_version"],
        "code_version": code_version(),
    }
    return [[say(LABELS[name]), clean_text(value)] for name, value in values.items()]


def _describe_project(
    proposal: Mapping[str, Any],
    plot: gpd.GeoDataFrame,
    surroundings: Mapping[str, gpd.GeoDataFrame],
    language: str,
    say: _Say,
) -> dict[str, Any]:
    numbered = number_findings(proposal["findings"])
    active = [(number, finding) for number, finding in numbered if not _is_inactive(finding)]
    checks = [_describe_finding(number, finding, language, say) for number, finding in active]
    conclusion = Conclusion(proposal["conclusion"])
    points = _list_points(plot.geometry.iloc[0])
    return {
        "id": clean_text(proposal["id"]),
        "name": clean_text(proposal["name"] or proposal["id"]),
        "facts": _list_facts(proposal, plot, say),
        "conclusion": say(_word(CONCLUSIONS[conclusion])),
        "conclusion_key": conclusion.value,
        "sentence": say(CONCLUSION_SENTENCES[conclusion]),
        "verdict": say(_word(VERDICTS[proposal["verdict"]])),
        "checks": [check for check in checks if not check["advisory"]],
        "advisory": [check for check in checks if check["advisory"]],
        "inactive": [
            f"{clean_text(finding['title'][language])} — {_cite(finding, language)}"
            for _, finding in numbered
            if _is_inactive(finding)
        ],
        "remarks": _list_remarks(checks, say),
        "changes": _list_changes(proposal, language, say),
        "points": points,
        "printed_points": points[:PRINTED_POINTS],
        "points_note": _note_points(len(points), plot.geometry.iloc[0], say),
        "picture": draw_map(plot, active, surroundings, language),
    }


def _list_remarks(checks: Iterable[Mapping[str, Any]], say: _Say) -> list[dict[str, Any]]:
    """Return the rows that are not a plain pass; what is said of several in the same words is said once."""
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for check in checks:
        if check["key"] != Conclusion.PASS.value:
            same = tuple(check[name] for name in ("key", "explanation", "remedy"))
            alike.setdefault((*same, *check["needs"]), []).append(check)
    remarks = []
    for rows in alike.values():
        others = "" if len(rows) == 1 else say(LABELS["others"]).format(len(rows) - 1)
        numbers = say(LABELS["and"]).join(str(row["no"]) for row in rows)
        remarks.append({**rows[0], "no": numbers, "title": rows[0]["title"] + others})
    return remarks


def _list_changes(proposal: Mapping[str, Any], language: str, say: _Say) -> list[str]:
    """Return the steps that would change the verdict, the smallest first, each with the rule that it settles."""
    titles = {finding["rule"]: finding["title"][language] for finding in proposal["findings"]}
    lines = []
    for change in proposal["changes"]:
        there = change.get("conclusion_there")
        said = "" if there is None else f" {say(LABELS['there'])}{say(_word(CONCLUSIONS[there]))}。"
        said = said if language == "zh" else said.replace("。", ".")
        lines.append(
            clean_text(f"{titles[change['rule']]}{say(LABELS['colon'])}{change['text'][language]}{said}")
        )
    return lines


def _list_facts(proposal: Mapping[str, Any], plot: gpd.GeoDataFrame, say: _Say) -> list[list[str]]:
    layer = get_layer(proposal["layer"])
    row = plot.iloc[0]
    words = {"kind": KINDS, "state": STATES, "purpose": PURPOSES}
    facts = [
        [say(LABELS["name"]), clean_text(proposal["name"] or say(LABELS["unknown"]))],
        [say(LABELS["id"]), clean_text(proposal["id"])],
        [say(LABELS["layer"]), say(Text(layer.zh, layer.en))],
    ]
    for name, choices in words.items():
        value = row.get(name)
        if name == "purpose" and pd.isna(value):
            continue
        label = next(
            (f for f in get_layer("proposals").all_fields if f.name == name),
            Field(name, layer.all_fields[0].type, name, name),
        )
        facts.append(
            [
                say(Text(label.zh, label.en)),
                say(_word(choices[value]))
                if isinstance(value, str) and value in choices
                else say(LABELS["unknown"]),
            ]
        )
    facts += [
        [_label(field, say), _value(row[field.name], say)]
        for field in layer.fields
        if field.name not in _SHOWN_FIELDS and field.name in row and _is_there(row[field.name])
    ]
    area_m2 = geodesic_area_m2(plot.geometry.iloc[0])
    if area_m2 > 0:
        facts.append([say(LABELS["area"]), f"{say_number(area_m2 / 1e4, 2)} hm²"])
    accuracy_m = row.get("accuracy_m")
    accuracy = say(LABELS["unknown"]) if pd.isna(accuracy_m) else f"±{say_number(accuracy_m)} m"
    return [*facts, [say(LABELS["accuracy"]), accuracy]]


def _is_there(value: object) -> bool:
    return not is_missing(value)


def _label(field: Field, say: _Say) -> str:
    unit = "" if field.unit is None else f" ({field.unit})"
    return say(Text(field.zh, field.en)) + unit


def _value(value: Any, say: _Say) -> str:
    """Return an attribute as text: words by their names, numbers with all their digits."""
    if isinstance(value, str):
        known = _MONITORED.get(value) or (_word(CHOICES[value]) if value in CHOICES else None)
        return clean_text(value) if known is None else say(known)
    if isinstance(value, bool):
        return say(LABELS["yes" if value else "no_word"])
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        return say_number(value)
    if isinstance(value, list):
        return say(LABELS["and"]).join(_value(one, say) for one in value)
    if isinstance(value, dict):
        return _point(value) or clean_text(json.dumps(value, ensure_ascii=False))
    return clean_text(value)


def _point(value: Mapping[str, Any]) -> str | None:
    """Return longitude and latitude of a GeoJSON point; None where it is something else."""
    if value.get("type") != "Point":
        return None
    lon, lat = value["coordinates"][:2]
    return f"{lon:.7f}°, {lat:.7f}°"


def _word(word: Any) -> Text:
    return Text(word.zh, word.en)


def _describe_finding(number: int, finding: Mapping[str, Any], language: str, say: _Say) -> dict[str, Any]:
    conclusion = conclusion_of(finding)
    target = finding["target"]
    return {
        "no": number,
        "rule": finding["rule"],
        "basis": _cite(finding, language),
        "title": clean_text(finding["title"][language]),
        "limit": _quantity(finding, "limit", "limit_m", say),
        "found": _quantity(finding, "found", "distance_m", say),
        "margin": _margin(finding["margin_m"], say),
        "doubt": _doubt(finding, say),
        "target": "" if target is None else clean_text(target["name"] or target["id"]),
        "verdict": say(_word(CONCLUSIONS[conclusion])),
        "verdict_word": _verdict_word(finding, say),
        "key": conclusion.value,
        "advisory": bool(finding["advisory"]),
        "explanation": clean_text(finding["explanation"][language]),
        "remedy": clean_text(finding["remedy"][language]),
        "needs": [clean_text(say(name_need(need, LAYER_LABELS))) for need in finding["needs"]],
    }


def _cite(finding: Mapping[str, Any], language: str) -> str:
    authority = clean_text(finding["authority"][language])
    title = f"《{authority}》" if language == "zh" and "《" not in authority else authority
    suffix = "_zh" if language == "zh" else ""
    clause, edition = (clean_text(finding[f"{name}{suffix}"]) for name in ("clause", "edition"))
    return f"{title}{clause}（{edition}）" if language == "zh" else f"{title}, {clause} ({edition})"


def _quantity(finding: Mapping[str, Any], name: str, name_m: str, say: _Say) -> str:
    if finding[name_m] is not None:
        metres = finding[name_m]
        return f"{say_number(metres)} m" if name == "limit" else say_metres(metres)
    value = finding[name]
    if value is None:
        return "—"
    unit = finding["unit"]
    named = say(UNITS[unit]) if unit in UNITS else clean_text(unit or "")
    return f"{say_number(value)} {named}".rstrip()


def _margin(margin_m: float | None, say: _Say) -> str:
    if margin_m is None:
        return "—"
    return f"{say(LABELS['short' if margin_m <= 0 else 'spare'])} {say_metres(abs(margin_m))}"


def _doubt(finding: Mapping[str, Any], say: _Say) -> str:
    if finding["doubt_m"] is not None:
        return f"±{say_metres(finding['doubt_m'])}"
    return "—" if finding["distance_m"] is None else say(LABELS["unknown"])


def _verdict_word(finding: Mapping[str, Any], say: _Say) -> str:
    """Return the verdict's name, marked where what is not decided could change it."""
    word = say(_word(VERDICTS[finding["verdict"]]))
    undecided = not finding["decided"] and finding["verdict"] not in {
        Verdict.INSUFFICIENT_DATA,
        finding["if_crossed"],
    }
    return word + say(LABELS["undecided"]) if undecided else word


def _list_points(geometry: shapely.Geometry) -> list[dict[str, str]]:
    """Return the corner points: number of the part and ring, longitude and latitude, Gauss-Krüger coordinates."""
    points = []
    for number, line in enumerate(_lines(geometry), start=1):
        places = shapely.get_coordinates(line)
        if shapely.is_closed(line) and len(places) > 1:
            places = places[:-1]
        points += [
            {"no": f"{number}-{i}", "lon": f"{lon:.7f}", "lat": f"{lat:.7f}", **_plane(lon, lat)}
            for i, (lon, lat) in enumerate(places, start=1)
        ]
    return points


def _lines(geometry: shapely.Geometry) -> Iterable[shapely.Geometry]:
    for part in shapely.get_parts(geometry):
        if isinstance(part, shapely.Polygon):
            yield from (part.exterior, *part.interiors)
        else:
            yield part


def _plane(lon: float, lat: float) -> dict[str, str]:
    try:
        plane = plane_coordinates(float(lon), float(lat))
    except OutOfRangeError:
        return {"x": "—", "y": "—"}
    return {"x": f"{plane.northing_m:.3f}", "y": f"{plane.easting_m:.3f}"}


def _note_points(count: int, geometry: shapely.Geometry, say: _Say) -> str:
    """Say in which systems the coordinates are, and how many are printed elsewhere."""
    west, _south, east, _north = shapely.bounds(geometry)
    try:
        zones = sorted({plane_coordinates(float(lon), 0.0).epsg: lon for lon in (west, east)})
        plane = "、".join(f"EPSG:{epsg}" for epsg in zones)
    except OutOfRangeError:
        plane = "—"
    note = Text(
        f"经纬度：CGCS2000（EPSG:4490）。平面坐标：CGCS2000 高斯-克吕格 3 度带（{plane}，Y 前两位为带号）。"
        f"编号为“环号-点号”。",
        f"Longitude and latitude: CGCS2000 (EPSG:4490). Plane: CGCS2000 Gauss-Krüger, 3-degree zone ({plane}; zone "
        "number before Y). Numbers: ring-point. ",
    )
    rest = Text(
        f"共 {count} 点，此处列前 {PRINTED_POINTS} 点，其余见 Excel 附表。",
        f"{count} points, the first {PRINTED_POINTS} here; all are in the Excel annex.",
    )
    return say(note) + (say(rest) if count > PRINTED_POINTS else "")


def _list_rules(proposals: Sequence[Mapping[str, Any]], language: str, say: _Say) -> list[dict[str, str]]:
    rules = {finding["rule"]: finding for proposal in proposals for finding in proposal["findings"]}
    return [
        {
            "rule": clean_text(name),
            "title": clean_text(finding["title"][language]),
            "basis": _cite(finding, language),
            "in_force": _name_dates(finding["in_force_from"], finding["in_force_to"], say),
            "standing": say(Standing(finding["standing"]).text),
        }
        for name, finding in rules.items()
    ]


def _name_dates(start: str | None, end: str | None, say: _Say) -> str:
    names = {
        (False, False): "in_force_unknown",
        (True, False): "in_force_from",
        (False, True): "in_force_to",
        (True, True): "in_force_between",
    }
    return say(LABELS[names[start is not None, end is not None]]).format(start, end)


def _describe_source(source: LayerSource, say: _Say) -> dict[str, str]:
    summary, layer = source.summary, get_layer(source.summary.slug)
    return {
        "layer": say(Text(layer.zh, layer.en)),
        "slug": summary.slug,
        "count": say_number(summary.count),
        "newest": "—" if summary.newest is None else summary.newest.date().isoformat(),
        "accuracy": _accuracy_range(source, say),
        "origin": clean_text("；".join(_name_source(name, say) for name in source.sources) or "—"),
        "digest": summary.digest[:12],
    }


def _name_source(name: str, say: _Say) -> str:
    return say(LABELS["illustrative"]) if name == "illustrative" else name


def _accuracy_range(source: LayerSource, say: _Say) -> str:
    summary = source.summary
    if not summary.count:
        return "—"
    parts = []
    if summary.accuracy_min_m is not None and summary.accuracy_max_m is not None:
        low, high = say_number(summary.accuracy_min_m), say_number(summary.accuracy_max_m)
        parts.append(f"{low} m" if low == high else f"{low}–{high} m")
    if summary.accuracy_unknown:
        parts.append(f"{say(LABELS['unknown'])} × {say_number(summary.accuracy_unknown)}")
    return ", ".join(parts)


def _list_unconfirmed(
    proposals: Sequence[Mapping[str, Any]],
    sources: Sequence[LayerSource],
    subjects: gpd.GeoDataFrame,
    say: _Say,
) -> list[str]:
    """Return whatever the result rests on that nobody has confirmed yet."""
    rules = {f["rule"]: f for proposal in proposals for f in proposal["findings"] if not _is_inactive(f)}
    lines = [
        Text(
            f"规则 {name}（{finding['title']['zh']}）：{Standing(finding['standing']).text.zh}，请对照正式文本确认。",
            f"Rule {name} ({finding['title']['en']}): {Standing(finding['standing']).text.en}; "
            "confirm it against the official text.",
        )
        for name, finding in rules.items()
        if finding["standing"] != "verified"
    ]
    for source in sources:
        summary, layer = source.summary, get_layer(source.summary.slug)
        if not summary.count:
            lines.append(Text(f"图层“{layer.zh}”没有数据。", f"Layer {layer.en} holds no data."))
        if summary.illustrative:
            lines.append(
                Text(
                    f"图层“{layer.zh}”含 {summary.illustrative} 个演示要素，不是真实数据。",
                    f"Layer {layer.en} holds {summary.illustrative} illustrative features, which are not real.",
                )
            )
    unknown = int(subjects["accuracy_m"].isna().sum())
    if unknown:
        lines.append(
            Text(f"{unknown} 个审查对象的位置精度未知。", f"The accuracy of {unknown} plots is unknown.")
        )
    open_findings = [f for p in proposals for f in p["findings"] if conclusion_of(f) is not Conclusion.PASS]
    needs = sorted({need for finding in open_findings for need in finding["needs"]})
    words = [name_need(need, LAYER_LABELS) for need in needs]
    lines += [Text(f"需补充：{need.zh}", f"To be brought: {need.en}") for need in words]
    return [clean_text(say(line)) for line in lines]
