"""Files into the store and layers out of it, as the routes and the command line both call them.

Each takes the open store and ``progress(fraction, message)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from geo.progress import Progress
from layers.catalog import get_layer, refuse_computed
from layers.exchange.exporting import export_layer, write_corrected_sheet
from layers.exchange.importing import ImportReport, ReadingOptions, import_file
from layers.store import Store

__all__ = [
    "CORRECTED_SHEET",
    "ExportOptions",
    "ImportOptions",
    "export_download",
    "export_file",
    "import_into",
    "import_upload",
]

CORRECTED_SHEET = "rejected_rows.xlsx"
"""Name of the sheet of rejected rows, to be corrected and imported again."""


@dataclass(frozen=True)
class ImportOptions:
    """How a file is imported; see :func:`layers.exchange.importing.import_file`."""

    layer: str
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    dry_run: bool = False
    strict: bool = False


@dataclass(frozen=True)
class ExportOptions:
    """What is exported and how; see :func:`layers.exchange.exporting.export_layer`."""

    layer: str
    where: Mapping[str, object] = field(default_factory=dict)
    bounds: tuple[float, float, float, float] | None = None
    at: datetime | None = None
    crs: str = "EPSG:4490"
    header_language: Literal["en", "zh"] = "en"


def import_into(
    store: Store, path: Path, options: ImportOptions, progress: Progress | None = None
) -> ImportReport:
    """Import a file and return the report.

    Raises
    ------
    FeatureError
        If the layer holds results, or rows do not fit it.
    """
    refuse_computed(get_layer(options.layer))
    return import_file(
        store,
        path,
        options.layer,
        strict=options.strict,
        dry_run=options.dry_run,
        progress=progress,
        **options.reading,
    )


def import_upload(
    store: Store, path: Path, options: ImportOptions, results: Path, progress: Progress | None = None
) -> dict[str, Any]:
    """Import an uploaded file, leave the sheet of rejected rows in `results`, and return the report."""
    report = import_into(store, path, options, progress)
    if report.rejected:
        results.mkdir(exist_ok=True)
        write_corrected_sheet(report, results / CORRECTED_SHEET)
    return report.to_dict()


def export_file(
    store: Store, path: Path, options: ExportOptions, progress: Progress | None = None
) -> dict[str, Any]:
    """Export a layer to a file and return the report."""
    return export_layer(
        store,
        options.layer,
        path,
        where=dict(options.where),
        bounds=options.bounds,
        at=options.at,
        crs=options.crs,
        header_language=options.header_language,
        progress=progress,
    ).to_dict()


def export_download(
    store: Store, results: Path, name: str, options: ExportOptions, progress: Progress | None = None
) -> dict[str, Any]:
    """Export a layer into a folder of results and return the report."""
    results.mkdir(exist_ok=True)
    return export_file(store, results / name, options, progress)
