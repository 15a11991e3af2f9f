"""The illustrative elevation tile and population raster of the demonstration county."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from facilities import ILLUSTRATIVE
from files import raster_feature, write_raster
from numpy.typing import NDArray
from plane import draw
from reach import PLANE, DemoReach
from shapely import LineString, Point

__all__ = ["make_elevation", "make_population"]

_BOUNDS = (102.78, 26.40, 103.32, 27.10)
_LEVEL_M = 840.0
"""Water level at the upper end of the reach. [m]"""
_FALL = 0.00035
_SLOPE_LENGTH_M = 5_500.0
_RELIEF_M = 1_500.0
_GULLY_LENGTH_M = 14_500.0
"""Where the floor of a side valley meets the heights. [m]"""
_GULLY_HALF_WIDTH_M = 1_100.0


def _cell_centres(cells_per_degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    west, south, east, north = _BOUNDS
    rows, columns = round((north - south) * cells_per_degree), round((east - west) * cells_per_degree)
    lon = west + (np.arange(columns) + 0.5) / cells_per_degree
    lat = north - (np.arange(rows) + 0.5) / cells_per_degree
    return np.meshgrid(lon, lat)


def _bumps(points: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return hills of some tens of metres: six waves of 1.3 km to 5 km."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    total = np.zeros(points.shape)
    for i in range(6):
        wave_m, turn, phase = (draw(f"bump {i} {what}", 0, 1) for what in ("wave", "turn", "phase"))
        wave_m, angle = 1_300 + 3_700 * wave_m, 2 * math.pi * turn
        total += np.sin(2 * math.pi * ((x * math.cos(angle) + y * math.sin(angle)) / wave_m + phase)) * wave_m
    return total / 700


def _nearest(
    lines: list[LineString], points: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each point the distance to the nearest line and the station on that line, both in metres."""
    ends = [shapely.get_coordinates(line) for line in lines]
    segments = shapely.linestrings(np.concatenate([np.stack([xy[:-1], xy[1:]], axis=1) for xy in ends]))
    stations = [np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))[:-1]]) for xy in ends]
    (_, nearest), distance_m = shapely.STRtree(segments).query_nearest(
        points, return_distance=True, all_matches=False
    )
    return distance_m, np.concatenate(stations)[nearest] + shapely.line_locate_point(
        segments[nearest], points
    )


def _elevation_m(reach: DemoReach, points: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the ground: slopes rising from the water, cut by the side valleys."""
    _, station_m = _nearest([reach.centre], points)
    water_m = _LEVEL_M - _FALL * station_m
    from_water_m, _ = _nearest([LineString(reach.water.exterior.coords)], points)
    shapely.prepare(reach.water)
    from_water_m[shapely.contains_xy(reach.water, shapely.get_coordinates(points))] = 0.0
    slope_m = water_m + 2 + _RELIEF_M * -np.expm1(-from_water_m / _SLOPE_LENGTH_M)
    slope_m += _bumps(points) * -np.expm1(-from_water_m / 1_500)
    beside_m, up_m = _nearest(list(reach.valleys.values()), points)
    floor_m = np.minimum(water_m + 2 + _RELIEF_M * (up_m / _GULLY_LENGTH_M) ** 1.5, slope_m)
    ground_m = floor_m + (slope_m - floor_m) * -np.expm1(-((beside_m / _GULLY_HALF_WIDTH_M) ** 2))
    return np.where(from_water_m == 0, water_m, ground_m)


def make_elevation(reach: DemoReach, path: Path) -> dict[str, Any]:
    """Write the elevation tile, 3 arc-seconds, and return its feature."""
    lon, lat = _cell_centres(1200)
    points = PLANE.to_plane(shapely.points(lon.ravel(), lat.ravel()))
    # Quarters of a metre compress well.
    values = (np.round(_elevation_m(reach, points) * 4) / 4).astype(np.float32).reshape(lon.shape)
    write_raster(path, values, _BOUNDS[0], _BOUNDS[3], 1 / 1200, -9999.0, STATUS=ILLUSTRATIVE)
    return raster_feature(
        path,
        id="demo-elevation-3s",
        name="示例高程（3角秒）",
        raster_kind="elevation",
        unit="m",
        cell_size_m=92.0,
        source=ILLUSTRATIVE,
    )


def make_population(places: list[tuple[Point, int]], path: Path) -> dict[str, Any]:
    """Write people per cell, 15 arc-seconds: those of each place thin out within some hundred metres of it."""
    lon, lat = _cell_centres(240)
    points = PLANE.to_plane(shapely.points(lon.ravel(), lat.ravel()))
    values = np.zeros(len(points))
    for place, people in places:
        spread = np.exp(-shapely.distance(place, points) / (300 + 25 * math.sqrt(people / 100)))
        values += people * spread / spread.sum()
    grid = np.round(values, 2).astype(np.float32).reshape(lon.shape)
    write_raster(path, grid, _BOUNDS[0], _BOUNDS[3], 1 / 240, -9999.0, STATUS=ILLUSTRATIVE)
    return raster_feature(
        path,
        id="demo-population-15s",
        name="示例人口（15角秒）",
        raster_kind="population",
        unit="人",
        cell_size_m=460.0,
        source=ILLUSTRATIVE,
    )
