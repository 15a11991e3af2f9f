"""What all engines get: seeded points, and the rivers of the samples densified."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

REAL = Path(__file__).parent.parent / "data" / "samples" / "real"

LIMIT_M = 3_000.0
RIVER_VERTICES = 350_000
SEED = 20_260_101

PLANE = "EPSG:32647"
"""The one projection of the planar engines: UTM zone 47, in which most of the Jinsha valley lies."""

AT_RIVERS, AT_PLACES = 0.6, 0.31
M_PER_DEG = 111_000.0


@dataclass(frozen=True)
class Scene:
    points: NDArray[np.float64]
    """Longitude and latitude, shape (n, 2). [°]"""
    rivers: NDArray[np.object_]
    """Lines, EPSG:4490."""

    def save(self, folder: Path) -> None:
        np.save(folder / "points.npy", self.points)
        np.save(folder / "rivers.npy", shapely.to_wkb(self.rivers), allow_pickle=True)

    @classmethod
    def load(cls, folder: Path) -> "Scene":
        rivers = shapely.from_wkb(np.load(folder / "rivers.npy", allow_pickle=True))
        return cls(np.load(folder / "points.npy"), rivers)


def make_scene(count: int) -> Scene:
    rivers = read_rivers()
    places = shapely.get_coordinates(gpd.read_file(REAL / "settlements.geojson").geometry)
    return Scene(strew_points(np.random.default_rng(SEED), count, rivers, places), rivers)


def read_rivers() -> NDArray[np.object_]:
    lines = np.asarray(gpd.read_file(REAL / "rivers.geojson").geometry)
    return np.asarray(shapely.segmentize(lines, shapely.length(lines).sum() / RIVER_VERTICES))


def strew_points(
    rng: np.random.Generator, count: int, rivers: NDArray[np.object_], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Most points a few km from a river or a town, the rest anywhere."""
    banks = shapely.get_coordinates(rivers)
    west, south, east, north = shapely.total_bounds(rivers)
    bearing, kind = rng.uniform(0.0, 2.0 * np.pi, count), rng.random(count)
    away_m = np.where(
        kind < AT_RIVERS, rng.exponential(2_600.0, count), 1_500.0 * np.abs(rng.standard_normal(count))
    )
    anchor = np.where(
        (kind < AT_RIVERS)[:, None],
        banks[rng.integers(len(banks), size=count)],
        places[rng.integers(len(places), size=count)],
    )
    north_deg = away_m * np.cos(bearing) / M_PER_DEG
    east_deg = away_m * np.sin(bearing) / (M_PER_DEG * np.cos(np.radians(anchor[:, 1])))
    strewn = anchor + np.stack([east_deg, north_deg], axis=1)
    anywhere = rng.uniform((west, south), (east, north), (count, 2))
    return np.round(np.where((kind < AT_RIVERS + AT_PLACES)[:, None], strewn, anywhere), 7)


def cut_lines(lines: NDArray[np.object_], vertices: int) -> NDArray[np.object_]:
    """Lines cut into pieces of so many edges."""
    pieces = []
    for line in shapely.get_parts(lines):
        xy = shapely.get_coordinates(line)
        pieces += [shapely.linestrings(xy[i : i + vertices + 1]) for i in range(0, len(xy) - 1, vertices)]
    return np.array(pieces, dtype=object)


def project(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(gpd.GeoSeries(geometries, crs="EPSG:4490").to_crs(PLANE))
