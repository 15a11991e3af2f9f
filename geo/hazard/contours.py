"""Contours of individual risk: areas in which a level is exceeded, and how far they reach in every direction.

Contours are drawn by linear interpolation of the logarithm of the risk (GB/T 37243-2019, 6.8) and their vertices are
then moved onto the level by Newton steps on the risk itself, so that the step of the grid hardly shows in a distance.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.hazard.stamp import Ground, SitePlane

__all__ = [
    "FLOOR_PER_YEAR",
    "LEVELS_PER_YEAR",
    "contour_area",
    "find_outermost",
    "refine_contour",
    "touches_border",
    "transform_polygons",
]

LEVELS_PER_YEAR = (3e-7, 1e-6, 3e-6, 1e-5, 3e-5)
"""Levels of the criteria of GB 36894-2018 and, for orientation, 1e-6. [1/year]"""

FLOOR_PER_YEAR = 1e-12
"""Risk at and below this has no contour. [1/year] Chosen: far below every criterion."""

_NEWTON_STEPS = 4  # numerical
_PROBE_M = 0.5
"""Length of the differences from which gradients are taken. [m]"""

_BISECTIONS = 16  # numerical
_WIDENINGS = 3  # numerical

RiskAt = Callable[[FloatArray], FloatArray]
"""Individual risk at points of the plane: shape (n, 2) in, (n,) out."""


def contour_area(ground: Ground, risk_per_year: FloatArray, level_per_year: float) -> MultiPolygon:
    """Area in which the risk exceeds a level, in the plane of the ground [m].

    Parameters
    ----------
    ground : Ground
    risk_per_year : ndarray, shape of the ground
    level_per_year : float

    Returns
    -------
    MultiPolygon
        Valid, with holes; empty where the level is nowhere exceeded.

    Raises
    ------
    OutOfRangeError
        If the level is not above 1e-12 per year.
    """
    if not level_per_year > FLOOR_PER_YEAR:
        raise OutOfRangeError(
            f"no contour at {level_per_year:g} per year: it must be above {FLOOR_PER_YEAR:g}",
            f"{level_per_year:g}/年 无等值线：须大于 {FLOOR_PER_YEAR:g}",
        )
    log_risk = np.log(np.maximum(risk_per_year, FLOOR_PER_YEAR))
    lines = contourpy.contour_generator(
        ground.x_m, ground.y_m, log_risk, name="serial", fill_type=contourpy.FillType.OuterOffset
    )
    points, offsets, *_ = lines.filled(float(np.log(level_per_year)), np.inf)
    rings = [
        [xy[start:stop] for start, stop in pairwise(ring)]
        for xy, ring in zip(points, offsets, strict=True)
        if xy is not None and ring is not None
    ]
    return _as_valid([Polygon(outer, holes) for outer, *holes in rings])


def refine_contour(area: MultiPolygon, risk_at: RiskAt, level_per_year: float, step_m: float) -> MultiPolygon:
    """Move the vertices of a contour onto its level.

    Parameters
    ----------
    area : MultiPolygon
        In the plane. [m]
    risk_at : callable
    level_per_year : float
    step_m : float
        No vertex moves farther than this: the step of the grid.

    Returns
    -------
    MultiPolygon
        Polygons whose rings would cross themselves are left as they are.
    """
    polygons = shapely.get_parts(area)
    if not len(polygons):
        return area
    moved = shapely.transform(
        polygons, lambda points: _move_to_level(points, risk_at, np.log(level_per_year), step_m)
    )
    fit = shapely.is_valid(moved)
    return _as_valid([new if fits else old for new, old, fits in zip(moved, polygons, fit, strict=True)])


def _move_to_level(points: FloatArray, risk_at: RiskAt, log_level: float, step_m: float) -> FloatArray:
    """Return points after Newton steps along the gradient of the log risk; those without one stay."""
    east, north = np.array([_PROBE_M, 0.0]), np.array([0.0, _PROBE_M])
    found = points.copy()
    for _ in range(_NEWTON_STEPS):
        probes = np.concatenate([found, found + east, found + north])
        log_risk = np.log(np.maximum(risk_at(probes), FLOOR_PER_YEAR)).reshape(3, -1)
        gradient = (log_risk[1:] - log_risk[0]).T / _PROBE_M
        steepness = (gradient**2).sum(axis=1)
        missing = np.divide(
            log_level - log_risk[0], steepness, out=np.zeros(len(found)), where=steepness > 1e-12
        )
        found = found + _shorten(gradient * missing[:, None], step_m / 2)
        found = points + _shorten(found - points, step_m)
    return found


def _shorten(vectors: FloatArray, longest_m: float) -> FloatArray:
    length_m = np.hypot(*vectors.T)[:, None]
    return np.where(length_m > longest_m, vectors * (longest_m / np.maximum(length_m, 1e-9)), vectors)


def find_outermost(
    area: MultiPolygon,
    middle_m: tuple[float, float],
    azimuths: FloatArray,
    risk_at: RiskAt | None = None,
    level_per_year: float | None = None,
) -> FloatArray:
    """Points where rays from a point leave an area for the last time, shape (n, 2); NaN where they never meet it.

    Parameters
    ----------
    area : MultiPolygon
        In the plane. [m]
    middle_m : tuple of float
        Where the rays start.
    azimuths : ndarray, shape (n,)
        Clockwise from north. [rad]
    risk_at, level_per_year : optional
        With them the points are found again on the risk itself, by bisection along the ray to better than 1 mm.
    """
    points = np.full((len(azimuths), 2), np.nan)
    if area.is_empty:
        return points
    middle = np.asarray(middle_m)
    ahead = np.column_stack([np.sin(azimuths), np.cos(azimuths)])
    corners = shapely.get_coordinates(area) - middle
    # Numerical: a ray ends outside of the area.
    far_m = 1.01 * float(np.hypot(*corners.T).max()) + 1.0
    rays = shapely.linestrings(
        np.stack([np.broadcast_to(middle, ahead.shape), middle + far_m * ahead], axis=1)
    )
    met = shapely.intersection(rays, area)
    xy, ray = shapely.get_coordinates(met, return_index=True)
    distance_m = np.full(len(azimuths), -np.inf)
    np.maximum.at(distance_m, ray, np.hypot(*(xy - middle).T))
    there = np.isfinite(distance_m)
    if risk_at is not None and level_per_year is not None and there.any():
        distance_m[there] = _bisect(middle, ahead[there], distance_m[there], risk_at, level_per_year)
    points[there] = middle + distance_m[there, None] * ahead[there]
    return points


def _bisect(
    middle: FloatArray, ahead: FloatArray, distance_m: FloatArray, risk_at: RiskAt, level_per_year: float
) -> FloatArray:
    """Distances at which the risk falls through the level near those given; these where it does not."""
    # Numerical: the room in which the level is looked for; widened where it is not there.
    reach_m = np.maximum(0.02 * distance_m, 5.0)
    near, far = np.maximum(distance_m - reach_m, 0.0), distance_m + reach_m

    def exceeds(at_m: FloatArray) -> NDArray[np.bool_]:
        return np.asarray(risk_at(middle + at_m[:, None] * ahead) > level_per_year)

    for _ in range(_WIDENINGS):
        near = np.where(exceeds(near), near, np.maximum(near - 2 * reach_m, 0.0))
        far = np.where(exceeds(far), far + 2 * reach_m, far)
    bracketed = exceeds(near) & ~exceeds(far)
    for _ in range(_BISECTIONS):
        half = 0.5 * (near + far)
        above = exceeds(half)
        near, far = np.where(above, half, near), np.where(above, far, half)
    return np.where(bracketed, 0.5 * (near + far), distance_m)


def touches_border(ground: Ground, area: MultiPolygon) -> bool:
    """Return whether a contour is cut off by the end of the grid."""
    if area.is_empty:
        return False
    west, south, east, north = area.bounds
    x_m, y_m = ground.x_m, ground.y_m
    return bool(west <= x_m[0] or south <= y_m[0] or east >= x_m[-1] or north >= y_m[-1])


def transform_polygons(area: MultiPolygon, plane: SitePlane) -> MultiPolygon:
    """Return an area of the plane in EPSG:4490, outer rings counter-clockwise."""
    lonlat = shapely.transform(area, plane.to_lonlat)
    return shapely.orient_polygons(lonlat, exterior_cw=False)


def _as_valid(polygons: Sequence[Polygon]) -> MultiPolygon:
    """Return polygons as one valid multi-polygon; rings that touch themselves at a saddle are taken apart."""
    whole = MultiPolygon(list(polygons))
    if whole.is_valid:
        return whole
    parts = shapely.get_parts(shapely.make_valid(whole))
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    return MultiPolygon([part for part in parts if isinstance(part, Polygon)])
