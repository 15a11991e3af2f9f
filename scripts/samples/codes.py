"""Codes and grades of illustrative facilities."""

import csv
from functools import cache
from pathlib import Path

__all__ = ["DEMO_ADCODE", "credit_code", "design_grade", "is_major_source"]

_QUANTITIES = Path(__file__).parents[2] / "geo" / "hazard" / "tables" / "critical_quantities.csv"

DEMO_ADCODE = "539921"
"""Division code of the demonstration county. Prefectures of a province are numbered 01-70 and 90 (GB/T 2260), so that
9921 behind Yunnan's 53 belongs to nobody; it has the form that the code check asks for."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_GRADES = ("I", "II", "III", "IV", "V")
_CAPACITY_M3 = (5e8, 1e8, 1e7, 1e6)
_HEIGHT_M = (200.0, 100.0, 60.0, 30.0)


def credit_code(number: int) -> str:
    """Return a credit code with right check characters (GB 11714, GB 32100) in the demonstration county."""
    organisation = f"MA9{number:05d}"
    values = (int(c) if c.isdigit() else ord(c) - 55 for c in organisation)
    check = 11 - sum(v * w for v, w in zip(values, _ORGANISATION_WEIGHTS, strict=True)) % 11
    body = f"91{DEMO_ADCODE}{organisation}{'X' if check == 10 else check % 11}"
    total = sum(_ALPHABET.index(c) * 3**i for i, c in enumerate(body))
    return body + _ALPHABET[-total % 31]


def design_grade(capacity_m3: float, dam_height_m: float) -> str:
    """Return the design grade of a pond (GB 50863-2013, 3.3.1).

    It is the higher of the grades by capacity and by height, lowered by one where they differ by more than one.
    """
    by_capacity = sum(capacity_m3 < limit for limit in _CAPACITY_M3)
    by_height = sum(dam_height_m < limit for limit in _HEIGHT_M)
    higher = min(by_capacity, by_height)
    return _GRADES[higher + (abs(by_capacity - by_height) > 1)]


def is_major_source(cas: str, mass_kg: float | None) -> bool | None:
    """Tell whether a unit with one substance is a major hazard source (GB 18218-2018, 4.2.2).

    None where the mass is not known; substances that table 1 does not name are taken to be none of table 2 either.
    """
    if mass_kg is None:
        return None
    return mass_kg / 1000.0 >= _critical_quantities_t().get(cas, float("inf"))


@cache
def _critical_quantities_t() -> dict[str, float]:
    """Return the smallest critical quantity of each CAS number of table 1. [t]."""
    with _QUANTITIES.open(encoding="utf-8", newline="") as file:
        rows = [(row["cas"], float(row["value"])) for row in csv.DictReader(file) if row["cas"]]
    return {cas: min(t for other, t in rows if other == cas) for cas, _ in rows}
