"""Where a project may go: regions as polygons, and cells with the clause that stops it there.

A place is *allowed* where the rules end in pass or, in the part that is given as *conditional*, ask for a proof or a
permit; *excluded* where something is prohibited beyond doubt; *undecided* where the data or their accuracy do not
allow a verdict. Kind, state and quantities go with the project.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import resolve_crs
from geo.ellipsoid import geodesic_area_m2, geodesic_distance_m
from geo.errors import GeometryError, OutOfRangeError
from geo.geometry import densify_edges
from geo.grids import cell_polygons
from geo.progress import Progress, say_nothing
from geo.rules.evaluate import evaluate
from geo.rules.finding import Conclusion, Finding
from geo.rules.horizon import Gather
from geo.rules.predicates.base import Scene
from geo.rules.rule import Rule, RulePack
from geo.rules.survey import Bounds
from geo.rules.targets import Targets
from geo.siting.cells import CellLevels, Cells, Samples, constant, levels_on_cells
from geo.siting.ground import EDGE_TOLERANCE_M, Ground, View, draw_levels, is_drawn
from geo.siting.levels import CLEAR, CLEAR_PERHAPS, HOLDS, HOLDS_PERHAPS, OPEN, meanings, severities
from geo.siting.project import Project
from geo.siting.sweep import EMPTY, areas_of, difference, union
from geo.siting.trust import Trust
from geo.text import say_number

__all__ = ["MAX_CELLS", "MAX_SAMPLES", "STATUSES", "RuleShare", "SiteMap", "find_sites"]
_Levels = NDArray[np.int8]

MAX_CELLS = 1_000_000
"""A search over more cells is refused."""

MAX_SAMPLES = 500
"""Tests that have no bound over a cell are read at no more places."""

STATUSES = ("excluded", "undecided", "allowed", "mixed")
"""Words for a cell: all of it is so; ``mixed`` where its parts differ or it cannot be said of all of it."""

_TILE_DEG = 0.25
_GRID_DEG = 1e-9
"""Corners of regions are rounded to it, 0.1 mm. [°]"""

_FAIL, _UNDECIDABLE, _CONDITIONAL, _PASS = range(4)
_STATUS_OF = np.array([0, 1, 2, 2])
"""Status by conclusion: a project that needs a permit is allowed."""


@dataclass(frozen=True)
class RuleShare:
    """What one rule does to the area.

    Attributes
    ----------
    rule, clause, clause_zh : str
    drawn : bool
        Whether its edges are drawn; else they are those of cells.
    set_aside : bool
        Left out of the regions and cells, as asked.
    same_everywhere : Conclusion or None
        What it says all over the area, where that is one thing.
    excluded_km2, undecided_km2 : float
        Area that it excludes or leaves undecided, whatever other rules say. [km²]
    needs : tuple of str
        What to bring for a decision, where it lacks data all over the area.
    """

    rule: str
    clause: str
    clause_zh: str
    drawn: bool
    set_aside: bool
    same_everywhere: Conclusion | None
    excluded_km2: float
    undecided_km2: float
    needs: tuple[str, ...]


@dataclass(frozen=True)
class SiteMap:
    """Where a project may go.

    Attributes
    ----------
    regions : dict of str to shapely.Geometry
        ``allowed``, ``undecided`` and ``excluded`` make up the area without overlap; ``conditional`` is a part of
        ``allowed``. EPSG:4490; edges lie within ``edge_tolerance_m`` of where the exact engine changes its answer.
    areas_km2 : dict of str to float
        Of these regions, and of the ``area``, on the ellipsoid. [km²]
    cells : pandas.DataFrame
        One row per H3 cell that has a part in the area, ascending by ``h3``: ``h3`` (uint64), ``h3_hex``, ``lon``,
        ``lat`` (centre), ``status`` (:data:`STATUSES`, for the whole cell), ``conclusion`` (at the centre), ``rule``,
        ``clause`` and ``margin_m`` (of the strictest clause there), ``fails`` and ``undecided`` (rules that fail, or
        are open).
    rules : tuple of RuleShare
    edge_tolerance_m : float
    resolution : int
    """

    regions: dict[str, shapely.Geometry]
    areas_km2: dict[str, float]
    cells: pd.DataFrame
    rules: tuple[RuleShare, ...]
    edge_tolerance_m: float
    resolution: int


@dataclass(frozen=True)
class _Judged:
    """A rule that covers the project; ``severity`` by level."""

    rule: Rule
    severity: _Levels
    levels: CellLevels

    @property
    def is_lacking(self) -> bool:
        """Whether it lacks data all over the area, and that matters."""
        return bool((self.levels.low == OPEN).all() and (self.levels.high == OPEN).all()) and (
            self.severity[OPEN] < _PASS
        )


def find_sites(
    pack: RulePack,
    proposal: gpd.GeoDataFrame,
    area: shapely.Geometry,
    layers: Mapping[str, gpd.GeoDataFrame] | Gather,
    on: date,
    *,
    rasters: Mapping[str, Path] | None = None,
    resolution: int = 9,
    radius_m: float | None = None,
    set_aside: Collection[str] = (),
    set_aside_lacking: bool = False,
    extents: Mapping[str, Bounds] | None = None,
    progress: Progress | None = None,
) -> SiteMap:
    """Return where in an area a project may go.

    Parameters
    ----------
    pack : RulePack
    proposal : GeoDataFrame, EPSG:4490
        One subject, as for :func:`geo.rules.evaluate.evaluate`; its geometry is moved about, and stands where its
        centroid is.
    area : shapely.Geometry
        Polygons, EPSG:4490; edges are straight in degrees.
    layers : mapping of slug to GeoDataFrame, EPSG:4490, or callable
        All of each layer; or what gathers the features around subjects, with the same answer.
    on, rasters
        As for :func:`geo.rules.evaluate.evaluate`.
    resolution : int
        H3 resolution of the cells.
    radius_m : float, optional
        The project is a disc round its place instead of its geometry. [m]
    set_aside : collection of str
        Rules to leave out.
    set_aside_lacking : bool
        Leave out every rule that lacks data all over the area: what remains is a map under the assumption that they
        will be met.
    extents : mapping of slug to bounds, optional
        As for :func:`geo.rules.evaluate.evaluate`.
    progress : callable, optional
        Called with the fraction done and what is being done.

    Raises
    ------
    GeometryError
        If the area has no polygon, or the proposal is not one subject with a geometry.
    OutOfRangeError
        If there would be more than :data:`MAX_CELLS` cells.
    """
    say = progress or say_nothing
    area = _check_area(area)
    west, _, east, _ = shapely.bounds(area)
    project = Project.read(proposal, meridian_lon=float(west + east) / 2.0, radius_m=radius_m)
    here = project.subjects_at(np.array([project.lon]), np.array([project.lat]))
    grid = _Grid.over(area, resolution)
    coarse, sample_of = grid.coarsened()

    gather: Gather = layers if callable(layers) else lambda _: (layers, None)
    on_cells, on_samples = (project.subjects_at(places.lon, places.lat) for places in (grid, coarse))
    found, around = gather(gpd.GeoDataFrame(pd.concat([on_cells, on_samples], ignore_index=True)))
    near = {layer: one if isinstance(one, Targets) else Targets(one) for layer, one in found.items()}

    def put(subjects: gpd.GeoDataFrame) -> Scene:
        return Scene(subjects, near, rasters, on, extents, around)

    samples = Samples(put(on_samples), coarse.neighbours(), sample_of)
    at_home = put(here)
    centres = np.asarray(shapely.points(grid.lon, grid.lat))
    trust = Trust(at_home, project, cell_polygons(grid.h3), centres, extents)
    cells = Cells(put(on_cells), grid.radius_m(), samples, trust=trust.on_cells)
    judged = list(_judge(pack, here, cells, on, say))
    aside = {one.rule.id for one in judged if set_aside_lacking and one.is_lacking} | set(set_aside)
    drawing = _Drawing(judged, frozenset(aside), at_home, project, trust)
    drawing.draw(area, _sampled_grounds(judged, cells, grid), say)
    regions = drawing.regions()
    found, around = gather(here)
    (findings,) = evaluate(pack, here, found, on, rasters, extents=extents, surroundings=around)
    return SiteMap(
        regions=regions,
        areas_km2={"area": _km2(area), **{name: _km2(shape) for name, shape in regions.items()}},
        cells=_cell_rows(grid, [one for one in judged if one.rule.id not in aside]),
        rules=drawing.shares({finding.rule: finding for finding in findings}),
        edge_tolerance_m=EDGE_TOLERANCE_M,
        resolution=resolution,
    )


@dataclass(frozen=True)
class _Grid:
    """Cells in ascending order, and their centres; arrays over them."""

    h3: NDArray[np.uint64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    @classmethod
    def of(cls, cells: NDArray[np.uint64]) -> "_Grid":
        centres = np.array([h3.cell_to_latlng(cell) for cell in cells.tolist()])
        return cls(cells, centres[:, 1], centres[:, 0])

    @classmethod
    def over(cls, area: shapely.Geometry, resolution: int) -> "_Grid":
        """Return the cells that have a part in an area."""
        if not 0 <= resolution <= 15:
            raise OutOfRangeError(
                f"H3 resolution {resolution} outside [0, 15]", zh=f"H3 分辨率 {resolution} 超出 [0, 15]"
            )
        expected = geodesic_area_m2(area) / 1e6 / h3.average_hexagon_area(resolution, unit="km^2")
        if expected > MAX_CELLS:
            raise OutOfRangeError(
                f"about {say_number(expected, 0)} cells at resolution {resolution}, at most {say_number(MAX_CELLS)}: "
                "take a coarser one",
                zh=f"分辨率 {resolution} 约有 {say_number(expected, 0)} 个单元，上限 {say_number(MAX_CELLS)}，"
                "请降低分辨率",
            )
        shape = h3.geo_to_h3shape(area)
        return cls.of(np.sort(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap")))

    def coarsened(self) -> tuple["_Grid", NDArray[np.int64]]:
        """Return the finest grid of parents (or itself) with few enough cells, and each cell's place in it."""
        cells = parents = self.h3
        for resolution in range(h3.get_resolution(int(cells[0])), -1, -1):
            parents = np.array(
                [h3.cell_to_parent(cell, resolution) for cell in cells.tolist()], dtype=np.uint64
            )
            if len(np.unique(parents)) <= MAX_SAMPLES:
                break
        unique, position = np.unique(parents, return_inverse=True)
        return _Grid.of(unique), position.astype(np.int64)

    def radius_m(self) -> float:
        """Return a distance that no point of a cell is farther from its centre, in metres."""
        outlines = [np.array(h3.cell_to_boundary(cell)) for cell in self.h3.tolist()]
        cell = np.repeat(np.arange(len(outlines)), [len(outline) for outline in outlines])
        corners = np.concatenate(outlines)
        reach_m = geodesic_distance_m(self.lon[cell], self.lat[cell], corners[:, 1], corners[:, 0])
        return float(reach_m.max()) + 0.01

    def neighbours(self) -> NDArray[np.int64]:
        """Return positions of each cell and its neighbours, shape (n, 7); its own where there is none."""
        around = np.repeat(self.h3[:, None], 7, axis=1)
        for row, cell in enumerate(self.h3.tolist()):
            disk = h3.grid_disk(cell, 1)
            around[row, : len(disk)] = disk
        position = np.minimum(np.searchsorted(self.h3, around), len(self.h3) - 1)
        return np.where(self.h3[position] == around, position, np.arange(len(self.h3))[:, None])


def _check_area(area: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of an area with edges that are geodesics, too."""
    parts = shapely.get_parts(shapely.get_parts(shapely.force_2d(area)))
    polygons = parts[shapely.get_dimensions(parts) == 2]
    if not len(polygons):
        raise GeometryError("the area has no polygon", zh="范围内没有面")
    if not shapely.is_valid(polygons).all():
        raise GeometryError(
            f"the area is not valid: {shapely.is_valid_reason(area)}", zh="范围多边形无效，请先修复"
        )
    densified, _ = densify_edges([union(polygons)], resolve_crs("EPSG:4490"))
    shape: shapely.Geometry = densified[0]
    return shape


def _judge(
    pack: RulePack, here: gpd.GeoDataFrame, cells: Cells, on: date, say: Progress
) -> Iterator[_Judged]:
    for number, rule in enumerate(pack.rules):
        say(0.5 * number / len(pack.rules), rule.id)
        conclusions = meanings(rule, here, on)
        if conclusions is None:
            continue
        severity = severities(conclusions)
        levels = (
            constant(CLEAR, len(cells.who)) if (severity == _PASS).all() else levels_on_cells(rule, cells)
        )
        yield _Judged(rule, severity, levels)


# Cells


def _cell_rows(grid: _Grid, judged: list[_Judged]) -> pd.DataFrame:
    count = len(grid.h3)
    worst, here, best = np.full((3, count), _PASS, dtype=np.int8)
    fails, undecided = np.zeros((2, count), dtype=np.int64)
    strictest, severity = np.full(count, -1), np.full(count, _PASS + 1, dtype=np.int8)
    margin_m = np.full(count, np.nan)
    for number, one in enumerate(judged):
        least, most = _ranges(one.severity)
        worst = np.minimum(worst, least[one.levels.low, one.levels.high])
        best = np.minimum(best, most[one.levels.low, one.levels.high])
        now = one.severity[one.levels.here]
        here = np.minimum(here, now)
        fails += now == _FAIL
        undecided += now == _UNDECIDABLE
        speaks = (now < _PASS) | ((one.severity < _PASS).any() & ~np.isnan(one.levels.margin_m))
        nearer = np.nan_to_num(one.levels.margin_m, nan=np.inf) < np.nan_to_num(margin_m, nan=np.inf)
        stricter = speaks & ((now < severity) | ((now == severity) & nearer))
        strictest[stricter], severity[stricter] = number, now[stricter]
        margin_m[stricter] = one.levels.margin_m[stricter]
    names = np.array([*(one.rule.id for one in judged), None], dtype=object)
    clauses = np.array([*(one.rule.clause for one in judged), None], dtype=object)
    status = np.where(_STATUS_OF[worst] == _STATUS_OF[best], _STATUS_OF[worst], STATUSES.index("mixed"))
    return pd.DataFrame(
        {
            "h3": grid.h3,
            "h3_hex": [f"{cell:x}" for cell in grid.h3.tolist()],
            "lon": grid.lon,
            "lat": grid.lat,
            "status": np.array(STATUSES, dtype=object)[status],
            "conclusion": np.array([word.value for word in Conclusion], dtype=object)[here],
            "rule": names[strictest],
            "clause": clauses[strictest],
            "margin_m": margin_m,
            "fails": fails,
            "undecided": undecided,
        }
    )


def _ranges(severity: _Levels) -> tuple[_Levels, _Levels]:
    """Return the worst and the best conclusion over levels from one to another, shape (5, 5)."""
    worst, best = np.full((2, CLEAR + 1, CLEAR + 1), _PASS, dtype=np.int8)
    for low in range(HOLDS, CLEAR + 1):
        for high in range(low, CLEAR + 1):
            worst[low, high] = severity[low : high + 1].min()
            best[low, high] = severity[low : high + 1].max()
    return worst, best


# Regions


def _sampled_grounds(judged: list[_Judged], cells: Cells, grid: _Grid) -> dict[int, Ground]:
    """Return the levels of tests that are not drawn, in degrees, from those of cells."""
    outlines = cell_polygons(grid.h3)
    return {
        id(test): _ground_of_cells(levels_on_cells(test, cells), outlines)
        for one in judged
        if not (one.severity == _PASS).all()
        for test in one.rule.tests or (one.rule,)
        if not is_drawn(test)
    }


def _ground_of_cells(levels: CellLevels, outlines: NDArray[np.object_]) -> Ground:
    """Return where the level is at most 0, 1, 2, 3: cells of several levels are open."""
    masks = (
        levels.high <= HOLDS,
        levels.high <= HOLDS_PERHAPS,
        levels.low <= OPEN,
        levels.low <= CLEAR_PERHAPS,
    )
    known = {mask.tobytes(): mask for mask in masks}  # most of them are the same
    shapes = {key: union(outlines[mask]) if mask.any() else EMPTY for key, mask in known.items()}
    first, second, third, fourth = (shapes[mask.tobytes()] for mask in masks)
    return first, second, third, fourth


@dataclass
class _Drawing:
    """Regions while they are drawn, tile by tile."""

    judged: list[_Judged]
    aside: frozenset[str]
    scene: Scene
    project: Project
    trust: Trust

    def __post_init__(self) -> None:
        self._parts: list[list[shapely.Geometry]] = [[] for _ in range(_PASS + 1)]
        self._km2 = {one.rule.id: np.zeros(2) for one in self.judged}

    def draw(self, area: shapely.Geometry, sampled: Mapping[int, Ground], say: Progress) -> None:
        tiles = list(_tiles(area))
        for number, (bounds, piece) in enumerate(tiles):
            say(0.5 + 0.5 * number / len(tiles), "regions")
            self._draw_tile(
                View(self.scene, self.project, bounds, sampled, trust=self.trust.on_ground), piece
            )

    def _draw_tile(self, view: View, piece: shapely.Geometry) -> None:
        counted: list[list[shapely.Geometry]] = [[], [], []]
        for one in self.judged:
            if (one.severity == _PASS).all():
                continue
            ground = (*draw_levels(one.rule, view), view.window())
            regions = [
                _region(ground, one.severity, wanted) for wanted in (_FAIL, _UNDECIDABLE, _CONDITIONAL)
            ]
            for number in (_FAIL, _UNDECIDABLE):
                self._km2[one.rule.id][number] += _km2_on_piece(view, regions[number], piece)
            if one.rule.id not in self.aside:
                for shapes, region in zip(counted, regions, strict=True):
                    shapes.append(region)
        rest = piece
        for severity, shapes in enumerate(counted):
            taken = areas_of(shapely.intersection(rest, _on_piece(view, union(shapes), piece)))
            self._parts[severity].append(taken)
            rest = difference(rest, taken)
        self._parts[_PASS].append(areas_of(rest))

    def regions(self) -> dict[str, shapely.Geometry]:
        """Return the regions by name."""
        excluded, undecided, conditional, free = (_join(parts) for parts in self._parts)
        allowed = _join([conditional, free])
        return {
            "allowed": allowed,
            "conditional": conditional,
            "undecided": undecided,
            "excluded": excluded,
        }

    def shares(self, findings: Mapping[str, Finding]) -> tuple[RuleShare, ...]:
        """Return what each rule does; ``findings`` are those at the project's own place."""
        return tuple(self._share(one, findings[one.rule.id]) for one in self.judged)

    def _share(self, one: _Judged, finding: Finding) -> RuleShare:
        said = np.unique(one.severity[one.levels.low.min() : one.levels.high.max() + 1])
        excluded_km2, undecided_km2 = self._km2[one.rule.id].tolist()
        return RuleShare(
            rule=one.rule.id,
            clause=one.rule.clause,
            clause_zh=one.rule.clause_zh,
            drawn=all(is_drawn(test) for test in one.rule.tests or (one.rule,)),
            set_aside=one.rule.id in self.aside,
            same_everywhere=list(Conclusion)[said[0]] if len(said) == 1 else None,
            excluded_km2=excluded_km2,
            undecided_km2=undecided_km2,
            needs=finding.needs if one.is_lacking else (),
        )


def _join(parts: list[shapely.Geometry]) -> shapely.Geometry:
    return areas_of(shapely.union_all(parts, grid_size=_GRID_DEG))


def _tiles(area: shapely.Geometry) -> Iterator[tuple[tuple[float, float, float, float], shapely.Geometry]]:
    """Yield (bounds, part of the area in it) of the tiles that have a part in the area, from the south-west."""
    west, south, east, north = (np.array(shapely.bounds(area)) / _TILE_DEG).tolist()
    shapely.prepare(area)
    for row in range(int(np.floor(south)), int(np.ceil(north))):
        for column in range(int(np.floor(west)), int(np.ceil(east))):
            left, low, right, high = (_TILE_DEG * edge for edge in (column, row, column + 1, row + 1))
            piece = areas_of(shapely.intersection(area, shapely.box(left, low, right, high)))
            if not shapely.is_empty(piece):
                yield (left, low, right, high), piece


def _region(ground: tuple[shapely.Geometry, ...], severity: _Levels, wanted: int) -> shapely.Geometry:
    """Return where the conclusion is the one wanted."""
    parts = []
    for level in np.flatnonzero(severity == wanted):
        below = ground[level - 1] if level else EMPTY
        parts.append(difference(ground[level], below))
    return areas_of(union(parts))


def _km2_on_piece(view: View, region: shapely.Geometry, piece: shapely.Geometry) -> float:
    """Return the area of a region of the plane in the one piece of a tile; many rules have the same region. [km²]."""
    if shapely.is_empty(region):
        return 0.0
    name = "km2", shapely.to_wkb(region)
    return view.keep(name, lambda: _km2(_on_piece(view, region, piece)))


def _on_piece(view: View, region: shapely.Geometry, piece: shapely.Geometry) -> shapely.Geometry:
    """Return a region of the plane in degrees, as far as it lies in a piece of the area."""
    shape = view.to_degrees(shapely.intersection(region, view.window()))
    valid = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
    return areas_of(shapely.intersection(areas_of(valid), piece))


def _km2(shape: shapely.Geometry) -> float:
    return geodesic_area_m2(shape) / 1e6
