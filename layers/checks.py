"""Rules applied to stored and uploaded facilities; the results as published and as stored.

The result is the same for every door (command line, HTTP, files)::

    {"checked_on", "rules_version", "data_version",
     "proposals": [{"id", "name", "layer", "kind", "state", "verdict", "conclusion", "findings": […],
                    "changes": […]}],
     "awaiting_confirmation": [{"rule", "title", "standing"}]}

``changes`` lists what would change the verdict, the smallest step first; ``awaiting_confirmation`` lists the rules in
force that were applied although what they rest on is not verified.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from geo.rules import wording
from geo.rules.evaluate import SUBJECT_COLUMNS, evaluate
from geo.rules.finding import Finding, Verdict, conclude, worst_verdict
from geo.rules.predicates import needed_layers, needed_rasters
from geo.rules.rule import Rule, RulePack
from geo.rules.schema import BUILT_IN_PACKS, Vocabulary, load_packs
from geo.siting.changes import what_would_change
from geo.standing import Standing
from geo.text import Text
from layers.catalog import LAYERS, get_layer
from layers.store import Store
from layers.terrain import stored_rasters
from layers.words import KINDS, MINE_KINDS, STATES

__all__ = [
    "SETBACK_LAYERS",
    "SUBJECT_LAYERS",
    "answer_subjects",
    "check_setback",
    "check_subjects",
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

_NAMESPACE = uuid.UUID("6f1f0f0e-3c0f-5f0e-9a54-7a1f5f6f3b11")
"""Namespace of the ids of findings."""

Progress = Callable[[float, str], None]


def load_rules(paths: Iterable[Path] | None = None, overlays: Iterable[Path] = ()) -> RulePack:
    """Return rules, checked against the words and fields of the layers.

    Parameters
    ----------
    paths : iterable of Path, optional
        Packs; those that come with the product unless stated.
    overlays : iterable of Path, optional
        Packs of the user's, read after them.
    """
    fields = {slug: frozenset(field.name for field in layer.all_fields) for slug, layer in LAYERS.items()}
    vocabulary = Vocabulary(
        kinds=frozenset(KINDS),
        states=frozenset(STATES),
        attributes=frozenset().union(*(fields[layer] for layer in SUBJECT_LAYERS)),
        fields=fields,
    )
    return load_packs(vocabulary, paths, overlays)


def load_setback_rules() -> RulePack:
    """Return the rules of the river setback."""
    return load_rules([BUILT_IN_PACKS / "rivers.toml"])


def subjects_of(layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the features of a layer as subjects of a check.

    Columns are ``layer``, ``SUBJECT_COLUMNS`` and the layer's own fields; the kind is the layer's own where all its
    features are of one kind, and follows from the kind of mine in the layer of mines. Features without geometry are
    left out: there is nothing to measure.
    """
    kind = get_layer(layer).kind
    there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    names = dict.fromkeys([*SUBJECT_COLUMNS, *(field.name for field in get_layer(layer).fields)])
    columns: dict[str, Any] = {
        name: there[name].to_numpy() if name in there.columns else [None] * len(there) for name in names
    }
    if kind is not None:
        columns["kind"] = [kind] * len(there)
    elif layer == "mines":
        columns["kind"] = there["mine_kind"].map(MINE_KINDS).to_numpy(dtype=object)
    return gpd.GeoDataFrame({"layer": layer, **columns}, geometry=there.geometry.to_numpy(), crs=frame.crs)


def check_setback(
    store: Store, *, on: date, layers: Sequence[str] = SETBACK_LAYERS, progress: Progress | None = None
) -> dict[str, Any]:
    """Return the findings of the river setback for all stored facilities of some layers.

    Parameters
    ----------
    store : Store
    on : date
        Day of the decision.
    layers : sequence of str
    progress : callable, optional
        Called with the fraction done and what is being done.
    """
    subjects = pd.concat([subjects_of(layer, store.read(layer)) for layer in layers], ignore_index=True)
    return check_subjects(
        store,
        gpd.GeoDataFrame(subjects),
        on=on,
        pack=load_setback_rules(),
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
    relevant = _relevant(pack, subjects)
    targets = {layer: store.read(layer) for layer in needed_layers(relevant)}
    rasters = stored_rasters(store, needed_rasters(relevant))
    return answer_subjects(
        subjects,
        targets,
        rasters,
        on=on,
        pack=pack,
        data_version=store.data_version([*subject_layers, *_layers_behind(pack)]),
        progress=progress,
    )


def answer_subjects(
    subjects: gpd.GeoDataFrame,
    targets: Mapping[str, gpd.GeoDataFrame],
    rasters: Mapping[str, Path],
    *,
    on: date,
    pack: RulePack,
    data_version: str,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the findings of subjects against layers at hand, without any store; see :func:`check_subjects`.

    Parameters
    ----------
    targets : mapping of slug to GeoDataFrame, EPSG:4490
        Every layer that the rules for these subjects need.
    rasters : mapping of kind to path
    data_version : str
        Of the layers, as published.
    """
    relevant = _relevant(pack, subjects)
    measured = evaluate(relevant, subjects, targets, on, rasters=rasters, progress=progress)
    findings = _doubt_absence(relevant, subjects, targets, measured)
    return {
        "checked_on": on.isoformat(),
        "rules_version": pack.version,
        "data_version": data_version,
        "proposals": [
            {
                **{name: _published(row[name]) for name in ("id", "name", "layer", "kind", "state")},
                "verdict": worst_verdict(of_subject).value,
                "conclusion": conclude(of_subject).value,
                "findings": [finding.to_dict() for finding in of_subject],
                "changes": [change.to_dict() for change in what_would_change(of_subject)],
            }
            for row, of_subject in zip(subjects.to_dict("records"), findings, strict=True)
        ],
        "awaiting_confirmation": _list_unverified(pack, findings),
    }


def _relevant(pack: RulePack, subjects: gpd.GeoDataFrame) -> RulePack:
    """Return the rules that may cover the subjects; all of them where the kind of one is unknown."""
    kinds = subjects["kind"]
    return pack if kinds.isna().any() else pack.for_kinds(kinds.unique())


def _layers_behind(pack: RulePack) -> list[str]:
    """Return the layers that the answers of a pack depend on."""
    return [*needed_layers(pack), *(["rasters"] if needed_rasters(pack) else [])]


def _doubt_absence(
    pack: RulePack,
    subjects: gpd.GeoDataFrame,
    targets: Mapping[str, gpd.GeoDataFrame],
    findings: list[list[Finding]],
) -> list[list[Finding]]:
    """Return the findings, of which those of subjects outside all loaded data no longer rest on finding nothing."""
    extents = np.array([frame.total_bounds for frame in targets.values()]).reshape(-1, 4)
    bounds = shapely.bounds(subjects.geometry.to_numpy())[:, np.newaxis]
    # Extents of empty layers are NaN, which meets nothing; a stored subject always lies in that of its own layer.
    overlaps = (extents[:, :2] <= bounds[..., 2:]) & (bounds[..., :2] <= extents[:, 2:])
    others = subjects["layer"].to_numpy()[:, np.newaxis] != np.array(list(targets), dtype=object)
    covered: NDArray[np.bool_] = np.any(np.all(overlaps, axis=2) & others, axis=1)
    rules = {rule.id: rule for rule in pack.rules}
    return [
        of_subject if is_covered else [_doubt(finding, rules[finding.rule]) for finding in of_subject]
        for of_subject, is_covered in zip(findings, covered, strict=True)
    ]


def _doubt(finding: Finding, rule: Rule) -> Finding:
    """Return the finding on a subject outside all loaded data: what rests on absence is not known there."""
    layers = needed_layers(RulePack((rule,), ""))
    banned = finding.verdict if _must_be_there(rule) else finding.if_crossed
    is_measured = finding.verdict not in {Verdict.NOT_IN_FORCE, Verdict.INSUFFICIENT_DATA}
    is_absence = (finding.verdict is Verdict.NO_BAN) is not _must_be_there(rule)
    if not (layers and is_measured and is_absence) or banned in {None, Verdict.NO_BAN}:
        return finding
    return replace(
        finding,
        verdict=Verdict.INSUFFICIENT_DATA,
        decided=False,
        if_crossed=banned,
        needs=(*finding.needs, *(f"layer {layer}" for layer in layers)),
        explanation=wording.join(_outside_all_data(layers), finding.explanation),
    )


def _must_be_there(rule: Rule) -> bool:
    """Tell whether the ban holds where nothing is found, such as "must go into a park"."""
    return rule.predicate == "outside_distance" or rule.parameters.get("holds_when") == "not_inside"


def _outside_all_data(layers: Sequence[str]) -> Text:
    zh, en = "、".join(LAYERS[layer].zh for layer in layers), ", ".join(LAYERS[layer].en for layer in layers)
    return Text(
        f"位于已载入数据的范围之外：没有数据不等于没有{zh}，请载入当地的数据。",
        f"Outside the extent of all loaded data: absence of data is not absence of {en}; load the data of the area.",
    )


def _list_unverified(pack: RulePack, findings: Iterable[Iterable[Finding]]) -> list[dict[str, Any]]:
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
    layers stay.

    Parameters
    ----------
    subjects : sequence of str, optional
        Ids of the subjects that were checked, where it is not all of their layers; findings of others stay.
    source : str
        What the findings come from.
    """
    rows = [
        _finding_row(proposal, finding, source)
        for proposal in result["proposals"]
        for finding in proposal["findings"]
    ]
    new = gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490", columns=[*_FINDING_COLUMNS, "geom"])
    replaced: dict[str, object] = {"subject_layer": list(layers)}
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


def _finding_row(proposal: Mapping[str, Any], finding: Mapping[str, Any], source: str) -> dict[str, Any]:
    target = finding["target"] or {}
    same = ("rule", "verdict", "decided", "advisory", "limit_m", "distance_m", "margin_m", "doubt_m")
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{proposal['layer']}/{proposal['id']}/{finding['rule']}")),
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


def _published(value: object) -> object:
    return None if pd.isna(value) else value  # type: ignore[call-overload]  # scalars only
