"""What a reader hands over: the cells and geometries of one source layer, as the file has them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.text import spell_halves

__all__ = [
    "CrsBasis",
    "Note",
    "Reading",
    "Rejection",
    "SourceTable",
    "flatten_heights",
    "object_array",
    "parse_wkb",
    "shorten",
]


class Note(NamedTuple):
    """Something the person who imports should know, in English and Chinese."""

    en: str
    zh: str


class CrsBasis(StrEnum):
    """How firmly a file says what its coordinate system is."""

    FILE = "file"
    """The file says it in so many words."""
    STANDARD = "standard"
    """The standard of the format says it for every file that does not say otherwise."""
    NONE = "none"
    """Nothing says it."""


@dataclass(frozen=True)
class Reading:
    """How the user says that a file is to be read; nothing said is left to the file.

    Attributes
    ----------
    source_layer : str or None
        Layer, sheet or shapefile where there are several.
    encoding : str or None
        Of the texts; else as the file says, else detected.
    crs : str or None
        Coordinate system; it tells which of the columns X and Y is the northing.
    coordinates : mapping
        Headers of coordinate columns by ``lon``, ``lat``, ``x``, ``y``, ``easting``, ``northing``, ``wkt``.
    """

    source_layer: str | None = None
    encoding: str | None = None
    crs: str | None = None
    coordinates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejection:
    """Why a row was not taken.

    Attributes
    ----------
    row : int
        Number of the row as a person counts it in the file (line, Excel row, record from 1).
    column : str or None
        Header of the cell; ``None`` where the row as a whole or its geometry is wrong.
    value : str or None
        The cell as text.
    reason, reason_zh : str
        What is wrong and what to do.
    """

    row: int
    column: str | None
    value: str | None
    reason: str
    reason_zh: str


@dataclass
class SourceTable:
    """One layer of a file.

    Attributes
    ----------
    cells : pandas.DataFrame
        Attribute cells under the file's own headers, object columns, missing cells ``None``.
    geometries : ndarray of shapely geometries
        Two-dimensional, in the file's coordinates, longitude or easting first; ``None`` where a row has none.
    rows : ndarray of int
        Number of each row as a person counts it.
    row_word : Note
        What such a number counts: "line", "record", …
    crs : str or None
        Coordinate system that the file states.
    crs_basis : CrsBasis
    notes : list of Note
    rejections : list of Rejection
        Rows whose geometry or text could not be read; they are in ``cells`` all the same.
    feature_ids : sequence of (str or None), optional
        The file's own identifiers outside its columns (GeoJSON ``id``).
    geometry_columns : tuple of str
        Columns that the geometries were made of; they are no attributes.
    """

    cells: pd.DataFrame
    geometries: NDArray[np.object_]
    rows: NDArray[np.int64]
    row_word: Note
    crs: str | None = None
    crs_basis: CrsBasis = CrsBasis.NONE
    notes: list[Note] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    feature_ids: Sequence[str | None] | None = None
    geometry_columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)


def flatten_heights(geometries: NDArray[np.object_], notes: list[Note]) -> NDArray[np.object_]:
    """Return the geometries in two dimensions, with a note when heights were dropped."""
    if shapely.has_z(geometries).any():
        notes.append(Note("heights (Z) of the geometries are not kept", "几何的高程（Z）未保留"))
    flat: NDArray[np.object_] = shapely.force_2d(geometries)
    return flat


def parse_wkb(
    blobs: Sequence[bytes | None], rows: NDArray[np.int64], rejections: list[Rejection]
) -> NDArray[np.object_]:
    """Parse WKB; what cannot be read becomes ``None`` with a rejection of its row."""
    array = object_array(blobs)
    geometries: NDArray[np.object_] = np.atleast_1d(shapely.from_wkb(array, on_invalid="ignore"))
    present = np.array([blob is not None for blob in array], dtype=bool)
    for i in np.flatnonzero(present & shapely.is_missing(geometries)):
        rejections.append(
            Rejection(int(rows[i]), None, None, "the geometry cannot be read", "几何数据无法读取")
        )
    return geometries


def object_array(values: Iterable[object]) -> NDArray[np.object_]:
    """Return a one-dimensional array of Python objects, lists among them left whole."""
    return np.fromiter(values, dtype=object)


def shorten(text: str, length: int = 60) -> str:
    """Return a text cut to a length that fits a message, and such that one can hold it."""
    return spell_halves(text if len(text) <= length else f"{text[: length - 1]}…")
