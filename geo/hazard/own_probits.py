"""Toxic probits that a user brings for a substance for which no published set of the engine has constants.

They are rows of the user's own substances, ``<substance>/probit/<part>``, all compulsory, each with its source:

``a``, ``b``, ``n``
    Of ``Pr = a + b ln(C^n t)``, natural logarithm; b and n are above 0.
``concentration``
    ``mg/m3`` or ``ppm``: C of the constants.
``time``
    ``min`` or ``s``: t of the constants.
``averaging``
    Longest exposure over which the constants were found to hold, a time; longer exposures carry a warning.

Nothing is assumed for a part that is missing: constants of another unit are wrong by orders of magnitude.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from geo.errors import SubstanceError
from geo.hazard.parameters import Parameter
from geo.hazard.tables import table
from geo.hazard.units import convert

__all__ = ["PROBIT_PARTS", "OwnProbit", "own_probit"]

PROBIT_PARTS = ("a", "b", "n", "concentration", "time", "averaging")
"""Rows that make a probit whole, by definition of the plant file (docs/plant-file.md)."""

_PREFIX = "probit/"
_WORDS = {"concentration": ("mg/m3", "ppm"), "time": ("min", "s")}


@dataclass(frozen=True, kw_only=True)
class OwnProbit:
    """A user's constants for one substance, in the units in which they were published.

    Attributes
    ----------
    a, b, n : float
    concentration : str
        ``mg/m3`` or ``ppm``.
    minutes : float
        Unit of time of the dose. [min]
    longest_s : float
        Longest exposure over which they hold. [s]
    parameters : tuple of Parameter
        The rows, in the order of `PROBIT_PARTS`.
    """

    a: float
    b: float
    n: float
    concentration: str
    minutes: float
    longest_s: float
    parameters: tuple[Parameter, ...]


def own_probit(substance: str, rows: Mapping[str, Parameter]) -> OwnProbit | None:
    """Return the probit that stands in the rows of a substance, checked.

    Parameters
    ----------
    substance : str
    rows : mapping of str to Parameter
        Of the substance, by property.

    Returns
    -------
    OwnProbit or None
        None: there are no such rows.

    Raises
    ------
    SubstanceError
        If a part is missing, unknown or out of its range, or the engine has published constants for the
        substance (those are replaced by an override with author and reason).
    """
    parts = {key.removeprefix(_PREFIX): row for key, row in rows.items() if key.startswith(_PREFIX)}
    if not parts:
        return None
    _refuse_second_probit(substance)
    _check_parts(substance, parts)
    a, b, n, concentration, time, averaging = (parts[name] for name in PROBIT_PARTS)
    return OwnProbit(
        a=a.number,
        b=b.number,
        n=n.number,
        concentration=concentration.word,
        minutes=convert(1.0, time.word, "min"),
        longest_s=convert(averaging.number, averaging.unit, "s"),
        parameters=tuple(parts[name] for name in PROBIT_PARTS),
    )


def _refuse_second_probit(substance: str) -> None:
    for key in table("probits").below("toxic"):
        if key.endswith(f"/{substance}/a"):
            raise SubstanceError(
                f"{substance}: constants of a toxic probit stand in the shipped table (toxic/{key}); replace them by "
                "overrides of 'probits' with author and reason",
                f"{substance}：内置参数表已有毒性概率函数常数（toxic/{key}），请用带修改人和理由的参数修改来替换",
            )


def _check_parts(substance: str, parts: Mapping[str, Parameter]) -> None:
    for name in PROBIT_PARTS:
        if name not in parts:
            raise _error(substance, name, "is missing", "缺失")
    for name, row in parts.items():
        if name not in PROBIT_PARTS:
            raise _error(substance, name, "is no part of a probit", "不是概率函数的组成部分")
        if name in _WORDS and row.value not in _WORDS[name]:
            words = " or ".join(_WORDS[name])
            raise _error(substance, name, f"is {row.value!r}, not {words}", f"为 {row.value!r}，应为 {words}")
        if name in "abn" and row.unit:
            raise _error(substance, name, "is a pure number and has no unit", "为纯数，不带单位")
        if name in ("b", "n", "averaging") and not row.number > 0:
            raise _error(substance, name, f"is {row.number}, not above 0", f"为 {row.number}，应大于 0")


def _error(substance: str, name: str, english: str, chinese: str) -> SubstanceError:
    key = f"{substance}/{_PREFIX}{name}"
    return SubstanceError(f"toxic probit: the row '{key}' {english}", f"毒性概率函数：'{key}' {chinese}")
