"""Key figures of an administrative area: of itself, of the areas in it, and of the layers; all of them add up."""

from typing import Any

import pandas as pd

from layers.register.areas import WHOLE, area_bounds, area_names, find_area, key_of, prefix_of
from layers.register.conclusions import CONCLUSIONS, LISTS
from layers.register.tally import in_area, latest_check, tally_facilities, tally_findings
from layers.siting.audits import AUDITED_LAYERS
from layers.store import Store

__all__ = ["area_figures", "describe_check"]


def area_figures(store: Store, adcode: str = WHOLE) -> dict[str, Any]:
    """Return the key figures of an area.

    Parameters
    ----------
    store : Store
    adcode : str
        Of a province, prefecture or county; `WHOLE` for everything that is stored.

    Returns
    -------
    dict
        ``area`` (``adcode``, ``name``, ``bounds``), ``above`` (the areas around it, the largest first), ``figures``,
        ``areas`` (the same figures of each area one level below; ``adcode`` None for what no code places there), and
        ``layers`` (the same for each layer). Figures are ``facilities``, ``conclusions`` (facilities by word of
        `CONCLUSIONS`), ``legacy`` (facilities with something to rectify) and ``findings`` (by word of `LISTS`).

    Raises
    ------
    NotFoundError
        If this is no division code.
    """
    names, prefix = area_names(store), prefix_of(adcode)
    facilities, findings = (in_area(t, adcode) for t in (tally_facilities(store), tally_findings(store)))
    keys = [[key_of(code, prefix) for code in t["adcode"]] for t in (facilities, findings)]
    area = find_area(store, adcode)
    return {
        "area": {**area._asdict(), "bounds": area_bounds(store, adcode)},
        "above": [find_area(store, code)._asdict() for code in _codes_above(prefix)],
        "figures": _figures(facilities, findings),
        "areas": [
            {"adcode": code, "name": names.get(code or ""), **figures}
            for code, figures in _figures_by(facilities, findings, *keys)
            if len(prefix) < 6
        ],
        "layers": [
            {"layer": layer, **_figures(*(t[t["layer"] == layer] for t in (facilities, findings)))}
            for layer in AUDITED_LAYERS
        ],
    }


def describe_check(store: Store) -> dict[str, Any] | None:
    """Return the check that the findings come from, None before the first.

    Returns
    -------
    dict or None
        ``run``, ``kind`` (``audit`` or ``setback``), ``checked_on``, ``rules_version``, and ``changed``: the layers
        whose content has changed since; None where the check did not keep that.
    """
    run = latest_check(store)
    if run is None:
        return None
    changed = sorted(slug for slug, digest in run.inputs.items() if store.layer_digest(slug) != digest)
    return {
        "run": run.id,
        "kind": run.kind,
        "checked_on": None if run.checked_on is None else run.checked_on.isoformat(),
        "rules_version": run.parameters.get("rules_version"),
        "changed": changed if run.inputs else None,
    }


def _codes_above(prefix: str) -> list[str]:
    """Return the codes of the areas around one, the largest first."""
    return [WHOLE, *(prefix[:digits].ljust(6, "0") for digits in (2, 4))][: (len(prefix) + 1) // 2]


def _figures_by(
    facilities: pd.DataFrame,
    findings: pd.DataFrame,
    facility_keys: list[str | None],
    finding_keys: list[str | None],
) -> list[tuple[str | None, dict[str, Any]]]:
    """Return the figures of each key, the worst first, what has no key last."""
    found = []
    for key in {*facility_keys}:
        parts = (
            tally.loc[[one == key for one in keys]]
            for tally, keys in ((facilities, facility_keys), (findings, finding_keys))
        )
        found.append((key, _figures(*parts)))
    return sorted(found, key=lambda item: (item[0] is None, -item[1]["conclusions"]["fail"], item[0] or ""))


def _figures(facilities: pd.DataFrame, findings: pd.DataFrame) -> dict[str, Any]:
    conclusions = facilities.groupby("conclusion")["number"].sum()
    lists = findings.groupby("list")["number"].sum()
    return {
        "facilities": int(facilities["number"].sum()),
        "conclusions": {word: int(conclusions.get(word, 0)) for word in CONCLUSIONS},
        "legacy": int(facilities.loc[facilities["legacy"].astype(bool), "number"].sum()),
        "findings": {word: int(lists.get(word, 0)) for word in LISTS},
    }
