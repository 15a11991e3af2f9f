"""Search by name or id."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.deps import StoreDep
from api.parameters import LayersFilter, Limit
from layers.catalog import get_layer

__all__ = ["router"]

router = APIRouter(tags=["layers"])


class HitOut(BaseModel):
    """A feature found, with a point on it in degrees (null without geometry)."""

    layer: str
    id: str
    name: str | None
    lon: float | None
    lat: float | None


class HitsOut(BaseModel):
    """Features found."""

    hits: list[HitOut]


@router.get("/search")
def search(
    store: StoreDep,
    q: Annotated[str, Query(min_length=1, max_length=100, description="part of a name or id")],
    layer: LayersFilter = None,
    limit: Annotated[Limit, Field(ge=1, le=100)] = 20,
) -> HitsOut:
    """Return features whose name or id contains the text."""
    layers = [get_layer(slug).slug for slug in layer] if layer else None
    return HitsOut(hits=[HitOut(**asdict(hit)) for hit in store.search(q, layers=layers, limit=limit)])
