"""Hazard engine: major hazard installations, external safety distance, and changed layouts of a plant sent along."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access import PrincipalDep
from api.actions.distances import DistanceOptions, run_distance
from api.deps import JobsDep, StoreDep
from api.jobs import JobStatus
from api.results.hazards import DistanceResult, HazardResult, WhatIfResult
from geo.hazard.kernel_store import KernelStore
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import parse_rose
from layers.plants.document import PlantFile, plant_of
from layers.plants.hazards import identify_hazard
from layers.plants.roses import stored_rose
from layers.plants.whatif import Workshop
from layers.store import Store
from layers.terrain import stored_rasters

__all__ = ["router"]

router = APIRouter(tags=["hazard"])


def get_kernels(request: Request) -> KernelStore:
    """Return the risk kernels that the application has computed."""
    kernels: KernelStore = request.app.state.kernels
    return kernels


def get_workshop(request: Request) -> Workshop:
    """Return the plants that are being changed."""
    workshop: Workshop = request.app.state.workshop
    return workshop


class RoseIn(BaseModel):
    """A wind rose: direction that the wind blows from, frequencies adding up to 1."""

    model_config = ConfigDict(extra="forbid")

    name: str
    source: str
    direction: Literal["from"]
    weather: list[dict[str, Any]] = Field(min_length=1, max_length=200)


class DistanceIn(BaseModel):
    """A plant, and the weather around it: the id of a stored wind rose, or a wind rose."""

    model_config = ConfigDict(extra="forbid")

    plant: PlantFile
    weather: str | RoseIn
    store: bool = Field(default=True, description="store contours and findings")
    count_unconfirmed: bool = Field(
        default=False, description="count findings that rest on unconfirmed numbers"
    )
    bands: bool = Field(default=True, description="estimate how far the distances stray")
    effects: bool = Field(default=True, description="find how far each piece of equipment kills and injures")
    domino: bool = Field(default=False, description="what others knock over adds to the risk")
    lang: Literal["zh", "en"] = "zh"


class WhatIfIn(BaseModel):
    """A plant as it is, and as it would be."""

    model_config = ConfigDict(extra="forbid")

    present: PlantFile
    changed: PlantFile
    weather: str | RoseIn


class DistanceJob(JobStatus):
    """A job whose result is the external safety distance."""

    result: DistanceResult | None


@router.post("/hazard", response_model=HazardResult)
def hazard(plant: PlantFile, store: StoreDep) -> Any:
    """Return which units of a plant are major hazard installations, and of which grade; nothing is stored.

    Residents within 500 m are counted from the stored population raster unless the plant states them.
    """
    population = stored_rasters(store, ["population"]).get("population")
    return JSONResponse(identify_hazard(plant, population))


@router.post("/distance", status_code=202, response_model=DistanceJob)
def start_distance(
    wanted: DistanceIn,
    store: StoreDep,
    jobs: JobsDep,
    principal: PrincipalDep,
    kernels: Annotated[KernelStore, Depends(get_kernels)],
) -> JobStatus:
    """Compute the external safety distance: the answer is a job with the result and files to download."""
    plant_of(wanted.plant)  # what cannot be is refused now, not by a job that fails
    if wanted.store:
        store.require_writable()
    folder = jobs.make_folder()
    options = DistanceOptions(
        rose=_rose_of(wanted.weather, store),
        population=stored_rasters(store, ["population"]).get("population"),
        keep=wanted.store,
        count_unconfirmed=wanted.count_unconfirmed,
        bands=wanted.bands,
        effects=wanted.effects,
        domino=wanted.domino,
        language=wanted.lang,
    )
    job = jobs.submit(
        "distance",
        run_distance,
        owner=principal.name,
        folder=folder,
        file=wanted.plant,
        files=folder / "files",
        options=options,
        store=store,
        kernels=kernels,
    )
    return job.status()


@router.post("/whatif", response_model=WhatIfResult)
def preview_change(
    wanted: WhatIfIn, store: StoreDep, workshop: Annotated[Workshop, Depends(get_workshop)]
) -> Any:
    """Return coarse contours and risks of a changed layout at once; nothing is stored.

    Fast once the plant has been assessed: then only what was changed is computed.
    """
    rose = _rose_of(wanted.weather, store)
    return JSONResponse(workshop.preview(wanted.present, wanted.changed, rose))


def _rose_of(weather: str | RoseIn, store: Store) -> WindRose:
    return stored_rose(store, weather) if isinstance(weather, str) else parse_rose(weather.model_dump())
