"""Scenes for the cases of rules: one subject before some targets, put up from a few numbers.

The keys are those of :mod:`layers.siting.rule_cases`. Targets have their edge on a meridian, the subject stands at the
end of a geodesic that leaves it at a right angle: its distance from the edge is then the one put in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely

from geo.ellipsoid import CGCS2000
from geo.errors import RuleError
from geo.rules.predicates.downwind import DIRECTIONS
from geo.rules.rule import Rule
from layers.catalog import get_layer
from layers.model import GeometryKind

__all__ = ["CaseScene", "build_scene"]

_LON, _LAT = 102.7, 26.5
_ZONE_EDGE_LON = 103.5
"""Edge of the 3-degree zones 34 and 35."""
_EDGE_LATS = np.round(np.arange(26.4, 26.6001, 0.005), 6)
"""Vertices of a target's edge; 555 m apart."""
_WIDTH_DEG = 0.05
"""Width of areal targets, about 5 km."""
_SIDE_M = 300.0
"""Side of areal subjects."""


@dataclass(frozen=True)
class CaseScene:
    """What a case is evaluated on.

    Attributes
    ----------
    subjects : GeoDataFrame
        One row.
    layers : dict of slug to GeoDataFrame
    rasters : dict of kind to path
    """

    subjects: gpd.GeoDataFrame
    layers: dict[str, gpd.GeoDataFrame]
    rasters: dict[str, Path]


def build_scene(rule: Rule, aspect: str, case: Mapping[str, Any], folder: Path) -> CaseScene:
    """Return the scene of a case.

    Parameters
    ----------
    rule : Rule
    aspect : str
    case : mapping
        Keys as :mod:`layers.siting.rule_cases` describes them.
    folder : Path
        Where rasters are written.

    Raises
    ------
    RuleError
        If a key is missing that the rule's test needs, or a geometry cannot be read.
    """
    lon = _meridian(rule, aspect, case)
    tests = rule.tests or (rule,)
    subject = _subject(rule, case, lon)
    layers: dict[str, list[dict[str, Any]]] = {}
    for test in tests:
        if test.target_layer is not None and case.get("targets", 1) and "features" not in case:
            layers.setdefault(test.target_layer, []).extend(_targets(test, case, lon))
    for feature in case.get("features", []):
        row = {**case["target"], **feature, "geometry": _shape(feature["wkt"])}
        layers.setdefault(row.pop("layer"), []).append(row)
    for test in tests:
        if test.predicate == "downwind" and "share_percent" in case:
            layers["wind_roses"] = [_rose(case["share_percent"], lon)]
        if test.predicate == "jurisdiction_count":
            layers["admin_areas"] = [_division(test.parameters["adcode"], lon)]
    return CaseScene(
        gpd.GeoDataFrame([subject], geometry="geometry", crs="EPSG:4490"),
        {layer: _frame(layer, rows) for layer, rows in layers.items() if rows},
        _rasters(case, lon, folder),
    )


def _meridian(rule: Rule, aspect: str, case: Mapping[str, Any]) -> float:
    """Return the meridian of the target's edge; for a zone edge such that this edge lies between both."""
    if aspect != "zone_edge":
        return float(case.get("lon", _LON))
    edge = float(case.get("lon", _ZONE_EDGE_LON))
    between_m = _distance_m(rule, case) / 2.0
    return float(CGCS2000.fwd(edge, _LAT, 270.0, between_m)[0])


def _distance_m(rule: Rule, case: Mapping[str, Any]) -> float:
    if "distance_m" in case:
        return float(case["distance_m"])
    return float(case.get("distances", {}).get(rule.target_layer, 0.0))


def _subject(rule: Rule, case: Mapping[str, Any], lon: float) -> dict[str, Any]:
    stated = {name: None if value == "" else value for name, value in case["subject"].items()}
    row = {
        "id": "subject",
        "name": "示例",
        "layer": "proposals",
        "kind": rule.subject_kinds[0],
        "state": "new",
        "purpose": None,
        "accuracy_m": 1.0,
    }
    if "value" in case:
        row |= {
            test.parameters["field"]: case["value"]
            for test in (rule.tests or (rule,))
            if test.predicate in {"attribute", "older_than"}
        }
    return {**row, **stated, "geometry": _subject_shape(rule, case, lon)}


def _subject_shape(rule: Rule, case: Mapping[str, Any], lon: float) -> shapely.Geometry:
    if "subject_wkt" in case:
        return _shape(case["subject_wkt"])
    if rule.predicate == "covers_share":
        return shapely.box(lon, _LAT - 0.005, lon + 0.01, _LAT + 0.005)
    if rule.predicate == "jurisdiction_count" and case.get("elsewhere"):
        return shapely.Point(lon + 2.0, _LAT)
    distance_m = _distance_m((rule.tests or (rule,))[0], case)
    nearest = _going((lon, _LAT), 90.0, distance_m)
    # What must lie inside reaches beyond the edge by its apex, everything else comes near by it.
    away_deg = 270.0 if rule.predicate == "inside" else 90.0
    match case.get("shape", "point"):
        case "point":
            return shapely.Point(nearest)
        case "polygon":
            return _triangle(nearest, away_deg)
        case "multipart":
            farther = _going(nearest, away_deg, 5000.0 if away_deg == 90.0 else 1000.0)
            return shapely.MultiPolygon([_triangle(nearest, away_deg), _triangle(farther, away_deg)])
        case "holed":
            return _holed(nearest, away_deg, lon)
        case shape:
            raise RuleError(f"rule {rule.id!r}: unknown shape {shape!r} of a case")


def _triangle(apex: tuple[float, float], away_deg: float) -> shapely.Polygon:
    return shapely.Polygon([apex, *(_going(apex, away_deg + turn, _SIDE_M) for turn in (-45.0, 45.0))])


def _holed(apex: tuple[float, float], away_deg: float, lon: float) -> shapely.Polygon:
    """Return a polygon with the target in its hole, whose edge comes nearest at the apex; inside, a small hole."""
    if away_deg == 270.0:
        middle = _going(apex, away_deg, _SIDE_M / 2.0)
        hole = [_going(middle, turn, 20.0) for turn in (0.0, 120.0, 240.0)]
        return shapely.Polygon(_triangle(apex, away_deg).exterior, [hole])
    west, east, south, north = lon - 0.5, lon + 0.5, _LAT - 0.5, _LAT + 0.5
    hole = [(west, south), (east, south), apex, (east, north), (west, north)]
    return shapely.Polygon(shapely.box(west - 0.1, south - 0.1, east + 0.1, north + 0.1).exterior, [hole])


def _targets(test: Rule, case: Mapping[str, Any], lon: float) -> list[dict[str, Any]]:
    """Return the targets of a test: equal ones at the edge, then those with a place of their own."""
    layer = test.target
    stated = {name: value for name, value in case["target"].items() if name in _field_names(layer)}
    first = _distance_m(test, case)
    rows = []
    for one in [{}] * case.get("targets", 1) + case.get("more", []):
        attributes = {**stated, **{name: value for name, value in one.items() if name != "distance_m"}}
        # The subject stays where it is: a target of another distance has its edge farther west or east.
        shift_m = first - one.get("distance_m", first)
        edge = float(CGCS2000.fwd(lon, _LAT, 90.0, shift_m)[0]) if shift_m else lon
        shape = one.get("target_shape", case.get("target_shape"))
        rows += [
            {**attributes, "geometry": part}
            for part in _target_shapes(test, case, edge, shape or _usual_shape(layer))
        ]
    return rows


def _target_shapes(test: Rule, case: Mapping[str, Any], lon: float, shape: str) -> list[shapely.Geometry]:
    if test.predicate == "covers_share":
        covered = lon + 0.01 * case.get("share_percent", 0.0) / 100.0
        return [shapely.box(lon - _WIDTH_DEG, _LAT - 0.02, covered, _LAT + 0.02)]
    area = _area(lon, _EDGE_LATS)
    match shape:
        case "point":
            return [shapely.Point(lon, _LAT)]
        case "line":
            return [shapely.LineString([(lon, lat) for lat in _EDGE_LATS])]
        case "polygon":
            return [area]
        case "holed":
            hole = shapely.box(lon - 0.02, _LAT - 0.01, lon - 0.01, _LAT + 0.01)
            return [shapely.Polygon(area.exterior, [hole.exterior])]
        case "multipart":
            return [shapely.MultiPolygon([area, _area(lon - 0.2, _EDGE_LATS)])]
        case "split":
            middle = np.searchsorted(_EDGE_LATS, _LAT)
            return [_area(lon, _EDGE_LATS[: middle + 1]), _area(lon, _EDGE_LATS[middle:])]
        case _:
            raise RuleError(f"rule {test.id!r}: unknown target_shape {shape!r} of a case")


def _area(lon: float, lats: Iterable[float]) -> shapely.Polygon:
    """Return an area west of a meridian, with vertices along both of its long edges."""
    ordered = [float(lat) for lat in lats]
    return shapely.Polygon(
        [*((lon, lat) for lat in ordered), *((lon - _WIDTH_DEG, lat) for lat in reversed(ordered))]
    )


def _usual_shape(layer: str) -> str:
    kinds = get_layer(layer).geometry
    return "line" if GeometryKind.LINE in kinds else "polygon" if GeometryKind.POLYGON in kinds else "point"


def _field_names(layer: str) -> list[str]:
    return [field.name for field in get_layer(layer).all_fields]


def _frame(layer: str, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return the features of a layer with all its fields; what is not stated is missing."""
    blank = dict.fromkeys(_field_names(layer))
    filled = []
    for number, row in enumerate(rows, start=1):
        stated = {
            name: None if isinstance(value, str) and not value else value for name, value in row.items()
        }
        unknown = stated.keys() - blank.keys() - {"geometry", "wkt", "target_shape"}
        if unknown:
            raise RuleError(f"a case states {sorted(unknown)}, which layer {layer} does not have")
        own = {"id": f"target-{number}", "accuracy_m": 1.0, **stated}
        filled.append(
            {**blank, **{name: own[name] for name in own if name in blank}, "geometry": row["geometry"]}
        )
    return gpd.GeoDataFrame(filled, geometry="geometry", crs="EPSG:4490")


def _rose(share_percent: float, lon: float) -> dict[str, Any]:
    """Return a rose in which that share blows from the east, the rest evenly from all other directions."""
    rest = (1.0 - share_percent / 100.0) / (DIRECTIONS - 1)
    frequencies = [
        {"from_deg": 22.5 * i, "frequency": share_percent / 100.0 if i == 4 else rest}
        for i in range(DIRECTIONS)
    ]
    return {"frequencies": frequencies, "geometry": shapely.Point(lon, _LAT)}


def _division(adcode: str, lon: float) -> dict[str, Any]:
    return {"adcode": adcode, "geometry": shapely.box(lon - 1.0, _LAT - 1.0, lon + 1.0, _LAT + 1.0)}


def _rasters(case: Mapping[str, Any], lon: float, folder: Path) -> dict[str, Path]:
    terrain = case.get("terrain")
    if "rise_m" in case:
        between = CGCS2000.fwd(lon, _LAT, 90.0, float(case.get("distance_m", 0.0)) / 2.0)[0]
        heights = np.repeat([[1500.0, 1500.0 + case["rise_m"]]], 2, axis=0)
        return {"elevation": _write_raster(folder, heights, between - 0.1, _LAT + 0.1, 0.1)}
    if terrain is None:
        return {}
    heights = np.array(terrain["heights"], dtype=float) if "heights" in terrain else _plane(terrain)
    return {
        "elevation": _write_raster(folder, heights, terrain["west"], terrain["north"], terrain["cell_deg"])
    }


def _plane(terrain: Mapping[str, float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the heights of a sloping plane, 111.195 km to the degree of latitude (mean radius)."""
    cell_deg = terrain["cell_deg"]
    columns = round((terrain["east"] - terrain["west"]) / cell_deg)
    rows = round((terrain["north"] - terrain["south"]) / cell_deg)
    km_north = 111.195 * cell_deg
    km_east = km_north * np.cos(np.radians((terrain["south"] + terrain["north"]) / 2.0))
    east_km = (np.arange(columns) + 0.5) * km_east
    north_km = (np.arange(rows)[::-1] + 0.5) * km_north
    return np.asarray(
        terrain["height_m"]
        + terrain["east_m_per_km"] * east_km[None, :]
        + terrain["north_m_per_km"] * north_km[:, None]
    )


def _write_raster(
    folder: Path, heights: np.ndarray[Any, np.dtype[np.float64]], west: float, north: float, cell_deg: float
) -> Path:
    path = folder / "elevation.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=heights.shape[0],
        width=heights.shape[1],
        count=1,
        dtype="float64",
        crs="EPSG:4490",
        transform=rasterio.Affine(cell_deg, 0.0, west, 0.0, -cell_deg, north),
    ) as raster:
        raster.write(heights, 1)
    return path


def _shape(wkt: str) -> shapely.Geometry:
    try:
        return shapely.from_wkt(wkt)
    except shapely.errors.GEOSException as exc:
        raise RuleError(f"{wkt!r} is no WKT: {exc}") from exc


def _going(start: tuple[float, float], azimuth_deg: float, distance_m: float) -> tuple[float, float]:
    """Return where a geodesic ends; a negative distance goes backwards."""
    lon, lat, _ = CGCS2000.fwd(*start, azimuth_deg, distance_m)
    return float(lon), float(lat)
