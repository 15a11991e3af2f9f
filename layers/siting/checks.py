"""Rules applied to stored and uploaded facilities; the results as published and as stored.

The result is the same for every door (command line, HTTP, files)::

    {"checked_on", "rules_version", "data_version", "advisory_counted",
     "proposals": [{"id", "name", "layer", "kind", "state", "verdict", "conclusion", "findings": […],
                    "changes": […]}],
     "awaiting_confirmation": [{"rule", "title", "standing"}]}

``changes`` lists what would change the verdict, the smallest step first; ``awaiting_confirmation`` lists the rules in
force that were applied although what they rest on is not verified; ``advisory_counted`` says whether those of recalled
or disputed standing count in the verdicts.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from geo.errors import OutOfRangeError
from geo.missing import or_none
from geo.progress import Progress
from geo.rules.evaluate import evaluate
from geo.rules.finding import Finding, Verdict, conclude, worst_verdict
from geo.rules.predicates import needed_layers, needed_rasters
from geo.rules.rule import RulePack
from geo.rules.schema import BUILT_IN_PACKS, load_packs
from geo.rules.survey import Bounds
from geo.rules.targets import Targets
from geo.siting.changes import what_would_change
from geo.standing import Standing
from geo.terrain import drain
from layers.catalog import get_layer
from layers.siting.surroundings import StoredSurroundings, extent_of, share_layers, summarise_needed
from layers.siting.vocabulary import LABELS, make_vocabulary, subject_attributes
from layers.store import LayerSummary, Store
from layers.terrain import stored_rasters
from layers.words import MINE_KINDS, UNIT_KINDS

__all__ = [
    "RULE_CHECKS",
    "SETBACK_LAYERS",
    "SUBJECT_LAYERS",
    "answer_subjects",
    "check_setback",
    "check_subjects",
    "choose_subject_layers",
    "extents_of",
    "find_among",
    "finding_row",
    "list_unverified",
    "load_flow_paths",
    "load_rules",
    "load_setback_rules",
    "store_findings",
    "subjects_of",
]

SETBACK_LAYERS = ("tailings_ponds", "chemical_parks", "enterprises", "proposals")
"""Layers whose features the river setback checks."""

SUBJECT_LAYERS = (
    *SETBACK_LAYERS,
    "hazard_sites",
    "hazard_units",
    "mines",
    "pipelines",
    "pipeline_sites",
)
"""Layers whose features rules check."""

RULE_CHECKS = ("riskmap setback", "riskmap audit")
"""Sources of findings by the siting rules; the later of them replaces the findings of the earlier."""

_NAMESPACE = uuid.UUID("6f1f0f0e-3c0f-5f0e-9a54-7a1f5f6f3b11")
"""Namespace of the ids of findings."""

_PUBLISHED = ["id", "name", "layer", "kind", "state"]
"""Columns of a subject that a result repeats."""


def load_rules(paths: Iterable[Path] | None = None, overlays: Iterable[Path] = ()) -> RulePack:
    """Return rules, checked against the words and fields of the layers.

    Parameters
    ----------
    paths : iterable of Path, optional
        Packs; those that come with the product unless stated.
    overlays : iterable of Path, optional
        Packs of the user's, read after them.
    """
    return load_packs(make_vocabulary(SUBJECT_LAYERS), paths, overlays)


def load_setback_rules() -> RulePack:
    """Return the rules of the river setback."""
    return load_rules([BUILT_IN_PACKS / "rivers.toml"])


def load_flow_paths(store: Store) -> None:
    """Load what lays flow paths, where elevations are stored, so that no check waits: it compiles for seconds."""
    if stored_rasters(store, ("elevation",)):
        drain(np.zeros((3, 3)), np.ones(3), np.ones(3))


def subjects_of(layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the features of a layer as subjects of a check.

    Columns are ``layer``, ``SUBJECT_COLUMNS``, ``adcode`` and the layer's own fields; the kind is the layer's own where
    all its features are of one kind; it follows from the kind of mine in the layer of mines, and from the kind of unit
    where a hazard unit states none. Features without geometry are left out: there is nothing to measure.
    """
    kind = get_layer(layer).kind
    there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    columns: dict[str, Any] = {
        name: there[name].to_numpy() if name in there.columns else [None] * len(there)
        for name in subject_attributes(layer)
    }
    if kind is not None:
        columns["kind"] = [kind] * len(there)
    elif layer == "mines":
        columns["kind"] = there["mine_kind"].map(MINE_KINDS).to_numpy(dtype=object)
    elif layer == "hazard_units":
        columns["kind"] = _unit_kinds(there)
    return gpd.GeoDataFrame({"layer": layer, **columns}, geometry=there.geometry.to_numpy(), crs=frame.crs)


def _unit_kinds(units: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the kind that each hazard unit states, else the one that follows from the kind of unit."""
    stated = units["kind"].astype(object)
    follows = units["unit_kind"].map(UNIT_KINDS)
    return np.asarray(stated.where(stated.notna(), follows), dtype=object)


def choose_subject_layers(names: Iterable[str]) -> list[str]:
    """Return the slugs of layers whose features may be checked, each once, in the order given.

    Raises
    ------
    UnknownLayerError
        If there is no such layer.
    OutOfRangeError
        If rules measure to its features and have nothing to say about them, as with rivers.
    """
    slugs = list(dict.fromkeys(get_layer(name).slug for name in names))
    if strange := [slug for slug in slugs if slug not in SUBJECT_LAYERS]:
        known = ", ".join(SUBJECT_LAYERS)
        raise OutOfRangeError(
            f"nothing in layer {', '.join(strange)} is checked: rules measure to it; layers with facilities to check "
            f"are {known}",
            zh=f"图层 {'、'.join(strange)} 不是审查对象（规则只量取到它的距离）；可审查的图层为 {known}",
        )
    return slugs


def check_setback(
    store: Store,
    *,
    on: date,
    layers: Sequence[str] = SETBACK_LAYERS,
    with_advisory: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the findings of the river setback for all stored facilities of some layers.

    Parameters
    ----------
    store : Store
    on : date
        Day of the decision.
    layers : sequence of str
    with_advisory : bool
        Count rules of recalled or disputed standing, too.
    progress : callable, optional
        Called with the fraction done and what is being done.
    """
    pack = load_setback_rules()
    subjects = pd.concat([subjects_of(layer, store.read(layer)) for layer in layers], ignore_index=True)
    return check_subjects(
        store,
        gpd.GeoDataFrame(subjects),
        on=on,
        pack=pack.with_advisory() if with_advisory else pack,
        subject_layers=layers,
        progress=progress,
    )


def check_subjects(
    store: Store,
    subjects: gpd.GeoDataFrame,
    *,
    on: date,
    pack: RulePack | None = None,
    subject_layers: Iterable[str] = (),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the findings of subjects, wherever they come from, against the stored layers.

    Parameters
    ----------
    subjects : GeoDataFrame, EPSG:4490
        As from :func:`subjects_of`.
    pack : RulePack, optional
        The rules; those of the river setback unless stated.
    subject_layers : iterable of str
        Layers that the subjects come from; they count in the version of the data.
    """
    pack = pack or load_setback_rules()
    relevant = pack.for_subjects(subjects)
    with store.one_state():
        rasters = stored_rasters(store, needed_rasters(relevant))
        summaries = summarise_needed(store, pack)
        groups, held = share_layers(store, subjects, relevant, summaries)
        findings = find_among(
            store,
            subjects,
            groups,
            relevant,
            on=on,
            summaries=summaries,
            held=held,
            rasters=rasters,
            progress=progress,
        )
        version = store.data_version([*subject_layers, *_layers_behind(pack)])
    return _answer(subjects, findings, on=on, pack=pack, data_version=version)


def find_among(
    store: Store,
    subjects: gpd.GeoDataFrame,
    groups: Sequence[NDArray[np.int64]],
    pack: RulePack,
    *,
    on: date,
    summaries: Mapping[str, LayerSummary],
    held: Mapping[str, Targets],
    rasters: Mapping[str, Path],
    progress: Progress | None = None,
) -> list[list[Finding]]:
    """Return the findings of subjects, group by group, each with what is around it.

    Parameters
    ----------
    groups : sequence of ndarray of int
        Positions of subjects that lie together.
    pack : RulePack
        The rules for these subjects.
    summaries, held : mapping of slug
        Figures of all layers that count for whether a plot lies among the data; layers that are at hand whole.
    """
    findings: list[list[Finding]] = [[] for _ in range(len(subjects))]
    extents = {layer: extent_of(summary) for layer, summary in summaries.items()}
    done = 0
    for group in groups:
        some = subjects.iloc[group]
        own = pack.for_subjects(some)
        around = StoredSurroundings(store, some, own, summaries, held=held)
        part = None if progress is None else _part_of(progress, done, len(group), len(subjects))
        found = evaluate(own, some, around.layers, on, rasters, part, extents, around)
        for subject, of_subject in zip(group, found, strict=True):
            findings[subject] = of_subject
        done += len(group)
    return findings


def _part_of(progress: Progress, done: int, count: int, of_all: int) -> Progress:
    """Return the progress of some subjects within that of all."""

    def tell(fraction: float, message: str) -> None:
        progress((done + fraction * count) / of_all, message)

    return tell


def answer_subjects(
    subjects: gpd.GeoDataFrame,
    targets: Mapping[str, gpd.GeoDataFrame | Targets],
    rasters: Mapping[str, Path],
    *,
    on: date,
    pack: RulePack,
    data_version: str,
    extents: Mapping[str, Bounds],
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the findings of subjects against layers at hand, without any store; see :func:`check_subjects`.

    Parameters
    ----------
    targets : mapping of slug to GeoDataFrame, EPSG:4490, or to Targets
        Every layer that the rules for these subjects need.
    rasters : mapping of kind to path
    data_version : str
        Of the layers, as published.
    extents : mapping of slug to bounds
        Extent of each layer that any rule of the pack needs, of these subjects or not: so whether a plot lies among
        the data does not depend on what else is checked with it.
    """
    relevant = pack.for_subjects(subjects)
    findings = evaluate(relevant, subjects, targets, on, rasters, progress, extents)
    return _answer(subjects, findings, on=on, pack=pack, data_version=data_version)


def _answer(
    subjects: gpd.GeoDataFrame,
    findings: Sequence[Sequence[Finding]],
    *,
    on: date,
    pack: RulePack,
    data_version: str,
) -> dict[str, Any]:
    """Return findings of subjects as they are published."""
    return {
        "checked_on": on.isoformat(),
        "rules_version": pack.version,
        "data_version": data_version,
        "advisory_counted": pack.advisory_counted,
        "proposals": [
            {
                **{name: or_none(row[name]) for name in _PUBLISHED},
                "verdict": worst_verdict(of_subject).value,
                "conclusion": conclude(of_subject).value,
                "findings": [finding.to_dict() for finding in of_subject],
                "changes": [change.to_dict() for change in what_would_change(of_subject, LABELS)],
            }
            for row, of_subject in zip(
                pd.DataFrame(subjects)[_PUBLISHED].to_dict("records"), findings, strict=True
            )
        ],
        "awaiting_confirmation": list_unverified(pack, findings),
    }


def extents_of(layers: Mapping[str, gpd.GeoDataFrame | Targets]) -> dict[str, Bounds]:
    """Return the extent of the data of each layer, NaN where it is empty. [°]."""
    extents = {}
    for slug, known in layers.items():
        frame = known.frame if isinstance(known, Targets) else known
        west, south, east, north = frame.total_bounds.tolist()
        extents[slug] = (west, south, east, north)
    return extents


def _layers_behind(pack: RulePack) -> list[str]:
    """Return the layers that the answers of a pack depend on."""
    return [*needed_layers(pack), *(["rasters"] if needed_rasters(pack) else [])]


def list_unverified(pack: RulePack, findings: Iterable[Iterable[Finding]]) -> list[dict[str, Any]]:
    """Return the rules in force that findings rest on although they are not verified (JSON types)."""
    applied = {f.rule for each in findings for f in each if f.verdict is not Verdict.NOT_IN_FORCE}
    return [
        {"rule": rule.id, "title": asdict(rule.title), "standing": rule.standing.value}
        for rule in pack.rules
        if rule.id in applied and rule.standing is not Standing.VERIFIED
    ]


def store_findings(
    store: Store,
    result: Mapping[str, Any],
    layers: Sequence[str] = SETBACK_LAYERS,
    *,
    subjects: Sequence[str] | None = None,
    source: str = "riskmap setback",
) -> int:
    """Store the findings of a result in the layer ``findings`` and return their number.

    Unchanged findings stay as they are; those of the checked layers that are no more are superseded; those of other
    layers, and those of other sources, stay.

    Parameters
    ----------
    subjects : sequence of str, optional
        Ids of the subjects that were checked, where it is not all of their layers; findings of others stay.
    source : str
        What the findings come from: one of `RULE_CHECKS`, which replace each other's, or another engine, which
        replaces its own only and may find several targets by one rule.
    """
    several = source not in RULE_CHECKS
    rows = [
        finding_row(proposal, finding, source, several_targets=several)
        for proposal in result["proposals"]
        for finding in proposal["findings"]
    ]
    new = gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490", columns=[*_FINDING_COLUMNS, "geom"])
    replaced: dict[str, object] = {
        "subject_layer": list(layers),
        "source": [source] if several else list(RULE_CHECKS),
    }
    if subjects is not None:
        replaced["subject_id"] = list(subjects)
    store.write("findings", new, replacing=replaced)
    return len(new)


_FINDING_COLUMNS = (
    "id",
    "name",
    "source",
    "rule",
    "subject_layer",
    "subject_id",
    "verdict",
    "decided",
    "advisory",
    "limit_m",
    "distance_m",
    "margin_m",
    "doubt_m",
    "target_layer",
    "target_id",
    "finding",
)


def finding_row(
    proposal: Mapping[str, Any], finding: Mapping[str, Any], source: str, *, several_targets: bool
) -> dict[str, Any]:
    """Return a finding of a subject as the layer ``findings`` has it."""
    target = finding["target"] or {}
    named = [proposal["layer"], proposal["id"], finding["rule"]]
    if several_targets:
        named += [str(target.get("layer")), str(target.get("id"))]
    same = ("rule", "verdict", "decided", "advisory", "limit_m", "distance_m", "margin_m", "doubt_m")
    return {
        "id": str(uuid.uuid5(_NAMESPACE, "/".join(named))),
        "name": proposal["name"],
        "source": source,
        **{name: finding[name] for name in same},
        "subject_layer": proposal["layer"],
        "subject_id": proposal["id"],
        "target_layer": target.get("layer"),
        "target_id": target.get("id"),
        "finding": finding,
        "geom": None if finding["evidence"] is None else shapely.force_2d(shape(finding["evidence"])),
    }
