"""Major hazard installations of a plant file, as published: the answer of ``riskmap hazard``.

::

    {"schema_version", "plant": {"id", "name", "illustrative"},
     "people_within_500m": {"people", "counted", "missing_share", "source"},
     "is_major", "grade", "alpha",
     "units": [{"id", "name", "kind", "s", "is_major", "r", "grade", "terms": […]}],
     "awaiting_confirmation": […]}

``people`` is the number that decides alpha: what the plant states, else what was counted, rounded up; null where
neither is known, and then the grades are null too.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geo.hazard.citations import clause_zh, source_zh
from geo.hazard.major_hazard import MajorHazard, Term, UnitHazard, assess_major_hazard
from geo.hazard.parameters import Parameter
from geo.standing import Standing
from layers.plants.document import PlantFile, overrides_of, plant_of, substances_of
from layers.plants.people import PeopleCount, count_around

__all__ = [
    "COUNTED_WITHIN_M",
    "HAZARD_SCHEMA_VERSION",
    "describe_parameter",
    "describe_people",
    "describe_unit",
    "identify_hazard",
    "list_unconfirmed",
]

HAZARD_SCHEMA_VERSION = "1.1"

COUNTED_WITHIN_M = 500.0
"""GB 18218-2018, table 5."""


def identify_hazard(file: PlantFile, population: Path | None = None) -> dict[str, Any]:
    """Return which units of a plant are major hazard installations, and of which grade.

    Parameters
    ----------
    file : PlantFile
    population : Path, optional
        Raster from which residents within 500 m are counted where the plant does not state them.

    Raises
    ------
    FormatError, HazardError
        If the plant makes no sense; the message names the field.
    RasterError, CrsError
        If the raster cannot be used.
    """
    plant = plant_of(file)
    counted = None
    if plant.people_within_500m is None and population is not None:
        counted = count_around(population, plant.boundary, COUNTED_WITHIN_M)
    people = None if counted is None or counted.people is None else math.ceil(counted.people)
    hazard = assess_major_hazard(plant, people, overrides_of(file), substances_of(file))
    return {
        "schema_version": HAZARD_SCHEMA_VERSION,
        "plant": {"id": plant.id, "name": plant.name, "illustrative": file.illustrative},
        "people_within_500m": describe_people(hazard, counted),
        "is_major": hazard.is_major,
        "grade": hazard.grade,
        "alpha": hazard.alpha,
        "units": [describe_unit(unit) for unit in hazard.units],
        "awaiting_confirmation": list_unconfirmed(hazard.parameters),
    }


def describe_people(hazard: MajorHazard, counted: PeopleCount | None) -> dict[str, Any]:
    """Return the residents within 500 m as published: the number used, what was counted, and from what."""
    stated = counted is None and hazard.people_within_500m is not None
    return {
        "people": hazard.people_within_500m,
        "counted": None if counted is None else counted.people,
        "missing_share": None if counted is None else counted.missing_share,
        "source": "plant" if stated else None if counted is None else counted.source,
    }


def describe_unit(unit: UnitHazard) -> dict[str, Any]:
    """Return identification and grade of a unit as published."""
    return {
        "id": unit.unit_id,
        "name": unit.unit_name,
        "kind": unit.unit_kind,
        "s": unit.s,
        "is_major": unit.is_major,
        "r": unit.r,
        "grade": unit.grade,
        "terms": [_describe_term(term) for term in unit.terms],
    }


def _describe_term(term: Term) -> dict[str, Any]:
    return {
        "substance": term.substance,
        "name": {"zh": term.name.zh, "en": term.name.en},
        "equipment": list(term.equipment_ids),
        "category": term.category,
        "mass_t": term.mass_t,
        "critical_t": term.critical_t,
        "beta": term.beta,
        "ratio": term.ratio,
        "clause": {"zh": term.clause.zh, "en": term.clause.en},
    }


def list_unconfirmed(rows: Iterable[Parameter]) -> list[dict[str, Any]]:
    """Return the rows of parameter tables that are not verified, each once, by table and key."""
    open_rows = {(row.table, row.key): row for row in rows if row.standing is not Standing.VERIFIED}
    return [describe_parameter(open_rows[place]) for place in sorted(open_rows)]


def describe_parameter(row: Parameter) -> dict[str, Any]:
    """Return a row as published; of an override also the shipped value that it replaces."""
    return {
        "table": row.table,
        "key": row.key,
        "value": row.value,
        "unit": row.unit,
        "standard": row.standard,
        "clause": row.clause,
        "clause_zh": clause_zh(row.clause),
        "source": row.source,
        "source_zh": source_zh(row.source),
        "standing": row.standing.value,
        "note": row.note,
        "note_zh": row.note_zh,
        "overridden_by": row.overridden_by,
        "reason": row.reason,
        "shipped_value": None if row.shipped is None else row.shipped.value,
    }
