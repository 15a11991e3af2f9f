"""What a map page is told: addresses, language, base maps, limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo.rules import tables, wording
from geo.text import Text
from layers.words import CHOICES, KINDS, LINE_KINDS, PURPOSES, RIVER_ROLES, STATES, VERDICTS, Word

__all__ = ["BaseMap", "MapConfig", "openstreetmap", "tianditu"]

Bounds = tuple[float, float, float, float]
"""(west, south, east, north). [°]"""

DEMONSTRATION_BOUNDS: Bounds = (102.80, 26.42, 103.17, 27.08)
"""The demonstration county on the lower Jinsha. [°]"""


@dataclass(frozen=True)
class BaseMap:
    """A tiled base map that a person may switch on.

    Attributes
    ----------
    slug : str
        Name in the page's state.
    zh, en : str
        Names for people.
    urls : tuple of str
        Tile addresses, drawn one above the other, with ``{z}``, ``{x}`` and ``{y}``.
    attribution : str
        Shown on the map while it is on; plain text.
    max_zoom : int
        Deepest zoom of the tiles.
    """

    slug: str
    zh: str
    en: str
    urls: tuple[str, ...]
    attribution: str
    max_zoom: int = 18


def openstreetmap(url: str) -> BaseMap:
    """Return OpenStreetMap's base map, served at ``url`` (with ``{z}/{x}/{y}``)."""
    return BaseMap("osm", "OpenStreetMap", "OpenStreetMap", (url,), "© OpenStreetMap contributors", 19)


def tianditu(proxy_url: str = "/tiles/tianditu") -> tuple[BaseMap, BaseMap]:
    """Return Tianditu's vector and picture maps, each with its labels.

    The tiles come through our own server, which holds the key: ``{proxy_url}/{layer}/{z}/{x}/{y}``.
    """
    return (
        BaseMap("tianditu_vec", "天地图 矢量", "Tianditu map", _tianditu_urls(proxy_url, "vec"), "天地图"),
        BaseMap(
            "tianditu_img", "天地图 影像", "Tianditu imagery", _tianditu_urls(proxy_url, "img"), "天地图"
        ),
    )


def _tianditu_urls(proxy_url: str, base: str) -> tuple[str, str]:
    labels = {"vec": "cva", "img": "cia"}[base]
    return f"{proxy_url}/{base}/{{z}}/{{x}}/{{y}}", f"{proxy_url}/{labels}/{{z}}/{{x}}/{{y}}"


@dataclass(frozen=True)
class MapConfig:
    """All that the page of the map depends on; the same configuration gives the same bytes.

    Attributes
    ----------
    lang : {"zh", "en"}
        Language of the page until its reader chooses another.
    reader : str or None
        Name of the access key of who reads the page; None where nobody is asked for one.
    can_log_out : bool
        Whether there is a session to end.
    can_write : bool
        Whether changes can be stored; if not, the page says so.
    api_url, login_url, tile_url, grid_url, raster_url, static_url : str
        Where the page asks for data, where it sends a reader whose session has ended, where the vector tiles of
        layers, the cells of grids and the pictures of rasters are, and where its files are.
    base_maps : tuple of BaseMap
        Tiled maps to choose from; none is on at first, the local background always is.
    bounds : tuple of float
        First view (west, south, east, north), unless all facilities lie elsewhere. [°]
    feature_limit : int
        Most features of one layer that a view asks for; the page says when there are more.
    attributions : tuple of (str, str)
        Origins of the stored data that the map has to show, in Chinese and English; plain text.
    nonce : str or None
        Value of ``'nonce-…'`` in the page's Content-Security-Policy, new for every answer.
    policy : str or None
        Content-Security-Policy written into the page itself, for a file that no server sends.
    """

    lang: str = "zh"
    reader: str | None = None
    can_log_out: bool = False
    can_write: bool = True
    api_url: str = "/api/v1"
    login_url: str = "/login"
    tile_url: str = "/tiles/layers"
    grid_url: str = "/tiles/grids"
    raster_url: str = "/tiles/rasters"
    static_url: str = "/static"
    base_maps: tuple[BaseMap, ...] = ()
    bounds: Bounds = DEMONSTRATION_BOUNDS
    feature_limit: int = 2000
    attributions: tuple[tuple[str, str], ...] = ()
    nonce: str | None = None
    policy: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what the page's scripts need, as JSON values."""
        return {
            "lang": self.lang,
            "reader": self.reader,
            "canLogOut": self.can_log_out,
            "canWrite": self.can_write,
            "apiUrl": self.api_url,
            "loginUrl": self.login_url,
            "tileUrl": self.tile_url,
            "gridUrl": self.grid_url,
            "rasterUrl": self.raster_url,
            "baseMaps": [_base_map_dict(base_map) for base_map in self.base_maps],
            "bounds": list(self.bounds),
            "featureLimit": self.feature_limit,
            "attributions": [{"zh": zh, "en": en} for zh, en in self.attributions],
            "words": page_words(),
        }


def _base_map_dict(base_map: BaseMap) -> dict[str, Any]:
    return {
        "slug": base_map.slug,
        "zh": base_map.zh,
        "en": base_map.en,
        "urls": list(base_map.urls),
        "attribution": base_map.attribution,
        "maxZoom": base_map.max_zoom,
    }


def page_words() -> dict[str, list[dict[str, str]]]:
    """Return the words of the data model with their names, in the model's order, by field.

    Lists, because the order counts (verdicts stand worst first) and JSON objects have none.
    """
    names: dict[str, Mapping[str, Word | Text]] = {
        "verdict": VERDICTS,
        "kind": KINDS,
        "state": STATES,
        "purpose": PURPOSES,
        "role": RIVER_ROLES,
        "line_kind": LINE_KINDS,
        "part": {**tables.PARTS, **wording.PARTS, **LINE_KINDS},
        "choice": CHOICES,
    }
    return {
        field_name: [{"word": word, "zh": name.zh, "en": name.en} for word, name in table.items()]
        for field_name, table in names.items()
    }
