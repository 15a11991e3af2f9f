"""Passive puff of a release all at once.

Gaussian puff with reflection at the ground, standard deviations frozen while it passes (CCPS, Guidelines for
Consequence Analysis of Chemical Releases, 1999, equation 2.3-24 and table 2-12). The cloud's own size at the start is
added as variance. Limits as those of the plume; concentrations are those of a moment, no averaging time is applied.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from geo.hazard.dispersion.cloud import Floats, Part
from geo.hazard.dispersion.spread import Spread

__all__ = ["GaussianPuff", "puff_kg_m3", "start_sigma_m"]

_WIDTHS = 4.5  # numerical: as of the plume
_SMALLEST_M = 1e-3  # numerical


def start_sigma_m(volume_m3: float) -> float:
    """Return the standard deviation of a Gaussian half ball on the ground whose centre is as dense as the source."""
    return float((2 * volume_m3) ** (1 / 3) / math.sqrt(2 * math.pi))


def puff_kg_m3(
    mass_kg: float,
    sigmas_m: tuple[Floats, Floats, Floats],
    offset_m: Floats,
    y_m: Floats,
    height_m: Floats,
    release_height_m: float,
) -> Floats:
    """Return the concentration of a puff; ``offset_m`` is the distance from its centre along the wind."""
    sigma_x, sigma_y, sigma_z = sigmas_m
    level = np.exp(-0.5 * ((offset_m / sigma_x) ** 2 + (y_m / sigma_y) ** 2))
    upward = np.exp(-0.5 * ((height_m - release_height_m) / sigma_z) ** 2) + np.exp(
        -0.5 * ((height_m + release_height_m) / sigma_z) ** 2
    )
    return np.asarray(mass_kg / ((2 * math.pi) ** 1.5 * sigma_x * sigma_y * sigma_z) * level * upward)


@dataclass(frozen=True, kw_only=True)
class GaussianPuff(Part):
    """A puff carried by the wind.

    Attributes
    ----------
    mass_kg, wind_m_s, release_height_m : float
    spread : Spread
        Of puffs.
    source_sigma_m : float
        Of the cloud at the start.
    densest_kg_m3 : float
    """

    mass_kg: float
    wind_m_s: float
    release_height_m: float
    spread: Spread
    source_sigma_m: float
    densest_kg_m3: float

    @property
    def start_m(self) -> float:
        """Upwind edge of the cloud at the start."""
        return -3 * self.source_sigma_m

    def concentration_kg_m3(self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float) -> Floats:
        """Return the largest concentration over time: when the centre passes, or at the start behind the source."""
        found = puff_kg_m3(
            self.mass_kg, self._sigmas(x_m), np.minimum(x_m, 0.0), y_m, height_m, self.release_height_m
        )
        return np.minimum(found, self.densest_kg_m3)

    def share_of_time(self, x_m: Floats, time_s: Floats) -> Floats:
        """Return the share of the largest concentration at a moment."""
        offset = np.maximum(x_m, 0.0) - self.wind_m_s * time_s
        return np.asarray(np.exp(-0.5 * (offset / self._sigmas(x_m)[0]) ** 2))

    def equivalent_s(self, x_m: Floats, n: float, longest_s: float) -> Floats:
        """Return the duration at the largest concentration that gives the same toxic load."""
        sigma = self._sigmas(x_m)[0]
        scale = math.sqrt(n / 2) / sigma
        after = erf(scale * self.wind_m_s * longest_s / 2)
        before = erf(scale * np.minimum(np.maximum(x_m, 0.0), self.wind_m_s * longest_s / 2))
        return np.asarray(math.sqrt(math.pi) / (2 * scale * self.wind_m_s) * (after + before))

    def half_width_m(self, x_m: Floats, averaging_s: float) -> Floats:
        """Return the half width of the puff."""
        return np.asarray(_WIDTHS * self._sigmas(x_m)[1])

    def top_m(self, x_m: Floats) -> Floats:
        """Return the top of the puff."""
        return np.asarray(self.release_height_m + _WIDTHS * self._sigmas(x_m)[2])

    def passed_s(self, x_m: float) -> float:
        """Return when the puff's centre has passed a distance."""
        return (max(x_m, 0.0) + 3 * self.source_sigma_m) / self.wind_m_s

    def _sigmas(self, x_m: Floats) -> tuple[Floats, Floats, Floats]:
        own = max(self.source_sigma_m, _SMALLEST_M) ** 2
        across = np.sqrt(self.spread.sigma_y_m(x_m) ** 2 + own)
        return across, across, np.sqrt(self.spread.sigma_z_m(x_m) ** 2 + own)
