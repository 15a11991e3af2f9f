"""Features on their way into a store: checked, with digests, in columns of plain Python values."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import CrsError, GeometryError
from geo.progress import Progress, say_nothing
from layers.errors import FeatureError, UnknownFieldError
from layers.model import Field, Layer
from layers.store.shapes import check_shapes
from layers.store.types import SRID, dump_json
from layers.store.values import check_value

__all__ = ["CLOCK_FIELDS", "Batch", "Problem", "make_batch", "make_id"]

CLOCK_FIELDS = ("valid_from", "valid_to", "version")
"""Fields that say when, not what: they are in no digest."""

_ID_NAMESPACE = uuid.UUID("3f0b0c8e-6a52-5f6e-8d0c-5a1d1b7f4c90")
"""Namespace of the ids given to features whose source has none."""

_DIGEST_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=str
)
"""The text of `dump_json`, with dates and moments written out."""

_PROBLEMS_SHOWN = 5

_DIGESTS_PER_STEP = 20_000
"""Progress is told after so many."""


@dataclass(frozen=True)
class Problem:
    """A row that does not fit, and why."""

    row: int
    """Position in the frame, from 0."""
    column: str
    message: str
    zh: str


@dataclass(frozen=True)
class Batch:
    """Features of one layer, column by column.

    Attributes
    ----------
    layer : Layer
        Where they belong.
    columns : dict of str to list
        Values by field name, every field of the layer; ``None`` is missing.
    geometries : ndarray of shapely.Geometry or None
        In EPSG:4490.
    wkb : list of bytes or None
        The same geometries, little-endian.
    digests : list of str
        SHA-256 of the content of each feature, moments and version left out.
    """

    layer: Layer
    columns: dict[str, list[Any]]
    geometries: NDArray[np.object_]
    wkb: list[bytes | None]
    digests: list[str]

    def __len__(self) -> int:
        return len(self.digests)

    @property
    def ids(self) -> list[str]:
        """Ids in the order of the rows."""
        return self.columns["id"]

    def take(self, rows: Sequence[int]) -> "Batch":
        """Return the batch of these rows."""
        return Batch(
            self.layer,
            {name: [values[row] for row in rows] for name, values in self.columns.items()},
            self.geometries[list(rows)],
            [self.wkb[row] for row in rows],
            [self.digests[row] for row in rows],
        )


def make_batch(layer: Layer, frame: gpd.GeoDataFrame, progress: Progress = say_nothing) -> Batch:
    """Check the features of a frame and return them ready to be written.

    Parameters
    ----------
    layer : Layer
        Where they belong.
    frame : GeoDataFrame
        EPSG:4490; columns are fields of the layer. ``version`` is not read. Features without ``id`` get one
        from their content (`make_id`).
    progress : callable, optional
        Called with the part checked and a message; an error raised in it ends the work.

    Raises
    ------
    CrsError
        If the frame is not in EPSG:4490.
    GeometryError
        If the frame has no geometry column.
    UnknownFieldError
        If a column is no field of the layer.
    FeatureError
        If a value or a geometry does not fit, naming rows (counted from 1), or an id occurs twice.
    """
    progress(0.0, f"{layer.slug}: checking {len(frame)} features")
    geometries = _read_geometries(layer, frame)
    columns, problems = _read_columns(layer, frame)
    progress(0.4, f"{layer.slug}: checking {len(frame)} shapes")
    problems += [Problem(p.row, "geom", p.message, p.zh) for p in check_shapes(layer, geometries)]
    _refuse_problems(layer, columns["id"], problems)
    wkb = shapely.to_wkb(geometries, byte_order=1).tolist()
    _fill_ids(layer, columns, wkb)
    _refuse_duplicates(layer, columns["id"])
    digests = []
    for row, (content, shape) in enumerate(zip(_contents(layer, columns), wkb, strict=True)):
        if row % _DIGESTS_PER_STEP == 0:
            progress(0.6 + 0.4 * row / len(wkb), f"{layer.slug}: digests of {row} of {len(wkb)} features")
        digests.append(_digest(content, shape))
    return Batch(layer, columns, geometries, wkb, digests)


def make_id(layer: str, source: str | None, content: str) -> str:
    """Return the id of a feature whose source gives none: UUIDv5 of layer, source and content.

    Parameters
    ----------
    layer : str
        Slug of the layer.
    source : str or None
        Where the feature comes from.
    content : str
        Digest of its content.
    """
    return str(uuid.uuid5(_ID_NAMESPACE, dump_json([layer, source, content])))


def _read_geometries(layer: Layer, frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    if frame.active_geometry_name is None:
        raise GeometryError(
            f"the frame for layer {layer.slug} has no geometry column",
            zh=f"写入图层 {layer.slug} 的数据没有几何列",
        )
    if frame.crs is None or frame.crs != f"EPSG:{SRID}":
        stated = "no coordinate system" if frame.crs is None else frame.crs.to_string()
        raise CrsError(
            f"features for layer {layer.slug} must be in EPSG:{SRID}, not {stated}; transform them first",
            zh=f"写入图层 {layer.slug} 的要素须为 EPSG:{SRID}（CGCS2000），现为 {stated}，请先转换",
        )
    geometries: NDArray[np.object_] = np.asarray(frame.geometry.array, dtype=object)
    return geometries


def _read_columns(layer: Layer, frame: gpd.GeoDataFrame) -> tuple[dict[str, list[Any]], list[Problem]]:
    for name in frame.columns:
        if name != frame.active_geometry_name:
            layer.field(str(name))
    if not frame.columns.is_unique:
        raise UnknownFieldError(f"a column occurs twice: {', '.join(map(str, frame.columns))}")
    columns: dict[str, list[Any]] = {}
    problems: list[Problem] = []
    for field in layer.all_fields:
        if field.name in frame.columns and field.name != "version":
            columns[field.name], found = _read_column(field, frame[field.name])
            problems += found
        else:
            columns[field.name] = [None] * len(frame)
            problems += _missing(field, range(len(frame)))
    problems += [
        Problem(row, "valid_to", "only the store sets it; leave it empty", "由数据库填写，请留空")
        for row, moment in enumerate(columns["valid_to"])
        if moment is not None
    ]
    return columns, problems


def _read_column(field: Field, series: "pd.Series[Any]") -> tuple[list[Any], list[Problem]]:
    if series.isna().all():
        return [None] * len(series), _missing(field, range(len(series)))
    there = series.notna().to_numpy()
    given = series.astype(object).tolist()
    values: list[Any] = [None] * len(given)
    problems = _missing(field, np.flatnonzero(~there).tolist())
    for row in np.flatnonzero(there).tolist():
        try:
            values[row] = check_value(field, given[row])
        except FeatureError as error:
            problems.append(Problem(row, field.name, error.message, error.zh))
    return values, problems


def _missing(field: Field, rows: Iterable[int]) -> list[Problem]:
    if not field.required:
        return []
    return [Problem(row, field.name, "is missing", "缺失") for row in rows]


def _refuse_problems(layer: Layer, ids: list[Any], problems: list[Problem]) -> None:
    if not problems:
        return
    problems.sort(key=lambda problem: problem.row)
    shown = problems[:_PROBLEMS_SHOWN]
    more = len(problems) - len(shown)
    named = [f"row {p.row + 1} (id {ids[p.row]!r}), {p.column}: {p.message}" for p in shown]
    named_zh = [f"第 {p.row + 1} 行（编号 {ids[p.row]}）{p.column}：{p.zh}" for p in shown]
    raise FeatureError(
        f"layer {layer.slug}: " + "; ".join(named) + (f"; and {more} more" if more else ""),
        zh=f"图层 {layer.slug}：" + "；".join(named_zh) + (f"；另有 {more} 处" if more else ""),
    )


def _refuse_duplicates(layer: Layer, ids: list[str]) -> None:
    rows_by_id: dict[str, list[int]] = {}
    for row, feature_id in enumerate(ids):
        rows_by_id.setdefault(feature_id, []).append(row + 1)
    twice = {feature_id: rows for feature_id, rows in rows_by_id.items() if len(rows) > 1}
    if twice:
        shown = list(twice.items())[:_PROBLEMS_SHOWN]
        named = "; ".join(f"{feature_id!r} in rows {', '.join(map(str, rows))}" for feature_id, rows in shown)
        raise FeatureError(
            f"layer {layer.slug}: {len(twice)} ids occur more than once: {named}",
            zh=f"图层 {layer.slug}：{len(twice)} 个编号重复：{named}",
        )


def _contents(layer: Layer, columns: dict[str, list[Any]]) -> Iterable[dict[str, Any]]:
    names = [field.name for field in layer.all_fields if field.name not in CLOCK_FIELDS]
    for values in zip(*(columns[name] for name in names), strict=True):
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _digest(content: dict[str, Any], wkb: bytes | None) -> str:
    # Missing values are left out: a field that a later version adds changes no digest.
    text = _DIGEST_ENCODER.encode(content)
    return hashlib.sha256(text.encode() + b"\0" + (wkb or b"")).hexdigest()


def _fill_ids(layer: Layer, columns: dict[str, list[Any]], wkb: list[bytes | None]) -> None:
    ids = columns["id"]
    if None not in ids:
        return
    for row, content in enumerate(_contents(layer, columns)):
        if ids[row] is None:
            ids[row] = make_id(layer.slug, columns["source"][row], _digest(content, wkb[row]))
