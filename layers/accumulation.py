"""Several plants near each other: the individual risk of all together, as contours and at protection targets.

Individual risk adds up: somebody who stays at a place is at the risk of every plant around it (GB/T 37243-2019, 6.7,
sums over all units of an enterprise; here over enterprises, as a park has them). Large targets are asked at points of
their boundary and inside. Who knocks over whom beyond a fence is not counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import shapely

from geo.ellipsoid import FloatArray
from geo.hazard.assessment import Assessment, accumulate
from geo.hazard.contours import transform_polygons
from geo.hazard.criteria import individual_risk_criterion, is_acceptable
from geo.hazard.distance import Target
from geo.hazard.kernel_store import KernelStore
from geo.hazard.risk_field import RiskField
from geo.hazard.stamp import SitePlane
from geo.hazard.weather import WindRose
from layers.distances import COORDINATE_DECIMALS, assess_plant, describe_geometry, targets_around
from layers.plants import PlantFile
from layers.store import Store

__all__ = ["accumulate_plants"]

Progress = Callable[[float, str], None]

_ASSESSED = 0.9
"""Part of the progress at which all plants are assessed."""
_POINTS = 24
"""At most about so many points on the boundary of a target."""
_NEW, _IN_SERVICE = "new", "in_service"


@dataclass(frozen=True)
class _Together:
    """The plants and the risk of all of them in one plane."""

    assessments: tuple[Assessment, ...]
    plane: SitePlane
    field: RiskField

    @property
    def state(self) -> str:
        """State whose criteria count: those for new plants, the stricter, as soon as one of them is not in service."""
        return _IN_SERVICE if all(one.plant.state == _IN_SERVICE for one in self.assessments) else _NEW


def accumulate_plants(
    files: Sequence[PlantFile],
    rose: WindRose,
    *,
    store: Store | None,
    kernels: KernelStore,
    progress: Progress,
) -> dict[str, Any]:
    """Return the individual risk of several plants together; nothing is stored.

    Parameters
    ----------
    files : sequence of PlantFile
        At least one, each plant once.
    rose : WindRose
    store : Store or None
        Where the protection targets are; without it none is judged.
    kernels : KernelStore
    progress : callable
        Called with the fraction done and what is being done; may raise ``CancelledError``.

    Returns
    -------
    dict
        ``plants`` (``has_risk`` is false where only overpressure is computed, which does not add up), ``contours``
        (level and area, EPSG:4490), ``targets`` at more than the lowest level, the largest risk first, each with the
        plant that adds most, ``judged``: how many targets were looked at, and ``awaiting``: how many parameters await
        confirmation.

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
    together = _Together(tuple(assessments), *accumulate(assessments))
    progress(_ASSESSED, "targets")
    contours = [
        {"risk_per_year": level, "geometry": describe_geometry(transform_polygons(area, together.plane))}
        for level, area in together.field.areas.items()
    ]
    found = (
        () if store is None else (one for item in assessments for one in targets_around(store, item.plant))
    )
    targets = {(one.layer, one.id): one for one in found}
    awaiting = {(row.table, row.key) for item in assessments for row in item.awaiting}
    return {
        "plants": [
            {"id": one.plant.id, "name": one.plant.name, "has_risk": one.field is not None}
            for one in assessments
        ],
        "state": together.state,
        "wind_rose": {"name": rose.name, "source": rose.source},
        "contours": contours,
        "cut_off": together.field.cut_off,
        "targets": _describe_targets(together, [targets[key] for key in sorted(targets)]),
        "judged": len(targets),
        "awaiting": len(awaiting),
    }


def _tell_part(progress: Progress, place: int, count: int, done: float, what: str) -> None:
    progress(_ASSESSED * (place + done) / count, what)


def _describe_targets(together: _Together, targets: Sequence[Target]) -> list[dict[str, Any]]:
    least = min(together.field.areas)
    rows = [_describe_target(together, target) for target in targets]
    named = [row for row in rows if row["risk_per_year"] > least or row["exceeded"]]
    return sorted(named, key=lambda row: (-row["risk_per_year"], row["layer"], row["id"]))


def _describe_target(together: _Together, target: Target) -> dict[str, Any]:
    points_m = _points_of(target, together.plane)
    risks = together.field.risk_at(points_m)
    worst = int(np.argmax(risks))
    limit = None
    if target.target_class is not None:
        limit = individual_risk_criterion(target.target_class, together.state)
    shares = [_risk_of(one, together.plane.to_lonlat(points_m[[worst]])) for one in together.assessments]
    main = together.assessments[int(np.argmax(shares))].plant
    lon, lat = together.plane.to_lonlat(points_m[[worst]])[0]
    return {
        "layer": target.layer,
        "id": target.id,
        "name": target.name,
        "target_class": target.target_class,
        "position": [round(float(lon), COORDINATE_DECIMALS), round(float(lat), COORDINATE_DECIMALS)],
        "risk_per_year": float(risks[worst]),
        "limit_per_year": None if limit is None else limit.number,
        "exceeded": None if limit is None else not is_acceptable(float(risks[worst]), limit),
        "main_plant": {"id": main.id, "name": main.name, "risk_per_year": float(max(shares))},
    }


def _risk_of(one: Assessment, lon_lat: FloatArray) -> float:
    return 0.0 if one.field is None else float(one.field.risk_at(one.plane.to_plane(lon_lat))[0])


def _points_of(target: Target, plane: SitePlane) -> FloatArray:
    shape = shapely.transform(target.geometry, plane.to_plane)
    longest_m = max(float(shapely.length(shape)) / _POINTS, 1.0)
    inside = shapely.get_coordinates(shapely.point_on_surface(shape))
    return np.vstack([shapely.get_coordinates(shapely.segmentize(shape, longest_m)), inside])
