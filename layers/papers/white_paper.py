"""The safety-risk white paper (安全风险白皮书) of an area: key figures, lists, a map, and what the data do not say."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.text import Text
from layers.catalog import get_layer
from layers.letters.drawing import draw_map
from layers.letters.surroundings import read_near
from layers.papers.blocks import Paper, say
from layers.papers.charts import draw_shares, draw_trend
from layers.papers.wording import CONCLUSION_WORDS, LIST_WORDS, T, word_of
from layers.register.areas import WHOLE
from layers.register.figures import area_figures, describe_check
from layers.register.gaps import list_gaps
from layers.register.lists import Choice, count_findings, describe_subjects, page_findings
from layers.register.trend import list_trend
from layers.store import Store
from layers.words import KINDS

__all__ = ["build_white_paper"]

_LISTED = 100
"""Rows of a list in the paper; the workbook has all of them."""

_DRAWN_RADIUS_M = 5_000.0
_DRAWN = ("admin_areas", "lakes", "rivers", "chemical_parks", "protection_targets", "settlements")


def build_white_paper(store: Store, area: str, language: str) -> Paper:
    """Return the white paper of an area.

    Parameters
    ----------
    store : Store
    area : str
        Division code, or `areas.WHOLE`.
    language : str
        ``zh`` or ``en``.

    Raises
    ------
    NotFoundError
        If this is no division code.
    """
    answer = area_figures(store, area)
    name = answer["area"]["name"] or (say(T["all"], language) if area == WHOLE else area)
    check = describe_check(store)
    checked_on = (check or {}).get("checked_on") or say(T["never"], language)
    paper = Paper(say(T["white_paper"], language), f"{name} · {checked_on}", language)
    _add_about(paper, answer, check)
    if answer["areas"]:
        paper.heading(T["by_area"])
        areas = [(_area_name(one, language), one) for one in answer["areas"]]
        _add_figures(paper, T["area"], areas, T["by_area_chart"])
    paper.heading(T["by_layer"])
    layers = [one for one in answer["layers"] if one["facilities"]]
    types = [(getattr(get_layer(one["layer"]), language), one) for one in layers]
    _add_figures(paper, T["layer"], types, T["by_layer_chart"])
    _add_trend(paper, list_trend(store, area))
    violations = page_findings(store, Choice(area=area, list="fail"), limit=_LISTED)
    _add_map(paper, store, violations)
    for word, title in (("fail", T["violations_title"]), ("legacy", T["legacy_title"])):
        _add_list(paper, store, Choice(area=area, list=word), title)
    _add_rules(paper, violations)
    _add_gaps(paper, store, area)
    paper.heading(T["method"]).paragraph(T["method_text"])
    return paper.paragraph(T["disclaimer"])


def _add_about(paper: Paper, answer: Mapping[str, Any], check: Mapping[str, Any] | None) -> None:
    figures, said = answer["figures"], check or {}
    paper.heading(T["about"]).facts(
        [
            (T["adcode"], None if answer["area"]["adcode"] == WHOLE else answer["area"]["adcode"]),
            (T["checked_on"], said.get("checked_on") or say(T["never"], paper.language)),
            (T["rules_version"], said.get("rules_version")),
            (T["changed"], ", ".join(said.get("changed") or ()) or say(T["none"], paper.language)),
            (T["facilities"], figures["facilities"]),
            *((CONCLUSION_WORDS[word], number) for word, number in figures["conclusions"].items()),
            (T["violations"], figures["findings"]["fail"]),
            (T["legacy"], figures["legacy"]),
        ]
    )


def _add_figures(paper: Paper, first: Text, rows: list[tuple[str, Mapping[str, Any]]], caption: Text) -> None:
    words = list(CONCLUSION_WORDS)
    columns = [(first, 3.0), (T["facilities"], 1.2), *((CONCLUSION_WORDS[word], 1.3) for word in words)]
    columns += [(T["violations"], 1.3), (T["legacy"], 1.3)]
    paper.table(
        columns,
        [
            [
                name,
                one["facilities"],
                *(one["conclusions"][word] for word in words),
                one["findings"]["fail"],
                one["legacy"],
            ]
            for name, one in rows
        ],
    )
    chart = draw_shares(rows, paper.language)
    if chart is not None:
        paper.picture(chart, caption)


def _add_trend(paper: Paper, audits: list[dict[str, Any]]) -> None:
    paper.heading(T["trend"])
    if len(audits) < 2:
        paper.paragraph(T["trend_none"])
        return
    paper.paragraph(T["trend_note"]).picture(draw_trend(audits, paper.language), T["trend_chart"])
    columns = [(T["checked_on"], 2.0), *((word, 1.2) for word in LIST_WORDS.values())]
    paper.table(
        columns, [[one["checked_on"], *(one["findings"][word] for word in LIST_WORDS)] for one in audits]
    )


def _area_name(one: Mapping[str, Any], language: str) -> str:
    if one["adcode"] is None:
        return say(T["no_code"], language)
    return f"{one['name'] or ''} {one['adcode']}".strip()


def _add_map(paper: Paper, store: Store, violations: gpd.GeoDataFrame) -> None:
    """Draw the facilities in violation, where there are any with a position."""
    frames = [
        store.read(str(layer), ids=sorted(set(ids)), columns=["name"])
        for layer, ids in violations.groupby("subject_layer")["subject_id"]
    ]
    placed = [frame[~(frame.geometry.isna() | frame.geometry.is_empty)] for frame in frames]
    if not sum(map(len, placed)):
        return
    plots = gpd.GeoDataFrame(pd.concat(placed, ignore_index=True), geometry="geom", crs="EPSG:4490")
    near = {layer: read_near(store, layer, plots, _DRAWN_RADIUS_M) for layer in _DRAWN}
    svg = draw_map(plots, [], near, paper.language, T["violating"])
    paper.heading(T["map"]).picture(svg, T["map_caption"])


def _add_list(paper: Paper, store: Store, choice: Choice, title: Text) -> None:
    paper.heading(title)
    number = count_findings(store, choice)["lists"][choice.list]
    frame = page_findings(store, choice, limit=_LISTED)
    if frame.empty:
        paper.paragraph(T["nothing"])
        return
    if number > len(frame):
        paper.paragraph(say(T["listed"], paper.language).format(shown=len(frame), all=number))
    subjects, language = describe_subjects(store, frame), paper.language
    rows: list[list[object]] = []
    records: list[dict[Any, Any]] = frame.to_dict("records")
    for row in records:
        subject = subjects.get((row["subject_layer"], row["subject_id"]), {})
        finding = row["finding"] or {}
        rows.append(
            [
                row["name"] or row["subject_id"],
                word_of(KINDS, subject.get("kind"), language),
                subject.get("adcode"),
                (finding.get("title") or {}).get(language),
                -row["margin_m"] if row["margin_m"] < 0 else None,
                row["doubt_m"],
            ]
        )
    columns = [(T["name"], 2.6), (T["kind"], 1.5), (T["adcode"], 1.2), (T["matter"], 4.2)]
    paper.table([*columns, (T["missing_m"], 1.2), (T["doubt_m"], 1.2)], rows)


def _add_rules(paper: Paper, violations: gpd.GeoDataFrame) -> None:
    if violations.empty:
        return
    language = paper.language
    rows: list[list[Any]] = []
    for _, group in violations.groupby("rule", sort=True):
        finding = group["finding"].iloc[0] or {}
        clause = (finding.get("clause_zh") if language == "zh" else None) or finding.get("clause")
        said = [(finding.get(name) or {}).get(language) for name in ("authority", "title")]
        rows.append([said[0], clause, said[1], len(group)])
    rows.sort(key=lambda row: (-row[3], str(row[0]), str(row[1])))
    columns = [(T["authority"], 2.6), (T["clause"], 1.6), (T["matter"], 4.6), (T["number"], 1.0)]
    paper.heading(T["rules_title"]).table(columns, rows)


def _add_gaps(paper: Paper, store: Store, area: str) -> None:
    gaps, language = list_gaps(store, area), paper.language
    filled = [one for one in gaps["layers"] if one["count"]]
    empty = [getattr(get_layer(one["layer"]), language) for one in gaps["layers"] if not one["count"]]
    paper.heading(T["gaps_title"])
    paper.table(
        [
            (T["layer"], 2.4),
            *(
                (T[name], 1.2)
                for name in ("number", "unknown_accuracy", "imprecise", "no_place", "illustrative")
            ),
            (T["oldest"], 1.5),
            (T["newest"], 1.5),
        ],
        [
            [
                getattr(get_layer(one["layer"]), language),
                *(
                    one[name]
                    for name in ("count", "accuracy_unknown", "imprecise", "without_adcode", "illustrative")
                ),
                one["oldest"][:10],
                one["newest"][:10],
            ]
            for one in filled
        ],
    )
    if empty:
        paper.paragraph(say(T["empty_layers"], language) + ("、" if language == "zh" else ", ").join(empty))
