"""Windows of rasters: only what lies around a place is read, with the way from its cells to longitude and latitude."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo.crs import SourceCrs, from_lonlat, resolve_crs, to_lonlat
from geo.ellipsoid import FloatArray, geodesic_distance_m
from geo.errors import CrsError, RasterError

__all__ = ["Patch", "RasterFile"]

Cell = tuple[int, int]
"""Row and column, from 0 at the upper left."""


@dataclass(frozen=True)
class Patch:
    """A window of a raster.

    Attributes
    ----------
    values : ndarray of float, shape (rows, columns)
        NaN where the raster has none.
    at_edge : ndarray of bool, shape (4,)
        Whether its upper, lower, left and right side are those of the whole raster.
    """

    values: FloatArray
    at_edge: NDArray[np.bool_]
    _transform: Affine
    _crs: SourceCrs

    def centres(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> FloatArray:
        """Return longitude and latitude of the centres of cells, shape (n, 2), EPSG:4490, in degrees."""
        x, y = self._transform @ (np.asarray(columns) + 0.5, np.asarray(rows) + 0.5)
        return to_lonlat(np.column_stack([x, y]), self._crs)

    def cell_sides_m(self) -> tuple[FloatArray, FloatArray]:
        """Return width and height of the cells of each row, each of shape (rows,), in metres.

        Taken in the middle column, on the ellipsoid.
        """
        rows, column = self.values.shape[0], self.values.shape[1] // 2
        row = np.arange(rows)
        here = self.centres(row, np.full(rows, column))
        right = self.centres(row, np.full(rows, column + 1))
        below = self.centres(row + 1, np.full(rows, column))
        return geodesic_distance_m(*here.T, *right.T), geodesic_distance_m(*here.T, *below.T)


@dataclass(frozen=True)
class RasterFile:
    """A raster on disk, first band.

    Attributes
    ----------
    path : Path
    crs : SourceCrs
    shape : tuple of int
        Rows and columns.
    unit : str or None
        Of the values, as the file states it.
    """

    path: Path
    crs: SourceCrs
    shape: tuple[int, int]
    unit: str | None
    _transform: Affine

    @classmethod
    def open(cls, path: Path) -> "RasterFile":
        """Return the raster in a file.

        Raises
        ------
        RasterError
            If the file cannot be read as a raster, or its numbers are not the values themselves.
        CrsError
            If its coordinate system is not stated or not usable.
        """
        try:
            with rasterio.open(path) as source:
                wkt = None if source.crs is None else source.crs.to_wkt()
                shape, transform = (int(source.height), int(source.width)), source.transform
                scale, offset, unit = source.scales[0], source.offsets[0], source.units[0]
        except RasterioError as exc:
            raise _unreadable(path, exc) from exc
        if (scale, offset) != (1.0, 0.0):
            raise RasterError(
                f"{path.name} holds numbers that are to be multiplied by {scale:g}, plus {offset:g}: write the values "
                "themselves, with gdal_translate -unscale",
                zh=f"{path.name} 的像元值须乘以 {scale:g} 再加 {offset:g}：请用 gdal_translate -unscale 转为实际值",
            )
        if wkt is None:
            raise CrsError(
                f"{path.name}: the coordinate system is not stated; assign the raster its own first",
                zh=f"{path.name}：未注明坐标系，请先为栅格指定坐标系",
            )
        return cls(path, resolve_crs(wkt), shape, unit or None, transform)

    @property
    def position_doubt_m(self) -> float:
        """What its coordinate system adds to the doubt of positions, in metres."""
        return self.crs.added_accuracy_m

    def read_around(self, lon: float, lat: float, radius: int) -> tuple[Patch, Cell] | None:
        """Return the window around a point and the point's cell in it; None where the point lies outside.

        Parameters
        ----------
        lon, lat : float
            EPSG:4490. [°]
        radius : int
            Cells on every side of the point's own, as far as the raster reaches.
        """
        cell = self.find_cell(lon, lat)
        if cell is None:
            return None
        low = (max(cell[0] - radius, 0), max(cell[1] - radius, 0))
        patch = self.read_window(low, (cell[0] + radius + 1, cell[1] + radius + 1))
        return patch, (cell[0] - low[0], cell[1] - low[1])

    def read_window(self, low: Cell, high: Cell) -> Patch:
        """Return the cells from ``low`` up to ``high``, which is not among them, as far as the raster reaches.

        Raises
        ------
        RasterError
            If the file cannot be read any more.
        """
        first, end = np.maximum(low, 0), np.minimum(high, self.shape)
        window = Window(first[1], first[0], *(end - first)[::-1])
        try:
            with rasterio.open(self.path) as source:
                masked = source.read(1, window=window, masked=True, out_dtype="float64")
        except RasterioError as exc:
            raise _unreadable(self.path, exc) from exc
        sides = np.array([first[0] == 0, end[0] == self.shape[0], first[1] == 0, end[1] == self.shape[1]])
        shift = Affine.translation(int(first[1]), int(first[0]))
        return Patch(np.ma.filled(masked, np.nan), sides, self._transform @ shift, self.crs)

    def find_cell(self, lon: float, lat: float) -> Cell | None:
        """Return the cell of a point, EPSG:4490; None outside. An edge belongs to the cell right of or below it."""
        column, row = ~self._transform @ tuple(from_lonlat([[lon, lat]], self.crs)[0])
        if not (np.isfinite(column) and np.isfinite(row)):
            return None
        row, column = int(np.floor(row)), int(np.floor(column))
        return (row, column) if 0 <= row < self.shape[0] and 0 <= column < self.shape[1] else None


def _unreadable(path: Path, exc: RasterioError) -> RasterError:
    return RasterError(f"{path} cannot be read as a raster: {exc}", zh=f"无法按栅格读取 {path}：{exc}")
