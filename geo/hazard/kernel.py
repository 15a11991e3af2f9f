"""Risk of one piece of equipment as a polar field: every event, weather and direction summed once.

Individual risk at radius ``r`` and azimuth ``a`` (GB/T 37243-2019, 6.7)::

    IR(r, a) = sum over scenarios s, weathers m, directions d, end events i of
               f_s * P(m, d) * P(i | s, m) * P_death(r, a - d)

``d`` is where the cloud goes. The sum over ``d`` is a circular convolution of the lethality with the probabilities of
the directions, so that a kernel depends on nothing but the equipment and the wind rose: moving the equipment moves the
kernel. Everything is added in a fixed order.

A kernel keeps a share for each scenario and end event; the kernel is their sum. It keeps the footprints too, cropped to
where they are not zero: societal risk counts people by event and direction, and the uncertainty of the wind needs
other convolutions of the same footprints.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.errors import HazardError
from geo.hazard.cases import Case, add_up, halve_precision, make_cases
from geo.hazard.footprint import Event, PolarGrid
from geo.hazard.parameters import Parameter
from geo.hazard.scenario import Outcome
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import spread_directions
from geo.text import Text

__all__ = [
    "Kernel",
    "Share",
    "build_kernel",
    "make_polar_grid",
    "pad_table",
]

_Floats = NDArray[np.float64]
_T = TypeVar("_T")

N_ANGLES = 720
"""Half a degree: every sector of 16 or 36 is divided into 20 or more."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """Part of a kernel: one end event of one scenario.

    Attributes
    ----------
    scenario_id : str
    outcome : Outcome
    risk_per_year : ndarray, shape (n, n_angles) or (n, 1)
        At the first ``n`` radii of the grid and at azimuths ``2 pi k / n_angles`` clockwise from north; one column
        where all azimuths are alike.
    """

    scenario_id: str
    outcome: Outcome
    risk_per_year: _Floats


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """Risk around one piece of equipment.

    Attributes
    ----------
    key : str
        Digest of what it was built from; equal keys, equal kernels.
    grid : PolarGrid
    table : ndarray
        Sum of the shares as :func:`pad_table` makes it ready for sampling.
    shares : tuple of Share
        In the order of the events.
    cases : tuple of Case
        Footprints in single precision.
    parameters : tuple of Parameter
        Each once, in the order of the events.
    models : tuple of str
    warnings : tuple of Text
    """

    key: str
    grid: PolarGrid
    table: _Floats
    shares: tuple[Share, ...]
    cases: tuple[Case, ...]
    parameters: tuple[Parameter, ...]
    models: tuple[str, ...]
    warnings: tuple[Text, ...]

    @property
    def risk_per_year(self) -> _Floats:
        """Sum of the shares, shape (n, n_angles), over the first ``n`` radii of the grid."""
        return self.table[:-2, :-2]

    @property
    def reach_m(self) -> float:
        """Radius in metres beyond which the risk is 0: one step after the last where it is not."""
        rows, radius_m = len(self.risk_per_year), self.grid.radius_m
        if rows == len(radius_m):
            return float(radius_m[-1] ** 2 / radius_m[-2])
        return float(radius_m[rows]) if rows else 0.0

    @cached_property
    def size_bytes(self) -> int:
        """Memory that its arrays take."""
        arrays: list[NDArray[Any]] = [share.risk_per_year for share in self.shares]
        arrays += [a.values for case in self.cases for a in (case.individual, case.outdoors, case.indoors)]
        arrays.append(self.table)
        return sum(array.nbytes for array in {id(array): array for array in arrays}.values())

    def slim(self) -> "Kernel":
        """Return the kernel without shares and cases: enough for risk and contours, a tenth of the memory."""
        return replace(self, shares=(), cases=())


def make_polar_grid(
    nearest_m: float = 5.0, farthest_m: float = 10_000.0, n_radii: int = 401, n_angles: int = N_ANGLES
) -> PolarGrid:
    """Return the grid on which footprints are computed: radii in a geometric row.

    The standard one has a step of 1.9 % from 5 m to 10 km, the range of the dispersion models, and of half a degree.
    """
    return PolarGrid(radius_m=np.geomspace(nearest_m, farthest_m, n_radii), n_angles=n_angles)


def build_kernel(
    events: Sequence[Event],
    frequencies_per_year: Mapping[str, float],
    rose: WindRose,
    grid: PolarGrid,
    key: str,
) -> Kernel:
    """Return the kernel of the events of one piece of equipment.

    Parameters
    ----------
    events : sequence of Event
        With footprints on the grid; those that kill nobody are left out.
    frequencies_per_year : mapping of scenario id to frequency
    rose : WindRose
    grid : PolarGrid
    key : str
        Digest of all inputs (:func:`digest_of`).

    Raises
    ------
    HazardError
        If an event has no scenario, no such weather, or a probability outside 0 to 1; if the radii of the grid are
        no geometric row.
    """
    _check_grid(grid)
    directions = spread_directions(rose, grid.n_angles)
    cases, names = make_cases(events, frequencies_per_year, rose, grid)
    groups = [[case for case in cases if case.share == number] for number in range(len(names))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each share is summed by one thread, in a fixed order
        sums = pool.map(add_up, groups, repeat(directions))
    shares = tuple(
        Share(scenario_id=scenario, outcome=outcome, risk_per_year=risk)
        for (scenario, outcome), risk in zip(names, sums, strict=True)
    )
    return Kernel(
        key=key,
        grid=grid,
        table=_sum_shares(shares, grid),
        shares=shares,
        cases=halve_precision(cases),
        parameters=_unique(row for event in events for row in event.parameters),
        models=_unique(name for event in events for name in (*event.source_models, event.model)),
        warnings=_unique(warning for event in events for warning in event.warnings),
    )


def _sum_shares(shares: Sequence[Share], grid: PolarGrid) -> _Floats:
    rows = max((len(share.risk_per_year) for share in shares), default=0)
    total = np.zeros((rows, grid.n_angles))
    for share in shares:
        total[: len(share.risk_per_year)] += share.risk_per_year
    return pad_table(total)


def pad_table(risk_per_year: _Floats) -> _Floats:
    """Return a field with two rows of zeros beyond its last radius and its first two azimuths repeated at the end."""
    rows, columns = risk_per_year.shape
    padded = np.zeros((rows + 2, columns + 2))
    padded[:rows, :columns] = risk_per_year
    padded[:rows, columns:] = risk_per_year[:, :2] if columns > 1 else risk_per_year
    return padded


def _check_grid(grid: PolarGrid) -> None:
    steps = np.diff(np.log(grid.radius_m))
    if len(steps) < 1 or not (steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0.0)):
        raise HazardError("the radii of a polar grid must be a rising geometric row")


def _unique(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))
