"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, to and from WGS 84.

The official GCJ-02 algorithm is not public. What stands here is the formula that became known and that all open
implementations share; BD-09 is Baidu's second shift on top of it. Both are functions of position alone, without
the height, time and random terms of the official program, so the inverse can be exact to the formula (0.1 mm and
far better here) and still be some metres off the truth: :data:`GCJ02_DOUBT_M`, :data:`BD09_DOUBT_M`.

Two variants of BD-09 circulate. This is the one that agrees with Baidu's own service, whose sines take degrees times
3000 π / 180. The other one takes degrees times π and lies 28 m away on average and 72 m at most (97-106° E,
21-30° N); coordinates made with it cannot be told apart and come out wrong by that much.

Outside the rectangle 72.004-137.8347° E, 0.8293-55.8271° N all functions return their input.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BD09_DOUBT_M",
    "GCJ02_CUSP_DEG",
    "GCJ02_DOUBT_M",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]

GCJ02_DOUBT_M = 10.0
"""What the known formula may differ from a GCJ-02 map. [m, radius]

Derivation: the official program adds to each axis one thousandth of the height (at most 5 m, it refuses heights over
5,000 m), the sine of a time (at most 1 m) and a random number (at most 1 m): 7 m on each axis, 9.9 m together.
Check: L. Gehrmann (gcj02-distortion-map) read 18 cities off a GCJ-02 map and found the formula 0.9 m to 8.0 m off.
"""

BD09_DOUBT_M = 20.0
"""What the known formulas may differ from a BD-09 map. [m, radius]

Derivation: :data:`GCJ02_DOUBT_M`, and 10 m for the second shift, twice what users who compared the formula with
Baidu's service report (some 5 m); 10 m is also what published conversions of one point differ by.
"""

GCJ02_CUSP_DEG = 105.0
"""Longitude (WGS 84) where the formula takes the root of a distance: the shift has a cusp there. [°]"""

_Degrees = NDArray[np.float64]
_Pair = tuple[_Degrees, _Degrees]

_KRASSOVSKY_A_M = 6_378_245.0
_KRASSOVSKY_E2 = 0.00669342162296594323
"""The formula turns metres into degrees on the Krassovsky 1940 ellipsoid."""

_BD09_WAVE = np.pi * 3000.0 / 180.0
_BD09_EAST_DEG, _BD09_NORTH_DEG = 0.0065, 0.006

_INVERSE_STEPS = 10
"""Each step shrinks the error 50-fold or more (steepest slope of the shifts: 0.02), so ten leave nothing of 1 km.

The number is fixed, so that a point's result does not depend on its company in the array.
"""


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> _Pair:
    """GCJ-02 longitude and latitude of WGS 84 positions.

    Parameters
    ----------
    lon, lat : array_like, broadcastable
        WGS 84. [°]

    Returns
    -------
    tuple of ndarray
        Longitude and latitude; NaN where an input is NaN. [°]
    """
    return _shift_forward(_gcj02_offset, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> _Pair:
    """WGS 84 longitude and latitude of GCJ-02 positions, the exact inverse of :func:`wgs84_to_gcj02` [°]."""
    return _shift_back(_gcj02_offset, lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> _Pair:
    """BD-09 longitude and latitude of GCJ-02 positions [°]."""
    return _shift_forward(_bd09_offset, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> _Pair:
    """GCJ-02 longitude and latitude of BD-09 positions, the exact inverse of :func:`gcj02_to_bd09` [°]."""
    return _shift_back(_bd09_offset, lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> _Pair:
    """BD-09 longitude and latitude of WGS 84 positions [°]."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> _Pair:
    """WGS 84 longitude and latitude of BD-09 positions, the exact inverse of :func:`wgs84_to_bd09` [°]."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _shift_forward(offset: Callable[[_Degrees, _Degrees], _Pair], lon: ArrayLike, lat: ArrayLike) -> _Pair:
    lon, lat = _as_pair(lon, lat)
    east, north = offset(lon, lat)
    inside = _is_shifted(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def _shift_back(offset: Callable[[_Degrees, _Degrees], _Pair], lon: ArrayLike, lat: ArrayLike) -> _Pair:
    lon, lat = _as_pair(lon, lat)
    back_lon, back_lat = lon, lat
    for _ in range(_INVERSE_STEPS):
        east, north = offset(back_lon, back_lat)
        back_lon, back_lat = lon - east, lat - north
    inside = _is_shifted(back_lon, back_lat)
    return np.where(inside, back_lon, lon), np.where(inside, back_lat, lat)


def _as_pair(lon: ArrayLike, lat: ArrayLike) -> _Pair:
    east, north = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return east, north


def _is_shifted(lon: _Degrees, lat: _Degrees) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)
    return inside


def _gcj02_offset(lon: _Degrees, lat: _Degrees) -> _Pair:
    """Shift of GCJ-02 in degrees: polynomials and sines in metres around 105° E, 35° N, then metres to degrees."""
    x, y = lon - GCJ02_CUSP_DEG, lat - 35.0
    root = 0.1 * np.sqrt(np.abs(x))
    ripple = _waves(x, (20, 6), (20, 2))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + root
    east_m += ripple + _waves(x, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 2 * root
    north_m += ripple + _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))

    phi = np.radians(lat)
    w2 = 1 - _KRASSOVSKY_E2 * np.sin(phi) ** 2
    prime_vertical_m = _KRASSOVSKY_A_M / np.sqrt(w2)
    meridian_m = prime_vertical_m * (1 - _KRASSOVSKY_E2) / w2
    return np.degrees(east_m / (prime_vertical_m * np.cos(phi))), np.degrees(north_m / meridian_m)


def _waves(angle: _Degrees, *terms: tuple[float, float]) -> _Degrees:
    """Two thirds of the sum of ``amplitude * sin(frequency * π * angle)`` [m]."""
    total = np.zeros_like(angle)
    for amplitude_m, frequency in terms:
        total += amplitude_m * np.sin(frequency * np.pi * angle)
    return total * (2 / 3)


def _bd09_offset(lon: _Degrees, lat: _Degrees) -> _Pair:
    """Shift of BD-09 on GCJ-02 in degrees: longitude and latitude taken as plane, turned and stretched about 0, 0."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD09_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD09_WAVE)
    east = radius * np.cos(angle) + _BD09_EAST_DEG - lon
    north = radius * np.sin(angle) + _BD09_NORTH_DEG - lat
    return east, north
