"""Illustrative ponds, parks, enterprises, hazard units, mines and proposals."""

import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import shapely
from codes import DEMO_ADCODE, credit_code, design_grade, is_major_source
from files import SAMPLES, feature
from park_layouts import make_park_buildings, make_park_units, make_plot
from plane import Plane, draw, pick, rectangle, round_shape
from reach import PLANE, DemoReach
from shapely import Geometry, Point, box
from shapely.affinity import rotate, translate
from sites import find_site, make_block, make_pond

__all__ = ["ILLUSTRATIVE", "Features", "make_facilities"]

ILLUSTRATIVE = "illustrative"
"""Source of every feature that is made up."""

Features = dict[str, list[dict[str, Any]]]


class _Trade(NamedTuple):
    zh: str
    kind: str
    industry: str
    stock: tuple[tuple[str, str, float, str, float, float], ...]
    """Units: (name, CAS, mass kg, phase, °C, MPa)."""


_SPACING_CLASS = {
    "液氨储罐": "liquid_tank",
    "合成塔": "unit_ab",
    "氯化氢合成炉": "unit_ab",
    "黄磷储槽": "store_a_3_4",
    "液化石油气球罐": "hydrocarbon_tank",
    "甲醇储罐": "liquid_tank",
    "合成气压缩机": "unit_ab",
    "甲苯储罐": "liquid_tank",
    "苯储罐": "liquid_tank",
    "环氧乙烷储罐": "hydrocarbon_tank",
}
"""Class in the spacing tables by name of the unit; the tables that are held have none for chlorine and acids."""


_AMMONIA = ("液氨储罐", "7664-41-7", 120_000.0, "liquid", 25.0, 1.2)
_CHLORINE = ("液氯储罐", "7782-50-5", 40_000.0, "liquid", 20.0, 0.8)
_LPG = ("液化石油气球罐", "74-98-6", 400_000.0, "liquid", 25.0, 1.1)
_METHANOL = ("甲醇储罐", "67-56-1", 1_600_000.0, "liquid", 25.0, 0.1)
_ACID = ("硫酸储罐", "7664-93-9", 3_000_000.0, "liquid", 25.0, 0.1)
_CHEMICAL = (
    _Trade(
        "化肥",
        "chemical_enterprise",
        "C2621",
        (_AMMONIA, ("合成塔", "7664-41-7", 8_000.0, "gas", 420.0, 15.0)),
    ),
    _Trade(
        "氯碱",
        "chemical_enterprise",
        "C2612",
        (_CHLORINE, ("氯化氢合成炉", "7647-01-0", 600.0, "gas", 160.0, 0.1)),
    ),
    _Trade(
        "磷化工",
        "chemical_enterprise",
        "C2619",
        (("黄磷储槽", "12185-10-3", 200_000.0, "liquid", 60.0, 0.1), _ACID),
    ),
    _Trade(
        "甲醇",
        "chemical_enterprise",
        "C2614",
        (_METHANOL, ("合成气压缩机", "1333-74-0", 900.0, "gas", 40.0, 5.0)),
    ),
    _Trade(
        "农药",
        "chemical_enterprise",
        "C2631",
        (("甲苯储罐", "108-88-3", 180_000.0, "liquid", 25.0, 0.1), _CHLORINE),
    ),
    _Trade(
        "石化", "chemical_enterprise", "C2614", (_LPG, ("苯储罐", "71-43-2", 900_000.0, "liquid", 25.0, 0.1))
    ),
    _Trade(
        "化学品仓储",
        "chemical_enterprise",
        "G5942",
        (_METHANOL, ("环氧乙烷储罐", "75-21-8", 50_000.0, "liquid", 5.0, 0.4)),
    ),
)
_OTHER = (
    _Trade(
        "铜冶炼", "smelter", "C3211", (_ACID, ("二氧化硫转化器", "7446-09-5", 2_000.0, "gas", 430.0, 0.1))
    ),
    _Trade("铅锌冶炼", "smelter", "C3212", (_ACID,)),
    _Trade("铜选矿", "concentrator", "B0911", ()),
    _Trade("铁选矿", "concentrator", "B0810", ()),
    _Trade("水泥", "other", "C3011", (("氨水储罐", "1336-21-6", 60_000.0, "liquid", 25.0, 0.1),)),
    _Trade("固废处置", "waste_site", "N7724", ()),
    _Trade("水电运维", "other", "D4413", ()),
)

_STORES = _Trade("化学品仓储", "chemical_enterprise", "G5942", ())


def _round_to(value: float, step: float) -> float:
    return round(value / step) * step


def _extra(case: dict[str, Any]) -> dict[str, Any] | None:
    return {"shows": case["shows"]} if "shows" in case else None


def _lonlat_json(plane: Plane, geometry: Geometry) -> dict[str, Any]:
    return feature(plane.to_lonlat(geometry), 7)["geometry"]


def _pond(reach: DemoReach, number: int, case: dict[str, Any], layer: str) -> dict[str, Any]:
    key = f"{layer} {number}"
    site = find_site(reach, case["site"], left=case.get("left", False))
    pond = make_pond(site, case["distance_m"], case.get("form"), key)
    height_m = float(round(draw(f"{key} height", 18, 95)))
    area_m2 = pond.shape.area or 90_000.0
    common = {
        "adcode": DEMO_ADCODE if site.in_county else None,
        "accuracy_m": case.get("accuracy_m"),
        "source": ILLUSTRATIVE,
        "state": case.get("state"),
        "purpose": case.get("purpose"),
        "capacity_m3": _round_to(area_m2 * height_m * 0.42, 10_000.0),
        "dam_height_m": height_m,
        "extra": _extra(case),
    }
    shape = site.plane.to_lonlat(pond.shape)
    if layer == "proposals":
        name = f"示例选址{number:02d}（尾矿库）"
        status = pick(f"{key} status", ("draft", "checked"))
        return feature(
            shape,
            id=f"demo-proposal-{number:02d}",
            name=name,
            kind=case["kind"],
            case_status=status,
            toe_point=None if case.get("form") == "point" else _lonlat_json(site.plane, pond.toe),
            **common,
            **case.get("fields", {}),
        )
    in_use = case.get("state") in {"in_service", "re_mining", "closed", "expand", "rebuild"}
    closed = case.get("state") in {"closed", "re_mining"}
    method = pick(
        f"{key} method", ("upstream", "upstream", "centreline", "downstream", "one_step", "dry_stack")
    )
    year = round(draw(f"{key} year", 1986, 2019))
    return feature(
        shape,
        id=f"demo-pond-{number:02d}",
        name=f"示例{number:02d}号尾矿库",
        enterprise_id=f"demo-enterprise-{40 + number % 8:02d}",
        method=method,
        operation=("closed" if closed else pick(f"{key} operation", ("depositing", "depositing", "idle")))
        if in_use
        else None,
        design_grade=design_grade(common["capacity_m3"], height_m),
        dam_axis=_lonlat_json(site.plane, pond.dam_axis),
        toe_point=_lonlat_json(site.plane, pond.toe),
        monitoring=["pond_level", "phreatic_line", "displacement", "rainfall"] if in_use else None,
        people_downstream=round(draw(f"{key} people", 0, 320)) if in_use else None,
        built_year=year if in_use else None,
        in_service_since=f"{year + 1}-06-01" if in_use else None,
        final_elevation_reached=closed if in_use else None,
        licence_until=None if closed or not in_use else f"{2026 + number % 4}-10-31",
        **(_water_of(key, method) if in_use else {}),
        monitoring_points=_monitoring_points(number) if in_use else None,
        **common,
    )


def _water_of(key: str, method: str) -> dict[str, float]:
    """Return freeboard and beach of a pond that holds water."""
    if method == "dry_stack":
        return {}
    freeboard_m = {"freeboard_m": round(draw(f"{key} freeboard", 0.4, 1.9), 1)}
    if method == "one_step":
        return freeboard_m
    return {**freeboard_m, "beach_m": float(round(draw(f"{key} beach", 30, 130)))}


_WARNINGS: dict[int, tuple[tuple[str, str | None], ...]] = {
    0: (),
    1: (
        ("displacement", "blue"),
        ("displacement", "blue"),
        ("displacement", "blue"),
        ("displacement", "blue"),
    ),
    2: (("phreatic_line", "yellow"),),
    3: (("rainfall", None),),
    4: (("displacement", "orange"), ("pond_level", "orange")),
}
"""Points that do not read as normal, by what is left of a pond's number: from none to two orange items."""


def _monitoring_points(number: int) -> list[dict[str, Any]]:
    """Return the points of a pond: four of displacement, two of the phreatic line, one of level and rain each."""
    deviating = list(_WARNINGS[number % len(_WARNINGS)])
    points = []
    for item, count in (("pond_level", 1), ("phreatic_line", 2), ("displacement", 4), ("rainfall", 1)):
        for place in range(1, count + 1):
            found = next((entry for entry in deviating if entry[0] == item), (item, "normal"))
            if found in deviating:
                deviating.remove(found)
            point = {"item": item, "point": f"{item[0].upper()}{place}", "level": found[1]}
            points.append({key: value for key, value in point.items() if value is not None})
    return points


def _park_zones(
    plane: Plane, park: str, shape: Geometry, heading: float, in_county: bool
) -> Iterator[dict[str, Any]]:
    """Yield the zones of a park: its ground cut across its length."""
    shares = (
        ("office", "管理", 0.14),
        ("logistics", "物流", 0.16),
        ("storage", "储存", 0.2),
        ("production", "生产", 0.36),
        ("utility", "公用工程", 0.14),
    )
    upright = rotate(shape, -heading, origin=(0, 0), use_radians=True)
    west, south, east, north = upright.bounds
    start = west
    for kind, zh, share in shares:
        end = start + share * (east - west)
        ground = upright.intersection(box(start + 8, south, end - 8, north))
        start = end
        turned = rotate(ground, heading, origin=(0, 0), use_radians=True)
        yield feature(
            plane.to_lonlat(turned),
            id=f"{park}-{kind}",
            name=f"{zh}区（示例）",
            adcode=DEMO_ADCODE if in_county else None,
            accuracy_m=5.0,
            source=ILLUSTRATIVE,
            park_id=park,
            zone_kind=kind,
        )


def _park(reach: DemoReach, number: int, case: dict[str, Any], out: Features, taken: list[Geometry]) -> None:
    site = find_site(reach, case["site"], left=case.get("left", False))
    shape, heading = make_block(
        site, case["distance_m"], case["size_m"], form=case.get("form"), aside_m=case.get("aside_m", 0.0)
    )
    identity = f"demo-park-{number:02d}"
    out["chemical_parks"].append(
        feature(
            site.plane.to_lonlat(shape),
            id=identity,
            name=f"示例{number:02d}号化工园区",
            adcode=DEMO_ADCODE if site.in_county else None,
            accuracy_m=case.get("accuracy_m"),
            source=ILLUSTRATIVE,
            state=case.get("state"),
            purpose=case.get("purpose"),
            park_grade="BCDCCD"[number % 6],
            recognised=case.get("state") != "new",
            assessed_on="2025-06-30" if case.get("state") != "new" else None,
            extra=_extra(case),
        )
    )
    out["park_zones"] += _park_zones(site.plane, identity, shape, heading, site.in_county)
    if site.plane is PLANE:
        taken.append(shape)
        _fill_park(number, shape, heading, out)


def _fill_park(park: int, shape: Geometry, heading: float, out: Features) -> None:
    """Put three works on the ground of a park."""
    upright = rotate(shape, -heading, origin=(0, 0), use_radians=True)
    west, south, east, north = upright.bounds
    for i, share in enumerate((0.42, 0.6, 0.78)):
        middle = Point(west + share * (east - west), south + (0.24 if i % 2 else 0.7) * (north - south))
        plot = rectangle(middle, 0.13 * (east - west), 0.34 * (north - south), 0.0).intersection(upright)
        turned = rotate(plot, heading, origin=(0, 0), use_radians=True)
        number = 70 + 3 * park + i
        case = {"state": "in_service", "accuracy_m": 5.0, "park_id": f"demo-park-{park:02d}"}
        _add_enterprise(number, turned, PLANE, True, case, _CHEMICAL[(park + i) % len(_CHEMICAL)], out)
    _add_stores(park, shape, heading, out)


def _add_stores(park: int, shape: Geometry, heading: float, out: Features) -> None:
    """Put the stores of a park on a plot of their own, where a layout is stated."""
    number = 90 + park
    units = make_park_units(park, shape, heading, f"demo-enterprise-{number:02d}")
    if units:
        case = {"state": "in_service", "accuracy_m": 5.0}
        _add_enterprise(number, make_plot(shape, heading), PLANE, True, case, _STORES, out)
        out["hazard_units"] += units
        out["buildings"] += make_park_buildings(park, shape, heading)


def _units(
    number: int, shape: Geometry, plane: Plane, in_county: bool, case: dict[str, Any], trade: _Trade
) -> Iterator[dict[str, Any]]:
    """Yield the tanks and process units of an enterprise, standing on its ground."""
    parts = shapely.get_parts(shape.buffer(-15) if shape.area else shape)
    ground = max(parts, key=lambda part: part.area) if len(parts) else shape
    inside = ground.representative_point()
    for i, (zh, cas, mass_kg, phase, temperature_c, pressure_mpa) in enumerate(trade.stock):
        at = translate(inside, (i - 0.5) * 32, (i - 0.5) * 18)
        liquid = phase == "liquid"
        volume_m3 = _round_to(mass_kg / 600 / 0.85, 10.0) if liquid else None
        yield feature(
            plane.to_lonlat(at.buffer(8, quad_segs=6) if liquid else rectangle(at, 24, 14, 0.4)),
            id=f"demo-unit-{number:02d}-{i + 1}",
            name=f"示例{zh}",
            adcode=DEMO_ADCODE if in_county else None,
            accuracy_m=2.0,
            source=ILLUSTRATIVE,
            enterprise_id=f"demo-enterprise-{number:02d}",
            park_id=case.get("park_id"),
            unit_kind="tank" if liquid else "process_unit",
            state="in_service"
            if case.get("state") in {"in_service", "expand", "rebuild"}
            else case.get("state"),
            colour_grade=pick(f"unit {number} {i} colour", ("red", "orange", "yellow", "blue")),
            inventory=[
                {
                    "cas": cas,
                    "mass_kg": mass_kg,
                    "phase": phase,
                    "temperature_c": temperature_c,
                    "pressure_mpa": pressure_mpa,
                }
            ],
            volume_m3=volume_m3,
            height_m=0.0 if liquid else 12.0,
            bund_area_m2=_round_to(volume_m3 / 1.2, 10.0) if volume_m3 else None,
            major_hazard_source=is_major_source(cas, mass_kg),
            facility_class=_SPACING_CLASS.get(zh, "other"),
            outline="equipment",
            stored_mass_kg=mass_kg,
        )


def _add_enterprise(
    number: int,
    shape: Geometry,
    plane: Plane,
    in_county: bool,
    case: dict[str, Any],
    trade: _Trade,
    out: Features,
) -> None:
    out["enterprises"].append(
        feature(
            plane.to_lonlat(shape),
            id=f"demo-enterprise-{number:02d}",
            name=f"示例{number:02d}号{trade.zh}企业",
            adcode=DEMO_ADCODE if in_county else None,
            accuracy_m=case.get("accuracy_m"),
            source=ILLUSTRATIVE,
            credit_code=credit_code(number),
            industry_code=trade.industry,
            kind=trade.kind,
            state=case.get("state"),
            purpose=case.get("purpose"),
            colour_grade=pick(f"enterprise {number} colour", ("red", "orange", "yellow", "yellow", "blue")),
            staff=round(draw(f"enterprise {number} staff", 25, 620)),
            address="示范县（示例地址）" if in_county else None,
            extra=_extra(case),
        )
    )
    out["hazard_units"] += _units(number, shape, plane, in_county, case, trade)


def _case_enterprise(
    reach: DemoReach, number: int, case: dict[str, Any], out: Features, taken: list[Geometry]
) -> None:
    site = find_site(reach, case["site"], left=case.get("left", False))
    size_m = (draw(f"works {number} length", 240, 480), draw(f"works {number} width", 130, 240))
    shape, _ = make_block(
        site, case["distance_m"], size_m, form=case.get("form"), aside_m=case.get("aside_m", 0.0)
    )
    if site.plane is PLANE:
        taken.append(shape)
    _add_enterprise(number, shape, site.plane, site.in_county, case, _CHEMICAL[number % len(_CHEMICAL)], out)


def _filler(reach: DemoReach, out: Features, taken: list[Geometry], first: int, count: int) -> None:
    """Add other works beside the right bank, clear of what stands there already."""
    names = [name for name in sorted(reach.valleys) if name.startswith("right")]
    number, tried = first, 0
    while number < first + count:
        tried += 1
        key = f"filler {tried}"
        site = find_site(reach, pick(f"{key} valley", names))
        size_m = (draw(f"{key} length", 180, 520), draw(f"{key} width", 110, 260))
        aside_m = draw(f"{key} aside", -1_500, 1_500)
        shape, _ = make_block(site, draw(f"{key} distance", 350, 3_900), size_m, aside_m=aside_m)
        if any(shape.distance(other) < 80 for other in taken):
            continue
        taken.append(shape)
        trade = pick(f"{key} trade", _OTHER)
        point = tried % 3 == 0
        case = {
            "state": pick(
                f"{key} state", ("in_service", "in_service", "in_service", "expand", "new", "closed")
            ),
            "accuracy_m": 10.0 if point else 5.0,
        }
        _add_enterprise(number, shape.centroid if point else shape, PLANE, True, case, trade, out)
        number += 1


def _province(out: Features, first: int, count: int) -> None:
    """Add works elsewhere in the province, some kilometres from towns, as points."""
    text = (SAMPLES / "real" / "settlements.geojson").read_text(encoding="utf-8")
    rows = [
        item for item in json.loads(text)["features"] if item["properties"].get("adcode", "").startswith("53")
    ]
    towns = [
        item["geometry"]["coordinates"] for item in rows if item["properties"].get("population", 0) > 60_000
    ]
    for number in range(first, first + count):
        key = f"province {number}"
        lon, lat = towns[int((number - first + 0.5) * len(towns) / count)]
        plane, angle, away_m = (
            Plane(lon, lat),
            draw(f"{key} angle", 0, 2 * math.pi),
            draw(f"{key} away", 4_000, 9_000),
        )
        at = Point(away_m * math.cos(angle), away_m * math.sin(angle))
        chemical = number % 2 == 0
        trade = pick(f"{key} trade", _CHEMICAL if chemical else _OTHER)
        accuracy_m = (10.0, 50.0, None)[number % 3]
        _add_enterprise(
            number, at, plane, False, {"state": "in_service", "accuracy_m": accuracy_m}, trade, out
        )


def _mines(reach: DemoReach, out: Features, taken: list[Geometry]) -> None:
    kinds = (
        ("open_pit", "露天采场", "铜"),
        ("underground", "地下矿山", "铅锌"),
        ("quarry", "采石场", "石灰岩"),
        ("licence_area", "采矿权范围", "磷"),
        ("dump", "排土场", "铜"),
    )
    names = sorted(reach.valleys)
    number, tried = 1, 0
    while number <= 14:
        tried += 1
        key = f"mine {tried}"
        kind, zh, mineral = kinds[number % len(kinds)]
        valley = pick(f"{key} valley", names)
        gully = reach.valleys[valley]
        at = gully.interpolate(draw(f"{key} up", 3_500, 10_500))
        radius_m = {"licence_area": 900.0, "underground": 60.0}.get(kind, draw(f"{key} radius", 180, 380))
        shape = round_shape(translate(at, 0, draw(f"{key} beside", 700, 1_300)), radius_m, key)
        if any(shape.distance(other) < 60 for other in taken):
            continue
        taken.append(shape)
        out["mines"].append(
            feature(
                PLANE.to_lonlat(shape.centroid if kind == "underground" else shape),
                id=f"demo-mine-{number:02d}",
                name=f"示例{number:02d}号{zh}",
                adcode=DEMO_ADCODE if valley.startswith("right") else None,
                accuracy_m=10.0,
                source=ILLUSTRATIVE,
                mine_kind=kind,
                mineral=mineral,
                state=pick(f"{key} state", ("in_service", "in_service", "new", "expand", "closed")),
                slope_height_m=round(draw(f"{key} slope", 30, 260)) * 1.0
                if kind in {"open_pit", "quarry", "dump"}
                else None,
                depth_m=round(draw(f"{key} depth", 150, 950)) * 1.0 if kind == "underground" else None,
            )
        )
        number += 1


def _proposal_block(reach: DemoReach, number: int, case: dict[str, Any]) -> dict[str, Any]:
    site = find_site(reach, case["site"], left=case.get("left", False))
    shape, _ = make_block(
        site, case["distance_m"], case.get("size_m", (320.0, 180.0)), aside_m=case.get("aside_m", 0.0)
    )
    zh = {"chemical_park": "化工园区", "chemical_project": "化工项目", "drilling": "钻探"}[case["kind"]]
    return feature(
        site.plane.to_lonlat(shape),
        id=f"demo-proposal-{number:02d}",
        name=f"示例选址{number:02d}（{zh}）",
        adcode=DEMO_ADCODE if site.in_county else None,
        accuracy_m=case.get("accuracy_m"),
        source=ILLUSTRATIVE,
        kind=case["kind"],
        state=case.get("state"),
        purpose=case.get("purpose"),
        case_status=pick(f"proposal {number} status", ("draft", "checked")),
        extra=_extra(case),
        **case.get("fields", {}),
    )


def make_facilities(reach: DemoReach) -> tuple[Features, list[Geometry]]:
    """Return the features by layer, and the ground that is taken in the county's plane."""
    cases = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))
    layers = ("enterprises", "hazard_units", "chemical_parks", "park_zones", "mines", "buildings")
    out: Features = {layer: [] for layer in layers}
    taken: list[Geometry] = [reach.water]
    out["tailings_ponds"] = [
        _pond(reach, i, case, "ponds") for i, case in enumerate(cases["tailings_ponds"], 1)
    ]
    taken += [PLANE.to_plane(shapely.from_geojson(_text(item))) for item in out["tailings_ponds"]]
    for i, case in enumerate(cases["chemical_parks"], 1):
        _park(reach, i, case, out, taken)
    for i, case in enumerate(cases["enterprises"], 1):
        _case_enterprise(reach, i, case, out, taken)
    out["proposals"] = [
        _pond(reach, i, case, "proposals")
        if case["kind"] == "tailings_pond"
        else _proposal_block(reach, i, case)
        for i, case in enumerate(cases["proposals"], 1)
    ]
    taken += [PLANE.to_plane(shapely.from_geojson(_text(item))) for item in out["proposals"]]
    _filler(reach, out, taken, 21, 29)
    _province(out, 51, 16)
    _mines(reach, out, taken)
    return out, taken


def _text(item: dict[str, Any]) -> str:
    return shapely.to_geojson(shapely.geometry.shape(item["geometry"]))
