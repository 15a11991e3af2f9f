"""How far from a subject a target can bear on the test of a rule."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np

from geo.pipelines.impact_radius import impact_radius_m
from geo.rules.rule import Rule
from geo.rules.tables import SpacingTable
from geo.rules.targets import floats
from geo.tailings import run_out

__all__ = ["reach_m"]


def reach_m(test: Rule, subjects: gpd.GeoDataFrame, subject: int) -> float | None:
    """Return the distance from a subject beyond which no target changes what a test says.

    The accuracy of positions is not in it.

    Parameters
    ----------
    test : Rule
        Of a predicate with targets.
    subjects : GeoDataFrame
    subject : int
        Position of the subject.

    Returns
    -------
    float or None
        None where no such distance is known: an attribute of the subject is missing, the printed table has a number
        that is not known here, or the test counts what lies anywhere in a division. [m]
    """
    find = _REACHES.get(test.predicate)
    found_m = None if find is None else find(test, subjects, subject)
    return None if found_m is None or not np.isfinite(found_m) else float(found_m)


def _distance_m(test: Rule, subjects: gpd.GeoDataFrame, subject: int) -> float:
    limit, to = test.parameters["distance_m"], test.parameters.get("measure_to")
    beside_m = 0.0 if to is None else float(to.up_to_m)
    if isinstance(limit, float):
        return limit + beside_m
    if hasattr(limit, "range_m"):
        return float(limit.range_m[1]) + beside_m
    return float(floats(subjects, limit.field)[subject]) + beside_m


def _nowhere_else_m(_test: Rule, _subjects: gpd.GeoDataFrame, _subject: int) -> float:
    return 0.0


def _path_m(test: Rule, _subjects: gpd.GeoDataFrame, _subject: int) -> float:
    """Return the length of the way down; no path leads farther away than it is long."""
    return float(test.parameters["distance_m"] + test.parameters["half_width_m"])


def _run_out_m(test: Rule, subjects: gpd.GeoDataFrame, subject: int) -> float | None:
    capacity_m3, height_m = (
        float(floats(subjects, name)[subject]) for name in ("capacity_m3", "dam_height_m")
    )
    if not (capacity_m3 > 0.0 and height_m > 0.0):
        return None
    farthest_km = run_out(capacity_m3, height_m, test.parameters["scatter"]).high_km
    return 1000.0 * farthest_km + float(test.parameters["half_width_m"])


def _impact_m(test: Rule, subjects: gpd.GeoDataFrame, subject: int) -> float | None:
    diameter_mm, pressure_mpa = (
        float(floats(subjects, name)[subject]) for name in ("diameter_mm", "pressure_mpa")
    )
    if not (diameter_mm > 0.0 and pressure_mpa > 0.0):
        return None
    return impact_radius_m(diameter_mm, pressure_mpa) + float(test.parameters["measure_to"].up_to_m)


def _table_m(test: Rule, _subjects: gpd.GeoDataFrame, _subject: int) -> float | None:
    table: SpacingTable = test.parameters["distance"]
    cells = table.select(test.edition, test.standing.value, test.target).cells
    if any(cell.times_field is not None for cell in cells):
        return None
    numbers_m = [m for cell in cells for m in (cell.distance_m, cell.bracket_m) if m is not None]
    # A printed number that is not known here (NaN) leaves the reach unknown.
    return float(np.max(numbers_m, initial=0.0)) + float(test.parameters["edge_up_to_m"] or 0.0)


_REACHES: dict[str, Callable[[Rule, gpd.GeoDataFrame, int], float | None]] = {
    "along_line": _distance_m,
    "count_within": _distance_m,
    "covers_share": _nowhere_else_m,
    "downstream_within": _path_m,
    "downwind": _distance_m,
    "height_difference": _distance_m,
    "in_debris_fan": _distance_m,
    "in_run_out": _run_out_m,
    "inside": _nowhere_else_m,
    "intersects": _nowhere_else_m,
    "outside_distance": _distance_m,
    "sliding_window": _distance_m,
    "table_distance": _table_m,
    "within_distance": _distance_m,
    "within_impact_radius": _impact_m,
}
"""By predicate. What counts over a division (``jurisdiction_count``) has no reach."""
