"""The register as a supervisor reads it: key figures by area, lists to work through, and where data are missing."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from api.deps import BoundsDep, StoreDep
from api.parameters import (
    AreaCode,
    ConclusionFilter,
    KindFilter,
    Language,
    LayerFilter,
    Limit,
    ListFilter,
    Offset,
    RuleFilter,
)
from api.queries import Bounds
from api.routes.features import GEOJSON, MAX_FEATURES
from layers.geojson import collection_text, feature_texts
from layers.register.areas import WHOLE
from layers.register.figures import area_figures, describe_check
from layers.register.gaps import IMPRECISE_M, list_gaps
from layers.register.lists import (
    Choice,
    count_facilities,
    count_findings,
    page_facilities,
    page_findings,
)
from layers.register.marks import list_marks
from layers.register.sheets import fill_findings_workbook
from layers.siting.audits import AUDITED_LAYERS

__all__ = ["router"]

router = APIRouter(prefix="/register", tags=["register"])

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PAGE = 500
"""Most rows of one page."""

FindingOrder = Annotated[
    Literal["margin", "name", "rule"],
    Query(description="order: by metres missing, the name of the facility, or the rule"),
]
PageLimit = Annotated[Limit, Field(ge=0, le=_PAGE)]


class AreaOut(BaseModel):
    """An area; ``name`` is null where none is stored."""

    adcode: str
    name: str | None


class PlacedAreaOut(AreaOut):
    """An area and its bounds, null where its boundary is not stored; in degrees."""

    bounds: Bounds | None


class FiguresOut(BaseModel):
    """Numbers of facilities, also by conclusion and to be rectified, and of findings by list."""

    facilities: int
    conclusions: dict[str, int]
    legacy: int
    findings: dict[str, int]


class AreaFiguresOut(FiguresOut):
    """Figures of an area one level below; ``adcode`` is null for what no code places there."""

    adcode: str | None
    name: str | None


class LayerFiguresOut(FiguresOut):
    """Figures of a layer in an area."""

    layer: str


class CheckOut(BaseModel):
    """The check that findings come from; ``changed``: layers that have changed since, null if that is unknown."""

    run: str
    kind: str
    checked_on: str | None
    rules_version: str | None
    changed: list[str] | None


class OverviewOut(BaseModel):
    """Key figures of an area, of the areas in it and of the layers; each adds up to the first."""

    area: PlacedAreaOut
    above: list[AreaOut]
    figures: FiguresOut
    areas: list[AreaFiguresOut]
    layers: list[LayerFiguresOut]
    check: CheckOut | None


class FacilityOut(BaseModel):
    """A facility with what all its findings amount to; ``margin_m`` of the worst violation or thing to rectify."""

    layer: str
    id: str
    name: str | None
    adcode: str | None
    kind: str | None
    conclusion: str
    legacy: bool
    margin_m: float | None


class FacilitiesOut(BaseModel):
    """One page of facilities, the worst first."""

    facilities: list[FacilityOut]
    number_matched: int
    number_returned: int


class LayerGapsOut(BaseModel):
    """What is missing, old or imprecise in a layer."""

    layer: str
    count: int
    accuracy_unknown: int
    imprecise: int
    accuracy_max_m: float | None
    without_adcode: int
    without_geometry: int
    oldest: str | None
    newest: str | None
    illustrative: int
    surveys: int


class NeedOut(BaseModel):
    """What open findings of facilities of a layer ask for."""

    layer: str
    need: str
    findings: int
    facilities: int


class GapsOut(BaseModel):
    """Blind spots of an area; ``imprecise`` counts accuracies worse than ``imprecise_m``."""

    imprecise_m: float
    layers: list[LayerGapsOut]
    needs: list[NeedOut]


class MarksOut(BaseModel):
    """By layer and id of the facility: verdict, whether it is decided, and the verdict on the doubt's other side."""

    marks: dict[str, dict[str, tuple[str, bool, str | None]]]


def read_choice(
    area: AreaCode = WHOLE,
    layer: LayerFilter = None,
    kind: KindFilter = None,
    rule: RuleFilter = None,
    in_list: ListFilter = None,
    conclusion: ConclusionFilter = None,
) -> Choice:
    """Return which findings or facilities are asked for."""
    return Choice(area=area, layer=layer, kind=kind, rule=rule, list=in_list, conclusion=conclusion)


ChoiceDep = Annotated[Choice, Depends(read_choice)]


@router.get("/overview")
def get_overview(store: StoreDep, area: AreaCode = WHOLE) -> OverviewOut:
    """Return the key figures of an area, from all data down to a county."""
    return OverviewOut.model_validate({**area_figures(store, area), "check": describe_check(store)})


@router.get("/facilities")
def list_facilities(
    store: StoreDep, choice: ChoiceDep, limit: PageLimit = 50, offset: Offset = 0
) -> FacilitiesOut:
    """Return facilities with their conclusion, the worst first."""
    rows = page_facilities(store, choice, limit=limit, offset=offset)
    return FacilitiesOut(
        facilities=[FacilityOut(**row) for row in rows],
        number_matched=count_facilities(store, choice),
        number_returned=len(rows),
    )


@router.get("/findings", responses={200: {"content": {GEOJSON: {}}}}, response_class=Response)
def list_findings(
    store: StoreDep,
    choice: ChoiceDep,
    sort: FindingOrder = "margin",
    limit: PageLimit = 50,
    offset: Offset = 0,
) -> Response:
    """Return findings that count, as evidence lines: the most metres missing first.

    ``groups`` says how many findings each list, kind, rule and layer holds within what is chosen besides.
    """
    frame = page_findings(store, choice, sort=sort, limit=limit, offset=offset)
    groups = count_findings(store, choice)
    matched = sum(groups["lists"].values()) if choice.list is None else groups["lists"][choice.list]
    text = collection_text(
        feature_texts(frame, publish_finding),
        number_matched=matched,
        number_returned=len(frame),
        groups=groups,
    )
    return Response(text, media_type=GEOJSON)


@router.get("/findings.xlsx", response_class=Response, responses={200: {"content": {_XLSX: {}}}})
def download_findings(store: StoreDep, choice: ChoiceDep, lang: Language = "zh") -> Response:
    """Return all findings of a choice as an Excel workbook."""
    name = f"{choice.list or 'findings'}-{choice.area}.xlsx"
    return Response(
        fill_findings_workbook(store, choice, lang),
        media_type=_XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/marks")
def get_marks(
    store: StoreDep,
    bounds: BoundsDep,
    layer: Annotated[list[str] | None, Query(description="only these; default all that are checked")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_FEATURES, description="most facilities of each layer")] = 2000,
) -> MarksOut:
    """Return the worst finding of each facility in view, at most ``limit`` of a layer, the first by id.

    Vector tiles carry it for all facilities of a layer.
    """
    return MarksOut(marks=list_marks(store, layer or AUDITED_LAYERS, bounds, limit))


@router.get("/gaps")
def get_gaps(store: StoreDep, area: AreaCode = WHOLE) -> GapsOut:
    """Return where data are missing, old or imprecise."""
    return GapsOut(imprecise_m=IMPRECISE_M, **list_gaps(store, area))


def publish_finding(row: dict[str, Any]) -> dict[str, Any]:
    """Return the finding as published, with its subject; its evidence is the geometry already."""
    finding = {name: value for name, value in (row["finding"] or {}).items() if name != "evidence"}
    subject = {"layer": row["subject_layer"], "id": row["subject_id"], "name": row["name"]}
    return {"id": row["id"], "subject": subject, **finding}
