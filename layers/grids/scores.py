"""The score of a facility: how much it weighs in the first grid.

``score = base score of its kind x factor of its colour grade``. The numbers are a convention of this project, made
to rank places for a first look; no standard gives them, and they are neither probabilities nor consequences.
``docs/scores.md`` prints the same tables.
"""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.catalog import get_layer

__all__ = ["BASE_SCORES", "GRADE_FACTORS", "SCORED_LAYERS", "Scores", "score_facilities"]


SCORED_LAYERS = ("enterprises", "hazard_sites", "tailings_ponds")
"""Layers that count. Units and parks do not: their enterprises do, and nothing counts twice."""

BASE_SCORES: dict[str, float] = {
    "tailings_pond": 4.0,
    "explosives_store": 4.0,
    "chemical_enterprise": 3.0,
    "chemical_project": 3.0,
    "oil_depot": 3.0,
    "lpg_depot": 3.0,
    "fireworks_store": 3.0,
    "smelter": 2.0,
    "concentrator": 2.0,
    "mine": 2.0,
    "waste_site": 2.0,
    "fuel_station": 1.0,
    "quarry": 1.0,
    "other": 1.0,
}
"""Base score by kind; a facility of another or of no known kind weighs `UNKNOWN_KIND_SCORE`. [1]"""

UNKNOWN_KIND_SCORE = 1.0
"""Base score where the kind is not known; the facility counts as incomplete. [1]"""

GRADE_FACTORS: dict[str, float] = {"red": 2.0, "orange": 1.5, "yellow": 1.0, "blue": 0.5}
"""Factor by colour grade (red major, orange greater, yellow general, blue low). [1]"""

UNKNOWN_GRADE_FACTOR = 1.0
"""Factor where the layer has grades and this facility's is not known; it counts as incomplete. [1]"""

_LEFT_OUT_STATES = {"enterprises": frozenset({"closed"}), "hazard_sites": frozenset({"closed"})}
"""Closed works no longer weigh; a closed pond does, its dam still stands."""


class Scores(NamedTuple):
    """Scores of facilities, row by row."""

    score: NDArray[np.float64]
    is_incomplete: NDArray[np.bool_]
    """Kind or grade is not known, so that the score leans on a default."""


def score_facilities(layer: str, frame: gpd.GeoDataFrame) -> Scores:
    """Return the scores of the features of a layer.

    Parameters
    ----------
    layer : str
        One of `SCORED_LAYERS`.
    frame : GeoDataFrame
        Its features, with their fields as columns.
    """
    described = get_layer(layer)
    kind = pd.Series(described.kind, index=frame.index) if described.kind else frame["kind"]
    base = kind.map(BASE_SCORES).astype(float)
    has_grades = any(field.name == "colour_grade" for field in described.fields)
    factor = frame["colour_grade"].map(GRADE_FACTORS).astype(float) if has_grades else base * 0 + 1.0
    incomplete = base.isna() | (factor.isna() if has_grades else False)
    known = base.fillna(UNKNOWN_KIND_SCORE) * factor.fillna(UNKNOWN_GRADE_FACTOR)
    return Scores(np.asarray(known, dtype=np.float64), np.asarray(incomplete, dtype=np.bool_))


def drop_closed(layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the features that weigh: works that have closed are left out."""
    left_out = _LEFT_OUT_STATES.get(layer, frozenset())
    return frame[~frame["state"].isin(left_out)]
