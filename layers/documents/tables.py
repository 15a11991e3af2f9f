"""Files of computed tables (grids, distances): CSV, Parquet, GeoPackage, GeoJSON, by the end of the name.

The same table gives the same bytes. CSV and Parquet hold the columns alone, the other two the geometry as well.
"""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from layers.documents.clean_text import guard_text
from layers.documents.whole_files import writing_whole
from layers.errors import FormatError
from layers.formats.ogr import writing_by_gdal
from layers.geojson import collection_text, feature_texts

__all__ = ["TABLE_FORMATS", "check_table_path", "write_table"]


def check_table_path(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises
    ------
    FormatError
        If its format is none of `TABLE_FORMATS`, or its folder is not there.
    """
    if path.suffix.lower() not in TABLE_FORMATS:
        formats = ", ".join(TABLE_FORMATS)
        raise FormatError(
            f"{path.name}: tables are written as {formats}", zh=f"{path.name}：结果可写为 {formats}"
        )
    if not path.absolute().parent.is_dir():
        raise FormatError(f"there is no folder {path.parent}", zh=f"文件夹 {path.parent} 不存在")


def write_table(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table; a file of that name is replaced as a whole, or stays as it was.

    Parameters
    ----------
    frame : GeoDataFrame, EPSG:4490
    path : Path

    Raises
    ------
    FormatError
        As :func:`check_table_path`.
    OSError
        As :func:`layers.documents.whole_files.writing_whole`.
    """
    check_table_path(path)
    with writing_whole(path) as part:
        TABLE_FORMATS[path.suffix.lower()](frame, part)


def _plain(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns=frame.active_geometry_name))


def _write_csv(frame: gpd.GeoDataFrame, path: Path) -> None:
    # Without a byte-order mark: these tables are for programs, and the first column is to be found by its name.
    cells = _plain(frame)
    texts = cells.select_dtypes(include=["object", "str"]).columns
    cells[texts] = cells[texts].map(lambda cell: guard_text(cell) if isinstance(cell, str) else cell)
    cells.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _write_parquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(_plain(frame), preserve_index=False).replace_schema_metadata(None)
    pyarrow.parquet.write_table(table, path, compression="zstd")


def _write_geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    path.write_text(collection_text(feature_texts(frame)) + "\n", encoding="utf-8")


def _write_geopackage(frame: gpd.GeoDataFrame, path: Path) -> None:
    with writing_by_gdal(path):
        frame.to_file(path, driver="GPKG", layer=path.stem, engine="pyogrio")


TABLE_FORMATS: dict[str, Callable[[gpd.GeoDataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".gpkg": _write_geopackage,
    ".geojson": _write_geojson,
}
"""Writer by the end of the file's name."""
