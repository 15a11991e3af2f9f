"""File formats: one module per format, each with the same two functions, read and write.

::

    csv       CSV with coordinate or WKT columns
    dxf       DXF drawing (read only)
    geojson   GeoJSON
    gpkg      GeoPackage
    kml       KML, KMZ
    parquet   GeoParquet, or Parquet with coordinate columns
    shp       shapefile: .shp with siblings, folder, or .zip
    xlsx      Excel workbook
"""

from collections.abc import Callable
from pathlib import Path

from layers.errors import FormatError, NotFoundError
from layers.formats.dxf import read_dxf
from layers.formats.geojson import read_geojson, write_geojson
from layers.formats.geopackage import read_geopackage, write_geopackage
from layers.formats.kml import read_kml, write_kml
from layers.formats.parquet import read_parquet, write_parquet
from layers.formats.shapefile import read_shapefile, write_shapefile
from layers.formats.source import CrsBasis, Note, Reading, Rejection, SourceTable
from layers.formats.table import read_csv, read_xlsx, refuse_xls, write_csv, write_xlsx
from layers.formats.target import ExportTable

__all__ = ["READERS", "WRITERS", "CrsBasis", "Note", "Reading", "Rejection", "SourceTable", "read_source"]


Reader = Callable[[Path, Reading], SourceTable]
"""Reads one layer of a file of one format."""

READERS: dict[str, Reader] = {
    ".csv": read_csv,
    ".dxf": read_dxf,
    ".geojson": read_geojson,
    ".gpkg": read_geopackage,
    ".json": read_geojson,
    ".kml": read_kml,
    ".kmz": read_kml,
    ".parquet": read_parquet,
    ".shp": read_shapefile,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".xls": refuse_xls,
    ".xlsx": read_xlsx,
    ".zip": read_shapefile,
}
"""Reader by the end of the file's name."""


_WITHOUT_LAYERS = frozenset({".csv", ".geojson", ".json", ".kml", ".kmz", ".parquet", ".tsv", ".txt"})


WRITERS: dict[str, Callable[[ExportTable, Path], list[Note]]] = {
    ".csv": write_csv,
    ".geojson": write_geojson,
    ".gpkg": write_geopackage,
    ".kml": write_kml,
    ".kmz": write_kml,
    ".parquet": write_parquet,
    ".shp": write_shapefile,
    ".xlsx": write_xlsx,
    ".zip": write_shapefile,
}
"""Writer by the end of the file's name."""


_AS_THE_FILE_SAYS = Reading()


def read_source(path: str | Path, reading: Reading = _AS_THE_FILE_SAYS) -> SourceTable:
    """Cells and geometries of one layer of a file, as the file has them.

    Parameters
    ----------
    path : str or Path
        File, or folder with a shapefile.
    reading : Reading, optional

    Returns
    -------
    SourceTable

    Raises
    ------
    NotFoundError
        If there is no such file.
    FormatError
        If the format is unknown, or the file broken, empty, too large or unsafe.
    """
    path = Path(path)
    if not path.exists():
        raise NotFoundError(f"no file {path}", zh=f"找不到文件 {path}")
    reader = read_shapefile if path.is_dir() else READERS.get(path.suffix.lower())
    if reader is None:
        raise FormatError(
            f"{path.name}: unknown format; known are {', '.join(READERS)}",
            zh=f"{path.name}：未知的文件格式；支持 {'、'.join(READERS)}",
        )
    if reading.source_layer is not None and not path.is_dir() and path.suffix.lower() in _WITHOUT_LAYERS:
        raise FormatError(
            f"{path.name}: a {path.suffix.lower()} file has no layers, but layer {reading.source_layer!r} is asked for",
            zh=f"{path.name}：{path.suffix.lower()} 文件没有图层之分，却指定了图层“{reading.source_layer}”",
        )
    table = reader(path, reading)
    if len(table) == 0:
        raise FormatError(f"{path.name} has no rows", zh=f"{path.name} 没有数据行")
    return table
