"""Risk and deaths between stored contours, and the load of major hazards."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.ellipsoid import FloatArray, geodesic_area_m2
from geo.errors import HazardError
from geo.grids import sum_groups
from geo.hazard.major_hazard import assess_major_hazard
from geo.hazard.plant import Equipment, Plant, Surroundings, Unit
from geo.hazard.substances import find_substance
from layers.errors import NotAvailableError
from layers.grids.objects import Objects, describe_features, distribute, join_objects
from layers.grids.people import ValueRaster, count_in_pieces
from layers.grids.registry import Metric
from layers.grids.scenes import Scene
from layers.hazards import COUNTED_WITHIN_M, identify_hazard
from layers.people import count_around
from layers.plants import parse_plant

__all__ = ["measure_contour_deaths", "measure_contour_risk", "measure_hazard"]

_AIR = Surroundings(
    elevation_m=0.0, pressure_pa=101_325.0, temperature_k=288.15, humidity=0.5, roughness_m=0.1, urban=False,
    complex_terrain=False,
)  # fmt: skip
"""A plant has to state its surroundings; GB 18218 asks for none of them."""

_PRODUCTION = "process_unit"


def measure_contour_risk(scene: Scene, metric: Metric) -> Objects:
    """Return contours by the least risk that they add to the next outer one of the same plant, times their area.

    The mean over a cell is then a bound from below: between two contours the risk is at least the outer one's, and
    outside the outermost it counts nothing. ``max_risk`` is the highest contour of one plant that the cell meets.
    """
    contours = _read_contours(scene, metric)
    area_km2 = np.array([geodesic_area_m2(shape) / 1e6 for shape in contours.geometry])
    table = _name_subjects(scene, contours, contours["step_per_year"].to_numpy() * area_km2)
    table["max_risk"] = contours["risk_per_year"].to_numpy(dtype=float)
    return join_objects(scene, [table], [contours.geometry.to_numpy()], metric.layers, greatest=("max_risk",))


def measure_contour_deaths(scene: Scene, metric: Metric) -> Objects:
    """Return contours by the least risk that they add, times the people within; see :func:`measure_contour_risk`."""
    contours = _read_contours(scene, metric)
    raster = ValueRaster.open(scene.raster("population"))
    row, cell, people, lacking = count_in_pieces(raster, contours.geometry.to_numpy(), scene.resolution)
    mass = people * contours["step_per_year"].to_numpy()[row]
    partly = np.zeros(len(contours), dtype=bool)
    partly[row[lacking > 1e-6]] = True
    table = _name_subjects(scene, contours, sum_groups(row, mass, len(contours)), partly)
    shares = distribute(row, cell, mass, table["weight"].to_numpy(), scene.resolution)
    return Objects(table, shares, shapely.intersection(scene.covered(metric.layers), raster.ground))


def _read_contours(scene: Scene, metric: Metric) -> gpd.GeoDataFrame:
    scene.require(
        metric.layers,
        "compute some with `riskmap distance FILE`",
        "请先用 riskmap distance FILE 计算风险等值线",
    )
    contours = gpd.GeoDataFrame(pd.concat([scene.read(one) for one in metric.objects], ignore_index=True))
    contours = contours[shapely.get_dimensions(contours.geometry) == 2]
    contours = contours[contours["risk_per_year"].notna() & contours["subject_id"].notna()]
    if contours.empty:
        raise NotAvailableError(
            "no contour here is an area with a risk and a plant", zh="这里没有带风险值和企业的等值线面"
        )
    contours = contours.sort_values(["subject_id", "risk_per_year"], ignore_index=True)
    risk = contours["risk_per_year"].astype(float)
    outer = risk.groupby(contours["subject_id"]).shift(fill_value=0.0)
    contours["step_per_year"] = risk - outer
    return gpd.GeoDataFrame(contours)


def _name_subjects(
    scene: Scene, contours: gpd.GeoDataFrame, weight: FloatArray, incomplete: Any = False
) -> pd.DataFrame:
    """Return the table of contours under the names of the features that they are of, where those are stored."""
    table = describe_features("risk_contours", contours, weight, incomplete)
    for layer in ("enterprises", "chemical_parks", "plants"):
        scene.used.add(layer)
        ids = contours["subject_id"].unique().tolist()
        names = scene.store.read(layer, ids=ids, at=scene.at, columns=["name"]).set_index("id")["name"]
        mine = (contours["subject_id"].isin(names.index) & (table["layer"] == "risk_contours")).to_numpy()
        table.loc[mine, "layer"] = layer
        table.loc[mine, "id"] = contours.loc[mine, "subject_id"]
        table.loc[mine, "name"] = contours.loc[mine, "subject_id"].map(names)
    return table


def measure_hazard(scene: Scene, metric: Metric) -> Objects:
    """Return hazard units and plants by their R of GB 18218-2018.

    A unit below S = 1 is no major hazard installation and has 0. R is unknown where the inventory is, a substance is
    not in the tables, or the people within 500 m are not known. Plants count by their file; stored units of an
    enterprise that a plant describes are left to it.
    """
    scene.require(metric.layers, "import hazard units or plants first", "请先导入装置单元或企业描述文件")
    try:
        population: Path | None = scene.raster("population")
    except NotAvailableError:
        population = None
    scene.used.add("enterprises")
    described: set[str] = set()
    tables, shapes = [], []
    for one in sorted(metric.objects, key=lambda wanted: wanted.layer != "plants"):
        frame = scene.read(one)
        if one.layer == "plants":
            frame = frame[frame["variant_of"].isna()]
            weight = [_plant_r(row, population, described) for row in frame.to_dict("records")]
        else:
            frame = frame[(frame["state"] != "closed") & ~frame["enterprise_id"].isin(described)]
            weight = _units_r(scene, frame, population)
        tables.append(describe_features(one.layer, frame, weight))
        shapes.append(frame.geometry.to_numpy())
    return join_objects(scene, tables, shapes, metric.layers)


def _plant_r(row: Mapping[Any, Any], population: Path | None, described: set[str]) -> float:
    file = parse_plant(row["document"], name=str(row["id"]))
    if file.plant.feature is not None:
        described.add(file.plant.feature.id)
    units = identify_hazard(file, population)["units"]
    known = [unit["r"] if unit["is_major"] else 0.0 for unit in units]
    return float("nan") if None in known else float(np.sum(known))


def _units_r(scene: Scene, frame: gpd.GeoDataFrame, population: Path | None) -> list[float]:
    owners = sorted({str(id) for id in frame["enterprise_id"].dropna()})
    sites = scene.store.read("enterprises", ids=owners, at=scene.at, columns=[]).set_index("id").geometry
    people: dict[str, int | None] = {}
    found = []
    for number, row in enumerate(frame.to_dict("records")):
        scene.say(0.3 * number / len(frame), "grading hazard units")
        found.append(_unit_r(row, sites.get(row["enterprise_id"]), population, people))
    return found


def _unit_r(
    row: Mapping[Any, Any],
    site: Any,
    population: Path | None,
    people: dict[str, int | None],
) -> float:
    boundary = next((shape for shape in (site, row["geom"]) if _is_area(shape)), None)
    try:
        unit = _make_unit(row)
        if unit is None:
            return float("nan")
        plant = Plant(
            id=unit.id,
            name=unit.name,
            boundary=shapely.Polygon(),
            state="in_service",
            surroundings=_AIR,
            units=(unit,),
        )
        if not assess_major_hazard(plant).is_major:
            return 0.0
        key = str(row["enterprise_id"] if boundary is site else row["id"])
        if key not in people:
            people[key] = _count_people(boundary, population)
        (graded,) = assess_major_hazard(plant, people[key]).units
    except HazardError:
        return float("nan")
    return float("nan") if graded.r is None else graded.r


def _is_area(shape: Any) -> bool:
    return shape is not None and int(shapely.get_dimensions(shape)) == 2


def _count_people(boundary: Any, population: Path | None) -> int | None:
    if boundary is None or population is None:
        return None
    counted = count_around(population, boundary, COUNTED_WITHIN_M)
    return None if counted.people is None else int(np.ceil(counted.people))


def _make_unit(row: Mapping[Any, Any]) -> Unit | None:
    """Return a stored unit as GB 18218 judges it: each on its own; None where its inventory is unknown."""
    inventory = row["inventory"]
    if not isinstance(inventory, Sequence) or not inventory:
        return None
    equipment = [_make_equipment(f"{row['id']}/{n}", item) for n, item in enumerate(inventory)]
    if any(item is None for item in equipment):
        return None
    return Unit(
        id=str(row["id"]),
        name=str(row["name"]),
        kind="production" if row["unit_kind"] == _PRODUCTION else "storage",
        boundary=None,
        equipment=tuple(item for item in equipment if item is not None),
    )


def _make_equipment(id: str, item: Any) -> Equipment | None:
    if (
        not isinstance(item, Mapping)
        or not isinstance(item.get("mass_kg"), int | float)
        or not item.get("cas")
    ):
        return None
    return Equipment(
        id=id,
        name=id,
        kind="atmospheric_tank",
        lon=0.0,
        lat=0.0,
        substance=find_substance(str(item["cas"])).key,
        mass_kg=float(item["mass_kg"]),
        temperature_k=293.15,  # table 1 and 2 ask for the substance, not for its state
        pressure_pa=101_325.0,
    )
