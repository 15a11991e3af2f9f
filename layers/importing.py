"""Files into a store: columns to fields, coordinates to CGCS2000, every row checked.

What a row lacks or has wrong is reported with the row's number as the person sees it in the file, its column, value
and reason. The rows that are right are written in one transaction; ``strict`` writes all rows or none.

Ids are the source's own; a feature without one gets a UUIDv5 of layer, source and content (its attributes and its
geometry as given, accuracy and moments left out), so that the same file imported twice is the same features.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import DatumGrid, HelmertParameters, SourceCrs
from geo.errors import OutOfRangeError
from geo.geometry import check_geometries, densify_edges
from geo.plausibility import check_in_china
from geo.problems import ProblemKind
from layers.catalog import get_layer
from layers.errors import FeatureError, FormatError
from layers.formats import Note, Rejection, SourceTable, read_source
from layers.formats.coordinates import COORDINATE_FIELDS
from layers.formats.georeference import ControlPoints, Georeference, georeference
from layers.formats.source import object_array, shorten
from layers.formats.values import CellProblem, as_text, check_text, is_blank, parse_cells
from layers.mapping import ColumnMap, map_columns
from layers.model import Field, FieldType, Layer
from layers.store import Store
from layers.store.batch import make_id

__all__ = ["ImportReport", "import_file", "read_features"]

Progress = Callable[[float, str], None]

_STORE_FIELDS = ("valid_to", "version")
"""Fields that the store sets."""

_CONTENT_LEFT_OUT = ("id", "accuracy_m", "source", "valid_from", *_STORE_FIELDS)
"""Fields that do not count for the id of a feature that has none."""


@dataclass
class ImportReport:
    """What an import did.

    Attributes
    ----------
    layer, file : str
    source_layer : str or None
    crs : str
        Coordinate system that was taken, in English.
    rows_read, accepted, inserted, superseded, unchanged : int
    rejected : list of Rejection
        By row; a row may have several.
    notes, notes_zh : list of str
        What was taken for granted, converted or passed over.
    edges_over_1km : int
        Edges of the source longer than 1 km, in accepted rows.
    dry_run : bool
        Everything was checked and nothing written.
    rejected_cells : pandas.DataFrame
        Original cells of the rejected rows, by row number, for the sheet to correct.
    """

    layer: str
    file: str
    source_layer: str | None
    crs: str
    rows_read: int
    dry_run: bool
    accepted: int = 0
    inserted: int = 0
    superseded: int = 0
    unchanged: int = 0
    edges_over_1km: int = 0
    rejected: list[Rejection] = dataclass_field(default_factory=list)
    notes: list[str] = dataclass_field(default_factory=list)
    notes_zh: list[str] = dataclass_field(default_factory=list)
    rejected_cells: pd.DataFrame = dataclass_field(default_factory=pd.DataFrame)

    @property
    def rejected_rows(self) -> int:
        """Number of rows that were not taken."""
        return len({rejection.row for rejection in self.rejected})

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON values, without the cells."""
        plain = {name: value for name, value in vars(self).items() if name != "rejected_cells"}
        return plain | {
            "rejected_rows": self.rejected_rows,
            "rejected": [vars(rejection) for rejection in self.rejected],
        }


def import_file(
    store: Store,
    path: str | Path,
    layer: str,
    *,
    source_layer: str | None = None,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, object] | None = None,
    accuracy_m: float | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    helmert: HelmertParameters | None = None,
    grid: DatumGrid | None = None,
    control_points: ControlPoints | None = None,
    on_existing: Literal["supersede", "refuse", "skip_same"] = "supersede",
    strict: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one layer of a file.

    Parameters
    ----------
    store : Store
    path : str or Path
    layer : str
        Slug of the layer that the features go to.
    source_layer : str, optional
        Layer, sheet or shapefile of the source; needed where there are several.
    mapping : mapping of field to column, optional
        Columns that the headers alone do not tell; ``lon``, ``lat``, ``x``, ``y``, ``easting``, ``northing`` and
        ``wkt`` choose coordinate columns.
    constants : mapping of field to value, optional
        Values for every row.
    accuracy_m : float, optional
        95 % radius of position where the file has none; unknown otherwise. [m]
    crs : str, optional
        Coordinate system, where the file does not state it; one that differs from the file's is an error.
    encoding : str, optional
        Of the texts; wins over what the file says.
    helmert, grid : optional
        Way from another datum than CGCS2000 and WGS 84.
    control_points : path or sequence of (x, y, easting or lon, northing or lat), optional
        Places in a drawing and where they are in ``crs``.
    on_existing : {"supersede", "refuse", "skip_same"}
        See :meth:`layers.store.Store.write`.
    strict : bool
        Write nothing when any row is rejected.
    dry_run : bool
        Check everything, write nothing.
    progress : callable, optional
        Called with the part done (0-1) and a message; may raise ``CancelledError``.

    Returns
    -------
    ImportReport

    Raises
    ------
    NotFoundError, FormatError
        If the file is not there or cannot be read.
    CrsError
        If the coordinate system is not stated, stated twice and differently, or cannot be used.
    UnknownLayerError, UnknownFieldError, FeatureError
        If the layer or a field is unknown, or a constant does not fit its field.
    StoreError
        If the database fails; nothing is written then.
    """
    tell = progress or _say_nothing
    frame, report = read_features(
        path,
        layer,
        source_layer=source_layer,
        mapping=mapping,
        constants=constants,
        accuracy_m=accuracy_m,
        crs=crs,
        encoding=encoding,
        helmert=helmert,
        grid=grid,
        control_points=control_points,
        progress=lambda part, message: tell(0.6 * part, message),
    )
    report.dry_run = dry_run
    if dry_run or report.accepted == 0 or (strict and report.rejected):
        return _without_writing(report, strict)
    result = store.write(
        layer,
        frame,
        on_existing=on_existing,
        progress=lambda part, message: tell(0.6 + 0.4 * part, message),
    )
    report.inserted, report.superseded, report.unchanged = (
        result.inserted,
        result.superseded,
        result.unchanged,
    )
    tell(1.0, f"{report.accepted} rows taken, {report.rejected_rows} rejected")
    return report


def read_features(
    path: str | Path,
    layer: str,
    *,
    source_layer: str | None = None,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, object] | None = None,
    accuracy_m: float | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    helmert: HelmertParameters | None = None,
    grid: DatumGrid | None = None,
    control_points: ControlPoints | None = None,
    progress: Progress | None = None,
) -> tuple[gpd.GeoDataFrame, ImportReport]:
    """Read the features of a file as a layer has them, without storing any.

    Parameters and errors are those of :func:`import_file`.

    Returns
    -------
    tuple of (GeoDataFrame, ImportReport)
        Features of the rows that are right, in EPSG:4490, and the report on all rows.
    """
    tell = progress or _say_nothing
    target = get_layer(layer)
    path = Path(path)
    tell(0.0, f"reading {path.name}")
    chosen, coordinates = _split_mapping(mapping or {})
    table = read_source(path, source_layer=source_layer, encoding=encoding, crs=crs, coordinates=coordinates)
    place = _place(table, target, crs, helmert, grid, control_points)
    tell(0.5, f"checking {len(table)} rows")
    rows = _Rows(target, table)
    _fill_fields(rows, chosen, constants or {}, path.name, source_layer)
    _fill_accuracy(rows, accuracy_m, place)
    edges = _fill_geometries(rows, place)
    _fill_ids(rows)
    tell(1.0, "writing")
    report = _report(rows, path.name, source_layer, place, dry_run=False)
    report.edges_over_1km = edges
    return rows.to_frame(), report


def _say_nothing(part: float, message: str) -> None:
    """Stand in for a progress callback."""


def _split_mapping(mapping: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Columns of fields, and columns of coordinates."""
    fields = {name: header for name, header in mapping.items() if name not in COORDINATE_FIELDS}
    return fields, {name: header for name, header in mapping.items() if name in COORDINATE_FIELDS}


class _Rows:
    """Rows on their way from a file to a layer: values by field, geometries, and what is wrong."""

    def __init__(self, layer: Layer, table: SourceTable) -> None:
        self.layer = layer
        self.table = table
        self.values: dict[str, list[object]] = {}
        self.geometries = table.geometries
        self.rejections = list(table.rejections)
        self.notes = list(table.notes)
        self._number = {int(number): i for i, number in enumerate(table.rows)}

    def reject(self, i: int, column: str | None, value: object, reason: str, reason_zh: str) -> None:
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


def _place(
    table: SourceTable,
    layer: Layer,
    crs: str | None,
    helmert: HelmertParameters | None,
    grid: DatumGrid | None,
    control_points: ControlPoints | None,
) -> Georeference | None:
    """Way of the coordinates to CGCS2000; ``None`` for a table without any."""
    if not shapely.is_missing(table.geometries).all() or table.geometry_columns:
        return georeference(table, crs, helmert=helmert, grid=grid, control_points=control_points)
    if layer.geometry_required and not table.rejections:
        headers = ", ".join(map(str, table.cells.columns))
        raise FormatError(
            f"no geometry found; a table needs columns 经度/纬度 (lon/lat), X/Y or WKT, or --map lon=COLUMN --map "
            f"lat=COLUMN; it has: {headers}",
            zh="未找到几何；表格须有 经度/纬度、X/Y 或 WKT 列，或用 --map lon=列名 --map lat=列名 指定；"
            f"现有列：{headers}",
        )
    return None


def _fill_fields(
    rows: _Rows,
    chosen: Mapping[str, str],
    constants: Mapping[str, object],
    file: str,
    source_layer: str | None,
) -> None:
    both = sorted(set(chosen) & set(constants))
    if both:
        raise FormatError(
            f"field {both[0]} is given a column and a value", zh=f"字段 {both[0]} 同时指定了列和固定值"
        )
    table = rows.table
    headers = [str(header) for header in table.cells.columns if header not in table.geometry_columns]
    columns = map_columns(rows.layer, headers, chosen, tuple(constants))
    rows.notes.extend(columns.notes)
    for mapped in columns.mapped:
        if mapped.field.name in _STORE_FIELDS:
            _check_store_field(rows, mapped.field, mapped.column)
        else:
            _fill_field(rows, mapped.field, mapped.column, mapped.factor)
    for name, value in constants.items():
        rows.values[name] = [_parse_constant(rows.layer.field(name), value)] * len(table)
    if "source" not in rows.values:
        source = f"{file}, {source_layer}" if source_layer else file
        rows.values["source"] = [source] * len(table)
    _require(rows)
    _fill_extra(rows, columns)


def _fill_field(rows: _Rows, field: Field, column: str, factor: float | None) -> None:
    cells = rows.table.cells[column].tolist()
    parsed = parse_cells(field, cells, factor)
    for i, problem in parsed.problems:
        rows.reject(i, column, cells[i], problem.en, problem.zh)
    if parsed.naive_times:
        rows.notes.append(
            Note(
                f"column {column!r}: {parsed.naive_times} moment(s) without zone, counted as China Standard Time",
                f"“{column}”列有 {parsed.naive_times} 个时间未注明时区，按北京时间处理",
            )
        )
    rows.values[field.name] = parsed.values


def _check_store_field(rows: _Rows, field: Field, column: str) -> None:
    """Pass over ``version``; reject features that have ended."""
    cells = rows.table.cells[column].to_numpy(dtype=object)
    if field.name == "version":
        rows.notes.append(
            Note(
                f"column {column!r} was passed over: the store counts versions",
                f"忽略“{column}”列：版本由系统记录",
            )
        )
        return
    for i in [i for i, cell in enumerate(cells) if not is_blank(cell)]:
        rows.reject(
            i,
            column,
            cells[i],
            "the feature has ended; only current ones are imported",
            "要素已失效；只导入现行要素",
        )


def _parse_constant(field: Field, value: object) -> object:
    if field.name in _STORE_FIELDS:
        raise FeatureError(f"{field.name} is set by the store", zh=f"{field.name} 由系统记录")
    parsed = parse_cells(field, [value])
    if parsed.problems:
        problem = parsed.problems[0][1]
        raise FeatureError(f"{field.name}={value}: {problem.en}", zh=f"{field.name}={value}：{problem.zh}")
    return parsed.values[0]


def _require(rows: _Rows) -> None:
    for field in rows.layer.all_fields:
        if field.required:
            values = rows.values.get(field.name, [None] * len(rows.table))
            for i in [i for i, value in enumerate(values) if value is None]:
                rows.reject(i, field.name, None, f"{field.name} is missing", f"缺少{field.zh}")


def _fill_extra(rows: _Rows, columns: ColumnMap) -> None:
    """Keep the cells of columns that no field takes, beside what a column ``extra`` holds."""
    table = rows.table
    kept: list[dict[str, object]] = [{} for _ in range(len(table))]
    for header in columns.unmapped:
        for i, cell in enumerate(table.cells[header]):
            if is_blank(cell):
                continue
            try:
                kept[i][header] = _plain_json(cell)
            except CellProblem as problem:
                rows.reject(i, header, cell, problem.en, problem.zh)
    for i, given in enumerate(rows.values.get("extra", ())):
        if isinstance(given, dict) and not set(given) & set(kept[i]):
            kept[i] = given | kept[i]
        elif given is not None:
            rows.reject(
                i,
                "extra",
                given,
                "must be an object without the names of other columns",
                "须为对象，且不得与其他列同名",
            )
    rows.values["extra"] = [values or None for values in kept]
    if columns.unmapped:
        rows.notes.append(
            Note(
                f"columns that fit no field are kept in extra: {', '.join(columns.unmapped)}",
                f"未对应字段的列保存在 extra 中：{'、'.join(columns.unmapped)}",
            )
        )


def _plain_json(cell: object) -> object:
    """Cell as a JSON value."""
    if isinstance(cell, str):
        check_text(cell)
        return cell
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, np.ndarray):
        cell = cell.tolist()
    if isinstance(cell, bool | int | dict | list) or (isinstance(cell, float) and np.isfinite(cell)):
        return cell
    return cell.hex() if isinstance(cell, bytes) else as_text(cell)


def _fill_accuracy(rows: _Rows, accuracy_m: float | None, place: Georeference | None) -> None:
    """Set accuracies: the column, else the argument; unknown stays unknown, and the way to CGCS2000 adds its doubt."""
    if accuracy_m is not None and not (np.isfinite(accuracy_m) and accuracy_m > 0):
        raise OutOfRangeError(
            f"accuracy {accuracy_m} m is not above 0; leave it out when it is unknown",
            zh=f"精度 {accuracy_m} m 须大于 0；未知时请不要填写",
        )
    values = rows.values.get("accuracy_m", [None] * len(rows.table))
    for i in [i for i, value in enumerate(values) if value == 0]:
        rows.reject(
            i, "accuracy_m", 0, "0 is no accuracy; leave it empty when unknown", "精度不能为 0；未知时请留空"
        )
    added_m = 0.0 if place is None else place.added_accuracy_m
    given = (accuracy_m if value is None else value for value in values)
    rows.values["accuracy_m"] = [None if value is None else value + added_m for value in given]  # type: ignore[operator]  # parsed as numbers


def _fill_geometries(rows: _Rows, place: Georeference | None) -> int:
    """Check the geometries and take them to CGCS2000; return how many edges are longer than 1 km."""
    if place is None:
        return 0
    rows.notes.extend(place.notes)
    moved = place.move(rows.geometries)
    _reject_problems(rows, moved, place.crs)
    good = np.flatnonzero(rows.good)
    stored, densified = densify_edges(moved[good], place.crs)
    invalid = ~shapely.is_missing(stored) & ~shapely.is_valid(stored)
    for i in good[invalid]:
        rows.reject(i, None, None, "the geometry becomes invalid in CGCS2000", "几何转换到 CGCS2000 后无效")
    rows.geometries = np.full(len(rows.table), None, dtype=object)
    rows.geometries[good] = stored
    if densified.long_edges:
        rows.notes.append(
            Note(
                f"{densified.long_edges} edge(s) are longer than 1 km, the longest {densified.longest_edge_m:.0f} m",
                f"有 {densified.long_edges} 条边长于 1 公里，最长 {densified.longest_edge_m:.0f} 米",
            )
        )
    return densified.long_edges


def _reject_problems(rows: _Rows, moved: NDArray[np.object_], crs: SourceCrs) -> None:
    """Reject rows with bad geometries, each with the first problem of its geometry."""
    unread = ~rows.good & shapely.is_missing(moved)  # reported by the reader already
    problems = check_geometries(moved, rows.layer.geometry, crs)
    sound = np.ones(len(moved), dtype=bool)
    sound[[problem.row for problem in problems]] = False
    for problem in problems:
        missing = problem.kind is ProblemKind.MISSING
        if not (missing and (not rows.layer.geometry_required or unread[problem.row])):
            rows.reject(problem.row, *_where(rows, problem.row), problem.message, problem.zh)
    for problem in check_in_china(
        object_array(g if ok else None for g, ok in zip(moved, sound, strict=True)), crs
    ):
        rows.reject(problem.row, *_where(rows, problem.row), problem.message, problem.zh)


def _where(rows: _Rows, i: int) -> tuple[str | None, str | None]:
    """Column and cell of a row's geometry, where it comes from columns."""
    columns = [str(column) for column in rows.table.geometry_columns]
    cells = [rows.table.cells[column].iloc[i] for column in columns]
    text = ", ".join("" if is_blank(cell) else as_text(cell) for cell in cells)
    return ", ".join(columns) or None, text or None


def _fill_ids(rows: _Rows) -> None:
    given = rows.values.get("id") or list(rows.table.feature_ids or [None] * len(rows.table))
    names = [name for name in sorted(rows.values) if name not in _CONTENT_LEFT_OUT]
    wkb = shapely.to_wkb(rows.table.geometries, hex=True, byte_order=1)
    ids = [
        value or make_id(rows.layer.slug, as_text(rows.values["source"][i]), _content(rows, names, i, wkb[i]))
        for i, value in enumerate(given)
    ]
    rows.values["id"] = list(ids)
    found: dict[str, list[int]] = {}
    for i, value in enumerate(ids):
        found.setdefault(str(value), []).append(i)
    for value, places in found.items():
        if len(places) > 1:
            _reject_twins(rows, value, places, own=given[places[0]] is not None)


def _content(rows: _Rows, names: Sequence[str], i: int, wkb: str | None) -> str:
    values = {name: rows.values[name][i] for name in names if rows.values[name][i] is not None}
    return json.dumps([values, wkb], ensure_ascii=False, sort_keys=True, default=str)


def _reject_twins(rows: _Rows, value: str, places: Sequence[int], *, own: bool) -> None:
    numbers = [int(rows.table.rows[i]) for i in places]
    shown = ", ".join(map(str, numbers[:5])) + (" …" if len(numbers) > 5 else "")
    for i in places:
        if own:
            rows.reject(i, "id", value, f"the id occurs in rows {shown}", f"编号在第 {shown} 行重复")
        else:
            rows.reject(
                i, None, None, f"rows {shown} are the same in everything", f"第 {shown} 行内容完全相同"
            )


def _report(
    rows: _Rows, file: str, source_layer: str | None, place: Georeference | None, dry_run: bool
) -> ImportReport:
    good = rows.good
    notes = list(dict.fromkeys(rows.notes))
    return ImportReport(
        layer=rows.layer.slug,
        file=file,
        source_layer=source_layer,
        crs="" if place is None else place.crs.en,
        rows_read=len(rows.table),
        dry_run=dry_run,
        accepted=int(good.sum()),
        rejected=sorted(rows.rejections, key=lambda rejection: (rejection.row, rejection.column or "")),
        notes=[note.en for note in notes],
        notes_zh=[note.zh for note in notes],
        rejected_cells=_original_cells(rows.table, ~good, place),
    )


def _original_cells(
    table: SourceTable, chosen: NDArray[np.bool_], place: Georeference | None
) -> pd.DataFrame:
    """Cells of rows as they were, with WKT where the geometry is not made of columns, and the coordinate system."""
    cells = table.cells[chosen].set_axis(table.rows[chosen], axis=0)
    if not table.geometry_columns and place is not None:
        cells["wkt"] = shapely.to_wkt(table.geometries[chosen], rounding_precision=-1)
    if place is not None and not place.fitted and not any("crs" in str(name).lower() for name in cells):
        cells["geom_crs"] = place.crs.text
    return cells


def _without_writing(report: ImportReport, strict: bool) -> ImportReport:
    if strict and report.rejected and not report.dry_run:
        report.accepted = 0
        report.notes.append("nothing was written, because rows were rejected (strict)")
        report.notes_zh.append("因存在被拒绝的行（严格模式），未写入任何数据")
    elif report.accepted == 0:
        report.notes.append("nothing was written: no row could be taken")
        report.notes_zh.append("没有可接受的行，未写入任何数据")
    return report
