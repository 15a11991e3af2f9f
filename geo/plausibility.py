"""Whether stated coordinates lie in China, and if not, which slip would explain it."""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.crs import GeometryArray, SourceCrs, as_geometries, to_lonlat
from geo.problems import ProblemKind, RowProblem

__all__ = ["CHINA_BOUNDS", "check_in_china"]

CHINA_BOUNDS = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north of China with its waters, rounded outwards. [°]"""

_ZONE_REACH_DEG = 10.0
"""Coordinates this far from the central meridian of a transverse Mercator plane are a slip. [°]

The widest zones reach 3° and their overlaps 1° more; swapped axes lead 16° away or farther within China.
"""

_SLIPS = {
    ProblemKind.SWAPPED_AXES: (
        "the axes are swapped; longitude (easting) must come first",
        "坐标轴次序颠倒，应先经度（东坐标）、后纬度（北坐标）",
    ),
    ProblemKind.WRONG_UNIT: (
        "the numbers are {found} but {crs} has {stated}; state the coordinate system that they are in",
        "数值为{found_zh}，而 {crs_zh} 的单位为{stated_zh}；请注明实际的坐标系",
    ),
    ProblemKind.ZONE_PREFIX: (
        "the zone number before the easting does not fit {crs}; state the system {fix}",
        "东坐标的带号与 {crs_zh} 不符；请改用{fix_zh}的坐标系",
    ),
    ProblemKind.OUTSIDE_CHINA: ("check the coordinates and the coordinate system", "请检查坐标值和坐标系"),
}


def check_in_china(
    geometries: Sequence[shapely.Geometry | None] | GeometryArray, source: SourceCrs
) -> list[RowProblem]:
    """Rows that reach outside China's bounds (:data:`CHINA_BOUNDS`), with the slip that would explain it.

    The kind of problem is ``SWAPPED_AXES``, ``WRONG_UNIT``, ``ZONE_PREFIX``, or ``OUTSIDE_CHINA`` where no slip
    explains it. Positions 10° and more from the central meridian of a transverse Mercator plane count as outside.
    A projected system of a wrong zone without prefix stays in China and cannot be noticed.

    Parameters
    ----------
    geometries : array_like of shapely geometries or None
        In the source's coordinates; missing and empty ones are passed over.
    source : SourceCrs

    Returns
    -------
    list of RowProblem
        One for each such row, by row; ``place`` is the first vertex outside, as given. [unit of the source]
    """
    xy, rows = shapely.get_coordinates(as_geometries(geometries), return_index=True)
    outside = np.flatnonzero(~_are_plausible(xy, source))
    bad_rows, first = np.unique(rows[outside], return_index=True)
    places = xy[outside[first]]
    return [_describe(int(row), place, source) for row, place in zip(bad_rows, places, strict=True)]


def _in_china(lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = CHINA_BOUNDS
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _are_plausible(xy: ArrayLike, source: SourceCrs) -> NDArray[np.bool_]:
    """Whether coordinates of the source lie in China and on the used part of their plane."""
    lonlat = to_lonlat(xy, source)
    central_deg = _parameter(source, "Longitude of natural origin", default=math.nan)
    return _in_china(lonlat) & ~(np.abs(lonlat[:, 0] - central_deg) > _ZONE_REACH_DEG)


def _describe(row: int, place: NDArray[np.float64], source: SourceCrs) -> RowProblem:
    x, y = float(place[0]), float(place[1])
    kind, words = _explain(x, y, source)
    en, zh = (text.format(crs=source.en, crs_zh=source.zh, **words) for text in _SLIPS[kind])
    return RowProblem(
        row,
        kind,
        message=f"position ({x}, {y}) lies outside China: {en}",
        zh=f"坐标 ({x}, {y}) 不在中国范围内：{zh}",
        place=(x, y),
    )


def _explain(x: float, y: float, source: SourceCrs) -> tuple[ProblemKind, dict[str, str]]:
    """Return the slip that would bring a position back to China, and words for its sentence."""
    if _is_plausible(y, x, source):
        return ProblemKind.SWAPPED_AXES, {}
    degrees, metres = {"found": "degrees", "found_zh": "度"}, {"found": "metres", "found_zh": "米"}
    if not source.projected and _look_like_metres(x, y):
        return ProblemKind.WRONG_UNIT, {**metres, "stated": "degrees", "stated_zh": "度"}
    if source.projected and _in_china(np.array([[x, y], [y, x]])).any():
        return ProblemKind.WRONG_UNIT, {**degrees, "stated": "metres", "stated_zh": "米"}
    prefix_m = _parameter(source, "False easting", default=0.0) // 1e6 * 1e6
    if prefix_m == 0 and x >= 1e6 and _is_plausible(x % 1e6, y, source):
        return ProblemKind.ZONE_PREFIX, {"fix": "with zone prefix", "fix_zh": "带有带号"}
    if prefix_m > 0 and 0 < x < 1e6 and _is_plausible(x + prefix_m, y, source):
        return ProblemKind.ZONE_PREFIX, {"fix": "without zone prefix", "fix_zh": "不带带号"}
    if prefix_m > 0 and x >= 1e6 and _is_plausible(prefix_m + x % 1e6, y, source):
        return ProblemKind.ZONE_PREFIX, {
            "fix": "of its zone (several zones need a file each)",
            "fix_zh": "其所属带号（各带须分为不同文件）",
        }
    return ProblemKind.OUTSIDE_CHINA, {}


def _is_plausible(x: float, y: float, source: SourceCrs) -> bool:
    return bool(_are_plausible([[x, y]], source)[0])


def _look_like_metres(x: float, y: float) -> bool:
    """Whether numbers beyond any degree have the size of a northing or web-Mercator coordinate in China."""
    return min(abs(x), abs(y)) > 1_000 and max(abs(x), abs(y)) < 1e8


def _parameter(source: SourceCrs, name: str, default: float) -> float:
    """Parameter of a transverse Mercator projection; the default for all other systems."""
    operation = source.crs.coordinate_operation if source.crs is not None and source.projected else None
    if operation is None or "Transverse Mercator" not in operation.method_name:
        return default
    return next((float(item.value) for item in operation.params if item.name == name), default)
