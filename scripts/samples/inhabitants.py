"""Illustrative settlements, buildings and protection targets."""

import math
from typing import Any, NamedTuple

from facilities import ILLUSTRATIVE
from files import feature
from ground import Ground
from plane import draw, pick, rectangle, round_shape
from reach import PLANE
from shapely import Geometry, Point
from shapely.affinity import translate

__all__ = [
    "Place",
    "make_buildings",
    "make_neighbours",
    "make_places",
    "make_settlements",
    "make_targets",
]

_PEOPLE_PER_HOUSEHOLD = 3.1


class Place(NamedTuple):
    """A settlement: where, how far it reaches, how many people."""

    number: int
    at: Point
    radius_m: float
    people: int
    rank: str


def make_places(ground: Ground) -> list[Place]:
    """Return the county town, towns and villages, on free ground along the right bank, some on the left."""
    reach = ground.reach
    middle = reach.centre.interpolate(42_600)
    seat = ground.find_free(Point(middle.x + 1_650, middle.y), 750, "seat")
    places = [Place(1, seat, 750.0, 46_000, "county")]
    for number, name in enumerate(
        [*(f"right-{i}" for i in range(1, 16)), *(f"left-{i}" for i in range(2, 15, 2))], 2
    ):
        gully = reach.valleys[name]
        up_m = draw(f"place {number} up", 700, 6_800)
        is_town = number % 4 == 0
        radius_m = 380.0 if is_town else draw(f"place {number} radius", 130, 220)
        beside = translate(gully.interpolate(up_m), 0, draw(f"place {number} beside", -500, 500))
        at = ground.find_free(beside, radius_m, f"place {number}")
        people = round(
            draw(f"place {number} people", 5_000, 9_000)
            if is_town
            else draw(f"place {number} few", 240, 1_600)
        )
        places.append(Place(number, at, radius_m, people, "town" if is_town else "village"))
    return places


def make_settlements(ground: Ground, places: list[Place]) -> list[dict[str, Any]]:
    """Return the places as outlines."""
    words = {"county": "示范县城", "town": "示例镇", "village": "示例村"}
    return [
        feature(
            ground.lonlat(round_shape(place.at, place.radius_m * 0.9, f"place {place.number}", rough=0.2)),
            8,
            id=f"demo-place-{place.number:02d}",
            name=words[place.rank] if place.rank == "county" else f"{words[place.rank]}{place.number:02d}",
            adcode=ground.adcode(place.at),
            accuracy_m=10.0,
            source=ILLUSTRATIVE,
            population=place.people,
            households=round(place.people / _PEOPLE_PER_HOUSEHOLD),
            rank=place.rank,
        )
        for place in places
    ]


def _rows(place: Place) -> list[tuple[Point, float]]:
    """Return the places of houses in rows, and the direction of the rows."""
    heading = draw(f"rows {place.number}", 0, math.pi)
    pitch = {"county": 190.0, "town": 130.0, "village": 62.0}[place.rank]
    reach, found = math.ceil(place.radius_m / pitch), []
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            u, v = i * pitch, j * pitch * 0.9
            at = translate(
                place.at,
                u * math.cos(heading) - v * math.sin(heading),
                u * math.sin(heading) + v * math.cos(heading),
            )
            if at.distance(place.at) < place.radius_m * 0.72:
                found.append((at, heading))
    return found


def _building_class(homes: bool, storeys: int) -> str:
    """Return the class in spacing tables: homes of ten storeys and others of eight are high-rise."""
    if storeys >= (10 if homes else 8):
        return "high_rise"
    return "home" if homes else "public"


def make_buildings(ground: Ground, places: list[Place]) -> list[dict[str, Any]]:
    """Return the houses of all places: storeys, households and people."""
    buildings: list[dict[str, Any]] = []
    for place in places:
        for at, heading in _rows(place):
            number = len(buildings) + 1
            key = f"building {number}"
            storeys = round(
                draw(f"{key} storeys", 5, 17) if place.rank == "county" else draw(f"{key} few", 1, 5.4)
            )
            homes = pick(f"{key} use", (True, True, True, False))
            households = storeys * (6 if place.rank == "county" else 1) if homes else None
            shape: Geometry = rectangle(
                at, draw(f"{key} length", 20, 44), draw(f"{key} width", 11, 16), heading
            )
            if number % 9 == 0:
                shape = shape.difference(rectangle(at, 9, 6, heading))
            people = round(households * _PEOPLE_PER_HOUSEHOLD) if households else storeys * 14
            buildings.append(
                feature(
                    ground.lonlat(shape),
                    8,
                    id=f"demo-building-{number:03d}",
                    name=f"示例{number:03d}号楼",
                    adcode=ground.adcode(at),
                    accuracy_m=2.0,
                    source=ILLUSTRATIVE,
                    storeys=storeys,
                    households=households,
                    use="住宅" if homes else "商铺、办公",
                    building_class=_building_class(homes, storeys),
                    fire_grade=2 if place.rank == "county" else 3,
                    people_day=round(people * (0.45 if homes else 1)),
                    people_night=people if homes else round(people * 0.05),
                )
            )
    return buildings


_TARGETS = {
    "county": (
        ("中学", "high_sensitivity", 1_900, 700),
        ("小学", "high_sensitivity", 1_250, 0),
        ("人民医院", "high_sensitivity", 900, 520),
        ("养老院", "high_sensitivity", 150, 140),
        ("幼儿园", "high_sensitivity", 320, 0),
        ("博物馆", "important", 260, 6),
        ("古寺", "important", 90, 12),
        ("汽车客运站", "general_1", 600, 40),
        ("农贸市场", "general_1", 850, 20),
        ("体育场", "general_1", 400, 0),
    ),
    "town": (
        ("中心小学", "high_sensitivity", 640, 60),
        ("卫生院", "high_sensitivity", 120, 45),
        ("集市", "general_1", 420, 10),
    ),
    "village": (("村小学", "high_sensitivity", 110, 0), ("居民点", "general_1", 150, 300)),
}

_TARGET_BUILDINGS = {
    "博物馆": "public",
    "古寺": "public",
    "村小学": "public",
    "汽车客运站": "crowded_place",
    "农贸市场": "crowded_place",
    "集市": "crowded_place",
    "体育场": "crowded_place",
    "居民点": "home",
    "小商店": "public",
}
"""Class in spacing tables by use; schools and hospitals are important public buildings."""


def make_targets(ground: Ground, places: list[Place]) -> list[dict[str, Any]]:
    """Return schools, hospitals, markets and residential quarters; people by day and by night."""
    targets: list[dict[str, Any]] = []
    for place in places:
        for i, (use, target_class, day, night) in enumerate(_TARGETS[place.rank]):
            number = len(targets) + 1
            turn = 2 * math.pi * (i + 0.5) / len(_TARGETS[place.rank])
            off = place.radius_m * 0.86
            at = translate(place.at, off * math.cos(turn), off * math.sin(turn))
            share = draw(f"target {number}", 0.7, 1.3)
            small = target_class == "general_1" and place.rank == "village" and place.people < 700
            targets.append(
                feature(
                    ground.lonlat(at if i % 3 == 2 else rectangle(at, 90, 60, turn)),
                    8,
                    id=f"demo-target-{number:02d}",
                    name=f"示例{use}{number:02d}",
                    adcode=ground.adcode(at),
                    accuracy_m=5.0,
                    source=ILLUSTRATIVE,
                    target_class="general_2" if small else target_class,
                    use=use,
                    building_class=_TARGET_BUILDINGS.get(use, "important_public"),
                    people_day=round(day * share),
                    people_night=round(night * share) if number % 11 else None,
                )
            )
    return targets


_NEIGHBOURS = (
    # Beside the sample plants, inside their contours: plant, bearing and metres from it, then as for places.
    ((103.00677, 26.48984), 0, 500, "小学", "high_sensitivity", 260, 0),
    ((103.00677, 26.48984), 90, 700, "居民点", "general_2", 30, 70),
    ((103.00677, 26.48984), 225, 420, "小商店", "general_3", 12, 3),
    ((103.00677, 26.48984), 180, 1_000, "居民点", "general_1", 90, 190),
    ((102.91019, 26.91345), 45, 120, "幼儿园", "high_sensitivity", 80, 0),
    ((102.91019, 26.91345), 0, 140, "居民点", "general_2", 25, 60),
)


def make_neighbours(ground: Ground, first: int) -> list[dict[str, Any]]:
    """Return protection targets near the ammonia plant and the gas depot of the sample plants, numbered on."""
    targets = []
    for number, (plant, bearing, distance_m, use, target_class, day, night) in enumerate(_NEIGHBOURS, first):
        middle, turn = PLANE.to_plane(Point(plant)), math.radians(bearing)
        near = translate(middle, distance_m * math.sin(turn), distance_m * math.cos(turn))
        at = ground.find_free(near, 25.0, f"neighbour {number}", gap_m=5.0)
        targets.append(
            feature(
                ground.lonlat(rectangle(at, 36, 24, turn)),
                8,
                id=f"demo-target-{number:02d}",
                name=f"示例{use}{number:02d}",
                adcode=ground.adcode(at),
                accuracy_m=5.0,
                source=ILLUSTRATIVE,
                target_class=target_class,
                use=use,
                building_class=_TARGET_BUILDINGS.get(use, "important_public"),
                people_day=day,
                people_night=night,
            )
        )
    return targets
