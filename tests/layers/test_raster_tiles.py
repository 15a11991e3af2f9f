"""Raster tiles: each value in the colour of its class, nothing where there is none; what cannot be drawn says why."""

import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from PIL import Image
from rasterio.transform import from_origin

from geo.errors import OutOfRangeError, RasterError
from layers.errors import NotFoundError
from layers.store import Store
from layers.tiles.rasters import RasterTiles, colour_tile

WEST, NORTH, CELL_DEG = 102.0, 27.0, 0.25
NODATA = -9999.0
VALUES = np.array(
    [
        [0.0, 1e-9, 1e-8, 2.9e-7],
        [3e-7, 2.9e-6, 3e-6, 9.9e-6],
        [1e-5, 1.0, NODATA, NODATA],
        [NODATA, NODATA, NODATA, NODATA],
    ]
)
"""Individual risk at and beside the levels 3e-7, 3e-6 and 1e-5 of GB 36894-2018."""
NOTHING = None
BLUE, YELLOW, ORANGE, RED = (42, 111, 181), (242, 194, 0), (232, 120, 12), (196, 22, 28)
COLOURS = [
    [NOTHING, NOTHING, BLUE, BLUE],
    [YELLOW, YELLOW, ORANGE, ORANGE],
    [RED, RED, NOTHING, NOTHING],
    [NOTHING, NOTHING, NOTHING, NOTHING],
]


@pytest.fixture
def store(new_sqlite_url: Any) -> Any:
    with Store.open(new_sqlite_url()) as opened:
        yield opened


def write_raster(path: Path, values: np.ndarray = VALUES, crs: str | None = "EPSG:4490") -> Path:
    profile = {"driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1}
    place = {"crs": crs, "transform": from_origin(WEST, NORTH, CELL_DEG, CELL_DEG)}
    with rasterio.open(path, "w", dtype="float64", nodata=NODATA, **profile, **place) as target:
        target.write(values, 1)
    return path


def put(store: Store, id: str, path: Path, kind: str = "risk", **columns: Any) -> None:
    row = {"id": id, "name": id, "raster_kind": kind, "path": str(path), "source": "test", **columns}
    frame = gpd.GeoDataFrame([row], geometry=[shapely.box(102, 26, 103, 27)], crs="EPSG:4490")
    store.write("rasters", frame.rename_geometry("geom"))


def picture(content: bytes) -> np.ndarray:
    return np.moveaxis(np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")), 2, 0)


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int, int, int]:
    """Column, row, and the pixel in the tile: the published formula of web Mercator."""
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom
    return int(x), int(y), int(x % 1 * 256), int(y % 1 * 256)


def test_each_cell_has_the_colour_of_its_class(store: Store, tmp_path: Path) -> None:
    put(store, "risk", write_raster(tmp_path / "risk.tif"))
    tiles = RasterTiles(store)
    for row, column in np.ndindex(VALUES.shape):
        lon, lat = WEST + (column + 0.5) * CELL_DEG, NORTH - (row + 0.5) * CELL_DEG
        x, y, pixel_x, pixel_y = tile_of(lon, lat, 10)
        # Hatch lines are 8 pixels apart: a square of 5 has pixels that lie on none.
        red, green, blue, alpha = picture(tiles.tile("risk", 10, x, y)[0])[
            :, pixel_y : pixel_y + 5, pixel_x : pixel_x + 5
        ]
        wanted = COLOURS[row][column]
        if wanted is None:
            assert not alpha.any()
        else:
            assert (alpha == 255).all()
            assert wanted in set(zip(red.ravel(), green.ravel(), blue.ravel(), strict=True))


def test_classes_of_risk_are_told_apart_without_colour() -> None:
    shades = {shade.hatch for shade in RISK}
    assert shades == {"none", "rising", "falling", "crossed"}
    darkened = []
    for value in (1e-7, 1e-6, 5e-6, 1e-3):
        red = picture(colour_tile(np.full((16, 16), value), RISK))[0]
        darkened.append(int((red < red.max()).sum()))
    # By hand, 16 x 16 pixels and lines 8 apart: 2 in each row; two directions meet once in 8 x 8, twice as often of
    # even differences.
    assert darkened[0] == 0
    assert darkened[1] == darkened[2] == 32
    assert 32 < darkened[3] < 64


RISK = RasterTiles.shades_of("risk")


def test_missing_values_are_transparent_whatever_the_class() -> None:
    values = np.array([[np.nan, 5.0], [0.0, np.nan]])
    alpha = picture(colour_tile(values, RasterTiles.shades_of("elevation")))[3]
    assert alpha.tolist() == [[0, 255], [255, 0]]


def test_outside_the_raster_is_nothing(store: Store, tmp_path: Path) -> None:
    put(store, "risk", write_raster(tmp_path / "risk.tif"))
    assert not picture(RasterTiles(store).tile("risk", 10, 0, 0)[0])[3].any()


def test_what_the_map_is_told(store: Store, tmp_path: Path) -> None:
    put(store, "risk", write_raster(tmp_path / "risk.tif"), unit="1/a")
    (told,) = RasterTiles(store).list()
    assert told.bounds == pytest.approx((102, 26, 103, 27))
    assert (told.kind, told.unit, told.problem) == ("risk", "1/a", None)
    assert [shade.below for shade in told.shades[:-1]] == [shade.least for shade in told.shades[1:]]
    assert told.min_zoom <= told.max_zoom


def test_version_changes_with_the_file(store: Store, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "risk.tif")
    put(store, "risk", path)
    tiles = RasterTiles(store)
    first = tiles.list()[0].version
    assert tiles.list()[0].version == first
    write_raster(path, np.vstack([VALUES, VALUES]))
    assert tiles.list()[0].version != first


def test_values_of_another_kind_are_greys_between_their_ends(store: Store, tmp_path: Path) -> None:
    put(
        store, "other", write_raster(tmp_path / "other.tif", np.arange(1.0, 17.0).reshape(4, 4)), kind="other"
    )
    shades = RasterTiles(store).list()[0].shades
    assert [shade.least for shade in shades] == [-np.inf, 4.0, 7.0, 10.0, 13.0]  # (16 - 1) / 5 = 3


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("gone.tif", "not there"),
        ("text.tif", "cannot be read"),
        ("nowhere.tif", "coordinate"),
        ("list.vrt", "GeoTIFF"),
    ],
)
def test_what_cannot_be_drawn_says_why(store: Store, tmp_path: Path, file: str, problem: str) -> None:
    (tmp_path / "text.tif").write_text("no raster")
    write_raster(tmp_path / "nowhere.tif", crs=None)
    source = write_raster(tmp_path / "risk.tif")
    (tmp_path / "list.vrt").write_text(
        f'<VRTDataset rasterXSize="4" rasterYSize="4"><SRS>EPSG:4490</SRS><GeoTransform>102,0.25,0,27,0,-0.25'
        f'</GeoTransform><VRTRasterBand dataType="Float64" band="1"><SimpleSource><SourceFilename>{source}'
        "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    put(store, "r", tmp_path / file)
    tiles = RasterTiles(store)
    (told,) = tiles.list()
    assert problem in (told.problem or "")
    assert told.version == ""
    with pytest.raises(RasterError, match=problem):
        tiles.tile("r", 8, 200, 110)


def test_tiles_that_do_not_exist_are_refused(store: Store) -> None:
    tiles = RasterTiles(store)
    with pytest.raises(NotFoundError, match="no raster 'r'"):
        tiles.tile("r", 3, 1, 1)
    for zoom, column, row in ((3, 8, 0), (21, 0, 0), (2, 0, -1)):
        with pytest.raises(OutOfRangeError, match=f"no tile {zoom}/{column}/{row}"):
            tiles.tile("r", zoom, column, row)
