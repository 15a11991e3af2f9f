"""End events as a kernel keeps them: cropped footprints with their frequency, and their sum over all directions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import HazardError
from geo.hazard.footprint import Event, Footprint, PolarGrid
from geo.hazard.scenario import Outcome
from geo.hazard.weather import WindRose

__all__ = ["Case", "Lethality", "add_up", "halve_precision", "make_cases"]

_Floats = NDArray[np.float64]
_Values = NDArray[np.floating[Any]]

_DOUBT = 1e-9
"""How far probabilities may stray from 0 to 1 by rounding."""

_NOISE = 1e-13
"""Share of the largest risk at a radius below which a value is the rounding of a Fourier transform."""


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
        _check_event(event, frequencies_per_year, rose, grid)
        footprint = event.footprint
        if id(footprint) not in cropped:
            cropped[id(footprint)] = _crop(footprint)
        layers = cropped[id(footprint)]
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
        field = np.zeros((len(lethality.values), angles))
        columns = (lethality.first_angle + np.arange(lethality.values.shape[1])) % angles
        field[:, columns] = lethality.values
        spectrum[: len(field)] += np.fft.rfft(field, axis=1) * np.fft.rfft(spread)
    risk = np.fft.irfft(spectrum, angles, axis=1)
    risk[risk < _NOISE * risk.max(axis=1, keepdims=True, initial=0.0)] = 0.0
    return np.maximum(risk, 0.0)


def _check_event(
    event: Event, frequencies_per_year: Mapping[str, float], rose: WindRose, grid: PolarGrid
) -> None:
    where = f"event {event.outcome} of scenario {event.scenario_id!r}"
    if event.scenario_id not in frequencies_per_year:
        raise HazardError(f"{where}: no such scenario")
    if event.weather is not None and not 0 <= event.weather < len(rose.weathers):
        raise HazardError(f"{where}: the wind rose has no weather {event.weather}")
    if not -_DOUBT <= event.probability <= 1 + _DOUBT:
        raise HazardError(f"{where}: probability {event.probability} is not within 0..1")
    for name in ("individual", "outdoors", "indoors"):
        lethality = getattr(event.footprint, name)
        if lethality.shape not in {(len(grid.radius_m), grid.n_angles), (len(grid.radius_m), 1)}:
            raise HazardError(f"{where}: footprint of shape {lethality.shape} is not on the grid")
        if not (lethality.min() >= -_DOUBT and lethality.max() <= 1 + _DOUBT):
            raise HazardError(f"{where}: lethality {name} is not within 0..1 everywhere")


def _crop(footprint: Footprint) -> tuple[Lethality, Lethality, Lethality]:
    individual = _crop_layer(footprint.individual)
    return (
        individual,
        _scale_or_crop(footprint.outdoors, footprint.individual, individual),
        _scale_or_crop(footprint.indoors, footprint.individual, individual),
    )


def _crop_layer(layer: _Floats) -> Lethality:
    """Return a layer of a footprint without the outer radii and the angles off the wind at which nobody dies."""
    deadly = np.flatnonzero(layer.any(axis=1))
    rows = int(deadly[-1]) + 1 if len(deadly) else 0
    angles = layer.shape[1]
    if angles == 1:
        return Lethality(values=_clip(layer[:rows]), first_angle=0)
    columns = np.flatnonzero(layer.any(axis=0))
    off_wind = int(np.minimum(columns, angles - columns).max(initial=1))
    first, last = (-off_wind, off_wind) if 2 * off_wind < angles - 1 else (-(angles // 2), (angles - 1) // 2)
    window = np.hstack([layer[:rows, angles + first :], layer[:rows, : last + 1]])
    return Lethality(values=_clip(window), first_angle=first)


def _clip(layer: _Floats) -> _Floats:
    """Return a copy within 0 to 1: rounding may have left it by a hair."""
    return np.clip(layer, 0.0, 1.0)


def _scale_or_crop(layer: _Floats, individual: _Floats, cropped: Lethality) -> Lethality:
    """Return a layer as a multiple of the individual one where it is that."""
    if layer is individual:
        return cropped
    rows, highest = len(cropped.values), cropped.values.max(initial=0.0)
    if layer.shape == individual.shape and highest > 0 and not layer[rows:].any():
        scale = float(layer[:rows].max() / highest)
        expected = scale * individual[:rows]
        if (np.abs(layer[:rows] - expected) <= 1e-12 * expected).all():
            return Lethality(values=cropped.values, first_angle=cropped.first_angle, scale=scale)
    return _crop_layer(layer)
