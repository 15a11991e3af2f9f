"""Checks of plots, of parks and of all that is stored, as the routes and the command line both call them.

Each takes the open store and ``progress(fraction, message)``, and returns what the doors answer.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd

from api.errors import RejectedError
from geo.progress import Progress
from geo.rules.rule import RulePack
from layers.errors import FormatError
from layers.exchange.importing import ReadingOptions, read_features
from layers.letters import write_letter
from layers.runs import code_version, make_run_id
from layers.siting.checks import (
    SETBACK_LAYERS,
    check_setback,
    check_subjects,
    choose_subject_layers,
    load_setback_rules,
    store_findings,
    subjects_of,
)
from layers.siting.layouts import check_park_layout
from layers.siting.search import look_at_moves
from layers.store import Run, Store
from layers.terrain import stored_rasters

__all__ = [
    "CheckedFile",
    "check_file",
    "check_layout",
    "run_setback",
    "write_check_bundle",
    "write_check_letter",
]

_PROPOSALS = "proposals"
"""Layer as whose features plots are read."""


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


def check_file(
    store: Store,
    path: Path,
    reading: ReadingOptions,
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
    frame, report = read_features(path, _PROPOSALS, **reading)
    if max_rows is not None and report.rows_read > max_rows:
        raise FormatError(
            f"{path.name} has {report.rows_read} rows; at most {max_rows} are checked at a time",
            zh=f"{path.name} 共 {report.rows_read} 行；一次最多检查 {max_rows} 行",
        )
    rejected = [vars(rejection) for rejection in report.rejected]
    if not report.accepted:
        raise RejectedError.of_rows(rejected)
    subjects = subjects_of(_PROPOSALS, frame)
    result = check_subjects(store, subjects, on=on, pack=pack, progress=progress)
    result = look_at_moves(store, subjects, result, on=on, pack=pack)
    said = {"rejected": rejected, "notes": report.notes, "notes_zh": report.notes_zh}
    return CheckedFile({**result, **said}, subjects, pack)


def write_check_letter(
    store: Store,
    checked: CheckedFile,
    path: Path,
    *,
    language: Literal["zh", "en"] = "zh",
    template: Path | None = None,
) -> None:
    """Write the opinion letter on the plots of a file that could be read; see :func:`layers.letters.write_letter`.

    Raises
    ------
    FormatError
        If the name says no known kind of letter, or the template cannot be filled.
    """
    write_letter(
        store, checked.result, checked.subjects, checked.pack, path, language=language, template=template
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


def run_setback(
    store: Store,
    *,
    on: date,
    layers: Sequence[str] = SETBACK_LAYERS,
    with_advisory: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Check all stored facilities, store the findings and the run, and return the result.

    Raises
    ------
    UnknownLayerError, OutOfRangeError
        As :func:`layers.siting.checks.choose_subject_layers`.
    """
    names = choose_subject_layers(layers)
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
