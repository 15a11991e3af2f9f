"""Whether a rule of a user's pack is looser than the rule in whose place it stands.

What cannot be compared (another test, another filter) counts as looser: nobody can tell that it is not.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from geo.rules.finding import Verdict
from geo.standing import Standing

__all__ = ["loosened_keys"]

_SAYINGS = {
    *("title_zh", "title_en", "authority_zh", "authority_en", "remedy_zh", "remedy_en"),
    *("edition", "edition_zh", "clause", "clause_zh", "level", "severity", "source", "id", "overrides"),
    *("loosens", "loosens_because_zh", "loosens_because_en"),
}
"""Keys that change nothing of what is banned."""

_LARGER_IS_STRICTER = {"distance_m", "half_width_m"}
_SMALLER_IS_STRICTER = {"count", "share_percent", "length_m", "years", "height_m"}
_STRICTER_COMPARISON = {"within_distance": "le", "outside_distance": "gt", "downstream_within": "le"}
"""Word at the limit itself; tests of numbers are stricter with ``ge`` than with ``gt``."""


def loosened_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the keys by which a rule is looser than the one before it, sorted.

    Parameters
    ----------
    old, new : mapping
        The whole tables of both rules, as read from their packs.
    """
    keys = (old.keys() | new.keys()) - _SAYINGS
    return sorted(key for key in keys if old.get(key) != new.get(key) and not _is_stricter(key, old, new))


def _is_stricter(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if key in _LARGER_IS_STRICTER | _SMALLER_IS_STRICTER:
        return _is_narrower(old.get(key), new.get(key), larger=key in _LARGER_IS_STRICTER)
    if key == "limit":
        return _is_narrower(old.get(key), new.get(key), larger=new.get("compare") in {"lt", "le"})
    judge = _JUDGES.get(key)
    return judge is not None and judge(old, new)


def _is_narrower(old: object, new: object, *, larger: bool) -> bool:
    """Tell whether a limit, or every limit of a table, moves to the stricter side."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(
            old[name] == new[name] or _is_narrower(old[name], new[name], larger=larger) for name in old
        )
    if not (isinstance(old, int | float) and isinstance(new, int | float)):
        return False
    return new >= old if larger else new <= old


def _states(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    order = [verdict.value for verdict in Verdict]
    return all(
        order.index(new["states"][state]) <= order.index(word) for state, word in old["states"].items()
    )


def _standing(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return not Standing(new["standing"]).advisory or Standing(old["standing"]).advisory


def _kinds(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return set(old["subject_kinds"]) <= set(new["subject_kinds"])


def _starts(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return _day(new, "in_force_from", date.min) <= _day(old, "in_force_from", date.min)


def _ends(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return _day(new, "in_force_to", date.max) >= _day(old, "in_force_to", date.max)


def _day(table: Mapping[str, Any], key: str, missing: date) -> date:
    value: date = table.get(key, missing)
    return value


def _comparison(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    strict = _STRICTER_COMPARISON.get(str(new.get("predicate")), "ge")
    return old.get("predicate") == new.get("predicate") and new.get("compare") == strict


def _active(_old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return bool(new.get("active", True))


def _exemptions(_old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return not new.get("exemption")


_JUDGES: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]] = {
    "active": _active,
    "compare": _comparison,
    "exemption": _exemptions,
    "in_force_from": _starts,
    "in_force_to": _ends,
    "standing": _standing,
    "states": _states,
    "subject_kinds": _kinds,
}
