"""Individual risk of plants whose risk raster is stored: exact zonal statistics instead of bounds between contours."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import from_cgcs2000
from geo.ellipsoid import FloatArray
from geo.grids import cell_area_km2, cell_polygons
from geo.grids.cells import Cells
from geo.text import Text
from layers.errors import LayersError
from layers.geojson import json_value
from layers.grids.people import MISSING_SHARE, ValueRaster, cells_over, pixel_area
from layers.grids.registry import ObjectFilter
from layers.grids.scenes import Scene
from layers.terrain import RASTER_LAYER, locate_raster

__all__ = ["BY_CONTOURS", "BY_RASTER", "RiskRaster", "find_risk_rasters", "measure_risk_raster"]

BY_RASTER = Text(
    "由个人风险栅格逐像元精确统计（均值、最大值）",
    "exact zonal statistics of the plant's risk raster (mean, greatest)",
)
BY_CONTOURS = Text(
    "没有风险栅格：按等值线之间的下限计", "no risk raster is stored: bound from below between contours"
)

_METRIC = "individual_risk"


@dataclass(frozen=True)
class RiskRaster:
    """The stored raster of a plant's individual risk per year.

    Attributes
    ----------
    id, name, source : str
        Of the row in the layer ``rasters``.
    subject_id : str
        The plant, as contours name it.
    path : pathlib.Path
    """

    id: str
    name: str
    source: str
    subject_id: str
    path: Path


def find_risk_rasters(scene: Scene) -> tuple[dict[str, RiskRaster], tuple[Text, ...]]:
    """Return the rasters within the bounds of a scene by plant, and what is to be said of those that cannot be used."""
    rows = scene.read(ObjectFilter(RASTER_LAYER, {"raster_kind": "risk"}))
    found: dict[str, RiskRaster] = {}
    lacking: list[Text] = []
    for row in rows.sort_values("id").to_dict("records"):
        told = json_value(row["extra"]) or {}
        if told.get("metric") != _METRIC or not told.get("subject_id"):
            continue
        subject = str(told["subject_id"])
        try:
            path = locate_raster(scene.store, row["path"], row["source"])
        except LayersError as exc:
            lacking.append(Text(f"栅格 {row['id']}：{exc.zh}", f"raster {row['id']}: {exc.message}"))
            continue
        found[subject] = RiskRaster(str(row["id"]), str(row["name"]), str(row["source"]), subject, path)
        scene.rasters_used[f"risk {row['id']}"] = path
    return found, tuple(lacking)


def measure_risk_raster(scene: Scene, raster: RiskRaster) -> tuple[pd.DataFrame, Cells, BaseGeometry]:
    """Return the risk of a plant by cell: a row for each, in the order of the cells, and the ground of the raster.

    ``weight`` is the mean over the part of the cell that the raster covers, times its area (beyond the raster the risk
    is less than 1e-9 per year, and not counted: such cells are incomplete); ``max_risk`` is the greatest pixel met.
    """
    values = ValueRaster.open(raster.path, scene.bounds)
    cells = cells_over(values.ground, scene.resolution)
    outlines = cell_polygons(cells)
    found = values.extract(outlines, ["mean", "max", "count"])
    pixels = np.nan_to_num(found["count"].to_numpy(dtype=float))
    there = pixels > 0.0
    flat: FloatArray = shapely.area(from_cgcs2000(outlines, values.crs)) / pixel_area(values)
    part = np.clip(pixels / flat, 0.0, 1.0)[there]
    table = pd.DataFrame(
        {
            "layer": RASTER_LAYER,
            "id": raster.id,
            "name": raster.name,
            "weight": found["mean"].to_numpy(dtype=float)[there] * part * cell_area_km2(cells[there]),
            "incomplete": part < 1.0 - MISSING_SHARE,
            "illustrative": raster.source == "illustrative",
            "max_risk": found["max"].to_numpy(dtype=float)[there],
        }
    )
    return table, cells[there], values.ground
