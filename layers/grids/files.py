"""Grids as files: CSV, GeoPackage and GeoJSON as other tables, GeoParquet with outlines, GeoTIFF for other programs."""

import os
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine

from geo.errors import OutOfRangeError
from geo.grids import cell_polygons, cells_of_points
from geo.grids.cells import get_edge_m, get_resolutions
from geo.text import say_number
from layers.documents.tables import TABLE_FORMATS, check_table_path, write_table
from layers.errors import FormatError

__all__ = ["GRID_FORMATS", "check_grid_path", "write_grid"]

MAX_PIXELS = 60_000_000
_METRES_PER_DEG = 111_320.0
_PIXELS_PER_EDGE = 2.0


def check_grid_path(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises
    ------
    FormatError
        If its format is none of :data:`GRID_FORMATS`, or its folder is not there.
    """
    if path.suffix.lower() not in GRID_FORMATS:
        formats = ", ".join(GRID_FORMATS)
        raise FormatError(
            f"{path.name}: grids are written as {formats}", zh=f"{path.name}：网格可写为 {formats}"
        )
    check_table_path(path.with_suffix(".csv"))


def write_grid(frame: pd.DataFrame, path: Path) -> None:
    """Write a grid to a file; one of that name is replaced as a whole, or stays as it was.

    Parameters
    ----------
    frame : pandas.DataFrame
        As of :class:`layers.grids.Grid`.
    path : Path
        ``.parquet`` is GeoParquet; ``.tif`` a Cloud-Optimized GeoTIFF of the density in EPSG:4490, each pixel with
        that of the cell that holds its centre, pixels half as wide as an edge, NaN where nothing is known.

    Raises
    ------
    FormatError
        As :func:`check_grid_path`.
    OutOfRangeError
        If the picture would have too many pixels.
    """
    check_grid_path(path)
    outlines = cell_polygons(frame["h3"].to_numpy(dtype=np.uint64))
    shaped = gpd.GeoDataFrame(frame, geometry=outlines, crs="EPSG:4490")
    own = {".parquet": _write_geoparquet, ".tif": _write_geotiff}.get(path.suffix.lower())
    if own is None:
        write_table(shaped, path)
    else:
        _replace(shaped, path, own)


def _replace(frame: gpd.GeoDataFrame, path: Path, write: Callable[[gpd.GeoDataFrame, Path], None]) -> None:
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        write(frame, part)
        os.replace(part, path)
    except OSError as exc:
        raise FormatError(f"{path.name} cannot be written: {exc}", zh=f"{path.name} 无法写入：{exc}") from exc
    finally:
        part.unlink(missing_ok=True)


def _write_geoparquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False, compression="zstd")


def _write_geotiff(frame: gpd.GeoDataFrame, path: Path) -> None:
    cells = frame["h3"].to_numpy(dtype=np.uint64)
    if not len(cells):
        raise FormatError(
            f"{path.name}: an empty grid makes no picture", zh=f"{path.name}：空网格不能输出为栅格"
        )
    resolution = int(get_resolutions(cells)[0])
    step_deg = get_edge_m(resolution) / _PIXELS_PER_EDGE / _METRES_PER_DEG
    west, south, east, north = frame.total_bounds
    columns, rows = (max(1, int(np.ceil(size / step_deg))) for size in (east - west, north - south))
    if columns * rows > MAX_PIXELS:
        raise OutOfRangeError(
            f"{path.name} would have {columns} x {rows} pixels, more than {say_number(MAX_PIXELS)}; use a coarser "
            "resolution, a smaller area or another format",
            zh=f"{path.name} 将有 {columns} × {rows} 个像元，超过 {say_number(MAX_PIXELS)}；"
            "请用更粗的分辨率、更小的范围或其他格式",
        )
    profile = {
        "driver": "COG", "dtype": "float64", "count": 1, "width": columns, "height": rows, "crs": "EPSG:4490",
        "transform": Affine(step_deg, 0.0, west, 0.0, -step_deg, north), "nodata": np.nan, "compress": "deflate",
    }  # fmt: skip
    density = frame["density"].to_numpy(dtype=float)
    with rasterio.open(path, "w", **profile) as target:
        target.write(_paint(cells, density, resolution, (west, north, step_deg), (rows, columns)), 1)
        target.set_band_description(1, "density")


def _paint(
    cells: np.ndarray[tuple[int], np.dtype[np.uint64]],
    density: np.ndarray[tuple[int], np.dtype[np.float64]],
    resolution: int,
    origin: tuple[float, float, float],
    shape: tuple[int, int],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    west, north, step_deg = origin
    lon = west + (np.arange(shape[1]) + 0.5) * step_deg
    lat = north - (np.arange(shape[0]) + 0.5) * step_deg
    grid_lon, grid_lat = np.meshgrid(lon, lat)
    order = np.argsort(cells)
    found = cells_of_points(grid_lon.ravel(), grid_lat.ravel(), resolution)
    place = order[np.searchsorted(cells, found, sorter=order).clip(max=len(cells) - 1)]
    return np.where(cells[place] == found, density[place], np.nan).reshape(shape)


GRID_FORMATS = (*TABLE_FORMATS, ".tif")
"""Ends of the names of grid files."""
