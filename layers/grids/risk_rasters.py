"""Risk and deaths of plants whose risk raster is stored: exact zonal statistics instead of bounds between contours."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import GeometryArray, from_cgcs2000
from geo.ellipsoid import FloatArray
from geo.grids import cell_area_km2, cell_polygons, find_shares, sum_groups
from geo.grids.cells import Cells
from geo.progress import Progress
from geo.raster import RasterFile
from geo.text import Text
from layers.errors import LayersError
from layers.geojson import json_value
from layers.grids.people import MAX_CELLS, MISSING_SHARE, ValueRaster, cells_over, cut_in_cells, ground_of
from layers.grids.registry import ObjectFilter
from layers.grids.scenes import Scene
from layers.terrain import RASTER_LAYER, locate_raster

__all__ = [
    "BY_CONTOURS",
    "BY_RASTER",
    "DEATHS_BY_CONTOURS",
    "DEATHS_BY_RASTER",
    "RiskRaster",
    "find_risk_rasters",
    "measure_raster_deaths",
    "measure_risk_raster",
]

BY_RASTER = Text(
    "由个人风险栅格逐像元精确统计（均值、最大值）",
    "exact zonal statistics of the plant's risk raster (mean, greatest)",
)
BY_CONTOURS = Text(
    "没有风险栅格：按等值线之间的下限计", "no risk raster is stored: bound from below between contours"
)

DEATHS_BY_RASTER = Text(
    "由人口栅格与个人风险栅格逐像元精确相乘",
    "exact product of the population raster and the plant's risk raster",
)
DEATHS_BY_CONTOURS = Text(
    "没有风险栅格：按等值线之间的风险下限乘以人口",
    "no risk raster is stored: bound from below, the least risk between contours times people",
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
    opening, averaging = scene.split(2)
    values = ValueRaster.open(raster.path, scene.bounds, progress=opening.say)
    cells = cells_over(values.ground, scene.resolution)
    found = values.extract(cell_polygons(cells), ["mean", "max"], averaging.say)
    there = found["part"].to_numpy() > 0.0
    cells, found = cells[there], found[there].reset_index(drop=True)
    table = _describe(raster, found["mean"].to_numpy() * found["part"].to_numpy() * cell_area_km2(cells))
    table["incomplete"] = found["part"] < 1.0 - MISSING_SHARE
    table["max_risk"] = found["max"].astype(float)
    return table, cells, values.ground


def measure_raster_deaths(
    scene: Scene, raster: RiskRaster, population: Path
) -> tuple[pd.DataFrame, Cells, BaseGeometry]:
    """Return the deaths per year that are to be expected of a plant by cell, as :func:`measure_risk_raster` its risk.

    ``weight`` is the integral of people times risk, see :func:`_multiply`; NaN where nobody has counted people. Cells
    of which a part is without people counted, or beyond the risk raster, are incomplete.

    Raises
    ------
    OutOfRangeError
        If the rasters give more pieces than :data:`layers.grids.people.MAX_CELLS`.
    """
    opening, multiplying, finding = scene.split(3)
    risk = ValueRaster.open(raster.path, progress=opening.say)
    counted = ground_of(RasterFile.open(population))
    ground = shapely.intersection(risk.ground, counted)
    cell, deaths = np.empty(0, np.uint64), np.empty(0)
    if not ground.is_empty:
        cell, deaths = _multiply(ValueRaster.open(population, ground.bounds), risk, multiplying)
    over = find_shares([risk.ground], scene.resolution, limit=MAX_CELLS).cell
    cells, place = np.unique(np.concatenate([cell, over]), return_inverse=True)
    place, known = place[: len(cell)], ~np.isnan(deaths)
    weight = sum_groups(place[known], deaths[known], len(cells))
    weight[np.bincount(place[known], minlength=len(cells)) == 0] = np.nan
    outlines = cell_polygons(cells)
    incomplete = risk.extract(outlines, ["mean"], finding.say)["part"].to_numpy() < 1.0 - MISSING_SHARE
    incomplete |= ~shapely.covered_by(outlines, counted)
    incomplete[place[~known]] = True
    return _describe(raster, weight).assign(incomplete=incomplete), cells, ground


def _multiply(people: ValueRaster, risk: ValueRaster, scene: Scene) -> tuple[Cells, FloatArray]:
    """Return cells, repeated, and people times risk on pieces of them; NaN where people are not known.

    The people of a pixel live evenly on it, as for the metric ``population``. Cells cut it into pieces; each has its
    part of the people times the mean of the risk raster over it, whatever the systems of both rasters and the sizes of
    their pixels. The pieces of a pixel are made to add up to its people times the mean risk on it, so that their sum is
    that of any resolution.
    """
    cutting, whole, parts = scene.split(3)
    pixels = people.draw_pixels()
    row, cell, pieces = cut_in_cells(pixels, scene.resolution, limit=MAX_CELLS, progress=cutting.say)
    size = shapely.area(from_cgcs2000(pieces, people.crs))
    on_pixel, on_piece = _average(risk, pixels, whole.say), size * _average(risk, pieces, parts.say)
    met = ~np.isnan(on_piece)
    row, cell, on_piece = row[met], cell[met], on_piece[met]
    total = sum_groups(row, on_piece, len(pixels))
    scale = np.divide(on_pixel, total, out=np.zeros(len(pixels)), where=total > 0.0)
    return cell, people.values.ravel()[row] * on_piece * scale[row]


def _average(risk: ValueRaster, areas: GeometryArray, progress: Progress) -> FloatArray:
    """Return the mean risk over areas, taken for 0 beyond the raster; NaN for areas wholly beyond it."""
    found = risk.extract(areas, ["mean"], progress)
    part: FloatArray = found["part"].to_numpy()
    return np.where(part > 0.0, found["mean"].to_numpy(dtype=float) * part, np.nan)


def _describe(raster: RiskRaster, weight: FloatArray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": RASTER_LAYER,
            "id": raster.id,
            "name": raster.name,
            "weight": weight,
            "illustrative": raster.source == "illustrative",
        }
    )
