"""External safety distance (外部安全防护距离): how far each criterion reaches, which targets lie within, by how much.

GB/T 37243-2019, 6.8 and 5.4, with the criteria of GB 36894-2018. A zone is the area in which a criterion is exceeded:
the individual-risk contour of the whole enterprise, the circles of overpressure around stores of explosives, or both,
of which the larger counts in each direction. Shapes are found in the plane of the site; every distance is then
measured again on the ellipsoid.

"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.distance import TargetIndex
from geo.ellipsoid import FloatArray, geodesic_distance_m
from geo.errors import HazardError
from geo.hazard.accident import accident_distances
from geo.hazard.contours import RiskAt, find_outermost, transform_polygons
from geo.hazard.criteria import TARGET_CLASSES
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Plant
from geo.hazard.routing import Method
from geo.hazard.scenarios import SevereScenario
from geo.hazard.stamp import SitePlane
from geo.hazard.tables import Override, Table, table

__all__ = [
    "CRITERION_COLUMNS",
    "DIRECTIONS_DEG",
    "Circle",
    "Direction",
    "Target",
    "Zone",
    "find_zones",
    "pressure_circles",
    "unit_boundary",
]

CRITERION_COLUMNS = {"new": "new", "rebuild": "new", "expand": "new", "in_service": "in_service"}
"""Column of the criteria for each state of a project."""

DIRECTIONS_DEG = np.arange(0.0, 360.0, 5.0)
"""Azimuths in which distances are reported. [°] Chosen."""

_CIRCLE_SEGMENTS = 90
"""Of a quarter of a circle: the chord of a degree lies within 4e-5 of the radius. Numerical."""

DISTANCE_DECIMALS = 3
"""Distances are rounded to 1 mm before they are compared, as those of the siting rules. Chosen."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A place of people to be protected, outside the plant.

    Attributes
    ----------
    id, layer : str
    name : str or None
    target_class : str or None
        Of :data:`TARGET_CLASSES`; None: not classified yet.
    geometry : shapely.Geometry
        EPSG:4490.
    accuracy_m : float or None
        95 % radius of its position; None: unknown.
    """

    id: str
    layer: str
    name: str | None
    target_class: str | None
    geometry: shapely.Geometry
    accuracy_m: float | None


@dataclass(frozen=True)
class Circle:
    """Where an explosion exceeds the overpressure limit of a class of targets.

    Attributes
    ----------
    unit_id : str
    x_m, y_m, radius_m : float
        In the plane of the site.
    tnt_kg : float
        What explodes.
    limit : Parameter
        Overpressure. [Pa]
    """

    unit_id: str
    x_m: float
    y_m: float
    radius_m: float
    tnt_kg: float
    limit: Parameter


@dataclass(frozen=True)
class Direction:
    """How far a zone reaches in one direction from the middle of the plant.

    Attributes
    ----------
    azimuth_deg : float
        Clockwise from north. [°]
    distance_m : float
        From the plant's boundary; 0 where the zone ends inside it or does not reach this way. [m]
    end : tuple of float or None
        Outermost point, longitude and latitude; None where the zone does not reach this way. [°]
    method : Method or None
        Which of two methods reaches farther here.
    """

    azimuth_deg: float
    distance_m: float
    end: tuple[float, float] | None
    method: Method | None


@dataclass(frozen=True, kw_only=True)
class Zone:
    """Area in which the criterion of some classes of targets is exceeded, and its reach.

    Attributes
    ----------
    target_classes : tuple of str
    column : str
        ``new`` or ``in_service``: which criterion it is.
    criterion : Parameter or None
        Individual risk per year; None where only the consequence method applies.
    pressure_limit : Parameter or None
        Overpressure in Pa; None where only the risk method applies.
    risk_area, pressure_area, area : MultiPolygon
        By each method and of both together, EPSG:4490; empty where the criterion is nowhere exceeded.
    greatest_m : float
        Largest distance from the plant's boundary; 0 where the zone stays inside it. [m]
    by_unit_m : mapping of unit id to float
        Largest distance from each unit's boundary. [m]
    directions : tuple of Direction
    """

    target_classes: tuple[str, ...]
    column: str
    criterion: Parameter | None
    pressure_limit: Parameter | None
    risk_area: MultiPolygon
    pressure_area: MultiPolygon
    area: MultiPolygon
    greatest_m: float
    by_unit_m: Mapping[str, float]
    directions: tuple[Direction, ...]


def pressure_circles(
    scenarios: Sequence[SevereScenario], plant: Plant, plane: SitePlane, overrides: Sequence[Override] = ()
) -> list[tuple[str, Circle]]:
    """Return the circles of overpressure by class of targets: around every place where the explosives may lie.

    Parameters
    ----------
    scenarios : sequence of SevereScenario
        Of the plant.
    plant : Plant
    plane : SitePlane
    overrides : sequence of Override
    """
    limits = table("overpressure_limits", overrides)
    equipment = {item.id: item for unit in plant.units for item in unit.equipment}
    circles = []
    for scenario in scenarios:
        stores = [equipment[name] for name in scenario.equipment_ids]
        places_m = plane.to_plane(np.array([(item.lon, item.lat) for item in stores]))
        for reach in accident_distances(scenario.tnt_kg, plant.surroundings, overrides):
            circles += [
                (
                    reach.target_class,
                    Circle(
                        scenario.unit_id,
                        float(x),
                        float(y),
                        reach.distance_m,
                        scenario.tnt_kg,
                        limits[reach.target_class],
                    ),
                )
                for x, y in places_m
            ]
    return circles


def find_zones(
    plant: Plant,
    plane: SitePlane,
    columns: Sequence[str],
    criteria: Table | None,
    risk_areas: Mapping[float, MultiPolygon],
    risk_at: RiskAt,
    circles: Sequence[tuple[str, Circle]] = (),
) -> tuple[Zone, ...]:
    """Zones of a plant, one for each criterion that differs.

    Parameters
    ----------
    plant : Plant
    plane : SitePlane
    columns : sequence of str
        ``new``, ``in_service`` or both.
    criteria : Table or None
        ``individual_risk_criteria``; None where no risk is computed.
    risk_areas : mapping of level to MultiPolygon
        Contours in the plane at every criterion.
    risk_at : callable
        Individual risk at points of the plane.
    circles : sequence of (target class, Circle)

    Raises
    ------
    HazardError
        If a contour is missing.
    """
    ruler = _Ruler(plant, plane)
    zones = []
    for column in columns:
        for classes in _group_classes(column, criteria, circles):
            criterion = None if criteria is None else criteria[f"{classes[0]}/{column}"]
            own = [circle for name, circle in circles if name == classes[0]]
            risk_area = MultiPolygon()
            if criterion is not None:
                if criterion.number not in risk_areas:
                    raise HazardError(f"no contour at {criterion.number:g} per year")
                risk_area = risk_areas[criterion.number]
            zones.append(_measure(classes, column, criterion, own, risk_area, risk_at, ruler))
    return tuple(zones)


def unit_boundary(plant: Plant, unit_id: str) -> shapely.Geometry:
    """Return the boundary of a unit; the places of its equipment where it has none."""
    unit = next(unit for unit in plant.units if unit.id == unit_id)
    if unit.boundary is not None:
        return unit.boundary
    return shapely.MultiPoint([(item.lon, item.lat) for item in unit.equipment])


def _group_classes(
    column: str, criteria: Table | None, circles: Sequence[tuple[str, Circle]]
) -> list[tuple[str, ...]]:
    """Return the classes that share all limits, in their order."""
    groups: dict[tuple[float | None, float | None], list[str]] = {}
    for name in TARGET_CLASSES:
        pressure = next((circle.limit.number for owner, circle in circles if owner == name), None)
        risk = None if criteria is None else criteria[f"{name}/{column}"].number
        groups.setdefault((risk, pressure), []).append(name)
    return [tuple(names) for names in groups.values()]


class _Ruler:
    """Measures from the boundaries of a plant and its units."""

    def __init__(self, plant: Plant, plane: SitePlane) -> None:
        self.plane = plane
        self.middle_m = _middle(plant.boundary, plane)
        self._plant = TargetIndex([plant.boundary])
        self._boundary = shapely.transform(plant.boundary, plane.to_plane)
        self._units = {
            unit.id: shapely.transform(unit_boundary(plant, unit.id), plane.to_plane) for unit in plant.units
        }

    def from_plant_m(self, points_m: FloatArray) -> FloatArray:
        """Geodesic distances of points of the plane from the plant's boundary, 0 inside it."""
        return _measure_points(self._plant, self.plane.to_lonlat(points_m))

    def farthest_from_plant_m(self, points_m: FloatArray) -> float:
        """Largest distance of any of the points from the plant's boundary."""
        return self._farthest_m(self._boundary, points_m)

    def farthest_from_units_m(self, points_m: FloatArray) -> dict[str, float]:
        """Largest distance of any of the points from each unit."""
        return {name: self._farthest_m(shape, points_m) for name, shape in self._units.items()}

    def _farthest_m(self, shape: shapely.Geometry, points_m: FloatArray) -> float:
        """Return the largest geodesic distance of points from a shape of the plane.

        A point cannot be the farthest if it is nearer to the middle of the shape than another by more than the
        shape's radius. The nearest points of shape and point are found in the plane, which changes the distance by
        less than a millimetre.
        """
        if not len(points_m):
            return 0.0
        middle = shapely.get_coordinates(shapely.centroid(shape))[0]
        radius_m = float(np.hypot(*(shapely.get_coordinates(shape) - middle).T).max())
        away_m = np.hypot(*(points_m - middle).T)
        far_m = points_m[away_m >= away_m.max() - radius_m - 1.0]
        lines = shapely.shortest_line(shape, shapely.points(far_m))
        ends = self.plane.to_lonlat(shapely.get_coordinates(lines)).reshape(-1, 4)
        return round(float(geodesic_distance_m(*ends.T).max()), DISTANCE_DECIMALS)


def _middle(boundary: Polygon, plane: SitePlane) -> tuple[float, float]:
    point = shapely.transform(boundary, plane.to_plane).centroid
    return float(point.x), float(point.y)


def _measure_points(index: TargetIndex, lonlat: FloatArray) -> FloatArray:
    return np.asarray(index.nearest([shapely.Point(lon, lat) for lon, lat in lonlat]).distance_m)


def _measure(
    classes: tuple[str, ...],
    column: str,
    criterion: Parameter | None,
    circles: Sequence[Circle],
    risk_area: MultiPolygon,
    risk_at: RiskAt,
    ruler: _Ruler,
) -> Zone:
    level = None if criterion is None else criterion.number
    azimuths = np.radians(DIRECTIONS_DEG)
    discs = shapely.union_all([_disc(circle) for circle in circles])
    pressure_area = MultiPolygon([part for part in shapely.get_parts(discs) if isinstance(part, Polygon)])
    by_risk = find_outermost(risk_area, ruler.middle_m, azimuths, risk_at, level)
    by_pressure = find_outermost(pressure_area, ruler.middle_m, azimuths)
    area = _union(risk_area, pressure_area)
    corners = np.concatenate([shapely.get_coordinates(area), by_risk[np.isfinite(by_risk[:, 0])]])
    return Zone(
        target_classes=classes,
        column=column,
        criterion=criterion,
        pressure_limit=circles[0].limit if circles else None,
        risk_area=transform_polygons(risk_area, ruler.plane),
        pressure_area=transform_polygons(pressure_area, ruler.plane),
        area=transform_polygons(area, ruler.plane),
        greatest_m=ruler.farthest_from_plant_m(corners),
        by_unit_m=ruler.farthest_from_units_m(corners),
        directions=_directions(by_risk, by_pressure, ruler),
    )


def _union(one: MultiPolygon, other: MultiPolygon) -> MultiPolygon:
    if one.is_empty or other.is_empty:
        return other if one.is_empty else one
    joined = shapely.get_parts(shapely.union(one, other))
    return MultiPolygon([part for part in joined if isinstance(part, Polygon)])


def _disc(circle: Circle) -> Polygon:
    """Return a polygon around a circle: its edges touch it from outside."""
    radius_m = circle.radius_m / np.cos(np.pi / (4 * _CIRCLE_SEGMENTS))
    return shapely.Point(circle.x_m, circle.y_m).buffer(radius_m, quad_segs=_CIRCLE_SEGMENTS)


def _directions(by_risk: FloatArray, by_pressure: FloatArray, ruler: _Ruler) -> tuple[Direction, ...]:
    """Return the farther of both methods in every direction."""
    reach_m = np.stack([np.hypot(*(points - ruler.middle_m).T) for points in (by_risk, by_pressure)])
    reach_m = np.where(np.isnan(reach_m), -np.inf, reach_m)
    farther = np.argmax(reach_m, axis=0)
    there = np.isfinite(reach_m.max(axis=0))
    ends_m = np.where((farther == 0)[:, None], by_risk, by_pressure)
    distance_m = np.zeros(len(there))
    ends = np.full((len(there), 2), np.nan)
    if there.any():
        ends[there] = ruler.plane.to_lonlat(ends_m[there])
        distance_m[there] = ruler.from_plant_m(ends_m[there])
    methods = (Method.RISK, Method.CONSEQUENCE)
    return tuple(
        Direction(
            azimuth_deg=float(azimuth),
            distance_m=round(float(distance), DISTANCE_DECIMALS),
            end=(round(float(end[0]), 9), round(float(end[1]), 9)) if reaches else None,
            method=methods[which] if reaches else None,
        )
        for azimuth, distance, end, reaches, which in zip(
            DIRECTIONS_DEG, distance_m, ends, there, farther, strict=True
        )
    )
