"""The map: a Folium page that carries addresses and settings; features arrive later, for the view shown."""

import json
from urllib.parse import urlsplit

from web.assets import require_assets
from web.catalogues import LANGUAGES, read_messages
from web.config import BaseMap, MapConfig, openstreetmap, tianditu
from web.elements import controls
from web.elements.page import LocalMap, Page
from web.page_assets import PageAssets, escape_script, link_assets

__all__ = [
    "BaseMap",
    "MapConfig",
    "build_map",
    "content_security_policy",
    "openstreetmap",
    "render_page",
    "tianditu",
]

_CONTROLS = (
    controls.BaseMaps,
    controls.PlaceLabels,
    controls.DetailPanel,
    controls.LayerTree,
    controls.FindingsPanel,
    controls.SupervisorTools,
    controls.GridPanel,
    controls.SearchBox,
    controls.MeasureTools,
    controls.AroundTool,
    controls.DrawTools,
    controls.RasterLayers,
    controls.SwipeTool,
    controls.TimeTool,
    controls.ParkBench,
    controls.ViewTools,
    controls.ShareTool,
    controls.PrintTool,
    controls.StatusBar,
    controls.PlannerBench,
)


def build_map(config: MapConfig, *, assets: PageAssets | None = None, data: str | None = None) -> LocalMap:
    """Return the Folium map with all its controls, inside its page.

    Parameters
    ----------
    config : MapConfig
        Addresses, language, base maps and limits.
    assets : PageAssets, optional
        Scripts and styles; by default as addresses below ``config.static_url``.
    data : str, optional
        JSON text of the data of a page that asks no server.

    Raises
    ------
    NotAvailableError
        If the web libraries have not been built.
    """
    require_assets()
    catalogues = {lang: read_messages(lang) for lang in LANGUAGES}
    page = Page(
        config,
        assets or link_assets(config.static_url),
        title=catalogues[config.lang]["app.title"],
        noscript=catalogues[config.lang]["app.noscript"],
        messages=escape_script(json.dumps(catalogues, ensure_ascii=False)),
        data=data,
    )
    risk_map = LocalMap(config)
    risk_map.add_to(page)
    for control in _CONTROLS:
        control().add_to(risk_map)
    return risk_map


def render_page(config: MapConfig) -> str:
    """Return the HTML of the map's page; the same configuration gives the same text.

    Raises
    ------
    NotAvailableError
        If the web libraries have not been built.
    """
    return str(build_map(config).get_root().render())


def content_security_policy(config: MapConfig) -> str:
    """Return the ``Content-Security-Policy`` header under which the page works.

    Nothing may be loaded but our own files and the tiles of the configured base maps; ``config.nonce`` admits
    the scripts that stand in the page.
    """
    nonce = f" 'nonce-{config.nonce}'" if config.nonce else ""
    pictures = " ".join(("'self'", "data:", "blob:", *_tile_origins(config)))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self'{nonce}",
            "style-src 'self'",
            f"img-src {pictures}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _tile_origins(config: MapConfig) -> list[str]:
    """Return the foreign origins among the tile addresses, ``{s}`` as a wildcard."""
    origins = set()
    for base_map in config.base_maps:
        for url in base_map.urls:
            parts = urlsplit(url.replace("{s}", "*"))
            if parts.netloc:
                origins.add(f"{parts.scheme}://{parts.netloc}")
    return sorted(origins)
