"""Which of many targets can be the nearest of a few subjects, or lie within a limit, seen in degrees.

To prepare targets for measuring takes longer than to measure from one subject to a few of them. Distances in degrees
bound those on the ellipsoid from both sides: along a path the metres per degree lie between those of the parallel
farthest from the equator and those of the meridian at the pole. Whatever these bounds do not rule out contends; the
exact search among the contenders then answers as that among all of them.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance.pieces import Geometries, IntArray
from geo.ellipsoid import FloatArray

__all__ = ["Contenders", "find_longest_edge_deg"]

_LEAST_M, _MOST_M = 110_500.0, 111_800.0
"""No degree of the meridian, and none of the equator, is shorter or longer. [m]"""

_FARTHEST_NORTH_DEG = 70.0
"""Nothing is ruled out nearer to a pole, where degrees say little. [°]"""

_NEAR_DEG = 5.0
"""Nor by distances beyond this: a geodesic leaves the latitudes of its ends by less than a degree up to here. [°]"""

_LONGEST_EDGE_DEG = 2.0
"""Nor where an edge is longer. [°]"""

_TIE_DEG = 1e-9
"""Allowance for what counts as equally far, or as within a limit, and for rounding: 0.1 mm. [°]"""


class Contenders:
    """Targets in a tree of boxes, to pick those that contend.

    Parameters
    ----------
    geometries : sequence of shapely.Geometry
        As for :class:`geo.distance.TargetIndex`; all of them have a place.
    longest_edge_deg : float, optional
        No edge of them is longer, where that is known already. [°]
    """

    def __init__(self, geometries: Geometries, longest_edge_deg: float | None = None) -> None:
        self._tree = shapely.STRtree(np.asarray(geometries, dtype=object))
        self._bounds = shapely.total_bounds(self._tree.geometries)
        self._longest_edge_deg = (
            find_longest_edge_deg(geometries) if longest_edge_deg is None else longest_edge_deg
        )

    def nearest(self, subjects: NDArray[np.object_]) -> IntArray | None:
        """Return positions, ascending, of all targets that may be the nearest of any subject.

        None where degrees do not rule anything out.
        """
        scale = self._scale(subjects)
        if scale is None:
            return None
        near, apart_deg = self._tree.query_nearest(subjects, all_matches=False, return_distance=True)
        if len(near[0]) < len(subjects):
            return None
        bow_deg = _bow_deg(self._longest_edge_deg) + _bow_deg(find_longest_edge_deg(subjects))
        reach_deg = (apart_deg + bow_deg) * scale + bow_deg + _TIE_DEG
        return self._within(subjects[near[0]], reach_deg)

    def within(self, subjects: NDArray[np.object_], within_m: float) -> IntArray | None:
        """Return positions, ascending, of all targets that may be within a distance of any subject.

        None where degrees do not rule anything out.
        """
        scale = self._scale(subjects)
        if scale is None:
            return None
        bow_deg = _bow_deg(self._longest_edge_deg) + _bow_deg(find_longest_edge_deg(subjects))
        reach_deg = within_m / _MOST_M * scale + bow_deg + _TIE_DEG
        return self._within(subjects, np.full(len(subjects), reach_deg))

    def _within(self, subjects: NDArray[np.object_], reach_deg: FloatArray) -> IntArray | None:
        if not (reach_deg < _NEAR_DEG).all():
            return None
        _, found = self._tree.query(subjects, predicate="dwithin", distance=reach_deg)
        return np.unique(found)

    def _scale(self, subjects: NDArray[np.object_]) -> float | None:
        """Return the most metres per degree by the least, on any way that matters; None where there is no bound."""
        bounds = np.array([self._bounds, shapely.total_bounds(subjects)])
        farthest_deg = np.abs(bounds[:, [1, 3]]).max()
        across = np.abs(bounds[:, [0, 2]]).max() > 180.0 - 2.0 * _NEAR_DEG
        longest_deg = max(self._longest_edge_deg, find_longest_edge_deg(subjects))
        if not farthest_deg < _FARTHEST_NORTH_DEG or across or longest_deg > _LONGEST_EDGE_DEG:
            return None
        return float(_MOST_M / (_LEAST_M * np.cos(np.radians(farthest_deg + 1.0))))


def find_longest_edge_deg(geometries: Geometries) -> float:
    """Return the length of the longest edge, drawn straight; steps from part to part count, too. [°]."""
    corners, owner = shapely.get_coordinates(np.asarray(geometries, dtype=object), return_index=True)
    steps = np.diff(corners, axis=0)[np.diff(owner) == 0]
    return float(np.hypot(*steps.T).max(initial=0.0))


def _bow_deg(longest_edge_deg: float) -> float:
    """Return more than any geodesic edge leaves its straight line in degrees. [°].

    On a sphere of radius 1 an edge of length e leaves it by no more than 0.27 e² where the latitude is below 70°, the
    most on a slant; along a parallel φ by e² sin 2φ / 16.
    """
    return float(np.degrees(0.5 * np.radians(longest_edge_deg) ** 2))
