"""People from a raster: in cells, and in zones round plants and below dams. Nobody is lost, nobody counted twice.

Other rasters (elevation) by their mean.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from rasterio.io import DatasetReader
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from geo.crs import GeometryArray, SourceCrs, from_cgcs2000, local_crs, resolve_crs, to_cgcs2000
from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError, RasterError
from geo.grids import (
    MAX_SHARES,
    cell_area_km2,
    cell_names,
    cell_polygons,
    estimate_shares,
    find_neighbours,
    find_shares,
    sum_groups,
)
from geo.grids.cells import Cells
from geo.progress import Progress, say_nothing, stage
from geo.raster import RasterFile
from geo.rules.predicates.downstream_within import toe_of
from geo.tailings import lay_run_out, run_out
from geo.terrain import trace_flow_path
from geo.text import say_number
from layers.errors import NotAvailableError
from layers.grids.objects import Objects, describe_features, distribute
from layers.grids.registry import Metric
from layers.grids.scenes import Scene

__all__ = [
    "MAX_CELLS",
    "MISSING_SHARE",
    "ValueRaster",
    "cells_over",
    "count_in_pieces",
    "cut_in_cells",
    "ground_of",
    "measure_people_in_distance",
    "measure_people_in_run_out",
    "measure_raster",
    "measure_raster_mean",
]

MAX_CELLS = 300_000
"""More H3 cells than this are refused for zonal statistics, which look at one after the other."""

MAX_PIXELS = 100_000_000
MISSING_SHARE = 1e-6
"""A cell that lacks less than this part is complete. [1]"""

_ARC_SEGMENTS = 64
_ZONES_PER_STEP = 5_000
_PIXELS_PER_STEP = 5_000_000


@dataclass(frozen=True)
class ValueRaster:
    """A window of a raster of amounts, such as people per cell.

    Attributes
    ----------
    values : ndarray, shape (rows, columns)
        NaN without value.
    bounds : tuple of float
        In the raster's own system.
    crs : SourceCrs
    """

    values: FloatArray
    bounds: tuple[float, float, float, float]
    crs: SourceCrs

    @classmethod
    def open(
        cls,
        path: Path,
        within: tuple[float, float, float, float] | None = None,
        *,
        signed: bool = False,
        progress: Progress = say_nothing,
    ) -> "ValueRaster":
        """Return what of a raster lies within bounds in EPSG:4490, or all of it.

        Parameters
        ----------
        path : Path
        within : tuple of float, optional
        signed : bool
            Values below 0 are values, such as heights below the sea; amounts are never below 0.
        progress : callable, optional

        Raises
        ------
        RasterError
            If it cannot be read, is turned, holds negative or infinite amounts, or does not reach the bounds.
        CrsError
            If its coordinate system is not stated or not usable.
        OutOfRangeError
            If it is too large to be held.
        """
        file = RasterFile.open(path)
        with rasterio.open(path) as source:
            transform = source.transform
            if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
                raise RasterError(f"{path.name} is not north up", zh=f"{path.name} 不是正北朝上的栅格")
            window = Window(0, 0, source.width, source.height)
            if within is not None:
                window = _window_of(within, file.crs, transform, window, path)
            pixels = int(window.width) * int(window.height)
            if pixels > MAX_PIXELS:
                raise OutOfRangeError(
                    f"{path.name} has {say_number(pixels)} cells here, more than {say_number(MAX_PIXELS)}; name an "
                    "area",
                    zh=f"{path.name} 在此范围有 {say_number(pixels)} 个像元，超过 {say_number(MAX_PIXELS)}；请指定范围",
                )
            values = _read_window(source, window, path.name, progress)
            left, top = transform.c + window.col_off * transform.a, transform.f + window.row_off * transform.e
            bounds = (left, top + window.height * transform.e, left + window.width * transform.a, top)
        if np.isinf(values).any() or (not signed and (values < 0).any()):
            raise RasterError(
                f"{path.name} holds negative or infinite amounts; declare its no-data value",
                zh=f"{path.name} 含负值或无穷值；请声明其无数据值",
            )
        return cls(values, bounds, file.crs)

    @property
    def ground(self) -> shapely.Polygon:
        """The rectangle of the raster, EPSG:4490."""
        return _ground_within(self.bounds, self.crs)

    def extract(
        self, zones: GeometryArray, wanted: list[str], progress: Progress = say_nothing
    ) -> pd.DataFrame:
        """Return zonal statistics of areas in EPSG:4490, by exactextract, in their order.

        Beside what is wanted ``part`` tells in which part of each area the raster has values, 0 to 1.
        """
        source = NumPyRasterSource(self.values, *self.bounds, nodata=np.nan, srs_wkt=None)
        flat = from_cgcs2000(zones, self.crs)
        frame = gpd.GeoDataFrame({"zone": np.arange(len(zones))}, geometry=flat, crs=self.crs.crs)
        found = []
        for first in range(0, max(len(frame), 1), _ZONES_PER_STEP):
            step, asked = frame.iloc[first : first + _ZONES_PER_STEP], [*wanted, "count"]
            found.append(exact_extract(source, step, asked, include_cols=["zone"], output="pandas"))
            progress((first + len(step)) / max(len(frame), 1), "zonal statistics")
        table: pd.DataFrame = pd.concat(found).sort_values("zone", ignore_index=True)
        west, south, east, north = self.bounds
        pixel_area = (east - west) * (north - south) / self.values.size
        count = np.nan_to_num(table["count"].to_numpy(dtype=float))
        table["part"] = np.clip(count / (shapely.area(flat) / pixel_area), 0.0, 1.0)
        return table

    def draw_pixels(self) -> GeometryArray:
        """Return the outlines of all pixels, row by row, EPSG:4490.

        Raises
        ------
        OutOfRangeError
            If there are more than :data:`MAX_CELLS`.
        """
        if self.values.size > MAX_CELLS:
            raise OutOfRangeError(
                f"{say_number(self.values.size)} pixels here are more than {say_number(MAX_CELLS)}; use a coarser "
                "raster",
                zh=f"此处有 {say_number(self.values.size)} 个像元，超过 {say_number(MAX_CELLS)}；请使用更粗的栅格",
            )
        west, south, east, north = self.bounds
        rows, columns = self.values.shape
        x, y = np.linspace(west, east, columns + 1), np.linspace(north, south, rows + 1)
        boxes = shapely.box(x[:-1], y[1:, None], x[1:], y[:-1, None])
        return to_cgcs2000(boxes.ravel(), self.crs)


def _read_window(source: DatasetReader, window: Window, name: str, progress: Progress) -> FloatArray:
    """Return the values of a window, NaN where there are none, read some rows at a time."""
    values = np.empty((int(window.height), int(window.width)))
    step = max(1, _PIXELS_PER_STEP // int(window.width))
    for first in range(0, len(values), step):
        rows = values[first : first + step]
        part = Window(window.col_off, window.row_off + first, window.width, len(rows))
        rows[:] = np.ma.filled(source.read(1, window=part, masked=True, out_dtype="float64"), np.nan)
        progress((first + len(rows)) / len(values), f"reading {name}")
    return values


def ground_of(file: RasterFile) -> shapely.Polygon:
    """Return the rectangle of a raster of which nothing is read, EPSG:4490."""
    with rasterio.open(file.path) as source:
        return _ground_within(tuple(source.bounds), file.crs)


def _ground_within(bounds: tuple[float, ...], crs: SourceCrs) -> shapely.Polygon:
    west, south, east, north = bounds
    step = max(east - west, north - south) / 64
    ring = shapely.segmentize(shapely.box(west, south, east, north), step)
    ground: shapely.Polygon = to_cgcs2000([ring], crs)[0]
    return ground


def _window_of(
    within: tuple[float, float, float, float],
    crs: SourceCrs,
    transform: rasterio.Affine,
    whole: Window,
    path: Path,
) -> Window:
    ring = shapely.segmentize(
        shapely.box(*within), max(within[2] - within[0], within[3] - within[1], 1e-9) / 16
    )
    west, south, east, north = from_cgcs2000([ring], crs)[0].bounds
    columns = (np.array([west, east]) - transform.c) / transform.a
    rows = (np.array([north, south]) - transform.f) / transform.e
    first = np.floor([columns[0] - 1, rows[0] - 1]).astype(int).clip(min=0)
    last = np.ceil([columns[1] + 1, rows[1] + 1]).astype(int)
    last = np.minimum(last, [int(whole.width), int(whole.height)])
    if (last <= first).any():
        raise RasterError(f"{path.name} does not reach the area asked for", zh=f"{path.name} 未覆盖所选区域")
    return Window(int(first[0]), int(first[1]), int(last[0] - first[0]), int(last[1] - first[1]))


def measure_raster(scene: Scene, metric: Metric) -> Objects:
    """Return the values of a raster on cells: each of its cells is shared out by area, the shares add up to 1.

    The objects are the cells of the grid; ``missing_share`` is the part of each without value in the raster.
    """
    kind = str(metric.parameters["raster"])
    path = scene.raster(kind)
    opening, extracting = scene.split(2)
    raster = ValueRaster.open(path, scene.bounds, progress=opening.say)
    cells = cells_over(raster.ground, scene.resolution)
    found = raster.extract(cell_polygons(cells), ["cell_id", "coverage"], extracting.say)
    sizes = found["cell_id"].map(len).to_numpy(dtype=np.int64)
    pixel = np.concatenate([*found["cell_id"], []]).astype(np.int64)
    cover = np.concatenate([*found["coverage"], []]).astype(float)
    owner = np.repeat(np.arange(len(cells)), sizes)
    values = raster.values.ravel()
    valued = ~np.isnan(values[pixel])
    owner, pixel, cover = owner[valued], pixel[valued], cover[valued]
    # Coverage is a number of 32 bits: made to add up to 1 for each pixel, so that its people are all there.
    share = cover / np.bincount(pixel, weights=cover, minlength=values.size)[pixel]
    mass = sum_groups(owner, share * values[pixel], len(cells))
    there = np.bincount(owner, minlength=len(cells)) > 0
    names = cell_names(cells[there])
    table = pd.DataFrame(
        {
            "layer": "rasters",
            "id": [f"{path.stem}/{name}" for name in names],
            "name": path.stem,
            "weight": mass[there],
        }
    ).assign(incomplete=False, illustrative=False)
    shares = distribute(np.arange(len(table)), cells[there], mass[there], mass[there], scene.resolution)
    return Objects(table, shares, raster.ground)


def measure_raster_mean(scene: Scene, metric: Metric) -> Objects:
    """Return cells by the mean of a raster over the part of them in which it has values, times their area.

    ``highest`` is the greatest value that a cell meets; cells that the raster covers in part only are incomplete, and
    what has no value is in no mean. Values may be below 0, as heights below the sea are.
    """
    path = scene.raster(str(metric.parameters["raster"]))
    opening, extracting = scene.split(2)
    raster = ValueRaster.open(path, scene.bounds, signed=True, progress=opening.say)
    cells = cells_over(raster.ground, scene.resolution)
    found = raster.extract(cell_polygons(cells), ["mean", "max"], extracting.say)
    part = found["part"].to_numpy()
    there = part > 0.0
    weight = found["mean"].to_numpy(dtype=float)[there] * cell_area_km2(cells[there])
    table = pd.DataFrame(
        {
            "layer": "rasters",
            "id": [f"{path.stem}/{name}" for name in cell_names(cells[there])],
            "name": path.stem,
            "weight": weight,
            "incomplete": part[there] < 1.0 - MISSING_SHARE,
            "illustrative": False,
            "highest": found["max"].to_numpy(dtype=float)[there],
        }
    )
    shares = distribute(np.arange(len(table)), cells[there], weight, weight, scene.resolution)
    return Objects(table, shares, raster.ground, greatest=("highest",), signed=True)


def cells_over(ground: shapely.Geometry, resolution: int) -> Cells:
    """Return all cells that may meet the ground of a raster.

    Raises
    ------
    OutOfRangeError
        If there are more than :data:`MAX_CELLS`.
    """
    expected = estimate_shares(np.array([ground], dtype=object), resolution)
    if expected > MAX_CELLS:
        raise OutOfRangeError(
            f"resolution {resolution} would give about {say_number(expected)} cells over the raster, more than "
            f"{say_number(MAX_CELLS)}; use a coarser one, or name an area",
            zh=f"分辨率 {resolution} 在栅格范围内约有 {say_number(expected)} 个单元，超过 {say_number(MAX_CELLS)}；"
            "请用更粗的分辨率或指定区域",
        )
    return np.unique(find_neighbours(np.unique(find_shares([ground], resolution).cell), 1)[1])


def count_in_pieces(
    raster: ValueRaster, zones: GeometryArray, resolution: int, progress: Progress = say_nothing
) -> tuple[IntArray, Cells, FloatArray, FloatArray]:
    """Return how many live in the parts of zones that lie in each cell.

    Returns
    -------
    row : ndarray of int64
        Position of the zone.
    cell : ndarray of uint64
    people : ndarray
        Known people there.
    lacking : ndarray
        Part of the piece without value in the raster, 0 to 1.
    """
    row, cell, pieces = cut_in_cells(zones, resolution, progress=stage(progress, 0.0, 0.5))
    return row, cell, *_count_in(raster, pieces, stage(progress, 0.5, 1.0))


def _count_in(
    raster: ValueRaster, pieces: GeometryArray, progress: Progress
) -> tuple[FloatArray, FloatArray]:
    """Return the known people in areas, and which part of each is without value."""
    if not len(pieces):
        return np.zeros(0), np.zeros(0)
    found = raster.extract(pieces, ["sum"], progress)
    return np.nan_to_num(found["sum"].to_numpy(dtype=float)), 1.0 - found["part"].to_numpy()


def cut_in_cells(
    zones: GeometryArray, resolution: int, limit: int = MAX_SHARES, progress: Progress = say_nothing
) -> tuple[IntArray, Cells, GeometryArray]:
    """Cut areas by cells: return the position of the area, the cell and the outline of each piece.

    Raises
    ------
    OutOfRangeError
        If there would be more pieces than `limit`.
    """
    shares = find_shares(zones, resolution, limit=limit, progress=stage(progress, 0.0, 0.5))
    given, say, pieces = (
        np.asarray(zones, dtype=object),
        stage(progress, 0.5, 1.0),
        np.empty(len(shares), object),
    )
    for part in _steps(len(shares), say, "cutting zones by cells"):
        pieces[part] = shapely.intersection(given[shares.row[part]], cell_polygons(shares.cell[part]))
    # What is thinner than the planar outlines differ from the geodesics has no area and nobody in it.
    solid = shapely.area(pieces) > 0.0
    return shares.row[solid], shares.cell[solid], pieces[solid]


def _steps(count: int, say: Progress, what: str) -> Iterator[slice]:
    """Yield parts of so many pieces, and tell before each how many are done."""
    for first in range(0, count, _ZONES_PER_STEP):
        say(first / count, f"{what}: {first} of {count}")
        yield slice(first, first + _ZONES_PER_STEP)


def measure_people_in_distance(scene: Scene, metric: Metric) -> Objects:
    """Return plants by the people within their external safety distance.

    The zone of a plant is its stored contour of ``risk_per_year``, else the ground within ``external_distance_m``;
    features that are a major hazard source, or say nothing on it and have a contour of another level only, and have
    neither are unknown. Who lives in several zones counts once, in equal parts.
    """
    scene.require([*metric.layers, "risk_contours"], "import plants first", "请先导入企业")
    reading, counting = scene.split(2)
    contours = reading.stage(0.0, 0.5).read_plain("risk_contours")
    wanted = contours[np.isclose(contours["risk_per_year"].astype(float), metric.parameters["risk_per_year"])]
    by_subject = wanted.set_index("subject_id").geometry
    tables, zones = [], []
    for one, own in reading.stage(0.5, 1.0).stages(metric.objects):
        frame = own.stage(0.0, 0.1).read(one)
        distances_m = frame["external_distance_m"].astype(float)
        rows = list(zip(frame["id"], frame.geometry, distances_m, strict=True))
        zone = [
            _zone_of(shape, by_subject.get(id), distance_m)
            for id, shape, distance_m in own.stage(0.1, 1.0).follow(rows, "drawing zones")
        ]
        concerned = np.array([z is not None for z in zone], dtype=bool)
        if "major_hazard_source" in frame:
            concerned |= (frame["major_hazard_source"] == True).to_numpy(dtype=bool, na_value=False)  # noqa: E712
        tables.append(describe_features(one.layer, frame[concerned], 0.0))
        zones += [(z, s) for z, s, c in zip(zone, frame.geometry, concerned, strict=True) if c]
    if not zones:
        raise NotAvailableError(
            f"{metric.name}: no plant here has an external safety distance: compute one with `riskmap distance FILE`, "
            "or fill the field external_distance_m",
            zh=f"指标 {metric.name}：此处没有企业具有外部安全防护距离：请用 riskmap distance FILE 计算，"
            "或填写 external_distance_m 字段",
        )
    return _count_people(counting, pd.concat(tables, ignore_index=True), zones, metric)


def _zone_of(shape: BaseGeometry, contour: BaseGeometry | None, distance_m: float) -> BaseGeometry | None:
    if contour is not None:
        return contour
    return _buffer(shape, distance_m) if np.isfinite(distance_m) else None


def _buffer(shape: Any, distance_m: float) -> BaseGeometry:
    plane = resolve_crs(local_crs(shape.bounds).to_wkt())
    (flat,) = from_cgcs2000([shape], plane)
    wide: BaseGeometry = to_cgcs2000([shapely.buffer(flat, distance_m, quad_segs=_ARC_SEGMENTS)], plane)[0]
    return wide


def measure_people_in_run_out(scene: Scene, metric: Metric) -> Objects:
    """Return tailings ponds by the people in their run-out bands, up to the far end; screening only.

    Ponds without volume, height or toe are unknown; those whose band leaves the elevation raster are incomplete.
    """
    scene.require(metric.layers, "import tailings ponds first", "请先导入尾矿库")
    elevation = scene.raster("elevation")
    reading, counting = scene.split(2)
    tables, zones = [], []
    for one, own in reading.stages(metric.objects):
        frame = own.stage(0.0, 0.1).read(one)
        rows = own.stage(0.1, 1.0).follow(frame.to_dict("records"), "laying run-out bands")
        bands = [_band_of(row, elevation, metric) for row in rows]
        cut = [band is not None and band[1] for band in bands]
        tables.append(describe_features(one.layer, frame, 0.0, cut))
        zones += [
            (None if band is None else band[0], shape)
            for band, shape in zip(bands, frame.geometry, strict=True)
        ]
    return _count_people(counting, pd.concat(tables, ignore_index=True), zones, metric)


def _band_of(row: Mapping[Any, Any], elevation: Path, metric: Metric) -> tuple[BaseGeometry, bool] | None:
    toe, capacity_m3, height_m = toe_of(row), row["capacity_m3"], row["dam_height_m"]
    if toe is None or not (float(capacity_m3 or 0) > 0 and float(height_m or 0) > 0):
        return None
    run = run_out(float(capacity_m3), float(height_m), metric.parameters["scatter"])
    band = lay_run_out(run, partial(trace_flow_path, elevation, *toe), metric.parameters["half_width_m"])
    return _buffer(band.lines()[2], metric.parameters["half_width_m"]), not band.reaches_end


def _count_people(
    scene: Scene,
    table: pd.DataFrame,
    zones: Sequence[tuple[BaseGeometry | None, BaseGeometry]],
    metric: Metric,
) -> Objects:
    """Return subjects with the people of their zones; those without a zone stand where they are, unknown."""
    opening, cutting, counting, joining = scene.split(4)
    raster = ValueRaster.open(scene.raster("population"), progress=opening.say)
    known = np.flatnonzero([zone is not None for zone, _ in zones])
    shapes = np.asarray([zone for zone, _ in zones if zone is not None], dtype=object)
    row, cell, pieces = cut_in_cells(shapes, scene.resolution, progress=cutting.say)
    people, lacking = _count_in(raster, pieces, counting.say)
    mass = _count_once(raster, cell, pieces, people, joining)
    weight = np.full(len(table), np.nan)
    weight[known] = sum_groups(row, mass, len(known))
    table["weight"] = weight
    partly = np.zeros(len(table), dtype=bool)
    partly[known[row[lacking > MISSING_SHARE]]] = True
    table["incomplete"] = table["incomplete"] | partly
    alone = np.setdiff1d(np.arange(len(table)), known[np.unique(row)])
    own = find_shares([zones[int(i)][1] for i in alone], scene.resolution)
    shares = distribute(
        np.concatenate([known[row], alone[own.row]]),
        np.concatenate([cell, own.cell]),
        np.concatenate([mass, np.zeros(len(own))]),
        np.nan_to_num(weight),
        scene.resolution,
    )
    return Objects(table, shares, shapely.intersection(scene.covered(metric.layers), raster.ground))


def _count_once(
    raster: ValueRaster, cell: Cells, pieces: GeometryArray, people: FloatArray, scene: Scene
) -> FloatArray:
    """Divide the people of the joint zones in each cell among the zones that they lie in, by how many each holds."""
    joining, counting = scene.split(2)
    cells, code, count = np.unique(cell, return_inverse=True, return_counts=True)
    claimed = np.bincount(code, weights=people, minlength=len(cells))
    crowded = np.flatnonzero(count > 1)
    order = np.argsort(code, kind="stable")
    order = order[count[code[order]] > 1]
    joint = _join_pieces(pieces[order], np.repeat(np.arange(len(crowded)), count[crowded]), joining.say)
    real = claimed.copy()
    real[crowded], _ = _count_in(raster, joint, counting.say)
    factor = np.divide(real, claimed, out=np.zeros(len(cells)), where=claimed > 0.0)
    return np.asarray(people * factor[code])


def _join_pieces(pieces: GeometryArray, group: IntArray, say: Progress) -> GeometryArray:
    """Return the union of the pieces of each group; groups are numbered from 0 on and stand together."""
    groups = np.asarray(shapely.geometrycollections(pieces, indices=group), dtype=object)
    joint = np.empty_like(groups)
    for part in _steps(len(groups), say, "joining zones in cells"):
        joint[part] = np.asarray(shapely.union_all(groups[part, None], axis=1))
    return joint
