"""Hazard engine: major hazard installations of a plant sent along."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import StoreDep
from api.hazard_results import HazardResult
from layers.hazards import identify_hazard
from layers.plants import PlantFile
from layers.terrain import stored_rasters

__all__ = ["router"]

router = APIRouter(tags=["hazard"])


@router.post("/hazard", response_model=HazardResult)
def hazard(plant: PlantFile, store: StoreDep) -> Any:
    """Return which units of a plant are major hazard installations, and of which grade; nothing is stored.

    Residents within 500 m are counted from the stored population raster unless the plant states them.
    """
    population = stored_rasters(store, ["population"]).get("population")
    return JSONResponse(identify_hazard(plant, population))
