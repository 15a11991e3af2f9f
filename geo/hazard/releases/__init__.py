"""What comes out of a scenario: rate or mass, phase, flash, jet, rain-out and pool.

::

    gas, liquid, two_phase   flux through a hole by phase
    flash                    vapour, droplets and rain-out
    outflow                  the rate while a vessel empties
    pool                     spreading and evaporation
    discharge, release       the steps joined
"""

from geo.hazard.releases.release import release_of

__all__ = ["release_of"]
