"""A cloud downwind of its source: concentrations, toxic loads and what of it can burn.

Coordinates: x downwind from the source, y across, height above flat ground. A cloud is a concentration field (the
largest over time) times a course of time at each x; every model fills in these two.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import OutOfRangeError
from geo.hazard.parameters import Parameter
from geo.text import Text

__all__ = ["BREATHING_HEIGHT_M", "Cloud", "Flammable", "Floats", "Part", "Times", "broadcast"]

Floats = NDArray[np.float64]

BREATHING_HEIGHT_M = 1.5
"""Height at which people breathe. [m] Usual in risk studies; CPR 18E takes 1 m."""

_MG_PER_KG = 1e6  # by definition
_SECONDS_PER_MINUTE = 60.0  # by definition
_ALONG, _ACROSS, _UPWARD, _MOMENTS = 288, 20, 20, 24  # numerical: cells and moments of the flammable mass
_HALVINGS = 40  # numerical


@dataclass(frozen=True, kw_only=True)
class Times:
    """Averaging and exposure times of a cloud, in s.

    Attributes
    ----------
    exposure_averaging_s : float
        Over which concentrations are averaged when people breathe them.
    flammable_averaging_s : float
        When they burn.
    longest_exposure_s : float
        That a toxic load counts.
    """

    exposure_averaging_s: float
    flammable_averaging_s: float
    longest_exposure_s: float


@dataclass(frozen=True, kw_only=True)
class Flammable:
    """The part of a cloud that can burn.

    Attributes
    ----------
    x_m, half_width_m : ndarray, shape (n,)
        Outline at the lower limit: everything within ``half_width_m`` of the axis at ``x_m``, over all times. Empty
        where the cloud never reaches the limit at that height.
    time_s, mass_kg, reach_m : ndarray, shape (n_times,)
        Course of the flammable mass, and how far downwind the limit is reached by then.
    largest_kg, largest_at_s, largest_x_m : float
        Largest flammable mass at one moment, when, and where its centre of mass lies; 0, NaN and NaN where there is
        none.
    """

    x_m: Floats
    half_width_m: Floats
    time_s: Floats
    mass_kg: Floats
    reach_m: Floats
    largest_kg: float
    largest_at_s: float
    largest_x_m: float

    @property
    def length_m(self) -> float:
        """Farthest point of the outline downwind; 0 where there is none."""
        return float(self.x_m[-1]) if self.x_m.size else 0.0


class Part(ABC):
    """What a model of dispersion tells about one source."""

    @abstractmethod
    def concentration_kg_m3(self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float) -> Floats:
        """Return the largest concentration over time; finite everywhere, 0 far upwind."""

    @abstractmethod
    def share_of_time(self, x_m: Floats, time_s: Floats) -> Floats:
        """Return the concentration at a moment as a share of the largest one at that x, 0 to 1."""

    @abstractmethod
    def equivalent_s(self, x_m: Floats, n: float, longest_s: float) -> Floats:
        """Return the integral of ``share_of_time**n`` over the worst ``longest_s`` seconds."""

    def moments_kg_m3(
        self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float, times_s: Floats
    ) -> Iterator[Floats]:
        """Yield the concentrations at each of several moments.

        Parameters
        ----------
        x_m, y_m, height_m : ndarray, shapes (n, 1, 1), (n, m, 1), (n, 1, k)
        """
        largest = self.concentration_kg_m3(*broadcast(x_m, y_m, height_m), averaging_s)
        for time in times_s:
            yield largest * self.share_of_time(x_m, np.full(x_m.shape, time))

    @abstractmethod
    def half_width_m(self, x_m: Floats, averaging_s: float) -> Floats:
        """Return the distance from the axis beyond which there is next to nothing."""

    @abstractmethod
    def top_m(self, x_m: Floats) -> Floats:
        """Return the height above which there is next to nothing."""

    @property
    @abstractmethod
    def start_m(self) -> float:
        """Where the cloud begins: 0 or, with an extended source, upwind of it."""

    @abstractmethod
    def passed_s(self, x_m: float) -> float:
        """Return when the cloud has passed a distance."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A cloud of one release in one weather.

    Attributes
    ----------
    model : str
        Key in the register of models; two joined by ``+`` where jet and pool need different ones.
    parts : tuple of Part
        Sources that act together: what flies and what evaporates from the pool.
    times : Times
    warnings : tuple of Text
        What lies outside a model's limits.
    parameters : tuple of Parameter
    details : mapping of str to float
        Intermediate values with the unit in the name.
    """

    model: str
    parts: tuple[Part, ...]
    times: Times
    warnings: tuple[Text, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)

    def concentration_kg_m3(
        self,
        x_m: ArrayLike,
        y_m: ArrayLike,
        height_m: ArrayLike = BREATHING_HEIGHT_M,
        averaging_s: float | None = None,
    ) -> Floats:
        """Return the largest concentration over time.

        Parameters
        ----------
        x_m, y_m, height_m : array_like, broadcastable
        averaging_s : float, optional
            Averaging time; that of toxic exposure unless given.

        Returns
        -------
        ndarray
            Of the substance, at the temperature of the air. Several sources add up as if they peaked together. [kg/m3]
        """
        time = self.times.exposure_averaging_s if averaging_s is None else averaging_s
        x, y, height = broadcast(x_m, y_m, height_m)
        total = np.zeros(x.shape)
        for part in self.parts:
            total += part.concentration_kg_m3(x, y, height, time)
        return total

    def toxic_load(
        self, x_m: ArrayLike, y_m: ArrayLike, n: float, height_m: ArrayLike = BREATHING_HEIGHT_M
    ) -> Floats:
        """Return the integral of C^n over the worst half hour, in (mg/m3)^n min.

        Parameters
        ----------
        x_m, y_m, height_m : array_like, broadcastable
        n : float
            Exponent of the probit.

        Notes
        -----
        Of several sources an upper bound: the sum of the n-th roots to the power of n (Minkowski's inequality, exact
        for equal courses), the plain sum for n below 1.

        Raises
        ------
        OutOfRangeError
            If n is not above 0.
        """
        if not n > 0:
            raise OutOfRangeError(
                f"exponent {n} of a toxic load must be above 0", f"毒性负荷指数 {n} 应大于 0"
            )
        x, y, height = broadcast(x_m, y_m, height_m)
        power = 1 / max(n, 1.0)
        total = np.zeros(x.shape)
        for part in self.parts:
            total += _load(part, x, y, height, n, self.times) ** power
        return np.asarray(total ** (1 / power))

    def flammable(
        self, lfl_kg_m3: float, ufl_kg_m3: float = math.inf, height_m: float = BREATHING_HEIGHT_M
    ) -> Flammable:
        """Return what of the cloud can burn.

        Parameters
        ----------
        lfl_kg_m3, ufl_kg_m3 : float
            Flammability limits; without an upper one the rich core counts as flammable.
        height_m : float
            Of the outline; the mass counts all heights.

        Raises
        ------
        OutOfRangeError
            If the limits are not 0 < lower < upper.
        """
        if not 0 < lfl_kg_m3 < ufl_kg_m3:
            raise OutOfRangeError(
                f"flammability limits {lfl_kg_m3} and {ufl_kg_m3} kg/m3 must be 0 < lower < upper",
                f"燃烧极限 {lfl_kg_m3}、{ufl_kg_m3} kg/m3 应满足 0 < 下限 < 上限",
            )
        edges = self._edges(lfl_kg_m3)
        if edges is None:
            nothing = np.zeros(0)
            return Flammable(
                x_m=nothing,
                half_width_m=nothing,
                time_s=nothing,
                mass_kg=nothing,
                reach_m=nothing,
                largest_kg=0.0,
                largest_at_s=math.nan,
                largest_x_m=math.nan,
            )
        x, width = self._outline(edges, lfl_kg_m3, height_m)
        time, mass, reach, centre = self._course(edges, lfl_kg_m3, ufl_kg_m3)
        best = int(np.argmax(mass))
        return Flammable(
            x_m=x,
            half_width_m=width,
            time_s=time,
            mass_kg=mass,
            reach_m=reach,
            largest_kg=float(mass[best]),
            largest_at_s=float(time[best]) if mass[best] else math.nan,
            largest_x_m=float(centre[best]) if mass[best] else math.nan,
        )

    def _burning(self, x_m: ArrayLike, y_m: ArrayLike, height_m: ArrayLike) -> Floats:
        return self.concentration_kg_m3(x_m, y_m, height_m, self.times.flammable_averaging_s)

    def _edges(self, limit_kg_m3: float) -> Floats | None:
        """Return edges of slices from the source to where the limit is last reached at any height; None if never."""
        start = min(part.start_m for part in self.parts)
        # Numerical: places along the axis.
        x = np.concatenate(([start, 0.0], np.geomspace(0.1, 1e5, 400)))
        height = np.linspace(0.0, 1.0, _UPWARD) * self._top(x)[:, None]
        above = np.flatnonzero((self._burning(x[:, None], 0.0, height) >= limit_kg_m3).any(axis=1))
        if not above.size:
            return None
        end = float(x[min(above[-1] + 1, len(x) - 1)])
        return np.asarray(start + (end - start) * np.linspace(0.0, 1.0, _ALONG + 1) ** 1.5)

    def _top(self, x_m: Floats) -> Floats:
        return np.asarray(np.max([part.top_m(x_m) for part in self.parts], axis=0))

    def _half_width(self, x_m: Floats) -> Floats:
        time = self.times.flammable_averaging_s
        return np.asarray(np.max([part.half_width_m(x_m, time) for part in self.parts], axis=0))

    def _outline(self, edges_m: Floats, limit_kg_m3: float, height_m: float) -> tuple[Floats, Floats]:
        """Return x and half widths where the limit is reached at a height, by halving."""
        x = edges_m[self._burning(edges_m, 0.0, height_m) >= limit_kg_m3]
        inside, outside = np.zeros(x.shape), self._half_width(x)
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            within = self._burning(x, middle, height_m) >= limit_kg_m3
            inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
        return x, (inside + outside) / 2

    def _course(self, edges_m: Floats, lfl: float, ufl: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Return times, flammable masses, reaches and centres of mass."""
        x = (edges_m[1:] + edges_m[:-1]) / 2
        across = (np.arange(_ACROSS) + 0.5) / _ACROSS
        upward = (np.arange(_UPWARD) + 0.5) / _UPWARD
        width, top = self._half_width(x), self._top(x)
        cell = 2 * np.diff(edges_m) * width * top / (_ACROSS * _UPWARD)
        end = max(part.passed_s(float(x[-1])) for part in self.parts)
        # Numerical: moments from a fraction of the passage to beyond it.
        time = np.concatenate((np.geomspace(end / 500, end, _MOMENTS), [end * 1.5]))
        mass, reach, centre = np.zeros(time.size), np.zeros(time.size), np.zeros(time.size)
        along = x[:, None, None], (width[:, None] * across)[:, :, None], (top[:, None] * upward)[:, None, :]
        averaging = self.times.flammable_averaging_s
        courses = [part.moments_kg_m3(*along, averaging, time) for part in self.parts]
        for i, fields in enumerate(zip(*courses, strict=True)):
            now = sum(fields, np.zeros(1))
            burning = np.where((now >= lfl) & (now <= ufl), now, 0.0).sum(axis=(1, 2)) * cell
            mass[i] = burning.sum()
            reached = np.flatnonzero((now >= lfl).any(axis=(1, 2)))
            reach[i] = x[reached[-1]] if reached.size else 0.0
            centre[i] = float(burning @ x) / mass[i] if mass[i] else math.nan
        return time, mass, reach, centre


def broadcast(*arrays: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return three arrays in their common shape."""
    x, y, z = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in arrays))
    return x, y, z


def _load(part: Part, x: Floats, y: Floats, height: Floats, n: float, times: Times) -> Floats:
    """Return the toxic load of one source, in (mg/m3)^n min."""
    largest = part.concentration_kg_m3(x, y, height, times.exposure_averaging_s) * _MG_PER_KG
    minutes = part.equivalent_s(x, n, times.longest_exposure_s) / _SECONDS_PER_MINUTE
    return np.asarray(largest**n * minutes)
