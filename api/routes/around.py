"""What lies around a place, with exact distances: a list by pages, or a file."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from api.deps import AtDep, StoreDep
from api.parameters import Language, LayersFilter, Limit, Moment, Offset
from api.queries import parse_place
from layers.nearby.around import LARGEST_RADIUS_M, Around, Neighbour, find_around
from layers.nearby.sheet import fill_around_csv, fill_around_workbook

__all__ = ["router"]

router = APIRouter(prefix="/around", tags=["around"])

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PAGE = 500
"""Most rows of one page."""

Position = tuple[float, float]


class OriginOut(BaseModel):
    """The place that is asked about: a coordinate, or a stored feature; ``accuracy_m`` is null where unknown."""

    layer: str | None
    id: str | None
    name: str | None
    accuracy_m: float | None
    geometry: dict[str, Any]


class CountOut(BaseModel):
    """How many of a layer lie within, how many of these are undecided, and how many more may lie within."""

    layer: str
    within: int
    undecided: int
    perhaps: int


class PeopleAroundOut(BaseModel):
    """People of what lies within, by layer and field; ``missing`` features do not say, and count for nobody."""

    layer: str
    field: str
    people: int
    missing: int


class NeighbourOut(BaseModel):
    """A feature; ``within``: as measured; ``decided``: whether its doubt leaves no other answer.

    ``half_width_m``: what the distance to a centre line was shortened by; null where unknown: screening only.
    """

    layer: str
    id: str
    name: str | None
    kind: str | None
    distance_m: float
    doubt_m: float | None
    within: bool
    decided: bool
    line_kind: str | None
    half_width_m: float | None
    start: Position
    end: Position


class AroundOut(BaseModel):
    """What lies around a place, the nearest first; ``area`` is the ground within the radius, for drawing."""

    origin: OriginOut
    radius_m: float
    area: dict[str, Any]
    counts: list[CountOut]
    people: list[PeopleAroundOut]
    features: list[NeighbourOut]
    number_matched: int
    number_returned: int


def ask_around(
    store: StoreDep,
    place: Annotated[
        str, Query(max_length=300, description="lon,lat in degrees, CGCS2000; or layer/id of a feature")
    ],
    radius_m: Annotated[float, Query(gt=0, le=LARGEST_RADIUS_M, description="radius in metres")],
    at: AtDep,
    layer: LayersFilter = None,
) -> Around:
    """Return what lies around the place of the query."""
    return find_around(store, parse_place(store, place, at), radius_m, layers=layer, at=at)


AroundDep = Annotated[Around, Depends(ask_around)]


@router.get("")
def list_around(
    around: AroundDep,
    limit: Annotated[Limit, Field(ge=0, le=_PAGE)] = 100,
    offset: Offset = 0,
) -> AroundOut:
    """Return everything within a radius of a place, with geodesic distances.

    What is measured beyond the radius is told too, where its doubt reaches into it (``within`` false).
    """
    origin, page = around.origin, around.neighbours[offset : offset + limit]
    return AroundOut(
        origin=OriginOut(
            layer=origin.layer,
            id=origin.id,
            name=origin.name,
            accuracy_m=origin.accuracy_m,
            geometry=_geometry(origin.geometry),
        ),
        radius_m=around.radius_m,
        area=_geometry(around.area),
        counts=[_count(slug, numbers) for slug, numbers in around.counts().items()],
        people=[PeopleAroundOut(**asdict(one)) for one in around.people()],
        features=[_publish(one) for one in page],
        number_matched=len(around.neighbours),
        number_returned=len(page),
    )


@router.get(".xlsx", response_class=Response, responses={200: {"content": {_XLSX: {}}}})
def download_around_workbook(around: AroundDep, lang: Language = "zh", at: Moment = None) -> Response:
    """Return the whole list, the counts and the people as an Excel workbook."""
    return _attach(fill_around_workbook(around, lang, at), "around.xlsx", _XLSX)


@router.get(".csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def download_around_table(around: AroundDep, lang: Language = "zh") -> Response:
    """Return the whole list as CSV."""
    return _attach(fill_around_csv(around, lang), "around.csv", "text/csv; charset=utf-8")


def _attach(content: bytes, name: str, media_type: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


def _geometry(geometry: shapely.Geometry) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(shapely.to_geojson(geometry))
    return written


def _count(slug: str, numbers: tuple[int, int, int]) -> CountOut:
    within, undecided, perhaps = numbers
    return CountOut(layer=slug, within=within, undecided=undecided, perhaps=perhaps)


def _publish(one: Neighbour) -> NeighbourOut:
    return NeighbourOut(**{name: value for name, value in vars(one).items() if name != "people"})
