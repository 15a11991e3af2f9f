"""Closest approach of straight segments in space, for many pairs at once.

A segment is an origin and a span, each of shape (3, n); a point is a segment whose span is zero.
"""

from typing import NamedTuple

import numpy as np

from geo.ellipsoid import FloatArray

__all__ = ["Approach", "approach_ends", "approach_point", "approach_segment", "choose_closest", "triple"]


class Approach(NamedTuple):
    """Where two segments come closest, each of shape (n,)."""

    squared_m2: FloatArray
    """Square of the distance in space. [m²]"""
    first: FloatArray
    """Place on the first segment, 0 at its origin, 1 at its end."""
    second: FloatArray
    """Place on the second segment."""


def _dot(u: FloatArray, v: FloatArray) -> FloatArray:
    product: FloatArray = u[0] * v[0]
    product += u[1] * v[1]
    product += u[2] * v[2]
    return product


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient; 0 where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0.0)


def triple(u: FloatArray, v: FloatArray, w: FloatArray) -> FloatArray:
    """Triple product u · (v x w) of columns."""
    return _dot(
        u, np.stack([v[1] * w[2] - v[2] * w[1], v[2] * w[0] - v[0] * w[2], v[0] * w[1] - v[1] * w[0]])
    )


def approach_point(point: FloatArray, origin: FloatArray, span: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Squared distance in space from points to segments [m²], and the place on the segment (0 to 1)."""
    offset = point - origin
    place = _divide(_dot(offset, span), _dot(span, span))
    np.clip(place, 0.0, 1.0, out=place)
    offset -= place * span
    return _dot(offset, offset), place


def approach_ends(
    origin1: FloatArray, span1: FloatArray, origin2: FloatArray, span2: FloatArray
) -> list[Approach]:
    """Closest approach of each of the four ends to the other segment."""
    ends: list[Approach] = []
    for end in (0.0, 1.0):
        squared, place = approach_point(origin1 + end * span1, origin2, span2)
        ends.append(Approach(squared, np.full_like(place, end), place))
        squared, place = approach_point(origin2 + end * span2, origin1, span1)
        ends.append(Approach(squared, place, np.full_like(place, end)))
    return ends


def choose_closest(approaches: list[Approach]) -> Approach:
    """Choose the closest of several approaches, pair by pair; the first of equals."""
    best = approaches[0]
    for other in approaches[1:]:
        closer = other.squared_m2 < best.squared_m2
        best = Approach(*(np.where(closer, new, old) for new, old in zip(other, best, strict=True)))
    return best


def approach_segment(
    origin1: FloatArray, span1: FloatArray, origin2: FloatArray, span2: FloatArray
) -> Approach:
    """Closest approach of two segments in space.

    Either an end of one is closest to the other, or two inner points are; the latter solve the 2 x 2 normal
    equations, which is skipped for (nearly) parallel segments: there an end is as close to within 1e-6 of the length.
    """
    approaches = approach_ends(origin1, span1, origin2, span2)
    return choose_closest([*approaches, _approach_inside(origin1, span1, origin2, span2)])


def _approach_inside(
    origin1: FloatArray, span1: FloatArray, origin2: FloatArray, span2: FloatArray
) -> Approach:
    """Closest inner points of two segments; infinite where there are none."""
    offset = origin1 - origin2
    a, b, c = _dot(span1, span1), _dot(span1, span2), _dot(span2, span2)
    d, e = _dot(span1, offset), _dot(span2, offset)
    determinant = a * c - b * b
    skew = determinant > 1e-12 * a * c
    determinant[~skew] = 1.0
    first, second = (b * e - c * d) / determinant, (a * e - b * d) / determinant
    inside = skew & (first > 0.0) & (first < 1.0) & (second > 0.0) & (second < 1.0)
    between = offset + first * span1 - second * span2
    return Approach(np.where(inside, _dot(between, between), np.inf), first, second)
