"""Risk and deaths by stored rasters and contours, and the load of major hazards."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import HazardError
from geo.grids import Shares, sum_groups
from geo.grids.cells import Cells
from geo.grids.sizes import measure_areas_m2
from geo.hazard.major_hazard import assess_major_hazard
from geo.hazard.plant import Equipment, Plant, Surroundings, Unit
from geo.hazard.substances import find_substance
from geo.text import Text
from layers.errors import NotAvailableError
from layers.grids.objects import Objects, describe_features, distribute, join_objects
from layers.grids.people import MISSING_SHARE, ValueRaster, count_in_pieces
from layers.grids.registry import Metric
from layers.grids.risk_rasters import (
    BY_CONTOURS,
    BY_RASTER,
    DEATHS_BY_CONTOURS,
    DEATHS_BY_RASTER,
    RiskRaster,
    find_risk_rasters,
    measure_raster_deaths,
    measure_risk_raster,
)
from layers.grids.scenes import Scene
from layers.plants.document import parse_plant
from layers.plants.hazards import COUNTED_WITHIN_M, identify_hazard
from layers.plants.people import count_around

__all__ = ["measure_contour_deaths", "measure_contour_risk", "measure_hazard"]

_AIR = Surroundings(
    elevation_m=0.0, pressure_pa=101_325.0, temperature_k=288.15, humidity=0.5, roughness_m=0.1, urban=False,
    complex_terrain=False,
)  # fmt: skip
"""A plant has to state its surroundings; GB 18218 asks for none of them."""

_PRODUCTION = "process_unit"

_BASIS = ("by_raster", "by_contours")


def measure_contour_risk(scene: Scene, metric: Metric) -> Objects:
    """Return plants by their individual risk times area: from their risk rasters, else between their contours.

    A plant whose raster is stored has the exact mean of its pixels in each cell, and the greatest of them as
    ``max_risk``. Of another one each contour weighs the least risk that it adds to the next outer one, times its area:
    a bound from below, as between two contours the risk is at least the outer one's, and outside the outermost it
    counts nothing; ``max_risk`` is the highest contour that the cell meets. Cells say in ``by_raster`` and
    ``by_contours`` (1 or 0) which of both went into them.
    """

    def by_raster(part: Scene, raster: RiskRaster) -> Objects:
        measured = _place_plant(part, raster, *measure_risk_raster(part, raster))
        return _tell_basis(replace(measured, greatest=("max_risk",)), BY_RASTER, by_raster=True)

    def by_contours(part: Scene, contours: gpd.GeoDataFrame) -> Objects:
        measured = _measure_contours(part, metric, contours)
        return _tell_basis(replace(measured, greatest=("max_risk",)), BY_CONTOURS, by_raster=False)

    return _measure_plants(scene, metric, by_raster, by_contours)


def measure_contour_deaths(scene: Scene, metric: Metric) -> Objects:
    """Return plants by the deaths per year that are to be expected of them: people times individual risk.

    A plant whose risk raster is stored has the exact integral of both rasters in each cell. Of another one each contour
    weighs the least risk that it adds, times the people within: a bound from below. ``by_raster`` and ``by_contours``
    (1 or 0) tell which of both went into a cell.
    """

    def by_raster(part: Scene, raster: RiskRaster) -> Objects:
        found = measure_raster_deaths(part, raster, part.raster("population"))
        return _tell_basis(_place_plant(part, raster, *found), DEATHS_BY_RASTER, by_raster=True)

    def by_contours(part: Scene, contours: gpd.GeoDataFrame) -> Objects:
        return _tell_basis(_count_deaths(part, metric, contours), DEATHS_BY_CONTOURS, by_raster=False)

    return _measure_plants(scene, metric, by_raster, by_contours)


def _measure_plants(
    scene: Scene,
    metric: Metric,
    by_raster: Callable[[Scene, RiskRaster], Objects],
    by_contours: Callable[[Scene, gpd.GeoDataFrame], Objects],
) -> Objects:
    """Return plants measured by their risk rasters, those without one by their contours."""
    rasters, lacking = find_risk_rasters(scene)
    *parts, last = scene.split(len(rasters) + 1)
    found = [by_raster(part, raster) for part, raster in zip(parts, rasters.values(), strict=True)]
    try:
        contours = _read_contours(last.stage(0.0, 0.2), metric, without=rasters)
    except NotAvailableError:
        if not found:
            raise
    else:
        found.append(by_contours(last.stage(0.2, 1.0), contours))
    return replace(_join(found, scene.resolution), left_out=lacking)


def _place_plant(
    scene: Scene, raster: RiskRaster, table: pd.DataFrame, cells: Cells, ground: BaseGeometry
) -> Objects:
    """Return a plant as one object in each cell of its raster, as its risk is another one in each."""
    table = _name_subjects(scene, table, pd.Series(raster.subject_id, index=table.index))
    mass = np.nan_to_num(table["weight"].to_numpy())
    return Objects(table, distribute(np.arange(len(table)), cells, mass, mass, scene.resolution), ground)


def _measure_contours(scene: Scene, metric: Metric, contours: gpd.GeoDataFrame) -> Objects:
    weighing, sharing = scene.split(2)
    shapes = contours.geometry.to_numpy()
    area_km2 = weighing.measure(measure_areas_m2, shapes, "measuring contours") / 1e6
    table = describe_features("risk_contours", contours, contours["step_per_year"].to_numpy() * area_km2)
    table["max_risk"] = contours["risk_per_year"].to_numpy(dtype=float)
    table = _name_subjects(scene, table, contours["subject_id"])
    return join_objects(sharing, [table], [shapes], metric.layers)


def _count_deaths(scene: Scene, metric: Metric, contours: gpd.GeoDataFrame) -> Objects:
    raster = ValueRaster.open(scene.raster("population"))
    shapes = contours.geometry.to_numpy()
    row, cell, people, lacking = count_in_pieces(raster, shapes, scene.resolution, scene.say)
    mass = people * contours["step_per_year"].to_numpy()[row]
    weight = sum_groups(row, mass, len(contours))
    # Where people are counted in no piece of a contour, its deaths are not 0 but unknown.
    weight[np.bincount(row[lacking < 1.0], minlength=len(contours)) == 0] = np.nan
    partly = np.zeros(len(contours), dtype=bool)
    partly[row[lacking > MISSING_SHARE]] = True
    table = describe_features("risk_contours", contours, weight, partly)
    table = _name_subjects(scene, table, contours["subject_id"])
    told = (lacking < 1.0) | np.isnan(weight[row])
    shares = distribute(row[told], cell[told], mass[told], np.nan_to_num(weight), scene.resolution)
    return Objects(table, shares, shapely.intersection(scene.covered(metric.layers), raster.ground))


def _tell_basis(objects: Objects, clause: Text, *, by_raster: bool) -> Objects:
    table = objects.table.assign(by_raster=float(by_raster), by_contours=float(not by_raster))
    clauses = {row: (clause,) for row in range(len(table))}
    return replace(objects, table=table, greatest=(*objects.greatest, *_BASIS), clauses=clauses)


def _join(found: Sequence[Objects], resolution: int) -> Objects:
    """Return the objects of several plants after one another; together they speak for the ground of any."""
    first = np.cumsum([0, *(len(one.table) for one in found)]).tolist()
    shares = [one.shares for one in found]
    joined = Shares(
        row=np.concatenate([one.row + start for one, start in zip(shares, first, strict=False)]),
        cell=np.concatenate([one.cell for one in shares]),
        share=np.concatenate([one.share for one in shares]),
        lon_lat=np.concatenate([one.lon_lat for one in shares]),
        residual=np.concatenate([one.residual for one in shares]),
        resolution=resolution,
    )
    said = [
        (row + start, clauses)
        for one, start in zip(found, first, strict=False)
        for row, clauses in one.clauses.items()
    ]
    return replace(
        found[0],
        table=pd.concat([one.table for one in found], ignore_index=True),
        shares=joined,
        covered=shapely.union_all([one.covered for one in found]),
        clauses=dict(said),
    )


def _read_contours(scene: Scene, metric: Metric, without: Iterable[str] = ()) -> gpd.GeoDataFrame:
    """Return the contours of each plant but some, the outermost first, with what each adds to the one before it."""
    scene.require(
        metric.layers,
        "compute some with `riskmap distance FILE`",
        "请先用 riskmap distance FILE 计算风险等值线",
    )
    read = [own.read(wanted) for wanted, own in scene.stages(metric.objects)]
    contours = gpd.GeoDataFrame(pd.concat(read, ignore_index=True))
    contours = contours[shapely.get_dimensions(contours.geometry) == 2]
    contours = contours[contours["risk_per_year"].notna() & contours["subject_id"].notna()]
    contours = contours[~contours["subject_id"].isin(list(without))]
    if contours.empty:
        raise NotAvailableError(
            "no contour here is an area with a risk and a plant", zh="这里没有带风险值和企业的等值线面"
        )
    contours = contours.sort_values(["subject_id", "risk_per_year"], ignore_index=True)
    risk = contours["risk_per_year"].astype(float)
    outer = risk.groupby(contours["subject_id"]).shift(fill_value=0.0)
    contours["step_per_year"] = risk - outer
    return gpd.GeoDataFrame(contours)


def _name_subjects(scene: Scene, table: pd.DataFrame, subjects: "pd.Series[Any]") -> pd.DataFrame:
    """Return a table of objects under the names of the features that they are of, where those are stored."""
    table, unnamed = table.copy(), np.ones(len(table), dtype=bool)
    for layer in ("enterprises", "chemical_parks", "plants"):
        scene.used.add(layer)
        ids = subjects.unique().tolist()
        names = scene.store.read(layer, ids=ids, at=scene.at, columns=["name"]).set_index("id")["name"]
        mine = subjects.isin(names.index).to_numpy() & unnamed
        table.loc[mine, "layer"] = layer
        table.loc[mine, "id"] = subjects.to_numpy()[mine]
        table.loc[mine, "name"] = subjects.map(names).to_numpy()[mine]
        unnamed &= ~mine
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
    grading, sharing = scene.split(2)
    for one, own in grading.stages(sorted(metric.objects, key=lambda wanted: wanted.layer != "plants")):
        frame = own.stage(0.0, 0.1).read(one)
        own = own.stage(0.1, 1.0)
        if one.layer == "plants":
            frame = frame[frame["variant_of"].isna()]
            rows = frame.to_dict("records")
            weight = [_plant_r(row, population, described) for row in own.follow(rows, "grading plants")]
        else:
            frame = frame[(frame["state"] != "closed") & ~frame["enterprise_id"].isin(described)]
            weight = _units_r(own, frame, population)
        tables.append(describe_features(one.layer, frame, weight))
        shapes.append(frame.geometry.to_numpy())
    return join_objects(sharing, tables, shapes, metric.layers)


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
    return [
        _unit_r(row, sites.get(row["enterprise_id"]), population, people)
        for row in scene.follow(frame.to_dict("records"), "grading hazard units")
    ]


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
