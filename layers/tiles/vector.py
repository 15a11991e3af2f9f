"""Vector tiles (MVT) of a layer: the same from both databases, and nothing in them is dropped unseen.

A layer of a million points cannot be sent to a browser, and need not be: where many fall on the same few pixels, one
symbol stands for all of them and carries their number as ``n``. Lines and areas larger than a few pixels come with
their shape, in every tile that they meet, the smaller ones as symbols. Over all tiles of a zoom the sum of ``n`` of
the symbols inside their tile and the number of different shapes is the number of features; symbols in the margin of a
tile belong to its neighbour. Facilities of the register carry what the checks found about them (`layers.tiles.marks`).

Points are kept sorted along the Z-order curve of the web Mercator plane, so that every tile of every zoom is one
stretch of the list, found by bisection.

References
----------
.. [1] Morton (1966), A computer oriented geodetic data base and a new technique in file sequencing.
.. [2] Mapbox Vector Tile Specification 2.1.
"""

import dataclasses
import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from layers.catalog import get_layer
from layers.register.marks import read_marks
from layers.siting.audits import AUDITED_LAYERS
from layers.store import Store
from layers.tiles.encoding import EXTENT, encode_tile, tile_units
from layers.tiles.marks import FacilityMarks
from layers.tiles.mercator import MAX_ZOOM, check_tile, on_square

__all__ = ["LayerTiles", "name_version"]

_DEPTH = 24
"""Zoom at which points are sorted: 2.4 m at the equator."""
_SPOTS_LOG2 = 4
"""Symbols along a side of a tile at most, as a power of two: one every 16 of its 256 pixels; the map draws a tile twice
as large, so that their numbers can be read."""
_CLOSE_ZOOM = 14
_CLOSE_SPOTS_LOG2 = 6
"""From this zoom on nearly every feature has a symbol of its own."""
_SEARCHED_ZOOMS = range(4, 12)
"""Zooms whose symbols are made beforehand: from the country to a county."""
_SHAPE_PIXELS = 4
"""Lines and areas up to this size are drawn as symbols."""
_BUFFER = 1 / 16
"""Margin of a tile in which shapes are kept whole, so that edges do not show at its border."""
_FORMER_STATES = 2
"""Lists of points of former days that are kept: one of a million points is large."""

_HELD_COORDINATES = 2_000_000
"""Shapes of a layer with no more vertices stay in memory; those of others are read for each tile."""
_ENCODED_BYTES = 64_000_000
"""Tiles that are kept, of all layers together."""

_STYLED_BY = ("kind", "state", "role", "line_kind", "colour_grade", "source")
"""Fields that decide how a feature looks."""

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Symbols:
    """The symbols of one zoom, by code: mean place, number, and the stretch of rows that holds their features.

    The first of the stretch is one of them; those drawn as shapes may lie between the others.
    """

    codes: NDArray[np.uint64]
    x: _Floats
    y: _Floats
    number: _Ints
    first: _Ints
    end: _Ints


@dataclass(frozen=True)
class _Points:
    """Where the features of a layer are, in the order of their codes."""

    codes: NDArray[np.uint64]
    x: _Floats
    y: _Floats
    size: _Floats
    attributes: pa.Table
    wide: _Ints
    """Rows of the features that have a shape at some zoom; their bounds and shapes follow."""
    bounds: _Floats
    """On the square: west, north, east, south."""
    shapes: NDArray[np.object_] | None
    """On the square; None where they are too many."""
    symbols: dict[int, _Symbols] = dataclasses.field(default_factory=dict)
    """By zoom, made when the first tile of it is asked for; so are the trees: rows, and an index of their bounds."""
    trees: dict[int, tuple[_Ints, shapely.STRtree]] = dataclasses.field(default_factory=dict)
    making: tuple[threading.Lock, ...] = dataclasses.field(
        default_factory=lambda: tuple(threading.Lock() for _ in range(MAX_ZOOM + 1))
    )
    """By zoom: who asks for one waits for that one alone, whatever is prepared meanwhile."""


@dataclass
class _Encoded:
    """Tiles asked for lately, by layer, state and address."""

    tiles: OrderedDict[tuple[Any, ...], bytes] = dataclasses.field(default_factory=OrderedDict)
    size: int = 0
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def find(self, key: tuple[Any, ...]) -> bytes | None:
        with self.lock:
            if key in self.tiles:
                self.tiles.move_to_end(key)
            return self.tiles.get(key)

    def keep(self, key: tuple[Any, ...], tile: bytes) -> None:
        with self.lock:
            self.size += len(tile) - len(self.tiles.pop(key, b""))
            self.tiles[key] = tile
            while self.size > _ENCODED_BYTES:
                self.size -= len(self.tiles.popitem(last=False)[1])


class LayerTiles:
    """Vector tiles of the layers of one store; safe to use from several threads.

    A layer's list of points is made when its first tile is asked for, and again when the layer has changed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._points: dict[str, tuple[str, _Points]] = {}
        self._marks: dict[str, tuple[str, FacilityMarks]] = {}
        self._former: OrderedDict[tuple[str, datetime], tuple[str, _Points]] = OrderedDict()
        self._lock = threading.Lock()
        self._encoded = _Encoded()

    def tile(self, slug: str, zoom: int, column: int, row: int, at: datetime | None = None) -> bytes:
        """Return a tile as the specification lays it down; empty bytes where there is nothing.

        Parameters
        ----------
        slug : str
            Of the layer, which is also the name of the layer in the tile.
        zoom, column, row : int
            Of web Mercator; the first row is the northern one.
        at : datetime, optional
            The state at that moment; default the present one.

        Raises
        ------
        UnknownLayerError
            If there is no such layer.
        OutOfRangeError
            If there is no such tile.
        """
        return self.join([slug], zoom, column, row, at)[0]

    def join(
        self, slugs: Sequence[str], zoom: int, column: int, row: int, at: datetime | None = None
    ) -> tuple[bytes, str]:
        """Return one tile with several layers, as :meth:`tile` has each, and its version (`name_version`).

        Tiles put one after another are one tile: so the format merges messages.
        """
        check_tile(zoom, column, row)
        digests = self._store.layer_digests(_layers_behind(slugs))
        parts = (self._tile(slug, digests, zoom, column, row, at) for slug in slugs)
        return b"".join(parts), name_version(slugs, digests)

    def _tile(
        self, slug: str, digests: Mapping[str, str], zoom: int, column: int, row: int, at: datetime | None
    ) -> bytes:
        if at is not None:
            points = self._points_at(slug, at, digests[slug])
            return self._encode(slug, points, None, zoom, column, row, at)
        version = name_version([slug], digests)
        key = (slug, version, zoom, column, row)
        tile = self._encoded.find(key)
        if tile is None:
            points = self._points_of(slug, digests[slug])
            tile = self._encode(slug, points, self._marks_of(slug, points, version), zoom, column, row, at)
            self._encoded.keep(key, tile)
        return tile

    def prepare(self, slugs: Iterable[str]) -> None:
        """Make the lists of points of some layers, so that the first reader of their tiles need not wait.

        Their symbols too, at the zooms at which people look for a place; closer ones hold nearly all features each.
        """
        for slug in slugs:
            digests = self._store.layer_digests(_layers_behind([slug]))
            points = self._points_of(slug, digests[slug])
            self._marks_of(slug, points, name_version([slug], digests))
            for zoom in _SEARCHED_ZOOMS:
                self._prepare_zoom(points, zoom)

    def _prepare_zoom(self, points: _Points, zoom: int) -> None:
        with points.making[zoom]:
            if zoom not in points.symbols:
                points.symbols[zoom] = _gather(points, zoom)
                points.trees[zoom] = _plant(points, zoom)

    def _marks_of(self, slug: str, points: _Points, version: str) -> FacilityMarks | None:
        if slug not in AUDITED_LAYERS:
            return None
        with self._lock:
            known = self._marks.get(slug)
            if known is None or known[0] != version:
                ids = points.attributes["id"].to_pylist()
                known = version, FacilityMarks(ids, read_marks(self._store, slug))
                self._marks[slug] = known
        return known[1]

    def _points_of(self, slug: str, digest: str) -> _Points:
        with self._lock:
            known = self._points.get(slug)
            if known is None or known[0] != digest:
                known = digest, _sorted_points(self._read(slug))
                self._points[slug] = known
        return known[1]

    def _points_at(self, slug: str, at: datetime, digest: str) -> _Points:
        with self._lock:
            known = self._former.pop((slug, at), None)
            if known is None or known[0] != digest:
                known = digest, _sorted_points(self._read(slug, at))
            self._former[slug, at] = known
            while len(self._former) > _FORMER_STATES:
                self._former.popitem(last=False)
        return known[1]

    def _encode(
        self,
        slug: str,
        points: _Points,
        marks: FacilityMarks | None,
        zoom: int,
        column: int,
        row: int,
        at: datetime | None,
    ) -> bytes:
        self._prepare_zoom(points, zoom)
        shaped = _with_shape(points, zoom, column, row)
        shapes = points.shapes[np.searchsorted(points.wide, shaped)] if points.shapes is not None else None
        if shapes is None and shaped.size:
            shapes = self._read_shapes(slug, points.attributes.take(shaped)["id"].to_pylist(), at)
        records = points.attributes.take(shaped).to_pylist()
        clipped = np.empty(0, dtype=object) if shapes is None else _clip(shapes, zoom, column, row)
        found = [None] * len(records) if marks is None else marks.tell(shaped)
        drawn = [
            (shape, {**told, "n": 1, "mark": mark})
            for shape, told, mark in zip(clipped, records, found, strict=True)
            if not shape.is_empty
        ]
        return encode_tile(slug, drawn, *_symbols_in(points, marks, zoom, column, row))

    def _read(self, slug: str, at: datetime | None = None) -> gpd.GeoDataFrame:
        fields = {field.name for field in get_layer(slug).all_fields}
        columns = ["name", *(name for name in _STYLED_BY if name in fields)]
        frame = self._store.read(slug, columns=columns, at=at)
        return frame[~(frame.geometry.isna() | frame.geometry.is_empty)]

    def _read_shapes(self, slug: str, ids: list[str], at: datetime | None) -> NDArray[np.object_]:
        frame = self._store.read(slug, ids=ids, columns=["id"], at=at)
        return _project(frame.geometry.to_numpy()[pd.Index(frame["id"]).get_indexer(pd.Index(ids))])


def name_version(slugs: Sequence[str], digests: Mapping[str, str]) -> str:
    """Return the version of tiles of some layers as it stands in their address; tiles of one version never change.

    Of facilities of the register it changes with the findings too. That of several layers is those of each, with
    commas between them.

    Parameters
    ----------
    slugs : sequence of str
        Of the layers.
    digests : mapping of str to str
        By layer, as `Store.layer_digests` has them.
    """
    return ",".join("-".join(digests[name][:16] for name in _layers_behind([slug])) for slug in slugs)


def _layers_behind(slugs: Iterable[str]) -> tuple[str, ...]:
    """Return the layers themselves and, where there are facilities among them, the findings."""
    own = tuple(slugs)
    return own if set(AUDITED_LAYERS).isdisjoint(own) else (*own, "findings")


def _sorted_points(frame: gpd.GeoDataFrame) -> _Points:
    geometries = frame.geometry.to_numpy()
    lonlat = shapely.bounds(geometries)
    x, y = on_square(shapely.get_coordinates(shapely.point_on_surface(geometries)))
    west, north = on_square(lonlat[:, [0, 3]])
    east, south = on_square(lonlat[:, [2, 1]])
    codes = _interleave(_steps(x), _steps(y))
    order = np.lexsort((frame["id"].to_numpy(dtype=str), codes))
    size = np.maximum(east - west, south - north)[order]
    wide = np.flatnonzero(size > _smallest_shape(MAX_ZOOM))
    bounds = np.column_stack([west, north, east, south])[order][wide]
    few = shapely.get_num_coordinates(geometries[order][wide]).sum() <= _HELD_COORDINATES
    shapes = _project(geometries[order][wide]) if few else None
    attributes = pa.Table.from_pandas(
        pd.DataFrame(frame.drop(columns=frame.geometry.name)).iloc[order], preserve_index=False
    )
    return _Points(codes[order], x[order], y[order], size, attributes.combine_chunks(), wide, bounds, shapes)


def _project(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes on the Mercator square."""
    return np.asarray(shapely.transform(geometries, lambda xy: np.column_stack(on_square(xy))))


def _steps(share: _Floats) -> NDArray[np.uint64]:
    return np.asarray(np.minimum(share * 2**_DEPTH, 2**_DEPTH - 1), dtype=np.uint64)


_SPREADS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _interleave(column: NDArray[np.uint64], row: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return Morton codes: bits of columns and rows in turn."""
    codes: NDArray[np.uint64] = _spread(column) | (_spread(row) << np.uint64(1))
    return codes


def _spread(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers of 24 bits with a zero put before each of their bits."""
    for shift, mask in _SPREADS:
        number = (number | (number << np.uint64(shift))) & np.uint64(mask)
    return np.asarray(number)


def _gather(points: _Points, zoom: int) -> _Symbols:
    """Return the symbols of a zoom: on the sorted list each spot is one stretch."""
    small = np.flatnonzero(points.size <= _smallest_shape(zoom))
    spots = points.codes[small] >> np.uint64(2 * (_DEPTH - zoom - _spots_log2(zoom)))
    first = np.flatnonzero(np.diff(spots, prepend=~spots[:1]))
    number = np.diff(first, append=small.size)
    x, y = (
        np.add.reduceat(axis[small], first) / number if first.size else axis[:0]
        for axis in (points.x, points.y)
    )
    end = small[first + number - 1] + 1
    return _Symbols(spots[first], x, y, number, small[first], end)


def _spots_log2(zoom: int) -> int:
    return _SPOTS_LOG2 if zoom < _CLOSE_ZOOM else _CLOSE_SPOTS_LOG2


def _near(symbols: _Symbols, zoom: int, column: int, row: int) -> _Ints:
    """Return the symbols in a tile, and those in its margin, so that none is cut at its border."""
    around = [
        _stretch(symbols, zoom, near_column, near_row)
        for near_column in range(max(column - 1, 0), min(column + 2, 2**zoom))
        for near_row in range(max(row - 1, 0), min(row + 2, 2**zoom))
    ]
    found = np.sort(np.concatenate(around))
    units = tile_units(symbols.x[found], symbols.y[found], zoom, column, row)
    margin = EXTENT * _BUFFER
    near: _Ints = found[((units >= -margin) & (units <= EXTENT + margin)).all(axis=1)]
    return near


def _stretch(symbols: _Symbols, zoom: int, column: int, row: int) -> _Ints:
    first = _interleave(np.array([column], dtype=np.uint64), np.array([row], dtype=np.uint64))[0]
    shift = np.uint64(2 * _spots_log2(zoom))
    start, end = np.searchsorted(symbols.codes, [first << shift, (first + np.uint64(1)) << shift])
    return np.arange(start, end)


def _plant(points: _Points, zoom: int) -> tuple[_Ints, shapely.STRtree]:
    """Return the features drawn as shapes at a zoom, and an index of their bounds."""
    large = points.size[points.wide] > _smallest_shape(zoom)
    boxes = np.asarray(shapely.box(*points.bounds[large].T), dtype=object)
    return points.wide[large], shapely.STRtree(boxes)


def _with_shape(points: _Points, zoom: int, column: int, row: int) -> _Ints:
    """Return the features drawn as shapes whose box meets a tile with its margin."""
    side = 1.0 / 2**zoom
    west, north = column * side, row * side
    margin = side * _BUFFER
    rows, tree = points.trees[zoom]
    box = shapely.box(west - margin, north - margin, west + side + margin, north + side + margin)
    met: _Ints = np.sort(rows[tree.query(box)])
    return met


def _smallest_shape(zoom: int) -> float:
    return math.ldexp(_SHAPE_PIXELS / 256, -zoom)


def _symbols_in(
    points: _Points, marks: FacilityMarks | None, zoom: int, column: int, row: int
) -> tuple[_Floats, dict[str, Sequence[Any]]]:
    """Return places and properties of the symbols of a tile, the worst ones last, so that they are drawn on top.

    A symbol that stands for several features is named after one of them.
    """
    symbols = points.symbols[zoom]
    near = _near(symbols, zoom, column, row)
    marked: dict[str, Sequence[Any]] = {}
    if marks is not None:
        worst, columns = marks.sum_up(*_features_of(points, symbols, near, zoom), near.size)
        order = np.argsort(-worst, kind="stable")
        near = near[order]
        marked = {name: [told[place] for place in order] for name, told in columns.items()}
    places = tile_units(symbols.x[near], symbols.y[near], zoom, column, row)
    told = points.attributes.take(symbols.first[near]).to_pydict()
    return places, {**told, "n": symbols.number[near].tolist(), **marked}


def _features_of(points: _Points, symbols: _Symbols, near: _Ints, zoom: int) -> tuple[_Ints, _Ints]:
    """Return the features that some symbols stand for, and the place of each one's symbol among these."""
    first, length = symbols.first[near], symbols.end[near] - symbols.first[near]
    owner = np.repeat(np.arange(near.size), length)
    rows = np.arange(length.sum()) + np.repeat(first - (np.cumsum(length) - length), length)
    small = points.size[rows] <= _smallest_shape(zoom)
    return rows[small], owner[small]


def _clip(shapes: NDArray[np.object_], zoom: int, column: int, row: int) -> NDArray[np.object_]:
    """Return shapes in a tile's units, cut to it and its margin."""
    placed = shapely.transform(shapes, lambda xy: tile_units(xy[:, 0], xy[:, 1], zoom, column, row))
    margin = EXTENT * _BUFFER
    box = -margin, -margin, EXTENT + margin, EXTENT + margin
    return np.asarray(shapely.clip_by_rect(shapely.simplify(placed, EXTENT / 512), *box))
