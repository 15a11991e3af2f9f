"""The parts of a bundle that follow from its inputs: findings, lines of evidence, map pictures."""

import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from geo.rules.finding import Verdict
from layers.bundles.extracts import Extracts
from layers.bundles.frames import layer_frame, subjects_frame
from layers.geojson import CRS_MEMBER
from layers.letters.content import number_findings
from layers.letters.drawing import draw_map
from layers.letters.typesetting import set_png

__all__ = ["PICTURES", "derive_parts", "json_bytes"]

PICTURES = 20
"""Plots that get a map picture in a bundle; those of further ones can be drawn from the extracts."""


def derive_parts(result: Mapping[str, Any], extracts: Extracts) -> dict[str, bytes]:
    """Return the parts that follow from a result and the extracts behind it, by name."""
    parts = {"findings.json": json_bytes(result), "evidence.geojson": _evidence(result)}
    subjects = subjects_frame(extracts.subjects)
    around = {layer: layer_frame(layer, text) for layer, text in extracts.layers.items()}
    for row, proposal in enumerate(result["proposals"][:PICTURES]):
        picture = _draw(proposal, subjects.iloc[[row]], around)
        parts[f"maps/{row + 1:04}.svg"] = picture.encode()
        parts[f"maps/{row + 1:04}.png"] = set_png(picture)
    return parts


def json_bytes(value: object) -> bytes:
    """Return a value as JSON text of its own key order, made to be read by people."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _draw(proposal: Mapping[str, Any], plot: gpd.GeoDataFrame, around: Mapping[str, gpd.GeoDataFrame]) -> str:
    numbered = number_findings(proposal["findings"])
    active = [(no, finding) for no, finding in numbered if finding["verdict"] != Verdict.NOT_IN_FORCE]
    return draw_map(plot, active, around, "zh")


def _evidence(result: Mapping[str, Any]) -> bytes:
    names = ("rule", "verdict", "decided", "limit_m", "distance_m", "margin_m", "doubt_m", "target")
    features = [
        {
            "type": "Feature",
            "geometry": finding["evidence"],
            "properties": {"subject": proposal["id"], **{name: finding[name] for name in names}},
        }
        for proposal in result["proposals"]
        for finding in proposal["findings"]
        if finding["evidence"] is not None
    ]
    return json_bytes({"type": "FeatureCollection", "crs": CRS_MEMBER, "features": features})
