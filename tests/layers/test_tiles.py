"""Vector tiles: every feature is in them once, at every zoom, from both databases."""

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from geo.errors import OutOfRangeError
from layers.errors import UnknownLayerError
from layers.tiles import points as points_module
from layers.tiles.encoding import EXTENT, encode_tile
from layers.tiles.vector import LayerTiles


def frame_of(geometries, **columns):
    ids = [f"f{i:04d}" for i in range(len(geometries))]
    data = {"id": ids, "name": ids, "source": "test", **columns}
    return gpd.GeoDataFrame(data, geometry=list(geometries), crs=4490)


def features_in(tiles, slug, zoom, column, row):
    content = tiles.tile(slug, zoom, column, row)
    return mapbox_vector_tile.decode(content)[slug]["features"] if content else []


def all_tiles(zoom, columns=None, rows=None):
    side = range(2**zoom)
    return [(zoom, x, y) for x in columns or side for y in rows or side]


def is_inside(feature):
    return all(0 <= part < EXTENT for part in feature["geometry"]["coordinates"])


@pytest.fixture
def places():
    rng = np.random.default_rng(7)
    return shapely.points(rng.uniform(97.5, 106.2, 3000), rng.uniform(21.1, 29.2, 3000))


@pytest.mark.parametrize("zoom", [0, 3, 5])
def test_symbols_of_a_zoom_stand_for_every_point_once(store, places, zoom):
    store.write("protection_targets", frame_of(places))
    tiles = LayerTiles(store)
    numbers = [
        feature["properties"]["n"]
        for tile in all_tiles(zoom)
        for feature in features_in(tiles, "protection_targets", *tile)
        if is_inside(feature)
    ]
    assert sum(numbers) == len(places)


def test_point_lies_where_the_formula_puts_it(store):
    # 102.70 E, 25.04 N at zoom 10: column 1024 * 282.70 / 360, row 1024 * (1 - ln(tan + sec)/pi) / 2, by hand.
    store.write("protection_targets", frame_of([shapely.Point(102.70, 25.04)]))
    column = 1024 * 282.70 / 360
    latitude = np.radians(25.04)
    row = 1024 * (1 - np.log(np.tan(latitude) + 1 / np.cos(latitude)) / np.pi) / 2
    (feature,) = features_in(LayerTiles(store), "protection_targets", 10, int(column), int(row))
    x, y = feature["geometry"]["coordinates"]
    assert x == pytest.approx((column % 1) * EXTENT, abs=1)
    assert y == pytest.approx((1 - row % 1) * EXTENT, abs=1)  # the decoder turns y upwards
    assert feature["properties"] == {"id": "f0000", "name": "f0000", "source": "test", "n": 1}


def test_area_across_tiles_is_in_each_of_them_and_a_small_one_is_a_symbol(store):
    wide = shapely.box(101.0, 24.0, 104.0, 26.0)
    store.write("admin_areas", frame_of([wide, shapely.box(102.0, 25.0, 102.0001, 25.0001)]))
    tiles = LayerTiles(store)
    around = all_tiles(7, range(98, 104), range(52, 58))
    found = [feature for tile in around for feature in features_in(tiles, "admin_areas", *tile)]
    shapes = [f for f in found if f["geometry"]["type"] == "Polygon"]
    symbols = [f for f in found if f["geometry"]["type"] == "Point" and is_inside(f)]
    assert len(shapes) >= 2
    assert {f["properties"]["id"] for f in shapes} == {"f0000"}
    assert [f["properties"]["id"] for f in symbols] == ["f0001"]


def test_symbol_near_a_border_is_drawn_by_both_tiles(store):
    # Column 804 of zoom 10 begins at 102.65625 E, by hand; the point lies 0.001 degrees (0.7 pixels) west of it.
    store.write("protection_targets", frame_of([shapely.Point(102.65525, 25.04)]))
    tiles = LayerTiles(store)
    latitude = np.radians(25.04)
    row = int(1024 * (1 - np.log(np.tan(latitude) + 1 / np.cos(latitude)) / np.pi) / 2)
    west, east = (features_in(tiles, "protection_targets", 10, column, row) for column in (803, 804))
    assert is_inside(west[0])
    assert not is_inside(east[0])


def test_points_beside_shapes_are_what_the_library_makes_of_them():
    shape = shapely.Polygon([(0, 0), (100, 0), (100, 100)])
    places = np.array([[0.0, 4096.0], [-20.4, 10.6], [4000.0, 4100.0]])
    columns = {"id": ["a", "b", "c"], "name": ["甲", None, "甲"], "n": [1, 20_000, 1]}
    records = [
        {key: value for key, value in zip(columns, told, strict=True) if value is not None}
        for told in zip(*columns.values(), strict=True)
    ]
    points = [
        {"geometry": shapely.Point(*np.rint(place)), "properties": told}
        for place, told in zip(places, records, strict=True)
    ]
    area = {"geometry": shape, "properties": {"id": "s", "n": 1}}
    whole = mapbox_vector_tile.encode(
        [{"name": "x", "features": [area, *points]}], default_options={"extents": EXTENT}
    )
    ours = encode_tile("x", [(shape, {"id": "s", "n": 1, "name": None})], places, columns)
    assert mapbox_vector_tile.decode(ours) == mapbox_vector_tile.decode(whole)
    assert mapbox_vector_tile.decode(encode_tile("x", [], places, columns))["x"]["features"][1][
        "properties"
    ] == {
        "id": "b",
        "n": 20_000,
    }
    assert encode_tile("x", [], places[:0], columns) == b""


def test_shapes_too_many_to_be_kept_are_read_for_each_tile(store, monkeypatch):
    rng = np.random.default_rng(3)
    west, south = rng.uniform(102.0, 102.2, 40), rng.uniform(25.0, 25.2, 40)
    store.write("admin_areas", frame_of(shapely.box(west, south, west + 0.02, south + 0.02)))
    kept = LayerTiles(store).tile("admin_areas", 9, 401, 218)
    monkeypatch.setattr(points_module, "_HELD_COORDINATES", 0)
    assert LayerTiles(store).tile("admin_areas", 9, 401, 218) == kept != b""


def test_tiles_follow_the_layer(store):
    store.write("protection_targets", frame_of([shapely.Point(102.7, 25.0)]))
    tiles = LayerTiles(store)
    assert len(features_in(tiles, "protection_targets", 0, 0, 0)) == 1
    store.write("protection_targets", frame_of([]), replacing={})
    assert tiles.tile("protection_targets", 0, 0, 0) == b""


def test_layers_in_one_tile_are_those_of_a_tile_each(store, places):
    store.write("protection_targets", frame_of(places))
    store.write("enterprises", frame_of(places[:50]))
    tiles, slugs = LayerTiles(store), ["enterprises", "rivers", "protection_targets"]
    content, version = tiles.join(slugs, 5, 24, 13)
    each = [tiles.join([slug], 5, 24, 13) for slug in slugs]
    assert mapbox_vector_tile.decode(content) == {
        name: layer for part, _ in each if part for name, layer in mapbox_vector_tile.decode(part).items()
    }
    assert set(mapbox_vector_tile.decode(content)) == {"enterprises", "protection_targets"}
    assert version == ",".join(of for _, of in each)


def test_order_of_writing_changes_no_byte(store, places):
    contents = []
    for order in (slice(None), slice(None, None, -1)):
        store.write("protection_targets", frame_of([]), replacing={})
        store.write("protection_targets", frame_of(places).iloc[order])
        contents.append(LayerTiles(store).tile("protection_targets", 3, 6, 3))
    assert contents[0] == contents[1] != b""


@pytest.mark.parametrize("tile", [(-1, 0, 0), (19, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_tile_that_cannot_be_is_refused(store, tile):
    with pytest.raises(OutOfRangeError, match="there is no tile"):
        LayerTiles(store).tile("protection_targets", *tile)


def test_unknown_layer_is_refused(store):
    with pytest.raises(UnknownLayerError):
        LayerTiles(store).tile("nothing", 0, 0, 0)
