"""A vector tile as bytes: shapes by the library, points straight into its message.

The library describes and checks each point for itself, which takes four times as long as all the rest of a tile.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from numpy.typing import NDArray

__all__ = ["EXTENT", "encode_tile", "tile_units"]

EXTENT = 4096
"""Units of a tile's own grid along a side."""

_POINT = 1
_MOVE_TO_ONE = 9
"""Command of one position: 1 for *move to*, 1 shifted by three bits for the number of positions."""
_VERSION = 2

_Floats = NDArray[np.float64]


def tile_units(x: _Floats, y: _Floats, zoom: int, column: int, row: int) -> _Floats:
    """Return places of the Mercator square in a tile's units, y upwards as the library takes it."""
    east = (x * 2**zoom - column) * EXTENT
    north = (1.0 - (y * 2**zoom - row)) * EXTENT
    return np.column_stack([east, north])


def encode_tile(
    name: str,
    shapes: Sequence[tuple[shapely.Geometry, Mapping[str, Any]]],
    places: _Floats,
    columns: Mapping[str, Sequence[Any]],
) -> bytes:
    """Return a tile of one layer; empty bytes where it holds nothing.

    Parameters
    ----------
    name : str
        Of the layer.
    shapes : sequence of (Geometry, mapping)
        Lines and areas in the tile's units, y upwards, and their properties; None among these is left out.
    places : ndarray, shape (n, 2)
        Points in the tile's units, y upwards.
    columns : mapping of str to sequence
        Properties of the points: texts, integers, or None for what is left out.
    """
    if not shapes and not len(places):
        return b""
    features = [
        {"geometry": geometry, "properties": {key: value for key, value in told.items() if value is not None}}
        for geometry, told in shapes
    ]
    encoded: bytes = mapbox_vector_tile.encode(
        [{"name": name, "features": features}], default_options={"extents": EXTENT}
    )
    if not len(places):
        return encoded
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(encoded)
    layer = tile.layers[0] if tile.layers else tile.layers.add(name=name, version=_VERSION, extent=EXTENT)
    _add_points(layer, places, columns)
    finished: bytes = tile.SerializeToString()
    return finished


def _add_points(layer: Any, places: _Floats, columns: Mapping[str, Sequence[Any]]) -> None:
    """Append points to a layer: each property is a pair of places in the layer's lists of names and of values."""
    downwards = np.rint(places * (1, -1) + (0, EXTENT)).astype(np.int64)
    zigzag = ((downwards << 1) ^ (downwards >> 63)).tolist()
    names = {key: place for place, key in enumerate(layer.keys)}
    for key in columns:
        if key not in names:
            names[key] = len(names)
            layer.keys.append(key)
    known: dict[tuple[type, Any], int] = {}
    for command, told in zip(zigzag, zip(*columns.values(), strict=True), strict=True):
        tags: list[int] = []
        for key, value in zip(columns, told, strict=True):
            if value is not None:
                place = known.get((type(value), value))
                if place is None:
                    place = known[type(value), value] = len(layer.values)
                    _add_value(layer.values.add(), value)
                tags += (names[key], place)
        layer.features.add(type=_POINT, geometry=(_MOVE_TO_ONE, *command), tags=tags)


def _add_value(entry: Any, value: str | int) -> None:
    if isinstance(value, str):
        entry.string_value = value
    else:
        entry.int_value = value
