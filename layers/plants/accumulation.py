"""Several plants near each other: the individual risk of all together, as contours and at protection targets.

Individual risk adds up: somebody who stays at a place is at the risk of every plant around it (GB/T 37243-2019, 6.7,
sums over all units of an enterprise; here over enterprises, as a park has them). Targets are judged as those of one
plant are, by the criterion of their class. Who knocks over whom beyond a fence is not counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import shapely

from geo.ellipsoid import FloatArray
from geo.hazard.assessment import Assessment, accumulate
from geo.hazard.contours import LEVELS_PER_YEAR, transform_polygons
from geo.hazard.criteria import TARGET_CLASSES, individual_risk_criterion
from geo.hazard.distance import Target, Zone
from geo.hazard.findings import judge_targets
from geo.hazard.kernel_store import KernelStore
from geo.hazard.parameters import Parameter
from geo.hazard.risk_field import RiskField
from geo.hazard.stamp import SitePlane
from geo.hazard.weather import WindRose
from geo.progress import Progress
from geo.rules.finding import Finding, Verdict
from geo.text import Text
from layers.plants.distances import COORDINATE_DECIMALS, assess_plant, describe_geometry, targets_around
from layers.plants.document import PlantFile
from layers.store import Store

__all__ = ["SUM_RULE", "Accumulation", "accumulate_plants", "describe_accumulation"]

SUM_RULE = "gb-36894-individual-risk-together"
"""Rule of the findings of several plants together."""

_TITLE = Text("多家企业叠加个人风险基准", "Criterion for the individual risk of several plants together")
_ASSESSED = 0.9
"""Part of the progress at which all plants are assessed."""
_POINTS = 24
"""At most about so many points on the boundary of a target."""
_NEW, _IN_SERVICE = "new", "in_service"


@dataclass(frozen=True)
class _Site:
    """The ground of several plants, and the worst accuracy of their positions; None where one is unknown."""

    boundary: shapely.Geometry
    accuracy_m: float | None


@dataclass(frozen=True, kw_only=True)
class Accumulation:
    """Several plants, and the risk of all of them in one plane.

    Attributes
    ----------
    rose : WindRose
    assessments : tuple of Assessment
        Each alone, without what others knock over in it.
    plane : SitePlane
    field : RiskField
    targets : tuple of Target
        Around the plants, each once.
    """

    rose: WindRose
    assessments: tuple[Assessment, ...]
    plane: SitePlane
    field: RiskField
    targets: tuple[Target, ...]

    @property
    def state(self) -> str:
        """State whose criteria count: those for new plants, the stricter, as soon as one of them is not in service."""
        return _IN_SERVICE if all(one.plant.state == _IN_SERVICE for one in self.assessments) else _NEW

    @property
    def parameters(self) -> list[Parameter]:
        """Every row that was used, and the criteria."""
        rows = [row for one in self.assessments for row in one.parameters]
        return [*rows, *(individual_risk_criterion(name, self.state) for name in TARGET_CLASSES)]

    def zones(self) -> list[Zone]:
        """Return the area in which the criterion of each class of targets is exceeded, without its reach."""
        nowhere = shapely.MultiPolygon()
        zones = []
        for name in TARGET_CLASSES:
            criterion = individual_risk_criterion(name, self.state)
            area = transform_polygons(self.field.areas[criterion.number], self.plane)
            zones.append(
                Zone(
                    target_classes=(name,),
                    column=self.state,
                    criterion=criterion,
                    pressure_limit=None,
                    risk_area=area,
                    pressure_area=nowhere,
                    area=area,
                    greatest_m=0.0,
                    by_unit_m={},
                    directions=(),
                )
            )
        return zones

    def judge(self, *, count_unconfirmed: bool) -> list[Finding]:
        """Return a finding for each target, measured from the nearest of the plants."""
        if not self.targets:
            return []
        plants = [one.plant for one in self.assessments]
        doubts_m = [plant.accuracy_m for plant in plants]
        known = [doubt_m for doubt_m in doubts_m if doubt_m is not None]
        site = _Site(
            boundary=shapely.union_all([plant.boundary for plant in plants]),
            accuracy_m=max(known) if len(known) == len(doubts_m) else None,
        )
        return judge_targets(
            site,
            self.plane,
            self.zones(),
            self.targets,
            self.field.risk_at,
            lambda points_m: np.zeros(len(points_m)),  # overpressures do not add up
            self.parameters,
            count_unconfirmed=count_unconfirmed,
        )


def accumulate_plants(
    files: Sequence[PlantFile],
    rose: WindRose,
    *,
    store: Store | None,
    kernels: KernelStore,
    progress: Progress,
) -> Accumulation:
    """Return the individual risk of several plants together.

    Parameters
    ----------
    files : sequence of PlantFile
        At least one, each plant once.
    rose : WindRose
    store : Store or None
        Where the protection targets are; without it there are none.
    kernels : KernelStore
    progress : callable
        Called with the fraction done and what is being done; may raise ``CancelledError``.

    Raises
    ------
    FormatError, HazardError
        If a plant cannot be used, or there is none.
    """
    assessments = []
    for place, file in enumerate(files):
        tell = partial(_tell_part, progress, place, len(files))
        assessed = assess_plant(file, rose, kernels=kernels, bands=False, progress=tell)
        assessments.append(assessed.assessment)
    levels = {*LEVELS_PER_YEAR, *_criteria()}
    plane, field = accumulate(assessments, sorted(levels))
    progress(_ASSESSED, "targets")
    found = (
        () if store is None else (one for item in assessments for one in targets_around(store, item.plant))
    )
    targets = {(one.layer, one.id): one for one in found}
    return Accumulation(
        rose=rose,
        assessments=tuple(assessments),
        plane=plane,
        field=field,
        targets=tuple(targets[key] for key in sorted(targets)),
    )


def describe_accumulation(together: Accumulation, *, count_unconfirmed: bool = False) -> dict[str, Any]:
    """Return several plants together as published (``AccumulationOut``).

    Parameters
    ----------
    together : Accumulation
    count_unconfirmed : bool
        Findings count in the whole verdict although numbers await confirmation.

    Returns
    -------
    dict
        ``plants`` (``has_risk`` is false where only overpressure is computed, which does not add up), ``contours``
        (level and area, EPSG:4490), ``targets`` at more than the lowest level, the largest risk first, each with the
        plant that adds most and its finding, ``judged``: how many targets were looked at, and ``awaiting``: how many
        parameters await confirmation.
    """
    contours = [
        {"risk_per_year": level, "geometry": describe_geometry(transform_polygons(area, together.plane))}
        for level, area in together.field.areas.items()
        if level in LEVELS_PER_YEAR
    ]
    rose = together.rose
    awaiting = {(row.table, row.key) for item in together.assessments for row in item.awaiting}
    return {
        "plants": [
            {"id": one.plant.id, "name": one.plant.name, "has_risk": one.field is not None}
            for one in together.assessments
        ],
        "state": together.state,
        "wind_rose": {"name": rose.name, "source": rose.source},
        "contours": contours,
        "cut_off": together.field.cut_off,
        "targets": _describe_targets(together, count_unconfirmed=count_unconfirmed),
        "judged": len(together.targets),
        "awaiting": len(awaiting),
    }


def _tell_part(progress: Progress, place: int, count: int, done: float, what: str) -> None:
    progress(_ASSESSED * (place + done) / count, what)


def _criteria() -> set[float]:
    return {
        individual_risk_criterion(name, state).number
        for name in TARGET_CLASSES
        for state in (_NEW, _IN_SERVICE)
    }


def _describe_targets(together: Accumulation, *, count_unconfirmed: bool) -> list[dict[str, Any]]:
    least = min(together.field.areas)
    findings = together.judge(count_unconfirmed=count_unconfirmed)
    rows = [
        _describe_target(together, target, finding)
        for target, finding in zip(together.targets, findings, strict=True)
    ]
    named = [row for row in rows if row["risk_per_year"] > least or row["exceeded"]]
    return sorted(named, key=lambda row: (-row["risk_per_year"], row["layer"], row["id"]))


def _describe_target(together: Accumulation, target: Target, finding: Finding) -> dict[str, Any]:
    points_m = _points_of(target, together.plane)
    risks = together.field.risk_at(points_m)
    worst = int(np.argmax(risks))
    place = together.plane.to_lonlat(points_m[[worst]])
    shares = [_risk_of(one, place) for one in together.assessments]
    main = together.assessments[int(np.argmax(shares))].plant
    risk = float(risks[worst]) if finding.found is None else finding.found
    return {
        "layer": target.layer,
        "id": target.id,
        "name": target.name,
        "target_class": target.target_class,
        "position": [round(float(degrees), COORDINATE_DECIMALS) for degrees in place[0]],
        "risk_per_year": risk,
        "limit_per_year": finding.limit,
        "exceeded": None if finding.found is None else finding.verdict is Verdict.PROHIBITED,
        "main_plant": {"id": main.id, "name": main.name, "risk_per_year": float(max(shares))},
        "finding": _tell_together(finding, together, main.name, max(shares)).to_dict(),
    }


def _tell_together(finding: Finding, together: Accumulation, main: str, share: float) -> Finding:
    """Return a finding that says whose risk it is."""
    names = [one.plant.name for one in together.assessments]
    said = Text(
        f"{len(names)} 家企业（{'、'.join(names)}）的个人风险叠加，其中“{main}”最大，为 {share:.3g}/年。",
        f"{len(names)} plants together ({', '.join(names)}); {main} adds most, {share:.3g} a year. ",
    )
    told = Text(said.zh + finding.explanation.zh, said.en + finding.explanation.en)
    return replace(finding, rule=SUM_RULE, title=_TITLE, explanation=told)


def _risk_of(one: Assessment, lon_lat: FloatArray) -> float:
    return 0.0 if one.field is None else float(one.field.risk_at(one.plane.to_plane(lon_lat))[0])


def _points_of(target: Target, plane: SitePlane) -> FloatArray:
    shape = shapely.transform(target.geometry, plane.to_plane)
    longest_m = max(float(shapely.length(shape)) / _POINTS, 1.0)
    inside = shapely.get_coordinates(shapely.point_on_surface(shape))
    return np.vstack([shapely.get_coordinates(shapely.segmentize(shape, longest_m)), inside])
