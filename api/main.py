"""The HTTP application: ``create_app(settings)`` joins store, jobs, access and routes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from threading import Event, Thread
from typing import Any

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from api.access import Gate, Guard, get_principal
from api.actions.kernels import open_kernels
from api.answers import ErrorAnswer, OneShape, add_error_handlers
from api.deps import refuse_unknown_parameters
from api.description import summarize_operations
from api.jobs import Jobs
from api.routes import (
    around,
    audits,
    checks,
    days,
    exports,
    features,
    findings,
    grids,
    hazards,
    imports,
    jobs,
    layers,
    pages,
    papers,
    pipelines,
    plants,
    plots,
    rasters,
    register,
    rules,
    screening,
    search,
    tiles,
    validation,
    verification,
)
from api.settings import Settings, load_settings, unknown_variables
from api.static_files import HeldFiles
from layers.errors import StoreError
from layers.plants.whatif import Workshop
from layers.runs import code_version
from layers.siting.checks import load_flow_paths, load_rules
from layers.store import Store
from layers.tiles.grids import GridTiles
from layers.tiles.rasters import RasterTiles
from layers.tiles.vector import LayerTiles
from web.assets import STATIC_FOLDER
from web.config import MapConfig

__all__ = ["create_app"]

_logger = logging.getLogger(__name__)

_JSON_BODY_BYTES = 16_000_000
"""Largest body of a request that carries no file. [byte]"""
_GZIP_BYTES = 1_000
_GZIP_LEVEL = 4
_PREPARING_S = 10
"""How long the end of the server waits for a layer that is being prepared; what is half made is nowhere kept. [s]"""

_DATA_ROUTERS = (
    layers,
    days,
    rasters,
    features,
    search,
    around,
    checks,
    audits,
    pipelines,
    screening,
    rules,
    hazards,
    plants,
    findings,
    register,
    papers,
    grids,
    exports,
    jobs,
)


class _Application(FastAPI):
    """The application; its outermost layers are ours, so that what the framework refuses passes them too."""

    def openapi(self) -> dict[str, Any]:
        """Return the description of the interface; summaries are the first sentences of what stands beside the code."""
        return summarize_operations(super().openapi())

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers that a request passes."""
        return Guard(OneShape(super().build_middleware_stack()), self.state.settings.host_names)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; the database is opened when it starts to serve.

    Parameters
    ----------
    settings : Settings, optional
        By default those of the environment.

    Raises
    ------
    SettingsError
        If a setting does not fit.
    """
    settings = settings or load_settings()
    app = _Application(
        title="riskmap",
        summary="Layers, setback checks, findings and risk grids of work safety",
        description="Coordinates are CGCS2000 (EPSG:4490), longitude before latitude, in degrees.",
        version=code_version(),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=_JSON_BODY_BYTES,
        responses={"default": {"model": ErrorAnswer, "description": "What went wrong, in both languages"}},
    )
    app.state.settings = settings
    app.state.gate = Gate(settings)
    add_error_handlers(app)
    _add_routes(app, settings)
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_BYTES, compresslevel=_GZIP_LEVEL)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    _log_settings(settings)
    app.state.rules = load_rules(overlays=settings.rule_pack_paths)
    app.state.store = Store.open(settings.database_url.get_secret_value(), settings.raster_folders)
    app.state.tiles = LayerTiles(app.state.store, settings.tile_folder)
    app.state.grid_tiles = GridTiles(app.state.store)
    app.state.raster_tiles = RasterTiles(app.state.store)
    app.state.kernels = open_kernels(settings)
    app.state.workshop = Workshop(app.state.store, app.state.kernels)
    app.state.jobs = Jobs()
    ending = Event()
    preparing = Thread(target=_prepare_answers, args=(app.state.store, app.state.tiles, ending), daemon=True)
    preparing.start()
    try:
        yield
    finally:
        ending.set()
        preparing.join(_PREPARING_S)
        app.state.jobs.stop()
        app.state.store.close()


def _prepare_answers(store: Store, tiles: LayerTiles, ending: Event) -> None:
    """Count the layers, list the places of those that the map draws from tiles, and load what checks load late."""
    try:
        large = (summary.slug for summary in store.summaries() if summary.count > MapConfig.feature_limit)
        tiles.prepare(takewhile(lambda _slug: not ending.is_set(), large))
        if not ending.is_set():
            load_flow_paths(store)
    except StoreError as error:
        _logger.warning("layers could not be prepared: %s", error.message)


def _log_settings(settings: Settings) -> None:
    for name, value in settings.describe().items():
        _logger.info("setting %s = %s", name, value)
    for name in unknown_variables():
        _logger.warning("nothing reads the variable %s: is it misspelt?", name)
    for name in settings.short_keys:
        _logger.warning("the access key of %s is short enough to be guessed", name)


def _add_routes(app: FastAPI, settings: Settings) -> None:
    known = [Depends(get_principal), Depends(refuse_unknown_parameters)]
    for module in _DATA_ROUTERS:
        app.include_router(module.router, prefix="/api/v1", dependencies=known)
    for with_files in (imports, checks, plots, verification):
        app.include_router(with_files.make_router(settings), prefix="/api/v1", dependencies=known)
    app.include_router(tiles.router, dependencies=known)
    app.include_router(pages.router)
    app.include_router(papers.pages)
    app.include_router(validation.router)
    app.mount("/static", HeldFiles(directory=STATIC_FOLDER, check_dir=False), name="static")
