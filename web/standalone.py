"""The map as one file of its own: scripts, styles and data inside, no server and no network needed."""

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import OutOfRangeError
from geo.progress import Progress
from geo.text import say_number
from layers.admin import list_attributions
from layers.catalog import LAYERS, get_layer
from layers.geojson import feature_texts, json_value
from layers.grids import list_grids, read_cells
from layers.model import Field
from layers.store import LayerSummary, Store
from web.config import MapConfig
from web.maps import build_map
from web.page_assets import escape_script, inline_assets

__all__ = ["MAX_FEATURES", "StandaloneReport", "write_standalone"]

MAX_FEATURES = 50_000
"""Most features, findings and grid cells together that a file takes unless told otherwise."""

_POLICY = "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:"
"""The file's own promise to the browser: nothing is ever loaded from anywhere."""
_NEVER_DRAWN = frozenset({"findings", "grid_runs", "grid_cells", "plants"})
"""Layers that the page gets in another shape."""


@dataclass(frozen=True)
class StandaloneReport:
    """What was written.

    Attributes
    ----------
    path : Path
    features : int
        Features, findings and grid cells inside.
    size_bytes : int
    """

    path: Path
    features: int
    size_bytes: int


def write_standalone(
    store: Store,
    path: Path,
    *,
    lang: str = "zh",
    max_features: int = MAX_FEATURES,
    layers: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> StandaloneReport:
    """Write the map with the current data of the store into one HTML file.

    Parameters
    ----------
    store : Store
    path : Path
        The file; one that is there is replaced.
    lang : {"zh", "en"}
        Language in which it opens; its reader may switch.
    max_features : int
        Limit of features, findings and grid cells together.
    layers : sequence of str, optional
        Slugs of the layers to take; by default all.
    progress : callable, optional
        Called with the fraction done and the layer that is next; may raise ``CancelledError``.

    Raises
    ------
    OutOfRangeError
        If there is more than the limit; nothing is written then.
    UnknownLayerError
        If a slug is no layer.
    NotAvailableError
        If the web libraries have not been built.
    """
    slugs = [get_layer(slug).slug for slug in layers] if layers is not None else list(LAYERS)
    counts = {slug: store.count(slug) for slug in slugs}
    _check_size(counts, max_features)
    data = _data_text(store, [slug for slug, count in counts.items() if count], progress)
    config = MapConfig(lang=lang, attributions=list_attributions(store), policy=_POLICY)
    assets = inline_assets(with_h3=counts.get("grid_cells", 0) > 0)
    page = build_map(config, assets=assets, data=escape_script(data)).get_root().render()
    path.write_text(page, encoding="utf-8")
    return StandaloneReport(path, sum(counts.values()), path.stat().st_size)


def _check_size(counts: dict[str, int], max_features: int) -> None:
    total = sum(counts.values())
    if total <= max_features:
        return
    largest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
    named = ", ".join(f"{slug} {say_number(count)}" for slug, count in largest if count)
    raise OutOfRangeError(
        f"{say_number(total)} features are too many for one file, the limit is {say_number(max_features)}; the "
        f"largest layers are {named}; take fewer layers, or raise max_features",
        zh=f"共 {say_number(total)} 个要素，超过单个文件的上限 {say_number(max_features)}；最大的图层：{named}；"
        "请减少图层或提高 max_features",
    )


def _data_text(store: Store, slugs: Sequence[str], progress: Progress | None) -> str:
    """Return the JSON text that ``inline.js`` reads."""
    parts = []
    for i, slug in enumerate(slugs):
        if progress is not None:
            progress(i / len(slugs), slug)
        if slug not in _NEVER_DRAWN:
            parts.append(f"{json.dumps(slug)}:{_array(feature_texts(store.read(slug)))}")
    wanted = frozenset(slugs)
    members = {
        "layers": _dump(_describe_layers(store, wanted)),
        "features": "{" + ",".join(parts) + "}",
        "findings": _array(_finding_texts(store)) if "findings" in wanted else "[]",
        "summary": _dump(_summarize(store)),
        "grids": _dump(_grids(store)) if {"grid_runs", "grid_cells"} <= wanted else "[]",
    }
    return "{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}"


def _describe_layers(store: Store, wanted: frozenset[str]) -> list[dict[str, Any]]:
    """Return the layers as ``/api/v1/layers`` does; what the file leaves out counts as empty."""
    return [_describe_layer(summary, summary.slug in wanted) for summary in store.summaries()]


def _describe_layer(summary: LayerSummary, is_there: bool) -> dict[str, Any]:
    layer = get_layer(summary.slug)
    return {
        "slug": layer.slug,
        "zh": layer.zh,
        "en": layer.en,
        "theme": layer.theme.value,
        "geometry": [kind.value for kind in layer.geometry],
        "count": summary.count if is_there else 0,
        "bounds": summary.bounds if is_there else None,
        "newest": json_value(summary.newest),
        "accuracy_min_m": json_value(summary.accuracy_min_m),
        "accuracy_max_m": json_value(summary.accuracy_max_m),
        "accuracy_unknown": summary.accuracy_unknown,
        "illustrative": summary.illustrative,
        "fields": [_describe_field(field) for field in layer.all_fields],
    }


def _describe_field(field: Field) -> dict[str, str | None]:
    return {
        "name": field.name,
        "zh": field.zh,
        "en": field.en,
        "unit": field.unit,
        "type": field.type.value,
    }


def _finding_texts(store: Store) -> Iterable[str]:
    return feature_texts(store.read("findings"), _publish_finding)


def _publish_finding(row: dict[str, Any]) -> dict[str, Any]:
    """Return a finding with its subject, as ``/api/v1/findings`` does; its evidence is the geometry already."""
    finding = {name: value for name, value in (row["finding"] or {}).items() if name != "evidence"}
    subject = {"layer": row["subject_layer"], "id": row["subject_id"], "name": row["name"]}
    return {"id": row["id"], "subject": subject, **finding}


def _summarize(store: Store) -> dict[str, str | None]:
    run = store.latest_run("setback")
    return {"checked_on": None if run is None or run.checked_on is None else run.checked_on.isoformat()}


def _grids(store: Store) -> list[dict[str, Any]]:
    return [
        {
            "run": grid.describe(),
            "cells": [_cell(row) for row in read_cells(store, grid.id).to_dict("records")],
        }
        for grid in list_grids(store)
    ]


def _cell(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {str(name): json_value(value) for name, value in row.items() if name != "h3"}


def _array(texts: Iterable[str]) -> str:
    return "[" + ",".join(texts) + "]"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
