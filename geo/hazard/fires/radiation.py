"""Radiation on its way from a flame to a person: view factors, point source, absorption by water vapour.

Distances are horizontal, on flat ground. View factors are the greatest over all ways in which a surface can face.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import ParameterError
from geo.hazard.fluids import STANDARD_PRESSURE_PA
from geo.hazard.parameters import Parameter
from geo.hazard.tables import Table

__all__ = [
    "cylinder_view_factor",
    "sphere_view_factor",
    "transmissivity",
    "transmissivity_parameters",
    "water_vapour_pressure_pa",
]


def water_vapour_pressure_pa(temperature_k: float, humidity: float) -> float:
    """Partial pressure of water vapour in air.

    Parameters
    ----------
    temperature_k : float
        Of the air. [K]
    humidity : float
        Relative, 0 to 1.

    References
    ----------
    .. [1] CCPS, "Guidelines for Consequence Analysis of Chemical Releases" (1999), eq. 2.2.43: a fit of the
       saturation pressure, within 2 % of steam tables from 273 to 313 K.

    Examples
    --------
    >>> round(water_vapour_pressure_pa(293.15, 1.0))
    2351
    """
    # CCPS (1999), equation 2.2.43.
    return float(STANDARD_PRESSURE_PA * humidity * np.exp(14.4114 - 5328.0 / temperature_k))


def transmissivity(path_m: ArrayLike, vapour_pressure_pa: float, fires: Table) -> NDArray[np.float64]:
    """Share of the radiation that arrives: ``c (p_w x)^n``, or ``1 - c ln x`` in the form of AQ/T 3046-2013; 0 to 1.

    Parameters
    ----------
    path_m : array_like
        From the flame to the person. [m]
    vapour_pressure_pa : float
        Of water in the air; the second form does not know it. 0 stands for dry air, through which everything
        arrives. [Pa]
    fires : Table
        ``fires``; ``transmissivity_form`` is ``humid`` or ``guideline``.

    Raises
    ------
    ParameterError
        If ``transmissivity_form`` is another word.

    References
    ----------
    .. [1] TNO "Yellow Book" CPR 14E (1997), eq. 6.29, fitted for ``p_w x`` of 1e4 to 1e5 N/m.
    .. [2] AQ/T 3046-2013, annex E.
    """
    form = fires["transmissivity_form"].word
    path = np.maximum(np.asarray(path_m, dtype=np.float64), 0.0)
    if form == "guideline":
        logarithm = np.log(np.maximum(path, 1.0))
        return np.clip(1.0 - fires["guideline_transmissivity/coefficient"].number * logarithm, 0.0, 1.0)
    if form != "humid":
        raise ParameterError(
            f"fires:transmissivity_form {form!r} is neither humid nor guideline",
            f"fires:transmissivity_form {form!r} 应为 humid 或 guideline",
        )
    with np.errstate(divide="ignore"):
        share = fires["transmissivity/coefficient"].number * (vapour_pressure_pa * path) ** (
            fires["transmissivity/exponent"].number
        )
    return np.minimum(share, 1.0)


def transmissivity_parameters(fires: Table) -> tuple[Parameter, ...]:
    """Return the rows that the absorption in the air rests on."""
    form = fires["transmissivity_form"]
    below = "guideline_transmissivity" if form.word == "guideline" else "transmissivity"
    return (form, *fires.below(below).values())


def sphere_view_factor(diameter_m: float, distance_m: ArrayLike, height_m: float) -> NDArray[np.float64]:
    """View factor of a sphere, at most 1, for a surface that faces its centre: ``(D/2)^2 / (L^2 + H^2)``.

    Parameters
    ----------
    diameter_m : float
        [m]
    distance_m : array_like
        Horizontal, from the point below the centre. [m]
    height_m : float
        Of the centre above the ground. [m]
    """
    away = np.asarray(distance_m, dtype=np.float64) ** 2 + height_m**2
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(away > 0, (diameter_m / 2.0) ** 2 / away, 1.0)
    return np.minimum(factor, 1.0)


def cylinder_view_factor(
    length_m: ArrayLike, radius_m: float, tilt_rad: ArrayLike, distance_m: ArrayLike
) -> NDArray[np.float64]:
    """View factor of a cylinder tilted towards the person, on the ground: root of the squares of wall and floor.

    Parameters
    ----------
    length_m, radius_m : array_like, float
        Of the cylinder, which stands on the ground. [m]
    tilt_rad : array_like
        From the vertical: positive towards the person, negative away. [rad]
    distance_m : array_like, broadcast with length and tilt
        From the centre of the foot. [m]

    Returns
    -------
    ndarray
        0 to 1; 1 on the foot. Under a leaning cylinder the value is that of its leaning side only.

    References
    ----------
    .. [1] K. S. Mudan, "Geometric view factors for thermal radiation hazard assessment", Fire Safety Journal 12
       (1987) 89-96, eqs. 4 and 5.
    """
    length, tilt, distance = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (length_m, tilt_rad, distance_m))
    )
    factor = np.where(distance > radius_m * (1.0 + 1e-9), 0.0, 1.0)
    seen = (factor == 0.0) & (length > 0)
    wall, floor = _mudan(length[seen] / radius_m, distance[seen] / radius_m, tilt[seen])
    factor[seen] = np.clip(np.hypot(wall, floor), 0.0, 1.0)
    return factor


def _mudan(
    a: NDArray[np.float64], b: NDArray[np.float64], tilt: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """View factors of a vertical and a horizontal surface; ``a`` length and ``b`` distance in radii."""
    sine, cosine = np.sin(tilt), np.cos(tilt)
    # The formula divides zero by zero where the person stands right under the end of the axis: step aside.
    # Numerical: off the place where the formula is 0/0.
    b = np.where(np.abs(b - a * sine) < 1e-6 * a, b + 2e-6 * a, b)
    root_a = np.sqrt(a**2 + (b + 1) ** 2 - 2 * a * (b + 1) * sine)
    root_b = np.sqrt(a**2 + (b - 1) ** 2 - 2 * a * (b - 1) * sine)
    root_c = np.sqrt(1 + (b**2 - 1) * cosine**2)
    side = np.sqrt(b**2 - 1)
    edge = np.sqrt((b - 1) / (b + 1))
    rim = np.arctan(root_a / root_b * edge)
    sides = np.arctan((a * b - side**2 * sine) / (side * root_c)) + np.arctan(side * sine / root_c)
    lean = a * cosine / (b - a * sine)
    wall = (
        lean * (a**2 + (b + 1) ** 2 - 2 * b * (1 + a * sine)) / (root_a * root_b) * rim
        + cosine / root_c * sides
        - lean * np.arctan(edge)
    )
    floor = (
        np.arctan(1 / edge)
        - (a**2 + (b + 1) ** 2 - 2 * (b + 1 + a * b * sine)) / (root_a * root_b) * rim
        + sine / root_c * sides
    )
    return wall / np.pi, floor / np.pi
