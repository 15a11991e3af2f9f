"""Stored rasters as the map draws them: classes of values with their colours, extent, and where their tiles are."""

import math

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import RasterTilesDep
from api.queries import Bounds
from layers.tiles.rasters import Shade, StoredRaster

__all__ = ["router"]

router = APIRouter(prefix="/rasters", tags=["layers"])


class ShadeOut(BaseModel):
    """A class of values, closed below and open above."""

    least: float | None = Field(description="null: no lower end")
    below: float | None = Field(description="null: no upper end")
    colour: str | None = Field(description="#rrggbb; null: not drawn")
    hatch: str


class RasterOut(BaseModel):
    """A raster; one with a ``problem`` cannot be drawn and has no tiles."""

    id: str
    name: str | None
    kind: str | None
    unit: str | None
    illustrative: bool
    version: str
    bounds: Bounds | None
    min_zoom: int
    max_zoom: int
    shades: list[ShadeOut]
    problem: str | None
    problem_zh: str | None


class RastersOut(BaseModel):
    """All stored rasters, by id."""

    rasters: list[RasterOut]


@router.get("")
def list_rasters(tiles: RasterTilesDep) -> RastersOut:
    """Return the stored rasters; their tiles are at ``/tiles/rasters/{version}/{z}/{x}/{y}/{id}``."""
    return RastersOut(rasters=[_describe(raster) for raster in tiles.list()])


def _describe(raster: StoredRaster) -> RasterOut:
    return RasterOut(**vars(raster) | {"shades": [_describe_shade(shade) for shade in raster.shades]})


def _describe_shade(shade: Shade) -> ShadeOut:
    colour = None if shade.colour is None else "#{:02x}{:02x}{:02x}".format(*shade.colour)
    least, below = (end if math.isfinite(end) else None for end in (shade.least, shade.below))
    return ShadeOut(least=least, below=below, colour=colour, hatch=shade.hatch)
