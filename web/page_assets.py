"""Scripts and styles of a page: as addresses for the served page, as text for a file of its own.

Own modules import each other by names such as ``riskmap/detail.js``. The page's import map says where a name
lives: at an address with the file's digest, so that a browser may keep it for ever, or in the page itself.
"""

import base64
import hashlib
import json
import mimetypes
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from web.assets import STATIC_FOLDER

__all__ = ["PageAssets", "inline_assets", "link_assets"]

_CLASSIC_SCRIPTS = (
    "vendor/leaflet.js",
    "vendor/leaflet-geoman.js",
    "vendor/protomaps-leaflet.js",
    "js/boot.js",
)
_STYLES = (
    "vendor/leaflet.css",
    "vendor/leaflet-geoman.css",
    "css/frame.css",
    "css/panels.css",
    "css/map.css",
    "css/tools.css",
    "css/print.css",
    "css/park.css",
    "css/supervisor.css",
    "css/planner.css",
)
_LIBRARY_MODULES = {
    "chart.js": "vendor/chart.js",
    "h3-js": "vendor/h3.js",
    "geographiclib": "vendor/geographiclib.js",
    "proj4": "vendor/proj4.js",
}
_LATER = frozenset({"chart.js", "h3-js"})
"""Large libraries that are fetched when they are first wanted: for a chart, for a grid."""
_STYLE_URL = re.compile(r"""url\((['"]?)(images/[\w.-]+)\1\)""")


@dataclass(frozen=True)
class Resource:
    """A script or style: its address, or its text ready to stand inside an HTML element."""

    url: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class PageAssets:
    """What the head of the page holds, in its order."""

    scripts: tuple[Resource, ...]
    styles: tuple[Resource, ...]
    import_map: str
    """JSON text of the import map, safe inside a ``script`` element."""
    preloads: tuple[str, ...] = ()
    """Addresses of modules to fetch at once, without waiting for the module that imports them."""


def link_assets(static_url: str) -> PageAssets:
    """Return the assets as addresses below ``static_url``."""
    address = partial(_versioned_url, static_url)
    modules = {name: address(path) for name, path in _modules().items()}
    return PageAssets(
        scripts=tuple(Resource(url=address(path)) for path in _CLASSIC_SCRIPTS),
        styles=tuple(Resource(url=address(path)) for path in _STYLES),
        import_map=_import_map(modules),
        preloads=tuple(url for name, url in modules.items() if name not in _LATER),
    )


def inline_assets(*, with_h3: bool) -> PageAssets:
    """Return the assets as text, for a page that works without any server.

    Parameters
    ----------
    with_h3 : bool
        Whether the page shows a grid; without it the largest library stays out. Charts need a server's figures.
    """
    left_out = _LATER - ({"h3-js"} if with_h3 else set())
    modules = {name: path for name, path in _modules().items() if name not in left_out}
    return PageAssets(
        scripts=tuple(Resource(text=_script_text(path)) for path in _CLASSIC_SCRIPTS),
        styles=tuple(Resource(text=_style_text(path)) for path in _STYLES),
        import_map=_import_map({name: _data_url(path) for name, path in modules.items()}),
    )


def _modules() -> dict[str, str]:
    folder = STATIC_FOLDER / "js"
    own = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*.js") if path.name != "boot.js"
    )
    return {f"riskmap/{name}": f"js/{name}" for name in own} | _LIBRARY_MODULES


def _import_map(addresses: dict[str, str]) -> str:
    return escape_script(json.dumps({"imports": addresses}, indent=1))


def escape_script(json_text: str) -> str:
    """Return JSON text that can neither end a ``script`` element nor open a comment in it."""
    return json_text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _versioned_url(static_url: str, path: str) -> str:
    digest = hashlib.sha256((STATIC_FOLDER / path).read_bytes()).hexdigest()
    return f"{static_url}/{path}?v={digest[:12]}"


def _script_text(path: str) -> str:
    code = (STATIC_FOLDER / path).read_text(encoding="utf-8")
    # The only places where libraries hold these are strings and comments, in which the backslash changes nothing.
    return re.sub(r"<(?=/script|!--)", r"\\x3c", code, flags=re.IGNORECASE)


def _style_text(path: str) -> str:
    folder = (STATIC_FOLDER / path).parent
    text = (STATIC_FOLDER / path).read_text(encoding="utf-8")
    return _STYLE_URL.sub(lambda match: f'url("{_file_data_url(folder / match[2])}")', text)


def _data_url(path: str) -> str:
    return _file_data_url(STATIC_FOLDER / path)


def _file_data_url(path: Path) -> str:
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
