"""Pool fire: a cylinder of flame, tilted by the wind, over a round pool.

Limits: pools of about 1 to 50 m; hydrocarbons and alcohols. Larger fires break up into smoke with bright spots and
radiate less than the solid flame; very large clean ones (liquefied natural gas) radiate more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.constants import g as GRAVITY_M_S2

from geo.hazard.fires.radiation import cylinder_view_factor, transmissivity
from geo.hazard.tables import Table
from geo.text import Text

__all__ = ["PoolFire", "burning_rate_kg_m2_s", "pool_burning_rate_kg_m2_s", "pool_fire"]

_SMALLEST_M, _LARGEST_M = 1.0, 50.0
"""Widths of pools between which there is no warning. [m] Chosen: about those of the trials it is compared with."""


@dataclass(frozen=True, kw_only=True)
class PoolFire:
    """A burning pool.

    Attributes
    ----------
    diameter_m, length_m : float
        Of the flame; the length runs along its axis. [m]
    tilt_rad : float
        From the vertical, downwind. [rad]
    emissive_power_w_m2 : float
        Of the flame's surface. [W/m²]
    burning_rate_kg_m2_s : float
        [kg/(m² s)]
    vapour_pressure_pa : float
        Of the water in the air between. [Pa]
    fires : Table
        What it was computed from.
    warnings : tuple of Text
    """

    diameter_m: float
    length_m: float
    tilt_rad: float
    emissive_power_w_m2: float
    burning_rate_kg_m2_s: float
    vapour_pressure_pa: float
    fires: Table
    warnings: tuple[Text, ...] = ()

    def flux_w_m2(self, distance_m: ArrayLike, angle_rad: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Heat flux at the ground, greatest over all facings; infinite in the burning pool, where nobody lives.

        Parameters
        ----------
        distance_m : array_like
            From the centre of the pool. [m]
        angle_rad : array_like, broadcast with the distance
            Clockwise from straight downwind. To the side the flame is taken to lean by the part of its tilt that
            points there, and to stand aside by half of the rest: 10 % too much at two flame lengths in strong wind,
            30 % at one. [rad]
        """
        distance = np.asarray(distance_m, dtype=np.float64)
        angle = np.asarray(angle_rad, dtype=np.float64)
        tilt = np.arctan(np.tan(self.tilt_rad) * np.cos(angle))
        aside_m = self.length_m * np.sin(self.tilt_rad) * np.sin(angle) / 2
        height_m = self.length_m * np.cos(self.tilt_rad)  # whichever way it is seen
        radius_m = self.diameter_m / 2
        path_m = np.maximum(distance - radius_m, 0.0)
        distance = np.where(distance > radius_m, np.hypot(distance, aside_m), distance)
        flux = (
            self.emissive_power_w_m2
            * cylinder_view_factor(height_m / np.cos(tilt), radius_m, tilt, distance)
            * transmissivity(path_m, self.vapour_pressure_pa, self.fires)
        )
        return np.where(distance > radius_m, flux, np.inf)


def burning_rate_kg_m2_s(
    heat_of_combustion_j_kg: float,
    heat_of_vaporisation_j_kg: float,
    heat_capacity_j_kg_k: float,
    boiling_k: float,
    ambient_k: float,
) -> float:
    """Burning rate of a wide pool from heats: ``0.001 Hc / (Hv + cp (Tb - Ta))``, without the sum below boiling.

    Examples
    --------
    >>> round(burning_rate_kg_m2_s(44.7e6, 335e3, 2260.0, 341.9, 293.15), 3)
    0.1

    References
    ----------
    .. [1] D. Burgess, A. Strasser, J. Grumer, "Diffusive burning of liquid fuels in open trays", Fire Research
       Abstracts and Reviews 3 (1961) 177; the form of the Chinese guidelines.
    """
    warming_j_kg = heat_capacity_j_kg_k * max(boiling_k - ambient_k, 0.0)
    # 1e-3 kg/(m2 s): Burgess and others (1961).
    return 0.001 * heat_of_combustion_j_kg / (heat_of_vaporisation_j_kg + warming_j_kg)


def pool_burning_rate_kg_m2_s(large_kg_m2_s: float, extinction_1_m: float | None, diameter_m: float) -> float:
    """Burning rate of a pool of a fuel whose large pools were measured: ``m (1 - exp(-k D))``.

    Parameters
    ----------
    large_kg_m2_s : float
        Of a large pool. [kg/(m² s)]
    extinction_1_m : float or None
        How soon the flame hides the pool; None: the rate does not depend on the diameter. [1/m]
    diameter_m : float
        [m]

    References
    ----------
    .. [1] V. Babrauskas, "Estimating large pool fire burning rates", Fire Technology 19 (1983) 251-261.
    """
    if extinction_1_m is None:
        return large_kg_m2_s
    return float(large_kg_m2_s * -np.expm1(-extinction_1_m * diameter_m))


def pool_fire(
    *,
    area_m2: float,
    burning_rate_kg_m2_s: float,
    heat_of_combustion_j_kg: float,
    vapour_density_kg_m3: float,
    air_density_kg_m3: float,
    wind_m_s: float,
    vapour_pressure_pa: float,
    fires: Table,
    emissive_power_w_m2: float | None = None,
) -> PoolFire:
    """Flame over a pool.

    Parameters
    ----------
    area_m2 : float
        Of the pool, above 0. [m²]
    burning_rate_kg_m2_s : float
        [kg/(m² s)]
    heat_of_combustion_j_kg : float
        Lower heating value. [J/kg]
    vapour_density_kg_m3 : float
        Of the fuel at its boiling point and ambient pressure. [kg/m³]
    air_density_kg_m3, wind_m_s : float
        At 10 m. [kg/m³], [m/s]
    vapour_pressure_pa : float
        Of water in the air. [Pa]
    fires : Table
        ``fires``.
    emissive_power_w_m2 : float, optional
        Of the flame's surface where it is known; None: that of a sooty flame. Never more than the flame's wall can
        give off of what burns (``pool_fire/radiant_fraction``). [W/m²]

    References
    ----------
    .. [1] P. H. Thomas, "The size of flames from natural fires", 9th Symposium on Combustion (1963) 844-859: length.
    .. [2] American Gas Association, "LNG safety research program", IS 3-1 (1974): tilt.
    .. [3] K. S. Mudan, P. A. Croce, "Fire hazard calculations for large open hydrocarbon fires", SFPE Handbook:
       emissive power of sooty flames.
    """
    diameter_m = 2.0 * np.sqrt(area_m2 / np.pi)
    relative_wind = wind_m_s / (GRAVITY_M_S2 * burning_rate_kg_m2_s * diameter_m / vapour_density_kg_m3) ** (
        1 / 3
    )
    length_m = diameter_m * _slenderness(
        burning_rate_kg_m2_s / (air_density_kg_m3 * np.sqrt(GRAVITY_M_S2 * diameter_m)), relative_wind, fires
    )
    wall_w_m2 = (
        fires["pool_fire/radiant_fraction"].number
        * burning_rate_kg_m2_s
        * heat_of_combustion_j_kg
        / (1.0 + 4.0 * length_m / diameter_m)
    )
    surface_w_m2 = _sooty_w_m2(diameter_m, fires) if emissive_power_w_m2 is None else emissive_power_w_m2
    return PoolFire(
        diameter_m=float(diameter_m),
        length_m=float(length_m),
        tilt_rad=float(np.arccos(min(1.0, max(relative_wind, 1.0) ** -0.5))),
        emissive_power_w_m2=float(min(surface_w_m2, wall_w_m2)),
        burning_rate_kg_m2_s=burning_rate_kg_m2_s,
        vapour_pressure_pa=vapour_pressure_pa,
        fires=fires,
        warnings=_check_size(float(diameter_m)),
    )


def _slenderness(burning: float, relative_wind: float, fires: Table) -> float:
    """Thomas' flame length in diameters: the windy form, where it is the shorter one, else the calm one."""
    calm: float = (
        fires["pool_flame/calm_coefficient"].number * burning ** fires["pool_flame/calm_exponent"].number
    )
    if relative_wind <= 1.0:
        return calm
    windy: float = (
        fires["pool_flame/windy_coefficient"].number
        * burning ** fires["pool_flame/windy_exponent"].number
        * relative_wind ** fires["pool_flame/wind_exponent"].number
    )
    return min(calm, windy)


def _sooty_w_m2(diameter_m: float, fires: Table) -> float:
    """Emissive power of a flame that hides in its own smoke as it grows."""
    bright = np.exp(-fires["emissive_power/extinction"].number * diameter_m)
    return float(
        fires["emissive_power/bright"].number * bright + fires["emissive_power/smoke"].number * (1.0 - bright)
    )


def _check_size(diameter_m: float) -> tuple[Text, ...]:
    if _SMALLEST_M <= diameter_m <= _LARGEST_M:
        return ()
    return (
        Text(
            zh=f"池火直径 {diameter_m:.1f} m 超出模型适用范围 {_SMALLEST_M:g}–{_LARGEST_M:g} m。",
            en=f"Pool fire of {diameter_m:.1f} m is outside the {_SMALLEST_M:g} to {_LARGEST_M:g} m "
            "that the model was made from.",
        ),
    )
