"""Surveys that found nothing: when the absence of targets is a fact, and when it is only an absence of data.

People declare that a layer, or one kind of its features, is complete in an area (layer ``coverage``). Where such areas
hold a subject and all that a test could find around it, a test that finds nothing is answered as one that found out
that nothing is there. Everywhere else nothing found in an empty layer leaves the test open, and so does whatever is
found from a subject that lies outside the extent of all data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import nearest
from geo.errors import RuleError
from geo.missing import is_missing
from geo.rules.expression import implies, parse_condition
from geo.rules.finding import CoverageRef
from geo.rules.reach import reach_m
from geo.rules.rule import Rule

__all__ = ["COVERAGE_LAYER", "Bounds", "Declarations", "Survey", "must_be_there"]

COVERAGE_LAYER = "coverage"
"""Layer of the declarations."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north. [°]"""

_Floats = NDArray[np.float64]
_GRID_DEG = 1e-9


def must_be_there(test: Rule) -> bool:
    """Tell whether the ban holds where nothing is found, such as "must go into a park"."""
    return test.parameters.get("holds_when") == "not_inside"


@dataclass(frozen=True)
class Declarations:
    """Declarations that a layer is complete, or is known not to be, as features of the layer ``coverage``.

    Parameters
    ----------
    frame : GeoDataFrame, EPSG:4490
        With ``surveyed_layer``, ``condition``, ``complete``, ``surveyed_on``, ``declared_by`` and the common fields.
    """

    frame: gpd.GeoDataFrame

    def rows_for(self, test: Rule) -> NDArray[np.bool_]:
        """Return which declarations speak of all that a test looks for."""
        if not len(self.frame) or test.target_layer is None:
            return np.zeros(len(self.frame), dtype=bool)
        of_layer = (self.frame["surveyed_layer"] == test.target_layer).to_numpy(dtype=bool, copy=True)
        for row in np.flatnonzero(of_layer):
            of_layer[row] = _speaks_of(self.frame["condition"].iloc[row], test)
        return of_layer

    def area(self, rows: NDArray[np.bool_]) -> shapely.Geometry:
        """Return where these declare a layer complete, without where one of them declares it incomplete."""
        complete = self.frame["complete"].to_numpy(dtype=object)
        whole, lacking = (
            shapely.union_all(self.frame.geometry.to_numpy()[rows & (complete == said)], grid_size=_GRID_DEG)
            for said in (True, False)
        )
        return shapely.difference(whole, lacking, grid_size=_GRID_DEG)

    def reference(self, row: int) -> CoverageRef:
        """Return what a finding says of a declaration."""
        one = self.frame.iloc[row]
        said = {name: one.get(name) for name in ("name", "source", "declared_by", "surveyed_on")}
        texts = {name: None if is_missing(value) else str(value) for name, value in said.items()}
        return CoverageRef(id=str(one["id"]), layer=str(one["surveyed_layer"]), **texts)


class Survey:
    """What is known of the completeness of layers around the subjects of a scene.

    Parameters
    ----------
    subjects : GeoDataFrame, EPSG:4490
        Index 0, 1, 2, …
    declared : GeoDataFrame, EPSG:4490, or None
        Features of the layer ``coverage``.
    extents : mapping of slug to bounds, or None
        Extent of the data of each layer, NaN where it is empty; None where subjects are taken to lie among the data.
    """

    def __init__(
        self,
        subjects: gpd.GeoDataFrame,
        declared: gpd.GeoDataFrame | None,
        extents: Mapping[str, Bounds] | None = None,
    ) -> None:
        self._subjects, self._extents = subjects, extents
        self._declarations = Declarations(subjects.iloc[:0] if declared is None else declared)
        self._rows: dict[tuple[str | None, str], NDArray[np.bool_]] = {}
        self._rooms: dict[bytes, _Floats] = {}
        self._areas: dict[bytes, shapely.Geometry] = {}
        self._met: dict[int, NDArray[np.bool_]] = {}
        self._references: dict[int, CoverageRef] = {}

    @cached_property
    def _shapes(self) -> NDArray[np.object_]:
        return np.asarray(self._subjects.geometry.to_numpy())

    @cached_property
    def _own_m(self) -> list[object]:
        """Accuracy of each subject. [m]."""
        return list(self._subjects["accuracy_m"])

    def strangers(self, test: Rule, targets: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Return the targets of unknown accuracy outside the surveys that speak of a test.

        Where a survey is complete, what is stored elsewhere is elsewhere, however badly its place is known.
        """
        vague = targets["accuracy_m"].isna().to_numpy(dtype=bool)
        rows = self._rows_for(test)
        if not rows.any():
            return np.zeros(len(targets), dtype=bool)
        area = self._area(rows)
        return vague & ~np.asarray(shapely.intersects(area, targets.geometry.to_numpy()))

    def declared(self, test: Rule, subject: int) -> tuple[CoverageRef, ...]:
        """Return the declarations by which all that a test could find around a subject is in the data."""
        rows = self._rows_for(test)
        if not rows.any():
            return ()
        own_m = self._own_m[subject]
        if is_missing(own_m) or not self._spare_m(test, subject) > float(own_m):  # type: ignore[arg-type]  # a column of numbers
            return ()
        found = np.flatnonzero(rows).tolist()
        return tuple(self._reference(row) for row in found if self._meets(row)[subject])

    def lacks_accuracy_only(self, test: Rule, subject: int) -> bool:
        """Tell whether declared surveys would do if the accuracy of the subject were known."""
        return is_missing(self._own_m[subject]) and self._spare_m(test, subject) > 0.0

    def _reference(self, row: int) -> CoverageRef:
        if row not in self._references:
            self._references[row] = self._declarations.reference(row)
        return self._references[row]

    def _meets(self, row: int) -> NDArray[np.bool_]:
        """Tell which subjects the area of a declaration meets."""
        if row not in self._met:
            area = self._declarations.frame.geometry.to_numpy()[row]
            shapely.prepare(area)
            self._met[row] = np.asarray(shapely.intersects(area, self._shapes))
        return self._met[row]

    def _spare_m(self, test: Rule, subject: int) -> float:
        """Return how much farther declared surveys reach than a test looks; NaN where they do not. [m]."""
        needed_m = reach_m(test, self._subjects, subject)
        rows = self._rows_for(test)
        return np.nan if needed_m is None or not rows.any() else float(self._room_m(rows)[subject]) - needed_m

    def _room_m(self, rows: NDArray[np.bool_]) -> _Floats:
        """Return how far each subject is from the edge of a declared area; NaN where it is not inside. [m]."""
        key = rows.tobytes()
        if key not in self._rooms:
            area = self._area(rows)
            shapes = self._shapes
            inside = np.flatnonzero(shapely.covers(area, shapes))
            room_m = np.full(len(shapes), np.nan)
            if len(inside):
                room_m[inside] = nearest(shapes[inside], [shapely.boundary(area)]).distance_m
            self._rooms[key] = room_m
        return self._rooms[key]

    def _rows_for(self, test: Rule) -> NDArray[np.bool_]:
        key = test.target_layer, test.target_filter.text
        if key not in self._rows:
            self._rows[key] = self._declarations.rows_for(test)
        return self._rows[key]

    def _area(self, rows: NDArray[np.bool_]) -> shapely.Geometry:
        key = rows.tobytes()
        if key not in self._areas:
            self._areas[key] = self._declarations.area(rows)
            shapely.prepare(self._areas[key])
        return self._areas[key]

    @cached_property
    def lies_among_data(self) -> NDArray[np.bool_] | None:
        """Whether each subject meets the extent of a layer other than its own; None where no extents are stated."""
        if self._extents is None:
            return None
        extents = {slug: box for slug, box in self._extents.items() if slug != COVERAGE_LAYER}
        boxes = np.array(list(extents.values()), dtype=np.float64).reshape(-1, 4)
        bounds = shapely.bounds(self._shapes)[:, np.newaxis]
        # Extents of empty layers are NaN, which meets nothing; a stored subject always lies in that of its own layer.
        meets = np.all((boxes[:, :2] <= bounds[..., 2:]) & (bounds[..., :2] <= boxes[:, 2:]), axis=2)
        own = self._subjects["layer"] if "layer" in self._subjects.columns else None
        if own is not None:
            meets &= own.to_numpy(dtype=object)[:, np.newaxis] != np.array(list(extents), dtype=object)
        return np.asarray(np.any(meets, axis=1))


def _speaks_of(condition: object, test: Rule) -> bool:
    """Tell whether all features that a test looks for meet the condition of a declaration."""
    if not isinstance(condition, str) or not condition.strip():
        return True
    try:
        return implies(test.target_filter, parse_condition(condition))
    except RuleError:  # what cannot be read vouches for nothing
        return False
