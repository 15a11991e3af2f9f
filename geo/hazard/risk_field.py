"""Individual risk of a plant on the ground: where its kernels stand, the grid they need, the contours they make."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPoint, MultiPolygon

from geo.ellipsoid import FloatArray
from geo.hazard.contours import contour_area, refine_contour, touches_border
from geo.hazard.kernel import Kernel
from geo.hazard.plant import Equipment, Plant
from geo.hazard.stamp import Ground, Placement, SitePlane, Stamps, make_ground, sample, stamp

__all__ = ["RiskField", "lay_ground", "make_field", "place_kernels", "site_plane"]

NEAR_STEP_M, FAR_STEP_M = 10.0, 50.0
"""Steps of the grid near the sources and beyond 500 m. [m] GB/T 37243-2019, 6.7."""

_LEAST_AREA_M2 = NEAR_STEP_M**2
"""Of a part of a contour around equipment. Smaller ones hold a single node of the grid, which meets them by chance and
does not tell their size: they are left out. Targets are judged on the risk itself. Numerical."""

_ROOM_M = 200.0  # numerical: around the outermost contour
_DECIMALS_DEG = 9  # chosen: 0.1 mm


@dataclass(frozen=True)
class RiskField:
    """Individual risk of placements.

    Attributes
    ----------
    placements : tuple of Placement
        By id.
    ground : Ground
    risk_per_year : ndarray, shape of the ground
    areas : mapping of level to MultiPolygon
        Where a level is exceeded, in the plane; parts under 100 m², a cell of the grid, within 10 m of equipment are
        left out. [m]
    cut_off : bool
        A contour is cut off by the end of the grid.
    """

    placements: tuple[Placement, ...]
    ground: Ground
    risk_per_year: FloatArray
    areas: Mapping[float, MultiPolygon]
    cut_off: bool

    def risk_at(self, points_m: FloatArray) -> FloatArray:
        """Individual risk at points of the plane, shape (n,), per year."""
        return sample(self.placements, points_m)


def site_plane(plant: Plant) -> SitePlane:
    """Return the plane about the middle of a plant's boundary."""
    middle = plant.boundary.centroid
    return SitePlane(round(float(middle.x), _DECIMALS_DEG), round(float(middle.y), _DECIMALS_DEG))


def place_kernels(
    equipment: Sequence[Equipment], kernels: Sequence[Kernel], plane: SitePlane
) -> tuple[Placement, ...]:
    """Return kernels where their equipment stands, by id: the order in which it is listed does not matter."""
    if not equipment:
        return ()
    places_m = plane.to_plane(np.array([(item.lon, item.lat) for item in equipment]))
    placed = [
        Placement(item.id, kernel, float(x), float(y))
        for item, kernel, (x, y) in zip(equipment, kernels, places_m, strict=True)
    ]
    return tuple(sorted(placed, key=lambda one: one.id))


def make_field(
    placements: tuple[Placement, ...],
    levels_per_year: Iterable[float],
    stamps: Stamps | None = None,
    *,
    refine: bool = True,
) -> RiskField:
    """Return the risk of placements with its contours.

    Parameters
    ----------
    placements : tuple of Placement
    levels_per_year : iterable of float
    stamps : Stamps, optional
        Of a grid that is to be used again; without them one is laid that holds all contours.
    refine : bool
        Move the vertices of contours onto their level; without it they follow the grid.
    """
    levels = sorted(set(levels_per_year))
    if stamps is None:
        ground = lay_ground(placements, levels[0])
        risk = stamp(ground, placements)
    else:
        ground, risk = stamps.ground, stamps.risk_per_year(placements)
    areas = {level: contour_area(ground, risk, level) for level in levels}
    cut_off = any(touches_border(ground, area) for area in areas.values())
    if refine:
        areas = {
            level: refine_contour(area, lambda points: sample(placements, points), level, NEAR_STEP_M)
            for level, area in areas.items()
        }
    equipment = MultiPoint([(one.x_m, one.y_m) for one in placements])
    whole = {level: _drop_specks(area, equipment) for level, area in areas.items()}
    return RiskField(placements, ground, risk, whole, cut_off)


def _drop_specks(area: MultiPolygon, equipment: MultiPoint) -> MultiPolygon:
    """Return a contour without the specks around equipment; far from it a small part is the tip of a larger one."""
    parts = shapely.get_parts(area)
    specks = (shapely.area(parts) < _LEAST_AREA_M2) & (shapely.distance(parts, equipment) <= NEAR_STEP_M)
    return MultiPolygon(list(parts[~specks]))


def lay_ground(
    placements: Sequence[Placement],
    level_per_year: float,
    near_step_m: float = NEAR_STEP_M,
    far_step_m: float = FAR_STEP_M,
) -> Ground:
    """Return a grid beyond which the risk cannot exceed a level, as far as the kernels go.

    If all equipment stood at one place, and each had its largest risk in every direction, the level would be exceeded
    up to some radius: so far the grid reaches around the equipment.
    """
    places_m = np.array([(one.x_m, one.y_m) for one in placements]).reshape(-1, 2)
    if not len(places_m):
        return make_ground(np.zeros((1, 2)), _ROOM_M, near_step_m, far_step_m)
    grid = placements[0].kernel.grid
    worst = np.zeros(len(grid.radius_m))
    for one in placements:
        risk = one.kernel.risk_per_year
        worst[: len(risk)] += risk.max(axis=1, initial=0.0)
    above = np.flatnonzero(worst > level_per_year)
    reach_m = float(grid.radius_m[above[-1]]) if len(above) else 0.0
    # Numerical: contours close inside of the grid.
    return make_ground(places_m, 1.05 * reach_m + _ROOM_M, near_step_m, far_step_m)
