"""Quantities that stored features have of themselves: counts, fields, lengths, scores, findings."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry import shape

from geo.ellipsoid import FloatArray
from geo.grids.sizes import measure_areas_m2, measure_lengths_m
from geo.pipelines.tables import GAS_ITEMS, OIL_ITEMS
from geo.text import Text, say_metres
from layers.catalog import get_layer
from layers.errors import NotAvailableError
from layers.grids.objects import Objects, describe_features, join_objects
from layers.grids.registry import Metric, ObjectFilter
from layers.grids.scenes import Scene
from layers.grids.scores import SCORED_LAYERS, drop_closed, score_facilities
from layers.plants.distance_store import DISTANCE_SOURCE
from layers.siting.checks import RULE_CHECKS
from layers.siting.pipelines import MEDIA, classify_features

__all__ = ["measure_features", "measure_hca", "measure_legacy", "measure_scores", "measure_violations"]

_FINDING_SOURCES = (*RULE_CHECKS, DISTANCE_SOURCE)


def measure_features(scene: Scene, metric: Metric) -> Objects:
    """Return features that weigh 1, the value of a field, their length or their area."""
    scene.require(metric.layers, "import some first", "请先导入数据")
    tables, shapes = [], []
    reading, sharing = scene.split(2)
    for wanted, own in reading.stages(metric.objects):
        frame = own.stage(0.0, 0.5).read(wanted)
        weight = _weigh(own.stage(0.5, 1.0), frame, metric)
        tables.append(describe_features(wanted.layer, frame, weight))
        shapes.append(frame.geometry.to_numpy())
    return join_objects(sharing, tables, shapes, metric.layers)


def _weigh(scene: Scene, frame: gpd.GeoDataFrame, metric: Metric) -> FloatArray:
    if metric.quantity == "field":
        return frame[metric.field].to_numpy(dtype=float, na_value=np.nan)
    if metric.quantity == "length_km":
        return scene.measure(measure_lengths_m, frame.geometry.to_numpy(), "measuring lengths") / 1000.0
    if metric.quantity == "area_km2":
        return scene.measure(measure_areas_m2, frame.geometry.to_numpy(), "measuring areas") / 1e6
    return np.ones(len(frame))


def measure_scores(scene: Scene, metric: Metric) -> Objects:
    """Return facilities by their score; works that have closed are left out."""
    scene.require(
        metric.layers,
        "import some, or load the samples with `riskmap sample`",
        "请先导入数据，或运行 riskmap sample 载入样例",
    )
    tables, shapes = [], []
    reading, sharing = scene.split(2)
    for wanted, own in reading.stages(metric.objects):
        if wanted.layer not in SCORED_LAYERS:
            raise NotAvailableError(
                f"layer {wanted.layer} has no scores; layers with scores are: {', '.join(SCORED_LAYERS)}",
                zh=f"图层 {wanted.layer} 没有得分；有得分的图层：{'、'.join(SCORED_LAYERS)}",
            )
        frame = drop_closed(wanted.layer, own.read(wanted))
        scores = score_facilities(wanted.layer, frame)
        tables.append(describe_features(wanted.layer, frame, scores.score, scores.is_incomplete))
        shapes.append(frame.geometry.to_numpy())
    return join_objects(sharing, tables, shapes, metric.layers)


def measure_violations(scene: Scene, metric: Metric) -> Objects:
    """Return checked features by the number of their decided findings `prohibited`.

    ``missing_m`` adds up the metres that lack, ``undecided`` counts the findings `prohibited` that the doubt of
    positions leaves open. Features that no check has looked at are unknown; layers of which none was looked at are
    left out.
    """
    reading, counting = scene.split(2)
    found = _read_findings(reading, metric)
    banned = found[(found["verdict"] == "prohibited") & ~found["advisory"]]
    return _count_findings(counting, metric, found, banned, at_most=None)


def measure_legacy(scene: Scene, metric: Metric) -> Objects:
    """Return checked features, 1 for each that has a finding `legacy_rectify`; see :func:`measure_violations`."""
    reading, counting = scene.split(2)
    found = _read_findings(reading, metric)
    late = found[(found["verdict"] == "legacy_rectify") & ~found["advisory"]]
    return _count_findings(counting, metric, found, late, at_most=1)


def _read_findings(scene: Scene, metric: Metric) -> pd.DataFrame:
    found = scene.read_plain("findings", source=list(_FINDING_SOURCES), subject_layer=list(metric.layers))
    if found.empty:
        raise NotAvailableError(
            "no facility has been checked: run `riskmap audit` first",
            zh="还没有检查结果：请先运行 riskmap audit",
        )
    found = pd.DataFrame(found.drop(columns="geom"))
    for flag in ("decided", "advisory"):
        found[flag] = found[flag].fillna(False).astype(bool)
    return found


def _count_findings(
    scene: Scene, metric: Metric, found: pd.DataFrame, counted: pd.DataFrame, at_most: int | None
) -> Objects:
    tables, shapes = [], []
    checked_layers = [one for one in metric.objects if (found["subject_layer"] == one.layer).any()]
    reading, sharing = scene.split(2)
    for wanted, layer_scene in reading.stages(checked_layers):
        frame = layer_scene.read(wanted)
        ids = frame["id"]
        own = counted[counted["subject_layer"] == wanted.layer]
        decided = own[own["decided"]]
        number = ids.map(decided.groupby("subject_id").size()).fillna(0.0).to_numpy(dtype=float)
        checked = ids.isin(found.loc[found["subject_layer"] == wanted.layer, "subject_id"]).to_numpy()
        weight = np.where(checked, number if at_most is None else np.minimum(number, at_most), np.nan)
        table = describe_features(wanted.layer, frame, weight)
        table["undecided"] = ids.map(own[~own["decided"]].groupby("subject_id").size()).fillna(0.0).to_numpy()
        short = -decided.loc[decided["margin_m"] < 0, "margin_m"].astype(float)
        table["missing_m"] = ids.map(short.groupby(decided["subject_id"]).sum()).to_numpy(dtype=float)
        table.loc[number == 0, "missing_m"] = 0.0
        tables.append(table)
        shapes.append(frame.geometry.to_numpy())
    left_out = [one.layer for one in metric.objects if one not in checked_layers]
    objects = join_objects(
        sharing,
        tables,
        shapes,
        [one.layer for one in checked_layers],
        sums=("missing_m", "undecided") if at_most is None else ("undecided",),
        left_out=_describe_unchecked(left_out),
    )
    return objects.with_clauses(_write_clauses(objects.table, counted[counted["decided"]]))


def _describe_unchecked(layers: list[str]) -> tuple[Text, ...]:
    if not layers:
        return ()
    names = [get_layer(layer) for layer in layers]
    return (
        Text(
            f"以下图层的要素均未检查：{'、'.join(layer.zh for layer in names)}",
            f"layers of which no feature has been checked: {', '.join(layer.en for layer in names)}",
        ),
    )


def _write_clauses(table: pd.DataFrame, counted: pd.DataFrame) -> dict[int, tuple[Text, ...]]:
    rows = {(layer, id): row for row, (layer, id) in enumerate(zip(table["layer"], table["id"], strict=True))}
    clauses: dict[int, list[Text]] = {}
    for finding in counted.sort_values(["subject_layer", "subject_id", "rule", "id"]).to_dict("records"):
        row = rows.get((finding["subject_layer"], finding["subject_id"]))
        if row is not None and isinstance(finding["finding"], Mapping):
            clauses.setdefault(row, []).append(_write_clause(finding["finding"]))
    return {row: tuple(texts) for row, texts in clauses.items()}


def _write_clause(finding: Mapping[str, Any]) -> Text:
    title, by = finding.get("title") or {}, finding.get("authority") or {}
    clause = finding.get("clause") or ""
    margin = finding.get("margin_m")
    missing = (
        ("", "")
        if margin is None or margin >= 0
        else (f"，缺 {say_metres(-margin)}", f", {say_metres(-margin)} missing")
    )
    zh = f"《{by.get('zh', '')}》{finding.get('clause_zh') or clause}：{title.get('zh', '')}{missing[0]}"
    return Text(zh, f"{by.get('en', '')}, {clause}: {title.get('en', '')}{missing[1]}")


def measure_hca(scene: Scene, metric: Metric) -> Objects:
    """Return segments of pipelines by their length inside high-consequence areas.

    Segments that cannot be decided, and pipelines that GB 32167 does not cover or that state no medium, are unknown;
    their length stands in ``undecided_km``.

    Raises
    ------
    NotAvailableError
        If no pipeline is stored.
    """
    scene.require(metric.layers, "import pipelines first", "请先导入管道")
    scene.used.update({"buildings", *(item.layer for item in (*OIL_ITEMS, *GAS_ITEMS))})
    tables, shapes = [], []
    classifying, sharing = scene.split(2)
    for wanted, own in classifying.stages(metric.objects):
        frame = own.stage(0.0, 0.1).read(wanted)
        known = frame["kind"].isin(list(MEDIA)).to_numpy(dtype=bool)
        results = classify_features(scene.store, frame[known], own.stage(0.1, 1.0).say, scene.at)
        rows, parts = _split(frame[known], [result["segments"] for result in results])
        tables.append(_describe_segments(wanted, rows, parts))
        shapes.append(np.array([shape(part["geometry"]) for part in parts], dtype=object))
        rest = frame[~known]
        table = describe_features(wanted.layer, rest, np.nan)
        table["undecided_km"] = measure_lengths_m(rest.geometry.to_numpy()) / 1000.0
        tables.append(table)
        shapes.append(rest.geometry.to_numpy())
    return join_objects(sharing, tables, shapes, metric.layers, sums=("undecided_km",))


def _split(
    frame: gpd.GeoDataFrame, segments: list[list[dict[str, Any]]]
) -> tuple[gpd.GeoDataFrame, list[Any]]:
    counts = [len(found) for found in segments]
    rows = frame.iloc[np.repeat(np.arange(len(frame)), counts)]
    return rows, [segment for found in segments for segment in found]


def _describe_segments(wanted: ObjectFilter, rows: gpd.GeoDataFrame, parts: list[Any]) -> pd.DataFrame:
    length_km = np.array([part["end_m"] - part["start_m"] for part in parts], dtype=float) / 1000.0
    decided: NDArray[np.bool_] = np.array([part["decided"] for part in parts], dtype=bool)
    inside = np.array([part["hca_grade"] in ("I", "II", "III") for part in parts], dtype=bool)
    table = describe_features(wanted.layer, rows, np.where(decided, np.where(inside, length_km, 0.0), np.nan))
    table["undecided_km"] = np.where(decided, 0.0, length_km)
    return table
