"""Tiles of stored grids: ids and looks of cells, from which a browser draws them; no outline goes over the wire.

A tile is little-endian: the kind (0 or 1) and the number of cells as 32-bit integers; the cells; one byte for the look
of each. Cells of kind 0 are H3 indexes of 64 bits, all whose outline may meet the tile. Where cells are smaller than
two pixels they come as spots (kind 1): column and row in pixels as 16-bit integers, one spot for all cells that fall
on the same pixels, with the worst of their looks. In both kinds the worst come last, to be drawn on top.

A look is a place in `LOOKS`, plus 8 for a hot and 16 for a cold spot, plus 32 times the place in `CLUSTERS`, from 1.

Ground on which no cell is stored is not sent cell by cell: :meth:`GridTiles.ground` says once for which ground a grid
speaks; there a cell without a row has no object, elsewhere there are no data.
"""

import math
import struct
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import JSON, ColumnElement, Select, case, func, select, type_coerce

from geo.grids import cell_centres
from geo.grids.cells import get_edge_m
from geo.text import say_number
from layers.errors import NotAvailableError
from layers.grids import StoredGrid, find_grid
from layers.grids.folders import count_folder_cells, read_folder_cells
from layers.grids.spots import CLUSTERS
from layers.store import Store
from layers.store.reading import current
from layers.store.schema import layer_table
from layers.tiles.mercator import EARTH_GIRTH_M, check_tile, on_square

__all__ = ["LOOKS", "TILE_PX", "GridTiles"]

LOOKS = ("missing", "no_object", "zero", "blue", "yellow", "orange", "red")
"""How a cell looks: by its colour where it has a value, else by its state; the worst last."""
TILE_PX = 512
"""Pixels along a side: cells drawn with edges of nine pixels or more are at most some 1,300 in a tile."""

_HOT, _COLD, _CLUSTER = 8, 16, 32
_MOST_IN_FOLDERS = 20_000_000
"""Cells of a grid in partitions that are held in memory; of a larger one its coarser resolutions are drawn."""
_IDS, _SPOTS = 0, 1
_SPOT_EDGE_PX = 2.0
_SPOT_PX = 2
_REACH_EDGES = 1.5
"""From the centre of a cell to its farthest vertex, in average edges of its resolution; some more than there is."""
_KEPT = 8
"""Grids whose cells are kept in memory: 25 bytes for each cell."""

_Cells = NDArray[np.uint64]
_Looks = NDArray[np.uint8]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Places:
    """The cells of a grid from west to east on the Mercator square."""

    grid: StoredGrid
    cells: _Cells
    looks: _Looks
    x: _Floats
    y: _Floats


class GridTiles:
    """Tiles of the grids of one store; safe to use from several threads.

    The cells of a run never change; their list is made when the first tile of it is asked for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: OrderedDict[str, tuple[str, _Places]] = OrderedDict()
        self._lock = threading.Lock()

    def tile(self, run: str, zoom: int, column: int, row: int) -> bytes:
        """Return a tile of `TILE_PX` pixels as the module says.

        Parameters
        ----------
        run : str
            Of one resolution.
        zoom, column, row : int
            Of web Mercator; the first row is the northern one.

        Raises
        ------
        OutOfRangeError
            If there is no such tile.
        NotFoundError
            If there is no such grid.
        """
        check_tile(zoom, column, row)
        places = self._places_of(run)
        square_px = math.ldexp(TILE_PX, zoom)
        edge_px = _edge_on_square(places.grid.resolution, zoom, row) * square_px
        reach_px = max(_REACH_EDGES * edge_px, _SPOT_PX)
        near, x_px, y_px = _near(places, square_px, column * TILE_PX, row * TILE_PX, reach_px)
        if edge_px < _SPOT_EDGE_PX:
            return _encode_spots(x_px, y_px, places.looks[near])
        order = np.argsort(places.looks[near], kind="stable")
        return _encode(_IDS, places.cells[near][order], places.looks[near][order])

    def ground(self, run: str) -> shapely.Geometry:
        """Return the ground for which a grid speaks, EPSG:4490; empty where it says nothing of it.

        Raises
        ------
        NotFoundError
            If there is no such grid.
        """
        return self._places_of(run).grid.covered or shapely.Polygon()

    def _places_of(self, run: str) -> _Places:
        digest = self._store.layer_digest("grid_runs")
        with self._lock:
            known = self._places.pop(run, None)
            if known is None:
                known = digest, _read_places(self._store, find_grid(self._store, run))
            elif known[0] != digest:  # it may have been dropped
                find_grid(self._store, run)
                known = digest, known[1]
            self._places[run] = known
            while len(self._places) > _KEPT:
                self._places.popitem(last=False)
        return known[1]


def _read_places(store: Store, grid: StoredGrid) -> _Places:
    if grid.folder is not None:
        cells, looks = _read_folder(grid.folder)
    else:
        cells, looks = _read_stored(store, grid)
    x, y = on_square(cell_centres(cells)) if len(cells) else (np.empty(0), np.empty(0))
    order = np.lexsort((cells, x))
    return _Places(grid, cells[order], looks[order], x[order], y[order])


def _read_stored(store: Store, grid: StoredGrid) -> tuple[_Cells, _Looks]:
    """Return cells and looks; the database hands over one text for each look, as a row for each cell takes longer."""
    found = store.ask(lambda connection: connection.execute(_select_looks(grid)).all())
    parts = [np.frombuffer(bytes.fromhex(digits), dtype=">u8") for _, digits in found]
    looks = np.array([look for look, _ in found], dtype=np.uint8)
    cells = np.concatenate([np.empty(0, dtype=np.uint64), *parts]).astype(np.uint64)
    return cells, np.repeat(looks, [len(part) for part in parts])


def _read_folder(folder: Path) -> tuple[_Cells, _Looks]:
    number = count_folder_cells(folder)
    if number > _MOST_IN_FOLDERS:
        raise NotAvailableError(
            f"{say_number(number)} cells are too many for the map: compute coarser resolutions along with them "
            "(resolutions N..M)",
            zh=f"{say_number(number)} 个单元过多，无法在地图上显示：请同时计算更粗的分辨率（分辨率 N..M）",
        )
    frame = read_folder_cells(folder)
    states, colours = frame["state"].to_numpy(dtype=object), frame["colour"].to_numpy(dtype=object)
    looks = np.zeros(len(frame), dtype=np.uint8)
    for place, word in enumerate(LOOKS):
        looks[(states == word) | ((states == "value") & (colours == word))] = place
    for name, words in (("spot", {"hot": _HOT, "cold": _COLD}), ("cluster", _CLUSTER_LOOKS)):
        if name in frame:
            looks += frame[name].map(words).fillna(0).to_numpy(dtype=np.uint8)
    return frame["h3"].to_numpy(dtype=np.uint64), looks


_CLUSTER_LOOKS = {word: _CLUSTER * place for place, word in enumerate(CLUSTERS, 1)}


def _select_looks(grid: StoredGrid) -> Select[Any]:
    """Return the query for each look and the indexes of its cells, 16 digits each, one behind the other."""
    c = layer_table("grid_cells").c
    told = type_coerce(c.columns, JSON)

    def place(name: str, words: tuple[str, ...], otherwise: ColumnElement[int] | int) -> ColumnElement[int]:
        return case(
            {word: LOOKS.index(word) for word in words}, value=told[name].as_string(), else_=otherwise
        )

    coloured = place("colour", LOOKS[3:], case((c.mass.is_(None), 0), else_=LOOKS.index("blue")))
    look = place("state", LOOKS[:3], coloured)
    spot = case({"hot": _HOT, "cold": _COLD}, value=told["spot"].as_string(), else_=0)
    cluster = case(_CLUSTER_LOOKS, value=told["cluster"].as_string(), else_=0)
    mine = (c.run_id == grid.id) & (c.resolution == grid.resolution) & current(c.run_id.table)
    each = (
        select((look + spot + cluster).label("look"), ("0" + c.h3_hex).label("digits")).where(mine).subquery()
    )
    return select(each.c.look, func.aggregate_strings(each.c.digits, "")).group_by(each.c.look)


def _edge_on_square(resolution: int, zoom: int, row: int) -> float:
    """Return the average edge of a cell, in sides of the square, at the border of a tile that is farther north."""
    north = math.pi * (1.0 - 2.0 * row / 2**zoom)
    south = math.pi * (1.0 - 2.0 * (row + 1) / 2**zoom)
    return get_edge_m(resolution) / EARTH_GIRTH_M * math.cosh(max(abs(north), abs(south)))


def _near(
    places: _Places, square_px: float, west_px: float, north_px: float, reach_px: float
) -> tuple[NDArray[np.int64], _Floats, _Floats]:
    """Return the cells with their centre in a tile or its margin, and these centres in pixels of the tile."""
    strip = np.array([west_px - reach_px, west_px + TILE_PX + reach_px]) / square_px
    near = np.arange(*np.searchsorted(places.x, strip))
    y_px = places.y[near] * square_px - north_px
    in_rows = (y_px >= -reach_px) & (y_px <= TILE_PX + reach_px)
    near = near[in_rows]
    return near, places.x[near] * square_px - west_px, y_px[in_rows]


def _encode_spots(x_px: _Floats, y_px: _Floats, looks: _Looks) -> bytes:
    """Encode one spot for all cells that fall on the same pixels, with the worst of their looks."""
    column, row = (np.floor(axis / _SPOT_PX).astype(np.int64) for axis in (x_px, y_px))
    across = TILE_PX // _SPOT_PX
    inside = (column >= 0) & (column < across) & (row >= 0) & (row < across)
    worst = np.full(across * across, -1, dtype=np.int64)
    np.maximum.at(worst, (row * across + column)[inside], (looks[inside] & 7).astype(np.int64))
    taken = np.flatnonzero(worst >= 0)
    taken = taken[np.argsort(worst[taken], kind="stable")]
    spots = np.column_stack([taken % across, taken // across]) * _SPOT_PX
    return _encode(_SPOTS, spots.astype("<u2"), worst[taken].astype(np.uint8))


def _encode(kind: int, cells: NDArray[np.unsignedinteger], looks: _Looks) -> bytes:
    order = "<u8" if kind == _IDS else "<u2"
    return struct.pack("<II", kind, len(looks)) + cells.astype(order).tobytes() + looks.tobytes()
