"""Which scenarios of a plant make the individual risk at a place."""

from typing import Any

import numpy as np

from geo.hazard.assessment import make_placements
from geo.hazard.kernel_store import KernelStore
from geo.hazard.ranking import rank_scenarios
from geo.hazard.risk_field import site_plane
from geo.hazard.routing import Method, choose_methods
from geo.hazard.weather import WindRose
from layers.errors import NotAvailableError
from layers.plants.distances import options_of
from layers.plants.document import PlantFile, overrides_of, plant_of

__all__ = ["rank_at"]


def rank_at(file: PlantFile, rose: WindRose, lon: float, lat: float, kernels: KernelStore) -> dict[str, Any]:
    """Return the individual risk at a place and what makes it, the largest contribution first.

    Parameters
    ----------
    file : PlantFile
    rose : WindRose
    lon, lat : float
        EPSG:4490. [°]
    kernels : KernelStore
        Of former assessments; the answer comes at once where the plant has been assessed.

    Raises
    ------
    NotAvailableError
        If no risk is computed for the plant.
    FormatError, HazardError
        If the plant makes no sense.
    """
    plant = plant_of(file)
    methods = choose_methods(plant, overrides_of(file)).methods
    if Method.RISK not in methods:
        raise NotAvailableError(
            f"no individual risk is computed for {plant.name}: its method is another one",
            zh=f"“{plant.name}”不采用定量风险评价法，没有个人风险可分解",
        )
    placements = make_placements(plant, rose, options_of(file), store=kernels)
    ((x_m, y_m),) = site_plane(plant).to_plane(np.array([[lon, lat]]))
    found = rank_scenarios(placements, float(x_m), float(y_m))
    return {
        "position": [lon, lat],
        "risk_per_year": float(np.sum([one.risk_per_year for one in found])),
        "contributions": [
            {
                "equipment": one.equipment_id,
                "scenario": one.scenario_id,
                "outcome": one.outcome.value,
                "risk_per_year": one.risk_per_year,
                "share": one.share,
            }
            for one in found
        ],
    }
