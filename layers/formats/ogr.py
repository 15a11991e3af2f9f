"""Records of GDAL's vector drivers as tables; used by GeoPackage and shapefile."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FieldError

from layers.errors import FormatError
from layers.formats.source import CrsBasis, Note, SourceTable, flatten_heights, object_array, parse_wkb

__all__ = ["column_cells", "list_source_layers", "read_records", "writing_by_gdal"]

_MOMENT = "OGR_CURRENT_DATE"
_FIXED_MOMENT = "2000-01-01T00:00:00.000Z"
"""Stands in GeoPackages for the moment of writing, which would make every file another one."""
_WRITING = threading.Lock()

_READ_ERRORS = (
    DataSourceError,
    DataLayerError,
    FieldError,
    CRSError,
    pa.ArrowException,
    ValueError,
    RuntimeError,
    OSError,
)
"""What the libraries raise for files that are broken or of another kind."""

_STYLE_TABLES = frozenset({"layer_styles"})
"""Tables that desktop software keeps beside the data."""


def list_source_layers(path: Path) -> list[str]:
    """Return the names of the layers of a file.

    Raises
    ------
    FormatError
        If GDAL cannot read it.
    """
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    except _READ_ERRORS as error:
        raise _describe_failure(path, error) from error
    return [name for name in names if name not in _STYLE_TABLES]


def _describe_failure(path: Path, error: Exception) -> FormatError:
    return FormatError(f"{path.name} cannot be read: {error}", zh=f"{path.name} 无法读取：{error}")


def read_records(
    path: Path, layer: str | None, *, row_word: Note, first_row: int | None, encoding: str | None = None
) -> SourceTable:
    """Table of one layer.

    Parameters
    ----------
    path : Path
    layer : str or None
    row_word : Note
    first_row : int or None
        Number of the first record; ``None`` counts by the file's own feature numbers.
    encoding : str, optional
        Of the texts, as GDAL calls it.

    Returns
    -------
    SourceTable

    Raises
    ------
    FormatError
        If GDAL cannot read it.
    """
    options = {} if encoding is None else {"encoding": encoding}
    try:
        meta, records = pyogrio.read_arrow(
            path, layer=layer, return_fids=True, datetime_as_string=True, **options
        )
    except _READ_ERRORS as error:
        raise _describe_failure(path, error) from error
    fids = records.column(meta["fid_column"] or 0).to_numpy().astype(np.int64)
    rows = fids if first_row is None else np.arange(first_row, first_row + len(fids))
    table = SourceTable(
        cells=pd.DataFrame(
            {str(name): column_cells(records.column(str(name))) for name in meta["fields"]},
            index=range(len(fids)),
            dtype=object,
        ),
        geometries=np.full(len(fids), None, dtype=object),
        rows=rows,
        row_word=row_word,
        crs=meta["crs"],
        crs_basis=CrsBasis.FILE if meta["crs"] else CrsBasis.NONE,
    )
    if meta["geometry_type"] is not None:
        blobs = records.column(meta["geometry_name"] or "wkb_geometry").to_pylist()
        table.geometries = flatten_heights(parse_wkb(blobs, rows, table.rejections), table.notes)
    return table


def column_cells(column: pa.ChunkedArray) -> np.ndarray:
    """Cells of an Arrow column as Python objects; nulls and NaN are ``None``, empty texts too."""
    values = column.to_pylist()
    return object_array(None if value is None or value == "" or value != value else value for value in values)


@contextmanager
def writing_by_gdal(path: Path) -> Iterator[None]:
    """Let GDAL write a file whose bytes are the same at any time; one file at once, as the option is the process's.

    Raises
    ------
    OSError
        If it cannot be written, with its name, as all other writers do. GDAL puts the whole statement before the
        reason, such as ``database or disk is full``.
    """
    with _WRITING:
        before = pyogrio.get_gdal_config_option(_MOMENT)
        pyogrio.set_gdal_config_options({_MOMENT: _FIXED_MOMENT})
        try:
            yield
        except (DataSourceError, DataLayerError) as error:
            raise OSError(errno.EIO, str(error).rpartition(": ")[2], str(path)) from error
        finally:
            pyogrio.set_gdal_config_options({_MOMENT: before})
