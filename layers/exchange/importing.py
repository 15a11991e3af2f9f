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
from functools import partial
from pathlib import Path
from typing import Literal, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import DatumGrid, HelmertParameters, SourceCrs
from geo.geometry import check_geometries, densify_edges
from geo.plausibility import check_in_china
from geo.problems import ProblemKind
from geo.progress import Progress, say_nothing
from layers.catalog import get_layer
from layers.errors import FormatError
from layers.exchange.row_checks import check_rows
from layers.formats import Note, Reading, Rejection, SourceTable, read_source
from layers.formats.attributes import STORE_FIELDS, fill_accuracy, fill_attributes
from layers.formats.coordinates import COORDINATE_FIELDS
from layers.formats.georeference import ControlPoints, Georeference, georeference
from layers.formats.rows import Rows
from layers.formats.source import object_array
from layers.formats.values import as_text, is_blank
from layers.model import Layer
from layers.plants.results import PLANT_LAYER, drop_changed_sums
from layers.store import Store
from layers.store.batch import make_id

__all__ = ["ImportReport", "ReadingOptions", "import_file", "read_features"]

_CONTENT_LEFT_OUT = ("id", "accuracy_m", "source", "valid_from", *STORE_FIELDS)
"""Fields that do not count for the id of a feature that has none."""


class ReadingOptions(TypedDict, total=False):
    """What a person says about a file, each only where the file does not say it itself.

    Attributes
    ----------
    source_layer : str or None
        Layer, sheet or shapefile of the source; needed where there are several.
    mapping : mapping of field to column or None
        Columns that the headers alone do not tell; ``lon``, ``lat``, ``x``, ``y``, ``easting``, ``northing`` and
        ``wkt`` choose coordinate columns.
    constants : mapping of field to value or None
        Values for every row.
    accuracy_m : float or None
        95 % radius of position where the file has none; unknown otherwise. [m]
    crs : str or None
        Coordinate system, where the file does not state it; one that differs from the file's is an error.
    encoding : str or None
        Of the texts; wins over what the file says.
    helmert, grid
        Way from another datum than CGCS2000 and WGS 84.
    control_points : path or sequence of (x, y, easting or lon, northing or lat) or None
        Places in a drawing and where they are in ``crs``.
    """

    source_layer: str | None
    mapping: Mapping[str, str] | None
    constants: Mapping[str, object] | None
    accuracy_m: float | None
    crs: str | None
    encoding: str | None
    helmert: HelmertParameters | None
    grid: DatumGrid | None
    control_points: ControlPoints | None


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
    dry_run: bool = False
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
    on_existing: Literal["supersede", "refuse", "skip_same"] = "supersede",
    strict: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    **reading: Unpack[ReadingOptions],
) -> ImportReport:
    """Import one layer of a file.

    Parameters
    ----------
    store : Store
    path : str or Path
    layer : str
        Slug of the layer that the features go to.
    on_existing : {"supersede", "refuse", "skip_same"}
        See :meth:`layers.store.Store.write`.
    strict : bool
        Write nothing when any row is rejected.
    dry_run : bool
        Check everything, write nothing.
    progress : callable, optional
        Called with the part done (0-1) and a message; may raise ``CancelledError``.
    **reading
        See `ReadingOptions`.

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
    tell = progress or say_nothing
    frame, report = read_features(
        path,
        layer,
        check=partial(check_rows, store),
        progress=lambda part, message: tell(0.6 * part, message),
        **reading,
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
    if layer == PLANT_LAYER:
        drop_changed_sums(store, frame["id"])
    tell(1.0, f"{report.accepted} rows taken, {report.rejected_rows} rejected")
    return report


def read_features(
    path: str | Path,
    layer: str,
    *,
    check: Callable[[Rows], None] | None = None,
    progress: Progress | None = None,
    **reading: Unpack[ReadingOptions],
) -> tuple[gpd.GeoDataFrame, ImportReport]:
    """Read the features of a file as a layer has them, without storing any.

    Parameters and errors are those of :func:`import_file`; ``check`` may reject further rows.

    Returns
    -------
    tuple of (GeoDataFrame, ImportReport)
        Features of the rows that are right, in EPSG:4490, and the report on all rows.
    """
    tell = progress or say_nothing
    target = get_layer(layer)
    path, source_layer = Path(path), reading.get("source_layer")
    tell(0.0, f"reading {path.name}")
    chosen, coordinates = _split_mapping(reading.get("mapping") or {})
    table = read_source(path, Reading(source_layer, reading.get("encoding"), reading.get("crs"), coordinates))
    place = _place(table, target, reading)
    tell(0.5, f"checking {len(table)} rows")
    rows = Rows(target, table)
    fill_attributes(rows, chosen, reading.get("constants") or {}, path.name, source_layer)
    fill_accuracy(rows, reading.get("accuracy_m"), 0.0 if place is None else place.added_accuracy_m)
    edges = _fill_geometries(rows, place)
    if check is not None:
        check(rows)
    _fill_ids(rows)
    tell(1.0, "writing")
    report = _report(rows, path.name, source_layer, place)
    report.edges_over_1km = edges
    return rows.to_frame(), report


def _split_mapping(mapping: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Columns of fields, and columns of coordinates."""
    fields = {name: header for name, header in mapping.items() if name not in COORDINATE_FIELDS}
    return fields, {name: header for name, header in mapping.items() if name in COORDINATE_FIELDS}


def _place(table: SourceTable, layer: Layer, reading: ReadingOptions) -> Georeference | None:
    """Way of the coordinates to CGCS2000; ``None`` for a table without any."""
    if not shapely.is_missing(table.geometries).all() or table.geometry_columns:
        return georeference(
            table,
            reading.get("crs"),
            helmert=reading.get("helmert"),
            grid=reading.get("grid"),
            control_points=reading.get("control_points"),
        )
    if layer.geometry_required and not table.rejections:
        headers = ", ".join(map(str, table.cells.columns))
        raise FormatError(
            f"no geometry found; a table needs columns 经度/纬度 (lon/lat), X/Y or WKT; name others (map lon=COLUMN, "
            f"map lat=COLUMN); it has: {headers}",
            zh="未找到几何；表格须有 经度/纬度、X/Y 或 WKT 列，或指定其他列（map lon=列名、map lat=列名）；"
            f"现有列：{headers}",
        )
    return None


def _fill_geometries(rows: Rows, place: Georeference | None) -> int:
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


def _reject_problems(rows: Rows, moved: NDArray[np.object_], crs: SourceCrs) -> None:
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


def _where(rows: Rows, i: int) -> tuple[str | None, str | None]:
    """Column and cell of a row's geometry, where it comes from columns."""
    columns = [str(column) for column in rows.table.geometry_columns]
    cells = [rows.table.cells[column].iloc[i] for column in columns]
    text = ", ".join("" if is_blank(cell) else as_text(cell) for cell in cells)
    return ", ".join(columns) or None, text or None


def _fill_ids(rows: Rows) -> None:
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


def _content(rows: Rows, names: Sequence[str], i: int, wkb: str | None) -> str:
    values = {name: rows.values[name][i] for name in names if rows.values[name][i] is not None}
    return json.dumps([values, wkb], ensure_ascii=False, sort_keys=True, default=str)


def _reject_twins(rows: Rows, value: str, places: Sequence[int], *, own: bool) -> None:
    numbers = [int(rows.table.rows[i]) for i in places]
    shown = ", ".join(map(str, numbers[:5])) + (" …" if len(numbers) > 5 else "")
    for i in places:
        if own:
            rows.reject(i, "id", value, f"the id occurs in rows {shown}", f"编号在第 {shown} 行重复")
        else:
            rows.reject(
                i, None, None, f"rows {shown} are the same in everything", f"第 {shown} 行内容完全相同"
            )


def _report(rows: Rows, file: str, source_layer: str | None, place: Georeference | None) -> ImportReport:
    good = rows.good
    notes = list(dict.fromkeys(rows.notes))
    return ImportReport(
        layer=rows.layer.slug,
        file=file,
        source_layer=source_layer,
        crs="" if place is None else place.crs.en,
        rows_read=len(rows.table),
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
