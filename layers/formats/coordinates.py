"""Geometries from the columns of a table: longitude and latitude, plane coordinates, or WKT.

Angles may be decimal (``103.2096``, ``东经103.2096°``) or in degrees, minutes and seconds (``103°12′34.5″``,
``103度12分34.5秒``, ``103:12:34.5``).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.angles import Axis, parse_degrees
from geo.crs import SourceCrs, resolve_crs
from geo.errors import CrsError, GeoError
from geo.plausibility import check_in_china
from layers.errors import FormatError
from layers.formats.source import CrsBasis, Note, Rejection, SourceTable, object_array, shorten
from layers.formats.values import is_blank

__all__ = ["COORDINATE_FIELDS", "attach_geometries"]

COORDINATE_FIELDS: dict[str, tuple[str, ...]] = {
    "lon": ("经度", "东经", "中心经度", "经度坐标", "lon", "lng", "long", "longitude"),
    "lat": ("纬度", "北纬", "中心纬度", "纬度坐标", "lat", "latitude"),
    "x": ("x", "x坐标", "坐标x"),
    "y": ("y", "y坐标", "坐标y"),
    "easting": ("easting", "东坐标", "横坐标", "横坐标y", "east"),
    "northing": ("northing", "北坐标", "纵坐标", "纵坐标x", "north"),
    "wkt": ("wkt", "geom", "geometry", "几何", "几何wkt", "wkt几何"),
    "crs": ("geomcrs", "几何坐标系", "crs", "坐标系", "坐标系统", "坐标参考系"),
}
"""Headers of the columns that a geometry, or its coordinate system, is made of."""

_PAIRS = (("lon", "lat"), ("easting", "northing"), ("x", "y"))
_ROWS_TRIED = 1000
"""Rows by which X and Y are told apart."""


@dataclass(frozen=True)
class _Columns:
    """Columns found: field of :data:`COORDINATE_FIELDS` to header."""

    first: str | None = None
    second: str | None = None
    pair: tuple[str, str] | None = None
    wkt: str | None = None
    crs: str | None = None


def attach_geometries(table: SourceTable, stated_crs: str | None, chosen: Mapping[str, str]) -> None:
    """Make the geometries of a table from its coordinate columns.

    Parameters
    ----------
    table : SourceTable
        Its ``geometries``, ``geometry_columns``, ``crs``, ``notes`` and ``rejections`` are filled.
    stated_crs : str or None
        What the user states; tells which of the columns X and Y is the northing.
    chosen : mapping
        Headers that the user chose, by the field names of :data:`COORDINATE_FIELDS`.

    Raises
    ------
    FormatError
        If two columns have an equal claim, half a pair is missing, or the rows name several coordinate systems.
    """
    columns = _find_columns([str(header) for header in table.cells.columns], chosen)
    used = (columns.first, columns.second, columns.wkt, columns.crs)
    table.geometry_columns = tuple(header for header in used if header is not None)
    if columns.crs is not None:
        _take_crs(table, columns.crs)
    if columns.wkt is not None:
        _from_wkt(table, columns.wkt)
    elif columns.pair is not None:
        _from_pair(table, columns, stated_crs or table.crs)


def _find_columns(headers: Sequence[str], chosen: Mapping[str, str]) -> _Columns:
    unknown = [header for header in chosen.values() if header not in headers]
    if unknown:
        raise FormatError(
            f"no column {unknown[0]!r}; the file has: {', '.join(headers)}",
            zh=f"没有“{unknown[0]}”列；文件中的列：{'、'.join(headers)}",
        )
    found = {name: chosen.get(name) or _find_column(name, headers) for name in COORDINATE_FIELDS}
    if found["wkt"] is not None and not set(chosen) & {"lon", "lat", "x", "y", "easting", "northing"}:
        return _Columns(wkt=found["wkt"], crs=found["crs"])
    for pair in sorted(_PAIRS, key=lambda names: not set(names) & set(chosen)):  # the user's choice first
        first, second = found[pair[0]], found[pair[1]]
        if first is not None and second is not None:
            return _Columns(first, second, pair, crs=found["crs"])
        if pair != ("x", "y") and (first or second):
            there, missing = (first, pair[1]) if first else (second, pair[0])
            raise FormatError(
                f"column {there!r} is there, but none for {missing} ({', '.join(COORDINATE_FIELDS[missing])})",
                zh=f"有“{there}”列，但缺少对应的另一坐标列（{'、'.join(COORDINATE_FIELDS[missing])}）",
            )
    return _Columns(crs=found["crs"])


def _find_column(name: str, headers: Sequence[str]) -> str | None:
    claims = [header for alias in COORDINATE_FIELDS[name] for header in headers if _plain(header) == alias]
    if len(claims) > 1 and name != "crs":
        raise FormatError(
            f"columns {' and '.join(map(repr, claims))} could both be {name}; choose one (map {name}=COLUMN)",
            zh=f"列“{'”和“'.join(claims)}”都可能是 {name}；请指定其一（map {name}=列名）",
        )
    return claims[0] if claims else None


def _plain(header: str) -> str:
    """Header without case, spaces and what stands in brackets (``经度（°）``, ``Lon (deg)``)."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return re.sub(r"\(.*?\)|\[.*?\]|[\s_]", "", text)


def _take_crs(table: SourceTable, header: str) -> None:
    names = sorted({str(cell).strip() for cell in table.cells[header] if not is_blank(cell)})
    if len(names) > 1:
        raise FormatError(
            f"column {header!r} names several coordinate systems: {', '.join(names)}; import them one by one",
            zh=f"“{header}”列含有多个坐标系：{'、'.join(names)}；请分开导入",
        )
    if names:
        table.crs, table.crs_basis = names[0], CrsBasis.FILE


def _from_wkt(table: SourceTable, header: str) -> None:
    cells = table.cells[header].to_numpy(dtype=object)
    texts = object_array(None if is_blank(cell) else str(cell) for cell in cells)
    geometries = shapely.from_wkt(texts, on_invalid="ignore")
    there = np.array([text is not None for text in texts], dtype=bool)
    for i in np.flatnonzero(there & shapely.is_missing(geometries)):
        table.rejections.append(
            Rejection(
                int(table.rows[i]), header, shorten(texts[i]), "the WKT cannot be read", "WKT 文本无法读取"
            )
        )
    table.geometries = geometries


def _from_pair(table: SourceTable, columns: _Columns, crs_text: str | None) -> None:
    assert columns.first is not None
    assert columns.second is not None
    axes: tuple[Axis | None, Axis | None] = ("lon", "lat") if columns.pair == ("lon", "lat") else (None, None)
    first, first_bad = _parse_column(table, columns.first, axes[0])
    second, second_bad = _parse_column(table, columns.second, axes[1])
    half = (np.isnan(first) != np.isnan(second)) & ~first_bad & ~second_bad
    for i in np.flatnonzero(half):
        empty = columns.first if np.isnan(first[i]) else columns.second
        table.rejections.append(
            Rejection(int(table.rows[i]), empty, None, "half of the coordinates is missing", "缺少一个坐标值")
        )
    if columns.pair == ("x", "y") and crs_text is not None:
        first, second = _order_plane(table, first, second, _resolve(crs_text))
    table.geometries = _make_points(first, second)


def _make_points(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.object_]:
    """Points; ``None`` where a coordinate is missing."""
    whole = ~(np.isnan(x) | np.isnan(y))
    geometries = np.full(len(x), None, dtype=object)
    geometries[whole] = shapely.points(x[whole], y[whole])
    return geometries


def _resolve(text: str) -> SourceCrs | None:
    """Return the stated system, ``None`` if it cannot be used as it is: the import says why."""
    try:
        return resolve_crs(text)
    except CrsError:
        return None


def _order_plane(
    table: SourceTable, x: NDArray[np.float64], y: NDArray[np.float64], crs: SourceCrs | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return easting and northing of columns X and Y: in Chinese surveying X is the northing, in GIS the easting.

    The values decide, as only one reading lies in China; where both do, they stay as in GIS.
    """
    if crs is None:
        return x, y
    tried = slice(0, _ROWS_TRIED)
    as_gis = len(check_in_china(_make_points(x[tried], y[tried]), crs))
    as_survey = len(check_in_china(_make_points(y[tried], x[tried]), crs))
    if as_survey < as_gis:
        en, zh = "X was read as northing and Y as easting", "X 为北坐标，Y 为东坐标"
        x, y = y, x
    else:
        en, zh = "X was read as easting and Y as northing", "X 为东坐标，Y 为北坐标"
    table.notes.append(Note(f"{en}, as the values require", f"按数值判断，{zh}"))
    return x, y


def _parse_column(
    table: SourceTable, header: str, axis: Axis | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers of a coordinate column, NaN where blank or wrong, and which were wrong."""
    cells = table.cells[header]
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan, copy=True)
    bad = np.zeros(len(table), dtype=bool)
    for i in np.flatnonzero(~np.isfinite(numbers)):
        cell = cells.iloc[i]
        numbers[i] = np.nan
        if is_blank(cell):
            continue
        try:
            numbers[i] = _parse_number(str(cell), axis)
        except GeoError as error:
            bad[i] = True
            table.rejections.append(
                Rejection(int(table.rows[i]), header, shorten(str(cell)), error.message, error.zh)
            )
    return numbers, bad


def _parse_number(text: str, axis: Axis | None) -> float:
    """Degrees where the axis is one of degrees; else a plane coordinate, which a number is already."""
    if axis is not None:
        return parse_degrees(text, axis)
    raise GeoError("not a coordinate: a decimal number is expected", zh="不是坐标值：应为十进制数")
