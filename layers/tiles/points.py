"""Where the features of a layer are on the map, sorted so that every tile of every zoom is one stretch of the list.

The order is that of the Z-order curve of the web Mercator plane [1]_. A list is one table of Arrow: it is made from a
layer in seconds for each million features, and read back from a file at once (`layers.tiles.point_files`).

References
----------
.. [1] Morton (1966), A computer oriented geodetic data base and a new technique in file sequencing.
"""

import math
from dataclasses import dataclass
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from layers.tiles.mercator import MAX_ZOOM, on_square

__all__ = ["DEPTH", "Points", "interleave", "list_points", "project", "smallest_shape"]

DEPTH = 24
"""Zoom at which points are sorted: 2.4 m at the equator."""
_SHAPE_PIXELS = 4
"""Lines and areas up to this size are drawn as symbols."""
_HELD_COORDINATES = 2_000_000
"""Shapes of a layer with no more vertices are in its list; those of others are read for each tile."""

_PLACES = ("code", "x", "y", "size", "west", "north", "east", "south", "shape")
"""Columns of a list that are no attributes; the shape is null for what is drawn as a symbol at every zoom."""

_Codes = NDArray[np.uint64]
_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """Where the features of a layer are, in the order of their codes; lengths in sides of the Mercator square."""

    codes: _Codes
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

    @classmethod
    def read(cls, table: pa.Table) -> Self:
        """Return the points of a list as :func:`list_points` makes it."""
        codes, x, y, size, *sides = (table[name].to_numpy() for name in _PLACES[:-1])
        wide = np.flatnonzero(size > smallest_shape(MAX_ZOOM))
        held = table["shape"].null_count == len(table) - wide.size
        shapes = shapely.from_wkb(table["shape"].drop_null().to_numpy()) if held else None
        bounds = np.column_stack([side[wide] for side in sides])
        return cls(codes, x, y, size, table.drop_columns(_PLACES), wide, bounds, shapes)


def list_points(frame: gpd.GeoDataFrame) -> pa.Table:
    """Return features with their places, sorted.

    Parameters
    ----------
    frame : GeoDataFrame
        EPSG:4490, by id, nothing without a geometry; its columns are kept as attributes.
    """
    geometries = frame.geometry.to_numpy()
    lonlat = shapely.bounds(geometries)
    x, y = on_square(shapely.get_coordinates(shapely.point_on_surface(geometries)))
    west, north = on_square(lonlat[:, [0, 3]])
    east, south = on_square(lonlat[:, [2, 1]])
    size, codes = np.maximum(east - west, south - north), interleave(_steps(x), _steps(y))
    places = (codes, x, y, size, west, north, east, south, _pack_shapes(geometries, size))
    attributes = pa.Table.from_pandas(
        pd.DataFrame(frame.drop(columns=frame.geometry.name)), preserve_index=False
    )
    table = attributes.replace_schema_metadata(None)
    for name, values in zip(_PLACES, places, strict=True):
        table = table.append_column(name, pa.array(values))
    order = np.argsort(codes, kind="stable")  # of those of one code the first by id comes first
    return table.take(order).combine_chunks()


def _pack_shapes(geometries: NDArray[np.object_], size: _Floats) -> pa.Array:
    """Return the shapes on the square as WKB; null for those that are never drawn, or where they are too many."""
    packed = np.full(len(geometries), None, dtype=object)
    wide = size > smallest_shape(MAX_ZOOM)
    if shapely.get_num_coordinates(geometries[wide]).sum() <= _HELD_COORDINATES:
        packed[wide] = shapely.to_wkb(project(geometries[wide]))
    return pa.array(packed, type=pa.binary())


def project(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes on the Mercator square."""
    return np.asarray(shapely.transform(geometries, lambda xy: np.column_stack(on_square(xy))))


def smallest_shape(zoom: int) -> float:
    """Return how wide a line or area has to be to be drawn as a shape at a zoom, in sides of the Mercator square."""
    return math.ldexp(_SHAPE_PIXELS / 256, -zoom)


def _steps(share: _Floats) -> _Codes:
    return np.asarray(np.minimum(share * 2**DEPTH, 2**DEPTH - 1), dtype=np.uint64)


_SPREADS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def interleave(column: _Codes, row: _Codes) -> _Codes:
    """Return Morton codes: bits of columns and rows in turn."""
    codes: _Codes = _spread(column) | (_spread(row) << np.uint64(1))
    return codes


def _spread(number: _Codes) -> _Codes:
    """Return numbers of 24 bits with a zero put before each of their bits."""
    for shift, mask in _SPREADS:
        number = (number | (number << np.uint64(shift))) & np.uint64(mask)
    return np.asarray(number)
