"""Illustrative zones, geohazards, dams, reservoirs, hazard sites, county areas and wind roses."""

import math
from typing import Any

from codes import DEMO_ADCODE
from facilities import ILLUSTRATIVE
from files import feature
from ground import Ground
from inhabitants import Place
from plane import draw, heading_at, round_shape, wander
from reach import PLANE, DemoReach
from shapely import Geometry, LineString, MultiPolygon, Point
from shapely.ops import split, substring

__all__ = [
    "make_admin_areas",
    "make_coverage",
    "make_dams",
    "make_geohazards",
    "make_hazard_sites",
    "make_wind_roses",
    "make_zones",
]


_SURVEYED = {
    "enterprises": "企业",
    "tailings_ponds": "尾矿库",
    "chemical_parks": "化工园区",
    "pipelines": "管道",
    "pipeline_sites": "管道站场阀室",
    "rivers": "河流",
    "lakes": "湖泊水库",
    "protection_targets": "防护目标",
    "buildings": "建筑物",
    "settlements": "居民点",
    "roads": "道路",
    "railways": "铁路",
    "crossings": "桥隧渡口",
    "power_lines": "电力线",
    "mines": "矿山",
    "dams": "水库大坝",
    "hazard_sites": "油气站库与爆炸品库",
    "zones": "限制区域",
    "geohazards": "地质灾害",
}
"""Layers that are declared to be complete in the demonstration county."""

_SURVEYED_BEYOND_M = 8_000.0
"""How far beyond the county the survey goes: projects at its edge are looked at from there, too."""


def _item(ground: Ground, shape: Geometry, identity: str, name: str, **own: Any) -> dict[str, Any]:
    own.setdefault("accuracy_m", 10.0)
    return feature(
        ground.lonlat(shape),
        8,
        id=identity,
        name=name,
        adcode=ground.adcode(shape),
        source=ILLUSTRATIVE,
        **own,
    )


def make_admin_areas(ground: Ground) -> list[dict[str, Any]]:
    """Return the county and its four towns; towns have no six-digit code."""
    _, south, _, north = ground.county.bounds
    areas = [
        feature(
            PLANE.to_lonlat(ground.county),
            8,
            id="demo-county",
            name="示范县（虚构）",
            adcode=DEMO_ADCODE,
            source=ILLUSTRATIVE,
            level="county",
        )
    ]
    parts = [ground.county]
    for share in (0.25, 0.5, 0.75):
        border = wander(Point(-40_000, south + (north - south) * share), 0.03, 90_000, 500, f"towns {share}")
        parts = [piece for part in parts for piece in split(part, border).geoms]
    for i, part in enumerate(sorted(parts, key=lambda part: part.centroid.y)):
        zh = "一二三四"[i]
        areas.append(
            feature(
                PLANE.to_lonlat(part),
                8,
                id=f"demo-town-{i + 1}",
                name=f"示范{zh}镇（虚构）",
                source=ILLUSTRATIVE,
                level="town",
                parent_adcode=DEMO_ADCODE,
            )
        )
    return areas


def make_coverage(ground: Ground) -> list[dict[str, Any]]:
    """Return declarations that everything in and around the county was surveyed, one for each layer of things."""
    around = ground.county.buffer(_SURVEYED_BEYOND_M, quad_segs=4).simplify(50.0)
    return [
        feature(
            PLANE.to_lonlat(around),
            6,
            id=f"demo-survey-{layer}",
            name=f"示范县{zh}普查（虚构）",
            source=ILLUSTRATIVE,
            surveyed_layer=layer,
            complete=True,
            surveyed_on="2025-12-01",
            declared_by="示范县应急管理局（虚构）",
        )
        for layer, zh in _SURVEYED.items()
    ]


def _heights(reach: DemoReach, valley: str, up_m: float, beside_m: float) -> Point:
    at = reach.valleys[valley].interpolate(up_m)
    return Point(at.x, at.y + beside_m)


def make_zones(ground: Ground, lines: dict[str, LineString], places: list[Place]) -> list[dict[str, Any]]:
    """Return water sources, a reserve with its core, redline, farmland, scenic area and safety distances."""
    reach = ground.reach
    upper = substring(reach.tributaries["b"].centre, 0, 4_500)
    reserve = round_shape(_heights(reach, "right-11", 11_500, -2_400), 3_100, "reserve", corners=48)
    core = round_shape(reserve.centroid, 1_200, "core", corners=36)
    redline = MultiPolygon(
        [
            round_shape(_heights(reach, v, up, off), r, f"redline {v}", corners=40)
            for v, up, off, r in (
                ("right-2", 13_000, -1_700, 1_700),
                ("right-6", 12_500, 1_900, 1_300),
                ("right-14", 11_500, 2_300, 1_500),
            )
        ]
    )
    well = _heights(reach, "right-13", 10_500, 900)
    rows: list[tuple[str, str, str | None, str, Geometry]] = [
        ("示例水源地一级保护区", "water_source", "一级", "approved", upper.buffer(220, quad_segs=4)),
        (
            "示例水源地二级保护区",
            "water_source",
            "二级",
            "approved",
            upper.buffer(900, quad_segs=6).difference(upper.buffer(220, quad_segs=4)),
        ),
        ("示例地下水源一级保护区", "water_source", "一级", "draft", well.buffer(120, quad_segs=8)),
        ("示例自然保护区核心保护区", "nature_reserve", "核心保护区", "approved", core),
        ("示例自然保护区一般控制区", "nature_reserve", "一般控制区", "approved", reserve.difference(core)),
        ("示例生态保护红线", "ecological_redline", None, "approved", redline),
        (
            "示例风景名胜区",
            "scenic_area",
            "省级",
            "approved",
            round_shape(_heights(reach, "right-8", 10_500, 2_200), 1_500, "scenic", corners=40),
        ),
        (
            "示例化工园区周边土地规划安全控制线",
            "safety_distance",
            None,
            "draft",
            ground.parks[2].buffer(500, quad_segs=6),
        ),
        (
            "示例铁路线路安全保护区",
            "railway_protection",
            None,
            "approved",
            lines["railway"].buffer(12, quad_segs=2),
        ),
    ]
    for i, place in enumerate(places[2:14:3], 1):
        field = round_shape(
            Point(place.at.x, place.at.y + 2.1 * place.radius_m + 200), 260, f"field {i}", rough=0.35
        )
        rows.append(
            (f"示例永久基本农田{i}", "basic_farmland", None, "approved", field.difference(reach.water))
        )
    return [
        _item(ground, shape, f"demo-zone-{i:02d}", name, zone_kind=kind, level=level, status=status)
        for i, (name, kind, level, status, shape) in enumerate(rows, 1)
    ]


_GULLIES = ("right-5", "right-11", "left-12")
_MOUTH_M = 900.0
"""How far up the gully its mouth is. [m]"""


def make_geohazards(ground: Ground) -> list[dict[str, Any]]:
    """Return a fault, slides, rock falls, debris-flow gullies, a subsidence and the flood belt of a bank."""
    reach = ground.reach
    fault = wander(Point(9_500, -33_000), math.pi / 2 + 0.1, 62_000, 380, "fault").simplify(8)
    rows: list[tuple[str, str, Geometry]] = [("示例断裂", "fault", fault)]
    for i, (valley, up_m, off_m) in enumerate(
        (("right-2", 4_200, 620), ("right-7", 3_300, -640), ("right-10", 5_200, 700), ("left-9", 3_000, 560)),
        1,
    ):
        slide = round_shape(
            _heights(reach, valley, up_m, off_m), draw(f"slide {i}", 140, 300), f"slide {i}", rough=0.4
        )
        rows.append((f"示例滑坡{i}", "landslide", slide))
    rows += [
        (f"示例崩塌{i}", "collapse", _heights(reach, valley, 800, 420))
        for i, valley in enumerate(("right-8", "left-6"), 1)
    ]
    for i, valley in enumerate(_GULLIES, 1):
        rows.append(
            (
                f"示例泥石流沟{i}",
                "debris_flow",
                substring(reach.valleys[valley], 0, 5_500).buffer(70, quad_segs=3),
            )
        )
    rows.append(
        (
            "示例采空塌陷区",
            "subsidence",
            round_shape(_heights(reach, "right-12", 7_000, 800), 330, "subsidence"),
        )
    )
    stretch = substring(reach.outer["right"], 52_000, 60_000)
    rows.append(("示例洪水淹没范围", "flood", stretch.buffer(160, quad_segs=4).difference(reach.water)))
    fans = {f"示例泥石流沟{i}": _fan(reach, valley, i) for i, valley in enumerate(_GULLIES, 1)}
    return [
        _item(
            ground,
            shape,
            f"demo-geohazard-{i:02d}",
            name,
            geohazard_kind=kind,
            activity="活动" if i % 2 else "不活动",
            **fans.get(name, {}),
        )
        for i, (name, kind, shape) in enumerate(rows, 1)
    ]


def _fan(reach: DemoReach, valley: str, number: int) -> dict[str, Any]:
    """Return what the fan of a debris-flow gully follows from; the loose material of the last was not surveyed."""
    gully = reach.valleys[valley]
    mouth, up = gully.interpolate(_MOUTH_M), heading_at(gully, _MOUTH_M)
    known = {
        "catchment_km2": 6.0 + 3.0 * number,
        "channel_length_m": 5_500.0,
        "relief_m": 700.0 + 120.0 * number,
        "mouth_point": feature(PLANE.to_lonlat(mouth), 7)["geometry"],
        "fan_azimuth_deg": float(round((90.0 - math.degrees(up) + 180.0) % 360.0)),
    }
    return known if number == len(_GULLIES) else {**known, "loose_material_m3": 400_000.0 * number}


def make_dams(ground: Ground) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return three dams, and the two small reservoirs behind them."""
    reach = ground.reach
    station = reach.centre.length - 6_000
    at, across = reach.centre.interpolate(station), heading_at(reach.centre, station) + math.pi / 2
    dx, dy = 430 * math.cos(across), 430 * math.sin(across)
    crest = LineString([(at.x - dx, at.y - dy), (at.x + dx, at.y + dy)])
    dams = [
        _item(
            ground,
            crest,
            "demo-dam-01",
            "示例水电站大坝",
            dam_height_m=168.0,
            storage_m3=1.9e9,
            river="示例测量河段",
            state="in_service",
        )
    ]
    lakes = []
    for i, (valley, up_m) in enumerate((("right-1", 6_200), ("right-14", 7_400)), 2):
        gully = reach.valleys[valley]
        water = (
            substring(gully, up_m, up_m + 900)
            .buffer(110, quad_segs=6)
            .intersection(substring(gully, up_m, up_m + 1_100).buffer(160, cap_style="flat"))
        )
        heading = heading_at(gully, up_m) + math.pi / 2
        foot = gully.interpolate(up_m)
        ends = [(foot.x + s * 130 * math.cos(heading), foot.y + s * 130 * math.sin(heading)) for s in (-1, 1)]
        dams.append(
            _item(
                ground,
                LineString(ends),
                f"demo-dam-{i:02d}",
                f"示例水库大坝{i - 1}",
                dam_height_m=38.0 + i,
                storage_m3=2.4e6,
                river="示例箐沟",
                state="in_service",
            )
        )
        lakes.append(
            _item(
                ground,
                water,
                f"demo-water-{i:02d}",
                f"示例水库{i - 1}",
                lake_kind="reservoir",
                basin="yangtze",
            )
        )
    return dams, lakes


def make_hazard_sites(ground: Ground, lines: dict[str, LineString]) -> list[dict[str, Any]]:
    """Return fuel stations at the road, depots, a fireworks store and two stores of explosives."""
    kinds = [("fuel_station", "加油站", f"{1 + i % 3}级", 60.0 + 30 * (i % 4), None) for i in range(11)]
    kinds += [("oil_depot", "油库", "四级", 18_000.0, None), ("oil_depot", "油库", "五级", 900.0, None)]
    kinds += [
        ("lpg_depot", "液化石油气站", None, 400.0, None),
        ("lpg_depot", "液化石油气站", None, 150.0, None),
    ]
    kinds += [("fireworks_store", "烟花爆竹仓库", "1.3级", None, 9_000.0)]
    kinds += [
        ("explosives_store", "民用爆炸物品库", "1.1级", None, 5_000.0),
        ("explosives_store", "民用爆炸物品库", "1.1级", None, 20_000.0),
    ]
    sites = []
    for number, (kind, zh, grade, capacity_m3, charge_kg) in enumerate(kinds, 1):
        remote = charge_kg is not None
        road = lines["riverside"].interpolate((number - 0.4) / len(kinds), normalized=True)
        near = (
            _heights(ground.reach, f"right-{number % 15 or 15}", 8_200, 900)
            if remote
            else Point(road.x + 60, road.y)
        )
        at = ground.find_free(near, 40, f"hazard site {number}", gap_m=15)
        sites.append(
            _item(
                ground,
                at
                if kind == "fuel_station"
                else round_shape(at, 34, f"hazard site {number}", rough=0.1, corners=8),
                f"demo-hazard-site-{number:02d}",
                f"示例{zh}{number:02d}",
                accuracy_m=5.0 if number % 7 else None,
                kind=kind,
                site_grade=grade,
                capacity_m3=capacity_m3,
                charge_kg=charge_kg,
                pipeline_distance_m=30.0 if kind == "fuel_station" else None,
                state="new" if number == 18 else "in_service",
            )
        )
    return sites


_CLASSES = (("B", 1.8, 0.16), ("D", 2.6, 0.34), ("D", 4.8, 0.22), ("F", 1.3, 0.28))
"""Stability after Pasquill, wind speed [m/s], share of the hours."""


def _rose(main_deg: float, narrowness: float, second: float) -> list[dict[str, Any]]:
    """Return frequencies in ten-thousandths by direction from, speed and stability; they add up to 1."""
    weights = []
    for i in range(16):
        turn = math.radians(22.5 * i - main_deg)
        weights.append(
            math.exp(narrowness * math.cos(turn)) + second * math.exp(-narrowness * math.cos(turn))
        )
    cells = [
        (22.5 * i, stability, speed, w / sum(weights) * share)
        for i, w in enumerate(weights)
        for stability, speed, share in _CLASSES
    ]
    parts = [math.floor(cell[3] * 10_000) for cell in cells]
    # The largest remainders take what rounding down has left over.
    order = sorted(range(len(cells)), key=lambda i: (parts[i] - cells[i][3] * 10_000, i))
    for i in order[: 10_000 - sum(parts)]:
        parts[i] += 1
    return [
        {"from_deg": deg, "stability": stability, "speed_m_s": speed, "frequency": part / 10_000}
        for (deg, stability, speed, _), part in zip(cells, parts, strict=True)
    ]


def make_wind_roses(ground: Ground, places: list[Place]) -> list[dict[str, Any]]:
    """Return a plateau rose (south-west winds prevail) and a valley rose (up and down the valley)."""
    plateau, valley = Point(15_000, 4_000), places[0].at
    return [
        _item(
            ground,
            plateau,
            "demo-wind-plateau",
            "示例风玫瑰（高原型）",
            accuracy_m=100.0,
            frequencies=_rose(225.0, 1.6, 0.1),
            year_from=2016,
            year_to=2025,
        ),
        _item(
            ground,
            valley,
            "demo-wind-valley",
            "示例风玫瑰（河谷型）",
            accuracy_m=100.0,
            frequencies=_rose(170.0, 2.4, 0.6),
            year_from=2016,
            year_to=2025,
        ),
    ]
