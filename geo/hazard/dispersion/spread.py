"""Dispersion parameters: how wide a passive cloud is after a way through the air.

G. A. Briggs (1973), "Diffusion estimation for small emissions", ATDL contribution 79, for plumes (averages over 10
minutes, 100 m to 10 km); CCPS, Guidelines for Consequence Analysis of Chemical Releases (1999), table 2-12, for puffs
(at a moment). Coefficients: table ``dispersion``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import ParameterError
from geo.hazard.tables import Table

__all__ = ["Spread", "briggs", "ccps_puff", "plume_spread", "tno"]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Coefficients of ``sigma = a x^q (1 + b x)^p``, across the wind and upward.

    Attributes
    ----------
    across, upward : (float, float, float, float)
        a, q, b, p.
    roughness : (float, float, float) or None
        Factor c, power and decay of ``c^(power x^decay)`` by which the ground's roughness changes ``sigma_z``.
    """

    across: tuple[float, float, float, float]
    upward: tuple[float, float, float, float]
    roughness: tuple[float, float, float] | None = None

    def sigma_y_m(self, x_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard deviation across the wind; 0 at and behind the source."""
        return _power(self.across, x_m)

    def sigma_z_m(self, x_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard deviation upward; 0 at and behind the source."""
        sigma = _power(self.upward, x_m)
        if self.roughness is None:
            return sigma
        factor, power, decay = self.roughness
        return np.asarray(sigma * factor ** (power * np.maximum(x_m, 1.0) ** decay))


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


def tno(stability: str, roughness_m: float, dispersion: Table) -> Spread:
    """Return the parameters of plumes of a Pasquill class over ground of a roughness.

    References
    ----------
    .. [1] TNO Yellow Book, CPR 14E (2005), section 4.5.3, for a roughness of 0.1 m and corrected to others.
    """

    def axis(name: str) -> tuple[float, float, float, float]:
        a, q = (dispersion[f"tno/{stability}/{name}/{letter}"].number for letter in "ab")
        return a, q, 0.0, 0.0

    factor, power, decay = (
        dispersion[f"tno_roughness/{name}"].number for name in ("factor", "power", "decay")
    )
    return Spread(across=axis("y"), upward=axis("z"), roughness=(factor * roughness_m, power, decay))


def plume_spread(stability: str, urban: bool, roughness_m: float, dispersion: Table) -> Spread:
    """Return the parameters of plumes of the set that the table names.

    Raises
    ------
    ParameterError
        If it names none.
    """
    name = dispersion["plume/parameters"].word
    if name == "briggs":
        return briggs(stability, urban, dispersion)
    if name == "tno":
        return tno(stability, roughness_m, dispersion)
    raise ParameterError(
        f"dispersion:plume/parameters is {name!r}, not briggs or tno",
        f"dispersion:plume/parameters 为 {name!r}，应为 briggs 或 tno",
    )


def ccps_puff(stability: str, dispersion: Table) -> Spread:
    """Return the parameters of puffs of a Pasquill class; along the wind they are as wide as across it."""

    def axis(name: str) -> tuple[float, float, float, float]:
        a, q = (dispersion[f"ccps_puff/{stability}/{name}/{letter}"].number for letter in "ab")
        return a, q, 0.0, 0.0

    return Spread(across=axis("y"), upward=axis("z"))
