"""Tiles of grids: every stored cell is in every tile that it meets, with its look, from both databases."""

import math
import struct
from itertools import pairwise

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely

from geo.errors import OutOfRangeError
from layers.errors import NotFoundError
from layers.grids import (
    GridRequest,
    compute_grids,
    drop_grids,
    find_grid,
    read_cells,
    read_metrics,
    store_grids,
)
from layers.store import Store
from layers.tiles.grids import LOOKS, GridTiles

METRICS = read_metrics()


def store_runs(store: Store, resolutions: tuple[int, ...], number: int = 60) -> list[str]:
    """Store grids of facilities strewn over a tenth of a degree, and return their runs."""
    rng = np.random.default_rng(5)
    columns = {"id": [f"e{i}" for i in range(number)], "source": "test", "kind": "smelter"}
    places = shapely.points(rng.uniform(103.0, 103.1, number), rng.uniform(26.0, 26.1, number))
    store.write("enterprises", gpd.GeoDataFrame(columns, geometry=places, crs=4490).rename_geometry("geom"))
    grids = compute_grids(store, GridRequest(METRICS["facility_count"], resolutions), METRICS)
    store_grids(store, grids)
    return [grid.run.id for grid in grids]


def decode(content: bytes) -> tuple[int, list[int], list[int]]:
    """Return the kind, the cells (or the 16-bit numbers of the spots) and the looks of a tile."""
    kind, number = struct.unpack_from("<II", content)
    cells = np.frombuffer(content, "<u8" if kind == 0 else "<u2", number * (1 if kind == 0 else 2), 8)
    looks = np.frombuffer(content, np.uint8, number, 8 + cells.nbytes)
    assert len(content) == 8 + cells.nbytes + number
    return kind, cells.tolist(), looks.tolist()


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int, int]:
    """Return zoom, column and row by the usual formula."""
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom
    return zoom, int((lon + 180) / 360 * 2**zoom), int(row)


@pytest.mark.parametrize("zoom", [8, 11, 15])
def test_cell_is_in_every_tile_that_its_outline_meets(store: Store, zoom: int) -> None:
    (run,) = store_runs(store, (7,))
    tiles = GridTiles(store)
    cells = read_cells(store, run)
    sent: dict[tuple[int, int, int], list[int]] = {}
    for hexagon in cells["h3_hex"]:
        outline = [(lon, lat) for lat, lon in h3.cell_to_boundary(hexagon)]
        for lon, lat in [
            *outline,
            *(tuple(np.mean(pair, axis=0)) for pair in pairwise(outline)),
        ]:
            place = tile_of(lon, lat, zoom)
            if place not in sent:
                sent[place] = decode(tiles.tile(run, *place))[1]
            assert int(hexagon, 16) in sent[place]


def test_looks_are_the_colours_and_the_worst_come_last(store: Store) -> None:
    (run,) = store_runs(store, (7,))
    colours = read_cells(store, run).set_index("h3")["colour"]
    kind, cells, looks = decode(GridTiles(store).tile(run, *tile_of(103.05, 26.05, 8)))
    assert kind == 0
    assert {cell: LOOKS[look] for cell, look in zip(cells, looks, strict=True)} == dict(colours)
    assert looks == sorted(looks)


def test_cells_without_value_look_like_their_state(store: Store) -> None:
    columns = {"id": ["a", "b"], "source": "test", "kind": ["smelter", None], "colour_grade": [None, "blue"]}
    places = shapely.points([103.0, 104.0], [26.0, 27.0])
    store.write("enterprises", gpd.GeoDataFrame(columns, geometry=places, crs=4490).rename_geometry("geom"))
    grids = compute_grids(store, GridRequest(METRICS["facility_count"], (7,)), METRICS)
    store_grids(store, grids)
    stored = read_cells(store, grids[0].run.id).set_index("h3")
    wanted = {
        cell: row["colour"] if row["state"] == "value" else row["state"]
        for cell, row in stored.to_dict("index").items()
    }
    _, cells, looks = decode(GridTiles(store).tile(grids[0].run.id, *tile_of(103.5, 26.5, 7)))
    assert {cell: LOOKS[look] for cell, look in zip(cells, looks, strict=True)} == wanted


def test_cells_smaller_than_pixels_are_one_spot_with_the_worst_look(store: Store) -> None:
    (run,) = store_runs(store, (9,))
    worst = max(LOOKS.index(colour) for colour in read_cells(store, run)["colour"])
    kind, places, looks = decode(GridTiles(store).tile(run, 0, 0, 0))
    # A tenth of a degree is 0.14 pixels of 512 around the globe: column (103.05 + 180) / 360 * 512 = 402.6, by hand.
    assert (kind, looks) == (1, [worst])
    assert places == [402, 216]


def test_tiles_without_cells_are_empty_and_others_are_refused(store: Store) -> None:
    (run,) = store_runs(store, (7,), 3)
    tiles = GridTiles(store)
    assert decode(tiles.tile(run, *tile_of(90.0, 40.0, 9))) == (0, [], [])
    with pytest.raises(OutOfRangeError, match="no tile 3/8/0"):
        tiles.tile(run, 3, 8, 0)
    with pytest.raises(NotFoundError, match="no grid"):
        tiles.tile("none", 3, 1, 1)


def test_ground_is_what_the_grid_speaks_for_and_goes_with_it(store: Store) -> None:
    (run,) = store_runs(store, (7,))
    tiles = GridTiles(store)
    assert shapely.equals(tiles.ground(run), find_grid(store, run).covered or shapely.Polygon())
    drop_grids(store, run)
    with pytest.raises(NotFoundError):
        tiles.tile(run, 3, 1, 1)
