"""The layers that riskmap knows, with their fields: one list in the order of publication.

Units stand in the field names. Codes: unified social credit code after GB 32100-2015, industry after
GB/T 4754-2017, divisions after GB/T 2260.
"""

from layers.catalog.coverage import describe_coverage
from layers.catalog.facilities import (
    CHEMICAL_PARKS,
    ENTERPRISES,
    HAZARD_SITES,
    HAZARD_UNITS,
    MINES,
    PARK_ZONES,
    PIPELINE_SITES,
    PIPELINES,
    TAILINGS_PONDS,
)
from layers.catalog.projects import PLANTS, PROPOSALS
from layers.catalog.results import FINDINGS, GRID_CELLS, GRID_RUNS, RISK_CONTOURS
from layers.catalog.surroundings import (
    ADMIN_AREAS,
    BUILDINGS,
    CROSSINGS,
    DAMS,
    GEOHAZARDS,
    LAKES,
    POWER_LINES,
    PROTECTION_TARGETS,
    RAILWAYS,
    RASTERS,
    RIVERS,
    ROADS,
    SETTLEMENTS,
    WIND_ROSES,
    ZONES,
)
from layers.errors import FeatureError, UnknownLayerError
from layers.model import Layer

__all__ = ["LAYERS", "get_layer", "refuse_computed"]


def get_layer(slug: str) -> Layer:
    """Return the layer of that slug.

    Raises
    ------
    UnknownLayerError
        If there is none.
    """
    try:
        return LAYERS[slug]
    except KeyError:
        known = ", ".join(LAYERS)
        raise UnknownLayerError(
            f"unknown layer {slug!r}; layers are: {known}", zh=f"没有图层“{slug}”；可用图层：{known}"
        ) from None


def refuse_computed(layer: Layer) -> None:
    """Refuse to let people write into a layer of results.

    Raises
    ------
    FeatureError
        If its features are computed: a forged finding would look like a computed one.
    """
    if layer.computed:
        raise FeatureError(
            f"layer {layer.slug} holds results that riskmap computes; they cannot be written or imported",
            zh=f"图层 {layer.slug}（{layer.zh}）保存系统计算的结果，不能直接写入或导入",
        )


LAYERS: dict[str, Layer] = {
    layer.slug: layer
    for layer in (
        ENTERPRISES,
        HAZARD_UNITS,
        TAILINGS_PONDS,
        CHEMICAL_PARKS,
        PARK_ZONES,
        PIPELINES,
        PIPELINE_SITES,
        RIVERS,
        LAKES,
        PROTECTION_TARGETS,
        BUILDINGS,
        SETTLEMENTS,
        ROADS,
        RAILWAYS,
        CROSSINGS,
        POWER_LINES,
        MINES,
        DAMS,
        HAZARD_SITES,
        ZONES,
        GEOHAZARDS,
        ADMIN_AREAS,
        WIND_ROSES,
        PROPOSALS,
        describe_coverage(get_layer),
        FINDINGS,
        RISK_CONTOURS,
        PLANTS,
        GRID_RUNS,
        GRID_CELLS,
        RASTERS,
    )
}
"""Every layer by its slug, in the order in which they are published."""
