"""External safety distance of a plant file: what it is assessed against, and the answer as published.

The answer of ``riskmap distance`` and of ``POST /api/v1/distance``; its shape is ``DistanceResult`` in the OpenAPI
description. Everything that a number rests on is named in it: wind rose, population, frequency library, models, and the
rows that await confirmation.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry import mapping

from geo.ellipsoid import CGCS2000
from geo.hazard.assessment import Assessment, Options, Societal, assess
from geo.hazard.criteria import TARGET_CLASSES, propose_class, societal_limit_per_year
from geo.hazard.distance import Direction, Target, Zone
from geo.hazard.domino import SCREENING, Escalation, added_frequencies, plant_escalations
from geo.hazard.endpoints import FarEndpoint, far_endpoints
from geo.hazard.kernel_store import KernelStore
from geo.hazard.models import models
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Plant
from geo.hazard.routing import Routing
from geo.hazard.societal import FnCurve
from geo.hazard.tables import Override
from geo.hazard.uncertainty import Band, estimate_bands
from geo.hazard.weather import WindRose
from geo.missing import or_none
from geo.progress import Progress, say_nothing, stage
from geo.rules.finding import Conclusion, Finding, Verdict, conclude, worst_verdict
from layers.plants.document import PlantFile, overrides_of, plant_of, substances_of
from layers.plants.hazards import (
    COUNTED_WITHIN_M,
    describe_parameter,
    describe_people,
    describe_unit,
    list_unconfirmed,
)
from layers.plants.people import PeopleCount, count_around, population_around
from layers.store import Store

__all__ = [
    "DISTANCE_SCHEMA_VERSION",
    "REACH_M",
    "PlantAssessment",
    "assess_plant",
    "describe_assessment",
    "describe_geometry",
    "farthest_effects",
    "options_of",
    "targets_around",
]

DISTANCE_SCHEMA_VERSION = "1.1"

REACH_M = 10_000.0
"""How far around a plant people and targets are looked for: as far as the models of dispersion hold."""

_ASSESSED, _REACHED = 0.2, 0.3
"""Part of the progress at which the assessment and the effect distances are there, where bands follow."""

_CURVE_STEPS = 200
"""Corners of a published F-N curve per factor of ten in N, at most."""

COORDINATE_DECIMALS = 8
"""Of published shapes: 1 mm."""


@dataclass(frozen=True, kw_only=True)
class PlantAssessment:
    """An assessment with the file that it comes from.

    Attributes
    ----------
    file : PlantFile
    rose : WindRose
    options : Options
        Of the assessment.
    assessment : Assessment
    counted : PeopleCount or None
        Residents within 500 m, where they were counted.
    targets : tuple of Target
        All that were judged.
    bands : tuple of Band
        Of the criteria's levels; empty where they were not asked for or no risk is computed.
    escalations : tuple of Escalation
        Who can knock over whom.
    effects : tuple of FarEndpoint
        How far each piece of equipment kills and injures; empty where that was not asked for or no risk is computed.
    """

    file: PlantFile
    rose: WindRose
    options: Options
    assessment: Assessment
    counted: PeopleCount | None
    targets: tuple[Target, ...]
    bands: tuple[Band, ...]
    escalations: tuple[Escalation, ...]
    effects: tuple[FarEndpoint, ...]


def assess_plant(
    file: PlantFile,
    rose: WindRose,
    *,
    store: Store | None = None,
    population: Path | None = None,
    kernels: KernelStore | None = None,
    workers: int = 1,
    count_unconfirmed: bool = False,
    bands: bool = True,
    effects: bool = False,
    domino: bool = False,
    progress: Progress | None = None,
) -> PlantAssessment:
    """Assess a plant against the people and the protection targets around it.

    Parameters
    ----------
    file : PlantFile
    rose : WindRose
    store : Store, optional
        Where the protection targets are; without it none is judged, and a finding says so.
    population : Path, optional
        Raster of residents; without it, or where it does not reach, there is no societal risk, and the grade may
        stay open.
    kernels : KernelStore, optional
        Kernels of former assessments.
    workers : int
        Processes; the result does not depend on it.
    count_unconfirmed : bool
        Findings count in the whole verdict although numbers await confirmation.
    bands : bool
        Estimate how far the distances stray; it takes kernels of four variants of the plant in a few weathers.
    effects : bool
        Find how far each piece of equipment kills and injures.
    domino : bool
        What others knock over adds to the risk.
    progress : callable, optional
        Called with the fraction done and what is being done; may raise ``CancelledError``.

    Raises
    ------
    FormatError, HazardError, RasterError, CrsError
        If plant, rose or raster cannot be used.
    """
    plant = plant_of(file)
    counted = None
    if population is not None and plant.people_within_500m is None:
        counted = count_around(population, plant.boundary, COUNTED_WITHIN_M)
    middle = plant.boundary.centroid
    kernels = KernelStore() if kernels is None else kernels
    tell = progress or say_nothing
    assessed, reached = (_ASSESSED, _REACHED) if bands else (0.65, 1.0)
    targets = () if store is None else targets_around(store, plant)
    options = replace(
        options_of(file),
        people_within_500m=None if counted is None or counted.people is None else math.ceil(counted.people),
        count_unconfirmed=count_unconfirmed,
        workers=workers,
        domino=domino,
    )
    assessment = assess(
        plant,
        rose,
        None if population is None else population_around(population, middle.x, middle.y, REACH_M),
        targets,
        options,
        stage(tell, 0.0, assessed),
        kernels,
    )
    has_risk = assessment.field is not None
    numbers = options.library, options.overrides, options.own
    reach = stage(tell, assessed, reached)
    return PlantAssessment(
        file=file,
        rose=rose,
        options=options,
        assessment=assessment,
        counted=counted,
        targets=targets,
        escalations=plant_escalations(plant, rose, *numbers) if has_risk else (),
        effects=far_endpoints(plant, rose, *numbers, reach) if has_risk and effects else (),
        bands=_bands(assessment, rose, options, kernels, stage(tell, reached, 1.0)) if bands else (),
    )


def _bands(
    assessment: Assessment, rose: WindRose, options: Options, kernels: KernelStore, progress: Progress
) -> tuple[Band, ...]:
    """Return the bands of the criteria's levels, each once."""
    if assessment.field is None:
        return ()
    levels = {zone.criterion.number for zone in assessment.zones if zone.criterion is not None}
    return estimate_bands(assessment.plant, rose, sorted(levels), options, progress=progress, store=kernels)


def options_of(file: PlantFile) -> Options:
    """Return the options that a plant file states."""
    return Options(library=file.frequency_library, overrides=overrides_of(file), own=substances_of(file))


def targets_around(store: Store, plant: Plant) -> tuple[Target, ...]:
    """Return protection targets and settlements around a plant, by layer and id."""
    bounds = _bounds_around(plant, REACH_M)
    classified = store.read("protection_targets", bounds=bounds)
    settled = store.read("settlements", bounds=bounds)
    return (
        *(_target("protection_targets", row, row["target_class"]) for row in _rows(classified)),
        *(_target("settlements", row, _class_of_settlement(row)) for row in _rows(settled)),
    )


def _rows(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return [{str(name): or_none(value) for name, value in row.items()} for row in there.to_dict("records")]


def _target(layer: str, row: Mapping[str, Any], target_class: str | None) -> Target:
    return Target(
        id=row["id"],
        layer=layer,
        name=row["name"],
        target_class=target_class if target_class in TARGET_CLASSES else None,
        geometry=row["geom"],
        accuracy_m=row["accuracy_m"],
    )


def _class_of_settlement(row: Mapping[str, Any]) -> str | None:
    """Return the class that GB 36894-2018 gives to housing of this size; None where no number is known."""
    return propose_class("housing", households=row["households"], people=row["population"]).target_class


def _bounds_around(plant: Plant, distance_m: float) -> tuple[float, float, float, float]:
    """Return the bounds of all places within a distance of a plant, and some more. [°]."""
    west, south, east, north = plant.boundary.bounds
    widest = max(abs(south), abs(north))
    lon, _, _ = CGCS2000.fwd(east, widest, 90.0, distance_m)
    _, lat, _ = CGCS2000.fwd(east, south, 180.0, distance_m)
    # Towards the pole a degree of longitude is shorter: the corners of the box reach a little farther than its sides.
    step_lon, step_lat = (float(lon) - east) * 1.01, (south - float(lat)) * 1.01
    return west - step_lon, south - step_lat, east + step_lon, north + step_lat


# The answer as published


def describe_assessment(assessed: PlantAssessment) -> dict[str, Any]:
    """Return an assessment as published (``DistanceResult``)."""
    file, found = assessed.file, assessed.assessment
    return {
        "schema_version": DISTANCE_SCHEMA_VERSION,
        "digest": found.digest,
        "plant": {"id": found.plant.id, "name": found.plant.name, "illustrative": file.illustrative},
        "state": found.plant.state,
        "frequency_library": file.frequency_library,
        "wind_rose": {"name": assessed.rose.name, "source": assessed.rose.source},
        "people_within_500m": describe_people(found.major_hazard, assessed.counted),
        "grade": found.major_hazard.grade,
        "units": [describe_unit(unit) for unit in found.major_hazard.units],
        "routing": _describe_routing(found.routing),
        "zones": [_describe_zone(zone, assessed.bands) for zone in found.zones],
        "contours": [
            {"risk_per_year": level, "geometry": describe_geometry(area)}
            for level, area in found.contours.items()
        ],
        "targets": len(assessed.targets),
        **_conclude(found.findings),
        "findings": [finding.to_dict() for finding in found.findings],
        "societal": None
        if found.societal is None
        else _describe_societal(found.societal, overrides_of(file)),
        "domino": {"in_risk": assessed.options.domino, **_describe_domino(assessed.escalations)},
        "effects": [_describe_effect(effect) for effect in assessed.effects],
        "models": _describe_models(found.models),
        "warnings": [{"zh": text.zh, "en": text.en} for text in found.warnings],
        "awaiting_confirmation": list_unconfirmed(_rows_used(assessed)),
    }


def _conclude(findings: Sequence[Finding]) -> dict[str, str]:
    """Return the whole verdict and its conclusion.

    Where every finding rests on numbers that await confirmation none of them counts; nothing that counts is no pass.
    """
    if all(finding.advisory for finding in findings):
        return {"verdict": Verdict.INSUFFICIENT_DATA.value, "conclusion": Conclusion.UNDECIDABLE.value}
    return {"verdict": worst_verdict(findings).value, "conclusion": conclude(findings).value}


def _describe_routing(routing: Routing) -> dict[str, Any]:
    return {
        "methods": [method.value for method in routing.methods],
        "reasons": [{"zh": text.zh, "en": text.en} for text in routing.reasons],
        "explosive_units": list(routing.explosive_units),
        "gas_units": list(routing.gas_units),
        "excluded": None if routing.excluded is None else describe_parameter(routing.excluded),
        "standards": [describe_parameter(row) for row in routing.standards],
    }


def _rows_used(assessed: PlantAssessment) -> list[Parameter]:
    return [
        *assessed.assessment.parameters,
        *(row for band in assessed.bands for row in band.parameters),
        *(escalation.threshold for escalation in assessed.escalations),
        *(effect.threshold for effect in assessed.effects),
    ]


def _describe_zone(zone: Zone, bands: Sequence[Band]) -> dict[str, Any]:
    return {
        "target_classes": list(zone.target_classes),
        "column": zone.column,
        "criterion_per_year": None if zone.criterion is None else zone.criterion.number,
        "pressure_limit_pa": None if zone.pressure_limit is None else zone.pressure_limit.number,
        "greatest_m": zone.greatest_m,
        "band": _describe_band(zone, bands),
        "by_unit_m": dict(zone.by_unit_m),
        "directions": [_describe_direction(direction) for direction in zone.directions],
        "geometry": describe_geometry(zone.area),
    }


def _describe_band(zone: Zone, bands: Sequence[Band]) -> dict[str, Any] | None:
    """Return the band of a zone's greatest distance, where it is by risk alone."""
    if zone.criterion is None or zone.pressure_limit is not None:
        return None
    for band in bands:
        if band.level_per_year == zone.criterion.number:
            return {
                "low_m": band.low_m,
                "median_m": band.median_m,
                "high_m": band.high_m,
                "samples": band.samples,
                "seed": band.seed,
            }
    return None


def _describe_domino(escalations: Sequence[Escalation]) -> dict[str, Any]:
    return {
        "note": {"zh": SCREENING.zh, "en": SCREENING.en},
        "escalations": [
            {
                "source": escalation.source_id,
                "target": escalation.target_id,
                "scenario": escalation.scenario_id,
                "outcome": escalation.outcome.value,
                "quantity": escalation.quantity,
                "threshold": escalation.threshold.number,
                "unit": escalation.threshold.unit,
                "largest": escalation.largest if math.isfinite(escalation.largest) else None,
                "frequency_per_year": escalation.frequency_per_year,
            }
            for escalation in escalations
        ],
        "added_per_year": added_frequencies(escalations),
    }


def _describe_effect(effect: FarEndpoint) -> dict[str, Any]:
    weather = effect.weather
    return {
        "equipment": effect.equipment_id,
        "scenario": effect.scenario_id,
        "outcome": effect.outcome.value,
        "probability": effect.probability,
        "weather": None
        if weather is None
        else {"stability": weather.stability, "wind_m_s": weather.wind_m_s},
        "quantity": effect.quantity,
        "threshold": effect.threshold.key,
        "name": {"zh": effect.name.zh, "en": effect.name.en},
        "value": effect.threshold.number,
        "unit": effect.threshold.unit,
        "distance_m": round(effect.distance_m, 1),
        "beyond": effect.is_beyond,
        "from_boundary_m": round(effect.from_boundary_m, 1),
        "model": effect.model,
    }


def farthest_effects(effects: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return of published effects the one that reaches farthest for each threshold, in their order."""
    farthest: dict[str, Mapping[str, Any]] = {}
    for effect in effects:
        kept = farthest.setdefault(effect["threshold"], effect)
        if effect["distance_m"] > kept["distance_m"]:
            farthest[effect["threshold"]] = effect
    return list(farthest.values())


def _describe_direction(direction: Direction) -> dict[str, Any]:
    return {
        "azimuth_deg": direction.azimuth_deg,
        "distance_m": direction.distance_m,
        "end": None if direction.end is None else list(direction.end),
        "method": None if direction.method is None else direction.method.value,
    }


def describe_geometry(area: MultiPolygon) -> dict[str, Any]:
    """Return an area as GeoJSON, rounded to a millimetre."""
    rounded: MultiPolygon = shapely.transform(area, lambda xy: np.round(xy, COORDINATE_DECIMALS))
    geometry: dict[str, Any] = mapping(rounded)
    return geometry


def _describe_societal(societal: Societal, overrides: Sequence[Override]) -> dict[str, Any]:
    return {
        "curve": [
            {"deaths": deaths, "frequency_per_year": frequency}
            for deaths, frequency in zip(*_thin_curve(societal.curve), strict=True)
        ],
        "pll_per_year": societal.curve.pll_per_year,
        "region": societal.region.value,
        "upper_per_year": societal_limit_per_year(1.0, "upper", overrides),
        "lower_per_year": societal_limit_per_year(1.0, "lower", overrides),
        "people_inside": societal.people_inside,
        "source": societal.source,
    }


def _thin_curve(curve: FnCurve) -> tuple[list[float], list[float]]:
    """Return corners of a staircase that nowhere lies below the curve, and at most a step of N above it.

    An accident with N deaths counts as one of the next step above N; the steps are 1.2 % wide.
    """
    if not curve.deaths.size:
        return [], []
    step = np.ceil(np.log10(curve.deaths) * _CURVE_STEPS)
    last = np.flatnonzero(np.diff(step, append=step[-1] + 1))
    first = np.concatenate([[0], last[:-1] + 1])
    deaths = np.minimum(10.0 ** (step[last] / _CURVE_STEPS), curve.deaths[-1])
    return deaths.tolist(), curve.frequency_per_year[first].tolist()


def _describe_models(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the models used; clouds of two models name both, joined by a plus sign."""
    known = models()
    keys = dict.fromkeys(key for name in names for key in name.split("+"))
    return [
        {
            "key": key,
            "name": {"zh": known[key].name.zh, "en": known[key].name.en}
            if key in known
            else {"zh": key, "en": key},
            "verified": key in known and known[key].verified,
            "failed": list(known[key].failed) if key in known else [],
        }
        for key in keys
    ]
