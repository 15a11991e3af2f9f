"""Lists of places in files: the same tiles from them, and never those of another content."""

import os

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.tiles import vector
from layers.tiles.vector import LayerTiles

LAYER = "tailings_ponds"


@pytest.fixture(autouse=True)
def keep_every_list(monkeypatch):
    monkeypatch.setattr(vector, "_KEPT_IN_FILES", 0)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tiles"


def write_ponds(store, count):
    rng = np.random.default_rng(5)
    west, south = rng.uniform(102.0, 102.3, count), rng.uniform(25.0, 25.3, count)
    shapes = shapely.box(west, south, west + 0.01, south + 0.01)
    shapes[::2] = shapely.centroid(shapes[::2])
    ids = [f"尾矿库{i:03d}" for i in range(count)]
    columns = {"id": ids, "name": ids, "source": "test", "state": "in_service"}
    store.write(LAYER, gpd.GeoDataFrame(columns, geometry=shapes, crs=4490), replacing={})


def some_tiles(tiles):
    return [
        tiles.tile(LAYER, *tile) for tile in ((0, 0, 0), (9, 401, 218), (12, 3209, 1750), (16, 51357, 28005))
    ]


def test_tiles_from_a_file_are_those_from_the_layer(store, folder, monkeypatch):
    write_ponds(store, 60)
    made = some_tiles(LayerTiles(store, folder))
    monkeypatch.setattr(vector, "list_points", None)  # the layer is not read again
    assert some_tiles(LayerTiles(store, folder)) == made
    assert all(made[:2])
    monkeypatch.undo()
    assert some_tiles(LayerTiles(store)) == made


def test_list_of_another_content_is_made_anew_in_its_place(store, folder):
    write_ponds(store, 60)
    former = some_tiles(LayerTiles(store, folder))
    write_ponds(store, 40)
    changed = some_tiles(LayerTiles(store, folder))
    assert changed == some_tiles(LayerTiles(store)) != former
    assert len(list(folder.iterdir())) == 1


def test_list_that_nobody_has_read_for_long_goes_and_other_files_stay(store, folder):
    folder.mkdir()
    gone, left, read, foreign = (
        folder / name
        for name in (
            f"rivers-{'0' * 16}.arrow",
            "riskmap-x.part",
            f"rivers-{'1' * 16}.arrow",
            "own-survey.arrow",
        )
    )
    for path in (gone, left, read, foreign):
        path.write_bytes(b"")
    for path in (gone, left, foreign):
        os.utime(path, (0, 0))
    write_ponds(store, 40)
    some_tiles(LayerTiles(store, folder))
    kept = {path.name for path in folder.iterdir()}
    assert {read.name, foreign.name} < kept
    assert not {gone.name, left.name} & kept


def test_reading_a_list_keeps_it_young(store, folder):
    write_ponds(store, 40)
    some_tiles(LayerTiles(store, folder))
    (kept,) = folder.iterdir()
    os.utime(kept, (0, 0))
    some_tiles(LayerTiles(store, folder))
    assert kept.stat().st_mtime > 0


@pytest.mark.parametrize("content", [b"", b"ARROW1 and no more"])
def test_file_that_is_damaged_is_made_anew(store, folder, content):
    write_ponds(store, 20)
    made = some_tiles(LayerTiles(store, folder))
    (path,) = folder.iterdir()
    path.write_bytes(content)
    assert some_tiles(LayerTiles(store, folder)) == made
    assert path.stat().st_size > len(content)


def test_folder_that_cannot_be_made_costs_the_file_alone(store, folder, caplog):
    write_ponds(store, 20)
    folder.write_text("a file where the folder should be")
    assert some_tiles(LayerTiles(store, folder)) == some_tiles(LayerTiles(store))
    assert "not kept" in caplog.text


def test_layer_with_nothing_on_the_map_is_kept_as_well(store, folder):
    assert some_tiles(LayerTiles(store, folder)) == some_tiles(LayerTiles(store, folder)) == [b""] * 4
