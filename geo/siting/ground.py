"""The levels of a rule on the ground: where a project may stand, as polygons on a plane.

Polygons are drawn tile by tile, each on a transverse Mercator plane of its own through the tile's middle, so that
lengths are true to 1e-5 for all that bears on the tile. Their edges lie within :data:`EDGE_TOLERANCE_M` of where the
exact engine changes its answer, for limits up to 20 km and projects up to 1 km across. A place nearer to an edge than
that is settled by the engine, never by the polygon.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geo.ellipsoid import INVERSE_FLATTENING, SEMI_MAJOR_M
from geo.rules.expression import FALSE, TRUE, UNKNOWN
from geo.rules.measuring import Sheet, Yardstick
from geo.rules.predicates import PREDICATES
from geo.rules.predicates.base import Scene, see
from geo.rules.predicates.count_within import FEATURES
from geo.rules.predicates.distances import prepare_measurement
from geo.rules.rule import Rule
from geo.rules.targets import floats
from geo.siting.cells import state_limit
from geo.siting.levels import OPEN, goes_with_subject, level_of
from geo.siting.project import Project
from geo.siting.sweep import EMPTY, difference, grow, intersection, reach_sum, shrink, sweep, union

__all__ = ["DRAWN", "EDGE_TOLERANCE_M", "Ground", "View", "draw_levels", "is_drawn"]

EDGE_TOLERANCE_M: Final = 0.5
"""How far the edge of a polygon may lie from where the exact engine changes its answer. [m]"""

_EDGE_LENGTH_M = 1000.0
"""Edges of results are not longer: they then are the same as geodesics and as straight lines in degrees. [m]"""

_COARSEST_REACH_M = 500.0
"""Targets are gathered within this distance, or twice, four times and so on as much. [m]"""

_SIMPLER_M = 0.1
"""Targets are drawn with no more corners than it takes to stay this close to them. [m]"""

_T = TypeVar("_T")
_Mask = NDArray[np.bool_]
_Shapes = NDArray[np.object_]

Ground = tuple[shapely.Geometry, shapely.Geometry, shapely.Geometry, shapely.Geometry]
"""Where the level is at most 0, 1, 2, 3; each holds the one before. On the plane of a view. [m]"""


@dataclass(frozen=True)
class View:
    """A tile on its plane, and the project above it.

    Attributes
    ----------
    scene : Scene
        One subject: the project, wherever it is.
    project : Project
    bounds : tuple of float
        West, south, east, north of the tile. [°]
    sampled : mapping of int to Ground
        Levels in degrees of the rules that cannot be drawn, by ``id()`` of the rule.
    trust : callable, optional
        Returns the levels of a test as the surveys leave them; absence is believed everywhere unless it is given.
    """

    scene: Scene
    project: Project
    bounds: tuple[float, float, float, float]
    sampled: Mapping[int, Ground]
    known: dict[tuple[Sheet, bytes, float], shapely.Geometry] = field(default_factory=dict)
    trust: "Callable[[Rule, Ground, View], Ground] | None" = None
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def keep(self, name: Hashable, find: Callable[[], _T]) -> _T:
        """Return what was found out about the tile before; else find it out. It does not depend on the scene."""
        if name not in self._kept:
            self._kept[name] = find()
        return self._kept[name]  # type: ignore[no-any-return]  # what the same name gave

    @property
    def middle(self) -> tuple[float, float]:
        """Longitude and latitude of the tile's middle. [°]."""
        west, south, east, north = self.bounds
        return (west + east) / 2.0, (south + north) / 2.0

    @property
    def footprint(self) -> shapely.Geometry:
        """The project with its anchor at the origin, as it lies at the tile's middle. [m]."""
        return self.keep("footprint", lambda: self.project.turned(*self.middle))

    def to_plane(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a shape in degrees on the plane. [m]."""
        plane = self._plane
        return shapely.transform(shape, lambda xy: np.column_stack(plane(xy[:, 0], xy[:, 1])))

    def to_degrees(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a shape on the plane in degrees, with short edges."""
        plane = self._plane
        short = shapely.segmentize(shape, _EDGE_LENGTH_M)
        return shapely.transform(short, lambda xy: np.column_stack(plane(xy[:, 0], xy[:, 1], inverse=True)))

    def window(self, reach_m: float = 0.0) -> shapely.Geometry:
        """Return the tile and all within a distance and the project's size of it, on the plane. [m]."""
        return self.keep(("window", reach_m), lambda: self._make_window(reach_m))

    def _make_window(self, reach_m: float) -> shapely.Geometry:
        west, south, east, north = self.bounds
        rim = shapely.segmentize(shapely.box(west, south, east, north), (east - west) / 8.0)
        margin_m = reach_m + 2.0 * self.project.reach_m + 100.0
        return shapely.box(
            *(np.array(shapely.bounds(self.to_plane(rim))) + margin_m * np.array([-1, -1, 1, 1]))
        )

    def swept(self, sheet: Sheet, rows: NDArray[np.int64], reach_m: float) -> shapely.Geometry:
        """Return where the project touches some targets, as far as it matters within a distance of the tile."""
        wide_m = _COARSEST_REACH_M
        while wide_m < reach_m:
            wide_m *= 2.0
        key = (sheet, rows.tobytes(), wide_m)  # rules of different limits share what is costly
        if key not in self.known:
            self.known[key] = sweep(self.targets(sheet, rows, wide_m)[1], self.footprint)
        return self.known[key]

    def targets(
        self, sheet: Sheet, rows: NDArray[np.int64], reach_m: float
    ) -> tuple[NDArray[np.int64], _Shapes]:
        """Return those of some targets that lie within a distance of the tile, cut to that, on the plane."""
        window = self.window(reach_m)
        shapes = sheet.targets.geometry.to_numpy()[rows]
        around = shapely.box(*shapely.bounds(self.to_degrees(window)))
        sheet.require_box(around)
        near = np.flatnonzero(shapely.intersects(shapely.envelope(shapes), around))
        if not len(near):
            return rows[near], np.empty(0, dtype=object)
        cut = np.array(
            [shapely.intersection(self.to_plane(shape), window) for shape in shapes[near]], dtype=object
        )
        cut = shapely.simplify(cut, _SIMPLER_M)
        there = ~shapely.is_empty(cut)
        return rows[near[there]], cut[there]

    @property
    def _plane(self) -> pyproj.Proj:
        lon, lat = self.middle

        def make() -> pyproj.Proj:
            return pyproj.Proj(
                proj="tmerc", lon_0=lon, lat_0=lat, k=1.0, a=SEMI_MAJOR_M, rf=INVERSE_FLATTENING
            )

        return self.keep("plane", make)


def is_drawn(test: Rule) -> bool:
    """Tell whether the edges of a test are drawn; else they are those of cells."""
    return test.predicate in DRAWN or goes_with_subject(test)


def draw_levels(rule: Rule, view: View) -> Ground:
    """Return where a rule is at most at each level, on the plane of a view."""
    if rule.tests:
        parts = [draw_levels(test, view) for test in rule.tests]
        join = intersection if rule.predicate == "all_of" else union
        first, second, third, fourth = (join([part[level] for part in parts]) for level in range(4))
        return first, second, third, fourth
    if goes_with_subject(rule):
        return _same_everywhere(rule, view)
    if rule.predicate in DRAWN:
        ground = draw_test(rule, view)
        return ground if view.trust is None else view.trust(rule, ground, view)
    first, second, third, fourth = (view.to_plane(shape) for shape in view.sampled[id(rule)])
    return first, second, third, fourth


def draw_test(rule: Rule, view: View) -> Ground:
    """Return the levels of a test that is drawn, with as much of its layer at hand as it takes."""
    return see(rule, view.scene, lambda scene: DRAWN[rule.predicate](rule, replace(view, scene=scene)))


def _everywhere(level: int, view: View) -> Ground:
    window = view.window()
    first, second, third, fourth = (window if level <= at_most else EMPTY for at_most in range(4))
    return first, second, third, fourth


def _same_everywhere(rule: Rule, view: View) -> Ground:
    (reading,) = PREDICATES[rule.predicate].read(rule, view.scene, np.array([0]))
    return _everywhere(level_of(reading), view)


def _distance(rule: Rule, view: View) -> Ground:
    stated, sheet = state_limit(rule, view.scene), view.scene.sheet(rule.target)
    if stated is None or not sheet.has(np.ones(len(sheet.targets), dtype=bool)):
        return _everywhere(OPEN, view)
    made = prepare_measurement(stated, sheet)
    others = sheet.is_foreign(0, stated.parameters.get("except_same"))
    sheet.has(made.sure & others)
    sure = _within(view, sheet, made.sure & others, made.near)
    ground = _weigh(view, sure, _within(view, sheet, made.maybe & others, made.far))
    other_line = _within(view, sheet, made.other_line & others, made.near)
    if sure is None or other_line is None:
        return ground
    disagree = shapely.symmetric_difference(sure[1], other_line[1])
    if shapely.is_empty(disagree):
        return ground
    return (
        difference(ground[0], disagree),
        difference(ground[1], disagree),
        union([ground[2], disagree]),
        union([ground[3], disagree]),
    )


def _within(view: View, sheet: Sheet, rows: _Mask, yardstick: Yardstick) -> Ground | None:
    """Return the levels of keeping a distance from some targets; None where there is none."""
    sheet.require_vague(0)
    if not rows.any():
        return None
    parts = [_within_group(view, sheet, group, yardstick) for group in sheet.groups(rows, yardstick)]
    first, second, third, fourth = (union(shapes) for shapes in zip(*parts, strict=True))
    return first, second, third, fourth


def _within_group(view: View, sheet: Sheet, group: NDArray[np.int64], yardstick: Yardstick) -> Ground:
    """Return the levels for targets of one accuracy, limit, offset and slack."""
    limit_m, offset_m, slack_m = (
        float(column[group[0]]) for column in (yardstick.limit_m, yardstick.offset_m, yardstick.slack_m)
    )
    doubt_m = float(sheet.doubt_m(0, group[:1])[0])
    reach_m = limit_m + offset_m
    swept = view.swept(sheet, group, reach_m + slack_m + np.nan_to_num(doubt_m))
    # Half a width is subtracted down to 0: a doubt of the limit or more leaves nothing within for sure.
    sure = grow(swept, reach_m - doubt_m) if doubt_m < limit_m else EMPTY
    measured = grow(swept, reach_m)
    opened = grow(swept, reach_m + slack_m) if slack_m else measured
    perhaps = view.window() if np.isnan(doubt_m) else grow(swept, reach_m + slack_m + doubt_m)
    return sure, measured, opened, perhaps


def _weigh(view: View, sure: Ground | None, maybe: Ground | None) -> Ground:
    """Return the levels that targets that count and targets that may count leave together."""
    if sure is None and maybe is None:
        return _everywhere(OPEN, view)
    opened = EMPTY if maybe is None else maybe[3]
    if sure is None:
        return EMPTY, EMPTY, opened, opened
    if shapely.is_empty(opened):
        return sure
    return sure[0], sure[1], union([sure[2], opened]), union([sure[3], opened])


def _intersects(rule: Rule, view: View) -> Ground:
    sheet = view.scene.sheet(rule.target)
    counts = sheet.prepared.truth(rule.target_filter)
    others = sheet.is_foreign(0)
    sheet.has((counts == TRUE) & others)
    sure, maybe = (_touched(view, sheet, (counts == truth) & others) for truth in (TRUE, UNKNOWN))
    return _weigh(view, sure, maybe)


def _touched(view: View, sheet: Sheet, rows: _Mask) -> Ground | None:
    """Return the levels of touching some targets; None where there is none."""
    yardstick = Yardstick.plain(len(rows), 0.0)
    ground = _within(view, sheet, rows, yardstick)
    if ground is None:
        return None
    deep = [_overlapped(view, sheet, group) for group in sheet.groups(rows, yardstick)]
    return union(deep), ground[1], ground[2], ground[3]


def _overlapped(view: View, sheet: Sheet, group: NDArray[np.int64]) -> shapely.Geometry:
    """Return where the project and targets of one accuracy reach into each other farther than the doubt."""
    doubt_m = float(sheet.doubt_m(0, group[:1])[0])
    if np.isnan(doubt_m):
        return EMPTY
    shapes = view.targets(sheet, group, doubt_m)[1]
    if not len(shapes):
        return EMPTY
    footprint, window = view.footprint, view.window(doubt_m)
    deep_in_target = shrink(union(shapes), doubt_m, window)
    around = shapely.box(
        *(np.array(shapely.bounds(footprint)) + np.array([-1, -1, 1, 1]) * (doubt_m + 100.0))
    )
    deep_in_project = shrink(footprint, doubt_m, around)
    parts = []
    if not shapely.is_empty(deep_in_target):
        parts.append(sweep(np.array([deep_in_target], dtype=object), footprint))
    if not shapely.is_empty(deep_in_project):
        parts.append(sweep(shapes, deep_in_project))
    return union(parts)


def _inside(rule: Rule, view: View) -> Ground:
    sheet = view.scene.sheet(rule.target)
    sheet.require()
    counts = sheet.prepared.truth(rule.target_filter)
    sure, possible = counts == TRUE, counts != FALSE
    if not possible.any():
        return _everywhere(OPEN, view)
    room = _held(view, sheet, sure)
    widest = room if (sure == possible).all() else _held(view, sheet, possible)
    window = view.window()
    shapes = sheet.targets.geometry.to_numpy()[possible]
    if (shapely.get_dimensions(shapes) < 2).any():
        opened = difference(window, widest.measured)
    elif sure.any():
        opened = shapely.symmetric_difference(room.measured, widest.measured)
    else:
        opened = widest.perhaps
    if rule.parameters["holds_when"] == "inside":
        first, second, fourth = room.sure, room.measured, room.perhaps
    else:
        first, second, fourth = (
            difference(window, part) for part in (room.perhaps, room.measured, room.sure)
        )
    first, second = difference(first, opened), difference(second, opened)
    return first, second, union([second, opened]), union([fourth, opened])


@dataclass(frozen=True)
class _Held:
    """Where areas hold the whole project: for sure, as measured, perhaps."""

    sure: shapely.Geometry
    measured: shapely.Geometry
    perhaps: shapely.Geometry


def _held(view: View, sheet: Sheet, rows: _Mask) -> _Held:
    """Return where some areas together hold the project; the largest doubt round the tile is that of all."""
    positions = np.flatnonzero(rows)
    doubts_m = sheet.doubt_m(0, positions)
    reach_m = float(np.nan_to_num(doubts_m).max(initial=0.0))
    near, shapes = view.targets(sheet, positions, reach_m)
    doubt_m = float(np.max(sheet.doubt_m(0, near), initial=0.0))
    area, window = union(shapes), view.window(reach_m)
    sure = EMPTY if np.isnan(doubt_m) else _room(view, shrink(area, doubt_m, window), window)
    perhaps = view.window() if np.isnan(doubts_m).any() else _room(view, grow(area, doubt_m), window)
    return _Held(sure, _room(view, area, window), perhaps)


def _room(view: View, area: shapely.Geometry, window: shapely.Geometry) -> shapely.Geometry:
    """Return where the project lies wholly inside an area."""
    if view.project.is_point or shapely.is_empty(area):
        return area
    outside = difference(window, area)
    return difference(window, sweep(np.array([outside], dtype=object), view.footprint))


def _count(rule: Rule, view: View) -> Ground:
    sheet, parameters = view.scene.sheet(rule.target), rule.parameters
    counts = sheet.prepared.truth(rule.target_filter)
    others = sheet.is_foreign(0, parameters.get("except_same"))
    sheet.require_vague(0)
    if not sheet.has(counts != FALSE):
        return _everywhere(OPEN, view)
    field, limit, or_equal = parameters["count_field"], parameters["count"], parameters["compare"] == "ge"
    amounts = np.ones(len(counts)) if field == FEATURES else floats(sheet.targets, field)
    rows, within_m = np.flatnonzero((counts != FALSE) & others), parameters["distance_m"]
    doubts_m = sheet.doubt_m(0, rows)
    reach_m = within_m + float(np.nan_to_num(sheet.own_m[0])) + sheet.largest_accuracy_m
    near, shapes = view.targets(sheet, rows, reach_m)
    swept = [sweep(np.array([shape], dtype=object), view.footprint) for shape in shapes]
    doubt_m, sure, known = sheet.doubt_m(0, near), counts[near] == TRUE, np.nan_to_num(amounts[near])
    most = np.where(np.isnan(amounts), np.inf, amounts)
    spread = most[rows[np.isnan(doubts_m)]].sum()  # what is anywhere may be here, too

    def reached(
        by_m: NDArray[np.float64], values: NDArray[np.float64], everywhere: float = 0.0
    ) -> shapely.Geometry:
        if everywhere > limit or (or_equal and everywhere >= limit):
            return view.window()
        grown = np.array([grow(shape, by) for shape, by in zip(swept, by_m, strict=True)], dtype=object)
        return reach_sum(grown, values, limit - everywhere, or_equal=or_equal)

    plain_m = np.full(len(near), within_m)
    least = reached(within_m - doubt_m, np.where(sure, known, 0.0))
    found = reached(plain_m, np.where(sure, known, 0.0))
    opened = union([found, reached(plain_m, most[near])])
    vague = np.isnan(doubt_m)
    perhaps = reached(within_m + np.nan_to_num(doubt_m), np.where(vague, 0.0, most[near]), spread)
    return least, union([least, found]), opened, union([opened, perhaps])


DRAWN: dict[str, Callable[[Rule, View], Ground]] = {
    "count_within": _count,
    "inside": _inside,
    "intersects": _intersects,
    "outside_distance": _distance,
    "within_distance": _distance,
}
"""Tests that are drawn with an edge; all others take the edges of cells."""
