"""Where facilities stand: side valleys of the surveyed reach, tributaries, places on real rivers."""

import math
from dataclasses import dataclass
from typing import Any

import shapely
from plane import Plane, draw, heading_at, move_to_distance, rectangle, wander
from reach import PLANE, DemoReach, real_lines
from shapely import Geometry, LineString, MultiPolygon, Point, Polygon
from shapely.affinity import translate

__all__ = ["Pond", "Site", "find_site", "make_block", "make_pond"]


@dataclass(frozen=True)
class Site:
    """A line going up from a bank, with the bank lines that distances are taken from, in metres of a plane."""

    plane: Plane
    gully: LineString
    banks: Geometry
    in_county: bool


@dataclass(frozen=True)
class Pond:
    """Shape of a tailings pond with its dam, in metres."""

    shape: Geometry
    dam_axis: LineString
    toe: Point


def _on_tributary(reach: DemoReach, name: str, station_m: float, left: bool) -> Site:
    river = reach.tributaries[name]
    station = river.centre.length - station_m
    across = heading_at(river.centre, station) + math.copysign(math.pi / 2, 1 if left else -1)
    gully = wander(river.centre.interpolate(station), across, 4_000, 60, f"{name} {station_m}")
    return Site(PLANE, gully, shapely.union_all([*river.outer.values()]), True)


def _on_real_river(reach: DemoReach, name: str, lon: float, lat: float, left: bool) -> Site:
    plane = Plane(lon, lat)
    lines = [line for reach_id, line in real_lines().items() if reach_id.startswith(name)]
    if name == "jinsha":
        surveyed = [*reach.outer.values()]
        lines = [
            line
            for reach_id, line in real_lines().items()
            if reach_id.startswith("jinsha-") and reach_id != "jinsha-demo"
        ]
        lines += [PLANE.to_lonlat(line) for line in surveyed]
    banks = plane.to_plane(shapely.union_all(lines))
    parts = shapely.get_parts(banks)
    nearest = min(parts, key=lambda part: part.distance(Point(0, 0)))
    station = nearest.project(Point(0, 0))
    across = heading_at(nearest, station, 1_500) + math.copysign(math.pi / 2, 1 if left else -1)
    gully = wander(nearest.interpolate(station), across, 12_000, 300, f"{name} {lon} {lat}")
    return Site(plane, gully, banks, False)


def find_site(reach: DemoReach, name: str, *, left: bool = False) -> Site:
    """Return the site of that name (see ``cases.toml``)."""
    place, _, where = name.partition("@")
    if place.startswith("tributary-"):
        return _on_tributary(reach, place[-1], float(where), left)
    if where:
        lon, lat = (float(part) for part in where.split(","))
        return _on_real_river(reach, place, lon, lat, left)
    banks = shapely.union_all([*reach.outer.values()])
    return Site(PLANE, reach.valleys[place], banks, place.startswith("right"))


def _valley_fill(gully: LineString, station_m: float, length_m: float, width_m: float, key: str) -> Pond:
    """Return a pond lying in a gully: straight dam at its lower end, narrowing to a tail."""
    left, right = [], []
    for i in range(25):
        t = i / 24
        half = width_m / 2 * (0.62 + 0.38 * math.sin(math.pi * min(t / 0.6, 1))) * (1 - t**3) ** 0.8 + 4
        half *= 1 + 0.12 * math.sin(draw(f"{key} bays", 4, 9) * math.pi * t) * (t > 0)
        station = station_m + t * length_m
        at, heading = gully.interpolate(station), heading_at(gully, station)
        normal = (-math.sin(heading), math.cos(heading))
        left.append((at.x + half * normal[0], at.y + half * normal[1]))
        right.append((at.x - half * normal[0], at.y - half * normal[1]))
    at, heading = gully.interpolate(station_m), heading_at(gully, station_m)
    toe = Point(at.x - 45 * math.cos(heading), at.y - 45 * math.sin(heading))
    return Pond(Polygon([*left, *right[::-1]]).buffer(0), LineString([left[0], right[0]]), toe)


def _move_pond(pond: Pond, banks: Geometry, distance_m: float) -> Pond:
    moved = move_to_distance(pond.shape, banks, distance_m)
    dx, dy = moved.centroid.x - pond.shape.centroid.x, moved.centroid.y - pond.shape.centroid.y
    return Pond(moved, translate(pond.dam_axis, dx, dy), translate(pond.toe, dx, dy))


def make_pond(site: Site, distance_m: float, form: str | None, key: str) -> Pond:
    """Return a pond at that distance from the banks of its site; forms: ``point``, ``multi``, ``hole`` or plain."""
    length_m, width_m = draw(f"{key} length", 420, 900), draw(f"{key} width", 170, 330)
    station = distance_m
    for _ in range(12):
        pond = _valley_fill(site.gully, station, length_m, width_m, key)
        station += distance_m - pond.shape.distance(site.banks)
    if form == "point":
        pond = Pond(pond.shape.centroid, pond.dam_axis, pond.toe)
    if form == "multi":
        upper = _valley_fill(
            site.gully, station + length_m + 120, 0.6 * length_m, 0.7 * width_m, f"{key} upper"
        )
        pond = Pond(MultiPolygon([pond.shape, upper.shape]), pond.dam_axis, pond.toe)
    if form == "hole":
        island = site.gully.interpolate(station + 0.45 * length_m).buffer(width_m / 7, quad_segs=3)
        pond = Pond(pond.shape.difference(island), pond.dam_axis, pond.toe)
    return _move_pond(pond, site.banks, distance_m)


def _block_shape(centre: Point, size_m: tuple[float, float], heading: float, form: str | None) -> Geometry:
    length_m, width_m = size_m
    block = rectangle(centre, length_m, width_m, heading)
    if form == "hole":
        return block.difference(rectangle(centre, 0.22 * length_m, 0.3 * width_m, heading))
    if form == "multi":
        dx, dy = 0.8 * length_m * math.cos(heading), 0.8 * length_m * math.sin(heading)
        second = rectangle(translate(centre, dx, dy), 0.45 * length_m, 0.7 * width_m, heading)
        return MultiPolygon([block, second])
    notch = rectangle(centre, 0.3 * length_m, 0.3 * width_m, heading)
    corner = (0.42 * length_m, 0.42 * width_m)
    dx = corner[0] * math.cos(heading) - corner[1] * math.sin(heading)
    dy = corner[0] * math.sin(heading) + corner[1] * math.cos(heading)
    return block.difference(translate(notch, dx, dy))


def make_block(
    site: Site, distance_m: float, size_m: tuple[float, float], **options: Any
) -> tuple[Geometry, float]:
    """Return a works or park beside the river at that distance from the banks, and its heading in radians.

    Options are ``aside_m`` (moved along the bank) and ``form`` (``hole``, ``multi``, ``berth`` or plain).
    """
    form, aside_m = options.get("form"), options.get("aside_m", 0.0)
    mouth, heading = site.gully.interpolate(0), heading_at(site.gully, 600, 600)
    along = heading - math.pi / 2
    corner = translate(mouth, aside_m * math.cos(along), aside_m * math.sin(along))
    if form == "berth":
        near = shapely.shortest_line(site.banks, corner).coords[0]
        return rectangle(Point(near), 160, 50, heading), heading
    inland = distance_m + size_m[1] / 2
    while True:
        centre = translate(corner, inland * math.cos(heading), inland * math.sin(heading))
        # Turn the long side along the bank in front of it.
        near = shapely.shortest_line(site.banks, centre).coords[0]
        facing = math.atan2(centre.y - near[1], centre.x - near[0]) - math.pi / 2
        shape = _block_shape(centre, size_m, facing, form)
        if shape.distance(site.banks) > 0.5 * distance_m:
            return move_to_distance(shape, site.banks, distance_m), facing
        inland += 100.0
