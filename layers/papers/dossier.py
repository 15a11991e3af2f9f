"""One enterprise on one page (一企一档): who it is, its risk points, hazards, findings and history."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import and_, or_, select

from layers.catalog import LAYERS, get_layer
from layers.errors import NotFoundError
from layers.letters.drawing import NumberedFinding, draw_map
from layers.letters.surroundings import read_near
from layers.papers.blocks import Paper, say, written
from layers.papers.grades import add_grades
from layers.papers.risk_points import draw_risk_points, number_units
from layers.papers.wording import COLOURS, CONCLUSION_WORDS, T, word_of
from layers.register.areas import area_names
from layers.register.conclusions import FINDINGS, LISTS, list_of
from layers.register.lists import Choice, wanted_findings
from layers.store import Store
from layers.store.summary import ILLUSTRATIVE
from layers.words import KINDS, STATES, VERDICTS

__all__ = ["build_dossier"]

_OF_ENTERPRISE = tuple(
    layer.slug for layer in LAYERS.values() if any(field.name == "enterprise_id" for field in layer.fields)
)
"""Layers whose features say which enterprise they belong to."""

_DRAWN_RADIUS_M = 3_000.0
_DRAWN = (
    "lakes",
    "rivers",
    "chemical_parks",
    "protection_targets",
    "settlements",
    "roads",
    "railways",
    "buildings",
    *_OF_ENTERPRISE,
)
_OPEN = LISTS.index("undecidable")
_ENVELOPE = {"version", "valid_from", "valid_to"}


def build_dossier(store: Store, id: str, language: str) -> Paper:
    """Return the file of an enterprise.

    Parameters
    ----------
    store : Store
    id : str
        Of the enterprise, in the layer ``enterprises``.
    language : str
        ``zh`` or ``en``.

    Raises
    ------
    NotFoundError
        If there is no such enterprise.
    """
    own = store.read("enterprises", ids=[id])
    if own.empty:
        raise NotFoundError(f"there is no enterprise {id!r}", zh=f"没有编号为“{id}”的企业")
    parts = {
        layer: frame
        for layer in _OF_ENTERPRISE
        if len(frame := store.read(layer, where={"enterprise_id": id}))
    }
    row: dict[Any, Any] = own.iloc[0].to_dict()
    paper = Paper(say(T["dossier"], language), str(row["name"] or id), language)
    findings = _read_findings(
        store, [("enterprises", id), *((s, i) for s, f in parts.items() for i in f["id"])]
    )
    _add_about(paper, store, row, findings)
    _add_map(paper, store, own, findings)
    _add_risk_points(paper, own, parts)
    _add_hazard(paper, store, row, parts)
    _add_findings(paper, findings)
    _add_history(paper, store, id)
    return paper.paragraph(T["disclaimer"])


def _read_findings(store: Store, subjects: list[tuple[str, str]]) -> gpd.GeoDataFrame:
    """Return the findings that count of an enterprise and what belongs to it, the worst first."""
    c = FINDINGS.c
    whose = or_(*(and_(c.subject_layer == layer, c.subject_id == id) for layer, id in subjects))
    query = select(c.id, list_of()).where(*wanted_findings(Choice()), whose)
    places = store.ask(lambda connection: {row[0]: row[1] for row in connection.execute(query)})
    frame = store.read("findings", ids=sorted(places))
    frame["list"] = frame["id"].map(places)
    return frame.sort_values(["list", "margin_m", "id"], ascending=[False, True, True]).reset_index(drop=True)


def _add_about(paper: Paper, store: Store, row: Mapping[Any, Any], findings: gpd.GeoDataFrame) -> None:
    language, place = paper.language, row["geom"]
    point = None if place is None or place.is_empty else place.representative_point()
    adcode = row["adcode"]
    division = " ".join(part for part in (adcode, area_names(store).get(adcode or "")) if part)
    paper.heading(T["about"]).facts(
        [
            (T["conclusion"], _conclusion(findings, language)),
            (T["id"], row["id"]),
            *((T[name], row[name]) for name in ("credit_code", "industry_code")),
            (T["kind"], word_of(KINDS, row["kind"], language)),
            (T["state"], word_of(STATES, row["state"], language)),
            (T["adcode"], division),
            (T["address"], row["address"]),
            (T["staff"], None if pd.isna(row["staff"]) else int(row["staff"])),
            (T["colour"], word_of(COLOURS, row["colour_grade"], language)),
            (T["position"], None if point is None else f"{point.x:.6f}, {point.y:.6f}"),
            (T["accuracy"], row["accuracy_m"]),
            (T["source"], _source(row["source"], language)),
            (T["version"], int(row["version"])),
            (T["valid_from"], row["valid_from"].date().isoformat()),
        ]
    )


def _conclusion(findings: gpd.GeoDataFrame, language: str) -> str:
    if findings.empty:
        return say(CONCLUSION_WORDS["unchecked"], language)
    word = LISTS[int(findings["list"].max())]
    return say(CONCLUSION_WORDS["conditional" if word == "legacy" else word], language)


def _add_map(paper: Paper, store: Store, own: gpd.GeoDataFrame, findings: gpd.GeoDataFrame) -> None:
    if own.geometry.isna().any() or own.geometry.is_empty.any():
        return
    near = {layer: read_near(store, layer, own, _DRAWN_RADIUS_M) for layer in dict.fromkeys(_DRAWN)}
    stated = findings[(findings["list"] > 0) & (findings["list"] != _OPEN)]
    # An imported finding may have no evidence to draw.
    numbered: list[NumberedFinding] = [
        (number, finding)
        for number, finding in enumerate(stated["finding"], start=1)
        if finding is not None and finding.get("evidence") is not None
    ]
    svg = draw_map(own, numbered, near, paper.language, T["enterprise"])
    paper.heading(T["surroundings"]).picture(svg, T["surroundings_caption"])


def _add_risk_points(paper: Paper, own: gpd.GeoDataFrame, parts: Mapping[str, gpd.GeoDataFrame]) -> None:
    language = paper.language
    units = number_units(parts)
    rows = [
        [
            str(number),
            one["name"] or one["id"],
            getattr(get_layer(layer), language),
            word_of(COLOURS, one.get("colour_grade"), language),
            _yes_no(one.get("major_hazard_source"), language),
            _inventory(one.get("inventory")),
        ]
        for number, layer, one in units
    ]
    paper.heading(T["risk_points"]).paragraph(T["risk_points_note"])
    if not rows:
        paper.paragraph(T["nothing"])
        return
    picture = draw_risk_points(own, units, language)
    if picture is not None:
        paper.picture(picture, T["points_map"])
    columns = [
        (T["id"], 0.6),
        (T["name"], 2.5),
        (T["layer"], 1.5),
        (T["colour"], 1.5),
        (T["major"], 1.5),
        (T["inventory"], 3.0),
    ]
    paper.table(columns, rows)


def _inventory(inventory: Any) -> str | None:
    """Return the substances of a unit with their mass in tonnes."""
    if not isinstance(inventory, list):
        return None
    return "; ".join(
        f"{item.get('cas', '?')} {written(None if item.get('mass_kg') is None else item['mass_kg'] / 1000)} t"
        for item in inventory
        if isinstance(item, dict)
    )


def _yes_no(value: Any, language: str) -> str:
    if value is None or pd.isna(value):
        return say(T["unknown"], language)
    return say(T["yes" if value else "no"], language)


def _add_hazard(
    paper: Paper, store: Store, row: Mapping[Any, Any], parts: Mapping[str, gpd.GeoDataFrame]
) -> None:
    subjects = [row["id"], *(id for frame in parts.values() for id in frame["id"])]
    contours = store.read("risk_contours", where={"subject_id": subjects}, columns=["name", "risk_per_year"])
    levels = ", ".join(
        f"{name or ''} {risk:.0e}/a".strip()
        for name, risk in zip(contours["name"], contours["risk_per_year"], strict=True)
    )
    paper.heading(T["hazard"]).paragraph(T["grade_note"])
    add_grades(paper, store, row["id"])
    paper.facts(
        [
            (T["registered"], _yes_no(row["major_hazard_source"], paper.language)),
            (T["external"], row["external_distance_m"]),
            (T["contours"], levels),
        ]
    )


def _add_findings(paper: Paper, findings: gpd.GeoDataFrame) -> None:
    language = paper.language
    stated = findings[(findings["list"] > 0) & (findings["list"] != _OPEN)]
    paper.heading(T["findings"]).facts([(T["open_number"], int((findings["list"] == _OPEN).sum()))])
    if stated.empty:
        paper.paragraph(T["nothing"])
        return
    rows = []
    for number, row in enumerate(stated.to_dict("records"), start=1):
        finding = row["finding"] or {}
        said = [(finding.get(name) or {}).get(language) for name in ("title", "authority")]
        clause = (finding.get("clause_zh") if language == "zh" else None) or finding.get("clause") or ""
        missing_m = -row["margin_m"] if row["margin_m"] < 0 else None
        rows.append(
            [
                str(number),
                row["name"] or row["subject_id"],
                said[0],
                f"{said[1] or ''} {clause}".strip(),
                word_of(VERDICTS, row["verdict"], language),
                missing_m,
                row["doubt_m"],
            ]
        )
    names = (
        ("id", 0.8),
        ("name", 2.0),
        ("matter", 3.6),
        ("clause", 2.4),
        ("verdict", 1.3),
        ("missing_m", 1.2),
    )
    paper.table([*((T[name], width) for name, width in names), (T["doubt_m"], 1.2)], rows)


def _add_history(paper: Paper, store: Store, id: str) -> None:
    language, rows, before = paper.language, [], None
    for feature in store.versions("enterprises", id):
        properties = feature["properties"]
        names = say(T["first"], language) if before is None else _differences(before, feature, language)
        rows.append(
            [
                str(properties["version"]),
                properties["valid_from"][:10],
                _source(properties["source"], language),
                names,
            ]
        )
        before = feature
    columns = (("version", 0.8), ("valid_from", 1.2), ("source", 2.0), ("changed_fields", 5.0))
    paper.heading(T["history"]).table([(T[name], width) for name, width in columns], rows)


def _source(source: str | None, language: str) -> str | None:
    return say(T["illustrative"], language) if source == ILLUSTRATIVE else source


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> str:
    """Return the labels of the fields in which two versions differ."""
    old, new = before["properties"], after["properties"]
    layer = get_layer("enterprises")
    names = [
        getattr(field, language)
        for field in layer.all_fields
        if field.name not in _ENVELOPE and old.get(field.name) != new.get(field.name)
    ]
    if before["geometry"] != after["geometry"]:
        names.append(say(T["position"], language))
    return ("、" if language == "zh" else ", ").join(names)
