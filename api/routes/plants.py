"""Stored plants and their layouts; what makes the risk at a place; two layouts compared; several plants together."""

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.access import PrincipalDep
from api.actions.distances import run_together
from api.actions.plants import compare_plants
from api.deps import JobsDep, RequiredVersionDep, StoreDep
from api.jobs import JobStatus
from api.parameters import PlantId, SumId
from api.results.hazards import ContourOut, DistanceResult, RoseOut, StoredOut
from api.results.shapes import FindingOut
from api.routes.hazards import RoseIn, get_kernels
from api.routes.imports import save_uploads
from geo.hazard.kernel_store import KernelStore
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import parse_rose
from layers.errors import FormatError
from layers.plants.document import PlantFile, plant_of, read_plant
from layers.plants.placing import place_file
from layers.plants.ranking import rank_at
from layers.plants.results import drop_sum, list_sums, read_sum
from layers.plants.roses import stored_rose
from layers.plants.stored import StoredPlant, add_layout, list_plants, put_plant, stored_plant
from layers.plants.words import list_plant_words
from layers.store import Store
from layers.terrain import stored_rasters

__all__ = ["router"]

router = APIRouter(tags=["hazard"])

_MOST_PLANTS = 50

KernelsDep = Annotated[KernelStore, Depends(get_kernels)]


class PlantRow(BaseModel):
    """A stored plant, or another layout of one, without its file."""

    id: str
    name: str
    state: str | None
    illustrative: bool
    layout: str | None = Field(description="name of the layout; null for a plant as it is")
    variant_of: str | None = Field(description="id of the plant that the layout would change")
    version: int
    equipment: int | None


class PlantsOut(BaseModel):
    """Stored plants and layouts, by id."""

    plants: list[PlantRow]


class PlantOut(PlantRow):
    """A stored plant with its file, in EPSG:4490."""

    file: dict[str, Any]


class PlantFileOut(BaseModel):
    """A plant file that was read and checked, in EPSG:4490; nothing is stored."""

    file: dict[str, Any]


class WordOut(BaseModel):
    """A word with its names; a kind of equipment says to which group it belongs."""

    word: str
    zh: str | None = None
    en: str | None = None
    group: str | None = None


class PlantWordsOut(BaseModel):
    """What a plant file can say."""

    substance: list[WordOut]
    kind: list[WordOut]
    ground: list[WordOut]
    target_class: list[WordOut]


class LayoutIn(BaseModel):
    """Another layout of a stored plant."""

    model_config = ConfigDict(extra="forbid")

    layout: str = Field(min_length=1, max_length=120, description="name of the layout")
    file: PlantFile


class RankIn(BaseModel):
    """A plant, the weather, and a place in EPSG:4490."""

    model_config = ConfigDict(extra="forbid")

    plant: PlantFile
    weather: str | RoseIn
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)


class ContributionOut(BaseModel):
    """What one end event of one scenario adds to the risk at a place."""

    equipment: str
    scenario: str
    outcome: str
    risk_per_year: float
    share: float


class RankOut(BaseModel):
    """Individual risk at a place, and what makes it, the largest first."""

    position: list[float]
    risk_per_year: float
    contributions: list[ContributionOut]


class CompareIn(BaseModel):
    """Two layouts of a plant, and the weather."""

    model_config = ConfigDict(extra="forbid")

    former: PlantFile
    present: PlantFile
    weather: str | RoseIn


class EquipmentChangeOut(BaseModel):
    """What became of one piece of equipment."""

    id: str
    name: str
    what: Literal["added", "removed", "moved", "changed"]
    moved_m: float | None
    fields: list[dict[str, Any]]


class ContourChangeOut(BaseModel):
    """Areas that came into a level of risk and that left it."""

    risk_per_year: float
    area_before_m2: float
    area_m2: float
    gained: dict[str, Any]
    lost: dict[str, Any]


class ZoneChangeOut(BaseModel):
    """Greatest distance of a criterion in both layouts; null where the former has none."""

    target_classes: list[str]
    column: str
    criterion_per_year: float | None
    pressure_limit_pa: float | None
    greatest_before_m: float | None
    greatest_m: float


class TargetChangeOut(BaseModel):
    """A target whose risk or overpressure differs."""

    layer: str
    id: str
    name: str | None
    limit: float | None
    unit: str | None
    found_before: float | None
    found: float | None


class DifferencesOut(BaseModel):
    """What a second layout changes."""

    equipment: list[EquipmentChangeOut]
    contours: list[ContourChangeOut]
    zones: list[ZoneChangeOut]
    targets: list[TargetChangeOut]


class ComparisonResult(BaseModel):
    """Both layouts assessed, and what differs."""

    former: DistanceResult
    present: DistanceResult
    differences: DifferencesOut


class ComparisonJob(JobStatus):
    """A job whose result is a comparison."""

    result: ComparisonResult | None


class AccumulateIn(BaseModel):
    """Plants whose risk adds up, and the weather."""

    model_config = ConfigDict(extra="forbid")

    plants: list[PlantFile] = Field(min_length=1, max_length=_MOST_PLANTS)
    weather: str | RoseIn
    store: bool = Field(
        True, description="keep contours and findings; they end when one of the plants changes"
    )


class MemberOut(BaseModel):
    """A plant among others; without a risk it adds nothing: overpressures do not add up."""

    id: str
    name: str
    has_risk: bool


class PlantNameOut(BaseModel):
    """A plant by id and name."""

    id: str
    name: str


class MainPlantOut(BaseModel):
    """The plant that adds most to the risk at a target."""

    id: str
    name: str
    risk_per_year: float


class ExposedOut(BaseModel):
    """A target at the risk of several plants; limit and verdict are null where its class is not stated."""

    layer: str
    id: str
    name: str | None
    target_class: str | None
    position: list[float] = Field(description="its point of the greatest risk")
    risk_per_year: float
    limit_per_year: float | None
    exceeded: bool | None
    main_plant: MainPlantOut
    finding: FindingOut


class AccumulationOut(BaseModel):
    """Individual risk of several plants together."""

    plants: list[MemberOut]
    state: Literal["new", "in_service"] = Field(description="whose criteria count")
    wind_rose: RoseOut
    contours: list[ContourOut]
    cut_off: bool
    targets: list[ExposedOut]
    judged: int = Field(description="targets that were looked at")
    awaiting: int = Field(description="parameters that await confirmation")
    stored: StoredOut | None = Field(None, description="how much was stored; null where nothing should be")


class SumRow(BaseModel):
    """Several plants together, as stored."""

    run: str
    plants: list[PlantNameOut]
    wind_rose: RoseOut
    contours: int = Field(description="levels of risk that are reached")
    computed_at: str | None
    plants_changed: bool = Field(description="a stored plant is another one than was added up")
    targets_changed: bool = Field(description="protection targets or settlements have changed since")


class SumsOut(BaseModel):
    """Stored sums of plants, by the names of the plants."""

    sums: list[SumRow]


class AccumulationJob(JobStatus):
    """A job whose result is the risk of several plants together."""

    result: AccumulationOut | None


@router.get("/plants")
def get_plants(store: StoreDep) -> PlantsOut:
    """Return the stored plants and layouts."""
    return PlantsOut(plants=[PlantRow(**row) for row in list_plants(store)])


@router.get("/plants/words")
def get_plant_words() -> PlantWordsOut:
    """Return what a plant file can say: substances, kinds of equipment and of ground, classes of targets."""
    return PlantWordsOut.model_validate(list_plant_words())


@router.get("/plants/{plant_id}")
def get_plant(plant_id: PlantId, store: StoreDep, response: Response) -> PlantOut:
    """Return a stored plant with its file; its version is the ETag."""
    return _answer(stored_plant(store, plant_id), response)


@router.post("/plants", status_code=201)
def create_plant(file: PlantFile, store: StoreDep, response: Response) -> PlantOut:
    """Keep a new plant; one of its id that is there already is a conflict."""
    return _answer(put_plant(store, file), response)


@router.put("/plants/{plant_id}")
def replace_plant(
    plant_id: PlantId, file: PlantFile, store: StoreDep, version: RequiredVersionDep, response: Response
) -> PlantOut:
    """Replace the file of a stored plant or layout; ``If-Match`` names the version that it was made from."""
    if file.plant.id != plant_id:
        raise FormatError(
            f"plant.id: {file.plant.id!r} is not the {plant_id!r} of the address",
            zh=f"plant.id：文件中的编号“{file.plant.id}”与地址中的“{plant_id}”不一致",
        )
    kept = stored_plant(store, plant_id)
    names = {"layout": kept.layout, "variant_of": kept.variant_of}
    return _answer(put_plant(store, file, expected_version=version, **names), response)


@router.post("/plants/{plant_id}/layouts", status_code=201)
def create_layout(plant_id: PlantId, wanted: LayoutIn, store: StoreDep, response: Response) -> PlantOut:
    """Keep another layout of a stored plant; it gets an id of its own."""
    return _answer(add_layout(store, plant_id, wanted.layout, wanted.file), response)


@router.post("/plants/file")
def read_plant_file(file: UploadFile) -> PlantFileOut:
    """Read and check a plant file (TOML or JSON); an error names the field. Nothing is stored."""
    with tempfile.TemporaryDirectory(prefix="riskmap-plant-") as folder:
        read = read_plant(save_uploads([file], Path(folder, "upload")))
    return PlantFileOut(file=_plain(place_file(read, plant_of(read))))


@router.post("/distance/rank")
def rank_scenarios_at(wanted: RankIn, store: StoreDep, kernels: KernelsDep) -> RankOut:
    """Return which scenarios make the individual risk at a place; at once where the plant has been assessed."""
    rose = _rose_of(wanted.weather, store)
    return RankOut.model_validate(rank_at(wanted.plant, rose, wanted.lon, wanted.lat, kernels))


@router.post("/distance/compare", status_code=202, response_model=ComparisonJob)
def start_comparison(
    wanted: CompareIn, store: StoreDep, jobs: JobsDep, principal: PrincipalDep, kernels: KernelsDep
) -> JobStatus:
    """Compare two layouts: the answer is a job with both assessments and what differs; nothing is stored."""
    for file in (wanted.former, wanted.present):
        plant_of(file)  # what cannot be is refused now, not by a job that fails
    job = jobs.submit(
        "distance",
        compare_plants,
        owner=principal.name,
        former=wanted.former,
        present=wanted.present,
        rose=_rose_of(wanted.weather, store),
        population=stored_rasters(store, ["population"]).get("population"),
        store=store,
        kernels=kernels,
    )
    return job.status()


@router.post("/distance/accumulate", status_code=202, response_model=AccumulationJob)
def start_accumulation(
    wanted: AccumulateIn, store: StoreDep, jobs: JobsDep, principal: PrincipalDep, kernels: KernelsDep
) -> JobStatus:
    """Add up the individual risk of several plants, such as those of a park: the answer is a job.

    Contours and findings are stored unless ``store`` is false, and end when one of the plants is changed.
    """
    for file in wanted.plants:
        plant_of(file)  # what cannot be is refused now, not by a job that fails
    if wanted.store:
        store.require_writable()
    job = jobs.submit(
        "distance",
        run_together,
        owner=principal.name,
        files=wanted.plants,
        rose=_rose_of(wanted.weather, store),
        store=store,
        kernels=kernels,
        keep=wanted.store,
    )
    return job.status()


@router.get("/distance/together")
def get_sums(store: StoreDep) -> SumsOut:
    """Return the stored sums of several plants; those of plants that have changed since are no more."""
    return SumsOut(sums=[SumRow(**row) for row in list_sums(store)])


@router.get("/distance/together/{run}")
def get_sum(run: SumId, store: StoreDep) -> AccumulationOut:
    """Return a stored sum of several plants."""
    return AccumulationOut(**read_sum(store, run))


@router.delete("/distance/together/{run}", status_code=204)
def end_sum(run: SumId, store: StoreDep) -> None:
    """End a stored sum of several plants: its contours and findings."""
    drop_sum(store, run)


def _answer(plant: StoredPlant, response: Response) -> PlantOut:
    response.headers["ETag"] = f'"{plant.version}"'
    return PlantOut(**plant.describe(), file=_plain(plant.file))


def _plain(file: PlantFile) -> dict[str, Any]:
    return file.model_dump(mode="json", exclude_none=True)


def _rose_of(weather: str | RoseIn, store: Store) -> WindRose:
    return stored_rose(store, weather) if isinstance(weather, str) else parse_rose(weather.model_dump())
