"""Small frames of features with answers that one can do by hand."""

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

__all__ = ["declaration", "frame", "many_points", "ponds"]


def frame(geometries: list[shapely.Geometry | None], **columns: Any) -> gpd.GeoDataFrame:
    """Return features in EPSG:4490, one for each geometry; values stay as given, not made floats by a ``None``."""
    data = {
        name: pd.Series(values, dtype=object) if isinstance(values, list) else values
        for name, values in columns.items()
    }
    return gpd.GeoDataFrame({**data, "geom": geometries}, geometry="geom", crs="EPSG:4490")


def declaration(layer: str, shape: shapely.Geometry, **columns: Any) -> gpd.GeoDataFrame:
    """Return the declaration that the survey of a layer is complete in an area; columns replace or add fields."""
    given = {
        "id": [f"C-{layer}"],
        "name": ["普查声明"],
        "source": ["survey"],
        "surveyed_layer": [layer],
        "condition": [None],
        "complete": [True],
        "surveyed_on": [date(2026, 6, 1)],
        "declared_by": ["县应急管理局"],
    }
    return frame([shape], **{**given, **columns})


def ponds(**columns: Any) -> gpd.GeoDataFrame:
    """Return three tailings ponds, P1 to P3, one degree apart on a parallel; columns replace or add fields."""
    given = {
        "id": ["P1", "P2", "P3"],
        "name": ["一号尾矿库", "二号尾矿库", "Pond 3"],
        "source": ["survey", "illustrative", "survey"],
        "accuracy_m": [5.0, np.nan, 30.0],
        "state": ["new", "in_service", None],
        "capacity_m3": [1_500_000.0, np.nan, 0.0],
    }
    return frame([shapely.Point(lon, 26.0) for lon in (101.0, 102.0, 103.0)], **{**given, **columns})


def many_points(count: int) -> gpd.GeoDataFrame:
    """Return enterprises spread over 5 by 4 degrees, every field type but moments among their columns."""
    random = np.random.default_rng(20261122)
    return gpd.GeoDataFrame(
        {
            "id": [f"E{number:06d}" for number in range(count)],
            "name": [f"企业 {number}" for number in range(count)],
            "source": "survey",
            "accuracy_m": 5.0,
            "kind": "smelter",
            "staff": np.arange(count),
            "extra": [{"number": number} for number in range(count)],
        },
        geometry=shapely.points(random.uniform(100, 105, count), random.uniform(24, 28, count)),
        crs="EPSG:4490",
    ).rename_geometry("geom")
