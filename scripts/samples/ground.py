"""Ground of the demonstration county: its outline, and which of it is taken."""

import math

import shapely
from codes import DEMO_ADCODE
from plane import chaikin, draw
from reach import PLANE, DemoReach
from shapely import Geometry, LineString, Point, Polygon
from shapely.ops import substring

__all__ = ["Ground", "county_outline"]

_WIDTH_M = 20_500.0


def county_outline(reach: DemoReach) -> Polygon:
    """Return the county: from the middle of the river about 20 km to the east."""
    west = substring(reach.centre, 1_500, reach.centre.length - 1_500)
    east = []
    for i in range(13):
        at = west.interpolate(i / 12, normalized=True)
        width_m = _WIDTH_M + draw(f"county {i} width", -1_800, 2_600)
        east.append((at.x + width_m, at.y + draw(f"county {i} along", -1_500, 1_500)))
    edges = [_ragged(west.coords[-1], east[-1], "north"), _ragged(east[0], west.coords[0], "south")]
    ridge = chaikin(LineString([*edges[0], *east[::-1], *edges[1]]), 3)
    return Polygon([*west.coords, *ridge.coords])


def _ragged(start: tuple[float, ...], end: tuple[float, ...], key: str) -> list[tuple[float, float]]:
    """Return points on the way from start to end, off it by up to 900 m."""
    points = []
    for i in range(1, 6):
        x, y = (a + (b - a) * i / 6 for a, b in zip(start, end, strict=True))
        points.append((x, y + draw(f"{key} {i}", -900, 900)))
    return points


class Ground:
    """What stands where, so that nothing made up stands on something else."""

    def __init__(self, reach: DemoReach, facilities: list[Geometry], parks: list[Geometry]) -> None:
        self.reach = reach
        self.facilities = facilities
        self.parks = parks
        self.county = county_outline(reach)
        water = [river.water for river in reach.tributaries.values()]
        self._taken = [*facilities, reach.water, *water]

    def is_free(self, shape: Geometry, gap_m: float) -> bool:
        """Tell whether nothing taken lies within the gap."""
        return not bool((shapely.distance(self._taken, shape) < gap_m).any())

    def take(self, shape: Geometry) -> None:
        """Mark the ground as taken."""
        self._taken.append(shape)

    def adcode(self, shape: Geometry) -> str | None:
        """Return the county's code for what stands in it, else ``None``."""
        return DEMO_ADCODE if self.county.intersects(shape) else None

    def find_free(self, near: Point, radius_m: float, key: str, *, gap_m: float = 60.0) -> Point:
        """Return a free place for a disc of that radius, as near as rings of 150 m find it, and take it.

        Raises
        ------
        ValueError
            If there is none within 6 km.
        """
        for ring in range(40):
            for i in range(max(1, 2 * ring)):
                angle = 2 * math.pi * (i / max(1, 2 * ring) + draw(key, 0, 1))
                at = Point(near.x + 150 * ring * math.cos(angle), near.y + 150 * ring * math.sin(angle))
                disc = at.buffer(radius_m, quad_segs=6)
                if self.is_free(disc, gap_m):
                    self.take(disc)
                    return at
        raise ValueError(f"no free ground of {radius_m} m within 6 km for {key}")

    def lonlat(self, shape: Geometry) -> Geometry:
        """Return a shape of the county's plane in degrees."""
        return PLANE.to_lonlat(shape)
