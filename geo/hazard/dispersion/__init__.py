"""Where a cloud goes: concentrations, toxic loads and flammable extent downwind of a release.

::

    source                        what the air receives; droplets and the air that evaporates them
    wind, spread                  wind profile, dispersion parameters
    gaussian_plume, gaussian_puff passive clouds
    britter_mcquaid, slab         heavy clouds
    choose                        heavy or passive, and the steps joined
    cloud                         what all models offer
"""

from geo.hazard.dispersion.choose import HeavyGas, disperse
from geo.hazard.dispersion.cloud import Cloud, Flammable

__all__ = ["Cloud", "Flammable", "HeavyGas", "disperse"]
