"""Vector tiles (MVT) of a layer: the same from both databases, and nothing in them is dropped unseen.

A layer of a million points cannot be sent to a browser, and need not be: where many fall on the same few pixels, one
symbol stands for all of them and carries their number as ``n``. Lines and areas larger than a few pixels come with
their shape, in every tile that they meet, the smaller ones as symbols. Over all tiles of a zoom the sum of ``n`` of
the symbols inside their tile and the number of different shapes is the number of features; symbols in the margin of a
tile belong to its neighbour. Facilities of the register carry what the checks found about them (`layers.tiles.marks`).

The places of a layer are one sorted list (`layers.tiles.points`), in which a tile is a stretch found by bisection.

References
----------
.. [1] Mapbox Vector Tile Specification 2.1.
"""

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.catalog import LAYERS, get_layer
from layers.register.marks import read_marks
from layers.siting.audits import AUDITED_LAYERS
from layers.store import Store
from layers.tiles.encoding import EXTENT, encode_tile, tile_units
from layers.tiles.marks import FacilityMarks
from layers.tiles.mercator import check_tile
from layers.tiles.point_files import PointFiles
from layers.tiles.points import DEPTH, Points, interleave, list_points, project, smallest_shape

__all__ = ["LayerTiles", "name_version"]

_SPOTS_LOG2 = 4
"""Symbols along a side of a tile at most, as a power of two: one every 16 of its 256 pixels; the map draws a tile twice
as large, so that their numbers can be read."""
_CLOSE_ZOOM = 14
_CLOSE_SPOTS_LOG2 = 6
"""From this zoom on nearly every feature has a symbol of its own."""
_BUFFER = 1 / 16
"""Margin of a tile in which shapes are kept whole, so that edges do not show at its border."""
_FORMER_STATES = 2
"""Lists of points of former days that are kept: one of a million points is large."""
_KEPT_IN_FILES = 20_000
"""From so many features on the list of a layer is kept in a file: fewer are read again within a fifth of a second."""
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
class _Picture:
    """The points of one state of a layer, and what is made of them when the first tile of a zoom is asked for."""

    points: Points
    symbols: dict[int, _Symbols] = dataclasses.field(default_factory=dict)
    trees: dict[int, tuple[_Ints, shapely.STRtree]] = dataclasses.field(default_factory=dict)
    """By zoom: rows of the features drawn as shapes, and an index of their bounds."""
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def prepare(self, zoom: int) -> None:
        """Make the symbols of a zoom, unless they are there."""
        with self.lock:
            if zoom not in self.symbols:
                self.symbols[zoom] = _gather(self.points, zoom)
                self.trees[zoom] = _plant(self.points, zoom)


@dataclass
class _Present:
    """The present state of a layer and the marks of its facilities, each with its version."""

    picture: tuple[str, _Picture] | None = None
    marks: tuple[str, FacilityMarks] | None = None
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    """Who asks for one layer does not wait while another is read."""


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

    Parameters
    ----------
    store : Store
    folder : Path, optional
        Where the lists of large layers are kept, so that the next server need not make them; default nowhere.
    """

    def __init__(self, store: Store, folder: Path | None = None) -> None:
        self._store = store
        self._files = None if folder is None else PointFiles(folder, store.url_display)
        self._present = {slug: _Present() for slug in LAYERS}
        self._former: OrderedDict[tuple[str, datetime], tuple[str, _Picture]] = OrderedDict()
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
            picture = self._picture_at(slug, at, digests[slug])
            return self._encode(slug, picture, None, (zoom, column, row), at)
        version = name_version([slug], digests)
        key = (slug, version, zoom, column, row)
        tile = self._encoded.find(key)
        if tile is None:
            picture = self._picture_of(slug, digests[slug])
            marks = self._marks_of(slug, picture.points, version)
            tile = self._encode(slug, picture, marks, (zoom, column, row), at)
            self._encoded.keep(key, tile)
        return tile

    def prepare(self, slugs: Iterable[str]) -> None:
        """Make the lists of points and the marks of some layers, so that nobody has to wait for them."""
        for slug in slugs:
            digests = self._store.layer_digests(_layers_behind([slug]))
            points = self._picture_of(slug, digests[slug]).points
            self._marks_of(slug, points, name_version([slug], digests))

    def _marks_of(self, slug: str, points: Points, version: str) -> FacilityMarks | None:
        if slug not in AUDITED_LAYERS:
            return None
        present = self._present[slug]
        with present.lock:
            if present.marks is None or present.marks[0] != version:
                ids = points.attributes["id"].to_pylist()
                present.marks = version, FacilityMarks(ids, read_marks(self._store, slug))
            return present.marks[1]

    def _picture_of(self, slug: str, digest: str) -> _Picture:
        present = self._present[slug]
        with present.lock:
            if present.picture is None or present.picture[0] != digest:
                present.picture = digest, _Picture(self._find_points(slug, digest))
            return present.picture[1]

    def _find_points(self, slug: str, digest: str) -> Points:
        """Return the points of the present state, from the file of a former server where there is one."""
        table = None if self._files is None else self._files.get(slug, digest)
        if table is None:
            table = list_points(self._read(slug))
            if self._files is not None and len(table) >= _KEPT_IN_FILES:
                self._files.put(slug, digest, table)
        return Points.read(table)

    def _picture_at(self, slug: str, at: datetime, digest: str) -> _Picture:
        with self._lock:
            known = self._former.pop((slug, at), None)
            if known is None or known[0] != digest:
                known = digest, _Picture(Points.read(list_points(self._read(slug, at))))
            self._former[slug, at] = known
            while len(self._former) > _FORMER_STATES:
                self._former.popitem(last=False)
        return known[1]

    def _encode(
        self,
        slug: str,
        picture: _Picture,
        marks: FacilityMarks | None,
        tile: tuple[int, int, int],
        at: datetime | None,
    ) -> bytes:
        picture.prepare(tile[0])
        points, shaped = picture.points, _with_shape(picture, *tile)
        shapes = points.shapes[np.searchsorted(points.wide, shaped)] if points.shapes is not None else None
        if shapes is None and shaped.size:
            shapes = self._read_shapes(slug, points.attributes.take(shaped)["id"].to_pylist(), at)
        records = points.attributes.take(shaped).to_pylist()
        clipped = np.empty(0, dtype=object) if shapes is None else _clip(shapes, *tile)
        found = [None] * len(records) if marks is None else marks.tell(shaped)
        drawn = [
            (shape, {**told, "n": 1, "mark": mark})
            for shape, told, mark in zip(clipped, records, found, strict=True)
            if not shape.is_empty
        ]
        return encode_tile(slug, drawn, *_symbols_in(picture, marks, *tile))

    def _read(self, slug: str, at: datetime | None = None) -> gpd.GeoDataFrame:
        fields = {field.name for field in get_layer(slug).all_fields}
        columns = ["name", *(name for name in _STYLED_BY if name in fields)]
        frame = self._store.read(slug, columns=columns, at=at)
        return frame[~(frame.geometry.isna() | frame.geometry.is_empty)]

    def _read_shapes(self, slug: str, ids: list[str], at: datetime | None) -> NDArray[np.object_]:
        frame = self._store.read(slug, ids=ids, columns=["id"], at=at)
        return project(frame.geometry.to_numpy()[pd.Index(frame["id"]).get_indexer(pd.Index(ids))])


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


def _gather(points: Points, zoom: int) -> _Symbols:
    """Return the symbols of a zoom: on the sorted list each spot is one stretch."""
    small = np.flatnonzero(points.size <= smallest_shape(zoom))
    spots = points.codes[small] >> np.uint64(2 * (DEPTH - zoom - _spots_log2(zoom)))
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
    first = interleave(np.array([column], dtype=np.uint64), np.array([row], dtype=np.uint64))[0]
    shift = np.uint64(2 * _spots_log2(zoom))
    start, end = np.searchsorted(symbols.codes, [first << shift, (first + np.uint64(1)) << shift])
    return np.arange(start, end)


def _plant(points: Points, zoom: int) -> tuple[_Ints, shapely.STRtree]:
    """Return the features drawn as shapes at a zoom, and an index of their bounds."""
    large = points.size[points.wide] > smallest_shape(zoom)
    boxes = np.asarray(shapely.box(*points.bounds[large].T), dtype=object)
    return points.wide[large], shapely.STRtree(boxes)


def _with_shape(picture: _Picture, zoom: int, column: int, row: int) -> _Ints:
    """Return the features drawn as shapes whose box meets a tile with its margin."""
    side = 1.0 / 2**zoom
    west, north = column * side, row * side
    margin = side * _BUFFER
    rows, tree = picture.trees[zoom]
    box = shapely.box(west - margin, north - margin, west + side + margin, north + side + margin)
    met: _Ints = np.sort(rows[tree.query(box)])
    return met


def _symbols_in(
    picture: _Picture, marks: FacilityMarks | None, zoom: int, column: int, row: int
) -> tuple[_Floats, dict[str, Sequence[Any]]]:
    """Return places and properties of the symbols of a tile, the worst ones last, so that they are drawn on top.

    A symbol that stands for several features is named after one of them.
    """
    points, symbols = picture.points, picture.symbols[zoom]
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


def _features_of(points: Points, symbols: _Symbols, near: _Ints, zoom: int) -> tuple[_Ints, _Ints]:
    """Return the features that some symbols stand for, and the place of each one's symbol among these."""
    first, length = symbols.first[near], symbols.end[near] - symbols.first[near]
    owner = np.repeat(np.arange(near.size), length)
    rows = np.arange(length.sum()) + np.repeat(first - (np.cumsum(length) - length), length)
    small = points.size[rows] <= smallest_shape(zoom)
    return rows[small], owner[small]


def _clip(shapes: NDArray[np.object_], zoom: int, column: int, row: int) -> NDArray[np.object_]:
    """Return shapes in a tile's units, cut to it and its margin."""
    placed = shapely.transform(shapes, lambda xy: tile_units(xy[:, 0], xy[:, 1], zoom, column, row))
    margin = EXTENT * _BUFFER
    box = -margin, -margin, EXTENT + margin, EXTENT + margin
    return np.asarray(shapely.clip_by_rect(shapely.simplify(placed, EXTENT / 512), *box))
