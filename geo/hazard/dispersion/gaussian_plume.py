"""Passive plume of a steady release, cut to its duration; a jet's own mixing counts until the wind takes over.

Gaussian plume with reflection at the ground (US EPA, ISC3 User's Guide, volume II, 1995, equation 1-1) and dispersion
parameters of Briggs (1973). Short releases: E. Palazzi, M. De Faveri, G. Fumarola and G. Ferraiolo, "Diffusion from a
steady source of short duration", Atmospheric Environment 16 (1982) 2785, equation 8; it goes over into puffs as the
duration falls and into the plume as it grows. Jet: excess momentum kept, radius by C = C0 6 (d/z) sqrt(rho_a/rho_0)
(C. J. Chen and W. Rodi, Vertical Turbulent Buoyant Jets, 1980); the jet blows along the wind. Source of finite size:
its variance is added to that of the air.

Limits: flat ground, gas about as heavy as air, wind above 1 m/s, 100 m to 10 km (nearer, the parameters are
extrapolated: a warning), no buoyant rise, no lid on the mixing layer, no deposition.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import erf

from geo.hazard.dispersion.cloud import Floats, Part
from geo.hazard.dispersion.spread import Spread

__all__ = ["GaussianPlume", "JetMixing", "mix_jet", "plume_kg_m3"]

_WIDTHS = 4.5
"""Standard deviations within which a Gaussian cloud is followed: beyond lie 7e-6 of it. Numerical."""
_SMALLEST_M = 1e-3
"""Standard deviation below which a source counts as a point; keeps the field finite there. Numerical."""


def plume_kg_m3(
    rate_kg_s: float,
    wind_m_s: Floats | float,
    sigma_y_m: Floats,
    sigma_z_m: Floats,
    y_m: Floats,
    height_m: Floats,
    release_height_m: float,
) -> Floats:
    """Return the concentration of a plume whose standard deviations are known.

    References
    ----------
    .. [1] US EPA, ISC3 User's Guide, volume II (1995), equation 1-1, with the reflection at the ground.
    """
    across = np.exp(-0.5 * (y_m / sigma_y_m) ** 2)
    upward = np.exp(-0.5 * ((height_m - release_height_m) / sigma_z_m) ** 2) + np.exp(
        -0.5 * ((height_m + release_height_m) / sigma_z_m) ** 2
    )
    return np.asarray(rate_kg_s / (2 * math.pi * wind_m_s * sigma_y_m * sigma_z_m) * across * upward)


@dataclass(frozen=True)
class JetMixing:
    """What a jet's own turbulence adds along its way: standard deviation and speed at each distance.

    Attributes
    ----------
    x_m, sigma_m, speed_m_s : ndarray, shape (n,)
    """

    x_m: Floats
    sigma_m: Floats
    speed_m_s: Floats


def mix_jet(
    area_m2: float,
    velocity_m_s: float,
    density_ratio: float,
    wind_m_s: float,
    spread: Spread,
    centreline: float,
) -> JetMixing:
    """Return how a jet along the wind widens and slows down.

    Parameters
    ----------
    area_m2, velocity_m_s : float
        Of the expanded jet.
    density_ratio : float
        Of the expanded jet to the air.
    wind_m_s : float
    spread : Spread
        Of the air, which takes over as the jet slows down.
    centreline : float
        Coefficient of the decay of the centreline, ``jet/centreline``.
    """
    # Numerical: places along the axis.
    x = np.concatenate(([0.0], np.geomspace(0.01, 2e4, 400)))
    ambient = np.sqrt(spread.sigma_y_m(x) * spread.sigma_z_m(x))
    start = math.sqrt(area_m2 / (2 * math.pi))
    excess = density_ratio * area_m2 * velocity_m_s * max(velocity_m_s - wind_m_s, 0.0)
    grown, speed = np.zeros(x.shape), np.full(x.shape, max(velocity_m_s, wind_m_s))
    for i in range(1, len(x)):
        growth = (1 - wind_m_s / speed[i - 1]) / (2 * centreline)
        grown[i] = grown[i - 1] + growth * (x[i] - x[i - 1])
        section = 4 * math.pi * (start**2 + grown[i] ** 2 + ambient[i] ** 2)
        speed[i] = min((wind_m_s + math.sqrt(wind_m_s**2 + 4 * excess / section)) / 2, speed[i - 1])
    return JetMixing(x, np.hypot(start, grown), speed)


@dataclass(frozen=True, kw_only=True)
class GaussianPlume(Part):
    """A plume from a steady source.

    Attributes
    ----------
    rate_kg_s, duration_s : float
    wind_m_s : float
        That carries it.
    release_height_m : float
    spread, along : Spread
        Across the wind and upward; along the wind (its ``sigma_y_m``).
    source_sigma_y_m, source_sigma_z_m : float
        Of the source itself.
    densest_kg_m3 : float
        Concentration at the source: nothing is denser.
    averaging : tuple of (float, float)
        Reference time [s] and exponent of the averaging, with the bounds below.
    averaging_bounds_s : (float, float)
    jet : JetMixing or None
    """

    rate_kg_s: float
    duration_s: float
    wind_m_s: float
    release_height_m: float
    spread: Spread
    along: Spread
    source_sigma_y_m: float
    source_sigma_z_m: float
    densest_kg_m3: float
    averaging: tuple[float, float]
    averaging_bounds_s: tuple[float, float]
    jet: JetMixing | None = None

    @property
    def start_m(self) -> float:
        """One and a half widths of the source upwind."""
        return -3 * self.source_sigma_y_m

    def concentration_kg_m3(self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float) -> Floats:
        """Return the largest concentration over time."""
        sigma_y, sigma_z = self._sigmas(x_m, averaging_s)
        steady = plume_kg_m3(
            self.rate_kg_s, self._speed(x_m), sigma_y, sigma_z, y_m, height_m, self.release_height_m
        )
        behind = np.exp(-0.5 * (np.minimum(x_m, 0.0) / max(self.source_sigma_y_m, _SMALLEST_M)) ** 2)
        reached = erf(self._passages(x_m) / math.sqrt(8))
        return np.asarray(np.minimum(steady, self.densest_kg_m3) * behind * reached)

    def share_of_time(self, x_m: Floats, time_s: Floats) -> Floats:
        """Return the share of the largest concentration at a moment."""
        width = math.sqrt(2) * self._sigma_x(x_m)
        gone = self.wind_m_s * time_s - np.maximum(x_m, 0.0)
        now = (erf(gone / width) - erf((gone - self.wind_m_s * self.duration_s) / width)) / 2
        return np.asarray(np.clip(now / erf(self._passages(x_m) / math.sqrt(8)), 0.0, 1.0))

    def equivalent_s(self, x_m: Floats, n: float, longest_s: float) -> Floats:
        """Return the duration at the largest concentration that gives the same toxic load."""
        passages, share = _equivalent_shares(n, longest_s / self.duration_s)
        found = np.interp(np.log(self._passages(x_m)), np.log(passages), share)
        return np.asarray(found * self.duration_s)

    def half_width_m(self, x_m: Floats, averaging_s: float) -> Floats:
        """Return the half width of the plume."""
        return _WIDTHS * self._sigmas(x_m, averaging_s)[0]

    def top_m(self, x_m: Floats) -> Floats:
        """Return the top of the plume."""
        sigma_z = self._sigmas(x_m, self.averaging[0])[1]
        return np.asarray(self.release_height_m + _WIDTHS * sigma_z)

    def passed_s(self, x_m: float) -> float:
        """Return when the plume has reached a distance in full, or its end has."""
        return max(x_m, 0.0) / self.wind_m_s + self.duration_s

    def _passages(self, x_m: Floats) -> Floats:
        """Return the length of the release in the wind, in standard deviations along it."""
        return np.asarray(self.wind_m_s * self.duration_s / self._sigma_x(x_m))

    def _sigma_x(self, x_m: Floats) -> Floats:
        return np.sqrt(self.along.sigma_y_m(x_m) ** 2 + max(self.source_sigma_y_m, _SMALLEST_M) ** 2)

    def _speed(self, x_m: Floats) -> Floats | float:
        if self.jet is None:
            return self.wind_m_s
        return np.interp(x_m, self.jet.x_m, self.jet.speed_m_s)

    def _sigmas(self, x_m: Floats, averaging_s: float) -> tuple[Floats, Floats]:
        reference, exponent = self.averaging
        shortest, longest = self.averaging_bounds_s
        wider = (min(max(averaging_s, shortest), longest) / reference) ** exponent
        own_y, own_z = self.source_sigma_y_m**2, self.source_sigma_z_m**2
        mixed = 0.0 if self.jet is None else np.interp(x_m, self.jet.x_m, self.jet.sigma_m) ** 2
        sigma_y = np.sqrt((wider * self.spread.sigma_y_m(x_m)) ** 2 + own_y + mixed)
        sigma_z = np.sqrt(self.spread.sigma_z_m(x_m) ** 2 + own_z + mixed)
        return np.maximum(sigma_y, _SMALLEST_M), np.maximum(sigma_z, _SMALLEST_M)


@lru_cache(maxsize=256)
def _equivalent_shares(n: float, window: float) -> tuple[Floats, Floats]:
    """Return the integral of the course to the power of n, by the length of the release in standard deviations.

    ``window`` and the integrals are in durations of the release.
    """
    # Numerical: lengths of the release, and the room in which the course lies.
    passages = np.geomspace(1e-4, 1e4, 161)
    half = np.minimum(window / 2, 0.5 + 7 / passages)
    # Numerical, cosine steps: fine at both ends, where the course is flat or falls within a few standard deviations.
    nodes = half[:, None] * np.sin(np.linspace(0.0, math.pi / 2, 801))
    k = passages[:, None] / math.sqrt(2)
    course = (erf(k * (nodes + 0.5)) - erf(k * (nodes - 0.5))) / 2 / erf(k / 2)
    return passages, np.asarray(2 * np.trapezoid(np.clip(course, 0, 1) ** n, nodes, axis=1))
