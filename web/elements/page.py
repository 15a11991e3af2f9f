"""The page and the map on it, as Folium elements that load nothing from anywhere else."""

from pathlib import Path
from typing import Any

import folium
from branca.element import Figure
from folium.template import Template

from web.config import MapConfig
from web.page_assets import PageAssets

__all__ = ["TEMPLATES", "LocalMap", "Page"]

TEMPLATES = Path(__file__).parent.parent / "templates"


class Page(Figure):
    """The HTML page: own head, import map, and the scripts that the elements hand over.

    Parameters
    ----------
    config : MapConfig
        Language and nonce.
    assets : PageAssets
        Scripts and styles, by address or by text.
    title : str
        Title of the page.
    noscript : str
        What a reader without JavaScript is told.
    data : str or None
        JSON text of a page that brings its data with it, safe inside a ``script`` element.
    messages : str
        JSON text of the message catalogues, safe inside a ``script`` element.
    """

    _template = Template((TEMPLATES / "page.html").read_text(encoding="utf-8"))

    def __init__(
        self,
        config: MapConfig,
        assets: PageAssets,
        *,
        title: str,
        noscript: str,
        messages: str,
        data: str | None = None,
    ) -> None:
        super().__init__(title=title)
        self.config = config
        self.assets = assets
        self.noscript = noscript
        self.messages = messages
        self.data = data


class LocalMap(folium.Map):
    """A Folium map whose page names no foreign address.

    Folium's own page loads jQuery, Bootstrap and icon fonts from the web; ours needs none of them.
    """

    _template = Template((TEMPLATES / "map" / "map.html.j2").read_text(encoding="utf-8"))
    default_js: list[tuple[str, str]] = []  # noqa: RUF012  # Folium reads these class attributes
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, config: MapConfig, **options: Any) -> None:
        west, south, east, north = config.bounds
        super().__init__(
            location=((south + north) / 2, (west + east) / 2),
            zoom_start=8,
            tiles=None,
            prefer_canvas=True,
            zoom_control=False,
            attribution_control=False,
            **options,
        )
        self.config = config

    @classmethod
    def _generate_id(cls) -> str:
        """Return one fixed id: there is one map on a page, and the same page has the same bytes."""
        return "main"
