"""The long actions, as the routes and the command line both call them.

Each takes the open store and ``progress(fraction, message)``, and returns what the doors answer.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd

from api.errors import RejectedError
from api.queries import Bounds
from geo.crs import DatumGrid, HelmertParameters
from geo.errors import OutOfRangeError
from geo.rules.rule import RulePack
from layers.catalog import get_layer, refuse_computed
from layers.errors import FormatError
from layers.exchange.exporting import export_layer, write_corrected_sheet
from layers.exchange.importing import ImportReport, import_file, read_features
from layers.letters import write_letter
from layers.model import FieldType
from layers.runs import code_version, make_run_id
from layers.siting.checks import (
    SETBACK_LAYERS,
    check_setback,
    check_subjects,
    load_setback_rules,
    store_findings,
    subjects_of,
)
from layers.siting.layouts import check_park_layout
from layers.siting.search import largest_here, look_at_moves, where
from layers.store import Run, Store
from layers.terrain import stored_rasters

__all__ = [
    "CORRECTED_SHEET",
    "CheckedFile",
    "ExportOptions",
    "ImportOptions",
    "LetterOptions",
    "check_file",
    "check_layout",
    "classify_pipelines",
    "export_download",
    "export_file",
    "find_largest_for",
    "find_sites_for",
    "import_into",
    "import_upload",
    "run_setback",
    "write_check_bundle",
    "write_check_letter",
]

Progress = Callable[[float, str], None]

CORRECTED_SHEET = "rejected_rows.xlsx"
"""Name of the sheet of rejected rows, to be corrected and imported again."""


@dataclass(frozen=True)
class ImportOptions:
    """How a file is imported; see :func:`layers.exchange.importing.import_file`."""

    layer: str
    source_layer: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    accuracy_m: float | None = None
    crs: str | None = None
    encoding: str | None = None
    helmert: HelmertParameters | None = None
    grid: DatumGrid | None = None
    control_points: Path | None = None
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


@dataclass(frozen=True)
class CheckedFile:
    """What was answered on the plots of a file.

    Attributes
    ----------
    result : dict
        As published (`api.results.checks.CheckResult`).
    subjects : GeoDataFrame, EPSG:4490
        The plots, row by row as in the result.
    pack : RulePack
        The rules that were applied.
    """

    result: dict[str, Any]
    subjects: gpd.GeoDataFrame
    pack: RulePack


@dataclass(frozen=True)
class LetterOptions:
    """How an opinion letter is written; see :func:`layers.letters.write_letter`."""

    language: Literal["en", "zh"] = "zh"
    template: Path | None = None


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
        **_reading(options),
        dry_run=options.dry_run,
        strict=options.strict,
        progress=progress,
    )


def _reading(options: ImportOptions) -> dict[str, Any]:
    """Return how the file is read, as arguments of `import_file` and `read_features`."""
    return {
        "source_layer": options.source_layer,
        "mapping": dict(options.mapping),
        "constants": dict(options.constants),
        "accuracy_m": options.accuracy_m,
        "crs": options.crs,
        "encoding": options.encoding,
        "helmert": options.helmert,
        "grid": options.grid,
        "control_points": options.control_points,
    }


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


def check_file(
    store: Store,
    path: Path,
    options: ImportOptions,
    *,
    on: date,
    pack: RulePack,
    max_rows: int | None = None,
    progress: Progress | None = None,
) -> CheckedFile:
    """Check the plots of a file against the stored layers; nothing is stored.

    Raises
    ------
    RejectedError
        If no row of the file can be read.
    FormatError
        If it has more rows than `max_rows`.
    """
    frame, report = read_features(path, options.layer, **_reading(options))
    if max_rows is not None and report.rows_read > max_rows:
        raise FormatError(
            f"{path.name} has {report.rows_read} rows; at most {max_rows} are checked at a time",
            zh=f"{path.name} 共 {report.rows_read} 行；一次最多检查 {max_rows} 行",
        )
    rejected = [vars(rejection) for rejection in report.rejected]
    if not report.accepted:
        raise RejectedError.of_rows(rejected)
    subjects = subjects_of(options.layer, frame)
    result = check_subjects(store, subjects, on=on, pack=pack, progress=progress)
    result = look_at_moves(store, subjects, result, on=on, pack=pack)
    said = {"rejected": rejected, "notes": report.notes, "notes_zh": report.notes_zh}
    return CheckedFile({**result, **said}, subjects, pack)


def write_check_letter(
    store: Store, checked: CheckedFile, path: Path, options: LetterOptions | None = None
) -> None:
    """Write the opinion letter on the plots of a file that could be read.

    Raises
    ------
    FormatError
        If the name says no known kind of letter, or the template cannot be filled.
    """
    options = options or LetterOptions()
    write_letter(
        store,
        checked.result,
        checked.subjects,
        checked.pack,
        path,
        language=options.language,
        template=options.template,
    )


def write_check_bundle(
    store: Store,
    checked: CheckedFile,
    path: Path,
    *,
    overlays: Sequence[Path] = (),
    signing_key: Path | None = None,
) -> dict[str, Any]:
    """Write the evidence bundle of the plots of a file that could be read, and return its manifest.

    Parameters
    ----------
    overlays : sequence of Path
        The user's packs that were applied.
    signing_key : Path, optional
        Ed25519 private key; without one the bundle is not signed.
    """
    # Late, as the other parts that few commands need.
    from layers.bundles import write_bundle

    return write_bundle(
        store, checked.result, checked.subjects, path, overlays=overlays, signing_key=signing_key
    )


def check_layout(
    store: Store, park: str, *, on: date, with_advisory: bool = False, progress: Progress | None = None
) -> dict[str, Any]:
    """Check the layout of a stored park and return the result; nothing is stored.

    Raises
    ------
    NotFoundError
        If there is no such park.
    """
    rasters = stored_rasters(store, ("elevation",))
    return check_park_layout(
        store, park, on=on, rasters=rasters, with_advisory=with_advisory, progress=progress
    )


def find_sites_for(
    store: Store,
    path: Path,
    options: ImportOptions,
    *,
    area: str | Bounds,
    on: date,
    pack: RulePack,
    resolution: int = 9,
    radius_m: float | None = None,
    set_aside: Sequence[str] = (),
    set_aside_lacking: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return where in an area the one project of a file may go; see :func:`layers.siting.search.where`.

    Raises
    ------
    RejectedError, FormatError
        If the project cannot be read, or there are several.
    """
    subject, report = _read_one_project(path, options)
    found = where(
        store,
        subject,
        area,
        on=on,
        resolution=resolution,
        pack=pack,
        radius_m=radius_m,
        set_aside=set_aside,
        set_aside_lacking=set_aside_lacking,
        progress=progress,
    )
    return {**found, "read": {"notes": report.notes, "notes_zh": report.notes_zh}}


def find_largest_for(
    store: Store,
    path: Path,
    options: ImportOptions,
    *,
    attribute: str,
    between: tuple[float, float],
    tolerance: float,
    on: date,
    pack: RulePack,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the greatest value of an attribute with which the one project of a file passes where it is.

    Raises
    ------
    RejectedError, FormatError, OutOfRangeError
        If the project cannot be read, there are several, or the attribute is no number of a project.
    """
    number_fields = [f.name for f in get_layer(options.layer).fields if f.type is FieldType.NUMBER]
    if attribute not in number_fields:
        raise OutOfRangeError(
            f"{attribute!r} is no number of a project; numbers are: {', '.join(number_fields)}",
            zh=f"“{attribute}”不是选址项目的数值字段；可用字段：{', '.join(number_fields)}",
        )
    subject, _ = _read_one_project(path, options)
    if progress is not None:
        progress(0.0, attribute)
    return largest_here(store, subject, attribute, on=on, between=between, tolerance=tolerance, pack=pack)


def _read_one_project(path: Path, options: ImportOptions) -> tuple[gpd.GeoDataFrame, ImportReport]:
    frame, report = read_features(path, options.layer, **_reading(options))
    if report.rejected:
        raise RejectedError.of_rows([vars(rejection) for rejection in report.rejected])
    if len(frame) != 1:
        raise FormatError(
            f"{path.name} has {len(frame)} plots; one project is put about at a time",
            zh=f"{path.name} 共 {len(frame)} 个地块；一次只能为一个项目选址",
        )
    return subjects_of(options.layer, frame), report


def classify_pipelines(
    store: Store, path: Path, options: ImportOptions, progress: Progress | None = None
) -> dict[str, Any]:
    """Return area classes and high-consequence areas of the pipelines of a file; nothing is stored.

    Raises
    ------
    RejectedError
        If a pipeline cannot be read.
    """
    # Late, as the other parts that few commands need.
    from layers.siting.pipelines import classify_features

    frame, report = read_features(path, options.layer, **_reading(options))
    if report.rejected:
        raise RejectedError.of_rows([vars(rejection) for rejection in report.rejected])
    return {"pipelines": classify_features(store, frame, progress)}


def run_setback(
    store: Store,
    *,
    on: date,
    layers: Sequence[str] = SETBACK_LAYERS,
    with_advisory: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Check all stored facilities, store the findings and the run, and return the result."""
    names = [get_layer(layer).slug for layer in layers]
    inputs = {layer: store.layer_digest(layer) for layer in sorted({*names, *_target_layers()})}
    result = check_setback(store, on=on, layers=names, with_advisory=with_advisory, progress=progress)
    store_findings(store, result, names)
    parameters = {
        "layers": names,
        "rules_version": result["rules_version"],
        "advisory_counted": result["advisory_counted"],
    }
    counts = Counter(proposal["verdict"] for proposal in result["proposals"])
    store.record_run(
        Run(
            id=make_run_id("setback", on.isoformat(), parameters, inputs),
            kind="setback",
            checked_on=on,
            parameters=parameters,
            inputs=inputs,
            code_version=code_version(),
            result={"subjects": len(result["proposals"]), "verdicts": dict(sorted(counts.items()))},
        )
    )
    return result


def _target_layers() -> set[str]:
    return {rule.target_layer for rule in load_setback_rules().rules if rule.target_layer is not None}
