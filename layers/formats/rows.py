"""Rows on their way from a file to a layer."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.formats.source import Rejection, SourceTable, object_array, shorten
from layers.formats.values import as_text, is_blank
from layers.model import Field, FieldType, Layer

__all__ = ["Rows"]


class Rows:
    """Rows on their way from a file to a layer: values by field, geometries, and what is wrong.

    Parameters
    ----------
    layer : Layer
    table : SourceTable
        Its geometries, rejections and notes are taken over.
    """

    def __init__(self, layer: Layer, table: SourceTable) -> None:
        self.layer = layer
        self.table = table
        self.values: dict[str, list[object]] = {}
        self.geometries = table.geometries
        self.rejections = list(table.rejections)
        self.notes = list(table.notes)
        self._number = {int(number): i for i, number in enumerate(table.rows)}

    def reject(self, i: int, column: str | None, value: object, reason: str, reason_zh: str) -> None:
        """Say what is wrong with the row at a position, in a column."""
        text = None if is_blank(value) else shorten(as_text(value))
        self.rejections.append(Rejection(int(self.table.rows[i]), column, text, reason, reason_zh))

    @property
    def good(self) -> NDArray[np.bool_]:
        """Rows with nothing wrong so far."""
        good = np.ones(len(self.table), dtype=bool)
        good[[self._number[rejection.row] for rejection in self.rejections]] = False
        return good

    def to_frame(self) -> gpd.GeoDataFrame:
        """Features of the good rows."""
        good = self.good
        columns = {name: _typed(self.layer.field(name), values, good) for name, values in self.values.items()}
        geometry = gpd.GeoSeries(self.geometries[good], crs="EPSG:4490")
        return gpd.GeoDataFrame(columns, geometry=geometry).rename_geometry("geom")


def _typed(field: Field, values: Sequence[object], good: NDArray[np.bool_]) -> "pd.Series[Any]":
    chosen = [values[i] for i in np.flatnonzero(good).tolist()]
    if field.type is FieldType.NUMBER:
        return pd.Series(chosen, dtype="float64")
    if field.type is FieldType.INTEGER:
        return pd.Series(chosen, dtype="Int64")
    if field.type is FieldType.TIME:
        return pd.Series(pd.to_datetime(pd.Series(chosen, dtype=object), utc=True))
    return pd.Series(object_array(chosen), dtype=object)
