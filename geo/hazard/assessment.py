"""A plant assessed from end to end: methods, risk, contours, external safety distance, targets, societal risk.

The same plant, wind rose, population, targets and options give the same result to the last bit, whatever was computed
before, in whatever order the equipment is listed, and with however many processes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely
from shapely import MultiPolygon

from geo.ellipsoid import FloatArray
from geo.errors import HazardError
from geo.hazard.accident import AIR_BLAST
from geo.hazard.blasts.air_blast import air_blast_pressure_pa
from geo.hazard.contours import LEVELS_PER_YEAR, RiskAt, transform_polygons
from geo.hazard.criteria import TARGET_CLASSES, SocietalRegion, judge_societal_risk
from geo.hazard.digest import digest_of
from geo.hazard.distance import (
    CRITERION_COLUMNS,
    Circle,
    Target,
    Zone,
    find_zones,
    pressure_circles,
)
from geo.hazard.findings import judge_targets
from geo.hazard.footprint import PolarGrid
from geo.hazard.kernel import make_polar_grid
from geo.hazard.kernel_store import KernelContext, KernelOrder, KernelStore, order_kernel
from geo.hazard.major_hazard import MajorHazard, assess_major_hazard
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Plant, Unit
from geo.hazard.ranking import Contribution, rank_scenarios
from geo.hazard.risk_field import RiskField, make_field, place_kernels, site_plane
from geo.hazard.routing import Method, Routing, choose_methods
from geo.hazard.scenarios import equipment_group, plant_scenarios, severe_scenarios, unmodelled
from geo.hazard.societal import (
    Accidents,
    FnCurve,
    Population,
    count_deaths,
    fn_curve,
)
from geo.hazard.stamp import Placement, SitePlane
from geo.hazard.tables import Override, Table, table, unconfirmed
from geo.hazard.weather import WindRose
from geo.progress import Progress, say_nothing
from geo.rules.finding import Finding
from geo.text import Text

__all__ = ["Assessment", "Options", "Societal", "accumulate", "assess", "make_placements", "order_kernels"]
_T = TypeVar("_T")

_CUT_OFF = Text(
    "等值线被计算范围截断：风险超出了模型适用的 10 km 范围。",
    "A contour is cut off: the risk reaches beyond the 10 km for which the models hold.",
)
_NO_POPULATION = Text(
    "没有此处的人口数据：未计算社会风险。",
    "No population of this place is known: societal risk is not computed.",
)

_TOLD_SHARE = 0.001
"""Chosen: smallest share of ground without numbers of people that is told; less is the edge of cells, not a gap."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user can choose.

    Attributes
    ----------
    library : str
        Of frequencies: ``api581`` or ``purple_book``.
    overrides : tuple of Override
    own : tuple of Parameter
        Own substances.
    people_within_500m : int or None
        Counted from layers; what the plant states goes first.
    count_unconfirmed : bool
        Findings count although numbers await confirmation.
    workers : int
        Processes that build kernels; the result does not depend on it.
    grid : PolarGrid
    domino : bool
        What others knock over happens more often by as much (:mod:`geo.hazard.domino`). Off unless asked for: the
        thresholds await confirmation, and generic frequencies come from accidents of all causes, so that those that
        neighbours set off may be counted twice.
    """

    library: str = "api581"
    overrides: tuple[Override, ...] = ()
    own: tuple[Parameter, ...] = ()
    people_within_500m: int | None = None
    count_unconfirmed: bool = False
    workers: int = 1
    grid: PolarGrid = field(default_factory=make_polar_grid)
    domino: bool = False


@dataclass(frozen=True, kw_only=True)
class Societal:
    """Societal risk of a plant.

    Attributes
    ----------
    curve : FnCurve
    region : SocietalRegion
        Unacceptable, to be reduced as far as practicable, or acceptable.
    people_inside : float
        By day, in cells with their centre inside the plant's boundary: they are not counted.
    source : str
        Of the population.
    """

    curve: FnCurve
    region: SocietalRegion
    people_inside: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """Everything that an assessment found.

    Attributes
    ----------
    digest : str
        Of all inputs and of every parameter that was used.
    plant : Plant
    major_hazard : MajorHazard
    routing : Routing
    plane : SitePlane
    field : RiskField or None
        None where no risk is computed.
    circles : tuple of (str, Circle)
        Overpressure of explosives, by class of targets.
    contours : mapping of level to MultiPolygon
        Areas in which a level of individual risk is exceeded, EPSG:4490.
    zones : tuple of Zone
        For the criterion of the plant's state first, then for the other.
    findings : tuple of Finding
    societal : Societal or None
        None where no population was given or no risk is computed.
    parameters, awaiting : tuple of Parameter
        Every row that was used, and those of them that await confirmation.
    models : tuple of str
    warnings : tuple of Text
    """

    digest: str
    plant: Plant
    major_hazard: MajorHazard
    routing: Routing
    plane: SitePlane
    field: RiskField | None
    circles: tuple[tuple[str, Circle], ...]
    contours: Mapping[float, MultiPolygon]
    zones: tuple[Zone, ...]
    findings: tuple[Finding, ...]
    societal: Societal | None
    parameters: tuple[Parameter, ...]
    awaiting: tuple[Parameter, ...]
    models: tuple[str, ...]
    warnings: tuple[Text, ...]

    @property
    def placements(self) -> tuple[Placement, ...]:
        """Kernels where equipment stands, by id; empty where no risk is computed."""
        return () if self.field is None else self.field.placements

    def rank(self, lon: float, lat: float) -> list[Contribution]:
        """Return which scenarios make the risk at a place, largest first."""
        ((x_m, y_m),) = self.plane.to_plane(np.array([[lon, lat]]))
        return rank_scenarios(self.placements, float(x_m), float(y_m))


def assess(
    plant: Plant,
    rose: WindRose,
    population: Population | None = None,
    targets: Sequence[Target] = (),
    options: Options | None = None,
    progress: Progress | None = None,
    store: KernelStore | None = None,
) -> Assessment:
    """Assess a plant after GB 18218-2018, GB/T 37243-2019 and GB 36894-2018.

    Parameters
    ----------
    plant : Plant
        Checked (``check_plant``).
    rose : WindRose
    population : Population, optional
        Without it there is no societal risk, and a warning.
    targets : sequence of Target
        Without any, one finding says so.
    options : Options, optional
    progress : callable, optional
        Called with the fraction done, 0 to 1, and what was just done; may raise to cancel.
    store : KernelStore, optional
        Kernels of former assessments.

    Raises
    ------
    GeoError
        If the plant or a model refuses; the message names the equipment.
    """
    options, tell = options or Options(), progress or say_nothing
    if plant.state not in CRITERION_COLUMNS:
        raise HazardError(f"plant state {plant.state!r} is none of {', '.join(CRITERION_COLUMNS)}")
    routing = choose_methods(plant, options.overrides, options.own)
    plane, risk, circles = site_plane(plant), None, []
    if Method.RISK in routing.methods:
        # Chosen: the kernels are four fifths of the work.
        placements = make_placements(plant, rose, options, lambda done, name: tell(0.8 * done, name), store)
        risk = make_field(placements, _levels(options))
    if Method.CONSEQUENCE in routing.methods:
        severe = severe_scenarios(plant, options.overrides, options.own)
        circles = pressure_circles(severe, plant, plane, options.overrides)
    tell(0.85, "zones")  # chosen: shares of the way, as told to whoever waits
    work = _Work(plant, rose, population, tuple(targets), options, routing, plane, risk, tuple(circles))
    return work.finish(tell)


@dataclass(frozen=True)
class _Work:
    """What an assessment has once the risk is there."""

    plant: Plant
    rose: WindRose
    population: Population | None
    targets: tuple[Target, ...]
    options: Options
    routing: Routing
    plane: SitePlane
    risk: RiskField | None
    circles: tuple[tuple[str, Circle], ...]

    def finish(self, tell: Progress) -> Assessment:
        """Return the assessment."""
        options = self.options
        major = assess_major_hazard(self.plant, options.people_within_500m, options.overrides, options.own)
        zones = self._find_zones()
        parameters = self._parameters(major, zones)
        tell(0.9, "targets")  # chosen
        findings = self._judge(zones, parameters)
        tell(0.95, "people")  # chosen
        societal = self._count_people()
        areas = {} if self.risk is None else self.risk.areas
        kernels = [] if self.risk is None else [one.kernel for one in self.risk.placements]
        tell(1.0, "")
        return Assessment(
            digest=digest_of(
                self.plant, self.rose, self.population, self.targets, options.library, parameters
            ),
            plant=self.plant,
            major_hazard=major,
            routing=self.routing,
            plane=self.plane,
            field=self.risk,
            circles=self.circles,
            contours={level: transform_polygons(area, self.plane) for level, area in areas.items()},
            zones=zones,
            findings=tuple(findings),
            societal=societal,
            parameters=parameters,
            awaiting=unconfirmed(parameters),
            models=_unique(
                [
                    *(model for kernel in kernels for model in kernel.models),
                    *([AIR_BLAST] if self.circles else []),
                ]
            ),
            warnings=self._warnings(),
        )

    def _find_zones(self) -> tuple[Zone, ...]:
        if self.risk is None and not self.circles:
            return ()
        own = CRITERION_COLUMNS[self.plant.state]
        return find_zones(
            self.plant,
            self.plane,
            (own, "new" if own == "in_service" else "in_service"),
            None if self.risk is None else table("individual_risk_criteria", self.options.overrides),
            {} if self.risk is None else self.risk.areas,
            self._risk_at,
            self.circles,
        )

    def _risk_at(self, points_m: FloatArray) -> FloatArray:
        return np.zeros(len(points_m)) if self.risk is None else self.risk.risk_at(points_m)

    def _judge(self, zones: tuple[Zone, ...], parameters: tuple[Parameter, ...]) -> list[Finding]:
        own = CRITERION_COLUMNS[self.plant.state]
        if not zones:
            return []
        return judge_targets(
            self.plant,
            self.plane,
            [zone for zone in zones if zone.column == own],
            self.targets,
            self._risk_at,
            _pressure_field(self.circles, table("blasts", self.options.overrides)),
            parameters,
            count_unconfirmed=self.options.count_unconfirmed,
        )

    def _count_people(self) -> Societal | None:
        if self.population is None or self.risk is None:
            return None
        inside = shapely.contains_xy(self.plant.boundary, self.population.lon, self.population.lat)
        outside = self.population.take(~inside)
        curve = fn_curve(
            Accidents.join(
                [count_deaths(placed, self.plane, outside, self.rose) for placed in self.risk.placements]
            )
        )
        return Societal(
            curve=curve,
            region=judge_societal_risk(curve.corners, self.options.overrides),
            people_inside=float(self.population.people_day[inside].sum()),
            source=self.population.source,
        )

    def _parameters(self, major: MajorHazard, zones: tuple[Zone, ...]) -> tuple[Parameter, ...]:
        """Every row that was used, each once."""
        rows = [*self.routing.parameters, *major.parameters]
        if self.risk is not None:
            rows += [row for placed in self.risk.placements for row in placed.kernel.parameters]
        if self.circles:
            rows += table("blasts", self.options.overrides).below("air_blast").values()
            for scenario in severe_scenarios(self.plant, self.options.overrides, self.options.own):
                rows += scenario.parameters
        rows += [row for zone in zones for row in (zone.criterion, zone.pressure_limit) if row is not None]
        if self.population is not None and self.risk is not None:
            rows += [
                *self.population.parameters,
                *table("societal_risk_criteria", self.options.overrides).values(),
            ]
        return _unique(rows)

    def _warnings(self) -> tuple[Text, ...]:
        warnings = list(self.routing.reasons) if not self.routing.methods else []
        if self.risk is not None:
            warnings += unmodelled(self.plant)
            warnings += [text for placed in self.risk.placements for text in placed.kernel.warnings]
            warnings += [_CUT_OFF] if self.risk.cut_off else []
            warnings += _gaps(self.population)
        return _unique(warnings)


def _gaps(population: Population | None) -> list[Text]:
    """Say what the societal risk leaves out for want of numbers of people."""
    if population is None:
        return [_NO_POPULATION]
    share = population.unknown_share
    if share < _TOLD_SHARE:
        return []
    return [
        Text(
            f"周边 {share:.1%} 的范围没有人口数据（{population.source}）：社会风险至少为所列数值，实际可能更高。",
            f"{share:.1%} of the ground around has no number of people ({population.source}): the societal risk is at "
            "least what is shown, and may be higher.",
        )
    ]


def make_placements(
    plant: Plant,
    rose: WindRose,
    options: Options,
    progress: Progress | None = None,
    store: KernelStore | None = None,
    plane: SitePlane | None = None,
) -> tuple[Placement, ...]:
    """Return the kernels of all equipment that can release something, where it stands, by id.

    All units of the enterprise are assessed together (GB/T 37243-2019, clause 4).

    Parameters
    ----------
    plant : Plant
    rose : WindRose
    options : Options
    progress : callable, optional
    store : KernelStore, optional
    plane : SitePlane, optional
        Another than the plant's own.

    Raises
    ------
    GeoError
        If a model refuses; the message names the equipment.
    """
    store = KernelStore() if store is None else store  # an empty one is false
    kernels = store.kernels(order_kernels(plant, rose, options), options.workers, progress)
    equipment = [item for _, item in _working_equipment(plant)]
    placements = place_kernels(equipment, kernels, plane or site_plane(plant))
    return _add_domino(placements, plant, rose, options) if options.domino else placements


def order_kernels(plant: Plant, rose: WindRose, options: Options) -> list[tuple[str, KernelOrder]]:
    """Return the orders for the kernels of all equipment that can release something, by its name."""
    context = KernelContext(
        surroundings=plant.surroundings,
        rose=rose,
        grid=options.grid,
        library=options.library,
        overrides=options.overrides,
        own=options.own,
    )
    return [
        (f"{unit.id}/{item.id}", order_kernel(context, unit, item))
        for unit, item in _working_equipment(plant)
    ]


def _add_domino(
    placements: tuple[Placement, ...], plant: Plant, rose: WindRose, options: Options
) -> tuple[Placement, ...]:
    from geo.hazard.domino import add_escalations, plant_escalations  # CoolProp and its kin, a second

    escalations = plant_escalations(plant, rose, options.library, options.overrides, options.own)
    return add_escalations(
        placements, escalations, plant_scenarios(plant, options.library, options.overrides)
    )


def accumulate(
    assessments: Sequence[Assessment], levels_per_year: Iterable[float] = LEVELS_PER_YEAR
) -> tuple[SitePlane, RiskField]:
    """Return the individual risk of several plants together, in the plane of the first.

    Parameters
    ----------
    assessments : sequence of Assessment
    levels_per_year : iterable of float

    Raises
    ------
    HazardError
        If there is no assessment.
    """
    if not assessments:
        raise HazardError("no plants to accumulate", "没有可叠加的企业")
    plane = assessments[0].plane
    moved = []
    for one in assessments:
        places_m = np.array([(placed.x_m, placed.y_m) for placed in one.placements]).reshape(-1, 2)
        places_m = plane.to_plane(one.plane.to_lonlat(places_m)) if len(places_m) else places_m
        moved += [
            Placement(f"{one.plant.id}/{placed.id}", placed.kernel, float(x), float(y))
            for placed, (x, y) in zip(one.placements, places_m, strict=True)
        ]
    return plane, make_field(tuple(sorted(moved, key=lambda placed: placed.id)), levels_per_year)


def _working_equipment(plant: Plant) -> list[tuple[Unit, Equipment]]:
    return [
        (unit, item)
        for unit in plant.units
        for item in unit.equipment
        if equipment_group(item.kind) != "store"
    ]


def _levels(options: Options) -> list[float]:
    criteria = table("individual_risk_criteria", options.overrides)
    return [*LEVELS_PER_YEAR, *(row.number for row in criteria.values())]


def _pressure_field(circles: Sequence[tuple[str, Circle]], blasts: Table) -> RiskAt:
    """Return the largest overpressure at points of the plane: that of the nearest place of each unit's explosives."""
    places = _unique(
        (circle.x_m, circle.y_m, circle.tnt_kg) for name, circle in circles if name == TARGET_CLASSES[0]
    )

    def pressure_at_pa(points_m: FloatArray) -> FloatArray:
        pressures = [
            air_blast_pressure_pa(tnt_kg, np.maximum(np.hypot(*(points_m - (x_m, y_m)).T), 1e-3), blasts)
            for x_m, y_m, tnt_kg in places
        ]
        return np.asarray(np.max([np.zeros(len(points_m)), *pressures], axis=0))

    return pressure_at_pa


def _unique(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))
