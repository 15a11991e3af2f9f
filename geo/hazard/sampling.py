"""Values of polar tables at places around their middle, compiled: at points and on grids.

A table is sampled bilinearly in the logarithm of the radius and the azimuth. For one row of places at a time both are
worked out without branches, so that the compiler makes vector instructions of it, and the table is looked up after
that. Logarithm and arctangent are series of elementary operations, good to 1e-10: the same place gives the same bits
in a row of any length, alone or on a grid.
"""

import math

import numpy as np
from numba import njit

from geo.ellipsoid import FloatArray

__all__ = ["add_on_grid", "sample_points"]

_SQRT_HALF_BITS = int(np.float64(math.sqrt(0.5)).view(np.int64))
_LOG_2 = math.log(2.0)
_EIGHTH_TURN = math.tan(math.pi / 8.0)  # by definition

_HAIR = 1e-9
"""Share of the reach beyond which a cell is looked up all the same: the table says what is there. Numerical."""


@njit(cache=True, inline="always", error_model="numpy")
def _log_radius(dx_m: float, dy_m: float) -> float:  # pragma: no cover  # compiled
    """Logarithm of a distance: that of a power of two and, by the series of artanh, of what lies about 1."""
    squared = dx_m * dx_m + dy_m * dy_m + 1e-300
    bits = np.float64(squared).view(np.int64)
    power = (bits - _SQRT_HALF_BITS) >> 52  # bits of the fraction, by definition of IEEE 754
    rest = np.int64(bits - (power << 52)).view(np.float64)  # by definition
    s = (rest - 1.0) / (rest + 1.0)
    q = s * s
    series = 1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13))))))
    return 0.5 * (power * _LOG_2 + 2.0 * s * series)


@njit(cache=True, inline="always", error_model="numpy")
def _azimuth(dx_m: float, dy_m: float) -> float:  # pragma: no cover  # compiled
    """Azimuth clockwise from north, 0 to 2 pi: the series of arctan about an eighth of a turn, and symmetries."""
    east, north = abs(dx_m), abs(dy_m)
    small, large = min(east, north), max(east, north) + 1e-300
    t = (small - _EIGHTH_TURN * large) / (large + _EIGHTH_TURN * small)
    q = t * t
    series = 1 / 13 - q * (1 / 15 - q * (1 / 17 - q * (1 / 19 - q * (1 / 21))))
    series = 1 - q * (1 / 3 - q * (1 / 5 - q * (1 / 7 - q * (1 / 9 - q * (1 / 11 - q * series)))))
    angle = math.pi / 8.0 + t * series
    angle = angle if east <= north else 0.5 * math.pi - angle
    angle = angle if dy_m >= 0.0 else math.pi - angle
    return angle if dx_m >= 0.0 else 2.0 * math.pi - angle


@njit(cache=True, inline="always", error_model="numpy")
def _look_up(table: FloatArray, place: float, turn: float) -> float:  # pragma: no cover  # compiled
    """Value of a table between four of its nodes."""
    row, column = int(place), int(turn)
    beyond, aside = place - row, turn - column
    near = table[row, column] + (table[row, column + 1] - table[row, column]) * aside
    far = table[row + 1, column] + (table[row + 1, column + 1] - table[row + 1, column]) * aside
    value: float = near + (far - near) * beyond
    return value


@njit(cache=True, inline="always", error_model="numpy")
def _steps_per_turn(table: FloatArray) -> float:  # pragma: no cover  # compiled
    return (table.shape[1] - 2 if table.shape[1] > 3 else 0) / (2.0 * math.pi)


@njit(cache=True, nogil=True, error_model="numpy")
def sample_points(
    table: FloatArray, log_first: float, per_log: float, dx_m: FloatArray, dy_m: FloatArray
) -> FloatArray:  # pragma: no cover  # compiled
    """Return the values of a padded table at offsets from its middle.

    Parameters
    ----------
    table : ndarray, shape (n + 2, n_angles + 2)
        As :func:`geo.hazard.kernel.pad_table` makes it.
    log_first, per_log : float
        Logarithm of the first radius; radii per unit of the logarithm.
    dx_m, dy_m : ndarray, shape (n_points,)

    Returns
    -------
    ndarray, shape (n_points,)
        Within the first radius the value there; 0 beyond the last.
    """
    places, turns = np.empty(len(dx_m)), np.empty(len(dx_m))
    last, per_turn = table.shape[0] - 1.5, _steps_per_turn(table)
    for point in range(len(dx_m)):
        place = (_log_radius(dx_m[point], dy_m[point]) - log_first) * per_log
        places[point] = min(max(place, 0.0), last)
    for point in range(len(dx_m)):
        turns[point] = _azimuth(dx_m[point], dy_m[point]) * per_turn
    values = np.empty(len(dx_m))
    for point in range(len(dx_m)):
        values[point] = _look_up(table, places[point], turns[point])
    return values


@njit(cache=True, nogil=True, error_model="numpy")
def add_on_grid(
    table: FloatArray,
    log_first: float,
    per_log: float,
    reach_m: float,
    dx_m: FloatArray,
    dy_m: FloatArray,
    total: FloatArray,
) -> None:  # pragma: no cover  # compiled
    """Add a padded table to a grid, up to a distance from its middle beyond which it is 0.

    Parameters
    ----------
    table, log_first, per_log
        As in :func:`sample_points`.
    reach_m : float
    dx_m, dy_m : ndarray
        Rising offsets of the columns and rows from the middle of the table.
    total : ndarray, shape (len(dy_m), len(dx_m))
        Added to.
    """
    places, turns = np.empty(len(dx_m)), np.empty(len(dx_m))
    last, per_turn = table.shape[0] - 1.5, _steps_per_turn(table)
    for row in range(len(dy_m)):
        squared = (1.0 + _HAIR) * reach_m * reach_m - dy_m[row] * dy_m[row]
        if squared < 0.0:
            continue
        start, stop = np.searchsorted(dx_m, -math.sqrt(squared)), np.searchsorted(dx_m, math.sqrt(squared))
        within_m, line = dx_m[start:stop], total[row, start:stop]
        for column in range(len(within_m)):
            place = (_log_radius(within_m[column], dy_m[row]) - log_first) * per_log
            places[column] = min(max(place, 0.0), last)
        for column in range(len(within_m)):
            turns[column] = _azimuth(within_m[column], dy_m[row]) * per_turn
        for column in range(len(within_m)):
            line[column] += _look_up(table, places[column], turns[column])
