"""Tiles of the stored rasters: a colour for each class of values, and nothing where there is no value.

Values are taken from the nearest cell of the raster or of its overview, never mixed, so that a colour always stands
for a value that is in the file. An overview holds what its maker put there; in our own files that is the mean.
Red, orange, yellow and blue are kept for risk, and told apart by hatching as well.
"""

import hashlib
import itertools
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rio_tiler.colormap import apply_intervals_cmap
from rio_tiler.errors import RioTilerError, TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.utils import render

from geo.errors import CrsError, OutOfRangeError, RasterError
from geo.raster import RasterFile
from layers.errors import LayersError, NotFoundError
from layers.geojson import json_value
from layers.store import Store
from layers.terrain import locate_raster

__all__ = ["MAX_ZOOM", "RasterTiles", "Shade", "StoredRaster"]

MAX_ZOOM = 20
TILE_PIXELS = 256

_MAX_PLAIN_PIXELS = 64_000_000
"""A larger raster without overviews would be read whole for a single tile."""
_REMEMBERED = 64
_OTHER_CLASSES = 5
_HATCH_PIXELS = 8
"""Distance of hatch lines; it divides the tile, so that they run on in the next one."""
_BLACK_SHARE = 0.45
"""How much of the colour a hatch line takes away."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Shade:
    """A class of values.

    Attributes
    ----------
    least : float
        Smallest value of the class; ``-inf`` for the lowest.
    below : float
        Smallest value that is no longer in it; ``inf`` for the highest.
    colour : tuple of int or None
        Red, green, blue, 0 to 255; None: nothing is drawn.
    hatch : str
        ``none``, ``rising``, ``falling`` or ``crossed``.
    """

    least: float
    below: float
    colour: Colour | None
    hatch: str = "none"


def _shades(breaks: tuple[float, ...], *looks: tuple[Colour | None, str]) -> tuple[Shade, ...]:
    pairs = itertools.pairwise((-math.inf, *breaks, math.inf))
    return tuple(Shade(least, below, *look) for (least, below), look in zip(pairs, looks, strict=True))


def _plain(*colours: Colour | None) -> list[tuple[Colour | None, str]]:
    return [(colour, "none") for colour in colours]


_SHADES = {
    "risk": _shades(
        (1e-8, 3e-7, 3e-6, 1e-5),
        (None, "none"),
        ((42, 111, 181), "none"),
        ((242, 194, 0), "rising"),
        ((232, 120, 12), "falling"),
        ((196, 22, 28), "crossed"),
    ),
    "population": _shades(
        (1.0, 10.0, 100.0, 1000.0, 10000.0),
        *_plain(None, (233, 226, 240), (199, 180, 216), (158, 124, 186), (112, 68, 148), (66, 26, 100)),
    ),
    "elevation": _shades(
        (500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0, 4000.0),
        *_plain(
            (120, 150, 118),
            (150, 172, 138),
            (182, 194, 160),
            (207, 205, 178),
            (190, 176, 150),
            (166, 148, 124),
            (140, 124, 108),
            (228, 228, 226),
        ),
    ),
}
"""Classes by kind. Of risk they are the levels of GB 36894-2018, per year; of people persons per cell; of height
metres."""

_GREYS: tuple[Colour, ...] = (
    (232, 234, 235),
    (196, 201, 203),
    (156, 163, 166),
    (112, 120, 124),
    (66, 74, 78),
)


@dataclass(frozen=True)
class StoredRaster:
    """A stored raster as the map is told of it.

    Attributes
    ----------
    id, name, kind, unit : str
        ``name``, ``kind`` and ``unit`` may be None.
    illustrative : bool
    version : str
        Changes with the file, its row or the classes; empty where there is a problem.
    bounds : tuple of float or None
        West, south, east, north. [°]
    min_zoom, max_zoom : int
        From a raster within one tile to a cell as large as a pixel.
    shades : tuple of Shade
        The lowest values first.
    problem, problem_zh : str or None
        Why it cannot be drawn.
    """

    id: str
    name: str | None
    kind: str | None
    unit: str | None
    illustrative: bool
    version: str = ""
    bounds: tuple[float, float, float, float] | None = None
    min_zoom: int = 0
    max_zoom: int = 0
    shades: tuple[Shade, ...] = ()
    problem: str | None = None
    problem_zh: str | None = None


class RasterTiles:
    """Tiles of the rasters of one store; safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, StoredRaster] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def shades_of(kind: str) -> tuple[Shade, ...]:
        """Return the classes of a kind; empty where they depend on the values of the file."""
        return _SHADES.get(kind, ())

    def list(self) -> list[StoredRaster]:
        """Return all stored rasters by id; one that cannot be drawn says why."""
        rows = self._store.read("rasters").sort_values("id").to_dict("records")
        return [self._describe({str(name): json_value(value) for name, value in row.items()}) for row in rows]

    def find(self, id: str) -> tuple[StoredRaster, Path]:
        """Return one raster and its file.

        Raises
        ------
        NotFoundError
            If there is none of that id.
        RasterError
            If it cannot be drawn.
        """
        rows = self._store.read("rasters", ids=[id]).to_dict("records")
        if not rows:
            raise NotFoundError(f"there is no raster {id!r}", zh=f"没有栅格“{id}”")
        row = {str(name): json_value(value) for name, value in rows[0].items()}
        raster = self._describe(row)
        if raster.problem is not None:
            raise RasterError(raster.problem, zh=raster.problem_zh)
        return raster, locate_raster(self._store, row["path"], row["source"])

    def tile(self, id: str, zoom: int, column: int, row: int) -> tuple[bytes, str]:
        """Return a tile of 256 pixels as PNG, and the version of the raster that it shows.

        Outside the raster, where it has no value and in classes without colour the tile is transparent.

        Raises
        ------
        NotFoundError, RasterError
            See :meth:`find`.
        OutOfRangeError
            If there is no such tile.
        """
        if not 0 <= zoom <= MAX_ZOOM or not (0 <= column < 2**zoom and 0 <= row < 2**zoom):
            raise OutOfRangeError(
                f"there is no tile {zoom}/{column}/{row}", zh=f"没有瓦片 {zoom}/{column}/{row}"
            )
        raster, path = self.find(id)
        return colour_tile(_read_tile(path, zoom, column, row), raster.shades), raster.version

    def _describe(self, row: dict[str, Any]) -> StoredRaster:
        illustrative = row["source"] == "illustrative"
        plain = StoredRaster(row["id"], row["name"], row["raster_kind"], row["unit"], illustrative)
        try:
            path = locate_raster(self._store, row["path"], row["source"])
        except LayersError as error:
            return _refused(plain, error.message, error.zh)
        version = _version(row, path)
        with self._lock:
            if version in self._known:
                self._known.move_to_end(version)
                return self._known[version]
        described = _examine(plain, path, version)
        with self._lock:
            self._known[version] = described
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return described


def colour_tile(values: NDArray[np.float64], shades: tuple[Shade, ...]) -> bytes:
    """Return values in the colours of their classes as PNG; NaN and classes without colour are transparent.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
    shades : tuple of Shade
        Their intervals are closed below and open above.
    """
    intervals = [
        ((shade.least, shade.below), (*shade.colour, 255)) for shade in shades if shade.colour is not None
    ]
    picture, alpha = apply_intervals_cmap(values[np.newaxis], intervals)
    for shade in shades:
        inside = (values >= shade.least) & (values < shade.below) & _hatch(values.shape, shade.hatch)
        picture[:, inside] = (picture[:, inside] * (1.0 - _BLACK_SHARE)).astype(np.uint8)
    content: bytes = render(picture, mask=alpha, img_format="PNG")
    return content


def _hatch(shape: tuple[int, ...], kind: str) -> NDArray[np.bool_]:
    rows, columns = np.indices(shape)
    rising, falling = (rows + columns) % _HATCH_PIXELS == 0, (rows - columns) % _HATCH_PIXELS == 0
    lines = {"none": np.zeros(shape, dtype=bool), "rising": rising, "falling": falling}
    return np.asarray(lines[kind] if kind in lines else rising | falling)


def _read_tile(path: Path, zoom: int, column: int, row: int) -> NDArray[np.float64]:
    try:
        # Only this format: others name files of their own, which nobody has allowed to be read.
        with rasterio.open(path, driver="GTiff") as source, Reader(None, dataset=source) as reader:
            read = reader.tile(column, row, zoom, tilesize=TILE_PIXELS, indexes=1)
            return np.asarray(np.ma.filled(read.array[0].astype(np.float64), np.nan))
    except TileOutsideBounds:
        return np.full((TILE_PIXELS, TILE_PIXELS), np.nan)
    except (RasterioError, RioTilerError) as exc:
        raise _unreadable(path, exc) from exc


def _examine(plain: StoredRaster, path: Path, version: str) -> StoredRaster:
    """Return what the map needs to know of a file, or why it cannot be drawn."""
    try:
        RasterFile.open(path)  # refuses coordinate systems that must not be used
        with rasterio.open(path, driver="GTiff") as source, Reader(None, dataset=source) as reader:
            if source.width * source.height > _MAX_PLAIN_PIXELS and not source.overviews(1):
                return _refused(
                    plain,
                    f"{path.name} is large and has no overviews: make it a Cloud-Optimized GeoTIFF",
                    f"{path.name} 较大且无金字塔：请转换为 COG（Cloud-Optimized GeoTIFF）",
                )
            west, south, east, north = reader.get_geographic_bounds(rasterio.CRS.from_epsg(4326))
            min_zoom, max_zoom = int(reader.minzoom), min(int(reader.maxzoom), MAX_ZOOM)
            shades = RasterTiles.shades_of(plain.kind or "") or _grey_shades(source)
    except (RasterError, CrsError) as exc:
        return _refused(plain, exc.message, exc.zh)
    except (RasterioError, RioTilerError) as exc:
        return _refused(plain, (error := _unreadable(path, exc)).message, error.zh)
    stated = {**vars(plain), "version": version, "bounds": (west, south, east, north), "shades": shades}
    return StoredRaster(**stated | {"min_zoom": min(min_zoom, max_zoom), "max_zoom": max_zoom})


def _refused(plain: StoredRaster, problem: str, zh: str) -> StoredRaster:
    return StoredRaster(**vars(plain) | {"problem": problem, "problem_zh": zh})


def _unreadable(path: Path, exc: Exception) -> RasterError:
    return RasterError(
        f"{path.name} cannot be read as a GeoTIFF: {exc}", zh=f"无法按 GeoTIFF 读取 {path.name}：{exc}"
    )


def _grey_shades(source: rasterio.DatasetReader) -> tuple[Shade, ...]:
    """Return five equal classes between the ends of the values, of its overview where it has one."""
    side = min(1024, source.width), min(1024, source.height)
    values = np.ma.filled(source.read(1, out_shape=side[::-1], masked=True, out_dtype="float64"), np.nan)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return ()
    edges = np.linspace(finite.min(), finite.max(), _OTHER_CLASSES + 1)[1:-1]
    breaks = tuple(float(f"{edge:.3g}") for edge in edges)
    return _shades(breaks, *_plain(*_GREYS))


def _version(row: dict[str, Any], path: Path) -> str:
    """Return 16 hexadecimal digits for the row, the file as it is on the disk, and the classes."""
    stat = path.stat()
    said = (row["id"], row["version"], row["raster_kind"], str(path), stat.st_size, stat.st_mtime_ns, _SHADES)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
