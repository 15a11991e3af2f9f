"""Local planes in which samples are drawn in metres."""

import math
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import TypeVar

import shapely
from pyproj import CRS, Transformer
from shapely import Geometry, LineString, Point, Polygon
from shapely.affinity import rotate, translate

__all__ = [
    "Plane",
    "chaikin",
    "draw",
    "heading_at",
    "move_to_distance",
    "pick",
    "rectangle",
    "round_shape",
    "wander",
]


T = TypeVar("T")


class Plane:
    """A transverse Mercator plane round one point, CGCS2000, metres.

    Distances are true within 0.2 mm per kilometre up to 4 km from its meridian.
    """

    def __init__(self, lon: float, lat: float) -> None:
        plane = CRS.from_proj4(
            f"+proj=tmerc +lon_0={lon} +lat_0={lat} +k=1 +a=6378137 +rf=298.257222101 +units=m +no_defs"
        )
        self._forward = Transformer.from_crs("EPSG:4490", plane, always_xy=True)
        self._inverse = Transformer.from_crs(plane, "EPSG:4490", always_xy=True)

    def to_plane(self, geometry: Geometry) -> Geometry:
        """Return the geometry in metres of this plane."""
        return shapely.transform(geometry, self._forward.transform, interleaved=False)

    def to_lonlat(self, geometry: Geometry) -> Geometry:
        """Return the geometry in degrees, EPSG:4490, with edges under 1 km."""
        return shapely.transform(geometry.segmentize(900), self._inverse.transform, interleaved=False)


def draw(key: str, low: float, high: float) -> float:
    """Return a number between low and high that depends on the key alone."""
    digest = blake2b(key.encode(), digest_size=7).digest()
    return low + (high - low) * int.from_bytes(digest, "big") / 2**56


def pick(key: str, choices: Sequence[T]) -> T:
    """Return one of the choices; which one depends on the key alone."""
    return choices[int(draw(key, 0, len(choices)))]


def chaikin(line: LineString, times: int) -> LineString:
    """Return the line with its corners cut, ends kept (Chaikin's scheme)."""
    points = list(line.coords)
    for _ in range(times):
        cut = [points[0]]
        for (x0, y0), (x1, y1) in pairwise(points):
            cut += [
                (0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1),
                (0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1),
            ]
        points = [*cut, points[-1]]
    return LineString(points)


def heading_at(line: LineString, station_m: float, reach_m: float = 200.0) -> float:
    """Return the direction of the line at a station, counter-clockwise from east, in radians."""
    before = line.interpolate(max(station_m - reach_m, 0.0))
    after = line.interpolate(min(station_m + reach_m, line.length))
    return math.atan2(after.y - before.y, after.x - before.x)


def wander(start: Point, heading_rad: float, length_m: float, swing_m: float, key: str) -> LineString:
    """Return a winding line from a point in a direction: sine bends of a length and phase drawn by key."""
    wave_m, phase = draw(f"{key} wave", 3_200, 5_200), draw(f"{key} phase", 0, 2 * math.pi)
    along, across = (
        (math.cos(heading_rad), math.sin(heading_rad)),
        (-math.sin(heading_rad), math.cos(heading_rad)),
    )
    points = []
    for i in range(round(length_m / 100) + 1):
        s = i * 100.0
        t = swing_m * min(s / 1_500, 1) * math.sin(2 * math.pi * s / wave_m + phase)
        points.append((start.x + s * along[0] + t * across[0], start.y + s * along[1] + t * across[1]))
    return LineString(points)


def rectangle(centre: Point, length_m: float, width_m: float, heading_rad: float) -> Polygon:
    """Return a rectangle with its long side in the direction given."""
    x, y = length_m / 2, width_m / 2
    flat = Polygon([(-x, -y), (x, -y), (x, y), (-x, y)])
    turned = rotate(flat, heading_rad, origin=(0, 0), use_radians=True)
    return translate(turned, centre.x, centre.y)


def round_shape(
    centre: Point, radius_m: float, key: str, *, rough: float = 0.25, corners: int = 22
) -> Polygon:
    """Return a rounded blob: its radius swings by the share ``rough``."""
    phases = [draw(f"{key} phase {k}", 0, 2 * math.pi) for k in (2, 3)]
    points = []
    for i in range(corners):
        a = 2 * math.pi * i / corners
        r = radius_m * (1 + rough * (0.6 * math.sin(2 * a + phases[0]) + 0.4 * math.sin(3 * a + phases[1])))
        points.append((centre.x + r * math.cos(a), centre.y + r * math.sin(a)))
    return Polygon(points)


def move_to_distance(shape: Geometry, line: Geometry, distance_m: float) -> Geometry:
    """Return the shape moved along its shortest line to ``line`` until it lies at that distance.

    Raises
    ------
    ValueError
        If 100 moves do not bring it within 0.1 mm.
    """
    for _ in range(100):
        near, far = shapely.get_coordinates(shapely.shortest_line(shape, line))
        found_m = math.dist(near, far)
        if abs(found_m - distance_m) < 1e-4:
            return shape
        step = (found_m - distance_m) / found_m
        shape = translate(shape, (far[0] - near[0]) * step, (far[1] - near[1]) * step)
    raise ValueError(f"the shape does not settle at {distance_m} m from the line")
