"""Stored and uploaded pipelines classified: area classes and high-consequence areas, segment by segment.

The result is the same for every door::

    {"pipeline": {"layer", "id", "name", "kind", "diameter_mm", "pressure_mpa", "accuracy_m"}, "data_version",
     "length_m", "impact_radius_m", "impact_radius_us_m",
     "segments": [{"start_m", "end_m", "start", "end", "area_class", "hca_grade", "hca_grade_other", "decided",
                   "reasons", "needs", "geometry"}],
     "numbers": […], "awaiting_confirmation": […]}
"""

import json
from datetime import datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geo.pipelines.classification import classify_pipeline
from geo.pipelines.route import MM, Route
from geo.pipelines.tables import GAS_ITEMS, OIL_ITEMS
from geo.progress import Progress
from layers.errors import NotAvailableError, NotFoundError
from layers.runs import code_version, make_run_id
from layers.store import Run, Store

__all__ = ["MEDIA", "RUN_KIND", "classify_features", "classify_stored", "find_segments"]

RUN_KIND = "pipeline"
"""Kind of the runs that keep classifications."""

MEDIA = {"oil_pipeline": "oil", "gas_pipeline": "gas"}
"""What GB 32167 calls the medium of each kind of pipeline."""

_ITEMS = {"oil": OIL_ITEMS, "gas": GAS_ITEMS}
_MARGIN_DEG = 0.05
"""How far around a line is looked: 4.9 km and more up to 28 degrees of latitude; no item asks for more than 1 km."""


def classify_stored(store: Store, pipeline: str, progress: Progress | None = None) -> dict[str, Any]:
    """Classify a stored pipeline, keep the result as a run, and return it.

    Raises
    ------
    NotFoundError
        If there is no such pipeline.
    NotAvailableError
        If it is neither an oil nor a gas pipeline, or nobody said which.
    """
    found = _read_one(store, pipeline)
    if progress is not None:
        progress(0.1, pipeline)
    (result,) = classify_features(store, found)
    run = _describe_run(store, pipeline, result)
    store.record_run(run)
    return {"run": run.id, **result}


def classify_features(
    store: Store,
    features: gpd.GeoDataFrame,
    progress: Progress | None = None,
    at: datetime | None = None,
) -> list[dict[str, Any]]:
    """Return the classification of each of some pipelines, in their order; nothing is stored.

    Parameters
    ----------
    features : GeoDataFrame, EPSG:4490
        With the fields of the layer ``pipelines``.
    progress : callable, optional
    at : datetime, optional
        What lies around is taken as it was at that moment; default as it is.

    Raises
    ------
    NotAvailableError
        If one is neither an oil nor a gas pipeline, or nobody said which.
    """
    results = []
    for row in range(len(features)):
        if progress is not None:
            progress(row / len(features), str(features["id"].iloc[row]))
        results.append(_classify(store, features.iloc[row], features.geometry.iloc[row], at))
    return results


def find_segments(store: Store, pipeline: str) -> dict[str, Any]:
    """Return the segments of a pipeline as they were classified last, as a GeoJSON FeatureCollection.

    ``run`` is null, and there are no segments, where it was never classified with the data as they are now.

    Raises
    ------
    NotFoundError
        If there is no such pipeline.
    """
    id = _run_id(store, pipeline, str(_read_one(store, pipeline)["kind"].iloc[0]))
    try:
        result = store.run(id).result
    except NotFoundError:
        return {"type": "FeatureCollection", "run": None, "features": []}
    return {
        "type": "FeatureCollection",
        "run": id,
        "features": [
            {
                "type": "Feature",
                "id": f"{pipeline}@{segment['start_m']:.3f}",
                "geometry": segment["geometry"],
                "properties": {name: value for name, value in segment.items() if name != "geometry"},
            }
            for segment in result["segments"]
        ],
    }


def _read_one(store: Store, pipeline: str) -> gpd.GeoDataFrame:
    found = store.read("pipelines", ids=[pipeline])
    if not len(found):
        raise NotFoundError(
            f"layer pipelines has no feature {pipeline!r}", zh=f"图层 pipelines 中没有“{pipeline}”"
        )
    return found


def _classify(
    store: Store, row: "pd.Series[Any]", line: shapely.Geometry, at: datetime | None
) -> dict[str, Any]:
    medium = MEDIA.get(row["kind"]) if isinstance(row["kind"], str) else None
    if medium is None:
        raise NotAvailableError(
            f"pipeline {row['id']!r} is of kind {row['kind']!r}: only oil_pipeline and gas_pipeline are classified",
            zh=f"管道“{row['id']}”的类别为“{row['kind']}”：只对输油管道和输气管道进行地区等级和高后果区识别",
        )
    layers = _layers_for(medium)
    around = {layer: _near(store, layer, line, at) for layer in layers}
    found = classify_pipeline(
        line,
        _number(row.get("diameter_mm")),
        _number(row.get("pressure_mpa")),
        medium,
        around.pop("buildings"),
        around,
        _number(row.get("accuracy_m")),
    )
    described = json.loads(json.dumps(found.to_dict(), ensure_ascii=False, allow_nan=False))
    route = Route(line)
    for segment in described["segments"]:
        segment["geometry"] = _cut(route, segment["start_m"], segment["end_m"])
    named = {name: None if pd.isna(row.get(name)) else str(row[name]) for name in ("id", "name", "kind")}
    sizes = {name: _number(row.get(name)) for name in ("diameter_mm", "pressure_mpa", "accuracy_m")}
    return {
        "pipeline": {"layer": "pipelines", **named, **sizes},
        "data_version": store.data_version(["pipelines", *layers]),
        **described,
    }


def _layers_for(medium: str) -> list[str]:
    return sorted({"buildings", *(item.layer for item in _ITEMS[medium])})


def _near(store: Store, layer: str, line: shapely.Geometry, at: datetime | None) -> gpd.GeoDataFrame:
    """Return the features of a layer round a line; one from elsewhere where none is near, so that it is not empty."""
    west, south, east, north = shapely.bounds(line).tolist()
    bounds = (west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG)
    near = store.read(layer, bounds=bounds, at=at)
    return near if len(near) else store.read(layer, limit=1, at=at)


def _cut(route: Route, start_m: float, end_m: float) -> dict[str, Any]:
    lines = route.cut(round(start_m * MM), round(end_m * MM))
    return {"type": "MultiLineString", "coordinates": json.loads(json.dumps(lines))}


def _describe_run(store: Store, pipeline: str, result: dict[str, Any]) -> Run:
    kind = result["pipeline"]["kind"]
    return Run(
        id=_run_id(store, pipeline, kind),
        kind=RUN_KIND,
        checked_on=None,
        parameters={"pipeline": pipeline},
        inputs=_inputs(store, kind),
        code_version=code_version(),
        result=result,
    )


def _run_id(store: Store, pipeline: str, kind: str) -> str:
    return make_run_id(RUN_KIND, pipeline, _inputs(store, kind))


def _inputs(store: Store, kind: str) -> dict[str, str]:
    layers = ["pipelines", *(_layers_for(MEDIA[kind]) if kind in MEDIA else [])]
    return {layer: store.layer_digest(layer) for layer in sorted(layers)}


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
