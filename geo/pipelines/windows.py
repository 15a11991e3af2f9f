"""What lies beside a pipeline, where along it, and sums over every window of a length.

A target has a place along the line: the mileages that its outline projects to, as far as that lies within the band.
Where the line comes by it more than once it has several places, and still counts once in each window.
"""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import TargetIndex
from geo.ellipsoid import to_cartesian_m
from geo.pipelines.route import MM, Route, Way

__all__ = ["Passes", "Windows", "find_passes", "pass_by"]

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

_DECIMALS = 3


class Passes(NamedTuple):
    """Places of targets along a line or way; arrays over them."""

    target: _Ints
    piece: _Ints
    distance_m: _Floats
    foot_mm: _Ints
    """Where it is nearest."""
    first_mm: _Floats
    """Where its outline begins; NaN where it lies off the ends of the piece."""
    last_mm: _Floats

    def take(self, which: NDArray[np.bool_] | _Ints) -> "Passes":
        """Return some of them."""
        return Passes(
            self.target[which],
            self.piece[which],
            self.distance_m[which],
            self.foot_mm[which],
            self.first_mm[which],
            self.last_mm[which],
        )


def find_passes(route: Route, targets: NDArray[np.object_], within_m: float) -> Passes:
    """Return the pieces of a route that targets lie beside.

    Parameters
    ----------
    route : Route
    targets : ndarray of shapely.Geometry
        EPSG:4490.
    within_m : float
        How far from the line, the limit itself included; distances are rounded to 1 mm before. [m]
    """
    if not len(targets):
        none, nowhere = np.empty(0, dtype=np.int64), np.empty(0)
        return Passes(none, none, nowhere, none, nowhere, nowhere)
    reach_m = within_m + 0.5 * 10.0**-_DECIMALS
    pairs = TargetIndex(targets).within(route.pieces, reach_m)
    foot_mm = route.mileage_of(pairs.subject, pairs.from_lon, pairs.from_lat)
    first_mm, last_mm = np.full((2, len(pairs)), np.nan)
    shaped = np.flatnonzero(shapely.get_type_id(targets[pairs.target]) != shapely.GeometryType.POINT)
    if len(shaped):
        piece = pairs.subject[shaped]
        low_m, high_m = _project(route, piece, targets[pairs.target[shaped]], reach_m)
        first_mm[shaped] = route.start_mm[piece] + np.round(low_m * MM)
        last_mm[shaped] = route.start_mm[piece] + np.round(high_m * MM)
    distance_m = np.round(pairs.distance_m, _DECIMALS)
    return Passes(pairs.target, pairs.subject, distance_m, foot_mm, first_mm, last_mm)


def _project(
    route: Route, piece: _Ints, targets: NDArray[np.object_], within_m: float
) -> tuple[_Floats, _Floats]:
    """Return where along their pieces targets begin and end, as far as they lie within the band. [m].

    In the plane through the piece: within 500 m along and some hundred across, that is good to 1e-5 m.
    """
    lon, lat = route.start_lon_lat[piece].T
    origin_m, east, north = to_cartesian_m(lon, lat), *_axes(lon, lat)
    azimuth = np.radians(route.azimuth_deg[piece])
    along = np.cos(azimuth) * north + np.sin(azimuth) * east
    across = np.cos(azimuth) * east - np.sin(azimuth) * north
    coordinates, owner = shapely.get_coordinates(targets, return_index=True)
    offset_m = to_cartesian_m(*coordinates.T) - origin_m[:, owner]
    plane = np.stack([(offset_m * axis[:, owner]).sum(axis=0) for axis in (along, across)], axis=1)
    length_m = (route.end_mm - route.start_mm)[piece] / MM
    width_m = np.full(len(length_m), within_m)
    boxes = shapely.box(np.zeros(len(length_m)), -width_m, length_m, width_m)
    moved = shapely.set_coordinates(targets.copy(), plane)
    bounds = shapely.bounds(shapely.intersection(shapely.make_valid(moved), boxes))
    return bounds[:, 0], bounds[:, 2]


def _axes(lon: _Floats, lat: _Floats) -> tuple[_Floats, _Floats]:
    """Return unit vectors that point east and north, each of shape (3, n)."""
    lam, phi = np.radians(lon), np.radians(lat)
    east = np.stack([-np.sin(lam), np.cos(lam), np.zeros_like(lam)])
    north = np.stack([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)])
    return east, north


def pass_by(passes: Passes, way: Way) -> Passes:
    """Return the places of targets along a way, one for each time that it comes by.

    Neighbouring pieces that a target lies beside are one time. Its extent is that of its outline; for a point it is
    where the point is nearest. What is nearest where the way ends but the line goes on lies beside another way.
    """
    on_way = passes.take(way.order[passes.piece] >= 0)
    if not len(on_way.target):
        return on_way
    base, sign = way.base_mm[on_way.piece], way.sign[on_way.piece]
    ends = np.sort(np.stack([base + sign * on_way.first_mm, base + sign * on_way.last_mm]), axis=0)
    moved = on_way._replace(foot_mm=base + sign * on_way.foot_mm, first_mm=ends[0], last_mm=ends[1])
    order = way.order[moved.piece]
    by_place = np.lexsort((order, moved.target))
    moved, order = moved.take(by_place), order[by_place]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (np.diff(moved.target) != 0) | (np.diff(order) > 1)
    time, start = np.cumsum(begins) - 1, np.flatnonzero(begins)
    nearest = np.lexsort((moved.foot_mm, moved.distance_m, time))
    nearest = nearest[np.flatnonzero(np.diff(time[nearest], prepend=-1))]
    foot = moved.foot_mm[nearest]
    places = moved.take(nearest)._replace(
        first_mm=np.fmin(np.fmin.reduceat(moved.first_mm, start), foot),
        last_mm=np.fmax(np.fmax.reduceat(moved.last_mm, start), foot),
    )
    at_start, at_end = foot <= 0, foot >= way.length_mm
    return places.take(~((at_start & way.goes_on[0]) | (at_end & way.goes_on[1])))


class Windows:
    """Every window of a length along a way that begins or ends at a target; both ends are inclusive.

    Whatever set of targets any window holds, one of these holds it too: a window can be shifted onwards until the
    first of its targets would be lost.

    Parameters
    ----------
    places : Passes
        Along one way, as from :func:`pass_by`.
    window_m : float
        Length. [m]
    narrower_m : ndarray of float, one per place
        How much of each end of a target's extent is left out: its doubt, or less than 0 to put it on. [m]

    Attributes
    ----------
    start_mm : ndarray of int
        Where the windows begin.
    """

    def __init__(self, places: Passes, window_m: float, narrower_m: _Floats) -> None:
        self._window_mm = round(window_m * MM)
        narrower_mm = np.round(narrower_m * MM)
        enter, leave = places.first_mm + narrower_mm, places.last_mm - narrower_mm
        fits = enter - leave <= self._window_mm
        self.places = places.take(fits)
        self._enter, self._leave = enter[fits].astype(np.int64), leave[fits].astype(np.int64)
        self.start_mm = np.unique(np.concatenate([self._leave, self._enter - self._window_mm]))
        self._set_twice()
        self._by_enter = np.argsort(self._all_enter, kind="stable")
        self._by_leave = np.argsort(self._all_leave, kind="stable")
        ends = self.start_mm + self._window_mm
        self._entered = np.searchsorted(self._all_enter[self._by_enter], ends, side="right")
        self._left = np.searchsorted(self._all_leave[self._by_leave], self.start_mm, side="left")

    def _set_twice(self) -> None:
        """Take off what counts twice: a target at two places next to each other that a window may both hold."""
        order = np.lexsort((self._enter, self.places.target))
        one, other = order[:-1], order[1:]
        same = self.places.target[one] == self.places.target[other]
        both = same & (self._enter[other] - self._leave[one] <= self._window_mm)
        one, other = one[both], other[both]
        self._all_enter = np.concatenate([self._enter, self._enter[other]])
        self._all_leave = np.concatenate([self._leave, self._leave[one]])
        self._all_target = np.concatenate([self.places.target, self.places.target[one]])
        self._factor = np.concatenate([np.ones(len(self._enter)), np.full(len(one), -1.0)])

    def total(self, amount: _Floats) -> _Floats:
        """Return the sum over each window of an amount that each target has (array over the targets)."""
        weight = amount[self._all_target] * self._factor
        entered, left = (
            np.concatenate([[0.0], np.cumsum(weight[order])]) for order in (self._by_enter, self._by_leave)
        )
        return np.asarray(entered[self._entered] - left[self._left])

    def extent(self) -> tuple[_Ints, _Ints]:
        """Return where the targets of each window begin and end. [mm]."""
        by_enter, by_leave = np.argsort(self._enter, kind="stable"), np.argsort(self._leave, kind="stable")
        from_here = np.minimum.accumulate(self.places.first_mm[by_leave][::-1])[::-1]
        up_to_here = np.maximum.accumulate(self.places.last_mm[by_enter])
        left = np.searchsorted(self._leave[by_leave], self.start_mm, side="left")
        entered = np.searchsorted(self._enter[by_enter], self.start_mm + self._window_mm, side="right")
        last = len(from_here) - 1
        return (
            from_here[np.minimum(left, last)].astype(np.int64),
            up_to_here[np.maximum(entered - 1, 0)].astype(np.int64),
        )

    def holds(self, window: int | np.int64) -> _Ints:
        """Return the targets in a window, in order along the way."""
        start = self.start_mm[window]
        inside = (self._enter <= start + self._window_mm) & (self._leave >= start)
        order = np.argsort(self.places.foot_mm, kind="stable")
        return np.asarray(
            list(dict.fromkeys(self.places.target[order[inside[order]]].tolist())), dtype=np.int64
        )
