"""One feature written through a door: what its layer asks for beyond what the store checks.

Plants are their plant files; rasters lie in the folders for rasters. Imports ask the same of rows
(:mod:`layers.exchange.row_checks`).
"""

from collections.abc import Mapping
from typing import Any

from layers.plants.results import PLANT_LAYER
from layers.plants.stored import end_plant, patch_plant_feature, put_plant_feature
from layers.store import Store
from layers.terrain import RASTER_LAYER, check_raster_path

__all__ = ["end_feature", "patch_feature", "put_feature"]


def put_feature(
    store: Store, layer: str, feature: Mapping[str, Any], *, expected_version: int | None
) -> dict[str, Any]:
    """Write a feature and return it as stored; see :meth:`layers.store.Store.write_feature`.

    Raises
    ------
    FormatError, HazardError, FeatureError
        If a plant makes no sense, or a raster lies outside the folders for rasters.
    """
    if layer == PLANT_LAYER:
        return put_plant_feature(store, feature, expected_version=expected_version)
    if layer == RASTER_LAYER:
        properties = feature.get("properties") or {}
        check_raster_path(store, properties.get("path"), properties.get("source"))
    return store.write_feature(layer, feature, expected_version=expected_version)


def patch_feature(
    store: Store, layer: str, id: str, changes: Mapping[str, Any], *, expected_version: int
) -> dict[str, Any]:
    """Change parts of a feature and return it as stored; see :meth:`layers.store.Store.patch_feature`."""
    if layer == PLANT_LAYER:
        return patch_plant_feature(store, id, changes, expected_version=expected_version)
    if layer == RASTER_LAYER:
        properties = {**store.feature(layer, id)["properties"], **(changes.get("properties") or {})}
        check_raster_path(store, properties["path"], properties["source"])
    return store.patch_feature(layer, id, changes, expected_version=expected_version)


def end_feature(store: Store, layer: str, id: str, *, expected_version: int) -> None:
    """End a feature now; what was computed for a plant ends with it."""
    if layer == PLANT_LAYER:
        end_plant(store, id, expected_version=expected_version)
    else:
        store.supersede_feature(layer, id, expected_version=expected_version)
