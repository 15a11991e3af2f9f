"""What routes ask for, parsed at the edge: the store, the jobs, the layer, and the query of a layer."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request, params
from fastapi.dependencies.utils import get_flat_params

from api.errors import PreconditionError, UnknownParameterError
from api.jobs import Jobs
from api.parameters import LayerSlug, Moment
from api.queries import Bounds, parse_bounds, parse_moment, parse_where
from api.settings import Settings
from geo.rules.rule import RulePack
from layers.catalog import get_layer, refuse_computed
from layers.model import Layer
from layers.store import Store
from layers.tiles.grids import GridTiles
from layers.tiles.rasters import RasterTiles
from layers.tiles.vector import LayerTiles

__all__ = [
    "AppliedRulesDep",
    "AtDep",
    "BoundsDep",
    "GridTilesDep",
    "JobsDep",
    "LayerDep",
    "RasterTilesDep",
    "RequiredVersionDep",
    "RulesDep",
    "SettingsDep",
    "StoreDep",
    "TilesDep",
    "VersionDep",
    "WhereDep",
    "WritableLayerDep",
    "WritableStoreDep",
    "refuse_unknown_parameters",
]

_RESERVED = frozenset({"bbox", "at", "limit", "offset", "crs", "headers", "format", "lang"})
"""Query parameters that are no filters."""
_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')
"""A version as the header ``If-Match`` holds it."""


def get_settings(request: Request) -> Settings:
    """Return the settings of the application."""
    settings: Settings = request.app.state.settings
    return settings


def get_store(request: Request) -> Store:
    """Return the open store of the application."""
    store: Store = request.app.state.store
    return store


def get_writable_store(store: Annotated[Store, Depends(get_store)]) -> Store:
    """Return the open store, if it may be written: a long action that stores is refused before it begins."""
    store.require_writable()
    return store


def get_tiles(request: Request) -> LayerTiles:
    """Return the vector tiles of the application's layers."""
    tiles: LayerTiles = request.app.state.tiles
    return tiles


def get_grid_tiles(request: Request) -> GridTiles:
    """Return the tiles of the application's grids."""
    tiles: GridTiles = request.app.state.grid_tiles
    return tiles


def get_raster_tiles(request: Request) -> RasterTiles:
    """Return the tiles of the application's rasters."""
    tiles: RasterTiles = request.app.state.raster_tiles
    return tiles


def get_jobs(request: Request) -> Jobs:
    """Return the jobs of the application."""
    jobs: Jobs = request.app.state.jobs
    return jobs


def get_rules(request: Request) -> RulePack:
    """Return the rules of the application, read when it started."""
    rules: RulePack = request.app.state.rules
    return rules


def find_layer(slug: LayerSlug) -> Layer:
    """Return the layer of the path."""
    return get_layer(slug)


def find_writable_layer(layer: Annotated[Layer, Depends(find_layer)]) -> Layer:
    """Return the layer of the path, if people may write to it."""
    refuse_computed(layer)
    return layer


def query_bounds(
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees, CGCS2000")] = None,
) -> Bounds | None:
    """Return the bounds of a query, ``None`` when all is asked for."""
    return parse_bounds(bbox)


def query_moment(at: Moment = None) -> datetime | None:
    """Return the moment of a query, ``None`` for the current state."""
    return None if at is None else parse_moment(at)


def query_filters(layer: Annotated[Layer, Depends(find_layer)], request: Request) -> dict[str, object]:
    """Return the filters of a query on a layer; a parameter given twice means either value."""
    given = request.query_params
    return parse_where(layer, {name: given.getlist(name) for name in given if name not in _RESERVED})


def refuse_unknown_parameters(request: Request) -> None:
    """See to it that every query parameter is one that the route reads: a misspelt filter would filter nothing.

    Raises
    ------
    UnknownParameterError
        If there is another one.
    """
    dependant = request.scope["route"].dependant
    if any(one.call is query_filters for one in dependant.dependencies):
        return  # names of fields are refused by the layer
    known = sorted(
        one.alias for one in get_flat_params(dependant) if isinstance(one.field_info, params.Query)
    )
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        raise UnknownParameterError(
            f"unknown parameter {unknown!r}; this address reads: {', '.join(known) or 'none'}",
            zh=f"不认识的参数“{unknown}”；此地址可用的参数：{'、'.join(known) or '无'}",
        )


def read_version(
    if_match: Annotated[str | None, Header(description='version that is changed, such as "3"')] = None,
) -> int | None:
    """Return the version of the header ``If-Match``, ``None`` when it is not there.

    Raises
    ------
    PreconditionError
        If it is not a version. ``*``, any version, is refused on purpose: whoever changes a feature has read one.
    """
    if if_match is None:
        return None
    if if_match.strip() == "*":
        raise PreconditionError(
            "If-Match: * would also undo what somebody else has changed meanwhile: send the version that was read, "
            'such as "3"',
            zh='If-Match: * 会覆盖他人在此期间的修改：请给出所读取的版本号，如 "3"',
        )
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise PreconditionError(
            f'If-Match must hold the version, such as "3", not {if_match!r}',
            zh=f'If-Match 应为版本号（如 "3"），而不是“{if_match}”',
        )
    return int(found[1])


def require_version(version: Annotated[int | None, Depends(read_version)]) -> int:
    """Return the version of the header ``If-Match``.

    Raises
    ------
    PreconditionError
        If it is missing.
    """
    if version is None:
        raise PreconditionError(
            "say which version is changed: send its number in the header If-Match",
            zh="请在请求头 If-Match 中给出所修改的版本号",
        )
    return version


SettingsDep = Annotated[Settings, Depends(get_settings)]
StoreDep = Annotated[Store, Depends(get_store)]
WritableStoreDep = Annotated[Store, Depends(get_writable_store)]
TilesDep = Annotated[LayerTiles, Depends(get_tiles)]
GridTilesDep = Annotated[GridTiles, Depends(get_grid_tiles)]
RasterTilesDep = Annotated[RasterTiles, Depends(get_raster_tiles)]
RulesDep = Annotated[RulePack, Depends(get_rules)]


def apply_rules(
    rules: RulesDep,
    with_advisory: Annotated[
        bool, Query(description="count rules of recalled or disputed standing, too")
    ] = False,
) -> RulePack:
    """Return the rules of a check."""
    return rules.with_advisory() if with_advisory else rules


AppliedRulesDep = Annotated[RulePack, Depends(apply_rules)]
JobsDep = Annotated[Jobs, Depends(get_jobs)]
LayerDep = Annotated[Layer, Depends(find_layer)]
WritableLayerDep = Annotated[Layer, Depends(find_writable_layer)]
BoundsDep = Annotated[Bounds | None, Depends(query_bounds)]
AtDep = Annotated[datetime | None, Depends(query_moment)]
WhereDep = Annotated[dict[str, object], Depends(query_filters)]
VersionDep = Annotated[int | None, Depends(read_version)]
RequiredVersionDep = Annotated[int, Depends(require_version)]
