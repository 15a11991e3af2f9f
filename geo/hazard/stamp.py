"""Kernels stamped on the ground: individual risk on a grid and at points, sums that do not depend on history.

The ground is the azimuthal-equidistant plane about the middle of the site: distances and azimuths from the middle are
geodesic; between two points 10 km from it distances are right to 1e-6. How a kernel is sampled stands in
``geo/hazard/sampling.py``. Inside the first radius of a kernel its first row holds.

Risk of many kernels is summed in groups of fixed size in the order of the placements, so that moving one unit costs its
own stamp, the sum of its group and the sum of the groups; the same placements give the same bytes, whatever was
computed before.
"""

import math
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from geo.ellipsoid import CGCS2000, FloatArray
from geo.errors import HazardError
from geo.hazard.kernel import Kernel, pad_table
from geo.hazard.sampling import add_on_grid, sample_points

__all__ = [
    "Ground",
    "Placement",
    "SitePlane",
    "Stamps",
    "make_ground",
    "sample",
    "sample_shares",
    "sample_table",
    "stamp",
]

GROUP = 16
"""Placements whose stamps are summed before the sums are: about the root of a large park's units. Numerical."""

_BAND_CELLS = 32_768
"""Cells that one thread stamps in one go: a quarter of a megabyte, so that their sum stays in the processor's cache.
Numerical."""

_BANDS_WORTH_THREADS = 6
"""Fewer are done before threads would have started. Numerical."""


@dataclass(frozen=True)
class SitePlane:
    """Azimuthal-equidistant plane about a point: x to the east, y to the north, in metres.

    Attributes
    ----------
    lon, lat : float
        Its middle, EPSG:4490. [°]
    """

    lon: float
    lat: float

    def to_plane(self, lonlat: FloatArray) -> FloatArray:
        """Return x, y of points, shape (n, 2), in metres."""
        lonlat = np.atleast_2d(np.asarray(lonlat, dtype=np.float64))
        middle = np.full(len(lonlat), self.lon), np.full(len(lonlat), self.lat)
        azimuth_deg, _, distance_m = CGCS2000.inv(*middle, lonlat[:, 0], lonlat[:, 1])
        azimuth = np.radians(np.asarray(azimuth_deg))
        return np.column_stack([distance_m * np.sin(azimuth), distance_m * np.cos(azimuth)])

    def to_lonlat(self, xy_m: FloatArray) -> FloatArray:
        """Return longitude and latitude of points of the plane, shape (n, 2), in degrees."""
        xy_m = np.atleast_2d(np.asarray(xy_m, dtype=np.float64))
        middle = np.full(len(xy_m), self.lon), np.full(len(xy_m), self.lat)
        azimuth_deg = np.degrees(np.arctan2(xy_m[:, 0], xy_m[:, 1]))
        lon, lat, _ = CGCS2000.fwd(*middle, azimuth_deg, np.hypot(xy_m[:, 0], xy_m[:, 1]))
        return np.column_stack([lon, lat])


@dataclass(frozen=True)
class Ground:
    """Rectilinear grid of the plane; risk on it has the shape (len(y_m), len(x_m)).

    Attributes
    ----------
    x_m, y_m : ndarray
        Rising positions of columns and rows. [m]
    """

    x_m: FloatArray
    y_m: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.y_m), len(self.x_m)


@dataclass(frozen=True)
class Placement:
    """A kernel where its equipment stands.

    Attributes
    ----------
    id : str
        Of the equipment, unique among placements.
    kernel : Kernel
    x_m, y_m : float
        In the plane of the site. [m]
    """

    id: str
    kernel: Kernel
    x_m: float
    y_m: float


def make_ground(
    sources_m: FloatArray, reach_m: float, near_step_m: float = 10.0, far_step_m: float = 50.0
) -> Ground:
    """Return the grid around sources: fine within 500 m of them, coarser outwards.

    The method asks for 10 m near the sources and 50 m beyond 500 m (GB/T 37243-2019, 6.7). Steps outside grow by a
    tenth from one to the next until they reach the coarse one.

    Parameters
    ----------
    sources_m : ndarray, shape (n, 2)
        In the plane. [m]
    reach_m : float
        How far beyond them the grid goes at least. [m]
    near_step_m, far_step_m : float

    Raises
    ------
    HazardError
        If there is no source.
    """
    if not len(sources_m):
        raise HazardError("no source to lay a grid around", "没有风险源，无法建立网格")
    low, high = np.min(sources_m, axis=0), np.max(sources_m, axis=0)
    axes = [
        _make_axis(float(a), float(b), reach_m, near_step_m, far_step_m)
        for a, b in zip(low, high, strict=True)
    ]
    return Ground(*axes)


def _make_axis(
    low_m: float, high_m: float, reach_m: float, near_step_m: float, far_step_m: float
) -> FloatArray:
    # GB/T 37243-2019, 6.7: fine steps to 500 m.
    near_m = min(500.0, reach_m)
    middle = 0.5 * (low_m + high_m)
    half = math.ceil((0.5 * (high_m - low_m) + near_m) / near_step_m)
    edge_m, end_m = half * near_step_m, 0.5 * (high_m - low_m) + reach_m
    outer, step_m = [edge_m], near_step_m
    while outer[-1] < end_m:
        # Numerical: steps grow by a tenth.
        step_m = min(1.1 * step_m, far_step_m)
        outer.append(outer[-1] + step_m)
    away = np.array(outer[1:])
    inner = np.arange(-half, half + 1) * near_step_m
    return np.concatenate([middle - away[::-1], middle + inner, middle + away])


def sample(placements: Sequence[Placement], points_m: FloatArray) -> FloatArray:
    """Individual risk at points of the plane, shape (n,), per year.

    Placements are added in their order, in groups as on a grid: a point that is a cell has the same risk.
    """
    x_m, y_m = _columns(points_m)

    def sum_group(group: Sequence[Placement]) -> FloatArray:
        total = np.zeros(len(x_m))
        for one in group:
            total += sample_points(one.kernel.table, *_scales(one.kernel), x_m - one.x_m, y_m - one.y_m)
        return total

    return _sum(len(x_m), map(sum_group, _split(placements)))


def sample_shares(placement: Placement, points_m: FloatArray) -> FloatArray:
    """Risk of each share of a placement at points of the plane, shape (n_shares, n), per year."""
    x_m, y_m = _columns(points_m)
    kernel = placement.kernel
    risk_per_year = np.zeros((len(kernel.shares), len(x_m)))
    for row, share in zip(risk_per_year, kernel.shares, strict=True):
        table = pad_table(share.risk_per_year)
        row[:] = sample_points(table, *_scales(kernel), x_m - placement.x_m, y_m - placement.y_m)
    return risk_per_year


def sample_table(placement: Placement, table: FloatArray, points_m: FloatArray) -> FloatArray:
    """Values of another padded table where a kernel stands, at points of the plane, shape (n,)."""
    x_m, y_m = _columns(points_m)
    scales = _scales(placement.kernel)
    return np.asarray(sample_points(table, *scales, x_m - placement.x_m, y_m - placement.y_m))


def stamp(ground: Ground, placements: Sequence[Placement], threads: int | None = None) -> FloatArray:
    """Individual risk of placements on a grid, shape of the ground, per year.

    Every part of the grid is summed to its end before the next, in the processor's cache: time and memory grow with
    the placements in proportion. The result is that of :class:`Stamps` to the last bit.

    Parameters
    ----------
    ground : Ground
    placements : sequence of Placement
        Summed in their order.
    threads : int, optional
        All processors unless stated; the result does not depend on it.
    """
    total = np.zeros(ground.shape)

    def stamp_band(band: slice) -> None:
        for number, group in enumerate(_split(placements)):
            group_sum = total[band] if number == 0 else np.zeros_like(total[band])
            for one in group:
                _add(one, ground.x_m, ground.y_m[band], group_sum)
            if number:
                total[band] += group_sum

    _map(stamp_band, _bands(total.shape), threads or os.cpu_count() or 1)
    return total


def _add(one: Placement, x_m: FloatArray, y_m: FloatArray, total: FloatArray) -> None:
    kernel = one.kernel
    add_on_grid(kernel.table, *_scales(kernel), kernel.reach_m, x_m - one.x_m, y_m - one.y_m, total)


class Stamps:
    """Risk on one grid, with the stamps of kernels and the sums of groups kept for the next question.

    Parameters
    ----------
    ground : Ground
    threads : int, optional
        All processors unless stated; the result does not depend on it.
    memory_bytes : int
        What the kept stamps and sums may take; the least recently used go first.
    """

    def __init__(
        self, ground: Ground, threads: int | None = None, memory_bytes: int = 2**30
    ) -> None:  # chosen
        self.ground = ground
        self._threads = threads or os.cpu_count() or 1
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[Hashable, _Window] = OrderedDict()
        self._kept_bytes = 0

    def risk_per_year(self, placements: Sequence[Placement]) -> FloatArray:
        """Individual risk on the grid, shape of the ground.

        The sum is taken in the order of the placements; sort them if their order must not matter to the last bit.
        """
        groups = [self._sum_group(tuple(group)) for group in _split(placements)]
        total = np.zeros(self.ground.shape)
        for window in groups:
            total[window.rows, window.columns] += window.values
        return total

    def stamp(self, placement: Placement) -> "_Window":
        """Return the risk of one placement on the part of the grid that its kernel reaches."""
        return self._keep(_name(placement), lambda: self._stamp(placement))

    def _sum_group(self, group: tuple[Placement, ...]) -> "_Window":
        if len(group) == 1:
            return self.stamp(group[0])
        return self._keep(tuple(map(_name, group)), lambda: _join([self.stamp(one) for one in group]))

    def _stamp(self, placement: Placement) -> "_Window":
        reach_m = placement.kernel.reach_m
        columns = _within(self.ground.x_m - placement.x_m, reach_m)
        rows = _within(self.ground.y_m - placement.y_m, reach_m)
        x_m, y_m = self.ground.x_m[columns], self.ground.y_m[rows]
        values = np.zeros((len(y_m), len(x_m)))

        def stamp_band(band: slice) -> None:
            _add(placement, x_m, y_m[band], values[band])

        _map(stamp_band, _bands(values.shape), self._threads)
        return _Window(rows, columns, values)

    def _keep(self, name: Hashable, make: Callable[[], "_Window"]) -> "_Window":
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        window = self._kept[name] = make()
        self._kept_bytes += window.values.nbytes
        while self._kept_bytes > self._memory_bytes and len(self._kept) > 1:
            self._kept_bytes -= self._kept.popitem(last=False)[1].values.nbytes
        return window


@dataclass(frozen=True)
class _Window:
    """Risk on a part of a grid; 0 elsewhere."""

    rows: slice
    columns: slice
    values: FloatArray


def _join(windows: Sequence[_Window]) -> _Window:
    """Return the sum of windows, in their order."""
    rows = slice(min(w.rows.start for w in windows), max(w.rows.stop for w in windows))
    columns = slice(min(w.columns.start for w in windows), max(w.columns.stop for w in windows))
    total = np.zeros((rows.stop - rows.start, columns.stop - columns.start))
    for w in windows:
        part = total[
            w.rows.start - rows.start : w.rows.stop - rows.start,
            w.columns.start - columns.start : w.columns.stop - columns.start,
        ]
        part += w.values
    return _Window(rows, columns, total)


def _name(placement: Placement) -> Hashable:
    return placement.kernel.key, placement.x_m, placement.y_m


def _split(placements: Sequence[Placement]) -> list[Sequence[Placement]]:
    return [placements[start : start + GROUP] for start in range(0, len(placements), GROUP)]


def _sum(length: int, terms: Iterable[FloatArray]) -> FloatArray:
    total = np.zeros(length)
    for term in terms:
        total += term
    return total


def _columns(points_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    points_m = np.asarray(points_m, dtype=np.float64).reshape(-1, 2)
    return np.ascontiguousarray(points_m[:, 0]), np.ascontiguousarray(points_m[:, 1])


def _within(offset_m: FloatArray, reach_m: float) -> slice:
    """Return the part of a rising axis within a distance of 0."""
    reach_m *= 1.0 + 1e-9
    start, stop = np.searchsorted(offset_m, (-reach_m, reach_m), side="left")
    return slice(int(start), max(int(stop), int(start)))


def _bands(shape: tuple[int, ...]) -> list[slice]:
    """Return slices of rows, each a piece of work for one thread."""
    rows = max(1, _BAND_CELLS // max(shape[1], 1))
    return [slice(start, start + rows) for start in range(0, shape[0], rows)]


def _map(work: Callable[[slice], None], parts: Sequence[slice], threads: int) -> None:
    if threads <= 1 or len(parts) < _BANDS_WORTH_THREADS:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        list(pool.map(work, parts))


def _scales(kernel: Kernel) -> tuple[float, float]:
    """Return the logarithm of the first radius and the number of radii per unit of the logarithm."""
    log_m = np.log(kernel.grid.radius_m[[0, -1]])
    return float(log_m[0]), float((len(kernel.grid.radius_m) - 1) / (log_m[1] - log_m[0]))
