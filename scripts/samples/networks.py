"""Illustrative roads, railways, crossings, power lines, pipelines and their sites."""

import math
from typing import Any

import shapely
from facilities import ILLUSTRATIVE, Features
from files import feature
from ground import Ground
from inhabitants import Place
from plane import Plane, chaikin, draw, heading_at, wander
from reach import DemoReach, corridor
from shapely import LineString, Point
from shapely.ops import substring

__all__ = ["main_lines", "make_networks"]


def _beside_river(reach: DemoReach, distance_m: float, side: str) -> LineString:
    """Return a smooth line that follows the river's middle at a distance, on one side."""
    line = chaikin(reach.centre.simplify(250), 3).simplify(15)
    _, *edges = corridor(line, [distance_m] * len(line.coords), 1_000)
    return edges[side == "right"].simplify(4)


def _line(ground: Ground, shape: LineString, identity: str, name: str, **own: Any) -> dict[str, Any]:
    own.setdefault("accuracy_m", 5.0)
    return feature(
        ground.lonlat(shape),
        8,
        id=identity,
        name=name,
        adcode=ground.adcode(shape),
        source=ILLUSTRATIVE,
        **own,
    )


def _roads(
    ground: Ground, riverside: LineString, expressway: LineString, places: list[Place]
) -> list[dict[str, Any]]:
    roads = [
        _line(ground, riverside, "demo-road-01", "示例国道", road_class="national", land_half_width_m=11.0),
        _line(
            ground,
            expressway,
            "demo-road-02",
            "示例高速公路",
            road_class="expressway",
            land_half_width_m=19.5,
        ),
    ]
    facilities = shapely.union_all(ground.facilities).buffer(40, quad_segs=2)
    for number, (name, gully) in enumerate(ground.reach.valleys.items(), 3):
        side = 1 if name.startswith("right") else -1
        road = gully.offset_curve(90 * side)
        up = substring(road, 150, draw(f"road {number}", 6_500, 9_500)).simplify(3)
        # The road ends before the first pond or works in its way.
        up = shapely.get_parts(up.difference(facilities))[0]
        rank = ("county", "township", "provincial")[number % 3]
        width_m = {"county": 7.0, "township": 5.0, "provincial": 9.0}[rank]
        roads.append(
            _line(
                ground,
                up,
                f"demo-road-{number:02d}",
                f"示例乡道{number:02d}" if rank == "township" else f"示例公路{number:02d}",
                road_class=rank,
                land_half_width_m=width_m,
            )
        )
    seat = places[0]
    for i, turn in enumerate((0.0, math.pi / 2)):
        dx, dy = seat.radius_m * math.cos(turn), seat.radius_m * math.sin(turn)
        street = LineString([(seat.at.x - dx, seat.at.y - dy), (seat.at.x + dx, seat.at.y + dy)])
        roads.append(_line(ground, street, f"demo-street-{i + 1}", f"示例大街{i + 1}", road_class="street"))
    return roads


def _bridges(ground: Ground, roads: dict[str, LineString]) -> list[dict[str, Any]]:
    """Return bridges where roads cross the tributaries, and over the river itself."""
    reach, found = ground.reach, []
    for name, road in roads.items():
        for tributary, river in reach.tributaries.items():
            found += [
                (f"示例{name}支流{tributary.upper()}桥", "medium", part)
                for part in shapely.get_parts(road.intersection(river.water.buffer(30)))
                if not part.is_empty
            ]
    for i, station in enumerate((12_000.0, 43_500.0, 66_000.0), 1):
        at, across = reach.centre.interpolate(station), heading_at(reach.centre, station) + math.pi / 2
        dx, dy = 520 * math.cos(across), 520 * math.sin(across)
        span = LineString([(at.x - dx, at.y - dy), (at.x + dx, at.y + dy)])
        found.append((f"示例大桥{i}", "extra_large", span))
    return [
        _line(ground, span, f"demo-bridge-{i:02d}", name, crossing_kind="bridge", size=size)
        for i, (name, size, span) in enumerate(found, 1)
    ]


def _crossings(ground: Ground, riverside: LineString, expressway: LineString) -> list[dict[str, Any]]:
    crossings = _bridges(ground, {"国道": riverside, "高速": expressway})
    for i, station in enumerate((7_000.0, 24_000.0, 45_000.0, 58_000.0), 1):
        length_m = draw(f"tunnel {i}", 700, 2_600)
        size = "extra_large" if length_m > 3_000 else "large" if length_m > 1_000 else "medium"
        part = substring(expressway, station, station + length_m)
        crossings.append(
            _line(ground, part, f"demo-tunnel-{i:02d}", f"示例隧道{i}", crossing_kind="tunnel", size=size)
        )
    for i, station in enumerate((30_500.0, 74_000.0), 1):
        ferry = ground.reach.centre.interpolate(station)
        crossings.append(
            _line(ground, ferry, f"demo-ferry-{i:02d}", f"示例渡口{i}", crossing_kind="ferry", size="small")
        )
    return crossings


def _power_lines(ground: Ground, expressway: LineString, seat: Point) -> list[dict[str, Any]]:
    trunk = expressway.offset_curve(-900).simplify(350)
    spur = wander(seat, 0.15, 6_500, 150, "spur").simplify(60)
    west = _beside_river(ground.reach, 2_400, "left").simplify(250)
    rows = ((trunk, "500千伏", 500.0, 62.0), (spur, "110千伏", 110.0, 27.0), (west, "220千伏", 220.0, 42.0))
    return [
        _line(ground, line, f"demo-power-{i}", f"示例{name}线路", voltage_kv=kv, pole_height_m=height_m)
        for i, (line, name, kv, height_m) in enumerate(rows, 1)
    ]


def _pipeline_lines(
    ground: Ground, expressway: LineString
) -> list[tuple[LineString, Plane | None, dict[str, Any]]]:
    """Return routes with the plane they are drawn in (``None``: the county's) and their properties."""
    gas, oil = expressway.offset_curve(-100).simplify(20), expressway.offset_curve(-180).simplify(20)
    rows: list[tuple[LineString, Plane | None, dict[str, Any]]] = [
        (
            gas,
            None,
            {
                "kind": "gas_pipeline",
                "medium": "天然气",
                "diameter_mm": 813.0,
                "pressure_mpa": 10.0,
                "built_year": 2014,
            },
        ),
        (
            oil,
            None,
            {
                "kind": "oil_pipeline",
                "medium": "成品油",
                "diameter_mm": 323.9,
                "pressure_mpa": 8.0,
                "built_year": 2009,
            },
        ),
    ]
    for i, park in enumerate(ground.parks[:4]):
        start = shapely.shortest_line(park, gas).interpolate(0)
        tee = gas.interpolate(gas.project(start) + 900)
        bow_m = -1_900 if i == 0 else 300  # the first goes round the town beside the park
        spur = chaikin(LineString([start, Point((start.x + tee.x) / 2, start.y + bow_m), tee]), 3)
        chemical = i == 2
        rows.append(
            (
                spur,
                None,
                {
                    "kind": "chemical_pipeline" if chemical else "gas_pipeline",
                    "medium": "液氨" if chemical else "天然气",
                    "diameter_mm": 114.3 if chemical else 219.1,
                    "pressure_mpa": 4.0 if not chemical else 2.5,
                    "state": "new" if i == 3 else "in_service",
                    "built_year": None if i == 3 else 2016 + i,
                },
            )
        )
    for i, (lon, lat, heading, length_m) in enumerate(
        ((102.45, 25.05, 0.4, 62_000), (101.7, 25.6, 2.9, 48_000), (104.2, 27.5, 1.2, 55_000))
    ):
        route = wander(Point(0, 0), heading, length_m, 1_400, f"route {i}").simplify(25)
        rows.append(
            (
                route,
                Plane(lon, lat),
                {
                    "kind": "gas_pipeline" if i != 1 else "oil_pipeline",
                    "medium": "天然气" if i != 1 else "原油",
                    "diameter_mm": 406.4,
                    "pressure_mpa": 6.3,
                    "built_year": 2018,
                    "accuracy_m": 50.0 if i else None,
                },
            )
        )
    return rows


_LINE_DISTANCE_M, _SITE_DISTANCE_M = 30.0, 45.0
"""Made up for the pipelines of the county: what the technical rules ask for is not stated here. [m]"""


def _pipelines(ground: Ground, expressway: LineString, out: Features) -> None:
    """Add pipelines with a station at either end and a valve room about every 16 km."""
    words = {"gas_pipeline": "输气管道", "oil_pipeline": "输油管道", "chemical_pipeline": "化学品管道"}
    out["pipelines"], out["pipeline_sites"] = [], []
    for number, (line, plane, own) in enumerate(_pipeline_lines(ground, expressway), 1):
        identity, adcode = f"demo-pipeline-{number:02d}", ground.adcode(line) if plane is None else None
        to_lonlat = plane.to_lonlat if plane else ground.lonlat
        properties = {"state": "in_service", "accuracy_m": 5.0, **own}
        asked_m = (_LINE_DISTANCE_M, _SITE_DISTANCE_M) if plane is None else (None, None)
        name = f"示例{words[own['kind']]}{number:02d}"
        out["pipelines"].append(
            feature(
                to_lonlat(line),
                8,
                id=identity,
                name=name,
                adcode=adcode,
                source=ILLUSTRATIVE,
                pipeline_distance_m=asked_m[0],
                **properties,
            )
        )
        count = max(1, round(line.length / 16_000))
        for i in range(count + 1):
            at_end = i in (0, count)
            out["pipeline_sites"].append(
                feature(
                    to_lonlat(line.interpolate(i / count, normalized=True)),
                    8,
                    id=f"{identity}-site-{i + 1}",
                    name=f"{name}{'站' if at_end else '阀室'}{i + 1}",
                    adcode=adcode,
                    accuracy_m=properties["accuracy_m"],
                    source=ILLUSTRATIVE,
                    pipeline_id=identity,
                    site_kind="station" if at_end else "valve_room",
                    state=properties["state"],
                    pipeline_distance_m=asked_m[1],
                )
            )


def main_lines(reach: DemoReach) -> dict[str, LineString]:
    """Return the lines along the river: national road, expressway and railway."""
    return {
        "riverside": reach.outer["right"].offset_curve(-110).simplify(3),
        "expressway": _beside_river(reach, 4_900, "right"),
        "railway": _beside_river(reach, 640, "left"),
    }


def make_networks(ground: Ground, lines: dict[str, LineString], places: list[Place]) -> Features:
    """Return the features of all networks by layer."""
    riverside, expressway, railway = (lines[name] for name in ("riverside", "expressway", "railway"))
    track = _works_track(ground, railway)
    out: Features = {
        "roads": _roads(ground, riverside, expressway, places),
        "crossings": _crossings(ground, riverside, expressway),
        "power_lines": _power_lines(ground, expressway, places[0].at),
        "railways": [
            _line(ground, railway, "demo-railway-01", "示例铁路", railway_class="national"),
            _line(ground, track, "demo-railway-02", "示例专用线", railway_class="works"),
        ],
    }
    _pipelines(ground, expressway, out)
    return out


def _works_track(ground: Ground, railway: LineString) -> LineString:
    """Return the track from the railway over the river to the third park."""
    mouth = ground.reach.valleys["right-6"].interpolate(300)
    start = railway.interpolate(railway.project(mouth) - 1_800)
    return chaikin(LineString([start, railway.interpolate(railway.project(mouth) - 600), mouth]), 3)
