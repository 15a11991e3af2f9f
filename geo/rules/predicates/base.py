"""What a predicate is: a test that rules share, written once.

A predicate declares the parameters that a rule must give it and reads a scene: for each subject whether the test holds,
and the measurement that shows it. What follows from that (states, exceptions, dates) is none of its business.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.rules.expression import Condition, Factors
from geo.rules.finding import CoverageRef, Position, TargetRef
from geo.rules.horizon import Horizon, NarrowError, Surroundings
from geo.rules.measuring import Sheet, same_fields
from geo.rules.rule import Rule
from geo.rules.survey import COVERAGE_LAYER, Bounds, Survey
from geo.rules.targets import Rows, Shapes, Targets
from geo.text import Text

__all__ = [
    "Predicate",
    "Reading",
    "Scene",
    "metres",
    "number",
    "one_of",
    "position",
    "reference",
    "see",
    "text",
    "text_or_none",
    "widening",
]


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a predicate found for one subject.

    Attributes
    ----------
    holds : bool or None
        Whether the test holds at the measured value; None where data are missing to tell (``needs`` says which).
    decided : bool
        False where the doubt could turn it.
    explanation : Text
    needs : tuple of str
        What to bring for a decision.
    other_line_holds : bool or None
        Whether it holds from the water-side line, where a bank has both lines.
    limit, found, unit, limit_m, distance_m, margin_m, doubt_m, start, end, measured_from, measured_to, target
        As in :class:`geo.rules.finding.Finding`.
    evidence : dict or None
        GeoJSON geometry, EPSG:4490; the line from start to end where None.
    is_absence : bool
        Whether it is open because the layer holds no target at all.
    coverage : tuple of CoverageRef
        As in :class:`geo.rules.finding.Finding`.
    """

    holds: bool | None
    decided: bool
    explanation: Text
    needs: tuple[str, ...] = ()
    other_line_holds: bool | None = None
    limit: float | None = None
    found: float | None = None
    unit: str | None = None
    limit_m: float | None = None
    distance_m: float | None = None
    margin_m: float | None = None
    doubt_m: float | None = None
    start: Position | None = None
    end: Position | None = None
    measured_from: str | None = None
    measured_to: str | None = None
    target: TargetRef | None = None
    evidence: dict[str, Any] | None = None
    is_absence: bool = False
    coverage: tuple[CoverageRef, ...] = ()


class Scene:
    """The subjects of a check and the layers around them.

    Parameters
    ----------
    subjects : GeoDataFrame, EPSG:4490
        Index 0, 1, 2, …
    layers : mapping of slug to GeoDataFrame, EPSG:4490, or to Targets
        Targets are what scenes after one another share.
    rasters : mapping of kind to path, optional
        ``elevation`` and ``population``, as far as they are there.
    on : date, optional
        Day of the decision; tests of age need it.
    extents : mapping of slug to bounds, optional
        Extent of the data of each layer, NaN where it is empty; what is not found from outside all of them is not
        known. Without them subjects are taken to lie among the data.
    surroundings : Surroundings, optional
        Where more features come from, where ``layers`` holds only those near the subjects.
    """

    def __init__(
        self,
        subjects: gpd.GeoDataFrame,
        layers: Mapping[str, gpd.GeoDataFrame | Targets],
        rasters: Mapping[str, Path] | None = None,
        on: date | None = None,
        extents: Mapping[str, Bounds] | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.subjects = subjects
        self.rasters = rasters or {}
        self.on = on
        self._layers = {
            slug: known.frame if isinstance(known, Targets) else known for slug, known in layers.items()
        }
        self._prepared = {slug: known for slug, known in layers.items() if isinstance(known, Targets)}
        self._extents = extents
        self._surroundings = surroundings
        self._sheets: dict[str, Sheet] = {}
        self._factors: dict[bytes, Factors] = {}
        self._narrowed: dict[tuple[str, str], Scene] = {}
        self._wider: dict[tuple[str, str], Sheet] = {}

    @cached_property
    def survey(self) -> Survey:
        """What is known of the completeness of the layers around the subjects."""
        return Survey(self.subjects, self._layers.get(COVERAGE_LAYER), self._extents)

    def without_strangers(self, test: Rule) -> "Scene | None":
        """Return the scene without targets of unknown accuracy that lie outside the surveys that speak of a test.

        None where there are no such targets.
        """
        sheet, survey = self.sheet(test.target), self.survey
        strangers = survey.strangers(test, sheet.targets)
        if not strangers.any() and (sheet.horizon is None or sheet.horizon.is_whole):
            return None
        key = test.target, test.target_filter.text
        if key not in self._narrowed:
            layers: dict[str, gpd.GeoDataFrame | Targets] = {**self._layers, **self._prepared}
            layers[test.target] = sheet.targets[~strangers]
            around = self._surroundings and _Acquainted(self._surroundings, survey, test)
            self._narrowed[key] = Scene(self.subjects, layers, self.rasters, self.on, self._extents, around)
        return self._narrowed[key]

    @cached_property
    def _shapes(self) -> Shapes:
        return Shapes(self.subjects)

    def factors(self, who: NDArray[np.int64]) -> Factors:
        """Return the values of the attributes of some subjects."""
        key = who.tobytes()
        if key not in self._factors:
            self._factors[key] = Factors(self.subjects, who)
        return self._factors[key]

    @cached_property
    def subject_rows(self) -> Rows:
        """Attributes of each subject."""
        return Rows(self.subjects)

    def layer(self, slug: str) -> gpd.GeoDataFrame:
        """Return the features of a layer, index 0, 1, 2, …; an absent layer has none."""
        return self.sheet(slug).targets

    def sheet(self, layer: str) -> Sheet:
        """Return the distances from the subjects to a layer; an absent layer has no features."""
        if layer not in self._sheets:
            known = self._prepared.get(layer, self._layers.get(layer))
            targets = self.subjects.iloc[:0] if known is None else known
            horizon = None if self._surroundings is None else self._surroundings.horizon(layer)
            self._sheets[layer] = self._make_sheet(layer, targets, horizon)
        return self._sheets[layer]

    def seen_by(self, test: Rule) -> "Scene":
        """Return the scene with what was brought for the targets of a test, if anything was."""
        sheet = self._wider.get((test.target, test.target_filter.text))
        return self if sheet is None else self._with(sheet)

    def widened(self, asked: NarrowError, test: Rule) -> "Scene":
        """Return the scene with more features of a layer, of which those that a test does not count may be missing."""
        horizon = self.sheet(asked.layer).horizon
        assert self._surroundings is not None
        assert horizon is not None
        own = asked.layer == test.target_layer
        counts = asked.counts or (test.target_filter if own else None)
        targets, horizon = self._surroundings.widen(asked, horizon, counts)
        sheet = self._make_sheet(asked.layer, targets, horizon)
        if own and asked.counts is None:
            self._wider[asked.layer, test.target_filter.text] = sheet
        return self._with(sheet)

    def _make_sheet(self, layer: str, targets: gpd.GeoDataFrame | Targets, horizon: Horizon | None) -> Sheet:
        return Sheet(layer, self.subjects, targets, horizon, self.subject_rows, self._shapes)

    def _with(self, sheet: Sheet) -> "Scene":
        other = copy.copy(self)
        other._sheets = {**self._sheets, sheet.layer: sheet}
        return other


@dataclass(frozen=True)
class _Acquainted:
    """Surroundings without the strangers to the surveys that speak of a test."""

    surroundings: Surroundings
    survey: Survey
    test: Rule

    def horizon(self, layer: str) -> Horizon | None:
        return self.surroundings.horizon(layer)

    def widen(
        self, asked: NarrowError, horizon: Horizon, counts: Condition | None
    ) -> tuple[gpd.GeoDataFrame | Targets, Horizon]:
        targets, wider = self.surroundings.widen(asked, horizon, counts)
        if asked.layer != self.test.target_layer:
            return targets, wider
        frame = targets.frame if isinstance(targets, Targets) else targets
        return frame[~self.survey.strangers(self.test, frame)], wider


Read = Callable[[Rule, Scene, NDArray[np.int64]], Sequence[Reading]]


def see(test: Rule, scene: Scene, find: Callable[[Scene], T]) -> T:
    """Return what a function finds in a scene for a test with targets, with more of a layer brought as it asks."""
    scene = scene.seen_by(test)
    while True:
        try:
            return find(scene)
        except NarrowError as asked:
            scene = scene.widened(asked, test)


def widening(read: Read) -> Read:
    """Return the reading of a test with targets that brings more of a layer where what is at hand does not do."""

    def read_widening(test: Rule, scene: Scene, who: NDArray[np.int64]) -> Sequence[Reading]:
        return see(test, scene, lambda seen: read(test, seen, who))

    return read_widening


def _no_fields(_parameters: Mapping[str, Any]) -> Sequence[str]:
    return ()


def _no_target_fields(_parameters: Mapping[str, Any], _layer: str) -> Sequence[str]:
    return ()


def _not_published(_parameters: Mapping[str, Any], _field: str) -> None:
    return None


@dataclass(frozen=True)
class Predicate:
    """A test that rules share.

    Attributes
    ----------
    name : str
        Word in rule packs.
    parameters : mapping of str to callable
        The keys that a rule must give, each with the function that reads its value or raises ``ValueError``.
    read : callable
        ``read(rule, scene, who)`` returns one reading for each subject at the positions ``who``.
    has_target : bool
        Whether a rule names a target layer for it.
    optional : mapping of str to callable
        Further keys; a rule that leaves one out states that it does not apply, and the parameter is None.
    subject_fields, target_fields : callable
        Attributes that the test reads of the subject, from the rule's parameters, and of the target, from these and
        its layer; those that ``except_same`` names apart, see :meth:`reads_of_subject` and :meth:`reads_of_target`.
    layers : tuple of str
        Layers that it reads beside the rule's target layer.
    rasters : tuple of str
        Rasters that it reads.
    measures : str
        How limit and found are compared, for the cases that a rule needs: ``distance`` (metres, with doubt),
        ``overlap`` (in or out of an area, with doubt), ``number`` (a sharp number) or ``other``.
    combines : bool
        Whether it joins other tests (parameter ``tests``).
    thresholds : callable
        ``thresholds(parameters, field)``: the values of a field of the subject at which the test may turn; None where
        it reads the field in a way that it does not publish.
    grows_with : callable
        Fields of the subject with which the test only becomes more likely to hold, from the rule's parameters.
    """

    name: str
    parameters: Mapping[str, Callable[[object], Any]]
    read: Callable[[Rule, Scene, NDArray[np.int64]], Sequence[Reading]]
    has_target: bool = True
    optional: Mapping[str, Callable[[object], Any]] = field(default_factory=dict)
    subject_fields: Callable[[Mapping[str, Any]], Sequence[str]] = _no_fields
    target_fields: Callable[[Mapping[str, Any], str], Sequence[str]] = _no_target_fields
    layers: tuple[str, ...] = ()
    rasters: tuple[str, ...] = ()
    measures: str = "other"
    combines: bool = False
    thresholds: Callable[[Mapping[str, Any], str], Sequence[float] | None] = _not_published
    grows_with: Callable[[Mapping[str, Any]], Sequence[str]] = _no_fields

    def reads_of_subject(self, parameters: Mapping[str, Any]) -> list[str]:
        """Return every attribute of the subject that the parameters of a rule name."""
        same = parameters.get("except_same")
        own = self.subject_fields(parameters)
        return [*own] if same is None else [*own, same_fields(same)[1]]

    def reads_of_target(self, parameters: Mapping[str, Any], layer: str) -> list[str]:
        """Return every field of the targets in a layer that the parameters of a rule name."""
        same = parameters.get("except_same")
        own = self.target_fields(parameters, layer)
        return [*own] if same is None else [*own, same_fields(same)[0]]


def metres(value: object) -> float:
    """Return a distance from a rule pack. [m].

    Raises
    ------
    ValueError
        If it is not a number, or is negative or infinite.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < np.inf:
        raise ValueError("must be a number of metres, 0 or more")
    return float(value)


def number(value: object) -> float:
    """Return a number from a rule pack.

    Raises
    ------
    ValueError
        If it is none, or is not finite.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
        raise ValueError("must be a number")
    return float(value)


def text(value: object) -> str:
    """Return a text from a rule pack.

    Raises
    ------
    ValueError
        If it is no text, or an empty one.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value


def one_of(*words: str) -> Callable[[object], str]:
    """Return a reader that takes only these words."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"must be one of {sorted(words)}, is {value!r}")
        return str(value)

    return read


def text_or_none(value: object) -> str | None:
    """Return a text that is there and not empty, else None."""
    return value if isinstance(value, str) and value else None


def position(pair: NDArray[np.float64]) -> Position | None:
    """Return longitude and latitude as a pair, None where there is none (NaN)."""
    return None if np.isnan(pair).any() else (float(pair[0]), float(pair[1]))


def reference(sheet: Sheet, target: int | np.int64) -> TargetRef:
    """Return what a finding says of a target."""
    row = sheet.prepared.rows[target]
    return TargetRef(sheet.layer, str(row["id"]), text_or_none(row.get("name")))
