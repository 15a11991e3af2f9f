"""A made-up province: what rules measure to, and proposals between it. Seeded; nothing outside the project is read.

Towns lie at random; buildings, targets and works lie round them, roads and lines between them. Each layer comes from
one survey and has its accuracy; two settlements in a hundred have an unknown one.
"""

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers.siting.checks import subjects_of
from layers.store import Store

SEED = 20_260_102
WEST, SOUTH, EAST, NORTH = 98.0, 22.0, 106.0, 29.0
M_PER_DEG = 111_000.0

Floats = NDArray[np.float64]
Rng = np.random.Generator
Columns = dict[str, Any]

SHARES = {
    "buildings": 0.55,
    "protection_targets": 0.10,
    "settlements": 0.04,
    "roads": 0.12,
    "railways": 0.01,
    "power_lines": 0.05,
    "enterprises": 0.04,
    "hazard_sites": 0.01,
    "crossings": 0.02,
    "mines": 0.01,
    "zones": 0.01,
    "rivers": 0.02,
    "lakes": 0.01,
    "pipelines": 0.005,
    "pipeline_sites": 0.003,
    "tailings_ponds": 0.001,
    "chemical_parks": 0.0005,
    "geohazards": 0.0005,
}
"""Part of the targets that each layer has."""

KINDS = ("chemical_project", "tailings_pond", "fuel_station", "quarry", "chemical_park", "smelter")


def fill(store: Store, count: int, shares: Mapping[str, float] = SHARES) -> int:
    """Write a province of about so many targets, of which each layer has a part, and return their number."""
    rng = np.random.default_rng(SEED)
    towns = strew_towns(rng, count)
    written = 0
    for layer, share in shares.items():
        frame = make_layer(layer, rng, towns, max(round(count * share), 1))
        store.write(layer, frame)
        written += len(frame)
    return written


def make_proposals(count: int, targets: int) -> list[gpd.GeoDataFrame]:
    """Return subjects of one proposal each, as a check takes them."""
    rng = np.random.default_rng(SEED + 1)
    towns = strew_towns(np.random.default_rng(SEED), targets)
    shapes = squares(rng, strew(rng, towns, count, 3_000.0), 200.0)
    frames = []
    for number, shape in enumerate(shapes):
        row = {
            "id": f"proposal-{number:05d}",
            "name": f"proposal {number}",
            "kind": KINDS[number % len(KINDS)],
            "state": "new",
            "purpose": "other",
            "accuracy_m": 5.0,
            "capacity_m3": 3e6,
            "dam_height_m": 45.0,
            "substance": "chlorine",
            "major_hazard_source": True,
            "external_distance_m": 500.0,
            "facility_class": "key_facility",
            "outline": "equipment",
        }
        frame = gpd.GeoDataFrame([row], geometry=[shape], crs="EPSG:4490")
        frames.append(subjects_of("proposals", frame))
    return frames


def strew_towns(rng: Rng, targets: int) -> Floats:
    """Return longitude and latitude of towns, shape (n, 2): one for each thousand targets, 20 at least."""
    return rng.uniform((WEST, SOUTH), (EAST, NORTH), (max(targets // 1_000, 20), 2))


def strew(rng: Rng, towns: Floats, count: int, spread_m: float) -> Floats:
    """Return places round towns, shape (n, 2)."""
    away = rng.standard_normal((count, 2)) * spread_m / M_PER_DEG
    places = towns[rng.integers(len(towns), size=count)] + away
    return np.clip(places, (WEST, SOUTH), (EAST, NORTH))


def squares(rng: Rng, places: Floats, side_m: float) -> NDArray[np.object_]:
    half = side_m * rng.uniform(0.5, 1.5, (len(places), 1)) / 2.0 / M_PER_DEG
    return np.asarray(shapely.box(*(places - half).T, *(places + half).T))


def lines(rng: Rng, places: Floats, step_m: float, steps: int = 12) -> NDArray[np.object_]:
    """Return wandering lines of so many vertices."""
    turns = rng.uniform(0.0, 2.0 * np.pi, (len(places), 1)) + np.cumsum(
        rng.normal(0.0, 0.4, (len(places), steps)), axis=1
    )
    moves = np.stack([np.cos(turns), np.sin(turns)], axis=2) * step_m / M_PER_DEG
    return np.asarray(shapely.linestrings(places[:, None] + np.cumsum(moves, axis=1)))


def pick(rng: Rng, words: dict[str, float], count: int) -> list[str]:
    """Return words by their shares."""
    shares = np.array(list(words.values()))
    chosen = rng.choice(len(words), count, p=shares / shares.sum())
    return [list(words)[word] for word in chosen]


def make_layer(layer: str, rng: Rng, towns: Floats, count: int) -> gpd.GeoDataFrame:
    """Return the features of one layer."""
    geometries, columns = LAYERS[layer](rng, towns, count)
    identity = {
        "id": [f"{layer}-{number:07d}" for number in range(count)],
        "name": [f"{layer} {number}" for number in range(count)],
        "source": "made up",
    }
    return gpd.GeoDataFrame({**identity, **columns}, geometry=geometries, crs="EPSG:4490")


def buildings(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    words = {"home": 0.7, "office": 0.1, "works_cde": 0.1, "public": 0.07, "important_public": 0.03}
    columns = {
        "accuracy_m": 2.0,
        "storeys": rng.integers(1, 8, count),
        "households": rng.integers(0, 30, count),
        "building_class": pick(rng, words, count),
    }
    return squares(rng, strew(rng, towns, count, 3_000.0), 25.0), columns


def protection_targets(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    words = {
        "general_3": 0.6,
        "general_2": 0.2,
        "general_1": 0.1,
        "important": 0.06,
        "high_sensitivity": 0.04,
    }
    columns = {
        "accuracy_m": 5.0,
        "target_class": pick(rng, words, count),
        "building_class": pick(rng, {"home": 0.8, "public": 0.15, "important_public": 0.05}, count),
        "people_day": rng.integers(1, 500, count),
    }
    return np.asarray(shapely.points(strew(rng, towns, count, 3_000.0))), columns


def settlements(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": np.where(rng.random(count) < 0.02, np.nan, 50.0),
        "population": rng.integers(20, 5_000, count),
        "rank": pick(rng, {"village": 0.9, "town": 0.08, "county": 0.02}, count),
    }
    return np.asarray(shapely.points(strew(rng, towns, count, 15_000.0))), columns


def roads(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    words = {
        "street": 0.5,
        "township": 0.25,
        "county": 0.15,
        "provincial": 0.06,
        "national": 0.03,
        "expressway": 0.01,
    }
    columns = {
        "accuracy_m": 5.0,
        "road_class": pick(rng, words, count),
        "land_half_width_m": 15.0,
        "half_width_m": rng.choice([3.5, 7.5, 12.0], count),
    }
    return lines(rng, strew(rng, towns, count, 10_000.0), 300.0), columns


def railways(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 5.0,
        "railway_class": pick(rng, {"national": 0.7, "high_speed": 0.2, "works": 0.1}, count),
        "setting": pick(rng, {"village": 0.6, "urban": 0.2, "other": 0.2}, count),
        "half_width_m": 8.0,
    }
    return lines(rng, strew(rng, towns, count, 20_000.0), 800.0), columns


def power_lines(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 10.0,
        "voltage_kv": rng.choice([10.0, 35.0, 110.0, 220.0, 500.0, 800.0], count),
        "laying": pick(rng, {"overhead": 0.9, "buried": 0.1}, count),
        "pole_height_m": 20.0,
        "half_width_m": 5.0,
    }
    return lines(rng, strew(rng, towns, count, 15_000.0), 400.0), columns


def enterprises(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    words = {"chemical_enterprise": 0.4, "smelter": 0.2, "concentrator": 0.1, "other": 0.3}
    columns = {
        "accuracy_m": 5.0,
        "kind": pick(rng, words, count),
        "state": "in_service",
        "staff": rng.integers(5, 2_000, count),
        "facility_class": pick(rng, {"unit_ab": 0.6, "key_facility": 0.2, "other": 0.2}, count),
        "outline": "site_boundary",
    }
    return squares(rng, strew(rng, towns, count, 6_000.0), 150.0), columns


def hazard_sites(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 5.0,
        "kind": pick(rng, {"fuel_station": 0.8, "oil_depot": 0.1, "explosives_store": 0.1}, count),
        "state": "in_service",
        "facility_class": "dispenser",
    }
    return np.asarray(shapely.points(strew(rng, towns, count, 6_000.0))), columns


def crossings(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 5.0,
        "crossing_kind": pick(rng, {"bridge": 0.7, "tunnel": 0.28, "ferry": 0.02}, count),
        "size": pick(rng, {"small": 0.6, "medium": 0.2, "large": 0.15, "extra_large": 0.05}, count),
        "carries": pick(rng, {"road": 0.9, "railway": 0.1}, count),
    }
    return np.asarray(shapely.points(strew(rng, towns, count, 10_000.0))), columns


def mines(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 10.0,
        "mine_kind": pick(rng, {"open_pit": 0.4, "quarry": 0.3, "licence_area": 0.3}, count),
        "state": "in_service",
    }
    return squares(rng, strew(rng, towns, count, 20_000.0), 500.0), columns


def zones(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    words = {
        "basic_farmland": 0.6,
        "water_source": 0.15,
        "nature_reserve": 0.1,
        "scenic_area": 0.1,
        "other": 0.05,
    }
    columns = {
        "accuracy_m": 10.0,
        "zone_kind": pick(rng, words, count),
        "status": "approved",
        "level": "一级",
    }
    return squares(rng, strew(rng, towns, count, 25_000.0), 2_000.0), columns


def rivers(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 10.0,
        "role": pick(rng, {"other": 0.6, "tributary": 0.35, "main_stem": 0.05}, count),
        "basin": pick(rng, {"yangtze": 0.6, "pearl": 0.2, "mekong": 0.2}, count),
        "catchment_km2": rng.uniform(10.0, 30_000.0, count),
        "line_kind": "outer",
        "reach": [f"reach {number}" for number in range(count)],
    }
    return lines(rng, strew(rng, towns, count, 30_000.0), 500.0, 60), columns


def lakes(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {"accuracy_m": 10.0, "lake_kind": "reservoir", "basin": "yangtze"}
    return squares(rng, strew(rng, towns, count, 25_000.0), 800.0), columns


def pipelines(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 5.0,
        "kind": pick(rng, {"gas_pipeline": 0.6, "oil_pipeline": 0.4}, count),
        "state": "in_service",
        "diameter_mm": 711.0,
        "pressure_mpa": 6.3,
    }
    return lines(rng, strew(rng, towns, count, 15_000.0), 700.0), columns


def pipeline_sites(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {"accuracy_m": 5.0, "site_kind": "station", "state": "in_service"}
    return np.asarray(shapely.points(strew(rng, towns, count, 15_000.0))), columns


def tailings_ponds(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {
        "accuracy_m": 10.0,
        "state": "in_service",
        "purpose": "other",
        "capacity_m3": rng.uniform(1e5, 2e7, count),
        "dam_height_m": rng.uniform(15.0, 120.0, count),
        "operation": "depositing",
    }
    return squares(rng, strew(rng, towns, count, 15_000.0), 500.0), columns


def chemical_parks(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {"accuracy_m": 5.0, "state": "in_service", "recognised": True}
    return squares(rng, strew(rng, towns, count, 8_000.0), 3_000.0), columns


def geohazards(rng: Rng, towns: Floats, count: int) -> tuple[NDArray[np.object_], Columns]:
    columns = {"accuracy_m": 20.0, "geohazard_kind": pick(rng, {"fault": 0.5, "landslide": 0.5}, count)}
    return lines(rng, strew(rng, towns, count, 25_000.0), 1_000.0), columns


LAYERS: dict[str, Callable[[Rng, Floats, int], tuple[NDArray[np.object_], Columns]]] = {
    make.__name__: make
    for make in (
        buildings,
        protection_targets,
        settlements,
        roads,
        railways,
        power_lines,
        enterprises,
        hazard_sites,
        crossings,
        mines,
        zones,
        rivers,
        lakes,
        pipelines,
        pipeline_sites,
        tailings_ponds,
        chemical_parks,
        geohazards,
    )
}
