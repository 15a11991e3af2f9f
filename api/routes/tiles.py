"""Tiles: vector tiles of layers, cells of grids, pictures of rasters, and those of Tianditu through this server.

Tianditu is off unless ``RISKMAP_TIANDITU_KEY`` is set; then, and only then, the server asks another machine, and its
key never reaches a browser.
"""

from http.client import HTTPException as TransferError
from typing import Annotated
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import shapely
from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.deps import AtDep, GridTilesDep, RasterTilesDep, SettingsDep, TilesDep
from api.parameters import (
    LayerSlugs,
    RasterId,
    RunId,
    TiandituLayer,
    TileColumn,
    TileRow,
    TileVersion,
    TileZoom,
)
from layers.catalog import get_layer
from layers.errors import NotAvailableError, NotFoundError
from layers.tiles import rasters as raster_tiles
from layers.tiles.mercator import MAX_ZOOM

__all__ = ["fetch_tile", "router", "tile_url"]

router = APIRouter(prefix="/tiles", tags=["tiles"])

MVT = "application/vnd.mapbox-vector-tile"

_FOR_EVER = "private, max-age=31536000, immutable"

_TIMEOUT_S = 10
_MAX_TILE_BYTES = 2_000_000
_TIANDITU_ZOOM = 18


def split_layers(slugs: LayerSlugs) -> list[str]:
    """Return the layers of the path, which has commas between them; each once."""
    return list(dict.fromkeys(get_layer(slug).slug for slug in slugs.split(",")))


@router.get("/layers/{slugs}/{version}/{z}/{x}/{y}", response_class=Response)
def get_vector_tile(
    slugs: Annotated[list[str], Depends(split_layers)],
    version: TileVersion,
    z: Annotated[TileZoom, Field(ge=0, le=MAX_ZOOM)],
    x: TileColumn,
    y: TileRow,
    tiles: TilesDep,
    at: AtDep,
) -> Response:
    """Return a vector tile (MVT) of a layer in web Mercator; with ``at`` as the layer was then.

    ``version`` is the layer's ``tile_version``: a tile of the present version never changes and is kept for ever; to
    any other version the present tile is the answer, and is not kept. Several layers and their versions, each with
    commas between them, come in one tile: a map asks once where it draws them all.
    """
    content, present = tiles.join(slugs, z, x, y, at)
    return Response(content, media_type=MVT, headers=_keep(version == present))


@router.get("/rasters/{version}/{z}/{x}/{y}/{raster_id:path}", response_class=Response)
def get_raster_tile(
    raster_id: RasterId,
    version: TileVersion,
    z: Annotated[TileZoom, Field(ge=0, le=raster_tiles.MAX_ZOOM)],
    x: TileColumn,
    y: TileRow,
    tiles: RasterTilesDep,
) -> Response:
    """Return a tile of a raster in web Mercator, 256 pixels of PNG; transparent where it has no value.

    ``version`` is the raster's, from ``/api/v1/rasters``, and works as for vector tiles.
    """
    content, current = tiles.tile(raster_id, z, x, y)
    return Response(content, media_type="image/png", headers=_keep(version == current))


@router.get("/grids/{run}/ground", response_class=Response)
def get_grid_ground(run: RunId, tiles: GridTilesDep) -> Response:
    """Return the ground for which a grid speaks, as GeoJSON geometry: what is not stored there has no object."""
    return Response(
        shapely.to_geojson(tiles.ground(run)), media_type="application/geo+json", headers=_keep(True)
    )


@router.get("/grids/{run}/{z}/{x}/{y}", response_class=Response)
def get_grid_tile(
    run: RunId,
    z: Annotated[TileZoom, Field(ge=0, le=MAX_ZOOM)],
    x: TileColumn,
    y: TileRow,
    tiles: GridTilesDep,
) -> Response:
    """Return a tile of the cells of a grid: their ids and looks, as ``layers/tiles/grids.py`` lays it down.

    The cells of a run never change: a tile is kept for ever.
    """
    return Response(tiles.tile(run, z, x, y), media_type="application/octet-stream", headers=_keep(True))


def _keep(current: bool) -> dict[str, str]:
    return {"Cache-Control": _FOR_EVER if current else "no-store"}


@router.get("/tianditu/{layer}/{z}/{x}/{y}", response_class=Response)
def get_tile(
    layer: TiandituLayer,
    z: Annotated[TileZoom, Field(ge=1, le=_TIANDITU_ZOOM)],
    x: TileColumn,
    y: TileRow,
    settings: SettingsDep,
) -> Response:
    """Return one tile in web Mercator."""
    if not settings.tianditu_key:
        raise NotAvailableError(
            "no Tianditu key is set (RISKMAP_TIANDITU_KEY)", zh="未设置天地图密钥（RISKMAP_TIANDITU_KEY）"
        )
    if max(x, y) >= 2**z:
        raise NotFoundError(f"there is no tile {z}/{x}/{y}", zh=f"没有瓦片 {z}/{x}/{y}")
    picture, kind = fetch_tile(tile_url(layer, z, x, y, settings.tianditu_key.get_secret_value()))
    return Response(picture, media_type=kind, headers={"Cache-Control": "private, max-age=604800"})


def tile_url(layer: str, z: int, x: int, y: int, key: str) -> str:
    """Return the address of a tile at Tianditu's WMTS, spread over its eight hosts."""
    query = {
        "SERVICE": "WMTS",
        "REQUEST": "GetTile",
        "VERSION": "1.0.0",
        "LAYER": layer,
        "STYLE": "default",
        "TILEMATRIXSET": "w",
        "FORMAT": "tiles",
        "TILEMATRIX": z,
        "TILEROW": y,
        "TILECOL": x,
        "tk": key,
    }
    return f"https://t{(x + y) % 8}.tianditu.gov.cn/{layer}_w/wmts?{urlencode(query)}"


def fetch_tile(url: str) -> tuple[bytes, str]:
    """Return a tile and its media type.

    Raises
    ------
    NotAvailableError
        If the other side cannot be reached or answers with something else; the address is not repeated.
    """
    request = Request(url, headers={"User-Agent": "Mozilla/5.0 riskmap"})
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:
            kind = answer.headers.get_content_type()
            picture = answer.read(_MAX_TILE_BYTES)
    except (URLError, TimeoutError, OSError, TransferError):
        # The reason may repeat the address and with it the key.
        kind, picture = "", b""
    if not kind.startswith("image/"):
        raise NotAvailableError("Tianditu gave no tile", zh="天地图未返回瓦片") from None
    return picture, kind
