"""Jet fire: a straight flame from the hole, radiating from points along its axis.

The flame lies along the wind at the height of the hole: the case that reaches farthest. Limits: momentum jets of gas
and of flashing liquid; length fitted to hydrocarbons in quiet air.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.hazard.fires.radiation import transmissivity
from geo.hazard.tables import Table

__all__ = ["JetFire", "jet_fire"]


@dataclass(frozen=True, kw_only=True)
class JetFire:
    """A burning jet.

    Attributes
    ----------
    length_m, height_m : float
        Of the flame, and of its axis above the ground. [m]
    radiated_w : float
        In all. [W]
    vapour_pressure_pa : float
        Of the water in the air between. [Pa]
    fires : Table
        What it was computed from.
    """

    length_m: float
    height_m: float
    radiated_w: float
    vapour_pressure_pa: float
    fires: Table

    def flux_w_m2(self, distance_m: ArrayLike, angle_rad: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Heat flux at the ground: sum over the points, for a surface that faces each of them.

        Parameters
        ----------
        distance_m : array_like
            From the hole. [m]
        angle_rad : array_like, broadcast with the distance
            Clockwise from straight downwind, where the flame points. [rad]

        References
        ----------
        .. [1] G. Hankinson, B. J. Lowesmith, "A consideration of methods of determining the radiative
           characteristics of jet fires", Combustion and Flame 159 (2012) 1165-1177: weights of the points.
        """
        distance, angle = np.broadcast_arrays(
            np.asarray(distance_m, dtype=np.float64), np.asarray(angle_rad, dtype=np.float64)
        )
        along, across = distance * np.cos(angle), distance * np.sin(angle)
        flux = np.zeros(distance.shape)
        if self.length_m <= 0:
            return flux
        places, weights = self._points()
        nearest_m = self.length_m / (2 * len(places))  # inside the flame, where points have no meaning
        for place, weight in zip(places, weights, strict=True):
            away = np.sqrt((along - place) ** 2 + across**2 + self.height_m**2)
            away = np.maximum(away, nearest_m)
            transmitted = transmissivity(away, self.vapour_pressure_pa, self.fires)
            flux += weight * self.radiated_w * transmitted / (4.0 * np.pi * away**2)
        return flux

    def _points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places along the axis and weights: rising to three quarters of the length, then falling to the tip."""
        count = round(self.fires["jet_fire/points"].number)
        places = (np.arange(count) + 0.5) / count
        peak = self.fires["jet_fire/peak"].number
        weights = np.where(places <= peak, places / peak, (1.0 - places) / (1.0 - peak))
        return places * self.length_m, weights / weights.sum()


def jet_fire(
    *,
    rate_kg_s: float,
    heat_of_combustion_j_kg: float,
    radiant_fraction: float,
    height_m: float,
    vapour_pressure_pa: float,
    fires: Table,
) -> JetFire:
    """Flame of a jet: length ``(m Hc)^0.444 / 161.66``.

    Parameters
    ----------
    rate_kg_s : float
        [kg/s]
    heat_of_combustion_j_kg : float
        Lower heating value. [J/kg]
    radiant_fraction : float
        Share of the heat that is radiated.
    height_m : float
        Of the hole above the ground. [m]
    vapour_pressure_pa : float
        Of water in the air. [Pa]
    fires : Table
        ``fires``.

    References
    ----------
    .. [1] AQ/T 3046-2013, annex E; 10 to 20 % long against a large natural gas trial.
    """
    power_w = rate_kg_s * heat_of_combustion_j_kg
    length_m = power_w ** fires["jet_flame/exponent"].number / fires["jet_flame/divisor"].number
    return JetFire(
        length_m=length_m if power_w > 0 else 0.0,
        height_m=height_m,
        radiated_w=radiant_fraction * power_w,
        vapour_pressure_pa=vapour_pressure_pa,
        fires=fires,
    )
