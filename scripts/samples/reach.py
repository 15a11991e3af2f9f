"""The illustrative survey of the river: a smoothed line with both banks on either side, and side valleys."""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import shapely
from files import SAMPLES
from plane import Plane, chaikin, draw, heading_at, wander
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.ops import linemerge, substring

__all__ = ["PLANE", "REACH", "TRIBUTARIES", "DemoReach", "Survey", "corridor", "real_lines", "survey"]

PLANE = Plane(103.0, 26.75)
"""The plane of the demonstration county."""

REACH = "jinsha-demo"

TRIBUTARIES = {"a": 4, "b": 9, "c": 13}
"""Side valleys on the right bank that are tributaries; all others are dry gullies."""

_STEP_M = 120.0
_OVERHANG_M = 3_000.0
"""How far the line is drawn on beyond both ends while banks are made. [m]"""
_TRIBUTARY_OVERHANG_M = 150.0
_GORGE_M = (33_000.0, 46_000.0)
"""Stations of the gorge, where outer and water-side line lie only 8 m apart. [m]"""
_VALLEY_SPACING_M = 5_200.0


def real_lines() -> dict[str, MultiLineString]:
    """Return the real rivers' lines by reach, in degrees."""
    text = (SAMPLES / "real" / "rivers.geojson").read_text(encoding="utf-8")
    lines = {}
    for item in json.loads(text)["features"]:
        geometry = shapely.from_geojson(json.dumps(item["geometry"]))
        lines[item["properties"]["reach"]] = MultiLineString(shapely.get_parts(geometry).tolist())
    return lines


def _half_width_m(station_m: float) -> float:
    """Half width of the water, 150 m to 330 m."""
    return 240 + 60 * math.sin(2 * math.pi * station_m / 17_000) + 30 * math.sin(station_m / 1_000 + 1)


def _belt_m(station_m: float) -> float:
    """Width of the belt between water-side and outer line: 8 m in the gorge, else 70 m to 130 m."""
    start, end = _GORGE_M
    into = min(max(min(station_m - start, end - station_m) / 1_500 + 1, 0), 1)
    return (100 + 30 * math.sin(2 * math.pi * station_m / 9_000)) * (1 - into) + 8 * into


def corridor(
    line: LineString, radii_m: list[float], overhang_m: float
) -> tuple[Polygon, LineString, LineString]:
    """Return the ground within a changing distance of a line, and its left and right edge.

    Parameters
    ----------
    line : LineString
        In metres; ``radii_m`` has one number for each of its vertices.
    overhang_m : float
        Length at both ends that the edges leave out.
    """
    discs = [Point(xy).buffer(r, quad_segs=24) for xy, r in zip(line.coords, radii_m, strict=True)]
    hulls = [shapely.MultiPolygon([a, b]).convex_hull for a, b in pairwise(discs)]
    ground = Polygon(shapely.union_all(hulls).exterior)
    ring = ground.exterior
    # Begin the ring behind the upstream cap, so that one bank follows the other.
    behind = ring.project(Point(line.coords[0]))
    behind = ring.project(ring.interpolate(behind))
    ring = LineString([*substring(ring, behind, ring.length).coords, *substring(ring, 0, behind).coords[1:]])
    edges = {}
    for side, turn in (("left", math.pi / 2), ("right", -math.pi / 2)):
        ends = []
        for station in (overhang_m, line.length - overhang_m):
            here, across = line.interpolate(station), heading_at(line, station) + turn
            radius = radii_m[min(round(station / line.length * (len(radii_m) - 1)), len(radii_m) - 1)]
            corner = Point(here.x + radius * math.cos(across), here.y + radius * math.sin(across))
            ends.append(ring.project(corner))
        edge = substring(ring, min(ends), max(ends)).simplify(0.5)
        edges[side] = edge if ends[0] < ends[1] else edge.reverse()
    return ground, edges["left"], edges["right"]


@dataclass(frozen=True)
class Survey:
    """Banks and water of a stretch, in metres of :data:`PLANE`."""

    centre: LineString
    water: Polygon
    outer: dict[str, LineString]
    water_side: dict[str, LineString]


class DemoReach(Survey):
    """The surveyed reach of the Jinsha with its side valleys."""

    @cached_property
    def valleys(self) -> dict[str, LineString]:
        """Lines of the side valleys by name (``right-4``), going up from the bank; 10 km to 17 km long."""
        found = {}
        for side, east in (("right", 1), ("left", -1)):
            for number in range(1, int((self.centre.length - 2_000) // _VALLEY_SPACING_M) + 1):
                name = f"{side}-{number}"
                mouth = self.centre.interpolate(number * _VALLEY_SPACING_M - 1_800)
                bank = shapely.shortest_line(self.outer[side], mouth).coords[0]
                turn = math.radians(draw(f"{name} heading", -9, 9))
                heading = turn if east == 1 else math.pi - turn
                length_m = draw(f"{name} length", 12_000, 17_000)
                found[name] = wander(Point(bank), heading, length_m, 420, name)
        return found

    @cached_property
    def tributaries(self) -> dict[str, Survey]:
        """The three surveyed tributaries: 25 m half width, the outer line 15 m behind the water."""
        surveys = {}
        for name, number in TRIBUTARIES.items():
            valley = self.valleys[f"right-{number}"]
            mouth = shapely.get_point(valley, 0)
            beyond = shapely.shortest_line(mouth, self.centre).interpolate(_TRIBUTARY_OVERHANG_M)
            centre = LineString([beyond, *valley.coords]).reverse()
            count = len(centre.coords)
            water, *sides = corridor(centre, [25.0] * count, _TRIBUTARY_OVERHANG_M)
            _, *outer = corridor(centre, [40.0] * count, _TRIBUTARY_OVERHANG_M)
            pair = ("left", "right")
            surveys[name] = Survey(
                centre, water, dict(zip(pair, outer, strict=True)), dict(zip(pair, sides, strict=True))
            )
        return surveys


def survey() -> DemoReach:
    """Return the surveyed reach: the real line of that reach smoothed, with banks drawn on both sides."""
    lines = real_lines()
    parts = [PLANE.to_plane(lines[reach]) for reach in ("jinsha-4a", REACH, "jinsha-4c")]
    above, reach, below = (linemerge(part) if len(part.geoms) > 1 else part.geoms[0] for part in parts)
    whole = LineString(
        [
            *substring(above, above.length - 9_000, above.length).coords,
            *reach.coords[1:],
            *substring(below, 0, 9_000).coords[1:],
        ]
    )
    smooth = chaikin(whole.simplify(120), 5)
    start, end = (smooth.project(Point(reach.coords[i])) for i in (0, -1))
    count = round((end - start + 2 * _OVERHANG_M) / _STEP_M)
    stations = [start - _OVERHANG_M + (end - start + 2 * _OVERHANG_M) * i / count for i in range(count + 1)]
    line = LineString([smooth.interpolate(s) for s in stations])
    half = [_half_width_m(s - start) for s in stations]
    water, *water_side = corridor(line, half, _OVERHANG_M)
    full = [h + _belt_m(s - start) for h, s in zip(half, stations, strict=True)]
    _, *outer = corridor(line, full, _OVERHANG_M)
    pair = ("left", "right")
    return DemoReach(
        substring(line, _OVERHANG_M, line.length - _OVERHANG_M),
        water,
        dict(zip(pair, outer, strict=True)),
        dict(zip(pair, water_side, strict=True)),
    )
