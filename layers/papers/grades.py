"""Grades after GB 18218 of an enterprise's stored plants, in its file."""

from typing import Any

import pandas as pd

from geo.errors import GeoError
from layers.errors import FormatError
from layers.papers.blocks import DASH, Paper, say
from layers.papers.wording import T
from layers.plants.document import PlantFile, parse_plant
from layers.plants.hazards import identify_hazard
from layers.plants.stored import PLANT_LAYER
from layers.store import Store
from layers.terrain import stored_rasters

__all__ = ["add_grades", "plants_of"]


def plants_of(store: Store, id: str) -> list[PlantFile]:
    """Return the stored plants, as they are, that say to be an enterprise; other layouts are none of them.

    Parameters
    ----------
    store : Store
    id : str
        Of the enterprise.
    """
    frame = store.read(PLANT_LAYER, columns=["id", "variant_of", "document"])
    present = frame[frame["variant_of"].isna()].sort_values("id")
    files = [
        parse_plant(document, name=plant)
        for plant, document in zip(present["id"], present["document"], strict=True)
        if _names(document, id)
    ]
    return files


def _names(document: Any, id: str) -> bool:
    feature = document["plant"].get("feature") or {}
    return bool(feature.get("layer") == "enterprises" and feature.get("id") == id)


def add_grades(paper: Paper, store: Store, id: str) -> None:
    """Add a table of the units of the enterprise's plants: S, whether a major hazard, R and grade (GB 18218).

    People around are the plant file's own number, else counted in the stored population raster.
    """
    plants = plants_of(store, id)
    if not plants:
        paper.paragraph(T["no_plant"])
    population = stored_rasters(store, ("population",)).get("population")
    for plant in plants:
        try:
            hazard = identify_hazard(plant, population)
        except (GeoError, FormatError) as error:
            # One wrong plant file must not hide the rest of the enterprise.
            paper.paragraph(f"{plant.plant.id}: {error.zh if paper.language == 'zh' else error.message}")
            continue
        _add_plant(paper, hazard)


def _add_plant(paper: Paper, hazard: dict[str, Any]) -> None:
    language, people = paper.language, hazard["people_within_500m"]["people"]
    paper.facts(
        [
            (T["plant"], hazard["plant"]["name"] or hazard["plant"]["id"]),
            (T["grade"], _grade(hazard, language)),
            (T["people"], people),
        ]
    )
    columns = [(T["unit"], 3.0), (T["s"], 1.0), (T["major"], 1.5), (T["r"], 1.0), (T["grade"], 1.2)]
    rows = [
        [
            unit["name"] or unit["id"],
            f"{unit['s']:.3g}",
            say(T["yes" if unit["is_major"] else "no"], language),
            DASH if unit["r"] is None or pd.isna(unit["r"]) else f"{unit['r']:.3g}",
            _grade(unit, language),
        ]
        for unit in hazard["units"]
    ]
    paper.table(columns, rows)
    if hazard["awaiting_confirmation"]:
        paper.paragraph(say(T["awaiting"], language).format(number=len(hazard["awaiting_confirmation"])))


def _grade(judged: dict[str, Any], language: str) -> str:
    if not judged["is_major"]:
        return say(T["no_major"], language)
    if judged["grade"] is None:
        return say(T["grade_open"], language)
    number = judged["grade"]
    return say(T["grade_n"], language).format(grade="一二三四"[number - 1] if language == "zh" else number)
