"""Audits of the register and what flips between two of them, as the routes and the command line both ask for them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from api.queries import parse_moment
from api.settings import expand_packs
from geo.errors import OutOfRangeError
from geo.progress import Progress
from geo.rules.rule import RulePack
from layers.siting.audits import Basis, Flip, audit, compare, compare_runs
from layers.siting.checks import load_rules
from layers.siting.vocabulary import LABELS
from layers.store import Run, Store

__all__ = ["compare_audits", "parse_basis", "run_audit"]


def run_audit(
    store: Store, *, on: date, layers: Sequence[str], pack: RulePack, progress: Progress | None = None
) -> dict[str, Any]:
    """Apply all rules to the register, store the findings and the run, and return its figures."""
    return _describe_run(audit(store, layers, on=on, pack=pack, progress=progress))


def compare_audits(
    store: Store,
    before: Basis | str,
    *,
    on: date,
    layers: Sequence[str],
    pack: RulePack,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the verdicts that flip from another audit to one of today.

    Parameters
    ----------
    before : Basis or str
        On what the other one rests, which then is computed and not stored, or the id of a stored one, against which a
        new audit is run and stored.

    Raises
    ------
    NotFoundError
        If there is no such run.
    """
    if isinstance(before, Basis):
        flips = compare(store, before, Basis(on, pack), layers, progress=progress)
        return _describe_flips(flips)
    old = store.run(before)
    new = audit(store, layers, on=on, pack=pack, progress=progress)
    return _describe_run(new) | _describe_flips(compare_runs(store, old, new))


def parse_basis(text: str, *, on: date, pack: RulePack, own_paths: bool) -> Basis | str:
    """Return with what an audit is compared.

    Parameters
    ----------
    text : str
        ``2019-05-01`` (another day of the decision), ``data:2026-01-31`` (the data as they stood),
        ``rules:product`` (without own packs), ``rules:PACK`` (with other own packs), else the id of a stored audit.
    own_paths : bool
        Whether packs may be named by their path.

    Raises
    ------
    OutOfRangeError
        If it names packs and must not.
    """
    now = Basis(on, pack)
    word, _, value = text.partition(":")
    if word == "data":
        return replace(now, at=parse_moment(value))
    if word == "rules":
        return replace(now, pack=_load_rules(value, own_paths=own_paths))
    try:
        return replace(now, on=date.fromisoformat(text))
    except ValueError:
        return text


def _load_rules(name: str, *, own_paths: bool) -> RulePack:
    if name == "product":
        return load_rules()
    if not own_paths:
        raise OutOfRangeError(
            f"rules:{name}: only rules:product can be asked for here",
            zh=f"rules:{name}：此处只能使用 rules:product",
        )
    return load_rules(overlays=expand_packs([Path(name)]))


def _describe_run(run: Run) -> dict[str, Any]:
    figures = {name: value for name, value in run.result.items() if name != "batches"}
    checked_on = None if run.checked_on is None else run.checked_on.isoformat()
    notes = _note_changes(figures["changed"])
    return {"run": run.id, "checked_on": checked_on, **run.parameters, **figures, "notes": notes}


def _note_changes(layers: Sequence[str]) -> list[dict[str, str]]:
    """Return what a reader has to know of an audit during which layers changed."""
    if not layers:
        return []
    names = [LABELS.layer(layer) for layer in layers]
    zh = "、".join(f"“{name.zh}”" for name in names)
    en = ", ".join(f"“{name.en}”" for name in names)
    return [
        {
            "zh": f"核查期间图层{zh}的数据有变动：部分设施按变动前的数据判定，部分按变动后的数据判定。请重新核查。",
            "en": f"Data of the layers {en} changed while the audit ran: some facilities were judged by the data "
            "before, others by those after. Run it again.",
        }
    ]


def _describe_flips(flips: Sequence[Flip]) -> dict[str, Any]:
    return {"flips": [flip.to_dict() for flip in flips]}
