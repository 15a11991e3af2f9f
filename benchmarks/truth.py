"""Brute force: the geodesic distance of single points, by golden-section search along each geodesic edge that could do.

Nothing of the engine under test is used.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from benchmarks.scene import LIMIT_M, SEED, Scene, project

Float = NDArray[np.float64]

GEOD = Geod(a=6_378_137.0, rf=298.257222101)
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0

NEAR_LIMIT_M = 100.0
RANDOM_POINTS = 2_000
ROUNDS = 24
"""Golden sections; edges are about 13 m long, so that the foot is found to 0.1 mm and the distance far better."""

CRUDE_DOUBT = 0.01
"""Distances in the crude plane of a point are off by less than this part of themselves within 10 km."""

PLANE_DOUBT_M = 60.0
"""More than the scale of the projection changes the limit by."""


def choose_points(scene: Scene) -> NDArray[np.int64]:
    """All points that may lie within 100 m of the limit (by a planar distance with a margin), and random ones."""
    plane = project(np.asarray(shapely.points(scene.points)))
    tree = shapely.STRtree(plane)
    lines = project(scene.rivers)
    shapely.prepare(lines)
    margin_m = NEAR_LIMIT_M + PLANE_DOUBT_M
    inner, outer = (
        np.unique(tree.query(lines, predicate="dwithin", distance=LIMIT_M + sign * margin_m)[1])
        for sign in (-1, 1)
    )
    chance = np.random.default_rng(SEED + 1).choice(len(plane), min(RANDOM_POINTS, len(plane)), replace=False)
    return np.union1d(np.setdiff1d(outer, inner), chance)


def find_distance_m(scene: Scene, index: NDArray[np.int64]) -> Float:
    """Geodesic distance of points to the rivers; infinite beyond twice the limit."""
    coordinates, line = shapely.get_coordinates(shapely.get_parts(scene.rivers), return_index=True)
    edge = np.flatnonzero(line[1:] == line[:-1])
    edge = edge[np.argsort(coordinates[edge, 1], kind="stable")]
    starts, ends = coordinates[edge], coordinates[edge + 1]
    reach_deg = 2.0 * LIMIT_M / 110_000.0
    window = np.searchsorted(
        starts[:, 1], scene.points[index, 1][:, None] + np.array([-reach_deg, reach_deg])
    )
    pairs = [pick_edges(scene.points[i], starts, *ends_) for i, ends_ in zip(index, window, strict=True)]
    owner = np.repeat(np.arange(len(index)), [len(pair) for pair in pairs])
    chosen = np.concatenate(pairs)
    found = np.full(len(index), np.inf)
    np.minimum.at(found, owner, search_edges(scene.points[index[owner]], starts[chosen], ends[chosen]))
    return found


def pick_edges(point: Float, starts: Float, low: int, high: int) -> NDArray[np.int64]:
    """Edges of a band of latitude that can be the nearest, by a crude plane round the point."""
    shift = (starts[low:high] - point) * (111_320.0 * np.cos(np.radians(point[1])), 110_900.0)
    crude_m = np.hypot(*shift.T)
    best_m = crude_m.min(initial=np.inf)
    if best_m > 2.0 * LIMIT_M:
        return np.empty(0, dtype=np.int64)
    return low + np.flatnonzero(crude_m <= best_m * (1.0 + CRUDE_DOUBT) + 20.0)


def search_edges(points: Float, starts: Float, ends: Float) -> Float:
    """Smallest distance of each point to its geodesic edge."""
    azimuth, _, length = GEOD.inv(*starts.T, *ends.T)

    def measure(s: Float) -> Float:
        lon, lat, _ = GEOD.fwd(*starts.T, azimuth, s)
        return np.asarray(GEOD.inv(*points.T, lon, lat)[2])

    low, high = np.zeros(len(length)), np.array(length)
    for _ in range(ROUNDS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        closer = measure(left) < measure(right)
        low, high = np.where(closer, low, left), np.where(closer, right, high)
    return np.minimum.reduce([measure((low + high) / 2.0), measure(np.zeros(len(length))), measure(length)])
