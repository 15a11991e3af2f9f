"""Risk of one piece of equipment as a polar field: every event, weather and direction summed once.

Individual risk at radius ``r`` and azimuth ``a`` (GB/T 37243-2019, 6.7)::

    IR(r, a) = sum over scenarios s, weathers m, directions d, end events i of
               f_s * P(m, d) * P(i | s, m) * P_death(r, a - d)

``d`` is where the cloud goes. The sum over ``d`` is a circular convolution of the lethality with the probabilities of
the directions, so that a kernel depends on nothing but the equipment and the wind rose: moving the equipment moves the
kernel. All terms are positive and are added in a fixed order; no Fourier transform puts noise where the risk is small.

A kernel keeps a share for each scenario and end event; the kernel is their sum. It keeps the footprints too, cropped to
where they are not zero: societal risk counts people by event and direction, and the uncertainty of the wind needs
other convolutions of the same footprints.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from geo.errors import HazardError
from geo.hazard.footprint import Event, PolarGrid
from geo.hazard.parameters import Parameter
from geo.hazard.scenario import Outcome
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import spread_directions
from geo.text import Text

__all__ = [
    "Case",
    "Kernel",
    "Lethality",
    "Share",
    "build_kernel",
    "convolve",
    "digest_of",
    "make_polar_grid",
    "pad_table",
]

_Floats = NDArray[np.float64]
_T = TypeVar("_T")

N_ANGLES = 720
"""Half a degree: every sector of 16 or 36 is divided into 20 or more."""

_DOUBT = 1e-9
"""How far probabilities may stray from 0 to 1 by rounding."""


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

    values: _Floats
    first_angle: int
    scale: float = 1.0

    @property
    def is_round(self) -> bool:
        """Whether all angles are alike."""
        return self.values.shape[1] == 1 and self.first_angle == 0


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
    shares : tuple of Share
        In the order of the events.
    cases : tuple of Case
    parameters : tuple of Parameter
        Each once, in the order of the events.
    models : tuple of str
    warnings : tuple of Text
    """

    key: str
    grid: PolarGrid
    shares: tuple[Share, ...]
    cases: tuple[Case, ...]
    parameters: tuple[Parameter, ...]
    models: tuple[str, ...]
    warnings: tuple[Text, ...]

    @cached_property
    def table(self) -> _Floats:
        """Sum of the shares as :func:`pad_table` makes it ready for sampling."""
        rows = max((len(share.risk_per_year) for share in self.shares), default=0)
        total = np.zeros((rows, self.grid.n_angles))
        for share in self.shares:
            total[: len(share.risk_per_year)] += share.risk_per_year
        return pad_table(total)

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

    @property
    def size_bytes(self) -> int:
        """Memory that its arrays take."""
        arrays = [share.risk_per_year for share in self.shares]
        arrays += [a.values for case in self.cases for a in (case.individual, case.outdoors, case.indoors)]
        return sum(array.nbytes for array in {id(array): array for array in arrays}.values())


def make_polar_grid(
    nearest_m: float = 5.0, farthest_m: float = 10_000.0, n_radii: int = 321, n_angles: int = N_ANGLES
) -> PolarGrid:
    """Return the grid on which footprints are computed: radii in a geometric row.

    The standard one has a step of 2.4 % from 5 m to 10 km, the range of the dispersion models, and of half a degree.
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
    whole_rose = directions.sum(axis=0)
    names: dict[tuple[str, Outcome], int] = {}
    fields: list[_Floats] = []
    cases = []
    for event in events:
        _check_event(event, frequencies_per_year, rose, grid)
        case = _crop(event, frequencies_per_year[event.scenario_id], names)
        if case is None:
            continue
        if case.share == len(fields):
            fields.append(np.zeros((0, 1)))
        spread = whole_rose if case.weather is None else directions[case.weather]
        risk_per_year = convolve(case.individual, spread, case.frequency_per_year)
        fields[case.share] = _add(fields[case.share], risk_per_year)
        cases.append(case)
    return Kernel(
        key=key,
        grid=grid,
        shares=tuple(
            Share(scenario_id=scenario, outcome=outcome, risk_per_year=fields[number])
            for (scenario, outcome), number in names.items()
        ),
        cases=tuple(cases),
        parameters=_unique(row for event in events for row in event.parameters),
        models=_unique(event.model for event in events),
        warnings=_unique(warning for event in events for warning in event.warnings),
    )


def convolve(lethality: Lethality, spread: _Floats, frequency_per_year: float) -> _Floats:
    """Risk of one footprint over all directions.

    Parameters
    ----------
    lethality : Lethality
    spread : ndarray, shape (n_angles,)
        Probability that the cloud goes to each azimuth.
    frequency_per_year : float

    Returns
    -------
    ndarray, shape (n, n_angles) or (n, 1)
        At azimuths clockwise from north. [1/year]
    """
    frequency = frequency_per_year * lethality.scale
    if lethality.is_round:
        return np.asarray(lethality.values * (frequency * spread.sum()))
    twice = np.concatenate([spread, spread])
    return np.asarray(_convolve(lethality.values, lethality.first_angle, twice, frequency))


def pad_table(risk_per_year: _Floats) -> _Floats:
    """Return a field with two rows of zeros beyond its last radius and its first two azimuths repeated at the end."""
    rows, columns = risk_per_year.shape
    padded = np.zeros((rows + 2, columns + 2))
    padded[:rows, :columns] = risk_per_year
    padded[:rows, columns:] = risk_per_year[:, :2] if columns > 1 else risk_per_year
    return padded


@njit(cache=True, nogil=True)
def _convolve(
    lethality: _Floats, first_angle: int, spread_twice: _Floats, frequency: float
) -> _Floats:  # pragma: no cover  # compiled
    rows, columns = lethality.shape
    angles = len(spread_twice) // 2
    risk = np.zeros((rows, angles))
    for row in range(rows):
        for column in range(columns):
            weight = frequency * lethality[row, column]
            if weight != 0.0:
                start = angles - (first_angle + column) % angles
                for azimuth in range(angles):
                    risk[row, azimuth] += weight * spread_twice[start + azimuth]
    return risk


def _check_grid(grid: PolarGrid) -> None:
    steps = np.diff(np.log(grid.radius_m))
    if len(steps) < 1 or not (steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0.0)):
        raise HazardError("the radii of a polar grid must be a rising geometric row")


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


def _crop(event: Event, frequency_per_year: float, names: dict[tuple[str, Outcome], int]) -> Case | None:
    """Return an event as a case of its share; None where it cannot kill. Names of new shares are added."""
    footprint = event.footprint
    individual = _crop_layer(footprint.individual)
    if event.probability <= 0.0 or not any(
        layer.any() for layer in (footprint.individual, footprint.outdoors, footprint.indoors)
    ):
        return None
    return Case(
        share=names.setdefault((event.scenario_id, event.outcome), len(names)),
        weather=event.weather,
        frequency_per_year=frequency_per_year * event.probability,
        individual=individual,
        outdoors=_scale_or_crop(footprint.outdoors, footprint.individual, individual),
        indoors=_scale_or_crop(footprint.indoors, footprint.individual, individual),
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
    return Lethality(values=_clip(layer[:rows, np.arange(first, last + 1)]), first_angle=first)


def _clip(layer: _Floats) -> _Floats:
    """Return a copy within 0 to 1: rounding may have left it by a hair."""
    return np.ascontiguousarray(np.clip(layer, 0.0, 1.0))


def _scale_or_crop(layer: _Floats, individual: _Floats, cropped: Lethality) -> Lethality:
    """Return a layer as a multiple of the individual one where it is that."""
    if layer.shape == individual.shape and individual.max() > 0:
        scale = float(layer.max() / individual.max())
        if np.allclose(layer, scale * individual, rtol=1e-12, atol=0.0):
            return Lethality(values=cropped.values, first_angle=cropped.first_angle, scale=scale)
    return _crop_layer(layer)


def _add(one: _Floats, other: _Floats) -> _Floats:
    """Return the sum of two fields that may differ in their number of radii, or be alike in all azimuths."""
    rows, columns = max(len(one), len(other)), max(one.shape[1], other.shape[1])
    total = np.zeros((rows, columns))
    total[: len(one)] += one
    total[: len(other)] += other
    return total


def _unique(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))


def digest_of(*inputs: Any) -> str:
    """SHA-256 of inputs: dataclasses, mappings, sequences, arrays, shapely geometries, enums, numbers, words, None.

    The same content gives the same digest in every process.

    Raises
    ------
    TypeError
        If an input is of another kind.
    """
    plain = json.dumps(_plain(inputs), ensure_ascii=False, separators=(",", ":"), allow_nan=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value as JSON can write it, floats exactly."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return [str(value.dtype), list(value.shape), content]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value, hex=True)
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, _plain(asdict(value))]
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(value[key])] for key in sorted(value, key=str)]
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    raise TypeError(f"cannot digest {type(value).__name__}")
