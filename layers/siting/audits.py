"""All rules over all stored facilities, and what flips between two such runs.

A run goes through the register batch by batch, by id. The findings of a batch and what is kept of it for comparison are
written before the next one is begun: an audit that was cut goes on where it stopped, and ends with the same result.
Each batch is read from one state of the data, and begins after the last id of the one before: whatever is added or
removed while a run goes on, a facility that was there all along is judged once. A run during which data changed names
the layers that did.

Stored are the findings that stand against a facility or are open; whatever is not stored is no ban. What rules say of
a facility in service inside a zone (``legacy_rectify``) is counted apart: it is to be put right, and no violation.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo.missing import is_missing, or_none
from geo.progress import Progress, say_nothing
from geo.rules.evaluate import evaluate
from geo.rules.expression import Condition
from geo.rules.finding import Finding, Verdict, conclude, worst_verdict
from geo.rules.predicates import needed_layers, needed_rasters
from geo.rules.rule import Rule, RulePack
from geo.rules.targets import Targets
from layers.errors import NotFoundError
from layers.runs import code_version, make_run_id
from layers.siting.checks import (
    RULE_CHECKS,
    SUBJECT_LAYERS,
    choose_subject_layers,
    extents_of,
    find_among,
    load_rules,
    store_findings,
    subjects_of,
)
from layers.siting.surroundings import columns_read, gather_cells, hold_layers, summarise_needed
from layers.store import Run, Store
from layers.terrain import stored_rasters

__all__ = ["AUDITED_LAYERS", "Basis", "Flip", "audit", "compare", "compare_runs", "read_audit"]
Entry = dict[str, Any]
"""What is kept of one facility: layer, id, name, verdict, conclusion, and ``rules``: for each rule that stands against
it or is open the verdict, whether it is decided, the margin in metres and the target."""

AUDITED_LAYERS = tuple(layer for layer in SUBJECT_LAYERS if layer != "proposals")
"""Layers that make up the register."""

_SHAPE = 2
"""Changes with what a run and its batches say, and their ids with it: runs of an earlier shape stay as they are, and
are not taken up."""

_SOURCE = "riskmap audit"
_BATCH = 5_000
_WRITTEN_TOGETHER = 2_000
"""Facilities whose findings are written in one transaction. Ids of findings are scattered over the indexes of their
layer, of which each transaction writes most pages once: with small ones the time for a facility would grow with the
findings that are stored. It bounds the memory: about 10 kB for each finding."""

_PASSED = {Verdict.NO_BAN, Verdict.NOT_IN_FORCE}
_ENVELOPE = {"version", "valid_from", "valid_to"}


@dataclass(frozen=True)
class Basis:
    """On what an audit rests.

    Attributes
    ----------
    on : date
        Day of the decision.
    pack : RulePack
    at : datetime or None
        State of the data; the current one where None.
    """

    on: date
    pack: RulePack
    at: datetime | None = None


@dataclass(frozen=True)
class Flip:
    """A verdict of one rule on one facility that differs between two audits.

    Attributes
    ----------
    layer, id, rule : str
    name : str or None
    before, after : str
        Verdict words; ``no_ban`` where the rule stands against nothing.
    decided_before, decided_after : bool
    margin_before_m, margin_after_m : float or None
    reasons : tuple of str
        ``rule changed``, ``rule added``, ``rule removed``, ``date``, ``LAYER/ID.FIELD`` for each attribute or geometry
        (``geom``) of the facility or its target that changed, ``LAYER/ID added`` or ``removed``, and ``layer LAYER``
        where a layer that the rule reads changed otherwise.
    """

    layer: str
    id: str
    name: str | None
    rule: str
    before: str
    after: str
    decided_before: bool
    decided_after: bool
    margin_before_m: float | None
    margin_after_m: float | None
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as published."""
        return {**vars(self), "reasons": list(self.reasons)}


def audit(
    store: Store,
    layers: Sequence[str] = AUDITED_LAYERS,
    *,
    on: date,
    pack: RulePack | None = None,
    batch_size: int = _BATCH,
    resume: bool = True,
    progress: Progress | None = None,
) -> Run:
    """Apply all rules to all stored facilities of some layers, store the findings, and return the run.

    Parameters
    ----------
    store : Store
    layers : sequence of str
    on : date
        Day of the decision.
    pack : RulePack, optional
        The rules; those that come with the product unless stated.
    batch_size : int
        Facilities that are held in memory together.
    resume : bool
        Take batches that an audit on the same day, rules and data kept, as far as the findings that are stored are
        still theirs; else every batch is computed again.
    progress : callable, optional
        Called with the fraction done and what is being done; an error raised in it ends the audit after the batches
        that were written.

    Returns
    -------
    Run
        Kind ``audit``; ``result`` has ``subjects``, ``verdicts``, ``conclusions``, ``legacy`` (facilities to be put
        right), ``findings`` (stored), ``changed`` (layers whose data changed while it ran: some facilities were
        judged by the data before, others by those after) and ``batches`` (ids of the runs that keep the entries).
    """
    slugs, basis = choose_subject_layers(layers), Basis(on, pack or load_rules())
    with store.one_state():
        run = _describe_run(store, slugs, basis, batch_size)
        total = max(sum(store.count(slug) for slug in slugs), 1)
        reader = _Reader(store, basis)
    say, tally = progress or say_nothing, _Tally()
    done = 0
    for slug in slugs:
        say(min(done / total, 1.0), slug)
        for batch in _audit_layer(store, reader, run, slug, resume=resume):
            tally.add(batch)
            done += batch.result["read"]
            say(min(done / total, 1.0), f"{slug} {done}/{total}")
        _close_gone(store, slug)
    finished = replace(run, result=tally.to_dict() | {"changed": _find_changed(store, run.inputs)})
    store.record_run(finished)
    return store.run(finished.id)


def read_audit(store: Store, run: Run) -> Iterator[Entry]:
    """Yield the entries of an audit, in the order of the register."""
    for id in run.result["batches"]:
        yield from store.run(id).result["entries"]


def compare_runs(store: Store, before: Run, after: Run) -> list[Flip]:
    """Return the verdicts that flip between two audits, facility by facility, with the reasons."""
    return _flips(
        store, _Side.of_run(before), _Side.of_run(after), read_audit(store, before), read_audit(store, after)
    )


def compare(
    store: Store,
    before: Basis,
    after: Basis,
    layers: Sequence[str] = AUDITED_LAYERS,
    *,
    batch_size: int = _BATCH,
    progress: Progress | None = None,
) -> list[Flip]:
    """Return the verdicts that flip between two days, rule packs or states of the data; nothing is stored."""
    slugs, say = choose_subject_layers(layers), progress or say_nothing

    def run_through(basis: Basis, start: float) -> Iterator[Entry]:
        reader = _Reader(store, basis)
        total, done = sum(store.count(slug, at=basis.at) for slug in slugs), 0
        for slug in slugs:
            for frame in _pages(store, slug, basis.at, batch_size):
                say(start + 0.5 * done / max(total, 1), slug)
                yield from (_entry(proposal) for proposal in reader.answer(slug, frame))
                done += len(frame)

    old, new = _Side.of_basis(before), _Side.of_basis(after)
    with store.one_state():
        return _flips(store, old, new, run_through(before, 0.0), run_through(after, 0.5))


# One batch


class _Reader:
    """Rules and the layers that they read, loaded once for all batches as far as they may be held.

    Of layers that are too large for that, each batch reads what is around its facilities. Past states of the data are
    read whole, however large.
    """

    def __init__(self, store: Store, basis: Basis) -> None:
        self._store, self._basis = store, basis
        pack, names = basis.pack, needed_layers(basis.pack)
        self._summaries = summarise_needed(store, pack)
        if basis.at is None:
            self._held = hold_layers(store, pack, self._summaries)
        else:
            columns = columns_read(pack)
            self._held = {
                name: Targets(store.read(name, at=basis.at, columns=columns[name])) for name in names
            }
        self._is_whole = len(self._held) == len(names)
        self._extents = extents_of(self._held)
        self._rasters: dict[str, Path] = stored_rasters(store, needed_rasters(pack))

    def answer(self, layer: str, frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
        """Return each facility with its verdict and the findings that stand against it or are open (JSON types)."""
        subjects = subjects_of(layer, frame).reset_index(drop=True)
        columns = [subjects[name].tolist() for name in ("layer", "id", "name")]
        return [
            {
                "layer": layer,
                "id": id,
                "name": or_none(name),
                "verdict": worst_verdict(findings).value,
                "conclusion": conclude(findings).value,
                "findings": [finding.to_dict() for finding in findings if _stands(finding)],
            }
            for layer, id, name, findings in zip(*columns, self._find(subjects), strict=True)
        ]

    def _find(self, subjects: gpd.GeoDataFrame) -> list[list[Finding]]:
        on, pack = self._basis.on, self._basis.pack.for_subjects(subjects)
        if self._is_whole:
            return evaluate(pack, subjects, self._held, on, self._rasters, extents=self._extents)
        return find_among(
            self._store,
            subjects,
            gather_cells(subjects),
            pack,
            on=on,
            summaries=self._summaries,
            held=self._held,
            rasters=self._rasters,
        )


def _pages(store: Store, layer: str, at: datetime | None, size: int) -> Iterator[gpd.GeoDataFrame]:
    """Yield the features of a layer in pages, by id."""
    after = None
    while len(frame := store.read(layer, at=at, limit=size, after=after)):
        yield frame
        after = frame["id"].iloc[-1]


def _audit_layer(store: Store, reader: _Reader, run: Run, layer: str, *, resume: bool) -> Iterator[Run]:
    """Yield the batches of a layer, kept or computed, until one comes back short."""
    size, after = run.parameters["batch_size"], None
    while batch := _take_batch(store, reader, run, layer, after, resume=resume):
        yield batch
        if batch.result["read"] < size:
            return
        after = batch.result["last"]


def _take_batch(
    store: Store, reader: _Reader, run: Run, layer: str, after: str | None, *, resume: bool
) -> Run | None:
    """Return the batch of a layer that begins after an id, kept or computed; None where no facility comes after it."""
    id = make_run_id("audit_batch", run.id, layer, after)
    if resume and (kept := _find_kept(store, id, layer)):
        return kept
    with store.one_state():
        frame = store.read(layer, limit=run.parameters["batch_size"], after=after)
        proposals = reader.answer(layer, frame) if len(frame) else []
    return _keep_batch(store, replace(run, id=id), layer, frame, proposals) if len(frame) else None


def _keep_batch(
    store: Store, run: Run, layer: str, frame: gpd.GeoDataFrame, proposals: Sequence[dict[str, Any]]
) -> Run:
    """Store the findings of a batch, and the run that keeps its entries, how many were read and the last id."""
    for first in range(0, len(proposals), _WRITTEN_TOGETHER):
        some = proposals[first : first + _WRITTEN_TOGETHER]
        ids = [each["id"] for each in some]
        store_findings(store, {"proposals": some}, [layer], subjects=ids, source=_SOURCE)
    entries = [_entry(each) for each in proposals]
    kept = {"entries": entries, "read": len(frame), "last": frame["id"].iloc[-1]}
    batch = replace(run, kind="audit_batch", result=kept)
    store.record_run(batch)
    return batch


def _stands(finding: Finding) -> bool:
    """Tell whether a finding stands against its subject, or is open."""
    passes = finding.verdict in _PASSED
    return not (passes and (finding.decided or finding.if_crossed in {None, *_PASSED}))


def _entry(proposal: Mapping[str, Any]) -> Entry:
    rules = {}
    for finding in proposal["findings"]:
        target = finding["target"]
        name = None if target is None else f"{target['layer']}/{target['id']}"
        rules[finding["rule"]] = [finding["verdict"], finding["decided"], finding["margin_m"], name]
    same = ("layer", "id", "name", "verdict", "conclusion")
    return {**{name: proposal[name] for name in same}, "rules": rules}


def _close_gone(store: Store, layer: str) -> None:
    """End the findings of facilities that are no longer in their layer."""
    with store.one_state():
        told = _distinct(store, "findings", ["subject_layer", "subject_id"])
        there = _distinct(store, layer, ["id"])
    gone = sorted({id for of, id in told if of == layer} - {id for (id,) in there})
    for start in range(0, len(gone), _WRITTEN_TOGETHER):
        some = gone[start : start + _WRITTEN_TOGETHER]
        store_findings(store, {"proposals": []}, [layer], subjects=some)


def _distinct(store: Store, layer: str, fields: list[str]) -> list[tuple[Any, ...]]:
    """Return the values that the features of a layer have in some fields, each combination once, in no order."""
    found = store.classes(layer, fields, at_most=store.count(layer))
    assert found is not None  # there are no more combinations than features
    return list(found.itertuples(index=False, name=None))


def _find_kept(store: Store, id: str, layer: str) -> Run | None:
    """Return a batch that was kept; None where other findings than its own are stored: those of another day, say."""
    try:
        batch = store.run(id)
    except NotFoundError:
        return None
    entries = batch.result["entries"]
    told = {(_SOURCE, entry["id"], rule, *said) for entry in entries for rule, said in entry["rules"].items()}
    return batch if told == _find_told(store, layer, [entry["id"] for entry in entries]) else None


def _find_told(store: Store, layer: str, ids: list[str]) -> set[tuple[Any, ...]]:
    """Return what the stored findings say of some facilities, each as their entries have it."""
    fields = ["source", "subject_id", "rule", "verdict", "decided", "margin_m", "target_layer", "target_id"]
    mine = {"subject_layer": layer, "subject_id": ids, "source": list(RULE_CHECKS)}
    found = store.read("findings", where=mine, columns=fields)[fields]
    return {
        (*said, or_none(margin_m), None if is_missing(of) else f"{of}/{id}")
        for *said, margin_m, of, id in found.itertuples(index=False, name=None)
    }


# The run


def _find_changed(store: Store, inputs: Mapping[str, str]) -> list[str]:
    """Return the layers whose content no longer has the digest that is given; one that was left never comes back."""
    with store.one_state():
        return [layer for layer, digest in inputs.items() if store.layer_digest(layer) != digest]


def _describe_run(store: Store, layers: list[str], basis: Basis, batch_size: int) -> Run:
    inputs = {
        name: store.layer_digest(name) for name in sorted({*layers, *needed_layers(basis.pack), "rasters"})
    }
    parameters = {
        "layers": layers,
        "rules_version": basis.pack.version,
        "advisory_counted": basis.pack.advisory_counted,
        "batch_size": batch_size,
        "rules": _rule_digests(basis.pack),
        "not_in_force": sorted(_off_duty(basis)),
    }
    return Run(
        id=make_run_id("audit", _SHAPE, basis.on.isoformat(), parameters, inputs),
        kind="audit",
        checked_on=basis.on,
        parameters=parameters,
        inputs=inputs,
        code_version=code_version(),
        result={},
    )


class _Tally:
    """Counts over batches."""

    def __init__(self) -> None:
        self._batches: list[str] = []
        self._verdicts: Counter[str] = Counter()
        self._conclusions: Counter[str] = Counter()
        self._legacy = self._findings = 0

    def add(self, batch: Run) -> None:
        entries = batch.result["entries"]
        legacy = Verdict.LEGACY_RECTIFY.value
        self._batches.append(batch.id)
        self._verdicts.update(entry["verdict"] for entry in entries)
        self._conclusions.update(entry["conclusion"] for entry in entries)
        self._legacy += sum(any(said[0] == legacy for said in entry["rules"].values()) for entry in entries)
        self._findings += sum(len(entry["rules"]) for entry in entries)

    def to_dict(self) -> dict[str, Any]:
        return {
            "subjects": self._verdicts.total(),
            "verdicts": dict(sorted(self._verdicts.items())),
            "conclusions": dict(sorted(self._conclusions.items())),
            "legacy": self._legacy,
            "findings": self._findings,
            "batches": self._batches,
        }


def _rule_digests(pack: RulePack) -> dict[str, str]:
    """Return a digest of each rule that changes with anything it says."""
    return {rule.id: hashlib.sha256(repr(_plain(rule)).encode()).hexdigest()[:16] for rule in pack.rules}


def _plain(value: object) -> object:
    if isinstance(value, Condition):
        return value.text
    if isinstance(value, Rule):
        return [(field.name, _plain(getattr(value, field.name))) for field in fields(value) if field.compare]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return sorted((str(key), repr(_plain(item))) for key, item in value.items())
    if hasattr(value, "__dataclass_fields__"):
        return [(name, _plain(getattr(value, name))) for name in value.__dataclass_fields__]
    return value


def _off_duty(basis: Basis) -> frozenset[str]:
    return frozenset(rule.id for rule in basis.pack.rules if not rule.in_force(basis.on))


# Flips


@dataclass(frozen=True)
class _Side:
    """What two audits may differ in."""

    on: date | None
    rules: Mapping[str, str]
    not_in_force: frozenset[str]
    at: datetime | None

    @classmethod
    def of_basis(cls, basis: Basis) -> "_Side":
        return cls(basis.on, _rule_digests(basis.pack), _off_duty(basis), basis.at)

    @classmethod
    def of_run(cls, run: Run) -> "_Side":
        parameters = run.parameters
        return cls(run.checked_on, parameters["rules"], frozenset(parameters["not_in_force"]), run.created_at)


def _flips(
    store: Store, before: _Side, after: _Side, first: Iterator[Entry], second: Iterator[Entry]
) -> list[Flip]:
    reasons = _Reasons(store, before, after)
    flips = []
    for old, new in _pair(first, second):
        shown = new or old
        assert shown is not None
        said_before, said_after = (entry["rules"] if entry else {} for entry in (old, new))
        for rule in sorted({*said_before, *said_after}):
            was, now = (
                said.get(rule, [Verdict.NO_BAN.value, True, None, None]) for said in (said_before, said_after)
            )
            if was[:2] != now[:2]:
                flips.append(
                    Flip(
                        layer=shown["layer"],
                        id=shown["id"],
                        name=shown["name"],
                        rule=rule,
                        before=was[0],
                        after=now[0],
                        decided_before=was[1],
                        decided_after=now[1],
                        margin_before_m=was[2],
                        margin_after_m=now[2],
                        reasons=reasons.find(shown, rule, was[3], now[3]),
                    )
                )
    return flips


def _pair(first: Iterator[Entry], second: Iterator[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Yield the entries of both sides for each facility that is on either."""
    newer = {(entry["layer"], entry["id"]): entry for entry in second}
    for entry in first:
        yield entry, newer.pop((entry["layer"], entry["id"]), None)
    for entry in newer.values():
        yield None, entry


class _Reasons:
    """Why a verdict flips between two sides."""

    def __init__(self, store: Store, before: _Side, after: _Side) -> None:
        self._store, self._before, self._after = store, before, after
        self._known: dict[str, list[str]] = {}

    def find(self, entry: Entry, rule: str, was: str | None, now: str | None) -> tuple[str, ...]:
        found = self._of_rule(rule)
        names = dict.fromkeys(name for name in (f"{entry['layer']}/{entry['id']}", was, now) if name)
        for name in names:
            found += self._of_feature(name)
        if self._before.on != self._after.on and not found:
            found.append("date")
        return tuple(found or ["data"])

    def _of_rule(self, rule: str) -> list[str]:
        old, new = (side.rules.get(rule) for side in (self._before, self._after))
        if old is None or new is None:
            return ["rule added" if old is None else "rule removed"]
        found = ["rule changed"] if old != new else []
        in_force_differs = (rule in self._before.not_in_force) != (rule in self._after.not_in_force)
        return [*found, *(["date"] if in_force_differs else [])]

    def _of_feature(self, name: str) -> list[str]:
        """Return what changed in a feature between the two states of the data."""
        if self._before.at == self._after.at:
            return []
        if name not in self._known:
            layer, _, id = name.partition("/")
            old, new = (self._state(layer, id, side.at) for side in (self._before, self._after))
            if old is None or new is None:
                gone = [] if old is new else [f"{name} {'added' if old is None else 'removed'}"]
                self._known[name] = gone
            else:
                self._known[name] = [f"{name}.{field}" for field in sorted(old) if old[field] != new[field]]
        return list(self._known[name])

    def _state(self, layer: str, id: str, at: datetime | None) -> dict[str, str] | None:
        frame = self._store.read(layer, ids=[id], at=at or datetime.now(UTC))
        if frame.empty:
            return None
        row = frame.iloc[0]
        return {str(name): _text(row[name]) for name in frame.columns if name not in _ENVELOPE}


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    wkb = getattr(value, "wkb_hex", None)
    if wkb is not None:
        return str(wkb)
    return "" if is_missing(value) else repr(value)
