"""Stores for tests of grids, and what is asked of them."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import rasterio
import shapely
from affine import Affine

from layers.grids import (
    Grid,
    GridRequest,
    compute_grids,
    read_metrics,
)
from layers.store import Store

HERE, AWAY = shapely.Point(103.0, 26.0), shapely.Point(104.0, 27.0)
METRICS = read_metrics()


def facilities(**columns: Any) -> gpd.GeoDataFrame:
    geometry = columns.pop("geom")
    return gpd.GeoDataFrame({**columns, "geom": geometry}, geometry="geom", crs="EPSG:4490")


def fill(store: Store) -> None:
    store.write(
        "enterprises",
        facilities(
            id=["a", "b", "c", "d"],
            name=["甲厂", "乙厂", "丙厂", "丁厂"],
            kind=["chemical_enterprise", "smelter", None, "other"],
            colour_grade=["red", None, "blue", "red"],
            state=["in_service", "new", "in_service", "closed"],
            source=["illustrative", "list", "list", "list"],
            geom=[HERE, HERE, AWAY, HERE],
        ),
    )
    store.write(
        "tailings_ponds",
        facilities(id=["t"], state=["closed"], source=["list"], geom=[HERE.buffer(0.001)]),
    )
    store.write("hazard_sites", facilities(id=["s"], kind=["fuel_station"], source=["list"], geom=[AWAY]))


def compute(store: Store, metric: str, *resolutions: int, **options: Any) -> list[Grid]:
    return compute_grids(store, GridRequest(METRICS[metric], resolutions, **options), METRICS)


def cell_at(point: shapely.Point, resolution: int) -> str:
    return str(h3.latlng_to_cell(point.y, point.x, resolution))


def write_people(
    folder: Path, store: Store, values: Any, west: float = 102.9, north: float = 26.1, step: float = 0.01
) -> Path:
    """A raster of people per cell, and its row in the layer of rasters."""
    path = folder / "people.tif"
    data = np.asarray(values, dtype="float32")
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": -9999.0, "crs": "EPSG:4490"}
    transform = Affine(step, 0.0, west, 0.0, -step, north)
    with rasterio.open(
        path, "w", height=data.shape[0], width=data.shape[1], transform=transform, **profile
    ) as target:
        target.write(data, 1)
    store.write("rasters", describe_raster(path, "population"))
    return path


def describe_raster(path: Path, kind: str) -> gpd.GeoDataFrame:
    box = shapely.box(102.9, 25.9, 103.1, 26.1)
    return facilities(
        id=[kind], raster_kind=[kind], path=[str(path)], cell_size_m=[1000.0], source=["t"], geom=[box]
    )


def make_metric(quantity: str, layer: str, **changes: Any) -> Any:
    told = METRICS["protection_targets"].to_dict()
    told |= {"name": "own", "quantity": quantity, "objects": [{"layer": layer, "where": {}}], **changes}
    return type(METRICS["population"]).from_dict(told)
