"""Units of parameter tables: read, compared and converted by pint; the engine itself computes in SI.

Powers may be written without a sign: ``kg/m3``, ``W/(m2 s)``.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from geo.errors import ParameterError

if TYPE_CHECKING:
    import pint

__all__ = ["check_unit", "convert", "spell_unit"]

_POWER = re.compile(r"(?<=[A-Za-z])(\d)")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SPELLED = re.compile(r"(?:\*\*|\^|(?<=[A-Za-z]))(\d+)(?![\d.])")
_UNSPOKEN = frozenset({"share", "text", "cas"})
"""Of fractions and words: nothing is written behind them."""


def _write_powers(unit: str) -> str:
    return _POWER.sub(r"^\1", unit)


@cache
def _registry() -> "pint.UnitRegistry[float]":
    import pint

    registry = pint.UnitRegistry[float](preprocessors=[_write_powers])
    for name in ("share", "person", "household", "bed"):
        registry.define(f"{name} = [{name}s]")
    return registry


@cache
def check_unit(unit: str) -> None:
    """Refuse a unit that cannot be read; the empty unit is that of pure numbers and words.

    Raises
    ------
    ParameterError
        If pint does not know it.
    """
    import pint

    try:
        _registry().parse_units(unit)
    except (pint.UndefinedUnitError, pint.DefinitionSyntaxError, ValueError) as error:
        raise ParameterError(f"unit {unit!r} cannot be read", f"无法识别单位 {unit!r}") from error


def spell_unit(unit: str | None) -> str:
    """Return a unit as people write it; empty for fractions, words and what has none.

    Examples
    --------
    >>> spell_unit("ppm**2*min"), spell_unit("W/m2"), spell_unit("share"), spell_unit("ppm**2.75*min")
    ('ppm²·min', 'W/m²', '', 'ppm^2.75·min')
    """
    if unit is None or unit in _UNSPOKEN:
        return ""
    raised = _SPELLED.sub(lambda power: power[1].translate(_RAISED), unit)
    return raised.replace("**", "^").replace("*", "·")


@lru_cache(maxsize=4096)
def convert(value: float, unit: str, to_unit: str) -> float:
    """Return a value in another unit.

    Raises
    ------
    ParameterError
        If a unit cannot be read or the two do not measure the same thing.

    Examples
    --------
    >>> convert(0.3, "t", "kg")
    300.0
    """
    import pint

    for each in (unit, to_unit):
        check_unit(each)
    if unit == to_unit:
        return float(value)
    try:
        return float(_registry().Quantity(value, unit).to(to_unit).magnitude)
    except pint.DimensionalityError as error:
        raise ParameterError(
            f"{unit!r} cannot be converted to {to_unit!r}", f"单位 {unit!r} 不能换算为 {to_unit!r}"
        ) from error
