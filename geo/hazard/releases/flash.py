"""How much of a superheated liquid turns to vapour at once, and how much stays in the air as droplets.

Energy balance of the flash, and the rain-out rule of GB/T 37243-2019 annex D (D.31, D.32): five times the flashed
share stays airborne; above a flashed share of 0.2 nothing rains out. Limits: droplets are not followed; the rule knows
neither the speed of the jet nor its height.
"""

from geo.hazard.releases.two_phase import fluid_state

__all__ = ["airborne_share", "flash_share", "flash_share_of_fluid"]


def flash_share(
    temperature_k: float, boiling_point_k: float, cp_liquid_j_kg_k: float, latent_heat_j_kg: float
) -> float:
    """Return the share that flashes when a liquid cools to its boiling point, 0 to 1.

    Parameters
    ----------
    temperature_k : float
        Of the liquid before.
    boiling_point_k : float
        At the pressure of the air.
    cp_liquid_j_kg_k, latent_heat_j_kg : float
        At the boiling point.

    Examples
    --------
    Propane of 25 °C:

    >>> round(flash_share(298.15, 231.04, 2250, 425600), 3)
    0.355
    """
    share = cp_liquid_j_kg_k * (temperature_k - boiling_point_k) / latent_heat_j_kg
    return min(max(share, 0.0), 1.0)


def flash_share_of_fluid(fluid: str, enthalpy_j_kg: float, pressure_pa: float) -> float:
    """Return the share of vapour that a fluid of an enthalpy has at a pressure (isenthalpic flash), 0 to 1."""
    import CoolProp

    state = fluid_state(fluid)
    state.update(CoolProp.PQ_INPUTS, pressure_pa, 0.0)
    liquid = state.hmass()
    state.update(CoolProp.PQ_INPUTS, pressure_pa, 1.0)
    share = (enthalpy_j_kg - liquid) / (state.hmass() - liquid)
    return float(min(max(share, 0.0), 1.0))


def airborne_share(flashed_share: float, per_flashed: float, no_pool_above: float) -> float:
    """Return the share that stays in the air as vapour and droplets; the rest falls into a pool.

    Parameters
    ----------
    flashed_share : float
    per_flashed, no_pool_above : float
        Of the rule: ``flash/airborne_per_flashed`` and ``flash/no_pool_above`` of the table ``releases``.
    """
    if flashed_share > no_pool_above:
        return 1.0
    return min(per_flashed * flashed_share, 1.0)
