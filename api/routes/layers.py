"""Layers: what there is, how much of it, how current and how accurate."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import LayerDep, StoreDep
from api.queries import Bounds
from layers.catalog import LAYERS
from layers.geojson import json_value
from layers.model import Layer
from layers.store import Store
from layers.tiles.vector import name_version

__all__ = ["router"]

router = APIRouter(tags=["layers"])


class FieldOut(BaseModel):
    """A field of a layer; ``choices`` is empty where any value goes."""

    name: str
    zh: str
    en: str
    unit: str | None
    type: str
    choices: list[str]
    required: bool


class LayerOut(BaseModel):
    """A layer and what is stored in it; bounds are west, south, east, north in degrees.

    ``tile_version`` stands in the address of its vector tiles.
    """

    slug: str
    zh: str
    en: str
    theme: str
    geometry: list[str]
    count: int
    bounds: Bounds | None
    newest: str | None
    accuracy_min_m: float | None
    accuracy_max_m: float | None
    accuracy_unknown: int
    illustrative: int
    data_version: str
    tile_version: str
    fields: list[FieldOut]


class LayersOut(BaseModel):
    """All layers, in the order of the layer tree."""

    layers: list[LayerOut]


def summarize_layers(store: Store) -> list[LayerOut]:
    """Return all layers with what the store says about them."""
    summaries = {summary.slug: summary for summary in store.summaries()}
    digests = {slug: summary.digest for slug, summary in summaries.items()}
    return [
        _describe(layer, summaries[layer.slug], name_version([layer.slug], digests))
        for layer in LAYERS.values()
    ]


@router.get("/layers")
def list_layers(store: StoreDep) -> LayersOut:
    """Return all layers with counts, extent, newest date and accuracy."""
    return LayersOut(layers=summarize_layers(store))


@router.get("/layers/{slug}")
def get_layer(layer: LayerDep, store: StoreDep) -> LayerOut:
    """Return one layer."""
    return next(described for described in summarize_layers(store) if described.slug == layer.slug)


def _describe(layer: Layer, summary: Any, tile_version: str) -> LayerOut:
    return LayerOut(
        slug=layer.slug,
        zh=layer.zh,
        en=layer.en,
        theme=layer.theme,
        geometry=list(layer.geometry),
        count=summary.count,
        bounds=summary.bounds,
        newest=json_value(summary.newest),
        accuracy_min_m=json_value(summary.accuracy_min_m),
        accuracy_max_m=json_value(summary.accuracy_max_m),
        accuracy_unknown=summary.accuracy_unknown,
        illustrative=summary.illustrative,
        data_version=summary.digest,
        tile_version=tile_version,
        fields=[
            FieldOut(
                name=field.name,
                zh=field.zh,
                en=field.en,
                unit=field.unit,
                type=field.type,
                choices=list(field.choices),
                required=field.required,
            )
            for field in layer.all_fields
        ],
    )
