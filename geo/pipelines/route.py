"""A pipeline measured out: mileage, short pieces, junctions, and the ways that lead through them.

Mileage runs along the geodesics of the line from its first point; the parts of a multi-part line follow one another.
Parts whose ends meet, or that end on another part, are joined: what is counted along the line does not stop there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import TargetIndex
from geo.ellipsoid import CGCS2000
from geo.errors import GeometryError
from geo.rules.finding import Position

__all__ = ["MM", "Chain", "Route", "Way"]

MM = 1000.0
"""Millimetres in a metre: mileages are compared as whole millimetres, so that the ends of a window are inclusive."""

_PIECE_M = 500.0
"""Longest piece: within it the ellipsoid is flat to 1e-5 m."""

_JOIN_M = 0.1
"""Ends of parts closer than this to another part, or to their own, are joined; the gap has no length."""

_MOST_WAYS = 20_000
"""Networks with more ways than this through their junctions are refused."""

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


class Chain(NamedTuple):
    """A stretch between two junctions or ends: mileage [mm] and the junctions at both ends."""

    start_mm: int
    end_mm: int
    first_knot: int
    last_knot: int

    @property
    def length_mm(self) -> int:
        """Length. [mm]."""
        return self.end_mm - self.start_mm


class _Step(NamedTuple):
    chain: int
    forward: bool


def _turn(path: tuple[_Step, ...]) -> tuple[_Step, ...]:
    """Return a path in the other direction."""
    return tuple(_Step(step.chain, not step.forward) for step in reversed(path))


@dataclass(frozen=True)
class Way:
    """Chains one after the other, measured out from the start of the first one.

    Attributes
    ----------
    order : ndarray of int, one per piece of the route
        Which piece of the way it is; -1 where it is none.
    base_mm, sign : ndarray of int, one per piece of the route
        Place along the way = base + sign x mileage.
    steps : list of (first mileage, last mileage, place of the first, sign)
        The chains as they are gone along. [mm]
    length_mm : int
    goes_on : (bool, bool)
        Whether the line goes on beyond the start, and beyond the end of the way.
    """

    order: _Ints
    base_mm: _Ints
    sign: _Ints
    steps: list[tuple[int, int, int, int]]
    length_mm: int
    goes_on: tuple[bool, bool]

    def to_mileage(self, first_mm: int, last_mm: int) -> list[tuple[int, int]]:
        """Return the stretches of the route [mm] that lie between two places of the way."""
        stretches = []
        for start_mm, end_mm, place_mm, sign in self.steps:
            low, high = max(first_mm, place_mm), min(last_mm, place_mm + end_mm - start_mm)
            if low > high or (low == high and first_mm != last_mm):
                continue
            if sign > 0:
                stretches.append((start_mm + low - place_mm, start_mm + high - place_mm))
            else:
                stretches.append((end_mm - (high - place_mm), end_mm - (low - place_mm)))
        return stretches

    def to_place(self, start_mm: int, end_mm: int) -> list[tuple[int, int]]:
        """Return the stretches of the way [mm] that lie between two mileages."""
        stretches = []
        for first_mm, last_mm, place_mm, sign in self.steps:
            low, high = max(first_mm, start_mm), min(last_mm, end_mm)
            if low < high and sign > 0:
                stretches.append((place_mm + low - first_mm, place_mm + high - first_mm))
            elif low < high:
                stretches.append((place_mm + last_mm - high, place_mm + last_mm - low))
        return stretches


class Route:
    """A line with mileage.

    Parameters
    ----------
    line : shapely.Geometry
        LineString or MultiLineString, EPSG:4490, edges are geodesics.

    Raises
    ------
    GeometryError
        If it is no line, has no length, or has too many junctions close together.

    Attributes
    ----------
    pieces : ndarray of LineString
        None longer than 500 m; they do not cross junctions.
    start_mm, end_mm : ndarray of int
        Mileage of the ends of each piece.
    chains : list of Chain
    part_bounds_mm : list of int
        Mileage where parts start, and the length of the line.
    """

    def __init__(self, line: shapely.Geometry) -> None:
        if line is None or shapely.get_dimensions(line) != 1 or shapely.length(line) == 0.0:
            raise GeometryError("a pipeline must be a line that is not empty", zh="管道必须是非空的线")
        self._set_edges(line)
        self._set_pieces([])
        knots = _find_knots(self)
        self._set_pieces(sorted({mileage_mm for mileage_mm, _ in knots}))
        self.chains = _cut_chains(self.part_bounds_mm, knots)
        starts = np.array([chain.start_mm for chain in self.chains])
        self._chain = np.searchsorted(starts, (self.start_mm + self.end_mm) / 2.0) - 1

    @property
    def breaks_mm(self) -> list[int]:
        """Mileages where one part ends and the next one begins somewhere else."""
        return [
            one.end_mm
            for one, other in pairwise(self.chains)
            if one.end_mm in self.part_bounds_mm and one.last_knot != other.first_knot
        ]

    @property
    def length_mm(self) -> int:
        """Length of the whole line. [mm]."""
        return self.part_bounds_mm[-1]

    def _set_edges(self, line: shapely.Geometry) -> None:
        lon_lat, part = shapely.get_coordinates(shapely.get_parts(line), return_index=True)
        same = (part[1:] == part[:-1]) & (lon_lat[1:] != lon_lat[:-1]).any(axis=1)
        edge = np.flatnonzero(same)
        self._edge_start, self._edge_end = lon_lat[edge], lon_lat[edge + 1]
        self._edge_part = np.unique(part[edge], return_inverse=True)[1]
        azimuth_deg, _, length_m = CGCS2000.inv(*self._edge_start.T, *self._edge_end.T)
        self._edge_azimuth_deg = np.asarray(azimuth_deg)
        self._edge_end_m = np.cumsum(length_m)
        self._edge_start_m = np.concatenate([[0.0], self._edge_end_m[:-1]])
        first = np.flatnonzero(np.diff(self._edge_part, prepend=-1))
        bounds_m = [*self._edge_start_m[first], self._edge_end_m[-1]]
        self.part_bounds_mm = [round(float(bound) * MM) for bound in bounds_m]

    def _set_pieces(self, cuts_mm: list[int]) -> None:
        """Cut the edges into pieces, at some mileages and wherever they are too long."""
        ends = np.concatenate([self._edge_start_m, self._edge_end_m])
        count = np.ceil((self._edge_end_m - self._edge_start_m) / _PIECE_M).astype(int)
        inner = [
            np.linspace(start, end, n + 1)[1:-1]
            for start, end, n in zip(self._edge_start_m, self._edge_end_m, count, strict=True)
            if n > 1
        ]
        bounds_m = np.unique(np.concatenate([ends, *inner]))
        cuts = [cut_mm / MM for cut_mm in cuts_mm if np.abs(bounds_m - cut_mm / MM).min() > 1.0 / MM]
        bounds_m = np.union1d(bounds_m, cuts)
        start_m, end_m = bounds_m[:-1], bounds_m[1:]
        edge = np.searchsorted(self._edge_end_m, (start_m + end_m) / 2.0)
        start, end = self._locate(edge, start_m), self._locate(edge, end_m)
        self.pieces: NDArray[np.object_] = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)))
        self.start_lon_lat = start
        self.azimuth_deg = np.asarray(CGCS2000.inv(*start.T, *end.T)[0])
        self.start_mm = np.round(start_m * MM).astype(np.int64)
        self.end_mm = np.round(end_m * MM).astype(np.int64)
        self.piece_part = self._edge_part[edge]

    def _locate(self, edge: _Ints, mileage_m: _Floats) -> _Floats:
        """Return longitude and latitude at mileages on edges; the vertices themselves at their ends."""
        start = self._edge_start[edge]
        along_m = mileage_m - self._edge_start_m[edge]
        lon, lat, _ = CGCS2000.fwd(start[:, 0], start[:, 1], self._edge_azimuth_deg[edge], along_m)
        at_end = mileage_m == self._edge_end_m[edge]
        return np.where(at_end[:, None], self._edge_end[edge], np.column_stack([lon, lat]))

    def locate(self, mileage_mm: int, *, onward: bool = False) -> Position:
        """Return longitude and latitude at a mileage [mm].

        At the border of two parts that is the end of the first one, or with ``onward`` the start of the second.
        """
        mileage_m = np.array([mileage_mm / MM])
        last = len(self._edge_end_m) - 1
        beside_m = mileage_m + (0.5 if onward else -0.5) / MM
        edge = np.minimum(np.searchsorted(self._edge_end_m, beside_m), last)
        lon, lat = np.round(self._locate(edge, mileage_m)[0], 9).tolist()
        return lon, lat

    def cut(self, start_mm: int, end_mm: int) -> list[list[list[float]]]:
        """Return the coordinates of the line between two mileages [mm], a list for each part."""
        lines = []
        for first, last in pairwise(self.part_bounds_mm):
            low, high = max(first, start_mm), min(last, end_mm)
            if low < high:
                inner = self.start_mm[(self.start_mm > low) & (self.start_mm < high)]
                at_m = np.array([low, *inner, high]) / MM
                middle_m = np.append((at_m[:-1] + at_m[1:]) / 2.0, (at_m[-2] + at_m[-1]) / 2.0)
                edge = np.searchsorted(self._edge_end_m, middle_m)
                lines.append(np.round(self._locate(edge, at_m), 9).tolist())
        return lines

    def mileage_of(self, piece: _Ints, lon: _Floats, lat: _Floats) -> _Ints:
        """Return the mileage of points that lie on pieces. [mm]."""
        start = self.start_lon_lat[piece]
        along_m = np.asarray(CGCS2000.inv(start[:, 0], start[:, 1], lon, lat)[2])
        mileage = self.start_mm[piece] + np.round(along_m * MM).astype(np.int64)
        return np.asarray(np.minimum(mileage, self.end_mm[piece]))

    def ways(self, reach_mm: int) -> list[Way]:
        """Return ways so that every path along the line up to some length [mm] lies on one of them.

        What lies near a junction lies beside each way through it, at the junction where it is nearest to that.
        """
        paths: dict[tuple[_Step, ...], None] = {}
        for path in self._paths(reach_mm):
            if _turn(path) not in paths:
                paths[path] = None
            if len(paths) > _MOST_WAYS:
                raise GeometryError(
                    f"more than {_MOST_WAYS} ways lead through the junctions of the pipeline; split the network",
                    zh="管网分支过密，请拆分后再计算",
                )
        return [self._measure(path) for path in paths]

    def _paths(self, reach_mm: int) -> Iterator[tuple[_Step, ...]]:
        trunks = self._trunks()
        trunks += [_turn(trunk) for trunk in trunks]
        leaving: dict[int, list[tuple[_Step, ...]]] = {}
        for trunk in trunks:
            leaving.setdefault(self._knot(_turn(trunk)[-1]), []).append(trunk)

        def follow(path: tuple[_Step, ...], left_mm: int) -> Iterator[tuple[_Step, ...]]:
            used = {one.chain for one in path}
            at_end = leaving.get(self._knot(path[-1]), []) if left_mm > 0 else []
            onward = [trunk for trunk in at_end if trunk[0].chain not in used]
            if not onward:
                yield path
            for trunk in onward:
                length_mm = sum(self.chains[step.chain].length_mm for step in trunk)
                yield from follow((*path, *trunk), left_mm - length_mm)

        for trunk in trunks:
            yield from follow(trunk, reach_mm)

    def _trunks(self) -> list[tuple[_Step, ...]]:
        """Return runs of chains that meet no third one; a ring stays in its chains, so that ways go across its seam."""
        leaving: dict[int, list[_Step]] = {}
        for number, chain in enumerate(self.chains):
            leaving.setdefault(chain.first_knot, []).append(_Step(number, True))
            leaving.setdefault(chain.last_knot, []).append(_Step(number, False))
        trunks: list[tuple[_Step, ...]] = []
        done: set[int] = set()

        def extend(path: list[_Step]) -> list[_Step]:
            while len(meeting := leaving[self._knot(path[-1])]) == 2:
                onward = [step for step in meeting if all(step.chain != one.chain for one in path)]
                if not onward:
                    break
                path.append(onward[0])
            return path

        for number in range(len(self.chains)):
            if number not in done:
                ahead = extend([_Step(number, True)])
                path = _turn(tuple(extend(list(_turn(tuple(ahead))))))
                done |= {step.chain for step in path}
                is_ring = self._knot(path[-1]) == self._knot(_turn(path)[-1])
                trunks += [(step,) for step in path] if is_ring else [path]
        return trunks

    def _measure(self, path: tuple[_Step, ...]) -> Way:
        order = np.full(len(self.pieces), -1)
        base_mm, sign = np.zeros((2, len(self.pieces)), dtype=np.int64)
        steps, place, done = [], 0, 0
        for step in path:
            chain = self.chains[step.chain]
            own = np.flatnonzero(self._chain == step.chain)
            order[own if step.forward else own[::-1]] = done + np.arange(len(own))
            sign[own] = 1 if step.forward else -1
            base_mm[own] = place - chain.start_mm if step.forward else place + chain.end_mm
            steps.append((chain.start_mm, chain.end_mm, place, 1 if step.forward else -1))
            place, done = place + chain.end_mm - chain.start_mm, done + len(own)
        first, last = path[0], path[-1]
        ends = (self._knot(*_turn((first,))), self._knot(last))
        degree = [sum(knot in chain[2:] for chain in self.chains) for knot in ends]
        rings = [any(chain[2:] == (knot, knot) for chain in self.chains) for knot in ends]
        goes_on = [count > 1 or ring for count, ring in zip(degree, rings, strict=True)]
        return Way(order, base_mm, sign, steps, place, (goes_on[0], goes_on[1]))

    def _knot(self, step: _Step) -> int:
        """Return the junction where a step leads to."""
        chain = self.chains[step.chain]
        return chain.last_knot if step.forward else chain.first_knot


def _find_knots(route: Route) -> list[tuple[int, int]]:
    """Return the mileages [mm] where chains begin or end and the junction at each, for the start and end of each part.

    Each part has two entries of its own, even where one ends at the mileage at which the next begins: (mileage,
    junction) pairs are ordered by part, then by mileage.
    """
    bounds = route.part_bounds_mm
    parts = list(pairwise(bounds))
    first_piece = np.searchsorted(route.piece_part, np.arange(len(parts)), side="left")
    last_piece = np.searchsorted(route.piece_part, np.arange(len(parts)), side="right") - 1
    ends = np.stack([first_piece, last_piece], axis=1).ravel()
    points = shapely.get_point(route.pieces[ends], np.tile([0, -1], len(parts)))
    knots: list[set[int]] = [set(part) for part in parts]
    joined: list[tuple[tuple[int, int], tuple[int, int]]] = []
    near = TargetIndex(route.pieces).within(points, _JOIN_M)
    mileages = route.mileage_of(near.target, near.to_lon, near.to_lat)
    for end, piece, mileage in zip(near.subject, near.target, mileages.tolist(), strict=True):
        own, other = int(end) // 2, int(route.piece_part[piece])
        place = min(knots[other], key=lambda known: abs(known - mileage))
        if abs(place - mileage) > _JOIN_M * MM:
            knots[other].add(mileage)
            place = mileage
        joined.append(((own, parts[own][int(end) % 2]), (other, place)))
    for number, (start, end_mm) in enumerate(parts):
        if ((number, start), (number, end_mm)) in joined:  # a ring: windows run across where it closes
            knots[number] |= {start + (end_mm - start) // 3, start + 2 * (end_mm - start) // 3}
    return _number_junctions(
        [(number, place) for number, own in enumerate(knots) for place in sorted(own)], joined
    )


def _number_junctions(
    knots: list[tuple[int, int]], joined: list[tuple[tuple[int, int], tuple[int, int]]]
) -> list[tuple[int, int]]:
    """Return (mileage, junction) of each knot; knots that are joined have the same junction."""
    parent = {knot: knot for knot in knots}

    def root(knot: tuple[int, int]) -> tuple[int, int]:
        while parent[knot] != knot:
            knot = parent[knot]
        return knot

    for one, other in joined:
        parent[max(root(one), root(other))] = min(root(one), root(other))
    number = {knot: i for i, knot in enumerate(knots)}
    return [(knot[1], number[root(knot)]) for knot in knots]


def _cut_chains(bounds_mm: list[int], knots: list[tuple[int, int]]) -> list[Chain]:
    """Return the chains between knots; a part's last knot and the next one's first enclose none."""
    chains = []
    borders = set(bounds_mm[1:])
    for (start, first), (end, last) in pairwise(knots):
        if not (start == end and start in borders):
            chains.append(Chain(start, end, first, last))
    return chains
