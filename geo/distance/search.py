"""Branch and bound over strips: which pieces can be the nearest, and the geodesic distance to those.

Distances in space (chords) only rank: a chord and its geodesic belong together but for `_get_doubt_m`, and all that
lies within that doubt is settled by the geodesic itself.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geo.distance.pieces import IntArray, Pieces, expand_ranges
from geo.distance.segments import (
    approach_ends,
    approach_point,
    approach_segment,
    choose_closest,
    triple,
)
from geo.distance.strips import Strips
from geo.ellipsoid import CGCS2000, INVERSE_FLATTENING, MEAN_RADIUS_M, FloatArray, to_geographic

__all__ = [
    "TOUCH_M",
    "Candidates",
    "Probes",
    "descend",
    "rank_pieces",
    "select_contenders",
    "settle",
]

TOUCH_M = 1e-5
"""What comes closer than this touches. [m]"""

_SLACK_M = 0.01
"""Allowance on bounds from chords. [m]"""

_RANK_DOUBT_M = 2e-4
"""Allowance on ranks below 10 km, where they are good to 1e-5 m (to 7e-5 m for what all but touches). [m]"""

_CROSSING_REACH_M = 1_000.0
"""Crossing is looked for among pieces closer than this, twice the longest piece. [m]"""

_CROSSING = -1.0
"""Rank of pieces that cross."""

_DECIMALS = 7
"""Distances are rounded to 1e-7 m, ten times the error of the geodesic, so that a limit is met exactly."""


@dataclass(frozen=True)
class Probes:
    """What looks for targets: pieces of subjects, or balls around several of them."""

    origin_m: FloatArray
    """First end (centre), geocentric, shape (3, n). [m]"""
    span_m: FloatArray | None
    """From the first end to the last, shape (3, n); None if all are points. [m]"""
    half_width_m: FloatArray
    """Farthest that anything of the probe lies from its chord, shape (n,). [m]"""
    limit_m: FloatArray
    """Nothing farther is wanted, shape (n,). [m]"""
    group: IntArray
    """Probes of one group look for one nearest target together, shape (n,), numbered from 0."""


@dataclass(frozen=True)
class Candidates:
    """Pairs of a probe and a piece with their closest approach."""

    probe: IntArray
    piece: IntArray
    rank_m: FloatArray
    """Chord between the closest surface points; -1 where they cross. [m]"""
    first: FloatArray
    """Place on the probe, 0 at its first end, 1 at its last."""
    second: FloatArray
    """Place on the piece."""

    def take(self, index: IntArray) -> "Candidates":
        """Pick the candidates at some positions."""
        return Candidates(
            self.probe[index], self.piece[index], self.rank_m[index], self.first[index], self.second[index]
        )


def _get_doubt_m(chord_m: FloatArray) -> FloatArray:
    """How much a longer chord can belong to a shorter geodesic.

    A geodesic is longer than its chord c by c³ / 24 R², and R changes with place and direction by 1 %.
    """
    return 0.02 * chord_m**3 / (24.0 * MEAN_RADIUS_M**2)


def _approach(probes: Probes, probe: IntArray, strips: Strips, strip: IntArray) -> FloatArray:
    """Distance in space from probes to strips, in metres."""
    origin, span = np.take(strips.origin_m, strip, axis=1), np.take(strips.span_m, strip, axis=1)
    own_origin = np.take(probes.origin_m, probe, axis=1)
    if probes.span_m is None:
        return np.sqrt(approach_point(own_origin, origin, span)[0])
    own_span = np.take(probes.span_m, probe, axis=1)
    return np.sqrt(approach_segment(own_origin, own_span, origin, span).squared_m2)


def descend(
    levels: list[Strips], probes: Probes, probe: IntArray, strip: IntArray, *, every_target: bool
) -> tuple[IntArray, IntArray]:
    """Pairs (probe, strip of the lowest of `levels`) that are worth a closer look, from pairs on the highest one."""
    probe, strip = _prune(levels[-1], probes, probe, strip, every_target)
    for above, strips in pairwise(reversed(levels)):
        probe, strip = _open(above, probe, strip)
        probe, strip = _prune(strips, probes, probe, strip, every_target)
    return probe, strip


def _open(strips: Strips, probe: IntArray, strip: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs with the children of strips, from pairs with the strips."""
    source, child = expand_ranges(strips.first_child[strip], strips.first_child[strip + 1])
    return probe[source], child


def _prune(
    strips: Strips, probes: Probes, probe: IntArray, strip: IntArray, every_target: bool
) -> tuple[IntArray, IntArray]:
    """Drop pairs beyond the limit, or farther than another strip of the group surely is.

    With `every_target` only strips of the same target compete.
    """
    chord_m = _approach(probes, probe, strips, strip)
    doubt_m = probes.half_width_m[probe] + strips.half_width_m[strip]
    group, groups = _number_groups(probes.group[probe], strips.owner[strip], every_target)
    best_m = np.full(groups, np.inf)
    np.minimum.at(best_m, group, chord_m + doubt_m)
    best_m += _get_doubt_m(best_m)
    reach_m = np.minimum(best_m[group], probes.limit_m[probe])
    kept = np.flatnonzero(chord_m - doubt_m <= reach_m + _SLACK_M)
    return probe[kept], strip[kept]


def _number_groups(group: IntArray, owner: IntArray, every_target: bool) -> tuple[IntArray, int]:
    """Assign each pair to the competition that it takes part in, and count the competitions."""
    if not every_target:
        return group, int(group.max(initial=-1)) + 1
    _, number = np.unique(group * (owner.max(initial=0) + 1) + owner, return_inverse=True)
    return number, int(number.max(initial=-1)) + 1


def rank_pieces(probes: Probes, pieces: Strips, probe: IntArray, piece: IntArray) -> Candidates:
    """Closest approach of probes and pieces on the surface, ranked by the chord."""
    origin, span, sag = pieces.origin_m[:, piece], pieces.span_m[:, piece], pieces.half_width_m[piece]
    own_origin = probes.origin_m[:, probe]
    if probes.span_m is None:
        squared, place = approach_point(own_origin, origin, span)
        rank_m = np.sqrt(_raise_to_surface(squared, 4.0 * place * (1.0 - place) * sag))
        return Candidates(probe, piece, rank_m, np.zeros_like(place), place)
    own_span, own_sag = probes.span_m[:, probe], probes.half_width_m[probe]
    raised = [
        end._replace(
            squared_m2=_raise_to_surface(
                end.squared_m2,
                4.0 * (end.first * (1.0 - end.first) * own_sag + end.second * (1.0 - end.second) * sag),
            )
        )
        for end in approach_ends(own_origin, own_span, origin, span)
    ]
    closest = choose_closest(raised)
    rank_m = np.sqrt(closest.squared_m2)
    pair, first, second = _find_crossings(rank_m, own_origin, own_span, origin, span)
    rank_m[pair], closest.first[pair], closest.second[pair] = _CROSSING, first, second
    return Candidates(probe, piece, rank_m, closest.first, closest.second)


def _raise_to_surface(squared_m2: FloatArray, depth_m: FloatArray) -> FloatArray:
    """Squared chord to the surface point over a foot that lies `depth_m` below the surface.

    The probe itself lies c² / 2R below the horizon of the foot, so that the squares differ by
    (c² / 2R - depth)² - (c² / 2R)².
    """
    return np.maximum(squared_m2 + depth_m * (squared_m2 / MEAN_RADIUS_M - depth_m), 0.0)


def _find_crossings(
    rank_m: FloatArray, origin1: FloatArray, span1: FloatArray, origin2: FloatArray, span2: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Pairs that cross, and where on each piece: the ends of each lie on both sides of the upright plane of the other.

    An end that lies in the plane, give or take a touch, settles the matter by its own distance.
    """
    near = np.flatnonzero(rank_m < _CROSSING_REACH_M)
    origin1, span1, origin2, span2 = (xyz[:, near] for xyz in (origin1, span1, origin2, span2))
    up = origin1.copy()
    up[2] /= (1.0 - 1.0 / INVERSE_FLATTENING) ** 2
    up /= np.sqrt((up**2).sum(axis=0))
    offset = origin2 - origin1
    sides1 = -triple(up, span2, offset), triple(up, span2, span1 - offset)
    sides2 = triple(up, span1, offset), triple(up, span1, offset + span2)
    crossing = np.flatnonzero(_lie_apart(*sides1, span2) & _lie_apart(*sides2, span1))
    first, second = (start[crossing] / (start - end)[crossing] for start, end in (sides1, sides2))
    return near[crossing], first, second


def _lie_apart(start: FloatArray, end: FloatArray, span: FloatArray) -> NDArray[np.bool_]:
    """Whether two points lie clearly on different sides of the upright plane through a span."""
    margin = TOUCH_M * np.sqrt((span**2).sum(axis=0))
    return np.asarray((np.minimum(start, end) < -margin) & (np.maximum(start, end) > margin))


def select_contenders(
    candidates: Candidates, probes: Probes, owner: IntArray, *, every_target: bool
) -> Candidates:
    """Keep what is within the limit and can be the nearest of its group (with `every_target`: and of its target)."""
    group, groups = _number_groups(probes.group[candidates.probe], owner[candidates.piece], every_target)
    best_m = np.full(groups, np.inf)
    np.minimum.at(best_m, group, candidates.rank_m)
    best_m += _get_doubt_m(best_m)
    reach_m = np.minimum(best_m[group], probes.limit_m[candidates.probe])
    return candidates.take(np.flatnonzero(candidates.rank_m <= reach_m + _RANK_DOUBT_M))


def settle(
    subjects: Pieces, targets: Pieces, candidates: Candidates, row: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Geodesic distance of candidates [m], and their end points on subject and target, shape (n, 2) [°]."""
    start = _locate(subjects, row, candidates.first)
    end = _locate(targets, candidates.piece, candidates.second)
    distance_m = np.round(CGCS2000.inv(*start.T, *end.T)[2], _DECIMALS)
    distance_m[distance_m < TOUCH_M] = 0.0
    crossing = candidates.rank_m == _CROSSING
    distance_m[crossing], end[crossing] = 0.0, start[crossing]
    return distance_m, start, end


def _locate(pieces: Pieces, piece: IntArray, place: FloatArray) -> FloatArray:
    """Longitude and latitude of places on pieces in degrees, shape (n, 2); ends are exact to the last bit."""
    point: FloatArray = pieces.lon_lat[piece, (place == 1.0).astype(np.int64)]
    inner = np.flatnonzero((place > 0.0) & (place < 1.0))
    xyz_m = pieces.origin_m[:, piece[inner]] + place[inner] * pieces.span_m[:, piece[inner]]
    point[inner] = np.stack(to_geographic(xyz_m), axis=1)
    return point
