"""Layers of a store into files, and the sheet of rows that an import rejected.

The same features give the same bytes: no clock stands in a file, and features go out in the order of their ids.
``source`` goes out as it is stored, so what is illustrative stays marked as that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from pathlib import Path
from typing import Literal

from geo.crs import from_cgcs2000, resolve_crs
from geo.progress import Progress, say_nothing
from layers.catalog import get_layer
from layers.documents.whole_files import writing_whole
from layers.errors import FormatError
from layers.exchange.importing import ImportReport
from layers.formats import WRITERS, Note
from layers.formats.table import REASON_HEADER, ROW_HEADER, fit_cell, write_sheet
from layers.formats.target import ExportTable
from layers.formats.values import as_text, is_blank
from layers.model import Field, Layer
from layers.store import Store

__all__ = ["ExportReport", "export_layer", "write_corrected_sheet"]


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote.

    Attributes
    ----------
    layer, file, crs : str
    rows : int
    illustrative : int
        Features whose source is ``illustrative``.
    notes, notes_zh : list of str
    """

    layer: str
    file: str
    crs: str
    rows: int
    illustrative: int
    notes: list[str] = dataclass_field(default_factory=list)
    notes_zh: list[str] = dataclass_field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return dict(vars(self))


def export_layer(
    store: Store,
    layer: str,
    path: str | Path,
    *,
    where: Mapping[str, object] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    at: datetime | None = None,
    crs: str = "EPSG:4490",
    header_language: Literal["en", "zh"] = "en",
    progress: Progress | None = None,
) -> ExportReport:
    """Write features of a layer to a file; the end of its name tells the format.

    Parameters
    ----------
    store : Store
    layer : str
        Slug.
    path : str or Path
        Ends in ``.csv``, ``.geojson``, ``.gpkg``, ``.kml``, ``.kmz``, ``.parquet``, ``.shp``, ``.xlsx`` or
        ``.zip`` (packed shapefiles). It is replaced as a whole or not at all.
    where, bounds, at
        Choose features, see :meth:`layers.store.Store.read`.
    crs : str
        System of the coordinates in the file.
    header_language : {"en", "zh"}
        Field names, or Chinese labels with units; for CSV and Excel only.
    progress : callable, optional
        Called with the part done (0-1) and a message.

    Returns
    -------
    ExportReport

    Raises
    ------
    FormatError
        If the format is unknown, or cannot hold the features without loss.
    CrsError
        If the system cannot be used.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise FormatError(
            f"{path.name}: unknown format; known are {', '.join(WRITERS)}",
            zh=f"{path.name}：未知的文件格式；支持 {'、'.join(WRITERS)}",
        )
    if header_language == "zh" and suffix not in (".csv", ".xlsx"):
        raise FormatError(
            f"{path.name}: Chinese headers are for .csv and .xlsx; other formats keep the field names",
            zh=f"{path.name}：中文表头只用于 .csv 和 .xlsx；其他格式使用字段名",
        )
    tell = progress or say_nothing
    tell(0.0, f"reading {layer}")
    table = _make_table(store, get_layer(layer), where, bounds, at, crs, header_language)
    tell(0.4, f"writing {len(table.frame)} features")
    notes = _write_whole(table, path)
    tell(1.0, f"{len(table.frame)} features written")
    return ExportReport(
        layer=layer,
        file=path.name,
        crs=table.crs.en,
        rows=len(table.frame),
        illustrative=int((table.frame["source"] == "illustrative").sum()),
        notes=[note.en for note in notes],
        notes_zh=[note.zh for note in notes],
    )


def _make_table(
    store: Store,
    layer: Layer,
    where: Mapping[str, object] | None,
    bounds: tuple[float, float, float, float] | None,
    at: datetime | None,
    crs: str,
    header_language: str,
) -> ExportTable:
    target = resolve_crs(crs)
    frame = store.read(layer.slug, where=where, bounds=bounds, at=at)
    moved = frame.set_geometry(from_cgcs2000(frame.geometry.to_numpy(), target)) if len(frame) else frame
    headers = {
        field.name: _label(field) if header_language == "zh" else field.name for field in layer.all_fields
    }
    return ExportTable(layer, moved, target, headers)


def _label(field: Field) -> str:
    return f"{field.zh}({field.unit})" if field.unit else field.zh


def _write_whole(table: ExportTable, path: Path) -> list[Note]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing_whole(path) as part:
        return WRITERS[path.suffix.lower()](table, part)


def write_corrected_sheet(report: ImportReport, path: str | Path) -> None:
    """Write the rejected rows of an import with what is wrong in each, to be corrected and imported again.

    The sheet has the original cells, the geometry as WKT and the coordinate system where no column holds them, and
    two columns that an import passes over: the row in the file and what is wrong. What was said to the import besides
    (mapping, constants, accuracy) must be said again.
    The other rows are stored already, so no cell may keep the sheet from being written: control characters become
    visible, a text too long for a cell is left out and named in the last column.

    Raises
    ------
    FormatError
        If no row was rejected.
    """
    if not report.rejected:
        raise FormatError("no row was rejected", zh="没有被拒绝的行")
    reasons: dict[int, list[str]] = {}
    for rejection in report.rejected:
        column = f"{rejection.column}: " if rejection.column else ""
        both = dict.fromkeys((rejection.reason_zh, rejection.reason))
        reasons.setdefault(rejection.row, []).append(column + " / ".join(both))
    cells = report.rejected_cells
    headers = [fit_cell(str(column)) or "" for column in cells.columns]
    rows = (
        _corrected_row(headers, row, number, reasons[number])
        for number, row in zip(cells.index.tolist(), cells.itertuples(index=False, name=None), strict=True)
    )
    write_sheet(Path(path), "rejected", [*headers, ROW_HEADER, REASON_HEADER], rows)


def _corrected_row(
    headers: Sequence[str], cells: Sequence[object], number: int, reasons: Sequence[str]
) -> list[object]:
    row = [_sheet_cell(cell) for cell in cells]
    left_out = [
        f"{header}: 文本过长，未写入单元格，请在原文件中更正 / too long for a cell and left out; correct it in the file"
        for header, cell, written in zip(headers, cells, row, strict=True)
        if written is None and not is_blank(cell)
    ]
    return [*row, number, fit_cell("\n".join([*left_out, *reasons])) or "\n".join(left_out)]


def _sheet_cell(cell: object) -> object:
    if is_blank(cell):
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    return fit_cell(as_text(cell))
