"""Heavy clouds by the curves of Britter and McQuaid: fast, and a second opinion beside SLAB.

R. E. Britter and J. McQuaid, Workbook on the dispersion of dense gases, HSE contract research report 17/1988; curves
as fitted in CCPS, Guidelines for Consequence Analysis of Chemical Releases (1999), tables 2-14 and 2-15; widths as in
CCPS, Guidelines for Use of Vapor Cloud Dispersion Models (1996). Coefficients: table ``britter_mcquaid``.

The curves give volume fractions of the source's mixture, averaged over about ten minutes. Between them ``beta`` is
taken linear in the logarithm of the fraction; nearer than the first the workbook's near-field formula holds; beyond
the last the fraction falls with the square of the distance. Sources colder than the air are corrected for it. The cloud
is a box: even across its width, as high as its mass asks for.

Limits: flat open ground of low roughness, no obstacles, sources without much momentum (a jet's own mixing is not
counted: cautious near the source), alpha between -1 and 1 (a warning outside).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from scipy.constants import R as GAS_CONSTANT

from geo.hazard.dispersion.cloud import BREATHING_HEIGHT_M, Floats, Part
from geo.hazard.dispersion.source import Diluted, Source
from geo.hazard.plant import Surroundings
from geo.hazard.tables import Table
from geo.text import Text

__all__ = [
    "BoxPlume",
    "BoxPuff",
    "Curve",
    "box_plume",
    "box_puff",
    "decay_of_plume",
    "decay_of_puff",
    "warmed",
]

_NEAR_M = 30.0
"""Distance in source sizes up to which the near-field formula holds. Britter and McQuaid (1988)."""
_OUTSIDE = Text(
    "Britter–McQuaid 参数 alpha 超出 −1～1，曲线为外推",
    "Britter-McQuaid's alpha lies outside -1 to 1: curves extrapolated",
)


@dataclass(frozen=True)
class Curve:
    """How the fraction of the source's mixture falls with the distance.

    Attributes
    ----------
    distances_m, fractions : tuple of float
        Knots, distances rising and fractions falling; between them both are taken by their logarithms.
    """

    distances_m: tuple[float, ...]
    fractions: tuple[float, ...]

    def fraction(self, distance_m: Floats) -> Floats:
        """Return the fraction at distances: 1 at the source, falling with the square beyond the last knot."""
        way = np.maximum(distance_m, 1e-9)
        inner = np.exp(np.interp(np.log(way), np.log(self.distances_m), np.log(self.fractions)))
        far = np.maximum(way / self.distances_m[-1], 1.0)
        return np.asarray(inner / far**2)

    def distance_m(self, fraction: float) -> float:
        """Return how far a fraction reaches."""
        if fraction < self.fractions[-1]:
            return self.distances_m[-1] * math.sqrt(self.fractions[-1] / fraction)
        logs = np.log(self.fractions[::-1]), np.log(self.distances_m[::-1])
        return float(np.exp(np.interp(math.log(fraction), *logs)))


def warmed(fraction: Floats, source_k: float, air_k: float) -> Floats:
    """Return the volume fraction that a source of another temperature than the air has, by that of an equal one.

    References
    ----------
    .. [1] Britter and McQuaid (1988), section 5.3; C' = C / (C + (1 - C) Ta / T0), solved for C.
    """
    ratio = air_k / source_k
    return np.asarray(fraction * ratio / (1 - fraction + fraction * ratio))


def _knots(kind: str, alpha: float, rows: Table) -> list[tuple[float, float]]:
    """Return pairs of beta and fraction at an alpha, from the source outward."""
    knots = []
    for fraction, keys in groupby(rows.below(kind).items(), key=lambda item: item[0].partition("/")[0]):
        pieces = [row.number for _, row in keys]
        for to, slope, constant in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
            if alpha <= to or to == 1:
                knots.append((slope * alpha + constant, float(fraction)))
                break
    return knots


def decay_of_plume(
    gravity_m_s2: float, flow_m3_s: float, wind_m_s: float, rows: Table
) -> tuple[Curve, float]:
    """Return the decay of a steady release and its alpha.

    Parameters
    ----------
    gravity_m_s2 : float
        Reduced gravity of the source's mixture, above 0.
    flow_m3_s : float
        Volume of the mixture per time.
    wind_m_s : float
        At 10 m.
    """
    # Britter and McQuaid (1988): alpha is the logarithm of (g^2 q / u^5)^(1/5).
    alpha = 0.2 * math.log10(gravity_m_s2**2 * flow_m3_s / wind_m_s**5)
    size = math.sqrt(flow_m3_s / wind_m_s)
    far = [(10**beta, fraction) for beta, fraction in _knots("plume", alpha, rows)]
    factor = rows["near/plume"].number
    # Numerical: knots between source and the first of the curves.
    near = np.geomspace(0.5, min(_NEAR_M, far[0][0] / 1.5), 12)
    knots = [(float(x), float(factor / (factor + x**2))) for x in near]
    return _curve([*knots, *far], size), alpha


def decay_of_puff(gravity_m_s2: float, volume_m3: float, wind_m_s: float, rows: Table) -> tuple[Curve, float]:
    """Return the decay of a release at once and its alpha."""
    size = math.cbrt(volume_m3)
    alpha = 0.5 * math.log10(gravity_m_s2 * size / wind_m_s**2)
    far = [(10**beta, fraction) for beta, fraction in _knots("puff", alpha, rows)]
    return _curve([(1.0, 1.0), *far], size), alpha


def _curve(knots: list[tuple[float, float]], size_m: float) -> Curve:
    """Return a curve of knots in source sizes; where extrapolated pieces cross, the farther one counts."""
    rising = [knots[0]]
    for distance, fraction in knots[1:]:
        rising.append((max(distance, rising[-1][0] * (1 + 1e-9)), fraction))
    return Curve(tuple(size_m * distance for distance, _ in rising), tuple(part for _, part in rising))


@dataclass(frozen=True, kw_only=True)
class _Box:
    """What plume and puff have in common.

    Attributes
    ----------
    curve : Curve
    source_k, air_k : float
    pure_kg_m3 : float
        Concentration of the source's mixture at the temperature of the air.
    wind_m_s : float
        At 10 m.
    """

    curve: Curve
    source_k: float
    air_k: float
    pure_kg_m3: float
    wind_m_s: float

    def ground_kg_m3(self, distance_m: Floats) -> Floats:
        """Return the concentration in the box at a distance."""
        return self.pure_kg_m3 * warmed(self.curve.fraction(distance_m), self.source_k, self.air_k)


@dataclass(frozen=True, kw_only=True)
class BoxPuff(_Box, Part):
    """A heavy cloud released at once: a cylinder that slumps and drifts.

    Attributes
    ----------
    volume_m3 : float
        Of the mixture at the start, a cylinder as high as its radius.
    radius_m : float
        At the start.
    growth_m2_s : float
        Of the squared radius.
    drift_m_s : float
    """

    volume_m3: float
    radius_m: float
    growth_m2_s: float
    drift_m_s: float

    @property
    def start_m(self) -> float:
        """Farthest point upwind that the cylinder reaches."""
        time = max(self.growth_m2_s / (4 * self.drift_m_s**2) - self.radius_m**2 / self.growth_m2_s, 0.0)
        return self.drift_m_s * time - self.slumped_m(np.asarray(time)).item()

    def concentration_kg_m3(self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float) -> Floats:
        """Return the concentration when the cylinder first covers a point."""
        time = self._first_s(x_m, y_m)
        reached = np.isfinite(time)
        time = np.where(reached, time, 0.0)
        ground = self.ground_kg_m3(self._front_m(time))
        inside = reached & (height_m <= np.maximum(self._height(time), BREATHING_HEIGHT_M))
        return np.where(inside, ground, 0.0)

    def share_of_time(self, x_m: Floats, time_s: Floats) -> Floats:
        """Return the share of the largest concentration at a moment, on the axis."""
        first, last = self._first_s(x_m, np.zeros(x_m.shape)), self._last_s(x_m)
        inside = (time_s >= first) & (time_s <= last)
        largest = self.ground_kg_m3(self._front_m(np.where(inside, first, 0.0)))
        now = self.ground_kg_m3(self._front_m(np.where(inside, time_s, 0.0)))
        return np.where(inside, now / largest, 0.0)

    def moments_kg_m3(
        self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float, times_s: Floats
    ) -> Iterator[Floats]:
        """Yield the concentrations at each of several moments: the cylinder as it is then."""
        for time in times_s:
            inside = (x_m - self.drift_m_s * time) ** 2 + y_m**2 <= self.slumped_m(time) ** 2
            inside = inside & (height_m <= self._height(time))
            yield np.where(inside, self.ground_kg_m3(self._front_m(time)), 0.0)

    def equivalent_s(self, x_m: Floats, n: float, longest_s: float) -> Floats:
        """Return the duration at the largest concentration that gives the same toxic load, on the axis."""
        # Numerical: places, and below moments, of the integral.
        grid = np.concatenate(([self.start_m, 0.0], np.geomspace(1.0, 1e5, 200)))
        grid = np.unique(np.concatenate((grid, [self.start_m / 2])))
        first, last = self._first_s(grid, np.zeros(grid.shape)), self._last_s(grid)
        first = np.where(np.isfinite(first), first, last)
        last = np.minimum(last, first + longest_s)
        times = first[:, None] + (last - first)[:, None] * np.linspace(0.0, 1.0, 201)  # numerical
        values = self.ground_kg_m3(self._front_m(times))
        loads = np.trapezoid((values / values[:, :1]) ** n, times, axis=1)
        return np.interp(x_m, grid, loads)

    def half_width_m(self, x_m: Floats, averaging_s: float) -> Floats:
        """Return the largest radius while the cylinder covers a distance."""
        return self.slumped_m(self._last_s(np.maximum(x_m, self.start_m)))

    def top_m(self, x_m: Floats) -> Floats:
        """Return the height of the cylinder when it arrives."""
        time = self._first_s(x_m, np.zeros(x_m.shape))
        return self._height(np.where(np.isfinite(time), time, 0.0))

    def passed_s(self, x_m: float) -> float:
        """Return when the cylinder has left a distance."""
        return float(self._last_s(np.asarray([x_m]))[0])

    def _roots(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats, Floats]:
        """Return half of b, c and the discriminant of the moments at which the edge passes a point."""
        half = self.drift_m_s * x_m + self.growth_m2_s / 2
        free = x_m**2 + y_m**2 - self.radius_m**2
        return half, free, half**2 - self.drift_m_s**2 * free

    def _first_s(self, x_m: Floats, y_m: Floats) -> Floats:
        half, free, root = self._roots(x_m, y_m)
        # Multiplied out against cancellation: c / (b/2 + sqrt(D)) is the smaller root.
        time = free / np.maximum(half + np.sqrt(np.maximum(root, 0.0)), 1e-12)
        return np.where(free <= 0, 0.0, np.where((root >= 0) & (half > 0), time, np.inf))

    def _last_s(self, x_m: Floats) -> Floats:
        half, _, root = self._roots(x_m, np.zeros(np.shape(x_m)))
        return np.asarray(np.maximum(half + np.sqrt(np.maximum(root, 0.0)), 0.0) / self.drift_m_s**2)

    def slumped_m(self, time_s: Floats | float) -> Floats:
        """Return the radius of the cylinder at a moment."""
        return np.sqrt(self.radius_m**2 + self.growth_m2_s * time_s)

    def _front_m(self, time_s: Floats | float) -> Floats:
        return np.asarray(self.drift_m_s * time_s + self.slumped_m(time_s))

    def _height(self, time_s: Floats | float) -> Floats:
        fraction = self.curve.fraction(self._front_m(time_s))
        return np.asarray(self.volume_m3 / (math.pi * self.slumped_m(time_s) ** 2 * fraction))


@dataclass(frozen=True, kw_only=True)
class BoxPlume(_Box, Part):
    """A heavy plume of a steady release.

    Attributes
    ----------
    flow_m3_s, duration_s : float
        Of the mixture.
    size_m : float
        D = sqrt(Q0 / u).
    buoyancy_m : float
        l_b = g0 Q0 / u^3.
    upwind, source, growth : float
        Of the widths.
    puff : BoxPuff
        Of the same mass at once: where it is thinner, the release was too short for a plume.
    """

    flow_m3_s: float
    duration_s: float
    size_m: float
    buoyancy_m: float
    upwind: float
    source: float
    growth: float
    puff: BoxPuff

    @property
    def start_m(self) -> float:
        """Where the plume ends upwind."""
        return -(self.size_m / 2 + self.upwind * self.buoyancy_m)

    def concentration_kg_m3(self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float) -> Floats:
        """Return the concentration of the plume, or of the puff of the same mass where that is thinner."""
        inside = (np.abs(y_m) <= self.half_width_m(x_m, averaging_s)) & (x_m >= self.start_m)
        inside &= height_m <= np.maximum(self.top_m(x_m), BREATHING_HEIGHT_M)
        return np.where(inside, self._on_axis(x_m), 0.0)

    def share_of_time(self, x_m: Floats, time_s: Floats) -> Floats:
        """Return 1 while the plume covers a distance, else 0."""
        arrival = np.maximum(x_m, 0.0) / self.wind_m_s
        return np.where((time_s >= arrival) & (time_s <= arrival + self.duration_s), 1.0, 0.0)

    def equivalent_s(self, x_m: Floats, n: float, longest_s: float) -> Floats:
        """Return the duration of the release, or of the puff's passage where the puff counts."""
        steady = np.full(np.shape(x_m), min(self.duration_s, longest_s))
        short = self._puff_kg_m3(x_m) < self.ground_kg_m3(np.maximum(x_m, 0.0))
        return np.where(short, np.maximum(steady, self.puff.equivalent_s(x_m, n, longest_s)), steady)

    def half_width_m(self, x_m: Floats, averaging_s: float) -> Floats:
        """Return the half width; towards its upwind end the plume narrows like a parabola."""
        behind = np.sqrt(np.clip(1 - x_m / self.start_m, 0.0, 1.0))
        here = self.size_m + self.source * self.buoyancy_m
        spread = self.growth * np.cbrt(self.buoyancy_m) * np.maximum(x_m, 0.0) ** (2 / 3)
        # Near the wind's vanishing the formulas outrun gravity itself: no wider than the same mass slumps in that time.
        slumped = self.puff.slumped_m(np.maximum(x_m, 0.0) / self.wind_m_s + self.duration_s)
        return np.asarray(np.where(x_m < 0, behind, 1.0) * np.minimum(here + spread, slumped))

    def top_m(self, x_m: Floats) -> Floats:
        """Return the height that the mass of the plume asks for."""
        section = self.flow_m3_s / (self.wind_m_s * self.curve.fraction(np.maximum(x_m, 0.0)))
        return np.asarray(section / (2 * self.half_width_m(np.maximum(x_m, 0.0), 0.0)))

    def passed_s(self, x_m: float) -> float:
        """Return when the end of the plume has passed a distance."""
        return max(x_m, 0.0) / self.wind_m_s + self.duration_s

    def _puff_kg_m3(self, x_m: Floats) -> Floats:
        return self.puff.ground_kg_m3(np.maximum(x_m, 0.0))

    def _on_axis(self, x_m: Floats) -> Floats:
        return np.minimum(self.ground_kg_m3(np.maximum(x_m, 0.0)), self._puff_kg_m3(x_m))


def _common(
    source: Source, diluted: Diluted, wind_m_s: float, surroundings: Surroundings
) -> dict[str, float]:
    air_k = surroundings.temperature_k
    moles_m3 = surroundings.pressure_pa / (GAS_CONSTANT * air_k)
    return {
        "source_k": diluted.temperature_k,
        "air_k": air_k,
        "pure_kg_m3": float(diluted.mole_fraction * source.molar_mass_kg_mol * moles_m3),
        "wind_m_s": wind_m_s,
    }


def box_puff(
    source: Source, diluted: Diluted, wind_m_s: float, surroundings: Surroundings, rows: Table
) -> tuple[BoxPuff, float, tuple[Text, ...]]:
    """Return the cloud of a source's mass released at once, its alpha, and warnings."""
    volume = source.mass_kg / diluted.concentration_kg_m3
    curve, alpha = decay_of_puff(diluted.reduced_gravity_m_s2, volume, wind_m_s, rows)
    puff = BoxPuff(
        curve=curve,
        volume_m3=volume,
        radius_m=math.cbrt(volume / math.pi),
        growth_m2_s=rows["slump/growth"].number * math.sqrt(diluted.reduced_gravity_m_s2 * volume),
        drift_m_s=rows["slump/drift"].number * wind_m_s,
        **_common(source, diluted, wind_m_s, surroundings),
    )
    return puff, alpha, _warnings(alpha, rows)


def box_plume(
    source: Source, diluted: Diluted, wind_m_s: float, surroundings: Surroundings, rows: Table
) -> tuple[BoxPlume, float, tuple[Text, ...]]:
    """Return the plume of a steady source, its alpha, and warnings."""
    assert source.rate_kg_s is not None
    flow = source.rate_kg_s / diluted.concentration_kg_m3
    curve, alpha = decay_of_plume(diluted.reduced_gravity_m_s2, flow, wind_m_s, rows)
    plume = BoxPlume(
        curve=curve,
        flow_m3_s=flow,
        duration_s=source.duration_s,
        size_m=math.sqrt(flow / wind_m_s),
        buoyancy_m=diluted.reduced_gravity_m_s2 * flow / wind_m_s**3,
        upwind=rows["width/upwind"].number,
        source=rows["width/source"].number,
        growth=rows["width/growth"].number,
        puff=box_puff(source, diluted, wind_m_s, surroundings, rows)[0],
        **_common(source, diluted, wind_m_s, surroundings),
    )
    return plume, alpha, _warnings(alpha, rows)


def _warnings(alpha: float, rows: Table) -> tuple[Text, ...]:
    inside = rows["alpha/lowest"].number <= alpha <= rows["alpha/highest"].number
    return () if inside else (_OUTSIDE,)
