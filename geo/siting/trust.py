"""Where it may be believed that what is not in the data is not there: the doubt of absence, on cells and on the ground.

What :mod:`geo.rules.survey` says of one subject is said here of every place of a search. A test that looks for targets
finds nothing in an empty layer: inside declared surveys that is the truth, elsewhere it leaves the test open. Places
outside the extent of all data are open for every test that finds nothing there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.rules.expression import FALSE
from geo.rules.predicates.base import Scene, see
from geo.rules.reach import reach_m
from geo.rules.rule import Rule
from geo.rules.survey import COVERAGE_LAYER, Bounds, Declarations, must_be_there
from geo.siting.cells import BOUNDED, CellLevels, Cells, bounded_levels, constant
from geo.siting.ground import Ground, View, draw_test
from geo.siting.levels import CLEAR, HOLDS, OPEN
from geo.siting.project import Project
from geo.siting.sweep import EMPTY, areas_of, difference, shrink, sweep, union

__all__ = ["Trust"]

_TILE_DEG = 0.25


class Trust:
    """Where absence may be believed, for the tests of a search.

    Parameters
    ----------
    scene : Scene
        The project at its own place.
    project : Project
    outlines : ndarray of shapely.Polygon
        Of the cells of the search. [°]
    centres : ndarray of shapely.Point
    extents : mapping of slug to bounds, or None
        As for :class:`geo.rules.survey.Survey`.
    """

    def __init__(
        self,
        scene: Scene,
        project: Project,
        outlines: NDArray[np.object_],
        centres: NDArray[np.object_],
        extents: Mapping[str, Bounds] | None,
    ) -> None:
        self._scene, self._project, self._extents = scene, project, extents
        self._outlines, self._centres = outlines, centres
        self._declarations = Declarations(scene.layer(COVERAGE_LAYER))
        self._declared: dict[tuple[bytes, float], shapely.Geometry] = {}
        self._regions: dict[int, shapely.Geometry | None] = {}
        self._united: dict[tuple[int, int], shapely.Geometry] = {}

    def on_cells(self, test: Rule, levels: CellLevels, cells: Cells) -> CellLevels:
        """Return the levels of a test on cells as the surveys leave them."""
        if test.predicate not in BOUNDED:  # read at places, where the survey is asked already
            return levels
        if _is_empty(test, self._scene):
            levels = constant(_level_of_absence(test), len(self._outlines))
        region = self._region(test)
        if region is not None:
            low, here, high = (_doubted(test, part) for part in (levels.low, levels.here, levels.high))
            levels = self._merge(region, levels, replace(levels, low=low, here=here, high=high))
        declared = self._declared_for(test)
        known = None if shapely.is_empty(declared) else _without_strangers(test, cells.scene)
        if known is None:
            return levels
        if _is_empty(test, known):
            without = constant(_level_of_absence(test), len(self._outlines))
        else:
            without = bounded_levels(test, replace(cells, scene=known, trust=None))
        return self._merge(declared, without, levels)

    def on_ground(self, test: Rule, ground: Ground, view: View) -> Ground:
        """Return the levels of a test on the plane of a view as the surveys leave them."""
        if test.predicate not in BOUNDED:
            return ground
        region, window = self._region(test), view.window()
        if _is_empty(test, self._scene):
            ground = _absence(test, window)
        if region is not None:
            outside = view.keep(("outside", id(region)), lambda: difference(window, view.to_plane(region)))
            first, second, third, fourth = ground
            if must_be_there(test):
                ground = difference(first, outside), difference(second, outside), third, fourth
            else:
                ground = first, second, union([third, outside]), union([fourth, outside])
        declared = self._declared_for(test)
        known = None if shapely.is_empty(declared) else _without_strangers(test, view.scene)
        if known is None:
            return ground
        if _is_empty(test, known):
            without = _absence(test, window)
        else:
            without = draw_test(test, replace(view, scene=known, trust=None, known={}))
        inside = view.to_plane(declared)
        first, second, third, fourth = (
            union([shapely.intersection(level, inside), difference(other, inside)])
            for level, other in zip(without, ground, strict=True)
        )
        return first, second, third, fourth

    def _merge(self, region: shapely.Geometry, inside: CellLevels, outside: CellLevels) -> CellLevels:
        """Return the levels inside a region and those outside it together."""
        shapely.prepare(region)
        touched, held = shapely.intersects(region, self._outlines), shapely.covers(region, self._outlines)
        some, at_centre = touched & ~held, shapely.covers(region, self._centres)
        low, high = np.where(held, inside.low, outside.low), np.where(held, inside.high, outside.high)
        return CellLevels(
            low=np.where(some, np.minimum(inside.low, outside.low), low).astype(np.int8),
            here=np.where(at_centre, inside.here, outside.here).astype(np.int8),
            high=np.where(some, np.maximum(inside.high, outside.high), high).astype(np.int8),
            margin_m=np.where(at_centre, inside.margin_m, outside.margin_m),
        )

    def _region(self, test: Rule) -> shapely.Geometry | None:
        """Return where absence may be believed, in degrees; None where that is everywhere."""
        if id(test) not in self._regions:
            self._regions[id(test)] = self._find_region(test)
        return self._regions[id(test)]

    def _find_region(self, test: Rule) -> shapely.Geometry | None:
        among_data = EMPTY if _is_empty(test, self._scene) else self._among_data
        if among_data is None:
            return None
        declared = self._declared_for(test)
        key = id(among_data), id(declared)
        if key not in self._united:  # tests that the same surveys speak of share their region
            self._united[key] = union([among_data, declared])
        return self._united[key]

    @cached_property
    def _among_data(self) -> shapely.Geometry | None:
        """Where the project meets the extent of a layer other than its own; None where that is everywhere."""
        if self._extents is None:
            return None
        own = self._scene.subjects["layer"].iloc[0] if "layer" in self._scene.subjects.columns else None
        west, south, east, north = shapely.bounds(self._scene.subjects.geometry.iloc[0]).tolist()
        lon, lat = self._project.lon, self._project.lat
        boxes = [
            shapely.box(
                box[0] - (east - lon), box[1] - (north - lat), box[2] + (lon - west), box[3] + (lat - south)
            )
            for slug, box in self._extents.items()
            if slug not in {own, COVERAGE_LAYER} and np.isfinite(box).all()
        ]
        among = union(boxes) if boxes else EMPTY
        return None if shapely.covers(among, self._outlines).all() else among

    def _declared_for(self, test: Rule) -> shapely.Geometry:
        """Return where the project and all that a test could find around it lie in declared surveys."""
        rows = self._declarations.rows_for(test)
        needed_m, own_m = reach_m(test, self._scene.subjects, 0), self._scene.subjects["accuracy_m"].iloc[0]
        if not rows.any() or needed_m is None or own_m is None or np.isnan(own_m):
            return EMPTY
        key = rows.tobytes(), needed_m + float(own_m)
        if key not in self._declared:
            area = self._declarations.area(rows)
            tiles = [self._declared_in(bounds, area, key[1]) for bounds in self._tiles(area)]
            self._declared[key] = union(tiles) if tiles else EMPTY
        return self._declared[key]

    def _declared_in(self, bounds: Bounds, area: shapely.Geometry, needed_m: float) -> shapely.Geometry:
        view = View(self._scene, self._project, bounds, {})
        window = view.window(needed_m)
        outside = difference(window, view.to_plane(area))
        room = shrink(difference(window, outside), needed_m, window)
        if not self._project.is_point:
            swept = sweep(np.array([difference(window, room)], dtype=object), view.footprint)
            room = difference(room, swept)
        shape = view.to_degrees(shapely.intersection(room, view.window()))
        valid = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
        return areas_of(shapely.intersection(valid, shapely.box(*bounds)))

    def _tiles(self, area: shapely.Geometry) -> Iterator[Bounds]:
        """Yield the bounds of tiles that have a part of the cells and of an area."""
        west, south, east, north = (shapely.total_bounds(self._outlines) / _TILE_DEG).tolist()
        for row in range(int(np.floor(south)), int(np.ceil(north))):
            for column in range(int(np.floor(west)), int(np.ceil(east))):
                left, low, right, high = (_TILE_DEG * edge for edge in (column, row, column + 1, row + 1))
                if shapely.intersects(area, shapely.box(left, low, right, high)):
                    yield left, low, right, high


def _is_empty(test: Rule, scene: Scene) -> bool:
    """Tell whether no feature of the layer can be a target."""

    def has_any(seen: Scene) -> bool:
        sheet = seen.sheet(test.target)
        return sheet.has(sheet.prepared.truth(test.target_filter) != FALSE)

    return not see(test, scene, has_any)


def _without_strangers(test: Rule, scene: Scene) -> Scene | None:
    """Return the scene without the strangers to the surveys that speak of a test; None where none of them counts."""

    def leave_out(seen: Scene) -> Scene | None:
        sheet = seen.sheet(test.target)
        sheet.require_vague(0)
        strange = scene.survey.strangers(test, sheet.targets)
        strange &= sheet.prepared.truth(test.target_filter) != FALSE
        return seen.without_strangers(test) if strange.any() else None

    return see(test, scene, leave_out)


def _absence(test: Rule, window: shapely.Geometry) -> Ground:
    return (window,) * 4 if must_be_there(test) else (EMPTY,) * 4


def _level_of_absence(test: Rule) -> int:
    return HOLDS if must_be_there(test) else CLEAR


def _doubted(test: Rule, levels: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return levels of which those that rest on absence are open."""
    bound = np.maximum if must_be_there(test) else np.minimum
    return np.asarray(bound(levels, OPEN), dtype=np.int8)
