"""Gaussian plumes and puffs of a source, with their numbers from the table."""

import math

from geo.hazard.dispersion.gaussian_plume import GaussianPlume, mix_jet
from geo.hazard.dispersion.gaussian_puff import GaussianPuff, start_sigma_m
from geo.hazard.dispersion.source import Diluted, Shape, Source
from geo.hazard.dispersion.spread import Spread, ccps_puff
from geo.hazard.tables import Table

__all__ = ["passive_plume", "passive_puff"]

_WIDTHS_OF_POOL = 4.3
"""Side of an area source in its standard deviations. US EPA, ISC3 User's Guide, volume II (1995), table 1-6."""


def passive_plume(
    source: Source,
    diluted: Diluted,
    stability: str,
    spread: Spread,
    wind_m_s: float,
    air_density_kg_m3: float,
    dispersion: Table,
) -> GaussianPlume:
    """Return the plume of a jet or pool."""
    assert source.rate_kg_s is not None
    jet, own_y, own_z = None, 0.0, 0.0
    if source.shape is Shape.POOL:
        own_y = math.sqrt(source.area_m2) / _WIDTHS_OF_POOL
        own_z = source.rate_kg_s / (math.pi * wind_m_s * own_y * diluted.concentration_kg_m3)
    else:
        jet = mix_jet(
            source.area_m2,
            source.velocity_m_s,
            source.density_kg_m3 / air_density_kg_m3,
            wind_m_s,
            spread,
            dispersion["jet/centreline"].number,
        )
    return GaussianPlume(
        rate_kg_s=source.rate_kg_s,
        duration_s=source.duration_s,
        wind_m_s=wind_m_s,
        release_height_m=source.height_m,
        spread=spread,
        along=ccps_puff(stability, dispersion),
        source_sigma_y_m=own_y,
        source_sigma_z_m=own_z,
        densest_kg_m3=source.density_kg_m3 if jet else diluted.concentration_kg_m3,
        averaging=(dispersion["averaging/plume"].number, dispersion["averaging/exponent"].number),
        averaging_bounds_s=(
            dispersion["averaging/flammable"].number,
            dispersion["averaging/longest"].number,
        ),
        jet=jet,
    )


def passive_puff(
    source: Source, diluted: Diluted, stability: str, wind_m_s: float, dispersion: Table
) -> GaussianPuff:
    """Return the puff of a source that gives all at once."""
    return GaussianPuff(
        mass_kg=source.mass_kg,
        wind_m_s=wind_m_s,
        release_height_m=source.height_m,
        spread=ccps_puff(stability, dispersion),
        source_sigma_m=start_sigma_m(source.mass_kg / diluted.concentration_kg_m3),
        densest_kg_m3=diluted.concentration_kg_m3,
    )
