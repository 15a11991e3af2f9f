"""End events as a kernel keeps them: cropped footprints with their frequency, and their sum over all directions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

from geo.errors import HazardError
from geo.hazard.footprint import Event, PolarGrid
from geo.hazard.scenario import Outcome
from geo.hazard.weather import WindRose

__all__ = ["Case", "Lethality", "add_up", "halve_precision", "make_cases"]

_Floats = NDArray[np.float64]
_Values = NDArray[np.floating[Any]]

_DOUBT = 1e-9
"""How far probabilities may stray from 0 to 1 by rounding. Numerical."""

_NOISE = 1e-13
"""Share of the largest risk at a radius below which a value is the rounding of a Fourier transform. Numerical."""


@dataclass(frozen=True, kw_only=True)
class Lethality:
    """Probability of death around a source, cropped to where it is not zero.

    Attributes
    ----------
    values : ndarray, shape (n, n_columns)
        At the first ``n`` radii of the grid and at angles ``first_angle``, ``first_angle + 1``, ... steps clockwise
        from downwind; one column where all angles are alike.
    first_angle : int
        0 or negative: downwind is in the middle.
    scale : float
        To multiply the values with: footprints of people in and out of doors are mostly multiples of another.
    """

    values: _Values
    first_angle: int
    scale: float = 1.0

    @property
    def is_round(self) -> bool:
        """Whether all angles are alike."""
        return self.values.shape[1] == 1 and self.first_angle == 0

    @property
    def kills(self) -> bool:
        """Whether anybody may die anywhere."""
        return self.scale > 0.0 and bool(self.values.any())


@dataclass(frozen=True, kw_only=True)
class Case:
    """One end event in one weather.

    Attributes
    ----------
    share : int
        Position in the kernel's shares.
    weather : int or None
        Index in the wind rose; None: the same in every weather.
    frequency_per_year : float
        Of the scenario, times the probability of the end event; the weather's own probability is not in it.
    individual, outdoors, indoors : Lethality
        As in the event's footprint.
    """

    share: int
    weather: int | None
    frequency_per_year: float
    individual: Lethality
    outdoors: Lethality
    indoors: Lethality


def make_cases(
    events: Sequence[Event],
    frequencies_per_year: Mapping[str, float],
    rose: WindRose,
    grid: PolarGrid,
) -> tuple[tuple[Case, ...], tuple[tuple[str, Outcome], ...]]:
    """Return the cases of events, and scenario and outcome of each share, both in the order of the events.

    Events that cannot kill are left out. Footprints that several events share are kept once.

    Raises
    ------
    HazardError
        If an event has no scenario, no such weather, or probabilities outside 0 to 1.
    """
    names: dict[tuple[str, Outcome], int] = {}
    cropped: dict[int, tuple[Lethality, Lethality, Lethality]] = {}
    cases = []
    for event in events:
        _check_event(event, frequencies_per_year, rose)
        if id(event.footprint) not in cropped:
            cropped[id(event.footprint)] = _crop(event, grid)
        layers = cropped[id(event.footprint)]
        if event.probability <= 0.0 or not any(layer.kills for layer in layers):
            continue
        cases.append(
            Case(
                share=names.setdefault((event.scenario_id, event.outcome), len(names)),
                weather=event.weather,
                frequency_per_year=frequencies_per_year[event.scenario_id] * event.probability,
                individual=layers[0],
                outdoors=layers[1],
                indoors=layers[2],
            )
        )
    return tuple(cases), tuple(names)


def add_up(cases: Iterable[Case], directions: _Floats) -> _Floats:
    """Individual risk of cases over all directions: circular convolutions, by Fourier transforms.

    The transforms leave noise of 1e-16 of the largest risk at a radius; what is below 1e-13 of it counts as 0, so that
    no risk is negative and where no cloud goes there is none.

    Parameters
    ----------
    cases : iterable of Case
    directions : ndarray, shape (n_weathers, n_angles)
        Probability that the cloud goes to each azimuth, by weather.

    Returns
    -------
    ndarray, shape (n, n_angles) or (n, 1)
        At the first radii of the grid, azimuths clockwise from north. [1/year]
    """
    angles = directions.shape[1]
    whole = directions.sum(axis=0)
    spreads: dict[int, tuple[Lethality, _Floats]] = {}
    for case in cases:
        spread = whole if case.weather is None else directions[case.weather]
        rate = case.frequency_per_year * case.individual.scale
        before = spreads.get(id(case.individual), (case.individual, np.zeros(angles)))
        spreads[id(case.individual)] = (case.individual, before[1] + rate * spread)
    rows = max((len(lethality.values) for lethality, _ in spreads.values()), default=0)
    all_round = all(lethality.is_round for lethality, _ in spreads.values())
    risk = np.zeros((rows, 1 if all_round else angles))
    if not all_round:
        risk += _convolve([pair for pair in spreads.values() if not pair[0].is_round], rows, angles)
    for lethality, spread in spreads.values():
        if lethality.is_round:
            risk[: len(lethality.values)] += lethality.values * spread.sum()
    return risk


def halve_precision(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Return cases with footprints in single precision, half the memory; what was shared stays shared."""
    kept: dict[int, _Values] = {}

    def halve(lethality: Lethality) -> Lethality:
        if id(lethality.values) not in kept:
            kept[id(lethality.values)] = lethality.values.astype(np.float32)
        return replace(lethality, values=kept[id(lethality.values)])

    halved: dict[int, Lethality] = {}
    for case in cases:
        for layer in (case.individual, case.outdoors, case.indoors):
            if id(layer) not in halved:
                halved[id(layer)] = halve(layer)
    return tuple(
        replace(
            case,
            individual=halved[id(case.individual)],
            outdoors=halved[id(case.outdoors)],
            indoors=halved[id(case.indoors)],
        )
        for case in cases
    )


def _convolve(pairs: Sequence[tuple[Lethality, _Floats]], rows: int, angles: int) -> _Floats:
    spectrum = np.zeros((rows, angles // 2 + 1), dtype=np.complex128)
    for lethality, spread in pairs:
        blown = scipy.fft.rfft(_spread_out(lethality, angles), axis=1)
        blown *= scipy.fft.rfft(spread)
        spectrum[: len(blown)] += blown
    risk: _Floats = scipy.fft.irfft(spectrum, angles, axis=1, overwrite_x=True)
    risk[risk < _NOISE * risk.max(axis=1, keepdims=True, initial=0.0)] = 0.0
    return np.maximum(risk, 0.0, out=risk)


def _spread_out(lethality: Lethality, angles: int) -> _Floats:
    """Return a lethality at all angles from downwind, in double precision."""
    values, left = lethality.values, -lethality.first_angle
    if values.shape[1] == angles and not left:
        return values.astype(np.float64, copy=False)
    field = np.zeros((len(values), angles))
    field[:, angles - left :] = values[:, :left]
    field[:, : values.shape[1] - left] = values[:, left:]
    return field


def _check_event(event: Event, frequencies_per_year: Mapping[str, float], rose: WindRose) -> None:
    where = _name(event)
    if event.scenario_id not in frequencies_per_year:
        raise HazardError(f"{where}: no such scenario")
    if event.weather is not None and not 0 <= event.weather < len(rose.weathers):
        raise HazardError(f"{where}: the wind rose has no weather {event.weather}")
    if not -_DOUBT <= event.probability <= 1 + _DOUBT:
        raise HazardError(f"{where}: probability {event.probability} is not within 0..1")


def _name(event: Event) -> str:
    return f"event {event.outcome} of scenario {event.scenario_id!r}"


def _crop(event: Event, grid: PolarGrid) -> tuple[Lethality, Lethality, Lethality]:
    """Return the layers of an event's footprint cropped; what is the same layer or a multiple is kept once."""
    footprint, done = event.footprint, dict[int, Lethality]()
    for name in ("individual", "outdoors", "indoors"):
        layer = getattr(footprint, name)
        if layer.shape not in {(len(grid.radius_m), grid.n_angles), (len(grid.radius_m), 1)}:
            raise HazardError(f"{_name(event)}: footprint of shape {layer.shape} is not on the grid")
        if id(layer) not in done:
            cropped = _crop_layer(layer)
            if cropped is None:
                raise HazardError(f"{_name(event)}: lethality {name} is not within 0..1 everywhere")
            done[id(layer)] = _scale(cropped, done.get(id(footprint.individual), cropped))
    return done[id(footprint.individual)], done[id(footprint.outdoors)], done[id(footprint.indoors)]


def _crop_layer(layer: _Floats) -> Lethality | None:
    """Return a layer of a footprint without the outer radii and the angles off the wind at which nobody dies.

    None where it is no probability. What is cropped little is no copy.
    """
    rows, off_wind, strays = _extent(layer)
    if rows < 0:
        return None
    angles, first = layer.shape[1], 0
    if angles > 1 and 2 * max(off_wind, 1) < angles - 1:
        first = -max(off_wind, 1)
        layer = np.hstack([layer[:rows, first:], layer[:rows, : 1 - first]])
    window = layer[:rows]
    # Rounding may have left 0 to 1 by a hair.
    return Lethality(values=np.clip(window, 0.0, 1.0) if strays else window, first_angle=first)


@njit(cache=True, nogil=True)
def _extent(layer: _Floats) -> tuple[int, int, bool]:  # pragma: no cover  # compiled
    """Return the number of rows that are not all 0, the farthest column from the first either way, what leaves 0 to 1.

    The number of rows is -1 where a value is no number or leaves 0 to 1 by more than rounding.
    """
    rows, off_wind, strays = 0, 0, False
    columns = layer.shape[1]
    for row in range(layer.shape[0]):
        wrong = deadly = outside = False
        for column in range(columns):
            value = layer[row, column]
            deadly |= value != 0.0
            outside |= not 0.0 <= value <= 1.0
            wrong |= not -_DOUBT <= value <= 1.0 + _DOUBT
        if wrong:
            return -1, 0, True
        strays |= outside
        if deadly:
            rows, column = row + 1, columns // 2
            while column > off_wind and layer[row, column] == 0.0 and layer[row, columns - column] == 0.0:
                column -= 1
            off_wind = max(off_wind, column)
    return rows, off_wind, strays


def _scale(cropped: Lethality, individual: Lethality) -> Lethality:
    """Return a layer as a multiple of the individual one where it is that."""
    values, base = cropped.values, individual.values
    if not len(values):
        return replace(individual, scale=0.0)
    if cropped is individual or values.shape != base.shape or cropped.first_angle != individual.first_angle:
        return cropped
    scale = float(values.max() / base.max())
    return replace(individual, scale=scale) if _is_multiple(values, base, scale) else cropped


@njit(cache=True, nogil=True)
def _is_multiple(values: _Values, base: _Values, scale: float) -> bool:  # pragma: no cover  # compiled
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            expected = scale * base[row, column]
            if not abs(values[row, column] - expected) <= 1e-12 * expected:
                return False
    return True
