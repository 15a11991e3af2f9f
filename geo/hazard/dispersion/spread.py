"""Dispersion parameters: how wide a passive cloud is after a way through the air.

G. A. Briggs (1973), "Diffusion estimation for small emissions", ATDL contribution 79, for plumes (averages over 10
minutes, 100 m to 10 km); CCPS, Guidelines for Consequence Analysis of Chemical Releases (1999), table 2-12, for puffs
(at a moment). Coefficients: table ``dispersion``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.hazard.tables import Table

__all__ = ["Spread", "averaging_factor", "briggs", "ccps_puff"]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Coefficients of ``sigma = a x^q (1 + b x)^p``, across the wind and upward.

    Attributes
    ----------
    across, upward : (float, float, float, float)
        a, q, b, p.
    """

    across: tuple[float, float, float, float]
    upward: tuple[float, float, float, float]

    def sigma_y_m(self, x_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard deviation across the wind; 0 at and behind the source."""
        return _power(self.across, x_m)

    def sigma_z_m(self, x_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard deviation upward; 0 at and behind the source."""
        return _power(self.upward, x_m)


def _power(coefficients: tuple[float, float, float, float], x_m: NDArray[np.float64]) -> NDArray[np.float64]:
    a, q, b, p = coefficients
    way = np.maximum(x_m, 0.0)
    scale = way if q == 1 else way**q
    return np.asarray(a * scale * (1 + b * way) ** p if p else a * scale)


def briggs(stability: str, urban: bool, dispersion: Table) -> Spread:
    """Return the parameters of plumes of a Pasquill class.

    Examples
    --------
    Class D over open country at 1 km: 76.3 m and 37.9 m.

    >>> from geo.hazard.tables import table
    >>> spread = briggs("D", False, table("dispersion"))
    >>> x = np.array([1000.0])
    >>> float(spread.sigma_y_m(x)[0].round(1)), float(spread.sigma_z_m(x)[0].round(1))
    (76.3, 37.9)
    """
    area = "urban" if urban else "rural"

    def axis(name: str) -> tuple[float, float, float, float]:
        a, b, p = (dispersion[f"briggs/{area}/{stability}/{name}/{letter}"].number for letter in "abp")
        return a, 1.0, b, p

    return Spread(across=axis("y"), upward=axis("z"))


def ccps_puff(stability: str, dispersion: Table) -> Spread:
    """Return the parameters of puffs of a Pasquill class; along the wind they are as wide as across it."""

    def axis(name: str) -> tuple[float, float, float, float]:
        a, q = (dispersion[f"ccps_puff/{stability}/{name}/{letter}"].number for letter in "ab")
        return a, q, 0.0, 0.0

    return Spread(across=axis("y"), upward=axis("z"))


def averaging_factor(averaging_s: float, dispersion: Table) -> float:
    """Return by how much a plume is wider when averaged over another time than ten minutes.

    Widening the plume instead of thinning the concentration keeps its mass; on the centreline both are the same,
    ``C(t) = C(t0) (t0 / t)^0.2``. Times outside ``averaging/flammable`` to ``averaging/longest`` count as these.
    """
    shortest, longest = dispersion["averaging/flammable"].number, dispersion["averaging/longest"].number
    time = min(max(averaging_s, shortest), longest)
    exponent = dispersion["averaging/exponent"].number
    return float((time / dispersion["averaging/plume"].number) ** exponent)
