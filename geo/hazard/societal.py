"""Societal risk: how often how many people die in one accident, and the F-N curve.

Every end event in every weather and direction is an accident of its own: it has a frequency ``f`` and an expected
number of deaths ``N``, which is not rounded. ``F(N)`` is the yearly frequency of ``N`` OR MORE deaths (GB 36894-2018);
the area under it is the potential loss of life, ``PLL = sum of f * N``.

People are counted in cells. A cell is shared out among the four nearest nodes of a kernel's polar grid, so that the
deaths are those of the footprint interpolated bilinearly at the cell's centre.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.ellipsoid import FloatArray
from geo.errors import HazardError
from geo.hazard.cases import Lethality
from geo.hazard.footprint import PolarGrid
from geo.hazard.kernel import Kernel
from geo.hazard.parameters import Parameter
from geo.hazard.stamp import Placement, SitePlane
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import spread_directions

__all__ = [
    "Accidents",
    "FnCurve",
    "Population",
    "count_deaths",
    "fn_curve",
]

_Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Population:
    """People around a plant, cell by cell; its own workers are not among them.

    Attributes
    ----------
    lon, lat : ndarray, shape (n,)
        Centres of the cells, EPSG:4490. [°]
    people_day, people_night : ndarray, shape (n,)
        Present by day and by night.
    indoors_day, indoors_night : ndarray, shape (n,)
        Share of them in buildings, 0 to 1.
    source : str
    parameters : tuple of Parameter
        What the split by day and night and the shares rest on.
    unknown_share : float
        Of the ground that was asked for, without a number of people: what is computed is then the least.
    """

    lon: FloatArray
    lat: FloatArray
    people_day: FloatArray
    people_night: FloatArray
    indoors_day: FloatArray
    indoors_night: FloatArray
    source: str
    parameters: tuple[Parameter, ...] = ()
    unknown_share: float = 0.0

    def __post_init__(self) -> None:
        columns = (self.lat, self.people_day, self.people_night, self.indoors_day, self.indoors_night)
        if any(column.shape != self.lon.shape for column in columns):
            raise HazardError("columns of a population differ in length", "人口数据各列长度不一")
        for name in ("people_day", "people_night", "indoors_day", "indoors_night"):
            values, highest = getattr(self, name), 1.0 if name.startswith("indoors") else np.inf
            wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0) & (values <= highest)))
            if wrong.size:
                value = values[wrong[0]]
                raise HazardError(
                    f"population cell {wrong[0]}: {name} is {value}",
                    f"人口单元 {wrong[0]}：{name} 为 {value}",
                )

    def take(self, kept: NDArray[np.bool_]) -> "Population":
        """Return some of the cells."""
        return replace(
            self,
            lon=self.lon[kept],
            lat=self.lat[kept],
            people_day=self.people_day[kept],
            people_night=self.people_night[kept],
            indoors_day=self.indoors_day[kept],
            indoors_night=self.indoors_night[kept],
        )


@dataclass(frozen=True)
class Accidents:
    """Frequencies and deaths of accidents; arrays over those in which somebody may die.

    Attributes
    ----------
    frequency_per_year : ndarray
    deaths : ndarray
        Expected number, not rounded.
    """

    frequency_per_year: FloatArray
    deaths: FloatArray

    @classmethod
    def join(cls, parts: Sequence["Accidents"]) -> "Accidents":
        """Return the accidents of several pieces of equipment as one list."""
        return cls(
            np.concatenate([np.empty(0), *(part.frequency_per_year for part in parts)]),
            np.concatenate([np.empty(0), *(part.deaths for part in parts)]),
        )


@dataclass(frozen=True)
class FnCurve:
    """A staircase: ``frequency_per_year[i]`` is the frequency of ``deaths[i]`` or more.

    Attributes
    ----------
    deaths : ndarray
        Rising, each once.
    frequency_per_year : ndarray
        Not rising.
    pll_per_year : float
        Potential loss of life: sum of frequency times deaths over the accidents.
    """

    deaths: FloatArray
    frequency_per_year: FloatArray
    pll_per_year: float

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Deaths and frequency at the right end of every step, where falling criterion lines come nearest."""
        return list(zip(self.deaths.tolist(), self.frequency_per_year.tolist(), strict=True))


def count_deaths(placement: Placement, plane: SitePlane, population: Population, rose: WindRose) -> Accidents:
    """Accidents of one piece of equipment among people: one for each end event, weather and direction.

    Parameters
    ----------
    placement : Placement
    plane : SitePlane
    population : Population
    rose : WindRose
        That the kernel was built with.
    """
    kernel = placement.kernel
    offsets_m = plane.to_plane(np.column_stack([population.lon, population.lat]))
    offsets_m -= (placement.x_m, placement.y_m)
    row, column, weight = _share_out(offsets_m, kernel.grid)
    directions = spread_directions(rose, kernel.grid.n_angles)
    by_day = np.array([weather.by_day for weather in rose.weathers])
    parts = []
    for day, people, indoors in (
        (True, population.people_day, population.indoors_day),
        (False, population.people_night, population.indoors_night),
    ):
        used = by_day == day
        outdoor = (row, column, (weight * (people * (1 - indoors))).ravel())
        indoor = (row, column, (weight * (people * indoors)).ravel())
        parts.append(_count(kernel, outdoor, indoor, np.where(used[:, None], directions, 0.0)))
    return Accidents.join(parts)


_Nodes = tuple[_Ints, _Ints, FloatArray]
"""Row and column of polar nodes with the people that stand there."""


def _count(kernel: Kernel, outdoor: _Nodes, indoor: _Nodes, directions: FloatArray) -> Accidents:
    """Accidents of a kernel by day or by night; ``directions`` are 0 in weathers of the other."""
    frequencies, deaths = [], []
    whole = directions.sum(axis=0)
    outdoor, indoor = _drop_empty(outdoor), _drop_empty(indoor)
    for case in kernel.cases:
        spread = whole if case.weather is None else directions[case.weather]
        if not spread.any():
            continue
        number = _deaths(case.outdoors, outdoor, kernel.grid) + _deaths(case.indoors, indoor, kernel.grid)
        happens = case.frequency_per_year * (spread if number.size > 1 else spread.sum(keepdims=True))
        felt = (number > 0) & (happens > 0)
        frequencies.append(happens[felt])
        deaths.append(number[felt])
    return Accidents(np.concatenate([np.empty(0), *frequencies]), np.concatenate([np.empty(0), *deaths]))


def _share_out(offsets_m: FloatArray, grid: PolarGrid) -> tuple[_Ints, _Ints, FloatArray]:
    """Rows, columns and weights of the four nodes around each point, weights of shape (4, n); 0 beyond the grid."""
    rows, angles = len(grid.radius_m), grid.n_angles
    log_radius = np.log(grid.radius_m)
    distance_m = np.maximum(np.hypot(*offsets_m.T), grid.radius_m[0])
    place = (np.log(distance_m) - log_radius[0]) * (rows - 1) / (log_radius[-1] - log_radius[0])
    inside = place < rows
    place = np.where(inside, place, 0.0)
    row = place.astype(np.int64)
    beyond = place - row
    place = (np.arctan2(*offsets_m.T) % (2 * np.pi)) * (angles / (2 * np.pi))
    column = place.astype(np.int64)
    aside = place - column
    weights = np.stack(
        [(1 - beyond) * (1 - aside), (1 - beyond) * aside, beyond * (1 - aside), beyond * aside]
    )
    columns = np.stack([column % angles, (column + 1) % angles] * 2)
    return np.stack([row, row, row + 1, row + 1]).ravel(), columns.ravel(), weights * inside


def _drop_empty(nodes: _Nodes) -> _Nodes:
    row, column, people = nodes
    kept = people > 0
    return row[kept], column[kept], people[kept]


def _deaths(lethality: Lethality, nodes: _Nodes, grid: PolarGrid) -> FloatArray:
    """Deaths for each direction of the cloud, shape (n_angles,); shape (1,) where they do not differ."""
    row, column, people = nodes
    angles = 1 if lethality.is_round else grid.n_angles
    if not len(lethality.values):
        return np.zeros(angles)
    found = _correlate(lethality.values, lethality.first_angle, row, column % angles, people, angles)
    return np.asarray(lethality.scale * found)


@njit(cache=True, nogil=True)
def _correlate(
    lethality: NDArray[Any], first_angle: int, row: _Ints, column: _Ints, people: FloatArray, angles: int
) -> FloatArray:  # pragma: no cover  # compiled
    deaths = np.zeros(angles)
    for node in range(len(row)):
        if row[node] < lethality.shape[0]:
            for angle in range(lethality.shape[1]):
                direction = (column[node] - first_angle - angle) % angles
                deaths[direction] += people[node] * lethality[row[node], angle]
    return deaths


def fn_curve(accidents: Accidents) -> FnCurve:
    """F-N curve of accidents; empty where nobody can die."""
    order = np.lexsort((accidents.frequency_per_year, accidents.deaths))[::-1]
    deaths, frequency = accidents.deaths[order], accidents.frequency_per_year[order]
    cumulated = np.cumsum(frequency)
    last_of_equal = np.append(deaths[1:] != deaths[:-1], True)[: len(deaths)]
    return FnCurve(
        deaths[last_of_equal][::-1],
        cumulated[last_of_equal][::-1],
        math.fsum(accidents.frequency_per_year * accidents.deaths),
    )
